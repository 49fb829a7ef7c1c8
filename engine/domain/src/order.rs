//! Orders (指令): what a workflow asks Rust to do, from draft to hand-over.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::duty::Assignee;
use crate::ids::{CaseId, InstanceId, OrderId, PartyId};
use crate::manifest::{Act, Channel, DeliveryClass};
use crate::money::Fen;
use crate::party::{GuaranteeKind, Role};

/// What a script asked for, before anything is committed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderDraft {
    /// A verb of a manifest.
    pub verb: String,
    /// The person it goes to, when it goes to one.
    pub to: Option<PartyId>,
    /// The other arguments by name: dates as `YYYY-MM-DD`, amounts as fen.
    pub args: Map<String, Value>,
    /// The line of the script that asked for it, `remind.lua:14`.
    pub line: String,
}

/// A committed order on its way to a plugin.
#[derive(Clone, Debug)]
pub struct Order {
    /// The store's number.
    pub id: OrderId,
    /// The case it belongs to.
    pub case_id: CaseId,
    /// The institution's own loan number.
    pub case_no: String,
    /// The instance that gave it; `None` for one given by hand.
    pub instance_id: Option<InstanceId>,
    /// A verb of a manifest.
    pub verb: String,
    /// Its delivery class, as the manifest said when it was committed.
    pub delivery: DeliveryClass,
    /// The channel, when it reaches a person.
    pub channel: Option<Channel>,
    /// What it is to the policy pack.
    pub act: Act,
    /// It needs a second person.
    pub second_person: bool,
    /// Who asked for it: a member of staff, or `workflow:NAME`.
    pub requested_by: String,
    /// The collector of the case when it was committed.
    pub collector: Option<String>,
    /// The person it goes to.
    pub recipient: Option<Recipient>,
    /// The arguments by name.
    pub args: Map<String, Value>,
    /// The rendered text, for messages and letters.
    pub text: Option<String>,
    /// What the words of the text stand for, by their name in the template;
    /// for a far side that has the wording and takes the values alone.
    pub words: BTreeMap<String, String>,
    /// The amount that the text states.
    pub states_amount: Option<Fen>,
    /// The same key for the same order, whenever it is tried.
    pub idempotency_key: String,
    /// How often it has been tried before.
    pub attempts: u32,
    /// The civil day of the hand-over.
    pub today: Date,
}

impl Order {
    /// An argument that is text, or nothing.
    pub fn arg(&self, name: &str) -> Option<&str> {
        self.args.get(name).and_then(Value::as_str)
    }

    /// An argument that says whose work it is, or nothing.
    pub fn assignee(&self, name: &str) -> Option<Assignee> {
        self.args.get(name).and_then(Assignee::in_arg)
    }

    /// An argument that is a whole number or an amount in fen, or nothing.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.args.get(name).and_then(Value::as_i64)
    }
}

/// The person an order goes to, with what is needed to reach them.
///
/// Its `Debug` form shows the number alone, so that no log line can carry a
/// name or a telephone number.
#[derive(Clone, Eq, PartialEq)]
pub struct Recipient {
    /// The store's number of the person.
    pub id: PartyId,
    /// What the person is to the debt.
    pub role: Role,
    /// Name.
    pub name: String,
    /// Telephone number.
    pub phone: Option<String>,
    /// Bound account of the official WeChat channel.
    pub wechat: Option<String>,
    /// Postal address.
    pub address: Option<String>,
    /// Village.
    pub village: Option<String>,
    /// How the person guarantees.
    pub guarantee: Option<GuaranteeKind>,
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({}, {})", self.id, self.role)
    }
}
