//! Matters (法务事项): suits and payment orders from opening to closing.

use domain::ids::{CaseId, OrderId};
use domain::limitation::{Evidence, InterruptionKind};
use domain::money::Fen;
use domain::order::Order;
use jiff::Span;
use jiff::civil::Date;
use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::any::AnyRow;
use store::Conn;
use store::plugin::{Books, BooksError, DeliveryError, Raised, Receipt};

use crate::clock;
use crate::deadlines;
use crate::error::{LegalError, parse, possible};
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
    match standing(order, kind, books).await? {
        Some(id) if id == order.id.0 => return Ok(receipt),
        Some(id) => {
            return Err(refused(&format!(
                "本案已有未结的同类事项 {id} · the case has an open matter of this kind, {id}"
            )));
        }
        None => {}
    }
    sqlx::query(INSERT)
        .bind(order.id.0)
        .bind(order.case_id.0)
        .bind(order.case_no.clone())
        .bind(kind)
        .bind(court.to_owned())
        .bind(claim)
        .bind(order.arg("reason").unwrap_or_default().to_owned())
        .bind(owner)
        .bind(books.today.to_string())
        .execute(&mut *books.conn)
        .await
        .map_err(BooksError::from)?;
    let file_by = Span::new()
        .try_days(file_within_days)
        .map_or(books.today, |it| books.today.saturating_add(it));
    deadlines::put(order.id.0, "file", file_by, books).await?;
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

/// The matter that this order opened before, or else the open one in its way.
async fn standing(
    order: &Order,
    kind: &str,
    books: &mut Books<'_>,
) -> Result<Option<i64>, BooksError> {
    let standing = sqlx::query_scalar(STANDING)
        .bind(order.case_id.0)
        .bind(kind.to_owned())
        .bind(order.id.0)
        .fetch_optional(&mut *books.conn)
        .await?;
    Ok(standing)
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
    sqlx::query(FILE)
        .bind(matter.0)
        .bind(on.to_string())
        .bind(court_no.to_owned())
        .execute(&mut *books.conn)
        .await?;
    deadlines::done(matter.0, books).await?;
    deadlines::start(matter.0, on, deadlines::after_filing(&found.kind), books).await?;
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
    sqlx::query(JUDGE)
        .bind(matter.0)
        .bind(judgment.on.to_string())
        .bind(result)
        .bind(judgment.amount.0)
        .execute(&mut *books.conn)
        .await?;
    deadlines::done(matter.0, books).await?;
    deadlines::start(matter.0, judgment.on, deadlines::after_judgment(result), books)
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
    sqlx::query(CLOSE)
        .bind(matter.0)
        .bind(on.to_string())
        .bind(reason.as_str())
        .execute(&mut *books.conn)
        .await?;
    deadlines::done(matter.0, books).await?;
    let payload = [
        ("matter", Value::from(matter.to_string())),
        ("kind", Value::from(found.kind)),
        ("reason", Value::from(reason.as_str())),
        ("on", Value::from(on.to_string())),
    ];
    raise(books, found.case_id, matter, LegalEvent::MatterClosed, payload);
    Ok(())
}

/// The matters that are not closed, oldest first.
///
/// # Errors
///
/// [`BooksError`] when they cannot be read.
pub async fn open_matters(conn: &mut Conn) -> Result<Vec<Matter>, BooksError> {
    let rows = sqlx::query(OPEN_MATTERS).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// How many suits there are, and how many of them lie, or lay, with the court.
///
/// # Errors
///
/// [`BooksError`] when they cannot be read.
pub async fn suits(conn: &mut Conn) -> Result<(i64, i64), BooksError> {
    let row = sqlx::query(SUITS).fetch_one(conn).await?;
    Ok((row.try_get("opened")?, row.try_get("filed")?))
}

async fn find(matter: OrderId, books: &mut Books<'_>) -> Result<Matter, LegalError> {
    let row = sqlx::query(FIND).bind(matter.0).fetch_optional(&mut *books.conn).await?;
    Ok(read(&row.ok_or(LegalError::NoSuchMatter(matter))?)?)
}

fn expect(matter: &Matter, statuses: &[&str]) -> Result<(), LegalError> {
    if statuses.contains(&matter.status.as_str()) {
        return Ok(());
    }
    Err(LegalError::WrongStatus { matter: matter.id, status: matter.status.clone() })
}

fn read(row: &AnyRow) -> Result<Matter, BooksError> {
    Ok(Matter {
        id: OrderId(row.try_get("id")?),
        case_id: CaseId(row.try_get("case_id")?),
        kind: row.try_get("kind")?,
        court: row.try_get("court")?,
        claim: Fen(row.try_get("claim_fen")?),
        owner: row.try_get("owner")?,
        status: row.try_get("status")?,
        since_on: parse(row.try_get("since_on")?)?,
    })
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

/// The books of the legal department; a matter has the number of its order.
pub(crate) const MIGRATIONS: &[&str] = &[
    "create table matters (
      id bigint primary key,
      case_id bigint not null,
      case_no text not null,
      kind text not null constraint matter_kind_is_known
        check (kind in ('suit', 'payment_order')),
      court text not null,
      claim_fen bigint not null constraint claim_is_positive check (0 < claim_fen),
      reason text not null,
      owner text,
      status text not null default 'opened' constraint matter_status_is_known
        check (status in ('opened', 'filed', 'judged', 'closed')),
      opened_on text not null,
      filed_on text,
      court_no text,
      judged_on text,
      judgment text,
      awarded_fen bigint,
      closed_on text,
      close_reason text,
      constraint filed_matter_has_a_number check ((filed_on is null) = (court_no is null)),
      constraint judgment_has_a_day check ((judged_on is null) = (judgment is null)),
      constraint closed_matter_has_a_reason check
        ((status = 'closed') = (closed_on is not null and close_reason is not null))
    )",
    "create index matters_of_case on matters (case_id)",
    "create unique index one_open_matter_of_a_kind on matters (case_id, kind)
      where status <> 'closed'",
    "create table matter_deadlines (
      matter_id bigint not null references matters (id),
      kind text not null,
      due_on text not null,
      warned_on text,
      done_on text,
      primary key (matter_id, kind)
    )",
    "create index matter_deadlines_near on matter_deadlines (due_on)
      where warned_on is null and done_on is null",
    "create table letter_proofs (
      order_id bigint primary key,
      case_id bigint not null,
      served_on text not null,
      evidence text not null constraint letter_proof_is_known
        check (evidence in ('signed_receipt', 'registered_mail')),
      receipt text not null,
      recorded_at bigint not null
    )",
];

const STANDING: &str = "
    select id
    from matters
    where case_id = $1 and kind = $2 and (status <> 'closed' or id = $3)
    order by case when id = $3 then 0 else 1 end
    limit 1";

const INSERT: &str = "
    insert into matters (id, case_id, case_no, kind, court, claim_fen, reason, owner, opened_on)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

const FIND: &str = "
    select id, case_id, kind, court, claim_fen, owner, status,
      coalesce(closed_on, judged_on, filed_on, opened_on) as since_on
    from matters
    where id = $1";

const OPEN_MATTERS: &str = "
    select id, case_id, kind, court, claim_fen, owner, status,
      coalesce(judged_on, filed_on, opened_on) as since_on
    from matters
    where status <> 'closed'
    order by opened_on, id";

const SUITS: &str = "
    select count(*) as opened, count(case when status <> 'opened' then 1 end) as filed
    from matters
    where kind = 'suit'";

const FILE: &str = "
    update matters
    set status = 'filed', filed_on = $2, court_no = $3
    where id = $1";

const JUDGE: &str = "
    update matters
    set status = 'judged', judged_on = $2, judgment = $3, awarded_fen = $4
    where id = $1";

const CLOSE: &str = "
    update matters
    set status = 'closed', closed_on = $2, close_reason = $3
    where id = $1";
