//! Holds (暂停): why a case is left alone for a while, placed and lifted on record.
//!
//! A hold is two rows, one that opens it and one that closes it; neither is
//! ever changed. While a hold that forbids demands is in force the timers of the
//! case stand still, except those of workflows that keep legal clocks.

use std::collections::BTreeSet;

use domain::event::EventKind;
use domain::hold::forbids_demands;
use domain::ids::{CaseId, PartyId};
use foldhash::{HashMap, HashSet};
use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::error::StoreError;
use crate::events::{self, NewEvent};
use crate::now::Now;
use crate::{Conn, ids, rows};

/// A hold to place.
#[derive(Clone, Debug)]
pub struct NewHold {
    /// The case.
    pub case_id: CaseId,
    /// The person it binds, when it does not bind the whole case.
    pub party_id: Option<PartyId>,
    /// `complaint`, `dispute`, `deceased`, `hardship`, `plan`, `lawyer`, …
    pub reason: String,
    /// The day from which it holds.
    pub effective_on: Date,
    /// Who placed it.
    pub by: String,
    /// What was written beside it.
    pub note: String,
    /// What to do when a hold of this reason is in force already.
    pub again: Again,
}

/// What a second hold of the same reason means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Again {
    /// It is the same hold: nothing is written.
    Joins,
    /// It is another matter, such as a second complaint: both have to be
    /// lifted.
    Stacks,
}

/// A hold to lift.
#[derive(Clone, Debug)]
pub struct Lift {
    /// The case.
    pub case_id: CaseId,
    /// The reason.
    pub reason: String,
    /// Which of the holds of this reason.
    pub which: Which,
    /// The day from which it holds no more.
    pub effective_on: Date,
    /// Who lifted it.
    pub by: String,
    /// What was written beside it.
    pub note: String,
}

/// Which of several holds of the same reason is lifted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Which {
    /// The one placed first.
    Oldest,
    /// Each of them.
    All,
}

/// Places holds, freezes the timers they stop, and raises `hold_placed`.
/// Answers how many were placed.
///
/// # Errors
///
/// [`StoreError`] when a case is unknown or the database cannot be written.
pub async fn place(
    conn: &mut Conn,
    now: &Now,
    holds: &[NewHold],
) -> Result<usize, StoreError> {
    let new = not_yet_in_force(conn, holds).await?;
    if new.is_empty() {
        return Ok(0);
    }
    let first = ids::allocate(conn, new.len()).await?;
    let placed: Vec<(i64, &NewHold)> = (first..).zip(new).collect();
    let list: Vec<_> = placed
        .iter()
        .map(|(id, it)| {
            let (case, party, lifts) = (it.case_id, it.party_id, None::<i64>);
            let (reason, on) = (&it.reason, it.effective_on);
            (id, case, party, reason, "placed", lifts, on, &it.by, &it.note)
        })
        .collect();
    insert(conn, now, &list).await?;
    let cases: BTreeSet<i64> = placed.iter().map(|(_, it)| it.case_id.0).collect();
    rewrite_reasons(conn, &cases).await?;
    let forbids =
        |it: &(i64, &NewHold)| forbids_demands(&it.1.reason).then_some(it.1.case_id);
    let held: BTreeSet<CaseId> = placed.iter().filter_map(forbids).collect();
    sqlx::query(FREEZE)
        .bind(serde_json::to_string(&held)?)
        .bind(now.ms)
        .execute(&mut *conn)
        .await?;
    let told: Vec<NewEvent> = placed
        .iter()
        .map(|(id, it)| {
            told(
                EventKind::HoldPlaced,
                *id,
                it.case_id,
                &it.reason,
                &it.note,
                it.effective_on,
            )
        })
        .collect();
    events::raise(conn, now, &told).await?;
    Ok(placed.len())
}

/// Lifts holds, thaws the timers when none that forbids demands is left, and
/// raises `hold_lifted`. A hold that is not in force is left out. Answers how many
/// were lifted.
///
/// The rest of a wait in days or hours runs on from now, a wait in days by
/// whole days, so that it still ends at opening time; a wait for a date keeps
/// its date. None fires before `resume_at_ms`, the next workday's opening.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn lift(
    conn: &mut Conn,
    now: &Now,
    resume_at_ms: i64,
    lifts: &[Lift],
) -> Result<usize, StoreError> {
    let chosen = choose(conn, lifts).await?;
    if chosen.is_empty() {
        return Ok(0);
    }
    let first = ids::allocate(conn, chosen.len()).await?;
    let list: Vec<_> = (first..)
        .zip(&chosen)
        .map(|(id, (hold, it))| {
            let (case, party, lifts) = (it.case_id, None::<i64>, Some(*hold));
            let (reason, on) = (&it.reason, it.effective_on);
            (id, case, party, reason, "lifted", lifts, on, &it.by, &it.note)
        })
        .collect();
    insert(conn, now, &list).await?;
    let cases: BTreeSet<i64> = chosen.iter().map(|(_, it)| it.case_id.0).collect();
    rewrite_reasons(conn, &cases).await?;
    let free = without_forbidding_holds(conn, &cases).await?;
    let free = serde_json::to_string(&free)?;
    sqlx::query(PROLONG).bind(&free).bind(now.ms).execute(&mut *conn).await?;
    sqlx::query(THAW)
        .bind(&free)
        .bind(now.ms)
        .bind(resume_at_ms)
        .execute(&mut *conn)
        .await?;
    let told: Vec<NewEvent> = chosen
        .iter()
        .map(|(hold, it)| {
            told(
                EventKind::HoldLifted,
                *hold,
                it.case_id,
                &it.reason,
                &it.note,
                it.effective_on,
            )
        })
        .collect();
    events::raise(conn, now, &told).await?;
    Ok(chosen.len())
}

/// How many holds of this reason are in force on a case.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn standing(
    conn: &mut Conn,
    case: CaseId,
    reason: &str,
) -> Result<usize, StoreError> {
    let holds = in_force(conn, &[case]).await?;
    Ok(holds.iter().filter(|hold| hold.2 == reason).count())
}

/// Freezes those of these instances whose case is under a hold that forbids
/// demands and that do not keep clocks. For instances that were opened a moment ago.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn freeze_if_held(
    conn: &mut Conn,
    now: &Now,
    instances: &[i64],
) -> Result<u64, StoreError> {
    if instances.is_empty() {
        return Ok(0);
    }
    let under: Vec<(i64, String)> = rows::ask(conn, UNDER_HOLDS, instances).await?;
    let forbids = |it: &(i64, String)| it.1.split(',').any(forbids_demands);
    let held: Vec<i64> = under.into_iter().filter(forbids).map(|it| it.0).collect();
    if held.is_empty() {
        return Ok(0);
    }
    let done = sqlx::query(FREEZE_NEW)
        .bind(serde_json::to_string(&held)?)
        .bind(now.ms)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

async fn insert<T: serde::Serialize>(
    conn: &mut Conn,
    now: &Now,
    list: &[T],
) -> Result<(), StoreError> {
    sqlx::query(INSERT)
        .bind(serde_json::to_string(list)?)
        .bind(now.ms)
        .execute(conn)
        .await?;
    Ok(())
}

async fn not_yet_in_force<'a>(
    conn: &mut Conn,
    holds: &'a [NewHold],
) -> Result<Vec<&'a NewHold>, StoreError> {
    let cases: Vec<CaseId> = holds.iter().map(|it| it.case_id).collect();
    let mut met: HashSet<(CaseId, String)> =
        in_force(conn, &cases).await?.into_iter().map(|it| (it.1, it.2)).collect();
    let new = |it: &&NewHold| {
        met.insert((it.case_id, it.reason.clone())) || it.again == Again::Stacks
    };
    Ok(holds.iter().filter(new).collect())
}

/// The number of the hold, its case and its reason, oldest first.
async fn in_force(
    conn: &mut Conn,
    cases: &[CaseId],
) -> Result<Vec<(i64, CaseId, String)>, StoreError> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    rows::ask(conn, IN_FORCE, cases).await
}

/// The holds that are lifted, each once, with what lifts it.
async fn choose<'a>(
    conn: &mut Conn,
    lifts: &'a [Lift],
) -> Result<Vec<(i64, &'a Lift)>, StoreError> {
    let cases: Vec<CaseId> = lifts.iter().map(|it| it.case_id).collect();
    let mut standing: HashMap<(CaseId, String), BTreeSet<i64>> = HashMap::default();
    for (id, case, reason) in in_force(conn, &cases).await? {
        standing.entry((case, reason)).or_default().insert(id);
    }
    let mut chosen = Vec::new();
    for lift in lifts {
        let Some(holds) = standing.get_mut(&(lift.case_id, lift.reason.clone())) else {
            continue;
        };
        while let Some(id) = holds.pop_first() {
            chosen.push((id, lift));
            if lift.which == Which::Oldest {
                break;
            }
        }
    }
    Ok(chosen)
}

async fn rewrite_reasons(
    conn: &mut Conn,
    cases: &BTreeSet<i64>,
) -> Result<(), StoreError> {
    let cases: Vec<i64> = cases.iter().copied().collect();
    rows::run(conn, REWRITE_REASONS, &cases).await?;
    Ok(())
}

async fn without_forbidding_holds(
    conn: &mut Conn,
    cases: &BTreeSet<i64>,
) -> Result<Vec<i64>, StoreError> {
    let cases: Vec<i64> = cases.iter().copied().collect();
    let reasons: Vec<(i64, String)> = rows::ask(conn, REASONS, &cases).await?;
    let free = |it: &(i64, String)| {
        !it.1.split(',').any(|it| !it.is_empty() && forbids_demands(it))
    };
    Ok(reasons.into_iter().filter(free).map(|it| it.0).collect())
}

fn told(
    kind: EventKind,
    hold: i64,
    case_id: CaseId,
    reason: &str,
    note: &str,
    on: Date,
) -> NewEvent {
    let payload = Map::from_iter([
        ("on".to_owned(), Value::String(on.to_string())),
        ("reason".to_owned(), Value::String(reason.to_owned())),
        ("note".to_owned(), Value::String(note.to_owned())),
    ]);
    NewEvent {
        case_id,
        kind: kind.to_string(),
        payload,
        source: "holds".to_owned(),
        dedupe_key: format!("{kind}:{hold}"),
        happened_on: on,
    }
}

const IN_FORCE: &str = "
    select json_group_array(json_array(h.id, h.case_id, h.reason) order by h.id)
    from holds h
    where h.case_id in (select id from list($1) as s (id bigint))
      and h.action = 'placed'
      and not exists (select 1 from holds l where l.lifts = h.id)";

const INSERT: &str = "
    insert into holds
      (id, case_id, party_id, reason, action, lifts, effective_on, by, note, recorded_at)
    select s.id, s.case_id, s.party_id, s.reason, s.action, s.lifts, s.effective_on, s.by,
      s.note, $2
    from batch($1) as s (id bigint, case_id bigint, party_id bigint, reason text,
      action text, lifts bigint, effective_on text, by text, note text)";

const REASONS: &str = "
    select json_group_array(json_array(id, holds))
    from cases
    where id in (select id from list($1) as s (id bigint))";

const UNDER_HOLDS: &str = "
    select json_group_array(json_array(i.id, c.holds))
    from instances i
    join cases c on c.id = i.case_id and c.holds <> ''
    where i.id in (select id from list($1) as s (id bigint))";

const REWRITE_REASONS: &str = "
    update cases
    set facts_rev = facts_rev + 1,
      holds = coalesce((
        select string_agg(reason, ',' order by reason)
        from (
          select distinct h.reason
          from holds h
          where h.case_id = cases.id
            and h.action = 'placed'
            and not exists (select 1 from holds l where l.lifts = h.id)
        ) r
      ), '')
    where id in (select id from list($1) as s (id bigint))";

const FREEZE: &str = "
    update instances
    set status = case status when 'parked' then 'parked' else 'frozen' end,
      frozen_at = $2
    where case_id in (select id from list($1) as s (id bigint))
      and status in ('waiting', 'parked')
      and frozen_at is null
      and not exists (
        select 1 from instance_notes n
        where n.instance_id = instances.id and n.keeps_clocks = 1
      )";

const FREEZE_NEW: &str = "
    update instances
    set status = 'frozen', frozen_at = $2
    where id in (select id from list($1) as s (id bigint))
      and status = 'waiting'
      and not exists (
        select 1 from instance_notes n
        where n.instance_id = instances.id and n.keeps_clocks = 1
      )";

/// The rule is text such as `{\"days\":3}`; only dates and overdue days stand
/// still of themselves. A wait in days is prolonged by whole days, the nearest.
const PROLONG: &str = "
    update wait_rules
    set held_ms = held_ms + case
      when rule like '{\"hours\"%' then $2 - i.frozen_at
      else ($2 - i.frozen_at + 43200000) / 86400000 * 86400000
    end
    from instances i
    where i.id = wait_rules.instance_id
      and i.case_id in (select id from list($1) as s (id bigint))
      and i.frozen_at is not null
      and (rule like '{\"days\"%' or rule like '{\"workdays\"%'
        or rule like '{\"hours\"%')";

const THAW: &str = "
    update instances
    set status = case status when 'parked' then 'parked' else 'waiting' end,
      frozen_at = null,
      due_at = max(cast($3 as bigint), coalesce(due_at, $3) + case
        when exists (
          select 1 from wait_rules w
          where w.instance_id = instances.id and w.rule like '{\"hours\"%'
        ) then $2 - frozen_at
        when exists (
          select 1 from wait_rules w
          where w.instance_id = instances.id
            and (w.rule like '{\"days\"%' or w.rule like '{\"workdays\"%')
        ) then ($2 - frozen_at + 43200000) / 86400000 * 86400000
        else 0
      end)
    where case_id in (select id from list($1) as s (id bigint))
      and frozen_at is not null";
