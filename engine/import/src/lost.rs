//! Chinese that was lost when a file was saved (中文丢失): question marks stand where
//! letters stood, and nobody knows which.

use domain::say::Say;

use super::fault::{FileFault, RowFault};
use super::headers::Columns;

/// Columns of names and places, and whether those are names of people.
const WORDED: &[(&str, bool)] = &[
    ("debtor_name", true),
    ("guarantor", true),
    ("guarantor2", true),
    ("guarantor3", true),
    ("guarantor4", true),
    ("guarantor5", true),
    ("guarantor6", true),
    ("collector", true),
    ("village", false),
    ("address", false),
    ("guarantor_address", false),
    ("org", false),
    ("branch", false),
    ("product", false),
];

/// Where such columns stand in a list.
pub(crate) fn places(columns: &Columns) -> Vec<(usize, bool)> {
    let place = |it: &(&str, bool)| Some((columns.place(it.0)?, it.1));
    WORDED.iter().filter_map(place).collect()
}

/// Whether a cell has lost letters: `???`, `王?`. A single mark behind a place may be
/// somebody's doubt.
pub(crate) fn letters(cell: &str, is_name: bool) -> bool {
    if is_name { cell.contains(['?', '？']) } else { cell.contains("??") }
}

/// Whether a header has.
pub(crate) fn of_header(header: &str) -> bool {
    header.contains("??") || header.contains('\u{fffd}')
}

/// The fault of such a cell.
pub(crate) fn of_cell() -> RowFault {
    RowFault::new(
        "R032",
        Say::new(
            "有文字在保存时变成了问号;请从原文件另存为“CSV UTF-8”或 .xlsx 后再导入,或手工改正",
            "some of the text became question marks when the file was saved; save the original as \"CSV UTF-8\" or .xlsx and import that, or write it by hand",
        ),
    )
}

/// The fault of headers among which a column is missing.
pub(crate) fn of_headers(name: &str) -> FileFault {
    FileFault::new(
        "I030",
        Say::new(
            format!(
                "缺少必需的列 `{name}`:列名里的中文在保存时丢失了(成了问号或乱码),未导入任何内容;请从原文件另存为“CSV UTF-8”或 .xlsx 后再导入"
            ),
            format!(
                "the required column `{name}` is missing: the Chinese of the headers was lost when the file was saved (question marks or garbled), nothing was imported; save the original as \"CSV UTF-8\" or .xlsx and import that"
            ),
        ),
    )
}
