//! Looking at cases, tasks and orders (查看), and the writes beside them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail};
use commands::named::case_named;
use commands::{Command, Enrol, EnrolMany};
use domain::components::Components;
use domain::facts::CaseFacts;
use domain::ids::{CaseId, OrderId};
use domain::journal::{DecisionFacts, Entry, Stepped};
use domain::say::{Lang, Say};
use domain::status::{CaseStatus, InstanceStatus, OrderStatus};
use plugins_on::words;
use runtime::batch::own_json;
use runtime::clock::Clock;
use runtime::words::{HOLDS, STATES, VERBS};
use serde_json::{Value, json};
use store::holds::persons;
use store::lost_places::LOST_PLACE;
use store::views::case_head::{self, CaseHead};
use store::views::cases::{self, CaseEntry, CaseFilter, OpenRun};
use store::views::orders::{self, OrderEntry, OrderFilter};
use store::views::people::Face;
use store::views::tasks::{self, TaskEntry, TaskFilter, TasksOfCase};
use store::views::why_here::{self, WhyHereEntry};
use store::{Conn, hand_over, outbox};

use crate::cli::Exit;
use crate::cli::amounts::with_yuan;
use crate::cli::args::{Case, CaseWhat, Order, OrderWhat, Output, Task, TaskWhat};
use crate::cli::columns::noted;
use crate::cli::context::Context;
use crate::cli::output::{self, Printer};
use crate::cli::{filters, found, parked, people, portions, search, sending, story};

pub(crate) async fn case(context: &Context, args: Case) -> Result<Exit> {
    match args.what {
        CaseWhat::Ls { parked: true, limit, .. } => {
            parked::list(context, context.limit(limit)).await
        }
        CaseWhat::Ls { search: Some(typed), limit, .. } => {
            found::list(context, &typed, context.limit(limit)).await
        }
        CaseWhat::Ls { workflow, village, collector, days, in_none, limit, .. } => {
            let wanted = Listing { workflow, village, collector, days, in_none };
            list_cases(context, wanted, context.limit(limit)).await
        }
        CaseWhat::Show { case } => show_case(context, &case).await,
        CaseWhat::Report(report) => context.order(report).await,
        CaseWhat::Enrol { names, search, yes, reason } => {
            context.order(enrolment(context, names, &search, yes, reason)?).await
        }
        CaseWhat::Assign(assign) => context.order(assign).await,
        CaseWhat::Resume(resume) => context.order(resume).await,
        CaseWhat::Withdraw(withdraw) => context.order(withdraw).await,
    }
}

/// A case into a workflow, or all that a search finds.
fn enrolment(
    context: &Context,
    mut names: Vec<String>,
    search: &[String],
    sure: bool,
    reason: String,
) -> Result<Command> {
    let workflow = names.pop().unwrap_or_default();
    match (names.pop(), search.is_empty()) {
        (Some(case), true) => Ok(Enrol { case, workflow, reason }.into()),
        (None, false) => {
            let readable = |it: Say| anyhow::anyhow!(it.of(context.lang).clone());
            let conditions = search.iter().map(|it| search::condition(it));
            let conditions = conditions.collect::<Result<_, _>>().map_err(readable)?;
            Ok(EnrolMany { workflow, conditions, sure, reason }.into())
        }
        (Some(_), false) => bail!(context.text(
            "贷款编号和 --where 只能用一个\n  提示:`case enrol 流程 --where 条件` 或 `case enrol 贷款编号 流程`",
            "a loan number and --where exclude each other\n  hint: `case enrol WORKFLOW --where …` or `case enrol CASE WORKFLOW`",
        )
        .to_owned()),
        (None, true) => bail!(context.text(
            "缺少贷款编号或查询条件\n  提示:`case enrol 贷款编号 流程` 或 `case enrol 流程 --where days=91..`",
            "neither a loan number nor a search\n  hint: `case enrol CASE WORKFLOW` or `case enrol WORKFLOW --where days=91..`",
        )
        .to_owned()),
    }
}

/// Which cases are listed.
struct Listing {
    workflow: Option<String>,
    village: Option<String>,
    collector: Option<String>,
    days: Option<u32>,
    in_none: bool,
}

async fn list_cases(context: &Context, wanted: Listing, limit: i64) -> Result<Exit> {
    let (site, store) = context.store().await?;
    let today = Clock::machine(&site.config.zone)?.now().today();
    let unpaid_since = wanted.days.map(|days| {
        today.saturating_sub(jiff::Span::new().days(i64::from(days.min(36_600))))
    });
    let mut conn = store.read().await?;
    let workflow = match &wanted.workflow {
        Some(typed) => Some(filters::workflow(context, conn.conn(), &site, typed).await?),
        None => None,
    };
    let village = match &wanted.village {
        Some(typed) => Some(filters::village(context, conn.conn(), typed).await?),
        None => None,
    };
    let collector = match &wanted.collector {
        Some(typed) => Some(filters::person(context, conn.conn(), &site, typed).await?),
        None => None,
    };
    let in_none = wanted.in_none;
    let filter = CaseFilter { workflow, village, collector, unpaid_since, in_none };
    let columns = [
        "case_id",
        "village",
        "collector",
        "days_past_due",
        "overdue_amount",
        "balance_amount",
        "holds",
        "claim_status",
        "stages",
    ];
    let printer = Printer::new(&columns, context.output, context.lang);
    let ask = async |after: Option<&Listed>, limit| {
        let after = after.map(|it| &it.entry);
        let found = cases::list(conn.conn(), &filter, after, limit).await?;
        let ids: Vec<CaseId> = found.iter().map(|entry| entry.id).collect();
        let mut heads = case_head::of_cases(conn.conn(), today, &ids).await?;
        let mut runs = cases::open_runs(conn.conn(), &ids).await?;
        let listed = found.into_iter().map(|entry| Listed {
            head: heads.remove(&entry.id),
            runs: runs.remove(&entry.id).unwrap_or_default(),
            entry,
        });
        Ok(listed.collect())
    };
    portions::print(printer, limit, ask, Listed::cells).await?;
    Ok(Exit::Ok)
}

/// A case of a list with what is shown of it.
struct Listed {
    entry: CaseEntry,
    head: Option<CaseHead>,
    runs: Vec<OpenRun>,
}

impl Listed {
    fn cells(&self) -> Option<Vec<Value>> {
        let CaseHead { facts, claim } = self.head.as_ref()?;
        let stages: Vec<String> = self.runs.iter().map(stage_of).collect();
        Some(vec![
            json!(facts.case_no),
            json!(facts.village),
            json!(facts.collector),
            json!(facts.days_past_due),
            json!(facts.overdue.to_string()),
            json!(facts.balance.to_string()),
            json!(facts.holds.join(",")),
            json!(claim),
            json!(stages.join(" ")),
        ])
    }
}

/// The stage of a run, with a mark where it does not simply wait.
fn stage_of(run: &OpenRun) -> String {
    let OpenRun { workflow, stage, status, .. } = run;
    let mark = match (status, run.fingerprint.as_deref()) {
        (InstanceStatus::Waiting, _) if run.suspended_by.is_some() => {
            "(suspended)".to_owned()
        }
        (InstanceStatus::Waiting, _) => String::new(),
        (InstanceStatus::Parked, Some(LOST_PLACE)) => format!("({status}:{LOST_PLACE})"),
        _ => format!("({status})"),
    };
    format!("{workflow}/{stage}{mark}")
}

async fn show_case(context: &Context, case_no: &str) -> Result<Exit> {
    let (site, store) = context.store().await?;
    let clock = Clock::machine(&site.config.zone)?;
    let today = clock.now().today();
    let mut conn = store.read().await?;
    let id = case_named(conn.conn(), case_no).await?;
    let known = case_head::of_cases(conn.conn(), today, &[id]).await?;
    let known = known.get(&id).context("案件读不出来 · the case cannot be read")?;
    let CaseHead { facts, claim } = known;
    let why = where_it_stands(conn.conn(), &clock, id, context.lang).await?;
    let told = story::of_case(conn.conn(), &clock, id, context.lang).await?;
    let elsewhere = persons::entered_elsewhere(conn.conn(), id).await?;
    let of_case = TaskFilter {
        case: Some(TasksOfCase { id, closed_too: false }),
        suspended: true,
        ..TaskFilter::default()
    };
    let kept = tasks::list(conn.conn(), &of_case, None, i64::MAX).await?;
    let faces = people::faces(conn.conn(), &clock, &[id]).await?;
    let face = faces.get(&id).context("案件读不出来 · the case cannot be read")?;
    if context.output == Output::Json {
        let body = json!({
            "format_version": output::FORMAT_VERSION, "facts": facts,
            "face": people::record(face),
            "claim_status": claim, "where": why, "story": told,
            "holds_entered_on": elsewhere, "suspended_work": suspended_work(&kept),
        });
        output::json(&with_yuan(body))?;
        return Ok(Exit::Ok);
    }
    head(context, facts)?;
    for line in people::lines(face, context.lang) {
        output::say(&format!("  {line}"))?;
    }
    tell_holds(context, &elsewhere, &kept)?;
    let is_dismissed = *claim == CaseStatus::Dismissed;
    if is_dismissed {
        output::say(context.text(
            "债权不成立或已消灭,不再催收",
            "the claim was dismissed: nobody asks for it any more",
        ))?;
    }
    output::say(context.text("\n为什么在这里?", "\nWhy is it here?"))?;
    if why.is_empty() && is_dismissed {
        output::say(context.text(
            "  不在任何流程里:债权不成立或已消灭\n  提示:登记有误的,用 `qingshou case report 贷款编号 dismissal_withdrawn --reason …` 更正",
            "  it is in no workflow: the claim was dismissed\n  hint: if that was wrong, `qingshou case report CASE dismissal_withdrawn --reason …`",
        ))?;
    } else if why.is_empty() {
        output::say(context.text(
            "  不在任何流程里\n  提示:主管可用 `qingshou case enrol 贷款编号 流程 --reason …` 登记进入",
            "  it is in no workflow\n  hint: a supervisor enters it with `qingshou case enrol CASE WORKFLOW --reason …`",
        ))?;
    }
    for one in &why {
        output::say(&format!("  {}", text_of(one)))?;
    }
    output::say(context.text("\n经过", "\nWhat happened"))?;
    for one in &told {
        output::say(&format!("  {}", text_of(one)))?;
    }
    Ok(Exit::Ok)
}

/// The holds that were entered on other loans of the person, and the work that they
/// and the others keep.
fn tell_holds(
    context: &Context,
    elsewhere: &[(String, String)],
    kept: &[TaskEntry],
) -> Result<()> {
    for (reason, loan) in elsewhere {
        output::say(context.text(
            &format!("  {} 登记在 {loan},随它暂停和恢复", HOLDS.zh(reason)),
            &format!("  {reason}: entered on {loan}, and ends with it"),
        ))?;
    }
    for it in kept {
        let why = it.suspended_for.as_deref().unwrap_or_default();
        output::say(context.text(
            &format!(
                "  已停下的 {}(待办 {}):{}",
                VERBS.zh(&it.kind),
                it.id,
                HOLDS.listed(why.split(','))
            ),
            &format!("  suspended {} (task {}): {why}", it.kind, it.id),
        ))?;
    }
    Ok(())
}

/// The calls and visits of a case that a hold keeps, as a program reads them.
fn suspended_work(kept: &[TaskEntry]) -> Vec<Value> {
    let one = |it: &TaskEntry| json!({ "task": it.id, "kind": it.kind, "suspended_for": it.suspended_for });
    kept.iter().map(one).collect()
}

/// The first lines of a case: whom it is about and what is owed.
fn head(context: &Context, facts: &CaseFacts) -> Result<()> {
    let village = facts.village.as_deref().unwrap_or("-");
    let (days, overdue, balance) = (facts.days_past_due, facts.overdue, facts.balance);
    output::say(&if context.english() {
        format!(
            "{}  {village}  {days} days past due  overdue {overdue}  balance {balance}",
            facts.case_no
        )
    } else {
        format!(
            "{}  {village}  逾期 {days} 天  逾期金额 {overdue}  余额 {balance}",
            facts.case_no
        )
    })?;
    if let Some(owed) = facts.owed {
        let Components { principal, interest, penalty, cost } = owed;
        output::say(context.text(
            &format!(
                "到期未还:本金 {principal}  利息 {interest}  罚息 {penalty}  费用 {cost}"
            ),
            &format!(
                "fallen due and not paid: principal {principal}  interest {interest}  \
                 penalty {penalty}  costs {cost}"
            ),
        ))?;
    }
    if let Some((day, amount)) = facts.next_due_on.zip(facts.next_due_amount) {
        output::say(context.text(
            &format!("下期 {day} 到期,应还 {amount}"),
            &format!("next due on {day}: {amount} yuan"),
        ))?;
    }
    if let Some(day) = facts.limitation_ends_on {
        output::say(context.text(
            &format!("诉讼时效(已证明)至 {day}"),
            &format!("limitation period, as proved, until {day}"),
        ))?;
    }
    guarantors(context, facts)?;
    if !facts.holds.is_empty() {
        output::say(context.text(
            &format!("暂停:{}", HOLDS.listed(facts.holds.iter().map(String::as_str))),
            &format!("on hold: {}", facts.holds.join(", ")),
        ))?;
    }
    Ok(())
}

/// Until when each guarantor can be asked, and whether they were held in time.
fn guarantors(context: &Context, facts: &CaseFacts) -> Result<()> {
    for (place, guarantor) in (1..).zip(facts.guarantors()) {
        let Some(ends_on) = guarantor.guarantee_ends_on else { continue };
        let told = match (guarantor.guarantee_held_on, guarantor.limitation_ends_on) {
            (Some(held), Some(until)) => Say::new(
                format!("保证人 {place}:{held} 已主张,诉讼时效至 {until}"),
                format!("guarantor {place}: held on {held}, limitation until {until}"),
            ),
            (Some(held), None) => Say::new(
                format!("保证人 {place}:{held} 已起诉借款人,保证责任保住"),
                format!("guarantor {place}: held by the suit of {held}"),
            ),
            (None, _) => Say::new(
                format!("保证人 {place}:保证期间至 {ends_on}"),
                format!("guarantor {place}: guarantee period until {ends_on}"),
            ),
        };
        output::say(told.text(context.lang))?;
    }
    Ok(())
}

fn text_of(entry: &Value) -> String {
    entry["text"].as_str().unwrap_or_default().to_owned()
}

/// Where a case stands, which line of which release moved it there, with the
/// values it saw, and what happens next.
async fn where_it_stands(
    conn: &mut Conn,
    clock: &Clock,
    case: CaseId,
    lang: Lang,
) -> Result<Vec<Value>> {
    let runs = why_here::of_case(conn, case).await?;
    runs.into_iter().map(|run| standing(run, clock, lang)).collect()
}

fn standing(run: WhyHereEntry, clock: &Clock, lang: Lang) -> Result<Value> {
    let zh = lang == Lang::Zh;
    let (workflow, stage, decided) = (run.workflow, run.stage, run.decided);
    let next = run.due_at.map(|at| clock.civil(at).to_string());
    let line = decided.line().unwrap_or_default();
    let mut text =
        format!("{workflow} / {stage}({})", STATES.plain(run.status.as_str(), lang));
    if let Some(Entry::Stepped(Stepped { facts, .. })) = &decided.entry
        && !line.is_empty()
    {
        let DecisionFacts { days_past_due: days, overdue, .. } = facts;
        let release = decided.release.unwrap_or_default();
        if zh {
            write!(text, " ← {line} 第 {release} 版,当时逾期 {days} 天、{overdue} 元")?;
        } else {
            write!(
                text,
                " ← {line} of release {release}, then {days} days past due, {overdue} yuan"
            )?;
        }
    }
    if let Some(next) = &next {
        let word = if zh { ",下次" } else { ", next" };
        write!(text, "{word} {next}")?;
    }
    if let Some(error) = run.error {
        let what = match (run.is_lost, zh) {
            (true, true) => "挂起:",
            (false, true) => "脚本出错:",
            (true, false) => "parked: ",
            (false, false) => "the script failed: ",
        };
        write!(text, "\n    {what}{}", lang.half(&error))?;
    }
    text += &suspended(run.suspension, lang);
    Ok(json!({
        "text": text, "workflow": workflow, "stage": stage, "line": line,
        "release": decided.release, "next_at": next, "decided": own_json(&decided.body)?,
    }))
}

/// That a workflow is not worked, with the last error of its script.
fn suspended(message: Option<String>, lang: Lang) -> String {
    match (message.map(|message| lang.half(&message)), lang) {
        (None, _) => String::new(),
        (Some(error), Lang::Zh) => {
            format!("\n    流程停办,原地等待,见 `qingshou status`:{error}")
        }
        (Some(error), Lang::En) => format!(
            "\n    the workflow is suspended and waits, see `qingshou status`: {error}"
        ),
    }
}

/// A task, and whom its case is about.
type WithFace = (TaskEntry, Option<Face>);

const TASK_COLUMNS: [&str; 10] = [
    "task",
    "kind",
    "case_id",
    "title",
    "assignee",
    "for_role",
    "taken_by",
    "due_on",
    "order",
    "suspended_for",
];

/// What a list shows of a task, as [`TASK_COLUMNS`] and those of people have it.
fn task_row(context: &Context, (task, face): &WithFace) -> Vec<Value> {
    let mut row = vec![
        json!(task.id),
        json!(task.kind),
        json!(task.case_no),
        json!(context.half(&task.title)),
        json!(task.assignee),
        json!(task.for_role),
        json!(task.taken_by),
        json!(task.due_on),
        json!(task.order_id),
        json!(task.suspended_for),
    ];
    row.extend(people::row(face.as_ref(), context.output, context.lang));
    row
}

pub(crate) async fn task(context: &Context, args: Task) -> Result<Exit> {
    let (of, kind, (suspended, untaken), limit) = match args.what {
        TaskWhat::Done(task) => return context.order(task).await,
        TaskWhat::Take(take) => return context.order(take).await,
        TaskWhat::Ls { of, kind, suspended, untaken, limit } => {
            (of, kind, (suspended, untaken), context.limit(limit))
        }
    };
    let (site, store) = context.store().await?;
    let mut conn = store.read().await?;
    let of = match of {
        Some(typed) => Some(filters::person(context, conn.conn(), &site, &typed).await?),
        None => None,
    };
    let kind = match kind {
        Some(typed) => Some(filters::task_kind(context, conn.conn(), &typed).await?),
        None => None,
    };
    let people = &site.config.people;
    let of_them = people.iter().find(|person| Some(&person.name) == of.as_ref());
    let roles = of_them.map(|of_them| alarms_of(&of_them.roles)).unwrap_or_default();
    let filter = TaskFilter { assignee: of, roles, kind, case: None, suspended, untaken };
    let columns = [&TASK_COLUMNS[..], people::columns(context.output)].concat();
    let clock = Clock::machine(&site.config.zone)?;
    let printer = Printer::new(&columns, context.output, context.lang);
    let ask = async |after: Option<&WithFace>, limit| {
        let after = after.map(|it| &it.0);
        let found = tasks::list(conn.conn(), &filter, after, limit).await?;
        let cases: Vec<CaseId> = found.iter().filter_map(|it| it.case_id).collect();
        let faces = people::faces(conn.conn(), &clock, &cases).await?;
        let with_face = |it: TaskEntry| {
            let face = it.case_id.and_then(|case| faces.get(&case).cloned());
            (it, face)
        };
        Ok(found.into_iter().map(with_face).collect())
    };
    let cells = |task: &WithFace| Some(task_row(context, task));
    portions::print(printer, limit, ask, cells).await?;
    if !suspended && context.output == Output::Table {
        let filter = TaskFilter { suspended: true, ..filter };
        let kept = tasks::list(conn.conn(), &filter, None, limit).await?;
        tell_suspended(context, &kept)?;
    }
    Ok(Exit::Ok)
}

/// Says that work stands still, which no list of what is to be done shows.
fn tell_suspended(context: &Context, kept: &[TaskEntry]) -> Result<()> {
    if kept.is_empty() {
        return Ok(());
    }
    let reasons: BTreeSet<&str> = kept
        .iter()
        .filter_map(|it| it.suspended_for.as_deref())
        .flat_map(|suspended_for| suspended_for.split(','))
        .collect();
    let (count, en) =
        (kept.len(), reasons.iter().copied().collect::<Vec<_>>().join(", "));
    output::say(context.text(
        &format!(
            "另有 {count} 件电话或上门因暂停而停下({}),见 `qingshou task ls --suspended`",
            HOLDS.listed(reasons.iter().copied())
        ),
        &format!(
            "{count} calls or visits are suspended by holds ({en}): `qingshou task ls \
             --suspended`"
        ),
    ))
}

/// One order, and what whoever it went to has read.
async fn show_order(context: &Context, number: i64) -> Result<Exit> {
    let (site, store) = context.store().await?;
    let clock = Clock::machine(&site.config.zone)?;
    let mut conn = store.read().await?;
    let Some(order) = orders::find(conn.conn(), OrderId(number)).await? else {
        bail!(
            "{}",
            if context.english() {
                format!("there is no order {number}\n  hint: see `qingshou order ls`")
            } else {
                format!("没有指令 {number}\n  提示:用 `qingshou order ls` 查看")
            }
        );
    };
    let given = outbox::text_of(conn.conn(), OrderId(number)).await?;
    let left = hand_over::last_text(conn.conn(), OrderId(number)).await?;
    let not_before = clock.civil(order.not_before_at).to_string();
    if context.output == Output::Json {
        let body = json!({
            "format_version": output::FORMAT_VERSION, "order": order.id,
            "case_id": order.case_no, "verb": order.verb, "status": order.status,
            "not_before": not_before, "note": context.half(&order.note),
            "requested_by": order.requested_by, "stage": order.stage,
            "line": order.line, "text": given, "text_as_left": left,
        });
        output::json(&body)?;
        return Ok(Exit::Ok);
    }
    output::say(&format!(
        "{number}  {}  {}  {}  {}/{}  {}  {}",
        order.case_no,
        VERBS.shown(&order.verb, context.lang),
        STATES.shown(order.status.as_str(), context.lang),
        words::by(&order.requested_by, context.lang),
        order.stage,
        not_before,
        noted(&order.note, context.lang)
    ))?;
    if let Some(text) = given {
        let title = context.text("下达时的文本:", "the text as it was given:");
        output::say(&format!("\n{title}\n{text}"))?;
    }
    if let Some(text) = left {
        let title = context.text(
            "送出时重新生成的文本(天数等已更新):",
            "the text as it left, made anew because days had moved:",
        );
        output::say(&format!("\n{title}\n{text}"))?;
    }
    Ok(Exit::Ok)
}

/// The roles whose work is a person's: an administrator's is the supervisor's too.
fn alarms_of(roles: &[String]) -> Vec<String> {
    let mut roles = roles.to_vec();
    if roles.iter().any(|role| role == "administrator") {
        roles.push("supervisor".to_owned());
    }
    roles
}

pub(crate) async fn order(context: &Context, args: Order) -> Result<Exit> {
    let (status, case, limit) = match args.what {
        OrderWhat::Retry { order, reason } => {
            let again = commands::Order { order, drop: false, reason };
            return context.order(again).await;
        }
        OrderWhat::Arrived(arrived) => return context.order(arrived).await,
        OrderWhat::Show { order } => return show_order(context, order).await,
        OrderWhat::Drop(args) => return sending::drop_orders(context, args).await,
        OrderWhat::Ls { status, case, limit } => (status, case, context.limit(limit)),
    };
    let (site, store) = context.store().await?;
    let clock = Clock::machine(&site.config.zone)?;
    let mut conn = store.read().await?;
    let case_id = match case {
        Some(number) => Some(case_named(conn.conn(), &number).await?),
        None => None,
    };
    let status = status.map(|typed| filters::status(context, &typed, &OrderStatus::ALL));
    let status = status.transpose()?;
    let filter = OrderFilter { case_id, status };
    let columns = [
        "order",
        "case_id",
        "verb",
        "status",
        "not_before",
        "note",
        "requested_by",
        "line",
    ];
    let printer = Printer::new(&columns, context.output, context.lang);
    let ask = async |after: Option<&OrderEntry>, limit| {
        Ok(orders::list(conn.conn(), &filter, after, limit).await?)
    };
    let cells = |it: &OrderEntry| {
        Some(vec![
            json!(it.id),
            json!(it.case_no),
            json!(it.verb),
            json!(it.status),
            json!(clock.civil(it.not_before_at).to_string()),
            json!(context.half(&it.note)),
            json!(it.requested_by),
            json!(it.line),
        ])
    };
    portions::print(printer, limit, ask, cells).await?;
    Ok(Exit::Ok)
}
