//! Lines about an order (指令): where it went, who decided about it, and what came
//! too late to count.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::conduct::Record;
use crate::ids::{OrderId, PartyId};
use crate::status::OrderStatus;

/// An order stands elsewhere now.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct OrderMoved {
    /// The order.
    #[serde(deserialize_with = "as_text::deserialize")]
    pub order: OrderId,
    /// Where it stands.
    pub status: OrderStatus,
    /// Why, for people and programs; may be empty.
    pub note: String,
    /// What moved it.
    #[serde(flatten)]
    pub by: MovedBy,
}

impl OrderMoved {
    /// Its verb; empty where the line does not say it.
    pub fn verb(&self) -> &str {
        match &self.by {
            MovedBy::HandOver(it) => &it.verb,
            MovedBy::Word(it) => &it.verb,
            MovedBy::CaseChange {} => "",
        }
    }

    /// Whose word moved it: a person's name, or `system`; empty where nobody's did.
    pub fn by(&self) -> &str {
        match &self.by {
            MovedBy::Word(it) => &it.by,
            MovedBy::HandOver(_) | MovedBy::CaseChange {} => "",
        }
    }

    /// The lease that was answered, where one was.
    pub fn epoch(&self) -> Option<i64> {
        match &self.by {
            MovedBy::HandOver(it) => it.epoch,
            MovedBy::Word(_) | MovedBy::CaseChange {} => None,
        }
    }
}

/// What moved an order.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged, try_from = "Map<String, Value>")]
pub enum MovedBy {
    /// Its hand-over: the review's answer, or the gateway's.
    HandOver(HandOver),
    /// The word of a person or of the program.
    Word(GivenWord),
    /// Its case: what was said of it is to be reviewed before anybody approves it.
    CaseChange {},
}

impl TryFrom<Map<String, Value>> for MovedBy {
    type Error = serde_json::Error;

    /// Told apart by their keys, so that one which cannot be read passes for no other.
    fn try_from(says: Map<String, Value>) -> Result<Self, Self::Error> {
        let (has_name, has_verb) = (says.contains_key("by"), says.contains_key("verb"));
        let says = Value::Object(says);
        match (has_name, has_verb) {
            (true, _) => serde_json::from_value(says).map(Self::Word),
            (false, true) => serde_json::from_value(says).map(Self::HandOver),
            (false, false) => Ok(Self::CaseChange {}),
        }
    }
}

/// A hand-over as its answer names it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct HandOver {
    /// The verb.
    pub verb: String,
    /// The person it goes to.
    pub to: Option<PartyId>,
    /// Its key in the outbox.
    pub key: String,
    /// Which try it was, from 1.
    pub attempt: i64,
    /// The lease that was answered; the oldest lines do not name it. It tells which
    /// answers came too late to count.
    pub epoch: Option<i64>,
    /// How the review came to its answer; `None` where there was none.
    pub review: Option<Record>,
    /// It was rehearsed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rehearsal: bool,
}

/// Somebody's word on an order.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct GivenWord {
    /// The verb.
    pub verb: String,
    /// The stop that holds it or lets it go, by its number.
    pub stop: Option<i64>,
    /// Who: a person's name, or `system`.
    pub by: String,
}

/// A hand-over was answered under a lease that had run out.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct LateAnswer {
    /// The order. Its number stands as text, since the line settles nothing.
    #[serde(with = "as_text")]
    pub order: OrderId,
    /// Where it would stand.
    pub status: OrderStatus,
    /// Why; may be empty.
    pub note: String,
    /// The hand-over.
    #[serde(flatten)]
    pub hand_over: HandOver,
}

/// A second person's decision about an order.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Decided {
    /// The order.
    #[serde(with = "as_text")]
    pub order: OrderId,
    /// The verb.
    pub verb: String,
    /// Who decided.
    pub by: String,
    /// Why.
    pub reason: String,
    /// What was signed with it, as it stood then: sums of a claim, in fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Map<String, Value>>,
}

/// Something that left after the backup which was put back.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LeftBeforeRestore {
    /// The verb.
    pub verb: String,
    /// The person it went to.
    pub to: Option<PartyId>,
    /// Its key in the outbox of then.
    pub key: String,
    /// When it left, in milliseconds since 1970.
    pub left_at: i64,
    /// Delivered or unknown.
    pub became: OrderStatus,
}

/// The number of an order, written as text; read from a number as well.
mod as_text {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::ids::OrderId;

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(i64),
        Text(String),
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
    pub(super) fn serialize<S: Serializer>(
        order: &OrderId,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(order)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<OrderId, D::Error> {
        match Written::deserialize(from)? {
            Written::Number(number) => Ok(OrderId(number)),
            Written::Text(text) => text.parse().map(OrderId).map_err(D::Error::custom),
        }
    }
}
