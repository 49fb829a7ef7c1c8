//! The count of a day (当日计数): what leaves was counted on its day, once, and
//! what the guard holds goes on as a person says.

use domain::ids::{CaseId, OrderId};
use domain::manifest::Channel;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use store::day_counts::{self, Count};
use store::guard_stops::{self, Word};
use store::sending::{self, Cause, NewStop, Resume, Scope};
use store::{Now, bank_files, ids, outbox, seals, verify};

use crate::harness::{HOUR, TestStore, morning};

const TODAY: Date = date(2026, 3, 10);
const WORD: Word<'_> = Word { by: "李主任", reason: "已核对" };
/// Past the end of the day of [`morning`].
const UNTIL: i64 = 16 * HOUR;

/// Messages to one person, or visits of one collector.
async fn orders(db: &TestStore, case: CaseId, channel: Channel, of: &str, count: usize) {
    const ORDER: &str = "
        insert into outbox (id, case_id, seq, ordinal, plugin, verb, act, delivery, channel,
          counted_for, requested_by, idempotency_key, status, not_before_at, not_after_at,
          created_at)
        values ($1, $2, 1, 0, 'remind', $3, 'demand', 'at_least_once', $3, $4,
          'workflow:remind', $5, 'pending', $6, $7, $6)";
    let now = morning(TODAY);
    let mut tx = db.write().await;
    for _ in 0..count {
        let id = ids::allocate(tx.conn(), 1).await.expect("an id");
        sqlx::query(ORDER)
            .bind(id)
            .bind(case.0)
            .bind(channel.as_str())
            .bind(of.to_owned())
            .bind(db.key())
            .bind(now.ms)
            .bind(now.ms + 7 * 24 * HOUR)
            .execute(tx.conn())
            .await
            .expect("given");
    }
    tx.commit().await.expect("committed");
}

async fn count_in(db: &TestStore, channel: Channel, now: &Now, most: u64) -> u64 {
    let mut tx = db.write().await;
    let (day, until) = (now.today(), now.ms + 30 * 24 * HOUR);
    let counted = day_counts::count_in(tx.conn(), channel, day, until, most).await;
    tx.commit().await.expect("committed");
    counted.expect("counted")
}

/// Leases what may leave and gives it back.
async fn leaving(db: &TestStore, now: &Now) -> Vec<OrderId> {
    let mut tx = db.write().await;
    let day = Some(now.today());
    let ready = outbox::ready(tx.conn(), now, outbox::Queue::Whole, day, 1_000)
        .await
        .expect("ready");
    let leased = outbox::lease(tx.conn(), now, &ready.orders, HOUR).await;
    let leased = leased.expect("leased");
    tx.rollback().await.expect("rolled back");
    leased.into_iter().map(|it| it.id).collect()
}

async fn of_day(db: &TestStore, channel: Channel, day: Date) -> Count {
    let mut reader = db.store.read().await.expect("a reader");
    let counts = day_counts::of_day(reader.conn(), channel, day).await.expect("read");
    Count {
        counted: counts.values().map(|it| it.counted).sum(),
        let_go: counts.values().map(|it| it.let_go).sum(),
    }
}

async fn is_sound(db: &TestStore) {
    let mut tx = db.write().await;
    let verdict = verify::verify(tx.conn()).await.expect("verified");
    tx.rollback().await.expect("rolled back");
    assert_eq!(verdict.faults, []);
}

promise! {
    async fn an_order_leaves_on_the_day_on_which_it_was_counted(db) {
        let case = db.case("L1", TODAY).await;
        orders(&db, case, Channel::Sms, "", 3).await;
        let now = morning(TODAY);
        assert_eq!(leaving(&db, &now).await, [], "nothing is counted yet");
        assert_eq!(count_in(&db, Channel::Sms, &now, 2).await, 2);
        assert_eq!(leaving(&db, &now).await.len(), 2);
        let tomorrow = morning(TODAY + 1.day());
        assert_eq!(leaving(&db, &tomorrow).await, [], "that was another day's count");
        let mut tx = db.write().await;
        let left = day_counts::begin_day(tx.conn(), tomorrow.today(), 10).await;
        assert_eq!(left.expect("begun"), 2);
        tx.commit().await.expect("committed");
        assert_eq!(of_day(&db, Channel::Sms, TODAY).await, Count::default());
        assert_eq!(count_in(&db, Channel::Sms, &tomorrow, 9).await, 3);
        assert_eq!(leaving(&db, &tomorrow).await.len(), 3);
    }
}

promise! {
    async fn visits_are_counted_for_their_collector(db) {
        let case = db.case("L1", TODAY).await;
        for (collector, count) in [("示例甲", 2), ("示例乙", 1)] {
            orders(&db, case, Channel::Visit, collector, count).await;
        }
        let now = morning(TODAY);
        let mut tx = db.write().await;
        let fresh = day_counts::fresh_visits(tx.conn(), now.ms + UNTIL).await;
        let mut fresh = fresh.expect("asked");
        fresh.sort();
        assert_eq!(fresh, [("示例乙".to_owned(), 1), ("示例甲".to_owned(), 2)]);
        let of = day_counts::visits_of(tx.conn(), "示例甲", now.ms + UNTIL, 10).await;
        assert_eq!(of.expect("asked").len(), 2);
        tx.rollback().await.expect("rolled back");
        count_in(&db, Channel::Visit, &now, 10).await;
        let mut reader = db.store.read().await.expect("a reader");
        let counts = day_counts::of_day(reader.conn(), Channel::Visit, TODAY).await;
        let counts = counts.expect("read");
        assert_eq!((counts["示例甲"].counted, counts["示例乙"].counted), (2, 1));
    }
}

promise! {
    async fn what_does_not_leave_after_all_is_taken_out_of_the_count(db) {
        let case = db.case("L1", TODAY).await;
        orders(&db, case, Channel::Sms, "", 3).await;
        let now = morning(TODAY);
        count_in(&db, Channel::Sms, &now, 9).await;
        let some = leaving(&db, &now).await[..2].to_vec();
        let mut tx = db.write().await;
        day_counts::uncount(tx.conn(), &some).await.expect("taken out");
        day_counts::uncount(tx.conn(), &some).await.expect("no second time");
        tx.commit().await.expect("committed");
        assert_eq!(of_day(&db, Channel::Sms, TODAY).await.counted, 1);
        // What a stop holds is no contact of the day either.
        let mut tx = db.write().await;
        guard_stops::place(tx.conn(), &now, Channel::Sms, None, 1, "太多").await.expect("held");
        let held = leaving_now(&mut tx, &now).await;
        assert_eq!(sending::hold(tx.conn(), &now, &held).await.expect("held"), 1);
        tx.commit().await.expect("committed");
        assert_eq!(of_day(&db, Channel::Sms, TODAY).await, Count::default());
        is_sound(&db).await;
    }
}

async fn leaving_now(tx: &mut store::WriteTx, now: &Now) -> Vec<OrderId> {
    let list = "select id from outbox where status = 'pending' and counted_on = $1";
    let rows: Vec<(i64,)> = sqlx::query_as(list)
        .bind(now.today().to_string())
        .fetch_all(tx.conn())
        .await
        .expect("read");
    rows.into_iter().map(|row| OrderId(row.0)).collect()
}

/// Five messages under a stop of the guard; answers its number.
async fn five_held(db: &TestStore, now: &Now) -> i64 {
    let case = db.case("L1", TODAY).await;
    orders(db, case, Channel::Sms, "", 5).await;
    let mut tx = db.write().await;
    let stop = guard_stops::place(tx.conn(), now, Channel::Sms, None, 2, "太多").await;
    let stop = stop.expect("placed");
    let kept = day_counts::kept(tx.conn(), now.ms + UNTIL, 10).await.expect("asked");
    assert_eq!(sending::hold(tx.conn(), now, &kept).await.expect("held"), 5);
    tx.commit().await.expect("committed");
    stop
}

promise! {
    async fn what_a_person_lets_go_is_not_held_by_the_same_question(db) {
        let now = morning(TODAY);
        let stop = five_held(&db, &now).await;
        let mut tx = db.write().await;
        // Whatever becomes of them, what was sealed of them stays as it was.
        seals::seal(tx.conn(), &morning(TODAY)).await.expect("sealed");
        assert_eq!(guard_stops::free(tx.conn(), &now, stop, 2, WORD).await.expect("freed").len(), 2);
        let until = now.ms + UNTIL;
        assert_eq!(day_counts::kept(tx.conn(), until, 10).await.expect("asked"), []);
        assert_eq!(day_counts::fresh(tx.conn(), Channel::Sms, until, 9).await.expect("asked"), 0);
        let counted = day_counts::count_let_go(tx.conn(), TODAY, until, 10).await;
        assert_eq!(counted.expect("counted"), 2);
        tx.commit().await.expect("committed");
        let count = of_day(&db, Channel::Sms, TODAY).await;
        assert_eq!(count, Count { counted: 2, let_go: 2 });
        assert_eq!(leaving(&db, &now).await.len(), 2);
        let mut tx = db.write().await;
        let standing = guard_stops::standing(tx.conn()).await.expect("asked");
        assert_eq!((standing.len(), standing[0].held, standing[0].asks()), (1, 3, true));
        // Whoever lifts the whole stop has answered as well.
        sending::lift(tx.conn(), &now, stop, Resume::Now, "李主任", "").await.expect("lifted");
        sending::let_go(tx.conn(), &now, 10).await.expect("let go");
        assert_eq!(day_counts::fresh(tx.conn(), Channel::Sms, until, 9).await.expect("asked"), 0);
        let counted = day_counts::count_let_go(tx.conn(), TODAY, until, 10).await;
        assert_eq!(counted.expect("counted"), 3);
        tx.commit().await.expect("committed");
        is_sound(&db).await;
    }
}

promise! {
    async fn let_go_at_the_bound_a_day_it_holds_no_others_and_lives_on(db) {
        let now = morning(TODAY);
        let stop = five_held(&db, &now).await;
        let mut tx = db.write().await;
        // Whatever becomes of them, what was sealed of them stays as it was.
        seals::seal(tx.conn(), &morning(TODAY)).await.expect("sealed");
        guard_stops::let_go_daily(tx.conn(), &now, stop, WORD).await.expect("said");
        tx.commit().await.expect("committed");
        let other = db.case("L2", TODAY).await;
        orders(&db, other, Channel::Sms, "", 1).await;
        let later = Now { ms: now.ms + 8 * 24 * HOUR, ..morning(TODAY + 8.days()) };
        let mut tx = db.write().await;
        let kept = day_counts::kept(tx.conn(), now.ms + UNTIL, 10).await.expect("asked");
        assert_eq!(kept, [], "what comes in later is asked about on its own");
        let ended = sending::expire(tx.conn(), &later, 10).await.expect("asked");
        assert_eq!(ended, [], "a day's portion at a time takes longer than a week");
        for left in [3, 1, 0] {
            guard_stops::free(tx.conn(), &later, stop, 2, WORD).await.expect("freed");
            let stands = guard_stops::standing(tx.conn()).await.expect("asked");
            assert_eq!(stands.iter().map(|it| it.held).collect::<Vec<_>>(), [left]);
            guard_stops::close_empty(tx.conn(), &later).await.expect("closed");
        }
        assert_eq!(guard_stops::standing(tx.conn()).await.expect("asked"), []);
        tx.commit().await.expect("committed");
        is_sound(&db).await;
    }
}

promise! {
    async fn a_question_about_nothing_is_closed_and_one_about_something_stands(db) {
        let now = morning(TODAY);
        let stop = five_held(&db, &now).await;
        let mut tx = db.write().await;
        while 0 < sending::sweep(tx.conn(), &now, 10).await.expect("swept") {}
        assert!(!guard_stops::is_any_empty(tx.conn()).await.expect("asked"));
        assert_eq!(guard_stops::close_empty(tx.conn(), &now).await.expect("asked"), 0);
        let ended = "update outbox set status = 'cancelled', held_by = null where held_by = $1";
        sqlx::query(ended).bind(stop).execute(tx.conn()).await.expect("ended");
        assert_eq!(guard_stops::close_empty(tx.conn(), &now).await.expect("closed"), 1);
        assert_eq!(guard_stops::standing(tx.conn()).await.expect("asked"), []);
        // It has not looked at anything yet.
        guard_stops::place(tx.conn(), &now, Channel::Sms, None, 2, "太多").await.expect("placed");
        assert_eq!(guard_stops::close_empty(tx.conn(), &now).await.expect("asked"), 0);
        tx.rollback().await.expect("rolled back");
    }
}

promise! {
    async fn at_the_bound_a_day_nothing_goes_that_another_stop_would_keep(db) {
        let now = morning(TODAY);
        let stop = five_held(&db, &now).await;
        let mut tx = db.write().await;
        guard_stops::let_go_daily(tx.conn(), &now, stop, WORD).await.expect("said");
        let late = "update outbox set not_before_at = $1
          where id = (select max(id) from outbox where status = 'held')";
        sqlx::query(late).bind(now.ms + UNTIL).execute(tx.conn()).await.expect("put off");
        let of = (stop, now.ms + UNTIL);
        let new = NewStop {
            scope: Scope::Workflow,
            target: "remind".to_owned(),
            release: None,
            plugin: None,
            up_to: None,
            cause: Cause::Person,
            reason: "发错了".to_owned(),
            by: "李主任".to_owned(),
        };
        let other = sending::place(tx.conn(), &now, &new).await.expect("placed");
        let freed = guard_stops::free_daily(tx.conn(), &now, of, 9, WORD).await;
        assert_eq!(freed.expect("asked"), []);
        sending::lift(tx.conn(), &now, other, Resume::Now, "李主任", "").await.expect("lifted");
        let freed = guard_stops::free_daily(tx.conn(), &now, of, 9, WORD).await;
        assert_eq!(freed.expect("freed").len(), 4, "the fifth leaves tomorrow");
        tx.rollback().await.expect("rolled back");
    }
}

promise! {
    async fn one_workflow_s_share_can_be_let_go_alone(db) {
        let now = morning(TODAY);
        let stop = five_held(&db, &now).await;
        let mut tx = db.write().await;
        let sql = "update outbox set requested_by = 'workflow:visit'
          where id in (select id from outbox where status = 'held' order by id limit 2)";
        sqlx::query(sql).execute(tx.conn()).await.expect("changed");
        assert_eq!(guard_stops::split(tx.conn(), stop, "promise").await.expect("asked"), None);
        let (part, held) = guard_stops::split(tx.conn(), stop, "visit")
            .await
            .expect("split")
            .expect("it holds some");
        assert_eq!(held, 2);
        let standing = guard_stops::standing(tx.conn()).await.expect("asked");
        let standing: Vec<_> = standing.iter().map(|it| (it.id, it.held)).collect();
        assert_eq!(standing, [(stop, 3), (part, 2)]);
        // What a person lets go day by day goes on so in a part of it.
        guard_stops::let_go_daily(tx.conn(), &now, part, WORD).await.expect("let go");
        let again = guard_stops::split(tx.conn(), part, "visit").await.expect("split");
        let (again, _) = again.expect("it holds some");
        let standing = guard_stops::standing(tx.conn()).await.expect("asked");
        let of_part = standing.iter().find(|one| one.id == again).expect("it stands");
        assert_eq!(of_part.daily_by.as_deref(), Some(WORD.by));
        tx.commit().await.expect("committed");
        is_sound(&db).await;
    }
}

promise! {
    async fn the_usual_day_is_read_from_the_days_before(db) {
        let case = db.case("L1", TODAY).await;
        for back in [3, 2, 1, 0] {
            let day = TODAY - back.days();
            orders(&db, case, Channel::Sms, "", usize::try_from(back).unwrap() + 1).await;
            count_in(&db, Channel::Sms, &morning(day), 100).await;
        }
        let mut reader = db.store.read().await.expect("a reader");
        let days = day_counts::days_before(reader.conn(), Channel::Sms, TODAY, 2).await;
        let days: Vec<_> = days.expect("read").iter().map(|day| (day.0, day.1.counted)).collect();
        assert_eq!(days, [(TODAY - 1.day(), 2), (TODAY - 2.days(), 3)]);
        let none = day_counts::days_before(reader.conn(), Channel::Phone, TODAY, 2).await;
        assert_eq!(none.expect("read"), []);
    }
}

promise! {
    async fn what_may_still_come_is_seen(db) {
        let case = db.case("L1", TODAY).await;
        let now = morning(TODAY);
        let mut tx = db.write().await;
        assert_eq!(day_counts::coming(tx.conn(), now.ms, 9).await.expect("asked"), 0);
        tx.rollback().await.expect("rolled back");
        db.open_runs(&now, &[case]).await;
        let mut tx = db.write().await;
        assert_eq!(day_counts::coming(tx.conn(), now.ms, 9).await.expect("asked"), 1);
        let before = day_counts::coming(tx.conn(), now.ms - 1, 9).await;
        assert_eq!(before.expect("asked"), 0, "its timer is not over");
        tx.rollback().await.expect("rolled back");
    }
}

promise! {
    async fn what_was_put_off_until_today_has_waited_since_its_hour(db) {
        let case = db.case("L1", TODAY).await;
        let given = morning(TODAY);
        orders(&db, case, Channel::Sms, "", 1).await;
        let tomorrow = morning(TODAY + 1.day());
        let mut tx = db.write().await;
        let off = "update outbox set not_before_at = $1";
        sqlx::query(off).bind(tomorrow.ms).execute(tx.conn()).await.expect("put off");
        let since = day_counts::waiting_since(tx.conn(), given.ms, Channel::Sms).await;
        assert_eq!(since.expect("asked"), None, "its hour has not come");
        let since = day_counts::waiting_since(tx.conn(), tomorrow.ms + 5, Channel::Sms).await;
        assert_eq!(since.expect("asked"), Some(tomorrow.ms));
        tx.rollback().await.expect("rolled back");
    }
}

promise! {
    async fn what_a_stop_has_just_held_is_not_counted(db) {
        let case = db.case("L1", TODAY).await;
        let now = morning(TODAY);
        orders(&db, case, Channel::Sms, "", 3).await;
        count_in(&db, Channel::Sms, &now, 9).await;
        let mut tx = db.write().await;
        sending::place(tx.conn(), &now, &all_of_it()).await.expect("placed");
        let (day, queue) = (Some(TODAY), outbox::Queue::Whole);
        let ready = outbox::ready(tx.conn(), &now, queue, day, 9).await.expect("ready");
        assert_eq!(ready.held, 3);
        day_counts::count_these(tx.conn(), TODAY, &ready.orders).await.expect("counted");
        tx.commit().await.expect("committed");
        assert_eq!(of_day(&db, Channel::Sms, TODAY).await, Count::default());
    }
}

/// A person stops everything.
fn all_of_it() -> NewStop {
    NewStop {
        scope: Scope::All,
        target: String::new(),
        release: None,
        plugin: None,
        up_to: None,
        cause: Cause::Person,
        reason: "先停".to_owned(),
        by: "李主任".to_owned(),
    }
}

promise! {
    async fn the_age_of_the_book_is_that_of_the_last_payments(db) {
        let (early, late) = (morning(TODAY), morning(TODAY + 1.day()));
        let mut tx = db.write().await;
        assert_eq!(bank_files::last(tx.conn()).await.expect("read").book_at(), None);
        let cases = bank_files::BankFile::Cases;
        bank_files::taken(tx.conn(), &early, cases).await.expect("noted");
        let last = bank_files::last(tx.conn()).await.expect("read");
        assert_eq!(last.book_at(), Some(early.ms), "lists are all there is");
        let events = bank_files::BankFile::Events;
        bank_files::taken(tx.conn(), &early, events).await.expect("noted");
        bank_files::taken(tx.conn(), &late, cases).await.expect("noted");
        let last = bank_files::last(tx.conn()).await.expect("read");
        assert_eq!(last.book_at(), Some(early.ms), "a list tells of no payment");
        tx.commit().await.expect("committed");
    }
}
