//! What no template may say (不许写的话), and what one should not: threats and shame, an
//! amount on a telephone, a name that is everybody's, a word that a case may lack.
//!
//! Words are a net and no wall, as they are for the tone of a notice; whoever writes
//! templates answers for them.

use std::collections::{BTreeMap, BTreeSet};

use super::{TemplateFault, proof, tags, tone};

/// What frightens or shames somebody. None of it is a consequence of a civil debt, and
/// what may follow from a judgment is said by the court.
///
/// Source: the guideline of the China Banking Association of 30 January 2026 on
/// collecting personal loans and GB/T 45251-2025 (no violence, threats, insults or
/// false consequences); articles 253-1 and 293-1 of the Criminal Law; article 70 of the
/// rules on credit cards of 2011. The pack `cn-rcc` names them in full.
const THREATS: &[&str] = &[
    "抓人",
    "抓你",
    "抓您",
    "抓走",
    "坐牢",
    "牢房",
    "监狱",
    "判刑",
    "刑事",
    "拘留",
    "拘捕",
    "逮捕",
    "通缉",
    "诈骗罪",
    "公安",
    "报警",
    "曝光",
    "游街",
    "老赖",
    "不得安宁",
    "要你好看",
    "小心点",
    "家破人亡",
    "arrest",
    "jail",
    "prison",
    "criminal",
    "police",
    "expose",
    "deadbeat",
];
/// Who is told,
const OTHERS: &[&str] = &[
    "家人",
    "家属",
    "亲友",
    "亲属",
    "亲戚",
    "朋友",
    "父母",
    "子女",
    "孩子",
    "学校",
    "单位",
    "同事",
    "领导",
    "邻居",
    "村委",
    "村干部",
    "全村",
    "乡亲",
    "family",
    "friends",
    "relatives",
    "employer",
    "colleagues",
    "neighbors",
    "neighbours",
];
/// and what is done to that end.
const TELLS: &[&str] = &[
    "通知", "告知", "告诉", "联系", "转告", "公布", "公开", "张贴", "找到", "去找",
    "上门", "tell", "inform", "notify", "contact",
];
/// What the house says it will not do.
const NOT_DONE: &[&str] =
    &["不会", "不向", "不得", "不再", "不必", "无需", "willnot", "donot"];

/// The words that state an amount, Chinese and English.
const AMOUNTS: &[&str] = &[
    "逾期金额",
    "overdue",
    "逾期金额大写",
    "overdue_in_words",
    "逾期构成",
    "overdue_parts",
    "逾期本金",
    "overdue_principal",
    "逾期利息",
    "overdue_interest",
    "逾期罚息",
    "overdue_penalty",
    "逾期费用",
    "overdue_cost",
    "余额",
    "balance",
    "余额大写",
    "balance_in_words",
    "下期应还金额",
    "next_due_amount",
    "最近还款金额",
    "last_payment",
];
/// What follows a sum that somebody has typed.
const UNITS: &[&str] = &["元", "块", "万", "yuan", "rmb"];

/// Words that a sound case may lack, or that stand in settings which may be empty. What a
/// letter is about, a day or an amount, is no such word: without it there is no letter.
const MAY_LACK: &[&str] = &[
    "客户",
    "name",
    "称呼",
    "salutation",
    "合同编号",
    "contract_no",
    "合同日期",
    "contract_on",
    "逾期构成",
    "overdue_parts",
    "逾期本金",
    "overdue_principal",
    "逾期利息",
    "overdue_interest",
    "逾期罚息",
    "overdue_penalty",
    "逾期费用",
    "overdue_cost",
    "联系电话",
    "telephone",
    "机构地址",
    "address",
    "信贷员",
    "collector",
    "走访日期",
    "visited_on",
    "投诉编号",
    "complaint_no",
];

/// How somebody is called behind their name.
const TITLES: &[&str] = &["先生", "女士", "小姐", "同志"];
/// What is said to everybody and is nobody's name.
const ANYBODY: &[&str] =
    &["客户", "用户", "朋友", "家属", "亲人", "借款人", "保证人", "社员", "乡亲"];

/// Templates that frighten or shame, each at the first place where it does.
pub fn threatening(templates: &BTreeMap<String, String>) -> Vec<TemplateFault> {
    each(templates, |body| {
        let (place, said) = threat_in(body)?;
        let zh = format!(
            "这里像是威胁或羞辱(“{said}”):催收不得恐吓、不得牵连家人和单位,没有采用;\
             后果只写真实的,如“可以依法起诉”"
        );
        let en = format!(
            "this threatens or shames (“{said}”): nobody is to be frightened, nor told of by \
             way of family or employer; it was not taken up; say only what is true, such as \
             that the lender may sue"
        );
        Some((place, zh, en))
    })
}

/// Templates that leave for a telephone, of those named, and state an amount.
pub fn amounts_on_telephones(
    templates: &BTreeMap<String, String>,
    to_telephones: &BTreeSet<String>,
) -> Vec<TemplateFault> {
    let read = |name: &String, text: &str| {
        // A signature in such brackets is the mark of a text message.
        to_telephones.contains(name) || text.contains('【')
    };
    let messages = templates.iter().filter(|(name, text)| read(name, text));
    let messages = messages.map(|(name, text)| (name.clone(), text.clone())).collect();
    each(&messages, |body| {
        let (place, said) = amount_in(body)?;
        let zh = format!(
            "发到手机的消息写了金额({said}):号码未必是本人的,金额会让旁人看到;\
             请删去,改写“应还金额可在手机银行查询”一类"
        );
        let en = format!(
            "a message to a telephone states an amount ({said}): the number may be somebody \
             else's; take it out, and say where the amount can be looked up"
        );
        Some((place, zh, en))
    })
}

/// Templates that call everybody by one name.
pub fn named(templates: &BTreeMap<String, String>) -> Vec<TemplateFault> {
    each(templates, |body| {
        let (place, name) = name_in(body)?;
        let zh = format!(
            "这里像是写死的姓名(“{name}”),每个收信人都会看到它:请改用 {{{{ 称呼 | default(\"尊敬的客户\") }}}}"
        );
        let en = format!(
            "this looks like a name that was typed (“{name}”), and whoever is written to \
             would read it: write {{{{ salutation | default(\"…\") }}}}"
        );
        Some((place, zh, en))
    })
}

/// Templates with a word that a case may lack, without a substitute.
pub fn lacking(templates: &BTreeMap<String, String>) -> Vec<TemplateFault> {
    each(templates, |body| {
        let tags = tags::tags(body);
        let asked: BTreeSet<&str> =
            tags.iter().filter_map(tags::Tag::condition).collect();
        let bare = tags.iter().find(|tag| {
            let word = tag.word().filter(|word| MAY_LACK.contains(word));
            word.is_some_and(|word| !tag.has_substitute() && !asked.contains(word))
        })?;
        let word = bare.word()?;
        let zh = format!(
            "“{word}”有的案件没有,没有时这条发不出、案件停下等人:请给替代文字,如 \
             {{{{ {word} | default(\"…\") }}}}"
        );
        let en = format!(
            "some cases have no `{word}`, and without it nothing leaves and the case waits: \
             give a substitute, as {{{{ {word} | default(\"…\") }}}}"
        );
        Some((place_of(body, bare.start), zh, en))
    })
}

/// Looks at the text of each template; places are those of its file.
fn each(
    templates: &BTreeMap<String, String>,
    look: impl Fn(&str) -> Option<((u32, u32), String, String)>,
) -> Vec<TemplateFault> {
    let found = templates.iter().filter_map(|(name, text)| {
        // What is wrong with the file itself is told elsewhere.
        let draft = proof::read(name, text, &mut Vec::new());
        let ((line, col), zh, en) = look(draft.body)?;
        Some(TemplateFault::new(name, (line + draft.skipped, col), zh, en))
    });
    found.collect()
}

fn threat_in(body: &str) -> Option<((u32, u32), &'static str)> {
    let mut start = 0;
    for clause in body.split_inclusive(|it| it == '\n' || tone::is_stop(it)) {
        if let Some(said) = threatens(&tone::plain(clause)) {
            let at = start + clause.find(said).unwrap_or(0);
            return Some((place_of(body, at), said));
        }
        start += clause.len();
    }
    // Cut into pieces it is read all the same.
    let whole = tone::plain(body);
    let chinese = THREATS.iter().filter(|threat| !threat.is_ascii());
    chinese.copied().find(|it| whole.contains(it)).map(|it| ((1, 1), it))
}

fn threatens(clause: &str) -> Option<&'static str> {
    let first =
        |words: &[&'static str]| words.iter().copied().find(|word| clause.contains(word));
    if NOT_DONE.iter().any(|it| clause.contains(it)) {
        return None;
    }
    first(THREATS).or_else(|| {
        let other = first(OTHERS)?;
        let told = first(TELLS)?;
        // 「家人可以联系我们」 tells nobody; what is done to them stands in front.
        (clause.find(told)? < clause.find(other)?).then_some(other)
    })
}

fn amount_in(body: &str) -> Option<((u32, u32), String)> {
    let tags = tags::tags(body);
    let tag =
        tags.iter().find(|tag| tag.word().is_some_and(|word| AMOUNTS.contains(&word)));
    if let Some(tag) = tag {
        return Some((place_of(body, tag.start), tag.word()?.to_owned()));
    }
    let is_tag = |at: usize| tags.iter().any(|tag| (tag.start..tag.end).contains(&at));
    let mut digits = body.char_indices().filter(|it| it.1.is_ascii_digit());
    digits.find_map(|(at, _)| {
        let part = |it: char| it.is_ascii_digit() || ",.".contains(it);
        let begins = !body[..at].ends_with(part);
        let sum: String = body[at..].chars().take_while(|c| part(*c)).collect();
        let behind = body[at + sum.len()..].trim_start().to_lowercase();
        let unit = UNITS.iter().find(|unit| behind.starts_with(**unit))?;
        (begins && !is_tag(at)).then(|| (place_of(body, at), format!("{sum}{unit}")))
    })
}

fn name_in(body: &str) -> Option<((u32, u32), String)> {
    let mut start = 0;
    for line in body.split_inclusive('\n') {
        let open = line.trim_start_matches(|it: char| it.is_whitespace());
        let skipped = line.len() - open.len();
        let name: String = open.chars().take_while(|c| is_han(*c)).collect();
        let rest = &open[name.len()..];
        if let Some(called) = called(&name, rest) {
            return Some((place_of(body, start + skipped), called));
        }
        start += line.len();
    }
    None
}

/// The name with which a line greets somebody.
fn called(words: &str, rest: &str) -> Option<String> {
    if ANYBODY.iter().any(|it| words.contains(it)) {
        return None;
    }
    let by_title = TITLES.iter().find_map(|title| Some(words.split_once(title)?.0));
    let greeted = rest.starts_with([':', '\u{ff1a}', ',', '\u{ff0c}']);
    let greeting = rest.trim_start_matches([':', '\u{ff1a}', ',', '\u{ff0c}']);
    let by_greeting = greeted && greeting.starts_with("您好");
    let name = by_title.or_else(|| by_greeting.then_some(words))?;
    (1..=4).contains(&name.chars().count()).then(|| name.to_owned())
}

fn is_han(it: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&it)
}

/// Line and column, counted from 1, of a byte of a text.
fn place_of(body: &str, byte: usize) -> (u32, u32) {
    let before = body.get(..byte).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |it| it + 1);
    let small = |n: usize| u32::try_from(n).unwrap_or(1);
    (small(before.matches('\n').count() + 1), small(before[start..].chars().count() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Look = fn(&BTreeMap<String, String>) -> Vec<TemplateFault>;

    fn found(look: Look, text: &str) -> Option<(u32, u32)> {
        let templates = BTreeMap::from([("t".to_owned(), text.to_owned())]);
        look(&templates).first().map(|it| (it.line, it.col))
    }

    fn amounts(templates: &BTreeMap<String, String>) -> Vec<TemplateFault> {
        amounts_on_telephones(templates, &BTreeSet::from(["t".to_owned()]))
    }

    #[test]
    fn threats_and_shame_are_found_and_what_a_lender_may_say_is_not() {
        let table = [
            ("性质:催收\n再不还就上门抓人,通知你的家人和单位", Some((2, 7))),
            ("您好。再不还就通知您的单位。", Some((1, 4))),
            ("我们将联系您的亲友。", Some((1, 7))),
            ("拒不还款的追究刑事责任", Some((1, 8))),
            ("抓。人", Some((1, 1))),
            ("We will tell your employer.", Some((1, 1))),
            ("You may go to jail.", Some((1, 15))),
            ("我们不会把您的贷款情况告诉您的家人", None),
            ("请您和家人节哀,也请告诉我们", None),
            ("与债务人关系:同住成年家属", None),
            ("本社可以依法向人民法院起诉。", None),
            ("家人有困难的可以联系我们", None),
        ];
        for (text, place) in table {
            let said = found(threatening, text);
            assert_eq!(said.is_some(), place.is_some(), "{text}: {said:?}");
            assert_eq!(said.map(|it| it.0), place.map(|place| place.0), "{text}");
        }
    }

    #[test]
    fn an_amount_on_a_telephone_is_found_typed_or_as_a_word() {
        let table = [
            ("您逾期 {{ 逾期金额 }} 元", Some((1, 5))),
            ("性质:催收\n请还 5,000.00 元", Some((2, 4))),
            ("请还3000块", Some((1, 3))),
            ("{{ balance }}", Some((1, 1))),
            ("请致电 12378", None),
            ("您尾号 {{ 贷款尾号 }} 的贷款 15 日内", None),
            ("{{ 称呼 | default(\"5元\") }}", None),
        ];
        for (text, place) in table {
            assert_eq!(found(amounts, text), place, "{text}");
        }
        let letter = BTreeMap::from([("l".to_owned(), "{{ 逾期金额 }}".to_owned())]);
        assert_eq!(amounts(&letter), [], "a letter states it");
    }

    #[test]
    fn a_name_that_was_typed_is_found() {
        let table = [
            ("示例甲先生,您好", Some((1, 1))),
            ("示例甲,您好", Some((1, 1))),
            ("尊敬的客户,您好", None),
            ("{{ 称呼 | default(\"尊敬的客户\") }},您好", None),
            ("您好", None),
        ];
        for (text, place) in table {
            assert_eq!(found(named, text), place, "{text}");
        }
    }

    #[test]
    fn a_word_that_a_case_may_lack_needs_a_substitute_or_a_condition() {
        let table = [
            ("{{ 客户 }}:", Some((1, 1))),
            ("{{ 客户 | default(\"尊敬的客户\") }}:", None),
            ("{% if 机构地址 is defined %}地址:{{ 机构地址 }}{% endif %}", None),
            ("电话 {{ telephone }}", Some((1, 4))),
            ("{{ 贷款编号 }} {{ 下期到期日 }}", None),
        ];
        for (text, place) in table {
            assert_eq!(found(lacking, text), place, "{text}");
        }
    }
}
