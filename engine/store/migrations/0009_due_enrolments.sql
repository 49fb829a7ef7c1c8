-- Which workflow that looks ahead a case has entered for which due date.
create table due_enrolments (
  case_id bigint not null,
  workflow text not null,
  due_on text not null,
  instance_id bigint not null,
  constraint once_a_due_date primary key (case_id, workflow, due_on)
);
