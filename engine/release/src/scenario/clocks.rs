//! Acts about the clocks of a test case (测试期限事项), as the legal department would enter
//! them.

use anyhow::{Result, anyhow};
use domain::ids::CaseId;
use domain::limitation::{ClockAct, ClockActKind};
use store::clock_acts::{self, NewAct};

use crate::scenario::store_scenario::{ACTOR, StoreScenario};

/// Writes an act of today down; a test raises the event that tells of it by itself.
pub(super) async fn enter(
    scenario: &mut StoreScenario,
    case_id: CaseId,
    (kind, guarantor): (ClockActKind, Option<usize>),
    dedupe_key: String,
) -> Result<()> {
    let now = scenario.engine.clock.now();
    let mut work = scenario.engine.begin(&now).await?;
    let party = match guarantor {
        None => None,
        Some(place) => {
            let all = clock_acts::guarantors(work.conn(), case_id).await?;
            let found = place.checked_sub(1).and_then(|at| all.get(at));
            Some(found.map(|it| it.0).ok_or_else(|| {
                anyhow!("测试案件没有这位保证人 · the test's case has no such guarantor")
            })?)
        }
    };
    let act = ClockAct { party, ..ClockAct::new(kind, now.today()) };
    let source = ACTOR.to_owned();
    let new = NewAct { case_id, act, paper: None, source, dedupe_key };
    clock_acts::enter(work.conn(), &[new]).await?;
    work.commit().await?;
    Ok(())
}
