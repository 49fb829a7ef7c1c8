//! Sending let go on (恢复送出).

use anyhow::{Result, bail};
use domain::status::OrderStatus;
use serde::{Deserialize, Serialize};
use store::order_query::{self, OrderQuery};
use store::sending::{self, Cause, Resume, Scope, Stop};

use crate::app::App;
use crate::command::CHIEFS;
use crate::language::say;
use crate::sending::name;
use crate::{Actor, Answer, Done, Execute, Rules};

/// Milliseconds of an hour and of a day.
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Let sending go on.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Unpause {
    /// Which stops.
    pub which: Which,
    /// How what they hold goes on.
    pub how: Resume,
    /// Why.
    pub reason: String,
}

/// The stops that a person means.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Those of a scope and its target.
    Of(Scope, String),
    /// The one with this number.
    Stop(i64),
}

/// What goes on.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Unpausing {
    /// The stops that were lifted, by number.
    stops: Vec<i64>,
    /// Orders that they held and that go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    let_go: Option<i64>,
    /// Orders that were too old.
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped: Option<i64>,
    /// The stops that still stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    still_stopped: Option<Vec<i64>>,
    /// A suspended workflow is worked again, and no stop was meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    resumed: Option<bool>,
}

impl Execute for Unpause {
    type Data = Unpausing;

    fn rules(&self) -> Rules<'_> {
        Rules::of(CHIEFS).because(&self.reason)
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { which, how, reason } = self;
        let how = *how;
        // What was let go from under another stop moves under these before it is counted.
        while 0 < app.engine.tend_stops().await? {}
        let standing: Vec<Stop> = {
            let mut conn = app.engine.store.read().await?;
            sending::standing(conn.conn())
                .await?
                .into_iter()
                .filter(|it| !it.lifted)
                .collect()
        };
        let meant = |it: &Stop| match which {
            // What the guard asks, and what an old book holds, stands on the same
            // channels; the end of a pause is no answer to it.
            Which::Of(scope, target) => {
                let asks = matches!(it.cause, Cause::Guard | Cause::StaleBook);
                it.scope == *scope && it.target == *target && !asks
            }
            Which::Stop(id) => it.id == *id,
        };
        let (lifted, others): (Vec<Stop>, Vec<Stop>) =
            standing.into_iter().partition(meant);
        let woken = wake_workflow(app, actor, which, reason).await?;
        if lifted.is_empty() {
            return match woken {
                Some(text) => {
                    let data = Unpausing { resumed: Some(true), ..Unpausing::default() };
                    Ok(Answer { text, data })
                }
                None => bail!(nothing_to_lift(which, &others)),
            };
        }
        let mut dropped = 0;
        for stop in &lifted {
            dropped += too_old(app, stop, how).await?;
            app.engine.lift_stop(stop.id, how, &actor.name, reason).await?;
        }
        while 0 < app.engine.tend_stops().await? {}
        let held: i64 = lifted.iter().map(|it| it.held).sum();
        let names: Vec<String> =
            lifted.iter().map(|it| name(it.scope, &it.target)).collect();
        let (zh, en) = words_of(how, dropped);
        let mut text = woken.map(|woken| woken + "\n").unwrap_or_default();
        text += &say(
            format!("已恢复:{},放行 {} 条指令,{zh}", names.join("、"), held - dropped),
            format!(
                "resumed: {}; {} orders go on, {en}",
                names.join(", "),
                held - dropped
            ),
        );
        for stop in &others {
            text.push_str(&say(
                format!("\n  仍停发:{}", told(stop)),
                format!("\n  still stopped: {}", told(stop)),
            ));
        }
        let stops: Vec<i64> = lifted.iter().map(|it| it.id).collect();
        let still: Vec<i64> = others.iter().map(|it| it.id).collect();
        let data = Unpausing {
            stops,
            let_go: Some(held - dropped),
            dropped: Some(dropped),
            still_stopped: Some(still),
            resumed: None,
        };
        Ok(Answer { text, data })
    }
}

/// Lets a workflow be worked again that was suspended because of its script; says
/// so when it was.
async fn wake_workflow(
    app: &App,
    actor: &Actor,
    which: &Which,
    reason: &str,
) -> Result<Option<String>> {
    let Which::Of(Scope::Workflow, workflow) = which else { return Ok(None) };
    let woken = app.engine.wake_workflow(workflow, &actor.name, reason).await?;
    Ok(woken.then(|| {
        say(
            format!("流程 {workflow} 恢复办理;再出错会再停办"),
            format!("workflow {workflow} is worked again; it is suspended anew if it goes on failing"),
        )
    }))
}

fn told(stop: &Stop) -> String {
    let (zh, en) = stop.reason.split_once(" · ").unwrap_or((&stop.reason, &stop.reason));
    let reason = if stop.is_daily {
        say("已放行,每天按上限送出", "let go, leaves at the bound a day")
    } else {
        say(zh, en)
    };
    format!("{} · {} · {reason}", name(stop.scope, &stop.target), stop.placed_by)
}

fn nothing_to_lift(which: &Which, others: &[Stop]) -> String {
    let what = match which {
        Which::Of(scope, target) => name(*scope, target),
        Which::Stop(id) => say(format!("停发 {id}"), format!("stop {id}")),
    };
    let names: Vec<String> = others
        .iter()
        .map(|it| {
            let (id, name) = (it.id, name(it.scope, &it.target));
            // What asks a person is answered with other words than a pause is.
            let how = match it.cause {
                Cause::StaleBook => format!(": `qingshou resume stop {id} --reason …`"),
                Cause::Guard if it.is_daily => {
                    say(",每天按上限送出", ", leaves at the bound a day")
                }
                Cause::Guard => ": `qingshou sending go --reason …`".to_owned(),
                Cause::Person | Cause::ChannelFault => String::new(),
            };
            say(format!("{name}(停发 {id}{how})"), format!("{name} (stop {id}{how})"))
        })
        .collect();
    if names.is_empty() {
        return say(
            format!("{what} 没有停发;现在没有任何停发"),
            format!("{what} is not stopped; nothing is"),
        );
    }
    say(
        format!("{what} 没有停发,没有改动\n  提示:现有的停发是 {}", names.join("、")),
        format!(
            "{what} is not stopped; nothing was changed\n  hint: what is stopped: {}",
            names.join(", ")
        ),
    )
}

/// How many of a stop's orders will be dropped when it is lifted so.
async fn too_old(app: &App, stop: &Stop, how: Resume) -> Result<i64> {
    let Resume::Drop(age_ms) = how else { return Ok(0) };
    let before = app.engine.clock.now().ms - age_ms;
    let query = OrderQuery {
        status: Some(OrderStatus::Held),
        held_by: Some(stop.id),
        created_before_ms: Some(before),
        ..OrderQuery::default()
    };
    let mut conn = app.engine.store.read().await?;
    let found = order_query::find(conn.conn(), &query).await?.len();
    Ok(i64::try_from(found)?)
}

fn words_of(how: Resume, dropped: i64) -> (String, String) {
    match how {
        Resume::Now => ("立即送出".to_owned(), "at once".to_owned()),
        Resume::Spread(ms) if ms % HOUR_MS == 0 => {
            let hours = ms / HOUR_MS;
            let word = if hours == 1 { "hour" } else { "hours" };
            (format!("在 {hours} 小时内均匀送出"), format!("spread over {hours} {word}"))
        }
        Resume::Spread(ms) => {
            let minutes = ms / 60_000;
            (
                format!("在 {minutes} 分钟内均匀送出"),
                format!("spread over {minutes} minutes"),
            )
        }
        Resume::Drop(ms) => {
            let days = ms / DAY_MS;
            (
                format!("立即送出;{days} 天以前的 {dropped} 条已放弃"),
                format!("at once; {dropped} older than {days} days are dropped"),
            )
        }
    }
}
