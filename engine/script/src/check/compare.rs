//! What is compared with what (比较): words that never come, amounts without unit.

use domain::facts::{CASE_FIELDS, FactKind};
use domain::say::Say;

use super::codes;
use super::model::{Model, Script};
use super::names::Walk;
use super::report::Report;
use super::tree::{self, Entry, Expr, Kind, Link, Pos};
use super::types::Type;
use crate::settings::{FILE, Overrides};

/// Compares settings.toml with what a script declares: an amount is written
/// with its unit there, and a count without one.
pub(super) fn settings(model: &Model<'_>, script: &Script<'_>, report: &mut Report) {
    let Some(workflow) = script.workflow() else { return };
    let declared = tree::value(workflow.entries, "settings").and_then(Expr::entries);
    let section = Overrides::read(model.folder).of(workflow.name);
    for entry in declared.unwrap_or(&[]) {
        defaults(script, &entry.value, report);
        let Some(key) = &entry.key else { continue };
        let Some(over) = section.get(&key.text) else { continue };
        let at = Pos { line: over.line, col: over.col };
        // Of a setting that names its unit the loader knows what it is.
        let named = entry
            .value
            .entries()
            .is_some_and(|entries| tree::value(entries, "unit").is_some());
        let Some(default) = tree::setting_default(&entry.value).filter(|_| !named) else {
            continue;
        };
        let is_amount = default.call().is_some_and(|call| call.0 == "yuan");
        let is_count = matches!(default.kind, Kind::Number(_));
        if is_amount && over.value.as_i64().is_some_and(|it| it != 0) {
            report.add(codes::BARE_AMOUNT, FILE, at, bare(&over.value.to_string()));
        } else if is_count && over.value.is_string() {
            let name = &key.text;
            let text = Say::new(
                format!("设置项 `{name}` 是个数,不是金额:应写成 {name} = 30"),
                format!("the setting `{name}` is a number and no amount: {name} = 30"),
            );
            report.add(codes::WRONG_TYPE, FILE, at, text);
        }
    }
}

/// `{ 3000, min = yuan(1) }`: where one of the numbers is an amount, or the unit
/// is yuan, all of them are, and none of them means fen.
fn defaults(script: &Script<'_>, declared: &Expr, report: &mut Report) {
    let Some(entries) = declared.entries() else { return };
    let is_bound = |it: &&Entry| {
        it.computed.is_none()
            && it
                .key
                .as_ref()
                .is_none_or(|key| matches!(key.text.as_str(), "min" | "max"))
    };
    let amounts = || entries.iter().filter(is_bound).map(|entry| &entry.value);
    let unit = tree::value(entries, "unit").and_then(Expr::text);
    if unit != Some("yuan")
        && !amounts().any(|amount| amount.call().is_some_and(|call| call.0 == "yuan"))
    {
        return;
    }
    for amount in amounts() {
        if let Kind::Number(text) = &amount.kind
            && text != "0"
        {
            report.add(codes::BARE_AMOUNT, script.file, amount.pos, bare(text));
        }
    }
}

impl<'t> Walk<'_, 't> {
    /// A comparison with a word that is never said is always false, and 100
    /// beside an amount is one yuan.
    pub(super) fn compared(&mut self, left: &'t Expr, l: Type, right: &'t Expr, r: Type) {
        for (of, value) in [(l, right), (r, left)] {
            match of {
                Type::Choice(words) => self.one_of(words, value),
                Type::Verb => {
                    let verbs: Vec<&str> = self.model.verbs.keys().copied().collect();
                    self.one_of(&verbs, value);
                }
                Type::Money => self.bare_amount(value),
                _ => {}
            }
        }
    }

    /// `table.find(case.holds, "complaint")` looks for a word that is said.
    pub(super) fn looked_for(&mut self, links: &'t [Link]) {
        if let [Link::Field(find), Link::Call(args), ..] = links
            && find.text == "find"
            && let [list, word, ..] = args.as_slice()
            && let Type::WordsOf(words) = self.peek(list)
        {
            self.one_of(words, word);
        }
    }

    fn one_of(&mut self, words: &[&str], value: &'t Expr) {
        for (text, at) in self.script.texts(value).0 {
            if !words.contains(&text) {
                self.not_among(text, at, words, "这里");
            }
        }
    }

    /// A number written out where an amount is meant: it counts fen. It may
    /// stand in a local of the file or in a setting.
    pub(super) fn bare_amount(&mut self, value: &'t Expr) {
        let value = self.written_out(value);
        if let Kind::Number(text) = &value.kind
            && text != "0"
        {
            self.tell_bare(value.pos, text);
        }
    }

    /// `enrol = { overdue = at_least(100) }` takes debts of one yuan.
    pub(super) fn searched_amounts(&mut self, entries: &'t [Entry]) {
        for entry in entries {
            let Some(key) = &entry.key else { continue };
            let amount = |name: &str| {
                let field = CASE_FIELDS.iter().find(|field| field.name == name);
                field.is_some_and(|field| field.kind == FactKind::Fen)
            };
            if !amount(&key.text) {
                continue;
            }
            self.bare_amount(&entry.value);
            if let Some(("at_least" | "at_most", args)) = entry.value.call() {
                for arg in args {
                    self.bare_amount(arg);
                }
            }
            for bound in entry.value.entries().unwrap_or(&[]) {
                self.bare_amount(&bound.value);
            }
        }
    }

    fn tell_bare(&mut self, at: Pos, text: &str) {
        self.report.add(codes::BARE_AMOUNT, self.script.file, at, bare(text));
    }
}

pub(super) fn bare(text: &str) -> Say {
    Say::new(
        format!(
            "金额要写单位:{text} 是 {text} 分;{text} 元应写成 yuan({text}),在 settings.toml 里写成 \"{text} yuan\""
        ),
        format!(
            "an amount has a unit: {text} means fen; write yuan({text}), in settings.toml \"{text} yuan\""
        ),
    )
}
