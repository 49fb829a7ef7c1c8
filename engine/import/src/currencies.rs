//! Currencies (币种) of loans and amounts, as banks write them.

use domain::say::Say;

use super::cells;
use super::fault::RowFault;
use super::headers::Columns;
use super::table::Row;

/// A currency by its three letters, or by its Chinese name.
pub(crate) fn of_row(columns: &Columns, row: &Row) -> Result<Option<String>, RowFault> {
    const NAMES: &[(&str, &str)] = &[
        ("人民币", "CNY"),
        ("人民币元", "CNY"),
        ("本币", "CNY"),
        ("本位币", "CNY"),
        ("元", "CNY"),
        ("¥", "CNY"),
        // As the core systems of banks number it, and ISO 4217; spreadsheets take the
        // zeros off.
        ("1", "CNY"),
        ("01", "CNY"),
        ("001", "CNY"),
        ("156", "CNY"),
        ("美金", "USD"),
        ("美元", "USD"),
        ("港币", "HKD"),
        ("港元", "HKD"),
        ("欧元", "EUR"),
        ("日元", "JPY"),
        ("英镑", "GBP"),
        ("澳元", "AUD"),
        ("加元", "CAD"),
        ("澳门元", "MOP"),
        ("新加坡元", "SGD"),
        ("韩元", "KRW"),
        ("卢布", "RUB"),
    ];
    let cell = columns.plain(row, "currency");
    if cells::says_nothing(&cell) {
        return Ok(None);
    }
    let cell = cell.to_uppercase();
    // `156-人民币`, `人民币(CNY)`, but not `美元(折人民币)`.
    let yuan = |it: &str| {
        const OTHER: &[&str] =
            &["非", "折", "外", "美", "港", "欧", "日元", "英镑", "澳"];
        let named =
            ["人民币", "人民幣", "CNY", "RMB"].iter().any(|name| it.contains(name));
        named && !OTHER.iter().any(|other| it.contains(other))
    };
    let named = NAMES.iter().find(|name| name.0 == cell).map(|name| name.1);
    let named = named.or_else(|| yuan(&cell).then_some("CNY"));
    match (cell.as_str(), named) {
        (_, Some(code)) => Ok(Some(code.to_owned())),
        (code, None)
            if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) =>
        {
            Ok(Some(code.to_owned()))
        }
        _ => Err(RowFault::new(
            "R050",
            Say::new(
                "币种无法识别;请写三个字母的代码,例如 `CNY`",
                "not a currency; write its three letters, for example `CNY`",
            ),
        )
        .of_column(columns.header("currency"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::super::cases::CaseList;
    use super::super::feed::of_text;

    #[test]
    fn the_yuan_is_known_in_all_its_writings() {
        let cells = [
            ("CNY", Some("CNY")),
            ("人民币", Some("CNY")),
            ("人民幣", Some("CNY")),
            ("RMB元", Some("CNY")),
            ("¥", Some("CNY")),
            ("￥", Some("CNY")),
            ("1", Some("CNY")),
            ("001", Some("CNY")),
            ("01-人民币", Some("CNY")),
            ("USD", Some("USD")),
            ("", None),
            ("-", None),
            ("无", None),
        ];
        let read = |cell: &str| {
            let list = format!("贷款编号,借款本金,币种\nQS-1,5,{cell}\n");
            of_text::<CaseList>(&list, &Options::default()).unwrap()
        };
        for (cell, code) in cells {
            let portion = read(cell);
            assert!(portion.rejected.is_empty(), "{cell}");
            assert_eq!(portion.good[0].1.currency.as_deref(), code, "{cell}");
        }
        for cell in ["非人民币", "美元(折人民币)", "14"] {
            assert_eq!(read(cell).rejected[0].1.code, "R050", "{cell}");
        }
    }
}
