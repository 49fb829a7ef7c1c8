//! Money by hand (手工账): what entering, confirming and taking back have in common.

use anyhow::{Result, bail};
use domain::components::Components;
use domain::ids::EntryId;
use domain::journal::Entered;
use domain::ledger::Payer;
use domain::money::Fen;
use store::ledger::NewEntry;
use store::receipts::Owner;
use store::views::one_case::{self, Line};
use store::{Conn, components, payers};

use crate::app::App;
use crate::language::say;
use crate::writes::case_of;
use crate::{Actor, refuse};

/// Where every entry by hand says it came from.
pub(super) const SOURCE: &str = "hand";

/// Refuses what is no sum of money that anybody owes.
pub(super) fn sane(amount: Fen) -> Result<()> {
    if Fen::MOST < amount {
        let most = Fen::MOST;
        bail!(say(
            format!("金额 {amount} 元超过上限 {most} 元:请核对金额,没有改动"),
            format!(
                "{amount} yuan is above the limit of {most}: check it; nothing was changed"
            ),
        ));
    }
    Ok(())
}

pub(super) fn known_already() -> String {
    say("已登记过,没有改动", "entered before; nothing was changed")
}

pub(super) fn number_stands(number: &str, owner: &Owner, done: (&str, &str)) -> String {
    let (zh, en) = done;
    let Owner { entry, case_no, amount, booked_on, .. } = owner;
    say(
        format!(
            "凭证号 {number} 已用于 {case_no} 的账目 {entry}({booked_on},{amount} 元),{zh}\n  \
             提示:那一笔记错的,先用 `qingshou pay --reverse {entry} --reason …` 冲正,\
             凭证号即可再用;确为另一笔的,请核对凭证号"
        ),
        format!(
            "receipt {number} is of entry {entry} of {case_no} ({booked_on}, {amount} yuan); \
             {en}\n  hint: if that one is wrong, take it back with \
             `qingshou pay --reverse {entry} --reason …` and the number is free again; if this \
             is another payment, check the number"
        ),
    )
}

/// An entry that has been booked.
pub(super) struct Booked {
    /// Its number.
    pub(super) number: i64,
    /// Runs that go on because it took a slip back.
    pub(super) reopened: usize,
}

/// Books one entry with its line in the journal of the case, both or neither;
/// `None` when it stands in the book already. `once_more` is what has to hold while
/// nobody else can write.
pub(super) async fn book(
    app: &App,
    actor: &Actor,
    (entry, payer, parts): (&NewEntry, Option<Payer>, Option<Components>),
    once_more: impl AsyncFnOnce(&mut Conn) -> Result<()>,
    what: impl FnOnce(i64) -> Entered,
) -> Result<Option<Booked>> {
    let engine = &app.engine;
    let now = engine.clock.now();
    let mut work = engine.begin_by(actor.because(&entry.note), &now).await?;
    once_more(work.conn()).await?;
    let posted = engine.post_in(work.tx(), &now, std::slice::from_ref(entry)).await?;
    if posted.booked == 0 {
        work.rollback().await?;
        if posted.duplicates == 0 {
            bail!(say(
                "没有入账:凭证号刚被另一笔占用,或该笔账目已冲正过",
                "not booked: another entry has just taken the number, or the line was reversed before",
            ));
        }
        return Ok(None);
    }
    let number = one_case::entry_under(work.conn(), SOURCE, &entry.dedupe_key).await?.0;
    if let Some(payer) = payer {
        payers::name(work.conn(), EntryId(number), payer).await?;
    }
    if let Some(parts) = parts {
        components::give(work.conn(), &[(EntryId(number), parts)]).await?;
    }
    let mut work = work.journal_entry(entry.case_id, what(number)).await?;
    let mut reopened = 0;
    if let Some(slip) = entry.reverses {
        let (by, why) = (&actor.name, &entry.note);
        let of_case = (entry.case_id, slip);
        reopened = engine.reopen_in(work.tx(), &now, of_case, by, why).await?;
    }
    work.commit().await?;
    Ok(Some(Booked { number, reopened }))
}

pub(super) async fn line(app: &App, entry: i64) -> Result<Option<Line>> {
    let mut conn = app.engine.store.read().await?;
    Ok(one_case::line(conn.conn(), EntryId(entry)).await?)
}

/// Refuses an entry of another case than the one named beside it.
pub(super) async fn of_case(
    app: &App,
    found: &Line,
    entry: i64,
    case: Option<&str>,
) -> Result<()> {
    let Some(case) = case else { return Ok(()) };
    if case_of(app, case).await? != found.case_id {
        return refuse(say(
            format!(
                "账目 {entry} 不是 {case} 的,没有改动\n  \
                 提示:用 `qingshou case show {case}` 查看账目编号"
            ),
            format!(
                "entry {entry} is not of {case}; nothing was changed\n  hint: `qingshou case \
                 show {case}` shows the numbers of its entries"
            ),
        ));
    }
    Ok(())
}
