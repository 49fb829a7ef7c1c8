//! A service (系统服务): the machine starts the daemon, hears how it does, and does
//! not start again what a person has to look at first.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

use super::book::Book;
use super::gateway::Gateway;
use super::site::{Daemon, Site, is_on_server};
use nix::sys::signal::Signal;

use crate::commands::not_run;

/// Where a daemon tells how it does, as systemd listens.
struct Manager {
    socket: UnixDatagram,
    heard: Vec<String>,
}

/// How long the daemon may be silent.
const PATIENCE_US: &str = "2000000";

impl Manager {
    fn starts(site: &Site) -> (Self, Daemon) {
        let path = site.path("notify");
        let socket = UnixDatagram::bind(&path).expect("the socket opens");
        let patience = Duration::from_millis(100);
        socket.set_read_timeout(Some(patience)).expect("the socket can wait");
        let path = path.to_str().expect("a temporary path is plain");
        let around = [("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", PATIENCE_US)];
        let daemon = site.start_under(&around);
        (Self { socket, heard: Vec::new() }, daemon)
    }

    /// Hears what has been said since, for a moment at least.
    fn listen(&mut self) {
        let mut bytes = [0; 1024];
        while let Ok(length) = self.socket.recv(&mut bytes) {
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            self.heard.extend(text.lines().map(ToOwned::to_owned));
            if 1000 < self.heard.len() {
                return;
            }
        }
    }

    /// Waits until a line has been said, and forgets what was before.
    fn hears(&mut self, site: &Site, line: &str) {
        site.until(&format!("the manager hears {line}"), || {
            self.listen();
            let at = self.heard.iter().position(|it| it.starts_with(line))?;
            self.heard.drain(..=at);
            Some(())
        });
    }
}

const HELLO: &str = r#"-- 群发:每个客户一条短信
-- A message to everybody
workflow "hello" {
  title = { zh = "群发", en = "Hello" },
  lane = "contact",
  start = "greet",
  enrol = { days_past_due = { 1, 30 } },
}

always { on_refused = function(case, order) return stay() end }

stage "greet" { sms = "plain", wait = 20 * days, next = "over" }

stage "over" { finish = "over" }
"#;

#[test]
fn the_manager_hears_when_the_daemon_is_ready_that_it_works_and_when_it_stops() {
    let site = Site::at_noon();
    let (mut manager, daemon) = Manager::starts(&site);
    manager.hears(&site, "READY=1");
    manager.hears(&site, "WATCHDOG=1");
    manager.hears(&site, "WATCHDOG=1");
    daemon.stop();
    manager.hears(&site, "STOPPING=1");
}

#[test]
fn settings_are_read_again_while_it_works_and_wrong_ones_change_nothing() {
    let gateway = Gateway::that_takes(Duration::ZERO);
    let site = Site::at_noon();
    site.save("hello.lua", HELLO);
    site.save("templates/plain.txt", "贷款 {{ 贷款编号 }},请与信贷员联系。");
    let (mut manager, daemon) = Manager::starts(&site);
    manager.hears(&site, "READY=1");
    let reloads = |manager: &mut Manager, status: &str| {
        daemon.signal(Signal::SIGHUP);
        manager.hears(&site, "RELOADING=1");
        manager.hears(&site, "READY=1");
        manager.hears(&site, &format!("STATUS={status}"));
    };
    // Messages lie in the tray before, and leave by the gateway afterwards.
    gateway.serves(&site);
    site.set("zone = ", "opening = \"25:00\"\nzone = ");
    reloads(&mut manager, "working 运行中, by the old settings");
    let told = site.run(&["status"]);
    assert!(told.err.contains("qingshou.toml: opening"), "{}", told.err);
    site.set("opening = \"25:00\"\n", "");
    let told = site.json(&["status"])["settings"]["fault"][1].to_string();
    assert!(told.contains("opening") && told.contains("qingshou.toml"), "{told}");
    site.set("zone = ", "log = \"debug\"\nrehearsal = true\nzone = ");
    reloads(&mut manager, "working 运行中");
    let note = site.json(&["status"])["settings"].clone();
    assert_eq!(note["needs_restart"], serde_json::json!(["rehearsal"]), "{note}");
    assert_eq!(note["changed"], serde_json::json!(["log", "plugins"]), "{note}");
    let told = site.run(&["status"]).out;
    assert!(told.contains("rehearsal") && told.contains("restart"), "{told}");
    site.set("rehearsal = true\n", "");
    Book::of(&site).lend(&site, 3, 10);
    site.until_equal("three leave by the gateway", &3, || gateway.heard());
    assert!(site.calls().is_empty(), "none lies in the tray");
    daemon.stop();
    site.verify();
}

#[test]
fn a_slip_in_the_settings_keeps_nobody_from_stopping_what_goes_wrong() {
    let site = Site::at_noon();
    site.save("hello.lua", HELLO);
    site.save("templates/plain.txt", "贷款 {{ 贷款编号 }},请与信贷员联系。");
    let daemon = site.start_and_wait();
    let sound = std::fs::read_to_string(site.path("qingshou.toml")).expect("it is read");
    let commands: [&[&str]; 6] = [
        &["pause", "all", "--reason", "wrong text"],
        &["status"],
        &["order", "ls"],
        &["releases"],
        &["resume", "all", "--now", "--reason", "mended"],
        &["rollback", "1", "--reason", "wrong text"],
    ];
    site.set("zone = ", "bok_stale_after = 5\nzone = ");
    for command in commands {
        let told = site.run(command);
        assert_eq!(told.exit, 0, "{command:?}: {}", told.err);
        assert!(told.err.contains("bok_stale_after"), "{command:?}: {}", told.err);
        assert_eq!(
            told.err.matches("old settings").count(),
            1,
            "told once: {}",
            told.err
        );
    }
    assert_eq!(site.run(&["doctor"]).exit, 1, "the slip is a fault");
    // Another store, which counts from the next start, is not the one that is worked.
    std::fs::write(site.path("qingshou.toml"), format!("database = \"x.db\"\n{sound}"))
        .expect("settings are written");
    assert!(site.ok(&["status"]).contains("running"));
    std::fs::remove_file(site.path("qingshou.toml")).expect("it is removed");
    std::fs::write(site.path("cases of today.csv"), "").expect("a list lies there");
    site.ok(&["pause", "all", "--reason", "wrong text"]);
    daemon.stop();
    assert_ne!(site.run(&["status"]).exit, 0);
    let told = site.run(&["doctor"]);
    let is_lost = told.out.contains("are gone") || told.out.contains("is no site");
    assert!(told.exit == 1 && is_lost, "{}{}", told.out, told.err);
    std::fs::write(site.path("qingshou.toml"), sound).expect("settings are written");
    let stops = site.json(&["status"])["stops"].clone();
    assert_eq!(stops.as_array().map(Vec::len), Some(1), "the stop stands: {stops}");
}

#[test]
fn a_daemon_with_too_many_callers_can_still_be_told_to_stop_sending() {
    let site = Site::at_noon();
    site.save("hello.lua", HELLO);
    site.save("templates/plain.txt", "贷款 {{ 贷款编号 }},请与信贷员联系。");
    let daemon = site.start_and_wait();
    let socket = site.path("qingshou.sock");
    let connect =
        |_| std::os::unix::net::UnixStream::connect(&socket).expect("connected");
    let silent: Vec<_> = (0..40).map(connect).collect();
    let began = Instant::now();
    site.ok(&["pause", "all", "--reason", "wrong text"]);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    drop(silent);
    site.ok(&["resume", "all", "--now", "--reason", "mended"]);
    daemon.stop();
}

#[test]
fn a_policy_that_is_not_there_is_not_taken_up() {
    let site = Site::at_noon();
    site.save("hello.lua", HELLO);
    site.save("templates/plain.txt", "贷款 {{ 贷款编号 }},请与信贷员联系。");
    let (mut manager, daemon) = Manager::starts(&site);
    manager.hears(&site, "READY=1");
    for (line, named) in
        [("policy = \"us\"\n", "policy"), ("calendar = \"xx\"\n", "calendar")]
    {
        site.set("zone = ", &format!("{line}zone = "));
        daemon.signal(Signal::SIGHUP);
        manager.hears(&site, "STATUS=working 运行中, by the old settings");
        let fault = site.json(&["status"])["settings"]["fault"][1].to_string();
        assert!(fault.contains(named), "{fault}");
        site.set(line, "");
    }
    daemon.stop();
}

#[test]
fn a_daemon_that_waits_for_a_persons_word_reads_its_settings_again_as_well() {
    if is_on_server() {
        return;
    }
    let site = Site::at_noon();
    let mut book = Book::of(&site);
    book.lend(&site, 1, 10);
    let (store, older) = (site.path("case_store.db"), site.path("older.db"));
    std::fs::copy(&store, &older).expect("the store is copied");
    book.lend(&site, 1, 10);
    std::fs::copy(&older, &store).expect("the older one is put back");
    let (mut manager, daemon) = Manager::starts(&site);
    manager.hears(&site, "READY=1");
    manager.hears(&site, "STATUS=held: an older store");
    // Whoever is to answer for it is let in.
    let person = "[[people]]\nname = \"示例甲\"\nlogin = \"nobody\"\nroles = []\n";
    site.configure(person);
    daemon.signal(Signal::SIGHUP);
    manager.hears(&site, "RELOADING=1");
    manager.hears(&site, "STATUS=held: an older store");
    let note = site.json(&["status"])["settings"].clone();
    assert_eq!(note["changed"], serde_json::json!(["people"]), "{note}");
    daemon.stop();
}

#[test]
fn a_loop_that_is_stuck_leaves_the_watchdog_without_an_answer() {
    let site = Site::at_noon();
    let (mut manager, daemon) = Manager::starts(&site);
    manager.hears(&site, "READY=1");
    manager.hears(&site, "WATCHDOG=1");
    std::thread::scope(|scope| {
        // Everybody else waits at the store meanwhile.
        let kept = scope.spawn(|| site.keep_store_for(Duration::from_secs(9)));
        let mut quiet = Duration::ZERO;
        let mut last = Instant::now();
        while !kept.is_finished() {
            manager.heard.clear();
            manager.listen();
            if manager.heard.iter().any(|it| it == "WATCHDOG=1") {
                last = Instant::now();
            }
            quiet = quiet.max(last.elapsed());
        }
        assert!(
            Duration::from_secs(2) < quiet,
            "it is silent beyond patience: {quiet:?}"
        );
    });
    manager.hears(&site, "WATCHDOG=1");
    daemon.stop();
}

#[test]
fn what_a_person_has_to_look_at_ends_with_a_code_of_its_own() {
    if is_on_server() {
        return;
    }
    let site = Site::at_noon();
    site.start_and_wait().stop();
    let store = site.path("case_store.db");
    let aside = site.path("aside.db");
    std::fs::rename(&store, &aside).expect("the store is moved");
    assert_eq!(site.start().ended().code(), Some(6), "the store is lost");
    std::fs::rename(&aside, &store).expect("the store is put back");
    for (place, ending) in [("mark", ".mark"), ("lock", ".lock"), ("note", ".id")] {
        let (file, kept) =
            (site.path(&format!("case_store.db{ending}")), site.path(place));
        std::fs::rename(&file, &kept).expect("it is moved");
        std::fs::create_dir(&file).expect("a folder lies in its place");
        let told = site.run(&["run"]);
        assert_eq!(told.exit, 6, "{ending}: {}", told.err);
        assert!(told.err.contains(ending) && told.err.contains("hint"), "{}", told.err);
        std::fs::remove_dir(&file).expect("it is taken away");
        std::fs::rename(&kept, &file).expect("it is put back");
    }
    std::fs::create_dir(site.path("qingshou.sock")).expect("a folder lies there");
    let told = site.run(&["run"]);
    assert_eq!(told.exit, 6, "{}", told.err);
    assert!(told.err.contains("qingshou.sock"), "{}", told.err);
    std::fs::remove_dir(site.path("qingshou.sock")).expect("it is taken away");
    site.configure("zone_of_time = \"x\"\n");
    let told = site.run(&["run"]);
    assert_eq!(told.exit, 6, "{}", told.err);
    assert!(told.err.contains("qingshou.toml:") && told.err.contains("zone_of_time"));
}

#[test]
fn status_says_by_its_code_whether_a_daemon_works_and_what_waits() {
    let site = Site::at_night();
    assert_eq!(site.run(&["status"]).exit, 1, "there is no store");
    site.save("hello.lua", HELLO);
    site.save("templates/plain.txt", "贷款 {{ 贷款编号 }},请与信贷员联系。");
    Book::of(&site).lend(&site, 3, 10);
    assert_eq!(site.run(&["status"]).exit, 3, "no daemon has run");
    let daemon = site.start_and_wait();
    site.until_equal("messages wait for the morning", &3, || {
        site.orders("sms", "pending")
    });
    let told = site.run(&["status"]);
    assert_eq!(told.exit, 0, "{}", told.out);
    assert!(told.out.contains("orders sms: pending 3"), "{}", told.out);
    site.ok(&["pause", "channel", "sms", "--reason", "网关有误"]);
    let told = site.run(&["--lang", "zh", "status"]);
    assert_eq!(told.exit, 0, "{}", told.out);
    assert!(told.out.contains("指令 sms(短信): "), "{}", told.out);
    daemon.kill_nine();
    let told = site.run(&["status", "-o", "json"]);
    assert_eq!(told.exit, 3, "a daemon that was killed does not run: {}", told.out);
    assert!(told.out.contains("\"daemon_pid\":null"), "{}", told.out);
}

/// The site tells machines how it does; answers at which port.
pub(super) fn tells_machines(site: &Site) -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let port = free.local_addr().expect("it has a number").port();
    site.configure(&format!("metrics = \"127.0.0.1:{port}\"\n"));
    port
}

/// What a page says, with the status of the answer.
pub(super) fn get(port: u16, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let (_, body) = text.split_once("\r\n\r\n")?;
    Some((status, body.to_owned()))
}

/// One figure of a page.
pub(super) fn figure(port: u16, name: &str) -> Option<f64> {
    let (_, text) = get(port, "/metrics")?;
    let line = text.lines().find(|line| line.strip_prefix(name).is_some_and(is_value))?;
    line.rsplit(' ').next()?.parse().ok()
}

fn is_value(rest: &str) -> bool {
    rest.starts_with(' ')
}

#[test]
fn machines_hear_whether_it_lives_whether_it_works_and_how_much_waits() {
    let site = Site::at_night();
    let port = tells_machines(&site);
    let daemon = site.start_and_wait();
    site.until("it lives", || (get(port, "/healthz")?.0 == 200).then_some(()));
    let (status, why) = get(port, "/readyz").expect("it answers");
    assert_eq!(status, 503);
    assert!(why.contains("no release is live"), "{why}");
    Book::of(&site).lend(&site, 3, 10);
    site.save("templates/plain.txt", "贷款 {{ 贷款编号 }},请与信贷员联系。");
    site.save("hello.lua", HELLO);
    site.until("it is ready", || (get(port, "/readyz")?.0 == 200).then_some(()));
    site.until_equal("three messages wait", &3, || site.orders("sms", "pending"));
    site.ok(&["pause", "channel", "sms", "--reason", "网关有误"]);
    let held = "qingshou_orders{verb=\"sms\",status=\"held\"}";
    site.until_equal("they are held", &Some(3.0), || figure(port, held));
    let pending = "qingshou_orders{verb=\"sms\",status=\"pending\"}";
    assert_eq!(figure(port, pending), None, "none is on its way any more");
    let stops = "qingshou_sending_stops{cause=\"person\"}";
    assert_eq!(figure(port, stops), Some(1.0));
    assert_eq!(figure(port, "qingshou_release"), Some(1.0));
    assert_eq!(figure(port, "qingshou_gateway_fault{gateway=\"remind/sms\"}"), Some(0.0));
    assert!(figure(port, "qingshou_steps_total").is_some_and(|figure| 3.0 <= figure));
    let gathered = || figure(port, "qingshou_gathered_timestamp_seconds");
    let before = gathered().expect("it is told how old the figures are");
    site.until("they are gathered again", || {
        gathered().filter(|gathered| before < *gathered)
    });
    let refused = || figure(port, "qingshou_candidates_total{outcome=\"refused\"}");
    let before = refused().expect("it is counted from the start");
    site.save("hello.lua", HELLO.replace("\"over\" }", "\"ovr\" }"));
    site.until("the slip counts", || refused().filter(|it| before < *it));
    let (_, page) = get(port, "/metrics").expect("it answers");
    assert!(page.ends_with("# EOF\n"), "{page}");
    for word in ["K-0000", "示例", "00000000"] {
        assert!(!page.contains(word), "{word} is nobody's business: {page}");
    }
    assert_eq!(get(port, "/elsewhere").expect("it answers").0, 404);
    daemon.stop();
    assert_eq!(get(port, "/healthz"), None, "whoever has ended does not answer");
}

#[test]
fn a_daemon_that_hears_nobody_is_not_waited_for_without_an_end() {
    let site = Site::at_noon();
    let daemon = site.start_and_wait();
    assert!(!site.run(&["doctor"]).out.contains("does not answer"));
    daemon.signal(Signal::SIGSTOP);
    let told = site.run(&["reload"]);
    assert_eq!(told.exit, 4, "{}", told.err);
    assert!(told.err.contains("waiting") && told.err.contains("kill -CONT"));
    let told = site.run(&["doctor"]);
    assert!(told.exit == 1 && told.out.contains("does not answer"), "{}", told.out);
    daemon.signal(Signal::SIGCONT);
    site.ok(&["status"]);
    daemon.stop();
}

#[test]
fn nothing_leaves_that_cannot_be_noted_and_everybody_is_told_until_it_can_be() {
    let site = Site::at_noon();
    let port = tells_machines(&site);
    site.save("hello.lua", HELLO);
    site.save("templates/plain.txt", "贷款 {{ 贷款编号 }},请与信贷员联系。");
    let daemon = site.start_and_wait();
    let (log, aside) = (site.path("departures"), site.path("departures.aside"));
    std::fs::rename(&log, &aside).expect("the log is moved");
    std::fs::write(&log, "").expect("a file lies in its place");
    Book::of(&site).lend(&site, 3, 10);
    site.until("it is noticed", || (get(port, "/readyz")?.0 == 503).then_some(()));
    let told = site.ok(&["status"]);
    assert!(told.contains("NOTHING LEAVES") && told.contains("departures"), "{told}");
    assert!(site.run(&["doctor"]).out.contains("NOTHING LEAVES"));
    assert_eq!(figure(port, "qingshou_departures_failing"), Some(1.0));
    site.until_equal("they wait", &3, || site.orders("sms", "pending"));
    assert!(site.calls().is_empty(), "none has left");
    std::fs::remove_file(&log).expect("it is taken away");
    std::fs::rename(&aside, &log).expect("the log is put back");
    site.until_equal("they leave", &3, || site.calls().len());
    site.until("it is ready", || (get(port, "/readyz")?.0 == 200).then_some(()));
    assert!(site.json(&["status"])["departures_fault"].is_null());
    daemon.stop();
    site.verify();
}

#[test]
fn figures_are_not_for_other_machines() {
    let site = Site::at_noon();
    site.configure("metrics = \"0.0.0.0:9464\"\n");
    let told = site.run(&["run"]);
    assert_eq!(told.exit, 6, "{}", told.err);
    assert!(
        told.err.contains("metrics") && told.err.contains("127.0.0.1"),
        "{}",
        told.err
    );
}

/// Whether a program of systemd is there; a machine without says so.
fn has(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok();
    if !there {
        not_run(&format!("no `{program}` on this machine"));
    }
    there
}

#[test]
fn systemd_takes_the_unit_without_a_word_and_rates_it_safe() {
    let site = Site::at_noon();
    let unit = site.ok(&["service", "--user", "daemon"]);
    for line in ["Type=notify", "RestartPreventExitStatus=2 6", "UMask=0077"] {
        assert!(unit.contains(line), "{line}: {unit}");
    }
    if !has("systemd-analyze") {
        return;
    }
    let path = site.path("qingshou.service");
    std::fs::write(&path, unit).expect("the unit is written");
    let ask = |words: &[&str]| {
        let done = Command::new("systemd-analyze").args(words).arg(&path).output();
        let done = done.expect("it runs");
        let said = [done.stdout, done.stderr].concat();
        (done.status.success(), String::from_utf8_lossy(&said).into_owned())
    };
    let (good, said) = ask(&["verify", "--man=no"]);
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("qingshou")).collect();
    assert!(good && ours.is_empty(), "{said}");
    // Tenths; a service that nobody confined has 96 of 100.
    let (safe, said) = ask(&["security", "--offline=true", "--threshold=25"]);
    assert!(safe, "{said}");
}
