//! How far long work has come (进度条): a bar on a terminal, a plain line every five
//! seconds elsewhere.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use store::progress::Progress;

use crate::cli::output;

/// How often the bar of [`watched`] moves.
const MOVES_EVERY: Duration = Duration::from_millis(200);

/// How often a line is written where there is no terminal.
const TELLS_EVERY: Duration = Duration::from_secs(5);

/// A bar, or lines.
pub(crate) struct Bar {
    bar: Option<ProgressBar>,
    /// The whole that the bar is drawn for.
    whole: AtomicU64,
    last_line: Mutex<Instant>,
}

impl Bar {
    pub(crate) fn new() -> Self {
        let bar = output::on_terminal().then(|| ProgressBar::new(0).with_style(style(0)));
        let (whole, last_line) = (AtomicU64::new(0), Mutex::new(Instant::now()));
        Self { bar, whole, last_line }
    }

    /// Shows that so many pieces are done, and what they are; a whole that is not
    /// known, 0, leaves the share out.
    pub(crate) fn show(&self, done: u64, of: u64, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(what.to_owned());
            if of != self.whole.swap(of, Ordering::Relaxed) {
                bar.set_length(of);
                bar.set_style(style(of));
            }
            bar.set_position(done);
            return;
        }
        let mut last = self.last_line.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = last.elapsed();
        if TELLS_EVERY <= passed {
            output::complain(&line(done, of, what));
            *last += passed;
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(of: u64) -> ProgressStyle {
    let template = if of == 0 { "{msg} {pos}" } else { "{bar:40} {msg} {percent}%" };
    let style = ProgressStyle::with_template(template);
    style.unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn line(done: u64, of: u64, what: &str) -> String {
    match done.saturating_mul(100).checked_div(of) {
        Some(percent) => format!("{what} {percent}%"),
        None => format!("{what} {done}"),
    }
}

/// Waits for work and shows how far it has come; `what` names it while its whole is
/// not known, and then.
pub(crate) async fn watched<T>(
    progress: &Progress,
    what: (&str, &str),
    work: impl Future<Output = T>,
) -> T {
    let bar = Bar::new();
    let mut work = std::pin::pin!(work);
    let done = loop {
        if let Ok(done) = tokio::time::timeout(MOVES_EVERY, &mut work).await {
            break done;
        }
        let (done, of) = progress.seen();
        if 0 < done {
            bar.show(done, of, if of == 0 { what.0 } else { what.1 });
        }
    };
    bar.finish();
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_the_share_where_the_whole_is_known() {
        assert_eq!(line(1_000, 0, "读取"), "读取 1000");
        assert_eq!(line(1_000, 3_000, "登记"), "登记 33%");
    }
}
