-- The end of each book's seals is asked for every morning, and there are ten more a day.
create index seals_of_book on seals (book, last_id);

-- Few cases have guarantors, and workflows ask who has.
create index guarantors_of_case on case_parties (case_id) where role = 'guarantor';

-- A report reads a case's ledger from this index alone.
drop index ledger_of_case;
create index ledger_of_case on ledger (case_id, kind, booked_on, amount_fen, reverses, id);
