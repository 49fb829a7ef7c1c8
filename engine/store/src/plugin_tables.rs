//! Tables of plugins (插件账簿): which steps of which plugin have been taken.

use sqlx::raw_sql;

use crate::{Conn, StoreError};

const TAKEN: &str =
    "select count(*) from plugin_migrations where plugin = $1 and number = $2";
const MARK: &str = "insert into plugin_migrations (plugin, number) values ($1, $2)";

const ALL_TAKEN: &str = "select count(*) from plugin_migrations where plugin = $1";

/// How many steps of a plugin's tables have been taken.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn taken(conn: &mut Conn, plugin: &str) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(ALL_TAKEN).bind(plugin).fetch_one(conn).await?)
}

/// Takes one step of a plugin's tables, unless it was taken before. `number` counts from
/// 1, `text` is its SQL.
///
/// # Errors
///
/// [`StoreError`] when the step fails; the caller's transaction undoes it.
pub async fn migrate(
    conn: &mut Conn,
    plugin: &str,
    (number, text): (i64, &'static str),
) -> Result<(), StoreError> {
    let asked = sqlx::query_scalar(TAKEN).bind(plugin).bind(number);
    let taken: i64 = asked.fetch_one(&mut *conn).await?;
    if 0 < taken {
        return Ok(());
    }
    raw_sql(text).execute(&mut *conn).await?;
    sqlx::query(MARK).bind(plugin).bind(number).execute(conn).await?;
    Ok(())
}
