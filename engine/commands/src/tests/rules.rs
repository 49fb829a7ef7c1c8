//! Who may give which command (权限一览), and what is looked at first, in one table.

use serde_json::{Value, json};

use super::*;

const DESK: &str = "supervisor collector legal";
const CHIEF: &str = "supervisor";
const EDITORS: &str = "editor supervisor";
/// Those who may have work; whose a task is it says itself.
const EVERYBODY: &str = "editor supervisor collector legal compliance risk";
const SIGNERS: &str = "supervisor legal compliance risk";

/// A command as it goes through the socket.
fn read(word: &str, mut fields: Value) -> Command {
    fields["ask"] = json!(word);
    if fields["reason"].is_null() {
        fields["reason"] = json!("示例理由");
    }
    serde_json::from_value(fields).unwrap_or_else(|error| panic!("{word}: {error}"))
}

fn roles(rules: &Rules<'_>) -> String {
    let roles = rules.roles.unwrap_or_default().iter().map(|role| role.as_str());
    roles.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_command_has_its_roles_its_reason_and_its_day() {
    let hold =
        |hold: &str, lift: bool| json!({ "case": "A", "hold": hold, "lift": lift });
    let dry = |dry_run: bool| json!({ "cases": true, "files": [], "dry_run": dry_run });
    let report = |kind: &str| json!({ "case": "A", "kind": kind });
    let entry = || json!({ "entry": 7 });
    let order = || json!({ "order": 7, "drop": false, "reject": false });
    let case = || json!({ "case": "A", "workflow": "remind" });
    let pay = || json!({ "case": "A", "amount": 500 });
    let contact = || json!({ "case": "A", "outcome": "busy" });
    let promise =
        || json!({ "case": "A", "due_on": "2026-12-03", "evidence": "bare_assertion" });
    let many = || json!({ "workflow": "remind", "conditions": [], "sure": true });
    let go = || json!({ "which": {}, "go": "all" });
    let pause = || json!({ "scope": "all", "target": "" });
    let unpause = || json!({ "which": { "stop": 7 }, "how": "now" });
    let person = || json!({ "case": "A", "person": "1", "who": { "documents": [] } });
    let point = || json!({ "case": "A", "kind": "phone" });
    let reply = || json!({ "case": "A", "channel": "sms", "note": "示例理由", "wrong_number": true });
    // Word, fields, roles, whether there is a reason, whether it bears a day.
    let table = [
        ("ping", json!({}), "", false, false),
        ("look", json!({ "words": [] }), "", false, false),
        ("import", dry(false), CHIEF, true, true),
        ("import", dry(true), CHIEF, true, false),
        ("pay", pay(), DESK, true, true),
        ("reverse", entry(), CHIEF, true, true),
        ("confirm", entry(), CHIEF, true, true),
        ("promise", promise(), DESK, true, true),
        ("contact", contact(), DESK, true, true),
        ("report", report("no_such_event"), DESK, true, true),
        ("hold", hold("hardship", false), DESK, true, true),
        ("hold", hold("hardship", true), CHIEF, true, true),
        ("hold", hold("lawyer", true), "supervisor legal", true, true),
        ("enrol", case(), CHIEF, true, true),
        ("enrol_many", many(), CHIEF, true, true),
        ("resume", case(), CHIEF, true, false),
        ("withdraw", case(), CHIEF, true, false),
        ("approve", order(), SIGNERS, true, true),
        ("order", order(), CHIEF, true, true),
        ("arrived", order(), CHIEF, true, true),
        ("task", json!({ "task": 7, "outcome": "示例理由" }), EVERYBODY, true, true),
        ("task_take", json!({ "task": 7 }), EVERYBODY, true, true),
        ("person_add", person(), DESK, true, true),
        ("person_correct", person(), DESK, true, true),
        ("person_remove", person(), CHIEF, true, true),
        ("point", point(), DESK, true, true),
        ("debtor_reply", reply(), DESK, true, true),
        ("reveal", case(), DESK, true, false),
        ("let_go", go(), CHIEF, true, true),
        ("pause", pause(), EDITORS, true, false),
        ("unpause", unpause(), CHIEF, true, false),
        ("test_gateway", json!({ "channel": "sms", "to": "1" }), CHIEF, false, false),
        ("confirm_clock", json!({}), CHIEF, true, false),
        ("take_stock", json!({ "logs": [] }), CHIEF, true, false),
        ("reload", json!({ "confirm": false }), EDITORS, false, false),
        ("rollback", json!({ "number": 3 }), EDITORS, true, false),
    ];
    for (word, fields, of, has_reason, bears_a_day) in table {
        let command = read(word, fields.clone());
        let rules = command.rules();
        assert_eq!(roles(&rules), of, "{word} {fields}");
        let reason = has_reason.then_some("示例理由");
        assert_eq!(rules.reason, reason, "{word} {fields}");
        assert_eq!(rules.bears_a_day, bears_a_day, "{word} {fields}");
        let is_always_taken = matches!(word, "ping" | "look" | "pause" | "take_stock");
        assert_eq!(rules.is_always_taken, is_always_taken, "{word}");
    }
}

#[test]
fn what_lifts_a_hold_or_ends_protection_says_so() {
    use domain::hold::HoldReason::{Complaint, Hardship};
    let hold = |lift: bool| {
        read("hold", json!({ "case": "A", "hold": "hardship", "lift": lift }))
    };
    let report = |kind: &str| read("report", json!({ "case": "A", "kind": kind }));
    let table = [
        (hold(false), None, None),
        (hold(true), Some("A"), Some(Hardship)),
        (report("complaint"), None, None),
        (report("complaint_resolved"), Some("A"), Some(Complaint)),
    ];
    for (command, protection, lifts) in table {
        let rules = command.rules();
        assert_eq!(rules.ends_protection_of, protection, "{command:?}");
        assert_eq!(rules.lifts, lifts, "{command:?}");
    }
}
