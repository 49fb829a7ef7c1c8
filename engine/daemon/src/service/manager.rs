//! The service manager (服务管家): systemd is told when the daemon is ready, reloads
//! and stops, and hears from the loop itself that it still works.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use sd_notify::NotifyState;
use tracing::warn;

use super::pulse::Pulse;

/// Who is told; nobody where the daemon was started by hand.
#[derive(Debug, Default)]
pub(crate) struct Manager {
    /// How long the daemon may be silent, where the manager watches it.
    patience: Option<Duration>,
    answered: Mutex<Option<Instant>>,
}

impl Manager {
    /// The manager that started this process, if one did.
    pub(crate) fn of_process() -> Self {
        Self { patience: sd_notify::watchdog_enabled(), answered: Mutex::default() }
    }

    /// The daemon works.
    pub(crate) fn ready(status: &str) {
        tell(&[NotifyState::Ready, NotifyState::Status(status)]);
    }

    /// The daemon reads its settings again; what follows is [`Self::ready`].
    pub(crate) fn reloading() {
        // Newer managers want the instant beside the word.
        match NotifyState::monotonic_usec_now() {
            Ok(instant) => tell(&[NotifyState::Reloading, instant]),
            Err(_) => tell(&[NotifyState::Reloading]),
        }
    }

    /// The daemon has been told to stop.
    pub(crate) fn stopping() {
        tell(&[NotifyState::Stopping]);
    }

    /// Called by the work itself at each turn: says that all is well when every
    /// loop has come round lately, and says nothing else. A loop that is stuck
    /// cannot call it, and the manager ends the daemon and starts it again.
    pub(crate) fn answer(&self, pulse: &Pulse) {
        let Some(patience) = self.patience else { return };
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = answered.is_none_or(|answered| patience / 4 <= answered.elapsed());
        if is_due && pulse.beats_within(patience / 2) {
            *answered = Some(Instant::now());
            tell(&[NotifyState::Watchdog]);
        }
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        warn!(%error, "the service manager could not be told");
    }
}
