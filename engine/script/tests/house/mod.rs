//! A small house for the tests (测试用房): one plugin, one case, short words.

#![allow(dead_code, reason = "every test file uses its own part of it")]

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::event::{Event, EventSpec, PayloadField};
use domain::facts::CaseFacts;
use domain::ids::{CaseId, EventId, PartyId};
use domain::manifest::{Act, Arg, ArgKind, Channel, DeliveryClass, Manifest, Verb, text};
use domain::money::Fen;
use domain::party::{GuaranteeKind, Person, Role};
use jiff::civil::{Date, date};
use script::fault::StepError;
use script::finding::{Finding, Lang};
use script::loading::load;
use script::program::{Answer, Ask, Catalog, Folder, Trigger};
use script::sandbox::limits::Limits;
use script::worker::Worker;
use serde_json::{Map, Value};

const fn arg(name: &'static str, kind: ArgKind, required: bool) -> Arg {
    Arg { name, kind, required, doc: text("", "") }
}

const fn verb(
    name: &'static str,
    lone: Option<&'static str>,
    args: &'static [Arg],
) -> Verb {
    Verb {
        name,
        title: text("", ""),
        doc: text("", ""),
        args,
        lone,
        delivery: DeliveryClass::AtLeastOnce,
        channel: Some(Channel::Sms),
        act: Act::Demand,
        claims: false,
        second_person: false,
        outlives_stage: false,
    }
}

const VERBS: &[Verb] = &[
    verb(
        "sms",
        Some("template"),
        &[arg("template", ArgKind::Template, true), arg("to", ArgKind::Party, true)],
    ),
    verb(
        "call",
        None,
        &[
            arg("to", ArgKind::Party, true),
            arg("by", ArgKind::Staff, true),
            arg("script", ArgKind::Text, true),
            arg("about", ArgKind::Party, false),
        ],
    ),
    verb(
        "visit",
        None,
        &[
            arg("to", ArgKind::Party, false),
            arg("on", ArgKind::Date, false),
            arg("amount", ArgKind::Fen, false),
            arg("share", ArgKind::PerMille, false),
            arg("count", ArgKind::Count, false),
            arg("urgent", ArgKind::Bool, false),
            arg("mode", ArgKind::Choice(&["alone", "pair"]), false),
            arg("by", ArgKind::Assignee, false),
        ],
    ),
];

const EVENTS: &[EventSpec] = &[EventSpec {
    name: "call_reported",
    doc: text("", ""),
    fields: &[
        PayloadField { name: "outcome", kind: ArgKind::Text, doc: text("", "") },
        PayloadField { name: "person", kind: ArgKind::Party, doc: text("", "") },
    ],
    ..EventSpec::PLAIN
}];

static PLUGIN: Manifest = Manifest {
    name: "plugin",
    title: text("", ""),
    verbs: VERBS,
    events: EVENTS,
    entries: &[],
    work: None,
    settings: &[],
};

pub(crate) fn catalog() -> Catalog {
    Catalog { plugins: vec![&PLUGIN] }
}

pub(crate) const TODAY: Date = date(2026, 11, 23);

fn person(id: i64, role: Role) -> Person {
    Person {
        id: PartyId(id),
        role,
        deceased_on: None,
        has_phone: true,
        has_wechat: false,
        has_address: true,
        failed_attempts: 0,
        guarantee: None,
        guarantee_ends_on: None,
        guarantee_held_on: None,
        limitation_ends_on: None,
    }
}

/// A case 12 days past due with one guarantor.
pub(crate) fn facts() -> CaseFacts {
    let mut guarantor = person(22, Role::Guarantor);
    guarantor.guarantee = Some(GuaranteeKind::Joint);
    guarantor.guarantee_ends_on = Some(date(2027, 5, 1));
    CaseFacts {
        id: CaseId(1),
        case_no: "LN-0001".to_owned(),
        org: "测试信用社".to_owned(),
        village: Some("李村".to_owned()),
        product: None,
        collector: Some("collector-7".to_owned()),
        principal: Fen(5_000_000),
        balance: Fen(4_000_000),
        overdue: Fen(500_000),
        paid: Fen(1_000_000),
        oldest_unpaid_on: Some(date(2026, 11, 11)),
        days_past_due: 12,
        next_due_on: Some(date(2026, 12, 11)),
        next_due_amount: Some(Fen(50_000)),
        last_payment_on: None,
        promise_due_on: None,
        promises: 0,
        broken_share: 0,
        paid_lately: Fen(0),
        broken_promises: 0,
        kept_promises: 1,
        contacts: 2,
        failed_contacts: 1,
        last_contact_on: Some(date(2026, 11, 20)),
        visits: 0,
        cause: Some("short_of_cash".to_owned()),
        debtor_type: None,
        holds: vec!["complaint".to_owned()],
        limitation_ends_on: Some(date(2027, 1, 1)),
        debtor: Some(person(21, Role::Borrower)),
        others: vec![guarantor, person(23, Role::UnrelatedThirdParty)],
        today: TODAY,
    }
}

pub(crate) fn event(kind: &str, payload: &[(&str, Value)]) -> Event {
    let payload = payload.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    Event { id: EventId(9), kind: kind.to_owned(), payload: payload.collect() }
}

pub(crate) fn folder(files: &[(&str, &str)]) -> Folder {
    let mut all: BTreeMap<String, String> = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    all.insert("templates/remind_1.txt".to_owned(), "{{ case_no }}".to_owned());
    Folder { files: all }
}

/// One workflow `w` whose stage `s` is entered with this body.
pub(crate) fn around(body: &str) -> String {
    format!(
        "workflow \"w\" {{ lane = \"contact\", start = \"s\", settings = {{ pause_for = 3 * \
         workdays, limit = yuan(100) }} }}\nstage \"s\" {{ enter = function(case)\n{body}\nend \
         }}\nstage \"t\" {{ finish = \"done\" }}\n"
    )
}

pub(crate) fn worker(files: &[(&str, &str)]) -> Worker {
    worker_with(files, Limits::default())
}

pub(crate) fn worker_with(files: &[(&str, &str)], limits: Limits) -> Worker {
    Worker::new(Arc::new(folder(files)), Arc::new(catalog()), limits)
        .unwrap_or_else(|findings| panic!("{}", shown(&findings).join("\n")))
}

pub(crate) fn shown(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|it| it.render(Lang::En)).collect()
}

/// The findings of one file, in English.
pub(crate) fn findings(text: &str) -> Vec<String> {
    let files = folder(&[("w.lua", text)]);
    shown(&load(&files, &catalog(), &Limits::default()).findings)
}

pub(crate) fn enter(worker: &mut Worker, facts: &CaseFacts) -> Result<Answer, StepError> {
    enter_with(worker, facts, &Map::new())
}

pub(crate) fn enter_with(
    worker: &mut Worker,
    facts: &CaseFacts,
    memo: &Map<String, Value>,
) -> Result<Answer, StepError> {
    let trigger = Trigger::Enter;
    worker.ask(&Ask { workflow: "w", stage: "s", trigger, facts, memo })
}

/// Enters stage `s` of a workflow with this body.
pub(crate) fn entered(body: &str) -> Result<Answer, StepError> {
    enter(&mut worker(&[("w.lua", &around(body))]), &facts())
}

/// The message of the error that a body ends in.
pub(crate) fn error(body: &str) -> StepError {
    entered(body).expect_err("the body was expected to fail")
}
