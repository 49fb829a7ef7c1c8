//! Sending stopped (停发).

use anyhow::{Result, bail};
use domain::ids::ReleaseId;
use domain::manifest::Channel;
use domain::near::{nearest, perhaps};
use domain::say::Lang;
use runtime::clock::Clock;
use runtime::sending::stop_beside;
use runtime::words::there_are;
use serde::{Deserialize, Serialize};
use site::Site;
use store::sending::{self, Cause, NewStop, Scope};
use store::{Conn, releases};

use crate::app::App;
use crate::command::{EDITORS, for_the_socket};
use crate::language::{answering_in, say};
use crate::sending::{held_by, name};
use crate::{Actor, Answer, Done, Execute, Reply, Rules};

/// Stop sending.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Pause {
    /// What.
    pub scope: Scope,
    /// Which channel or workflow, or the number of the release.
    pub target: String,
    /// Why.
    pub reason: String,
}

/// The stop.
#[derive(Debug, Serialize)]
pub(crate) struct Pausing {
    /// Its number.
    stop: i64,
    scope: Scope,
    target: String,
    /// How many orders it holds.
    held: i64,
    /// How many that it would hold are held by others already, where they were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_by_others: Option<i64>,
}

impl Execute for Pause {
    type Data = Pausing;

    fn rules(&self) -> Rules<'_> {
        // Stopping does no harm; letting go does.
        Rules::of(EDITORS).because(&self.reason).always_taken()
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let (scope, target) = (self.scope, self.target.as_str());
        let release = {
            let mut conn = app.engine.store.read().await?;
            let runs = app.engine.runtime();
            let runs =
                runs.is_some_and(|runs| runs.program.workflows.contains_key(target));
            known_target(conn.conn(), scope, target, runs).await?
        };
        let standing = {
            let mut conn = app.engine.store.read().await?;
            sending::find(conn.conn(), scope, target, Cause::Person).await?
        };
        let stop = if let Some(stop) = &standing {
            stop.id
        } else {
            let new = by_person(actor, self, release);
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
        let held_by_others = Some(elsewhere);
        let target = self.target.clone();
        let data = Pausing { stop, scope, target, held, held_by_others };
        Ok(Answer { text, data })
    }
}

fn by_person(actor: &Actor, pause: &Pause, release: Option<ReleaseId>) -> NewStop {
    NewStop {
        scope: pause.scope,
        target: pause.target.clone(),
        release,
        plugin: None,
        up_to: None,
        cause: Cause::Person,
        reason: pause.reason.clone(),
        by: actor.name.clone(),
    }
}

/// Stops sending beside a daemon that does not answer in time: the stop stands
/// in the store, and the daemon reads it before anything more leaves.
pub async fn pause_beside(site: &Site, lang: Lang, login: &str, pause: &Pause) -> Reply {
    let written = write_beside(site, login, pause);
    let done = answering_in(lang, Box::pin(written)).await;
    crate::reply_of(for_the_socket(done))
}

async fn write_beside(site: &Site, login: &str, pause: &Pause) -> Done<Pausing> {
    let actor = crate::actor(site, login)?;
    crate::may_give(&actor, &pause.rules())?;
    crate::needs_reason(&pause.rules())?;
    let (scope, target) = (pause.scope, pause.target.as_str());
    let store = site.store().await?;
    let now = Clock::machine(&site.config.zone)?.now();
    let release = {
        let mut conn = store.read().await?;
        known_target(conn.conn(), scope, target, false).await?
    };
    let new = by_person(&actor, pause, release);
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
    let (target, held_by_others) = (pause.target.clone(), None);
    let data = Pausing { stop, scope, target, held, held_by_others };
    Ok(Answer { text, data })
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
    let meant = perhaps(nearest(target, known.iter().copied()));
    say(
        format!(
            "没有{zh} `{target}`{},没有停发任何指令\n  提示:现有 {}",
            meant.zh,
            there_are(known.iter().copied())
        ),
        format!(
            "there is no {en} `{target}`{}; nothing was stopped\n  hint: there are {}",
            meant.en,
            known.join(", ")
        ),
    )
}

async fn held_elsewhere(app: &App, stop: i64) -> Result<i64> {
    let mut conn = app.engine.store.read().await?;
    Ok(sending::held_elsewhere(conn.conn(), stop).await?)
}
