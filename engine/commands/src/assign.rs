//! Who works a case (改派): given to another collector, with the open work on it.

use anyhow::bail;
use domain::ids::CaseId;
use domain::journal::Entered;
use serde::{Deserialize, Serialize};
use store::{assigned, tasks};

use crate::app::App;
use crate::command::CHIEFS;
use crate::language::say;
use crate::writes::case_of;
use crate::{Actor, Answer, Done, Execute, Rules, refuse, staff};

/// Cases that change hands together, in one transaction.
const PORTION: usize = 500;

/// Give cases to another collector, with the open work on them; the bank's list keeps
/// that until it names somebody else than it did.
#[derive(clap::Args, Clone, Debug, Default, Deserialize, Serialize)]
pub struct Assign {
    /// The loan numbers.
    #[arg(value_name = "CASE")]
    pub cases: Vec<String>,
    /// All cases of this collector, who has left or is away.
    #[arg(long, value_name = "NAME", conflicts_with = "cases")]
    #[serde(default)]
    pub all_of: Option<String>,
    /// Who works them from now on.
    #[arg(long, value_name = "NAME")]
    pub to: String,
    /// Carry out --all-of; without it the cases are counted.
    #[arg(long)]
    #[serde(default)]
    pub yes: bool,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

/// What was given to whom.
#[derive(Debug, Serialize)]
pub(crate) struct Assigned {
    to: String,
    /// Cases that were found.
    found: usize,
    /// Cases that have changed hands.
    assigned: usize,
    /// Open pieces of work that went with them.
    tasks: u64,
}

impl Execute for Assign {
    type Data = Assigned;

    fn rules(&self) -> Rules<'_> {
        Rules::of(CHIEFS).because(&self.reason)
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let to = staff::known(app, self.to.trim(), "--to").await?;
        let cases = self.named(app).await?;
        let found = cases.len();
        if self.all_of.is_some() && !self.yes {
            let text = say(
                format!("找到 {found} 户,没有改动\n  提示:加 --yes 改派给 {to}"),
                format!(
                    "{found} cases found; nothing was changed\n  hint: --yes gives them to {to}"
                ),
            );
            return Ok(Answer {
                text,
                data: Assigned { to, found, assigned: 0, tasks: 0 },
            });
        }
        let mut data = Assigned { to, found, assigned: 0, tasks: 0 };
        for portion in cases.chunks(PORTION) {
            if app.engine.interrupt.is_raised() {
                break;
            }
            self.give(app, actor, portion, &mut data).await?;
            tokio::task::yield_now().await;
        }
        if data.assigned == 0 {
            let to = &data.to;
            return refuse(say(
                format!("已由 {to} 经办,没有改动"),
                format!("{to} works it already; nothing was changed"),
            ));
        }
        let Assigned { to, assigned, tasks, .. } = &data;
        let text = say(
            format!("{assigned} 户改由 {to} 经办,未办结的待办 {tasks} 件一并移交"),
            format!(
                "{assigned} cases are worked by {to} now; {tasks} open tasks went along"
            ),
        );
        Ok(Answer { text, data })
    }
}

impl Assign {
    /// The cases that are meant.
    async fn named(&self, app: &App) -> anyhow::Result<Vec<CaseId>> {
        if let Some(of) = self.all_of.as_deref().map(str::trim) {
            let mut conn = app.engine.store.read().await?;
            let names = app.engine.names_of(&app.engine.called(of));
            return Ok(assigned::of_collector(conn.conn(), &names).await?);
        }
        if self.cases.is_empty() {
            bail!(say(
                "请写贷款编号,或用 --all-of 写原经办人",
                "name the loans, or whose all of them with --all-of",
            ));
        }
        let mut cases = Vec::with_capacity(self.cases.len());
        for case in &self.cases {
            cases.push(case_of(app, case).await?);
        }
        cases.sort_unstable();
        cases.dedup();
        Ok(cases)
    }

    /// Gives some cases over, each with its line in the journal.
    async fn give(
        &self,
        app: &App,
        actor: &Actor,
        cases: &[CaseId],
        data: &mut Assigned,
    ) -> anyhow::Result<()> {
        let now = app.engine.clock.now();
        let mut work = app.engine.begin_by(actor.because(&self.reason), &now).await?;
        let moved = assigned::give(work.conn(), cases, &data.to).await?;
        if moved.is_empty() {
            work.rollback().await?;
            return Ok(());
        }
        data.assigned += moved.len();
        data.tasks += tasks::hand_on(work.conn(), &moved, &data.to).await?;
        let entry = |(case, from): (CaseId, Option<String>)| {
            (case, Entered::Assigned { assigned: data.to.clone(), from })
        };
        let work = work.journal_entry_each(moved.into_iter().map(entry)).await?;
        work.commit().await?;
        Ok(())
    }
}
