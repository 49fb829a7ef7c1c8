//! Commands (命令): what every command answers, to good input and to bad, run as
//! people run them.

mod books;
mod lists;
mod sites;
mod entries;
mod people;
mod slips;
mod parts;
mod approvals;
mod court;
mod rewards;
mod scripts;
mod replays;
mod stops;
mod gateways;
mod tongues;
mod tasks;

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::stories::site::{CommandOutput, run_on};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A site with plain settings and nothing in its book; gone at the end.
struct Cli {
    dir: TempDir,
}

impl Cli {
    fn new() -> Self {
        let cli = Self::bare();
        std::fs::write(cli.site().join("qingshou.toml"), "zone = \"Asia/Shanghai\"\n")
            .expect("settings are written");
        cli
    }

    /// A folder that is nobody's site yet.
    fn bare() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    fn site(&self) -> PathBuf {
        let site = self.dir.path().join("site");
        std::fs::create_dir_all(&site).expect("the site's folder is made");
        site
    }

    /// Writes a file beside the site and gives its path.
    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, bytes).expect("the file is written");
        path.to_str().expect("a temporary path is plain").to_owned()
    }

    fn run(&self, args: &[&str]) -> CommandOutput {
        run_on(&self.site(), args)
    }

    /// Runs a command that must end with this code; returns what it prints.
    fn expect(&self, exit: i32, args: &[&str]) -> CommandOutput {
        let told = self.run(args);
        assert_eq!(told.exit, exit, "`{}`: {}{}", args.join(" "), told.out, told.err);
        told
    }

    fn json(&self, exit: i32, args: &[&str]) -> Value {
        read_json(&self.expect(exit, &[args, &["-o", "json"]].concat()).out)
    }

    /// The loan numbers in the book.
    fn cases(&self) -> Vec<String> {
        let rows = self.json(0, &["case", "ls", "--limit", "100000"]);
        let rows = rows["rows"].as_array().expect("rows are a list");
        let number =
            |it: &Value| it["case_id"].as_str().expect("a loan number").to_owned();
        rows.iter().map(number).collect()
    }

    /// What `rejects/` holds of a list, or `None`.
    fn rejects(&self, list: &str) -> Option<String> {
        let path = self.site().join("rejects").join(format!("{list}.rejects.csv"));
        std::fs::read_to_string(path).ok()
    }

    /// Proves that the store is whole.
    fn verify(&self) {
        self.expect(0, &["verify"]);
    }
}

fn read_json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A folder of the real books, or `None` after saying that the test did not
/// run. Where `CI=true` that is a failure.
fn data(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(ROOT).join("../shared/data");
    let folder =
        std::env::var_os("QINGSHOU_DATA").map_or_else(beside, PathBuf::from).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    not_run(&format!("no folder `{}`; set QINGSHOU_DATA", folder.display()));
    None
}

/// Says past the test harness, which swallows what passing tests print, that
/// a test cannot run here.
pub(crate) fn not_run(why: &str) {
    let ci = std::env::var_os("CI").is_some_and(|variable| variable == "true");
    assert!(!ci, "cannot run: {why}");
    writeln!(std::io::stderr(), "NOT RUN: {why}").expect("standard error is open");
}
