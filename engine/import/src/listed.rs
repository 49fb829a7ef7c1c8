//! What a case list says of balances (清单余额): how much is owed, what of it is overdue
//! and since when. A bank's daily list alone then makes a book.

use domain::balances::{Listed, Overdue};
use domain::money::Fen;
use domain::say::Say;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::cases::{CaseRecord, optional_amount};
use super::cells;
use super::days::FILLER;
use super::fault::RowFault;
use super::headers::Columns;
use super::stated::{Stated, StatedDay};
use super::table::Row;

/// The columns of which one makes up for a missing 借款本金.
pub(crate) const AMOUNTS: &[&str] = &["balance", "owed", "overdue", "overdue_principal"];

/// The columns that say since when something is overdue.
const DAYS: [&str; 2] = ["days_past_due", "overdue_since"];

/// The cells of one row that tell of balances; `None` is blank.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Balances {
    /// Principal still owed (余额).
    pub balance: Option<Fen>,
    /// Everything still owed (欠款总额).
    pub owed: Option<Fen>,
    /// Overdue principal, interest, penalty interest (逾期本金、利息、罚息).
    pub principal: Option<Fen>,
    pub interest: Option<Fen>,
    pub penalty: Option<Fen>,
    /// Everything overdue (逾期金额).
    pub overdue: Option<Fen>,
    /// Days past due (逾期天数).
    pub days: Option<u32>,
    /// The day on which the oldest of it fell due (逾期日).
    pub since: Option<Date>,
    /// Whether that is the first arrears ever (首次逾期日), which may be paid by now.
    pub first_ever: bool,
    /// The last day that the row counts (数据日期).
    pub as_of: Option<Date>,
}

/// Reads the balances of a row.
pub(crate) fn balances(columns: &Columns, row: &Row) -> Result<Balances, RowFault> {
    let amount = |name: &str| optional_amount(columns, row, name);
    let day = |name: &str| {
        if columns.plain(row, name).is_empty() {
            Ok(None)
        } else {
            columns.date(row, name).map(Some)
        }
    };
    let told = Balances {
        balance: amount("balance")?,
        owed: amount("owed")?,
        principal: amount("overdue_principal")?,
        interest: amount("overdue_interest")?,
        penalty: amount("overdue_penalty")?,
        overdue: amount("overdue")?,
        days: days(columns, row)?,
        since: None,
        first_ever: columns.header("overdue_since").contains('首'),
        as_of: day("as_of")?,
    };
    match day("overdue_since") {
        Ok(since) => Ok(Balances { since, ..told }),
        // A loan that is not overdue has no such day, and core systems write it so.
        Err(fault) if fault.code == FILLER && !told.may_be_overdue() => Ok(told),
        Err(fault) => Err(fault),
    }
}

fn days(columns: &Columns, row: &Row) -> Result<Option<u32>, RowFault> {
    let cell = columns.plain(row, "days_past_due");
    let text = cells::unmarked(&cell).trim_end_matches('天').trim();
    let whole = text.split_once('.').map_or(text, |(whole, rest)| {
        if rest.bytes().all(|byte| byte == b'0') { whole } else { text }
    });
    match whole {
        "" => Ok(None),
        // A loan is not overdue for a hundred years.
        _ => whole.parse().ok().filter(|it| *it <= 36_600).map(Some).ok_or_else(|| {
            RowFault::new(
                "R090",
                Say::new(
                    "逾期天数应为整数,例如 `8`",
                    "days past due are a whole number, for example `8`",
                ),
            )
            .of_column(columns.header("days_past_due"))
        }),
    }
}

impl Balances {
    /// Whether the row says anything of what is owed.
    pub(crate) fn say_something(&self) -> bool {
        let amounts =
            [self.balance, self.owed, self.principal, self.interest, self.overdue];
        amounts.iter().any(Option::is_some) || self.days.is_some() || self.since.is_some()
    }

    /// Whether any cell but the day says that something is overdue.
    fn may_be_overdue(&self) -> bool {
        let amounts = [self.principal, self.interest, self.penalty, self.overdue];
        amounts.into_iter().flatten().any(|it| Fen(0) < it)
            || self.days.is_some_and(|days| 0 < days)
    }

    /// The day since when something is overdue. The first arrears ever, long before
    /// the days past due begin, are others.
    fn since_on(&self, read_on: Date) -> Option<Date> {
        let since = self.since?;
        let days = self.days.filter(|_| self.first_ever);
        let begins = days.map(|day| read_on.saturating_sub(i64::from(day).days()));
        let others = begins.map(|begin| begin.saturating_sub(HOLIDAYS.days()));
        others.is_none_or(|it| it <= since).then_some(since)
    }

    /// Everything overdue, where the list says it whole or in parts.
    pub(crate) fn overdue_in_all(&self) -> Option<Fen> {
        let parts = [self.principal, self.interest, self.penalty];
        let named = self.principal.is_some() || self.interest.is_some();
        self.overdue.or_else(|| named.then(|| parts.into_iter().flatten().sum()))
    }

    /// Everything still owed: the principal, and what of interest is overdue.
    fn owed_in_all(&self) -> Option<Fen> {
        let beside: Fen = [self.interest, self.penalty].into_iter().flatten().sum();
        let owed = self.owed.or_else(|| Some(self.balance? + beside))?;
        Some(Fen::max(owed, self.overdue_in_all().unwrap_or_default()))
    }

    /// What is owed where the list names no balance: the amount lent, for all
    /// that is known.
    pub(crate) fn owed_at_most(&self, lent: Option<Fen>) -> Fen {
        let beside: Fen = [self.interest, self.penalty].into_iter().flatten().sum();
        let overdue = self.overdue_in_all().unwrap_or_default();
        self.owed_in_all().unwrap_or(Fen::max(lent.unwrap_or_default() + beside, overdue))
    }
}

/// The day of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ListDay {
    /// The last day whose bookings the balances hold.
    pub through: Date,
    /// The day from which days past due count back.
    pub read_on: Date,
}

impl ListDay {
    /// A list that names its day holds all of it. One that does not was printed
    /// this morning, before anything was booked today: what today's payments are
    /// told of later is counted on top.
    pub(crate) fn of(named: Option<Date>, today: Date) -> Self {
        match named {
            Some(day) => Self { through: day, read_on: day },
            None => Self { through: today.saturating_sub(1.days()), read_on: today },
        }
    }

    /// The day of a list that names none in its rows, by the lines above them.
    pub(crate) fn stated(stated: Option<Stated>, today: Date) -> Self {
        match stated.map(|it| it.day) {
            Some(StatedDay::Through(day)) => Self::of(Some(day), today),
            Some(StatedDay::Made(day)) => Self::of(None, day.min(today)),
            Some(StatedDay::Unclear) | None => Self::of(None, today),
        }
    }
}

/// Why a row with balances gives no due amount.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unclear {
    /// Days past due, and no amount that is overdue.
    NoAmount,
    /// An overdue amount, and no day.
    NoDay,
}

/// What a row says, and what is missing for it to be overdue.
pub(crate) fn listed(record: &CaseRecord, day: ListDay) -> (Listed, Option<Unclear>) {
    let told = &record.balances;
    let reckoned = told
        .days
        .filter(|day| 0 < *day)
        .map(|days| (day.read_on.saturating_sub(i64::from(days).days()), false));
    let named = told.since_on(day.read_on);
    let since = named.map(|it| (it, true)).or(reckoned);
    let ended = record
        .due_on
        .filter(|due_on| *due_on <= day.through)
        .map(|due_on| (due_on, true));
    let balance = told.owed_in_all();
    let nothing = Overdue { amount: Fen(0), since: day.through, exact: false };
    let (overdue, unclear) = match (told.overdue_in_all(), since.or(ended)) {
        (Some(Fen(0)), _) => (Some(nothing), None),
        (Some(amount), Some((since, exact))) => {
            (Some(Overdue { amount, since, exact }), None)
        }
        (Some(_), None) => (None, Some(Unclear::NoDay)),
        (None, _) if told.days == Some(0) && named.is_none() => (Some(nothing), None),
        // All of a loan whose last day is over is due.
        (None, Some((since, exact))) => match balance.filter(|_| ended.is_some()) {
            Some(amount) => (Some(Overdue { amount, since, exact }), None),
            None => (None, Some(Unclear::NoAmount)),
        },
        (None, None) => (None, None),
    };
    (Listed { balance, overdue }, unclear)
}

/// Days by which days past due and the day since when may differ: a list of before
/// the holidays that is imported behind them.
const HOLIDAYS: i32 = 10;

/// Refuses a row that contradicts itself: whatever was taken of it, the rest would be
/// wrong.
pub(crate) fn consistent(
    record: &CaseRecord,
    day: ListDay,
    columns: &Columns,
) -> Result<(), RowFault> {
    let told = &record.balances;
    let over = |amount: Option<Fen>, most: Option<Fen>| {
        amount.zip(most).is_some_and(|(amount, most)| most < amount)
    };
    // Of an amount lent that is not known, lists say zero.
    let lent = record.principal.filter(|principal| Fen(0) < *principal);
    let amounts = [
        ("overdue_principal", told.principal, "balance", told.balance),
        ("overdue_principal", told.principal, "overdue", told.overdue),
        ("overdue_principal", told.principal, "owed", told.owed),
        ("overdue_principal", told.principal, "principal", lent),
        ("overdue", told.overdue, "owed", told.owed),
        ("balance", told.balance, "principal", most_left(columns, lent)),
    ];
    for (name, amount, most_name, most) in amounts {
        if over(amount, most) {
            return Err(contradicts(columns, name, most_name, "大于", "is more than"));
        }
    }
    let before = |day: Option<Date>, first: Option<Date>| {
        day.zip(first).is_some_and(|(day, first)| day < first)
    };
    let days = [
        ("due_date", record.due_on, "opened", record.opened_on),
        ("overdue_since", told.since, "opened", record.opened_on),
    ];
    for (name, day, first_name, first) in days {
        if before(day, first) {
            return Err(contradicts(columns, name, first_name, "早于", "lies before"));
        }
    }
    let Some(days) = told.days.filter(|day| 0 < *day) else { return Ok(()) };
    let reckoned = day.read_on.saturating_sub(i64::from(days).days());
    if before(Some(reckoned.saturating_add(HOLIDAYS.days())), record.opened_on) {
        return Err(contradicts(
            columns,
            "days_past_due",
            "opened",
            "长于",
            "reaches behind",
        ));
    }
    match told.since_on(day.read_on) {
        Some(since) if HOLIDAYS < (since - reckoned).get_days().abs() => {
            Err(other_days(columns, days, (day.read_on - since).get_days()))
        }
        _ => Ok(()),
    }
}

/// What the balance of a loan can be at most: the amount lent where it is named as one
/// of principal (剩余本金). 余额 may hold interest, and a revolving loan is lent again; ten
/// times as much is a slip of digits.
fn most_left(columns: &Columns, lent: Option<Fen>) -> Option<Fen> {
    let principal = columns.header("balance").contains("本金");
    let times = if principal { 1 } else { 10 };
    lent.map(|lent| Fen(lent.0.saturating_mul(times)))
}

fn contradicts(
    columns: &Columns,
    name: &str,
    other: &str,
    zh: &str,
    en: &str,
) -> RowFault {
    let other = columns.header(other);
    RowFault::new(
        "R092",
        Say::new(
            format!("这一格{zh} `{other}` 列,自相矛盾;请核对两列,改正后再导入"),
            format!("the cell {en} the column `{other}`, which cannot be; check both and import the row again"),
        ),
    )
    .of_column(columns.header(name))
}

fn other_days(columns: &Columns, days: u32, since: i32) -> RowFault {
    let other = columns.header("overdue_since");
    RowFault::new(
        "R092",
        Say::new(
            format!(
                "逾期天数 {days} 与 `{other}` 列(到清单日期已 {since} 天)相差太多;请核对两列,清单不是今天的用 --as-of 写明日期"
            ),
            format!(
                "{days} days past due do not agree with the column `{other}`, from which there are {since} to the day of the list; check both, or name the day of an older list with --as-of"
            ),
        ),
    )
    .of_column(columns.header("days_past_due"))
}

/// Refuses days that cannot be: a list of tomorrow, a debt that is overdue since
/// a day behind the list's own.
pub(crate) fn possible(
    record: &CaseRecord,
    day: ListDay,
    today: Date,
    columns: &Columns,
) -> Result<(), RowFault> {
    consistent(record, day, columns)?;
    let fault = |name: &str, zh: String, en: String| {
        Err(RowFault::new("R091", Say::new(zh, en)).of_column(columns.header(name)))
    };
    if today < day.through {
        return fault(
            "as_of",
            format!("清单日期 {} 在今天({today})之后;请核对", day.through),
            format!(
                "the list's day {} lies after today ({today}); check it",
                day.through
            ),
        );
    }
    match record.balances.since {
        Some(since) if day.through < since => fault(
            "overdue_since",
            format!("逾期日 {since} 不早于清单的日期;请核对,或用 --as-of 写明清单日期"),
            format!(
                "overdue since {since}, which is not before the list's day; check it, or name the list's day with --as-of"
            ),
        ),
        _ => Ok(()),
    }
}

/// Whether a list has columns that can make a due amount.
pub(crate) fn has_columns(columns: &Columns) -> bool {
    AMOUNTS.iter().chain(&DAYS).any(|amount| columns.has(amount))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::Options;
    use super::super::cases::CaseList;
    use super::super::feed::of_text;
    use super::*;

    const TODAY: Date = date(2026, 11, 27);

    fn told(header: &str, cells: &str) -> (Listed, Option<Unclear>) {
        let list =
            format!("贷款编号,借款本金,到期日,{header}\nQS-1,5000,2027-03-01,{cells}\n");
        let mut portion = of_text::<CaseList>(&list, &Options::default()).unwrap();
        let (_, record) = portion.good.pop().expect("the row is good");
        listed(&record, ListDay::of(record.balances.as_of, TODAY))
    }

    fn overdue(amount: i64, since: Date, exact: bool) -> Overdue {
        Overdue { amount: Fen(amount), since, exact }
    }

    #[test]
    fn what_is_overdue_is_taken_from_whatever_columns_say_it() {
        let since = date(2026, 11, 19);
        let lists = [
            (
                "余额,逾期本金,逾期利息,逾期天数",
                "4000,1000,50.5,8",
                105_050,
                since,
                false,
            ),
            (
                "余额,逾期本金,逾期利息,逾期日",
                "4000,1000,,2026-11-19",
                100_000,
                since,
                true,
            ),
            ("余额,逾期金额,逾期天数", "4000,1200,8天", 120_000, since, false),
            ("逾期本金,罚息,逾期天数", "1000,3,8.0", 100_300, since, false),
            (
                "余额,逾期金额,逾期天数,数据日期",
                "4000,1200,8,2026-11-20",
                120_000,
                date(2026, 11, 12),
                false,
            ),
        ];
        for (header, cells, amount, since, exact) in lists {
            let (listed, unclear) = told(header, cells);
            assert_eq!(listed.overdue, Some(overdue(amount, since, exact)), "{header}");
            assert_eq!(unclear, None, "{header}");
        }
    }

    #[test]
    fn the_balance_holds_the_interest_that_is_overdue() {
        let balances = [
            ("余额,逾期本金,逾期利息,逾期天数", "4000,1000,50,8", Some(405_000)),
            ("欠款总额,余额,逾期利息,逾期天数", "4100,4000,50,8", Some(410_000)),
            ("逾期本金,逾期天数", "1000,8", None),
        ];
        for (header, cells, fen) in balances {
            assert_eq!(told(header, cells).0.balance, fen.map(Fen), "{header}");
        }
    }

    #[test]
    fn the_first_arrears_ever_do_not_contradict_the_days_of_the_present_ones() {
        let rows = [
            ("8,2025-03-21", overdue(100_000, date(2026, 11, 19), false)),
            ("8,2026-11-19", overdue(100_000, date(2026, 11, 19), true)),
            (",2026-11-19", overdue(100_000, date(2026, 11, 19), true)),
        ];
        for (cells, wanted) in rows {
            let header = "余额,逾期本金,逾期天数,首次逾期日";
            let (listed, unclear) = told(header, &format!("4000,1000,{cells}"));
            assert_eq!((listed.overdue, unclear), (Some(wanted), None), "{cells}");
        }
        let paid = told("余额,逾期天数,首次逾期日", "4000,0,2025-03-21");
        assert_eq!(paid.0.overdue.map(|it| it.amount), Some(Fen(0)));
        assert_eq!(paid.1, None);
    }

    #[test]
    fn a_row_that_does_not_say_enough_gives_no_due_amount() {
        let rows = [
            ("余额,逾期天数", "4000,8", Some(Unclear::NoAmount)),
            ("余额,逾期本金", "4000,1000", Some(Unclear::NoDay)),
            ("余额,备用", "4000,x", None),
        ];
        for (header, cells, why) in rows {
            let (listed, unclear) = told(header, cells);
            assert_eq!((listed.overdue, unclear), (None, why), "{header}");
        }
        let nothing = told("余额,逾期本金,逾期天数", "4000,0,0").0.overdue;
        assert_eq!(nothing.map(|nothing| nothing.amount), Some(Fen(0)));
    }

    #[test]
    fn all_of_a_loan_whose_last_day_is_over_is_due() {
        let list = "贷款编号,余额,到期日\nQS-1,4000,2026-10-01\n";
        let mut portion = of_text::<CaseList>(list, &Options::default()).unwrap();
        let (_, record) = portion.good.pop().expect("the row is good");
        let (listed, _) = listed(&record, ListDay::of(None, TODAY));
        assert_eq!(listed.overdue, Some(overdue(400_000, date(2026, 10, 1), true)));
    }
}
