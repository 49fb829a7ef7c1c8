//! What entries of the ledger consist of (款项构成): principal, interest, penalty and
//! costs, as they were given, and what is owed of each, derived from them.

use domain::components::{Components, Division, Line, PaymentOrder, divide};
use domain::ids::{CaseId, EntryId};
use domain::ledger::EntryKind;
use domain::money::Fen;
use foldhash::HashMap;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use crate::{Conn, StoreError, meta, rows};

/// Under which name the store keeps the order of payment of the rules in force.
const ORDER: &str = "contract_order";

/// The order in which the institution takes payments for what is owed, by the rules in
/// force; that of the law where they name none.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn order(conn: &mut Conn) -> Result<PaymentOrder, StoreError> {
    let noted = meta::text(conn, ORDER).await?;
    let order = noted.and_then(|it| PaymentOrder::of_words(it.split(',')));
    Ok(order.unwrap_or_default())
}

/// Notes the order of the rules that come into force.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn set_order(conn: &mut Conn, order: PaymentOrder) -> Result<(), StoreError> {
    meta::set_text(conn, ORDER, &order.words()).await
}

/// What became of the parts that were given of some entries.
#[derive(Debug, Default)]
pub struct Given {
    /// The entries of which nothing was known before.
    pub noted: Vec<EntryId>,
    /// The places of those of which the book says something else.
    pub otherwise: Vec<usize>,
}

/// Notes what entries consist of, each once: what was noted before stays. Only of due
/// items, payments and waivers, and only where the parts make up the entry; others are
/// left out.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn give(
    conn: &mut Conn,
    given: &[(EntryId, Components)],
) -> Result<Given, StoreError> {
    if given.is_empty() {
        return Ok(Given::default());
    }
    let cells = given
        .iter()
        .map(|(entry, it)| (*entry, it.principal, it.interest, it.penalty, it.cost));
    let cells: Vec<_> = cells.collect();
    let noted: Vec<EntryId> = rows::ask(conn, UNNOTED, &cells).await?;
    rows::run(conn, GIVE, &cells).await?;
    let otherwise = rows::ask(conn, OTHERWISE, &cells).await?;
    Ok(Given { noted, otherwise })
}

/// The entries of a source under some keys, by the places of the keys.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn entries_under(
    conn: &mut Conn,
    keys: &[(&str, &str)],
) -> Result<Vec<(usize, EntryId)>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    rows::ask(conn, UNDER, keys).await
}

/// What the entries of a case consist of, where it was given.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_case(
    conn: &mut Conn,
    case: CaseId,
) -> Result<HashMap<EntryId, Components>, StoreError> {
    let found: Vec<(EntryId, Fen, Fen, Fen, Fen)> =
        rows::ask(conn, OF_CASE, &[case]).await?;
    let parts = found.into_iter().map(|(entry, principal, interest, penalty, cost)| {
        (entry, Components { principal, interest, penalty, cost })
    });
    Ok(parts.collect())
}

/// The ledgers of some cases by what their lines consist of; a case of which that is not
/// known is missing.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn divisions(
    conn: &mut Conn,
    cases: &[i64],
) -> Result<HashMap<CaseId, Division>, StoreError> {
    let ledgers = ledgers(conn, cases).await?;
    if ledgers.is_empty() {
        return Ok(HashMap::default());
    }
    let order = order(conn).await?;
    let divided = ledgers.into_iter();
    Ok(divided.filter_map(|(case, it)| Some((case, divide(&it, order)?))).collect())
}

/// What of a case fell due before today, or was charged, and is not paid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Owed {
    /// By what it is.
    pub parts: Components,
    /// It rests on what the overdue amount of the last list consisted of, and holds as
    /// far as the ledger has moved by the same since.
    pub by_list: bool,
}

/// What is owed on some cases by what it is; only where the bank said of every due item
/// what it consists of, or did of the whole overdue amount in its last list.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn owed(
    conn: &mut Conn,
    today: Date,
    cases: &[i64],
) -> Result<HashMap<CaseId, Owed>, StoreError> {
    let divided = divisions(conn, cases).await?;
    let owed = |it: &Division, by_list| Owed { parts: it.owed_before(today), by_list };
    let mut found: HashMap<CaseId, Owed> =
        divided.iter().map(|(case, it)| (*case, owed(it, false))).collect();
    let others = cases.iter().filter(|case| !found.contains_key(&CaseId(**case)));
    let others: Vec<i64> = others.copied().collect();
    let ledgers = since_the_list(conn, &others).await?;
    if ledgers.is_empty() {
        return Ok(found);
    }
    let order = order(conn).await?;
    for (case, lines) in ledgers {
        if let Some(division) = divide(&lines, order) {
            found.insert(case, owed(&division, true));
        }
    }
    Ok(found)
}

/// case, the day of the list, the last day of which it holds all payments, principal,
/// interest, penalty.
type Listed = (CaseId, Date, Date, Fen, Fen, Option<Fen>);

/// What the last list said to be overdue as one due item, and all that was booked since.
/// A case on which something was taken back that the list still holds is missing.
async fn since_the_list(
    conn: &mut Conn,
    cases: &[i64],
) -> Result<HashMap<CaseId, Vec<Line>>, StoreError> {
    let mut ledgers: HashMap<CaseId, Vec<Line>> = HashMap::default();
    if cases.is_empty() {
        return Ok(ledgers);
    }
    let listed: Vec<Listed> = rows::ask(conn, LISTED, cases).await?;
    if listed.is_empty() {
        return Ok(ledgers);
    }
    let days: Vec<_> = listed.iter().map(|it| (it.0, it.1, it.2)).collect();
    let since: Vec<LineRow> = rows::ask(conn, SINCE, &days).await?;
    for (case, as_of, _, principal, interest, penalty) in listed {
        let penalty = penalty.unwrap_or_default();
        let parts = Components { principal, interest, penalty, cost: Fen(0) };
        let overdue = Line {
            entry: EntryId(0),
            kind: EntryKind::Due,
            // It had fallen due before the day of the list.
            on: as_of.saturating_sub(1.day()),
            amount: parts.sum(),
            reverses: None,
            parts: Some(parts),
        };
        ledgers.insert(case, vec![overdue]);
    }
    for row in since {
        if let Some(lines) = ledgers.get_mut(&row.case_id) {
            lines.push(row.into_line());
        }
    }
    ledgers.retain(|_, lines| {
        let stands = |entry: EntryId| lines.iter().any(|line| line.entry == entry);
        lines.iter().filter_map(|line| line.reverses).all(stands)
    });
    Ok(ledgers)
}

/// The lines of those of some cases of which any part was given.
pub(crate) async fn ledgers(
    conn: &mut Conn,
    cases: &[i64],
) -> Result<HashMap<CaseId, Vec<Line>>, StoreError> {
    let mut ledgers: HashMap<CaseId, Vec<Line>> = HashMap::default();
    if cases.is_empty() {
        return Ok(ledgers);
    }
    let found: Vec<LineRow> = rows::ask(conn, LINES, cases).await?;
    for row in found {
        ledgers.entry(row.case_id).or_default().push(row.into_line());
    }
    Ok(ledgers)
}

#[derive(Deserialize)]
struct LineRow {
    entry: EntryId,
    case_id: CaseId,
    kind: EntryKind,
    on: Date,
    amount: Fen,
    reverses: Option<EntryId>,
    principal: Option<Fen>,
    interest: Option<Fen>,
    penalty: Option<Fen>,
    cost: Option<Fen>,
}

impl LineRow {
    fn into_line(self) -> Line {
        let Self { entry, kind, on, amount, reverses, .. } = self;
        let parts = self.principal.map(|principal| Components {
            principal,
            interest: self.interest.unwrap_or_default(),
            penalty: self.penalty.unwrap_or_default(),
            cost: self.cost.unwrap_or_default(),
        });
        Line { entry, kind, on, amount, reverses, parts }
    }
}

const UNNOTED: &str = "
    select json_group_array(distinct l.id)
    from batch($1) as s (
      entry_id bigint, principal_fen bigint, interest_fen bigint, penalty_fen bigint,
      cost_fen bigint)
    join ledger l on l.id = s.entry_id
    where l.kind in ('due', 'payment', 'waiver')
      and l.amount_fen
        = s.principal_fen + s.interest_fen + s.penalty_fen + s.cost_fen
      and not exists (select 1 from ledger_parts p where p.entry_id = l.id)";

const GIVE: &str = "
    insert into ledger_parts
      (entry_id, case_id, principal_fen, interest_fen, penalty_fen, cost_fen)
    select l.id, l.case_id, s.principal_fen, s.interest_fen, s.penalty_fen, s.cost_fen
    from batch($1) as s (
      entry_id bigint, principal_fen bigint, interest_fen bigint, penalty_fen bigint,
      cost_fen bigint)
    join ledger l on l.id = s.entry_id
    where l.kind in ('due', 'payment', 'waiver')
      and l.amount_fen
        = s.principal_fen + s.interest_fen + s.penalty_fen + s.cost_fen
    on conflict (entry_id) do nothing";

const OTHERWISE: &str = "
    select json_group_array(s.n)
    from batch($1) as s (
      n ordinality, entry_id bigint, principal_fen bigint, interest_fen bigint,
      penalty_fen bigint, cost_fen bigint)
    join ledger_parts p on p.entry_id = s.entry_id
    where p.principal_fen <> s.principal_fen or p.interest_fen <> s.interest_fen
      or p.penalty_fen <> s.penalty_fen or p.cost_fen <> s.cost_fen";

const UNDER: &str = "
    select json_group_array(json_array(s.n, l.id))
    from batch($1) as s (n ordinality, source text, dedupe_key text)
    join ledger l on l.source = s.source and l.dedupe_key = s.dedupe_key";

const OF_CASE: &str = "
    select json_group_array(json_array(
      entry_id, principal_fen, interest_fen, penalty_fen, cost_fen))
    from ledger_parts
    where case_id = (select s.id from list($1) as s (id bigint))";

const LINES: &str = "
    select json_group_array(json_array(
      l.id, l.case_id, l.kind, l.booked_on, l.amount_fen, l.reverses,
      p.principal_fen, p.interest_fen, p.penalty_fen, p.cost_fen))
    from ledger l
    left join ledger_parts p on p.entry_id = l.id
    where l.case_id in (
      select g.case_id from ledger_parts g
      where g.case_id in (select s.id from list($1) as s (id bigint)))";

const LISTED: &str = "
    select json_group_array(json_array(
      id, balance_as_of_on, coalesce(balance_held_on, balance_as_of_on),
      listed_principal_fen, listed_interest_fen, listed_penalty_fen))
    from cases
    where id in (select s.id from list($1) as s (id bigint))
      and balance_as_of_on is not null and listed_principal_fen is not null
      and listed_interest_fen is not null";

/// What the list itself has booked, up to its day, is in its amounts.
const SINCE: &str = "
    select json_group_array(json_array(
      l.id, l.case_id, l.kind, l.booked_on, l.amount_fen, l.reverses,
      p.principal_fen, p.interest_fen, p.penalty_fen, p.cost_fen))
    from batch($1) as s (case_id bigint, as_of_on text, held_on text)
    join ledger l on l.case_id = s.case_id and s.held_on < l.booked_on
    left join ledger_parts p on p.entry_id = l.id
    where s.as_of_on < l.booked_on or l.source not like 'snapshot:%'";
