-- A general guarantor's own limitation begins where enforcement against the debtor came
-- to nothing: two more acts.
--postgres: alter table clock_acts drop constraint clock_act_is_taken_once;
create table clock_acts_of_enforcement (
  id bigint primary key,
  case_id bigint not null references cases (id),
  party_id bigint references parties (id),
  act text not null constraint clock_act_is_known check (act in ('contract_ends',
    'accelerated', 'extended', 'agreed_anew', 'suspended', 'guarantor_consented',
    'guarantor_demanded', 'debtor_sued', 'suit_withdrawn', 'enforcement_applied',
    'enforced_in_vain')),
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
insert into clock_acts_of_enforcement (id, case_id, party_id, act, on_date, until_date,
  cause, paper, source, dedupe_key)
select id, case_id, party_id, act, on_date, until_date, cause, paper, source, dedupe_key
from clock_acts order by id;
drop table clock_acts;
alter table clock_acts_of_enforcement rename to clock_acts;
create index clock_acts_of_case on clock_acts (case_id, id);
create index clock_acts_of_party on clock_acts (party_id);

-- What was entered by mistake and bears on a clock: the entry stays, and from its
-- withdrawal on the clock is reckoned without it.
create table clock_withdrawals (
  id bigint primary key,
  case_id bigint not null references cases (id),
  act_id bigint references clock_acts (id)
    constraint act_is_withdrawn_once unique,
  interruption_id bigint references interruptions (id)
    constraint interruption_is_withdrawn_once unique,
  by text not null,
  constraint one_thing_is_withdrawn check
    ((act_id is null) <> (interruption_id is null))
);
create index clock_withdrawals_of_case on clock_withdrawals (case_id);
