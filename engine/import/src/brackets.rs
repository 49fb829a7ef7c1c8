//! What stands in brackets behind the name of a column (列名里的括号): a unit, a hint for
//! whoever fills the list in, or that it is another column: `联系电话(配偶)`.

use super::cells;
use super::units::{self, Unit};

/// What brackets may hold without making another column: hints, and whose column it
/// is where that is the borrower.
const HINTS: &[&str] = &[
    "必填",
    "必填项",
    "必录",
    "必输",
    "选填",
    "选填项",
    "选录",
    "选输",
    "非必填",
    "可选",
    "可空",
    "可为空",
    "可不填",
    "不能为空",
    "如有",
    "若有",
    "没有不填",
    "无则不填",
    "无则留空",
    "唯一",
    "主键",
    "本人",
    "客户",
    "客户本人",
    "借款人",
    "借款人本人",
    "主借款人",
    "债务人",
    "人民币",
    "本币",
    "rmb",
    "cny",
    "小写",
    "阿拉伯数字",
    "全称",
    "明文",
    "文本",
    "文本格式",
    "文本型",
    "数字",
    "数值",
    "日期",
    "日期格式",
    "精确到分",
    "到分",
    "两位小数",
    "保留两位小数",
    "保留2位小数",
    "2位小数",
    "天",
    "日",
    "月",
    "个月",
    "户",
    "笔",
    "人",
    "required",
    "optional",
    "text",
    "number",
    "numeric",
    "date",
    "days",
    "months",
    "√",
];

/// A header without blanks, case, width, unit and hints: `Case ID` is `caseid`,
/// `借款本金(元)` is `借款本金`. Any other word in brackets stays with the name, for it
/// makes another column.
pub(crate) fn squeeze(header: &str) -> String {
    let plain = cells::plain(header).to_lowercase();
    let name = without_hints(&plain);
    if bracketed(name).is_some() || Unit::of_header(name).is_none() {
        return signs_off(name);
    }
    // `余额 万`, `万元余额`
    let bare = units::BARE_ENDS.iter().find_map(|end| {
        name.strip_suffix(end).or_else(|| name.strip_prefix(end)).map(str::trim)
    });
    let bare = bare.filter(|bare| !bare.is_empty());
    let parted = name.rsplit_once([':', '/', '_', ',']).map(|rsplit_once| rsplit_once.0);
    // `余额 单位:万元`
    let parted = parted.map(|parted| parted.strip_suffix("单位").unwrap_or(parted));
    signs_off(parted.or(bare).unwrap_or(name))
}

/// A header without what stands in brackets behind it, whatever that is: what a column
/// such as `冲正标志(1是0否)` is about.
pub(crate) fn stem(header: &str) -> String {
    let plain = cells::plain(header).to_lowercase();
    let mut name = plain.as_str();
    while let Some((before, _)) = bracketed(name) {
        name = before;
    }
    squeeze(name)
}

/// A name and the word in brackets behind it, hints and units aside.
pub(crate) fn parted(header: &str) -> Option<(String, String)> {
    let plain = cells::plain(header).to_lowercase();
    let (before, inside) = bracketed(without_hints(&plain))?;
    Some((squeeze(before), signs_off(inside)))
}

/// The same with the word in front, as most lists name such a column: `电话(保证人2)`
/// is `保证人2电话`.
pub(crate) fn turned(header: &str) -> Option<String> {
    parted(header).map(|(name, inside)| format!("{inside}{name}"))
}

/// Whether a word in brackets says what the column holds anyway: the values of a column
/// of few words, or that everything owed is all of it.
pub(crate) fn says_no_more(column: &str, inside: &str) -> bool {
    const ALL: &[&str] = &[
        "本息",
        "含息",
        "含本息",
        "含利息",
        "含罚息",
        "含利息罚息",
        "本金+利息",
        "本金和利息",
        "本金利息",
        "本金+利息+罚息",
        "本金利息罚息",
        "本息合计",
        "合计",
    ];
    match column {
        "owed" | "overdue" => ALL.contains(&inside),
        "kind" | "outcome" | "guarantee_kind" => inside.contains(['/', '、', ',', ';']),
        _ => false,
    }
}

fn signs_off(name: &str) -> String {
    let sign =
        |it: &char| it.is_whitespace() || matches!(it, '_' | '-' | '*' | ':' | '#');
    name.chars().filter(|c| !sign(c)).collect()
}

fn without_hints(plain: &str) -> &str {
    let mut name = plain;
    while let Some((before, _)) = bracketed(name).filter(|bracketed| is_hint(bracketed.1))
    {
        name = before;
    }
    name
}

/// A name and what stands in the last brackets behind it.
fn bracketed(name: &str) -> Option<(&str, &str)> {
    let (before, inside) =
        name.trim_end().strip_suffix(units::CLOSING)?.rsplit_once(units::OPENING)?;
    let before = before.trim_end();
    (!before.is_empty()).then_some((before, inside))
}

fn is_hint(inside: &str) -> bool {
    let sign =
        |it: &char| it.is_whitespace() || matches!(it, '*' | '#' | '_' | '"' | '※');
    let inside: String = inside.chars().filter(|c| !sign(c)).collect();
    let whole = |it: &str| {
        it.is_empty()
            || HINTS.contains(&it)
            || is_unit(it)
            || is_format(it)
            || is_length(it)
    };
    whole(&inside) || inside.split([',', '、', ';', '/', '。']).all(whole)
}

/// `元`, `单位:万元`, `美元`: whether the unit can be read is asked elsewhere.
fn is_unit(word: &str) -> bool {
    let word =
        ["金额单位", "单位"].iter().find_map(|it| word.strip_prefix(it)).unwrap_or(word);
    let word = word.trim_start_matches([':', '为']);
    let several = !word.is_ascii() && word.contains([',', '、', ';', '/', ':']);
    !several && Unit::beginning(word).is_some()
}

/// `yyyy-mm-dd`, `格式:年月日`, `例:2026-01-31`.
fn is_format(word: &str) -> bool {
    let example =
        ["例如", "例:", "如:", "样例", "形如"].iter().any(|it| word.starts_with(it));
    let number = word
        .strip_prefix('如')
        .is_some_and(|rest| rest.starts_with(|rest: char| rest.is_ascii_digit()));
    let format = ["日期格式", "格式"].iter().find_map(|it| word.strip_prefix(it));
    let format = format.unwrap_or(word).trim_start_matches([':', '为']);
    let letters = format.chars().all(|c| "ymdhs年月日时分秒-/.:".contains(c));
    let year = format.contains(['y', '年']) && 3 <= format.chars().count();
    example || number || letters && year
}

/// `11位`, `18位数字`.
fn is_length(word: &str) -> bool {
    let word = word.strip_suffix("数字").unwrap_or(word);
    let word = word.strip_suffix('数').unwrap_or(word);
    word.strip_suffix('位').is_some_and(cells::all_digits)
}

#[cfg(test)]
mod tests {
    use super::super::headers::ColumnsWanted;
    use super::super::{Options, cases};
    use super::*;

    #[test]
    fn a_unit_and_a_hint_in_brackets_make_no_other_column() {
        let headers = [
            ("借款本金(元)", "借款本金"),
            ("借款本金（万元）", "借款本金"),
            ("余额(单位:元)", "余额"),
            ("余额(元)(必填)", "余额"),
            ("余额【元，必填】", "余额"),
            ("金额(人民币)", "金额"),
            ("金额(美元)", "金额"),
            ("金额(元/笔)", "金额"),
            ("*手机号(11位)", "手机号"),
            ("手机号(本人)", "手机号"),
            ("联系电话(借款人)", "联系电话"),
            ("放款日期(yyyy-mm-dd)", "放款日期"),
            ("放款日期(格式:YYYY/MM/DD)", "放款日期"),
            ("放款日期(例:2026-01-31)", "放款日期"),
            ("身份证号(18位数字)", "身份证号"),
            ("保证期间(月)", "保证期间"),
            ("principal ('000)", "principal"),
            ("余额 万", "余额"),
            ("万元余额", "余额"),
        ];
        for (header, name) in headers {
            assert_eq!(squeeze(header), name, "{header}");
        }
    }

    #[test]
    fn any_other_word_in_brackets_makes_another_column() {
        let headers = [
            "联系电话(配偶)",
            "手机(联系人)",
            "联系电话(村干部)",
            "联系电话(单位)",
            "手机号【家属】",
            "余额(存款)",
            "余额(上月末)",
            "余额(元)(存款)",
            "金额(元,应还)",
            "金额(账户余额)",
            "逾期天数(历史最长)",
            "逾期利息(表外)",
            "保证期间(年)",
        ];
        for header in headers {
            let name = stem(header);
            assert_ne!(squeeze(header), name, "{header}");
            assert!(!name.contains(['(', '【']), "{header}");
        }
        assert_eq!(turned("电话(保证人2)").as_deref(), Some("保证人2电话"));
        assert_eq!(turned("借款本金(元)"), None);
        assert_eq!(stem("冲正标志(1-是,0-否)"), "冲正标志");
    }

    #[test]
    fn a_word_in_brackets_may_make_another_column() {
        let options = Options::default();
        let wanted = ColumnsWanted::new(cases::COLUMNS, &[], &options);
        let headers = [
            ("联系电话(配偶)", None),
            ("手机号【家属】", None),
            ("余额(存款)", None),
            ("逾期天数(历史最长)", None),
            ("逾期利息(表外)", None),
            ("电话(保证人)", Some("guarantor_phone")),
            ("姓名(担保人)", Some("guarantor")),
            ("保证人(电话)", Some("guarantor_phone")),
            ("手机(担保人2)", Some("guarantor2_phone")),
            ("保证人(2)电话", Some("guarantor2_phone")),
            ("联系电话(手机)", Some("phone")),
            ("电话(客户)", Some("phone")),
            ("手机号(本人)", Some("phone")),
            ("余额(当前)", Some("balance")),
            ("本金(逾期)", Some("overdue_principal")),
            ("逾期金额(本息)", Some("overdue")),
            ("逾期金额(表外)", None),
            ("借款本金(元)", Some("principal")),
        ];
        for (header, column) in headers {
            assert_eq!(wanted.known_as(header), column, "{header}");
        }
    }
}
