//! One step (一步): what a case does when it wakes up, worked out in memory.
//!
//! A wake-up answers the instance's events in the order received, then its
//! timer if the stage has not changed. A chain of stages runs on in the same
//! wake-up. Nothing here reads a clock or writes anything, so a step can be
//! run twice, tried on one case, or thrown away.

use domain::decision::{Decision, WaitRule};
use domain::event::{Event, core_event};
use domain::facts::CaseFacts;
use domain::journal::{DecisionFacts, HandlerCall, IssuedOrder, Stepped};
use domain::order::OrderDraft;
use domain::wait;
use script::StepError;
use script::program::{Answer, Ask, Trigger, Workflow};
use serde_json::{Map, Value};
use store::Now;
use store::commit::NewWait;
use store::due::Claimed;

use crate::clock::Clock;
use crate::runtime::Runtime;

/// The most stages one wake-up may run through.
pub const MOST_STAGES: usize = 16;

/// Runs the scripts that a step asks for.
pub trait Scripts {
    /// Calls one handler.
    ///
    /// # Errors
    ///
    /// [`StepError`] when the script fails or breaks a limit.
    fn ask(&mut self, ask: &Ask<'_>) -> Result<Answer, StepError>;
}

/// What a wake-up came to, before orders are rendered.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The stage it ends in.
    pub stage: String,
    /// The stage it began in was left.
    pub left_stage: bool,
    /// How it ends.
    pub end: End,
    /// The new wait, when there is one.
    pub wait: Option<NewWait>,
    /// The memo, when it changed.
    pub memo: Option<Map<String, Value>>,
    /// Orders, each with the stage it was given in.
    pub orders: Vec<OrderDraft>,
    /// Workflows to open on other lanes.
    pub starts: Vec<String>,
    /// A hold to place on the case.
    pub pause: Option<String>,
    /// Inbox rows answered.
    pub consumed: Vec<i64>,
    /// What the journal says.
    pub line: Stepped,
}

/// How a wake-up ends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum End {
    /// With a timer, in milliseconds since 1970.
    Waits(i64),
    /// Closed, for this reason.
    Finished(String),
    /// Closed, and another workflow of the lane opens.
    Becomes(String),
}

/// Works out one wake-up.
///
/// # Errors
///
/// [`StepError`] when a script fails, runs through too many stages, or leaves
/// the case waiting for nothing. Nothing has happened then.
pub fn step(
    runtime: &Runtime,
    clock: &Clock,
    now: &Now,
    claimed: &Claimed,
    facts: &CaseFacts,
    scripts: &mut dyn Scripts,
) -> Result<Outcome, StepError> {
    let Some(workflow) = runtime.program.workflows.get(&claimed.workflow) else {
        let name = &claimed.workflow;
        return Err(StepError::bad_answer(
            format!("没有流程 “{name}”"),
            format!("no workflow `{name}`"),
        ));
    };
    let stage = current_stage(workflow, &claimed.stage)?;
    let mut run = StepRun::new(runtime, clock, now, claimed, facts, workflow, stage);
    run.run(scripts)?;
    run.finish()
}

/// The stage as the running release names it: a stage that was renamed takes
/// its cases over without `enter`.
fn current_stage(workflow: &Workflow, stage: &str) -> Result<String, StepError> {
    if workflow.stages.contains_key(stage) {
        return Ok(stage.to_owned());
    }
    workflow
        .stages
        .values()
        .find(|it| it.moved_from.iter().any(|old| old == stage))
        .map(|it| it.name.clone())
        .ok_or_else(|| no_stage(workflow, stage))
}

fn no_stage(workflow: &Workflow, stage: &str) -> StepError {
    let name = &workflow.name;
    StepError::bad_answer(
        format!("流程 “{name}” 没有环节 “{stage}”"),
        format!("workflow `{name}` has no stage `{stage}`"),
    )
}

struct StepRun<'a> {
    runtime: &'a Runtime,
    clock: &'a Clock,
    now: &'a Now,
    claimed: &'a Claimed,
    facts: &'a CaseFacts,
    workflow: &'a Workflow,
    first_stage: String,
    stage: String,
    stages_entered: usize,
    memo: Map<String, Value>,
    memo_changed: bool,
    wait: Option<NewWait>,
    due_at: Option<i64>,
    orders: Vec<OrderDraft>,
    starts: Vec<String>,
    pause: Option<String>,
    consumed: Vec<i64>,
    path: Vec<HandlerCall>,
    closed: Option<End>,
}

impl<'a> StepRun<'a> {
    fn new(
        runtime: &'a Runtime,
        clock: &'a Clock,
        now: &'a Now,
        claimed: &'a Claimed,
        facts: &'a CaseFacts,
        workflow: &'a Workflow,
        stage: String,
    ) -> Self {
        Self {
            runtime,
            clock,
            now,
            claimed,
            facts,
            workflow,
            first_stage: stage.clone(),
            stage,
            stages_entered: 0,
            memo: claimed.memo.clone(),
            memo_changed: false,
            wait: None,
            due_at: claimed.due_at,
            orders: Vec::new(),
            starts: Vec::new(),
            pause: None,
            consumed: Vec::new(),
            path: Vec::new(),
            closed: None,
        }
    }

    fn run(&mut self, scripts: &mut dyn Scripts) -> Result<(), StepError> {
        let just_opened = self.claimed.seq == 0;
        if just_opened && !self.claimed.frozen {
            self.enter(self.stage.clone(), scripts)?;
        }
        for event in &self.claimed.events {
            self.consumed.push(event.id.0);
            if self.closed.is_none() {
                self.answer_event(event, scripts)?;
            }
        }
        let timer_is_due = !just_opened
            && !self.claimed.frozen
            && self.closed.is_none()
            && self.stages_entered == 0
            && self.wait.is_none()
            && self.due_at.is_some_and(|at| at <= self.now.ms);
        if timer_is_due {
            let next = match &self.claimed.wait {
                Some(wait) => current_stage(self.workflow, &wait.next)?,
                None => self.stage.clone(),
            };
            self.enter(next, scripts)?;
        }
        Ok(())
    }

    fn answer_event(
        &mut self,
        event: &Event,
        scripts: &mut dyn Scripts,
    ) -> Result<(), StepError> {
        let answer = self.ask(Trigger::Event(event), scripts)?;
        if answer.handled {
            return self.follow(answer, &event.kind, scripts);
        }
        let decision = by_default(self.runtime, event, self.facts);
        self.note(&event.kind, String::new(), decision.clone());
        if let Decision::Finish { reason } = decision {
            self.closed = Some(End::Finished(reason));
        }
        Ok(())
    }

    fn enter(
        &mut self,
        stage: String,
        scripts: &mut dyn Scripts,
    ) -> Result<(), StepError> {
        self.stages_entered += 1;
        if MOST_STAGES < self.stages_entered {
            return Err(StepError::bad_answer(
                format!(
                    "一次唤醒经过了 {MOST_STAGES} 个以上环节,最后是 “{stage}”:请在其中加一次等待"
                ),
                format!(
                    "one wake-up went through more than {MOST_STAGES} stages, the last is \
                     `{stage}`: let one of them wait"
                ),
            ));
        }
        if !self.workflow.stages.contains_key(&stage) {
            return Err(no_stage(self.workflow, &stage));
        }
        self.stage = stage;
        (self.wait, self.due_at) = (None, None);
        let answer = self.ask(Trigger::Enter, scripts)?;
        self.follow(answer, HandlerCall::ENTER, scripts)
    }

    fn ask(
        &self,
        trigger: Trigger<'_>,
        scripts: &mut dyn Scripts,
    ) -> Result<Answer, StepError> {
        scripts.ask(&Ask {
            workflow: &self.workflow.name,
            stage: &self.stage,
            trigger,
            facts: self.facts,
            memo: &self.memo,
        })
    }

    fn follow(
        &mut self,
        answer: Answer,
        on: &str,
        scripts: &mut dyn Scripts,
    ) -> Result<(), StepError> {
        self.note(on, answer.line, answer.decision.clone());
        self.orders.extend(answer.orders);
        self.starts.extend(answer.starts);
        if let Some(memo) = answer.memo {
            (self.memo, self.memo_changed) = (memo, true);
        }
        match answer.decision {
            Decision::Go { stage } => self.enter(stage, scripts),
            Decision::Wait { rule, next } => self.wait(rule, next, scripts),
            Decision::Stay => Ok(()),
            Decision::Pause { reason } => {
                if !self.was_lifted_since(on, &reason) {
                    self.pause(reason);
                }
                Ok(())
            }
            Decision::Become { workflow } => {
                self.closed = Some(End::Becomes(workflow));
                Ok(())
            }
            Decision::Finish { reason } => {
                self.closed = Some(End::Finished(reason));
                Ok(())
            }
        }
    }

    /// Whether the hold that came with this event was lifted before it was answered: it
    /// is settled, and nobody would lift another one.
    fn was_lifted_since(&self, event: &str, reason: &str) -> bool {
        let placed = core_event(event).and_then(|spec| spec.places_hold);
        placed.is_some_and(|hold| hold.as_str() == reason)
            && !self.facts.holds.iter().any(|hold| hold == reason)
    }

    /// A hold keeps the rest of the standing wait. Where there is none, the
    /// stage is entered again on the first workday after the hold.
    fn pause(&mut self, reason: String) {
        self.pause = Some(reason);
        if self.due_at.is_none() {
            self.set_wait(WaitRule::Workdays(1), self.stage.clone());
        }
    }

    fn wait(
        &mut self,
        rule: WaitRule,
        next: String,
        scripts: &mut dyn Scripts,
    ) -> Result<(), StepError> {
        if !self.workflow.stages.contains_key(&next) {
            return Err(no_stage(self.workflow, &next));
        }
        self.set_wait(rule, next.clone());
        match self.due_at {
            None => Err(StepError::bad_answer(
                "wait_until_overdue:案件没有未还到期金额,等不到这一天",
                "wait_until_overdue: nothing of the case is due and unpaid, the day never \
                 comes",
            )),
            // An instant that is already past fires in the same wake-up.
            Some(at) if at <= self.now.ms && !self.claimed.frozen => {
                self.enter(next, scripts)
            }
            Some(_) => Ok(()),
        }
    }

    fn set_wait(&mut self, rule: WaitRule, next: String) {
        let since = self.now.civil;
        let due = wait::due_at(
            rule,
            since,
            self.facts.oldest_unpaid_on,
            &self.runtime.calendar,
            self.runtime.opening,
        );
        self.due_at = due.map(|due| self.clock.instant(due.at));
        let provisional = due.is_some_and(|due| due.provisional);
        self.wait = Some(NewWait { rule, next, since: since.to_string(), provisional });
    }

    fn note(&mut self, on: &str, line: String, decision: Decision) {
        let stage = self.stage.clone();
        self.path.push(HandlerCall { stage, on: on.to_owned(), line, decision });
    }

    fn finish(self) -> Result<Outcome, StepError> {
        let end = match (self.closed.clone(), self.due_at) {
            (Some(end), _) => end,
            (None, Some(at)) => End::Waits(at),
            (None, None) => {
                let stage = &self.stage;
                return Err(StepError::bad_answer(
                    format!(
                        "环节 “{stage}” 没有说接下来等什么:请用 return wait(...) 或 return finish(...)"
                    ),
                    format!(
                        "stage `{stage}` does not say what it waits for: use return wait(...) \
                         or return finish(...)"
                    ),
                ));
            }
        };
        let left_stage = end_leaves(&end) || self.stage != self.first_stage;
        let line = self.line(&end, left_stage);
        Ok(Outcome {
            stage: self.stage,
            left_stage,
            end,
            wait: self.wait,
            memo: self.memo_changed.then_some(self.memo),
            orders: self.orders,
            starts: self.starts,
            pause: self.pause,
            consumed: self.consumed,
            line,
        })
    }

    fn line(&self, end: &End, left_stage: bool) -> Stepped {
        let facts = self.facts;
        let next_at = match end {
            End::Waits(at) => Some(self.clock.civil(*at)),
            _ => None,
        };
        Stepped {
            rehearsal: false,
            workflow: self.workflow.name.clone(),
            facts: DecisionFacts {
                rev: self.claimed.facts_rev,
                days_past_due: facts.days_past_due,
                overdue: facts.overdue,
                balance: facts.balance,
                broken_promises: facts.broken_promises,
                contacts: facts.contacts,
                holds: facts.holds.clone(),
            },
            path: self.path.clone(),
            left_stage,
            orders: self.orders.iter().map(given).collect(),
            starts: self.starts.clone(),
            next_at,
        }
    }
}

fn end_leaves(end: &End) -> bool {
    !matches!(end, End::Waits(_))
}

fn given(order: &OrderDraft) -> IssuedOrder {
    IssuedOrder {
        verb: order.verb.clone(),
        to: order.to,
        args: order.args.clone(),
        line: order.line.clone(),
        key: String::new(),
    }
}

/// What happens to an event that no handler answers, as its row says.
fn by_default(runtime: &Runtime, event: &Event, facts: &CaseFacts) -> Decision {
    let spec = runtime.catalog.find_event(&event.kind);
    if spec.is_some_and(|spec| spec.by_default.finishes(facts)) {
        Decision::Finish { reason: event.kind.clone() }
    } else {
        Decision::Stay
    }
}
