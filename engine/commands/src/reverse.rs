//! A line of the ledger taken back (冲正).

use anyhow::Context;
use domain::ids::EntryId;
use domain::journal::{Entered, ReversedByHand};
use domain::ledger::EntryKind;
use domain::money::Fen;
use serde::{Deserialize, Serialize};
use store::ledger::NewEntry;
use store::views::one_case::Line;

use crate::app::App;
use crate::command::CHIEFS;
use crate::doubts::{self, Certainty};
use crate::language::say;
use crate::money::{Booked, SOURCE, book, known_already, line, of_case};
use crate::{Actor, Answer, Done, Execute, Rules};

/// A line of any kind taken back: a payment, or a due item, a waiver, a fee that was
/// booked wrongly.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Reverse {
    /// The number of the ledger entry.
    pub entry: i64,
    /// The loan it has to be of.
    #[serde(default)]
    pub case: Option<String>,
    /// It is right, although the command asks about it.
    #[serde(default)]
    pub sure: bool,
    /// Why.
    pub reason: String,
}

/// What was taken back.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Reversing {
    /// 1, or 0 where it was taken back before.
    booked: u8,
    /// In fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Fen>,
    /// What the line was.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<EntryKind>,
    /// Runs that go on where they stood.
    #[serde(skip_serializing_if = "Option::is_none")]
    reopened: Option<usize>,
}

impl Execute for Reverse {
    type Data = Reversing;

    fn rules(&self) -> Rules<'_> {
        Rules::of(CHIEFS).because(&self.reason).bearing_a_day()
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { entry, case, reason, sure } = self;
        let (entry, case) = (*entry, case.as_deref());
        let now = app.engine.clock.now();
        let found =
            line(app, entry).await?.filter(|line| line.kind != EntryKind::Reversal);
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
        of_case(app, &found, entry, case).await?;
        doubts::together([doubts::opening(&found, entry, Certainty::of(*sure))])?;
        let new = NewEntry {
            case_id: found.case_id,
            kind: EntryKind::Reversal,
            amount: found.amount,
            booked_on: now.today(),
            reverses: Some(EntryId(entry)),
            source: SOURCE.to_owned(),
            dedupe_key: format!("reverse:{entry}"),
            actor: actor.name.clone(),
            note: reason.clone(),
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
        let booked = book(app, actor, (&new, None, None), async |_| Ok(()), what).await?;
        let Some(Booked { reopened, .. }) = booked else {
            return Ok(Answer { text: known_already(), data: Reversing::default() });
        };
        let text = told_of_reversal(entry, &found, reopened);
        let data = Reversing {
            booked: 1,
            amount: Some(amount),
            kind: Some(kind),
            reopened: Some(reopened),
        };
        Ok(Answer { text, data })
    }
}

fn told_of_reversal(entry: i64, found: &Line, reopened: usize) -> String {
    let (amount, kind) = (found.amount, found.kind);
    let mut text = say(
        format!("已入账 {amount} 元:冲正账目 {entry}({})", title_of(kind)),
        format!("booked {amount} yuan: reversal of entry {entry} ({})", kind.as_str()),
    );
    if found.source == import::SOURCE {
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
    text
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
