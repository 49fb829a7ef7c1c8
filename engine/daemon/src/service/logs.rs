//! How much the log tells (日志详略), which can be changed while the daemon works.

use std::sync::OnceLock;

use tracing_subscriber::EnvFilter;

/// Sets the filter of the log; a boxed handle, for its type depends on the form.
type Set = Box<dyn Fn(EnvFilter) + Send + Sync>;

static FILTER: OnceLock<Set> = OnceLock::new();

/// Remembers how the filter of this process's log is set.
pub(crate) fn are_set_by(set: impl Fn(EnvFilter) + Send + Sync + 'static) {
    // Already set only in a process that runs the program twice.
    drop(FILTER.set(Box::new(set)));
}

/// What a daemon tells when the settings say nothing.
pub(crate) const USUAL: &str = "info";

/// The filter of a setting.
///
/// # Errors
///
/// It is none.
pub(crate) fn filter(
    text: &str,
) -> Result<EnvFilter, tracing_subscriber::filter::ParseError> {
    let text = text.trim();
    EnvFilter::builder().parse(if text.is_empty() { USUAL } else { text })
}

/// Lets the log of the daemon tell as much as the setting says.
pub(crate) fn follow(text: &str) {
    if let (Some(set), Ok(filter)) = (FILTER.get(), filter(text)) {
        set(filter);
    }
}
