//! Reading a template with a proof reader's eye (校样): what it is, whether its
//! braces are braces, and whether a text comes of it at all.

use domain::facts::CaseFacts;
use domain::ids::{CaseId, PartyId};
use domain::manifest::Act;
use domain::money::Fen;
use domain::order::Recipient;
use domain::party::{GuaranteeKind, Person, Role};
use jiff::civil::date;
use minijinja::{Environment, Error, ErrorKind};

use super::{LONGEST, TemplateFault, context};

/// The words of the first line: Chinese, English, what the template is.
const KINDS: [(&str, &str, Act); 2] =
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
    let found = KINDS.iter().find(|it| it.0 == word || it.1 == word);
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

/// Finds braces that a debtor would read: single ones, and full-width ones.
pub(super) fn braces(name: &str, draft: &Draft<'_>) -> Option<TemplateFault> {
    let plain = without_tags(draft.body);
    for (index, line) in plain.lines().enumerate() {
        let Some(col) = line.chars().position(|it| "{}｛｝".contains(it)) else {
            continue;
        };
        let line = u32::try_from(index + 1).unwrap_or(0) + draft.skipped;
        let at = (line, u32::try_from(col + 1).unwrap_or(1));
        return Some(TemplateFault::new(
            name,
            at,
            "花括号会原样印在信上:应为半角、成对,如 {{ 客户 }}",
            "this brace would be printed: write half-width pairs, as {{ name }}",
        ));
    }
    None
}

/// The text with every well-formed tag blanked, so that places stay the same.
fn without_tags(body: &str) -> String {
    let mut plain = String::with_capacity(body.len());
    let mut rest = body;
    loop {
        let opening = ["{{", "{%", "{#"].iter().filter_map(|it| rest.find(it)).min();
        let Some(start) = opening else { break };
        let closing = match rest.as_bytes().get(start + 1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            _ => "#}",
        };
        let Some(end) = rest[start..].find(closing).map(|it| start + it + 2) else {
            break;
        };
        plain.push_str(&rest[..start]);
        let blank = |it: char| if it == '\n' { '\n' } else { ' ' };
        plain.extend(rest[start..end].chars().map(blank));
        rest = &rest[end..];
    }
    plain.push_str(rest);
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
    for days in [5, 400] {
        match template.render(context(&made_up(days), Some(&somebody()), "示例社")) {
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
            Ok(_) => {}
        }
    }
    None
}

/// What the template engine says, for people.
pub(super) fn of_engine(name: &str, error: &Error, draft: &Draft<'_>) -> TemplateFault {
    let line = error.line().and_then(|it| u32::try_from(it).ok()).unwrap_or(1);
    let start = error.range().map(|it| it.start).and_then(|it| draft.body.get(..it));
    let col =
        start.map_or(1, |it| it.chars().rev().take_while(|it| *it != '\n').count() + 1);
    let detail = error.detail().unwrap_or_default();
    let (zh, en) = match error.kind() {
        ErrorKind::UnknownFilter
        | ErrorKind::UnknownTest
        | ErrorKind::UnknownFunction => (
            "模板里有不认识的写法;要给替代文字应写 default(\"替代文字\")",
            "the template uses an unknown word; a substitute is default(\"text\")",
        ),
        ErrorKind::SyntaxError => (
            "模板格式错误:花括号应成对,如 {{ 客户 }}",
            "malformed template: braces come in pairs, as {{ name }}",
        ),
        ErrorKind::OutOfFuel => (
            "模板排版步数过多,已停止:请去掉循环",
            "the template takes too many steps: take the loops out",
        ),
        _ => ("模板试排失败", "the template cannot be rendered"),
    };
    let at = (line + draft.skipped, u32::try_from(col).unwrap_or(1));
    TemplateFault::new(name, at, format!("{zh}({detail})"), format!("{en} ({detail})"))
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
        guarantee: None,
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
        paid: Fen(100_000),
        oldest_unpaid_on: Some(today),
        days_past_due: days,
        next_due_on: today.tomorrow().ok(),
        next_due_amount: Some(Fen(50_000)),
        last_payment_on: Some(today),
        promise_due_on: Some(today),
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
    }
}
