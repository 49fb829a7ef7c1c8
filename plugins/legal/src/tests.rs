//! What the books of the legal department promise (法务簿的测试).

use std::fs;
use std::sync::Arc;

use domain::calendar::{Calendar, YearCalendar};
use domain::conduct::{Approval, ConductFacts, PolicyPack, Verdict, review};
use domain::duty::Assignee;
use domain::ids::{CaseId, OrderId, PartyId};
use domain::limitation::Evidence;
use domain::manifest::{Act, Channel, DeliveryClass};
use domain::money::Fen;
use domain::order::Recipient;
use domain::party::Role;
use domain::tongues::{chinese, english, is_chinese};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::json;
use sqlx::Row;
use store::Conn;
use testkit::clock::TODAY;
use testkit::orders;
use testkit::stores::PluginStore;

use super::*;
use crate::proceeding::{Step, StepKind};

mod acts;
mod answers;
mod existing;
mod filing;
mod lists;
mod undone;
mod ways;

async fn record_filing(
    books: &mut Books<'_>,
    matter: OrderId,
    on: Date,
    court_no: &str,
) -> Result<(), LegalError> {
    let number = Some(court_no.trim().to_owned()).filter(|it| !it.is_empty());
    let step = Step { number, ..Step::new(StepKind::Filed, on) };
    matters::record(books, matter, &step, "staff-9").await.map(drop)
}

/// What a court decided about what was claimed, and when it was served.
struct Judgment {
    result: JudgmentResult,
    amount: Fen,
    on: Date,
}

async fn record_judgment(
    books: &mut Books<'_>,
    matter: OrderId,
    it: Judgment,
) -> Result<(), LegalError> {
    let step = Step {
        amount: Some(it.amount),
        word: Some(it.result.to_string()),
        ..Step::new(StepKind::Judgment, it.on)
    };
    matters::record(books, matter, &step, "staff-9").await.map(drop)
}

async fn close_matter(
    books: &mut Books<'_>,
    matter: OrderId,
    reason: CloseReason,
    on: Date,
) -> Result<(), LegalError> {
    let word = Some(reason.to_string());
    let step = Step { word, ..Step::new(StepKind::Closed, on) };
    matters::record(books, matter, &step, "staff-9").await.map(drop)
}

fn order(id: i64, verb: &str, args: &Value) -> Order {
    Order {
        delivery: DeliveryClass::AtMostOnce,
        second_person: true,
        ..orders::order(id, verb, args)
    }
}

fn suit(id: i64) -> Order {
    order(id, "file_suit", &json!({ "claim": 500_000, "court": "虚构县人民法院" }))
}

async fn site() -> PluginStore {
    let rows = [
        "insert into cases (id, case_no, last_due_on, limitation_ends_on, known_since_on)
         values (1, 'K-1', '2024-05-31', '2027-05-31', '2024-01-01')",
        "insert into parties (id, party_no) values (3, 'P-3')",
        "insert into case_parties (case_id, party_id, role) values (1, 3, 'borrower')",
    ];
    PluginStore::with(&rows, books::MIGRATIONS).await
}

fn calendar() -> Arc<Calendar> {
    let year = include_str!("../../../workflows/calendars/cn/2026.toml");
    let years = [YearCalendar::parse(year).unwrap()];
    Arc::new(Calendar::from_years(years).unwrap())
}

fn books(conn: &mut Conn, today: Date) -> Books<'_> {
    testkit::stores::books(conn, today, calendar())
}

fn legal() -> Legal {
    let settings = json!({ "owner": "staff-9" });
    Legal::new(settings.as_object().unwrap(), Path::new("/nonexistent")).unwrap()
}

async fn opened(conn: &mut Conn, order: &Order) {
    legal().carry_out(order, Some(&mut books(conn, TODAY))).await.unwrap();
}

async fn limitation_ends_on(conn: &mut Conn) -> String {
    let sql = "select limitation_ends_on from cases";
    sqlx::query(sql).fetch_one(conn).await.unwrap().get(0)
}

async fn running(conn: &mut Conn) -> Vec<(String, String)> {
    let sql =
        "select kind, due_on from matter_deadlines where done_on is null order by due_on";
    let rows = sqlx::query(sql).fetch_all(conn).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(kind, day)| ((*kind).to_owned(), (*day).to_owned())).collect()
}

#[tokio::test]
async fn a_suit_is_opened_once_and_tells_the_case() {
    let mut site = site().await;
    let conn = site.conn();
    let mut told = books(conn, TODAY);
    for _ in 0..2 {
        let receipt = legal().carry_out(&suit(7), Some(&mut told)).await.unwrap();
        assert_eq!(receipt.reference, "matter:7");
        assert_eq!(receipt.amount, Some(Fen(500_000)));
    }
    assert_eq!(told.raised.len(), 1);
    assert_eq!(told.raised[0].kind, "matter_opened");
    assert_eq!(
        Value::Object(told.raised[0].payload.clone()),
        json!({
            "matter": "7", "kind": "suit", "court": "虚构县人民法院",
            "claim": 500_000, "on": "2026-03-02",
        })
    );
    let open = open_matters(conn).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(
        (open[0].status.as_str(), open[0].owner.as_deref()),
        ("opened", Some("staff-9"))
    );
    assert_eq!(running(conn).await, pairs(&[("file", "2026-03-09")]));
}

#[tokio::test]
async fn a_case_has_one_open_suit_but_may_have_a_payment_order_beside_it() {
    let mut site = site().await;
    let conn = site.conn();
    opened(conn, &suit(7)).await;
    let mut told = books(conn, TODAY);
    let error = legal().carry_out(&suit(8), Some(&mut told)).await.unwrap_err();
    assert_eq!(
        error,
        DeliveryError::Refused(
            "本案已有未结的同类事项 7 · the case has an open matter of this kind, 7"
                .to_owned()
        )
    );
    let args = json!({ "claim": 1, "court": "虚构县人民法院" });
    legal().carry_out(&order(9, "payment_order", &args), Some(&mut told)).await.unwrap();
    close_matter(&mut told, OrderId(7), CloseReason::Withdrawn, TODAY).await.unwrap();
    legal().carry_out(&suit(8), Some(&mut told)).await.unwrap();
    // The first order handed over again finds its own matter, though closed.
    legal().carry_out(&suit(7), Some(&mut told)).await.unwrap();
    assert_eq!(open_matters(conn).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_suit_without_an_amount_is_refused_where_the_books_know_none() {
    let mut site = site().await;
    let conn = site.conn();
    for args in [
        json!({ "court": "虚构县人民法院" }),
        json!({ "claim": 0, "court": "虚构县人民法院" }),
        json!({ "claim": -5, "court": "虚构县人民法院" }),
    ] {
        let mut told = books(conn, TODAY);
        let order = order(7, "file_suit", &args);
        let error = legal().carry_out(&order, Some(&mut told)).await.unwrap_err();
        assert!(matches!(error, DeliveryError::Refused(_)), "{args}: {error}");
        assert!(told.raised.is_empty(), "{args}");
    }
}

#[tokio::test]
async fn the_days_of_a_proceeding_follow_the_law() {
    let mut site = site().await;
    let conn = site.conn();
    opened(conn, &suit(7)).await;
    let mut told = books(conn, date(2028, 3, 1));
    record_filing(&mut told, OrderId(7), date(2026, 3, 5), "(2026)虚 01 民初 1 号")
        .await
        .unwrap();
    assert_eq!(running(told.conn).await, pairs(&[("acceptance", "2026-03-12")]));
    assert_eq!(limitation_ends_on(told.conn).await, "2029-03-05");
    // The corresponding day of 29 February does not exist two years on.
    let won = Judgment {
        result: JudgmentResult::Won,
        amount: Fen(500_000),
        on: date(2028, 2, 29),
    };
    record_judgment(&mut told, OrderId(7), won).await.unwrap();
    let after = pairs(&[("appeal", "2028-03-15"), ("enforcement", "2030-02-28")]);
    assert_eq!(running(told.conn).await, after);
    close_matter(&mut told, OrderId(7), CloseReason::Enforced, date(2028, 3, 1))
        .await
        .unwrap();
    assert_eq!(running(told.conn).await, []);
    let kinds = told.raised.iter().map(|it| it.kind.as_str()).collect::<Vec<_>>();
    assert_eq!(kinds, ["matter_filed", "judgment", "matter_closed"]);
}

#[tokio::test]
async fn a_payment_order_has_five_fifteen_and_thirty_days() {
    let mut site = site().await;
    let conn = site.conn();
    let args = json!({ "claim": 1, "court": "虚构县人民法院" });
    opened(conn, &order(7, "payment_order", &args)).await;
    let mut told = books(conn, TODAY);
    record_filing(&mut told, OrderId(7), TODAY, "1").await.unwrap();
    let expected = pairs(&[
        ("acceptance", "2026-03-07"),
        ("issue", "2026-03-22"),
        ("void", "2026-04-21"),
    ]);
    assert_eq!(running(told.conn).await, expected);
}

#[tokio::test]
async fn what_happened_in_another_order_cannot_be_entered() {
    let mut site = site().await;
    let conn = site.conn();
    opened(conn, &suit(7)).await;
    let mut told = books(conn, TODAY);
    let lost = || Judgment { result: JudgmentResult::Lost, amount: Fen(0), on: TODAY };
    let wrong = |status: &str| LegalError::WrongStatus {
        matter: OrderId(7),
        status: status.to_owned(),
    };
    assert_eq!(
        record_judgment(&mut told, OrderId(7), lost()).await,
        Err(wrong("opened"))
    );
    assert_eq!(
        record_filing(&mut told, OrderId(7), TODAY, "  ").await,
        Err(LegalError::ReceiptNeeded)
    );
    for day in [date(2026, 3, 1), date(2026, 3, 3)] {
        let error = record_filing(&mut told, OrderId(7), day, "1").await.unwrap_err();
        let strange =
            matches!(error, LegalError::ImpossibleDay { .. } | LegalError::NotYet { .. });
        assert!(strange, "{error}");
    }
    record_filing(&mut told, OrderId(7), TODAY, "1").await.unwrap();
    assert_eq!(
        record_filing(&mut told, OrderId(7), TODAY, "1").await,
        Err(wrong("filed"))
    );
    close_matter(&mut told, OrderId(7), CloseReason::Paid, TODAY).await.unwrap();
    let again = close_matter(&mut told, OrderId(7), CloseReason::Paid, TODAY).await;
    assert_eq!(again, Err(wrong("closed")));
    let nobody = close_matter(&mut told, OrderId(8), CloseReason::Paid, TODAY).await;
    assert_eq!(nobody, Err(LegalError::NoSuchMatter(OrderId(8))));
}

#[tokio::test]
async fn a_near_deadline_is_a_task_once_on_a_workday() {
    let mut site = site().await;
    let conn = site.conn();
    let plugin = legal();
    let mut told = books(conn, TODAY);
    plugin.carry_out(&suit(7), Some(&mut told)).await.unwrap();
    record_filing(&mut told, OrderId(7), TODAY, "1").await.unwrap();
    let won = Judgment { result: JudgmentResult::Won, amount: Fen(1), on: TODAY };
    // Appeal ends on Tuesday 17 March 2026, enforcement on Thursday 2 March 2028.
    record_judgment(&mut told, OrderId(7), won).await.unwrap();
    let mut early = legal();
    early.rules.warn_days = 14;
    early.sweep(&mut told).await.unwrap();
    assert!(told.tasks.is_empty(), "{:?}", told.tasks);
    let due = early.sweep_due(told.conn).await.unwrap();
    assert_eq!(due, Some(date(2026, 3, 3)));
    told.today = date(2026, 3, 3);
    for _ in 0..2 {
        early.sweep(&mut told).await.unwrap();
    }
    assert_eq!(told.tasks.len(), 1);
    assert_eq!(
        told.tasks[0].title,
        "上诉期限 2026-03-17:K-1 · last day for an appeal, 2026-03-17: K-1"
    );
    assert_eq!(told.tasks[0].due_on, Some(date(2026, 3, 17)));
    assert_eq!(
        told.tasks[0].assignee.as_ref().and_then(Assignee::person),
        Some("staff-9")
    );
    assert_eq!(told.tasks[0].dedupe_key, "legal:7:appeal:2026-03-17:2026-03-03");
}

#[tokio::test]
async fn a_deadline_in_a_holiday_is_planned_for_the_last_workday_before_it() {
    let table = [
        // Saturday and Sunday, the latter a workday in exchange for a holiday.
        (date(2026, 3, 21), date(2026, 3, 20)),
        (date(2026, 9, 20), date(2026, 9, 20)),
        // In the week of the National Day.
        (date(2026, 10, 5), date(2026, 9, 30)),
    ];
    for (due, planned) in table {
        let mut site = site().await;
        let conn = site.conn();
        opened(conn, &suit(7)).await;
        let mut told = books(conn, TODAY);
        books::put_deadlines(told.conn, OrderId(7), &[("appeal", due)]).await.unwrap();
        told.today = due.yesterday().unwrap();
        legal().sweep(&mut told).await.unwrap();
        let key = format!("legal:7:appeal:{due}:{}", told.today);
        let task = told.tasks.iter().find(|task| task.dedupe_key == key);
        assert_eq!(task.unwrap().due_on, Some(planned), "{due}");
    }
}

#[tokio::test]
async fn a_closed_matter_asks_for_nothing() {
    let mut site = site().await;
    let conn = site.conn();
    opened(conn, &suit(7)).await;
    let mut told = books(conn, TODAY);
    close_matter(&mut told, OrderId(7), CloseReason::Settled, TODAY).await.unwrap();
    told.today = TODAY.saturating_add(1.year());
    legal().sweep(&mut told).await.unwrap();
    assert!(told.tasks.is_empty());
}

#[tokio::test]
async fn a_limitation_task_never_waits_past_the_clock() {
    let mut site = site().await;
    let conn = site.conn();
    let table = [
        // The 14th day is Monday 16 March.
        (180, date(2026, 3, 16), "诉讼时效仅剩 180 天,请取得送达证据或起诉:K-1"),
        // Saturday 7 March is pulled back to the Friday.
        (5, date(2026, 3, 6), "诉讼时效仅剩 5 天,请取得送达证据或起诉:K-1"),
        (0, TODAY, "诉讼时效已届满,请复核证据:K-1"),
        (-3, TODAY, "诉讼时效已届满,请复核证据:K-1"),
    ];
    for (left, due_on, title) in table {
        let mut told = books(conn, TODAY);
        let order = order(7, "limitation_task", &json!({ "days_left": left }));
        legal().carry_out(&order, Some(&mut told)).await.unwrap();
        assert_eq!(told.tasks[0].due_on, Some(due_on), "{left} days left");
        assert_eq!(chinese(&told.tasks[0].title), title);
        assert!(english(&told.tasks[0].title).ends_with(": K-1"));
    }
}

#[tokio::test]
async fn a_limitation_task_says_of_the_last_day_that_it_is_the_last_and_then_that_it_is_over()
 {
    let mut site = site().await;
    let conn = site.conn();
    // the last day, what the task says, whether the case hears of it
    let table = [
        ("2026-03-02", "今天是诉讼时效的最后一天,请取得送达证据或起诉:K-1", 1),
        ("2026-03-01", "诉讼时效已届满,请复核证据:K-1", 0),
    ];
    for (ends_on, title, raised) in table {
        let mut told = books(conn, TODAY);
        let args = json!({ "days_left": 0, "ends_on": ends_on });
        let order = Order { collector: None, ..order(7, "limitation_task", &args) };
        let mut of_nobody = legal();
        of_nobody.rules.owner = None;
        of_nobody.carry_out(&order, Some(&mut told)).await.unwrap();
        assert_eq!(chinese(&told.tasks[0].title), title);
        assert_eq!(told.raised.len(), raised, "{ends_on}");
        let legal = domain::role::Role::Legal;
        assert_eq!(told.tasks[0].assignee, Some(Assignee::Role { role: legal }));
    }
}

#[tokio::test]
async fn a_demand_letter_is_registered_and_needs_no_books() {
    let site = tempfile::tempdir().unwrap();
    let legal = Legal::new(&Map::new(), site.path()).unwrap();
    let letter = Order {
        channel: Some(Channel::LetterPost),
        act: Act::Demand,
        text: Some("请于三十日内归还".to_owned()),
        recipient: Some(Recipient {
            id: PartyId(3),
            role: Role::Borrower,
            name: "虚构甲".to_owned(),
            phone: None,
            wechat: None,
            address: Some("虚构县青石村 1 号".to_owned()),
            village: None,
            guarantee: None,
        }),
        ..order(7, "demand_letter", &json!({ "template": "demand" }))
    };
    assert!(!legal.has_books("demand_letter") && legal.has_books("file_suit"));
    let receipt = legal.carry_out(&letter, None).await.unwrap();
    assert_eq!(receipt.reference, "spool/letter_post/key7.json");
    let message = fs::read_to_string(site.path().join(&receipt.reference)).unwrap();
    let message: Value = serde_json::from_str(&message).unwrap();
    assert_eq!(message["registered"], true);
    let calls = fs::read_to_string(site.path().join("spool/calls.log")).unwrap();
    assert_eq!(calls.matches("\"class\":\"at_most_once\"").count(), 1);
}

#[tokio::test]
async fn a_letter_is_proved_once_and_only_when_it_has_left() {
    let mut site = site().await;
    let conn = site.conn();
    for (id, verb, status) in [
        (7, "demand_letter", "delivered"),
        (8, "demand_letter", "cancelled"),
        (9, "sms", "delivered"),
    ] {
        // Created on 2 March 2026 at noon, UTC.
        sqlx::query(
            "insert into outbox (id, case_id, party_id, seq, ordinal, plugin, verb, act, delivery,
               idempotency_key, requested_by, status, not_before_at, not_after_at, created_at)
             values ($1, 1, 3, 1, 1, 'legal', $2, 'demand', 'at_most_once', $3, 'x', $4, 0, 0,
               1772452800000)",
        )
        .bind(i64::from(id))
        .bind(verb)
        .bind(format!("k{id}"))
        .bind(status)
        .execute(&mut *conn)
        .await
        .unwrap();
    }
    let mut told = books(conn, date(2026, 3, 20));
    let proof = ServiceProof {
        served_on: date(2026, 3, 6),
        evidence: Evidence::SignedReceipt,
        receipt: " XA0001 ".to_owned(),
    };
    for id in [8, 9, 10] {
        let error = record_service(&mut told, OrderId(id), &proof).await;
        assert_eq!(error, Err(LegalError::NoSuchLetter(OrderId(id))));
    }
    let day = |served_on| ServiceProof { served_on, ..proof.clone() };
    let table = [
        (day(date(2026, 2, 28)), "2026-02-28"),
        (day(date(2026, 3, 21)), "2026-03-21"),
        (
            ServiceProof { evidence: Evidence::BareAssertion, ..proof.clone() },
            "bare_assertion",
        ),
        (
            ServiceProof { evidence: Evidence::LedgerEntry, ..proof.clone() },
            "ledger_entry",
        ),
        (ServiceProof { receipt: " ".to_owned(), ..proof.clone() }, "回执"),
    ];
    for (wrong, told_why) in table {
        let error = record_service(&mut told, OrderId(7), &wrong).await.unwrap_err();
        assert!(error.to_string().contains(told_why), "{error}");
    }
    assert!(told.raised.is_empty());
    assert_eq!(limitation_ends_on(told.conn).await, "2027-05-31");
    record_service(&mut told, OrderId(7), &proof).await.unwrap();
    assert_eq!(limitation_ends_on(told.conn).await, "2029-03-06");
    assert_eq!(told.raised[0].kind, "letter_proved");
    assert_eq!(
        Value::Object(told.raised[0].payload.clone()),
        json!({
            "order": "7", "on": "2026-03-06", "evidence": "signed_receipt", "receipt": "XA0001",
        })
    );
    let again = record_service(&mut told, OrderId(7), &proof).await;
    assert_eq!(again, Err(LegalError::AlreadyProved(OrderId(7))));
}

#[tokio::test]
async fn a_letter_arrives_on_the_day_it_was_given_to_the_carrier_at_the_earliest() {
    let mut site = site().await;
    let conn = site.conn();
    for text in [
        // Created on 2 March 2026, given to the carrier on the fifth.
        "insert into outbox (id, case_id, party_id, seq, ordinal, plugin, verb, act, delivery,
           idempotency_key, requested_by, status, not_before_at, not_after_at, created_at,
           attempts)
         values (7, 1, 3, 1, 1, 'legal', 'demand_letter', 'demand', 'at_most_once', 'k', 'x',
           'delivered', 0, 0, 1772452800000, 1)",
        "insert into contacts (id, case_id, party_id, order_id, channel, attempted_at,
           attempted_on, attempted_minute, outcome)
         values (70, 1, 3, 7, 'letter_post', 0, '2026-03-05', 900, 'delivered')",
    ] {
        sqlx::raw_sql(text).execute(&mut *conn).await.unwrap();
    }
    let proof = |served_on| ServiceProof {
        served_on,
        evidence: Evidence::SignedReceipt,
        receipt: "XA0001".to_owned(),
    };
    let mut told = books(conn, date(2026, 3, 20));
    let early = record_service(&mut told, OrderId(7), &proof(date(2026, 3, 4))).await;
    let (day, from, to) = (date(2026, 3, 4), date(2026, 3, 5), date(2026, 3, 20));
    assert_eq!(early, Err(LegalError::ImpossibleDay { day, from, to }));
    // By the first of two departures, whose day is not kept, it may have arrived.
    let again = "update outbox set attempts = 2";
    sqlx::query(again).execute(&mut *told.conn).await.unwrap();
    record_service(&mut told, OrderId(7), &proof(date(2026, 3, 4))).await.unwrap();
    let on_file = [(OrderId(7), CaseId(1), "XA0001".to_owned())];
    assert_eq!(books::receipts(told.conn).await.unwrap(), on_file);
}

#[test]
fn every_refusal_is_told_in_both_languages() {
    let day = TODAY;
    let all = [
        LegalError::NoSuchMatter(OrderId(7)),
        LegalError::WrongStatus { matter: OrderId(7), status: "filed".to_owned() },
        LegalError::NoSuchLetter(OrderId(7)),
        LegalError::AlreadyProved(OrderId(7)),
        LegalError::NotAProof("bare_assertion"),
        LegalError::ReceiptNeeded,
        LegalError::ImpossibleDay { day, from: day, to: day },
        LegalError::NotYet { day, today: day },
        LegalError::AlreadyEntered,
        LegalError::NoSuchEntry { days: "-".to_owned() },
        LegalError::WhichEntry(2),
        LegalError::NotTheNewest { matter: OrderId(7), newest: Some(StepKind::Filed) },
        LegalError::AnotherIsOpen(OrderId(8)),
        LegalError::EndsBeforeItBegins,
        LegalError::TooLate { matter: OrderId(7), until: day },
        LegalError::UnknownWord { field: "on", word: "soon".to_owned() },
        LegalError::Missing("on"),
        LegalError::WhichGuarantor(2),
        LegalError::Books(error::parse("soon").unwrap_err()),
    ];
    for error in all {
        let text = error.to_string();
        let (zh, en) = (chinese(&text), english(&text));
        assert!(!en.chars().any(is_chinese), "{en}");
        assert!(zh != text && zh.chars().any(is_chinese), "{zh}");
    }
}

#[test]
fn the_words_of_the_manifest_are_the_words_of_the_books() {
    let results = JudgmentResult::ALL.iter().map(|it| it.as_str()).collect::<Vec<_>>();
    assert_eq!(results, manifest::RESULTS);
    let steps = StepKind::ALL.iter().map(|it| it.as_str());
    let steps = steps.filter(|step| *step != "undone").collect::<Vec<_>>();
    assert_eq!(steps, manifest::ENTERED_STEPS);
    let reasons = CloseReason::ALL.iter().map(|it| it.as_str()).collect::<Vec<_>>();
    assert_eq!(reasons, manifest::CLOSED_FOR);
    // That there is no such matter comes of taking it back, and is not chosen.
    let chosen =
        reasons.into_iter().filter(|reason| *reason != "mistaken").collect::<Vec<_>>();
    assert_eq!(chosen, manifest::CLOSE_REASONS);
    assert_eq!(JudgmentResult::parse("won"), Some(JudgmentResult::Won));
    assert_eq!(CloseReason::parse("tired"), None);
    for verb in ["file_suit", "payment_order"] {
        let verb = MANIFEST.verbs.iter().find(|it| it.name == verb).unwrap();
        assert!(verb.second_person && verb.outlives_stage, "{}", verb.name);
        assert_eq!(verb.delivery, DeliveryClass::AtMostOnce, "{}", verb.name);
    }
}

#[test]
fn settings_are_checked() {
    let site = Path::new("/nonexistent");
    let settings = |value: Value| Legal::new(value.as_object().unwrap(), site).err();
    assert_eq!(settings(json!({ "warn_days": 60, "owner": "staff-2" })), None);
    for wrong in
        [json!({ "warn_day": 60 }), json!({ "warn_days": 0 }), json!({ "owner": 5 })]
    {
        assert!(settings(wrong.clone()).is_some(), "{wrong}");
    }
}

#[tokio::test]
async fn a_letter_to_a_guarantor_does_not_move_the_debtors_clock() {
    let mut site = site().await;
    let conn = site.conn();
    for text in [
        "update case_parties set role = 'guarantor'",
        "insert into outbox (id, case_id, party_id, seq, ordinal, plugin, verb, act, delivery,
           idempotency_key, requested_by, status, not_before_at, not_after_at, created_at)
         values (7, 1, 3, 1, 1, 'legal', 'demand_letter', 'demand', 'at_most_once', 'k', 'x',
           'delivered', 0, 0, 1772452800000)",
    ] {
        sqlx::raw_sql(text).execute(&mut *conn).await.unwrap();
    }
    let proof = ServiceProof {
        served_on: date(2026, 3, 6),
        evidence: Evidence::RegisteredMail,
        receipt: "XA0001".to_owned(),
    };
    let mut told = books(conn, date(2026, 3, 20));
    record_service(&mut told, OrderId(7), &proof).await.unwrap();
    assert_eq!(told.raised.len(), 1);
    assert_eq!(limitation_ends_on(conn).await, "2027-05-31");
}

#[tokio::test]
async fn a_suit_needs_a_second_person_and_then_goes_all_the_way() {
    let pack = include_str!("../../../workflows/policies/cn-rcc.toml");
    let pack = PolicyPack::parse(pack, "test").unwrap();
    let noon = TODAY.at(10, 0, 0, 0);
    let verdict = review(suit(7), &ConductFacts::default(), noon, &pack);
    assert!(matches!(verdict, Verdict::NeedsApproval(..)), "{:?}", verdict.record());
    let approval = Approval {
        by: "staff-8".to_owned(),
        roles: vec!["legal".to_owned(), "supervisor".to_owned()],
    };
    let facts = ConductFacts { approvals: vec![approval], ..ConductFacts::default() };
    let verdict = review(suit(7), &facts, noon, &pack);
    let Verdict::Approved(approved) = verdict else { panic!("{:?}", verdict.record()) };
    let mut site = site().await;
    let conn = site.conn();
    let legal = plugin(&Map::new(), Path::new("/nonexistent")).unwrap();
    legal.deliver(&approved, Some(&mut books(conn, TODAY))).await.unwrap();
    assert_eq!(open_matters(conn).await.unwrap().len(), 1);
    let error = legal.deliver(&approved, None).await.unwrap_err();
    assert!(matches!(error, DeliveryError::Books(_)), "{error}");
}

#[tokio::test]
async fn a_proceeding_that_was_changed_beside_its_steps_is_found() {
    let table = [
        ("", 0),
        ("update matters set status = 'filed' where id = 7", 1),
        ("update matters set awarded_fen = 499999 where id = 7", 1),
        ("update matters set court_no = '2' where id = 7", 1),
        ("update matter_steps set on_date = '2026-03-01' where step = 'judgment'", 1),
        ("delete from matter_steps where step = 'judgment'", 1),
        ("update matter_deadlines set due_on = '2026-03-18' where kind = 'appeal'", 1),
        ("update matter_deadlines set done_on = '2026-03-18' where kind = 'appeal'", 1),
    ];
    for (tampering, faults) in table {
        let mut site = site().await;
        let conn = site.conn();
        opened(conn, &suit(7)).await;
        let mut told = books(conn, TODAY);
        record_filing(&mut told, OrderId(7), TODAY, "1").await.unwrap();
        let (result, amount) = (JudgmentResult::Won, Fen(500_000));
        let won = Judgment { result, amount, on: TODAY };
        record_judgment(&mut told, OrderId(7), won).await.unwrap();
        if !tampering.is_empty() {
            sqlx::raw_sql(tampering).execute(&mut *told.conn).await.unwrap();
        }
        let found = proof::verify(told.conn).await.unwrap();
        assert_eq!(found.len(), faults, "{tampering}: {found:?}");
    }
}
