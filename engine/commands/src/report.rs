//! What happened to a case (报告): a complaint, a dispute, a death.
//!
//! It is reported, for its workflow with its days for an answer begins with the report;
//! the hold comes with it and ends with what settles it. Other reasons have no report and
//! are entered as holds.

use anyhow::{Result, bail};
use domain::complaint::ComplaintOutcome;
use domain::event::{EventKind, EventSpec, core_event};
use domain::hold::{HoldReason, StandsOn};
use domain::ids::CaseId;
use domain::journal::Entered;
use domain::status::CaseStatus;
use jiff::civil::Date;
use plugins_on::words::EVENTS;
use runtime::words::{COMPLAINTS, HOLDS};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use store::holds::{self, persons};
use store::views::one_case;
use store::{case_book, complaints, facts};

use crate::app::App;
use crate::command::DESK;
use crate::doubts::{self, Certainty};
use crate::language::say;
use crate::people::told;
use crate::writes::{case_of, record};
use crate::{Actor, Answer, Done, Execute, Rules, complained_of, refuse};

/// Report what happened: complaint, `complaint_resolved`, dispute, `dispute_resolved`,
/// deceased, `death_disproved`, dismissed, `dismissal_withdrawn`, `legal_override`, note.
#[derive(clap::Args, Clone, Debug, Default, Deserialize, Serialize)]
pub struct Report {
    /// The loan number.
    pub case: String,
    /// The event.
    #[arg(value_parser = EVENTS.parser())]
    pub kind: String,
    /// Another loan that a dispute names; can be given several times.
    #[arg(long, value_name = "CASE")]
    #[serde(default)]
    pub also: Vec<String>,
    /// Whom of the staff a complaint is about; the collector of the case without it.
    #[arg(long, value_name = "NAME")]
    #[serde(default)]
    pub about: Option<String>,
    /// What looking into a complaint came to: upheld, `partly_upheld`, unfounded,
    /// `taken_back`. Rewards that are not paid yet stop where any of it is true.
    #[arg(long, value_name = "OUTCOME", value_parser = COMPLAINTS.parser())]
    #[serde(default)]
    pub outcome: Option<String>,
    /// What was done about a complaint.
    #[arg(long)]
    #[serde(default)]
    pub remedy: Option<String>,
    /// It is right, although the command asks about it.
    #[arg(long)]
    #[serde(default)]
    pub sure: bool,
    /// What was told.
    #[arg(long)]
    pub reason: String,
}

/// What was reported.
#[derive(Debug, Serialize)]
pub(crate) struct Reported {
    kind: EventKind,
    /// The other loans that its hold covers.
    also_on: Vec<String>,
}

impl Execute for Report {
    type Data = Reported;

    fn rules(&self) -> Rules<'_> {
        let spec = core_event(&self.kind);
        // What nobody reports by hand is refused where it is carried out.
        let rules = Rules::of(spec.and_then(EventSpec::staff).unwrap_or(DESK))
            .because(&self.reason)
            .bearing_a_day()
            .lifting(spec.and_then(|spec| spec.lifts_hold));
        if spec.is_some_and(|spec| spec.ends_protection) {
            return rules.ending_protection_of(&self.case);
        }
        rules
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { case, kind, also: others, about, sure, reason, .. } = self;
        let kind = reportable(kind)?;
        let case_id = case_of(app, case).await?;
        if !self.adds_an_outcome(app, case_id, kind).await? {
            settles_something(app, case_id, case, kind).await?;
        }
        let also = named_with(app, kind, others).await?;
        let about = complained_of::named(app, kind, case_id, about.as_deref()).await?;
        let settled = self.settled(kind)?;
        if kind == EventKind::Dismissed {
            let dismissal =
                doubts::dismissal(app, case_id, case, Certainty::of(*sure)).await;
            doubts::together([dismissal])?;
        }
        let now = app.engine.clock.now();
        let today: Date = now.today();
        let mut payload = Map::new();
        payload.insert("on".to_owned(), json!(today));
        payload.insert("note".to_owned(), json!(reason));
        if kind.spec().has("by") {
            payload.insert("by".to_owned(), json!(actor.name));
        }
        if let Some(name) = &about {
            payload.insert(complaints::ABOUT.to_owned(), json!(name));
        }
        if let Some(outcome) = settled.outcome {
            payload.insert(ComplaintOutcome::KEY.to_owned(), json!(outcome));
        }
        if let Some(remedy) = &settled.remedy {
            payload.insert("remedy".to_owned(), json!(remedy));
        }
        if !also.is_empty() {
            let ids: Vec<String> = also.iter().map(ToString::to_string).collect();
            payload.insert("also".to_owned(), json!(ids));
        }
        let mut work = app.engine.begin_by(actor.because(reason), &now).await?;
        record(app, work.conn(), case_id, kind.as_str(), payload).await?;
        let (reported, also) = (kind.as_str().to_owned(), others.clone());
        let what = Entered::Reported {
            reported,
            also,
            about: about.clone(),
            came_to: settled.outcome,
            remedy: settled.remedy,
        };
        let work = work.journal_entry(case_id, what).await?;
        work.commit().await?;
        let named = EVENTS.zh(kind.as_str());
        let mut text = say(format!("已登记:{named}"), format!("entered: {kind}"));
        text += &complained_of::told(about.as_deref());
        if kind == EventKind::ComplaintResolved && settled.outcome.is_none() {
            text += &say(
                format!(
                    "\n  没有写明是否属实,未发放的奖励照旧;同一命令加 --outcome 可以补登:{}",
                    COMPLAINTS.listed(COMPLAINTS.all())
                ),
                "\n  it was not said whether it is true, and rewards go on as they stood; the same command with --outcome adds it: upheld, partly_upheld, unfounded or taken_back",
            );
        }
        let also_on = covered(app, case_id, kind.spec().places_hold).await?;
        text += &told_of_others(&also_on);
        text += &what_remains(app, case_id, case, kind).await?;
        Ok(Answer { text, data: Reported { kind, also_on } })
    }
}

/// What looking into a complaint came to.
struct ComplaintResult {
    outcome: Option<ComplaintOutcome>,
    remedy: Option<String>,
}

impl Report {
    /// Whether it says what a complaint came to that was settled without a word of that.
    async fn adds_an_outcome(
        &self,
        app: &App,
        case_id: CaseId,
        kind: EventKind,
    ) -> Result<bool> {
        if kind != EventKind::ComplaintResolved || self.outcome.is_none() {
            return Ok(false);
        }
        let mut conn = app.engine.store.read().await?;
        Ok(complaints::lacks_outcome(conn.conn(), case_id).await?)
    }

    /// What a complaint came to; nothing else has an outcome or a remedy.
    fn settled(&self, kind: EventKind) -> Result<ComplaintResult> {
        let remedy = told(self.remedy.as_ref());
        let is_settled = kind == EventKind::ComplaintResolved;
        if !is_settled && (self.outcome.is_some() || remedy.is_some()) {
            return refuse(say(
                format!(
                    "{} 不写 --outcome 和 --remedy,没有改动\n  提示:这两项只用于投诉办结",
                    EVENTS.zh(kind.as_str())
                ),
                format!(
                    "`{kind}` has neither --outcome nor --remedy; nothing was changed\n  hint: they are for `complaint_resolved`"
                ),
            ));
        }
        let Some(typed) = &self.outcome else {
            return Ok(ComplaintResult { outcome: None, remedy });
        };
        let Some(outcome) = ComplaintOutcome::parse(typed) else {
            bail!(say(
                format!(
                    "--outcome 没有 `{typed}`,没有登记\n  提示:可用 {}",
                    COMPLAINTS.listed(COMPLAINTS.all())
                ),
                format!(
                    "--outcome has no `{typed}`; nothing was entered\n  hint: use {}",
                    ComplaintOutcome::ALL.map(ComplaintOutcome::as_str).join(", ")
                ),
            ));
        };
        Ok(ComplaintResult { outcome: Some(outcome), remedy })
    }
}

/// The other loans that a report names; only what is about loans, and not about a
/// person, can name some.
async fn named_with(app: &App, kind: EventKind, also: &[String]) -> Result<Vec<CaseId>> {
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
        named.push(case_of(app, case).await?);
    }
    Ok(named)
}

/// The other loans on which a hold of this reason stands together with that of a case.
pub(super) async fn covered(
    app: &App,
    case_id: CaseId,
    reason: Option<HoldReason>,
) -> Result<Vec<String>> {
    let Some(reason) = reason else { return Ok(Vec::new()) };
    let mut conn = app.engine.store.read().await?;
    Ok(persons::beside(conn.conn(), case_id, reason.as_str()).await?)
}

/// Names the other loans that a hold covers.
pub(super) fn told_of_others(others: &[String]) -> String {
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
    app: &App,
    case_id: CaseId,
    case: &str,
    kind: EventKind,
) -> Result<()> {
    let (zh, en) = match kind {
        EventKind::DismissalWithdrawn if !is_dismissed(app, case_id).await? => (
            "没有登记过债权不成立或已消灭".to_owned(),
            "its claim was not dismissed".to_owned(),
        ),
        EventKind::LegalOverride if !awaits_override(app, case_id).await? => (
            "现在没有流程在等核准转诉".to_owned(),
            "no workflow of it waits for a `legal_override` now".to_owned(),
        ),
        _ => match kind.spec().lifts_hold {
            Some(of) if !stands(app, case_id, of).await? => (
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

async fn is_dismissed(app: &App, case_id: CaseId) -> Result<bool> {
    let mut conn = app.engine.store.read().await?;
    Ok(case_book::status(conn.conn(), case_id).await? == CaseStatus::Dismissed.as_str())
}

/// Whether a hold of this reason is in force; of a death, also whether the debtor is
/// reported dead by another loan.
async fn stands(app: &App, case_id: CaseId, of: HoldReason) -> Result<bool> {
    let today = app.engine.clock.now().today();
    let mut conn = app.engine.store.read().await?;
    if 0 < holds::standing(conn.conn(), case_id, of.as_str()).await? {
        return Ok(true);
    }
    let known = facts::load(conn.conn(), today, &[case_id.0]).await?;
    let debtor = known.get(&case_id).and_then(|facts| facts.debtor.as_ref());
    let is_dead = debtor.is_some_and(|debtor| debtor.deceased_on.is_some());
    Ok(of == HoldReason::Deceased && is_dead)
}

/// Whether a workflow of the case answers a `legal_override` where it stands.
async fn awaits_override(app: &App, case_id: CaseId) -> Result<bool> {
    let Some(runtime) = app.engine.runtime() else { return Ok(false) };
    let mut conn = app.engine.store.read().await?;
    let runs = one_case::open_runs(conn.conn(), case_id).await?;
    let awaited = EventKind::LegalOverride.as_str();
    Ok(runs.iter().any(|run| runtime.answers(&run.workflow, &run.stage, awaited)))
}

/// What is said beside the entry: that another complaint is still open, or where a claim
/// that stands again goes on.
async fn what_remains(
    app: &App,
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
        let mut conn = app.engine.store.read().await?;
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
