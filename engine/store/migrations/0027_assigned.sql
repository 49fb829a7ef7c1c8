-- Whom the bank's list named when a case was given to somebody else by hand: as long as
-- a list names them again, the case stays with whom it was given to.
alter table cases add column listed_collector text;
