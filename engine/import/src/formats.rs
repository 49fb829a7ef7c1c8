//! What a workbook shows of a number (数字格式): zeros in front of it, words beside it,
//! another number than it holds. People know a loan and its money by what they see.

use super::units::Unit;

/// How a number format shows what a cell holds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum Shown {
    /// As it is, but for commas and decimals.
    #[default]
    AsHeld,
    /// With zeros in front and words around it: `000000`, `"QS-"0000`, `0"万元"`.
    Dressed(Dress),
    /// As another number: `0.00%`, `#,##0,`.
    Scaled,
}

/// The places for digits of a format, and what stands between them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Dress {
    pieces: Vec<Piece>,
    /// Whether each whole number has exactly these places.
    fixed: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Piece {
    /// A digit that is always shown.
    Zero,
    /// A digit that is shown where there is one.
    Digit,
    Letter(char),
}

/// One of the formats that `;` parts, read to its end.
#[derive(Default)]
struct Section {
    pieces: Vec<Piece>,
    /// By how many digits the number is moved.
    moved: usize,
    /// Groups, decimals or a power: no number of a loan is written so.
    amount: bool,
    /// A day, a power, a fraction or text: not shown by its digits.
    other: bool,
    conditional: bool,
}

/// Formats that every workbook has; their signs of currency are those of the
/// machine, and not what the file says.
const BUILT_IN: std::ops::RangeInclusive<u32> = 1..=49;

impl Shown {
    /// How the format of a cell shows a number that is not negative.
    pub(crate) fn of(code: &str, id: Option<u32>) -> Self {
        if LONGEST_FORMAT < code.len() {
            return Self::AsHeld;
        }
        let built_in = id.is_some_and(|it| BUILT_IN.contains(&it));
        let sections: Vec<Section> =
            sections(code).iter().map(|section| Section::of(section)).collect();
        let Some(first) = sections.first() else { return Self::AsHeld };
        // `[>=10000]0!.0,"万";0`: any of them may be the one.
        let those = if first.conditional { sections.len().min(3) } else { 1 };
        let mut shown = Self::AsHeld;
        for section in sections.iter().take(those) {
            match section.shown(built_in) {
                Self::Scaled => return Self::Scaled,
                dressed @ Self::Dressed(_) if shown == Self::AsHeld => shown = dressed,
                _ => {}
            }
        }
        shown
    }

    /// The number as a person sees it; it is written in plain digits.
    pub(crate) fn text(&self, number: String) -> String {
        let Self::Dressed(dress) = self else { return number };
        let whole =
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        if whole && dress.fixed {
            dress.filled(&number)
        } else {
            dress.around(&number, whole)
        }
    }
}

/// No format is longer.
const LONGEST_FORMAT: usize = 255;

impl Dress {
    fn places(&self) -> impl Iterator<Item = usize> {
        let is_place = |it: &(usize, &Piece)| !matches!(it.1, Piece::Letter(_));
        self.pieces.iter().enumerate().filter(is_place).map(|it| it.0)
    }

    /// Digits in their places from the right; those that are too many before the
    /// first of them.
    fn filled(&self, number: &str) -> String {
        let zeros = self.places().count();
        let number = format!("{number:0>zeros$}");
        let (more, rest) = number.split_at(number.len() - zeros);
        let mut digits = rest.chars();
        let first = self.places().next();
        let mut text = String::new();
        for (at, piece) in self.pieces.iter().enumerate() {
            if first == Some(at) {
                text.push_str(more);
            }
            match piece {
                Piece::Letter(letter) => text.push(*letter),
                Piece::Zero | Piece::Digit => text.extend(digits.next()),
            }
        }
        text
    }

    /// A number between the words of its format.
    fn around(&self, number: &str, whole: bool) -> String {
        let letters = |pieces: &[Piece]| -> String {
            let letter = |it: &Piece| match it {
                Piece::Letter(letter) => Some(*letter),
                Piece::Zero | Piece::Digit => None,
            };
            pieces.iter().filter_map(letter).collect()
        };
        let (first, last) = (self.places().next(), self.places().last());
        let before = letters(&self.pieces[..first.unwrap_or(self.pieces.len())]);
        let behind = last.map_or(String::new(), |it| letters(&self.pieces[it + 1..]));
        let zeros = self.pieces.iter().filter(|piece| **piece == Piece::Zero).count();
        let zeros = if whole { zeros } else { 0 };
        format!("{before}{number:0>zeros$}{behind}")
    }
}

impl Section {
    fn of(code: &str) -> Self {
        let mut section = Self::default();
        let mut letters = code.chars().peekable();
        // Commas behind the last digit move the number, those between digits part it.
        let (mut commas, mut decimals, mut hundredths) = (0, false, 0);
        let word = code.to_lowercase();
        if word.contains("general") || code.contains("通用格式") {
            let plain = code.replace("General", "#").replace("GENERAL", "#");
            let plain = plain.replace("G/通用格式", "#").replace("general", "#");
            return if plain == code {
                Self { other: true, ..section }
            } else {
                Self::of(&plain)
            };
        }
        while let Some(letter) = letters.next() {
            match letter {
                '"' => {
                    let quoted: Vec<char> =
                        letters.by_ref().take_while(|c| *c != '"').collect();
                    section.pieces.extend(quoted.into_iter().map(Piece::Letter));
                }
                '\\' | '!' => section.pieces.extend(letters.next().map(Piece::Letter)),
                '_' | '*' => drop(letters.next()),
                '[' => {
                    let inside: String =
                        letters.by_ref().take_while(|c| *c != ']').collect();
                    section.bracket(&inside);
                }
                '0' | '#' | '?' if decimals => section.amount = true,
                '0' | '#' | '?' => {
                    section.amount |= 0 < commas;
                    commas = 0;
                    let piece = if letter == '0' { Piece::Zero } else { Piece::Digit };
                    section.pieces.push(piece);
                }
                ',' => commas += 1,
                '.' => decimals = true,
                '%' | '‰' => hundredths = 2,
                'E' | 'e' | 'y' | 'm' | 'd' | 'h' | 's' | 'Y' | 'M' | 'D' | 'H' | 'S'
                | '@' | '/' => section.other = true,
                // Signs of the yuan and of nothing.
                '$' | '¥' | '￥' | ' ' | '+' | '(' | ')' => {}
                other => section.pieces.push(Piece::Letter(other)),
            }
        }
        section.moved = 3 * commas + hundredths + section.behind_written_point();
        section.amount |= decimals;
        section
    }

    /// `[$US$-409]`, `[Red]`, `[>=10000]`.
    fn bracket(&mut self, inside: &str) {
        if let Some(sign) = inside.strip_prefix('$') {
            let sign = sign.split('-').next().unwrap_or_default();
            self.pieces.extend(sign.chars().map(Piece::Letter));
        }
        self.conditional |= inside.starts_with(['<', '>', '=']);
    }

    /// `0!.0`: a point that is written between whole digits moves the number.
    fn behind_written_point(&self) -> usize {
        let is_place = |it: &&Piece| !matches!(it, Piece::Letter(_));
        let points = |it: &Piece| *it == Piece::Letter('.');
        let Some(at) = self.pieces.iter().position(points) else { return 0 };
        let before = self.pieces[..at].iter().any(|piece| is_place(&piece));
        let behind = self.pieces[at..].iter().filter(is_place).count();
        if before { behind } else { 0 }
    }

    fn words(&self) -> String {
        let letter = |it: &Piece| match it {
            Piece::Letter(letter) => Some(*letter),
            Piece::Zero | Piece::Digit => None,
        };
        let words: String = self.pieces.iter().filter_map(letter).collect();
        words.trim_matches([' ', '(', ')', '.']).to_owned()
    }

    fn shown(&self, built_in: bool) -> Shown {
        if self.other {
            return Shown::AsHeld;
        }
        let words = self.words();
        if 0 < self.moved {
            // `0!.0,"万"` shows 40000 as 4.0万, which is what it holds.
            let told = Unit::beginning(&words.to_lowercase()).map(Unit::zeros);
            return if told == Some(self.moved) { Shown::AsHeld } else { Shown::Scaled };
        }
        let zeros = self.pieces.iter().filter(|piece| **piece == Piece::Zero).count();
        let no_words = built_in || words.is_empty() || HARMLESS.contains(&words.as_str());
        if no_words && (self.amount || zeros < 2 || built_in) {
            return Shown::AsHeld;
        }
        let bare = |it: &&Piece| !no_words || !matches!(it, Piece::Letter(_));
        let pieces: Vec<Piece> = self.pieces.iter().filter(bare).copied().collect();
        let fixed = !self.amount && 0 < zeros && !pieces.contains(&Piece::Digit);
        Shown::Dressed(Dress { pieces, fixed })
    }
}

/// Words behind a number that say what everybody knows.
const HARMLESS: &[&str] = &[
    "元",
    "元整",
    "圆",
    "圆整",
    "¥",
    "￥",
    "rmb",
    "RMB",
    "CNY",
    "人民币",
    "天",
    "日",
    "个月",
    "月",
    "期",
    "年",
    "岁",
    "次",
    "笔",
    "户",
    "人",
];

/// The formats that `;` parts outside of words.
fn sections(code: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for letter in code.chars() {
        let parts = letter == ';' && !quoted && !escaped;
        escaped = !quoted && !escaped && matches!(letter, '\\' | '!' | '_' | '*');
        quoted ^= letter == '"' && !escaped;
        match sections.last_mut() {
            Some(last) if !parts => last.push(letter),
            _ => sections.push(String::new()),
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(code: &str, number: &str) -> Option<String> {
        let shown = Shown::of(code, Some(164));
        (shown != Shown::Scaled).then(|| shown.text(number.to_owned()))
    }

    #[test]
    fn a_number_is_read_with_what_its_format_writes_around_it() {
        let cells = [
            ("General", "1002", "1002"),
            ("@", "1002", "1002"),
            ("0", "1002", "1002"),
            ("0.00", "1002.5", "1002.5"),
            ("000000", "1002", "001002"),
            ("000000", "1234567", "1234567"),
            ("\"QS-\"0000", "2", "QS-0002"),
            ("\"QS-\"0000", "12345", "QS-12345"),
            ("\\Q\\S\\-0000", "2", "QS-0002"),
            ("\"QS-\"General", "1002", "QS-1002"),
            ("\"QS-\"#", "1002", "QS-1002"),
            ("00-0000", "123456", "12-3456"),
            ("0000\"号\"", "12", "0012号"),
            ("0000-00-00", "20260105", "2026-01-05"),
            ("000-0000-0000", "13900000001", "139-0000-0001"),
            ("0\"万元\"", "4", "4万元"),
            ("0.00\"万\"", "4.25", "4.25万"),
            ("#,##0\"千元\"", "1234", "1234千元"),
            ("0万元", "4", "4万元"),
            ("[$US$-409]#,##0.00", "4", "US$4"),
            ("[$$-409]#,##0.00", "4", "$4"),
        ];
        for (code, number, wanted) in cells {
            assert_eq!(seen(code, number).as_deref(), Some(wanted), "{code} {number}");
        }
    }

    #[test]
    fn usual_formats_of_amounts_and_days_change_nothing() {
        let codes = [
            "#,##0.00",
            "#,##0.00_ ",
            "#,##0.00_);[Red]\\(#,##0.00\\)",
            "#,##0.00_ ;[Red]\\-#,##0.00\\ ",
            "_ * #,##0.00_ ;_ * \\-#,##0.00_ ;_ * \"-\"??_ ;_ @_ ",
            "_ \"￥\"* #,##0.00_ ;_ \"￥\"* \\-#,##0.00_ ;_ \"￥\"* \"-\"??_ ;_ @_ ",
            "\"¥\"#,##0.00;\\-\"¥\"#,##0.00",
            "[$¥-804]#,##0.00",
            "[$￥-804]* #,##0.00",
            "#,##0.00\"元\"",
            "0\"天\"",
            "0\"期\"",
            "[DBNum2][$-804]General\"元整\"",
            "G/通用格式",
            "0!.0,\"万\"",
            "0!.0000\"万元\"",
            "#,##0.00,\"千元\"",
            "[>=10000]0!.0,\"万\";0",
            "0.00E+00",
            "yyyy\"年\"m\"月\"d\"日\"",
        ];
        for code in codes {
            assert_eq!(seen(code, "40000").as_deref(), Some("40000"), "{code}");
        }
        // The dollar of the machine that wrote the workbook.
        let built_in = Shown::of("\"$\"#,##0_);(\"$\"#,##0)", Some(5));
        assert_eq!(built_in, Shown::AsHeld);
    }

    #[test]
    fn a_format_that_shows_another_number_is_known() {
        let codes = [
            "0%",
            "0.00%",
            "#,##0,",
            "0.0,",
            "0,.00",
            "#,##0,,",
            "0!.0000",
            "0.00,\"万元\"",
            "[>=10000]#,##0,;0",
        ];
        for code in codes {
            assert_eq!(seen(code, "40000"), None, "{code}");
        }
        assert_eq!(Shown::of("0%", Some(9)), Shown::Scaled);
    }
}
