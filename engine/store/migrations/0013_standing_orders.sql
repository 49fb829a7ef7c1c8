-- What waits for a person or did not get through, counted by verb without a look
-- at the orders themselves: an administrator's figures ask for it all day.
create index outbox_standing on outbox (status, verb)
  where status in ('held', 'failed', 'unknown', 'awaiting_approval');
