//! What a person has found out about an order (人工查实): that it has to go once more.

use anyhow::Result;
use domain::ids::OrderId;
use domain::journal::Entered;
use domain::status::OrderStatus;
use runtime::answered::Answer;
use store::answered::Meanwhile;
use store::tasks;
use store::views::orders::OrderEntry;

use crate::app::App;
use crate::language::say;
use crate::{Actor, refuse};

/// Somebody or something was quicker.
pub(super) fn taken<T>(order: OrderId) -> Result<T> {
    refuse(say(
        format!("指令 {order} 刚被取走投递,没有改动:请稍后再看"),
        format!(
            "order {order} has just been taken to leave; nothing was changed, look again later"
        ),
    ))
}

/// An order that is unknown or has failed goes once more; what is said of it.
pub(super) async fn again(
    app: &App,
    actor: &Actor,
    row: &OrderEntry,
    reason: &str,
) -> Result<String> {
    let now = app.engine.clock.now();
    let order = OrderId(row.id);
    let mut work = app.engine.begin_by(actor.because(reason), &now).await?;
    let by = (actor.name.as_str(), reason);
    let answered = app.engine.answer_for(work.tx(), &now, row, Answer::IfHeld, by);
    let Some(stood) = answered.await? else {
        work.rollback().await?;
        return taken(order);
    };
    if stood.goes_nowhere() {
        work.rollback().await?;
        return refuse(why_not_again(row, &stood));
    }
    // A person has found out that it did not arrive and answers for sending it
    // once more; the verification looks for this task.
    let again = OrderStatus::Pending;
    tasks::close_of_order(work.conn(), &now, order, by.0, again.as_str()).await?;
    tasks::note_resend(work.conn(), &now, row.case_id, order, by.0).await?;
    let what = Entered::OrderAnswered { order, now: again };
    let work = work.journal_entry(row.case_id, what).await?;
    work.commit().await?;
    let what = format!("{} {}", row.case_no, row.verb);
    Ok(say(format!("将重试:{what}"), format!("to be tried again: {what}")))
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
