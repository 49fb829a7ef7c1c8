//! What people enter (登记) otherwise than the command has it: promises, payments,
//! approvals.

use anyhow::{Result, bail};
use domain::status::OrderStatus;
use serde_json::json;
use store::facts;
use store::outbox::{self, OrderFilter};

use crate::cli::Exit;
use crate::cli::amounts::readable_text;
use crate::cli::args::{Approve, Pay, Promise};
use crate::cli::context::Context;
use crate::cli::money::yuan;
use crate::cli::output::Sheet;
use crate::clock::Clock;
use crate::commands::{self, Confirm, Reverse};

pub(crate) async fn promise(context: &Context, args: Promise) -> Result<Exit> {
    let Promise { case, due, amount, evidence, receipt, sure, reason } = args;
    let amount = amount.map(|it| yuan(context, &it)).transpose()?;
    let due_on = due;
    let promise =
        commands::Promise { case, amount, due_on, evidence, receipt, sure, reason };
    context.order(promise).await
}

pub(crate) async fn pay(context: &Context, args: Pay) -> Result<Exit> {
    let Pay { case, amount, on, receipt, reverse, confirm, sure, reason } = args;
    if let Some(entry) = reverse {
        return context.order(Reverse { entry, case, reason }).await;
    }
    if let Some(entry) = confirm {
        return context.order(Confirm { entry, case, receipt, reason }).await;
    }
    let (Some(case), Some(amount)) = (case, amount) else {
        bail!(context.text(
            "请写明贷款编号和 --amount\n  提示:例如 `qingshou pay 贷款编号 --amount 500 --reason 柜面还款`",
            "say which loan and how much\n  hint: `qingshou pay CASE --amount 500 --reason …`",
        )
        .to_owned());
    };
    let amount = yuan(context, &amount)?;
    context.order(commands::Pay { case, amount, on, receipt, sure, reason }).await
}

pub(crate) async fn approve(context: &Context, args: Approve) -> Result<Exit> {
    let Approve { order, reject, reason } = args;
    let Some(order) = order else { return waiting(context).await };
    context.order(commands::Approve { order, reject, reason }).await
}

/// What waits for a second person, each with the head of its case: whoever
/// signs has to see whom it concerns.
async fn waiting(context: &Context) -> Result<Exit> {
    let (site, store) = context.store().await?;
    let today = Clock::machine(&site.config.zone)?.now().today();
    let mut conn = store.read().await?;
    let status = Some(OrderStatus::AwaitingApproval);
    let filter = OrderFilter { status, ..OrderFilter::default() };
    let rows = outbox::list(conn.conn(), &filter).await?;
    let mut cases: Vec<i64> = rows.iter().map(|row| row.case_id.0).collect();
    cases.sort_unstable();
    cases.dedup();
    let known = facts::load(conn.conn(), today, &cases).await?;
    let columns = [
        "order",
        "case_id",
        "days_past_due",
        "overdue_amount",
        "balance_amount",
        "holds",
        "verb",
        "requested_by",
        "collector",
        "args",
    ];
    let mut sheet = Sheet::new(&columns);
    for row in rows {
        let head = known.get(&row.case_id);
        sheet.push(vec![
            json!(row.id),
            json!(row.case_no),
            json!(head.map(|case| case.days_past_due)),
            json!(head.map(|case| case.overdue.to_string())),
            json!(head.map(|case| case.balance.to_string())),
            json!(head.map(|case| case.holds.join(","))),
            json!(row.verb),
            json!(row.requested_by),
            json!(row.collector),
            json!(readable_text(&row.args, context.lang)),
        ]);
    }
    sheet.print(context.output, context.lang)?;
    Ok(Exit::Ok)
}
