//! Other rules tried on payments of the past (奖励规则试算): what they would have paid.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{CaseId, EntryId};
use domain::money::Fen;
use domain::staff::StaffNames;
use jiff::civil::Date;
use serde_json::{Map, Value};
use store::plugin::BooksError;
use store::plugin_settings::{Settings, SettingsError};
use store::{Conn, plugin_reads};

use crate::accrue::{InstitutionRules, known_of};
use crate::books::lines;
use crate::institution_of;
use crate::manifest::MANIFEST;
use crate::rules::{Earned, Rules};

/// A trial of other rules.
#[derive(Clone, Debug)]
pub struct Trial {
    rules: Rules,
    institution: InstitutionRules,
    least_days: i64,
    staff: StaffNames,
}

/// What one member of staff got, and would have got.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Compared {
    /// Booked in the period, what was taken back taken off.
    pub booked: Fen,
    /// By the rules that are tried.
    pub tried: Fen,
}

impl Trial {
    /// The rules of the house, as its settings say, with another rate; a payment must have
    /// come at least so many days past due.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] for settings that make no sense.
    pub fn new(
        settings: &Map<String, Value>,
        rate: i64,
        least_days: i64,
    ) -> Result<Self, SettingsError> {
        let institution = institution_of(&Settings::read(&MANIFEST, settings)?)?;
        let staff = StaffNames::default();
        Ok(Self { rules: institution.rules(rate, None), institution, least_days, staff })
    }

    /// The same, with whom the settings know by their logins.
    #[must_use]
    pub fn with_staff(self, staff: StaffNames) -> Self {
        Self { staff, ..self }
    }

    /// The rules that are tried.
    pub fn rules_mut(&mut self) -> &mut Rules {
        &mut self.rules
    }

    /// What everybody got by the ledger from one day to another, and what they would have
    /// got for the payments of these days. Nothing is written.
    ///
    /// # Errors
    ///
    /// [`BooksError`] when the books cannot be read.
    pub async fn run(
        &self,
        conn: &mut Conn,
        (from, to): (Date, Date),
    ) -> Result<BTreeMap<String, Compared>, BooksError> {
        let mut compared: BTreeMap<String, Compared> = BTreeMap::new();
        for (name, booked) in lines::sums(conn, (from, to)).await? {
            compared.entry(name).or_default().booked = booked;
        }
        let told = plugin_reads::payments_told(conn, from, to).await?;
        let mut sums = Sums::default();
        for (case, payload) in told {
            let Some(payment) = self.payment_in(&payload) else { continue };
            self.try_one(conn, (case, payment), &mut sums).await?;
        }
        for ((_, name), amount) in sums.of_month {
            compared.entry(name).or_default().tried += amount;
        }
        Ok(compared)
    }

    /// The payment that an event tells of, where it came late enough.
    fn payment_in(&self, payload: &str) -> Option<EntryId> {
        let payload: Map<String, Value> = serde_json::from_str(payload).ok()?;
        let late = payload.get("days_past_due").and_then(Value::as_i64)?;
        let entry = payload.get("entry").and_then(Value::as_str)?;
        (self.least_days <= late).then(|| entry.parse().ok().map(EntryId)).flatten()
    }

    async fn try_one(
        &self,
        conn: &mut Conn,
        (case, payment): (CaseId, EntryId),
        sums: &mut Sums,
    ) -> Result<(), BooksError> {
        // Told twice, once when it was entered and once when it was confirmed.
        if sums.met.contains(&payment.0) {
            return Ok(());
        }
        let Some(paid) = plugin_reads::payment(conn, case, payment).await? else {
            return Ok(());
        };
        let counts = paid.owed.map_or(paid.amount, |owed| owed.min(paid.amount));
        let is_sound = paid.is_confirmed && !paid.is_inferred && !paid.is_reversed;
        if !is_sound || counts <= Fen(0) {
            return Ok(());
        }
        sums.met.insert(payment.0);
        let month = paid.booked_on.first_of_month();
        let when = (case, paid.booked_on);
        let known =
            known_of(conn, &self.rules, &self.institution, when, &self.staff).await?;
        let of_month = sums.of_month.iter().filter(|it| it.0.0 == month);
        let of_month =
            of_month.map(|of_month| (of_month.0.1.clone(), *of_month.1)).collect();
        let earned = Earned {
            paid: counts,
            through_court: known.through_court,
            originator: known.originator.as_deref(),
            reached: &known.reached,
            of_case: sums.of_case.get(&case).copied().unwrap_or_default(),
            of_month: &of_month,
        };
        for share in self.rules.divide(&earned).unwrap_or_default() {
            *sums.of_case.entry(case).or_default() += share.amount;
            *sums.of_month.entry((month, share.collector)).or_default() += share.amount;
        }
        Ok(())
    }
}

/// What the rules that are tried have come to so far.
#[derive(Default)]
struct Sums {
    met: BTreeSet<i64>,
    of_case: BTreeMap<CaseId, Fen>,
    of_month: BTreeMap<(Date, String), Fen>,
}
