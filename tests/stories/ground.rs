//! The ground gives way (根基有变): the store is deleted or replaced, a link is
//! planted, the daemon is busy when it is told to stop.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, Instant};

use super::book::Book;
use super::site::{Site, is_on_server};

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
    if is_on_server() {
        return;
    }
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
fn entries_are_refused_on_a_clock_behind_the_journal_until_a_person_says_it_is_right() {
    let (site, _) = site();
    site.let_the_journal_be_ahead(3);
    for with_daemon in [false, true] {
        let daemon = with_daemon.then(|| site.start_and_wait());
        for entry in [
            PAY,
            &["hold", "K-00001", "hardship", "--reason", "ill"],
            &["contact", "K-00001", "--outcome", "no_answer", "--reason", "called"],
        ] {
            let told = site.run(&[entry, &["-o", "json"]].concat());
            assert_eq!(told.exit, 5, "{entry:?}: {}{}", told.out, told.err);
            assert!(told.out.contains("clock_not_trusted"), "{entry:?}: {}", told.out);
            assert!(told.err.contains("clock --confirm"), "{entry:?}: {}", told.err);
        }
        let told = site.run(&["clock"]);
        assert!(told.exit == 1 && told.out.contains("CLOCK BEHIND"), "{}", told.out);
        let told = site.run(&["status"]);
        assert!(told.out.contains("held: 0 orders, and every timer"), "{}", told.out);
        if let Some(daemon) = daemon {
            daemon.stop();
        }
    }
    let daemon = site.start_and_wait();
    site.ok(&["clock", "--confirm", "--reason", "looked at the wall"]);
    site.ok(PAY);
    let told = site.run(&["clock", "--confirm", "--reason", "again"]);
    assert!(told.exit == 1 && told.err.contains("nothing is wrong"), "{}", told.err);
    daemon.stop();
    site.ok(&["clock"]);
    site.ok(&["hold", "K-00001", "hardship", "--reason", "ill"]);
}

#[test]
fn nobody_fills_the_log_through_the_socket_or_keeps_others_from_it() {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    let (site, _) = site();
    let daemon = site.start_and_wait();
    let lines = || {
        let log = fs::read_to_string(site.path("daemon.log")).unwrap_or_default();
        log.lines().count()
    };
    let before = lines();
    let connect = || UnixStream::connect(site.path("qingshou.sock")).expect("it listens");
    let mut open = Vec::new();
    for at in 0..300 {
        let mut stream = connect();
        if at % 10 == 0 {
            // Silent, for as long as it is let.
            open.push(stream);
            continue;
        }
        // Whatever is left of it is somebody else's trouble.
        drop(stream.write_all(b"{\"what\":\"13800000000\"}\n"));
        let mut told = String::new();
        if at % 10 == 1 && stream.read_to_string(&mut told).is_ok() && !told.is_empty() {
            assert!(told.contains("makes no sense"), "{told}");
            assert!(
                !told.contains("13800000000"),
                "what was asked is not repeated: {told}"
            );
        }
    }
    drop(open);
    site.until("others get in", || (site.run(PAY).exit == 0).then_some(()));
    assert!(lines() < before + 20, "{} lines for 300 requests", lines() - before);
    daemon.stop();
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
fn nothing_is_written_through_a_link_out_of_the_site() {
    let site = Site::at_noon();
    site.save("w.lua", SAYS_HELLO);
    site.save("templates/plain.txt", "贷款 {{ 贷款编号 }},请与信贷员联系。");
    let elsewhere = tempfile::tempdir().expect("a folder");
    for name in ["spool", "rejects"] {
        symlink(elsewhere.path(), site.path(name)).expect("a link");
    }
    let told = site.run(&["import", "cases", &site.list("case_id,principal\nA,x\n")]);
    assert!(told.exit != 0 && told.err.contains("is a link"), "{}", told.err);
    let daemon = site.start_and_wait();
    Book::of(&site).lend(&site, 1, 10);
    // The channel is at fault, not the order: it waits for a person, however long.
    site.until("status says what is wrong", || {
        site.run(&["status"]).out.contains("链接").then_some(())
    });
    let kept = site.rows(&["order", "ls"])[0]["status"].to_string();
    assert!(kept.contains("pending") || kept.contains("held"), "{kept}");
    assert_eq!(fs::read_dir(elsewhere.path()).expect("it is there").count(), 0);
    fs::remove_file(site.path("spool")).expect("the link is removed");
    daemon.stop();
}

const SAYS_HELLO: &str = r#"-- 问候
workflow "w" { title = { zh = "问候", en = "Hello" }, lane = "contact", start = "greet",
  enrol = { days_past_due = { 1, 30 } } }
always { on_refused = function(case, order) return stay() end }
stage "greet" { sms = "plain", wait = 20 * days, next = "over" }
stage "over" { finish = "over" }
"#;

#[test]
fn no_gateway_is_used_under_the_name_of_the_example() {
    let (site, _book) = site();
    site.save("w.lua", SAYS_HELLO);
    site.save("templates/plain.txt", super::guard::TEXT);
    site.configure("institution = \"青石县农村信用合作社(示例)\"\n");
    let daemon = site.start_and_wait();
    assert!(site.ok(&["status"]).contains("NO NAME YET"));
    daemon.stop();
    // The same with a gateway that lies elsewhere.
    site.configure(
        "[plugins.remind.sms]\ngateway = \"http\"\nurl = \"https://sms.example/send\"\n",
    );
    let refused = site.run(&["run"]);
    assert_eq!(refused.exit, 6, "{}", refused.err);
    assert!(refused.err.contains("institution"), "{}", refused.err);
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
