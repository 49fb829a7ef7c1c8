//! Reading, checking and tightening policy packs (规则包).

mod review;

use domain::conduct::{
    AttemptOutcome, ConductFacts, Effect, PackError, PolicyPack, Verdict, review,
};
use domain::manifest::Channel;
use jiff::civil::datetime;
use review::{
    Draft, PACK, at, attempt, call, effective_calls, facts, looser_rules, pack, rules,
    window, with_rules,
};

#[test]
fn a_broken_pack_is_refused_with_its_line() {
    let line_of = |needle: &str| {
        PACK.lines().position(|it| it.contains(needle)).expect("it is there") + 1
    };
    let broken = |from: &str, to: &str| {
        assert!(PACK.contains(from), "{from}");
        PolicyPack::parse(&PACK.replacen(from, to, 1), "").expect_err(to)
    };
    let window_line = line_of("allow = [[\"08:00\"");
    match broken("allow = [[\"08:00\", \"22:00\"]]", "allow = [[\"08:00\", \"25:00\"]]") {
        PackError::NotAPack { line, column, message } => {
            assert_eq!((line, column), (window_line, 10));
            assert!(message.contains("25:00"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    let syntax = broken("allow = [[\"08:00\"", "allow = [[08:00");
    assert!(matches!(syntax, PackError::NotAPack { line, .. } if line == window_line));

    let unsound = [
        (
            "allow = [[\"08:00\", \"22:00\"]]",
            "allow = [[\"22:00\", \"08:00\"]]",
            "cn.window",
        ),
        ("allow = [[\"08:00\", \"22:00\"]]", "allow = []", "cn.window"),
        ("start_margin_min = 0", "start_margin_min = 900", "cn.window"),
        ("clock = \"pack\"", "clock = \"party_local_all\"", "cn.window"),
        (
            "id = \"cn.freq.effective\"",
            "id = \"cn.freq.unanswered\"",
            "cn.freq.unanswered",
        ),
        ("limit = 3", "limit = 0", "cn.freq.effective"),
        ("count = [\"conversation\"]", "count = [\"talk\"]", "cn.freq.effective"),
        ("source = [\"CARD-2011\", \"GBT-45251\"]", "source = [\"NOBODY\"]", "NOBODY"),
        (
            "requires = [\"case.lost_contact\"]",
            "requires = [\"case.lost\"]",
            "unrelated_third_party",
        ),
        (
            "effect = [\"redirect:lawyer\"]",
            "effect = [\"redirect\"]",
            "represented_by_lawyer",
        ),
        ("act = \"channel:public\"", "act = \"public\"", "public"),
        ("role = \"co_borrower\"", "role = \"cousin\"", "cousin"),
        ("consecutive_unreached>=3", "consecutive_unreached>3", "case.lost_contact"),
        ("min_collectors:2", "min_collectors:two", "min_collectors:two"),
    ];
    for (from, to, rule) in unsound {
        match broken(from, to) {
            PackError::Unsound { rule: named, .. } => assert_eq!(named, rule, "{to}"),
            other => panic!("{to}: {other:?}"),
        }
    }
    for (from, to) in [
        ("[pack]\n", "[pack]\nmood = \"good\"\n"),
        ("limit = 3", "limit = 3\nlimits = 4"),
        ("limit = 3", "limit = -3"),
        ("force = \"law\"", "force = \"custom\""),
        ("kind = \"calendar_day\"", "kind = \"calendar_day\", days = 3"),
    ] {
        assert!(matches!(broken(from, to), PackError::NotAPack { .. }), "{to}");
    }
    match broken("limit = 3", "limit = 0") {
        PackError::Unsound { line, .. } => {
            assert_eq!(line, line_of("\"cn.freq.effective\""));
        }
        other => panic!("{other:?}"),
    }
}

/// What older programs took, the line at which it would stand, and how it is called.
const OLD: &[(&str, &str, &str)] = &[
    (
        "[[hold]]\non = \"plan_active\"",
        "[money]\nday_count = \"actual/360\"\n[[hold]]\non = \"plan_active\"",
        "[money]",
    ),
    (
        "[[hold]]\non = \"plan_active\"",
        "[clock.limitation]\nyears = 3\n[[clock.limitation.interrupt]]\nevent = \"x\"\n[[hold]]\non = \"plan_active\"",
        "[clock]",
    ),
    (
        "[[hold]]\non = \"plan_active\"",
        "[[retention]]\nrecord = \"recording\"\nyears = 5\n[[hold]]\non = \"plan_active\"",
        "[retention]",
    ),
    (
        "on = \"plan_active\"",
        "on = \"plan_active\"\nuntil = \"plan_broken\"",
        "hold.until",
    ),
    (
        "effect = [\"no_demand\"]",
        "effect = [\"no_demand\", \"stop_interest\"]",
        "stop_interest",
    ),
    (
        "effect = [\"no_demand\"]",
        "effect = [\"no_demand\", \"open_flow:estate\"]",
        "open_flow:estate",
    ),
    (
        "keep = [\"plan_reminder\"",
        "keep = [\"claim_filing\", \"plan_reminder\"",
        "claim_filing",
    ),
];

#[test]
fn what_no_rule_reads_any_more_is_refused_where_it_is_edited_and_left_out_of_old_releases()
 {
    for (from, to, name) in OLD {
        assert!(PACK.contains(from), "{from}");
        let text = PACK.replacen(from, to, 1);
        match PolicyPack::parse(&text, "") {
            Err(PackError::Retired { line, name: named }) => {
                assert_eq!(named, *name);
                let bare = name.trim_matches(['[', ']']).trim_start_matches("hold.");
                let stands = text.lines().nth(line - 1).unwrap_or_default();
                assert!(stands.contains(bare), "{name}: line {line} is {stands:?}");
            }
            other => panic!("{name}: {other:?}"),
        }
        let opened = PolicyPack::of_release(&text, "").expect(name);
        assert_eq!(opened, PolicyPack::parse(PACK, "").expect("sound"), "{name}");
    }
    // A hold of which nothing is left binds as one that no rule knows.
    let bare = PACK.replacen(
        "effect = [\"redirect:lawyer\"]",
        "effect = [\"stop_interest\"]",
        1,
    );
    let opened = PolicyPack::of_release(&bare, "").expect("it runs on");
    assert!(opened.holds.iter().all(|hold| hold.on != "represented_by_lawyer"));
}

#[test]
fn an_invented_entry_is_refused_in_every_section() {
    let mut sections = 0;
    let headings = PACK.lines().filter(|line| line.starts_with('['));
    for heading in headings.collect::<std::collections::BTreeSet<_>>() {
        let text = PACK.replacen(heading, &format!("{heading}\nmood = \"good\""), 1);
        let line =
            text.lines().position(|line| line == "mood = \"good\"").expect("it is in")
                + 1;
        match PolicyPack::parse(&text, "") {
            Err(PackError::NotAPack { line: named, message, .. }) => {
                assert_eq!(named, line, "{heading}");
                assert!(message.contains("mood"), "{heading}: {message}");
            }
            other => panic!("{heading}: {other:?}"),
        }
        assert!(PolicyPack::of_release(&text, "").is_err(), "{heading}");
        sections += 1;
    }
    assert!(9 <= sections, "{sections}");
    for invented in ["[weather]\nrain = true\n", "[[contact_windw]]\nid = \"x\"\n"] {
        let parsed = PolicyPack::parse(&format!("{PACK}\n{invented}"), "");
        assert!(matches!(parsed, Err(PackError::NotAPack { .. })), "{invented}");
    }
    for (from, to) in [
        ("\"dispute_reply\"]", "\"dispute_answer\"]"),
        ("\"redirect:lawyer\"", "\"redirect:cousin\""),
        ("effect = [\"no_demand\"]", "effect = [\"no_demands\"]"),
    ] {
        let parsed = PolicyPack::parse(&PACK.replacen(from, to, 1), "");
        assert!(matches!(parsed, Err(PackError::Unsound { .. })), "{to}: {parsed:?}");
    }
}

#[test]
fn rules_of_a_cooperative_may_tighten_and_never_loosen() {
    let heir_hold = r#"[[hold]]
        on = "flood"
        effect = ["no_demand", "no_visit"]
        keep = ["serve"]
        source = ["HOUSE"]
    "#;
    let tighter = [
        effective_calls(2),
        window("09:00", "20:00", 30),
        window("08:00", "22:00", 0),
        heir_hold.into(),
    ];
    for body in tighter {
        assert_eq!(looser_rules(&with_rules(&body)), [""; 0], "{body}");
    }

    let looser = [
        ("cn.freq.effective", effective_calls(4)),
        ("cn.freq.effective", effective_calls(2).replace("\"guarantor\", ", "")),
        ("cn.window", window("07:59", "22:00", 0)),
        ("cn.window", window("08:00", "22:01", 0)),
        ("cn.window", window("08:00", "22:00", 0).replacen("\"*\"]\n", "\"sms\"]\n", 1)),
        (
            "cn.window",
            window("08:00", "22:00", 0)
                .replace("strength", "unless_consent = \"consent.any\"\nstrength"),
        ),
        ("flood", heir_hold.replace("\"serve\"", "\"serve\", \"negotiate\"")),
        ("flood", heir_hold.replace("\"no_demand\", ", "")),
        (
            "dispute_open",
            heir_hold.replace("flood", "dispute_open"),
        ),
        (
            "heir",
            r#"[[party_rule]]
               role = "heir"
               allow = ["demand"]
               requires = ["evidence.death", "evidence.inheritance_not_renounced"]
               cap = "inherited_value"
               source = ["HOUSE"]
            "#
            .to_owned(),
        ),
        (
            "criminal_referral",
            "[[approval]]\naction = \"criminal_referral\"\nneeds = [\"role:legal\"]\nsource = [\"HOUSE\"]"
                .to_owned(),
        ),
    ];
    for (rule, body) in looser {
        assert_eq!(looser_rules(&with_rules(&body)), [rule], "{body}");
    }
}

#[test]
fn a_pack_that_allows_more_than_another_is_told_rule_by_rule() {
    let changed = |from: &str, to: &str| {
        assert!(PACK.contains(from), "{from}");
        PolicyPack::parse(&PACK.replacen(from, to, 1), "").expect(to)
    };
    let hours = "allow = [[\"08:00\", \"22:00\"]]";
    let ban = PACK.find("[[forbidden]]\nact = \"tag:extra_fee\"").expect("it is there");
    let next = PACK[ban + 1..].find("[[").expect("another") + ban + 1;
    let whole_ban = &PACK[ban..next];
    let looser = [
        (hours, "allow = [[\"00:00\", \"24:00\"]]", "cn.window"),
        ("limit = 6", "limit = 300", "cn.freq.unanswered"),
        (whole_ban, "", "tag:extra_fee"),
        (
            "effect = [\"no_demand\", \"no_call\", \"no_visit\"]",
            "effect = [\"no_demand\", \"no_call\"]",
            "deceased_reported",
        ),
        ("sla_days = 20", "sla_days = 21", "dispute_open"),
        ("requires = [\"guarantee.within_period\"]\n", "", "guarantor"),
        (
            "role = \"minor\"\nallow = []",
            "role = \"minor\"\nallow = [\"demand\"]",
            "minor",
        ),
        ("consecutive_unreached>=3", "consecutive_unreached>=1", "case.lost_contact"),
        ("\"min_collectors:2\", ", "", "min_collectors:2"),
        ("\"role:compliance\", ", "", "employer_or_discipline_notice"),
        ("timezone = \"Asia/Shanghai\"", "timezone = \"UTC\"", "timezone"),
    ];
    for (from, to, rule) in looser {
        let found = changed(from, to).loosenings(&pack());
        let rules: Vec<&str> = found.iter().map(|it| it.rule.as_str()).collect();
        assert_eq!(rules, [rule], "{to}");
    }
    let tighter = [
        (hours, "allow = [[\"09:00\", \"20:00\"]]"),
        ("limit = 6", "limit = 2"),
        ("min_collectors:2", "min_collectors:3"),
        ("consecutive_unreached>=3", "consecutive_unreached>=5"),
        ("sla_days = 20", "sla_days = 10"),
        ("version = \"2026.11.23\"", "version = \"house-1\""),
    ];
    for (from, to) in tighter {
        assert_eq!(changed(from, to).loosenings(&pack()), [], "{to}");
    }
}

#[test]
fn two_windows_that_never_meet_make_a_refusal() {
    let evening = window("18:00", "22:00", 0).replace("cn.window", "house.evening");
    let morning = window("08:00", "10:00", 0).replace("cn.window", "house.morning");
    let policy = with_rules(&(evening + &morning));
    let verdict = review(Draft(call()), &facts(), at(9, 0), &policy);
    assert_eq!(rules(&verdict), ["cn.window.never"]);
}

#[test]
fn a_pause_after_a_conversation_ends_at_the_next_opening() {
    let pause = r#"[[cool_off]]
        id = "house.pause"
        channels = ["phone"]
        scope = "party"
        after = ["conversation"]
        days = 7
        strength = "must"
        source = ["HOUSE"]
    "#;
    let policy = with_rules(pause);
    let talked = |on| ConductFacts {
        attempts: vec![attempt(Channel::Phone, on, AttemptOutcome::Conversation)],
        ..facts()
    };
    let talk = datetime(2026, 11, 18, 10, 0, 0, 0);
    match review(Draft(call()), &talked(talk), at(10, 0), &policy) {
        Verdict::Deferred(_, until, record) => {
            assert_eq!(until, datetime(2026, 11, 25, 8, 0, 0, 0));
            assert_eq!(record.deciding_rules(), ["house.pause"]);
        }
        other => panic!("{other:?}"),
    }
    let week_ago = talked(datetime(2026, 11, 16, 10, 0, 0, 0));
    let verdict = review(Draft(call()), &week_ago, at(10, 0), &policy);
    assert_eq!(verdict.effect(), Effect::Allow);
}
