-- What left before a restore is looked up by its key, so that it counts once
-- however often a store is put back.
create index left_before_restore_key on left_before_restore (idempotency_key);
