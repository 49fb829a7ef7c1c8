//! A made-up book as files (导出为文件), in the form that the import takes.

use std::io;
use std::path::{Path, PathBuf};

use domain::ledger::EntryKind;
use domain::party::GuaranteeKind;

use super::Book;
use super::loans::Loan;

const CASE_HEADERS: [&str; 17] = [
    "贷款编号",
    "客户编号",
    "客户姓名",
    "手机号",
    "微信",
    "地址",
    "自然村",
    "机构",
    "产品",
    "信贷员",
    "借款本金",
    "放款日期",
    "到期日",
    "币种",
    "保证人",
    "保证人电话",
    "保证方式",
];

const EVENT_HEADERS: [&str; 7] =
    ["流水号", "日期", "贷款编号", "类型", "金额", "经办人", "备注"];

/// Where the two files of a book lie.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BookFiles {
    /// The case list.
    pub cases: PathBuf,
    /// The events file.
    pub events: PathBuf,
}

impl Book {
    /// Writes `cases.csv` and `events.csv` into a folder, which is made.
    ///
    /// # Errors
    ///
    /// Any fault of the file system.
    pub fn write(&self, folder: &Path) -> io::Result<BookFiles> {
        std::fs::create_dir_all(folder)?;
        let files = BookFiles {
            cases: folder.join("cases.csv"),
            events: folder.join("events.csv"),
        };
        std::fs::write(&files.cases, self.cases_csv()?)?;
        std::fs::write(&files.events, self.events_csv()?)?;
        Ok(files)
    }

    fn cases_csv(&self) -> io::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(CASE_HEADERS)?;
        for loan in &self.loans {
            writer.write_record(case(loan))?;
        }
        writer.into_inner().map_err(csv::IntoInnerError::into_error)
    }

    fn events_csv(&self) -> io::Result<Vec<u8>> {
        let mut lines: Vec<_> = self
            .loans
            .iter()
            .flat_map(|loan| loan.ledger.iter().map(move |line| (line, loan)))
            .collect();
        lines.sort_by_key(|line| line.0.on);
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(EVENT_HEADERS)?;
        for (seq, (line, loan)) in (1_u32..).zip(lines) {
            writer.write_record([
                seq.to_string().as_str(),
                line.on.to_string().as_str(),
                &loan.case_no,
                word(line.kind),
                line.amount.to_string().as_str(),
                &loan.collector,
                if line.kind == EntryKind::Fee { "合同利息" } else { "" },
            ])?;
        }
        writer.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

fn case(loan: &Loan) -> [String; 17] {
    let guarantors = |of: fn(&super::FictionalPerson) -> &str| {
        let all: Vec<&str> =
            loan.guarantors.iter().map(|guarantor| of(&guarantor.0)).collect();
        all.join("、")
    };
    let kind = match loan.guarantors.first() {
        Some((_, GuaranteeKind::Joint)) => "连带责任保证",
        Some((_, GuaranteeKind::General)) => "一般保证",
        None => "",
    };
    [
        loan.case_no.clone(),
        loan.debtor.party_no.clone(),
        loan.debtor.name.clone(),
        loan.debtor.phone.clone(),
        loan.debtor.wechat.clone().unwrap_or_default(),
        loan.debtor.address.clone(),
        loan.village.to_owned(),
        loan.org.to_owned(),
        loan.product.to_owned(),
        loan.collector.clone(),
        loan.principal.to_string(),
        loan.opened_on.to_string(),
        loan.due_on.to_string(),
        "CNY".to_owned(),
        guarantors(|it| &it.name),
        guarantors(|it| &it.phone),
        kind.to_owned(),
    ]
}

fn word(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Open => "放款",
        EntryKind::Due => "应还",
        EntryKind::Payment => "还款",
        EntryKind::Fee => "费用",
        EntryKind::Penalty => "罚息",
        EntryKind::Waiver => "减免",
        EntryKind::Reversal => "冲正",
    }
}
