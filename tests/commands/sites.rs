//! Bad sites (有毛病的站点): a store of a newer program, a full disk, workflows that are
//! not there. Each is told with what to do, and nothing is half-done.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use super::{Cli, not_run, read_json};
use crate::stories::site::{Site, is_on_server, run_on};

const LOANS: &str = "case_id,debtor_name,principal,opened\nA,示例甲,1000,2026-01-05\n";

/// Runs one statement on a store that nobody has open.
fn change(store: &Path, statement: &'static str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    runtime.block_on(async {
        sqlx::any::install_default_drivers();
        let url = format!("sqlite://{}", store.display());
        let pool = sqlx::AnyPool::connect(&url).await.expect("the store can be opened");
        sqlx::query(statement).execute(&pool).await.expect("it can be changed");
        pool.close().await;
    });
}

#[test]
fn a_store_of_a_newer_program_is_refused_by_every_command_and_left_as_it_was() {
    if is_on_server() {
        return;
    }
    let cli = Cli::new();
    cli.expect(0, &["import", "cases", &cli.file("loans.csv", LOANS)]);
    std::fs::write(cli.site().join("qingshou.toml"), "zone = \"Asia/Shanghai\"\n")
        .expect("settings are written");
    let store = cli.site().join("case_store.db");
    change(&store, "update meta set value = '99' where key = 'schema_version'");
    let before = std::fs::read(&store).expect("the store can be read");
    let list = cli.file("more.csv", "case_id,principal\nB,5\n");
    let commands: &[&[&str]] = &[
        &["import", "cases", &list],
        &["report", "ageing"],
        &["case", "ls"],
        &["status"],
        &["verify"],
        &["run"],
        &["pay", "A", "--amount", "5", "--reason", "柜面"],
    ];
    for args in commands {
        // No other start of the daemon would help.
        let told = cli.expect(if *args == ["run"] { 6 } else { 1 }, args);
        assert!(
            told.err.contains("99") && told.err.contains("newer qingshou"),
            "{}",
            told.err
        );
    }
    assert_eq!(std::fs::read(&store).expect("the store can be read"), before);
    let looks = cli.json(1, &["doctor"]);
    assert!(looks.to_string().contains("newer qingshou"), "{looks}");
}

#[test]
fn a_file_that_is_no_store_is_refused_and_left_as_it_was() {
    let text = "no database at all\n".repeat(400);
    for bytes in [text.as_bytes(), b"SQLite format 3\0broken"] {
        let cli = Cli::new();
        let store = cli.site().join("case_store.db");
        std::fs::write(&store, bytes).expect("the file is written");
        let told = cli.run(&["status"]);
        assert_eq!(told.exit, 1, "{}{}", told.out, told.err);
        assert!(told.err.contains("hint"), "{}", told.err);
        assert_eq!(std::fs::read(&store).expect("it is still there"), bytes);
    }
}

#[test]
fn a_folder_with_other_things_in_it_is_not_taken_for_a_site() {
    let cli = Cli::bare();
    std::fs::write(cli.site().join("thesis.doc"), "x").expect("the file is written");
    let told = cli.expect(1, &["import", "cases", &cli.file("loans.csv", LOANS)]);
    assert!(told.err.contains("thesis.doc") && told.err.contains("qingshou init"));
    let left: Vec<_> =
        std::fs::read_dir(cli.site()).expect("a folder").flatten().collect();
    assert_eq!(left.len(), 1, "nothing was put beside it");
    let site = cli.site();
    let told = cli.expect(1, &["init", site.to_str().expect("a plain path")]);
    assert!(told.err.contains("is no empty folder"), "{}", told.err);
}

#[test]
fn nothing_but_init_and_a_list_makes_a_site_of_an_empty_folder() {
    let cli = Cli::bare();
    let list = cli.file("loans.csv", LOANS);
    let others: &[&[&str]] = &[
        &["run"],
        &["pause", "all", "--reason", "错发"],
        &["resume", "all", "--reason", "看过了"],
        &["hold", "A", "manual", "--reason", "核对"],
    ];
    for args in others {
        let told = cli.expect(1, args);
        assert!(told.err.contains("is no site"), "{args:?}: {}", told.err);
        assert_eq!(told.err.contains("nothing was stopped"), args[0] == "pause");
        let left = std::fs::read_dir(cli.site()).expect("a folder").count();
        assert_eq!(left, 0, "{args:?} made nothing");
    }
    assert!(cli.expect(1, &["doctor"]).out.contains("is no site"));
    cli.expect(0, &["import", "cases", &list]);
}

#[test]
fn a_site_that_has_lost_its_settings_is_neither_run_nor_written_into() {
    let cli = Cli::new();
    let list = cli.file("loans.csv", LOANS);
    cli.expect(0, &["import", "cases", &list]);
    let told = cli.expect(0, &["pause", "all", "--reason", "错发"]);
    assert!(told.out.contains("no daemon runs"), "{}", told.out);
    let settings = cli.site().join("qingshou.toml");
    // What else lies there does not make it another folder.
    std::fs::write(cli.site().join("notes.txt"), "x").expect("it is written");
    let writes: &[&[&str]] = &[
        &["pause", "all", "--reason", "错发"],
        &["hold", "A", "manual", "--reason", "核对"],
        &["import", "cases", &list],
    ];
    for (lost, part) in [(None, "are gone"), (Some("# zone\n"), "are empty")] {
        match lost {
            None => std::fs::remove_file(&settings).expect("it goes"),
            Some(text) => std::fs::write(&settings, text).expect("it is written"),
        }
        // Without its settings a rehearsal would become earnest, and everybody the
        // administrator.
        let told = cli.expect(6, &["run"]);
        assert!(told.err.contains(part), "{}", told.err);
        assert!(told.err.contains("the daemon does not run"), "{}", told.err);
        let looks = cli.expect(1, &["doctor"]);
        assert!(looks.out.contains(part), "{}", looks.out);
        // The lists of a store beside it are still there, and say so.
        if !is_on_server() {
            let status = cli.run(&["status"]);
            assert!(status.out.contains(part), "{}", status.out);
        }
        for args in writes {
            let told = cli.expect(1, args);
            assert!(told.err.contains(part), "{args:?}: {}", told.err);
        }
    }
}

#[test]
fn a_slip_in_the_name_of_the_store_begins_no_empty_book() {
    if is_on_server() {
        return;
    }
    let cli = Cli::new();
    let list = cli.file("loans.csv", LOANS);
    cli.expect(0, &["import", "cases", &list]);
    let settings = cli.site().join("qingshou.toml");
    std::fs::write(&settings, "database = \"nope.db\"\n").expect("it is written");
    for (exit, args) in
        [(1, &["import", "cases", &list][..]), (1, &["case", "ls"]), (6, &["run"])]
    {
        let told = cli.expect(exit, args);
        assert!(told.err.contains("has had the store"), "{args:?}: {}", told.err);
        assert!(told.err.contains("case_store.db"), "{args:?}: {}", told.err);
    }
    assert!(!cli.site().join("nope.db").exists());
    assert!(cli.expect(1, &["doctor"]).out.contains("has had the store"));
}

#[test]
fn a_password_file_that_is_missing_waits_for_a_person() {
    let cli = Cli::new();
    let settings = "database = \"postgres://u@127.0.0.1:1/coop\"\n\
                    database_password_file = \"no.pass\"\n";
    std::fs::write(cli.site().join("qingshou.toml"), settings).expect("it is written");
    let told = cli.expect(6, &["run"]);
    assert!(told.err.contains("no.pass") && told.err.contains("hint: "), "{}", told.err);
}

#[test]
fn the_example_s_name_is_told_until_it_is_another() {
    let cli = Cli::bare();
    let site = cli.dir.path().join("qingshi");
    let told = cli.expect(0, &["init", site.to_str().expect("a plain path")]);
    assert!(told.out.contains("institution"), "{}", told.out);
    let looks = run_on(&site, &["doctor"]);
    assert!(looks.out.contains("still the example"), "{}", looks.out);
    assert_eq!(looks.exit, 1);
    let settings = site.join("qingshou.toml");
    let text = std::fs::read_to_string(&settings).expect("it has settings");
    let text = text.replace("青石县农村信用合作社(示例)", "示例联社");
    std::fs::write(&settings, text).expect("it is written");
    assert!(!run_on(&site, &["doctor"]).out.contains("still the example"));
}

#[test]
fn a_site_that_is_not_named_and_settings_that_are_wrong_are_told() {
    if is_on_server() {
        return;
    }
    let cli = Cli::new();
    let elsewhere = cli.dir.path().join("nowhere");
    let import = ["import", "cases", "loans.csv"];
    for args in [&["case", "ls"][..], &["doctor"], &["run"], &["status"], &import] {
        let told = run_on(&elsewhere, args);
        assert_eq!(told.exit, 1, "{args:?}");
        assert!((told.out + &told.err).contains("qingshou init"), "{args:?}");
        assert!(!elsewhere.exists(), "{args:?} made no folder of a mistyped name");
    }
    let wrong = [
        ("zoen = \"Asia/Shanghai\"\n", "qingshou.toml:1:1"),
        ("zone = \"Asia/Shangai\"\n", "Asia/Shangai"),
        ("opening = \"25:00\"\n", "opening"),
        ("zone = 'open\n", "qingshou.toml:1"),
        ("[plugins.remid]\n", "remid"),
        ("[plugins.remind.sms]\ngatway = \"http\"\n", "gatway"),
    ];
    for (settings, part) in wrong {
        std::fs::write(cli.site().join("qingshou.toml"), settings)
            .expect("it is written");
        let told = cli.expect(1, &["import", "cases", &cli.file("loans.csv", LOANS)]);
        assert!(told.err.contains(part), "{settings}: {}", told.err);
        assert!(!cli.site().join("rejects").exists());
    }
}

#[test]
fn a_workflows_folder_that_is_missing_or_empty_is_told_by_every_command() {
    let cli = Cli::new();
    let empty = cli.dir.path().join("empty");
    std::fs::create_dir(&empty).expect("a folder can be made");
    let missing = cli.dir.path().join("missing");
    let book = cli.dir.path().to_str().expect("a plain path").to_owned();
    cli.file("cases.csv", LOANS);
    cli.file("events.csv", "date,case_id,kind,amount\n2026-01-05,A,open,1000\n");
    for folder in [&empty, &missing] {
        let folder = folder.to_str().expect("a plain path");
        let commands: &[&[&str]] = &[
            &["check", folder],
            &["test", folder],
            &["graph", "remind", "--dir", folder],
            &["replay", &book, "--workflows", folder],
        ];
        for args in commands {
            let told = cli.expect(1, args);
            let text = told.out + &told.err;
            assert!(text.contains("[W0"), "`{}`: {text}", args.join(" "));
            assert!(!text.contains("panicked"), "{text}");
        }
    }
    assert!(!cli.site().join("case_store.db").exists(), "no replay was begun");
}

#[test]
fn a_daemon_without_workflows_takes_entries_and_waits_for_the_folder() {
    let site = Site::at_noon();
    std::fs::remove_dir(site.workflows()).expect("the folder is taken away");
    site.import("cases", LOANS);
    let daemon = site.start_and_wait();
    let status = site.until("the folder is looked for", || {
        let status = site.json(&["status"]);
        (!status["folder"].is_null()).then_some(status)
    });
    assert!(status["release"].is_null(), "{status}");
    assert!(status["folder"].to_string().contains("W0"), "{status}");
    let told = site.run(&["reload"]);
    assert_eq!(told.exit, 1, "{}", told.err);
    site.ok(&["hold", "A", "manual", "--reason", "核对"]);
    std::fs::create_dir(site.workflows()).expect("the folder is made");
    site.save("calm.lua", CALM);
    site.until("the folder is taken up", || (0 < site.release()).then_some(()));
    daemon.stop();
    site.verify();
}

/// A workflow that contacts nobody.
const CALM: &str = r#"-- 演练:只等一天
-- Drill: waits a day
workflow "calm" {
  title = { zh = "演练", en = "Drill" },
  lane = "contact",
  start = "rest",
  enrol = { days_past_due = { 1, 30 } },
}

stage "rest" { wait = 1 * days, next = "over" }

stage "over" { finish = "over" }
"#;

/// A list of so many loans.
fn many_loans(count: u32) -> String {
    let mut list = String::from("case_id,debtor_name,address,principal,opened\n");
    for n in 0..count {
        writeln!(list, "L-{n:06},示例{n},柳树湾{n}号,1000,2026-01-05").expect("a text");
    }
    list
}

/// A small file system of its own, or `None` where this process may not mount.
struct SmallDisk {
    cli: Cli,
}

impl SmallDisk {
    fn of(size: &str) -> Option<Self> {
        let disk = Self { cli: Cli::new() };
        let option = format!("size={size},mode=0755");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &option, "tmpfs"])
            .arg(disk.cli.site())
            .output();
        if mounted.is_ok_and(|mounted| mounted.status.success()) {
            return Some(disk);
        }
        // What was not mounted needs no unmounting.
        let Self { cli } = &disk;
        not_run(&format!("no small disk can be mounted on {}", cli.site().display()));
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Where nothing was mounted this fails, and there is nothing to do.
        drop(Command::new("umount").arg(self.cli.site()).output());
    }
}

#[test]
fn a_full_disk_stops_an_import_and_leaves_the_book_as_it_was() {
    if is_on_server() {
        return;
    }
    let Some(disk) = SmallDisk::of("3m") else { return };
    let cli = &disk.cli;
    // What lay there before the disk was mounted lies below it.
    std::fs::write(cli.site().join("qingshou.toml"), "zone = \"Asia/Shanghai\"\n")
        .expect("settings are written");
    cli.expect(0, &["import", "cases", &cli.file("first.csv", LOANS)]);
    let large = cli.file("large.csv", many_loans(20_000));
    let told = cli.expect(1, &["import", "cases", &large]);
    assert!(told.err.contains("disk") && told.err.contains("hint"), "{}", told.err);
    assert_eq!(cli.cases(), ["A"], "nothing of the large list is there");
    cli.verify();
    let told = cli.expect(0, &["import", "cases", &cli.file("first.csv", LOANS)]);
    assert!(told.out.contains("nothing has changed"), "{}", told.out);
}

#[test]
fn a_disk_without_room_for_a_site_gets_none() {
    let Some(disk) = SmallDisk::of("64k") else { return };
    let site = disk.cli.site().join("new");
    let told = disk.cli.run(&["init", site.to_str().expect("a plain path")]);
    assert_eq!(told.exit, 1, "{}", told.out);
    assert!(told.err.contains("cannot be written"), "{}", told.err);
    let left = std::fs::read_dir(&site).map_or(0, Iterator::count);
    assert_eq!(left, 0, "half a site is none");
}

/// The same failure where nothing can be mounted: no file may grow beyond this
/// many blocks of 512 bytes.
#[test]
fn a_file_that_may_not_grow_stops_an_import_and_leaves_the_book_as_it_was() {
    if is_on_server() {
        return;
    }
    let cli = Cli::new();
    cli.expect(0, &["import", "cases", &cli.file("first.csv", LOANS)]);
    let large = cli.file("large.csv", many_loans(20_000));
    let size =
        std::fs::metadata(cli.site().join("case_store.db")).expect("a store").len();
    let blocks = size / 512 + 1_024;
    let told = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"", "sh"])
        .arg(blocks.to_string())
        .arg(env!("CARGO_BIN_EXE_qingshou"))
        .args(["import", "cases", &large])
        .env("QINGSHOU_SITE", cli.site())
        .output()
        .expect("a shell runs");
    let text = String::from_utf8_lossy(&told.stderr).into_owned();
    assert_eq!(told.status.code(), Some(1), "{text}");
    assert!(text.contains("提示"), "{text}");
    assert_eq!(cli.cases(), ["A"]);
    cli.verify();
}

#[test]
fn doctor_status_and_verify_answer_programs_as_well() {
    let cli = Cli::new();
    cli.expect(0, &["import", "cases", &cli.file("loans.csv", LOANS)]);
    let status = cli.json(3, &["status"]);
    assert_eq!(status["stuck"]["cases"], 1);
    assert!(status["daemon_pid"].is_null());
    let verdict = cli.json(0, &["verify"]);
    assert_eq!((&verdict["sound"], &verdict["cases"]), (&true.into(), &1.into()));
    let looks = cli.run(&["doctor", "-o", "json"]);
    let looks = read_json(&looks.out);
    assert!(5 < looks["looks"].as_array().expect("a list").len(), "{looks}");
    for answer in [&status, &verdict, &looks] {
        assert_eq!(answer["format_version"], 2);
    }
}

#[test]
fn a_changed_line_and_a_changed_total_are_found_by_verify() {
    if is_on_server() {
        return;
    }
    let faults: &[(&'static str, &str)] = &[
        ("update journal set body = body || ' '", "chain"),
        ("delete from journal where seq = 0", "I2"),
        ("update cases set paid_fen = paid_fen + 1", "totals"),
    ];
    for (statement, check) in faults {
        let cli = Cli::new();
        cli.expect(0, &["import", "cases", &cli.file("loans.csv", LOANS)]);
        cli.expect(0, &["hold", "A", "manual", "--reason", "核对"]);
        cli.expect(0, &["hold", "A", "manual", "--lift", "--reason", "核对完毕"]);
        cli.verify();
        change(&cli.site().join("case_store.db"), statement);
        let verdict = cli.json(1, &["verify"]);
        assert_eq!(verdict["sound"], false);
        assert!(verdict["faults"].to_string().contains(check), "{statement}: {verdict}");
        let told = cli.expect(1, &["verify"]).out;
        assert!(told.contains(&format!("`qingshou explain {check}`")), "{told}");
    }
}

#[test]
fn completions_and_manual_pages_speak_the_language_of_whoever_asks() {
    let cli = Cli::new();
    let complete = cli.expect(0, &["completions", "bash"]).out;
    assert!(complete.contains("_qingshou()") && complete.contains("rollback"));
    for (lang, says) in [("en", "Enter a promise to pay"), ("zh", "登记还款承诺")] {
        let dir = cli.dir.path().join(lang);
        let folder = dir.to_str().expect("a plain path");
        cli.expect(0, &["--lang", lang, "man", folder]);
        let page = std::fs::read_to_string(dir.join("qingshou-promise.1"));
        let page = page.expect("each command has a page");
        assert!(page.contains(says), "{lang}: {page}");
    }
    cli.expect(2, &["completions", "dos"]);
}
