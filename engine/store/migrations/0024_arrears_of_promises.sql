-- A promise belongs to the arrears in which it was made: once all of those are paid, what
-- was broken in them is no longer held against anybody.
alter table promises add column episode bigint;
update promises
set episode = (select c.episode from cases c where c.id = promises.case_id);

create index promises_of_arrears on promises (case_id, episode);

-- Whose money a payment was, where whoever took it knows.
create table ledger_payers (
  entry_id bigint primary key references ledger (id),
  payer text not null constraint payer_is_known
    check (payer in ('borrower', 'guarantor', 'third_party'))
);
