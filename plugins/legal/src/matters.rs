//! Matters (法务事项): suits and payment orders from opening to closing.

use domain::ids::{CaseId, OrderId};
use domain::limitation::{Evidence, InterruptionKind};
use domain::money::Fen;
use domain::order::Order;
use jiff::Span;
use jiff::civil::Date;
use serde_json::{Map, Value};
use store::plugin::{Books, DeliveryError, Raised, Receipt};

use crate::books::{self, Opened};
use crate::clock;
use crate::deadlines;
use crate::error::{LegalError, possible};
use crate::manifest::LegalEvent;
use crate::outcome::{CloseReason, Judgment};

/// A proceeding that is not closed.
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
    /// `opened`, `filed` or `judged`.
    pub status: String,
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

/// Enters that a matter lies with the court, with the court's number for it;
/// raises `matter_filed`, interrupts the limitation period and starts the
/// deadlines of the proceeding.
///
/// # Errors
///
/// [`LegalError`] when the matter is not waiting to be filed, the day cannot
/// be, or no number is given: only the court's receipt proves the filing.
pub async fn record_filing(
    books: &mut Books<'_>,
    matter: OrderId,
    on: Date,
    court_no: &str,
) -> Result<(), LegalError> {
    let found = find(matter, books).await?;
    expect(&found, &["opened"])?;
    possible(on, found.since_on, books.today)?;
    let court_no = court_no.trim();
    if court_no.is_empty() {
        return Err(LegalError::ReceiptNeeded);
    }
    books::file(books.conn, matter, on, court_no).await?;
    books::end_deadlines(books.conn, matter, books.today).await?;
    deadlines::start(matter, on, deadlines::after_filing(&found.kind), books).await?;
    let kind = InterruptionKind::SuedOrEquivalent;
    let key = format!("matter:{matter}");
    clock::restart(books, found.case_id, on, kind, Evidence::CourtPaper, key).await?;
    let payload = [
        ("matter", Value::from(matter.to_string())),
        ("kind", Value::from(found.kind)),
        ("on", Value::from(on.to_string())),
        ("court_no", Value::from(court_no)),
    ];
    raise(books, found.case_id, matter, LegalEvent::MatterFiled, payload);
    Ok(())
}

/// Enters a decision of the court; raises `judgment` and starts the periods
/// for appeal and enforcement.
///
/// # Errors
///
/// [`LegalError`] when the matter is not before the court or the day cannot be.
pub async fn record_judgment(
    books: &mut Books<'_>,
    matter: OrderId,
    judgment: Judgment,
) -> Result<(), LegalError> {
    let found = find(matter, books).await?;
    expect(&found, &["filed"])?;
    possible(judgment.on, found.since_on, books.today)?;
    let result = judgment.result.as_str();
    books::judge(books.conn, matter, judgment).await?;
    books::end_deadlines(books.conn, matter, books.today).await?;
    deadlines::start(matter, judgment.on, deadlines::after_judgment(result), books)
        .await?;
    let payload = [
        ("matter", Value::from(matter.to_string())),
        ("result", Value::from(result)),
        ("amount", Value::from(judgment.amount.0)),
        ("on", Value::from(judgment.on.to_string())),
    ];
    raise(books, found.case_id, matter, LegalEvent::Judgment, payload);
    Ok(())
}

/// Closes a matter at any point; raises `matter_closed`. Its deadlines guard
/// nothing any more.
///
/// # Errors
///
/// [`LegalError`] when it is closed already or the day cannot be.
pub async fn close_matter(
    books: &mut Books<'_>,
    matter: OrderId,
    reason: CloseReason,
    on: Date,
) -> Result<(), LegalError> {
    let found = find(matter, books).await?;
    expect(&found, &["opened", "filed", "judged"])?;
    possible(on, found.since_on, books.today)?;
    books::close(books.conn, matter, on, reason).await?;
    books::end_deadlines(books.conn, matter, books.today).await?;
    let payload = [
        ("matter", Value::from(matter.to_string())),
        ("kind", Value::from(found.kind)),
        ("reason", Value::from(reason.as_str())),
        ("on", Value::from(on.to_string())),
    ];
    raise(books, found.case_id, matter, LegalEvent::MatterClosed, payload);
    Ok(())
}

async fn find(matter: OrderId, books: &mut Books<'_>) -> Result<Matter, LegalError> {
    let found = books::find(books.conn, matter).await?;
    found.ok_or(LegalError::NoSuchMatter(matter))
}

fn expect(matter: &Matter, statuses: &[&str]) -> Result<(), LegalError> {
    if statuses.contains(&matter.status.as_str()) {
        return Ok(());
    }
    Err(LegalError::WrongStatus { matter: matter.id, status: matter.status.clone() })
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
