//! The plugins that are on (启用的插件): one line each, one Cargo feature each.
//!
//! Where people enter results of a plugin's own kind, or see its statements, the
//! daemon asks for the same feature.

pub mod words;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use domain::event::{CORE_EVENTS, EventSpec};
use domain::manifest::Manifest;
use runtime::Plugins;
use serde_json::{Map, Value};
use store::plugin::Plugin;

/// The rows of all events of this build: those that need no plugin, then plugin by
/// plugin.
pub const EVENTS: &[&[EventSpec]] = &[
    CORE_EVENTS,
    #[cfg(feature = "remind")]
    plugin_remind::MANIFEST.events,
    #[cfg(feature = "visit")]
    plugin_visit::MANIFEST.events,
    #[cfg(feature = "legal")]
    plugin_legal::MANIFEST.events,
    #[cfg(feature = "reward")]
    plugin_reward::MANIFEST.events,
];

/// The manifests of this build.
pub const MANIFESTS: &[&Manifest] = &[
    #[cfg(feature = "remind")]
    &plugin_remind::MANIFEST,
    #[cfg(feature = "visit")]
    &plugin_visit::MANIFEST,
    #[cfg(feature = "legal")]
    &plugin_legal::MANIFEST,
    #[cfg(feature = "reward")]
    &plugin_reward::MANIFEST,
];

/// Every plugin of this build, set up for a site.
///
/// # Errors
///
/// A setting of a plugin is wrong, or settings name a plugin that is not there.
pub fn all(settings: &BTreeMap<String, toml::Table>, site: &Path) -> Result<Plugins> {
    let of = |name: &str| -> Result<Map<String, Value>> {
        let Some(table) = settings.get(name) else { return Ok(Map::new()) };
        match serde_json::to_value(table).context("设置无法转换")? {
            Value::Object(map) => Ok(map),
            _ => Ok(Map::new()),
        }
    };
    let plugins: Vec<Box<dyn Plugin>> = vec![
        #[cfg(feature = "remind")]
        plugin_remind::plugin(&of("remind")?, site).context("[plugins.remind]")?,
        #[cfg(feature = "visit")]
        plugin_visit::plugin(&of("visit")?, site).context("[plugins.visit]")?,
        #[cfg(feature = "legal")]
        plugin_legal::plugin(&of("legal")?, site).context("[plugins.legal]")?,
        #[cfg(feature = "reward")]
        plugin_reward::plugin(&of("reward")?, site).context("[plugins.reward]")?,
    ];
    let names: Vec<&str> = plugins.iter().map(|plugin| plugin.manifest().name).collect();
    if let Some(strange) = settings.keys().find(|key| !names.contains(&key.as_str())) {
        let named = names.join(", ");
        bail!(
            "没有插件 `{strange}` · there is no plugin `{strange}`\n  \
             提示:本程序带有 {named} · hint: this program has {named}"
        );
    }
    Ok(Plugins::new(plugins))
}

/// The plugins as a folder's check needs them: with default settings.
///
/// # Errors
///
/// As [`all`].
pub fn for_checks(dir: &Path) -> Result<Plugins> {
    all(&BTreeMap::new(), dir)
}
