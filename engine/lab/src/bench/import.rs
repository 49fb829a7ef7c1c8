//! The import beside the ceiling (导入测速): the files of a made-up book are taken in as
//! by anybody, and the same rows are written twice by loops that read no file and decide
//! nothing: one a row at a time, as anybody would write it, one a portion at a time, which
//! is the ceiling. All are counted in rows a second of processor time.

use std::path::Path;

use anyhow::{Context, Result, bail};
use import::{ImportReport, Importer, Moment};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::unistd::Pid;
use serde_json::{Value, json};
use store::{Durability, Now, Options, Place, Store};

use super::book::{Book, TODAY};
use super::{memory, raw_import, set_import, share};

/// How big a book to measure.
#[derive(Clone, Copy, Debug)]
pub struct ImportOptions {
    /// Cases.
    pub cases: usize,
    /// Events of all of them.
    pub events: usize,
}

/// Nothing smaller gives a figure.
const LEAST: usize = 1_000;

/// The processor time of a case list and of an events file, in microseconds.
pub(super) struct Spent {
    pub(super) cases: i64,
    pub(super) events: i64,
}

/// Imports a book of this size twice and writes it once more by each loop, each into a
/// store of its own that is taken away afterwards.
///
/// All of it on one processor: an import works on several threads at once, and the
/// seconds of processors that share a core are longer than those of one alone.
///
/// # Errors
///
/// Too few cases or events; a file or a store cannot be written; the import and the
/// loops did not write the same.
pub async fn import(wanted: ImportOptions) -> Result<Value> {
    if wanted.cases < LEAST || wanted.events < wanted.cases {
        bail!("--cases 至少 {LEAST},--events 至少与案件一样多");
    }
    let measured = tokio::task::spawn_blocking(move || {
        let apart = std::thread::spawn(move || {
            stay_on_one_processor()?;
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_all().build()?.block_on(measure(wanted))
        });
        apart.join().unwrap_or_else(|_| bail!("测速中断"))
    });
    measured.await?
}

/// For this thread and those that it begins: the first processor that it may use.
fn stay_on_one_processor() -> Result<()> {
    let own = Pid::from_raw(0);
    let may_use = sched_getaffinity(own)?;
    let mut one = CpuSet::new();
    for processor in 0..CpuSet::count() {
        if may_use.is_set(processor)? {
            one.set(processor)?;
            break;
        }
    }
    Ok(sched_setaffinity(own, &one)?)
}

async fn measure(wanted: ImportOptions) -> Result<Value> {
    let dir = tempfile::tempdir().context("建不了临时目录")?;
    let book = Book::write(dir.path(), wanted)?;
    let [imported, looped, set] =
        ["import.db", "loop.db", "set.db"].map(|it| dir.path().join(it));
    let first = take_in(&imported, &book).await?;
    let again = take_in(&imported, &book).await?;
    let peak = memory()?.1;
    let by_row = raw_import::write(&looped, wanted).await?;
    let by_set = set_import::write(&set, wanted).await?;
    let rows = set_import::rows(&imported).await?;
    for other in [&looped, &set] {
        if rows != set_import::rows(other).await? {
            bail!("导入与对照循环写下的行数不同,测速无效");
        }
    }
    dir.close()?;
    let of_import = rates(wanted, &first);
    let of_raw = rates(wanted, &by_row);
    let of_set = rates(wanted, &by_set);
    let of_again = rates(wanted, &again);
    Ok(json!({
        "format_version": 1,
        "store": "sqlite",
        "durability": "full",
        "cases": wanted.cases,
        "events": wanted.events,
        "rows_written": rows.iter().sum::<i64>(),
        "import_cases_per_cpu_s": of_import.0,
        "raw_cases_per_cpu_s": of_raw.0,
        "cases_over_raw": share(of_import.0, of_raw.0)?,
        "import_events_per_cpu_s": of_import.1,
        "raw_events_per_cpu_s": of_raw.1,
        "events_over_raw": share(of_import.1, of_raw.1)?,
        "import_over_raw": share(by_row.all(), first.all())?,
        "set_cases_per_cpu_s": of_set.0,
        "cases_over_set": share(of_import.0, of_set.0)?,
        "set_events_per_cpu_s": of_set.1,
        "events_over_set": share(of_import.1, of_set.1)?,
        "import_over_set": share(by_set.all(), first.all())?,
        "again_cases_per_cpu_s": of_again.0,
        "again_events_per_cpu_s": of_again.1,
        "again_over_first": share(again.all(), first.all())?,
        "peak_rss_mb": peak,
    }))
}

impl Spent {
    fn all(&self) -> i64 {
        self.cases + self.events
    }
}

/// Cases and events a second.
fn rates(wanted: ImportOptions, spent: &Spent) -> (i64, i64) {
    (rate(wanted.cases, spent.cases), rate(wanted.events, spent.events))
}

fn rate(rows: usize, micros: i64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX).saturating_mul(1_000_000) / micros.max(1)
}

/// Processor time of this process so far, in microseconds.
pub(super) fn processor_time() -> Result<i64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let micros = |time: TimeVal| time.num_microseconds();
    Ok(micros(usage.user_time()) + micros(usage.system_time()))
}

pub(super) fn options(path: &Path) -> Options {
    Options {
        place: Place::file(path),
        durability: Durability::Full,
        create: true,
        store_id: Some("bench".to_owned()),
    }
}

pub(super) fn now() -> Now {
    Now { ms: 1_775_005_200_000, civil: TODAY.at(9, 0, 0, 0) }
}

/// Imports both files.
async fn take_in(path: &Path, book: &Book) -> Result<Spent> {
    let store = Store::open(options(path)).await?;
    let now = now();
    let moment = Moment {
        now,
        resume_at_ms: now.ms,
        reschedule: &|_| None,
        tolerance_after: &|_| 0,
        near_after: &|_| 3,
    };
    let options = import::Options {
        rejects_dir: path.with_extension("rejects"),
        importer: Some(Importer {
            by: "测速".to_owned(),
            logins: Vec::new(),
            reason: None,
        }),
        ..import::Options::default()
    };
    let began = processor_time()?;
    let cases = import::import_cases(&store, &moment, &book.cases, &options).await;
    whole(cases)?;
    let between = processor_time()?;
    let events = import::import_events(&store, &moment, &book.events, &options).await;
    whole(events)?;
    let ended = processor_time()?;
    store.close().await?;
    Ok(Spent { cases: between - began, events: ended - between })
}

fn whole(report: Result<ImportReport, import::ImportError>) -> Result<()> {
    let report =
        report.map_err(|error| anyhow::anyhow!(error.text(domain::say::Lang::Zh)))?;
    if 0 < report.rejected {
        bail!("测速清单有 {} 行被退回,测速无效", report.rejected);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_small_book_gives_every_figure() {
        let figures =
            import(ImportOptions { cases: 1_000, events: 3_001 }).await.unwrap();
        for key in [
            "import_cases_per_cpu_s",
            "raw_cases_per_cpu_s",
            "import_events_per_cpu_s",
            "raw_events_per_cpu_s",
            "set_cases_per_cpu_s",
            "set_events_per_cpu_s",
            "again_cases_per_cpu_s",
            "again_events_per_cpu_s",
            "peak_rss_mb",
        ] {
            assert!(0 < figures[key].as_i64().unwrap(), "{key}: {figures}");
        }
        // Case, person and their tie; events; evidence of a thousand payments.
        assert_eq!(figures["rows_written"], 3_000 + 3_001 + 1_000);
    }

    #[tokio::test]
    async fn a_book_too_small_for_a_figure_is_refused() {
        for (cases, events) in [(999, 3_000), (1_000, 999)] {
            assert!(import(ImportOptions { cases, events }).await.is_err());
        }
    }
}
