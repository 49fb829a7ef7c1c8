//! Orders of which nobody knows (结果不明): what is asked of a person, and what comes
//! of the answer.

use anyhow::{Context, Result};
use domain::event::OrderEvent;
use domain::ids::OrderId;
use domain::manifest::Channel;
use domain::status::OrderStatus;
use store::answered::{self, Meanwhile};
use store::outbox::{self, Leased};
use store::sending::Ended;
use store::views::orders::OrderEntry;
use store::{Now, WriteTx, events, hand_over};

use crate::Engine;
use crate::words::VERBS;

/// Who may say what came of it.
pub(super) const WHO: &str = "supervisor";

/// The task of such an order, in Chinese and English.
pub(super) fn what_to_find_out(order: &Leased) -> String {
    let (id, verb) = (order.id, &order.verb);
    let said = VERBS.zh(verb);
    format!(
        "向渠道查明 {said} 是否送达:送达了 `qingshou order arrived {id} --reason '…'`,没有 \
         `qingshou order retry {id} --reason '…'`,不再送 `qingshou order drop {id} \
         --reason '…'` · ask the channel whether {verb} arrived: yes `qingshou order arrived \
         {id} --reason '…'`, no `qingshou order retry {id} --reason '…'`, not to go `qingshou \
         order drop {id} --reason '…'`"
    )
}

/// What a person says of such an order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answer {
    /// It arrived.
    Arrived,
    /// It did not, and goes once more.
    IfHeld,
}

impl Engine {
    /// Writes down what a person says of an order: its run does not hear any more
    /// that nobody knows, and hears of the arrival if it answers one. Answers how
    /// things stood, or `None` when somebody else was quicker; nothing is written
    /// then.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub async fn answer_for(
        &self,
        tx: &mut WriteTx,
        now: &Now,
        row: &OrderEntry,
        answer: Answer,
        (by, reason): (&str, &str),
    ) -> Result<Option<Meanwhile>> {
        let order = OrderId(row.id);
        let stood = answered::meanwhile(tx.conn(), now, order).await?;
        let stood = stood.context("待发箱里没有这条指令")?;
        if answer == Answer::IfHeld && stood.goes_nowhere() {
            return Ok(Some(stood));
        }
        answered::withdraw(tx.conn(), &[order]).await?;
        let to = match answer {
            Answer::IfHeld => OrderStatus::Pending,
            Answer::Arrived => OrderStatus::Delivered,
        };
        let moved = (row.status, to);
        if !outbox::decide(tx.conn(), now, order, moved, by, reason).await? {
            return Ok(None);
        }
        if answer == Answer::Arrived {
            self.has_arrived(tx, now, row, stood.channel).await?;
        }
        Ok(Some(stood))
    }

    async fn has_arrived(
        &self,
        tx: &mut WriteTx,
        now: &Now,
        row: &OrderEntry,
        channel: Option<Channel>,
    ) -> Result<()> {
        // A call or visit is only arranged by its delivery.
        if !matches!(channel, None | Some(Channel::Phone | Channel::Visit)) {
            let made = (OrderId(row.id), OrderStatus::Delivered);
            self.note_departed(tx.conn(), &[(made.0, now.ms)], made.1).await?;
            hand_over::settle_all(tx.conn(), &[made]).await?;
        }
        let ended = Ended {
            order: OrderId(row.id),
            case_id: row.case_id,
            verb: row.verb.clone(),
            requested_by: row.requested_by.clone(),
            stage: row.stage.clone(),
        };
        let told = self.told_of(now, &ended, OrderEvent::Delivered, "");
        events::record_all(tx.conn(), now, self.resume_at(now), told.as_slice()).await?;
        // Before the tasks are closed and the journal has the person's line.
        self.notify_plugins(tx, now).await.map(|_| ())
    }
}
