//! The statements of the ceiling (上限语句), in the words of each database: the same rows
//! by as many statements.

/// What the loop runs; `$1` is the rows of a batch as one JSON text.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) claim: &'static str,
    pub(super) moved: &'static str,
    pub(super) journal: &'static str,
    pub(super) wait: &'static str,
    pub(super) order: &'static str,
    pub(super) ready: &'static str,
    pub(super) lease: &'static str,
    pub(super) reserve: &'static str,
    pub(super) settle: &'static str,
    pub(super) count: &'static str,
    pub(super) arrived: &'static str,
    pub(super) handed_over: &'static str,
}

/// As one would write them for SQLite alone.
pub(super) const OF_FILE: Statements = Statements {
    claim: CLAIM,
    moved: MOVED,
    journal: JOURNAL,
    wait: WAIT,
    order: ORDER,
    ready: READY,
    lease: LEASE,
    reserve: RESERVE,
    settle: SETTLE,
    count: COUNT,
    arrived: ARRIVED,
    handed_over: HANDED_OVER,
};

/// As one would write them for PostgreSQL alone, with the rows as JSON, for the driver
/// takes no arrays.
pub(super) const OF_SERVER: Statements = Statements {
    claim: CLAIM,
    moved: server::MOVED,
    journal: server::JOURNAL,
    wait: server::WAIT,
    order: server::ORDER,
    ready: server::READY,
    lease: server::LEASE,
    reserve: server::RESERVE,
    settle: server::SETTLE,
    count: server::COUNT,
    arrived: server::ARRIVED,
    handed_over: server::HANDED_OVER,
};

const CLAIM: &str = "\
select json_group_array(json_array(i.id, i.case_id, i.seq, j.hash))
from (select id, case_id, seq from instances
  where status = 'waiting' and due_at <= $1 order by due_at, id limit $2) i
join journal j on j.chain = i.id and j.seq = i.seq";
const MOVED: &str = "\
update instances set seq = s.value ->> 1, stage = $2, status = 'waiting', due_at = $3
from jsonb_each($1) s where instances.id = s.value ->> 0";
const JOURNAL: &str = "\
insert into journal (id, chain, seq, case_id, at, release_id, body, prev_hash, hash)
select $2 + key, value ->> 0, value ->> 1, value ->> 2, $3, 1, value ->> 3, value ->> 4,
  $4
from jsonb_each($1)";
const WAIT: &str = "\
insert into wait_rules (instance_id, rule, next_stage, since, provisional)
select value ->> 0, $2, $3, $4, 0 from jsonb_each($1) where true
on conflict (instance_id) do update set rule = excluded.rule,
  next_stage = excluded.next_stage, since = excluded.since,
  provisional = excluded.provisional";
const ORDER: &str = "\
insert into outbox (id, case_id, instance_id, seq, ordinal, stage, plugin, verb, party_id,
  channel, act, delivery, args, body, states_fen, idempotency_key, requested_by,
  collector, line, status, not_before_at, not_after_at, created_at)
select $2 + s.key, s.value ->> 1, s.value ->> 0, s.value ->> 2, 0, $4, $5 ->> 0, $5 ->> 1,
  p.party_id, $5 ->> 2, $5 ->> 3, $5 ->> 4, $5 ->> 5, $5 ->> 6, $5 ->> 7, s.value ->> 3,
  $5 ->> 9, $5 ->> 10, $5 ->> 11, 'pending', $3, $3 + 604800000, $3
from jsonb_each($1) s
join case_parties p on p.case_id = s.value ->> 1 and p.role = 'borrower'";
const READY: &str = "\
select json_group_array(json_array(id, case_id, party_id)) from (
  select id, case_id, party_id from outbox
  where status = 'pending' and not_before_at <= $1
  order by not_before_at, id limit $2)";
const LEASE: &str = "\
update outbox set status = 'leased', lease_epoch = lease_epoch + 1,
  leased_until_at = $2, attempts = attempts + 1
from jsonb_each($1) s where outbox.id = s.value ->> 0";
const RESERVE: &str = "\
insert into contacts (id, case_id, party_id, order_id, channel, contact_point,
  attempted_at, attempted_on, attempted_minute, outcome)
select $2 + key, value ->> 1, value ->> 2, value ->> 0, 'sms', '15400000000', $3,
  '2026-04-01', 600, 'reserved'
from jsonb_each($1)";
const SETTLE: &str = "\
update outbox set status = 'delivered', settled_at = $2, settled_note = 'simulated',
  leased_until_at = null
from jsonb_each($1) s where outbox.id = s.value ->> 0";
const COUNT: &str = "\
update cases set facts_rev = facts_rev + 1, contacts = contacts + 1,
  last_contact_on = '2026-04-01'
from jsonb_each($1) s where cases.id = s.value ->> 1";
const ARRIVED: &str = "\
update contacts set outcome = 'delivered'
from jsonb_each($1) s where contacts.order_id = s.value ->> 0";
const HANDED_OVER: &str = "\
insert into journal (id, chain, seq, case_id, at, release_id, body, prev_hash, hash)
select $2 + s.key, s.value ->> 1, coalesce(j.seq, -1) + 1, s.value ->> 1, $3, 1, $4,
  coalesce(j.hash, ''), $5
from jsonb_each($1) s
left join journal j on j.chain = s.value ->> 1
  and j.seq = (select max(seq) from journal where chain = s.value ->> 1)";

mod server {
    pub(super) const MOVED: &str = "\
update instances set seq = s.seq, stage = $2, status = 'waiting', due_at = $3
from batch($1) as s (id bigint, seq bigint) where instances.id = s.id";
    pub(super) const JOURNAL: &str = "\
insert into journal (id, chain, seq, case_id, at, release_id, body, prev_hash, hash)
select $2 + s.place, s.chain, s.seq, s.case_id, $3, 1, s.body, s.prev_hash, $4
from batch($1) as s (place ordinality, chain bigint, seq bigint, case_id bigint,
  body text, prev_hash text)";
    pub(super) const WAIT: &str = "\
insert into wait_rules (instance_id, rule, next_stage, since, provisional)
select s.id, $2, $3, $4, 0 from batch($1) as s (id bigint) where true
on conflict (instance_id) do update set rule = excluded.rule,
  next_stage = excluded.next_stage, since = excluded.since,
  provisional = excluded.provisional";
    pub(super) const ORDER: &str = "\
insert into outbox (id, case_id, instance_id, seq, ordinal, stage, plugin, verb, party_id,
  channel, act, delivery, args, body, states_fen, idempotency_key, requested_by,
  collector, line, status, not_before_at, not_after_at, created_at)
select $2 + s.place, s.case_id, s.id, s.seq, 0, $4, o.plugin, o.verb, p.party_id,
  o.channel, o.act, o.delivery, o.args, o.body, o.states_fen, s.key, o.requested_by,
  o.collector, o.line, 'pending', $3, $3 + 604800000, $3
from batch($1) as s (place ordinality, id bigint, case_id bigint, seq bigint, key text)
cross join batch('[' || $5 || ']') as o (plugin text, verb text, channel text, act text,
  delivery text, args text, body text, states_fen bigint, key text, requested_by text,
  collector text, line text)
join case_parties p on p.case_id = s.case_id and p.role = 'borrower'";
    pub(super) const READY: &str = "\
select json_group_array(json_array(id, case_id, party_id)) from (
  select id, case_id, party_id from outbox
  where status = 'pending' and not_before_at <= $1
  order by not_before_at, id limit $2) ready";
    pub(super) const LEASE: &str = "\
update outbox set status = 'leased', lease_epoch = lease_epoch + 1,
  leased_until_at = $2, attempts = attempts + 1
from batch($1) as s (id bigint) where outbox.id = s.id";
    pub(super) const RESERVE: &str = "\
insert into contacts (id, case_id, party_id, order_id, channel, contact_point,
  attempted_at, attempted_on, attempted_minute, outcome)
select $2 + s.place, s.case_id, s.party_id, s.id, 'sms', '15400000000', $3,
  '2026-04-01', 600, 'reserved'
from batch($1) as s (place ordinality, id bigint, case_id bigint, party_id bigint)";
    pub(super) const SETTLE: &str = "\
update outbox set status = 'delivered', settled_at = $2, settled_note = 'simulated',
  leased_until_at = null
from batch($1) as s (id bigint) where outbox.id = s.id";
    pub(super) const COUNT: &str = "\
update cases set facts_rev = facts_rev + 1, contacts = contacts + 1,
  last_contact_on = '2026-04-01'
from batch($1) as s (id bigint, case_id bigint) where cases.id = s.case_id";
    pub(super) const ARRIVED: &str = "\
update contacts set outcome = 'delivered'
from batch($1) as s (id bigint) where contacts.order_id = s.id";
    pub(super) const HANDED_OVER: &str = "\
insert into journal (id, chain, seq, case_id, at, release_id, body, prev_hash, hash)
select $2 + s.place, s.case_id, coalesce(j.seq, -1) + 1, s.case_id, $3, 1, $4,
  coalesce(j.hash, ''), $5
from batch($1) as s (place ordinality, id bigint, case_id bigint)
left join journal j on j.chain = s.case_id
  and j.seq = (select max(seq) from journal where chain = s.case_id)";
}
