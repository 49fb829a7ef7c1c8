//! Amounts and days as people type them (金额和日期的写法).

use anyhow::Result;
use domain::money::Fen;
use jiff::civil::Date;

use crate::cli::context::Context;

/// An amount in yuan: `1234.5`, `1,234.50`, `¥500`, `500元`.
pub(crate) fn yuan(context: &Context, text: &str) -> Result<Fen> {
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

fn amount(text: &str) -> Option<Fen> {
    let bare = text.trim().trim_start_matches(['\u{a5}', '\u{ffe5}']);
    let bare = bare.strip_suffix('元').unwrap_or(bare).trim();
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
    fn days_are_taken_as_people_type_them() {
        for text in ["2026-12-08", "2026/12/8", "2026.12.08", "2026年12月8日", "20261208"]
        {
            assert_eq!(day(text), Ok(date(2026, 12, 8)), "{text}");
        }
        for text in ["2026-02-30", "12/8/2026", "26-12-8", "8日", "明天", ""] {
            assert!(day(text).is_err(), "{text}");
        }
    }
}
