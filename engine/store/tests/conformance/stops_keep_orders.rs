//! Stops (停发): what they keep, what they let by, and how their orders go on.

use domain::ids::{CaseId, OrderId, ReleaseId};
use domain::status::OrderStatus;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use store::outbox::{self, Leased, OrderSettlement, Queue};
use store::sending::{self, Cause, LetGo, NewStop, Outgoing, Resume, Scope};
use store::views::tasks::{self, TaskFilter};
use store::{Now, guard_stops, ids, order_query, seals, verify};

use crate::harness::{HOUR, TestStore, morning};

const TODAY: Date = date(2026, 3, 10);
const DAY: i64 = 24 * HOUR;

fn stop(scope: Scope, target: &str) -> NewStop {
    NewStop {
        scope,
        target: target.to_owned(),
        release: None,
        plugin: None,
        up_to: None,
        cause: Cause::Person,
        reason: "发错了".to_owned(),
        by: "李主任".to_owned(),
    }
}

async fn place(db: &TestStore, new: &NewStop) -> i64 {
    let mut tx = db.write().await;
    let id = sending::place(tx.conn(), &morning(TODAY), new).await.expect("placed");
    tx.commit().await.expect("committed");
    id
}

async fn lift(db: &TestStore, now: &Now, stop: i64, resume: Resume) {
    let mut tx = db.write().await;
    let done = sending::lift(tx.conn(), now, stop, resume, "王主任", "已改好").await;
    assert!(done.expect("lifted"), "it stood");
    tx.commit().await.expect("committed");
}

/// An order that nobody's step gave: what of it the stops look at.
struct StrayOrder<'a> {
    channel: &'a str,
    workflow: &'a str,
    act: &'a str,
    release: Option<i64>,
    not_before: i64,
    created: i64,
}

const MESSAGE: StrayOrder<'_> = StrayOrder {
    channel: "sms",
    workflow: "remind",
    act: "demand",
    release: None,
    not_before: 0,
    created: 0,
};

async fn order(db: &TestStore, case: CaseId, given: &StrayOrder<'_>) -> OrderId {
    const ORDER: &str = "
        insert into outbox (id, case_id, seq, ordinal, plugin, verb, act, delivery, channel,
          requested_by, idempotency_key, status, not_before_at, not_after_at, created_at,
          release_id)
        values ($1, $2, 1, 0, 'remind', $3, $4, 'at_least_once', $3, 'workflow:' || $5, $6,
          'pending', $7, $8, $9, $10)";
    let now = morning(TODAY);
    let mut tx = db.write().await;
    let id = ids::allocate(tx.conn(), 1).await.expect("an id");
    sqlx::query(ORDER)
        .bind(id)
        .bind(case.0)
        .bind(given.channel.to_owned())
        .bind(given.act.to_owned())
        .bind(given.workflow.to_owned())
        .bind(db.key())
        .bind(now.ms + given.not_before)
        .bind(now.ms + 7 * DAY)
        .bind(now.ms + given.created)
        .bind(given.release)
        .execute(tx.conn())
        .await
        .expect("given");
    tx.commit().await.expect("committed");
    OrderId(id)
}

async fn lease(db: &TestStore, now: &Now) -> Vec<OrderId> {
    let mut tx = db.write().await;
    let ready =
        outbox::ready(tx.conn(), now, Queue::Whole, None, 100).await.expect("ready");
    let leased = outbox::lease(tx.conn(), now, &ready.orders, HOUR).await;
    let leased: Vec<Leased> = leased.expect("leased");
    outbox::give_back(tx.conn(), &leased.iter().collect::<Vec<_>>()).await.expect("back");
    tx.commit().await.expect("committed");
    leased.into_iter().map(|it| it.id).collect()
}

/// Lets everything go, two orders at a time as if the process died in between.
async fn let_all_go(db: &TestStore, now: &Now) -> Vec<OrderId> {
    let mut dropped = Vec::new();
    loop {
        let mut tx = db.write().await;
        let done = sending::let_go(tx.conn(), now, 2).await.expect("let go");
        tx.commit().await.expect("committed");
        if done == LetGo::default() {
            return dropped;
        }
        assert!(done.orders <= 2);
        dropped.extend(done.dropped.into_iter().map(|it| it.order));
        assert_sound(db).await;
    }
}

async fn assert_sound(db: &TestStore) {
    let mut tx = db.write().await;
    let verdict = verify::verify(tx.conn()).await.expect("verified");
    tx.rollback().await.expect("rolled back");
    assert_eq!(verdict.faults, []);
}

async fn held(db: &TestStore) -> Vec<i64> {
    let mut reader = db.store.read().await.expect("a reader");
    let stops = sending::standing(reader.conn()).await.expect("asked");
    stops.into_iter().map(|stop| stop.held).collect()
}

async fn status(db: &TestStore, order: OrderId) -> String {
    db.text("select status from outbox where id = $1", order.0).await
}

promise! {
    async fn a_stopped_channel_keeps_its_orders_and_lets_the_others_by(db) {
        let case = db.case("L1", TODAY).await;
        let message = order(&db, case, &MESSAGE).await;
        let letter = order(&db, case, &StrayOrder { channel: "letter_post", ..MESSAGE }).await;
        let stop = place(&db, &stop(Scope::Channel, "sms")).await;
        let now = morning(TODAY);
        assert_eq!(lease(&db, &now).await, [letter]);
        assert_eq!((status(&db, message).await.as_str(), held(&db).await), ("held", vec![1]));
        // What is given while it stands waits too, and stays out of the ready ones.
        order(&db, case, &MESSAGE).await;
        assert_eq!(lease(&db, &now).await, [letter]);
        assert_eq!(held(&db).await, [2]);
        assert_sound(&db).await;
        let line = "select (json(body) ->> 'by') || (json(body) ->> 'note') from journal
          where chain = $1 and json(body) ->> 'status' = 'held' order by seq limit 1";
        assert_eq!(db.text(line, case.0).await, "李主任发错了");
        lift(&db, &now, stop, Resume::Now).await;
        assert_eq!(lease(&db, &now).await, [letter], "not before it was let go");
        assert_eq!(let_all_go(&db, &now).await, []);
        assert_eq!(lease(&db, &now).await.len(), 3);
        assert!(held(&db).await.is_empty());
        let line = "select (json(body) ->> 'by') || (json(body) ->> 'note') from journal
          where chain = $1 and json(body) ->> 'status' = 'pending' order by seq limit 1";
        assert_eq!(db.text(line, case.0).await, "王主任已改好");
    }
}

promise! {
    async fn of_two_stops_the_other_still_keeps_what_it_matches(db) {
        let case = db.case("L1", TODAY).await;
        let message = order(&db, case, &MESSAGE).await;
        let letter = order(&db, case, &StrayOrder { channel: "letter_post", ..MESSAGE }).await;
        let all = place(&db, &stop(Scope::All, "")).await;
        let channel = place(&db, &stop(Scope::Channel, "sms")).await;
        let now = morning(TODAY);
        assert!(lease(&db, &now).await.is_empty());
        assert_eq!(held(&db).await, [2, 0]);
        lift(&db, &now, all, Resume::Now).await;
        let_all_go(&db, &now).await;
        assert_eq!(held(&db).await, [1]);
        assert_eq!(lease(&db, &now).await, [letter]);
        lift(&db, &now, channel, Resume::Now).await;
        let_all_go(&db, &now).await;
        assert_eq!(lease(&db, &now).await, [message, letter]);
    }
}

promise! {
    async fn spread_orders_leave_evenly_and_none_twice_at_once(db) {
        let case = db.case("L1", TODAY).await;
        for _ in 0..8 {
            order(&db, case, &MESSAGE).await;
        }
        let stop = place(&db, &stop(Scope::Workflow, "remind")).await;
        let now = morning(TODAY);
        lease(&db, &now).await;
        lift(&db, &now, stop, Resume::Spread(4 * HOUR)).await;
        let_all_go(&db, &now).await;
        for (hours, ready) in [(0, 1), (1, 3), (2, 5), (4, 8)] {
            let then = Now { ms: now.ms + hours * HOUR, ..now };
            assert_eq!(lease(&db, &then).await.len(), ready, "after {hours} hours");
        }
    }
}

async fn stopped_and_lifted(db: &TestStore, now: &Now, how: Resume) {
    let stop = place(db, &stop(Scope::Channel, "sms")).await;
    let mut tx = db.write().await;
    while 0 < sending::sweep(tx.conn(), now, 100).await.expect("swept") {}
    tx.commit().await.expect("committed");
    lift(db, now, stop, how).await;
    let_all_go(db, now).await;
}

promise! {
    async fn another_word_takes_a_spread_back_and_an_order_keeps_its_own_hour(db) {
        let case = db.case("L1", TODAY).await;
        for not_before in [0, 0, 0, 0, 2 * HOUR] {
            order(&db, case, &StrayOrder { not_before, ..MESSAGE }).await;
        }
        let now = morning(TODAY);
        let long = Resume::Spread(400 * HOUR);
        let words = [
            (vec![long], [1, 1, 1, 1]),
            (vec![long, Resume::Spread(4 * HOUR)], [1, 2, 3, 5]),
            (vec![long, Resume::Spread(4 * HOUR), Resume::Now], [4, 4, 5, 5]),
            (vec![long, Resume::Drop(DAY)], [4, 4, 5, 5]),
            (vec![Resume::Now, long, Resume::Now], [4, 4, 5, 5]),
        ];
        for (said, ready) in words {
            for how in &said {
                stopped_and_lifted(&db, &now, *how).await;
            }
            for (hours, ready) in [0, 1, 2, 4].into_iter().zip(ready) {
                let then = Now { ms: now.ms + hours * HOUR, ..now };
                let leave = lease(&db, &then).await.len();
                assert_eq!(leave, ready, "{said:?}, after {hours} hours");
            }
        }
        assert_sound(&db).await;
    }
}

promise! {
    async fn what_is_older_can_be_dropped_and_is_told_by_name(db) {
        let case = db.case("L1", TODAY).await;
        let old = order(&db, case, &StrayOrder { created: -3 * DAY - 1, ..MESSAGE }).await;
        let young = order(&db, case, &StrayOrder { created: -3 * DAY, ..MESSAGE }).await;
        let stop = place(&db, &stop(Scope::Act, "demand")).await;
        let now = morning(TODAY);
        lease(&db, &now).await;
        lift(&db, &now, stop, Resume::Drop(3 * DAY)).await;
        assert_eq!(let_all_go(&db, &now).await, [old]);
        assert_eq!(status(&db, old).await, "cancelled");
        assert_eq!(lease(&db, &now).await, [young]);
    }
}

promise! {
    async fn a_stop_looks_through_what_waits_for_tomorrow(db) {
        let case = db.case("L1", TODAY).await;
        for day in 0..5 {
            order(&db, case, &StrayOrder { not_before: day * DAY, ..MESSAGE }).await;
            let letter = StrayOrder { channel: "letter_post", ..MESSAGE };
            order(&db, case, &StrayOrder { not_before: day * DAY, ..letter }).await;
        }
        place(&db, &stop(Scope::Channel, "sms")).await;
        let now = morning(TODAY);
        let mut looked = 0;
        loop {
            let mut tx = db.write().await;
            let n = sending::sweep(tx.conn(), &now, 3).await.expect("swept");
            let left = sending::is_work_left(tx.conn(), &now).await.expect("asked");
            tx.commit().await.expect("committed");
            assert_eq!(left, n == 3, "it ends with the last portion");
            looked += n;
            if !left {
                break;
            }
        }
        assert_eq!((looked, held(&db).await), (10, vec![5]));
        assert_sound(&db).await;
    }
}

promise! {
    async fn time_under_a_stop_makes_no_order_too_old_whoever_placed_it(db) {
        let case = db.case("L1", TODAY).await;
        for cause in [Cause::Person, Cause::Guard, Cause::StaleBook, Cause::ChannelFault] {
            let orders = [
                order(&db, case, &MESSAGE).await,
                order(&db, case, &MESSAGE).await,
            ];
            let stop = place(&db, &NewStop { cause, ..stop(Scope::Channel, "sms") }).await;
            assert_eq!(lease(&db, &morning(TODAY)).await, []);
            let later = days_later(40);
            let mut tx = db.write().await;
            let ended = sending::expire(tx.conn(), &later, 10).await.expect("asked");
            assert_eq!(ended, [], "{cause:?}");
            tx.commit().await.expect("committed");
            lift(&db, &later, stop, Resume::Spread(2 * DAY)).await;
            assert_eq!(let_all_go(&db, &later).await, []);
            let last = days_later(41);
            assert_eq!(lease(&db, &last).await, orders, "{cause:?}");
            let mut tx = db.write().await;
            let leased = outbox::lease(tx.conn(), &last, &orders, HOUR).await;
            let leased = leased.expect("leased");
            assert!(leased.iter().all(|it| last.ms <= it.not_after_at), "{cause:?}");
            tx.rollback().await.expect("rolled back");
            let mut tx = db.write().await;
            order_query::drop_all(tx.conn(), &last, &orders, "王主任", "不再发送")
                .await
                .expect("dropped");
            tx.commit().await.expect("committed");
        }
        assert_sound(&db).await;
    }
}

promise! {
    async fn what_waits_for_settings_grows_no_older_and_lives_on_when_they_are_there(db) {
        let case = db.case("L1", TODAY).await;
        let message = order(&db, case, &MESSAGE).await;
        let lives_at = async |now: Now, ageless: bool| {
            let mut tx = db.write().await;
            let leased = outbox::lease(tx.conn(), &now, &[message], HOUR).await;
            let leased = leased.expect("leased");
            let settlement = OrderSettlement {
                order: message,
                epoch: leased[0].epoch,
                status: OrderStatus::Pending,
                at: now.ms,
                note: String::new(),
                tried: false,
                stop: None,
                ageless,
            };
            outbox::settle(tx.conn(), &[settlement]).await.expect("settled");
            tx.commit().await.expect("committed");
            leased[0].not_after_at
        };
        let given = morning(TODAY).ms;
        assert_eq!(lives_at(morning(TODAY), true).await, given + 7 * DAY);
        assert!(days_later(4000).ms < lives_at(days_later(40), true).await);
        assert!(days_later(4000).ms < lives_at(days_later(41), false).await);
        assert_eq!(lives_at(days_later(42), false).await, days_later(43).ms);
    }
}

promise! {
    async fn what_is_let_go_at_the_bound_a_day_ends_after_a_month(db) {
        let case = db.case("L1", TODAY).await;
        let message = order(&db, case, &MESSAGE).await;
        let asks = NewStop { cause: Cause::Guard, ..stop(Scope::All, "") };
        let stop = place(&db, &asks).await;
        lease(&db, &morning(TODAY)).await;
        let mut tx = db.write().await;
        let word = guard_stops::Word { by: "王主任", reason: "名单已核对" };
        guard_stops::let_go_daily(tx.conn(), &morning(TODAY), stop, word).await.expect("said");
        tx.commit().await.expect("committed");
        for (day, ended) in [(30, 0), (31, 1)] {
            let mut tx = db.write().await;
            let done = sending::expire(tx.conn(), &days_later(day), 10).await.expect("ended");
            tx.commit().await.expect("committed");
            assert_eq!(done.len(), ended, "after {day} days");
        }
        assert_eq!(status(&db, message).await, "expired");
        assert_sound(&db).await;
    }
}

promise! {
    async fn in_hand_and_in_the_store_a_stop_keeps_the_same_orders(db) {
        let case = db.case("L1", TODAY).await;
        let release = db.open_runs(&morning(TODAY), &[case]).await;
        let all = [
            MESSAGE,
            StrayOrder { channel: "visit", ..MESSAGE },
            StrayOrder { workflow: "promise", ..MESSAGE },
            StrayOrder { act: "notice", ..MESSAGE },
            StrayOrder { release: Some(release), ..MESSAGE },
            MESSAGE,
        ];
        let mut orders = Vec::new();
        for given in &all {
            orders.push(order(&db, case, given).await);
        }
        let of_release = NewStop { release: Some(ReleaseId(release)), ..stop(Scope::Release, "1") };
        let up_to = NewStop { up_to: Some(orders[1]), ..stop(Scope::Channel, "sms") };
        let of_plugin = |plugin: &str| NewStop {
            plugin: Some(plugin.to_owned()),
            ..stop(Scope::Channel, "sms")
        };
        let table = [
            (stop(Scope::All, ""), vec![0, 1, 2, 3, 4, 5]),
            (stop(Scope::Channel, "visit"), vec![1]),
            (stop(Scope::Workflow, "promise"), vec![2]),
            (stop(Scope::Act, "notice"), vec![3]),
            (of_release, vec![4]),
            (up_to, vec![0]),
            (of_plugin("remind"), vec![0, 2, 3, 4, 5]),
            (of_plugin("legal"), vec![]),
            (stop(Scope::Orders, ""), vec![]),
        ];
        for (new, kept) in table {
            let mut tx = db.write().await;
            let now = morning(TODAY);
            sending::place(tx.conn(), &now, &new).await.expect("placed");
            let stops = sending::at_work(tx.conn()).await.expect("asked");
            let in_hand: Vec<usize> = (0..all.len())
                .filter(|at| {
                    let given = &all[*at];
                    let order = Outgoing {
                        plugin: "remind",
                        id: orders[*at],
                        channel: Some(given.channel),
                        act: given.act,
                        requested_by: &format!("workflow:{}", given.workflow),
                        release: given.release,
                        let_go: false,
                    };
                    stops.iter().any(|stop| stop.keeps(&order))
                })
                .collect();
            assert_eq!(in_hand, kept, "{new:?} in hand");
            let held = sending::hold(tx.conn(), &now, &orders).await.expect("held");
            assert_eq!(held, kept.len(), "{new:?} in the store");
            tx.rollback().await.expect("rolled back");
        }
    }
}

promise! {
    async fn one_order_tries_whether_a_stop_is_over(db) {
        let case = db.case("L1", TODAY).await;
        let now = morning(TODAY);
        let first = order(&db, case, &MESSAGE).await;
        let second = order(&db, case, &MESSAGE).await;
        let fault = place(&db, &stop(Scope::Channel, "sms")).await;
        assert_eq!(lease(&db, &now).await, []);
        let mut tx = db.write().await;
        let taken = sending::take_one(tx.conn(), &now, fault).await.expect("taken");
        assert_eq!(taken, Some(first), "the oldest of those tried least");
        let leased = outbox::lease(tx.conn(), &now, &[first], HOUR).await.expect("leased");
        assert_eq!(leased.len(), 1);
        tx.commit().await.expect("committed");
        assert_eq!(status(&db, first).await, "leased");
        assert_eq!(status(&db, second).await, "held");
        assert_sound(&db).await;
        // What somebody else stops as well is no trial.
        place(&db, &stop(Scope::Workflow, "remind")).await;
        let mut tx = db.write().await;
        let taken = sending::take_one(tx.conn(), &now, fault).await.expect("asked");
        assert_eq!(taken, None);
        tx.rollback().await.expect("rolled back");
    }
}

/// A stop for the fault of the gateway of text messages.
fn fault() -> NewStop {
    let plugin = Some("remind".to_owned());
    NewStop { plugin, cause: Cause::ChannelFault, ..stop(Scope::Channel, "sms") }
}

fn days_later(days: i64) -> Now {
    Now { ms: morning(TODAY).ms + days * DAY, ..morning(TODAY + days.days()) }
}

promise! {
    async fn what_a_channel_at_fault_keeps_is_never_too_old(db) {
        let case = db.case("L1", TODAY).await;
        let orders = [
            order(&db, case, &MESSAGE).await,
            order(&db, case, &MESSAGE).await,
        ];
        let stop = place(&db, &fault()).await;
        assert_eq!(lease(&db, &morning(TODAY)).await, []);
        let later = days_later(30);
        let mut tx = db.write().await;
        seals::seal(tx.conn(), &morning(TODAY)).await.expect("sealed");
        assert_eq!(sending::expire(tx.conn(), &later, 10).await.expect("asked"), []);
        // One of them tries the channel, and is not too old for it either.
        let tried = sending::take_one(tx.conn(), &later, stop).await.expect("taken");
        assert_eq!(tried, Some(orders[0]));
        let leased = outbox::lease(tx.conn(), &later, &[orders[0]], HOUR).await;
        let leased = leased.expect("leased");
        assert!(later.ms < leased[0].not_after_at, "it may leave");
        outbox::give_back(tx.conn(), &leased.iter().collect::<Vec<_>>()).await.expect("back");
        tx.commit().await.expect("committed");
        lift(&db, &later, stop, Resume::Now).await;
        assert_eq!(let_all_go(&db, &later).await, []);
        assert_eq!(lease(&db, &later).await, orders);
        let mut tx = db.write().await;
        let leased = outbox::lease(tx.conn(), &later, &orders, HOUR).await.expect("leased");
        assert!(leased.iter().all(|it| later.ms < it.not_after_at), "both may leave");
        tx.rollback().await.expect("rolled back");
        assert_sound(&db).await;
    }
}

promise! {
    async fn a_channel_at_fault_is_one_alarm_until_it_works_again(db) {
        let stop = place(&db, &fault()).await;
        let open = async |db: &TestStore| {
            let mut reader = db.store.read().await.expect("a reader");
            tasks::list(reader.conn(), &TaskFilter::default(), None, 10).await.expect("a list")
        };
        let alarms = open(&db).await;
        assert_eq!(alarms.len(), 1);
        assert_eq!((alarms[0].kind.as_str(), alarms[0].case_id), ("channel_fault", None));
        assert_eq!(alarms[0].for_role.as_deref(), Some("supervisor"));
        place(&db, &stop_of_a_person()).await;
        assert_eq!(open(&db).await.len(), 1, "what a person stops is no alarm");
        lift(&db, &morning(TODAY), stop, Resume::Now).await;
        assert_eq!(open(&db).await, []);
        place(&db, &fault()).await;
        assert_eq!(open(&db).await.len(), 1, "another fault is another alarm");
        assert_sound(&db).await;
    }
}

fn stop_of_a_person() -> NewStop {
    stop(Scope::Channel, "sms")
}

promise! {
    async fn a_rollback_s_stop_ends_with_what_it_was_placed_for(db) {
        let case = db.case("L1", TODAY).await;
        let release = ReleaseId(db.open_runs(&morning(TODAY), &[case]).await);
        let of_release = StrayOrder { release: Some(release.0), ..MESSAGE };
        let given = order(&db, case, &of_release).await;
        let new = NewStop {
            release: Some(release),
            up_to: Some(given),
            ..stop(Scope::Release, "4")
        };
        place(&db, &new).await;
        let now = morning(TODAY);
        let end = async |db: &TestStore| {
            let mut tx = db.write().await;
            while 0 < sending::sweep(tx.conn(), &now, 100).await.expect("swept") {}
            let ended = sending::end_spent(tx.conn(), &now).await.expect("asked");
            while sending::let_go(tx.conn(), &now, 10).await.expect("done").orders != 0 {}
            tx.commit().await.expect("committed");
            ended
        };
        assert_eq!(end(&db).await, 0, "it holds an order");
        let mut tx = db.write().await;
        let dropped = order_query::drop_all(tx.conn(), &now, &[given], "李主任", "不发").await;
        assert_eq!(dropped.expect("dropped").len(), 1);
        tx.commit().await.expect("committed");
        assert_eq!(end(&db).await, 1);
        assert_eq!(held(&db).await, [0_i64; 0]);
        assert_sound(&db).await;
    }
}
