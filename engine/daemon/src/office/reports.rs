//! Reports and holds (报告与暂停): what happened to a case, and why it is left alone.
//!
//! A complaint, a dispute or a death is reported, for its workflow with its days for an
//! answer begins with the report; the hold comes with it and ends with what settles it.
//! Other reasons have no report and are entered as holds.

use anyhow::{Result, bail};
use domain::event::EventKind;
use domain::hold::{HoldReason, StandsOn};
use domain::ids::CaseId;
use domain::journal::Entered;
use domain::status::CaseStatus;
use jiff::civil::Date;
use serde_json::{Map, json};
use store::holds::{self, Again, Lift, NewHold, Which, persons};
use store::views::one_case;
use store::{case_book, complaints, facts};

use crate::office::doubts::{self, Certainty};
use crate::office::language::say;
use crate::office::writes::{Done, case_of, record};
use crate::office::{Asker, Request, by_hand, complained_of, refuse};
use crate::words::{EVENTS, HOLDS};
use crate::workshop::Workshop;

pub(super) async fn carry_out(shop: &Workshop, asker: &Asker, request: &Request) -> Done {
    match request {
        Request::Report { case, kind, also, about, sure, reason } => {
            let about = about.as_deref();
            let told = Told { case, kind, also, about, reason };
            report(shop, asker, told, Certainty::of(*sure)).await
        }
        Request::Hold { case, hold, lift, reason } => {
            hold_or_lift(shop, asker, case, hold, *lift, reason).await
        }
        _ => bail!("不是报告或暂停 · this is neither a report nor a hold"),
    }
}

/// What was reported of which loans.
struct Told<'a> {
    case: &'a str,
    kind: &'a str,
    also: &'a [String],
    about: Option<&'a str>,
    reason: &'a str,
}

async fn report(
    shop: &Workshop,
    asker: &Asker,
    told: Told<'_>,
    certainty: Certainty,
) -> Done {
    let Told { case, reason, .. } = told;
    let kind = reportable(told.kind)?;
    let case_id = case_of(shop, case).await?;
    settles_something(shop, case_id, case, kind).await?;
    let also = named_with(shop, kind, told.also).await?;
    let about = complained_of::named(shop, kind, case_id, told.about).await?;
    if kind == EventKind::Dismissed {
        let dismissal = doubts::dismissal(shop, case_id, case, certainty).await;
        doubts::together([dismissal])?;
    }
    let now = shop.engine.clock.now();
    let today: Date = now.today();
    let mut payload = Map::new();
    payload.insert("on".to_owned(), json!(today));
    payload.insert("note".to_owned(), json!(reason));
    if kind.spec().has("by") {
        payload.insert("by".to_owned(), json!(asker.name));
    }
    if let Some(name) = &about {
        payload.insert(complaints::ABOUT.to_owned(), json!(name));
    }
    if !also.is_empty() {
        let ids: Vec<String> = also.iter().map(ToString::to_string).collect();
        payload.insert("also".to_owned(), json!(ids));
    }
    let mut tx = shop.engine.store.write().await?;
    record(shop, &mut tx, case_id, kind.as_str(), payload).await?;
    let (reported, also) = (kind.as_str().to_owned(), told.also.to_vec());
    let what = Entered::Reported { reported, also, about: about.clone() };
    by_hand(tx.conn(), &now, case_id, asker, reason, what).await?;
    shop.engine.conclude(&mut tx, &now).await?;
    tx.commit().await?;
    let named = EVENTS.zh(kind.as_str());
    let mut text = say(format!("已登记:{named}"), format!("entered: {kind}"));
    text += &complained_of::told(about.as_deref());
    let others = covered(shop, case_id, kind.spec().places_hold).await?;
    text += &told_of_others(&others);
    text += &what_remains(shop, case_id, case, kind).await?;
    Ok((text, json!({ "kind": kind, "also_on": others })))
}

/// The other loans that a report names; only what is about loans, and not about a
/// person, can name some.
async fn named_with(
    shop: &Workshop,
    kind: EventKind,
    also: &[String],
) -> Result<Vec<CaseId>> {
    let places = kind.spec().places_hold.map(HoldReason::stands_on);
    if !also.is_empty() && places != Some(StandsOn::Named) {
        return refuse(say(
            format!(
                "{} 不分贷款登记,没有改动
  提示:--also 只用于异议;对人的保护不用写,会自动                 覆盖同一人的全部贷款",
                EVENTS.zh(kind.as_str())
            ),
            format!(
                "`{kind}` names no other loans; nothing was changed
  hint: --also is for a                  dispute; what protects a person covers all loans of theirs by itself"
            ),
        ));
    }
    let mut named = Vec::with_capacity(also.len());
    for case in also {
        named.push(case_of(shop, case).await?);
    }
    Ok(named)
}

/// The other loans on which a hold of this reason stands together with that of a case.
async fn covered(
    shop: &Workshop,
    case_id: CaseId,
    reason: Option<HoldReason>,
) -> Result<Vec<String>> {
    let Some(reason) = reason else { return Ok(Vec::new()) };
    let mut conn = shop.engine.store.read().await?;
    Ok(persons::beside(conn.conn(), case_id, reason.as_str()).await?)
}

/// Names the other loans that a hold covers.
fn told_of_others(others: &[String]) -> String {
    if others.is_empty() {
        return String::new();
    }
    say(
        format!("\n  同时暂停:{}", others.join("、")),
        format!("\n  on hold with it: {}", others.join(", ")),
    )
}

/// The event of this name, if staff may report it by hand.
fn reportable(name: &str) -> Result<EventKind> {
    let is_reported = |kind: &EventKind| kind.spec().staff().is_some();
    if let Some(kind) = EventKind::parse(name).filter(is_reported) {
        return Ok(kind);
    }
    let all: Vec<&str> =
        EventKind::ALL.into_iter().filter(is_reported).map(EventKind::as_str).collect();
    bail!(say(
        format!(
            "`{name}` 不能手工登记\n  提示:可用 {}",
            EVENTS.listed(all.iter().copied())
        ),
        format!("`{name}` is not entered by hand\n  hint: use {}", all.join(", ")),
    ))
}

/// Refuses what settles or takes back something that the case does not have: it is
/// most likely meant for another loan.
async fn settles_something(
    shop: &Workshop,
    case_id: CaseId,
    case: &str,
    kind: EventKind,
) -> Result<()> {
    let (zh, en) = match kind {
        EventKind::DismissalWithdrawn if !is_dismissed(shop, case_id).await? => (
            "没有登记过债权不成立或已消灭".to_owned(),
            "its claim was not dismissed".to_owned(),
        ),
        EventKind::LegalOverride if !awaits_override(shop, case_id).await? => (
            "现在没有流程在等核准转诉".to_owned(),
            "no workflow of it waits for a `legal_override` now".to_owned(),
        ),
        _ => match kind.spec().lifts_hold {
            Some(of) if !stands(shop, case_id, of).await? => (
                format!("没有未了结的 {}", HOLDS.zh(of.as_str())),
                format!("no `{of}` of it is open"),
            ),
            _ => return Ok(()),
        },
    };
    refuse(say(
        format!(
            "{case} {zh},没有登记 {}\n  提示:请核对贷款编号,`qingshou case show {case}` \
             有现在的情况",
            EVENTS.zh(kind.as_str())
        ),
        format!(
            "{case}: {en}; `{kind}` was not entered\n  hint: check the loan number, `qingshou \
             case show {case}` shows how it stands"
        ),
    ))
}

async fn is_dismissed(shop: &Workshop, case_id: CaseId) -> Result<bool> {
    let mut conn = shop.engine.store.read().await?;
    Ok(case_book::status(conn.conn(), case_id).await? == CaseStatus::Dismissed.as_str())
}

/// Whether a hold of this reason is in force; of a death, also whether the debtor is
/// reported dead by another loan.
async fn stands(shop: &Workshop, case_id: CaseId, of: HoldReason) -> Result<bool> {
    let today = shop.engine.clock.now().today();
    let mut conn = shop.engine.store.read().await?;
    if 0 < holds::standing(conn.conn(), case_id, of.as_str()).await? {
        return Ok(true);
    }
    let known = facts::load(conn.conn(), today, &[case_id.0]).await?;
    let debtor = known.get(&case_id).and_then(|facts| facts.debtor.as_ref());
    let is_dead = debtor.is_some_and(|debtor| debtor.deceased_on.is_some());
    Ok(of == HoldReason::Deceased && is_dead)
}

/// Whether a workflow of the case answers a `legal_override` where it stands.
async fn awaits_override(shop: &Workshop, case_id: CaseId) -> Result<bool> {
    let Some(runtime) = shop.engine.runtime() else { return Ok(false) };
    let mut conn = shop.engine.store.read().await?;
    let runs = one_case::open_runs(conn.conn(), case_id).await?;
    let awaited = EventKind::LegalOverride.as_str();
    Ok(runs.iter().any(|run| runtime.answers(&run.workflow, &run.stage, awaited)))
}

/// What is said beside the entry: that another complaint is still open, or where a claim
/// that stands again goes on.
async fn what_remains(
    shop: &Workshop,
    case_id: CaseId,
    case: &str,
    kind: EventKind,
) -> Result<String> {
    if kind == EventKind::DismissalWithdrawn {
        return Ok(say(
            format!(
                "\n  当时结束的流程不会自行继续:用 `qingshou case enrol {case} 流程 \
                 --reason …` 登记进入"
            ),
            format!(
                "\n  what the dismissal ended does not go on by itself: `qingshou case enrol \
                 {case} WORKFLOW --reason …` enters it"
            ),
        ));
    }
    let Some(reason) = kind.spec().lifts_hold else { return Ok(String::new()) };
    let (left, others) = {
        let mut conn = shop.engine.store.read().await?;
        let left = holds::standing(conn.conn(), case_id, reason.as_str()).await?;
        (left, one_case::holds(conn.conn(), case_id).await?)
    };
    if left == 0 && others.is_empty() {
        return Ok(String::new());
    }
    if left == 0 {
        let zh: Vec<String> = others.iter().map(|it| HOLDS.zh(it)).collect();
        return Ok(say(
            format!("\n  本案仍在暂停:{}", zh.join("、")),
            format!("\n  the case stays on hold: {}", others.join(", ")),
        ));
    }
    Ok(say(
        format!("\n  本案还有 {left} 件 {} 没有了结,仍在暂停", HOLDS.zh(reason.as_str())),
        format!("\n  still open on this case: {left} more ({reason}); it stays on hold"),
    ))
}

async fn hold_or_lift(
    shop: &Workshop,
    asker: &Asker,
    case: &str,
    hold: &str,
    lift: bool,
    reason: &str,
) -> Done {
    let Some(known) = HoldReason::parse(hold) else {
        let all: Vec<&str> = HoldReason::ALL.iter().map(|it| it.as_str()).collect();
        bail!(say(
            format!(
                "没有暂停事由 `{hold}`\n  提示:可用 {}",
                HOLDS.listed(all.iter().copied())
            ),
            format!("`{hold}` is no reason for a hold\n  hint: use {}", all.join(", ")),
        ));
    };
    let case_id = case_of(shop, case).await?;
    has_no_report(shop, (case_id, case), known, lift).await?;
    let now = shop.engine.clock.now();
    let mut tx = shop.engine.store.write().await?;
    let by = asker.name.clone();
    let (word, effective_on) = (known.as_str().to_owned(), now.today());
    let note = reason.to_owned();
    let moved = if lift {
        let which = Which::Oldest;
        let lift = Lift { case_id, reason: word, which, effective_on, by, note };
        holds::lift(tx.conn(), &now, shop.engine.resume_at(&now), &[lift]).await?
    } else {
        let (party_id, again, also) = (None, Again::Joins, Vec::new());
        let place = NewHold {
            case_id,
            party_id,
            reason: word,
            effective_on,
            by,
            note,
            again,
            also,
        };
        holds::place(tx.conn(), &now, &[place]).await?
    };
    if moved == 0 {
        tx.rollback().await?;
        return nothing_moved(case, hold, lift);
    }
    let what = if lift {
        Entered::HoldLifted { hold_lifted: known }
    } else {
        Entered::HoldPlaced { hold_placed: known }
    };
    by_hand(tx.conn(), &now, case_id, asker, reason, what).await?;
    shop.engine.conclude(&mut tx, &now).await?;
    tx.commit().await?;
    let (zh, en) = if lift { ("已恢复", "lifted") } else { ("已暂停", "on hold") };
    let mut text = say(format!("{zh}:{}", HOLDS.zh(hold)), format!("{en}: {hold}"));
    if lift && 1 < moved {
        text += &say(
            format!("\n  同一人的 {moved} 笔贷款一并恢复"),
            format!("\n  lifted from all {moved} loans of the person"),
        );
    }
    let others = covered(shop, case_id, (!lift).then_some(known)).await?;
    text += &told_of_others(&others);
    Ok((text, json!({ "changed": moved, "also_on": others })))
}

/// Refuses a hold that belongs to a report: placed by hand nobody would answer it, and
/// lifted by hand it would leave the matter open, or the debtor dead.
async fn has_no_report(
    shop: &Workshop,
    (case_id, case): (CaseId, &str),
    hold: HoldReason,
    lift: bool,
) -> Result<()> {
    let Some((report, settles)) = EventKind::of_hold(hold) else { return Ok(()) };
    let name = HOLDS.zh(hold.as_str());
    if !lift {
        return refuse(say(
            format!(
                "{name} 要登记为报告,才有流程和期限;没有改动\n  提示:`qingshou case report \
                 {case} {report} --reason …`,暂停随之而来"
            ),
            format!(
                "a {hold} hold comes with its report, which begins its workflow and its \
                 days; nothing was changed\n  hint: `qingshou case report {case} {report} \
                 --reason …`"
            ),
        ));
    }
    let is_in_force = {
        let mut conn = shop.engine.store.read().await?;
        0 < holds::standing(conn.conn(), case_id, hold.as_str()).await?
    };
    // That there is none is said where holds are lifted.
    if !is_in_force {
        return Ok(());
    }
    refuse(say(
        format!(
            "{name} 的暂停随报告了结,不能单独解除;没有改动\n  提示:`qingshou case report \
             {case} {settles} --reason …`"
        ),
        format!(
            "a {hold} hold ends with what settles it and is not lifted alone; nothing was \
             changed\n  hint: `qingshou case report {case} {settles} --reason …`"
        ),
    ))
}

/// The answer where no hold was placed or lifted.
fn nothing_moved(case: &str, hold: &str, lift: bool) -> Done {
    if lift {
        bail!(say(
            format!(
                "{case} 没有 {} 的暂停,没有改动\n  提示:`qingshou case show {case}` 有现在的暂停",
                HOLDS.zh(hold)
            ),
            format!(
                "{case} is not on hold for {hold}; nothing was changed\n  hint: `qingshou \
                 case show {case}` shows its holds"
            ),
        ));
    }
    let text = say(
        format!("{} 已在暂停,没有改动", HOLDS.zh(hold)),
        format!("on hold for {hold} before; nothing was changed"),
    );
    Ok((text, json!({ "changed": 0 })))
}
