//! What an institution has set for its legal work (法务设置): who is in charge, how far a
//! claim may change before it is filed, and which courts there are.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use domain::court::Courts;
use domain::say::Say;
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
    courts: CourtFile,
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
            courts: CourtFile::of(settings.text("courts").trim(), site)?,
        })
    }

    /// The table of courts as it stands now: people edit it while the daemon runs. One
    /// with a fault names no court, so that a person has to, and nothing stops for it.
    pub(crate) fn courts(&self) -> Courts {
        self.courts.read().unwrap_or_default()
    }

    /// What is wrong with the table of courts.
    pub(crate) fn fault_of_courts(&self) -> Option<Say> {
        self.courts.read().err()
    }
}

/// Where the table of courts lies, if there is one.
#[derive(Clone, Debug)]
struct CourtFile {
    places: Vec<PathBuf>,
    /// The settings name it: it has to be there.
    is_named: bool,
}

impl CourtFile {
    /// The file that the settings name, from the site's folder, or the usual ones.
    fn of(named: &str, site: &Path) -> Result<Self, SettingsError> {
        if named.is_empty() {
            let places = COURTS.iter().map(|place| site.join(place)).collect();
            return Ok(Self { places, is_named: false });
        }
        let place = site.join(named);
        if !place.is_file() {
            return Err(unusable("courts", said(&unread(&place))));
        }
        Ok(Self { places: vec![place], is_named: true })
    }

    fn read(&self) -> Result<Courts, Say> {
        for place in &self.places {
            match fs::read_to_string(place) {
                Ok(text) => {
                    return Courts::parse(&text)
                        .map_err(|error| told(place, &error.to_string()));
                }
                Err(error) if error.kind() == ErrorKind::NotFound && !self.is_named => {}
                Err(_) => return Err(unread(place)),
            }
        }
        Ok(Courts::default())
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

fn unread(place: &Path) -> Say {
    let place = place.display();
    Say::new(
        format!("法院表 {place} 读不了"),
        format!("the table of courts {place} cannot be read"),
    )
}

fn told(place: &Path, error: &str) -> Say {
    let place = place.display();
    let (zh, en) = error.split_once(" · ").unwrap_or((error, error));
    Say::new(
        format!("法院表 {place}:{zh};改好之前不按住址确定法院"),
        format!(
            "table of courts {place}: {en}; until it is mended no court follows from an address"
        ),
    )
}

fn said(say: &Say) -> String {
    format!("{} · {}", say.zh, say.en)
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
        assert_eq!(read(&json!({}), dir.path()).unwrap().courts().of(address), None);
        fs::create_dir(dir.path().join("workflows")).unwrap();
        fs::write(dir.path().join("workflows/courts.toml"), table).unwrap();
        let rules = read(&json!({}), dir.path()).unwrap();
        assert_eq!(rules.courts().of(address), Some("虚构县人民法院"));
        // The check of the scripts' folder finds it as well.
        let rules = read(&json!({}), &dir.path().join("workflows")).unwrap();
        assert_eq!(rules.courts().of(address), Some("虚构县人民法院"));
        let named = json!({ "courts": "other.toml" });
        let error = read(&named, dir.path()).unwrap_err().to_string();
        assert!(error.contains("plugins.legal.courts"), "{error}");
    }

    #[test]
    fn a_table_that_the_settings_name_is_missed_when_it_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("other.toml");
        fs::write(&file, "").unwrap();
        let rules = read(&json!({ "courts": "other.toml" }), dir.path()).unwrap();
        assert_eq!(rules.fault_of_courts(), None);
        fs::remove_file(&file).unwrap();
        let fault = rules.fault_of_courts().unwrap();
        for (text, part) in [(&fault.zh, "读不了"), (&fault.en, "cannot be read")] {
            assert!(text.contains("other.toml") && text.contains(part), "{text}");
        }
        assert_eq!(rules.courts().of("虚构县测试村"), None);
    }

    #[test]
    fn a_table_with_a_fault_names_no_court_until_it_is_mended_and_stops_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("courts.toml");
        let rules = read(&json!({}), dir.path()).unwrap();
        assert_eq!(rules.fault_of_courts(), None, "there need be none");
        fs::write(&file, "[[court]]\nname = \"\"\nprefixes = [\"虚构县\"]\n").unwrap();
        assert_eq!(rules.courts().of("虚构县测试村"), None);
        let fault = rules.fault_of_courts().unwrap();
        for (text, part) in
            [(&fault.zh, "第 1 个法院没有名称"), (&fault.en, "court 1 has no name")]
        {
            assert!(text.contains("courts.toml") && text.contains(part), "{text}");
        }
        let mended = "[[court]]\nname = \"虚构县人民法院\"\nprefixes = [\"虚构县\"]\n";
        fs::write(&file, mended).unwrap();
        assert_eq!(rules.courts().of("虚构县测试村"), Some("虚构县人民法院"));
        assert_eq!(rules.fault_of_courts(), None);
    }
}
