-- An order that waits through no fault of its own lives on: as long as the fault of its
-- channel lasts, and a while after it, or after the guard, has let it go. What it was given
-- with is sealed and stays.
alter table outbox add column prolonged_until_at bigint;
drop index outbox_held_until;
create index outbox_held_until on outbox (coalesce(prolonged_until_at, not_after_at))
where status = 'held';
update outbox set prolonged_until_at = 253402300799000
where status = 'held' and held_by in (
  select id from sending_stops where cause = 'channel_fault');
create index outbox_failed on outbox (id) where status = 'failed';

-- Work that is about no case is for whoever has a role.
--postgres: alter table tasks drop constraint task_is_opened_once;
create table tasks_for_roles (
  id bigint primary key,
  case_id bigint references cases (id),
  instance_id bigint,
  order_id bigint,
  kind text not null,
  title text not null,
  assignee text,
  -- a role of the settings: supervisor, …
  for_role text,
  due_on text,
  opened_at bigint not null,
  closed_at bigint,
  closed_by text,
  outcome text,
  dedupe_key text not null constraint task_is_opened_once unique,
  constraint closed_task_has_an_outcome check ((closed_at is null) = (outcome is null)),
  constraint task_is_about_a_case_or_for_a_role check (
    case_id is not null or for_role is not null)
);
insert into tasks_for_roles (id, case_id, instance_id, order_id, kind, title, assignee,
  due_on, opened_at, closed_at, closed_by, outcome, dedupe_key)
select id, case_id, instance_id, order_id, kind, title, assignee,
  due_on, opened_at, closed_at, closed_by, outcome, dedupe_key
from tasks order by id;
drop table tasks;
alter table tasks_for_roles rename to tasks;
create index tasks_open on tasks (assignee, due_on) where closed_at is null;
create index tasks_of_case on tasks (case_id);
create index tasks_of_instance on tasks (instance_id) where closed_at is null;
create index tasks_of_order on tasks (order_id) where closed_at is null;

-- A trial of a gateway goes to nobody of the book.
create index parties_by_wechat on parties (wechat) where wechat is not null;
