//! Which loan is meant (贷款编号): the case of a number as somebody types it, and what
//! is said where there is none.

use anyhow::{Result, anyhow};
use domain::ids::CaseId;
use domain::near::perhaps;
use domain::say::Say;
use domain::tongues;
use import::cells;
use store::{Conn, case_book};

/// The case of a loan number.
///
/// # Errors
///
/// There is none; the sentence names the loan of the same number in another writing.
pub async fn case_named(conn: &mut Conn, typed: &str) -> Result<CaseId> {
    if let Some(case) = case_book::find_case(conn, typed).await? {
        return Ok(case);
    }
    let written = other_writings(typed);
    let asked: Vec<&str> = written.iter().map(String::as_str).collect();
    let found = case_book::find_cases(conn, &asked).await?;
    let meant = written.iter().find(|number| found.contains_key(*number));
    Err(anyhow!(no_case(typed, meant.map(String::as_str))))
}

/// A number in the widths and letters in which a book may have it; blanks are none of
/// a number.
fn other_writings(typed: &str) -> Vec<String> {
    let narrow = cells::plain(typed).replace(['—', '–', '−'], "-");
    let plain: String = narrow.chars().filter(|sign| !sign.is_whitespace()).collect();
    let mut written = vec![plain.clone(), plain.to_uppercase(), plain.to_lowercase()];
    written.dedup();
    written
}

/// That there is no loan of this number, for readers of either language.
fn no_case(typed: &str, meant: Option<&str>) -> String {
    let Say { zh, en } = perhaps(meant);
    tongues::both(
        &format!("没有贷款编号 {typed}{zh}\n  提示:用 `qingshou case ls` 查看在册案件"),
        &format!("no loan {typed}{en}\n  hint: `qingshou case ls` shows those on record"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_looked_for_as_the_book_may_have_it() {
        let table = [
            ("l006", "L006"),
            ("Ｌ００６", "L006"),
            (" L006 ", "L006"),
            ("QS—00012", "QS-00012"),
            ("ｑｓ－００　０１２", "QS-00012"),
            ("L006", "l006"),
        ];
        for (typed, written) in table {
            let found = other_writings(typed);
            assert!(found.contains(&written.to_owned()), "{typed}: {found:?}");
        }
    }
}
