//! The command line for shells and manuals (补全与手册): both are made of what
//! `--help` says, in its language.

use anyhow::{Context as _, Result};
use clap::{Command, CommandFactory};

use crate::cli::args::{Args, Completions, Man};
use crate::cli::context::Context;
use crate::cli::{Exit, chinese, output};

const PROGRAM: &str = "qingshou";

/// The command line as whoever asks reads it.
fn line(context: &Context) -> Command {
    let english = Args::command();
    if context.english() { english } else { chinese::of(english) }
}

/// Prints what completes commands in a shell.
pub(crate) fn completions(context: &Context, args: &Completions) -> Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut line(context), PROGRAM, &mut text);
    output::say(String::from_utf8_lossy(&text).trim_end())?;
    Ok(Exit::Ok)
}

/// Writes a page for each command.
pub(crate) fn pages(context: &Context, args: &Man) -> Result<Exit> {
    let dir = args.dir.display();
    let told = || format!("写不了 {dir} · {dir} cannot be written");
    std::fs::create_dir_all(&args.dir).with_context(told)?;
    clap_mangen::generate_to(line(context), &args.dir).with_context(told)?;
    output::say(context.text(
        &format!("手册已写入 {dir};查看:man -l {dir}/qingshou.1"),
        &format!("the pages are in {dir}; read them with: man -l {dir}/qingshou.1"),
    ))?;
    Ok(Exit::Ok)
}
