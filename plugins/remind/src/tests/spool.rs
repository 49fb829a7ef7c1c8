//! The spool gateway and the desk, as workflows meet them (发件目录与待办).

use std::collections::BTreeSet;
use std::fs;

use domain::conduct::{ConductFacts, PolicyPack, Verdict, review};
use domain::duty::Assignee;
use store::{Conn, Store};

use jiff::civil::date;

use super::*;

#[tokio::test]
async fn every_message_verb_leaves_a_file_for_its_channel() {
    let site = tempfile::tempdir().unwrap();
    let remind = Remind::new(&Map::new(), site.path()).unwrap();
    let wechat =
        Order { verb: "wechat".to_owned(), channel: Some(Channel::WechatWork), ..sms() };
    let notice = Order { verb: "notice".to_owned(), act: Act::Notice, ..letter() };
    let table = [
        (sms(), "spool/sms/abc123.json", "phone"),
        (wechat, "spool/wechat_work/abc123.json", "wechat"),
        (letter(), "spool/letter_post/abc123.json", "address"),
        (
            Order { idempotency_key: "def".to_owned(), ..notice },
            "spool/letter_post/def.json",
            "address",
        ),
    ];
    for (order, path, point) in table {
        let receipt = remind.carry_out(&order, None).await.unwrap();
        assert_eq!(receipt.reference, path);
        assert_eq!(receipt.amount, Some(Fen(500)));
        let message = fs::read_to_string(site.path().join(path)).unwrap();
        let message: Value = serde_json::from_str(&message).unwrap();
        assert!(message["to"][point].is_string(), "{}", order.verb);
        assert_eq!(message["text"], order.text.unwrap(), "{}", order.verb);
        assert!(!remind.has_books(&order.verb), "{}", order.verb);
    }
}

#[tokio::test]
async fn a_letter_that_lies_in_the_tray_is_found_by_its_key() {
    let site = tempfile::tempdir().unwrap();
    let remind = Remind::new(&Map::new(), site.path()).unwrap();
    assert_eq!(remind.query("abc123").await.unwrap(), None);
    remind.carry_out(&letter(), None).await.unwrap();
    let found = remind.query("abc123").await.unwrap().unwrap();
    assert_eq!(found.reference, "spool/letter_post/abc123.json");
}

#[tokio::test]
async fn a_call_is_work_for_the_collector_today() {
    let site = tempfile::tempdir().unwrap();
    let remind = Remind::new(&Map::new(), site.path()).unwrap();
    let store = Store::for_test(site.path()).await.unwrap();
    let mut tx = store.write().await.unwrap();
    let mut books = books(tx.conn());
    let order = Order {
        verb: "call".to_owned(),
        channel: Some(Channel::Phone),
        args: args(&json!({ "script": "first_call" })),
        ..sms()
    };
    assert!(remind.has_books("call"));
    remind.carry_out(&order, Some(&mut books)).await.unwrap();
    let by = Order { args: args(&json!({ "by": "staff-2" })), ..order.clone() };
    remind.carry_out(&by, Some(&mut books)).await.unwrap();
    assert_eq!(
        books.tasks[0].title,
        "电话联系:K-1,话术 first_call · call K-1, script first_call"
    );
    assert_eq!(
        books.tasks[0].assignee.as_ref().and_then(Assignee::person),
        Some("staff-1")
    );
    assert_eq!(books.tasks[0].due_on, Some(date(2026, 3, 2)));
    assert_eq!(books.tasks[0].dedupe_key, "abc123");
    assert_eq!(
        books.tasks[1].assignee.as_ref().and_then(Assignee::person),
        Some("staff-2")
    );
    let mut no_phone = order.clone();
    no_phone.recipient.as_mut().unwrap().phone = None;
    let error = remind.carry_out(&no_phone, Some(&mut books)).await.unwrap_err();
    assert_eq!(
        error,
        DeliveryError::Refused(
            "没有登记电话号码 · no telephone number is on record".to_owned()
        )
    );
    let error = remind.carry_out(&order, None).await.unwrap_err();
    assert!(matches!(error, DeliveryError::Books(_)), "{error}");
}

#[tokio::test]
async fn a_task_hands_any_work_to_a_person() {
    let site = tempfile::tempdir().unwrap();
    let remind = Remind::new(&Map::new(), site.path()).unwrap();
    let store = Store::for_test(site.path()).await.unwrap();
    let mut tx = store.write().await.unwrap();
    let mut books = books(tx.conn());
    let task = |value: Value| Order {
        verb: "task".to_owned(),
        channel: None,
        recipient: None,
        act: Act::Internal,
        args: args(&value),
        ..sms()
    };
    let full = json!({ "title": "核实死亡证明", "by": "staff-9", "in_days": 15, "kind": "estate" });
    remind.carry_out(&task(full), Some(&mut books)).await.unwrap();
    remind.carry_out(&task(json!({ "title": "复核" })), Some(&mut books)).await.unwrap();
    let seen = books
        .tasks
        .iter()
        .map(|task| (task.kind.as_str(), task.title.as_str(), task.due_on.unwrap()))
        .collect::<Vec<_>>();
    assert_eq!(
        seen,
        [
            ("estate", "核实死亡证明:K-1", date(2026, 3, 17)),
            ("review", "复核:K-1", date(2026, 3, 5)),
        ]
    );
    for wrong in [
        json!({}),
        json!({ "title": " " }),
        json!({ "title": "久", "in_days": 99_999_999 }),
    ] {
        let error = remind.carry_out(&task(wrong), Some(&mut books)).await.unwrap_err();
        assert!(matches!(error, DeliveryError::Refused(_)), "{error}");
    }
}

#[tokio::test]
async fn a_verb_of_another_plugin_is_refused() {
    let site = tempfile::tempdir().unwrap();
    let remind = Remind::new(&Map::new(), site.path()).unwrap();
    let order = Order { verb: "visit".to_owned(), ..sms() };
    let error = remind.carry_out(&order, None).await.unwrap_err();
    assert_eq!(
        error,
        DeliveryError::Refused(
            "提醒插件没有动作 `visit` · the plugin has no verb `visit`".to_owned()
        )
    );
}

#[tokio::test]
async fn a_reviewed_order_goes_all_the_way_and_a_late_one_does_not() {
    let pack = include_str!("../../../../workflows/policies/cn-rcc.toml");
    let pack = PolicyPack::parse(pack, "test").unwrap();
    let facts = ConductFacts {
        recipient_deceased: Some(false),
        template_approved: Some(true),
        ..ConductFacts::default()
    };
    let late = date(2026, 3, 2).at(22, 30, 0, 0);
    let verdict = review(sms(), &facts, late, &pack);
    assert!(matches!(verdict, Verdict::Deferred(..)), "{:?}", verdict.record());
    let verdict = review(sms(), &facts, date(2026, 3, 2).at(10, 0, 0, 0), &pack);
    let Verdict::Approved(approved) = verdict else { panic!("{:?}", verdict.record()) };
    let site = tempfile::tempdir().unwrap();
    let remind = plugin(&Map::new(), site.path()).unwrap();
    let receipt = remind.deliver(&approved, None).await.unwrap();
    assert!(site.path().join(receipt.reference).is_file());
}

#[test]
fn the_manifest_can_stand_as_the_reference_page() {
    let site = tempfile::tempdir().unwrap();
    let plugin = plugin(&Map::new(), site.path()).unwrap();
    let manifest = plugin.manifest();
    let mut names = BTreeSet::new();
    for verb in manifest.verbs {
        assert!(names.insert(verb.name), "{} twice", verb.name);
        let lone =
            verb.lone.is_none_or(|name| verb.args.iter().any(|arg| arg.name == name));
        assert!(lone, "{}", verb.name);
        assert_eq!(verb.channel.is_none(), verb.act == Act::Internal, "{}", verb.name);
        let texts = verb.args.iter().map(|arg| arg.doc).chain([verb.title, verb.doc]);
        for it in texts {
            assert!(!it.zh.is_empty() && !it.en.is_empty(), "{}", verb.name);
        }
    }
    for setting in manifest.settings {
        assert!(
            serde_json::from_str::<Value>(setting.default).is_ok(),
            "{}",
            setting.name
        );
        assert!(names.insert(setting.name), "{} twice", setting.name);
    }
}

fn books(conn: &mut Conn) -> Books<'_> {
    Books {
        conn,
        today: date(2026, 3, 2),
        now_ms: 0,
        calendar: std::sync::Arc::default(),
        staff: std::sync::Arc::default(),
        simulated: false,
        raised: Vec::new(),
        tasks: Vec::new(),
        taken_back: Vec::new(),
    }
}
