//! Amounts and days as people type them (金额和日期的写法).

use anyhow::Result;
use domain::money::Fen;
use jiff::civil::Date;

use crate::cli::context::Context;

/// An amount in yuan: `1234.5`, `1,234.50`, `¥500`, `500元`, `１５００`.
pub(crate) fn yuan(context: &Context, text: &str) -> Result<Fen> {
    let plain = half_width(text);
    if plain.starts_with("--") {
        return Err(anyhow::anyhow!(
            context
                .text(
                    "--amount 后面缺少金额\n  提示:写成 `--amount 500`",
                    "--amount lacks its amount\n  hint: write `--amount 500`",
                )
                .to_owned()
        ));
    }
    if is_negative(&plain) {
        return Err(anyhow::anyhow!(if context.english() {
            format!(
                "`{text}` is below zero: an amount by hand is more than nothing\n  hint: to take \
                 an entry back, `qingshou pay --reverse ENTRY --reason …`"
            )
        } else {
            format!(
                "金额 `{text}` 是负数:手工登记的金额应大于零\n  提示:要冲正一笔账,用 \
                 `qingshou pay --reverse 账目号 --reason …`"
            )
        }));
    }
    amount(text).ok_or_else(|| {
        anyhow::anyhow!(if context.english() {
            format!(
                "`{text}` is no amount: write yuan with at most two decimals, for example `1234.50`"
            )
        } else {
            format!("金额 `{text}` 无法识别:应为元,最多两位小数,例如 `1234.50`")
        })
    })
}

/// What a Chinese keyboard types wide, as its half-width sign.
fn half_width(text: &str) -> String {
    let half = |it: char| match it {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(it) - 0xfee0).unwrap_or(it),
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{ffe5}' => '\u{a5}',
        // The full stop of a Chinese keyboard is its point.
        '。' => '.',
        '−' | '–' | '—' => '-',
        _ => it,
    };
    text.chars().map(half).collect::<String>().trim().to_owned()
}

/// Whether an amount has its sign before or behind the mark of the yuan.
fn is_negative(plain: &str) -> bool {
    let bare = plain.trim_start_matches(['\u{a5}', ' ']);
    let digits =
        bare.strip_prefix('-').map(|rest| rest.trim_start_matches(['\u{a5}', ' ']));
    digits.is_some_and(|digits| {
        digits.starts_with(|digits: char| digits.is_ascii_digit() || digits == '.')
    })
}

/// An amount as people type it; `None` for anything else.
pub(crate) fn amount(text: &str) -> Option<Fen> {
    const ENDS: [&str; 5] = ["元整", "元正", "圆整", "元", "圆"];
    let plain = half_width(text);
    let bare = plain.trim_start_matches(['\u{a5}', '+', ' ']);
    let end = ENDS.iter().find_map(|end| bare.strip_suffix(end));
    let bare = end.unwrap_or(bare).trim();
    let whole = bare.split_once('.').map_or(bare, |it| it.0);
    let groups: Vec<&str> = whole.split(',').collect();
    let grouped = groups.iter().enumerate().all(|(at, group)| match at {
        0 => (1..=3).contains(&group.len()),
        _ => group.len() == 3,
    });
    let plain = if 1 < groups.len() && grouped {
        bare.replacen(',', "", groups.len() - 1)
    } else {
        bare.to_owned()
    };
    Fen::from_yuan(&plain).ok()
}

/// A day: `2026-12-08`, also `2026/12/8`, `2026.12.8` and `2026年12月8日`.
///
/// # Errors
///
/// There is no such day, or it is written otherwise.
pub(crate) fn day(text: &str) -> Result<Date, String> {
    let wrong = || "not a day of the calendar; write it like 2026-12-08".to_owned();
    let text = half_width(text);
    if let Ok(day) = text.trim().parse() {
        return Ok(day);
    }
    let bare = text.trim().strip_suffix('日').unwrap_or(text.trim());
    let parts: Vec<&str> = bare.split(['-', '/', '.', '年', '月']).collect();
    let [year, month, day] = parts[..] else { return Err(wrong()) };
    let number = |it: &str| it.parse::<i16>().map_err(|_| wrong());
    let small = |it: &str| it.parse::<i8>().map_err(|_| wrong());
    if year.len() != 4 {
        return Err(wrong());
    }
    Date::new(number(year)?, small(month)?, small(day)?).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn amounts_are_taken_as_people_type_them() {
        for (text, fen) in [
            ("500", Some(50_000)),
            (" 1,234.50 ", Some(123_450)),
            ("1,234,567", Some(123_456_700)),
            ("¥500", Some(50_000)),
            ("500.5元", Some(50_050)),
            ("１５００", Some(150_000)),
            ("１，２３４．５０", Some(123_450)),
            ("￥５００", Some(50_000)),
            ("¥ 500 元", Some(50_000)),
            ("\u{3000}500\u{a0}", Some(50_000)),
            ("500。5", Some(50_050)),
            ("+500", Some(50_000)),
            ("500元整", Some(50_000)),
            ("０．５万", None),
            ("5 00", None),
            ("－５", None),
            ("0.5万", None),
            ("1,23", None),
            ("1,2345", None),
            ("1.234,50", None),
            ("-5", None),
            ("", None),
        ] {
            assert_eq!(amount(text), fen.map(Fen), "{text}");
        }
    }

    #[test]
    fn an_amount_below_zero_is_told_from_one_that_cannot_be_read() {
        for (text, is) in [
            ("-500", true),
            ("－５００", true),
            ("−500.5元", true),
            ("¥-500", true),
            ("-¥500", true),
            ("-", false),
            ("--reason", false),
            ("500-", false),
            ("500", false),
        ] {
            assert_eq!(is_negative(&half_width(text)), is, "{text}");
        }
    }

    #[test]
    fn days_are_taken_as_people_type_them() {
        for text in [
            "2026-12-08",
            "2026/12/8",
            "2026.12.08",
            "2026年12月8日",
            "20261208",
            "２０２６-１２-０８",
        ] {
            assert_eq!(day(text), Ok(date(2026, 12, 8)), "{text}");
        }
        for text in ["2026-02-30", "12/8/2026", "26-12-8", "8日", "明天", ""] {
            assert!(day(text).is_err(), "{text}");
        }
    }
}
