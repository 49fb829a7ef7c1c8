//! Writes case lists into the store (案件入库).

use std::collections::HashMap;

use domain::party::Role;
use serde_json::{Map, Value};
use store::case_book::{self, CaseRow, GuaranteeRow, Imported, PersonRow};
use store::{Conn, Now, StoreError};

use super::cases::{CaseRecord, PersonRecord};

/// Rows written at once: enough to make the journey to the database cheap.
pub(crate) const BATCH: usize = 5_000;

/// Writes the cases of a list, within the transaction of the connection.
pub(crate) async fn store_cases(
    conn: &mut Conn,
    now: &Now,
    cases: &[(usize, CaseRecord)],
) -> Result<Imported, StoreError> {
    let people = everybody(cases);
    let mut total = Imported::default();
    for batch in cases.chunks(BATCH) {
        let rows: Vec<CaseRow> =
            batch.iter().map(|it| case_row(&it.1, &people)).collect();
        let imported = case_book::import_cases(conn, now, &rows).await?;
        total.new += imported.new;
        total.changed += imported.changed;
        total.unchanged += imported.unchanged;
    }
    Ok(total)
}

/// Everybody in the list once. A person of several loans may be written with a
/// telephone in one row and without in another; the last filled cell counts,
/// in every row, so that the same list again changes nothing.
fn everybody(cases: &[(usize, CaseRecord)]) -> HashMap<&str, PersonRecord> {
    let mut people: HashMap<&str, PersonRecord> = HashMap::new();
    let of_case = |it: &'_ (usize, CaseRecord)| -> Vec<PersonRecord> {
        let guarantors = it.1.guarantors.iter().map(|it| it.person.clone());
        std::iter::once(it.1.debtor.clone()).chain(guarantors).collect()
    };
    for case in cases {
        let keys = std::iter::once(case.1.debtor.party_no.as_str())
            .chain(case.1.guarantors.iter().map(|it| it.person.party_no.as_str()));
        for (key, person) in keys.zip(of_case(case)) {
            people.entry(key).and_modify(|it| it.take_over(&person)).or_insert(person);
        }
    }
    people
}

impl PersonRecord {
    fn take_over(&mut self, later: &Self) {
        if !later.name.is_empty() {
            self.name.clone_from(&later.name);
        }
        let cells = [
            (&mut self.phone, &later.phone),
            (&mut self.wechat, &later.wechat),
            (&mut self.id_number, &later.id_number),
            (&mut self.address, &later.address),
            (&mut self.village, &later.village),
        ];
        for (own, later) in cells {
            if later.is_some() {
                own.clone_from(later);
            }
        }
    }
}

fn case_row(case: &CaseRecord, people: &HashMap<&str, PersonRecord>) -> CaseRow {
    let known = |it: &PersonRecord| {
        people.get(it.party_no.as_str()).cloned().unwrap_or_else(|| it.clone())
    };
    let guarantors = case.guarantors.iter().map(|it| {
        let undertaken = GuaranteeRow { kind: it.kind, period_months: it.period_months };
        person_row(known(&it.person), Role::Guarantor, Some(undertaken))
    });
    let debtor = person_row(known(&case.debtor), Role::Borrower, None);
    let mut extra: Map<String, Value> = case
        .extra
        .iter()
        .map(|(column, cell)| (column.clone(), Value::String(cell.clone())))
        .collect();
    if let Some(due_on) = case.due_on {
        extra.insert("due_date".to_owned(), Value::String(due_on.to_string()));
    }
    CaseRow {
        case_no: case.case_no.clone(),
        org: Some(case.org.clone()).filter(|it| !it.is_empty()),
        village: case.village.clone(),
        product: case.product.clone(),
        collector: case.collector.clone(),
        currency: case.currency.clone(),
        opened_on: case.opened_on,
        principal: Some(case.principal),
        extra,
        people: std::iter::once(debtor).chain(guarantors).collect(),
    }
}

fn person_row(
    person: PersonRecord,
    role: Role,
    guarantee: Option<GuaranteeRow>,
) -> PersonRow {
    PersonRow {
        party_no: person.party_no,
        role,
        name: Some(person.name).filter(|it| !it.is_empty()),
        id_number: person.id_number,
        phone: person.phone,
        wechat: person.wechat,
        address: person.address,
        village: person.village,
        deceased_on: None,
        consents: None,
        fictional: person.fictional,
        guarantee,
        evidence: None,
    }
}
