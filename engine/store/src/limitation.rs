//! The clocks of a case (诉讼时效、保证期间), kept where a date moves them.

use domain::guarantee::{Agreed, Guarantee, GuaranteeLaw, Standing};
use domain::ids::{CaseId, PartyId};
use domain::limitation::{
    Evidence, Interruption, InterruptionKind, LimitationClock, Record,
};
use domain::party::{GuaranteeKind, Role};
use foldhash::HashMap;
use jiff::civil::Date;

use crate::error::StoreError;
use crate::{Conn, clock_acts, ids, rows};

/// Something that began the limitation period anew, with what shows it.
#[derive(Clone, Debug)]
pub struct NewInterruption {
    /// The case.
    pub case_id: CaseId,
    /// The day it took effect.
    pub on: Date,
    /// What happened.
    pub kind: InterruptionKind,
    /// What shows it.
    pub evidence: Evidence,
    /// Who tells of it.
    pub source: String,
    /// The same key for the same interruption of a source.
    pub dedupe_key: String,
}

const ROLES: &str = "\
select role from case_parties where case_id = $1 and party_id = $2";

/// Whether a demand on this person, or a promise of theirs, begins the debtor's
/// period anew, by any of the roles they have in the case; see
/// [`Role::shares_the_debtors_clock`].
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn counts_for_the_debtor(
    conn: &mut Conn,
    case_id: CaseId,
    party: i64,
) -> Result<bool, StoreError> {
    let roles = sqlx::query_scalar(ROLES).bind(case_id.0).bind(party);
    let roles: Vec<String> = roles.fetch_all(conn).await?;
    let shares =
        |role: &String| Role::parse(role).is_some_and(Role::shares_the_debtors_clock);
    Ok(roles.iter().any(shares))
}

/// Writes interruptions down, each once, and moves the clocks of their cases.
/// Answers how many were new.
///
/// Only what its evidence proves moves the clock that the house plans by.
///
/// # Errors
///
/// [`StoreError`] when a case is unknown or the database cannot be written.
pub async fn interrupt(
    conn: &mut Conn,
    interruptions: &[NewInterruption],
) -> Result<u64, StoreError> {
    let new = write(conn, interruptions).await?;
    if 0 < new {
        let cases: Vec<i64> =
            interruptions.iter().map(|interruption| interruption.case_id.0).collect();
        recompute(conn, &cases).await?;
    }
    Ok(new)
}

/// Writes interruptions down; the caller moves the clocks.
pub(crate) async fn write(
    conn: &mut Conn,
    interruptions: &[NewInterruption],
) -> Result<u64, StoreError> {
    if interruptions.is_empty() {
        return Ok(0);
    }
    let first = ids::allocate(conn, interruptions.len()).await?;
    let list: Vec<_> = (first..)
        .zip(interruptions)
        .map(|(id, it)| {
            let proved = i64::from(it.evidence.proves(it.kind));
            (
                id,
                it.case_id,
                it.on,
                it.kind,
                it.evidence,
                proved,
                &it.source,
                &it.dedupe_key,
            )
        })
        .collect();
    rows::run(conn, INSERT, &list).await
}

/// Takes back what reversed payments had interrupted: it is no longer proved.
pub(crate) async fn disprove(
    conn: &mut Conn,
    payments: &[i64],
) -> Result<(), StoreError> {
    rows::run(conn, DISPROVE, payments).await?;
    Ok(())
}

/// What a source has entered that interrupts the period of a case and stands: number,
/// day and key, in the order in which it was entered.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn standing(
    conn: &mut Conn,
    case_id: CaseId,
    source: &str,
) -> Result<Vec<(i64, Date, String)>, StoreError> {
    rows::ask(conn, STANDING, &[(case_id, source)]).await
}

/// Takes back what somebody entered by mistake; the caller moves the clocks.
pub(crate) async fn withdraw(
    conn: &mut Conn,
    interruptions: &[i64],
) -> Result<(), StoreError> {
    if !interruptions.is_empty() {
        rows::run(conn, WITHDRAW, interruptions).await?;
    }
    Ok(())
}

/// The last day of a case's limitation period by what is proved.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn ends_on(
    conn: &mut Conn,
    case_id: CaseId,
) -> Result<Option<Date>, StoreError> {
    let found: Vec<Option<Date>> = rows::ask(conn, ENDS_ON, &[case_id.0]).await?;
    Ok(found.into_iter().flatten().next())
}

/// Moves the limitation period and the guarantee periods of these cases.
pub(crate) async fn recompute(conn: &mut Conn, cases: &[i64]) -> Result<(), StoreError> {
    if cases.is_empty() {
        return Ok(());
    }
    recompute_limitation(conn, cases).await?;
    recompute_guarantees(conn, cases).await
}

async fn recompute_limitation(conn: &mut Conn, cases: &[i64]) -> Result<(), StoreError> {
    let dues: Vec<(i64, Date)> = rows::ask(conn, LAST_DUES, cases).await?;
    let ends: Vec<(i64, Date)> = expiries(conn, &dues).await?.into_iter().collect();
    rows::run(conn, WRITE_ENDS, &ends).await?;
    Ok(())
}

/// The last day of each of these cases by proved evidence and by what was done about
/// them; they are given with the latest day that is booked as due, or the last day that
/// the first list named where that is earlier.
pub(crate) async fn expiries(
    conn: &mut Conn,
    dues: &[(i64, Date)],
) -> Result<HashMap<i64, Date>, StoreError> {
    if dues.is_empty() {
        return Ok(HashMap::default());
    }
    let cases: Vec<i64> = dues.iter().map(|(case, _)| *case).collect();
    let records = clock_acts::of_cases(conn, &cases).await?;
    let mut clocks: HashMap<i64, LimitationClock> =
        dues.iter().map(|(case, due)| (*case, clock(records.get(case), *due))).collect();
    let interruptions: Vec<(i64, Date, InterruptionKind, Evidence)> =
        rows::ask(conn, PROVED, dues).await?;
    for (case, on, kind, evidence) in interruptions {
        if let Some(clock) = clocks.get_mut(&case) {
            clock.interruptions.push(Interruption::new(on, kind, evidence));
        }
    }
    Ok(clocks.iter().map(|(case, clock)| (*case, clock.proved_expiry())).collect())
}

/// The clock of a case by what was done about it, before anything interrupts it.
pub(crate) fn clock(record: Option<&Record>, due_on: Date) -> LimitationClock {
    let Some(record) = record else { return LimitationClock::new(due_on) };
    LimitationClock {
        suspensions: record.suspensions(),
        terms: record.terms(),
        ..LimitationClock::new(record.debt_due_on(due_on, None))
    }
}

/// [`expiries`] of cases on which nothing stands but these interruptions.
pub(crate) fn first_expiries(
    dues: &[(i64, Date)],
    interruptions: &[(CaseId, Interruption)],
) -> HashMap<i64, Date> {
    let mut clocks: HashMap<i64, LimitationClock> =
        dues.iter().map(|(case, due)| (*case, LimitationClock::new(*due))).collect();
    for (case, it) in
        interruptions.iter().filter(|interruption| interruption.1.is_proved())
    {
        if let Some(clock) = clocks.get_mut(&case.0) {
            clock.interruptions.push(*it);
        }
    }
    clocks.iter().map(|(case, clock)| (*case, clock.proved_expiry())).collect()
}

/// A debt of which nothing is due any more has no guarantee that runs out.
pub(crate) async fn recompute_guarantees(
    conn: &mut Conn,
    cases: &[i64],
) -> Result<(), StoreError> {
    if cases.is_empty() {
        return Ok(());
    }
    let guarantees: Vec<GuaranteeRow> = rows::ask(conn, GUARANTEES, cases).await?;
    let records = clock_acts::of_cases(conn, cases).await?;
    let nothing = Record::default();
    let ends: Vec<GuaranteeDays> = guarantees
        .iter()
        .map(|row| days_of(row, records.get(&row.0).unwrap_or(&nothing)))
        .collect();
    rows::run(conn, WRITE_GUARANTEE_ENDS, &ends).await?;
    Ok(())
}

/// case, guarantor, kind, months, the day of the loan, the day on which it falls due.
pub(crate) type GuaranteeRow =
    (i64, PartyId, GuaranteeKind, u32, Option<Date>, Option<Date>);

/// case, guarantor, the last day of the period, the day on which the guarantor was held,
/// the last day of the limitation period against a joint one, or a general one who cannot
/// refuse any more.
pub(crate) type GuaranteeDays = (i64, PartyId, Option<Date>, Option<Date>, Option<Date>);

/// What a guarantor's days are by what was done.
pub(crate) fn days_of(row: &GuaranteeRow, record: &Record) -> GuaranteeDays {
    let (case, party, kind, months, opened_on, due_on) = *row;
    let Some(due_on) = due_on else { return (case, party, None, None, None) };
    let due_on = record.debt_due_on(due_on, None);
    let guarantee = Guarantee {
        kind,
        debt_due_on: record.due_for_guarantor(party, due_on),
        agreed: Agreed::Months(months),
        law: GuaranteeLaw::of(opened_on),
    };
    let standing = guarantee.standing(&record.steps_against(party), Date::MAX);
    let held_on = match standing {
        Standing::Secured(on) => Some(on),
        Standing::Running(_) | Standing::Lapsed(_) => None,
    };
    let demands: Vec<Date> = record.demands_on(party).collect();
    let refusal_ended_on = record.refusal_ended_on(party);
    let limitation_ends_on = guarantee.limitation(standing, &demands, refusal_ended_on);
    (case, party, Some(guarantee.ends_on()), held_on, limitation_ends_on)
}

const INSERT: &str = "
    insert into interruptions
      (id, case_id, on_date, kind, evidence, proved, source, dedupe_key)
    select s.id, s.case_id, s.on_date, s.kind, s.evidence, s.proved, s.source,
      s.dedupe_key
    from batch($1) as s (
      id bigint, case_id bigint, on_date text, kind text, evidence text, proved bigint,
      source text, dedupe_key text)
    where true
    on conflict (source, dedupe_key) do nothing";

const DISPROVE: &str = "
    update interruptions
    set proved = 0
    where source in ('ledger', 'confirmed')
      and dedupe_key in (
        select 'payment:' || s.id from list($1) as s (id bigint))";

const STANDING: &str = "
    select json_group_array(json_array(i.id, i.on_date, i.dedupe_key) order by i.id)
    from batch($1) as s (case_id bigint, source text)
    join interruptions i on i.case_id = s.case_id and i.source = s.source
    where not exists (
      select 1 from clock_withdrawals w where w.interruption_id = i.id)";

const WITHDRAW: &str = "
    update interruptions
    set proved = 0
    where id in (select s.id from list($1) as s (id bigint))";

const LAST_DUES: &str = "
    select json_group_array(json_array(c.id,
      case when c.contract_ends_on is null then coalesce(c.last_known_due_on, c.last_due_on)
        when c.contract_ends_on < c.last_due_on then c.contract_ends_on
        else c.last_due_on end))
    from cases c
    where c.id in (select s.id from list($1) as s (id bigint))
      and c.last_due_on is not null";

const ENDS_ON: &str = "
    select json_group_array(limitation_ends_on)
    from cases
    where id in (select s.id from list($1) as s (id bigint))";

const PROVED: &str = "
    select json_group_array(json_array(i.case_id, i.on_date, i.kind, i.evidence))
    from batch($1) as s (case_id bigint, due_on text)
    join interruptions i on i.case_id = s.case_id
    where i.proved = 1";

const WRITE_ENDS: &str = "
    update cases
    set limitation_ends_on = s.ends_on, facts_rev = facts_rev + 1
    from batch($1) as s (id bigint, ends_on text)
    where cases.id = s.id and cases.limitation_ends_on is distinct from s.ends_on";

const GUARANTEES: &str = "
    select json_group_array(json_array(
      g.case_id, g.party_id, g.kind, g.period_months, c.opened_on,
      case when c.contract_ends_on is null then coalesce(c.last_known_due_on, c.last_due_on)
        when c.contract_ends_on < c.last_due_on then c.contract_ends_on
        else c.last_due_on end))
    from guarantees g
    join cases c on c.id = g.case_id
    where g.case_id in (select s.id from list($1) as s (id bigint))";

const WRITE_GUARANTEE_ENDS: &str = "
    update guarantees
    set ends_on = s.ends_on, satisfied_on = s.satisfied_on,
      limitation_ends_on = s.limitation_ends_on
    from batch($1) as s (
      case_id bigint, party_id bigint, ends_on text, satisfied_on text,
      limitation_ends_on text)
    where guarantees.case_id = s.case_id and guarantees.party_id = s.party_id
      and (guarantees.ends_on is distinct from s.ends_on
        or guarantees.satisfied_on is distinct from s.satisfied_on
        or guarantees.limitation_ends_on is distinct from s.limitation_ends_on)";
