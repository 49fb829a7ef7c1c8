//! Proof that a demand letter arrived (送达证据); it keeps the claim alive.

use domain::ids::{CaseId, OrderId};
use domain::limitation::{Evidence, InterruptionKind};
use jiff::civil::{Date, date};
use jiff::{Span, ToSpan};
use serde_json::{Map, Value};
use store::limitation::counts_for_the_debtor;
use store::plugin::{Books, BooksError, Raised};
use store::plugin_reads;

use crate::acts;
use crate::books;
use crate::clock;
use crate::error::{LegalError, parse, possible};
use crate::manifest::{LegalEvent, MANIFEST, PROOFS};
use crate::tasks;

/// What the post or the debtor's signature shows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceProof {
    /// The day on which the letter was signed for, or arrived.
    pub served_on: Date,
    /// A signed receipt, or registered mail with its tracking.
    pub evidence: Evidence,
    /// The number by which the paper can be found again.
    pub receipt: String,
}

/// Enters the proof of delivery of a demand letter and raises `letter_proved`.
/// When the letter went to somebody who owes the debt, the limitation period
/// begins anew on the day of service; a guarantor's letter does not do that.
///
/// `letter` is the number of the order `demand_letter`.
///
/// # Errors
///
/// [`LegalError`] when the letter has not left, the evidence does not show
/// that a letter arrived, the day cannot be, or a proof is there already.
pub async fn record_service(
    books: &mut Books<'_>,
    letter: OrderId,
    proof: &ServiceProof,
) -> Result<(), LegalError> {
    let evidence = proof.evidence.as_str();
    if !PROOFS.contains(&evidence) {
        return Err(LegalError::NotAProof(evidence));
    }
    let receipt = proof.receipt.trim();
    if receipt.is_empty() {
        return Err(LegalError::ReceiptNeeded);
    }
    let sent = plugin_reads::sent_letter(books.conn, letter, "demand_letter").await;
    let sent = sent.map_err(BooksError::from)?.ok_or(LegalError::NoSuchLetter(letter))?;
    let case_id = sent.case_id;
    let from = match &sent.given_on {
        Some(day) => parse(day)?,
        None => not_before(sent.created_at),
    };
    possible(proof.served_on, from, books.today)?;
    let proved = books::prove(books.conn, letter, case_id, proof, books.now_ms).await?;
    let Some(seq) = proved else { return Err(LegalError::AlreadyProved(letter)) };
    let owes = counts(books, case_id, sent.party_id).await?;
    if owes {
        let kind = match proof.evidence {
            Evidence::SignedReceipt => InterruptionKind::DemandDeliveredSigned,
            _ => InterruptionKind::DemandSent,
        };
        let key = key_of(letter, seq);
        clock::restart(books, case_id, proof.served_on, kind, proof.evidence, key)
            .await?;
    }
    if let Some(person) = sent.party_id {
        let reached = (proof.served_on, receipt);
        acts::demand_reached(books, case_id, (person, owes), reached).await?;
    }
    tasks::end_outlived_of(books, case_id, MANIFEST.name).await?;
    let payload = [
        ("order", letter.to_string()),
        ("on", proof.served_on.to_string()),
        ("evidence", evidence.to_owned()),
        ("receipt", receipt.to_owned()),
    ];
    let payload = payload.map(|(key, value)| (key.to_owned(), Value::from(value)));
    books.raised.push(Raised {
        case_id,
        kind: LegalEvent::LetterProved.to_string(),
        payload: Map::from_iter(payload),
        dedupe_key: format!("{}:proved", key_of(letter, seq)),
    });
    Ok(())
}

/// The key of what a proof of a letter does: of the first one, and of one that came in the
/// place of one that was retracted.
pub(crate) fn key_of(letter: OrderId, seq: i64) -> String {
    if seq == 1 { format!("letter:{letter}") } else { format!("letter:{letter}:{seq}") }
}

/// Whether a letter to this person begins the debtor's period anew.
async fn counts(
    books: &mut Books<'_>,
    case_id: CaseId,
    party: Option<i64>,
) -> Result<bool, BooksError> {
    let Some(party) = party else { return Ok(false) };
    Ok(counts_for_the_debtor(books.conn, case_id, party).await?)
}

/// The first civil day, anywhere, on which a letter of this instant can have
/// arrived, where the day on which it was given to the carrier is not known. The plugin
/// knows no time zone, so it allows the day before.
fn not_before(created_ms: i64) -> Date {
    let days = created_ms.div_euclid(86_400_000);
    Span::new()
        .try_days(days)
        .map_or(Date::MIN, |it| date(1970, 1, 1).saturating_add(it))
        .saturating_sub(1.day())
}
