//! What stands between the braces of a template (花括号里的写法): slips of whoever types
//! it with a Chinese keyboard or puts a word in quotes.

use domain::say::Say;

use super::{WORDS, brackets};

/// A tag of a template and the text within its braces.
pub(super) struct Tag<'t> {
    /// The second sign of its opening: `{`, `%` or `#`.
    pub(super) kind: u8,
    /// The bytes of the body that it takes, braces and all.
    pub(super) start: usize,
    /// One past the last of them.
    pub(super) end: usize,
    /// Where the text within begins.
    inside: usize,
    /// The text within.
    text: &'t str,
    /// Whether its braces are closed.
    closed: bool,
}

/// A slip: the byte at which it stands, and what to do, Chinese and English.
pub(super) type Slip = (usize, Say);

/// All tags of a text.
pub(super) fn tags(body: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut from = 0;
    loop {
        let rest = &body[from..];
        let opening = ["{{", "{%", "{#"].iter().filter_map(|it| rest.find(it)).min();
        let Some(start) = opening.map(|opening| opening + from) else { return tags };
        let kind = body.as_bytes()[start + 1];
        let inside = start + 2;
        let end = closing(&body[inside..], kind).map(|closing| closing + inside);
        // What is never closed is looked at to the end of its line.
        let line = body[inside..].find('\n').map_or(body.len(), |it| it + inside);
        let (last, closed) = (end.unwrap_or(line), end.is_some());
        let end = if closed { last + 2 } else { last };
        let text = &body[inside..last];
        tags.push(Tag { kind, start, end, inside, text, closed });
        from = end;
    }
}

/// Where the braces are closed; a text in quotes closes nothing.
fn closing(text: &str, kind: u8) -> Option<usize> {
    let ends = match kind {
        b'{' => "}}",
        b'%' => "%}",
        _ => return text.find("#}"),
    };
    let mut quote = None;
    for (at, sign) in text.char_indices() {
        match (quote, sign) {
            (None, '"' | '\'') => quote = Some(sign),
            (Some(open), _) if open == sign => quote = None,
            (None, _) if text[at..].starts_with(ends) => return Some(at),
            _ => {}
        }
    }
    // A quote that is never closed hides nothing.
    text.find(ends)
}

/// A piece of the text within braces.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Piece<'t> {
    Name(&'t str),
    Quoted(&'t str),
    Sign(char),
}

/// What belongs to the language and names nothing.
const KEYWORDS: &[&str] =
    &["if", "else", "and", "or", "not", "in", "is", "true", "false", "none"];

impl<'t> Tag<'t> {
    /// The pieces of the text with the bytes of the body at which they stand.
    fn pieces(&self) -> Vec<(usize, Piece<'t>)> {
        let mut pieces = Vec::new();
        let mut rest = self.text;
        while let Some(sign) = rest.chars().next() {
            let at = self.inside + self.text.len() - rest.len();
            let part = |it: char| it.is_alphanumeric() || it == '_';
            if part(sign) {
                let end = rest.find(|it| !part(it)).unwrap_or(rest.len());
                pieces.push((at, Piece::Name(&rest[..end])));
                rest = &rest[end..];
            } else if let Some((quoted, behind)) = quoted(rest) {
                pieces.push((at, Piece::Quoted(quoted)));
                rest = behind;
            } else {
                if !matches!(sign, ' ' | '\t' | '\r' | '\n') {
                    pieces.push((at, Piece::Sign(sign)));
                }
                rest = &rest[sign.len_utf8()..];
            }
        }
        pieces
    }

    /// The word of which the tag asks whether it is there: `{% if word is defined %}`.
    pub(super) fn condition(&self) -> Option<&'t str> {
        let pieces = self.pieces();
        let names: Vec<&str> = pieces
            .iter()
            .filter_map(
                |piece| if let Piece::Name(name) = piece.1 { Some(name) } else { None },
            )
            .collect();
        let asks = self.kind == b'%' && names.contains(&"defined");
        let at = names.iter().position(|name| *name == "is")?;
        names.get(at.checked_sub(1)?).copied().filter(|_| asks)
    }

    /// Whether the tag says what is printed where the case has nothing.
    pub(super) fn has_substitute(&self) -> bool {
        self.pieces().iter().any(|piece| matches!(piece.1, Piece::Name("default" | "d")))
    }

    /// The word whose value the tag prints.
    pub(super) fn word(&self) -> Option<&'t str> {
        match self.pieces().first() {
            Some((_, Piece::Name(name))) if self.kind == b'{' => Some(name),
            _ => None,
        }
    }
}

/// A text in quotes at the beginning, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text[1..].split_once(quote)
}

/// Why the engine cannot read a text, when it is one of the slips that staff make.
pub(super) fn unreadable(body: &str) -> Option<Slip> {
    let tags = tags(body);
    let read = || tags.iter().filter(|tag| tag.kind != b'#');
    // What comes behind a half-closed tag is text, whatever marks stand in it.
    read()
        .find_map(|tag| half_closed(tag).or_else(|| odd_mark(tag)))
        .or_else(|| tags.iter().find(|tag| !tag.closed).map(not_closed))
        .or_else(|| read().find_map(two_names))
}

fn not_closed(tag: &Tag<'_>) -> Slip {
    let closing = match tag.kind {
        b'{' => "}}",
        b'%' => "%}",
        _ => "#}",
    };
    let said = Say::new(
        format!("这里打开的花括号没有关上:后面缺少 {closing}"),
        format!("the braces opened here are not closed: {closing} is missing"),
    );
    (tag.start, said)
}

/// A name with one brace behind it where two belong.
fn half_closed(tag: &Tag<'_>) -> Option<Slip> {
    let pieces = tag.pieces();
    let (at, piece) =
        pieces.iter().find(|piece| matches!(piece.1, Piece::Sign('{' | '}')))?;
    (*piece == Piece::Sign('}') && tag.kind == b'{').then(|| {
        let said = Say::new(
            "花括号只关了一半:这里应写两个 }},如 {{ 客户 }}",
            "the braces are closed by one only: write }} here, as in {{ name }}"
                .to_owned(),
        );
        (*at, said)
    })
}

/// A mark of a Chinese keyboard or a word processor, or one that nobody sees.
fn odd_mark(tag: &Tag<'_>) -> Option<Slip> {
    tag.pieces().into_iter().find_map(|(at, piece)| {
        let Piece::Sign(sign) = piece else { return None };
        let said = match (sign, brackets::half_width(sign)) {
            (sign, _) if sign.is_ascii() && !sign.is_control() => return None,
            (sign, _) if brackets::is_unseen(sign) => {
                let code = u32::from(sign);
                Say::new(
format!(
                        "花括号里有一个不是普通空格的空白或看不见的字符(U+{code:04X}):请删去,\
                         需要空格就重新打一个"
                    ),
format!(
                        "there is a blank within the braces that is no ordinary one, or that \
                         nobody sees (U+{code:04X}): delete it and type a blank where one is \
                         needed"
                    ),
)
            }
            (sign, Some(half)) => Say::new(
format!("花括号里的 “{sign}” 是全角或中文标点:应写半角的 {half}"),
format!("`{sign}` within braces is full-width: write {half}"),
),
            (sign, None) => Say::new(
format!("花括号里不能有 “{sign}”:只写内容的名字,如 {{{{ 客户 }}}}"),
format!(
                    "`{sign}` cannot stand within braces: they hold a name, as {{{{ name }}}}"
                ),
),
        };
        Some((at, said))
    })
}

/// Two names with nothing between them.
fn two_names(tag: &Tag<'_>) -> Option<Slip> {
    let pieces = tag.pieces();
    let names = pieces.windows(2).find_map(|pair| match pair {
        [(at, Piece::Name(one)), (_, Piece::Name(other))]
            if !KEYWORDS.contains(one) && !KEYWORDS.contains(other) =>
        {
            Some((*at, *one, *other))
        }
        _ => None,
    });
    let (at, one, other) = names.filter(|_| tag.kind == b'{')?;
    let joined = [format!("{one}{other}"), format!("{one}_{other}")];
    let said = match joined.iter().find(|it| is_word(it)) {
        Some(word) => Say::new(
            format!("“{one} {other}” 中间不要空格:{{{{ {word} }}}}"),
            format!("`{one} {other}` is one word: {{{{ {word} }}}}"),
        ),
        None => Say::new(
            format!("一对花括号里只写一个内容:{{{{ {one} }}}} {{{{ {other} }}}}"),
            format!("a pair of braces holds one name: {{{{ {one} }}}} {{{{ {other} }}}}"),
        ),
    };
    Some((at, said))
}

/// What the engine reads without a word and a debtor should not: words in
/// quotes, substitutes that are none.
pub(super) fn printed(body: &str) -> Option<Slip> {
    tags(body).iter().filter(|tag| tag.kind != b'#').find_map(|tag| {
        let pieces = tag.pieces();
        raw(tag, &pieces)
            .or_else(|| constant(tag, &pieces))
            .or_else(|| substitute(&pieces))
            .or_else(|| word_in_quotes(&pieces))
            .or_else(|| text_as_number(&pieces))
    })
}

/// What stands in `raw` is printed with its braces.
fn raw(tag: &Tag<'_>, pieces: &[(usize, Piece<'_>)]) -> Option<Slip> {
    let is_raw = matches!(
        pieces.iter().find(|piece| piece.1 != Piece::Sign('-')),
        Some((_, Piece::Name("raw")))
    );
    (is_raw && tag.kind == b'%').then(|| {
        let said = Say::new(
            "raw 里的花括号会原样印给客户:请去掉 raw",
            "what stands in `raw` is printed with its braces: take `raw` out",
        );
        (tag.start, said)
    })
}

/// Braces that name nothing print what stands in them.
fn constant(tag: &Tag<'_>, pieces: &[(usize, Piece<'_>)]) -> Option<Slip> {
    let mut before = None;
    for (_, piece) in pieces {
        let is_filter = before == Some(Piece::Sign('|'));
        match piece {
            Piece::Name(name)
                if !is_filter
                    && !KEYWORDS.contains(name)
                    && !name.starts_with(|it: char| it.is_numeric()) =>
            {
                return None;
            }
            _ => before = Some(*piece),
        }
    }
    let (at, _) = *pieces.first().filter(|_| tag.kind == b'{')?;
    let quoted = pieces.iter().find_map(|piece| match piece.1 {
        Piece::Quoted(text) => Some(text.trim()),
        _ => None,
    });
    Some((at, in_quotes(quoted.unwrap_or_default())))
}

fn in_quotes(text: &str) -> Say {
    if is_word(text) {
        return Say::new(
            format!("引号里的 “{text}” 会原样印给客户:去掉引号,写 {{{{ {text} }}}}"),
            format!(
                "\"{text}\" in quotes is printed as it stands: write {{{{ {text} }}}}"
            ),
        );
    }
    Say::new(
"花括号里没有内容的名字,会原样印给客户:写内容的名字且不加引号,如 {{ 客户 }};固定的文字写在花括号外"
            .to_owned(),
"these braces name nothing and print what stands in them: write a name without quotes, \
         as {{ name }}, and fixed words outside"
            .to_owned(),
)
}

/// Facts that a template gets as numbers; all others are texts.
const NUMBERS: &[&str] = &["逾期天数", "days_past_due", "距到期天数", "days_until_due"];

/// An amount or a day that is compared as if it were a number: it is a text, and by the
/// order of texts 900.00 comes after 1000.00.
fn text_as_number(pieces: &[(usize, Piece<'_>)]) -> Option<Slip> {
    let is_text = |piece: &Piece<'_>| matches!(piece, Piece::Name(name) if is_word(name) && !NUMBERS.contains(name));
    let is_number = |piece: &Piece<'_>| matches!(piece, Piece::Name(name) if name.starts_with(|sign: char| sign.is_ascii_digit()));
    let is_order = |piece: &Piece<'_>| matches!(piece, Piece::Sign('<' | '>'));
    let found = pieces.iter().enumerate().find(|(n, (_, piece))| {
        let after = |by: usize| pieces.get(n + by).map(|piece| &piece.1);
        let before = n.checked_sub(1).map(|it| &pieces[it].1);
        let further = n.checked_sub(2).map(|it| &pieces[it].1);
        let is_ordered = after(1).is_some_and(is_order)
            || before.is_some_and(is_order)
            || (before == Some(&Piece::Sign('=')) && further.is_some_and(is_order));
        let is_equal = after(1) == Some(&Piece::Sign('='))
            && after(2) == Some(&Piece::Sign('='))
            && after(3).is_some_and(is_number);
        is_text(piece) && (is_ordered || is_equal)
    });
    let (_, (at, piece)) = found?;
    let Piece::Name(name) = piece else { return None };
    let said = Say::new(
        format!(
            "“{name}” 在模板里是文字,不能和数字比较:在脚本里判断(如 case.overdue > yuan(1000)),\
             各用一个模板"
        ),
        format!(
            "`{name}` is a text in a template and cannot be compared with a number: decide in \
             the script (as case.overdue > yuan(1000)), with a template for each"
        ),
    );
    Some((*at, said))
}

/// Words that read well as what they are, where a case has no name for them.
const NOUNS: &[&str] = &["客户", "信贷员", "机构", "collector"];

/// A substitute without quotes is another fact, and none when it is the same.
fn substitute(pieces: &[(usize, Piece<'_>)]) -> Option<Slip> {
    use Piece::{Name, Quoted, Sign};
    let mut main = None;
    for (n, (at, piece)) in pieces.iter().enumerate() {
        match (main, piece) {
            (None, Name(name)) => main = Some(*name),
            (_, Name("default" | "d")) => {}
            _ => continue,
        }
        let Some([(_, Sign('(')), (_, given)]) = pieces.get(n + 1..n + 3) else {
            continue;
        };
        let main = main.unwrap_or_default();
        match given {
            Name(it) if is_word(it) && (same_word(it, main) || same_word(it, "name")) => {
                return Some((
                    *at,
                    Say::new(
                        format!(
                            "替代文字要放在引号里:default(\"{it}\");不加引号是案件上的内容"
                        ),
                        format!(
                            "a substitute stands in quotes: default(\"{it}\"); without them it \
                             is a fact of the case"
                        ),
                    ),
                ));
            }
            Quoted(it) if is_word(it.trim()) && !NOUNS.contains(&it.trim()) => {
                return Some((
                    *at,
                    Say::new(
                        format!(
                            "缺少时会把 “{it}” 这几个字印给客户:请写一句通顺的替代文字,\
                             或去掉引号用这项内容"
                        ),
                        format!(
                            "where it is missing the word \"{it}\" is printed: write words that \
                             read well, or drop the quotes to use that fact"
                        ),
                    ),
                ));
            }
            Quoted(it) if it.contains(['{', '}', '｛', '｝']) => {
                return Some((
                    *at,
                    Say::new(
                        "替代文字里的花括号会原样印给客户:请去掉",
                        "braces in a substitute are printed: take them out",
                    ),
                ));
            }
            _ => {}
        }
    }
    None
}

/// A known word in quotes that is no substitute and compared with nothing.
fn word_in_quotes(pieces: &[(usize, Piece<'_>)]) -> Option<Slip> {
    use Piece::{Name, Quoted, Sign};
    if matches!(pieces.first(), Some((_, Name("if" | "elif")))) {
        return None;
    }
    pieces.iter().enumerate().find_map(|(n, (at, piece))| {
        let Quoted(text) = piece else { return None };
        let before: Vec<Piece<'_>> =
            pieces[n.saturating_sub(2)..n].iter().map(|piece| piece.1).collect();
        let free = matches!(before[..], [Name(_), Sign('(')])
            || matches!(before[..], [Sign('=' | '!' | '<' | '>'), Sign('=')])
            || matches!(before.last(), Some(Sign('<' | '>')));
        (is_word(text.trim()) && !free).then(|| (*at, in_quotes(text.trim())))
    })
}

/// Whether a template knows a word.
pub(super) fn is_word(word: &str) -> bool {
    WORDS.iter().any(|it| it.0 == word || it.1 == word)
}

fn same_word(one: &str, other: &str) -> bool {
    WORDS
        .iter()
        .any(|word| [word.0, word.1].contains(&one) && [word.0, word.1].contains(&other))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::Letters;

    /// What is told of a text, with its place.
    fn told(text: &str) -> Vec<String> {
        let texts = BTreeMap::from([("t".to_owned(), text.to_owned())]);
        let (_, faults) = Letters::new(&texts);
        faults
            .iter()
            .map(|fault| format!("{}:{} {}", fault.line, fault.col, fault.say.zh))
            .collect()
    }

    #[test]
    fn a_mark_of_a_chinese_keyboard_within_braces_is_named() {
        let table = [
            ("{{ 客户 | default(“客户”) }}", "1:17 花括号里的 ““” 是全角"),
            ("{{ 客户 | default（\"客户\"）}}", "1:16 花括号里的 “（” 是全角"),
            (
                "性质:告知\n您好{{ 客户 ｜ default(\"客户\") }}",
                "2:9 花括号里的 “｜” 是全角",
            ),
            ("{{ 客户 | default(‘客户’) }}", "1:17 花括号里的 “‘” 是全角"),
            (
                "{{\u{a0}余额 }}",
                "1:3 花括号里有一个不是普通空格的空白或看不见的字符(U+00A0)",
            ),
            ("{{\u{3000}余额\u{3000}}}", "1:3 花括号里有一个不是普通空格的空白"),
            ("{{ 余\u{200b}额 }}", "1:5 花括号里有一个不是普通空格的空白"),
            ("{% if 逾期天数 ＞ 30 %}您好{% endif %}", "1:12 花括号里的 “＞” 是全角"),
            ("{{ 余额 ｝｝", "1:7 花括号里的 “｝” 是全角"),
            ("{{ 余额、机构 }}", "1:6 花括号里的 “、”"),
            ("{{ 逾期 金额 }}", "1:4 “逾期 金额” 中间不要空格:{{ 逾期金额 }}"),
            ("{{ past due }}", "1:4 一对花括号里只写一个内容"),
            (
                "{{ days past_due }}",
                "1:4 “days past_due” 中间不要空格:{{ days_past_due }}",
            ),
            ("您好 {{ 客户", "1:4 这里打开的花括号没有关上:后面缺少 }}"),
            ("您好 {{ 客户 }", "1:10 花括号只关了一半"),
            ("欠 {{ 逾期金额 } 元。{{ 客户 }}", "1:11 花括号只关了一半"),
        ];
        for (text, expected) in table {
            let told = told(text);
            assert_eq!(told.len(), 1, "{text}: {told:?}");
            assert!(told[0].starts_with(expected), "{text}: {told:?}");
            // What a reader of Chinese is told is in Chinese.
            assert!(!told[0].contains("unexpected"), "{told:?}");
        }
    }

    #[test]
    fn an_amount_is_a_text_and_compared_with_no_number() {
        for text in [
            "{% if 逾期金额 > 1000 %}尽快{% endif %}还款",
            "{% if 1000 <= balance %}尽快{% endif %}还款",
            "{% if 逾期金额 >= 余额 %}尽快{% endif %}还款",
            "{% if 余额 == 0 %}已还清{% endif %}您好",
            "{{ 余额 if 余额 > 逾期金额 else 逾期金额 }} 元",
        ] {
            let told = told(text);
            assert_eq!(told.len(), 1, "{text}: {told:?}");
            assert!(told[0].contains("是文字,不能和数字比较"), "{told:?}");
        }
        for text in [
            "{% if 逾期天数 > 30 %}尽快{% endif %}还款",
            "{% if 逾期金额 != 余额 %}共欠 {{ 余额 }} 元{% endif %}",
            "{% if 距到期天数 == 0 %}今天{% endif %}到期",
            "{% if 逾期金额 | float > 1000.0 %}尽快{% endif %}还款",
        ] {
            assert_eq!(told(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_word_in_quotes_is_not_printed_for_the_fact_that_it_names() {
        let table = [
            "应还 {{ \"逾期金额\" }} 元",
            "应还 {{ '逾期金额' }} 元",
            "应还 {{ (\"逾期金额\") }} 元",
            "应还 {{ \"overdue\" | trim }} 元",
            "应还 {{ \"逾期金颜\" }} 元",
            "应还 {{ 5000 }} 元",
            "应还 {{ 逾期金额 if 逾期天数 else \"余额\" }} 元",
            "{% set 数 = \"逾期金额\" %}应还 {{ 数 }} 元",
            "{{ 客户 | default(客户) }}您好",
            "{{ 信贷员 | default(name) }}",
            "{{ 承诺还款日 | default(\"下期到期日\") }}",
            "{{ 信贷员 | default(\"{信贷员}\") }}",
            "{% raw %}{{ 客户 }}{% endraw %}",
        ];
        for text in table {
            assert_eq!(told(text).len(), 1, "{text}: {:?}", told(text));
        }
    }

    #[test]
    fn what_a_template_may_say_is_left_alone() {
        let table = [
            "{{ 客户 | default(\"客户\") }},您好",
            "{{ 客户|default('') }}",
            "{{ 信贷员 | default(\"本社工作人员(“青石”)\") }}",
            "{{ 下期应还金额 | default(逾期金额) }}",
            "{%- if 逾期天数 > 30 and 信贷员 -%} 您好 {%- else -%} {{ 余额 }} {%- endif -%} 元",
            "{% if 机构 == \"客户\" %}一{% else %}二{% endif %}",
            "{# “｛逾期金额”｝ #}您好",
            "{% set 天 = 逾期天数 + 1 %}{{ 天 }} 天",
        ];
        for text in table {
            assert_eq!(told(text), [] as [&str; 0], "{text}");
        }
    }
}
