//! The guard on what leaves (发送把关): contacts of a day are counted before the
//! first of them is handed over, and wait for a person when they are too many.
//!
//! What is above the bound of its day is held by a stop, whatever brought it
//! about. Nothing is handed over while more may come in a moment: as long as
//! timers are due or cases are coming in, a batch may be the beginning of a
//! flood.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use domain::guard::{Answer, Bounds, Day, USUAL_DAYS, usual};
use domain::manifest::Channel;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::day_counts::{self, Count, Uncounted};
use store::guard_stops::{self, GuardStop, Word};
use store::sending::{self, Resume};
use store::{Conn, Now};
use tracing::{info, warn};

use crate::work::{Signature, Silence};
use crate::{Engine, scan};

/// Orders moved in one transaction; others get their turn in between.
const PORTION: i64 = 1_000;
/// Days looked back for those on which anything left.
const LOOK_BACK: i64 = 40;
/// Work that never ends must not keep orders back for ever.
const LONGEST_WAIT_MS: i64 = 600_000;

/// How a person lets go what the guard holds.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Go {
    /// All of it now.
    All,
    /// So many now; the rest waits on.
    Count(u64),
    /// As many as the bound allows each day, until nothing is left.
    Daily,
}

/// Which of what the guard holds.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Which {
    /// Of this channel alone.
    pub channel: Option<Channel>,
    /// What this workflow asked for alone.
    pub workflow: Option<String>,
}

/// What a person let go.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Gone {
    /// The channel.
    pub channel: String,
    /// The collector whose visits these are; else empty.
    pub counted_for: String,
    /// Orders that are on their way now.
    pub now: u64,
    /// Orders that follow at the bound a day.
    pub later: u64,
    /// Orders that still wait for a person's word.
    pub held: u64,
    /// The bound of a day.
    pub bound: u64,
}

impl Gone {
    fn of(stop: &GuardStop) -> Self {
        Self {
            channel: stop.channel.clone(),
            counted_for: stop.counted_for.clone(),
            now: 0,
            later: 0,
            held: 0,
            bound: u64::try_from(stop.bound).unwrap_or(0),
        }
    }
}

/// When the guard last began a day in this process: what was counted on an
/// earlier one is counted anew. A look too many does no harm.
#[derive(Debug, Default)]
pub(crate) struct Days(AtomicI64);

/// The stops of which nothing could go at the bound a day because others keep it all:
/// which changes of the stops were known then, and when. A long queue is not walked
/// through at every turn.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<BTreeMap<i64, (u64, i64)>>);

/// Somebody else may lift a stop without this process.
const KEPT_LOOK_AGAIN_MS: i64 = 10_000;

impl Kept {
    fn has(&self, stop: i64, seen: u64, now: &Now) -> bool {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&stop).is_some_and(|(of, at)| {
            *of == seen && (now.ms - at).abs() < KEPT_LOOK_AGAIN_MS
        })
    }

    fn note(&self, stop: i64, seen: u64, now: &Now) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(stop, (seen, now.ms));
    }
}

/// What a person has let go at the bound a day: for whom it is counted, and the bound
/// that the person was told.
struct Daily<'a> {
    counted_for: &'a str,
    bound: i64,
}

/// An order that comes back from a gateway after midnight waits so long at most.
const LOOK_AGAIN_MS: i64 = 60_000;

impl Days {
    fn begins(&self, now: &Now) -> bool {
        let looked = self.0.load(Ordering::Acquire);
        LOOK_AGAIN_MS <= (now.ms - looked).abs()
    }

    fn began(&self, now: &Now) {
        self.0.store(now.ms, Ordering::Release);
    }
}

/// A channel on a day, with what is usual.
pub struct Look {
    /// What was counted, and the bound.
    pub day: Day,
    /// Contacts of a usual day.
    pub usual: u64,
    /// Those of them that nobody had to let go.
    usual_own: u64,
}

impl Look {
    /// What the books say of a day; what wants to leave is not looked at.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn read(
        conn: &mut Conn,
        bounds: &Bounds,
        channel: Channel,
        today: Date,
    ) -> Result<Self> {
        let counts = day_counts::of_day(conn, channel, today).await?;
        let counted = counts.values().map(|it| it.counted).sum();
        let let_go = counts.values().map(|it| it.let_go).sum();
        let days = day_counts::days_before(conn, channel, today, LOOK_BACK).await?;
        let latest: Vec<Count> =
            days.into_iter().filter(|day| 0 < day.1.counted).map(|day| day.1).collect();
        let latest = &latest[..latest.len().min(USUAL_DAYS)];
        let of =
            |count: fn(&Count) -> u64| -> Vec<u64> { latest.iter().map(count).collect() };
        let usual_all = usual(&of(|it| it.counted));
        let bound = bounds.of_day(channel, usual_all);
        Ok(Self {
            day: Day { bound, counted, let_go, ..Day::default() },
            usual: usual_all,
            usual_own: usual(&of(Count::own)),
        })
    }
}

impl Engine {
    /// Does a portion of what has to be done before orders leave: demands of an
    /// old book are held, stops are tended, contacts of the day counted. Answers
    /// how many orders changed their place; 0 when nothing is left.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written; the portion is done again then.
    pub async fn tend(&self) -> Result<usize> {
        self.watch_book().await?;
        self.watch_settings().await?;
        let moved = self.tend_stops().await? + self.keep_guard().await?;
        Ok(moved + self.end_calls().await?)
    }

    /// The day on which an order has to be counted to leave now, where the
    /// guard counts.
    pub(super) fn counted_on(&self, now: &Now) -> Option<Date> {
        self.limits().bounds.as_ref().map(|_| now.today())
    }

    /// Counts in what may leave today, or holds it because it is too much.
    /// Answers how many orders changed their place; 0 when nothing is left.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written; the portion is done again then.
    pub async fn keep_guard(&self) -> Result<usize> {
        let limits = self.limits();
        let Some(bounds) = &limits.bounds else { return Ok(0) };
        let now = self.clock.now();
        let until_ms = self.end_of_day(&now);
        let is_new_day = self.days.begins(&now);
        let (uncounted, at_work) = {
            let mut conn = self.store.read().await?;
            let stops = guard_stops::at_work(conn.conn()).await?;
            let at_work = stops.iter().any(|stop| !stop.asks())
                || guard_stops::is_any_empty(conn.conn()).await?;
            (day_counts::is_any_uncounted(conn.conn(), until_ms).await?, at_work)
        };
        if !uncounted && !at_work && !is_new_day {
            return Ok(0);
        }
        let mut tx = self.begin_silent(Silence::Orders).await?;
        // Before anything is held: a question about nothing holds what comes next.
        let mut moved = guard_stops::close_empty(tx.conn(), &now).await?;
        if is_new_day {
            moved += self.begin_day(tx.conn(), &now).await?;
        }
        let kept = day_counts::kept(tx.conn(), until_ms, PORTION).await?;
        if kept.is_empty() {
            moved += self.count(tx.conn(), &now, bounds, until_ms).await?;
        } else {
            moved += sending::hold(tx.conn(), &now, &kept).await?;
        }
        tx.commit().await?;
        Ok(moved)
    }

    async fn begin_day(&self, conn: &mut Conn, now: &Now) -> Result<usize> {
        let left = day_counts::begin_day(conn, now.today(), PORTION).await?;
        if i64::try_from(left).is_ok_and(|it| it < PORTION) {
            self.days.began(now);
        }
        Ok(left)
    }

    async fn count(
        &self,
        conn: &mut Conn,
        now: &Now,
        bounds: &Bounds,
        until_ms: i64,
    ) -> Result<usize> {
        let today = now.today();
        let mut moved = day_counts::count_let_go(conn, today, until_ms, PORTION).await?;
        let stops = guard_stops::at_work(conn).await?;
        for channel in Channel::ALL {
            let of_channel: Vec<&GuardStop> =
                stops.iter().filter(|stop| stop.channel == channel.as_str()).collect();
            let daily = of_channel.iter().any(|it| !it.asks());
            let any = day_counts::fresh(conn, channel, until_ms, 1).await?;
            let waiting = day_counts::daily_uncounted(conn, channel, until_ms).await?;
            if any == 0 && !daily && waiting.is_empty() {
                continue;
            }
            let of = (channel, of_channel.as_slice(), waiting.as_slice());
            moved += self.look_at(conn, now, bounds, of, until_ms).await?;
        }
        moved += guard_stops::close_empty(conn, now).await?;
        Ok(moved)
    }

    /// One channel: what is fresh leaves, waits, or is asked about, and what a
    /// person let go at the bound a day uses what is left.
    async fn look_at(
        &self,
        conn: &mut Conn,
        now: &Now,
        bounds: &Bounds,
        (channel, stops, waiting): (Channel, &[&GuardStop], &[Uncounted]),
        until_ms: i64,
    ) -> Result<usize> {
        let mut look = self.look(conn, now, bounds, channel, until_ms).await?;
        let count = match look.day.answer() {
            Answer::Ask => {
                self.ask(conn, now, channel, None, look.day.bound).await?;
                return Ok(1);
            }
            Answer::NotYet => return Ok(0),
            Answer::Leave(count) => count,
        };
        if channel == Channel::Visit {
            let held = self.look_at_visits(conn, now, bounds, stops, until_ms).await?;
            if 0 < held {
                // Counted anew without them.
                return Ok(held);
            }
        }
        let today = now.today();
        let mut moved =
            day_counts::count_in(conn, channel, today, until_ms, count).await?;
        look.day.counted += moved;
        look.day.fresh = look.day.fresh.saturating_sub(moved);
        // What another stop took in between, or what did not leave yesterday, comes
        // before what still lies with the guard.
        for Uncounted { stop, counted_for, bound } in waiting {
            let daily = Daily { counted_for, bound: *bound };
            let room = self.room_of(conn, now, bounds, channel, &daily, &look).await?;
            let of = (channel, *stop);
            let counted =
                day_counts::count_daily(conn, of, today, until_ms, room).await?;
            let counted = u64::try_from(counted).unwrap_or(u64::MAX);
            look.day.counted += counted;
            look.day.let_go += counted;
            moved += counted;
        }
        for stop in stops.iter().filter(|stop| !stop.asks()) {
            let freed = self.free_daily(conn, now, bounds, channel, stop, &look).await?;
            look.day.counted += freed;
            look.day.let_go += freed;
            moved += freed;
        }
        Ok(usize::try_from(moved).unwrap_or(usize::MAX))
    }

    async fn look(
        &self,
        conn: &mut Conn,
        now: &Now,
        bounds: &Bounds,
        channel: Channel,
        until_ms: i64,
    ) -> Result<Look> {
        let mut look = Look::read(conn, bounds, channel, now.today()).await?;
        let day = &mut look.day;
        let most = day.bound.saturating_add(1);
        day.fresh = day_counts::fresh(conn, channel, until_ms, most).await?;
        if 0 < day.fresh && day.answer() != Answer::Ask {
            let since = day_counts::waiting_since(conn, now.ms, channel).await?;
            if since.is_none_or(|since| now.ms <= since + LONGEST_WAIT_MS) {
                day.coming = Self::coming(conn, now, most).await?;
            }
        }
        Ok(look)
    }

    /// What may still ask to leave in a moment, as far as it matters.
    async fn coming(conn: &mut Conn, now: &Now, most: u64) -> Result<u64> {
        if scan::owed(conn).await?.is_some() {
            return Ok(most);
        }
        Ok(day_counts::coming(conn, now.ms, most).await?)
    }

    async fn ask(
        &self,
        conn: &mut Conn,
        now: &Now,
        channel: Channel,
        collector: Option<&str>,
        bound: u64,
    ) -> Result<i64> {
        let title = zh(channel);
        let word = channel.as_str();
        let reason = match collector {
            None => format!(
                "今天的{title}超过 {bound} 次,等人放行 · more than {bound} by {word} today; \
                 waits for a person"
            ),
            Some(name) => format!(
                "{name} 今天的{title}超过 {bound} 次,等人放行 · more than {bound} visits of \
                 {name} today; waits for a person"
            ),
        };
        let stop =
            guard_stops::place(conn, now, channel, collector, bound, &reason).await?;
        self.sending_changed();
        warn!(
            stop.id = stop,
            channel = word,
            bound,
            "more than {bound} contacts by {word} would leave today: all of them are held \
             until a person has looked; see `qingshou sending ls`"
        );
        Ok(stop)
    }

    /// Holds the visits of every collector who would get more than the bound;
    /// answers how many are held now.
    async fn look_at_visits(
        &self,
        conn: &mut Conn,
        now: &Now,
        bounds: &Bounds,
        stops: &[&GuardStop],
        until_ms: i64,
    ) -> Result<usize> {
        let bound = u64::from(bounds.visits_per_collector);
        let counts = day_counts::of_day(conn, Channel::Visit, now.today()).await?;
        let mut held = 0;
        for (collector, fresh) in day_counts::fresh_visits(conn, until_ms).await? {
            let count = counts.get(&collector).copied().unwrap_or_default();
            let (counted, let_go) = (count.counted, count.let_go);
            let day = Day { bound, counted, let_go, fresh, coming: 0 };
            let asked =
                stops.iter().find(|stop| stop.asks() && stop.counted_for == collector);
            let daily =
                stops.iter().find(|stop| !stop.asks() && stop.counted_for == collector);
            let stop = match (asked, day.answer()) {
                // Visits of nobody are told of under the channel alone.
                _ if collector.is_empty() => continue,
                (Some(stop), _) => stop.id,
                (None, Answer::Ask) => {
                    self.ask(conn, now, Channel::Visit, Some(&collector), bound).await?
                }
                // What a person let go uses the day up; these follow it.
                (None, _) if day.room() < fresh && daily.is_some() => {
                    daily.map_or(0, |it| it.id)
                }
                (None, _) => continue,
            };
            let visits =
                day_counts::visits_of(conn, &collector, until_ms, PORTION).await?;
            held += sending::hold_under(conn, now, stop, &visits).await?;
        }
        Ok(held)
    }

    /// How many of what a person let go at the bound a day may still leave today.
    async fn room_of(
        &self,
        conn: &mut Conn,
        now: &Now,
        bounds: &Bounds,
        channel: Channel,
        daily: &Daily<'_>,
        look: &Look,
    ) -> Result<u64> {
        let room = look.day.room_for_backlog(look.usual_own);
        if daily.counted_for.is_empty() {
            // The bound that the person was told: what leaves by it would make the
            // days usual, and the bound grow by itself.
            let told = u64::try_from(daily.bound).unwrap_or(0);
            return Ok(room.min(told.saturating_sub(look.day.let_go)));
        }
        let counts = day_counts::of_day(conn, channel, now.today()).await?;
        let count = counts.get(daily.counted_for).copied().unwrap_or_default();
        let most = u64::from(bounds.visits_per_collector);
        Ok(room.min(most.saturating_sub(count.counted)))
    }

    /// Lets go as many of a stop's orders as today's bound still has room for.
    async fn free_daily(
        &self,
        conn: &mut Conn,
        now: &Now,
        bounds: &Bounds,
        channel: Channel,
        stop: &GuardStop,
        look: &Look,
    ) -> Result<u64> {
        let daily = Daily { counted_for: &stop.counted_for, bound: stop.bound };
        let room = self.room_of(conn, now, bounds, channel, &daily, look).await?;
        let seen = self.changes.seen();
        if room == 0 || self.kept.has(stop.id, seen, now) {
            return Ok(0);
        }
        let by = stop.daily_by.as_deref().unwrap_or_default();
        let word = Word { by, reason: "" };
        let until_ms = self.end_of_day(now);
        let of = (stop.id, until_ms);
        let freed = guard_stops::free_daily(conn, now, of, room, word).await?;
        if freed.is_empty() {
            self.kept.note(stop.id, seen, now);
            return Ok(0);
        }
        info!(
            stop.id = stop.id,
            freed = freed.len(),
            "{} held orders leave today, as a person allowed",
            freed.len()
        );
        let (of, day) = ((channel, stop.id), now.today());
        day_counts::count_daily(conn, of, day, until_ms, room).await?;
        Ok(u64::try_from(freed.len()).unwrap_or(u64::MAX))
    }

    /// Lets go what the guard holds, as a person says.
    ///
    /// # Errors
    ///
    /// The store cannot be written; nothing is let go then.
    pub async fn let_go(
        &self,
        which: &Which,
        go: Go,
        by: &str,
        reason: &str,
    ) -> Result<Vec<Gone>> {
        let now = self.clock.now();
        let word = Word { by, reason };
        let mut work = self.begin_by(Signature { by, reason }, &now).await?;
        let channel = which.channel.map(Channel::as_str);
        let mut left = if let Go::Count(most) = go { most } else { 0 };
        let mut gone = Vec::new();
        for stop in guard_stops::standing(work.conn()).await? {
            if channel.is_some_and(|channel| channel != stop.channel) {
                continue;
            }
            let of_stop = u64::try_from(stop.held).unwrap_or(0);
            let found = match &which.workflow {
                None => Some((stop.id, of_stop)),
                Some(name) => guard_stops::split(work.conn(), stop.id, name).await?,
            };
            let Some((id, held)) = found else { continue };
            let mut one = Gone::of(&stop);
            match go {
                Go::All => {
                    sending::lift(work.conn(), &now, id, Resume::Now, by, reason).await?;
                    one.now = held;
                }
                Go::Count(_) => {
                    let freed =
                        guard_stops::free(work.conn(), &now, id, left, word).await?;
                    one.now = u64::try_from(freed.len()).unwrap_or(u64::MAX);
                    if self.limits().bounds.is_some() {
                        // So many now, also of what goes at the bound a day.
                        let today = now.today();
                        day_counts::count_these(work.conn(), today, &freed).await?;
                    }
                    let (how, count) = ("count", Some(one.now));
                    guard_stops::told(work.conn(), &now, id, how, count, word).await?;
                    left -= one.now;
                    let rest = held - one.now;
                    // A person's word that the rest goes day by day stands.
                    if stop.asks() {
                        one.held = rest;
                    } else {
                        one.later = rest;
                    }
                }
                Go::Daily => {
                    guard_stops::let_go_daily(work.conn(), &now, id, word).await?;
                    one.later = held;
                }
            }
            // A stop that holds nothing any more would ask about nothing.
            let rest = one.held + one.later;
            let others = if id == stop.id { rest } else { of_stop - held };
            let emptied = [(id, rest), (stop.id, others)];
            for (stop, _) in emptied.into_iter().filter(|it| it.1 == 0) {
                sending::lift(work.conn(), &now, stop, Resume::Now, by, reason).await?;
            }
            gone.push(one);
        }
        if gone.is_empty() {
            work.rollback().await?;
            return Ok(gone);
        }
        work.recorded().await?.commit_silent(Silence::Orders).await?;
        self.sending_changed();
        Ok(gone)
    }

    /// The first instant of the next day.
    fn end_of_day(&self, now: &Now) -> i64 {
        let tomorrow = now.today().saturating_add(1.day());
        self.clock.instant(tomorrow.at(0, 0, 0, 0))
    }
}

/// What staff call a contact of a channel.
pub fn zh(channel: Channel) -> &'static str {
    match channel {
        Channel::Phone => "电话",
        Channel::Sms => "短信",
        Channel::WechatWork => "微信",
        Channel::LetterPost => "信件",
        Channel::LetterHand => "送达信件",
        Channel::Visit => "上门",
    }
}
