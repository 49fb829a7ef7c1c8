-- A workflow that keeps clocks and stands still leaves deadlines without a watch: that is
-- told before all else, and to a supervisor besides.
alter table suspended_workflows add column keeps_clocks bigint not null default 0;
alter table enrolment_faults add column keeps_clocks bigint not null default 0;
