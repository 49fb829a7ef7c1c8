//! What a proceeding becomes, step by step (诉讼进程的测试).

use jiff::civil::date;

use super::*;

const MATTER: OrderId = OrderId(7);
const OPENED: Date = date(2026, 3, 2);
const TODAY: Date = date(2030, 1, 1);

fn suit() -> Proceeding {
    Proceeding::opened(MATTER, "suit", OPENED, Some(date(2026, 3, 9)))
}

fn payment_order() -> Proceeding {
    Proceeding::opened(MATTER, "payment_order", OPENED, Some(date(2026, 3, 9)))
}

fn step(kind: StepKind, on: Date) -> Step {
    Step { number: Some("N-1".to_owned()), ..Step::new(kind, on) }
}

fn with(kind: StepKind, on: Date, word: &str) -> Step {
    Step { word: Some(word.to_owned()), ..step(kind, on) }
}

/// A proceeding after these steps, each of which it takes.
fn after(mut it: Proceeding, steps: &[Step]) -> Proceeding {
    for step in steps {
        it.check(step, TODAY).unwrap_or_else(|error| panic!("{step:?}: {error}"));
        it.take(step);
    }
    it
}

/// The deadlines of a proceeding, earliest first.
fn days(it: &Proceeding) -> Vec<(String, Date)> {
    let mut days: Vec<_> =
        it.deadlines.iter().map(|(kind, day)| (kind.clone(), *day)).collect();
    days.sort_by_key(|day| day.1);
    days
}

fn told(list: &[(&str, Date)]) -> Vec<(String, Date)> {
    list.iter().map(|(kind, day)| ((*kind).to_owned(), *day)).collect()
}

#[test]
fn a_suit_goes_from_the_filing_to_the_second_instance_and_to_enforcement() {
    let story = [
        (
            step(StepKind::Filed, date(2026, 3, 5)),
            told(&[("acceptance", date(2026, 3, 12))]),
        ),
        (
            step(StepKind::Accepted, date(2026, 3, 10)),
            told(&[("trial", date(2026, 9, 10))]),
        ),
        (
            step(StepKind::Hearing, date(2026, 4, 20)),
            told(&[("hearing", date(2026, 4, 20)), ("trial", date(2026, 9, 10))]),
        ),
        (
            with(StepKind::Served, date(2026, 3, 15), "complaint"),
            told(&[("hearing", date(2026, 4, 20)), ("trial", date(2026, 9, 10))]),
        ),
        (
            with(StepKind::Judgment, date(2026, 5, 6), "won"),
            told(&[("appeal", date(2026, 5, 21)), ("enforcement", date(2028, 5, 6))]),
        ),
        (
            with(StepKind::Served, date(2026, 5, 10), "judgment"),
            told(&[
                ("appeal", date(2026, 5, 21)),
                ("effective", date(2026, 5, 25)),
                ("enforcement", date(2028, 5, 6)),
            ]),
        ),
        (
            with(StepKind::Appealed, date(2026, 5, 20), "debtor"),
            told(&[("trial", date(2026, 8, 20))]),
        ),
        // Nobody appeals against the second instance.
        (
            Step {
                until: Some(date(2026, 9, 30)),
                ..with(StepKind::Judgment, date(2026, 8, 31), "partly_won")
            },
            told(&[
                ("performance", date(2026, 9, 30)),
                ("enforcement", date(2028, 8, 31)),
            ]),
        ),
        (
            step(StepKind::Enforcement, date(2026, 10, 8)),
            told(&[("execution", date(2027, 4, 8))]),
        ),
        (
            step(StepKind::Terminated, date(2027, 3, 31)),
            told(&[("recheck", date(2027, 9, 30))]),
        ),
        (
            with(StepKind::Rechecked, date(2027, 9, 29), "nothing"),
            told(&[("recheck", date(2028, 3, 29))]),
        ),
        (
            with(StepKind::Rechecked, date(2028, 3, 1), "property"),
            told(&[("execution", date(2028, 9, 1))]),
        ),
        (with(StepKind::Closed, date(2028, 6, 1), "enforced"), vec![]),
    ];
    let mut it = suit();
    for (step, wanted) in story {
        it = after(it, std::slice::from_ref(&step));
        assert_eq!(days(&it), wanted, "{step:?}");
    }
    assert_eq!(it.stage, Stage::Closed);
    assert_eq!(it.judged, Some((date(2026, 8, 31), JudgmentResult::PartlyWon, Fen(0))));
}

#[test]
fn a_payment_order_runs_from_its_issue_and_from_its_service() {
    let it = after(payment_order(), &[step(StepKind::Filed, date(2026, 3, 2))]);
    let it = after(it, &[step(StepKind::Accepted, date(2026, 3, 4))]);
    let accepted = told(&[("issue", date(2026, 3, 19)), ("void", date(2026, 4, 18))]);
    assert_eq!(days(&it), accepted);
    let it = after(it, &[step(StepKind::Issued, date(2026, 3, 10))]);
    assert_eq!(days(&it), told(&[("void", date(2026, 4, 9))]));
    let served = with(StepKind::Served, date(2026, 3, 20), "payment_order");
    let it = after(it, &[served]);
    let running =
        told(&[("objection", date(2026, 4, 4)), ("enforcement", date(2028, 3, 20))]);
    assert_eq!((it.stage, days(&it)), (Stage::Served, running));
    let it = after(it, &[step(StepKind::Enforcement, date(2026, 4, 7))]);
    assert_eq!((it.stage, it.stage.status()), (Stage::Enforcing, "judged"));
}

#[test]
fn property_is_watched_seven_days_before_it_comes_free_whatever_else_happens() {
    let on = date(2026, 3, 4);
    let freeze = |asset: &str| with(StepKind::Preserved, on, asset);
    let table = [
        ("deposit", date(2027, 3, 4), date(2027, 2, 25)),
        ("movable", date(2028, 3, 4), date(2028, 2, 26)),
        ("immovable", date(2029, 3, 4), date(2029, 2, 25)),
    ];
    for (asset, until, renew_by) in table {
        let it = after(suit(), &[freeze(asset)]);
        assert_eq!(it.held.get(asset), Some(&vec![until]));
        assert_eq!(it.deadlines.get(&format!("preservation:{asset}")), Some(&renew_by));
    }
    // Before the suit there are thirty days; an earlier day to file stays.
    let late = Proceeding::opened(MATTER, "suit", OPENED, Some(date(2026, 12, 31)));
    let it = after(late, &[freeze("deposit")]);
    assert_eq!(it.deadlines.get("file"), Some(&date(2026, 4, 3)));
    // It outlives judgment, enforcement and the end of a round, and ends with the close.
    let it = after(
        it,
        &[
            step(StepKind::Filed, date(2026, 3, 20)),
            with(StepKind::Judgment, date(2026, 6, 1), "mediated"),
            step(StepKind::Enforcement, date(2026, 7, 1)),
            step(StepKind::Terminated, date(2026, 12, 1)),
        ],
    );
    let kept = told(&[
        ("preservation:deposit", date(2027, 2, 25)),
        ("recheck", date(2027, 6, 1)),
    ]);
    assert_eq!(days(&it), kept);
    let renewed = Step {
        until: Some(date(2028, 3, 3)),
        ..with(StepKind::Renewed, date(2027, 2, 20), "deposit")
    };
    let it = after(it, &[renewed]);
    let day = it.deadlines.get("preservation:deposit");
    assert_eq!(day, Some(&date(2028, 2, 25)));
    let it = after(it, &[with(StepKind::Closed, date(2027, 3, 1), "no_assets")]);
    assert_eq!(days(&it), vec![]);
}

#[test]
fn what_cannot_come_next_is_refused() {
    let filed = step(StepKind::Filed, date(2026, 3, 5));
    let lost = with(StepKind::Judgment, date(2026, 5, 6), "lost");
    let mediated = with(StepKind::Judgment, date(2026, 5, 6), "mediated");
    let appeal = with(StepKind::Appealed, date(2026, 5, 7), "debtor");
    let enforcement = step(StepKind::Enforcement, date(2026, 5, 8));
    let renewed = Step {
        until: Some(date(2027, 1, 1)),
        ..with(StepKind::Renewed, date(2026, 5, 8), "deposit")
    };
    let table = [
        ("judged before it was filed", suit(), vec![], lost.clone()),
        (
            "accepted before it was filed",
            suit(),
            vec![],
            step(StepKind::Accepted, OPENED),
        ),
        ("a lost suit is not enforced", suit(), vec![&filed, &lost], enforcement.clone()),
        ("nobody appeals an agreement", suit(), vec![&filed, &mediated], appeal),
        ("nothing is held", suit(), vec![&filed], renewed),
        (
            "a suit has no payment order",
            suit(),
            vec![&filed],
            step(StepKind::Issued, TODAY),
        ),
        ("a payment order is not judged", payment_order(), vec![&filed], lost.clone()),
        ("nor enforced before it is served", payment_order(), vec![&filed], enforcement),
    ];
    for (told, mut it, before, next) in table {
        for step in before {
            it.take(step);
        }
        let refused = it.check(&next, TODAY);
        assert!(matches!(refused, Err(LegalError::WrongStatus { .. })), "{told}");
    }
}

#[test]
fn days_that_cannot_be_and_papers_that_are_missing_are_refused() {
    let late = step(StepKind::Filed, date(2030, 1, 2));
    let early = step(StepKind::Filed, date(2026, 3, 1));
    for step in [late, early] {
        let refused = suit().check(&step, TODAY);
        let is_strange = matches!(
            refused,
            Err(LegalError::ImpossibleDay { .. } | LegalError::NotYet { .. })
        );
        assert!(is_strange, "{step:?}");
    }
    let bare = Step::new(StepKind::Filed, OPENED);
    assert_eq!(suit().check(&bare, TODAY), Err(LegalError::ReceiptNeeded));
    let backwards = Step {
        until: Some(date(2026, 3, 1)),
        ..with(StepKind::Preserved, OPENED, "deposit")
    };
    assert_eq!(suit().check(&backwards, TODAY), Err(LegalError::EndsBeforeItBegins));
    // A day in court lies ahead.
    let filed = after(suit(), &[step(StepKind::Filed, OPENED)]);
    let ahead = Step::new(StepKind::Hearing, TODAY.saturating_add(1.month()));
    assert_eq!(filed.check(&ahead, TODAY), Ok(()));
}

#[test]
fn of_two_seizures_of_a_sort_the_one_that_ends_first_is_watched_and_renewed() {
    let until = |day| Step {
        until: Some(day),
        ..with(StepKind::Preserved, date(2026, 3, 4), "deposit")
    };
    let it = after(suit(), &[until(date(2027, 5, 1)), until(date(2027, 3, 1))]);
    let watched = |it: &Proceeding| it.deadlines["preservation:deposit"];
    assert_eq!(watched(&it), date(2027, 2, 22));
    let renewed =
        |on, until| Step { until: Some(until), ..with(StepKind::Renewed, on, "deposit") };
    let it = after(it, &[renewed(date(2027, 2, 20), date(2028, 3, 1))]);
    assert_eq!(watched(&it), date(2027, 4, 24));
    // What has run out is not renewed.
    let late = renewed(date(2027, 5, 2), date(2028, 5, 1));
    let refused = it.check(&late, TODAY);
    assert!(matches!(refused, Err(LegalError::TooLate { .. })), "{refused:?}");
}

#[test]
fn a_payment_order_that_could_not_be_served_in_time_is_not_served_later() {
    let issued = after(
        payment_order(),
        &[
            step(StepKind::Filed, date(2026, 3, 2)),
            step(StepKind::Issued, date(2026, 3, 10)),
        ],
    );
    let served = |on| with(StepKind::Served, on, "payment_order");
    assert_eq!(issued.check(&served(date(2026, 4, 9)), TODAY), Ok(()));
    let refused = issued.check(&served(date(2026, 4, 10)), TODAY);
    assert!(matches!(refused, Err(LegalError::TooLate { .. })), "{refused:?}");
}

#[test]
fn a_ruling_is_appealed_within_ten_days_and_a_late_payment_is_enforced_later() {
    let filed = step(StepKind::Filed, date(2026, 3, 5));
    let ruling = with(StepKind::Judgment, date(2026, 5, 6), "not_admitted");
    let it = after(suit(), &[filed.clone(), ruling]);
    assert_eq!(days(&it), told(&[("appeal", date(2026, 5, 16))]));
    let mediated = Step {
        until: Some(date(2031, 6, 30)),
        ..with(StepKind::Judgment, date(2026, 5, 6), "mediated")
    };
    let it = after(suit(), &[filed, mediated]);
    let running =
        told(&[("performance", date(2031, 6, 30)), ("enforcement", date(2033, 6, 30))]);
    assert_eq!(days(&it), running);
}

#[test]
fn nobody_appeals_against_a_judgment_about_a_small_claim() {
    let filed = step(StepKind::Filed, date(2026, 3, 5));
    let decided = |word: &str| Step {
        procedure: Some(Procedure::SmallClaims),
        ..with(StepKind::Judgment, date(2026, 4, 6), word)
    };
    // Civil Procedure Law 165; for rulings its interpretation, 277.
    for (word, wanted) in
        [("won", told(&[("enforcement", date(2028, 4, 6))])), ("not_admitted", vec![])]
    {
        let it = after(suit(), &[filed.clone(), decided(word)]);
        assert_eq!(days(&it), wanted, "{word}");
        let appealed = with(StepKind::Appealed, date(2026, 4, 10), "debtor");
        let refused = it.check(&appealed, TODAY);
        assert!(matches!(refused, Err(LegalError::WrongStatus { .. })), "{word}");
        let it = after(it, &[with(StepKind::Served, date(2026, 4, 10), "judgment")]);
        assert_eq!(days(&it), wanted, "{word}: its service begins nothing");
    }
}

#[test]
fn an_objection_ends_a_payment_order_and_a_suit_follows_unless_it_is_declined() {
    let served = [
        step(StepKind::Filed, date(2026, 3, 2)),
        step(StepKind::Issued, date(2026, 3, 10)),
        with(StepKind::Served, date(2026, 3, 20), "payment_order"),
    ];
    let objected = step(StepKind::Objected, date(2026, 4, 2));
    assert!(matches!(
        suit().check(&objected, TODAY),
        Err(LegalError::WrongStatus { .. })
    ));
    let it = after(after(payment_order(), &served), &[objected]);
    let declined = told(&[("decline", date(2026, 4, 9))]);
    assert_eq!((it.stage, days(&it)), (Stage::Objected, declined));
    assert!(!it.is_suit());
    let enforced = step(StepKind::Enforcement, date(2026, 4, 20));
    assert!(it.check(&enforced, TODAY).is_err(), "it is void");
    // Declined, it is for a person to say what is next.
    let closed = after(it.clone(), &[with(StepKind::Closed, date(2026, 4, 8), "void")]);
    assert_eq!((closed.stage, closed.gone_on()), (Stage::Closed, None));
    // Else it goes on as a suit.
    let it = after(it, &[step(StepKind::Accepted, date(2026, 4, 15))]);
    assert!(it.is_suit());
    assert_eq!(days(&it), told(&[("trial", date(2026, 10, 15))]));
    let it = after(it, &[with(StepKind::Judgment, date(2026, 6, 1), "won")]);
    assert_eq!(it.stage, Stage::Judged);
}

#[test]
fn a_suit_that_was_withdrawn_not_taken_or_lost_holds_nobody_until_the_appeal_is_won() {
    let filed = step(StepKind::Filed, date(2026, 3, 5));
    let judged = |word: &str| with(StepKind::Judgment, date(2026, 5, 6), word);
    let appealed = with(StepKind::Appealed, date(2026, 5, 10), "institution");
    let again = |word: &str| with(StepKind::Judgment, date(2026, 8, 1), word);
    let closed = |word: &str| with(StepKind::Closed, date(2026, 9, 1), word);
    let gone = Some(date(2026, 5, 6));
    let table = [
        (vec![], None),
        (vec![judged("won")], None),
        (vec![judged("lost")], gone),
        (vec![judged("not_admitted")], gone),
        (vec![judged("lost"), closed("lost")], gone),
        (vec![judged("not_admitted"), appealed.clone()], None),
        (vec![judged("lost"), appealed.clone(), again("won")], None),
        (vec![judged("lost"), appealed, again("lost")], Some(date(2026, 8, 1))),
        (vec![closed("withdrawn")], Some(date(2026, 9, 1))),
        (vec![closed("paid")], None),
    ];
    for (steps, wanted) in table {
        let it = after(after(suit(), std::slice::from_ref(&filed)), &steps);
        assert_eq!(it.gone_on(), wanted, "{steps:?}");
    }
}
