//! A payment entered by hand, confirmed by a second person (确认还款).

use anyhow::{Context, Result};
use domain::ids::EntryId;
use domain::journal::Entered;
use domain::ledger::EntryKind;
use serde::{Deserialize, Serialize};
use store::confirm::{self, ConfirmedBy};
use store::receipts;
use store::views::one_case::Line;

use crate::app::App;
use crate::command::CHIEFS;
use crate::language::say;
use crate::money::{line, number_stands, of_case};
use crate::{Actor, Answer, Done, Execute, Rules, authority, refuse};

/// A payment entered by hand is confirmed by a second person.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Confirm {
    /// The number of the ledger entry.
    pub entry: i64,
    /// The loan it has to be of.
    #[serde(default)]
    pub case: Option<String>,
    /// The number that the bank gives it.
    #[serde(default)]
    pub receipt: Option<String>,
    /// Why.
    pub reason: String,
}

/// What was confirmed.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Confirming {
    /// 1, or 0 where it was confirmed before.
    confirmed: u8,
    /// The number of the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<i64>,
}

impl Execute for Confirm {
    type Data = Confirming;

    fn rules(&self) -> Rules<'_> {
        Rules::of(CHIEFS).because(&self.reason).bearing_a_day()
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { entry, case, receipt, reason } = self;
        let entry = *entry;
        let found = payment(app, entry).await?;
        of_case(app, &found, entry, case.as_deref()).await?;
        if found.reversed {
            return refuse(say(
                format!("账目 {entry} 已冲正,不能确认"),
                format!("entry {entry} was reversed and cannot be confirmed"),
            ));
        }
        let alone = app.site().config.people.is_empty();
        if authority::collects(app, actor, found.case_id).await?
            || (!alone && found.actor == actor.name)
        {
            let name = &actor.name;
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
        let receipt = receipt.as_deref().map(str::trim).filter(|it| !it.is_empty());
        let now = app.engine.clock.now();
        let mut work = app.engine.begin_by(actor.because(reason), &now).await?;
        let by = ConfirmedBy::Person;
        let mut changed =
            confirm::confirm(work.conn(), &now, &[EntryId(entry)], by).await?;
        if let Some(number) = receipt {
            match receipts::set(work.conn(), EntryId(entry), number).await? {
                Ok(renamed) => changed += renamed,
                Err(owner) => {
                    work.rollback().await?;
                    return refuse(number_stands(
                        number,
                        &owner,
                        ("没有改动", "nothing was changed"),
                    ));
                }
            }
        }
        if changed == 0 {
            work.rollback().await?;
            let text = say(
                format!("账目 {entry} 已确认过,没有改动"),
                format!("entry {entry} was confirmed before; nothing was changed"),
            );
            return Ok(Answer { text, data: Confirming::default() });
        }
        let what = Entered::Confirmed {
            confirmed: EntryId(entry),
            amount: found.amount,
            receipt: receipt.map(str::to_owned),
        };
        let work = work.journal_entry(found.case_id, what).await?;
        work.commit().await?;
        let amount = found.amount;
        let text = say(
            format!("已确认账目 {entry}:{amount} 元"),
            format!("confirmed entry {entry}: {amount} yuan"),
        );
        Ok(Answer { text, data: Confirming { confirmed: 1, entry: Some(entry) } })
    }
}

async fn payment(app: &App, entry: i64) -> Result<Line> {
    let found = line(app, entry).await?.filter(|line| line.kind == EntryKind::Payment);
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
