-- At which stage a case is before a court, for workflows: a suit may be older than the book.
alter table cases add column court_stage text;
create index cases_in_court on cases (id) where court_stage is not null;
