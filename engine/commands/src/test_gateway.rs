//! Trying a gateway (试发): one marked message of the institution's own, about
//! nobody's debt, and what the answer would mean for orders.

use anyhow::{Result, bail};
use domain::journal::{
    Entry, GatewayTest, GatewayTestRehearsed, GatewayTested, GatewayTrial, TrialAhead,
    TrialDone, TrialRehearsed,
};
use domain::manifest::Channel;
use domain::near::{nearest, perhaps};
use domain::phone;
use runtime::Plugins;
use runtime::words::{VERBS, there_are};
use serde::{Deserialize, Serialize};
use store::journal::NewLine;
use store::plugin::{Gateway, Plugin, Trial};
use store::sending::{self, Cause};
use store::{Conn, Now, people};

use crate::app::App;
use crate::command::CHIEFS;
use crate::language::say;
use crate::{Actor, Answer, CameToNothing, Done, Execute, Rules, refuse};

/// Send one marked test message to a telephone of your own.
#[derive(clap::Args, Clone, Debug, Deserialize, Serialize)]
pub struct TestGateway {
    /// The channel: sms, `wechat_work`, `letter_post`, `letter_hand`.
    pub channel: String,
    /// Number, account or address of somebody of the institution.
    #[arg(long, value_name = "NUMBER")]
    pub to: String,
}

/// What came of the trial.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Tried {
    /// Nothing leaves.
    InRehearsal(TrialRehearsed),
    /// The gateway has answered, or has not.
    InEarnest(TrialDone),
}

/// Sends the message through the gateway as it is set up, stop or no stop.
impl Execute for TestGateway {
    type Data = Tried;

    fn rules(&self) -> Rules<'_> {
        Rules::of(CHIEFS)
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let channel = known(app, &self.channel)?;
        let to = point(channel, &self.to)?;
        let plugins = app.engine.plugins();
        let (plugin, gateway) = gateway_of(&plugins, channel)?;
        let now = app.engine.clock.now();
        let key = format!("test{:x}", now.ms);
        let mut conn = app.engine.store.read().await?;
        let in_book = people::is_reached_at(conn.conn(), &to).await?;
        drop(conn);
        if in_book {
            return refuse(say(
                "这个号码是台账中当事人的,没有发送\n  提示:测试消息只发给本机构人员的号码",
                "this is the number of somebody in the book; nothing was sent\n  hint: a test \
                 goes to a number of the institution's own staff",
            ));
        }
        let rehearses = app.engine.rehearsal.is_some() || app.site().config.rehearsal;
        let by = actor.name.clone();
        let about = GatewayTrial {
            channel,
            plugin: plugin.manifest().name.to_owned(),
            gateway: gateway.kind.to_owned(),
            host: gateway.host.clone(),
            to: masked(&to),
        };
        if rehearses {
            let what = TrialRehearsed { trial: about, sent: false };
            let data = Tried::InRehearsal(what.clone());
            let rehearsed = GatewayTestRehearsed { by, what };
            note(app, actor, &now, Entry::GatewayTestRehearsed(rehearsed)).await?;
            let text = say(
                "演练中:什么都不会发出,测试消息也没有发\n  提示:关闭 rehearsal 并重启后再试",
                "REHEARSAL: nothing leaves, and the test message did not either\n  hint: switch \
                 rehearsal off, restart and try again",
            );
            return Ok(Answer { text, data });
        }
        // Before it leaves: what nobody wrote down cannot be explained.
        let what = TrialAhead { trial: about.clone(), key: key.clone() };
        let ahead = GatewayTest { by: by.clone(), what };
        note(app, actor, &now, Entry::GatewayTest(ahead)).await?;
        let trial = plugin.try_channel(channel, &to, &key).await;
        let what = trial_done(about, key, &trial);
        let data = Tried::InEarnest(what.clone());
        let now = app.engine.clock.now();
        note(app, actor, &now, Entry::GatewayTested(GatewayTested { by, what })).await?;
        let stopped = {
            let mut conn = app.engine.store.read().await?;
            is_stopped(conn.conn(), plugin.manifest().name, channel).await?
        };
        let text = told(channel, &gateway, &masked(&to), &trial, stopped);
        if trial.answer.is_err() {
            let data = serde_json::to_value(data)?;
            return Err(CameToNothing { text, data }.into());
        }
        Ok(Answer { text, data })
    }
}

/// The trial with its answer, as it goes into the journal.
fn trial_done(about: GatewayTrial, key: String, trial: &Trial) -> TrialDone {
    let answer = match &trial.answer {
        Ok(receipt) => receipt.reference.clone(),
        Err(error) => error.to_string(),
    };
    TrialDone {
        trial: about,
        key,
        sent: true,
        status: trial.status,
        code: trial.code.clone(),
        class: trial.class().to_owned(),
        answer,
    }
}

fn known(app: &App, word: &str) -> Result<Channel> {
    let plugins = app.engine.plugins();
    let has = |it: &Channel| gateway_of(&plugins, *it).is_ok();
    let channels: Vec<&str> =
        Channel::ALL.iter().filter(|it| has(it)).map(|it| it.as_str()).collect();
    if let Some(channel) = Channel::parse(word).filter(has) {
        return Ok(channel);
    }
    let meant = perhaps(nearest(word, channels.iter().copied()));
    bail!(say(
        format!(
            "没有网关 `{word}`{},没有发送\n  提示:现有 {}",
            meant.zh,
            there_are(channels.iter().copied())
        ),
        format!(
            "there is no gateway `{word}`{}; nothing was sent\n  hint: there are {}",
            meant.en,
            channels.join(", ")
        ),
    ))
}

fn gateway_of(plugins: &Plugins, channel: Channel) -> Result<(&dyn Plugin, Gateway)> {
    let of = |it: &dyn Plugin| it.gateway(channel);
    for plugin in plugins.iter() {
        if let Some(gateway) = of(plugin) {
            return Ok((plugin, gateway));
        }
    }
    let word = channel.as_str();
    bail!("`{word}` 没有网关 · `{word}` has no gateway")
}

/// The number, account or address as the gateway gets it.
fn point(channel: Channel, to: &str) -> Result<String> {
    let to = to.trim();
    if channel == Channel::Sms {
        let number = phone::first(to).filter(phone::Phone::takes_texts);
        return match number {
            Some(it) => Ok(it.as_str().to_owned()),
            None => bail!(say(
                "--to 不是手机号码,没有发送\n  提示:写本机构人员的 11 位手机号",
                "--to is no mobile number; nothing was sent\n  hint: give the mobile of \
                 somebody of the institution",
            )),
        };
    }
    if to.is_empty() {
        bail!(say(
            "--to 是空的,没有发送\n  提示:写本机构人员的账号或地址",
            "--to is empty; nothing was sent\n  hint: give an account or address of the \
             institution's own",
        ));
    }
    Ok(to.to_owned())
}

/// What may stand in journal and answer: whose it is can be told, not read.
fn masked(to: &str) -> String {
    let letters: Vec<char> = to.chars().collect();
    let length = letters.len();
    if length < 8 {
        return "*".repeat(length);
    }
    let (first, last) = (&letters[..3], &letters[length - 2..]);
    let hidden = "*".repeat(length - 5);
    format!("{}{hidden}{}", first.iter().collect::<String>(), String::from_iter(last))
}

/// Writes a line about a trial, which is its own reason.
async fn note(app: &App, actor: &Actor, now: &Now, entry: Entry) -> Result<()> {
    let work = app.engine.begin_by(actor.because(""), now).await?;
    work.record(&[NewLine::of_site(entry)]).await?.commit().await
}

async fn is_stopped(conn: &mut Conn, plugin: &str, channel: Channel) -> Result<bool> {
    let stops = sending::at_work(conn).await?;
    Ok(stops.iter().any(|stop| {
        !stop.lifted
            && stop.cause == Cause::ChannelFault
            && stop.target == channel.as_str()
            && stop.plugin.as_deref() == Some(plugin)
    }))
}

fn told(
    channel: Channel,
    gateway: &Gateway,
    to: &str,
    trial: &Trial,
    stopped: bool,
) -> String {
    let word = channel.as_str();
    if gateway.kind == "spool" && trial.answer.is_ok() {
        let file = trial.answer.as_ref().map_or("", |it| it.reference.as_str());
        return say(
            format!(
                "渠道 {} 没有设网关:测试消息写入 {file},没有发出\n  \
                 提示:在 qingshou.toml 设置网关,重读设置(`systemctl reload qingshou`)后再试",
                VERBS.zh(word)
            ),
            format!(
                "channel {word} has no gateway: the test message lies in {file}, nothing \
                 left\n  hint: set a gateway up in qingshou.toml, let it be read again (`systemctl \
                 reload qingshou`) and try once more"
            ),
        );
    }
    let host = &gateway.host;
    let mut lines = vec![say(
        format!("测试消息({word})经 {host} 发往 {to}"),
        format!("a test message ({word}) through {host} to {to}"),
    )];
    let status = trial.status.map_or("-".to_owned(), |it| it.to_string());
    let code = trial.code.as_deref().unwrap_or("-");
    let class = trial.class();
    let (zh, en) = match (class, trial.status) {
        ("account", None) => NOTHING_SENT,
        _ => meaning(class),
    };
    lines.push(say(
        format!("HTTP 状态 {status},应答码 {code},类别 {class}:{zh}"),
        format!("HTTP status {status}, code {code}, class {class}: {en}"),
    ));
    match &trial.answer {
        Ok(receipt) if receipt.reference.is_empty() => {}
        Ok(receipt) => lines.push(say(
            format!("  网关的编号:{}", receipt.reference),
            format!("  the gateway's number: {}", receipt.reference),
        )),
        Err(error) => lines.push(format!("  {}", in_language(&error.to_string()))),
    }
    let (zh, en) = advice(class);
    lines.push(say(format!("  下一步:{zh}"), format!("  next: {en}")));
    if stopped {
        lines.push(say(
            format!(
                "  渠道 {word} 因故障停着:程序自己会再试一条,成功后全部放行;\
                 立即放行用 `qingshou resume channel {word} --reason …`"
            ),
            format!(
                "  channel {word} is stopped for a fault: it is tried with one order now \
                 and then, and all go on when that gets through; at once with \
                 `qingshou resume channel {word} --reason …`"
            ),
        ));
    }
    lines.join("\n")
}

/// The half of a text in two languages, `中文 · English`, that is asked for.
pub(crate) fn in_language(text: &str) -> String {
    match text.split_once(" · ") {
        Some((zh, en)) => say(zh, en),
        None => text.to_owned(),
    }
}

/// What it means that the gateway was not even asked.
const NOTHING_SENT: (&str, &str) = (
    "没有发出:设置、凭据或加密连接有问题;渠道停下,指令全部保留",
    "nothing was sent: settings, secret or encryption are at fault; the channel stops and keeps its orders",
);

/// What an answer of a class means for orders.
fn meaning(class: &str) -> (&'static str, &'static str) {
    match class {
        "accepted" => ("网关已受理", "the gateway took it"),
        "number" => ("只是这个号码不行,其他照发", "this number is no good; others go on"),
        "account" => (
            "网关不接受本机构,渠道停下,指令全部保留",
            "the gateway refuses the institution; the channel stops and keeps its orders",
        ),
        "busy" => ("网关忙,指令稍后自动再试", "it is busy; orders are tried again later"),
        "unreachable" => (
            "连不上网关;连续三次后渠道停下,指令全部保留",
            "it cannot be reached; after three times the channel stops and keeps its orders",
        ),
        "settings" => ("设置不全,没有发出", "the settings lack something; nothing left"),
        _ => ("是否送达不明", "it is not known whether it arrived"),
    }
}

/// What the administrator does next.
fn advice(class: &str) -> (&'static str, &'static str) {
    match class {
        "accepted" => (
            "请收信人确认收到;没收到的,把网关的编号交给网关公司查询",
            "let the receiver confirm it; if it did not come, ask the gateway's company with its number",
        ),
        "number" => (
            "核对 --to;号码没错的,这个码不应在 number_values 里",
            "check --to; if the number is right, the code does not belong in number_values",
        ),
        "account" => (
            "核对凭据、余额、签名和地址,再试一次;凭据文件改好即用,改了 qingshou.toml 先重读设置(`systemctl reload qingshou`)",
            "check secret, credit, signature and address and try again; a secret's file counts at once, after a change of qingshou.toml let it be read again first (`systemctl reload qingshou`)",
        ),
        "busy" => ("过几分钟再试", "try again in a few minutes"),
        "unreachable" => (
            "核对 url、本机网络和防火墙",
            "check url, this machine's network and the firewall",
        ),
        "settings" => (
            "照上面所说补全设置,重读设置(`systemctl reload qingshou`)后再试",
            "complete the settings, let them be read again (`systemctl reload qingshou`) and try once more",
        ),
        _ => (
            "请收信人看是否收到;核对 ok_pointer,把这个码写进 ok_value、account_values、number_values 或 retry_values",
            "ask the receiver; check ok_pointer and put the code into ok_value, account_values, number_values or retry_values",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn whom_a_test_went_to_can_be_told_and_not_read() {
        assert_eq!(masked("13800000042"), "138******42");
        assert_eq!(masked("某路1号"), "****");
    }
}
