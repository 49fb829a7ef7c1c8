//! Arguments (参数): every command with its options and an example.

mod backup;
mod book;
mod cases;
mod entries;
mod gateway;
mod guard;
mod people;
mod plugin;
mod scripts;
mod sending;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use commands::{Contact, DebtorReply, Hold, Rollback};

pub(crate) use backup::*;
pub(crate) use book::*;
pub(crate) use cases::*;
pub(crate) use entries::*;
pub(crate) use gateway::*;
pub(crate) use guard::*;
pub(crate) use people::*;
pub(crate) use plugin::*;
pub(crate) use scripts::*;
pub(crate) use sending::*;

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
    #[value(alias = "表格")]
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
    /// Print a systemd unit that runs the daemon of this site, watched and confined.
    #[command(
        after_help = "Example: qingshou --site ./qingshi service > /etc/systemd/system/qingshou.service"
    )]
    Service(Service),
    /// Import case lists or events: CSV (.gz) or XLSX, UTF-8 or GBK.
    #[command(after_help = "Example: qingshou import cases cases.csv --where in_book=1")]
    Import(Import),
    /// Run a book through the production engine on a virtual clock.
    #[command(
        after_help = "Example: qingshou replay ./book --workflows workflows -o json"
    )]
    Replay(Replay),
    /// Find faults in a folder of workflows, and mend what a machine can mend.
    #[command(after_help = "Example: qingshou check workflows --fix")]
    Check(Check),
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
    /// Explain a code or word that a command printed, or list all codes.
    #[command(after_help = "Example: qingshou explain W003")]
    Explain(Explain),
    /// Let the daemon look at the folder now, and wait for its verdict.
    #[command(after_help = "Example: qingshou reload")]
    Reload(All),
    /// List the releases, confirm one that waits, or get a lost file back.
    #[command(after_help = "Example: qingshou releases --confirm")]
    Releases(Releases),
    /// Make an earlier release the live one.
    #[command(
        after_help = "Example: qingshou rollback 3 --reason 'the new one reminds too often'"
    )]
    Rollback(Rollback),
    /// What leaves today, and what is held until a person has looked.
    #[command(
        after_help = "Example: qingshou sending go --channel sms --reason 'the first list was checked'"
    )]
    Sending(Sending),
    /// Look at the gateways of the channels, and try one.
    #[command(after_help = "Example: qingshou gateway test sms --to 13800000000")]
    Gateway(Gateway),
    /// Stop sending: all of it, a channel, a workflow, a release.
    #[command(after_help = "Example: qingshou pause channel sms --reason 'wrong text'")]
    Pause(Pause),
    /// Let what was stopped go on: at once, spread over hours, or without what is old.
    #[command(
        after_help = "Example: qingshou resume channel sms --spread 4h --reason 'mended'"
    )]
    Resume(Resume),
    /// List, show, report on or enrol cases.
    #[command(after_help = "Example: qingshou case show QS-00012")]
    Case(Case),
    /// List tasks or close one.
    #[command(after_help = "Example: qingshou task done 4711 --outcome 'verified'")]
    Task(Task),
    /// The people of a case: list, enter, correct, their numbers and addresses.
    #[command(after_help = "Example: qingshou person ls QS-00012")]
    Person(Person),
    /// Enter what a debtor answered to a message or a letter.
    #[command(
        after_help = "Example: qingshou reply QS-00012 --channel sms --note 'wrong number' --wrong-number"
    )]
    Reply(DebtorReply),
    /// Enter what came of a call.
    #[command(
        after_help = "Example: qingshou contact QS-00012 --outcome conversation --reason 'will pay next week'"
    )]
    Contact(Contact),
    /// Enter a promise to pay.
    #[command(
        after_help = "Example: qingshou promise QS-00012 --due 2026-05-08 --amount 500 --reason 'after the harvest'"
    )]
    Promise(Promise),
    /// Enter a payment, confirm one, or take one back.
    #[command(
        after_help = "Example: qingshou pay QS-00012 --amount 500 --receipt 88001 --reason 'paid at the counter'"
    )]
    Pay(Pay),
    /// Place or lift a hold.
    #[command(
        after_help = "Example: qingshou hold QS-00012 hardship --reason 'in hospital'"
    )]
    Hold(Hold),
    #[command(flatten)]
    Plugin(OfPlugin),
    /// Approve or reject an order that needs a second person.
    #[command(
        after_help = "Example: qingshou approve 4711 --reason 'the papers are complete'"
    )]
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
    /// What runs, what is stuck, what the last edit came to; ends with 3 when no daemon
    /// runs.
    #[command(after_help = "Example: qingshou status -o json")]
    Status(All),
    /// What is wrong with this machine or site.
    #[command(after_help = "Example: qingshou doctor")]
    Doctor(Nothing),
    /// Prove journal, books, orders and invariants of the store.
    #[command(after_help = "Example: qingshou verify")]
    Verify(Nothing),
    /// Copy the site as it stands at this moment; a daemon goes on meanwhile.
    #[command(after_help = "Example: qingshou backup /backup/2026-11-27")]
    Backup(Backup),
    /// Move the case store from a file to a database server, or back.
    #[command(
        after_help = "Example: qingshou store copy case_store.db postgres://qingshou@db.example/coop"
    )]
    Store(Store),
    /// Say whether the machine's clock is trusted, or confirm that it is right.
    #[command(
        after_help = "Example: qingshou clock --confirm --reason 'checked against standard time'"
    )]
    Clock(Clock),
    /// Put a backup back, or answer for a store that was put back.
    #[command(
        after_help = "Example: qingshou --site ./qingshi restore /backup/2026-11-27 --reason 'the disk broke'\nExample: qingshou restore --acknowledge --gateway-log sent.csv --reason 'checked'"
    )]
    Restore(Restore),
    /// Print what completes commands in a shell.
    #[command(
        after_help = "Example: qingshou completions bash > /etc/bash_completion.d/qingshou"
    )]
    Completions(Completions),
    /// Write the manual pages, one for each command.
    #[command(after_help = "Example: qingshou man /usr/local/share/man/man1")]
    Man(Man),
    /// Measure the engine beside the raw ceiling of the same run.
    #[command(
        after_help = "Example: qingshou bench throughput --store sqlite --open 100000 -o json"
    )]
    Bench(Bench),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Completions {
    /// The shell.
    pub shell: clap_complete::Shell,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Man {
    /// The folder to write to, made when it is not there.
    pub dir: PathBuf,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Nothing {}

#[cfg(test)]
mod tests {
    use clap::{Command as Clap, CommandFactory};

    use super::*;

    /// Every command below this one that has no example, by its path.
    fn without_example(command: &Clap, path: &str, found: &mut Vec<String>) {
        for one in
            command.get_subcommands().filter(|command| command.get_name() != "help")
        {
            let path = format!("{path} {}", one.get_name());
            let help = one.clone().render_long_help().to_string();
            if !help.contains("Example:") && !help.contains("Examples:") {
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
