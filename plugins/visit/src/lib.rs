//! Field visits (上门走访): who goes to whom by when, and what came of it.
//!
//! A visit order becomes a row in the visit book and a task for the collector.
//! Two collectors report the result; it goes back to the case as an event.

mod books;
mod manifest;
mod plan;
mod result;

use std::path::Path;

use async_trait::async_trait;
use domain::conduct::Approved;
use domain::event::{Event, core_event};
use domain::ids::CaseId;
use domain::manifest::Manifest;
use domain::order::Order;
use jiff::civil::Date;
use serde_json::{Map, Value};
use store::Conn;
use store::plugin::{Books, BooksError, DeliveryError, Plugin, Receipt};
use store::plugin_settings::{Settings, SettingsError};

pub use crate::books::{Planned, made, planned, receipts};
pub use crate::manifest::MANIFEST;
pub use crate::result::{
    Evidence, MIN_COLLECTORS, ResultError, VisitOutcome, VisitResult, record_result,
};

/// The plugin, with what `[plugins.visit]` says. The site's folder is not used.
///
/// # Errors
///
/// [`SettingsError`] for an unknown key or a value of the wrong type.
pub fn plugin(
    settings: &Map<String, Value>,
    _site: &Path,
) -> Result<Box<dyn Plugin>, SettingsError> {
    Ok(Box::new(Visits::new(settings)?))
}

struct Visits {
    days: i64,
}

impl Visits {
    fn new(settings: &Map<String, Value>) -> Result<Self, SettingsError> {
        let days = Settings::read(&MANIFEST, settings)?.count("days");
        if !(1..=365).contains(&days) {
            return Err(SettingsError::Unusable {
                plugin: MANIFEST.name,
                name: "days".to_owned(),
                reason: "应为 1–365 天 · should be 1–365 days".to_owned(),
            });
        }
        Ok(Self { days })
    }

    async fn carry_out(
        &self,
        order: &Order,
        books: Option<&mut Books<'_>>,
    ) -> Result<Receipt, DeliveryError> {
        let books = books.ok_or_else(|| BooksError("登记上门需要事务".to_owned()))?;
        match order.verb.as_str() {
            "visit" => plan::plan(order, self.days, books).await,
            verb => Err(DeliveryError::Refused(format!(
                "上门插件没有动作 `{verb}` · the plugin has no verb `{verb}`"
            ))),
        }
    }
}

#[async_trait]
impl Plugin for Visits {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    fn migrations(&self) -> &'static [&'static str] {
        books::MIGRATIONS
    }

    fn has_books(&self, _verb: &str) -> bool {
        true
    }

    async fn sweep_due(&self, _: &mut Conn) -> Result<Option<Date>, BooksError> {
        Ok(None)
    }

    async fn deliver(
        &self,
        order: &Approved<Order>,
        books: Option<&mut Books<'_>>,
    ) -> Result<Receipt, DeliveryError> {
        self.carry_out(order.order(), books).await
    }

    /// Nobody is visited after the reason for the visit has gone.
    async fn observe(
        &self,
        case: CaseId,
        event: &Event,
        books: &mut Books<'_>,
    ) -> Result<(), BooksError> {
        match core_event(&event.kind) {
            Some(spec) if spec.ends_claims => {
                books::cancel(books.conn, case, spec.name).await
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
