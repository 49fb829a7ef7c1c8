//! Orders dropped by query (按条件放弃).

use anyhow::bail;
use domain::ids::OrderId;
use serde::{Deserialize, Serialize};
use store::order_query::{self, Called, OrderQuery};

use crate::app::App;
use crate::command::CHIEFS;
use crate::language::say;
use crate::{Actor, Answer, Done, Execute, Rules};

/// Drop orders by query.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct DropOrders {
    /// Which.
    pub query: OrderQuery,
    /// None behind this one, the newest when they were counted.
    pub up_to: OrderId,
    /// Why.
    pub reason: String,
}

/// How many were dropped.
#[derive(Debug, Serialize)]
pub(crate) struct Dropping {
    dropped: usize,
    /// Those that wait for approval and are the person's own: they were left.
    own: usize,
}

impl Execute for DropOrders {
    type Data = Dropping;

    fn rules(&self) -> Rules<'_> {
        Rules::of(CHIEFS).because(&self.reason)
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { query, up_to, reason } = self;
        if query.is_empty() {
            bail!(say(
                "请写明要放弃哪些指令:--workflow、--channel、--verb、--status、--release 或 --created-before"
                    .to_owned(),
                "say which orders: --workflow, --channel, --verb, --status, --release or --created-before"
                    .to_owned(),
            ));
        }
        let (orders, own) = {
            let mut conn = app.engine.store.read().await?;
            let mut orders = order_query::find(conn.conn(), query).await?;
            orders.retain(|order| order <= up_to);
            let names = app.engine.names_of(&actor.name);
            let in_charge_of = app.engine.in_charge_of(&names);
            let person = Called { names: &names, in_charge_of: &in_charge_of };
            let own = order_query::own(conn.conn(), &orders, person).await?;
            orders.retain(|order| own.binary_search(order).is_err());
            (orders, own.len())
        };
        let dropped = app.engine.drop_orders(&orders, &actor.name, reason).await?;
        let mut text = say(
            format!("已放弃 {dropped} 条指令"),
            format!("{dropped} orders were dropped"),
        );
        if own != 0 {
            text.push_str(&say(
                format!("\n  {own} 条等待审批的是本人申请或经办的,没有改动:请另一人驳回"),
                format!("\n  {own} that wait for approval are your own and were left: another person has to reject them"),
            ));
        }
        Ok(Answer { text, data: Dropping { dropped, own } })
    }
}
