//! What can be reckoned and compared with what (运算与比较): what always fails, and
//! comparisons whose answer is the same for every case.

use domain::say::Say;

use super::codes;
use super::names::Walk;
use super::punctuation::written_amount;
use super::report::Change;
use super::tree::{self, Expr, Kind, Link};
use super::types::Type;

/// Kinds of values that are never equal to one of another class.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Class {
    Text,
    Number,
    Bool,
    Date,
    Span,
    Function,
    /// A table, or something of the case that has fields.
    Thing,
}

/// `amount / 100`: so many yuan, a plain number.
pub(super) fn counts_yuan(operator: &str, by: &Expr) -> bool {
    matches!(operator, "/" | "//")
        && matches!(&by.kind, Kind::Number(number) if number == "100")
}

fn class(kind: Type) -> Option<Class> {
    Some(match kind {
        Type::Text | Type::Choice(_) | Type::Verb => Class::Text,
        Type::Number | Type::Money => Class::Number,
        Type::Bool => Class::Bool,
        Type::Date => Class::Date,
        Type::Span => Class::Span,
        Type::Function => Class::Function,
        Type::Words
        | Type::WordsOf(_)
        | Type::Case
        | Type::Person
        | Type::People
        | Type::Event(_)
        | Type::Table
        | Type::Memo
        | Type::Settings => Class::Thing,
        Type::Unknown
        | Type::Nil
        | Type::Bound
        | Type::Role
        | Type::Decision
        | Type::Library => {
            return None;
        }
    })
}

/// One side of an operator.
type Side<'t> = (&'t Expr, Type);

/// Values of these kinds are of one class.
pub(super) fn are_alike(one: Type, other: Type) -> bool {
    one == other || (class(one).is_some() && class(one) == class(other))
}

impl<'t> Walk<'_, 't> {
    /// Checks an operator between two values.
    pub(super) fn operands(&mut self, left: Side<'t>, operator: &str, right: Side<'t>) {
        match operator {
            "==" | "~=" => self.equal(left, right),
            "<" | "<=" | ">" | ">=" => self.ordered(left, right),
            "+" | "-" | "*" | "/" | "//" | "%" | "^" => {
                self.reckoned(left, operator, right);
            }
            ".." => {
                for side in [left, right] {
                    self.put_into_text(side);
                }
            }
            "or" | "and" => self.alternatives(left.0, operator, right.0),
            _ => {}
        }
    }

    fn equal(&mut self, left: Side<'t>, right: Side<'t>) {
        let (Some(one), Some(other)) = (class(left.1), class(right.1)) else { return };
        if one == other {
            return;
        }
        if matches!(left.0.kind, Kind::Unary("not", _)) {
            self.same_for_all(
                left.0,
                Say::new(
                    "not 只管紧跟着的那个值,这个比较永远不成立:应写 … ~= …,或 not (… == …)",
                    "`not` takes the value behind it alone, so that this never holds: \
                     write … ~= …, or not (… == …)",
                ),
            );
            return;
        }
        let Say { zh: a_zh, en: a_en } = left.1.words();
        let Say { zh: b_zh, en: b_en } = right.1.words();
        let Say { zh, en } = advice(left, right);
        self.same_for_all(
            left.0,
            Say::new(
                format!("{a_zh}和{b_zh}永远不相等{zh}"),
                format!("{a_en} is never equal to {b_en}{en}"),
            ),
        );
    }

    fn ordered(&mut self, left: Side<'t>, right: Side<'t>) {
        let (one, other) = (class(left.1), class(right.1));
        let compares = |it: &Expr| matches!(&it.kind, Kind::Binary(_, sign, _) if is_comparison(sign));
        if compares(left.0) {
            self.fails(
                left.0,
                Say::new(
                    "不能连着比较:1 < x < 30 要写成 1 < x and x < 30",
                    "comparisons cannot be chained: write 1 < x and x < 30 for 1 < x < 30",
                ),
            );
            return;
        }
        if matches!(left.0.kind, Kind::Unary("not", _)) {
            self.fails(
                left.0,
                Say::new(
                    "not 只管紧跟着的那个值:应写 not (… < …),或把比较反过来",
                    "`not` takes the value behind it alone: write not (… < …), or turn the comparison round",
                ),
            );
            return;
        }
        let unordered = |it: Option<Class>| {
            matches!(it, Some(Class::Bool | Class::Function | Class::Thing))
        };
        let differ = one.is_some() && other.is_some() && one != other;
        if !(differ || unordered(one) || unordered(other)) {
            return;
        }
        let Say { zh: a_zh, en: a_en } = left.1.words();
        let Say { zh: b_zh, en: b_en } = right.1.words();
        let Say { zh, en } = advice(left, right);
        self.fails(
            left.0,
            Say::new(
                format!("{a_zh}和{b_zh}不能比大小{zh}"),
                format!("{a_en} and {b_en} cannot be compared{en}"),
            ),
        );
    }

    fn reckoned(&mut self, left: Side<'t>, operator: &str, right: Side<'t>) {
        for (side, other) in [(left, right), (right, left)] {
            if self.quoted_unit(side, operator, other) || self.unit_of_money(side, other)
            {
                return;
            }
        }
        let unreckoned =
            |it| matches!(it, Some(Class::Bool | Class::Function | Class::Thing));
        let (one, other) = (class(left.1), class(right.1));
        let fits = if unreckoned(one) || unreckoned(other) {
            false
        } else if let (Some(one), Some(other)) = (one, other) {
            match (one, operator, other) {
                (Class::Span, "*", Class::Number) => return self.whole_span(right.0),
                (Class::Number, "*", Class::Span) => return self.whole_span(left.0),
                (Class::Date | Class::Span, "+" | "-", Class::Span)
                | (Class::Span, "+", Class::Date)
                | (Class::Date, "-", Class::Date) => true,
                (Class::Date | Class::Span, _, _) | (_, _, Class::Date | Class::Span) => {
                    false
                }
                // A text of digits counts as its number.
                (Class::Text, _, _) => left.0.text().is_none_or(is_number),
                (_, _, Class::Text) => right.0.text().is_none_or(is_number),
                _ => true,
            }
        } else {
            return;
        };
        if fits {
            return;
        }
        let Say { zh: a_zh, en: a_en } = left.1.words();
        let Say { zh: b_zh, en: b_en } = right.1.words();
        let Say { zh, en } = advice(left, right);
        self.fails(
            left.0,
            Say::new(
                format!("{a_zh}和{b_zh}不能用 {operator} 运算{zh}"),
                format!("{a_en} and {b_en} cannot be reckoned with `{operator}`{en}"),
            ),
        );
    }

    /// `2 * "天"`: the unit stands in quotes.
    fn quoted_unit(&mut self, side: Side<'t>, operator: &str, other: Side<'t>) -> bool {
        let Some(text) = side.0.text().filter(|_| operator == "*") else { return false };
        let Kind::Number(number) = &other.0.kind else { return false };
        let known = ["days", "workdays", "hours"].contains(&text);
        let plain = if known {
            Some(format!("{number} * {text}"))
        } else {
            written_amount(number, text)
        };
        let Some(plain) = plain else { return false };
        let told = Say::new(
            format!("单位不加引号:应写 {plain}"),
            format!("no quotes around the unit: write {plain}"),
        );
        let unit = plain.strip_prefix(&format!("{number} * ")).map(str::to_owned);
        let change = unit.map(|unit| Change {
            at: side.0.pos,
            written: format!("\"{text}\""),
            text: unit,
        });
        let (code, file) = (codes::UNIT, self.script.file);
        let changes = change.into_iter().collect();
        self.report.add_mended(code, file, side.0.pos, told, changes);
        true
    }

    /// `amount * yuan`: the unit of money is a function.
    fn unit_of_money(&mut self, side: Side<'t>, other: Side<'t>) -> bool {
        let is_unit = side.0.name() == Some("yuan") && side.1 == Type::Function;
        if is_unit {
            let shown = match &other.0.kind {
                Kind::Number(number) => number.clone(),
                _ => "…".to_owned(),
            };
            self.report.add(
                codes::UNIT,
                self.script.file,
                side.0.pos,
                Say::new(
                    format!("金额要写成 yuan({shown})"),
                    format!("an amount is written yuan({shown})"),
                ),
            );
        }
        is_unit
    }

    /// A duration is so many whole units.
    fn whole_span(&mut self, count: &'t Expr) {
        let Kind::Number(text) = &count.kind else { return };
        let part = text.split_once('.').map_or("", |it| it.1);
        if part.trim_end_matches('0').is_empty() {
            return;
        }
        self.fails(
            count,
            Say::new(
                format!("时长应为整数乘单位,不能是 {text}:半天可写 12 * hours"),
                format!("a duration is a whole number of units, not {text}: half a day is 12 * hours"),
            ),
        );
    }

    /// An amount that is joined to a text, woven into one or made one: people would read
    /// its fen as yuan.
    pub(super) fn amount_as_text(&mut self, value: &'t Expr, kind: Type) -> bool {
        let is_amount = kind == Type::Money;
        if is_amount {
            self.report.add(
                codes::UNIT,
                self.script.file,
                value.pos,
                Say::new(
                    "金额以分计数,写进文字会大一百倍:应写 in_yuan(…),例如 in_yuan(case.overdue)",
                    "amounts are counted in fen, and a text would show a hundred times as much: \
                     write in_yuan(…), as in_yuan(case.overdue)",
                ),
            );
        }
        is_amount
    }

    /// `"欠 {{ 逾期金额 }} 元"` in a script: people would read the braces.
    pub(super) fn braces_of_templates(&mut self, value: &'t Expr, text: &str) {
        if !(text.contains("{{") && text.contains("}}")) {
            return;
        }
        self.report.add(
            codes::FOREIGN,
            self.script.file,
            value.pos,
            Say::new(
                "{{ … }} 是模板里的写法,在脚本里会原样显示:用 .. 连接,例如 \"欠 \" .. \
                 in_yuan(case.overdue) .. \" 元\"",
                "{{ … }} belongs into templates; a script shows the braces as they stand: join with \
                 .., as \"owes \" .. in_yuan(case.overdue)",
            ),
        );
    }

    /// `tostring(case.overdue)` and `string.format("%d", case.overdue)`.
    pub(super) fn made_text(&mut self, chain: &'t tree::Chain) {
        let given = match (chain.name(), chain.links.as_slice()) {
            (Some("tostring"), [Link::Call(args), ..]) => args.as_slice(),
            (Some("string"), [Link::Field(field), Link::Call(args), ..])
                if field.text == "format" =>
            {
                args.get(1..).unwrap_or_default()
            }
            _ => return,
        };
        for value in given {
            let kind = self.peek(value);
            self.amount_as_text(value, kind);
        }
    }

    fn put_into_text(&mut self, (value, kind): Side<'t>) {
        if self.amount_as_text(value, kind) {
            return;
        }
        if matches!(class(kind), None | Some(Class::Text | Class::Number)) {
            return;
        }
        let Say { zh, en } = kind.words();
        self.fails(
            value,
            Say::new(
                format!("{zh}不能直接接进文字:请写 tostring(…)"),
                format!("{en} cannot be joined to a text: write tostring(…)"),
            ),
        );
    }

    /// `-setting.call_after` and `-"x"` fail.
    pub(super) fn negated(&mut self, value: &'t Expr, kind: Type) {
        if matches!(class(kind), None | Some(Class::Number | Class::Text)) {
            return;
        }
        let Say { zh, en } = kind.words();
        self.fails(
            value,
            Say::new(format!("{zh}前面不能加负号"), format!("{en} cannot be negative")),
        );
    }

    /// A text or number that stands alone where it is asked whether something
    /// is so: it always is. Answers whether that was told.
    pub(super) fn condition(&mut self, asked: &'t Expr) -> bool {
        match &asked.kind {
            Kind::Binary(left, operator @ ("and" | "or"), right) => {
                let mut told = false;
                for side in [left, right] {
                    told = told
                        || self.condition(side)
                        || self.stands_alone(left, operator, side);
                }
                told
            }
            Kind::Unary("not", inner) => self.condition(inner),
            _ => false,
        }
    }

    fn stands_alone(&mut self, left: &'t Expr, operator: &str, side: &'t Expr) -> bool {
        let shown = match &side.kind {
            Kind::Text(text) => format!("\"{text}\""),
            Kind::Number(number) => number.clone(),
            _ => return false,
        };
        let (of, sign) = compared_last(left).unwrap_or(("…".to_owned(), "=="));
        self.same_for_all(
            side,
            Say::new(
                format!("{shown} 单独放在 {operator} 旁边总是成立:两边都要写全,{operator} {of} {sign} {shown}"),
                format!("{shown} alone beside `{operator}` always holds: write {operator} {of} {sign} {shown}"),
            ),
        );
        true
    }

    /// `x == "a" or "b"`, `x ~= "a" or x ~= "b"`, `x == "a" and x == "b"`.
    fn alternatives(&mut self, left: &'t Expr, operator: &str, right: &'t Expr) {
        if matches!(left.kind, Kind::Text(_)) {
            self.same_for_all(
                left,
                Say::new(
                    format!("{operator} 左边是写明的文字,结果总是一样:应写 x == \"甲\" {operator} x == \"乙\""),
                    format!("a text on the left of `{operator}` makes the answer always the same: write x == \"a\" {operator} x == \"b\""),
                ),
            );
            return;
        }
        let is_compared = matches!(&left.kind, Kind::Binary(_, "==" | "~=", _));
        if operator == "or" && is_compared && self.stands_alone(left, operator, right) {
            return;
        }
        let sign = if operator == "or" { "~=" } else { "==" };
        let Some((name, word)) = compared_with(right, sign) else { return };
        let mut earlier = vec![];
        leaves(left, operator, &mut earlier);
        let clash = earlier.iter().find(|it| {
            compared_with(it, sign).is_some_and(|compared_with| {
                compared_with.0 == name && compared_with.1 != word
            })
        });
        let Some(first) = clash else { return };
        let text = if operator == "or" {
            Say::new(
                format!("“{name} 不是这个,或不是那个”总是成立:应把 or 改成 and"),
                format!(
                    "“{name} is not the one or not the other” always holds: write `and` for `or`"
                ),
            )
        } else {
            Say::new(
                format!("{name} 不会同时是两个词,永远不成立:应把 and 改成 or"),
                format!("{name} is never two words at once: write `or` for `and`"),
            )
        };
        self.same_for_all(first, text);
    }

    fn same_for_all(&mut self, at: &Expr, text: Say) {
        self.report.add(codes::SAME_FOR_ALL, self.script.file, at.pos, text);
    }

    fn fails(&mut self, at: &Expr, text: Say) {
        self.report.add(codes::WRONG_TYPE, self.script.file, at.pos, text);
    }
}

pub(super) fn is_comparison(sign: &str) -> bool {
    matches!(sign, "==" | "~=" | "<" | "<=" | ">" | ">=")
}

/// How the value of one side is written so that both fit; empty when there is
/// no telling.
fn advice(left: Side<'_>, right: Side<'_>) -> Say {
    let pairs = [(left, right), (right, left)];
    let found = pairs.into_iter().find_map(|(one, other)| {
        let written = other.0.text();
        let number = match &other.0.kind {
            Kind::Number(number) => Some(number.as_str()),
            _ => None,
        };
        match (one.1, written, number) {
            (Type::Money, Some(text), _) if is_number(text) => {
                Some(format!("yuan({text})"))
            }
            (Type::Number, Some(text), _) if is_number(text) => Some(text.to_owned()),
            (Type::Date, Some(text), _) => Some(format!("date \"{text}\"")),
            (Type::Words | Type::WordsOf(_), Some(text), _) => {
                let list = one.0.chain().and_then(shown)?;
                Some(format!("table.find({list}, \"{text}\")"))
            }
            (Type::Bool, Some("yes" | "是" | "true"), _) => Some("true".to_owned()),
            (Type::Bool, Some("no" | "否" | "false"), _) => Some("false".to_owned()),
            (Type::Date | Type::Span, _, Some(number)) => {
                Some(format!("{number} * days"))
            }
            _ => None,
        }
    });
    match found {
        Some(plain) => Say::new(format!(":应写 {plain}"), format!(": write {plain}")),
        None => Say::new("", ""),
    }
}

fn is_number(text: &str) -> bool {
    let digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    !whole.is_empty() && digits(whole) && digits(part)
}

/// A name with its fields, as it is written.
fn shown(chain: &tree::Chain) -> Option<String> {
    let mut shown = chain.name()?.to_owned();
    for link in &chain.links {
        let Link::Field(word) = link else { return None };
        shown.push('.');
        shown.push_str(&word.text);
    }
    Some(shown)
}

/// What is compared in the last comparison of a condition, and how.
fn compared_last(condition: &Expr) -> Option<(String, &'static str)> {
    match &condition.kind {
        Kind::Binary(left, sign, _) if is_comparison(sign) => {
            Some((left.chain().and_then(shown)?, sign))
        }
        Kind::Binary(left, "and" | "or", right) => {
            compared_last(right).or_else(|| compared_last(left))
        }
        _ => None,
    }
}

/// The name and the word of `name == "word"`.
fn compared_with<'t>(condition: &'t Expr, wanted: &str) -> Option<(String, &'t str)> {
    match &condition.kind {
        Kind::Binary(left, sign, right) if *sign == wanted => {
            Some((left.chain().and_then(shown)?, right.text()?))
        }
        _ => None,
    }
}

/// The parts of a condition that one operator joins.
fn leaves<'t>(condition: &'t Expr, operator: &str, found: &mut Vec<&'t Expr>) {
    match &condition.kind {
        Kind::Binary(left, sign, right) if *sign == operator => {
            leaves(left, operator, found);
            leaves(right, operator, found);
        }
        _ => found.push(condition),
    }
}
