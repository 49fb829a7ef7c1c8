//! Stopping and resuming what is on its way out (停发与恢复), and dropping orders
//! by query.

use anyhow::{Result, bail};
use domain::ids::{OrderId, ReleaseId};
use domain::manifest::Channel;
use domain::status::OrderStatus;
use script::finding::{Lang, nearest};
use serde_json::{Value, json};
use store::order_query::{self, Called, OrderQuery};
use store::sending::{self, Cause, NewStop, Resume, Scope, Stop};
use store::{Conn, releases};

use crate::app::App;
use crate::clock::Clock;
use crate::commands::language::{answering_in, say};
use crate::commands::{Actor, Reply, Request, Which};
use crate::engine::sending::stop_beside;
use crate::site::Site;
use crate::words::{SCOPES, VERBS, there_are};

type Done = Result<(String, Value)>;

/// Milliseconds of an hour and of a day.
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

pub(super) async fn carry_out(app: &App, actor: &Actor, request: &Request) -> Done {
    match request {
        Request::Pause { scope, target, reason } => {
            pause(app, actor, (*scope, target), reason).await
        }
        Request::Unpause { which, how, reason } => {
            resume(app, actor, which, *how, reason).await
        }
        Request::DropOrders { query, up_to, reason } => {
            drop_orders(app, actor, query, *up_to, reason).await
        }
        _ => bail!("不是停发、恢复或放弃 · this neither stops, resumes nor drops"),
    }
}

async fn pause(
    app: &App,
    actor: &Actor,
    (scope, target): (Scope, &str),
    reason: &str,
) -> Done {
    let release = {
        let mut conn = app.engine.store.read().await?;
        let runs = app.engine.runtime();
        let runs = runs.is_some_and(|it| it.program.workflows.contains_key(target));
        known_target(conn.conn(), scope, target, runs).await?
    };
    let standing = {
        let mut conn = app.engine.store.read().await?;
        sending::find(conn.conn(), scope, target, Cause::Person).await?
    };
    let stop = if let Some(stop) = &standing {
        stop.id
    } else {
        let new = by_person(actor, (scope, target), release, reason);
        app.engine.stop_sending(&new).await?
    };
    while 0 < app.engine.tend_stops().await? {}
    let held = held_by(app, stop).await?;
    let elsewhere = held_elsewhere(app, stop).await?;
    let what = name(scope, target);
    let mut text = match standing {
        Some(it) => say(
            format!(
                "{what} 已由 {} 停发({}),留住 {held} 条指令",
                it.placed_by, it.reason
            ),
            format!(
                "{what} was stopped before, by {} ({}); it holds {held} orders",
                it.placed_by, it.reason
            ),
        ),
        None => say(
            format!("已停发:{what},留住 {held} 条指令(停发 {stop})"),
            format!("stopped: {what}; it holds {held} orders (stop {stop})"),
        ),
    };
    if 0 < elsewhere {
        text += &say(
            format!(
                ";另有 {elsewhere} 条此前已由别的停发留住(见 `qingshou status`),现在也受它约束"
            ),
            format!(
                "; {elsewhere} more are held already by other stops (see `qingshou status`), and now by this one as well"
            ),
        );
    }
    let data = json!({
        "stop": stop, "scope": scope, "target": target, "held": held,
        "held_by_others": elsewhere,
    });
    Ok((text, data))
}

fn by_person(
    actor: &Actor,
    (scope, target): (Scope, &str),
    release: Option<ReleaseId>,
    reason: &str,
) -> NewStop {
    NewStop {
        scope,
        target: target.to_owned(),
        release,
        plugin: None,
        up_to: None,
        cause: Cause::Person,
        reason: reason.to_owned(),
        by: actor.name.clone(),
    }
}

/// Stops sending beside a daemon that does not answer in time: the stop stands
/// in the store, and the daemon reads it before anything more leaves.
pub(crate) async fn pause_beside(
    site: &Site,
    lang: Lang,
    login: &str,
    (scope, target, reason): (Scope, &str, &str),
) -> Reply {
    let written = write_beside(site, login, (scope, target, reason));
    let done = answering_in(lang, Box::pin(written)).await;
    crate::commands::reply_of(done)
}

async fn write_beside(
    site: &Site,
    login: &str,
    (scope, target, reason): (Scope, &str, &str),
) -> Done {
    let actor = crate::commands::actor(site, login)?;
    let (word, why) = (target.to_owned(), reason.to_owned());
    let request = Request::Pause { scope, target: word, reason: why };
    crate::commands::may_ask(&actor, &request)?;
    crate::commands::needs_reason(&request)?;
    let store = site.store().await?;
    let now = Clock::machine(&site.config.zone)?.now();
    let release = {
        let mut conn = store.read().await?;
        known_target(conn.conn(), scope, target, false).await?
    };
    let new = by_person(&actor, (scope, target), release, reason);
    let (stop, held) = stop_beside(&store, &now, &new).await?;
    let what = name(scope, target);
    let text = say(
        format!(
            "已停发:{what},留住 {held} 条指令(停发 {stop})\n  守护进程正在启动或正忙,\
             停发已直接写入库:送出下一条之前就会照办,数目见 `qingshou status`"
        ),
        format!(
            "stopped: {what}; it holds {held} orders (stop {stop})\n  the daemon is \
             starting or busy, so the stop was written into the store: it holds before \
             the next message, `qingshou status` shows the count"
        ),
    );
    Ok((text, json!({ "stop": stop, "scope": scope, "target": target, "held": held })))
}

/// Whether there is such a channel, workflow or release; the id of a release. A
/// workflow that runs and has no case yet is known as well.
async fn known_target(
    conn: &mut Conn,
    scope: Scope,
    target: &str,
    runs: bool,
) -> Result<Option<ReleaseId>> {
    match scope {
        Scope::Channel => {
            if Channel::parse(target).is_none() {
                let known = Channel::ALL.map(Channel::as_str);
                bail!(unknown("渠道", "channel", target, &known));
            }
        }
        Scope::Workflow => {
            let known = releases::workflows(conn).await?;
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            if !runs && !known.contains(&target) {
                bail!(unknown("流程", "workflow", target, &known));
            }
        }
        Scope::Release => {
            let all = releases::list(conn).await?;
            let found = all.iter().find(|it| it.number.to_string() == target);
            let Some(found) = found else {
                let known: Vec<String> =
                    all.iter().map(|it| it.number.to_string()).collect();
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                bail!(unknown("版本", "release", target, &known));
            };
            return Ok(Some(found.id));
        }
        Scope::All => {}
        Scope::Act | Scope::Orders => {
            let scope = scope.as_str();
            bail!("不能按 {scope} 停发 · nothing is stopped by {scope}")
        }
    }
    Ok(None)
}

fn unknown(zh: &str, en: &str, target: &str, known: &[&str]) -> String {
    let meant = nearest(target, known.iter().copied());
    let meant_zh = meant.as_ref().map(|it| format!("(是否应为 `{it}`?)"));
    let meant_en = meant.as_ref().map(|it| format!(" (did you mean `{it}`?)"));
    say(
        format!(
            "没有{zh} `{target}`{},没有停发任何指令\n  提示:现有 {}",
            meant_zh.unwrap_or_default(),
            there_are(known.iter().copied())
        ),
        format!(
            "there is no {en} `{target}`{}; nothing was stopped\n  hint: there are {}",
            meant_en.unwrap_or_default(),
            known.join(", ")
        ),
    )
}

/// A stop's scope and target, as a person types them.
pub(crate) fn name(scope: Scope, target: &str) -> String {
    let scope = scope.as_str();
    if target.is_empty() {
        say(SCOPES.zh(scope), scope)
    } else if scope == Scope::Act.as_str() {
        say(
            format!("{} {}", SCOPES.zh(scope), SCOPES.zh(target)),
            format!("{scope} {target}"),
        )
    } else {
        say(
            format!("{} {}", SCOPES.zh(scope), VERBS.zh(target)),
            format!("{scope} {target}"),
        )
    }
}

pub(super) async fn held_by(app: &App, stop: i64) -> Result<i64> {
    let mut conn = app.engine.store.read().await?;
    let standing = sending::standing(conn.conn()).await?;
    Ok(standing.iter().find(|it| it.id == stop).map_or(0, |it| it.held))
}

async fn held_elsewhere(app: &App, stop: i64) -> Result<i64> {
    let mut conn = app.engine.store.read().await?;
    Ok(sending::held_elsewhere(conn.conn(), stop).await?)
}

async fn resume(
    app: &App,
    actor: &Actor,
    which: &Which,
    how: Resume,
    reason: &str,
) -> Done {
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
    let (lifted, others): (Vec<Stop>, Vec<Stop>) = standing.into_iter().partition(meant);
    let woken = wake_workflow(app, actor, which, reason).await?;
    if lifted.is_empty() {
        return match woken {
            Some(text) => Ok((text, json!({ "stops": [], "resumed": true }))),
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
    let names: Vec<String> = lifted.iter().map(|it| name(it.scope, &it.target)).collect();
    let (zh, en) = words_of(how, dropped);
    let mut text = woken.map(|it| it + "\n").unwrap_or_default();
    text += &say(
        format!("已恢复:{},放行 {} 条指令,{zh}", names.join("、"), held - dropped),
        format!("resumed: {}; {} orders go on, {en}", names.join(", "), held - dropped),
    );
    for stop in &others {
        text.push_str(&say(
            format!("\n  仍停发:{}", told(stop)),
            format!("\n  still stopped: {}", told(stop)),
        ));
    }
    let stops: Vec<i64> = lifted.iter().map(|it| it.id).collect();
    let still: Vec<i64> = others.iter().map(|it| it.id).collect();
    let data = json!({
        "stops": stops, "let_go": held - dropped, "dropped": dropped,
        "still_stopped": still,
    });
    Ok((text, data))
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

async fn drop_orders(
    app: &App,
    actor: &Actor,
    query: &OrderQuery,
    up_to: OrderId,
    reason: &str,
) -> Done {
    if query.is_empty() {
        bail!(say(
            "请写明要放弃哪些指令:--workflow、--channel、--verb、--status、--release 或 --created-before"
                .to_owned(),
            "say which orders: --workflow, --channel, --verb, --status, --release or --created-before"
                .to_owned(),
        ));
    }
    let (orders, own) = {
        let mut conn = app.engine.store.read().await?;
        let mut orders = order_query::find(conn.conn(), query).await?;
        orders.retain(|it| *it <= up_to);
        let names = app.engine.names_of(&actor.name);
        let in_charge_of = app.engine.in_charge_of(&names);
        let person = Called { names: &names, in_charge_of: &in_charge_of };
        let own = order_query::own(conn.conn(), &orders, person).await?;
        orders.retain(|it| own.binary_search(it).is_err());
        (orders, own.len())
    };
    let dropped = app.engine.drop_orders(&orders, &actor.name, reason).await?;
    let mut text =
        say(format!("已放弃 {dropped} 条指令"), format!("{dropped} orders were dropped"));
    if own != 0 {
        text.push_str(&say(
            format!("\n  {own} 条等待审批的是本人申请或经办的,没有改动:请另一人驳回"),
            format!("\n  {own} that wait for approval are your own and were left: another person has to reject them"),
        ));
    }
    Ok((text, json!({ "dropped": dropped, "own": own })))
}
