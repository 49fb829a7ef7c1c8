//! Commands for those who write workflows (脚本): test, try, graph, stub, explain.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};
use domain::ids::ReleaseId;
use domain::money::Fen;
use domain::near::perhaps;
use domain::say::{Lang, Say};
use domain::tongues::both;
use plugins_on::words::EVENTS;
use release::apart::{self, Means, Tested, Tester, Unread};
use release::candidate::Candidate;
use release::causes::{self, Against, Cause, Kind};
use release::{failing, findings, scenario, shipped};
use runtime::interrupt::Interrupt;
use runtime::words::{DECISIONS, VERBS};
use runtime::{Plugins, Runtime, letters};
use script::check::flow;
use script::finding::Finding;
use script::folder::Snapshot;
use script::loading;
use script::program::{Catalog, Program};
use script::sandbox::Limits;
use script::testing::TestResult;
use script::{graph, reference, stub};
use serde_json::{Value, json};
use site::Site;
use site::config::Config;
use store::plugin::Plugin;

use crate::cli::Exit;
use crate::cli::amounts::{readable, with_yuan};
use crate::cli::args::{Explain, Graph, GraphFormat, Output, Stub, Test, Try};
use crate::cli::context::Context;
use crate::cli::edits::{self, Checked};
use crate::cli::output;

/// A folder read and checked, with what is needed to run it.
pub(crate) struct Read {
    pub(crate) candidate: Candidate,
    pub(crate) plugins: Plugins,
    pub(crate) config: Config,
    pub(crate) tester: Mutex<Option<Tester>>,
}

pub(crate) fn read(context: &Context, dir: &Path) -> Result<Result<Read, Box<Finding>>> {
    let plugins = plugins_on::for_checks(dir)?;
    if let Some(finding) = fault_beside_scripts(&plugins) {
        return Ok(Err(Box::new(finding)));
    }
    let config = match context.named_dir() {
        Some(site) => Site::open(site)?.config,
        None => Config::default(),
    };
    let catalog = Arc::new(plugins.catalog());
    let interrupt = Interrupt::default();
    let (dir, means) = (dir.to_owned(), config.clone());
    let means = Means { dir: dir.clone(), catalog, config: means, interrupt };
    Ok(match apart::check(Snapshot::take(&dir), &means) {
        Ok((candidate, tester)) => {
            Ok(Read { candidate, plugins, config, tester: Mutex::new(Some(tester)) })
        }
        Err(Unread::NoFolder(finding) | Unread::Broke { finding, .. }) => Err(finding),
        Err(Unread::Stopped) => bail!("审查中断 · the review was told to stop"),
    })
}

/// What is wrong with a table that a plugin reads from the folder, such as that of courts.
fn fault_beside_scripts(plugins: &Plugins) -> Option<Finding> {
    let mut concerns = plugins.iter().flat_map(Plugin::concerns);
    let concern = concerns.find(|concern| concern.grave && concern.channel.is_none())?;
    let Say { zh, en } = concern.say;
    Some(Finding::error(findings::POLICY, "courts.toml", zh, en))
}

/// The folder made ready to run, or its findings printed.
fn ready(
    context: &Context,
    dir: &Path,
) -> Result<Option<(Arc<Runtime>, Plugins, Config)>> {
    let read = match read(context, dir)? {
        Ok(read) => read,
        Err(finding) => {
            edits::print(context, &causes::alone(*finding), None, false)?;
            return Ok(None);
        }
    };
    let Read { candidate, plugins, config, .. } = read;
    if candidate.has_errors() {
        let found = candidate.findings.clone();
        let causes = causes::of(found, Vec::new(), Against::nothing(&candidate.folder));
        edits::print(context, &causes, Some(&candidate.folder), false)?;
        return Ok(None);
    }
    let runtime = candidate.runtime((ReleaseId(0), 0), &plugins, &config, "check");
    Ok(runtime.map(|runtime| (Arc::new(runtime), plugins, config)))
}

pub(crate) async fn test(context: &Context, args: &Test) -> Result<Exit> {
    let dir = context.workflows(args.dir.as_ref())?;
    let checked = match Checked::of(context, &dir).await? {
        Ok(checked) => checked,
        Err(causes) => {
            edits::print(context, &causes, None, args.all)?;
            return Ok(Exit::Failed);
        }
    };
    let Read { candidate, tester, .. } = &checked.read;
    let tester = tester.lock().unwrap_or_else(PoisonError::into_inner).take();
    let (Some(tester), false) = (tester, candidate.has_errors()) else {
        let causes = checked.causes(Vec::new());
        edits::print(context, &causes, Some(&candidate.folder), args.all)?;
        return Ok(Exit::Failed);
    };
    let candidate = candidate.clone();
    let run = move || tester.test(&candidate, &scenario::PassCache::default());
    let results = match tokio::task::spawn_blocking(run).await?? {
        Some(Tested::Run(results)) => results,
        Some(Tested::Broke(finding)) => {
            edits::print(context, &causes::alone(*finding), None, args.all)?;
            return Ok(Exit::Failed);
        }
        None => bail!("测试中断 · the tests were told to stop"),
    };
    let wanted =
        |text: &str| args.name.as_ref().is_none_or(|name| text.contains(name.as_str()));
    let results: Vec<_> =
        results.into_iter().filter(|it| wanted(&it.name) || wanted(&it.file)).collect();
    let failed = results.iter().filter(|it| !it.passed()).count();
    let passed = results.len() - failed;
    let mut causes = checked.causes(failing::failed(&results));
    // Warnings are for `check`.
    causes.retain(|cause| cause.kind != Kind::Warning);
    if context.output == Output::Json {
        let body = json!({
            "format_version": output::FORMAT_VERSION,
            "passed": passed, "failed": failed, "tests": results,
            "causes": edits::json_of_causes(&causes),
        });
        output::json(&body)?;
    } else {
        print_failed(context, &causes, &results, args.all)?;
        if context.lang == Lang::Zh {
            output::say(&format!("{passed} 项通过,{failed} 项未通过"))?;
        }
        // A program that reads along finds the same last line in every language.
        if context.english() || !std::io::stdout().is_terminal() {
            output::say(&format!("{passed} passed, {failed} failed"))?;
        }
    }
    if results.is_empty() {
        output::complain(context.text("没有测试可运行", "there is no test to run"));
    }
    let sound = causes.is_empty() && failed == 0 && !results.is_empty();
    Ok(if sound { Exit::Ok } else { Exit::Failed })
}

/// So many failed tests of one cause are shown.
const SHOWN: usize = 2;

/// Prints what was changed, and of the tests that fail because of it the first.
fn print_failed(
    context: &Context,
    causes: &[Cause],
    results: &[TestResult],
    all: bool,
) -> Result<()> {
    let result_of = |finding: &Finding| {
        results
            .iter()
            .find(|it| !it.passed() && it.file == finding.file && it.line == finding.line)
    };
    for cause in causes {
        if cause.kind != Kind::Test {
            edits::print(context, std::slice::from_ref(cause), None, all)?;
            continue;
        }
        let of_tests = std::iter::once(&cause.lead).chain(&cause.effects);
        let tests: Vec<&TestResult> = of_tests.filter_map(result_of).collect();
        // The tests are told by what they expected.
        if result_of(&cause.lead).is_none() {
            output::say(&cause.lead.render(context.lang))?;
        }
        let shown = if all { tests.len() } else { SHOWN };
        for result in tests.iter().take(shown) {
            output::say(&result.render(context.lang))?;
        }
        let left = tests.len().saturating_sub(shown);
        if 0 < left {
            let more = edits::more(context);
            output::say(&if context.english() {
                format!("{left} more: {more}")
            } else {
                format!("另有 {left} 个:{more}")
            })?;
        }
    }
    Ok(())
}

pub(crate) async fn try_out(context: &Context, args: &Try) -> Result<Exit> {
    let dir = context.workflows(args.dir.as_ref())?;
    let Some((runtime, _, config)) = ready(context, &dir)? else {
        return Ok(Exit::Failed);
    };
    let (_, store) = context.store().await?;
    let told = crate::try_out::try_out(&store, &config, &runtime, args.into()).await?;
    match context.output {
        Output::Json => output::json(&with_yuan(told))?,
        _ => output::say(&trial_text(context.lang, &args.case, &told))?,
    }
    Ok(Exit::Ok)
}

/// What a trial came to, as a person reads it: what the script saw, where it went,
/// what it would order, and what comes next.
fn trial_text(lang: Lang, case: &str, told: &Value) -> String {
    let zh = lang == Lang::Zh;
    let (would, ends) = (&told["would"], &told["ends"]);
    let word = |of: &Value, key: &str| of[key].as_str().unwrap_or_default().to_owned();
    let seen = |key: &str| would["facts"][key].as_i64().unwrap_or_default();
    let (workflow, days) = (word(would, "workflow"), seen("days_past_due"));
    let (overdue, balance) = (Fen(seen("overdue")), Fen(seen("balance")));
    let mut lines = vec![if zh {
        format!(
            "在 {case} 上试算 {workflow}(逾期 {days} 天、{overdue} 元,余额 {balance} 元);没有改动,什么都不送出"
        )
    } else {
        format!(
            "{workflow} tried on {case} ({days} days past due, overdue {overdue}, balance {balance}); nothing was changed, nothing leaves"
        )
    }];
    for step in would["path"].as_array().into_iter().flatten() {
        let (stage, on) = (word(step, "stage"), word(step, "on"));
        let (on, decided) = (EVENTS.plain(&on, lang), word(&step["decision"], "do"));
        let decided = DECISIONS.plain(&decided, lang);
        lines.push(format!("  {stage}·{on} → {decided}  {}", word(step, "line")));
    }
    let orders = would["orders"].as_array().into_iter().flatten();
    for (nth, order) in orders.enumerate() {
        let verb = VERBS.shown(&word(order, "verb"), lang);
        let (args, line) = (readable(&order["args"], lang), word(order, "line"));
        let would = if zh { "将下达" } else { "would order" };
        lines.push(format!("  {would} {verb} {args}  {line}"));
        lines.extend(text_of_order(lang, &told["texts"][nth]));
    }
    let next = [
        ("waits_until", "等到", "waits until"),
        ("finished", "流程结束", "finishes"),
        ("becomes", "转入流程", "becomes"),
    ];
    for (key, chinese, english) in next {
        if let Some(what) = ends[key].as_str() {
            lines.push(format!("  {} {what}", if zh { chinese } else { english }));
        }
    }
    lines.join("\n")
}

/// The lines of an order's text, set off from what the program says.
fn text_of_order(lang: Lang, told: &Value) -> Vec<String> {
    if let Some(why) = told["fault"].as_str() {
        return vec![format!("    ! {}", lang.half(why))];
    }
    let text = told["text"].as_str().unwrap_or_default();
    text.lines().map(|line| format!("    | {line}")).collect()
}

impl<'a> From<&'a Try> for crate::try_out::TryOptions<'a> {
    fn from(args: &'a Try) -> Self {
        Self { workflow: &args.workflow, case: &args.case, stage: args.stage.as_deref() }
    }
}

pub(crate) fn graph(context: &Context, args: &Graph) -> Result<Exit> {
    let dir = context.workflows(args.dir.as_ref())?;
    let read = match read(context, &dir)? {
        Ok(read) => read,
        Err(finding) => {
            edits::print(context, &causes::alone(*finding), None, false)?;
            return Ok(Exit::Failed);
        }
    };
    let program: &Program = &read.candidate.program;
    let Some(workflow) = program.workflows.get(&args.workflow) else {
        // A script that cannot be read has no workflow: its fault is the answer.
        if read.candidate.has_errors() {
            let Candidate { findings, folder, .. } = &read.candidate;
            let causes =
                causes::of(findings.clone(), Vec::new(), Against::nothing(folder));
            edits::print(context, &causes, Some(folder), false)?;
            return Ok(Exit::Failed);
        }
        let all: Vec<&str> = program.workflows.keys().map(String::as_str).collect();
        let name = &args.workflow;
        bail!(both(
            &format!("没有流程 `{name}`\n  提示:现有 {}", all.join("、")),
            &format!("no workflow `{name}`\n  hint: there are {}", all.join(", ")),
        ));
    };
    let flows = flow(&read.candidate.folder, program);
    let drawn = match args.format {
        GraphFormat::Svg => graph::svg(workflow, &flows),
        GraphFormat::Mermaid => graph::mermaid(workflow, &flows),
        GraphFormat::Dot => graph::dot(workflow, &flows),
    };
    output::say(&drawn)?;
    Ok(Exit::Ok)
}

pub(crate) fn stub(_context: &Context, args: &Stub) -> Result<Exit> {
    let catalog = plugins_on::for_checks(Path::new("."))?.catalog();
    let program = described(&catalog, args.write.as_deref());
    let Some(dir) = &args.write else {
        let text = if args.reference {
            reference_page(&catalog, &program)
        } else {
            stub::stub(&catalog, Some(&program))
        };
        output::say(text.trim_end())?;
        return Ok(Exit::Ok);
    };
    let types = dir.join("types");
    std::fs::create_dir_all(&types).with_context(|| {
        let types = types.display();
        format!("建不了目录 {types} · the folder {types} cannot be made")
    })?;
    std::fs::write(types.join("qingshou.lua"), stub::stub(&catalog, Some(&program)))?;
    std::fs::write(dir.join("REFERENCE.md"), reference_page(&catalog, &program))?;
    Ok(Exit::Ok)
}

/// The page for those who write scripts and templates.
fn reference_page(catalog: &Catalog, program: &Program) -> String {
    reference::reference(catalog, Some(program)) + &letters::page()
}

/// The workflows that stub and page tell of: those of a folder, or the shipped
/// ones where it holds none. Both say what is declared, whatever a site has set.
fn described(catalog: &Catalog, dir: Option<&Path>) -> Program {
    let own = dir.and_then(|dir| script::program::Folder::read(dir).ok());
    let folder = own.map_or_else(shipped::folder, |it| it.0);
    let declared = loading::as_declared(&folder);
    loading::load(&declared, catalog, &Limits::default()).program
}

pub(crate) fn explain(context: &Context, args: &Explain) -> Result<Exit> {
    let packs = packs(context);
    let Some(code) = &args.code else {
        let mut table = output::Sheet::new(&["code", "meaning"]);
        for (code, title) in crate::explain::all(&packs) {
            table.push(vec![json!(code), json!(title.text(context.lang))]);
        }
        table.print(context.output, context.lang)?;
        return Ok(Exit::Ok);
    };
    if let Some(page) = crate::explain::page(code, &packs, context.lang) {
        output::say(page.trim_end())?;
        return Ok(Exit::Ok);
    }
    let meant = perhaps(crate::explain::meant(code, &packs));
    let zh = format!(
        "没有代码 {code}{}\n  提示:可用方括号里的代码(W003、R042)、规则编号(cn.window)、指令的状态和原因(`plugin_off`)、待办种类、结果、暂停和证据(`hardship`)、核验项(I1);`qingshou explain` 列出全部",
        meant.zh
    );
    let en = format!(
        "no such code {code}{}\n  hint: codes in brackets (W003, R042), rules (cn.window), states and reasons of orders (plugin_off), kinds of tasks, results, holds and evidence (hardship), proofs (I1); `qingshou explain` lists them all",
        meant.en
    );
    output::complain(context.text(&zh, &en));
    Ok(Exit::Failed)
}

/// The policy packs of the folder, or the one that the program brings along.
fn packs(context: &Context) -> Vec<String> {
    let dir = context.workflows(None).ok().map(|workflow| workflow.join("policies"));
    let files =
        dir.and_then(|dir| std::fs::read_dir(dir).ok()).into_iter().flatten().flatten();
    let toml = files.filter(|file| {
        file.path().extension().is_some_and(|extension| extension == "toml")
    });
    let mut packs: Vec<String> =
        toml.filter_map(|it| std::fs::read_to_string(it.path()).ok()).collect();
    packs.push(include_str!("../../../../workflows/policies/cn-rcc.toml").to_owned());
    packs
}
