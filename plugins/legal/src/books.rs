//! The books of the legal department (法务簿): matters, their deadlines, and the proofs
//! that letters arrived.

use std::collections::BTreeMap;

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
use crate::outcome::Procedure;
use crate::proceeding::{Proceeding, Step, StepKind};

mod claims;
mod letters;
mod lists;
mod papers;
mod stages;

pub(crate) use claims::{
    Occasion, add as add_claim, astray, bare, name_sum, set_by, signed, unfiled,
    withdraw_filed,
};
pub(crate) use letters::{of_case as proofs_of_case, proofs, prove, receipts, retract};
pub(crate) use lists::{next_days, page};
pub(crate) use papers::{Paper, name_court, papers_of, pass_on, put_paper, with_number};
pub(crate) use stages::{entered_by, note_stage, stages_are_noted, stages_noted, unlike};

/// The books of the legal department; a matter has the number of its order, or one of its own
/// where it is older than the book.
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
    "alter table matters add column stage text",
    "create table matter_steps (
      matter_id bigint not null references matters (id),
      seq bigint not null,
      step text not null constraint court_step_is_known check (step in ('filed', 'accepted',
        'hearing', 'served', 'issued', 'judgment', 'appealed', 'preserved', 'renewed',
        'enforcement', 'terminated', 'rechecked', 'closed')),
      on_date text not null,
      until_date text,
      amount_fen bigint,
      word text,
      number text,
      recorded_at bigint not null,
      primary key (matter_id, seq)
    )",
    // What was known of a proceeding before each of its steps was kept.
    "insert into matter_steps (matter_id, seq, step, on_date, number, recorded_at)
      select id, 1, 'filed', filed_on, court_no, 0 from matters where filed_on is not null",
    "insert into matter_steps (matter_id, seq, step, on_date, amount_fen, word, recorded_at)
      select id, 2, 'judgment', judged_on, awarded_fen, judgment, 0
      from matters where judged_on is not null",
    "insert into matter_steps (matter_id, seq, step, on_date, word, recorded_at)
      select id, 3, 'closed', closed_on, close_reason, 0
      from matters where closed_on is not null",
    "create index open_matters on matters (opened_on, id) where status <> 'closed'",
    "create index open_matters_of_owner on matters (owner, opened_on, id)
      where status <> 'closed'",
    // Steps that can be taken back, and an objection to a payment order.
    "create table matter_steps_taken_back (
      matter_id bigint not null references matters (id),
      seq bigint not null,
      step text not null constraint court_step_is_known check (step in ('filed', 'accepted',
        'hearing', 'served', 'issued', 'objected', 'judgment', 'appealed', 'preserved',
        'renewed', 'enforcement', 'terminated', 'rechecked', 'closed', 'undone')),
      on_date text not null,
      until_date text,
      amount_fen bigint,
      word text,
      number text,
      recorded_at bigint not null,
      primary key (matter_id, seq)
    )",
    "insert into matter_steps_taken_back (matter_id, seq, step, on_date, until_date,
      amount_fen, word, number, recorded_at)
      select matter_id, seq, step, on_date, until_date, amount_fen, word, number, recorded_at
      from matter_steps",
    "drop table matter_steps",
    "alter table matter_steps_taken_back rename to matter_steps",
    "alter table matter_steps add column procedure text",
    // The day by which it was to be filed, as it was when the matter was opened.
    "alter table matters add column file_by text",
    "update matters set file_by = (
      select d.due_on from matter_deadlines d
      where d.matter_id = matters.id and d.kind = 'file')",
    // A proof that was entered by mistake stays beside the one in its place.
    "create table letter_proofs_of_all (
      order_id bigint not null,
      seq bigint not null,
      case_id bigint not null,
      served_on text not null,
      evidence text not null constraint letter_proof_is_known
        check (evidence in ('signed_receipt', 'registered_mail')),
      receipt text not null,
      recorded_at bigint not null,
      retracted_at bigint,
      primary key (order_id, seq)
    )",
    "insert into letter_proofs_of_all (order_id, seq, case_id, served_on, evidence, receipt,
      recorded_at)
      select order_id, 1, case_id, served_on, evidence, receipt, recorded_at
      from letter_proofs",
    "drop table letter_proofs",
    "alter table letter_proofs_of_all rename to letter_proofs",
    "create unique index one_proof_of_a_letter_stands on letter_proofs (order_id)
      where retracted_at is null",
    "create index letter_proofs_of_case on letter_proofs (case_id)",
    // The day on which the acts of what older versions knew were written down.
    "create table backfilled (on_date text primary key)",
    // Who entered a proceeding that was older than the book; an order opened the others.
    "alter table matters add column entered_by text",
    // Up to which sum the script lets anything be claimed.
    "alter table matters add column claim_cap_fen bigint",
    "create table matter_claims (
      matter_id bigint not null references matters (id),
      seq bigint not null,
      occasion text not null constraint claim_occasion_is_known
        check (occasion in ('approved', 'approved_again', 'filed')),
      on_date text not null,
      total_fen bigint not null constraint claimed_sum_is_positive check (0 < total_fen),
      principal_fen bigint,
      interest_fen bigint,
      penalty_fen bigint not null,
      fees_fen bigint not null,
      basis text not null constraint claim_basis_is_known check (basis in ('due', 'all')),
      by text not null,
      recorded_at bigint not null,
      withdrawn_at bigint,
      primary key (matter_id, seq)
    )",
    "insert into matter_claims (matter_id, seq, occasion, on_date, total_fen, penalty_fen,
      fees_fen, basis, by, recorded_at)
      select id, 1, 'approved', opened_on, claim_fen, 0, 0, 'due', 'legal', 0 from matters",
    "create table matter_papers (
      matter_id bigint not null references matters (id),
      seq bigint not null,
      step text not null,
      document text not null,
      on_date text not null,
      number text,
      place text not null,
      sha256 text constraint paper_hash_is_one check (length(sha256) = 64),
      by text not null,
      recorded_at bigint not null,
      primary key (matter_id, seq)
    )",
    // What has to be seen to within some days, of all matters.
    "create index matter_deadlines_open on matter_deadlines (due_on, matter_id, kind)
      where done_on is null",
    "create index matters_of_number on matters (court_no) where court_no is not null",
    // The supervisor has named this sum, and not taken that of the books.
    "alter table matter_claims add column is_named bigint not null default 0",
    "create index matter_steps_of_number on matter_steps (number) where number is not null",
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
    /// Up to which sum the script lets anything be claimed.
    pub(crate) cap: Option<Fen>,
    pub(crate) reason: &'a str,
    pub(crate) owner: Option<String>,
    pub(crate) on: Date,
    /// The day by which it is to be filed.
    pub(crate) file_by: Date,
    /// Who entered one that was older than the book.
    pub(crate) entered_by: Option<&'a str>,
}

const OPEN: &str = "
    insert into matters
      (id, case_id, case_no, kind, court, claim_fen, reason, owner, opened_on, file_by,
        entered_by, claim_cap_fen)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

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
        .bind(matter.file_by.to_string())
        .bind(matter.entered_by.map(str::to_owned))
        .bind(matter.cap.map(|cap| cap.0))
        .execute(conn)
        .await?;
    Ok(())
}

const FIND: &str = "
    select id, case_id, kind, court, claim_fen, awarded_fen, owner, status,
      coalesce(stage, status) as stage, court_no, opened_on,
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
    select id, case_id, kind, court, claim_fen, awarded_fen, owner, status,
      coalesce(stage, status) as stage, court_no, opened_on,
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
        awarded: row.try_get::<Option<i64>, _>("awarded_fen")?.map(Fen),
        owner: row.try_get("owner")?,
        status: row.try_get("status")?,
        stage: row.try_get("stage")?,
        court_no: row.try_get("court_no")?,
        opened_on: parse(row.try_get("opened_on")?)?,
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

const WRITE: &str = "
    update matters
    set status = $2, stage = $3, filed_on = $4, court_no = $5, judged_on = $6, judgment = $7,
      awarded_fen = $8, closed_on = $9, close_reason = $10
    where id = $1";

/// Writes what the steps of a proceeding have made of it.
pub(crate) async fn write(conn: &mut Conn, it: &Proceeding) -> Result<(), BooksError> {
    let day = |day: Date| day.to_string();
    sqlx::query(WRITE)
        .bind(it.matter.0)
        .bind(it.stage.status())
        .bind(it.stage.as_str())
        .bind(it.filed.as_ref().map(|filed| day(filed.0)))
        .bind(it.filed.as_ref().map(|filed| filed.1.clone()))
        .bind(it.judged.map(|judged| day(judged.0)))
        .bind(it.judged.map(|judged| judged.1.as_str()))
        .bind(it.judged.map(|judged| judged.2.0))
        .bind(it.closed.map(|closed| day(closed.0)))
        .bind(it.closed.map(|closed| closed.1.as_str()))
        .execute(conn)
        .await?;
    Ok(())
}

const STEPS: &str = "
    select seq, step, on_date, until_date, amount_fen, word, number, procedure
    from matter_steps
    where matter_id = $1
    order by seq";

/// What has happened to a proceeding, in the order in which it was entered, with its place;
/// what was taken back is left out, and so is its taking back.
pub(crate) async fn steps(
    conn: &mut Conn,
    matter: OrderId,
) -> Result<Vec<(i64, Step)>, BooksError> {
    let rows = sqlx::query(STEPS).bind(matter.0).fetch_all(conn).await?;
    let mut standing = Vec::with_capacity(rows.len());
    for row in &rows {
        let step = read_step(row)?;
        if step.kind == StepKind::Undone {
            standing.pop();
        } else {
            standing.push((row.try_get("seq")?, step));
        }
    }
    Ok(standing)
}

const FILE_BY: &str = "
    select file_by
    from matters
    where id = $1";

/// The day by which a proceeding was to be filed when it was opened.
pub(crate) async fn file_by(
    conn: &mut Conn,
    matter: OrderId,
) -> Result<Option<Date>, BooksError> {
    let found = sqlx::query_scalar(FILE_BY).bind(matter.0);
    let day: Option<Option<String>> = found.fetch_optional(conn).await?;
    day.flatten().map(|day| parse(&day)).transpose()
}

fn read_step(row: &AnyRow) -> Result<Step, BooksError> {
    let word: String = row.try_get("step")?;
    let kind = StepKind::parse(&word).ok_or_else(|| {
        BooksError(format!(
            "法务簿中有不认识的步骤 {word} · the legal books have an unknown step, {word}"
        ))
    })?;
    let until: Option<String> = row.try_get("until_date")?;
    let procedure: Option<String> = row.try_get("procedure")?;
    Ok(Step {
        kind,
        on: parse(row.try_get("on_date")?)?,
        until: until.as_deref().map(parse).transpose()?,
        amount: row.try_get::<Option<i64>, _>("amount_fen")?.map(Fen),
        word: row.try_get("word")?,
        number: row.try_get("number")?,
        procedure: procedure.as_deref().and_then(Procedure::parse),
    })
}

const ADD_STEP: &str = "
    insert into matter_steps
      (matter_id, seq, step, on_date, until_date, amount_fen, word, number, procedure,
       recorded_at)
    select $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9
    from matter_steps
    where matter_id = $1
    returning seq";

/// Enters a step behind those of its proceeding; answers its place among them.
pub(crate) async fn add_step(
    conn: &mut Conn,
    matter: OrderId,
    step: &Step,
    now_ms: i64,
) -> Result<i64, BooksError> {
    let added = sqlx::query_scalar(ADD_STEP)
        .bind(matter.0)
        .bind(step.kind.as_str())
        .bind(step.on.to_string())
        .bind(step.until.map(|day| day.to_string()))
        .bind(step.amount.map(|amount| amount.0))
        .bind(step.word.clone())
        .bind(step.number.clone())
        .bind(step.procedure.map(Procedure::as_str))
        .bind(now_ms);
    Ok(added.fetch_one(conn).await?)
}

const KEPT: &str = "
    select id, case_id, kind, opened_on, status, stage, filed_on, court_no, judged_on, judgment,
      awarded_fen, closed_on, close_reason
    from matters
    where $1 < id
    order by id
    limit 1000";

/// A proceeding as its row has it, beside what its steps make of it.
pub(crate) struct Kept {
    pub(crate) id: OrderId,
    pub(crate) case_id: CaseId,
    pub(crate) kind: String,
    pub(crate) opened_on: Date,
    /// `None` before each of its steps was kept.
    pub(crate) stage: Option<String>,
    pub(crate) outcome: Outcome,
}

/// What a row says of filing, judgment and close, as the table holds it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Outcome {
    status: String,
    filed: (Option<String>, Option<String>),
    judged: (Option<String>, Option<String>, Option<i64>),
    closed: (Option<String>, Option<String>),
}

impl Outcome {
    /// What the steps of a proceeding have made of it.
    pub(crate) fn of(it: &Proceeding) -> Self {
        let filed = it.filed.as_ref();
        Self {
            status: it.stage.status().to_owned(),
            filed: (
                filed.map(|filed| filed.0.to_string()),
                filed.map(|filed| filed.1.clone()),
            ),
            judged: (
                it.judged.map(|it| it.0.to_string()),
                it.judged.map(|it| it.1.to_string()),
                it.judged.map(|it| it.2.0),
            ),
            closed: (
                it.closed.map(|it| it.0.to_string()),
                it.closed.map(|it| it.1.to_string()),
            ),
        }
    }
}

/// A portion of all proceedings, behind one of them.
pub(crate) async fn kept(conn: &mut Conn, after: i64) -> Result<Vec<Kept>, BooksError> {
    let rows = sqlx::query(KEPT).bind(after).fetch_all(conn).await?;
    let read = |row: &AnyRow| {
        Ok(Kept {
            id: OrderId(row.try_get("id")?),
            case_id: CaseId(row.try_get("case_id")?),
            kind: row.try_get("kind")?,
            opened_on: parse(row.try_get("opened_on")?)?,
            stage: row.try_get("stage")?,
            outcome: Outcome {
                status: row.try_get("status")?,
                filed: (row.try_get("filed_on")?, row.try_get("court_no")?),
                judged: (
                    row.try_get("judged_on")?,
                    row.try_get("judgment")?,
                    row.try_get("awarded_fen")?,
                ),
                closed: (row.try_get("closed_on")?, row.try_get("close_reason")?),
            },
        })
    };
    rows.iter().map(read).collect()
}

const NUMBERS: &str = "
    select id
    from matters
    order by id";

/// The numbers of all proceedings.
pub(crate) async fn all(conn: &mut Conn) -> Result<Vec<OrderId>, BooksError> {
    let found: Vec<i64> = sqlx::query_scalar(NUMBERS).fetch_all(conn).await?;
    Ok(found.into_iter().map(OrderId).collect())
}

const BACKFILLED_ON: &str = "
    select max(on_date)
    from backfilled
    where on_date <> 'court_stage'";

/// The day on which the acts of what older versions knew were written down.
pub(crate) async fn backfilled_on(conn: &mut Conn) -> Result<Option<String>, BooksError> {
    Ok(sqlx::query_scalar(BACKFILLED_ON).fetch_one(conn).await?)
}

const BACKFILLED: &str = "
    insert into backfilled (on_date)
    values ($1)
    on conflict (on_date) do nothing";

/// Notes that they were.
pub(crate) async fn backfilled(conn: &mut Conn, today: Date) -> Result<(), BooksError> {
    sqlx::query(BACKFILLED).bind(today.to_string()).execute(conn).await?;
    Ok(())
}

const OF_CASE: &str = "
    select id, case_id
    from matters
    where case_id = $1 and status <> 'closed'
    order by id";

/// The open proceedings of a case.
pub(crate) async fn of_case(
    conn: &mut Conn,
    case: CaseId,
) -> Result<Vec<(OrderId, CaseId)>, BooksError> {
    let rows = sqlx::query(OF_CASE).bind(case.0).fetch_all(conn).await?;
    let numbers =
        |row: &AnyRow| Ok((OrderId(row.try_get("id")?), CaseId(row.try_get("case_id")?)));
    rows.iter().map(numbers).collect()
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

const SET_DEADLINES: &str = "
    insert into matter_deadlines (matter_id, kind, due_on)
    select s.matter_id, s.kind, s.due_on
    from batch($1) as s (matter_id bigint, kind text, due_on text)
    where true
    on conflict (matter_id, kind) do update
    set due_on = excluded.due_on, warned_on = null, done_on = null
    where matter_deadlines.due_on <> excluded.due_on or matter_deadlines.done_on is not null";

/// Writes the deadlines of a matter as they are to be; one on the same day stays as it
/// is, another day is warned of anew.
pub(crate) async fn set_deadlines(
    conn: &mut Conn,
    matter: OrderId,
    deadlines: &BTreeMap<String, Date>,
) -> Result<(), BooksError> {
    let row = |(kind, due_on): (&String, &Date)| json!([matter, kind, due_on]);
    let list: Vec<_> = deadlines.iter().map(row).collect();
    rows::run(conn, SET_DEADLINES, &list).await?;
    Ok(())
}

const DEADLINES: &str = "
    select kind, due_on
    from matter_deadlines
    where matter_id = $1 and done_on is null
    order by due_on, kind";

/// The days that a matter must not miss, as they stand.
pub(crate) async fn deadlines(
    conn: &mut Conn,
    matter: OrderId,
) -> Result<BTreeMap<String, Date>, BooksError> {
    let rows = sqlx::query(DEADLINES).bind(matter.0).fetch_all(conn).await?;
    let deadline =
        |row: &AnyRow| Ok((row.try_get("kind")?, parse(row.try_get("due_on")?)?));
    rows.iter().map(deadline).collect()
}

const WARNED_DAYS: &str = "
    select kind, due_on, warned_on
    from matter_deadlines
    where matter_id = $1 and done_on is null and warned_on is not null
    order by kind";

/// A deadline of which somebody was warned.
pub(crate) struct Warned {
    pub(crate) kind: String,
    pub(crate) due_on: Date,
    pub(crate) warned_on: Date,
}

/// The days of a matter of which somebody was warned and that still guard something.
pub(crate) async fn warned_days(
    conn: &mut Conn,
    matter: OrderId,
) -> Result<Vec<Warned>, BooksError> {
    let rows = sqlx::query(WARNED_DAYS).bind(matter.0).fetch_all(conn).await?;
    let warned = |row: &AnyRow| {
        Ok(Warned {
            kind: row.try_get("kind")?,
            due_on: parse(row.try_get("due_on")?)?,
            warned_on: parse(row.try_get("warned_on")?)?,
        })
    };
    rows.iter().map(warned).collect()
}

const END_DEADLINES: &str = "
    update matter_deadlines
    set done_on = $2
    where matter_id = $1 and done_on is null
      and kind not in (select s.kind from list($3) as s (kind text))";

/// Marks that the deadlines of a matter guard nothing any more, but for these kinds.
pub(crate) async fn end_deadlines_but(
    conn: &mut Conn,
    matter: OrderId,
    today: Date,
    kept: &BTreeMap<String, Date>,
) -> Result<(), BooksError> {
    let kept: Vec<&String> = kept.keys().collect();
    let kept =
        serde_json::to_string(&kept).map_err(|error| BooksError(error.to_string()))?;
    let ended = sqlx::query(END_DEADLINES).bind(matter.0).bind(today.to_string());
    ended.bind(kept).execute(conn).await?;
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
