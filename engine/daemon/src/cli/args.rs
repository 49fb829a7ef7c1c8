//! Arguments (参数): every command with its options and an example.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;

/// Runs debt-collection procedures written as Lua scripts over a case store.
#[derive(Parser, Debug)]
#[command(name = "qingshou", version, about, max_term_width = 100)]
pub(crate) struct Args {
    /// The site's folder.
    #[arg(long, env = "QINGSHOU_SITE", global = true, value_name = "DIR")]
    pub site: Option<PathBuf>,
    /// Language of what operations staff read: zh or en.
    #[arg(long, env = "QINGSHOU_LANG", global = true, value_name = "LANG")]
    pub lang: Option<String>,
    /// How to print what has a table.
    #[arg(short, long, global = true, value_enum, default_value = "table")]
    pub output: Output,
    /// Log lines as JSON.
    #[arg(long, global = true, env = "QINGSHOU_JSON_LOGS")]
    pub json_logs: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Output {
    Table,
    Json,
    Csv,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Make a fictional cooperative and run one quarter of its collection work.
    #[command(after_help = "Example: qingshou demo")]
    Demo(Demo),
    /// Make a new site: settings, workflows with tests, editor stub.
    #[command(after_help = "Example: qingshou init ./qingshi")]
    Init(Init),
    /// Run the daemon on a site.
    #[command(after_help = "Example: qingshou --site ./qingshi run")]
    Run(Run),
    /// Import case lists or events: CSV (.gz) or XLSX, UTF-8 or GBK.
    #[command(after_help = "Example: qingshou import cases cases.csv --where in_book=1")]
    Import(Import),
    /// Run a book through the production engine on a virtual clock.
    #[command(
        after_help = "Example: qingshou replay ./book --workflows workflows -o json"
    )]
    Replay(Replay),
    /// Find faults in a folder of workflows.
    #[command(after_help = "Example: qingshou check workflows")]
    Check(Folder),
    /// Run the tests of a folder of workflows.
    #[command(after_help = "Example: qingshou test workflows --name promise")]
    Test(Test),
    /// Try a workflow on one case without any effect.
    #[command(after_help = "Example: qingshou try remind --case QS-00012")]
    Try(Try),
    /// Draw a workflow: SVG, Mermaid or DOT.
    #[command(after_help = "Example: qingshou graph remind --format svg > remind.svg")]
    Graph(Graph),
    /// Write the editor stub, or the reference page.
    #[command(after_help = "Example: qingshou stub --write workflows")]
    Stub(Stub),
    /// Explain a finding by its code.
    #[command(after_help = "Example: qingshou explain W003")]
    Explain(Explain),
    /// Let the daemon look at the folder now, and wait for its verdict.
    #[command(after_help = "Example: qingshou reload")]
    Reload(Nothing),
    /// List the releases, or confirm one that waits.
    #[command(after_help = "Example: qingshou releases --confirm")]
    Releases(Releases),
    /// Make an earlier release the live one.
    #[command(after_help = "Example: qingshou rollback 3 --reason '新版提醒过密'")]
    Rollback(Rollback),
    /// List, show, report on or enrol cases.
    #[command(after_help = "Example: qingshou case show QS-00012")]
    Case(Case),
    /// List tasks or close one.
    #[command(after_help = "Example: qingshou task done 4711 --outcome '已核实'")]
    Task(Task),
    /// Enter what came of a call.
    #[command(
        after_help = "Example: qingshou contact QS-00012 --outcome conversation --reason '说下周还'"
    )]
    Contact(Contact),
    /// Enter a promise to pay.
    #[command(
        after_help = "Example: qingshou promise QS-00012 --due 2026-05-08 --amount 500 --reason '卖粮后还'"
    )]
    Promise(Promise),
    /// Enter a payment, confirm one, or take one back.
    #[command(
        after_help = "Example: qingshou pay QS-00012 --amount 500 --receipt 88001 --reason '柜面还款'"
    )]
    Pay(Pay),
    /// Place or lift a hold.
    #[command(after_help = "Example: qingshou hold QS-00012 hardship --reason '住院'")]
    Hold(Hold),
    /// List planned visits or enter what came of one.
    #[command(
        after_help = "Example: qingshou visit done 4711 --outcome met --by 甲 --by 乙 --reason '约定月底'"
    )]
    Visit(Visit),
    /// Approve or reject an order that needs a second person.
    #[command(after_help = "Example: qingshou approve 4711 --reason '材料齐全'")]
    Approve(Approve),
    /// List orders, try one again, or give it up.
    #[command(after_help = "Example: qingshou order ls --status unknown")]
    Order(Order),
    /// Export the journal as JSON lines.
    #[command(after_help = "Example: qingshou journal export > journal.jsonl")]
    Journal(Journal),
    /// Reports: ageing, max-dpd, recovery, promises, rewards, limitation.
    #[command(after_help = "Example: qingshou report ageing --as-of 2026-06-30 -o csv")]
    Report(Report),
    /// What runs, what is stuck, what the last edit came to.
    #[command(after_help = "Example: qingshou status -o json")]
    Status(Nothing),
    /// What is wrong with this machine or site.
    #[command(after_help = "Example: qingshou doctor")]
    Doctor(Nothing),
    /// Prove journal, books, orders and invariants of the store.
    #[command(after_help = "Example: qingshou verify")]
    Verify(Nothing),
    /// Measure the engine beside the raw ceiling of the same run.
    #[command(
        after_help = "Example: qingshou bench throughput --store sqlite --open 100000 -o json"
    )]
    Bench(Bench),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Nothing {}

#[derive(ClapArgs, Debug)]
pub(crate) struct Run {
    /// The machine's clock is right, although the journal ends later.
    #[arg(long)]
    pub confirm_clock: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Demo {
    /// Loans in the book.
    #[arg(long, default_value_t = 5000)]
    pub loans: usize,
    /// Where to make the site; a temporary folder when not given.
    #[arg(long, value_name = "DIR")]
    pub into: Option<PathBuf>,
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
    /// Case lists.
    #[command(after_help = "Example: qingshou import cases cases.csv --where in_book=1")]
    Cases(ImportFiles),
    /// Events: money and what happened.
    #[command(
        after_help = "Example: qingshou import events events.csv.gz --reason '周一流水'"
    )]
    Events(ImportFiles),
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
    #[arg(long)]
    pub from: Option<Date>,
    /// Last day; the last event's when not given.
    #[arg(long)]
    pub to: Option<Date>,
    /// Only cases in which COLUMN is VALUE.
    #[arg(long = "where", value_name = "COLUMN=VALUE")]
    pub only: Vec<String>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Folder {
    /// The folder; the site's when not given.
    pub dir: Option<PathBuf>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Test {
    /// The folder; the site's when not given.
    pub dir: Option<PathBuf>,
    /// Only tests whose name or file holds this.
    #[arg(long)]
    pub name: Option<String>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Try {
    /// The workflow.
    pub workflow: String,
    /// The loan number.
    #[arg(long)]
    pub case: String,
    /// The stage; the first one when not given.
    #[arg(long)]
    pub stage: Option<String>,
    /// The folder; the site's when not given.
    #[arg(long)]
    pub dir: Option<PathBuf>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Graph {
    /// The workflow.
    pub workflow: String,
    /// The folder; the site's when not given.
    #[arg(long)]
    pub dir: Option<PathBuf>,
    /// The form.
    #[arg(long, value_enum, default_value = "svg")]
    pub format: GraphFormat,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum GraphFormat {
    Svg,
    Mermaid,
    Dot,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Stub {
    /// Write `types/qingshou.lua` and `REFERENCE.md` below this folder.
    #[arg(long, value_name = "DIR")]
    pub write: Option<PathBuf>,
    /// Print the reference page.
    #[arg(long)]
    pub reference: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Explain {
    /// The code, such as W003.
    pub code: String,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Releases {
    /// Confirm the folder although it reaches far.
    #[arg(long)]
    pub confirm: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Rollback {
    /// The number of the release.
    pub number: i64,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Case {
    #[command(subcommand)]
    pub what: CaseWhat,
}

#[derive(Subcommand, Debug)]
pub(crate) enum CaseWhat {
    /// List cases.
    #[command(after_help = "Example: qingshou case ls --days 30 --village 石桥村")]
    Ls {
        /// Those that stand in this workflow.
        #[arg(long)]
        workflow: Option<String>,
        /// Those of this village.
        #[arg(long)]
        village: Option<String>,
        /// Those at least so many days past due.
        #[arg(long)]
        days: Option<u32>,
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
    /// deceased, `death_disproved`, dismissed, `legal_override`, note.
    #[command(
        after_help = "Example: qingshou case report QS-00012 complaint --reason '来电过多'"
    )]
    Report {
        /// The loan number.
        case: String,
        /// The event.
        kind: String,
        /// What was told.
        #[arg(long)]
        reason: String,
    },
    /// Put a case into a workflow, whatever its conditions.
    #[command(
        after_help = "Example: qingshou case enrol QS-00012 visit --reason '存量案件'"
    )]
    Enrol {
        /// The loan number.
        case: String,
        /// The workflow.
        workflow: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Let a parked case run again.
    #[command(
        after_help = "Example: qingshou case resume QS-00012 --reason '脚本已改好'"
    )]
    Resume {
        /// The loan number.
        case: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Task {
    #[command(subcommand)]
    pub what: TaskWhat,
}

#[derive(Subcommand, Debug)]
pub(crate) enum TaskWhat {
    /// List open tasks.
    #[command(after_help = "Example: qingshou task ls --of 示例甲")]
    Ls {
        /// Those of one person.
        #[arg(long)]
        of: Option<String>,
        /// Those of one kind.
        #[arg(long)]
        kind: Option<String>,
        /// At most so many; without it 50 in a table, and all in CSV and JSON.
        #[arg(long)]
        limit: Option<i64>,
    },
    /// Close a task.
    #[command(after_help = "Example: qingshou task done 4711 --outcome '已核实'")]
    Done {
        /// The task.
        task: i64,
        /// What came of it.
        #[arg(long)]
        outcome: String,
    },
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Contact {
    /// The loan number.
    pub case: String,
    /// conversation, `no_answer`, busy, rejected, voicemail, invalid.
    #[arg(long)]
    pub outcome: String,
    /// The order it answers; the last open call when not given.
    #[arg(long)]
    pub order: Option<i64>,
    /// oversight, dissatisfied, `short_of_cash`, deliberate.
    #[arg(long)]
    pub cause: Option<String>,
    /// What was said.
    #[arg(long)]
    pub reason: String,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Promise {
    /// The loan number.
    pub case: String,
    /// The day promised.
    #[arg(long)]
    pub due: Date,
    /// In yuan; all that is overdue when not given.
    #[arg(long)]
    pub amount: Option<String>,
    /// What shows it: `signed_paper`, `signed_receipt`, `recorded_call`; these need --receipt.
    #[arg(long, default_value = "bare_assertion")]
    pub evidence: String,
    /// The number of the paper, recording or message that shows it.
    #[arg(long)]
    pub receipt: Option<String>,
    /// What was said.
    #[arg(long)]
    pub reason: String,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Pay {
    /// The loan number.
    pub case: Option<String>,
    /// In yuan.
    #[arg(long, required_unless_present_any = ["reverse", "confirm"])]
    pub amount: Option<String>,
    /// The day; today when not given.
    #[arg(long, conflicts_with_all = ["reverse", "confirm"])]
    pub on: Option<Date>,
    /// The number of the bank's receipt.
    #[arg(long)]
    pub receipt: Option<String>,
    /// Take back the payment with this entry number.
    #[arg(long, value_name = "ENTRY", conflicts_with_all = ["amount", "receipt"])]
    pub reverse: Option<i64>,
    /// Confirm the payment with this entry number, as a second person.
    #[arg(long, value_name = "ENTRY", conflicts_with_all = ["amount", "reverse"])]
    pub confirm: Option<i64>,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Hold {
    /// The loan number.
    pub case: String,
    /// complaint, dispute, hardship, plan, lawyer, manual, …
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
    #[command(after_help = "Example: qingshou visit ls")]
    Ls,
    /// Enter what came of a visit.
    #[command(
        after_help = "Example: qingshou visit done 4711 --outcome met --by 甲 --by 乙 --reason '约定月底'"
    )]
    Done {
        /// The order of the visit.
        order: i64,
        /// met, absent, refused, moved, deceased, paid, promised, `notice_signed`.
        #[arg(long)]
        outcome: String,
        /// Who went; two people at least.
        #[arg(long = "by", required = true)]
        collectors: Vec<String>,
        /// The day; today when not given.
        #[arg(long)]
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
        /// What was said.
        #[arg(long)]
        reason: String,
    },
    /// Enter the proof that a letter arrived.
    #[command(
        after_help = "Example: qingshou visit letter 4711 --on 2026-11-20 --receipt XA123 --reason '回执已到'"
    )]
    Letter {
        /// The order of the letter.
        order: i64,
        /// The day it was signed for.
        #[arg(long)]
        on: Date,
        /// `signed_receipt` or `registered_mail`.
        #[arg(long, default_value = "signed_receipt")]
        evidence: String,
        /// The number of the receipt.
        #[arg(long)]
        receipt: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Approve {
    /// The order; without it, what waits is listed.
    pub order: Option<i64>,
    /// Reject it.
    #[arg(long)]
    pub reject: bool,
    /// Why.
    #[arg(long, default_value = "")]
    pub reason: String,
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
    /// Try an order again.
    #[command(after_help = "Example: qingshou order retry 4711 --reason '网关已恢复'")]
    Retry {
        /// The order.
        order: i64,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Give an order up.
    #[command(after_help = "Example: qingshou order drop 4711 --reason '已当面告知'")]
    Drop {
        /// The order.
        order: i64,
        /// Why.
        #[arg(long)]
        reason: String,
    },
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
    /// What was collected, by age of the debt.
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
    /// Claims by days left of the limitation period.
    #[command(after_help = "Example: qingshou report limitation -o csv")]
    Limitation(AsOf),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct AsOf {
    /// The day; today when not given.
    #[arg(long)]
    pub as_of: Option<Date>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Period {
    /// First day.
    #[arg(long)]
    pub from: Option<Date>,
    /// Last day.
    #[arg(long)]
    pub to: Option<Date>,
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
        /// The store; this build has sqlite.
        #[arg(long, default_value = "sqlite")]
        store: String,
        /// Open cases.
        #[arg(long, default_value_t = 100_000)]
        open: i64,
        /// Steps to measure.
        #[arg(long, default_value_t = 100_000)]
        steps: i64,
    },
}

#[cfg(test)]
mod tests {
    use clap::{Command as Clap, CommandFactory};

    use super::*;

    /// Every command below this one that has no example, by its path.
    fn without_example(command: &Clap, path: &str, found: &mut Vec<String>) {
        for one in command.get_subcommands().filter(|it| it.get_name() != "help") {
            let path = format!("{path} {}", one.get_name());
            if !one.clone().render_long_help().to_string().contains("Example:") {
                found.push(path.clone());
            }
            without_example(one, &path, found);
        }
    }

    #[test]
    fn every_command_shows_an_example() {
        let mut found = Vec::new();
        without_example(&Args::command(), "qingshou", &mut found);
        assert!(found.is_empty(), "{found:?}");
    }
}
