-- Which of the people of a case has paid, where a bank's file names them.
alter table ledger_payers add column party_id bigint references parties (id);
create index ledger_payers_of_party on ledger_payers (party_id)
  where party_id is not null;
