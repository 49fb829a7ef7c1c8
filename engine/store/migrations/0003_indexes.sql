-- Every reference between tables that grow, and every question asked of one while a
-- book is worked, has its index. A deferred reference without one read the whole table
-- for every row written, and made the opening of workflows quadratic.
create index lanes_of_instance on lanes (instance_id);
create index guarantees_of_party on guarantees (party_id);
create index collateral_of_case on collateral (case_id);
create index holds_of_party on holds (party_id) where party_id is not null;
create index ledger_reversals on ledger (reverses) where reverses is not null;
create index cases_by_limitation on cases (limitation_ends_on)
where limitation_ends_on is not null;

-- What waits for something else than its time; few rows in a table of many.
create index instances_parked on instances (id) where status = 'parked';
create index instances_frozen on instances (id) where status = 'frozen';
create index inbox_set_aside on inbox (case_id) where consumed_seq = -1;
create index outbox_unapproved on outbox (not_after_at) where status = 'awaiting_approval';
create index outbox_unknown on outbox (id) where status = 'unknown';
create index tasks_of_instance on tasks (instance_id) where closed_at is null;
create index tasks_of_order on tasks (order_id) where closed_at is null;
