//! Whose money a payment was, found out afterwards (核实付款人).

use anyhow::{Context, Result};
use domain::ids::EntryId;
use domain::journal::Entered;
use domain::ledger::{EntryKind, Payer};
use runtime::words::PAYERS;
use serde::{Deserialize, Serialize};
use store::payers;
use store::views::one_case::Line;

use crate::app::App;
use crate::command::CHIEFS;
use crate::language::say;
use crate::money::{line, of_case};
use crate::{Actor, Answer, Done, Execute, Rules, authority, refuse};

/// Says whose money a payment was, where a bank's file named nobody of the loan or the
/// wrong one. The debtor's own money begins the limitation period anew (Civil Code 195),
/// anybody else's does not.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Whose {
    /// The number of the ledger entry.
    pub entry: i64,
    /// The loan it has to be of.
    #[serde(default)]
    pub case: Option<String>,
    /// Whose money it was.
    pub payer: Payer,
    /// How that was found out.
    pub reason: String,
}

/// What was said.
#[derive(Debug, Serialize)]
pub(crate) struct Said {
    /// The number of the entry.
    entry: i64,
    /// Whose money it was.
    payer: Payer,
}

impl Execute for Whose {
    type Data = Said;

    fn rules(&self) -> Rules<'_> {
        Rules::of(CHIEFS).because(&self.reason)
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { entry, case, payer, reason } = self;
        let (entry, payer) = (*entry, *payer);
        let found = payment(app, entry).await?;
        of_case(app, &found, entry, case.as_deref()).await?;
        if authority::collects(app, actor, found.case_id).await? {
            let name = &actor.name;
            return refuse(say(
                format!(
                    "{name} 是本案信贷员,不能登记账目 {entry} 的付款人\n  \
                     提示:请另一位主管核实后登记"
                ),
                format!(
                    "{name} works this case and cannot say whose money entry {entry} was\n  \
                     hint: let another supervisor find it out"
                ),
            ));
        }
        let now = app.engine.clock.now();
        let mut work = app.engine.begin_by(actor.because(reason), &now).await?;
        payers::correct(work.conn(), EntryId(entry), payer).await?;
        let what = Entered::Payer { whose: EntryId(entry), amount: found.amount, payer };
        let work = work.journal_entry(found.case_id, what).await?;
        work.commit().await?;
        let text = say(
            format!("账目 {entry} 的付款人登记为{}", PAYERS.zh(payer.as_str())),
            format!("entry {entry} was paid by: {payer}"),
        );
        Ok(Answer { text, data: Said { entry, payer } })
    }
}

async fn payment(app: &App, entry: i64) -> Result<Line> {
    let found = line(app, entry).await?.filter(|line| line.kind == EntryKind::Payment);
    found.with_context(|| {
        say(
            format!("账目 {entry} 不是一笔还款\n  提示:用 `qingshou report account --case 贷款编号` 查看账目编号"),
            format!(
                "entry {entry} is no payment\n  hint: `qingshou report account --case CASE` shows \
                 the numbers of entries"
            ),
        )
    })
}
