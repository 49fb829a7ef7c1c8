//! An order tried again, or given up (重试或放弃).

use domain::ids::OrderId;
use domain::status::OrderStatus;
use runtime::words::STATES;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::approve::Approving;
use crate::command::CHIEFS;
use crate::language::say;
use crate::writes::order_row;
use crate::{Actor, Answer, Approve, Done, Execute, Rules, answers, refuse};

/// Try an order again, or give it up.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Order {
    /// The order.
    pub order: i64,
    /// Give it up; otherwise try again.
    pub drop: bool,
    /// Why.
    pub reason: String,
}

/// What becomes of the order.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Ordering {
    /// It goes once more.
    Repeated {
        /// Its number.
        order: OrderId,
    },
    /// It is given up.
    Dropped {
        /// Its number.
        order: OrderId,
    },
    /// It waited for a second person: the workflow hears that it was rejected.
    Rejected(Approving),
}

impl Execute for Order {
    type Data = Ordering;

    fn rules(&self) -> Rules<'_> {
        Rules::of(CHIEFS).because(&self.reason).bearing_a_day()
    }

    fn order_named(&mut self) -> Option<&mut i64> {
        Some(&mut self.order)
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { order, drop, reason } = self;
        let (order, drop) = (OrderId(*order), *drop);
        let row = order_row(app, order).await?;
        if !drop && row.status == OrderStatus::Held {
            return refuse(say(
                format!(
                    "指令 {order} 被停发留住({}),不必重试\n  提示:用 `qingshou status` \
                     查看停发,恢复后它会送出",
                    row.note
                ),
                format!(
                    "order {order} is held by a stop ({}) and need not be tried again\n  hint: \
                     `qingshou status` shows the stops; it leaves when its stop is lifted",
                    row.note
                ),
            ));
        }
        let from: &[OrderStatus] =
            if drop { &OrderStatus::DROPPABLE } else { &OrderStatus::REPEATABLE };
        if !from.contains(&row.status) {
            let (zh, en) =
                if drop { ("放弃", "dropped") } else { ("重试", "tried again") };
            return refuse(say(
                format!("指令 {order} 现为 {},不能{zh}", STATES.zh(row.status.as_str())),
                format!("order {order} is {} and cannot be {en}", row.status),
            ));
        }
        if drop && row.status == OrderStatus::AwaitingApproval {
            // The workflow hears of it and its wait begins.
            let rejection =
                Approve { order: order.0, reject: true, reason: reason.clone() };
            let Answer { text, data } = rejection.execute(app, actor).await?;
            return Ok(Answer { text, data: Ordering::Rejected(data) });
        }
        if drop {
            if app.engine.drop_orders(&[order], &actor.name, reason).await? == 0 {
                return answers::taken(order);
            }
            let what = format!("{} {}", row.case_no, row.verb);
            let text = say(format!("已放弃:{what}"), format!("dropped: {what}"));
            return Ok(Answer { text, data: Ordering::Dropped { order } });
        }
        let text = answers::again(app, actor, &row, reason).await?;
        Ok(Answer { text, data: Ordering::Repeated { order } })
    }
}
