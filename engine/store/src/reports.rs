//! Reports (报表): ageing, worst lateness, recovery, promises and clocks.

use std::collections::BTreeMap;

use domain::arrears::{AgeingBucket, Schedule, Withdrawn};
use domain::ids::CaseId;
use domain::ledger::{Entry, EntryKind};
use domain::money::Fen;
use domain::promise::Grade;
use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;

use crate::Conn;
use crate::error::StoreError;

/// Cases whose ledgers are read at a time.
const CHUNK: i64 = 5_000;

/// One line of the ageing report (账龄表).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct AgeingRow {
    /// Age of the oldest unpaid item.
    pub bucket: AgeingBucket,
    /// Cases of that age.
    pub n_cases: u64,
    /// Everything overdue of these cases, in fen.
    pub overdue: Fen,
}

/// The ageing at the end of a day, that day's bookings counted; every bucket,
/// youngest first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn ageing(conn: &mut Conn, as_of: Date) -> Result<Vec<AgeingRow>, StoreError> {
    let mut report: Vec<AgeingRow> = AgeingBucket::ALL
        .map(|bucket| AgeingRow { bucket, n_cases: 0, overdue: Fen(0) })
        .into();
    let day = as_of.to_string();
    pages(conn, OVERDUE_LEDGERS, &day, |ledgers: Vec<Vec<Line>>| {
        for age in ledgers.iter().filter_map(|it| schedule(it).age_at_end_of(as_of)) {
            if let Some(row) = report.iter_mut().find(|it| it.bucket == age.bucket) {
                row.n_cases += 1;
                row.overdue += age.overdue;
            }
        }
    })
    .await?;
    Ok(report)
}

/// The most days past due that each case ever was, up to the morning of a day;
/// cases of which an amount had fallen due by then, by number as text.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn max_dpd(
    conn: &mut Conn,
    as_of: Date,
) -> Result<Vec<(String, u32)>, StoreError> {
    let mut report = Vec::new();
    for_each_ledger(conn, |case_no, ledger| {
        let schedule = schedule(ledger);
        if schedule.has_dues_before(as_of) {
            report.push((case_no.to_owned(), schedule.max_dpd(as_of)));
        }
    })
    .await?;
    report.sort_unstable();
    Ok(report)
}

/// One line of the recovery report (清收回款表).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct RecoveryRow {
    /// How late the case was in the morning of the payment; `None`: not late.
    pub bucket: Option<AgeingBucket>,
    /// Payments and reversals.
    pub n_payments: u64,
    /// Collected, reversals taken off, in fen.
    pub collected: Fen,
}

/// What was collected from `from` to `to`, both included, by how late the case
/// was in the morning of the payment; not late first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn recovery(
    conn: &mut Conn,
    from: Date,
    to: Date,
) -> Result<Vec<RecoveryRow>, StoreError> {
    let mut sums: BTreeMap<Option<AgeingBucket>, (u64, Fen)> = BTreeMap::new();
    sums.insert(None, (0, Fen(0)));
    sums.extend(AgeingBucket::ALL.map(|it| (Some(it), (0, Fen(0)))));
    for_each_ledger(conn, |_, ledger| {
        let schedule = schedule(ledger);
        let collected = ledger.iter().filter_map(|it| Some((it.0, collected(it)?)));
        for (on, amount) in collected.filter(|it| from <= it.0 && it.0 <= to) {
            let days = schedule.days_past_due_on(on);
            let sum = sums.entry(AgeingBucket::of(days)).or_default();
            sum.0 += 1;
            sum.1 += amount;
        }
    })
    .await?;
    let row =
        |(bucket, (n_payments, collected))| RecoveryRow { bucket, n_payments, collected };
    Ok(sums.into_iter().map(row).collect())
}

/// One line of the promise report (承诺兑现表).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct PromiseRow {
    /// How they ended.
    pub grade: Grade,
    /// How many.
    pub n_promises: u64,
    /// Promised in all, in fen.
    pub promised: Fen,
    /// Paid towards them, in fen.
    pub paid: Fen,
}

/// Promises made from `from` to `to`, both included, by how they ended; every
/// grade.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn promises(
    conn: &mut Conn,
    from: Date,
    to: Date,
) -> Result<Vec<PromiseRow>, StoreError> {
    let text: String = sqlx::query_scalar(PROMISES)
        .bind(from.to_string())
        .bind(to.to_string())
        .fetch_one(conn)
        .await?;
    let found: Vec<(Grade, u64, Fen, Fen)> = serde_json::from_str(&text)?;
    let row = |grade| {
        let none = (grade, 0, Fen(0), Fen(0));
        let (_, n_promises, promised, paid) =
            found.iter().copied().find(|it| it.0 == grade).unwrap_or(none);
        PromiseRow { grade, n_promises, promised, paid }
    };
    Ok(Grade::ALL.map(row).into())
}

/// One line of the limitation report (诉讼时效表).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct LimitationRow {
    /// The case.
    #[serde(skip)]
    pub case_id: CaseId,
    /// The institution's loan number.
    pub case_no: String,
    /// The last day by proved evidence.
    pub ends_on: Date,
    /// Days left; negative once it is over.
    pub days_left: i64,
    /// Still owed, in fen.
    pub balance: Fen,
    /// Who works it.
    pub collector: Option<String>,
}

/// Open cases that still owe money and whose limitation period ends within
/// `days` of today or has ended, the most urgent first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn limitation(
    conn: &mut Conn,
    today: Date,
    days: u32,
) -> Result<Vec<LimitationRow>, StoreError> {
    let until = today.saturating_add(jiff::Span::new().days(i64::from(days.min(36_600))));
    let text: String =
        sqlx::query_scalar(LIMITATION).bind(until.to_string()).fetch_one(conn).await?;
    let found: Vec<(CaseId, String, Date, Fen, Option<String>)> =
        serde_json::from_str(&text)?;
    let row = |(case_id, case_no, ends_on, balance, collector)| LimitationRow {
        case_id,
        case_no,
        ends_on,
        days_left: i64::from((ends_on - today).get_days()),
        balance,
        collector,
    };
    Ok(found.into_iter().map(row).collect())
}

/// One line of a ledger: day, kind, amount, and the kind and day of what it
/// takes back.
type Line = (Date, EntryKind, Fen, Option<EntryKind>, Option<Date>);

/// Loan number, lines.
type CaseLedger = (String, Vec<Line>);

/// The age of a ledger on any day.
fn schedule(ledger: &[Line]) -> Schedule {
    let ages =
        |it: &&Line| matches!(it.3, None | Some(EntryKind::Payment | EntryKind::Waiver));
    let entries: Vec<Entry> = ledger
        .iter()
        .filter(ages)
        .map(|it| Entry { booked_on: it.0, kind: it.1, amount: it.2 })
        .collect();
    let withdrawn = ledger.iter().filter_map(|it| match it {
        (taken_back_on, _, amount, Some(EntryKind::Due), Some(due_on)) => {
            Some(Withdrawn {
                due_on: *due_on,
                amount: *amount,
                taken_back_on: *taken_back_on,
            })
        }
        _ => None,
    });
    Schedule::of_ledger(&entries).without(withdrawn)
}

/// What a line says was collected; negative for a payment taken back.
fn collected(line: &Line) -> Option<Fen> {
    match (line.1, line.3) {
        (EntryKind::Payment, _) => Some(line.2),
        (EntryKind::Reversal, Some(EntryKind::Payment)) => Some(-line.2),
        _ => None,
    }
}

/// Hands the ledger of every case to `take`.
async fn for_each_ledger(
    conn: &mut Conn,
    mut take: impl FnMut(&str, &[Line]),
) -> Result<(), StoreError> {
    pages(conn, LEDGERS, "", |cases: Vec<CaseLedger>| {
        for (case_no, ledger) in &cases {
            take(case_no, ledger);
        }
    })
    .await
}

/// Asks for page after page of a statement, `$1` what it asks for, `$2` the last
/// case of the page before, `$3` the cases of a page; each is worked on while the
/// database makes the next.
async fn pages<T: DeserializeOwned>(
    conn: &mut Conn,
    statement: &'static str,
    asked: &str,
    mut take: impl FnMut(T),
) -> Result<(), StoreError> {
    let mut page = page_after(conn, statement, asked, 0).await?;
    while let Some((last, text)) = page {
        let work = async {
            let rows = serde_json::from_str(&text)?;
            take(rows);
            Ok::<(), StoreError>(())
        };
        // The first is asked for at once, the second worked on until it comes.
        let (next, worked) =
            tokio::join!(biased; page_after(conn, statement, asked, last), work);
        worked?;
        page = next?;
    }
    Ok(())
}

async fn page_after(
    conn: &mut Conn,
    statement: &'static str,
    asked: &str,
    after: i64,
) -> Result<Option<(i64, String)>, StoreError> {
    let asked = sqlx::query(statement).bind(asked.to_owned()).bind(after).bind(CHUNK);
    let row = asked.fetch_one(conn).await?;
    Ok(row.get::<Option<i64>, _>(0).map(|last| (last, row.get(1))))
}

const LEDGERS: &str = "
    select max(c.id), json_group_array(json_array(c.case_no, (
      select json_group_array(json_array(
        l.booked_on, l.kind, l.amount_fen, o.kind, o.booked_on))
      from ledger l
      left join ledger o on o.id = l.reverses
      where l.case_id = c.id and l.kind <> 'open')))
    from (
      select id, case_no from cases
      where $2 < id and $1 = $1
      order by id
      limit $3
    ) c";

/// The ledgers of the cases that owe at the end of day `$1` something that fell due
/// before it; one pass over an index finds them.
const OVERDUE_LEDGERS: &str = "
    select max(c.case_id), json_group_array((
      select json_group_array(json_array(
        l.booked_on, l.kind, l.amount_fen, o.kind, o.booked_on))
      from ledger l
      left join ledger o on o.id = l.reverses
      where l.case_id = c.case_id))
    from (
      select l.case_id
      from ledger l
      left join ledger o on o.id = l.reverses
      where $2 < l.case_id
      group by l.case_id
      having max(0, sum(case
          when $1 < l.booked_on then 0
          when l.kind in ('payment', 'waiver') then l.amount_fen
          when o.kind in ('payment', 'waiver') then -l.amount_fen
          else 0 end))
        < sum(case
          when l.kind = 'due' and l.booked_on < $1 then l.amount_fen
          when o.kind = 'due' and o.booked_on < $1 and l.booked_on <= $1
            then -l.amount_fen
          else 0 end)
      order by l.case_id
      limit $3
    ) c";

const PROMISES: &str = "
    select json_group_array(json_array(grade, n, promised, paid))
    from (
      select grade, count(*) as n, sum(amount_fen) as promised, sum(paid_fen) as paid
      from promises
      where made_on between $1 and $2
      group by grade
    )";

const LIMITATION: &str = "
    select json_group_array(json_array(
      id, case_no, limitation_ends_on, balance_fen, collector)
      order by limitation_ends_on, id)
    from cases
    where status = 'open' and 0 < balance_fen and limitation_ends_on <= $1";
