//! The books of the legal department (法务簿): matters, their deadlines, and the proofs
//! that letters arrived.

use domain::ids::{CaseId, OrderId};
use domain::money::Fen;
use jiff::civil::Date;
use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;
use store::plugin::BooksError;
use store::{Conn, rows};

use crate::error::parse;
use crate::matters::Matter;
use crate::outcome::{CloseReason, Judgment};
use crate::service::ServiceProof;

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

/// The matter that this order opened before, or else the open one in its way.
pub(crate) async fn standing(
    conn: &mut Conn,
    order: OrderId,
    case: CaseId,
    kind: &str,
) -> Result<Option<i64>, BooksError> {
    let asked = sqlx::query_scalar(STANDING).bind(case.0).bind(kind.to_owned());
    Ok(asked.bind(order.0).fetch_optional(conn).await?)
}

/// A matter that is opened.
pub(crate) struct Opened<'a> {
    pub(crate) id: OrderId,
    pub(crate) case_id: CaseId,
    pub(crate) case_no: &'a str,
    pub(crate) kind: &'static str,
    pub(crate) court: &'a str,
    pub(crate) claim: Fen,
    pub(crate) reason: &'a str,
    pub(crate) owner: Option<String>,
    pub(crate) on: Date,
}

const OPEN: &str = "
    insert into matters (id, case_id, case_no, kind, court, claim_fen, reason, owner, opened_on)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// Enters a matter.
pub(crate) async fn open(conn: &mut Conn, matter: Opened<'_>) -> Result<(), BooksError> {
    sqlx::query(OPEN)
        .bind(matter.id.0)
        .bind(matter.case_id.0)
        .bind(matter.case_no.to_owned())
        .bind(matter.kind)
        .bind(matter.court.to_owned())
        .bind(matter.claim.0)
        .bind(matter.reason.to_owned())
        .bind(matter.owner)
        .bind(matter.on.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

const FIND: &str = "
    select id, case_id, kind, court, claim_fen, owner, status,
      coalesce(closed_on, judged_on, filed_on, opened_on) as since_on
    from matters
    where id = $1";

/// A matter by its number.
pub(crate) async fn find(
    conn: &mut Conn,
    matter: OrderId,
) -> Result<Option<Matter>, BooksError> {
    let row = sqlx::query(FIND).bind(matter.0).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

const OPEN_MATTERS: &str = "
    select id, case_id, kind, court, claim_fen, owner, status,
      coalesce(judged_on, filed_on, opened_on) as since_on
    from matters
    where status <> 'closed'
    order by opened_on, id";

/// The matters that are not closed, oldest first.
///
/// # Errors
///
/// [`BooksError`] when they cannot be read.
pub async fn open_matters(conn: &mut Conn) -> Result<Vec<Matter>, BooksError> {
    let rows = sqlx::query(OPEN_MATTERS).fetch_all(conn).await?;
    rows.iter().map(read).collect()
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

const SUITS: &str = "
    select count(*) as opened, count(case when status <> 'opened' then 1 end) as filed
    from matters
    where kind = 'suit'";

/// How many suits there are, and how many of them lie, or lay, with the court.
///
/// # Errors
///
/// [`BooksError`] when they cannot be read.
pub async fn suits(conn: &mut Conn) -> Result<(i64, i64), BooksError> {
    let row = sqlx::query(SUITS).fetch_one(conn).await?;
    Ok((row.try_get("opened")?, row.try_get("filed")?))
}

const FILE: &str = "
    update matters
    set status = 'filed', filed_on = $2, court_no = $3
    where id = $1";

/// Marks that a matter lies with the court, under the court's number for it.
pub(crate) async fn file(
    conn: &mut Conn,
    matter: OrderId,
    on: Date,
    court_no: &str,
) -> Result<(), BooksError> {
    sqlx::query(FILE)
        .bind(matter.0)
        .bind(on.to_string())
        .bind(court_no.to_owned())
        .execute(conn)
        .await?;
    Ok(())
}

const JUDGE: &str = "
    update matters
    set status = 'judged', judged_on = $2, judgment = $3, awarded_fen = $4
    where id = $1";

/// Enters what the court decided.
pub(crate) async fn judge(
    conn: &mut Conn,
    matter: OrderId,
    judgment: Judgment,
) -> Result<(), BooksError> {
    sqlx::query(JUDGE)
        .bind(matter.0)
        .bind(judgment.on.to_string())
        .bind(judgment.result.as_str())
        .bind(judgment.amount.0)
        .execute(conn)
        .await?;
    Ok(())
}

const CLOSE: &str = "
    update matters
    set status = 'closed', closed_on = $2, close_reason = $3
    where id = $1";

/// Closes a matter.
pub(crate) async fn close(
    conn: &mut Conn,
    matter: OrderId,
    on: Date,
    reason: CloseReason,
) -> Result<(), BooksError> {
    sqlx::query(CLOSE)
        .bind(matter.0)
        .bind(on.to_string())
        .bind(reason.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

const PUT_DEADLINES: &str = "
    insert into matter_deadlines (matter_id, kind, due_on)
    select s.matter_id, s.kind, s.due_on
    from batch($1) as s (matter_id bigint, kind text, due_on text)
    where true
    on conflict (matter_id, kind) do nothing";

/// Writes deadlines of a matter; one that is there already keeps its day.
pub(crate) async fn put_deadlines(
    conn: &mut Conn,
    matter: OrderId,
    deadlines: &[(&str, Date)],
) -> Result<(), BooksError> {
    let row = |(kind, due_on): &(&str, Date)| json!([matter, kind, due_on]);
    let list: Vec<_> = deadlines.iter().map(row).collect();
    rows::run(conn, PUT_DEADLINES, &list).await?;
    Ok(())
}

const END_DEADLINES: &str = "
    update matter_deadlines
    set done_on = $2
    where matter_id = $1 and done_on is null";

/// Marks that the deadlines of a matter guard nothing any more.
pub(crate) async fn end_deadlines(
    conn: &mut Conn,
    matter: OrderId,
    today: Date,
) -> Result<(), BooksError> {
    let ended = sqlx::query(END_DEADLINES).bind(matter.0).bind(today.to_string());
    ended.execute(conn).await?;
    Ok(())
}

const FIRST_DEADLINE: &str = "
    select min(d.due_on)
    from matter_deadlines d
    join matters m on m.id = d.matter_id
    where d.warned_on is null and d.done_on is null and m.status <> 'closed'";

/// The first deadline that still guards something and of which nobody was warned.
pub(crate) async fn first_deadline(conn: &mut Conn) -> Result<Option<Date>, BooksError> {
    let first: Option<String> =
        sqlx::query_scalar(FIRST_DEADLINE).fetch_one(conn).await?;
    first.map(|it| parse(&it)).transpose()
}

/// A deadline of which nobody was warned.
pub(crate) struct Near {
    pub(crate) matter: i64,
    pub(crate) kind: String,
    pub(crate) due_on: Date,
    pub(crate) case_id: CaseId,
    pub(crate) case_no: String,
    pub(crate) owner: Option<String>,
}

const NEAR: &str = "
    select d.matter_id, d.kind, d.due_on, m.case_id, m.owner, m.case_no
    from matter_deadlines d
    join matters m on m.id = d.matter_id
    where d.due_on <= $1 and d.warned_on is null and d.done_on is null
      and m.status <> 'closed'
    order by d.due_on, d.matter_id, d.kind";

/// The deadlines up to a day that still guard something and of which nobody was warned.
pub(crate) async fn near(conn: &mut Conn, until: Date) -> Result<Vec<Near>, BooksError> {
    let rows = sqlx::query(NEAR).bind(until.to_string()).fetch_all(conn).await?;
    let near = |row: &AnyRow| {
        Ok(Near {
            matter: row.try_get("matter_id")?,
            kind: row.try_get("kind")?,
            due_on: parse(row.try_get("due_on")?)?,
            case_id: CaseId(row.try_get("case_id")?),
            case_no: row.try_get("case_no")?,
            owner: row.try_get("owner")?,
        })
    };
    rows.iter().map(near).collect()
}

const WARNED: &str = "
    update matter_deadlines
    set warned_on = s.warned_on
    from batch($1) as s (matter_id bigint, kind text, warned_on text)
    where matter_deadlines.matter_id = s.matter_id and matter_deadlines.kind = s.kind";

/// Marks that somebody was warned of deadlines.
pub(crate) async fn warned(
    conn: &mut Conn,
    deadlines: &[Near],
    today: Date,
) -> Result<(), BooksError> {
    let row = |it: &Near| json!([it.matter, it.kind, today]);
    let list: Vec<_> = deadlines.iter().map(row).collect();
    rows::run(conn, WARNED, &list).await?;
    Ok(())
}

const PROVE: &str = "
    insert into letter_proofs (order_id, case_id, served_on, evidence, receipt, recorded_at)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (order_id) do nothing";

/// Enters the proof that a letter arrived; whether there was none yet.
pub(crate) async fn prove(
    conn: &mut Conn,
    letter: OrderId,
    case: CaseId,
    proof: &ServiceProof,
    now_ms: i64,
) -> Result<bool, BooksError> {
    let written = sqlx::query(PROVE)
        .bind(letter.0)
        .bind(case.0)
        .bind(proof.served_on.to_string())
        .bind(proof.evidence.as_str())
        .bind(proof.receipt.trim().to_owned())
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(written.rows_affected() == 1)
}

const RECEIPTS: &str = "
    select order_id, case_id, receipt
    from letter_proofs
    order by order_id";

/// The proofs on file: the letter, its case, and the number as it was written.
///
/// # Errors
///
/// [`BooksError`] when the books cannot be read.
pub async fn receipts(
    conn: &mut Conn,
) -> Result<Vec<(OrderId, CaseId, String)>, BooksError> {
    let rows = sqlx::query(RECEIPTS).fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            let (order, case) = (row.try_get("order_id")?, row.try_get("case_id")?);
            Ok((OrderId(order), CaseId(case), row.try_get("receipt")?))
        })
        .collect()
}
