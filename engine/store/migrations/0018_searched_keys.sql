-- A question is answered by an index whose first column it names; by plugin and channel
-- alone the database went over everything that waits, every few seconds.
drop index outbox_lacking;
create index outbox_lacking on outbox (prolonged_until_at, plugin, channel)
  where status = 'pending' and prolonged_until_at = 253402300799000;

-- What a person let go and is not counted yet, by the stop that held it.
create index outbox_let_go on outbox (let_go_by, not_before_at)
  where status = 'pending' and counted_on is null and let_go_by is not null;
create index sending_stops_daily on sending_stops (id) where daily_by is not null;
