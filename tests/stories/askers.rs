//! Whose file it is (谁的文件): the daemon reads for a person what that person may
//! read, whatever the daemon itself may.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

use super::site::Site;
use crate::commands::not_run;

const PROGRAM: &str = env!("CARGO_BIN_EXE_qingshou");
/// The user `daemon` of every Debian, who owns nothing.
const OTHER: u32 = 1;

fn as_other(site: &Site, args: &[&str]) -> Option<Output> {
    let mut command = Command::new(PROGRAM);
    command.env("QINGSHOU_SITE", site.path("")).env("QINGSHOU_LANG", "en").args(args);
    command.uid(OTHER).gid(OTHER).output().ok()
}

fn list(path: &Path, case: &str, mode: u32) -> String {
    std::fs::write(path, format!("case_id,principal\n{case},5\n"))
        .expect("it is written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
        .expect("its mode is set");
    path.to_str().expect("a temporary path is plain").to_owned()
}

/// What a request that is written by hand comes to.
fn ask_by_hand(site: &Site, request: &str) -> String {
    let stream = UnixStream::connect(site.path("qingshou.sock")).expect("it listens");
    let mut writer = stream.try_clone().expect("a copy");
    writeln!(writer, "{request}").expect("it is sent");
    let mut reply = String::new();
    BufReader::new(stream).read_line(&mut reply).expect("it answers");
    reply
}

#[test]
fn nobody_imports_through_the_daemon_what_they_may_not_read() {
    let site = Site::at_noon();
    site.configure(
        "[[people]]\nname = \"示例主任\"\nlogin = \"root\"\nroles = [\"administrator\", \"supervisor\"]\n\
         [[people]]\nname = \"示例员\"\nlogin = \"daemon\"\nroles = [\"administrator\", \"supervisor\"]\n",
    );
    let open = std::fs::Permissions::from_mode(0o711);
    std::fs::set_permissions(site.path(""), open).expect("the site can be reached");
    let daemon = site.start_and_wait();
    let mine = list(&site.path("mine.csv"), "A", 0o600);
    // Whoever names a path alone is not served, for nobody knows with whose rights.
    let request = format!("{{\"ask\":\"import\",\"cases\":true,\"files\":[\"{mine}\"]}}");
    let reply = ask_by_hand(&site, &request);
    assert!(reply.contains("\"exit\":5"), "{reply}");
    let request =
        format!("{{\"ask\":\"take_stock\",\"logs\":[\"{mine}\"],\"reason\":\"x\"}}");
    let reply = ask_by_hand(&site, &request);
    assert!(reply.contains("opens no file") || reply.contains("打开文件"), "{reply}");
    if !nix::unistd::Uid::effective().is_root()
        || as_other(&site, &["--version"])
            .is_none_or(|as_other| !as_other.status.success())
    {
        not_run("only root can import as somebody else, who must reach the program");
        return daemon.stop();
    }
    let told = as_other(&site, &["import", "cases", &mine]).expect("it runs");
    let text = String::from_utf8_lossy(&told.stderr).into_owned();
    assert_eq!(told.status.code(), Some(1), "{text}");
    assert!(text.contains("I001") && text.contains("may not be read"), "{text}");
    // What is theirs alone they can import, and the daemon need not find it.
    let elsewhere = tempfile::tempdir().expect("a folder");
    let theirs = list(&elsewhere.path().join("theirs.csv"), "B", 0o600);
    chown(elsewhere.path(), Some(OTHER), Some(OTHER)).expect("it is theirs");
    chown(&theirs, Some(OTHER), Some(OTHER)).expect("it is theirs");
    let told = as_other(&site, &["import", "cases", &theirs]).expect("it runs");
    let text = String::from_utf8_lossy(&told.stderr).into_owned();
    assert_eq!(told.status.code(), Some(0), "{text}");
    let cases = site.rows(&["case", "ls"]);
    let numbers: Vec<_> = cases.iter().map(|case| case["case_id"].clone()).collect();
    assert_eq!(numbers, ["B"]);
    daemon.stop();
    site.verify();
}
