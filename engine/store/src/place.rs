//! Where a case store lies (存放处): in a file of the site, or on a PostgreSQL server.

use std::path::{Path, PathBuf};

use domain::tongues::both;
use url::Url;

use crate::error::StoreError;

/// Where a store lies.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    path: PathBuf,
    server: Option<Server>,
}

impl Place {
    /// A file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), server: None }
    }

    /// On a server; what a site notes of it (its id, who works it, what has left) lies
    /// beside `path`, where there is no file.
    pub fn on(server: Server, path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), server: Some(server) }
    }

    /// The file, or the name beside which a site's notes lie.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The server, where it lies on one.
    pub fn server(&self) -> Option<&Server> {
        self.server.as_ref()
    }
}

impl From<PathBuf> for Place {
    fn from(path: PathBuf) -> Self {
        Self::file(path)
    }
}

impl From<&PathBuf> for Place {
    fn from(path: &PathBuf) -> Self {
        Self::file(path)
    }
}

/// A schema of a database of a PostgreSQL server, and how it is reached.
#[derive(Clone, Eq, PartialEq)]
pub struct Server {
    // With the password, where one was named.
    url: Url,
    schema: Option<String>,
    pooled: bool,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Server").field(&self.to_string()).finish()
    }
}

/// As people may read it: without the password.
impl std::fmt::Display for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = self.url.clone();
        // It fails for addresses that can have none.
        shown.set_password(None).ok();
        shown.set_query(None);
        write!(f, "{shown}")?;
        match &self.schema {
            Some(schema) => write!(f, "?schema={schema}"),
            None => Ok(()),
        }
    }
}

/// Words of the address that are this program's and not the driver's.
const SCHEMA: &str = "schema";
const POOLED: &str = "pgbouncer";
/// Words that the driver knows.
const OF_DRIVER: [&str; 6] =
    ["sslmode", "sslrootcert", "sslcert", "sslkey", "host", "application_name"];

impl Server {
    /// Whether an address is one of a server and not a file's name: it begins with a
    /// word and a colon.
    pub fn is_named_by(database: &str) -> bool {
        let scheme = database.split_once(':').map_or("", |it| it.0);
        let is_word = |it: char| it.is_ascii_alphanumeric() || "+-.".contains(it);
        1 < scheme.len() && scheme.chars().all(is_word)
    }

    /// Reads `postgres://user@host:port/database`, with `?schema=NAME` for another schema
    /// than the user's own, `&pgbouncer=true` behind a pooler that changes the connection
    /// from one transaction to the next, and `&sslmode=…` and its like.
    ///
    /// # Errors
    ///
    /// [`StoreError::Address`]: it is no such address, has a word that nobody knows, or a
    /// password, which does not belong into the settings.
    pub fn parse(address: &str) -> Result<Self, StoreError> {
        let mut url = Url::parse(address).map_err(|error| {
            let error = error.to_string();
            told(
                &format!("不是数据库地址({error})"),
                &format!("is no address of a database ({error})"),
            )
        })?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(told(
                "不是 postgres:// 开头的地址",
                "is no address that begins with postgres://",
            ));
        }
        if url.password().is_some() {
            return Err(told(
                "里写着口令,口令不能放在设置里",
                "holds a password, which does not belong into the settings",
            ));
        }
        if url.username().is_empty() || url.path().trim_start_matches('/').is_empty() {
            return Err(told("没有写明用户或库名", "names no user or no database"));
        }
        let words: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let (mut schema, mut pooled) = (None, false);
        url.set_query(None);
        for (word, value) in words {
            match word.as_str() {
                SCHEMA if is_name(&value) => schema = Some(value),
                SCHEMA => {
                    return Err(told(
                        "的 schema 只能用小写字母、数字和下划线",
                        "names a schema with other letters than a to z, digits and _",
                    ));
                }
                POOLED if value == "true" => pooled = true,
                POOLED if value == "false" => pooled = false,
                POOLED => {
                    return Err(told(
                        "的 pgbouncer 只能是 true 或 false",
                        "has pgbouncer with another value than true or false",
                    ));
                }
                known if OF_DRIVER.contains(&known) => {
                    url.query_pairs_mut().append_pair(known, &value);
                }
                other => {
                    return Err(told(
                        &format!("里的“{other}”没有这个参数"),
                        &format!("has the word {other:?}, which nobody knows"),
                    ));
                }
            }
        }
        if pooled && schema.is_some() {
            return Err(told(
                "的 pgbouncer=true 不能与 schema 同用:连接池不带会话设置,请用与用户同名的 schema",
                "has both pgbouncer=true and schema: a pooler keeps no setting of a session; \
                 use the schema of the user's name",
            ));
        }
        Ok(Self { url, schema, pooled })
    }

    /// The same with a password that was kept elsewhere.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        // Fails for addresses without a host alone, and then there is none to be asked.
        self.url.set_password(Some(password)).ok();
        self
    }

    /// The same in another schema.
    #[must_use]
    pub fn in_schema(self, schema: &str) -> Self {
        Self { schema: Some(schema.to_owned()), ..self }
    }

    /// The schema; nothing for that of the user's name.
    pub(crate) fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// A pooler stands between, and may change the connection between transactions.
    pub(crate) fn is_pooled(&self) -> bool {
        self.pooled
    }

    /// As the driver takes it, with the password.
    pub fn url(&self) -> String {
        let mut url = self.url.clone();
        if !url.query_pairs().any(|it| it.0 == "application_name") {
            url.query_pairs_mut().append_pair("application_name", "qingshou");
        }
        if let Some(schema) = &self.schema {
            url.query_pairs_mut().append_pair("options[search_path]", schema);
        }
        url.into()
    }
}

/// A name that needs no quotes.
fn is_name(word: &str) -> bool {
    let mut letters = word.bytes();
    letters.next().is_some_and(|it| it.is_ascii_lowercase() || it == b'_')
        && letters.all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_')
        && word.len() < 64
}

fn told(zh: &str, en: &str) -> StoreError {
    StoreError::Address { fault: both(zh, en) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_its_schema_and_without_a_password() {
        let read = Server::parse(
            "postgres://staff@db.example:5433/coop?schema=north&sslmode=require",
        )
        .unwrap();
        assert_eq!(read.schema(), Some("north"));
        assert!(!read.is_pooled());
        let pooled = Server::parse("postgres://staff@db/coop?pgbouncer=true").unwrap();
        assert!(pooled.is_pooled());
        assert_eq!(
            read.to_string(),
            "postgres://staff@db.example:5433/coop?schema=north"
        );
        let url = read.with_password("p@ss").url();
        assert!(
            url.starts_with(
                "postgres://staff:p%40ss@db.example:5433/coop?sslmode=require"
            )
        );
        assert!(url.ends_with("options%5Bsearch_path%5D=north"), "{url}");
    }

    #[test]
    fn a_password_is_never_shown() {
        let server = Server::parse("postgres://staff@db.example/coop").unwrap();
        let server = server.with_password("geheim");
        assert!(!format!("{server} {server:?}").contains("geheim"));
    }

    #[test]
    fn an_address_that_nobody_can_use_is_refused_by_name() {
        for (address, fault) in [
            ("postgres://staff:secret@db/coop", "password"),
            ("postgres://db/coop", "names no user"),
            ("postgres://staff@db", "names no user or no database"),
            ("postgres://staff@db/coop?schema=North", "schema"),
            ("postgres://staff@db/coop?shema=north", "shema"),
            ("postgres://staff@:x/coop", "no address"),
            ("mysql://staff:secret@db/coop", "begins with postgres://"),
            ("postgres://staff@db/coop?pgbouncer=yes", "true or false"),
            ("postgres://staff@db/coop?pgbouncer=true&schema=a", "has both"),
        ] {
            let error = Server::parse(address).unwrap_err().to_string();
            assert!(error.contains(fault), "{address}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
