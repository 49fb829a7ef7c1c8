//! What an import did (导入结果), for people and for programs.

use std::fmt::Write;

use domain::say::{Lang, Say};
use serde::Serialize;

use super::balances::Balanced;
use super::fault::RowFault;
use super::feed::{Head, Portion};

/// How many rejected rows and notices are named on the screen; the rejects
/// file has them all.
const NAMED: usize = 10;

/// What became of one file.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct ImportReport {
    /// The version of this shape.
    pub format_version: u32,
    /// `cases` or `events`.
    pub kind: &'static str,
    /// The name of the file, without its folder.
    pub file: String,
    /// The SHA-256 of its bytes, as the journal has it.
    pub sha256: String,
    /// How a text was read: `UTF-8`, `UTF-16LE`, `UTF-16BE` or `GBK`.
    pub encoding: Option<&'static str>,
    /// The sheet that was read, of a workbook that holds several.
    pub sheet: Option<String>,
    /// Nothing was stored: the figures say what would have been.
    pub dry_run: bool,
    /// Rows below the header, without blank ones.
    pub rows: usize,
    /// Cases that were not known.
    pub new: usize,
    /// Cases of which something has changed.
    pub changed: usize,
    /// Cases that were known as they are.
    pub unchanged: usize,
    /// Rows that tell more of a loan on another row, such as a second guarantor.
    pub merged: usize,
    /// Cases whose ledger was opened by the balances of the list.
    pub opened: usize,
    /// Cases whose ledger was brought to the balances of the list.
    pub adjusted: usize,
    /// Cases whose money came by events: the list's balances were passed over.
    pub own_ledger: usize,
    /// Lines booked in the ledger.
    pub booked: usize,
    /// Payments entered by hand that the file has confirmed.
    pub confirmed: usize,
    /// Events other than money that were recorded.
    pub recorded: usize,
    /// Rows that were known already, or stand twice in the file.
    pub duplicates: usize,
    /// Money of days that the balances of a list hold already.
    pub contained: usize,
    /// Lines booked before of which the file told what they consist of, or whose money
    /// they were.
    pub noted: usize,
    /// Events of cases that are not in the book; those that would be missed are
    /// rejected as well.
    pub skipped_unknown_case: usize,
    /// Rows that `--where` left out.
    pub filtered_out: usize,
    /// Rows that cannot be used.
    pub rejected: usize,
    /// Where they are, with their reasons.
    pub rejects_file: Option<String>,
    /// What has to be said again when they are imported: `--unit 万元`.
    pub say_again: String,
    /// The first of them.
    pub first_rejected: Vec<RejectedRow>,
    /// What a person should know although nothing was refused.
    pub notices: Vec<Say>,
}

/// One row that was left out.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct RejectedRow {
    /// The line of the file or the row of the sheet.
    pub line: u64,
    /// A stable code.
    pub code: &'static str,
    /// Fault and next step.
    pub reason: Say,
}

impl ImportReport {
    /// Of a file whose rows are yet to come.
    pub(crate) fn of(kind: &'static str, file: String, head: &Head) -> Self {
        Self {
            format_version: 1,
            kind,
            file,
            sha256: head.sha256.clone(),
            encoding: head.encoding,
            sheet: head.sheet.clone(),
            ..Self::default()
        }
    }

    /// Counts what was read, before it is known what becomes of it.
    pub(crate) fn count<T>(&mut self, portion: &mut Portion<T>) {
        self.rows += portion.rows;
        self.duplicates += portion.duplicates;
        self.filtered_out += portion.filtered_out;
        self.notices.append(&mut portion.notices);
    }

    /// Names a row that was left out, if it is one of the first.
    pub(crate) fn reject(&mut self, line: u64, fault: &RowFault) {
        self.rejected += 1;
        let last = self.first_rejected.last().map_or(0, |it| it.line);
        if self.first_rejected.len() == NAMED && last <= line {
            return;
        }
        let reason = Say::new(fault.text(Lang::Zh), fault.text(Lang::En));
        let named = RejectedRow { line, code: fault.code, reason };
        let at = self.first_rejected.partition_point(|it| it.line <= line);
        self.first_rejected.insert(at, named);
        self.first_rejected.truncate(NAMED);
    }

    /// Says that there was nothing to read.
    pub(crate) fn end(&mut self) {
        if self.rows == 0 {
            self.notices.push(Say::new(
                "文件只有列名,没有任何行;如果不应为空,请重新导出",
                "the file has headers and no rows; if it should not be empty, export it again",
            ));
        } else if self.filtered_out == self.rows {
            self.notices.push(Say::new(
                "没有一行符合 --where 的条件;请核对其中的值是否与文件里写的一样",
                "no row meets the conditions of --where; check that the value is written as in the file",
            ));
        }
    }

    /// Nothing new came out of the file.
    pub fn changed_nothing(&self) -> bool {
        self.new
            + self.changed
            + self.opened
            + self.adjusted
            + self.booked
            + self.confirmed
            + self.recorded
            + self.noted
            == 0
    }

    /// No row of the file could be used, or met the conditions of `--where`: the
    /// command as a whole has failed.
    pub fn has_failed(&self) -> bool {
        0 < self.rows && self.rejected + self.filtered_out == self.rows
    }

    /// The report as a person reads it, several lines without a last line end.
    pub fn text(&self, lang: Lang) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        self.write(&mut text, lang).unwrap_or_default();
        text
    }

    fn write(&self, out: &mut String, lang: Lang) -> std::fmt::Result {
        let (file, rows) = (self.read_as(lang), self.rows);
        match (lang, self.dry_run) {
            (Lang::Zh, false) => write!(out, "{file}:{rows} 行")?,
            (Lang::Zh, true) => write!(out, "{file}:{rows} 行(试运行,未写入)")?,
            (Lang::En, false) => write!(out, "{file}: {rows} rows")?,
            (Lang::En, true) => {
                write!(out, "{file}: {rows} rows (dry run, nothing stored)")?;
            }
        }
        for (figure, chinese, english) in self.figures() {
            match lang {
                Lang::Zh => write!(out, "\n  {chinese} {figure}")?,
                Lang::En => write!(out, "\n  {figure} {english}")?,
            }
        }
        if self.changed_nothing() && 0 < self.rows {
            let nothing = Say::new("没有任何变化", "nothing has changed");
            write!(out, "\n  {}", nothing.text(lang))?;
        }
        for row in &self.first_rejected {
            let reason = row.reason.text(lang);
            match lang {
                Lang::Zh => write!(out, "\n    第 {} 行 {reason}", row.line)?,
                Lang::En => write!(out, "\n    line {} {reason}", row.line)?,
            }
        }
        let more = self.rejected - self.first_rejected.len();
        match lang {
            _ if more == 0 => {}
            Lang::Zh if self.dry_run => write!(out, "\n    还有 {more} 行")?,
            Lang::En if self.dry_run => write!(out, "\n    and {more} more")?,
            Lang::Zh => write!(out, "\n    还有 {more} 行,见退回文件")?,
            Lang::En => write!(out, "\n    and {more} more, see the rejects file")?,
        }
        if let Some(path) = &self.rejects_file {
            let again = &self.say_again;
            match lang {
                Lang::Zh => write!(
                    out,
                    "\n  退回文件:{path}\n  提示:改正其中的行后,直接导入该文件即可"
                )?,
                Lang::En => write!(
                    out,
                    "\n  rejects file: {path}\n  hint: mend the rows in it and import that file"
                )?,
            }
            match lang {
                _ if again.is_empty() => {}
                Lang::Zh => write!(out, ",仍要加 {again}")?,
                Lang::En => write!(out, ", again with {again}")?,
            }
        }
        for notice in &self.notices {
            match lang {
                Lang::Zh => write!(out, "\n  注意:{}", notice.zh)?,
                Lang::En => write!(out, "\n  note: {}", notice.en)?,
            }
        }
        Ok(())
    }

    /// The file, with the sheet of it and the encoding where they could be others.
    fn read_as(&self, lang: Lang) -> String {
        let encoding =
            self.encoding.filter(|encoding| *encoding != "UTF-8").map(str::to_owned);
        let sheet = self.sheet.as_ref().map(|sheet| match lang {
            Lang::Zh => format!("工作表 {sheet}"),
            Lang::En => format!("sheet {sheet}"),
        });
        match (sheet.or(encoding), lang) {
            (None, _) => self.file.clone(),
            (Some(how), Lang::Zh) => format!("{}({how})", self.file),
            (Some(how), Lang::En) => format!("{} ({how})", self.file),
        }
    }

    fn figures(&self) -> Vec<(usize, &'static str, &'static str)> {
        let figures = [
            (self.new, "新增案件", "new cases"),
            (self.changed, "变更案件", "changed cases"),
            (self.unchanged, "未变案件", "cases known as they are"),
            (
                self.merged,
                "同一贷款的其他行,已合并",
                "more rows of the same loans, taken together",
            ),
            (self.opened, "按清单余额建账", "cases opened by their balances"),
            (self.adjusted, "按清单余额调整", "cases brought to their balances"),
            (
                self.own_ledger,
                "已有流水账,清单余额未用",
                "cases with a ledger of their own, balances not used",
            ),
            (self.booked, "入账", "lines booked"),
            (self.confirmed, "确认手工登记的还款", "payments entered by hand confirmed"),
            (self.recorded, "记录事件", "events recorded"),
            (self.duplicates, "此前已有", "already known"),
            (
                self.contained,
                "清单余额已含,未再入账",
                "held by the list's balances, not booked again",
            ),
            (
                self.noted,
                "已入账的,补记本金利息等构成或付款人",
                "lines booked before, of which parts or payer were noted",
            ),
            (self.filtered_out, "不符合条件,未取", "left out by --where"),
            (self.rejected, "退回", "rejected"),
            // Of some nothing is lost; those that would be missed are rejected as well.
            (
                self.skipped_unknown_case,
                "案件不在库中,未入账(会漏记的已计入退回)",
                "of cases that are not in the book (those that would be missed are among the rejected)",
            ),
        ];
        figures.into_iter().filter(|figure| 0 < figure.0).collect()
    }
}

/// What a person should know of the balances of a list.
pub(crate) fn of_balances(balanced: Balanced) -> Vec<Say> {
    let mut notices = Vec::new();
    let mut say = |count: usize, zh: &str, en: &str| {
        if 0 < count {
            notices.push(Say::new(format!("{count} {zh}"), format!("{count} {en}")));
        }
    };
    say(
        balanced.no_amount,
        "户有逾期天数(或逾期日)而没有逾期金额,未计为逾期;请补上 逾期本金、逾期利息 或 逾期金额 列",
        "loans have days past due and no overdue amount, and were not taken as overdue; add a column 逾期本金, 逾期利息 or 逾期金额",
    );
    say(
        balanced.no_day,
        "户有逾期金额而没有日期,未计为逾期;请补上 逾期天数 或 逾期日 列",
        "loans have an overdue amount and no day, and were not taken as overdue; add a column 逾期天数 or 逾期日",
    );
    say(
        balanced.outdated,
        "户此前已按更新的清单记账,本清单的余额未用",
        "loans were booked by a newer list before; the balances of this one were not used",
    );
    say(
        balanced.differing,
        "户的清单余额与流水账不同,未改动;以清单为准的,用 --reconcile 再导入",
        "loans whose ledger, made of events, says otherwise than the list were left as they are; import again with --reconcile if the list is right",
    );
    say(
        balanced.corrected,
        "户是对同一天清单的更正:前一份清单记的余额已冲回,差额不作还款",
        "loans were corrected by this list of the same day: what the list before it said of the balance was taken back, and the difference is no payment",
    );
    let sum = balanced.inferred_sum;
    say(
        balanced.inferred,
        &format!(
            "户的余额比上一份清单少,推定还款共 {sum} 元(未确认,不计提奖励);金额不符的请核对清单"
        ),
        &format!(
            "loans owe less than by the list before, and payments of {sum} yuan in all were inferred (not confirmed, no reward); check the list if that is too much"
        ),
    );
    notices
}

/// Says that an older list changed nothing of what is known of people.
pub(crate) fn older_list(count: usize) -> Option<Say> {
    (0 < count).then(|| {
        Say::new(
            format!(
                "{count} 户此前已有更新的清单,本清单的资料(电话、地址、信贷员等)未用;确要以本清单为准的,请逐户修改"
            ),
            format!(
                "of {count} loans a newer list was taken before: what this one says of telephones, addresses and collectors was not used; change it by hand where this list is right"
            ),
        )
    })
}

/// Says that what was entered by hand of guarantors stays, although the list has something
/// else.
pub(crate) fn kept_guarantees(count: usize) -> Option<Say> {
    (0 < count).then(|| {
        Say::new(
            format!(
                "{count} 位保证人的保证方式或保证期间与人工登记的不同,保留人工登记的;请核对合同,清单有误的请更正清单,登记有误的用 person correct 更正"
            ),
            format!(
                "of {count} guarantors the list has another form or period than was entered by hand, which stays; look into the contracts, and correct the list, or the entry with person correct"
            ),
        )
    })
}

/// Says that nothing of a list can be overdue.
pub(crate) fn no_dues(has_columns: bool) -> Say {
    if has_columns {
        return Say::new(
            "按本清单没有案件逾期:没有案件得到应还金额",
            "no case of this list gets a due amount: by its balances nothing is overdue",
        );
    }
    Say::new(
        "本清单没有案件得到应还金额,不会有案件逾期;请接着导入流水(应还、还款),或在清单中加上 余额、逾期本金、逾期利息 和 逾期天数(或逾期日),其他叫法用 --map 指明",
        "no case of this list gets a due amount, and none will be overdue; import events next, or add the columns `余额`, `逾期本金`, `逾期利息` and `逾期天数` (or `逾期日`), named with --map if they go by others",
    )
}

/// Names the columns that were not understood, those first that look like money: a
/// balance under a name of its own would be missed without a word.
pub(crate) fn unknown_columns(unknown: &[String], at_principal: bool) -> Vec<Say> {
    let (money, others): (Vec<&String>, Vec<&String>) =
        unknown.iter().partition(|it| looks_like_money(it));
    let mut notices = Vec::new();
    if let Some(first) = money.first() {
        let (zh, en) = if at_principal {
            (
                ";清单又没有余额列,所欠按借款本金全额记账",
                "; the list has no column of balances either, so that all of the amount lent counts as owed",
            )
        } else {
            ("", "")
        };
        notices.push(Say::new(
            format!(
                "未识别的列像是金额,没有当作欠款读取:{}{zh};是余额或逾期金额的,用 `--map {first}=balance`(余额)、`overdue_principal`(逾期本金)、`overdue_interest`(逾期利息)等指明后再导入",
                named(&money)
            ),
            format!(
                "columns that look like money were not understood and not read as such: {}{en}; if they hold balances or arrears, say so with `--map {first}=balance` (or `overdue_principal`, `overdue_interest`) and import again",
                named(&money)
            ),
        ));
    }
    if !others.is_empty() {
        notices.push(Say::new(
            format!("未识别的列,只作备注保存:{}", named(&others)),
            format!(
                "columns that were not understood were kept as remarks: {}",
                named(&others)
            ),
        ));
    }
    notices
}

fn looks_like_money(header: &str) -> bool {
    const WORDS: &[&str] = &[
        "余额",
        "金额",
        "结余",
        "本金",
        "利息",
        "欠息",
        "罚息",
        "复息",
        "本息",
        "欠款",
        "欠额",
        "结欠",
        "拖欠",
        "万元",
        "balance",
        "amount",
        "principal",
        "interest",
        "owed",
        "owing",
        "outstanding",
        "arrears",
    ];
    let header = header.to_lowercase();
    WORDS.iter().any(|word| header.contains(word))
        || header.ends_with(['额', '息', '欠'])
        || header.contains("欠了")
}

/// So many columns are named in a notice.
const COLUMNS_NAMED: usize = 20;

fn named(headers: &[&String]) -> String {
    let named: Vec<String> =
        headers.iter().take(COLUMNS_NAMED).map(|header| format!("`{header}`")).collect();
    let more = if COLUMNS_NAMED < headers.len() { ", …" } else { "" };
    named.join(", ") + more
}

/// Names loans of which more has been paid than was owed.
pub(crate) fn overpaid(loans: &[String]) -> Option<Say> {
    if loans.is_empty() {
        return None;
    }
    let count = loans.len();
    let more = if NAMED < count { ", …" } else { "" };
    let named: Vec<&str> = loans.iter().take(NAMED).map(String::as_str).collect();
    let named = named.join(", ") + more;
    Some(Say::new(
        format!(
            "{count} 户的还款超过所欠,余额变为负数;请核对这些贷款的还款和应还:{named}"
        ),
        format!(
            "of {count} loans more has been paid than was owed, and their balances are below zero; check what was paid and charged: {named}"
        ),
    ))
}

/// Says that the importer's own cases wait for somebody else's word.
pub(crate) fn own_payments(count: usize) -> Option<Say> {
    (0 < count).then(|| {
        Say::new(
            format!(
                "{count} 笔还款属于导入人自己经办的案件,未确认,暂不计提奖励;请另一位主管导入同一文件,或用 `qingshou pay --confirm` 确认"
            ),
            format!(
                "{count} payments are of cases that the importer collects: they are not confirmed and earn no reward yet; let another supervisor import the same file, or confirm them with `qingshou pay --confirm`"
            ),
        )
    })
}

/// Says what a book in another currency is good for.
pub(crate) fn foreign_book(currency: &str) -> Option<Say> {
    (currency != "CNY").then(|| {
        Say::new(
            format!(
                "台账的币种是 {currency}:只供报表使用,案件不进入催收流程(信函和短信只会写“元”)"
            ),
            format!(
                "the book is in {currency}: it serves for reports, and its cases enter no workflow (messages and letters know yuan alone)"
            ),
        )
    })
}

/// Names payments that were booked although they lie before their loan, by
/// their lines.
pub(crate) fn early(lines: &[u64]) -> Option<Say> {
    if lines.is_empty() {
        return None;
    }
    let count = lines.len();
    let lines: Vec<String> = lines.iter().take(NAMED).map(u64::to_string).collect();
    let lines = lines.join(", ");
    Some(Say::new(
        format!("{count} 笔还款早于放款日期,已照常入账;请核对第 {lines} 行"),
        format!(
            "{count} payments lie before the day their loan was opened and were booked all the same; check lines {lines}"
        ),
    ))
}

/// Asks who has paid where the bank names nobody of the loan, or somebody else than the
/// book, by the lines.
pub(crate) fn payers(strangers: &[u64], otherwise: &[u64]) -> Option<Say> {
    let lines = |lines: &[u64]| {
        let more = if NAMED < lines.len() { ", …" } else { "" };
        let named: Vec<String> = lines.iter().take(NAMED).map(u64::to_string).collect();
        named.join(", ") + more
    };
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    if !strangers.is_empty() {
        let (count, lines) = (strangers.len(), lines(strangers));
        zh.push(format!(
            "{count} 笔还款的付款人不是本案的任何人,或与交易类型不符,已照常入账,付款人未作登记(第 {lines} 行)"
        ));
        en.push(format!(
            "{count} payments name a payer who is none of the people of the loan, or not whom the kind of the row means; they were booked as any other and no payer was noted (lines {lines})"
        ));
    }
    if !otherwise.is_empty() {
        let (count, lines) = (otherwise.len(), lines(otherwise));
        zh.push(format!(
            "{count} 笔还款的付款人与此前登记的不同,仍按原登记(第 {lines} 行)"
        ));
        en.push(format!(
            "{count} payments name another payer than stands in the book, which stays (lines {lines})"
        ));
    }
    (!zh.is_empty()).then(|| {
        let (zh, en) = (zh.join(";"), en.join("; "));
        Say::new(
            format!(
                "{zh};不是借款人付的,请用 `qingshou pay --whose 账目 --by 付款人` 登记"
            ),
            format!(
                "{en}; where it was not the borrower's money, enter whose it was with `qingshou pay --whose ENTRY --by PAYER`"
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_reads_well_in_both_languages() {
        let report = ImportReport {
            file: "events.csv".to_owned(),
            rows: 12,
            booked: 8,
            duplicates: 1,
            rejected: 3,
            rejects_file: Some("rejects/events.csv.rejects.csv".to_owned()),
            say_again: "--kind payment".to_owned(),
            first_rejected: vec![RejectedRow {
                line: 4,
                code: "R011",
                reason: Say::new(
                    "[R011] `金额` 列:金额为负",
                    "[R011] column `amount`: negative",
                ),
            }],
            ..ImportReport::default()
        };
        insta::assert_snapshot!(report.text(Lang::Zh), @r"
        events.csv:12 行
          入账 8
          此前已有 1
          退回 3
            第 4 行 [R011] `金额` 列:金额为负
            还有 2 行,见退回文件
          退回文件:rejects/events.csv.rejects.csv
          提示:改正其中的行后,直接导入该文件即可,仍要加 --kind payment
        ");
        insta::assert_snapshot!(report.text(Lang::En), @r"
        events.csv: 12 rows
          8 lines booked
          1 already known
          3 rejected
            line 4 [R011] column `amount`: negative
            and 2 more, see the rejects file
          rejects file: rejects/events.csv.rejects.csv
          hint: mend the rows in it and import that file, again with --kind payment
        ");
    }

    #[test]
    fn a_file_of_which_nothing_could_be_used_has_failed() {
        let report = |rows, rejected, filtered_out| ImportReport {
            rows,
            filtered_out,
            rejected,
            ..ImportReport::default()
        };
        let cases = [
            (0, 0, 0, false),
            (3, 3, 0, true),
            (3, 2, 1, true),
            (3, 2, 0, false),
            (3, 0, 3, true),
        ];
        for (rows, rejected, filtered, failed) in cases {
            assert_eq!(
                report(rows, rejected, filtered).has_failed(),
                failed,
                "{rows} {rejected} {filtered}"
            );
        }
    }
}
