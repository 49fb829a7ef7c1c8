-- Every channel is worked by itself: its orders are found without looking through those of
-- the others.
create index outbox_ready_of_verb on outbox (verb, not_before_at, id) where status = 'pending';

-- A fault of one plugin's gateway stops the channel for that plugin alone: a lawyer's
-- letter goes its own way.
alter table sending_stops add column plugin text;
