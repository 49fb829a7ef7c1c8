//! What is derived, derived again (推算核验): freezing from holds, the limitation
//! period from its interruptions, timers from their rules.

use domain::decision::WaitRule;
use domain::hold::forbids_demands;
use domain::ids::PartyId;
use domain::limitation::{
    Evidence, Interruption, InterruptionKind, LimitationClock, Record,
};
use domain::party::GuaranteeKind;
use foldhash::{HashMap, HashSet};
use jiff::civil::{Date, DateTime, date};
use sqlx::Row;

use super::Verdict;
use crate::progress::Progress;
use crate::{Conn, StoreError, clock_acts, limitation, rows};

const REASONS: &str = "select distinct holds from cases where holds <> ''";

const FROZEN_WITHOUT_HOLD: &str = "\
select i.id from instances i join cases c on c.id = i.case_id
where i.status = 'frozen'
and c.holds not in (select holds from list($1) as f (holds text))";

/// Whoever lets a parked run go on answers for its going on under a hold.
const RUNNING_UNDER_HOLD: &str = "\
select i.id from instances i join cases c on c.id = i.case_id
where i.status = 'waiting'
and c.holds in (select holds from list($1) as f (holds text))
and not exists (select 1 from instance_notes n
  where n.instance_id = i.id and n.keeps_clocks = 1)";

pub(super) async fn verify_freezing(
    conn: &mut Conn,
    verdict: &mut Verdict,
) -> Result<(), StoreError> {
    let found: Vec<String> = sqlx::query_scalar(REASONS).fetch_all(&mut *conn).await?;
    let forbidding: Vec<&String> =
        found.iter().filter(|it| it.split(',').any(forbids_demands)).collect();
    let forbidding = serde_json::to_string(&forbidding)?;
    for (question, zh, en) in [
        (
            FROZEN_WITHOUT_HOLD,
            "实例已冻结,但没有禁止催收的暂停",
            "a run is frozen without a hold that forbids demands",
        ),
        (
            RUNNING_UNDER_HOLD,
            "实例在禁止催收的暂停期间没有冻结",
            "a run goes on under a hold that forbids demands",
        ),
    ] {
        let found = sqlx::query_scalar(question).bind(&forbidding);
        let mut found: Vec<i64> = found.fetch_all(&mut *conn).await?;
        found.sort_unstable();
        for id in found {
            verdict.fault("holds", id, format!("{zh}({id})"), format!("{en} ({id})"));
        }
    }
    Ok(())
}

const CASES: &str = "
    select json_group_array(json_array(id, due_on, limitation_ends_on)) from (
      select id, limitation_ends_on,
        case when contract_ends_on is null then coalesce(last_known_due_on, last_due_on)
          when contract_ends_on < last_due_on then contract_ends_on
          else last_due_on end as due_on
      from cases
      where (select after from list($1) as a (after bigint)) < id
        and last_due_on is not null
      order by id limit 5000) page";

const INTERRUPTIONS: &str = "
    select json_group_array(json_array(
      id, case_id, on_date, kind, evidence, proved))
    from interruptions
    where case_id in (select id from list($1) as s (id bigint))";

/// id, case, day, kind, evidence, proved; whoever forges writes what they like.
type Interrupted = (i64, i64, String, String, String, i64);

/// A payment that was taken back proves nothing any more. Few are, so they are
/// looked for from their reversals: `cross join` keeps a planner that knows no numbers
/// from beginning with the interruptions of every payment.
const TAKEN_BACK: &str = "
    select json_group_array(i.id)
    from ledger r
    cross join ledger p
    cross join interruptions i
    where r.reverses is not null and p.id = r.reverses
      and i.source in ('ledger', 'confirmed') and i.dedupe_key = 'payment:' || p.id
      and i.case_id = p.case_id";

/// What somebody has withdrawn proves nothing either.
const WITHDRAWN: &str = "
    select json_group_array(interruption_id)
    from clock_withdrawals
    where interruption_id is not null";

/// Nor does what somebody else than the borrower has paid.
const OF_OTHERS: &str = "
    select json_group_array(i.id)
    from ledger_payers p
    cross join interruptions i
    where p.payer <> 'borrower' and i.source in ('ledger', 'confirmed')
      and i.dedupe_key = 'payment:' || p.entry_id";

pub(super) async fn verify_limitation(
    conn: &mut Conn,
    verdict: &mut Verdict,
    progress: &Progress,
) -> Result<(), StoreError> {
    let taken_back: String = sqlx::query_scalar(TAKEN_BACK).fetch_one(&mut *conn).await?;
    let mut taken_back: HashSet<i64> = serde_json::from_str(&taken_back)?;
    let withdrawn: String = sqlx::query_scalar(WITHDRAWN).fetch_one(&mut *conn).await?;
    taken_back.extend(serde_json::from_str::<Vec<i64>>(&withdrawn)?);
    let of_others: String = sqlx::query_scalar(OF_OTHERS).fetch_one(&mut *conn).await?;
    taken_back.extend(serde_json::from_str::<Vec<i64>>(&of_others)?);
    let mut after = -1_i64;
    loop {
        let cases: Vec<(i64, String, Option<String>)> =
            rows::ask(conn, CASES, &[after]).await?;
        let Some(last) = cases.last() else { return Ok(()) };
        after = last.0;
        progress.advance(4 * cases.len() as u64);
        let ids: Vec<i64> = cases.iter().map(|case| case.0).collect();
        let records = clock_acts::of_cases(conn, &ids).await?;
        let clock = |it: &(i64, String, _)| {
            Some((it.0, limitation::clock(records.get(&it.0), it.1.parse().ok()?)))
        };
        let mut clocks: HashMap<i64, LimitationClock> =
            cases.iter().filter_map(clock).collect();
        let mut found: Vec<Interrupted> = rows::ask(conn, INTERRUPTIONS, &ids).await?;
        found.sort_unstable_by_key(|it| it.0);
        for it in found {
            interrupt(&mut clocks, &taken_back, it, verdict);
        }
        verify_guarantees(conn, verdict, &ids, &records).await?;
        for (case, _, ends_on) in cases {
            let expected =
                clocks.get(&case).map(|clock| clock.proved_expiry().to_string());
            if expected.is_none() || expected != ends_on {
                verdict.fault("limitation", case, format!("案件的时效届满日与记录不符({case})"), format!("the end of a case's limitation period is not that of its records ({case})"));
            }
        }
    }
}

/// case, guarantor, kind, months, the day of the loan, the day on which it falls due, and
/// the guarantor's days as they stand; whoever forges writes what they like.
type KeptGuarantee = (
    i64,
    PartyId,
    GuaranteeKind,
    i64,
    Option<String>,
    Option<String>,
    [Option<String>; 3],
);

const KEPT_GUARANTEES: &str = "
    select json_group_array(json_array(
      g.case_id, g.party_id, g.kind, g.period_months, c.opened_on,
      case when c.contract_ends_on is null then coalesce(c.last_known_due_on, c.last_due_on)
        when c.contract_ends_on < c.last_due_on then c.contract_ends_on
        else c.last_due_on end,
      json_array(g.ends_on, g.satisfied_on, g.limitation_ends_on)))
    from guarantees g
    join cases c on c.id = g.case_id
    where g.case_id in (select s.id from list($1) as s (id bigint))";

/// Every guarantor whose days are not what was done makes of them.
async fn verify_guarantees(
    conn: &mut Conn,
    verdict: &mut Verdict,
    cases: &[i64],
    records: &HashMap<i64, Record>,
) -> Result<(), StoreError> {
    let kept: Vec<KeptGuarantee> = rows::ask(conn, KEPT_GUARANTEES, cases).await?;
    let nothing = Record::default();
    for (case, party, kind, months, opened_on, due_on, stands) in kept {
        // A day that is none is told of as the case's.
        let Ok(due_on) = due_on.map(|day| day.parse::<Date>()).transpose() else {
            continue;
        };
        let opened_on = opened_on.and_then(|day| day.parse().ok());
        let months = u32::try_from(months).unwrap_or(0);
        let row = (case, party, kind, months, opened_on, due_on);
        let record = records.get(&case).unwrap_or(&nothing);
        let (_, _, ends_on, held_on, limitation) = limitation::days_of(&row, record);
        let made =
            [ends_on, held_on, limitation].map(|day| day.map(|day| day.to_string()));
        if made != stands {
            verdict.fault(
                "limitation",
                case,
                format!("保证期间与记录不符({case})"),
                format!("the days of a guarantor are not those of its records ({case})"),
            );
        }
    }
    Ok(())
}

/// Holds an interruption against its evidence, and lets it count where it proves.
fn interrupt(
    clocks: &mut HashMap<i64, LimitationClock>,
    taken_back: &HashSet<i64>,
    (id, case, on, kind, evidence, proved): Interrupted,
    verdict: &mut Verdict,
) {
    let read =
        (on.parse::<Date>(), InterruptionKind::parse(&kind), Evidence::parse(&evidence));
    let (Ok(on), Some(kind), Some(evidence)) = read else {
        return verdict.fault(
            "limitation",
            id,
            format!("时效中断 {id} 无法读懂"),
            format!("interruption {id} of a limitation period cannot be read"),
        );
    };
    let proves = evidence.proves(kind) && !taken_back.contains(&id);
    if (proved == 1) != proves {
        verdict.fault("limitation", id, format!("时效中断 {id} 的证明与证据不符"), format!("interruption {id} of a limitation period is not proved as its evidence says"));
    }
    if let Some(clock) = clocks.get_mut(&case)
        && proves
    {
        clock.interruptions.push(Interruption::new(on, kind, evidence));
    }
}

/// The newest instant that anything was written at: the store has no clock.
const NEWEST: &str = "\
select max(at) from (
  select max(at) as at from journal
  union all select max(received_at) from events
  union all select max(recorded_at) from holds) newest";

const FAR_AWAY: &str = "\
select i.id, i.due_at, w.rule, w.since, c.last_due_on
from instances i join cases c on c.id = i.case_id
left join wait_rules w on w.instance_id = i.id
where i.status in ('waiting', 'frozen') and $1 < i.due_at
order by i.id";

const DAY_MS: i64 = 86_400_000;
/// A wait may be longer than its rule says by an approval (90 days), holidays
/// and the opening hour; what a hold kept it lies before now.
const MARGIN_DAYS: i64 = 120;

/// Looks that no timer stands far beyond what was asked for, where it would
/// never be heard of again. The calendar that it was reckoned with is not in
/// the store, so this is a bound and not the day.
pub(super) async fn verify_timers(
    conn: &mut Conn,
    verdict: &mut Verdict,
) -> Result<(), StoreError> {
    let newest: Option<i64> = sqlx::query_scalar(NEWEST).fetch_one(&mut *conn).await?;
    let Some(newest) = newest else { return Ok(()) };
    let far = newest.saturating_add(MARGIN_DAYS * DAY_MS);
    let rows = sqlx::query(FAR_AWAY).bind(far).fetch_all(conn).await?;
    for row in &rows {
        let (id, due_at): (i64, i64) = (row.try_get("id")?, row.try_get("due_at")?);
        let rule: Option<&str> = row.try_get("rule")?;
        let rule: Option<WaitRule> =
            rule.and_then(|rule| serde_json::from_str(rule).ok());
        let since = day_of(row.try_get("since")?);
        let last_due = day_of(row.try_get("last_due_on")?);
        let latest = latest_ms(newest, rule, since, last_due);
        if latest.saturating_add(MARGIN_DAYS * DAY_MS) < due_at {
            verdict.fault(
                "timer",
                id,
                format!("实例 {id} 的定时器远在等待规则之后"),
                format!("the timer of run {id} stands far behind what its wait asks for"),
            );
        }
    }
    Ok(())
}

/// The day of a civil date or minute.
fn day_of(text: Option<&str>) -> Option<Date> {
    let text = text?;
    text.parse().ok().or_else(|| text.parse().ok().map(DateTime::date))
}

fn latest_ms(
    newest: i64,
    rule: Option<WaitRule>,
    since: Option<Date>,
    last_due: Option<Date>,
) -> i64 {
    let from = |day: Option<Date>| day.map_or(newest, |it| newest.max(midnight_ms(it)));
    let later = |day, n: i64| from(day).saturating_add(n);
    match rule {
        None => newest,
        Some(WaitRule::Days(n)) => later(since, i64::from(n) * DAY_MS),
        Some(WaitRule::Workdays(n)) => later(since, 2 * i64::from(n) * DAY_MS),
        Some(WaitRule::Hours(n)) => later(since, i64::from(n) * DAY_MS / 24),
        Some(WaitRule::Until(day)) => from(Some(day)),
        Some(WaitRule::Overdue(n)) => later(last_due, i64::from(n) * DAY_MS),
    }
}

fn midnight_ms(day: Date) -> i64 {
    i64::from((day - date(1970, 1, 1)).get_days()) * DAY_MS
}
