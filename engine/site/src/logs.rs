//! How much the log tells (日志详略), which can be changed while the daemon works.

use std::sync::OnceLock;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Sets the filter of the log; a boxed handle, for its type depends on the form.
type Set = Box<dyn Fn(EnvFilter) + Send + Sync>;

static FILTER: OnceLock<Set> = OnceLock::new();

/// Remembers how the filter of this process's log is set.
pub fn are_set_by(set: impl Fn(EnvFilter) + Send + Sync + 'static) {
    // Already set only in a process that runs the program twice.
    drop(FILTER.set(Box::new(set)));
}

/// What a daemon tells when the settings say nothing.
pub const USUAL: &str = "info";

/// The filter of a setting; `None` when it is none. A word without a level is taken for
/// a slip: as the name of a part of the program it would silence all others.
pub(crate) fn filter(text: &str) -> Option<EnvFilter> {
    let text = if text.trim().is_empty() { USUAL } else { text };
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let mut bare = parts.iter().filter(|part| !part.contains(['=', '[']));
    if bare.any(|it| it.parse::<LevelFilter>().is_err()) {
        return None;
    }
    // Whatever is asked for of single parts, faults of all others are told.
    EnvFilter::builder().parse(format!("error,{}", parts.join(","))).ok()
}

/// Lets the log of the daemon tell as much as the setting says.
pub fn follow(text: &str) {
    if let (Some(set), Some(filter)) = (FILTER.get(), filter(text)) {
        set(filter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_level_or_names_one_and_faults_are_told_whatever_it_says() {
        let table = [
            ("", Some("info")),
            ("info", Some("info")),
            ("DEBUG", Some("debug")),
            ("off", Some("off")),
            ("warn, release=debug", Some("release=debug,warn")),
            ("release=debug", Some("release=debug,error")),
            ("inof", None),
            ("infO;debug", None),
            ("info,inof", None),
            ("daemon=loud", None),
            ("信息", None),
        ];
        for (text, wanted) in table {
            let found = filter(text).map(|it| it.to_string());
            assert_eq!(found.as_deref(), wanted, "{text}");
        }
    }
}
