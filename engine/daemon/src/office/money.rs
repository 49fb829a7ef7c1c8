//! Money by hand (手工账): a payment received, confirmed, or taken back.

use anyhow::{Context, Result, bail};
use domain::ids::{CaseId, EntryId};
use domain::journal::{BookedByHand, Entered, ReversedByHand};
use domain::ledger::{EntryKind, Payer};
use domain::money::Fen;
use jiff::civil::Date;
use serde_json::json;
use store::confirm::{self, ConfirmedBy};
use store::ledger::NewEntry;
use store::payers;
use store::receipts::{self, Owner, Receipt};
use store::views::one_case::{self, Line};

use crate::import::EARLY_DAYS;
use crate::office::bank_rows::{self, Bank, Told};
use crate::office::doubts::{self, Certainty};
use crate::office::language::say;
use crate::office::writes::{Done, case_of};
use crate::office::{Asker, Request, authority, by_hand, refuse};
use crate::workshop::Workshop;

/// Where every entry by hand says it came from.
const SOURCE: &str = "hand";

pub(super) async fn carry_out(shop: &Workshop, asker: &Asker, request: &Request) -> Done {
    match request {
        Request::Pay { case, amount, on, receipt, payer, sure, reason } => {
            let (receipt, certainty) = (receipt.as_deref(), Certainty::of(*sure));
            let (amount, on, payer) = (*amount, *on, *payer);
            let paid = Paid { case, amount, on, receipt, payer, certainty };
            pay(shop, asker, &paid, reason).await
        }
        Request::Reverse { entry, case, reason } => {
            reverse(shop, asker, *entry, case.as_deref(), reason).await
        }
        Request::Confirm { entry, case, receipt, reason } => {
            let named = Named { case: case.as_deref(), receipt: receipt.as_deref() };
            confirm(shop, asker, *entry, named, reason).await
        }
        _ => bail!("不是一笔账 · this is no entry of money"),
    }
}

/// Refuses what is no sum of money that anybody owes.
pub(super) fn sane(amount: Fen) -> Result<()> {
    if Fen::MOST < amount {
        let most = Fen::MOST;
        bail!(say(
            format!("金额 {amount} 元超过上限 {most} 元:请核对金额,没有改动"),
            format!(
                "{amount} yuan is above the limit of {most}: check it; nothing was changed"
            ),
        ));
    }
    Ok(())
}

/// Refuses a payment of nothing, and what is no sum that anybody owes.
fn is_something(amount: Fen) -> Result<()> {
    if amount.0 <= 0 {
        bail!(say("还款金额必须大于零", "a payment has to be more than nothing"));
    }
    sane(amount)
}

/// A payment as it is told at the desk.
struct Paid<'a> {
    case: &'a str,
    amount: Fen,
    on: Option<Date>,
    receipt: Option<&'a str>,
    payer: Option<Payer>,
    certainty: Certainty,
}

async fn pay(shop: &Workshop, asker: &Asker, paid: &Paid<'_>, reason: &str) -> Done {
    let now = shop.engine.clock.now();
    is_something(paid.amount)?;
    let receipt = paid.receipt.map(str::trim).filter(|it| !it.is_empty());
    let case_id = case_of(shop, paid.case).await?;
    let on = paid.on.unwrap_or(now.today());
    possible_day(shop, case_id, on, now.today()).await?;
    let key = match receipt {
        Some(number) => match owner_of(shop, number).await? {
            Receipt::Free(key) => key,
            Receipt::Taken(owner) => return stands(paid, on, number, &owner),
        },
        None => format!("{}:{}:{}", asker.name, now.ms, paid.amount.0),
    };
    let told = Told { case_id, amount: paid.amount, on, receipt };
    let bank = bank_rows::find(shop, &told).await?;
    if let Some(Bank::Same(entries)) = &bank {
        let named = bank_rows::named(entries);
        let text = say(
            format!("银行流水中已有这笔还款(账目 {named}),没有再入账"),
            format!(
                "the bank's files have this payment (entry {named}); it was not booked again"
            ),
        );
        return Ok((text, json!({ "booked": 0, "entry": entries.first() })));
    }
    doubts::together([
        doubts::payment(shop, case_id, paid.amount, paid.certainty).await,
        doubts::held(shop, case_id, on, paid.certainty).await,
        doubts::told_before(shop, &told, paid.certainty).await,
        doubts::in_parts(bank.as_ref(), paid.certainty),
    ])?;
    let entitled = authority::may_confirm(shop, asker, case_id).await?;
    let confirmed = receipt.is_some() && entitled && bank.is_none();
    let entry = NewEntry {
        case_id,
        kind: EntryKind::Payment,
        amount: paid.amount,
        booked_on: on,
        reverses: None,
        source: SOURCE.to_owned(),
        dedupe_key: key,
        actor: asker.name.clone(),
        note: reason.to_owned(),
        confirmed,
        inferred: false,
    };
    let what = |number: i64| {
        Entered::Booked(BookedByHand {
            entry: EntryKind::Payment,
            number: EntryId(number),
            amount: paid.amount,
            on,
            receipt: receipt.map(str::to_owned),
            confirmed,
            payer: paid.payer,
        })
    };
    let booked = book(shop, asker, (&entry, paid.payer), what).await?;
    let Some(Booked { number, .. }) = booked else {
        return Ok((known_already(), json!({ "booked": 0 })));
    };
    let text = told_of_payment(paid.amount, number, bank.as_ref(), confirmed);
    let data = json!({
        "booked": 1, "amount": paid.amount, "entry": number, "confirmed": confirmed,
    });
    Ok((text, data))
}

fn known_already() -> String {
    say("已登记过,没有改动", "entered before; nothing was changed")
}

/// What a number is good for among the entries by hand.
async fn owner_of(shop: &Workshop, number: &str) -> Result<Receipt> {
    let mut conn = shop.engine.store.read().await?;
    Ok(receipts::find(conn.conn(), number).await?)
}

/// Tells of a number under which an entry stands: the same payment said again, or
/// another one, and then which.
fn stands(paid: &Paid<'_>, on: Date, number: &str, owner: &Owner) -> Done {
    let same = owner.case_no == paid.case
        && owner.kind == EntryKind::Payment
        && (owner.amount, owner.booked_on) == (paid.amount, on);
    if same {
        let data = json!({ "booked": 0, "entry": owner.entry });
        return Ok((known_already(), data));
    }
    bail!(number_stands(number, owner, ("没有入账", "nothing was booked")))
}

fn number_stands(number: &str, owner: &Owner, done: (&str, &str)) -> String {
    let (zh, en) = done;
    let Owner { entry, case_no, amount, booked_on, .. } = owner;
    say(
        format!(
            "凭证号 {number} 已用于 {case_no} 的账目 {entry}({booked_on},{amount} 元),{zh}\n  \
             提示:那一笔记错的,先用 `qingshou pay --reverse {entry} --reason …` 冲正,\
             凭证号即可再用;确为另一笔的,请核对凭证号"
        ),
        format!(
            "receipt {number} is of entry {entry} of {case_no} ({booked_on}, {amount} yuan); \
             {en}\n  hint: if that one is wrong, take it back with \
             `qingshou pay --reverse {entry} --reason …` and the number is free again; if this \
             is another payment, check the number"
        ),
    )
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

/// Takes back one line of any kind: a payment, or a due item, a waiver, a fee
/// that was booked wrongly.
async fn reverse(
    shop: &Workshop,
    asker: &Asker,
    entry: i64,
    case: Option<&str>,
    reason: &str,
) -> Done {
    let now = shop.engine.clock.now();
    let found = line(shop, entry).await?.filter(|it| it.kind != EntryKind::Reversal);
    let found = found.with_context(|| {
        say(
            format!(
                "账目 {entry} 不是一笔还款、应还、减免、费用、罚息或放款,没有改动\n  \
                 提示:用 `qingshou case show` 查看账目编号"
            ),
            format!(
                "entry {entry} is no payment, due item, waiver, fee, penalty or opening; \
                 nothing was changed\n  hint: `qingshou case show` shows the numbers of entries"
            ),
        )
    })?;
    of_case(shop, &found, entry, case).await?;
    let new = NewEntry {
        case_id: found.case_id,
        kind: EntryKind::Reversal,
        amount: found.amount,
        booked_on: now.today(),
        reverses: Some(EntryId(entry)),
        source: SOURCE.to_owned(),
        dedupe_key: format!("reverse:{entry}"),
        actor: asker.name.clone(),
        note: reason.to_owned(),
        confirmed: true,
        inferred: false,
    };
    let (amount, kind) = (found.amount, found.kind);
    let what = |_| {
        Entered::Reversed(ReversedByHand {
            entry: EntryKind::Reversal,
            of: EntryId(entry),
            kind,
            amount,
            on: new.booked_on,
        })
    };
    let booked = book(shop, asker, (&new, None), what).await?;
    let Some(Booked { reopened, .. }) = booked else {
        return Ok((known_already(), json!({ "booked": 0 })));
    };
    let mut text = say(
        format!("已入账 {amount} 元:冲正账目 {entry}({})", title_of(kind)),
        format!("booked {amount} yuan: reversal of entry {entry} ({})", kind.as_str()),
    );
    if found.source == crate::import::SOURCE {
        text += &say(
            "\n  流水文件中的同一行再导入也不会再入账;金额改正后的同号行可以导入,\
             误冲正的用 `qingshou pay … --receipt 流水号` 补登",
            "\n  the same row of the bank's file is not booked again; one that was corrected can \
             be imported under its number, and what was taken back by mistake is entered with \
             `qingshou pay … --receipt NUMBER`",
        );
    }
    if 0 < reopened {
        text += &say(
            format!("\n  这笔账今天结束的 {reopened} 条流程已恢复到原来的环节"),
            format!(
                "\n  {reopened} workflows that it ended today go on where they stood"
            ),
        );
    }
    let data =
        json!({ "booked": 1, "amount": amount, "kind": kind, "reopened": reopened });
    Ok((text, data))
}

/// What staff call a kind of line.
fn title_of(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Open => "放款",
        EntryKind::Due => "应还",
        EntryKind::Payment => "还款",
        EntryKind::Fee => "费用",
        EntryKind::Penalty => "罚息",
        EntryKind::Waiver => "减免",
        EntryKind::Reversal => "冲正",
    }
}

/// What a confirmation names beside the entry.
#[derive(Clone, Copy)]
struct Named<'a> {
    case: Option<&'a str>,
    receipt: Option<&'a str>,
}

async fn confirm(
    shop: &Workshop,
    asker: &Asker,
    entry: i64,
    named: Named<'_>,
    reason: &str,
) -> Done {
    let found = payment(shop, entry).await?;
    of_case(shop, &found, entry, named.case).await?;
    if found.reversed {
        return refuse(say(
            format!("账目 {entry} 已冲正,不能确认"),
            format!("entry {entry} was reversed and cannot be confirmed"),
        ));
    }
    let alone = shop.site().config.people.is_empty();
    if authority::collects(shop, asker, found.case_id).await?
        || (!alone && found.actor == asker.name)
    {
        let name = &asker.name;
        return refuse(say(
            format!(
                "{name} 是本案信贷员或登记人,不能确认账目 {entry}\n  \
                 提示:请另一位主管核对凭证后确认"
            ),
            format!(
                "{name} works this case or entered it and cannot confirm entry {entry}\n  \
                 hint: ask another supervisor to check the receipt and confirm it"
            ),
        ));
    }
    let receipt = named.receipt.map(str::trim).filter(|it| !it.is_empty());
    let now = shop.engine.clock.now();
    let mut tx = shop.engine.store.write().await?;
    let by = ConfirmedBy::Person;
    let mut changed = confirm::confirm(tx.conn(), &now, &[EntryId(entry)], by).await?;
    if let Some(number) = receipt {
        match receipts::set(tx.conn(), EntryId(entry), number).await? {
            Ok(renamed) => changed += renamed,
            Err(owner) => {
                tx.rollback().await?;
                return refuse(number_stands(
                    number,
                    &owner,
                    ("没有改动", "nothing was changed"),
                ));
            }
        }
    }
    if changed == 0 {
        tx.rollback().await?;
        let text = say(
            format!("账目 {entry} 已确认过,没有改动"),
            format!("entry {entry} was confirmed before; nothing was changed"),
        );
        return Ok((text, json!({ "confirmed": 0 })));
    }
    let what = Entered::Confirmed {
        confirmed: EntryId(entry),
        amount: found.amount,
        receipt: receipt.map(str::to_owned),
    };
    by_hand(tx.conn(), &now, found.case_id, asker, reason, what).await?;
    shop.engine.conclude(&mut tx, &now).await?;
    tx.commit().await?;
    let amount = found.amount;
    let text = say(
        format!("已确认账目 {entry}:{amount} 元"),
        format!("confirmed entry {entry}: {amount} yuan"),
    );
    Ok((text, json!({ "confirmed": 1, "entry": entry })))
}

/// An entry that has been booked.
struct Booked {
    /// Its number.
    number: i64,
    /// Runs that go on because it took a slip back.
    reopened: usize,
}

/// Books one entry with its line in the journal of the case, both or neither;
/// `None` when it stands in the book already.
async fn book(
    shop: &Workshop,
    asker: &Asker,
    (entry, payer): (&NewEntry, Option<Payer>),
    what: impl FnOnce(i64) -> Entered,
) -> Result<Option<Booked>> {
    let engine = &shop.engine;
    let now = engine.clock.now();
    let mut tx = engine.store.write().await?;
    let posted = engine.post_in(&mut tx, &now, std::slice::from_ref(entry)).await?;
    if posted.booked == 0 {
        tx.rollback().await?;
        if posted.duplicates == 0 {
            bail!(say(
                "没有入账:凭证号刚被另一笔占用,或该笔账目已冲正过",
                "not booked: another entry has just taken the number, or the line was reversed before",
            ));
        }
        return Ok(None);
    }
    let number = one_case::entry_under(tx.conn(), SOURCE, &entry.dedupe_key).await?.0;
    if let Some(payer) = payer {
        payers::name(tx.conn(), EntryId(number), payer).await?;
    }
    by_hand(tx.conn(), &now, entry.case_id, asker, &entry.note, what(number)).await?;
    let mut reopened = 0;
    if let Some(slip) = entry.reverses {
        let (by, why) = (&asker.name, &entry.note);
        let of_case = (entry.case_id, slip);
        reopened = engine.reopen_in(&mut tx, &now, of_case, by, why).await?;
    }
    tx.commit().await?;
    Ok(Some(Booked { number, reopened }))
}

/// Refuses a day that has not come, and one long before the loan.
async fn possible_day(
    shop: &Workshop,
    case_id: CaseId,
    on: Date,
    today: Date,
) -> Result<()> {
    if today < on {
        bail!(say(
            format!("还款日 {on} 在今天({today})之后"),
            format!("the day of the payment, {on}, is after today ({today})"),
        ));
    }
    let mut conn = shop.engine.store.read().await?;
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

async fn line(shop: &Workshop, entry: i64) -> Result<Option<Line>> {
    let mut conn = shop.engine.store.read().await?;
    Ok(one_case::line(conn.conn(), EntryId(entry)).await?)
}

async fn payment(shop: &Workshop, entry: i64) -> Result<Line> {
    let found = line(shop, entry).await?.filter(|it| it.kind == EntryKind::Payment);
    found.with_context(|| {
        say(
            format!("账目 {entry} 不是一笔还款\n  提示:用 `qingshou case show` 查看账目编号"),
            format!(
                "entry {entry} is no payment\n  hint: `qingshou case show` shows the numbers \
                 of entries"
            ),
        )
    })
}

/// Refuses an entry of another case than the one named beside it.
async fn of_case(
    shop: &Workshop,
    found: &Line,
    entry: i64,
    case: Option<&str>,
) -> Result<()> {
    let Some(case) = case else { return Ok(()) };
    if case_of(shop, case).await? != found.case_id {
        return refuse(say(
            format!(
                "账目 {entry} 不是 {case} 的,没有改动\n  \
                 提示:用 `qingshou case show {case}` 查看账目编号"
            ),
            format!(
                "entry {entry} is not of {case}; nothing was changed\n  hint: `qingshou case \
                 show {case}` shows the numbers of its entries"
            ),
        ));
    }
    Ok(())
}
