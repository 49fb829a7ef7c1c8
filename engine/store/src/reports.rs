//! Reports (报表): ageing, worst lateness, recovery, promises and clocks.

use std::collections::BTreeMap;

use domain::arrears::AgeingBucket;
use domain::ids::CaseId;
use domain::money::Fen;
use domain::promise::Grade;
use jiff::civil::Date;
use serde::Serialize;

use crate::error::StoreError;
use crate::pair::share;
use crate::{Conn, Store};

mod ledgers;

use ledgers::{NAMED, OVERDUE, PAYING, Page, Pages};

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
pub async fn ageing(store: &Store, as_of: Date) -> Result<Vec<AgeingRow>, StoreError> {
    let take = move |sums: &mut Sums<AgeingBucket>, page: Page| {
        page.each(|ledger| {
            if let Some(age) = ledger.schedule().age_at_end_of(as_of) {
                sums.add(age.bucket, age.overdue);
            }
        });
    };
    let pages = Pages::new(OVERDUE, [as_of, as_of], take);
    let sums = Sums::of_all(share(store, pages).await?);
    let row = |bucket| {
        let (n_cases, overdue) = sums.of(bucket);
        AgeingRow { bucket, n_cases, overdue }
    };
    Ok(AgeingBucket::ALL.map(row).into())
}

/// The most days past due that each case ever was, up to the morning of a day;
/// cases of which an amount had fallen due by then, by number as text.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn max_dpd(
    store: &Store,
    as_of: Date,
) -> Result<Vec<(String, u32)>, StoreError> {
    let take = move |worst: &mut Vec<(String, u32)>, mut page: Page| {
        let mut names = page.take_names();
        page.each(|ledger| {
            let schedule = ledger.schedule();
            let at = names.binary_search_by_key(&ledger.case, |it| it.0);
            if let (true, Ok(at)) = (schedule.has_dues_before(as_of), at) {
                let case_no = std::mem::take(&mut names[at].1);
                worst.push((case_no, schedule.max_dpd(as_of)));
            }
        });
    };
    let found = share(store, Pages::new(NAMED, [as_of, as_of], take)).await?;
    let mut report: Vec<_> = found.into_iter().flatten().collect();
    report.sort_unstable();
    Ok(report)
}

/// One line of the recovery report (清收回款表).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct RecoveryRow {
    /// How late the case was in the morning of the payment; `None`: not late.
    pub bucket: Option<AgeingBucket>,
    /// Payments booked, those included that were taken back since.
    pub n_payments: u64,
    /// Collected, less the payments taken back in that time, in fen.
    pub collected: Fen,
}

/// What was collected from `from` to `to`, both included, by how late the case
/// was in the morning of the payment; not late first.
///
/// A payment that was taken back leaves the age that it was booked under, on the day
/// of its reversal: so the report of a month that is over stays what it was.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn recovery(
    store: &Store,
    from: Date,
    to: Date,
) -> Result<Vec<RecoveryRow>, StoreError> {
    let take = move |sums: &mut Sums<Option<AgeingBucket>>, page: Page| {
        page.each(|ledger| {
            let schedule = ledger.schedule();
            let booked = ledger.collected();
            for it in booked.filter(|it| from <= it.booked_on && it.booked_on <= to) {
                let days = schedule.days_past_due_on(it.paid_on);
                // One that was taken back is no payment any more, where it counted.
                let n_payments = if it.amount < Fen(0) { -1 } else { 1 };
                sums.add_many(AgeingBucket::of(days), (n_payments, it.amount));
            }
        });
    };
    let pages = Pages::new(PAYING, [from, to], take);
    let sums = Sums::of_all(share(store, pages).await?);
    let row = |bucket| {
        let (n_payments, collected) = sums.of(bucket);
        RecoveryRow { bucket, n_payments, collected }
    };
    let late = AgeingBucket::ALL.map(Some);
    Ok([None].into_iter().chain(late).map(row).collect())
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

const FIRST_DAY: &str = "select min(booked_on) from ledger";

/// The first day of the book; `None` where nothing is booked.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn first_day(conn: &mut Conn) -> Result<Option<Date>, StoreError> {
    let day: Option<String> = sqlx::query_scalar(FIRST_DAY).fetch_one(conn).await?;
    Ok(day.and_then(|day| day.parse().ok()))
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

/// Cases and sums of money, by what they are counted under.
struct Sums<K>(BTreeMap<K, (i64, Fen)>);

impl<K> Default for Sums<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Copy + Ord> Sums<K> {
    fn add(&mut self, key: K, amount: Fen) {
        self.add_many(key, (1, amount));
    }

    fn add_many(&mut self, key: K, (count, amount): (i64, Fen)) {
        let sum = self.0.entry(key).or_default();
        sum.0 += count;
        sum.1 += amount;
    }

    fn of(&self, key: K) -> (u64, Fen) {
        let (count, amount) = self.0.get(&key).copied().unwrap_or_default();
        // What was taken back may have been paid before the period.
        (u64::try_from(count).unwrap_or(0), amount)
    }

    /// The sums of all readers together.
    fn of_all(found: Vec<Self>) -> Self {
        let mut all = Self::default();
        for (key, sum) in found.into_iter().flat_map(|it| it.0) {
            all.add_many(key, sum);
        }
        all
    }
}

const PROMISES: &str = "
    select json_group_array(json_array(grade, n, promised, paid))
    from (
      select grade, count(*) as n, sum(amount_fen) as promised, sum(paid_fen) as paid
      from promises
      where made_on between $1 and $2
      group by grade
    ) graded";

const LIMITATION: &str = "
    select json_group_array(json_array(
      id, case_no, limitation_ends_on, balance_fen, collector)
      order by limitation_ends_on, id)
    from cases
    where status = 'open' and 0 < balance_fen and limitation_ends_on <= $1";
