//! Questions (提问) whose answer must be "none", each one statement.
//!
//! A forged amount may be as large as a number can be: sums are `total`s, and what is
//! added up is `numeric`, so that no question ends with an overflow.

/// Check, question, what an answer means in Chinese and English.
pub(super) const QUESTIONS: &[(&str, &str, &str, &str)] = &[
    (
        "I1",
        SILENTLY_STUCK,
        "实例没有定时器、事件、待办或挂起原因",
        "a run has no timer, event, task or reason why it is parked",
    ),
    (
        "I1",
        LANE_WITHOUT_INSTANCE,
        "线与未结实例不一致",
        "lanes and open runs do not agree",
    ),
    (
        "I1",
        NOT_TOLD,
        "实例没有收到本案的事件",
        "a run was not told of an event of its case",
    ),
    (
        "I2",
        SEQ_BEHIND,
        "实例步数与日志不一致",
        "a run's steps and the journal do not agree",
    ),
    (
        "I2",
        DOUBLE_CONSUMED,
        "事件由不存在的步骤处理",
        "an event was answered by a step that is not in the journal",
    ),
    (
        "I2",
        SET_ASIDE_WHILE_OPEN,
        "运行中的实例有事件被搁置",
        "an open run has an event that was set aside",
    ),
    (
        "I2",
        KEPT_FROM_A_RUN,
        "有事件没有告知流程",
        "a run is kept from hearing of an event",
    ),
    ("I3", ORDER_OF_NOBODY, "指令不属于任何实例", "an order belongs to no run"),
    (
        "I5",
        DUNNED_AFTER_CURE,
        "还清逾期之后仍送出催收指令",
        "a demand left after what was overdue had been paid",
    ),
    (
        "totals",
        WRONG_TOTALS,
        "案件合计与账目不符",
        "the totals of a case are not those of its ledger",
    ),
    (
        "totals",
        WRONG_OLDEST,
        "最早未还到期日与账目不符",
        "the oldest unpaid due date is not that of the ledger",
    ),
    (
        "holds",
        WRONG_HOLDS,
        "案件的暂停与暂停记录不符",
        "the holds of a case are not those on record",
    ),
    (
        "limitation",
        PAYMENT_WITHOUT_CLOCK,
        "还款没有时效中断记录",
        "a payment has not restarted its limitation period",
    ),
    (
        "limitation",
        WRONG_KNOWN_DUES,
        "时效起算的到期日与账目不符",
        "the due day from which a limitation period runs is not that of the ledger",
    ),
    (
        "parts",
        PARTS_OF_NOTHING,
        "本金、利息、罚息、费用合起来不是那笔账目的金额",
        "principal, interest, penalty and costs do not make up their entry",
    ),
    (
        "limitation",
        PROVED_BY_OTHERS,
        "保证人或第三人的还款被当作债务人认账",
        "money of a guarantor or a third person restarts the debtor's limitation period",
    ),
    (
        "promises",
        GRADE_UNTOLD,
        "承诺的结果没有对应的事件",
        "the grade of a promise is not what its events tell",
    ),
    (
        "confirmed",
        CONFIRMED_UNTOLD,
        "手工还款的确认与事件不符",
        "the confirmation of a payment by hand is not what its events tell",
    ),
];

const SILENTLY_STUCK: &str = "\
select i.id from instances i
where i.status <> 'finished'
and not (i.status = 'waiting' and i.due_at is not null)
and not (i.status = 'parked' and exists (
  select 1 from step_errors e where e.instance_id = i.id))
and not (i.status = 'frozen' and exists (
  select 1 from cases c where c.id = i.case_id and c.holds <> ''))
and not exists (select 1 from inbox b
  where b.instance_id = i.id and b.consumed_seq is null)
and not exists (select 1 from tasks t
  where t.instance_id = i.id and t.closed_at is null)";

const LANE_WITHOUT_INSTANCE: &str = "\
select l.instance_id from lanes l left join instances i on i.id = l.instance_id
where i.id is null or i.status = 'finished'
union all
select i.id from instances i left join lanes l on l.instance_id = i.id
where i.status <> 'finished' and l.instance_id is null
union all
select l.instance_id from lanes l join instances i on i.id = l.instance_id
join cases c on c.id = l.case_id
where l.workflow is distinct from i.workflow
or l.oldest_unpaid_on is distinct from c.oldest_unpaid_on
or c.open_runs <> (select count(*) from lanes o where o.case_id = c.id)";

/// An event reaches every run that is open when it comes in; numbers ascend,
/// so that they tell what came first.
const NOT_TOLD: &str = "\
select i.id from instances i
join events e on e.case_id = i.case_id and i.id < e.id
left join inbox b on b.instance_id = i.id and b.event_id = e.id
where b.id is null and (i.status <> 'finished' or e.id < (
  select max(j.id) from journal j where j.chain = i.id))";

const SEQ_BEHIND: &str = "\
select i.id from instances i
where i.seq <> (select coalesce(max(j.seq), -1) from journal j where j.chain = i.id)";

const DOUBLE_CONSUMED: &str = "\
select b.id from inbox b
left join journal j on j.chain = b.instance_id and j.seq = b.consumed_seq
where 0 <= b.consumed_seq and j.id is null";

/// What a run is never told (-2) is that an order is unknown or has failed which has
/// stood otherwise since.
const KEPT_FROM_A_RUN: &str = "\
select b.id from inbox b
join events e on e.id = b.event_id
left join outbox o on e.source = 'outbox' and o.case_id = e.case_id
  and e.dedupe_key like o.id || ':%'
where b.consumed_seq < -1 and (
  b.consumed_seq <> -2 or o.id is null or e.kind not in ('unknown', 'failed')
  or e.dedupe_key = o.id || ':' || o.status || ':' || o.lease_epoch)";

const SET_ASIDE_WHILE_OPEN: &str = "\
select b.id from inbox b join instances i on i.id = b.instance_id
where b.consumed_seq = -1 and i.status in ('waiting', 'frozen')
and i.workflow not in (select workflow from suspended_workflows)";

const ORDER_OF_NOBODY: &str = "\
select o.id from outbox o left join instances i on i.id = o.instance_id
where i.id is null and o.instance_id is not null";

/// An order to demand that has left is wrong when what was paid before it was
/// asked for covered everything that was due when it left. One that never left
/// does no harm: the hand-over is there to stop it.
const DUNNED_AFTER_CURE: &str = "\
select o.id from outbox o
where coalesce(o.text_act, o.act) = 'demand' and o.status in ('delivered', 'unknown')
and exists (select 1 from events e where e.case_id = o.case_id
  and e.kind in ('cured', 'paid_off') and e.received_at < o.created_at)
and (
  select total(l.amount_fen) from ledger l
  where l.case_id = o.case_id and l.kind = 'due'
  and l.recorded_at <= o.settled_at
  and l.booked_on < date(o.settled_at / 1000 + 86400, 'unixepoch')
  and not exists (select 1 from ledger r
    where r.reverses = l.id and r.recorded_at <= o.created_at)
) <= (
  select total(l.amount_fen)
  from ledger l where l.case_id = o.case_id
  and l.kind in ('payment', 'waiver') and l.recorded_at <= o.created_at
  and not exists (select 1 from ledger r
    where r.reverses = l.id and r.recorded_at <= o.settled_at))";

/// What was taken back adds nothing to a total. Nearly no case has a reversal, so the
/// sums of all lines, which come from an index, say first which case to look at.
const WRONG_TOTALS: &str = "\
with doubted as (
  select c.id from cases c
  where c.id in (
    select l.case_id from ledger r join ledger l on l.id = r.reverses
    where r.reverses is not null)
  or c.balance_fen
    <> cast(c.opened_fen as numeric) + c.fee_fen + c.penalty_fen
      - c.paid_fen - c.waived_fen
  or (c.opened_fen, c.fee_fen, c.penalty_fen, c.paid_fen, c.waived_fen, c.due_fen,
    coalesce(c.last_due_on, ''), coalesce(c.last_payment_on, '')) <> (
    select
      total(l.amount_fen) filter (where l.kind = 'open'),
      total(l.amount_fen) filter (where l.kind = 'fee'),
      total(l.amount_fen) filter (where l.kind = 'penalty'),
      total(l.amount_fen) filter (where l.kind = 'payment'),
      total(l.amount_fen) filter (where l.kind = 'waiver'),
      total(l.amount_fen) filter (where l.kind = 'due'),
      coalesce(max(l.booked_on) filter (where l.kind = 'due'), ''),
      coalesce(max(l.booked_on) filter (where l.kind = 'payment'), '')
    from ledger l
    where l.case_id = c.id)),
booked as (
  select case_id,
    total(case kind when 'open' then amount_fen else 0 end) as opened,
    total(case kind when 'fee' then amount_fen else 0 end) as fee,
    total(case kind when 'penalty' then amount_fen else 0 end) as penalty,
    total(case kind when 'payment' then amount_fen else 0 end) as paid,
    total(case kind when 'waiver' then amount_fen else 0 end) as waived,
    total(case kind when 'due' then amount_fen else 0 end) as due,
    max(case kind when 'due' then booked_on end) as last_due,
    max(case kind when 'payment' then booked_on end) as last_payment
  from ledger
  where case_id in (select id from doubted) and kind <> 'reversal'
    and not exists (select 1 from ledger r where r.reverses = ledger.id)
  group by case_id)
select c.id from cases c left join booked l on l.case_id = c.id
where c.id in (select id from doubted) and (
c.opened_fen <> coalesce(l.opened, 0) or c.fee_fen <> coalesce(l.fee, 0)
or c.penalty_fen <> coalesce(l.penalty, 0) or c.paid_fen <> coalesce(l.paid, 0)
or c.waived_fen <> coalesce(l.waived, 0) or c.due_fen <> coalesce(l.due, 0)
or c.balance_fen
  <> cast(c.opened_fen as numeric) + c.fee_fen + c.penalty_fen
    - c.paid_fen - c.waived_fen
or coalesce(c.last_due_on, '') <> coalesce(l.last_due, '')
or coalesce(c.last_payment_on, '') <> coalesce(l.last_payment, ''))";

/// A case is not doubted whose dues are whole numbers, none below 0 and none taken
/// back, where those before its oldest unpaid day are covered and those up to it are
/// not.
const WRONG_OLDEST: &str = "\
with doubted as (
  select c.id from cases c
  where c.id in (
    select l.case_id from ledger r join ledger l on l.id = r.reverses
    where r.reverses is not null)
  or exists (
    select 1 from ledger l where l.case_id = c.id and l.kind = 'due'
    and (l.amount_fen < 0 or cast(l.amount_fen as bigint) <> l.amount_fen))
  or max(0, cast(c.paid_fen as numeric) + c.waived_fen) < (
    select total(l.amount_fen) from ledger l
    where l.case_id = c.id and l.kind = 'due'
    and (c.oldest_unpaid_on is null or l.booked_on < c.oldest_unpaid_on))
  or c.oldest_unpaid_on is not null and (
    select total(l.amount_fen) from ledger l
    where l.case_id = c.id and l.kind = 'due'
    and l.booked_on <= c.oldest_unpaid_on)
    <= max(0, cast(c.paid_fen as numeric) + c.waived_fen))
select c.id from cases c left join (
  select case_id, min(booked_on) as oldest from (
    select l.case_id, l.booked_on,
      max(0, cast(k.paid_fen as numeric) + k.waived_fen) as covered,
      total(l.amount_fen) over (
        partition by l.case_id order by l.booked_on, l.id) as due
    from ledger l join cases k on k.id = l.case_id
    where l.case_id in (select id from doubted) and l.kind = 'due'
      and not exists (select 1 from ledger r where r.reverses = l.id)) d
  where covered < due group by case_id) o on o.case_id = c.id
where c.id in (select id from doubted)
and coalesce(c.oldest_unpaid_on, '') <> coalesce(o.oldest, '')";

const WRONG_HOLDS: &str = "\
select c.id from cases c left join (
  select case_id, string_agg(reason, ',' order by reason) as reasons
  from (select distinct h.case_id, h.reason from holds h
    where h.action = 'placed'
    and not exists (select 1 from holds l where l.lifts = h.id)) r
  group by case_id) s on s.case_id = c.id
where c.holds <> coalesce(s.reasons, '')";

const PAYMENT_WITHOUT_CLOCK: &str = "\
select l.id from ledger l
where l.kind = 'payment' and 0 < l.amount_fen
and not exists (select 1 from interruptions i
  where i.source = 'ledger' and i.dedupe_key = 'payment:' || l.id)";

/// Only where a list has grown is there another due day than the last of all.
const WRONG_KNOWN_DUES: &str = "\
with doubted as (
  select case_id as id from ledger where kind = 'due' and inferred = 1
  union select id from cases where last_known_due_on is not null)
select c.id from doubted d join cases c on c.id = d.id
where coalesce(c.last_known_due_on, '') <> coalesce((
  select case when max(l.booked_on) < c.last_due_on then max(l.booked_on) end
  from ledger l
  where l.case_id = c.id and l.kind = 'due' and l.inferred = 0
    and not exists (select 1 from ledger r where r.reverses = l.id)), '')";

const PROVED_BY_OTHERS: &str = "\
select p.entry_id from ledger_payers p
join interruptions i on i.dedupe_key = 'payment:' || p.entry_id
  and i.source in ('ledger', 'confirmed')
where p.payer <> 'borrower' and i.proved = 1";

/// What an entry consists of is all of it, and of its own case.
const PARTS_OF_NOTHING: &str = "\
select p.entry_id from ledger_parts p
left join ledger l on l.id = p.entry_id
where l.id is null or l.case_id <> p.case_id
  or l.kind not in ('due', 'payment', 'waiver')
  or p.principal_fen < 0 or p.interest_fen < 0 or p.penalty_fen < 0 or p.cost_fen < 0
  or cast(p.principal_fen as numeric) + p.interest_fen + p.penalty_fen + p.cost_fen
    <> l.amount_fen";

/// Whatever grades a promise tells its workflows so; a grade that was put right is told
/// under a key with the instant.
const GRADE_UNTOLD: &str = "\
select p.id from promises p
where p.grade in ('kept', 'late', 'partial', 'broken')
and not exists (select 1 from events e
  where e.source = 'promises' and e.dedupe_key = 'promise_' || p.grade || ':' || p.id)
and not exists (select 1 from events e
  where e.case_id = p.case_id and e.source = 'promises'
  and e.dedupe_key like 'regraded:promise_' || p.grade || ':' || p.id || ':%')";

/// A payment tells when it is booked whether it is confirmed, and once more when it is
/// confirmed later. Of the bank's own rows, which are nearly all, nobody says so.
const CONFIRMED_UNTOLD: &str = "\
select l.id from ledger l
join events e on e.source = 'ledger' and e.dedupe_key = 'payment:' || l.id
where l.source = 'hand' and l.kind = 'payment'
and (json(e.payload) ->> 'confirmed') is not null
and (l.confirmed = 0) = (
  cast(coalesce(json(e.payload) ->> 'confirmed', '') as text) in ('1', 'true')
  or exists (select 1 from events c where c.source = 'ledger'
    and c.dedupe_key = 'payment_confirmed:' || l.id))";

#[cfg(test)]
mod tests;
