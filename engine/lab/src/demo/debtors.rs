//! The debtors of a demonstration (虚构客户): how each contact that arrived is
//! answered, by word, promise, money or complaint.

use anyhow::Result;
use domain::event::{ContactEvent, EventKind};
use domain::ids::CaseId;
use domain::limitation::Evidence;
use domain::manifest::Channel;
use domain::money::Fen;
use domain::promise::Promise;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Map, json};
use store::events::{self, NewEvent};
use store::promises::{self, NewPromise};
use store::simulated::{self, Arrived};
use store::{facts, tasks};
use synthetic::{Reaction, Share};

use crate::demo::agenda::Deed;
use crate::demo::quarter::{Quarter, SOURCE};

/// One case in so many pays with payments that bounce.
const BOUNCES: i64 = 50;

/// What one debtor says on one contact, with what it means in money.
pub(super) struct Said {
    pub(super) case: CaseId,
    pub(super) name: String,
    pub(super) overdue: Fen,
    pub(super) reaction: Reaction,
    pub(super) taken_by: String,
    pub(super) evidence: Evidence,
}

impl Quarter<'_> {
    /// Answers the contacts that have arrived since the last look.
    pub(super) async fn answer_contacts(&mut self, day: Date) -> Result<()> {
        let (arrived, known) = {
            let mut conn = self.engine.store.read().await?;
            let arrived = simulated::arrived(conn.conn(), self.answered).await?;
            let mut cases: Vec<i64> = arrived.iter().map(|it| it.case_id.0).collect();
            cases.sort_unstable();
            cases.dedup();
            (arrived, facts::load(conn.conn(), day, &cases).await?)
        };
        let mut results = Vec::new();
        let mut promised = Vec::new();
        for it in &arrived {
            self.answered = it.contact;
            let overdue = known.get(&it.case_id).map_or(Fen(0), |it| it.overdue);
            let Some(reaction) = self.reaction(it, day) else { continue };
            if it.channel == Channel::Visit {
                self.plan_visit(it, day, reaction);
                continue;
            }
            if let Some(outcome) = reaction.outcome {
                results.push((
                    call_result(it, outcome, reaction.cause, day),
                    it,
                    outcome,
                ));
            }
            let said = Said {
                case: it.case_id,
                name: format!("{}:{}", it.case_id, it.order),
                overdue,
                reaction,
                taken_by: it.collector.clone().unwrap_or_default(),
                evidence: Evidence::RecordedCall,
            };
            promised.extend(self.hear(&said, day));
        }
        self.write_calls(&results, &promised).await
    }

    fn reaction(&mut self, it: &Arrived, day: Date) -> Option<Reaction> {
        let nth = self.contacted.entry(it.case_id).or_default();
        *nth += 1;
        self.book.react(&it.case_no, *nth, it.channel, day)
    }

    /// The collectors go on one of the next days.
    fn plan_visit(&mut self, it: &Arrived, day: Date, reaction: Reaction) {
        let on = day.saturating_add((1 + it.order.0 % 5).days());
        let deed = Deed::Visit(it.order, Box::new(reaction));
        self.agenda.plan(on, it.case_id, format!("{}:{}", it.case_id, it.order), deed);
    }

    /// Plans what follows from a contact; answers the promise, if one was made.
    pub(super) fn hear(&mut self, said: &Said, day: Date) -> Option<NewPromise> {
        let name = &said.name;
        if said.reaction.complains {
            let tomorrow = day.saturating_add(1.day());
            let settled = day.saturating_add((8 + said.case.0 % 12).days());
            let (complaint, resolved) =
                (EventKind::Complaint, EventKind::ComplaintResolved);
            let deed = Deed::Report(complaint);
            self.agenda.plan(tomorrow, said.case, format!("{name}:{complaint}"), deed);
            let deed = Deed::Report(resolved);
            self.agenda.plan(settled, said.case, format!("{name}:{resolved}"), deed);
        }
        if let Some(share) = said.reaction.payment {
            let amount = part(said.overdue, share);
            if Fen(0) < amount {
                let on = day.saturating_add(i64::from(share.in_days).max(1).days());
                self.plan_payment(on, said, amount);
            }
        }
        let share = said.reaction.promise?;
        let amount = part(said.overdue, share);
        let due_on = day.saturating_add(i64::from(share.in_days).days());
        (Fen(0) < amount).then(|| NewPromise {
            case_id: said.case,
            promise: Promise { made_on: day, ..self.engine.promise(amount, due_on) },
            made_by: said.taken_by.clone(),
            evidence: said.evidence,
            source: SOURCE.to_owned(),
            dedupe_key: name.clone(),
        })
    }

    /// One payment in so many bounces two days later, whoever called.
    fn plan_payment(&mut self, on: Date, said: &Said, amount: Fen) {
        let name = format!("{}:payment", said.name);
        if said.case.0 % BOUNCES == 0 {
            let bounced = on.saturating_add(2.days());
            let deed = Deed::TakeBack(name.clone());
            self.agenda.plan(bounced, said.case, format!("{name}:bounced"), deed);
        }
        self.agenda.plan(on, said.case, name, Deed::Pay(amount));
    }

    /// Enters the results of the day's calls and the promises, together.
    async fn write_calls(
        &self,
        results: &[(NewEvent, &Arrived, &str)],
        promised: &[NewPromise],
    ) -> Result<()> {
        if results.is_empty() && promised.is_empty() {
            return Ok(());
        }
        let engine = self.engine;
        let now = engine.clock.now();
        let new: Vec<NewEvent> = results.iter().map(|it| it.0.clone()).collect();
        let mut work = engine.begin(&now).await?;
        events::record_all(work.conn(), &now, engine.resume_at(&now), &new).await?;
        promises::make(work.conn(), &now, promised).await?;
        let closed = results.iter().map(|(_, it, outcome)| {
            (it.order, it.collector.as_deref().unwrap_or_default(), *outcome)
        });
        tasks::close_of_orders(work.conn(), &now, &closed.collect::<Vec<_>>()).await?;
        work.commit().await?;
        Ok(())
    }
}

/// A share of an amount, parts of a fen dropped.
fn part(overdue: Fen, share: Share) -> Fen {
    Fen(overdue.0.saturating_mul(i64::from(share.per_mille)) / 1000)
}

fn call_result(it: &Arrived, outcome: &str, cause: Option<&str>, day: Date) -> NewEvent {
    let mut payload = Map::from_iter([
        ("outcome".to_owned(), json!(outcome)),
        ("order".to_owned(), json!(it.order.to_string())),
        ("party".to_owned(), json!(it.party_id.to_string())),
    ]);
    if let Some(cause) = cause {
        payload.insert("cause".to_owned(), json!(cause));
    }
    NewEvent {
        case_id: it.case_id,
        kind: ContactEvent::CallResult.to_string(),
        payload,
        source: SOURCE.to_owned(),
        dedupe_key: format!("{}:{}", ContactEvent::CallResult, it.order),
        happened_on: day,
    }
}
