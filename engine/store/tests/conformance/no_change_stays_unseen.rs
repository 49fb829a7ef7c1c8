//! Verification (核验): a store that was only worked is sound, a hidden change is found.

use domain::components::Components;
use domain::decision::{Decision, WaitRule};
use domain::ids::{CaseId, EntryId, PartyId, ReleaseId};
use domain::journal::{
    ByHand, Decided, Entered, Entry, HandOver, HandlerCall, IssuedOrder, MovedBy,
    OrderMoved, Stepped,
};
use domain::ledger::EntryKind;
use domain::manifest::Channel;
use domain::money::Fen;
use domain::status::OrderStatus;
use jiff::civil::{Date, date};
use serde_json::{Map, Value, json};
use sqlx::Row;
use store::commit::{self, NewOrder, NewWait, NextState, Step};
use store::contacts::NewContact;
use store::journal::{self, NewLine};
use store::order_key::order_key;
use store::outbox::{self, Leased, OrderSettlement, Queue};
use store::progress::Progress;
use store::{Conn, components, due, hand_over, ledger, meta, seals, verify};

use crate::harness::{HOUR, TestStore, morning};

const TODAY: Date = date(2026, 3, 10);

/// A sound store: L1 is dunned, L2 is under a complaint, L3 has paid a part.
async fn worked(db: &TestStore) {
    let mut cases = Vec::new();
    for case_no in ["L1", "L2", "L3"] {
        let case = db.case(case_no, date(2026, 1, 1)).await;
        let entries = [
            db.entry(case, EntryKind::Open, 500_000, date(2026, 1, 1)),
            db.entry(case, EntryKind::Due, 50_000, date(2026, 3, 1)),
            db.entry(case, EntryKind::Due, 50_000, date(2026, 4, 1)),
            db.entry(case, EntryKind::Payment, 20_000, date(2026, 3, 5)),
        ];
        db.post(date(2026, 3, 5), &entries).await;
        cases.push(case);
    }
    divide(db, cases[2]).await;
    let now = morning(TODAY);
    let release = db.open_runs(&now, &cases).await;
    db.record(&now, cases[1], "complaint", json!({ "note": "来电投诉" })).await;
    take_a_step(db, release).await;
    let mut tx = db.write().await;
    seals::seal(tx.conn(), &morning(TODAY)).await.expect("sealed");
    tx.commit().await.expect("committed");
    hand_over_what_is_ready(db, release).await;
    approve(db, cases[0]).await;
    say_by_hand(db, cases[2]).await;
}

/// Of what a case owes and has paid a fifth is interest.
async fn divide(db: &TestStore, case: CaseId) {
    let mut tx = db.write().await;
    let lines = ledger::of_case(tx.conn(), case).await.expect("the ledger");
    let lines = lines.into_iter().filter(|line| line.kind != EntryKind::Open);
    let given: Vec<(EntryId, Components)> = lines
        .map(|line| {
            let interest = Fen(line.amount.0 / 5);
            let parts = Components { interest, ..Components::NOTHING };
            (line.id, Components { principal: line.amount - interest, ..parts })
        })
        .collect();
    let became = components::give(tx.conn(), &given).await.expect("given");
    assert_eq!((became.noted.len(), became.otherwise.len()), (3, 0));
    tx.commit().await.expect("committed");
}

/// Each run that is not frozen enters `told` with a message, a letter that may
/// go only once, and a suit that needs a second person; then it waits.
async fn take_a_step(db: &TestStore, release: i64) {
    let now = morning(TODAY);
    let mut tx = db.write().await;
    let store_id = meta::text(tx.conn(), "store_id").await.expect("asked");
    let store_id = store_id.expect("a store has an id");
    let claimed = due::claim(tx.conn(), now.ms, 10).await.expect("claimed");
    let mut steps = Vec::new();
    for run in claimed {
        let party = db.borrower(run.case_id).await.0;
        let place = |n| (run.id.0, run.seq + 1, n);
        let orders: Vec<NewOrder> = ["sms", "demand_letter", "file_suit"]
            .into_iter()
            .enumerate()
            .map(|(n, verb)| order(&store_id, place(n), verb, party, now.ms))
            .collect();
        let given: Vec<IssuedOrder> = orders
            .iter()
            .map(|order| IssuedOrder {
                verb: order.verb.clone(),
                to: order.party_id.map(PartyId),
                args: serde_json::from_str(&order.args).expect("args"),
                line: order.line.clone(),
                key: order.idempotency_key.clone(),
            })
            .collect();
        let entered = HandlerCall {
            stage: "told".to_owned(),
            on: HandlerCall::ENTER.to_owned(),
            line: String::new(),
            decision: Decision::Stay,
        };
        let line = Entry::Stepped(Stepped {
            workflow: "remind".to_owned(),
            path: vec![entered],
            left_stage: true,
            orders: if run.frozen { vec![] } else { given },
            next_at: Some(date(2026, 3, 13).at(9, 0, 0, 0)),
            ..Stepped::default()
        });
        let at = now.ms + 73 * HOUR;
        steps.push(Step {
            instance: run.id,
            case_id: run.case_id,
            seq: run.seq,
            facts_rev: run.facts_rev,
            head_hash: run.head_hash,
            stage: "told".to_owned(),
            left_stage: true,
            next: if run.frozen { NextState::Frozen(at) } else { NextState::Waiting(at) },
            wait: Some(NewWait {
                rule: WaitRule::Workdays(3),
                next: "again".to_owned(),
                since: "2026-03-10T08:00:00".to_owned(),
                provisional: false,
            }),
            memo: None,
            consumed: run.events.iter().map(|event| event.id.0).collect(),
            orders: if run.frozen { vec![] } else { orders },
            body: line.to_body(),
            release_id: release,
            failed_before: false,
        });
    }
    let steps: Vec<&Step> = steps.iter().collect();
    let done = commit::commit(tx.conn(), &now, &steps).await.expect("written");
    assert_eq!((done.steps, done.again.len()), (3, 0));
    tx.commit().await.expect("committed");
}

fn order(
    store_id: &str,
    place: (i64, i64, usize),
    verb: &str,
    party: i64,
    now_ms: i64,
) -> NewOrder {
    let args = Map::from_iter([("template".to_owned(), json!("remind_1"))]);
    let text = "虚构人:请还款。";
    let once = verb != "sms";
    let key = order_key(store_id, place, verb, Some(party), &args, Some(text));
    NewOrder {
        plugin: "remind".to_owned(),
        verb: verb.to_owned(),
        title: verb.to_owned(),
        party_id: Some(party),
        channel: Some(if once { "letter_post" } else { "sms" }.to_owned()),
        act: "demand".to_owned(),
        text_act: None,
        counted_for: String::new(),
        delivery: if once { "at_most_once" } else { "at_least_once" }.to_owned(),
        second_person: i64::from(verb == "file_suit"),
        outlives_stage: 0,
        args: Value::Object(args).to_string(),
        body: Some(text.to_owned()),
        states_fen: None,
        idempotency_key: key,
        requested_by: "workflow:remind".to_owned(),
        collector: None,
        line: "remind.lua:3".to_owned(),
        not_before_at: now_ms,
        not_after_at: now_ms + 168 * HOUR,
    }
}

async fn hand_over_what_is_ready(db: &TestStore, release: i64) {
    let now = morning(TODAY);
    let mut tx = db.write().await;
    let ready =
        outbox::ready(tx.conn(), &now, Queue::Whole, None, 100).await.expect("ready");
    let leased =
        outbox::lease(tx.conn(), &now, &ready.orders, HOUR).await.expect("leased");
    let contacts: Vec<NewContact> = leased.iter().map(contact).collect();
    hand_over::reserve_all(tx.conn(), &contacts).await.expect("reserved");
    let settled: Vec<OrderSettlement> = leased
        .iter()
        .map(|it| OrderSettlement {
            tried: true,
            order: it.id,
            epoch: it.epoch,
            status: OrderStatus::Delivered,
            at: now.ms,
            note: "ok".to_owned(),
            stop: None,
            ageless: false,
        })
        .collect();
    outbox::settle(tx.conn(), &settled).await.expect("settled");
    let lines: Vec<NewLine> =
        leased.iter().map(|it| delivered(it).under(Some(ReleaseId(release)))).collect();
    journal::append(tx.conn(), &now, &lines).await.expect("written");
    let outcomes: Vec<_> =
        leased.iter().map(|order| (order.id, OrderStatus::Delivered)).collect();
    hand_over::settle_all(tx.conn(), &outcomes).await.expect("settled");
    tx.commit().await.expect("committed");
}

fn delivered(order: &Leased) -> NewLine {
    let hand_over = HandOver {
        verb: order.verb.clone(),
        to: order.party_id.map(PartyId),
        key: order.idempotency_key.clone(),
        attempt: order.attempts + 1,
        epoch: Some(order.epoch),
        review: None,
        rehearsal: false,
    };
    let moved = OrderMoved {
        order: order.id,
        status: OrderStatus::Delivered,
        note: String::new(),
        by: MovedBy::HandOver(hand_over),
    };
    NewLine::of_case(order.case_id, Entry::OrderMoved(moved))
}

fn contact(order: &Leased) -> NewContact {
    NewContact {
        case_id: order.case_id,
        party_id: PartyId(order.party_id.expect("somebody")),
        order_id: Some(order.id),
        channel: order.channel.unwrap_or(Channel::Sms),
        contact_point: String::new(),
        attempted_at: morning(TODAY).ms,
        attempted_on: TODAY,
        attempted_minute: 600,
    }
}

/// The suit against L1 may go; that against L3 goes on waiting.
async fn approve(db: &TestStore, case: CaseId) {
    let now = morning(TODAY);
    let sql = "select id from outbox where case_id = $1 and status = 'awaiting_approval'";
    let order = domain::ids::OrderId(db.number(sql, case.0).await);
    let mut tx = db.write().await;
    let moved = (OrderStatus::AwaitingApproval, OrderStatus::Pending);
    let by = "李主任";
    let done = outbox::decide(tx.conn(), &now, order, moved, by, "同意").await;
    assert!(done.expect("decided"));
    let approved = Decided {
        order,
        verb: "file_suit".to_owned(),
        by: by.to_owned(),
        reason: "同意".to_owned(),
        terms: None,
    };
    let line = NewLine::of_case(case, Entry::Approved(approved));
    journal::append(tx.conn(), &now, &[line]).await.expect("written");
    tx.commit().await.expect("committed");
}

async fn say_by_hand(db: &TestStore, case: CaseId) {
    let mut tx = db.write().await;
    let by_hand = ByHand {
        by: "李主任".to_owned(),
        reason: "记事".to_owned(),
        what: Entered::Reported {
            reported: "note".to_owned(),
            also: Vec::new(),
            about: None,
            came_to: None,
            remedy: None,
        },
    };
    let line = NewLine::of_case(case, Entry::ByHand(by_hand));
    journal::append(tx.conn(), &morning(TODAY), &[line]).await.expect("written");
    tx.commit().await.expect("committed");
}

/// What is done to the store, the statements, and the check that tells of it.
const CHANGES: &[(&str, &[&str], &str)] = &[
    (
        "seals count more rows than there can be",
        &["update seals set rows = 9223372036854775807"],
        "seal",
    ),
    ("a line is changed", &["update journal set body = body || ' '"], "chain"),
    (
        "a line is moved to another case",
        &["update journal set case_id = (select max(id) from cases)
           where body like '%\"approved\"%'"],
        "chain",
    ),
    (
        "a line is given another place",
        &["update journal set id = id + 100000 where body like '%by_hand%'"],
        "seal",
    ),
    (
        "a line is put before another",
        &["update journal set id = -id where seq = 1"],
        "chain",
    ),
    (
        "the unsealed end of a chain is cut",
        &["delete from journal where body like '%by_hand%'"],
        "chain",
    ),
    ("the site's chain is cut", &["delete from journal where chain = 0"], "seal"),
    (
        "the newest seal is cut",
        &["delete from seals where id = (select max(id) from seals)"],
        "seal",
    ),
    (
        "an order that waits is deleted",
        &[
            "delete from tasks where order_id is not null",
            "delete from outbox where status = 'awaiting_approval'",
        ],
        "order",
    ),
    (
        "an order that was delivered is deleted",
        &["delete from outbox where status = 'delivered' and verb = 'sms'"],
        "order",
    ),
    (
        "an order is doubled",
        &["insert into outbox (id, case_id, instance_id, seq, ordinal, plugin, verb, act,
             delivery, idempotency_key, requested_by, status, not_before_at, not_after_at,
             created_at)
           select id + 100000, case_id, instance_id, seq, ordinal + 9, plugin, verb, act,
             delivery, idempotency_key || 'x', requested_by, 'pending', not_before_at,
             not_after_at, created_at
           from outbox where verb = 'demand_letter'"],
        "order",
    ),
    ("an order's text is changed", &["update outbox set body = '另一段话'"], "order"),
    ("an order's arguments are changed", &["update outbox set args = '{}'"], "order"),
    (
        "an order goes to somebody else",
        &["update outbox set party_id = party_id + 1"],
        "order",
    ),
    (
        "an order is said to be of another release",
        &["update outbox set release_id = release_id + 1"],
        "order",
    ),
    ("an order takes another channel", &["update outbox set channel = 'visit'"], "seal"),
    (
        "another is said to have approved",
        &["update outbox set approved_by = '某人' where approved_by is not null"],
        "order",
    ),
    (
        "an order leaves without approval",
        &["update outbox set status = 'pending' where status = 'awaiting_approval'"],
        "I3",
    ),
    (
        "a letter is sent again",
        &["update outbox set status = 'pending'
           where status = 'delivered' and verb = 'demand_letter'"],
        "I3",
    ),
    (
        "an order is said to be delivered",
        &["update outbox set status = 'delivered' where status = 'awaiting_approval'"],
        "I3",
    ),
    (
        "an order is said to have left with its stage",
        &["update outbox set status = 'cancelled', settled_note = 'stage_left'
           where status = 'awaiting_approval'"],
        "order",
    ),
    (
        "an amount is changed",
        &["update ledger set amount_fen = amount_fen + 1 where kind = 'payment'"],
        "totals",
    ),
    (
        "an amount is changed with the totals",
        &[
            "update ledger set amount_fen = amount_fen + 1 where kind = 'payment'",
            "update cases set paid_fen = paid_fen + 1, balance_fen = balance_fen - 1",
        ],
        "seal",
    ),
    (
        "a payment is deleted with the totals",
        &[
            "delete from ledger_parts
               where entry_id in (select id from ledger where kind = 'payment')",
            "delete from ledger where kind = 'payment'",
            "update cases set balance_fen = balance_fen + paid_fen, paid_fen = 0,
               last_payment_on = null",
        ],
        "seal",
    ),
    (
        "the parts of an entry are more than it",
        &["update ledger_parts set interest_fen = interest_fen + 1"],
        "parts",
    ),
    (
        "interest is said to be a cost",
        &["update ledger_parts set interest_fen = interest_fen - 1, cost_fen = cost_fen + 1"],
        "seal",
    ),
    ("what entries consist of is forgotten", &["delete from ledger_parts"], "seal"),
    (
        "a part of what is owed is charged twice",
        &["update cases set due_fen = due_fen + 1"],
        "parts",
    ),
    (
        "a payment is booked on another day",
        &["update ledger set booked_on = '2026-03-02' where kind = 'payment'"],
        "seal",
    ),
    (
        "a due date is moved with what follows from it",
        &[
            "update ledger set booked_on = '2026-03-09' where booked_on = '2026-03-01'",
            "update cases set oldest_unpaid_on = '2026-03-09'",
        ],
        "seal",
    ),
    ("the fees are changed", &["update cases set fee_fen = fee_fen + 1"], "totals"),
    (
        "the limitation period is stretched",
        &["update cases set limitation_ends_on = '2040-01-01'"],
        "limitation",
    ),
    (
        "an interruption is made up",
        &["update interruptions set on_date = '2026-03-09'"],
        "seal",
    ),
    (
        "an interruption is disproved",
        &["update interruptions set proved = 0"],
        "limitation",
    ),
    ("the holds are deleted", &["delete from holds"], "seal"),
    ("a hold's reason is changed", &["update holds set reason = 'lawyer'"], "holds"),
    ("a case is said to be free", &["update cases set holds = ''"], "holds"),
    (
        "a run is thawed",
        &["update instances set status = 'waiting', frozen_at = null"],
        "holds",
    ),
    (
        "a hold is forgotten and its run thawed",
        &[
            "update cases set holds = ''",
            "update instances set status = 'waiting', frozen_at = null",
        ],
        "holds",
    ),
    (
        "a timer is put off for ever",
        &["update instances set due_at = 9999999999999 where status = 'waiting'"],
        "timer",
    ),
    ("a run is put elsewhere", &["update instances set stage = 'start'"], "stage"),
    (
        "a run is closed",
        &[
            "delete from lanes",
            "update instances set status = 'finished', frozen_at = null",
        ],
        "stage",
    ),
    ("the attempts are deleted", &["delete from contacts"], "seal"),
    ("an event is changed", &["update events set payload = '{}'"], "seal"),
    ("an event is not told", &["delete from inbox"], "I1"),
    ("events are never told", &["update inbox set consumed_seq = -2"], "I2"),
    ("events are put aside", &["update inbox set consumed_seq = -1"], "I2"),
    ("a release is changed", &["update releases set files = '{}'"], "seal"),
    (
        "all seals are taken away",
        &["delete from seals", "delete from meta where key = 'newest_seal'"],
        "seal",
    ),
    (
        "seals are taken away and the oldest is called the newest",
        &[
            "delete from seals where id <> (select min(id) from seals)",
            "update meta set value = (select hash from seals) where key = 'newest_seal'",
        ],
        "seal",
    ),
    ("a person gets another telephone", &["update parties set phone = '1'"], "seal"),
    ("a person gets another name", &["update parties set name = '别人'"], "seal"),
    (
        "a person is said to have agreed",
        &["update parties set consents = '{\"call_frequency\":true}'"],
        "seal",
    ),
    ("a case gets another collector", &["update cases set collector = '别人'"], "seal"),
    ("a claim is given up", &["update cases set status = 'dismissed'"], "seal"),
    ("the principal is changed", &["update cases set principal_fen = 1"], "seal"),
    (
        "a paper of the debtor is made up",
        &["update case_parties set evidence = '[\"joint_debt\"]'"],
        "seal",
    ),
    (
        "a payment is said to be confirmed otherwise",
        &["update ledger set confirmed = 1 - confirmed where kind = 'payment'"],
        "seal",
    ),
    ("a contact takes place earlier", &["update contacts set attempted_minute = 500"], "seal"),
    (
        "a contact takes place on another number",
        &["update contacts set contact_point = '1'"],
        "seal",
    ),
    ("a contact has another outcome", &["update contacts set outcome = 'no_answer'"], "seal"),
    (
        "a contact has another outcome on a day of other contacts",
        &[
            "update contacts set outcome = 'no_answer'",
            "update meta set value = '1000' where key = 'changes:contacts'",
        ],
        "contact",
    ),
    ("a task is deleted", &["delete from tasks"], "seal"),
    ("a task is somebody else's", &["update tasks set assignee = '别人'"], "seal"),
    (
        "another is said to have put the release in force",
        &["update active_release set by = '某人'"],
        "seal",
    ),
    (
        "amounts are as large as a number can be",
        &["update ledger set amount_fen = 9223372036854775807"],
        "totals",
    ),
    (
        "what was paid and waived is as large",
        &["update cases set paid_fen = 9223372036854775807,
             waived_fen = 9223372036854775807"],
        "totals",
    ),
    (
        "an attempt was made on a day that is none",
        &["update contacts set attempted_on = '2026-02-30', channel = 'visit'"],
        "seal",
    ),
    (
        "an attempt was made some day",
        &["update contacts set attempted_on = 'some day', channel = 'visit'"],
        "seal",
    ),
    (
        "a line was written at the end of time",
        &["update journal set at = 9223372036854775807"],
        "chain",
    ),
    ("a due day is no day", &["update cases set last_due_on = 'soon'"], "limitation"),
    (
        "an interruption is of no day",
        &["update interruptions set on_date = '0000-00-00'"],
        "limitation",
    ),
    (
        "an interruption is of no kind",
        &["update interruptions set kind = 'a word'"],
        "limitation",
    ),
    (
        "the counter of numbers is none",
        &["update meta set value = 'many' where key = 'next_id'"],
        "seal",
    ),
    (
        "the count of lines is none",
        &["update meta set value = 'many' where key = 'journal_lines'"],
        "chain",
    ),
];

async fn faults(db: &TestStore, statements: &[&'static str]) -> Vec<verify::Fault> {
    let mut tx = db.write().await;
    for statement in statements {
        let done = sqlx::query(*statement).execute(tx.conn()).await.expect(statement);
        assert_ne!(done.rows_affected(), 0, "{statement} changes something");
    }
    let verdict = verify::verify(tx.conn()).await.expect("verified");
    tx.rollback().await.expect("rolled back");
    verdict.faults
}

promise! {
    async fn whatever_is_changed_by_hand_is_found(db) {
        worked(&db).await;
        assert_eq!(faults(&db, &[]).await, [], "a store that was only worked is sound");
        let mut tx = db.write().await;
        seals::seal(tx.conn(), &morning(TODAY)).await.expect("sealed");
        tx.commit().await.expect("committed");
        assert_eq!(faults(&db, &[]).await, [], "and is so after another seal");
        for (what, statements, check) in CHANGES {
            let found = faults(&db, statements).await;
            assert!(found.iter().any(|it| it.check == *check), "{what}: {found:?}");
            assert!(found.iter().all(|it| it.say.en.is_ascii()), "{what}: {found:?}");
        }
    }
}

promise! {
    async fn what_the_program_has_written_since_is_no_fault(db) {
        worked(&db).await;
        let mut tx = db.write().await;
        seals::seal(tx.conn(), &morning(TODAY)).await.expect("sealed");
        tx.commit().await.expect("committed");
        let mut tx = db.write().await;
        for statement in [
            "update parties set phone = '13900000000'",
            "update cases set collector = '示例员'",
            "update tasks set assignee = '示例员'",
        ] {
            sqlx::query(statement).execute(tx.conn()).await.expect(statement);
        }
        tx.commit().await.expect("committed");
        assert_eq!(faults(&db, &[]).await, []);
        let mut tx = db.write().await;
        seals::seal(tx.conn(), &morning(TODAY)).await.expect("sealed");
        tx.commit().await.expect("committed");
        assert_eq!(faults(&db, &[]).await, []);
        let found = faults(&db, &["update parties set phone = '1'"]).await;
        assert_eq!(found.len(), 1, "{found:?}");
    }
}

promise! {
    async fn a_second_seal_without_news_writes_nothing(db) {
        worked(&db).await;
        let mut counts = Vec::new();
        for _ in 0..3 {
            let mut tx = db.write().await;
            seals::seal(tx.conn(), &morning(TODAY)).await.expect("sealed");
            tx.commit().await.expect("committed");
            let seals = db.number("select count(*) from seals where id > $1", 0).await;
            let lines = db.number("select count(*) from journal where id > $1", 0).await;
            counts.push((seals, lines));
        }
        assert_eq!(counts[1..], [counts[0], counts[0]]);
    }
}

promise! {
    async fn the_books_of_a_plugin_are_looked_at(db) {
        worked(&db).await;
        let mut tx = db.write().await;
        for statement in [
            "create table plugin_book (
               entry bigint not null, kind text not null, amount bigint,
               primary key (entry, kind))",
            "insert into plugin_book (entry, kind, amount)
             values (1, 'b', 5), (1, 'a', null), (2, 'a', 7)",
        ] {
            sqlx::query(statement).execute(tx.conn()).await.expect(statement);
        }
        tx.commit().await.expect("committed");
        let mut tx = db.write().await;
        seals::seal(tx.conn(), &morning(TODAY)).await.expect("sealed");
        tx.commit().await.expect("committed");
        assert_eq!(faults(&db, &[]).await, []);
        for statement in [
            "update plugin_book set amount = 700 where entry = 2",
            "delete from plugin_book where entry = 2",
            "insert into plugin_book (entry, kind, amount) values (3, 'a', 1)",
        ] {
            let found = faults(&db, &[statement]).await;
            assert!(found.iter().any(|it| it.check == "seal"), "{statement}: {found:?}");
        }
    }
}

promise! {
    async fn a_fault_names_the_loan_that_it_is_about(db) {
        worked(&db).await;
        for what in [
            "an order is said to be delivered",
            "an amount is changed",
            "a timer is put off for ever",
            "a run is put elsewhere",
            "an interruption is disproved",
        ] {
            let change = CHANGES.iter().find(|change| change.0 == what);
            let (_, statements, check) = change.expect("a change of the table");
            let found = faults(&db, statements).await;
            let found = found.iter().find(|it| it.check == *check).expect(what);
            assert!(found.case_no.is_some(), "{what}: {found:?}");
        }
    }
}

promise! {
    async fn what_no_seal_covers_yet_is_found_by_journal_and_sums(db) {
        worked(&db).await;
        for what in [
            "the unsealed end of a chain is cut",
            "another is said to have approved",
            "a letter is sent again",
            "an order that was delivered is deleted",
        ] {
            let change = CHANGES.iter().find(|change| change.0 == what);
            let (_, statements, check) = change.expect("a change of the table");
            let found = faults(&db, statements).await;
            assert!(found.iter().any(|it| it.check == *check), "{what}: {found:?}");
        }
    }
}

promise! {
    async fn two_readers_find_what_one_finds(db) {
        worked(&db).await;
        let mut tx = db.write().await;
        for what in ["the fees are changed", "a run is put elsewhere", "a line is changed"] {
            let change = CHANGES.iter().find(|change| change.0 == what).expect("a change");
            for statement in change.1 {
                sqlx::query(*statement).execute(tx.conn()).await.expect(statement);
            }
        }
        tx.commit().await.expect("committed");
        let mut reader = db.store.read().await.expect("a reader");
        let by_one = verify::verify(reader.conn()).await.expect("verified");
        drop(reader);
        let progress = Progress::default();
        let by_two = verify::verify_store(&db.store, &progress).await.expect("verified");
        assert!(5 < by_one.faults.len(), "{by_one:?}");
        assert_eq!(by_two.faults, by_one.faults);
        let counted = |it: &verify::Verdict| {
            (it.journal_lines, it.chains, it.seals, it.orders, it.cases)
        };
        assert_eq!(counted(&by_two), counted(&by_one));
        let (done, of) = progress.seen();
        assert!(0 < done && done <= of, "{done} of {of}");
    }
}

/// A line such as no program of today writes, at the end of every chain.
async fn write_as_a_newer_program(conn: &mut Conn) {
    const CHAINS: &str = "select chain, max(case_id) from journal group by chain";
    const LINE: &str = "
        insert into journal
          (id, chain, seq, case_id, at, release_id, body, prev_hash, hash)
        values ($1, $2, $3, $4, $5, null, $6, $7, $8)";
    const BODY: &str = r#"{"v":9,"did":"foretold","order":1}"#;
    let at = morning(TODAY).ms;
    let chains = sqlx::query(CHAINS).fetch_all(&mut *conn).await.expect("chains");
    for row in &chains {
        let (chain, case): (i64, Option<i64>) = (row.get(0), row.get(1));
        let heads = journal::heads(conn, &[chain]).await.expect("heads");
        let head = &heads[&chain];
        let seq = head.seq + 1;
        let hash = journal::hash_line(&head.hash, chain, seq, case, at, None, BODY);
        let id = meta::number(conn, "next_id").await.expect("read").expect("counted");
        meta::set_number(conn, "next_id", id + 1).await.expect("counted");
        let lines = meta::number(conn, journal::LINES).await.expect("read");
        let lines = lines.expect("counted") + 1;
        meta::set_number(conn, journal::LINES, lines).await.expect("counted");
        sqlx::query(LINE)
            .bind(id)
            .bind(chain)
            .bind(seq)
            .bind(case)
            .bind(at)
            .bind(BODY)
            .bind(head.hash.clone())
            .bind(hash)
            .execute(&mut *conn)
            .await
            .expect("written");
    }
    let runs = "update instances set seq = seq + 1";
    sqlx::query(runs).execute(conn).await.expect("written");
}

promise! {
    async fn lines_of_a_newer_program_are_proved_as_any_other(db) {
        worked(&db).await;
        let mut tx = db.write().await;
        write_as_a_newer_program(tx.conn()).await;
        tx.commit().await.expect("committed");
        assert_eq!(faults(&db, &[]).await, []);
        let changed = "update journal set body = body || ' ' where body like '%foretold%'";
        let found = faults(&db, &[changed]).await;
        assert!(found.iter().any(|it| it.check == "chain"), "{found:?}");
    }
}
