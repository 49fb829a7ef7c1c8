-- What a due item, a payment or a waiver consists of, where the bank's list or whoever
-- entered it says so: the four make up the amount of the entry.
create table ledger_parts (
  entry_id bigint primary key references ledger (id),
  case_id bigint not null references cases (id),
  principal_fen bigint not null,
  interest_fen bigint not null,
  penalty_fen bigint not null,
  cost_fen bigint not null,
  constraint no_part_is_below_zero check (0 <= principal_fen and 0 <= interest_fen
    and 0 <= penalty_fen and 0 <= cost_fen)
);
create index ledger_parts_of_case on ledger_parts (case_id);
