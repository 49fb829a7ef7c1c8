//! What a person has found out about an order (人工查实): that it arrived, or that it
//! has to go once more.

use anyhow::Result;
use domain::ids::OrderId;
use domain::journal::Entered;
use domain::status::OrderStatus;
use serde_json::{Value, json};
use store::answered::Meanwhile;
use store::tasks;
use store::views::orders::OrderEntry;

use crate::engine::answered::Answer;
use crate::office::language::say;
use crate::office::writes::order_row;
use crate::office::{Asker, by_hand, refuse};
use crate::words::STATES;
use crate::workshop::Workshop;

type Done = Result<(String, Value)>;

/// Somebody or something was quicker.
pub(super) fn taken<T>(order: OrderId) -> Result<T> {
    refuse(say(
        format!("指令 {order} 刚被取走投递,没有改动:请稍后再看"),
        format!(
            "order {order} has just been taken to leave; nothing was changed, look again later"
        ),
    ))
}

/// An order that is unknown or has failed goes once more.
pub(super) async fn again(
    shop: &Workshop,
    asker: &Asker,
    row: &OrderEntry,
    reason: &str,
) -> Done {
    let now = shop.engine.clock.now();
    let order = OrderId(row.id);
    let mut tx = shop.engine.store.write().await?;
    let by = (asker.name.as_str(), reason);
    let answered = shop.engine.answer_for(&mut tx, &now, row, Answer::Again, by);
    let Some(stood) = answered.await? else {
        tx.rollback().await?;
        return taken(order);
    };
    if stood.goes_nowhere() {
        tx.rollback().await?;
        return refuse(why_not_again(row, &stood));
    }
    // A person has found out that it did not arrive and answers for sending it
    // once more; the verification looks for this task.
    let again = OrderStatus::Pending;
    tasks::close_of_order(tx.conn(), &now, order, by.0, again.as_str()).await?;
    tasks::note_resend(tx.conn(), &now, row.case_id, order, by.0).await?;
    let what = Entered::OrderAnswered { order, now: again };
    by_hand(tx.conn(), &now, row.case_id, asker, reason, what).await?;
    tx.commit().await?;
    let what = format!("{} {}", row.case_no, row.verb);
    let text = say(format!("将重试:{what}"), format!("to be tried again: {what}"));
    Ok((text, json!({ "order": order })))
}

/// What it would come to if it were sent once more, and what can be done instead.
fn why_not_again(row: &OrderEntry, stood: &Meanwhile) -> String {
    let (order, case, was) = (row.id, &row.case_no, &row.stage);
    let (zh, en) = match (stood.is_left_behind, &stood.stage) {
        (true, None) => (
            "下达它的流程已经结束".to_owned(),
            "the procedure that gave it is over".to_owned(),
        ),
        (true, Some(stage)) => (
            format!("流程已离开下达它的环节 {was},现在环节 {stage}"),
            format!(
                "its procedure has left the stage {was} that gave it and stands in {stage}"
            ),
        ),
        (false, _) if stood.is_too_old => {
            ("它的投递期限已过".to_owned(), "its time is up".to_owned())
        }
        (false, _) => why_second(stood),
    };
    let (heard_zh, heard_en) = if stood.was_heard {
        ("(已按“没有查明”往下办)", " (it went on as with an order of which nobody knows)")
    } else {
        ("", "")
    };
    say(
        format!(
            "指令 {order} 不能重试:{zh}{heard_zh},重发会随即作废;没有改动\n  下一步:查明送达了用 \
             `qingshou order arrived {order} --reason '…'`,没有送达用 `qingshou order drop \
             {order} --reason '…'`;`qingshou case show {case}` 有接下来的安排"
        ),
        format!(
            "order {order} cannot be tried again: {en}{heard_en}, and it would be cancelled at \
             once; nothing was changed\n  next: if it arrived `qingshou order arrived {order} \
             --reason '…'`, if not `qingshou order drop {order} --reason '…'`; `qingshou case \
             show {case}` tells what comes next"
        ),
    )
}

fn why_second(stood: &Meanwhile) -> (String, String) {
    let later = stood.is_given_anew.map_or_else(String::new, |it| it.to_string());
    (
        format!("流程已另下同样的指令 {later},会重复送达"),
        format!(
            "its procedure has given the same again as order {later}; both would arrive"
        ),
    )
}

/// An order of which nobody knew has arrived.
pub(super) async fn arrived(
    shop: &Workshop,
    asker: &Asker,
    order: OrderId,
    reason: &str,
) -> Done {
    let row = order_row(shop, order).await?;
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
    let now = shop.engine.clock.now();
    let mut tx = shop.engine.store.write().await?;
    let by = (asker.name.as_str(), reason);
    let answered = shop.engine.answer_for(&mut tx, &now, &row, Answer::Arrived, by);
    let Some(stood) = answered.await? else {
        tx.rollback().await?;
        return refuse(say(
            format!("指令 {order} 刚有人处理过,没有改动"),
            format!("somebody has just decided about order {order}; nothing was changed"),
        ));
    };
    let came = OrderStatus::Delivered;
    tasks::close_of_order(tx.conn(), &now, order, by.0, came.as_str()).await?;
    let what = Entered::OrderAnswered { order, now: came };
    by_hand(tx.conn(), &now, row.case_id, asker, reason, what).await?;
    tx.commit().await?;
    let what = format!("{} {}", row.case_no, row.verb);
    let mut text =
        say(format!("已记为送达:{what}"), format!("on record as arrived: {what}"));
    if stood.was_heard {
        text.push_str(&what_it_heard(&row, &stood));
    }
    Ok((text, json!({ "order": order, "was_heard_as_unknown": stood.was_heard })))
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
