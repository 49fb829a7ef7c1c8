//! The words that a template may use (模板用词): what each stands for on a case.

use domain::components::Components;
use domain::facts::CaseFacts;
use domain::money::Fen;
use domain::order::Recipient;
use domain::party::GuaranteeKind;
use domain::tongues::{chinese, english};
use jiff::civil::Date;
use minijinja::value::Value;
use site::config::Config;
use store::letter_facts::LetterFacts;

use super::brackets;

/// The words a template may use: Chinese, English, what it becomes.
pub const WORDS: &[(&str, &str, &str)] = &[
    ("客户", "name", "收信人姓名 · the recipient's name"),
    (
        "称呼",
        "salutation",
        "收信人的姓加“先生/女士”,短信用 · the recipient's surname and title, for messages",
    ),
    (
        "借款人",
        "borrower",
        "借款人姓名,写给保证人、继承人时用 · the borrower's name, for letters to others",
    ),
    ("贷款编号", "case_no", "贷款编号 · the loan number"),
    (
        "贷款尾号",
        "loan_tail",
        "贷款编号的后四位,短信用 · its last four characters, for messages",
    ),
    (
        "借款合同",
        "contract",
        "借款合同,编号、签订日期或放款日期有什么写什么 · the contract, with its number and day as \
         far as they are known",
    ),
    (
        "合同编号",
        "contract_no",
        "借款合同编号,取自清单 · the contract's number, by the list",
    ),
    (
        "合同日期",
        "contract_on",
        "合同签订日期,取自清单 · the day it was signed, by the list",
    ),
    ("放款日期", "opened_on", "放款日期 · the day the loan was paid out"),
    ("逾期金额", "overdue", "逾期金额(元) · overdue amount in yuan"),
    (
        "逾期金额大写",
        "overdue_in_words",
        "逾期金额,人民币大写并附小写 · the overdue amount in words and figures",
    ),
    (
        "逾期构成",
        "overdue_parts",
        "逾期金额里本金、利息、罚息、费用各多少;银行没有分列,或分列的合不上逾期金额,就没有 · what \
         the overdue amount consists of, while the parts that the bank gives make it up",
    ),
    ("逾期本金", "overdue_principal", "其中的本金(元) · the principal in it, in yuan"),
    ("逾期利息", "overdue_interest", "其中的利息(元) · the interest in it, in yuan"),
    ("逾期罚息", "overdue_penalty", "其中的罚息(元) · the penalty interest, in yuan"),
    ("逾期费用", "overdue_cost", "其中的费用(元) · the costs in it, in yuan"),
    ("余额", "balance", "余额(元) · balance in yuan"),
    (
        "余额大写",
        "balance_in_words",
        "余额,人民币大写并附小写 · the balance in words and figures",
    ),
    ("逾期天数", "days_past_due", "逾期天数 · days past due"),
    ("机构", "org", "机构 · the cooperative"),
    (
        "联系电话",
        "telephone",
        "本机构的联系电话,设置 telephone · the institution's telephone, by its setting",
    ),
    (
        "机构地址",
        "address",
        "本机构的地址,设置 address · the institution's address, by its setting",
    ),
    ("信贷员", "collector", "信贷员 · the collector"),
    ("下期到期日", "next_due_on", "下期到期日 · the next due date"),
    (
        "下期应还金额",
        "next_due_amount",
        "下期应还、还没还的金额(元) · what is to be paid on that date, in yuan",
    ),
    ("距到期天数", "days_until_due", "距下期到期的天数 · days until the next due date"),
    ("承诺还款日", "promise_due_on", "承诺还款日 · the day promised"),
    ("最近还款日", "last_payment_on", "最近一次还款的日期 · the day of the last payment"),
    (
        "最近还款金额",
        "last_payment",
        "那一天归还的金额(元) · what was paid on that day, in yuan",
    ),
    (
        "走访日期",
        "visited_on",
        "最近一次走访的日期,登记为“不在”的才有 · the day of the last visit, if nobody was in",
    ),
    (
        "保证方式",
        "guarantee",
        "收信保证人的保证方式 · how the guarantor who is written to answers",
    ),
    (
        "投诉编号",
        "complaint_no",
        "最近一次投诉的编号 · the number of the newest complaint",
    ),
    ("今天", "today", "日期 · today"),
];

/// The words as a section of the reference page for those who write templates.
pub fn page() -> String {
    let mut page = "\n## 模板用词 / Words of templates\n\n\
        写在 `templates/*.txt` 的双花括号里,如 `{{ 逾期金额大写 }}`;案件没有的,可给替代文字 \
        `{{ 联系电话 | default(\"本社网点\") }}`,或整句按有无来写 \
        `{% if 逾期构成 is defined %},其中{{ 逾期构成 }}{% endif %}`。\n\
        They stand in double braces in `templates/*.txt`; what a case may lack is given a \
        substitute, or its sentence stands between `{% if … is defined %}` and `{% endif %}`.\n\n\
        | 词 / word | English | 说明 / meaning |\n| --- | --- | --- |\n"
        .to_owned();
    page.extend(WORDS.iter().map(|(zh, en, meaning)| {
        let (told_zh, told_en) = (chinese(meaning), english(meaning));
        format!("| `{zh}` | `{en}` | {told_zh} / {told_en} |\n")
    }));
    page
}

/// What a text is about: a case, its papers, and who reads it.
#[derive(Clone, Copy)]
pub struct About<'a> {
    /// The case as a script sees it.
    pub facts: &'a CaseFacts,
    /// What of the loan only letters say.
    pub loan: &'a LetterFacts,
    /// Who reads it.
    pub to: Option<&'a Recipient>,
}

/// Who writes (发信机构), by the settings of the site.
#[derive(Clone, Debug)]
pub(super) struct Institution {
    /// The lender, where a case names none.
    name: String,
    telephone: String,
    address: String,
}

impl Institution {
    pub(super) fn of(config: &Config) -> Self {
        let Config { institution, telephone, address, .. } = config;
        let (name, telephone) = (institution.clone(), telephone.clone());
        Self { name, telephone, address: address.clone() }
    }
}

/// All words that a case has, by both their names.
pub(super) fn context(about: About<'_>, institution: &Institution) -> Value {
    let known = WORDS.iter().filter_map(|(zh, en, _)| {
        let value = value(en, about, institution)?;
        Some([(*zh, value.clone()), (*en, value)])
    });
    Value::from_pairs(known.flatten())
}

/// What a word stands for; `None` where the case has nothing of the kind, an empty
/// text included: nobody is addressed by nothing.
pub(super) fn value(
    word: &str,
    about: About<'_>,
    institution: &Institution,
) -> Option<Value> {
    let About { facts, loan, to } = about;
    let text = |it: &str| Some(Value::from(present(it)?));
    let day = |it: Option<Date>| Some(Value::from(chinese_date(it?)));
    match word {
        "name" => text(&to?.name),
        "salutation" => text(&salutation(&to?.name)?),
        "borrower" => text(loan.borrower.as_deref()?),
        "case_no" => text(&facts.case_no),
        "loan_tail" => text(tail(&facts.case_no)),
        "contract" => text(&contract(loan)),
        "contract_no" => text(loan.contract_no.as_deref()?),
        "contract_on" => day(loan.contract_on),
        "opened_on" => day(loan.opened_on),
        "balance" => text(&facts.balance.to_string()),
        "balance_in_words" => text(&facts.balance.formal()),
        "days_past_due" => Some(Value::from(facts.days_past_due)),
        "org" => text(lender(facts, &institution.name)),
        "telephone" => text(&institution.telephone),
        "address" => text(&institution.address),
        "collector" => text(facts.collector.as_deref()?),
        "next_due_on" => day(facts.next_due_on),
        "next_due_amount" => text(&facts.next_due_amount?.to_string()),
        "days_until_due" => Some(Value::from(facts.days_until_due()?)),
        "promise_due_on" => day(facts.promise_due_on),
        "last_payment_on" => day(facts.last_payment_on),
        "last_payment" => text(&loan.last_payment?.to_string()),
        "visited_on" => day(loan.absent_on),
        "guarantee" => text(match to?.guarantee? {
            GuaranteeKind::General => "一般保证",
            GuaranteeKind::Joint => "连带责任保证",
        }),
        "complaint_no" => text(&format!("{}-{}", facts.case_no, loan.complaint?)),
        "today" => day(Some(facts.today)),
        _ => overdue(word, about),
    }
}

/// The words that state what is overdue.
fn overdue(word: &str, about: About<'_>) -> Option<Value> {
    let overdue = about.facts.overdue;
    // What the ledger comes to goes on being true after a payment; what the last list
    // said is true until then.
    let known = || [about.facts.owed, about.loan.parts].into_iter().flatten();
    let parts = || known().find(|it| it.make_up(overdue));
    let text = match word {
        "overdue" => overdue.to_string(),
        "overdue_in_words" => overdue.formal(),
        "overdue_parts" => consists_of(parts()?),
        "overdue_principal" => parts()?.principal.to_string(),
        "overdue_interest" => parts()?.interest.to_string(),
        "overdue_penalty" => parts()?.penalty.to_string(),
        "overdue_cost" => parts()?.cost.to_string(),
        _ => return None,
    };
    Some(Value::from(text))
}

fn consists_of(parts: Components) -> String {
    let Components { principal, interest, penalty, cost } = parts;
    let beside = |name: &str, amount: Fen| match amount {
        Fen(0) => String::new(),
        _ => format!("、{name} {} 元", amount.grouped()),
    };
    let (penalty, cost) = (beside("罚息", penalty), beside("费用", cost));
    format!(
        "本金 {} 元、利息 {} 元{penalty}{cost}",
        principal.grouped(),
        interest.grouped()
    )
}

/// The contract as far as the book knows it; that there is one is always so.
fn contract(loan: &LetterFacts) -> String {
    let signed =
        loan.contract_on.map(|contract_on| format!("{}签订", chinese_date(contract_on)));
    let paid_out =
        loan.opened_on.map(|opened_on| format!("{}放款", chinese_date(opened_on)));
    let number = loan.contract_no.as_deref().and_then(present);
    let number = number.map(|number| format!("合同编号 {number}"));
    let known: Vec<String> = signed.or(paid_out).into_iter().chain(number).collect();
    if known.is_empty() {
        return "借款合同".to_owned();
    }
    format!("借款合同({})", known.join(","))
}

/// Surnames of two characters, common enough to meet them.
const DOUBLE: &[&str] = &[
    "欧阳", "上官", "司马", "诸葛", "夏侯", "皇甫", "尉迟", "公孙", "慕容", "令狐",
    "司徒", "东方", "长孙", "宇文", "司空", "端木", "南宫", "呼延", "百里", "东郭",
    "独孤", "闻人", "澹台", "申屠", "轩辕", "太史",
];

/// Surname and title: what a stranger may read. A company, or a name that is no
/// Chinese one, has none.
fn salutation(name: &str) -> Option<String> {
    let name = name.trim();
    let is_han = |it: char| ('\u{4e00}'..='\u{9fff}').contains(&it);
    let length = name.chars().count();
    if !(2..=4).contains(&length) || !name.chars().all(is_han) {
        return None;
    }
    let is_double = 2 < length && DOUBLE.iter().any(|it| name.starts_with(it));
    let surname: String = name.chars().take(if is_double { 2 } else { 1 }).collect();
    Some(format!("{surname}先生/女士"))
}

/// The last four characters of a loan's number.
fn tail(case_no: &str) -> &str {
    let from = case_no.char_indices().rev().nth(3).map_or(0, |it| it.0);
    case_no.get(from..).unwrap_or(case_no)
}

/// A text that says something: blanks and marks that nobody sees do not.
fn present(text: &str) -> Option<&str> {
    text.chars().any(|c| !brackets::is_unseen(c)).then_some(text)
}

/// Nobody has to pay a debt to a lender without a name.
fn lender<'a>(facts: &'a CaseFacts, institution: &'a str) -> &'a str {
    present(facts.org.trim()).unwrap_or(institution)
}

fn chinese_date(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

#[cfg(test)]
mod tests {
    use domain::ids::PartyId;
    use domain::party::Role;
    use jiff::civil::date;

    use super::*;
    use crate::letters::made_up_case;

    fn to(name: &str) -> Recipient {
        Recipient {
            id: PartyId(7),
            role: Role::Guarantor,
            name: name.to_owned(),
            phone: None,
            wechat: None,
            address: None,
            village: None,
            guarantee: Some(GuaranteeKind::Joint),
        }
    }

    fn says(word: &str, facts: &CaseFacts, loan: &LetterFacts) -> Option<String> {
        let config = Config {
            institution: "示例联社".to_owned(),
            telephone: "0000-1234567".to_owned(),
            ..Config::default()
        };
        let to = to("示例甲");
        let about = About { facts, loan, to: Some(&to) };
        value(word, about, &Institution::of(&config)).map(|it| it.to_string())
    }

    #[test]
    fn every_word_that_is_listed_says_something_of_a_case_that_has_all() {
        let (facts, loan) = (made_up_case(), crate::letters::proof::loan());
        for (zh, en, _) in WORDS {
            let found = says(en, &facts, &loan);
            assert!(found.is_some() || *en == "address", "{zh}");
        }
        assert_eq!(says("address", &facts, &loan), None, "it is not set");
    }

    #[test]
    fn a_message_names_the_surname_alone() {
        let table = [
            ("张三", Some("张先生/女士")),
            ("欧阳某某", Some("欧阳先生/女士")),
            ("欧某", Some("欧先生/女士")),
            (" 李四 ", Some("李先生/女士")),
            ("示例农业有限公司", None),
            ("Zhang San", None),
            ("", None),
        ];
        for (name, title) in table {
            assert_eq!(salutation(name).as_deref(), title, "{name}");
        }
    }

    #[test]
    fn a_loan_is_named_by_its_last_four_characters() {
        for (whole, last) in
            [("QS-2024-00123", "0123"), ("12", "12"), ("示例-001", "-001")]
        {
            assert_eq!(tail(whole), last, "{whole}");
        }
    }

    #[test]
    fn a_contract_is_named_as_far_as_it_is_known() {
        let (signed, paid_out) = (Some(date(2023, 5, 4)), Some(date(2023, 5, 6)));
        let number = Some("农信 1".to_owned());
        let table = [
            (&number, signed, paid_out, "借款合同(2023年5月4日签订,合同编号 农信 1)"),
            (&number, None, paid_out, "借款合同(2023年5月6日放款,合同编号 农信 1)"),
            (&number, None, None, "借款合同(合同编号 农信 1)"),
            (&None, signed, None, "借款合同(2023年5月4日签订)"),
            (&None, None, paid_out, "借款合同(2023年5月6日放款)"),
            (&None, None, None, "借款合同"),
        ];
        for (number, contract_on, opened_on, named) in table {
            let loan = LetterFacts {
                contract_no: number.clone(),
                contract_on,
                opened_on,
                ..LetterFacts::default()
            };
            assert_eq!(contract(&loan), named);
        }
    }

    #[test]
    fn principal_and_interest_are_told_apart_while_they_make_up_what_is_overdue() {
        let parts = |principal, interest, penalty| LetterFacts {
            parts: Some(Components {
                principal: Fen(principal),
                interest: Fen(interest),
                penalty: Fen(penalty),
                cost: Fen(0),
            }),
            ..LetterFacts::default()
        };
        // 500 yuan are overdue on the made-up case.
        let table = [
            (
                parts(40_000, 9_000, 1_000),
                Some("本金 400.00 元、利息 90.00 元、罚息 10.00 元"),
            ),
            (parts(40_000, 10_000, 0), Some("本金 400.00 元、利息 100.00 元")),
            (parts(80_000, 10_000, 0), None),
            (LetterFacts::default(), None),
        ];
        let listed = CaseFacts { owed: None, ..made_up_case() };
        for (loan, told) in table {
            assert_eq!(says("overdue_parts", &listed, &loan).as_deref(), told);
        }
    }

    #[test]
    fn the_parts_of_the_ledger_go_before_those_of_the_list_where_they_make_up_the_sum() {
        let owed = |principal, cost| CaseFacts {
            owed: Some(Components {
                principal: Fen(principal),
                interest: Fen(4_000),
                penalty: Fen(0),
                cost: Fen(cost),
            }),
            ..made_up_case()
        };
        let table = [
            (owed(46_000, 0), "本金 460.00 元、利息 40.00 元"),
            (owed(40_000, 6_000), "本金 400.00 元、利息 40.00 元、费用 60.00 元"),
            (owed(46_000, 1), "本金 400.00 元、利息 90.00 元、罚息 10.00 元"),
        ];
        for (facts, told) in table {
            let found = says("overdue_parts", &facts, &crate::letters::proof::loan());
            assert_eq!(found.as_deref(), Some(told));
        }
    }

    #[test]
    fn amounts_stand_in_words_beside_figures() {
        let loan = LetterFacts::default();
        let found = says("overdue_in_words", &made_up_case(), &loan);
        assert_eq!(found.as_deref(), Some("人民币伍佰元整(¥500.00)"));
        assert_eq!(
            says("telephone", &made_up_case(), &loan).as_deref(),
            Some("0000-1234567")
        );
        assert_eq!(
            says("guarantee", &made_up_case(), &loan).as_deref(),
            Some("连带责任保证")
        );
    }
}
