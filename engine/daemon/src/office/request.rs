//! What people can ask of the office (请求), as it goes through the socket.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use domain::enrolment::Condition;
use domain::event::{EventSpec, core_event};
use domain::hold::HoldReason;
use domain::ids::OrderId;
use domain::ledger::Payer;
use domain::money::Fen;
use domain::role::Role;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::order_query::OrderQuery;
use store::progress::Progress;
use store::sending::{Resume, Scope};

use crate::engine::guard::{self, Go};
use crate::import::{ListReading, PersonLine};
use crate::office::entries::form_named;
use crate::office::people::Deed;

/// How the files of an import are to be read.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Reading {
    /// `THEIRS=OURS` column names.
    pub map: Vec<String>,
    /// `COLUMN=VALUE` conditions.
    pub only: Vec<String>,
    /// The sheet of a workbook, by name or number.
    pub sheet: Option<String>,
    /// In what the list states its amounts.
    pub unit: Option<String>,
    /// The kind of every row, for a list without such a column.
    pub kind: Option<String>,
    /// Say what would happen.
    pub dry_run: bool,
    /// English messages.
    pub english: bool,
}

/// One request.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Request {
    /// Is anybody there.
    Ping,
    /// A list or a case, for staff who cannot open the store themselves.
    Look {
        /// The words of the command, without the site.
        words: Vec<String>,
    },
    /// Import files.
    Import {
        /// Case lists; otherwise events.
        cases: bool,
        /// The files, absolute.
        files: Vec<PathBuf>,
        /// How to read them.
        #[serde(flatten)]
        reading: Reading,
        /// How the balances and names of a case list are taken.
        #[serde(default)]
        list: ListReading,
        /// Why, where there is more to say than the file does.
        #[serde(default)]
        reason: Option<String>,
        /// The files as whoever asks has opened them, with rights of their own:
        /// a daemon opens none for others. Where there is none, this process is
        /// the one that was asked.
        #[serde(skip)]
        opened: Vec<Arc<File>>,
        /// How far it has come, for whoever asks.
        #[serde(skip)]
        progress: Progress,
    },
    /// A payment received by hand.
    Pay {
        /// Loan number.
        case: String,
        /// In fen.
        amount: Fen,
        /// The day; today when not given.
        on: Option<Date>,
        /// The number of the bank's receipt. The payment is confirmed, and
        /// earns a reward, when a supervisor who does not collect the case
        /// enters it with one; otherwise when such a person confirms it.
        receipt: Option<String>,
        /// Whose money it is, where that is known.
        #[serde(default)]
        payer: Option<Payer>,
        /// It is right, although it is above all that is owed.
        #[serde(default)]
        sure: bool,
        /// Why.
        reason: String,
    },
    /// A payment taken back.
    Reverse {
        /// The number of the ledger entry.
        entry: i64,
        /// The loan it has to be of.
        #[serde(default)]
        case: Option<String>,
        /// Why.
        reason: String,
    },
    /// A payment entered by hand is confirmed by a second person.
    Confirm {
        /// The number of the ledger entry.
        entry: i64,
        /// The loan it has to be of.
        #[serde(default)]
        case: Option<String>,
        /// The number that the bank gives it.
        #[serde(default)]
        receipt: Option<String>,
        /// Why.
        reason: String,
    },
    /// A promise of the debtor.
    Promise {
        /// Loan number.
        case: String,
        /// In fen; all that is overdue when not given.
        amount: Option<Fen>,
        /// The day promised.
        due_on: Date,
        /// What shows it: `recorded_call`, `signed_paper`, …
        evidence: String,
        /// The number of the paper or recording.
        #[serde(default)]
        receipt: Option<String>,
        /// It is right, although it is above all that is owed or far away.
        #[serde(default)]
        sure: bool,
        /// Why, or what was said.
        reason: String,
    },
    /// What came of a call.
    Contact {
        /// Loan number.
        case: String,
        /// `conversation`, `no_answer`, …
        outcome: String,
        /// The order it answers; the last open call when not given.
        order: Option<i64>,
        /// Why the debtor does not pay.
        cause: Option<String>,
        /// It is meant, though it is asked about.
        #[serde(default)]
        sure: bool,
        /// What was said.
        reason: String,
    },
    /// What a person enters by a form of a plugin: what came of a visit, a filing.
    Enter {
        /// The plugin.
        plugin: String,
        /// The form, by the name in its manifest.
        form: String,
        /// What it is about, as it was typed.
        subject: String,
        /// The values by the names of the fields: amounts in fen, dates as
        /// `YYYY-MM-DD`.
        values: Map<String, Value>,
        /// It is right, although it is asked about.
        #[serde(default)]
        sure: bool,
        /// Why, or what was said.
        reason: String,
    },
    /// Something about the people of a case, and how they are reached.
    Person {
        /// Loan number.
        case: String,
        /// What.
        deed: Box<Deed>,
        /// Why.
        reason: String,
    },
    /// People of cases by a list.
    People {
        /// The lines of the list.
        lines: Vec<PersonLine>,
        /// Why.
        reason: String,
    },
    /// Something that happened to a case: a complaint, a death, a dispute.
    Report {
        /// Loan number.
        case: String,
        /// The event's name.
        kind: String,
        /// Other loans that it names, by number; a dispute alone has some.
        #[serde(default)]
        also: Vec<String>,
        /// Whom of the staff a complaint is about; the collector when not given.
        #[serde(default)]
        about: Option<String>,
        /// It is meant, though it is asked about.
        #[serde(default)]
        sure: bool,
        /// What was told.
        reason: String,
    },
    /// Place or lift a hold.
    Hold {
        /// Loan number.
        case: String,
        /// `complaint`, `hardship`, `manual`, …
        hold: String,
        /// Lift it.
        lift: bool,
        /// Why.
        reason: String,
    },
    /// Put a case into a workflow, whatever its conditions.
    Enrol {
        /// Loan number.
        case: String,
        /// The workflow.
        workflow: String,
        /// Why.
        reason: String,
    },
    /// Put every case that a search finds into a workflow.
    EnrolMany {
        /// The workflow.
        workflow: String,
        /// What must hold of a case; amounts in fen.
        conditions: Vec<Condition>,
        /// Carry it out; otherwise count.
        sure: bool,
        /// Why.
        reason: String,
    },
    /// Let a parked case run again.
    Resume {
        /// Loan number.
        case: String,
        /// Why.
        reason: String,
    },
    /// Take a case out of a workflow whose stage the running release lacks.
    Withdraw {
        /// Loan number.
        case: String,
        /// Why.
        reason: String,
    },
    /// Approve or reject an order.
    Approve {
        /// The order.
        order: i64,
        /// Reject it.
        reject: bool,
        /// Why.
        reason: String,
    },
    /// Try an order again, or give it up.
    Order {
        /// The order.
        order: i64,
        /// Give it up; otherwise try again.
        drop: bool,
        /// Why.
        reason: String,
    },
    /// Let go what the guard holds.
    LetGo {
        /// Which of it.
        which: guard::Which,
        /// How much of it.
        go: Go,
        /// Why.
        reason: String,
        /// English messages.
        english: bool,
    },
    /// Stop sending.
    Pause {
        /// What.
        scope: Scope,
        /// Which channel or workflow, or the number of the release.
        target: String,
        /// Why.
        reason: String,
    },
    /// Let sending go on.
    Unpause {
        /// Which stops.
        which: Which,
        /// How what they hold goes on.
        how: Resume,
        /// Why.
        reason: String,
    },
    /// Try a gateway with a message about nobody's debt.
    TestGateway {
        /// The channel.
        channel: String,
        /// A number, account or address of the institution's own.
        to: String,
    },
    /// Drop orders by query.
    DropOrders {
        /// Which.
        query: OrderQuery,
        /// None behind this one, the newest when they were counted.
        up_to: OrderId,
        /// Why.
        reason: String,
    },
    /// Say that an order of which nobody knew had arrived.
    Arrived {
        /// The order.
        order: i64,
        /// How one knows.
        reason: String,
    },
    /// Say that the machine's clock is right, although it jumped or is behind
    /// the journal.
    ConfirmClock {
        /// How one knows.
        reason: String,
    },
    /// Take stock of a store that was put back, and answer for it.
    TakeStock {
        /// Logs of gateways, and of departures that lie elsewhere.
        logs: Vec<PathBuf>,
        /// The same as whoever asks has opened them, as for an import.
        #[serde(skip)]
        opened: Vec<Arc<File>>,
        /// Why.
        reason: String,
    },
    /// Close a task.
    Task {
        /// The task.
        task: i64,
        /// What came of it.
        outcome: String,
        /// It is meant, though the case then goes on without a decision.
        #[serde(default)]
        sure: bool,
    },
    /// Say that one will do a task that is anybody's of a role.
    TaskTake {
        /// The task.
        task: i64,
        /// Why, where it is taken over from somebody.
        #[serde(default)]
        reason: Option<String>,
    },
    /// Look at the folder now, and wait for the verdict.
    Reload {
        /// A person confirms a release that reaches far.
        confirm: bool,
    },
    /// Make an earlier release the live one.
    Rollback {
        /// Its number.
        number: i64,
        /// Why.
        reason: String,
    },
}

/// The stops that a person means.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Those of a scope and its target.
    Of(Scope, String),
    /// The one with this number.
    Stop(i64),
}

const EVERYBODY: &[Role] = &[
    Role::Editor,
    Role::Supervisor,
    Role::Collector,
    Role::Legal,
    Role::Compliance,
    Role::Risk,
];
pub(super) const DESK: &[Role] = &[Role::Supervisor, Role::Collector, Role::Legal];
const SIGNERS: &[Role] = &[Role::Supervisor, Role::Legal, Role::Compliance, Role::Risk];
const EDITORS: &[Role] = &[Role::Editor, Role::Supervisor];
const CHIEFS: &[Role] = &[Role::Supervisor];
const COUNSEL: &[Role] = &[Role::Supervisor, Role::Legal];

impl Request {
    /// Whether it changes anything.
    pub fn writes(&self) -> bool {
        !matches!(self, Self::Ping | Self::Look { .. })
    }

    /// How far it has come, where it counts that.
    pub fn progress(&self) -> Option<&Progress> {
        match self {
            Self::Import { progress, .. } => Some(progress),
            _ => None,
        }
    }

    /// Why a person asks for it, where a reason belongs to it.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Ping
            | Self::Look { .. }
            | Self::Reload { .. }
            | Self::TestGateway { .. } => None,
            Self::Import { reason, .. } | Self::TaskTake { reason, .. } => {
                reason.as_deref()
            }
            Self::Task { outcome, .. } => Some(outcome),
            Self::Pay { reason, .. }
            | Self::Reverse { reason, .. }
            | Self::Confirm { reason, .. }
            | Self::Promise { reason, .. }
            | Self::Contact { reason, .. }
            | Self::Enter { reason, .. }
            | Self::Person { reason, .. }
            | Self::People { reason, .. }
            | Self::Report { reason, .. }
            | Self::Hold { reason, .. }
            | Self::Enrol { reason, .. }
            | Self::EnrolMany { reason, .. }
            | Self::Resume { reason, .. }
            | Self::Withdraw { reason, .. }
            | Self::Approve { reason, .. }
            | Self::Order { reason, .. }
            | Self::LetGo { reason, .. }
            | Self::Arrived { reason, .. }
            | Self::TakeStock { reason, .. }
            | Self::ConfirmClock { reason }
            | Self::Pause { reason, .. }
            | Self::Unpause { reason, .. }
            | Self::DropOrders { reason, .. }
            | Self::Rollback { reason, .. } => Some(reason),
        }
    }

    /// The roles of which one is needed, besides administrator.
    pub fn needs(&self) -> &'static [Role] {
        match self {
            // Whose a task is says who closes it; what is no role's is refused there.
            Self::Ping
            | Self::Look { .. }
            | Self::Task { .. }
            | Self::TaskTake { .. } => EVERYBODY,
            Self::Approve { .. } => SIGNERS,
            // Stopping does no harm; letting go does.
            Self::Reload { .. } | Self::Rollback { .. } | Self::Pause { .. } => EDITORS,
            Self::Import { .. }
            | Self::Reverse { .. }
            | Self::Confirm { .. }
            | Self::Enrol { .. }
            | Self::EnrolMany { .. }
            | Self::Resume { .. }
            | Self::Withdraw { .. }
            | Self::LetGo { .. }
            | Self::Unpause { .. }
            | Self::DropOrders { .. }
            | Self::TestGateway { .. }
            | Self::Arrived { .. }
            | Self::TakeStock { .. }
            | Self::ConfirmClock { .. }
            | Self::Order { .. } => CHIEFS,
            // What nobody reports by hand is refused where it is carried out.
            Self::Report { kind, .. } => {
                core_event(kind).and_then(EventSpec::staff).unwrap_or(DESK)
            }
            Self::Hold { lift: true, hold, .. } => match HoldReason::parse(hold) {
                Some(
                    HoldReason::Dispute
                    | HoldReason::Deceased
                    | HoldReason::Lawyer
                    | HoldReason::Bankruptcy
                    | HoldReason::Incapacitated,
                ) => COUNSEL,
                _ => CHIEFS,
            },
            Self::People { .. } => CHIEFS,
            Self::Person { deed, .. } if matches!(**deed, Deed::Remove { .. }) => CHIEFS,
            Self::Pay { .. }
            | Self::Promise { .. }
            | Self::Contact { .. }
            | Self::Person { .. }
            | Self::Hold { .. } => DESK,
            Self::Enter { plugin, form, .. } => {
                form_named(plugin, form).map_or(DESK, |it| it.1.roles)
            }
        }
    }

    /// The loan whose debtor is less protected after it: its own collector has
    /// no say in that.
    pub fn ends_protection_of(&self) -> Option<&str> {
        match self {
            Self::Report { case, kind, .. } => {
                core_event(kind).is_some_and(|spec| spec.ends_protection).then_some(case)
            }
            // Whoever placed it: a stop that a supervisor has ordered by hand binds the
            // collector like any other.
            Self::Hold { case, lift: true, .. } => Some(case),
            _ => None,
        }
    }
}

impl Request {
    /// The reason of the hold that it lifts, when it lifts one.
    pub fn lifts(&self) -> Option<HoldReason> {
        match self {
            Self::Report { kind, .. } => core_event(kind)?.lifts_hold,
            Self::Hold { lift: true, hold, .. } => HoldReason::parse(hold),
            _ => None,
        }
    }
}

/// The answer.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Reply {
    /// The exit code of the command: 0, 1 or 5.
    pub exit: u8,
    /// For a person.
    pub text: String,
    /// For a program.
    pub data: Value,
}
