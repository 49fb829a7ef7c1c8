//! What came of a demonstration (演示结果): counted from the store, as any report is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use commands::journal_lines::fingerprint;
use domain::money::Fen;
use domain::promise::Grade;
use domain::status::OrderStatus;
use jiff::civil::Date;
use serde::{Serialize, Serializer};
use store::reports::{self, PromiseRow, RecoveryRow};
use store::verify::{self, Fault};
use store::{Conn, Store, figures, outbox};
use synthetic::{Book, INSTITUTION};

use crate::demo::demo_site::{Brought, DemoSite};
use crate::demo::{FROM, TO};

/// The figures of a demonstration; amounts are in yuan when serialized.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DemoReport {
    /// The version of this shape.
    pub format_version: u32,
    /// The site, complete and ready for use.
    pub site: PathBuf,
    /// The made-up institution.
    pub institution: String,
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
    /// Loans imported.
    pub loans: usize,
    /// Lines of history imported.
    pub events: usize,
    /// Lent in all.
    #[serde(rename = "lent_amount", serialize_with = "yuan")]
    pub lent: Fen,
    /// Different cases that entered a workflow.
    pub enrolled: i64,
    /// Runs of workflows, by workflow.
    pub opened: BTreeMap<String, i64>,
    /// Orders carried out, by verb.
    pub sent: BTreeMap<String, i64>,
    /// Orders that the rules of conduct stopped.
    pub refused: Vec<Refusal>,
    /// Times that an order had to wait for a better hour.
    pub deferred: i64,
    /// Orders that ended otherwise or wait, by `verb:status`.
    pub others: BTreeMap<String, i64>,
    /// What was promised and what became of it.
    pub promises: Vec<Promised>,
    /// What came in.
    pub collected: Collected,
    /// What collectors earned.
    pub rewards: Rewards,
    /// Visits made, by outcome.
    pub visits: BTreeMap<String, i64>,
    /// Suits.
    pub suits: Suits,
    /// Work that waits for people.
    pub open_tasks: i64,
    /// Cases stopped by a fault of a script.
    pub parked: i64,
    /// The proof of the store.
    pub verify: Proof,
    /// SHA-256 of the exported journal: the same for the same demonstration.
    pub journal_sha256: String,
    /// A case with a story, for `case show`.
    pub story: Option<String>,
    /// A suit that waits for approval.
    pub waiting: Option<i64>,
}

/// Orders of one verb that the same rules stopped.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Refusal {
    /// The verb.
    pub verb: String,
    /// The rules that decided, by id.
    pub rules: String,
    /// How many.
    pub count: i64,
}

/// Promises of one grade.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Promised {
    /// How they ended.
    #[serde(serialize_with = "word")]
    pub grade: Grade,
    /// How many.
    pub count: u64,
    /// Promised in all.
    #[serde(rename = "promised_amount", serialize_with = "yuan")]
    pub promised: Fen,
    /// Paid towards them.
    #[serde(rename = "paid_amount", serialize_with = "yuan")]
    pub paid: Fen,
}

/// Money that came in over the quarter, what was taken back left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Collected {
    /// Payments and reversals.
    pub payments: u64,
    /// In all.
    #[serde(rename = "amount", serialize_with = "yuan")]
    pub amount: Fen,
    /// By days past due in the morning of the payment; `0`: not late.
    pub by_age: Vec<Aged>,
}

/// Money of one age.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Aged {
    /// `0`, `1-30`, `31-60`, …
    pub bucket: String,
    /// Payments and reversals.
    pub payments: u64,
    /// How much.
    #[serde(serialize_with = "yuan")]
    pub amount: Fen,
}

/// Rewards of all collectors.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Rewards {
    /// Payments that earned one.
    pub count: u64,
    /// Accrued.
    #[serde(rename = "accrued_amount", serialize_with = "yuan")]
    pub accrued: Fen,
    /// Taken back after a reversal.
    #[serde(rename = "taken_back_amount", serialize_with = "yuan")]
    pub taken_back: Fen,
}

/// Suits, as far as they have come.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Suits {
    /// Approved by a second person and opened.
    pub opened: i64,
    /// Of these, handed in at court.
    pub filed: i64,
    /// Waiting for a second person.
    pub awaiting_approval: i64,
}

/// What `verify` said.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Proof {
    /// Nothing is wrong.
    pub sound: bool,
    /// Lines of the journal whose hash was computed again.
    pub journal_lines: u64,
    /// Everything wrong.
    pub faults: Vec<Fault>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes by reference")]
fn yuan<S: Serializer>(amount: &Fen, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(amount)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes by reference")]
fn word<S: Serializer>(grade: &Grade, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(grade.as_str())
}

/// Counts what came of the quarter, and proves the store.
pub(super) async fn tell(
    demo_site: &DemoSite,
    book: &Book,
    brought: Brought,
) -> Result<DemoReport> {
    let mut reader = demo_site.engine.store.read().await?;
    let conn: &mut Conn = reader.conn();
    let mut report = DemoReport {
        format_version: 1,
        site: demo_site.site.dir.clone(),
        institution: INSTITUTION.to_owned(),
        from: Some(book.as_of),
        to: Some(TO),
        loans: brought.cases,
        events: brought.events,
        lent: brought.lent,
        ..DemoReport::default()
    };
    count_work(conn, &mut report).await?;
    count_orders(conn, &mut report).await?;
    count_promises(conn, &mut report).await?;
    count_trades(conn, &mut report).await?;
    let verdict = verify::verify(conn).await?;
    report.verify = Proof {
        sound: verdict.faults.is_empty(),
        journal_lines: verdict.journal_lines,
        faults: verdict.faults,
    };
    report.journal_sha256 = fingerprint(conn).await?;
    drop(reader);
    count_money(&demo_site.engine.store, &mut report).await?;
    Ok(report)
}

async fn count_work(conn: &mut Conn, report: &mut DemoReport) -> Result<()> {
    let outcome = figures::outcome(conn).await?;
    (report.enrolled, report.parked) = (outcome.enrolled, outcome.parked);
    report.opened.extend(outcome.runs);
    report.open_tasks = figures::open_tasks(conn).await?;
    report.deferred = figures::deferrals(conn).await?;
    report.story = figures::most_worked(conn).await?;
    Ok(())
}

async fn count_orders(conn: &mut Conn, report: &mut DemoReport) -> Result<()> {
    for (verb, status, count) in outbox::counts(conn).await? {
        match status {
            OrderStatus::Delivered => drop(report.sent.insert(verb, count)),
            OrderStatus::Refused => {}
            OrderStatus::AwaitingApproval => {
                report.suits.awaiting_approval += count;
                report.others.insert(format!("{verb}:{status}"), count);
            }
            _ => drop(report.others.insert(format!("{verb}:{status}"), count)),
        }
    }
    for refused in figures::refusals(conn).await? {
        let (verb, rules, count) = (refused.verb, refused.rules, refused.orders);
        report.refused.push(Refusal { verb, rules, count });
    }
    report.waiting = figures::first_awaiting(conn).await?;
    Ok(())
}

async fn count_promises(conn: &mut Conn, report: &mut DemoReport) -> Result<()> {
    let promised = |it: PromiseRow| Promised {
        grade: it.grade,
        count: it.n_promises,
        promised: it.promised,
        paid: it.paid,
    };
    report.promises =
        reports::promises(conn, FROM, TO).await?.into_iter().map(promised).collect();
    Ok(())
}

async fn count_money(store: &Store, report: &mut DemoReport) -> Result<()> {
    let aged = |it: RecoveryRow| Aged {
        bucket: it.bucket.map_or("0", |it| it.as_str()).to_owned(),
        payments: it.n_payments,
        amount: it.collected,
    };
    let by_age: Vec<Aged> =
        reports::recovery(store, FROM, TO).await?.into_iter().map(aged).collect();
    report.collected = Collected {
        payments: by_age.iter().map(|it| it.payments).sum(),
        amount: by_age.iter().map(|it| it.amount).sum(),
        by_age,
    };
    Ok(())
}

/// Counts what the plugins keep in books of their own.
async fn count_trades(conn: &mut Conn, report: &mut DemoReport) -> Result<()> {
    #[cfg(feature = "visit")]
    {
        let made = plugin_visit::made(conn).await?;
        report.visits.extend(made);
    }
    #[cfg(feature = "legal")]
    {
        (report.suits.opened, report.suits.filed) = plugin_legal::suits(conn).await?;
    }
    #[cfg(feature = "reward")]
    for row in plugin_reward::statement(conn, FROM, TO).await? {
        report.rewards.count += row.payments;
        report.rewards.accrued += row.accrued;
        report.rewards.taken_back += row.taken_back;
    }
    Ok(())
}
