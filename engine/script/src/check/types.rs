//! What kind of value an expression gives (值的类型), as far as it can be seen.

use domain::facts::FactKind;
use domain::manifest::ArgKind;
use domain::say::{Say, Text, text};

use super::globals::{Gives, Want};

/// The kind of a value; `Unknown` is never a finding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Type {
    Unknown,
    Nil,
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The name of a verb.
    Verb,
    Number,
    Money,
    Bool,
    Date,
    Span,
    Bound,
    /// Anybody with a role.
    Role,
    Words,
    /// A list of some of these words.
    WordsOf(&'static [&'static str]),
    Case,
    Person,
    People,
    /// The second argument of the handler of this event.
    Event(&'static str),
    Table,
    Function,
    Memo,
    Settings,
    Decision,
    /// A library: `string`, `math`.
    Library,
}

impl Type {
    pub(crate) fn of_fact(kind: FactKind) -> Self {
        match kind {
            FactKind::Count => Self::Number,
            FactKind::Fen => Self::Money,
            FactKind::Date => Self::Date,
            FactKind::Text => Self::Text,
            FactKind::Bool => Self::Bool,
            FactKind::Words => Self::Words,
            FactKind::Person => Self::Person,
            FactKind::People => Self::People,
        }
    }

    pub(crate) fn of_payload(kind: ArgKind) -> Self {
        match kind {
            ArgKind::Text
            | ArgKind::Title
            | ArgKind::Template
            | ArgKind::Staff
            | ArgKind::Workflow => Self::Text,
            ArgKind::Choice(words) => Self::Choice(words),
            ArgKind::Party | ArgKind::Assignee => Self::Unknown,
            ArgKind::Fen => Self::Money,
            ArgKind::Count | ArgKind::PerMille => Self::Number,
            ArgKind::Date => Self::Date,
            ArgKind::Bool => Self::Bool,
        }
    }

    pub(crate) fn of_result(gives: Gives) -> Self {
        match gives {
            Gives::Nothing => Self::Nil,
            Gives::Decision => Self::Decision,
            Gives::Money => Self::Money,
            Gives::Text => Self::Text,
            Gives::Date => Self::Date,
            Gives::Bound => Self::Bound,
            Gives::Role => Self::Role,
        }
    }

    /// The value may stand for a verb's argument.
    pub(crate) fn fits(self, kind: ArgKind) -> bool {
        if matches!(self, Self::Unknown | Self::Nil) {
            return true;
        }
        match kind {
            ArgKind::Title => self.is_text() || self == Self::Table,
            ArgKind::Text
            | ArgKind::Template
            | ArgKind::Workflow
            | ArgKind::Choice(_)
            | ArgKind::Staff => self.is_text(),
            ArgKind::Assignee => self.is_text() || self == Self::Role,
            ArgKind::Party => self == Self::Person,
            ArgKind::Fen => matches!(self, Self::Money | Self::Number),
            ArgKind::Count | ArgKind::PerMille => self == Self::Number,
            ArgKind::Date => self == Self::Date,
            ArgKind::Bool => self == Self::Bool,
        }
    }

    /// The value may stand for a built-in word's parameter.
    pub(crate) fn suits(self, want: Want) -> bool {
        if self == Self::Unknown {
            return true;
        }
        match want {
            Want::Stage | Want::Workflow | Want::Hold | Want::Role | Want::Text => {
                self.is_text()
            }
            Want::Span => self == Self::Span,
            Want::Date => self == Self::Date,
            Want::Number => matches!(self, Self::Number | Self::Money),
            Want::Table => self == Self::Table,
        }
    }

    /// The kind in the words of the staff, Chinese and English.
    pub(crate) fn words(self) -> Text {
        match self {
            Self::Unknown => text("未知的值", "an unknown value"),
            Self::Nil => text("空值 nil", "nil"),
            Self::Text | Self::Choice(_) | Self::Verb => text("文字", "a text"),
            Self::Number => text("数字", "a number"),
            Self::Money => text("金额", "an amount"),
            Self::Bool => text("是/否", "true or false"),
            Self::Date => text("日期", "a date"),
            Self::Span => text("时长", "a duration"),
            Self::Bound => text("界限 at_least/at_most", "a bound"),
            Self::Role => text("角色", "a role"),
            Self::Words | Self::WordsOf(_) => text("词语列表", "a list of words"),
            Self::Case => text("案件 case", "the case"),
            Self::Person => text("当事人", "a person"),
            Self::People => text("多位当事人", "several people"),
            Self::Event(_) => text("事件", "an event"),
            Self::Table | Self::Memo | Self::Settings => text("表 { }", "a table"),
            Self::Function => text("函数", "a function"),
            Self::Decision => text("决定", "a decision"),
            Self::Library => text("函数库", "a library"),
        }
    }

    /// It is a text, whichever.
    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Choice(_) | Self::Verb)
    }

    /// The kind that both values share.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (a, b) if a.is_text() && b.is_text() => Self::Text,
            (Self::Nil, it) | (it, Self::Nil) => it,
            _ => Self::Unknown,
        }
    }

    /// What an operator makes of two values.
    pub(crate) fn joined(self, operator: &str, other: Self) -> Self {
        match operator {
            "==" | "~=" | "<" | "<=" | ">" | ">=" => Self::Bool,
            ".." => Self::Text,
            "and" => other.or(self),
            "or" => self.or(other),
            _ => self.reckoned(operator, other),
        }
    }

    fn reckoned(self, operator: &str, other: Self) -> Self {
        match (self, operator, other) {
            (Self::Date, "-", Self::Date) => Self::Span,
            (Self::Date, "+" | "-", _) | (_, "+", Self::Date) => Self::Date,
            (Self::Span, _, _) | (_, "*" | "+" | "-", Self::Span) => Self::Span,
            (Self::Number, _, Self::Number) | (Self::Money, "/" | "//", Self::Money) => {
                Self::Number
            }
            (Self::Money, _, Self::Money | Self::Number)
            | (Self::Number, "*" | "+" | "-", Self::Money) => Self::Money,
            _ => Self::Unknown,
        }
    }
}

/// What an argument takes, in the words of the staff, Chinese and English.
pub(crate) fn wanted(kind: ArgKind) -> Say {
    let text = match kind {
        ArgKind::Text => text("文字", "a text"),
        ArgKind::Title => text(
            "文字,或 { zh = \"…\", en = \"…\" }",
            "a text, or { zh = \"…\", en = \"…\" }",
        ),
        ArgKind::Template => text("模板名", "the name of a template"),
        ArgKind::Party => {
            text("当事人,例如 case.debtor", "a person of the case, such as case.debtor")
        }
        ArgKind::Staff => {
            text("员工,例如 case.collector", "staff, such as case.collector")
        }
        ArgKind::Assignee => text(
            "员工或角色,例如 case.collector、role \"supervisor\"",
            "staff or a role, such as case.collector or role \"supervisor\"",
        ),
        ArgKind::Fen => text("金额,例如 yuan(500)", "an amount, such as yuan(500)"),
        ArgKind::Count => text("整数", "a whole number"),
        ArgKind::PerMille => {
            text("千分数(25 即 2.5 %)", "a share in per mille (25 is 2.5 %)")
        }
        ArgKind::Date => text(
            "日期,例如 date \"2026-11-23\" 或 today() + 3 * days",
            "a date, such as date \"2026-11-23\" or today() + 3 * days",
        ),
        ArgKind::Bool => text("true 或 false", "true or false"),
        ArgKind::Workflow => text("流程名", "the name of a workflow"),
        ArgKind::Choice(words) => {
            let list = words.join(" / ");
            return Say::new(format!("{list} 之一"), format!("one of {list}"));
        }
    };
    text.owned()
}

/// What a built-in word takes, Chinese and English.
pub(crate) fn wished(want: Want) -> Text {
    match want {
        Want::Stage => text("环节名", "the name of a stage"),
        Want::Workflow => text("流程名", "the name of a workflow"),
        Want::Hold => {
            text("暂停的原因,例如 \"complaint\"", "a reason, such as \"complaint\"")
        }
        Want::Role => text("角色,例如 \"supervisor\"", "a role, such as \"supervisor\""),
        Want::Text => text("文字", "a text"),
        Want::Span => text(
            "带单位的时长,例如 3 * workdays",
            "a duration with its unit, such as 3 * workdays",
        ),
        Want::Date => {
            text("日期,例如 date \"2026-11-23\"", "a date, such as date \"2026-11-23\"")
        }
        Want::Number => text("数字", "a number"),
        Want::Table => text("表 { }", "a table"),
    }
}
