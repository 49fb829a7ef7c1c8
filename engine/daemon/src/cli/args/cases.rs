//! What people look at (查看): cases, tasks, orders, the journal, reports.

use clap::{Args as ClapArgs, Subcommand};
use jiff::civil::Date;

use crate::cli::money::day;

#[derive(ClapArgs, Debug)]
pub(crate) struct Case {
    #[command(subcommand)]
    pub what: CaseWhat,
}

#[derive(Subcommand, Debug)]
pub(crate) enum CaseWhat {
    /// List cases.
    #[command(after_help = "Example: qingshou case ls --days 30 --village Willow")]
    Ls {
        /// Those of which somebody knows this: a name or its initials, last digits of a
        /// telephone, the loan number, a village, a collector.
        #[arg(
            long,
            value_name = "TEXT",
            conflicts_with_all = ["workflow", "village", "collector", "days", "in_none", "parked"]
        )]
        search: Option<String>,
        /// Those that stand in this workflow.
        #[arg(long)]
        workflow: Option<String>,
        /// Those of this village.
        #[arg(long)]
        village: Option<String>,
        /// Those of this collector.
        #[arg(long, value_name = "NAME")]
        collector: Option<String>,
        /// Those at least so many days past due.
        #[arg(long)]
        days: Option<u32>,
        /// Those in no workflow.
        #[arg(long, conflicts_with = "workflow")]
        in_none: bool,
        /// Those that are parked, each with its reason.
        #[arg(
            long,
            conflicts_with_all = ["workflow", "village", "collector", "days", "in_none"]
        )]
        parked: bool,
        /// At most so many; without it 50 in a table, and all in CSV and JSON.
        #[arg(long)]
        limit: Option<i64>,
    },
    /// Show one case: facts, where it stands and why, what happened.
    #[command(after_help = "Example: qingshou case show QS-00012")]
    Show {
        /// The loan number.
        case: String,
    },
    /// Report what happened: complaint, `complaint_resolved`, dispute, `dispute_resolved`,
    /// deceased, `death_disproved`, dismissed, `dismissal_withdrawn`, `legal_override`, note.
    #[command(
        after_help = "Example: qingshou case report QS-00012 complaint --reason 'too many calls'"
    )]
    Report(commands::Report),
    /// Give cases to another collector, with the open work on them.
    #[command(
        after_help = "Examples:\n  qingshou case assign QS-00012 --to Ann --reason 'a complaint'\n  qingshou case assign --all-of Ben --to Ann --reason 'Ben has left' --yes"
    )]
    Assign(commands::Assign),
    /// Put a case into a workflow, whatever its conditions; or all that a search finds.
    #[command(
        after_help = "Examples:\n  qingshou case enrol QS-00012 visit --reason 'an old case'\n  qingshou case enrol visit --where days=91.. --where village=Willow --reason 'an old case' --yes"
    )]
    Enrol {
        /// The loan number and the workflow; with --where the workflow alone.
        #[arg(value_names = ["CASE", "WORKFLOW"], num_args = 1..=2, required = true)]
        names: Vec<String>,
        /// Those of which this holds: days=31..60, balance=5000.., village=, org=,
        /// collector=, product=; can be given several times.
        #[arg(long = "where", value_name = "FIELD=VALUE")]
        search: Vec<String>,
        /// Carry it out; without it the cases found are counted.
        #[arg(long, requires = "search")]
        yes: bool,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Let a parked case run again.
    #[command(
        after_help = "Example: qingshou case resume QS-00012 --reason 'the script is mended'"
    )]
    Resume(commands::Resume),
    /// Take a case out of a workflow whose stage the running release lacks.
    #[command(
        after_help = "Example: qingshou case withdraw QS-00012 --reason 'settled by the manager'"
    )]
    Withdraw(commands::Withdraw),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Task {
    #[command(subcommand)]
    pub what: TaskWhat,
}

#[derive(Subcommand, Debug)]
pub(crate) enum TaskWhat {
    /// List open tasks.
    #[command(after_help = "Example: qingshou task ls --of Ann")]
    Ls {
        /// Those of one person.
        #[arg(long)]
        of: Option<String>,
        /// Those of one kind.
        #[arg(long)]
        kind: Option<String>,
        /// The calls and visits that may not be made while a hold stands, and why.
        #[arg(long)]
        suspended: bool,
        /// Those for a role that nobody has taken.
        #[arg(long)]
        untaken: bool,
        /// At most so many; without it 50 in a table, and all in CSV and JSON.
        #[arg(long)]
        limit: Option<i64>,
    },
    /// Take a task that is anybody's of a role, to do it oneself.
    #[command(after_help = "Example: qingshou task take 4711")]
    Take(commands::TaskTake),
    /// Close a task.
    #[command(after_help = "Example: qingshou task done 4711 --outcome 'verified'")]
    Done(commands::Task),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Order {
    #[command(subcommand)]
    pub what: OrderWhat,
}

#[derive(Subcommand, Debug)]
pub(crate) enum OrderWhat {
    /// List orders, newest first.
    #[command(after_help = "Example: qingshou order ls --status unknown")]
    Ls {
        /// Those with this status.
        #[arg(long)]
        status: Option<String>,
        /// Those of one case.
        #[arg(long)]
        case: Option<String>,
        /// At most so many; without it 50 in a table, and all in CSV and JSON.
        #[arg(long)]
        limit: Option<i64>,
    },
    /// Show one order, with its text as it was given and as it left.
    #[command(after_help = "Example: qingshou order show 4711")]
    Show {
        /// The order.
        order: i64,
    },
    /// Try an order again.
    #[command(
        after_help = "Example: qingshou order retry 4711 --reason 'the gateway works again'"
    )]
    Retry {
        /// The order.
        order: i64,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Say that an order of which nobody knew has arrived.
    #[command(
        after_help = "Example: qingshou order arrived 4711 --reason 'the gateway says so'"
    )]
    Arrived(commands::Arrived),
    /// Give one order up, or all that a query finds: counted first, dropped with --yes.
    #[command(
        after_help = "Example: qingshou order drop 4711 --reason 'told in person'\nExample: qingshou order drop --workflow remind --created-before 2026-05-08 --reason 'wrong text'"
    )]
    Drop(DropOrders),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct DropOrders {
    /// The order; without it, those that the query finds.
    #[arg(conflicts_with_all = ["workflow", "channel", "verb", "status", "release", "created_before"])]
    pub order: Option<i64>,
    /// Those that this workflow gave.
    #[arg(long)]
    pub workflow: Option<String>,
    /// Those of this channel: sms, phone, visit, ….
    #[arg(long)]
    pub channel: Option<String>,
    /// Those of this verb.
    #[arg(long)]
    pub verb: Option<String>,
    /// Those that stand so: pending, held, `awaiting_approval`, unknown, failed; the
    /// first three when not said.
    #[arg(long)]
    pub status: Option<String>,
    /// Those that this release gave.
    #[arg(long, value_name = "NUMBER")]
    pub release: Option<i64>,
    /// Those given before this day.
    #[arg(long, value_parser = day, value_name = "DATE")]
    pub created_before: Option<Date>,
    /// Drop them without a question.
    #[arg(long)]
    pub yes: bool,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Journal {
    #[command(subcommand)]
    pub what: JournalWhat,
}

#[derive(Subcommand, Debug)]
pub(crate) enum JournalWhat {
    /// Every line, oldest first, as JSON lines.
    #[command(
        after_help = "Example: qingshou journal export --case QS-00012 > journal.jsonl"
    )]
    Export {
        /// Those of one case.
        #[arg(long)]
        case: Option<String>,
    },
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Report {
    #[command(subcommand)]
    pub what: ReportWhat,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ReportWhat {
    /// Overdue cases and amounts by age at the end of a day.
    #[command(after_help = "Example: qingshou report ageing --as-of 2026-06-30 -o csv")]
    Ageing(AsOf),
    /// The highest days past due each case has reached.
    #[command(after_help = "Example: qingshou report max-dpd --as-of 2026-06-30 -o csv")]
    MaxDpd(AsOf),
    /// What was collected, by age of the debt; a payment taken back leaves the age it had.
    #[command(
        after_help = "Example: qingshou report recovery --from 2026-04-01 --to 2026-06-30"
    )]
    Recovery(Period),
    /// Promises by grade.
    #[command(
        after_help = "Example: qingshou report promises --from 2026-04-01 --to 2026-06-30"
    )]
    Promises(Period),
    /// Rewards by collector.
    #[command(
        after_help = "Example: qingshou report rewards --from 2026-04-01 --to 2026-06-30"
    )]
    Rewards(Period),
    /// The statement of rewards of a month: what it pays, or would pay.
    #[command(after_help = "Example: qingshou report reward-month --month 2026-11")]
    RewardMonth {
        /// The month, as 2026-11.
        #[arg(long, value_name = "MONTH")]
        month: String,
    },
    /// The payout file of a month, as it was made; its hash stands in the journal.
    #[command(
        after_help = "Example: qingshou report payout --month 2026-11 > payout-2026-11.csv"
    )]
    Payout {
        /// The month, as 2026-11.
        #[arg(long, value_name = "MONTH")]
        month: String,
    },
    /// Other rules for rewards, tried on the payments of the past quarter.
    #[command(
        after_help = "Example: qingshou report reward-rules --rate 25 --worked-days 15"
    )]
    RewardRules(RewardRules),
    /// The account of a loan: every line, with what is owed after it.
    #[command(after_help = "Example: qingshou report account --case QS-00012")]
    Account {
        /// The loan.
        #[arg(long)]
        case: String,
    },
    /// Claims by days left of the limitation period.
    #[command(after_help = "Example: qingshou report limitation -o csv")]
    Limitation(AsOf),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct RewardRules {
    /// The share of a payment, in per mille.
    #[arg(long, value_name = "PER_MILLE")]
    pub rate: i64,
    /// The share of a payment once a court was asked for the debt, in per mille.
    #[arg(long, value_name = "PER_MILLE")]
    pub court_rate: Option<i64>,
    /// The most for one payment, in yuan.
    #[arg(long, value_name = "YUAN")]
    pub cap: Option<String>,
    /// The most for all payments of one loan, in yuan.
    #[arg(long, value_name = "YUAN")]
    pub case_cap: Option<String>,
    /// The most for one member of staff in a month, in yuan.
    #[arg(long, value_name = "YUAN")]
    pub month_cap: Option<String>,
    /// Days before a payment in which somebody must have reached the debtor.
    #[arg(long, value_name = "DAYS")]
    pub worked_days: Option<i64>,
    /// Days past due that a payment must have had.
    #[arg(long, value_name = "DAYS", default_value_t = 1)]
    pub least_days: i64,
    /// First day; that of the past quarter when not given.
    #[arg(long, value_parser = day)]
    pub from: Option<Date>,
    /// Last day; that of the past quarter when not given.
    #[arg(long, value_parser = day)]
    pub to: Option<Date>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct AsOf {
    /// The day; today when not given.
    #[arg(long, value_parser = day)]
    pub as_of: Option<Date>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Period {
    /// First day.
    #[arg(long, value_parser = day)]
    pub from: Option<Date>,
    /// Last day.
    #[arg(long, value_parser = day)]
    pub to: Option<Date>,
}
