//! A promise of the debtor (承诺), with what shows it.

use anyhow::{Result, bail};
use domain::journal::{Entered, PromiseByHand};
use domain::limitation::{Evidence, InterruptionKind};
use domain::money::Fen;
use domain::promise::Grade;
use jiff::civil::Date;
use runtime::words::EVIDENCE;
use serde::{Deserialize, Serialize};
use store::facts;
use store::promises::{self, NewPromise};

use crate::app::App;
use crate::command::DESK;
use crate::doubts::{self, Certainty};
use crate::language::say;
use crate::papers::{Paper, Shown};
use crate::writes::case_of;
use crate::{Actor, Answer, Done, Execute, Rules, money};

/// A promise of the debtor.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Promise {
    /// Loan number.
    pub case: String,
    /// In fen; all that is overdue when not given.
    pub amount: Option<Fen>,
    /// The day promised.
    pub due_on: Date,
    /// What shows it: `recorded_call`, `signed_paper`, …
    pub evidence: String,
    /// The number of the paper or recording.
    #[serde(default)]
    pub receipt: Option<String>,
    /// It is right, although it is above all that is owed or far away.
    #[serde(default)]
    pub sure: bool,
    /// Why, or what was said.
    pub reason: String,
}

/// What was promised.
#[derive(Debug, Serialize)]
pub(crate) struct Promising {
    due_on: Date,
    /// 1, or 0 where it stood already.
    entered: usize,
}

impl Execute for Promise {
    type Data = Promising;

    fn rules(&self) -> Rules<'_> {
        Rules::of(DESK).because(&self.reason).bearing_a_day()
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { case, amount, due_on, evidence, receipt, sure, reason } = self;
        let case_id = case_of(app, case).await?;
        let now = app.engine.clock.now();
        if *due_on < now.today() {
            bail!(say(
                format!("承诺还款日 {due_on} 已经过去"),
                format!("the day of the promise, {due_on}, is past"),
            ));
        }
        let receipt = receipt.as_deref().map(str::trim).filter(|it| !it.is_empty());
        let evidence = evidence_of_promise(evidence, receipt)?;
        let overdue = {
            let mut conn = app.engine.store.read().await?;
            let known = facts::load(conn.conn(), now.today(), &[case_id.0]).await?;
            known.get(&case_id).map_or(Fen(0), |facts| facts.overdue)
        };
        let amount = amount.unwrap_or(overdue);
        if amount.0 <= 0 {
            bail!(no_amount(overdue));
        }
        money::sane(amount)?;
        let told = (amount, *due_on);
        doubts::promise(app, case_id, told, Certainty::of(*sure)).await?;
        let number = receipt.filter(|_| evidence != Evidence::BareAssertion);
        if let Some(number) = number.map(str::to_owned) {
            let paper = Paper { case_id, shown: Shown::Promise(now.today()), number };
            let paper = doubts::paper(app, &paper, Certainty::of(*sure)).await;
            doubts::together([paper])?;
        }
        let mut work = app.engine.begin_by(actor.because(reason), &now).await?;
        let promise = app.engine.promise(amount, *due_on);
        let new = NewPromise {
            case_id,
            promise,
            made_by: actor.name.clone(),
            evidence,
            source: "hand".to_owned(),
            dedupe_key: promises::key_by_hand(case_id, *due_on, now.ms, number),
        };
        let earlier = promises::of_case(work.conn(), case_id).await?;
        let open = || earlier.iter().filter(|it| it.grade == Grade::Open);
        let is_same =
            |it: &&promises::Recorded| (it.amount, it.due_on) == (amount, *due_on);
        let replaced = open().find(|it| !is_same(it));
        let stands = open().find(is_same).map(|it| it.made_on);
        let made = promises::make(work.conn(), &now, &[new]).await?;
        if let Some(made_on) = stands.filter(|_| made == 0)
            && evidence == Evidence::BareAssertion
        {
            work.rollback().await?;
            let text = told_of_promise((amount, *due_on), Some((made_on, false)), None);
            return Ok(Answer { text, data: Promising { due_on: *due_on, entered: 0 } });
        }
        let receipt = receipt.map(str::to_owned);
        let entered =
            PromiseByHand { promise: amount, due_on: *due_on, evidence, receipt };
        let what = Entered::Promise(entered);
        let work = work.journal_entry(case_id, what).await?;
        work.commit().await?;
        let stood = stands.filter(|_| made == 0).map(|it| (it, true));
        let replaced = replaced.filter(|_| 0 < made);
        let text = told_of_promise((amount, *due_on), stood, replaced);
        Ok(Answer { text, data: Promising { due_on: *due_on, entered: made } })
    }
}

/// Why a promise of nothing is none.
fn no_amount(overdue: Fen) -> String {
    if Fen(0) < overdue {
        return say("承诺金额必须大于零", "a promise has to be more than nothing");
    }
    say(
        "承诺金额必须大于零;本案没有逾期金额,请用 --amount 写明",
        "a promise has to be more than nothing; nothing is overdue, say how much with --amount",
    )
}

/// What is told of a promise: entered, or standing since a day, with what shows it
/// added or nothing changed; and which one it replaces.
fn told_of_promise(
    (amount, due_on): (Fen, Date),
    stood: Option<(Date, bool)>,
    replaced: Option<&promises::Recorded>,
) -> String {
    let mut text = match stood {
        Some((since, is_shown)) => {
            let (zh, en) = if is_shown {
                ("已补登它的证据", "what shows it was added")
            } else {
                ("没有改动", "nothing was changed")
            };
            say(
                format!(
                    "这一承诺早已登记({since}):{due_on} 还 {amount} 元,没有重复登记;{zh}"
                ),
                format!(
                    "this promise stands already (entered on {since}): {amount} yuan on \
                     {due_on}; {en}"
                ),
            )
        }
        None => say(
            format!("已登记承诺:{due_on} 还 {amount} 元"),
            format!("promise entered: {amount} yuan on {due_on}"),
        ),
    };
    if let Some(it) = replaced {
        text.push_str(&say(
            format!("\n  取代原来的承诺:{} 还 {} 元", it.due_on, it.amount),
            format!("\n  it replaces the promise of {} yuan on {}", it.amount, it.due_on),
        ));
    }
    text
}

/// What shows the promise. It begins the limitation period anew, so the paper
/// or recording has to be named by its number.
fn evidence_of_promise(word: &str, receipt: Option<&str>) -> Result<Evidence> {
    let shows = |it: &Evidence| {
        // A ledger line shows a payment, and the ledger enters that itself.
        it.proves(InterruptionKind::DebtorAgreed) && *it != Evidence::LedgerEntry
    };
    let word = EVIDENCE.typed(word.to_owned());
    let evidence = Evidence::parse(&word);
    match evidence {
        Some(Evidence::BareAssertion) => Ok(Evidence::BareAssertion),
        Some(it) if shows(&it) && receipt.is_some() => Ok(it),
        Some(it) if shows(&it) => bail!(say(
            format!(
                "证据 `{word}` 会使诉讼时效重新计算,请用 --receipt 写明书面材料、录音或消息的编号"
            ),
            format!(
                "`{word}` begins the limitation period anew: name the paper, recording or \
                 message with --receipt"
            ),
        )),
        _ => {
            let able: Vec<&str> = Evidence::ALL
                .iter()
                .filter(|it| shows(it))
                .map(|it| it.as_str())
                .collect();
            bail!(say(
                format!(
                    "`{word}` 不能证明承诺\n  提示:可用 {}(须写 --receipt)或 bare_assertion(口头)",
                    EVIDENCE.listed(able.iter().copied())
                ),
                format!(
                    "`{word}` shows no promise\n  hint: use {} (with --receipt) or \
                     bare_assertion",
                    able.join(", ")
                ),
            ))
        }
    }
}
