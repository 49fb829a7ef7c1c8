//! Cells that should reach or identify a person and do not (不能用的号码): a telephone that
//! is none, an identity card with stars in it. They are passed over and told.

use domain::phone::{self, NotAPhone};
use domain::say::Say;

use super::cells;
use super::headers::Columns;
use super::table::Row;

/// Such cells of a list: how many, by what is wrong.
#[derive(Default)]
pub(crate) struct Unusable(Vec<Cell>);

struct Cell {
    why: Why,
    column: String,
    count: usize,
    /// The first line.
    line: u64,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Why {
    Phone(NotAPhone),
    Card,
}

impl Unusable {
    /// The first number that takes messages, or else the first.
    pub(crate) fn phone(
        &mut self,
        cell: &str,
        columns: &Columns,
        row: &Row,
        name: &str,
    ) -> Option<String> {
        match phone::read(cell) {
            Ok(phones) => {
                let mobile = phones.iter().find(|phone| phone.takes_texts());
                mobile.or(phones.first()).map(|it| it.as_str().to_owned())
            }
            Err(why) => {
                self.add(Why::Phone(why), columns.header(name), row.line);
                None
            }
        }
    }

    /// The number of an identity card. One that is partly hidden is the same for many
    /// people, who would become one.
    pub(crate) fn card(
        &mut self,
        cell: &str,
        columns: &Columns,
        row: &Row,
        name: &str,
    ) -> Option<String> {
        let number = id_number(cell);
        if identifies(&number) {
            return Some(number);
        }
        self.add(Why::Card, columns.header(name), row.line);
        None
    }

    fn add(&mut self, why: Why, column: &str, line: u64) {
        match self.0.iter_mut().find(|it| it.why == why && it.column == column) {
            Some(known) => known.count += 1,
            None => self.0.push(Cell { why, column: column.to_owned(), count: 1, line }),
        }
    }

    pub(crate) fn notices(&self) -> Vec<Say> {
        self.0.iter().map(Cell::notice).collect()
    }
}

impl Cell {
    fn notice(&self) -> Say {
        let Self { why, column, count, line } = self;
        match why {
            Why::Phone(why) => {
                let why = why.text();
                Say::new(
                    format!(
                        "`{column}` 列有 {count} 行没有可用的号码(先见第 {line} 行):{};案件已导入,未登记电话",
                        why.zh
                    ),
                    format!(
                        "{count} rows have no usable number in the column `{column}` (the first is line {line}): {}; the cases came in without a telephone",
                        why.en
                    ),
                )
            }
            Why::Card => Say::new(
                format!(
                    "`{column}` 列有 {count} 行的证件号部分隐藏或不是号码(先见第 {line} 行),认不出是谁;案件已导入,未登记证件号,同一客户的几笔贷款不会并到一起;请从系统导出完整的证件号"
                ),
                format!(
                    "{count} rows have an identity card in the column `{column}` that is partly hidden or no number (the first is line {line}) and identifies nobody; the cases came in without it, so several loans of one person stay apart; export it whole"
                ),
            ),
        }
    }
}

/// The number of an identity card in the one form in which it is compared, without
/// the words before it: `身份证:3301…`.
fn id_number(cell: &str) -> String {
    const LABELS: &[&str] = &[
        "公民身份号码",
        "居民身份证号码",
        "居民身份证号",
        "居民身份证",
        "二代身份证",
        "身份证号码",
        "身份证号",
        "身份证",
        "证件号码",
        "证件号",
        "ID:",
    ];
    let plain = cells::plain(cell).to_uppercase();
    let sign = |it: char| it.is_whitespace() || ":.,、".contains(it);
    let text = plain.trim_matches(sign);
    let text = LABELS.iter().find_map(|label| text.strip_prefix(label)).unwrap_or(text);
    text.trim_matches(sign).replace([' ', '-'], "")
}

/// Whether a number is that of one person: no part of it is hidden, and it is neither
/// a word nor one digit throughout.
fn identifies(number: &str) -> bool {
    let hidden = |it: char| "*?#•●○◆█■□×…".contains(it);
    let first = number.chars().next();
    let filler = 6 <= number.len() && number.chars().all(|c| Some(c) == first);
    number.contains(|it: char| it.is_ascii_digit())
        && !number.contains(hidden)
        && !number.contains("XXX")
        && !filler
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_that_is_partly_hidden_identifies_nobody() {
        let cells = [
            ("******************", None),
            ("990000********0011", None),
            ("990000XXXXXXXX0011", None),
            ("9900**************", None),
            ("990000••••••••0011", None),
            ("000000000000000000", None),
            ("111111111111111", None),
            ("不详", None),
            ("身份证", None),
            ("身份证:990000********0011", None),
            ("身份证:990000197001010010", Some("990000197001010010")),
            ("身份证号码：99000019700101001x", Some("99000019700101001X")),
            ("990000 19700101 0010", Some("990000197001010010")),
            ("990000700101001", Some("990000700101001")),
            ("军字第00123号", Some("军字第00123号")),
            ("E00012345", Some("E00012345")),
            ("H00012345(01)", Some("H00012345(01)")),
        ];
        for (cell, number) in cells {
            let read = Some(id_number(cell)).filter(|it| identifies(it));
            assert_eq!(read.as_deref(), number, "{cell}");
        }
    }
}
