//! Stories (实战): what the program promises, shown on the real program, which is
//! started, edited under way, killed and started again.

pub(crate) mod site;
pub(crate) mod book;
pub(crate) mod rng;
mod kill;
pub(crate) mod cluster;
mod server;
mod both;
mod reload;
mod faults;
mod refusals;
mod settings;
mod slow;
mod saves;
mod channels;
mod guard;
pub(crate) mod gateway;
pub(crate) mod moody;
mod stopping;
mod lists;
mod lost;
mod protection;
mod ahead;
mod ground;
mod scripts;
mod service;
mod backups;
mod answers;
mod apart;
mod askers;
