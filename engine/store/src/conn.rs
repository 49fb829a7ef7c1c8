//! A connection to the case store (连接): it puts each statement into the words of the
//! database that is behind it.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Debug, Display, Formatter};
use std::sync::Arc;

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::{StreamExt as _, TryFutureExt as _, TryStreamExt as _};
use sqlx::any::{AnyArguments, AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo};
use sqlx::error::{BoxDynError, DatabaseError, ErrorKind};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, Either, Execute, Executor, SqlStr};

use crate::dialect::{self, Database};

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

    fn inner(&mut self) -> &mut AnyConnection {
        match &mut self.kind {
            Kind::Own(conn) => conn,
            Kind::Pooled(conn) => conn,
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
            Database::Postgres => self.inner().fetch_many(query).map_err(hung_up).boxed(),
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
                Box::pin(self.inner().fetch_optional(query).map_err(hung_up))
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
        for table in changes.iter().flat_map(|it| it.iter()) {
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
