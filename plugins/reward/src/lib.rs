//! Collection rewards (清收奖励): accrued on confirmed payments, taken back on reversal.
//!
//! A reward stands on one payment in the ledger. Whatever a workflow does, a
//! reversed payment takes its reward back in the transaction of the reversal.

mod accrue;
mod books;
mod entries;
mod forms;
mod manifest;
mod rules;
mod take_back;

use std::path::Path;

use async_trait::async_trait;
use domain::complaint::ComplaintOutcome;
use domain::conduct::Approved;
use domain::event::{Event, EventKind};
use domain::ids::CaseId;
use domain::manifest::Manifest;
use domain::money::Fen;
use domain::order::Order;
use jiff::Span;
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use store::Conn;
use store::plugin::{
    BookFault, Books, BooksError, DeliveryError, EntryDone, EntryError, Filled, OpenWork,
    Plugin, Receipt, WorkWanted,
};
use store::plugin_settings::{Settings, SettingsError};

use crate::accrue::InstitutionRules;
use crate::books::open;
use crate::entries::Spans;

pub use crate::books::months::{Closed, Due, Month, due, find as statement_of, owed};
pub use crate::books::trial::{Compared, Trial};
pub use crate::books::{Row, statement};
pub use crate::manifest::MANIFEST;
pub use crate::rules::Rules;

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
    objection_days: i64,
    institution: InstitutionRules,
}

impl Rewards {
    fn new(settings: &Map<String, Value>) -> Result<Self, SettingsError> {
        let settings = Settings::read(&MANIFEST, settings)?;
        Ok(Self {
            cooling_days: within(&settings, "cooling_days", (0, 365))?,
            objection_days: within(&settings, "objection_days", (1, 60))?,
            institution: institution_of(&settings)?,
        })
    }

    /// The last day of the cooling-off of what is accrued today.
    fn cooling_until(&self, today: Date) -> Date {
        let days = Span::new().try_days(self.cooling_days);
        days.map_or(today, |days| today.saturating_add(days))
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
        let cooling_until = self.cooling_until(books.today);
        accrue::by_order(order, &self.institution, cooling_until, books).await
    }
}

/// What the settings say of the house.
fn institution_of(settings: &Settings) -> Result<InstitutionRules, SettingsError> {
    let columns = settings.text("originator_columns").split([',', ',']).map(str::trim);
    Ok(InstitutionRules {
        max_rate: within(settings, "max_rate", (0, 1000))?,
        court_rate: within(settings, "court_rate", (0, 1000))?,
        case_cap: Fen(settings.count("case_cap")),
        month_cap: Fen(settings.count("month_cap")),
        worked_days: within(settings, "worked_days", (1, 365))?,
        originator_columns: columns.map(str::to_owned).collect(),
    })
}

fn within(
    settings: &Settings,
    name: &'static str,
    (least, most): (i64, i64),
) -> Result<i64, SettingsError> {
    let value = settings.count(name);
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(SettingsError::Unusable {
        plugin: MANIFEST.name,
        name: name.to_owned(),
        reason: format!("应为 {least}–{most} · should be {least}–{most}"),
    })
}

/// Whether a settled complaint was found to be right.
fn is_upheld(event: &Event) -> bool {
    let outcome = event.payload.get(ComplaintOutcome::KEY).and_then(Value::as_str);
    outcome
        .and_then(ComplaintOutcome::parse)
        .is_some_and(ComplaintOutcome::is_against_the_collector)
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
        if event.kind == EventKind::ComplaintResolved && is_upheld(event) {
            take_back::unpaid_of_case(case, books).await?;
        }
        Ok(())
    }

    async fn enter(
        &self,
        filled: &Filled<'_>,
        books: &mut Books<'_>,
    ) -> Result<EntryDone, EntryError> {
        let spans = Spans {
            objection_days: self.objection_days,
            cooling_until: self.cooling_until(books.today),
            case_cap: self.institution.case_cap,
            month_cap: self.institution.month_cap,
        };
        entries::enter(filled, spans, books).await
    }

    async fn open_work(
        &self,
        wanted: &WorkWanted<'_>,
        conn: &mut Conn,
    ) -> Result<Vec<OpenWork>, BooksError> {
        let rewards = open::page(conn, wanted).await?;
        let row = |it: open::OpenReward| {
            let cells = json!({
                "order": it.order,
                "payment_entry": it.payment,
                "credited_to": it.to,
                "reward_amount": it.amount.to_string(),
                "stands": it.state,
                "cooling_until": it.until,
                "withheld_for": it.why,
                "objection_by": it.objection,
            });
            OpenWork::new((it.until, it.order.0), it.case_id, cells)
        };
        Ok(rewards.into_iter().map(row).collect())
    }

    async fn verify(&self, conn: &mut Conn) -> Result<Vec<BookFault>, BooksError> {
        books::proof::verify(conn).await
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
