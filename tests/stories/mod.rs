//! Stories (实战): what the program promises, shown on the real program, which is
//! started, edited under way, killed and started again.

mod site;
mod book;
mod kill;
mod reload;
mod faults;
mod refusals;
