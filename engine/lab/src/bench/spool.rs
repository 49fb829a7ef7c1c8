//! The outgoing tray (发件目录测速): messages a second, each of which lies on disk for good
//! when it counts, a hundred at a time as the daemon hands them over.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use domain::ids::{CaseId, InstanceId, OrderId, PartyId};
use domain::manifest::{Act, Channel, DeliveryClass};
use domain::order::{Order, Recipient};
use domain::party::Role;
use serde_json::{Map, Value, json};
use store::spool::Spool;

use super::book::TODAY;
use super::{Lap, median, stopwatch};

/// Messages handed over together.
const TOGETHER: usize = 100;

/// Hand-overs of which the median counts.
const LEAST: usize = 10;

/// Puts so many messages into a tray below this folder that is taken away afterwards:
/// what is measured is the disk that holds the folder.
///
/// # Errors
///
/// Too few messages, or the disk refuses one.
pub async fn spool(messages: usize, below: &Path) -> Result<Value> {
    let laps = messages / TOGETHER;
    if laps < LEAST {
        let least = LEAST * TOGETHER;
        bail!("--messages 至少 {least} · --messages takes at least {least}");
    }
    let site = tempfile::tempdir_in(below)
        .context("建不了临时目录 · no temporary folder can be made")?;
    let spool = Spool::of_site(site.path());
    let mut taken = Vec::with_capacity(laps);
    for lap in 0..laps {
        taken.push(hand_over(&spool, lap * TOGETHER).await?);
    }
    site.close()?;
    let slowest = taken.iter().map(|it| it.per_second()).min().unwrap_or(0);
    Ok(json!({
        "format_version": 1,
        "messages": laps * TOGETHER,
        "messages_together": TOGETHER,
        "folder": below,
        "messages_per_s": median(&taken),
        "messages_per_s_at_worst": slowest,
    }))
}

async fn hand_over(spool: &Spool, first: usize) -> Result<Lap> {
    let orders: Vec<Order> = (first..first + TOGETHER).map(message).collect();
    let orders: Vec<&Order> = orders.iter().collect();
    let from = stopwatch();
    for answer in spool.put_all(&orders).await {
        answer?;
    }
    let steps = i64::try_from(orders.len())?;
    Ok(Lap { steps, orders: steps, time: from.elapsed() })
}

/// A reminder to somebody who does not exist.
fn message(nth: usize) -> Order {
    Order {
        id: OrderId(0),
        case_id: CaseId(0),
        case_no: format!("QS-{nth}"),
        instance_id: Some(InstanceId(0)),
        verb: "sms".to_owned(),
        delivery: DeliveryClass::AtLeastOnce,
        channel: Some(Channel::Sms),
        act: Act::Demand,
        second_person: false,
        requested_by: "workflow:remind".to_owned(),
        collector: None,
        recipient: Some(Recipient {
            id: PartyId(0),
            role: Role::Borrower,
            name: "示例甲".to_owned(),
            phone: Some("15400000000".to_owned()),
            wechat: None,
            address: None,
            village: None,
            guarantee: None,
        }),
        args: Map::new(),
        text: Some("示例甲,您有一笔款项已到期,请在三日内还清。".to_owned()),
        words: BTreeMap::new(),
        states_amount: None,
        idempotency_key: format!("{nth:032x}"),
        attempts: 0,
        today: TODAY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_thousand_messages_give_a_figure() {
        let disk = tempfile::tempdir().unwrap();
        let told = spool(1_000, disk.path()).await.unwrap();
        assert_eq!(told["messages"], 1_000);
        assert!(0 < told["messages_per_s"].as_i64().unwrap(), "{told}");
        assert!(spool(999, disk.path()).await.is_err());
    }
}
