//! Holds (暂停) as a test places and lifts them: as a person does by hand, so that they
//! stop what they stop.

use anyhow::Result;
use domain::event::EventKind;
use domain::hold::HoldReason;
use domain::ids::CaseId;
use serde_json::{Map, Value};
use store::holds::{self, IfHeld, Lift, NewHold, Which};

use crate::scenario::store_scenario::{ACTOR, StoreScenario};

/// Places or lifts the hold that an event tells of. Answers whether it was such an event;
/// a hold that comes with a report, such as a complaint, is none.
///
/// # Errors
///
/// The store cannot be written.
pub(super) async fn place_or_lift(
    scenario: &StoreScenario,
    case: CaseId,
    kind: &str,
    payload: &Map<String, Value>,
) -> Result<bool> {
    let lifts = kind == EventKind::HoldLifted.as_str();
    if !lifts && kind != EventKind::HoldPlaced.as_str() {
        return Ok(false);
    }
    let word = payload.get("reason").and_then(Value::as_str).unwrap_or_default();
    let by_hand = HoldReason::parse(word).filter(|it| EventKind::of_hold(*it).is_none());
    if by_hand.is_none() {
        return Ok(false);
    }
    let engine = &scenario.engine;
    let now = engine.clock.now();
    let (reason, effective_on) = (word.to_owned(), now.today());
    let (by, note) = (ACTOR.to_owned(), String::new());
    let mut work = engine.begin(&now).await?;
    if lifts {
        let which = Which::Oldest;
        let lift = Lift { case_id: case, reason, which, effective_on, by, note };
        holds::lift(work.conn(), &now, engine.resume_at(&now), &[lift]).await?;
    } else {
        let (party_id, again, also) = (None, IfHeld::Keep, Vec::new());
        let place = NewHold {
            case_id: case,
            party_id,
            reason,
            effective_on,
            by,
            note,
            again,
            also,
        };
        holds::place(work.conn(), &now, &[place]).await?;
    }
    work.commit().await?;
    Ok(true)
}
