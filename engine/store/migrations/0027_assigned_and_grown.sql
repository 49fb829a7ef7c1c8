-- Whom the bank's list named when a case was given to somebody else by hand: as long as
-- a list names them again, the case stays with whom it was given to.
alter table cases add column listed_collector text;

-- What a list calls overdue grows from day to day by interest, and no clock runs later
-- for it: where no contract ends, they run from the last day on which more fell due.
alter table cases add column last_known_due_on text;
create index ledger_grown on ledger (case_id) where kind = 'due' and inferred = 1;

-- A list that came in before its day was over does not hold all payments of that day.
alter table cases add column balance_held_on text;
