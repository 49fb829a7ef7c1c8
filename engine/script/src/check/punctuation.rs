//! Full-width punctuation (全角标点): what a Chinese input method or a word
//! processor leaves in code, and comments written as in other languages.
//!
//! Inside quotes and comments Chinese is welcome; between them it is not.
//! Every character found is also mended in the draft, so that the rest of the
//! file can be checked in the same run.

use super::draft::Edit;
use super::prose::{self, Lost};

/// What was found between quotes and comments.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Mark {
    /// A character with a counterpart on the keyboard: what to type instead.
    Wide(String),
    /// A space or mark that nobody sees.
    Invisible,
    /// Chinese that has to be put in quotes.
    Word,
    /// `3天`: what to write instead.
    Amount(String),
    /// A length of time that no unit has: `3个月`.
    NoUnit,
    /// `2%`: how many in a thousand that is.
    Share(String),
    /// A full stop behind a statement.
    Stop,
    /// A letter of another alphabet that looks like one of English: what to type.
    Letter(char),
    /// `//`, `#` or `/* */` for `--`.
    Comment(&'static str),
    /// A comment that lost one of its dashes, or both.
    Dashes(Lost),
}

/// One mark, where it stands and how the draft goes on without it.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) mark: Mark,
    /// As it was typed.
    pub(crate) typed: String,
    pub(crate) edit: Edit,
}

/// Everything in a text that no plain keyboard types in code.
///
/// A line with a quote that is never closed is left alone: what looks like
/// code there may be text.
pub(crate) fn marks(text: &str) -> Vec<Found> {
    let mut scan = Scan { text, at: 0, found: vec![], open_lines: vec![] };
    scan.begin_line();
    while scan.at < text.len() {
        scan.step();
    }
    let Scan { mut found, open_lines, .. } = scan;
    found.retain(|it| {
        let after = open_lines.partition_point(|line| line.start <= it.edit.start);
        let line = after.checked_sub(1).and_then(|it| open_lines.get(it));
        !line.is_some_and(|line| line.contains(&it.edit.start))
    });
    found
}

/// Bytes of a line that are looked at around a sign: nobody writes longer lines.
const READABLE: usize = 2_000;

/// What a comment may begin with, as word processors and input methods type it.
const DASHES: &[char] = &['—', '–', '\u{2015}', '\u{ff0d}', '-'];

struct Scan<'t> {
    text: &'t str,
    at: usize,
    found: Vec<Found>,
    open_lines: Vec<std::ops::Range<usize>>,
}

impl<'t> Scan<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// What stands before on the same line, as far as anybody reads.
    fn before(&self) -> &'t str {
        let mut from = self.at.saturating_sub(READABLE);
        while !self.text.is_char_boundary(from) {
            from += 1;
        }
        let before = &self.text[from..self.at];
        &before[before.rfind('\n').map_or(0, |it| it + 1)..]
    }

    /// What stands on the line from here on, as far as anybody reads.
    fn line(&self) -> &'t str {
        let rest = self.rest();
        let mut end = rest.len().min(READABLE);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let line = &rest[..end];
        &line[..line.find('\n').unwrap_or(line.len())]
    }

    /// Passes over the rest of the line.
    fn pass_line(&mut self) {
        let rest = self.rest();
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    fn step(&mut self) {
        let rest = self.rest();
        let Some(c) = rest.chars().next() else { return };
        match c {
            '-' if rest.starts_with("--") => self.comment(),
            '"' | '\'' | '`' => self.quoted(c),
            '[' if long_bracket(rest).is_some() => self.long(),
            '/' if rest.starts_with("/*") => self.block_comment(),
            '/' if rest.starts_with("//") && self.is_comment(2) => {
                self.line_comment("//", 2);
            }
            '#' if self.is_hash_comment() => self.line_comment("#", 1),
            '—' | '–' | '\u{2015}' | '\u{ff0d}' if self.is_dash_comment() => {
                self.dashes();
            }
            '-' if self.lost_dash().is_some() => self.one_dash(),
            '%' | '\u{ff05}' | '‰' if self.is_share(c) => self.share(c),
            '。' if self.ends_statement() => {
                self.found(Mark::Stop, "。", c.len_utf8(), String::new());
                self.at += c.len_utf8();
            }
            '“' | '”' | '‘' | '’' | '「' | '\u{ff02}' => self.wide_quotes(c),
            '\n' => {
                self.at += 1;
                self.begin_line();
            }
            c if c.is_ascii() => self.at += 1,
            c => self.foreign(c),
        }
    }

    fn comment(&mut self) {
        self.at += 2;
        if long_bracket(self.rest()).is_some() {
            self.long();
        } else {
            self.pass_line();
        }
    }

    fn long(&mut self) {
        let close = long_bracket(self.rest()).unwrap_or_default();
        self.at +=
            self.rest().find(&close).map_or(self.rest().len(), |it| it + close.len());
    }

    /// `/* … */`, on one line or several.
    fn block_comment(&mut self) {
        let rest = self.rest();
        let end = rest.find("*/");
        let inner = &rest[2..end.unwrap_or(rest.len()).max(2)];
        let length = end.map_or(rest.len(), |it| it + 2);
        let text = if inner.contains('\n') {
            format!("--[[{inner}]]")
        } else if rest[length..].starts_with(['\n', '\r']) || rest.len() == length {
            format!("--{inner}").trim_end().to_owned()
        } else {
            format!("--[[{inner}]]")
        };
        self.found(Mark::Comment("/* */"), "/* */", length, text);
        self.at += length;
    }

    fn line_comment(&mut self, sign: &'static str, length: usize) {
        let more = if sign == "#" {
            self.line().bytes().take_while(|byte| *byte == b'#').count()
        } else {
            length
        };
        self.found(Mark::Comment(sign), sign, more, "--".to_owned());
        self.pass_line();
    }

    /// Whether the sign here begins a comment and divides nothing.
    fn is_comment(&self, sign: usize) -> bool {
        let before = self.before().trim_end();
        let after = &self.line()[sign..];
        if before.is_empty() && self.goes_on(after) {
            return is_prose(after);
        }
        let opens = before.is_empty()
            || before.ends_with([',', '{', '(', ';'])
            || before.rsplit(is_no_name).next().is_some_and(|part| {
                matches!(part, "then" | "do" | "else" | "end" | "repeat" | "return")
            });
        opens || is_said_in_chinese(after) || is_prose(after)
    }

    /// Whether a line that begins with a sign of division goes on with the value
    /// above it.
    fn goes_on(&self, after: &str) -> bool {
        let is_value = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '(');
        let ends_value =
            |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | ')' | ']');
        self.above().is_some_and(ends_value)
            && after.trim_start().starts_with(is_value)
            && !is_said_in_chinese(after)
            && !prose::is_statement(after.trim())
    }

    fn is_hash_comment(&self) -> bool {
        let line = self.line();
        if !line.starts_with('#') {
            return false;
        }
        let before = self.before().trim_end();
        let after = line.trim_start_matches('#');
        let spaced = after.is_empty()
            || after.starts_with([' ', '\t'])
            || after.starts_with(|it: char| !it.is_ascii());
        let prose = is_said_in_chinese(after) || is_prose(after);
        // `n =`, and in the next line `# list`.
        let expects_value = |it: char| "=(.+-*/<>~".contains(it);
        if before.is_empty() && self.above().is_some_and(expects_value) {
            return false;
        }
        // Nothing is counted right after a value.
        let after_value = before.ends_with(|it: char| {
            it.is_alphanumeric() || matches!(it, '_' | ')' | '}' | ']' | '"' | '\'')
        }) && !before.rsplit(is_no_name).next().is_some_and(|part| {
            matches!(
                part,
                "return"
                    | "and"
                    | "or"
                    | "not"
                    | "if"
                    | "elseif"
                    | "while"
                    | "until"
                    | "in"
            )
        });
        let opens = before.ends_with([',', '{', ';']) && prose;
        let after_value = after_value && (spaced || prose);
        (before.is_empty() && (spaced || prose)) || (spaced && opens) || after_value
    }

    /// Word processors make one long dash of `--`.
    fn is_dash_comment(&self) -> bool {
        let line = self.line();
        let dashes = line.chars().take_while(|c| DASHES.contains(c)).count();
        let after = line.trim_start_matches(DASHES);
        let before = self.before().trim_end();
        2 <= dashes
            || before.is_empty()
            || before.ends_with([',', '{'])
            || is_said_in_chinese(after)
    }

    /// `——` for `--`: the rest of the line is meant as a comment.
    fn dashes(&mut self) {
        let line = self.line();
        let length = line.len() - line.trim_start_matches(DASHES).len();
        let typed = &line[..length];
        self.found(Mark::Wide("--".to_owned()), typed, length, "--".to_owned());
        self.pass_line();
    }

    fn lost_dash(&self) -> Option<Lost> {
        // Most dashes take one number from another.
        let blank = |it: &char| *it == '-' || it.is_whitespace();
        let mut ahead = self.rest().chars().take(8).skip_while(blank);
        if !ahead.next().is_some_and(char::is_alphabetic) {
            return None;
        }
        prose::behind_one_dash(self.before(), self.line())
    }

    /// `- 说明`: the rest of the line is meant as a comment.
    fn one_dash(&mut self) {
        if let Some(lost) = self.lost_dash() {
            let typed = self.line()[..lost.length].to_owned();
            self.found(Mark::Dashes(lost), &typed, lost.length, "--".to_owned());
        }
        self.pass_line();
    }

    /// Looks whether a line is a comment that has no dashes at all.
    fn begin_line(&mut self) {
        let line = self.line();
        let blank = line.len() - line.trim_start().len();
        let text = line.trim_start();
        // Most lines are code, and begin like it.
        if text.is_empty() || text.starts_with('-') {
            return;
        }
        let Some(lost) = prose::without_dashes(text, self.above()) else { return };
        self.at += blank;
        self.found(Mark::Dashes(lost), "", 0, "-- ".to_owned());
        self.pass_line();
    }

    /// The last character of code in the lines before this one.
    fn above(&self) -> Option<char> {
        let lines = self.text[..self.at].lines().rev().take(50);
        let code = lines.map(|line| line.split(" --").next().unwrap_or(line).trim());
        code.into_iter()
            .find(|it| !it.is_empty() && !it.starts_with("--") && !it.starts_with("//"))?
            .chars()
            .last()
    }

    /// `2%,`: what follows is no value that could be divided by.
    fn is_share(&self, sign: char) -> bool {
        let rest = self.line().trim_start_matches(sign).trim_start();
        let word = rest.split(is_no_name).next().unwrap_or("");
        let ends = rest.is_empty()
            || rest.starts_with([',', '}', ')', ';', '，', '）'])
            || rest.starts_with("--")
            || matches!(word, "then" | "do" | "and" | "or" | "end");
        self.before().trim_end().ends_with(|it: char| it.is_ascii_digit())
            && (ends || sign == '‰')
    }

    fn share(&mut self, sign: char) {
        let before = self.before().trim_end();
        let number = before.rsplit(|it: char| !(it.is_ascii_digit() || it == '.')).next();
        let number = number.unwrap_or("");
        let plain = if sign == '‰' { number.to_owned() } else { per_mille(number) };
        let typed = format!("{number}{sign}");
        self.found(Mark::Share(plain), &typed, sign.len_utf8(), String::new());
        self.at += sign.len_utf8();
    }

    /// A full stop at the end of a line, behind what ends a statement.
    fn ends_statement(&self) -> bool {
        let rest = self.line().trim_start_matches('。').trim_start();
        let before = self.before().trim_end();
        (rest.is_empty() || rest.starts_with("--"))
            && (before.ends_with([')', '"', '\'', '}', '”', '’', '）'])
                || before.ends_with("end"))
    }

    /// A text in plain quotes; one closed with a full-width quote is a finding.
    fn quoted(&mut self, quote: char) {
        if let Some(ahead) = self.closing_wide_quote(quote) {
            self.at += ahead;
            let wide = self.rest().chars().next().unwrap_or('”');
            self.wide(wide, &quote.to_string());
            return;
        }
        let start = self.at;
        self.at += 1;
        while let Some(c) = self.rest().chars().next() {
            match c {
                '\\' => {
                    self.at += 1;
                    self.at += self.rest().chars().next().map_or(0, char::len_utf8);
                }
                c if c == quote => {
                    self.at += 1;
                    return;
                }
                '\n' if quote != '`' => break,
                c if is_invisible(c) => self.invisible(c, ""),
                c => self.at += c.len_utf8(),
            }
        }
        // No line of a text that goes on further down is code, nor a comment.
        if let Some(more) = closed_below(self.rest(), quote) {
            self.at += more;
            self.pass_line();
        }
        let line = self.text[..start].rfind('\n').map_or(0, |it| it + 1);
        if self.open_lines.last().is_none_or(|it| it.end <= line) {
            self.open_lines.push(line..self.at);
        }
    }

    /// Where a text opened with `quote` is closed by a full-width quote, when
    /// its line has no proper end.
    fn closing_wide_quote(&self, quote: char) -> Option<usize> {
        let mut wide = None;
        let mut escaped = false;
        let line = self.line();
        for (at, c) in line.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                // The quote found belongs to the next text: `"挂号信“, en = "Letter"`.
                c if c == quote => {
                    return wide.filter(|wide| begins_next_entry(&line[*wide..at]));
                }
                '”' | '“' | '’' | '‘' | '\u{ff02}' => wide = wide.or(Some(at)),
                _ => {}
            }
        }
        wide
    }

    fn wide_quotes(&mut self, open: char) {
        let plain = if matches!(open, '‘' | '’') { "'" } else { "\"" };
        self.wide(open, plain);
        let closes =
            |c: char| matches!(c, '”' | '“' | '’' | '‘' | '」' | '\u{ff02}' | '"' | '\'');
        let line = self.line();
        let Some(ahead) = line.find(closes) else { return };
        self.at += ahead;
        let Some(close) = self.rest().chars().next() else { return };
        if close == '"' || close == '\'' {
            // The pair has to match, whichever was typed.
            if close.to_string() != plain {
                self.found(
                    Mark::Wide(plain.to_owned()),
                    &close.to_string(),
                    1,
                    plain.to_owned(),
                );
            }
            self.at += 1;
        } else {
            self.wide(close, plain);
        }
    }

    fn foreign(&mut self, c: char) {
        if is_invisible(c) {
            self.invisible(c, "");
        } else if c.is_whitespace() {
            self.invisible(c, " ");
        } else if let Some(plain) = counterpart(c) {
            self.wide(c, &plain);
        } else if let Some(plain) = looks_like(c) {
            let length = c.len_utf8();
            self.found(Mark::Letter(plain), &c.to_string(), length, plain.to_string());
            self.at += length;
        } else {
            self.word();
        }
    }

    /// A run of Chinese in the code.
    fn word(&mut self) {
        let in_word = |it: char| {
            it.is_alphanumeric() && !it.is_ascii() && counterpart(it).is_none()
        };
        let rest = self.rest();
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let length = rest.find(|it| !in_word(it)).unwrap_or(rest.len()).max(first);
        let word = &rest[..length];
        if let Some(found) = self.amount(word) {
            self.found.push(found);
        } else {
            // `首次电话"`: the quote on one side is there already.
            let open = if self.before().ends_with(['"', '\'']) { "" } else { "\"" };
            let close = if rest[length..].starts_with(['"', '\'']) { "" } else { "\"" };
            let text = format!("{open}{word}{close}");
            self.found(Mark::Word, word, length, text);
        }
        self.at += length;
    }

    /// `3天`, `5 个工作日`, `2 * 天`, `500元`, `三天`.
    fn amount(&self, word: &str) -> Option<Found> {
        let before = self.before();
        let spoken = spoken_number(word);
        let unit = spoken.map_or(word, |it| it.1);
        let spaced = before.trim_end();
        let spaced = spaced.strip_suffix(['*', '×']).map_or(spaced, str::trim_end);
        let digits = spaced.len()
            - spaced.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.').len();
        let number = &spaced[spaced.len() - digits..];
        let (start, number) = match spoken {
            Some((number, _)) => (self.at, number.to_string()),
            None => (self.at - before.len() + spaced.len() - digits, number.to_owned()),
        };
        let named = spaced[..spaced.len() - digits].ends_with(|it: char| !is_no_name(it));
        if !number.starts_with(|it: char| it.is_ascii_digit()) || named {
            return None;
        }
        let end = self.at + word.len();
        let found = |mark: Mark, with: String| {
            let typed = self.text[start..end].to_owned();
            Some(Found { mark, typed, edit: Edit::replace(start, end, with) })
        };
        if NO_UNITS.contains(&unit) {
            return found(Mark::NoUnit, format!("{number} * days"));
        }
        let with = written_amount(&number, unit)?;
        found(Mark::Amount(with.clone()), with)
    }

    fn wide(&mut self, c: char, plain: &str) {
        let length = c.len_utf8();
        self.found(
            Mark::Wide(plain.to_owned()),
            &c.to_string(),
            length,
            plain.to_owned(),
        );
        self.at += length;
    }

    fn invisible(&mut self, c: char, plain: &str) {
        let length = c.len_utf8();
        self.found(Mark::Invisible, &c.to_string(), length, plain.to_owned());
        self.at += length;
    }

    fn found(&mut self, mark: Mark, typed: &str, length: usize, with: String) {
        let edit = Edit::replace(self.at, self.at + length, with);
        self.found.push(Found { mark, typed: typed.to_owned(), edit });
    }
}

/// Lengths of time that differ from one to the next, or that no wait has.
const NO_UNITS: &[&str] =
    &["个月", "月", "年", "季度", "个季度", "分钟", "分", "秒", "刻钟", "个半月"];

/// How an amount is written whose unit is Chinese; `None` when it is no unit.
pub(crate) fn written_amount(number: &str, unit: &str) -> Option<String> {
    const UNITS: &[(&str, &str)] = &[
        ("天", "days"),
        ("日", "days"),
        ("自然日", "days"),
        ("个自然日", "days"),
        ("工作日", "workdays"),
        ("个工作日", "workdays"),
        ("小时", "hours"),
        ("个小时", "hours"),
        ("钟头", "hours"),
        ("个钟头", "hours"),
    ];
    const MONEY: &[(&str, i64)] = &[
        ("元", 1),
        ("元钱", 1),
        ("块", 1),
        ("块钱", 1),
        ("元整", 1),
        ("万元", 10_000),
        ("万块", 10_000),
        ("万", 10_000),
    ];
    let times = |factor: i64| match factor {
        1 => Some(number.to_owned()),
        _ => Some(number.parse::<i64>().ok()?.checked_mul(factor)?.to_string()),
    };
    if let Some((_, factor)) = MONEY.iter().find(|it| it.0 == unit) {
        return Some(format!("yuan({})", times(*factor)?));
    }
    if ["周", "个周", "星期", "个星期", "礼拜", "个礼拜"].contains(&unit) {
        return Some(format!("{} * days", times(7)?));
    }
    let (_, plain) = UNITS.iter().find(|it| it.0 == unit)?;
    Some(format!("{number} * {plain}"))
}

/// `三天` as 3 and its unit.
fn spoken_number(word: &str) -> Option<(u32, &str)> {
    const DIGITS: &[(char, u32)] = &[
        ('一', 1),
        ('二', 2),
        ('两', 2),
        ('三', 3),
        ('四', 4),
        ('五', 5),
        ('六', 6),
        ('七', 7),
        ('八', 8),
        ('九', 9),
    ];
    let digit = |it: char| DIGITS.iter().find(|known| known.0 == it).map(|known| known.1);
    let is_part = |it: char| digit(it).is_some() || it == '十';
    let unit = word.trim_start_matches(is_part);
    let said: Vec<char> = word[..word.len() - unit.len()].chars().collect();
    let number = match said.as_slice() {
        [one] => digit(*one).or(Some(10)),
        ['十', ones] => digit(*ones).map(|digit| 10 + digit),
        [tens, '十'] => digit(*tens).map(|digit| 10 * digit),
        [tens, '十', ones] => digit(*tens).zip(digit(*ones)).map(|it| 10 * it.0 + it.1),
        _ => None,
    };
    number.filter(|_| !unit.is_empty()).map(|number| (number, unit))
}

/// So many of a hundred as so many of a thousand.
fn per_mille(number: &str) -> String {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let mut digits = part.chars();
    let first = digits.next().unwrap_or('0');
    let rest = digits.as_str();
    let shown = format!("{whole}{first}");
    let shown = shown.trim_start_matches('0');
    let shown = if shown.is_empty() { "0" } else { shown };
    if rest.is_empty() { shown.to_owned() } else { format!("{shown}.{rest}") }
}

fn is_no_name(c: char) -> bool {
    !(c.is_alphanumeric() || c == '_')
}

/// Chinese that stands in no quotes and behind no dashes, and nothing beside it that
/// only code has.
fn is_said_in_chinese(text: &str) -> bool {
    let code = prose::code_of(text);
    let begins = code.trim_start().starts_with(|it: char| !it.is_ascii());
    let is_plain = !prose::has_signs(&code) && !code.contains("..");
    code.contains(prose::is_chinese) && (begins || is_plain)
}

/// Where a text that does not end on its line ends further down, in bytes from the
/// end of that line on; what stands between is text that somebody has typed.
pub(crate) fn closed_below(rest: &str, quote: char) -> Option<usize> {
    let mut at = 0;
    for line in rest.split_inclusive('\n').take(20) {
        let close = line.find(quote);
        let said = line[..close.unwrap_or(line.len())].trim();
        let is_text = said.is_empty()
            || (said.contains(prose::is_chinese) && !prose::has_signs(said));
        if !is_text {
            return None;
        }
        if let Some(close) = close {
            let lone = line.matches(quote).count() % 2 == 1;
            return (lone && !said.is_empty()).then_some(at + close + quote.len_utf8());
        }
        at += line.len();
    }
    None
}

/// `“, en = `: behind a wide quote the next key of a table.
fn begins_next_entry(text: &str) -> bool {
    let mut signs = text.chars();
    signs.next();
    let rest = signs.as_str().trim_start();
    let Some(rest) = rest.strip_prefix([',', '，']) else { return false };
    let Some((key, value)) = rest.split_once(['=', '＝']) else { return false };
    let key = key.trim();
    !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && value.trim().is_empty()
}

/// Two words beside each other are no code.
fn is_prose(text: &str) -> bool {
    const JOINING: &[&str] = &[
        "and", "or", "not", "then", "do", "end", "else", "elseif", "return", "local",
        "if", "until",
    ];
    let mut before_is_word = false;
    let code = prose::code_of(text);
    if prose::has_signs(&code) {
        return false;
    }
    for part in code.split_whitespace() {
        let word = part.trim_end_matches([',', '.', ':', ';', '!']);
        let is_word = !word.is_empty()
            && word.chars().all(|c| c.is_ascii_alphabetic())
            && !JOINING.contains(&word);
        if is_word && before_is_word {
            return true;
        }
        before_is_word = is_word && part == word;
    }
    false
}

/// The sign that ends `[==[ … ]==]`, when one begins here.
fn long_bracket(text: &str) -> Option<String> {
    let inner = text.strip_prefix('[')?;
    let signs = inner.bytes().take_while(|byte| *byte == b'=').count();
    inner[signs..].starts_with('[').then(|| format!("]{}]", "=".repeat(signs)))
}

/// Marks without width: they stand in no text that somebody has typed.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{feff}' | '\u{2060}'
            | '\u{ad}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// The letter of English that one of another alphabet looks like.
fn looks_like(c: char) -> Option<char> {
    const CYRILLIC: &str = "асеіјорѕхуАВЕІЈКМНОРЅСТХ";
    const LATIN: &str = "aceijopsxyABEIJKMHOPSCTX";
    const GREEK: &str = "οΑΒΕΖΗΙΚΜΝΟΡΤΥΧ";
    const LIKE_GREEK: &str = "oABEZHIKMNOPTYX";
    let mut pairs = CYRILLIC.chars().chain(GREEK.chars());
    let at = pairs.position(|pair| pair == c)?;
    LATIN.chars().chain(LIKE_GREEK.chars()).nth(at)
}

/// What to type instead of a character of a Chinese input method.
fn counterpart(c: char) -> Option<String> {
    const PAIRS: &[(char, &str)] = &[
        ('。', "."),
        ('、', ","),
        ('【', "["),
        ('】', "]"),
        ('「', "\""),
        ('」', "\""),
        ('《', "<"),
        ('》', ">"),
        ('—', "-"),
        ('–', "-"),
        ('−', "-"),
        ('×', "*"),
        ('÷', "/"),
        ('≥', ">="),
        ('≤', "<="),
        ('≠', "~="),
        ('…', "."),
        ('·', "."),
        ('“', "\""),
        ('”', "\""),
        ('‘', "'"),
        ('’', "'"),
    ];
    if let Some((_, plain)) = PAIRS.iter().find(|(wide, _)| *wide == c) {
        return Some((*plain).to_owned());
    }
    // The full-width forms stand in the order of ASCII.
    let code = u32::from(c);
    let wide = (0xFF01..=0xFF5E).contains(&code);
    wide.then(|| char::from_u32(code - 0xFEE0)).flatten().map(String::from)
}

#[cfg(test)]
mod tests;
