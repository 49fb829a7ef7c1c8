//! The account of a loan (对账单): every line of its ledger with what is owed after it, as
//! a debtor may ask for it.

use anyhow::Result;
use commands::named::case_named;
use domain::ids::EntryId;
use domain::ledger::EntryKind;
use domain::money::Fen;
use foldhash::HashMap;
use import::keys;
use serde_json::{Value, json};
use store::ledger::{self, Booked};
use store::views::one_case;
use store::{Conn, payers};

use crate::cli::output::Sheet;

/// How the bank calls a payment that it does not divide.
const WHOLE: &str = "payment";

/// Every line of a loan by its day, with what was charged, what was paid or given up, and
/// the balance after it. Where the bank's file divides a payment, the part stands beside it
/// in the bank's words.
pub(super) async fn sheet(conn: &mut Conn, typed: &str) -> Result<Sheet> {
    let case = case_named(conn, typed).await?;
    let case_no = one_case::case_no(conn, case).await?;
    let lines = ledger::of_case(conn, case).await?;
    let payers = payers::of_case(conn, case).await?;
    let kinds: HashMap<EntryId, EntryKind> =
        lines.iter().map(|line| (line.id, line.kind)).collect();
    let columns = [
        "on",
        "entry",
        "line_kind",
        "part",
        "charged_amount",
        "covered_amount",
        "balance_amount",
        "payer",
    ];
    let mut sheet = Sheet::new(&columns);
    let mut balance = Fen(0);
    for line in &lines {
        let moved = moved(line, &kinds);
        balance += moved;
        let (charged, covered) =
            if moved < Fen(0) { (Fen(0), -moved) } else { (moved, Fen(0)) };
        let payer = payers.get(&line.id).map(|payer| payer.as_str());
        sheet.push(vec![
            json!(line.booked_on),
            json!(line.id),
            json!(line.kind.as_str()),
            json!(part_of(line, &case_no)),
            yuan(charged),
            yuan(covered),
            json!(balance.to_string()),
            json!(payer),
        ]);
    }
    Ok(sheet)
}

fn yuan(amount: Fen) -> Value {
    if amount == Fen(0) { Value::Null } else { json!(amount.to_string()) }
}

/// What a line adds to what is owed; negative for what covers it. An instalment that
/// falls due is part of what was lent.
fn moved(line: &Booked, kinds: &HashMap<EntryId, EntryKind>) -> Fen {
    let of = |kind: EntryKind| match kind {
        EntryKind::Open | EntryKind::Fee | EntryKind::Penalty => line.amount,
        EntryKind::Payment | EntryKind::Waiver => -line.amount,
        EntryKind::Due | EntryKind::Reversal => Fen(0),
    };
    match line.reverses {
        Some(reversed) => kinds.get(&reversed).map_or(Fen(0), |kind| -of(*kind)),
        None => of(line.kind),
    }
}

/// The part of a payment that a line is, in the words of the bank's file.
fn part_of(line: &Booked, case_no: &str) -> Option<String> {
    if line.kind != EntryKind::Payment {
        return None;
    }
    let numbered = keys::parts(&line.dedupe_key, case_no).map(|part| part.1);
    let word = numbered.or_else(|| keys::kind(&line.dedupe_key, case_no))?;
    (word != WHOLE).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn line(id: i64, kind: EntryKind, fen: i64, reverses: Option<i64>) -> Booked {
        Booked {
            id: EntryId(id),
            kind,
            amount: Fen(fen),
            booked_on: date(2026, 11, 1),
            reverses: reverses.map(EntryId),
            source: "bank".to_owned(),
            dedupe_key: format!("QS-1|T{id}|还息|2026-11-01"),
            actor: String::new(),
            note: String::new(),
            confirmed: 1,
            inferred: 0,
        }
    }

    #[test]
    fn the_balance_is_what_was_charged_less_what_was_covered_and_not_taken_back() {
        let lines = [
            line(1, EntryKind::Open, 50_000, None),
            line(2, EntryKind::Due, 20_000, None),
            line(3, EntryKind::Payment, 15_000, None),
            line(4, EntryKind::Penalty, 300, None),
            line(5, EntryKind::Reversal, 15_000, Some(3)),
            line(6, EntryKind::Reversal, 300, Some(4)),
        ];
        let kinds: HashMap<EntryId, EntryKind> =
            lines.iter().map(|line| (line.id, line.kind)).collect();
        let moved: Vec<i64> = lines.iter().map(|line| moved(line, &kinds).0).collect();
        assert_eq!(moved, [50_000, 0, -15_000, 300, 15_000, -300]);
    }

    #[test]
    fn a_part_of_a_payment_has_the_words_of_the_bank() {
        let paid = line(3, EntryKind::Payment, 15_000, None);
        assert_eq!(part_of(&paid, "QS-1").as_deref(), Some("还息"));
        assert_eq!(part_of(&line(4, EntryKind::Penalty, 300, None), "QS-1"), None);
    }
}
