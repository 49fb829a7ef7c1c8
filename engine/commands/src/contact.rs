//! What came of a call (通话结果).

use anyhow::{Result, bail};
use domain::event::ContactEvent;
use domain::ids::{CaseId, OrderId};
use domain::journal::{CallByHand, Entered};
use domain::manifest::{ArgKind, Channel};
use runtime::words::{CALLS, CAUSES, VERBS};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use store::tasks;
use store::views::one_case;

use crate::app::App;
use crate::colleagues;
use crate::command::DESK;
use crate::doubts::{self, Certainty};
use crate::language::say;
use crate::writes::{case_of, order_row, record};
use crate::{Actor, Answer, Done, Execute, Rules, refuse};

/// Enter what came of a call.
#[derive(clap::Args, Clone, Debug, Deserialize, Serialize)]
pub struct Contact {
    /// The loan number.
    pub case: String,
    /// conversation, `no_answer`, busy, rejected, voicemail, invalid, `wrong_party`, refused.
    #[arg(long, value_parser = CALLS.parser())]
    pub outcome: String,
    /// The order it answers, or its task; the last open call when not given.
    #[arg(long)]
    pub order: Option<i64>,
    /// oversight, dissatisfied, `short_of_cash`, harvest, deliberate.
    #[arg(long, value_parser = CAUSES.parser())]
    pub cause: Option<String>,
    /// It is right, although the command asks about it.
    #[arg(long)]
    #[serde(default)]
    pub sure: bool,
    /// What was said.
    #[arg(long)]
    pub reason: String,
}

/// The result that was entered.
#[derive(Debug, Serialize)]
pub(crate) struct Called {
    outcome: String,
}

impl Execute for Contact {
    type Data = Called;

    fn rules(&self) -> Rules<'_> {
        Rules::of(DESK).because(&self.reason).bearing_a_day()
    }

    fn order_named(&mut self) -> Option<&mut i64> {
        self.order.as_mut()
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { case, outcome, order, cause, sure, reason } = self;
        let case_id = case_of(app, case).await?;
        known_word(app, ContactEvent::CallResult, "outcome", outcome)?;
        if let Some(cause) = cause {
            known_word(app, ContactEvent::CallResult, "cause", cause)?;
        }
        let order = if let Some(order) = order {
            if order_row(app, OrderId(*order)).await?.case_id != case_id {
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
            is_a_call(app, *order, case).await?;
            Some(*order)
        } else {
            let mut conn = app.engine.store.read().await?;
            one_case::last_open_call(conn.conn(), case_id)
                .await?
                .map(|last_open_call| last_open_call.0)
        };
        let of = (case_id, order.map(OrderId));
        look_twice(app, actor, of, outcome, Certainty::of(*sure)).await?;
        let mut payload = Map::new();
        payload.insert("outcome".to_owned(), json!(outcome));
        payload.insert("note".to_owned(), json!(reason));
        // Whoever spoke with the debtor has worked for what is paid after it.
        payload.insert("by".to_owned(), json!(actor.name));
        if let Some(cause) = cause {
            payload.insert("cause".to_owned(), json!(cause));
        }
        if let Some(order) = order {
            payload.insert("order".to_owned(), json!(order.to_string()));
        }
        let now = app.engine.clock.now();
        let mut work = app.engine.begin_by(actor.because(reason), &now).await?;
        record(app, work.conn(), case_id, ContactEvent::CallResult.as_str(), payload)
            .await?;
        let what = Entered::Call(CallByHand {
            call_result: outcome.clone(),
            order: order.map(OrderId),
            cause: cause.clone(),
        });
        let mut work = work.journal_entry(case_id, what).await?;
        if let Some(order) = order {
            tasks::close_of_order(
                work.conn(),
                &now,
                OrderId(order),
                &actor.name,
                outcome,
            )
            .await?;
        }
        work.commit().await?;
        let text = say(
            format!("已登记通话结果:{}", CALLS.zh(outcome)),
            format!("result of the call entered: {outcome}"),
        );
        Ok(Answer { text, data: Called { outcome: outcome.clone() } })
    }
}

/// Asks about a call that should not have been made, or that nobody can have taken.
async fn look_twice(
    app: &App,
    actor: &Actor,
    (case_id, order): (CaseId, Option<OrderId>),
    outcome: &str,
    certainty: Certainty,
) -> Result<()> {
    let unmade = doubts::unmade(app, order, certainty).await;
    let heard = if outcome == "conversation" {
        doubts::heard(app, case_id, order, certainty).await
    } else {
        Ok(())
    };
    // Suspended work has been asked about with its hold.
    let peace = if unmade.is_ok() {
        doubts::left_in_peace(app, case_id, certainty).await
    } else {
        Ok(())
    };
    let another = colleagues::call_of_another(app, actor, order, certainty).await;
    let of = (case_id, order);
    let again = colleagues::said_just_now(app, actor, of, outcome, certainty).await;
    doubts::together([unmade, peace, heard, another, again])
}

/// Refuses an order that is no call: the result of a call would stand for a visit or a
/// message, and close the task of the visit.
async fn is_a_call(app: &App, order: i64, case: &str) -> Result<()> {
    let (channel, verb) = {
        let mut conn = app.engine.store.read().await?;
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
fn known_word(app: &App, event: ContactEvent, field: &str, word: &str) -> Result<()> {
    let catalog = app.engine.plugins().catalog();
    let fields = catalog.find_event(event.as_str()).map_or(&[][..], |it| it.fields);
    let choices = fields.iter().find(|it| it.name == field).map(|field| &field.kind);
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
