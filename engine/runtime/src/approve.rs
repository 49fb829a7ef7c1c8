//! Approval (审批): a second person lets an order leave, or stops it.
//!
//! Nobody approves their own: neither who asked for the order or is put in charge of
//! it nor the collector of the case. The review at hand-over looks at this once more.

use anyhow::Result;
use domain::event::OrderEvent;
use domain::ids::{CaseId, InstanceId, OrderId};
use domain::journal::{Decided, Entry};
use domain::status::OrderStatus;
use jiff::civil::Date;
use script::program::Catalog;
use serde_json::{Map, Value, json};
use store::events::{self, NewEvent};
use store::journal::NewLine;
use store::order_query::Called;
use store::plugin::{Terms, ToSign};
use store::waits::Beginning;
use store::{Conn, Now, approvals, claims, order_query, outbox, tasks};
use thiserror::Error;

use crate::Engine;
use crate::runtime::Plugins;
use crate::words::STATES;
use crate::work::Signature;

/// An order that a person has decided about.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    /// Its case.
    pub case_id: CaseId,
    /// Its verb.
    pub verb: String,
    /// What was signed with it, as it stood at that moment.
    pub terms: Option<Terms>,
}

/// What a second person signs with an order, by its plugin; `None` where the order says it
/// all.
///
/// # Errors
///
/// The books cannot be read.
pub async fn terms_of(
    plugins: &Plugins,
    conn: &mut Conn,
    order: &ToSign<'_>,
) -> Result<Option<Terms>> {
    let verbs = plugins.verbs();
    let plugin = verbs.get(order.verb).and_then(|verb| plugins.named(verb.0));
    match plugin {
        Some(plugin) => Ok(plugin.terms(order, conn).await?),
        None => Ok(None),
    }
}

/// Why a person's word on an order does not count; nothing was changed.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum ApprovalRefused {
    /// There is no such order.
    #[error("没有指令 {0}\n  提示:用 `qingshou order ls` 查看待审批的指令")]
    NoSuchOrder(OrderId),
    /// It does not wait for anybody's word.
    #[error("指令 {order} 现为 {},不在等待审批", STATES.zh(.status.as_str()))]
    NotWaiting {
        /// The order.
        order: OrderId,
        /// Where it stands.
        status: OrderStatus,
    },
    /// The person asked for it, is in charge of it, brought the case to it by hand, or
    /// works the case.
    #[error(
        "不能审批自己的指令:{by} 是指令 {order} 的申请人、经办人或本案信贷员\n  提示:请另一人审批"
    )]
    OwnOrder {
        /// The order.
        order: OrderId,
        /// Who tried.
        by: String,
    },
    /// The debt it claims is not overdue any more.
    #[error(
        "指令 {0} 所主张的债务已无逾期,不能批准\n  提示:用 `qingshou approve {0} --reject` 驳回"
    )]
    NothingOverdue(OrderId),
    /// Nobody has put a name to it.
    #[error("审批必须有姓名\n  提示:在 qingshou.toml 的 [[people]] 中登记本人")]
    Nameless,
}

impl ApprovalRefused {
    /// The same for whoever reads English.
    pub fn in_english(&self) -> String {
        match self {
            Self::NoSuchOrder(order) => format!(
                "no order {order}\n  hint: `qingshou order ls` shows those that wait for approval"
            ),
            Self::NotWaiting { order, status } => {
                format!("order {order} is {status} and waits for nobody's approval")
            }
            Self::OwnOrder { order, by } => format!(
                "nobody approves their own: {by} asked for order {order}, is in charge of it, \
                 brought it about or works the case\n  hint: ask another person"
            ),
            Self::NothingOverdue(order) => format!(
                "nothing is overdue any more of what order {order} claims; it cannot be \
                 approved\n  hint: `qingshou approve {order} --reject`"
            ),
            Self::Nameless => {
                "an approval needs a name\n  hint: enter yourself under [[people]] \
                               in qingshou.toml"
                    .to_owned()
            }
        }
    }
}

/// What a person says of an order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Word {
    Approved,
    Rejected,
}

impl Word {
    /// What the workflow of the order hears.
    fn event(self) -> OrderEvent {
        match self {
            Self::Approved => OrderEvent::Approved,
            Self::Rejected => OrderEvent::Rejected,
        }
    }

    fn as_str(self) -> &'static str {
        self.event().as_str()
    }

    /// Where the order stands afterwards.
    fn status(self) -> OrderStatus {
        match self {
            Self::Approved => OrderStatus::Pending,
            Self::Rejected => OrderStatus::Cancelled,
        }
    }
}

struct Waiting {
    case_id: CaseId,
    instance: Option<InstanceId>,
    stage: String,
    verb: String,
    args: String,
}

impl Engine {
    /// Lets an order leave that waits for a second person. The wait of its
    /// stage begins now, its task is closed, and `approved` is raised.
    ///
    /// # Errors
    ///
    /// [`ApprovalRefused`], to be found by downcast, when the person may not or
    /// there is nothing to approve; otherwise the store cannot be written.
    pub async fn approve(
        &self,
        order: OrderId,
        by: &str,
        note: &str,
    ) -> Result<Approval> {
        self.put_in_a_word(order, by, note, Word::Approved).await
    }

    /// Stops an order that waits for a second person. The wait of its stage
    /// begins now, its task is closed, and `rejected` is raised.
    ///
    /// # Errors
    ///
    /// As [`Engine::approve`].
    pub async fn reject(&self, order: OrderId, by: &str, note: &str) -> Result<Approval> {
        self.put_in_a_word(order, by, note, Word::Rejected).await
    }

    async fn put_in_a_word(
        &self,
        order: OrderId,
        by: &str,
        note: &str,
        word: Word,
    ) -> Result<Approval> {
        let now = self.clock.now();
        let signature = Signature { by, reason: note };
        let mut work = self.begin_by(signature, &now).await?;
        let catalog = self.plugins().catalog();
        let names = self.names_of(by);
        let in_charge_of = self.in_charge_of(&names);
        let person = Called { names: &names, in_charge_of: &in_charge_of };
        let decision = Decision { order, by, person, word };
        let waiting = waiting(work.conn(), &catalog, &decision, now.today()).await?;
        let moved = (OrderStatus::AwaitingApproval, word.status());
        outbox::decide(work.conn(), &now, order, moved, by, note).await?;
        let terms = match word {
            Word::Approved => {
                self.sign(work.conn(), order, &waiting, now.today()).await?
            }
            Word::Rejected => None,
        };
        tasks::close_of_order(work.conn(), &now, order, by, word.as_str()).await?;
        let signed = terms.as_ref().map(|term| term.figures.clone());
        let line = line(order, (by, note), (word, signed), &waiting);
        let mut work = work.record(&[line]).await?;
        // Before the event, whose handler may ask for another wait.
        if let Some(instance) = waiting.instance {
            let begun = Beginning(instance, &waiting.stage, now.ms);
            self.restart_waits(work.conn(), &now, &[begun]).await?;
        }
        let event = told(&now, order, note, word, &waiting);
        events::record(work.conn(), &now, self.resume_at(&now), event).await?;
        work.commit().await?;
        Ok(Approval { case_id: waiting.case_id, verb: waiting.verb, terms })
    }

    /// Reckons what is signed with an order, and keeps it with the order.
    async fn sign(
        &self,
        conn: &mut Conn,
        order: OrderId,
        waiting: &Waiting,
        today: Date,
    ) -> Result<Option<Terms>> {
        let args: Map<String, Value> = serde_json::from_str(&waiting.args)?;
        let (case_id, verb) = (waiting.case_id, waiting.verb.as_str());
        let to_sign = ToSign { case_id, verb, args: &args, today };
        let terms = terms_of(&self.plugins(), conn, &to_sign).await?;
        if let Some(terms) = &terms {
            let text = serde_json::to_string(&terms.figures)?;
            claims::keep_terms(conn, order, &text).await?;
        }
        Ok(terms)
    }
}

/// Who says what of which order.
struct Decision<'a> {
    order: OrderId,
    by: &'a str,
    person: Called<'a>,
    word: Word,
}

/// The order, if this person may decide about it.
async fn waiting(
    conn: &mut Conn,
    catalog: &Catalog,
    decision: &Decision<'_>,
    today: Date,
) -> Result<Waiting> {
    let Decision { order, by, person, word } = *decision;
    if by.trim().is_empty() {
        return Err(ApprovalRefused::Nameless.into());
    }
    let found = approvals::find(conn, order).await?;
    let found = found.ok_or(ApprovalRefused::NoSuchOrder(order))?;
    let status = found.status;
    if status != OrderStatus::AwaitingApproval {
        return Err(ApprovalRefused::NotWaiting { order, status }.into());
    }
    if !order_query::own(conn, &[order], person).await?.is_empty() {
        return Err(ApprovalRefused::OwnOrder { order, by: by.to_owned() }.into());
    }
    let claims = catalog.find_verb(&found.verb).is_some_and(|verb| verb.claims);
    let oldest: Option<Date> = found.oldest_unpaid_on.and_then(|day| day.parse().ok());
    if word == Word::Approved && claims && oldest.is_none_or(|oldest| today <= oldest) {
        return Err(ApprovalRefused::NothingOverdue(order).into());
    }
    Ok(Waiting {
        case_id: CaseId(found.case_id),
        instance: found.instance_id.map(InstanceId),
        stage: found.stage,
        verb: found.verb,
        args: found.args,
    })
}

fn line(
    order: OrderId,
    (by, note): (&str, &str),
    (word, terms): (Word, Option<Map<String, Value>>),
    waiting: &Waiting,
) -> NewLine {
    let decided = Decided {
        order,
        verb: waiting.verb.clone(),
        by: by.to_owned(),
        reason: note.to_owned(),
        terms,
    };
    let entry = match word {
        Word::Approved => Entry::Approved(decided),
        Word::Rejected => Entry::Rejected(decided),
    };
    NewLine::of_case(waiting.case_id, entry)
}

fn told(
    now: &Now,
    order: OrderId,
    note: &str,
    word: Word,
    waiting: &Waiting,
) -> NewEvent {
    let payload = Map::from_iter([
        ("verb".to_owned(), json!(waiting.verb)),
        ("order".to_owned(), json!(order.to_string())),
        ("reason".to_owned(), json!(note)),
    ]);
    NewEvent {
        case_id: waiting.case_id,
        kind: word.as_str().to_owned(),
        payload,
        source: "outbox".to_owned(),
        // A second approval follows when the first lacked the office needed.
        dedupe_key: format!("{order}:{}:{}", word.as_str(), now.ms),
        happened_on: now.today(),
    }
}
