//! Stopping what is on its way out, letting it go on, dropping it (停发、恢复、放弃).

use std::io::{BufRead, IsTerminal};

use anyhow::{Context as _, Result, bail};
use commands::{Order, Refused, Unpause, Which};
use domain::ids::OrderId;
use domain::manifest::Channel;
use domain::status::OrderStatus;
use runtime::clock::Clock;
use runtime::words::VERBS;
use serde::Deserialize;
use serde_json::{Value, json};
use site::Site;
use store::order_query::{self, OrderQuery};
use store::sending::{Resume as How, Scope};
use store::{Conn, releases};

use crate::cli::args::{DropOrders, Output, Pause, Resume, Resumed, Stopped};
use crate::cli::context::Context;
use crate::cli::{Exit, filters, looked_at_by_the_daemon, output};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
const LONGEST_SPREAD_MS: i64 = 7 * DAY_MS;

pub(crate) async fn pause(context: &Context, args: Pause) -> Result<Exit> {
    let scope = match args.what {
        Stopped::All => Scope::All,
        Stopped::Channel => Scope::Channel,
        Stopped::Workflow => Scope::Workflow,
        Stopped::Release => Scope::Release,
    };
    let target = target(context, scope, args.which)?;
    context.order(commands::Pause { scope, target, reason: args.reason }).await
}

pub(crate) async fn resume(context: &Context, args: Resume) -> Result<Exit> {
    let how = how(context, &args)?;
    let which = match args.what {
        Resumed::Stop => {
            let number = args.which.unwrap_or_default();
            let number = number.parse().with_context(|| {
                context
                    .text(
                        "停发的编号是一个数,见 `qingshou status`",
                        "a stop has a number, see `qingshou status`",
                    )
                    .to_owned()
            })?;
            Which::Stop(number)
        }
        Resumed::All => Which::Of(Scope::All, target(context, Scope::All, args.which)?),
        Resumed::Channel => of(Scope::Channel, args.which),
        Resumed::Workflow => of(Scope::Workflow, args.which),
        Resumed::Release => of(Scope::Release, args.which),
    };
    context.order(Unpause { which, how, reason: args.reason }).await
}

fn of(scope: Scope, which: Option<String>) -> Which {
    Which::Of(scope, said(scope, which.unwrap_or_default()))
}

/// What is named beside the scope; `all` has nothing beside it.
fn target(context: &Context, scope: Scope, which: Option<String>) -> Result<String> {
    match which {
        Some(word) if scope == Scope::All => bail!(
            "{}",
            if context.english() {
                format!("`all` is everything; `{word}` was not expected")
            } else {
                format!("`all` 就是全部,后面不应有 `{word}`")
            }
        ),
        other => Ok(said(scope, other.unwrap_or_default())),
    }
}

/// A channel as staff say it is the one that the program has.
fn said(scope: Scope, word: String) -> String {
    let channels = Channel::ALL.map(Channel::as_str);
    let found = channels.into_iter().find(|channel| VERBS.is(channel, word.trim()));
    match found {
        Some(channel) if scope == Scope::Channel => channel.to_owned(),
        _ => word,
    }
}

fn how(context: &Context, args: &Resume) -> Result<How> {
    if let Some(days) = args.drop_older_than {
        return Ok(How::Drop(i64::from(days) * DAY_MS));
    }
    if let Some(hours) = args.spread_hours {
        return spread(context, &hours.to_string(), i64::from(hours) * HOUR_MS);
    }
    let Some(text) = &args.spread else { return Ok(How::Now) };
    match time(text) {
        Some(ms) => spread(context, text, ms),
        None => bail!(
            "{}",
            if context.english() {
                format!("`{text}` is no time: write 4h or 90m")
            } else {
                format!("`{text}` 不是时间:请写 4小时(4h)或 90分钟(90m)")
            }
        ),
    }
}

/// Milliseconds of `4h`, `90m`, `4小时`, `90分钟`; a bare number is hours.
fn time(text: &str) -> Option<i64> {
    const UNITS: [(&[&str], i64); 2] =
        [(&["m", "分钟", "分"], MINUTE_MS), (&["h", "个小时", "小时", "时"], HOUR_MS)];
    let text = text.trim().to_lowercase();
    let named = UNITS.iter().find_map(|(words, ms)| {
        Some((words.iter().find_map(|word| text.strip_suffix(word))?, *ms))
    });
    let (number, ms) = named.unwrap_or((&text, HOUR_MS));
    let number: u32 = number.trim().parse().ok().filter(|it| 0 < *it)?;
    Some(i64::from(number) * ms)
}

/// A spread that is longer than a week is a slip: what is said has changed by then,
/// and the cases have gone on.
fn spread(context: &Context, text: &str, ms: i64) -> Result<How> {
    if (MINUTE_MS..=LONGEST_SPREAD_MS).contains(&ms) {
        return Ok(How::Spread(ms));
    }
    bail!(
        "{}",
        if context.english() {
            format!(
                "a spread of `{text}` is not meant: from 1m to 168h (a week); nothing was changed"
            )
        } else {
            format!("`{text}` 不在 1m 到 168h(一周)之内,没有改动")
        }
    )
}

/// Drops one order, or counts those of a query and drops them when a person has
/// said yes to the count.
pub(crate) async fn drop_orders(context: &Context, args: DropOrders) -> Result<Exit> {
    if let Some(order) = args.order {
        let reason = args.reason;
        return context.order(Order { order, drop: true, reason }).await;
    }
    let found = if context.is_for_another() {
        found_by_the_daemon(context, &args).await?
    } else {
        found_here(context, &args).await?
    };
    let Some(found) = found else { return nothing_found(context) };
    if !args.yes && !agreed(context, &found)? {
        return Ok(Exit::Failed);
    }
    let Found { query, up_to, .. } = found;
    context.order(commands::DropOrders { query, up_to, reason: args.reason }).await
}

/// The orders that a query finds.
#[derive(Deserialize)]
struct Found {
    query: OrderQuery,
    #[serde(rename = "would_drop")]
    count: usize,
    up_to: OrderId,
}

async fn found_here(context: &Context, args: &DropOrders) -> Result<Option<Found>> {
    let (site, store) = context.store().await?;
    let clock = Clock::machine(&site.config.zone)?;
    let mut conn = store.read().await?;
    let plugins = plugins_on::for_checks(&site.dir)?;
    let verbs: Vec<&str> = plugins.catalog().all_verbs().map(|verb| verb.name).collect();
    let verb = args.verb.as_deref();
    let verb =
        verb.map(|verb| filters::word(context, ("动作", "verb"), VERBS, verb, &verbs));
    let verb = verb.transpose()?;
    let query = query(context, conn.conn(), (&site, &clock), args, verb).await?;
    let orders = order_query::find(conn.conn(), &query).await?;
    let count = orders.len();
    Ok(orders.last().copied().map(|up_to| Found { query, count, up_to }))
}

/// The same for whoever may not open the store: the daemon counts.
async fn found_by_the_daemon(
    context: &Context,
    args: &DropOrders,
) -> Result<Option<Found>> {
    let reply = looked_at_by_the_daemon(context, counting(args)).await?;
    if Exit::of_reply(reply.exit) == Exit::Refused {
        return Err(Refused(reply.text).into());
    }
    if reply.exit != 0 {
        bail!(reply.text);
    }
    let printed = |key: &str| reply.data[key].as_str().unwrap_or_default().trim();
    let Ok(counted) = serde_json::from_str::<Value>(printed("out")) else {
        bail!(printed("err").to_owned());
    };
    if counted.get("would_drop").is_none() {
        return Ok(None);
    }
    Ok(Some(serde_json::from_value(counted)?))
}

/// The words of the command that counts the same orders and drops none.
fn counting(args: &DropOrders) -> Vec<String> {
    let number = args.release.map(|release| release.to_string());
    let day = args.created_before.map(|created_before| created_before.to_string());
    let said = [
        ("workflow", args.workflow.as_ref()),
        ("channel", args.channel.as_ref()),
        ("verb", args.verb.as_ref()),
        ("status", args.status.as_ref()),
        ("release", number.as_ref()),
        ("created-before", day.as_ref()),
        ("reason", Some(&args.reason)),
    ];
    let said = said.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let said = said.map(|(name, value)| format!("--{name}={value}"));
    let lead = ["order", "drop", "--output=json"].map(str::to_owned);
    lead.into_iter().chain(said).collect()
}

fn nothing_found(context: &Context) -> Result<Exit> {
    if context.output == Output::Json {
        let version = output::FORMAT_VERSION;
        output::json(&json!({ "format_version": version, "dropped": 0 }))?;
    } else {
        output::say(context.text("没有符合条件的指令", "no order is like that"))?;
    }
    Ok(Exit::Ok)
}

/// Tells the count, and asks on a terminal; elsewhere only `--yes` is a yes.
fn agreed(context: &Context, found: &Found) -> Result<bool> {
    let Found { query, count, up_to } = found;
    let question = if context.english() {
        format!("{count} orders would be dropped")
    } else {
        format!("将放弃 {count} 条指令")
    };
    if context.output == Output::Json {
        let body = json!({
            "format_version": output::FORMAT_VERSION, "would_drop": count,
            "query": query, "up_to": up_to,
        });
        output::say(&body.to_string())?;
    }
    if context.output == Output::Json || !std::io::stdin().is_terminal() {
        output::complain(&format!(
            "{question}{}",
            context.text(
                ",没有改动\n  提示:确认后加 --yes",
                "; nothing was changed\n  hint: add --yes if that is meant"
            )
        ));
        return Ok(false);
    }
    output::say(&format!(
        "{question}{}",
        context.text(",输入“是”或 yes 确认:", "; type yes: ")
    ))?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    let yes = matches!(answer.trim().to_lowercase().as_str(), "yes" | "是");
    if !yes {
        output::complain(context.text("没有改动", "nothing was changed"));
    }
    Ok(yes)
}

async fn query(
    context: &Context,
    conn: &mut Conn,
    (site, clock): (&Site, &Clock),
    args: &DropOrders,
    verb: Option<String>,
) -> Result<OrderQuery> {
    let channel = args.channel.as_deref().map(|it| filters::channel(context, it));
    let channel = channel.transpose()?.map(|transpose| transpose.as_str().to_owned());
    let status = args.status.as_deref();
    let status = status.map(|it| filters::status(context, it, &OrderStatus::DROPPABLE));
    let status = status.transpose()?;
    let workflow = match &args.workflow {
        Some(typed) => Some(filters::workflow(context, conn, site, typed).await?),
        None => None,
    };
    let release = match args.release {
        None => None,
        Some(number) => {
            let all = releases::list(conn).await?;
            let numbers: Vec<String> =
                all.iter().map(|it| it.number.to_string()).collect();
            let numbers = numbers.iter().map(String::as_str);
            filters::name(context, ("版本", "release"), &number.to_string(), numbers)?;
            all.iter().find(|it| it.number == number).map(|it| it.id.0)
        }
    };
    let query = OrderQuery {
        workflow,
        channel,
        verb,
        status,
        created_before_ms: args
            .created_before
            .map(|created_before| clock.instant(created_before.at(0, 0, 0, 0))),
        release,
        held_by: None,
    };
    if query.is_empty() {
        bail!(
            "{}",
            context.text(
                "请写明指令编号,或用 --workflow、--channel、--verb、--status、--release、--created-before 写明哪些",
                "name an order, or say which with --workflow, --channel, --verb, --status, --release, --created-before"
            )
        );
    }
    Ok(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_in_either_language() {
        let table = [
            ("4h", Some(4 * HOUR_MS)),
            ("4 小时", Some(4 * HOUR_MS)),
            ("4个小时", Some(4 * HOUR_MS)),
            ("4", Some(4 * HOUR_MS)),
            ("90m", Some(90 * MINUTE_MS)),
            ("90分钟", Some(90 * MINUTE_MS)),
            ("90M", Some(90 * MINUTE_MS)),
            ("0h", None),
            ("4x", None),
            ("小时", None),
            ("", None),
        ];
        for (text, ms) in table {
            assert_eq!(time(text), ms, "{text}");
        }
    }
}
