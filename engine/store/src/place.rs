//! Where a case store lies (存放处): in a file of the site, or on a PostgreSQL server.

use std::fs::File;
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

/// As people name it: the file, or the address without its password.
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.server {
            Some(server) => write!(f, "{server}"),
            None => write!(f, "{}", self.path.display()),
        }
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
const SSL_MODE: &str = "sslmode";
/// Words that the driver knows.
const OF_DRIVER: [&str; 6] =
    [SSL_MODE, "sslrootcert", "sslcert", "sslkey", "host", "application_name"];
/// Those of them that name a file.
const FILES: [&str; 3] = ["sslrootcert", "sslcert", "sslkey"];
/// Whether the way is encrypted and whose the server is, in PostgreSQL's own words
/// (<https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION>).
const SSL_MODES: [&str; 6] =
    ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
/// Where it stands if the address does not say it; the driver takes a word that it does
/// not know for `prefer`, which may be no encryption at all.
const SSL_MODE_AROUND: &str = "PGSSLMODE";

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
                SSL_MODE if !SSL_MODES.contains(&value.as_str()) => {
                    return Err(unknown_mode(SSL_MODE, &value));
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

    /// It has its password already, and none is looked for elsewhere.
    pub(crate) fn has_password(&self) -> bool {
        self.url.password().is_some()
    }

    /// The same in another schema.
    #[must_use]
    pub fn in_schema(self, schema: &str) -> Self {
        Self { schema: Some(schema.to_owned()), ..self }
    }

    /// That what it names can be used here: the files of certificates and keys can be
    /// read, and the variable beside it is a word that the driver knows.
    ///
    /// # Errors
    ///
    /// [`StoreError::Address`].
    pub(crate) fn can_be_used(&self) -> Result<(), StoreError> {
        for (word, value) in self.url.query_pairs() {
            // A certificate may stand there itself.
            if !FILES.contains(&&*word) || value.starts_with("-----BEGIN") {
                continue;
            }
            if let Err(error) = File::open(&*value) {
                return Err(told(
                    &format!("的 {word} 所指的文件 {value} 读不了({error})"),
                    &format!(
                        "names by {word} the file {value}, which cannot be read ({error})"
                    ),
                ));
            }
        }
        let around = std::env::var(SSL_MODE_AROUND).unwrap_or_default();
        let is_named = self.url.query_pairs().any(|pair| pair.0 == SSL_MODE);
        if is_named || around.is_empty() || SSL_MODES.contains(&around.as_str()) {
            return Ok(());
        }
        Err(unknown_mode(SSL_MODE_AROUND, &around))
    }

    /// The schema; nothing for that of the user's name.
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// A pooler stands between, and may change the connection between transactions.
    pub(crate) fn is_pooled(&self) -> bool {
        self.pooled
    }

    /// As the driver takes it, with the password.
    pub fn url(&self) -> String {
        let mut url = self.url.clone();
        if !url.query_pairs().any(|pair| pair.0 == "application_name") {
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
    letters.next().is_some_and(|c| c.is_ascii_lowercase() || c == b'_')
        && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
        && word.len() < 64
}

fn unknown_mode(word: &str, value: &str) -> StoreError {
    let modes = SSL_MODES.join(", ");
    told(
        &format!("的 {word} 不能是“{value}”,只能是 {modes} 之一"),
        &format!("has {word} {value:?}, and it can be one of {modes}"),
    )
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
    fn a_file_of_certificates_that_is_not_there_is_named_before_anybody_is_asked() {
        let address =
            "postgres://staff@db/coop?sslmode=verify-full&sslrootcert=/no/ca.pem";
        let server = Server::parse(address).unwrap();
        let told = server.can_be_used().unwrap_err().to_string();
        assert!(told.contains("the file /no/ca.pem, which cannot be read"), "{told}");
        assert!(Server::parse("postgres://staff@db/coop").unwrap().can_be_used().is_ok());
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
            ("postgres://staff@db/coop?sslmode=verify", "one of disable, allow, prefer"),
            ("postgres://staff@db/coop?sslmode=", "sslmode \"\""),
            ("postgres://staff@db/coop?pgbouncer=true&schema=a", "has both"),
        ] {
            let error = Server::parse(address).unwrap_err().to_string();
            assert!(error.contains(fault), "{address}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
