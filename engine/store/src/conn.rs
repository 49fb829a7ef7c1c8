//! A connection to the case store (连接): it puts each statement into the words of the
//! database that is behind it.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Debug, Display, Formatter};
use std::sync::Arc;

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use sqlx::any::{AnyArguments, AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo};
use sqlx::error::{BoxDynError, DatabaseError, ErrorKind};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, Either, Execute, Executor, SqlStr};

use crate::dialect::{self, Database};

mod again;

pub(crate) use again::is_outdated;
use again::{Handover, IfHeld, Left};

/// One connection to the store, whatever database is behind it.
pub struct Conn {
    kind: Kind,
    database: Database,
    // Behind a pooler a statement that was prepared is known to another connection.
    keeps_statements: bool,
    // A transaction that writes is open.
    writes: bool,
    // The tables that it has changed, of those that are looked at when books are sealed.
    changed: Vec<Arc<str>>,
    // Something that it keeps prepared is of tables that have changed.
    outdated: bool,
}

enum Kind {
    /// Of the writer.
    Own(Box<AnyConnection>),
    /// Of a reader, given back when it is dropped.
    Pooled(PoolConnection<Any>),
}

impl Conn {
    pub(crate) fn own(conn: AnyConnection) -> Self {
        let database = Database::of(&conn);
        Self {
            kind: Kind::Own(Box::new(conn)),
            database,
            keeps_statements: true,
            writes: false,
            changed: Vec::new(),
            outdated: false,
        }
    }

    pub(crate) fn pooled(conn: PoolConnection<Any>) -> Self {
        let database = Database::of(&conn);
        Self {
            kind: Kind::Pooled(conn),
            database,
            keeps_statements: true,
            writes: false,
            changed: Vec::new(),
            outdated: false,
        }
    }

    /// The same, behind a pooler that may change the connection between transactions.
    pub(crate) fn behind_pooler(self) -> Self {
        Self { keeps_statements: false, ..self }
    }

    /// Which database is behind it.
    pub(crate) fn database(&self) -> Database {
        self.database
    }

    pub(crate) async fn close(self) -> sqlx::Result<()> {
        match self.kind {
            Kind::Own(conn) => sqlx::Connection::close(*conn).await,
            Kind::Pooled(conn) => conn.close().await,
        }
    }

    /// A pooler may change the connection between transactions.
    pub(crate) fn is_behind_pooler(&self) -> bool {
        !self.keeps_statements
    }

    /// Notes whether a transaction that writes is open.
    pub(crate) fn is_writing(&mut self, writes: bool) {
        self.writes = writes;
    }

    /// A transaction that writes is open: whoever reads in it sees what it has written,
    /// and nobody else writes until it ends.
    pub(crate) fn writes(&self) -> bool {
        self.writes
    }

    /// The tables that were changed since this was asked, of those that are looked at
    /// when books are sealed.
    pub(crate) fn take_changed(&mut self) -> Vec<Arc<str>> {
        std::mem::take(&mut self.changed)
    }

    /// What was written stands as it was counted elsewhere.
    pub(crate) fn counts_no_changes(&mut self) {
        self.changed.clear();
    }

    /// What it keeps prepared is of tables that have changed: another connection has to
    /// take its place.
    pub(crate) fn is_outdated(&self) -> bool {
        self.outdated
    }

    /// A reader that is given back is ended, and not handed on.
    pub(crate) fn ends_when_given_back(&mut self) {
        if let Kind::Pooled(conn) = &mut self.kind {
            conn.close_on_drop();
        }
    }

    fn inner(&mut self) -> &mut AnyConnection {
        self.kind.inner()
    }

    fn rows_of_server(&mut self, query: Worded) -> BoxStream<'_, sqlx::Result<Found>> {
        Box::pin(Left::by(move |handover| Box::pin(self.leave_rows(query, handover))))
    }

    /// Asks a server, and asks anew where the tables have changed since the question was
    /// prepared. In a transaction that does not help: it has failed, and is told so.
    async fn leave_rows(
        &mut self,
        query: Worded,
        handover: Handover<sqlx::Result<Found>>,
    ) {
        let mut again = if self.writes { None } else { IfHeld::of(&query) };
        let (mut asked, mut refused) = (Some(query), None);
        while let Some(query) = asked.take() {
            let mut rows = self.kind.inner().fetch_many(query);
            while let Some(row) = rows.next().await {
                match row {
                    Err(error) if is_outdated(&error) => {
                        self.outdated = true;
                        asked = again.take().map(IfHeld::asked);
                        refused = Some(error);
                        break;
                    }
                    // What comes of it in a transaction that has failed says nothing.
                    Err(_) if refused.is_some() => break,
                    row => {
                        refused = None;
                        handover.leave(row.map_err(hung_up)).await;
                    }
                }
            }
        }
        if let Some(error) = refused {
            handover.leave(Err(error)).await;
        }
    }
}

/// What a statement answers: a row, or how many it has changed.
type Found = Either<AnyQueryResult, AnyRow>;

impl Kind {
    fn inner(&mut self) -> &mut AnyConnection {
        match self {
            Self::Own(conn) => conn,
            Self::Pooled(conn) => conn,
        }
    }
}

impl Debug for Conn {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conn").field("database", &self.database).finish_non_exhaustive()
    }
}

impl<'c> Executor<'c> for &'c mut Conn {
    type Database = Any;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, sqlx::Result<Either<AnyQueryResult, AnyRow>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let query = Worded::of(query, self);
        match self.database {
            Database::Sqlite => self.inner().fetch_many(query),
            Database::Postgres => self.rows_of_server(query),
        }
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, sqlx::Result<Option<AnyRow>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let query = Worded::of(query, self);
        match self.database {
            Database::Sqlite => self.inner().fetch_optional(query),
            Database::Postgres => {
                let mut found = self.rows_of_server(query);
                Box::pin(async move {
                    while let Some(found) = found.try_next().await? {
                        if let Either::Right(row) = found {
                            return Ok(Some(row));
                        }
                    }
                    Ok(None)
                })
            }
        }
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [AnyTypeInfo],
    ) -> BoxFuture<'e, sqlx::Result<AnyStatement>>
    where
        'c: 'e,
    {
        let sql = dialect::worded(self.database, sql);
        self.inner().prepare_with(sql, parameters)
    }
}

/// A statement in the words of one database, with what it is given.
struct Worded {
    sql: SqlStr,
    arguments: Result<Option<AnyArguments>, BoxDynError>,
    persistent: bool,
}

impl Worded {
    fn of<'q, E: Execute<'q, Any>>(mut query: E, conn: &mut Conn) -> Self {
        let arguments = query.take_arguments();
        let persistent = query.persistent() && conn.keeps_statements;
        let (sql, changes) = dialect::worded_with_changes(conn.database, query.sql());
        for table in changes.iter().flat_map(|change| change.iter()) {
            if !conn.changed.contains(table) {
                conn.changed.push(Arc::clone(table));
            }
        }
        Self { sql, arguments, persistent }
    }
}

impl Execute<'_, Any> for Worded {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&AnyStatement> {
        None
    }

    fn take_arguments(&mut self) -> Result<Option<AnyArguments>, BoxDynError> {
        std::mem::replace(&mut self.arguments, Ok(None))
    }

    fn persistent(&self) -> bool {
        self.persistent
    }
}

/// What a server that has hung up says for itself: nothing. A fault of the file of a
/// store is one of its disk; here it is one of the way to the server.
fn hung_up(error: sqlx::Error) -> sqlx::Error {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::WorkerCrashed => HungUp::told(error.to_string()),
        other => other,
    }
}

/// A connection that has broken off.
#[derive(Debug)]
pub(crate) struct HungUp(String);

impl HungUp {
    pub(crate) fn told(told: String) -> sqlx::Error {
        sqlx::Error::Database(Box::new(Self(told)))
    }
}

impl Display for HungUp {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for HungUp {}

impl DatabaseError for HungUp {
    fn message(&self) -> &str {
        &self.0
    }

    /// `connection_failure` of SQL's codes.
    fn code(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed("08006"))
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}
