//! Replays (回放): a book through the production engine on a virtual clock, the same
//! to the byte however often it is run.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

use super::{Cli, ROOT, data};
use crate::stories::site::{database_of, run_on};

/// The verbs that reach people; each one that a shipped workflow uses has to
/// reach somebody in thirteen years.
const CONTACT_VERBS: [&str; 7] =
    ["sms", "wechat", "call", "letter", "notice", "visit", "demand_letter"];

/// Forty loans over half a year: some pay, some promise, one complains, one
/// dies, one is dismissed.
fn small_book(cli: &Cli) {
    let mut cases = String::from(
        "case_id,debtor_id,debtor_name,phone,village,principal,opened,collector\n",
    );
    let mut events = String::from("seq,date,case_id,kind,amount,note,due_on\n");
    let mut rows: Vec<(String, String)> = Vec::new();
    for n in 0..40 {
        let village = ["柳树湾", "石桥村", "李村"][n % 3];
        writeln!(
            cases,
            "R-{n:03},P-{n:03},示例{n},000{n:08},{village},3000,2025-09-{:02},示例员",
            1 + n % 28
        )
        .expect("a text can be written");
        let mut told =
            |day: String, rest: &str| rows.push((day, format!("R-{n:03},{rest}")));
        told(format!("2025-09-{:02}", 1 + n % 28), "open,3000,,");
        told(format!("2026-02-{:02}", 1 + n % 28), "due,1000,,");
        match n % 8 {
            0 => told("2026-03-20".to_owned(), "payment,1000,,"),
            1 => told("2026-03-09".to_owned(), "promise,400,,2026-03-16"),
            2 => told("2026-03-11".to_owned(), "complaint,,,"),
            3 => told("2026-03-12".to_owned(), "deceased,,,"),
            4 => told("2026-04-02".to_owned(), "payment,300,,"),
            5 => told("2026-03-30".to_owned(), "dismissed,,,"),
            _ => {}
        }
    }
    rows.sort();
    for (seq, (day, rest)) in rows.iter().enumerate() {
        writeln!(events, "{},{day},{rest}", seq + 1).expect("a text can be written");
    }
    cli.file("cases.csv", cases);
    cli.file("events.csv", events);
}

fn replay(cli: &Cli, book: &Path, site: &str, more: &[&str]) -> Value {
    let workflows = format!("{ROOT}/workflows");
    let book = book.to_str().expect("a plain path");
    let args = ["replay", book, "--workflows", &workflows, "-o", "json"];
    let folder = cli.dir.path().join(site);
    std::fs::create_dir(&folder).expect("a folder can be made");
    let database = database_of(&folder);
    let on_server = database.iter().flat_map(|it| ["--database", it.as_str()]);
    let told = run_on(
        &folder,
        &args
            .into_iter()
            .chain(more.iter().copied())
            .chain(on_server)
            .collect::<Vec<_>>(),
    );
    assert_eq!(told.exit, 0, "{}", told.err);
    super::read_json(&told.out)
}

fn journal(cli: &Cli, site: &str) -> String {
    let told = run_on(&cli.dir.path().join(site), &["journal", "export"]);
    assert_eq!(told.exit, 0, "{}", told.err);
    told.out
}

#[test]
fn two_runs_of_one_book_give_the_same_journal_to_the_byte() {
    let cli = Cli::new();
    small_book(&cli);
    let until = ["--to", "2026-06-30"];
    let first = replay(&cli, cli.dir.path(), "one", &until);
    let second = replay(&cli, cli.dir.path(), "two", &until);
    assert_eq!(
        (&first["enrolled"], &first["parked"]),
        (&40.into(), &0.into()),
        "{first}"
    );
    assert!(100 < first["journal_lines"].as_i64().expect("a count"), "{first}");
    assert_eq!(first["journal_sha256"], second["journal_sha256"]);
    let (one, two) = (journal(&cli, "one"), journal(&cli, "two"));
    assert!(one == two, "the exports are equal");
    for verb in ["sms", "call", "visit"] {
        assert!(first["delivered"][verb].as_i64() > Some(0), "{verb}: {first}");
    }
    let verdict = run_on(&cli.dir.path().join("one"), &["verify"]);
    assert_eq!(verdict.exit, 0, "{}{}", verdict.out, verdict.err);

    let shorter = replay(&cli, cli.dir.path(), "three", &["--to", "2026-03-31"]);
    assert_ne!(shorter["journal_sha256"], first["journal_sha256"]);
}

#[test]
fn a_replay_needs_a_whole_book_an_empty_site_and_days_in_order() {
    let cli = Cli::new();
    let workflows = format!("{ROOT}/workflows");
    let folder = cli.dir.path().to_str().expect("a plain path").to_owned();
    let args = ["replay", &folder, "--workflows", &workflows];
    assert!(cli.expect(1, &args).err.contains("cases.csv"));
    small_book(&cli);
    let backwards = [&args[..], &["--from", "2026-05-01", "--to", "2026-04-01"]].concat();
    assert!(cli.expect(1, &backwards).err.contains("2026-04-01"));
    cli.file("events.csv", "date,case_id,kind,amount\n");
    assert!(cli.expect(1, &args).err.contains("事件文件是空的"));
    cli.file("events.csv", "date,case_id,kind,amount\n2026-02-30,R-001,due,5\n");
    assert!(cli.expect(1, &args).err.contains("R022"));
    assert!(!cli.site().join("case_store.db").exists(), "none of them was begun");
    small_book(&cli);
    std::fs::write(cli.site().join("case_store.db"), "kept")
        .expect("the file is written");
    assert!(cli.expect(1, &args).err.contains("an empty folder"));
}

/// Thirteen years take a minute or two; `tests/run` has the time.
#[test]
fn thirteen_years_of_fines_enter_are_reached_in_every_way_and_none_is_parked() {
    let Some(fines) = data("fines_sample") else { return };
    if std::env::var_os("QINGSHOU_LONG").is_none() {
        super::not_run("a long replay; set QINGSHOU_LONG=1");
        return;
    }
    let cli = Cli::new();
    let told = replay(&cli, &fines, "fines", &[]);
    assert!(Some(1_500) <= told["enrolled"].as_i64(), "{told}");
    assert_eq!(told["parked"], 0, "{told}");
    for verb in CONTACT_VERBS.into_iter().filter(|verb| is_used(verb)) {
        assert!(
            Some(1) <= told["delivered"][verb].as_i64(),
            "{verb} reached nobody: {told}"
        );
    }
    let verdict = run_on(&cli.dir.path().join("fines"), &["verify"]);
    assert_eq!(verdict.exit, 0, "{}{}", verdict.out, verdict.err);
}

/// Whether a shipped workflow gives this order.
fn is_used(verb: &str) -> bool {
    let files =
        std::fs::read_dir(format!("{ROOT}/workflows")).expect("the folder is there");
    files.flatten().map(|it| it.path()).any(|file| {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let script = file.extension().is_some_and(|extension| extension == "lua");
        if !script || stem.ends_with("_test") {
            return false;
        }
        let text = std::fs::read_to_string(&file).expect("a script can be read");
        let mut words =
            text.lines().map(|line| line.split("--").next().unwrap_or_default().trim());
        words.any(|word| {
            let after = word.strip_prefix(verb).map(str::trim_start);
            after.is_some_and(|it| it.starts_with(['{', '"', '=', '(']))
        })
    })
}
