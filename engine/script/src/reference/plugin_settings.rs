//! What an administrator can set for plugins (插件设置), as the reference page lists it.

use domain::manifest::{Manifest, Setting};

use super::{Page, both, kind_words};
use crate::program::Catalog;

/// Tables below `[plugins.NAME]` that know the same settings: their headings,
/// and the settings of each.
struct Alike {
    tables: Vec<String>,
    settings: Vec<&'static Setting>,
}

impl Page {
    /// What `qingshou.toml` may say, by plugin.
    pub(super) fn plugin_settings(&mut self, catalog: &Catalog) {
        self.section("插件设置", "Plugin settings");
        self.line("写在站点的 `qingshou.toml`,由管理员修改,重启或重读设置(`systemctl reload qingshou`)后生效;不写的用默认值。写错的项报错,不采用。");
        self.line(
            "They stand in `qingshou.toml` of the site, are the administrator's and hold once they are read again (`systemctl reload qingshou`) or from the next start; the default holds for the rest. A wrong one is refused and not taken up.",
        );
        for plugin in catalog.plugins.iter().filter(|plugin| !plugin.settings.is_empty())
        {
            for alike in tables_of(plugin) {
                self.alike(plugin, &alike);
            }
        }
    }

    fn alike(&mut self, plugin: &Manifest, alike: &Alike) {
        let tables: Vec<String> =
            alike.tables.iter().map(|table| format!("`[{table}]`")).collect();
        self.line(&format!("\n### {} {}\n", tables.join(" "), both(plugin.title)));
        self.table(&["默认写法 / written, by default", "类型 / kind", "意思 / meaning"]);
        for setting in &alike.settings {
            let default = setting.default.replace('|', "\\|");
            self.line(&format!(
                "| `{} = {default}` | {} | {} |",
                split(setting).1,
                kind_words(setting.kind),
                both(setting.doc)
            ));
        }
    }
}

/// The table that a setting stands in below its plugin's, and its key there.
fn split(setting: &Setting) -> (&'static str, &'static str) {
    setting.name.rsplit_once('.').unwrap_or(("", setting.name))
}

/// The settings of a plugin by table; tables with the same settings are told
/// once, as the gateways of all channels are.
fn tables_of(plugin: &'static Manifest) -> Vec<Alike> {
    let mut all: Vec<Alike> = Vec::new();
    let mut names: Vec<&str> =
        plugin.settings.iter().map(|setting| split(setting).0).collect();
    names.dedup();
    for name in names {
        let below = plugin.settings.iter().filter(|setting| split(setting).0 == name);
        let settings: Vec<&'static Setting> = below.collect();
        let table = match name {
            "" => format!("plugins.{}", plugin.name),
            _ => format!("plugins.{}.{name}", plugin.name),
        };
        match all.iter_mut().find(|it| same(&it.settings, &settings)) {
            Some(alike) => alike.tables.push(table),
            None => all.push(Alike { tables: vec![table], settings }),
        }
    }
    all
}

fn same(one: &[&Setting], other: &[&Setting]) -> bool {
    let told =
        |it: &Setting| (split(it).1, kind_words(it.kind), it.default, both(it.doc));
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| told(a) == told(b))
}

#[cfg(test)]
mod tests {
    use domain::manifest::{ArgKind, text};

    use super::*;
    use crate::reference::reference;

    const fn setting(name: &'static str, default: &'static str) -> Setting {
        Setting { name, kind: ArgKind::Count, default, doc: text("秒数", "seconds") }
    }

    static MANIFEST: Manifest = Manifest {
        name: "remind",
        title: text("提醒", "Reminders"),
        verbs: &[],
        events: &[],
        entries: &[],
        work: None,
        settings: &[
            setting("days", "7"),
            setting("sms.timeout_s", "10"),
            setting("letter.timeout_s", "10"),
            setting("wechat.timeout_s", "20"),
        ],
    };

    #[test]
    fn settings_stand_by_table_and_tables_alike_are_told_once() {
        let page = reference(&Catalog { plugins: vec![&MANIFEST] }, None);
        for line in [
            "### `[plugins.remind]` 提醒 / Reminders",
            "| `days = 7` | 整数 / whole number | 秒数 / seconds |",
            "### `[plugins.remind.sms]` `[plugins.remind.letter]` 提醒 / Reminders",
            "| `timeout_s = 10` | 整数 / whole number | 秒数 / seconds |",
            "### `[plugins.remind.wechat]` 提醒 / Reminders",
            "| `timeout_s = 20` | 整数 / whole number | 秒数 / seconds |",
        ] {
            assert_eq!(page.matches(&format!("{line}\n")).count(), 1, "{line}\n{page}");
        }
    }
}
