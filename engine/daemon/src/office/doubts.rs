//! Doubts (存疑): what is most likely a slip of the hand is asked once more before
//! it is written.

use anyhow::Result;
use domain::ids::CaseId;
use domain::money::Fen;
use jiff::ToSpan;
use jiff::civil::Date;
use script::finding::nearest;
use store::ledger;

use crate::office::language::say;
use crate::office::refuse;
use crate::workshop::Workshop;

/// A promise further out than half a year is most likely a wrong year.
const FAR_OUT_DAYS: i64 = 180;

/// Whether the person has looked twice and means it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Certainty {
    /// `--sure` was given.
    Sure,
    /// Nothing was said.
    Ask,
}

impl Certainty {
    pub(super) fn of(sure: bool) -> Self {
        if sure { Self::Sure } else { Self::Ask }
    }

    /// Refuses what is in doubt, unless the person is sure of it.
    fn doubt(self, zh: &str, en: &str) -> Result<()> {
        if self == Self::Sure {
            return Ok(());
        }
        refuse(say(
            format!("{zh},没有写入\n  提示:核对无误的,加 --sure 再运行一次"),
            format!(
                "{en}; nothing was written\n  hint: if it is right, run it again with --sure"
            ),
        ))
    }
}

/// Asks about a payment above all that is known to be owed.
pub(super) async fn payment(
    shop: &Workshop,
    case_id: CaseId,
    amount: Fen,
    certainty: Certainty,
) -> Result<()> {
    let owed = owed(shop, case_id).await?;
    if amount <= owed {
        return Ok(());
    }
    certainty.doubt(
        &format!("还款 {amount} 元超过本案所欠的 {owed} 元"),
        &format!(
            "the payment of {amount} yuan is above the {owed} yuan owed on this case"
        ),
    )
}

/// Asks about a promise above all that is known to be owed, or very far out.
pub(super) async fn promise(
    shop: &Workshop,
    case_id: CaseId,
    (amount, due_on): (Fen, Date),
    certainty: Certainty,
) -> Result<()> {
    let owed = owed(shop, case_id).await?;
    if owed < amount {
        certainty.doubt(
            &format!("承诺金额 {amount} 元超过本案所欠的 {owed} 元"),
            &format!(
                "the promise of {amount} yuan is above the {owed} yuan owed on this case"
            ),
        )?;
    }
    let furthest = shop.engine.clock.now().today().saturating_add(FAR_OUT_DAYS.days());
    if due_on <= furthest {
        return Ok(());
    }
    certainty.doubt(
        &format!("承诺还款日 {due_on} 在 {FAR_OUT_DAYS} 天以后"),
        &format!("the promised day {due_on} is more than {FAR_OUT_DAYS} days away"),
    )
}

/// The visitors by the names under which they are listed; asks about one who
/// is not on the list. A site that lists nobody takes every name.
pub(super) fn visitors(
    shop: &Workshop,
    given: &[String],
    certainty: Certainty,
) -> Result<Vec<String>> {
    let people = &shop.site().config.people;
    let listed = |name: &str| {
        let person =
            people.iter().find(|person| person.name == name || person.login == name);
        person.map(|person| person.name.clone())
    };
    let mut visitors = Vec::with_capacity(given.len());
    for name in given.iter().map(|name| name.trim()) {
        if let Some(known) = listed(name) {
            visitors.push(known);
            continue;
        }
        if !people.is_empty() {
            let meant = nearest(name, people.iter().map(|person| person.name.as_str()));
            let (zh, en) = meant.map_or_else(Default::default, |meant| {
                (format!("(是否应为 “{meant}”?)"), format!(" (did you mean “{meant}”?)"))
            });
            certainty.doubt(
                &format!("上门人 “{name}” 不在 qingshou.toml 的 `people` 里{zh}"),
                &format!(
                    "the visitor “{name}” is not among the people of qingshou.toml{en}"
                ),
            )?;
        }
        visitors.push(name.to_owned());
    }
    Ok(visitors)
}

/// All that is known to be owed on a case: a list without amounts knows the
/// principal alone.
async fn owed(shop: &Workshop, case_id: CaseId) -> Result<Fen> {
    let mut conn = shop.engine.store.read().await?;
    Ok(ledger::most_owed(conn.conn(), case_id).await?)
}
