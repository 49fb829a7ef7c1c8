//! What reminding promises (提醒插件的测试), with a real server on the other side.

mod http;
mod request;
mod spool;

use domain::ids::{CaseId, InstanceId, OrderId, PartyId};
use domain::manifest::{Act, Channel, DeliveryClass};
use domain::money::Fen;
use domain::order::{Order, Recipient};
use domain::party::Role;
use jiff::civil::date;
use serde_json::{Map, Value, json};

use super::*;

/// An SMS of 5.00 yuan to a fictional borrower.
pub(super) fn sms() -> Order {
    Order {
        id: OrderId(7),
        case_id: CaseId(1),
        case_no: "K-1".to_owned(),
        instance_id: Some(InstanceId(2)),
        verb: "sms".to_owned(),
        delivery: DeliveryClass::AtLeastOnce,
        channel: Some(Channel::Sms),
        act: Act::Demand,
        second_person: false,
        requested_by: "workflow:remind".to_owned(),
        collector: Some("staff-1".to_owned()),
        recipient: Some(Recipient {
            id: PartyId(3),
            role: Role::Borrower,
            name: "虚构\"甲\"".to_owned(),
            phone: Some("19900000001".to_owned()),
            wechat: Some("wx-fictional".to_owned()),
            address: Some("虚构县青石村 1 号".to_owned()),
            village: Some("青石村".to_owned()),
            guarantee: None,
        }),
        args: args(&json!({ "template": "remind_1" })),
        text: Some("您尾号 0001 的贷款\n应还 5.00 元".to_owned()),
        words: BTreeMap::new(),
        states_amount: Some(Fen(500)),
        idempotency_key: "abc123".to_owned(),
        attempts: 0,
        today: date(2026, 3, 2),
    }
}

/// A letter to the same person.
pub(super) fn letter() -> Order {
    Order {
        verb: "letter".to_owned(),
        delivery: DeliveryClass::QueryBeforeRetry,
        channel: Some(Channel::LetterPost),
        args: args(&json!({ "template": "letter_1", "registered": true })),
        ..sms()
    }
}

pub(super) fn args(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}
