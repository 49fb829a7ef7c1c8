//! Proceedings that are older than the book (存量法院案件): a loan that is taken over may
//! have been sued for, judged or enforced before anybody entered it here.

use domain::court::Claim;
use domain::ids::OrderId;
use domain::money::Fen;
use domain::tongues::both;
use jiff::ToSpan;
use jiff::civil::Date;
use store::plugin::{Books, BooksError, EntryDone, Filled};
use store::{case_book, ids, plugin_reads};

use crate::books::{self, Occasion, Opened};
use crate::dossier;
use crate::entries::{self, next_day};
use crate::error::{LegalError, possible};
use crate::forms::STEPS_SAID;
use crate::matters;
use crate::outcome::Document;
use crate::proceeding::{Proceeding, Step, StepKind};
use crate::rules::Rules;
use crate::way;

/// The name of the form.
pub(crate) const FORM: &str = "existing";

/// A suit is no older than this; what is, is a slip.
const OLDEST_YEARS: i16 = 50;

/// Enters a proceeding that exists already, with the steps that it has come through, as if
/// each had been entered on its day: stage, days, clocks and events follow.
///
/// # Errors
///
/// [`LegalError`] when one of its kind is open already, a day cannot be, or a step lacks
/// what it needs. Nothing is written then.
pub(crate) async fn enter(
    rules: &Rules,
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<EntryDone, LegalError> {
    let kind = filled.text("kind").ok_or(LegalError::Missing("kind"))?;
    let kind: &'static str = if kind == "suit" { "suit" } else { "payment_order" };
    let on = filled.day("on").ok_or(LegalError::Missing("on"))?;
    possible(on, books.today.saturating_sub(OLDEST_YEARS.years()), books.today)?;
    let claim = filled.fen("claim").filter(|fen| Fen(0) < *fen);
    let claim = claim.ok_or(LegalError::Missing("claim"))?;
    let open = books::standing(books.conn, OrderId(0), filled.case_id, kind).await?;
    if let Some(other) = open {
        return Err(LegalError::AlreadyInCourt(OrderId(other)));
    }
    nothing_astray(filled, kind)?;
    let steps = steps(filled, kind, on)?;
    follows((kind, on), &steps, books.today)?;
    let owner = filled.text("owner").map(|owner| dossier::in_charge(books, owner));
    let owner = owner.transpose()?.or_else(|| rules.owner.clone());
    let asked_for = way::on_their_way(books, filled.case_id).await?;
    if !filled.sure {
        look_twice(filled, claim, &steps, books).await?;
        if let Some(doubt) = way::would_be_taken_back(&asked_for) {
            return Err(LegalError::Doubt(doubt));
        }
    }
    books.taken_back.extend(asked_for.iter().map(|it| it.0));
    let matter = open_matter(filled, (kind, on, claim), owner, books).await?;
    let mut proceeding = None;
    for step in &steps {
        proceeding = Some(matters::record(books, matter, step, filled.by).await?);
    }
    let next =
        proceeding.as_ref().and_then(|proceeding| next_day(proceeding, books.today));
    dossier::done(filled, matter, next, books).await
}

/// Whether each step follows on those before it: told here, of the steps alone, since the
/// proceeding has no number yet that anybody could look up.
fn follows(
    (kind, on): (&str, Date),
    steps: &[Step],
    today: Date,
) -> Result<(), LegalError> {
    let mut proceeding = Proceeding::opened(OrderId(0), kind, on, Some(on));
    for step in steps {
        match proceeding.check(step, today) {
            Ok(()) => proceeding.take(step),
            Err(LegalError::WrongStatus { status, .. }) => {
                let said = STEPS_SAID.iter().find(|it| it.0 == step.kind.as_str());
                let (en, zh) = said.map_or(("", ""), |it| (it.0, it.1));
                return Err(LegalError::OutOfOrder { zh, en, stage: status });
            }
            Err(LegalError::TooLate { until, .. }) => {
                return Err(LegalError::ServedTooLate(until));
            }
            Err(LegalError::ReceiptNeeded) => {
                return Err(LegalError::Missing("enforcement-no"));
            }
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

/// Asks about sums that no proceeding about this debt can have, and about a number that
/// another one has.
async fn look_twice(
    filled: &Filled<'_>,
    claim: Fen,
    steps: &[Step],
    books: &mut Books<'_>,
) -> Result<(), LegalError> {
    let judged = steps.iter().find(|step| step.kind == StepKind::Judgment);
    if let Some(strange) = judged.and_then(|step| entries::award(step, claim)) {
        return Err(LegalError::Doubt(strange));
    }
    let charged = plugin_reads::charged(books.conn, filled.case_id).await;
    let charged = charged.map_err(BooksError::from)?;
    if Fen(0) < charged && charged < claim {
        return Err(LegalError::Doubt(both(
            &format!("诉请 {claim} 元,而这笔贷款发生过的本息和费用一共才 {charged} 元"),
            &format!(
                "{claim} yuan were claimed, and all that the loan was ever charged with is \
                 {charged} yuan"
            ),
        )));
    }
    let court = filled.text("court").unwrap_or_default();
    let numbers = ["court_no", "enforcement_no"].into_iter();
    for number in numbers.filter_map(|name| filled.text(name)) {
        entries::number_is_new(books.conn, OrderId(0), (court, number)).await?;
    }
    Ok(())
}

/// Opens the proceeding under a number of its own: no order has asked for it.
async fn open_matter(
    filled: &Filled<'_>,
    (kind, on, claim): (&'static str, Date, Fen),
    owner: Option<String>,
    books: &mut Books<'_>,
) -> Result<OrderId, LegalError> {
    let case = filled.case_id;
    let first = ids::allocate(books.conn, 1).await.map_err(BooksError::from)?;
    let matter = OrderId(first);
    let numbers = case_book::case_nos(books.conn, &[case]).await;
    let numbers = numbers.map_err(BooksError::from)?;
    let case_no = numbers.get(&case).cloned().unwrap_or_default();
    let court = filled.text("court").ok_or(LegalError::Missing("court"))?;
    let opened = Opened {
        id: matter,
        case_id: case,
        case_no: &case_no,
        kind,
        court,
        claim,
        cap: None,
        reason: filled.reason,
        owner,
        on,
        file_by: on,
        entered_by: Some(filled.by),
    };
    books::open(books.conn, opened).await?;
    books::put_deadlines(books.conn, matter, &[("file", on)]).await?;
    let bare: Claim = books::bare(claim);
    let signed = (filled.by, books.now_ms);
    books::add_claim(books.conn, matter, (Occasion::Filed, on), &bare, signed).await?;
    matters::tell_opened(books, (case, matter), (kind, court, claim, on));
    Ok(matter)
}

/// Which field, by its name and as an option, belongs to which day.
const OF_DAYS: &[(&str, &str, &str)] = &[
    ("result", "result", "judged"),
    ("awarded", "awarded", "judged"),
    ("pay_by", "pay-by", "judged"),
    ("enforcement_no", "enforcement-no", "enforced"),
];

/// Refuses what would be dropped: fields that no step of this proceeding takes up.
fn nothing_astray(filled: &Filled<'_>, kind: &str) -> Result<(), LegalError> {
    let is_given = |name: &str| filled.values.get(name).is_some_and(|it| !it.is_null());
    if kind == "suit" {
        let astray = ["issued", "served"].into_iter().find(|name| is_given(name));
        if let Some(name) = astray {
            return Err(LegalError::NotOfASuit(name));
        }
    }
    for &(name, field, day) in OF_DAYS {
        if is_given(name) && !is_given(day) {
            return Err(LegalError::WithoutDay { field, day });
        }
    }
    Ok(())
}

/// The steps that a form tells of, in the order of a proceeding.
fn steps(filled: &Filled<'_>, kind: &str, on: Date) -> Result<Vec<Step>, LegalError> {
    let number = |name: &str| filled.text(name).map(str::to_owned);
    let mut steps =
        vec![Step { number: number("court_no"), ..Step::new(StepKind::Filed, on) }];
    if kind == "payment_order" {
        if let Some(on) = filled.day("issued") {
            // The order bears the number of its proceeding where no other is given.
            let number = number("court_no");
            steps.push(Step { number, ..Step::new(StepKind::Issued, on) });
        }
        if let Some(on) = filled.day("served") {
            let word = Some(Document::PaymentOrder.to_string());
            steps.push(Step { word, ..Step::new(StepKind::Served, on) });
        }
    }
    if let Some(on) = filled.day("judged") {
        let result = filled.text("result").ok_or(LegalError::Missing("result"))?;
        steps.push(Step {
            until: filled.day("pay_by"),
            amount: filled.fen("awarded"),
            word: Some(result.to_owned()),
            ..Step::new(StepKind::Judgment, on)
        });
    }
    if let Some(on) = filled.day("enforced") {
        let number = number("enforcement_no");
        steps.push(Step { number, ..Step::new(StepKind::Enforcement, on) });
    }
    if let Some(on) = filled.day("terminated") {
        let number = number("enforcement_no");
        steps.push(Step { number, ..Step::new(StepKind::Terminated, on) });
    }
    Ok(steps)
}
