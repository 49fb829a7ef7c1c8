-- How a guarantor answers, and for how long, as somebody read it off the contract: a list
-- does not put anything else in its place.
alter table guarantees add column by_hand bigint not null default 0;
