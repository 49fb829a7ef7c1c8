//! What people enter (登记) otherwise than the command has it: promises, payments,
//! approvals.

use anyhow::{Result, bail};
use commands::{Confirm, Reverse, Whose};
use domain::components::Components;
use domain::ids::CaseId;
use domain::ledger::Payer;
use domain::money::Fen;
use runtime::Plugins;
use runtime::approve::terms_of;
use runtime::clock::Clock;
use runtime::words::PAYERS;
use serde_json::{Map, Value, json};
use store::Conn;
use store::plugin::ToSign;
use store::views::approvals::{self, ApprovalEntry, ApprovalFilter};
use store::views::case_head::{self, CaseHead};
use store::views::people::Face;

use crate::cli::Exit;
use crate::cli::amounts::readable_text;
use crate::cli::args::{Approve, Pay, Promise};
use crate::cli::context::Context;
use crate::cli::money::yuan;
use crate::cli::output::Printer;
use crate::cli::people;
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
    let parts = parts_of(context, &args)?;
    let Pay { case, amount, on, receipt, payer, reverse, confirm, sure, reason, .. } =
        args;
    let payer = payer.map(|payer| read_payer(context, payer)).transpose()?;
    if let Some((entry, payer)) = args.whose.zip(payer) {
        return context.order(Whose { entry, case, payer, reason }).await;
    }
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
    let pay = commands::Pay { case, amount, on, receipt, payer, parts, sure, reason };
    context.order(pay).await
}

/// What a payment consists of, where any part was typed; the others are nothing.
fn parts_of(context: &Context, args: &Pay) -> Result<Option<Components>> {
    let typed = [&args.principal, &args.interest, &args.penalty, &args.cost];
    if typed.iter().all(|it| it.is_none()) {
        return Ok(None);
    }
    let read = |typed: &Option<String>| match typed {
        Some(typed) => yuan(context, typed),
        None => Ok(Fen(0)),
    };
    let [principal, interest, penalty, cost] = typed;
    Ok(Some(Components {
        principal: read(principal)?,
        interest: read(interest)?,
        penalty: read(penalty)?,
        cost: read(cost)?,
    }))
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
    let plugins = plugins_on::all(&site.config.plugins, &site.dir)?;
    let clock = Clock::machine(&site.config.zone)?;
    let mut conn = store.read().await?;
    let filter = ApprovalFilter::default();
    let columns = [
        "order",
        "case_id",
        "name",
        "days_past_due",
        "overdue_amount",
        "balance_amount",
        "obligors",
        "limitation_ends_on",
        "holds",
        "verb",
        "requested_by",
        "collector",
        "args",
        "to_sign",
    ];
    let printer = Printer::new(&columns, context.output, context.lang);
    let ask = async |after: Option<&ToDecide>, limit| {
        let after = after.map(|it| &it.order);
        let found = approvals::list(conn.conn(), &filter, after, limit).await?;
        to_decide(conn.conn(), &clock, &plugins, found).await
    };
    let cells = |it: &ToDecide| Some(it.cells(context));
    portions::print(printer, i64::MAX - 1, ask, cells).await?;
    Ok(Exit::Ok)
}

/// An order that waits for a second person, with whom and what it is about.
struct ToDecide {
    order: ApprovalEntry,
    head: Option<CaseHead>,
    face: Option<Face>,
    /// What is signed with it, a line each, in both languages.
    lines: Vec<String>,
}

/// Gathers what whoever decides about some orders has to know.
async fn to_decide(
    conn: &mut Conn,
    clock: &Clock,
    plugins: &Plugins,
    found: Vec<ApprovalEntry>,
) -> Result<Vec<ToDecide>> {
    let today = clock.now().today();
    let cases: Vec<CaseId> = found.iter().map(|it| CaseId(it.case_id)).collect();
    let heads = case_head::of_cases(conn, today, &cases).await?;
    let faces = people::faces(conn, clock, &cases).await?;
    let mut all = Vec::with_capacity(found.len());
    for order in found {
        let case_id = CaseId(order.case_id);
        let args: Map<String, Value> = serde_json::from_str(&order.args)?;
        let to_sign = ToSign { case_id, verb: &order.verb, args: &args, today };
        let terms = terms_of(plugins, conn, &to_sign).await?;
        let (head, face) = (heads.get(&case_id).cloned(), faces.get(&case_id).cloned());
        let lines = terms.map(|term| term.lines).unwrap_or_default();
        all.push(ToDecide { order, head, face, lines });
    }
    Ok(all)
}

impl ToDecide {
    fn cells(&self, context: &Context) -> Vec<Value> {
        let Self { order, head, face, lines } = self;
        let facts = head.as_ref().map(|head| &head.facts);
        let of_case = |column| people::cell(face.as_ref(), column, context.lang);
        let lines: Vec<String> = lines.iter().map(|line| context.half(line)).collect();
        let stop = if context.english() { "; " } else { ";" };
        vec![
            json!(order.id),
            json!(order.case_no),
            json!(of_case("name")),
            json!(facts.map(|case| case.days_past_due)),
            json!(facts.map(|case| case.overdue.to_string())),
            json!(facts.map(|case| case.balance.to_string())),
            json!(of_case("obligors")),
            json!(facts.map(|case| case.limitation_ends_on)),
            json!(facts.map(|case| case.holds.join(","))),
            json!(order.verb),
            json!(order.requested_by),
            json!(order.collector),
            json!(readable_text(&order.args, context.lang)),
            json!(lines.join(stop)),
        ]
    }
}
