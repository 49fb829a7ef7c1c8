-- One open promise a case: a new date replaces the one that has not come yet.
--postgres: alter table promises drop constraint promise_is_taken_once;
create table promises_with_replaced (
  id bigint primary key,
  case_id bigint not null references cases (id),
  amount_fen bigint not null constraint promise_is_positive check (0 < amount_fen),
  made_on text not null,
  due_on text not null,
  tolerance_days bigint not null default 0,
  grade text not null default 'open' constraint promise_grade_is_known
    check (grade in ('open', 'kept', 'late', 'partial', 'broken', 'replaced')),
  graded_on text,
  paid_fen bigint not null default 0,
  made_by text not null default '',
  -- the newest ledger entry when it was made: money of that day that was there
  -- before keeps no promise
  after_entry bigint not null default 0,
  source text not null,
  dedupe_key text not null,
  constraint promise_is_taken_once unique (source, dedupe_key),
  constraint graded_promise_has_a_day check ((grade = 'open') = (graded_on is null))
);
insert into promises_with_replaced (id, case_id, amount_fen, made_on, due_on,
  tolerance_days, grade, graded_on, paid_fen, made_by, after_entry, source, dedupe_key)
select id, case_id, amount_fen, made_on, due_on, tolerance_days, grade, graded_on,
  paid_fen, made_by, after_entry, source, dedupe_key
from promises;
drop table promises;
alter table promises_with_replaced rename to promises;
create index promises_open on promises (due_on) where grade = 'open';
create index promises_of_case on promises (case_id);
