//! What leaves today, and what is held until a person has looked (今日送出与放行).

use std::collections::BTreeMap;

use anyhow::Result;
use commands::LetGo;
use commands::let_go::title;
use domain::manifest::{Act, Channel};
use jiff::ToSpan;
use jiff::civil::Date;
use release::candidate;
use runtime::book_age::BookAge;
use runtime::clock::Clock;
use runtime::guard::{Go, Look, Which};
use script::program::Folder;
use serde_json::{Value, json};
use site::Site;
use store::day_counts::{self, Count};
use store::guard_stops::{self, GuardStop};
use store::sending::{Cause, Scope};
use store::{Conn, bank_files, rehearsal, sending};

use crate::cli::args::{Sending, SendingWhat};
use crate::cli::context::Context;
use crate::cli::output::{self, Sheet};
use crate::cli::{Exit, filters};

pub(crate) async fn sending(context: &Context, args: Sending) -> Result<Exit> {
    match args.what {
        SendingWhat::Ls => list(context).await,
        SendingWhat::Go { channel, workflow, count, all, reason } => {
            let channel = channel.map(|it| filters::channel(context, &it)).transpose()?;
            let workflow = match workflow {
                Some(typed) => Some(known_workflow(context, &typed).await?),
                None => None,
            };
            let go = match count {
                Some(count) => Go::Count(count),
                None if all => Go::All,
                None => Go::Daily,
            };
            let which = Which { channel, workflow };
            context.order(LetGo { which, go, reason }).await
        }
    }
}

async fn known_workflow(context: &Context, typed: &str) -> Result<String> {
    if context.is_for_another() {
        // The daemon, which may open the store, says what it does not know.
        return Ok(typed.to_owned());
    }
    let (site, store) = context.store().await?;
    let mut conn = store.read().await?;
    filters::workflow(context, conn.conn(), &site, typed).await
}

/// So many orders that wait for room are counted.
const WAITING: u64 = 1_000_000;

/// One line for each channel that sends or holds today, and for each collector
/// whose visits are held.
async fn list(context: &Context) -> Result<Exit> {
    let (site, store) = context.store().await?;
    let bounds = site.config.bounds();
    let clock = Clock::machine(&site.config.zone)?;
    let today = clock.now().today();
    let tomorrow = clock.instant(today.saturating_add(1.day()).at(0, 0, 0, 0));
    let mut conn = store.read().await?;
    let stops = guard_stops::standing(conn.conn()).await?;
    let mut askers: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (stop, by, count) in guard_stops::by_workflow(conn.conn()).await? {
        let by = by.strip_prefix("workflow:").unwrap_or(&by).to_owned();
        askers.entry(stop).or_default().push(format!("{by} {count}"));
    }
    let columns = [
        "channel",
        "collector",
        "counted",
        "let_go",
        "usual",
        "bound",
        "held",
        "state",
        "asked_by",
    ];
    let mut sheet = Sheet::new(&columns);
    for channel in Channel::ALL {
        let look = Look::read(conn.conn(), &bounds, channel, today).await?;
        let of_channel: Vec<_> =
            stops.iter().filter(|stop| stop.channel == channel.as_str()).collect();
        if of_channel.is_empty() && look.day.counted == 0 {
            continue;
        }
        let day = &look.day;
        let of_collectors = day_counts::of_day(conn.conn(), channel, today).await?;
        let row = |collector: &str, held: i64, state: &str, askers: String| {
            let whole = Count { counted: day.counted, let_go: day.let_go };
            let own = of_collectors.get(collector).copied().unwrap_or_default();
            let count = if collector.is_empty() { whole } else { own };
            vec![
                json!(channel.as_str()),
                json!(collector),
                json!(count.counted),
                json!(count.let_go),
                json!(look.usual),
                json!(if collector.is_empty() {
                    day.bound
                } else {
                    u64::from(bounds.visits_per_collector)
                }),
                json!(held),
                json!(state),
                json!(askers),
            ]
        };
        // What a person let go has used the bound up, and the day's own waits for room.
        let fresh = day_counts::fresh(conn.conn(), channel, tomorrow, WAITING).await?;
        if 0 < fresh && day.room() == 0 {
            let fresh = i64::try_from(fresh).unwrap_or(i64::MAX);
            sheet.push(row("", fresh, "tomorrow", String::new()));
        } else if of_channel.is_empty() {
            sheet.push(row("", 0, "", String::new()));
        }
        for stop in of_channel {
            let state = if stop.asks() { "held" } else { "daily" };
            let askers = askers.get(&stop.id).map_or(String::new(), |it| it.join(", "));
            sheet.push(row(&stop.counted_for, stop.held, state, askers));
        }
    }
    sheet.print(context.output, context.lang)?;
    Ok(Exit::Ok)
}

/// What `status` says before everything else, for people and for programs.
pub(crate) struct Notice {
    /// Lines for people.
    pub lines: Vec<String>,
    /// The same as JSON fields.
    pub fields: Value,
}

/// What is held until a person has looked, and how old the book is.
pub(crate) async fn notice(
    context: &Context,
    site: &Site,
    conn: &mut Conn,
) -> Result<Notice> {
    let stops = guard_stops::standing(conn).await?;
    let age = book_age(site, conn).await?;
    let since = rehearsal::since(conn).await?;
    let mut lines = Vec::new();
    if let Some(since) = since {
        lines.push(told_rehearsal(context, site, conn, since).await?);
    }
    lines.extend(told(context, &stops));
    let held = sending::standing(conn).await?;
    let held = held.iter().filter(|it| it.cause == Cause::StaleBook && !it.lifted);
    let held: i64 = held.map(|it| it.held).sum();
    let demands = demands(site, conn).await?;
    lines.extend(age.map(|age| {
        let told = told_age(context, site, age, &demands);
        match (age.is_stale(site) && held != 0, context.english()) {
            (false, _) => told,
            (true, true) => format!("{told}; {held} orders held"),
            (true, false) => format!("{told};已留住 {held} 条指令"),
        }
    }));
    let stale = age.is_some_and(|age| age.is_stale(site));
    Ok(Notice {
        lines,
        fields: json!({
            "rehearsal": since.is_some(),
            "guard": stops,
            "bank_file": age.map(|age| json!({
                "taken_on": age.taken_on, "workdays": age.workdays, "stale": stale,
            })),
        }),
    })
}

async fn told_rehearsal(
    context: &Context,
    site: &Site,
    conn: &mut Conn,
    since: i64,
) -> Result<String> {
    let english = context.english();
    let since = Clock::machine(&site.config.zone)?.civil(since).date();
    let counts: Vec<String> = rehearsal::counts(conn)
        .await?
        .iter()
        .map(|(channel, count)| match channel {
            Some(it) => format!("{} {count}", title(it, "", context.lang)),
            None => format!("{} {count}", context.text("内部", "internal")),
        })
        .collect();
    let counts = if counts.is_empty() { "0".to_owned() } else { counts.join(", ") };
    Ok(if english {
        format!("REHEARSAL since {since}: nothing leaves; rehearsed so far: {counts}")
    } else {
        format!("演练中(自 {since}):什么都不会发出;已演练:{counts}")
    })
}

/// Says before every command on a site in rehearsal that it is in one; whether
/// the store says so is asked by those that work the site anyhow.
pub(crate) async fn head_line(context: &Context, works_it: bool) {
    let named = context.named_dir().is_some();
    if !named && !std::path::Path::new(site::CONFIG_FILE).exists() {
        return;
    }
    // What is wrong with the site is told by the command itself.
    let Ok(site) = context.site() else { return };
    if site.config.rehearsal {
        output::complain(context.text(
            "【演练】本站点正在演练:什么都不会发出(qingshou.toml:rehearsal = true)",
            "[REHEARSAL] this site rehearses: nothing leaves (qingshou.toml: rehearsal = true)",
        ));
    } else if works_it && is_rehearsing(context, &site).await.unwrap_or_default() {
        output::complain(context.text(
            "【演练】本站点正在演练:什么都不会发出(守护进程启动时的设置或环境变量 QINGSHOU_REHEARSAL;改回后重启守护进程才结束)",
            "[REHEARSAL] this site rehearses: nothing leaves (by the settings or the variable QINGSHOU_REHEARSAL with which the daemon was started; it ends with a restart without them)",
        ));
    }
}

/// Whether the store says so, whatever the settings that this command sees.
async fn is_rehearsing(context: &Context, site: &Site) -> Result<bool> {
    if !site.may_have_store() {
        return Ok(false);
    }
    let (_, store) = context.store().await?;
    let mut conn = store.read().await?;
    Ok(rehearsal::since(conn.conn()).await?.is_some())
}

/// What the guard holds, and how to let it go.
fn told(context: &Context, stops: &[GuardStop]) -> Vec<String> {
    let english = context.english();
    let list = |asks: bool| -> Vec<String> {
        let stops = stops.iter().filter(|stop| stop.asks() == asks && 0 < stop.held);
        let one = |it: &GuardStop| {
            let name = title(&it.channel, &it.counted_for, context.lang);
            let (held, bound) = (it.held, it.bound);
            if english {
                format!("{name} {held} (bound {bound})")
            } else {
                format!("{name} {held} 条(上限 {bound})")
            }
        };
        stops.map(one).collect()
    };
    let (asking, daily) = (list(true), list(false));
    let mut lines = Vec::new();
    if !asking.is_empty() {
        let joined = asking.join(if english { ", " } else { "、" });
        lines.push(if english {
            format!("HELD until a person has looked: would send or plan today {joined}")
        } else {
            format!("扣下,等人放行:今天要发出或安排 {joined}")
        });
        lines.push(
            context
                .text(
                    "  查看:qingshou sending ls;放行:qingshou sending go --reason … [--count N|--all]",
                    "  look: qingshou sending ls; let go: qingshou sending go --reason … [--count N|--all]",
                )
                .to_owned(),
        );
    }
    if !daily.is_empty() {
        let joined = daily.join(if english { ", " } else { "、" });
        lines.push(if english {
            format!("let go at the bound a day, still to leave: {joined}")
        } else {
            format!("每天按上限放行,尚余:{joined}")
        });
    }
    lines
}

/// How demands stand when the book is old.
pub(crate) enum Demands {
    /// A stop holds them.
    Held(i64),
    /// A person let them go on this day, and no file has come since.
    LetGo(Date),
    /// Nobody has looked yet.
    Open,
}

/// How demands stand under the age of the book.
pub(crate) async fn demands(site: &Site, conn: &mut Conn) -> Result<Demands> {
    let act = Act::Demand.as_str();
    let standing = sending::find(conn, Scope::Act, act, Cause::StaleBook).await?;
    if let Some(stop) = standing {
        return Ok(Demands::Held(stop.id));
    }
    let last = bank_files::last(conn).await?.book_at();
    let held = bank_files::demands_held(conn).await?;
    let held = held.filter(|it| last <= Some(it.placed_at));
    let Some(lifted_at) = held.and_then(|it| it.lifted_at) else {
        return Ok(Demands::Open);
    };
    Ok(Demands::LetGo(Clock::machine(&site.config.zone)?.civil(lifted_at).date()))
}

/// The age of the book, and what it means.
pub(crate) fn told_age(
    context: &Context,
    site: &Site,
    age: BookAge,
    demands: &Demands,
) -> String {
    let BookAge { taken_on, workdays } = age;
    let most = site.config.book_stale_after;
    if !age.is_stale(site) {
        return if context.english() {
            format!("the bank's last file: {taken_on}, {workdays} workdays ago")
        } else {
            format!("最近一次银行文件:{taken_on}({workdays} 个工作日前)")
        };
    }
    let (zh, en) = match demands {
        Demands::LetGo(on) => (
            format!("已由人于 {on} 放行,催收照发;再过 {most} 个工作日仍没有文件就又留住"),
            format!(
                "a person let demands go on {on}, and they leave; they are held again when \
                 {most} more workdays bring no file"
            ),
        ),
        Demands::Held(stop) => (
            format!(
                "导入下一份之前不催收;确要放行:`qingshou resume stop {stop} --reason …`"
            ),
            format!(
                "demands are held until the next one is imported; to let them go all the \
                 same: `qingshou resume stop {stop} --reason …`"
            ),
        ),
        Demands::Open => (
            "导入下一份之前不催收".to_owned(),
            "demands are held until the next one is imported".to_owned(),
        ),
    };
    if context.english() {
        format!(
            "BOOK TOO OLD: the bank's last file was taken on {taken_on}, {workdays} workdays \
             ago (at most {most}); {en}"
        )
    } else {
        format!(
            "台账过旧:最近一次银行文件是 {taken_on},已过 {workdays} 个工作日(至多 {most});\
             {zh}"
        )
    }
}

/// How old the book is, by the site's calendar.
pub(crate) async fn book_age(site: &Site, conn: &mut Conn) -> Result<Option<BookAge>> {
    let clock = Clock::machine(&site.config.zone)?;
    // A folder that cannot be read has its own finding; weekdays do meanwhile.
    let folder = Folder::read(&site.workflows()).map(|it| it.0);
    let calendar = folder
        .map(|folder| candidate::calendar(&folder, &site.config.calendar))
        .unwrap_or_default();
    BookAge::read(conn, &clock, &calendar).await
}

/// The site with the age of its book, where there is one.
pub(crate) async fn age_of_book(context: &Context) -> Option<(Site, BookAge)> {
    let (site, store) = context.store().await.ok()?;
    let mut conn = store.read().await.ok()?;
    let age = book_age(&site, conn.conn()).await.ok()??;
    Some((site, age))
}
