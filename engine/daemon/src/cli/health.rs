//! Health (健康): status, doctor, verify.

use std::collections::BTreeSet;
use std::os::unix::net::UnixStream;

use anyhow::Result;
use commands::clock_guard::Trust;
use commands::{ConfirmClock, restore};
use domain::near::perhaps;
use domain::say::{Lang, Say};
use domain::status::OrderStatus;
use plugins_on::words;
use release::verdict::Verdict;
use runtime::clock::Clock;
use runtime::departures;
use runtime::words::{LOOKS, SCOPES, VERBS};
use serde_json::{Value, json};
use site::Site;
use store::figures::WaitingForPeople;
use store::progress::Progress;
use store::views::parked::Cause;
use store::views::status::{BookCounts, OrderCount, Status};
use store::{
    Conn, SiteLock, Store, daemons, mark, meta, sending, verify as verification, views,
};

use crate::cli::Exit;
use crate::cli::args::{All, Clock as ClockArgs, Output};
use crate::cli::bar::watched;
use crate::cli::context::Context;
use crate::cli::plain::one_line;
use crate::cli::{
    ailing, doctor, edits, gateway, guard, institution, output, parked, plugin, policy,
    service, staffed, untaken,
};
use crate::service::disk::Room;
use crate::service::reload::Note;

pub(crate) async fn status(context: &Context, args: &All) -> Result<Exit> {
    let (site, store) = match context.store().await {
        Ok(both) => both,
        Err(error) => return doctor::unseen(context, error),
    };
    let moved = doctor::moved(context, &site, &store).await;
    let mut conn = store.read().await?;
    let holder = SiteLock::holder(&site.database())?;
    let daemon = living(conn.conn(), holder.as_deref()).await?;
    let verdict = Verdict::last(conn.conn()).await?;
    let clock = Clock::machine(&site.config.zone)?;
    let seen = views::status::load(conn.conn(), clock.now().ms, parked::NAMED).await?;
    let Status { release, book, waiting, untaken, causes, counted_at } = seen;
    let BookCounts { cases, stages, orders } = book;
    let notice = guard::notice(context, &site, conn.conn()).await?;
    let set_back = set_back(context, &site, conn.conn(), &clock).await?;
    let unwritten =
        departures::fault(conn.conn()).await?.map(|fault| context.half(&fault));
    let holds = daemon.is_none() && set_back.is_some() && answers(&site);
    let daemon = daemon.or(holder.clone().filter(|_| holds));
    let (trust, clock_lines) =
        clock_told(context, conn.conn(), &clock, holder.is_some()).await?;
    let held = |told| format!("{told}\n{}", held_by_clock(context, &orders));
    let clock_lines = clock_lines.map(held);
    let stops = stops(conn.conn(), &clock).await?;
    let gateways = gateways(context, &site, conn.conn(), &clock).await;
    let scripts = ailing::look(context, conn.conn(), &clock).await?;
    let mut body = json!({
        "format_version": output::FORMAT_VERSION, "site": site.dir,
        "daemon_pid": daemon, "daemon_holds": holds, "held_by_pid": holder,
        "release": release,
        "folder": verdict,
        "stages": stages,
        "orders": orders,
        "stuck": stuck(&waiting, cases, &causes),
        "untaken": untaken::told(&untaken, &clock),
        "strangers": staffed::of_tasks(context, &site, conn.conn()).await?,
        "stops": stops,
        "gateways": gateways.fields,
        "import_in_hand": import_in_hand(conn.conn()).await?,
        "clock_behind": matches!(trust, Trust::Behind { .. }),
        "clock_jumped_ms": trust.jumped_ms(),
        "settings": Note::last(conn.conn()).await?,
        "settings_fault": doctor::settings_fault(context, &site),
        "store_set_back": set_back.is_some(),
        "store_moved": moved,
        "store_log_mb": doctor::log_mb(&site),
        "departures_fault": unwritten,
        "disk_free_bytes": Room::of(&site.dir).map(Room::bytes),
    });
    if let Some(at) = counted_at {
        body["counted_at"] = json!(clock.civil(at).to_string());
    }
    output::extend(&mut body, [&notice.fields, &scripts.fields]);
    if context.output == Output::Json {
        output::json(&body)?;
    } else {
        let (log, room) = (doctor::long_log(context, &site), little_room(context, &site));
        let unnamed = institution::still_the_example(context, &site);
        let told = [&room, &unnamed, &set_back, &unwritten, &clock_lines];
        let first = moved.iter().chain(told.into_iter().flatten()).chain(&scripts.lines);
        for line in first.chain(&log).chain(&notice.lines).chain(&gateways.lines) {
            output::say(line)?;
        }
        let lines = |it| edits::folder_lines(context, &site, &it, args.all);
        let folder = verdict.map(lines).unwrap_or_default();
        output::say(&status_text(context, &body, folder))?;
    }
    Ok(if daemon.is_some() { Exit::Ok } else { Exit::NotRunning })
}

/// That the disk of the site is full or nearly so.
fn little_room(context: &Context, site: &Site) -> Option<String> {
    let (zh, en) = Room::of(&site.dir)?.told()?;
    Some(context.text(&zh, &en).to_owned())
}

/// Whether a daemon answers: one that holds an older store writes nothing there, not
/// even that it is there.
fn answers(site: &Site) -> bool {
    UnixStream::connect(site.socket()).is_ok()
}

/// The daemon among those that may hold a site: a command that works it alone
/// holds it as well, and so does a daemon that is just starting.
async fn living(conn: &mut Conn, holder: Option<&str>) -> Result<Option<String>> {
    let Some(holder) = holder else { return Ok(None) };
    let is_entered = daemons::is_entered(conn, holder).await?;
    Ok(is_entered.then(|| holder.to_owned()))
}

/// That an older store lies where a newer one was, and what to do.
async fn set_back(
    context: &Context,
    site: &Site,
    conn: &mut Conn,
    clock: &Clock,
) -> Result<Option<String>> {
    let found = mark::set_back(conn, &site.database()).await?;
    let told = found.map(|it| restore::told(&it, clock));
    Ok(told.map(|(zh, en)| context.text(&zh, &en).to_owned()))
}

/// What is wrong with the machine's clock, and what to do.
async fn clock_told(
    context: &Context,
    conn: &mut Conn,
    clock: &Clock,
    is_worked: bool,
) -> Result<(Trust, Option<String>)> {
    let trust = commands::clock::clock_trust(conn, clock.now().ms, is_worked).await?;
    let told = commands::clock::told(trust, clock);
    Ok((trust, told.map(|(zh, en)| context.text(&zh, &en).to_owned())))
}

/// That the clock holds so many orders.
fn held_by_clock(context: &Context, orders: &[OrderCount]) -> String {
    let waits = orders.iter().filter(|order| order.status == OrderStatus::Pending);
    let waiting: i64 = waits.map(|wait| wait.count).sum();
    if context.english() {
        format!("  held: {waiting} orders, and every timer")
    } else {
        format!("  留住:指令 {waiting} 条,和全部定时器")
    }
}

/// The channels, and what is to be said first of all of those at fault. That
/// their settings cannot be read hides nothing else.
async fn gateways(
    context: &Context,
    site: &Site,
    conn: &mut Conn,
    clock: &Clock,
) -> guard::Notice {
    match gateway::looks(context, site, conn).await {
        Ok(looks) => guard::Notice {
            lines: looks
                .iter()
                .filter(|look| look.is_faulty())
                .flat_map(|look| look.lines(context, clock))
                .collect(),
            fields: looks.iter().map(|look| look.fields(context, clock)).collect(),
        },
        Err(error) => {
            guard::Notice { lines: vec![context.told(&error)], fields: json!([]) }
        }
    }
}

/// What is stopped: who, when, why, and how many orders it holds.
async fn stops(conn: &mut Conn, clock: &Clock) -> Result<Vec<Value>> {
    let standing = sending::standing(conn).await?;
    Ok(standing
        .iter()
        .map(|it| {
            json!({
                "stop": it.id, "scope": it.scope, "target": it.target, "cause": it.cause,
                "reason": it.reason, "by": it.placed_by,
                "at": clock.civil(it.placed_at).to_string(), "held": it.held,
                "lifted": it.lifted, "plugin": it.plugin,
            })
        })
        .collect())
}

/// A long import that has not come to its end.
async fn import_in_hand(conn: &mut Conn) -> Result<Value> {
    let told = meta::text(conn, import::IN_HAND).await?;
    Ok(told.and_then(|it| serde_json::from_str(&it).ok()).unwrap_or_default())
}

fn import_text(context: &Context, told: &Value) -> Option<String> {
    let file = told["file"].as_str()?;
    let (done, rows) = (&told["done"], &told["rows"]);
    Some(if context.english() {
        format!(
            "import of {file}: {done} of {rows} rows taken; if no import is running it was broken off: import the same file again, nothing is booked twice"
        )
    } else {
        format!(
            "导入 {file}:已取 {done}/{rows} 行;没有导入在运行,就是上次中断了:请再导入同一文件,不会重复入账"
        )
    })
}

fn stuck(waiting: &WaitingForPeople, cases: i64, causes: &[Cause]) -> Value {
    json!({
        "parked": waiting.parked, "frozen": waiting.frozen,
        "open_tasks": waiting.open_tasks,
        "awaiting_approval": waiting.awaiting_approval,
        "unknown_orders": waiting.unknown_orders, "cases": cases,
        "errors": parked::told(causes),
    })
}

/// As of when a large book was counted.
fn counted_text(context: &Context, body: &Value) -> Option<String> {
    let at = body["counted_at"].as_str()?;
    Some(
        context
            .text(
                &format!("案件总数、各环节户数和已办结的指令为 {at} 的数"),
                &format!("cases, stages and settled orders were counted at {at}"),
            )
            .to_owned(),
    )
}

/// That the settings were read again and are not those in force.
fn settings_text(context: &Context, note: &Value) -> Vec<String> {
    let Ok(note) = serde_json::from_value::<Note>(note.clone()) else {
        return Vec::new();
    };
    let (at, (zh, en)) = (&note.at, &note.fault);
    let mut lines = Vec::new();
    if !en.is_empty() {
        lines.push(
            context
                .text(
                    &format!("设置没有采用,沿用旧设置({at}):{zh}"),
                    &format!(
                        "the settings were not taken up, the old ones go on ({at}): {en}"
                    ),
                )
                .to_owned(),
        );
    }
    if !note.needs_restart.is_empty() {
        let named = note.needs_restart.join(", ");
        lines.push(
            context
                .text(
                    &format!("设置 {named} 改了,重启守护进程后才生效"),
                    &format!(
                        "the settings {named} have changed and count after a restart"
                    ),
                )
                .to_owned(),
        );
    }
    lines
}

/// Whether a daemon works the site, or who else has it.
fn daemon_text(context: &Context, body: &Value) -> Vec<String> {
    if let Some(pid) = body["daemon_pid"].as_str() {
        if body["daemon_holds"] == true {
            let held = context.text(
                "守护进程:停住(应答,不办理;见上),进程",
                "daemon: held (it answers and works nothing, see above), pid",
            );
            return vec![format!("{held} {pid}")];
        }
        let running = context.text("守护进程:运行中,进程", "daemon: running, pid");
        return vec![format!("{running} {pid}")];
    }
    let mut lines =
        vec![context.text("守护进程:未运行", "daemon: not running").to_owned()];
    lines.extend(body["held_by_pid"].as_str().map(|pid| {
        if context.english() {
            format!(
                "  process {pid} has the site: a command at work, or a daemon that is starting"
            )
        } else {
            format!("  进程 {pid} 占用着站点:一条命令在办理,或守护进程正在启动")
        }
    }));
    lines
}

fn status_text(context: &Context, body: &Value, folder: Vec<String>) -> String {
    let mut lines = Vec::new();
    let zh = |zh: &'static str, en: &'static str| context.text(zh, en).to_owned();
    lines.extend(daemon_text(context, body));
    lines.extend(settings_text(context, &body["settings"]));
    lines.extend(body["settings_fault"].as_str().map(str::to_owned));
    match body["release"].as_i64() {
        Some(n) => lines.push(format!("{}{n}", zh("运行版本:第 ", "release: "))),
        None => lines.push(zh("还没有运行的版本", "release: none yet")),
    }
    lines.extend(folder);
    lines.extend(
        body["stops"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|it| !is_told_above(body, it))
            .map(|it| stop_text(context, it)),
    );
    let stuck = &body["stuck"];
    lines.push(format!(
        "{} {} · {} {} · {} {} · {} {} · {} {} · {} {}",
        zh("案件", "cases"),
        stuck["cases"],
        zh("挂起", "parked"),
        stuck["parked"],
        zh("暂停", "frozen"),
        stuck["frozen"],
        zh("待办", "tasks"),
        stuck["open_tasks"],
        zh("待审批", "awaiting approval"),
        stuck["awaiting_approval"],
        zh("结果不明", "unknown"),
        stuck["unknown_orders"],
    ));
    lines.extend(untaken::lines(context, &body["untaken"]));
    let strangers = body["strangers"].as_array().into_iter().flatten();
    lines.extend(strangers.filter_map(|stranger| Some(stranger.as_str()?.to_owned())));
    lines.extend(parked::lines(context, &stuck["errors"]));
    lines.extend(orders_text(context, body));
    lines.extend(import_text(context, &body["import_in_hand"]));
    lines.extend(counted_text(context, body));
    for it in body["stages"].as_array().into_iter().flatten() {
        lines.push(format!(
            "  {}/{}: {}",
            it["workflow"].as_str().unwrap_or_default(),
            it["stage"].as_str().unwrap_or_default(),
            it["cases"]
        ));
    }
    lines.join("\n")
}

/// Where orders stand that have not left or did not get through, in the order of
/// their way.
const ON_THE_WAY: [(OrderStatus, &str, &str); 6] = [
    (OrderStatus::Pending, "待发", "pending"),
    (OrderStatus::Leased, "正在送", "leaving"),
    (OrderStatus::Held, "留住", "held"),
    (OrderStatus::AwaitingApproval, "待审批", "awaiting approval"),
    (OrderStatus::Unknown, "结果不明", "unknown"),
    (OrderStatus::Failed, "失败", "failed"),
];

/// A line for each verb with orders that have not left or did not get through.
fn orders_text(context: &Context, body: &Value) -> Vec<String> {
    let orders = body["orders"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut verbs: Vec<&str> =
        orders.iter().filter_map(|order| order["verb"].as_str()).collect();
    verbs.dedup();
    let count = |verb: &str, status: OrderStatus| {
        let stands =
            |order: &&Value| order["verb"] == verb && order["status"] == status.as_str();
        let found = orders.iter().find(stands);
        found.and_then(|it| it["count"].as_i64()).unwrap_or(0)
    };
    let line = |verb: &&str| {
        let parts: Vec<String> = ON_THE_WAY
            .iter()
            .map(|(status, zh, en)| (context.text(zh, en), count(verb, *status)))
            .filter(|it| 0 < it.1)
            .map(|(word, count)| format!("{word} {count}"))
            .collect();
        let shown = VERBS.shown(verb, context.lang);
        let head = context.text("指令", "orders");
        (!parts.is_empty()).then(|| format!("{head} {shown}: {}", parts.join(" · ")))
    };
    verbs.iter().filter_map(line).collect()
}

/// Whether a stop stands among what is said first of all: what the guard asks,
/// the faults of channels, and what an old book holds.
fn is_told_above(body: &Value, stop: &Value) -> bool {
    let list = |name: &str| body[name].as_array().cloned().unwrap_or_default();
    if stop["lifted"] == true {
        return false;
    }
    match stop["cause"].as_str() {
        Some("guard") => list("guard").iter().any(|it| it["id"] == stop["stop"]),
        Some("channel_fault") => list("gateways").iter().any(|it| {
            it["state"] == "fault"
                && it["channel"] == stop["target"]
                && it["plugin"] == stop["plugin"]
        }),
        Some("stale_book") => body["bank_file"]["stale"] == true,
        _ => false,
    }
}

/// One stop, before everything else that is stuck: nothing of it leaves.
fn stop_text(context: &Context, stop: &Value) -> String {
    let word = |key: &str| stop[key].as_str().unwrap_or_default();
    let what = format!(
        "{} {}",
        SCOPES.shown(word("scope"), context.lang),
        VERBS.shown(word("target"), context.lang)
    );
    let what = what.trim_end();
    let cause = match word("cause") {
        "guard" => context.text("数量过多", "too many"),
        "channel_fault" => context.text("渠道故障", "channel fault"),
        "stale_book" => context.text("台账过旧", "stale book"),
        _ => context.text("人工", "by hand"),
    };
    let going = stop["lifted"].as_bool().unwrap_or_default();
    let state = match (going, context.english()) {
        (false, false) => "停发",
        (false, true) => "stopped:",
        (true, false) => "正在放行",
        (true, true) => "being let go:",
    };
    let (at, by, reason) =
        (word("at"), word("by"), one_line(&context.half(word("reason"))));
    let by = words::by(by, context.lang);
    let (held, id) = (&stop["held"], &stop["stop"]);
    if context.english() {
        format!(
            "{state} {what} holds {held} orders (stop {id}, {cause}, {by}, {at}): {reason}"
        )
    } else {
        format!("{state} {what}:留住 {held} 条指令(停发 {id},{cause},{by},{at}):{reason}")
    }
}

/// Says whether the machine's clock is trusted, or that a person says so.
pub(crate) async fn clock(context: &Context, args: ClockArgs) -> Result<Exit> {
    if let Some(reason) = args.reason {
        return context.order(ConfirmClock { reason }).await;
    }
    let (site, store) = context.store().await?;
    let clock = Clock::machine(&site.config.zone)?;
    let is_worked = SiteLock::holder(&site.database())?.is_some();
    let mut conn = store.read().await?;
    let (trust, told) = clock_told(context, conn.conn(), &clock, is_worked).await?;
    let is_well = trust == Trust::Trusted;
    let now = clock.now().civil.strftime("%F %H:%M").to_string();
    if context.output == Output::Json {
        let body = json!({
            "format_version": output::FORMAT_VERSION, "now": now, "trusted": is_well,
        });
        output::json(&body)?;
    } else {
        let well = context.text("时钟可信", "the clock is trusted");
        output::say(&told.unwrap_or_else(|| format!("{now} · {well}")))?;
    }
    Ok(if is_well { Exit::Ok } else { Exit::Failed })
}

pub(crate) async fn verify(context: &Context) -> Result<Exit> {
    let (_, store) = context.store().await?;
    let progress = Progress::default();
    let what = context.text("核验", "verified");
    let proof = verification::verify_store(&store, &progress);
    let mut verdict = watched(&progress, (what, what), proof).await?;
    let mut conn = store.read().await?;
    verdict.faults.extend(plugin::faults(conn.conn()).await?);
    // An older copy may be sound in itself, and is not the book.
    let set_back = mark::set_back(conn.conn(), store.path()).await?;
    let sound = verdict.faults.is_empty() && set_back.is_none();
    if context.output == Output::Json {
        let mut body = serde_json::to_value(&verdict)?;
        body["format_version"] = json!(output::FORMAT_VERSION);
        body["sound"] = json!(sound);
        body["set_back"] = json!(set_back.is_some());
        output::json(&body)?;
    } else {
        if set_back.is_some() {
            output::say(context.text(
                "restore: 这个案件库是放回的旧库或备份,还没有人清点:`qingshou status` 说明下一步",
                "restore: this store is an older one or a backup that was put back, and nobody has answered for it: `qingshou status` says what is next",
            ))?;
        }
        for fault in &verdict.faults {
            let case = fault
                .case_no
                .as_ref()
                .map(|case_no| format!("{} {case_no} · ", context.text("贷款", "loan")));
            let what = fault.say.text(context.lang);
            output::say(&format!("{}: {}{what}", fault.check, case.unwrap_or_default()))?;
        }
        let done = if sound {
            context.text("核验通过", "sound")
        } else {
            context.text("核验未通过", "not sound")
        };
        let (lines, chains, seals) =
            (verdict.journal_lines, verdict.chains, verdict.seals);
        let (orders, reviews) = (verdict.orders, verdict.reviews);
        let (cases, faults) = (verdict.cases, verdict.faults.len());
        output::say(context.text(
            &format!(
                "{done}:日志 {lines} 行、{chains} 条链,封印 {seals} 个,指令 {orders} 条、复核审查 {reviews} 次,案件 {cases} 个,问题 {faults} 处"
            ),
            &format!(
                "{done}: {lines} lines in {chains} chains, {seals} seals, {orders} orders, {reviews} reviews judged again, {cases} cases, {faults} faults"
            ),
        ))?;
        if !verdict.faults.is_empty() {
            output::say(&what_to_do(context, &verdict.faults))?;
        }
    }
    Ok(if sound { Exit::Ok } else { Exit::Failed })
}

/// What to do about what a proof has found.
fn what_to_do(context: &Context, faults: &[verification::Fault]) -> String {
    let checks: BTreeSet<&str> = faults.iter().map(|fault| fault.check).collect();
    let pages: Vec<String> =
        checks.iter().map(|check| format!("`qingshou explain {check}`")).collect();
    let pages = pages.join(context.text("、", ", "));
    if context.english() {
        format!(
            "  next: {pages} says what it means; change nothing in the store, keep a copy of \
             it, and find out who changed it outside the program"
        )
    } else {
        format!(
            "  下一步:{pages} 有说明;不要改动案件库,复制保存一份,再查是谁在程序之外改了它"
        )
    }
}

/// One thing looked at.
struct Look {
    what: &'static str,
    fault: Option<String>,
    /// It works, and somebody should see to it all the same.
    warning: Option<String>,
}

impl Look {
    fn new(what: &'static str, fault: Option<String>) -> Self {
        Self { what, fault, warning: None }
    }

    /// What was looked at, filled up to twelve places, and what was found.
    fn line(&self, lang: Lang, found: &str) -> String {
        let what = LOOKS.plain(self.what, lang);
        let wide = what.chars().map(|c| if c.is_ascii() { 1 } else { 2 });
        let wide: usize = wide.sum();
        format!("{what}{} {found}", " ".repeat(12_usize.saturating_sub(wide)))
    }
}

pub(crate) async fn doctor(context: &Context) -> Result<Exit> {
    let mut looks = Vec::new();
    match context.site_of_file() {
        Ok(site) if site.settings_are_unread() => {
            looks.push(Look::new("site", doctor::of_another(context, &site)));
            looks.push(Look::new("socket", doctor::unheard(context, &site).await));
        }
        Ok(site) => {
            let refused = service::can_be_worked(&site).err();
            looks.push(Look::new("site", refused.map(|it| context.told(&it))));
            look_at_site(context, &site, &mut looks).await;
        }
        Err(error) => {
            looks.push(Look::new("site", Some(context.told(&error))));
        }
    }
    let failed = looks.iter().any(|look| look.fault.is_some());
    let age = guard::age_of_book(context).await;
    if context.output == Output::Json {
        let list: Vec<Value> = looks
            .iter()
            .map(
                |look| json!({ "what": look.what, "fault": look.fault, "warning": look.warning }),
            )
            .collect();
        let body = json!({
            "format_version": output::FORMAT_VERSION, "looks": list,
            "bank_file": age.map(|age| age.1),
        });
        output::json(&body)?;
    } else {
        for look in &looks {
            let told = look.fault.as_deref().or(look.warning.as_deref());
            let state = told.unwrap_or(context.text("正常", "ok"));
            output::say(&look.line(context.lang, state))?;
        }
        if let Some((site, age)) = age.filter(|(site, age)| !age.is_stale(site)) {
            let said = guard::told_age(context, &site, age, &guard::Demands::Open);
            output::say(&said)?;
        }
    }
    Ok(if failed { Exit::Failed } else { Exit::Ok })
}

/// Whether the settings name rules of conduct and a calendar that exist.
fn look_at_rules(context: &Context, site: &Site, looks: &mut Vec<Look>) {
    let folder = site.workflows();
    let brought = site::config::Config::default();
    let calendar = &site.config.calendar;
    let (fault, warning) = policy::looked_at(context, site);
    looks.push(Look { what: "policy", fault, warning });
    let years = folder.join("calendars").join(calendar);
    let fault = (*calendar != brought.calendar && !years.is_dir()).then(|| {
        let years = years.display();
        if context.english() {
            format!("there is no calendar `{calendar}`\n  hint: check calendar, or put {years} there")
        } else {
            format!("没有日历 `{calendar}`\n  提示:请核对 calendar,或放入 {years}")
        }
    });
    looks.push(Look::new("calendar", fault));
    if let Some(told) = institution::still_the_example(context, site) {
        looks.push(Look::new("institution", Some(told)));
    }
    if let Some(told) = institution::no_telephone(context, site) {
        looks.push(Look { what: "telephone", fault: None, warning: Some(told) });
    }
}

/// Whether the settings of the plugins can be used, and what an administrator
/// should see to in them.
fn look_at_plugins(context: &Context, site: &Site, looks: &mut Vec<Look>) {
    let plugins = match plugins_on::all(&site.config.plugins, &site.dir) {
        Ok(plugins) => plugins,
        Err(error) => {
            return looks.push(Look::new("plugins", Some(context.told(&error))));
        }
    };
    looks.push(Look::new("plugins", None));
    for concern in gateway::concerns(site, &plugins) {
        let told = concern.say.of(context.lang).clone();
        let (fault, warning) =
            if concern.grave { (Some(told), None) } else { (None, Some(told)) };
        let what = if concern.channel.is_some() { "gateway" } else { "tables" };
        looks.push(Look { what, fault, warning });
    }
    let texts = gateway::texts(context, site, &plugins);
    let lacks = texts
        .iter()
        .flat_map(|texts| plugins.iter().flat_map(move |one| one.lacks(texts)));
    for concern in lacks {
        let told = Some(concern.say.of(context.lang).clone());
        let (fault, warning) = if concern.grave { (told, None) } else { (None, told) };
        looks.push(Look { what: "gateway", fault, warning });
    }
    for (name, meant) in site.config.strange_variables() {
        let Say { zh, en } = perhaps(meant);
        let told = if context.english() {
            format!("the variable `{name}` sets nothing{en}")
        } else {
            format!("环境变量 `{name}` 不对应任何设置项,没有作用{zh}")
        };
        looks.push(Look { what: "variables", fault: None, warning: Some(told) });
    }
}

/// Whether the store is the one that was left, and goes on here.
async fn look_at_store(context: &Context, site: &Site, store: &Store) -> Look {
    if let Some(told) = doctor::moved(context, site, store).await {
        return Look::new("store", Some(told));
    }
    let fault = async {
        let clock = Clock::machine(&site.config.zone)?;
        let mut conn = store.read().await?;
        set_back(context, site, conn.conn(), &clock).await
    };
    Look::new("store", fault.await.unwrap_or_else(|error| Some(context.told(&error))))
}

/// Whether the machine's clock is behind what the journal has seen.
async fn look_at_clock(context: &Context, site: &Site, store: &Store) -> Look {
    let behind = async {
        let clock = Clock::machine(&site.config.zone)?;
        let mut conn = store.read().await?;
        let is_worked = SiteLock::holder(&site.database())?.is_some();
        Ok::<_, anyhow::Error>(
            clock_told(context, conn.conn(), &clock, is_worked).await?.1,
        )
    };
    Look::new("clock", behind.await.unwrap_or_else(|error| Some(context.told(&error))))
}

/// Whether the bank's last file is too old for anybody to be dunned by it.
async fn look_at_book(context: &Context, site: &Site, store: &Store) -> Look {
    let age = async {
        let mut conn = store.read().await?;
        let age = guard::book_age(site, conn.conn()).await?;
        let demands = guard::demands(site, conn.conn()).await?;
        anyhow::Ok(age.map(|age| (age, demands)))
    };
    let fault = match age.await {
        Ok(Some((age, demands))) if age.is_stale(site) => {
            Some(guard::told_age(context, site, age, &demands))
        }
        Ok(_) => None,
        Err(error) => Some(context.told(&error)),
    };
    Look::new("bank file", fault)
}

/// Whether a workflow is suspended, or nobody can be asked who comes into it.
async fn look_at_scripts(context: &Context, site: &Site, store: &Store) -> Look {
    let found = async {
        let clock = Clock::machine(&site.config.zone)?;
        let mut conn = store.read().await?;
        ailing::look(context, conn.conn(), &clock).await
    };
    let fault = match found.await {
        Ok(found) => Some(found.lines.join("\n")).filter(|it| !it.is_empty()),
        Err(error) => Some(context.told(&error)),
    };
    Look::new("scripts", fault)
}

async fn look_at_site(context: &Context, site: &Site, looks: &mut Vec<Look>) {
    let zone = Clock::machine(&site.config.zone).err().map(|error| context.told(&error));
    looks.push(Look::new("zone", zone));
    let folder = script::program::Folder::read(&site.workflows());
    let folder = folder.err().map(|error| error.render(context.lang));
    looks.push(Look::new("workflows", folder));
    look_at_rules(context, site, looks);
    look_at_plugins(context, site, looks);
    let probe = site.dir.join(".doctor");
    let written =
        std::fs::write(&probe, b"x").and_then(|()| std::fs::remove_file(&probe));
    let fault = written.err().map(|error| {
        let zh = "站点目录写不进去:";
        let why = context.told(&error.into());
        format!("{}{why}", context.text(zh, "the site's folder cannot be written: "))
    });
    looks.push(Look::new("writable", fault));
    let socket = site.socket().as_os_str().len();
    let fault = (100 < socket)
        .then(|| {
            context.text(
                "站点路径太长,命令通道开不了\n  提示:把站点放到较短的路径下",
                "the site's path is too long for the socket of the commands\n  hint: put the site below a shorter path",
            )
        })
        .map(ToOwned::to_owned);
    let fault = match fault {
        None => doctor::unheard(context, site).await,
        long => long,
    };
    looks.push(Look::new("socket", fault));
    let store = context.store().await.map(|store| store.1);
    match &store {
        Ok(store) => {
            looks.push(look_at_store(context, site, store).await);
            let unwritten = doctor::unwritten(context, store).await;
            looks.push(Look::new("departures", unwritten));
            looks.push(look_at_clock(context, site, store).await);
            looks.push(look_at_book(context, site, store).await);
            looks.push(look_at_scripts(context, site, store).await);
        }
        Err(error) => looks.push(Look::new("store", Some(context.told(error)))),
    }
    looks.push(Look::new("people", staffed::only_one(context, site)));
    for told in staffed::concerns(context, site, store.as_ref().ok()).await {
        looks.push(Look { what: "people", fault: None, warning: Some(told) });
    }
}
