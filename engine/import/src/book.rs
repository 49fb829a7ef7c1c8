//! Writes case lists into the store (案件入库): what is new or has changed, its people,
//! and the money of its balances.

use domain::party::Role;
use foldhash::{HashMap, HashSet};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;
use store::case_book::{
    self, CaseRow, GuaranteeRow, Imported, KnownCase, LookedUp, PersonRow,
};
use store::now::Now;
use store::{Conn, StoreError, people as on_record};

use super::balances::{self, Balanced};
use super::cases::{CaseRecord, PersonRecord};
use super::deaths;
use super::fault::RowFault;
use super::headers::Columns;
use super::listed;
use super::merge::Loan;
use super::people::{People, Placed, Reading};
use super::post::{Moment, foreign};
use super::{Options, damaged, trace};

/// A list that is being taken in.
pub(crate) struct List<'a> {
    pub file: &'a str,
    pub columns: &'a Columns,
    pub options: &'a Options,
    /// The currency of the book.
    pub currency: &'a str,
    /// Of whom the list says that they have died.
    pub dead: &'a deaths::Dead,
}

/// What became of some loans of a list.
#[derive(Default)]
pub(crate) struct Stored {
    pub imported: Imported,
    pub balanced: Balanced,
    /// Loans that have a due amount, by this list or from before.
    pub with_dues: usize,
    /// Loans of which a newer list was taken before: what is known of their people
    /// was left alone.
    pub older: usize,
    pub rejected: Vec<(u64, RowFault)>,
}

/// Writes some loans of a list, within the transaction of the connection.
pub(crate) async fn store_loans(
    conn: &mut Conn,
    moment: &Moment<'_>,
    list: &List<'_>,
    loans: &[Loan],
) -> Result<Stored, StoreError> {
    let mut stored = Stored::default();
    let numbers: Vec<&str> =
        loans.iter().map(|loan| loan.record.case_no.as_str()).collect();
    let known = case_book::known(conn, &numbers).await?;
    let dead = known_dead(conn, loans, list.dead).await?;
    let loans = possible(list, moment, (&known, &dead), loans, &mut stored);
    let (changed, mut unchanged): (Vec<LoanWithBook<'_>>, Vec<LoanWithBook<'_>>) =
        loans.into_iter().partition(|loan| !loan.is_as_it_was());
    // A telephone of last month does not take the place of today's.
    let (older, changed): (Vec<LoanWithBook<'_>>, Vec<LoanWithBook<'_>>) =
        changed.into_iter().partition(|it| it.is_older(list.options, &moment.now));
    stored.older = older.len();
    unchanged.extend(older);
    stored.imported.unchanged = unchanged.len();
    let changed = write(conn, moment, list, changed, &mut stored).await?;
    let mut with_money: Vec<&Loan> = unchanged.iter().map(|it| it.loan).collect();
    with_money.extend(changed);
    stored.with_dues += with_money
        .iter()
        .filter(|it| {
            known.get(it.record.case_no.as_str()).is_some_and(|it| it.has_dues != 0)
        })
        .count();
    with_money.retain(|it| it.record.balances.say_something());
    if !with_money.is_empty() && !list.options.list.no_balances {
        let booked =
            balances::book(conn, moment, list.options, &known, &with_money).await?;
        booked.asked.into_iter().for_each(|(loan, fault)| stored.reject(loan, &fault));
        stored.balanced = booked.balanced;
        stored.with_dues += stored.balanced.overdue;
    }
    Ok(stored)
}

/// A loan with what the book knows of it.
struct LoanWithBook<'a> {
    loan: &'a Loan,
    hash: i64,
    known: Option<&'a KnownCase>,
}

impl LoanWithBook<'_> {
    fn is_as_it_was(&self) -> bool {
        self.known.is_some_and(|it| it.list_hash == Some(self.hash))
    }

    /// Whether the list says that it is of a day before the one that was taken last.
    fn is_older(&self, options: &Options, now: &Now) -> bool {
        let record = &self.loan.record;
        let through = balances::day_of(record, options, now).through;
        let last = self.known.and_then(|it| it.balance_as_of_on);
        balances::states_its_day(record, options, now)
            && last.is_some_and(|it| through < it)
    }
}

/// Of the loans whose debtor has died by the list those of which the book knows.
async fn known_dead(
    conn: &mut Conn,
    loans: &[Loan],
    told_dead: &deaths::Dead,
) -> Result<HashSet<String>, StoreError> {
    let is_told = |record: &CaseRecord| {
        deaths::of_debtor(&record.extra).is_some() || told_dead.line_of(record).is_some()
    };
    let told = loans.iter().filter(|loan| is_told(&loan.record));
    let told: Vec<&str> = told.map(|it| it.record.case_no.as_str()).collect();
    if told.is_empty() {
        return Ok(HashSet::default());
    }
    on_record::loans_of_the_dead(conn, &told).await
}

/// Those loans that can be: of the book's currency, of possible days, of the living or
/// of those who are known to have died.
fn possible<'a>(
    list: &List<'_>,
    moment: &Moment<'_>,
    (known, dead): (&'a HashMap<String, KnownCase>, &HashSet<String>),
    loans: &'a [Loan],
    stored: &mut Stored,
) -> Vec<LoanWithBook<'a>> {
    let now = &moment.now;
    let today = now.today();
    let mut good = Vec::with_capacity(loans.len());
    for loan in loans {
        let record = &loan.record;
        let of_case = known.get(record.case_no.as_str());
        let own = of_case.map_or(list.currency, |it| it.currency.as_str());
        let told = record.currency.as_deref().unwrap_or(own);
        let day = balances::day_of(record, list.options, now);
        let fault = if told == list.currency {
            listed::possible(record, day, today, list.columns).err()
        } else {
            Some(foreign(list.currency).of_column(list.columns.header("currency")))
        };
        let died = deaths::of_debtor(&record.extra);
        let died = died.filter(|_| !dead.contains(record.case_no.as_str()));
        let fault = fault.or_else(|| died.map(deaths::not_reported));
        let is_known_dead = dead.contains(record.case_no.as_str());
        let by_another = list.dead.line_of(record).filter(|_| !is_known_dead);
        let fault = fault.or_else(|| by_another.map(deaths::by_another_row));
        match fault {
            Some(fault) => stored.reject(loan, &fault),
            None => good.push(LoanWithBook { loan, hash: hash(record), known: of_case }),
        }
    }
    good
}

impl Stored {
    fn reject(&mut self, loan: &Loan, fault: &RowFault) {
        let lines = std::iter::once(&loan.line).chain(&loan.others);
        self.rejected.extend(lines.map(|line| (*line, fault.clone())));
    }
}

/// Writes loans that are new or not as they were, with their people; answers
/// those that could be written.
async fn write<'a>(
    conn: &mut Conn,
    moment: &Moment<'_>,
    list: &List<'_>,
    changed: Vec<LoanWithBook<'a>>,
    stored: &mut Stored,
) -> Result<Vec<&'a Loan>, StoreError> {
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let records: Vec<&CaseRecord> = changed.iter().map(|it| &it.loan.record).collect();
    let known: HashSet<&str> = changed
        .iter()
        .filter(|it| it.known.is_some())
        .map(|it| it.loan.record.case_no.as_str())
        .collect();
    let mut people = People::of(conn, &records, &known).await?;
    let reading = Reading { columns: list.columns, renamed: list.options.list.renamed };
    let mut rows = Vec::with_capacity(changed.len());
    let mut written = Vec::with_capacity(changed.len());
    for told in &changed {
        match people.place(&told.loan.record, reading) {
            Ok(placed) => {
                rows.push(case_row(told, &placed, list.currency));
                written.push(told.loan);
            }
            Err(fault) => stored.reject(told.loan, &fault),
        }
    }
    let damaged = damaged::find(conn, &rows, &known, &people).await?;
    rows.retain(|row| !damaged.contains_key(&row.case_no));
    written.retain(|loan| match damaged.get(loan.record.case_no.as_str()) {
        Some(own) => {
            stored.reject(loan, &damaged::number(list.columns.header("case_id"), own));
            false
        }
        None => true,
    });
    let seen = seen(conn, list, &rows, &known, &people).await?;
    let seen: Vec<&str> = seen.iter().map(String::as_str).collect();
    let before = trace::Columns::of(conn, &seen).await?;
    people.write(conn).await?;
    let cases = changed
        .iter()
        .map(|it| (it.loan.record.case_no.as_str(), it.known.map(|known| known.id.0)));
    let looked_up = LookedUp { cases: cases.collect(), people: people.looked_up() };
    let imported =
        case_book::import_looked_up(conn, &moment.now, &rows, &looked_up).await?;
    people.settle(conn).await?;
    stored.imported.new += imported.new;
    stored.imported.changed += imported.changed;
    stored.imported.unchanged += imported.unchanged;
    stored.imported.kept_guarantees += imported.kept_guarantees;
    if let Some(importer) = &list.options.importer {
        let after = trace::Columns::of(conn, &seen).await?;
        let columns = (&before, &after);
        trace::changes(conn, &moment.now, importer, list.file, columns).await?;
    }
    Ok(written)
}

/// The loans whose change is to be told in their journals: those known before,
/// and the other loans of their people.
async fn seen(
    conn: &mut Conn,
    list: &List<'_>,
    rows: &[CaseRow],
    known: &HashSet<&str>,
    met: &People,
) -> Result<Vec<String>, StoreError> {
    if list.options.importer.is_none() {
        return Ok(Vec::new());
    }
    let people =
        rows.iter().flat_map(|row| &row.people).map(|person| person.party_no.as_str());
    let people: HashSet<&str> = people.filter(|person| met.was_in_book(person)).collect();
    let people: Vec<&str> = people.into_iter().collect();
    let mut seen = on_record::loans_of(conn, &people).await?;
    let mut met: HashSet<String> = seen.iter().cloned().collect();
    let rows = rows.iter().filter(|row| known.contains(row.case_no.as_str()));
    seen.extend(
        rows.map(|row| row.case_no.clone()).filter(|case_no| met.insert(case_no.clone())),
    );
    Ok(seen)
}

/// A row as a number: what stands in it, balances aside, which are compared with
/// the ledger.
fn hash(record: &CaseRecord) -> i64 {
    let CaseRecord {
        case_no,
        debtor,
        org,
        village,
        product,
        collector,
        currency,
        principal,
        opened_on,
        due_on,
        guarantors,
        balances: _,
        extra,
    } = record;
    // The version of what is made of a row, then its fields in their order.
    let loan = (1_u8, case_no, debtor, org, village, product, collector, currency);
    let balances = listed::Balances::default();
    let rest = (principal, opened_on, due_on, guarantors, balances, extra);
    let bytes = postcard::to_allocvec(&(loan, rest)).unwrap_or_default();
    let digest = Sha256::digest(&bytes);
    digest.first_chunk::<8>().map_or(0, |it| i64::from_le_bytes(*it))
}

fn case_row(told: &LoanWithBook<'_>, placed: &Placed, currency: &str) -> CaseRow {
    let record = &told.loan.record;
    let debtor = person_row(&record.debtor, &placed.debtor, Role::Borrower, None);
    let guarantors = record.guarantors.iter().zip(&placed.guarantors).map(|(it, no)| {
        let undertaken = GuaranteeRow { kind: it.kind, period_months: it.period_months };
        person_row(&it.person, no, Role::Guarantor, Some(undertaken))
    });
    let mut extra: Map<String, Value> = record
        .extra
        .iter()
        .map(|(column, cell)| (column.clone(), Value::String(cell.clone())))
        .collect();
    if let Some(due_on) = record.due_on {
        extra.insert("due_date".to_owned(), Value::String(due_on.to_string()));
    }
    CaseRow {
        case_no: record.case_no.to_string(),
        org: owned(record.org.as_ref()),
        village: owned(record.village.as_ref()),
        product: owned(record.product.as_ref()),
        collector: owned(record.collector.as_ref()),
        currency: Some(record.currency.as_deref().unwrap_or(currency).to_owned()),
        opened_on: record.opened_on,
        contract_ends_on: record.due_on,
        principal: record.principal,
        extra,
        list_hash: Some(told.hash),
        people: std::iter::once(debtor).chain(guarantors).collect(),
    }
}

/// What a list says, for the book.
pub(super) fn owned(told: Option<&SmolStr>) -> Option<String> {
    told.map(SmolStr::to_string)
}

fn person_row(
    person: &PersonRecord,
    party_no: &str,
    role: Role,
    guarantee: Option<GuaranteeRow>,
) -> PersonRow {
    PersonRow {
        party_no: party_no.to_owned(),
        role,
        name: owned(person.name.as_ref()),
        id_number: owned(person.id_number.as_ref()),
        phone: owned(person.phone.as_ref()),
        wechat: owned(person.wechat.as_ref()),
        address: owned(person.address.as_ref()),
        village: owned(person.village.as_ref()),
        deceased_on: None,
        consents: None,
        fictional: person.fictional,
        guarantee,
        evidence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases::CaseList;
    use super::super::feed::of_text;
    use super::*;

    #[test]
    fn a_row_is_known_by_its_fields_in_their_order_without_its_balances() {
        let list = "贷款编号,客户姓名,借款本金,余额,保证人,备用\nQS-1,示例甲,5000,4000,示例乙,蓝\n";
        let mut portion = of_text::<CaseList>(list, &Options::default()).unwrap();
        let (_, mut record) = portion.good.pop().unwrap();
        let known_by = hash(&record);
        record.balances = listed::Balances::default();
        let bytes = postcard::to_allocvec(&(1_u8, record)).unwrap();
        let digest = Sha256::digest(&bytes);
        assert_eq!(known_by.to_le_bytes(), digest[..8]);
    }
}
