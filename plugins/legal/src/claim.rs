//! How much is claimed (诉请金额): reckoned when it is approved and again when it is filed;
//! a payment in between changes it or stops the filing.

use domain::court::{Claim, ClaimBasis, payment_order_fee, suit_fee};
use domain::duty::{Assignee, EndsWith};
use domain::event::{Event, EventKind};
use domain::ids::{CaseId, OrderId};
use domain::manifest::Said;
use domain::money::Fen;
use domain::role::Role;
use domain::status::TaskKind;
use domain::tongues::both;
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use store::plugin::{Books, BooksError, EntryDone, Filled, NewTask, Terms, ToSign};
use store::views::one_case;
use store::{Conn, claims, tasks};

use crate::books::{self, Occasion};
use crate::dossier;
use crate::error::LegalError;
use crate::forms::{KINDS_SAID, STAGES_SAID};
use crate::manifest::MANIFEST;
use crate::matters;
use crate::rules::Rules;

/// The name of the form with which a supervisor agrees to another sum.
pub(crate) const FORM: &str = "claimed";

/// What is claimed by an order: what the books say on a day, and no more than the script
/// asks for; what it asks for where the books do not know.
pub(crate) async fn by_order(
    conn: &mut Conn,
    case: CaseId,
    asked: Option<Fen>,
    day: Date,
) -> Result<Option<Claim>, BooksError> {
    let known = claims::on(conn, case, day).await?;
    Ok(match (known, asked) {
        (Some(known), Some(most)) if most < known.total => {
            Some(Claim { basis: known.basis, ..books::bare(most) })
        }
        (Some(known), _) => Some(known),
        (None, asked) => asked.map(books::bare),
    })
}

/// The sum that an order asks for.
pub(crate) fn asked(args: &Map<String, Value>) -> Option<Fen> {
    args.get("claim").and_then(Value::as_i64).map(Fen)
}

/// The court of an order: the one that it names, else that of the borrower's address by the
/// institution's table, else none, which a person has to name when it is filed.
pub(crate) async fn court(
    rules: &Rules,
    conn: &mut Conn,
    case: CaseId,
    named: Option<&str>,
) -> Result<Option<String>, BooksError> {
    let named = named.map(str::trim).filter(|it| !it.is_empty());
    if let Some(named) = named {
        return Ok(Some(named.to_owned()));
    }
    let addresses = claims::borrower_addresses(conn, case).await?;
    let courts = rules.courts();
    let found = addresses.iter().find_map(|address| courts.of(address));
    Ok(found.map(str::to_owned))
}

/// What whoever signs an order has to know: the sum by its parts, what the court takes for
/// it, and which court it is.
pub(crate) async fn terms(
    rules: &Rules,
    order: &ToSign<'_>,
    conn: &mut Conn,
) -> Result<Option<Terms>, BooksError> {
    let fee = match order.verb {
        "file_suit" => suit_fee,
        "payment_order" => payment_order_fee,
        _ => return Ok(None),
    };
    let asked = asked(order.args);
    let Some(claim) = by_order(conn, order.case_id, asked, order.today).await? else {
        return Ok(None);
    };
    let named = order.args.get("court").and_then(Value::as_str);
    let court = court(rules, conn, order.case_id, named).await?;
    let fee = fee(claim.total);
    let mut lines = vec![
        parts(&claim, order.today),
        both(
            &format!(
                "法院收费约 {fee} 元(诉讼费用交纳办法 13、14 条;简易程序、调解减半)"
            ),
            &format!(
                "the court takes about {fee} yuan (Measures on litigation costs, articles 13 \
                 and 14; half in a simplified procedure or by mediation)"
            ),
        ),
        match &court {
            Some(court) => both(&format!("法院:{court}"), &format!("court: {court}")),
            None => both(
                "法院待定:地址不在法院表中,提交时写明",
                "no court yet: the address is not in the table of courts; it is named when \
                 the matter is filed",
            ),
        },
    ];
    lines.extend(beside(conn, order.case_id).await?);
    let figures = json!({ "claim": claim, "court_fee": fee, "court": court });
    let figures = match figures {
        Value::Object(figures) => figures,
        _ => Map::new(),
    };
    Ok(Some(Terms { lines, figures }))
}

/// A line for each other proceeding of a case that is open: whoever signs another one has
/// to know of it.
async fn beside(conn: &mut Conn, case: CaseId) -> Result<Vec<String>, BooksError> {
    let mut lines = Vec::new();
    for (matter, _) in books::of_case(conn, case).await? {
        let Some(found) = books::find(conn, matter).await? else { continue };
        let said = |words: &[Said], word: &str| {
            words.iter().find(|it| it.0 == word).map_or("", |it| it.1).to_owned()
        };
        let kind = said(KINDS_SAID, &found.kind);
        let stage = said(STAGES_SAID, &found.stage);
        let (claim, court) = (found.claim, &found.court);
        lines.push(both(
            &format!(
                "注意:本案另有未结的{kind},事项 {matter},{court}{stage},诉请 {claim} 元;\
                 同一笔债务不重复请求"
            ),
            &format!(
                "mind that matter {matter} ({}) of this loan is open: {court}, `{}`, {claim} \
                 yuan; the same debt is not claimed twice",
                found.kind, found.stage
            ),
        ));
    }
    Ok(lines)
}

/// The claim that was signed with an order, and who signed it.
pub(crate) fn signed_claim(terms: Option<&str>) -> Option<Claim> {
    let terms: Value = serde_json::from_str(terms?).ok()?;
    serde_json::from_value(terms.get("claim")?.clone()).ok()
}

/// A claim by its parts, as far as they are known.
pub(crate) fn parts(claim: &Claim, day: Date) -> String {
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    if let (Some(principal), Some(interest)) = (claim.principal, claim.interest) {
        zh.push(format!("本金 {principal} 元,利息 {interest} 元"));
        en.push(format!("principal {principal}, interest {interest}"));
    }
    for (sum, in_zh, in_en) in
        [(claim.penalty, "罚息", "penalty interest"), (claim.fees, "费用", "costs")]
    {
        if Fen(0) < sum {
            zh.push(format!("{in_zh} {sum} 元"));
            en.push(format!("{in_en} {sum}"));
        }
    }
    let (basis_zh, basis_en) = match claim.basis {
        ClaimBasis::Due => ("已到期应还", "what has fallen due"),
        ClaimBasis::All => ("提前到期,全部本息", "declared due as a whole"),
    };
    zh.push(format!("{basis_zh},算至 {day}"));
    en.push(format!("{basis_en}, reckoned to {day}"));
    let total = claim.total;
    both(
        &format!("诉请 {total} 元({})", zh.join(";")),
        &format!("claim {total} yuan ({})", en.join("; ")),
    )
}

/// What is filed: what the books say at the end of the day of the filing, or what the paper
/// says that was handed in. `None` where the books know nothing and the sum stays.
///
/// # Errors
///
/// [`LegalError`] when nothing is owed any more, when the sum has to be approved again, and
/// as a doubt when it is another than was approved.
pub(crate) async fn at_filing(
    rules: &Rules,
    filled: &Filled<'_>,
    on: Date,
    conn: &mut Conn,
) -> Result<Option<Claim>, LegalError> {
    let matter = filled.order;
    let signed = books::signed(conn, matter).await?;
    let signed = signed.ok_or(LegalError::NoSuchMatter(matter))?;
    let known = claims::on(conn, filled.case_id, on).await.map_err(BooksError::from)?;
    let said = above_zero(filled, "claim")?;
    let at = (on, filled.sure);
    let Some(known) = known else {
        // The books say nothing: what is said is weighed against what was signed.
        let filed = said.map(books::bare);
        if let Some(filed) = &filed {
            weigh(rules, (matter, signed.total), filed, at)?;
        }
        return Ok(filed);
    };
    if known.total == Fen(0) {
        return Err(LegalError::NothingLeft { matter, on });
    }
    let owed = capped(known, signed.most());
    let filed = match said {
        Some(said) if said != owed.total => {
            Claim { basis: owed.basis, ..books::bare(said) }
        }
        _ => owed,
    };
    if owed.total < filed.total && !filled.sure {
        return Err(LegalError::Doubt(both(
            &format!("诉请 {} 元,多于台账算到 {on} 的 {} 元", filed.total, owed.total),
            &format!(
                "{} yuan are claimed, and the books say {} yuan up to {on}",
                filed.total, owed.total
            ),
        )));
    }
    weigh(rules, (matter, signed.total), &filed, at)?;
    if owed.total < filed.total {
        // To name the sum that was signed does not undo what was paid since.
        weigh(rules, (matter, signed.total), &owed, (on, true))?;
    }
    Ok(Some(filed))
}

/// Another proceeding about the same debt that has been filed is asked about.
///
/// # Errors
///
/// [`LegalError::Doubt`], unless whoever files is sure.
pub(crate) async fn alone_in_court(
    filled: &Filled<'_>,
    conn: &mut Conn,
) -> Result<(), LegalError> {
    if filled.sure {
        return Ok(());
    }
    let open = books::of_case(conn, filled.case_id).await?.into_iter();
    for (other, _) in open.filter(|it| it.0 != filled.order) {
        let (found, _) = matters::standing(conn, other).await?;
        if found.stage != "opened" {
            return Err(LegalError::Doubt(both(
                &format!("本案另有事项 {other} 已提交法院,同一笔债务不重复起诉"),
                &format!(
                    "matter {other} of this loan is before a court already, for the same debt"
                ),
            )));
        }
    }
    Ok(())
}

/// No more than the script lets anything be claimed.
fn capped(known: Claim, cap: Option<Fen>) -> Claim {
    match cap {
        Some(cap) if cap < known.total => {
            Claim { basis: known.basis, ..books::bare(cap) }
        }
        _ => known,
    }
}

/// A sum of a form, where it is given; never zero or less.
fn above_zero(
    filled: &Filled<'_>,
    field: &'static str,
) -> Result<Option<Fen>, LegalError> {
    let said = filled.fen(field);
    if said.is_some_and(|said| said <= Fen(0)) {
        return Err(LegalError::NotAboveZero(field));
    }
    Ok(said)
}

/// Whoever agreed to another sum than was approved does not file it as well.
///
/// # Errors
///
/// [`LegalError::OwnApproval`] when they do.
pub(crate) async fn not_by_whoever_agreed(
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<(), LegalError> {
    let matter = filled.order;
    match books::set_by(books.conn, matter).await? {
        Some((Some(Occasion::ApprovedAgain), by))
            if books.staff.is_same(&by, filled.by) =>
        {
            Err(LegalError::OwnApproval(matter))
        }
        _ => Ok(()),
    }
}

/// Nobody agrees to another sum who is in charge of the matter, collects the loan, or was
/// the one who agreed to another sum last. Who let it go to court at first may: a small
/// institution has one supervisor.
async fn by_another(
    filled: &Filled<'_>,
    owner: Option<&str>,
    books: &mut Books<'_>,
) -> Result<(), LegalError> {
    let (matter, case) = (filled.order, filled.case_id);
    let collector = one_case::collector(books.conn, case).await;
    let collector = collector.map_err(BooksError::from)?;
    let set_by = books::set_by(books.conn, matter).await?;
    let is_own = |name: &str| books.staff.is_same(name, filled.by);
    if owner.is_some_and(is_own) {
        return Err(LegalError::OwnMatter(matter));
    }
    if collector.as_deref().is_some_and(is_own) {
        return Err(LegalError::OwnCase(matter));
    }
    let agreed = set_by.filter(|it| it.0 == Some(Occasion::ApprovedAgain));
    if agreed.is_some_and(|it| is_own(&it.1)) {
        return Err(LegalError::OwnSum(matter));
    }
    Ok(())
}

/// Compares what is filed with what was signed.
fn weigh(
    rules: &Rules,
    (matter, signed): (OrderId, Fen),
    filed: &Claim,
    (on, sure): (Date, bool),
) -> Result<(), LegalError> {
    let share = |per_mille: i64| {
        Fen(signed.0 / 1_000 * per_mille + signed.0 % 1_000 * per_mille / 1_000)
    };
    let grew = filed.total - signed;
    let fell = signed - filed.total;
    if share(rules.may_grow) < grew || share(rules.may_fall) < fell {
        return Err(LegalError::ApproveAgain { matter, signed, now: filed.total, on });
    }
    if filed.total != signed && !sure {
        let (zh, en) = (parts(filed, on), filed.total);
        let zh = domain::tongues::chinese(&zh);
        return Err(LegalError::Doubt(both(
            &format!("批准的是 {signed} 元,提交时为:{zh}"),
            &format!("{signed} yuan were approved, and {en} yuan are filed"),
        )));
    }
    Ok(())
}

/// Enters that a supervisor agrees to the sum as it is today, or to one that they name.
///
/// # Errors
///
/// [`LegalError`] when it is at court already, nothing is owed, the sum is none, or whoever
/// agrees is in charge of it, collects the loan or has set the sum that stands.
pub(crate) async fn approve_again(
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<EntryDone, LegalError> {
    let matter = filled.order;
    let found = books::find(books.conn, matter).await?;
    let found = found.ok_or(LegalError::NoSuchMatter(matter))?;
    if found.stage != "opened" {
        return Err(LegalError::WrongStatus { matter, status: found.stage });
    }
    by_another(filled, found.owner.as_deref(), books).await?;
    let signed = books::signed(books.conn, matter).await?;
    let cap = signed.and_then(|signed| signed.cap);
    let said = above_zero(filled, "amount")?;
    let (case, today) = (filled.case_id, books.today);
    let known = claims::on(books.conn, case, today).await.map_err(BooksError::from)?;
    let claim = match (known, said) {
        (Some(known), _) if known.total == Fen(0) => {
            return Err(LegalError::NothingLeft { matter, on: today });
        }
        (Some(known), None) => capped(known, cap),
        (Some(known), Some(said)) if known.total < said && !filled.sure => {
            let owed = known.total;
            return Err(LegalError::Doubt(both(
                &format!("{said} 元多于台账算到今天的 {owed} 元"),
                &format!("{said} yuan are more than the {owed} yuan of the books today"),
            )));
        }
        (Some(known), Some(said)) => Claim { basis: known.basis, ..books::bare(said) },
        (None, Some(said)) => books::bare(said),
        (None, None) => return Err(LegalError::Missing("amount")),
    };
    let at = (Occasion::ApprovedAgain, today);
    let (by, now_ms) = (filled.by, books.now_ms);
    books::add_claim(books.conn, matter, at, &claim, (by, now_ms)).await?;
    if let Some(said) = said {
        books::name_sum(books.conn, matter, said).await?;
    }
    end_tasks(books, (case, matter), by).await?;
    let next = Some(parts(&claim, today));
    dossier::done(filled, matter, next, books).await
}

/// What the keys of tasks about a changed claim begin with.
const KEYS: &str = "claim:";

/// Closes the tasks about a changed claim of a matter; those of another one stay.
pub(crate) async fn end_tasks(
    books: &mut Books<'_>,
    (case, matter): (CaseId, OrderId),
    by: &str,
) -> Result<(), BooksError> {
    let closed = (by, "replaced");
    let keys = format!("{KEYS}{matter}:");
    tasks::close_of_case(books.conn, books.now_ms, (case, &keys), closed).await?;
    Ok(())
}

/// Money has moved on a case: whoever is about to file is told what the claim is now, or
/// that there is none any more.
pub(crate) async fn money_moved(
    case: CaseId,
    event: &Event,
    books: &mut Books<'_>,
) -> Result<(), BooksError> {
    let moves = [EventKind::Payment, EventKind::Reversed];
    if !moves.iter().any(|kind| event.kind == *kind) {
        return Ok(());
    }
    for matter in books::unfiled(books.conn, case).await? {
        let Some(signed) = books::signed(books.conn, matter).await? else { continue };
        let known = claims::on(books.conn, case, books.today).await?;
        let Some(known) = known else { continue };
        let now = signed.most().map_or(known.total, |most| known.total.min(most));
        end_tasks(books, (case, matter), MANIFEST.name).await?;
        if now == signed.total {
            continue;
        }
        let owner = signed.owner.clone().map(Assignee::Person);
        books.tasks.push(NewTask {
            case_id: case,
            kind: TaskKind::Deadline.to_string(),
            title: changed(matter, signed.total, now),
            assignee: Some(owner.unwrap_or(Assignee::Role { role: Role::Legal })),
            ends_with: EndsWith::Nothing,
            due_on: Some(books.today),
            dedupe_key: format!("{KEYS}{matter}:{}", event.id.0),
        });
    }
    Ok(())
}

/// What whoever is about to file has to know.
fn changed(matter: OrderId, signed: Fen, now: Fen) -> String {
    if now == Fen(0) {
        return both(
            &format!("已无逾期:事项 {matter} 不要提交法院,登记结案(还清)"),
            &format!(
                "nothing is overdue any more: do not file matter {matter}, close it as paid"
            ),
        );
    }
    both(
        &format!(
            "还款后事项 {matter} 的诉请由 {signed} 元变为 {now} 元:按新金额提交,变动大的先请主管再批"
        ),
        &format!(
            "the claim of matter {matter} has changed from {signed} to {now} yuan: file the new \
             sum, and have it approved again where it has changed much"
        ),
    )
}
