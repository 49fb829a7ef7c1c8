-- The hour at which an order could have left before the end of a stop was spread over
-- time, so that another word about it takes the spread back.
alter table outbox add column before_spread_at bigint;

-- What waits because the settings lack something that it needs: few, among the many that
-- wait for their hour.
create index outbox_lacking on outbox (plugin, channel)
  where status = 'pending' and prolonged_until_at = 253402300799000;
