-- A hold that protects a person stands on all loans of theirs: the rows that came with it
-- name the row on which it was entered; that row itself names none.
alter table holds add column matter bigint references holds (id);
create index holds_of_matter on holds (matter) where matter is not null;
-- Those of before stand on the loan on which each was entered, until the daemon has
-- brought them to the others.
insert into meta (key, value)
select 'holds_stand_on_persons', 'new' where not exists (select 1 from holds);

-- Why a call or a visit that waits for a person may not be made now: the reasons of the
-- holds, as its case had them when they were placed.
alter table tasks add column suspended_for text;
create index tasks_of_kind on tasks (kind, id) where closed_at is null;
create index tasks_by_day on tasks (kind, due_on) where closed_at is null;

update tasks
set suspended_for = (select c.holds from cases c where c.id = tasks.case_id)
where closed_at is null
  and kind in ('call', 'visit')
  and exists (
    select 1 from outbox o
    where o.id = tasks.order_id and o.channel in ('phone', 'visit') and o.act = 'demand')
  and exists (
    select 1 from cases c
    where c.id = tasks.case_id and c.holds not in ('', 'third_party_refused'));
