-- What is wrong with a workflow as a whole is told once for it, not once for each of its
-- cases.

-- Workflows whose `where` could not be asked about some cases.
create table enrolment_faults (
  workflow text primary key,
  since_at bigint not null,
  last_at bigint not null,
  -- cases that meet the conditions and could not be asked about in the last round
  by_conditions bigint not null default 0,
  -- events that could not be asked about yet
  by_events bigint not null default 0,
  -- loan numbers of the first of them, as JSON
  examples text not null default '[]',
  message text not null,
  -- the last case asked about when its time was used up: the next round begins behind it
  asked_up_to bigint
);

-- An event comes once; where nobody could be asked about its case, it is kept until
-- somebody can.
create table owed_choices (
  workflow text not null,
  event_id bigint not null,
  case_id bigint not null,
  constraint owed_once primary key (workflow, event_id)
);

-- Workflows that are not worked, since their scripts fail or burn time on nearly every
-- case.
create table suspended_workflows (
  workflow text primary key,
  release_id bigint,
  since_at bigint not null,
  -- what its calls came to when it was suspended
  calls bigint not null,
  failed bigint not null,
  spent_ms bigint not null,
  cause text not null constraint suspension_cause_is_known check (cause in
    ('fails', 'burns')),
  message text not null
);

-- Whose turn it is is seen in the index alone: cases of a suspended workflow are passed
-- over without being read.
drop index instances_ready;
create index instances_ready on instances (due_at, id, workflow, rehearsal)
where status = 'waiting';
