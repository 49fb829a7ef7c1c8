//! A checked folder of workflows (流程程序) as data: what the engine may ask of it.

use std::collections::BTreeMap;

use domain::decision::{Decision, WaitRule};
use domain::enrolment::Enrolment;
use domain::event::Event;
use domain::facts::CaseFacts;
use domain::manifest::Manifest;
use domain::order::OrderDraft;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The texts of a workflows folder, by path relative to it (`remind.lua`,
/// `templates/remind_1.txt`, `settings.toml`).
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Folder {
    /// File text by relative path with `/`.
    pub files: BTreeMap<String, String>,
}

/// What the house offers to scripts: the manifests of the plugins that are on.
///
/// Verbs, events and fields are looked up here and nowhere else; the core
/// events and the case fields come from the domain.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// The manifests, in a fixed order.
    pub plugins: Vec<&'static Manifest>,
}

/// The registered workflows of a folder, without a Lua state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// Workflows by name.
    pub workflows: BTreeMap<String, Workflow>,
    /// Texts of `templates/NAME.txt`, by name.
    pub templates: BTreeMap<String, String>,
}

/// One procedure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workflow {
    /// The name scripts use.
    pub name: String,
    /// The file, relative to the folder.
    pub file: String,
    /// Line of `workflow "…"`.
    pub line: u32,
    /// Chinese title.
    pub title_zh: String,
    /// English title.
    pub title_en: String,
    /// A case is in at most one open workflow of a lane.
    pub lane: String,
    /// The stage entered first.
    pub start: String,
    /// Who enters by themselves; `None`: only through `become` or `start`.
    pub enrol: Option<Enrolment>,
    /// Goes on under a hold that forbids demands: it keeps clocks.
    pub keeps_clocks: bool,
    /// Event handlers of the `always` table, by event name.
    pub always: Vec<String>,
    /// The stages by name.
    pub stages: BTreeMap<String, Stage>,
    /// What may be set in `settings.toml`, with the value in force.
    pub settings: BTreeMap<String, SettingValue>,
}

impl Program {
    /// Whether a case can stand there.
    pub fn has_place(&self, workflow: &str, stage: &str) -> bool {
        self.workflows.get(workflow).is_some_and(|workflow| workflow.has_place(stage))
    }
}

impl Workflow {
    /// Whether it has a stage, or takes over from one of that name.
    pub fn has_place(&self, stage: &str) -> bool {
        let takes_over = |it: &Stage| it.moved_from.iter().any(|old| old == stage);
        self.stages.contains_key(stage) || self.stages.values().any(takes_over)
    }
}

/// One step of a procedure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// The name scripts use; may be Chinese.
    pub name: String,
    /// Chinese title, empty when not given.
    pub title_zh: String,
    /// English title, empty when not given.
    pub title_en: String,
    /// Line of `stage "…"`.
    pub line: u32,
    /// It has an `enter` function or is a plain stage (verbs, wait, next).
    pub enters: bool,
    /// Events answered in this stage, by event name.
    pub on: Vec<String>,
    /// Old stage names whose cases this stage takes over without `enter`.
    pub moved_from: Vec<String>,
    /// For a plain stage: what it does, for the graph and the checks.
    pub plain: Option<PlainStage>,
}

/// A stage without a function: orders, then one wait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlainStage {
    /// Verbs it gives, in the order written.
    pub verbs: Vec<String>,
    /// The wait.
    pub wait: Option<WaitRule>,
    /// The stage that follows.
    pub next: Option<String>,
}

/// One declared setting and its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingValue {
    /// As declared in the script, in settings.toml notation (`"3 workdays"`,
    /// `500000`, `"李村"`, `true`).
    pub default: Value,
    /// As overridden, or the default.
    pub value: Value,
    /// The least value that may be set; `None` without a bound.
    pub min: Option<Value>,
    /// The greatest value that may be set; `None` without a bound.
    pub max: Option<Value>,
    /// The setting of the same workflow below which it may not lie, if one bounds it.
    pub not_below: Option<String>,
    /// The setting of the same workflow above which it may not lie.
    pub not_above: Option<String>,
    /// What kind of value it is.
    pub kind: SettingKind,
    /// What its values count: for a span the only unit that it may be written
    /// in, for a number what it is a number of.
    pub unit: Option<SettingUnit>,
    /// Chinese title, empty when not given.
    pub title_zh: String,
    /// English title, empty when not given.
    pub title_en: String,
}

/// The kind of value that a setting holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    /// A span of time.
    Span,
    /// A whole number; an amount, in fen, when its unit is [`SettingUnit::Yuan`].
    Number,
    /// A text.
    Text,
    /// Yes or no.
    Bool,
    /// A civil date.
    Date,
}

/// What the values of a setting count.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingUnit {
    /// Days of the calendar.
    Days,
    /// Days on which the institution is open.
    Workdays,
    /// Hours.
    Hours,
    /// Amounts; kept in fen, written in yuan.
    Yuan,
    /// Thousandths.
    PerMille,
    /// How often something happens.
    Times,
}

/// What one handler is called for.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger<'a> {
    /// The stage is entered.
    Enter,
    /// An event happened.
    Event(&'a Event),
}

/// One call of one handler.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// The workflow.
    pub workflow: &'a str,
    /// The stage.
    pub stage: &'a str,
    /// Why it is called.
    pub trigger: Trigger<'a>,
    /// What is known of the case.
    pub facts: &'a CaseFacts,
    /// The instance's memory, as it stands in this wake-up.
    pub memo: &'a Map<String, Value>,
}

/// What one handler answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Where the case goes.
    pub decision: Decision,
    /// What it asked for, in order.
    pub orders: Vec<OrderDraft>,
    /// Workflows it opens on other lanes.
    pub starts: Vec<String>,
    /// The memo, when it changed.
    pub memo: Option<Map<String, Value>>,
    /// The line that decided, `remind.lua:19`.
    pub line: String,
    /// A handler answered; `false`: the default did.
    pub handled: bool,
}
