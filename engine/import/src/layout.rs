//! Finds the list within a sheet (版式): titles and units above it, headers of
//! one row or two, totals, page numbers and signatures between and below.

use std::collections::BTreeSet;

use domain::say::Say;

use super::cells;
use super::fault::{FileFault, RowFault};
use super::headers::{Columns, ColumnsWanted};
use super::lost;
use super::pages::{self, Passed, Places};
use super::stated::{self, Days, Stated};
use super::table::{Halt, Manner, Row, Stored, Taker, empty_file};
use super::units::{self, Unit};

/// The header stands among the first so many rows that are not blank.
pub(crate) const PREAMBLE: usize = 60;

/// No list has more columns.
const MOST_COLUMNS: usize = 1_000;

/// So many lines that were passed over are named.
const NAMED: usize = 10;

/// What is known when the header was found.
pub(crate) struct Begin {
    /// The names of the columns as the file writes them.
    pub headers: Vec<String>,
    pub columns: Columns,
    /// The encoding of a text.
    pub encoding: Option<&'static str>,
    /// The sheet of a workbook that holds several.
    pub sheet: Option<String>,
    /// What the lines above the header say of the list's day; those below may say more
    /// of it at the end.
    pub stated: Option<Stated>,
}

/// What is known when the last row was seen.
pub(crate) struct End {
    pub notices: Vec<Say>,
    /// The line of the last row, if it has fewer cells than there are headers.
    pub short_end: Option<u64>,
}

/// Takes the rows of a file one by one and hands on those of the list.
pub(crate) struct Layout<'a> {
    wanted: &'a ColumnsWanted<'a>,
    manner: Manner,
    taker: &'a mut dyn Taker,
    pub encoding: Option<&'static str>,
    pub sheet: Option<String>,
    /// In what the name of the sheet says that amounts are.
    pub named: Option<Unit>,
    /// Rows in which the header is looked for.
    above: Vec<Row>,
    list: Option<List>,
    /// The names in the row before, where that is none of the list: the second half of
    /// a header may follow.
    upper: Option<Vec<String>>,
    /// What the lines beside the list say of its day.
    days: Days,
    passed: Vec<u64>,
    passed_rows: usize,
    short_end: Option<u64>,
}

/// The list below its header.
struct List {
    headers: Vec<String>,
    /// The line of the header.
    line: u64,
    /// Whether a row that reads as data has come.
    has_data: bool,
    places: Places,
    /// Where the columns stand that are understood.
    known_at: Vec<usize>,
    /// Where names and places stand, and whether they are names of people.
    worded_at: Vec<(usize, bool)>,
    /// What stands above the rows, to be known again on the next page, by its
    /// first cell.
    repeated: BTreeSet<(String, String)>,
    /// The first cells alone: nearly every row is told apart by its own.
    firsts: BTreeSet<String>,
    unit: Unit,
}

impl List {
    fn repeats(&self, row: &Row) -> bool {
        let first =
            row.cells.iter().find(|cell| !cell.trim().is_empty()).map(cells::plain);
        first.is_some_and(|it| self.firsts.contains(it.as_ref()))
            && self.repeated.contains(&first_and_all(row))
    }
}

impl<'a> Layout<'a> {
    pub(crate) fn new(
        wanted: &'a ColumnsWanted<'a>,
        manner: Manner,
        taker: &'a mut dyn Taker,
    ) -> Self {
        Self {
            wanted,
            manner,
            taker,
            encoding: None,
            sheet: None,
            named: None,
            above: Vec::new(),
            list: None,
            upper: None,
            days: Days::default(),
            passed: Vec::new(),
            passed_rows: 0,
            short_end: None,
        }
    }

    /// Takes the next row of the file.
    pub(crate) fn row(&mut self, row: Row) -> Result<(), Halt> {
        if row.is_blank() {
            return Ok(());
        }
        if self.list.is_some() {
            return self.below(row);
        }
        let filled = row.cells.iter().filter(|cell| !cell.trim().is_empty()).count();
        if MOST_COLUMNS < filled {
            return Err(too_wide(row.line).into());
        }
        self.above.push(row);
        if PREAMBLE <= self.above.len() {
            self.find_list()?;
        }
        Ok(())
    }

    /// Ends the file.
    pub(crate) fn end(mut self) -> Result<End, Halt> {
        if self.list.is_none() {
            self.find_list()?;
        }
        let notices = self.passed_over().into_iter().collect();
        self.taker.stated(self.days.of_list());
        Ok(End { notices, short_end: self.short_end })
    }

    fn find_list(&mut self) -> Result<(), Halt> {
        let mut rows = std::mem::take(&mut self.above);
        let found = Header::find(&rows, self.wanted).ok_or_else(empty_file)?;
        let below = rows.split_off(found.first + found.rows);
        let line = rows.get(found.first).map_or(1, |it| it.line);
        if let Some(other) = list_above(&rows[..found.first], self.wanted) {
            return Err(two_lists(other, line).into());
        }
        let mut headers = found.names;
        drop_blank_end(&mut headers, &below);
        if MOST_COLUMNS < headers.len() {
            return Err(too_wide(line).into());
        }
        if headers.iter().all(String::is_empty) {
            return Err(empty_file().into());
        }
        let day = stated::day(&rows[..found.first]);
        let stated = stated_unit(&rows[..found.first])?;
        // The lines of the list know better than a name, unless they say nothing.
        if let (None, None, Some(unit)) =
            (stated, self.wanted.unit, self.named.or(self.wanted.named))
        {
            return Err(units::name_in_unit(unit).into());
        }
        let columns = Columns::find(&headers, self.wanted, line)
            .and_then(|it| it.with_unit(stated, self.wanted.unit, line))?;
        let columns = columns.with_manner(self.manner);
        self.list = Some(List {
            places: Places {
                case: columns.place("case_id"),
                name: columns.place("debtor_name"),
            },
            known_at: columns.places(),
            worded_at: lost::places(&columns),
            firsts: rows.iter().map(|row| first_and_all(row).0).collect(),
            repeated: rows.iter().map(first_and_all).collect(),
            unit: columns.unit(),
            headers: headers.clone(),
            line,
            has_data: false,
        });
        let (encoding, sheet) = (self.encoding, self.sheet.clone());
        self.days = Days::above(day);
        self.taker.begin(Begin { headers, columns, encoding, sheet, stated: day })?;
        below.into_iter().try_for_each(|it| self.below(it))
    }

    /// One row below the header.
    fn below(&mut self, mut row: Row) -> Result<(), Halt> {
        let Some(list) = &self.list else { return Ok(()) };
        self.short_end = None;
        if row.fault.is_none() {
            // It says what was said above.
            if list.repeats(&row) {
                self.upper = None;
                return Ok(());
            }
            let places = list.places;
            let passed = pages::passed_over(&row, places, list.headers.len());
            let is_data = self.look_beside(&row, passed)?;
            if passed.is_some() {
                self.pass(row.line);
                return Ok(());
            }
            // Another page with the units of its columns.
            if !is_data && names_units(&row) {
                return Ok(());
            }
            let doubt = pages::doubtful(&row, places);
            row.fault = self.settle(&mut row).or(doubt);
        }
        self.taker.row(row)
    }

    /// Reads what a row says that may be none of the list: the header of another one,
    /// its unit, its day. Gives whether the number of a loan can stand in it.
    fn look_beside(&mut self, row: &Row, passed: Option<Passed>) -> Result<bool, Halt> {
        let Some(list) = &mut self.list else { return Ok(false) };
        let is_data = reads_as_data(row, list.places.case);
        let upper = self.upper.take();
        if !is_data {
            let names: Vec<String> = row.cells.iter().map(name).collect();
            if list.has_data && is_second(upper.as_deref(), &names, self.wanted) {
                return Err(two_lists(list.line, row.line).into());
            }
            self.upper = Some(names);
        }
        let beside = is_beside(row, is_data, list.headers.len());
        if beside || passed.is_some() {
            other_unit(row, list.unit)?;
        }
        let says_a_day = beside && list.has_data && self.days.line(row);
        if is_data && passed.is_none() && !says_a_day {
            list.has_data = true;
            self.days.row();
        }
        Ok(is_data)
    }

    /// Gives the row the width of the list; a fault where it cannot be used.
    fn settle(&mut self, row: &mut Row) -> Option<RowFault> {
        let list = self.list.as_ref()?;
        let width = list.headers.len();
        if !self.manner.fixed_width {
            row.cells.truncate(width);
            while row.cells.len() < width {
                row.cells.push_field("");
            }
        }
        if width < row.cells.len()
            && row.cells.iter().skip(width).all(|cell| cell.trim().is_empty())
        {
            row.cells.truncate(width);
        }
        if row.cells.len() != width {
            if row.cells.len() < width {
                self.short_end = Some(row.line);
            }
            return Some(wrong_width(row.cells.len(), width));
        }
        let filled = row.cells.iter().filter(|cell| !cell.trim().is_empty()).count();
        if filled == 1 && 2 < width {
            return Some(alone());
        }
        let unsaved =
            list.known_at.iter().find(|it| row.mark(**it).stored == Stored::Unsaved);
        if let Some(at) = unsaved {
            return Some(unsaved_formula().of_column(&list.headers[*at]));
        }
        let lost = list.worded_at.iter().find(|(at, is_name)| {
            row.cells.get(*at).is_some_and(|cell| lost::letters(cell, *is_name))
        });
        if let Some((at, _)) = lost {
            return Some(lost::of_cell().of_column(&list.headers[*at]));
        }
        // Nearly every row is sound, and that is seen at one look.
        let doubtful = |it: u8| it < b' ' || matches!(it, 0x7f | 0xc2 | 0xef);
        if !row.cells.as_slice().bytes().any(doubtful) {
            return None;
        }
        let mut cells = row.cells.iter().zip(&list.headers);
        cells.find_map(|(cell, header)| {
            unreadable(cell).map(|unreadable| unreadable.of_column(header))
        })
    }

    fn pass(&mut self, line: u64) {
        self.passed_rows += 1;
        if self.passed.len() < NAMED {
            self.passed.push(line);
        }
    }

    fn passed_over(&self) -> Option<Say> {
        if self.passed_rows == 0 {
            return None;
        }
        let rows = self.passed_rows;
        let lines: Vec<String> = self.passed.iter().map(u64::to_string).collect();
        let more = if NAMED < rows { ("、…", ", …") } else { ("", "") };
        Some(Say::new(
            format!(
                "{rows} 行是合计、页码或签章,不是清单内容,未读取:第 {}{} 行",
                lines.join("、"),
                more.0
            ),
            format!(
                "{rows} rows are totals, page numbers or signatures and no part of the list; they were passed over: lines {}{}",
                lines.join(", "),
                more.1
            ),
        ))
    }
}

/// The line of a header above the one that was found, with rows of its own between
/// them: they would be passed over as titles. What explains the columns there, 必填
/// or 选填, is none of them.
fn list_above(above: &[Row], wanted: &ColumnsWanted<'_>) -> Option<u64> {
    let at = above.iter().position(|it| is_header(it, wanted))?;
    let names: Vec<String> = above[at].cells.iter().map(name).collect();
    let case_at = wanted.place_among(&names, "case_id");
    let mut below = above[at + 1..].iter();
    below.any(|it| reads_as_data(it, case_at)).then_some(above[at].line)
}

/// Whether a row names every column that a list needs.
fn is_header(row: &Row, wanted: &ColumnsWanted<'_>) -> bool {
    let names: Vec<String> = row.cells.iter().map(name).collect();
    wanted.finds_all(&names)
}

/// Whether a row, alone or with the one before it above, is the header of a list.
fn is_second(
    upper: Option<&[String]>,
    names: &[String],
    wanted: &ColumnsWanted<'_>,
) -> bool {
    let both = || upper.map(|upper| in_two_rows(upper, names, wanted));
    wanted.finds_all(names) || both().is_some_and(|it| wanted.finds_all(&it))
}

/// Whether a row below the header may be one of the lines that stand above a list or
/// below it: few of its cells hold anything, or none of them a number.
fn is_beside(row: &Row, is_data: bool, width: usize) -> bool {
    let filled = || {
        let cells = row.cells.iter().enumerate();
        let own = cells.filter(|cell| !row.mark(cell.0).repeats).map(|cell| cell.1);
        own.filter(|it| !it.trim().is_empty())
    };
    if is_data {
        // 截至2026-10-31 reads like the number of a loan.
        return filled().nth(2).is_none() && filled().count() + 1 < width;
    }
    let is_number = |it: &str| {
        let number = cells::plain(it);
        !number.is_empty() && number.chars().all(|c| "0123456789.,-¥".contains(c))
    };
    filled().count() * 2 <= width + 1 || !filled().any(is_number)
}

/// Whether a row holds nothing but the units of columns.
fn names_units(row: &Row) -> bool {
    let filled = || row.cells.iter().filter(|cell| !cell.trim().is_empty());
    filled().all(is_unit) && filled().any(|it| Unit::stated_in(it).is_some())
}

/// Whether the number of a loan can stand in its column, or in the first cell where
/// that is not known: `QS-1`, 借字第1号, and neither 编号 nor `char(32)`.
fn reads_as_data(row: &Row, case_at: Option<usize>) -> bool {
    let cell = match case_at {
        Some(at) => row.cells.get(at),
        None => row.cells.iter().find(|cell| !cell.trim().is_empty()),
    };
    let cell = cell.map(cells::plain).unwrap_or_default();
    cell.contains(|it: char| it.is_ascii_digit())
        && cell.ends_with(|it: char| it.is_ascii_alphanumeric() || it == '号')
}

/// Whether a sheet that begins with these rows has the columns that a list needs.
pub(crate) fn looks_like_list(rows: &[Row], wanted: &ColumnsWanted<'_>) -> bool {
    let header = Header::find(rows, wanted);
    header.is_some_and(|header| wanted.finds_all(&header.names))
}

/// The header of a list.
struct Header {
    names: Vec<String>,
    /// Its place among the rows.
    first: usize,
    /// One row, or two.
    rows: usize,
}

impl Header {
    /// The row, or the two rows, that name most of the columns looked for.
    /// Where none names any, the first with two filled cells.
    fn find(rows: &[Row], wanted: &ColumnsWanted<'_>) -> Option<Self> {
        let names = |it: &Row| it.cells.iter().map(name).collect::<Vec<_>>();
        let score =
            |names: &[String]| wanted.known_among(names.iter().map(String::as_str));
        let mut best: Option<(usize, Self)> = None;
        for (first, row) in rows.iter().enumerate() {
            let alone = names(row);
            let own = score(&alone);
            let mut offers = vec![(own, alone, 1)];
            if let Some(next) = rows.get(first + 1) {
                let (upper, lower) = (names(row), names(next));
                let both = in_two_rows(&upper, &lower, wanted);
                let more = own.max(score(&lower)) < score(&both);
                if more && 0 < score(&lower) {
                    offers.push((score(&both), both, 2));
                }
            }
            if let (Some(next), Some(third)) = (rows.get(first + 1), rows.get(first + 2))
            {
                let lower = in_two_rows(&names(next), &names(third), wanted);
                let all = in_two_rows(&names(row), &lower, wanted);
                let above = in_two_rows(&names(row), &names(next), wanted);
                if own.max(score(&above)).max(score(&lower)) < score(&all) {
                    offers.push((score(&all), all, 3));
                }
            }
            for (score, names, rows) in offers {
                if 0 < score && best.as_ref().is_none_or(|it| it.0 < score) {
                    best = Some((score, Self { names, first, rows }));
                }
            }
        }
        if let Some((_, mut header)) = best {
            header.take_units(rows);
            return Some(header);
        }
        let filled =
            |it: &Row| it.cells.iter().filter(|cell| !cell.trim().is_empty()).count();
        let widest = rows.iter().take(20).map(filled).max()?;
        let first = rows.iter().position(|row| widest.min(2) <= filled(row)).unwrap_or(0);
        Some(Self { names: names(&rows[first]), first, rows: 1 })
    }
}

impl Header {
    /// Takes in a row below the names that holds nothing but their units, `(万元)`.
    fn take_units(&mut self, rows: &[Row]) {
        let Some(row) = rows.get(self.first + self.rows) else { return };
        let filled: Vec<&str> =
            row.cells.iter().filter(|cell| !cell.trim().is_empty()).collect();
        let none_is_data = filled.iter().all(|it| is_unit(it));
        if !none_is_data || !filled.iter().any(|it| Unit::stated_in(it).is_some()) {
            return;
        }
        for (name, cell) in self.names.iter_mut().zip(row.cells.iter()) {
            let unit = cells::plain(cell);
            let unit = unit.trim_matches(|it: char| "()[]【】 ".contains(it));
            // 天 and — say nothing of an amount, and would be a word of another column.
            if !name.is_empty() && Unit::stated_in(unit).is_some() {
                *name = format!("{name}({unit})");
            }
        }
        self.rows += 1;
    }
}

/// Whether a cell names what a column counts in: `万元`, `(元)`, `天`, `%`.
fn is_unit(cell: &str) -> bool {
    let plain = cells::plain(cell);
    let bare = plain.trim_matches(|it: char| "()[]【】 ".contains(it));
    let others =
        ["户", "笔", "天", "日", "月", "年", "个月", "期", "人", "%", "‰", "-", "—"];
    others.contains(&bare) || Unit::stated_in(&plain).is_some()
}

/// A header as it is compared and shown: `借款\n本金` is `借款本金`.
fn name(cell: &str) -> String {
    let cell = cell.trim_matches(|it: char| it.is_whitespace() || it == '\u{feff}');
    // As a rejects file keeps `1-30` from becoming a day.
    let cell = cell.strip_prefix('\'').unwrap_or(cell);
    let lines = cell.split(['\n', '\r']).map(str::trim).filter(|it| !it.is_empty());
    let ascii = cell.is_ascii();
    lines.collect::<Vec<_>>().join(if ascii { " " } else { "" })
}

/// Groups above and columns below: `保证人 | 姓名, 电话` is 保证人姓名, 保证人电话.
/// A group reaches to the next one.
fn in_two_rows(
    upper: &[String],
    lower: &[String],
    wanted: &ColumnsWanted<'_>,
) -> Vec<String> {
    let width = upper.len().max(lower.len());
    let mut group = "";
    let mut names: Vec<String> = Vec::with_capacity(width);
    for at in 0..width {
        let above = upper.get(at).map_or("", String::as_str);
        let below = lower.get(at).map_or("", String::as_str);
        if !above.is_empty() {
            group = above;
        }
        names.push(match (above, below) {
            (_, "") => above.to_owned(),
            (above, below) if above == below => below.to_owned(),
            _ => {
                let both = format!("{group}{below}");
                // The telephone of a guarantor is not the debtor's.
                let others = OTHERS.iter().any(|it| group.contains(it));
                if group.is_empty() || !others && wanted.known_as(&both).is_none() {
                    below.to_owned()
                } else {
                    both
                }
            }
        });
    }
    names
}

/// Groups of columns that are not about the loan and its debtor.
const OTHERS: &[&str] =
    &["保证", "担保", "配偶", "联系人", "共同", "抵押", "质押", "亲属", "单位"];

/// Spreadsheets export columns that are empty from top to bottom.
fn drop_blank_end(headers: &mut Vec<String>, below: &[Row]) {
    while let Some(last) = headers.len().checked_sub(1) {
        let used =
            |it: &Row| it.cells.get(last).is_some_and(|cell| !cell.trim().is_empty());
        if !headers[last].is_empty() || below.iter().any(used) {
            break;
        }
        headers.pop();
    }
}

fn first_and_all(row: &Row) -> (String, String) {
    let filled = row.cells.iter().map(cells::plain).filter(|it| !it.is_empty());
    let filled: Vec<_> = filled.collect();
    let first = filled.first().map(ToString::to_string).unwrap_or_default();
    (first, filled.join("\u{1f}"))
}

/// The unit that the lines above a list state, with the line that does.
fn stated_unit(above: &[Row]) -> Result<Option<(Unit, u64)>, FileFault> {
    let mut stated: Option<(Unit, u64)> = None;
    for row in above {
        let Some(unit) = unit_of(row) else { continue };
        match stated {
            Some((before, _)) if before != unit => return Err(two_units(row.line)),
            _ => stated = stated.or(Some((unit, row.line))),
        }
    }
    Ok(stated)
}

/// A unit may stand in one cell, or its word in the cell beside.
fn unit_of(row: &Row) -> Option<Unit> {
    let cells = row.cells.iter().filter(|cell| !cell.trim().is_empty());
    cells.clone().find_map(Unit::stated_in).or_else(|| {
        let all = cells.collect::<Vec<_>>().join(" ");
        Unit::stated_in(&all)
    })
}

/// A note between or below the rows may state their unit too late, or that of another
/// list.
fn other_unit(row: &Row, unit: Unit) -> Result<(), FileFault> {
    match unit_of(row) {
        Some(stated) if stated != unit => Err(two_units(row.line)),
        _ => Ok(()),
    }
}

fn two_units(line: u64) -> FileFault {
    FileFault::new(
        "I033",
        Say::new(
            "这一行写明的金额单位与清单其他部分不同,未导入任何内容;请核对单位,统一换算成元,或用 `--unit` 指明",
            "the unit of amounts on this line is not that of the rest of the list, nothing was imported; check it and write yuan, or say the unit with `--unit`",
        ),
    )
    .at(line)
}

fn too_wide(line: u64) -> FileFault {
    FileFault::new(
        "I007",
        Say::new(
            format!("列名超过 {MOST_COLUMNS} 列,不像清单,未导入任何内容;请删去多余的列后再导入"),
            format!("there are more than {MOST_COLUMNS} columns, which no list has, nothing was imported; remove those that are too many"),
        ),
    )
    .at(line)
}

fn two_lists(first: u64, second: u64) -> FileFault {
    FileFault::new(
        "I036",
        Say::new(
            format!(
                "文件里有两张清单,列名在第 {first} 行和第 {second} 行,未导入任何内容;请拆成两个文件分别导入"
            ),
            format!(
                "the file holds two lists, with their names of columns in lines {first} and {second}, nothing was imported; split it and import each by itself"
            ),
        ),
    )
    .at(second)
}

fn wrong_width(found: usize, wanted: usize) -> RowFault {
    RowFault::new(
        "R001",
        Say::new(
            format!("有 {found} 列,表头有 {wanted} 列;请检查多出或缺少的分隔符、引号"),
            format!(
                "the row has {found} columns and the header {wanted}; look for a missing or extra separator or quotation mark"
            ),
        ),
    )
}

/// A sentence below a list stands in the first cell, where the number of a loan
/// would.
fn alone() -> RowFault {
    RowFault::new(
        "R004",
        Say::new(
            "整行只有一格有内容,不像一笔贷款或流水;是表尾说明就不必理会,否则请补全",
            "only one cell of the row holds anything, so it is hardly a loan or an event; leave a remark below the list as it is, or fill in the rest",
        ),
    )
}

/// A program wrote the formula and nobody has opened the file since: a person sees
/// the value that their spreadsheet works out, and the file does not hold it.
fn unsaved_formula() -> RowFault {
    RowFault::new(
        "R039",
        Say::new(
            "这一格是公式,文件里没有存它的结果;请用 Excel 或 WPS 打开该文件,保存一次再导入,或改为数值",
            "the cell is a formula and the file does not hold its value; open the file in a spreadsheet, save it and import it again, or write the value",
        ),
    )
}

/// What a cell holds that cannot be stored as a name or a number.
fn unreadable(cell: &str) -> Option<RowFault> {
    if cell.contains('\u{fffd}') {
        return Some(RowFault::new(
            "R032",
            Say::new(
                "有无法识别的文字(乱码,或名字在导出时被截断);请从系统重新导出这一行,或手工改正",
                "some of the text cannot be read (damaged, or a name cut short when it was exported); export this row again or write it by hand",
            ),
        ));
    }
    let control = |it: char| it.is_control() && !matches!(it, '\t' | '\r' | '\n');
    cell.contains(control).then(|| {
        RowFault::new(
            "R035",
            Say::new(
                "含有不可见的控制字符;请删去后重新填写这一格",
                "the cell holds a control character that nobody sees; clear the cell and write it anew",
            ),
        )
    })
}
