//! What came of a visit (走访结果), with who went and what shows it.

use std::fmt;

use domain::event::{ContactEvent, EventKind};
use domain::ids::{CaseId, OrderId};
use domain::limitation::{self, InterruptionKind};
use jiff::civil::Date;
use serde_json::{Map, Value};
use store::limitation::{NewInterruption, counts_for_the_debtor, interrupt};
use store::plugin::{Books, BooksError, Raised};
use store::plugin_reads::merged_into;
use thiserror::Error;

use crate::books::{self, Asked};
use crate::manifest::MANIFEST;

/// Nobody visits alone.
///
/// Source: self-regulation of the banking association (中国银行业协会 2026), in
/// the policy pack `cn-rcc` as `min_collectors:2`.
pub const MIN_COLLECTORS: usize = 2;

domain::words! {
    /// What a visit came to (上门结果).
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub enum VisitOutcome {
        /// Spoke with the person (见到).
        Met = "met",
        /// Nobody was in (不在).
        Absent = "absent",
        /// Was in and would not talk (拒绝).
        Refused = "refused",
        /// Lives there no more (已搬走).
        Moved = "moved",
        /// Has died (已故); the case is told at once.
        Deceased = "deceased",
        /// Paid (还款); the payment itself is booked in the ledger.
        Paid = "paid",
        /// Promised to pay (承诺); the promise itself is entered beside it.
        Promised = "promised",
        /// Signed the demand (签收通知).
        NoticeSigned = "notice_signed",
    }
}

domain::words! {
    /// How well a visit is documented (证据等级).
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub enum Evidence {
        /// A signed receipt is on file; it restarts the limitation period.
        Proved = "proved",
        /// Somebody says so; the clock is planned as if nothing had happened.
        Claimed = "claimed",
    }
}

impl VisitOutcome {
    /// Whether the person stood at the door, so that something could be signed.
    fn was_reached(self) -> bool {
        !matches!(self, Self::Absent | Self::Moved | Self::Deceased)
    }
}

/// What the collectors report.
///
/// Its `Debug` form leaves out place and note, which may name people.
#[derive(Clone, Eq, PartialEq)]
pub struct VisitResult {
    /// What it came to.
    pub outcome: VisitOutcome,
    /// The day.
    pub visited_on: Date,
    /// Who went; at least [`MIN_COLLECTORS`] different people.
    pub collectors: Vec<String>,
    /// Where, in words or as a position.
    pub place: Option<String>,
    /// The number of the signed receipt.
    pub receipt: Option<String>,
    /// The grade of the evidence; needs somebody who was reached.
    pub evidence: Option<Evidence>,
    /// What was said, in short.
    pub note: Option<String>,
}

impl VisitResult {
    /// What the evidence counts as; a signature nobody graded is a claim.
    pub fn grade(&self) -> Option<Evidence> {
        let signed = self.outcome == VisitOutcome::NoticeSigned;
        self.evidence.or(signed.then_some(Evidence::Claimed))
    }

    /// The number of the signed receipt, when one is given.
    pub(crate) fn receipt_number(&self) -> Option<&str> {
        filled(self.receipt.as_deref())
    }
}

impl fmt::Debug for VisitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VisitResult({} on {})", self.outcome.as_str(), self.visited_on)
    }
}

/// Why a result cannot be entered.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum ResultError {
    /// The visit book has no such visit.
    #[error(
        "没有编号为 {0} 的上门;用 `qingshou visit ls` 查看未完成的上门 · there is no visit {0}; \
         `qingshou visit ls` shows those that have to be made"
    )]
    NoSuchVisit(OrderId),
    /// A result was entered before; it is not changed.
    #[error(
        "上门 {0} 已登记过结果,不能修改;如有出入请另登备注 · the result of visit {0} was entered \
         before and is not changed; enter a note if something is wrong with it"
    )]
    AlreadyRecorded(OrderId),
    /// Fewer than two different people went.
    #[error(
        "上门须有 {MIN_COLLECTORS} 名不同的人员,只登记了 {0} 名 · a visit takes {MIN_COLLECTORS} \
         different people, and {0} are named"
    )]
    TooFewCollectors(usize),
    /// The day lies ahead, or before the visit was asked for.
    #[error(
        "上门日期 {visited_on} 不在 {from} 至 {to} 之间 · the day of the visit, {visited_on}, is \
         not from {from} to {to}"
    )]
    ImpossibleDay {
        /// The day given.
        visited_on: Date,
        /// The day the visit was asked for.
        from: Date,
        /// Today.
        to: Date,
    },
    /// Proof was claimed without a receipt.
    #[error(
        "证据为 proved 时须填写签收回执编号;没有回执请填 claimed · proved needs the number of the \
         signed receipt; without one it is claimed"
    )]
    ReceiptNeeded,
    /// Evidence of a demand that reached nobody.
    #[error(
        "结果为 `{0}` 时没有见到本人,不能登记证据 · with the result `{0}` nobody was met, so that \
         there is no evidence to enter"
    )]
    NobodyReached(&'static str),
    /// The visit book could not be read or written.
    #[error(transparent)]
    Books(#[from] BooksError),
}

/// Enters the result of a visit and raises `visit_result`; for a death also
/// `deceased`, whose hold stops every demand whatever the workflow does.
///
/// A signed receipt of somebody who owes the debt restarts the limitation
/// period; what is only claimed is written down and moves no clock.
///
/// A result may also be entered for a visit that was cancelled: somebody went.
///
/// # Errors
///
/// [`ResultError`]; nothing is written then.
pub async fn record_result(
    books: &mut Books<'_>,
    visit: OrderId,
    result: &VisitResult,
) -> Result<(), ResultError> {
    let asked = books::find(books.conn, visit).await?;
    let asked = asked.ok_or(ResultError::NoSuchVisit(visit))?;
    if asked.is_done {
        return Err(ResultError::AlreadyRecorded(visit));
    }
    let collectors = different(&result.collectors);
    check(result, &collectors, asked.planned_on, books.today)?;
    let is_new =
        books::record(books.conn, visit, result, &collectors, books.now_ms).await?;
    if !is_new {
        return Err(ResultError::AlreadyRecorded(visit));
    }
    restart_clock(books, visit, &asked, result).await?;
    let collectors = collectors.join(",");
    raise(books, visit, &asked, result, &collectors);
    // Several loans made one visit: what came of it came of it for each of them.
    for (order, case) in merged_into(books.conn, visit).await.map_err(BooksError::from)? {
        books.raised.push(came_of(order, case, &asked, result, &collectors));
    }
    Ok(())
}

async fn restart_clock(
    books: &mut Books<'_>,
    visit: OrderId,
    asked: &Asked,
    result: &VisitResult,
) -> Result<(), BooksError> {
    let Some(grade) = result.grade() else { return Ok(()) };
    if !counts_for_the_debtor(books.conn, asked.case_id, asked.party_id).await? {
        return Ok(());
    }
    let kind = match result.outcome {
        VisitOutcome::Paid | VisitOutcome::Promised => InterruptionKind::DebtorAgreed,
        _ => InterruptionKind::DemandDeliveredSigned,
    };
    let evidence = match grade {
        Evidence::Proved => limitation::Evidence::SignedReceipt,
        Evidence::Claimed => limitation::Evidence::BareAssertion,
    };
    let new = NewInterruption {
        case_id: asked.case_id,
        on: result.visited_on,
        kind,
        evidence,
        source: MANIFEST.name.to_owned(),
        dedupe_key: format!("visit:{visit}"),
    };
    interrupt(books.conn, &[new]).await?;
    Ok(())
}

fn check(
    result: &VisitResult,
    collectors: &[&str],
    planned_on: Date,
    today: Date,
) -> Result<(), ResultError> {
    if collectors.len() < MIN_COLLECTORS {
        return Err(ResultError::TooFewCollectors(collectors.len()));
    }
    let visited_on = result.visited_on;
    if visited_on < planned_on || today < visited_on {
        return Err(ResultError::ImpossibleDay {
            visited_on,
            from: planned_on,
            to: today,
        });
    }
    if result.evidence.is_some() && !result.outcome.was_reached() {
        return Err(ResultError::NobodyReached(result.outcome.as_str()));
    }
    let proved = result.evidence == Some(Evidence::Proved);
    if proved && result.receipt_number().is_none() {
        return Err(ResultError::ReceiptNeeded);
    }
    Ok(())
}

fn different(collectors: &[String]) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for name in collectors.iter().map(|collector| collector.trim()) {
        if !name.is_empty() && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|it| !it.is_empty())
}

fn raise(
    books: &mut Books<'_>,
    visit: OrderId,
    asked: &Asked,
    result: &VisitResult,
    collectors: &str,
) {
    books.raised.push(came_of(visit, asked.case_id, asked, result, collectors));
    if result.outcome == VisitOutcome::Deceased {
        let death = [
            ("on", result.visited_on.to_string()),
            ("note", "上门得知".to_owned()),
            ("party", asked.party_id.to_string()),
        ];
        let death = death.map(|(key, value)| (key.to_owned(), Value::from(value)));
        let kind = EventKind::Deceased.as_str();
        books.raised.push(Raised {
            case_id: asked.case_id,
            kind: kind.to_owned(),
            payload: Map::from_iter(death),
            dedupe_key: format!("visit:{visit}:{kind}"),
        });
    }
}

/// What came of a visit, told to one of the cases that asked for it.
fn came_of(
    visit: OrderId,
    case_id: CaseId,
    asked: &Asked,
    result: &VisitResult,
    collectors: &str,
) -> Raised {
    let mut payload = Map::new();
    let mut put = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            payload.insert(key.to_owned(), Value::from(value));
        }
    };
    let on = result.visited_on.to_string();
    put("order", Some(&visit.to_string()));
    put("party", Some(&asked.party_id.to_string()));
    put("outcome", Some(result.outcome.as_str()));
    put("on", Some(&on));
    put("collectors", Some(collectors));
    put("receipt", result.receipt_number());
    put("evidence", result.grade().map(Evidence::as_str));
    put("note", filled(result.note.as_deref()));
    let kind = ContactEvent::VisitResult.as_str();
    Raised {
        case_id,
        kind: kind.to_owned(),
        payload,
        dedupe_key: format!("visit:{visit}:{kind}"),
    }
}
