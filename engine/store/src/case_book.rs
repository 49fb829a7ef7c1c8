//! The case book (案件台账): debts and their people, as the institution hands them over.
//!
//! Importing the same rows again changes nothing. A cell that is missing
//! leaves what is known; only a cell with something in it replaces it.

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use domain::ids::CaseId;
use domain::money::Fen;
use domain::party::{GuaranteeKind, Role};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::StoreError;
use crate::now::Now;
use crate::{Conn, ids, limitation, rows};

/// One debt as it was handed over. Its `Debug` form shows the number alone: the
/// other columns of a book can hold anything.
#[derive(Clone, Default)]
pub struct CaseRow {
    /// The institution's own loan number.
    pub case_no: String,
    /// The cooperative.
    pub org: Option<String>,
    /// The debtor's village.
    pub village: Option<String>,
    /// The loan product.
    pub product: Option<String>,
    /// Who works it.
    pub collector: Option<String>,
    /// The currency; `CNY` when missing.
    pub currency: Option<String>,
    /// The day the loan was paid out.
    pub opened_on: Option<Date>,
    /// The amount lent.
    pub principal: Option<Fen>,
    /// Other columns of the book.
    pub extra: Map<String, Value>,
    /// The row as a number, to know it by when it comes again.
    pub list_hash: Option<i64>,
    /// The people of the debt.
    pub people: Vec<PersonRow>,
}

/// One person of a debt. Its `Debug` form shows the role alone.
#[derive(Clone)]
pub struct PersonRow {
    /// The institution's own number of the person.
    pub party_no: String,
    /// What the person is to the debt.
    pub role: Role,
    /// Name.
    pub name: Option<String>,
    /// Number of the identity card.
    pub id_number: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// Bound account of the official WeChat channel.
    pub wechat: Option<String>,
    /// Postal address.
    pub address: Option<String>,
    /// Village.
    pub village: Option<String>,
    /// The day of death on record.
    pub deceased_on: Option<Date>,
    /// Consents and refusals, as JSON; `None` leaves what is known.
    pub consents: Option<Map<String, Value>>,
    /// Made up from the case number, for a book that lacks people.
    pub fictional: bool,
    /// What a guarantor has undertaken.
    pub guarantee: Option<GuaranteeRow>,
    /// Documents on record that tie the person to the debt; `None` leaves
    /// what is known.
    pub evidence: Option<Vec<String>>,
}

impl fmt::Debug for CaseRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaseRow({})", self.case_no)
    }
}

impl fmt::Debug for PersonRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonRow({})", self.role)
    }
}

/// What a guarantor has undertaken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct GuaranteeRow {
    /// General, or joint and several.
    pub kind: GuaranteeKind,
    /// The agreed length in months; 6 when nothing was agreed.
    pub period_months: Option<u32>,
}

/// What an import came to, in cases.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Imported {
    /// Cases that were not known.
    pub new: usize,
    /// Cases of which something, or somebody, has changed.
    pub changed: usize,
    /// Cases that are as they were.
    pub unchanged: usize,
}

/// Writes cases and their people. Of two rows with the same number the later
/// one counts.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written; nothing is imported
/// then.
pub async fn import_cases(
    conn: &mut Conn,
    now: &Now,
    cases: &[CaseRow],
) -> Result<Imported, StoreError> {
    let cases: BTreeMap<&str, &CaseRow> =
        cases.iter().map(|it| (it.case_no.as_str(), it)).collect();
    if cases.is_empty() {
        return Ok(Imported::default());
    }
    let numbers: Vec<&str> = cases.keys().copied().collect();
    let known: HashMap<String, i64> = rows::ask(conn, KNOWN_CASES, &numbers).await?;
    let ids = numbered(conn, &numbers, &known).await?;
    let mut changed = write_cases(conn, now, &cases, &ids, &known).await?;
    let people: Vec<(CaseId, &PersonRow)> = cases
        .iter()
        .filter_map(|(no, it)| Some((CaseId(*ids.get(no)?), *it)))
        .flat_map(|(id, it)| it.people.iter().map(move |person| (id, person)))
        .collect();
    changed.extend(import_people(conn, &people).await?);
    let hashes: Vec<(i64, i64)> = cases
        .values()
        .filter_map(|it| Some((*known.get(&it.case_no)?, it.list_hash?)))
        .collect();
    rows::run(conn, REMEMBER, &hashes).await?;
    let before: BTreeSet<i64> = known.values().copied().collect();
    let new = cases.len() - before.len();
    let changed: Vec<i64> = changed.intersection(&before).copied().collect();
    rows::run(conn, TOUCH, &changed).await?;
    let unchanged = before.len() - changed.len();
    Ok(Imported { new, changed: changed.len(), unchanged })
}

/// A case that is in the book.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct KnownCase {
    /// Its number.
    pub id: CaseId,
    /// Its row as it came last.
    pub list_hash: Option<i64>,
    /// The day up to which a list's balances hold what was booked, when its money
    /// came in by a list.
    pub balance_as_of_on: Option<Date>,
    /// 1 when anything was booked on it.
    pub has_entries: i64,
    /// 1 when anything falls due on it.
    pub has_dues: i64,
    /// Moves with every fact.
    pub facts_rev: i64,
    /// The currency.
    pub currency: String,
    /// Who works it.
    pub collector: Option<String>,
    /// The day the loan was paid out, or the first on which an opening was booked.
    pub opened_on: Option<Date>,
}

/// The cases of these loan numbers; those not known are missing.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn known(
    conn: &mut Conn,
    case_nos: &[&str],
) -> Result<HashMap<String, KnownCase>, StoreError> {
    let found: Vec<(String, KnownCase)> = rows::ask(conn, KNOWN, case_nos).await?;
    Ok(found.into_iter().collect())
}

/// Notes up to which day the balances of a list hold what was booked.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn set_balances_as_of(
    conn: &mut Conn,
    cases: &[(CaseId, Date)],
) -> Result<(), StoreError> {
    rows::run(conn, SET_AS_OF, cases).await?;
    Ok(())
}

/// Open cases with a balance that came in by a list and whose numbers lie behind
/// `after` and up to `until`, without those listed: how many, and the first few.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn missing(
    conn: &mut Conn,
    (after, until): (&str, &str),
    listed: &[&str],
) -> Result<(usize, Vec<String>), StoreError> {
    let listed = serde_json::to_string(listed)?;
    let count: i64 = sqlx::query_scalar(COUNT_MISSING)
        .bind(after)
        .bind(until)
        .bind(&listed)
        .fetch_one(&mut *conn)
        .await?;
    if count == 0 {
        return Ok((0, Vec::new()));
    }
    let first: String = sqlx::query_scalar(FIRST_MISSING)
        .bind(after)
        .bind(until)
        .bind(&listed)
        .fetch_one(conn)
        .await?;
    Ok((usize::try_from(count).unwrap_or(0), serde_json::from_str(&first)?))
}

const COUNT_MISSING: &str = "
    select count(*)
    from cases
    where $1 < case_no and case_no <= $2 and status = 'open' and 0 < balance_fen
      and list_hash is not null and case_no not in (select value from json_each($3))";

const FIRST_MISSING: &str = "
    select json_group_array(case_no)
    from (
      select case_no
      from cases
      where $1 < case_no and case_no <= $2 and status = 'open' and 0 < balance_fen
        and list_hash is not null and case_no not in (select value from json_each($3))
      order by case_no
      limit 5
    )";

/// The currency of the book: that of its first cases, all of them; `None` while
/// it is empty.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn currency(conn: &mut Conn) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar(CURRENCY).fetch_optional(conn).await?)
}

/// The case of a loan number.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn find_case(
    conn: &mut Conn,
    case_no: &str,
) -> Result<Option<CaseId>, StoreError> {
    let found: HashMap<String, i64> = rows::ask(conn, KNOWN_CASES, &[case_no]).await?;
    Ok(found.get(case_no).copied().map(CaseId))
}

/// The cases of many loan numbers; those not known are missing.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn find_cases(
    conn: &mut Conn,
    case_nos: &[&str],
) -> Result<HashMap<String, CaseId>, StoreError> {
    let found: HashMap<String, CaseId> = rows::ask(conn, KNOWN_CASES, case_nos).await?;
    Ok(found)
}

/// The loan numbers of cases.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn case_nos(
    conn: &mut Conn,
    cases: &[CaseId],
) -> Result<HashMap<CaseId, String>, StoreError> {
    let found: Vec<(CaseId, String)> = rows::ask(conn, CASE_NOS, cases).await?;
    Ok(found.into_iter().collect())
}

const CASE_NOS: &str = "
    select json_group_array(json_array(id, case_no))
    from cases
    where id in (select value from json_each($1))";

/// What a list can change of known cases, by column; people column by column.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn columns(
    conn: &mut Conn,
    case_nos: &[&str],
) -> Result<HashMap<CaseId, Map<String, Value>>, StoreError> {
    let found: Vec<(CaseId, Map<String, Value>, People)> =
        rows::ask(conn, COLUMNS, case_nos).await?;
    Ok(found
        .into_iter()
        .map(|(id, own, people)| (id, with_people(own, &people)))
        .collect())
}

/// The people of a case, each with the columns of [`OF_PEOPLE`].
type People = Vec<Vec<Value>>;

/// The columns of people, in the order of [`COLUMNS`].
const OF_PEOPLE: [&str; 7] =
    ["people", "name", "id_number", "phone", "wechat", "address", "person_village"];

fn with_people(mut columns: Map<String, Value>, people: &People) -> Map<String, Value> {
    for (at, name) in OF_PEOPLE.iter().enumerate() {
        let cells = people.iter().filter_map(|it| it.get(at).cloned()).collect();
        columns.insert((*name).to_owned(), Value::Array(cells));
    }
    columns
}

const COLUMNS: &str = "
    select json_group_array(json_array(
      c.id,
      json_object(
        'org', c.org, 'village', c.village, 'product', c.product,
        'collector', c.collector, 'currency', c.currency, 'opened_on', c.opened_on,
        'principal', c.principal_fen, 'extra', c.extra),
      (select json_group_array(json_array(
          cp.role || ' ' || cp.party_id, p.name, p.id_number, p.phone, p.wechat,
          p.address, p.village) order by cp.role, cp.party_id)
       from case_parties cp
       join parties p on p.id = cp.party_id
       where cp.case_id = c.id)))
    from cases c
    where c.case_no in (select value from json_each($1))";

/// Numbers for all, fresh ones for those not known.
async fn numbered<'a>(
    conn: &mut Conn,
    all: &[&'a str],
    known: &HashMap<String, i64>,
) -> Result<HashMap<&'a str, i64>, StoreError> {
    let new: Vec<&str> =
        all.iter().copied().filter(|it| !known.contains_key(*it)).collect();
    let first = if new.is_empty() { 0 } else { ids::allocate(conn, new.len()).await? };
    let mut ids: HashMap<&str, i64> = new.into_iter().zip(first..).collect();
    let known = all.iter().filter_map(|it| Some((*it, *known.get(*it)?)));
    ids.extend(known);
    Ok(ids)
}

/// Answers the cases that were changed.
async fn write_cases(
    conn: &mut Conn,
    now: &Now,
    cases: &BTreeMap<&str, &CaseRow>,
    ids: &HashMap<&str, i64>,
    known: &HashMap<String, i64>,
) -> Result<BTreeSet<i64>, StoreError> {
    let is_known = |it: &(&&str, &&CaseRow)| known.contains_key(*it.0);
    let (old, new): (Vec<_>, Vec<_>) = cases.iter().partition(is_known);
    let list = |of: &[(&&str, &&CaseRow)]| {
        let cells = of.iter().map(|(no, it)| it.cells(ids.get(*no)));
        serde_json::to_string(&cells.collect::<Vec<_>>())
    };
    let today = now.today().to_string();
    if !new.is_empty() {
        let insert = sqlx::query(INSERT_CASES).bind(list(&new)?).bind(&today);
        insert.execute(&mut *conn).await?;
    }
    if old.is_empty() {
        return Ok(BTreeSet::new());
    }
    let written: Vec<i64> = sqlx::query_scalar(UPSERT_CASES)
        .bind(list(&old)?)
        .bind(today)
        .fetch_all(conn)
        .await?;
    Ok(written.into_iter().collect())
}

/// Answers the cases of which somebody was new or changed.
async fn import_people(
    conn: &mut Conn,
    people: &[(CaseId, &PersonRow)],
) -> Result<BTreeSet<i64>, StoreError> {
    if people.is_empty() {
        return Ok(BTreeSet::new());
    }
    let parties = each_once(people);
    let numbers: Vec<&str> = parties.keys().copied().collect();
    let known: HashMap<String, i64> = rows::ask(conn, KNOWN_PARTIES, &numbers).await?;
    let ids = numbered(conn, &numbers, &known).await?;
    let (old, new): (Vec<_>, Vec<_>) =
        parties.iter().partition(|it| known.contains_key(*it.0));
    let new: Vec<_> = new.iter().map(|(no, it)| it.cells(ids.get(*no))).collect();
    rows::run(conn, INSERT_PARTIES, &new).await?;
    let mut changed = BTreeSet::new();
    if !old.is_empty() {
        let old: Vec<_> = old.iter().map(|(no, it)| it.cells(ids.get(*no))).collect();
        let written: Vec<i64> = sqlx::query_scalar(UPSERT_PARTIES)
            .bind(serde_json::to_string(&old)?)
            .fetch_all(&mut *conn)
            .await?;
        let cases: Vec<i64> = rows::ask(conn, CASES_OF_PARTIES, &written).await?;
        changed.extend(cases);
    }
    changed.extend(tie(conn, people, &ids).await?);
    Ok(changed)
}

/// Each person once. Of somebody who stands there several times a later cell replaces
/// an earlier one only with something in it.
fn each_once<'a>(
    people: &[(CaseId, &'a PersonRow)],
) -> BTreeMap<&'a str, Cow<'a, PersonRow>> {
    let mut parties: BTreeMap<&str, Cow<'_, PersonRow>> = BTreeMap::new();
    for (_, person) in people {
        match parties.entry(&person.party_no) {
            Entry::Vacant(place) => {
                place.insert(Cow::Borrowed(*person));
            }
            Entry::Occupied(mut place) => place.get_mut().to_mut().take_in(person),
        }
    }
    parties
}

/// A row as one array of cells: a database finds a cell of an array by its place, and
/// one of an object by comparing names.
#[derive(Serialize)]
#[serde(untagged)]
enum Cell<'a> {
    Number(Option<i64>),
    Text(Option<&'a str>),
    Day(Option<Date>),
    Map(Option<&'a Map<String, Value>>),
}

impl CaseRow {
    fn cells(&self, id: Option<&i64>) -> [Cell<'_>; 11] {
        [
            Cell::Number(id.copied()),
            Cell::Text(Some(&self.case_no)),
            Cell::Text(self.org.as_deref()),
            Cell::Text(self.village.as_deref()),
            Cell::Text(self.product.as_deref()),
            Cell::Text(self.collector.as_deref()),
            Cell::Text(self.currency.as_deref()),
            Cell::Day(self.opened_on),
            Cell::Number(self.principal.map(|it| it.0)),
            Cell::Map(Some(&self.extra)),
            Cell::Number(self.list_hash),
        ]
    }
}

impl PersonRow {
    fn cells(&self, id: Option<&i64>) -> [Cell<'_>; 11] {
        [
            Cell::Number(id.copied()),
            Cell::Text(Some(&self.party_no)),
            Cell::Text(self.name.as_deref()),
            Cell::Text(self.id_number.as_deref()),
            Cell::Text(self.phone.as_deref()),
            Cell::Text(self.wechat.as_deref()),
            Cell::Text(self.address.as_deref()),
            Cell::Text(self.village.as_deref()),
            Cell::Day(self.deceased_on),
            Cell::Map(self.consents.as_ref()),
            Cell::Number(Some(i64::from(self.fictional))),
        ]
    }

    fn take_in(&mut self, later: &Self) {
        let cells = [
            (&mut self.name, &later.name),
            (&mut self.id_number, &later.id_number),
            (&mut self.phone, &later.phone),
            (&mut self.wechat, &later.wechat),
            (&mut self.address, &later.address),
            (&mut self.village, &later.village),
        ];
        for (own, later) in cells {
            if later.as_ref().is_some_and(|it| !it.is_empty()) {
                own.clone_from(later);
            }
        }
        self.deceased_on = later.deceased_on.or(self.deceased_on);
        self.consents = later.consents.clone().or_else(|| self.consents.take());
        self.fictional &= later.fictional;
    }
}

/// Case, person, role, documents, what a guarantor has undertaken, for how long.
type Tie<'a> =
    (CaseId, Option<&'a i64>, Role, Option<String>, Option<GuaranteeKind>, Option<u32>);

/// Ties people to their cases. Answers the cases where that was news.
async fn tie(
    conn: &mut Conn,
    people: &[(CaseId, &PersonRow)],
    ids: &HashMap<&str, i64>,
) -> Result<BTreeSet<i64>, StoreError> {
    // The last of two ties of the same person counts.
    let mut ties: BTreeMap<(CaseId, &str, &str), Tie<'_>> = BTreeMap::new();
    for (case_id, it) in people {
        let evidence = it.evidence.as_ref().map(serde_json::to_string).transpose()?;
        let tie = (
            *case_id,
            ids.get(it.party_no.as_str()),
            it.role,
            evidence,
            it.guarantee.map(|it| it.kind),
            it.guarantee.and_then(|it| it.period_months),
        );
        ties.insert((*case_id, &it.party_no, it.role.as_str()), tie);
    }
    let ties: Vec<Tie<'_>> = ties.into_values().collect();
    let text = serde_json::to_string(&ties)?;
    let mut changed: Vec<i64> =
        sqlx::query_scalar(UPSERT_TIES).bind(&text).fetch_all(&mut *conn).await?;
    let guarantees: Vec<&Tie<'_>> = ties.iter().filter(|it| it.4.is_some()).collect();
    if !guarantees.is_empty() {
        let text = serde_json::to_string(&guarantees)?;
        let guaranteed: Vec<i64> = sqlx::query_scalar(UPSERT_GUARANTEES)
            .bind(text)
            .fetch_all(&mut *conn)
            .await?;
        limitation::recompute(conn, &guaranteed).await?;
        changed.extend(guaranteed);
    }
    Ok(changed.into_iter().collect())
}

/// One line of the case list. Its people are shown by name only where staff
/// ask for one case.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct CaseLine {
    /// Its number.
    pub id: CaseId,
    /// The loan number.
    pub case_no: String,
    /// `open`, `dismissed`, `written_off`.
    pub status: String,
    /// The collector.
    pub collector: Option<String>,
    /// The village.
    pub village: Option<String>,
    /// Still owed.
    pub balance: Fen,
    /// The oldest unpaid due date.
    pub oldest_unpaid_on: Option<Date>,
    /// The reasons of the holds in force, joined by ','.
    pub holds: String,
}

/// Cases by number after `after`, at most `limit`.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn list(
    conn: &mut Conn,
    after: i64,
    limit: i64,
) -> Result<Vec<CaseLine>, StoreError> {
    let text: String =
        sqlx::query_scalar(LIST).bind(after).bind(limit).fetch_one(conn).await?;
    Ok(serde_json::from_str(&text)?)
}

const KNOWN_CASES: &str = "
    select json_group_object(case_no, id)
    from cases
    where case_no in (select value from json_each($1))";

const KNOWN: &str = "
    select json_group_array(json_array(c.case_no, json_array(
      c.id, c.list_hash, c.balance_as_of_on,
      exists (select 1 from ledger l where l.case_id = c.id), c.due_fen <> 0,
      c.facts_rev, c.currency, c.collector,
      coalesce(c.opened_on, (
        select min(l.booked_on) from ledger l where l.case_id = c.id and l.kind = 'open')))))
    from cases c
    where c.case_no in (select value from json_each($1))";

const SET_AS_OF: &str = "
    update cases
    set balance_as_of_on = d.value ->> 1
    from json_each($1) d
    where cases.id = d.value ->> 0";

const CURRENCY: &str =
    "select currency from cases where id = (select min(id) from cases)";

const REMEMBER: &str = "
    update cases
    set list_hash = h.value ->> 1
    from json_each($1) h
    where cases.id = h.value ->> 0 and cases.list_hash is distinct from h.value ->> 1";

const KNOWN_PARTIES: &str = "
    select json_group_object(party_no, id)
    from parties
    where party_no in (select value from json_each($1))";

const INSERT_CASES: &str = "
    insert into cases
      (id, case_no, org, village, product, collector, currency, opened_on,
       principal_fen, extra, list_hash, known_since_on)
    select value ->> 0, value ->> 1, coalesce(value ->> 2, ''), value ->> 3, value ->> 4,
      value ->> 5, coalesce(value ->> 6, 'CNY'), value ->> 7, coalesce(value ->> 8, 0),
      value ->> 9, value ->> 10, $2
    from json_each($1)";

const UPSERT_CASES: &str = "
    insert into cases
      (id, case_no, org, village, product, collector, currency, opened_on,
       principal_fen, extra, list_hash, known_since_on)
    select value ->> 0, value ->> 1, coalesce(value ->> 2, ''), value ->> 3, value ->> 4,
      value ->> 5, coalesce(value ->> 6, k.currency, 'CNY'), value ->> 7,
      coalesce(value ->> 8, 0), value ->> 9, value ->> 10, $2
    from json_each($1)
    left join cases k on k.id = value ->> 0
    where true
    on conflict (id) do update set
      org = coalesce(nullif(excluded.org, ''), cases.org),
      village = coalesce(excluded.village, cases.village),
      product = coalesce(excluded.product, cases.product),
      collector = coalesce(excluded.collector, cases.collector),
      currency = excluded.currency,
      opened_on = coalesce(excluded.opened_on, cases.opened_on),
      principal_fen = coalesce(nullif(excluded.principal_fen, 0), cases.principal_fen),
      extra = coalesce(nullif(excluded.extra, '{}'), cases.extra)
    where cases.org <> coalesce(nullif(excluded.org, ''), cases.org)
      or cases.village is distinct from coalesce(excluded.village, cases.village)
      or cases.product is distinct from coalesce(excluded.product, cases.product)
      or cases.collector is distinct from coalesce(excluded.collector, cases.collector)
      or cases.currency <> excluded.currency
      or cases.opened_on is distinct from coalesce(excluded.opened_on, cases.opened_on)
      or cases.principal_fen
        <> coalesce(nullif(excluded.principal_fen, 0), cases.principal_fen)
      or cases.extra <> coalesce(nullif(excluded.extra, '{}'), cases.extra)
    returning id";

const INSERT_PARTIES: &str = "
    insert into parties
      (id, party_no, name, id_number, phone, wechat, address, village, deceased_on,
       consents, fictional)
    select value ->> 0, value ->> 1, coalesce(value ->> 2, ''), value ->> 3, value ->> 4,
      value ->> 5, value ->> 6, value ->> 7, value ->> 8, coalesce(value ->> 9, '{}'),
      value ->> 10
    from json_each($1)";

const UPSERT_PARTIES: &str = "
    insert into parties
      (id, party_no, name, id_number, phone, wechat, address, village, deceased_on,
       consents, fictional)
    select value ->> 0, value ->> 1, coalesce(value ->> 2, ''), value ->> 3, value ->> 4,
      value ->> 5, value ->> 6, value ->> 7, value ->> 8, coalesce(value ->> 9, '{}'),
      value ->> 10
    from json_each($1)
    where true
    on conflict (id) do update set
      name = coalesce(nullif(excluded.name, ''), parties.name),
      id_number = coalesce(excluded.id_number, parties.id_number),
      phone = coalesce(excluded.phone, parties.phone),
      wechat = coalesce(excluded.wechat, parties.wechat),
      address = coalesce(excluded.address, parties.address),
      village = coalesce(excluded.village, parties.village),
      deceased_on = coalesce(excluded.deceased_on, parties.deceased_on),
      consents = coalesce(nullif(excluded.consents, '{}'), parties.consents),
      fictional = excluded.fictional
    where parties.name <> coalesce(nullif(excluded.name, ''), parties.name)
      or parties.id_number is distinct from coalesce(excluded.id_number, parties.id_number)
      or parties.phone is distinct from coalesce(excluded.phone, parties.phone)
      or parties.wechat is distinct from coalesce(excluded.wechat, parties.wechat)
      or parties.address is distinct from coalesce(excluded.address, parties.address)
      or parties.village is distinct from coalesce(excluded.village, parties.village)
      or parties.deceased_on
        is distinct from coalesce(excluded.deceased_on, parties.deceased_on)
      or parties.consents <> coalesce(nullif(excluded.consents, '{}'), parties.consents)
      or parties.fictional <> excluded.fictional
    returning id";

const CASES_OF_PARTIES: &str = "
    select json_group_array(distinct case_id)
    from case_parties
    where party_id in (select value from json_each($1))";

const UPSERT_TIES: &str = "
    insert into case_parties (case_id, party_id, role, evidence)
    select value ->> 0, value ->> 1, value ->> 2, coalesce(value ->> 3, '[]')
    from json_each($1)
    where true
    on conflict (case_id, party_id, role) do update set evidence = excluded.evidence
    where excluded.evidence <> '[]' and case_parties.evidence <> excluded.evidence
    returning case_id";

const UPSERT_GUARANTEES: &str = "
    insert into guarantees (case_id, party_id, kind, period_months)
    select value ->> 0, value ->> 1, value ->> 4, coalesce(value ->> 5, 6)
    from json_each($1)
    where true
    on conflict (case_id, party_id) do update set
      kind = excluded.kind, period_months = excluded.period_months
    where guarantees.kind <> excluded.kind
      or guarantees.period_months <> excluded.period_months
    returning case_id";

const TOUCH: &str = "
    update cases
    set facts_rev = facts_rev + 1
    where id in (select value from json_each($1))";

const LIST: &str = "
    select json_group_array(json_array(
      id, case_no, status, collector, village, balance_fen, oldest_unpaid_on, holds)
      order by id)
    from (
      select id, case_no, status, collector, village, balance_fen, oldest_unpaid_on, holds
      from cases
      where $1 < id
      order by id
      limit $2
    )";
