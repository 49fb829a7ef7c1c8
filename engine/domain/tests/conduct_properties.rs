//! What holds of every order, fact and pack (合规审查的性质).

mod review;

use domain::conduct::{
    Approval, Ask, Attempt, AttemptOutcome, ConductFacts, Effect, PolicyPack, Verdict,
    review,
};
use domain::manifest::{Act, Channel};
use domain::party::Role;
use jiff::civil::date;
use proptest::prelude::*;
use review::{
    Draft, at, effective_calls, facts, judge, looser_rules, pack, window, with_rules,
};

fn any_ask() -> impl Strategy<Value = Ask> {
    let acts = vec![
        Act::Demand,
        Act::Notice,
        Act::Negotiate,
        Act::Serve,
        Act::Locate,
        Act::Internal,
    ];
    (
        prop::sample::select(vec!["sms", "call", "write_off", "visit"]),
        prop::option::weighted(0.9, prop::sample::select(Channel::ALL.to_vec())),
        prop::sample::select(acts),
        prop::option::weighted(0.95, prop::sample::select(Role::ALL.to_vec())),
        prop::collection::vec(prop::sample::select(vec!["extra_fee", "new_rule"]), 0..2),
        any::<[bool; 2]>(),
    )
        .prop_map(
            |(verb, channel, act, role, tags, [second_person, states_amount])| Ask {
                verb: verb.to_owned(),
                channel,
                act,
                role,
                tags: tags.into_iter().map(str::to_owned).collect(),
                template: None,
                states_amount,
                second_person,
                requested_by: "clerk-1".to_owned(),
                collector: Some("collector-1".to_owned()),
            },
        )
}

fn any_attempt() -> impl Strategy<Value = Attempt> {
    (
        prop::sample::select(Channel::ALL.to_vec()),
        (10_i8..24, 8_i8..22),
        prop::sample::select(AttemptOutcome::ALL.to_vec()),
        any::<[bool; 2]>(),
    )
        .prop_map(|(channel, (day, hour), outcome, [same_point, same_party])| {
            Attempt {
                channel,
                at: date(2026, 11, day).at(hour, 0, 0, 0),
                outcome,
                same_point,
                same_party,
            }
        })
}

fn words(all: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    prop::sample::subsequence(all, 0..=all.len())
        .prop_map(|it| it.into_iter().map(str::to_owned).collect())
}

fn few(all: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    prop::sample::subsequence(all, 0..=1)
        .prop_map(|it| it.into_iter().map(str::to_owned).collect())
}

const EVIDENCE: &[&str] = &[
    "death",
    "joint_debt",
    "administrator",
    "inheritance_not_renounced",
    "evidence_set",
];

fn any_facts() -> impl Strategy<Value = ConductFacts> {
    let yes_no = || prop::option::weighted(0.9, prop::bool::weighted(0.8));
    (
        (
            prop::option::weighted(0.95, prop::bool::weighted(0.1)),
            prop::bool::weighted(0.1),
        ),
        words(&["consent.out_of_hours", "agreement.call_frequency"]),
        few(&[
            "complaint",
            "vulnerable",
            "plan",
            "flood",
            "third_party_refused",
            "hardship",
        ]),
        prop::collection::vec(any_attempt(), 0..5),
        (prop::option::of(0_u32..6), yes_no(), yes_no(), yes_no()),
        words(EVIDENCE),
        prop::option::of(prop::sample::select(vec!["clerk-1", "collector-1", "boss-1"])),
        prop::option::of(0_u32..4),
    )
        .prop_map(
            |(dead, consents, holds, attempts, known, evidence, by, collectors)| {
                ConductFacts {
                    recipient_deceased: dead.0,
                    recipient_refused: dead.1,
                    point_out_of_use: None,
                    consents,
                    holds,
                    attempts,
                    consecutive_unreached: known.0,
                    all_numbers_invalid: known.1,
                    guarantee_within_period: known.2,
                    evidence,
                    template_approved: known.3,
                    template_act: None,
                    approvals: by
                        .map(|it| Approval {
                            by: it.to_owned(),
                            roles: vec!["compliance".to_owned(), "risk".to_owned()],
                        })
                        .into_iter()
                        .collect(),
                    planned_collectors: collectors,
                }
            },
        )
}

fn any_rules() -> impl Strategy<Value = PolicyPack> {
    let pause = "[[cool_off]]\nid = \"house.pause\"\nchannels = [\"*\"]\nscope = \"party\"\n\
         after = [\"*\"]\ndays = 2\nstrength = \"must\"\nsource = [\"HOUSE\"]\n";
    let rest = "[[forbidden]]\nact = \"tag:new_rule\"\nreason = \"x\"\nsource = [\"HOUSE\"]\n\
         [[hold]]\non = \"flood\"\neffect = [\"no_demand\"]\nkeep = []\n\
         source = [\"HOUSE\"]\n\
         [[hold]]\non = \"vulnerable\"\neffect = [\"no_visit\", \"no_call\", \
         \"needs_approval:compliance\", \"needs_approval:legal\"]\n\
         keep = []\nsource = [\"HOUSE\"]\n\
         [[party_rule]]\nrole = \"borrower\"\nallow = [\"notice\", \"serve\"]\n\
         source = [\"HOUSE\"]\n\
         [[conduct]]\nchannels = [\"phone\"]\nmust = [\"approved_template\"]\n\
         source = [\"HOUSE\"]\n\
         [[approval]]\naction = \"sms\"\nneeds = [\"role:risk\"]\nsource = [\"HOUSE\"]\n";
    (1_u32..=3, 8_u8..14, 15_u8..=22, 0_u16..60, any::<[bool; 2]>()).prop_map(
        move |(limit, from, until, margin, [paused, more])| {
            let hours =
                window(&format!("{from:02}:00"), &format!("{until:02}:00"), margin);
            let mut body = effective_calls(limit) + &hours;
            if paused {
                body += pause;
            }
            if more {
                body += rest;
            }
            with_rules(&body)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn tightening_never_makes_an_answer_milder(
        ask in any_ask(),
        facts in any_facts(),
        tight in any_rules(),
        (hour, minute) in (0_i8..24, 0_i8..60),
    ) {
        let base = pack();
        prop_assert_eq!(looser_rules(&tight), [""; 0]);
        let before = review(Draft(ask.clone()), &facts, at(hour, minute), &base);
        let after = review(Draft(ask), &facts, at(hour, minute), &tight);
        prop_assert!(before.effect() <= after.effect(), "{before:?} {after:?}");
        if let (Verdict::Deferred(_, before, _), Verdict::Deferred(_, after, _)) =
            (&before, &after)
        {
            prop_assert!(before <= after, "{before} {after}");
        }
    }

    #[test]
    fn a_deferred_order_may_go_when_its_time_has_come(
        ask in any_ask(),
        (hour, minute) in (0_i8..24, 0_i8..60),
    ) {
        let now = at(hour, minute);
        if let Verdict::Deferred(draft, until, _) = judge(&ask, &facts(), now) {
            prop_assert!(now < until);
            let again = judge(&draft.0, &facts(), until);
            prop_assert_eq!(again.effect(), Effect::Allow);
        }
    }

    #[test]
    fn nothing_leaves_at_night_without_consent(
        ask in any_ask(),
        facts in any_facts(),
        (hour, minute) in (0_i8..24, 0_i8..60),
    ) {
        let night = !(8..22).contains(&hour);
        let consent = facts.consents.iter().any(|consent| consent == "consent.out_of_hours");
        let bound = ask.channel.is_some_and(|channel| channel != Channel::LetterPost);
        let verdict = judge(&ask, &facts, at(hour, minute));
        if night && bound && !consent {
            prop_assert_ne!(verdict.effect(), Effect::Allow);
        }
    }
}
