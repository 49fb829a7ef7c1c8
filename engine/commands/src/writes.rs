//! What several commands look up and write (登记).

use anyhow::{Context, Result};
use domain::ids::{CaseId, OrderId};
use runtime::words::HOLDS;
use serde_json::{Map, Value};
use store::events::{self, NewEvent};
use store::views::orders::{self, OrderEntry};
use store::{Conn, facts};

use crate::app::App;
use crate::language::say;
use crate::named::case_named;

/// The case of a loan number, or a sentence that says where to look.
pub(super) async fn case_of(app: &App, case_no: &str) -> Result<CaseId> {
    let mut conn = app.engine.store.read().await?;
    case_named(conn.conn(), case_no).await
}

pub(super) async fn order_row(app: &App, id: OrderId) -> Result<OrderEntry> {
    let mut conn = app.engine.store.read().await?;
    let found = orders::find(conn.conn(), id).await?;
    found.with_context(|| {
        say(
            format!("没有指令 {id}\n  提示:用 `qingshou order ls` 查看"),
            format!("no order {id}\n  hint: `qingshou order ls` shows them"),
        )
    })
}

pub(super) async fn record(
    app: &App,
    conn: &mut Conn,
    case_id: CaseId,
    kind: &str,
    payload: Map<String, Value>,
) -> Result<()> {
    let now = app.engine.clock.now();
    let event = NewEvent {
        case_id,
        kind: kind.to_owned(),
        payload,
        source: "hand".to_owned(),
        dedupe_key: format!("{case_id}:{kind}:{}", now.ms),
        happened_on: now.today(),
    };
    let resume = app.engine.resume_at(&now);
    events::record(conn, &now, resume, event).await?;
    Ok(())
}

/// The head of a case in a line: how late it is and what it owes.
pub(super) async fn case_head(app: &App, case_id: CaseId) -> Result<String> {
    let today = app.engine.clock.now().today();
    let mut conn = app.engine.store.read().await?;
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
