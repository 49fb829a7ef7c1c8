//! The keys of `workflow`, `stage`, `always` and `enrol` (声明的写法).

use std::collections::BTreeMap;

use domain::facts::{CASE_FIELDS, FactKind};
use domain::near::nearest;
use domain::say::Say;

use super::codes;
use super::fields::told_by_events;
use super::model::{Decl, Model, Script};
use super::report::Report;
use super::tree::{self, Entry, Expr, Kind, Pos, Word};
use crate::api::keys;

/// The keys of which a stage without `enter` has exactly one.
const AFTER_KEYS: &[&str] = &["next", "finish", "become"];

/// Checks the declarations of one script.
pub(crate) fn check(model: &Model<'_>, script: &Script<'_>, report: &mut Report) {
    let mut tables = Tables { model, script, report };
    for workflow in script.workflows.iter().take(1) {
        tables.workflow(workflow);
    }
    // Pasted twice, a file has everything twice: one slip.
    let first = script.workflow().map(|workflow| workflow.name);
    let again =
        script.workflows.iter().skip(1).find(|workflow| Some(workflow.name) == first);
    let mine = |it: &&Decl<'_>| again.is_none_or(|again| it.pos < again.pos);
    if let Some(again) = again {
        let line = again.pos.line;
        tables.tell(
            codes::SECOND_WORKFLOW,
            again.pos,
            Say::new(
                format!("文件内容贴了两遍:从第 {line} 行的 workflow 起与前面重复,请把重复的一份删去"),
                format!("the file was pasted twice: from the workflow of line {line} on it repeats itself; delete one of the two"),
            ),
        );
    }
    for second in script.workflows.iter().skip(1).filter(|_| again.is_none()) {
        let name = second.name;
        tables.tell(
            codes::SECOND_WORKFLOW,
            second.pos,
            Say::new(
                format!("一个文件只能有一个流程:请把 “{name}” 移到自己的文件里"),
                format!("one workflow a file: move “{name}” to a file of its own"),
            ),
        );
    }
    for (index, stage) in script.stages.iter().enumerate().filter(|it| mine(&it.1)) {
        tables.stage(stage, &script.stages[..index]);
    }
    for (index, always) in script.always.iter().enumerate().filter(|it| mine(&it.1)) {
        tables.always(always, index);
    }
    tree::each_expr(script.block, &mut |it| {
        tables.keys_twice(it.entries().unwrap_or(&[]));
    });
}

struct Tables<'w, 't> {
    model: &'w Model<'t>,
    script: &'w Script<'t>,
    report: &'w mut Report,
}

impl Tables<'_, '_> {
    fn tell(&mut self, code: &'static str, at: Pos, text: Say) {
        self.report.add(code, self.script.file, at, text);
    }

    /// Of two entries under one key the later one counts.
    fn keys_twice(&mut self, entries: &[Entry]) {
        let mut seen: BTreeMap<&str, Pos> = BTreeMap::new();
        for key in entries.iter().filter_map(|entry| entry.key.as_ref()) {
            let Some(first) = seen.insert(&key.text, key.pos) else { continue };
            let (name, line) = (&key.text, first.line);
            self.tell(
                codes::KEY_TWICE,
                key.pos,
                Say::new(
                    format!("“{name}” 在第 {line} 行已经有了,只有后一个起作用:请删去一个"),
                    format!("“{name}” stands in line {line} already, and only the later one counts: delete one"),
                ),
            );
        }
    }

    fn workflow(&mut self, workflow: &Decl<'_>) {
        let name = workflow.name;
        for entry in workflow.entries {
            let Some(key) = &entry.key else {
                self.nameless("workflow", entry);
                continue;
            };
            match key.text.as_str() {
                "enrol" => {
                    entry.value.entries().unwrap_or(&[]).iter().for_each(|entry| {
                        self.enrol(entry);
                    });
                }
                known if keys::names(&keys::WORKFLOW).contains(&known) => {}
                _ => self.unknown_key("workflow", key, &keys::names(&keys::WORKFLOW)),
            }
        }
        for needed in ["lane", "start"] {
            let given = tree::entry(workflow.entries, needed).is_some();
            if !given
                && !is_misspelt(workflow.entries, needed, &keys::names(&keys::WORKFLOW))
            {
                let example =
                    if needed == "lane" { "\"contact\"" } else { "\"first_sms\"" };
                self.tell(
                    codes::KEY_MISSING,
                    workflow.pos,
                    Say::new(
                        format!("流程 “{name}” 缺少 {needed},例如 {needed} = {example}"),
                        format!("“{name}” lacks {needed}, such as {needed} = {example}"),
                    ),
                );
            }
        }
        let title = tree::value(workflow.entries, "title");
        if !is_misspelt(workflow.entries, "title", &keys::names(&keys::WORKFLOW)) {
            self.title(title, workflow.pos, name);
        }
        if let Some(start) = tree::value(workflow.entries, "start") {
            self.stage_name(start);
        }
    }

    fn title(&mut self, title: Option<&Expr>, at: Pos, name: &str) {
        let entries = title.and_then(Expr::entries).unwrap_or(&[]);
        let mut wrong = entries.iter().filter_map(|entry| entry.key.as_ref());
        if let Some(key) = wrong.find(|it| it.text != "zh" && it.text != "en") {
            let name = &key.text;
            self.report.add_word(
                codes::NO_KEY,
                self.script.file,
                (key.pos, name),
                Say::new(
                    format!("title 里没有键 “{name}”,可用 zh、en"),
                    format!("`title` has no key “{name}”, only zh, en"),
                ),
                ["zh", "en"].into_iter().filter(|it| tree::entry(entries, it).is_none()),
            );
            return;
        }
        let filled = |lang: &str| {
            let text = title.and_then(Expr::entries).and_then(|it| tree::value(it, lang));
            // A title that is computed is left to the loader.
            text.is_some_and(|it| it.text().is_none_or(|text| !text.trim().is_empty()))
        };
        let readable =
            title.is_none_or(|title| title.entries().is_some() || title.text().is_some());
        if readable && !(filled("zh") && filled("en")) {
            self.tell(
                codes::TITLE_MISSING,
                at,
                Say::new(
                    format!("“{name}” 缺少中文或英文标题:title = {{ zh = \"…\", en = \"…\" }}"),
                    format!("“{name}” lacks a Chinese or English title: title = {{ zh = \"…\", en = \"…\" }}"),
                ),
            );
        }
    }

    /// A stage named in a key: `start`, `next`.
    fn stage_name(&mut self, value: &Expr) {
        let known = &self.script.stage_names;
        let text =
            value.text().or_else(|| self.script.constants.get(value.name()?)?.text());
        let Some(name) = text else { return };
        if known.contains(name) || self.script.computed_stages {
            return;
        }
        self.report.add_word(
            codes::NO_STAGE,
            self.script.file,
            (value.pos, name),
            Say::new(format!("没有环节 “{name}”"), format!("no stage “{name}”")),
            known.iter().map(String::as_str),
        );
    }

    fn unknown_key(&mut self, of: &str, key: &Word, known: &[&str]) {
        let name = &key.text;
        let mut all: Vec<&str> = known.to_vec();
        let answers: Vec<String> =
            self.model.events.keys().map(|key| format!("on_{key}")).collect();
        if of == "stage" {
            all.extend(self.model.verbs.keys());
            all.extend(answers.iter().map(String::as_str));
        }
        self.report.add_word(
            codes::NO_KEY,
            self.script.file,
            (key.pos, name),
            Say::new(
                format!("{of} 里没有键 “{name}”,可用 {}", known.join("、")),
                format!("`{of}` has no key “{name}”, only {}", known.join(", ")),
            ),
            all,
        );
    }

    /// An entry without a name says nothing.
    fn nameless(&mut self, of: &str, entry: &Entry) {
        // What a computed key says only the loader can tell.
        if entry.computed.is_some() {
            return;
        }
        let text = if of == "enrol"
            && let Some((name, word)) = bound(&entry.value)
        {
            Say::new(
                format!(
                    "enrol 里不写比较号:应写 {name} = {word}(…),范围写 {name} = {{ 1, 30 }}"
                ),
                format!(
                    "no comparison in enrol: write {name} = {word}(…), a range {name} = {{ 1, 30 }}"
                ),
            )
        } else if of == "enrol" && matches!(entry.value.kind, Kind::Number(_)) {
            Say::new(
                "范围要放在花括号里:days_past_due = { 1, 30 }",
                "a range stands in braces: days_past_due = { 1, 30 }",
            )
        } else {
            Say::new(
                format!("{of} 里的每一项都要写成 名字 = 值"),
                format!("every entry of {of} is written name = value"),
            )
        };
        self.tell(codes::NO_KEY, entry.value.pos, text);
    }

    fn enrol(&mut self, entry: &Entry) {
        let Some(key) = &entry.key else {
            self.nameless("enrol", entry);
            return;
        };
        match key.text.as_str() {
            "on" => {
                let one = std::slice::from_ref(&entry.value);
                let many: Vec<&Expr> = match entry.value.entries() {
                    Some(entries) => entries.iter().map(|entry| &entry.value).collect(),
                    None => one.iter().collect(),
                };
                for event in many {
                    if let Some(name) = event.text() {
                        self.event(name, event.pos, "");
                    }
                }
            }
            "where" => {}
            name => match CASE_FIELDS.iter().find(|field| field.name == name) {
                None => {
                    let known = CASE_FIELDS.iter().filter(|field| field.searchable);
                    self.report.add_word(
                        codes::NO_FIELD,
                        self.script.file,
                        (key.pos, name),
                        Say::new(
                            format!("案件没有字段 “{name}”"),
                            format!("a case has no field “{name}”"),
                        ),
                        known.map(|it| it.name),
                    );
                }
                Some(field) if !field.searchable => self.tell(
                    codes::ENROL_CONDITION,
                    key.pos,
                    Say::new(
                        format!("字段 {name} 不能直接写在 enrol 里,请写进 where 函数"),
                        format!("{name} cannot stand in enrol; use a `where` function"),
                    ),
                ),
                Some(field) => {
                    self.condition(name, field.kind, &entry.value);
                    self.said_words(name, &entry.value);
                }
            },
        }
    }

    fn condition(&mut self, name: &str, kind: FactKind, value: &Expr) {
        let texts = |it: &Entry| matches!(it.value.kind, Kind::Text(_));
        let wrong = match (&value.kind, kind) {
            (Kind::Text(_), FactKind::Text)
            | (Kind::Number(_), FactKind::Count | FactKind::Fen | FactKind::People) => {
                false
            }
            (Kind::Table(items), FactKind::Text) => items
                .iter()
                .any(|item| !texts(item) && !matches!(item.value.kind, Kind::Chain(_))),
            (Kind::Table(items), FactKind::Count | FactKind::Fen | FactKind::People) => {
                items.len() != 2
                    || items.iter().any(|item| item.key.is_some() || texts(item))
            }
            (Kind::Chain(_), _) => {
                kind == FactKind::Text
                    && matches!(value.call(), Some(("at_least" | "at_most" | "yuan", _)))
            }
            _ => true,
        };
        if wrong {
            let example = if kind == FactKind::Text {
                "\"…\" / { \"…\", \"…\" }"
            } else {
                "{ 1, 30 } / at_least(1) / at_most(30)"
            };
            self.tell(
                codes::WRONG_TYPE,
                value.pos,
                Say::new(
                    format!("{name} 的条件写法不对,应为 {example}"),
                    format!("this is no condition for {name}; write {example}"),
                ),
            );
        }
    }

    /// `cause = "oversigt"` would take nobody in.
    fn said_words(&mut self, name: &str, value: &Expr) {
        let Some(known) = told_by_events(self.model, name) else { return };
        let one = std::iter::once(value);
        let many = value.entries().unwrap_or(&[]).iter().map(|entry| &entry.value);
        for value in one.chain(many) {
            let Some(word) = value.text().filter(|text| !known.contains(text)) else {
                continue;
            };
            let list = known.join("、");
            self.report.add_word(
                codes::NO_WORD,
                self.script.file,
                (value.pos, word),
                Say::new(
                    format!("{name} 没有 “{word}” 这个词;可用:{list}"),
                    format!(
                        "{name} is never “{word}”; the words are {}",
                        known.join(", ")
                    ),
                ),
                known.iter().copied(),
            );
        }
    }

    fn event(&mut self, name: &str, at: Pos, prefix: &str) {
        let events = &self.model.events;
        if events.contains_key(name) {
            return;
        }
        let known: Vec<String> =
            events.keys().map(|key| format!("{prefix}{key}")).collect();
        let written = format!("{prefix}{name}");
        self.report.add_word(
            codes::NO_EVENT,
            self.script.file,
            (at, &written),
            Say::new(format!("没有事件 “{name}”"), format!("no event “{name}”")),
            known.iter().map(String::as_str),
        );
    }

    fn stage(&mut self, stage: &Decl<'_>, before: &[Decl<'_>]) {
        let name = stage.name;
        if let Some(first) = before.iter().find(|it| it.name == name) {
            let line = first.pos.line;
            self.tell(
                codes::STAGE_TWICE,
                stage.pos,
                Say::new(
                    format!("环节 “{name}” 在第 {line} 行已经有了"),
                    format!("the stage “{name}” stands in line {line} already"),
                ),
            );
        }
        for entry in stage.entries {
            let Some(key) = &entry.key else {
                self.nameless("stage", entry);
                continue;
            };
            match key.text.as_str() {
                "title" => self.title(Some(&entry.value), entry.value.pos, name),
                "enter" => self.handler(key, &entry.value),
                "next" => self.stage_name(&entry.value),
                "moved_from" => self.moved_from(stage, &entry.value, before),
                word if word.starts_with("on_") => self.answer(key, &entry.value),
                word if keys::names(&keys::STAGE).contains(&word)
                    || self.model.verbs.contains_key(word) => {}
                _ => self.unknown_key("stage", key, &keys::names(&keys::STAGE)),
            }
        }
        self.what_comes_after(stage);
    }

    /// Either `enter` decides, or a plain stage says what comes after.
    fn what_comes_after(&mut self, stage: &Decl<'_>) {
        let name = stage.name;
        let has = |key: &str| tree::entry(stage.entries, key).is_some();
        let said = AFTER_KEYS.iter().filter(|key| has(key)).count();
        let orders = stage.entries.iter().filter_map(|entry| entry.key.as_ref());
        let orders =
            orders.filter(|order| self.model.verbs.contains_key(order.text.as_str()));
        if has("enter") {
            if 0 < said + orders.count() || has("wait") {
                self.tell(
                    codes::NO_KEY,
                    stage.pos,
                    Say::new(
                        format!("环节 “{name}” 既有 enter 函数,又有动作、wait 或 next:只能用一种写法"),
                        format!("“{name}” has both an enter function and verbs, wait or next: use one"),
                    ),
                );
            }
        } else if (said != 1 || (has("wait") && !has("next")))
            && !self.is_nearly_said(stage)
        {
            self.tell(
                codes::KEY_MISSING,
                stage.pos,
                Say::new(
                    format!("环节 “{name}” 没有说清之后去哪里:写 enter 函数,或写 wait 和 next,或 next、finish、become 其中之一"),
                    format!("“{name}” does not say what comes after: give it an enter function, or wait with next, or one of next, finish, become"),
                ),
            );
        }
    }

    /// What comes after stands there under a misspelt key, or without a name.
    fn is_nearly_said(&self, stage: &Decl<'_>) -> bool {
        let mut known = keys::names(&keys::STAGE);
        known.extend(self.model.verbs.keys());
        stage.entries.iter().any(|entry| entry.key.is_none())
            || AFTER_KEYS
                .iter()
                .chain(&["enter", "wait"])
                .any(|key| is_misspelt(stage.entries, key, &known))
    }

    fn always(&mut self, always: &Decl<'_>, before: usize) {
        if before != 0 {
            self.tell(
                codes::NO_KEY,
                always.pos,
                Say::new("always 只能写一次", "`always` may stand once only"),
            );
        }
        for entry in always.entries {
            let Some(key) = &entry.key else {
                self.nameless("always", entry);
                continue;
            };
            if key.text.starts_with("on_") {
                self.answer(key, &entry.value);
            } else {
                self.unknown_key("always", key, &["on_…"]);
            }
        }
    }

    fn answer(&mut self, key: &Word, value: &Expr) {
        let name = key.text.trim_start_matches("on_");
        self.event(name, key.pos, "on_");
        self.handler(key, value);
    }

    fn handler(&mut self, key: &Word, value: &Expr) {
        let wrong = matches!(
            value.kind,
            Kind::Nil | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::Table(_)
        );
        if wrong {
            let name = &key.text;
            self.tell(
                codes::WRONG_TYPE,
                value.pos,
                Say::new(
                    format!("{name} 应为函数:{name} = function(case) … end"),
                    format!("{name} takes a function: {name} = function(case) … end"),
                ),
            );
        }
    }

    fn moved_from(&mut self, stage: &Decl<'_>, value: &Expr, before: &[Decl<'_>]) {
        for (old, at) in names_in(value) {
            let exists = self.script.stages.iter().any(|stage| stage.name == old);
            let rival = before.iter().find(|it| {
                tree::value(it.entries, "moved_from")
                    .is_some_and(|it| names_in(it).iter().any(|(name, _)| *name == old))
            });
            let taker = stage.name;
            if exists {
                self.tell(
                    codes::MOVED_CLASH,
                    at,
                    Say::new(
                        format!("环节 “{old}” 还在,“{taker}” 不能接管它的案件"),
                        format!("the stage “{old}” still exists; “{taker}” cannot take over its cases"),
                    ),
                );
            } else if let Some(rival) = rival {
                let rival = rival.name;
                self.tell(
                    codes::MOVED_CLASH,
                    at,
                    Say::new(
                        format!("“{old}” 的案件已经由 “{rival}” 接管"),
                        format!(
                            "the cases of “{old}” are taken over by “{rival}” already"
                        ),
                    ),
                );
            }
        }
    }
}

/// `overdue >= yuan(10)`: the field, and the word for its bound.
pub(super) fn bound(condition: &Expr) -> Option<(&str, &'static str)> {
    let Kind::Binary(field, sign, _) = &condition.kind else { return None };
    let word = match *sign {
        ">" | ">=" => "at_least",
        "<" | "<=" => "at_most",
        _ => return None,
    };
    Some((field.name()?, word))
}

/// A key is there under a name that comes near to it, which has its own finding.
fn is_misspelt(entries: &[Entry], key: &str, known: &[&str]) -> bool {
    let words = entries.iter().filter_map(|entry| entry.key.as_ref());
    words
        .filter(|word| {
            !word.text.starts_with("on_") && !known.contains(&word.text.as_str())
        })
        .any(|word| nearest(&word.text, known.iter().copied()).as_deref() == Some(key))
}

fn names_in(value: &Expr) -> Vec<(&str, Pos)> {
    match &value.kind {
        Kind::Text(text) => vec![(text, value.pos)],
        Kind::Table(entries) => entries
            .iter()
            .filter_map(|entry| Some((entry.value.text()?, entry.value.pos)))
            .collect(),
        _ => vec![],
    }
}
