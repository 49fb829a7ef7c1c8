//! What an institution has set for its legal work (法务设置): who is in charge, how far a
//! claim may change before it is filed, and which courts there are.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use domain::court::Courts;
use serde_json::{Map, Value};
use store::plugin_settings::{Settings, SettingsError};

use crate::manifest::MANIFEST;

/// The settings of the plugin, read and checked.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// Who owns a matter when nobody is named.
    pub(crate) owner: Option<String>,
    pub(crate) warn_days: i64,
    pub(crate) file_within_days: i64,
    /// By how many per mille a claim may fall, or grow, without a second approval.
    pub(crate) may_fall: i64,
    pub(crate) may_grow: i64,
    pub(crate) courts: Courts,
}

impl Rules {
    /// Reads what `[plugins.legal]` says, and the table of courts of the site.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] for an unknown key or a value or table that makes no sense.
    pub(crate) fn read(
        settings: &Map<String, Value>,
        site: &Path,
    ) -> Result<Self, SettingsError> {
        let settings = Settings::read(&MANIFEST, settings)?;
        let owner = settings.text("owner").trim();
        Ok(Self {
            owner: (!owner.is_empty()).then(|| owner.to_owned()),
            warn_days: within(&settings, "warn_days", (1, 365))?,
            file_within_days: within(&settings, "file_within_days", (1, 365))?,
            may_fall: within(&settings, "claim_may_fall", (0, 1_000))?,
            may_grow: within(&settings, "claim_may_grow", (0, 1_000))?,
            courts: courts(settings.text("courts").trim(), site)?,
        })
    }
}

fn within(
    settings: &Settings,
    name: &'static str,
    (least, most): (i64, i64),
) -> Result<i64, SettingsError> {
    let number = settings.count(name);
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    Err(unusable(name, format!("应为 {least}–{most} · should be {least} to {most}")))
}

fn unusable(name: &str, reason: String) -> SettingsError {
    SettingsError::Unusable { plugin: MANIFEST.name, name: name.to_owned(), reason }
}

/// Where the table lies that nobody named: beside the scripts, which are checked by
/// themselves too.
const COURTS: &[&str] = &["courts.toml", "workflows/courts.toml"];

/// The table of courts; none where none was named and none is there.
fn courts(named: &str, site: &Path) -> Result<Courts, SettingsError> {
    let places: Vec<PathBuf> = if named.is_empty() {
        COURTS.iter().map(|place| site.join(place)).collect()
    } else {
        vec![site.join(named)]
    };
    for place in places {
        match fs::read_to_string(&place) {
            Ok(text) => {
                return Courts::parse(&text).map_err(|error| {
                    let place = place.display();
                    unusable("courts", told(&place.to_string(), &error.to_string()))
                });
            }
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_empty() => {}
            Err(_) => {
                let place = place.display();
                let why = format!(
                    "法院表 {place} 读不了 · the table of courts {place} cannot be read"
                );
                return Err(unusable("courts", why));
            }
        }
    }
    Ok(Courts::default())
}

fn told(place: &str, error: &str) -> String {
    let (zh, en) = error.split_once(" · ").unwrap_or((error, error));
    format!("法院表 {place}:{zh} · table of courts {place}: {en}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(settings: &Value, site: &Path) -> Result<Rules, SettingsError> {
        Rules::read(settings.as_object().unwrap(), site)
    }

    #[test]
    fn the_table_of_courts_lies_beside_the_scripts_or_where_the_settings_say() {
        let dir = tempfile::tempdir().unwrap();
        let table = "[[court]]\nname = \"虚构县人民法院\"\nprefixes = [\"虚构县\"]\n";
        let address = "虚构县测试村";
        assert_eq!(read(&json!({}), dir.path()).unwrap().courts.of(address), None);
        fs::create_dir(dir.path().join("workflows")).unwrap();
        fs::write(dir.path().join("workflows/courts.toml"), table).unwrap();
        let rules = read(&json!({}), dir.path()).unwrap();
        assert_eq!(rules.courts.of(address), Some("虚构县人民法院"));
        // The check of the scripts' folder finds it as well.
        let rules = read(&json!({}), &dir.path().join("workflows")).unwrap();
        assert_eq!(rules.courts.of(address), Some("虚构县人民法院"));
        let named = json!({ "courts": "other.toml" });
        let error = read(&named, dir.path()).unwrap_err().to_string();
        assert!(error.contains("plugins.legal.courts"), "{error}");
    }

    #[test]
    fn a_table_with_a_fault_is_refused_with_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let table = "[[court]]\nname = \"\"\nprefixes = [\"虚构县\"]\n";
        fs::write(dir.path().join("courts.toml"), table).unwrap();
        let error = read(&json!({}), dir.path()).unwrap_err().to_string();
        for part in ["courts.toml", "第 1 个法院没有名称", "court 1 has no name"]
        {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
}
