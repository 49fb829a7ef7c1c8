-- The case store. One text for both databases: bigint, text and integer only.
-- Instants end in _at (milliseconds since 1970, UTC), civil dates in _on (YYYY-MM-DD),
-- amounts in _fen. All ids come from one counter (meta.next_id), so ids never collide.

create table meta (
  key text primary key,
  value text not null
);

-- What is known of one debt. Everything that describes lives here; the totals
-- are kept in the transaction that writes the ledger.
create table cases (
  id bigint primary key,
  case_no text not null constraint case_no_is_unique unique,
  org text not null default '',
  village text,
  product text,
  collector text,
  currency text not null default 'CNY',
  opened_on text,
  principal_fen bigint not null default 0,
  -- totals of the ledger
  opened_fen bigint not null default 0,
  fee_fen bigint not null default 0,
  penalty_fen bigint not null default 0,
  paid_fen bigint not null default 0,
  waived_fen bigint not null default 0,
  due_fen bigint not null default 0,
  balance_fen bigint not null default 0,
  oldest_unpaid_on text,
  last_due_on text,
  last_payment_on text,
  -- one overdue episode ends when nothing is overdue any more
  episode bigint not null default 0,
  status text not null default 'open'
    constraint case_status_is_known check (status in ('open', 'dismissed', 'written_off')),
  cause text,
  debtor_type text,
  -- counters for scripts, kept where the fact is written
  broken_promises bigint not null default 0,
  kept_promises bigint not null default 0,
  contacts bigint not null default 0,
  failed_contacts bigint not null default 0,
  last_contact_on text,
  visits bigint not null default 0,
  promise_due_on text,
  limitation_ends_on text,
  -- the reasons of the holds in force, sorted, joined by ','
  holds text not null default '',
  -- moves with every fact a script can see
  facts_rev bigint not null default 0,
  -- entries booked before this day are history: they raise no events
  known_since_on text not null,
  -- other columns of the imported book, as JSON
  extra text not null default '{}'
);
create index cases_by_oldest on cases (oldest_unpaid_on);

create table parties (
  id bigint primary key,
  party_no text not null constraint party_no_is_unique unique,
  name text not null default '',
  id_number text,
  phone text,
  wechat text,
  address text,
  village text,
  deceased_on text,
  -- consent to contact outside the window, refusal of a third party, lawyer, …
  consents text not null default '{}',
  -- made up from the case number, for a book that lacks people
  fictional bigint not null default 0
);
create index parties_by_phone on parties (phone) where phone is not null;

create table case_parties (
  case_id bigint not null references cases (id),
  party_id bigint not null references parties (id),
  role text not null,
  failed_attempts bigint not null default 0,
  -- documents on record: death, joint_debt, administrator, inheritance_not_renounced
  evidence text not null default '[]',
  constraint one_role_a_person_a_case primary key (case_id, party_id, role)
);
create index case_parties_by_party on case_parties (party_id);

create table guarantees (
  case_id bigint not null references cases (id),
  party_id bigint not null references parties (id),
  kind text not null constraint guarantee_kind_is_known check (kind in ('general', 'joint')),
  -- agreed length; 6 months when nothing was agreed (Civil Code 692)
  period_months bigint not null default 6,
  ends_on text,
  satisfied_on text,
  primary key (case_id, party_id)
);

create table collateral (
  id bigint primary key,
  case_id bigint not null references cases (id),
  kind text not null,
  description text not null default '',
  value_fen bigint not null default 0
);

-- Append-only money.
create table ledger (
  id bigint primary key,
  case_id bigint not null references cases (id),
  kind text not null constraint ledger_kind_is_known
    check (kind in ('open', 'due', 'payment', 'fee', 'penalty', 'waiver', 'reversal')),
  amount_fen bigint not null,
  booked_on text not null,
  -- the payment that a reversal takes back
  reverses bigint references ledger (id),
  source text not null,
  dedupe_key text not null,
  actor text not null default '',
  note text not null default '',
  confirmed bigint not null default 1,
  inferred bigint not null default 0,
  recorded_at bigint not null,
  constraint entry_is_booked_once unique (source, dedupe_key),
  constraint reversal_names_a_payment check ((kind = 'reversal') = (reverses is not null)),
  constraint payment_is_reversed_once unique (reverses)
);
create index ledger_of_case on ledger (case_id, kind, booked_on, amount_fen);

-- Everything that happened to a case besides money, and money as events.
create table events (
  id bigint primary key,
  case_id bigint not null references cases (id),
  kind text not null,
  payload text not null,
  source text not null,
  dedupe_key text not null,
  happened_on text not null,
  received_at bigint not null,
  constraint event_is_taken_once unique (source, dedupe_key)
);
create index events_of_case on events (case_id, id);

create table promises (
  id bigint primary key,
  case_id bigint not null references cases (id),
  amount_fen bigint not null constraint promise_is_positive check (0 < amount_fen),
  made_on text not null,
  due_on text not null,
  tolerance_days bigint not null default 0,
  grade text not null default 'open' constraint promise_grade_is_known
    check (grade in ('open', 'kept', 'late', 'partial', 'broken')),
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
create index promises_open on promises (due_on) where grade = 'open';
create index promises_of_case on promises (case_id);

-- Holds as dated intervals: one row opens, another row closes it; none is changed.
create table holds (
  id bigint primary key,
  case_id bigint not null references cases (id),
  party_id bigint references parties (id),
  reason text not null,
  action text not null constraint hold_action_is_known check (action in ('placed', 'lifted')),
  lifts bigint references holds (id),
  effective_on text not null,
  recorded_at bigint not null,
  by text not null,
  note text not null default '',
  constraint lifting_names_a_hold check ((action = 'lifted') = (lifts is not null)),
  constraint hold_is_lifted_once unique (lifts)
);
create index holds_of_case on holds (case_id, id);

-- Every attempt to reach a person, reserved before it is made.
create table contacts (
  id bigint primary key,
  case_id bigint not null references cases (id),
  party_id bigint not null references parties (id),
  order_id bigint constraint one_attempt_an_order unique,
  channel text not null,
  contact_point text not null default '',
  attempted_at bigint not null,
  -- civil day and minute at the debtor's place, for the frequency rules
  attempted_on text not null,
  attempted_minute bigint not null,
  -- reserved, delivered, conversation, no_answer, busy, rejected, voicemail,
  -- invalid, met, absent, refused_party, failed
  outcome text not null,
  note text not null default ''
);
create index contacts_of_party on contacts (party_id, attempted_on);
create index contacts_of_point on contacts (contact_point, attempted_on);
create index contacts_of_case on contacts (case_id);

-- Evidence for the limitation period (诉讼时效).
create table interruptions (
  id bigint primary key,
  case_id bigint not null references cases (id),
  on_date text not null,
  kind text not null,
  evidence text not null,
  proved bigint not null,
  source text not null,
  dedupe_key text not null,
  constraint interruption_is_taken_once unique (source, dedupe_key)
);
create index interruptions_of_case on interruptions (case_id);

-- Workflow x case, one narrow row: the hot table.
create table instances (
  id bigint primary key,
  case_id bigint not null references cases (id),
  workflow text not null,
  lane text not null,
  stage text not null,
  seq bigint not null default 0,
  -- waiting: runnable at due_at; frozen: a hold keeps the timer; parked: a
  -- script failed; finished: closed
  status text not null constraint instance_status_is_known
    check (status in ('waiting', 'frozen', 'parked', 'finished')),
  due_at bigint,
  frozen_at bigint,
  constraint waiting_has_a_timer check (status <> 'waiting' or due_at is not null),
  -- a parked one keeps its timer, and the instant at which a hold froze it
  constraint frozen_has_an_instant check (
    status = 'parked' or (status = 'frozen') = (frozen_at is not null))
);
create index instances_ready on instances (due_at, id) where status = 'waiting';
create index instances_of_case on instances (case_id);

create table instance_notes (
  instance_id bigint primary key references instances (id),
  opened_at bigint not null,
  episode bigint not null,
  enrolled_by text not null,
  -- goes on under a hold that forbids demands
  keeps_clocks bigint not null default 0,
  closed_at bigint,
  finish_reason text
);

create table lanes (
  case_id bigint not null references cases (id),
  lane text not null,
  -- the lane is taken first, the instance that got it is written after
  instance_id bigint not null references instances (id) deferrable initially deferred,
  constraint one_open_workflow_a_lane primary key (case_id, lane)
);

-- Which workflow a case has entered in which overdue episode.
create table enrolments (
  case_id bigint not null,
  workflow text not null,
  episode bigint not null,
  instance_id bigint not null,
  constraint once_an_episode primary key (case_id, workflow, episode)
);

create table wait_rules (
  instance_id bigint primary key references instances (id),
  -- the rule as JSON, the stage it leads to, and the civil minute it counts from
  rule text not null,
  next_stage text not null,
  since text not null,
  provisional bigint not null default 0,
  -- how long holds have kept it still, in milliseconds
  held_ms bigint not null default 0
);

create table memos (
  instance_id bigint primary key references instances (id),
  body text not null
);

create table inbox (
  id bigint primary key,
  instance_id bigint not null,
  event_id bigint not null,
  case_id bigint not null,
  kind text not null,
  payload text not null,
  received_at bigint not null,
  consumed_seq bigint,
  constraint event_reaches_an_instance_once unique (instance_id, event_id)
);
create index inbox_waiting on inbox (instance_id, received_at, id) where consumed_seq is null;

create table outbox (
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
  status text not null constraint order_status_is_known check (status in
    ('pending', 'awaiting_approval', 'leased', 'delivered', 'refused', 'failed',
     'cancelled', 'expired', 'stale', 'merged', 'unknown')),
  not_before_at bigint not null,
  not_after_at bigint not null,
  lease_epoch bigint not null default 0,
  leased_until_at bigint,
  attempts bigint not null default 0,
  approved_by text,
  settled_at bigint,
  settled_note text not null default '',
  created_at bigint not null
);
create index outbox_ready on outbox (not_before_at, id) where status = 'pending';
create index outbox_leased on outbox (leased_until_at) where status = 'leased';
create index outbox_of_instance on outbox (instance_id, status);
create index outbox_of_case on outbox (case_id, id);

-- Append-only. `chain` is the id of the instance or case it tells of, 0 is the site.
create table journal (
  id bigint primary key,
  chain bigint not null,
  seq bigint not null,
  case_id bigint,
  at bigint not null,
  release_id bigint,
  body text not null,
  prev_hash text not null,
  hash text not null,
  constraint journal_is_dense unique (chain, seq)
);
create index journal_of_case on journal (case_id, id);

-- What a book (an append-only table) took in since its last seal, sealed together; each
-- seal covers the one before it, of whatever book.
create table seals (
  id bigint primary key,
  sealed_on text not null,
  book text not null,
  last_id bigint not null,
  rows bigint not null,
  prev_hash text not null,
  hash text not null
);

create table releases (
  id bigint primary key,
  number bigint not null constraint release_number_is_unique unique,
  hash text not null,
  files text not null,
  summary text not null default '{}',
  made_at bigint not null,
  by text not null,
  note text not null default ''
);

create table active_release (
  one bigint primary key constraint only_one_release_is_active check (one = 1),
  release_id bigint not null references releases (id),
  activated_at bigint not null,
  by text not null
);

create table step_errors (
  instance_id bigint primary key,
  fingerprint text not null,
  message text not null,
  tries bigint not null,
  release_id bigint not null,
  last_at bigint not null
);
create index step_errors_by_fingerprint on step_errors (fingerprint);

create table daemons (
  id bigint primary key,
  host text not null,
  pid bigint not null,
  started_at bigint not null,
  seen_at bigint not null,
  running_batch text
);

create table tasks (
  id bigint primary key,
  case_id bigint not null references cases (id),
  instance_id bigint,
  order_id bigint,
  kind text not null,
  title text not null,
  assignee text,
  due_on text,
  opened_at bigint not null,
  closed_at bigint,
  closed_by text,
  outcome text,
  dedupe_key text not null constraint task_is_opened_once unique,
  constraint closed_task_has_an_outcome check ((closed_at is null) = (outcome is null))
);
create index tasks_open on tasks (assignee, due_on) where closed_at is null;
create index tasks_of_case on tasks (case_id);

create table plugin_migrations (
  plugin text not null,
  number bigint not null,
  primary key (plugin, number)
);
