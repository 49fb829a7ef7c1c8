//! What people enter for a plugin (登记表单): one form for each thing that can have
//! happened, from which the command line and every other screen is made.

use serde::Serialize;

use super::{ArgKind, Text};
use crate::role::Role;

/// One form: `legal filed`, `visit done`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EntryForm {
    /// The word below the plugin's name: `filed`.
    pub name: &'static str,
    /// The plugin under whose name it is found as well: the proof of a letter belongs
    /// to the legal department, and collectors look for it beside their visits.
    pub also_under: Option<&'static str>,
    /// What is entered, in a line.
    pub title: Text,
    /// What it does: clocks, tasks, events.
    pub doc: Text,
    /// What the first word of the command names.
    pub subject: Subject,
    /// The roles of which one is needed, besides administrator.
    pub roles: &'static [Role],
    /// What is filled in.
    pub fields: &'static [EntryField],
    /// What is looked at twice before it is written.
    pub doubts: &'static [EntryDoubt],
    /// What a person would type behind the command.
    pub example: Text,
}

impl EntryForm {
    /// The field with this name.
    pub fn field(&self, name: &str) -> Option<&'static EntryField> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// What an entry is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An order by its number, or its task by the number of the task.
    Order,
    /// A proceeding of the plugin by its number, or the loan that has only one open.
    Matter,
    /// A loan by its number.
    Case,
    /// A calendar month of the house, `2026-11`; it is about no case, and its value is
    /// `month`.
    Month,
}

/// One field of a form.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EntryField {
    /// The key of its value, and the name of its option.
    pub name: &'static str,
    /// The option where it has another name.
    pub option: Option<&'static str>,
    /// What stands beside it on a form, and for its value in the help.
    pub title: Text,
    /// What it means.
    pub doc: Text,
    /// What may be given. An amount is typed in yuan and travels as fen, a date travels
    /// as `YYYY-MM-DD`.
    pub kind: ArgKind,
    /// What holds where nothing is given.
    pub unless_given: UnlessGiven,
    /// It may be given several times; its value is a list.
    pub many: bool,
    /// What staff say for each word of a choice.
    pub said: &'static [Said],
}

impl EntryField {
    /// A text that may be left out; tables say what is different.
    pub const PLAIN: Self = Self {
        name: "",
        option: None,
        title: Text { zh: "", en: "" },
        doc: Text { zh: "", en: "" },
        kind: ArgKind::Text,
        unless_given: UnlessGiven::Nothing,
        many: false,
        said: &[],
    };

    /// The name of its option on the command line, without dashes before it.
    pub fn option_name(&self) -> &'static str {
        self.option.unwrap_or(self.name)
    }

    /// The word of the program for what staff type; what is neither stays as it is.
    pub fn word_of<'t>(&self, typed: &'t str) -> &'t str {
        let typed = typed.trim();
        let known =
            self.said.iter().find(|(_, zh, also)| *zh == typed || also.contains(&typed));
        known.map_or(typed, |(word, ..)| word)
    }

    /// What staff say for a word of the program.
    pub fn said_for(&self, word: &str) -> Option<&'static str> {
        self.said.iter().find(|it| it.0 == word).map(|it| it.1)
    }
}

/// The word of the program, what staff say for it, and what else they write.
pub type Said = (&'static str, &'static str, &'static [&'static str]);

/// What holds for a field that is not filled in.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnlessGiven {
    /// It has no value.
    Nothing,
    /// The form is not taken.
    Refused,
    /// The day of the entry.
    Today,
    /// This word.
    Word(&'static str),
}

/// Something that is most likely a slip of the hand, which is asked about before it is
/// written; `--sure` answers it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryDoubt {
    /// Somebody was spoken to, where the field has one of these words: a person who is
    /// reported dead, or whose debt was given up, was not.
    Heard(&'static str, &'static [&'static str]),
    /// It is the result of work that a hold had suspended, or whose day was over.
    Unmade,
    /// Somebody signed on the day in this field: not after their death.
    Signed(&'static str),
    /// The number in this field shows one entry alone, which is called so.
    Paper(&'static str, Text),
    /// Those named in this field are on the list of people.
    Listed(&'static str),
}

/// The open work of a plugin as a list, printed by `qingshou PLUGIN ls`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct WorkList {
    /// What is listed.
    pub title: Text,
    /// The columns from left to right; `case_id` is the loan number.
    pub columns: &'static [WorkColumn],
    /// By what it is narrowed beside the person and the loan, as options.
    pub filters: &'static [EntryField],
}

/// A column of a [`WorkList`].
#[derive(Clone, Copy, Debug, Serialize)]
pub struct WorkColumn {
    /// Its name in CSV and JSON.
    pub name: &'static str,
    /// Its head in a Chinese table.
    pub zh: &'static str,
    /// What staff say for the words of its cells, where they are words.
    pub said: &'static [Said],
}
