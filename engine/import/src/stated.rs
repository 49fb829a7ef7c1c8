//! The day that the lines above, between and below a list state (清单日期): 数据日期 in a
//! cell, 截至… in the title, the day on which it was made.
//!
//! A person reads it there, and counts days past due from it. What cannot be read for
//! certain is asked.

use domain::say::Say;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::cells;
use super::fault::FileFault;
use super::table::Row;

/// What the lines beside a list say of its day.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Stated {
    /// The line that says it.
    pub line: u64,
    /// What it says.
    pub day: StatedDay,
}

/// How a list states its day.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum StatedDay {
    /// The last day that its balances hold: 数据日期, 截至.
    Through(Date),
    /// The day on which it was made: 制表日期, 打印时间, 统计时间 with a time before the
    /// counters are closed, or a day that stands in a title by itself. Lists are made
    /// in the morning, before anything is booked.
    Made(Date),
    /// There is one, and it cannot be read for certain.
    Unclear,
}

/// What a day is called that the balances hold to its end.
const THROUGH: &[&str] = &[
    "数据日期",
    "数据时间",
    "数据日",
    "数据截止日期",
    "数据截至日期",
    "数据截止时间",
    "数据截至时间",
    "数据截止",
    "数据截至",
    "数据期间",
    "报表日期",
    "报表日",
    "报告日期",
    "报告期",
    "报表期",
    "统计日期",
    "统计时间",
    "统计截止日期",
    "统计截至日期",
    "统计截止时间",
    "统计截止",
    "统计期间",
    "统计区间",
    "统计日",
    "截止日期",
    "截止时间",
    "截至日期",
    "截至时间",
    "截止到",
    "截至",
    "截止",
    "业务日期",
    "账务日期",
    "帐务日期",
    "会计日期",
    "核算日期",
    "余额日期",
    "余额截止日期",
    "余额截至日期",
    "报表截止日期",
    "报表截至日期",
    "基准日期",
    "基准日",
    "时点",
    "as of",
    "as at",
    "data date",
    "report date",
    "reporting date",
    "balance date",
];

/// What the day is called on which a list was made.
const MADE: &[&str] = &[
    "制表日期",
    "制表时间",
    "制表日",
    "打印日期",
    "打印时间",
    "打印日",
    "导出日期",
    "导出时间",
    "生成日期",
    "生成时间",
    "查询日期",
    "查询时间",
    "填报日期",
    "填表日期",
    "填制日期",
    "编制日期",
    "编报日期",
    "编表日期",
    "出表日期",
    "下载日期",
    "下载时间",
    "报送日期",
    "上报日期",
    "日期",
    "时间",
    "printed",
    "exported",
    "generated",
    "date",
];

/// Those of them that are the end of many a name of another day.
const BARE: &[&str] = &["日期", "时间", "date"];

/// Those that say until when anything holds: 放款截止日期, 清收截止日期 are no day of
/// the list. They are its day by themselves, and behind what names the list.
const UNTIL: [&str; 2] = ["截止", "截至"];

/// What a list is called, in front of 截至: 逾期清单截至2026-11-20.
const LISTS: &[&str] = &[
    "清单",
    "明细",
    "台账",
    "报表",
    "名单",
    "名册",
    "表",
    "册",
    "数据",
    "统计",
    "余额",
    "情况",
    "汇总",
    "逾期贷款",
    "不良贷款",
];

/// Titles that speak of other days than the list's.
const OTHERS: &[&str] = &[
    "根据", "依据", "文件", "通知", "利率", "成立", "规定", "号文", "说明", "注:",
    "备注", "注意", "发放", "放款", "到期", "起诉", "核销", "起", "日前", "日期", "时间",
    "截止", "截至", "存量", "以前", "之前", "以来",
];

/// With the end of a year, a title speaks of the loans that were there then and are
/// worked since: 2024年末不良贷款清收台账.
const WORKED: &[&str] = &["清收", "处置", "化解", "压降", "盘活", "催收"];

/// A title by itself is no longer than so many characters.
const TITLE: usize = 40;

/// What the rows above a list state; the first row counts that says it best.
pub(crate) fn day(above: &[Row]) -> Option<Stated> {
    best(&above.iter().flat_map(days_of).collect::<Vec<_>>())
}

/// The days that a row above a list states.
fn days_of(row: &Row) -> Vec<Stated> {
    let filled = filled(row);
    let mut days = of_line(&filled.join(" "));
    if days.is_empty() {
        days.extend(filled.iter().filter_map(|it| title(it)));
    }
    days.into_iter().map(|day| Stated { line: row.line, day }).collect()
}

/// The days that a row between or below the rows of a list states. One without a name
/// stands below a signature or in the title of another list; anywhere else it may be a
/// cell of the list, or speak of something else.
fn days_below(row: &Row) -> Vec<Stated> {
    let filled = filled(row);
    let mut days = of_line(&filled.join(" "));
    if days.is_empty() {
        let titles = filled.iter().filter(|it| is_signed_on(it) || names_a_list(it));
        days.extend(titles.filter_map(|it| title(it)));
    }
    days.into_iter().map(|day| Stated { line: row.line, day }).collect()
}

/// Whether nothing but a day stands there as people write it: 2026年11月20日.
fn is_signed_on(cell: &str) -> bool {
    let sign = |it: char| it.is_ascii_digit() || "年月日号 ".contains(it);
    cell.contains('年') && with_digits(cell).chars().all(sign)
}

fn names_a_list(cell: &str) -> bool {
    LISTS.iter().any(|list| cell.contains(list))
}

fn filled(row: &Row) -> Vec<String> {
    let filled = row.cells.iter().map(cells::plain).filter(|it| !it.is_empty());
    filled.map(|filled| filled.to_lowercase()).collect()
}

/// The one day that these say; one that cannot be told is a question.
fn best(found: &[Stated]) -> Option<Stated> {
    let is_through = |it: &&Stated| matches!(it.day, StatedDay::Through(_));
    if let Some(unclear) = found.iter().find(|it| it.day == StatedDay::Unclear) {
        return Some(*unclear);
    }
    let through: Vec<&Stated> = found.iter().filter(is_through).collect();
    match through.as_slice() {
        [] => {}
        [first, rest @ ..] => {
            let same = rest.iter().all(|it| it.day == first.day);
            let day = if same { first.day } else { StatedDay::Unclear };
            return Some(Stated { line: first.line, day });
        }
    }
    let first = found.first()?;
    let same = found.iter().all(|it| it.day == first.day);
    same.then_some(*first)
}

/// The day of a list by the lines above, between and below its rows.
#[derive(Debug, Default)]
pub(crate) struct Days {
    above: Option<Stated>,
    /// Of lines that rows follow.
    between: Vec<Stated>,
    /// Of lines behind the last row.
    below: Vec<Stated>,
}

impl Days {
    /// With what the lines above the list say.
    pub(crate) fn above(above: Option<Stated>) -> Self {
        Self { above, ..Self::default() }
    }

    /// Takes in what a line below the header says; whether it says any day.
    pub(crate) fn line(&mut self, row: &Row) -> bool {
        let said = days_below(row);
        let says_one = !said.is_empty();
        self.below.extend(said);
        says_one
    }

    /// A row of the list follows.
    pub(crate) fn row(&mut self) {
        self.between.append(&mut self.below);
    }

    /// The day of the whole list. Where a line between the rows says another day than
    /// the rest, or one that the rest does not have, nobody knows whose it is.
    pub(crate) fn of_list(&self) -> Option<Stated> {
        let ends = self.above.iter().chain(&self.below).copied();
        let ends: Vec<Stated> = match self.above.map(|it| it.day) {
            // It is clear, whatever the day below is that cannot be read.
            Some(StatedDay::Through(_)) => {
                ends.filter(|end| end.day != StatedDay::Unclear).collect()
            }
            _ => ends.collect(),
        };
        let of_ends = best(&ends);
        let other = self.between.iter().find(|it| {
            !ends.iter().any(|end| end.day == it.day)
                && !matches!(
                    (it.day, of_ends.map(|end| end.day)),
                    // Printed on some day, with the day of the data above it.
                    (StatedDay::Made(_), Some(StatedDay::Through(_)))
                )
        });
        match other {
            Some(other) => Some(Stated { day: StatedDay::Unclear, ..*other }),
            None => of_ends,
        }
    }
}

/// The days of a line that are called by a name.
fn of_line(line: &str) -> Vec<StatedDay> {
    let line = with_digits(line);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((rest, through)) = next_named(&line, &mut at) {
        let rest = rest.trim_start_matches(|it: char| {
            it.is_whitespace() || ":：为是到至于()（）[]【】_-".contains(it)
        });
        match leading(rest) {
            // In the course of that day not all of it was booked yet.
            (Reading::Day(day), rest) if through && !is_in_the_day(rest) => {
                found.push(StatedDay::Through(day));
            }
            (Reading::Day(day), _) => found.push(StatedDay::Made(day)),
            (Reading::Unclear, _) => found.push(StatedDay::Unclear),
            (Reading::Nothing, _) => {}
        }
    }
    found
}

/// What stands behind the next name of a day from `at` on, and which kind it is; `at`
/// moves behind the name.
fn next_named<'l>(line: &'l str, at: &mut usize) -> Option<(&'l str, bool)> {
    let rest = line.get(*at..)?;
    let names = THROUGH.iter().map(|it| (*it, true));
    let names = names.chain(MADE.iter().map(|it| (*it, false)));
    // The first one, and of those that begin there the longest: 数据日期, not 日期, and
    // no 日期 at all in 到期日期.
    let found = names.filter_map(|(name, through)| {
        let place = rest.match_indices(name).map(|index| index.0).find(|it| {
            let before = &line[..*at + it];
            let alone = !before.ends_with(char::is_alphanumeric);
            let of_list = || LISTS.iter().any(|list| before.ends_with(list));
            let until = UNTIL.iter().any(|it| name.starts_with(it));
            alone || !BARE.contains(&name) && (!until || of_list())
        })?;
        Some((place, std::cmp::Reverse(name.len()), through))
    });
    let (place, length, through) = found.min()?;
    *at += place + length.0;
    Some((&line[*at..], through))
}

/// The day of a title by itself: 2026年11月20日逾期贷款清单.
fn title(cell: &str) -> Option<StatedDay> {
    let says = |words: &[&str]| words.iter().any(|word| cell.contains(word));
    if TITLE < cell.chars().count() || says(OTHERS) {
        return None;
    }
    if says(WORKED) && says(&["年末", "年底"]) {
        return None;
    }
    let text = with_digits(cell);
    let mut days = Vec::new();
    let mut rest = text.as_str();
    while let Some(place) = rest.find(|it: char| it.is_ascii_digit()) {
        rest = &rest[place..];
        if let Reading::Day(day) = leading(rest).0 {
            days.push(day);
        }
        rest = rest.trim_start_matches(|it: char| {
            it.is_ascii_digit() || "-/.年月日号 ".contains(it)
        });
    }
    match days.as_slice() {
        [day] if text.contains('止') => Some(StatedDay::Through(*day)),
        [day] => Some(StatedDay::Made(*day)),
        _ => None,
    }
}

enum Reading {
    Day(Date),
    Unclear,
    Nothing,
}

/// The day with which a text begins, of a span of days the last, and what stands
/// behind it.
fn leading(text: &str) -> (Reading, &str) {
    let (first, behind) = one_day(text);
    let Reading::Day(_) = first else { return (first, behind) };
    let Some(rest) = ["至", "到", "—", "--", "-", "~", "～", "to "]
        .iter()
        .find_map(|it| behind.trim_start().strip_prefix(it))
    else {
        return (first, behind);
    };
    match one_day(rest.trim_start()) {
        (Reading::Nothing, _) => (first, behind),
        // 2026年11月1日至20日
        last => last,
    }
}

/// The hour from which on a list holds its day to the end: counters are closed.
const CLOSED: u8 = 17;

/// Whether a time stands behind a day at which people still pay in: `08:10:00`. At
/// `00:00:00` a program names no time at all.
fn is_in_the_day(rest: &str) -> bool {
    let rest = rest.trim_start_matches(|it: char| it.is_whitespace() || it == 't');
    let number = |it: &str| it.parse::<u8>().ok();
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (hour, rest) = match digits {
        1 | 2 => (number(&rest[..digits]), rest[digits..].trim_start()),
        // 20261128081000
        4 | 6 => (number(&rest[..2]), &rest[2..]),
        _ => return false,
    };
    let parted = digits == 4 || digits == 6 || rest.starts_with([':', '：', '时', '点']);
    let mut minutes =
        rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b':');
    let later = minutes.any(|minute| matches!(minute, b'1'..=b'9'));
    let is_midnight = hour == Some(0) && !later;
    parted && !is_midnight && hour.is_some_and(|hour| hour < CLOSED)
}

/// One day and what stands behind it.
fn one_day(text: &str) -> (Reading, &str) {
    let (numbers, signs, rest) = numbers(text);
    let number =
        |at: usize| numbers.get(at).and_then(|number| number.parse::<i16>().ok());
    let day_of = |year: i16, month: i16, day: i16| {
        let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        Date::new(year, month, day).ok().filter(|it| (1990..2200).contains(&it.year()))
    };
    let read = |day: Option<Date>| day.map_or(Reading::Unclear, Reading::Day);
    let lengths: Vec<usize> = numbers.iter().map(|number| number.len()).collect();
    match (lengths.as_slice(), signs.as_slice()) {
        (
            [4, 1 | 2, 1 | 2, ..],
            ['年', '月', ..] | ['-', '-', ..] | ['/', '/', ..] | ['.', '.', ..],
        ) => {
            let parts = (number(0), number(1), number(2));
            let (Some(year), Some(month), Some(day)) = parts else {
                return (Reading::Unclear, rest);
            };
            (read(day_of(year, month, day)), rest)
        }
        ([8], _) => {
            let number = |from: usize, to: usize| {
                numbers[0].get(from..to).and_then(|it| it.parse::<i16>().ok())
            };
            let (year, month, day) = (number(0, 4), number(4, 6), number(6, 8));
            let day = year.zip(month).zip(day);
            (read(day.and_then(|((year, month), day)| day_of(year, month, day))), rest)
        }
        // 2026年10月末
        ([4, 1 | 2], ['年', '月']) if rest.starts_with(['末', '底']) => {
            let first = number(0).zip(number(1)).and_then(|it| day_of(it.0, it.1, 1));
            let rest = rest.trim_start_matches(['末', '底']);
            (read(first.map(Date::last_of_month)), rest)
        }
        ([4], ['年']) if rest.starts_with(['末', '底']) => {
            let last = number(0).and_then(|number| day_of(number, 12, 31));
            (read(last), rest.trim_start_matches(['末', '底']))
        }
        // 11月20日, 2026年11月, 26/11/20: a day, and nobody knows which.
        (
            _,
            ['年' | '月' | '日' | '号', ..]
            | ['/', '/', ..]
            | ['-', '-', ..]
            | ['.', '.', ..],
        ) => (Reading::Unclear, rest),
        _ => (Reading::Nothing, rest),
    }
}

/// The numbers with which a text begins, the signs behind each, and the rest.
fn numbers(text: &str) -> (Vec<&str>, Vec<char>, &str) {
    let (mut numbers, mut signs, mut rest) = (Vec::new(), Vec::new(), text);
    while numbers.len() < 3 {
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 {
            break;
        }
        // 20261128235959: the day is in front, and the time is left.
        let length = if matches!(length, 12 | 14) { 8 } else { length };
        numbers.push(&rest[..length]);
        rest = &rest[length..];
        // 20261101-20261120
        if length == 8 {
            break;
        }
        let behind = rest.trim_start();
        let Some(sign) = behind.chars().next().filter(|c| "-/.年月日号".contains(*c))
        else {
            break;
        };
        // The sign behind a day may be that of a span of days.
        if numbers.len() == 3 && !"日号".contains(sign) {
            break;
        }
        signs.push(sign);
        rest = behind[sign.len_utf8()..].trim_start();
        if "日号".contains(sign) {
            break;
        }
    }
    (numbers, signs, rest)
}

/// 二〇二六年十一月二十日 as 2026年11月20日.
fn with_digits(text: &str) -> String {
    const DIGITS: &str = "〇一二三四五六七八九";
    let digit = |it: char| match it {
        '零' | '○' | '0' => Some(0),
        _ => DIGITS.chars().position(|of| of == it),
    };
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let is_numeral =
            |it: &&char| digit(**it).is_some() && **it != '0' || **it == '十';
        let length = chars[at..].iter().take_while(is_numeral).count();
        let numeral = &chars[at..at + length];
        let unit = chars.get(at + length).copied().unwrap_or(' ');
        if length == 0 {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        let year = unit == '年' && length == 4 && !numeral.contains(&'十');
        let small = "月日号".contains(unit) && length <= 3;
        if year {
            let digits = numeral.iter().filter_map(|it| digit(*it));
            digits.for_each(|digit| out.push_str(&digit.to_string()));
        } else if small {
            let tens = numeral.iter().position(|it| *it == '十');
            let value = |it: &[char]| it.first().and_then(|it| digit(*it));
            let number = match tens {
                Some(ten) => {
                    value(&numeral[..ten]).unwrap_or(1) * 10
                        + value(&numeral[ten + 1..]).unwrap_or(0)
                }
                None => value(numeral).unwrap_or(0),
            };
            out.push_str(&number.to_string());
        } else {
            out.extend(numeral);
        }
        at += length;
    }
    out
}

impl Stated {
    /// Whether nobody can say from it which day the list has.
    pub(crate) fn is_unclear(self, today: Date) -> bool {
        match self.day {
            StatedDay::Unclear => true,
            StatedDay::Through(day) => today < day,
            // It may be the day of something else, or a clock that is ahead.
            StatedDay::Made(_) => false,
        }
    }

    /// Says which day was taken, where it is not as if nothing were stated.
    pub(crate) fn told(self, now: DateTime) -> Option<Say> {
        let (line, today) = (self.line, now.date());
        match self.day {
            StatedDay::Through(day) if is_not_over(day, now) => {
                let before = day.saturating_sub(1.days());
                Some(Say::new(
                    format!(
                        "清单日期按文件第 {line} 行是今天 {day},当天还没有结束:今天的还款在流水里来时另计(余额只当含到 {before} 的全部还款);确已含今天全部还款的,用 --as-of {day} 再导入"
                    ),
                    format!(
                        "the day of the list is today, {day}, as line {line} of the file says, and it is not over: payments of today count on top when the bank tells of them (its balances are taken to hold all of them up to {before}); if it holds all of today, import it with --as-of {day}"
                    ),
                ))
            }
            StatedDay::Through(day) => Some(Say::new(
                format!(
                    "清单日期按文件第 {line} 行取 {day}:余额含到当日为止的还款,逾期天数从当日算起;不对的用 --as-of 写明后再导入"
                ),
                format!(
                    "the day of the list is {day}, as line {line} of the file says: its balances hold payments up to that day, and days past due count back from it; if that is wrong, name the day with --as-of"
                ),
            )),
            StatedDay::Made(day) if day < today => {
                let before = day.saturating_sub(1.days());
                Some(Say::new(
                    format!(
                        "清单日期按文件第 {line} 行取 {day}(当日编制):余额含到 {before} 为止的还款,逾期天数从 {day} 算起;不对的用 --as-of 写明后再导入"
                    ),
                    format!(
                        "the list was made on {day}, as line {line} of the file says: its balances hold payments up to {before}, and days past due count back from {day}; if that is wrong, name the day with --as-of"
                    ),
                ))
            }
            StatedDay::Made(_) | StatedDay::Unclear => None,
        }
    }
}

/// Whether the counters are still open on a day.
pub(crate) fn is_not_over(day: Date, now: DateTime) -> bool {
    day == now.date() && now.hour() < CLOSED.cast_signed()
}

/// The fault of a list whose day stands beside it and cannot be read.
pub(crate) fn unclear(line: u64) -> FileFault {
    FileFault::new(
        "I040",
        Say::new(
            "文件中写有清单日期,但读不准(年月日不全、写法不明、有几个不同的日期,或在今天之后),未导入任何内容;请用 `--as-of 2026-01-31` 这样的写法写明余额截止的日期",
            "the lines beside the list state its day, which cannot be read for certain (not whole, written in two ways, several, or after today), nothing was imported; name the last day that the balances hold with `--as-of 2026-01-31`",
        ),
    )
    .at(line)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::StatedDay::{Made, Through, Unclear};
    use super::*;

    fn said(rows: &[&str]) -> Option<StatedDay> {
        let row = |(line, text): (u64, &&str)| {
            Row::of(line, text.split('|').collect::<Vec<_>>().into())
        };
        day(&(1..).zip(rows).map(row).collect::<Vec<_>>()).map(|day| day.day)
    }

    #[test]
    fn the_day_of_a_list_is_read_as_people_write_it() {
        let day = date(2026, 11, 20);
        let table = [
            ("数据日期:2026年11月20日", Some(Through(day))),
            ("数据日期|2026-11-20", Some(Through(day))),
            ("报表日期：２０２６/11/20|单位：元", Some(Through(day))),
            ("逾期贷款清单(截至2026-11-20)", Some(Through(day))),
            ("逾期贷款清单（截止2026年11月20日）", Some(Through(day))),
            ("截至2026.11.20逾期贷款", Some(Through(day))),
            ("截至二〇二六年十一月二十日", Some(Through(day))),
            ("统计期间:2026-11-01至2026-11-20", Some(Through(day))),
            ("统计期间:20261101-20261120", Some(Through(day))),
            ("统计日期 20261120", Some(Through(day))),
            ("数据日期:2026-11-20 18:30:00|制表人:甲", Some(Through(day))),
            ("数据日期:2026-11-20 00:00:00|第1页", Some(Through(day))),
            ("数据日期:20261120235959", Some(Through(day))),
            ("数据截止日期:2026-11-20", Some(Through(day))),
            ("逾期贷款清单截至2026-11-20", Some(Through(day))),
            // In the course of the day not all of it was booked.
            ("统计时间:2026-11-20 08:10:00", Some(Made(day))),
            ("数据日期:2026-11-20T08:10|制表人:甲", Some(Made(day))),
            ("数据日期:20261120081000", Some(Made(day))),
            ("统计时间:2026-11-20 8时10分", Some(Made(day))),
            ("as of 2026-11-20", Some(Through(day))),
            ("2026年11月20日止逾期清单", Some(Through(day))),
            ("截至2026年10月末", Some(Through(date(2026, 10, 31)))),
            ("制表日期:2026-11-20", Some(Made(day))),
            ("打印时间:2026/11/20 09:00", Some(Made(day))),
            ("单位:元|日期:2026年11月20日", Some(Made(day))),
            ("2026年11月20日逾期贷款清单", Some(Made(day))),
            ("青石信用社|2026-11-20", Some(Made(day))),
            // A day, and nobody knows which.
            ("截至11月20日", Some(Unclear)),
            ("数据日期:11/20/26", Some(Unclear)),
            ("报表日期:2026年11月", Some(Unclear)),
            ("数据日期:2026-11-20|截止日期:2026-11-21", Some(Unclear)),
            ("统计期间:2026年11月1日至20日", Some(Unclear)),
            // No day of the list.
            ("逾期贷款清单", None),
            ("2026年11月逾期贷款清单", None),
            ("数据日期:", None),
            ("打印时间:09:30", None),
            ("电话 0571-88001234", None),
            ("根据2025年1月1日通知编制", None),
            ("截止目前", None),
            ("查询条件:到期日期 2026-01-01 至 2026-12-31", None),
            ("放款日期:2025-01-05", None),
            ("2026年12月31日前清收计划", None),
            ("查询条件:放款起始日期:2020-01-01 放款截止日期:2024-12-31", None),
            ("到期截止日期 2026-06-30", None),
            ("清收截止日期:2026-12-31", None),
            ("清收截止2026-12-31", None),
            ("2024年末存量不良贷款清收台账", None),
            ("2024年末不良贷款清收台账", None),
        ];
        for (text, expected) in table {
            assert_eq!(said(&[text]), expected, "{text}");
        }
    }

    #[test]
    fn the_day_of_the_data_comes_before_the_day_of_printing() {
        let rows = ["逾期贷款清单", "数据日期:2026-11-20", "打印日期:2026-11-23"];
        assert_eq!(said(&rows), Some(Through(date(2026, 11, 20))));
        let rows = ["制表日期:2026-11-20", "打印日期:2026-11-23"];
        assert_eq!(said(&rows), None);
    }

    #[test]
    fn a_day_between_or_below_the_rows_counts_like_one_above_or_is_asked() {
        // (above, the lines that rows follow, the lines below the last row)
        type Lines = [&'static str];
        let day = date(2026, 11, 20);
        let table: [(&Lines, &Lines, &Lines, Option<StatedDay>); 10] = [
            (&[], &[], &["制表日期:2026-11-20"], Some(Made(day))),
            (&[], &[], &["制表人:示例丁|2026年11月20日"], Some(Made(day))),
            (&["数据日期:2026-11-20"], &[], &["打印日期:2026-11-23"], Some(Through(day))),
            (&["数据日期:2026-11-20"], &[], &["打印日期:11-23-26"], Some(Through(day))),
            // The foot of every page.
            (&[], &["制表日期:2026-11-20"], &["制表日期:2026-11-20"], Some(Made(day))),
            (
                &["数据日期:2026-11-20"],
                &["打印日期:2026-11-23"],
                &["打印日期:2026-11-23"],
                Some(Through(day)),
            ),
            // The title of a second list.
            (&[], &["截至2026-10-31"], &[], Some(Unclear)),
            (&["截至2026-11-20"], &["截至2026-10-31"], &[], Some(Unclear)),
            (&["2026年11月20日清单"], &["2026年11月21日清单"], &[], Some(Unclear)),
            (&[], &["2026-11-20"], &["2026-11-20"], None),
        ];
        for (above, between, below, expected) in table {
            let row =
                |text: &&str| Row::of(1, text.split('|').collect::<Vec<_>>().into());
            let rows = |lines: &Lines| lines.iter().map(row).collect::<Vec<_>>();
            let mut days = Days::above(super::day(&rows(above)));
            for line in rows(between) {
                days.line(&line);
            }
            days.row();
            for line in rows(below) {
                days.line(&line);
            }
            let found = days.of_list().map(|of_list| of_list.day);
            assert_eq!(found, expected, "{above:?} {between:?} {below:?}");
        }
    }
}
