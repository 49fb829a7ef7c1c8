-- What a bank's list leaves behind. The row of a loan as it came last, as a number, so
-- that the same row again is known without being read against the book; the day up to
-- which the list's balances hold what was booked.
alter table cases add column list_hash bigint;
alter table cases add column balance_as_of_on text;

-- One identity card, one person: asked at every import.
create index parties_by_id_number on parties (id_number) where id_number is not null;
