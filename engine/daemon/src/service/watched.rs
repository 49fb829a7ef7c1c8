//! The app as a daemon works it (守护中的程序): with what it shows of itself to systemd
//! and to machines.

use std::ops::Deref;
use std::sync::Arc;

use commands::app::App;

use super::figures::Figures;
use super::pulse::Pulse;

/// An app whose loops are watched.
pub(crate) struct Watched {
    app: Arc<App>,
    /// Whether its loops come round.
    pub(crate) pulse: Pulse,
    /// What it tells machines of itself.
    pub(crate) figures: Figures,
}

impl Watched {
    /// Nothing of it has begun yet.
    pub(crate) fn of(app: App) -> Self {
        Self { app: Arc::new(app), pulse: Pulse::default(), figures: Figures::default() }
    }

    /// The app, for whoever shows nothing.
    pub(crate) fn app(&self) -> Arc<App> {
        Arc::clone(&self.app)
    }
}

impl Deref for Watched {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}
