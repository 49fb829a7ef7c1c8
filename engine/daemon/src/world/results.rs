//! Results of calls and visits (电话与上门结果) as a test enters them.

use anyhow::{Context, Result, bail};
use domain::event::EventSpec;
use domain::ids::{CaseId, OrderId};
use domain::manifest::ArgKind;
use domain::status::OrderStatus;
use script::finding::nearest;
use serde_json::{Map, Value, json};
use store::tasks;
use store::views::orders;

use crate::world::desk::{ACTOR, Desk};
use crate::world::perhaps;

/// Enters what came of the newest order of a verb that was carried out and
/// has no result yet.
///
/// # Errors
///
/// There is none, the verb has no results, or the result cannot be so; each
/// is a sentence for the author of the test.
pub(super) async fn enter(
    desk: &mut Desk,
    case: CaseId,
    verb: &str,
    outcome: &str,
    payload: Map<String, Value>,
) -> Result<()> {
    let kind = format!("{verb}_result");
    let spec = desk.runtime.catalog.find_event(&kind);
    let spec = spec.with_context(|| format!("“{verb}” 没有要登记的结果"))?;
    check(spec, outcome, &payload)?;
    let order = open_order(desk, case, verb).await?;
    desk.reported.insert(order.id);
    let id = OrderId(order.id);
    #[cfg(feature = "visit")]
    if verb == "visit" {
        visit::enter(desk, id, outcome, &payload).await?;
        return desk.settle().await;
    }
    let mut payload = payload;
    payload.insert("outcome".to_owned(), json!(outcome));
    payload.insert("order".to_owned(), json!(id.to_string()));
    if let Some(party) = order.party_id {
        payload.insert("party".to_owned(), json!(party.to_string()));
    }
    close_task(desk, id, outcome).await?;
    desk.raise(case, &kind, payload).await
}

/// Whether the manifest knows the outcome and every field beside it.
fn check(spec: &EventSpec, outcome: &str, payload: &Map<String, Value>) -> Result<()> {
    for (name, value) in payload {
        let Some(field) = spec.fields.iter().find(|it| it.name == name) else {
            let meant = nearest(name, spec.fields.iter().map(|it| it.name));
            let ([zh, en], of) = (perhaps(meant), spec.name);
            bail!("事件 {of} 没有字段 `{name}`{zh} · {of} has no field `{name}`{en}");
        };
        one_of(field.name, field.kind, value.as_str())?;
    }
    let field = spec.fields.iter().find(|it| it.name == "outcome");
    field.map_or(Ok(()), |it| one_of("outcome", it.kind, Some(outcome)))
}

fn one_of(name: &str, kind: ArgKind, word: Option<&str>) -> Result<()> {
    let ArgKind::Choice(words) = kind else { return Ok(()) };
    if word.is_some_and(|it| words.contains(&it)) {
        return Ok(());
    }
    let meant = word.and_then(|it| nearest(it, words.iter().copied()));
    let [zh, en] = perhaps(meant);
    let given = word.unwrap_or_default();
    bail!(
        "`{name}` 没有 `{given}` 这个词{zh}:可用 {} · `{name}` has no word `{given}`{en}: there \
         are {}",
        words.join("、"),
        words.join(", ")
    )
}

async fn open_order(desk: &Desk, case: CaseId, verb: &str) -> Result<orders::Given> {
    let mut conn = desk.engine.store.read().await?;
    let orders = orders::given(conn.conn(), case, verb).await?;
    let newest = orders.first().map(|order| order.status);
    let open = |order: &orders::Given| {
        order.status == OrderStatus::Delivered && !desk.reported.contains(&order.id)
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

async fn close_task(desk: &Desk, order: OrderId, outcome: &str) -> Result<()> {
    let now = desk.engine.clock.now();
    let mut tx = desk.engine.store.write().await?;
    tasks::close_of_order(tx.conn(), &now, order, ACTOR, outcome).await?;
    Ok(tx.commit().await?)
}

/// Visits have a book of their own, with rules on who goes and what shows it.
#[cfg(feature = "visit")]
mod visit {
    use plugin_visit::{Evidence, VisitOutcome, VisitResult, record_result};

    use super::{ACTOR, Context, Desk, Map, OrderId, Result, Value, bail, tasks};
    use crate::world::people::COLLECTOR;

    /// Who goes along when the test does not say.
    const COMPANION: &str = "测试同行员";

    pub(super) async fn enter(
        desk: &Desk,
        order: OrderId,
        outcome: &str,
        payload: &Map<String, Value>,
    ) -> Result<()> {
        let engine = &desk.engine;
        let now = engine.clock.now();
        let result = read(outcome, payload, now.today())?;
        let mut tx = engine.store.write().await?;
        let mut books = engine.books(tx.conn(), &now);
        record_result(&mut books, order, &result).await?;
        let (raised, new_tasks) = (books.raised, books.tasks);
        engine.take(tx.conn(), &now, "visit", raised, new_tasks).await?;
        tasks::close_of_order(tx.conn(), &now, order, ACTOR, outcome).await?;
        engine.conclude(&mut tx, &now).await?;
        Ok(tx.commit().await?)
    }

    fn read(
        outcome: &str,
        payload: &Map<String, Value>,
        today: jiff::civil::Date,
    ) -> Result<VisitResult> {
        let text = |name: &str| payload.get(name).and_then(Value::as_str);
        let collectors = match text("collectors") {
            Some(names) => names.split([',', ',', '、']).map(str::to_owned).collect(),
            None => vec![COLLECTOR.to_owned(), COMPANION.to_owned()],
        };
        let visited_on = match text("on").map(str::parse) {
            Some(Ok(day)) => day,
            Some(Err(_)) => bail!("`on` 应为日期 · `on` should be a date"),
            None => today,
        };
        Ok(VisitResult {
            outcome: VisitOutcome::parse(outcome).context("没有这个上门结果")?,
            visited_on,
            collectors,
            place: None,
            receipt: text("receipt").map(str::to_owned),
            evidence: text("evidence").and_then(Evidence::parse),
            note: text("note").map(str::to_owned),
        })
    }
}
