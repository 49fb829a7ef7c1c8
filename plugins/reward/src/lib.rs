//! Collection rewards (清收奖励): accrued on confirmed payments, taken back on reversal.
//!
//! A reward stands on one payment in the ledger. Whatever a workflow does, a
//! reversed payment takes its reward back in the transaction of the reversal.

mod accrue;
mod books;
mod manifest;
mod take_back;

use std::path::Path;

use async_trait::async_trait;
use domain::conduct::Approved;
use domain::event::{Event, EventKind};
use domain::ids::CaseId;
use domain::manifest::Manifest;
use domain::order::Order;
use jiff::Span;
use jiff::civil::Date;
use serde_json::{Map, Value};
use store::Conn;
use store::plugin::{Books, BooksError, DeliveryError, Plugin, Receipt};
use store::plugin_settings::{Settings, SettingsError};

pub use crate::books::{Row, statement};
pub use crate::manifest::MANIFEST;

/// The plugin, with what `[plugins.reward]` says. The site's folder is not used.
///
/// # Errors
///
/// [`SettingsError`] for an unknown key or a value that makes no sense.
pub fn plugin(
    settings: &Map<String, Value>,
    _site: &Path,
) -> Result<Box<dyn Plugin>, SettingsError> {
    Ok(Box::new(Rewards::new(settings)?))
}

struct Rewards {
    cooling_days: i64,
    max_rate: i64,
}

impl Rewards {
    fn new(settings: &Map<String, Value>) -> Result<Self, SettingsError> {
        let settings = Settings::read(&MANIFEST, settings)?;
        Ok(Self {
            cooling_days: within(&settings, "cooling_days", 365)?,
            max_rate: within(&settings, "max_rate", 1000)?,
        })
    }

    async fn carry_out(
        &self,
        order: &Order,
        books: Option<&mut Books<'_>>,
    ) -> Result<Receipt, DeliveryError> {
        let books = books.ok_or_else(|| BooksError("奖励登记需要事务".to_owned()))?;
        match order.verb.as_str() {
            "reward" => self.accrue(order, books).await,
            "claw_back" => take_back::by_order(order, books).await,
            verb => Err(DeliveryError::Refused(format!(
                "奖励插件没有动作 `{verb}` · the plugin has no verb `{verb}`"
            ))),
        }
    }

    async fn accrue(
        &self,
        order: &Order,
        books: &mut Books<'_>,
    ) -> Result<Receipt, DeliveryError> {
        let cooling_until = Span::new()
            .try_days(self.cooling_days)
            .map_or(books.today, |it| books.today.saturating_add(it));
        accrue::by_order(order, self.max_rate, cooling_until, books).await
    }
}

fn within(
    settings: &Settings,
    name: &'static str,
    most: i64,
) -> Result<i64, SettingsError> {
    let value = settings.count(name);
    if (0..=most).contains(&value) {
        return Ok(value);
    }
    Err(SettingsError::Unusable {
        plugin: MANIFEST.name,
        name: name.to_owned(),
        reason: format!("应为 0–{most} · should be 0–{most}"),
    })
}

#[async_trait]
impl Plugin for Rewards {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    fn migrations(&self) -> &'static [&'static str] {
        books::MIGRATIONS
    }

    fn has_books(&self, _verb: &str) -> bool {
        true
    }

    async fn deliver(
        &self,
        order: &Approved<Order>,
        books: Option<&mut Books<'_>>,
    ) -> Result<Receipt, DeliveryError> {
        self.carry_out(order.order(), books).await
    }

    async fn observe(
        &self,
        case: CaseId,
        event: &Event,
        books: &mut Books<'_>,
    ) -> Result<(), BooksError> {
        if event.kind == EventKind::Reversed {
            take_back::reversed_of_case(case, books).await?;
        }
        Ok(())
    }

    async fn sweep_due(&self, conn: &mut Conn) -> Result<Option<Date>, BooksError> {
        accrue::first_work_on(conn).await
    }

    async fn sweep(&self, books: &mut Books<'_>) -> Result<(), BooksError> {
        // A reversal that nobody told of is found before anything is set free.
        take_back::reversed_of_all(books).await?;
        accrue::set_free(books).await
    }
}

#[cfg(test)]
mod tests;
