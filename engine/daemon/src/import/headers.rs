//! Which column holds what (列名对应): known Chinese and English headers, and
//! those that the person names with `--map`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::money::Fen;
use jiff::civil::Date;

use super::cells::{self, Comma};
use super::fault::{FileFault, Message, RowFault};
use super::table::Row;

/// A column that the import understands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// Our name, as `--map theirs=ours` takes it.
    pub name: &'static str,
    /// The file is refused without it.
    pub required: bool,
    /// Unless it has one of these.
    pub unless: &'static [&'static str],
    /// What other programs call it.
    pub aliases: &'static [&'static str],
}

/// `--map theirs=ours`: the file's header and our name for it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mapping {
    /// The header in the file.
    pub theirs: String,
    /// The name of one of our columns.
    pub ours: String,
}

/// `--where column=value`: only rows with this value are imported.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Condition {
    /// A header of the file, or our name for it.
    pub column: String,
    /// The value, compared after taking off blanks.
    pub value: String,
}

impl std::str::FromStr for Mapping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (theirs, ours) = pair(text, "--map 手机=phone")?;
        Ok(Self { theirs, ours })
    }
}

impl std::str::FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (column, value) = pair(text, "--where in_book=1")?;
        Ok(Self { column, value })
    }
}

fn pair(text: &str, example: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((left, right)) if !left.trim().is_empty() => {
            Ok((left.trim().to_owned(), right.trim().to_owned()))
        }
        _ => Err(format!(
            "expected two names with `=` between them, for example `{example}`"
        )),
    }
}

/// Where each known column stands in a file.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    headers: Vec<String>,
    at: BTreeMap<&'static str, usize>,
    /// All other columns, by their header.
    pub others: Vec<usize>,
    comma: Comma,
}

impl Columns {
    /// Of rows that come from no file.
    pub(crate) fn none() -> Self {
        let comma = Comma::PartsThousands;
        Self { headers: Vec::new(), at: BTreeMap::new(), others: Vec::new(), comma }
    }

    /// Finds every known column; refuses files that lack one or name one twice.
    pub(crate) fn find(
        headers: &[String],
        known: &'static [Known],
        maps: &[Mapping],
    ) -> Result<Self, FileFault> {
        let mut names: Vec<Option<&'static str>> =
            headers.iter().map(|it| known_as(it, known)).collect();
        for map in maps {
            let ours = known
                .iter()
                .find(|it| squeeze(it.name) == squeeze(&map.ours))
                .ok_or_else(|| unknown_target(&map.ours, known))?;
            let index = headers
                .iter()
                .position(|it| squeeze(it) == squeeze(&map.theirs))
                .ok_or_else(|| unknown_header(&map.theirs, "--map"))?;
            // What the person says beats what the header looks like.
            for name in &mut names {
                *name = name.filter(|it| *it != ours.name);
            }
            names[index] = Some(ours.name);
        }
        let mut at = BTreeMap::new();
        let mut twice = None;
        for (index, name) in names.iter().enumerate() {
            let Some(name) = name else { continue };
            if let Some(first) = at.insert(*name, index) {
                at.insert(*name, first);
                twice = twice.or(Some((*name, first, index)));
            }
        }
        // A list without headers is told from one with a wrong header before
        // any header is repeated: its first line holds people.
        for column in known.iter().filter(|it| it.required) {
            let mut others = column.unless.iter().chain([&column.name]);
            if !others.any(|it| at.contains_key(it)) {
                return Err(missing(column, headers));
            }
        }
        if let Some((name, first, second)) = twice {
            return Err(named_twice(name, &headers[first], &headers[second]));
        }
        refuse_equal_headers(headers)?;
        refuse_units(headers, &at)?;
        let others = (0..headers.len()).filter(|it| names[*it].is_none()).collect();
        let comma = Comma::PartsThousands;
        Ok(Self { headers: headers.to_vec(), at, others, comma })
    }

    /// Whether the file has this column.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.at.contains_key(name)
    }

    /// The header of a known column as the file writes it.
    pub(crate) fn header<'a>(&'a self, name: &'a str) -> &'a str {
        self.at.get(name).map_or(name, |it| &self.headers[*it])
    }

    /// The header at an index; a nameless column is called by its number.
    pub(crate) fn header_at(&self, index: usize) -> String {
        match self.headers.get(index) {
            Some(header) if !header.is_empty() => header.clone(),
            _ => format!("column_{}", index + 1),
        }
    }

    /// The cell of a known column; blank when the file lacks the column.
    pub(crate) fn cell<'r>(&self, row: &'r Row, name: &str) -> &'r str {
        self.at.get(name).and_then(|it| row.cells.get(*it)).unwrap_or_default()
    }

    /// How commas in amounts are to be taken.
    pub(crate) fn with_comma(self, comma: Comma) -> Self {
        Self { comma, ..self }
    }

    /// The amount in a known column.
    pub(crate) fn amount(&self, row: &Row, name: &str) -> Result<Fen, RowFault> {
        self.read(row, name, |cell| cells::amount(cell, self.comma))
    }

    /// The number of a loan, a person or a payment; `None` when blank.
    pub(crate) fn number(
        &self,
        row: &Row,
        name: &str,
    ) -> Result<Option<String>, RowFault> {
        self.read(row, name, cells::number)
    }

    /// The text in a known column; `None` when blank.
    pub(crate) fn text(&self, row: &Row, name: &str) -> Result<Option<String>, RowFault> {
        self.read(row, name, cells::text)
    }

    /// The day in a known column, which must not be blank.
    pub(crate) fn date(&self, row: &Row, name: &str) -> Result<Date, RowFault> {
        self.read(row, name, cells::date)
    }

    /// The cell of a known column without blanks around it and in plain letters.
    pub(crate) fn plain<'r>(&self, row: &'r Row, name: &str) -> Cow<'r, str> {
        cells::plain(self.cell(row, name))
    }

    /// Reads a cell; a fault names its column.
    pub(crate) fn read<T>(
        &self,
        row: &Row,
        name: &str,
        read: impl Fn(&str) -> Result<T, RowFault>,
    ) -> Result<T, RowFault> {
        read(self.cell(row, name)).map_err(|it| it.of_column(self.header(name)))
    }

    /// Turns `--where` into columns and values.
    pub(crate) fn conditions(
        &self,
        conditions: &[Condition],
    ) -> Result<Vec<(usize, String)>, FileFault> {
        conditions
            .iter()
            .map(|condition| {
                let wanted = squeeze(&condition.column);
                let theirs = self.headers.iter().position(|it| squeeze(it) == wanted);
                let ours =
                    || self.at.iter().find(|it| squeeze(it.0) == wanted).map(|it| *it.1);
                theirs
                    .or_else(ours)
                    .map(|it| (it, cells::plain(&condition.value).into_owned()))
                    .ok_or_else(|| unknown_header(&condition.column, "--where"))
            })
            .collect()
    }
}

/// A header without blanks, case, width and unit: `Case ID` is `caseid`,
/// `借款本金(元)` is `借款本金`.
fn squeeze(header: &str) -> String {
    let plain = cells::plain(header).to_lowercase();
    let named = match plain.split_once('(') {
        Some((name, unit)) if unit.ends_with(')') && !name.is_empty() => name,
        _ => plain.as_str(),
    };
    named
        .chars()
        .filter(|it| !it.is_whitespace() && !matches!(it, '_' | '-' | '*'))
        .collect()
}

fn known_as(header: &str, known: &[Known]) -> Option<&'static str> {
    let header = squeeze(header);
    let called = |it: &&Known| {
        squeeze(it.name) == header
            || it.aliases.iter().any(|alias| squeeze(alias) == header)
    };
    known.iter().find(called).map(|it| it.name)
}

fn missing(column: &Known, headers: &[String]) -> FileFault {
    let ours = std::iter::once(&column.name).chain(column.aliases);
    let near = ours
        .flat_map(|ours| headers.iter().map(move |it| (likeness(ours, it), it)))
        .max_by_key(|it| it.0)
        .filter(|it| 600 <= it.0);
    let chinese = column.aliases.iter().find(|it| !it.is_ascii()).unwrap_or(&column.name);
    let name = column.name;
    let (hint_zh, hint_en) = match near {
        Some((_, header)) => (
            format!("是否为 `{header}` 列?可加 `--map {header}={name}`"),
            format!("is it the column `{header}`? Add `--map {header}={name}`"),
        ),
        None => (
            format!("第一行应为列名;其他叫法请用 `--map 列名={name}` 指明"),
            format!(
                "the first line should name the columns; name it with `--map THEIRS={name}`"
            ),
        ),
    };
    FileFault::new(
        "I030",
        Message::new(
            format!("缺少必需的列 `{name}`(如“{chinese}”),未导入任何内容;{hint_zh}"),
            format!(
                "the required column `{name}` (such as \"{chinese}\") is missing, nothing was imported; {hint_en}"
            ),
        ),
    )
    .at(1)
}

/// How alike two names are, in thousandths.
fn likeness(one: &str, other: &str) -> u32 {
    let (one, other) = (squeeze(one), squeeze(other));
    let longest = one.chars().count().max(other.chars().count());
    if longest == 0 {
        return 0;
    }
    let distance = strsim::damerau_levenshtein(&one, &other).min(longest);
    u32::try_from((longest - distance) * 1000 / longest).unwrap_or(0)
}

fn named_twice(name: &str, first: &str, second: &str) -> FileFault {
    if squeeze(first) == squeeze(second) {
        return repeated(first);
    }
    FileFault::new(
        "I031",
        Message::new(
            format!(
                "`{first}` 和 `{second}` 两列都对应 `{name}`,未导入任何内容;请用 `--map {first}={name}` 指明用哪一列"
            ),
            format!(
                "the columns `{first}` and `{second}` both mean `{name}`, nothing was imported; say which with `--map {first}={name}`"
            ),
        ),
    )
    .at(1)
}

fn repeated(header: &str) -> FileFault {
    FileFault::new(
        "I032",
        Message::new(
            format!("列名 `{header}` 出现了两次,未导入任何内容;请改掉其中一个列名,或删去多余的一列"),
            format!(
                "the header `{header}` stands there twice, nothing was imported; rename or remove one of the two columns"
            ),
        ),
    )
    .at(1)
}

fn refuse_equal_headers(headers: &[String]) -> Result<(), FileFault> {
    for (index, header) in headers.iter().enumerate() {
        if !header.is_empty() && headers[..index].contains(header) {
            return Err(repeated(header));
        }
    }
    Ok(())
}

/// `贷款金额(万元)` would be read a ten-thousandth too small.
fn refuse_units(
    headers: &[String],
    at: &BTreeMap<&'static str, usize>,
) -> Result<(), FileFault> {
    for name in ["principal", "amount"] {
        let Some(header) = at.get(name).map(|it| &headers[*it]) else { continue };
        if ["万", "千元", "(分)", "(分)"].iter().any(|it| header.contains(it)) {
            return Err(FileFault::new(
                "I033",
                Message::new(
                    format!("`{header}` 列不是以元为单位,未导入任何内容;请换算成元,并改列名"),
                    format!(
                        "the column `{header}` is not in yuan, nothing was imported; convert it to yuan and rename it"
                    ),
                ),
            )
            .at(1));
        }
    }
    Ok(())
}

fn unknown_header(header: &str, option: &str) -> FileFault {
    FileFault::new(
        "I034",
        Message::new(
            format!("文件中没有 `{header}` 列,未导入任何内容;请核对 `{option}` 中的列名"),
            format!(
                "the file has no column `{header}`, nothing was imported; check the name after `{option}`"
            ),
        ),
    )
}

fn unknown_target(ours: &str, known: &[Known]) -> FileFault {
    let near = known.iter().max_by_key(|it| likeness(ours, it.name));
    let near = near.filter(|it| 500 <= likeness(ours, it.name));
    let hint_zh = near.map(|it| format!(",是否应为 `{}`?", it.name)).unwrap_or_default();
    let hint_en =
        near.map(|it| format!(", did you mean `{}`?", it.name)).unwrap_or_default();
    let all: Vec<&str> = known.iter().map(|it| it.name).collect();
    let all = all.join(", ");
    FileFault::new(
        "I035",
        Message::new(
            format!("`--map` 中的 `{ours}` 不是可用的列{hint_zh} 可用的列:{all}"),
            format!(
                "`{ours}` in `--map` is no column of ours{hint_en} Known columns: {all}"
            ),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Known] = &[
        Known {
            name: "case_id",
            required: true,
            unless: &[],
            aliases: &["贷款编号", "合同号"],
        },
        Known {
            name: "phone",
            required: false,
            unless: &[],
            aliases: &["手机号", "电话"],
        },
        Known {
            name: "principal",
            required: true,
            unless: &[],
            aliases: &["借款本金", "本金"],
        },
    ];

    fn find(headers: &[&str], maps: &[&str]) -> Result<Columns, FileFault> {
        let headers: Vec<String> = headers.iter().map(|it| (*it).to_owned()).collect();
        let maps: Vec<Mapping> = maps.iter().map(|it| it.parse().unwrap()).collect();
        Columns::find(&headers, KNOWN, &maps)
    }

    #[test]
    fn a_column_is_known_by_many_names() {
        let lists: &[&[&str]] = &[
            &["case_id", "phone", "principal"],
            &["Case ID", "Phone", "PRINCIPAL"],
            &["贷款编号", "手机号", "借款本金"],
            &["合同号", "电话", "本金(元)"],
            &[" 贷款编号 ", "*手机号", "借款 本金(元)"],
        ];
        for headers in lists {
            let columns = find(headers, &[]).unwrap();
            assert!(columns.others.is_empty(), "{headers:?}");
            assert_eq!(columns.at.len(), 3, "{headers:?}");
        }
    }

    #[test]
    fn a_list_with_wrong_columns_is_refused() {
        let lists: &[(&[&str], &[&str], &str)] = &[
            (&["case_id", "phone"], &[], "I030"),
            (&["QS001", "13900000000", "5000"], &[], "I030"),
            (&["case_id", "case_id", "principal"], &[], "I032"),
            (&["case_id", "principal", "city", "city"], &[], "I032"),
            (&["case_id", "合同号", "principal"], &[], "I031"),
            (&["case_id", "手机号", "电话", "principal"], &[], "I031"),
            (&["case_id", "本金(万元)"], &[], "I033"),
            (&["case_id", "principal"], &["tel=phone"], "I034"),
            (&["case_id", "principal", "tel"], &["tel=phon"], "I035"),
        ];
        for (headers, maps, code) in lists {
            match find(headers, maps) {
                Ok(_) => panic!("{headers:?} was taken"),
                Err(fault) => assert_eq!(fault.code, *code, "{headers:?}"),
            }
        }
    }

    #[test]
    fn a_list_without_headers_is_refused_without_repeating_its_people() {
        let fault = find(&["QS001", "谢小禾", "13900000000", "谢小禾"], &[]).unwrap_err();
        for private in ["谢小禾", "13900000000"] {
            assert!(!fault.text(super::super::Lang::Zh).contains(private), "{fault}");
        }
    }

    #[test]
    fn a_misspelt_header_is_suggested() {
        let fault = find(&["case_id", "principle"], &[]).unwrap_err();
        assert!(fault.message.en.contains("--map principle=principal"), "{fault}");
        let fault = find(&["case_id", "principal", "tel"], &["tel=phon"]).unwrap_err();
        assert!(fault.message.en.contains("did you mean `phone`"), "{fault}");
    }

    #[test]
    fn what_the_person_maps_beats_what_a_header_looks_like() {
        let columns =
            find(&["case_id", "手机号", "电话", "本金"], &["电话=phone"]).unwrap();
        assert_eq!(columns.header("phone"), "电话");
        assert_eq!(columns.others, [1]);
    }
}
