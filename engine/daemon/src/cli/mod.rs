//! The command line (命令行): one file a group of commands.

mod args;
mod output;
mod bar;
mod columns;
mod chinese;
mod suggested;
mod money;
mod plain;
mod portions;
mod amounts;
mod context;
mod backup;
mod edits;
mod book;
#[cfg(feature = "reward")]
mod rewards;
mod check;
mod scripts;
mod release;
mod entries;
mod filters;
mod found;
mod show;
mod parked;
mod people;
mod untaken;
mod staffed;
mod store;
mod story;
mod journal;
mod gateway;
mod guard;
mod doctor;
mod health;
mod institution;
mod plugin;
mod policy;
mod account;
mod ailing;
mod search;
mod demo;
mod sending;
mod service;
mod manual;

use std::os::unix::fs::MetadataExt;
use std::process::ExitCode;

use ::release::{apart, one_core};
use anyhow::Result;
use clap::{CommandFactory, FromArgMatches, Parser};
use commands::{Look, Refused, Reply, language};
use nix::sys::signal::Signal;
use nix::unistd::Uid;
use site::login::login_of;
use site::logs;
use tokio::signal::unix::{SignalKind, signal};

use args::{
    Args, CaseWhat, Command, GatewayWhat, JournalWhat, OrderWhat, PersonWhat, PluginWhat,
    SendingWhat, TaskWhat,
};
use context::Context;

/// What a command ends with, as README.md lists it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Exit {
    /// All is well.
    Ok,
    /// The command, a check or a test failed.
    Failed,
    /// No daemon works the site.
    NotRunning,
    /// No daemon answers.
    NoDaemon,
    /// It is not allowed.
    Refused,
    /// The daemon cannot work before a person has looked at settings or store.
    NeedsPerson,
}

impl Exit {
    fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::NotRunning => 3,
            Self::NoDaemon => 4,
            Self::Refused => 5,
            Self::NeedsPerson => 6,
        }
    }

    /// The exit that a reply asks for.
    pub(crate) fn of_reply(code: u8) -> Self {
        match code {
            0 => Self::Ok,
            5 => Self::Refused,
            _ => Self::Failed,
        }
    }
}

/// Runs the program on the arguments of the process.
pub fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|it| it == apart::WORD) {
        return apart::inside::main();
    }
    apart::is_the_program();
    commands::look::are_told_by(is_look);
    let args = match parsed() {
        Ok(args) => args,
        Err(exit) => return exit,
    };
    let logs = matches!(args.command, Command::Run(_));
    start_logs(logs, args.json_logs);
    // Before the runtime has threads: those it starts stay there too.
    if matches!(args.command, Command::Demo(_) | Command::Replay(_))
        && let Some(core) = one_core::cores().first()
    {
        one_core::stay_on(*core);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let lang = Context::new(&args).lang;
    let done = match runtime {
        Ok(runtime) => runtime.block_on(carry_out(args)),
        Err(error) => Err(error.into()),
    };
    let exit = done.unwrap_or_else(|error| {
        output::complain(&language::told(&error, lang));
        if error.downcast_ref::<Refused>().is_some() {
            Exit::Refused
        } else {
            Exit::Failed
        }
    });
    ExitCode::from(exit.code())
}

/// The arguments of the process; help and complaints in Chinese for whoever chose it.
fn parsed() -> Result<Args, ExitCode> {
    let words: Vec<String> = std::env::args_os()
        .map(|args_os| args_os.to_string_lossy().into_owned())
        .collect();
    let is_chinese = chinese::is_wanted(&words);
    let command = if is_chinese { chinese::of(Args::command()) } else { Args::command() };
    let read = |it| {
        Args::from_arg_matches(&it).map_err(|error| error.format(&mut Args::command()))
    };
    command.try_get_matches().and_then(read).map_err(|error| {
        let error = suggested::mended(error, &mut Args::command(), &words);
        match chinese::complaint(&error).filter(|_| is_chinese) {
            Some(text) => output::complain(&text),
            // Help goes where it can be read; there is nobody to tell when not.
            None => drop(error.print()),
        }
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
    })
}

/// Whether the words of a command line, without a site, only look at lists and cases.
fn is_look(words: &[String]) -> bool {
    let line = std::iter::once("qingshou").chain(words.iter().map(String::as_str));
    !words.iter().any(|word| word.starts_with("--site"))
        && Args::try_parse_from(line)
            .is_ok_and(|args| looks(&args.command) || counts(&args.command))
}

fn looks(command: &Command) -> bool {
    match command {
        Command::Case(it) => {
            matches!(it.what, CaseWhat::Ls { .. } | CaseWhat::Show { .. })
        }
        Command::Task(it) => matches!(it.what, TaskWhat::Ls { .. }),
        Command::Person(it) => matches!(it.what, PersonWhat::Ls { .. }),
        Command::Plugin(it) => matches!(it.what, PluginWhat::Ls { .. }),
        Command::Order(it) => {
            matches!(it.what, OrderWhat::Ls { .. } | OrderWhat::Show { .. })
        }
        Command::Sending(it) => matches!(it.what, SendingWhat::Ls),
        Command::Gateway(it) => matches!(it.what, GatewayWhat::Ls),
        Command::Approve(it) => it.order.is_none(),
        Command::Releases(it) => !it.confirm && it.restore.is_empty(),
        Command::Journal(it) => {
            matches!(it.what, JournalWhat::Export { case: Some(_) })
        }
        Command::Clock(it) => it.reason.is_none(),
        Command::Report(_) | Command::Status(_) => true,
        _ => false,
    }
}

/// Whether a command counts what another would change, and changes nothing itself.
fn counts(command: &Command) -> bool {
    let Command::Order(order) = command else { return false };
    matches!(&order.what, OrderWhat::Drop(drop) if drop.order.is_none() && !drop.yes)
}

/// Whether a command goes through the whole store and is carried out where it lies.
fn reads_the_whole_store(command: &Command) -> bool {
    match command {
        Command::Verify(_) => true,
        Command::Journal(it) => matches!(it.what, JournalWhat::Export { case: None }),
        _ => false,
    }
}

/// The words of this process without the site.
fn own_words() -> Vec<String> {
    let mut words = Vec::new();
    let mut given =
        std::env::args_os().skip(1).map(|args_os| args_os.to_string_lossy().into_owned());
    while let Some(word) = given.next() {
        match word.as_str() {
            "--site" => drop(given.next()),
            it if it.starts_with("--site=") => {}
            _ => words.push(word),
        }
    }
    words
}

/// Lets the daemon look, where its user alone may open the store; `None` where this
/// process can, or no daemon answers.
async fn through_the_daemon(
    context: &Context,
    command: &Command,
) -> Result<Option<Exit>> {
    let is_whole = reads_the_whole_store(command);
    if !(looks(command) || is_whole) || !context.is_for_another() {
        return Ok(None);
    }
    if is_whole {
        anyhow::bail!(for_the_owner(context, command)?);
    }
    let reply = looked_at_by_the_daemon(context, own_words()).await?;
    let printed = |key: &str| reply.data[key].as_str().unwrap_or_default();
    if reply.exit != 0 {
        output::complain(&reply.text);
        return Ok(Some(Exit::of_reply(reply.exit)));
    }
    let (out, err) = (printed("out").trim_end_matches('\n'), printed("err").trim_end());
    if !err.is_empty() {
        output::complain(err);
    }
    if !out.is_empty() {
        output::say(out)?;
    }
    let exit = reply.data["exit"].as_u64().and_then(|data| u8::try_from(data).ok());
    Ok(Some(Exit::of_reply(exit.unwrap_or(1))))
}

/// What the daemon answers to a command that looks.
async fn looked_at_by_the_daemon(context: &Context, words: Vec<String>) -> Result<Reply> {
    let answer = context.ask_daemon(&Look { words }.into()).await?;
    answer.ok_or_else(|| {
        anyhow::anyhow!(
            context
                .text(
                    "案件库只有守护进程的用户能打开,而守护进程没有运行,无法查看\n  提示:请管理员启动守护进程(qingshou run)",
                    "the store is for the daemon's user alone, and no daemon runs\n  hint: ask the administrator to start it (qingshou run)",
                )
                .to_owned()
        )
    })
}

/// With which login a command works that nobody else can carry out.
fn for_the_owner(context: &Context, command: &Command) -> Result<String> {
    let dir = context.site()?.dir;
    let owner = std::fs::metadata(&dir)?.uid();
    let owner = login_of(Uid::from_raw(owner));
    let mut text = if context.english() {
        format!(
            "this goes through the whole store, which is for the login `{owner}` alone; nothing was changed\n  hint: ask the administrator to run the same command as `{owner}`"
        )
    } else {
        format!(
            "这条命令要读整个案件库,只有登录用户 `{owner}` 能读,没有改动\n  提示:请管理员用 `{owner}` 登录,运行同一条命令"
        )
    };
    if matches!(command, Command::Journal(_)) {
        text += context.text(
            ";一笔贷款的日志可自行查看:`qingshou journal export --case 贷款编号`",
            "; the journal of one case you can have: `qingshou journal export --case CASE`",
        );
    }
    Ok(text)
}

/// Logs go to the error stream; commands other than `run` only warn.
fn start_logs(daemon: bool, json: bool) {
    use tracing_subscriber::EnvFilter;
    let usual = if daemon { logs::USUAL } else { "error" };
    let filter =
        EnvFilter::try_from_env("QINGSHOU_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    // A file of logs holds no colors of a terminal.
    let logs = tracing_subscriber::fmt()
        .with_ansi(output::on_terminal())
        .with_writer(std::io::stderr);
    // Already set only in a process that runs the program twice.
    if json {
        let logs = logs.json().with_env_filter(filter).with_filter_reloading();
        let handle = logs.reload_handle();
        logs::are_set_by(move |filter| drop(handle.reload(filter)));
        drop(logs.try_init());
    } else {
        let logs = logs.with_env_filter(filter).with_filter_reloading();
        let handle = logs.reload_handle();
        logs::are_set_by(move |filter| drop(handle.reload(filter)));
        drop(logs.try_init());
    }
}

/// Whether a command looks at or changes what a site has; the others work on a
/// folder of workflows or make a site, and the daemon says in its log what it does.
fn works_a_site(command: &Command) -> bool {
    !matches!(
        command,
        Command::Init(_)
            | Command::Run(_)
            | Command::Service(_)
            | Command::Backup(_)
            | Command::Restore(_)
            | Command::Store(_)
            | Command::Completions(_)
            | Command::Man(_)
            | Command::Replay(_)
            | Command::Demo(_)
            | Command::Bench(_)
            | Command::Check(_)
            | Command::Test(_)
            | Command::Graph(_)
            | Command::Stub(_)
            | Command::Explain(_)
    )
}

async fn carry_out(args: Args) -> Result<Exit> {
    let context = Context::new(&args);
    // A write beyond a limit on the size of files fails like one on a full
    // disk, instead of ending the program.
    let _limit = signal(SignalKind::from_raw(Signal::SIGXFSZ as i32))?;
    if let Some(exit) = through_the_daemon(&context, &args.command).await? {
        return Ok(exit);
    }
    guard::head_line(&context, works_a_site(&args.command)).await;
    match args.command {
        Command::Init(it) => demo::init(&context, &it),
        Command::Replay(it) => demo::replay(&context, &it).await,
        Command::Run(it) => service::run(&context, &it).await,
        Command::Service(it) => service::unit(&context, &it),
        Command::Import(it) => book::import(&context, it).await,
        Command::Report(it) => book::report(&context, &it).await,
        Command::Check(it) => check::check(&context, &it).await,
        Command::Test(it) => scripts::test(&context, &it).await,
        Command::Try(it) => scripts::try_out(&context, &it).await,
        Command::Graph(it) => scripts::graph(&context, &it),
        Command::Stub(it) => scripts::stub(&context, &it),
        Command::Explain(it) => scripts::explain(&context, &it),
        Command::Reload(it) => release::reload(&context, &it).await,
        Command::Releases(it) => release::list(&context, &it).await,
        Command::Rollback(rollback) => context.order(rollback).await,
        Command::Gateway(it) => gateway::gateway(&context, it).await,
        Command::Sending(it) => guard::sending(&context, it).await,
        Command::Pause(it) => sending::pause(&context, it).await,
        Command::Resume(it) => sending::resume(&context, it).await,
        Command::Case(it) => show::case(&context, it).await,
        Command::Task(it) => show::task(&context, it).await,
        Command::Order(it) => show::order(&context, it).await,
        Command::Plugin(it) => plugin::plugin(&context, it).await,
        Command::Person(it) => people::person(&context, it).await,
        Command::Reply(reply) => context.order(reply).await,
        Command::Contact(contact) => context.order(contact).await,
        Command::Promise(it) => entries::promise(&context, it).await,
        Command::Pay(it) => entries::pay(&context, it).await,
        Command::Hold(hold) => context.order(hold).await,
        Command::Approve(it) => entries::approve(&context, it).await,
        Command::Journal(it) => journal::export(&context, &it).await,
        Command::Status(it) => health::status(&context, &it).await,
        Command::Doctor(_) => health::doctor(&context).await,
        Command::Verify(_) => health::verify(&context).await,
        Command::Clock(it) => health::clock(&context, it).await,
        Command::Backup(it) => backup::backup(&context, &it).await,
        Command::Restore(it) => backup::restore(&context, &it).await,
        Command::Store(it) => store::store(&context, &it).await,
        Command::Demo(it) => demo::demo(&context, &it).await,
        Command::Completions(it) => manual::completions(&context, &it),
        Command::Man(it) => manual::pages(&context, &it),
        Command::Bench(it) => demo::bench(&context, &it).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_daemon_looks_for_others_and_changes_nothing_for_them() {
        let is_taken = |line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            is_look(&words)
        };
        for line in [
            "case ls",
            "case show L001 -o json",
            "task ls",
            "person ls L001",
            "visit ls",
            "legal ls --case L001",
            "order ls --status held",
            "order show 7",
            "order drop --workflow remind --reason x",
            "sending ls",
            "gateway ls",
            "approve",
            "releases",
            "journal export --case L001",
            "clock",
            "report ageing",
            "status",
        ] {
            assert!(is_taken(line), "{line}");
        }
        for line in [
            "order drop --workflow remind --reason x --yes",
            "order drop 7 --reason x",
            "order retry 7 --reason x",
            "person reveal L001 --reason x",
            "releases --confirm",
            "releases --restore remind.lua",
            "journal export",
            "clock --confirm --reason x",
            "verify",
            "visit done 7 --outcome met --by a --by b --reason x",
            "--site /elsewhere case ls",
            "nonsense",
        ] {
            assert!(!is_taken(line), "{line}");
        }
    }
}
