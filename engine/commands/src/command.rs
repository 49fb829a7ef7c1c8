//! What a command is (命令): its arguments, who may give it, what it needs, what it does
//! and what is answered.
//!
//! A new command is a file of its own with a struct of arguments that implements
//! [`Execute`], and its line in the list at the end of this file. The socket carries
//! whatever stands in the list.

use std::fs::File;
use std::sync::Arc;

use anyhow::Result;
use domain::hold::HoldReason;
use domain::role::Role;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::progress::Progress;

use crate::app::App;
use crate::{
    Actor, Approve, Arrived, Assign, Confirm, ConfirmClock, Contact, DebtorReply,
    DropOrders, Enrol, EnrolMany, Enter, Hold, Import, LetGo, Look, Order, Pause, Pay,
    PeopleList, PersonAdd, PersonCorrect, PersonRemove, Ping, Point, Promise, Reload,
    Report, Resume, Reveal, Reverse, Rollback, TakeStock, Task, TaskTake, TestGateway,
    Unpause, Whose, Withdraw,
};

/// Whoever works here, where the case itself says who may.
pub(super) const EVERYBODY: &[Role] = &[
    Role::Editor,
    Role::Supervisor,
    Role::Collector,
    Role::Legal,
    Role::Compliance,
    Role::Risk,
];
/// Who enters what comes of the work with debtors.
pub(super) const DESK: &[Role] = &[Role::Supervisor, Role::Collector, Role::Legal];
/// Who may be the second person.
pub(super) const SIGNERS: &[Role] =
    &[Role::Supervisor, Role::Legal, Role::Compliance, Role::Risk];
/// Who answers for workflows. Stopping does no harm, and belongs to them; letting go does.
pub(super) const EDITORS: &[Role] = &[Role::Editor, Role::Supervisor];
/// Who answers for the book and for what leaves.
pub(super) const CHIEFS: &[Role] = &[Role::Supervisor];
/// Who judges what a court would.
pub(super) const COUNSEL: &[Role] = &[Role::Supervisor, Role::Legal];

/// What a person can ask for.
pub(crate) trait Execute {
    /// What is answered, for a program: it is the JSON of `-o json`.
    type Data: Serialize;

    /// What is looked at before anything is done.
    fn rules(&self) -> Rules<'_>;

    /// Does it: looks whether it can be, writes it with its journal entry, and says what
    /// came of it. The [`Rules`] have been looked at.
    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data>;

    /// The number of the order that it is about. Whoever answers a task may name the
    /// task instead.
    fn order_named(&mut self) -> Option<&mut i64> {
        None
    }
}

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Answer<D> {
    /// For a person, in their language.
    pub(crate) text: String,
    /// For a program.
    pub(crate) data: D,
}

/// An [`Answer`], or why there is none.
pub(crate) type Done<D> = Result<Answer<D>>;

/// What is looked at before a command is carried out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules<'c> {
    /// The roles of which one is needed, besides administrator; `None` for what changes
    /// nothing.
    pub(super) roles: Option<&'static [Role]>,
    /// Why a person asks for it, where a reason belongs to it.
    pub(super) reason: Option<&'c str>,
    /// It bears the day on which it is given.
    pub(super) bears_a_day: bool,
    /// It is taken also while nobody has answered for a store that was put back.
    pub(super) is_always_taken: bool,
    /// The loan whose debtor is less protected after it: its own collector has no say in
    /// that.
    pub(super) ends_protection_of: Option<&'c str>,
    /// The reason of the hold that it lifts.
    pub(super) lifts: Option<HoldReason>,
}

impl<'c> Rules<'c> {
    /// For what changes nothing.
    pub(super) fn of_looking() -> Self {
        Self {
            roles: None,
            reason: None,
            bears_a_day: false,
            is_always_taken: true,
            ends_protection_of: None,
            lifts: None,
        }
    }

    /// For what somebody in one of these roles may do.
    pub(super) fn of(roles: &'static [Role]) -> Self {
        Self { roles: Some(roles), is_always_taken: false, ..Self::of_looking() }
    }

    /// It needs a reason, and has this one.
    pub(super) fn because(self, reason: &'c str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// It bears the day on which it is given, so it is refused on a clock that is not
    /// trusted.
    pub(super) fn bearing_a_day(self) -> Self {
        Self { bears_a_day: true, ..self }
    }

    /// It does no harm to a store that was put back, or answers for it.
    pub(super) fn always_taken(self) -> Self {
        Self { is_always_taken: true, ..self }
    }

    /// The debtor of this loan is less protected after it.
    pub(super) fn ending_protection_of(self, case: &'c str) -> Self {
        Self { ends_protection_of: Some(case), ..self }
    }

    /// It lifts holds of this reason.
    pub(super) fn lifting(self, reason: Option<HoldReason>) -> Self {
        Self { lifts: reason, ..self }
    }
}

/// The reply to a command, as it goes through the socket.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Reply {
    /// The exit code of the command: 0, 1 or 5.
    pub exit: u8,
    /// For a person.
    pub text: String,
    /// For a program.
    pub data: Value,
}

impl Command {
    /// How far it has come, where it counts that.
    pub fn progress(&self) -> Option<&Progress> {
        match self {
            Self::Import(import) => Some(&import.progress),
            _ => None,
        }
    }

    /// The files that go along with it, as whoever gives it has opened them.
    pub fn files(&self) -> &[Arc<File>] {
        match self {
            Self::Import(import) => &import.opened,
            Self::TakeStock(stock) => &stock.opened,
            _ => &[],
        }
    }

    /// Puts the files that came along into it; `false` when it names others.
    pub fn take_files(&mut self, given: Vec<File>) -> bool {
        let (named, opened) = match self {
            Self::Import(import) => (import.files.len(), &mut import.opened),
            Self::TakeStock(stock) => (stock.logs.len(), &mut stock.opened),
            _ => return true,
        };
        *opened = given.into_iter().map(Arc::new).collect();
        opened.len() == named
    }
}

/// The answer as it goes through the socket.
pub(super) fn for_the_socket<D: Serialize>(done: Done<D>) -> Result<(String, Value)> {
    let Answer { text, data } = done?;
    Ok((text, serde_json::to_value(data)?))
}

/// Makes the list of commands, each under its word in the field `ask`.
macro_rules! commands {
    ($($word:literal => $command:ident,)+) => {
        /// One command.
        #[derive(Clone, Debug, Deserialize, Serialize)]
        #[serde(tag = "ask")]
        pub enum Command {
            $(
                #[doc = concat!("`", $word, "`, see [`", stringify!($command), "`].")]
                #[serde(rename = $word)]
                $command($command),
            )+
        }

        $(
            impl From<$command> for Command {
                fn from(command: $command) -> Self {
                    Self::$command(command)
                }
            }
        )+

        impl Command {
            /// What is looked at before it is carried out.
            pub(crate) fn rules(&self) -> Rules<'_> {
                match self {
                    $(Self::$command(command) => command.rules(),)+
                }
            }

            /// The number of the order that it is about.
            pub(super) fn order_named(&mut self) -> Option<&mut i64> {
                match self {
                    $(Self::$command(command) => command.order_named(),)+
                }
            }

            /// Carries it out; the [`Rules`] have been looked at.
            pub(super) async fn execute(
                &self,
                app: &App,
                actor: &Actor,
            ) -> Result<(String, Value)> {
                match self {
                    $(Self::$command(command) => {
                        for_the_socket(command.execute(app, actor).await)
                    })+
                }
            }
        }
    };
}

commands! {
    "ping" => Ping,
    "look" => Look,
    "import" => Import,
    "pay" => Pay,
    "reverse" => Reverse,
    "confirm" => Confirm,
    "whose" => Whose,
    "promise" => Promise,
    "contact" => Contact,
    "enter" => Enter,
    "person_add" => PersonAdd,
    "person_correct" => PersonCorrect,
    "person_remove" => PersonRemove,
    "point" => Point,
    "reveal" => Reveal,
    "debtor_reply" => DebtorReply,
    "people" => PeopleList,
    "report" => Report,
    "hold" => Hold,
    "assign" => Assign,
    "enrol" => Enrol,
    "enrol_many" => EnrolMany,
    "resume" => Resume,
    "withdraw" => Withdraw,
    "approve" => Approve,
    "order" => Order,
    "arrived" => Arrived,
    "task" => Task,
    "task_take" => TaskTake,
    "let_go" => LetGo,
    "pause" => Pause,
    "unpause" => Unpause,
    "drop_orders" => DropOrders,
    "test_gateway" => TestGateway,
    "confirm_clock" => ConfirmClock,
    "take_stock" => TakeStock,
    "reload" => Reload,
    "rollback" => Rollback,
}
