//! Matters (法务事项): suits and payment orders from opening to closing.

use domain::ids::{CaseId, OrderId};
use domain::limitation::{ClockAct, ClockActKind, Evidence, InterruptionKind};
use domain::money::Fen;
use domain::order::Order;
use jiff::Span;
use jiff::civil::Date;
use serde_json::{Map, Value};
use store::Conn;
use store::plugin::{Books, DeliveryError, Raised, Receipt};

use crate::acts;
use crate::books::{self, Opened};
use crate::clock;
use crate::deadlines;
use crate::error::LegalError;
use crate::manifest::LegalEvent;
use crate::outcome::{CloseReason, JudgmentResult};
use crate::proceeding::{Proceeding, Stage, Step, StepKind};

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
    file_within_days: i64,
    books: &mut Books<'_>,
) -> Result<Receipt, DeliveryError> {
    let refused = |reason: &str| DeliveryError::Refused(reason.to_owned());
    let claim = order.number("claim").filter(|it| 0 < *it);
    let claim = claim
        .ok_or_else(|| refused("诉请金额须大于零 · the claim has to be above zero"))?;
    let court = order.arg("court").map(str::trim).filter(|it| !it.is_empty());
    let court = court.ok_or_else(|| refused("没有写明法院 · no court is named"))?;
    let receipt =
        Receipt { reference: format!("matter:{}", order.id), amount: Some(Fen(claim)) };
    match books::standing(books.conn, order.id, order.case_id, kind).await? {
        Some(id) if id == order.id.0 => return Ok(receipt),
        Some(id) => {
            return Err(refused(&format!(
                "本案已有未结的同类事项 {id} · the case has an open matter of this kind, {id}"
            )));
        }
        None => {}
    }
    let matter = Opened {
        id: order.id,
        case_id: order.case_id,
        case_no: &order.case_no,
        kind,
        court,
        claim: Fen(claim),
        reason: order.arg("reason").unwrap_or_default(),
        owner,
        on: books.today,
    };
    books::open(books.conn, matter).await?;
    let file_by = Span::new()
        .try_days(file_within_days)
        .map_or(books.today, |it| books.today.saturating_add(it));
    books::put_deadlines(books.conn, order.id, &[("file", file_by)]).await?;
    let payload = [
        ("matter", Value::from(order.id.to_string())),
        ("kind", Value::from(kind)),
        ("court", Value::from(court)),
        ("claim", Value::from(claim)),
        ("on", Value::from(books.today.to_string())),
    ];
    raise(books, order.case_id, order.id, LegalEvent::MatterOpened, payload);
    Ok(receipt)
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
    let (found, mut proceeding) = standing(books.conn, matter).await?;
    proceeding.check(step, books.today)?;
    let before_the_suit = proceeding.stage == Stage::Opened;
    proceeding.take(step);
    let seq = books::add_step(books.conn, matter, step, books.now_ms).await?;
    books::write(books.conn, &proceeding).await?;
    deadlines::follow(books, &proceeding, (by, step.kind.as_str())).await?;
    let key = match step.kind {
        StepKind::Filed => Some(format!("matter:{matter}")),
        StepKind::Preserved if before_the_suit => {
            Some(format!("matter:{matter}:preserved:{seq}"))
        }
        StepKind::Enforcement => Some(format!("matter:{matter}:enforcement:{seq}")),
        _ => None,
    };
    if let Some(key) = key {
        let kind = InterruptionKind::SuedOrEquivalent;
        clock::restart(books, found.case_id, step.on, kind, Evidence::CourtPaper, key)
            .await?;
    }
    if let Some(kind) = of_guarantors(&found, step) {
        let act = ClockAct::new(kind, step.on);
        let paper = format!("matter:{matter}:{seq}");
        acts::write(books, found.case_id, Some(&paper), &[act]).await?;
    }
    tell(books, &found, step, seq);
    Ok(proceeding)
}

/// What a step does to general guarantors: a suit that is filed holds them, and one that
/// is withdrawn or not taken does not (Civil Code 693; interpretation on security, 31).
fn of_guarantors(matter: &Matter, step: &Step) -> Option<ClockActKind> {
    let word = step.word.as_deref();
    let is_gone = match step.kind {
        StepKind::Closed => {
            word.and_then(CloseReason::parse) == Some(CloseReason::Withdrawn)
        }
        StepKind::Judgment => {
            word.and_then(JudgmentResult::parse) == Some(JudgmentResult::NotAdmitted)
        }
        _ => false,
    };
    match step.kind {
        _ if matter.kind != "suit" => None,
        StepKind::Filed => Some(ClockActKind::DebtorSued),
        _ => is_gone.then_some(ClockActKind::SuitWithdrawn),
    }
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
    let found = books::find(conn, matter).await?;
    let found = found.ok_or(LegalError::NoSuchMatter(matter))?;
    let file_by = books::deadlines(conn, matter).await?.get("file").copied();
    let mut proceeding =
        Proceeding::opened(matter, &found.kind, found.opened_on, file_by);
    for step in books::steps(conn, matter).await? {
        proceeding.take(&step);
    }
    Ok((found, proceeding))
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
