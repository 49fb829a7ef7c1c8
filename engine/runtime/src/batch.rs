//! A batch (一批): claim what is due, run the scripts in memory, write it all down.
//!
//! A batch runs under one release from start to end. A script that fails parks
//! its own case after three tries and nobody else's; if the database refuses
//! the batch as a whole, its steps are written one at a time.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use anyhow::{Context, Result};
use domain::ids::{CaseId, PartyId};
use domain::journal::{Entry, Parked};
use domain::manifest::{Act, Channel};
use domain::order::{OrderDraft, Recipient};
use domain::tongues::{both, chinese, english};
use script::StepError;
use serde_json::{Value, json};
use store::commit::{self, NewOrder, NextState, Step};
use store::due::Claimed;
use store::enrol::{self, NewInstance};
use store::holds::{self, IfHeld, NewHold};
use store::letter_facts::{self, LetterFacts};
use store::lost_places::{self, LOST_PLACE};
use store::order_key::order_key;
use store::{Now, StoreError, facts, releases};
use tracing::{info, warn};

use crate::Engine;
use crate::enrol::instance;
use crate::letters::About;
use crate::runtime::Runtime;
use crate::script_thread::StepResult;
use crate::step::{End, Outcome};
use crate::work::Silence;

/// A script that fails so often on one case parks the case.
const TRIES: i64 = 3;
/// An order that could not leave within so many days is given up.
const ORDER_LIVES_DAYS: i64 = 7;
/// An order that waits for a second person is given up after so many days.
const APPROVAL_LIVES_DAYS: i64 = 90;

const DAY_MS: i64 = 86_400_000;

/// The argument of an order that holds what its text says.
pub(crate) const SAID: &str = "said";

/// What a batch came to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct BatchOutcome {
    /// Instances claimed.
    pub claimed: usize,
    /// Steps written.
    pub steps: usize,
    /// Orders written.
    pub orders: usize,
    /// Steps that failed.
    pub failed: usize,
}

/// Whom the letters of a batch go to, and what they say of the loans.
#[derive(Default)]
struct Readers {
    people: HashMap<PartyId, Recipient>,
    loans: HashMap<CaseId, LetterFacts>,
}

/// A step ready to be written, with what opens beside it.
struct Prepared {
    step: Step,
    opens: Vec<NewInstance>,
    pause: Option<NewHold>,
}

impl Engine {
    /// Claims, runs and writes one batch of at most about `limit` instances.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written, or the script thread has died.
    /// Faults of scripts are not errors: they park their case.
    pub async fn step_batch(&self, limit: i64) -> Result<BatchOutcome> {
        let Some(runtime) = self.runtime() else { return Ok(BatchOutcome::default()) };
        let now = self.clock.now();
        let (batch, poisoned) = self.claim(&now, limit).await?;
        if !poisoned.is_empty() {
            return self.park_poisoned(&runtime, &now, poisoned).await;
        }
        if batch.is_empty() {
            return Ok(BatchOutcome::default());
        }
        let ids: Vec<i64> = batch.iter().map(|it| it.0.id.0).collect();
        self.marker.begin(ids.iter().copied());
        let claimed = batch.len();
        let slice = self.slice();
        let worked =
            self.host.steps_within(&runtime, &self.clock, &now, batch, slice).await?;
        let troubled = self.shares.account(&worked);
        let mut done = self.write_batch(&runtime, &now, worked.results).await?;
        done.claimed = claimed;
        self.marker.end_of(&ids);
        self.suspend(&runtime, &now, troubled).await?;
        Ok(done)
    }

    async fn claim(
        &self,
        now: &Now,
        limit: i64,
    ) -> Result<(Vec<(Claimed, domain::facts::CaseFacts)>, Vec<Claimed>)> {
        let mut conn = self.store.read().await?;
        let claimed = self.claim_fairly(conn.conn(), now, limit).await?;
        let (claimed, poisoned) = self.marker.choose(claimed);
        let mut cases: Vec<i64> = claimed.iter().map(|it| it.case_id.0).collect();
        cases.sort_unstable();
        cases.dedup();
        let facts = facts::load(conn.conn(), now.today(), &cases).await?;
        let with_facts = |it: Claimed| {
            let facts = facts.get(&it.case_id)?.clone();
            Some((it, facts))
        };
        Ok((claimed.into_iter().filter_map(with_facts).collect(), poisoned))
    }

    /// Parks the instances on which the process has died, where a person
    /// finds them.
    async fn park_poisoned(
        &self,
        runtime: &Arc<Runtime>,
        now: &Now,
        poisoned: Vec<Claimed>,
    ) -> Result<BatchOutcome> {
        let ids: Vec<i64> = poisoned.iter().map(|it| it.id.0).collect();
        let error = StepError::bad_answer(
            "程序在处理本案时多次中断,未再运行",
            "the program died on this case several times; it is not run again",
        );
        let failures: Vec<_> =
            ids.iter().map(|id| (*id, error.fingerprint(), error.to_string())).collect();
        let parked: Vec<Prepared> = poisoned
            .into_iter()
            .filter_map(|it| fail(runtime, &Claimed { tries: TRIES, ..it }, &error))
            .collect();
        let claimed = parked.len();
        let done = self.write(runtime, now, &parked, &failures).await?;
        self.marker.end_of(&ids);
        Ok(BatchOutcome { claimed, failed: claimed, ..done })
    }

    async fn write_batch(
        &self,
        runtime: &Arc<Runtime>,
        now: &Now,
        results: Vec<StepResult>,
    ) -> Result<BatchOutcome> {
        let readers = self.readers(&results).await?;
        let mut prepared = Vec::with_capacity(results.len());
        let mut failures = Vec::new();
        for result in results {
            let StepResult { claimed, facts, outcome } = result;
            let made = outcome.and_then(|mut outcome| {
                outcome.line.rehearsal = self.rehearsal.is_some();
                self.runaways.note(now, &claimed, &outcome)?;
                prepare(runtime, now, &claimed, &facts, outcome, &readers)
            });
            match made {
                Ok(it) => prepared.push(it),
                Err(_) if let Some(why) = lost_place(runtime, &claimed) => {
                    prepared.push(parked(runtime, &claimed, LOST_PLACE, &why));
                    failures.push((claimed.id.0, LOST_PLACE.to_owned(), why));
                }
                Err(error) => {
                    let fails = fail(runtime, &claimed, &error);
                    failures.push((claimed.id.0, error.fingerprint(), error.to_string()));
                    prepared.extend(fails);
                }
            }
        }
        let failed = failures.len();
        let mut done = match self.write(runtime, now, &prepared, &failures).await {
            Ok(done) => done,
            Err(error) => {
                warn!(%error, "a batch could not be written as a whole; writing one by one");
                self.write_singly(runtime, now, &prepared, &failures).await?
            }
        };
        done.failed = failed;
        Ok(done)
    }

    async fn readers(&self, results: &[StepResult]) -> Result<Readers> {
        let mut people = Vec::new();
        for result in results {
            let Ok(outcome) = &result.outcome else { continue };
            let letters =
                outcome.orders.iter().filter(|order| order.args.contains_key("template"));
            people.extend(letters.filter_map(|c| Some((result.facts.id, c.to?))));
        }
        if people.is_empty() {
            return Ok(Readers::default());
        }
        people.sort_unstable();
        people.dedup();
        let mut cases: Vec<CaseId> = people.iter().map(|person| person.0).collect();
        cases.dedup();
        let mut conn = self.store.read().await?;
        let found = facts::reachable(conn.conn(), &people).await?;
        let loans = letter_facts::load(conn.conn(), &cases).await?;
        Ok(Readers {
            people: found
                .into_iter()
                .map(|((_, party), it)| (party, it.recipient))
                .collect(),
            loans: loans.into_iter().collect(),
        })
    }

    async fn write_singly(
        &self,
        runtime: &Arc<Runtime>,
        now: &Now,
        prepared: &[Prepared],
        failures: &[(i64, String, String)],
    ) -> Result<BatchOutcome> {
        let mut done = BatchOutcome::default();
        for one in prepared {
            match self.write(runtime, now, std::slice::from_ref(one), &[]).await {
                Ok(single) => {
                    done.steps += single.steps;
                    done.orders += single.orders;
                }
                Err(error) if about_data(&error) => {
                    let id = one.step.instance.0;
                    warn!(instance.id = id, %error, "a step of instance {id} was refused");
                    let failure = (id, "store".to_owned(), error.to_string());
                    self.note_failures(runtime, now, &[failure]).await?;
                }
                Err(error) => return Err(error),
            }
        }
        self.note_failures(runtime, now, failures).await?;
        Ok(done)
    }

    async fn note_failures(
        &self,
        runtime: &Runtime,
        now: &Now,
        failures: &[(i64, String, String)],
    ) -> Result<()> {
        if failures.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin_silent(Silence::Runs).await?;
        commit::note_failures(tx.conn(), now, runtime.release_id.0, failures).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn write(
        &self,
        runtime: &Arc<Runtime>,
        now: &Now,
        prepared: &[Prepared],
        failures: &[(i64, String, String)],
    ) -> Result<BatchOutcome> {
        let mut work = self.begin(now).await?;
        let running = releases::active_id(work.conn()).await?;
        if running.is_some_and(|it| it != runtime.release_id) {
            // Worked out under a release that was taken out of service in
            // between: all of it is worked out again under the other one.
            work.rollback().await?;
            return Ok(BatchOutcome::default());
        }
        let steps: Vec<&Step> = prepared.iter().map(|it| &it.step).collect();
        let committed = commit::commit(work.conn(), now, &steps).await?;
        let again: HashSet<_> = committed.again.iter().copied().collect();
        let good = || prepared.iter().filter(|it| !again.contains(&it.step.instance));
        let opens: Vec<NewInstance> =
            good().flat_map(|it| it.opens.iter().cloned()).collect();
        enrol::open_instances(work.conn(), now, runtime.release_id.0, &opens).await?;
        let pauses: Vec<NewHold> = good().filter_map(|it| it.pause.clone()).collect();
        holds::place(work.conn(), now, &pauses).await?;
        if !failures.is_empty() {
            commit::note_failures(work.conn(), now, runtime.release_id.0, failures)
                .await?;
        }
        work.commit().await?;
        Ok(BatchOutcome {
            steps: committed.steps,
            orders: committed.orders,
            ..BatchOutcome::default()
        })
    }
}

fn about_data(error: &anyhow::Error) -> bool {
    error.downcast_ref::<StoreError>().is_some_and(StoreError::is_about_the_data)
}

fn prepare(
    runtime: &Runtime,
    now: &Now,
    claimed: &Claimed,
    facts: &domain::facts::CaseFacts,
    mut outcome: Outcome,
    readers: &Readers,
) -> Result<Prepared, StepError> {
    let nothing = LetterFacts::default();
    let loan = readers.loans.get(&facts.id).unwrap_or(&nothing);
    let orders = outcome
        .orders
        .iter()
        .enumerate()
        .map(|(n, draft)| {
            let to = draft.to.and_then(|it| readers.people.get(&it));
            order(runtime, now, claimed, About { facts, loan, to }, draft, n)
        })
        .collect::<Result<Vec<_>, _>>()?;
    for (given, order) in outcome.line.orders.iter_mut().zip(&orders) {
        given.key.clone_from(&order.idempotency_key);
    }
    let awaits = orders.iter().filter(|order| order.second_person == 1);
    let awaits = awaits.map(|it| it.not_after_at).max();
    let next = match &outcome.end {
        // The wait begins with the approval; until then the timer is only the
        // end of the order's life.
        End::Waits(at) => {
            let at = awaits.map_or(*at, |it| it.max(*at));
            if claimed.frozen { NextState::Frozen(at) } else { NextState::Waiting(at) }
        }
        End::Finished(reason) => NextState::Finished(reason.clone()),
        End::Becomes(workflow) => NextState::Finished(format!("become:{workflow}")),
    };
    let opens = opens(runtime, claimed, &outcome)?;
    let pause = outcome.pause.as_ref().map(|reason| NewHold {
        case_id: claimed.case_id,
        party_id: None,
        reason: reason.clone(),
        effective_on: now.today(),
        by: format!("workflow:{}", claimed.workflow),
        note: String::new(),
        again: IfHeld::Keep,
        also: Vec::new(),
    });
    let step = Step {
        instance: claimed.id,
        case_id: claimed.case_id,
        seq: claimed.seq,
        facts_rev: claimed.facts_rev,
        head_hash: claimed.head_hash.clone(),
        failed_before: 0 < claimed.tries,
        stage: outcome.stage,
        left_stage: outcome.left_stage,
        next,
        wait: outcome.wait,
        memo: outcome.memo.map(|memo| Value::Object(memo).to_string()),
        consumed: outcome.consumed,
        orders,
        body: Entry::Stepped(outcome.line).to_body(),
        release_id: runtime.release_id.0,
    };
    Ok(Prepared { step, opens, pause })
}

fn opens(
    runtime: &Runtime,
    claimed: &Claimed,
    outcome: &Outcome,
) -> Result<Vec<NewInstance>, StepError> {
    let mut opens = Vec::new();
    if let End::Becomes(name) = &outcome.end {
        let next = open(runtime, claimed, name, "become")?;
        if next.lane != claimed.lane {
            return Err(StepError::bad_answer(
                format!("become:“{name}” 属于另一条线,请用 start"),
                format!("become: `{name}` is of another lane, use start"),
            ));
        }
        opens.push(next);
    }
    for name in &outcome.starts {
        opens.push(open(runtime, claimed, name, "start")?);
    }
    Ok(opens)
}

fn open(
    runtime: &Runtime,
    claimed: &Claimed,
    name: &str,
    how: &str,
) -> Result<NewInstance, StepError> {
    let workflow = runtime.program.workflows.get(name).ok_or_else(|| {
        StepError::bad_answer(
            format!("{how}:没有流程 “{name}”"),
            format!("{how}: no workflow `{name}`"),
        )
    })?;
    let by = format!("{how}:{}", claimed.workflow);
    Ok(instance(workflow, claimed.case_id, &by))
}

fn order(
    runtime: &Runtime,
    now: &Now,
    claimed: &Claimed,
    about: About<'_>,
    draft: &OrderDraft,
    ordinal: usize,
) -> Result<NewOrder, StepError> {
    let facts = about.facts;
    let Some((plugin, verb)) = runtime.verbs.get(draft.verb.as_str()) else {
        let verb = &draft.verb;
        return Err(StepError::bad_answer(
            format!("没有动作 `{verb}`"),
            format!("no verb `{verb}`"),
        ));
    };
    let mut args = draft.args.clone();
    let template = args.get("template").and_then(Value::as_str).map(str::to_owned);
    let letter = template
        .as_ref()
        .map(|template| {
            runtime.usage.template(template);
            runtime.letters.render(template, about)
        })
        .transpose()
        .map_err(|error| StepError::bad_answer(chinese(&error), english(&error)))?;
    let states = letter.as_ref().and_then(|c| c.states);
    if let Some(states) = states {
        args.insert("states".to_owned(), json!(states.field()));
        if let Some(balance) = states.balance_too() {
            args.insert("states_balance".to_owned(), json!(balance.0));
        }
    }
    if let Some(letter) = &letter {
        args.insert(SAID.to_owned(), json!(letter.said));
    }
    let key = order_key(
        &runtime.store_id,
        (claimed.id.0, claimed.seq + 1, ordinal),
        &draft.verb,
        draft.to.map(|it| it.0),
        &draft.args,
        letter.as_ref().map(|c| c.text.as_str()),
    );
    // A text that says so turns a demand into something milder, and one that asks for
    // money turns a notice into a demand.
    let text = letter.as_ref().map(|c| c.text.as_str());
    let text_act =
        template.as_deref().map(|template| runtime.letters.act_of(template, text));
    let text_act =
        text_act.filter(|text_act| verb.act != Act::Internal && *text_act != verb.act);
    let visitor = args.get("by").and_then(Value::as_str).map(str::to_owned);
    let visitor = visitor.or_else(|| facts.collector.clone());
    let is_visit = verb.channel == Some(Channel::Visit);
    let lives = if verb.second_person { APPROVAL_LIVES_DAYS } else { ORDER_LIVES_DAYS };
    Ok(NewOrder {
        plugin: (*plugin).to_owned(),
        verb: draft.verb.clone(),
        title: both(verb.title.zh, verb.title.en),
        party_id: draft.to.map(|it| it.0),
        channel: verb.channel.map(|channel| channel.as_str().to_owned()),
        act: verb.act.as_str().to_owned(),
        text_act: text_act.map(|text_act| text_act.as_str().to_owned()),
        counted_for: visitor.filter(|_| is_visit).unwrap_or_default(),
        delivery: verb.delivery.as_str().to_owned(),
        second_person: i64::from(verb.second_person),
        outlives_stage: i64::from(verb.outlives_stage),
        args: Value::Object(args).to_string(),
        body: letter.map(|c| c.text),
        states_fen: states.map(|state| state.amount().0),
        idempotency_key: key,
        requested_by: format!("workflow:{}", claimed.workflow),
        collector: facts.collector.clone(),
        line: draft.line.clone(),
        not_before_at: now.ms,
        not_after_at: now.ms + lives * DAY_MS,
    })
}

/// A failed step: noted, and after three tries the case is parked.
fn fail(runtime: &Runtime, claimed: &Claimed, error: &StepError) -> Option<Prepared> {
    let id = claimed.id;
    if claimed.tries + 1 < TRIES {
        info!(instance.id = %id, "a script failed on instance {id}, trying again");
        return None;
    }
    warn!(
        instance.id = %id, fingerprint = error.fingerprint(), place = %place(error),
        "parked instance {id}: its script failed {TRIES} times"
    );
    Some(parked(runtime, claimed, &error.fingerprint(), &error.to_string()))
}

/// Why a case cannot be worked under a release: somebody went back to it, and
/// it lacks the place in which the case stands, or to which its wait leads.
fn lost_place(runtime: &Runtime, claimed: &Claimed) -> Option<String> {
    let next = claimed.wait.as_ref().map_or(&claimed.stage, |it| &it.next);
    let missing = [&claimed.stage, next]
        .into_iter()
        .find(|stage| !runtime.program.has_place(&claimed.workflow, stage))?;
    Some(lost_places::reason(runtime.number, &claimed.workflow, missing))
}

/// The case is set aside, with its reason.
fn parked(
    runtime: &Runtime,
    claimed: &Claimed,
    fingerprint: &str,
    why: &str,
) -> Prepared {
    let parked = Entry::Parked(Parked {
        workflow: claimed.workflow.clone(),
        fingerprint: fingerprint.to_owned(),
        error: why.to_owned(),
        by: None,
    });
    let step = Step {
        instance: claimed.id,
        case_id: claimed.case_id,
        seq: claimed.seq,
        facts_rev: claimed.facts_rev,
        head_hash: claimed.head_hash.clone(),
        failed_before: true,
        stage: claimed.stage.clone(),
        left_stage: false,
        next: NextState::Parked,
        wait: None,
        memo: None,
        consumed: Vec::new(),
        orders: Vec::new(),
        body: parked.to_body(),
        release_id: runtime.release_id.0,
    };
    Prepared { step, opens: Vec::new(), pause: None }
}

fn place(error: &StepError) -> String {
    format!("{}:{}", error.file, error.line)
}

/// Reads the JSON text of a row that the program itself wrote.
///
/// # Errors
///
/// It is no JSON: somebody else wrote the row.
pub fn own_json(text: &str) -> Result<Value> {
    serde_json::from_str(text).context("案件库中的一行无法读懂")
}
