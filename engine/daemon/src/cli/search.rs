//! Conditions on the command line (查询条件): `days=31..60`, `village=李村`.

use domain::enrolment::{Condition, Test};
use domain::say::Say;

use crate::cli::money::amount;

/// A field by the words that staff have for it, and what its values are.
struct Field {
    name: &'static str,
    words: &'static [&'static str],
    of: Values,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Values {
    Days,
    Yuan,
    Words,
}

const FIELDS: &[Field] = &[
    Field {
        name: "days_past_due",
        words: &["days", "days_past_due", "逾期天数", "天数"],
        of: Values::Days,
    },
    Field {
        name: "days_until_due",
        words: &["until_due", "days_until_due", "距到期天数"],
        of: Values::Days,
    },
    Field { name: "balance", words: &["balance", "余额"], of: Values::Yuan },
    Field { name: "overdue", words: &["overdue", "逾期金额"], of: Values::Yuan },
    Field {
        name: "principal",
        words: &["principal", "借款本金", "本金"],
        of: Values::Yuan,
    },
    Field { name: "village", words: &["village", "自然村", "村"], of: Values::Words },
    Field { name: "org", words: &["org", "机构"], of: Values::Words },
    Field { name: "collector", words: &["collector", "信贷员"], of: Values::Words },
    Field { name: "product", words: &["product", "产品"], of: Values::Words },
];

/// Reads one condition.
///
/// # Errors
///
/// Why it cannot be read, with an example, in both languages.
pub(crate) fn condition(text: &str) -> Result<Condition, Say> {
    let unknown = || {
        let named = |chinese: bool| -> Vec<&str> {
            let said = |it: &&str| it.is_ascii() != chinese;
            FIELDS
                .iter()
                .filter_map(|field| field.words.iter().copied().find(said))
                .collect()
        };
        let (known_zh, known) = (named(true).join("、"), named(false).join(", "));
        Say::new(
            format!(
                "`{text}` 不是查询条件\n  提示:写成 `天数=31..60` 或 `村=李村`;可用 {known_zh}"
            ),
            format!(
                "`{text}` is no condition\n  hint: write `days=31..60` or `village=NAME`; there are {known}"
            ),
        )
    };
    let (word, value) = text.split_once('=').ok_or_else(unknown)?;
    let (word, value) = (word.trim(), value.trim());
    let field =
        FIELDS.iter().find(|field| field.words.contains(&word)).ok_or_else(unknown)?;
    let test = match field.of {
        Values::Words => words(value),
        Values::Days => range(value, |it| it.parse().ok().filter(|it| *it <= 36_600)),
        Values::Yuan => range(value, |it| Some(amount(it)?.0)),
    };
    let test = test.ok_or_else(unknown)?;
    Ok(Condition { field: field.name.to_owned(), test })
}

fn words(value: &str) -> Option<Test> {
    let words: Vec<String> = value
        .split(['、', ',', ','])
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect();
    (!words.is_empty()).then_some(Test::OneOf(words))
}

/// `5`, `5..9`, `5..`, `..9`.
fn range(value: &str, read: impl Fn(&str) -> Option<i64>) -> Option<Test> {
    let Some((low, high)) = value.split_once("..") else {
        let exact = read(value)?;
        return Some(Test::Between(exact, exact));
    };
    match (low.trim(), high.trim()) {
        ("", "") => None,
        ("", high) => Some(Test::AtMost(read(high)?)),
        (low, "") => Some(Test::AtLeast(read(low)?)),
        (low, high) => {
            let (low, high) = (read(low)?, read(high)?);
            (low <= high).then_some(Test::Between(low, high))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_as_staff_write_them() {
        let one_of = |words: &[&str]| {
            Test::OneOf(words.iter().map(|word| (*word).to_owned()).collect())
        };
        let conditions = [
            ("days=91..", "days_past_due", Test::AtLeast(91)),
            ("逾期天数=31..60", "days_past_due", Test::Between(31, 60)),
            ("until_due=..7", "days_until_due", Test::AtMost(7)),
            ("days=8", "days_past_due", Test::Between(8, 8)),
            ("balance=..5000.50", "balance", Test::AtMost(500_050)),
            ("余额=５，０００元..", "balance", Test::AtLeast(500_000)),
            ("village=李村、王村", "village", one_of(&["李村", "王村"])),
            ("信贷员=示例甲", "collector", one_of(&["示例甲"])),
        ];
        for (text, field, test) in conditions {
            let expected = Condition { field: field.to_owned(), test };
            assert_eq!(condition(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused_with_the_way_to_write_one() {
        for text in ["days", "days=", "days=60..31", "days=..", "dais=5", "balance=1,0"] {
            let Say { zh, en } = condition(text).unwrap_err();
            assert!(zh.contains("天数=31..60") && en.contains("days=31..60"), "{text}");
        }
    }
}
