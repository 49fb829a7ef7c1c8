//! What older versions left out (补记): letters that had reached guarantors, and suits that
//! had been filed, before either was written down as an act about the clocks.

use store::Conn;
use store::limitation::counts_for_the_debtor;
use store::plugin::{Books, BooksError};
use store::plugin_reads;

use crate::acts;
use crate::books;
use crate::error::LegalError;
use crate::manifest::MANIFEST;
use crate::matters;

/// Whether it is still to be done, once in the life of a store.
pub(crate) async fn is_due(conn: &mut Conn) -> Result<bool, BooksError> {
    Ok(books::backfilled_on(conn).await?.is_none()
        || !books::stages_are_noted(conn).await?)
}

/// Writes the acts of all proofs and proceedings down that have none; what is there stays
/// as it is.
pub(crate) async fn run(books: &mut Books<'_>) -> Result<(), BooksError> {
    if !books::stages_are_noted(books.conn).await? {
        for case in books::unlike(books.conn).await? {
            books::note_stage(books.conn, case).await?;
        }
        books::stages_noted(books.conn).await?;
    }
    if books::backfilled_on(books.conn).await?.is_some() {
        return Ok(());
    }
    for proof in books::proofs(books.conn).await? {
        let letter = plugin_reads::sent_letter(books.conn, proof.letter, LETTER).await?;
        let Some(letter) = letter else { continue };
        if let Some(person) = letter.party_id {
            let case = letter.case_id;
            let owes = counts_for_the_debtor(books.conn, case, person).await?;
            let reached = (proof.served_on, proof.receipt.as_str());
            acts::demand_reached(books, case, (person, owes), reached).await?;
        }
    }
    for matter in books::all(books.conn).await? {
        match matters::follow(books, matter, MANIFEST.name).await {
            // What an older version cannot be read from is told of by the proof.
            Ok(()) | Err(LegalError::NoSuchMatter(_)) => {}
            Err(LegalError::Books(error)) => return Err(error),
            Err(error) => return Err(BooksError(error.to_string())),
        }
    }
    books::backfilled(books.conn, books.today).await
}

/// The verb of the letters that are proved.
const LETTER: &str = "demand_letter";
