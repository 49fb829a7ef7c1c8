//! Results by hand (登记结果): what became of a call, a visit or a letter.

use std::borrow::Cow;

use anyhow::{Context, Result, bail};
use domain::event::ContactEvent;
use domain::ids::OrderId;
use domain::journal::{CallByHand, Entered, LetterProofByHand, VisitByHand};
use domain::limitation::Evidence;
use domain::manifest::{ArgKind, Channel};
use serde_json::{Map, json};
use store::views::one_case;
use store::{Conn, tasks};

use crate::office::doubts::{self, Certainty};
use crate::office::language::say;
use crate::office::papers::{Paper, Shown};
use crate::office::writes::{Done, case_of, order_row, record};
use crate::office::{Asker, Request, by_hand, refuse};
use crate::words::{CALLS, CAUSES, VERBS, VISITS};
use crate::workshop::Workshop;

/// Whether a visit stands in the book of visits without a result.
#[cfg(feature = "visit")]
pub(super) async fn is_planned(conn: &mut Conn, order: OrderId) -> Result<bool> {
    Ok(plugin_visit::planned(conn).await?.iter().any(|it| it.order == order))
}

#[cfg(not(feature = "visit"))]
#[expect(clippy::unused_async, reason = "it stands for one that asks the store")]
pub(super) async fn is_planned(_conn: &mut Conn, _order: OrderId) -> Result<bool> {
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
    if outcome == "conversation" {
        let order = order.map(OrderId);
        let heard = doubts::heard(shop, case_id, order, Certainty::of(*sure)).await;
        doubts::together([heard])?;
    }
    let mut payload = Map::new();
    payload.insert("outcome".to_owned(), json!(outcome));
    payload.insert("note".to_owned(), json!(reason));
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

/// Results of a visit for which somebody was spoken to.
const HEARD: [&str; 4] = ["met", "refused", "promised", "notice_signed"];

/// The kind of the tasks with which a workflow asks for a result that is missing.
const MISSING: &str = "report";

/// Results that a plugin keeps in books of its own.
pub(super) async fn plugin_result(
    shop: &Workshop,
    asker: &Asker,
    request: &Request,
) -> Done {
    let (order, reason) = match request {
        Request::Visit { order, reason, .. }
        | Request::LetterProof { order, reason, .. } => (OrderId(*order), reason),
        _ => bail!("不是结果 · this is no result"),
    };
    let row = order_row(shop, order).await?;
    let mut request = Cow::Borrowed(request);
    if let Request::Visit { collectors, outcome, sure, .. } = request.as_ref() {
        let certainty = Certainty::of(*sure);
        let heard = if HEARD.contains(&outcome.as_str()) {
            doubts::heard(shop, row.case_id, Some(order), certainty).await
        } else {
            Ok(())
        };
        let (named, unlisted) = doubts::visitors(shop, collectors, certainty);
        doubts::together([heard, unlisted])?;
        if let Request::Visit { collectors, .. } = request.to_mut() {
            *collectors = named;
        }
    }
    if let Request::LetterProof { on, sure, .. } = request.as_ref() {
        let certainty = Certainty::of(*sure);
        let signed = doubts::signed(shop, row.case_id, order, *on, certainty).await;
        doubts::together([signed])?;
    }
    let (shown, receipt, sure) = match request.as_ref() {
        Request::Visit { receipt, sure, .. } => {
            (Shown::Visit(order), receipt.as_deref(), *sure)
        }
        Request::LetterProof { receipt, sure, .. } => {
            (Shown::Letter(order), Some(receipt.as_str()), *sure)
        }
        _ => bail!("不是结果 · this is no result"),
    };
    if let Some(number) = receipt.map(str::trim).filter(|number| !number.is_empty()) {
        let (case_id, number) = (row.case_id, number.to_owned());
        let paper = Paper { case_id, shown, number };
        let paper = doubts::paper(shop, &paper, Certainty::of(sure)).await;
        doubts::together([paper])?;
    }
    let now = shop.engine.clock.now();
    let mut tx = shop.engine.store.write().await?;
    let mut books = shop.engine.books(tx.conn(), &now);
    let (outcome, what) = write_result(&mut books, order, &request).await?;
    let (raised, new_tasks) = (books.raised, books.tasks);
    shop.engine.take(tx.conn(), &now, &row.plugin, raised, new_tasks).await?;
    by_hand(tx.conn(), &now, row.case_id, asker, reason, what.clone()).await?;
    tasks::close_of_order(tx.conn(), &now, order, &asker.name, &outcome).await?;
    if matches!(request.as_ref(), Request::Visit { .. }) {
        let closed = (asker.name.as_str(), outcome.as_str());
        tasks::close_of_kind_beside(tx.conn(), &now, order, MISSING, closed).await?;
    }
    shop.engine.conclude(&mut tx, &now).await?;
    tx.commit().await?;
    Ok((say("已登记", "entered"), what.as_record()))
}

#[cfg(feature = "visit")]
fn known_outcome(word: &str) -> Result<plugin_visit::VisitOutcome> {
    use plugin_visit::VisitOutcome;
    VisitOutcome::parse(word).with_context(|| {
        let known = VisitOutcome::ALL.map(VisitOutcome::as_str);
        say(
            format!("没有上门结果 `{word}`\n  提示:可用 {}", VISITS.listed(known)),
            format!("`{word}` is no result of a visit\n  hint: use {}", known.join(", ")),
        )
    })
}

#[cfg(feature = "visit")]
fn known_grade(word: &str) -> Result<plugin_visit::Evidence> {
    plugin_visit::Evidence::parse(word).with_context(|| {
        say(format!("没有证据等级 `{word}`"), format!("`{word}` is no grade of evidence"))
    })
}

/// Writes a result into the plugin's books; answers its word and what goes into the
/// journal.
async fn write_result(
    books: &mut store::plugin::Books<'_>,
    order: OrderId,
    request: &Request,
) -> Result<(String, Entered)> {
    match request {
        #[cfg(feature = "visit")]
        Request::Visit {
            outcome,
            collectors,
            on,
            place,
            receipt,
            evidence,
            reason,
            ..
        } => {
            let read = known_outcome(outcome)?;
            let grade = evidence.as_deref().map(known_grade).transpose()?;
            let result = plugin_visit::VisitResult {
                outcome: read,
                visited_on: on.unwrap_or(books.today),
                collectors: collectors.clone(),
                place: place.clone(),
                receipt: receipt.clone(),
                evidence: grade,
                note: Some(reason.clone()),
            };
            plugin_visit::record_result(books, order, &result).await?;
            // What decides and what proves: a reader of the journal has no other book.
            let evidence = result.grade().map(plugin_visit::Evidence::as_str);
            let what = Entered::Visit(VisitByHand {
                outcome: outcome.clone(),
                order,
                collectors: collectors.clone(),
                on: result.visited_on,
                place: place.clone(),
                receipt: receipt.clone(),
                evidence: evidence.map(str::to_owned),
            });
            Ok((outcome.clone(), what))
        }
        #[cfg(feature = "legal")]
        Request::LetterProof { on, evidence, receipt, .. } => {
            let evidence_read = Evidence::parse(evidence).with_context(|| {
                say(
                    format!("没有证据种类 `{evidence}`"),
                    format!("`{evidence}` is no kind of evidence"),
                )
            })?;
            let proof = plugin_legal::ServiceProof {
                served_on: *on,
                evidence: evidence_read,
                receipt: receipt.clone(),
            };
            plugin_legal::record_service(books, order, &proof).await?;
            let what = Entered::LetterProof(LetterProofByHand {
                outcome: LetterProofByHand::PROVED.to_owned(),
                order,
                served_on: *on,
                evidence: evidence.clone(),
                receipt: receipt.clone(),
            });
            Ok((LetterProofByHand::PROVED.to_owned(), what))
        }
        _ => bail!(say(
            "本程序没有带这个插件",
            "this program was built without the plugin"
        )),
    }
}
