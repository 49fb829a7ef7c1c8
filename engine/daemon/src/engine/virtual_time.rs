//! Virtual time (虚拟时钟): the same engine on a clock that jumps from timer to timer.

use anyhow::Result;
use store::due;

use crate::engine::daily::ROUND_MINUTE;
use crate::engine::{Engine, Progress};

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
        self.settle().await
    }

    /// The next instant at which something happens by itself: a timer, an
    /// order's time, or tomorrow's morning round.
    async fn next_instant(&self) -> Result<i64> {
        let now = self.clock.now();
        let round = now.today().at(0, 0, 0, 0);
        let round = round.saturating_add(jiff::Span::new().minutes(i64::from(ROUND_MINUTE)));
        let rounds = [round, round.saturating_add(jiff::Span::new().days(1))];
        let round = rounds
            .into_iter()
            .map(|it| self.clock.instant(it))
            .find(|it| now.ms < *it)
            .unwrap_or(i64::MAX);
        let mut conn = self.store.read().await?;
        let due = due::next_instant(conn.conn(), now.ms).await?;
        // What is due already was looked at and could not run.
        let due = due.filter(|it| now.ms < *it).unwrap_or(i64::MAX);
        Ok(due.min(round))
    }
}
