//! What letters say of a loan beside what scripts see of it (信函要素): the contract, the
//! borrower's name, what the arrears consist of, what was paid last, when nobody was in.
//!
//! It is read for orders with a text alone, and never handed to a script.

use std::fmt;

use domain::components::Components;
use domain::ids::CaseId;
use domain::money::Fen;
use foldhash::HashMap;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::StoreError;
use crate::{Conn, rows};

/// The names under which lists bring the number of the contract.
///
/// A list whose only number is that of the contract has it as the loan number.
const CONTRACT_NO: &[&str] = &[
    "合同编号",
    "合同号",
    "借款合同编号",
    "借款合同号",
    "贷款合同编号",
    "贷款合同号",
    "contract_no",
];
/// The names under which they bring the day on which it was signed.
const CONTRACT_ON: &[&str] = &[
    "合同日期",
    "合同签订日期",
    "合同签订日",
    "签订日期",
    "签约日期",
    "借款合同日期",
    "contract_on",
];

/// What letters say of one loan. Its `Debug` form shows nothing of it: it names people.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct LetterFacts {
    /// The borrower's name, for letters to those who answer for somebody else's debt.
    pub borrower: Option<String>,
    /// The number of the contract, where the book has one beside the loan number.
    pub contract_no: Option<String>,
    /// The day on which the contract was signed.
    pub contract_on: Option<Date>,
    /// The day on which the loan was paid out.
    pub opened_on: Option<Date>,
    /// What the overdue amount of the last list consisted of.
    pub parts: Option<Components>,
    /// What was paid, and not taken back, on the day of the last payment.
    pub last_payment: Option<Fen>,
    /// The day of the last visit, if nobody was in: no other visit may be called so.
    pub absent_on: Option<Date>,
    /// The number of the newest complaint.
    pub complaint: Option<i64>,
}

impl fmt::Debug for LetterFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LetterFacts")
    }
}

/// What letters say of these cases, as the book stands now.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn load(
    conn: &mut Conn,
    cases: &[CaseId],
) -> Result<HashMap<CaseId, LetterFacts>, StoreError> {
    if cases.is_empty() {
        return Ok(HashMap::default());
    }
    let found: Vec<LetterRow> = rows::ask(conn, LETTERS, cases).await?;
    found.into_iter().map(|it| Ok((it.id, it.into_facts()?))).collect()
}

#[derive(Deserialize)]
struct LetterRow {
    id: CaseId,
    opened_on: Option<Date>,
    extra: String,
    principal: Option<Fen>,
    interest: Option<Fen>,
    penalty: Option<Fen>,
    borrower: Option<String>,
    last_payment: Option<Fen>,
    /// `2026-04-10 {"outcome":"absent",…}`: the newest result of a visit.
    visit: Option<String>,
    complaint: Option<i64>,
}

impl LetterRow {
    fn into_facts(self) -> Result<LetterFacts, StoreError> {
        let extra: Map<String, Value> = serde_json::from_str(&self.extra)?;
        let parts = self.principal.zip(self.interest).map(|(principal, interest)| {
            let penalty = self.penalty.unwrap_or_default();
            Components { principal, interest, penalty, cost: Fen(0) }
        });
        Ok(LetterFacts {
            borrower: self.borrower,
            contract_no: contract_no(&extra).map(str::to_owned),
            contract_on: named(&extra, CONTRACT_ON).and_then(day),
            opened_on: self.opened_on,
            parts,
            last_payment: self.last_payment,
            absent_on: self.visit.as_deref().and_then(nobody_in),
            complaint: self.complaint,
        })
    }
}

/// The number of the contract among the other columns of a list, where it has one.
pub(crate) fn contract_no(extra: &Map<String, Value>) -> Option<&str> {
    named(extra, CONTRACT_NO)
}

/// What stands in the first of these columns that has something in it.
fn named<'e>(extra: &'e Map<String, Value>, names: &[&str]) -> Option<&'e str> {
    let cells = names.iter().filter_map(|name| extra.get(*name)?.as_str());
    cells.map(str::trim).find(|it| !it.is_empty())
}

/// A day as lists write it: `2023-05-04`, `2023/5/4`, `20230504`, `2023年5月4日`, an hour
/// behind it left out; what is none is not guessed at.
fn day(text: &str) -> Option<Date> {
    let text = text.split([' ', 'T']).next().unwrap_or(text);
    let text = text.trim_end_matches('日');
    let parts: Vec<&str> = text.split(['-', '/', '.', '年', '月']).collect();
    let (year, month, day) = match *parts.as_slice() {
        [year, month, day] => (year, month, day),
        [whole] if whole.len() == 8 && whole.is_ascii() => {
            (&whole[..4], &whole[4..6], &whole[6..])
        }
        _ => return None,
    };
    let year = year.parse().ok().filter(|it| (1950..2200).contains(it))?;
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

/// The day of a visit at which nobody was in.
fn nobody_in(visit: &str) -> Option<Date> {
    let (entered_on, payload) = visit.split_once(' ')?;
    let payload: Map<String, Value> = serde_json::from_str(payload).ok()?;
    let word = |key: &str| payload.get(key).and_then(Value::as_str);
    if word("outcome") != Some("absent") {
        return None;
    }
    word("on").unwrap_or(entered_on).parse().ok()
}

const LETTERS: &str = "
    select json_group_array(json_array(
      id, opened_on, extra, listed_principal_fen, listed_interest_fen, listed_penalty_fen,
      (select p.name from case_parties cp join parties p on p.id = cp.party_id
        where cp.case_id = cases.id and cp.role = 'borrower'
        order by cp.party_id limit 1),
      (select sum(l.amount_fen) from ledger l
        where l.case_id = cases.id and l.kind = 'payment'
          and l.booked_on = cases.last_payment_on
          and not exists (select 1 from ledger r where r.reverses = l.id)),
      (select e.happened_on || ' ' || e.payload from events e
        where e.case_id = cases.id and e.kind = 'visit_result'
        order by e.id desc limit 1),
      (select max(e.id) from events e
        where e.case_id = cases.id and e.kind = 'complaint')))
    from cases
    where id in (select id from list($1) as s (id bigint))";

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_of_a_list_is_read_however_it_is_written() {
        let signed = Some(date(2023, 5, 4));
        let table = [
            ("2023-05-04", signed),
            ("2023/5/4", signed),
            ("2023.05.04", signed),
            ("20230504", signed),
            ("2023年5月4日", signed),
            ("2023-05-04 00:00:00", signed),
            ("2023-02-30", None),
            ("23-05-04", None),
            ("未登记", None),
            ("", None),
        ];
        for (text, read) in table {
            assert_eq!(day(text), read, "{text}");
        }
    }

    #[test]
    fn only_a_visit_that_met_nobody_has_a_day() {
        let table = [
            (
                r#"2026-04-12 {"outcome":"absent","on":"2026-04-10"}"#,
                Some(date(2026, 4, 10)),
            ),
            (r#"2026-04-12 {"outcome":"absent"}"#, Some(date(2026, 4, 12))),
            (r#"2026-04-12 {"outcome":"met","on":"2026-04-10"}"#, None),
            (r#"2026-04-12 {"outcome":"moved","on":"2026-04-10"}"#, None),
            ("2026-04-12 {}", None),
        ];
        for (visit, on) in table {
            assert_eq!(nobody_in(visit), on, "{visit}");
        }
    }

    #[test]
    fn a_contract_is_known_by_the_name_of_its_column() {
        let extra = Map::from_iter([
            ("合同编号".to_owned(), Value::from(" ")),
            ("借款合同号".to_owned(), Value::from("农信借字2023第1号")),
        ]);
        assert_eq!(named(&extra, CONTRACT_NO), Some("农信借字2023第1号"));
        assert_eq!(named(&extra, CONTRACT_ON), None);
    }
}
