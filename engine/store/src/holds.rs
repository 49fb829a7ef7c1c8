//! Holds (暂停): why a case is left alone for a while, placed and lifted on record.
//!
//! A hold is two rows, one that opens it and one that closes it; neither is
//! ever changed. While a hold that forbids demands is in force the timers of the
//! case stand still, except those of workflows that keep legal clocks.
//!
//! A hold that protects a person stands on all loans of theirs: it is one matter, a row
//! on each of them, placed and lifted together (see [`persons`]).

pub mod persons;

use std::collections::BTreeSet;

use domain::event::EventKind;
use domain::hold::{HoldReason, forbids_demands, suspends_work};
use domain::ids::{CaseId, PartyId};
use domain::journal::{Entry, HoldCarried, HoldMove};
use foldhash::HashMap;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::StoreError;
use crate::events::{self, NewEvent};
use crate::journal::{self, NewLine};
use crate::now::Now;
use crate::{Conn, case_book, ids, open_work, rows};

use persons::{Planned, Whose};

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
    pub again: IfHeld,
    /// Other loans that were named with it; of a reason that covers the person, and of
    /// one that covers a loan alone, none.
    pub also: Vec<CaseId>,
}

/// What a second hold of the same reason means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IfHeld {
    /// It is the same hold: nothing is written.
    Keep,
    /// It is another matter, such as a second complaint: both have to be
    /// lifted.
    Add,
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

/// Places holds, freezes the timers they stop, suspends the calls and visits that wait
/// for people, and raises `hold_placed`. Answers on how many loans one was placed.
///
/// One that protects a person is placed on all loans of theirs; each of the others gets
/// a line of its own in the journal that names the loan on which it was entered.
///
/// # Errors
///
/// [`StoreError`] when a case is unknown or the database cannot be written.
pub async fn place(
    conn: &mut Conn,
    now: &Now,
    holds: &[NewHold],
) -> Result<usize, StoreError> {
    let planned = persons::plan(conn, holds).await?;
    write(conn, now, &planned).await
}

/// Writes what was planned, with all that follows from it.
async fn write(
    conn: &mut Conn,
    now: &Now,
    planned: &[Planned],
) -> Result<usize, StoreError> {
    if planned.is_empty() {
        return Ok(0);
    }
    let first = ids::allocate(conn, planned.len()).await?;
    let placed: Vec<(i64, &Planned)> = (first..).zip(planned).collect();
    let number = |at: usize| placed.get(at).map(|it| it.0);
    let list: Vec<_> = placed
        .iter()
        .map(|(id, it)| {
            let matter = match it.whose {
                Whose::Own => None,
                Whose::Of(matter) => Some(matter),
                Whose::With(at) => number(at),
            };
            let hold = &it.hold;
            let (case, party, lifts) = (it.case_id, hold.party_id, None::<i64>);
            let (reason, on) = (&hold.reason, hold.effective_on);
            let (by, note) = (&hold.by, &hold.note);
            (id, case, party, reason, "placed", lifts, on, by, note, matter)
        })
        .collect();
    insert(conn, now, &list).await?;
    let cases: BTreeSet<i64> = placed.iter().map(|(_, it)| it.case_id.0).collect();
    rewrite_reasons(conn, &cases).await?;
    let with = |does: fn(&str) -> bool| -> BTreeSet<CaseId> {
        let does = placed.iter().filter(|it| does(&it.1.hold.reason));
        does.map(|it| it.1.case_id).collect()
    };
    sqlx::query(FREEZE)
        .bind(serde_json::to_string(&with(forbids_demands))?)
        .bind(now.ms)
        .execute(&mut *conn)
        .await?;
    let suspended: Vec<CaseId> = with(suspends_work).into_iter().collect();
    open_work::suspend(conn, &suspended).await?;
    let moves: Vec<Moved<'_>> = placed
        .iter()
        .map(|(id, it)| Moved {
            hold: *id,
            case_id: it.case_id,
            entered_on: it.hold.case_id,
            reason: &it.hold.reason,
            note: &it.hold.note,
            by: &it.hold.by,
            on: it.hold.effective_on,
        })
        .collect();
    tell(conn, now, HoldMove::Placed, &moves).await?;
    Ok(placed.len())
}

/// Lifts holds, thaws the timers when none that forbids demands is left, lets the calls
/// and visits that were suspended come back, and raises `hold_lifted`. A hold that is
/// not in force is left out. Answers on how many loans one was lifted.
///
/// A hold that was placed on several loans together is lifted from all of them.
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
    let chosen = persons::choose(conn, lifts).await?;
    if chosen.is_empty() {
        return Ok(0);
    }
    let first = ids::allocate(conn, chosen.len()).await?;
    let list: Vec<_> = (first..)
        .zip(&chosen)
        .map(|(id, (hold, it))| {
            let (case, party, lifts) = (hold.case_id, None::<i64>, Some(hold.id));
            let (reason, on, matter) = (&it.reason, it.effective_on, None::<i64>);
            (id, case, party, reason, "lifted", lifts, on, &it.by, &it.note, matter)
        })
        .collect();
    insert(conn, now, &list).await?;
    let cases: BTreeSet<i64> = chosen.iter().map(|(hold, _)| hold.case_id.0).collect();
    rewrite_reasons(conn, &cases).await?;
    let free = without(conn, &cases, forbids_demands).await?;
    let free = serde_json::to_string(&free)?;
    sqlx::query(PROLONG).bind(&free).bind(now.ms).execute(&mut *conn).await?;
    sqlx::query(THAW)
        .bind(&free)
        .bind(now.ms)
        .bind(resume_at_ms)
        .execute(&mut *conn)
        .await?;
    let free = without(conn, &cases, suspends_work).await?;
    let lifted: Vec<i64> = cases.into_iter().collect();
    open_work::bring_back(conn, now.today(), &lifted, &free).await?;
    let moves: Vec<Moved<'_>> = chosen
        .iter()
        .map(|(hold, it)| Moved {
            hold: hold.id,
            case_id: hold.case_id,
            entered_on: it.case_id,
            reason: &it.reason,
            note: &it.note,
            by: &it.by,
            on: it.effective_on,
        })
        .collect();
    tell(conn, now, HoldMove::Lifted, &moves).await?;
    Ok(chosen.len())
}

/// A hold that began or ended on a loan.
struct Moved<'a> {
    /// The number of the row that placed it.
    hold: i64,
    case_id: CaseId,
    entered_on: CaseId,
    reason: &'a str,
    note: &'a str,
    by: &'a str,
    on: Date,
}

/// Raises the events, and writes the lines of the loans on which nothing was entered.
async fn tell(
    conn: &mut Conn,
    now: &Now,
    moved: HoldMove,
    moves: &[Moved<'_>],
) -> Result<(), StoreError> {
    let carried = || moves.iter().filter(|it| it.case_id != it.entered_on);
    let from: BTreeSet<CaseId> = carried().map(|carried| carried.entered_on).collect();
    let loans = if from.is_empty() {
        HashMap::default()
    } else {
        case_book::case_nos(conn, &from.into_iter().collect::<Vec<_>>()).await?
    };
    let lines: Vec<NewLine> = carried()
        .filter_map(|it| {
            let carried = HoldCarried {
                hold: HoldReason::parse(it.reason)?,
                moved,
                entered_on: loans.get(&it.entered_on)?.clone(),
                by: it.by.to_owned(),
            };
            Some(NewLine::of_case(it.case_id, Entry::HoldCarried(carried)))
        })
        .collect();
    journal::append(conn, now, &lines).await?;
    let kind = match moved {
        HoldMove::Placed => EventKind::HoldPlaced,
        HoldMove::Lifted => EventKind::HoldLifted,
    };
    let told: Vec<NewEvent> = moves
        .iter()
        .map(|it| {
            let carried = it.case_id != it.entered_on;
            let loan = loans.get(&it.entered_on).filter(|_| carried);
            told(kind, it, loan.map(String::as_str))
        })
        .collect();
    events::raise(conn, now, &told).await?;
    Ok(())
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
    Ok(holds.iter().filter(|hold| hold.reason == reason).count())
}

/// The day from which the oldest hold of each reason that is in force on some cases
/// has stood.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn placed_first(
    conn: &mut Conn,
    cases: &[CaseId],
) -> Result<Vec<(CaseId, String, Date)>, StoreError> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    rows::ask(conn, PLACED_FIRST, cases).await
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

/// A hold in force.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Standing {
    /// The row on the loan on which it was entered: one matter on all its loans.
    matter: i64,
    /// The row that placed it.
    id: i64,
    /// The loan.
    case_id: CaseId,
    /// Why.
    reason: String,
}

/// The holds in force on some cases.
async fn in_force(
    conn: &mut Conn,
    cases: &[CaseId],
) -> Result<Vec<Standing>, StoreError> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    rows::ask(conn, IN_FORCE, cases).await
}

async fn rewrite_reasons(
    conn: &mut Conn,
    cases: &BTreeSet<i64>,
) -> Result<(), StoreError> {
    let cases: Vec<i64> = cases.iter().copied().collect();
    rows::run(conn, REWRITE_REASONS, &cases).await?;
    Ok(())
}

/// Those of some cases on which no hold of a kind is in force.
async fn without(
    conn: &mut Conn,
    cases: &BTreeSet<i64>,
    kind: fn(&str) -> bool,
) -> Result<Vec<i64>, StoreError> {
    let cases: Vec<i64> = cases.iter().copied().collect();
    let reasons: Vec<(i64, String)> = rows::ask(conn, REASONS, &cases).await?;
    let free = |it: &(i64, String)| !it.1.split(',').any(|it| !it.is_empty() && kind(it));
    Ok(reasons.into_iter().filter(free).map(|reason| reason.0).collect())
}

fn told(kind: EventKind, it: &Moved<'_>, loan: Option<&str>) -> NewEvent {
    let mut payload = Map::from_iter([
        ("on".to_owned(), Value::String(it.on.to_string())),
        ("reason".to_owned(), Value::String(it.reason.to_owned())),
        ("note".to_owned(), Value::String(it.note.to_owned())),
    ]);
    if let Some(loan) = loan {
        payload.insert("loan".to_owned(), Value::String(loan.to_owned()));
    }
    NewEvent {
        case_id: it.case_id,
        kind: kind.to_string(),
        payload,
        source: "holds".to_owned(),
        dedupe_key: format!("{kind}:{}", it.hold),
        happened_on: it.on,
    }
}

const IN_FORCE: &str = "
    select json_group_array(json_array(
      coalesce(h.matter, h.id), h.id, h.case_id, h.reason) order by h.id)
    from holds h
    where h.case_id in (select id from list($1) as s (id bigint))
      and h.action = 'placed'
      and not exists (select 1 from holds l where l.lifts = h.id)";

const PLACED_FIRST: &str = "
    select json_group_array(json_array(first.case_id, first.reason, first.placed_on))
    from (
      select h.case_id, h.reason, min(h.effective_on) as placed_on
      from holds h
      where h.case_id in (select id from list($1) as s (id bigint))
        and h.action = 'placed'
        and not exists (select 1 from holds l where l.lifts = h.id)
      group by h.case_id, h.reason) first";

const INSERT: &str = "
    insert into holds
      (id, case_id, party_id, reason, action, lifts, effective_on, by, note, matter,
       recorded_at)
    select s.id, s.case_id, s.party_id, s.reason, s.action, s.lifts, s.effective_on, s.by,
      s.note, s.matter, $2
    from batch($1) as s (id bigint, case_id bigint, party_id bigint, reason text,
      action text, lifts bigint, effective_on text, by text, note text, matter bigint)";

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
