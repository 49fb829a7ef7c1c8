//! Texts of lists as banks and people make them (各种写法的清单), and what is read of
//! each.

use domain::ledger::EntryKind;
use domain::money::Fen;
use domain::say::Lang;
use jiff::civil::date;
use smol_str::SmolStr;

use super::Options;
use super::StatedDay;
use super::cases::{CaseList, CaseRecord};
use super::events::{EventList, What};
use super::fault::FileFault;
use super::feed::{self, Portion};

fn read(text: &str) -> Portion<CaseRecord> {
    match try_read(text, &Options::default()) {
        Ok(portion) => portion,
        Err(fault) => panic!("{fault}\n{text}"),
    }
}

fn try_read(text: &str, options: &Options) -> Result<Portion<CaseRecord>, FileFault> {
    feed::of_text::<CaseList>(text, options)
}

/// `QS-1 示例甲 5000.00` for every loan that was read.
pub(super) fn loans(portion: &Portion<CaseRecord>) -> Vec<String> {
    let loan = |it: &CaseRecord| {
        let name = it.debtor.name.as_deref().unwrap_or_default();
        let principal =
            it.principal.map(|principal| principal.to_string()).unwrap_or_default();
        format!("{} {name} {principal}", it.case_no)
    };
    portion.good.iter().map(|it| loan(&it.1)).collect()
}

/// Line and code of every row that was refused.
pub(super) fn rejected(portion: &Portion<CaseRecord>) -> Vec<(u64, &'static str)> {
    portion.rejected.iter().map(|it| (it.0.line, it.1.code)).collect()
}

#[test]
fn the_list_is_found_whatever_stands_around_it() {
    let lists = [
        "贷款编号,客户姓名,借款本金\nQS-1,示例甲,5000\n",
        "青石联社逾期清单,,\n,,\n贷款编号,客户姓名,借款本金\nQS-1,示例甲,5000\n",
        "青石联社逾期清单\n\n贷款编号,客户姓名,借款本金\nQS-1,示例甲,5000\n",
        "编制单位:青石联社,,报表日期:2026-11-27\n贷款编号,客户姓名,借款本金\nQS-1,示例甲,5000\n",
        "机构,青石联社,\n截止日期,2026-11-27,\n单位:元,,\n贷款编号,客户姓名,借款本金\nQS-1,示例甲,5000\n",
        "sep=,\n贷款编号,客户姓名,借款本金\nQS-1,示例甲,5000\n",
        "贷款编号\t客户姓名\t借款本金\nQS-1\t示例甲\t5000\n",
        "贷款编号;客户姓名;借款本金\nQS-1;示例甲;5000\n",
        "贷款编号|客户姓名|借款本金\nQS-1|示例甲|5000\n",
        "清单,2026年,11月,27日,编制\n贷款编号|客户姓名|借款本金\nQS-1|示例甲|5000\n",
        "\u{feff}贷款编号,客户姓名,借款本金\r\nQS-1,示例甲,5000\r\n",
        "贷款编号,客户姓名,借款本金\rQS-1,示例甲,5000\r",
        "贷款编号,客户姓名,借款本金\n\n,,\nQS-1,示例甲,5000\n\n\n",
        "\"贷款编号\",\"客户姓名\",\"借款本金\"\n\"QS-1\",\"示例甲\",\"5000\"\n",
        "\"贷款\n编号\",客户姓名,借款本金\nQS-1,示例甲,5000\n",
        "贷款编号,客户姓名,借款本金(元)\nQS-1,示例甲,5000\n",
        "贷款编号,客户姓名,借款本金,,\nQS-1,示例甲,5000,,\n",
        "序号,客户信息,,贷款信息\n,贷款编号,客户姓名,借款本金\n1,QS-1,示例甲,5000\n",
        "贷款编号,借款人,,借款本金\n,姓名,电话,\nQS-1,示例甲,13900000001,5000\n",
        "贷款编号,客户姓名,借款本金\nQS-1,示例甲,5000\n合计,1户,5000\n制表人:示例丁,,\n",
        "贷款编号,客户姓名,借款本金\nQS-1,示例甲,5000\n第1页共1页\n",
        "贷款编号,客户姓名,借款本金\r\nQS-1,示例甲,5000\r\n\u{1a}",
        "币种:人民币,,\n贷款编号,客户姓名,借款本金\nQS-1,示例甲,5000\n",
    ];
    for list in lists {
        let portion = read(list);
        assert_eq!(loans(&portion), ["QS-1 示例甲 5000.00"], "{list}");
        assert_eq!(rejected(&portion), [], "{list}");
        assert_eq!(portion.rows, 1, "{list}");
    }
}

#[test]
fn two_lists_in_one_file_are_refused_and_no_row_is_taken_for_a_title() {
    let first = "case_id,principal\nX-1,5000\n";
    let second = "贷款编号,借款本金,客户姓名\nQS-1,500,示例甲\n";
    let as_wide = "贷款编号,逾期金额,客户姓名\nQS-1,500,示例甲\n";
    let wider = "贷款编号,借款本金,客户姓名,手机号\n";
    let rows = "X-1,5000,示例乙,\n".repeat(99);
    let files = [
        (format!("{first}{second}"), 3),
        (format!("{second}{first}"), 3),
        (format!("{}{as_wide}", second.replace("QS-1", "1")), 3),
        (format!("{wider}{rows}{second}"), 101),
        (format!("{second}合计,500,\n{as_wide}"), 4),
    ];
    for (file, line) in files {
        let read_both = try_read(&file, &Options::default());
        let Err(fault) = read_both else { panic!("two lists are no list: {file}") };
        assert_eq!((fault.code, fault.line), ("I036", Some(line)), "{fault}");
    }
}

#[test]
fn headings_in_two_languages_are_those_of_one_list() {
    let codes = "case_id,name,principal,phone,org\n";
    let said = "贷款编号,客户姓名,借款本金,,\n";
    let row = "QS-1,示例甲,5000,13900000001,青石\n";
    for needed in ["必填,必填,选填,,\n", "char(32),text,number,,\n", ""] {
        let portion = read(&format!("{said}{needed}{codes}{row}"));
        assert_eq!(loans(&portion), ["QS-1 示例甲 5000.00"], "{needed}");
        assert_eq!(rejected(&portion), [], "{needed}");
    }
    // The codes are a row that is refused where they name no more than the words do.
    let portion =
        read("贷款编号,客户姓名,借款本金\ncase_id,name,principal\nQS-1,示例甲,5000\n");
    assert_eq!(loans(&portion), ["QS-1 示例甲 5000.00"]);
}

#[test]
fn a_header_that_comes_again_on_every_page_is_no_row() {
    let page = "青石联社逾期清单,,\n单位:元,,\n贷款编号,客户姓名,借款本金\n";
    let list = format!(
        "{page}QS-1,示例甲,5000\n本页小计,,5000\n第 1 页,,共 2 页\n\
         {page}QS-2,示例乙,3000\n本页小计,,3000\n总 计:,,8000\n第 2 页,,共 2 页\n\
         制表:示例丁,复核:示例戊,\n"
    );
    let portion = read(&list);
    assert_eq!(loans(&portion), ["QS-1 示例甲 5000.00", "QS-2 示例乙 3000.00"]);
    assert_eq!(rejected(&portion), []);
    let told = portion.notices[0].text(Lang::En);
    assert!(
        told.starts_with("6 rows") && told.contains("lines 5, 6, 11, 12, 13, 14"),
        "{told}"
    );
}

#[test]
fn a_header_of_two_rows_keeps_people_apart() {
    let list = "贷款编号,借款人,,保证人,,借款本金\n\
        ,姓名,电话,姓名,电话,\n\
        QS-1,示例甲,13900000001,示例保,13900000011,5000\n";
    let portion = read(list);
    let case = &portion.good[0].1;
    assert_eq!(case.debtor.name.as_deref(), Some("示例甲"));
    assert_eq!(case.debtor.phone.as_deref(), Some("13900000001"));
    assert_eq!(case.guarantors[0].person.name.as_deref(), Some("示例保"));
    assert_eq!(case.guarantors[0].person.phone.as_deref(), Some("13900000011"));
}

#[test]
fn a_unit_other_than_the_yuan_is_honored_or_refused() {
    let lists = [
        ("单位:万元\n贷款编号,客户姓名,借款本金\nQS-1,示例甲,5\n", 1),
        ("清单,,单位:万元\n贷款编号,客户姓名,借款本金\nQS-1,示例甲,5\n", 1),
        ("清单,单位:,万元\n贷款编号,客户姓名,借款本金\nQS-1,示例甲,5\n", 1),
        ("清单(万元)\n\n贷款编号,客户姓名,借款本金\nQS-1,示例甲,5\n", 1),
        ("贷款编号,客户姓名,借款本金(万元)\nQS-1,示例甲,5\n", 1),
        ("贷款编号,客户姓名,借款本金\nQS-1,示例甲,5\n注:金额单位为万元,,\n", 3),
        ("贷款编号,客户姓名,借款本金\nQS-1,示例甲,5\n单位:万元\n", 3),
    ];
    let dollars = "币种:美元\n贷款编号,客户姓名,借款本金\nQS-1,示例甲,5\n";
    let fault = try_read(dollars, &Options::default()).map(|it| it.rows).unwrap_err();
    assert_eq!((fault.code, fault.line), ("I033", Some(1)));
    for (list, line) in lists {
        match try_read(list, &Options::default()) {
            Ok(portion) => panic!("{:?} of {list}", loans(&portion)),
            Err(fault) => {
                assert_eq!((fault.code, fault.line), ("I033", Some(line)), "{list}");
            }
        }
        let unit = Some(super::Unit::TenThousand);
        let portion = try_read(list, &Options { unit, ..Options::default() }).unwrap();
        assert_eq!(loans(&portion), ["QS-1 示例甲 50000.00"], "{list}");
    }
}

#[test]
fn what_stands_between_two_lists_is_read_as_what_stands_above_the_first() {
    const HEADER: &str = "贷款编号,客户姓名,借款本金,余额,逾期本金,逾期天数\n";
    let first = format!("{HEADER}QS-1,示例甲,5000,4000,100,8\n合计,,5000,4000,100,\n");
    let second = "QS-2,示例乙,3000,2000,100,8\n";
    // (lines above the header, lines below it, fault)
    let files = [
        ("柳树信用社逾期清单,,单位:万元,,,\n", "", ("I033", 4)),
        ("柳树信用社逾期清单(单位:万元),,,,,\n", "", ("I033", 4)),
        ("单位:万元\n", "", ("I033", 4)),
        ("币种:美元,,,,,\n", "", ("I033", 4)),
        ("", ",,万元,万元,万元,天\n", ("I033", 5)),
        ("", ",,(万元),(万元),(万元),\n", ("I033", 5)),
        ("贷款编号,客户姓名,贷款,,逾期,\n,,本金,余额,本金,天数\n", "", ("I036", 5)),
    ];
    for (above, below, fault) in files {
        let file = format!("{first}{above}{HEADER}{below}{second}");
        match try_read(&file, &Options::default()) {
            Ok(portion) => panic!("{:?} of {file}", loans(&portion)),
            Err(it) => assert_eq!((it.code, it.line), (fault.0, Some(fault.1)), "{file}"),
        }
    }
    for units in ["", ",,元,元,元,天\n"] {
        let portion = read(&format!("{first}{HEADER}{units}{second}"));
        let expected = ["QS-1 示例甲 5000.00", "QS-2 示例乙 3000.00"];
        assert_eq!(loans(&portion), expected, "{units}");
        assert_eq!(rejected(&portion), [], "{units}");
    }
}

#[test]
fn the_day_of_a_list_is_read_wherever_it_stands() {
    const HEADER: &str = "贷款编号,客户姓名,借款本金,余额,逾期本金,逾期天数\n";
    let first = format!("{HEADER}QS-1,示例甲,5000,4000,100,8\n");
    let second = format!("{HEADER}QS-2,示例乙,3000,2000,100,8\n");
    let day = date(2026, 11, 20);
    let files = [
        (format!("{first}{second}"), None),
        (format!("{first}制表日期:2026-11-20,,,,,\n"), Some(StatedDay::Made(day))),
        (
            format!("{first}制表人:示例丁,,,2026年11月20日,,\n"),
            Some(StatedDay::Made(day)),
        ),
        (
            format!("数据日期:2026-11-20,,,,,\n{first}打印日期:2026-11-21,,,,,\n"),
            Some(StatedDay::Through(day)),
        ),
        (format!("{first}截至2026-11-20,,,,,\n{second}"), Some(StatedDay::Unclear)),
        (format!("{first}逾期清单,截至2026-11-20\n{second}"), Some(StatedDay::Unclear)),
        // Of a row of the list, and of a remark below it.
        (format!("{first},示例丙,,2026-11-20,,\n"), None),
        (format!("{first}备注:2026年11月20日前有效,,,,,\n"), None),
    ];
    for (file, expected) in files {
        assert_eq!(read(&file).stated.map(|it| it.day), expected, "{file}");
    }
}

#[test]
fn one_bad_row_costs_itself_and_no_other() {
    let bad = [
        ("QS-1,\"示例甲,5000", "R036"),
        ("QS-1,\"示例甲\"之子,5000", "R036"),
        ("QS-1,示\u{1}例,5000", "R035"),
        ("QS-1,示\0例,5000", "R035"),
        ("QS-1,示\u{fffd},5000", "R032"),
        ("QS-1,???,5000", "R032"),
        ("QS-1,王?,5000", "R032"),
        ("QS-1,示例甲", "R001"),
        ("QS-1,示例甲,5000,x", "R001"),
        ("QS-1,示例甲,5.001", "R012"),
        ("QS-1,示例甲,-5000", "R011"),
        ("本表由系统生成,,", "R004"),
        ("QS-1,,", "R004"),
        ("QS-1,示例甲,#N/A", "R012"),
        ("QS-1,#N/A,5000", "R034"),
        ("#REF!,示例甲,5000", "R034"),
        ("6.2E+17,示例甲,5000", "R030"),
        ("2026/1/5,示例甲,5000", "R038"),
        (",示例甲,5000", "R002"),
        ("NULL,示例甲,5000", "R002"),
        (",,8000", "R004"),
        ("QS-1,示例甲,$5000", "R015"),
    ];
    for (row, code) in bad {
        let list = format!(
            "贷款编号,客户姓名,借款本金\nQS-0,示例零,1000\n{row}\nQS-2,示例乙,\"3,000.00\"\nQS-3,\"示例丙\",2000\n"
        );
        let portion = read(&list);
        assert_eq!(rejected(&portion), [(3, code)], "{row}");
        assert_eq!(portion.good.len(), 3, "{row}");
    }
}

#[test]
fn what_programs_do_to_numbers_does_not_become_part_of_them() {
    let cells = [
        ("=\"00123\"", "00123"),
        ("\"=\"\"00123\"\"\"", "00123"),
        ("'00123", "00123"),
        ("`00123", "00123"),
        ("1001.0", "1001"),
        ("QS\u{200b}-1", "QS-1"),
        ("QS-1", "QS-1"),
        ("\u{a0}QS-1\u{3000}", "QS-1"),
    ];
    for (cell, number) in cells {
        let portion = read(&format!("贷款编号,借款本金\n{cell},5000.0\n"));
        assert_eq!(portion.good[0].1.case_no, number, "{cell}");
    }
}

#[test]
fn a_text_that_is_cut_is_refused_with_its_line() {
    let cut = [
        ("贷款编号,借款本金,b\n1,2,3\n4,5", 3),
        ("贷款编号,借款本金,b\n1,2,3\n4,\"5", 3),
        ("贷款编号,借款本金,b\n1,\"2\"\"", 2),
    ];
    for (text, line) in cut {
        match try_read(text, &Options::default()) {
            Ok(_) => panic!("{text:?} was read"),
            Err(fault) => {
                assert_eq!((fault.code, fault.line), ("I021", Some(line)), "{text:?}");
            }
        }
    }
    let portion = read("贷款编号,借款本金\n1,2\n3,4");
    assert_eq!((portion.good.len(), portion.notices.len()), (2, 1));
    let footer = read("贷款编号,借款本金,客户姓名\n1,2,甲\n制表人:示例丁");
    assert_eq!(footer.good.len(), 1, "a signature without a line end cuts nothing");
}

#[test]
fn an_empty_file_is_refused_and_a_header_alone_is_an_empty_book() {
    for text in ["", "\n\n", "  \r\n", ",,\n,,\n"] {
        let fault = try_read(text, &Options::default()).map(|it| it.rows).unwrap_err();
        assert_eq!(fault.code, "I020", "{text:?}");
    }
    assert_eq!(read("case_id,principal\n").rows, 0);
}

#[test]
fn a_wide_file_is_refused_early() {
    let wide = format!("case_id,principal{}\n", ",x".repeat(2_000));
    let endless = format!("case_id,principal,note\nA,5,{}\n", "x".repeat(2 << 20));
    let headless = ",".repeat(200_000) + "\n1,2\n";
    for (text, code) in [(wide, "I007"), (endless, "I008"), (headless, "I030")] {
        let fault = try_read(&text, &Options::default()).map(|it| it.rows).unwrap_err();
        assert_eq!(fault.code, code);
    }
}

#[test]
fn a_message_names_the_line_that_was_taken_for_the_header() {
    let list = "清单,,\n编号,客户姓名,放款日\nQS-1,示例甲,2026-01-05\n";
    let fault = try_read(list, &Options::default()).map(|it| it.rows).unwrap_err();
    assert_eq!((fault.code, fault.line), ("I030", Some(2)));
    let options =
        Options { map: vec!["编号=case_id".parse().unwrap()], ..Options::default() };
    let mapped = "清单,,\n编号,客户姓名,本金\nQS-1,示例甲,5\n";
    assert_eq!(try_read(mapped, &options).unwrap().good.len(), 1);
}

#[test]
fn a_list_of_payments_needs_no_column_of_kinds() {
    let list = "日期,贷款编号,金额\n2026-01-05,QS-1,500\n合计,,500\n";
    let read = |text: &str, kind: &str| {
        let options = Options { kind: Some(kind.to_owned()), ..Options::default() };
        feed::of_text::<EventList>(text, &options).map(|of_text| of_text.good)
    };
    let good = read(list, "payment").unwrap();
    assert_eq!(good.len(), 1);
    let paid = Fen(50_000);
    assert_eq!(good[0].1.what, What::Money(EntryKind::Payment, paid));
    assert_eq!(read(list, "还款").unwrap().len(), 1);
    let with_kinds = list.replace("金额", "类型");
    let refused = [(list, "gift"), (list, "paymnt"), (with_kinds.as_str(), "payment")];
    for (text, kind) in refused {
        let fault = read(text, kind).map(|it| it.len()).unwrap_err();
        assert_eq!(fault.code, "I039", "{kind}");
    }
    let without = feed::of_text::<EventList>(list, &Options::default());
    assert_eq!(without.map(|it| it.rows).unwrap_err().code, "I030");
}

#[test]
fn headers_that_lost_their_chinese_are_told_for_what_they_are() {
    let lost = "????,????,????\nQS-1,???,5000\n";
    let fault = try_read(lost, &Options::default()).err().expect("nobody can read it");
    assert_eq!((fault.code, fault.line), ("I030", Some(1)));
    for (lang, says) in [(Lang::Zh, "另存为“CSV UTF-8”"), (Lang::En, "CSV UTF-8")]
    {
        assert!(fault.text(lang).contains(says), "{}", fault.text(lang));
    }
    let payments = "日期,贷款编号,金额\n2026-01-05,QS-1,500\n";
    let without = feed::of_text::<EventList>(payments, &Options::default());
    let fault = without.err().expect("it has no column of kinds");
    for lang in [Lang::Zh, Lang::En] {
        assert!(fault.text(lang).contains("--kind payment"), "{}", fault.text(lang));
    }
}

#[test]
fn which_way_money_went_is_asked_and_never_guessed() {
    let read = |text: &str, options: &Options| {
        feed::of_text::<EventList>(text, options)
            .map(|of_text| of_text.good.len())
            .map_err(|error| error.code)
    };
    let plain = Options::default();
    let sides = "日期,贷款编号,类型,借方发生额,贷方发生额\n\
        2026-01-05,QS-1,放款,5000,\n2026-01-06,QS-1,还款,,500\n";
    assert_eq!(read(sides, &plain), Err("I038"));
    let mapped =
        Options { map: vec!["贷方发生额=amount".parse().unwrap()], ..plain.clone() };
    assert_eq!(read(sides, &mapped), Ok(1));
    let flagged =
        "日期,贷款编号,借贷标志,金额\n2026-01-05,QS-1,借,5000\n2026-01-06,QS-1,贷,500\n";
    let payments = Options { kind: Some("还款".to_owned()), ..plain };
    assert_eq!(read(flagged, &payments), Err("I038"));
    let chosen = Options { only: vec!["借贷标志=贷".parse().unwrap()], ..payments };
    assert_eq!(read(flagged, &chosen), Ok(1));
}

#[test]
fn rows_with_long_notes_come_in_smaller_portions() {
    let note = "x".repeat(500 << 10);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, b"case_id,principal,note\n").unwrap();
    for row in 0..24 {
        let line = format!("A{row},5,{note}\n");
        std::io::Write::write_all(&mut file, line.as_bytes()).unwrap();
    }
    let mut portions = Vec::new();
    feed::each::<CaseList>(file.path(), &Options::default(), &mut |portion| {
        portions.push(portion.rows);
        Ok(())
    })
    .unwrap();
    assert_eq!(portions.iter().sum::<usize>(), 24);
    assert!(portions.iter().all(|portion| *portion < 20), "{portions:?}");
}

#[test]
fn a_row_of_units_below_the_names_counts_as_part_of_them() {
    for units in [",,万元,万元", ",,(万元),(万元)", "—,—,万元,万元", ",,万元,天"]
    {
        let list = format!("贷款编号,客户姓名,借款本金,余额\n{units}\nQS-1,示例甲,5,4\n");
        let fault = try_read(&list, &Options::default()).err().map(|error| error.code);
        assert_eq!(fault, Some("I033"), "{units}");
        let said = Options { unit: Some(super::Unit::TenThousand), ..Options::default() };
        if let Ok(portion) = try_read(&list, &said) {
            assert_eq!(loans(&portion), ["QS-1 示例甲 50000.00"], "{units}");
        }
    }
    let yuan = "贷款编号,客户姓名,借款本金,余额\n,,元,元\nQS-1,示例甲,5000,4\n";
    let portion = read(yuan);
    assert_eq!(
        (loans(&portion), rejected(&portion)),
        (vec!["QS-1 示例甲 5000.00".to_owned()], vec![])
    );
}

/// `示例乙 13900000002` for every guarantor of the first loan.
fn guarantors(portion: &Portion<CaseRecord>) -> Vec<String> {
    let people = portion.good.iter().take(1).flat_map(|it| &it.1.guarantors);
    let name = |it: &Option<SmolStr>| it.clone().unwrap_or_default();
    people
        .map(|person| {
            format!("{} {}", name(&person.person.name), name(&person.person.phone))
        })
        .collect()
}

#[test]
fn guarantors_are_found_in_every_place_where_lists_put_them() {
    let lists = [
        "贷款编号,借款本金,保证人1,保证人1电话,保证人2,保证人2电话\nQS-1,5,示例乙,13900000002,示例丙,13900000003\n",
        "贷款编号,借款本金,担保人姓名1,担保人手机1,担保人姓名2,担保人手机2\nQS-1,5,示例乙,13900000002,示例丙,13900000003\n",
        "贷款编号,借款本金,保证人一,,保证人二,\n,,姓名,电话,姓名,电话\nQS-1,5,示例乙,13900000002,示例丙,13900000003\n",
        "贷款编号,借款本金,第一保证人,第一保证人手机,第二保证人,第二保证人手机\nQS-1,5,示例乙,13900000002,示例丙,13900000003\n",
        "贷款编号,借款本金,保证人,保证人电话\nQS-1,5,示例乙 示例丙,13900000002 13900000003\n",
        "贷款编号,借款本金,保证人,保证人手机\nQS-1,5,示例乙|示例丙,13900000002|13900000003\n",
        "贷款编号,借款人,,,保证人,,借款本金\n,基本,,联系,,,\n,姓名,身份证号,手机,姓名,手机,\nQS-1,示例甲,,13900000001,示例乙、示例丙,13900000002、13900000003,5\n",
    ];
    for list in lists {
        let portion = read(list);
        assert_eq!(rejected(&portion), [], "{list}");
        let expected = ["示例乙 13900000002", "示例丙 13900000003"];
        assert_eq!(guarantors(&portion), expected, "{list}");
    }
    let second_phone = "贷款编号,借款本金,保证人,保证人电话1,保证人电话2\nQS-1,5,示例乙,13900000002,13900000003\n";
    assert_eq!(guarantors(&read(second_phone)), ["示例乙 13900000002"]);
}

#[test]
fn how_each_guarantor_answers_is_read_where_the_list_says_it_of_each() {
    use domain::party::GuaranteeKind::{General, Joint};
    let read_kinds = |headers: &str, cells: &str| {
        let list = format!(
            "贷款编号,借款本金,放款日期,保证人1,保证人2,{headers}\n\
             QS-1,5,2024-01-01,示例乙,示例丙,{cells}\n"
        );
        let portion = read(&list);
        assert_eq!(rejected(&portion), [], "{list}");
        let found = portion.good.iter().flat_map(|it| &it.1.guarantors);
        found.map(|it| (it.kind, it.period_months)).collect::<Vec<_>>()
    };
    let joint_first = [(Joint, None), (General, None)];
    for headers in ["保证人1保证方式", "保证方式1", "保证人1方式", "保证人保证方式1"]
    {
        assert_eq!(read_kinds(headers, "连带责任保证"), joint_first, "{headers}");
    }
    let both = read_kinds("保证方式1,保证方式2,保证人2保证期间", "一般,连带,12");
    assert_eq!(both, [(General, None), (Joint, Some(12))]);
    let all = read_kinds("保证方式,保证方式2", "连带,一般");
    assert_eq!(all, [(Joint, None), (General, None)], "what is said of one counts first");
}

#[test]
fn the_row_of_a_guarantor_makes_nobody_a_borrower() {
    for header in ["角色", "客户类型", "与借款人关系"] {
        let list = format!(
            "贷款编号,{header},姓名,借款本金\nQS-1,保证人,示例乙,5\nQS-1,借款人,示例甲,5\n\
             QS-2,担保人,示例丙,6\nQS-3,,示例丁,7\n"
        );
        let portion = read(&list);
        assert_eq!(rejected(&portion), [(2, "R056"), (4, "R056")], "{header}");
        assert_eq!(loans(&portion), ["QS-1 示例甲 5.00", "QS-3 示例丁 7.00"]);
    }
    let how = "贷款编号,担保方式,姓名,借款本金\nQS-1,保证人,示例甲,5\n";
    assert_eq!(rejected(&read(how)), []);
}

#[test]
fn what_is_no_loan_and_who_has_died_is_a_question() {
    let list = "贷款编号,客户姓名,借款本金\nQS-1,示例甲(已故),5\n汇总表,示例乙,6\n农信第七号,示例丙,7\n";
    let portion = read(list);
    assert_eq!(rejected(&portion), [(2, "R055"), (3, "R006")]);
    assert_eq!(loans(&portion), ["农信第七号 示例丙 7.00"]);
}

#[test]
fn the_yuan_is_known_by_the_words_of_core_systems() {
    for word in
        ["人民币", "RMB", "CNY", "cny", "本币", "01", "156", "156-人民币", "人民币(CNY)"]
    {
        let list = format!("贷款编号,借款本金,币种\nQS-1,5,{word}\n");
        let portion = read(&list);
        let told = portion.good.first().and_then(|it| it.1.currency.clone());
        assert_eq!(told.as_deref(), Some("CNY"), "{word}");
    }
}

#[test]
fn a_list_of_payments_is_known_by_the_names_that_banks_give_its_columns() {
    let headers = [
        ("交易日期", "还款金额"),
        ("还款日期", "实收金额"),
        ("交易时间", "回款金额"),
        ("实际还款日期", "实际还款金额"),
        ("日期", "还款总额"),
    ];
    let options = Options { kind: Some("payment".to_owned()), ..Options::default() };
    for (day, amount) in headers {
        let list = format!("{day},贷款编号,{amount}\n2026-03-02,QS-1,100.00\n");
        let portion = feed::of_text::<EventList>(&list, &options).unwrap();
        let row = portion.good.first().map(|it| (it.1.on, it.1.what.clone()));
        let paid = What::Money(EntryKind::Payment, Fen(10_000));
        assert_eq!(row, Some((date(2026, 3, 2), paid)), "{day} {amount}");
    }
}
