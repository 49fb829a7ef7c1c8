//! How a reward comes about (计提), on a payment that the ledger knows.

use domain::hold::HoldReason;
use domain::ids::{CaseId, EntryId};
use domain::money::Fen;
use domain::order::Order;
use domain::staff::StaffNames;
use jiff::Span;
use jiff::civil::Date;
use serde_json::{Map, Value};
use store::plugin::{Books, BooksError, DeliveryError, Raised, Receipt};
use store::worked::{self, Reached};
use store::{Conn, plugin_reads};

use crate::books::lines;
use crate::books::{self, Accrual, NotEarned};
use crate::manifest::RewardEvent;
use crate::rules::{Earned, Rules, Share, Withheld};

/// What the house has set for rewards, beside what a workflow asks for.
#[derive(Clone, Debug)]
pub(crate) struct InstitutionRules {
    pub(crate) max_rate: i64,
    pub(crate) court_rate: i64,
    pub(crate) case_cap: Fen,
    pub(crate) month_cap: Fen,
    pub(crate) worked_days: i64,
    /// The columns of a bank's list in which whoever granted the loan may stand.
    pub(crate) originator_columns: Vec<String>,
}

impl InstitutionRules {
    /// The rules with the rate and the cap of a workflow.
    pub(crate) fn rules(&self, rate: i64, cap: Option<Fen>) -> Rules {
        Rules {
            rate,
            court_rate: self.court_rate,
            cap,
            case_cap: self.case_cap,
            month_cap: self.month_cap,
            worked_days: self.worked_days,
        }
    }
}

/// Accrues the reward that the order names, for those who worked for the payment; what
/// nobody worked for is noted with its reason and earns nothing. A second hand-over of
/// the same order finds it and changes nothing.
pub(crate) async fn by_order(
    order: &Order,
    institution: &InstitutionRules,
    cooling_until: Date,
    books: &mut Books<'_>,
) -> Result<Receipt, DeliveryError> {
    let collector = order.arg("to").map(str::trim).filter(|it| !it.is_empty());
    let collector =
        collector.ok_or_else(|| refused("没有写明清收人员 · no collector is named"))?;
    let max_rate = institution.max_rate;
    let rate = order.number("rate").filter(|number| (1..=max_rate).contains(number));
    let rate = rate.ok_or_else(|| {
        refused(&format!(
            "千分比应为 1–{max_rate} · the rate should be 1–{max_rate} per mille"
        ))
    })?;
    let payment = payment_of(order)?;
    if let Some(receipt) = looked_at_before(order, payment, books).await? {
        return receipt;
    }
    let paid = counting(order.case_id, payment, books).await?;
    let cap = order.number("cap").map(Fen);
    share(paid.counts, rate, cap)?;
    let rules = institution.rules(rate, cap);
    let earned = look(&rules, institution, (order.case_id, paid), books).await?;
    match earned {
        Ok((shares, rate)) => {
            let reward = Accrual {
                payment,
                order: order.id,
                case_id: order.case_id,
                shares: &shares,
                rate,
                cooling_until,
            };
            books::accrue(books.conn, &reward, books.today, books.now_ms).await?;
            raise_accrued(books, &reward);
            Ok(receipt(payment, reward.amount()))
        }
        Err(why) => {
            let (id, case_id) = (order.id, order.case_id);
            let noted =
                NotEarned { payment, order: id, case_id, collector, why, rate, cap };
            books::withhold(books.conn, &noted, books.today).await?;
            raise_withheld(books, &noted);
            Ok(receipt(payment, Fen(0)))
        }
    }
}

/// The answer for a payment that this order, or another, was about before.
async fn looked_at_before(
    order: &Order,
    payment: EntryId,
    books: &mut Books<'_>,
) -> Result<Option<Result<Receipt, DeliveryError>>, DeliveryError> {
    if let Some((by, amount)) = books::accrued_by(books.conn, payment).await? {
        return Ok(Some(if by == order.id {
            Ok(receipt(payment, amount))
        } else {
            Err(refused("这笔还款已计提过奖励 · this payment has its reward already"))
        }));
    }
    let withheld = books::withheld_by(books.conn, payment).await?;
    Ok(withheld.map(|by| {
        if by == order.id {
            Ok(receipt(payment, Fen(0)))
        } else {
            Err(refused(
                "这笔还款已审过,不计提奖励;有异议的用 `qingshou reward object` 登记 · this payment \
                 was looked at and earns nothing; an objection is entered by `qingshou reward object`",
            ))
        }
    }))
}

/// A payment of which something counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counting {
    /// No more than was owed.
    pub(crate) counts: Fen,
    pub(crate) on: Date,
}

/// Who earns what for a payment, and at which rate, or why nobody does.
pub(crate) async fn look(
    rules: &Rules,
    institution: &InstitutionRules,
    (case, paid): (CaseId, Counting),
    books: &mut Books<'_>,
) -> Result<Result<(Vec<Share>, i64), Withheld>, BooksError> {
    let month = (books.today.first_of_month(), books.today.last_of_month());
    let of_case = books::sum_of_case(books.conn, case).await?;
    let known =
        known_of(books.conn, rules, institution, (case, paid.on), &books.staff).await?;
    let names = known.reached.iter().map(|contact| contact.by.as_str()).collect();
    let of_month = lines::sums_of(books.conn, month, &names).await?;
    let earned = Earned {
        paid: paid.counts,
        through_court: known.through_court,
        originator: known.originator.as_deref(),
        reached: &known.reached,
        of_case,
        of_month: &of_month,
    };
    let rate = rules.rate_for(known.through_court);
    Ok(rules.divide(&earned).map(|shares| (shares, rate)))
}

/// What the book knows of how a payment came about.
pub(crate) struct Known {
    pub(crate) through_court: bool,
    pub(crate) originator: Option<String>,
    pub(crate) reached: Vec<Reached>,
}

/// How a payment of a case on a day came about, each of the staff by one name.
pub(crate) async fn known_of(
    conn: &mut Conn,
    rules: &Rules,
    institution: &InstitutionRules,
    (case, on): (CaseId, Date),
    staff: &StaffNames,
) -> Result<Known, BooksError> {
    let columns: Vec<&str> =
        institution.originator_columns.iter().map(String::as_str).collect();
    let from =
        on.saturating_sub(Span::new().try_days(rules.worked_days).unwrap_or_default());
    let originator = worked::told_in(conn, case, &columns).await?;
    let mut reached = worked::reached(conn, case, (from, on)).await?;
    for contact in &mut reached {
        contact.by = staff.called(&contact.by);
    }
    Ok(Known {
        through_court: worked::went_to_court(conn, case, on).await?,
        originator: originator.map(|name| staff.called(&name)),
        reached,
    })
}

/// Rate times payment, parts of a fen dropped, at most `cap`.
pub(crate) fn share(
    paid: Fen,
    rate: i64,
    cap: Option<Fen>,
) -> Result<Fen, DeliveryError> {
    let whole = paid
        .0
        .checked_mul(rate)
        .ok_or_else(|| refused("金额过大 · the amount is too large"))?
        / 1000;
    let amount = cap.map_or(whole, |it| whole.min(it.0));
    if amount <= 0 {
        return Err(refused("奖励不足一分,不计提 · the reward is less than a fen"));
    }
    Ok(Fen(amount))
}

/// The payment that an order names.
pub(crate) fn payment_of(order: &Order) -> Result<EntryId, DeliveryError> {
    let written = order.arg("payment").map(str::to_owned);
    let written =
        written.or_else(|| order.number("payment").map(|number| number.to_string()));
    written.and_then(|it| it.trim().parse().ok()).map(EntryId).ok_or_else(|| {
        refused(
            "`payment` 应为还款的账目编号 · `payment` should be the number of a payment",
        )
    })
}

/// What of the payment is rewarded, when it may be: no more than was owed. What somebody
/// pays above that is handed back, and nobody has collected it.
pub(crate) async fn counting(
    case: CaseId,
    payment: EntryId,
    books: &mut Books<'_>,
) -> Result<Counting, DeliveryError> {
    let paid = plugin_reads::payment(books.conn, case, payment).await;
    let paid = paid.map_err(BooksError::from)?.ok_or_else(|| {
        refused("本案账上没有这笔还款 · the ledger of the case has no such payment")
    })?;
    if !paid.is_confirmed {
        return Err(refused(
            "银行尚未确认这笔还款 · the bank has not confirmed this payment",
        ));
    }
    if paid.is_inferred {
        return Err(refused(
            "这笔还款是由余额推算的,不计提奖励 · this payment was inferred from balances and earns no reward",
        ));
    }
    if paid.is_reversed {
        return Err(refused("这笔还款已冲正 · this payment was taken back"));
    }
    let owed = paid.owed.map_or(paid.amount, |owed| owed.min(paid.amount));
    if owed.0 <= 0 {
        return Err(refused(
            "本案此前已还清,多收的钱不计提奖励 · nothing was owed any more, and what is paid above the debt earns no reward",
        ));
    }
    Ok(Counting { counts: owed, on: paid.booked_on })
}

/// Tells the case of a reward, with the names of all who have a part in it.
pub(crate) fn raise_accrued(books: &mut Books<'_>, reward: &Accrual<'_>) {
    let names: Vec<&str> =
        reward.shares.iter().map(|share| share.collector.as_str()).collect();
    let payment = reward.payment;
    let payload = [
        ("payment", Value::from(payment.to_string())),
        ("amount", Value::from(reward.amount().0)),
        ("to", Value::from(names.join(","))),
    ];
    let payload = payload.map(|(key, value)| (key.to_owned(), value));
    books.raised.push(Raised {
        case_id: reward.case_id,
        kind: RewardEvent::Accrued.to_string(),
        payload: Map::from_iter(payload),
        dedupe_key: format!("reward:{payment}:accrued"),
    });
}

fn raise_withheld(books: &mut Books<'_>, noted: &NotEarned<'_>) {
    let payment = noted.payment;
    let payload = [
        ("payment", Value::from(payment.to_string())),
        ("why", Value::from(noted.why.as_str())),
    ];
    let payload = payload.map(|(key, value)| (key.to_owned(), value));
    books.raised.push(Raised {
        case_id: noted.case_id,
        kind: RewardEvent::Withheld.to_string(),
        payload: Map::from_iter(payload),
        dedupe_key: format!("reward:{payment}:withheld"),
    });
}

/// Rewards whose cooling-off is over become payable, unless a complaint about
/// the case is open.
pub(crate) async fn set_free(books: &mut Books<'_>) -> Result<(), BooksError> {
    let cases = books::cooled(books.conn, books.today).await?;
    if cases.is_empty() {
        return Ok(());
    }
    let kept_back = plugin_reads::held_for(books.conn, HoldReason::Complaint, &cases);
    let kept_back = kept_back.await?;
    books::set_free(books.conn, books.today, &kept_back).await
}

/// The day on which the first reward that cools off is free, if no complaint
/// keeps it back; the day it was accrued when its payment is reversed.
pub(crate) async fn first_work_on(conn: &mut Conn) -> Result<Option<Date>, BooksError> {
    let cooled = books::first_cooled_on(conn).await?;
    let reversed = plugin_reads::reversed(conn).await?;
    let accrued = books::first_accrued_on(conn, &reversed).await?;
    Ok(cooled.into_iter().chain(accrued).min())
}

fn receipt(payment: EntryId, amount: Fen) -> Receipt {
    Receipt { reference: format!("reward:{payment}"), amount: Some(amount) }
}

fn refused(reason: &str) -> DeliveryError {
    DeliveryError::Refused(reason.to_owned())
}
