//! The tone of a notice (告知的口气): a text that calls itself a notice and asks for
//! money all the same is a demand, and is told of before it goes live.
//!
//! A notice leaves where a demand would be held: during a complaint, on an old
//! book, to whoever owes nothing. One line on top of a file does not do that: what is
//! in doubt is held. Words are a net and no wall; whoever writes templates answers for
//! them, and the holds of a case say to whom nothing is to be written at all.

use std::collections::BTreeMap;

use domain::manifest::Act;

use super::{TemplateFault, brackets, proof};

/// What only a demand speaks of, the words of a template among it.
const DEMANDS: &[&str] = &[
    "逾期",
    "欠款",
    "拖欠",
    "尚欠",
    "欠息",
    "欠债",
    "欠我",
    "应还未还",
    "未按期还",
    "未按时还",
    "催收",
    "催缴",
    "催告",
    "催款",
    "催债",
    "讨债",
    "追偿",
    "追讨",
    "清收",
    "还钱",
    "速还",
    "起诉",
    "强制执行",
    "失信",
    "黑名单",
    "后果自负",
    "后果由",
    "承担后果",
    "法律责任",
    "法律手段",
    "法律程序",
    "法律途径",
    "移交司法",
    "律师函",
    "影响您的征信",
    "影响征信",
    "影响个人征信",
    "查封",
    "所欠",
    "未还",
    "未偿还",
    "未归还",
    "未结清",
    "overdue",
    "past_due",
    "pastdue",
    "arrears",
    "legalaction",
    "willsue",
    "lawsuit",
    "youowe",
    "blacklist",
];
/// What hurries somebody,
const HURRY: &[&str] = &[
    "尽快",
    "尽速",
    "尽早",
    "及早",
    "从速",
    "赶快",
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
    "请您于",
    "请于",
    "immediately",
    "atonce",
    "withoutdelay",
    "asap",
    "haveto",
    "must",
];
/// and what it hurries them to.
const TO_PAY: &[&str] = &[
    "还款", "归还", "偿还", "清偿", "还清", "还上", "还掉", "结清", "交清", "缴", "付款",
    "支付", "汇入", "转入", "履行", "pay", "settle",
];
/// What is a payment and asks for none.
const OF_PAYMENTS: &[&str] =
    &["还款账户", "还款凭证", "还款计划", "还款记录", "还款日", "repayment", "payment"];
/// What asks for it,
const ASKS: &[&str] = &["请", "望", "please", "kindly"];
/// unless it speaks of a day that has not come, or of what is done already.
const IN_TIME: &[&str] = &[
    "到期",
    "按时",
    "按期",
    "忽略",
    "核对",
    "如已",
    "已经",
    "可以",
    "您可",
    "ontime",
    "duedate",
    "ignore",
    "disregard",
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
    "日内将",
    "日内把",
    "天内还",
    "天内归还",
    "天内偿",
    "天内结清",
    "天内缴",
    "天内付",
    "天内将",
    "天内把",
    "小时内还",
    "小时内付",
];
/// What the house says it will not do, in front of what it does not do.
const NOT_DONE: &[&str] = &[
    "暂停", "停止", "不会", "不再", "不予", "无需", "不必", "不用", "willnot", "nolonger",
];
/// What somebody is to be spared, in front of it; a threat is no such thing.
const SPARED: &[&str] = &["以免", "避免", "免得", "防止", "勿", "不要"];
const SPARES: &[&str] = &["逾期", "overdue"];

/// The notices among some templates that read like a demand, each at the place
/// where it first does.
pub fn disguised(templates: &BTreeMap<String, String>) -> Vec<TemplateFault> {
    let found = templates.iter().filter_map(|(name, text)| {
        // What is wrong with the file itself is told elsewhere.
        let draft = proof::read(name, text, &mut Vec::new());
        if draft.act != Act::Notice {
            return None;
        }
        let (at, phrase) = found_in(draft.body)?;
        let (zh, en) = told(phrase);
        let place = (at.0 + draft.skipped, at.1);
        Some(TemplateFault::new(name, place, zh, en))
    });
    found.collect()
}

/// Whether a text asks for money, whatever it calls itself: that of a template, or what
/// has become of it for one person.
pub(super) fn is_demand(text: &str) -> bool {
    found_in(text).is_some()
}

fn told(phrase: &str) -> (String, String) {
    (
        format!(
            "第一行写着 “性质:告知”,这里却像催款(“{phrase}”),因此按催收审查,投诉、异议等暂停\
             期间不发;要催款就写 “性质:催收”,不催就改掉这句"
        ),
        format!(
            "the first line says `act: notice`, yet this reads like a demand (“{phrase}”) and \
             is reviewed as one: it does not leave during holds; say `act: demand`, or reword it"
        ),
    )
}

/// The line and column, counted from 1, and the phrase with which a text first demands.
fn found_in(text: &str) -> Option<((u32, u32), &'static str)> {
    let mut lines = text.lines().enumerate();
    let in_line = lines.find_map(|(line, text)| Some((line, demand_in(text)?)));
    let in_line = in_line.map(|(line, (col, phrase))| ((small(line + 1), col), phrase));
    in_line.or_else(|| hidden_in(text).map(|phrase| ((1, 1), phrase)))
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(1)
}

/// The column, counted from 1, and the phrase with which a line demands.
fn demand_in(line: &str) -> Option<(u32, &'static str)> {
    let mut start = 0;
    for clause in line.split_inclusive(is_stop) {
        if let Some(phrase) = demands(clause) {
            let at = start + clause.find(phrase).unwrap_or(0);
            return Some((small(line[..at].chars().count() + 1), phrase));
        }
        start += clause.len();
    }
    None
}

/// A word that is only there once lines, marks and whatever nobody sees are taken out.
fn hidden_in(text: &str) -> Option<&'static str> {
    let clauses: Vec<String> =
        text.lines().flat_map(|line| line.split(is_stop)).map(plain).collect();
    let whole: String = clauses.concat();
    let hidden = |word: &&&'static str| {
        let open: usize =
            clauses.iter().map(|clause| clause.matches(**word).count()).sum();
        open < whole.matches(**word).count()
    };
    // Of words in letters the end of one and the beginning of the next make a third.
    DEMANDS.iter().filter(|demand| !demand.is_ascii()).find(hidden).copied()
}

/// Both widths of a mark end a clause.
pub(super) fn is_stop(it: char) -> bool {
    ".,:;!?\u{3002}\u{ff0c}\u{ff1a}\u{ff1b}\u{ff01}\u{ff1f}".contains(it)
}

/// Letters and digits alone, in the simple form of what a demand is written with.
pub(super) fn plain(text: &str) -> String {
    const SIMPLE: [(char, char); 22] = [
        ('還', '还'),
        ('償', '偿'),
        ('歸', '归'),
        ('繳', '缴'),
        ('訴', '诉'),
        ('執', '执'),
        ('強', '强'),
        ('結', '结'),
        ('務', '务'),
        ('須', '须'),
        ('馬', '马'),
        ('盡', '尽'),
        ('儘', '尽'),
        ('緊', '紧'),
        ('趕', '赶'),
        ('內', '内'),
        ('後', '后'),
        ('請', '请'),
        ('錢', '钱'),
        ('債', '债'),
        ('單', '单'),
        ('責', '责'),
    ];
    let simple = |it: char| SIMPLE.iter().find(|pair| pair.0 == it).map_or(it, |it| it.1);
    let written =
        |it: &char| (it.is_alphanumeric() || *it == '_') && !brackets::is_unseen(*it);
    text.chars().filter(written).map(simple).flat_map(char::to_lowercase).collect()
}

fn demands(clause: &str) -> Option<&'static str> {
    let clause = plain(clause);
    let first =
        |words: &[&'static str]| words.iter().copied().find(|word| clause.contains(word));
    let named = DEMANDS
        .iter()
        .copied()
        .find(|demand| clause.contains(demand) && !is_undone(&clause, demand));
    if named.is_some() {
        return named;
    }
    let mut rest = clause.clone();
    for word in OF_PAYMENTS {
        rest = rest.replace(word, "");
    }
    let pays =
        TO_PAY.iter().copied().find(|it| rest.contains(it) && !is_undone(&rest, it));
    let within = first(WITHIN).filter(|it| !is_undone(&clause, it));
    let hurries = || first(HURRY).filter(|_| pays.is_some());
    let asks = || first(ASKS).and(pays);
    let in_time = first(IN_TIME).is_some();
    within.or_else(|| hurries().or_else(asks).filter(|_| !in_time))
}

/// Whether a clause says in front of a word that it does not come about.
fn is_undone(clause: &str, word: &str) -> bool {
    let before = clause.split(word).next().unwrap_or_default();
    let said = |words: &[&str]| words.iter().any(|word| before.contains(word));
    said(NOT_DONE) || (SPARES.contains(&word) && said(SPARED))
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
            ("性质:告知\n请还款。", (2, 2)),
            ("性质:告知\n为避免起诉请三日内还清", (2, 4)),
            ("性质:告知\n请勿继续拖欠", (2, 5)),
            ("性质:告知\n請立即償還", (2, 2)),
            ("性质:告知\n请三日内将款项汇入指定账户", (2, 3)),
            ("性质:告知\n请配合:速还", (2, 5)),
            ("性质:告知\n请您本周五前到网点还款", (2, 10)),
            ("性质:告知\n我们将采取法律手段", (2, 6)),
            ("性质:告知\n您尚有 500 元未归还", (2, 10)),
            ("性质:告知\n请在三日之内把钱还上", (2, 9)),
            ("性质:告知\n您已逾\u{200b}期", (2, 1)),
            ("性质:告知\n您已逾-期", (2, 1)),
            ("性质:告知\n您已逾\n期", (2, 1)),
            ("性质:告知\n您已逾,期", (2, 1)),
            ("act: notice\nYou must repay by Friday", (2, 5)),
            ("act: notice\nPlease repay. We will sue", (2, 10)),
        ];
        for (text, place) in table {
            assert_eq!(found(text), [place], "{text}");
        }
    }

    #[test]
    fn the_notices_that_are_shipped_are_notices() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../workflows/templates");
        let mut notices = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            notices += usize::from(text.starts_with("性质:告知"));
            assert_eq!(found(&text), [], "{text}");
        }
        assert_eq!(notices, 4);
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
            "act: notice\nPlease keep your proof of payment.",
            "性质:告知\n您反映的问题我们不会起诉,也不再催收。",
            "性质:告知\n如与您的记录不符,请携还款凭证到本社任一网点核对。",
            "性质:告知\n请按还款计划在到期日前存款。",
            "性质:告知\n自受理之日起 15 日内书面答复您。",
        ];
        for text in table {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
