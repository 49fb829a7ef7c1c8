//! What reminding promises (提醒插件的测试), with a real server on the other side.

mod http;
mod request;
mod spool;

use domain::manifest::{Act, Channel, DeliveryClass};
use domain::money::Fen;
use domain::order::{Order, Recipient};
use serde_json::{Map, Value, json};
use testkit::orders::{borrower, order};

use super::*;

/// An SMS of 5.00 yuan to a fictional borrower.
pub(super) fn sms() -> Order {
    Order {
        channel: Some(Channel::Sms),
        act: Act::Demand,
        recipient: Some(Recipient {
            name: "虚构\"甲\"".to_owned(),
            phone: Some("19900000001".to_owned()),
            wechat: Some("wx-fictional".to_owned()),
            address: Some("虚构县青石村 1 号".to_owned()),
            ..borrower()
        }),
        text: Some("您尾号 0001 的贷款\n应还 5.00 元".to_owned()),
        states_amount: Some(Fen(500)),
        idempotency_key: "abc123".to_owned(),
        ..order(7, "sms", &json!({ "template": "remind_1" }))
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
