//! The limitation period (诉讼时效) begins anew with a letter that arrived, or a filing.

use domain::ids::CaseId;
use domain::limitation::{Evidence, InterruptionKind};
use jiff::civil::Date;
use store::limitation::{NewInterruption, interrupt};
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
