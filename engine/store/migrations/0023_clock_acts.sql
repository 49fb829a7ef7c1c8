-- The last day of a loan as the first list named it: what a bank puts off by itself moves
-- no clock.
alter table cases add column contract_ends_on text;

-- When a joint guarantor's own limitation period ends; null until one was held in time.
alter table guarantees add column limitation_ends_on text;

-- Dated acts that bear on the clocks of a claim beside demands and payments: what the
-- contract says, what was agreed later, obstacles, and what was done about guarantors.
create table clock_acts (
  id bigint primary key,
  case_id bigint not null references cases (id),
  party_id bigint references parties (id),
  act text not null constraint clock_act_is_known check (act in ('contract_ends',
    'accelerated', 'extended', 'agreed_anew', 'suspended', 'guarantor_consented',
    'guarantor_demanded', 'debtor_sued', 'suit_withdrawn')),
  on_date text not null,
  -- the new last day, the contract's last day, the end of an obstacle
  until_date text,
  -- what an obstacle is
  cause text,
  -- the number of the paper that shows it
  paper text,
  source text not null,
  dedupe_key text not null,
  constraint clock_act_is_taken_once unique (source, dedupe_key)
);
create index clock_acts_of_case on clock_acts (case_id, id);
create index clock_acts_of_party on clock_acts (party_id);
