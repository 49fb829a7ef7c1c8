//! A unit of work (一笔写入): what belongs together is written together, the plugins
//! hear of it, and what a person does stands in the journal; or none of it is kept.
//!
//! | who writes | begins with | can be committed |
//! |---|---|---|
//! | the engine: daily round, hand-over, timers | [`Engine::begin`] | at once |
//! | a person | [`Engine::begin_by`] | when the journal has their line |
//! | whoever writes what no plugin hears of | [`Engine::begin_silent`] | at once |
//!
//! Whatever is dropped on the way is rolled back.

use anyhow::{Result, bail};
use domain::ids::CaseId;
use domain::journal::{ByHand, Entered, Entry};
use store::journal::{self, NewLine};
use store::{Conn, Now, StoreError, WriteTx};

use crate::Engine;

/// Why what a person does is not kept.
const NO_LINE: &str =
    "没有日志就不能写入 · nothing is written without a line in the journal";

/// Who writes, and why: what the journal takes of a person.
#[derive(Clone, Copy, Debug)]
pub struct Signature<'p> {
    /// Their name.
    pub by: &'p str,
    /// Their reason, in their own words.
    pub reason: &'p str,
}

impl Signature<'_> {
    /// The line that says what they did.
    fn entry(self, what: Entered) -> Entry {
        let (by, reason) = (self.by.to_owned(), self.reason.to_owned());
        Entry::ByHand(ByHand { by, reason, what })
    }
}

/// Why the plugins hear of nothing when something is written: no event comes of it, or
/// whoever begins it tells them afterwards.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Silence {
    /// Cursors, counts, seals and notes of the engine itself.
    Notes,
    /// They have been told already: what followed needed what they raised.
    Told,
    /// Orders change hands, wait behind a stop or are let go. What becomes of one is told
    /// with its outcome.
    Orders,
    /// Cases enter workflows, are parked, or have their timers moved.
    Runs,
    /// A release goes live or is taken out of service.
    Releases,
    /// Tasks are closed that no workflow hears of.
    Tasks,
    /// A book begins: its entries are history and raise no events.
    History,
}

/// Something to be written by the engine, or by a person whose line the journal has.
#[must_use = "what is not committed is rolled back"]
pub struct Work<'w> {
    engine: &'w Engine,
    now: Now,
    tx: WriteTx,
}

impl Work<'_> {
    /// The connection, for the functions of the store.
    pub fn conn(&mut self) -> &mut Conn {
        self.tx.conn()
    }

    /// The transaction, for functions of the engine that write a part of it.
    pub fn tx(&mut self) -> &mut WriteTx {
        &mut self.tx
    }

    /// Tells the plugins of every event they have not heard of, and makes it last.
    ///
    /// # Errors
    ///
    /// A plugin fails, or the store cannot be written; nothing was written then.
    pub async fn commit(self) -> Result<()> {
        self.commit_portion().await.map(|_| ())
    }

    /// [`Self::commit`]; answers whether the plugins have heard of everything. A long
    /// import leaves more than one work tells.
    ///
    /// # Errors
    ///
    /// As [`Self::commit`].
    pub async fn commit_portion(mut self) -> Result<bool> {
        let is_all = self.engine.notify_plugins(&mut self.tx, &self.now).await?;
        self.tx.commit().await?;
        Ok(is_all)
    }

    /// Makes it last without a word to the plugins, where nothing came of it that they
    /// hear of.
    ///
    /// # Errors
    ///
    /// The store cannot be written; nothing was written then.
    pub async fn commit_silent(self, _why: Silence) -> Result<(), StoreError> {
        self.tx.commit().await
    }

    /// Takes back what was written.
    ///
    /// # Errors
    ///
    /// Any fault of the database.
    pub async fn rollback(self) -> Result<(), StoreError> {
        self.tx.rollback().await
    }
}

/// Something to be written by a person. It cannot be committed before the journal says
/// who did it and why: that makes it a [`Work`].
#[must_use = "what is not committed is rolled back"]
pub struct UnsignedWork<'w> {
    work: Work<'w>,
    signature: Signature<'w>,
    /// The last line of the journal before.
    last_line: i64,
}

impl<'w> UnsignedWork<'w> {
    /// The connection, for the functions of the store.
    pub fn conn(&mut self) -> &mut Conn {
        self.work.conn()
    }

    /// The transaction, for functions of the engine that write a part of it.
    pub fn tx(&mut self) -> &mut WriteTx {
        self.work.tx()
    }

    /// Writes into a case's journal what the person did and why.
    ///
    /// # Errors
    ///
    /// The store cannot be written; all of it is given up then.
    pub async fn journal_entry(self, case_id: CaseId, what: Entered) -> Result<Work<'w>> {
        let entry = self.signature.entry(what);
        self.record(&[NewLine::of_case(case_id, entry)]).await
    }

    /// [`Self::journal_entry`] for what is about no case, in the site's own journal.
    ///
    /// # Errors
    ///
    /// As [`Self::journal_entry`].
    pub async fn journal_entry_of_site(self, what: Entered) -> Result<Work<'w>> {
        let entry = self.signature.entry(what);
        self.record(&[NewLine::of_site(entry)]).await
    }

    /// [`Self::journal_entry`] for what is about a case, or else about none.
    ///
    /// # Errors
    ///
    /// As [`Self::journal_entry`].
    pub async fn journal_entry_about(
        self,
        case_id: Option<CaseId>,
        what: Entered,
    ) -> Result<Work<'w>> {
        match case_id {
            Some(case_id) => self.journal_entry(case_id, what).await,
            None => self.journal_entry_of_site(what).await,
        }
    }

    /// [`Self::journal_entry`] for the same on several cases.
    ///
    /// # Errors
    ///
    /// As [`Self::journal_entry`]; also that there is no case.
    pub async fn journal_entries(
        self,
        cases: &[CaseId],
        what: &Entered,
    ) -> Result<Work<'w>> {
        let line =
            |case: &CaseId| NewLine::of_case(*case, self.signature.entry(what.clone()));
        let lines: Vec<NewLine> = cases.iter().map(line).collect();
        self.record(&lines).await
    }

    /// [`Self::journal_entry`] for what is not the same on each of several cases.
    ///
    /// # Errors
    ///
    /// As [`Self::journal_entry`]; also that there is no case.
    pub async fn journal_entry_each(
        self,
        entries: impl IntoIterator<Item = (CaseId, Entered)>,
    ) -> Result<Work<'w>> {
        let line = |(case, what)| NewLine::of_case(case, self.signature.entry(what));
        let lines: Vec<NewLine> = entries.into_iter().map(line).collect();
        self.record(&lines).await
    }

    /// Writes lines of another kind that name the person.
    ///
    /// # Errors
    ///
    /// The store cannot be written, or there is no line; all of it is given up then.
    pub async fn record(mut self, lines: &[NewLine]) -> Result<Work<'w>> {
        if lines.is_empty() {
            bail!(NO_LINE);
        }
        let now = self.work.now;
        journal::append(self.work.conn(), &now, lines).await?;
        Ok(self.work)
    }

    /// For what a function of the store has written together with a line that names the
    /// person: looks that the line is there.
    ///
    /// # Errors
    ///
    /// There is none, or the store cannot be read; all of it is given up then.
    pub(crate) async fn recorded(mut self) -> Result<Work<'w>> {
        if journal::last_line(self.work.conn()).await? <= self.last_line {
            bail!(NO_LINE);
        }
        Ok(self.work)
    }

    /// Takes back what was written.
    ///
    /// # Errors
    ///
    /// Any fault of the database.
    pub async fn rollback(self) -> Result<(), StoreError> {
        self.work.rollback().await
    }
}

impl Engine {
    /// Begins to write something that the engine does by itself.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub async fn begin(&self, now: &Now) -> Result<Work<'_>, StoreError> {
        Ok(Work { engine: self, now: *now, tx: self.store.write().await? })
    }

    /// Begins to write something that a person does.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub async fn begin_by<'w>(
        &'w self,
        signature: Signature<'w>,
        now: &Now,
    ) -> Result<UnsignedWork<'w>, StoreError> {
        let mut work = self.begin(now).await?;
        let last_line = journal::last_line(work.conn()).await?;
        Ok(UnsignedWork { work, signature, last_line })
    }

    /// Begins to write something that the plugins do not hear of.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub async fn begin_silent(&self, _why: Silence) -> Result<WriteTx, StoreError> {
        self.store.write().await
    }
}

#[cfg(test)]
mod tests {
    use domain::journal::ClockConfirmed;
    use store::{Store, meta};

    use super::*;
    use crate::Plugins;
    use crate::assemble;
    use crate::clock::Clock;
    use crate::marker::Marker;

    const KEY: &str = "written_by_a_test";
    const MAKER: Signature<'static> =
        Signature { by: "示例主管", reason: "示例理由" };

    async fn found(engine: &Engine) -> (Option<String>, usize) {
        let mut conn = engine.store.read().await.unwrap();
        let text = meta::text(conn.conn(), KEY).await.unwrap();
        let lines = journal::page(conn.conn(), 0, i64::MAX, None).await.unwrap();
        let of_maker = lines.iter().filter(|line| line.body.contains(MAKER.by));
        (text, of_maker.count())
    }

    #[tokio::test]
    async fn nothing_of_a_person_is_kept_before_the_journal_names_them() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::for_test(folder.path()).await.unwrap();
        let clock = Clock::machine("Asia/Shanghai").unwrap();
        let (plugins, marker) = (Plugins::default(), Marker::default());
        let engine = assemble(store, clock, plugins, marker).await.unwrap();
        let now = engine.clock.now();
        let begun = || engine.begin_by(MAKER, &now);

        let mut dropped = begun().await.unwrap();
        meta::set_text(dropped.conn(), KEY, "dropped").await.unwrap();
        drop(dropped);
        let mut nameless = begun().await.unwrap();
        meta::set_text(nameless.conn(), KEY, "nameless").await.unwrap();
        assert!(nameless.record(&[]).await.is_err(), "no line, no work");
        let mut of_nobody = begun().await.unwrap();
        meta::set_text(of_nobody.conn(), KEY, "about no case").await.unwrap();
        let what = clock_confirmed();
        assert!(of_nobody.journal_entries(&[], &what).await.is_err(), "no case, no line");
        let mut unwritten = begun().await.unwrap();
        meta::set_text(unwritten.conn(), KEY, "by the store").await.unwrap();
        assert!(unwritten.recorded().await.is_err(), "the store wrote no line");
        assert_eq!(found(&engine).await, (None, 0));

        let mut signed = begun().await.unwrap();
        meta::set_text(signed.conn(), KEY, "signed").await.unwrap();
        let work = signed.journal_entry_of_site(what).await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(found(&engine).await, (Some("signed".to_owned()), 1));
        engine.store.close().await.unwrap();
    }

    fn clock_confirmed() -> Entered {
        let clock = ClockConfirmed::CONFIRMED.to_owned();
        Entered::Clock(ClockConfirmed { clock, jumped_ms: None, newest: None })
    }
}
