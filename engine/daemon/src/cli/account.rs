//! The account of a loan (对账单): every line of its ledger with what is owed after it, as
//! a debtor may ask for it.

use anyhow::Result;
use commands::named::case_named;
use domain::components::{Components, Division};
use domain::ids::EntryId;
use domain::ledger::EntryKind;
use domain::money::Fen;
use foldhash::HashMap;
use import::keys;
use jiff::civil::Date;
use serde_json::{Value, json};
use store::ledger::{self, Booked};
use store::views::one_case;
use store::{Conn, components, payers};

use crate::cli::output::Sheet;

/// How the bank calls a payment that it does not divide.
const WHOLE: &str = "payment";

const COLUMNS: [&str; 13] = [
    "on",
    "entry",
    "line_kind",
    "part",
    "charged_amount",
    "covered_amount",
    "balance_amount",
    "principal_amount",
    "interest_amount",
    "penalty_amount",
    "cost_amount",
    "divided_by",
    "payer",
];

/// Every line of a loan by its day, with what was charged, what was paid or given up, and
/// the balance after it. Where the bank's file divides a payment, the part stands beside it
/// in the bank's words. What a line consists of is what the bank or whoever entered it
/// said, or what the order of payment makes of it, where the bank said of every due item
/// what that is; then what is owed today of each stands in the last line, unless that is
/// more than the balance.
pub(super) async fn sheet(conn: &mut Conn, typed: &str, today: Date) -> Result<Sheet> {
    let case = case_named(conn, typed).await?;
    let case_no = one_case::case_no(conn, case).await?;
    let lines = ledger::of_case(conn, case).await?;
    let payers = payers::of_case(conn, case).await?;
    let given = components::of_case(conn, case).await?;
    let division = components::divisions(conn, &[case.0]).await?.remove(&case);
    let kinds: HashMap<EntryId, EntryKind> =
        lines.iter().map(|line| (line.id, line.kind)).collect();
    let parts = parts(&given, division.as_ref());
    let mut sheet = Sheet::new(&COLUMNS);
    let mut balance = Fen(0);
    for line in &lines {
        let moved = moved(line, &kinds);
        balance += moved;
        let (charged, covered) =
            if moved < Fen(0) { (Fen(0), -moved) } else { (moved, Fen(0)) };
        let paid = payers.get(&line.id);
        let mut row = vec![
            json!(line.booked_on),
            json!(line.id),
            json!(line.kind.as_str()),
            json!(part_of(line, &case_no)),
            yuan(charged),
            yuan(covered),
            json!(balance.to_string()),
        ];
        row.extend(divided(parts.get(&line.id)));
        row.push(json!(paid.map(|it| it.payer.as_str())));
        sheet.push(row);
    }
    // More than the balance cannot be owed: the two do not tell of the same debt.
    let owed_of_it =
        division.filter(|it| it.owed_before(today).sum() <= balance.max(Fen(0)));
    if let Some(division) = owed_of_it {
        sheet.push(owed(&division, today));
    }
    Ok(sheet)
}

/// What a line consists of, and who has said so.
type Said = (Components, &'static str);

fn parts(
    given: &HashMap<EntryId, Components>,
    division: Option<&Division>,
) -> HashMap<EntryId, Said> {
    let mut parts: HashMap<EntryId, Said> = HashMap::default();
    if let Some(division) = division {
        let covers =
            division.covers.iter().map(|cover| (cover.entry, (cover.parts, "by_order")));
        parts.extend(covers);
        let charges = division.charges.iter();
        parts.extend(charges.map(|charge| (charge.entry, (charge.charged, "stated"))));
    }
    parts.extend(given.iter().map(|(entry, it)| (*entry, (*it, "stated"))));
    parts
}

fn divided(parts: Option<&Said>) -> [Value; 5] {
    let Some((parts, by)) = parts else {
        return [const { Value::Null }; 5];
    };
    let Components { principal, interest, penalty, cost } = *parts;
    [yuan(principal), yuan(interest), yuan(penalty), yuan(cost), json!(by)]
}

/// What has fallen due by today, or was charged, and is not paid.
fn owed(division: &Division, today: Date) -> Vec<Value> {
    let owed = division.owed_before(today);
    let amounts = [owed.principal, owed.interest, owed.penalty, owed.cost];
    let mut row = vec![json!(today), Value::Null, json!("owed"), Value::Null];
    row.extend([json!(owed.sum().to_string()), Value::Null, Value::Null]);
    row.extend(amounts.map(|amount| json!(amount.to_string())));
    row.extend([json!("by_order"), Value::Null]);
    row
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
