//! A statement that is asked once more (再问一次): a connection that keeps statements
//! prepared knows them by the tables as they were, and the server refuses to answer in
//! other columns than it has promised.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_core::future::BoxFuture;
use sqlx::any::AnyArguments;
use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use super::Worded;

/// `feature_not_supported`: what the server calls it.
const NOT_SUPPORTED: &str = "0A000";
const OF_OTHER_TABLES: &str = "cached plan must not change result type";

/// Whether a server has refused a statement because the tables have changed since it was
/// prepared.
pub(crate) fn is_outdated(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(told) = error else { return false };
    told.code().is_some_and(|code| code == NOT_SUPPORTED)
        && told.message().contains(OF_OTHER_TABLES)
}

/// A question as it was asked, to be asked once more.
pub(super) struct IfHeld {
    sql: SqlStr,
    given: AnyArguments,
}

impl IfHeld {
    /// Of a question that is kept prepared; nothing for another one.
    pub(super) fn of(asked: &Worded) -> Option<Self> {
        let Ok(Some(given)) = &asked.arguments else { return None };
        if !asked.persistent {
            return None;
        }
        let mut again = AnyArguments::default();
        // Texts are shared and not copied.
        again.values.0.clone_from(&given.values.0);
        Some(Self { sql: asked.sql.clone(), given: again })
    }

    /// The same question, prepared anew and for this once.
    pub(super) fn asked(self) -> Worded {
        // The driver finds what it keeps prepared by its text.
        let text = format!("{} ", self.sql.as_str());
        let sql = AssertSqlSafe(text).into_sql_str();
        Worded { sql, arguments: Ok(Some(self.given)), persistent: false }
    }
}

/// Where a future leaves one item after the other for whoever reads them.
pub(super) struct Handover<T>(Arc<Mutex<Option<T>>>);

impl<T> Handover<T> {
    /// Leaves an item, and goes on when it was taken.
    pub(super) async fn leave(&self, item: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(item);
        std::future::poll_fn(|_| {
            let waits = self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some();
            // Whoever takes the item comes here next.
            if waits { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }
}

/// The items that a future leaves on its [`Handover`] until it ends.
pub(super) struct Left<'e, T> {
    work: Option<BoxFuture<'e, ()>>,
    handover: Arc<Mutex<Option<T>>>,
}

impl<'e, T> Left<'e, T> {
    pub(super) fn by(work: impl FnOnce(Handover<T>) -> BoxFuture<'e, ()>) -> Self {
        let handover = Arc::new(Mutex::new(None));
        Self { work: Some(work(Handover(Arc::clone(&handover)))), handover }
    }
}

impl<T> Stream for Left<'_, T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let Some(work) = &mut self.work else { return Poll::Ready(None) };
        let is_over = work.as_mut().poll(cx).is_ready();
        if is_over {
            self.work = None;
        }
        let item = self.handover.lock().unwrap_or_else(PoisonError::into_inner).take();
        match item {
            Some(item) => Poll::Ready(Some(item)),
            None if is_over => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}
