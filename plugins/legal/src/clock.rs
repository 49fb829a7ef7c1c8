//! The limitation period (诉讼时效) begins anew with a letter that arrived, a filing, or a
//! paper that was entered.

use domain::ids::CaseId;
use domain::limitation::{Evidence, InterruptionKind};
use jiff::civil::Date;
use store::clock_acts;
use store::limitation::{self, NewInterruption, interrupt};
use store::plugin::{Books, BooksError};

use crate::manifest::MANIFEST;

/// Writes down what began the period anew, with what shows it.
pub(crate) async fn restart(
    books: &mut Books<'_>,
    case_id: CaseId,
    on: Date,
    kind: InterruptionKind,
    evidence: Evidence,
    dedupe_key: String,
) -> Result<(), BooksError> {
    let source = MANIFEST.name.to_owned();
    let new = NewInterruption { case_id, on, kind, evidence, source, dedupe_key };
    interrupt(books.conn, &[new]).await?;
    Ok(())
}

/// An entry that began the period anew and stands.
pub(crate) struct Restarted {
    /// Its number.
    pub(crate) id: i64,
    /// The day on which the period began anew.
    pub(crate) on: Date,
    /// The number of the paper.
    pub(crate) receipt: String,
}

/// What was entered about a case by a form that begins the period anew, in order.
pub(crate) async fn entered_by(
    books: &mut Books<'_>,
    case_id: CaseId,
    form: &str,
) -> Result<Vec<Restarted>, BooksError> {
    let standing = limitation::standing(books.conn, case_id, MANIFEST.name).await?;
    let entry = |(id, on, key): (i64, Date, String)| {
        let rest = key.strip_prefix(&format!("{form}:{case_id}:{on}:"))?;
        let receipt = receipt_in(rest).to_owned();
        Some(Restarted { id, on, receipt })
    };
    Ok(standing.into_iter().filter_map(entry).collect())
}

/// The key of such an entry. The number tells apart what is said twice, with a
/// withdrawal or a correction in between.
pub(crate) async fn key_of(
    books: &mut Books<'_>,
    (form, case_id): (&str, CaseId),
    (on, receipt): (Date, &str),
) -> Result<String, BooksError> {
    let nth = clock_acts::entered(books.conn, case_id, MANIFEST.name).await?;
    Ok(format!("{form}:{case_id}:{on}:{receipt}#{nth}"))
}

/// The number of the paper in a key; those of older versions have no count behind it.
fn receipt_in(rest: &str) -> &str {
    let counted = rest.rsplit_once('#').filter(|(_, nth)| nth.parse::<i64>().is_ok());
    counted.map_or(rest, |(receipt, _)| receipt)
}
