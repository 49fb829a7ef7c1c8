//! Results of calls and visits (电话与上门结果) as a test enters them.

use anyhow::{Context, Result, bail};
use domain::event::EventSpec;
use domain::ids::{CaseId, OrderId};
use domain::manifest::{ArgKind, EntryForm, Subject};
use domain::near::{nearest, perhaps};
use domain::say::Say;
use domain::status::OrderStatus;
use jiff::civil::Date;
use runtime::work::Silence;
use serde_json::{Map, Value, json};
use store::plugin::Filled;
use store::tasks;
use store::views::orders;

use crate::scenario::people::COLLECTOR;
use crate::scenario::store_scenario::{ACTOR, StoreScenario};

/// Who goes along when the test does not say.
const COMPANION: &str = "测试同行员";

/// Enters what came of the newest order of a verb that was carried out and
/// has no result yet.
///
/// # Errors
///
/// There is none, the verb has no results, or the result cannot be so; each
/// is a sentence for the author of the test.
pub(super) async fn enter(
    scenario: &mut StoreScenario,
    case: CaseId,
    verb: &str,
    outcome: &str,
    payload: Map<String, Value>,
) -> Result<()> {
    let kind = format!("{verb}_result");
    let spec = scenario.runtime.catalog.find_event(&kind);
    let spec = spec.with_context(|| format!("“{verb}” 没有要登记的结果"))?;
    check(spec, outcome, &payload)?;
    let order = open_order(scenario, case, verb).await?;
    scenario.reported.insert(order.id);
    let id = OrderId(order.id);
    if let Some(form) = form_of(scenario, verb) {
        fill_in(scenario, (case, id), form, outcome, &payload).await?;
        return scenario.settle().await;
    }
    let mut payload = payload;
    payload.insert("outcome".to_owned(), json!(outcome));
    payload.insert("order".to_owned(), json!(id.to_string()));
    if let Some(party) = order.party_id {
        payload.insert("party".to_owned(), json!(party.to_string()));
    }
    close_task(scenario, id, outcome).await?;
    scenario.raise(case, &kind, payload).await
}

/// Whether the manifest knows the outcome and every field beside it.
fn check(spec: &EventSpec, outcome: &str, payload: &Map<String, Value>) -> Result<()> {
    for (name, value) in payload {
        let Some(field) = spec.fields.iter().find(|field| field.name == name) else {
            let meant = nearest(name, spec.fields.iter().map(|field| field.name));
            let (Say { zh, en }, of) = (perhaps(meant), spec.name);
            bail!("事件 {of} 没有字段 `{name}`{zh} · {of} has no field `{name}`{en}");
        };
        one_of(field.name, field.kind, value.as_str())?;
    }
    let field = spec.fields.iter().find(|field| field.name == "outcome");
    field.map_or(Ok(()), |it| one_of("outcome", it.kind, Some(outcome)))
}

fn one_of(name: &str, kind: ArgKind, word: Option<&str>) -> Result<()> {
    let ArgKind::Choice(words) = kind else { return Ok(()) };
    if word.is_some_and(|word| words.contains(&word)) {
        return Ok(());
    }
    let meant = word.and_then(|word| nearest(word, words.iter().copied()));
    let Say { zh, en } = perhaps(meant);
    let given = word.unwrap_or_default();
    bail!(
        "`{name}` 没有 `{given}` 这个词{zh}:可用 {} · `{name}` has no word `{given}`{en}: there \
         are {}",
        words.join("、"),
        words.join(", ")
    )
}

async fn open_order(
    scenario: &StoreScenario,
    case: CaseId,
    verb: &str,
) -> Result<orders::Given> {
    let mut conn = scenario.engine.store.read().await?;
    let orders = orders::given(conn.conn(), case, verb).await?;
    let newest = orders.first().map(|order| order.status);
    let open = |order: &orders::Given| {
        order.status == OrderStatus::Delivered && !scenario.reported.contains(&order.id)
    };
    if let Some(order) = orders.into_iter().find(open) {
        return Ok(order);
    }
    match newest {
        None => bail!("本案还没有 “{verb}” · the case has no `{verb}` yet"),
        Some(OrderStatus::Delivered) => bail!(
            "本案的 “{verb}” 都已登记过结果 · each `{verb}` of the case has its result already"
        ),
        Some(status) => bail!(
            "本案最近的 “{verb}” 还没有执行({status}) · the last `{verb}` of the case has not \
             been carried out ({status})"
        ),
    }
}

async fn close_task(
    scenario: &StoreScenario,
    order: OrderId,
    outcome: &str,
) -> Result<()> {
    let now = scenario.engine.clock.now();
    let mut tx = scenario.engine.begin_silent(Silence::Tasks).await?;
    tasks::close_of_order(tx.conn(), &now, order, ACTOR, outcome).await?;
    Ok(tx.commit().await?)
}

/// The form by which the result of a verb is entered, with its plugin; a verb without
/// one has its result from the event alone.
fn form_of(
    scenario: &StoreScenario,
    verb: &str,
) -> Option<(&'static str, &'static EntryForm)> {
    let (plugin, _) = scenario.runtime.verbs.get(verb)?;
    let manifest = scenario.engine.plugins().named(plugin)?.manifest();
    let takes_results = |form: &&EntryForm| {
        form.subject == Subject::Order && form.field("outcome").is_some()
    };
    Some((manifest.name, manifest.entries.iter().find(takes_results)?))
}

/// Enters a result by the form of a plugin, with its rules on who goes and what shows it.
async fn fill_in(
    scenario: &StoreScenario,
    (case_id, order): (CaseId, OrderId),
    (plugin, form): (&str, &'static EntryForm),
    outcome: &str,
    payload: &Map<String, Value>,
) -> Result<()> {
    let engine = &scenario.engine;
    let now = engine.clock.now();
    let text = |name: &str| payload.get(name).and_then(Value::as_str);
    let mut values = Map::new();
    values.insert("outcome".to_owned(), json!(outcome));
    for field in form.fields.iter().filter(|field| field.name != "outcome") {
        let value = match (field.many, text(field.name)) {
            (true, Some(names)) => {
                json!(names.split([',', ',', '、']).collect::<Vec<_>>())
            }
            // Who goes when the test does not say.
            (true, None) => json!([COLLECTOR, COMPANION]),
            (false, Some(word)) => json!(word),
            (false, None) => continue,
        };
        if field.kind == ArgKind::Date
            && value.as_str().is_some_and(|day| day.parse::<Date>().is_err())
        {
            bail!("`{0}` 应为日期 · `{0}` should be a date", field.name);
        }
        values.insert(field.name.to_owned(), value);
    }
    let filled = Filled {
        form,
        order,
        case_id,
        values: &values,
        by: ACTOR,
        reason: text("note").unwrap_or_default(),
        sure: true,
    };
    let plugins = engine.plugins();
    let plugin = plugins.named(plugin).context("没有这个插件 · no such plugin")?;
    let mut work = engine.begin(&now).await?;
    engine.enter(work.tx(), &now, plugin, &filled).await?;
    work.commit().await
}
