//! Which column holds what (列名对应): known Chinese and English headers, and
//! those that the person names with `--map`.

mod faults;

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use domain::money::Fen;
use domain::near::{likeness, nearest, perhaps};
use domain::say::Say;
use foldhash::{HashMap, HashSet};
use jiff::civil::Date;
use rustc_hash::FxHashMap;

use self::faults::{named_twice, repeated};
use super::Options;
use super::amounts::{self, Comma};
use super::brackets;
pub(crate) use super::brackets::squeeze;
use super::cells;
use super::days::{self, Epoch};
use super::fault::{FileFault, RowFault};
use super::guarantors;
use super::lost;
use super::table::{Manner, Row, Stored};
use super::units::{self, Unit};
use super::{cases, events, rejects};

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
            "应写成等号两边各一个名称,例如 `{example}` · \
             expected two names with `=` between them, for example `{example}`"
        )),
    }
}

/// The columns that are looked for in a file.
#[derive(Debug)]
pub(crate) struct ColumnsWanted<'a> {
    known: &'static [Known],
    /// What `--map` says, each with our own name for the column.
    maps: Vec<Mapping>,
    /// Columns that a person has answered for on the command line.
    given: &'a [&'static str],
    /// `--unit`: in what the list states its amounts.
    pub unit: Option<Unit>,
    /// In what the name of the file says that amounts are.
    pub named: Option<Unit>,
    /// Our name for every header that is known, without blanks and case.
    names: HashMap<String, &'static str>,
    /// Those of them that give way to a column by a better name.
    weak: HashSet<String>,
}

impl<'a> ColumnsWanted<'a> {
    /// These columns; those that are `given` may be missing.
    pub(crate) fn new(
        known: &'static [Known],
        given: &'a [&'static str],
        options: &'a Options,
    ) -> Self {
        let mut names = HashMap::default();
        for column in known {
            for name in column.aliases.iter().chain([&column.name]) {
                names.entry(squeeze(name)).or_insert(column.name);
            }
        }
        let mut weak = HashSet::default();
        for column in known {
            let also = cases::ALSO.iter().filter(|it| it.0 == column.name);
            for name in also.flat_map(|it| it.1) {
                if let Entry::Vacant(entry) = names.entry(squeeze(name)) {
                    weak.insert(entry.key().clone());
                    entry.insert(column.name);
                }
            }
        }
        // `--map tel=手机号` says the same as `--map tel=phone`.
        let own = |it: &Mapping| names.get(&squeeze(&it.ours)).map(|name| (*name).into());
        let named = |it: &Mapping| own(it).unwrap_or_else(|| it.ours.clone());
        let maps = options.map.iter();
        let maps = maps.map(|it| Mapping { ours: named(it), ..it.clone() }).collect();
        Self { known, maps, given, unit: options.unit, named: None, names, weak }
    }

    /// The same for a file of this name.
    pub(crate) fn in_file(self, name: &str) -> Self {
        Self { named: Unit::of_name(name), ..self }
    }

    fn is_weak(&self, header: &str) -> bool {
        header.len() <= LONGEST_HEADER
            && self.named(header).is_some_and(|it| self.weak.contains(&it))
    }

    /// The known name that a header is: `电话(保证人)` is 保证人电话, and `联系电话(手机)`
    /// names one column twice.
    fn named(&self, header: &str) -> Option<String> {
        let whole = squeeze(header);
        if self.names.contains_key(&whole) {
            return Some(whole);
        }
        let (name, inside) = brackets::parted(header)?;
        let joined = [format!("{inside}{name}"), format!("{name}{inside}")];
        let joined = joined.into_iter().find(|it| self.names.contains_key(it));
        let column = self.names.get(&name).copied();
        let no_more = column.is_some_and(|column| {
            self.names.get(&inside) == Some(&column)
                || brackets::says_no_more(column, &inside)
        });
        joined.or(Some(name).filter(|_| no_more))
    }

    /// Our name for a header.
    pub(crate) fn known_as(&self, header: &str) -> Option<&'static str> {
        if LONGEST_HEADER < header.len() {
            return None;
        }
        let known = |header: &str| self.names.get(&self.named(header)?).copied();
        let numbered = |header: &str| {
            let (number, rest) = guarantors::numbered(header)?;
            guarantors::of_number(known(&rest)?, number)
        };
        numbered(header)
            .or_else(|| numbered(&brackets::turned(header)?))
            .or_else(|| known(header))
    }

    /// How many different columns are known or named by `--map`.
    pub(crate) fn known_among<'h>(
        &self,
        headers: impl Iterator<Item = &'h str>,
    ) -> usize {
        let mut found: BTreeSet<String> = BTreeSet::new();
        let is_short = |it: &&str| !it.is_empty() && it.len() <= LONGEST_HEADER;
        for header in headers.filter(is_short) {
            let mapped =
                self.maps.iter().find(|map| squeeze(&map.theirs) == squeeze(header));
            found.extend(mapped.map(|mapped| mapped.ours.clone()));
            found.extend(self.known_as(header).map(str::to_owned));
        }
        found.len()
    }

    /// Whether these headers name every column that the list has to have.
    pub(crate) fn finds_all(&self, headers: &[String]) -> bool {
        let required = self.known.iter().filter(|it| it.required);
        let found = |it: &&'static str| {
            self.given.contains(it) || self.place_among(headers, it).is_some()
        };
        required.into_iter().all(|it| it.unless.iter().chain([&it.name]).any(found))
    }

    /// Where one of our columns stands among these headers.
    pub(crate) fn place_among(&self, headers: &[String], ours: &str) -> Option<usize> {
        let is_mapped = |header: &String| {
            let mut maps = self.maps.iter();
            maps.any(|it| {
                (squeeze(&it.theirs), squeeze(&it.ours))
                    == (squeeze(header), squeeze(ours))
            })
        };
        headers.iter().position(|it| self.known_as(it) == Some(ours) || is_mapped(it))
    }
}

/// No header is longer than so many bytes.
const LONGEST_HEADER: usize = 200;

/// Where each known column stands in a file, and how the file writes cells.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    headers: Vec<String>,
    /// Asked for every cell, and its keys are this program's own.
    at: FxHashMap<&'static str, usize>,
    /// All other columns, by their header.
    pub others: Vec<usize>,
    comma: Comma,
    epoch: Option<Epoch>,
    /// In what amounts are stated where their header does not say.
    unit: Unit,
    /// What the headers of known columns say.
    units: BTreeMap<&'static str, Unit>,
}

impl Columns {
    /// Of rows that come from no file.
    pub(crate) fn none() -> Self {
        Self {
            headers: Vec::new(),
            at: FxHashMap::default(),
            others: Vec::new(),
            comma: Comma::PartsThousands,
            epoch: None,
            unit: Unit::Yuan,
            units: BTreeMap::new(),
        }
    }

    /// Finds every known column; refuses files that lack one or name one twice.
    /// The header stands on `line`.
    pub(crate) fn find(
        headers: &[String],
        wanted: &ColumnsWanted<'_>,
        line: u64,
    ) -> Result<Self, FileFault> {
        let known = wanted.known;
        let mut names: Vec<Option<&'static str>> =
            headers.iter().map(|header| wanted.known_as(header)).collect();
        let mut mapped = BTreeSet::new();
        for map in &wanted.maps {
            let ours = known
                .iter()
                .find(|it| squeeze(it.name) == squeeze(&map.ours))
                .ok_or_else(|| unknown_target(&map.ours, known))?;
            let index = headers
                .iter()
                .position(|header| squeeze(header) == squeeze(&map.theirs))
                .ok_or_else(|| unknown_header(&map.theirs, "--map"))?;
            // What the person says beats what the header looks like.
            for name in &mut names {
                *name = name.filter(|name| *name != ours.name);
            }
            names[index] = Some(ours.name);
            mapped.insert(index);
        }
        let gives_way = |it: usize| !mapped.contains(&it) && wanted.is_weak(&headers[it]);
        for index in (0..headers.len()).filter(|it| gives_way(*it)) {
            let own = names[index];
            let same = |it: &usize| *it != index && own.is_some() && names[*it] == own;
            let mut others = (0..headers.len()).filter(same);
            if others.any(|it| it < index || !gives_way(it)) {
                names[index] = None;
            }
        }
        let mut at = FxHashMap::default();
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
            if !others.any(|it| at.contains_key(it) || wanted.given.contains(it)) {
                return Err(missing(column, headers, line));
            }
        }
        if let Some((name, first, second)) = twice {
            return Err(named_twice(name, &headers[first], &headers[second]).at(line));
        }
        refuse_equal_headers(headers).map_err(|error| error.at(line))?;
        let units = at
            .iter()
            .filter_map(|(name, index)| Some((*name, Unit::of_header(&headers[*index])?)))
            .collect();
        let others = (0..headers.len()).filter(|it| names[*it].is_none()).collect();
        Ok(Self {
            headers: headers.to_vec(),
            at,
            others,
            comma: Comma::PartsThousands,
            epoch: None,
            unit: Unit::Yuan,
            units,
        })
    }

    /// How the file writes cells.
    pub(crate) fn with_manner(self, manner: Manner) -> Self {
        Self { comma: manner.comma, epoch: manner.epoch, ..self }
    }

    /// In what the list states its amounts. A unit other than the yuan is only
    /// taken if the person has said so too: it moves every amount by digits.
    pub(crate) fn with_unit(
        mut self,
        stated: Option<(Unit, u64)>,
        said: Option<Unit>,
        header_line: u64,
    ) -> Result<Self, FileFault> {
        if let Some((unit, line)) = stated
            && said != Some(unit)
            // The person may know better that it is plain yuan.
            && (unit == Unit::Unread || said != Some(Unit::Yuan))
            && (unit != Unit::Yuan || said.is_some())
        {
            return Err(units::list_in_unit(unit).at(line));
        }
        for (name, unit) in &self.units {
            if *unit == Unit::Unread || *unit != Unit::Yuan && said != Some(*unit) {
                let header = &self.headers[self.at[name]];
                return Err(units::column_in_unit(header, *unit).at(header_line));
            }
        }
        self.unit = said.or(stated.map(|it| it.0)).unwrap_or_default();
        Ok(self)
    }

    /// In what amounts are stated where their header does not say.
    pub(crate) fn unit(&self) -> Unit {
        self.unit
    }

    /// Where the known columns stand.
    pub(crate) fn places(&self) -> Vec<usize> {
        self.at.values().copied().collect()
    }

    /// The headers of columns that are not understood, but for nameless ones, serial
    /// numbers and what the rejects file adds.
    pub(crate) fn unknown(&self) -> Vec<String> {
        let headers = self.others.iter().filter_map(|it| self.headers.get(*it));
        let is_own = |it: &String| rejects::is_own_column(it) || is_serial(it);
        headers.filter(|header| !header.is_empty() && !is_own(header)).cloned().collect()
    }

    /// Where a known column stands.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.at.get(name).copied()
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

    /// The amount in a known column, in yuan whatever the list states it in.
    pub(crate) fn amount(&self, row: &Row, name: &str) -> Result<Fen, RowFault> {
        let unit = self.units.get(name).copied().unwrap_or(self.unit);
        let amount =
            self.read(row, name, |cell| amounts::amount_in(cell, self.comma, unit))?;
        // One sum beside several loans: nobody knows whose it is.
        let mark = |name| self.place(name).map(|at| row.mark(at)).unwrap_or_default();
        let own = mark(name);
        if own.repeats || own.spans_rows && !mark("case_id").spans_rows {
            return Err(amounts::merged().of_column(self.header(name)));
        }
        if own.scaled {
            return Err(amounts::scaled().of_column(self.header(name)));
        }
        Ok(amount)
    }

    /// The amount in any column, where one can be read.
    pub(crate) fn amount_at(&self, row: &Row, at: usize) -> Option<Fen> {
        let unit = Unit::of_header(&self.header_at(at)).unwrap_or(self.unit);
        amounts::amount_in(&row.plain(at), self.comma, unit).ok()
    }

    /// The number of a loan, a person or a payment; `None` when blank.
    pub(crate) fn number(
        &self,
        row: &Row,
        name: &str,
    ) -> Result<Option<String>, RowFault> {
        self.number_by(row, name, cells::number)
    }

    /// The number of a payment as the file writes it, `88001.0`; `None` when blank.
    pub(crate) fn number_as_written(
        &self,
        row: &Row,
        name: &str,
    ) -> Result<Option<String>, RowFault> {
        self.number_by(row, name, cells::number_as_written)
    }

    fn number_by(
        &self,
        row: &Row,
        name: &str,
        reading: impl Fn(&str) -> Result<Option<String>, RowFault>,
    ) -> Result<Option<String>, RowFault> {
        let day = self.place(name).is_some_and(|at| row.mark(at).stored == Stored::Day);
        self.read(
            row,
            name,
            |cell| {
                if day { Err(cells::became_a_day()) } else { reading(cell) }
            },
        )
    }

    /// The text in a known column; `None` when blank.
    pub(crate) fn text(&self, row: &Row, name: &str) -> Result<Option<String>, RowFault> {
        self.read(row, name, cells::text)
    }

    /// The day in a known column, which must not be blank.
    pub(crate) fn date(&self, row: &Row, name: &str) -> Result<Date, RowFault> {
        let stored = self.place(name).map(|at| row.mark(at).stored);
        let number = stored == Some(Stored::Number);
        self.read(row, name, |cell| {
            let serial = self.epoch.filter(|_| number).and_then(|epoch| epoch.day(cell));
            serial.map_or_else(|| cells::date(cell), Ok)
        })
    }

    /// The day in a known column; `None` where nothing stands there, or a filler.
    pub(crate) fn optional_date(
        &self,
        row: &Row,
        name: &str,
    ) -> Result<Option<Date>, RowFault> {
        let cell = self.plain(row, name);
        if cells::says_nothing(&cell) || days::is_filler(&cell) {
            return Ok(None);
        }
        self.date(row, name).map(Some)
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
        read(self.cell(row, name)).map_err(|error| error.of_column(self.header(name)))
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

fn missing(column: &Known, headers: &[String], line: u64) -> FileFault {
    if headers.iter().any(|header| lost::of_header(header)) {
        return lost::of_headers(column.name).at(line);
    }
    let ours = std::iter::once(&column.name).chain(column.aliases);
    let alike = |ours, it: &str| likeness(&brackets::stem(ours), &brackets::stem(it));
    let near = ours
        .flat_map(|ours| headers.iter().map(move |header| (alike(ours, header), header)))
        .max_by_key(|it| it.0)
        .filter(|it| 600 <= it.0);
    let chinese =
        column.aliases.iter().find(|alias| !alias.is_ascii()).unwrap_or(&column.name);
    let name = column.name;
    let (hint_zh, hint_en) = match near {
        Some((_, header)) => (
            format!("是否为 `{header}` 列?可加 `--map {header}={name}`"),
            format!("is it the column `{header}`? Add `--map {header}={name}`"),
        ),
        None => (
            format!("已把第 {line} 行当作列名;其他叫法请用 `--map 列名={name}` 指明"),
            format!(
                "line {line} was taken for the names of the columns; name this one with `--map THEIRS={name}`"
            ),
        ),
    };
    let (also_zh, also_en) = events::without_kinds(name);
    FileFault::new(
        "I030",
        Say::new(
            format!(
                "缺少必需的列 `{name}`(如“{chinese}”),未导入任何内容;{hint_zh}{also_zh}"
            ),
            format!(
                "the required column `{name}` (such as \"{chinese}\") is missing, nothing was imported; {hint_en}{also_en}"
            ),
        ),
    )
    .at(line)
}

fn refuse_equal_headers(headers: &[String]) -> Result<(), FileFault> {
    for (index, header) in headers.iter().enumerate() {
        if !header.is_empty() && headers[..index].contains(header) {
            return Err(repeated(header));
        }
    }
    Ok(())
}

fn unknown_header(header: &str, option: &str) -> FileFault {
    FileFault::new(
        "I034",
        Say::new(
            format!("文件中没有 `{header}` 列,未导入任何内容;请核对 `{option}` 中的列名"),
            format!(
                "the file has no column `{header}`, nothing was imported; check the name after `{option}`"
            ),
        ),
    )
}

fn unknown_target(ours: &str, known: &[Known]) -> FileFault {
    let names = known.iter().flat_map(|it| it.aliases.iter().chain([&it.name]));
    let Say { zh: hint_zh, en: hint_en } = perhaps(nearest(ours, names.copied()));
    let all: Vec<String> = known.iter().map(|it| format!("`{}`", it.name)).collect();
    let in_chinese = |it: &Known| match it.aliases.iter().find(|it| !it.is_ascii()) {
        Some(said) => format!("`{}`({said})", it.name),
        None => format!("`{}`", it.name),
    };
    let all_zh: Vec<String> = known.iter().map(in_chinese).collect();
    let (all_zh, all) = (all_zh.join("、"), all.join(", "));
    FileFault::new(
        "I035",
        Say::new(
            format!("`--map` 中的 `{ours}` 不是可用的列{hint_zh};可用的列:{all_zh}"),
            format!(
                "`{ours}` in `--map` is no column of ours{hint_en}; known columns: {all}"
            ),
        ),
    )
}

/// Whether a column numbers the rows of its list: the number says nothing of the loan,
/// and tomorrow's list gives it another.
pub(crate) fn is_serial(header: &str) -> bool {
    const NAMES: [&str; 7] = ["序号", "顺序号", "行号", "序", "no", "no.", "#"];
    NAMES.contains(&header.trim().to_lowercase().as_str())
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
        let headers: Vec<String> =
            headers.iter().map(|header| (*header).to_owned()).collect();
        let maps: Vec<Mapping> = maps.iter().map(|map| map.parse().unwrap()).collect();
        let options = Options { map: maps, ..Options::default() };
        let wanted = ColumnsWanted::new(KNOWN, &[], &options);
        Columns::find(&headers, &wanted, 1)?.with_unit(None, None, 1)
    }

    #[test]
    fn a_unit_moves_amounts_only_if_the_person_says_so_too() {
        let unit = |header: &str, stated, said| {
            let headers = ["case_id".to_owned(), header.to_owned()];
            let options = Options { unit: said, ..Options::default() };
            let wanted = ColumnsWanted::new(KNOWN, &[], &options);
            let columns = Columns::find(&headers, &wanted, 3)?;
            columns.with_unit(stated, said, 3)
        };
        let row = Row::of(4, csv::StringRecord::from(vec!["A", "5"]));
        let wan = Some(Unit::TenThousand);
        let stated = Some((Unit::TenThousand, 2));
        let taken = [
            ("本金", None, None, 500),
            ("本金(元)", None, None, 500),
            ("本金", Some((Unit::Yuan, 2)), None, 500),
            ("本金", stated, wan, 5_000_000),
            ("本金(万元)", None, wan, 5_000_000),
            ("本金(元)", stated, wan, 500),
            ("本金", stated, Some(Unit::Yuan), 500),
            ("本金", None, wan, 5_000_000),
        ];
        for (header, stated, said, fen) in taken {
            let columns = unit(header, stated, said).unwrap();
            assert_eq!(
                columns.amount(&row, "principal"),
                Ok(Fen(fen)),
                "{header} {said:?}"
            );
        }
        let refused = [
            ("本金", stated, None, 2),
            ("本金(万元)", None, None, 3),
            ("本金 单位:万元", None, None, 3),
            ("本金 万", None, None, 3),
            ("万元本金", None, None, 3),
            ("本金(万元)", None, Some(Unit::Thousand), 3),
            ("本金(万元)", stated, Some(Unit::Yuan), 3),
            ("本金(美元)", None, wan, 3),
            ("本金", Some((Unit::Unread, 2)), wan, 2),
            ("本金", Some((Unit::Yuan, 2)), wan, 2),
        ];
        for (header, stated, said, line) in refused {
            match unit(header, stated, said) {
                Ok(_) => panic!("{header} {said:?} was taken"),
                Err(fault) => {
                    assert_eq!(
                        (fault.code, fault.line),
                        ("I033", Some(line)),
                        "{header}"
                    );
                }
            }
        }
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
    fn a_column_is_named_after_the_equals_sign_by_either_of_its_names() {
        let mapped = |map| format!("{:?}", find(&["case_id", "本金", "tel"], &[map]));
        assert_eq!(mapped("tel=手机号"), mapped("tel=phone"));
        assert!(mapped("tel=phone").starts_with("Ok"), "{}", mapped("tel=phone"));
    }

    #[test]
    fn a_misspelt_header_is_suggested() {
        let fault = find(&["case_id", "principle"], &[]).unwrap_err();
        assert!(fault.message.en.contains("--map principle=principal"), "{fault}");
        let fault = find(&["case_id", "本金(授信)"], &[]).unwrap_err();
        assert!(fault.message.zh.contains("--map 本金(授信)=principal"), "{fault}");
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
