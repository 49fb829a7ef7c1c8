//! Results by hand (登记结果): what became of a call, and what is still to be entered.

use anyhow::{Result, bail};
use domain::event::ContactEvent;
use domain::ids::{CaseId, OrderId};
use domain::journal::{CallByHand, Entered};
use domain::manifest::{ArgKind, Channel};
use serde_json::{Map, json};
use store::views::one_case;
use store::{Conn, tasks};

use crate::office::doubts::{self, Certainty};
use crate::office::language::say;
use crate::office::writes::{Done, case_of, order_row, record};
use crate::office::{Asker, Request, by_hand, refuse};
use crate::words::{CALLS, CAUSES, VERBS};
use crate::workshop::Workshop;

/// Whether what came of an order is still to be entered by a form of a plugin.
pub(super) async fn is_awaited(
    shop: &Workshop,
    conn: &mut Conn,
    order: OrderId,
) -> Result<bool> {
    for plugin in shop.engine.plugins().iter() {
        if plugin.awaits_result(order, conn).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) async fn call_result(
    shop: &Workshop,
    asker: &Asker,
    request: &Request,
) -> Done {
    let Request::Contact { case, outcome, order, cause, sure, reason } = request else {
        bail!("不是通话结果 · this is no result of a call");
    };
    let case_id = case_of(shop, case).await?;
    known_word(shop, ContactEvent::CallResult, "outcome", outcome)?;
    if let Some(cause) = cause {
        known_word(shop, ContactEvent::CallResult, "cause", cause)?;
    }
    let order = if let Some(order) = order {
        if order_row(shop, OrderId(*order)).await?.case_id != case_id {
            bail!(say(
                format!(
                    "指令 {order} 不是 {case} 的\n  \
                     提示:用 `qingshou order ls --case {case}` 查看"
                ),
                format!(
                    "order {order} is not of {case}\n  \
                     hint: `qingshou order ls --case {case}` shows its orders"
                ),
            ));
        }
        is_a_call(shop, *order, case).await?;
        Some(*order)
    } else {
        let mut conn = shop.engine.store.read().await?;
        one_case::last_open_call(conn.conn(), case_id).await?.map(|it| it.0)
    };
    look_twice(shop, (case_id, order.map(OrderId)), outcome, Certainty::of(*sure))
        .await?;
    let mut payload = Map::new();
    payload.insert("outcome".to_owned(), json!(outcome));
    payload.insert("note".to_owned(), json!(reason));
    // Whoever spoke with the debtor has worked for what is paid after it.
    payload.insert("by".to_owned(), json!(asker.name));
    if let Some(cause) = cause {
        payload.insert("cause".to_owned(), json!(cause));
    }
    if let Some(order) = order {
        payload.insert("order".to_owned(), json!(order.to_string()));
    }
    let now = shop.engine.clock.now();
    let mut tx = shop.engine.store.write().await?;
    record(shop, &mut tx, case_id, ContactEvent::CallResult.as_str(), payload).await?;
    let what = Entered::Call(CallByHand {
        call_result: outcome.clone(),
        order: order.map(OrderId),
        cause: cause.clone(),
    });
    by_hand(tx.conn(), &now, case_id, asker, reason, what).await?;
    if let Some(order) = order {
        tasks::close_of_order(tx.conn(), &now, OrderId(order), &asker.name, outcome)
            .await?;
    }
    shop.engine.conclude(&mut tx, &now).await?;
    tx.commit().await?;
    let text = say(
        format!("已登记通话结果:{}", CALLS.zh(outcome)),
        format!("result of the call entered: {outcome}"),
    );
    Ok((text, json!({ "outcome": outcome })))
}

/// Asks about a call that should not have been made, or that nobody can have taken.
async fn look_twice(
    shop: &Workshop,
    (case_id, order): (CaseId, Option<OrderId>),
    outcome: &str,
    certainty: Certainty,
) -> Result<()> {
    let unmade = doubts::unmade(shop, order, certainty).await;
    let heard = if outcome == "conversation" {
        doubts::heard(shop, case_id, order, certainty).await
    } else {
        Ok(())
    };
    // Suspended work has been asked about with its hold.
    let peace = if unmade.is_ok() {
        doubts::left_in_peace(shop, case_id, certainty).await
    } else {
        Ok(())
    };
    doubts::together([unmade, peace, heard])
}

/// Refuses an order that is no call: the result of a call would stand for a visit or a
/// message, and close the task of the visit.
async fn is_a_call(shop: &Workshop, order: i64, case: &str) -> Result<()> {
    let (channel, verb) = {
        let mut conn = shop.engine.store.read().await?;
        one_case::way_of_order(conn.conn(), OrderId(order)).await?
    };
    if channel == Some(Channel::Phone) {
        return Ok(());
    }
    let (zh, en) = if channel == Some(Channel::Visit) {
        let done =
            format!("qingshou visit done {order} --outcome … --by … --by … --reason …");
        (format!("上门结果用 `{done}` 登记"), format!("enter a visit with `{done}`"))
    } else {
        let list = format!("qingshou order ls --case {case}");
        (
            format!("`{list}` 有本案的电话"),
            format!("`{list}` shows the calls of the case"),
        )
    };
    refuse(say(
        format!("指令 {order} 是 {},不是电话,没有登记\n  提示:{zh}", VERBS.zh(&verb)),
        format!(
            "order {order} is no call but a {verb}; nothing was entered\n  hint: {en}"
        ),
    ))
}

/// Refuses a word that an event's field does not know, with those it does.
fn known_word(
    shop: &Workshop,
    event: ContactEvent,
    field: &str,
    word: &str,
) -> Result<()> {
    let catalog = shop.engine.plugins().catalog();
    let fields = catalog.find_event(event.as_str()).map_or(&[][..], |it| it.fields);
    let choices = fields.iter().find(|it| it.name == field).map(|it| &it.kind);
    match choices {
        Some(ArgKind::Choice(known)) if !known.contains(&word) => {
            bail!(say(
                format!(
                    "`{word}` 不是可登记的结果或原因\n  提示:可用 {}",
                    if field == "cause" { CAUSES } else { CALLS }
                        .listed(known.iter().copied())
                ),
                format!(
                    "`{word}` is no result or cause\n  hint: use {}",
                    known.join(", ")
                ),
            ))
        }
        _ => Ok(()),
    }
}
