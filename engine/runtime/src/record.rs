//! Recording (登记): whatever happens to a case, told to every plugin in the
//! transaction that records it.

use std::sync::Arc;

use anyhow::Result;
use domain::calendar::Calendar;
use domain::event::{Event, EventKind};
use domain::ids::{CaseId, OrderId};
use domain::journal::{Entry, MovedBy, OrderMoved};
use domain::status::OrderStatus;
use domain::wait::Opening;
use script::program::Catalog;
use store::events::{self, NewEvent};
use store::journal::{self, NewLine};
use store::ledger::{self, NewEntry, Posted};
use store::plugin::{Books, EntryDone, Filled, NewTask, Plugin, Raised};
use store::tasks::{self, Asked};
use store::{Conn, Now, WriteTx, enrol, meta, outbox};

use crate::Engine;
use crate::work::Silence;

/// Plugins may answer an event with another; a chain longer than this is a
/// fault of theirs.
const LONGEST_CHAIN: usize = 8;
/// Events that are told in one go; a long import leaves many.
const NOTIFIED_AT_ONCE: i64 = 2_000;
/// The last event the plugins were told of, in the store's `meta`.
const PLUGIN_CURSOR: &str = "told_cursor";

impl Engine {
    /// Takes events, whatever their source; returns how many were new.
    ///
    /// # Errors
    ///
    /// The store cannot be written; nothing is recorded then.
    pub async fn record(&self, new: &[NewEvent]) -> Result<usize> {
        let now = self.clock.now();
        let mut work = self.begin(&now).await?;
        let resume = self.resume_at(&now);
        let taken = events::record_all(work.conn(), &now, resume, new).await?;
        work.commit().await?;
        Ok(taken.len())
    }

    /// Books money, whatever its source.
    ///
    /// # Errors
    ///
    /// The store cannot be written; nothing is booked then.
    pub async fn post(&self, entries: &[NewEntry]) -> Result<Posted> {
        let now = self.clock.now();
        let mut work = self.begin(&now).await?;
        let posted = self.post_in(work.tx(), &now, entries).await?;
        work.commit_silent(Silence::Told).await?;
        Ok(posted)
    }

    /// [`Engine::post`] in a transaction that writes more than the money.
    ///
    /// # Errors
    ///
    /// The store cannot be written; the transaction is then given up.
    pub async fn post_in(
        &self,
        tx: &mut WriteTx,
        now: &Now,
        entries: &[NewEntry],
    ) -> Result<Posted> {
        let posted = ledger::post_entries(tx.conn(), now, entries).await?;
        // What they raise may move the debt, and the timers follow where it stands then.
        self.notify_plugins(tx, now).await?;
        self.rewait_after(tx, &posted).await?;
        Ok(posted)
    }

    /// Tells the plugins of the events they have not been told of, and records what
    /// they raise; answers whether everything was told. [`Work::commit`] does it; by
    /// hand it is done where something has to follow what they raise.
    ///
    /// How far they have been told is noted in the store, so events that come
    /// in by another way, such as an import, are told at the next transaction.
    ///
    /// [`Work::commit`]: crate::work::Work::commit
    pub(crate) async fn notify_plugins(
        &self,
        tx: &mut WriteTx,
        now: &Now,
    ) -> Result<bool> {
        let catalog = self.plugins().catalog();
        for _ in 0..LONGEST_CHAIN {
            let new =
                enrol::pending_events(tx.conn(), PLUGIN_CURSOR, NOTIFIED_AT_ONCE).await?;
            let Some((_, last)) = new.last() else { return Ok(true) };
            let last = last.id.0;
            for (case, event) in &new {
                self.notify(tx, now, *case, event).await?;
            }
            let ended = new.iter().filter(|it| ends_claims(&catalog, &it.1));
            let ended: Vec<_> = ended.map(|ended| ended.0).collect();
            if !ended.is_empty() {
                let claiming = catalog.all_verbs().filter(|verb| verb.claims);
                let verbs: Vec<&str> = claiming.map(|verb| verb.name).collect();
                let reviewed = outbox::review_claims(tx.conn(), &verbs, &ended).await?;
                let lines: Vec<NewLine> = reviewed.into_iter().map(reviewing).collect();
                journal::append(tx.conn(), now, &lines).await?;
            }
            let over = new.iter().filter(|it| ends_the_claim(&it.1));
            let over: Vec<_> = over.map(|over| over.0).collect();
            tasks::end_with_claim(tx.conn(), now, &over).await?;
            let thawed = new.iter().filter(|it| it.1.kind == EventKind::HoldLifted);
            let thawed: Vec<_> = thawed.map(|thawed| thawed.0).collect();
            if !thawed.is_empty() {
                self.rewait_thawed(tx, &thawed).await?;
                self.end_visits_of(tx, now, &thawed).await?;
            }
            meta::set_number(tx.conn(), PLUGIN_CURSOR, last).await?;
        }
        Ok(false)
    }

    /// Tells the plugins of events that came in by another way.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written.
    pub async fn catch_up(&self) -> Result<()> {
        let now = self.clock.now();
        while !self.begin(&now).await?.commit_portion().await? {}
        Ok(())
    }

    async fn notify(
        &self,
        tx: &mut WriteTx,
        now: &Now,
        case: CaseId,
        event: &Event,
    ) -> Result<()> {
        for plugin in self.plugins().iter() {
            let mut books = self.books(tx.conn(), now);
            plugin.observe(case, event, &mut books).await?;
            let (raised, tasks) = (books.raised, books.tasks);
            let source = plugin.manifest().name;
            self.take(tx.conn(), now, source, raised, tasks).await?;
        }
        Ok(())
    }

    /// A transaction as a plugin sees it.
    pub fn books<'t>(&self, conn: &'t mut Conn, now: &Now) -> Books<'t> {
        Books {
            conn,
            today: now.today(),
            now_ms: now.ms,
            calendar: self.calendar(),
            staff: Arc::clone(&self.limits().staff),
            simulated: self.simulated,
            raised: Vec::new(),
            tasks: Vec::new(),
            taken_back: Vec::new(),
        }
    }

    /// The calendar of the release that runs; without one no year is known.
    fn calendar(&self) -> Arc<Calendar> {
        self.runtime().map(|runtime| Arc::clone(&runtime.calendar)).unwrap_or_default()
    }

    /// Writes down what a form of a plugin says, with the events and tasks that come
    /// of it, and closes the tasks that asked for it; the caller writes the journal.
    ///
    /// # Errors
    ///
    /// [`EntryError`](store::plugin::EntryError) of the plugin, or the store cannot be
    /// written; the transaction is then given up.
    pub async fn enter(
        &self,
        tx: &mut WriteTx,
        now: &Now,
        plugin: &dyn Plugin,
        filled: &Filled<'_>,
    ) -> Result<EntryDone> {
        let mut books = self.books(tx.conn(), now);
        let done = plugin.enter(filled, &mut books).await?;
        let (raised, new_tasks) = (books.raised, books.tasks);
        let taken_back = books.taken_back;
        let source = plugin.manifest().name;
        // First: what the entry raises is told to a run that waits for them no more.
        let signed = (filled.by, filled.reason);
        self.drop_among(tx.conn(), now, &taken_back, signed).await?;
        self.take(tx.conn(), now, source, raised, new_tasks).await?;
        if let Some(outcome) = &done.closes_with {
            let conn = tx.conn();
            tasks::close_of_order(conn, now, filled.order, filled.by, outcome).await?;
            if let Some(kind) = done.also_closes {
                let closed = (filled.by, outcome.as_str());
                tasks::close_of_kind_beside(conn, now, filled.order, kind, closed)
                    .await?;
            }
        }
        Ok(done)
    }

    /// Records what a plugin raised and opens the tasks it asked for.
    ///
    /// # Errors
    ///
    /// The store cannot be written; the transaction is then given up.
    pub async fn take(
        &self,
        conn: &mut Conn,
        now: &Now,
        source: &str,
        raised: Vec<Raised>,
        new_tasks: Vec<NewTask>,
    ) -> Result<()> {
        let new_tasks = new_tasks.into_iter();
        let plugins = self.plugins();
        let role = plugins.named(source).and_then(Plugin::role);
        let of_nobody = |task: NewTask| {
            let for_role = role.filter(|_| task.assignee.is_none());
            Asked { instance: None, order: None, for_role, not_by: Vec::new(), task }
        };
        let new_tasks: Vec<Asked> = new_tasks.map(of_nobody).collect();
        tasks::open(conn, now, &new_tasks).await?;
        if raised.is_empty() {
            return Ok(());
        }
        let new: Vec<NewEvent> = as_events(now, source, raised).collect();
        events::record_all(conn, now, self.resume_at(now), &new).await?;
        Ok(())
    }

    /// The next workday's opening: the earliest instant at which a timer set
    /// free by the end of a hold may fire.
    pub fn resume_at(&self, now: &Now) -> i64 {
        let runtime = self.runtime();
        let (day, opening) = if let Some(it) = &runtime {
            (it.calendar.next_workday_after(now.today()).0, it.opening)
        } else {
            let calendar = Calendar::default();
            (calendar.next_workday_after(now.today()).0, Opening::default())
        };
        self.clock.instant(opening.on(day))
    }
}

/// Whether an event takes the ground from a claim that waits for a second person,
/// whose review at the hand-over then cancels it.
fn ends_claims(catalog: &Catalog, event: &Event) -> bool {
    catalog.find_event(&event.kind).is_some_and(|spec| spec.ends_claims)
}

/// Whether there is nothing left to ask for behind an event.
fn ends_the_claim(event: &Event) -> bool {
    event.kind == EventKind::PaidOff || event.kind == EventKind::Dismissed
}

/// The line that says that a claim is reviewed before anybody approved it.
fn reviewing((order, case): (OrderId, CaseId)) -> NewLine {
    let moved = OrderMoved {
        order,
        status: OrderStatus::Pending,
        note: "case_changed".to_owned(),
        by: MovedBy::CaseChange {},
    };
    NewLine::of_case(case, Entry::OrderMoved(moved))
}

/// What a plugin raised, as events of this day.
pub(super) fn as_events(
    now: &Now,
    source: &str,
    raised: Vec<Raised>,
) -> impl Iterator<Item = NewEvent> {
    raised.into_iter().map(move |it| NewEvent {
        case_id: it.case_id,
        kind: it.kind,
        payload: it.payload,
        source: source.to_owned(),
        dedupe_key: it.dedupe_key,
        happened_on: now.today(),
    })
}
