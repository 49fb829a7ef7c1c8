//! The word of a person that the machine's clock is right (确认时钟).

use anyhow::bail;
use domain::journal::{ClockConfirmed, Entered};
use serde::{Deserialize, Serialize};
use store::meta;

use crate::app::App;
use crate::clock::{self, CONFIRMED, HELD};
use crate::clock_guard::Trust;
use crate::command::CHIEFS;
use crate::language::say;
use crate::{Actor, Answer, Done, Execute, Rules};

/// Say that the machine's clock is right, although it jumped or is behind the journal.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ConfirmClock {
    /// How one knows.
    pub reason: String,
}

/// The clock counts.
#[derive(Debug, Serialize)]
pub(crate) struct Confirmed {
    /// What it says, in the institution's zone: `2026-11-27 09:30`.
    confirmed: String,
}

impl Execute for ConfirmClock {
    type Data = Confirmed;

    fn rules(&self) -> Rules<'_> {
        Rules::of(CHIEFS).because(&self.reason)
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let now = app.engine.clock.now();
        let trust = app.clock_guard.look(now.ms);
        if trust == Trust::Trusted && !app.clock_guard.awaits_word() {
            bail!(say(
                "时钟没有问题,不用确认,没有改动",
                "nothing is wrong with the clock; nothing was changed",
            ));
        }
        let mut work = app.engine.begin_by(actor.because(&self.reason), &now).await?;
        if trust != Trust::Trusted
            && let Some(newest) = clock::newest_line(work.conn()).await?
        {
            meta::set_number(work.conn(), CONFIRMED, newest).await?;
        }
        meta::remove(work.conn(), HELD).await?;
        let (jumped_ms, newest) = match trust {
            Trust::Jumped { by_ms } => (Some(by_ms), None),
            Trust::Behind { newest } => (None, Some(newest)),
            Trust::Trusted => (None, None),
        };
        let clock = ClockConfirmed::CONFIRMED.to_owned();
        let what = Entered::Clock(ClockConfirmed { clock, jumped_ms, newest });
        let work = work.journal_entry_of_site(what).await?;
        work.commit().await?;
        app.clock_guard.confirm();
        let at = now.civil.strftime("%F %H:%M").to_string();
        let text = say(
            format!("已确认本机时间 {at},照常办理"),
            format!("the machine's time {at} is confirmed, and work goes on"),
        );
        Ok(Answer { text, data: Confirmed { confirmed: at } })
    }
}
