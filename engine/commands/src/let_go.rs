//! What people say of contacts that the guard holds (放行).

use anyhow::bail;
use domain::manifest::Channel;
use domain::say::Lang;
use runtime::guard::{Go, Gone, Which, zh};
use serde::{Deserialize, Serialize};
use store::sending::{self, Cause, Scope, Stop};

use crate::app::App;
use crate::command::CHIEFS;
use crate::language::{asked_in, say};
use crate::sending::name;
use crate::{Actor, Answer, Done, Execute, Rules};

/// Let go what the guard holds.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct LetGo {
    /// Which of it.
    pub which: Which,
    /// How much of it.
    pub go: Go,
    /// Why.
    pub reason: String,
}

/// What goes, by channel.
#[derive(Debug, Serialize)]
pub(crate) struct LettingGo {
    let_go: Vec<Gone>,
}

impl Execute for LetGo {
    type Data = LettingGo;

    fn rules(&self) -> Rules<'_> {
        Rules::of(CHIEFS).because(&self.reason).bearing_a_day()
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { which, go, reason } = self;
        let lang = asked_in();
        let gone = app.engine.let_go(which, *go, &actor.name, reason).await?;
        if gone.is_empty() {
            bail!(say(
                "没有扣下这样的指令,没有改动\n  提示:用 `qingshou sending ls` 查看",
                "nothing of the kind is held; nothing was changed\n  hint: `qingshou sending ls` shows what is",
            ));
        }
        let mut lines: Vec<String> = gone.iter().map(|it| line(it, lang)).collect();
        let mut conn = app.engine.store.read().await?;
        let stops = sending::at_work(conn.conn()).await?;
        drop(conn);
        let others = stops.iter().filter(|stop| holds_some(stop, &gone));
        lines.extend(others.map(|stop| still_stopped(stop, lang)));
        Ok(Answer { text: lines.join("\n"), data: LettingGo { let_go: gone } })
    }
}

/// The channel, and whose visits they are.
pub fn title(channel: &str, counted_for: &str, lang: Lang) -> String {
    let name = match Channel::parse(channel) {
        Some(it) if lang == Lang::Zh => zh(it),
        _ => channel,
    };
    match (counted_for, lang) {
        ("", _) => name.to_owned(),
        (collector, Lang::En) => format!("{name} of {collector}"),
        (collector, Lang::Zh) => format!("{name}({collector})"),
    }
}

/// Whether a stop that is no question of the guard may hold some of what was let go.
fn holds_some(stop: &Stop, gone: &[Gone]) -> bool {
    let is_other = stop.cause != Cause::Guard && stop.scope != Scope::Orders;
    let of_channel =
        stop.scope != Scope::Channel || gone.iter().any(|one| one.channel == stop.target);
    is_other && !stop.lifted && of_channel
}

/// That whoever let them go has not let them leave yet.
fn still_stopped(stop: &Stop, lang: Lang) -> String {
    let (name, id) = (name(stop.scope, &stop.target), stop.id);
    if lang == Lang::En {
        format!(
            "  still stopped: {name} (stop {id}); what it concerns leaves only after \
             `qingshou resume stop {id} --reason …`"
        )
    } else {
        format!(
            "  仍在停发:{name}(停发 {id});它管到的指令要等 `qingshou resume stop {id} \
             --reason …` 之后才发出"
        )
    }
}

fn line(gone: &Gone, lang: Lang) -> String {
    let name = title(&gone.channel, &gone.counted_for, lang);
    let Gone { now, later, held, bound, .. } = gone;
    match (*later, lang) {
        (1.., Lang::Zh) if 0 < *now => {
            format!(
                "{name}:放行 {now} 条,其余 {later} 条照旧每天按上限(今天 {bound} 条)放行"
            )
        }
        (1.., Lang::En) if 0 < *now => format!(
            "{name}: {now} let go, the other {later} go on at the bound a day (today {bound})"
        ),
        (0, Lang::Zh) => format!("{name}:放行 {now} 条,仍扣下 {held} 条"),
        (0, Lang::En) => format!("{name}: {now} let go, {held} still held"),
        (_, Lang::Zh) => {
            format!("{name}:{later} 条每天按上限(今天 {bound} 条)放行,直到放完,不再询问")
        }
        (_, Lang::En) => format!(
            "{name}: {later} go at the bound a day (today {bound}), without another question"
        ),
    }
}
