//! The tone of a notice (告知的口气): a text that calls itself a notice and asks for
//! money all the same is told of before it goes live.
//!
//! A notice leaves where a demand would be held: during a complaint, on an old
//! book, to whoever owes nothing. One line on top of a file must not do that
//! unnoticed.

use std::collections::BTreeMap;

use domain::manifest::Act;

use super::{TemplateFault, proof};

/// What only a demand speaks of, the words of a template among it.
const DEMANDS: &[&str] = &[
    "逾期",
    "欠款",
    "拖欠",
    "尚欠",
    "欠息",
    "催收",
    "催缴",
    "催告",
    "起诉",
    "强制执行",
    "失信",
    "overdue",
    "past_due",
    "pastdue",
    "arrears",
    "legalaction",
];
/// What hurries somebody,
const HURRY: &[&str] = &[
    "尽快",
    "尽早",
    "及早",
    "立即",
    "立刻",
    "即刻",
    "马上",
    "火速",
    "赶紧",
    "抓紧",
    "务必",
    "限期",
    "必须",
    "immediately",
    "atonce",
    "withoutdelay",
];
/// and what it hurries them to.
const TO_PAY: &[&str] = &[
    "还款", "归还", "偿还", "清偿", "还清", "结清", "缴", "付款", "支付", "履行", "pay",
    "settle",
];
/// A time to pay in.
const WITHIN: &[&str] = &[
    "日内还",
    "日内归还",
    "日内偿",
    "日内清偿",
    "日内结清",
    "日内缴",
    "日内付",
    "天内还",
    "天内归还",
    "天内偿",
    "天内结清",
    "天内缴",
    "天内付",
];
/// What turns any of it into its contrary.
const CONTRARY: &[&str] = &[
    "暂停", "停止", "不会", "不再", "以免", "避免", "免得", "防止", "勿", "不要",
    "willnot", "nolonger",
];

/// The notices among some templates that read like a demand, each at the place
/// where it first does.
pub fn disguised(templates: &BTreeMap<String, String>) -> Vec<TemplateFault> {
    let found = templates.iter().filter_map(|(name, text)| {
        // What is wrong with the file itself is told elsewhere.
        let draft = proof::read(name, text, &mut Vec::new());
        if draft.act != Act::Notice {
            return None;
        }
        let (index, (col, phrase)) = draft
            .body
            .lines()
            .enumerate()
            .find_map(|(index, line)| Some((index, demand_in(line)?)))?;
        let line = u32::try_from(index + 1).unwrap_or(1) + draft.skipped;
        let (zh, en) = told(phrase);
        Some(TemplateFault::new(name, (line, col), zh, en))
    });
    found.collect()
}

fn told(phrase: &str) -> (String, String) {
    (
        format!(
            "第一行写着 “性质:告知”,这里却像催款(“{phrase}”):告知在投诉、异议等暂停期间\
             也会发出;要催款就写 “性质:催收”,不催就改掉这句"
        ),
        format!(
            "the first line says `act: notice`, yet this reads like a demand (“{phrase}”): \
             a notice leaves during holds as well; say `act: demand`, or reword it"
        ),
    )
}

/// The column, counted from 1, and the phrase with which a line demands.
fn demand_in(line: &str) -> Option<(u32, &'static str)> {
    let mut start = 0;
    for clause in line.split_inclusive(is_stop) {
        if let Some(phrase) = demands(clause) {
            let at = start + clause.find(phrase).unwrap_or(0);
            let col = line[..at].chars().count() + 1;
            return Some((u32::try_from(col).unwrap_or(1), phrase));
        }
        start += clause.len();
    }
    None
}

/// Both widths of a mark end a clause.
fn is_stop(it: char) -> bool {
    ".,:;!?\u{3002}\u{ff0c}\u{ff1a}\u{ff1b}\u{ff01}\u{ff1f}".contains(it)
}

fn demands(clause: &str) -> Option<&'static str> {
    let clause: String = clause.chars().filter(|it| !it.is_whitespace()).collect();
    let clause = clause.to_lowercase();
    let first =
        |words: &[&'static str]| words.iter().copied().find(|word| clause.contains(word));
    if first(CONTRARY).is_some() {
        return None;
    }
    let hurries = || first(HURRY).filter(|_| first(TO_PAY).is_some());
    first(DEMANDS).or_else(|| first(WITHIN)).or_else(hurries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(u32, u32)> {
        let templates = BTreeMap::from([("t".to_owned(), text.to_owned())]);
        disguised(&templates).iter().map(|it| (it.line, it.col)).collect()
    }

    #[test]
    fn a_notice_that_asks_for_money_is_found_where_it_does() {
        let table = [
            ("性质:告知\n您好。\n请尽快还款。", (3, 2)),
            ("性质:告知\n{{ 客户 }}:您已逾期,限三日内还清", (2, 12)),
            ("性质:告知\n应还 {{ 逾期金额 }} 元", (2, 7)),
            ("act: notice\nYou owe {{ overdue }} yuan", (2, 12)),
            ("act: notice\nDear customer, please pay at once.", (2, 15)),
            ("性质:告知\n请您务必于周五前归还", (2, 3)),
            ("性质:告知\n请于 3 日内还 清", (2, 6)),
            ("性质:告知\n否则本社将起诉", (2, 6)),
            ("性质:告知\n您的欠款已转交法务", (2, 3)),
        ];
        for (text, place) in table {
            assert_eq!(found(text), [place], "{text}");
        }
    }

    #[test]
    fn a_notice_that_tells_and_a_demand_that_says_so_are_left_alone() {
        let table = [
            "性质:催收\n请尽快还款",
            "请尽快还款",
            "性质:告知\n您的贷款将于 3 日内到期,应还 500.00 元,请按时还款",
            "性质:告知\n处理期间,我们暂停就该笔贷款向您催收。",
            "性质:告知\n请在到期日前存足款项,以免逾期。",
            "性质:告知\n我们会尽快答复您。",
            "性质:告知\n您归还的款项已经入账,谢谢。",
            "act: notice\nYour payment has been booked. We reply without delay.",
        ];
        for text in table {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
