//! Every way in which a number has been seen written (电话号码的测试).

use proptest::prelude::*;

use super::*;

fn numbers(cell: &str) -> Vec<String> {
    let read = read(cell).unwrap_or_else(|why| panic!("{cell:?}: {why:?}"));
    read.into_iter().map(|it| it.number).collect()
}

#[test]
fn a_mobile_is_read_however_it_is_written() {
    let table = [
        "13900000001",
        " 13900000001 ",
        "139 0000 0001",
        "139-0000-0001",
        "139.0000.0001",
        "１３９０００００００１",
        "\u{202d}13900000001\u{202c}",
        "\u{feff}13900000001\u{200b}",
        "139\u{a0}0000\u{a0}0001",
        "139—0000—0001",
        "+8613900000001",
        "+86 139 0000 0001",
        "(+86)13900000001",
        "+86-139-0000-0001",
        "8613900000001",
        "86-13900000001",
        "008613900000001",
        "013900000001",
        "13900000001.0",
        "13900000001.00",
        "1.3900000001E+10",
        "1.3900000001e10",
        "'13900000001",
        "=\"13900000001\"",
        "\"13900000001\"",
        "手机:13900000001",
        "手机号码：13900000001",
        "本人13900000001",
        "13900000001(本人)",
        "Tel: 139 0000 0001",
        "13900000001/13900000001",
        "13900000001、无",
        "无/13900000001",
    ];
    for cell in table {
        assert_eq!(numbers(cell), ["13900000001"], "{cell:?}");
        assert!(read(cell).unwrap()[0].takes_texts(), "{cell:?}");
    }
}

#[test]
fn a_landline_is_for_calls_alone() {
    let table = [
        ("0555-1234567", None),
        ("0555-2234567", Some("05552234567")),
        ("(0555)2234567", Some("05552234567")),
        ("0555 22345678", Some("055522345678")),
        ("010-62345678", Some("01062345678")),
        ("021 62345678", Some("02162345678")),
        ("+86 555 2234567", Some("05552234567")),
        ("+86-10-62345678", Some("01062345678")),
        ("0555-2234567-8001", Some("05552234567-8001")),
        ("0555-2234567转8001", Some("05552234567-8001")),
        ("电话:0555-2234567", Some("05552234567")),
    ];
    for (cell, number) in table {
        let read = read(cell).ok().and_then(|it| it.into_iter().next());
        assert_eq!(read.as_ref().map(Phone::as_str), number, "{cell:?}");
        assert!(read.is_none_or(|it| !it.takes_texts()), "{cell:?}");
    }
}

#[test]
fn what_is_stored_reads_as_itself() {
    for cell in
        ["13900000001", "00000000007", "05552234567", "05552234567-8001", "+66812345678"]
    {
        assert_eq!(numbers(cell), [cell]);
    }
}

#[test]
fn a_word_or_a_digit_over_and_over_says_that_there_is_none() {
    let table = [
        "",
        " ",
        "\u{200b}",
        "无",
        "暂无",
        "没有",
        "不详",
        "0",
        "0.0",
        "00000000",
        "11111111111",
        "#N/A",
        "#REF!",
        "#VALUE!",
        "N/A",
        "NULL",
        "None",
        "-",
        "--",
        "——",
        "/",
        "?",
        "空号",
        "停机",
        "无电话",
        "（无）",
        "无。",
        "手机:无",
    ];
    for cell in table {
        assert_eq!(read(cell), Ok(Vec::new()), "{cell:?}");
    }
}

#[test]
fn what_is_no_number_is_none_and_says_why() {
    use NotAPhone::{Hotline, Masked, NoAreaCode, OtherWords, Rounded, WrongLength};
    let table = [
        ("1390000000", WrongLength),
        ("139000000012", WrongLength),
        ("12345678901", WrongLength),
        ("110", WrongLength),
        ("95588", WrongLength),
        ("+1", WrongLength),
        ("6223456", NoAreaCode),
        ("62234567", NoAreaCode),
        ("139****0001", Masked),
        ("139xxxx0001", Masked),
        ("1.39E+10", Rounded),
        ("1.39e10", Rounded),
        ("4001234567", Hotline),
        ("13900000001(儿子)", OtherWords),
        ("儿子 13900000001", OtherWords),
        ("单位电话13900000001", OtherWords),
        ("石桥村1号", OtherWords),
        ("qq 123456", OtherWords),
    ];
    for (cell, why) in table {
        assert_eq!(read(cell), Err(why), "{cell:?}");
        assert_eq!(first(cell), None, "{cell:?}");
    }
}

#[test]
fn two_numbers_in_a_cell_are_two() {
    let table = [
        "13900000001/13900000002",
        "13900000001、13900000002",
        "13900000001,13900000002",
        "13900000001；13900000002",
        "13900000001 13900000002",
        "13900000001\n13900000002",
        "13900000001或13900000002",
        "139 0000 0001 139 0000 0002",
        "手机13900000001,电话13900000002",
        "13900000001/1390000/13900000002",
        "13900000001(本人)\n13900000002",
    ];
    for cell in table {
        assert_eq!(numbers(cell), ["13900000001", "13900000002"], "{cell:?}");
    }
    assert_eq!(numbers("0555-2234567 13900000001"), ["05552234567", "13900000001"]);
}

#[test]
fn words_in_any_part_speak_against_the_whole_cell() {
    let table = [
        "儿子\n13900000002",
        "张三\n13900000002",
        "13900000002\n儿子",
        "配偶/13900000003",
        "儿媳,13900000002",
        "村长、13900000003",
        "联系儿子;13900000002",
        "儿子|13900000002",
        "儿子\\13900000002",
        "13900000002和儿子",
        "周和平13900000002",
        "本人停机，打儿子，13900000002",
        "不要打/13900000001",
        "空号/13900000001",
        "13900000001,欠费停机",
        "13900000001/停机",
        "号码不存在;13900000001",
        "13900000001/13900000002(儿子)",
        "13900000001/13900000002(儿子)/13900000003",
        "son/13900000002",
        "0555-2234567/村委会",
    ];
    for cell in table {
        assert_eq!(read(cell), Err(NotAPhone::OtherWords), "{cell:?}");
    }
}

#[test]
fn no_digit_stands_in_the_debug_form() {
    let shown = format!("{:?}", read("13900000001"));
    assert!(!shown.contains("139"), "{shown}");
}

proptest! {
    #[test]
    fn whatever_stands_in_a_cell_only_numbers_come_out(cell in ".{0,40}") {
        for phone in read(&cell).unwrap_or_default() {
            prop_assert_eq!(first(phone.as_str()), Some(phone.clone()));
            let digits = phone.number.trim_start_matches('+');
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            prop_assert!(plain, "{}", phone.number);
            let mobile = is_mobile(&phone.number) || is_made_up(&phone.number);
            prop_assert!(!phone.takes_texts() || mobile);
        }
    }

    #[test]
    fn digits_and_marks_never_make_a_mobile_out_of_fewer(
        cell in "[0-9 +./,()*eE-]{0,30}"
    ) {
        for phone in read(&cell).unwrap_or_default() {
            prop_assert_eq!(first(phone.as_str()), Some(phone));
        }
    }
}
