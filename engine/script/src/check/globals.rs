//! The words that every script can use (内置词), beside the plugins' verbs.
//!
//! One table serves the checks, the editor stub and the reference page.

use domain::manifest::{Text, text};

/// What a word is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Group {
    /// Declares a workflow and its stages.
    Declare,
    /// Answers a handler; must be returned.
    Decide,
    /// Asks for something beside the decision.
    Ask,
    /// Makes a value.
    Make,
}

/// What may be given for a parameter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Want {
    /// The name of a stage of the same workflow.
    Stage,
    /// The name of a workflow.
    Workflow,
    /// The reason of a hold.
    Hold,
    /// A role of people.
    Role,
    /// A text.
    Text,
    /// A duration: `3 * workdays`.
    Span,
    /// A date.
    Date,
    /// A number.
    Number,
    /// A table.
    Table,
}

/// What comes back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Gives {
    Nothing,
    Decision,
    Money,
    Text,
    Date,
    Bound,
    Role,
}

/// One parameter of a word; all of them are required.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Param {
    pub(crate) name: &'static str,
    pub(crate) want: Want,
}

/// One function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    pub(crate) group: Group,
    pub(crate) params: &'static [Param],
    pub(crate) gives: Gives,
    pub(crate) doc: Text,
    pub(crate) example: &'static str,
}

/// One value that is no function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value {
    pub(crate) name: &'static str,
    pub(crate) lua_type: &'static str,
    pub(crate) doc: Text,
    pub(crate) example: &'static str,
}

const fn must(name: &'static str, want: Want) -> Param {
    Param { name, want }
}

macro_rules! builtins {
    ($($name:ident $group:ident ($($param:expr),*) $gives:ident $example:literal $zh:literal $en:literal;)*) => {
        &[$(Builtin {
            name: stringify!($name),
            group: Group::$group,
            params: &[$($param),*],
            gives: Gives::$gives,
            doc: text($zh, $en),
            example: $example,
        }),*]
    };
}

/// Every function of the house, in the order of the reference page.
pub(crate) const BUILTINS: &[Builtin] = builtins! {
    workflow Declare (must("name", Want::Text)) Nothing "workflow \"remind\" { … }" "声明一个流程;一个文件一个" "declares a workflow; one a file";
    stage Declare (must("name", Want::Text)) Nothing "stage \"first_call\" { … }" "声明一个环节" "declares a stage";
    always Declare (must("handlers", Want::Table)) Nothing "always { on_complaint = … }" "在每个环节都一样处理的事件" "events answered the same way in every stage";
    go Decide (must("stage", Want::Stage)) Decision "return go \"visit\"" "马上进入另一个环节" "enters another stage at once";
    wait Decide (must("span", Want::Span), must("stage", Want::Stage)) Decision "return wait(3 * workdays, \"visit\")" "等一段时间,再进入环节" "waits, then enters a stage";
    wait_until Decide (must("date", Want::Date), must("stage", Want::Stage)) Decision "return wait_until(promise.due_on + 1 * days, \"check\")" "等到某天上班时,再进入环节" "waits until opening time of a date";
    wait_until_overdue Decide (must("days", Want::Number), must("stage", Want::Stage)) Decision "return wait_until_overdue(60, \"visit\")" "等到逾期满 N 天;最早未还到期日变了会跟着变" "waits until N days past due; it moves with the oldest unpaid due date";
    stay Decide () Decision "return stay()" "留在本环节,计时不变" "keeps the stage and its timer";
    pause Decide (must("reason", Want::Hold)) Decision "return pause(\"complaint\")" "暂停案件:complaint、dispute、hardship 等" "places a hold on the case: complaint, dispute, hardship, …";
    become Decide (must("workflow", Want::Workflow)) Decision "return become \"visit\"" "转入同一条线的另一个流程" "closes this workflow and opens another of the same lane";
    finish Decide (must("reason", Want::Text)) Decision "return finish \"cured\"" "结束本流程" "closes this workflow";
    start Ask (must("workflow", Want::Workflow)) Nothing "start \"limitation_watch\"" "在另一条线上同时开启一个流程" "opens a workflow of another lane on the same case";
    yuan Make (must("amount", Want::Number)) Money "yuan(5000)" "金额,以元为单位" "an amount given in yuan";
    in_yuan Make (must("amount", Want::Number)) Text "title = \"欠 \" .. in_yuan(case.overdue) .. \" 元\"" "把金额写成文字,以元为单位:1008.00" "an amount as a text, in yuan: 1008.00";
    date Make (must("text", Want::Text)) Date "date \"2026-11-23\"" "日期" "a civil date";
    today Make () Date "today()" "今天" "today, in the institution's zone";
    role Make (must("role", Want::Role)) Role "by = role \"supervisor\"" "由有这个角色的任何人办:supervisor 主管、legal 法务、compliance 合规、risk 风险、collector 信贷员、editor 流程编辑;中文名也可以" "anybody with a role: supervisor, legal, compliance, risk, collector, editor; whoever takes it does it";
    at_least Make (must("bound", Want::Number)) Bound "overdue = at_least(yuan(100))" "至少,用于 enrol" "no less than, for `enrol`";
    at_most Make (must("bound", Want::Number)) Bound "balance = at_most(yuan(5000))" "至多,用于 enrol" "no more than, for `enrol`";
};

/// Every value of the house that is no function.
pub(crate) const VALUES: &[Value] = &[
    Value {
        name: "days",
        lua_type: "Span",
        doc: text("天;到点在上班时间", "days; due at opening time"),
        example: "3 * days",
    },
    Value {
        name: "workdays",
        lua_type: "Span",
        doc: text("工作日(含调休)", "workdays, by the holiday calendar"),
        example: "5 * workdays",
    },
    Value {
        name: "hours",
        lua_type: "Span",
        doc: text("小时,精确到分钟", "hours, to the minute"),
        example: "2 * hours",
    },
    Value {
        name: "memo",
        lua_type: "table<string, any>",
        doc: text(
            "本案在本流程里的记事,最多 4 KiB;脚本唯一能写的地方",
            "the instance's own memory, at most 4 KiB; the only thing a script may write",
        ),
        example: "memo.tries = (memo.tries or 0) + 1",
    },
    Value {
        name: "setting",
        lua_type: "table<string, any>",
        doc: text(
            "本流程 settings 里的设置项,可由 settings.toml 修改",
            "the settings of this workflow, as settings.toml may override them",
        ),
        example: "setting.first_wait",
    },
];

/// Names of the language itself that scripts may use.
pub(crate) const LANGUAGE: &[&str] = &[
    "assert", "error", "ipairs", "next", "pairs", "pcall", "select", "tonumber",
    "tostring", "type", "xpcall", "string", "table", "math", "utf8",
];

/// What the libraries of the language hold here.
pub(crate) const LIBRARIES: &[(&str, &[&str])] = &[
    (
        "math",
        &[
            "abs", "acos", "asin", "atan", "atan2", "ceil", "clamp", "cos", "cosh",
            "deg", "e", "exp", "floor", "fmod", "frexp", "huge", "isfinite", "isinf",
            "isnan", "ldexp", "lerp", "log", "log10", "map", "max", "min", "modf", "nan",
            "phi", "pi", "pow", "rad", "round", "sign", "sin", "sinh", "sqrt", "sqrt2",
            "tan", "tanh", "tau",
        ],
    ),
    (
        "string",
        &[
            "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match",
            "rep", "reverse", "split", "sub", "upper",
        ],
    ),
    (
        "table",
        &[
            "clear", "concat", "find", "insert", "maxn", "move", "pack", "remove",
            "sort", "unpack",
        ],
    ),
    ("utf8", &["char", "charpattern", "codepoint", "codes", "len", "offset"]),
];

/// Names that other Lua programs use and that do not exist here.
pub(crate) const ABSENT: &[&str] = &[
    "os",
    "io",
    "require",
    "loadstring",
    "load",
    "dofile",
    "loadfile",
    "getfenv",
    "setfenv",
    "collectgarbage",
    "debug",
    "package",
    "newproxy",
    "_G",
    "module",
    "gcinfo",
    "print",
    "coroutine",
    "setmetatable",
    "getmetatable",
    "rawget",
    "rawset",
    "rawequal",
    "rawlen",
    "unpack",
    "typeof",
    "bit32",
    "buffer",
];

/// The function of this name.
pub(crate) fn builtin(name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|builtin| builtin.name == name)
}

/// The name is a decision, which must be returned.
pub(crate) fn is_decision(name: &str) -> bool {
    builtin(name).is_some_and(|builtin| builtin.group == Group::Decide)
}
