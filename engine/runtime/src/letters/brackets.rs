//! Placeholders that are none (别种括号的占位): 【逾期金额】 or %姓名% would be printed as
//! they stand, for only double braces are filled in.

use super::WORDS;
use super::tags::is_word;

/// What stands where a tag stood, so that places stay the same.
pub(super) const TAG: char = '\u{fffc}';

/// How sure it is that something was meant to be filled in.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Doubt {
    /// Nothing else can be meant.
    Sure,
    /// A text may mean it as it stands.
    Likely,
}

/// Signs that enclose nothing but placeholders, whatever word they hold.
const MARKS: &[(&str, &str)] = &[
    ("[[", "]]"),
    ("<%", "%>"),
    ("((", "))"),
    ("【【", "】】"),
    ("（（", "））"),
    ("%", "%"),
    ("％", "％"),
    ("#", "#"),
    ("$", "$"),
    ("@", "@"),
];

/// Brackets that may hold a name of a house or of a paper as well.
const BRACKETS: &[(char, char)] = &[
    ('[', ']'),
    ('<', '>'),
    ('［', '］'),
    ('＜', '＞'),
    ('〈', '〉'),
    ('【', '】'),
    ('〔', '〕'),
    ('〖', '〗'),
    ('「', '」'),
    ('『', '』'),
    ('《', '》'),
    ('‹', '›'),
    ('«', '»'),
    ('_', '_'),
    ('*', '*'),
];

/// Those of them that quote.
const QUOTING: &[&str] = &["「", "『", "《"];

/// Brackets and quotes of ordinary sentences.
const ROUND: &[(char, char)] =
    &[('(', ')'), ('（', '）'), ('"', '"'), ('\'', '\''), ('“', '”'), ('‘', '’')];

/// Signs in front of a word that other programs fill in.
const SIGILS: &[char] = &['$', '@', '%', '＄', '＠', '％'];

/// How the names of facts end that a template does not know.
const FIELDS: &[&str] = &[
    "姓名",
    "名称",
    "编号",
    "金额",
    "天数",
    "日期",
    "余额",
    "本金",
    "利息",
    "罚息",
    "账号",
    "电话",
    "手机号",
    "号码",
    "地址",
    "还款日",
    "到期日",
];
/// Names of facts that may be part of other words.
const PEOPLE: &[&str] =
    &["客户", "借款人", "信贷员", "户名", "name", "amount", "date", "phone"];

/// Words that are said in round brackets as well: (客户) behind a name.
const SAID: &[&str] = &["客户", "机构", "信贷员", "今天", "余额"];

/// Longer names nobody gives.
const LONGEST: usize = 14;

/// The first placeholder of a line that would be printed: its column from 0, what
/// stands there, and how sure it is. Tags are blanked out by [`TAG`]; `tag` tells the
/// word that the tag at a column prints.
pub(super) fn in_line(
    line: &str,
    tag: impl Fn(usize) -> Option<String>,
) -> Option<(usize, String, Doubt)> {
    let line: Vec<char> = line.chars().collect();
    let mut found = marks(&line);
    found.extend(brackets(&line, &tag));
    found.extend(round(&line));
    found.extend(bare(&line));
    found.extend(crosses(&line));
    found.into_iter().min_by_key(|it| (it.2, it.0))
}

type Found = (usize, String, Doubt);

fn marks(line: &[char]) -> Vec<Found> {
    let mut found = Vec::new();
    for (open, close) in MARKS {
        for (start, end, inside) in enclosed(line, open, close) {
            let before = start.checked_sub(1).map(|it| line[it]);
            let is_single = open.chars().count() == 1;
            // 5%至6%, 3#楼: a sign behind a number is the number's.
            let counts = before.is_some_and(|it| it.is_ascii_alphanumeric());
            let apart = inside.starts_with(' ') || inside.ends_with(' ');
            if is_single && (counts || apart) || !is_name(&inside) {
                continue;
            }
            let all: String = line[start..end].iter().collect();
            found.push((start, all, Doubt::Sure));
        }
    }
    found
}

fn brackets(line: &[char], tag: &impl Fn(usize) -> Option<String>) -> Vec<Found> {
    let mut found = Vec::new();
    for (open, close) in BRACKETS {
        let (open, close) = (open.to_string(), close.to_string());
        for (start, end, inside) in enclosed(line, &open, &close) {
            let word = inside.trim();
            let known = known(word);
            let is_bracket = open != close;
            if known.is_none() && !(is_bracket && is_field(word)) {
                continue;
            }
            let behind: Vec<char> = line[end..].to_vec();
            let blank = |it: &char| it.is_whitespace() || matches!(it, ':' | '：');
            let to_tag = behind.iter().take_while(|it| blank(it)).count();
            let labelled = behind.get(to_tag) == Some(&TAG);
            let all: String = line[start..end].iter().collect();
            match known {
                // 【逾期金额】{{ 逾期金额 }} is a heading and its value.
                Some(known)
                    if labelled
                        && tag(end + to_tag).is_some_and(|tag| same(&tag, known)) => {}
                // 「逾期金额」 may be a term that a sentence defines.
                Some(_) => {
                    let doubt = if QUOTING.contains(&open.as_str()) || !is_bracket {
                        Doubt::Likely
                    } else {
                        Doubt::Sure
                    };
                    found.push((start, all, doubt));
                }
                None => {
                    let begins = line[..start].iter().all(|it| it.is_whitespace());
                    let follows = behind.first().is_some_and(|it| !is_stop(*it));
                    if !(labelled || begins && follows) {
                        found.push((start, all, Doubt::Likely));
                    }
                }
            }
        }
    }
    found
}

fn round(line: &[char]) -> Vec<Found> {
    let mut found = Vec::new();
    for (open, close) in ROUND {
        let (open_text, close) = (open.to_string(), close.to_string());
        for (start, end, inside) in enclosed(line, &open_text, &close) {
            let word = inside.trim();
            let Some(known) = known(word) else { continue };
            let next = line[end..].iter().find(|it| !it.is_whitespace());
            let counts = next.is_some_and(|it| matches!(it, '元' | '天'));
            let is_quote = !matches!(open, '(' | '（');
            // English puts a blank before what it puts in brackets.
            let english = known.is_ascii() && !known.contains('_');
            let mut before = line[..start].iter().rev();
            let before = if english {
                before.find(|it| !it.is_whitespace())
            } else {
                before.next()
            };
            let attached = before.is_some_and(|it| it.is_alphanumeric() || *it == TAG);
            let said = is_quote || ((english || SAID.contains(&known)) && attached);
            if counts || !said {
                let all: String = line[start..end].iter().collect();
                found.push((start, all, Doubt::Likely));
            }
        }
    }
    found
}

/// `$客户`, and names with an underline that no sentence has.
fn bare(line: &[char]) -> Vec<Found> {
    let part = |it: &char| it.is_alphanumeric() || *it == '_';
    let mut found = Vec::new();
    let mut at = 0;
    while at < line.len() {
        let end = at + line[at..].iter().take_while(|it| part(it)).count();
        if end == at {
            at += 1;
            continue;
        }
        let word: String = line[at..end].iter().collect();
        let before = at.checked_sub(1).map(|it| line[it]);
        let earlier = at.checked_sub(2).map(|it| line[it]);
        let sigil = before.is_some_and(|it| SIGILS.contains(&it))
            && !earlier.is_some_and(|it| it.is_ascii_alphanumeric());
        // @客户经理 is somebody, $客户您好 is nobody.
        let money = before.is_some_and(|it| matches!(it, '$' | '＄'));
        let begins = WORDS
            .iter()
            .any(|it| word == it.0 || word == it.1 || (money && word.starts_with(it.0)));
        if sigil && begins {
            found.push((at - 1, format!("{}{word}", line[at - 1]), Doubt::Sure));
        } else if word.contains('_') && is_word(&word) {
            found.push((at, word, Doubt::Sure));
        }
        at = end;
    }
    found
}

/// XXX and ××, as forms on paper have them.
fn crosses(line: &[char]) -> Vec<Found> {
    let cross = |it: &char| matches!(it, 'X' | 'x' | '×' | 'Ｘ' | 'ｘ');
    let mut found = Vec::new();
    let mut at = 0;
    while at < line.len() {
        let end = at + line[at..].iter().take_while(|it| cross(it)).count();
        if end == at {
            at += 1;
            continue;
        }
        let beside = [at.checked_sub(1), Some(end)];
        let within = beside.into_iter().flatten().filter_map(|it| line.get(it));
        let part = |it: char| it.is_ascii_alphanumeric() || "./-_@:&?=".contains(it);
        let mut within = within.filter(|within| part(**within));
        if 2 <= end - at && within.next().is_none() {
            found.push((at, line[at..end].iter().collect(), Doubt::Likely));
        }
        at = end;
    }
    found
}

/// What stands between two signs of a line: where the first begins, where the last
/// ends, and the text.
fn enclosed(line: &[char], open: &str, close: &str) -> Vec<(usize, usize, String)> {
    let (open, close): (Vec<char>, Vec<char>) =
        (open.chars().collect(), close.chars().collect());
    let starts = (0..line.len()).filter(|it| line[*it..].starts_with(&open));
    starts
        .filter_map(|start| {
            let inside = start + open.len();
            let within = inside..line.len().min(inside + LONGEST + close.len() + 1);
            let end = within.clone().find(|it| line[*it..].starts_with(&close))?;
            let text: String = line[inside..end].iter().collect();
            (!text.trim().is_empty()).then_some((start, end + close.len(), text))
        })
        .collect()
}

/// Whether a text reads like the name of a fact: no sentence and no number.
fn is_name(text: &str) -> bool {
    let text = text.trim();
    let part = |it: char| it.is_alphanumeric() || matches!(it, '_' | '-' | '.' | ' ');
    !text.is_empty()
        && text.chars().count() <= LONGEST
        && text.chars().all(part)
        && text.chars().any(char::is_alphabetic)
        && !text.starts_with(|it: char| it.is_ascii_digit())
}

/// The word of a template that is meant, when it is one or nearly one.
fn known(text: &str) -> Option<&'static str> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let text = text.to_ascii_lowercase();
    let words = || WORDS.iter().flat_map(|word| [word.0, word.1]);
    words().find(|word| *word == text).or_else(|| {
        let near = words().find(|word| is_one_off(word, &text));
        near.filter(|_| 4 <= text.chars().count())
    })
}

/// Whether two texts differ in one letter.
fn is_one_off(one: &str, other: &str) -> bool {
    let differing = one.chars().zip(other.chars()).filter(|it| it.0 != it.1).count();
    one.chars().count() == other.chars().count() && differing == 1
}

fn same(one: &str, other: &str) -> bool {
    WORDS
        .iter()
        .any(|word| [word.0, word.1].contains(&one) && [word.0, word.1].contains(&other))
}

fn is_field(text: &str) -> bool {
    let text = text.trim();
    let short = text.chars().count() <= 10 && is_name(text);
    short && (FIELDS.iter().any(|field| text.ends_with(field)) || PEOPLE.contains(&text))
}

fn is_stop(it: char) -> bool {
    ",.;!?，。；！？、".contains(it) || matches!(it, '元' | '天')
}

/// The half-width sign that a wide one or one of Chinese writing stands for.
pub(super) fn half_width(sign: char) -> Option<char> {
    Some(match sign {
        '“' | '”' | '„' | '‟' | '「' | '」' | '『' | '』' => '"',
        '‘' | '’' | '‚' | '‛' => '\'',
        '、' => ',',
        '。' => '.',
        '【' | '〔' => '[',
        '】' | '〕' => ']',
        '—' | '–' | '−' => '-',
        '×' => '*',
        '÷' => '/',
        '≥' | '≧' | '》' => '>',
        '≤' | '≦' | '《' => '<',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(sign) - 0xfee0)?,
        _ => return None,
    })
}

/// Whether a sign shows nothing, or a blank that is no ordinary one.
pub(super) fn is_unseen(sign: char) -> bool {
    sign.is_whitespace()
        || sign.is_control()
        || matches!(
            sign,
            '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}'
                | '\u{fe00}'..='\u{fe0f}'
        )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::Letters;

    fn told(text: &str) -> Vec<(bool, String)> {
        let texts = BTreeMap::from([("t".to_owned(), text.to_owned())]);
        let (_, faults) = Letters::new(&texts);
        faults.iter().map(|fault| (fault.is_doubt, fault.say.zh.clone())).collect()
    }

    #[test]
    fn a_placeholder_in_other_brackets_is_refused() {
        let table = [
            "您好,应还【逾期金额】元",
            "应还[[逾期金额]]元",
            "应还<逾期金额>元",
            "应还 %逾期金额% 元",
            "应还［ 逾期金额 ］元",
            "应还[逾期金颜]元",
            "[[客户姓名]]您好",
            "%姓名%您好",
            "#手机号#您好",
            "<<客户>>您好",
            "%客户%您好",
            "$客户,您好",
            "您好 $name",
            "逾期 days_past_due 天",
            "[Overdue]",
            "【机构】{{ 客户 | default(\"客户\") }},您好",
        ];
        for text in table {
            let told = told(text);
            assert_eq!(told.len(), 1, "{text}: {told:?}");
            assert!(!told[0].0, "{text}: {told:?}");
        }
    }

    #[test]
    fn what_may_be_a_placeholder_is_asked_about() {
        let table = [
            "应还(逾期金额)元",
            "（客户）,您好",
            "应还“逾期金额”元",
            "应还「逾期金额」元",
            "应还 *逾期金额* 元",
            "您好,【客户姓名】,请还款",
            "尊敬的 XXX,您好",
            "于 ×× 日前还款",
        ];
        for text in table {
            let told = told(text);
            assert_eq!(told.len(), 1, "{text}: {told:?}");
            assert!(told[0].0, "{text}: {told:?}");
        }
    }

    #[test]
    fn what_stands_in_brackets_of_its_own_is_left_alone() {
        let table = [
            "【青石信用社】{{ 客户 | default(\"客户\") }},您好",
            "【{{ 机构 }}】您好",
            "【逾期金额】{{ 逾期金额 }} 元\n【逾期天数】: {{ 逾期天数 }} 天",
            "【还款提示】每月二十日",
            "(编号 {{ 贷款编号 }})已到期,请凭《催收通知书》办理(盖章)",
            "{{ 信贷员 | default(\"本社\") }}(信贷员)",
            "请于本周五(今天)前还款",
            "下称“逾期金额”,年利率 5%至6%,上浮 50%的罚息 30%",
            "3#楼 5#门,电话 010-1234,邮箱 a@example.cn,b@example.cn",
            "签收人(签名、捺印):____________ 日期:____年__月__日",
            "您好 *** 1234,网址 www.xx.example/xxx,型号 XX12",
            "| 逾期金额 | 逾期天数 |",
            "<<催收通知书>>,请联系@客户经理,A公司&机构",
            "□本人 □同住成年家属 [签名] <盖章>",
        ];
        for text in table {
            assert_eq!(told(text), [], "{text}");
        }
    }
}
