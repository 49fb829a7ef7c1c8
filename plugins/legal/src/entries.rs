//! From a filled form to the books (登记入账): which step of a proceeding it tells of,
//! and what looks like a slip.

use domain::ids::OrderId;
use domain::journal::{Entered, LetterProofByHand};
use domain::limitation::Evidence;
use domain::manifest::Subject;
use domain::money::Fen;
use domain::tongues::both;
use jiff::civil::Date;
use store::plugin::{Books, BooksError, EntryDone, EntryError, Filled};
use store::{Conn, case_book, plugin_reads};

use crate::acts;
use crate::books::{self, Occasion};
use crate::claim;
use crate::deadlines;
use crate::dossier;
use crate::error::LegalError;
use crate::existing;
use crate::forms::{LETTER_FORM, RESULTS_SAID, STAGES_SAID};
use crate::matters;
use crate::outcome::{Asset, CloseReason, JudgmentResult, Procedure};
use crate::proceeding::{Proceeding, Stage, Step, StepKind};
use crate::rules::Rules;
use crate::service::{ServiceProof, record_service};
use crate::way;

/// Writes down what a form says.
pub(crate) async fn enter(
    rules: &Rules,
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<EntryDone, LegalError> {
    match filled.form.name {
        LETTER_FORM => return prove_letter(filled, books).await,
        claim::FORM => return claim::approve_again(filled, books).await,
        dossier::PAPER_FORM => return dossier::file_paper(filled, books).await,
        dossier::OWNER_FORM => return dossier::pass_on(filled, books).await,
        way::FORM => return way::enter(filled, books).await,
        existing::FORM => return existing::enter(rules, filled, books).await,
        _ => {}
    }
    if filled.form.subject == Subject::Case {
        return acts::enter(filled, books).await;
    }
    let proceeding = if filled.form.name == StepKind::Undone.as_str() {
        let named = filled.text("step").unwrap_or_default();
        let step = StepKind::parse(named).ok_or(LegalError::Missing("step"))?;
        matters::undo(books, filled.order, step, filled.by).await?
    } else {
        take(rules, filled, books).await?
    };
    let next = next_day(&proceeding, books.today);
    dossier::done(filled, filled.order, next, books).await
}

/// Enters a step of a proceeding.
async fn take(
    rules: &Rules,
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<Proceeding, LegalError> {
    let step = step_of(filled, books)?;
    if step.kind == StepKind::Filed {
        return file(rules, filled, &step, books).await;
    }
    if !filled.sure {
        look_twice(&step, filled, books).await?;
    }
    matters::record(books, filled.order, &step, filled.by).await
}

/// Enters that a matter was filed: at a court that is named, with the sum that the books
/// come to on that day.
async fn file(
    rules: &Rules,
    filled: &Filled<'_>,
    step: &Step,
    books: &mut Books<'_>,
) -> Result<Proceeding, LegalError> {
    let matter = filled.order;
    let (found, proceeding) = matters::standing(books.conn, matter).await?;
    proceeding.check(step, books.today)?;
    let court = filled.text("court");
    if court.is_none() && found.court.is_empty() {
        return Err(LegalError::CourtNeeded(matter));
    }
    claim::not_by_whoever_agreed(filled, books).await?;
    claim::alone_in_court(filled, books.conn).await?;
    if let (Some(number), false) = (&step.number, filled.sure) {
        let at = court.unwrap_or(&found.court);
        number_is_new(books.conn, matter, (at, number)).await?;
    }
    let claim = claim::at_filing(rules, filled, step.on, books.conn).await?;
    let proceeding = matters::record(books, matter, step, filled.by).await?;
    if let Some(court) = court {
        books::name_court(books.conn, matter, court).await?;
    }
    if let Some(claim) = claim {
        let (at, by) = ((Occasion::Filed, step.on), (filled.by, books.now_ms));
        books::add_claim(books.conn, matter, at, &claim, by).await?;
    }
    claim::end_tasks(books, (filled.case_id, matter), filled.by).await?;
    Ok(proceeding)
}

/// The day that a proceeding must not miss next.
pub(crate) fn next_day(proceeding: &Proceeding, today: Date) -> Option<String> {
    let is_open = |it: &(&String, &Date)| !(deadlines::passes(it.0) && *it.1 < today);
    let (kind, day) =
        proceeding.deadlines.iter().filter(is_open).min_by_key(|deadline| deadline.1)?;
    let (zh, en) = deadlines::named(kind);
    Some(both(&format!("下一期限:{zh} {day}"), &format!("next: {en}, {day}")))
}

/// The step that a form tells of.
fn step_of(filled: &Filled<'_>, books: &Books<'_>) -> Result<Step, LegalError> {
    let name = filled.form.name;
    let kind = StepKind::parse(name).ok_or(LegalError::Missing("form"))?;
    let word = ["result", "document", "asset", "appellant", "found", "why"]
        .into_iter()
        .find_map(|field| filled.text(field));
    let number = filled.text("court_no").or_else(|| filled.text("number"));
    Ok(Step {
        kind,
        on: filled.day("on").unwrap_or(books.today),
        until: filled.day("until").or_else(|| filled.day("pay_by")),
        amount: filled.fen("amount"),
        word: word.map(str::to_owned),
        number: number.map(str::to_owned),
        procedure: filled.text("procedure").and_then(Procedure::parse),
    })
}

/// Asks about sums and days that are most likely slips.
async fn look_twice(
    step: &Step,
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<(), LegalError> {
    if let (StepKind::Accepted | StepKind::Enforcement, Some(number)) =
        (step.kind, &step.number)
    {
        let found = books::find(books.conn, filled.order).await?;
        let court = found.map(|matter| matter.court).unwrap_or_default();
        number_is_new(books.conn, filled.order, (&court, number)).await?;
    }
    let strange = match step.kind {
        StepKind::Judgment => {
            let found = books::find(books.conn, filled.order).await?;
            let claim = found.map_or(Fen(0), |matter| matter.claim);
            award(step, claim)
        }
        StepKind::Preserved => too_long(step, step.on),
        StepKind::Renewed | StepKind::Enforcement | StepKind::Closed => {
            let (_, proceeding) = matters::standing(books.conn, filled.order).await?;
            match step.kind {
                StepKind::Renewed => too_long(step, held_until(&proceeding, step)),
                StepKind::Enforcement => not_in_force(&proceeding, step),
                _ => {
                    let owed = plugin_reads::balance(books.conn, filled.case_id);
                    let owed = owed.await.map_err(BooksError::from)?;
                    closed_early(&proceeding, step, owed)
                }
            }
        }
        _ => None,
    };
    strange.map_or(Ok(()), |told| Err(LegalError::Doubt(told)))
}

/// Asks about a number at a court under which another proceeding is entered: one paper may
/// be about several loans, and more often it is a slip.
///
/// # Errors
///
/// [`LegalError::Doubt`] where there is one.
pub(crate) async fn number_is_new(
    conn: &mut Conn,
    matter: OrderId,
    (court, number): (&str, &str),
) -> Result<(), LegalError> {
    let (court, number) = (court.trim(), number.trim());
    let Some((other, case)) = books::with_number(conn, matter, (court, number)).await?
    else {
        return Ok(());
    };
    let numbers = case_book::case_nos(conn, &[case]).await.map_err(BooksError::from)?;
    let case_no = numbers.get(&case).map(String::as_str).unwrap_or_default();
    Err(LegalError::Doubt(both(
        &format!("{court}的「{number}」已登记给贷款 {case_no} 的事项 {other}"),
        &format!("`{number}` of {court} is that of matter {other}, of loan {case_no}"),
    )))
}

/// What is strange about an award, by what was claimed.
pub(crate) fn award(step: &Step, claim: Fen) -> Option<String> {
    let result = step.word.as_deref().and_then(JudgmentResult::parse)?;
    let amount = step.amount.unwrap_or(Fen(0));
    let is_lost = !result.awards();
    if is_lost && amount == Fen(0) || !is_lost && Fen(0) < amount && amount <= claim {
        return None;
    }
    let said = RESULTS_SAID.iter().find(|it| it.0 == result.as_str());
    let said = said.map_or("", |it| it.1);
    Some(both(
        &format!("结果为{said},判给 {amount} 元,诉请 {claim} 元"),
        &format!(
            "`{result}` with {amount} yuan awarded, where {claim} yuan were claimed"
        ),
    ))
}

/// What is strange about the enforcement of what can still be appealed.
fn not_in_force(proceeding: &Proceeding, step: &Step) -> Option<String> {
    let last = ["appeal", "effective", "performance", "objection"]
        .into_iter()
        .filter_map(|kind| proceeding.deadlines.get(kind))
        .max()
        .filter(|last| step.on <= **last)?;
    Some(both(
        &format!("上诉、异议或履行的期限到 {last} 才满,还不能申请执行"),
        &format!("the days for appeal, objection or performance last until {last}"),
    ))
}

/// Until when a seizure that is renewed has held.
fn held_until(proceeding: &Proceeding, step: &Step) -> Date {
    let held = step.word.as_deref().and_then(|asset| proceeding.held.get(asset));
    held.and_then(|days| days.first().copied()).map_or(step.on, |day| day.max(step.on))
}

/// What is strange about a close: a reason that does not fit where the proceeding
/// stands or what is owed, or days that still run.
fn closed_early(proceeding: &Proceeding, step: &Step, owed: Fen) -> Option<String> {
    let reason = step.word.as_deref().and_then(CloseReason::parse)?;
    let fits = match reason {
        CloseReason::Enforced | CloseReason::NoAssets => {
            matches!(proceeding.stage, Stage::Enforcing | Stage::Terminated)
        }
        CloseReason::Void => !proceeding.is_suit(),
        CloseReason::Lost => proceeding.judged.is_some_and(|it| !it.1.awards()),
        CloseReason::Paid
        | CloseReason::Settled
        | CloseReason::Withdrawn
        | CloseReason::Mistaken => true,
    };
    if !fits {
        let said = STAGES_SAID.iter().find(|it| it.0 == proceeding.stage.as_str());
        let (stage, said) = (proceeding.stage, said.map_or("", |it| it.1));
        return Some(both(
            &format!("事项现为{said},结案原因与此不符"),
            &format!("the matter is `{stage}`, which the reason does not fit"),
        ));
    }
    let ends_all = matches!(reason, CloseReason::Paid | CloseReason::Enforced);
    if ends_all && Fen(0) < owed {
        return Some(both(
            &format!("本案还欠 {owed} 元,结案原因是已还清或执行到位"),
            &format!("{owed} yuan are still owed, and the reason says that all was paid"),
        ));
    }
    let runs = |kind: &&String| {
        ["appeal", "enforcement"].contains(&kind.as_str())
            || kind.starts_with("preservation")
    };
    let running: Vec<_> =
        proceeding.deadlines.iter().filter(|(kind, _)| !ends_all && runs(kind)).collect();
    if running.is_empty() {
        return None;
    }
    let list = |zh: bool| {
        let told = running.iter().map(|(kind, day)| {
            let (in_zh, in_en) = deadlines::named(kind);
            format!("{} {day}", if zh { in_zh } else { in_en })
        });
        told.collect::<Vec<_>>().join(if zh { "、" } else { ", " })
    };
    Some(both(
        &format!("结案后不再提醒这些期限:{}", list(true)),
        &format!("nobody is warned of these days any more: {}", list(false)),
    ))
}

/// What is strange about a seizure that lasts longer than the law allows.
fn too_long(step: &Step, from: Date) -> Option<String> {
    let asset = step.word.as_deref().and_then(Asset::parse)?;
    let (until, longest) = (step.until?, asset.longest_from(from));
    (longest < until).then(|| {
        both(
            &format!("截止日 {until} 超过法定最长期限 {longest}"),
            &format!(
                "the last day {until} is after {longest}, the longest that the law allows"
            ),
        )
    })
}

async fn prove_letter(
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<EntryDone, LegalError> {
    let evidence = filled.text("evidence").unwrap_or_default();
    let read = Evidence::parse(evidence).ok_or_else(|| LegalError::UnknownWord {
        field: "evidence",
        word: evidence.to_owned(),
    })?;
    let served_on = filled.day("on").ok_or(LegalError::Missing("on"))?;
    let receipt = filled.text("receipt").ok_or(LegalError::ReceiptNeeded)?;
    let proof = ServiceProof { served_on, evidence: read, receipt: receipt.to_owned() };
    record_service(books, filled.order, &proof).await?;
    let what = LetterProofByHand {
        outcome: LetterProofByHand::PROVED.to_owned(),
        order: filled.order,
        served_on,
        evidence: evidence.to_owned(),
        receipt: receipt.to_owned(),
    };
    Ok(EntryDone {
        closes_with: Some(LetterProofByHand::PROVED.to_owned()),
        also_closes: None,
        what: Entered::LetterProof(what),
        next: None,
    })
}

impl From<LegalError> for EntryError {
    fn from(error: LegalError) -> Self {
        match error {
            LegalError::Books(error) => Self::Books(error),
            LegalError::Doubt(strange) => Self::Doubt(strange),
            other => Self::Refused(other.to_string()),
        }
    }
}
