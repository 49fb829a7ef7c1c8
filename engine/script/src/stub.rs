//! The editor stub (编辑器提示): what scripts can say, for completion and types.
//!
//! A `---@meta` file in the notation of `LuaCATS`, which Lua editors read. It is
//! made from the same tables as the checks, so the two never disagree.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use domain::event::EventSpec;
use domain::facts::{CASE_FIELDS, FactKind, Field, PERSON_FIELDS};
use domain::manifest::{Arg, ArgKind, Text, Verb};
use domain::say::Say;
use serde_json::Value;

use crate::api::values;
use crate::check::globals::{BUILTINS, Builtin, Gives, Group, Param, VALUES, Want};
use crate::program::{Catalog, Program, SettingValue, Workflow};

mod testing;

pub(crate) use testing::TEST_WORDS;

/// The text of the stub. The same catalog and program always give the same
/// text; with `program`, stages, workflows, settings and templates are offered
/// by name.
pub fn stub(catalog: &Catalog, program: Option<&Program>) -> String {
    let mut out = String::from(
        "---@meta\n\
         -- 编辑器提示文件:由程序生成,不要修改,也不会被运行。\n\
         -- Generated for editors; do not edit, it is never run.\n\n",
    );
    names(&mut out, program);
    basics(&mut out);
    class(&mut out, "Case", text_of("案件", "the case"), CASE_FIELDS);
    class(&mut out, "Person", text_of("当事人", "a person of the case"), PERSON_FIELDS);
    for event in catalog.all_events() {
        event_class(&mut out, event);
    }
    declarations(&mut out, catalog);
    for builtin in BUILTINS.iter().filter(|builtin| builtin.group != Group::Declare) {
        function(&mut out, builtin);
    }
    values(&mut out, program);
    for verb in catalog.all_verbs() {
        verb_function(&mut out, verb);
    }
    tests(&mut out);
    out
}

const fn text_of(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn both(text: Text) -> String {
    format!("{} / {}", text.zh, text.en)
}

/// Names of the folder as types, so that an editor offers them.
fn names(out: &mut String, program: Option<&Program>) {
    let workflows = program.into_iter().flat_map(|it| it.workflows.values());
    let stages = workflows.clone().flat_map(|workflow| workflow.stages.keys());
    alias(out, "StageName", stages);
    alias(out, "WorkflowName", workflows.map(|workflow| &workflow.name));
    alias(out, "TemplateName", program.into_iter().flat_map(|it| it.templates.keys()));
    let roles: Vec<String> =
        values::roles_of_work().map(|role| role.as_str().to_owned()).collect();
    alias(out, "RoleName", roles.iter());
    out.push('\n');
}

fn alias<'a>(out: &mut String, name: &str, words: impl Iterator<Item = &'a String>) {
    let mut words: Vec<String> = words.map(|word| format!("{word:?}")).collect();
    words.sort();
    words.dedup();
    // A name that is just being written must not be underlined.
    words.insert(0, "string".to_owned());
    line(out, &format!("---@alias {name} {}", words.join("|")));
}

fn basics(out: &mut String) {
    for (name, zh, en, fields) in [
        ("Decision", "决定,必须 return", "a decision; return it", &[][..]),
        ("Span", "时长", "a duration", &["count integer"][..]),
        (
            "Day",
            "日期",
            "a civil date",
            &["year integer", "month integer", "day integer"][..],
        ),
        ("Bound", "enrol 的界限", "a bound for enrol", &[][..]),
        ("OfRole", "有这个角色的任何人", "anybody with a role", &[][..]),
    ] {
        line(out, &format!("---{zh} / {en}\n---@class {name}"));
        for field in fields {
            line(out, &format!("---@field {field}"));
        }
        match name {
            "Span" => line(
                out,
                "---@operator mul(integer): Span\n---@operator add(Span): Span\n\
                 ---@operator sub(Span): Span",
            ),
            "Day" => line(
                out,
                "---@operator add(Span): Day\n---@operator sub(Span): Day\n\
                 ---@operator sub(Day): Span",
            ),
            _ => {}
        }
        out.push('\n');
    }
}

fn class<T>(out: &mut String, name: &str, doc: Text, fields: &[Field<T>]) {
    line(out, &format!("---{}\n---@class {name}", both(doc)));
    for field in fields {
        let optional = if field.optional { "?" } else { "" };
        let kind = fact_type(field.kind);
        line(
            out,
            &format!("---@field {} {kind}{optional} {}", field.name, both(field.doc)),
        );
    }
    out.push('\n');
}

fn event_class(out: &mut String, event: &EventSpec) {
    line(out, &format!("---{}\n---@class Event.{}", both(event.doc), event.name));
    for field in event.fields {
        let kind = arg_type(field.kind);
        line(out, &format!("---@field {} {kind}? {}", field.name, both(field.doc)));
    }
    out.push('\n');
}

/// `workflow`, `stage` and `always` with the keys of their tables.
fn declarations(out: &mut String, catalog: &Catalog) {
    line(out, "---@class Title\n---@field zh string\n---@field en string\n");
    line(
        out,
        "---@class Enrol\n---@field on? string|string[]\n\
         ---@field where? fun(case: Case, event?: any): boolean",
    );
    for field in CASE_FIELDS.iter().filter(|field| field.searchable) {
        let kind = match field.kind {
            FactKind::Text => "string|string[]",
            _ => "integer|integer[]|Bound",
        };
        line(out, &format!("---@field {}? {kind} {}", field.name, both(field.doc)));
    }
    line(
        out,
        "\n---@class WorkflowTable\n---@field title Title\n---@field lane string\n\
         ---@field start StageName\n---@field enrol? Enrol\n\
         ---@field settings? table<string, any>\n---@field keeps_clocks? boolean\n",
    );
    line(out, "---@class Handlers");
    for event in catalog.all_events() {
        let name = event.name;
        line(
            out,
            &format!(
                "---@field on_{name}? fun(case: Case, event: Event.{name}): Decision? {}",
                both(event.doc)
            ),
        );
    }
    line(
        out,
        "\n---@class StageTable: Handlers\n---@field title? Title\n\
         ---@field enter? fun(case: Case): Decision\n---@field wait? Span\n\
         ---@field next? StageName\n---@field finish? string\n\
         ---@field become? WorkflowName\n---@field moved_from? string|string[]",
    );
    for verb in catalog.all_verbs() {
        let name = verb.name;
        line(out, &format!("---@field {name}? {} {}", verb_input(verb), both(verb.doc)));
    }
    for (name, table) in [("workflow", "WorkflowTable"), ("stage", "StageTable")] {
        let doc = BUILTINS
            .iter()
            .find(|builtin| builtin.name == name)
            .map(|builtin| both(builtin.doc));
        line(
            out,
            &format!(
                "\n---{}\n---@param name string\n---@return fun(table: {table})\n\
                 function {name}(name) end",
                doc.unwrap_or_default()
            ),
        );
    }
    let doc = BUILTINS
        .iter()
        .find(|builtin| builtin.name == "always")
        .map(|builtin| both(builtin.doc));
    line(
        out,
        &format!(
            "\n---{}\n---@param handlers Handlers\nfunction always(handlers) end\n",
            doc.unwrap_or_default()
        ),
    );
}

fn function(out: &mut String, builtin: &Builtin) {
    line(out, &format!("---{}\n---`{}`", both(builtin.doc), builtin.example));
    for param in builtin.params {
        line(out, &format!("---@param {} {}", param.name, want_type(param)));
    }
    let gives = match builtin.gives {
        Gives::Nothing => None,
        Gives::Decision => Some("Decision"),
        Gives::Money => Some("integer"),
        Gives::Text => Some("string"),
        Gives::Date => Some("Day"),
        Gives::Bound => Some("Bound"),
        Gives::Role => Some("OfRole"),
    };
    if let Some(gives) = gives {
        line(out, &format!("---@return {gives}"));
    }
    let params: Vec<&str> = builtin.params.iter().map(|param| param.name).collect();
    line(out, &format!("function {}({}) end\n", builtin.name, params.join(", ")));
}

fn values(out: &mut String, program: Option<&Program>) {
    let settings = settings(program);
    if !settings.is_empty() {
        line(out, "---@class Settings");
        line(out, "---@overload fun(workflow: WorkflowName): Settings");
        for (name, (kind, doc)) in &settings {
            let doc = doc.join("; ");
            line(out, format!("---@field {name} {kind} {doc}").trim_end());
        }
        out.push('\n');
    }
    for value in VALUES {
        let kind = match value.name {
            "setting" if !settings.is_empty() => "Settings",
            _ => value.lua_type,
        };
        let name = value.name;
        line(
            out,
            &format!(
                "---{}\n---`{}`\n---@type {kind}\n{name} = nil\n",
                both(value.doc),
                value.example
            ),
        );
    }
}

/// The settings of all workflows with their kinds and what is said of them; one
/// that means two things can be either.
fn settings(program: Option<&Program>) -> BTreeMap<&str, (String, Vec<String>)> {
    let mut settings: BTreeMap<&str, (String, Vec<String>)> = BTreeMap::new();
    let workflows = program.into_iter().flat_map(|it| it.workflows.values());
    let all = workflows.flat_map(|it: &Workflow| {
        it.settings.iter().map(move |(name, setting)| (&it.name, name, setting))
    });
    for (workflow, name, setting) in all {
        let kind = setting_type(&setting.default);
        let (known, docs) = settings.entry(name).or_default();
        if known.is_empty() {
            kind.clone_into(known);
        } else if !known.split('|').any(|part| part == kind) {
            write!(known, "|{kind}").unwrap_or_default();
        }
        if !setting.title_zh.is_empty() {
            let Say { zh, en } = crate::settings::range(setting);
            let SettingValue { title_zh, title_en, .. } = setting;
            docs.push(format!("{workflow}: {title_zh}({zh}) / {title_en} ({en})"));
        }
    }
    settings
}

/// Settings are kept as settings.toml writes them: `"3 workdays"` is a span.
fn setting_type(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(text) => {
            let unit =
                text.split_once(' ').filter(|(count, _)| count.parse::<u32>().is_ok());
            match unit {
                Some((_, "days" | "workdays" | "hours")) => "Span",
                _ if text.parse::<jiff::civil::Date>().is_ok() => "Day",
                _ => "string",
            }
        }
        _ => "any",
    }
}

fn verb_function(out: &mut String, verb: &Verb) {
    let name = verb.name;
    line(out, &format!("---@class {name}.Args"));
    for arg in verb.args {
        let optional = if arg.required && !from_case(arg) { "" } else { "?" };
        let kind = arg_type(arg.kind);
        line(out, &format!("---@field {}{optional} {kind} {}", arg.name, both(arg.doc)));
    }
    line(
        out,
        &format!(
            "\n---{} — {}\n---@param args {}\nfunction {name}(args) end\n",
            both(verb.title),
            both(verb.doc),
            verb_input(verb)
        ),
    );
}

/// Left out, these come from the case: its debtor, its collector.
pub(crate) fn from_case(arg: &Arg) -> bool {
    matches!(arg.kind, ArgKind::Staff | ArgKind::Assignee)
        || (arg.kind == ArgKind::Party && arg.name == "to")
}

fn verb_input(verb: &Verb) -> String {
    let lone = verb.args.iter().find(|arg| Some(arg.name) == verb.lone);
    match lone {
        Some(arg) => format!("{}.Args|{}", verb.name, arg_type(arg.kind)),
        None => format!("{}.Args", verb.name),
    }
}

fn tests(out: &mut String) {
    line(out, "---只在 _test.lua 里 / in `_test.lua` only\n---@class Test");
    for (name, signature, doc) in TEST_WORDS {
        line(out, &format!("---@field {name} {signature} {}", both(*doc)));
    }
    line(
        out,
        "\n---声明一个测试 / declares a test\n---@param name string\n\
         ---@param story fun(t: Test)\nfunction test(name, story) end",
    );
}

fn fact_type(kind: FactKind) -> &'static str {
    match kind {
        FactKind::Count | FactKind::Fen => "integer",
        FactKind::Date => "Day",
        FactKind::Text => "string",
        FactKind::Bool => "boolean",
        FactKind::Words => "string[]",
        FactKind::Person => "Person",
        FactKind::People => "Person[]",
    }
}

fn arg_type(kind: ArgKind) -> String {
    match kind {
        ArgKind::Text | ArgKind::Staff => "string".to_owned(),
        ArgKind::Assignee => "string|OfRole".to_owned(),
        ArgKind::Title => "string|Title".to_owned(),
        ArgKind::Template => "TemplateName".to_owned(),
        ArgKind::Party => "Person".to_owned(),
        ArgKind::Fen | ArgKind::Count | ArgKind::PerMille => "integer".to_owned(),
        ArgKind::Date => "Day".to_owned(),
        ArgKind::Bool => "boolean".to_owned(),
        ArgKind::Workflow => "WorkflowName".to_owned(),
        ArgKind::Choice(words) => {
            let words: Vec<String> =
                words.iter().map(|word| format!("{word:?}")).collect();
            words.join("|")
        }
    }
}

fn want_type(param: &Param) -> &'static str {
    match param.want {
        Want::Stage => "StageName",
        Want::Workflow => "WorkflowName",
        Want::Text | Want::Hold => "string",
        Want::Role => "RoleName",
        Want::Span => "Span",
        Want::Date => "Day",
        Want::Number => "number",
        Want::Table => "table",
    }
}

#[cfg(test)]
mod tests;
