//! The case book (案件台账): debts and their people, as the institution hands them over.
//!
//! Importing the same rows again changes nothing. A cell that is missing
//! leaves what is known; only a cell with something in it replaces it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use domain::ids::CaseId;
use domain::money::Fen;
use domain::party::{GuaranteeKind, Role};
use foldhash::HashMap;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::StoreError;
use crate::now::Now;
use crate::rows::{AsText, Cell, Column};
use crate::{Conn, case_people, holds, ids, limitation, rows};

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
    /// The last day of the loan. The first one that a list names stands: what an
    /// institution puts off by itself moves no clock (Civil Code 544).
    pub contract_ends_on: Option<Date>,
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
    /// Guarantors of whom the list says something else than what was entered by hand,
    /// which stays.
    pub kept_guarantees: usize,
}

/// Numbers that were looked up in the book before, with their ids; `None` stands for
/// one that is not in it.
#[derive(Debug, Default)]
pub struct LookedUp<'a> {
    /// Loan numbers.
    pub cases: HashMap<&'a str, Option<i64>>,
    /// Numbers of people.
    pub people: HashMap<&'a str, Option<i64>>,
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
    import_looked_up(conn, now, cases, &LookedUp::default()).await
}

/// [`import_cases`] for whoever has looked up some of the numbers within the same
/// transaction: only the others are asked for.
///
/// # Errors
///
/// As [`import_cases`].
pub async fn import_looked_up(
    conn: &mut Conn,
    now: &Now,
    cases: &[CaseRow],
    looked_up: &LookedUp<'_>,
) -> Result<Imported, StoreError> {
    let cases: BTreeMap<&str, &CaseRow> =
        cases.iter().map(|case| (case.case_no.as_str(), case)).collect();
    if cases.is_empty() {
        return Ok(Imported::default());
    }
    let numbers: Vec<&str> = cases.keys().copied().collect();
    let known = known_among(conn, KNOWN_CASES, &numbers, &looked_up.cases).await?;
    let before: BTreeSet<i64> = known.values().copied().collect();
    let ids = numbered(conn, &numbers, &known).await?;
    let mut changed = write_cases(conn, now, &cases, &ids, &known).await?;
    let people: Vec<(CaseId, &PersonRow)> = cases
        .iter()
        .filter_map(|(no, it)| Some((CaseId(*ids.get(no)?), *it)))
        .flat_map(|(id, it)| it.people.iter().map(move |person| (id, person)))
        .collect();
    let taken = case_people::import(conn, &people, &before, &looked_up.people).await?;
    changed.extend(taken.changed);
    let written: Vec<i64> = ids.values().copied().collect();
    holds::persons::follow(conn, now, &written).await?;
    let hashes: Vec<(i64, i64)> = cases
        .values()
        .filter_map(|it| Some((*known.get(it.case_no.as_str())?, it.list_hash?)))
        .collect();
    rows::run(conn, REMEMBER, &hashes).await?;
    let new = cases.len() - before.len();
    let changed: Vec<i64> = changed.intersection(&before).copied().collect();
    rows::run(conn, TOUCH, &changed).await?;
    let unchanged = before.len() - changed.len();
    let kept_guarantees = taken.kept_guarantees;
    Ok(Imported { new, changed: changed.len(), unchanged, kept_guarantees })
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
    /// The last day of which these balances hold all payments: the day before, where the
    /// list came in before its day was over.
    pub balance_held_on: Option<Date>,
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
    // The numbers of a list come in order, so those of a new book lie behind all that
    // is in it, and one look spares as many as there are rows.
    if !any_between(conn, case_nos).await? {
        return Ok(HashMap::default());
    }
    let found: Vec<(String, KnownCase)> = rows::ask(conn, KNOWN, case_nos).await?;
    Ok(found.into_iter().collect())
}

/// What is known to have been lent on these loan numbers, what is owed of it, and what
/// of that has been called due and is not covered, in fen; those not known are missing.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn amounts(
    conn: &mut Conn,
    case_nos: &[&str],
) -> Result<HashMap<String, (i64, i64, i64)>, StoreError> {
    if !any_between(conn, case_nos).await? {
        return Ok(HashMap::default());
    }
    let found: Vec<(String, (i64, i64, i64))> =
        rows::ask(conn, AMOUNTS, case_nos).await?;
    Ok(found.into_iter().collect())
}

/// Whether the book has any case from the least of these numbers up to the greatest.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn any_between(conn: &mut Conn, case_nos: &[&str]) -> Result<bool, StoreError> {
    let (Some(least), Some(greatest)) = (case_nos.iter().min(), case_nos.iter().max())
    else {
        return Ok(false);
    };
    let found: i64 = sqlx::query_scalar(ANY_BETWEEN)
        .bind(*least)
        .bind(*greatest)
        .fetch_one(conn)
        .await?;
    Ok(found != 0)
}

/// What a list says of one loan's balances beside what is booked of them.
#[derive(Clone, Copy, Debug)]
pub struct ListedBalance {
    /// The loan.
    pub case_id: CaseId,
    /// Up to which day the balances hold what was booked.
    pub through: Date,
    /// The last day of which they hold all payments, where that is not the same: the
    /// list came in before its day was over.
    pub held: Option<Date>,
    /// Of what is overdue the principal, where the list says so.
    pub principal: Option<Fen>,
    /// The interest.
    pub interest: Option<Fen>,
    /// The penalty interest.
    pub penalty: Option<Fen>,
}

/// Notes up to which day the balances of a list hold what was booked, and what the
/// overdue amount consists of.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn set_balances_as_of(
    conn: &mut Conn,
    cases: &[ListedBalance],
) -> Result<(), StoreError> {
    let cells = |it: &ListedBalance| {
        (it.case_id, it.through, it.held, it.principal, it.interest, it.penalty)
    };
    let cases: Vec<_> = cases.iter().map(cells).collect();
    rows::run(conn, SET_AS_OF, &cases).await?;
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
      and list_hash is not null
      and case_no not in (select s.case_no from list($3) as s (case_no text))";

const FIRST_MISSING: &str = "
    select json_group_array(f.case_no order by f.case_no)
    from (
      select case_no
      from cases
      where $1 < case_no and case_no <= $2 and status = 'open' and 0 < balance_fen
        and list_hash is not null
        and case_no not in (select s.case_no from list($3) as s (case_no text))
      order by case_no
      limit 5
    ) as f";

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
    where id in (select s.id from list($1) as s (id bigint))";

/// What a list can change of known cases, by column; of people, column by column, what
/// stands there of each.
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
    let who = |person: &[Value]| person.first()?.as_str().map(str::to_owned);
    for (at, name) in OF_PEOPLE.iter().enumerate() {
        let cells = people
            .iter()
            .filter_map(|person| Some((who(person)?, person.get(at)?.clone())));
        columns.insert((*name).to_owned(), Value::Object(cells.collect()));
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
    where c.case_no in (select s.case_no from list($1) as s (case_no text))";

/// The ids of those of some numbers that the book knows; what was looked up before is
/// not asked for again.
pub(crate) async fn known_among<'a>(
    conn: &mut Conn,
    statement: &'static str,
    all: &[&'a str],
    looked_up: &HashMap<&str, Option<i64>>,
) -> Result<HashMap<&'a str, i64>, StoreError> {
    let unasked: Vec<&str> =
        all.iter().copied().filter(|it| !looked_up.contains_key(it)).collect();
    let found: HashMap<String, i64> = if unasked.is_empty() {
        HashMap::default()
    } else {
        rows::ask(conn, statement, &unasked).await?
    };
    let id = |it: &str| match looked_up.get(it) {
        Some(before) => *before,
        None => found.get(it).copied(),
    };
    Ok(all.iter().filter_map(|it| Some((*it, id(it)?))).collect())
}

/// Numbers for all, fresh ones for those not known.
pub(crate) async fn numbered<'a>(
    conn: &mut Conn,
    all: &[&'a str],
    known: &HashMap<&'a str, i64>,
) -> Result<HashMap<&'a str, i64>, StoreError> {
    let new: Vec<&str> =
        all.iter().copied().filter(|it| !known.contains_key(it)).collect();
    let first = if new.is_empty() { 0 } else { ids::allocate(conn, new.len()).await? };
    let mut ids: HashMap<&str, i64> = new.into_iter().zip(first..).collect();
    ids.extend(known);
    Ok(ids)
}

/// Answers the cases that were changed.
async fn write_cases(
    conn: &mut Conn,
    now: &Now,
    cases: &BTreeMap<&str, &CaseRow>,
    ids: &HashMap<&str, i64>,
    known: &HashMap<&str, i64>,
) -> Result<BTreeSet<i64>, StoreError> {
    let is_known = |it: &(&&str, &&CaseRow)| known.contains_key(*it.0);
    let (old, new): (Vec<_>, Vec<_>) = cases.iter().partition(is_known);
    let today = now.today().to_string();
    let new: Vec<_> = new.iter().map(|it| it.1.cells(ids.get(*it.0), &today)).collect();
    rows::insert(conn, "cases", &CASE_COLUMNS, &new).await?;
    if old.is_empty() {
        return Ok(BTreeSet::new());
    }
    let old: Vec<_> = old.iter().map(|it| it.1.cells(ids.get(*it.0), &today)).collect();
    let old = serde_json::to_string(&old)?;
    let written: Vec<i64> =
        sqlx::query_scalar(UPSERT_CASES).bind(old).fetch_all(&mut *conn).await?;
    // The last day of a loan may be told for the first time.
    if cases.values().any(|row| row.contract_ends_on.is_some()) {
        limitation::recompute(conn, &written).await?;
    }
    Ok(written.into_iter().collect())
}

impl CaseRow {
    fn cells<'a>(&'a self, id: Option<&i64>, today: &'a str) -> [Cell<'a>; 13] {
        [
            Cell::Number(id.copied()),
            Cell::Text(Some(&self.case_no)),
            Cell::Text(self.org.as_deref()),
            Cell::Text(self.village.as_deref()),
            Cell::Text(self.product.as_deref()),
            Cell::Text(self.collector.as_deref()),
            Cell::Text(self.currency.as_deref()),
            Cell::Day(self.opened_on),
            Cell::Day(self.contract_ends_on),
            Cell::Number(self.principal.map(|principal| principal.0)),
            Cell::Map(Some(AsText(&self.extra))),
            Cell::Number(self.list_hash),
            Cell::Text(Some(today)),
        ]
    }
}

/// The columns of [`CaseRow::cells`].
const CASE_COLUMNS: [Column; 13] = [
    Column::bigint("id"),
    Column::text("case_no"),
    Column::text("org").or("''"),
    Column::text("village"),
    Column::text("product"),
    Column::text("collector"),
    Column::text("currency").or("'CNY'"),
    Column::text("opened_on"),
    Column::text("contract_ends_on"),
    Column::bigint("principal_fen").or("0"),
    Column::text("extra").or("'{}'"),
    Column::bigint("list_hash"),
    Column::text("known_since_on"),
];

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

/// How a claim stands: `open`, `dismissed`, `written_off`.
///
/// # Errors
///
/// [`StoreError`] when there is no such case or the database cannot be read.
pub async fn status(conn: &mut Conn, case: CaseId) -> Result<String, StoreError> {
    const STATUS: &str = "select status from cases where id = $1";
    Ok(sqlx::query_scalar(STATUS).bind(case.0).fetch_one(conn).await?)
}

const SET_CHARACTER: &str = "\
update cases set cause = $2, debtor_type = $3 where id = $1";

/// Sets why a debtor does not pay and what kind of debtor that is; `None` is unknown.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn set_character(
    conn: &mut Conn,
    case: CaseId,
    cause: Option<&str>,
    debtor_type: Option<&str>,
) -> Result<(), StoreError> {
    let set = sqlx::query(SET_CHARACTER).bind(case.0);
    let set = set.bind(cause.map(str::to_owned)).bind(debtor_type.map(str::to_owned));
    set.execute(conn).await?;
    Ok(())
}

/// Whether a case has a text in its `village`, `org`, `collector` or `product`.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn has_value(
    conn: &mut Conn,
    field: &str,
    value: &str,
) -> Result<bool, StoreError> {
    let found: i64 =
        sqlx::query_scalar(HAS_VALUE).bind(field).bind(value).fetch_one(conn).await?;
    Ok(found != 0)
}

/// The texts that cases have in such a field, some two hundred of them.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn values(conn: &mut Conn, field: &str) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query_scalar(VALUES).bind(field).fetch_all(conn).await?;
    Ok(rows)
}

/// Each field in words of its own: by villages and collectors there is an index.
const HAS_VALUE: &str = "\
select cast(case $1
  when 'village' then exists (select 1 from cases where village = $2)
  when 'collector' then exists (select 1 from cases where collector = $2)
  when 'org' then exists (select 1 from cases where org = $2)
  when 'product' then exists (select 1 from cases where product = $2) end as integer)";

const VALUES: &str = "\
select distinct it from (select case $1
  when 'village' then village
  when 'org' then org
  when 'collector' then collector
  when 'product' then product end as it from cases) as v
where it <> '' order by it limit 200";

const KNOWN_CASES: &str = "
    select json_group_object(case_no, id)
    from cases
    where case_no in (select s.case_no from list($1) as s (case_no text))";

const KNOWN: &str = "
    select json_group_array(json_array(c.case_no, json_array(
      c.id, c.list_hash, c.balance_as_of_on,
      coalesce(c.balance_held_on, c.balance_as_of_on),
      cast(exists (select 1 from ledger l where l.case_id = c.id) as integer),
      cast(c.due_fen <> 0 as integer), c.facts_rev, c.currency, c.collector,
      coalesce(c.opened_on, (
        select min(l.booked_on) from ledger l
        -- what the balances of a list open has no day of its own
        where l.case_id = c.id and l.kind = 'open' and l.source not like 'snapshot:%')))))
    from cases c
    where c.case_no in (select s.case_no from list($1) as s (case_no text))";

const AMOUNTS: &str = "
    select json_group_array(json_array(
      c.case_no,
      json_array(
        c.principal_fen, c.balance_fen, c.due_fen - c.paid_fen - c.waived_fen)))
    from cases c
    where c.case_no in (select s.case_no from list($1) as s (case_no text))";

const ANY_BETWEEN: &str = "
    select cast(exists (
      select 1 from cases where $1 <= case_no and case_no <= $2) as integer)";

const SET_AS_OF: &str = "
    update cases
    set balance_as_of_on = s.as_of_on, balance_held_on = s.held_on,
      listed_principal_fen = s.principal_fen,
      listed_interest_fen = s.interest_fen,
      listed_penalty_fen = s.penalty_fen
    from batch($1) as s (
      id bigint, as_of_on text, held_on text, principal_fen bigint, interest_fen bigint,
      penalty_fen bigint)
    where cases.id = s.id";

const CURRENCY: &str =
    "select currency from cases where id = (select min(id) from cases)";

const REMEMBER: &str = "
    update cases
    set list_hash = s.list_hash
    from batch($1) as s (id bigint, list_hash bigint)
    where cases.id = s.id and cases.list_hash is distinct from s.list_hash";

const UPSERT_CASES: &str = "
    insert into cases
      (id, case_no, org, village, product, collector, currency, opened_on,
       contract_ends_on, principal_fen, extra, list_hash, known_since_on)
    select s.id, s.case_no, coalesce(s.org, ''), s.village, s.product, s.collector,
      coalesce(s.currency, k.currency, 'CNY'), s.opened_on,
      s.contract_ends_on, coalesce(s.principal_fen, 0), s.extra, s.list_hash, s.known_since_on
    from batch($1) as s (
      id bigint, case_no text, org text, village text, product text, collector text,
      currency text, opened_on text, contract_ends_on text, principal_fen bigint,
      extra text, list_hash bigint, known_since_on text)
    left join cases k on k.id = s.id
    where true
    on conflict (id) do update set
      org = coalesce(nullif(excluded.org, ''), cases.org),
      village = coalesce(excluded.village, cases.village),
      product = coalesce(excluded.product, cases.product),
      collector = case
        when excluded.collector is null
          or excluded.collector = cases.listed_collector then cases.collector
        else excluded.collector end,
      listed_collector = case
        when excluded.collector is null
          or excluded.collector = cases.listed_collector then cases.listed_collector end,
      currency = excluded.currency,
      opened_on = coalesce(excluded.opened_on, cases.opened_on),
      contract_ends_on = coalesce(cases.contract_ends_on, excluded.contract_ends_on),
      principal_fen = coalesce(nullif(excluded.principal_fen, 0), cases.principal_fen),
      extra = coalesce(nullif(excluded.extra, '{}'), cases.extra)
    where cases.org <> coalesce(nullif(excluded.org, ''), cases.org)
      or cases.village is distinct from coalesce(excluded.village, cases.village)
      or cases.product is distinct from coalesce(excluded.product, cases.product)
      or (excluded.collector is not null
        and excluded.collector is distinct from cases.listed_collector
        and cases.collector is distinct from excluded.collector)
      or cases.currency <> excluded.currency
      or cases.opened_on is distinct from coalesce(excluded.opened_on, cases.opened_on)
      or (cases.contract_ends_on is null and excluded.contract_ends_on is not null)
      or cases.principal_fen
        <> coalesce(nullif(excluded.principal_fen, 0), cases.principal_fen)
      or cases.extra <> coalesce(nullif(excluded.extra, '{}'), cases.extra)
    returning id";

const TOUCH: &str = "
    update cases
    set facts_rev = facts_rev + 1
    where id in (select s.id from list($1) as s (id bigint))";

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
    ) as c";
