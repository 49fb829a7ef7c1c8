//! The morning round (每日例行): once a day, before any timer fires.
//!
//! Promises are graded from the ledger, plugins look at their deadlines,
//! unapproved orders end, cases enter workflows, and what was written is sealed.

use anyhow::Result;
use domain::event::OrderEvent;
use domain::status::OrderStatus;
use jiff::civil::Date;
use serde_json::{Map, json};
use store::events::{self, NewEvent};
use store::plugin::Plugin;
use store::views::orders;
use store::{meta, outbox, promises, seals, tasks};
use tracing::{error, info};

use crate::work::Silence;
use crate::{Engine, Scanning, scan};

/// The day of the last morning round, in the store's `meta`.
const LAST_ROUND: &str = "daily_round_on";
/// The minute of the day at which the round may begin: 00:05.
pub const ROUND_MINUTE: i32 = 5;

impl Engine {
    /// The day of the last morning round.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn last_round(&self) -> Result<Option<Date>> {
        let mut conn = self.store.read().await?;
        let text = meta::text(conn.conn(), LAST_ROUND).await?;
        Ok(text.and_then(|text| text.parse().ok()))
    }

    /// Runs the morning round if today's has not been run; returns whether it
    /// was.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written; the round is run again then, and
    /// every part of it can be.
    pub async fn morning_round(&self) -> Result<bool> {
        let now = self.clock.now();
        let minute = i32::from(now.civil.hour()) * 60 + i32::from(now.civil.minute());
        if minute < ROUND_MINUTE || self.last_round().await? >= Some(now.today()) {
            return Ok(false);
        }
        self.grade_promises().await?;
        if self.interrupt.is_raised() {
            return Ok(false);
        }
        self.sweep_plugins().await;
        self.end_unapproved().await?;
        self.end_open_work().await;
        if self.scanning == Scanning::Inline {
            self.enrol_by_conditions().await?;
        }
        let mut tx = self.begin_silent(Silence::Notes).await?;
        if self.scanning == Scanning::Beside {
            scan::ask_for(tx.conn()).await?;
        }
        if self.seals_books && self.simulated {
            seals::seal_added(tx.conn(), &now).await?;
        } else if self.seals_books {
            seals::seal(tx.conn(), &now).await?;
        }
        meta::set_text(tx.conn(), LAST_ROUND, &now.today().to_string()).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Seals what an import has added. Beside a daemon, whose orders wait meanwhile,
    /// its morning round seals the tables that change.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub async fn seal_after_import(&self) -> Result<()> {
        let mut tx = self.begin_silent(Silence::Notes).await?;
        let now = self.clock.now();
        if self.scanning == Scanning::Beside {
            seals::seal_added(tx.conn(), &now).await?;
        } else {
            seals::seal(tx.conn(), &now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Grades the promises whose day and tolerance are over.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written.
    pub async fn grade_promises(&self) -> Result<usize> {
        let now = self.clock.now();
        let due = {
            let mut conn = self.store.read().await?;
            promises::due_for_grading(conn.conn(), now.today()).await?
        };
        if due.is_empty() {
            return Ok(0);
        }
        let mut work = self.begin(&now).await?;
        // What was graded or withdrawn in between is not graded again.
        let due = promises::due_for_grading(work.conn(), now.today()).await?;
        let graded = promises::grade(work.conn(), &now, &due).await?;
        work.commit().await?;
        Ok(graded.len())
    }

    /// One plugin whose books are at fault keeps neither the others nor the
    /// cases from their day; it is tried again in the next round.
    async fn sweep_plugins(&self) {
        for plugin in self.plugins().iter() {
            if let Err(error) = self.sweep(plugin).await {
                let name = plugin.manifest().name;
                error!(plugin = name, %error, "the daily sweep of {name} failed");
            }
        }
    }

    async fn sweep(&self, plugin: &dyn Plugin) -> Result<()> {
        let now = self.clock.now();
        let due = {
            let mut conn = self.store.read().await?;
            plugin.sweep_due(conn.conn()).await?
        };
        if due.is_none_or(|due| now.today() < due) {
            return Ok(());
        }
        let mut work = self.begin(&now).await?;
        let mut books = self.books(work.conn(), &now);
        plugin.sweep(&mut books).await?;
        let (raised, new_tasks) = (books.raised, books.tasks);
        let name = plugin.manifest().name;
        self.take(work.conn(), &now, name, raised, new_tasks).await?;
        work.commit().await?;
        Ok(())
    }

    /// Ends the orders that nobody approved in time, and their tasks.
    async fn end_unapproved(&self) -> Result<()> {
        let now = self.clock.now();
        let mut work = self.begin(&now).await?;
        let ended = outbox::expire_unapproved(work.conn(), &now).await?;
        if ended.is_empty() {
            work.rollback().await?;
            return Ok(());
        }
        let outcome = OrderStatus::Expired.as_str();
        for order in &ended {
            tasks::close_of_order(work.conn(), &now, *order, "system", outcome).await?;
            if let Some(row) = orders::find(work.conn(), *order).await? {
                let mut payload = Map::new();
                payload.insert("verb".to_owned(), json!(row.verb));
                payload.insert("order".to_owned(), json!(order.to_string()));
                payload.insert("reason".to_owned(), json!("not_approved"));
                let event = NewEvent {
                    case_id: row.case_id,
                    kind: OrderEvent::Failed.to_string(),
                    payload,
                    source: "outbox".to_owned(),
                    dedupe_key: format!("{order}:failed:unapproved"),
                    happened_on: now.today(),
                };
                events::record(work.conn(), &now, self.resume_at(&now), event).await?;
            }
        }
        work.commit().await?;
        info!(count = ended.len(), "{} orders were not approved in time", ended.len());
        Ok(())
    }
}
