//! Reports on rewards (奖励报表): by period, the statement of a month, its payout file, and
//! other rules tried on the past.

use anyhow::{Result, bail};
use domain::money::Fen;
use jiff::ToSpan;
use jiff::civil::Date;
use plugin_reward::{Due, Month, Trial};
use serde_json::{Map, Value, json};
use site::Site;
use store::Store;

use crate::cli::args::RewardRules;
use crate::cli::context::Context;
use crate::cli::output::{self, Sheet};
use commands::app::staff_names;

fn yuan(amount: Fen) -> Value {
    json!(amount.to_string())
}

fn month(typed: &str) -> Result<Month> {
    match Month::parse(typed.trim()) {
        Some(month) => Ok(month),
        None => bail!(
            "月份应写成 2026-11,`{typed}` 不是 · a month is written as 2026-11, and `{typed}` is \
             none"
        ),
    }
}

/// What was earned and taken back in a period, by collector.
pub(super) async fn of_period(store: &Store, (from, to): (Date, Date)) -> Result<Sheet> {
    let columns = [
        "collector",
        "n_payments",
        "accrued_amount",
        "taken_back_amount",
        "net_amount",
        "cooling_amount",
        "payable_amount",
    ];
    let mut sheet = Sheet::new(&columns);
    let mut conn = store.read().await?;
    for row in plugin_reward::statement(conn.conn(), from, to).await? {
        sheet.push(vec![
            json!(row.collector),
            json!(row.payments),
            yuan(row.accrued),
            yuan(row.taken_back),
            yuan(row.net),
            yuan(row.cooling),
            yuan(row.payable),
        ]);
    }
    Ok(sheet)
}

/// The statement of a month: of one that is closed what it pays, of one that is not what
/// it would.
pub(super) async fn of_month(
    context: &Context,
    store: &Store,
    typed: &str,
) -> Result<Sheet> {
    let month = month(typed)?;
    let columns = [
        "month",
        "collector",
        "n_lines",
        "accrued_amount",
        "taken_back_amount",
        "net_amount",
        "statement",
    ];
    let mut sheet = Sheet::new(&columns);
    let mut conn = store.read().await?;
    let closed = plugin_reward::statement_of(conn.conn(), month).await?;
    let stands = match &closed {
        None => context.text("未编制", "not closed"),
        Some(it) if it.paid_on.is_some() => context.text("已发放", "paid"),
        Some(it) if it.second_by.is_some() => context.text("已批准", "approved"),
        Some(it) if it.first_by.is_some() => {
            context.text("一人已批准", "approved by one")
        }
        Some(_) => context.text("异议期或待批准", "open to objections, or to approve"),
    };
    let mut row = |collector: String, due: Due, stands: &str| {
        sheet.push(vec![
            json!(month.name()),
            json!(collector),
            json!(due.lines),
            yuan(due.earned),
            yuan(due.taken_back),
            yuan(due.net()),
            json!(stands),
        ]);
    };
    for (collector, due) in plugin_reward::due(conn.conn(), month).await? {
        row(collector, due, stands);
    }
    let later = context.text("待扣回,抵以后月份", "owed back, taken off later months");
    for (collector, due) in plugin_reward::owed(conn.conn(), month).await? {
        row(collector, due, later);
    }
    Ok(sheet)
}

/// Prints the payout file of a month, byte by byte as it was made.
pub(super) async fn payout(store: &Store, typed: &str) -> Result<()> {
    let month = month(typed)?;
    let mut conn = store.read().await?;
    let found = plugin_reward::statement_of(conn.conn(), month).await?;
    let Some(body) = found.and_then(|it| it.body) else {
        let name = month.name();
        bail!(
            "{name} 的奖励还没有发放,没有发放文件 · {name} is not paid, so there is no payout \
             file\n  提示:`qingshou reward close`、`approve` 两人、`pay` · hint: `qingshou reward \
             close`, `approve` by two people, `pay`"
        );
    };
    output::verbatim(&body)
}

/// What everybody got in a quarter, and would have got by other rules.
pub(super) async fn tried(
    site: &Site,
    store: &Store,
    args: &RewardRules,
    today: Date,
) -> Result<Sheet> {
    let (first, last) = past_quarter(today);
    let (from, to) = (args.from.unwrap_or(first), args.to.unwrap_or(last));
    if to < from {
        bail!(
            "期间从 {from} 到 {to},开始晚于结束 · a period from {from} to {to} ends before it \
             begins"
        );
    }
    let settings = match site.config.plugins.get("reward") {
        Some(table) => match serde_json::to_value(table)? {
            Value::Object(map) => map,
            _ => Map::new(),
        },
        None => Map::new(),
    };
    let trial = Trial::new(&settings, args.rate, args.least_days)?;
    let mut trial = trial.with_staff(staff_names(&site.config));
    let rules = trial.rules_mut();
    rules.court_rate = args.court_rate.unwrap_or(rules.court_rate);
    rules.worked_days = args.worked_days.unwrap_or(rules.worked_days);
    rules.cap = args.cap.as_deref().map(Fen::from_yuan).transpose()?;
    if let Some(cap) = &args.case_cap {
        rules.case_cap = Fen::from_yuan(cap)?;
    }
    if let Some(cap) = &args.month_cap {
        rules.month_cap = Fen::from_yuan(cap)?;
    }
    let columns =
        ["from", "to", "collector", "booked_amount", "tried_amount", "more_amount"];
    let mut sheet = Sheet::new(&columns);
    let mut conn = store.read().await?;
    for (collector, it) in trial.run(conn.conn(), (from, to)).await? {
        sheet.push(vec![
            json!(from),
            json!(to),
            json!(collector),
            yuan(it.booked),
            yuan(it.tried),
            yuan(it.tried - it.booked),
        ]);
    }
    Ok(sheet)
}

/// The first and the last day of the quarter before this one.
fn past_quarter(today: Date) -> (Date, Date) {
    let months = i64::from((today.month() - 1) % 3);
    let first = today.first_of_month().saturating_sub(months.months());
    (first.saturating_sub(3.months()), first.saturating_sub(1.day()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_past_quarter_is_the_three_months_before_this_one() {
        let table = [
            (date(2026, 11, 30), date(2026, 7, 1), date(2026, 9, 30)),
            (date(2026, 1, 1), date(2025, 10, 1), date(2025, 12, 31)),
            (date(2026, 5, 31), date(2026, 1, 1), date(2026, 3, 31)),
        ];
        for (today, first, last) in table {
            assert_eq!(past_quarter(today), (first, last), "{today}");
        }
    }
}
