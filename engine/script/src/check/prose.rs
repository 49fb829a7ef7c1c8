//! Comments that lost a dash (少了横线的注释): what reads like a sentence where a
//! line of code should stand.

use super::slips::KEYWORDS;

/// A comment that does not begin with two dashes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Lost {
    /// Bytes that stand in place of the two dashes.
    pub(crate) length: usize,
    /// Nothing but a comment can be meant.
    pub(crate) sure: bool,
}

/// A comment behind a single dash, or behind two with a blank between them.
///
/// `before` is what stands before the dash in its line, `line` the line from
/// the dash on.
pub(crate) fn behind_one_dash(before: &str, line: &str) -> Option<Lost> {
    let rest = line.strip_prefix('-')?.trim_start();
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    let length = line.len() - rest.len();
    // What reads like a sentence further right is a comment that has its dashes.
    let rest = before_comment(rest).trim();
    let length = line[..length].trim_end().len();
    if closes_more(rest) || is_amount(rest) {
        return None;
    }
    let chinese = rest.starts_with(is_chinese);
    let english = 2 <= plain_run(rest) && !has_signs(rest);
    let lost = |sure: bool| Some(Lost { length, sure });
    if before.trim().is_empty() {
        return match (chinese, english) {
            (true, _) => lost(!has_signs(rest)),
            (_, true) => lost(true),
            _ if is_statement(rest) => lost(false),
            _ => None,
        };
    }
    // Behind a value a single word may be what is to be taken from it.
    let sentence = english || rest.contains([' ', '·']) || rest.contains(is_stop);
    if chinese {
        let ends =
            before.trim_end().ends_with([',', '{', '}', ';']) || ends_in_keyword(before);
        return lost(!has_signs(rest) && (ends || sentence));
    }
    if english { lost(true) } else { None }
}

/// A line without any dash that reads like a comment; `above` is the last
/// character of code before it.
pub(crate) fn without_dashes(line: &str, above: Option<char>) -> Option<Lost> {
    // `used, -- what is left over`: the words have their dashes.
    let text = line.split("--").next().unwrap_or(line).trim();
    let expects_value = matches!(above, Some('(' | '=' | '.' | '+' | '-' | '*' | '/'));
    if expects_value || has_signs(text) || text.ends_with(['"', '\'', ',', '，']) {
        return None;
    }
    let lost = |sure: bool| Some(Lost { length: 0, sure });
    let in_list = matches!(above, Some(',' | '{'));
    let listed = bullet(text);
    if listed.len() < text.len() && !listed.starts_with(is_chinese) {
        return None;
    }
    if listed.starts_with(is_chinese) {
        let sentence = text.contains([' ', '·']) || text.contains(is_stop);
        return if sentence || !in_list { lost(true) } else { None };
    }
    let words = text.split_whitespace().count();
    let english = 4 <= words && 3 <= plain_run(text) && words_only(text);
    if english { lost(true) } else { None }
}

/// What stands behind `*`, `1.` or `(一)` at the beginning of a line.
fn bullet(text: &str) -> &str {
    const MARKS: &[char] =
        &['*', '•', '·', ';', '；', '※', '★', '●', '◆', '【', '（', '《', '“', ' '];
    let marked = text.trim_start_matches(MARKS);
    let numbered = marked.trim_start_matches(|it: char| it.is_ascii_digit());
    let point = numbered.trim_start_matches(['.', '、', ')', '）', ' ']);
    let is_point = numbered.len() < marked.len() && point.len() < numbered.len();
    if is_point { point } else { marked }
}

/// A line up to the comment behind it, however that begins.
fn before_comment(line: &str) -> &str {
    let begins = ["--", "——", "//"].iter().filter_map(|sign| line.find(sign));
    &line[..begins.min().unwrap_or(line.len())]
}

/// What of a line is code: without its comment, and with nothing in its quotes.
pub(crate) fn code_of(line: &str) -> String {
    let mut code = String::new();
    let mut left = line;
    while let Some(c) = left.chars().next() {
        if left.starts_with("--") {
            break;
        }
        // In `don't` it is no quote.
        let opens = matches!(c, '"' | '`')
            || (c == '\'' && !code.ends_with(|it: char| it.is_alphanumeric()));
        let inner = &left[c.len_utf8()..];
        code.push(c);
        left = match inner.find(c).filter(|_| opens) {
            Some(close) => {
                code.push(c);
                &inner[close + c.len_utf8()..]
            }
            None => inner,
        };
    }
    code
}

pub(crate) fn is_chinese(c: char) -> bool {
    ('\u{3400}'..='\u{9fff}').contains(&c)
}

fn is_stop(c: char) -> bool {
    matches!(c, '，' | '。' | '：' | '；' | '、' | '！' | '？' | '（' | '“')
}

/// Signs that stand in code and in no sentence; what a sentence says in
/// brackets does not count.
pub(crate) fn has_signs(text: &str) -> bool {
    let mut left = text;
    while let Some(open) = left.find(['(', ')']) {
        let Some(close) = left[open..].find(')').map(|it| open + it) else { return true };
        let inner = &left[open..close];
        let said = inner.contains(is_chinese) || inner.contains(' ');
        let called = left[..open].ends_with(|it: char| it.is_ascii_alphanumeric());
        if !left[open..].starts_with('(') || !said || called {
            return true;
        }
        if has_marks(&left[..open]) {
            return true;
        }
        left = &left[close + 1..];
    }
    has_marks(left)
}

fn has_marks(text: &str) -> bool {
    text.contains(['=', '{', '}', '[', ']', '"', '<', '>', '＝', '｛', '｝', '＂'])
}

/// More brackets are closed in it than opened: it goes on with code.
fn closes_more(text: &str) -> bool {
    let count = |signs: &[char]| text.matches(signs).count();
    count(&['(', '（', '{']) < count(&[')', '）', '}'])
}

/// `三天`, `3天`: an amount that is taken from a date.
fn is_amount(text: &str) -> bool {
    let word = text.split(|it: char| !it.is_alphanumeric()).next().unwrap_or("");
    let units = ["天", "日", "工作日", "小时", "周", "元"];
    let number =
        |it: char| it.is_ascii_digit() || "一二两三四五六七八九十个".contains(it);
    let unit = word.trim_start_matches(number);
    unit.len() < word.len() && units.contains(&unit)
}

fn ends_in_keyword(text: &str) -> bool {
    let word = text.trim_end().rsplit(|it: char| !it.is_ascii_alphabetic()).next();
    word.is_some_and(|word| matches!(word, "then" | "do" | "else" | "end" | "repeat"))
}

/// `enrol = { … }`, `return …`: code that somebody set aside.
pub(crate) fn is_statement(text: &str) -> bool {
    let end = text.find(|it: char| !(it.is_ascii_alphanumeric() || it == '_'));
    let (word, rest) = text.split_at(end.unwrap_or(text.len()));
    let rest = rest.trim_start();
    let named = !word.is_empty() && rest.starts_with('=') && !rest.starts_with("==");
    let begins =
        ["local", "return", "if", "elseif", "else", "end", "for", "while", "repeat"];
    named || begins.contains(&word)
}

/// The longest run of words beside each other that are no keywords.
fn plain_run(text: &str) -> usize {
    let (mut run, mut longest) = (0, 0);
    for part in text.split_whitespace() {
        let word = part.trim_end_matches([',', '.', ':', ';', '!', '?']);
        let plain = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphabetic());
        run = if plain && !KEYWORDS.contains(&word) { run + 1 } else { 0 };
        longest = longest.max(run);
        if part.len() != word.len() {
            run = 0;
        }
    }
    longest
}

/// Every part is a word or a number, as in a sentence.
fn words_only(text: &str) -> bool {
    let part = |it: char| it.is_ascii_alphanumeric() || matches!(it, '\'' | '-' | '/');
    text.split_whitespace().all(|it| {
        let word = it.trim_start_matches('(');
        let word = word.trim_end_matches([',', '.', ':', ';', '!', '?', ')']);
        word.chars().all(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_behind_one_dash_is_a_comment() {
        let sure = [
            ("", "- 一次无果:再去、寄信或转法务 · one visit came to nothing"),
            ("", "-一次无果"),
            ("  ", "- - 说明"),
            ("", "- one visit came to nothing"),
            ("return stay() ", "- 去世的是别人 · somebody else has died"),
            ("keeps_clocks = true, ", "- 只记内部账"),
            ("return stay() ", "- somebody else has died"),
            ("return stay() ", "- somebody else has died -- so they say"),
        ];
        for (before, line) in sure {
            assert_eq!(
                behind_one_dash(before, line).map(|behind_one_dash| behind_one_dash.sure),
                Some(true),
                "{line}"
            );
        }
        for (before, line) in
            [("  ", "- enrol = { days_until_due = { 0, 15 } },"), ("", "- return stay()")]
        {
            assert_eq!(
                behind_one_dash(before, line).map(|behind_one_dash| behind_one_dash.sure),
                Some(false),
                "{line}"
            );
        }
        let code = [
            ("wait_until(due ", "- 天数, \"a\")"),
            ("local x = a ", "- b"),
            ("  ", "- b"),
            ("  ", "- case.balance or 0"),
            ("x = today() ", "- 三天"),
            ("x = n ", "- one return x"),
            ("return case.balance ", "- case.overdue -- what is not due yet"),
            (
                "x = today() ",
                "- case.oldest_unpaid_on -- 距最早到期日 · days since the oldest",
            ),
            ("      ", "- case.overdue -- what is not due yet"),
            ("function(a, b) return a ", "- b end -- take one from the other"),
            ("x = a ", "- b --[[ what is left over ]]"),
            ("x = a ", "- b // what is left over"),
        ];
        for (before, line) in code {
            assert_eq!(behind_one_dash(before, line), None, "{line}");
        }
    }

    #[test]
    fn a_line_of_words_is_a_comment_and_a_line_of_code_is_none() {
        let sentences = [
            ("一次无果:再去、寄信或转法务 · one visit came to nothing", None),
            ("上门之后", Some('}')),
            ("按时的还款不进来 · payments in time do not come in", Some(',')),
            ("没有见到(宜 7–14 天)", None),
            ("* 先打电话", Some('}')),
            ("1. 先打电话,再寄信", None),
            ("【说明】先打电话", None),
            ("one visit came to nothing", None),
        ];
        for (line, above) in sentences {
            assert_eq!(
                without_dashes(line, above).map(|dash| dash.sure),
                Some(true),
                "{line}"
            );
        }
        let code = [
            ("标题 = { zh = \"甲\" },", Some('{')),
            ("甲,", Some('{')),
            ("甲", Some('{')),
            ("首次电话\",", Some('{')),
            ("上门(case)", None),
            ("3天", Some('{')),
            ("* case.visits", Some('s')),
            ("local function after_visit", None),
            ("return stay", None),
            ("retrun go letter", None),
            ("if case then return stay", None),
            ("首次电话", Some('=')),
            ("used, -- what is left over", Some('{')),
        ];
        for (line, above) in code {
            assert_eq!(without_dashes(line, above), None, "{line}");
        }
    }
}
