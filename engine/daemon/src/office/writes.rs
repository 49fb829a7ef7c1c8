//! The writes (登记): money, promises, results, holds, approvals, tasks.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use domain::ids::{CaseId, OrderId, TaskId};
use domain::journal::{Entered, PromiseByHand};
use domain::limitation::{Evidence, InterruptionKind};
use domain::money::Fen;
use domain::promise::Grade;
use domain::status::{CaseStatus, OrderStatus, TaskKind};
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use store::events::{self, NewEvent};
use store::promises::{self, NewPromise};
use store::views::orders::{self, OrderEntry};
use store::views::{self, one_case};
use store::{case_book, facts, lost_places, seals, tasks};

use crate::engine::Scanning;
use crate::import::{self, ImportReport, Importer, Moment, Options};
use crate::office::doubts::{self, Certainty};
use crate::office::language::say;
use crate::office::named::case_named;
use crate::office::papers::{Paper, Shown};
use crate::office::{
    Asker, CameToNothing, Reading, Request, answers, authority, by_hand, by_hand_of_site,
    clock, entries, gateway, guard, looking, money, people, people_list, refuse,
    releases, reports, restore, results, sending, stock, task_done, task_take,
};
use crate::words::{EVIDENCE, HOLDS, STATES, VERBS};
use crate::workshop::Workshop;

pub(super) type Done = Result<(String, Value)>;

/// Carries out a request whose roles have been looked at.
pub(super) async fn carry_out(shop: &Workshop, asker: &Asker, request: &Request) -> Done {
    match request {
        Request::Ping => Ok(("ok".to_owned(), Value::Null)),
        Request::Look { words } => looking::look(shop, words).await,
        Request::Import { cases, files, reading, list, reason, opened, progress } => {
            let by = asker.name.clone();
            let logins = shop.engine.names_of(&by);
            let importer = Importer { by, logins, reason: reason.clone() };
            let options = Options {
                importer: Some(importer),
                list: *list,
                shared: shop.engine.scanning == Scanning::Beside,
                progress: progress.clone(),
                ..import_options(shop, reading)?
            };
            import_files(shop, *cases, (files, opened), &options).await
        }
        Request::Pay { .. } | Request::Reverse { .. } | Request::Confirm { .. } => {
            money::carry_out(shop, asker, request).await
        }
        Request::Promise { .. } => promise(shop, asker, request).await,
        Request::Contact { .. } => results::call_result(shop, asker, request).await,
        Request::Enter { .. } => entries::enter(shop, asker, request).await,
        Request::Person { case, deed, reason } => {
            people::carry_out(shop, asker, (case, deed.as_ref()), reason).await
        }
        Request::People { lines, reason } => {
            people_list::enter(shop, asker, lines, reason).await
        }
        Request::Report { .. } | Request::Hold { .. } => {
            reports::carry_out(shop, asker, request).await
        }
        Request::Enrol { case, workflow, reason } => {
            enrol(shop, asker, case, workflow, reason).await
        }
        Request::EnrolMany { workflow, conditions, sure, reason } => {
            let wanted = stock::Wanted { workflow, conditions, sure: *sure, reason };
            stock::enrol(shop, asker, &wanted).await
        }
        Request::Resume { case, reason } => resume(shop, asker, case, reason).await,
        Request::Withdraw { case, reason } => withdraw(shop, asker, case, reason).await,
        Request::Approve { order, reject, reason } => {
            approve(shop, asker, OrderId(*order), *reject, reason).await
        }
        Request::Order { order, drop, reason } => {
            order_again(shop, asker, OrderId(*order), *drop, reason).await
        }
        Request::Arrived { order, reason } => {
            answers::arrived(shop, asker, OrderId(*order), reason).await
        }
        Request::ConfirmClock { reason } => clock::confirm(shop, asker, reason).await,
        Request::TakeStock { logs, opened, reason } => {
            restore::take_stock(shop, asker, (logs, opened), reason).await
        }
        Request::LetGo { which, go, reason, english } => {
            guard::let_go(shop, asker, which, *go, reason, *english).await
        }
        Request::TestGateway { channel, to } => {
            gateway::test(shop, asker, channel, to).await
        }
        Request::Pause { .. } | Request::Unpause { .. } | Request::DropOrders { .. } => {
            sending::carry_out(shop, asker, request).await
        }
        Request::Task { task, outcome, sure } => {
            let sure = Certainty::of(*sure);
            close_task(shop, asker, *task, outcome, sure).await
        }
        Request::TaskTake { task, reason } => {
            task_take::take(shop, asker, TaskId(*task), reason.as_deref()).await
        }
        Request::Reload { confirm } => releases::reload(shop, asker, *confirm).await,
        Request::Rollback { number, reason } => {
            releases::rollback(shop, asker, *number, reason).await
        }
    }
}

fn import_options(shop: &Workshop, reading: &Reading) -> Result<Options> {
    let lang = if reading.english { import::Lang::En } else { import::Lang::Zh };
    let unit = reading.unit.as_deref().map(import::Unit::parse).transpose();
    Ok(Options {
        map: parsed(&reading.map)?,
        only: parsed(&reading.only)?,
        sheet: reading.sheet.clone(),
        unit: unit.map_err(anyhow::Error::msg)?,
        kind: reading.kind.clone(),
        dry_run: reading.dry_run,
        lang,
        rejects_dir: shop.site().rejects(),
        ..Options::default()
    })
}

fn parsed<T: std::str::FromStr<Err = String>>(texts: &[String]) -> Result<Vec<T>> {
    texts.iter().map(|it| it.parse().map_err(anyhow::Error::msg)).collect()
}

async fn import_files(
    shop: &Workshop,
    cases: bool,
    (files, opened): (&[PathBuf], &[Arc<File>]),
    options: &Options,
) -> Done {
    if cases && options.kind.is_some() {
        bail!(say(
            "`--kind` 只用于流水(import events),案件清单没有类型",
            "`--kind` is for events (import events); a list of cases has no kinds",
        ));
    }
    let _turn = shop.importing.lock().await;
    let mut texts = Vec::new();
    let mut reports: Vec<ImportReport> = Vec::new();
    let mut fault = None;
    for (at, file) in files.iter().enumerate() {
        let options = &Options { opened: opened.get(at).cloned(), ..options.clone() };
        let now = shop.engine.clock.now();
        let retime = |it: &store::ledger::Retimed| shop.engine.retime(it);
        let resume_at_ms = shop.engine.resume_at(&now);
        let tolerance_after = |due_on| shop.engine.tolerance_after(due_on);
        let near_after = |on| shop.engine.near_after(on);
        let moment = Moment {
            now,
            resume_at_ms,
            retime: &retime,
            tolerance_after: &tolerance_after,
            near_after: &near_after,
        };
        let store = &shop.engine.store;
        let done = if cases {
            import::import_cases(store, &moment, file, options).await
        } else {
            import::import_events(store, &moment, file, options).await
        };
        match done {
            Ok(report) => reports.push(report),
            Err(error) => {
                fault = Some(error.text(options.lang));
                break;
            }
        }
    }
    // The files before a faulty one are in the book, so they are told of and
    // their cases enter workflows like any others.
    if !options.dry_run && !reports.is_empty() {
        shop.engine.catch_up().await?;
        shop.engine.scan_after_change().await?;
        shop.engine.wait_for_scan().await?;
        let mut tx = shop.engine.store.write().await?;
        let now = shop.engine.clock.now();
        if options.shared {
            // The daemon's morning round seals the rest: orders wait meanwhile.
            seals::seal_added(tx.conn(), &now).await?;
        } else {
            seals::seal(tx.conn(), &now).await?;
        }
        tx.commit().await?;
    }
    let failed = fault.is_some() || reports.iter().all(ImportReport::has_failed);
    texts.extend(reports.iter().map(|it| it.text(options.lang)));
    texts.extend(fault);
    let text = texts.join("\n");
    let mut data =
        reports.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>()?;
    let data =
        if files.len() == 1 { data.pop().unwrap_or_default() } else { json!(data) };
    if failed {
        return Err(CameToNothing { text, data }.into());
    }
    Ok((text, data))
}

/// The case of a loan number, or a sentence that says where to look.
pub(super) async fn case_of(shop: &Workshop, case_no: &str) -> Result<CaseId> {
    let mut conn = shop.engine.store.read().await?;
    case_named(conn.conn(), case_no).await
}

async fn promise(shop: &Workshop, asker: &Asker, request: &Request) -> Done {
    let Request::Promise { case, amount, due_on, evidence, receipt, sure, reason } =
        request
    else {
        bail!("不是承诺");
    };
    let case_id = case_of(shop, case).await?;
    let now = shop.engine.clock.now();
    if *due_on < now.today() {
        bail!(say(
            format!("承诺还款日 {due_on} 已经过去"),
            format!("the day of the promise, {due_on}, is past"),
        ));
    }
    let receipt = receipt.as_deref().map(str::trim).filter(|it| !it.is_empty());
    let evidence = evidence_of_promise(evidence, receipt)?;
    let overdue = {
        let mut conn = shop.engine.store.read().await?;
        let known = facts::load(conn.conn(), now.today(), &[case_id.0]).await?;
        known.get(&case_id).map_or(Fen(0), |facts| facts.overdue)
    };
    let amount = amount.unwrap_or(overdue);
    if amount.0 <= 0 {
        bail!(no_amount(overdue));
    }
    money::sane(amount)?;
    let told = (amount, *due_on);
    doubts::promise(shop, case_id, told, Certainty::of(*sure)).await?;
    let number = receipt.filter(|_| evidence != Evidence::BareAssertion);
    if let Some(number) = number.map(str::to_owned) {
        let paper = Paper { case_id, shown: Shown::Promise(now.today()), number };
        let paper = doubts::paper(shop, &paper, Certainty::of(*sure)).await;
        doubts::together([paper])?;
    }
    let mut tx = shop.engine.store.write().await?;
    let promise = shop.engine.promise(amount, *due_on);
    let new = NewPromise {
        case_id,
        promise,
        made_by: asker.name.clone(),
        evidence,
        source: "hand".to_owned(),
        dedupe_key: promises::key_by_hand(case_id, *due_on, now.ms, number),
    };
    let earlier = promises::of_case(tx.conn(), case_id).await?;
    let open = || earlier.iter().filter(|it| it.grade == Grade::Open);
    let is_same = |it: &&promises::Recorded| (it.amount, it.due_on) == (amount, *due_on);
    let replaced = open().find(|it| !is_same(it));
    let stands = open().find(is_same).map(|it| it.made_on);
    let made = promises::make(tx.conn(), &now, &[new]).await?;
    if let Some(made_on) = stands.filter(|_| made == 0)
        && evidence == Evidence::BareAssertion
    {
        tx.rollback().await?;
        let text = told_of_promise((amount, *due_on), Some((made_on, false)), None);
        return Ok((text, json!({ "due_on": due_on, "entered": 0 })));
    }
    let receipt = receipt.map(str::to_owned);
    let entered = PromiseByHand { promise: amount, due_on: *due_on, evidence, receipt };
    let what = Entered::Promise(entered);
    by_hand(tx.conn(), &now, case_id, asker, reason, what).await?;
    shop.engine.conclude(&mut tx, &now).await?;
    tx.commit().await?;
    let stood = stands.filter(|_| made == 0).map(|it| (it, true));
    let replaced = replaced.filter(|_| 0 < made);
    let text = told_of_promise((amount, *due_on), stood, replaced);
    Ok((text, json!({ "due_on": due_on, "entered": made })))
}

/// Why a promise of nothing is none.
fn no_amount(overdue: Fen) -> String {
    if Fen(0) < overdue {
        return say("承诺金额必须大于零", "a promise has to be more than nothing");
    }
    say(
        "承诺金额必须大于零;本案没有逾期金额,请用 --amount 写明",
        "a promise has to be more than nothing; nothing is overdue, say how much with --amount",
    )
}

/// What is told of a promise: entered, or standing since a day, with what shows it
/// added or nothing changed; and which one it replaces.
fn told_of_promise(
    (amount, due_on): (Fen, Date),
    stood: Option<(Date, bool)>,
    replaced: Option<&promises::Recorded>,
) -> String {
    let mut text = match stood {
        Some((since, is_shown)) => {
            let (zh, en) = if is_shown {
                ("已补登它的证据", "what shows it was added")
            } else {
                ("没有改动", "nothing was changed")
            };
            say(
                format!(
                    "这一承诺早已登记({since}):{due_on} 还 {amount} 元,没有重复登记;{zh}"
                ),
                format!(
                    "this promise stands already (entered on {since}): {amount} yuan on \
                     {due_on}; {en}"
                ),
            )
        }
        None => say(
            format!("已登记承诺:{due_on} 还 {amount} 元"),
            format!("promise entered: {amount} yuan on {due_on}"),
        ),
    };
    if let Some(it) = replaced {
        text.push_str(&say(
            format!("\n  取代原来的承诺:{} 还 {} 元", it.due_on, it.amount),
            format!("\n  it replaces the promise of {} yuan on {}", it.amount, it.due_on),
        ));
    }
    text
}

/// What shows the promise. It begins the limitation period anew, so the paper
/// or recording has to be named by its number.
fn evidence_of_promise(word: &str, receipt: Option<&str>) -> Result<Evidence> {
    let shows = |it: &Evidence| {
        // A ledger line shows a payment, and the ledger enters that itself.
        it.proves(InterruptionKind::DebtorAgreed) && *it != Evidence::LedgerEntry
    };
    let evidence = Evidence::parse(word);
    match evidence {
        Some(Evidence::BareAssertion) => Ok(Evidence::BareAssertion),
        Some(it) if shows(&it) && receipt.is_some() => Ok(it),
        Some(it) if shows(&it) => bail!(say(
            format!(
                "证据 `{word}` 会使诉讼时效重新计算,请用 --receipt 写明书面材料、录音或消息的编号"
            ),
            format!(
                "`{word}` begins the limitation period anew: name the paper, recording or \
                 message with --receipt"
            ),
        )),
        _ => {
            let able: Vec<&str> = Evidence::ALL
                .iter()
                .filter(|it| shows(it))
                .map(|it| it.as_str())
                .collect();
            bail!(say(
                format!(
                    "`{word}` 不能证明承诺\n  提示:可用 {}(须写 --receipt)或 bare_assertion(口头)",
                    EVIDENCE.listed(able.iter().copied())
                ),
                format!(
                    "`{word}` shows no promise\n  hint: use {} (with --receipt) or \
                     bare_assertion",
                    able.join(", ")
                ),
            ))
        }
    }
}

pub(super) async fn order_row(shop: &Workshop, id: OrderId) -> Result<OrderEntry> {
    let mut conn = shop.engine.store.read().await?;
    let found = orders::find(conn.conn(), id).await?;
    found.with_context(|| {
        say(
            format!("没有指令 {id}\n  提示:用 `qingshou order ls` 查看"),
            format!("no order {id}\n  hint: `qingshou order ls` shows them"),
        )
    })
}

pub(super) async fn record(
    shop: &Workshop,
    tx: &mut store::WriteTx,
    case_id: CaseId,
    kind: &str,
    payload: Map<String, Value>,
) -> Result<()> {
    let now = shop.engine.clock.now();
    let event = NewEvent {
        case_id,
        kind: kind.to_owned(),
        payload,
        source: "hand".to_owned(),
        dedupe_key: format!("{case_id}:{kind}:{}", now.ms),
        happened_on: now.today(),
    };
    let resume = shop.engine.resume_at(&now);
    events::record(tx.conn(), &now, resume, event).await?;
    Ok(())
}

/// Refuses a claim that was given up: no procedure asks for it.
async fn not_dismissed(shop: &Workshop, case_id: CaseId, case: &str) -> Result<()> {
    let status = {
        let mut conn = shop.engine.store.read().await?;
        case_book::status(conn.conn(), case_id).await?
    };
    if status != CaseStatus::Dismissed.as_str() {
        return Ok(());
    }
    refuse(say(
        format!(
            "{case} 的债权不成立或已消灭,不能进入流程\n  提示:登记有误的,先登记 `qingshou case \
             report {case} dismissal_withdrawn --reason …`"
        ),
        format!(
            "the claim of {case} was dismissed: it enters no workflow\n  hint: if that was \
             wrong, enter `qingshou case report {case} dismissal_withdrawn --reason …` first"
        ),
    ))
}

async fn enrol(
    shop: &Workshop,
    asker: &Asker,
    case: &str,
    workflow: &str,
    reason: &str,
) -> Done {
    let case_id = case_of(shop, case).await?;
    not_dismissed(shop, case_id, case).await?;
    let Some(runtime) = shop.engine.runtime() else {
        bail!(say("还没有可运行的版本", "there is no release to run yet"))
    };
    let Some(found) = runtime.program.workflows.get(workflow) else {
        let all: Vec<&str> =
            runtime.program.workflows.keys().map(String::as_str).collect();
        bail!(say(
            format!("没有流程 `{workflow}`\n  提示:现有 {}", all.join("、")),
            format!("no workflow `{workflow}`\n  hint: there are {}", all.join(", ")),
        ));
    };
    let by = asker.name.clone();
    let new = crate::engine::enrol::instance(found, case_id, &by);
    let now = shop.engine.clock.now();
    let mut tx = shop.engine.store.write().await?;
    // What waits for a stage that the release lacks holds no lane against a person.
    let of_lane = (case_id, Some(found.lane.as_str()));
    let left =
        lost_places::withdraw(tx.conn(), &now, of_lane, (&asker.name, reason)).await?;
    if shop.engine.open_in(tx.conn(), &runtime, &[new]).await? == 0 {
        tx.rollback().await?;
        let lane = &found.lane;
        let (running, stage) = {
            let mut conn = shop.engine.store.read().await?;
            let has = one_case::in_lane(conn.conn(), case_id, lane).await?;
            has.map(|it| (it.workflow, it.stage)).unwrap_or_default()
        };
        return refuse(say(
            format!(
                "本案已在流程 {running} 的环节 {stage}({lane} 线上已有未结流程),没有改动\n  \
                 提示:用 `qingshou case show {case}` 查看它在等什么"
            ),
            format!(
                "it is in {running}, stage {stage}: a workflow runs in lane {lane} already; \
                 nothing was changed\n  hint: `qingshou case show {case}` tells what it waits for"
            ),
        ));
    }
    let withdrawn = (!left.is_empty()).then(|| shown(&left).join(", "));
    let what = Entered::Enrolled { enrolled: workflow.to_owned(), withdrawn };
    by_hand(tx.conn(), &now, case_id, asker, reason, what).await?;
    tx.commit().await?;
    let text = match shown(&left).first() {
        None => {
            say(format!("已进入流程 {workflow}"), format!("it is in workflow {workflow}"))
        }
        Some(place) => say(
            format!("已从 {place} 移入流程 {workflow}"),
            format!("it has left {place} and is in workflow {workflow}"),
        ),
    };
    Ok((text, json!({ "workflow": workflow, "withdrawn": shown(&left) })))
}

/// Places as people read them: `wait/waiting`.
fn shown(places: &[lost_places::Place]) -> Vec<String> {
    places.iter().map(|(workflow, stage)| format!("{workflow}/{stage}")).collect()
}

/// Takes a case out of what waits for a stage that the running release lacks.
async fn withdraw(shop: &Workshop, asker: &Asker, case: &str, reason: &str) -> Done {
    let case_id = case_of(shop, case).await?;
    let now = shop.engine.clock.now();
    let mut tx = shop.engine.store.write().await?;
    let said = (asker.name.as_str(), reason);
    let left = lost_places::withdraw(tx.conn(), &now, (case_id, None), said).await?;
    if left.is_empty() {
        tx.rollback().await?;
        return refuse(say(
            "本案没有因版本里缺少环节而挂起的流程,没有改动\n  提示:\
             `qingshou case ls --parked` 列出挂起的案件和原因",
            "no workflow of this case is parked because the running release lacks its stage; \
             nothing was changed\n  hint: `qingshou case ls --parked` lists parked cases with \
             the reason of each",
        ));
    }
    let what = Entered::Withdrawn { withdrawn: shown(&left).join(", ") };
    by_hand(tx.conn(), &now, case_id, asker, reason, what).await?;
    tx.commit().await?;
    let places = shown(&left).join(&say("、", ", "));
    let text = say(
        format!(
            "已退出 {places}\n  提示:`qingshou case enrol {case} 流程` 让它进入别的流程"
        ),
        format!(
            "it has left {places}\n  hint: `qingshou case enrol {case} WORKFLOW` puts it into \
             another workflow"
        ),
    );
    Ok((text, json!({ "withdrawn": shown(&left) })))
}

/// Why a case cannot go on where it is, and where it can go.
fn lost_hint(why: &str, case: &str) -> String {
    let hint = say(
        format!(
            "`qingshou case enrol {case} 流程` 移入别的流程,`qingshou case withdraw {case}` 退出"
        ),
        format!(
            "`qingshou case enrol {case} WORKFLOW` moves it into another workflow, `qingshou \
             case withdraw {case}` takes it out"
        ),
    );
    format!("{why}\n  {}", say(format!("提示:{hint}"), format!("hint: {hint}")))
}

async fn resume(shop: &Workshop, asker: &Asker, case: &str, reason: &str) -> Done {
    let case_id = case_of(shop, case).await?;
    let now = shop.engine.clock.now();
    let mut tx = shop.engine.store.write().await?;
    let count = store::commit::unpark(tx.conn(), &now, case_id).await?;
    if count == 0 {
        let lost = lost_places::of_case(tx.conn(), case_id).await?;
        tx.rollback().await?;
        match lost {
            Some(why) => return refuse(lost_hint(&why, case)),
            None => {
                bail!(say("本案没有挂起的流程", "no workflow of this case is parked"))
            }
        }
    }
    let what = Entered::Resumed { resumed: count };
    by_hand(tx.conn(), &now, case_id, asker, reason, what).await?;
    tx.commit().await?;
    let text = say(format!("{count} 个流程继续运行"), format!("{count} workflows go on"));
    Ok((text, json!({ "resumed": count })))
}

async fn approve(
    shop: &Workshop,
    asker: &Asker,
    order: OrderId,
    reject: bool,
    reason: &str,
) -> Done {
    let row = order_row(shop, order).await?;
    let head = case_head(shop, row.case_id).await?;
    if reject {
        shop.engine.reject(order, &asker.name, reason).await?;
    } else {
        shop.engine.approve(order, &asker.name, reason).await?;
    }
    let (zh, en) =
        if reject { ("已驳回", "rejected") } else { ("已批准", "approved") };
    let data = json!({ "order": order, "case": row.case_no, "rejected": reject });
    let text = say(
        format!("{zh}:{} {}\n  {head}", row.case_no, VERBS.zh(&row.verb)),
        format!("{en}: {} {}\n  {head}", row.case_no, row.verb),
    );
    Ok((text, data))
}

/// The head of a case in a line: how late it is and what it owes.
pub(super) async fn case_head(shop: &Workshop, case_id: CaseId) -> Result<String> {
    let today = shop.engine.clock.now().today();
    let mut conn = shop.engine.store.read().await?;
    let known = facts::load(conn.conn(), today, &[case_id.0]).await?;
    let Some(case) = known.get(&case_id) else { return Ok(String::new()) };
    let (days, overdue, balance) = (case.days_past_due, case.overdue, case.balance);
    let (zh, en) = if case.holds.is_empty() {
        (String::new(), String::new())
    } else {
        let holds = HOLDS.listed(case.holds.iter().map(String::as_str));
        (format!(",暂停 {holds}"), format!(", on hold: {}", case.holds.join(", ")))
    };
    Ok(say(
        format!("逾期 {days} 天,逾期金额 {overdue} 元,余额 {balance} 元{zh}"),
        format!(
            "{days} days past due, {overdue} yuan overdue, balance {balance} yuan{en}"
        ),
    ))
}

async fn order_again(
    shop: &Workshop,
    asker: &Asker,
    order: OrderId,
    drop: bool,
    reason: &str,
) -> Done {
    let row = order_row(shop, order).await?;
    if !drop && row.status == OrderStatus::Held {
        return refuse(say(
            format!(
                "指令 {order} 被停发留住({}),不必重试\n  提示:用 `qingshou status` \
                 查看停发,恢复后它会送出",
                row.note
            ),
            format!(
                "order {order} is held by a stop ({}) and need not be tried again\n  hint: \
                 `qingshou status` shows the stops; it leaves when its stop is lifted",
                row.note
            ),
        ));
    }
    let from: &[OrderStatus] =
        if drop { &OrderStatus::DROPPABLE } else { &OrderStatus::REPEATABLE };
    if !from.contains(&row.status) {
        let (zh, en) =
            if drop { ("放弃", "dropped") } else { ("重试", "tried again") };
        return refuse(say(
            format!("指令 {order} 现为 {},不能{zh}", STATES.zh(row.status.as_str())),
            format!("order {order} is {} and cannot be {en}", row.status),
        ));
    }
    if drop && row.status == OrderStatus::AwaitingApproval {
        // The workflow hears of it and its wait begins.
        return approve(shop, asker, order, true, reason).await;
    }
    if drop {
        if shop.engine.drop_orders(&[order], &asker.name, reason).await? == 0 {
            return answers::taken(order);
        }
        let what = format!("{} {}", row.case_no, row.verb);
        let text = say(format!("已放弃:{what}"), format!("dropped: {what}"));
        return Ok((text, json!({ "order": order })));
    }
    answers::again(shop, asker, &row, reason).await
}

/// A visit or a call that has no result yet is ended by its result, which the workflow
/// hears of; one whose order has gone is a task like any other.
async fn awaits_its_result(
    shop: &Workshop,
    conn: &mut store::Conn,
    task: &views::tasks::TaskEntry,
) -> Result<Option<String>> {
    let Some((order, case_id)) = task.order_id.zip(task.case_id) else { return Ok(None) };
    let id = task.id;
    let case = task.case_no.as_deref().unwrap_or("…");
    match TaskKind::parse(&task.kind) {
        Some(TaskKind::Visit) if results::is_awaited(shop, conn, order).await? => {
            Ok(Some(say(
                format!(
                    "待办 {id} 是上门:请登记上门结果,待办随之办结,流程才会知道;没有改动\n  提示:\
                 `qingshou visit done {id} --outcome 结果 --by 上门人 --by 上门人 --reason …`"
                ),
                format!(
                    "task {id} is a visit: enter what came of it, which closes the task and is what \
                 the workflow hears; nothing was changed\n  hint: `qingshou visit done {id} \
                 --outcome OUTCOME --by NAME --by NAME --reason …`"
                ),
            )))
        }
        Some(TaskKind::Call) if one_case::is_open_call(conn, case_id, order).await? => {
            Ok(Some(say(
                format!(
                    "待办 {id} 是电话:请登记通话结果,待办随之办结,流程才会知道;没有改动\n  提示:\
                 `qingshou contact {case} --order {id} --outcome 结果 --reason …`"
                ),
                format!(
                    "task {id} is a call: enter what came of it, which closes the task and is what \
                 the workflow hears; nothing was changed\n  hint: `qingshou contact {case} \
                 --order {id} --outcome OUTCOME --reason …`"
                ),
            )))
        }
        _ => Ok(None),
    }
}

async fn close_task(
    shop: &Workshop,
    asker: &Asker,
    task: i64,
    outcome: &str,
    certainty: Certainty,
) -> Done {
    let now = shop.engine.clock.now();
    let mut tx = shop.engine.store.write().await?;
    let Some(found) = views::tasks::find(tx.conn(), TaskId(task)).await? else {
        bail!(say(
            format!("没有待办 {task}\n  提示:用 `qingshou task ls` 查看"),
            format!("no task {task}\n  hint: `qingshou task ls` shows them"),
        ));
    };
    if TaskKind::parse(&found.kind) == Some(TaskKind::Approval) {
        return refuse(say(
            format!("待办 {task} 是审批:请用 `qingshou approve`"),
            format!("task {task} is an approval: use `qingshou approve`"),
        ));
    }
    if let Some(told) = awaits_its_result(shop, tx.conn(), &found).await? {
        return refuse(told);
    }
    task_take::is_open_to(shop, asker, &found)?;
    if let Some(owner) = &found.assignee
        && authority::is_above(shop, asker, owner)
    {
        return refuse(say(
            format!("待办 {task} 由 {owner} 办理,没有改动\n  提示:请本人或主管办结"),
            format!(
                "task {task} is for {owner}; nothing was changed\n  hint: they or a supervisor \
                 close it"
            ),
        ));
    }
    let after = task_done::goes_on(shop, tx.conn(), &found, certainty).await?;
    if !tasks::close(tx.conn(), &now, TaskId(task), &asker.name, outcome).await? {
        bail!(say(
            format!("待办 {task} 已办结:此前已有人办理,没有改动"),
            format!("task {task} was done before; nothing was changed"),
        ));
    }
    let what = Entered::TaskDone { task: TaskId(task), outcome: outcome.to_owned() };
    match found.case_id {
        Some(case) => by_hand(tx.conn(), &now, case, asker, outcome, what).await?,
        None => by_hand_of_site(tx.conn(), &now, asker, outcome, what).await?,
    }
    tx.commit().await?;
    let text = say(format!("待办 {task} 已办结"), format!("task {task} is done"));
    Ok((text + &after, json!({ "task": task })))
}
