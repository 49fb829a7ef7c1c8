//! Rows that are no rows of the list (合计、页码、签章): what reports put between
//! and below them.

use super::cells;
use super::table::Row;

/// Why a row was passed over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Passed {
    /// A header or title that stands there again on every page.
    Repeated,
    /// A sum: 合计, 小计, 共 12 笔.
    Total,
    /// 第 1 页, 共 3 页.
    Page,
    /// 制表人, 复核, 打印日期, 备注.
    Signature,
    /// A line of dashes, 以下空白.
    Rule,
}

/// Whether a row is no row of the list. One with a loan number is always one.
pub(crate) fn passed_over(
    row: &Row,
    case_at: Option<usize>,
    width: usize,
) -> Option<Passed> {
    if is_plainly_a_row(row, case_at) {
        return None;
    }
    let mut filled = row.cells.iter().enumerate().filter(|it| !it.1.trim().is_empty());
    let (first_at, first) = filled.next()?;
    let second = filled.next();
    let first = squeezed(first);
    let case = case_at.and_then(|it| row.cells.get(it)).map(squeezed);
    let case = case.filter(|it| !it.is_empty());
    if is_rule(&first)
        && row.cells.iter().map(squeezed).all(|it| it.is_empty() || is_rule(&it))
    {
        return Some(Passed::Rule);
    }
    // The label of a sum stands in the first cell, or in that of the number.
    let before = case_at.is_none_or(|it| first_at <= it);
    let second = second.map(|it| squeezed(it.1)).unwrap_or_default();
    if before && is_total(&first)
        || case.as_ref().is_some_and(|it| is_total(it))
        || case.is_none() && (is_total(&first) || is_total(&second))
    {
        return Some(Passed::Total);
    }
    if case.is_some() && case.as_ref() != Some(&first) {
        return None;
    }
    let all: Vec<String> =
        row.cells.iter().map(squeezed).filter(|it| !it.is_empty()).collect();
    let few = all.len() * 2 <= width + 1;
    let words = case.is_none() || few;
    let joined = all.concat();
    if is_page(&joined) || words && is_number_of_page(&joined) {
        return Some(Passed::Page);
    }
    let signed = words && is_signature(&first) || all.iter().all(|it| is_signature(it));
    signed.then_some(Passed::Signature)
}

/// Whether the loan number, and the number in front of it, can be nothing else: nearly
/// every row is known by that without a look at its words.
fn is_plainly_a_row(row: &Row, case_at: Option<usize>) -> bool {
    let Some(case) = case_at.and_then(|it| row.cells.get(it)) else { return false };
    let first = row.cells.get(0).unwrap_or_default();
    let letters = case.bytes().filter(u8::is_ascii_alphabetic).count();
    let digits = case.bytes().filter(u8::is_ascii_digit).count();
    let label = case.get(..3).is_some_and(|it| it.eq_ignore_ascii_case("sum"));
    letters + digits == case.len()
        && letters <= 3
        && 4 <= digits
        && !label
        && case.ends_with(|it: char| it.is_ascii_digit())
        && (first == case || cells::all_digits(first))
}

/// What a label says fits into so many letters.
const LONGEST_LABEL: usize = 60;

/// The beginning of a cell in plain small letters without any blanks.
fn squeezed(cell: &str) -> String {
    let cell = cell.trim();
    let end = cell.char_indices().nth(LONGEST_LABEL).map_or(cell.len(), |it| it.0);
    let plain = cells::plain(&cell[..end]);
    let letters = plain.chars().filter(|it| !it.is_whitespace());
    letters.flat_map(char::to_lowercase).collect()
}

const SUMS: &[&str] = &[
    "合计",
    "小计",
    "总计",
    "共计",
    "累计",
    "汇总",
    "总额",
    "总合",
    "平均",
    "平均值",
    "均值",
];

/// Words in front of a sum that make a sentence of a name: `合计`.
fn is_total(text: &str) -> bool {
    let text = text.trim_matches(['*', '-', '=', '.', '。', ':', '【', '】', '[', ']']);
    // 小计(第1页)
    let bare = text.split_once('(').filter(|it| it.1.ends_with(')')).map(|it| it.0);
    let says = |it: &&str| {
        text.ends_with(*it)
            || bare.is_some_and(|bare| bare.ends_with(*it))
            || text.strip_prefix(*it).is_some_and(is_count)
    };
    if SUMS.iter().any(says) || is_part_of_sum(text) {
        return true;
    }
    let starts = [
        "大写",
        "金额大写",
        "人民币大写",
        "人民币(大写)",
        "金额(大写)",
        "合计金额",
        "合计人民币",
        "总金额",
        "过次页",
        "承前页",
    ];
    if starts.iter().any(|it| text.starts_with(it)) {
        return true;
    }
    // 共 12 笔, 总共 12 户
    if let Some(rest) = text.strip_prefix("总共").or_else(|| text.strip_prefix('共')) {
        return is_count(rest) && !rest.is_empty() && !rest.contains('页');
    }
    let sums =
        ["total", "totals", "subtotal", "sub-total", "grandtotal", "sum", "pagetotal"];
    let english = |it: &&str| {
        text.strip_prefix(*it).is_some_and(|rest| {
            !rest.starts_with(|it: char| it.is_alphanumeric() || it == '_')
                || rest.starts_with("amount")
                || is_count(rest) && rest.ends_with(char::is_alphabetic)
        })
    };
    sums.iter().any(english)
}

/// `其中:逾期`, and the number of loans where a sum counts them: `2户`.
fn is_part_of_sum(text: &str) -> bool {
    let counted = || {
        let rest = text.trim_start_matches(|it: char| it.is_ascii_digit());
        rest.len() < text.len() && ["户", "笔", "户数", "笔数", "人"].contains(&rest)
    };
    let label = text.strip_prefix("其中");
    label.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '(', ',']))
        || counted()
}

/// What follows the word of a sum: nothing, a colon, a number of things.
fn is_count(rest: &str) -> bool {
    let rest = rest.trim_start_matches([':', '(', '为', '是', ',']);
    let digits =
        rest.trim_start_matches(|it: char| it.is_ascii_digit() || ",.".contains(it));
    if digits.len() == rest.len() {
        return rest.is_empty()
            || ["户", "笔", "元", "人民币", "金额", "本金"]
                .iter()
                .any(|it| rest.starts_with(it));
    }
    digits.is_empty()
        || [
            "户", "笔", "条", "行", "人", "项", "件", "个", "元", "万", "页", ")", ",",
            "rows", "loans",
        ]
        .iter()
        .any(|it| digits.starts_with(it))
}

/// `第1页`, `第1页共3页`, `共3页`, `page1of3`.
fn is_page(text: &str) -> bool {
    let text = text.trim_matches(['-', '—', '·', '(', ')', '=', '*']);
    let sign = |it: char| it.is_ascii_digit() || ",,.;:/".contains(it);
    let words: String = text.chars().filter(|it| !sign(*it)).collect();
    let known =
        ["第页", "第页共页", "共页第页", "共页", "页码", "页", "页次", "page", "pageof"];
    words.len() < text.len() && known.contains(&words.as_str())
}

/// `1/3`, `-1-`: what looks like a number of a loan elsewhere.
fn is_number_of_page(text: &str) -> bool {
    let digits = |it: &str| (1..=4).contains(&it.len()) && cells::all_digits(it);
    let inner = text.trim_matches(['-', '—']);
    text.split_once('/').is_some_and(|it| digits(it.0) && digits(it.1))
        || inner.len() + 1 < text.len() && digits(inner)
}

/// What stands before a name, a day or a note.
const LABELS: &[&str] = &[
    "制表",
    "制单",
    "制表人",
    "复核",
    "复核人",
    "审核",
    "审核人",
    "审批",
    "审批人",
    "打印",
    "打印人",
    "打印日期",
    "打印时间",
    "导出",
    "导出时间",
    "导出日期",
    "导出人",
    "负责人",
    "单位负责人",
    "经办",
    "经办人",
    "主管",
    "填表",
    "填表人",
    "填报人",
    "填报日期",
    "编制",
    "编制人",
    "编制日期",
    "编制单位",
    "报表日期",
    "统计日期",
    "数据日期",
    "截止日期",
    "截至日期",
    "制表日期",
    "制表时间",
    "日期",
    "签字",
    "签章",
    "盖章",
    "单位",
    "金额单位",
    "备注",
    "注",
    "说明",
    "附注",
    "会计",
    "出纳",
    "记账",
    "printed",
    "printedon",
    "printedby",
    "preparedby",
    "checkedby",
    "approvedby",
    "generated",
    "generatedon",
    "note",
    "notes",
    "remark",
    "date",
];

/// What ends a list in words.
const WHOLE: &[&str] = &[
    "以下空白",
    "以下无正文",
    "以下无内容",
    "以下无数据",
    "完",
    "结束",
    "end",
    "endofreport",
    "无数据",
];

/// Who made the list and when, and notes below it.
fn is_signature(text: &str) -> bool {
    let bare = text.trim_matches(['-', '—', '*', '=', '(', ')', '.', '。']);
    if WHOLE.contains(&bare) {
        return true;
    }
    let label = |it: &&str| {
        text.strip_prefix(*it).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with([':', '(', '1', '2', '3', '4', '5', '.'])
        })
    };
    LABELS.iter().any(label)
        || text.starts_with("截至") && text.ends_with('日')
        || text.starts_with("系统导出")
}

/// Nothing but the signs that draw a line.
fn is_rule(text: &str) -> bool {
    let sign = |it: char| "-=_*~.·—–─━═+|…".contains(it);
    1 < text.chars().count() && text.chars().all(sign)
}

#[cfg(test)]
mod tests {
    use csv::StringRecord;

    use super::*;

    fn of(line: &str) -> Option<Passed> {
        let cells: StringRecord = line.split('|').collect();
        passed_over(&Row::of(1, cells), Some(0), 4)
    }

    #[test]
    fn sums_in_any_writing_are_no_loans() {
        let lines = [
            "合计|||8000",
            "小 计|||8000",
            "合 计:|||8000",
            "总计:2户|||8000",
            "总计:2户||8000|8000",
            "本页合计|||8000",
            "本页小计|2户|8000|8000",
            "青石分社小计|||8000",
            "合计(元)|||8000",
            "合计金额|||8000",
            "合计|2户||8000",
            "*合计*|||8000",
            "共 12 笔|||8000",
            "共计12户|||8000",
            "总共2户|||8000",
            "本月累计|||8000",
            "过次页|||8000",
            "承前页|||8000",
            "|合计||8000",
            "||合计|8000",
            "金额大写|||捌仟元整",
            "人民币(大写):捌仟元整|||",
            "合计人民币:捌仟元整|||",
            "Total|||8000",
            "TOTAL:|||8000",
            "Grand total|||8000",
            "Sub-total|||8000",
            "total 2 loans|||8000",
            "Total amount|||8000",
            "合 计|||8000",
            "小计(第1页)|||8000",
            "平均|||8000",
            "其中:逾期|||8000",
            "2户||合计|8000",
        ];
        for line in lines {
            assert_eq!(of(line), Some(Passed::Total), "{line}");
        }
    }

    #[test]
    fn pages_signatures_and_lines_are_no_loans() {
        let lines = [
            ("第1页共3页|||", Passed::Page),
            ("第 1 页,共 3 页|||", Passed::Page),
            ("|||第1页/共3页", Passed::Page),
            ("Page 1 of 3|||", Passed::Page),
            ("1/3|||", Passed::Page),
            ("- 1 -|||", Passed::Page),
            ("制表人:示例甲|复核:示例乙||", Passed::Signature),
            ("制表:|||", Passed::Signature),
            ("打印日期:2026-11-27|||", Passed::Signature),
            ("|制表人|示例甲|", Passed::Signature),
            ("制表人:甲|复核:乙|日期:今天|主管:丙", Passed::Signature),
            ("备注:含已核销贷款|||", Passed::Signature),
            ("注:本表不含表外|||", Passed::Signature),
            ("说明:|||", Passed::Signature),
            ("以下空白|||", Passed::Signature),
            ("***END***|||", Passed::Signature),
            ("单位:元|||", Passed::Signature),
            ("--------|--------|---|---", Passed::Rule),
            ("========|||", Passed::Rule),
        ];
        for (line, why) in lines {
            assert_eq!(of(line), Some(why), "{line}");
        }
    }

    #[test]
    fn a_row_with_a_loan_number_is_a_row() {
        let lines = [
            "QS-1|示例甲|13900000001|5000",
            "QS-1|合计科技公司|13900000001|5000",
            "QS-1|总计|13900000001|5000",
            "HJ001|示例甲||5000",
            "共富001|示例甲||5000",
            "12|示例甲|13900000001|5000",
            "1/3|示例甲|13900000001|5000",
            "注销001|示例甲||5000",
            "TOTAL001|示例甲||5000",
            "sumida1|示例甲||5000",
            "QS-1|||",
            "|示例甲|13900000001|5000",
            "|共同借款人|13900000001|5000",
        ];
        for line in lines {
            assert_eq!(of(line), None, "{line}");
        }
    }
}
