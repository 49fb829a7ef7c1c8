//! The guard and the age of the book over days (把关与台账新旧): what is held goes on
//! at the bound a day, and workdays without a file are counted by the calendar.

use std::collections::BTreeMap;

use domain::decision::WaitRule;
use domain::guard::Bounds;
use domain::manifest::Channel;
use domain::status::OrderStatus;
use runtime::guard::{Go, Which};
use script::testing::{CaseSpec, World};
use store::guard_stops;
use store::order_query::{self, OrderQuery};
use store::sending::{self, Cause, NewStop, Resume, Scope};

use super::{orders, world};
use crate::world::desk::Desk;

const TELL: &str = r#"
workflow "tell" { title = { zh = "告", en = "Tell" }, lane = "contact", start = "a" }
stage "a" { sms = "plain", wait = 60 * days, next = "b" }
stage "b" { finish = "done" }
"#;

fn guarded(at_least: u32) -> Desk {
    guarded_by(1, at_least)
}

fn guarded_by(times: u32, at_least: u32) -> Desk {
    let desk = world(&[("tell.lua", TELL)]);
    let channels = BTreeMap::new();
    let bounds = Bounds { times, at_least, channels, visits_per_collector: 5 };
    desk.engine.set_limits(|it| it.bounds = Some(bounds));
    desk
}

fn enter(desk: &mut Desk, cases: usize) {
    for _ in 0..cases {
        let case = desk.case(&CaseSpec::default()).unwrap();
        desk.enrol(case, "tell").unwrap();
    }
}

fn count(desk: &mut Desk, status: &str) -> usize {
    orders(desk).iter().filter(|it| it.starts_with(&format!("sms {status}"))).count()
}

fn questions(desk: &mut Desk) -> usize {
    desk.act(async |desk| {
        let mut conn = desk.engine.store.read().await?;
        let stops = guard_stops::at_work(conn.conn()).await?;
        Ok(stops.iter().filter(|it| it.asks()).count())
    })
    .unwrap()
}

fn go(desk: &mut Desk, go: Go) {
    desk.act(async |desk| {
        desk.engine.let_go(&Which::default(), go, "示例主任", "已核对").await?;
        desk.settle().await
    })
    .unwrap();
}

#[test]
fn what_is_let_go_leaves_at_the_bound_a_day_and_no_more_is_asked() {
    let mut desk = guarded(10);
    enter(&mut desk, 24);
    assert_eq!((count(&mut desk, "delivered"), count(&mut desk, "held")), (10, 14));
    assert_eq!(questions(&mut desk), 1);
    go(&mut desk, Go::Daily);
    assert_eq!(count(&mut desk, "delivered"), 10, "today's bound is used up");
    // Half of the bound is kept for what comes in on a usual day.
    for (cases, delivered) in [(0, 15), (3, 23), (0, 27)] {
        desk.advance(WaitRule::Days(1)).unwrap();
        enter(&mut desk, cases);
        assert_eq!((count(&mut desk, "delivered"), questions(&mut desk)), (delivered, 0));
    }
    desk.advance(WaitRule::Days(1)).unwrap();
    assert_eq!(count(&mut desk, "held"), 0);
}

#[test]
fn what_is_let_go_at_the_bound_a_day_does_not_raise_that_bound() {
    let mut desk = guarded_by(2, 5);
    // 23:00: they all want to leave at 08:00.
    desk.advance(WaitRule::Hours(13)).unwrap();
    enter(&mut desk, 25);
    desk.advance(WaitRule::Hours(11)).unwrap();
    assert_eq!((count(&mut desk, "delivered"), count(&mut desk, "held")), (0, 25));
    go(&mut desk, Go::Daily);
    for delivered in [5, 10, 15, 20, 25] {
        assert_eq!(count(&mut desk, "delivered"), delivered);
        desk.advance(WaitRule::Days(1)).unwrap();
    }
    assert_eq!(questions(&mut desk), 0);
}

/// Twenty-five messages of the night, all held at 10:00 because five is the bound.
fn all_held() -> Desk {
    let mut desk = guarded_by(2, 5);
    desk.advance(WaitRule::Hours(13)).unwrap();
    enter(&mut desk, 25);
    desk.advance(WaitRule::Hours(11)).unwrap();
    assert_eq!((count(&mut desk, "delivered"), count(&mut desk, "held")), (0, 25));
    desk
}

fn stop(scope: Scope, target: &str, cause: Cause) -> NewStop {
    NewStop {
        scope,
        target: target.to_owned(),
        release: None,
        plugin: None,
        up_to: None,
        cause,
        reason: "发错了".to_owned(),
        by: "示例主任".to_owned(),
    }
}

/// What stands beside a word to the guard, and when it was placed.
#[derive(Clone, Copy, Debug)]
enum Placed {
    BeforeTheGo,
    /// The first portion was let go and has not left.
    InBetween,
}

#[test]
fn whatever_else_stops_the_orders_a_go_lets_the_bound_leave_a_day_and_no_more() {
    use Placed::{BeforeTheGo, InBetween};
    let spread = Resume::Spread(2 * 3_600_000);
    let table = [
        (Scope::Channel, "sms", Cause::Person, BeforeTheGo, Resume::Now),
        (Scope::Channel, "sms", Cause::Person, InBetween, Resume::Now),
        (Scope::All, "", Cause::Person, InBetween, Resume::Drop(30 * 86_400_000)),
        (Scope::Workflow, "tell", Cause::Person, InBetween, spread),
        (Scope::Workflow, "tell", Cause::Person, BeforeTheGo, spread),
        (Scope::Channel, "sms", Cause::ChannelFault, InBetween, Resume::Now),
        (Scope::Act, "demand", Cause::StaleBook, InBetween, Resume::Now),
    ];
    for (at, (scope, target, cause, placed, how)) in table.into_iter().enumerate() {
        let line = (at, scope, cause, placed);
        let mut desk = all_held();
        let new = stop(scope, target, cause);
        let number = desk
            .act(async |desk| {
                let engine = &desk.engine;
                let place = async || engine.stop_sending(&new).await;
                let number = match placed {
                    BeforeTheGo => Some(place().await?),
                    InBetween => None,
                };
                engine.let_go(&Which::default(), Go::Daily, "示例主任", "").await?;
                engine.tend().await?;
                let number = match number {
                    Some(it) => it,
                    None => place().await?,
                };
                desk.settle().await?;
                Ok(number)
            })
            .unwrap();
        assert_eq!(count(&mut desk, "delivered"), 0, "{line:?}");
        // Days under the stop gather nothing that would leave with the rest in one.
        desk.advance(WaitRule::Days(3)).unwrap();
        assert_eq!(count(&mut desk, "delivered"), 0, "{line:?}");
        desk.act(async |desk| {
            desk.engine.lift_stop(number, how, "示例主任", "已改好").await?;
            desk.settle().await
        })
        .unwrap();
        desk.advance(WaitRule::Hours(3)).unwrap();
        for delivered in [5, 10, 15, 20, 25] {
            assert_eq!(count(&mut desk, "delivered"), delivered, "{line:?}");
            desk.advance(WaitRule::Days(1)).unwrap();
        }
        assert_eq!(questions(&mut desk), 0, "{line:?}");
    }
}

#[test]
fn a_part_that_was_let_go_before_counts_and_all_of_it_goes_when_a_person_says_so() {
    for (last, delivered) in [(None, 5), (Some(Go::Count(7)), 12), (Some(Go::All), 25)] {
        let mut desk = all_held();
        desk.act(async |desk| {
            let engine = &desk.engine;
            for go in [Go::Count(3), Go::Daily] {
                engine.let_go(&Which::default(), go, "示例主任", "").await?;
            }
            engine.tend().await?;
            let number =
                engine.stop_sending(&stop(Scope::All, "", Cause::Person)).await?;
            desk.settle().await?;
            desk.engine.lift_stop(number, Resume::Now, "示例主任", "").await?;
            desk.settle().await
        })
        .unwrap();
        assert_eq!(count(&mut desk, "delivered"), 5);
        if let Some(last) = last {
            go(&mut desk, last);
        }
        assert_eq!(count(&mut desk, "delivered"), delivered, "{last:?}");
    }
}

#[test]
fn what_was_dropped_leaves_no_question_that_would_hold_the_next_few() {
    let mut desk = all_held();
    desk.act(async |desk| {
        let mut conn = desk.engine.store.read().await?;
        let held =
            OrderQuery { status: Some(OrderStatus::Held), ..OrderQuery::default() };
        let orders = order_query::find(conn.conn(), &held).await?;
        drop(conn);
        desk.engine.drop_orders(&orders, "示例主任", "名单有误").await?;
        desk.settle().await
    })
    .unwrap();
    enter(&mut desk, 2);
    let now = (count(&mut desk, "delivered"), count(&mut desk, "held"));
    assert_eq!((now, questions(&mut desk)), ((2, 0), 0));
    // A flood is asked about anew.
    enter(&mut desk, 4);
    let now = (count(&mut desk, "delivered"), count(&mut desk, "held"));
    assert_eq!((now, questions(&mut desk)), ((5, 1), 1));
}

#[test]
fn a_day_that_is_used_up_by_what_was_let_go_delays_and_asks_nothing() {
    let mut desk = guarded(4);
    enter(&mut desk, 4);
    desk.advance(WaitRule::Days(1)).unwrap();
    enter(&mut desk, 5);
    assert_eq!((count(&mut desk, "delivered"), count(&mut desk, "held")), (8, 1));
    go(&mut desk, Go::All);
    assert_eq!(count(&mut desk, "delivered"), 9, "a person may exceed the bound");
    desk.advance(WaitRule::Days(1)).unwrap();
    enter(&mut desk, 4);
    assert_eq!((count(&mut desk, "delivered"), questions(&mut desk)), (13, 0));
}

#[test]
fn what_was_let_go_under_a_pause_leaves_as_the_end_of_the_pause_says() {
    let mut desk = all_held();
    desk.act(async |desk| {
        let pause = stop(Scope::Workflow, "tell", Cause::Person);
        let number = desk.engine.stop_sending(&pause).await?;
        let which = Which { workflow: Some("tell".to_owned()), ..Which::default() };
        desk.engine.let_go(&which, Go::All, "示例主任", "已核对").await?;
        // At once: nobody has tended the stops in between.
        let over = Resume::Spread(10 * 3_600_000);
        desk.engine.lift_stop(number, over, "示例主任", "已改好").await?;
        desk.settle().await
    })
    .unwrap();
    let begun = count(&mut desk, "delivered");
    assert!(begun < 5, "{begun} left at once");
    desk.advance(WaitRule::Hours(5)).unwrap();
    let half = count(&mut desk, "delivered");
    assert!((8..18).contains(&half), "{half} of 25 have left after half of the time");
    desk.advance(WaitRule::Days(2)).unwrap();
    assert_eq!(count(&mut desk, "delivered"), 25);
}

#[test]
fn an_order_of_the_night_is_counted_on_the_day_on_which_it_leaves() {
    let mut desk = guarded(3);
    // 23:00: it has to wait until 08:00.
    desk.advance(WaitRule::Hours(13)).unwrap();
    enter(&mut desk, 3);
    assert_eq!(count(&mut desk, "pending"), 3);
    desk.advance(WaitRule::Hours(11)).unwrap();
    assert_eq!(count(&mut desk, "delivered"), 3);
    enter(&mut desk, 1);
    assert_eq!((count(&mut desk, "held"), questions(&mut desk)), (1, 1));
}

#[test]
fn a_bound_below_what_has_left_lets_a_go_wait_for_tomorrow() {
    let mut desk = guarded(10);
    enter(&mut desk, 4);
    assert_eq!(count(&mut desk, "delivered"), 4);
    desk.engine.set_limits(|it| {
        let bounds = it.bounds.as_mut().expect("it is guarded");
        bounds.channels.insert(Channel::Sms, 2);
    });
    enter(&mut desk, 3);
    assert_eq!((count(&mut desk, "held"), questions(&mut desk)), (3, 1));
    go(&mut desk, Go::Daily);
    assert_eq!((count(&mut desk, "held"), questions(&mut desk)), (3, 0));
    assert_eq!(count(&mut desk, "delivered"), 4, "today's bound is used up");
    desk.advance(WaitRule::Days(1)).unwrap();
    assert_eq!(count(&mut desk, "delivered"), 5, "half is kept for the day's own");
}

#[test]
fn a_test_of_a_workflow_sees_guard_and_age_where_it_asks_for_them() {
    let mut desk = world(&[("tell.lua", TELL)]);
    enter(&mut desk, 3);
    assert_eq!(count(&mut desk, "delivered"), 3, "nothing is guarded by itself");
    let mut desk = world(&[("tell.lua", TELL)]);
    let bounds = Bounds { times: 1, at_least: 2, ..Bounds::default() };
    World::guard(&mut desk, &bounds, Some(3)).unwrap();
    enter(&mut desk, 3);
    assert_eq!((count(&mut desk, "delivered"), desk.held().unwrap().len()), (2, 1));
    desk.let_go().unwrap();
    assert_eq!(count(&mut desk, "delivered"), 3);
    assert!(desk.let_go().is_err(), "the guard holds nothing");
    desk.advance(WaitRule::Workdays(4)).unwrap();
    enter(&mut desk, 1);
    assert_eq!(desk.held().unwrap(), ["sms"], "the book is old");
    desk.bank_file().unwrap();
    assert_eq!(count(&mut desk, "delivered"), 4);
}

#[test]
fn after_three_workdays_without_a_file_demands_wait_for_the_next() {
    let mut desk = guarded(100);
    desk.engine.set_limits(|it| it.book_stale_after = Some(3));
    let take = |desk: &mut Desk| desk.bank_file().unwrap();
    enter(&mut desk, 1);
    assert_eq!(count(&mut desk, "delivered"), 1, "a site without files has no old book");
    // It is Monday.
    take(&mut desk);
    desk.advance(WaitRule::Days(3)).unwrap();
    enter(&mut desk, 1);
    assert_eq!(count(&mut desk, "delivered"), 2, "Thursday");
    desk.advance(WaitRule::Days(1)).unwrap();
    enter(&mut desk, 2);
    assert_eq!(
        (count(&mut desk, "delivered"), count(&mut desk, "held")),
        (2, 2),
        "Friday"
    );
    // A rehearsal brings no file, and answers nothing.
    desk.act(async |desk| {
        desk.engine.begin_rehearsal("示例主任").await?;
        desk.engine.end_rehearsal("示例主任").await?;
        desk.engine.scan_if_owed().await?;
        desk.settle().await
    })
    .unwrap();
    assert_eq!((count(&mut desk, "delivered"), count(&mut desk, "held")), (2, 2));
    take(&mut desk);
    assert_eq!((count(&mut desk, "delivered"), count(&mut desk, "held")), (4, 0));
    // Saturday, Sunday, and three days of work.
    desk.advance(WaitRule::Days(5)).unwrap();
    enter(&mut desk, 1);
    assert_eq!(count(&mut desk, "delivered"), 5);
    // A person lets them go on, which is no answer for ever.
    desk.advance(WaitRule::Days(1)).unwrap();
    enter(&mut desk, 1);
    assert_eq!(count(&mut desk, "held"), 1);
    desk.act(async |desk| {
        let mut conn = desk.engine.store.read().await?;
        let stop = sending::at_work(conn.conn()).await?.remove(0).id;
        drop(conn);
        desk.engine.lift_stop(stop, Resume::Now, "示例主任", "已电话核对").await?;
        desk.settle().await
    })
    .unwrap();
    assert_eq!((count(&mut desk, "delivered"), count(&mut desk, "held")), (6, 0));
    for (days, delivered, held) in [(4, 7, 0), (1, 8, 0), (1, 8, 1)] {
        desk.advance(WaitRule::Days(days)).unwrap();
        enter(&mut desk, 1);
        let now = (count(&mut desk, "delivered"), count(&mut desk, "held"));
        assert_eq!(now, (delivered, held), "{days}");
    }
}
