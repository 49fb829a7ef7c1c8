//! What staff enter (登记): calls, promises, payments, holds, visits, approvals.

use clap::{Args as ClapArgs, Subcommand};
use jiff::civil::Date;

use crate::cli::money::day;

#[derive(ClapArgs, Debug)]
pub(crate) struct Contact {
    /// The loan number.
    pub case: String,
    /// conversation, `no_answer`, busy, rejected, voicemail, invalid.
    #[arg(long)]
    pub outcome: String,
    /// The order it answers, or its task; the last open call when not given.
    #[arg(long)]
    pub order: Option<i64>,
    /// oversight, dissatisfied, `short_of_cash`, deliberate.
    #[arg(long)]
    pub cause: Option<String>,
    /// It is right, although the command asks about it.
    #[arg(long)]
    pub sure: bool,
    /// What was said.
    #[arg(long)]
    pub reason: String,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Promise {
    /// The loan number.
    pub case: String,
    /// The day promised.
    #[arg(long, value_parser = day)]
    pub due: Date,
    /// In yuan; all that is overdue when not given.
    #[arg(long, allow_hyphen_values = true)]
    pub amount: Option<String>,
    /// What shows it: `signed_paper`, `signed_receipt`, `recorded_call`; these need --receipt.
    #[arg(long, default_value = "bare_assertion")]
    pub evidence: String,
    /// The number of the paper, recording or message that shows it.
    #[arg(long)]
    pub receipt: Option<String>,
    /// It is right, although the command asks about it.
    #[arg(long)]
    pub sure: bool,
    /// What was said.
    #[arg(long)]
    pub reason: String,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Pay {
    /// The loan number.
    pub case: Option<String>,
    /// In yuan.
    #[arg(long, allow_hyphen_values = true, required_unless_present_any = ["reverse", "confirm"])]
    pub amount: Option<String>,
    /// The day; today when not given.
    #[arg(long, value_parser = day, conflicts_with_all = ["reverse", "confirm"])]
    pub on: Option<Date>,
    /// The number of the bank's receipt.
    #[arg(long)]
    pub receipt: Option<String>,
    /// Take back the line with this entry number: a payment, or a due item, waiver,
    /// fee or penalty that was booked wrongly.
    #[arg(long, value_name = "ENTRY", conflicts_with_all = ["amount", "receipt"])]
    pub reverse: Option<i64>,
    /// Confirm the payment with this entry number, as a second person.
    #[arg(long, value_name = "ENTRY", conflicts_with_all = ["amount", "reverse"])]
    pub confirm: Option<i64>,
    /// It is right, although the command asks about it.
    #[arg(long)]
    pub sure: bool,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Hold {
    /// The loan number.
    pub case: String,
    /// hardship, plan, lawyer, bankruptcy, manual, …; complaint, dispute and deceased
    /// come with `case report`.
    #[arg(value_name = "HOLD")]
    pub why: String,
    /// Lift it.
    #[arg(long)]
    pub lift: bool,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Visit {
    #[command(subcommand)]
    pub what: VisitWhat,
}

#[derive(Subcommand, Debug)]
pub(crate) enum VisitWhat {
    /// List planned visits.
    #[command(after_help = "Example: qingshou visit ls --of Ann")]
    Ls {
        /// Those of one person.
        #[arg(long)]
        of: Option<String>,
        /// At most so many; without it 50 in a table, and all in CSV and JSON.
        #[arg(long)]
        limit: Option<i64>,
    },
    /// Enter what came of a visit.
    #[command(
        after_help = "Example: qingshou visit done 4711 --outcome met --by Ann --by Bob --reason 'pays at month-end'"
    )]
    Done {
        /// The order of the visit, or its task.
        order: i64,
        /// met, absent, refused, moved, deceased, paid, promised, `notice_signed`.
        #[arg(long)]
        outcome: String,
        /// Who went; two people at least.
        #[arg(long = "by", required = true)]
        collectors: Vec<String>,
        /// The day; today when not given.
        #[arg(long, value_parser = day)]
        on: Option<Date>,
        /// Where.
        #[arg(long)]
        place: Option<String>,
        /// The number of the signed receipt.
        #[arg(long)]
        receipt: Option<String>,
        /// proved or claimed.
        #[arg(long)]
        evidence: Option<String>,
        /// It is right, although the command asks about it: a visitor who is not on the
        /// list, a person reported dead, a claim that was dismissed.
        #[arg(long)]
        sure: bool,
        /// What was said.
        #[arg(long)]
        reason: String,
    },
    /// Enter the proof that a letter arrived.
    #[command(
        after_help = "Example: qingshou visit letter 4711 --on 2026-11-20 --receipt XA123 --reason 'it has come'"
    )]
    Letter {
        /// The order of the letter, or its task.
        order: i64,
        /// The day it was signed for.
        #[arg(long, value_parser = day)]
        on: Date,
        /// `signed_receipt` or `registered_mail`.
        #[arg(long, default_value = "signed_receipt")]
        evidence: String,
        /// The number of the receipt.
        #[arg(long)]
        receipt: String,
        /// It is right, although the command asks about it: a person reported dead, a
        /// claim that was dismissed.
        #[arg(long)]
        sure: bool,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Approve {
    /// The order or its task; without it, what waits is listed.
    pub order: Option<i64>,
    /// Reject it.
    #[arg(long)]
    pub reject: bool,
    /// Why.
    #[arg(long, default_value = "")]
    pub reason: String,
}
