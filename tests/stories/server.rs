//! A store on a server (服务器上的案件库): it is away, comes back, hangs up in the midst
//! of a commit, refuses, or is worked by somebody else.

use std::io::Write as _;
use std::process::{Child, Command};
use std::time::Duration;

use super::book::Book;
use super::cluster::{Cluster, PASSWORD, Wire, free_port};
use super::kill::{self, DRILL};
use super::site::{Site, is_on_server};

/// A site whose store lies on a server of its own.
fn site_on(address: &str) -> Site {
    let site = Site::at_noon();
    std::fs::write(site.path("database.pass"), format!("{PASSWORD}\n")).expect("written");
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
    let status = site.start().ended();
    assert_eq!(status.code(), Some(1), "another start helps when it is back");
    cluster.come_back();
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
    std::fs::write(site.path("database.pass"), "wrong").expect("written");
    refused("the database server refuses the login");
    std::fs::write(site.path("database.pass"), PASSWORD).expect("written");
    cluster.sql("update meta set value = '99' where key = 'schema_version'");
    refused("is of version 99");
    cluster.sql("update meta set value = '19' where key = 'schema_version'");
    cluster.sql("update meta set value = 'another' where key = 'store_id'");
    let told = site.run(&["import", "cases", &site.list("case_id,principal\nX,5\n")]);
    assert!(told.err.contains("is the case store of another site"), "{}", told.err);
    cluster.become_standby();
    refused("takes no writes (a standby, mostly)");
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
            let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
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
    std::fs::write(site.path("database.pass"), PASSWORD).expect("written");
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

#[test]
fn a_store_is_moved_to_a_server_and_back_and_stays_the_same() {
    let Some(cluster) = cluster() else { return };
    let site = Site::at_noon();
    std::fs::write(site.path("database.pass"), PASSWORD).expect("written");
    let mut book = with_drill(&site);
    book.lend(&site, 60, 10);
    let daemon = site.start_and_wait();
    settles(&site, &book);
    daemon.stop();
    let before = site.ok(&["journal", "export"]);
    let with_password = |args: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_qingshou"))
            .args(args)
            .env("PGPASSWORD", PASSWORD)
            .env("QINGSHOU_LANG", "en")
            .output()
            .expect("the program runs");
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        (done.status.success(), told + &String::from_utf8_lossy(&done.stdout))
    };
    let (file, address) = (site.path("case_store.db"), cluster.address());
    let (file, back) =
        (file.display().to_string(), site.path("back.db").display().to_string());
    let there = with_password(&["store", "copy", &file, &address]);
    assert!(there.0 && there.1.contains("copied and proved: 60 cases"), "{}", there.1);
    let again = with_password(&["store", "copy", &file, &address]);
    assert!(
        !again.0 && again.1.contains("there are cases in the other place"),
        "{}",
        again.1
    );
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
