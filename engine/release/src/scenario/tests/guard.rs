//! The guard and the age of the book over days (把关与台账新旧): what is held goes on
//! at the bound a day, and workdays without a file are counted by the calendar.

use std::collections::BTreeMap;

use domain::decision::WaitRule;
use domain::guard::Bounds;
use domain::manifest::Channel;
use domain::status::OrderStatus;
use runtime::guard::{Go, Which};
use script::testing::{CaseSpec, Scenario};
use store::guard_stops;
use store::order_query::{self, OrderQuery};
use store::sending::{self, Cause, NewStop, Resume, Scope};

use super::{orders, scenario_with};
use crate::scenario::store_scenario::StoreScenario;

const TELL: &str = r#"
workflow "tell" { title = { zh = "告", en = "Tell" }, lane = "contact", start = "a" }
stage "a" { sms = "plain", wait = 60 * days, next = "b" }
stage "b" { finish = "done" }
"#;

fn guarded(at_least: u32) -> StoreScenario {
    guarded_by(1, at_least)
}

fn guarded_by(times: u32, at_least: u32) -> StoreScenario {
    let scenario = scenario_with(&[("tell.lua", TELL)]);
    let channels = BTreeMap::new();
    let bounds = Bounds { times, at_least, channels, visits_per_collector: 5 };
    scenario.engine.set_limits(|it| it.bounds = Some(bounds));
    scenario
}

fn enter(scenario: &mut StoreScenario, cases: usize) {
    for _ in 0..cases {
        let case = scenario.case(&CaseSpec::default()).unwrap();
        scenario.enrol(case, "tell").unwrap();
    }
}

fn count(scenario: &mut StoreScenario, status: &str) -> usize {
    orders(scenario)
        .iter()
        .filter(|order| order.starts_with(&format!("sms {status}")))
        .count()
}

fn questions(scenario: &mut StoreScenario) -> usize {
    scenario
        .act(async |scenario| {
            let mut conn = scenario.engine.store.read().await?;
            let stops = guard_stops::at_work(conn.conn()).await?;
            Ok(stops.iter().filter(|stop| stop.asks()).count())
        })
        .unwrap()
}

fn go(scenario: &mut StoreScenario, go: Go) {
    scenario
        .act(async |scenario| {
            scenario.engine.let_go(&Which::default(), go, "示例主任", "已核对").await?;
            scenario.settle().await
        })
        .unwrap();
}

#[test]
fn what_is_let_go_leaves_at_the_bound_a_day_and_no_more_is_asked() {
    let mut scenario = guarded(10);
    enter(&mut scenario, 24);
    assert_eq!(
        (count(&mut scenario, "delivered"), count(&mut scenario, "held")),
        (10, 14)
    );
    assert_eq!(questions(&mut scenario), 1);
    go(&mut scenario, Go::Daily);
    assert_eq!(count(&mut scenario, "delivered"), 10, "today's bound is used up");
    // Half of the bound is kept for what comes in on a usual day.
    for (cases, delivered) in [(0, 15), (3, 23), (0, 27)] {
        scenario.advance(WaitRule::Days(1)).unwrap();
        enter(&mut scenario, cases);
        assert_eq!(
            (count(&mut scenario, "delivered"), questions(&mut scenario)),
            (delivered, 0)
        );
    }
    scenario.advance(WaitRule::Days(1)).unwrap();
    assert_eq!(count(&mut scenario, "held"), 0);
}

#[test]
fn what_is_let_go_at_the_bound_a_day_does_not_raise_that_bound() {
    let mut scenario = guarded_by(2, 5);
    // 23:00: they all want to leave at 08:00.
    scenario.advance(WaitRule::Hours(13)).unwrap();
    enter(&mut scenario, 25);
    scenario.advance(WaitRule::Hours(11)).unwrap();
    assert_eq!(
        (count(&mut scenario, "delivered"), count(&mut scenario, "held")),
        (0, 25)
    );
    go(&mut scenario, Go::Daily);
    for delivered in [5, 10, 15, 20, 25] {
        assert_eq!(count(&mut scenario, "delivered"), delivered);
        scenario.advance(WaitRule::Days(1)).unwrap();
    }
    assert_eq!(questions(&mut scenario), 0);
}

/// Twenty-five messages of the night, all held at 10:00 because five is the bound.
fn all_held() -> StoreScenario {
    let mut scenario = guarded_by(2, 5);
    scenario.advance(WaitRule::Hours(13)).unwrap();
    enter(&mut scenario, 25);
    scenario.advance(WaitRule::Hours(11)).unwrap();
    assert_eq!(
        (count(&mut scenario, "delivered"), count(&mut scenario, "held")),
        (0, 25)
    );
    scenario
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
        let mut scenario = all_held();
        let new = stop(scope, target, cause);
        let number = scenario
            .act(async |scenario| {
                let engine = &scenario.engine;
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
                scenario.settle().await?;
                Ok(number)
            })
            .unwrap();
        assert_eq!(count(&mut scenario, "delivered"), 0, "{line:?}");
        // Days under the stop gather nothing that would leave with the rest in one.
        scenario.advance(WaitRule::Days(3)).unwrap();
        assert_eq!(count(&mut scenario, "delivered"), 0, "{line:?}");
        scenario
            .act(async |scenario| {
                scenario.engine.lift_stop(number, how, "示例主任", "已改好").await?;
                scenario.settle().await
            })
            .unwrap();
        scenario.advance(WaitRule::Hours(3)).unwrap();
        for delivered in [5, 10, 15, 20, 25] {
            assert_eq!(count(&mut scenario, "delivered"), delivered, "{line:?}");
            scenario.advance(WaitRule::Days(1)).unwrap();
        }
        assert_eq!(questions(&mut scenario), 0, "{line:?}");
    }
}

#[test]
fn a_part_that_was_let_go_before_counts_and_all_of_it_goes_when_a_person_says_so() {
    for (last, delivered) in [(None, 5), (Some(Go::Count(7)), 12), (Some(Go::All), 25)] {
        let mut scenario = all_held();
        scenario
            .act(async |scenario| {
                let engine = &scenario.engine;
                for go in [Go::Count(3), Go::Daily] {
                    engine.let_go(&Which::default(), go, "示例主任", "").await?;
                }
                engine.tend().await?;
                let number =
                    engine.stop_sending(&stop(Scope::All, "", Cause::Person)).await?;
                scenario.settle().await?;
                scenario.engine.lift_stop(number, Resume::Now, "示例主任", "").await?;
                scenario.settle().await
            })
            .unwrap();
        assert_eq!(count(&mut scenario, "delivered"), 5);
        if let Some(last) = last {
            go(&mut scenario, last);
        }
        assert_eq!(count(&mut scenario, "delivered"), delivered, "{last:?}");
    }
}

#[test]
fn what_was_dropped_leaves_no_question_that_would_hold_the_next_few() {
    let mut scenario = all_held();
    scenario
        .act(async |scenario| {
            let mut conn = scenario.engine.store.read().await?;
            let held =
                OrderQuery { status: Some(OrderStatus::Held), ..OrderQuery::default() };
            let orders = order_query::find(conn.conn(), &held).await?;
            drop(conn);
            scenario.engine.drop_orders(&orders, "示例主任", "名单有误").await?;
            scenario.settle().await
        })
        .unwrap();
    enter(&mut scenario, 2);
    let now = (count(&mut scenario, "delivered"), count(&mut scenario, "held"));
    assert_eq!((now, questions(&mut scenario)), ((2, 0), 0));
    // A flood is asked about anew.
    enter(&mut scenario, 4);
    let now = (count(&mut scenario, "delivered"), count(&mut scenario, "held"));
    assert_eq!((now, questions(&mut scenario)), ((5, 1), 1));
}

#[test]
fn a_day_that_is_used_up_by_what_was_let_go_delays_and_asks_nothing() {
    let mut scenario = guarded(4);
    enter(&mut scenario, 4);
    scenario.advance(WaitRule::Days(1)).unwrap();
    enter(&mut scenario, 5);
    assert_eq!((count(&mut scenario, "delivered"), count(&mut scenario, "held")), (8, 1));
    go(&mut scenario, Go::All);
    assert_eq!(count(&mut scenario, "delivered"), 9, "a person may exceed the bound");
    scenario.advance(WaitRule::Days(1)).unwrap();
    enter(&mut scenario, 4);
    assert_eq!((count(&mut scenario, "delivered"), questions(&mut scenario)), (13, 0));
}

#[test]
fn what_was_let_go_under_a_pause_leaves_as_the_end_of_the_pause_says() {
    let mut scenario = all_held();
    scenario
        .act(async |scenario| {
            let pause = stop(Scope::Workflow, "tell", Cause::Person);
            let number = scenario.engine.stop_sending(&pause).await?;
            let which = Which { workflow: Some("tell".to_owned()), ..Which::default() };
            scenario.engine.let_go(&which, Go::All, "示例主任", "已核对").await?;
            // At once: nobody has tended the stops in between.
            let over = Resume::Spread(10 * 3_600_000);
            scenario.engine.lift_stop(number, over, "示例主任", "已改好").await?;
            scenario.settle().await
        })
        .unwrap();
    let begun = count(&mut scenario, "delivered");
    assert!(begun < 5, "{begun} left at once");
    scenario.advance(WaitRule::Hours(5)).unwrap();
    let half = count(&mut scenario, "delivered");
    assert!((8..18).contains(&half), "{half} of 25 have left after half of the time");
    scenario.advance(WaitRule::Days(2)).unwrap();
    assert_eq!(count(&mut scenario, "delivered"), 25);
}

#[test]
fn an_order_of_the_night_is_counted_on_the_day_on_which_it_leaves() {
    let mut scenario = guarded(3);
    // 23:00: it has to wait until 08:00.
    scenario.advance(WaitRule::Hours(13)).unwrap();
    enter(&mut scenario, 3);
    assert_eq!(count(&mut scenario, "pending"), 3);
    scenario.advance(WaitRule::Hours(11)).unwrap();
    assert_eq!(count(&mut scenario, "delivered"), 3);
    enter(&mut scenario, 1);
    assert_eq!((count(&mut scenario, "held"), questions(&mut scenario)), (1, 1));
}

#[test]
fn a_bound_below_what_has_left_lets_a_go_wait_for_tomorrow() {
    let mut scenario = guarded(10);
    enter(&mut scenario, 4);
    assert_eq!(count(&mut scenario, "delivered"), 4);
    scenario.engine.set_limits(|it| {
        let bounds = it.bounds.as_mut().expect("it is guarded");
        bounds.channels.insert(Channel::Sms, 2);
    });
    enter(&mut scenario, 3);
    assert_eq!((count(&mut scenario, "held"), questions(&mut scenario)), (3, 1));
    go(&mut scenario, Go::Daily);
    assert_eq!((count(&mut scenario, "held"), questions(&mut scenario)), (3, 0));
    assert_eq!(count(&mut scenario, "delivered"), 4, "today's bound is used up");
    scenario.advance(WaitRule::Days(1)).unwrap();
    assert_eq!(count(&mut scenario, "delivered"), 5, "half is kept for the day's own");
}

#[test]
fn a_test_of_a_workflow_sees_guard_and_age_where_it_asks_for_them() {
    let mut scenario = scenario_with(&[("tell.lua", TELL)]);
    enter(&mut scenario, 3);
    assert_eq!(count(&mut scenario, "delivered"), 3, "nothing is guarded by itself");
    let mut scenario = scenario_with(&[("tell.lua", TELL)]);
    let bounds = Bounds { times: 1, at_least: 2, ..Bounds::default() };
    Scenario::guard(&mut scenario, &bounds, Some(3)).unwrap();
    enter(&mut scenario, 3);
    assert_eq!(
        (count(&mut scenario, "delivered"), scenario.held().unwrap().len()),
        (2, 1)
    );
    scenario.let_go().unwrap();
    assert_eq!(count(&mut scenario, "delivered"), 3);
    assert!(scenario.let_go().is_err(), "the guard holds nothing");
    scenario.advance(WaitRule::Workdays(4)).unwrap();
    enter(&mut scenario, 1);
    assert_eq!(scenario.held().unwrap(), ["sms"], "the book is old");
    scenario.bank_file().unwrap();
    assert_eq!(count(&mut scenario, "delivered"), 4);
}

#[test]
fn after_three_workdays_without_a_file_demands_wait_for_the_next() {
    let mut scenario = guarded(100);
    scenario.engine.set_limits(|it| it.book_stale_after = Some(3));
    let take = |scenario: &mut StoreScenario| scenario.bank_file().unwrap();
    enter(&mut scenario, 1);
    assert_eq!(
        count(&mut scenario, "delivered"),
        1,
        "a site without files has no old book"
    );
    // It is Monday.
    take(&mut scenario);
    scenario.advance(WaitRule::Days(3)).unwrap();
    enter(&mut scenario, 1);
    assert_eq!(count(&mut scenario, "delivered"), 2, "Thursday");
    scenario.advance(WaitRule::Days(1)).unwrap();
    enter(&mut scenario, 2);
    assert_eq!(
        (count(&mut scenario, "delivered"), count(&mut scenario, "held")),
        (2, 2),
        "Friday"
    );
    // A rehearsal brings no file, and answers nothing.
    scenario
        .act(async |scenario| {
            scenario.engine.begin_rehearsal("示例主任").await?;
            scenario.engine.end_rehearsal("示例主任").await?;
            scenario.engine.scan_if_owed().await?;
            scenario.settle().await
        })
        .unwrap();
    assert_eq!((count(&mut scenario, "delivered"), count(&mut scenario, "held")), (2, 2));
    take(&mut scenario);
    assert_eq!((count(&mut scenario, "delivered"), count(&mut scenario, "held")), (4, 0));
    // Saturday, Sunday, and three days of work.
    scenario.advance(WaitRule::Days(5)).unwrap();
    enter(&mut scenario, 1);
    assert_eq!(count(&mut scenario, "delivered"), 5);
    // A person lets them go on, which is no answer for ever.
    scenario.advance(WaitRule::Days(1)).unwrap();
    enter(&mut scenario, 1);
    assert_eq!(count(&mut scenario, "held"), 1);
    scenario
        .act(async |scenario| {
            let mut conn = scenario.engine.store.read().await?;
            let stop = sending::at_work(conn.conn()).await?.remove(0).id;
            drop(conn);
            scenario
                .engine
                .lift_stop(stop, Resume::Now, "示例主任", "已电话核对")
                .await?;
            scenario.settle().await
        })
        .unwrap();
    assert_eq!((count(&mut scenario, "delivered"), count(&mut scenario, "held")), (6, 0));
    for (days, delivered, held) in [(4, 7, 0), (1, 8, 0), (1, 8, 1)] {
        scenario.advance(WaitRule::Days(days)).unwrap();
        enter(&mut scenario, 1);
        let now = (count(&mut scenario, "delivered"), count(&mut scenario, "held"));
        assert_eq!(now, (delivered, held), "{days}");
    }
}
