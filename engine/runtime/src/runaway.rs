//! Runaways (空转): a case that keeps waking itself up and gets nowhere.
//!
//! A review that refuses once refuses again, and a gateway that delivers once
//! delivers again. A handler that answers either with the same order would fill
//! the journal, or a debtor's telephone, within minutes; so would two workflows
//! that become each other. Such a case is parked like one whose script fails,
//! and the others go on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::event::{Event, OrderEvent};
use script::StepError;
use store::Now;
use store::due::Claimed;

use crate::step::{End, Outcome};

/// So often in an hour may a case give orders because of what became of its
/// earlier ones: by another channel, by post, and then some. A house rule.
const MOST_ECHOES: u32 = 10;
/// So often may it stir itself at all; far more than any procedure needs.
const MOST_STIRS: u32 = 64;

const HOUR_MS: i64 = 3_600_000;

/// How often each case has stirred itself in the hour that runs.
#[derive(Debug, Default)]
pub(crate) struct Runaways(Mutex<Hour>);

#[derive(Debug, Default)]
struct Hour {
    number: i64,
    self_triggered: HashMap<i64, u32>,
}

impl Runaways {
    /// Counts a step that can bring about the next one of its case.
    ///
    /// # Errors
    ///
    /// [`StepError`] when it is one too many.
    pub(crate) fn note(
        &self,
        now: &Now,
        claimed: &Claimed,
        outcome: &Outcome,
    ) -> Result<(), StepError> {
        if !self_triggered(claimed, outcome) {
            return Ok(());
        }
        let most = if is_echo(claimed) { MOST_ECHOES } else { MOST_STIRS };
        if self.count(now, claimed.case_id.0) <= most {
            Ok(())
        } else {
            Err(stop(claimed))
        }
    }

    fn count(&self, now: &Now, case: i64) -> u32 {
        let mut hour = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.ms.div_euclid(HOUR_MS);
        if hour.number != number {
            *hour = Hour { number, self_triggered: HashMap::new() };
        }
        let count = hour.self_triggered.entry(case).or_default();
        *count += 1;
        *count
    }
}

/// Whether a step can bring about the next one by itself. Timers cannot, so
/// the many steps of a morning are not counted.
fn self_triggered(claimed: &Claimed, outcome: &Outcome) -> bool {
    let acts = !outcome.orders.is_empty() || outcome.pause.is_some();
    let opens = matches!(outcome.end, End::Becomes(_)) || !outcome.starts.is_empty();
    (!claimed.events.is_empty() && acts) || opens
}

/// Whether nothing but the case's own orders woke it up.
fn is_echo(claimed: &Claimed) -> bool {
    let of_order = |event: &Event| {
        OrderEvent::parse(&event.kind).is_some_and(OrderEvent::is_of_the_outbox)
    };
    !claimed.events.is_empty() && claimed.events.iter().all(of_order)
}

fn stop(claimed: &Claimed) -> StepError {
    let handler = claimed.events.first().map(|event| format!(" (on_{})", event.kind));
    let handler = handler.unwrap_or_default();
    let Claimed { workflow, stage, .. } = claimed;
    StepError::bad_answer(
        format!(
            "流程 “{workflow}” 的环节 “{stage}” 在一小时内一再把自己唤醒{handler}:\
             请检查对结果的回应是否又引发同样的结果,改为等待或转别的环节"
        ),
        format!(
            "stage `{stage}` of workflow `{workflow}` wakes itself up again and again within \
             an hour{handler}: see whether its answer to a result brings about the same \
             result, and wait or go to another stage"
        ),
    )
}
