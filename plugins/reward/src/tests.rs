//! What the reward ledger promises (奖励账的测试), one story at a time and all at once.

use std::sync::Arc;

use domain::conduct::{ConductFacts, PolicyPack, Verdict, review};
use domain::ids::{EventId, OrderId};
use domain::money::Fen;
use domain::tongues::{chinese, english, is_chinese};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::json;
use sqlx::Row as _;
use store::Conn;
use testkit::clock::TODAY;
use testkit::orders::order;
use testkit::stores::PluginStore;

use super::*;

mod statements;

fn reward(id: i64, payment: i64, rate: i64) -> Order {
    let args = json!({ "to": "staff-1", "payment": payment.to_string(), "rate": rate });
    order(id, "reward", &args)
}

fn claw_back(id: i64, payment: i64) -> Order {
    order(
        id,
        "claw_back",
        &json!({ "payment": payment.to_string(), "reason": "投诉成立" }),
    )
}

async fn site() -> PluginStore {
    let cases = "insert into cases (id, case_no, known_since_on)
         values (1, 'K-1', '2026-01-01'), (2, 'K-2', '2026-01-01')";
    let mut site = PluginStore::with(&[cases], books::MIGRATIONS).await;
    spoke(site.conn(), 1, "staff-1", "2026-02-20").await;
    site
}

/// Somebody has spoken with the debtor of a case on the telephone.
async fn spoke(conn: &mut Conn, case: i64, by: &str, on: &str) {
    let payload = json!({ "outcome": "conversation", "by": by }).to_string();
    sqlx::query(
        "insert into events (id, case_id, kind, payload, source, dedupe_key, happened_on,
           received_at)
         select coalesce(max(id), 0) + 1, $1, 'call_result', $2, 'test', $3, $4, 0 from events",
    )
    .bind(case)
    .bind(payload)
    .bind(format!("{case}:{by}:{on}"))
    .bind(on)
    .execute(conn)
    .await
    .unwrap();
}

/// Books a payment of the case 1.
async fn pay(conn: &mut Conn, id: i64, amount: i64, confirmed: bool, inferred: bool) {
    sqlx::query(
        "insert into ledger (id, case_id, kind, amount_fen, booked_on, source, dedupe_key,
           confirmed, inferred, recorded_at)
         values ($1, 1, 'payment', $2, '2026-03-01', 'test', $3, $4, $5, 0)",
    )
    .bind(id)
    .bind(amount)
    .bind(format!("pay{id}"))
    .bind(i64::from(confirmed))
    .bind(i64::from(inferred))
    .execute(conn)
    .await
    .unwrap();
}

async fn reverse(conn: &mut Conn, payment: i64) {
    sqlx::query(
        "insert into ledger (id, case_id, kind, amount_fen, booked_on, reverses, source,
           dedupe_key, recorded_at)
         select $1 + 100000, case_id, 'reversal', amount_fen, booked_on, id, 'test', $2, 0
         from ledger where id = $1",
    )
    .bind(payment)
    .bind(format!("reverse{payment}"))
    .execute(conn)
    .await
    .unwrap();
}

fn books(conn: &mut Conn, today: Date) -> Books<'_> {
    testkit::stores::books(conn, today, Arc::default())
}

/// Without caps of case and month, which have tests of their own.
fn rewards() -> Rewards {
    rewards_with(&json!({ "case_cap": 0, "month_cap": 0 }))
}

fn rewards_with(settings: &Value) -> Rewards {
    Rewards::new(settings.as_object().unwrap()).unwrap()
}

/// Tells the plugin of a reversal; answers the kinds of the events raised.
async fn tell(conn: &mut Conn, case: i64) -> Vec<String> {
    let payload = json!({ "entry": "0", "amount": 1 }).as_object().unwrap().clone();
    let event = Event { id: EventId(9), kind: "reversed".to_owned(), payload };
    let mut told = books(conn, TODAY);
    rewards().observe(CaseId(case), &event, &mut told).await.unwrap();
    told.raised.into_iter().map(|it| it.kind).collect()
}

async fn deliver(conn: &mut Conn, order: &Order) -> Result<Receipt, DeliveryError> {
    rewards().carry_out(order, Some(&mut books(conn, TODAY))).await
}

async fn net(conn: &mut Conn) -> i64 {
    let sql = "select coalesce(sum(amount_fen), 0) from reward_entries";
    sqlx::query(sql).fetch_one(conn).await.unwrap().get(0)
}

async fn status(conn: &mut Conn, payment: i64) -> String {
    let sql = "select status from rewards where entry_id = $1";
    sqlx::query(sql).bind(payment).fetch_one(conn).await.unwrap().get(0)
}

#[tokio::test]
async fn a_confirmed_payment_is_rewarded_once() {
    let mut site = site().await;
    let conn = site.conn();
    pay(conn, 50, 123_456, true, false).await;
    let mut told = books(conn, TODAY);
    for _ in 0..2 {
        let receipt =
            rewards().carry_out(&reward(7, 50, 25), Some(&mut told)).await.unwrap();
        // 25 per mille of 1,234.56 yuan is 30.864 yuan: parts of a fen are dropped.
        assert_eq!(receipt.amount, Some(Fen(3_086)));
    }
    assert_eq!(told.raised.len(), 1);
    assert_eq!(
        Value::Object(told.raised[0].payload.clone()),
        json!({ "payment": "50", "amount": 3_086, "to": "staff-1" })
    );
    let again = deliver(conn, &reward(8, 50, 25)).await;
    assert_eq!(
        again,
        Err(DeliveryError::Refused(
            "这笔还款已计提过奖励 · this payment has its reward already".to_owned()
        ))
    );
    assert_eq!(net(conn).await, 3_086);
}

#[tokio::test]
async fn what_is_no_confirmed_payment_of_the_case_is_not_rewarded() {
    let mut site = site().await;
    let conn = site.conn();
    pay(conn, 50, 100_000, false, false).await;
    pay(conn, 51, 100_000, true, true).await;
    pay(conn, 52, 100_000, true, false).await;
    reverse(conn, 52).await;
    pay(conn, 53, 3, true, false).await;
    pay(conn, 54, i64::MAX / 2, true, false).await;
    pay(conn, 55, 100_000, true, false).await;
    let other_case = Order { case_id: CaseId(2), ..reward(7, 55, 25) };
    let nobody = order(7, "reward", &json!({ "payment": "55", "rate": 25 }));
    let no_entry =
        order(7, "reward", &json!({ "to": "staff-1", "payment": "x", "rate": 25 }));
    let table = [
        (reward(7, 50, 25), "银行尚未确认这笔还款"),
        (reward(7, 51, 25), "这笔还款是由余额推算的,不计提奖励"),
        (reward(7, 52, 25), "这笔还款已冲正"),
        (reward(7, 53, 25), "奖励不足一分,不计提"),
        (reward(7, 54, 25), "金额过大"),
        (reward(7, 99, 25), "本案账上没有这笔还款"),
        // The reversal itself is no payment.
        (reward(7, 100_052, 25), "本案账上没有这笔还款"),
        (other_case, "本案账上没有这笔还款"),
        (reward(7, 55, 0), "千分比应为 1–200"),
        (reward(7, 55, 201), "千分比应为 1–200"),
        (nobody, "没有写明清收人员"),
        (no_entry, "`payment` 应为还款的账目编号"),
    ];
    for (order, reason) in table {
        let refused = deliver(conn, &order).await;
        let Err(DeliveryError::Refused(told)) = refused else { panic!("{reason}") };
        assert_eq!(chinese(&told), reason);
        assert!(!english(&told).chars().any(is_chinese), "{told}");
    }
    assert_eq!(net(conn).await, 0);
}

#[tokio::test]
async fn a_cap_is_the_most_a_reward_can_be() {
    let table = [(None, 2_500), (Some(2_501), 2_500), (Some(99), 99)];
    for (cap, amount) in table {
        assert_eq!(accrue::share(Fen(100_000), 25, cap.map(Fen)), Ok(Fen(amount)));
    }
    assert!(accrue::share(Fen(100_000), 25, Some(Fen(0))).is_err());
}

#[tokio::test]
async fn what_is_paid_above_the_debt_earns_nothing() {
    // (what the case was charged with, payments in their order, the reward of each)
    let table: [(&str, &[i64], &[i64]); 8] = [
        ("opened_fen = 100000", &[10_000_000], &[2_500]),
        ("opened_fen = 100000", &[60_000, 60_000, 10], &[1_500, 1_000, 0]),
        ("opened_fen = 100000, penalty_fen = 20000", &[130_000], &[3_000]),
        ("opened_fen = 100000, due_fen = 110000", &[200_000], &[2_750]),
        ("principal_fen = 100000", &[200_000], &[2_500]),
        ("due_fen = 40000", &[200_000], &[1_000]),
        ("opened_fen = 100000", &[100_000], &[2_500]),
        // Nobody knows what is owed on a loan that nothing was charged on.
        ("opened_fen = 0", &[200_000], &[5_000]),
    ];
    for (charged, payments, rewards) in table {
        let mut site = site().await;
        let conn = site.conn();
        let charge = format!("update cases set {charged} where id = 1");
        sqlx::raw_sql(sqlx::AssertSqlSafe(charge.clone()))
            .execute(&mut *conn)
            .await
            .unwrap();
        for (id, amount) in (50..).zip(payments) {
            pay(conn, id, *amount, true, false).await;
        }
        for (id, expected) in (50..).zip(rewards) {
            let told = deliver(conn, &reward(id, id, 25)).await;
            match told {
                Ok(receipt) => {
                    assert_eq!(receipt.amount, Some(Fen(*expected)), "{charge}");
                }
                Err(DeliveryError::Refused(_)) => assert_eq!(*expected, 0, "{charge}"),
                Err(other) => panic!("{charge}: {other}"),
            }
        }
    }
}

#[tokio::test]
async fn a_payment_that_was_taken_back_has_covered_nothing() {
    let mut site = site().await;
    let conn = site.conn();
    let charge = "update cases set opened_fen = 100000 where id = 1";
    sqlx::raw_sql(charge).execute(&mut *conn).await.unwrap();
    pay(conn, 50, 100_000, true, false).await;
    reverse(conn, 50).await;
    pay(conn, 51, 100_000, true, false).await;
    let receipt = deliver(conn, &reward(7, 51, 25)).await.unwrap();
    assert_eq!(receipt.amount, Some(Fen(2_500)));
}

#[tokio::test]
async fn a_reversal_takes_the_reward_back_by_itself_and_once() {
    let mut site = site().await;
    let conn = site.conn();
    pay(conn, 50, 100_000, true, false).await;
    pay(conn, 51, 200_000, true, false).await;
    deliver(conn, &reward(7, 50, 25)).await.unwrap();
    deliver(conn, &reward(8, 51, 25)).await.unwrap();
    assert_eq!(net(conn).await, 7_500);
    reverse(conn, 50).await;
    assert_eq!(tell(conn, 2).await, Vec::<String>::new());
    assert_eq!(tell(conn, 1).await, ["reward_taken_back"]);
    assert_eq!(tell(conn, 1).await, Vec::<String>::new());
    assert_eq!(net(conn).await, 5_000);
    assert_eq!(status(conn, 50).await, "taken_back");
    // A workflow that claws back as well changes nothing.
    let receipt = deliver(conn, &claw_back(9, 50)).await.unwrap();
    assert_eq!(receipt.amount, Some(Fen(0)));
    // Nor does the first order, handed over once more, accrue it again.
    deliver(conn, &reward(7, 50, 25)).await.unwrap();
    assert_eq!(net(conn).await, 5_000);
}

#[tokio::test]
async fn a_reversal_nobody_told_of_is_found_by_the_sweep_before_anything_is_payable() {
    let mut site = site().await;
    let conn = site.conn();
    pay(conn, 50, 100_000, true, false).await;
    deliver(conn, &reward(7, 50, 25)).await.unwrap();
    reverse(conn, 50).await;
    rewards().sweep(&mut books(conn, date(2026, 6, 1))).await.unwrap();
    assert_eq!(status(conn, 50).await, "taken_back");
    assert_eq!(net(conn).await, 0);
}

#[tokio::test]
async fn a_workflow_takes_back_with_a_reason_and_of_its_own_case_alone() {
    let mut site = site().await;
    let conn = site.conn();
    pay(conn, 50, 100_000, true, false).await;
    deliver(conn, &reward(7, 50, 25)).await.unwrap();
    let no_reason = order(8, "claw_back", &json!({ "payment": "50" }));
    assert!(deliver(conn, &no_reason).await.is_err());
    let stranger = Order { case_id: CaseId(2), ..claw_back(8, 50) };
    assert_eq!(deliver(conn, &stranger).await.unwrap().amount, Some(Fen(0)));
    assert_eq!(net(conn).await, 2_500);
    let mut told = books(conn, TODAY);
    let receipt = rewards().carry_out(&claw_back(8, 50), Some(&mut told)).await.unwrap();
    assert_eq!(receipt.amount, Some(Fen(2_500)));
    assert_eq!(told.raised[0].payload["reason"], "投诉成立");
    assert_eq!(net(conn).await, 0);
}

#[tokio::test]
async fn a_reward_is_payable_after_ten_days_unless_a_complaint_is_open() {
    let table = [
        ("", date(2026, 3, 11), "accrued"),
        ("", date(2026, 3, 12), "payable"),
        ("complaint", date(2026, 3, 12), "accrued"),
        ("complaint,dispute", date(2026, 4, 12), "accrued"),
        ("dispute,hardship", date(2026, 3, 12), "payable"),
        // Another word that holds the word is another hold.
        ("past_complaint", date(2026, 3, 12), "payable"),
    ];
    for (holds, today, expected) in table {
        let mut site = site().await;
        let conn = site.conn();
        pay(conn, 50, 100_000, true, false).await;
        deliver(conn, &reward(7, 50, 25)).await.unwrap();
        let hold = "update cases set holds = $1 where id = 1";
        sqlx::query(hold).bind(holds).execute(&mut *conn).await.unwrap();
        rewards().sweep(&mut books(conn, today)).await.unwrap();
        assert_eq!(status(conn, 50).await, expected, "{holds} on {today}");
    }
}

#[tokio::test]
async fn the_statement_shows_what_was_earned_and_taken_back_in_the_period() {
    let mut site = site().await;
    let conn = site.conn();
    for (id, amount) in [(50, 100_000), (51, 200_000), (52, 300_000)] {
        pay(conn, id, amount, true, false).await;
    }
    deliver(conn, &reward(7, 50, 25)).await.unwrap();
    deliver(conn, &reward(8, 51, 25)).await.unwrap();
    // Handed over: both have reached the debtor on one day.
    spoke(conn, 1, "staff-2", "2026-02-25").await;
    deliver(conn, &reward(9, 52, 10)).await.unwrap();
    let mut april = books(conn, date(2026, 4, 1));
    rewards().carry_out(&claw_back(10, 50), Some(&mut april)).await.unwrap();
    rewards().sweep(&mut april).await.unwrap();
    let row = |collector: &str, payments, [accrued, taken_back, payable]: [i64; 3]| Row {
        collector: collector.to_owned(),
        payments,
        accrued: Fen(accrued),
        taken_back: Fen(taken_back),
        net: Fen(accrued - taken_back),
        cooling: Fen(0),
        payable: Fen(payable),
    };
    let march = statement(conn, date(2026, 3, 1), date(2026, 3, 31)).await.unwrap();
    let expected =
        [row("staff-1", 3, [9_000, 0, 6_500]), row("staff-2", 1, [1_500, 0, 1_500])];
    assert_eq!(march, expected);
    let april = statement(conn, date(2026, 4, 1), date(2026, 4, 30)).await.unwrap();
    assert_eq!(april, [row("staff-1", 0, [0, 2_500, 0])]);
}

#[tokio::test]
async fn a_reviewed_order_goes_all_the_way() {
    let pack = include_str!("../../../workflows/policies/cn-rcc.toml");
    let pack = PolicyPack::parse(pack, "test").unwrap();
    let night = TODAY.at(0, 5, 0, 0);
    let verdict = review(reward(7, 50, 25), &ConductFacts::default(), night, &pack);
    let Verdict::Approved(approved) = verdict else { panic!("{:?}", verdict.record()) };
    let mut site = site().await;
    let conn = site.conn();
    pay(conn, 50, 100_000, true, false).await;
    let rewards = plugin(&Map::new(), Path::new("")).unwrap();
    rewards.deliver(&approved, Some(&mut books(conn, TODAY))).await.unwrap();
    assert_eq!(net(conn).await, 2_500);
}

#[test]
fn settings_are_checked() {
    let settings = |value: Value| Rewards::new(value.as_object().unwrap()).err();
    assert_eq!(settings(json!({ "cooling_days": 0, "max_rate": 50 })), None);
    for wrong in [
        json!({ "cooling_day": 5 }),
        json!({ "cooling_days": 366 }),
        json!({ "max_rate": 1001 }),
        json!({ "worked_days": 0 }),
        json!({ "objection_days": 61 }),
    ] {
        assert!(settings(wrong.clone()).is_some(), "{wrong}");
    }
}

/// What can happen, in any order, to six payments.
#[derive(Clone, Debug)]
enum Step {
    Pay { amount: i64, confirmed: bool, inferred: bool },
    Accrue { payment: i64, rate: i64 },
    Reverse { payment: i64 },
    TellTwice,
    ClawBack { payment: i64 },
    Sweep,
}

fn step() -> impl Strategy<Value = Step> {
    let payment = 1..7_i64;
    prop_oneof![
        3 => (1..1_000_000_i64, prop::bool::weighted(0.8), prop::bool::weighted(0.2))
            .prop_map(|(amount, confirmed, inferred)| Step::Pay { amount, confirmed, inferred }),
        4 => (payment.clone(), 1..200_i64)
            .prop_map(|(payment, rate)| Step::Accrue { payment, rate }),
        2 => payment.clone().prop_map(|payment| Step::Reverse { payment }),
        1 => Just(Step::TellTwice),
        1 => payment.prop_map(|payment| Step::ClawBack { payment }),
        1 => Just(Step::Sweep),
    ]
}

/// What the steps have to come to, kept without a database.
#[derive(Default)]
struct Model {
    payments: Vec<Payment>,
    next_order: i64,
}

struct Payment {
    amount: i64,
    counts: bool,
    reversed: bool,
    /// The rate it was accrued at, and whether it was clawed back since.
    accrued: Option<(i64, bool)>,
}

impl Model {
    fn stands(&self) -> i64 {
        let stands = |it: &Payment| match it.accrued {
            Some((rate, false)) if !it.reversed => it.amount * rate / 1000,
            _ => 0,
        };
        self.payments.iter().map(stands).sum()
    }

    fn of(&mut self, payment: i64) -> Option<&mut Payment> {
        self.payments.get_mut(usize::try_from(payment).unwrap() - 1)
    }

    async fn take(&mut self, conn: &mut Conn, step: &Step) {
        self.next_order += 1;
        let id = self.next_order;
        match *step {
            Step::Pay { amount, confirmed, inferred } => {
                let entry = i64::try_from(self.payments.len()).unwrap() + 1;
                pay(conn, entry, amount, confirmed, inferred).await;
                let counts = confirmed && !inferred;
                self.payments.push(Payment {
                    amount,
                    counts,
                    reversed: false,
                    accrued: None,
                });
            }
            Step::Accrue { payment, rate } => {
                let delivered = deliver(conn, &reward(id, payment, rate)).await.is_ok();
                let may = self.of(payment).filter(|it| {
                    let worth = 0 < it.amount * rate / 1000;
                    it.counts && !it.reversed && it.accrued.is_none() && worth
                });
                assert_eq!(delivered, may.is_some(), "{step:?}");
                if let Some(it) = may {
                    it.accrued = Some((rate, false));
                }
            }
            Step::Reverse { payment } => {
                if let Some(it) = self.of(payment).filter(|it| !it.reversed) {
                    it.reversed = true;
                    reverse(conn, payment).await;
                    tell(conn, 1).await;
                }
            }
            Step::TellTwice => {
                tell(conn, 1).await;
                tell(conn, 1).await;
            }
            Step::ClawBack { payment } => {
                deliver(conn, &claw_back(id, payment)).await.unwrap();
                if let Some((_, back)) =
                    self.of(payment).and_then(|it| it.accrued.as_mut())
                {
                    *back = true;
                }
            }
            Step::Sweep => {
                let mut later = books(conn, date(2026, 9, 1));
                rewards().sweep(&mut later).await.unwrap();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_stands_is_never_more_than_the_rate_of_confirmed_unreversed_payments(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut site = site().await;
            let conn = site.conn();
            let mut model = Model::default();
            for step in &steps {
                model.take(conn, step).await;
                let stands = net(conn).await;
                assert_eq!(stands, model.stands(), "after {step:?}");
                let ceiling: i64 = model
                    .payments
                    .iter()
                    .filter(|payment| payment.counts && !payment.reversed)
                    .map(|payment| payment.amount * 200 / 1000)
                    .sum();
                assert!(0 <= stands && stands <= ceiling, "{stands} of {ceiling}");
            }
        });
    }
}
