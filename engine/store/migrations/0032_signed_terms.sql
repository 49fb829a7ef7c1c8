-- What a second person has signed with an order, as it stood at that moment: the sums of a
-- claim. They are computed again when it is filed.
alter table outbox add column terms text;
