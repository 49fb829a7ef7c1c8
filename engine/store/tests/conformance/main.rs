//! What every case store promises (案件库约定), whatever database is behind it.
//!
//! Each test is written against a [`harness::TestStore`] and runs once for every
//! store in [`harness::stores`].

#[macro_use]
mod harness;

mod books_of_real_debts;
mod a_case_book_is_imported_once;
mod money_is_booked_once;
mod parts_of_money_make_up_the_whole;
mod events_reach_every_open_workflow;
mod enrolment_is_asked_in_the_store;
mod steps_are_written_whole;
mod holds_keep_timers;
mod holds_protect_persons;
mod people_are_reached_where_they_are;
mod promises_are_graded_from_the_ledger;
mod facts_are_read_together;
mod clocks_follow_what_was_agreed;
mod contacts_and_tasks;
mod a_task_says_whose_it_is;
mod the_store_opens_safely;
mod others_work_the_server;
mod no_change_stays_unseen;
mod stops_keep_orders;
mod a_day_is_counted_before_it_leaves;
mod a_rehearsal_leaves_nothing_behind;
mod views_go_on_behind_their_last_row;
mod reviews_are_judged_again;
