//! The quarter (季度): every day's news, contacts and answers, in the order of the
//! day.

use std::collections::HashMap;

use anyhow::Result;
use domain::event::EventKind;
use domain::ids::{CaseId, EntryId};
use domain::ledger::EntryKind;
use domain::money::Fen;
use jiff::ToSpan;
use jiff::civil::{Date, Time};
use runtime::Engine;
use serde_json::{Map, json};
use store::events::NewEvent;
use store::ledger::NewEntry;
use store::simulated;
use synthetic::{Book, Happening};

use crate::demo::agenda::{Agenda, Deed, Planned};
use crate::demo::{FROM, NEWS_AT, Progress, REPORTS_AT, SUPERVISOR_AT, TO};

/// Who tells of what happens, in ledger and events.
pub(super) const SOURCE: &str = "demo";
/// The last minute of a day.
const NIGHT: Time = Time::constant(23, 59, 0, 0);
/// Somebody who pays unasked pays what falls due so many days ahead as well.
const AHEAD_DAYS: i64 = 3;

/// One demonstration under way.
pub(super) struct Quarter<'a> {
    pub(super) engine: &'a Engine,
    pub(super) book: &'a Book,
    pub(super) agenda: Agenda,
    /// Contacts with each case so far; the answer depends on it.
    pub(super) contacted: HashMap<CaseId, u32>,
    /// The last contact that was answered.
    pub(super) answered: i64,
}

impl<'a> Quarter<'a> {
    pub(super) fn new(engine: &'a Engine, book: &'a Book, cases: &[CaseId]) -> Self {
        let of_no: HashMap<&str, CaseId> = book
            .loans
            .iter()
            .map(|loan| loan.case_no.as_str())
            .zip(cases.iter().copied())
            .collect();
        let happenings: Vec<(CaseId, Happening)> = book
            .happenings(TO)
            .into_iter()
            .filter_map(|happening| {
                Some((*of_no.get(happening.case_no.as_str())?, happening))
            })
            .collect();
        let agenda = Agenda::of_itself(&happenings);
        Self { engine, book, agenda, contacted: HashMap::new(), answered: 0 }
    }

    /// Runs from the first day to the last.
    pub(super) async fn run(&mut self, progress: Progress<'_>) -> Result<()> {
        let mut day = FROM;
        while day <= TO {
            progress(day, FROM, TO);
            self.work(day).await?;
            day = day.tomorrow()?;
        }
        self.pass(TO, NIGHT).await
    }

    async fn work(&mut self, day: Date) -> Result<()> {
        self.pass(day, NEWS_AT).await?;
        let planned = self.agenda.take(day);
        let (visits, news): (Vec<Planned>, Vec<Planned>) =
            planned.into_iter().partition(|it| matches!(it.deed, Deed::Visit(..)));
        self.take_in(day, &news).await?;
        self.pass(day, REPORTS_AT).await?;
        self.answer_contacts(day).await?;
        self.make_visits(day, visits).await?;
        self.pass(day, SUPERVISOR_AT).await?;
        self.look_after(day).await
    }

    /// Lets time pass until an hour of a day.
    async fn pass(&self, day: Date, until: Time) -> Result<()> {
        let at = self.engine.clock.instant(day.to_datetime(until));
        self.engine.run_until(at).await?;
        Ok(())
    }

    /// Books the money of the night and records what was reported.
    async fn take_in(&mut self, day: Date, news: &[Planned]) -> Result<()> {
        let entries = self.entries(day, news).await?;
        if !entries.is_empty() {
            self.engine.post(&entries).await?;
        }
        let reports: Vec<NewEvent> = news
            .iter()
            .filter_map(|it| match it.deed {
                Deed::Report(kind) => Some(report(it, kind, day)),
                _ => None,
            })
            .collect();
        if !reports.is_empty() {
            self.engine.record(&reports).await?;
        }
        Ok(())
    }

    async fn entries(&self, day: Date, news: &[Planned]) -> Result<Vec<NewEntry>> {
        let paying: Vec<CaseId> = news
            .iter()
            .filter(|it| matches!(it.deed, Deed::Pay(_)))
            .map(|it| it.case)
            .collect();
        let bounced: Vec<&str> = news
            .iter()
            .filter_map(|it| match &it.deed {
                Deed::TakeBack(payment) => Some(payment.as_str()),
                _ => None,
            })
            .collect();
        let mut conn = self.engine.store.read().await?;
        let until = day.saturating_add(AHEAD_DAYS.days());
        let mut owed = simulated::owed(conn.conn(), &paying, until).await?;
        let booked = simulated::payments(conn.conn(), SOURCE, &bounced).await?;
        let mut entries = Vec::new();
        for it in news {
            match &it.deed {
                Deed::Pay(amount) => {
                    let Some(left) = owed.get_mut(&it.case) else { continue };
                    let amount = (*amount).min(*left);
                    if Fen(0) < amount {
                        *left = *left - amount;
                        entries.push(entry(it, EntryKind::Payment, amount, day, None));
                    }
                }
                Deed::TakeBack(payment) => {
                    if let Some((id, amount)) = booked.get(payment) {
                        let of = Some(*id);
                        entries.push(entry(it, EntryKind::Reversal, *amount, day, of));
                    }
                }
                Deed::Report(_) | Deed::Visit(..) => {}
            }
        }
        Ok(entries)
    }
}

fn report(it: &Planned, kind: EventKind, day: Date) -> NewEvent {
    NewEvent {
        case_id: it.case,
        kind: kind.to_string(),
        payload: Map::from_iter([("on".to_owned(), json!(day))]),
        source: SOURCE.to_owned(),
        dedupe_key: it.name.clone(),
        happened_on: day,
    }
}

fn entry(
    it: &Planned,
    kind: EntryKind,
    amount: Fen,
    day: Date,
    reverses: Option<EntryId>,
) -> NewEntry {
    NewEntry {
        case_id: it.case,
        kind,
        amount,
        booked_on: day,
        reverses,
        source: SOURCE.to_owned(),
        dedupe_key: it.name.clone(),
        actor: "柜面".to_owned(),
        note: String::new(),
        confirmed: true,
        inferred: false,
    }
}
