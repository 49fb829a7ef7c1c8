-- Lists of cases go on behind the last row they showed: the day alone left all cases of
-- a day, and all that are not late, to be sorted anew for every portion.
drop index cases_by_oldest;
create index cases_by_oldest on cases (oldest_unpaid_on, id);
