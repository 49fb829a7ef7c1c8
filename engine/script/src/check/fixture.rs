//! A small house for tests (测试用插件): a few verbs, one event, two templates.

use domain::event::{EventSpec, PayloadField};
use domain::manifest::{
    Act, Arg, ArgKind, Channel, DeliveryClass, Manifest, Text, Verb, text,
};

use crate::finding::Finding;
use crate::program::{Catalog, Folder, Program};

const NO_DOC: Text = text("说明", "what it means");

const fn arg(name: &'static str, kind: ArgKind, required: bool) -> Arg {
    Arg { name, kind, required, doc: NO_DOC }
}

const fn verb(
    name: &'static str,
    lone: Option<&'static str>,
    channel: Option<Channel>,
    args: &'static [Arg],
) -> Verb {
    Verb {
        name,
        title: text("动作", "a verb"),
        doc: text("做一件事", "does something"),
        args,
        lone,
        delivery: DeliveryClass::AtLeastOnce,
        channel,
        act: Act::Demand,
        claims: false,
        second_person: false,
        outlives_stage: false,
        collectors: 1,
    }
}

const VERBS: &[Verb] = &[
    verb(
        "sms",
        Some("template"),
        Some(Channel::Sms),
        &[arg("template", ArgKind::Template, true), arg("to", ArgKind::Party, false)],
    ),
    verb(
        "call",
        None,
        Some(Channel::Phone),
        &[
            arg("to", ArgKind::Party, true),
            arg("by", ArgKind::Assignee, false),
            arg("script", ArgKind::Text, false),
        ],
    ),
    verb(
        "visit",
        None,
        Some(Channel::Visit),
        &[
            arg("to", ArgKind::Party, false),
            arg("on", ArgKind::Date, false),
            arg("tries", ArgKind::Count, false),
        ],
    ),
    verb(
        "file_suit",
        None,
        None,
        &[
            arg("amount", ArgKind::Fen, true),
            arg("urgent", ArgKind::Bool, false),
            arg("form", ArgKind::Choice(&["plain", "small_claim"]), false),
            arg("then_open", ArgKind::Workflow, false),
            arg("share", ArgKind::PerMille, false),
        ],
    ),
];

const MANIFEST: Manifest = Manifest {
    name: "fixture",
    title: text("测试插件", "Fixture"),
    verbs: VERBS,
    events: &[EventSpec {
        name: "visit_done",
        doc: text("上门完成", "a visit was made"),
        fields: &[
            PayloadField { name: "result", kind: ArgKind::Text, doc: NO_DOC },
            PayloadField { name: "done_on", kind: ArgKind::Date, doc: NO_DOC },
        ],
        ..EventSpec::PLAIN
    }],
    entries: &[],
    work: None,
    settings: &[],
};

/// The plugins of the small house.
pub(crate) fn catalog() -> Catalog {
    static IT: Manifest = MANIFEST;
    Catalog { plugins: vec![&IT] }
}

/// A folder of these files with two templates.
pub(crate) fn folder(files: &[(&str, &str)]) -> Folder {
    let mut folder = Folder::default();
    for name in ["remind_1", "promise_broken"] {
        folder.files.insert(format!("templates/{name}.txt"), "您好".to_owned());
    }
    for (file, text) in files {
        folder.files.insert((*file).to_owned(), (*text).to_owned());
    }
    folder
}

/// Checks files alone, without anything loaded.
pub(crate) fn findings(files: &[(&str, &str)]) -> Vec<Finding> {
    super::check(&folder(files), &catalog(), &Program::default())
}

/// The declaration that fragments of scripts are put under.
pub(crate) const HEADER: &str = "-- 示例:逾期客户\n\
    workflow \"example\" { title = { zh = \"示例\", en = \"Example\" }, \
    lane = \"contact\", start = \"first\" }\n";

/// The example script of the design.
pub(crate) const REMIND: &str = r#"-- 逾期提醒:逾期 1–30 天的客户
-- Reminder: customers 1 to 30 days past due
workflow "remind" {
  title = { zh = "逾期提醒", en = "Reminder" },
  lane  = "contact",
  start = "first_sms",
  enrol = { days_past_due = { 1, 30 }, overdue = at_least(yuan(100)) },
  settings = { first_wait = 3 * workdays },
}

always {
  on_deceased  = function(case) return become "deceased" end,
  on_complaint = function(case) return pause("complaint") end,
  on_refused = function(case, order) return stay() end,
}

stage "first_sms" { sms = "remind_1", wait = setting.first_wait, next = "first_call" }

stage "first_call" {
  title = { zh = "首次电话", en = "First call" },
  enter = function(case)
    call { to = case.debtor, by = case.collector, script = "first_call" }
    return wait(5 * workdays, "hand_over")
  end,
  on_promise = function(case, promise) return wait_until(promise.due_on + 1 * days, "check_promise") end,
}

stage "check_promise" {
  enter = function(case)
    if case.broken_promises >= 2 then return become "visit" end
    sms "promise_broken"
    return wait(3 * workdays, "first_call")
  end,
}

stage "hand_over" { enter = function(case) return become "visit" end }
"#;

/// The two workflows that the example hands over to.
pub(crate) const OTHERS: &[(&str, &str)] = &[
    (
        "visit.lua",
        "-- 上门:提醒无效的客户\nworkflow \"visit\" { title = { zh = \"上门\", en = \"Visit\" }, \
         lane = \"contact\", start = \"done\" }\n\
         stage \"done\" { enter = function(case) return finish \"done\" end }\n",
    ),
    (
        "deceased.lua",
        "-- 死亡:债务人去世的案件\nworkflow \"deceased\" { title = { zh = \"死亡\", en = \"Deceased\" }, \
         lane = \"contact\", start = \"done\", enrol = { on = \"deceased\" } }\n\
         stage \"done\" { enter = function(case) return finish \"done\" end }\n",
    ),
    ("visit_test.lua", ""),
    ("deceased_test.lua", ""),
    ("remind_test.lua", ""),
];

/// The example with everything it needs.
pub(crate) fn remind() -> Vec<(&'static str, &'static str)> {
    [&[("remind.lua", REMIND)], OTHERS].concat()
}
