//! What the bank's files tell of a payment that is entered by hand (银行流水): the same
//! money under the same number, as a whole or in its parts, or money like it.

use anyhow::Result;
use domain::ids::CaseId;
use domain::ledger::EntryKind;
use domain::money::Fen;
use import::manual_match::{Near, are_near};
use import::parts::{self, WHOLE};
use import::{SOURCE, keys};
use jiff::civil::Date;
use store::ledger::{self, Standing};
use store::receipts;
use store::views::one_case;

use crate::app::App;

/// A payment as it is told at the desk.
pub(super) struct CounterPayment<'a> {
    pub case_id: CaseId,
    pub amount: Fen,
    pub on: Date,
    pub receipt: Option<&'a str>,
}

/// Payments of the bank's files that may be the same money, by their entries.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Bank {
    /// Under the same number, and as much.
    Same(Vec<i64>),
    /// Under the same number on the same day, and not as much.
    OtherAmount(Vec<i64>),
    /// Under the same number and as much, on a day far off.
    OtherDay(i64, Date),
    /// The parts of the day come to as much, or it is a part of one of the day.
    Parts(Vec<i64>),
    /// As much on a day close by.
    Near(i64),
}

/// A payment of the bank's files.
struct Row {
    entry: i64,
    number: Option<String>,
    word: String,
    amount: Fen,
    on: Date,
}

pub(super) async fn find(app: &App, told: &CounterPayment<'_>) -> Result<Option<Bank>> {
    let mut conn = app.engine.store.read().await?;
    let lines = ledger::standing(conn.conn(), &[told.case_id]).await?;
    let case_no = one_case::case_no(conn.conn(), told.case_id).await?;
    let payments = lines.iter().filter(|line| line.kind == EntryKind::Payment);
    let (bank, other): (Vec<&Standing>, Vec<&Standing>) =
        payments.partition(|payment| payment.source == SOURCE);
    let rows: Vec<Row> = bank.iter().map(|it| row(it, &case_no)).collect();
    // What the bank has not confirmed may be another part of the same payment.
    let by_hand: Vec<(i64, Fen)> = other
        .iter()
        .filter(|it| it.source == "hand" && it.confirmed != 2 && it.booked_on == told.on)
        .map(|it| (it.id.0, it.amount))
        .collect();
    let near_after = |on| app.engine.near_after(on);
    let found = under_its_number(told, &rows, &near_after);
    let found = found.or_else(|| in_parts(told, &rows, &by_hand));
    Ok(found.or_else(|| near(told, &rows, &near_after)))
}

fn row(line: &Standing, case_no: &str) -> Row {
    let numbered = keys::parts(&line.key, case_no);
    let word = numbered.map(|it| it.1).or_else(|| keys::kind(&line.key, case_no));
    Row {
        entry: line.id.0,
        number: numbered.map(|it| receipts::plain(it.0)),
        word: word.unwrap_or(WHOLE).to_owned(),
        amount: line.amount,
        on: line.booked_on,
    }
}

fn under_its_number(
    told: &CounterPayment<'_>,
    rows: &[Row],
    near: Near<'_>,
) -> Option<Bank> {
    let number = receipts::plain(told.receipt?);
    let under: Vec<&Row> =
        rows.iter().filter(|row| row.number.as_ref() == Some(&number)).collect();
    // Numbers that begin anew every day are other payments.
    let is_near = |on: Date| are_near((on, told.on), near);
    let mut same = under.iter().filter(|it| it.amount == told.amount);
    if let Some(same) = same.clone().find(|it| is_near(it.on)) {
        return Some(Bank::Same(vec![same.entry]));
    }
    let mut days = under.iter().map(|it| it.on).filter(|it| is_near(*it));
    let sum_of = |day: Date| {
        let of_day = under.iter().filter(move |it| it.on == day);
        of_day.map(|it| it.amount).sum::<Fen>()
    };
    let entries_of = |day: Date| {
        let of_day = under.iter().filter(|it| it.on == day);
        of_day.map(|it| it.entry).collect::<Vec<_>>()
    };
    if let Some(day) = days.clone().find(|day| sum_of(*day) == told.amount) {
        return Some(Bank::Same(entries_of(day)));
    }
    let same_day = days.find(|day| *day == told.on);
    let of_day = same_day.map(|day| Bank::OtherAmount(entries_of(day)));
    of_day.or_else(|| same.next().map(|it| Bank::OtherDay(it.entry, it.on)))
}

fn in_parts(
    told: &CounterPayment<'_>,
    rows: &[Row],
    by_hand: &[(i64, Fen)],
) -> Option<Bank> {
    let of_day = || rows.iter().filter(|row| row.on == told.on);
    let told_in_parts: Vec<(i64, Fen)> =
        of_day().filter(|it| it.word != WHOLE).map(|it| (it.entry, it.amount)).collect();
    if let Some(parts) = parts::adding_up(&told_in_parts, told.amount) {
        return Some(Bank::Parts(parts));
    }
    of_day().find_map(|whole| {
        let rest = whole.amount - told.amount;
        let others = by_hand.iter().any(|it| it.1 == rest)
            || parts::adding_up(by_hand, rest).is_some();
        (Fen(0) < rest && others).then(|| Bank::Parts(vec![whole.entry]))
    })
}

fn near(told: &CounterPayment<'_>, rows: &[Row], near: Near<'_>) -> Option<Bank> {
    let close = |it: &&Row| it.amount == told.amount && are_near((it.on, told.on), near);
    rows.iter().rev().find(close).map(|row| Bank::Near(row.entry))
}

/// Entries by their numbers.
pub(super) fn named(entries: &[i64]) -> String {
    let named: Vec<String> = entries.iter().map(i64::to_string).collect();
    named.join("、")
}
