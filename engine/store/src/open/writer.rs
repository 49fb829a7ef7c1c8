//! The one writer of a store (写入): it begins, makes last and takes back, over whatever
//! connection it has.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::OwnedMutexGuard;

use crate::Conn;
use crate::dialect;
use crate::error::StoreError;
use crate::mark::{self, Mark};
use crate::place::Server;
use crate::standing::{Content, Standing};
use crate::states;

#[derive(Debug)]
pub(crate) struct Writer {
    // Empty once the store is closed.
    pub(super) conn: Option<Conn>,
    // A transaction may be open: it was dropped, or its end went wrong.
    pub(super) open: bool,
    // The file, where the store lies in one.
    pub(super) standing: Option<Standing>,
    // The server, where it lies on one.
    pub(super) server: Option<Server>,
    // How far a site's store on a server had come; a file's is kept with the file.
    pub(super) mark: Option<Mark>,
    // The number by which this process is entered as the one that works the store.
    pub(super) lease: Option<i64>,
    pub(super) span: Span,
    // Instants that are gathered and not made last yet.
    pub(super) instants: u32,
    // The length of the log at which folding is tried.
    pub(super) folds_at: u64,
    // The database was told not to wait for other processes, and has not been told
    // otherwise since.
    pub(super) impatient: bool,
    // How long it waits for a lock of a server.
    pub(super) longest_turn: Duration,
}

/// What is made last together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Span {
    /// Each transaction for itself.
    Each,
    /// All up to [`Store::commit_gathered`], each a savepoint among the others;
    /// whether the one that holds them has begun.
    Gathered { begun: bool },
    /// What was gathered could not be kept.
    Lost,
}

/// The writer's open transaction. Dropped without [`commit`](Self::commit),
/// it is rolled back.
#[derive(Debug)]
pub struct WriteTx {
    // Empty once it has ended.
    pub(super) writer: Option<OwnedMutexGuard<Writer>>,
}

impl Writer {
    pub(super) fn conn(&mut self) -> Result<&mut Conn, StoreError> {
        self.conn.as_mut().ok_or_else(|| StoreError::Io("案件库已关闭".to_owned()))
    }

    pub(super) async fn begin(&mut self) -> Result<(), StoreError> {
        self.settle().await?;
        self.conn()?.counts_no_changes();
        match self.span {
            Span::Each => self.begin_whole().await,
            Span::Gathered { begun } => {
                if !begun {
                    self.begin_whole().await?;
                    self.span = Span::Gathered { begun: true };
                }
                self.open = true;
                let begun = sqlx::query(dialect::BEGIN_PART).execute(self.conn()?).await;
                self.open = begun.is_ok();
                begun?;
                Ok(())
            }
            Span::Lost => Err(lost()),
        }
    }

    /// Begins a transaction that stands for itself.
    async fn begin_whole(&mut self) -> Result<(), StoreError> {
        if let Some(standing) = &mut self.standing {
            standing.look()?;
        }
        let gathers = self.span != Span::Each;
        // Whatever comes of it, it may be open.
        self.open = !gathers;
        let begun = self.begin_at_database().await;
        let is_cut_off = matches!(begun, Err(StoreError::Unreachable { .. }));
        if begun.is_err() && self.server.is_some() && !is_cut_off {
            // What failed behind `begin` has left a transaction that takes no more.
            sqlx::raw_sql("rollback").execute(self.conn()?).await.ok();
        }
        self.open = !gathers && begun.is_ok();
        self.is_writing(begun.is_ok());
        begun
    }

    async fn begin_at_database(&mut self) -> Result<(), StoreError> {
        if self.server.is_some() {
            return self.begin_on_server().await;
        }
        sqlx::query(dialect::BEGIN_IN_FILE).execute(self.conn()?).await?;
        Ok(())
    }

    /// Takes back what a dropped transaction may have left open.
    pub(super) async fn settle(&mut self) -> Result<(), StoreError> {
        if self.open {
            // It may have ended by itself, and then there is nothing to undo.
            self.rollback().await.ok();
        }
        if self.impatient {
            self.be_patient().await?;
        }
        self.conn().map(|_| ())
    }

    /// Notes whether its transaction is open.
    fn is_writing(&mut self, writes: bool) {
        if let Some(conn) = &mut self.conn {
            conn.is_writing(writes);
        }
    }

    /// What the file holds, for the store of a site that lies in one.
    pub(super) fn content(&mut self) -> Option<&mut Content> {
        self.standing.as_mut().and_then(Standing::content)
    }

    /// The length of the log in bytes.
    pub(super) fn log_length(&self) -> u64 {
        self.standing.as_ref().map_or(0, Standing::log_length)
    }

    pub(super) async fn rollback(&mut self) -> Result<(), StoreError> {
        if self.span == Span::Each {
            sqlx::query("rollback").execute(self.conn()?).await?;
            self.is_writing(false);
        } else {
            let undone = self.undo_part().await;
            if undone.is_err() {
                // The database has taken back all of it, not this part alone.
                self.span = Span::Lost;
            }
            undone?;
        }
        self.open = false;
        Ok(())
    }

    async fn undo_part(&mut self) -> Result<(), StoreError> {
        for statement in [dialect::UNDO_PART, dialect::END_PART] {
            sqlx::query(statement).execute(self.conn()?).await?;
        }
        Ok(())
    }

    pub(super) async fn commit(&mut self) -> Result<(), StoreError> {
        let end = match self.span {
            Span::Each => self.conn()?.database().commit(),
            _ => dialect::END_PART,
        };
        let changed = self.conn()?.take_changed();
        if !changed.is_empty()
            && let Err(error) = states::count_up(self.conn()?, &changed).await
        {
            self.rollback().await.ok();
            return Err(error);
        }
        let is_marked = self.content().is_some() || self.mark.is_some();
        let counters =
            if is_marked { Some(mark::counters(self.conn()?).await?) } else { None };
        if let Err(error) = sqlx::raw_sql(end).execute(self.conn()?).await {
            self.rollback().await.ok();
            return Err(match StoreError::from(error) {
                StoreError::Unreachable { told } => StoreError::Uncertain { told },
                other => other,
            });
        }
        self.open = false;
        self.is_writing(self.span != Span::Each);
        if let Some(counters) = counters {
            self.keep_mark(counters);
            if self.folds_at <= self.log_length() {
                // What was committed stands, whether the log is long or short.
                self.fold().await.ok();
            }
        }
        Ok(())
    }

    pub(super) async fn commit_gathered(&mut self) -> Result<(), StoreError> {
        match self.span {
            Span::Each | Span::Gathered { begun: false } => return Ok(()),
            Span::Gathered { begun: true } => {}
            Span::Lost => return Err(lost()),
        }
        self.settle().await?;
        self.instants = 0;
        self.span = Span::Lost;
        let commit = self.conn()?.database().commit();
        sqlx::raw_sql(commit).execute(self.conn()?).await?;
        self.is_writing(false);
        self.span = Span::Gathered { begun: false };
        Ok(())
    }
}

fn lost() -> StoreError {
    StoreError::Io("案件库没有写成,请换一个空目录重来".to_owned())
}

impl WriteTx {
    /// The connection, for the functions of the store.
    ///
    /// # Panics
    ///
    /// Never: only the end of the transaction takes the writer away, and it
    /// consumes the transaction.
    pub fn conn(&mut self) -> &mut Conn {
        let writer = self.writer.as_mut().expect("an open transaction has its writer");
        writer.conn.as_mut().expect("a store waits for its writer before it closes")
    }

    /// Makes what was written last.
    ///
    /// # Errors
    ///
    /// [`StoreError::DiskFull`] and other faults; nothing was written then.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        match &mut self.writer {
            Some(writer) => {
                let done = writer.commit().await;
                self.writer = None;
                done
            }
            None => Ok(()),
        }
    }

    /// Takes back what was written.
    ///
    /// # Errors
    ///
    /// Any fault of the database.
    pub async fn rollback(mut self) -> Result<(), StoreError> {
        match &mut self.writer {
            Some(writer) => {
                let done = writer.rollback().await;
                self.writer = None;
                done
            }
            None => Ok(()),
        }
    }
}

impl Drop for WriteTx {
    fn drop(&mut self) {
        let Some(mut writer) = self.writer.take() else { return };
        // The next writer would roll back as well; this frees the file sooner.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { writer.rollback().await.ok() });
        }
    }
}
