//! Trying a workflow on one case (试运行): what it would do, with no effect at all.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use commands::named::case_named;
use domain::facts::CaseFacts;
use domain::ids::InstanceId;
use domain::order::OrderDraft;
use domain::tongues::both;
use runtime::Runtime;
use runtime::clock::Clock;
use runtime::letters::About;
use runtime::script_thread::ScriptThread;
use script::sandbox::Limits;
use serde_json::{Map, Value, json};
use site::config::Config;
use store::due::Claimed;
use store::{Conn, Store, facts, letter_facts};

/// What to try.
pub struct TryOptions<'a> {
    /// The workflow.
    pub workflow: &'a str,
    /// The loan number.
    pub case: &'a str,
    /// The stage; the first one when not given.
    pub stage: Option<&'a str>,
}

/// Enters a stage with a case's facts of now and tells what was decided.
/// Nothing is written and nothing is sent.
///
/// # Errors
///
/// No such case, workflow or stage, or the script fails.
pub async fn try_out(
    store: &Store,
    config: &Config,
    runtime: &Arc<Runtime>,
    wanted: TryOptions<'_>,
) -> Result<Value> {
    let Some(workflow) = runtime.program.workflows.get(wanted.workflow) else {
        let name = wanted.workflow;
        let all: Vec<&str> =
            runtime.program.workflows.keys().map(String::as_str).collect();
        bail!(both(
            &format!("没有流程 `{name}`\n  提示:现有 {}", all.join("、")),
            &format!("no workflow `{name}`\n  hint: there are {}", all.join(", ")),
        ));
    };
    let stage = wanted.stage.unwrap_or(&workflow.start);
    if !workflow.stages.contains_key(stage) {
        let name = &workflow.name;
        let all: Vec<&str> = workflow.stages.keys().map(String::as_str).collect();
        bail!(both(
            &format!("流程 `{name}` 没有环节 `{stage}`\n  提示:现有 {}", all.join("、")),
            &format!(
                "workflow `{name}` has no stage `{stage}`\n  hint: there are {}",
                all.join(", ")
            ),
        ));
    }
    let clock = Clock::machine(&config.zone)?;
    let now = clock.now();
    let mut conn = store.read().await?;
    let case_id = case_named(conn.conn(), wanted.case).await?;
    let known = facts::load(conn.conn(), now.today(), &[case_id.0]).await?;
    let facts =
        known.get(&case_id).context("案件读不出来 · the case cannot be read")?.clone();
    let claimed = Claimed {
        id: InstanceId(0),
        case_id,
        workflow: workflow.name.clone(),
        lane: workflow.lane.clone(),
        stage: stage.to_owned(),
        seq: 0,
        frozen: false,
        due_at: None,
        wait: None,
        memo: Map::new(),
        events: Vec::new(),
        facts_rev: 0,
        head_hash: String::new(),
        tries: 0,
    };
    let host = ScriptThread::start(Limits::default())?;
    let seen = facts.clone();
    let mut results = host.steps(runtime, &clock, &now, vec![(claimed, facts)]).await?;
    let result = results.pop().context("没有结果 · there is no result")?;
    let outcome = result.outcome?;
    Ok(json!({
        "format_version": 1,
        "would": outcome.line,
        "texts": texts(conn.conn(), runtime, &seen, &outcome.orders).await?,
        "ends": match outcome.end {
            runtime::step::End::Waits(at) => json!({ "waits_until": clock.civil(at).to_string() }),
            runtime::step::End::Finished(why) => json!({ "finished": why }),
            runtime::step::End::Becomes(next) => json!({ "becomes": next }),
        },
    }))
}

/// The text that each order would send, or why there would be none; `null` for an order
/// without one.
async fn texts(
    conn: &mut Conn,
    runtime: &Runtime,
    facts: &CaseFacts,
    orders: &[OrderDraft],
) -> Result<Vec<Value>> {
    let case = facts.id;
    let people: Vec<_> =
        orders.iter().filter_map(|order| Some((case, order.to?))).collect();
    let people = facts::reachable(conn, &people).await?;
    let loan = letter_facts::load(conn, &[case]).await?.remove(&case).unwrap_or_default();
    let text = |order: &OrderDraft| {
        let Some(template) = order.args.get("template").and_then(Value::as_str) else {
            return Value::Null;
        };
        let to = order.to.and_then(|it| people.get(&(case, it)));
        let about = About { facts, loan: &loan, to: to.map(|it| &it.recipient) };
        match runtime.letters.render(template, about) {
            Ok(letter) => json!({ "text": letter.text }),
            Err(why) => json!({ "fault": why }),
        }
    };
    Ok(orders.iter().map(text).collect())
}
