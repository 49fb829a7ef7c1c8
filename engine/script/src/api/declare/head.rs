//! `workflow "remind" { … }` (流程): title, lane, start, enrol and settings.

use std::collections::BTreeMap;

use domain::enrolment::Enrolment;
use mlua::{Function, Table, Value};

use super::{Declaring, enrol, entries, no_key, title, wrong_kind};
use crate::api::keys;
use crate::api::values::text;
use crate::fault::Fault;
use crate::settings;

/// The table of `workflow`.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) name: String,
    pub(crate) line: u32,
    pub(crate) title: (String, String),
    pub(crate) lane: String,
    pub(crate) start: String,
    pub(crate) enrol: Option<Enrolment>,
    pub(crate) chooses: Option<Function>,
    pub(crate) keeps_clocks: bool,
}

pub(super) fn workflow(
    this: &Declaring,
    name: String,
    table: &Table,
    line: u32,
) -> Result<(), Fault> {
    if let Some(first) = &this.declared.borrow().head {
        return Err(Fault::new(
            format!("一个文件只能有一个流程:第 {} 行已有 “{}”", first.line, first.name),
            format!("one workflow a file: line {} has `{}`", first.line, first.name),
        )
        .code("W024"));
    }
    let at = format!("workflow “{name}”");
    let mut head = Head {
        title: (name.clone(), name.clone()),
        name,
        line,
        lane: String::new(),
        start: String::new(),
        enrol: None,
        chooses: None,
        keeps_clocks: false,
    };
    for (key, value) in entries(table, &at)? {
        if let Err(fault) = head.read(this, &at, &key, &value) {
            this.note(if fault.line == 0 { fault.at(line) } else { fault });
        }
    }
    for (key, value) in [("lane", &head.lane), ("start", &head.start)] {
        if value.is_empty()
            && table.raw_get::<Value>(key).is_ok_and(|raw_get| raw_get.is_nil())
        {
            this.note(missing(&at, key).at(line));
        }
    }
    this.declared.borrow_mut().head = Some(head);
    Ok(())
}

fn missing(at: &str, key: &str) -> Fault {
    Fault::new(format!("{at} 缺少 `{key}`"), format!("{at} needs `{key}`")).code("W032")
}

impl Head {
    fn read(
        &mut self,
        this: &Declaring,
        at: &str,
        key: &str,
        value: &Value,
    ) -> Result<(), Fault> {
        let one_word = || {
            let fits = |it: &String| !it.is_empty();
            text(value)
                .filter(fits)
                .ok_or_else(|| wrong_kind(at, key, "文字", "text", value))
        };
        match key {
            "title" => {
                let (zh, en) = ("标题 { zh = …, en = … }", "a title { zh = …, en = … }");
                let title = title(value);
                self.title = title.ok_or_else(|| wrong_kind(at, key, zh, en, value))?;
            }
            "lane" => self.lane = one_word()?,
            "start" => self.start = one_word()?,
            "keeps_clocks" => match value {
                Value::Boolean(yes) => self.keeps_clocks = *yes,
                _ => {
                    return Err(wrong_kind(
                        at,
                        key,
                        " true 或 false",
                        "true or false",
                        value,
                    ));
                }
            },
            "enrol" => {
                let Value::Table(table) = value else {
                    return Err(wrong_kind(at, key, "一张表", "a table", value));
                };
                let (enrolment, chooses) = enrol::read(this, table)?;
                (self.enrol, self.chooses) = (Some(enrolment), chooses);
            }
            "settings" => {
                let Value::Table(table) = value else {
                    return Err(wrong_kind(at, key, "一张表", "a table", value));
                };
                settings(this, &self.name, table)?;
            }
            other => return Err(no_key(at, other, keys::names(&keys::WORKFLOW))),
        }
        Ok(())
    }
}

fn settings(this: &Declaring, workflow: &str, table: &Table) -> Result<(), Fault> {
    let mut declared = BTreeMap::new();
    for (name, value) in entries(table, "settings")? {
        match settings::declared(&name, &value) {
            Ok(declaration) => drop(declared.insert(name, declaration)),
            Err(fault) => this.note(fault),
        }
    }
    for fault in settings::unrelated(&mut declared) {
        this.note(fault);
    }
    let (settings, findings) = settings::in_force(declared, &this.overrides.of(workflow));
    let mut all = this.declared.borrow_mut();
    all.settings = settings;
    all.findings.extend(findings);
    Ok(())
}
