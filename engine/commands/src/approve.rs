//! An order approved or rejected by a second person (审批).

use domain::ids::OrderId;
use domain::tongues::{chinese, english};
use runtime::words::VERBS;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::command::SIGNERS;
use crate::language::say;
use crate::writes::{case_head, order_row};
use crate::{Actor, Answer, Done, Execute, Rules};

/// Approve or reject an order.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Approve {
    /// The order.
    pub order: i64,
    /// Reject it.
    pub reject: bool,
    /// Why.
    pub reason: String,
}

/// What was decided.
#[derive(Debug, Serialize)]
pub(crate) struct Approving {
    order: OrderId,
    /// Its loan number.
    case: String,
    rejected: bool,
}

impl Execute for Approve {
    type Data = Approving;

    fn rules(&self) -> Rules<'_> {
        Rules::of(SIGNERS).because(&self.reason).bearing_a_day()
    }

    fn order_named(&mut self) -> Option<&mut i64> {
        Some(&mut self.order)
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { order, reject, reason } = self;
        let (order, reject) = (OrderId(*order), *reject);
        let row = order_row(app, order).await?;
        let head = case_head(app, row.case_id).await?;
        let decided = if reject {
            app.engine.reject(order, &actor.name, reason).await?
        } else {
            app.engine.approve(order, &actor.name, reason).await?
        };
        let lines = decided.terms.map(|term| term.lines).unwrap_or_default();
        let signed = |half: fn(&str) -> String| {
            lines
                .iter()
                .flat_map(|line| ["\n  ".to_owned(), half(line)])
                .collect::<String>()
        };
        let (zh, en) =
            if reject { ("已驳回", "rejected") } else { ("已批准", "approved") };
        let case = row.case_no.clone();
        let data = Approving { order, case, rejected: reject };
        let text = say(
            format!(
                "{zh}:{} {}\n  {head}{}",
                row.case_no,
                VERBS.zh(&row.verb),
                signed(chinese)
            ),
            format!("{en}: {} {}\n  {head}{}", row.case_no, row.verb, signed(english)),
        );
        Ok(Answer { text, data })
    }
}
