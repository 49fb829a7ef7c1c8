//! Lists in portions (分批列出): read and printed a portion at a time, so that the list of
//! a whole book is held nowhere.

use anyhow::Result;
use serde_json::Value;

use crate::cli::output::Printer;

/// Rows of a list that are read in one go.
const AT_A_TIME: i64 = 1_000;

/// Prints at most `limit` rows of a list: `ask` answers so many entries behind one of
/// them, and `row` says what is shown of an entry, if anything.
///
/// # Errors
///
/// The store cannot be read, or nothing be printed.
pub(crate) async fn print<E>(
    mut printer: Printer,
    limit: i64,
    mut ask: impl AsyncFnMut(Option<&E>, i64) -> Result<Vec<E>>,
    row: impl Fn(&E) -> Option<Vec<Value>>,
) -> Result<()> {
    let (mut left, mut last) = (limit, None);
    let is_cut = loop {
        let asked = left.min(AT_A_TIME);
        let mut found = ask(last.as_ref(), asked).await?;
        for entry in &found {
            if let Some(cells) = row(entry) {
                printer.push(cells)?;
            }
        }
        let read = i64::try_from(found.len()).unwrap_or(i64::MAX);
        left = left.saturating_sub(read);
        if read < asked {
            break false;
        }
        last = found.pop();
        if left == 0 {
            break !ask(last.as_ref(), 1).await?.is_empty();
        }
    };
    printer.end(is_cut)
}
