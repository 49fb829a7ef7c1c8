//! The gateways (网关): where each channel leads, how it does, and what to do when
//! it does not.

use anyhow::Result;
use domain::manifest::Channel;
use domain::say::Say;
use runtime::clock::Clock;
use runtime::lane::health_key;
use runtime::outlet::{self, Outlet};
use runtime::{Plugins, letters};
use script::program::Folder;
use serde_json::{Value, json};
use site::{Site, in_force};
use store::channel_looks::{self, Fault, Lacking, OnTheirWay};
use store::plugin::{Concern, Gateway as Far, Plugin, Texts};
use store::sending::{self, Cause, Scope, Stop};
use store::{Conn, meta, rehearsal, releases};

use crate::cli::Exit;
use crate::cli::args::{Gateway, GatewayWhat, Output};
use crate::cli::context::Context;
use crate::cli::output::{self, Sheet};
use crate::cli::scripts;

pub(crate) async fn gateway(context: &Context, args: Gateway) -> Result<Exit> {
    match args.what {
        GatewayWhat::Ls => list(context).await,
        GatewayWhat::Test(test) => context.order(test).await,
    }
}

/// One channel of a plugin as it stands.
pub(crate) struct Look {
    channel: &'static str,
    plugin: &'static str,
    far: Far,
    at_once: u32,
    per_second: Option<u32>,
    /// `works`, `untried`, `fault`, `not_taken_up`, `paused`, `folder` or
    /// `rehearsal`.
    state: &'static str,
    on_their_way: OnTheirWay,
    last_taken_at: Option<i64>,
    fault: Option<Fault>,
    /// What is wrong with the settings.
    concern: Option<String>,
    /// What this shell lacks and the daemon may have.
    note: Option<String>,
    /// What the settings lack for single texts, and orders that wait for it.
    lacks: Vec<String>,
    /// Orders that wait for it.
    lacking: i64,
}

/// Every channel that leads out of the books, as settings and store have it.
pub(crate) async fn looks(
    context: &Context,
    site: &Site,
    conn: &mut Conn,
) -> Result<Vec<Look>> {
    let plugins = plugins_on::all(&site.config.plugins, &site.dir)?;
    let concerns = concerns(site, &plugins);
    let texts = in_force(conn, &plugins).await?;
    let lacks: Vec<Concern> =
        plugins.iter().flat_map(|plugin| plugin.lacks(&texts)).collect();
    let waiting = channel_looks::lacking(conn).await?;
    let stops = sending::at_work(conn).await?;
    let counts = channel_looks::on_their_way(conn).await?;
    let rehearses = rehearsal::since(conn).await?.is_some();
    let mut looks = Vec::new();
    for outlet in outlet::all(&plugins) {
        let Some((name, channel)) = outlet.gateway() else { continue };
        let word = channel.as_str();
        let far = plugins.named(name).and_then(|it| it.gateway(channel));
        let far = far.unwrap_or(Far { kind: "spool", host: String::new() });
        let grave = |it: &&Concern| it.grave && it.channel == Some(channel);
        let concern = concerns.iter().find(grave).filter(|_| far.kind != "spool");
        let concern = concern.map(|concern| concern.say.of(context.lang).clone());
        let other = |one: &&Concern| {
            !one.grave && one.variable.is_some() && one.channel == Some(channel)
        };
        let note = concerns.iter().find(other).filter(|_| far.kind != "spool");
        let note = note.map(|one| one.say.of(context.lang).clone());
        let last_taken_at = last_taken_at(conn, &outlet).await?;
        let fault = channel_looks::last_fault(conn, name, word).await?;
        let stands = fault.as_ref().is_some_and(|fault| fault.until.is_none());
        let state = match () {
            () if rehearses => "rehearsal",
            () if stands => "fault",
            () if concern.is_some() => "not_taken_up",
            () if stops.iter().any(|stop| pauses(stop, word)) => "paused",
            () if far.kind == "spool" => "folder",
            () if last_taken_at.is_some() => "works",
            () => "untried",
        };
        let key = (name.to_owned(), word.to_owned());
        looks.push(Look {
            channel: word,
            plugin: name,
            far,
            at_once: outlet.pace().at_once,
            per_second: outlet.pace().per_second.map(std::num::NonZero::get),
            state,
            on_their_way: counts.get(&key).copied().unwrap_or_default(),
            last_taken_at,
            fault,
            concern,
            note,
            lacks: lacks_of(context, &lacks, &waiting, (name, channel)),
            lacking: waiting
                .iter()
                .filter(|it| it.plugin == name && it.channel == word)
                .map(|it| it.orders)
                .sum(),
        });
    }
    Ok(looks)
}

/// What is to be seen to in the settings of the channels. A variable that this shell
/// lacks is no fault while a daemon works that was started with its own.
pub(super) fn concerns(site: &Site, plugins: &Plugins) -> Vec<Concern> {
    let all: Vec<Concern> = plugins.iter().flat_map(Plugin::concerns).collect();
    if in_force::of_daemon(&site.dir).is_none() {
        return all;
    }
    all.into_iter().map(of_this_shell).collect()
}

fn of_this_shell(concern: Concern) -> Concern {
    let Some(variable) = &concern.variable else { return concern };
    let say = Say::new(
        format!(
            "{variable}:本终端没有这个环境变量;守护进程启动时有它自己的环境,以守护进程为准"
        ),
        format!(
            "{variable}: this shell lacks the variable; the daemon was started with its own \
         environment, which is what counts"
        ),
    );
    Concern { grave: false, say, ..concern }
}

/// The texts of the release in force.
async fn in_force(conn: &mut Conn, plugins: &Plugins) -> Result<Texts> {
    let Some(release) = releases::active(conn).await? else {
        return Ok(Texts::default());
    };
    let files = releases::files(conn, release.id).await?;
    Ok(texts_of(&Folder { files }, plugins))
}

/// The texts of the site's folder, which was checked in a process of its own: a
/// template may be such that reading it ends the program. `None` where it has an error,
/// which has its own finding: nobody knows its texts then, and none is missed.
pub(super) fn texts(context: &Context, site: &Site, plugins: &Plugins) -> Option<Texts> {
    let read = scripts::read(context, &site.workflows()).ok()?.ok()?;
    let is_sound = !read.candidate.has_errors();
    is_sound.then(|| texts_of(&read.candidate.folder, plugins))
}

fn texts_of(folder: &Folder, plugins: &Plugins) -> Texts {
    let verbs: Vec<_> = plugins.catalog().all_verbs().collect();
    letters::texts(folder, &verbs)
}

/// What a channel's settings lack for single texts: as orders met it, and where
/// settings and texts show a slip before.
fn lacks_of(
    context: &Context,
    lacks: &[Concern],
    waiting: &[Lacking],
    (plugin, channel): (&str, Channel),
) -> Vec<String> {
    let shown = lacks.iter().filter(|it| it.grave && it.channel == Some(channel));
    let mut found: Vec<String> =
        shown.map(|it| it.say.of(context.lang).clone()).collect();
    let met = waiting
        .iter()
        .filter(|it| it.plugin == plugin && it.channel == channel.as_str())
        .map(|it| (context.half(&it.reason), it.orders));
    found.extend(met.map(|(reason, orders)| {
        if context.english() {
            format!("{orders} orders wait: {reason}")
        } else {
            format!("{orders} 条指令在等:{reason}")
        }
    }));
    found
}

fn pauses(stop: &Stop, channel: &str) -> bool {
    let meant = stop.scope == Scope::All || stop.target == channel;
    !stop.lifted && stop.cause == Cause::Person && meant
}

async fn last_taken_at(conn: &mut Conn, outlet: &Outlet) -> Result<Option<i64>> {
    let note = meta::text(conn, &health_key(&outlet.name())).await?.unwrap_or_default();
    let note: Value = serde_json::from_str(&note).unwrap_or_default();
    Ok(note["last_taken_at"].as_i64())
}

impl Look {
    /// Nothing leaves over it before somebody has seen to it.
    pub(crate) fn is_faulty(&self) -> bool {
        matches!(self.state, "fault" | "not_taken_up") || !self.lacks.is_empty()
    }

    /// As `gateway ls` and `status` have it for programs.
    pub(crate) fn fields(&self, context: &Context, clock: &Clock) -> Value {
        let at = |it: i64| clock.civil(it).to_string();
        let fault = self.fault.as_ref();
        json!({
            "channel": self.channel, "plugin": self.plugin, "gateway": self.far.kind,
            "host": self.far.host, "at_once": self.at_once, "per_second": self.per_second,
            "state": self.state, "waiting": self.on_their_way.waiting,
            "held": self.on_their_way.held, "in_hand": self.on_their_way.in_hand,
            "last_taken": self.last_taken_at.map(at),
            "fault": fault.map(|fault| context.half(&fault.reason)),
            "fault_since": fault.map(|fault| at(fault.since)),
            "fault_until": fault.and_then(|fault| fault.until).map(at),
            "concern": self.concern, "note": self.note, "lacks": self.lacks.join("; "), "lacking": self.lacking, "do": self.advice(context),
        })
    }

    /// What to do, where something is to be done.
    fn advice(&self, context: &Context) -> Option<String> {
        let channel = self.channel;
        let (zh, en) = match self.state {
            "fault" => (
                format!(
                    "核对 [plugins.{}] 的设置、凭据和余额,用 `qingshou gateway test {channel} --to 号码` 试发;好了自动续发,每条一次",
                    self.plugin
                ),
                format!(
                    "check settings, secret and credit of [plugins.{}], try with `qingshou gateway test {channel} --to NUMBER`; once it works the orders leave by themselves, each once",
                    self.plugin
                ),
            ),
            "not_taken_up" => (
                "照设置问题所说处理;改了 qingshou.toml 就重读设置(`systemctl reload qingshou`,或向守护进程发 SIGHUP),不必重启"
                    .to_owned(),
                "do as the concern says; after a change of qingshou.toml let it be read again (`systemctl reload qingshou`, or SIGHUP to the daemon), no restart is needed"
                    .to_owned(),
            ),
            "paused" => (
                "有人停发,见 `qingshou status`".to_owned(),
                "a person has stopped it, see `qingshou status`".to_owned(),
            ),
            "folder" if self.far.kind == "spool" && 0 < self.on_their_way.held => (
                "有指令被留住,见 `qingshou status`".to_owned(),
                "orders are held, see `qingshou status`".to_owned(),
            ),
            "untried" => (
                format!("还没有发过:`qingshou gateway test {channel} --to 号码` 试发"),
                format!(
                    "nothing was sent yet: try it with `qingshou gateway test {channel} --to NUMBER`"
                ),
            ),
            _ => return None,
        };
        Some(if context.english() { en } else { zh })
    }

    /// Lines for people about a channel that needs somebody.
    pub(crate) fn lines(&self, context: &Context, clock: &Clock) -> Vec<String> {
        let Self { channel, plugin, .. } = self;
        let host = &self.far.host;
        let OnTheirWay { waiting, held, .. } = self.on_their_way;
        let mut lines = Vec::new();
        if let Some(fault) = self.fault.as_ref().filter(|_| self.state == "fault") {
            let since = clock.civil(fault.since);
            let reason = context.half(&fault.reason);
            lines.push(if context.english() {
                format!("CHANNEL AT FAULT: {channel} ({plugin}, {host}) since {since}, {held} orders held, {waiting} waiting: {reason}")
            } else {
                format!("渠道故障:{channel}({plugin},{host})自 {since},留住 {held} 条,等待 {waiting} 条:{reason}")
            });
        } else if let Some(concern) = &self.concern {
            lines.push(if context.english() {
                format!("CHANNEL NOT TAKEN UP: {channel} ({plugin}), {held} orders held, {waiting} waiting: {concern}")
            } else {
                format!("渠道未启用:{channel}({plugin}),留住 {held} 条,等待 {waiting} 条:{concern}")
            });
        }
        if !lines.is_empty() {
            let hint = context.text("  下一步:", "  next: ");
            lines.extend(self.advice(context).map(|advice| format!("{hint}{advice}")));
        }
        if !self.lacks.is_empty() {
            lines.push(if context.english() {
                format!("SETTINGS LACK SOMETHING: {channel} ({plugin}), {} orders are kept for it; the others leave", self.lacking)
            } else {
                format!("设置不全:{channel}({plugin}),{} 条指令因此留住不发,其余照发", self.lacking)
            });
            lines.extend(self.lacks.iter().map(|it| format!("  {it}")));
            lines.push(
                context
                    .text(
                        "  下一步:改好 qingshou.toml 后重读设置(`systemctl reload qingshou`);留住的指令十分钟内自动续发",
                        "  next: mend qingshou.toml and let it be read again (`systemctl reload qingshou`); what is kept leaves by itself within ten minutes",
                    )
                    .to_owned(),
            );
        }
        lines
    }
}

async fn list(context: &Context) -> Result<Exit> {
    let (site, store) = context.store().await?;
    let clock = Clock::machine(&site.config.zone)?;
    let mut conn = store.read().await?;
    let looks = looks(context, &site, conn.conn()).await?;
    let whole = [
        "channel",
        "plugin",
        "gateway",
        "host",
        "at_once",
        "per_second",
        "state",
        "waiting",
        "held",
        "in_hand",
        "last_taken",
        "fault",
        "fault_since",
        "fault_until",
        "concern",
        "lacks",
        "do",
    ];
    // On a screen the texts stand below the table.
    let columns = if context.output == Output::Table { &whole[..11] } else { &whole[..] };
    let mut sheet = Sheet::new(columns);
    for look in &looks {
        let fields = look.fields(context, &clock);
        sheet.push(columns.iter().map(|column| fields[*column].clone()).collect());
    }
    sheet.print(context.output, context.lang)?;
    if context.output == Output::Table {
        for line in looks.iter().flat_map(|look| below(look, context, &clock)) {
            output::say(&line)?;
        }
    }
    Ok(Exit::Ok)
}

/// What stands below the table about a channel.
fn below(look: &Look, context: &Context, clock: &Clock) -> Vec<String> {
    if look.is_faulty() {
        return look.lines(context, clock);
    }
    let mut lines = Vec::new();
    let channel = look.channel;
    if let Some((fault, until)) =
        look.fault.as_ref().and_then(|fault| Some((fault, fault.until?)))
    {
        let (since, until) = (clock.civil(fault.since), clock.civil(until));
        let reason = context.half(&fault.reason);
        lines.push(if context.english() {
            format!("{channel}: last fault {since} – {until}: {reason}")
        } else {
            format!("{channel}:上次故障 {since} – {until}:{reason}")
        });
    }
    lines.extend(look.note.as_ref().map(|note| format!("{channel}: {note}")));
    if let Some(advice) = look.advice(context) {
        lines.push(if context.english() {
            format!("{channel}: {advice}")
        } else {
            format!("{channel}:{advice}")
        });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_the_shell_lacks_is_no_fault_of_the_daemon_s_channel() {
        let concern = |variable: Option<&str>| Concern {
            channel: Some(Channel::Sms),
            grave: true,
            variable: variable.map(ToOwned::to_owned),
            say: Say::new("缺", "it lacks"),
        };
        let other = of_this_shell(concern(None));
        assert!(other.grave && other.say.en == "it lacks");
        let setting = "[plugins.remind.sms] token_env";
        let told = of_this_shell(concern(Some(setting)));
        assert!(!told.grave && told.say.en.starts_with(setting), "{}", told.say.en);
        assert!(told.say.zh.contains("本终端"), "{}", told.say.zh);
    }
}
