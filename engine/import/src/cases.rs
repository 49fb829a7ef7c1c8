//! Rows of a case list (案件清单) as cases: the loan, its debtor, its guarantors, and
//! what the list says of its balance.

use std::collections::BTreeMap;

use domain::money::Fen;
use domain::party::GuaranteeKind;
use domain::say::Say;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::Options;
use super::cells;
use super::currencies;
use super::deaths::{self, Remarks};
use super::fault::{FileFault, RowFault};
use super::feed::{Portion, Understand};
use super::guarantors::guarantors;
use super::headers::{self, Columns, Known};
use super::intake::OfLoan;
use super::listed::{self, Balances};
use super::table::Row;
use super::unusable::Unusable;

/// The columns that a case list can have.
pub(crate) const COLUMNS: &[Known] = &[
    column(
        "case_id",
        &[
            "case_no",
            "loan_id",
            "loan_no",
            "贷款编号",
            "借据号",
            "借据编号",
            "贷款账号",
            "案件编号",
        ],
    )
    .required(),
    column(
        "debtor_id",
        &["customer_id", "client_id", "borrower_id", "客户编号", "客户号", "借款人编号"],
    ),
    column(
        "debtor_name",
        &[
            "name",
            "borrower_name",
            "客户姓名",
            "借款人",
            "借款人姓名",
            "姓名",
            "客户名称",
        ],
    ),
    column(
        "phone",
        &[
            "mobile",
            "tel",
            "telephone",
            "手机号",
            "手机号码",
            "手机",
            "电话",
            "电话号码",
            "联系电话",
            "联系方式",
            "移动电话",
            "客户电话",
            "客户手机",
            "客户手机号",
            "客户手机号码",
            "客户联系电话",
            "借款人电话",
            "借款人手机",
            "借款人手机号",
            "借款人手机号码",
            "借款人联系电话",
        ],
    ),
    column("wechat", &["微信", "微信号"]),
    column(
        "id_number",
        &["id_card", "身份证号", "身份证号码", "身份证", "证件号码", "证件号"],
    ),
    column("address", &["地址", "住址", "联系地址", "家庭住址"]),
    column("village", &["自然村", "村", "村组", "村庄", "行政村", "所在村"]),
    column("org", &["机构", "机构名称", "信用社", "联社"]),
    column("branch", &["网点", "支行", "分社", "所属网点"]),
    column("product", &["产品", "产品名称", "贷款品种", "业务品种"]),
    column(
        "collector",
        &["信贷员", "客户经理", "管户经理", "管户信贷员", "催收员", "责任人"],
    ),
    column(
        "principal",
        &["借款本金", "本金", "贷款本金", "贷款金额", "借款金额", "放款金额"],
    )
    .required_unless(listed::AMOUNTS),
    column(
        "opened",
        &["opened_on", "放款日期", "借款日期", "贷款日期", "发放日期", "放款日"],
    ),
    column("due_date", &["due_on", "到期日", "到期日期", "贷款到期日"]),
    column("currency", &["币种"]),
    column(
        "balance",
        &[
            "余额",
            "贷款余额",
            "借款余额",
            "本金余额",
            "当前余额",
            "剩余本金",
            "结欠本金",
            "未还本金",
        ],
    ),
    column("owed", &["欠款总额", "欠款余额", "结欠总额", "本息合计", "欠款合计"]),
    column(
        "overdue_principal",
        &["逾期本金", "逾期本金余额", "逾期贷款本金", "拖欠本金", "欠本"],
    ),
    column(
        "overdue_interest",
        &["逾期利息", "逾期欠息", "拖欠利息", "欠息", "欠息余额", "欠息金额"],
    ),
    column("overdue_penalty", &["罚息", "逾期罚息", "欠罚息", "罚息余额"]),
    column(
        "overdue",
        &["逾期金额", "逾期总额", "逾期欠款", "逾期本息", "逾期合计", "逾期余额"],
    ),
    column("days_past_due", &["dpd", "逾期天数", "逾期日数", "拖欠天数"]),
    column(
        "overdue_since",
        &[
            "逾期日",
            "逾期日期",
            "逾期起始日",
            "逾期起始日期",
            "逾期开始日",
            "逾期开始日期",
            "首次逾期日",
            "首次逾期日期",
            "最早逾期日",
        ],
    ),
    column("as_of", &["数据日期", "统计日期", "报表日期", "数据日"]),
    column(
        "guarantor",
        &[
            "guarantor_name",
            "保证人",
            "保证人姓名",
            "保证人名称",
            "担保人",
            "担保人姓名",
            "担保人名称",
        ],
    ),
    column("guarantor_id", &["保证人编号", "保证人客户号", "担保人编号", "担保人客户号"]),
    column(
        "guarantor_id_number",
        &[
            "保证人身份证",
            "保证人身份证号",
            "保证人身份证号码",
            "保证人证件号",
            "保证人证件号码",
            "担保人身份证",
            "担保人身份证号",
            "担保人身份证号码",
            "担保人证件号",
            "担保人证件号码",
        ],
    ),
    column(
        "guarantor_phone",
        &[
            "保证人电话",
            "保证人电话号码",
            "保证人联系电话",
            "保证人联系方式",
            "保证人手机",
            "保证人手机号",
            "保证人手机号码",
            "担保人电话",
            "担保人电话号码",
            "担保人联系电话",
            "担保人联系方式",
            "担保人手机",
            "担保人手机号",
            "担保人手机号码",
        ],
    ),
    column(
        "guarantor_address",
        &["保证人地址", "保证人住址", "担保人地址", "担保人住址"],
    ),
    // How one of several answers, where the list says it of each: 保证人1保证方式, 保证方式2.
    column("guarantor_kind", &["保证人保证方式", "保证人方式", "担保人保证方式"]),
    column("guarantor_months", &["保证人保证期间", "保证人期间", "担保人保证期间"]),
    // 保证人2, 保证人2电话: the number is read by `guarantors::numbered`.
    column("guarantor2", &[]),
    column("guarantor2_id", &[]),
    column("guarantor2_id_number", &[]),
    column("guarantor2_phone", &[]),
    column("guarantor2_address", &[]),
    column("guarantor2_kind", &[]),
    column("guarantor2_months", &[]),
    column("guarantor3", &[]),
    column("guarantor3_id", &[]),
    column("guarantor3_id_number", &[]),
    column("guarantor3_phone", &[]),
    column("guarantor3_address", &[]),
    column("guarantor3_kind", &[]),
    column("guarantor3_months", &[]),
    column("guarantor4", &[]),
    column("guarantor4_id", &[]),
    column("guarantor4_id_number", &[]),
    column("guarantor4_phone", &[]),
    column("guarantor4_address", &[]),
    column("guarantor4_kind", &[]),
    column("guarantor4_months", &[]),
    column("guarantor5", &[]),
    column("guarantor5_id", &[]),
    column("guarantor5_id_number", &[]),
    column("guarantor5_phone", &[]),
    column("guarantor5_address", &[]),
    column("guarantor5_kind", &[]),
    column("guarantor5_months", &[]),
    column("guarantor6", &[]),
    column("guarantor6_id", &[]),
    column("guarantor6_id_number", &[]),
    column("guarantor6_phone", &[]),
    column("guarantor6_address", &[]),
    column("guarantor6_kind", &[]),
    column("guarantor6_months", &[]),
    column("guarantee_kind", &["保证方式"]),
    column("guarantee_months", &["保证期间", "保证期间月数"]),
];

/// Names by which a column goes in some lists, and which say something else beside a
/// column by a better name: 户名 is the borrower where there is no 姓名. Of two such
/// names the first counts, and the report tells of the other.
pub(crate) const ALSO: &[(&str, &[&str])] = &[
    // One contract may have several loans; beside a loan's own number it is what
    // letters call the contract (`store::letter_facts`).
    ("case_id", &["合同号", "合同编号"]),
    (
        "debtor_name",
        &[
            "户名",
            "客户名",
            "客户户名",
            "贷款户名",
            "借款户名",
            "账户名称",
            "账户名",
            "贷款人",
            "贷款人姓名",
            "贷户姓名",
            "债务人",
            "债务人姓名",
        ],
    ),
    (
        "balance",
        &[
            "结余金额",
            "结余",
            "贷款结余",
            "贷款结余金额",
            "借款结余",
            "本金结余",
            "余额合计",
            "账面余额",
            "现有余额",
            "期末余额",
            "尚欠本金",
            "剩余本金余额",
            "未还本金余额",
            "贷款本金余额",
            "借款本金余额",
            "结欠本金余额",
            "贷款余额合计",
        ],
    ),
    ("owed", &["欠款总金额", "结欠本息", "欠款本息合计", "贷款本息合计", "欠本息合计"]),
    (
        "overdue_principal",
        &["欠本金额", "欠本金", "拖欠本金额", "逾期本金金额", "当前逾期本金", "欠本余额"],
    ),
    (
        "overdue_interest",
        &[
            "表内欠息",
            "表内欠息余额",
            "欠利息",
            "欠利息额",
            "欠息额",
            "结欠利息",
            "逾期利息余额",
            "逾期利息金额",
            "当前逾期利息",
        ],
    ),
    ("overdue_penalty", &["罚息金额", "欠罚息金额", "结欠罚息", "罚息欠款"]),
    (
        "overdue",
        &["当前逾期金额", "逾期总金额", "逾期欠款金额", "逾期本息合计", "逾期应还金额"],
    ),
    (
        "days_past_due",
        &["当前逾期天数", "逾期天数(天)", "欠款天数", "连续逾期天数", "已逾期天数"],
    ),
    ("overdue_since", &["逾期开始时间", "逾期起始时间", "起逾日期", "首逾日期"]),
    (
        "as_of",
        &[
            "数据时间",
            "统计日",
            "报表日",
            "数据截至日期",
            "数据截止日期",
            "账务日期",
            "会计日期",
        ],
    ),
    ("principal", &["贷款发放金额", "发放金额", "借据金额", "借款合同金额", "合同金额"]),
    // Of payments.
    (
        "date",
        &[
            "还款日期",
            "还款日",
            "还款时间",
            "实还日期",
            "实际还款日期",
            "回款日期",
            "收款日期",
            "交易时间",
        ],
    ),
    (
        "amount",
        &[
            "还款金额",
            "还款额",
            "还款总额",
            "还款总金额",
            "本次还款金额",
            "实还金额",
            "实还总额",
            "实际还款金额",
            "实收金额",
            "回款金额",
            "回收金额",
            "收款金额",
        ],
    ),
];

const fn column(name: &'static str, aliases: &'static [&'static str]) -> Known {
    Known { name, required: false, unless: &[], aliases }
}

impl Known {
    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn required_unless(mut self, others: &'static [&'static str]) -> Self {
        self.unless = others;
        self.required()
    }
}

/// One row as it tells of a case. It has no `Debug`: it holds people.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct CaseRecord {
    pub case_no: SmolStr,
    pub debtor: PersonRecord,
    pub org: Option<SmolStr>,
    pub village: Option<SmolStr>,
    pub product: Option<SmolStr>,
    pub collector: Option<SmolStr>,
    pub currency: Option<SmolStr>,
    pub principal: Option<Fen>,
    pub opened_on: Option<Date>,
    /// The last day of the loan (到期日).
    pub due_on: Option<Date>,
    pub guarantors: Vec<GuarantorRecord>,
    /// What is owed by the list, where it says so.
    pub balances: Balances,
    /// All other filled columns by their header.
    pub extra: BTreeMap<String, String>,
}

impl OfLoan for CaseRecord {
    fn case_no(&self) -> &str {
        &self.case_no
    }
}

/// A person as the list tells of them.
#[derive(Clone, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct PersonRecord {
    /// The institution's number of the person.
    pub number: Option<SmolStr>,
    pub name: Option<SmolStr>,
    pub phone: Option<SmolStr>,
    pub wechat: Option<SmolStr>,
    pub id_number: Option<SmolStr>,
    pub address: Option<SmolStr>,
    pub village: Option<SmolStr>,
    /// Made up from the case number, for a book that lacks people.
    pub fictional: bool,
}

/// A guarantor and how far they answer.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct GuarantorRecord {
    pub person: PersonRecord,
    pub kind: GuaranteeKind,
    pub period_months: Option<u32>,
}

/// Makes a record of every row and sets aside those that cannot be used.
pub(crate) struct CaseList {
    columns: Columns,
    unusable: Unusable,
    remarks: Remarks,
}

impl Understand for CaseList {
    type Record = CaseRecord;

    const COLUMNS: &'static [Known] = COLUMNS;

    fn begin(columns: Columns, _options: &Options) -> Result<Self, FileFault> {
        Ok(Self { columns, unusable: Unusable::default(), remarks: Remarks::default() })
    }

    fn row(
        &mut self,
        row: Row,
        portion: &mut Portion<CaseRecord>,
    ) -> Result<(), FileFault> {
        match case(&self.columns, &row, &mut self.unusable) {
            Ok(record) => {
                self.remarks.look(&record.extra, &row);
                portion.good.push((row, record));
            }
            Err(fault) => portion.reject(row, fault),
        }
        Ok(())
    }

    fn end(&mut self, portion: &mut Portion<CaseRecord>) {
        portion.notices.extend(self.unusable.notices());
        portion.notices.extend(self.remarks.notices());
    }
}

fn case(
    columns: &Columns,
    row: &Row,
    unusable: &mut Unusable,
) -> Result<CaseRecord, RowFault> {
    let short = |it: Option<String>| it.map(SmolStr::from);
    let text = |name: &str| columns.text(row, name).map(short);
    let number = |name: &str| columns.number(row, name).map(short);
    let day = |name: &str| columns.optional_date(row, name);
    let case_no =
        number("case_id")?.ok_or_else(|| no_case_no(columns.header("case_id")))?;
    if !cells::names_a_loan(&case_no) {
        return Err(no_number(columns.header("case_id")));
    }
    let name = text("debtor_name")?;
    if name.as_deref().is_some_and(deaths::says_dead) {
        return Err(deaths::beside_name(columns.header("debtor_name")));
    }
    let village = text("village")?;
    let branch = text("branch")?;
    let org = text("org")?;
    let mut extra = extra(columns, row)?;
    if let (Some(branch), true) = (&branch, org.is_some()) {
        extra.insert(columns.header("branch").to_owned(), branch.to_string());
    }
    let phone = unusable.phone(columns.cell(row, "phone"), columns, row, "phone");
    let card = number("id_number")?;
    let card = card.and_then(|card| unusable.card(&card, columns, row, "id_number"));
    Ok(CaseRecord {
        debtor: PersonRecord {
            number: number("debtor_id")?,
            name,
            phone: short(phone),
            wechat: text("wechat")?,
            id_number: short(card),
            address: text("address")?,
            village: village.clone(),
            fictional: false,
        },
        org: org.or(branch),
        village,
        product: text("product")?,
        collector: text("collector")?,
        currency: currencies::of_row(columns, row).map(short)?,
        principal: optional_amount(columns, row, "principal")?,
        opened_on: day("opened")?,
        due_on: day("due_date")?,
        guarantors: guarantors(columns, row, day("opened")?, unusable)?,
        balances: listed::balances(columns, row)?,
        extra,
        case_no,
    })
}

/// An amount; `None` where the cell is blank.
pub(crate) fn optional_amount(
    columns: &Columns,
    row: &Row,
    name: &str,
) -> Result<Option<Fen>, RowFault> {
    if columns.plain(row, name).is_empty() {
        return Ok(None);
    }
    if is_nil(columns.cell(row, name), name) {
        return Ok(Some(Fen(0)));
    }
    columns.amount(row, name).map(Some)
}

/// Whether a dash stands for nothing owed: ` - ` is how the accounting format
/// (会计专用) shows a zero, and a dash in a column of arrears says that there are
/// none. A bare dash for a balance may as well mean that nobody knows it.
fn is_nil(cell: &str, name: &str) -> bool {
    let sign = |it: char| it.is_whitespace() || matches!(it, '¥' | '￥' | '"' | '\'');
    let bare = cell.trim_matches(sign);
    let dash = ["-", "--", "—", "——", "–", "－"].contains(&bare);
    let shown = bare.len() < cell.trim_matches(['\r', '\n', '\t']).len();
    dash && name != "principal" && (shown || name.starts_with("overdue"))
}

fn extra(columns: &Columns, row: &Row) -> Result<BTreeMap<String, String>, RowFault> {
    let mut extra = BTreeMap::new();
    for index in &columns.others {
        let header = columns.header_at(*index);
        // What the rejects file adds is not part of the list, and neither is the
        // number of a row.
        if super::rejects::is_own_column(&header) || headers::is_serial(&header) {
            continue;
        }
        let cell = row.cells.get(*index).unwrap_or_default();
        if let Some(text) = cells::text(cell).map_err(|error| error.of_column(&header))? {
            if tells_of_another(&header, &text) {
                return Err(another(&header));
            }
            extra.insert(header, text);
        }
    }
    Ok(extra)
}

/// Whether a cell says that its row is that of a guarantor or the like: a list
/// with a row for each person, and none of them the borrower but one.
fn tells_of_another(header: &str, cell: &str) -> bool {
    const OTHERS: &[&str] = &[
        "保证人",
        "担保人",
        "连带保证人",
        "连带责任保证人",
        "一般保证人",
        "反担保人",
        "抵押人",
        "出质人",
        "质押人",
        "共同借款人",
        "共同还款人",
        "共同债务人",
        "guarantor",
        "co-borrower",
    ];
    // 担保方式: how, not who.
    !header.contains("方式") && OTHERS.contains(&cell.trim().to_lowercase().as_str())
}

fn another(column: &str) -> RowFault {
    RowFault::new(
        "R056",
        Say::new(
            "这一行写的是保证人一类的人,不是借款人,不能当作借款人催收;请把保证人写进借款人那一行的 `保证人`、`保证人电话` 列,再导入",
            "this row tells of a guarantor or the like, who is not dunned as the borrower; write guarantors into the columns `guarantor` and `guarantor_phone` of the borrower's row and import again",
        ),
    )
    .of_column(column)
}

fn no_number(column: &str) -> RowFault {
    RowFault::new(
        "R005",
        Say::new(
            "贷款编号只有文字,没有字母和数字,不像一笔贷款;是表尾说明就不必理会,否则请填写编号",
            "the loan number has neither letters nor digits, so it is hardly a loan; leave a remark in the list as it is, or write the number",
        ),
    )
    .of_column(column)
}

fn no_case_no(column: &str) -> RowFault {
    RowFault::new(
        "R002",
        Say::new(
            "没有贷款编号;请补上(合计行可以不管)",
            "there is no loan number; fill it in (a line of totals needs none)",
        ),
    )
    .of_column(column)
}

#[cfg(test)]
mod tests {
    use super::super::feed::of_text;
    use super::*;

    fn sift(text: &str) -> Portion<CaseRecord> {
        of_text::<CaseList>(text, &Options::default()).unwrap()
    }

    fn codes(sifted: &Portion<CaseRecord>) -> Vec<&'static str> {
        sifted.rejected.iter().map(|it| it.1.code).collect()
    }

    #[test]
    fn a_chinese_list_is_understood_column_by_column() {
        let list = "贷款编号,客户编号,客户姓名,手机号,自然村,网点,信贷员,借款本金,放款日期,保证人,保证人电话,保证人地址,保证方式,备用\n\
            QS1,K1,谢小禾,199 0000 0001,柳树湾,石桥分社,高山青,\"12,000.00\",2024年3月1日,石榴、方舟,19900000002、19900000003,柳树湾3号;柳树湾4号,连带责任保证,蓝\n";
        let sifted = sift(list);
        assert!(sifted.rejected.is_empty(), "{:?}", codes(&sifted));
        let case = &sifted.good[0].1;
        assert_eq!(case.principal, Some(Fen(1_200_000)));
        assert_eq!(case.debtor.phone.as_deref(), Some("19900000001"));
        assert_eq!(case.org.as_deref(), Some("石桥分社"));
        assert_eq!(case.opened_on, Some(Date::constant(2024, 3, 1)));
        assert_eq!(case.guarantors.len(), 2);
        assert!(
            case.guarantors
                .iter()
                .all(|guarantor| guarantor.kind == GuaranteeKind::Joint)
        );
        assert_eq!(case.guarantors[1].person.phone.as_deref(), Some("19900000003"));
        assert_eq!(case.guarantors[1].person.address.as_deref(), Some("柳树湾4号"));
        assert_eq!(case.extra.get("备用").map(String::as_str), Some("蓝"));
    }

    #[test]
    fn every_bad_row_is_set_aside_with_its_reason_and_the_others_are_kept() {
        let rows = [
            ("A,-1,2024-01-01,CNY,,", "R011"),
            ("A,1.001,2024-01-01,CNY,,", "R012"),
            ("A,1,2024-02-30,CNY,,", "R022"),
            ("A,1,01/02/2024,CNY,,", "R021"),
            (",1,2024-01-01,CNY,,", "R002"),
            ("A,1,2024-01-01,dollars,,", "R050"),
            ("A,1,2024-01-01,CNY,甲,抵押", "R052"),
            ("A,1,2024-01-01,CNY", "R001"),
            ("1.5E+18,1,2024-01-01,CNY,,", "R030"),
        ];
        for (row, code) in rows {
            let list = format!(
                "case_id,principal,opened,currency,guarantor,guarantee_kind\n{row}\nGOOD,5,2024-01-01,,,\n"
            );
            let sifted = sift(&list);
            assert_eq!(codes(&sifted), [code], "{row}");
            assert_eq!(sifted.good.len(), 1, "{row}");
        }
    }

    #[test]
    fn a_filler_day_is_no_day_and_a_dash_is_nothing_owed() {
        let header = "贷款编号,借款本金,放款日期,到期日,余额,逾期本金,逾期利息";
        let days = [
            "9999-12-31",
            "9999/12/31",
            "99991231",
            "9999-12-31 00:00:00",
            "9999年12月31日",
            "0000-00-00",
            "00000000",
            "0001-01-01",
            "1900-01-01",
            "1899-12-30",
            "-",
            "无",
        ];
        for day in days {
            let sifted = sift(&format!("{header}\nA,5,{day},{day},5,1,1\n"));
            assert!(sifted.rejected.is_empty(), "{day}: {:?}", codes(&sifted));
            let case = &sifted.good[0].1;
            assert_eq!((case.opened_on, case.due_on), (None, None), "{day}");
        }
        let nil = [
            (" - , - , - ", Some((0, 0, 0))),
            (" -   ,-,—", Some((0, 0, 0))),
            ("¥ -, ¥ - ,--", Some((0, 0, 0))),
            ("5,-,-", Some((500, 0, 0))),
            ("-,1,1", None),
            ("5,无,1", None),
        ];
        for (cells, wanted) in nil {
            let sifted = sift(&format!("{header}\nA,5,2024-01-01,2027-01-01,{cells}\n"));
            let told = sifted.good.first().map(|it| it.1.balances);
            let told = told.map(|it| (it.balance, it.principal, it.interest));
            let fen = |it: i64| Some(Fen(it));
            assert_eq!(
                told,
                wanted.map(|it| (fen(it.0), fen(it.1), fen(it.2))),
                "{cells}"
            );
        }
    }

    #[test]
    fn words_among_the_telephones_of_guarantors_speak_against_all_of_them() {
        let cells = [
            ("13900000001、13900000002", [Some("13900000001"), Some("13900000002")]),
            ("儿子、13900000002", [None, None]),
            ("13900000001、13900000002(儿子)", [None, None]),
            ("无、13900000002", [None, Some("13900000002")]),
        ];
        for (cell, wanted) in cells {
            let list = format!(
                "贷款编号,借款本金,保证人,保证人电话\nA,5,示例乙、示例丙,{cell}\n"
            );
            let sifted = sift(&list);
            let people = &sifted.good[0].1.guarantors;
            let phones: Vec<_> =
                people.iter().map(|person| person.person.phone.as_deref()).collect();
            assert_eq!(phones, wanted, "{cell}");
        }
    }

    #[test]
    fn who_has_died_is_a_question_and_a_remark_a_notice() {
        let header = "贷款编号,姓名,借款本金,保证人,保证人电话,备注";
        let rows = [
            ("A,示例甲(死),5,,,", true, 0),
            ("A,示例甲,5,示例乙(已故),13900000001,", true, 0),
            ("A,示例甲,5,示例丙、示例乙(亡),13900000001、13900000002,", true, 0),
            ("A,示例甲,5,示例乙,13900000001,父亲已去世", false, 1),
            ("A,示例甲,5,示例乙,13900000001,外出", false, 0),
        ];
        for (row, rejected, notices) in rows {
            let sifted = sift(&format!("{header}\n{row}\n"));
            let wanted: &[&str] = if rejected { &["R055"] } else { &[] };
            assert_eq!(codes(&sifted), wanted, "{row}");
            assert_eq!(sifted.notices.len(), notices, "{row}");
        }
    }

    #[test]
    fn only_rows_that_meet_the_condition_are_taken() {
        let only = vec!["in_book=1".parse().unwrap()];
        let options = Options { only, ..Options::default() };
        let list = "case_id,principal,in_book\nA,1,1\nB,1,0\nC,x,0\n";
        let sifted = of_text::<CaseList>(list, &options).unwrap();
        assert_eq!((sifted.good.len(), sifted.filtered_out), (1, 2));
        assert!(sifted.rejected.is_empty());
    }
}
