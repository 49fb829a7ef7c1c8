//! A payment entered by hand (手工还款).

use anyhow::{Result, bail};
use domain::components::Components;
use domain::ids::{CaseId, EntryId};
use domain::journal::{BookedByHand, Entered};
use domain::ledger::{EntryKind, Payer};
use domain::money::Fen;
use import::EARLY_DAYS;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::Conn;
use store::ledger::NewEntry;
use store::receipts::{self, Owner, Receipt};
use store::views::one_case;

use crate::app::App;
use crate::bank_rows::{self, Bank, CounterPayment};
use crate::command::DESK;
use crate::doubts::{self, Certainty};
use crate::language::say;
use crate::money::{Booked, SOURCE, book, known_already, number_stands, sane};
use crate::writes::case_of;
use crate::{Actor, Answer, Done, Execute, Rules, authority};

/// A payment received by hand.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Pay {
    /// Loan number.
    pub case: String,
    /// In fen.
    pub amount: Fen,
    /// The day; today when not given.
    pub on: Option<Date>,
    /// The number of the bank's receipt. The payment is confirmed, and
    /// earns a reward, when a supervisor who does not collect the case
    /// enters it with one; otherwise when such a person confirms it.
    pub receipt: Option<String>,
    /// Whose money it is, where that is known.
    #[serde(default)]
    pub payer: Option<Payer>,
    /// What it consists of, where that is known; the parts make up the amount.
    #[serde(default)]
    pub parts: Option<Components>,
    /// It is right, although it is above all that is owed.
    #[serde(default)]
    pub sure: bool,
    /// Why.
    pub reason: String,
}

/// What was booked.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Paying {
    /// 1, or 0 where the payment stood in the book.
    booked: u8,
    /// In fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Fen>,
    /// The number of the entry, or of the one that stood.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<i64>,
    /// It earns a reward already.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed: Option<bool>,
}

impl Execute for Pay {
    type Data = Paying;

    fn rules(&self) -> Rules<'_> {
        Rules::of(DESK).because(&self.reason).bearing_a_day()
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { case, amount, reason, .. } = self;
        let (amount, certainty) = (*amount, Certainty::of(self.sure));
        let now = app.engine.clock.now();
        is_something(amount)?;
        make_up(self.parts, amount)?;
        let receipt = self.receipt.as_deref().map(str::trim).filter(|it| !it.is_empty());
        let case_id = case_of(app, case).await?;
        let on = self.on.unwrap_or(now.today());
        possible_day(app, case_id, on, now.today()).await?;
        let key = match receipt {
            Some(number) => match owner_of(app, number).await? {
                Receipt::Free(key) => key,
                Receipt::Taken(owner) => return stands(self, on, number, &owner),
            },
            None => format!("{}:{}:{}", actor.name, now.ms, amount.0),
        };
        let told = CounterPayment { case_id, amount, on, receipt };
        let bank = bank_rows::find(app, &told).await?;
        if let Some(Bank::Same(entries)) = &bank {
            return Ok(bank_has_it(entries));
        }
        doubts::together([
            doubts::payment(app, case_id, amount, certainty).await,
            doubts::held(app, case_id, on, certainty).await,
            told_before(app, &told, certainty).await,
            doubts::in_parts(bank.as_ref(), certainty),
        ])?;
        let entitled = authority::may_confirm(app, actor, case_id).await?;
        let confirmed = receipt.is_some() && entitled && bank.is_none();
        let entry = NewEntry {
            case_id,
            kind: EntryKind::Payment,
            amount,
            booked_on: on,
            reverses: None,
            source: SOURCE.to_owned(),
            dedupe_key: key,
            actor: actor.name.clone(),
            note: reason.clone(),
            confirmed,
            inferred: false,
        };
        let what = |number: i64| {
            Entered::Booked(BookedByHand {
                entry: EntryKind::Payment,
                number: EntryId(number),
                amount,
                on,
                receipt: receipt.map(str::to_owned),
                confirmed,
                payer: self.payer,
                parts: self.parts,
            })
        };
        // Another command may have entered the same since it was looked at.
        let once_more = async |conn: &mut Conn| {
            doubts::together([doubts::told_before(conn, &told, certainty).await])
        };
        let paid = (&entry, self.payer, self.parts);
        let booked = book(app, actor, paid, once_more, what).await?;
        Ok(booked.map_or_else(nothing_new, |Booked { number, .. }| Answer {
            text: told_of_payment(amount, number, bank.as_ref(), confirmed),
            data: Paying {
                booked: 1,
                amount: Some(amount),
                entry: Some(number),
                confirmed: Some(confirmed),
            },
        }))
    }
}

fn nothing_new() -> Answer<Paying> {
    Answer { text: known_already(), data: Paying::default() }
}

async fn told_before(
    app: &App,
    told: &CounterPayment<'_>,
    certainty: Certainty,
) -> Result<()> {
    let mut conn = app.engine.store.read().await?;
    doubts::told_before(conn.conn(), told, certainty).await
}

/// Refuses a payment of nothing, and what is no sum that anybody owes.
fn is_something(amount: Fen) -> Result<()> {
    if amount.0 <= 0 {
        bail!(say("还款金额必须大于零", "a payment has to be more than nothing"));
    }
    sane(amount)
}

/// Refuses parts that are not the payment.
fn make_up(parts: Option<Components>, amount: Fen) -> Result<()> {
    match parts {
        Some(parts) if !parts.make_up(amount) => {
            let sum = parts.sum();
            bail!(say(
                format!(
                    "本金、利息、罚息、费用合计 {sum} 元,与还款金额 {amount} 元不符,没有入账"
                ),
                format!(
                    "principal, interest, penalty and costs come to {sum} and the payment is \
                     {amount}; nothing was booked"
                ),
            ));
        }
        _ => Ok(()),
    }
}

/// That the bank's files have the payment already.
fn bank_has_it(entries: &[i64]) -> Answer<Paying> {
    let named = bank_rows::named(entries);
    let text = say(
        format!("银行流水中已有这笔还款(账目 {named}),没有再入账"),
        format!(
            "the bank's files have this payment (entry {named}); it was not booked again"
        ),
    );
    let entry = entries.first().copied();
    Answer { text, data: Paying { entry, ..Paying::default() } }
}

/// What a number is good for among the entries by hand.
async fn owner_of(app: &App, number: &str) -> Result<Receipt> {
    let mut conn = app.engine.store.read().await?;
    Ok(receipts::find(conn.conn(), number).await?)
}

/// Tells of a number under which an entry stands: the same payment said again, or
/// another one, and then which.
fn stands(paid: &Pay, on: Date, number: &str, owner: &Owner) -> Done<Paying> {
    let same = owner.case_no == paid.case
        && owner.kind == EntryKind::Payment
        && (owner.amount, owner.booked_on) == (paid.amount, on);
    if same {
        let data = Paying { entry: Some(owner.entry.0), ..Paying::default() };
        return Ok(Answer { text: known_already(), data });
    }
    bail!(number_stands(number, owner, ("没有入账", "nothing was booked")))
}

fn told_of_payment(
    amount: Fen,
    number: i64,
    bank: Option<&Bank>,
    confirmed: bool,
) -> String {
    let mut text = say(
        format!("已入账 {amount} 元(账目 {number})"),
        format!("booked {amount} yuan (entry {number})"),
    );
    if let Some(Bank::Near(entry)) = bank {
        text += &say(
            format!(
                "\n  注意:银行流水中的账目 {entry} 金额相同、日期相近,疑似重复;\
                 重复的请用 `qingshou pay --reverse {number}` 冲正"
            ),
            format!(
                "\n  note: entry {entry} of the bank's files has the same amount on a day close \
                 by and may be the same; if so, `qingshou pay --reverse {number}`"
            ),
        );
    }
    if !confirmed {
        text += &say(
            format!(
                "\n  未确认,暂不计提奖励;请非本案、非登记人的主管核对凭证后运行 \
                 `qingshou pay --confirm {number} --reason …`"
            ),
            format!(
                "\n  not confirmed, so no reward yet; a supervisor who neither entered it nor \
                 works the case checks the receipt and runs \
                 `qingshou pay --confirm {number} --reason …`"
            ),
        );
    }
    text
}

/// Refuses a day that has not come, and one long before the loan.
async fn possible_day(app: &App, case_id: CaseId, on: Date, today: Date) -> Result<()> {
    if today < on {
        bail!(say(
            format!("还款日 {on} 在今天({today})之后"),
            format!("the day of the payment, {on}, is after today ({today})"),
        ));
    }
    let mut conn = app.engine.store.read().await?;
    let opened_on = one_case::opened_on(conn.conn(), case_id).await?;
    let Some(opened_on) = opened_on else { return Ok(()) };
    if EARLY_DAYS < (opened_on - on).get_days() {
        bail!(say(
            format!(
                "还款日 {on} 早于放款日期 {opened_on} 超过 {EARLY_DAYS} 天\n  \
                 提示:请核对 --on 和贷款编号"
            ),
            format!(
                "the day of the payment, {on}, is more than {EARLY_DAYS} days before the loan \
                 ({opened_on})\n  hint: check --on and the loan number"
            ),
        ));
    }
    Ok(())
}
