//! Virtual time (虚拟时钟): the same engine on a clock that jumps from timer to timer.

use anyhow::Result;
use jiff::ToSpan;
use jiff::civil::Date;
use store::{Conn, Now, day_counts, due, figures};

use crate::daily::ROUND_MINUTE;
use crate::{Engine, Progress, Scanning};

impl Engine {
    /// Lets time pass until `until_ms`, doing at every instant what is due
    /// there; only for a virtual clock.
    ///
    /// # Errors
    ///
    /// As [`Engine::settle`].
    pub async fn run_until(&self, until_ms: i64) -> Result<Progress> {
        let mut all = self.run_instant().await?;
        loop {
            let next = self.next_instant().await?;
            let at = next.min(until_ms);
            if until_ms <= self.clock.now().ms {
                return Ok(all);
            }
            self.clock.jump(at);
            let done = self.run_instant().await?;
            all.opened += done.opened;
            all.steps += done.steps;
            all.orders += done.orders;
        }
    }

    /// The morning round, when it is due, and everything else of this instant.
    ///
    /// # Errors
    ///
    /// As [`Engine::settle`].
    pub async fn run_instant(&self) -> Result<Progress> {
        self.morning_round().await?;
        let done = self.settle().await?;
        self.store.instant_is_over().await?;
        Ok(done)
    }

    /// The next instant at which something happens by itself: a timer, an
    /// order's time, or a morning round that has something to do.
    async fn next_instant(&self) -> Result<i64> {
        let now = self.clock.now();
        let mut conn = self.store.read().await?;
        let due = due::next_instant(conn.conn(), now.ms).await?;
        // What is due already was looked at and could not run.
        let due = due.filter(|due| now.ms < *due);
        let first = self.next_round_on(&now);
        // What there was no room for today has room tomorrow.
        let for_tomorrow = self.limits().bounds.is_some()
            && day_counts::is_any_uncounted(conn.conn(), now.ms).await?;
        let round = if self.scanning == Scanning::Never && !for_tomorrow {
            let day = due.map(|due| self.clock.civil(due).date());
            let days = [day, self.day_of_work(conn.conn()).await?];
            days.into_iter().flatten().min().map(|it| it.max(first))
        } else {
            Some(first)
        };
        let round = round.map(|round| self.round_of(round)).filter(|it| now.ms < *it);
        Ok(due.into_iter().chain(round).min().unwrap_or(i64::MAX))
    }

    /// The day of the first morning round that lies ahead.
    fn next_round_on(&self, now: &Now) -> Date {
        let today = now.today();
        if now.ms < self.round_of(today) { today } else { today.saturating_add(1.day()) }
    }

    fn round_of(&self, day: Date) -> i64 {
        let midnight = day.at(0, 0, 0, 0);
        self.clock.instant(midnight.saturating_add(i64::from(ROUND_MINUTE).minutes()))
    }

    /// The first day whose morning round finds something: a promise to grade,
    /// an order that nobody approved, or books of a plugin to look through.
    /// `None` when every round would leave things as they are.
    async fn day_of_work(&self, conn: &mut Conn) -> Result<Option<Date>> {
        let mornings = figures::mornings(conn).await?;
        let unapproved = mornings.unapproved_until.map(|at| self.clock.civil(at).date());
        let mut days = vec![mornings.promised_on, unapproved];
        for plugin in self.plugins().iter() {
            days.push(plugin.sweep_due(conn).await?);
        }
        Ok(days.into_iter().flatten().min())
    }
}
