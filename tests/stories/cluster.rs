//! A PostgreSQL server for one story (演练服务器): started, restarted, set to read only
//! and stopped as the story wants.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::unistd::Uid;
use tempfile::TempDir;

use crate::commands::not_run;

/// A server with the user `staff`, whose password is [`PASSWORD`], and their database.
pub(crate) struct Cluster {
    dir: TempDir,
    bin: PathBuf,
    port: u16,
}

pub(crate) const PASSWORD: &str = "umbrella-27";

impl Cluster {
    /// Starts one; `None` where PostgreSQL is not installed, which is told.
    pub(crate) fn start() -> Option<Self> {
        let Some(bin) = server_bin() else {
            not_run("PostgreSQL is not installed");
            return None;
        };
        let dir = tempfile::tempdir().expect("a folder can be made");
        let cluster = Self { dir, bin, port: free_port() };
        if Uid::current().is_root() {
            run(Command::new("chown").arg("postgres").arg(cluster.dir.path()));
        }
        let data = cluster.data();
        cluster.as_owner(
            "initdb",
            &[
                "-D",
                &data,
                "-A",
                "trust",
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
            ],
        );
        let rules = "local all all trust\nhost all staff 127.0.0.1/32 scram-sha-256\n";
        std::fs::write(Path::new(&data).join("pg_hba.conf"), rules)
            .expect("rules are written");
        cluster.go();
        cluster.sql("create role staff login password 'umbrella-27'");
        cluster.sql("create database coop owner staff");
        Some(cluster)
    }

    fn data(&self) -> String {
        self.dir.path().join("data").display().to_string()
    }

    fn go(&self) {
        let dir = self.dir.path().display();
        let options = format!(
            "-p {} -k {dir} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=60",
            self.port
        );
        let log = self.dir.path().join("log").display().to_string();
        self.as_owner(
            "pg_ctl",
            &["-D", &self.data(), "-l", &log, "-w", "-s", "-o", &options, "start"],
        );
    }

    /// Ends it as a power cut would.
    pub(crate) fn cut_off(&self) {
        self.as_owner(
            "pg_ctl",
            &["-D", &self.data(), "-m", "immediate", "-s", "-w", "stop"],
        );
    }

    /// Starts it again.
    pub(crate) fn come_back(&self) {
        self.go();
    }

    /// Lets it offer encrypted connections, under a certificate for `127.0.0.1` alone that
    /// a root of its own has signed; answers where that root is, or nothing where no
    /// certificates can be made.
    pub(crate) fn offers_tls(&self) -> Option<PathBuf> {
        let make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca.key \
                      -out ca.pem -subj '/CN=example root' && \
                    openssl req -newkey rsa:2048 -nodes -keyout data/server.key \
                      -out server.csr -subj '/CN=example server' && \
                    echo subjectAltName=IP:127.0.0.1 >of && \
                    openssl x509 -req -days 2 -in server.csr -CA ca.pem -CAkey ca.key \
                      -CAcreateserial -extfile of -out data/server.crt && \
                    chmod 600 data/server.key && chmod 644 ca.pem data/server.crt && \
                    echo 'ssl = on' >>data/postgresql.conf";
        let mut command = Command::new("sh");
        if Uid::current().is_root() {
            command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh"]);
        }
        let made = command.args(["-c", make]).current_dir(self.dir.path()).output();
        if !made.is_ok_and(|made| made.status.success()) {
            not_run("openssl is not installed");
            return None;
        }
        self.as_owner("pg_ctl", &["-D", &self.data(), "-m", "fast", "-s", "-w", "stop"]);
        self.go();
        Some(self.dir.path().join("ca.pem"))
    }

    /// Makes a standby of it, which takes no writes.
    pub(crate) fn become_standby(&self) {
        self.as_owner("pg_ctl", &["-D", &self.data(), "-m", "fast", "-s", "-w", "stop"]);
        std::fs::write(Path::new(&self.data()).join("standby.signal"), "")
            .expect("it is told");
        self.go();
    }

    /// Runs a statement as its administrator, in the schema of the user.
    pub(crate) fn sql(&self, statement: &str) {
        let dir = self.dir.path().display().to_string();
        let database = if statement.starts_with("create") { "postgres" } else { "coop" };
        let statement = format!("set search_path = staff, public; {statement}");
        let statement = if database == "postgres" {
            statement.split_once("; ").map_or("", |it| it.1).to_owned()
        } else {
            statement
        };
        let port = self.port.to_string();
        self.as_owner(
            "psql",
            &[
                "-h", &dir, "-p", &port, "-U", "postgres", "-q", "-d", database, "-c",
                &statement,
            ],
        );
    }

    /// Copies what the user has, as an administrator does by night.
    pub(crate) fn dump(&self) {
        let (dir, port) = (self.dir.path().display().to_string(), self.port.to_string());
        let file = self.dir.path().join("dump.sql").display().to_string();
        let from =
            ["-h", &dir, "-p", &port, "-U", "postgres", "-d", "coop", "-n", "staff"];
        self.as_owner("pg_dump", &[&from[..], &["--clean", "-f", &file]].concat());
    }

    /// Puts that copy back in one go, and ends everybody's connection.
    pub(crate) fn put_back(&self) {
        let (dir, port) = (self.dir.path().display().to_string(), self.port.to_string());
        let file = self.dir.path().join("dump.sql").display().to_string();
        let to = ["-h", &dir, "-p", &port, "-U", "postgres", "-d", "coop", "-q", "-1"];
        let end = "select pg_terminate_backend(pid) from pg_stat_activity \
                   where usename = 'staff'";
        self.as_owner("psql", &[&to[..], &["-f", &file, "-c", end]].concat());
    }

    /// As the settings name it, at its own port or at that of whatever stands between.
    pub(crate) fn address_at(port: u16) -> String {
        format!("postgres://staff@127.0.0.1:{port}/coop")
    }

    /// As the settings name it.
    pub(crate) fn address(&self) -> String {
        Self::address_at(self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// A program of the server, run by the user whose server it is: it refuses root.
    fn command(&self, program: &str) -> Command {
        // A server may come without the programs that speak to it.
        let own = self.bin.join(program);
        let program = match installed_bin().filter(|_| !own.exists()) {
            Some(bin) => bin.join(program),
            None => own,
        };
        if !Uid::current().is_root() {
            return Command::new(program);
        }
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    }

    fn as_owner(&self, program: &str, args: &[&str]) {
        run(self.command(program).args(args).current_dir(self.dir.path()));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stop = ["-D", &self.data(), "-m", "immediate", "-s", "-w", "stop"];
        drop(self.command("pg_ctl").args(stop).current_dir("/").output());
    }
}

fn run(command: &mut Command) {
    let done = command.output().expect("the program of the server runs");
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {told}");
}

/// The programs of the version that the tests are to run on: the newest that is
/// installed, or where `QINGSHOU_PG_BIN` says, as `tests/with_postgres` has it.
fn server_bin() -> Option<PathBuf> {
    match std::env::var_os("QINGSHOU_PG_BIN").filter(|variable| !variable.is_empty()) {
        Some(named) => Some(PathBuf::from(named)),
        None => installed_bin(),
    }
}

fn installed_bin() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let number =
        |path: &Path| -> Option<u32> { path.file_name()?.to_str()?.parse().ok() };
    versions
        .map(|version| version.path())
        .max_by_key(|path| number(path))
        .map(|path| path.join("bin"))
        .filter(|it| it.join("initdb").exists())
}

/// A port that nobody listens to.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address").port()
}

/// Stands between a program and a server, and can hang up in the midst of a commit: the
/// server has it, and the program never hears so.
pub(crate) struct Wire {
    port: u16,
    cuts: Arc<AtomicBool>,
    is_silent: Arc<AtomicBool>,
}

impl Wire {
    pub(crate) fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let cuts = Arc::new(AtomicBool::new(false));
        let is_silent = Arc::new(AtomicBool::new(false));
        let (told, silent) = (Arc::clone(&cuts), Arc::clone(&is_silent));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else {
                    continue;
                };
                let (up, down) = (client.try_clone(), server.try_clone());
                let (Ok(up), Ok(down)) = (up, down) else { continue };
                let (told, quiet) = (Arc::clone(&told), Arc::clone(&silent));
                std::thread::spawn(move || pass_on(up, server, Some(&told), &quiet));
                let quiet = Arc::clone(&silent);
                std::thread::spawn(move || pass_on(down, client, None, &quiet));
            }
        });
        Self { port, cuts, is_silent }
    }

    /// From now on nothing passes, and nobody hangs up: a machine that has lost its
    /// network looks so.
    pub(crate) fn falls_silent(&self) {
        self.is_silent.store(true, Ordering::SeqCst);
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Hangs up at the next commit that passes.
    pub(crate) fn cut_at_commit(&self) {
        self.cuts.store(true, Ordering::SeqCst);
    }

    /// Whether it has been cut since it was told to.
    pub(crate) fn was_cut(&self) -> bool {
        !self.cuts.load(Ordering::SeqCst)
    }
}

fn pass_on(
    mut from: TcpStream,
    mut to: TcpStream,
    cuts: Option<&AtomicBool>,
    is_silent: &AtomicBool,
) {
    let mut bytes = vec![0; 65_536];
    while let Ok(length) = from.read(&mut bytes) {
        let piece = &bytes[..length];
        if is_silent.load(Ordering::SeqCst) && length != 0 {
            continue;
        }
        let is_commit = piece.windows(8).any(|pair| pair == b"; commit");
        if length == 0 || to.write_all(piece).is_err() {
            break;
        }
        if is_commit && cuts.is_some_and(|cuts| cuts.swap(false, Ordering::SeqCst)) {
            // The server works on, whoever listens.
            std::thread::sleep(std::time::Duration::from_millis(200));
            break;
        }
    }
    // Either may have hung up already.
    from.shutdown(Shutdown::Both).ok();
    to.shutdown(Shutdown::Both).ok();
}
