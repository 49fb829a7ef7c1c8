//! A blank store (空库): the tests of workflows use one again and again, made as it was
//! when it was opened.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, FromRow, raw_sql};

use crate::{Conn, StoreError};

/// The statements that make a store as it was: every table empty but for `meta`, in
/// which stands what stood there.
#[derive(Clone, Debug)]
pub struct Blank(String);

#[derive(FromRow)]
struct Reference {
    name: String,
    refers_to: String,
}

/// Each table with one that it refers to, or with nothing.
const TABLES: &str = "\
select t.name, coalesce(f.\"table\", '') as refers_to
from sqlite_master t
left join pragma_foreign_key_list(t.name) f on f.\"table\" <> t.name
where t.type = 'table' and t.name not in ('meta', 'plugin_migrations')
and t.name not like 'sqlite_%'";

#[derive(FromRow)]
struct Quoted {
    quoted_key: String,
    quoted_value: String,
}

const META: &str = "\
select quote(key) as quoted_key, quote(value) as quoted_value from meta";

impl Blank {
    /// Remembers a store that holds nothing but what stands in `meta`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database cannot be read.
    pub async fn of(conn: &mut Conn) -> Result<Self, StoreError> {
        let mut statements = vec!["delete from meta;".to_owned()];
        for table in referring_first(&mut *conn).await? {
            statements.push(format!("delete from \"{table}\";"));
        }
        let rows: Vec<Quoted> = sqlx::query_as(META).fetch_all(conn).await?;
        statements.extend(rows.into_iter().map(|Quoted { quoted_key, quoted_value }| {
            format!(
                "insert into meta (key, value) values ({quoted_key}, {quoted_value});"
            )
        }));
        Ok(Self(statements.concat()))
    }

    /// Makes the store as it was.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database cannot be written.
    pub async fn restore(&self, conn: &mut Conn) -> Result<(), StoreError> {
        raw_sql(AssertSqlSafe(self.0.as_str())).execute(conn).await?;
        Ok(())
    }
}

/// All tables, each before those that it refers to. To put off the checks of references
/// instead would have every statement compiled anew in every test: it is a setting of
/// the connection.
async fn referring_first(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    let mut left: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let rows: Vec<Reference> = sqlx::query_as(TABLES).fetch_all(conn).await?;
    for Reference { name, refers_to } in rows {
        left.entry(name).or_default().insert(refers_to);
    }
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let is_free = |name: &String| !left.values().any(|refers| refers.contains(name));
        let mut free: Vec<String> =
            left.keys().filter(|name| is_free(name)).cloned().collect();
        if free.is_empty() {
            // Tables in a circle: the database says which rows cannot go first.
            free.extend(left.keys().next().cloned());
        }
        for name in free {
            left.remove(&name);
            ordered.push(name);
        }
    }
    Ok(ordered)
}
