//! Every entry of the shipped pack is read (规则包的每一项都有用处): what it says decides an
//! answer, a day or a refusal, or stands on the page of its rule.

mod review;

use std::collections::BTreeSet;

use domain::conduct::{Ask, AttemptOutcome, ConductFacts, PolicyPack, Verdict, review};
use domain::hold::HoldReason;
use domain::manifest::{Act, Channel};
use domain::party::Role;
use jiff::civil::{DateTime, date, datetime};
use review::{Draft, PACK, ask, at, attempt, call, facts};
use toml::{Table, Value};

/// How one entry shows.
enum Seen {
    /// In what this makes of the pack.
    In(fn(&PolicyPack) -> String),
    /// Another word in its place is refused: there is one meaning, or it names another
    /// entry.
    Refused,
    /// People read it on the page of the rule, `explain cn.window`: a test of the program
    /// looks that it stands there.
    OnThePage,
}
use Seen::{In, OnThePage, Refused};

/// The entry, its text in the shipped pack, another text in its place, and how it shows.
type Reader = (&'static str, &'static str, &'static str, Seen);

const HEAD: &[Reader] = &[
    ("pack.id", "id = \"cn-rcc\"", "id = \"cn-rcc2\"", In(PolicyPack::label)),
    (
        "pack.version",
        "version = \"2026.11.23\"",
        "version = \"9\"",
        In(PolicyPack::label),
    ),
    ("pack.title", "title = \"中国大陆", "title = \"某地", OnThePage),
    ("pack.jurisdiction", "jurisdiction = \"CN\"", "jurisdiction = \"HK\"", In(by_night)),
    ("pack.timezone", "\"Asia/Shanghai\"", "\"Asia/Urumqi\"", In(doubts)),
    ("pack.calendar", "calendar = \"cn\"", "calendar = \"hk\"", In(doubts)),
    ("pack.effective_from", "= 2026-01-30", "= 2026-12-30", In(doubts)),
    ("pack.on_unknown_fact", "_fact = \"deny\"", "_fact = \"allow\"", Refused),
    ("pack.on_unknown_calendar", "\"deny_roll\"", "\"roll\"", Refused),
    ("pack.review_by", "review_by = 2027-01-30", "review_by = 2026-02-01", In(doubts)),
    ("source.id", "id = \"CBA-2026\"", "id = \"CBA-2027\"", Refused),
    ("source.title", "title = \"刑法", "title = \"某法", OnThePage),
    ("source.seen", "seen = \"secondary\"", "seen = \"memory\"", OnThePage),
    ("source.force", "force = \"self_regulatory\"", "force = \"law\"", OnThePage),
];

const TIMING: &[Reader] = &[
    ("contact_window.id", "id = \"cn.window\"", "id = \"cn.hours\"", In(by_night)),
    (
        "contact_window.channels",
        "[\"phone\", \"ai_call\", \"sms\",",
        "[\"sms\",",
        In(by_night),
    ),
    (
        "contact_window.parties",
        "parties = [\"*\"]",
        "parties = [\"guarantor\"]",
        In(by_night),
    ),
    ("contact_window.allow", "\"22:00\"]]", "\"23:30\"]]", In(by_night)),
    ("contact_window.clock", "clock = \"pack\"", "clock = \"debtor\"", Refused),
    ("contact_window.start_margin_min", "min = 0", "min = 30", In(late_in_the_evening)),
    (
        "contact_window.unless_consent",
        "\"consent.out_of_hours\"",
        "\"consent.x\"",
        In(by_consent),
    ),
    (
        "contact_window.strength",
        "strength = \"must\"",
        "strength = \"should\"",
        OnThePage,
    ),
    (
        "contact_window.source",
        "source = [\"CBA-2026\", \"GBT-45251\"]",
        "source = [\"X\"]",
        Refused,
    ),
    (
        "max_attempts.id",
        "\"cn.freq.unanswered\"",
        "\"cn.freq.rings\"",
        In(nobody_answers),
    ),
    (
        "max_attempts.channels",
        "channels = [\"phone\", \"ai_call\"]\nparties = [\"*\"]",
        "channels = [\"ai_call\"]\nparties = [\"*\"]",
        In(nobody_answers),
    ),
    (
        "max_attempts.parties",
        "parties = [\"borrower\", \"co_borrower\", \"guarantor\"]",
        "parties = [\"guarantor\"]",
        In(talked_thrice),
    ),
    (
        "max_attempts.scope",
        "scope = \"contact_point\"",
        "scope = \"party\"",
        In(nobody_answers_elsewhere),
    ),
    (
        "max_attempts.window.kind",
        "kind = \"calendar_day\" }",
        "kind = \"rolling_days\", days = 2 }",
        In(nobody_answered_yesterday),
    ),
    ("max_attempts.window.days", "days = 7 }", "days = 30 }", In(five_letters_last_week)),
    (
        "max_attempts.count",
        "[\"no_answer\", \"busy\", \"rejected\", \"voicemail\"]",
        "[\"busy\"]",
        In(nobody_answers),
    ),
    ("max_attempts.limit", "limit = 6", "limit = 7", In(nobody_answers)),
    (
        "max_attempts.unless_consent",
        "\"agreement.call_frequency\"",
        "\"agreement.x\"",
        In(agreed_to_be_called),
    ),
    ("max_attempts.strength", "strength = \"should\"", "strength = \"must\"", OnThePage),
    (
        "max_attempts.source",
        "strength = \"should\"\nsource = [\"CBA-2026\"]",
        "strength = \"should\"\nsource = [\"X\"]",
        Refused,
    ),
    (
        "conduct.channels",
        "channels = [\"visit\"]\nmust = [\"min",
        "channels = [\"phone\"]\nmust = [\"min",
        In(visit),
    ),
    ("conduct.must", "\"show_id\"", "\"show_badge\"", In(visit)),
    (
        "conduct.source",
        "entering_home\"]\nsource = [\"CBA-2026\"]",
        "entering_home\"]\nsource = [\"X\"]",
        Refused,
    ),
];

const PEOPLE: &[Reader] = &[
    ("party_rule.role", "role = \"heir\"", "role = \"lawyer\"", Refused),
    (
        "party_rule.allow",
        "allow = [\"locate\"]",
        "allow = [\"notice\"]",
        In(ask_a_neighbor),
    ),
    (
        "party_rule.requires",
        "requires = [\"guarantee.within_period\"]",
        "requires = [\"evidence.joint_debt\"]",
        In(call_the_guarantor),
    ),
    (
        "party_rule.cap",
        "cap = \"inherited_value\"",
        "cap = \"estate_value\"",
        In(write_to_an_heir),
    ),
    (
        "party_rule.may_disclose",
        "[\"collector_name\", \"callback_number\"]",
        "[\"callback_number\"]",
        In(ask_a_neighbor),
    ),
    (
        "party_rule.never_disclose",
        "[\"debt_exists\", \"amount\", \"overdue\", \"product\"]",
        "[\"amount\"]",
        In(ask_a_neighbor),
    ),
    (
        "party_rule.stop_on",
        "stop_on = [\"party_refused\"]",
        "stop_on = []",
        In(ask_a_neighbor_who_refused),
    ),
    (
        "party_rule.source",
        "source = [\"CARD-2011\", \"GBT-45251\"]",
        "source = [\"X\"]",
        Refused,
    ),
    (
        "derived_fact.name",
        "name = \"case.lost_contact\"",
        "name = \"case.gone\"",
        Refused,
    ),
    (
        "derived_fact.any",
        "consecutive_unreached>=3",
        "consecutive_unreached>=4",
        In(ask_a_neighbor),
    ),
    (
        "derived_fact.source",
        "unreached>=3\"]\nsource = [\"CBA-2026\"]",
        "unreached>=3\"]\nsource = [\"X\"]",
        Refused,
    ),
    ("hold.on", "on = \"hardship\"", "on = \"poverty\"", In(negotiate_in_hardship)),
    (
        "hold.effect",
        "effect = [\"no_demand\", \"no_call\", \"no_visit\"]",
        "effect = [\"no_visit\"]",
        In(call_beside_the_dead),
    ),
    ("hold.sla_days", "sla_days = 20", "sla_days = 15", In(settled_by)),
    ("hold.keep", "keep = [\"negotiate\", ", "keep = [", In(negotiate_in_hardship)),
    (
        "hold.source",
        "\"dispute_reply\"]\nsource = [\"CARD-2011\", \"CREDIT-2013\"]",
        "\"dispute_reply\"]\nsource = [\"X\"]",
        Refused,
    ),
];

const ACTS: &[Reader] = &[
    ("forbidden.act", "act = \"tag:extra_fee\"", "act = \"tag:any_fee\"", In(extra_fee)),
    (
        "forbidden.reason",
        "reason = \"以催收名义收取额外费用\"",
        "reason = \"乱收费\"",
        In(extra_fee),
    ),
    (
        "forbidden.source",
        "额外费用\"\nsource = [\"CBA-2026\"]",
        "额外费用\"\nsource = [\"X\"]",
        Refused,
    ),
    (
        "approval.action",
        "action = \"write_off\"",
        "action = \"strike_off\"",
        In(write_off),
    ),
    ("approval.needs", "\"doc:evidence_set\"", "\"doc:case_file\"", In(write_off)),
    (
        "payment.order",
        "order = [\"cost\", \"interest\", \"principal\"]",
        "order = [\"principal\", \"interest\", \"cost\"]",
        In(what_a_payment_settles_first),
    ),
    (
        "payment.source",
        "\"principal\"]\nsource = [\"CIVIL\"]",
        "\"principal\"]\nsource = [\"X\"]",
        Refused,
    ),
    ("approval.note", "note = \"账销案存", "note = \"销账", OnThePage),
    (
        "approval.source",
        "note = \"无书面依据一律拒绝；有生效判决时走法院通报\"\nsource = [\"PIPL\"]",
        "source = [\"X\"]",
        Refused,
    ),
];

#[test]
fn every_entry_of_the_shipped_pack_has_a_reader() {
    let readers = [HEAD, TIMING, PEOPLE, ACTS];
    let all = || readers.iter().flat_map(|reader| reader.iter());
    let pack: Table = PACK.parse().expect("the shipped pack is TOML");
    let mut written = BTreeSet::new();
    entries_below("", &Value::Table(pack), &mut written);
    let read: BTreeSet<String> = all().map(|it| it.0.to_owned()).collect();
    assert_eq!(written, read, "what stands in the pack, and what is known to be read");

    let shipped = PolicyPack::parse(PACK, "").expect("the shipped pack is sound");
    for (entry, old, new, seen) in all() {
        assert!(PACK.contains(old), "{entry}: {old}");
        let changed = PolicyPack::parse(&PACK.replacen(old, new, 1), "");
        match (seen, changed) {
            (Refused, Err(_)) | (OnThePage, Ok(_)) => {}
            (In(what), Ok(changed)) => {
                assert_ne!(what(&shipped), what(&changed), "{entry} decides nothing");
            }
            (_, changed) => panic!("{entry}: {:?}", changed.err()),
        }
    }
}

/// `contact_window.allow`: the entries of all rules of a section together.
fn what_a_payment_settles_first(pack: &PolicyPack) -> String {
    domain::components::PaymentOrder::of_rules(pack).words()
}

fn entries_below(path: &str, value: &Value, found: &mut BTreeSet<String>) {
    let tables: Vec<&Table> = match value {
        Value::Table(table) => vec![table],
        Value::Array(list) => list.iter().filter_map(Value::as_table).collect(),
        _ => Vec::new(),
    };
    if tables.is_empty() {
        found.insert(path.to_owned());
    }
    for (key, value) in tables.into_iter().flatten() {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        entries_below(&path, value, found);
    }
}

fn told(verdict: &Verdict<Draft>) -> String {
    let record = verdict.record();
    format!("{:?} {:?} {:?}", verdict.effect(), record.hits, record.obligations)
}

fn judged(pack: &PolicyPack, ask: Ask, facts: &ConductFacts, now: DateTime) -> String {
    told(&review(Draft(ask), facts, now, pack))
}

fn doubts(pack: &PolicyPack) -> String {
    format!("{:?}", pack.doubts(date(2026, 11, 23), "Asia/Shanghai", "cn"))
}

fn settled_by(pack: &PolicyPack) -> String {
    format!("{:?}", pack.settled_by(HoldReason::Dispute, date(2026, 11, 23)))
}

fn by_night(pack: &PolicyPack) -> String {
    judged(pack, call(), &facts(), at(23, 0))
}

fn late_in_the_evening(pack: &PolicyPack) -> String {
    judged(pack, call(), &facts(), at(21, 45))
}

fn by_consent(pack: &PolicyPack) -> String {
    let consents = vec!["consent.out_of_hours".to_owned()];
    judged(pack, call(), &ConductFacts { consents, ..facts() }, at(23, 0))
}

/// Six calls that nobody answered.
fn rung_six_times(day: i8) -> ConductFacts {
    let on = |minute| datetime(2026, 11, day, 9, minute, 0, 0);
    let made = |minute| attempt(Channel::Phone, on(minute), AttemptOutcome::NoAnswer);
    ConductFacts { attempts: (0..6).map(made).collect(), ..facts() }
}

fn nobody_answers(pack: &PolicyPack) -> String {
    judged(pack, call(), &rung_six_times(23), at(15, 0))
}

fn nobody_answers_elsewhere(pack: &PolicyPack) -> String {
    let mut rung = rung_six_times(23);
    rung.attempts.iter_mut().for_each(|attempt| attempt.same_point = false);
    judged(pack, call(), &rung, at(15, 0))
}

fn nobody_answered_yesterday(pack: &PolicyPack) -> String {
    judged(pack, call(), &rung_six_times(22), at(15, 0))
}

fn agreed_to_be_called(pack: &PolicyPack) -> String {
    let consents = vec!["agreement.call_frequency".to_owned()];
    let agreed = ConductFacts { consents, ..rung_six_times(23) };
    judged(pack, call(), &agreed, at(15, 0))
}

fn talked_thrice(pack: &PolicyPack) -> String {
    let mut talked = rung_six_times(23);
    talked.attempts.truncate(3);
    talked
        .attempts
        .iter_mut()
        .for_each(|attempt| attempt.outcome = AttemptOutcome::Conversation);
    judged(pack, call(), &talked, at(15, 0))
}

fn five_letters_last_week(pack: &PolicyPack) -> String {
    let day = datetime(2026, 11, 14, 9, 0, 0, 0);
    let made = |_| attempt(Channel::LetterPost, day, AttemptOutcome::Delivered);
    let written = ConductFacts { attempts: (0..5).map(made).collect(), ..facts() };
    let letter = ask("letter", Some(Channel::LetterPost), Act::Demand, Role::Borrower);
    judged(pack, letter, &written, at(15, 0))
}

fn visit(pack: &PolicyPack) -> String {
    let visit = ask("visit", Some(Channel::Visit), Act::Demand, Role::Borrower);
    judged(pack, visit, &facts(), at(10, 0))
}

fn locate(pack: &PolicyPack, facts: &ConductFacts) -> String {
    let neighbor = Role::UnrelatedThirdParty;
    let locate = ask("call", Some(Channel::Phone), Act::Locate, neighbor);
    judged(pack, locate, facts, at(10, 0))
}

/// The debtor was not reached three times.
fn lost() -> ConductFacts {
    ConductFacts { consecutive_unreached: Some(3), ..facts() }
}

fn ask_a_neighbor(pack: &PolicyPack) -> String {
    locate(pack, &lost())
}

fn ask_a_neighbor_who_refused(pack: &PolicyPack) -> String {
    locate(pack, &ConductFacts { recipient_refused: true, ..lost() })
}

fn call_the_guarantor(pack: &PolicyPack) -> String {
    let call = ask("call", Some(Channel::Phone), Act::Demand, Role::Guarantor);
    judged(pack, call, &facts(), at(10, 0))
}

fn write_to_an_heir(pack: &PolicyPack) -> String {
    let notice = ask("notice", Some(Channel::LetterPost), Act::Notice, Role::Heir);
    judged(pack, notice, &facts(), at(10, 0))
}

fn under(hold: HoldReason) -> ConductFacts {
    ConductFacts { holds: vec![hold.as_str().to_owned()], ..facts() }
}

fn negotiate_in_hardship(pack: &PolicyPack) -> String {
    let talk = ask("call", Some(Channel::Phone), Act::Negotiate, Role::Borrower);
    judged(pack, talk, &under(HoldReason::Hardship), at(10, 0))
}

fn call_beside_the_dead(pack: &PolicyPack) -> String {
    let call = ask("call", Some(Channel::Phone), Act::Demand, Role::CoBorrower);
    judged(pack, call, &under(HoldReason::Deceased), at(10, 0))
}

fn extra_fee(pack: &PolicyPack) -> String {
    let ask = Ask { tags: vec!["extra_fee".to_owned()], ..call() };
    judged(pack, ask, &facts(), at(10, 0))
}

fn write_off(pack: &PolicyPack) -> String {
    let ask = ask("write_off", None, Act::Internal, Role::Borrower);
    let evidence = vec!["evidence_set".to_owned()];
    judged(pack, ask, &ConductFacts { evidence, ..facts() }, at(10, 0))
}
