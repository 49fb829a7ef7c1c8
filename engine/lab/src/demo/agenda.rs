//! The agenda (日程): what made-up people are going to do, by day.

use std::collections::BTreeMap;

use domain::event::EventKind;
use domain::ids::{CaseId, OrderId};
use domain::ledger::EntryKind;
use domain::money::Fen;
use jiff::ToSpan;
use jiff::civil::Date;
use synthetic::{Happening, Reaction, What};

/// One thing that somebody does.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    /// Pays, at most what is owed by then.
    Pay(Fen),
    /// The payment of this name, if it was made, is taken back.
    TakeBack(String),
    /// Something is reported: `complaint`, `deceased`, …
    Report(EventKind),
    /// Two collectors go, and find this.
    Visit(OrderId, Box<Reaction>),
}

/// A deed on a case; the name tells it from every other.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) case: CaseId,
    pub(super) name: String,
    pub(super) deed: Deed,
}

/// Who does what on which day.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    days: BTreeMap<Date, Vec<Planned>>,
}

impl Agenda {
    /// Puts a deed on a day.
    pub(super) fn plan(&mut self, on: Date, case: CaseId, name: String, deed: Deed) {
        self.days.entry(on).or_default().push(Planned { case, name, deed });
    }

    /// Takes what was planned for a day.
    pub(super) fn take(&mut self, on: Date) -> Vec<Planned> {
        self.days.remove(&on).unwrap_or_default()
    }

    /// What happens whoever calls.
    pub(super) fn of_itself(happenings: &[(CaseId, Happening)]) -> Self {
        let mut agenda = Self::default();
        let mut bounced = BTreeMap::new();
        for (case, it) in happenings {
            let name = format!("{}:{}:{}", case, it.on, word(it.what));
            let deed = match it.what {
                What::Payment(amount) => {
                    bounced.insert((*case, amount, it.on), name.clone());
                    Deed::Pay(amount)
                }
                What::Reversal(amount) => {
                    // A payment bounces two days later.
                    let paid = (*case, amount, it.on.saturating_sub(2.days()));
                    let Some(payment) = bounced.get(&paid) else { continue };
                    Deed::TakeBack(payment.clone())
                }
                What::Deceased => Deed::Report(EventKind::Deceased),
                What::Complaint => Deed::Report(EventKind::Complaint),
                What::ComplaintResolved => Deed::Report(EventKind::ComplaintResolved),
                What::Dispute => Deed::Report(EventKind::Dispute),
                What::DisputeResolved => Deed::Report(EventKind::DisputeResolved),
            };
            agenda.plan(it.on, *case, name, deed);
        }
        agenda
    }
}

fn word(what: What) -> &'static str {
    match what {
        What::Payment(_) => EntryKind::Payment.as_str(),
        What::Reversal(_) => EntryKind::Reversal.as_str(),
        What::Deceased => EventKind::Deceased.as_str(),
        What::Complaint => EventKind::Complaint.as_str(),
        What::ComplaintResolved => EventKind::ComplaintResolved.as_str(),
        What::Dispute => EventKind::Dispute.as_str(),
        What::DisputeResolved => EventKind::DisputeResolved.as_str(),
    }
}
