//! Workflows and releases (流程与版本): finding faults, testing, going back.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

#[derive(ClapArgs, Debug)]
pub(crate) struct Check {
    /// The folder; the site's when not given.
    pub dir: Option<PathBuf>,
    /// Show how slips can be mended, and mend them once you agree.
    #[arg(long)]
    pub fix: bool,
    /// Mend without a question; the changes are shown all the same.
    #[arg(long, requires = "fix")]
    pub yes: bool,
    /// Show every effect of a cause.
    #[arg(long)]
    pub all: bool,
}

/// A list that is short unless all of it is asked for.
#[derive(ClapArgs, Debug)]
pub(crate) struct All {
    /// Show every effect of a cause.
    #[arg(long)]
    pub all: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Test {
    /// The folder; the site's when not given.
    pub dir: Option<PathBuf>,
    /// Show every effect of a cause.
    #[arg(long)]
    pub all: bool,
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
    /// The code or word, such as W003; without one all codes are listed.
    pub code: Option<String>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Releases {
    /// Confirm the folder although something of it waits for a person.
    #[arg(long)]
    pub confirm: bool,
    /// Get files back as they are in the running release; what a file held is kept as .bak.
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "confirm")]
    pub restore: Vec<String>,
}
