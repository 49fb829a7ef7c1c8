//! A store on a server (服务器上的案件库): it is away, comes back, hangs up in the midst
//! of a commit, refuses, or is worked by somebody else.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command};
use std::time::Duration;

use super::book::Book;
use super::cluster::{Cluster, PASSWORD, Wire, free_port};
use super::kill::{self, DRILL};
use super::site::{Site, is_on_server};

/// Keeps the password of a site's user in a file of its own.
fn keep_password(site: &Site, password: &str) {
    let file = site.path("database.pass");
    std::fs::write(&file, format!("{password}\n")).expect("written");
    let of_owner = Permissions::from_mode(0o600);
    std::fs::set_permissions(&file, of_owner).expect("it is for its owner alone");
}

/// A site whose store lies on a server of its own.
fn site_on(address: &str) -> Site {
    let site = Site::at_noon();
    keep_password(&site, PASSWORD);
    site.configure(&format!(
        "database = \"{address}\"\ndatabase_password_file = \"database.pass\"\n"
    ));
    site
}

/// A server for a story that has one of its own; the other stories go to one for all.
fn cluster() -> Option<Cluster> {
    if is_on_server() { None } else { Cluster::start() }
}

fn with_drill(site: &Site) -> Book {
    site.save("drill.lua", DRILL);
    site.save("templates/remind.txt", kill::TEXT);
    site.save("templates/demand.txt", kill::TEXT);
    Book::of(site)
}

fn settles(site: &Site, book: &Book) {
    site.until("every order is settled", || kill::all_settled(site, book).then_some(()));
}

fn is_as_it_should_be(site: &Site, book: &Book, faults: u64, again: &str) {
    site.verify();
    kill::every_case_has_its_orders(site, book, again);
    kill::the_tray_agrees(site, book, again);
    kill::at_most_one_letter_a_death_is_unknown(site, faults, again);
}

#[test]
fn a_server_that_is_cut_off_at_work_loses_nothing_and_doubles_nothing() {
    let Some(cluster) = cluster() else { return };
    let site = site_on(&cluster.address());
    let mut book = with_drill(&site);
    book.lend(&site, 300, 10);
    let daemon = site.start_and_wait();
    for wait_ms in [150, 400, 900] {
        std::thread::sleep(Duration::from_millis(wait_ms));
        cluster.cut_off();
        std::thread::sleep(Duration::from_millis(300));
        cluster.come_back();
    }
    settles(&site, &book);
    daemon.stop();
    is_as_it_should_be(&site, &book, 3, "three cuts");
}

#[test]
fn a_commit_of_which_nobody_heard_is_done_once() {
    let Some(cluster) = cluster() else { return };
    let wire = Wire::to(cluster.port());
    let site = site_on(&Cluster::address_at(wire.port()));
    let mut book = with_drill(&site);
    book.lend(&site, 200, 10);
    let daemon = site.start_and_wait();
    for _ in 0..6 {
        wire.cut_at_commit();
        site.until("a commit is cut off", || wire.was_cut().then_some(()));
        std::thread::sleep(Duration::from_millis(100));
    }
    settles(&site, &book);
    daemon.stop();
    is_as_it_should_be(&site, &book, 6, "six commits cut off");
}

#[test]
fn a_server_that_is_away_at_the_start_is_told_and_harms_nothing() {
    let Some(cluster) = cluster() else { return };
    let site = site_on(&cluster.address());
    let mut book = with_drill(&site);
    book.lend(&site, 5, 10);
    cluster.cut_off();
    let told = site.run(&["case", "ls"]);
    assert_eq!(told.exit, 1, "{}{}", told.out, told.err);
    assert!(
        told.err.contains("the database server cannot be reached: postgres://"),
        "{}",
        told.err
    );
    assert!(!told.err.contains(PASSWORD), "no password is shown");
    // A machine comes up before its server: the daemon waits, and says that it is there.
    let mut daemon = site.start();
    let status = site.until("it waits", || {
        let told = site.run(&["status"]);
        (told.exit == 0).then_some(told)
    });
    assert!(status.out.contains("waiting for its database server"), "{}", status.out);
    assert!(daemon.has_ended().is_none(), "it waits");
    cluster.come_back();
    settles(&site, &book);
    daemon.stop();
    site.verify();
}

/// A daemon told to stop ends within so long, whatever it waits for.
const LONGEST_STOP: Duration = Duration::from_secs(5);

#[test]
fn a_daemon_whose_server_is_gone_stops_when_it_is_told_to() {
    let Some(cluster) = cluster() else { return };
    let site = site_on(&cluster.address());
    let mut book = with_drill(&site);
    book.lend(&site, 40, 10);
    for wait_ms in [0, 700, 3_000] {
        let daemon = site.start_and_wait();
        cluster.cut_off();
        // It looks for the server again and again meanwhile.
        std::thread::sleep(Duration::from_millis(wait_ms));
        let ended = daemon.stops_within(LONGEST_STOP, "its server is gone");
        let log = std::fs::read_to_string(site.path("daemon.log")).expect("a log");
        assert!(ended.success(), "it ends well: {ended}: {log}");
        assert!(!log.contains("in the midst of work"), "nothing was broken off: {log}");
        cluster.come_back();
    }
    let daemon = site.start_and_wait();
    settles(&site, &book);
    daemon.stop();
    site.verify();
}

#[test]
fn a_daemon_whose_server_has_fallen_silent_stops_when_it_is_told_to() {
    let Some(cluster) = cluster() else { return };
    let wire = Wire::to(cluster.port());
    let site = site_on(&Cluster::address_at(wire.port()));
    let mut book = with_drill(&site);
    book.lend(&site, 40, 10);
    let daemon = site.start_and_wait();
    wire.falls_silent();
    std::thread::sleep(Duration::from_secs(1));
    let ended = daemon.stops_within(LONGEST_STOP, "its server does not answer");
    let log = std::fs::read_to_string(site.path("daemon.log")).expect("a log");
    assert!(ended.success(), "it ends well: {ended}: {log}");
    // One that is just starting waits for it as well.
    let daemon = site.start();
    std::thread::sleep(Duration::from_secs(1));
    daemon.end_within(LONGEST_STOP, "the server does not answer at its start");
    site.set(&Cluster::address_at(wire.port()), &cluster.address());
    let daemon = site.start_and_wait();
    settles(&site, &book);
    daemon.stop();
    site.verify();
}

#[test]
fn who_is_refused_by_a_server_is_told_what_to_do() {
    let Some(cluster) = cluster() else { return };
    let site = site_on(&cluster.address());
    Book::of(&site).lend(&site, 2, 10);
    let refused = |part: &str| {
        let told = site.run(&["case", "ls"]);
        assert_eq!(told.exit, 1, "{}{}", told.out, told.err);
        assert!(told.err.contains(part), "{part}: {}", told.err);
        assert!(told.err.contains("hint: "), "{}", told.err);
        assert_eq!(site.start().ended().code(), Some(6), "a person has to look: {part}");
    };
    keep_password(&site, "wrong");
    refused("the database server refuses the login");
    keep_password(&site, PASSWORD);
    let open = Permissions::from_mode(0o644);
    std::fs::set_permissions(site.path("database.pass"), open).expect("it is opened");
    refused("(mode 644)");
    let looks = site.run(&["doctor"]).out;
    assert!(looks.contains("run chmod 600 "), "{looks}");
    keep_password(&site, PASSWORD);
    cluster.sql("update meta set value = '99' where key = 'schema_version'");
    refused("is of version 99");
    let steps = concat!(env!("CARGO_MANIFEST_DIR"), "/engine/store/migrations");
    let steps = std::fs::read_dir(steps).expect("the migrations").count();
    cluster
        .sql(&format!("update meta set value = '{steps}' where key = 'schema_version'"));
    cluster.sql("update meta set value = 'another' where key = 'store_id'");
    let told = site.run(&["import", "cases", &site.list("case_id,principal\nX,5\n")]);
    assert!(told.err.contains("is the case store of another site"), "{}", told.err);
    cluster.become_standby();
    refused("takes no writes (a standby, mostly)");
}

#[test]
fn whoever_asks_for_encryption_gets_it_or_is_told_why_not() {
    let Some(cluster) = cluster() else { return };
    let site = Site::at_noon();
    keep_password(&site, PASSWORD);
    let others =
        std::fs::read_to_string(site.path("qingshou.toml")).expect("it has settings");
    let asks = |address: &str, mode: &str| {
        let setting = format!(
            "database = \"{address}?{mode}\"\n\
             database_password_file = \"database.pass\"\n"
        );
        std::fs::write(site.path("qingshou.toml"), others.clone() + &setting)
            .expect("settings are written");
        site.run(&["case", "ls"])
    };
    let refused = |address: &str, mode: &str, part: &str| {
        let told = asks(address, mode);
        assert_eq!(told.exit, 1, "{mode}: {}{}", told.out, told.err);
        assert!(told.err.contains(part), "{mode}: {part}: {}", told.err);
        assert!(told.err.contains("hint: "), "{mode}: {}", told.err);
        assert!(!told.err.contains(PASSWORD), "{mode}: no password is shown");
        assert_eq!(site.start().ended().code(), Some(6), "a person has to look: {mode}");
    };
    let address = cluster.address();
    assert_eq!(asks(&address, "sslmode=prefer").exit, 1, "there is no store yet");
    Book::of(&site).lend(&site, 2, 10);
    refused(&address, "sslmode=on", "it can be one of disable, allow, prefer");
    for mode in ["require", "verify-ca", "verify-full"] {
        refused(&address, &format!("sslmode={mode}"), "offers no encryption (TLS)");
    }
    let no_file = "sslmode=verify-full&sslrootcert=/no/ca.pem";
    refused(&address, no_file, "the file /no/ca.pem, which cannot be read");
    let Some(root) = cluster.offers_tls() else { return };
    let with_root = format!("sslmode=verify-full&sslrootcert={}", root.display());
    for mode in ["sslmode=disable", "sslmode=require", &with_root] {
        let told = asks(&address, mode);
        assert_eq!(told.exit, 0, "{mode}: {}", told.err);
    }
    refused(&address, "sslmode=verify-full", "cannot be trusted: ");
    // The certificate names the machine otherwise than the settings do.
    let by_name = address.replace("127.0.0.1", "localhost");
    refused(&by_name, &with_root, "cannot be trusted: ");
}

#[test]
fn a_second_daemon_on_one_store_is_refused_until_the_first_has_gone() {
    let Some(cluster) = cluster() else { return };
    let first = site_on(&cluster.address());
    let mut book = with_drill(&first);
    book.lend(&first, 3, 10);
    let second = site_on(&cluster.address());
    std::fs::copy(first.path("case_store.db.id"), second.path("case_store.db.id"))
        .expect("the other site knows the store");
    let daemon = first.start_and_wait();
    for told in [
        second.run(&["run"]),
        second.run(&["import", "cases", &second.list("case_id,principal\nX,5\n")]),
    ] {
        assert_ne!(told.exit, 0);
        assert!(told.err.contains("works this case store (seen "), "{}", told.err);
    }
    assert_eq!(second.run(&["case", "ls"]).exit, 0, "whoever only looks may");
    settles(&first, &book);
    // The first one dies; on its own machine that is seen at once.
    daemon.kill_nine();
    let daemon = second.start_and_wait();
    book.lend(&second, 2, 10);
    daemon.stop();
    second.verify();
}

#[test]
fn one_that_was_taken_for_dead_writes_nothing_more() {
    let Some(cluster) = cluster() else { return };
    let site = site_on(&cluster.address());
    let mut book = with_drill(&site);
    book.lend(&site, 3, 10);
    let mut daemon = site.start_and_wait();
    settles(&site, &book);
    // Another daemon took the store over while this one stood still.
    cluster.sql("update daemons set id = id + 1000000");
    site.until("it ends", || daemon.has_ended());
    let log = std::fs::read_to_string(site.path("daemon.log")).expect("it has a log");
    assert!(log.contains("another daemon has taken this case store over"), "{log}");
}

#[test]
fn an_older_copy_put_back_under_a_daemon_ends_it_and_nothing_leaves_twice() {
    let Some(cluster) = cluster() else { return };
    let site = site_on(&cluster.address());
    let mut book = with_drill(&site);
    book.lend(&site, 6, 10);
    let mut daemon = site.start_and_wait();
    settles(&site, &book);
    site.ok(&["pause", "all", "--reason", "a look"]);
    book.lend(&site, 4, 10);
    site.until_equal("they are held", &4, || site.orders("sms", "held"));
    cluster.dump();
    site.ok(&["resume", "all", "--reason", "looked"]);
    settles(&site, &book);
    let before = site.calls().len();
    cluster.put_back();
    let ended = site.until("the daemon ends", || daemon.has_ended());
    assert_eq!(ended.code(), Some(6), "a person has to look");
    let daemon = site.start_and_wait();
    let status = site.until("it says so", || {
        let told = site.run(&["status", "-o", "json"]);
        serde_json::from_str::<serde_json::Value>(&told.out).ok()
    });
    assert_eq!(status["store_set_back"], true, "{status}");
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(site.calls().len(), before, "nothing has left twice");
    daemon.stop();
}

struct Pooler(Child);

impl Drop for Pooler {
    fn drop(&mut self) {
        // It may have ended already.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// `PgBouncer` in transaction mode before a server, and its port.
fn pooler(site: &Site, cluster: &Cluster) -> Option<(Pooler, u16)> {
    let program = "/usr/sbin/pgbouncer";
    if !std::path::Path::new(program).exists() {
        crate::commands::not_run("PgBouncer is not installed");
        return None;
    }
    let port = free_port();
    let (settings, users) = (site.path("pooler.ini"), site.path("pooler.users"));
    std::fs::write(&users, format!("\"staff\" \"{PASSWORD}\"\n")).expect("written");
    let text = format!(
        "[databases]\ncoop = host=127.0.0.1 port={} dbname=coop\n[pgbouncer]\n\
         listen_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = plain\nauth_file = {}\n\
         pool_mode = transaction\ndefault_pool_size = 3\nunix_socket_dir =\n\
         ignore_startup_parameters = extra_float_digits\n",
        cluster.port(),
        users.display()
    );
    let mut file = std::fs::File::create(&settings).expect("made");
    file.write_all(text.as_bytes()).expect("written");
    let mut command = Command::new(program);
    if nix::unistd::Uid::current().is_root() {
        // It refuses to work as root.
        for path in [site.path(""), settings.clone(), users] {
            let open = Permissions::from_mode(0o755);
            std::fs::set_permissions(path, open).expect("it may be read");
        }
        command.args(["-u", "postgres"]);
    }
    let child = command.arg("-q").arg(&settings).spawn().expect("the pooler starts");
    let pooler = Pooler(child);
    site.until("the pooler answers", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).ok()
    });
    Some((pooler, port))
}

#[test]
fn a_pooler_may_change_the_connection_between_transactions() {
    let Some(cluster) = cluster() else { return };
    let site = Site::at_noon();
    let Some((_pooler, port)) = pooler(&site, &cluster) else { return };
    keep_password(&site, PASSWORD);
    site.configure(&format!(
        "database = \"{}?pgbouncer=true\"\ndatabase_password_file = \"database.pass\"\n",
        Cluster::address_at(port)
    ));
    let mut book = with_drill(&site);
    book.lend(&site, 120, 10);
    let daemon = site.start_and_wait();
    // Others who work through the same few connections.
    for _ in 0..5 {
        assert_eq!(site.rows(&["case", "ls", "--limit", "5"]).len(), 5);
    }
    settles(&site, &book);
    daemon.stop();
    is_as_it_should_be(&site, &book, 0, "a pooler");
}

/// A quarter of made-up collection work, drawn by a seed: imports, steps, contacts,
/// promises, payments and their reversals, approvals, holds and every day's round.
#[test]
fn a_made_up_quarter_is_the_same_on_both_databases() {
    let Some(cluster) = cluster() else { return };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let run = |site: &str, args: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_qingshou"))
            .args(args)
            .env("PGPASSWORD", PASSWORD)
            .env("QINGSHOU_LANG", "en")
            .env("QINGSHOU_SITE", folder.path().join(site))
            .output()
            .expect("the program runs");
        let told = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{site}: `{}`: {told}", args.join(" "));
        // Each names its own folder.
        let own = folder.path().join(site).display().to_string();
        String::from_utf8(done.stdout).expect("it prints UTF-8").replace(&own, "SITE")
    };
    let quarter = ["demo", "--loans", "250"];
    let in_file = run("file", &quarter);
    let on_server =
        run("server", &[&quarter[..], &["--database", &cluster.address()]].concat());
    assert_eq!(in_file, on_server, "the summary, line for line");
    let asked: &[&[&str]] = &[
        &["journal", "export"],
        &["report", "ageing", "-o", "csv"],
        &["report", "recovery", "-o", "csv"],
        &["report", "max-dpd", "-o", "csv"],
        &["report", "promises", "-o", "csv"],
        &["report", "rewards", "-o", "csv"],
        &["report", "limitation", "-o", "csv"],
        &["case", "ls", "-o", "csv", "--limit", "0"],
        &["task", "ls", "-o", "csv", "--limit", "1000"],
        &["order", "ls", "-o", "csv", "--limit", "0"],
        &["verify"],
    ];
    for args in asked {
        let (one, other) = (run("file", args), run("server", args));
        let differs = one.lines().zip(other.lines()).find(|(one, other)| one != other);
        assert_eq!(differs, None, "`{}`", args.join(" "));
        assert_eq!(one.len(), other.len(), "`{}`", args.join(" "));
    }
}

/// Runs a command with the password around it, as whoever moves a store does; whether it
/// succeeded, and what it said.
fn with_password(args: &[&str]) -> (bool, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_qingshou"))
        .args(args)
        .env("PGPASSWORD", PASSWORD)
        .env("QINGSHOU_LANG", "en")
        .output()
        .expect("the program runs");
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    (done.status.success(), told + &String::from_utf8_lossy(&done.stdout))
}

/// What was left behind is looked at and not worked, by whatever command.
fn is_left_behind(site: &Site, went_to: &str) {
    let to_where = format!("was moved to {went_to} at ");
    let list = site.list("case_id,principal\nX,5\n");
    let elsewhere = tempfile::tempdir().expect("a temporary folder can be made");
    let backup = elsewhere.path().join("a backup").display().to_string();
    let writing: [&[&str]; 4] = [
        &["import", "cases", &list],
        &["pause", "all", "--reason", "a look"],
        &["backup", &backup],
        &["run"],
    ];
    for args in writing {
        let told = site.run(args);
        let expected = if args == ["run"] { 6 } else { 1 };
        assert_eq!(told.exit, expected, "{args:?}: {}{}", told.out, told.err);
        assert!(told.err.contains(&to_where), "{args:?}: {}", told.err);
        assert!(told.err.contains("store reopen --reason"), "{}", told.err);
        assert!(!told.err.contains(PASSWORD), "no password is shown");
    }
    for looking in [&["case", "ls"][..], &["journal", "export"], &["verify"]] {
        assert_eq!(site.run(looking).exit, 0, "{looking:?}: whoever only looks may");
    }
    for (args, exit) in [(&["status"][..], 3), (&["doctor"], 1)] {
        let told = site.run(args);
        assert_eq!(told.exit, exit, "{args:?}: {}", told.err);
        assert!(told.out.contains(&to_where), "{args:?}: {}", told.out);
    }
}

#[test]
fn a_store_that_was_moved_away_is_looked_at_and_not_worked_by_its_old_setting() {
    let Some(cluster) = cluster() else { return };
    let site = Site::at_noon();
    keep_password(&site, PASSWORD);
    let mut book = with_drill(&site);
    book.lend(&site, 12, 10);
    let daemon = site.start_and_wait();
    settles(&site, &book);
    daemon.stop();
    let (file, address) = (site.path("case_store.db"), cluster.address());
    let (file, home) =
        (file.display().to_string(), site.path("home.db").display().to_string());
    let there = with_password(&["store", "copy", &file, &address]);
    assert!(there.0 && there.1.contains("and is worked no more"), "{}", there.1);
    is_left_behind(&site, &address);
    let again = with_password(&["store", "copy", &file, &home]);
    assert!(!again.0 && again.1.contains("was moved to postgres://"), "{}", again.1);
    // On the server it goes on, until it is moved back to a file of another name.
    let setting =
        format!("database = \"{address}\"\ndatabase_password_file = \"database.pass\"\n");
    site.configure(&setting);
    let told = site.run(&["store", "reopen", "--reason", "a slip"]);
    assert!(told.exit == 1 && told.err.contains("was not moved"), "{}", told.err);
    let daemon = site.start_and_wait();
    book.lend(&site, 2, 10);
    settles(&site, &book);
    daemon.stop();
    let back = with_password(&["store", "copy", &address, &file]);
    assert!(!back.0 && back.1.contains("is there already"), "{}", back.1);
    let back = with_password(&["store", "copy", &address, &home]);
    assert!(back.0 && back.1.contains("copied and proved: 14 cases"), "{}", back.1);
    is_left_behind(&site, &home);
    let again = with_password(&["store", "copy", &home, &address]);
    assert!(!again.0 && again.1.contains("lies an old case store"), "{}", again.1);
    site.set(&format!("\"{address}\""), "\"home.db\"");
    let daemon = site.start_and_wait();
    book.lend(&site, 2, 10);
    settles(&site, &book);
    daemon.stop();
    site.verify();
    // Whoever means the one on the server after all says so, and its journal has it.
    site.set("\"home.db\"", &format!("\"{address}\""));
    let told = site.ok(&["store", "reopen", "--reason", "the move was a trial"]);
    assert!(told.contains("it is worked again; see that nobody works /"), "{told}");
    let lines = site.journal();
    let said = |word: &str| lines.iter().find(|line| line["body"]["did"] == word);
    assert_eq!(said("store_moved").expect("a line")["body"]["to"], *home);
    let reopened = &said("store_reopened").expect("a line")["body"];
    assert_eq!(reopened["reason"], "the move was a trial");
    site.verify();
    site.ok(&["pause", "all", "--reason", "a look"]);
}

#[test]
fn a_store_is_moved_to_a_server_and_back_and_stays_the_same() {
    let Some(cluster) = cluster() else { return };
    let site = Site::at_noon();
    keep_password(&site, PASSWORD);
    let mut book = with_drill(&site);
    book.lend(&site, 60, 10);
    let daemon = site.start_and_wait();
    settles(&site, &book);
    daemon.stop();
    let before = site.ok(&["journal", "export"]);
    let (file, address) = (site.path("case_store.db"), cluster.address());
    let (file, back) =
        (file.display().to_string(), site.path("back.db").display().to_string());
    let there = with_password(&["store", "copy", &file, &address]);
    assert!(there.0 && there.1.contains("copied and proved: 60 cases"), "{}", there.1);
    site.configure(&format!(
        "database = \"{address}\"\ndatabase_password_file = \"database.pass\"\n"
    ));
    assert_eq!(site.ok(&["journal", "export"]), before, "on the server");
    site.verify();
    // Work goes on there.
    let daemon = site.start_and_wait();
    book.lend(&site, 5, 10);
    settles(&site, &book);
    daemon.stop();
    let on_server = site.ok(&["journal", "export"]);
    let home = with_password(&["store", "copy", &address, &back]);
    assert!(home.0 && home.1.contains("copied and proved: 65 cases"), "{}", home.1);
    site.set(&format!("\"{address}\""), "\"back.db\"");
    assert_eq!(site.ok(&["journal", "export"]), on_server, "back in a file");
    site.verify();
    let daemon = site.start_and_wait();
    book.lend(&site, 2, 10);
    settles(&site, &book);
    daemon.stop();
    site.verify();
}

#[test]
fn a_backup_of_a_store_on_a_server_is_a_file_that_can_be_put_back() {
    let Some(cluster) = cluster() else { return };
    let site = site_on(&cluster.address());
    let mut book = with_drill(&site);
    book.lend(&site, 20, 10);
    let daemon = site.start_and_wait();
    settles(&site, &book);
    let folder = tempfile::tempdir().expect("a folder can be made");
    let backup = folder.path().join("backup").display().to_string();
    let told = site.ok(&["backup", &backup]);
    assert!(told.contains("20 cases"), "{told}");
    daemon.stop();
    assert!(folder.path().join("backup/case_store.db").is_file());
}
