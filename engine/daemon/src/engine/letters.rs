//! Message templates (模板): from `templates/remind_1.txt` to the text a debtor reads.
//!
//! A template names facts in double braces, in Chinese or English:
//! `{{ 客户 }}`, `{{ 逾期金额 }}`. Naming anything else is an error when the folder
//! is checked, not when the message should leave.

use std::collections::{BTreeMap, BTreeSet};

use domain::facts::CaseFacts;
use domain::money::Fen;
use domain::order::Recipient;
use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior};

/// The words a template may use: Chinese, English, what it becomes.
pub const WORDS: &[(&str, &str, &str)] = &[
    ("客户", "name", "收信人姓名 · the recipient's name"),
    ("贷款编号", "case_no", "贷款编号 · the loan number"),
    ("逾期金额", "overdue", "逾期金额(元) · overdue amount in yuan"),
    ("余额", "balance", "余额(元) · balance in yuan"),
    ("逾期天数", "days_past_due", "逾期天数 · days past due"),
    ("机构", "org", "机构 · the cooperative"),
    ("信贷员", "collector", "信贷员 · the collector"),
    ("承诺还款日", "promise_due_on", "承诺还款日 · the day promised"),
    ("今天", "today", "日期 · today"),
];

/// The templates of a release, ready to render.
#[derive(Clone)]
pub struct Letters {
    environment: Environment<'static>,
    words: BTreeMap<String, BTreeSet<String>>,
}

/// A rendered text and what it states.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    /// What the recipient reads.
    pub text: String,
    /// The amount it states, which must still be true at hand-over.
    pub states: Option<Stated>,
}

/// An amount that a text states.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stated {
    /// The overdue amount.
    Overdue(Fen),
    /// The balance.
    Balance(Fen),
}

impl Stated {
    /// The field it was taken from.
    pub fn field(self) -> &'static str {
        match self {
            Self::Overdue(_) => "overdue",
            Self::Balance(_) => "balance",
        }
    }

    /// The amount.
    pub fn amount(self) -> Fen {
        match self {
            Self::Overdue(amount) | Self::Balance(amount) => amount,
        }
    }
}

/// A fault in a template.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TemplateFault {
    /// The template's name.
    pub template: String,
    /// Line, counted from 1; 0 when it is not known.
    pub line: u32,
    /// An unknown word, or `None` for a fault of form.
    pub unknown: Option<String>,
    /// What the engine said, for a fault of form.
    pub message: String,
}

impl Letters {
    /// Reads templates by name, with every fault in any of them.
    pub fn new(templates: &BTreeMap<String, String>) -> (Self, Vec<TemplateFault>) {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let mut words = BTreeMap::new();
        let mut faults = Vec::new();
        for (name, text) in templates {
            if let Err(error) = environment.add_template_owned(name.clone(), text.clone())
            {
                faults.push(form_fault(name, &error));
                continue;
            }
            let used = used_words(&environment, name);
            faults.extend(unknown_words(name, text, &used));
            words.insert(name.clone(), used);
        }
        (Self { environment, words }, faults)
    }

    /// Renders one template for one person.
    ///
    /// # Errors
    ///
    /// A sentence without personal data: no such template, or a fact it names
    /// is missing on this case.
    pub fn render(
        &self,
        template: &str,
        facts: &CaseFacts,
        to: Option<&Recipient>,
    ) -> Result<Letter, String> {
        let found = self
            .environment
            .get_template(template)
            .map_err(|_| format!("没有模板 `{template}`"))?;
        let text = found.render(context(facts, to)).map_err(|error| {
            // The engine's own words name the expression, never its value.
            let (line, why) =
                (error.line().unwrap_or(0), error.detail().unwrap_or_default());
            format!("模板 `{template}` 第 {line} 行用到的内容在本案缺失:{why}")
        })?;
        Ok(Letter { text, states: self.stated(template, facts) })
    }

    fn stated(&self, template: &str, facts: &CaseFacts) -> Option<Stated> {
        let words = self.words.get(template)?;
        let uses = |zh: &str, en: &str| words.contains(zh) || words.contains(en);
        if uses("逾期金额", "overdue") {
            Some(Stated::Overdue(facts.overdue))
        } else if uses("余额", "balance") {
            Some(Stated::Balance(facts.balance))
        } else {
            None
        }
    }
}

fn form_fault(name: &str, error: &minijinja::Error) -> TemplateFault {
    TemplateFault {
        template: name.to_owned(),
        line: error.line().and_then(|it| u32::try_from(it).ok()).unwrap_or(0),
        unknown: None,
        message: error.detail().unwrap_or("格式错误").to_owned(),
    }
}

fn used_words(environment: &Environment<'_>, name: &str) -> BTreeSet<String> {
    environment
        .get_template(name)
        .map(|it| it.undeclared_variables(false).into_iter().collect())
        .unwrap_or_default()
}

fn unknown_words(name: &str, text: &str, used: &BTreeSet<String>) -> Vec<TemplateFault> {
    used.iter()
        .filter(|word| !WORDS.iter().any(|it| it.0 == *word || it.1 == *word))
        .map(|word| TemplateFault {
            template: name.to_owned(),
            line: line_of(text, word),
            unknown: Some(word.clone()),
            message: String::new(),
        })
        .collect()
}

fn line_of(text: &str, word: &str) -> u32 {
    let at = text.lines().position(|it| it.contains(word));
    at.and_then(|it| u32::try_from(it + 1).ok()).unwrap_or(0)
}

fn context(facts: &CaseFacts, to: Option<&Recipient>) -> Value {
    let mut values: BTreeMap<&'static str, Value> = BTreeMap::new();
    let mut put = |zh: &'static str, en: &'static str, value: Value| {
        values.insert(zh, value.clone());
        values.insert(en, value);
    };
    if let Some(to) = to {
        put("客户", "name", Value::from(to.name.clone()));
    }
    put("贷款编号", "case_no", Value::from(facts.case_no.clone()));
    put("逾期金额", "overdue", Value::from(facts.overdue.to_string()));
    put("余额", "balance", Value::from(facts.balance.to_string()));
    put("逾期天数", "days_past_due", Value::from(facts.days_past_due));
    put("机构", "org", Value::from(facts.org.clone()));
    if let Some(collector) = &facts.collector {
        put("信贷员", "collector", Value::from(collector.clone()));
    }
    if let Some(day) = facts.promise_due_on {
        put("承诺还款日", "promise_due_on", Value::from(chinese_date(day)));
    }
    put("今天", "today", Value::from(chinese_date(facts.today)));
    Value::from_pairs(values)
}

fn chinese_date(day: jiff::civil::Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

#[cfg(test)]
mod tests {
    use domain::ids::{CaseId, PartyId};
    use domain::party::Role;
    use jiff::civil::date;

    use super::*;

    fn facts() -> CaseFacts {
        CaseFacts {
            id: CaseId(1),
            case_no: "QS-1".to_owned(),
            org: "示例社".to_owned(),
            village: None,
            product: None,
            collector: None,
            principal: Fen(1_000_000),
            balance: Fen(900_000),
            overdue: Fen(50_000),
            paid: Fen(100_000),
            oldest_unpaid_on: Some(date(2026, 3, 1)),
            days_past_due: 5,
            last_payment_on: None,
            promise_due_on: None,
            broken_promises: 0,
            kept_promises: 0,
            contacts: 0,
            failed_contacts: 0,
            last_contact_on: None,
            visits: 0,
            cause: None,
            debtor_type: None,
            holds: Vec::new(),
            limitation_ends_on: None,
            debtor: None,
            others: Vec::new(),
            today: date(2026, 3, 6),
        }
    }

    fn letters(text: &str) -> (Letters, Vec<TemplateFault>) {
        Letters::new(&BTreeMap::from([("t".to_owned(), text.to_owned())]))
    }

    fn to() -> Recipient {
        Recipient {
            id: PartyId(7),
            role: Role::Borrower,
            name: "示例甲".to_owned(),
            phone: None,
            wechat: None,
            address: None,
            village: None,
            guarantee: None,
        }
    }

    #[test]
    fn a_template_speaks_chinese_or_english_and_states_its_amount() {
        let (letters, faults) =
            letters("{{ 客户 }},{{ case_no }} 逾期 {{ 逾期天数 }} 天,{{ 逾期金额 }} 元");
        assert_eq!(faults, []);
        let letter = letters.render("t", &facts(), Some(&to())).unwrap();
        assert_eq!(letter.text, "示例甲,QS-1 逾期 5 天,500.00 元");
        assert_eq!(letter.states, Some(Stated::Overdue(Fen(50_000))));
    }

    #[test]
    fn a_word_that_is_missing_on_the_case_is_an_error_without_names() {
        let (letters, _) = letters("{{ 承诺还款日 }}");
        let error = letters.render("t", &facts(), Some(&to())).unwrap_err();
        assert!(error.contains("`t`") && !error.contains("示例甲"), "{error}");
    }

    #[test]
    fn an_unknown_word_and_an_open_brace_are_found_when_the_folder_is_read() {
        let (_, faults) = letters("你好\n{{ 姓名 }}");
        assert_eq!(faults[0].unknown.as_deref(), Some("姓名"));
        assert_eq!(faults[0].line, 2);
        let (_, faults) = letters("{{ 客户 ");
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].unknown, None);
    }
}
