//! Rows that are no rows of the list (合计、页码、签章): what reports put between
//! and below them.

use domain::say::Say;

use super::cells;
use super::fault::RowFault;
use super::table::Row;

/// Why a row was passed over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Passed {
    /// A sum: 合计, 小计, 共 12 笔.
    Total,
    /// 第 1 页, 共 3 页.
    Page,
    /// 制表人, 复核, 打印日期, 备注.
    Signature,
    /// A line of dashes, 以下空白.
    Rule,
}

/// Where the number of a loan and the name of its debtor stand.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Places {
    pub case: Option<usize>,
    pub name: Option<usize>,
}

/// Whether a row is no row of the list. One with a loan number is always one.
pub(crate) fn passed_over(row: &Row, at: Places, width: usize) -> Option<Passed> {
    if is_plainly_a_row(row, at.case) {
        return None;
    }
    let mut filled = row.cells.iter().enumerate().filter(|it| !it.1.trim().is_empty());
    let (first_at, first) = filled.next()?;
    let second = filled.next();
    let first = squeezed(first);
    let case = cell_at(row, at.case);
    if is_rule(&first)
        && row.cells.iter().map(squeezed).all(|it| it.is_empty() || is_rule(&it))
    {
        return Some(Passed::Rule);
    }
    // The label of a sum stands in the first cell, or in that of the number; a
    // count of loans may stand beside it, and a loan may not.
    let before = at.case.is_none_or(|case| first_at <= case);
    let second = second.map(|second| squeezed(second.1)).unwrap_or_default();
    let counts = case.as_ref().is_none_or(|case| case != &first && can_count(case));
    if before && counts && is_total(&first)
        || case
            .as_ref()
            .is_some_and(|case| is_total(case) && !names_somebody(row, at, case))
        || case.is_none() && (is_total(&first) || is_total(&second))
        || sums_without_a_person(row, at, case.as_deref())
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

/// What reads like a sum and like a loan: it must not be dunned, nor dropped in
/// silence.
pub(crate) fn doubtful(row: &Row, at: Places) -> Option<RowFault> {
    let name = at.name.and_then(|name| row.cells.get(name)).unwrap_or_default();
    let hint = |it: &str| {
        it.contains(['计', '計', '总', '總', '汇', '匯', '彙'])
            || it.get(..5).is_some_and(|it| it.eq_ignore_ascii_case("total"))
    };
    let named_so = hint(name) && labels_a_sum(&squeezed(name));
    let labeled = || {
        let case = cell_at(row, at.case)?;
        let first =
            row.cells.iter().find(|cell| !cell.trim().is_empty()).map(squeezed)?;
        let before = case != first && is_total(&first);
        Some(before || may_be_total(&case))
    };
    let is_row = is_plainly_a_row(row, at.case);
    (named_so || !is_row && labeled() == Some(true)).then(like_a_sum)
}

fn like_a_sum() -> RowFault {
    RowFault::new(
        "R006",
        Say::new(
            "像合计、小计或户数行,没有当作贷款导入;是合计行就不必理会,确是一笔贷款的请改正编号和姓名",
            "this reads like a total or a count and was not taken for a loan; leave a total as it is, and correct number and name if it is one",
        ),
    )
}

/// What stands in a column, where anything does.
fn cell_at(row: &Row, at: Option<usize>) -> Option<String> {
    let cell = at.and_then(|it| row.cells.get(it)).map(squeezed);
    cell.filter(|cell| !cell.is_empty())
}

/// Whether a row with the label or the count of a sum names nobody: `2,合计`,
/// `2笔,,50000`.
fn sums_without_a_person(row: &Row, at: Places, case: Option<&str>) -> bool {
    let Some(case) = case else { return false };
    let name = cell_at(row, at.name);
    let is_count = |it: &String| labels_a_sum(it) || is_count_of_loans(it);
    let nobody = at.name.is_some() && name.as_ref().is_none_or(is_count);
    // QS合计00012 may be a number after all.
    let numbered = has_letters(case) && 3 < longest_number(case);
    if !nobody || numbered {
        return false;
    }
    let others = || row.cells.iter().map(squeezed).any(|it| labels_a_sum(&it));
    may_be_total(case) || can_count(case) && others()
}

/// Whether a person stands beside what may be a count: `2户|示例甲`.
fn names_somebody(row: &Row, at: Places, case: &str) -> bool {
    let name = cell_at(row, at.name)
        .filter(|cell_at| !is_bare_sum(cell_at) && !is_count_of_loans(cell_at));
    is_count_of_loans(case) && name.is_some_and(|name| !is_total(&name))
}

/// Whether this counts loans: `2`, `2户`. Their numbers are longer.
fn can_count(text: &str) -> bool {
    text.len() <= 5 && cells::all_digits(text) || may_be_total(text) || is_total(text)
}

/// Whether the loan number, and the number in front of it, can be nothing else: nearly
/// every row is known by that without a look at its words.
fn is_plainly_a_row(row: &Row, case_at: Option<usize>) -> bool {
    let Some(case) = case_at.and_then(|case_at| row.cells.get(case_at)) else {
        return false;
    };
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
    let letters = plain.chars().filter(|c| !c.is_whitespace()).map(simple);
    letters.flat_map(char::to_lowercase).collect()
}

/// Labels are known in traditional characters (繁体) as well.
fn simple(letter: char) -> char {
    const PAIRS: &[(char, char)] = &[
        ('計', '计'),
        ('總', '总'),
        ('戶', '户'),
        ('筆', '笔'),
        ('條', '条'),
        ('頁', '页'),
        ('數', '数'),
        ('額', '额'),
        ('匯', '汇'),
        ('彙', '汇'),
        ('單', '单'),
        ('備', '备'),
        ('註', '注'),
        ('製', '制'),
        ('複', '复'),
        ('審', '审'),
        ('項', '项'),
        ('個', '个'),
        ('貸', '贷'),
        ('幣', '币'),
        ('萬', '万'),
        ('餘', '余'),
        ('∑', 'Σ'),
    ];
    PAIRS.iter().find(|pair| pair.0 == letter).map_or(letter, |it| it.1)
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
    "总和",
    "合共",
    "计数",
    "平均",
    "平均值",
    "均值",
];

const ENGLISH_SUMS: &[&str] = &[
    "total",
    "totals",
    "subtotal",
    "sub-total",
    "grandtotal",
    "grand-total",
    "pagetotal",
    "page-total",
    "ttl",
    "sum",
];

/// A label and nothing else: nobody is called 合计.
fn is_bare_sum(text: &str) -> bool {
    let text = text
        .trim_matches(['*', '-', '=', '.', '。', ':', '【', '】', '[', ']', '(', ')']);
    let before =
        ["", "本页", "本月", "本社", "全社", "全县", "户数", "笔数", "总", "金额"];
    let chinese = || {
        let label = SUMS.iter().find_map(|sum| text.strip_suffix(sum));
        label.is_some_and(|label| before.contains(&label))
    };
    ENGLISH_SUMS.contains(&text) || text == "总" || chinese()
}

/// A label alone, or behind what it sums up: `青石社小计`.
fn labels_a_sum(text: &str) -> bool {
    const SUMMED: [&str; 4] = ["合计", "小计", "总计", "共计"];
    let bare = text.trim_end_matches([':', '。', '.', '*', '】', ']', ')']);
    // 张小计 may be somebody.
    let behind = |label: &&str| {
        bare.strip_suffix(*label).is_some_and(|head| 1 < head.chars().count())
    };
    is_bare_sum(text) || SUMMED.iter().any(behind)
}

fn has_letters(text: &str) -> bool {
    text.contains(|it: char| it.is_ascii_alphabetic())
}

fn longest_number(text: &str) -> usize {
    text.split(|it: char| !it.is_ascii_digit()).map(str::len).max().unwrap_or(0)
}

/// What stands for a loan in a count.
const COUNTED: &[&str] = &[
    "户",
    "笔",
    "条",
    "人",
    "项",
    "件",
    "个",
    "家",
    "宗",
    "户数",
    "笔数",
    "户贷款",
    "笔贷款",
    "条记录",
    "人次",
    "loans",
    "loan",
    "rows",
    "records",
    "accounts",
    "cases",
    "items",
];

/// Words that begin a count or a statistic: `户数:2`, `count: 2`.
const COUNTING: &[&str] = &[
    "户数",
    "笔数",
    "件数",
    "人数",
    "条数",
    "总数",
    "户",
    "笔",
    "计",
    "最大值",
    "最小值",
    "中位数",
    "求和",
    "count",
    "average",
    "avg",
    "mean",
    "median",
    "max",
    "min",
    "maximum",
    "minimum",
    "numberofloans",
    "no.ofloans",
    "loans",
    "records",
];

/// Whether a number of a loan may as well be the label of a sum: a count, a
/// statistic, a period. Whose row it is the name beside it shows.
fn may_be_total(text: &str) -> bool {
    let sum = SUMS.iter().any(|sum| text.contains(sum));
    sum || text.starts_with('Σ')
        || text.starts_with('σ')
        || is_count_of_loans(text)
        || is_period(text)
        || !text.contains(|it: char| it.is_ascii_digit())
            && ["total", "count", "average"].iter().any(|it| text.ends_with(it))
}

/// `2户`, `青石信用社2笔`, `户数:2`, `2笔/2户`, `2 loans`; `借字第2笔` is a loan.
fn is_count_of_loans(text: &str) -> bool {
    let sign = |it: char| ":/、,()[];.=*-".contains(it);
    let text: String = text.chars().filter(|c| !sign(*c)).collect();
    let digit = |it: char| it.is_ascii_digit();
    let padded = |it: &str| 1 < it.len() && it.starts_with('0');
    let numbers = || text.split(|it: char| !digit(it));
    if text.contains(['第', '字', '号'])
        || 6 < longest_number(&text)
        || numbers().any(padded)
    {
        return false;
    }
    let behind = || {
        let counted = COUNTED.iter().filter_map(|it| text.strip_suffix(it));
        let mut counted = counted.filter(|it| it.ends_with(digit));
        counted.any(|it| !has_letters(it))
    };
    let before = || {
        let rest = text.trim_end_matches(digit);
        let signs: String = rest.chars().filter(|c| *c != '为' && *c != '是').collect();
        COUNTING.iter().any(|it| {
            let it: String = it.chars().filter(|c| !sign(*c)).collect();
            let whole =
                signs == it && (rest.len() < text.len() || 1 < it.chars().count());
            // TOTAL001 and MIN001 are numbers; `总户数2` is none.
            let loan = it.is_ascii() && 2 < text.len() - rest.len();
            // 农户1 is a number, too.
            let behind_words = 1 < it.chars().count() && signs.ends_with(&it);
            whole && !loan || !it.is_ascii() && rest.len() < text.len() && behind_words
        })
    };
    behind() || before()
}

/// A month, a quarter or a year, and what is compared with it: `2026年11月`, 上年同期.
fn is_period(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "上年同期",
        "去年同期",
        "同期",
        "同比",
        "环比",
        "上月",
        "本月",
        "上季",
        "本季",
        "上年",
        "本年",
        "去年",
        "年初",
        "期初",
        "期末",
        "月末",
        "季末",
        "年末",
        "上期",
        "本期",
        "比上月",
        "比上年",
        "比年初",
        "较上月",
        "较上年",
        "较年初",
        "增减",
        "增减额",
        "比上年同期",
    ];
    let bare = COUNTED.iter().find_map(|it| text.strip_suffix(it)).unwrap_or(text);
    let word = bare.trim_end_matches(|it: char| it.is_ascii_digit() || it == ':');
    if WORDS.contains(&word) && longest_number(text) < 5 {
        return true;
    }
    let marks = [
        "年", "月", "日", "季度", "年度", "月份", "末", "底", "第", "至", "-", "度", "份",
    ];
    let mut rest = text.to_owned();
    for mark in marks {
        rest = rest.replace(mark, " ");
    }
    let numbers: Vec<&str> = rest.split_whitespace().collect();
    let plain = |it: &&str| {
        cells::all_digits(it) && (it.len() == 4 || it.len() <= 2)
            || ["一", "二", "三", "四"].contains(it)
    };
    let dated = text.contains("年")
        || ["季度", "月", "月份", "月末"].iter().any(|it| text.ends_with(it));
    dated
        && !text.ends_with(|it: char| it.is_ascii_digit())
        && !numbers.is_empty()
        && numbers.len() <= 4
        && numbers.iter().all(plain)
}

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
    if starts.iter().any(|start| text.starts_with(start)) {
        return true;
    }
    // 共 12 笔, 总共 12 户
    if let Some(rest) = text.strip_prefix("总共").or_else(|| text.strip_prefix('共')) {
        let counts = is_count(rest) && !rest.is_empty() || is_count_in_words(rest);
        return counts && !rest.contains('页');
    }
    let english = |it: &&str| {
        text.strip_prefix(*it).is_some_and(|rest| {
            !rest.starts_with(|it: char| it.is_alphanumeric() || it == '_')
                || rest.starts_with("amount")
                || is_count(rest) && rest.ends_with(char::is_alphabetic)
        })
    };
    ENGLISH_SUMS.iter().any(english)
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

/// `一笔`, `十二户`: a count in Chinese numerals and nothing else.
fn is_count_in_words(rest: &str) -> bool {
    let numeral = |it: char| "〇零一二三四五六七八九十百千万两".contains(it);
    let counted = rest.trim_start_matches(numeral).trim_end_matches(['贷', '款', ':']);
    counted.len() < rest.len() && COUNTED.contains(&counted)
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
    let words: String = text.chars().filter(|c| !sign(*c)).collect();
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
mod tests;
