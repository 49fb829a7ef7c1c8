-- Which of the people of a case has paid, where a bank's file names them; and whether
-- somebody has to be asked who it was, for the name is nobody's who is known of the loan.
alter table ledger_payers add column party_id bigint references parties (id);
alter table ledger_payers add column asked bigint not null default 0;
create index ledger_payers_of_party on ledger_payers (party_id)
  where party_id is not null;
