//! Full-width punctuation (全角标点): what a Chinese input method leaves in code.
//!
//! Inside quotes and comments Chinese is welcome; between them it is not.
//! Every character found is also mended, one for one, so that the rest of the
//! file can be checked in the same run.

use super::codes;
use super::report::{Report, both};
use super::tree::Pos;

/// Finds what an input method left in the code of a file.
///
/// Returns the text with those characters replaced, or `None` when something
/// stands there that has no counterpart on the keyboard, such as a Chinese name.
pub(crate) fn mend(file: &str, text: &str, report: &mut Report) -> Option<String> {
    let mut scan = Scan {
        chars: text.chars().collect(),
        at: 0,
        pos: Pos { line: 1, col: 1 },
        out: String::with_capacity(text.len()),
        mended: true,
        file,
        report,
    };
    while scan.at < scan.chars.len() {
        scan.step();
    }
    scan.mended.then_some(scan.out)
}

struct Scan<'a> {
    chars: Vec<char>,
    at: usize,
    pos: Pos,
    out: String,
    mended: bool,
    file: &'a str,
    report: &'a mut Report,
}

impl Scan<'_> {
    fn step(&mut self) {
        let Some(c) = self.peek(0) else { return };
        match c {
            '-' if self.peek(1) == Some('-') => self.comment(),
            '"' | '\'' | '`' => self.quoted(c),
            '[' if self.long_bracket(0).is_some() => self.long(0),
            '—' if self.peek(1) == Some('—') => self.dashes(),
            '“' | '”' | '‘' | '’' | '「' | '\u{ff02}' => self.wide_quotes(c),
            c if c.is_ascii() => self.take(),
            c => self.foreign(c),
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    /// Copies one character.
    fn take(&mut self) {
        if let Some(c) = self.peek(0) {
            self.put(c);
        }
    }

    /// Writes `c` for the current character and goes on.
    fn put(&mut self, c: char) {
        let was = self.peek(0);
        self.out.push(c);
        self.at += 1;
        if was == Some('\n') {
            self.pos = Pos { line: self.pos.line + 1, col: 1 };
        } else {
            self.pos.col += 1;
        }
    }

    fn take_line(&mut self) {
        while self.peek(0).is_some_and(|it| it != '\n') {
            self.take();
        }
    }

    fn comment(&mut self) {
        self.take();
        self.take();
        if self.peek(0) == Some('[') && self.long_bracket(0).is_some() {
            self.long(0);
        } else {
            self.take_line();
        }
    }

    /// The number of `=` of a `[==[` that starts `ahead` characters on.
    fn long_bracket(&self, ahead: usize) -> Option<usize> {
        let mut signs = 0;
        while self.peek(ahead + 1 + signs) == Some('=') {
            signs += 1;
        }
        (self.peek(ahead + 1 + signs) == Some('[')).then_some(signs)
    }

    fn long(&mut self, ahead: usize) {
        let signs = self.long_bracket(ahead).unwrap_or(0);
        while self.at < self.chars.len() {
            let closes = self.peek(0) == Some(']')
                && (1..=signs).all(|it| self.peek(it) == Some('='))
                && self.peek(signs + 1) == Some(']');
            if closes {
                (0..signs + 2).for_each(|_| self.take());
                return;
            }
            self.take();
        }
    }

    /// A text in ASCII quotes; one closed with a full-width quote is a finding.
    fn quoted(&mut self, quote: char) {
        if let Some(ahead) = self.closing_wide_quote(quote) {
            (0..ahead).for_each(|_| self.take());
            self.found(&self.peek(0).unwrap_or('”').to_string(), &quote.to_string());
            self.put(quote);
            return;
        }
        self.take();
        while let Some(c) = self.peek(0) {
            if c == '\\' {
                self.take();
                self.take();
            } else if c == quote {
                self.take();
                return;
            } else if c == '\n' && quote != '`' {
                return;
            } else {
                self.take();
            }
        }
    }

    /// Where a text opened with `quote` is closed by a full-width quote, when
    /// its line has no proper end.
    fn closing_wide_quote(&self, quote: char) -> Option<usize> {
        let mut wide = None;
        let mut ahead = 1;
        while let Some(c) = self.peek(ahead) {
            match c {
                '\n' => break,
                '\\' => ahead += 1,
                c if c == quote => return None,
                '”' | '“' | '’' | '‘' | '\u{ff02}' => wide = wide.or(Some(ahead)),
                _ => {}
            }
            ahead += 1;
        }
        wide
    }

    fn wide_quotes(&mut self, open: char) {
        let plain = if matches!(open, '‘' | '’') { '\'' } else { '"' };
        self.found(&open.to_string(), &plain.to_string());
        let closes =
            |c: char| matches!(c, '”' | '“' | '’' | '‘' | '」' | '\u{ff02}' | '"' | '\'');
        let mut ahead = 1;
        while self.peek(ahead).is_some_and(|it| it != '\n' && !closes(it)) {
            ahead += 1;
        }
        self.put(plain);
        if self.peek(ahead - 1).is_some_and(closes) {
            (1..ahead).for_each(|_| self.take());
            self.put(plain);
        }
    }

    /// `——` for `--`: the rest of the line is meant as a comment.
    fn dashes(&mut self) {
        self.found("——", "--");
        self.put('-');
        self.put('-');
        self.take_line();
    }

    fn foreign(&mut self, c: char) {
        if let Some(plain) = counterpart(c) {
            if !c.is_whitespace() && c != '\u{feff}' && c != '\u{200b}' {
                self.found(&c.to_string(), &plain.to_string());
            } else if c != '\u{feff}' || self.at != 0 {
                self.invisible();
            }
            self.put(plain);
            return;
        }
        let from = self.at;
        let at = self.pos;
        while self.peek(0).is_some_and(|it| !it.is_ascii() && counterpart(it).is_none()) {
            self.take();
        }
        self.mended = false;
        let word: String = self.chars.iter().skip(from).take(self.at - from).collect();
        self.report.add(
            codes::FULL_WIDTH,
            self.file,
            at,
            both(
                format!("代码里不能直接写 “{word}”:中文要放在英文引号里,变量名用英文字母"),
                format!("“{word}” stands in the code: put Chinese in quotes and name variables in English letters"),
            ),
        );
    }

    fn found(&mut self, wide: &str, plain: &str) {
        let (file, pos) = (self.file, self.pos);
        self.report.add(
            codes::FULL_WIDTH,
            file,
            pos,
            both(
                format!("这里是中文输入法的全角标点 {wide} ,请切换到英文输入法,改成 {plain}"),
                format!("{wide} is full-width punctuation from a Chinese input method; type {plain} instead"),
            ),
        );
    }

    fn invisible(&mut self) {
        let (file, pos) = (self.file, self.pos);
        self.report.add(
            codes::FULL_WIDTH,
            file,
            pos,
            both(
                "这里有一个看不见的全角空格或特殊空格,请改成普通空格",
                "a full-width or invisible space stands here; type a plain space instead",
            ),
        );
    }
}

/// What to type instead of a character of a Chinese input method.
fn counterpart(c: char) -> Option<char> {
    const PAIRS: &[(char, char)] = &[
        ('。', '.'),
        ('、', ','),
        ('【', '['),
        ('】', ']'),
        ('「', '"'),
        ('」', '"'),
        ('《', '<'),
        ('》', '>'),
        ('—', '-'),
        ('–', '-'),
        ('−', '-'),
        ('×', '*'),
        ('÷', '/'),
        ('≥', '>'),
        ('≤', '<'),
        ('…', '.'),
        ('·', '.'),
        ('“', '"'),
        ('”', '"'),
        ('‘', '\''),
        ('’', '\''),
        ('\u{3000}', ' '),
        ('\u{a0}', ' '),
        ('\u{200b}', ' '),
        ('\u{feff}', ' '),
    ];
    if let Some((_, plain)) = PAIRS.iter().find(|(wide, _)| *wide == c) {
        return Some(*plain);
    }
    // The full-width forms stand in the order of ASCII.
    let code = u32::from(c);
    (0xFF01..=0xFF5E).contains(&code).then(|| char::from_u32(code - 0xFEE0)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> (Option<String>, Vec<String>) {
        let mut report = Report::default();
        let mended = mend("a.lua", text, &mut report);
        let places =
            report.finish().iter().map(|it| format!("{}:{}", it.line, it.col)).collect();
        (mended, places)
    }

    #[test]
    fn wide_punctuation_is_found_in_code_and_mended_one_for_one() {
        let cases = [
            ("f(1,2)", "f(1,2)", vec!["1:4"]),
            ("f（1）", "f(1)", vec!["1:2", "1:4"]),
            ("local x ＝ 1；", "local x = 1;", vec!["1:9", "1:12"]),
            ("go “首次电话”", "go \"首次电话\"", vec!["1:4"]),
            ("go \"首次电话”", "go \"首次电话\"", vec!["1:9"]),
            ("—— 说明,如此\nx()", "-- 说明,如此\nx()", vec!["1:1"]),
            ("x\u{3000}= 1", "x = 1", vec!["1:2"]),
            ("a。b", "a.b", vec!["1:2"]),
        ];
        for (text, mended, places) in cases {
            // The table itself is typed with plain commas where a wide one is
            // meant, so that an editor cannot mend it by accident.
            let text = text.replace("1,2", "1\u{ff0c}2");
            let (found, at) = scan(&text);
            assert_eq!(found.as_deref(), Some(mended), "{text}");
            assert_eq!(at, places, "{text}");
        }
    }

    #[test]
    fn quotes_and_comments_may_hold_anything() {
        let fine = [
            "-- 说明（一），如下：“好”",
            "x = \"您好，请还款。\" -- 好",
            "x = '（一）' y = [[，\n。]] --[==[ ， \n ]] ， ]==] z()",
            "x = `，{1}，`",
            "x = \"他说\\\"，\\\"\"",
            "x = \"“好”\"",
            "\u{feff}-- 说明",
        ];
        for text in fine {
            assert_eq!(scan(text).1, Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_chinese_name_in_code_cannot_be_mended() {
        let (mended, places) = scan("local 客户 = 1");
        assert_eq!(mended, None);
        assert_eq!(places, ["1:7"]);
    }
}
