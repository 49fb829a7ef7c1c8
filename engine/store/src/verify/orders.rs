//! Orders against the lines about them (指令核验): each stands where the journal
//! says, was approved by whom the journal says, and was not sent twice.

use domain::ids::OrderId;
use domain::journal::keys::AT_ORDER;
use domain::journal::{ByHand, Entered, Entry, EntryError, OrderMoved};
use domain::status::OrderStatus;
use foldhash::HashMap;
use sqlx::AssertSqlSafe;

use super::Verdict;
use super::reviews::Reviews;
use crate::{Conn, StoreError, rows};

const CASES: &str = "
    select json_group_array(case_id) from (
      select distinct case_id from outbox
      where (select after from list($1) as a (after bigint)) < case_id
      order by case_id limit 1000) page";

/// One that nobody approved in time ends without a line; the event tells of it.
const ORDERS: &str = "
    select json_group_array(json_array(
      o.id, o.status, o.settled_note, o.second_person,
      cast(o.delivery = 'at_most_once' as integer), o.approved_by,
      cast(e.id is not null as integer)))
    from outbox o
    left join events e on o.status = 'expired' and e.source = 'outbox'
      and e.dedupe_key = o.id || ':failed:unapproved'
    where o.case_id in (select id from list($1) as s (id bigint))";

/// The lines of some cases that tell of an order.
fn lines_sql() -> String {
    format!(
        "select json_group_array(json_array(chain, body)) from (
           select chain, body from journal
           where chain in (select id from list($1) as s (id bigint))
           and body like '%\"{AT_ORDER}\":%'
           order by chain, seq) lines"
    )
}

/// id, status, note, needs a second person, at most once, who approved, ended
/// for want of an approval.
type Order = (i64, OrderStatus, String, i64, i64, Option<String>, i64);

/// Holds every order against the lines of its case.
pub(super) async fn verify(
    conn: &mut Conn,
    verdict: &mut Verdict,
) -> Result<(), StoreError> {
    let mut reviews = Reviews::load(conn).await?;
    let mut after = -1_i64;
    loop {
        let cases: Vec<i64> = rows::ask(conn, CASES, &[after]).await?;
        let Some(last) = cases.last() else { return Ok(()) };
        after = *last;
        let mut orders: Vec<Order> = rows::ask(conn, ORDERS, &cases).await?;
        orders.sort_unstable_by_key(|order| order.0);
        let lines = lines_of(conn, &cases).await?;
        let mut told: HashMap<i64, JournalledOrder> =
            orders.iter().map(|order| (order.0, JournalledOrder::new(order))).collect();
        for (case, body) in lines {
            match Entry::parse(&body) {
                Ok(entry) => {
                    if let Entry::OrderMoved(moved) = &entry {
                        reviews.hear(moved);
                    }
                    hear(&mut told, &entry, verdict);
                }
                Err(EntryError::Newer { .. }) => {}
                Err(EntryError::Unreadable(_)) => verdict.fault(
                    "chain",
                    case,
                    format!("日志链 {case}:无法读懂"),
                    format!("journal chain {case}: a line cannot be read"),
                ),
            }
        }
        for order in &orders {
            verdict.orders += 1;
            if let Some(told) = told.get(&order.0) {
                check(order, told, verdict);
            }
        }
        let has_left = |id: i64| {
            let at = orders.binary_search_by_key(&id, |it| it.0);
            at.is_ok_and(|at| orders[at].1.may_have_left())
        };
        reviews.judge(conn, &cases, has_left, verdict).await?;
    }
}

async fn lines_of(
    conn: &mut Conn,
    cases: &[i64],
) -> Result<Vec<(i64, String)>, StoreError> {
    let text: String = sqlx::query_scalar(AssertSqlSafe(lines_sql()))
        .bind(serde_json::to_string(cases)?)
        .fetch_one(conn)
        .await?;
    Ok(serde_json::from_str(&text)?)
}

/// What the journal says of an order.
struct JournalledOrder {
    status: OrderStatus,
    /// The last lease that was answered: a second answer to it came too late.
    epoch: i64,
    approved_by: Option<String>,
    at_most_once: bool,
    sent: bool,
}

impl JournalledOrder {
    fn new(order: &Order) -> Self {
        let needs_approval = order.3 == 1;
        Self {
            status: if needs_approval {
                OrderStatus::AwaitingApproval
            } else {
                OrderStatus::Pending
            },
            epoch: 0,
            approved_by: None,
            at_most_once: order.4 == 1,
            sent: false,
        }
    }
}

fn hear(told: &mut HashMap<i64, JournalledOrder>, entry: &Entry, verdict: &mut Verdict) {
    let Some(OrderId(id)) = entry.order() else { return };
    let Some(told) = told.get_mut(&id) else {
        return verdict.fault(
            "order",
            0,
            format!("日志中的指令 {id} 不在待发箱中"),
            format!("order {id} of the journal is not in the outbox"),
        );
    };
    match entry {
        Entry::OrderMoved(moved) => settled(told, moved, verdict),
        Entry::Approved(it) => decided(told, OrderStatus::Pending, &it.by),
        Entry::Rejected(it) => decided(told, OrderStatus::Cancelled, &it.by),
        Entry::ByHand(ByHand {
            by, what: Entered::OrderAnswered { now, .. }, ..
        }) => {
            if told.status == OrderStatus::AwaitingApproval {
                decided(told, *now, by);
            }
            told.status = *now;
            // A person answers for sending it once more.
            told.sent = false;
        }
        _ => {}
    }
}

fn decided(told: &mut JournalledOrder, status: OrderStatus, by: &str) {
    told.status = status;
    told.approved_by = Some(by.to_owned());
}

fn settled(told: &mut JournalledOrder, moved: &OrderMoved, verdict: &mut Verdict) {
    if moved.epoch().is_some_and(|epoch| epoch <= told.epoch) {
        return;
    }
    told.epoch = moved.epoch().unwrap_or(told.epoch);
    told.status = moved.status;
    if moved.status.may_have_left() {
        let id = moved.order.0;
        if told.at_most_once && told.sent {
            verdict.fault(
                "I3",
                id,
                format!("最多一次的指令交付了多次({id})"),
                format!("an order that may leave only once left more than once ({id})"),
            );
        }
        told.sent = true;
    }
}

fn check(order: &Order, told: &JournalledOrder, verdict: &mut Verdict) {
    let (id, status, note, _, _, approved_by, unapproved) = order;
    let waits = told.status == OrderStatus::AwaitingApproval;
    let open = OrderStatus::ON_THEIR_WAY.contains(&told.status);
    let stands = match status {
        OrderStatus::Leased => told.status == OrderStatus::Pending,
        // The line of the step that left the stage tells of it.
        OrderStatus::Cancelled if note == "stage_left" => open,
        // The line of the site tells of the end of the rehearsal.
        OrderStatus::Rehearsed if note == "rehearsal_over" => open,
        OrderStatus::Expired if *unapproved == 1 => waits,
        status => told.status == *status,
    };
    if !stands {
        let (said, told) = (status, told.status);
        verdict.fault(
            "I3",
            *id,
            format!("指令 {id} 现为 {said},日志中为 {told}"),
            format!("order {id} is {said} now, and {told} in the journal"),
        );
    }
    if *approved_by != told.approved_by {
        verdict.fault(
            "order",
            *id,
            format!("指令 {id} 的批准人与日志不符"),
            format!("who approved order {id} is not who did in the journal"),
        );
    }
}
