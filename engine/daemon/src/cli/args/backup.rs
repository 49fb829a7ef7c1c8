//! Making a backup, putting one back, and the clock (备份、恢复与时钟).

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

#[derive(ClapArgs, Debug)]
pub(crate) struct Backup {
    /// A folder that is not there yet.
    pub dir: PathBuf,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Store {
    #[command(subcommand)]
    pub command: StoreCommand,
}

#[derive(Subcommand, Debug)]
pub(crate) enum StoreCommand {
    /// Copy all of a store to a place where there is none, prove it there, and work the old
    /// one no more.
    #[command(
        after_help = "Example: qingshou store copy case_store.db postgres://qingshou@db.example/coop"
    )]
    Copy(CopyStore),
    /// Work a store again that was moved to another place.
    #[command(
        after_help = "Example: qingshou store reopen --reason 'the move was a trial, the server is off'"
    )]
    Reopen(ReopenStore),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct ReopenStore {
    /// Why.
    #[arg(long)]
    pub reason: String,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct CopyStore {
    /// The store's file, or `postgres://user@host/database`; no daemon may work it.
    pub from: String,
    /// A file that is not there yet, or `postgres://user@host/database`.
    pub to: String,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Restore {
    /// The folder of the backup.
    #[arg(required_unless_present = "acknowledge", conflicts_with = "acknowledge")]
    pub dir: Option<PathBuf>,
    /// Answer for a store that was put back already, by whatever hand.
    #[arg(long)]
    pub acknowledge: bool,
    /// A log of what left: a file of departures, or what a gateway lists by its keys.
    #[arg(long, value_name = "FILE")]
    pub gateway_log: Vec<PathBuf>,
    /// Put it in the place of a store that is there; that one is kept aside.
    #[arg(long, conflicts_with = "acknowledge")]
    pub replace: bool,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Clock {
    /// The machine's clock is right as it is.
    #[arg(long, requires = "reason")]
    pub confirm: bool,
    /// How one knows; it goes into the journal.
    #[arg(long, requires = "confirm")]
    pub reason: Option<String>,
}
