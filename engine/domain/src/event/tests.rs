//! What the table of events says (事件表), row by row, in plain words.

use std::collections::BTreeSet;

use super::*;

/// What an event does, and who reports it, in the words that the reference prints.
fn in_plain_words(spec: &EventSpec) -> (String, String) {
    let english = |said: Vec<crate::say::Say>| {
        said.into_iter().map(|sentence| sentence.en).collect::<Vec<_>>().join("; ")
    };
    (english(spec.effects()), english(spec.reporters()))
}

const ANYBODY: &str = "`qingshou case report` (supervisor, collector, legal)";
const CHIEFS: &str = "`qingshou case report` (supervisor)";
const COUNSEL: &str = "`qingshou case report` (supervisor, legal)";
const GROUNDLESS: &str = "a suit that waits for approval is reviewed again, a visit not yet \
                          made is cancelled";
const NOT_BY_ITS_COLLECTOR: &str = "the case's own collector may not report it";
const FINISHES: &str = "a workflow that does not answer it finishes";

/// An event, what it does, and who reports it.
type Row = (EventKind, String, String);

fn file(by: &str) -> String {
    format!("a bank's file; {by}")
}

fn by_hand(command: &str) -> String {
    format!("the ledger; `qingshou {command}`")
}

fn of_money_and_protection() -> Vec<Row> {
    let ledger = || "the ledger".to_owned();
    vec![
        (EventKind::Payment, String::new(), by_hand("pay")),
        (EventKind::PaymentConfirmed, String::new(), by_hand("pay --confirm")),
        (EventKind::Reversed, String::new(), by_hand("pay --reverse")),
        (
            EventKind::Cured,
            format!("{GROUNDLESS}; {FINISHES} if nothing is overdue"),
            ledger(),
        ),
        (
            EventKind::PaidOff,
            format!("{GROUNDLESS}; {FINISHES} if nothing is owed"),
            ledger(),
        ),
        (
            EventKind::Dismissed,
            format!(
                "the claim is given up; {GROUNDLESS}; {NOT_BY_ITS_COLLECTOR}; {FINISHES}"
            ),
            file(COUNSEL),
        ),
        (
            EventKind::DismissalWithdrawn,
            format!("the claim stands again; {NOT_BY_ITS_COLLECTOR}"),
            COUNSEL.to_owned(),
        ),
        (
            EventKind::Deceased,
            format!("places a hold for `deceased` on all loans of the person; {GROUNDLESS}"),
            file(ANYBODY),
        ),
        (
            EventKind::DeathDisproved,
            format!("lifts the hold for `deceased`; {NOT_BY_ITS_COLLECTOR}"),
            CHIEFS.to_owned(),
        ),
        (
            EventKind::Complaint,
            "places a hold for `complaint` on all loans of the person, one for each report".to_owned(),
            file(ANYBODY),
        ),
        (
            EventKind::ComplaintResolved,
            format!("lifts the oldest hold for `complaint`; {NOT_BY_ITS_COLLECTOR}"),
            file(CHIEFS),
        ),
        (
            EventKind::Dispute,
            "places a hold for `dispute` on this loan and those named with it, one for each report".to_owned(),
            file(ANYBODY),
        ),
        (
            EventKind::DisputeResolved,
            format!("lifts the oldest hold for `dispute`; {NOT_BY_ITS_COLLECTOR}"),
            file(COUNSEL),
        ),
    ]
}

fn of_holds_and_promises() -> Vec<Row> {
    let program = || "the program".to_owned();
    vec![
        (EventKind::LegalOverride, NOT_BY_ITS_COLLECTOR.to_owned(), CHIEFS.to_owned()),
        (EventKind::HoldPlaced, String::new(), file("`qingshou hold`; the program")),
        (
            EventKind::HoldLifted,
            String::new(),
            file("`qingshou hold --lift`; the program"),
        ),
        (EventKind::Promise, String::new(), file("`qingshou promise`")),
        (EventKind::PromiseKept, String::new(), program()),
        (EventKind::PromiseLate, String::new(), program()),
        (EventKind::PromisePartial, String::new(), program()),
        (EventKind::PromiseBroken, String::new(), program()),
        (EventKind::Note, String::new(), file(ANYBODY)),
    ]
}

#[test]
fn every_event_says_what_it_does_and_who_reports_it() {
    let table = [of_money_and_protection(), of_holds_and_promises()].concat();
    let kinds: Vec<EventKind> = table.iter().map(|row| row.0).collect();
    assert_eq!(kinds, EventKind::ALL);
    for (kind, does, by) in table {
        assert_eq!(in_plain_words(kind.spec()), (does, by), "{kind}");
    }
}

#[test]
fn what_the_outbox_tells_of_an_order_changes_nothing_by_itself() {
    for event in OrderEvent::ALL {
        let spec = core_event(event.as_str()).unwrap();
        assert_eq!(spec.effects(), [], "{event}");
        assert_ne!(spec.reporters(), [], "{event}");
        assert!(spec.has("order"), "{event} names the order");
    }
}

#[test]
fn every_word_has_its_row_in_its_place() {
    let words = EventKind::ALL.map(EventKind::as_str).into_iter();
    let words: Vec<&str> = words.chain(OrderEvent::ALL.map(OrderEvent::as_str)).collect();
    let rows: Vec<&str> = CORE_EVENTS.iter().map(|spec| spec.name).collect();
    assert_eq!(rows, words);
    for kind in EventKind::ALL {
        assert_eq!(kind.spec().name, kind.as_str());
    }
}

#[test]
fn no_word_of_a_file_or_of_staff_means_two_events() {
    let contacts = ContactEvent::ALL.into_iter().flat_map(ContactEvent::file_words);
    let core = CORE_EVENTS.iter().flat_map(EventSpec::file_words);
    let mut of_files = BTreeSet::new();
    for word in core.chain(contacts) {
        assert!(of_files.insert(word), "{word}");
    }
    let mut of_staff = BTreeSet::new();
    for word in CORE_EVENTS.iter().flat_map(|spec| spec.called) {
        assert!(of_staff.insert(word), "{word}");
    }
}

/// An event that a file or a person reports can be written by its own name.
#[test]
fn the_name_of_an_event_is_among_the_words_of_a_file() {
    for spec in CORE_EVENTS.iter().filter(|spec| !spec.file_words().is_empty()) {
        assert!(spec.file_words().contains(&spec.name), "{}", spec.name);
    }
    for event in ContactEvent::ALL {
        assert!(event.file_words().contains(&event.as_str()), "{event}");
    }
}

#[test]
fn a_hold_that_an_event_places_is_lifted_by_another() {
    for reason in HoldReason::ALL {
        let with = |is: fn(&EventSpec) -> Option<HoldReason>| {
            CORE_EVENTS.iter().filter(move |spec| is(spec) == Some(reason)).count()
        };
        let (placing, lifting) =
            (with(|spec| spec.places_hold), with(|spec| spec.lifts_hold));
        assert!(placing <= 1 && placing == lifting, "{reason}: {placing}, {lifting}");
        let pair = EventKind::of_hold(reason);
        assert_eq!(pair.is_some(), placing == 1, "{reason}");
        if let Some((begins, ends)) = pair {
            assert!(begins.spec().staff().is_some(), "{begins} can be reported");
            assert!(ends.spec().staff().is_some(), "{ends} can be reported");
        }
    }
}

/// Whoever is protected stays so until somebody other than the collector says no.
#[test]
fn what_lifts_a_hold_or_frees_a_claim_ends_protection() {
    for spec in CORE_EVENTS {
        let frees = spec.lifts_hold.is_some() || spec.sets_claim.is_some();
        assert!(!frees || spec.ends_protection, "{}", spec.name);
        assert!(!spec.ends_protection || spec.staff().is_some(), "{}", spec.name);
    }
}

#[test]
fn money_ends_a_workflow_only_while_it_is_still_there() {
    for spec in
        CORE_EVENTS.iter().filter(|spec| spec.reported_by.contains(&Reporter::Ledger))
    {
        assert_ne!(spec.by_default, ByDefault::Finish, "{}", spec.name);
    }
}
