//! Settings read again (重新读取设置): what can change while the daemon works changes,
//! what cannot is named, and settings that are wrong change nothing.

use std::path::Path;

use anyhow::{Context, Result, bail};
use commands::app::{self, App};
use commands::language;
use domain::say::Lang;
use domain::tongues::both;
use release::candidate::fault_of_rules;
use runtime::work::Silence;
use serde::{Deserialize, Serialize};
use site::config::Config;
use site::{CONFIG_FILE, Site, is_blank, lost, settings, text_of};
use store::{Conn, Now, meta};
use tracing::{error, info, warn};

use crate::service::WORKING;

/// Where what became of the settings is kept, in the store's `meta`.
const KEPT_AS: &str = "settings_note";

/// What became of the settings when they were last read again, for `status`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Note {
    /// When, civil time.
    pub at: String,
    /// Why they were not taken up, Chinese and English; empty when they were.
    pub fault: (String, String),
    /// Settings that count now and did not before.
    pub changed: Vec<String>,
    /// Settings that differ and need a restart.
    pub needs_restart: Vec<String>,
}

impl Note {
    /// The last one since the daemon was started.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub(crate) async fn last(conn: &mut Conn) -> Result<Option<Self>> {
        let text = meta::text(conn, KEPT_AS).await?.unwrap_or_default();
        Ok(serde_json::from_str(&text).ok())
    }

    async fn keep(&self, app: &App) -> Result<()> {
        let mut tx = app.engine.begin_silent(Silence::Notes).await?;
        meta::set_text(tx.conn(), KEPT_AS, &serde_json::to_string(self)?).await?;
        Ok(tx.commit().await?)
    }
}

/// Forgets what was noted before, as the settings in force are those of the file. One
/// that was changed while the daemon was held is read again, or may name others that
/// need a restart.
///
/// # Errors
///
/// The store cannot be written.
pub(crate) async fn begin(app: &App) -> Result<()> {
    let (site, now) = (app.site(), app.engine.clock.now());
    let file = site.dir.join(CONFIG_FILE);
    let needs_restart = match read(&file, CONFIG_FILE) {
        Ok(read) if !changed(&site.config, &read).is_empty() => {
            reload(app, WORKING).await;
            return Ok(());
        }
        Ok(read) => fixed(&site.config, &read),
        Err(_) if file.exists() => return Ok(()),
        Err(_) => Vec::new(),
    };
    if needs_restart.is_empty() {
        let mut tx = app.engine.begin_silent(Silence::Notes).await?;
        meta::set_text(tx.conn(), KEPT_AS, "").await?;
        return Ok(tx.commit().await?);
    }
    let at = told_at(app, &now);
    Note { at, needs_restart, ..Note::default() }.keep(app).await
}

fn told_at(app: &App, now: &Now) -> String {
    app.engine.clock.civil(now.ms).strftime("%F %H:%M:%S").to_string()
}

/// Reads the settings again and works on by them; says in the log and in `status`
/// what came of it. The answer is for the service manager; `does` is what the daemon
/// does meanwhile.
pub(crate) async fn reload(app: &App, does: &str) -> String {
    let at = told_at(app, &app.engine.clock.now());
    let note = match take_up(app).await {
        Ok((changed, needs_restart)) => {
            info!(?changed, ?needs_restart, "the settings were read again");
            if !needs_restart.is_empty() {
                let named = needs_restart.join(", ");
                warn!("these settings differ and count after a restart: {named}");
            }
            Note { at, fault: Default::default(), changed, needs_restart }
        }
        Err(fault) => {
            let told = |lang| language::told(&fault, lang);
            let (zh, en) = (told(Lang::Zh), told(Lang::En));
            error!("the settings were not taken up, the old ones go on: {en}");
            Note { at, fault: (zh, en), ..Note::default() }
        }
    };
    if let Err(fault) = note.keep(app).await {
        error!(%fault, "what became of the settings could not be noted");
    }
    if note.fault.1.is_empty() {
        does.to_owned()
    } else {
        format!("{does}, by the old settings: qingshou.toml is wrong 沿用旧设置")
    }
}

/// Which settings changed, and which wait for a restart.
async fn take_up(app: &App) -> Result<(Vec<String>, Vec<String>)> {
    let old = app.site();
    let file = old.dir.join(CONFIG_FILE);
    let named = file.display().to_string();
    let read = read(&file, &named)?;
    let needs_restart = fixed(&old.config, &read);
    let config = Config {
        zone: old.config.zone.clone(),
        database: old.config.database.clone(),
        workflows: old.config.workflows.clone(),
        rehearsal: old.config.rehearsal,
        metrics: old.config.metrics.clone(),
        ..read
    };
    let site = Site { dir: old.dir.clone(), config };
    app::settings_hold(&site)?;
    let changed = changed(&old.config, &site.config);
    if changed.is_empty() {
        return Ok((changed, needs_restart));
    }
    rules_are_there(app, &old.config, &site.config)?;
    app.take_up(site).await?;
    Ok((changed, needs_restart))
}

/// Other rules or another calendar count at once, so they have to be there: a release
/// that lacks them would go on by the old ones without a word.
fn rules_are_there(app: &App, old: &Config, new: &Config) -> Result<()> {
    if (&old.policy, &old.calendar) == (&new.policy, &new.calendar) {
        return Ok(());
    }
    let Some(runtime) = app.engine.runtime() else { return Ok(()) };
    match fault_of_rules(&runtime.folder, new) {
        None => Ok(()),
        Some(fault) => bail!(both(&fault.render(Lang::Zh), &fault.render(Lang::En))),
    }
}

fn read(file: &Path, named: &str) -> Result<Config> {
    let bytes = settings(file)
        .with_context(|| format!("读不了 {named} · {named} cannot be read"))?;
    // An editor or a full disk has cut it off; the defaults are nobody's wish.
    if is_blank(&bytes) {
        return Err(lost(file, ("是空的", "are empty")));
    }
    Config::parse(&text_of(bytes, named)?, named)
}

/// Settings that differ and cannot change while cases are worked.
fn fixed(old: &Config, new: &Config) -> Vec<String> {
    let all = [
        ("zone", old.zone != new.zone),
        ("database", old.database != new.database),
        ("workflows", old.workflows != new.workflows),
        ("rehearsal", old.rehearsal != new.rehearsal),
        ("metrics", old.metrics != new.metrics),
    ];
    names(&all)
}

/// Settings that differ; of plugins the channels, never what is set.
fn changed(old: &Config, new: &Config) -> Vec<String> {
    let all = [
        ("institution", old.institution != new.institution),
        ("telephone", old.telephone != new.telephone),
        ("address", old.address != new.address),
        ("opening", old.opening != new.opening),
        ("promise_tolerance", old.promise_tolerance != new.promise_tolerance),
        ("policy", old.policy != new.policy),
        ("calendar", old.calendar != new.calendar),
        ("book_stale_after", old.book_stale_after != new.book_stale_after),
        ("log", old.log != new.log),
        ("guard", old.guard != new.guard),
        ("blast_guard", old.blast_guard != new.blast_guard),
        ("retention", old.retention != new.retention),
        ("people", old.people != new.people),
        ("plugins", old.plugins != new.plugins),
    ];
    names(&all)
}

fn names(all: &[(&str, bool)]) -> Vec<String> {
    all.iter().filter(|it| it.1).map(|it| it.0.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn settings_that_cannot_be_taken_up_wholly_are_not_taken_up_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let app = App::open(Site::open(folder.path()).unwrap()).await.unwrap();
        // There is no socket through which people could be let in.
        let settings = "promise_tolerance = 7\n[[people]]\nname = \"示例甲\"\n\
                        login = \"a\"\nroles = []\n";
        std::fs::write(folder.path().join(CONFIG_FILE), settings).unwrap();
        let status = reload(&app, "working").await;
        assert!(status.contains("by the old settings"), "{status}");
        assert!(app.site().config.people.is_empty());
        let limits = app.engine.limits();
        assert_eq!((limits.promise_tolerance, limits.roles.len()), (1, 0));
        std::fs::write(folder.path().join(CONFIG_FILE), "# nothing\n").unwrap();
        let status = reload(&app, "working").await;
        assert!(status.contains("by the old settings"), "{status}");
        std::fs::write(folder.path().join(CONFIG_FILE), settings).unwrap();
        std::fs::write(app.site().socket(), "").unwrap();
        assert_eq!(reload(&app, "working").await, "working");
        let limits = app.engine.limits();
        assert_eq!((limits.promise_tolerance, limits.roles.len()), (7, 1));
        app.engine.store.close().await.unwrap();
    }

    #[tokio::test]
    async fn settings_that_were_changed_before_the_work_began_are_in_force_or_named() {
        let folder = tempfile::tempdir().unwrap();
        let app = App::open(Site::open(folder.path()).unwrap()).await.unwrap();
        let noted = async || {
            begin(&app).await.unwrap();
            let mut conn = app.engine.store.read().await.unwrap();
            Note::last(conn.conn()).await.unwrap()
        };
        assert_eq!(noted().await, None);
        let file = folder.path().join(CONFIG_FILE);
        std::fs::write(&file, "promise_tolerance = 7\nzone = \"UTC\"\n").unwrap();
        let note = noted().await.unwrap();
        assert_eq!(app.engine.limits().promise_tolerance, 7);
        assert_eq!(note.changed, ["promise_tolerance"]);
        assert_eq!(note.needs_restart, ["zone"]);
        app.engine.store.close().await.unwrap();
    }

    #[test]
    fn whatever_differs_is_named_once_as_changed_or_as_waiting_for_a_restart() {
        let old = Config::default();
        for line in [
            "institution = \"x\"",
            "telephone = \"0000-1\"",
            "address = \"x\"",
            "zone = \"UTC\"",
            "opening = \"10:00\"",
            "promise_tolerance = 2",
            "workflows = \"x\"",
            "database = \"x.db\"",
            "policy = \"x\"",
            "calendar = \"x\"",
            "rehearsal = true",
            "book_stale_after = 9",
            "metrics = \"127.0.0.1:9464\"",
            "log = \"debug\"",
            "guard.times = 5",
            "blast_guard.times = 5",
            "retention.logs_days = 500",
            "[[people]]\nname = \"x\"\nlogin = \"x\"\nroles = []",
            "[plugins.remind.sms]\nat_once = 2",
        ] {
            let new = Config::parse(line, "q").unwrap();
            let told = [fixed(&old, &new), changed(&old, &new)].concat();
            assert_eq!(told.len(), 1, "{line}: {told:?}");
            assert!(line.contains(&told[0]), "{line}: {told:?}");
        }
    }
}
