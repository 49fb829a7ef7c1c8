//! The review under the shipped pack (合规审查), in tables.

mod review;

use domain::conduct::{
    Approval, Ask, Attempt, AttemptOutcome, ConductFacts, Effect, Verdict,
};
use domain::hold::HoldReason;
use domain::manifest::{Act, Channel};
use domain::party::Role;
use domain::point::PointState;
use jiff::civil::datetime;
use review::{ask, at, attempt, call, facts, judge, rules, sms};

#[test]
fn contact_is_open_from_eight_until_before_twenty_two() {
    let next_morning = Some(datetime(2026, 11, 24, 8, 0, 0, 0));
    let cases = [
        (at(0, 0), Some(at(8, 0))),
        (at(7, 59), Some(at(8, 0))),
        (at(8, 0), None),
        (at(12, 30), None),
        (at(21, 59), None),
        (at(22, 0), next_morning),
        (at(22, 30), next_morning),
        (at(23, 59), next_morning),
    ];
    for (now, expected) in cases {
        for ask in [call(), sms()] {
            let until = match judge(&ask, &facts(), now) {
                Verdict::Approved(_) => None,
                Verdict::Deferred(_, until, _) => Some(until),
                other => panic!("{now}: {other:?}"),
            };
            assert_eq!(until, expected, "{} at {now}", ask.verb);
        }
    }
}

#[test]
fn the_window_yields_to_consent_and_does_not_bind_the_post() {
    let consenting =
        ConductFacts { consents: vec!["consent.out_of_hours".to_owned()], ..facts() };
    assert_eq!(judge(&call(), &consenting, at(22, 30)).effect(), Effect::Allow);
    let letter = ask("letter", Some(Channel::LetterPost), Act::Demand, Role::Borrower);
    assert_eq!(judge(&letter, &facts(), at(22, 30)).effect(), Effect::Allow);
}

#[test]
fn the_fourth_effective_call_of_a_day_is_refused() {
    let outcomes = [
        AttemptOutcome::Conversation,
        AttemptOutcome::Reserved,
        AttemptOutcome::Delivered,
        AttemptOutcome::RefusedParty,
    ];
    for outcome in outcomes {
        let calls = |n: i8| ConductFacts {
            attempts: (0..n)
                .map(|it| attempt(Channel::Phone, at(9 + it, 0), outcome))
                .collect(),
            ..facts()
        };
        assert_eq!(judge(&call(), &calls(2), at(15, 0)).effect(), Effect::Allow);
        let fourth = judge(&call(), &calls(3), at(15, 0));
        assert_eq!(fourth.effect(), Effect::Deny, "{outcome:?}");
        assert_eq!(rules(&fourth), ["cn.freq.effective"]);
        // The day after they count no more.
        let tomorrow = datetime(2026, 11, 24, 9, 0, 0, 0);
        assert_eq!(judge(&call(), &calls(3), tomorrow).effect(), Effect::Allow);
        // Messages have limits of their own.
        assert_eq!(judge(&sms(), &calls(3), at(15, 0)).effect(), Effect::Allow);
    }
}

#[test]
fn calls_to_one_number_count_together_whoever_the_loan_names() {
    let elsewhere = |same_point| ConductFacts {
        attempts: (0..3)
            .map(|it| Attempt {
                same_point,
                same_party: false,
                ..attempt(Channel::Phone, at(9 + it, 0), AttemptOutcome::Conversation)
            })
            .collect(),
        ..facts()
    };
    let fourth = judge(&call(), &elsewhere(true), at(15, 0));
    assert_eq!(rules(&fourth), ["cn.freq.effective"]);
    assert_eq!(judge(&call(), &elsewhere(false), at(15, 0)).effect(), Effect::Allow);
}

#[test]
fn a_number_that_nobody_answers_rings_six_times_a_day() {
    let unanswered = |n: i8| ConductFacts {
        attempts: (0..n)
            .map(|it| attempt(Channel::Phone, at(9, it), AttemptOutcome::NoAnswer))
            .collect(),
        ..facts()
    };
    assert_eq!(judge(&call(), &unanswered(5), at(15, 0)).effect(), Effect::Allow);
    let seventh = judge(&call(), &unanswered(6), at(15, 0));
    assert_eq!(rules(&seventh), ["cn.freq.unanswered"]);
    let agreed = ConductFacts {
        consents: vec!["agreement.call_frequency".to_owned()],
        ..unanswered(6)
    };
    assert_eq!(judge(&call(), &agreed, at(15, 0)).effect(), Effect::Allow);
    // An attempt that never left the house is none.
    let mut failed = unanswered(6);
    failed.attempts[0].outcome = AttemptOutcome::Failed;
    assert_eq!(judge(&call(), &failed, at(15, 0)).effect(), Effect::Allow);
}

#[test]
fn a_visit_takes_two_people_and_a_week_since_the_last() {
    let visit = ask("visit", Some(Channel::Visit), Act::Demand, Role::Borrower);
    let verdict = judge(&visit, &facts(), at(10, 0));
    assert_eq!(verdict.effect(), Effect::Allow);
    assert!(verdict.record().obligations.contains(&"show_id".to_owned()));
    for planned in [None, Some(1)] {
        let alone = ConductFacts { planned_collectors: planned, ..facts() };
        assert_eq!(
            rules(&judge(&visit, &alone, at(10, 0))),
            ["cn.conduct.min_collectors"]
        );
    }
    let days = [(17, Effect::Deny), (16, Effect::Allow)];
    for (day, effect) in days {
        let last = datetime(2026, 11, day, 10, 0, 0, 0);
        let visited = ConductFacts {
            attempts: vec![attempt(Channel::Visit, last, AttemptOutcome::Absent)],
            ..facts()
        };
        assert_eq!(
            judge(&visit, &visited, at(10, 0)).effect(),
            effect,
            "visited on {day}"
        );
    }
}

#[test]
fn nothing_goes_where_nothing_goes_any_more_whatever_the_order_is() {
    for (state, rule) in [
        (PointState::Wrong, "cn.point.wrong"),
        (PointState::Refused, "cn.point.refused"),
        (PointState::Moved, "cn.point.moved"),
    ] {
        let facts = ConductFacts { point_out_of_use: Some(state), ..facts() };
        for channel in Channel::ALL {
            for act in [Act::Demand, Act::Notice, Act::Negotiate, Act::Serve] {
                let ask = ask("any", Some(channel), act, Role::Borrower);
                let verdict = judge(&ask, &facts, at(10, 0));
                assert_eq!(verdict.effect(), Effect::Deny, "{channel:?} {act:?}");
                assert!(rules(&verdict).contains(&rule), "{channel:?} {act:?}");
            }
        }
    }
    let given = ConductFacts { point_out_of_use: Some(PointState::Given), ..facts() };
    assert_eq!(judge(&sms(), &given, at(10, 0)).effect(), Effect::Allow);
}

#[test]
fn a_dead_persons_number_is_never_contacted() {
    let dead = ConductFacts { recipient_deceased: Some(true), ..facts() };
    let unknown = ConductFacts { recipient_deceased: None, ..facts() };
    let reported = ConductFacts { holds: vec!["deceased".to_owned()], ..facts() };
    for channel in Channel::ALL {
        for act in [Act::Demand, Act::Notice, Act::Negotiate, Act::Serve] {
            let ask = ask("any", Some(channel), act, Role::Borrower);
            for facts in [&dead, &unknown] {
                let verdict = judge(&ask, facts, at(10, 0));
                assert_eq!(verdict.effect(), Effect::Deny, "{channel:?} {act:?}");
                assert!(rules(&verdict).contains(&"cn.party.deceased"));
            }
            let verdict = judge(&ask, &reported, at(10, 0));
            assert!(rules(&verdict).contains(&"cn.hold.deceased_reported"), "{act:?}");
        }
    }
}

#[test]
fn heirs_get_notices_on_paper_shown_and_no_demands() {
    let notice = ask("notice", Some(Channel::LetterPost), Act::Notice, Role::Heir);
    let demand = ask("letter", Some(Channel::LetterPost), Act::Demand, Role::Heir);
    let shown = ConductFacts {
        holds: vec!["deceased".to_owned()],
        evidence: vec!["death".to_owned(), "inheritance_not_renounced".to_owned()],
        ..facts()
    };
    assert_eq!(judge(&notice, &shown, at(10, 0)).effect(), Effect::Allow);
    let verdict = judge(&demand, &shown, at(10, 0));
    assert_eq!(rules(&verdict), ["cn.party.heir", "cn.hold.deceased_reported"]);
    let bare = ConductFacts { evidence: Vec::new(), ..shown };
    assert_eq!(rules(&judge(&notice, &bare, at(10, 0)))[0], "cn.party.heir");
}

#[test]
fn every_hold_that_forbids_demands_stops_them_on_every_channel() {
    for reason in HoldReason::ALL.into_iter().filter(|it| it.forbids_demands()) {
        let held = ConductFacts { holds: vec![reason.to_string()], ..facts() };
        for channel in Channel::ALL {
            let ask = ask("any", Some(channel), Act::Demand, Role::Borrower);
            let verdict = judge(&ask, &held, at(10, 0));
            let rule = format!("cn.hold.{}", reason.pack_name());
            assert_eq!(verdict.effect(), Effect::Deny, "{reason} {channel:?}");
            assert_eq!(rules(&verdict)[0], rule, "{channel:?}");
        }
    }
}

#[test]
fn a_hold_keeps_what_it_says_it_keeps() {
    let cases = [
        ("complaint", Act::Serve, Effect::Allow),
        ("complaint", Act::Notice, Effect::Allow),
        ("complaint", Act::Negotiate, Effect::Deny),
        ("plan", Act::Notice, Effect::Allow),
        ("lawyer", Act::Serve, Effect::Allow),
        ("lawyer", Act::Notice, Effect::Deny),
        ("hardship", Act::Negotiate, Effect::Allow),
        ("vulnerable", Act::Demand, Effect::NeedsApproval),
        ("vulnerable", Act::Serve, Effect::Allow),
        ("flood", Act::Serve, Effect::Allow),
        ("flood", Act::Notice, Effect::Deny),
    ];
    for (hold, act, effect) in cases {
        let held = ConductFacts { holds: vec![hold.to_owned()], ..facts() };
        let ask = ask("letter", Some(Channel::LetterPost), act, Role::Borrower);
        assert_eq!(judge(&ask, &held, at(10, 0)).effect(), effect, "{hold} {act:?}");
    }
}

#[test]
fn a_tag_of_the_script_opens_no_hold() {
    let held = ConductFacts { holds: vec!["complaint".to_owned()], ..facts() };
    let mut ask = sms();
    ask.tags = ["serve", "complaint_reply", "legal_deadline"].map(str::to_owned).to_vec();
    assert_eq!(judge(&ask, &held, at(10, 0)).effect(), Effect::Deny);
}

#[test]
fn a_third_person_is_only_asked_where_the_debtor_is_and_only_once() {
    let third = |act| ask("call", Some(Channel::Phone), act, Role::UnrelatedThirdParty);
    let lost = ConductFacts { consecutive_unreached: Some(3), ..facts() };
    assert_eq!(judge(&third(Act::Locate), &lost, at(10, 0)).effect(), Effect::Allow);

    let demand = judge(&third(Act::Demand), &lost, at(10, 0));
    assert_eq!(
        rules(&demand),
        ["cn.forbidden.demand_unrelated_third_party", "cn.party.unrelated_third_party"]
    );
    let refusals = [
        (
            "reached lately",
            ConductFacts { consecutive_unreached: Some(2), ..lost.clone() },
        ),
        (
            "not known",
            ConductFacts {
                consecutive_unreached: None,
                all_numbers_invalid: None,
                ..lost.clone()
            },
        ),
        ("refused", ConductFacts { recipient_refused: true, ..lost.clone() }),
    ];
    for (why, facts) in refusals {
        let verdict = judge(&third(Act::Locate), &facts, at(10, 0));
        assert_eq!(rules(&verdict), ["cn.party.unrelated_third_party"], "{why}");
    }
    let mut amount = third(Act::Locate);
    amount.states_amount = true;
    assert_eq!(judge(&amount, &lost, at(10, 0)).effect(), Effect::Deny);

    let asked_before = ConductFacts {
        attempts: vec![attempt(
            Channel::Phone,
            datetime(2026, 10, 30, 10, 0, 0, 0),
            AttemptOutcome::NoAnswer,
        )],
        ..lost.clone()
    };
    let again = judge(&third(Act::Locate), &asked_before, at(10, 0));
    assert_eq!(rules(&again), ["cn.freq.locate"]);
    let invalid = ConductFacts { all_numbers_invalid: Some(true), ..facts() };
    assert_eq!(judge(&third(Act::Locate), &invalid, at(10, 0)).effect(), Effect::Allow);
}

#[test]
fn a_guarantor_is_approached_within_the_period_alone() {
    let ask = ask("letter", Some(Channel::LetterPost), Act::Demand, Role::Guarantor);
    for (within, effect) in
        [(Some(true), Effect::Allow), (Some(false), Effect::Deny), (None, Effect::Deny)]
    {
        let facts = ConductFacts { guarantee_within_period: within, ..facts() };
        assert_eq!(judge(&ask, &facts, at(10, 0)).effect(), effect, "{within:?}");
    }
}

#[test]
fn nobody_is_contacted_without_a_role_and_a_child_never() {
    let mut nobody = call();
    nobody.role = None;
    assert_eq!(rules(&judge(&nobody, &facts(), at(10, 0))), ["cn.party.unknown"]);
    for act in [Act::Demand, Act::Notice, Act::Negotiate, Act::Serve, Act::Locate] {
        let child = ask("call", Some(Channel::Phone), act, Role::Minor);
        assert_eq!(judge(&child, &facts(), at(10, 0)).effect(), Effect::Deny, "{act:?}");
    }
}

#[test]
fn forbidden_tags_are_refused_by_name() {
    for tag in
        ["follow_or_surround", "impersonate_authority", "extra_fee", "false_consequence"]
    {
        let mut ask = sms();
        ask.tags = vec![tag.to_owned()];
        let verdict = judge(&ask, &facts(), at(10, 0));
        assert_eq!(rules(&verdict), [format!("cn.forbidden.tag_{tag}")]);
    }
    let mut ask = sms();
    ask.tags = vec!["channel:public".to_owned()];
    assert_eq!(rules(&judge(&ask, &facts(), at(10, 0))), ["cn.forbidden.channel_public"]);
}

#[test]
fn messages_take_an_approved_template() {
    for approved in [None, Some(false)] {
        let facts = ConductFacts { template_approved: approved, ..facts() };
        let verdict = judge(&sms(), &facts, at(10, 0));
        assert_eq!(rules(&verdict), ["cn.conduct.approved_template"]);
        assert_eq!(judge(&call(), &facts, at(10, 0)).effect(), Effect::Allow);
    }
}

#[test]
fn a_template_makes_a_notice_of_a_message_only_when_it_is_approved() {
    let message = ask("sms", Some(Channel::Sms), Act::Demand, Role::Heir);
    let condolence = ConductFacts {
        template_act: Some(Act::Notice),
        evidence: vec!["death".to_owned(), "inheritance_not_renounced".to_owned()],
        ..facts()
    };
    assert_eq!(judge(&message, &condolence, at(10, 0)).effect(), Effect::Allow);
    let forged = ConductFacts { template_approved: Some(false), ..condolence.clone() };
    assert!(rules(&judge(&message, &forged, at(10, 0))).contains(&"cn.party.heir"));
    let inward = ConductFacts { template_act: Some(Act::Internal), ..condolence };
    assert!(rules(&judge(&message, &inward, at(10, 0))).contains(&"cn.party.heir"));
}

#[test]
fn a_demand_sent_as_a_notice_stays_a_demand() {
    let notice = ask("notice", Some(Channel::LetterPost), Act::Notice, Role::Borrower);
    let held = |act| ConductFacts {
        holds: vec!["complaint".to_owned()],
        template_act: Some(act),
        ..facts()
    };
    let disguised = judge(&notice, &held(Act::Demand), at(10, 0));
    assert_eq!(rules(&disguised), ["cn.hold.complaint_open"]);
    assert_eq!(judge(&notice, &held(Act::Notice), at(10, 0)).effect(), Effect::Allow);
}

#[test]
fn letters_come_five_a_week_at_most() {
    let letter = ask("letter", Some(Channel::LetterPost), Act::Demand, Role::Borrower);
    let sent = |n: i8| ConductFacts {
        attempts: (0..n)
            .map(|it| {
                let on = datetime(2026, 11, 17 + it, 10, 0, 0, 0);
                attempt(Channel::LetterPost, on, AttemptOutcome::Delivered)
            })
            .collect(),
        ..facts()
    };
    assert_eq!(judge(&letter, &sent(4), at(10, 0)).effect(), Effect::Allow);
    assert_eq!(rules(&judge(&letter, &sent(5), at(10, 0))), ["cn.freq.letter"]);
}

#[test]
fn nobody_approves_their_own() {
    let suit = Ask {
        second_person: true,
        role: None,
        requested_by: "clerk-1".to_owned(),
        ..ask("file_suit", None, Act::Internal, Role::Borrower)
    };
    let approvers = [
        (None, Effect::NeedsApproval),
        (Some(""), Effect::NeedsApproval),
        (Some("clerk-1"), Effect::NeedsApproval),
        (Some("collector-1"), Effect::NeedsApproval),
        (Some("manager-1"), Effect::Allow),
    ];
    for (by, effect) in approvers {
        let approvals = by
            .map(|it| Approval { by: it.to_owned(), roles: Vec::new() })
            .into_iter()
            .collect();
        let facts = ConductFacts { approvals, ..ConductFacts::default() };
        assert_eq!(judge(&suit, &facts, at(23, 0)).effect(), effect, "{by:?}");
    }
}

#[test]
fn an_action_of_the_packs_list_takes_its_documents_and_offices() {
    let referral = ask("criminal_referral", None, Act::Internal, Role::Borrower);
    let approval = |role: &str| Approval {
        by: "manager-1".to_owned(),
        roles: vec![role.to_owned()],
    };
    let with = |evidence: &[&str], approvals: Vec<Approval>| ConductFacts {
        evidence: evidence.iter().map(|it| (*it).to_owned()).collect(),
        approvals,
        ..ConductFacts::default()
    };
    let cases = [
        (with(&[], vec![]), Effect::Deny),
        (with(&["case_file"], vec![]), Effect::NeedsApproval),
        (with(&["case_file"], vec![approval("risk")]), Effect::NeedsApproval),
        (with(&["case_file"], vec![approval("legal")]), Effect::Allow),
        (with(&[], vec![approval("legal")]), Effect::Deny),
    ];
    for (facts, effect) in cases {
        assert_eq!(judge(&referral, &facts, at(10, 0)).effect(), effect, "{facts:?}");
    }
}

#[test]
fn the_record_keeps_every_reason_and_the_facts_used() {
    let facts = ConductFacts {
        recipient_deceased: Some(true),
        holds: vec!["complaint".to_owned()],
        template_approved: None,
        ..facts()
    };
    let verdict = judge(&sms(), &facts, at(23, 0));
    let record = verdict.record();
    let effects: Vec<_> =
        record.hits.iter().map(|hit| (hit.rule.as_str(), hit.effect)).collect();
    assert_eq!(
        effects,
        [
            ("cn.party.deceased", Effect::Deny),
            ("cn.party.borrower", Effect::Allow),
            ("cn.hold.complaint_open", Effect::Deny),
            ("cn.window", Effect::Defer),
            ("cn.freq.message", Effect::Allow),
            ("cn.conduct.approved_template", Effect::Deny),
        ]
    );
    assert_eq!(record.pack, "cn-rcc@2026.11.23");
    assert_eq!(record.pack_hash.len(), 64);
    assert_eq!(record.facts["role"], "borrower");
    assert_eq!(record.facts["recipient_deceased"], true);
    assert_eq!(record.facts["holds"][0], "complaint");
    let json = serde_json::to_value(record).expect("a record can be written");
    assert_eq!(json["hits"][2]["effect"], "deny");
}

#[test]
fn a_gate_that_needs_an_unknown_fact_stays_shut() {
    let nothing = ConductFacts::default();
    for channel in Channel::ALL {
        for role in Role::ALL {
            for act in [Act::Demand, Act::Notice, Act::Negotiate, Act::Serve, Act::Locate]
            {
                let ask = ask("any", Some(channel), act, role);
                let effect = judge(&ask, &nothing, at(10, 0)).effect();
                assert_eq!(effect, Effect::Deny, "{channel:?} {role} {act:?}");
            }
        }
    }
}
