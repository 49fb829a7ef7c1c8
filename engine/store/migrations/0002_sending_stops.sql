-- Sending can be stopped. An order that may not leave for a reason outside itself is
-- held: by the stop that its `held_by` names.

create table sending_stops (
  id bigint primary key,
  -- what it stops: everything; a channel, workflow, release or act of the policy packs;
  -- or the orders that were put under it one by one
  scope text not null constraint stop_scope_is_known check (scope in
    ('all', 'channel', 'workflow', 'release', 'act', 'orders')),
  -- the channel's, workflow's or act's word, the release's number; what a person reads
  target text not null default '',
  release_id bigint references releases (id),
  -- only orders up to this one; later ones go
  up_to_order bigint,
  cause text not null constraint stop_cause_is_known check (cause in
    ('person', 'guard', 'channel_fault', 'stale_book')),
  reason text not null,
  placed_at bigint not null,
  placed_by text not null,
  -- how far the orders that waited when it was placed have been looked through
  swept_at bigint not null default -1,
  swept_order bigint not null default -1,
  swept bigint not null default 0,
  lifted_at bigint,
  lifted_by text,
  lift_note text,
  -- how what it held goes on: at once, spread over a while, or without what is older
  resume text constraint resume_is_known check (resume in ('now', 'spread', 'drop')),
  resume_ms bigint not null default 0,
  -- orders it held when it was lifted, and how many of them have been let go
  held_orders bigint not null default 0,
  let_go bigint not null default 0,
  -- nothing is left to do for it
  done_at bigint,
  constraint only_a_release_has_its_id check ((scope = 'release') = (release_id is not null)),
  constraint lifted_stop_says_who_and_how check (
    (lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (resume is null)),
  constraint only_a_lifted_stop_is_done check (done_at is null or lifted_at is not null)
);
-- few rows at any time, however long the history
create index sending_stops_at_work on sending_stops (id) where done_at is null;

--postgres: alter table outbox drop constraint idempotency_key_is_unique;
create table outbox_with_stops (
  id bigint primary key,
  case_id bigint not null references cases (id),
  instance_id bigint,
  seq bigint not null,
  ordinal bigint not null,
  stage text not null default '',
  plugin text not null,
  verb text not null,
  party_id bigint,
  channel text,
  act text not null,
  delivery text not null,
  second_person bigint not null default 0,
  outlives_stage bigint not null default 0,
  args text not null default '{}',
  body text,
  states_fen bigint,
  idempotency_key text not null constraint idempotency_key_is_unique unique,
  requested_by text not null,
  collector text,
  line text not null default '',
  -- held: a stop keeps it
  status text not null constraint order_status_is_known check (status in
    ('pending', 'held', 'awaiting_approval', 'leased', 'delivered', 'refused', 'failed',
     'cancelled', 'expired', 'stale', 'merged', 'unknown')),
  not_before_at bigint not null,
  not_after_at bigint not null,
  lease_epoch bigint not null default 0,
  leased_until_at bigint,
  attempts bigint not null default 0,
  approved_by text,
  settled_at bigint,
  settled_note text not null default '',
  created_at bigint not null,
  -- the release whose step gave it
  release_id bigint,
  held_by bigint references sending_stops (id),
  constraint held_order_names_its_stop check ((status = 'held') = (held_by is not null))
);
insert into outbox_with_stops (id, case_id, instance_id, seq, ordinal, stage, plugin, verb,
  party_id, channel, act, delivery, second_person, outlives_stage, args, body, states_fen,
  idempotency_key, requested_by, collector, line, status, not_before_at, not_after_at,
  lease_epoch, leased_until_at, attempts, approved_by, settled_at, settled_note, created_at,
  release_id)
select o.id, o.case_id, o.instance_id, o.seq, o.ordinal, o.stage, o.plugin, o.verb,
  o.party_id, o.channel, o.act, o.delivery, o.second_person, o.outlives_stage, o.args,
  o.body, o.states_fen, o.idempotency_key, o.requested_by, o.collector, o.line, o.status,
  o.not_before_at, o.not_after_at, o.lease_epoch, o.leased_until_at, o.attempts,
  o.approved_by, o.settled_at, o.settled_note, o.created_at, j.release_id
from outbox o left join journal j on j.chain = o.instance_id and j.seq = o.seq
order by o.id;
drop table outbox;
alter table outbox_with_stops rename to outbox;
create index outbox_ready on outbox (not_before_at, id) where status = 'pending';
create index outbox_leased on outbox (leased_until_at) where status = 'leased';
create index outbox_held on outbox (held_by, id) where status = 'held';
create index outbox_held_until on outbox (not_after_at) where status = 'held';
create index outbox_of_instance on outbox (instance_id, status);
create index outbox_of_case on outbox (case_id, id);
