//! What one answer of a script costs (单次应答耗时), in nanoseconds of processor time.
//!
//! `cargo run --release -p qingshou-script --example ask_cost`

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use domain::facts::CaseFacts;
use domain::ids::CaseId;
use domain::money::Fen;
use jiff::civil::date;
use script::program::{Ask, Catalog, Folder, Trigger};
use script::sandbox::limits::Limits;
use script::worker::Worker;
use serde_json::Map;

const SCRIPT: &str = r#"
workflow "w" { lane = "contact", start = "plain" }
stage "plain" { wait = 3 * days, next = "function" }
stage "function" {
  enter = function(case)
    if case.broken_promises >= 2 then return finish "visit" end
    if case.days_past_due > 30 and case.overdue >= yuan(100) then return go "plain" end
    return wait(5 * workdays, "plain")
  end,
}
stage "memo" {
  enter = function(case)
    memo.count = (memo.count or 0) + 1
    return wait_until(today() + 3 * days, "plain")
  end,
}
"#;

fn main() -> std::io::Result<()> {
    let mut folder = Folder::default();
    folder.files.insert("w.lua".to_owned(), SCRIPT.to_owned());
    let (folder, catalog) = (Arc::new(folder), Arc::new(Catalog::default()));
    let mut out = std::io::stdout();
    let from = worked();
    let mut worker = match Worker::new(folder, catalog, Limits::default()) {
        Ok(worker) => worker,
        Err(findings) => return writeln!(out, "{findings:?}"),
    };
    writeln!(
        out,
        "{:>8} ns a worker of one workflow",
        worked().saturating_sub(from).as_nanos()
    )?;
    let (facts, memo) = (facts(), Map::new());
    for stage in ["plain", "function", "memo"] {
        let ask = Ask {
            workflow: "w",
            stage,
            trigger: Trigger::Enter,
            facts: &facts,
            memo: &memo,
        };
        let mut failed = 0;
        let from = worked();
        for _ in 0..ROUNDS {
            failed += u32::from(worker.ask(&ask).is_err());
        }
        let each = worked().saturating_sub(from).as_nanos() / u128::from(ROUNDS);
        writeln!(out, "{each:>8} ns an answer of stage {stage} ({failed} failed)")?;
    }
    Ok(())
}

/// Processor time this thread has used, whatever else the machine does.
fn worked() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let part = |it: i64| u64::try_from(it).unwrap_or(0);
    Duration::from_secs(part(now.tv_sec)) + Duration::from_nanos(part(now.tv_nsec))
}

const ROUNDS: u32 = 200_000;

fn facts() -> CaseFacts {
    let today = date(2026, 11, 23);
    CaseFacts {
        id: CaseId(1),
        case_no: "LN-0001".to_owned(),
        org: "测试信用社".to_owned(),
        village: None,
        product: None,
        collector: Some("collector-7".to_owned()),
        principal: Fen(5_000_000),
        balance: Fen(4_000_000),
        overdue: Fen(500_000),
        owed: None,
        paid: Fen(1_000_000),
        oldest_unpaid_on: None,
        days_past_due: 12,
        next_due_on: None,
        next_due_amount: None,
        last_payment_on: None,
        promise_due_on: None,
        promises: 0,
        broken_share: 0,
        paid_lately: Fen(0),
        broken_promises: 0,
        kept_promises: 0,
        contacts: 0,
        failed_contacts: 0,
        last_contact_on: None,
        visits: 0,
        cause: None,
        debtor_type: None,
        holds: Vec::new(),
        limitation_ends_on: None,
        court_stage: None,
        claim: None,
        debtor: None,
        others: Vec::new(),
        today,
    }
}
