//! The limitation period by table, story and property (诉讼时效).

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::party::Role;

fn demand(on: Date) -> Interruption {
    Interruption::new(on, InterruptionKind::DemandSent, Evidence::RegisteredMail)
}

fn claimed(on: Date) -> Interruption {
    Interruption::new(on, InterruptionKind::DemandSent, Evidence::BareAssertion)
}

fn clock(due: Date, interruptions: &[Interruption]) -> LimitationClock {
    LimitationClock { interruptions: interruptions.to_vec(), ..LimitationClock::new(due) }
}

#[test]
fn the_last_day_is_the_corresponding_day_or_the_month_end() {
    let cases = [
        (date(2023, 2, 28), date(2026, 2, 28)),
        (date(2023, 12, 1), date(2026, 12, 1)),
        (date(2024, 2, 29), date(2027, 2, 28)),
        (date(2021, 2, 28), date(2024, 2, 28)),
    ];
    for (due, last_day) in cases {
        assert_eq!(LimitationClock::new(due).proved_expiry(), last_day, "due {due}");
    }
}

#[test]
fn a_delivered_demand_starts_the_three_years_again() {
    let due = date(2023, 12, 1);
    let clock = clock(due, &[demand(date(2026, 11, 23))]);
    assert_eq!(clock.proved_expiry(), date(2029, 11, 23));
}

#[test]
fn without_evidence_nothing_begins_anew() {
    let clock = clock(date(2023, 12, 1), &[claimed(date(2026, 11, 23))]);
    assert_eq!(clock.proved_expiry(), date(2026, 12, 1));
}

#[test]
fn evidence_of_one_thing_does_not_prove_another() {
    let pairs = [
        (Evidence::SignedReceipt, InterruptionKind::DemandDeliveredSigned, true),
        (Evidence::LedgerEntry, InterruptionKind::DebtorAgreed, true),
        (Evidence::LedgerEntry, InterruptionKind::DemandSent, false),
        (Evidence::CourtPaper, InterruptionKind::SuedOrEquivalent, true),
        (Evidence::RegisteredMail, InterruptionKind::DemandDeliveredSigned, false),
        (Evidence::RecordedCall, InterruptionKind::DebtorAgreed, true),
    ];
    for (evidence, kind, proves) in pairs {
        assert_eq!(evidence.proves(kind), proves, "{evidence:?} {kind:?}");
    }
    for kind in InterruptionKind::ALL {
        assert!(!Evidence::BareAssertion.proves(kind), "{kind:?}");
        assert!(Evidence::ALL.iter().any(|it| it.proves(kind)), "{kind:?}");
    }
}

#[test]
fn nothing_revives_a_period_that_has_run_out() {
    let due = date(2020, 1, 1);
    let last = date(2023, 1, 1);
    assert_eq!(clock(due, &[demand(last)]).proved_expiry(), date(2026, 1, 1));
    let day_after = date(2023, 1, 2);
    assert_eq!(clock(due, &[demand(day_after)]).proved_expiry(), last);
    // A chain counts only while each link is in time.
    let chain = [demand(date(2025, 12, 31)), demand(date(2022, 12, 31))];
    assert_eq!(clock(due, &chain).proved_expiry(), date(2028, 12, 31));
}

#[test]
fn a_suit_counts_from_the_end_of_the_proceeding() {
    let filed = date(2025, 3, 1);
    let suit = Interruption::new(
        filed,
        InterruptionKind::SuedOrEquivalent,
        Evidence::CourtPaper,
    );
    let due = date(2023, 1, 1);
    assert_eq!(clock(due, &[suit]).proved_expiry(), date(2028, 3, 1));
    let ended = Interruption { resumes_on: Some(date(2026, 5, 6)), ..suit };
    assert_eq!(clock(due, &[ended]).proved_expiry(), date(2029, 5, 6));
}

#[test]
fn an_obstacle_counts_only_in_the_last_six_months() {
    let due = date(2023, 6, 30);
    let suspension = |from_on, until_on| Suspension {
        from_on,
        until_on,
        kind: SuspensionKind::NoHeirOrAdministrator,
    };
    let cases = [
        // Over before the last six months begin on 30 December 2025.
        (suspension(date(2025, 1, 1), Some(date(2025, 12, 29))), date(2026, 6, 30)),
        (suspension(date(2025, 1, 1), Some(date(2025, 12, 30))), date(2026, 6, 30)),
        (suspension(date(2025, 1, 1), Some(date(2026, 3, 15))), date(2026, 9, 15)),
        (suspension(date(2026, 6, 30), Some(date(2027, 1, 31))), date(2027, 7, 31)),
        (suspension(date(2026, 7, 1), Some(date(2027, 1, 31))), date(2026, 6, 30)),
        // Still there: plans do not lean on it.
        (suspension(date(2026, 5, 1), None), date(2026, 6, 30)),
    ];
    for (suspension, last_day) in cases {
        let clock = LimitationClock {
            suspensions: vec![suspension],
            ..LimitationClock::new(due)
        };
        assert_eq!(clock.proved_expiry(), last_day, "{suspension:?}");
    }
}

#[test]
fn after_twenty_years_nothing_helps() {
    let due = date(2000, 5, 1);
    let demands: Vec<_> = (1..=9).map(|n| demand(date(2000 + 2 * n, 5, 1))).collect();
    assert_eq!(clock(due, &demands).proved_expiry(), date(2020, 5, 1));
}

#[test]
fn joint_debtors_and_the_estate_share_a_clock_and_nobody_else_does() {
    use Role::{Borrower, CoBorrower, EstateAdministrator, SpouseJoint};
    let sharing = Role::ALL.into_iter().filter(|it| it.shares_the_debtors_clock());
    let expected = [Borrower, CoBorrower, SpouseJoint, EstateAdministrator];
    assert_eq!(sharing.collect::<Vec<_>>(), expected);
}

fn any_day() -> impl Strategy<Value = Date> {
    (0_i32..9000).prop_map(|n| date(2010, 1, 1).saturating_add(n.days()))
}

fn any_interruption() -> impl Strategy<Value = Interruption> {
    (any_day(), prop::option::of(0_i32..1500), 0_usize..8, 0_usize..10).prop_map(
        |(on, proceeding, kind, evidence)| Interruption {
            on,
            resumes_on: proceeding.map(|proceeding| on.saturating_add(proceeding.days())),
            kind: InterruptionKind::ALL[kind],
            evidence: Evidence::ALL[evidence],
        },
    )
}

fn any_clock() -> impl Strategy<Value = LimitationClock> {
    let suspension =
        (any_day(), prop::option::of(0_i32..900)).prop_map(|(on, days)| Suspension {
            from_on: on,
            until_on: days.map(|day| on.saturating_add(day.days())),
            kind: SuspensionKind::ForceMajeure,
        });
    (
        any_day(),
        prop::collection::vec(any_interruption(), 0..8),
        prop::collection::vec(suspension, 0..4),
    )
        .prop_map(|(starts_on, interruptions, suspensions)| LimitationClock {
            starts_on,
            interruptions,
            suspensions,
            terms: Vec::new(),
        })
}

/// An act about the term: a kind, a day, and how much later what is agreed falls due.
fn any_term() -> impl Strategy<Value = TermAct> {
    (0_usize..3, any_day(), 0_i32..1500).prop_map(|(kind, on, later)| {
        let until = on.saturating_add(later.days());
        match kind {
            0 => TermAct::Accelerated { on },
            1 => TermAct::Extended { signed_on: on, until },
            _ => TermAct::AgreedAnew { signed_on: on, until },
        }
    })
}

/// A claim with a history: interruptions, obstacles, and acts about its term.
fn any_history() -> impl Strategy<Value = LimitationClock> {
    (any_clock(), prop::collection::vec(any_term(), 0..4))
        .prop_map(|(clock, terms)| LimitationClock { terms, ..clock })
}

#[test]
fn the_term_of_the_debt_is_changed_as_the_law_says() {
    let due = date(2024, 6, 30);
    let accelerated = |on| TermAct::Accelerated { on };
    let extended = |signed_on, until| TermAct::Extended { signed_on, until };
    let anew = |signed_on, until| TermAct::AgreedAnew { signed_on, until };
    // the acts, the last day, the articles
    let table: [(&[TermAct], Date, &str); 9] = [
        (&[], date(2027, 6, 30), "188, 189"),
        (&[accelerated(date(2023, 9, 1))], date(2026, 9, 1), "188: due at once"),
        (&[accelerated(date(2025, 1, 1))], date(2027, 6, 30), "it was due already"),
        (
            &[extended(date(2024, 5, 1), date(2025, 6, 30))],
            date(2028, 6, 30),
            "543: agreed in time",
        ),
        (
            &[extended(date(2027, 6, 30), date(2027, 6, 30))],
            date(2030, 6, 30),
            "195, number 2: on the last day",
        ),
        (
            &[extended(date(2027, 7, 1), date(2028, 6, 30))],
            date(2027, 6, 30),
            "192: an extension after the end is none",
        ),
        (
            &[anew(date(2027, 7, 1), date(2028, 6, 30))],
            date(2031, 6, 30),
            "192, second paragraph; rule 19: a debt of its own",
        ),
        (
            &[
                extended(date(2024, 5, 1), date(2026, 6, 30)),
                accelerated(date(2025, 2, 1)),
            ],
            date(2028, 2, 1),
            "the extended term is called in",
        ),
        (
            &[accelerated(date(2023, 9, 1)), anew(date(2025, 3, 1), date(2026, 3, 1))],
            date(2029, 3, 1),
            "agreed while the period ran",
        ),
    ];
    for (terms, last_day, article) in table {
        let clock =
            LimitationClock { terms: terms.to_vec(), ..LimitationClock::new(due) };
        assert_eq!(clock.proved_expiry(), last_day, "{article}: {terms:?}");
    }
}

#[test]
fn what_begins_an_old_debt_anew_after_the_end_is_a_signed_agreement_and_no_payment() {
    let due = date(2020, 1, 1);
    let paid = Interruption::new(
        date(2024, 5, 1),
        InterruptionKind::DebtorAgreed,
        Evidence::LedgerEntry,
    );
    assert_eq!(clock(due, &[paid]).proved_expiry(), date(2023, 1, 1));
    let signed =
        TermAct::AgreedAnew { signed_on: date(2024, 3, 1), until: date(2024, 3, 1) };
    let both = LimitationClock { terms: vec![signed], ..clock(due, &[paid]) };
    assert_eq!(both.proved_expiry(), date(2027, 5, 1));
}

proptest! {
    #[test]
    fn no_interruption_ever_shortens_the_period(
        clock in any_clock(),
        more in any_interruption(),
    ) {
        let mut longer = clock.clone();
        longer.interruptions.push(more);
        prop_assert!(clock.proved_expiry() <= longer.proved_expiry());
    }

    #[test]
    fn the_order_of_interruptions_does_not_matter(
        clock in any_clock(),
        turn in 0_usize..8,
    ) {
        let mut turned = clock.clone();
        turned.interruptions.reverse();
        turned.suspensions.reverse();
        let by = turn.min(turned.interruptions.len());
        turned.interruptions.rotate_left(by);
        prop_assert_eq!(clock.proved_expiry(), turned.proved_expiry());
    }

    #[test]
    fn the_period_lies_between_three_and_twenty_years(clock in any_clock()) {
        let least = clock.starts_on.saturating_add(LIMITATION_YEARS.years());
        let most = clock.starts_on.saturating_add(LONG_STOP_YEARS.years());
        prop_assert!(least <= clock.proved_expiry());
        prop_assert!(clock.proved_expiry() <= most);
    }

    /// Only a paper that the debtor signed puts off the day, and only a demand, an
    /// acknowledgement or a proceeding in time begins the period anew: what is claimed,
    /// what comes too late and what the institution declares by itself do not.
    #[test]
    fn no_act_lengthens_a_clock_that_the_law_does_not_lengthen(
        history in any_history(),
        on in any_day(),
        more in any_interruption(),
    ) {
        let before = history.proved_expiry();
        // A suit that follows a declaration counts until it has ended, as the law says.
        let mut called_in = history.clone();
        for interruption in &mut called_in.interruptions {
            interruption.resumes_on = None;
        }
        let without_suits = called_in.proved_expiry();
        called_in.terms.push(TermAct::Accelerated { on });
        prop_assert!(called_in.proved_expiry() <= without_suits);

        let mut claimed = history.clone();
        let bare = Interruption { evidence: Evidence::BareAssertion, ..more };
        claimed.interruptions.push(bare);
        prop_assert_eq!(claimed.proved_expiry(), before);

        let signs = |act: &TermAct| !matches!(act, TermAct::Accelerated { .. });
        if before < more.on && !history.terms.iter().any(signs) {
            let mut late = history.clone();
            late.interruptions.push(more);
            prop_assert_eq!(late.proved_expiry(), before);
            late.terms.push(TermAct::Extended { signed_on: more.on, until: more.on });
            prop_assert_eq!(late.proved_expiry(), before);
        }
    }

    #[test]
    fn no_history_outlasts_twenty_years_from_the_day_the_debt_last_fell_due(
        history in any_history(),
    ) {
        let agreed = history.terms.iter().filter_map(|act| match act {
            TermAct::Accelerated { .. } => None,
            TermAct::Extended { signed_on, until }
            | TermAct::AgreedAnew { signed_on, until } => Some(*signed_on.max(until)),
        });
        let last_due = agreed.chain([history.starts_on]).max().unwrap();
        let most = last_due.saturating_add(LONG_STOP_YEARS.years());
        prop_assert!(history.proved_expiry() <= most);
    }

    #[test]
    fn the_order_in_which_a_history_was_entered_does_not_matter(
        history in any_history(),
    ) {
        let mut turned = history.clone();
        turned.terms.reverse();
        turned.interruptions.reverse();
        prop_assert_eq!(history.proved_expiry(), turned.proved_expiry());
    }
}
