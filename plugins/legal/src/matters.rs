//! Matters (法务事项): suits and payment orders from opening to closing.

use domain::ids::{CaseId, OrderId};
use domain::money::Fen;
use domain::order::Order;
use jiff::Span;
use jiff::civil::Date;
use serde_json::{Map, Value};
use store::plugin::{Books, BooksError, DeliveryError, Raised, Receipt};
use store::{Conn, claims, tasks as task_book};

use crate::books::{self, Occasion, Opened};
use crate::claim;
use crate::deadlines;
use crate::effects::{self, Effects};
use crate::error::LegalError;
use crate::manifest::{LegalEvent, MANIFEST};
use crate::outcome::CloseReason;
use crate::proceeding::{Proceeding, Step, StepKind};
use crate::rules::Rules;
use crate::tasks;

/// A proceeding, as the books have it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Matter {
    /// The order that opened it; also its number.
    pub id: OrderId,
    /// The case.
    pub case_id: CaseId,
    /// `suit` or `payment_order`.
    pub kind: String,
    /// The court.
    pub court: String,
    /// The amount claimed.
    pub claim: Fen,
    /// The amount awarded, once there is a judgment.
    pub awarded: Option<Fen>,
    /// Who is in charge.
    pub owner: Option<String>,
    /// `opened`, `filed`, `judged` or `closed`.
    pub status: String,
    /// Where it stands, more exactly: `accepted`, `appealed`, `enforcing`, …
    pub stage: String,
    /// The court's number for it, once it is filed.
    pub court_no: Option<String>,
    /// The day on which it was opened.
    pub opened_on: Date,
    /// The day of its last step.
    pub since_on: Date,
}

/// Opens a matter. A second hand-over of the same order finds it open.
pub(crate) async fn open(
    order: &Order,
    kind: &'static str,
    owner: Option<String>,
    rules: &Rules,
    books: &mut Books<'_>,
) -> Result<Receipt, DeliveryError> {
    let refused = |reason: &str| DeliveryError::Refused(reason.to_owned());
    let (signed, by) = claims::signed_terms(books.conn, order.id)
        .await
        .map_err(BooksError::from)?
        .unwrap_or_default();
    let asked = claim::asked(&order.args);
    let claim = match claim::signed_claim(signed.as_deref()) {
        Some(signed) => Some(signed),
        None => claim::by_order(books.conn, order.case_id, asked, books.today).await?,
    };
    let claim = claim.filter(|claim| Fen(0) < claim.total);
    let claim = claim
        .ok_or_else(|| refused("诉请金额须大于零 · the claim has to be above zero"))?;
    let court = claim::court(rules, books.conn, order.case_id, order.arg("court"));
    let court = court.await?.unwrap_or_default();
    let reference = format!("matter:{}", order.id);
    let receipt = Receipt { reference, amount: Some(claim.total) };
    match books::standing(books.conn, order.id, order.case_id, kind).await? {
        Some(id) if id == order.id.0 => return Ok(receipt),
        Some(id) => {
            return Err(refused(&format!(
                "本案已有未结的同类事项 {id} · the case has an open matter of this kind, {id}"
            )));
        }
        None => {}
    }
    let file_by = Span::new()
        .try_days(rules.file_within_days)
        .map_or(books.today, |it| books.today.saturating_add(it));
    let matter = Opened {
        id: order.id,
        case_id: order.case_id,
        case_no: &order.case_no,
        kind,
        court: &court,
        claim: claim.total,
        cap: asked,
        reason: order.arg("reason").unwrap_or_default(),
        owner,
        on: books.today,
        file_by,
        entered_by: None,
    };
    books::open(books.conn, matter).await?;
    books::put_deadlines(books.conn, order.id, &[("file", file_by)]).await?;
    let by = by.unwrap_or_else(|| MANIFEST.name.to_owned());
    let (at, signed) = ((Occasion::Approved, books.today), (by.as_str(), books.now_ms));
    books::add_claim(books.conn, order.id, at, &claim, signed).await?;
    books::note_stage(books.conn, order.case_id).await?;
    let (case, today) = (order.case_id, books.today);
    tell_opened(books, (case, order.id), (kind, &court, claim.total, today));
    Ok(receipt)
}

/// Tells the case that a proceeding was opened: its kind, its court, the sum and the day.
pub(crate) fn tell_opened(
    books: &mut Books<'_>,
    (case, matter): (CaseId, OrderId),
    (kind, court, claim, on): (&str, &str, Fen, Date),
) {
    let payload = [
        ("matter", Value::from(matter.to_string())),
        ("kind", Value::from(kind)),
        ("court", Value::from(court)),
        ("claim", Value::from(claim.0)),
        ("on", Value::from(on.to_string())),
    ];
    raise(books, case, matter, LegalEvent::MatterOpened, payload);
}

/// Enters what has happened to a proceeding: writes the step, what it makes of the
/// proceeding, its deadlines and what it does to the limitation period; tasks of days
/// that are seen to are closed, and the case hears of it. Answers what it has become.
///
/// # Errors
///
/// [`LegalError`] when the proceeding is not at the point for it, the day cannot be, or
/// no number is given where only the court's paper shows it.
pub(crate) async fn record(
    books: &mut Books<'_>,
    matter: OrderId,
    step: &Step,
    by: &str,
) -> Result<Proceeding, LegalError> {
    let (found, opened, mut steps) = history(books.conn, matter).await?;
    let mut proceeding = after(opened.clone(), &steps);
    proceeding.check(step, books.today)?;
    proceeding.take(step);
    let seq = books::add_step(books.conn, matter, step, books.now_ms).await?;
    steps.push((seq, step.clone()));
    settle(books, (&found, &proceeding), (opened, &steps), (by, step.kind)).await?;
    tell(books, &found, step, seq);
    Ok(proceeding)
}

/// Takes back the newest step that stands, which was entered by mistake: what it had made
/// of the proceeding, of its days and of the clocks of the loan is as it was before. The
/// step stays in the books, with the one that takes it back behind it. Answers what the
/// proceeding has become.
///
/// # Errors
///
/// [`LegalError`] when no step stands, the newest is another than was named, or a matter
/// that was closed cannot be opened again beside the one that is open.
pub(crate) async fn undo(
    books: &mut Books<'_>,
    matter: OrderId,
    named: StepKind,
    by: &str,
) -> Result<Proceeding, LegalError> {
    let (found, opened, mut steps) = history(books.conn, matter).await?;
    let was_mistaken = steps.last().is_some_and(|step| is_mistaken(&step.1));
    let newest = steps.pop().map(|step| step.1.kind);
    if newest != Some(named) || was_mistaken {
        return Err(LegalError::NotTheNewest { matter, newest });
    }
    if named == StepKind::Closed {
        let other = books::standing(books.conn, OrderId(0), found.case_id, &found.kind);
        if let Some(other) = other.await? {
            return Err(LegalError::AnotherIsOpen(OrderId(other)));
        }
    }
    let proceeding = after(opened.clone(), &steps);
    let undone = Step {
        kind: StepKind::Undone,
        on: books.today,
        until: None,
        amount: None,
        word: Some(named.to_string()),
        number: None,
        procedure: None,
    };
    let seq = books::add_step(books.conn, matter, &undone, books.now_ms).await?;
    if named == StepKind::Filed {
        books::withdraw_filed(books.conn, matter, books.now_ms).await?;
    }
    let of_case = books::of_case(books.conn, found.case_id).await?;
    let is_alone = of_case.iter().all(|it| it.0 == matter);
    if is_alone && matches!(named, StepKind::Judgment | StepKind::Objected) {
        // The tasks that workflows open behind a decision are called like it: there is
        // none. Beside another proceeding they may be that one's.
        let what = (found.case_id, StepKind::Judgment.as_str());
        let closed = (by, StepKind::Undone.as_str());
        let ended = task_book::close_kind_of_case(books.conn, books.now_ms, what, closed);
        ended.await.map_err(BooksError::from)?;
    }
    let what = (by, StepKind::Undone);
    let by_hand = books::entered_by(books.conn, matter).await?.is_some();
    if by_hand && steps.is_empty() {
        return strike(books, &found, proceeding, by).await;
    }
    settle(books, (&found, &proceeding), (opened, &steps), what).await?;
    tell(books, &found, &undone, seq);
    Ok(proceeding)
}

/// Closes a proceeding that was entered by hand and of which no step stands any more: there
/// is none.
async fn strike(
    books: &mut Books<'_>,
    found: &Matter,
    opened: Proceeding,
    by: &str,
) -> Result<Proceeding, LegalError> {
    let step = Step {
        word: Some(CloseReason::Mistaken.to_string()),
        ..Step::new(StepKind::Closed, books.today)
    };
    let mut proceeding = opened.clone();
    proceeding.take(&step);
    let seq = books::add_step(books.conn, found.id, &step, books.now_ms).await?;
    let steps = [(seq, step.clone())];
    let what = (by, StepKind::Undone);
    settle(books, (found, &proceeding), (opened, &steps), what).await?;
    tell(books, found, &step, seq);
    Ok(proceeding)
}

/// Whether a step says that there never was such a proceeding.
fn is_mistaken(step: &Step) -> bool {
    step.kind == StepKind::Closed
        && step.word.as_deref() == Some(CloseReason::Mistaken.as_str())
}

/// Brings the row, the days, their tasks and the clocks of the loan to what the steps of a
/// proceeding have made of it.
async fn settle(
    books: &mut Books<'_>,
    (found, proceeding): (&Matter, &Proceeding),
    (opened, steps): (Proceeding, &[(i64, Step)]),
    (by, what): (&str, StepKind),
) -> Result<(), LegalError> {
    books::write(books.conn, proceeding).await?;
    books::note_stage(books.conn, found.case_id).await?;
    deadlines::follow(books, proceeding, (by, what.as_str())).await?;
    let made = Effects::of(opened, steps);
    effects::follow(books, found.case_id, proceeding, &made, by).await?;
    Ok(tasks::end_outlived_of(books, found.case_id, by).await?)
}

/// Brings the clocks of the loan to what the steps of a proceeding have made of them, where
/// an older version did not.
pub(crate) async fn follow(
    books: &mut Books<'_>,
    matter: OrderId,
    by: &str,
) -> Result<(), LegalError> {
    let (found, opened, steps) = history(books.conn, matter).await?;
    let proceeding = after(opened.clone(), &steps);
    let made = Effects::of(opened, &steps);
    Ok(effects::follow(books, found.case_id, &proceeding, &made, by).await?)
}

/// A proceeding after some steps.
fn after(mut opened: Proceeding, steps: &[(i64, Step)]) -> Proceeding {
    for (_, step) in steps {
        opened.take(step);
    }
    opened
}

/// A proceeding as it was opened, with the steps that stand and their places.
async fn history(
    conn: &mut Conn,
    matter: OrderId,
) -> Result<(Matter, Proceeding, Vec<(i64, Step)>), LegalError> {
    let found = books::find(conn, matter).await?;
    let found = found.ok_or(LegalError::NoSuchMatter(matter))?;
    let file_by = books::file_by(conn, matter).await?;
    let opened = Proceeding::opened(matter, &found.kind, found.opened_on, file_by);
    Ok((found, opened, books::steps(conn, matter).await?))
}

/// A proceeding as its steps have made it.
///
/// # Errors
///
/// [`LegalError`] when there is none, or the books cannot be read.
pub(crate) async fn standing(
    conn: &mut Conn,
    matter: OrderId,
) -> Result<(Matter, Proceeding), LegalError> {
    let (found, opened, steps) = history(conn, matter).await?;
    Ok((found, after(opened, &steps)))
}

/// Tells the case of a step.
fn tell(books: &mut Books<'_>, matter: &Matter, step: &Step, seq: i64) {
    let (number, amount) = (step.number.clone(), step.amount.map_or(0, |it| it.0));
    let mut payload = Map::new();
    let mut put = |key: &str, value: Value| {
        payload.insert(key.to_owned(), value);
    };
    put("matter", Value::from(matter.id.to_string()));
    put("on", Value::from(step.on.to_string()));
    let word = step.word.clone();
    let kind = match step.kind {
        StepKind::Filed => {
            put("kind", Value::from(matter.kind.clone()));
            put("court_no", Value::from(number));
            LegalEvent::MatterFiled
        }
        StepKind::Judgment => {
            put("result", Value::from(word));
            put("amount", Value::from(amount));
            LegalEvent::Judgment
        }
        StepKind::Closed => {
            put("kind", Value::from(matter.kind.clone()));
            put("reason", Value::from(word));
            LegalEvent::MatterClosed
        }
        other => {
            put("kind", Value::from(matter.kind.clone()));
            put("step", Value::from(other.as_str()));
            let more = [
                ("detail", word),
                ("number", number),
                ("until", step.until.map(|day| day.to_string())),
            ];
            for (key, value) in more {
                if let Some(value) = value {
                    put(key, Value::from(value));
                }
            }
            LegalEvent::CourtStep
        }
    };
    books.raised.push(Raised {
        case_id: matter.case_id,
        kind: kind.to_string(),
        payload,
        dedupe_key: format!("matter:{}:{kind}:{seq}", matter.id),
    });
}

fn raise<const N: usize>(
    books: &mut Books<'_>,
    case_id: CaseId,
    matter: OrderId,
    kind: LegalEvent,
    payload: [(&str, Value); N],
) {
    let payload = payload.map(|(key, value)| (key.to_owned(), value));
    books.raised.push(Raised {
        case_id,
        kind: kind.to_string(),
        payload: Map::from_iter(payload),
        dedupe_key: format!("matter:{matter}:{kind}"),
    });
}
