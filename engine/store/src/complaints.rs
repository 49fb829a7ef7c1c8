//! Whom complaints are about (被投诉人): work about a complaint is never theirs.

use std::collections::BTreeMap;

use domain::complaint::{ComplaintMove, ComplaintOutcome};
use domain::event::EventKind;
use domain::ids::CaseId;
use serde_json::{Map, Value};

use crate::{Conn, StoreError, rows};

/// Under which key the event of a complaint names whom it is about.
pub const ABOUT: &str = "about";

/// The complaints of these cases and their settlements, oldest first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_cases(
    conn: &mut Conn,
    cases: &[CaseId],
) -> Result<BTreeMap<CaseId, Vec<ComplaintMove>>, StoreError> {
    let mut found: BTreeMap<CaseId, Vec<ComplaintMove>> = BTreeMap::new();
    if cases.is_empty() {
        return Ok(found);
    }
    let events: Vec<(CaseId, String, String)> = rows::ask(conn, OF_CASES, cases).await?;
    for (case, kind, payload) in events {
        let step = if kind == EventKind::Complaint.as_str() {
            let payload: Map<String, Value> = serde_json::from_str(&payload)?;
            let about = payload.get(ABOUT).and_then(Value::as_str);
            ComplaintMove::Made(about.map(str::to_owned))
        } else {
            ComplaintMove::Settled
        };
        found.entry(case).or_default().push(step);
    }
    Ok(found)
}

/// Whether the last complaint that was settled on a case was settled without a word of
/// what it came to.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn lacks_outcome(conn: &mut Conn, case: CaseId) -> Result<bool, StoreError> {
    let events: Vec<(CaseId, String, String)> =
        rows::ask(conn, OF_CASES, &[case]).await?;
    let is_settled = |kind: &str| kind == EventKind::ComplaintResolved.as_str();
    let last = events.iter().rfind(|(_, kind, _)| is_settled(kind));
    let Some((.., payload)) = last else { return Ok(false) };
    let payload: Map<String, Value> = serde_json::from_str(payload)?;
    Ok(!payload.contains_key(ComplaintOutcome::KEY))
}

const OF_CASES: &str = "
    select json_group_array(json_array(e.case_id, e.kind, e.payload) order by e.id)
    from events e
    where e.case_id in (select id from list($1) as s (id bigint))
      and e.kind in ('complaint', 'complaint_resolved')";
