//! Currencies (币种) of loans and amounts, as banks write them.

use super::fault::{Message, RowFault};
use super::headers::Columns;
use super::table::Row;

/// A currency by its three letters, or by its Chinese name.
pub(crate) fn of_row(columns: &Columns, row: &Row) -> Result<Option<String>, RowFault> {
    const NAMES: &[(&str, &str)] = &[
        ("人民币", "CNY"),
        ("人民币元", "CNY"),
        ("RMB", "CNY"),
        ("CNY元", "CNY"),
        ("本币", "CNY"),
        ("元", "CNY"),
        // As the core systems of banks number it, and ISO 4217.
        ("01", "CNY"),
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
    let cell = columns.plain(row, "currency").to_uppercase();
    // `156-人民币`, `人民币(CNY)`
    let yuan = |it: &str| it.contains("人民币") || it.contains("CNY");
    let named = NAMES.iter().find(|it| it.0 == cell).map(|it| it.1);
    let named = named.or_else(|| yuan(&cell).then_some("CNY"));
    match (cell.as_str(), named) {
        ("", _) => Ok(None),
        (_, Some(code)) => Ok(Some(code.to_owned())),
        (code, None)
            if code.len() == 3 && code.bytes().all(|it| it.is_ascii_uppercase()) =>
        {
            Ok(Some(code.to_owned()))
        }
        _ => Err(RowFault::new(
            "R050",
            Message::new(
                "币种无法识别;请写三个字母的代码,例如 `CNY`",
                "not a currency; write its three letters, for example `CNY`",
            ),
        )
        .of_column(columns.header("currency"))),
    }
}
