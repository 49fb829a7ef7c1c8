//! Reading a template with a proof reader's eye (校样): what it is, whether its
//! braces are braces, whether a debtor would read what was never meant for them,
//! and whether a text comes of it at all.

use domain::components::Components;
use domain::facts::CaseFacts;
use domain::ids::{CaseId, PartyId};
use domain::manifest::Act;
use domain::money::Fen;
use domain::order::Recipient;
use domain::party::{GuaranteeKind, Person, Role};
use domain::say::Say;
use jiff::civil::date;
use minijinja::{Environment, Error, ErrorKind};
use site::config::Config;
use store::letter_facts::LetterFacts;

use super::brackets::{self, Doubt, TAG};
use super::tags::{self, Slip};
use super::{About, Institution, LONGEST, TemplateFault, context, heading};

/// The words of the first line: Chinese, English, what the template is.
pub(super) const KINDS: [(&str, &str, Act); 2] =
    [("催收", "demand", Act::Demand), ("告知", "notice", Act::Notice)];

/// A template's file, taken apart.
pub(super) struct Draft<'t> {
    /// What the text is, as its first line says; a demand when it says nothing.
    pub(super) act: Act,
    /// The text below the first line.
    pub(super) body: &'t str,
    /// Lines before the text.
    pub(super) skipped: u32,
}

/// Takes the first line off: `性质:告知` or `act: notice`.
pub(super) fn read<'t>(
    name: &str,
    text: &'t str,
    faults: &mut Vec<TemplateFault>,
) -> Draft<'t> {
    let text = text.trim_start_matches('\u{feff}');
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let Some(word) = kind_word(first) else {
        return Draft { act: Act::Demand, body: text, skipped: 0 };
    };
    let found = KINDS.iter().find(|kind| kind.0 == word || kind.1 == word);
    if found.is_none() {
        faults.push(TemplateFault::new(
            name,
            (1, 1),
            "第一行的性质应为 “性质:催收” 或 “性质:告知”",
            "the first line says `act: demand` or `act: notice`",
        ));
    }
    Draft { act: found.map_or(Act::Demand, |it| it.2), body: rest, skipped: 1 }
}

fn kind_word(line: &str) -> Option<&str> {
    let line = line.trim();
    let rest = line.strip_prefix("性质").or_else(|| line.strip_prefix("act"))?;
    let rest = rest.trim_start();
    Some(rest.strip_prefix(':').or_else(|| rest.strip_prefix('：'))?.trim())
}

impl Draft<'_> {
    /// The line and column of the file, from 1, of a byte of the body.
    fn place(&self, byte: usize) -> (u32, u32) {
        let before = self.body.get(..byte).unwrap_or(self.body);
        let start = before.rfind('\n').map_or(0, |it| it + 1);
        let line = small(before.matches('\n').count() + 1) + self.skipped;
        (line, small(before[start..].chars().count() + 1))
    }

    /// The line and column of the file, from 1, of a line and column of the body,
    /// from 0.
    fn at(&self, line: usize, col: usize) -> (u32, u32) {
        (small(line + 1) + self.skipped, small(col + 1))
    }

    fn fault(&self, name: &str, (byte, Say { zh, en }): Slip) -> TemplateFault {
        TemplateFault::new(name, self.place(byte), zh, en)
    }
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Finds what a debtor would read and nobody meant for them: braces, a stray
/// first line, words in quotes, placeholders in other brackets.
pub(super) fn printed(name: &str, draft: &Draft<'_>) -> Option<TemplateFault> {
    let plain = without_tags(draft.body);
    braces(name, &plain, draft)
        .or_else(|| stray_heading(name, draft))
        .or_else(|| tags::printed(draft.body).map(|printed| draft.fault(name, printed)))
        .or_else(|| placeholder(name, &plain, draft))
}

/// Finds braces that a debtor would read: single ones, and full-width ones.
fn braces(name: &str, plain: &str, draft: &Draft<'_>) -> Option<TemplateFault> {
    let is_brace = |it: char| "{}｛｝".contains(it);
    let (line, col) = plain
        .lines()
        .enumerate()
        .find_map(|(index, line)| Some((index, line.chars().position(is_brace)?)))?;
    Some(TemplateFault::new(
        name,
        draft.at(line, col),
        "花括号会原样印在信上:应为半角、成对,如 {{ 客户 }}",
        "this brace would be printed: write half-width pairs, as {{ name }}",
    ))
}

/// Finds a line that was meant to say what the text is and does not.
fn stray_heading(name: &str, draft: &Draft<'_>) -> Option<TemplateFault> {
    let line = heading::stray(draft.body, draft.skipped == 0)?;
    Some(TemplateFault::new(
        name,
        draft.at(line, 0),
        "这一行像是写性质的首行,但会当作正文(本模板按催收审查):性质只写在文件第一行,\
         照写 “性质:催收” 或 “性质:告知”,前面不留空行",
        "this line looks like the one that says what the text is, and would be part of it (a \
         demand it is now): that stands in the first line of the file, as `act: demand` or \
         `act: notice`, with no empty line before it",
    ))
}

/// Finds what stands in other brackets as if it were filled in.
fn placeholder(name: &str, plain: &str, draft: &Draft<'_>) -> Option<TemplateFault> {
    let tags = tags::tags(draft.body);
    let found = plain.lines().enumerate().filter_map(|(index, line)| {
        let word = |col: usize| {
            let place = draft.at(index, col);
            let tag = tags.iter().find(|tag| draft.place(tag.start) == place)?;
            tag.word().map(str::to_owned)
        };
        let (col, text, doubt) = brackets::in_line(line, word)?;
        Some((doubt, index, col, text))
    });
    let (doubt, line, col, text) = found.min_by_key(|it| (it.0, it.1))?;
    let at = draft.at(line, col);
    Some(match doubt {
        Doubt::Sure => TemplateFault::new(
            name,
            at,
            format!(
                "“{text}” 会原样印给客户:要填入的内容写在双花括号里,如 {{{{ 客户 }}}}"
            ),
            format!(
                "`{text}` would be printed as it stands: what is filled in stands in double \
                 braces, as {{{{ name }}}}"
            ),
        ),
        Doubt::Likely => TemplateFault {
            is_doubt: true,
            ..TemplateFault::new(
                name,
                at,
                format!(
                    "“{text}” 会原样印给客户;如果这里要填入案件上的内容,应写在双花括号里,\
                     如 {{{{ 客户 }}}}"
                ),
                format!(
                    "`{text}` is printed as it stands; if a fact of the case belongs here, write \
                     it in double braces, as {{{{ name }}}}"
                ),
            )
        },
    })
}

/// The text with every well-formed tag blanked, so that places stay the same.
fn without_tags(body: &str) -> String {
    let mut plain = String::with_capacity(body.len());
    let mut from = 0;
    for tag in tags::tags(body) {
        plain.push_str(&body[from..tag.start]);
        let blank = |it: char| if it == '\n' { '\n' } else { TAG };
        plain.extend(body[tag.start..tag.end].chars().map(blank));
        from = tag.end;
    }
    plain.push_str(&body[from..]);
    plain
}

/// Renders a template for two made-up cases, early and late; the fault that
/// comes up, or that nothing comes of it.
pub(super) fn trial(
    environment: &Environment<'_>,
    name: &str,
    draft: &Draft<'_>,
) -> Option<TemplateFault> {
    let template = environment.get_template(name).ok()?;
    let (loan, somebody) = (loan(), somebody());
    let institution = Institution::of(&Config::default());
    for days in [5, 400] {
        let facts = made_up(days);
        let about = About { facts: &facts, loan: &loan, to: Some(&somebody) };
        match template.render(context(about, &institution)) {
            Err(error) => return Some(of_engine(name, &error, draft)),
            Ok(text) if text.trim().is_empty() => {
                return Some(TemplateFault::new(
                    name,
                    (1 + draft.skipped, 1),
                    "模板没有文字:请写上正文,不用的请删除文件",
                    "the template has no text: write one, or delete the file",
                ));
            }
            Ok(text) if LONGEST < text.chars().count() => {
                return Some(TemplateFault::new(
                    name,
                    (1 + draft.skipped, 1),
                    format!("排出的文字超过 {LONGEST} 字:请缩短"),
                    format!("the text is longer than {LONGEST} characters: shorten it"),
                ));
            }
            Ok(text) if text.contains(['{', '}', '｛', '｝']) => {
                return Some(TemplateFault::new(
                    name,
                    (1 + draft.skipped, 1),
                    "排出的文字里有花括号,会原样印给客户:请去掉",
                    "the text that comes of it has braces, which would be printed: take them out",
                ));
            }
            Ok(_) => {}
        }
    }
    None
}

/// What the template engine says, for people. Its own words are English, so that
/// only a reader of English is shown them.
pub(super) fn of_engine(name: &str, error: &Error, draft: &Draft<'_>) -> TemplateFault {
    if error.kind() == ErrorKind::SyntaxError
        && let Some(slip) = tags::unreadable(draft.body)
    {
        return draft.fault(name, slip);
    }
    let line = error.line().and_then(|line| u32::try_from(line).ok()).unwrap_or(1);
    let range = error.range();
    let start = range.as_ref().map(|range| draft.place(range.start));
    let quoted = range.and_then(|range| draft.body.get(range)).map(str::trim);
    let quoted =
        quoted.filter(|quoted| !quoted.is_empty() && quoted.chars().count() <= 40);
    let zh_quoted = quoted.map_or_else(String::new, |it| format!("(“{it}”)"));
    let detail = error.detail().unwrap_or_default();
    let (zh, en) = match error.kind() {
        ErrorKind::UnknownFilter
        | ErrorKind::UnknownTest
        | ErrorKind::UnknownFunction => (
            "模板里有不认识的写法;要给替代文字应写 default(\"替代文字\")",
            "the template uses an unknown word; a substitute is default(\"text\")",
        ),
        ErrorKind::SyntaxError => (
            "模板格式错误:花括号里只写内容的名字,如 {{ 客户 }};{% if … %} 要有 {% endif %}",
            "malformed template: braces hold a name, as {{ name }}; {% if … %} needs {% endif %}",
        ),
        ErrorKind::OutOfFuel => (
            "模板排版步数过多,已停止:请去掉循环",
            "the template takes too many steps: take the loops out",
        ),
        ErrorKind::InvalidOperation => (
            "模板试排失败:这里的写法用不了;金额和日期在模板里是文字,不能计算或取整",
            "the template cannot be rendered: amounts and dates are words here, and cannot be \
             reckoned with or rounded",
        ),
        _ => (
            "模板试排失败:这里的写法排不出文字,请改成 {{ 客户 }} 这样的写法",
            "the template cannot be rendered",
        ),
    };
    // The engine counts lines of what it read, and knows a column now and then.
    let line = line.saturating_add(draft.skipped);
    let col = start.filter(|start| start.0 == line).map_or(1, |it| it.1);
    let at = (line, col);
    let en = if detail.is_empty() { en.to_owned() } else { format!("{en} ({detail})") };
    TemplateFault::new(name, at, format!("{zh}{zh_quoted}"), en)
}

fn somebody() -> Recipient {
    Recipient {
        id: PartyId(1),
        role: Role::Borrower,
        name: "示例甲".to_owned(),
        phone: None,
        wechat: None,
        address: None,
        village: None,
        guarantee: Some(GuaranteeKind::Joint),
    }
}

/// What letters say of a made-up loan of which everything is known; its parts make up
/// what is overdue of [`made_up`].
pub(super) fn loan() -> LetterFacts {
    let parts = Components {
        principal: Fen(40_000),
        interest: Fen(9_000),
        penalty: Fen(1_000),
        cost: Fen(0),
    };
    LetterFacts {
        borrower: Some("示例甲".to_owned()),
        contract_no: Some("示例借字第 1".to_owned()),
        contract_on: Some(date(2023, 5, 4)),
        opened_on: Some(date(2023, 5, 6)),
        parts: Some(parts),
        last_payment: Some(Fen(10_000)),
        absent_on: Some(date(2026, 3, 5)),
        complaint: Some(1),
    }
}

/// A made-up case of which everything is known, so many days past due.
pub(super) fn made_up(days: u32) -> CaseFacts {
    let today = date(2026, 3, 6);
    CaseFacts {
        id: CaseId(1),
        case_no: "QS-1".to_owned(),
        org: "示例社".to_owned(),
        village: Some("示例村".to_owned()),
        product: Some("示例贷款".to_owned()),
        collector: Some("示例乙".to_owned()),
        principal: Fen(1_000_000),
        balance: Fen(900_000),
        overdue: Fen(50_000),
        owed: Some(Components {
            principal: Fen(40_000),
            interest: Fen(9_000),
            penalty: Fen(1_000),
            cost: Fen(0),
        }),
        paid: Fen(100_000),
        oldest_unpaid_on: Some(today),
        days_past_due: days,
        next_due_on: today.tomorrow().ok(),
        next_due_amount: Some(Fen(50_000)),
        last_payment_on: Some(today),
        promise_due_on: Some(today),
        promises: 0,
        broken_share: 0,
        paid_lately: Fen(0),
        broken_promises: 0,
        kept_promises: 0,
        contacts: 0,
        failed_contacts: 0,
        last_contact_on: Some(today),
        visits: 0,
        cause: Some("oversight".to_owned()),
        debtor_type: Some("evasive".to_owned()),
        holds: Vec::new(),
        limitation_ends_on: Some(today),
        court_stage: None,
        claim: Some(Fen(50_000)),
        debtor: Some(person(Role::Borrower)),
        others: vec![person(Role::Guarantor)],
        today,
    }
}

fn person(role: Role) -> Person {
    Person {
        id: PartyId(1),
        role,
        deceased_on: None,
        has_phone: true,
        has_wechat: true,
        has_address: true,
        failed_attempts: 0,
        guarantee: Some(GuaranteeKind::Joint),
        guarantee_ends_on: Some(date(2026, 9, 6)),
        guarantee_held_on: None,
        limitation_ends_on: None,
    }
}
