//! Going to law (法务): demand letters that count, suits, payment orders, and their deadlines.
//!
//! Filing needs a second person; the engine asks for the approval before an
//! order gets here. A matter has one owner, and its deadlines become tasks.

mod acts;
mod answer;
mod backfill;
mod books;
mod claim;
mod clock;
mod deadlines;
mod dossier;
mod effects;
mod entries;
mod error;
mod existing;
mod filing_forms;
mod forms;
mod loan_forms;
mod manifest;
mod matters;
mod outcome;
mod proceeding;
mod proof;
mod retracted;
mod rules;
mod service;
mod tasks;
mod way;

use std::path::Path;

use async_trait::async_trait;
use domain::conduct::Approved;
use domain::duty::Assignee;
use domain::event::Event;
use domain::ids::{CaseId, OrderId};
use domain::manifest::Manifest;
use domain::order::Order;
use domain::role::Role;
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use store::Conn;
use store::plugin::{
    BookFault, Books, BooksError, Concern, DeliveryError, EntryDone, EntryError, Filled,
    MatterName, OpenWork, PaperOnFile, Plugin, Receipt, Terms, ToSign, WorkWanted,
};
use store::plugin_settings::SettingsError;
use store::spool::Spool;

pub use crate::books::{open_matters, suits};
pub use crate::error::LegalError;
pub use crate::manifest::MANIFEST;
pub use crate::matters::Matter;
pub use crate::outcome::{CloseReason, JudgmentResult};
pub use crate::service::{ServiceProof, record_service};

use crate::rules::Rules;

/// The plugin for one site, with what `[plugins.legal]` says. Demand letters
/// go to the site's spool folder.
///
/// # Errors
///
/// [`SettingsError`] for an unknown key or a value that makes no sense.
pub fn plugin(
    settings: &Map<String, Value>,
    site: &Path,
) -> Result<Box<dyn Plugin>, SettingsError> {
    Ok(Box::new(Legal::new(settings, site)?))
}

struct Legal {
    spool: Spool,
    rules: Rules,
}

impl Legal {
    fn new(settings: &Map<String, Value>, site: &Path) -> Result<Self, SettingsError> {
        let rules = Rules::read(settings, site)?;
        Ok(Self { spool: Spool::of_site(site), rules })
    }

    async fn carry_out(
        &self,
        order: &Order,
        books: Option<&mut Books<'_>>,
    ) -> Result<Receipt, DeliveryError> {
        if order.verb == "demand_letter" {
            return self.post_demand(order).await;
        }
        let books = books.ok_or_else(|| BooksError("法务事项需要事务".to_owned()))?;
        let rules = &self.rules;
        let owner = order.arg("by").map(str::to_owned).or_else(|| rules.owner.clone());
        match order.verb.as_str() {
            "file_suit" => matters::open(order, "suit", owner, rules, books).await,
            "payment_order" => {
                matters::open(order, "payment_order", owner, rules, books).await
            }
            "limitation_task" => {
                let owner = order.assignee("by").or_else(|| owner.map(Assignee::Person));
                tasks::open_limitation_task(order, owner, books).await
            }
            verb => Err(DeliveryError::Refused(format!(
                "法务插件没有动作 `{verb}` · the plugin has no verb `{verb}`"
            ))),
        }
    }

    /// A demand without proof of posting is worth little: always registered.
    async fn post_demand(&self, order: &Order) -> Result<Receipt, DeliveryError> {
        let mut order = order.clone();
        order.args.insert("registered".to_owned(), Value::Bool(true));
        self.spool.put(&order).await
    }
}

#[async_trait]
impl Plugin for Legal {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    fn migrations(&self) -> &'static [&'static str] {
        books::MIGRATIONS
    }

    fn has_books(&self, verb: &str) -> bool {
        verb != "demand_letter"
    }

    fn concerns(&self) -> Vec<Concern> {
        let fault = self.rules.fault_of_courts();
        let concern =
            fault.map(|say| Concern { channel: None, grave: true, variable: None, say });
        concern.into_iter().collect()
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
        Ok(entries::enter(&self.rules, filled, books).await?)
    }

    async fn terms(
        &self,
        order: &ToSign<'_>,
        conn: &mut Conn,
    ) -> Result<Option<Terms>, BooksError> {
        claim::terms(&self.rules, order, conn).await
    }

    async fn observe(
        &self,
        case: CaseId,
        event: &Event,
        books: &mut Books<'_>,
    ) -> Result<(), BooksError> {
        claim::money_moved(case, event, books).await
    }

    fn role(&self) -> Option<&'static str> {
        Some(Role::Legal.as_str())
    }

    async fn matters(
        &self,
        named: MatterName,
        conn: &mut Conn,
    ) -> Result<Vec<(OrderId, CaseId)>, BooksError> {
        match named {
            MatterName::Number(id) => {
                let found = books::find(conn, id).await?;
                Ok(found.into_iter().map(|matter| (matter.id, matter.case_id)).collect())
            }
            MatterName::Of(case) => books::of_case(conn, case).await,
        }
    }

    async fn open_work(
        &self,
        wanted: &WorkWanted<'_>,
        conn: &mut Conn,
    ) -> Result<Vec<OpenWork>, BooksError> {
        let found = books::page(conn, wanted).await?;
        let numbers: Vec<OrderId> = found.iter().map(|it| it.0.id).collect();
        let next_days = books::next_days(conn, &numbers, wanted.today).await?;
        let row = |(it, place): (Matter, String)| {
            let next = next_days.get(&it.id.0);
            let cells = json!({
                "matter": it.id,
                "proceeding": it.kind,
                "court": it.court,
                "claim_amount": it.claim.to_string(),
                "awarded_amount": it.awarded.map(|sum| sum.to_string()),
                "stage": it.stage,
                "court_no": it.court_no,
                "owner": it.owner,
                "next": next.map(|it| &it.0),
                "next_on": next.map(|it| &it.1),
            });
            OpenWork::new((place, it.id.0), it.case_id, cells)
        };
        Ok(found.into_iter().map(row).collect())
    }

    async fn verify(&self, conn: &mut Conn) -> Result<Vec<BookFault>, BooksError> {
        proof::verify(conn).await
    }

    async fn papers(&self, conn: &mut Conn) -> Result<Vec<PaperOnFile>, BooksError> {
        let title = forms::PAPER;
        let of_letter =
            |(order, case_id, number)| PaperOnFile { case_id, order, title, number };
        Ok(books::receipts(conn).await?.into_iter().map(of_letter).collect())
    }

    async fn sweep_due(&self, conn: &mut Conn) -> Result<Option<Date>, BooksError> {
        if backfill::is_due(conn).await? || tasks::any_outlived(conn).await? {
            return Ok(Some(Date::MIN));
        }
        deadlines::sweep_due(self.rules.warn_days, conn).await
    }

    async fn sweep(&self, books: &mut Books<'_>) -> Result<(), BooksError> {
        backfill::run(books).await?;
        tasks::end_outlived(books).await?;
        deadlines::sweep(self.rules.warn_days, books).await
    }
}

#[cfg(test)]
mod tests;
