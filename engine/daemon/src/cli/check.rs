//! `qingshou check` (检查): what is wrong in a folder of workflows, and what the
//! machine can mend.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use release::causes::{self, Cause};
use release::mend::Mended;
use release::snippet;
use script::check::has_errors;
use script::finding::Finding;
use script::program::Folder;
use serde_json::{Value, json};

use crate::cli::Exit;
use crate::cli::args::{Check, Output};
use crate::cli::context::Context;
use crate::cli::edits::{self, Checked};
use crate::cli::output;

pub(crate) async fn check(context: &Context, args: &Check) -> Result<Exit> {
    let dir = context.workflows(args.dir.as_ref())?;
    let checked = match Checked::of(context, &dir).await? {
        Ok(checked) => checked,
        Err(causes) => return told(context, &causes, None, args.all),
    };
    if args.fix {
        return fix(context, &dir, &checked, args);
    }
    let folder = &checked.read.candidate.folder;
    told(context, &checked.causes(Vec::new()), Some(folder), args.all)
}

/// Prints what was found, the first cause first.
fn told(
    context: &Context,
    causes: &[Cause],
    folder: Option<&Folder>,
    all: bool,
) -> Result<Exit> {
    let found: Vec<Finding> = causes::flat(causes).cloned().collect();
    if context.output == Output::Json {
        let body = json!({
            "format_version": output::FORMAT_VERSION,
            "findings": values(&found), "causes": edits::json_of_causes(causes),
        });
        output::json(&body)?;
        return ended(context, &found);
    }
    edits::print(context, causes, folder, all)?;
    let mendable = found.iter().filter(|it| !it.mends.is_empty()).count();
    if 0 < mendable && context.output == Output::Table {
        let (zh, en) = (
            format!(
                "  其中 {mendable} 处可以自动改正:`qingshou check --fix`(先显示改动)"
            ),
            format!(
                "  {mendable} of them can be mended: `qingshou check --fix` (shows the changes first)"
            ),
        );
        output::say(context.text(&zh, &en))?;
    }
    ended(context, &found)
}

/// The last line, and the exit code.
fn ended(context: &Context, found: &[Finding]) -> Result<Exit> {
    if has_errors(found) {
        return Ok(Exit::Failed);
    }
    if context.output == Output::Table {
        let (zh, en) = ("检查通过", "no errors");
        output::say(&format!("{}({})", context.text(zh, en), found.len()))?;
    }
    Ok(Exit::Ok)
}

/// Shows the changes, asks, writes, and says what is left.
fn fix(context: &Context, dir: &Path, checked: &Checked, args: &Check) -> Result<Exit> {
    let read = &checked.read;
    let catalog = Arc::new(read.plugins.catalog());
    let mended = Mended::of(&read.candidate, &catalog, &read.config);
    if mended.files.is_empty() {
        let folder = Some(&*read.candidate.folder);
        let exit = told(context, &checked.causes(Vec::new()), folder, args.all)?;
        if context.output == Output::Table {
            let none = ("没有能自动改正的", "nothing can be mended by machine");
            output::say(context.text(none.0, none.1))?;
        }
        return Ok(exit);
    }
    let diff = mended.diff();
    let human = context.output == Output::Table;
    if human {
        output::say(diff.trim_end())?;
    }
    let agreed = args.yes || (human && asked(context, mended.answered)?);
    if agreed {
        mended.write(dir)?;
    }
    if !human {
        let files: Vec<&String> = mended.files.keys().collect();
        let body = json!({
            "format_version": output::FORMAT_VERSION,
            "written": agreed, "files": files, "diff": diff,
            "findings": values(&mended.left),
        });
        output::json(&body)?;
        return Ok(if agreed && !has_errors(&mended.left) {
            Exit::Ok
        } else {
            Exit::Failed
        });
    }
    if !agreed {
        let (zh, en) = (
            "什么都没有改\n  提示:同意这些改动请运行 `qingshou check --fix --yes`",
            "nothing was changed\n  hint: run `qingshou check --fix --yes` to agree",
        );
        output::say(context.text(zh, en))?;
        return Ok(Exit::Failed);
    }
    let written: Vec<&str> = mended.files.keys().map(String::as_str).collect();
    let written = written.join(context.text("、", ", "));
    let (zh, en) = (
        format!("已改正 {} 处:{written};改后再查:", mended.answered),
        format!("mended {} in {written}; checked again:", mended.answered),
    );
    output::say(context.text(&zh, &en))?;
    let files = read.candidate.folder.files.clone().into_iter();
    let files = files.map(|(file, text)| match mended.files.get(&file) {
        Some((_, after)) => (file, after.clone()),
        None => (file, text),
    });
    let folder = Folder { files: files.collect() };
    print_findings(context, &mended.left, Some(&folder))?;
    ended(context, &mended.left)
}

/// Asks at a terminal; elsewhere nobody can agree.
fn asked(context: &Context, answered: usize) -> Result<bool> {
    if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
        return Ok(false);
    }
    let (zh, en) = (
        format!("改正这 {answered} 处吗?[y/N] "),
        format!("mend these {answered}? [y/N] "),
    );
    let mut out = std::io::stdout().lock();
    write!(out, "{}", context.text(&zh, &en))?;
    out.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "是" | "好"))
}

fn values(found: &[Finding]) -> Vec<Value> {
    found.iter().map(edits::json_of).collect()
}

/// Prints findings with their lines, as far as the folder is there.
fn print_findings(
    context: &Context,
    found: &[Finding],
    folder: Option<&Folder>,
) -> Result<()> {
    if context.output == Output::Json {
        let version = output::FORMAT_VERSION;
        let list = values(found);
        return output::say(
            &json!({ "format_version": version, "findings": list }).to_string(),
        );
    }
    for finding in found {
        output::say(&snippet::render(finding, context.lang, folder))?;
    }
    if !found.is_empty() {
        let hint = (
            "  提示:`qingshou explain 代码` 有原因、例子和处理办法",
            "  hint: `qingshou explain CODE` shows cause, example and remedy",
        );
        output::say(context.text(hint.0, hint.1))?;
    }
    Ok(())
}
