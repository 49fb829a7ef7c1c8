//! Lines of the site (机构): imports, releases, stops, rehearsals, restores and
//! gateways.

use serde::{Deserialize, Serialize};

use crate::ids::OrderId;
use crate::manifest::Channel;
use crate::stop::{Cause, Scope, WorkflowCause};

/// An import changed what is known of a case; the line stands on the case.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Imported {
    /// Who imported.
    pub by: String,
    /// Why, where it was said.
    pub reason: Option<String>,
    /// The name of the file, without its folder.
    pub file: String,
    /// The names of the columns that changed, and nothing of what stands in them.
    pub changed: Vec<String>,
}

/// A file was imported; the fields count its rows, as the report of the import does.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct FileImported {
    /// Who imported.
    pub by: String,
    /// Why, where it was said.
    pub reason: Option<String>,
    /// `cases` or `events`.
    pub kind: String,
    /// The name of the file, without its folder.
    pub file: String,
    /// The SHA-256 of its bytes.
    pub sha256: String,
    /// Rows below the header, without blank ones.
    pub rows: usize,
    /// Cases that were not known.
    pub new: usize,
    /// Cases of which something has changed.
    pub changed: usize,
    /// Cases whose ledger was opened by the balances of the list.
    pub opened: usize,
    /// Cases whose ledger was brought to the balances of the list.
    pub adjusted: usize,
    /// Lines booked in the ledger.
    pub booked: usize,
    /// Payments entered by hand that the file has confirmed.
    pub confirmed: usize,
    /// Money of days that the balances of a list hold already.
    #[serde(default)]
    pub contained: usize,
    /// Lines booked before of which the file told what they consist of, or whose money
    /// they were.
    #[serde(default, skip_serializing_if = "is_none")]
    pub noted: usize,
    /// Events other than money that were recorded.
    pub recorded: usize,
    /// Rows that were known already, or stand twice in the file.
    pub duplicates: usize,
    /// Rows that cannot be used.
    pub rejected: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// Books were sealed: whoever takes seals away has to take this line away as well, which
/// the line after it tells.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct BooksSealed {
    /// How many seals were made.
    pub seals: usize,
    /// The hash of the last of them, which covers the others.
    pub hash: String,
}

/// A release went live.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ReleaseActivated {
    /// Its number, as people say it.
    pub release: i64,
    /// The hash of its scripts.
    pub hash: String,
    /// Who.
    pub by: String,
    /// Why.
    pub why: String,
}

/// Sending was stopped.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SendingStopped {
    /// The number of the stop.
    pub stop: i64,
    /// What it stops.
    pub scope: Scope,
    /// Which of it.
    pub target: String,
    /// Why, for programs.
    pub cause: Cause,
    /// Who: a person's name, or `system`.
    pub by: String,
    /// Why, for people.
    pub reason: String,
    /// Only orders up to this one.
    pub up_to_order: Option<OrderId>,
    /// Of a channel only the orders of this plugin.
    pub plugin: Option<String>,
}

/// A stop was lifted.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SendingResumed {
    /// The number of the stop.
    pub stop: i64,
    /// How its orders go on: `now`, `spread` or `drop`.
    pub how: String,
    /// Over how many milliseconds they are spread, or how old the dropped are.
    pub ms: i64,
    /// Who: a person's name, or `system`.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A person let orders of a stop go.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SendingLetGo {
    /// The number of the stop.
    pub stop: i64,
    /// `daily`, `count` or `all`.
    pub how: String,
    /// How many, of `count`.
    pub orders: Option<u64>,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A workflow is not worked any more.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct WorkflowSuspended {
    /// The workflow.
    pub workflow: String,
    /// Why.
    pub cause: WorkflowCause,
    /// How many calls of its script were counted.
    pub calls: i64,
    /// How many of them failed.
    pub failed: i64,
    /// How long they took altogether, in milliseconds.
    pub spent_ms: i64,
    /// The last error, with its place; empty when there was none.
    pub error: String,
}

/// A suspended workflow is worked again.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct WorkflowResumed {
    /// The workflow.
    pub workflow: String,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// The `where` of a workflow failed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EnrolmentFailed {
    /// The workflow.
    pub workflow: String,
    /// Cases that meet the conditions and could not be asked about.
    pub cases: i64,
    /// Events that could not be asked about.
    pub events: i64,
    /// Loan numbers of the first of them.
    pub examples: Vec<String>,
    /// The first error, with its place.
    pub error: String,
}

/// The `where` of a workflow answers again, or is asked no more.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EnrolmentWorksAgain {
    /// The workflow.
    pub workflow: String,
}

/// From now on nothing leaves in earnest.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RehearsalBegan {
    /// Who.
    pub by: String,
}

/// From now on whatever opens is real.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RehearsalEnded {
    /// Who.
    pub by: String,
    /// When it had begun, in milliseconds since 1970.
    pub since: i64,
}

/// The store was put back to a backup.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Restored {
    /// The number of the restore.
    pub restore: i64,
    /// Who answers for it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// The moment of the backup, in milliseconds since 1970.
    pub backup_at: i64,
    /// The log of departures tells all that has left since.
    pub log_is_whole: bool,
}

/// The store was moved to another place; the line stands in the one that was left behind.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct StoreMoved {
    /// Where to: a file, or the address of a server without its password.
    pub to: String,
    /// Who.
    pub by: String,
}

/// A store that was moved away is worked again.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct StoreReopened {
    /// Where it had been moved to.
    pub moved_to: String,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A gateway is about to be tried.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct GatewayTest {
    /// Who.
    pub by: String,
    /// Which one.
    pub what: TrialAhead,
}

/// A gateway was tried.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct GatewayTested {
    /// Who.
    pub by: String,
    /// Which one, and what it answered.
    pub what: TrialDone,
}

/// A gateway would have been tried, were it no rehearsal.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct GatewayTestRehearsed {
    /// Who.
    pub by: String,
    /// Which one.
    pub what: TrialRehearsed,
}

/// The gateway that a trial is about, and to whom its message goes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct GatewayTrial {
    /// The channel.
    pub channel: Channel,
    /// Whose gateway it is.
    pub plugin: String,
    /// `http`, or `spool` for files.
    pub gateway: String,
    /// The far side; empty for files.
    pub host: String,
    /// The number or address, most of it hidden.
    pub to: String,
}

/// A trial whose message is about to leave.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TrialAhead {
    /// The gateway.
    #[serde(flatten)]
    pub trial: GatewayTrial,
    /// The key of the message.
    pub key: String,
}

/// A trial and its answer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TrialDone {
    /// The gateway.
    #[serde(flatten)]
    pub trial: GatewayTrial,
    /// The key of the message.
    pub key: String,
    /// It left.
    pub sent: bool,
    /// The status of HTTP, where there was an answer.
    pub status: Option<u16>,
    /// The far side's own code, where the settings say where it stands.
    pub code: Option<String>,
    /// What such an answer means for orders: `accepted`, `number`, ….
    pub class: String,
    /// The reference, or what went wrong.
    pub answer: String,
}

/// A trial of which nothing left.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TrialRehearsed {
    /// The gateway.
    #[serde(flatten)]
    pub trial: GatewayTrial,
    /// It left: always false.
    pub sent: bool,
}
