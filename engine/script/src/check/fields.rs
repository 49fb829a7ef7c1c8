//! Fields of the case, of people, events and settings (字段).

use std::sync::LazyLock;

use domain::facts::{CASE_FIELDS, CaseFacts, FactKind, Field, PERSON_FIELDS};
use domain::hold::HoldReason;
use domain::manifest::ArgKind;
use domain::party::Role;
use domain::say::{Say, Text, text};

use super::codes;
use super::model::{Decl, Model};
use super::names::Walk;
use super::tree::{self, Expr, Link, Word};
use super::types::Type;

static ROLES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| Role::ALL.into_iter().map(Role::as_str).collect());

static HOLDS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| HoldReason::ALL.into_iter().map(HoldReason::as_str).collect());

impl<'t> Walk<'_, 't> {
    pub(super) fn link(&mut self, of: Type, link: &'t Link) -> Type {
        match link {
            Link::Field(word) => self.field(of, word),
            Link::Index(key) => {
                self.expr(key);
                match of {
                    Type::People => Type::Person,
                    Type::Words => Type::Text,
                    Type::WordsOf(words) => Type::Choice(words),
                    Type::Settings => {
                        self.computed_setting = true;
                        Type::Unknown
                    }
                    _ => Type::Unknown,
                }
            }
            Link::Call(args) => {
                self.exprs(args);
                Type::Unknown
            }
            Link::Method(word, args) => {
                self.exprs(args);
                if matches!(of, Type::Case | Type::Person | Type::People | Type::Event(_))
                {
                    self.field(of, word);
                }
                Type::Unknown
            }
        }
    }

    fn field(&mut self, of: Type, word: &Word) -> Type {
        match of {
            Type::Case => {
                let field = CASE_FIELDS.iter().find(|field| field.name == word.text);
                let known = CASE_FIELDS.iter().map(|field| field.name);
                let kind = field.map(|field| field.kind);
                let kind = self.fact(word, text("案件", "a case"), kind, known);
                if word.text == "holds" {
                    return Type::WordsOf(&HOLDS);
                }
                told_by_events(self.model, &word.text).map_or(kind, Type::Choice)
            }
            Type::Person => {
                let field = PERSON_FIELDS.iter().find(|field| field.name == word.text);
                let known = PERSON_FIELDS.iter().map(|field| field.name);
                let kind = field.map(|field| field.kind);
                let kind = self.fact(word, text("当事人", "a person"), kind, known);
                match word.text.as_str() {
                    "role" => Type::Choice(&ROLES),
                    "guarantee" => Type::Choice(&["general", "joint"]),
                    _ => kind,
                }
            }
            Type::People => self.fact(
                word,
                text("多位当事人的列表", "a list of people"),
                None,
                PERSON_FIELDS.iter().map(|field| field.name),
            ),
            Type::Event(name) => self.payload(name, word),
            Type::Settings => self.setting(word),
            Type::Date => match word.text.as_str() {
                "year" | "month" | "day" => Type::Number,
                _ => {
                    let known = ["year", "month", "day"];
                    self.fact(word, text("日期", "a date"), None, known.into_iter())
                }
            },
            _ => Type::Unknown,
        }
    }

    fn fact<'k>(
        &mut self,
        word: &Word,
        Say { zh, en }: Text,
        kind: Option<FactKind>,
        known: impl Iterator<Item = &'k str>,
    ) -> Type {
        if let Some(kind) = kind {
            return Type::of_fact(kind);
        }
        let name = &word.text;
        self.report.add_word(
            codes::NO_FIELD,
            self.script.file,
            (word.pos, name),
            Say::new(
                format!("{zh}没有字段 “{name}”"),
                format!("{en} has no field “{name}”"),
            ),
            known,
        );
        Type::Unknown
    }

    fn payload(&mut self, event: &str, word: &Word) -> Type {
        let fields = self.model.events.get(event).map_or(&[][..], |it| it.fields);
        if let Some(field) = fields.iter().find(|field| field.name == word.text) {
            // What an order was is the name of a verb, whichever plugin's.
            let is_verb = word.text == "verb" && field.kind == ArgKind::Text;
            return if is_verb { Type::Verb } else { Type::of_payload(field.kind) };
        }
        let name = &word.text;
        self.report.add_word(
            codes::NO_FIELD,
            self.script.file,
            (word.pos, name),
            Say::new(
                format!("事件 {event} 没有字段 “{name}”"),
                format!("the event {event} has no field “{name}”"),
            ),
            fields.iter().map(|field| field.name),
        );
        Type::Unknown
    }

    fn setting(&mut self, word: &Word) -> Type {
        self.settings.insert(word.text.clone());
        let known = &self.script.settings;
        if !known.contains(&word.text) {
            let name = &word.text;
            self.report.add_word(
                codes::NO_SETTING,
                self.script.file,
                (word.pos, name),
                Say::new(
                    format!("本流程的 settings 里没有 “{name}”"),
                    format!("the settings of this workflow have no “{name}”"),
                ),
                known.iter().map(String::as_str),
            );
            return Type::Unknown;
        }
        let declared = self
            .script
            .workflow()
            .and_then(|workflow| setting_value(workflow, &word.text));
        // A setting that speaks of settings would be looked into for ever.
        let declared = declared.filter(|declared| !speaks_of_settings(declared));
        declared.map_or(Type::Unknown, |it| self.peek(it))
    }
}

/// The words of a text of the case that some event brings: `case.cause` is
/// what a call result said.
pub(super) fn told_by_events(
    model: &Model<'_>,
    name: &str,
) -> Option<&'static [&'static str]> {
    let text = |it: &&Field<CaseFacts>| it.name == name && it.kind == FactKind::Text;
    CASE_FIELDS.iter().find(text)?;
    let fields = model.events.values().flat_map(|it| it.fields);
    fields.filter(|field| field.name == name).find_map(|field| match field.kind {
        ArgKind::Choice(words) => Some(words),
        _ => None,
    })
}

fn speaks_of_settings(expr: &Expr) -> bool {
    let mut speaks = false;
    tree::each_inner(expr, &mut |it| {
        speaks |= it.chain().and_then(tree::Chain::name) == Some("setting");
    });
    speaks
}

fn setting_value<'t>(workflow: &Decl<'t>, name: &str) -> Option<&'t Expr> {
    let settings = tree::value(workflow.entries, "settings")?.entries()?;
    tree::setting_default(tree::value(settings, name)?)
}
