//! A store that was put back (恢复后的库): it knows that it is one, and what left
//! after the backup is not sent again.

use domain::ids::{CaseId, OrderId, PartyId};
use domain::journal::{Entry, LeftBeforeRestore, Restored};
use domain::manifest::Channel;
use domain::status::OrderStatus;
use foldhash::{HashMap, HashSet};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::departures::{Departure, case_ref};
use crate::journal::{self, NewLine};
use crate::{Conn, Now, StoreError, ids, meta, rows};

/// Where it is noted that a store was put back and nobody has answered for it.
pub const PENDING: &str = "restore_pending";

/// Why an order ends that left already.
pub const NOTE: &str = "left_before_restore";

/// Numbers given out after a restore begin so far behind those that may have
/// been given out before it: a number that somebody wrote down means nothing else.
const NUMBERS_LEFT_FREE: i64 = 1_000_000;

/// What left counts for the orders of so many milliseconds more than the time
/// that was lost: a procedure takes the waits of that time once more.
const COUNTS_ON_MS: i64 = 7 * 86_400_000;

/// What is known of a backup that was put back.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Pending {
    /// The moment of the backup, in milliseconds since 1970.
    pub backup_at: i64,
    /// The log of departures beside the store tells all that has left since.
    pub log_is_whole: bool,
    /// The number up to which rows were numbered before, where it is known.
    pub next_id: Option<i64>,
}

/// What a restore is on record with.
#[derive(Clone, Copy, Debug)]
pub struct Restore<'a> {
    /// What is known of it.
    pub known: &'a Pending,
    /// Who answers for it.
    pub by: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// Notes that a store was put back and waits for somebody to answer for it.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn note_pending(conn: &mut Conn, pending: &Pending) -> Result<(), StoreError> {
    let text = serde_json::to_string(pending)?;
    meta::set_text(conn, PENDING, &text).await
}

const NUMBERS: &str = "
    update meta set value = cast($1 as text)
    where key = 'next_id' and cast(value as bigint) < $1";
const INSERT: &str = "
    insert into restores
      (id, restored_at, restored_by, reason, backup_at, journal_lines)
    select $1, $2, $3, $4, $5, cast(value as bigint) from meta
    where key = 'journal_lines'";

/// Notes that the store was put back, and numbers what comes from here on apart
/// from all that may have been numbered before. Answers the number of the restore.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn begin(
    conn: &mut Conn,
    now: &Now,
    restore: Restore<'_>,
) -> Result<i64, StoreError> {
    let Restore { known, by, reason } = restore;
    let here = ids::allocate(conn, 1).await?;
    let next = known.next_id.unwrap_or(here).max(here) + NUMBERS_LEFT_FREE;
    sqlx::query(NUMBERS).bind(next).execute(&mut *conn).await?;
    let id = ids::allocate(conn, 1).await?;
    sqlx::query(INSERT)
        .bind(id)
        .bind(now.ms)
        .bind(by.to_owned())
        .bind(reason.to_owned())
        .bind(known.backup_at)
        .execute(&mut *conn)
        .await?;
    meta::remove(conn, PENDING).await?;
    let restored = Entry::Restored(Restored {
        restore: id,
        by: by.to_owned(),
        reason: reason.to_owned(),
        backup_at: known.backup_at,
        log_is_whole: known.log_is_whole,
    });
    journal::append(conn, now, &[NewLine::of_site(restored)]).await?;
    Ok(id)
}

/// An order of the store, by its key: number, status, epoch of its lease.
pub type Known = (i64, OrderStatus, i64);

const BY_KEY: &str = "
    select json_group_array(json_array(o.idempotency_key, o.id, o.status, o.lease_epoch))
    from list($1) as k (key text)
    join outbox o on o.idempotency_key = k.key";

/// The orders with these keys.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn by_key(
    conn: &mut Conn,
    keys: &[&str],
) -> Result<HashMap<String, Known>, StoreError> {
    let found: Vec<(String, i64, OrderStatus, i64)> =
        rows::ask(conn, BY_KEY, keys).await?;
    Ok(found.into_iter().map(|it| (it.0, (it.1, it.2, it.3))).collect())
}

const MAY_HAVE_LEFT: &str = "
    select json_array(id, idempotency_key) from outbox
    where status = 'pending' and not_before_at <= $1 and delivery <> 'at_least_once'
    union all
    select json_array(id, idempotency_key) from outbox
    where status = 'leased' and delivery <> 'at_least_once'
    union all
    select json_array(id, idempotency_key) from outbox
    where status = 'held' and delivery <> 'at_least_once'";

/// Orders that must not leave twice and may have left since the backup, with
/// their keys.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn may_have_left(
    conn: &mut Conn,
    now: &Now,
) -> Result<Vec<(OrderId, String)>, StoreError> {
    let found: Vec<String> =
        sqlx::query_scalar(MAY_HAVE_LEFT).bind(now.ms).fetch_all(conn).await?;
    found.iter().map(|it| Ok(serde_json::from_str(it)?)).collect()
}

const CASES: &str = "
    select json_group_array(json_array(c.id, c.case_no))
    from list($1) as v (id bigint)
    join cases c on c.id = v.id";
const PEOPLE: &str = "
    select json_group_array(json_array(p.case_id, p.party_id))
    from list($1) as v (id bigint)
    join case_parties p on p.case_id = v.id";

/// What left and is not on record.
#[derive(Clone, Copy, Debug)]
pub struct Gone<'a> {
    /// As the log has it.
    pub departure: &'a Departure,
    /// Delivered or unknown.
    pub became: OrderStatus,
    /// When it left, in the institution's zone.
    pub left: DateTime,
}

const NOTE_LEFT: &str = "
    insert into left_before_restore
      (id, restore_id, idempotency_key, case_ref, verb, template, party_id, left_at,
       became, counts_until_at)
    select s.id, $2, s.key, s.case_ref, s.verb, s.template, s.party_id, s.left_at,
      s.became, $3
    from batch($1) as s (id bigint, key text, case_ref text, verb text, template text,
      party_id bigint, left_at bigint, became text)";
const NOTE_CONTACTS: &str = "
    insert into contacts (id, case_id, party_id, channel, contact_point, attempted_at,
      attempted_on, attempted_minute, outcome, note)
    select s.id, s.case_id, s.party_id, s.channel, coalesce(
        case when s.channel in ('phone', 'sms')
          then (select p.phone from parties p where p.id = s.party_id) end, ''),
      s.at, s.on_day, s.minute, s.outcome, 'left_before_restore'
    from batch($1) as s (id bigint, case_id bigint, party_id bigint, channel text,
      at bigint, on_day text, minute bigint, outcome text)";

/// Writes down what left after the backup and is on record nowhere: as a contact
/// and a line of its case where the case is known, and so that the order which
/// is given anew for it does not leave.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn note_left(
    conn: &mut Conn,
    now: &Now,
    store_id: &str,
    (restore, backup_at): (i64, i64),
    gone: &[Gone<'_>],
) -> Result<(), StoreError> {
    if gone.is_empty() {
        return Ok(());
    }
    let mut cases: Vec<i64> = gone.iter().map(|it| it.departure.case_id).collect();
    cases.sort_unstable();
    cases.dedup();
    let numbers: Vec<(i64, String)> = rows::ask(conn, CASES, &cases).await?;
    let refs: HashMap<i64, String> =
        numbers.iter().map(|number| (number.0, case_ref(store_id, &number.1))).collect();
    let people: Vec<(i64, i64)> = rows::ask(conn, PEOPLE, &cases).await?;
    let known = |it: &Departure| refs.get(&it.case_id) == Some(&it.case_ref);
    let first = ids::allocate(conn, gone.len()).await?;
    let left: Vec<_> = (first..)
        .zip(gone)
        .map(|(id, it)| {
            let d = it.departure;
            let party = d.party_id.filter(|_| known(d));
            let row = (&d.key, &d.case_ref, &d.verb, &d.template);
            (id, row.0, row.1, row.2, row.3, party, d.at, it.became)
        })
        .collect();
    let until = now.ms + (now.ms - backup_at).max(0) + COUNTS_ON_MS;
    let list = serde_json::to_string(&left)?;
    sqlx::query(NOTE_LEFT)
        .bind(list)
        .bind(restore)
        .bind(until)
        .execute(&mut *conn)
        .await?;
    let of_cases: Vec<&Gone<'_>> = gone.iter().filter(|it| known(it.departure)).collect();
    let first = ids::allocate(conn, of_cases.len()).await?;
    let contacts: Vec<_> = (first..)
        .zip(&of_cases)
        .filter_map(|(id, it)| {
            let (d, at) = (it.departure, it.left);
            let party =
                d.party_id.filter(|party| people.contains(&(d.case_id, *party)))?;
            let channel = d.channel.as_deref().and_then(Channel::parse)?;
            let minute = i64::from(at.hour()) * 60 + i64::from(at.minute());
            let who = (CaseId(d.case_id), PartyId(party), channel);
            Some((id, who.0, who.1, who.2, d.at, at.date(), minute, it.became))
        })
        .collect();
    rows::run(conn, NOTE_CONTACTS, &contacts).await?;
    let lines: Vec<NewLine> = of_cases
        .iter()
        .map(|case| {
            let d = case.departure;
            let left = Entry::LeftBeforeRestore(LeftBeforeRestore {
                verb: d.verb.clone(),
                to: d.party_id.map(PartyId),
                key: d.key.clone(),
                left_at: d.at,
                became: case.became,
            });
            NewLine::of_case(CaseId(d.case_id), left)
        })
        .collect();
    journal::append(conn, now, &lines).await
}

const NOTED: &str = "
    select json_group_array(k.key)
    from list($1) as k (key text)
    where exists (
      select 1 from left_before_restore l where l.idempotency_key = k.key)";

/// Those of some keys that were noted as having left before.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn noted(
    conn: &mut Conn,
    keys: impl Iterator<Item = &str>,
) -> Result<HashSet<String>, StoreError> {
    let keys: Vec<&str> = keys.collect();
    rows::ask(conn, NOTED, &keys).await
}

/// What left before the store was put back, and stands for no order yet.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Left {
    /// Its number.
    pub id: i64,
    /// The key under which it left.
    pub key: String,
    /// The loan.
    pub case_ref: String,
    /// The verb.
    pub verb: String,
    /// The template.
    pub template: String,
    /// The person, where the case was known.
    pub party_id: Option<i64>,
    /// Delivered or unknown.
    pub became: OrderStatus,
}

const ANY: &str = "
    select count(*) from (
      select id from left_before_restore where order_id is null limit 1) l";
const OPEN: &str = "
    select json_group_array(json_object('id', l.id, 'key', l.idempotency_key,
      'case_ref', l.case_ref, 'verb', l.verb, 'template', l.template,
      'party_id', l.party_id, 'became', l.became) order by l.left_at, l.id)
    from list($1) as r (case_ref text)
    join left_before_restore l on l.case_ref = r.case_ref and l.order_id is null
      and $2 <= l.counts_until_at";

/// What left of some loans and stands for no order yet.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn left(
    conn: &mut Conn,
    now: &Now,
    store_id: &str,
    case_nos: &[&str],
) -> Result<Vec<Left>, StoreError> {
    let any: i64 = sqlx::query_scalar(ANY).fetch_one(&mut *conn).await?;
    if any == 0 {
        return Ok(Vec::new());
    }
    let mut refs: Vec<String> =
        case_nos.iter().map(|it| case_ref(store_id, it)).collect();
    refs.sort();
    refs.dedup();
    let list = serde_json::to_string(&refs)?;
    let text: String =
        sqlx::query_scalar(OPEN).bind(list).bind(now.ms).fetch_one(conn).await?;
    Ok(serde_json::from_str(&text)?)
}

const STANDS_FOR: &str = "
    update left_before_restore set order_id = v.order_id
    from batch($1) as v (id bigint, order_id bigint)
    where left_before_restore.id = v.id";

/// Notes for which orders it stands that something left already.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn stands_for(
    conn: &mut Conn,
    pairs: &[(i64, OrderId)],
) -> Result<(), StoreError> {
    rows::run(conn, STANDS_FOR, pairs).await?;
    Ok(())
}
