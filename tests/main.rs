//! What the program promises, one module a promise.

mod tidy;
mod fresh;
mod commands;
mod stories;
mod statements;
mod status_words;
mod event_words;
mod journal_lines;
mod one_voice;
mod soak;
mod fuzz;
