//! Which way a claim goes that may not be worth a suit (定办法): a supervisor's word.

use domain::money::Fen;
use domain::tongues::both;
use serde_json::{Map, Value};
use store::plugin::{Books, EntryDone, Filled, Raised};

use crate::books;
use crate::claim;
use crate::dossier;
use crate::error::LegalError;
use crate::manifest::LegalEvent;

/// The name of the form.
pub(crate) const FORM: &str = "way";

/// Tells the case which way was chosen.
///
/// # Errors
///
/// [`LegalError`] for a claim that is before a court already, or of which nothing is due.
pub(crate) async fn enter(
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<EntryDone, LegalError> {
    let way = filled.text("way").ok_or(LegalError::Missing("way"))?;
    let (case, today) = (filled.case_id, books.today);
    if let Some((matter, _)) = books::of_case(books.conn, case).await?.first() {
        return Err(LegalError::AlreadyInCourt(*matter));
    }
    let claim = claim::by_order(books.conn, case, None, today).await?;
    if claim.as_ref().is_some_and(|claim| claim.total <= Fen(0)) {
        return Err(LegalError::NothingDue);
    }
    let payload = [("way".to_owned(), Value::from(way))];
    books.raised.push(Raised {
        case_id: case,
        kind: LegalEvent::WayChosen.to_string(),
        payload: Map::from_iter(payload),
        dedupe_key: format!("way:{case}:{}", books.now_ms),
    });
    let nothing = || both("台账没有应还记录", "the books have nothing that fell due");
    let next = claim.map_or_else(nothing, |claim| claim::parts(&claim, today));
    Ok(dossier::done_of_loan(filled, Some(next)))
}
