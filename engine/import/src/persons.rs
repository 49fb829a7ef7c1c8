//! A list of people (当事人清单): a line for each person of a case, with what is known of
//! numbers and addresses. It is read here and entered line by line, as if by hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::fault::{FileFault, RowFault};
use super::headers::{Columns, ColumnsWanted, Known};
use super::layout::Begin;
use super::rejects::{Pending, Rejects};
use super::source::{self, Source};
use super::stated::Stated;
use super::table::{self, Halt, Row, Taker};
use super::{Options, cells};

/// So many lines are entered by one command; a longer list is parted.
pub const MOST_LINES: usize = 5_000;

const fn column(name: &'static str, aliases: &'static [&'static str]) -> Known {
    Known { name, required: false, unless: &[], aliases }
}

const fn required(name: &'static str, aliases: &'static [&'static str]) -> Known {
    Known { name, required: true, unless: &[], aliases }
}

const COLUMNS: &[Known] = &[
    required("case_id", &["贷款编号", "借据号", "借据编号", "合同编号", "合同号"]),
    required("role", &["身份", "关系", "当事人身份"]),
    required("name", &["姓名", "名称", "当事人姓名"]),
    column("number", &["客户号", "客户编号"]),
    column("id_number", &["证件号码", "证件号", "身份证号", "身份证号码"]),
    column("phone", &["电话", "手机", "手机号", "电话号码", "联系电话"]),
    column("phone_state", &["号码状态", "电话状态"]),
    column("given_by", &["提供人", "号码来源"]),
    column("best_hours", &["适宜时段", "方便时段"]),
    column("address", &["住址", "地址", "通讯地址"]),
    column("address_state", &["住址状态", "地址状态"]),
    column("village", &["自然村", "村"]),
    column("wechat", &["微信", "微信账号"]),
    column("wechat_on", &["微信同意日", "微信同意日期"]),
    column("guarantee", &["保证方式", "担保方式"]),
    column("months", &["保证期间", "保证期间(月)"]),
    column("documents", &["材料", "证明材料"]),
];

/// One line of the list, as it stands there. Its `Debug` form shows the line alone.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct PersonLine {
    /// The line of the file, or the row of the sheet.
    pub line: u64,
    /// Loan number.
    pub case: String,
    /// What they are to the debt.
    pub role: String,
    /// Name.
    pub name: String,
    /// The institution's own number of them.
    pub number: Option<String>,
    /// Number of the identity card.
    pub id_number: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// How it stands.
    pub phone_state: Option<String>,
    /// Who gave it.
    pub given_by: Option<String>,
    /// When they are called best.
    pub best_hours: Option<String>,
    /// Postal address.
    pub address: Option<String>,
    /// How it stands.
    pub address_state: Option<String>,
    /// Village.
    pub village: Option<String>,
    /// The account of the official WeChat channel.
    pub wechat: Option<String>,
    /// Since when they consent to messages there.
    pub wechat_on: Option<String>,
    /// General or joint, of a guarantor.
    pub guarantee: Option<String>,
    /// The agreed length in months, of a guarantor.
    pub months: Option<u32>,
    /// Documents on record.
    pub documents: Vec<String>,
}

impl std::fmt::Debug for PersonLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PersonLine({})", self.line)
    }
}

/// A list of people as it was read.
#[derive(Default)]
pub struct PeopleRead {
    /// Its lines.
    pub lines: Vec<PersonLine>,
    /// Of each line that cannot be read why.
    pub faults: Vec<(u64, RowFault)>,
    headers: Vec<String>,
    rows: Vec<Row>,
}

impl PeopleRead {
    /// Writes the rows aside that were left out, for the reasons given by line, so that
    /// they can be mended and imported again; `None` where all were entered.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn set_aside(
        &self,
        list: &Path,
        options: &Options,
        why: &BTreeMap<u64, String>,
    ) -> Result<Option<PathBuf>, FileFault> {
        let mut rejects = Rejects::of(&source::name_of(list), &self.headers, options);
        for row in &self.rows {
            if let Some(why) = why.get(&row.line) {
                rejects.push_for(row, why)?;
            }
        }
        rejects.finish()?.map(Pending::keep).transpose()
    }
}

/// Reads a list of people with the rights of this process.
///
/// # Errors
///
/// The file cannot be used as a whole.
pub fn people_list(path: &Path, options: &Options) -> Result<PeopleRead, FileFault> {
    let named = |fault: FileFault| fault.of(&source::name_of(path));
    let source = Source::open(path).map_err(named)?;
    let wanted = ColumnsWanted::new(COLUMNS, &[], options);
    let mut lines = Lines { columns: Columns::none(), read: PeopleRead::default() };
    match table::read(&source, &wanted, options, &mut lines) {
        Ok(_) | Err(Halt::Enough) => Ok(lines.read),
        Err(Halt::Fault(fault)) => Err(named(fault)),
    }
}

struct Lines {
    columns: Columns,
    read: PeopleRead,
}

impl Taker for Lines {
    fn begin(&mut self, begin: Begin) -> Result<(), Halt> {
        self.read.headers = begin.headers;
        self.columns = begin.columns;
        Ok(())
    }

    fn row(&mut self, row: Row) -> Result<(), Halt> {
        let line = row.line;
        let read = match row.fault.clone() {
            Some(fault) => Err(fault),
            None => self.line(&row),
        };
        match read {
            Ok(read) => self.read.lines.push(read),
            Err(fault) => self.read.faults.push((line, fault)),
        }
        self.read.rows.push(row);
        if MOST_LINES < self.read.lines.len() { Err(Halt::Enough) } else { Ok(()) }
    }

    fn stated(&mut self, _: Option<Stated>) {}
}

impl Lines {
    fn line(&self, row: &Row) -> Result<PersonLine, RowFault> {
        let text = |name: &str| self.columns.text(row, name);
        let documents = text("documents")?.unwrap_or_default();
        let documents = documents
            .split(['、', ',', ';', '\u{ff0c}', '\u{ff1b}'])
            .map(|part| cells::plain(part).into_owned())
            .filter(|it| !it.is_empty());
        let months = self.columns.plain(row, "months").replace("个月", "");
        Ok(PersonLine {
            line: row.line,
            case: text("case_id")?.unwrap_or_default(),
            role: text("role")?.unwrap_or_default(),
            name: text("name")?.unwrap_or_default(),
            number: text("number")?,
            id_number: text("id_number")?,
            phone: text("phone")?,
            phone_state: text("phone_state")?,
            given_by: text("given_by")?,
            best_hours: text("best_hours")?,
            address: text("address")?,
            address_state: text("address_state")?,
            village: text("village")?,
            wechat: text("wechat")?,
            wechat_on: text("wechat_on")?,
            guarantee: text("guarantee")?,
            months: months.trim().parse().ok(),
            documents: documents.collect(),
        })
    }
}
