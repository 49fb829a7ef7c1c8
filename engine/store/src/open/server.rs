//! A store on a PostgreSQL server (服务器上的案件库): how it is reached, what has to be
//! so there, and how a writer finds back to it.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyPool, AssertSqlSafe, ConnectOptions, Row};

use super::{
    Durability, Found, Options, Store, TURN, Writer, found_version, lease, migrate,
    newest, random_id,
};
use crate::conn::HungUp;
use crate::dialect::{self, Database};
use crate::error::StoreError;
use crate::mark::{self, Mark};
use crate::place::{Place, Server};
use crate::{Conn, daemons, password, standing};

/// The oldest version that understands the statements, as the server numbers them.
const OLDEST: i64 = 130_000;
/// By what the server multiplies the first part of its version.
const FIRST_PART: i64 = 10_000;
/// How long a connection may take: a server that is away is told at once.
const CONNECTS_WITHIN: Duration = Duration::from_secs(15);
/// The longest name of a schema, in bytes; ours have letters of one byte.
const LONGEST_NAME: usize = 63;
/// What `PgBouncer` refuses unless it is told not to.
const OF_POOLER: &str = "extra_float_digits";
/// Where tests find their server, when they are to run on one.
const OF_TESTS: &str = "QINGSHOU_TEST_SERVER";

impl Store {
    /// Opens a store on a server; `migrates`: one of an older version is brought up to
    /// date, unless somebody works it.
    pub(crate) async fn open_on(
        server: &Server,
        options: Options,
        migrates: bool,
    ) -> Result<Self, StoreError> {
        let mut conn = connect(server).await?;
        begin_look(&mut conn).await?;
        let found = look_into(&mut conn, server).await?;
        match found {
            Found::Nothing if !options.create => {
                return Err(standing::missing_on(server, options.place.path()));
            }
            Found::Nothing => make_schema(&mut conn, server).await?,
            Found::Version(found) if found < newest() => {
                let known = newest();
                refuse(!migrates, || StoreError::Older { found, known })?;
                let now = daemons::by_its_clock(&mut conn, 0).await?;
                lease::refuse_living(&mut conn, now, |_, _| false).await?;
            }
            _ => {}
        }
        end_look(&mut conn).await?;
        if options.durability == Durability::Off && !server.is_pooled() {
            sqlx::raw_sql(dialect::NOT_DURABLE).execute(&mut conn).await?;
        }
        if found != Found::Version(newest()) {
            let id = options.store_id.unwrap_or_else(random_id);
            migrate(&mut conn, &id).await.map_err(|error| error.of_server(server))?;
        }
        Self::with_writer(options.place, conn).await
    }

    /// From now on the mark of a site's store is kept behind each commit.
    pub(crate) async fn keep_mark_in(&self, mut mark: Mark) -> Result<(), StoreError> {
        let mut writer = self.writer.lock().await;
        let counters = writer.counters().await?;
        mark.keep(counters);
        writer.mark = Some(mark);
        Ok(())
    }

    /// Whether there is a store in a place, of whatever version.
    ///
    /// # Errors
    ///
    /// The server cannot be reached or does not suit, or something else lies there.
    pub async fn is_there(place: &Place) -> Result<bool, StoreError> {
        let Some(server) = place.server() else { return Ok(place.path().exists()) };
        let mut conn = connect(server).await?;
        begin_look(&mut conn).await?;
        let found = look_into(&mut conn, server).await?;
        conn.close().await?;
        Ok(found != Found::Nothing)
    }

    /// Puts what lies in a schema aside under another name, which is answered, so that
    /// a store can be made in its place.
    ///
    /// # Errors
    ///
    /// The server cannot be reached, or the user does not own the schema.
    pub async fn put_aside(server: &Server, aside: &str) -> Result<String, StoreError> {
        let mut conn = connect(server).await?;
        begin_look(&mut conn).await?;
        let about = sqlx::query(dialect::ABOUT_SERVER).fetch_one(&mut conn).await?;
        let (login, used): (String, Option<String>) =
            (about.try_get("login")?, about.try_get("schema")?);
        let schema = server.schema().unwrap_or(&login);
        refuse(used.as_deref() != Some(schema), || StoreError::NotAllowed {
            told: format!("schema {schema}"),
        })?;
        // The server cuts a longer name without a word.
        let kept: String = schema.chars().take(LONGEST_NAME - 1 - aside.len()).collect();
        let new = format!("{kept}_{aside}");
        let rename =
            format!("alter schema {} rename to {}", quoted(schema), quoted(&new));
        sqlx::raw_sql(AssertSqlSafe(rename)).execute(&mut conn).await?;
        end_look(&mut conn).await?;
        conn.close().await?;
        Ok(new)
    }

    /// Makes the schema that an address names, for whoever takes it away again; `false`
    /// where there is one already.
    ///
    /// # Errors
    ///
    /// The server cannot be reached or does not suit, or the user may make none.
    pub async fn make_own_schema(server: &Server) -> Result<bool, StoreError> {
        let mut conn = connect(server).await?;
        let schema = server.schema().unwrap_or_default().to_owned();
        let is_there: i64 = sqlx::query_scalar(dialect::HAS_SCHEMA)
            .bind(schema)
            .fetch_one(&mut conn)
            .await?;
        if is_there == 0 {
            make_schema(&mut conn, server).await?;
        }
        conn.close().await?;
        Ok(is_there == 0)
    }

    /// Takes away a schema that [`Self::make_own_schema`] has made, with all in it.
    ///
    /// # Errors
    ///
    /// The server cannot be reached.
    pub async fn drop_own_schema(server: &Server) -> Result<(), StoreError> {
        let mut conn = connect(server).await?;
        let schema = quoted(server.schema().unwrap_or_default());
        let drop = format!("drop schema if exists {schema} cascade");
        sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut conn).await?;
        Ok(conn.close().await?)
    }

    /// A fresh store in a schema of its own, for tests.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the server cannot be reached or the schema not be made.
    pub async fn temporary_on(server: Server, dir: &Path) -> Result<Self, StoreError> {
        let schema = format!("t_{}", random_id());
        let place = Place::on(server.in_schema(&schema), dir.join("store.db"));
        let options = Options {
            place,
            durability: Durability::Off,
            create: true,
            store_id: Some("temporary".to_owned()),
        };
        Self::open(options).await
    }
}

/// The server on which stores of tests can be made, where there is one.
pub fn server_of_tests() -> Option<Server> {
    let address = std::env::var(OF_TESTS).ok()?;
    Server::parse(&address).ok()
}

/// Whether the tests that need one store, whatever its kind, are to have it there.
pub(super) fn tests_run_there() -> bool {
    std::env::var("QINGSHOU_TEST_DATABASE").is_ok_and(|variable| variable == "postgres")
}

/// Behind a pooler whatever is asked outside a transaction may be answered by another
/// connection, which knows other statements by the same name.
async fn begin_look(conn: &mut Conn) -> Result<(), StoreError> {
    if conn.is_behind_pooler() {
        sqlx::raw_sql("begin").execute(conn).await?;
    }
    Ok(())
}

async fn end_look(conn: &mut Conn) -> Result<(), StoreError> {
    if conn.is_behind_pooler() {
        sqlx::raw_sql("commit").execute(conn).await?;
    }
    Ok(())
}

/// What is refused in one case.
pub(super) fn refuse(
    is_so: bool,
    why: impl FnOnce() -> StoreError,
) -> Result<(), StoreError> {
    if is_so { Err(why()) } else { Ok(()) }
}

fn connect_options(server: &Server) -> Result<AnyConnectOptions, StoreError> {
    server.can_be_used()?;
    let options: AnyConnectOptions = server.url().parse()?;
    // A slow statement is logged with its text alone, never with its values.
    Ok(options.disable_statement_logging())
}

pub(super) async fn connect(server: &Server) -> Result<Conn, StoreError> {
    super::install_drivers();
    let options = connect_options(server)?;
    let connecting = tokio::time::timeout(CONNECTS_WITHIN, options.connect());
    let conn = match connecting.await {
        Ok(conn) => conn.map_err(|error| without(server, error))?,
        Err(_) => return Err(without(server, sqlx::Error::PoolTimedOut)),
    };
    let conn = Conn::own(conn);
    Ok(if server.is_pooled() { conn.behind_pooler() } else { conn })
}

/// What the driver says of a server that takes no encrypted connection.
const NO_TLS: &str = "server does not support TLS";

/// Why the way is not encrypted as it should be.
fn unsafe_way(server: &Server, error: &sqlx::Error) -> Option<StoreError> {
    let told = match error {
        sqlx::Error::Tls(told) => told.to_string(),
        // The library says of a certificate that is refused that data are not valid.
        sqlx::Error::Io(told) if told.kind() == ErrorKind::InvalidData => {
            told.to_string()
        }
        _ => return None,
    };
    let server = server.to_string();
    Some(if told.contains(NO_TLS) {
        StoreError::NoTls { server }
    } else {
        StoreError::Certificate { server, told }
    })
}

/// The version of a server as people say it: `15.3`, and `9.6.24` of one of before.
fn version_told(number: i64) -> String {
    let (first, rest) = (number / FIRST_PART, number % FIRST_PART);
    if 10 <= first {
        format!("{first}.{rest}")
    } else {
        format!("{first}.{}.{}", rest / 100, rest % 100)
    }
}

/// Why there is no connection.
pub(super) fn without(server: &Server, error: sqlx::Error) -> StoreError {
    if let Some(told) = unsafe_way(server, &error) {
        return told;
    }
    let error = match error {
        sqlx::Error::PoolTimedOut => HungUp::told(
            "没有应答,或读取都占着 · it does not answer, or all readers are busy"
                .to_owned(),
        ),
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => {
            HungUp::told(error.to_string())
        }
        // What PgBouncer says of what every driver sets.
        sqlx::Error::Database(told) if told.message().contains(OF_POOLER) => {
            HungUp::told(format!(
                "{} (pgbouncer.ini: ignore_startup_parameters = {OF_POOLER})",
                told.message()
            ))
        }
        other => other,
    };
    let refused = StoreError::from(error).of_server(server);
    if matches!(refused, StoreError::LoginRefused { .. }) && !server.has_password() {
        // The password that was not found may stand in a file that was passed over.
        return password::is_looked_for().err().unwrap_or(refused);
    }
    refused
}

pub(super) fn readers(
    options: AnyPoolOptions,
    server: &Server,
) -> Result<AnyPool, StoreError> {
    let options = options.acquire_timeout(TURN);
    let options = if server.is_pooled() {
        options
    } else {
        // A connection that the server has ended is not handed on.
        options.test_before_acquire(true).after_connect(|conn, _| {
            Box::pin(async move {
                let set = sqlx::raw_sql(dialect::SERVER_READER_SETTINGS);
                set.execute(conn).await.map(|_| ())
            })
        })
    };
    Ok(options.connect_lazy_with(connect_options(server)?))
}

/// Looks at a server and what is there of a store, without changing anything.
async fn look_into(conn: &mut Conn, server: &Server) -> Result<Found, StoreError> {
    let about = sqlx::query(dialect::ABOUT_SERVER).fetch_one(&mut *conn).await;
    let about = about.map_err(|error| without(server, error))?;
    let version: i64 = about.try_get("version")?;
    if version < OLDEST {
        return Err(StoreError::OldServer {
            server: server.to_string(),
            found: version_told(version),
            oldest: OLDEST / FIRST_PART,
        });
    }
    if about.try_get::<i64, _>("is_standby")? != 0 {
        return Err(StoreError::Standby);
    }
    let encoding: String = about.try_get("encoding")?;
    if encoding != "UTF8" {
        return Err(StoreError::Encoding { found: encoding });
    }
    let login: String = about.try_get("login")?;
    let schema: Option<String> = about.try_get("schema")?;
    let own = server.schema().unwrap_or(&login);
    if schema.as_deref() != Some(own) {
        // Of another schema nothing is read, and nothing is made in it.
        return Ok(Found::Nothing);
    }
    match found_version(conn).await? {
        Found::SomethingElse => {
            Err(StoreError::NotAStore { path: server.to_string().into() })
        }
        Found::Version(found) if newest() < found => {
            Err(StoreError::Newer { found, known: newest() })
        }
        found => Ok(found),
    }
}

/// A name of the server, as it stands in a statement.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Makes the schema where there is none, and sees that it is the one that is used.
async fn make_schema(conn: &mut Conn, server: &Server) -> Result<(), StoreError> {
    let about = sqlx::query(dialect::ABOUT_SERVER).fetch_one(&mut *conn).await?;
    let login: String = about.try_get("login")?;
    let own = server.schema().unwrap_or(&login).to_owned();
    let is_there: i64 = sqlx::query_scalar(dialect::HAS_SCHEMA)
        .bind(own.clone())
        .fetch_one(&mut *conn)
        .await?;
    if is_there == 0 {
        let make = format!("create schema if not exists {}", quoted(&own));
        sqlx::raw_sql(AssertSqlSafe(make)).execute(&mut *conn).await?;
    }
    let about = sqlx::query(dialect::ABOUT_SERVER).fetch_one(conn).await?;
    let used: Option<String> = about.try_get("schema")?;
    if used.as_deref() == Some(&own) {
        return Ok(());
    }
    let used = used.unwrap_or_default();
    Err(StoreError::NotAllowed { told: format!("schema {own} / search_path: {used}") })
}

impl Writer {
    /// Begins at the server, over a new connection where the old one has ended, or knows
    /// the tables as they were.
    pub(super) async fn begin_on_server(&mut self) -> Result<(), StoreError> {
        match (self.begin_over_this_one().await, self.server.clone()) {
            (Ok(()), _) => {}
            (
                Err(StoreError::Unreachable { .. } | StoreError::Outdated),
                Some(server),
            ) => {
                self.conn = Some(connect(&server).await?);
                let begun = self.begin_over_this_one().await;
                begun.map_err(|error| error.of_server(&server))?;
                self.refuse_older(&server).await?;
            }
            (Err(other), _) => return Err(other),
        }
        self.keep_lease().await
    }

    async fn begin_over_this_one(&mut self) -> Result<(), StoreError> {
        let begin = Database::Postgres.begin_within(self.longest_turn).into_owned();
        let conn = self.conn()?;
        refuse(conn.is_outdated(), || StoreError::Outdated)?;
        sqlx::raw_sql(AssertSqlSafe(begin)).execute(conn).await?;
        Ok(())
    }

    /// Refuses what has been put in the place of the store while the way to it was
    /// broken: a standby that lacks what was committed last, or a copy of before.
    async fn refuse_older(&mut self, server: &Server) -> Result<(), StoreError> {
        let Some(reached) = self.mark.as_ref().map(|mark| mark.reached) else {
            return Ok(());
        };
        let (next_id, lines) = mark::counters(self.conn()?).await?;
        if next_id < reached.next_id || lines < reached.journal_lines {
            if let Some(mark) = &mut self.mark {
                mark.found_older()?;
            }
            return Err(StoreError::Displaced { path: server.to_string().into() });
        }
        Ok(())
    }

    /// The counters of the store, outside a transaction.
    pub(super) async fn counters(&mut self) -> Result<(i64, i64), StoreError> {
        let conn = self.conn()?;
        begin_look(conn).await?;
        let counters = mark::counters(&mut *conn).await;
        end_look(conn).await?;
        counters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_server_is_told_as_people_say_it() {
        assert_eq!(version_told(120_022), "12.22");
        assert_eq!(version_told(90_624), "9.6.24");
        let oldest = OLDEST / FIRST_PART;
        assert_eq!(version_told(OLDEST), format!("{oldest}.0"));
    }
}
