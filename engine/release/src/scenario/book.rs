//! The book of a test case (测试账目): from "owes 5,000 yuan, 5 days late" to the
//! entries of a ledger in which that is so.

use domain::limitation::{LIMITATION_YEARS, LimitationClock};
use domain::money::Fen;
use jiff::ToSpan;
use jiff::civil::Date;
use script::testing::CaseSpec;

/// Lent when a test names neither a principal nor anything overdue.
const LENT: Fen = Fen(1_000_000);

/// The entries of a case, all of them history.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Book {
    /// The day the loan was paid out.
    pub(super) opened_on: Date,
    /// The amount lent.
    pub(super) principal: Fen,
    /// What was owed when the loan was opened; no less than what is overdue.
    pub(super) opened: Fen,
    /// Amounts by the day they fall due.
    pub(super) dues: Vec<(Date, Fen)>,
    /// What was paid on time, by day.
    pub(super) paid: Vec<(Date, Fen)>,
}

/// Works out the entries for what a test says of a case.
///
/// What is overdue fell due on one day, `days_past_due` before `today`, unless
/// the limitation period asks for a later last due date. Half of the loan lies
/// ahead when no principal is named, so that paying what is overdue cures the
/// case without paying it off. Nothing falls due later unless the test says when.
///
/// # Errors
///
/// A sentence for the author of the test when there is no such case.
pub(super) fn of(spec: &CaseSpec, today: Date) -> Result<Book, String> {
    let mut book = so_far(spec, today)?;
    for nth in 0..i64::from(spec.instalments) {
        let Some(days) = spec.days_until_due else { break };
        let first = today.saturating_add(i64::from(days).days());
        book.dues.push((first.saturating_add(nth.months()), spec.next_due_amount));
    }
    let due: Fen = book.dues.iter().map(|due| due.1).sum();
    book.opened = book.opened.max(due);
    if spec.principal.is_none() {
        book.principal = book.principal.max(due);
    }
    Ok(book)
}

/// The entries without the instalments that lie ahead.
fn so_far(spec: &CaseSpec, today: Date) -> Result<Book, String> {
    let last = spec
        .limitation_days_left
        .map(|limitation_days_left| last_due_on(limitation_days_left, today))
        .transpose()?;
    if spec.overdue.0 == 0 {
        return in_time(spec, today, last);
    }
    let oldest = oldest_due_on(spec, today, last)?;
    let lent = spec.principal.unwrap_or(Fen(spec.overdue.0.saturating_mul(2)));
    let mut opened = lent.max(spec.overdue);
    let mut dues = vec![(oldest, spec.overdue)];
    match last {
        Some(last) if today <= last => {
            opened = opened.max(Fen(spec.overdue.0.saturating_add(1)));
            dues.push((last, opened - spec.overdue));
        }
        Some(last) if oldest < last => dues = halves(spec.overdue, oldest, last)?,
        Some(_) | None => {}
    }
    let opened_on = a_year_before(oldest);
    Ok(Book { opened_on, principal: lent, opened, dues, paid: Vec::new() })
}

fn oldest_due_on(
    spec: &CaseSpec,
    today: Date,
    last: Option<Date>,
) -> Result<Date, String> {
    if spec.days_past_due == 0 {
        return Err(
            "有逾期金额的案件至少逾期 1 天:请写 days_past_due = 1 或更大 · what is overdue is \
             so for a day at least: write days_past_due = 1 or more"
                .to_owned()
        );
    }
    let oldest = today.saturating_sub(i64::from(spec.days_past_due).days());
    match last {
        Some(last) if last < oldest => {
            // Without `days_past_due` the limitation period alone says how old
            // the debt is.
            if spec.days_past_due == CaseSpec::default().days_past_due {
                return Ok(last);
            }
            let days = domain::arrears::days_past_due(last, today);
            Err(format!(
                "时效只剩这些天的案件至少已逾期 {days} 天:\
                 请写 days_past_due = {days} 或更大,或不写 days_past_due · a claim with so few \
                 days left is {days} days past due at least: write days_past_due = {days} \
                 or more, or leave it out"
            ))
        }
        _ => Ok(oldest),
    }
}

fn halves(overdue: Fen, oldest: Date, last: Date) -> Result<Vec<(Date, Fen)>, String> {
    let half = Fen(overdue.0 / 2);
    if half.0 == 0 {
        return Err(
            "逾期金额太小,分不成两期:请写 overdue = yuan(1) 或更大 · too little is \
                    overdue for two instalments: write overdue = yuan(1) or more"
                .to_owned(),
        );
    }
    Ok(vec![(oldest, overdue - half), (last, half)])
}

/// A case of which nothing is overdue.
fn in_time(spec: &CaseSpec, today: Date, last: Option<Date>) -> Result<Book, String> {
    if CaseSpec::default().days_past_due < spec.days_past_due {
        return Err(
            "没有逾期金额的案件不能有逾期天数:请写 overdue,或不写 days_past_due · \
                    nothing is overdue, so no days can be past due: write overdue, or \
                    leave days_past_due out"
                .to_owned(),
        );
    }
    let principal = spec.principal.unwrap_or(LENT);
    let opened_on = a_year_before(last.map_or(today, |it| it.min(today)));
    let mut book = Book {
        opened_on,
        principal,
        opened: principal,
        dues: Vec::new(),
        paid: Vec::new(),
    };
    if let Some(last) = last {
        let due = Fen((principal.0 / 2).max(1));
        book.dues.push((last, due));
        if last < today {
            book.opened = book.opened.max(due);
            book.paid.push((last, due));
        }
    }
    Ok(book)
}

/// The last due date of a claim that has `left` days of limitation left.
fn last_due_on(left: i64, today: Date) -> Result<Date, String> {
    let far = || {
        "limitation_days_left 太大或太小 · limitation_days_left is too large or too small"
            .to_owned()
    };
    let span = jiff::Span::new().try_days(left).map_err(|_| far())?;
    let ends = today.checked_add(span).map_err(|_| far())?;
    let due = ends.checked_sub(LIMITATION_YEARS.years()).map_err(|_| far())?;
    if LimitationClock::new(due).proved_expiry() == ends {
        return Ok(due);
    }
    // The period never ends on a 29 February: its first day was none.
    let less = left - 1;
    Err(format!(
        "没有恰好剩 {left} 天的时效:请写 {less} 天 · no period has {left} days left: write {less}"
    ))
}

fn a_year_before(day: Date) -> Date {
    day.saturating_sub(1.year())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 3, 2);

    fn spec() -> CaseSpec {
        CaseSpec { overdue: Fen(500_000), ..CaseSpec::default() }
    }

    #[test]
    fn what_is_overdue_fell_due_on_one_day_and_half_the_loan_lies_ahead() {
        let book = of(&CaseSpec { days_past_due: 5, ..spec() }, TODAY).unwrap();
        assert_eq!(book.dues, [(date(2026, 2, 25), Fen(500_000))]);
        assert_eq!((book.principal, book.opened), (Fen(1_000_000), Fen(1_000_000)));
        assert_eq!(book.opened_on, date(2025, 2, 25));
    }

    #[test]
    fn instalments_lie_ahead_a_month_apart_and_are_owed() {
        let asked = CaseSpec {
            days_until_due: Some(3),
            next_due_amount: Fen(900_000),
            instalments: 2,
            ..spec()
        };
        let book = of(&asked, TODAY).unwrap();
        let ahead = [(date(2026, 3, 5), Fen(900_000)), (date(2026, 4, 5), Fen(900_000))];
        assert_eq!(book.dues[1..], ahead);
        assert_eq!((book.opened, book.principal), (Fen(2_300_000), Fen(2_300_000)));
    }

    #[test]
    fn a_principal_below_what_is_overdue_is_kept_and_more_is_owed() {
        let small = CaseSpec { principal: Some(Fen(300_000)), ..spec() };
        let book = of(&small, TODAY).unwrap();
        assert_eq!((book.principal, book.opened), (Fen(300_000), Fen(500_000)));
    }

    #[test]
    fn the_limitation_period_names_the_last_due_date() {
        // left, days past due asked, oldest due date, last due date
        let table = [
            (90, 1, date(2023, 5, 31), date(2023, 5, 31)),
            (90, 1006, date(2023, 5, 31), date(2023, 5, 31)),
            (90, 1100, date(2023, 2, 26), date(2023, 5, 31)),
            (-10, 1, date(2023, 2, 20), date(2023, 2, 20)),
            (1000, 200, date(2025, 8, 14), date(2025, 11, 26)),
            (1200, 30, date(2026, 1, 31), date(2026, 6, 14)),
        ];
        for (left, days, oldest, last) in table {
            let asked = CaseSpec {
                limitation_days_left: Some(left),
                days_past_due: days,
                ..spec()
            };
            let book = of(&asked, TODAY).unwrap();
            let days = book.dues.iter().map(|due| due.0);
            assert_eq!(days.clone().min(), Some(oldest), "{left} left");
            assert_eq!(days.max(), Some(last), "{left} left");
            let overdue: i64 =
                book.dues.iter().filter(|due| due.0 < TODAY).map(|due| due.1.0).sum();
            assert_eq!(overdue, 500_000, "{left} left");
        }
    }

    #[test]
    fn a_case_that_cannot_be_is_named_with_what_can() {
        let young =
            CaseSpec { limitation_days_left: Some(90), days_past_due: 400, ..spec() };
        assert!(of(&young, TODAY).unwrap_err().contains("1006"));
        let leap = CaseSpec { limitation_days_left: Some(729), ..spec() };
        assert!(of(&leap, TODAY).unwrap_err().contains("728"));
        let zero = CaseSpec { days_past_due: 0, ..spec() };
        assert!(of(&zero, TODAY).unwrap_err().contains("days_past_due = 1"));
        let nothing = CaseSpec { overdue: Fen(0), days_past_due: 9, ..spec() };
        assert!(of(&nothing, TODAY).unwrap_err().contains("overdue"));
        let far = CaseSpec { limitation_days_left: Some(i64::MAX), ..spec() };
        assert!(of(&far, TODAY).is_err());
    }
}
