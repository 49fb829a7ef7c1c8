-- What the overdue amount of the last list consists of, for letters that state principal
-- and interest apart; null where the list does not say.
alter table cases add column listed_principal_fen bigint;
alter table cases add column listed_interest_fen bigint;
alter table cases add column listed_penalty_fen bigint;
