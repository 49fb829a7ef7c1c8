//! Field visits (上门走访): who goes to whom by when, and what came of it.
//!
//! A visit order becomes a row in the visit book and a task for the collector.
//! Two collectors report the result; it goes back to the case as an event.

mod books;
mod forms;
mod manifest;
mod plan;
mod result;

use std::path::Path;

use async_trait::async_trait;
use domain::conduct::Approved;
use domain::event::{Event, core_event};
use domain::ids::{CaseId, OrderId};
use domain::manifest::Manifest;
use domain::order::Order;
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use store::Conn;
use store::plugin::{
    Books, BooksError, DeliveryError, EntryDone, EntryError, Filled, OpenWork,
    PaperOnFile, Plugin, Receipt, WorkWanted,
};
use store::plugin_settings::{Settings, SettingsError};

pub use crate::books::{Planned, made, planned};
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

    async fn enter(
        &self,
        filled: &Filled<'_>,
        books: &mut Books<'_>,
    ) -> Result<EntryDone, EntryError> {
        forms::enter(filled, books).await
    }

    async fn open_work(
        &self,
        wanted: &WorkWanted<'_>,
        conn: &mut Conn,
    ) -> Result<Vec<OpenWork>, BooksError> {
        let row = |it: Planned| {
            let cells = json!({
                "order": it.order,
                "village": it.village,
                "collector": it.assignee,
                "due_on": it.due_on,
                "reason": it.reason,
            });
            OpenWork::new((it.due_on, it.order.0), it.case_id, cells)
        };
        Ok(books::page(conn, wanted).await?.into_iter().map(row).collect())
    }

    async fn papers(&self, conn: &mut Conn) -> Result<Vec<PaperOnFile>, BooksError> {
        let title = forms::PAPER;
        let of_visit =
            |(order, case_id, number)| PaperOnFile { case_id, order, title, number };
        Ok(books::receipts(conn).await?.into_iter().map(of_visit).collect())
    }

    async fn awaits_result(
        &self,
        order: OrderId,
        conn: &mut Conn,
    ) -> Result<bool, BooksError> {
        Ok(books::find(conn, order).await?.is_some_and(|asked| asked.is_planned))
    }

    async fn withdrawn(
        &self,
        orders: &[OrderId],
        why: &str,
        books: &mut Books<'_>,
    ) -> Result<(), BooksError> {
        books::cancel_each(books.conn, orders, why).await
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
