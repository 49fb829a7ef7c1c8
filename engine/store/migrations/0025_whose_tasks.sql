-- A task says whose it is: who of its role has taken it, whose it can never be because a
-- complaint is about them (names, separated by commas), and until when it makes sense.
alter table tasks add column taken_by text;
alter table tasks add column taken_at bigint;
alter table tasks add column not_by text;
alter table tasks add column ends_with text;

-- What nobody has taken is looked at by the role and by the day; the list says nothing of
-- `opened_at`, so that no other list of tasks serves it.
create index tasks_untaken on tasks (for_role, opened_at)
  where closed_at is null and taken_by is null and for_role is not null;
create index tasks_untaken_listed on tasks (due_on, id)
  where closed_at is null and suspended_for is null and taken_by is null
    and for_role is not null;
