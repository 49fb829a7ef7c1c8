//! Reviews (审查留痕): what left is judged once more by the rules of its day, and what was
//! counted is held against the book of contacts.

use domain::conduct::{
    Ask, ConductFacts, PolicyPack, Record, Reviewable, Verdict, review,
};
use domain::ids::{CaseId, OrderId};
use domain::journal::{Entry, HandOver, MovedBy, OrderMoved};
use domain::manifest::{Act, Channel};
use domain::party::Role;
use domain::status::OrderStatus;
use jiff::civil::{Date, date};
use serde_json::json;
use store::contacts::NewContact;
use store::journal::{self, NewLine};
use store::outbox::{self, OrderSettlement, Queue};
use store::{hand_over, ids, packs, verify};

use crate::harness::{HOUR, TestStore, morning};

const TODAY: Date = date(2026, 3, 10);
const TEXT: &str = include_str!("../../../../workflows/policies/cn-rcc.toml");
const HASH: &str = "the hash of the pack";

struct Sms;

impl Reviewable for Sms {
    fn ask(&self) -> Ask {
        Ask {
            verb: "sms".to_owned(),
            channel: Some(Channel::Sms),
            act: Act::Demand,
            role: Some(Role::Borrower),
            tags: Vec::new(),
            template: None,
            states_amount: true,
            second_person: false,
            requested_by: "workflow:remind".to_owned(),
            collector: None,
        }
    }
}

/// The review of a message to a borrower about whom nothing is to be said.
fn allowed() -> Record {
    let facts = ConductFacts {
        recipient_deceased: Some(false),
        template_approved: Some(true),
        ..ConductFacts::default()
    };
    let pack = PolicyPack::parse(TEXT, HASH).expect("the shipped pack is sound");
    match review(Sms, &facts, morning(TODAY).civil, &pack) {
        Verdict::Approved(approved) => approved.record().clone(),
        other => panic!("{:?}", other.record()),
    }
}

/// Sends a message whose review is this one, `later` milliseconds after the morning.
async fn send(db: &TestStore, case: CaseId, record: Record, later: i64) -> OrderId {
    const ORDER: &str = "
        insert into outbox (id, case_id, seq, ordinal, plugin, verb, act, delivery, channel,
          party_id, requested_by, idempotency_key, status, not_before_at, not_after_at,
          created_at)
        values ($1, $2, 1, 0, 'remind', 'sms', 'demand', 'at_least_once', 'sms', $3,
          'workflow:remind', $4, 'pending', $5, $6, $5)";
    let now = morning(TODAY);
    let party = db.borrower(case).await;
    let mut tx = db.write().await;
    let id = ids::allocate(tx.conn(), 1).await.expect("an id");
    sqlx::query(ORDER)
        .bind(id)
        .bind(case.0)
        .bind(party.0)
        .bind(db.key())
        .bind(now.ms)
        .bind(now.ms + 24 * HOUR)
        .execute(tx.conn())
        .await
        .expect("given");
    let ready = outbox::ready(tx.conn(), &now, Queue::Whole, None, 100).await;
    let ready = ready.expect("ready").orders;
    let leased = outbox::lease(tx.conn(), &now, &ready, HOUR).await.expect("leased");
    let [leased] = leased.as_slice() else { panic!("{leased:?}") };
    let contact = NewContact {
        case_id: case,
        party_id: party,
        order_id: Some(leased.id),
        channel: Channel::Sms,
        contact_point: "13900000001".to_owned(),
        attempted_at: now.ms + later,
        attempted_on: TODAY,
        attempted_minute: i64::from(now.civil.hour()) * 60
            + i64::from(now.civil.minute()),
    };
    hand_over::reserve_all(tx.conn(), &[contact]).await.expect("reserved");
    let settled = OrderSettlement {
        tried: true,
        order: leased.id,
        epoch: leased.epoch,
        status: OrderStatus::Delivered,
        at: now.ms,
        note: "ok".to_owned(),
        stop: None,
        ageless: false,
    };
    outbox::settle(tx.conn(), &[settled]).await.expect("settled");
    let hand_over = HandOver {
        verb: "sms".to_owned(),
        to: Some(party),
        key: leased.idempotency_key.clone(),
        attempt: leased.attempts + 1,
        epoch: Some(leased.epoch),
        review: Some(record),
        rehearsal: false,
    };
    let moved = OrderMoved {
        order: leased.id,
        status: OrderStatus::Delivered,
        note: String::new(),
        by: MovedBy::HandOver(hand_over),
    };
    let line = NewLine::of_case(case, Entry::OrderMoved(moved));
    journal::append(tx.conn(), &now, &[line]).await.expect("written");
    let outcome = (leased.id, OrderStatus::Delivered);
    hand_over::settle_all(tx.conn(), &[outcome]).await.expect("settled");
    tx.commit().await.expect("committed");
    leased.id
}

/// What is found about reviews, in English, and how many were judged.
async fn found(db: &TestStore) -> (Vec<String>, u64) {
    let mut tx = db.write().await;
    let verdict = verify::verify(tx.conn()).await.expect("verified");
    tx.rollback().await.expect("rolled back");
    let about = verdict.faults.into_iter().filter(|fault| fault.check == "I4");
    (about.map(|it| it.say.en).collect(), verdict.reviews)
}

async fn keep_pack(db: &TestStore, text: &str) {
    let mut tx = db.write().await;
    packs::keep(tx.conn(), HASH, text).await.expect("kept");
    tx.commit().await.expect("committed");
}

promise! {
    async fn what_left_is_judged_once_more_by_the_rules_of_its_day(db) {
        keep_pack(&db, TEXT).await;
        let case = db.case("L1", TODAY).await;
        let first = send(&db, case, allowed(), 0).await;
        assert_eq!(found(&db).await, (vec![], 1));
        // The rules of today do not count: those of that day do.
        let tight = TEXT.replacen("[[\"08:00\", \"22:00\"]]", "[[\"13:00\", \"14:00\"]]", 1);
        keep_pack(&db, &tight).await;
        let told = format!("under cn-rcc@2026.11.23 order {first} may not leave, by cn.window");
        assert_eq!(found(&db).await.0, [told]);
        keep_pack(&db, TEXT).await;

        let mut at_night = allowed();
        at_night.facts["now"] = json!("2026-03-10T22:30:00");
        let second = send(&db, case, at_night, 1).await;
        let (told, judged) = found(&db).await;
        assert_eq!(judged, 2);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("another minute than its review"), "{told:?}");
        assert!(told[1].contains(&format!("order {second} may not leave, by cn.window")));
    }
}

promise! {
    async fn a_contact_that_was_moved_or_not_counted_is_found(db) {
        keep_pack(&db, TEXT).await;
        let case = db.case("L1", TODAY).await;
        for n in 0..3 {
            let mut counted = allowed();
            counted.facts["cn.freq.message"] = json!(n);
            send(&db, case, counted, 0).await;
        }
        assert_eq!(found(&db).await, (vec![], 3));
        // A fourth, whose review says that there was none before it.
        let fourth = send(&db, case, allowed(), 0).await;
        let limit = format!(
            "order {fourth} left beyond the limit cn.freq.message of cn-rcc@2026.11.23"
        );
        assert_eq!(found(&db).await.0, std::slice::from_ref(&limit));
        let mut counted = allowed();
        counted.facts["cn.freq.message"] = json!(4);
        let fifth = send(&db, case, counted, 4).await;
        let (told, _) = found(&db).await;
        let refused =
            format!("under cn-rcc@2026.11.23 order {fifth} may not leave, by cn.freq.message");
        assert!(told.contains(&refused), "{told:?}");
        assert!(told.contains(&limit.replace(&fourth.to_string(), &fifth.to_string())));
    }
}

promise! {
    async fn under_rules_that_are_not_on_record_the_answer_counts_alone(db) {
        let case = db.case("L1", TODAY).await;
        send(&db, case, allowed(), 0).await;
        assert_eq!(found(&db).await, (vec![], 1));
        let mut refused = allowed();
        refused.hits[0].effect = domain::conduct::Effect::Deny;
        let order = send(&db, case, refused, 1).await;
        let told = format!("order {order} has left, and its review did not let it go");
        assert_eq!(found(&db).await.0, [told]);
    }
}
