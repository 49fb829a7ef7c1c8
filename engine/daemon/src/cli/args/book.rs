//! A site and its book (台账): making, importing, replaying, measuring.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use jiff::civil::Date;

use crate::cli::money::day;

#[derive(ClapArgs, Debug)]
pub(crate) struct Run {
    /// The machine's clock is right, although the journal ends later.
    #[arg(long)]
    pub confirm_clock: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Service {
    /// The operating-system user it runs as; the owner of the site's folder when not
    /// given.
    #[arg(long, value_name = "LOGIN")]
    pub user: Option<String>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Demo {
    /// Loans in the book.
    #[arg(long, default_value_t = 5000)]
    pub loans: usize,
    /// Where to make the site; a temporary folder when not given.
    #[arg(long, value_name = "DIR")]
    pub into: Option<PathBuf>,
    /// Where to make its store: `postgres://user@host/database`; a file when not given.
    #[arg(long, value_name = "ADDRESS")]
    pub database: Option<String>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Init {
    /// The folder to make.
    pub dir: PathBuf,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub what: ImportWhat,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ImportWhat {
    /// Case lists, also with balances: 余额, 逾期本金, 逾期利息, 逾期天数 or 逾期日.
    #[command(after_help = "\
Examples:
  qingshou import cases cases.csv --where in_book=1
  qingshou import cases overdue.xlsx --as-of 2026-11-26
  qingshou import cases overdue.xlsx --sheet January --unit 万元 --dry-run")]
    Cases(ImportCases),
    /// Events: money and what happened.
    #[command(after_help = "\
Examples:
  qingshou import events events.csv.gz --reason 'the file of Monday'
  qingshou import events payments.xlsx --kind payment")]
    Events(ImportFiles),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct ImportCases {
    #[command(flatten)]
    pub files: ImportFiles,
    /// The last day that the balances hold, when no column says it; without it a
    /// list was printed this morning and holds what was booked until yesterday.
    #[arg(long, value_parser = day, value_name = "DATE")]
    pub as_of: Option<Date>,
    /// Take no money from the list: it comes by events.
    #[arg(long, conflicts_with_all = ["as_of", "reconcile"])]
    pub no_balances: bool,
    /// Bring cases whose money came by events to the list's balances as well.
    #[arg(long)]
    pub reconcile: bool,
    /// People whose name differs from the book's have changed it.
    #[arg(long)]
    pub renamed: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct ImportFiles {
    /// The files.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Only rows in which COLUMN is VALUE; can be given several times.
    #[arg(long = "where", value_name = "COLUMN=VALUE")]
    pub only: Vec<String>,
    /// A column that goes by a name of its own.
    #[arg(long, value_name = "THEIRS=OURS")]
    pub map: Vec<String>,
    /// The sheet of a workbook, by its name or its number from 1.
    #[arg(long, value_name = "NAME|N")]
    pub sheet: Option<String>,
    /// In what the list states its amounts: 元, 千元, 万元, 百万元 or 亿元.
    #[arg(long, value_name = "UNIT")]
    pub unit: Option<String>,
    /// The kind of every row, for a list without such a column; events only.
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// Say what would happen and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Why; it goes into the journal beside file, person and counts.
    #[arg(long)]
    pub reason: Option<String>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Replay {
    /// The book: cases.csv and events.csv, also .gz.
    pub book: PathBuf,
    /// The workflows folder.
    #[arg(long, default_value = "workflows")]
    pub workflows: PathBuf,
    /// First day; the first event's when not given.
    #[arg(long, value_parser = day)]
    pub from: Option<Date>,
    /// Last day; the last event's when not given.
    #[arg(long, value_parser = day)]
    pub to: Option<Date>,
    /// Only cases in which COLUMN is VALUE.
    #[arg(long = "where", value_name = "COLUMN=VALUE")]
    pub only: Vec<String>,
    /// Where to make its store: `postgres://user@host/database`; a file when not given.
    #[arg(long, value_name = "ADDRESS")]
    pub database: Option<String>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Bench {
    #[command(subcommand)]
    pub what: BenchWhat,
}

#[derive(Subcommand, Debug)]
pub(crate) enum BenchWhat {
    /// Durable steps a second with a real handler, review and journal.
    #[command(
        after_help = "Example: qingshou bench throughput --store sqlite --open 100000 -o json"
    )]
    Throughput {
        /// The store; sqlite unless --database names a server.
        #[arg(long, default_value = "sqlite", conflicts_with = "database")]
        store: String,
        /// The server to measure on: `postgres://user@host/database`. It is done in schemas
        /// of its own, which are made and dropped.
        #[arg(long, value_name = "ADDRESS")]
        database: Option<String>,
        /// Open cases.
        #[arg(long, default_value_t = 100_000)]
        open: i64,
        /// Steps to measure.
        #[arg(long, default_value_t = 100_000)]
        steps: i64,
    },
    /// Rows of an import a second of processor time, beside raw insert loops.
    ///
    /// The loops write the same rows into the same tables, with their indexes; they
    /// read no file, look nothing up and decide nothing. `raw` runs a prepared statement
    /// a row; `set` writes a portion of rows by each statement, as the import does. All of
    /// it is measured on one processor.
    #[command(
        after_help = "Example: qingshou bench import --cases 100000 --events 300000 -o json"
    )]
    Import {
        /// Cases of the made-up book.
        #[arg(long, default_value_t = 100_000)]
        cases: usize,
        /// Events of all of them.
        #[arg(long, default_value_t = 300_000)]
        events: usize,
    },
    /// What each list and screen takes on a book of so many open cases.
    ///
    /// A made-up book with a past is filled into a store of its own, which is taken away
    /// afterwards. Each view is asked for its first portion, for one in the middle and by
    /// each filter; the median of five counts, in milliseconds. The command fails where one
    /// of them takes more than 100.
    #[command(after_help = "Example: qingshou bench views --open 100000 -o json")]
    Views {
        /// Open cases.
        #[arg(long, default_value_t = 100_000)]
        open: i64,
        /// Where to make its store: `postgres://user@host/database`; a file when not given.
        #[arg(long, value_name = "ADDRESS")]
        database: Option<String>,
    },
    /// Messages a second that the outgoing tray takes, each of them on disk.
    #[command(after_help = "Example: qingshou bench spool --messages 10000 -o json")]
    Spool {
        /// Messages to write.
        #[arg(long, default_value_t = 10_000)]
        messages: usize,
        /// The folder whose disk is measured.
        #[arg(long, default_value = ".")]
        dir: PathBuf,
    },
}
