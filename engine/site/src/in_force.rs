//! Settings in force (生效设置): what the daemon that works a site goes by, left beside
//! its socket for the other commands.
//!
//! Whoever has to stop a bad sending cannot wait until `qingshou.toml` is right again,
//! and a file that was changed and not taken up yet names another store than the one
//! that is worked.

use std::path::Path;

use anyhow::{Context as _, Result};
use store::{SiteLock, plain, private};
use tracing::warn;

use crate::Site;
use crate::config::Config;

/// The name of the file. It holds no secrets: what plugins are set to stays out of it.
pub(crate) const FILE: &str = "settings_in_force.json";

/// Leaves the settings of a site that is worked from now on by this process. Where that
/// cannot be written, on a full disk, the work goes on.
pub fn leave(site: &Site) {
    if let Err(error) = written(site) {
        warn!("other commands go by qingshou.toml: {error:#}");
    }
}

fn written(site: &Site) -> Result<()> {
    let (path, beside) = (site.dir.join(FILE), site.dir.join(format!(".{FILE}.part")));
    let text = serde_json::to_string(&site.config)?;
    let left = private::file(&beside, text).and_then(|()| {
        // Whole or not at all: somebody may read it at any moment.
        std::fs::rename(&beside, &path)
    });
    left.with_context(|| {
        let path = path.display();
        format!("写不了 {path} · {path} cannot be written")
    })
}

/// The settings of the daemon that works the site in a folder, without those of its
/// plugins; `None` where none works it.
pub fn of_daemon(dir: &Path) -> Option<Config> {
    let text = plain::read_text(&dir.join(FILE)).ok()?;
    let config: Config = serde_json::from_str(&text).ok()?;
    // One that was killed has left its file.
    let holder = SiteLock::holder(&config.database_in(dir)).ok()??;
    (holder != std::process::id().to_string()).then_some(config)
}

/// A site as the other commands have to see it while a daemon works it: by the
/// settings of the file, but for those that cannot change under a daemon.
pub fn beside_daemon(of_file: Config, of_daemon: Config) -> Config {
    let Config { zone, workflows, database, database_password_file, rehearsal, .. } =
        of_daemon;
    Config { zone, workflows, database, database_password_file, rehearsal, ..of_file }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn settings_are_those_of_a_daemon_only_while_one_holds_the_store_and_hold_no_secret()
    {
        let folder = tempfile::tempdir().unwrap();
        let text = "database = \"x.db\"\npromise_tolerance = 7\n\
                    [guard.channels]\nsms = 9\n\
                    [[people]]\nname = \"示例甲\"\nlogin = \"a\"\nroles = [\"risk\"]\n\
                    [plugins.remind.sms]\ntoken = \"secret\"\n";
        let config = Config::parse(text, "q").unwrap();
        let site = Site { dir: folder.path().to_owned(), config: config.clone() };
        leave(&site);
        let path = folder.path().join(FILE);
        assert!(!std::fs::read_to_string(&path).unwrap().contains("secret"));
        assert_eq!(of_daemon(folder.path()), None, "nobody works it");
        let held = std::fs::File::create(folder.path().join("x.db.lock")).unwrap();
        held.lock().unwrap();
        std::fs::write(folder.path().join("x.db.lock"), "1").unwrap();
        let plain = Config { plugins: BTreeMap::default(), ..config };
        assert_eq!(of_daemon(folder.path()), Some(plain));
        std::fs::write(&path, "{").unwrap();
        assert_eq!(of_daemon(folder.path()), None);
    }

    #[test]
    fn what_cannot_change_under_a_daemon_is_as_the_daemon_has_it() {
        let text = "database = \"new.db\"\npromise_tolerance = 9\nrehearsal = true";
        let file = Config::parse(text, "q");
        let daemon = Config { zone: "UTC".to_owned(), ..Config::default() };
        let seen = beside_daemon(file.unwrap(), daemon);
        assert_eq!(
            (seen.database.as_str(), seen.zone.as_str()),
            ("case_store.db", "UTC")
        );
        assert_eq!(seen.promise_tolerance, 9);
        // Messages leave until the daemon starts again, whatever the file says.
        assert!(!seen.rehearsal);
    }
}
