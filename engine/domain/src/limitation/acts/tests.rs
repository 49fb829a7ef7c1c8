//! The acts about a claim by table (期限事项): days and facts in, days out.

use jiff::civil::date;

use super::*;
use crate::guarantee::{Agreed, Guarantee, GuaranteeLaw, Standing};
use crate::party::GuaranteeKind;

const GUARANTOR: PartyId = PartyId(7);
const DUE: Date = date(2026, 8, 31);

fn until(kind: ClockActKind, on: Date, until: Date) -> ClockAct {
    ClockAct { until: Some(until), ..ClockAct::new(kind, on) }
}

fn about(act: ClockAct, party: i64) -> ClockAct {
    ClockAct { party: Some(PartyId(party)), ..act }
}

#[test]
fn the_period_runs_from_the_contracts_last_instalment_whatever_is_booked_later() {
    let read = until(ClockActKind::ContractEnds, date(2024, 1, 5), date(2026, 6, 30));
    let corrected =
        until(ClockActKind::ContractEnds, date(2024, 1, 5), date(2026, 7, 31));
    // acts, last booked, first listed, counted from
    let table = [
        (vec![], date(2026, 8, 31), None, date(2026, 8, 31)),
        // Interest booked in the year after: 189.
        (vec![], date(2027, 8, 31), Some(DUE), DUE),
        // Only some instalments are booked: the earlier day is planned by.
        (vec![], date(2026, 3, 31), Some(DUE), date(2026, 3, 31)),
        (vec![read], date(2027, 8, 31), Some(DUE), date(2026, 6, 30)),
        (vec![read, corrected], date(2027, 8, 31), None, date(2026, 7, 31)),
    ];
    for (acts, booked, listed, wanted) in table {
        let record = Record(acts);
        assert_eq!(record.debt_due_on(booked, listed), wanted, "{record:?}");
    }
}

#[test]
fn a_guarantor_follows_an_extension_only_by_their_own_written_consent() {
    let extended = until(ClockActKind::Extended, date(2026, 8, 1), date(2027, 8, 31));
    let consent =
        until(ClockActKind::GuarantorConsented, date(2026, 8, 1), date(2027, 8, 31));
    let less =
        until(ClockActKind::GuarantorConsented, date(2026, 8, 1), date(2027, 2, 28));
    let called_in = ClockAct::new(ClockActKind::Accelerated, date(2026, 3, 1));
    // acts, the guarantor's day, the article
    let table = [
        (vec![], DUE, "692"),
        (vec![extended], DUE, "695, second paragraph: no consent"),
        (vec![extended, about(consent, 7)], date(2027, 8, 31), "695: consent"),
        (vec![extended, about(consent, 8)], DUE, "692: each alone"),
        (vec![extended, about(less, 7)], DUE, "695: consent to less"),
        (vec![called_in], date(2026, 3, 1), "692, third paragraph"),
    ];
    for (acts, due, article) in table {
        let record = Record(acts);
        assert_eq!(record.due_for_guarantor(GUARANTOR, DUE), due, "{article}");
    }
}

#[test]
fn each_kind_of_guarantor_is_held_by_what_was_done_and_not_by_what_was_approved() {
    let demanded = ClockAct::new(ClockActKind::GuarantorDemanded, date(2026, 10, 8));
    let sued = ClockAct::new(ClockActKind::DebtorSued, date(2026, 11, 2));
    let sued_again = ClockAct::new(ClockActKind::DebtorSued, date(2027, 2, 1));
    let withdrawn = ClockAct::new(ClockActKind::SuitWithdrawn, date(2026, 12, 1));
    let anew = ClockAct::new(ClockActKind::DebtorSued, date(2026, 12, 1));
    let (joint, general) = (GuaranteeKind::Joint, GuaranteeKind::General);
    let lapsed = Standing::Lapsed(date(2027, 2, 28));
    let held = |year, month, day| Standing::Secured(date(year, month, day));
    // kind, acts, how it stands in the end, the article
    let table = [
        (joint, vec![about(demanded, 7)], held(2026, 10, 8), "693, second paragraph"),
        (joint, vec![about(demanded, 8)], lapsed, "each guarantor alone"),
        (joint, vec![sued], lapsed, "a suit against the debtor alone"),
        (general, vec![about(demanded, 7)], lapsed, "693, first paragraph"),
        (general, vec![sued], held(2026, 11, 2), "693, first paragraph"),
        (general, vec![sued, withdrawn], lapsed, "interpretation, 31"),
        (general, vec![sued, withdrawn, sued_again], held(2027, 2, 1), "sued anew"),
        (general, vec![sued, withdrawn, anew], held(2026, 12, 1), "on the same day"),
    ];
    for (kind, acts, wanted, article) in table {
        let record = Record(acts);
        let guarantee = Guarantee {
            kind,
            debt_due_on: DUE,
            agreed: Agreed::Nothing,
            law: GuaranteeLaw::CivilCode,
        };
        let steps = record.steps_against(GUARANTOR);
        assert_eq!(guarantee.standing(&steps, Date::MAX), wanted, "{kind:?} {article}");
    }
}

#[test]
fn the_right_to_refuse_ends_with_the_first_of_what_ends_it() {
    let applied = ClockAct::new(ClockActKind::EnforcementApplied, date(2027, 1, 20));
    let in_vain = ClockAct::new(ClockActKind::EnforcedInVain, date(2027, 6, 20));
    let late = ClockAct::new(ClockActKind::EnforcedInVain, date(2028, 6, 20));
    let waived = about(ClockAct::new(ClockActKind::EnforcedInVain, date(2027, 3, 1)), 7);
    let of_another = about(waived, 8);
    // acts, the day, the source
    let table = [
        (vec![], None, "no enforcement"),
        (vec![applied], Some(date(2028, 1, 20)), "28, first paragraph, number 2"),
        (vec![applied, in_vain], Some(date(2027, 6, 20)), "28, number 1"),
        (vec![applied, late], Some(date(2028, 1, 20)), "28, number 2: a year is over"),
        (vec![in_vain, waived], Some(date(2027, 3, 1)), "687, number 4"),
        (vec![of_another], None, "687: each guarantor alone"),
    ];
    for (acts, ended_on, source) in table {
        let record = Record(acts);
        assert_eq!(record.refusal_ended_on(GUARANTOR), ended_on, "{source}");
    }
}
