//! The age of the book (台账新旧): a book that the bank has not brought up to date
//! does not dun.
//!
//! Who has paid since the last file is not known. When it is older than the site
//! allows, demands are held; notices go on, and so does whatever people do by
//! hand. The next file lets them go on: each is reviewed as it leaves. A person can
//! let them go on as well, for as many workdays as a book may be old.

use anyhow::Result;
use domain::calendar::Calendar;
use domain::manifest::Act;
use jiff::civil::Date;
use serde::Serialize;
use site::Site;
use store::sending::{self, Cause, NewStop, Resume, Scope};
use store::{Conn, bank_files};
use tracing::info;

use crate::Engine;
use crate::clock::Clock;
use crate::work::Silence;

/// How old the book is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct BookAge {
    /// The day on which the bank's last file was taken.
    pub taken_on: Date,
    /// Workdays since.
    pub workdays: u32,
}

impl BookAge {
    /// Whether a site lets nobody be dunned by so old a book.
    pub fn is_stale(&self, site: &Site) -> bool {
        site.config.book_stale_after < self.workdays
    }

    /// As the store knows it; `None` for a site that has never taken a file, and
    /// so has nobody to dun.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn read(
        conn: &mut Conn,
        clock: &Clock,
        calendar: &Calendar,
    ) -> Result<Option<Self>> {
        let Some(at) = bank_files::last(conn).await?.book_at() else { return Ok(None) };
        let taken_on = clock.civil(at).date();
        let workdays = calendar.workdays_since(taken_on, clock.now().today());
        Ok(Some(Self { taken_on, workdays }))
    }
}

/// What is held: whatever asks for payment.
const DEMAND: Act = Act::Demand;

impl Engine {
    /// Holds demands when the book has become too old, and lets them go on when
    /// a file has come.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written.
    pub async fn watch_book(&self) -> Result<()> {
        let Some(most) = self.limits().book_stale_after else { return Ok(()) };
        let calendar =
            self.runtime().map(|runtime| runtime.calendar.clone()).unwrap_or_default();
        let (age, standing) = {
            let mut conn = self.store.read().await?;
            let age = BookAge::read(conn.conn(), &self.clock, &calendar).await?;
            (
                age,
                sending::find(conn.conn(), Scope::Act, DEMAND.as_str(), Cause::StaleBook)
                    .await?,
            )
        };
        let stale = age.filter(|age| most < age.workdays);
        match (stale, standing) {
            (Some(age), None) if !self.is_answered(&calendar, most).await? => {
                self.hold_demands(age).await
            }
            (None, Some(stop)) => {
                let note = "收到了银行文件 · a file of the bank came in";
                info!(stop.id = stop.id, "a file of the bank came in; demands go on");
                let now = self.clock.now();
                let mut tx = self.begin_silent(Silence::Orders).await?;
                sending::lift(tx.conn(), &now, stop.id, Resume::Now, "system", note)
                    .await?;
                tx.commit().await?;
                self.sending_changed();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether a person has let demands go on since the last file, and not so long
    /// ago that the book has grown old once more.
    async fn is_answered(&self, calendar: &Calendar, most: u32) -> Result<bool> {
        let mut conn = self.store.read().await?;
        let last = bank_files::last(conn.conn()).await?.book_at();
        let held = bank_files::demands_held(conn.conn()).await?;
        let Some(held) = held.filter(|it| last <= Some(it.placed_at)) else {
            return Ok(false);
        };
        let answered_at = held.lifted_at.unwrap_or(held.placed_at);
        let answered_on = self.clock.civil(answered_at).date();
        let today = self.clock.now().today();
        Ok(calendar.workdays_since(answered_on, today) <= most)
    }

    async fn hold_demands(&self, age: BookAge) -> Result<()> {
        let BookAge { taken_on, workdays } = age;
        let new = NewStop {
            scope: Scope::Act,
            target: DEMAND.as_str().to_owned(),
            release: None,
            plugin: None,
            up_to: None,
            cause: Cause::StaleBook,
            reason: format!(
                "{taken_on} 以来 {workdays} 个工作日没有收到银行文件,谁已还款不得而知,催收先停 \
                 · no file of the bank since {taken_on}, {workdays} workdays: nobody knows \
                 who has paid"
            ),
            by: "system".to_owned(),
        };
        self.stop_sending(&new).await?;
        Ok(())
    }
}
