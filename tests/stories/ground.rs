//! The ground gives way (根基有变): the store is deleted or replaced, a link is
//! planted, the daemon is busy when it is told to stop.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, Instant};

use super::book::Book;
use super::site::Site;

const WAITS: &str = r#"-- 等
workflow "w" { title = { zh = "等", en = "Wait" }, lane = "contact", start = "s",
  enrol = { days_past_due = { 1, 400 } } }
stage "s" { title = { zh = "等", en = "Wait" }, enter = function(case) return wait(20 * days, "s") end }
"#;

fn site() -> (Site, Book) {
    let site = Site::at_noon();
    site.save("w.lua", WAITS);
    let mut book = Book::of(&site);
    book.lend(&site, 3, 10);
    (site, book)
}

const PAY: &[&str] =
    &["pay", "K-00001", "--amount", "5", "--receipt", "R1", "--reason", "counter"];

#[test]
fn a_store_deleted_or_replaced_under_the_daemon_ends_it_and_nothing_is_acknowledged() {
    for replaced in [false, true] {
        let (site, _) = site();
        let daemon = site.start_and_wait();
        let (store, copy) = (site.path("case_store.db"), site.path("copy"));
        if replaced {
            fs::copy(&store, &copy).expect("a copy is made");
            fs::rename(&copy, &store).expect("it is put in place");
        } else {
            fs::remove_file(&store).expect("it is deleted");
        }
        // Once the daemon has ended, what was put in place is the store.
        if !replaced {
            let told = site.run(PAY);
            assert_ne!(told.exit, 0, "{}{}", told.out, told.err);
        }
        assert!(!daemon.ended().success(), "it does not go on");
        if !replaced {
            let told = site.run(&["status"]);
            assert_ne!(told.exit, 0, "a lost store is not made anew: {}", told.out);
            assert!(!store.exists());
            assert!(!site.start().ended().success(), "nor by the daemon");
            assert!(!store.exists());
        }
    }
}

#[test]
fn what_is_planted_beside_a_script_is_not_overwritten() {
    let (site, _) = site();
    let daemon = site.start_and_wait();
    let precious = site.path("precious");
    fs::write(&precious, "kept\n").expect("it is written");
    symlink(&precious, site.workflows().join("w.lua.rejected.txt")).expect("a link");
    site.save("w.lua", "stage x");
    assert_ne!(site.run(&["reload"]).exit, 0, "the script is refused");
    assert_eq!(fs::read_to_string(&precious).expect("it is there"), "kept\n");
    daemon.stop();
}

#[test]
fn a_new_site_is_for_its_owner_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    let site = dir.path().join("site");
    let told = super::site::run_on(dir.path(), &["init", &site.display().to_string()]);
    assert_eq!(told.exit, 0, "{}", told.err);
    for (path, mode) in [(site.clone(), 0o700), (site.join("qingshou.toml"), 0o600)] {
        let about = fs::metadata(&path).expect("it was made");
        assert_eq!(about.permissions().mode() & 0o777, mode, "{}", path.display());
    }
}

#[test]
fn verify_finds_a_store_sound_while_the_daemon_writes_into_it() {
    let (site, mut book) = site();
    let daemon = site.start_and_wait();
    let busy = Instant::now();
    while busy.elapsed() < Duration::from_secs(4) {
        book.lend(&site, 200, 10);
        let told = site.run(&["verify", "-o", "json"]);
        assert_eq!(told.exit, 0, "{}", told.out);
    }
    daemon.stop();
}
