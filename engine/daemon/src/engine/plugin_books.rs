//! The tables of the plugins (插件账簿): each migration of each plugin runs once.

use anyhow::{Context, Result};
use sqlx::{Row, raw_sql};
use store::Conn;

use crate::engine::runtime::Plugins;

const DONE: &str =
    "select count(*) from plugin_migrations where plugin = $1 and number = $2";
const MARK: &str = "insert into plugin_migrations (plugin, number) values ($1, $2)";

/// Brings the tables of every plugin up to date.
///
/// # Errors
///
/// A migration fails; the caller's transaction then undoes all of them.
pub async fn migrate(conn: &mut Conn, plugins: &Plugins) -> Result<()> {
    for plugin in plugins.iter() {
        let name = plugin.manifest().name;
        for (number, text) in (1_i64..).zip(plugin.migrations()) {
            let done: i64 = sqlx::query(DONE)
                .bind(name)
                .bind(number)
                .fetch_one(&mut *conn)
                .await?
                .get(0);
            if done != 0 {
                continue;
            }
            raw_sql(*text)
                .execute(&mut *conn)
                .await
                .with_context(|| format!("插件 {name} 的第 {number} 步建表失败"))?;
            sqlx::query(MARK).bind(name).bind(number).execute(&mut *conn).await?;
        }
    }
    Ok(())
}
