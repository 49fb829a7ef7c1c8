//! What people enter (登记) otherwise than the command has it: promises, payments,
//! approvals.

use anyhow::{Result, bail};
use commands::{Confirm, Reverse};
use domain::ids::CaseId;
use domain::ledger::Payer;
use runtime::clock::Clock;
use runtime::words::PAYERS;
use serde_json::json;
use store::views::approvals::{self, ApprovalEntry, ApprovalFilter};
use store::views::case_head::{self, CaseHead};

use crate::cli::Exit;
use crate::cli::amounts::readable_text;
use crate::cli::args::{Approve, Pay, Promise};
use crate::cli::context::Context;
use crate::cli::money::yuan;
use crate::cli::output::Printer;
use crate::cli::portions;

pub(crate) async fn promise(context: &Context, args: Promise) -> Result<Exit> {
    let Promise { case, due, amount, evidence, receipt, sure, reason } = args;
    let amount = amount.map(|amount| yuan(context, &amount)).transpose()?;
    let due_on = due;
    let promise =
        commands::Promise { case, amount, due_on, evidence, receipt, sure, reason };
    context.order(promise).await
}

pub(crate) async fn pay(context: &Context, args: Pay) -> Result<Exit> {
    let Pay { case, amount, on, receipt, payer, reverse, confirm, sure, reason } = args;
    if let Some(entry) = reverse {
        return context.order(Reverse { entry, case, sure, reason }).await;
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
    let payer = payer.map(|payer| read_payer(context, payer)).transpose()?;
    context.order(commands::Pay { case, amount, on, receipt, payer, sure, reason }).await
}

/// Whose money it was, as it was typed.
fn read_payer(context: &Context, typed: String) -> Result<Payer> {
    let word = PAYERS.typed(typed);
    match Payer::parse(&word) {
        Some(payer) => Ok(payer),
        None => bail!(
            "{}",
            context.text(
                "--by 可用 borrower(借款人)、guarantor(保证人)、third_party(第三人)",
                "--by is borrower, guarantor or third_party",
            )
        ),
    }
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
    let filter = ApprovalFilter::default();
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
    let printer = Printer::new(&columns, context.output, context.lang);
    let ask = async |after: Option<&(ApprovalEntry, Option<CaseHead>)>, limit| {
        let after = after.map(|it| &it.0);
        let found = approvals::list(conn.conn(), &filter, after, limit).await?;
        let cases: Vec<CaseId> = found.iter().map(|it| CaseId(it.case_id)).collect();
        let heads = case_head::of_cases(conn.conn(), today, &cases).await?;
        let head = |it: &ApprovalEntry| heads.get(&CaseId(it.case_id)).cloned();
        Ok(found.into_iter().map(|it| (it.clone(), head(&it))).collect())
    };
    let cells = |(order, head): &(ApprovalEntry, Option<CaseHead>)| {
        let facts = head.as_ref().map(|head| &head.facts);
        Some(vec![
            json!(order.id),
            json!(order.case_no),
            json!(facts.map(|case| case.days_past_due)),
            json!(facts.map(|case| case.overdue.to_string())),
            json!(facts.map(|case| case.balance.to_string())),
            json!(facts.map(|case| case.holds.join(","))),
            json!(order.verb),
            json!(order.requested_by),
            json!(order.collector),
            json!(readable_text(&order.args, context.lang)),
        ])
    };
    portions::print(printer, i64::MAX - 1, ask, cells).await?;
    Ok(Exit::Ok)
}
