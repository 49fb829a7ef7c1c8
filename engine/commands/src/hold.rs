//! A hold placed or lifted by hand (暂停与恢复): why a case is left alone.

use anyhow::{Result, bail};
use domain::event::EventKind;
use domain::hold::HoldReason;
use domain::ids::CaseId;
use domain::journal::Entered;
use runtime::words::HOLDS;
use serde::{Deserialize, Serialize};
use store::holds::{self, IfHeld, Lift, NewHold, Which};

use crate::app::App;
use crate::command::{CHIEFS, COUNSEL, DESK};
use crate::language::say;
use crate::report::{covered, told_of_others};
use crate::writes::case_of;
use crate::{Actor, Answer, Done, Execute, Rules, refuse};

/// Place or lift a hold.
#[derive(clap::Args, Clone, Debug, Deserialize, Serialize)]
pub struct Hold {
    /// The loan number.
    pub case: String,
    /// hardship, plan, lawyer, bankruptcy, manual, …; complaint, dispute and deceased
    /// come with `case report`.
    #[arg(value_name = "HOLD", value_parser = HOLDS.parser())]
    pub hold: String,
    /// Lift it.
    #[arg(long)]
    pub lift: bool,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

/// What became of the hold.
#[derive(Debug, Serialize)]
pub(crate) struct Holding {
    /// Holds placed or lifted.
    changed: usize,
    /// The other loans that it covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    also_on: Option<Vec<String>>,
}

impl Execute for Hold {
    type Data = Holding;

    fn rules(&self) -> Rules<'_> {
        let known = HoldReason::parse(&self.hold);
        let roles = match known {
            _ if !self.lift => DESK,
            Some(
                HoldReason::Dispute
                | HoldReason::Deceased
                | HoldReason::Lawyer
                | HoldReason::Bankruptcy
                | HoldReason::Incapacitated,
            ) => COUNSEL,
            _ => CHIEFS,
        };
        let rules = Rules::of(roles).because(&self.reason).bearing_a_day();
        if !self.lift {
            return rules;
        }
        // Whoever placed it: a stop that a supervisor has ordered by hand binds the
        // collector like any other.
        rules.lifting(known).ending_protection_of(&self.case)
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { case, hold, lift, reason } = self;
        let lift = *lift;
        let Some(known) = HoldReason::parse(hold) else {
            let all: Vec<&str> = HoldReason::ALL.iter().map(|it| it.as_str()).collect();
            bail!(say(
                format!(
                    "没有暂停事由 `{hold}`\n  提示:可用 {}",
                    HOLDS.listed(all.iter().copied())
                ),
                format!(
                    "`{hold}` is no reason for a hold\n  hint: use {}",
                    all.join(", ")
                ),
            ));
        };
        let case_id = case_of(app, case).await?;
        has_no_report(app, (case_id, case), known, lift).await?;
        let now = app.engine.clock.now();
        let mut work = app.engine.begin_by(actor.because(reason), &now).await?;
        let by = actor.name.clone();
        let (word, effective_on) = (known.as_str().to_owned(), now.today());
        let note = reason.clone();
        let moved = if lift {
            let which = Which::Oldest;
            let lift = Lift { case_id, reason: word, which, effective_on, by, note };
            holds::lift(work.conn(), &now, app.engine.resume_at(&now), &[lift]).await?
        } else {
            let (party_id, again, also) = (None, IfHeld::Keep, Vec::new());
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
            holds::place(work.conn(), &now, &[place]).await?
        };
        if moved == 0 {
            work.rollback().await?;
            return nothing_moved(case, hold, lift);
        }
        let what = if lift {
            Entered::HoldLifted { hold_lifted: known }
        } else {
            Entered::HoldPlaced { hold_placed: known }
        };
        let work = work.journal_entry(case_id, what).await?;
        work.commit().await?;
        let (zh, en) =
            if lift { ("已恢复", "lifted") } else { ("已暂停", "on hold") };
        let mut text = say(format!("{zh}:{}", HOLDS.zh(hold)), format!("{en}: {hold}"));
        if lift && 1 < moved {
            text += &say(
                format!("\n  同一人的 {moved} 笔贷款一并恢复"),
                format!("\n  lifted from all {moved} loans of the person"),
            );
        }
        let others = covered(app, case_id, (!lift).then_some(known)).await?;
        text += &told_of_others(&others);
        Ok(Answer { text, data: Holding { changed: moved, also_on: Some(others) } })
    }
}

/// Refuses a hold that belongs to a report: placed by hand nobody would answer it, and
/// lifted by hand it would leave the matter open, or the debtor dead.
async fn has_no_report(
    app: &App,
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
        let mut conn = app.engine.store.read().await?;
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
fn nothing_moved(case: &str, hold: &str, lift: bool) -> Done<Holding> {
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
    Ok(Answer { text, data: Holding { changed: 0, also_on: None } })
}
