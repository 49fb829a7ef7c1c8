-- A list goes on behind the last row it showed, whatever it is filtered by: each filter
-- finds its rows in the order of its list. An index with a condition that always holds
-- (`created_at >= 0`) serves the lists alone, which say so as well: no statement of the
-- daily work is drawn to it.
create index cases_of_village on cases (village, oldest_unpaid_on, id);
create index cases_of_collector on cases (collector, oldest_unpaid_on, id);

-- A taken lane knows what the list of the cases in a workflow is ordered by.
alter table lanes add column workflow text;
alter table lanes add column oldest_unpaid_on text;
update lanes set
  workflow = (select i.workflow from instances i where i.id = lanes.instance_id),
  oldest_unpaid_on = (select c.oldest_unpaid_on from cases c where c.id = lanes.case_id);
create index lanes_of_workflow on lanes (workflow, oldest_unpaid_on, case_id);

-- How many lanes of a case are taken: what is in no workflow is a list of its own.
alter table cases add column open_runs bigint not null default 0;
update cases set open_runs = (select count(*) from lanes l where l.case_id = cases.id)
where exists (select 1 from lanes l where l.case_id = cases.id);
create index cases_in_none on cases (oldest_unpaid_on, id)
  where open_runs = 0 and status = 'open';

-- `id + 0`: no order of a status is looked for along the key of all there have ever been.
create index outbox_listed on outbox (status, (id + 0)) where created_at >= 0;
create index outbox_unapproved_listed on outbox (verb, id)
  where status = 'awaiting_approval' and created_at >= 0;

create index tasks_listed on tasks (due_on, id)
  where closed_at is null and suspended_for is null and opened_at >= 0;
create index tasks_of_kind_listed on tasks (kind, due_on, id)
  where closed_at is null and suspended_for is null and opened_at >= 0;
create index tasks_of_role_listed on tasks (for_role, due_on, id)
  where closed_at is null and suspended_for is null and opened_at >= 0;
create index tasks_suspended on tasks (due_on, id)
  where closed_at is null and suspended_for is not null and opened_at >= 0;
drop index tasks_open;
create index tasks_open on tasks (assignee, due_on, id) where closed_at is null;
