//! An order of which nobody knew has arrived (查实送达).

use domain::ids::OrderId;
use domain::journal::Entered;
use domain::status::OrderStatus;
use runtime::answered;
use runtime::words::STATES;
use serde::{Deserialize, Serialize};
use store::answered::Meanwhile;
use store::tasks;
use store::views::orders::OrderEntry;

use crate::app::App;
use crate::command::CHIEFS;
use crate::language::say;
use crate::writes::order_row;
use crate::{Actor, Answer, Done, Execute, Rules, refuse};

/// Say that an order of which nobody knew has arrived.
#[derive(clap::Args, Clone, Debug, Deserialize, Serialize)]
pub struct Arrived {
    /// The order.
    pub order: i64,
    /// How one knows.
    #[arg(long)]
    pub reason: String,
}

/// That it is on record.
#[derive(Debug, Serialize)]
pub(crate) struct Arriving {
    order: OrderId,
    /// The run has gone on as with an order of which nobody knows.
    was_heard_as_unknown: bool,
}

impl Execute for Arrived {
    type Data = Arriving;

    fn rules(&self) -> Rules<'_> {
        Rules::of(CHIEFS).because(&self.reason).bearing_a_day()
    }

    fn order_named(&mut self) -> Option<&mut i64> {
        Some(&mut self.order)
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { order, reason } = self;
        let order = OrderId(*order);
        let row = order_row(app, order).await?;
        if row.status != OrderStatus::Unknown {
            return refuse(say(
                format!(
                    "指令 {order} 现为 {},不是结果不明,没有改动",
                    STATES.zh(row.status.as_str())
                ),
                format!(
                    "order {order} is {} and not unknown; nothing was changed",
                    row.status
                ),
            ));
        }
        let now = app.engine.clock.now();
        let mut work = app.engine.begin_by(actor.because(reason), &now).await?;
        let by = (actor.name.as_str(), reason.as_str());
        let answered =
            app.engine.answer_for(work.tx(), &now, &row, answered::Answer::Arrived, by);
        let Some(stood) = answered.await? else {
            work.rollback().await?;
            return refuse(say(
                format!("指令 {order} 刚有人处理过,没有改动"),
                format!(
                    "somebody has just decided about order {order}; nothing was changed"
                ),
            ));
        };
        let came = OrderStatus::Delivered;
        tasks::close_of_order(work.conn(), &now, order, by.0, came.as_str()).await?;
        let what = Entered::OrderAnswered { order, now: came };
        let work = work.journal_entry(row.case_id, what).await?;
        work.commit().await?;
        let what = format!("{} {}", row.case_no, row.verb);
        let mut text =
            say(format!("已记为送达:{what}"), format!("on record as arrived: {what}"));
        if stood.was_heard {
            text.push_str(&what_it_heard(&row, &stood));
        }
        let data = Arriving { order, was_heard_as_unknown: stood.was_heard };
        Ok(Answer { text, data })
    }
}

/// The run has answered already that nobody knew; that is not taken back.
fn what_it_heard(row: &OrderEntry, stood: &Meanwhile) -> String {
    let case = &row.case_no;
    let (zh, en) = match &stood.stage {
        None => ("已经结束".to_owned(), "is over".to_owned()),
        Some(stage) => (format!("现在环节 {stage}"), format!("stands in {stage}")),
    };
    say(
        format!(
            "\n  注意:流程此前已按“没有查明”办理,{zh},不会退回\n  下一步:`qingshou case show \
             {case}` 看接下来的安排是否还合适"
        ),
        format!(
            "\n  note: its procedure went on before as with an order of which nobody knows; it \
             {en} and does not go back\n  next: `qingshou case show {case}` shows whether what \
             comes next still fits"
        ),
    )
}
