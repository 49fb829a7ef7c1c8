-- A store that was put back knows it: when, by whom, and how far it had come.
create table restores (
  id bigint primary key,
  restored_at bigint not null,
  restored_by text not null,
  reason text not null,
  -- the moment of the backup, or of the newest line of the store that was found
  backup_at bigint not null,
  journal_lines bigint not null
);

-- What left after the backup and before the restore, as the log beside the store has it.
-- The orders that the restored store gives anew for it are not sent again.
create table left_before_restore (
  id bigint primary key,
  restore_id bigint not null,
  idempotency_key text not null,
  -- the loan, by a hash of its number
  case_ref text not null,
  verb text not null,
  template text not null,
  -- null where the store knows nothing of the loan yet
  party_id bigint,
  left_at bigint not null,
  became text not null constraint what_left_arrived_or_may_have check (
    became in ('delivered', 'unknown')),
  counts_until_at bigint not null,
  -- the order that it stands for
  order_id bigint
);
create index left_before_restore_open on left_before_restore (case_ref, verb)
where order_id is null;
