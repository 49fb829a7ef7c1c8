//! Rows of reports (报表行) that are rows of a list, and rows that are none.

use csv::StringRecord;

use super::*;

fn of(line: &str) -> Option<Passed> {
    let cells: StringRecord = line.split('|').collect();
    passed_over(&Row::of(1, cells), AT, 4)
}

fn is_doubted(line: &str) -> bool {
    let cells: StringRecord = line.split('|').collect();
    let row = Row::of(1, cells);
    passed_over(&row, AT, 4).is_none() && doubtful(&row, AT).is_some()
}

const AT: Places = Places { case: Some(0), name: Some(1) };

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
        "Grand-Total:|||8000",
        "TTL|||8000",
        "共一笔|||8000",
        "共十二户|||8000",
        "2|青石社小计|1|8000",
        "12|石桥村合计:|100000|80000",
    ];
    for line in lines {
        assert_eq!(of(line), Some(Passed::Total), "{line}");
    }
}

/// What a bank's programs write below a list: without a person beside it no loan.
const COUNTS: &[&str] = &[
    "本页小计 2 笔",
    "逾期合计2笔",
    "户数:2",
    "笔数 2",
    "总户数2",
    "计2户",
    "2笔/2户",
    "青石信用社2笔",
    "∑2",
    "Count: 2",
    "Average",
    "AVG",
    "2 loans",
    "Number of loans: 2",
    "2026年11月",
    "2026年",
    "11月份",
    "第四季度",
    "上年同期2",
    "同比",
    "最大值",
    "Qingshi Total",
];

#[test]
fn sums_count_wherever_the_count_stands() {
    let lines = [
        "本页小计:1笔||50000|40000",
        "本页小计 2 笔||50000|40000",
        "逾期合计2笔||50000|40000",
        "全社合计:2户||50000|40000",
        "户数合计:2||50000|40000",
        "合計2戶||50000|40000",
        "本頁小計|||8000",
        "總計:2筆|||8000",
        "彙總|||8000",
        "青石分社 计数|2||8000",
        "2|合计|100000|80000",
        "12|总计|100000|80000",
        "2|Grand Total|100000|80000",
        "2|户数合计|100000|80000",
        "2户|合计|100000|80000",
        "2||合计|80000",
    ];
    for line in lines {
        assert_eq!(of(line), Some(Passed::Total), "{line}");
    }
    for label in COUNTS {
        assert_eq!(of(&format!("{label}||5|8")), Some(Passed::Total), "{label}");
    }
}

#[test]
fn what_may_be_a_sum_or_a_loan_is_neither_taken_nor_dropped_in_silence() {
    for label in COUNTS {
        let line = format!("{label}|示例甲|50000|40000");
        assert!(is_doubted(&line) || of(&line) == Some(Passed::Total), "{line}");
    }
    let lines = [
        "QS-1|合计|50000|40000",
        "20260012|总计|50000|40000",
        "QS合计00012|示例甲|50000|40000",
        "2026年11月|示例甲|50000|40000",
        "2户|示例甲|50000|40000",
        "汇总表|示例乙|50000|40000",
        "20260012|青石社小计|50000|40000",
    ];
    for line in lines {
        assert!(is_doubted(line), "{line}");
    }
    // Without a column of names nobody can tell.
    let row = Row::of(1, "青石信用社2笔|50000".split('|').collect());
    let at = Places { case: Some(0), name: None };
    assert!(passed_over(&row, at, 4).is_none() && doubtful(&row, at).is_some());
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
        "农户001|示例甲||5000",
        "农户1|示例甲||5000",
        "户001|示例甲||5000",
        "借字第12笔|示例甲||5000",
        "农信借字(2026)第12号|示例甲||5000",
        "2026年借字12号|示例甲||5000",
        "2026-11-0002|示例甲||5000",
        "MIN001|示例甲||5000",
        "1月5日|示例甲||5000",
        "2||8000|8000",
        "QS-2||合计|8000",
        "12|张小计|50000|40000",
        "共同一笔001|示例甲||5000",
        "TTL001|示例甲||5000",
    ];
    for line in lines {
        assert_eq!(of(line), None, "{line}");
        assert!(!is_doubted(line), "{line}");
    }
}
