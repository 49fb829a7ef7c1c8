//! Message templates (模板): from `templates/remind_1.txt` to the text a debtor reads.
//!
//! A template names facts in double braces, in Chinese or English:
//! `{{ 客户 }}`, `{{ 逾期金额 }}`. Naming anything else is an error when the folder
//! is checked, not when the message should leave. Its first line may say what
//! it is, `性质:告知` or `性质:催收`; a template that says nothing is a demand, and so is
//! one that asks for money, whatever it says.

mod brackets;
mod harsh;
mod heading;
mod proof;
mod said;
mod tags;
mod tone;
mod used;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use domain::facts::CaseFacts;
use domain::manifest::Act;
use domain::money::Fen;
use domain::say::Say;
use domain::tongues::both;
use minijinja::value::Value;
use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use script::progress;
use site::config::Config;

pub use self::harsh::{amounts_on_telephones, lacking, named, threatening};
pub use self::said::{Said, Truth};
pub use self::tone::disguised;
pub use self::used::texts;
pub use self::words::{About, WORDS, page};
use self::words::{Institution, context, value};

/// Steps of the template engine, and 64 bytes of what it makes, that one text
/// may take; a letter takes some hundred.
const FUEL: u64 = 20_000;
/// Characters of the longest text.
const LONGEST: usize = 5_000;

/// The words that state the overdue amount, whole or in parts.
const OVERDUE: &[(&str, &str)] = &[
    ("逾期金额", "overdue"),
    ("逾期金额大写", "overdue_in_words"),
    ("逾期构成", "overdue_parts"),
    ("逾期本金", "overdue_principal"),
    ("逾期利息", "overdue_interest"),
    ("逾期罚息", "overdue_penalty"),
    ("逾期费用", "overdue_cost"),
];
/// Those that state the balance.
const BALANCE: &[(&str, &str)] = &[("余额", "balance"), ("余额大写", "balance_in_words")];

/// The templates of a release, ready to render.
#[derive(Clone)]
pub struct Letters {
    environment: Environment<'static>,
    words: BTreeMap<String, BTreeSet<String>>,
    acts: BTreeMap<String, Act>,
    /// Lines of the file before the text.
    skipped: BTreeMap<String, u32>,
    /// A mark of each wording.
    wordings: BTreeMap<String, String>,
    institution: Institution,
}

/// A rendered text and what it states.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    /// What the recipient reads.
    pub text: String,
    /// The amount it states, which must still be true at hand-over.
    pub states: Option<Stated>,
    /// All that it says of the case, to be compared at hand-over.
    pub said: Said,
}

/// A made-up case of which everything is known, to try texts and conditions on.
pub fn made_up_case() -> CaseFacts {
    proof::made_up(5)
}

/// An amount that a text states.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stated {
    /// The overdue amount.
    Overdue(Fen),
    /// The balance.
    Balance(Fen),
    /// The overdue amount, and the balance as well.
    Both(Fen, Fen),
    /// What falls due next, and neither of these.
    NextDue(Fen),
}

impl Stated {
    /// The field it was taken from.
    pub fn field(self) -> &'static str {
        match self {
            Self::Overdue(_) => "overdue",
            Self::Balance(_) => "balance",
            Self::Both(..) => "both",
            Self::NextDue(_) => "next_due",
        }
    }

    /// The amount; the overdue one when both are stated.
    pub fn amount(self) -> Fen {
        match self {
            Self::Overdue(amount)
            | Self::Balance(amount)
            | Self::Both(amount, _)
            | Self::NextDue(amount) => amount,
        }
    }

    /// The balance, when it is stated besides the overdue amount.
    pub fn balance_too(self) -> Option<Fen> {
        match self {
            Self::Both(_, balance) => Some(balance),
            Self::Overdue(_) | Self::Balance(_) | Self::NextDue(_) => None,
        }
    }
}

/// A fault in a template.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TemplateFault {
    /// The template's name.
    pub template: String,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub col: u32,
    /// An unknown word, or `None` for any other fault.
    pub unknown: Option<String>,
    /// Whether the text may be meant so: the template goes live with it.
    pub is_doubt: bool,
    /// What is wrong and what to do.
    pub say: Say,
}

impl TemplateFault {
    fn new(
        template: &str,
        (line, col): (u32, u32),
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        let template = template.to_owned();
        let say = Say::new(zh, en);
        Self { template, line, col, unknown: None, is_doubt: false, say }
    }
}

impl Letters {
    /// Reads templates by name, with every fault in any of them.
    pub fn new(templates: &BTreeMap<String, String>) -> (Self, Vec<TemplateFault>) {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        let (mut words, mut acts) = (BTreeMap::new(), BTreeMap::new());
        let (mut wordings, mut skipped) = (BTreeMap::new(), BTreeMap::new());
        let mut faults = Vec::new();
        for (name, text) in templates {
            let file = format!("templates/{name}.txt");
            let _in_hand = progress::begin(&file);
            let draft = proof::read(name, text, &mut faults);
            let body = draft.body.to_owned();
            let asks = draft.act == Act::Notice && tone::is_demand(&body);
            acts.insert(name.clone(), if asks { Act::Demand } else { draft.act });
            wordings.insert(name.clone(), said::mark(text));
            skipped.insert(name.clone(), draft.skipped);
            if let Err(error) = environment.add_template_owned(name.clone(), body) {
                faults.push(proof::of_engine(name, &error, &draft));
                continue;
            }
            let used = used_words(&environment, name);
            let unknown = unknown_words(name, text, &used);
            // An unknown word would only be told a second time.
            let other = if unknown.is_empty() {
                let printed = proof::printed(name, &draft);
                let sure = printed.as_ref().is_some_and(|printed| !printed.is_doubt);
                let trial = || proof::trial(&environment, name, &draft);
                (!sure).then(trial).flatten().or(printed)
            } else {
                None
            };
            faults.extend(unknown.into_iter().chain(other));
            words.insert(name.clone(), used);
        }
        let institution = Institution::of(&Config::default());
        (Self { environment, words, acts, skipped, wordings, institution }, faults)
    }

    /// For the house of these settings: its name stands where a case names no lender,
    /// its telephone and address where a text tells whom to ask.
    #[must_use]
    pub fn of(self, config: &Config) -> Self {
        Self { institution: Institution::of(config), ..self }
    }

    /// What a template is, as its first line says; what nobody has declared is
    /// a demand, and what asks for money is one whatever it is declared to be.
    pub fn act(&self, template: &str) -> Act {
        self.acts.get(template).copied().unwrap_or(Act::Demand)
    }

    /// What a template is with the text that has become of it for one person: what was
    /// put together from pieces may ask for what none of them does.
    pub fn act_of(&self, template: &str, text: Option<&str>) -> Act {
        match self.act(template) {
            Act::Notice if text.is_some_and(tone::is_demand) => Act::Demand,
            act => act,
        }
    }

    /// Renders one template for one person.
    ///
    /// # Errors
    ///
    /// A sentence in both languages, without personal data: no such template, or a fact it names
    /// is missing on this case.
    pub fn render(&self, template: &str, about: About<'_>) -> Result<Letter, String> {
        let found = self.environment.get_template(template).map_err(|_| {
            both(&format!("没有模板 `{template}`"), &format!("no template `{template}`"))
        })?;
        let values = context(about, &self.institution);
        let text = found
            .render(values.clone())
            .map_err(|error| self.unmade(template, found.source(), &error, &values))?;
        if LONGEST < text.chars().count() {
            return Err(too_long(template));
        }
        let said = self.said(template, about);
        Ok(Letter { text, states: self.stated(template, about.facts), said })
    }

    fn stated(&self, template: &str, facts: &CaseFacts) -> Option<Stated> {
        let words = self.words.get(template)?;
        let usage = |zh: &str, en: &str| words.contains(zh) || words.contains(en);
        let overdue = OVERDUE.iter().any(|it| usage(it.0, it.1)).then_some(facts.overdue);
        let balance = BALANCE.iter().any(|it| usage(it.0, it.1)).then_some(facts.balance);
        match (overdue, balance) {
            (Some(overdue), Some(balance)) => Some(Stated::Both(overdue, balance)),
            (Some(overdue), None) => Some(Stated::Overdue(overdue)),
            (None, Some(balance)) => Some(Stated::Balance(balance)),
            (None, None) => {
                let next = facts.next_due_amount.map(Stated::NextDue);
                next.filter(|_| usage("下期应还金额", "next_due_amount"))
            }
        }
    }
}

impl Letters {
    /// Why a text could not be made: which words the case lacks, never a value.
    fn unmade(
        &self,
        template: &str,
        source: &str,
        error: &minijinja::Error,
        values: &Value,
    ) -> String {
        let skipped = self.skipped.get(template).copied().unwrap_or(0);
        let skipped = usize::try_from(skipped).unwrap_or(0);
        let line = error.line().map_or(0, |it| it + skipped);
        if error.kind() == ErrorKind::OutOfFuel {
            return both(
                &format!("模板 `{template}` 第 {line} 行排版步数过多,已停止:请去掉循环"),
                &format!(
                    "template `{template}`, line {line}: too many steps, stopped: take the \
                     loops out"
                ),
            );
        }
        let lacks =
            |word: &&str| values.get_attr(word).is_ok_and(|attr| attr.is_undefined());
        let of_line =
            error.line().and_then(|line| source.lines().nth(line.saturating_sub(1)));
        let used = |text: &str| -> Vec<&str> {
            let words = self.words.get(template).into_iter().flatten();
            words
                .map(String::as_str)
                .filter(|it| text.contains(it))
                .filter(lacks)
                .collect()
        };
        // What a tag names over several lines stands in none of them alone.
        let missing = of_line.map(used).filter(|it| !it.is_empty());
        let missing = missing.unwrap_or_else(|| used(source));
        let Some(first) = missing.first() else {
            return both(
                &format!(
                    "模板 `{template}` 第 {line} 行对本案排不出文字:请检查这一行的写法"
                ),
                &format!(
                    "template `{template}`, line {line} makes no text for this case: look at \
                     what stands there"
                ),
            );
        };
        let quoted: Vec<String> = missing.iter().map(|it| format!("“{it}”")).collect();
        both(
            &format!(
                "模板 `{template}` 第 {line} 行要写{},本案没有:请在案件上补上,或在模板里给替代文字,\
                 如 {{{{ {first} | default(\"…\") }}}}",
                quoted.join("、")
            ),
            &format!(
                "template `{template}`, line {line} names what this case lacks, {}: complete the \
                 case, or give a substitute, as {{{{ {first} | default(\"…\") }}}}",
                quoted.join(", ")
            ),
        )
    }

    /// What a template prints for a word that a case lacks: its substitute.
    fn substitute(&self, template: &str, words: [&str; 2], values: &Value) -> String {
        let Ok(found) = self.environment.get_template(template) else {
            return String::new();
        };
        let source = found.source();
        let tags = tags::tags(source);
        let tag =
            tags.iter().find(|tag| tag.word().is_some_and(|word| words.contains(&word)));
        let text = tag.and_then(|tag| source.get(tag.start..tag.end));
        let printed = text.map(|text| self.environment.render_str(text, values));
        printed.and_then(Result::ok).unwrap_or_default()
    }
}

fn too_long(template: &str) -> String {
    both(
        &format!("模板 `{template}` 排出的文字超过 {LONGEST} 字"),
        &format!("the text of template `{template}` is longer than {LONGEST} characters"),
    )
}

fn used_words(environment: &Environment<'_>, name: &str) -> BTreeSet<String> {
    environment
        .get_template(name)
        .map(|template| template.undeclared_variables(false).into_iter().collect())
        .unwrap_or_default()
}

fn unknown_words(name: &str, text: &str, used: &BTreeSet<String>) -> Vec<TemplateFault> {
    used.iter()
        .filter(|word| !WORDS.iter().any(|it| it.0 == *word || it.1 == *word))
        .map(|word| {
            let words = |which: fn(&(&'static str, &'static str)) -> &'static str| {
                WORDS.iter().map(|word| which(&(word.0, word.1))).collect::<Vec<_>>()
            };
            let (chinese, english) = (words(|it| it.0), words(|it| it.1));
            let zh = format!("模板里没有 “{word}” 这个内容;可用 {}", chinese.join("、"));
            let en = format!(
                "a template cannot name `{word}`; there are {}",
                english.join(", ")
            );
            let fault = TemplateFault::new(name, place_of(text, word), zh, en);
            TemplateFault { unknown: Some(word.clone()), ..fault }
        })
        .collect()
}

/// Where a word stands inside braces, else where it stands first.
fn place_of(text: &str, word: &str) -> (u32, u32) {
    let place = |line: &str| {
        let tag = line.find("{{").or_else(|| line.find("{%"))?;
        let at = tag + line[tag..].find(word)?;
        Some(line[..at].chars().count() + 1)
    };
    let found = text.lines().enumerate().find_map(|(n, it)| Some((n + 1, place(it)?)));
    let (line, col) = found.unwrap_or((1, 1));
    (u32::try_from(line).unwrap_or(1), u32::try_from(col).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use domain::ids::{CaseId, PartyId};
    use domain::order::Recipient;
    use domain::party::Role;
    use jiff::civil::date;

    use store::letter_facts::LetterFacts;

    use super::*;

    static NOTHING: LetterFacts = LetterFacts {
        borrower: None,
        contract_no: None,
        contract_on: None,
        opened_on: None,
        parts: None,
        last_payment: None,
        absent_on: None,
        complaint: None,
    };

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
            owed: None,
            paid: Fen(100_000),
            oldest_unpaid_on: Some(date(2026, 3, 1)),
            days_past_due: 5,
            next_due_on: None,
            next_due_amount: None,
            last_payment_on: None,
            promise_due_on: None,
            promises: 0,
            broken_share: 0,
            paid_lately: Fen(0),
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
            court_stage: None,
            claim: None,
            debtor: None,
            others: Vec::new(),
            today: date(2026, 3, 6),
        }
    }

    fn letters(text: &str) -> (Letters, Vec<TemplateFault>) {
        Letters::new(&BTreeMap::from([("t".to_owned(), text.to_owned())]))
    }

    fn about<'a>(facts: &'a CaseFacts, to: Option<&'a Recipient>) -> About<'a> {
        About { facts, loan: &NOTHING, to }
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
        let letter = letters.render("t", about(&facts(), Some(&to()))).unwrap();
        assert_eq!(letter.text, "示例甲,QS-1 逾期 5 天,500.00 元");
        assert_eq!(letter.states, Some(Stated::Overdue(Fen(50_000))));
    }

    #[test]
    fn a_word_that_is_missing_on_the_case_is_an_error_without_names() {
        let (letters, _) = letters("{{ 承诺还款日 }}");
        let error = letters.render("t", about(&facts(), Some(&to()))).unwrap_err();
        assert!(error.contains("`t`") && !error.contains("示例甲"), "{error}");
    }

    #[test]
    fn a_case_that_stops_is_told_which_word_it_lacks_in_which_line_of_the_file() {
        let table = [
            ("性质:催收\n您好\n{{ 信贷员 }}", "第 3 行要写“信贷员”,本案没有", "line 3"),
            (
                "{{ 信贷员 }} {{ 承诺还款日 }}",
                "第 1 行要写“信贷员”、“承诺还款日”,",
                "line 1",
            ),
            ("{{ collector }}", "第 1 行要写“collector”", "{{ collector | default("),
            (
                "{{ 信贷员 | default(\"x\") }}{{\n承诺还款日 }}",
                "“承诺还款日”",
                "“承诺还款日”",
            ),
        ];
        for (text, zh, en) in table {
            let (letters, faults) = letters(text);
            assert_eq!(faults, [], "{text}");
            let told = letters.render("t", about(&facts(), Some(&to()))).unwrap_err();
            assert!(told.contains(zh) && told.contains(en), "{text}: {told}");
        }
    }

    #[test]
    fn an_empty_text_of_a_case_counts_as_absent() {
        let words = [("客户", "name"), ("信贷员", "collector"), ("贷款编号", "case_no")];
        for empty in ["", " ", "\u{3000}", "\u{200b}"] {
            let facts = CaseFacts {
                case_no: empty.to_owned(),
                collector: Some(empty.to_owned()),
                ..facts()
            };
            let to = Recipient { name: empty.to_owned(), ..to() };
            for word in words.into_iter().flat_map(|word| [word.0, word.1]) {
                let plain = format!("您好 {{{{ {word} }}}}");
                let told =
                    letters(&plain).0.render("t", about(&facts, Some(&to))).unwrap_err();
                assert!(told.contains(&format!("“{word}”")), "{empty:?}: {told}");
                let kind = format!("{{{{ {word} | default(\"贵户\") }}}},您好");
                let (letters, _) = letters(&kind);
                let letter = letters.render("t", about(&facts, Some(&to))).unwrap();
                assert_eq!(letter.text, "贵户,您好", "{word} {empty:?}");
                // A gateway that keeps the wording gets the same words.
                let filled = letters.words_of("t", about(&facts, Some(&to)));
                assert_eq!(filled[word], "贵户", "{word} {empty:?}");
            }
        }
    }

    #[test]
    fn an_unknown_word_and_an_open_brace_are_found_when_the_folder_is_read() {
        let (_, faults) = letters("你好\n{{ 姓名 }}");
        assert_eq!(faults[0].unknown.as_deref(), Some("姓名"));
        assert_eq!((faults[0].line, faults[0].col), (2, 4));
        let (_, faults) = letters("{{ 客户 ");
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].unknown, None);
    }

    #[test]
    fn what_would_stop_a_case_or_be_printed_is_found_when_the_folder_is_read() {
        let table = [
            ("性质:告知\n您好,{{ 客户 | defalt(\"x\") }}", (2, 7), "default"),
            ("", (1, 1), "没有文字"),
            ("性质:催收\n\n", (2, 1), "没有文字"),
            ("您好\n,{ 客户 }", (2, 2), "半角"),
            ("{{ 余额 | round }}", (1, 1), "不能计算或取整"),
            ("您好{% if 逾期天数 > 3 %}{{ 余额 }}", (1, 1), "endif"),
            ("您好,｛｛ 客户 ｝｝", (1, 4), "半角"),
            ("{{ 客户 }} }}", (1, 10), "半角"),
            ("您好{% if 逾期天数 > 90 %}{{ 余额 | x }}{% endif %}", (1, 24), "不认识"),
            ("性质:通告\n您好", (1, 1), "性质:告知"),
            // What another template states would leave without being looked at.
            ("您好\n{% include \"t\" %}", (2, 4), "格式错误"),
            ("{% extends \"t\" %}", (1, 4), "格式错误"),
        ];
        for (text, place, told) in table {
            let (_, faults) = letters(text);
            assert_eq!(faults.len(), 1, "{text}: {faults:?}");
            let fault = &faults[0];
            assert!(fault.say.zh.contains(told), "{text}: {}", fault.say.zh);
            // The engine tells the line; the column only where it knows it.
            assert_eq!(fault.line, place.0, "{text}: {fault:?}");
            if fault.say.zh.contains("半角") {
                assert_eq!(fault.col, place.1, "{text}");
            }
        }
    }

    #[test]
    fn what_asks_for_money_is_a_demand_whatever_its_first_line_says() {
        let table = [
            ("性质:告知\n您好。", Act::Notice, Act::Notice),
            ("性质:告知\n您的贷款限三日内还清。", Act::Demand, Act::Demand),
            ("性质:告知\n应还 {{ 逾期金额 }} 元", Act::Demand, Act::Demand),
            ("性质:告知\n您已{{ \"逾\" ~ \"期\" }}。", Act::Demand, Act::Demand),
        ];
        for (text, by_itself, for_a_person) in table {
            let (letters, _) = letters(text);
            assert_eq!(letters.act("t"), by_itself, "{text}");
            let letter = letters.render("t", about(&facts(), Some(&to()))).unwrap();
            assert_eq!(letters.act_of("t", Some(&letter.text)), for_a_person, "{text}");
        }
    }

    #[test]
    fn a_template_is_a_demand_until_its_first_line_says_otherwise() {
        let table = [
            ("您好", Act::Demand),
            ("性质:催收\n您好", Act::Demand),
            ("性质:告知\n您好", Act::Notice),
            ("性质 ： 告知\r\n您好", Act::Notice),
            ("act: notice\n您好", Act::Notice),
        ];
        for (text, act) in table {
            let (letters, faults) = letters(text);
            assert_eq!(faults, [], "{text}");
            assert_eq!(letters.act("t"), act, "{text}");
            let letter = letters.render("t", about(&facts(), Some(&to()))).unwrap();
            assert_eq!(letter.text, "您好", "{text}");
        }
        assert_eq!(letters("您好").0.act("missing"), Act::Demand);
    }

    #[test]
    fn a_text_that_names_both_amounts_states_both() {
        let (letters, _) = letters("余额 {{ 余额 }},逾期 {{ 逾期金额 }}");
        let letter = letters.render("t", about(&facts(), Some(&to()))).unwrap();
        assert_eq!(letter.states, Some(Stated::Both(Fen(50_000), Fen(900_000))));
    }

    #[test]
    fn the_lender_always_has_a_name() {
        let (letters, _) = letters("{{ 机构 }}");
        let config =
            Config { institution: "示例联社".to_owned(), ..Config::default() };
        let letters = letters.of(&config);
        for (org, lender) in [("示例社", "示例社"), ("", "示例联社"), (" \t", "示例联社")]
        {
            let facts = CaseFacts { org: org.to_owned(), ..facts() };
            let letter = letters.render("t", about(&facts, Some(&to()))).unwrap();
            assert_eq!(letter.text, lender, "{org:?}");
        }
    }

    /// Ten loops in each other, each over ten numbers.
    fn loops() -> String {
        let loops = "{% for i in a %}".repeat(10);
        let ends = "{% endfor %}".repeat(10);
        format!("{{% set a = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] %}}{loops}{ends}您好")
    }

    #[test]
    fn a_template_that_never_ends_is_stopped() {
        let began = std::time::Instant::now();
        let (_, faults) = letters(&loops());
        assert!(
            faults.iter().any(|fault| fault.say.zh.contains("步数过多")),
            "{faults:?}"
        );
        // Hidden from the made-up cases, it is stopped for the case it meets.
        let hidden = format!("{{% if 逾期天数 == 7 %}}{}{{% endif %}}您好", loops());
        let (met, faults) = letters(&hidden);
        assert_eq!(faults, []);
        assert!(met.render("t", about(&facts(), Some(&to()))).is_ok());
        let case = CaseFacts { days_past_due: 7, ..facts() };
        let told = met.render("t", about(&case, Some(&to()))).unwrap_err();
        assert!(told.contains("步数过多"), "{told}");
        assert!(began.elapsed() < std::time::Duration::from_secs(5));
    }

    #[test]
    fn a_text_has_an_end() {
        let (_, faults) = letters(&"您好".repeat(2_501));
        assert!(
            faults.iter().any(|fault| fault.say.zh.contains("5000 字")),
            "{faults:?}"
        );
        assert_eq!(letters(&"您好".repeat(2_500)).1, []);
    }
}
