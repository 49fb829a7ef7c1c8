//! From a filled form to the reward ledger (奖励登记入账).

use std::collections::BTreeSet;

use domain::ids::OrderId;
use domain::journal::{Entered, FormByHand, FormOfSite};
use domain::money::Fen;
use domain::tongues::both;
use jiff::Span;
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use store::journal::digest_of;
use store::plugin::{Books, DeliveryError, EntryDone, EntryError, Filled};

use crate::accrue::{counting, raise_accrued};
use crate::books::lines::{self, LineKind, NewLine};
use crate::books::months::{self, Closed, Month};
use crate::books::objections::{self, Reward};
use crate::books::{self, Accrual};
use crate::manifest::MANIFEST;
use crate::rules::Share;
use crate::take_back;

/// The days and the caps of the house; a cap of zero is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spans {
    pub(crate) objection_days: i64,
    pub(crate) cooling_until: Date,
    pub(crate) case_cap: Fen,
    pub(crate) month_cap: Fen,
}

/// Writes down what a form says.
pub(crate) async fn enter(
    filled: &Filled<'_>,
    spans: Spans,
    books: &mut Books<'_>,
) -> Result<EntryDone, EntryError> {
    match filled.form.name {
        "object" => object(filled, books).await,
        "answer" => answer(filled, spans, books).await,
        "withdraw" => withdraw(filled, books).await,
        name => {
            let month = filled.text("month").and_then(Month::parse).ok_or_else(|| {
                refused("月份应写成 2026-11", "a month is written as 2026-11")
            })?;
            match name {
                "close" => close(filled, month, spans, books).await,
                "approve" => approve(filled, month, books).await,
                _ => pay(filled, month, books).await,
            }
        }
    }
}

fn refused(zh: &str, en: &str) -> EntryError {
    EntryError::Refused(both(zh, en))
}

async fn reward_of(order: OrderId, books: &mut Books<'_>) -> Result<Reward, EntryError> {
    let found = objections::of_order(books.conn, order).await?;
    found.ok_or_else(|| {
        refused(
            &format!("指令 {order} 不是奖励;用 `qingshou reward ls` 查看"),
            &format!("order {order} is no reward; `qingshou reward ls` shows them"),
        )
    })
}

/// What the journal says of a form about an order.
fn of_order(filled: &Filled<'_>) -> Entered {
    Entered::Form(FormByHand {
        plugin: MANIFEST.name.to_owned(),
        form: filled.form.name.to_owned(),
        order: Some(filled.order),
        matter: None,
        filled: filled.values.clone(),
    })
}

fn done(what: Entered, next: Option<String>) -> EntryDone {
    EntryDone { closes_with: None, also_closes: None, what, next }
}

async fn object(
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<EntryDone, EntryError> {
    let order = filled.order;
    let reward = reward_of(order, books).await?;
    if let Some(by) = objections::open_by(books.conn, order).await? {
        return Err(refused(
            &format!("{by} 的异议还没有答复"),
            &format!("the objection of {by} is not answered yet"),
        ));
    }
    if let Some(month) =
        months::open_statement_of(books.conn, reward.payment, None).await?
    {
        let month = Month::parse(&month);
        let closed = match month {
            Some(month) => months::find(books.conn, month).await?,
            None => None,
        };
        if let Some(until) = closed.map(|it| it.objections_until)
            && until < books.today
        {
            return Err(refused(
                &format!("异议期已于 {until} 届满"),
                &format!("objections could be entered until {until}"),
            ));
        }
    }
    objections::raise(books.conn, order, &reward, (filled.by, books.today)).await?;
    let next = both(
        "下一步:另一位主管用 `qingshou reward answer` 答复",
        "next: another supervisor answers with `qingshou reward answer`",
    );
    Ok(done(of_order(filled), Some(next)))
}

async fn answer(
    filled: &Filled<'_>,
    spans: Spans,
    books: &mut Books<'_>,
) -> Result<EntryDone, EntryError> {
    let order = filled.order;
    let reward = reward_of(order, books).await?;
    let raised_by = objections::open_by(books.conn, order).await?.ok_or_else(|| {
        refused("没有待答复的异议", "there is no objection that waits for an answer")
    })?;
    let to = filled.texts("to");
    let to: Vec<String> = to.iter().map(|name| books.staff.called(name)).collect();
    let is_own = |name: &str| books.staff.is_same(name, filled.by);
    if is_own(&raised_by) || to.iter().any(|name| is_own(name)) {
        return Err(refused(
            "提出异议的人和受益人不能答复",
            "nobody answers their own objection or decides for themselves",
        ));
    }
    let outcome = filled.text("outcome").unwrap_or_default();
    let is_granted = outcome == "granted";
    if is_granted == to.is_empty() {
        return Err(refused(
            "成立的写明计给谁(--to),不成立的不写",
            "--to says who gets it where the objection is right, and stands nowhere else",
        ));
    }
    objections::answer(books.conn, order, (filled.by, books.today), outcome).await?;
    if is_granted {
        if reward.is_withheld {
            grant(order, &reward, &to, spans, books).await?;
        } else {
            credit_anew(&reward, &to, books).await?;
        }
    }
    Ok(done(of_order(filled), None))
}

/// Equal parts of an amount, the odd fen to the first.
fn equal_parts(amount: Fen, to: &[String]) -> Vec<Share> {
    let all = i64::try_from(to.len()).unwrap_or(1).max(1);
    let (each, rest) = (amount.0 / all, amount.0 % all);
    let part = |(at, name): (usize, &String)| Share {
        collector: name.clone(),
        amount: Fen(each + if at == 0 { rest } else { 0 }),
    };
    to.iter().enumerate().map(part).filter(|it| Fen(0) < it.amount).collect()
}

/// Accrues what was withheld.
async fn grant(
    order: OrderId,
    reward: &Reward,
    to: &[String],
    spans: Spans,
    books: &mut Books<'_>,
) -> Result<(), EntryError> {
    let payment = reward.payment;
    let paid =
        counting(reward.case_id, payment, books).await.map_err(|why| match why {
            DeliveryError::Refused(why) => EntryError::Refused(why),
            DeliveryError::Books(error) => EntryError::Books(error),
            other => EntryError::Refused(other.to_string()),
        })?;
    let whole = Fen(paid.counts.0.saturating_mul(reward.rate) / 1000);
    let mut amount = reward.cap.map_or(whole, |cap| whole.min(cap));
    if Fen(0) < spans.case_cap {
        let of_case = books::sum_of_case(books.conn, reward.case_id).await?;
        amount = amount.min(spans.case_cap - of_case);
    }
    let mut shares = equal_parts(amount, to);
    if Fen(0) < spans.month_cap {
        let month = (books.today.first_of_month(), books.today.last_of_month());
        let names = to.iter().map(String::as_str).collect();
        let of_month = lines::sums_of(books.conn, month, &names).await?;
        for share in &mut shares {
            let before = of_month.get(&share.collector).copied().unwrap_or_default();
            share.amount = share.amount.min(spans.month_cap - before);
        }
        shares.retain(|share| Fen(0) < share.amount);
    }
    if shares.is_empty() {
        return Err(refused(
            "奖励不足一分,或已达上限",
            "the reward is less than a fen, or a cap was reached before",
        ));
    }
    books::earns_after_all(books.conn, payment).await?;
    let accrual = Accrual {
        payment,
        order,
        case_id: reward.case_id,
        shares: &shares,
        rate: reward.rate,
        cooling_until: spans.cooling_until,
    };
    books::accrue(books.conn, &accrual, books.today, books.now_ms).await?;
    raise_accrued(books, &accrual);
    Ok(())
}

/// Moves what stands to others; a statement that waits for its approval changes with it.
async fn credit_anew(
    reward: &Reward,
    to: &[String],
    books: &mut Books<'_>,
) -> Result<(), EntryError> {
    let amount = reward.amount.ok_or_else(|| {
        refused("这笔奖励已追回,不能改计", "this reward was taken back")
    })?;
    let line = |collector: String, amount: Fen, month: Option<String>| NewLine {
        payment: reward.payment,
        kind: LineKind::Move,
        collector,
        amount,
        month,
    };
    let mut new = Vec::new();
    // A part is taken off where it stands; what is given stands there as well, where all
    // of it did.
    let mut months_of = BTreeSet::new();
    for part in lines::parts_of(books.conn, &[reward.payment]).await? {
        let of = Some(part.collector.as_str());
        let month = months::open_statement_of(books.conn, part.payment, of).await?;
        months_of.insert(month.clone());
        new.push(line(part.collector, -part.amount, month));
    }
    let only = months_of.first().cloned().flatten().filter(|_| months_of.len() == 1);
    let given = equal_parts(amount, to).into_iter();
    new.extend(given.map(|share| line(share.collector, share.amount, only.clone())));
    lines::append(books.conn, &new, books.today, books.now_ms).await?;
    for month in months_of.into_iter().flatten() {
        months::unapprove(books.conn, &month).await?;
    }
    Ok(())
}

async fn withdraw(
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<EntryDone, EntryError> {
    let reward = reward_of(filled.order, books).await?;
    if reward.amount.is_none() {
        return Err(refused("没有可收回的奖励", "there is no reward to take back"));
    }
    take_back::of_payment(reward.payment, reward.case_id, filled.reason, books).await?;
    Ok(done(of_order(filled), None))
}

/// What the journal of the site says of a form about a month.
fn of_month(filled: &Filled<'_>, month: Month, more: Map<String, Value>) -> Entered {
    Entered::SiteForm(FormOfSite {
        plugin: MANIFEST.name.to_owned(),
        form: filled.form.name.to_owned(),
        month: month.name(),
        filled: more,
    })
}

async fn close(
    filled: &Filled<'_>,
    month: Month,
    spans: Spans,
    books: &mut Books<'_>,
) -> Result<EntryDone, EntryError> {
    let (_, last) = month.days();
    if books.today <= last {
        return Err(refused(
            &format!("{} 还没有过完", month.name()),
            &format!("{} is not over", month.name()),
        ));
    }
    if months::find(books.conn, month).await?.is_some() {
        return Err(refused("这个月的奖励单已编制", "this statement was closed before"));
    }
    let until = Span::new().try_days(spans.objection_days);
    let until = until.map_or(books.today, |days| books.today.saturating_add(days));
    let taken = months::close(books.conn, month, filled.by, (books.today, until)).await?;
    let due = months::due(books.conn, month).await?;
    let amount: Fen = due.values().map(months::Due::net).sum();
    let next = both(
        &format!("共 {} 人 {amount} 元,异议期至 {until}", due.len()),
        &format!("{} people, {amount} yuan; objections until {until}", due.len()),
    );
    let more = Map::from_iter([
        ("lines".to_owned(), json!(taken)),
        ("amount".to_owned(), json!(amount)),
    ]);
    Ok(done(of_month(filled, month, more), Some(next)))
}

async fn closed(month: Month, books: &mut Books<'_>) -> Result<Closed, EntryError> {
    let found = months::find(books.conn, month).await?;
    let found = found.ok_or_else(|| {
        refused(
            &format!("{} 的奖励单还没有编制:先用 `qingshou reward close`", month.name()),
            &format!(
                "{} is not closed: `qingshou reward close` comes first",
                month.name()
            ),
        )
    })?;
    if let Some(on) = found.paid_on {
        return Err(refused(
            &format!("{} 的奖励已于 {on} 发放", month.name()),
            &format!("{} was paid on {on}", month.name()),
        ));
    }
    Ok(found)
}

/// Who is paid what by a statement, above zero.
async fn payees(
    month: Month,
    books: &mut Books<'_>,
) -> Result<Vec<(String, Fen)>, EntryError> {
    let due = months::due(books.conn, month).await?;
    let paid = due.into_iter().map(|(name, due)| (name, due.net()));
    Ok(paid.filter(|(_, amount)| Fen(0) < *amount).collect())
}

async fn approve(
    filled: &Filled<'_>,
    month: Month,
    books: &mut Books<'_>,
) -> Result<EntryDone, EntryError> {
    let found = closed(month, books).await?;
    let until = found.objections_until;
    if books.today <= until {
        return Err(refused(
            &format!("异议期到 {until} 才满"),
            &format!("objections can be entered until {until}"),
        ));
    }
    let open = months::open_objections(books.conn).await?;
    if 0 < open {
        return Err(refused(
            &format!("还有 {open} 件异议没有答复"),
            &format!("{open} objections are not answered"),
        ));
    }
    let waiting = months::complained_of(books.conn, month).await?;
    let is_changed = !waiting.is_empty();
    if is_changed {
        months::let_wait(books.conn, month, &waiting).await?;
        months::unapprove(books.conn, &month.name()).await?;
    }
    let payees = payees(month, books).await?;
    if payees.iter().any(|(name, _)| books.staff.is_same(name, filled.by)) {
        return Err(refused(
            "奖励单上的人不能批准",
            "whoever is paid by a statement does not approve it",
        ));
    }
    let found = if is_changed { closed(month, books).await? } else { found };
    if found.second_by.is_some() {
        return Err(refused("已有两人批准", "two people have approved it"));
    }
    if found.first_by.as_deref() == Some(filled.by) {
        return Err(refused("须由另一人批准", "another person has to approve it"));
    }
    months::approve(books.conn, month, filled.by, books.today).await?;
    let next = if found.first_by.is_some() {
        both("可以发放:`qingshou reward pay`", "it can be paid: `qingshou reward pay`")
    } else {
        both("还须另一人批准", "another person has to approve it as well")
    };
    Ok(done(of_month(filled, month, Map::new()), Some(next)))
}

async fn pay(
    filled: &Filled<'_>,
    month: Month,
    books: &mut Books<'_>,
) -> Result<EntryDone, EntryError> {
    let found = closed(month, books).await?;
    if found.second_by.is_none() {
        return Err(refused("须先由两人批准", "two people have to approve it first"));
    }
    let open = months::open_objections(books.conn).await?;
    if 0 < open {
        return Err(refused("还有异议没有答复", "an objection is not answered"));
    }
    let waiting = months::complained_of(books.conn, month).await?.len();
    if 0 < waiting {
        return Err(refused(
            &format!(
                "其中 {waiting} 件贷款有投诉未办结,没有发放:再批准一次,这几件移到以后的月份"
            ),
            &format!(
                "a complaint is open on {waiting} of its loans; nothing was paid: approve it anew, and they wait for a later month"
            ),
        ));
    }
    let payees = payees(month, books).await?;
    let body = months::payout_file(month, &payees).map_err(EntryError::Refused)?;
    let digest = digest_of(&body);
    let by = (filled.by, books.today);
    months::pay(books.conn, month, &payees, by, (&body, &digest)).await?;
    let amount: Fen = payees.iter().map(|payee| payee.1).sum();
    let name = month.name();
    let next = both(
        &format!("共 {amount} 元;发放文件:`qingshou report payout --month {name}`"),
        &format!("{amount} yuan; the file: `qingshou report payout --month {name}`"),
    );
    let more = Map::from_iter([
        ("amount".to_owned(), json!(amount)),
        ("digest".to_owned(), json!(digest)),
    ]);
    Ok(done(of_month(filled, month, more), Some(next)))
}
