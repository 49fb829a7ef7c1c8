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
use serde_json::{Map, json};
use store::Conn;
use store::events::NewEvent;
use store::ledger::NewEntry;

use crate::demo::agenda::{Agenda, Deed, Planned};
use crate::demo::{FROM, NEWS_AT, Progress, REPORTS_AT, SUPERVISOR_AT, TO};
use crate::engine::Engine;
use crate::fiction::{Book, Happening};

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
            .map(|it| it.case_no.as_str())
            .zip(cases.iter().copied())
            .collect();
        let happenings: Vec<(CaseId, Happening)> = book
            .happenings(TO)
            .into_iter()
            .filter_map(|it| Some((*of_no.get(it.case_no.as_str())?, it)))
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
        let mut owed = owed(conn.conn(), &paying, until).await?;
        let booked = payments(conn.conn(), &bounced).await?;
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

const OWED: &str = "\
select json_group_array(json_array(c.id, max(0, coalesce((
  select sum(l.amount_fen) from ledger l
  where l.case_id = c.id and l.kind = 'due' and l.booked_on <= $2
    and not exists (select 1 from ledger r where r.reverses = l.id)), 0)
  - c.paid_fen - c.waived_fen)))
from cases c where c.id in (select value from json_each($1))";

/// What each case owes by a day and has not covered.
async fn owed(
    conn: &mut Conn,
    cases: &[CaseId],
    until: Date,
) -> Result<HashMap<CaseId, Fen>> {
    let text: String = sqlx::query_scalar(OWED)
        .bind(serde_json::to_string(cases)?)
        .bind(until.to_string())
        .fetch_one(conn)
        .await?;
    let rows: Vec<(CaseId, Fen)> = serde_json::from_str(&text)?;
    Ok(rows.into_iter().collect())
}

const PAYMENTS: &str = "\
select json_group_array(json_array(dedupe_key, id, amount_fen)) from ledger
where source = $1 and kind = 'payment'
and dedupe_key in (select value from json_each($2))";

/// The payments of these names that were booked.
async fn payments(
    conn: &mut Conn,
    names: &[&str],
) -> Result<HashMap<String, (EntryId, Fen)>> {
    let text: String = sqlx::query_scalar(PAYMENTS)
        .bind(SOURCE)
        .bind(serde_json::to_string(names)?)
        .fetch_one(conn)
        .await?;
    let rows: Vec<(String, EntryId, Fen)> = serde_json::from_str(&text)?;
    Ok(rows.into_iter().map(|(name, id, amount)| (name, (id, amount))).collect())
}
