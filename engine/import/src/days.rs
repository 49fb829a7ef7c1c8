//! Reads days (日期) as lists write them; what could be two days is refused.

use domain::say::Say;
use jiff::civil::Date;

use super::cells;
use super::fault::RowFault;

/// From which day a spreadsheet counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Epoch {
    /// Day 1 is 1900-01-01, with a 29 February that there never was.
    Year1900,
    /// Day 0 is 1904-01-01.
    Year1904,
}

/// Numbers between these are days of a spreadsheet: 1954 to 2119.
const SERIALS: std::ops::Range<i64> = 20_000..80_000;

impl Epoch {
    /// The day of a serial number such as `45231`; `None` for a number that is
    /// hardly one.
    pub(crate) fn day(self, cell: &str) -> Option<Date> {
        let (whole, rest) = cell.split_once('.').unwrap_or((cell, "0"));
        if !cells::all_digits(rest) || !cells::all_digits(whole) {
            return None;
        }
        let days: i64 = whole.parse().ok().filter(|it| SERIALS.contains(it))?;
        let first = match self {
            Self::Year1900 => Date::constant(1899, 12, 30),
            Self::Year1904 => Date::constant(1904, 1, 1),
        };
        first.checked_add(jiff::Span::new().days(days)).ok()
    }
}

/// Reads a civil date, as lists write it: `2026-01-02`, `2026/1/2`,
/// `2026.1.2`, `20260102`, `2026年1月2日`, `2-Jan-2026`. A time of day after it is
/// dropped.
///
/// # Errors
///
/// [`RowFault`] when it is no day, or one that cannot be meant.
pub fn date(cell: &str) -> Result<Date, RowFault> {
    if let Some((year, month, day)) = plain_parts(cell.as_bytes()) {
        return sound(year, month, day);
    }
    let cell = cells::plain(cells::unmarked(cell));
    let text = without_time(&cell);
    if cells::says_nothing(text) {
        return Err(fault(
            "R020",
            "没有日期;请补上,例如 `2026-01-31`",
            "there is no date; fill it in, for example `2026-01-31`",
        ));
    }
    let Some((year, month, day)) = parts(text) else {
        return Err(not_a_date(text));
    };
    sound(year, month, day)
}

/// The code of a day that stands for none.
pub(crate) const FILLER: &str = "R024";

/// Whether a day stands for none: programs write the last day that they know, the
/// first, or zeros.
pub(crate) fn is_filler(cell: &str) -> bool {
    let cell = cells::plain(cells::unmarked(cell));
    let text = without_stamp(without_time(&cell));
    let digits = |it: &str| it.len() == 8 && cells::all_digits(it);
    let known = match parts(text) {
        Some((0 | 1 | 2999 | 9999, ..)) => true,
        Some(day) => matches!(day, (1899, 12, 30 | 31) | (1900, 1, 0..=2) | (1970, 1, 1)),
        None => false,
    };
    known || text == "0" || text == "0.0" || digits(text) && text.starts_with("9999")
}

fn sound(year: i16, month: i8, day: i8) -> Result<Date, RowFault> {
    // How core systems and spreadsheets write that there is no day: their day nought,
    // and the ones beside it.
    if matches!((year, month, day), (1899, 12, 30 | 31) | (1900, 1, 1 | 2) | (1970, 1, 1))
    {
        return Err(fault(
            FILLER,
            "这是系统里代表“没有日期”的日子,不是真的日期;请填写实际日期,没有的清空这一格",
            "this is the day by which systems say that there is none; write the real day, or clear the cell where there is none",
        ));
    }
    Date::new(year, month, day)
        .ok()
        .filter(|it| (1900..2200).contains(&it.year()))
        .ok_or_else(impossible)
}

/// Year, month and day of `2026-01-02`, which is how most programs write a day.
fn plain_parts(cell: &[u8]) -> Option<(i16, i8, i8)> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = cell else { return None };
    let digit = |it: &u8| it.is_ascii_digit().then(|| i16::from(it - b'0'));
    let year = digit(y1)? * 1000 + digit(y2)? * 100 + digit(y3)? * 10 + digit(y4)?;
    let two = |tens: &u8, ones: &u8| i8::try_from(digit(tens)? * 10 + digit(ones)?).ok();
    Some((year, two(m1, m2)?, two(d1, d2)?))
}

/// What comes before a time of day or a day of the week.
fn without_time(text: &str) -> &str {
    let after_day = text.find('日').map(|at| text.split_at(at + '日'.len_utf8()));
    let split = match after_day {
        Some((day, rest)) if !rest.is_empty() => Some((day, rest)),
        _ => text.split_once([' ', 'T']),
    };
    match split {
        Some((day, rest)) if is_time(rest.trim()) => day.trim(),
        _ => text,
    }
}

/// `0001-01-01-00.00.00.000000`, `19000101000000`: the day of a time as databases write
/// it.
fn without_stamp(text: &str) -> &str {
    let day = |at: usize, parted: bool| {
        let (day, time) = text.split_at_checked(at)?;
        let time = if parted { time.strip_prefix('-')? } else { time };
        let clock =
            time.bytes().all(|byte| byte.is_ascii_digit() || b".:".contains(&byte));
        (clock && 6 <= time.len()).then_some(day)
    };
    let compact =
        || day(8, false).filter(|_| text.len() == 14 && cells::all_digits(text));
    day(10, true).or_else(compact).unwrap_or(text)
}

fn is_time(text: &str) -> bool {
    let mut clock = false;
    for word in text.split_whitespace() {
        let word = word.trim_start_matches(['上', '下', '中', '午', '晨', '晚']);
        let digits = word.split([':', '.', '时', '分', '秒']).collect::<Vec<_>>();
        let is_clock = (2..=5).contains(&digits.len())
            && digits.iter().all(|digit| {
                digit.len() <= 9 && digit.bytes().all(|byte| byte.is_ascii_digit())
            })
            && digits.iter().take(2).all(|digit| (1..=2).contains(&digit.len()));
        let weekday =
            ["星期", "周", "(星期", "(周"].iter().any(|it| word.starts_with(it))
                && word.chars().count() <= 5;
        let half = matches!(word, "" | "AM" | "PM" | "am" | "pm");
        if !is_clock && !weekday && !half {
            return false;
        }
        clock |= is_clock || weekday;
    }
    clock
}

fn parts(text: &str) -> Option<(i16, i8, i8)> {
    let text = text.strip_suffix(".0").filter(|head| head.len() == 8).unwrap_or(text);
    if text.len() == 8 && cells::all_digits(text) {
        return Some((
            text[..4].parse().ok()?,
            text[4..6].parse().ok()?,
            text[6..].parse().ok()?,
        ));
    }
    let pieces: Vec<&str> = if let Some(rest) = text.strip_suffix('日') {
        rest.split(['年', '月']).map(str::trim).collect()
    } else {
        let sign = text.chars().find(|c| matches!(c, '-' | '/' | '.' | ' '))?;
        text.split(sign).collect()
    };
    let [first, middle, last] = pieces.as_slice() else {
        return None;
    };
    let whole = |it: &str, longest: usize| it.len() <= longest && cells::all_digits(it);
    if let Some(month) = month_of(middle) {
        // `5-Jan-2026`
        let year = whole(last, 4) && last.len() == 4 && whole(first, 2);
        return year
            .then_some(())
            .and_then(|()| Some((last.parse().ok()?, month, first.parse().ok()?)));
    }
    if first.len() != 4 || !whole(first, 4) || !whole(middle, 2) || !whole(last, 2) {
        return None;
    }
    Some((first.parse().ok()?, middle.parse().ok()?, last.parse().ok()?))
}

/// The month of an English name: `Jan`, `January`.
pub(crate) fn month_of(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let word = word.trim_end_matches('.').to_ascii_lowercase();
    let short = word.len() == 3;
    let at = MONTHS
        .iter()
        .position(|month| *month == word || short && month.starts_with(&word))?;
    i8::try_from(at + 1).ok()
}

fn not_a_date(text: &str) -> RowFault {
    if cells::all_digits(text) && Epoch::Year1900.day(text).is_some() {
        return fault(
            "R021",
            "这是 Excel 的日期序号而不是日期;请把该列设为日期格式(年-月-日)后重新另存",
            "this is the serial number of a spreadsheet and no date; format the column as a date (year-month-day) and save the list again",
        );
    }
    let pieces: Vec<&str> = text.split(['-', '/', '.', '年', '月', ' ']).collect();
    let two = |it: &&str| it.len() == 2 && cells::all_digits(it);
    let short_year = pieces.len() >= 3
        && (pieces
            .iter()
            .take(3)
            .all(|piece| piece.len() <= 2 && cells::all_digits(piece))
            || month_of(pieces[1]).is_some() && pieces.get(2).is_some_and(two));
    if short_year {
        return fault(
            "R021",
            "年份只有两位或顺序不明,无法确定是哪一天;请写成年-月-日,例如 `2026-01-31`",
            "the year has two digits or the order is unclear, so the day is not known; write year-month-day, for example `2026-01-31`",
        );
    }
    fault(
        "R021",
        "日期无法识别;请写成年-月-日,例如 `2026-01-31`",
        "not a date; write year-month-day, for example `2026-01-31`",
    )
}

fn impossible() -> RowFault {
    fault(
        "R022",
        "没有这一天;请核实后改为存在的日期,例如 `2026-02-28`",
        "there is no such day; check it and write a real date, for example `2026-02-28`",
    )
}

fn fault(code: &'static str, zh: &str, en: &str) -> RowFault {
    RowFault::new(code, Say::new(zh, en))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as day;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_usual_way_to_write_a_day_is_read() {
        let cells = [
            "2026-01-02",
            "2026-1-2",
            "2026/1/2",
            "2026/01/02",
            "2026.1.2",
            "20260102",
            "20260102.0",
            "2026年1月2日",
            "2026年01月02日",
            "2026 年 1 月 2 日",
            "2026-01-02",
            "2026-01-02 00:00:00",
            "2026-01-02T08:30",
            "2026-01-02T08:30:00.000",
            "2026/1/2 8:30",
            "2026/1/2 0:00:00",
            "2026/1/2 上午 8:30:00",
            "2026/1/2 8:30 PM",
            "2026年1月2日 8时30分",
            "2026年1月2日星期五",
            "2026年1月2日 8:30",
            "2-Jan-2026",
            "02-JAN-2026",
            "2 January 2026",
            "'2026-01-02",
            "=\"2026-01-02\"",
        ];
        for cell in cells {
            assert_eq!(date(cell), Ok(day(2026, 1, 2)), "{cell}");
        }
    }

    #[test]
    fn impossible_and_unclear_days_are_refused() {
        let cells = [
            ("", "R020"),
            ("-", "R020"),
            ("NULL", "R020"),
            ("2026-02-30", "R022"),
            ("2025-02-29", "R022"),
            ("2026-13-01", "R022"),
            ("20260230", "R022"),
            ("0000-00-00", "R022"),
            ("9999-12-31", "R022"),
            ("2026年2月30日", "R022"),
            ("31-Feb-2026", "R022"),
            ("02/03/2026", "R021"),
            ("26-01-02", "R021"),
            ("26/1/2", "R021"),
            ("5-Jan-26", "R021"),
            ("2026-01", "R021"),
            ("2026年1月", "R021"),
            ("2026-01-02-03", "R021"),
            ("2026-01-02 tomorrow", "R021"),
            ("2026-01-02T00:00:00Z", "R021"),
            ("2026-01-02至2026-01-05", "R021"),
            ("45000", "R021"),
            ("1", "R021"),
            ("#N/A", "R021"),
            ("yesterday", "R021"),
        ];
        for (cell, code) in cells {
            match date(cell) {
                Ok(day) => panic!("{cell} was read as {day}"),
                Err(fault) => assert_eq!(fault.code, code, "{cell}"),
            }
        }
    }

    #[test]
    fn a_day_that_stands_for_none_is_known_with_its_time() {
        let fillers = [
            "1900-01-01",
            "1900-01-01 00:00:00",
            "0001-01-01-00.00.00.000000",
            "9999-12-31 23:59:59",
            "9999-12-31-23.59.59.999999",
            "19000101000000",
            "99991231235959",
            "1970-01-01",
            "2999-12-31",
            "00000000",
        ];
        for cell in fillers {
            assert!(is_filler(cell), "{cell}");
        }
        for cell in ["2026-11-29-08.10.00.000000", "20261129081000", "88012", "1"] {
            assert!(!is_filler(cell), "{cell}");
        }
    }

    #[test]
    fn a_workbook_says_from_which_day_it_counts() {
        let serials = [
            (Epoch::Year1900, "45231", Some(day(2023, 11, 1))),
            (Epoch::Year1900, "45231.75", Some(day(2023, 11, 1))),
            (Epoch::Year1904, "43769", Some(day(2023, 11, 1))),
            (Epoch::Year1900, "20260105", None),
            (Epoch::Year1900, "5", None),
            (Epoch::Year1900, "QS45231", None),
        ];
        for (epoch, cell, wanted) in serials {
            assert_eq!(epoch.day(cell), wanted, "{epoch:?} {cell}");
        }
    }

    proptest! {
        #[test]
        fn a_day_is_read_as_it_is_written(year in 1971_i16..2200, month in 1_i8..=12, of_month in 1_i8..=28) {
            let wanted = day(year, month, of_month);
            for written in [
                wanted.to_string(),
                format!("{year}/{month}/{of_month}"),
                format!("{year}年{month}月{of_month}日"),
                format!("{year:04}{month:02}{of_month:02}"),
                format!("{year}/{month}/{of_month} 0:00"),
            ] {
                prop_assert_eq!(date(&written), Ok(wanted));
            }
        }
    }
}
