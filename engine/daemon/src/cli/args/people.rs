//! The people of a case (当事人): who they are, and how they are reached.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use jiff::civil::Date;

use crate::cli::money::day;

#[derive(ClapArgs, Debug)]
pub(crate) struct Person {
    #[command(subcommand)]
    pub what: PersonWhat,
}

#[derive(Subcommand, Debug)]
pub(crate) enum PersonWhat {
    /// List the people of a case, with masked numbers.
    #[command(after_help = "Example: qingshou person ls QS-00012")]
    Ls {
        /// The loan number.
        case: String,
    },
    /// Enter people by a list: `case_id`, role, name, and what is known of numbers and
    /// addresses.
    #[command(
        after_help = "Example: qingshou person import people.csv --reason 'the house visits of May'"
    )]
    Import {
        /// The file.
        file: PathBuf,
        /// A column that goes by a name of its own.
        #[arg(long, value_name = "THEIRS=OURS")]
        map: Vec<String>,
        /// The sheet of a workbook, by its name or its number from 1.
        #[arg(long, value_name = "NAME|N")]
        sheet: Option<String>,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Put somebody on a case: co-borrower, guarantor, spouse with joint debt, heir,
    /// administrator of the estate, lawyer.
    #[command(
        after_help = "Example: qingshou person add QS-00012 --role guarantor --name Ann --guarantee joint --reason 'the contract'"
    )]
    Add(commands::PersonAdd),
    /// Correct what is on record of somebody.
    #[command(
        after_help = "Example: qingshou person correct QS-00012 --person 4711 --name Ann --reason 'the identity card was seen'"
    )]
    Correct(commands::PersonCorrect),
    /// Take somebody off a case who was put on it by mistake.
    #[command(
        after_help = "Example: qingshou person remove QS-00012 --person 4711 --reason 'another loan'"
    )]
    Remove(commands::PersonRemove),
    /// Enter a telephone number of somebody, or that one is wrong or refused.
    #[command(
        after_help = "Examples:\n  qingshou person phone QS-00012 13800000000 --state confirmed --given-by Ann --reason 'called back'\n  qingshou person phone QS-00012 --state wrong --reason 'somebody else answers'"
    )]
    Phone(PointArgs),
    /// Enter an address of somebody, or that they have moved away.
    #[command(
        after_help = "Example: qingshou person address QS-00012 --state moved --reason 'the neighbour says so'"
    )]
    Address {
        #[command(flatten)]
        point: PointArgs,
        /// The village.
        #[arg(long)]
        village: Option<String>,
    },
    /// Enter since when somebody consents to WeChat messages, or that they do no more.
    #[command(
        after_help = "Example: qingshou person wechat QS-00012 --state agreed --on 2026-05-08 --reason 'signed at the counter'"
    )]
    Wechat(PointArgs),
    /// Read the numbers of one person in full; it goes into the journal.
    #[command(
        after_help = "Example: qingshou person reveal QS-00012 --reason 'to call about the promise'"
    )]
    Reveal(commands::Reveal),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct PointArgs {
    /// The loan number.
    pub case: String,
    /// The number, account or address; the one in use when not given.
    pub value: Option<String>,
    /// Who: the number in `person ls`, a name or a role; the borrower when not given.
    #[arg(long, value_name = "WHO")]
    pub person: Option<String>,
    /// given, confirmed; of a telephone also wrong, refused; of an address current,
    /// moved; of WeChat agreed, withdrawn.
    #[arg(long)]
    pub state: Option<String>,
    /// Since when; today when not given.
    #[arg(long, value_parser = day, value_name = "DATE")]
    pub on: Option<Date>,
    /// Who gave it.
    #[arg(long, value_name = "NAME")]
    pub given_by: Option<String>,
    /// When the person is called best, as 18:00-20:00.
    #[arg(long)]
    pub hours: Option<String>,
    /// Why.
    #[arg(long)]
    pub reason: String,
}
