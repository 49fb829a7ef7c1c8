//! Lines as stores have them, word for word: each is read, means what it says, and is
//! written again as it was.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::conduct::{Effect, Hit, Record};
use crate::hold::HoldReason;
use crate::ids::{EntryId, PartyId, TaskId};
use crate::ledger::EntryKind;
use crate::limitation::Evidence;
use crate::manifest::Channel;
use crate::money::Fen;
use crate::status::OrderStatus;
use crate::stop::{Cause, Scope, WorkflowCause};

/// One line of every kind, and of those that come in several forms one of each.
const LINES: &[&str] = &[
    r#"{"v":1,"did":"opened","workflow":"guarantee_watch","stage":"look","by":"conditions"}"#,
    r#"{"v":1,"did":"opened","workflow":"remind","stage":"intake","by":"conditions","rehearsal":true}"#,
    r#"{"v":1,"did":"step","workflow":"remind","facts":{"rev":3,"days_past_due":0,"overdue":0,"balance":0,"broken_promises":0,"contacts":1},"path":[{"stage":"first_message","on":"payment","decision":{"do":"stay"}},{"stage":"first_message","on":"cured","decision":{"do":"finish","reason":"cured"}}],"left_stage":true}"#,
    r#"{"v":1,"did":"step","rehearsal":true,"workflow":"remind","facts":{"rev":1,"days_past_due":22,"overdue":3323400,"balance":3323400,"broken_promises":0,"contacts":0},"path":[{"stage":"first_message","on":"enter","line":"remind.lua:109","decision":{"do":"wait","rule":{"days":2},"next":"first_call"}}],"left_stage":true,"orders":[{"verb":"sms","to":631,"args":{"template":"remind_1"},"line":"remind.lua:105","key":"2c8cb6c2adf9c796b11e9e2419b90acb"}],"next_at":"2026-04-03T09:00:00"}"#,
    r#"{"v":1,"did":"step","workflow":"escalate_to_legal","facts":{"rev":4,"days_past_due":101,"overdue":8662072,"balance":8662072,"broken_promises":0,"contacts":0,"holds":["complaint"]},"path":[{"stage":"gate","on":"enter","line":"escalate_to_legal.lua:204","decision":{"do":"wait","rule":{"workdays":10},"next":"gate"}}],"orders":[{"verb":"task","args":{"kind":"override","rate":0.5},"line":"escalate_to_legal.lua:196","key":"108e99e64ec281a1f420ea44a3a90689"}],"starts":["limitation_watch","guarantee_watch"],"next_at":"2026-04-27T09:00:00"}"#,
    r#"{"did":"parked","error":"错 · wrong","fingerprint":"remind.lua:3","v":1,"workflow":"remind"}"#,
    r#"{"by":"示例主管","did":"parked","error":"缺 · lost","fingerprint":"lost_place","v":1,"workflow":"remind"}"#,
    r#"{"by":"示例主管","did":"reopened","reason":"误记","stage":"talk","v":1,"workflow":"remind"}"#,
    r#"{"by":"示例主管","did":"withdrawn","reason":"已协商","stage":"talk","v":1,"workflow":"remind"}"#,
    r#"{"did":"rehearsal_over","v":1,"workflow":"remind"}"#,
    r#"{"attempt":1,"did":"order","epoch":1,"key":"9541730377d628a87331d0d3f8ff2da0","note":"cn.window","order":7361,"review":{"facts":{"act":"demand","cn.freq.visit":0,"holds":[]},"hits":[{"effect":"defer","reason_en":"outside","reason_zh":"时段外","rule":"cn.window"}],"obligations":["show_id"],"pack":"cn-rcc@2026.11.23","pack_hash":"7bf01d4c"},"status":"pending","to":654,"v":1,"verb":"visit"}"#,
    r#"{"attempt":2,"did":"order","epoch":3,"key":"k","note":"done","order":7,"rehearsal":true,"review":null,"status":"rehearsed","to":null,"v":1,"verb":"task"}"#,
    r#"{"by":"system","did":"order","note":"probe","order":7,"status":"pending","stop":9,"v":1,"verb":"sms"}"#,
    r#"{"by":"示例主管","did":"order","note":"lost_place","order":7,"status":"cancelled","stop":null,"v":1,"verb":"sms"}"#,
    r#"{"did":"order","note":"case_changed","order":7,"status":"pending","v":1}"#,
    r#"{"attempt":1,"did":"late_answer","epoch":1,"key":"k","note":"","order":"7","review":null,"status":"delivered","to":654,"v":1,"verb":"sms"}"#,
    r#"{"by":"竹雨水","did":"approved","order":"11725","reason":"材料齐全,同意","v":1,"verb":"file_suit"}"#,
    r#"{"by":"竹雨水","did":"rejected","order":"17976","reason":"先再次协商","v":1,"verb":"file_suit"}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"enrolled":"remind"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"enrolled":"remind","withdrawn":"late/talk"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"withdrawn":"late/talk"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"reported":"complaint"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"also":["QS-2"],"reported":"dispute"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"hold_placed":"hardship"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"hold_lifted":"hardship"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"due_on":"2026-12-03","evidence":"bare_assertion","promise":10000,"receipt":null}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"call_result":"conversation","cause":"short_of_cash","order":null}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"collectors":["宁小满","米寒露"],"evidence":null,"on":"2026-11-29","order":19884,"outcome":"met","place":null,"receipt":null}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"evidence":"signed_receipt","order":19418,"outcome":"proved","receipt":"E9","served_on":"2026-11-28"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"amount":5000,"confirmed":true,"entry":"payment","number":20230,"on":"2026-11-30","receipt":"T1"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"amount":5000,"confirmed":true,"entry":"payment","number":20230,"on":"2026-11-30","payer":"guarantor","receipt":"T1"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"amount":5000,"confirmed":true,"entry":"payment","number":20230,"on":"2026-11-30","parts":{"cost":0,"interest":1000,"penalty":0,"principal":4000},"receipt":"T1"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"amount":5000,"payer":"borrower","whose":20230}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"amount":5000,"entry":"reversal","kind":"payment","of":20230,"on":"2026-11-30"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"amount":2000,"confirmed":20237,"receipt":null}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"now":"delivered","order":7}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"ok","v":1,"what":{"outcome":"ok","task":8310}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"task_taken":8310}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"from":"示例员","task_taken":8310}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"about":"示例员","reported":"complaint"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"resumed":2}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"changed":["name","phone"],"party":654,"person":"added","role":"co_borrower"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"party":654,"person":"removed","role":"guarantor"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"given_by":"示例乙","on":"2026-11-30","party":654,"point":"phone","shown":"139****0001","state":"given"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"on":"2026-11-30","party":654,"point":"address","state":"moved"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"revealed":654,"role":"borrower"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"reply":"letter"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"reply":"sms","wrong_number":true}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"clock":"confirmed"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"clock":"confirmed","jumped_ms":-7200000}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"filled":{"court_no":"虚01民初1号","on":"2026-03-05"},"form":"filed","order":654,"plugin":"legal"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"filled":{"amount":5000,"digest":"00ff"},"form":"pay","month":"2026-11","plugin":"reward"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"clock":"confirmed","newest":1774972800000}}"#,
    r#"{"by":"示例主管","did":"hold_carried","entered_on":"QS-1","hold":"deceased","move":"placed","v":1}"#,
    r#"{"by":"示例主管","did":"hold_carried","entered_on":"QS-1","hold":"complaint","move":"lifted","v":1}"#,
    r#"{"did":"work_ended","order":7,"v":1,"verb":"call","why":"lapsed"}"#,
    r#"{"did":"work_ended","task":8310,"v":1,"verb":"trace","why":"claim_ended"}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"assigned":"示例乙","from":"示例员"}}"#,
    r#"{"by":"示例主管","did":"by_hand","reason":"示例理由","v":1,"what":{"came_to":"partly_upheld","remedy":"道歉并换人","reported":"complaint_resolved"}}"#,
    r#"{"by":"示例主管","changed":["people","phone"],"did":"imported","file":"list.csv","reason":null,"v":1}"#,
    r#"{"became":"delivered","did":"left_before_restore","key":"k","left_at":1774972800000,"to":654,"v":1,"verb":"letter"}"#,
    r#"{"adjusted":0,"booked":3,"by":"示例主管","changed":1,"confirmed":0,"contained":0,"did":"import","duplicates":0,"file":"cases.csv","kind":"cases","new":2,"opened":2,"reason":null,"recorded":0,"rejected":1,"rows":4,"sha256":"00ff","v":1}"#,
    r#"{"did":"books_sealed","hash":"00ff","seals":3,"v":1}"#,
    r#"{"by":"demo","did":"release_activated","hash":"6e2c8e14","release":1,"v":1,"why":"publish"}"#,
    r#"{"by":"示例主管","cause":"person","did":"sending_stopped","plugin":null,"reason":"示例理由","scope":"channel","stop":20258,"target":"sms","up_to_order":null,"v":1}"#,
    r#"{"by":"system","cause":"guard","did":"sending_stopped","plugin":"remind","reason":"太多 · too many","scope":"release","stop":9,"target":"2","up_to_order":7,"v":1}"#,
    r#"{"by":"示例主管","did":"sending_resumed","how":"now","ms":0,"reason":"示例理由","stop":20258,"v":1}"#,
    r#"{"by":"示例主管","did":"sending_let_go","how":"count","orders":200,"reason":"示例理由","stop":9,"v":1}"#,
    r#"{"by":"示例主管","did":"sending_let_go","how":"daily","orders":null,"reason":"示例理由","stop":9,"v":1}"#,
    r#"{"calls":20,"cause":"fails","did":"workflow_suspended","error":"错 · wrong","failed":20,"spent_ms":12,"v":1,"workflow":"remind"}"#,
    r#"{"by":"示例主管","did":"workflow_resumed","reason":"已改好","v":1,"workflow":"remind"}"#,
    r#"{"cases":3,"did":"enrolment_failed","error":"错 · wrong","events":1,"examples":["QS-1"],"v":1,"workflow":"remind"}"#,
    r#"{"did":"enrolment_works_again","v":1,"workflow":"remind"}"#,
    r#"{"by":"示例主管","did":"rehearsal_began","v":1}"#,
    r#"{"by":"示例主管","did":"rehearsal_ended","since":1774972800000,"v":1}"#,
    r#"{"backup_at":1774972800000,"by":"示例主管","did":"restored","log_is_whole":true,"reason":"磁盘坏了","restore":12,"v":1}"#,
    r#"{"by":"qingshou","did":"store_moved","to":"postgres://qingshou@db.example/coop","v":1}"#,
    r#"{"by":"qingshou","did":"store_reopened","moved_to":"/srv/qingshi/new_store.db","reason":"示例理由","v":1}"#,
    r#"{"by":"示例主管","did":"gateway_test","v":1,"what":{"channel":"sms","gateway":"spool","host":"","key":"test1a228e12cb4","plugin":"remind","to":"138******42"}}"#,
    r#"{"by":"示例主管","did":"gateway_tested","v":1,"what":{"answer":"spool/sms/test1a228e12cb4.json","channel":"sms","class":"accepted","code":null,"gateway":"spool","host":"","key":"test1a228e12cb4","plugin":"remind","sent":true,"status":null,"to":"138******42"}}"#,
    r#"{"by":"示例主管","did":"gateway_test_rehearsed","v":1,"what":{"channel":"sms","gateway":"http","host":"sms.example","plugin":"remind","sent":false,"to":"138******42"}}"#,
];

fn read(line: &str) -> Entry {
    Entry::parse(line).unwrap_or_else(|error| panic!("{error}\n{line}"))
}

#[test]
fn every_line_is_written_again_to_the_byte() {
    for line in LINES {
        let entry = read(line);
        assert_eq!(entry.to_body().as_str(), *line);
        let value: Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["did"], entry.kind().as_str(), "{line}");
    }
}

#[test]
fn every_kind_has_its_line() {
    let shown: BTreeSet<Kind> = LINES.iter().map(|line| read(line).kind()).collect();
    assert_eq!(shown, BTreeSet::from(Kind::ALL));
}

/// Every form in which a person enters something has its own line: none of them is
/// taken for what this program does not know.
#[test]
fn what_people_enter_is_told_apart_by_its_keys() {
    let mut forms = BTreeSet::new();
    for line in LINES {
        let Entry::ByHand(entered) = read(line) else { continue };
        let form = format!("{:?}", entered.what);
        assert!(!form.starts_with("Other"), "{line}");
        forms.insert(form.split(['(', ' ']).next().map(str::to_owned));
    }
    assert_eq!(forms.len(), 25, "{forms:?}");
}

/// One of the lines means this entry.
fn is_listed(entry: &Entry, mark: &str) {
    let line = LINES.iter().find(|line| read(line) == *entry);
    let line = line.unwrap_or_else(|| panic!("no line means {entry:?}"));
    assert!(line.contains(mark), "{line}");
}

#[test]
fn what_people_entered_means_what_it_says() {
    let day = |text: &str| text.parse().unwrap();
    let entered = |what: Entered| {
        let (by, reason) = ("示例主管".to_owned(), "示例理由".to_owned());
        Entry::ByHand(ByHand { by, reason, what })
    };
    let promise = PromiseByHand {
        promise: Fen(10_000),
        due_on: day("2026-12-03"),
        evidence: Evidence::BareAssertion,
        receipt: None,
    };
    is_listed(&entered(Entered::Promise(promise)), "\"promise\":");
    let lifted = Entered::HoldLifted { hold_lifted: HoldReason::Hardship };
    is_listed(&entered(lifted), "hold_lifted");
    let reversed = ReversedByHand {
        entry: EntryKind::Reversal,
        of: EntryId(20_230),
        kind: EntryKind::Payment,
        amount: Fen(5_000),
        on: day("2026-11-30"),
    };
    is_listed(&entered(Entered::Reversed(reversed)), "reversal");
    let (order, now) = (OrderId(7), OrderStatus::Delivered);
    is_listed(&entered(Entered::OrderAnswered { order, now }), "\"now\":");
    let done = ByHand {
        by: "示例主管".to_owned(),
        reason: "ok".to_owned(),
        what: Entered::TaskDone { task: TaskId(8_310), outcome: "ok".to_owned() },
    };
    is_listed(&Entry::ByHand(done), "\"task\":8310");
    let taken = |from| Entered::TaskTaken { task_taken: TaskId(8_310), from };
    is_listed(&entered(taken(None)), "{\"task_taken\":8310}");
    is_listed(&entered(taken(Some("示例员".to_owned()))), "\"from\":\"示例员\"");
    let complaint = Entered::Reported {
        reported: "complaint".to_owned(),
        also: Vec::new(),
        about: Some("示例员".to_owned()),
        came_to: None,
        remedy: None,
    };
    is_listed(&entered(complaint), "\"about\":\"示例员\"");
}

#[test]
fn a_line_of_the_site_means_what_it_says() {
    let by = || "示例主管".to_owned();
    let stopped = SendingStopped {
        stop: 20_258,
        scope: Scope::Channel,
        target: "sms".to_owned(),
        cause: Cause::Person,
        by: by(),
        reason: "示例理由".to_owned(),
        up_to_order: None,
        plugin: None,
    };
    is_listed(&Entry::SendingStopped(stopped), "\"scope\":\"channel\"");
    let suspended = WorkflowSuspended {
        workflow: "remind".to_owned(),
        cause: WorkflowCause::Fails,
        calls: 20,
        failed: 20,
        spent_ms: 12,
        error: "错 · wrong".to_owned(),
    };
    is_listed(&Entry::WorkflowSuspended(suspended), "workflow_suspended");
    let trial = GatewayTrial {
        channel: Channel::Sms,
        plugin: "remind".to_owned(),
        gateway: "http".to_owned(),
        host: "sms.example".to_owned(),
        to: "138******42".to_owned(),
    };
    let what = TrialRehearsed { trial, sent: false };
    let rehearsed = GatewayTestRehearsed { by: by(), what };
    is_listed(&Entry::GatewayTestRehearsed(rehearsed), "rehearsed");
}

#[test]
fn what_moved_an_order_is_told_apart_by_its_keys() {
    let moved = |mark: &str| {
        let line = LINES.iter().find(|line| line.contains(mark)).expect("it is listed");
        match read(line) {
            Entry::OrderMoved(it) => it,
            other => panic!("{other:?}"),
        }
    };
    let deferred = moved("\"order\":7361");
    assert_eq!(
        (deferred.verb(), deferred.by(), deferred.epoch()),
        ("visit", "", Some(1))
    );
    let MovedBy::HandOver(hand_over) = deferred.by else { panic!("it is a hand-over") };
    let record = Record {
        hits: vec![Hit {
            rule: "cn.window".to_owned(),
            effect: Effect::Defer,
            reason_zh: "时段外".to_owned(),
            reason_en: "outside".to_owned(),
        }],
        obligations: vec!["show_id".to_owned()],
        pack: "cn-rcc@2026.11.23".to_owned(),
        pack_hash: "7bf01d4c".to_owned(),
        facts: json!({ "act": "demand", "cn.freq.visit": 0, "holds": [] }),
    };
    assert_eq!((hand_over.to, hand_over.review), (Some(PartyId(654)), Some(record)));
    let held = moved("\"stop\":9,");
    assert_eq!((held.verb(), held.by(), held.epoch()), ("sms", "system", None));
    let reviewed = moved("case_changed");
    assert_eq!((reviewed.verb(), reviewed.by(), reviewed.epoch()), ("", "", None));
}

/// What earlier programs wrote: keys that were added since are missing.
#[test]
fn lines_of_earlier_programs_are_read() {
    let order = r#"{"attempt":1,"did":"order","key":"k","note":"","order":7,"review":null,"status":"delivered","to":1,"v":1,"verb":"sms"}"#;
    let Entry::OrderMoved(it) = read(order) else { panic!("it is an order") };
    assert_eq!((it.epoch(), it.verb(), it.status), (None, "sms", OrderStatus::Delivered));
    let unsaid = [
        r#"{"outcome":"met","order":9,"collectors":["示例甲"]}"#,
        r#"{"outcome":"proved","order":9,"served_on":"2026-03-02"}"#,
        r#"{"call_result":"conversation","order":9}"#,
    ];
    for what in unsaid {
        let line = format!(
            r#"{{"by":"示例主管","did":"by_hand","reason":"r","v":1,"what":{what}}}"#
        );
        assert_eq!(read(&line).order(), Some(OrderId(9)), "{what}");
    }
    let reversal = r#"{"by":"示例主管","did":"by_hand","reason":"r","v":1,"what":{"amount":5000,"entry":"reversal","of":3,"on":"2026-03-02"}}"#;
    assert_eq!(read(reversal).to_body().as_str(), reversal, "it is kept as it is");
    let import = LINES.iter().find(|line| line.contains("\"did\":\"import\"")).unwrap();
    read(&import.replace("\"contained\":0,", ""));
    let step = r#"{"v":1,"did":"step","workflow":"w","facts":{"rev":1,"days_past_due":0,"overdue":0,"balance":0,"broken_promises":0,"contacts":0},"path":[]}"#;
    let Entry::Stepped(it) = read(step) else { panic!("it is a step") };
    assert_eq!((it.next_at, it.decided_at(), it.entered().count()), (None, None, 0));
}

#[test]
fn a_line_of_a_newer_program_is_named_and_not_guessed_at() {
    let newer = |did: &str, v| Err(EntryError::Newer { did: did.to_owned(), v });
    let table = [
        (r#"{"v":1,"did":"foretold","order":7}"#, newer("foretold", 1)),
        (r#"{"v":2,"did":"opened","workflow":"remind"}"#, newer("opened", 2)),
    ];
    for (line, error) in table {
        assert_eq!(Entry::parse(line), error, "{line}");
    }
    let text = EntryError::Newer { did: "foretold".to_owned(), v: 1 }.to_string();
    assert!(text.contains("较新的程序") && text.contains("a newer program"), "{text}");
    for line in ["", "{}", "[]", "{\"v\":1,\"did\":\"opened\"}", "{\"did\":7}"] {
        let error = Entry::parse(line);
        assert!(matches!(error, Err(EntryError::Unreadable(_))), "{line}: {error:?}");
    }
    let order = r#"{"by":7,"did":"order","note":"","order":7,"status":"held","v":1}"#;
    let error = Entry::parse(order);
    assert!(matches!(error, Err(EntryError::Unreadable(_))), "{error:?}");
}

/// Statements look into lines by these keys: a key that is renamed in its struct is
/// missing here.
#[test]
fn lines_have_the_keys_that_statements_ask_for() {
    let body = |entry: Entry| -> Value {
        serde_json::from_str(entry.to_body().as_str()).unwrap()
    };
    let entered = |what: Entered| {
        let (by, reason) = ("示例主管".to_owned(), "r".to_owned());
        body(Entry::ByHand(ByHand { by, reason, what }))
    };
    let enrolled =
        entered(Entered::Enrolled { enrolled: "suit".to_owned(), withdrawn: None });
    assert_eq!(enrolled[keys::AT_DID], keys::DID_BY_HAND);
    assert_eq!(keys::DID_BY_HAND, Kind::ByHand.as_str());
    assert_eq!(enrolled[keys::AT_BY], "示例主管");
    assert_eq!(enrolled[keys::AT_WHAT][keys::AT_ENROLLED], "suit");
    let reported = entered(Entered::Reported {
        reported: keys::LEGAL_OVERRIDE.to_owned(),
        also: Vec::new(),
        about: None,
        came_to: None,
        remedy: None,
    });
    assert_eq!(reported[keys::AT_WHAT][keys::AT_REPORTED], "legal_override");
    // Each line that tells of an order has the key, on whatever level.
    let mut orders = 0;
    for line in LINES {
        let key = format!("\"{}\":", keys::AT_ORDER);
        let names = read(line).order().is_some();
        assert!(!names || line.contains(&key), "{line}");
        orders += i32::from(names);
        let Entry::Stepped(step) = read(line) else { continue };
        let gives = line.contains(&format!("\"{}\"", keys::AT_ORDERS));
        assert_eq!(gives, !step.orders.is_empty(), "{line}");
    }
    assert!(10 < orders, "they were found: {orders}");
}

/// The migration that told old files of the bank apart reads these words for ever.
#[test]
fn an_import_says_its_kind_as_old_migrations_look_for_it() {
    for kind in ["cases", "events"] {
        let import = FileImported { kind: kind.to_owned(), ..FileImported::default() };
        let body = Entry::FileImported(import).to_body();
        for mark in ["\"did\":\"import\"".to_owned(), format!("\"kind\":\"{kind}\"")] {
            assert!(body.as_str().contains(&mark), "{body}");
        }
    }
}
