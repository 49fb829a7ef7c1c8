//! Backups (备份): a site is copied while it works, lost, and put back by command
//! or by hand; what has left is not sent again, and nobody is told otherwise.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::book::Book;
use super::service::{get, tells_machines};
use super::site::{Daemon, Site, is_on_server, run_on};

/// A text message and a letter that may leave only once, to everybody.
const LETTERS: &str = r#"-- 催收函
-- Letters
workflow "w" { title = { zh = "函", en = "Letters" }, lane = "contact", start = "s",
  enrol = { days_past_due = { 1, 400 } } }
always { on_refused = function(case, order) return stay() end,
  on_unknown = function(case, order) return stay() end }
stage "s" { title = { zh = "函", en = "Letters" }, enter = function(case)
  sms "remind"
  demand_letter "demand"
  return wait(20 * days, "s")
end }
"#;

const TEXT: &str = "{{ 客户 }}:贷款 {{ 贷款编号 }} 逾期 {{ 逾期金额 }} 元,请还款。";

const PAY: &[&str] =
    &["pay", "K-00001", "--amount", "5", "--receipt", "R1", "--reason", "counter"];
const ACKNOWLEDGE: &[&str] = &["restore", "--acknowledge", "--reason", "looked at"];

fn site() -> (Site, Book) {
    let site = Site::at_noon();
    site.save("w.lua", LETTERS);
    for name in ["remind", "demand"] {
        site.save(&format!("templates/{name}.txt"), TEXT);
    }
    let book = Book::of(&site);
    (site, book)
}

/// Waits until so many of each kind have been handed over.
fn until_left(site: &Site, count: u64) {
    let left =
        || (site.orders("sms", "delivered"), site.orders("demand_letter", "delivered"));
    site.until_equal("all have left", &(count, count), left);
}

fn removed(site: &Site, endings: &[&str]) {
    for ending in endings {
        drop(fs::remove_file(site.path(&format!("case_store.db{ending}"))));
    }
    if endings.contains(&"") {
        site.lose_store();
    }
}

/// A daemon that works nothing, for nobody has answered for the store.
fn start_and_see_it_hold(site: &Site, calls: usize) -> Daemon {
    let daemon = site.start_and_wait();
    let status = site.until("the daemon has looked at the store", || {
        let told = site.run(&["status", "-o", "json"]);
        serde_json::from_str::<Value>(&told.out).ok().filter(|_| told.exit != 1)
    });
    assert_eq!(status["store_set_back"], true, "{status}");
    let told = site.run(&["status"]);
    assert_eq!(told.exit, 0, "a daemon is there: {}", told.out);
    assert!(told.out.contains("daemon: held"), "{}", told.out);
    let told = site.run(&[PAY, &["-o", "json"]].concat());
    assert_eq!(told.exit, 5, "{}{}", told.out, told.err);
    assert!(told.out.contains("\"error\":\"store_set_back\""), "{}", told.out);
    assert!(told.err.contains("restore --acknowledge"), "{}", told.err);
    assert_eq!(site.calls().len(), calls);
    daemon
}

#[test]
fn a_copy_put_back_by_hand_is_noticed_and_what_left_does_not_leave_again() {
    if is_on_server() {
        return;
    }
    let (site, mut book) = site();
    book.lend(&site, 6, 10);
    let (store, copy) = (site.path("case_store.db"), site.path("copy"));
    fs::copy(&store, &copy).expect("a copy is made");
    let daemon = site.start_and_wait();
    until_left(&site, 6);
    daemon.stop();
    removed(&site, &["", "-wal", "-shm"]);
    fs::copy(&copy, &store).expect("it is put back");
    for _ in 0..2 {
        // Neither a restart nor a command makes it the one that counts.
        start_and_see_it_hold(&site, 12).stop();
        assert_eq!(site.run(PAY).exit, 5);
    }
    let daemon = start_and_see_it_hold(&site, 12);
    let stock: Value = site.json(ACKNOWLEDGE);
    assert_eq!((&stock["noted"], &stock["unknown"]), (&12.into(), &0.into()), "{stock}");
    until_left(&site, 6);
    assert_eq!(site.calls().len(), 12, "what had left was not handed over again");
    assert_eq!(site.json(&["status"])["store_set_back"], false);
    site.ok(PAY);
    book.lend(&site, 1, 10);
    until_left(&site, 7);
    assert_eq!(site.calls().len(), 14, "what is new leaves");
    daemon.stop();
    site.verify();
    let restored = |it: &Value| it["body"]["did"] == "restored";
    assert_eq!(site.journal().iter().filter(|it| restored(it)).count(), 1);
}

#[test]
fn a_store_without_its_log_is_noticed() {
    if is_on_server() {
        return;
    }
    let (site, mut book) = site();
    book.lend(&site, 4, 10);
    let daemon = site.start_and_wait();
    until_left(&site, 4);
    daemon.kill_nine();
    removed(&site, &["-wal", "-shm"]);
    let port = tells_machines(&site);
    let daemon = start_and_see_it_hold(&site, 8);
    let page = |path| site.until("a page is told", || get(port, path));
    assert_eq!(page("/healthz").0, 200);
    let (ready, why) = page("/readyz");
    assert!(ready == 503 && why.contains("qingshou status"), "{why}");
    // The list of a gateway goes to the daemon as an open file.
    let keys = site.calls().into_iter().map(|call| call["key"].to_string() + "\n");
    let list = site.path("taken.csv");
    fs::write(&list, keys.collect::<String>()).expect("the list is written");
    let list = ["--gateway-log", list.to_str().expect("a plain path")];
    site.ok(&[ACKNOWLEDGE, &list].concat());
    site.until_equal("it is ready", &200, || get(port, "/readyz").unwrap_or_default().0);
    until_left(&site, 4);
    assert_eq!(site.calls().len(), 8);
    daemon.stop();
    site.verify();
}

#[test]
fn a_log_that_was_lost_or_begun_later_stops_all_sending() {
    let (site, mut book) = site();
    book.lend(&site, 3, 10);
    site.ok(&["pause", "channel", "letter_post", "--reason", "first the copy"]);
    let daemon = site.start_and_wait();
    site.until_equal("the messages have left", &3, || site.orders("sms", "delivered"));
    let (_keep, backup) = backed_up(&site);
    site.ok(&["resume", "channel", "letter_post", "--reason", "goes on"]);
    until_left(&site, 3);
    daemon.stop();
    removed(&site, &["", "-wal", "-shm", ".id", ".mark", ".departures"]);
    fs::remove_dir_all(site.path("departures")).expect("the log is lost");
    let restore = ["restore", backup.to_str().expect("plain"), "--reason", "disk"];
    // Once more, and with what the first one left in its place: it knows no more.
    for again in [&[][..], &["--replace"]] {
        let stock = site.json(&[&restore[..], again].concat());
        assert_ne!(stock["stop"], Value::Null, "{stock}");
        assert_eq!(stock["unknown"], 3, "{stock}");
    }
    site.ok(&["resume", "channel", "letter_post", "--reason", "goes on"]);
    let daemon = site.start_and_wait();
    site.until("the daemon works", || (site.release() == 1).then_some(()));
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(site.calls().len(), 6, "no letter was handed over again");
    daemon.stop();
    site.verify();
}

#[test]
fn an_older_copy_beside_a_newer_log_is_not_read_together_with_it() {
    if is_on_server() {
        return;
    }
    let (site, mut book) = site();
    book.lend(&site, 4, 10);
    let (store, copy) = (site.path("case_store.db"), site.path("copy"));
    fs::copy(&store, &copy).expect("a copy is made");
    book.lend(&site, 40, 10);
    let daemon = site.start_and_wait();
    until_left(&site, 44);
    daemon.kill_nine();
    fs::copy(&copy, &store).expect("it is put in the place of the newer one");
    let daemon = start_and_see_it_hold(&site, 88);
    let aside = fs::read_dir(site.path("")).expect("a folder").flatten();
    let kept =
        aside.filter(|aside| aside.file_name().to_string_lossy().contains("-wal.aside"));
    assert_eq!(kept.count(), 1, "the log of the newer one is kept");
    site.ok(ACKNOWLEDGE);
    until_left(&site, 4);
    assert_eq!(site.calls().len(), 88);
    daemon.stop();
    site.verify();
}

/// Writes over a file in its place, as `cp` does.
fn written_over(store: &Path, with: &Path) {
    let bytes = fs::read(with).expect("it can be read");
    let mut file = fs::OpenOptions::new().write(true).truncate(true).open(store);
    let file = file.as_mut().expect("it can be opened");
    file.write_all(&bytes).expect("it can be written");
}

#[test]
fn a_store_written_over_under_the_daemon_ends_it_and_nothing_is_acknowledged() {
    if is_on_server() {
        return;
    }
    let (site, mut book) = site();
    book.lend(&site, 4, 10);
    let older = site.path("older");
    fs::copy(site.path("case_store.db"), &older).expect("a copy is made");
    book.lend(&site, 40, 10);
    let (other, mut book_of_other) = self::site();
    book_of_other.lend(&other, 80, 10);
    for with in [older, other.path("case_store.db")] {
        let daemon = site.start_and_wait();
        until_left(&site, 44);
        let (_keep, whole) = backed_up(&site);
        written_over(&site.path("case_store.db"), &with);
        let told = site.run(PAY);
        assert_ne!(told.exit, 0, "{}{}", told.out, told.err);
        assert!(!daemon.ended().success(), "it does not go on");
        let told = site.run(&[
            "restore",
            whole.to_str().expect("a plain path"),
            "--replace",
            "--reason",
            "written over",
        ]);
        assert_eq!(told.exit, 0, "{}{}", told.out, told.err);
        site.verify();
    }
    assert_eq!(site.calls().len(), 88);
}

/// The folder of a backup made while the daemon works.
fn backed_up(site: &Site) -> (tempfile::TempDir, PathBuf) {
    let keep = tempfile::tempdir().expect("a folder");
    let dir = keep.path().join("monday");
    site.ok(&["backup", dir.to_str().expect("a plain path")]);
    (keep, dir)
}

#[test]
fn a_backup_made_under_way_is_whole_private_and_refuses_to_be_another() {
    let (site, mut book) = site();
    book.lend(&site, 5, 10);
    let daemon = site.start_and_wait();
    until_left(&site, 5);
    let (_keep, dir) = backed_up(&site);
    let path = dir.to_str().expect("a plain path");
    for (name, mode) in [
        ("", 0o700),
        ("case_store.db", 0o600),
        ("manifest.json", 0o600),
        ("workflows", 0o700),
    ] {
        let about = fs::metadata(dir.join(name)).expect("it is in the backup");
        assert_eq!(about.permissions().mode() & 0o777, mode, "{name}");
    }
    let told = site.run(&["backup", path]);
    assert!(told.exit == 1 && told.err.contains("is there already"), "{}", told.err);
    for inside in ["copy", "workflows/../copies/monday"] {
        let inside = site.path(inside);
        let told = site.run(&["backup", inside.to_str().expect("a plain path")]);
        assert!(told.exit == 1 && told.err.contains("inside the site"), "{}", told.err);
        assert!(!inside.exists(), "nothing was written");
    }
    let restore = ["restore", path, "--reason", "a trial"];
    let told = site.run(&restore);
    assert_ne!(told.exit, 0, "not over a daemon at work: {}", told.out);
    daemon.stop();
    let told = site.run(&restore);
    assert!(told.exit == 1 && told.err.contains("--replace"), "{}", told.err);
    let text = dir.join("workflows/templates/demand.txt");
    let saved = fs::read(&text).expect("it is in the backup");
    fs::write(&text, "x").expect("it is changed");
    let told = site.run(&[&restore[..], &["--replace"]].concat());
    assert!(told.exit == 1 && told.err.contains("demand.txt"), "{}", told.err);
    fs::write(&text, saved).expect("it is mended");
    site.verify();
    assert_eq!(site.calls().len(), 10);
}

#[test]
fn a_restored_site_settles_by_its_log_what_left_since_the_backup() {
    let (site, mut book) = site();
    book.lend(&site, 3, 10);
    let daemon = site.start_and_wait();
    until_left(&site, 3);
    site.ok(&["pause", "all", "--reason", "a look"]);
    book.lend(&site, 3, 10);
    site.until_equal("they are held", &3, || site.orders("demand_letter", "held"));
    let (_keep, dir) = backed_up(&site);
    site.ok(&["resume", "all", "--reason", "looked"]);
    until_left(&site, 6);
    book.lend(&site, 3, 10);
    until_left(&site, 9);
    daemon.kill_nine();
    fs::write(site.path("case_store.db"), "the disk died").expect("it is damaged");
    let path = dir.to_str().expect("a plain path");
    site.ok(&["restore", path, "--replace", "--reason", "the disk died"]);
    let daemon = site.start_and_wait();
    until_left(&site, 6);
    assert_eq!(site.orders("demand_letter", "unknown"), 0);
    // A stop that stood at the moment of the backup stands again.
    site.ok(&["resume", "all", "--reason", "looked"]);
    // The list of the lost loans comes in once more.
    let mut again = Book::of(&site);
    again.lend(&site, 9, 10);
    until_left(&site, 9);
    assert_eq!(site.calls().len(), 18, "nothing was handed over twice");
    daemon.stop();
    site.verify();
}

#[test]
fn on_a_new_machine_what_may_have_left_is_asked_of_a_person() {
    let (site, mut book) = site();
    site.ok(&["pause", "all", "--reason", "a look"]);
    book.lend(&site, 3, 10);
    let daemon = site.start_and_wait();
    site.until_equal("they are held", &3, || site.orders("demand_letter", "held"));
    let (keep, dir) = backed_up(&site);
    daemon.stop();
    let new = keep.path().join("new");
    let on_new = |args: &[&str]| {
        let told = run_on(&new, args);
        assert_eq!(told.exit, 0, "{}{}", told.out, told.err);
        told.out
    };
    on_new(&["restore", dir.to_str().expect("a plain path"), "--reason", "the fire"]);
    let status = run_on(&new, &["status", "-o", "json"]);
    assert_eq!(status.exit, 3, "no daemon runs: {}{}", status.out, status.err);
    let status: Value = serde_json::from_str(&status.out).expect("it is JSON");
    assert_eq!(status["stuck"]["unknown_orders"], 3, "{status}");
    let stops = status["stops"].as_array().expect("stops are a list");
    assert!(
        stops.iter().any(|stop| stop["reason"]
            .as_str()
            .is_some_and(|text| text.contains("restored"))),
        "{status}"
    );
    let list = on_new(&["order", "ls", "--status", "unknown", "-o", "json"]);
    let list: Value = serde_json::from_str(&list).expect("it is JSON");
    let number = |at: usize| list["rows"][at]["order"].to_string();
    on_new(&["order", "arrived", &number(0), "--reason", "the post says so"]);
    on_new(&["order", "retry", &number(1), "--reason", "the post has none"]);
    on_new(&["order", "drop", &number(2), "--reason", "told in person"]);
    let told = run_on(&new, &["order", "arrived", &number(0), "--reason", "again"]);
    assert_eq!(told.exit, 5, "{}", told.out);
    on_new(&["verify"]);
    let journal = on_new(&["journal", "export"]);
    for word in ["the fire", "the post says so", "the post has none", "told in person"] {
        assert!(journal.contains(word), "{word}");
    }
}
