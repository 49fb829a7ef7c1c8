//! Old stock (存量案件) enters a workflow by a search: counted first, then carried out
//! some cases at a time, each with its line in the journal.

use anyhow::{Result, bail};
use domain::enrolment::{Condition, Enrolment, Test};
use domain::ids::CaseId;
use domain::journal::Entered;
use domain::near::{nearest, perhaps};
use runtime::enrol::{instance, is_by_due_date};
use script::program::Workflow;
use serde::{Deserialize, Serialize};
use store::enrol::{self, NewInstance};
use store::{Conn, case_book, lost_places};

use crate::app::App;
use crate::command::CHIEFS;
use crate::language::say;
use crate::{Actor, Answer, Done, Execute, Rules};

/// Cases that enter together, in one transaction.
const PORTION: usize = 500;
/// So many are named before anything is done.
const NAMED: usize = 5;

/// Put every case that a search finds into a workflow: counts them, and lets them enter
/// when that is wanted.
///
/// A case whose lane is taken is left out, and so is one that has been in the
/// workflow in this overdue episode.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct EnrolMany {
    /// The workflow.
    pub workflow: String,
    /// What must hold of a case; amounts in fen.
    pub conditions: Vec<Condition>,
    /// Carry it out; otherwise count.
    pub sure: bool,
    /// Why.
    pub reason: String,
}

/// Who was found, and who entered.
#[derive(Debug, Serialize)]
pub(crate) struct Enrolling {
    workflow: String,
    /// Cases that meet the conditions.
    found: usize,
    /// Cases that are in the workflow now.
    entered: usize,
}

impl Execute for EnrolMany {
    type Data = Enrolling;

    fn rules(&self) -> Rules<'_> {
        Rules::of(CHIEFS).because(&self.reason).bearing_a_day()
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { workflow: wanted, conditions, sure, reason } = self;
        let Some(runtime) = app.engine.runtime() else {
            bail!(say("还没有可运行的版本", "there is no release to run yet"));
        };
        let Some(workflow) = runtime.program.workflows.get(wanted) else {
            let all: Vec<&str> =
                runtime.program.workflows.keys().map(String::as_str).collect();
            let (name, all, en) = (wanted, all.join("、"), all.join(", "));
            bail!(say(
                format!("没有流程 `{name}`\n  提示:现有 {all}"),
                format!("there is no workflow `{name}`\n  hint: there are {en}"),
            ));
        };
        let search = search_for(workflow, conditions);
        let mut found = {
            let mut conn = app.engine.store.read().await?;
            let today = app.engine.clock.now().today();
            known_words(conditions, conn.conn()).await?;
            let (name, lane) = (&workflow.name, &workflow.lane);
            enrol::candidates(conn.conn(), today, name, lane, &search).await?
        };
        found.sort_unstable();
        let lost = {
            let mut conn = app.engine.store.read().await?;
            lost_places::in_lane(conn.conn(), &workflow.lane).await?
        };
        if !sure {
            let Answer { text, data } = count(app, workflow, &found).await?;
            return Ok(Answer { text: text + &left_out(lost), data });
        }
        let mut entered = 0;
        for portion in found.chunks(PORTION) {
            if app.engine.interrupt.is_raised() {
                break;
            }
            entered += open(app, actor, workflow, &search, portion, reason).await?;
            tokio::task::yield_now().await;
        }
        let name = &workflow.name;
        let text = say(
            format!("{entered} 户已进入流程 {name}"),
            format!("{entered} cases have entered {name}"),
        ) + &left_out(lost);
        let data = Enrolling { workflow: name.clone(), found: found.len(), entered };
        Ok(Answer { text, data })
    }
}

/// Cases that a rollback left in a stage which the release lacks are found by no search:
/// each of them is somebody's decision.
fn left_out(lost: i64) -> String {
    if lost == 0 {
        return String::new();
    }
    say(
        format!(
            "\n  注意:同一条线上另有 {lost} 户停在当前版本没有的环节,不在此列;逐户用 `qingshou case enrol 案件 流程 --reason …` 移入,见 `qingshou status`"
        ),
        format!(
            "\n  note: {lost} more of this lane stand in a stage that the release lacks and are not among these; move each by `qingshou case enrol CASE WORKFLOW --reason …`, see `qingshou status`"
        ),
    )
}

/// Refuses a village, an office, a collector or a product that no case of the book
/// has: nothing found would pass for an answer.
async fn known_words(conditions: &[Condition], conn: &mut Conn) -> Result<()> {
    const FIELDS: [(&str, &str); 4] = [
        ("village", "村"),
        ("org", "机构"),
        ("collector", "信贷员"),
        ("product", "产品"),
    ];
    for condition in conditions {
        let (Some((field, zh)), Test::OneOf(words)) =
            (FIELDS.iter().find(|field| field.0 == condition.field), &condition.test)
        else {
            continue;
        };
        for word in words {
            if case_book::has_value(conn, field, word).await? {
                continue;
            }
            let known = case_book::values(conn, field).await?;
            let near = perhaps(nearest(word, known.iter().map(String::as_str)));
            bail!(say(
                format!("全部案件里没有{zh} `{word}`{},没有改动", near.zh),
                format!(
                    "no case has the {field} `{word}`{}; nothing was changed",
                    near.en
                ),
            ));
        }
    }
    Ok(())
}

/// What looks ahead of due dates is entered once for each of them, by hand too:
/// whatever the search names, those with a date ahead are meant.
fn search_for(workflow: &Workflow, conditions: &[Condition]) -> Enrolment {
    let mut search =
        Enrolment { conditions: conditions.to_vec(), ..Enrolment::default() };
    if is_by_due_date(workflow) && !search.is_by_due_date() {
        let field = "days_until_due".to_owned();
        search.conditions.push(Condition { field, test: Test::AtLeast(0) });
    }
    search
}

async fn count(app: &App, workflow: &Workflow, found: &[CaseId]) -> Done<Enrolling> {
    let mut conn = app.engine.store.read().await?;
    let first = found.get(..NAMED.min(found.len())).unwrap_or_default();
    let numbers = case_book::case_nos(conn.conn(), first).await?;
    let mut numbers: Vec<&str> = numbers.values().map(String::as_str).collect();
    numbers.sort_unstable();
    let (count, name) = (found.len(), &workflow.name);
    let more = if NAMED < count { " …" } else { "" };
    let named = format!("{}{more}", numbers.join(&say("、", ", ")));
    let text = if found.is_empty() {
        say(
            "没有符合条件的案件(已在该线上、或本次逾期已进入过该流程的不计)".to_owned(),
            "no case meets the conditions (those whose lane is taken, or that have been in the workflow in this overdue episode, do not count)".to_owned(),
        )
    } else {
        say(
            format!(
                "{count} 户符合条件,将进入流程 {name}:{named}\n  提示:核对后加 --yes 办理;没有改动"
            ),
            format!(
                "{count} cases meet the conditions and would enter {name}: {named}\n  hint: add --yes to carry it out; nothing was changed"
            ),
        )
    };
    let data = Enrolling { workflow: name.clone(), found: count, entered: 0 };
    Ok(Answer { text, data })
}

/// Opens those of a portion that still meet the search.
async fn open(
    app: &App,
    actor: &Actor,
    workflow: &Workflow,
    search: &Enrolment,
    portion: &[CaseId],
    reason: &str,
) -> Result<usize> {
    let Some(runtime) = app.engine.runtime() else { return Ok(0) };
    let now = app.engine.clock.now();
    let (name, lane) = (&workflow.name, &workflow.lane);
    let mut work = app.engine.begin_by(actor.because(reason), &now).await?;
    let met =
        enrol::meeting(work.conn(), now.today(), name, lane, search, portion).await?;
    let met: Vec<CaseId> =
        portion.iter().copied().filter(|it| met.contains(it)).collect();
    if met.is_empty() {
        work.rollback().await?;
        return Ok(0);
    }
    let by_due_date = search.is_by_due_date();
    let new: Vec<NewInstance> = met
        .iter()
        .map(|it| NewInstance { by_due_date, ..instance(workflow, *it, &actor.name) })
        .collect();
    let opened = app.engine.open_in(work.conn(), &runtime, &new).await?;
    let what = Entered::Enrolled { enrolled: name.clone(), withdrawn: None };
    work.journal_entries(&met, &what).await?.commit().await?;
    Ok(opened)
}
