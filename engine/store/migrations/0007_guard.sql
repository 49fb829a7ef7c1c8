-- The guard on what leaves: an order that reaches somebody is counted on the day on which
-- it leaves, before it leaves. A rehearsal works everything and sends nothing.

-- The contacts of a day. `counted_for` is the collector of a visit.
create table sending_days (
  channel text not null,
  on_day text not null,
  counted_for text not null default '',
  counted bigint not null default 0,
  -- those of them that a person let go
  let_go bigint not null default 0,
  constraint one_count_a_day primary key (channel, on_day, counted_for),
  constraint let_go_is_counted check (0 <= let_go and let_go <= counted)
);
insert into sending_days (channel, on_day, counted)
select channel, attempted_on, count(*) from contacts
where order_id is not null and outcome <> 'failed'
group by channel, attempted_on;

-- What the guard stopped: a channel's contacts, or one collector's visits, and the bound of
-- that day. One that a person lets go at the bound a day is `daily`.
alter table sending_stops add column channel text;
alter table sending_stops add column counted_for text not null default '';
alter table sending_stops add column bound bigint;
alter table sending_stops add column daily_by text;

-- When the bank's last files were taken.
insert into meta (key, value)
select key, value from (
  select 'bank_file_cases_at' as key, cast(max(at) as text) as value from journal
  where chain = 0 and body like '%"did":"import"%' and body like '%"kind":"cases"%'
  union all
  select 'bank_file_events_at', cast(max(at) as text) from journal
  where chain = 0 and body like '%"did":"import"%' and body like '%"kind":"events"%') f
where value is not null;

-- 1: opened in a rehearsal that is on; 2: in one that is over.
alter table instances add column rehearsal bigint not null default 0;
create index instances_rehearsed on instances (rehearsal, id) where rehearsal = 1;

--postgres: alter table outbox drop constraint idempotency_key_is_unique;
create table outbox_counted (
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
  -- what its text says that it is, where that is not its act
  text_act text,
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
  -- rehearsed: a rehearsal carried it as far as the gateway and no further
  status text not null constraint order_status_is_known check (status in
    ('pending', 'held', 'awaiting_approval', 'leased', 'delivered', 'refused', 'failed',
     'cancelled', 'expired', 'stale', 'merged', 'unknown', 'rehearsed')),
  not_before_at bigint not null,
  not_after_at bigint not null,
  lease_epoch bigint not null default 0,
  leased_until_at bigint,
  attempts bigint not null default 0,
  approved_by text,
  settled_at bigint,
  settled_note text not null default '',
  created_at bigint not null,
  release_id bigint,
  held_by bigint references sending_stops (id),
  -- the day on which it may leave, and is counted; and the stop of the guard from which a
  -- person let it go
  counted_on text,
  counted_for text not null default '',
  let_go_by bigint,
  -- given in a rehearsal: it never leaves
  rehearsal bigint not null default 0,
  constraint held_order_names_its_stop check ((status = 'held') = (held_by is not null))
);
insert into outbox_counted (id, case_id, instance_id, seq, ordinal, stage, plugin, verb,
  party_id, channel, act, delivery, second_person, outlives_stage, args, body,
  states_fen, idempotency_key, requested_by, collector, line, status, not_before_at,
  not_after_at, lease_epoch, leased_until_at, attempts, approved_by, settled_at,
  settled_note, created_at, release_id, held_by, counted_for)
select id, case_id, instance_id, seq, ordinal, stage, plugin, verb,
  party_id, channel, act, delivery, second_person, outlives_stage, args, body,
  states_fen, idempotency_key, requested_by, collector, line, status, not_before_at,
  not_after_at, lease_epoch, leased_until_at, attempts, approved_by, settled_at,
  settled_note, created_at, release_id, held_by,
  case when channel = 'visit' then coalesce(collector, '') else '' end
from outbox order by id;
drop table outbox;
alter table outbox_counted rename to outbox;
create index outbox_ready on outbox (not_before_at, id) where status = 'pending';
create index outbox_leased on outbox (leased_until_at) where status = 'leased';
create index outbox_held on outbox (held_by, id) where status = 'held';
create index outbox_held_until on outbox (not_after_at) where status = 'held';
create index outbox_uncounted on outbox (channel, counted_for, id)
  where status = 'pending' and counted_on is null and channel is not null;
create index outbox_of_instance on outbox (instance_id, status);
create index outbox_of_case on outbox (case_id, id);
create index outbox_unapproved on outbox (not_after_at) where status = 'awaiting_approval';
create index outbox_unknown on outbox (id) where status = 'unknown';
create index outbox_rehearsed on outbox (rehearsal, status, channel)
  where rehearsal = 1;
create index outbox_ready_of_verb on outbox (verb, not_before_at, id)
  where status = 'pending';
