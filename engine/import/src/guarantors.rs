//! Who answers for a loan beside its debtor (保证人): in one cell, on rows of their own,
//! or in columns with numbers.

use domain::guarantee::GuaranteeLaw;
use domain::party::GuaranteeKind;
use domain::phone::{self, NotAPhone};
use domain::say::Say;
use jiff::civil::Date;
use smol_str::SmolStr;

use super::cases::{GuarantorRecord, PersonRecord};
use super::cells;
use super::deaths;
use super::fault::RowFault;
use super::headers::Columns;
use super::table::Row;
use super::unusable::Unusable;

/// The guarantors of a row: several in one cell, or in columns with numbers. How they
/// answer where the list does not say is for the law of the day on which the loan was
/// paid out.
pub(crate) fn guarantors(
    columns: &Columns,
    row: &Row,
    opened_on: Option<Date>,
    unusable: &mut Unusable,
) -> Result<Vec<GuarantorRecord>, RowFault> {
    let unclear = GuaranteeLaw::of(opened_on).kind_when_unclear();
    let of_all = kind_in(columns, row, "guarantee_kind")?.unwrap_or(unclear);
    let months_of_all = months(columns, row, "guarantee_months")?;
    let mut found: Vec<GuarantorRecord> = Vec::new();
    for place in PLACES.iter().filter(|place| columns.has(place.name)) {
        // What is said of one counts before what is said of all.
        let kind = kind_in(columns, row, place.kind)?.unwrap_or(of_all);
        let period_months = months(columns, row, place.months)?.or(months_of_all);
        for person in people(columns, row, place, unusable)? {
            if !found.iter().any(|it| it.person == person) {
                found.push(GuarantorRecord { person, kind, period_months });
            }
        }
    }
    Ok(found)
}

/// The columns of one guarantor.
struct Place {
    name: &'static str,
    number: &'static str,
    card: &'static str,
    phone: &'static str,
    address: &'static str,
    kind: &'static str,
    months: &'static str,
}

macro_rules! place {
    ($name:literal) => {
        Place {
            name: $name,
            number: concat!($name, "_id"),
            card: concat!($name, "_id_number"),
            phone: concat!($name, "_phone"),
            address: concat!($name, "_address"),
            kind: concat!($name, "_kind"),
            months: concat!($name, "_months"),
        }
    };
}

const PLACES: [Place; 6] = [
    place!("guarantor"),
    place!("guarantor2"),
    place!("guarantor3"),
    place!("guarantor4"),
    place!("guarantor5"),
    place!("guarantor6"),
];

/// The number in the header of a guarantor's column and the header without it:
/// 保证人2电话, 第二保证人, `guarantor_2_phone`, 担保人(3).
pub(crate) fn numbered(header: &str) -> Option<(usize, String)> {
    const NUMBERS: [[&str; 3]; 6] = [
        ["1", "一", "①"],
        ["2", "二", "②"],
        ["3", "三", "③"],
        ["4", "四", "④"],
        ["5", "五", "⑤"],
        ["6", "六", "⑥"],
    ];
    let plain = cells::plain(header).to_lowercase();
    let kept = |it: &char| !it.is_whitespace() && !"()[]_-#第位".contains(*it);
    let plain: String = plain.chars().filter(kept).collect();
    let who = ["保证人", "担保人", "guarantor", "保证方式", "保证期间"]
        .into_iter()
        .find(|it| plain.contains(it))?;
    let digits = plain.chars().filter(char::is_ascii_digit).count();
    if 1 < digits {
        return None;
    }
    for (place, words) in (1..).zip(NUMBERS) {
        for word in words {
            let behind = format!("{who}{word}");
            let rest = if plain.contains(&behind) {
                plain.replacen(&behind, who, 1)
            } else if let Some(rest) = plain.strip_prefix(word) {
                rest.to_owned()
            } else if let Some(rest) = plain.strip_suffix(word) {
                rest.to_owned()
            } else {
                continue;
            };
            return Some((place, rest));
        }
    }
    None
}

/// The name of a column of the guarantor with this number, 1 for the first.
pub(crate) fn of_number(column: &str, number: usize) -> Option<&'static str> {
    // With a number 保证方式 is that of one of them.
    let column = match column {
        "guarantee_kind" => PLACES.first()?.kind,
        "guarantee_months" => PLACES.first()?.months,
        column => column,
    };
    let at = |place: &'static Place| {
        let Place { name, number, card, phone, address, kind, months } = place;
        [*name, *number, *card, *phone, *address, *kind, *months]
    };
    let first = at(PLACES.first()?);
    let which = first.iter().position(|it| *it == column)?;
    at(PLACES.get(number.checked_sub(1)?)?).get(which).copied()
}

/// The people whom the columns of one place name.
fn people(
    columns: &Columns,
    row: &Row,
    place: &Place,
    unusable: &mut Unusable,
) -> Result<Vec<PersonRecord>, RowFault> {
    let read = |name: &str| columns.text(row, name);
    let Some(names) = read(place.name)? else {
        return Ok(Vec::new());
    };
    deaths::no_dead_guarantor(columns, place.name, &names)?;
    let names = names_in(&names);
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let count = names.len();
    let cells = |name: &str| Ok(several(&read(name)?.unwrap_or_default(), count));
    // One guarantor may have two numbers, and an address of several parts.
    let phones = match count {
        1 => read(place.phone)?.into_iter().collect(),
        _ => cells(place.phone)?,
    };
    let numbers = cells(place.number)?;
    let id_numbers = cells(place.card)?;
    let addresses = addresses(&read(place.address)?.unwrap_or_default(), count);
    for (column, list) in [
        (place.phone, &phones),
        (place.number, &numbers),
        (place.card, &id_numbers),
        (place.address, &addresses),
    ] {
        if !list.is_empty() && list.len() != count {
            return Err(not_as_many(columns.header(column)));
        }
    }
    // 儿子 above a number says whose it is, and not that it is the second one's.
    let words =
        phones.iter().position(|phone| phone::read(phone) == Err(NotAPhone::OtherWords));
    let person = |(index, name): (usize, String)| PersonRecord {
        number: numbers.get(index).map(SmolStr::from),
        name: Some(name.into()),
        phone: phones
            .get(index)
            .filter(|_| words.is_none_or(|words| words == index))
            .and_then(|phone| unusable.phone(phone, columns, row, place.phone))
            .map(SmolStr::from),
        id_number: id_numbers
            .get(index)
            .and_then(|number| unusable.card(number, columns, row, place.card))
            .map(SmolStr::from),
        address: addresses.get(index).map(SmolStr::from),
        ..PersonRecord::default()
    };
    Ok(names.into_iter().enumerate().map(person).collect())
}

/// How somebody answers, by a column that says it; `None` where it says nothing.
fn kind_in(
    columns: &Columns,
    row: &Row,
    column: &str,
) -> Result<Option<GuaranteeKind>, RowFault> {
    let word = columns.plain(row, column);
    if word.is_empty() {
        return Ok(None);
    }
    guarantee_kind(&word)
        .map(Some)
        .ok_or_else(|| unknown_guarantee(columns.header(column)))
}

fn months(columns: &Columns, row: &Row, column: &str) -> Result<Option<u32>, RowFault> {
    let months = columns.plain(row, column).replace("个月", "");
    match months.trim() {
        "" => Ok(None),
        text => text
            .parse()
            .ok()
            .filter(|it| (1..=240).contains(it))
            .map(Some)
            .ok_or_else(|| wrong_months(columns.header(column))),
    }
}

/// What parts people in one cell.
const MARKS: [char; 12] =
    ['、', ';', '\u{ff1b}', ',', '\u{ff0c}', '/', '|', '\\', '+', '&', '\n', '\r'];

/// What a column of guarantors says of a loan that has none.
const NOBODY: &[&str] = &[
    "信用",
    "信用贷款",
    "抵押",
    "抵押贷款",
    "质押",
    "质押贷款",
    "抵质押",
    "保证",
    "免担保",
    "无担保",
    "免保证",
    "无保证",
    "无保证人",
    "无担保人",
];

/// Several people in one cell: `张三、李四`, or by blanks where each word is a whole
/// name: `示例甲 示例乙`, but not `王 五`.
fn names_in(cell: &str) -> Vec<String> {
    let cell = cells::plain(cell);
    let parts = cell.split(MARKS).map(|part| cells::plain(part).into_owned());
    let chinese = |it: &str| 2 <= it.chars().count() && !it.chars().any(|c| c.is_ascii());
    let apart = parts.flat_map(|part| {
        let words: Vec<&str> = part.split_whitespace().collect();
        if words.iter().all(|word| chinese(word)) {
            words.into_iter().map(str::to_owned).collect()
        } else {
            vec![part]
        }
    });
    apart.filter(|it| !it.is_empty() && !NOBODY.contains(&it.as_str())).collect()
}

/// The numbers of so many people in one cell; by blanks where that gives one each.
fn several(cell: &str, people: usize) -> Vec<String> {
    let parted = |cell: &str, marks: &dyn Fn(char) -> bool| -> Vec<String> {
        let parts = cell.split(marks).map(|part| cells::plain(part).into_owned());
        parts.filter(|part| !part.is_empty()).collect()
    };
    let by_marks = parted(cell, &|it| MARKS.contains(&it));
    if by_marks.len() == people {
        return by_marks;
    }
    let by_blanks = parted(cell, &|it| MARKS.contains(&it) || it.is_whitespace());
    if by_blanks.len() == people { by_blanks } else { by_marks }
}

/// The addresses of so many people in one cell; an address has commas and
/// slashes of its own, and the one of a single person stays whole.
fn addresses(cell: &str, people: usize) -> Vec<String> {
    let all =
        if people == 1 { vec![cell] } else { cell.split(['、', ';', '；']).collect() };
    let kept = all.into_iter().map(str::trim).filter(|it| !it.is_empty());
    kept.map(str::to_owned).collect()
}

/// A kind of guarantee by the word of a list.
fn guarantee_kind(word: &str) -> Option<GuaranteeKind> {
    match word.to_lowercase().as_str() {
        "general" | "一般" | "一般保证" => Some(GuaranteeKind::General),
        "joint" | "连带" | "连带保证" | "连带责任" | "连带责任保证" => {
            Some(GuaranteeKind::Joint)
        }
        _ => None,
    }
}

fn not_as_many(column: &str) -> RowFault {
    RowFault::new(
        "R051",
        Say::new(
            "与保证人的人数不一致;请为每位保证人各填一个,用顿号分开",
            "there are not as many as guarantors; write one for each, parted by `;`",
        ),
    )
    .of_column(column)
}

fn unknown_guarantee(column: &str) -> RowFault {
    RowFault::new(
        "R052",
        Say::new(
            "保证方式无法识别;请写`一般保证`或`连带责任保证`",
            "not a kind of guarantee; write `general` or `joint`",
        ),
    )
    .of_column(column)
}

fn wrong_months(column: &str) -> RowFault {
    RowFault::new(
        "R053",
        Say::new(
            "保证期间应为月数,1 到 240,例如 `6`",
            "the guarantee period is a number of months, 1 to 240, for example `6`",
        ),
    )
    .of_column(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_the_header_says_which_guarantor_is_meant() {
        let headers = [
            ("保证人1", Some((1, "保证人"))),
            ("保证人2电话", Some((2, "保证人电话"))),
            ("保证人电话2", Some((2, "保证人电话"))),
            ("担保人(3)", Some((3, "担保人"))),
            ("第二保证人", Some((2, "保证人"))),
            ("保证人一", Some((1, "保证人"))),
            ("担保人三姓名", Some((3, "担保人姓名"))),
            ("guarantor_2_phone", Some((2, "guarantorphone"))),
            ("保证人1保证方式", Some((1, "保证人保证方式"))),
            ("保证方式2", Some((2, "保证方式"))),
            ("保证人3保证期间", Some((3, "保证人保证期间"))),
            ("保证人", None),
            ("保证人12", None),
            ("手机2", None),
        ];
        for (header, number) in headers {
            let number = number.map(|(place, rest)| (place, rest.to_owned()));
            assert_eq!(numbered(header), number, "{header}");
        }
        assert_eq!(of_number("guarantor_phone", 3), Some("guarantor3_phone"));
        assert_eq!(of_number("guarantor_phone", 1), Some("guarantor_phone"));
        assert_eq!(of_number("phone", 2), None);
        assert_eq!(of_number("guarantee_kind", 2), Some("guarantor2_kind"));
        assert_eq!(of_number("guarantor_months", 1), Some("guarantor_months"));
    }

    #[test]
    fn names_in_one_cell_are_told_apart_and_a_way_of_lending_is_nobody() {
        let cells: [(&str, &[&str]); 10] = [
            ("示例甲、示例乙", &["示例甲", "示例乙"]),
            ("示例甲 示例乙", &["示例甲", "示例乙"]),
            ("示例甲\n示例乙", &["示例甲", "示例乙"]),
            ("示例甲|示例乙", &["示例甲", "示例乙"]),
            ("示例甲\u{ff5c}示例乙", &["示例甲", "示例乙"]),
            ("示 甲", &["示 甲"]),
            ("John Example", &["John Example"]),
            ("信用", &[]),
            ("抵押、示例甲", &["示例甲"]),
            ("示例·甲", &["示例·甲"]),
        ];
        for (cell, names) in cells {
            assert_eq!(names_in(cell), names, "{cell}");
        }
    }
}
