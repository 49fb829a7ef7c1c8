//! Orders on a fictional debtor (虚构工作单), as a plugin gets them.

use std::collections::BTreeMap;

use domain::ids::{CaseId, InstanceId, OrderId, PartyId};
use domain::manifest::{Act, DeliveryClass};
use domain::order::{Order, Recipient};
use domain::party::Role;
use serde_json::Value;

use crate::clock::TODAY;

/// Internal work on the loan `K-1` of collector `staff-1`, asked for by the workflow
/// `escalate`; what a test is about it sets with struct update syntax. `args` is an object.
pub fn order(id: i64, verb: &str, args: &Value) -> Order {
    Order {
        id: OrderId(id),
        case_id: CaseId(1),
        case_no: "K-1".to_owned(),
        instance_id: Some(InstanceId(2)),
        verb: verb.to_owned(),
        delivery: DeliveryClass::AtLeastOnce,
        channel: None,
        act: Act::Internal,
        second_person: false,
        requested_by: "workflow:escalate".to_owned(),
        collector: Some("staff-1".to_owned()),
        recipient: None,
        args: args.as_object().expect("arguments are an object").clone(),
        text: None,
        words: BTreeMap::new(),
        states_amount: None,
        idempotency_key: format!("key{id}"),
        attempts: 0,
        today: TODAY,
    }
}

/// The borrower 虚构甲 of 青石村, without anything to reach them by.
pub fn borrower() -> Recipient {
    Recipient {
        id: PartyId(3),
        role: Role::Borrower,
        name: "虚构甲".to_owned(),
        phone: None,
        wechat: None,
        address: None,
        village: Some("青石村".to_owned()),
        guarantee: None,
    }
}
