//! Where things stand (状态): orders (指令) on their way out, runs of workflows
//! (流程实例) and cases (案件), in the words of tables and lists.

use serde::{Deserialize, Serialize};

use crate::words;

words! {
    /// Where an order stands (指令状态).
    #[derive(
        Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
    )]
    #[serde(rename_all = "snake_case")]
    pub enum OrderStatus {
        /// It waits for its time (待送).
        Pending = "pending",
        /// A stop keeps it (留住).
        Held = "held",
        /// A second person has to approve it (待审批).
        AwaitingApproval = "awaiting_approval",
        /// It is in hand: somebody is about to hand it over (送出中).
        Leased = "leased",
        /// It was handed over (已送出).
        Delivered = "delivered",
        /// Conduct review refused it (规则不许).
        Refused = "refused",
        /// It did not get through (失败).
        Failed = "failed",
        /// Nobody asks for it any more (已取消).
        Cancelled = "cancelled",
        /// It grew too old before it could leave (过期未送).
        Expired = "expired",
        /// What it says had changed before it left (金额已变).
        Stale = "stale",
        /// Another loan of the person made the contact (并入他案).
        Merged = "merged",
        /// Nobody knows whether it arrived (结果不明).
        Unknown = "unknown",
        /// A rehearsal carried it as far as the gateway and no further (已演练).
        Rehearsed = "rehearsed",
    }
}

impl OrderStatus {
    /// Those that have not left, are in nobody's hand, and may still leave.
    pub const ON_THEIR_WAY: [Self; 3] =
        [Self::Pending, Self::Held, Self::AwaitingApproval];

    /// Those that a person may still drop.
    pub const DROPPABLE: [Self; 5] =
        [Self::Pending, Self::Held, Self::AwaitingApproval, Self::Unknown, Self::Failed];

    /// Those that a person may send once more.
    pub const REPEATABLE: [Self; 2] = [Self::Unknown, Self::Failed];

    /// Those that may still leave, one in hand among them.
    pub const UNSENT: [Self; 4] =
        [Self::Pending, Self::Held, Self::AwaitingApproval, Self::Leased];

    /// Whether it may still leave, or nobody knows whether it did.
    pub fn is_open(self) -> bool {
        self == Self::Unknown || Self::UNSENT.contains(&self)
    }

    /// Whether it left, or may have.
    pub fn may_have_left(self) -> bool {
        matches!(self, Self::Delivered | Self::Unknown)
    }
}

words! {
    /// Where the run of a workflow stands (流程实例状态).
    #[derive(
        Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
    )]
    #[serde(rename_all = "snake_case")]
    pub enum InstanceStatus {
        /// It goes on when its timer or an event says so (等待).
        Waiting = "waiting",
        /// A hold keeps its timer (暂停).
        Frozen = "frozen",
        /// Set aside until its script or its place is mended (挂起).
        Parked = "parked",
        /// Closed (已结束).
        Finished = "finished",
    }
}

words! {
    /// Where the claim of a case stands (债权状态).
    #[derive(
        Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
    )]
    #[serde(rename_all = "snake_case")]
    pub enum CaseStatus {
        /// It is asked for.
        Open = "open",
        /// Nobody asks for it any more (撤销).
        Dismissed = "dismissed",
        /// Written off in the books (核销).
        WrittenOff = "written_off",
    }
}

words! {
    /// What kind of work the program itself asks of people (待办种类); plugins
    /// name theirs in their own books.
    #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
    #[serde(rename_all = "snake_case")]
    pub enum TaskKind {
        /// A second person has to say yes or no to an order (审批).
        Approval = "approval",
        /// Somebody has to find out whether an order arrived (查明结果).
        Unknown = "unknown",
        /// An order did not get through (投递失败).
        Failed = "failed",
        /// A call that waits for its result (电话).
        Call = "call",
        /// A visit that waits for its result (上门).
        Visit = "visit",
        /// A deadline of a matter at court (期限).
        Deadline = "deadline",
        /// A gateway is at fault (渠道故障).
        ChannelFault = "channel_fault",
        /// The condition of a workflow fails (纳入条件出错).
        EnrolmentFault = "enrolment_fault",
        /// A workflow is not worked any more (流程停下).
        WorkflowSuspended = "workflow_suspended",
        /// Deadlines at court that nobody watches (期限无人看).
        DeadlinesUnwatched = "deadlines_unwatched",
    }
}
