//! The tables of the plugins (插件账簿): each migration of each plugin runs once.

use anyhow::{Context, Result};
use store::{Conn, plugin_tables};

use crate::runtime::Plugins;

/// Brings the tables of every plugin up to date.
///
/// # Errors
///
/// A migration fails; the caller's transaction then undoes all of them.
pub async fn migrate(conn: &mut Conn, plugins: &Plugins) -> Result<()> {
    for plugin in plugins.iter() {
        let name = plugin.manifest().name;
        for (number, text) in (1_i64..).zip(plugin.migrations()) {
            plugin_tables::migrate(conn, name, (number, *text)).await.with_context(
                || {
                    format!(
                        "插件 {name} 的第 {number} 步建表失败 · \
                         step {number} of the tables of plugin {name} failed"
                    )
                },
            )?;
        }
    }
    Ok(())
}
