//! Approvals (审批): a second person signs, nobody signs their own, and a stranger
//! enters nothing. The people are different users of the operating system.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{Uid, User};

use super::not_run;
use crate::stories::book::Book;
use crate::stories::site::{Site, is_on_server};

const SUIT: &str = r#"-- 审批演练:起诉要第二人批准
-- Drill: a suit needs a second person
workflow "suit" {
  title = { zh = "起诉", en = "Suit" },
  lane = "contact",
  start = "ask",
  enrol = { days_past_due = { 1, 60 } },
}

always {
  on_matter_opened = function(case) return go "in_court" end,
  on_rejected = function(case) return finish("rejected") end,
}

stage "ask" {
  enter = function(case)
    file_suit { claim = case.overdue, court = "演练法院" }
    return wait(90 * days, "in_court")
  end,
}

stage "in_court" { wait = 90 * days, next = "over" }

stage "over" { finish = "over" }
"#;

/// The collector of every case of the book is 示例员.
const PEOPLE: &str = r#"
[[people]]
name = "示例主任"
login = "root"
roles = ["administrator", "supervisor"]

[[people]]
name = "示例员"
login = "daemon"
roles = ["collector", "supervisor", "legal"]

[[people]]
name = "示例法务"
login = "nobody"
roles = ["legal"]

[[people]]
name = "示例柜员"
login = "bin"
roles = ["collector"]
"#;

/// A site that others may reach, and a program that they may run.
pub(super) struct StaffedSite {
    pub(super) site: Site,
    program: PathBuf,
}

impl StaffedSite {
    pub(super) fn open() -> Self {
        let site = Site::at_noon();
        let settings = site.path("qingshou.toml");
        let text = std::fs::read_to_string(&settings).expect("the settings are there");
        std::fs::write(&settings, text + PEOPLE).expect("the settings are written");
        if is_on_server() {
            // Whoever may read them could ask the server, which lets everybody in here.
            let own = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&settings, own).expect("they are for the owner");
        }
        let rules =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows/policies/cn-rcc.toml");
        site.save(
            "policies/cn-rcc.toml",
            std::fs::read(rules).expect("the rules are there"),
        );
        site.save("suit.lua", SUIT);
        let folder = settings.parent().expect("a folder").to_owned();
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder, open.clone()).expect("the folder can be opened");
        // The build folder may be closed to others.
        let program = site.path("program");
        std::fs::copy(env!("CARGO_BIN_EXE_qingshou"), &program)
            .expect("it can be copied");
        std::fs::set_permissions(&program, open).expect("it can be run");
        Self { site, program }
    }

    /// Runs a command as another user; returns exit code and answer.
    pub(super) fn run_as(&self, login: &str, args: &[&str]) -> (i32, String) {
        let user = User::from_name(login).expect("users can be looked up");
        let user = user.unwrap_or_else(|| panic!("there is no user {login}"));
        let done = Command::new(&self.program)
            .args(args)
            .env_clear()
            .env("QINGSHOU_SITE", self.site.path(""))
            .current_dir("/")
            .uid(user.uid.as_raw())
            .gid(user.gid.as_raw())
            .output()
            .expect("the program runs");
        let text = String::from_utf8_lossy(&done.stdout).into_owned()
            + &String::from_utf8_lossy(&done.stderr);
        (done.status.code().unwrap_or(-1), text)
    }

    pub(super) fn expect_as(&self, login: &str, exit: i32, args: &[&str], part: &str) {
        let (found, text) = self.run_as(login, args);
        assert_eq!(found, exit, "{login}: `{}`: {text}", args.join(" "));
        assert!(
            text.contains(part),
            "{login}: `{}` tells {part:?}: {text}",
            args.join(" ")
        );
    }

    /// Asks the daemon to look, as a program other than this one might.
    fn asked(&self, words: &[&str]) -> serde_json::Value {
        let mut socket = UnixStream::connect(self.site.path("qingshou.sock"))
            .expect("the daemon listens");
        let request = serde_json::json!({ "ask": "look", "words": words });
        writeln!(socket, "{request}").expect("it can be asked");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("it answers");
        serde_json::from_str(&answer).expect("the answer is JSON")
    }

    pub(super) fn waiting(&self) -> Vec<String> {
        let rows = self.site.rows(&["approve"]);
        let order = |it: &serde_json::Value| {
            let order = &it["order"];
            order.as_str().map_or_else(|| order.to_string(), str::to_owned)
        };
        rows.iter().map(order).collect()
    }
}

/// Becoming another user is only possible for root.
pub(super) fn can_be_others() -> bool {
    if Uid::current().is_root() {
        return true;
    }
    not_run("only root can enter as several people");
    false
}

#[test]
fn nobody_approves_their_own_and_a_second_person_does() {
    if !can_be_others() {
        return;
    }
    let staffed = StaffedSite::open();
    Book::of(&staffed.site).lend(&staffed.site, 2, 12);
    let daemon = staffed.site.start_and_wait();
    staffed
        .site
        .until("both suits wait", || (staffed.waiting().len() == 2).then_some(()));
    let orders = staffed.waiting();
    let approve = ["approve", orders[0].as_str(), "--reason", "材料齐全"];

    staffed.expect_as("daemon", 5, &approve, "不能审批自己的指令");
    let in_english = [&approve[..], &["--lang", "en"]].concat();
    staffed.expect_as("daemon", 5, &in_english, "nobody approves their own");
    staffed.expect_as("bin", 5, &approve, "没有这个权限");
    staffed.expect_as("games", 5, &approve, "games");
    staffed.expect_as("nobody", 1, &["approve", &orders[0]], "--reason");
    assert_eq!(staffed.waiting(), orders, "nothing has changed");
    assert_eq!(staffed.site.orders("file_suit", "delivered"), 0);

    let first = staffed.site.rows(&["approve"]).remove(0);
    let case = first["case_id"].as_str().expect("its loan").to_owned();
    staffed.expect_as("nobody", 0, &approve, "已批准");
    staffed.expect_as("nobody", 0, &["case", "show", &case], "示例法务 approved");
    staffed.expect_as("nobody", 0, &["case", "show", &case], "材料齐全");
    staffed.expect_as("root", 5, &approve, "不在等待审批");
    staffed.site.until("the suit is open", || {
        (staffed.site.orders("file_suit", "delivered") == 1).then_some(())
    });
    let reject = ["approve", orders[1].as_str(), "--reject", "--reason", "材料不全"];
    staffed.expect_as("root", 0, &reject, "已驳回");
    staffed.site.until("the other one is over", || {
        (staffed.site.orders("file_suit", "cancelled") == 1).then_some(())
    });

    let lines = staffed.site.journal();
    let who = |did: &str| {
        let line = lines
            .iter()
            .find(|line| line["body"]["did"] == did)
            .expect("it is written down");
        line["body"]["by"].as_str().expect("a person").to_owned()
    };
    assert_eq!(
        (who("approved"), who("rejected")),
        ("示例法务".into(), "示例主任".into())
    );
    daemon.stop();
    staffed.site.verify();
}

#[test]
fn a_stranger_enters_nothing_and_everybody_enters_what_their_role_allows() {
    if !can_be_others() {
        return;
    }
    let staffed = StaffedSite::open();
    Book::of(&staffed.site).lend(&staffed.site, 1, 12);
    let daemon = staffed.site.start_and_wait();
    let case = Book::case(0);
    let pay =
        ["pay", case.as_str(), "--amount", "5", "--receipt", "1", "--reason", "柜面"];
    let rollback = ["rollback", "1", "--reason", "试"];
    let enrol = ["case", "enrol", case.as_str(), "suit", "--reason", "试"];

    staffed.expect_as("games", 5, &pay, "people");
    staffed.expect_as("bin", 0, &pay, "已入账");
    let pause = ["pause", "all", "--reason", "试"];
    let resume = ["resume", "all", "--reason", "试"];
    for args in [&rollback[..], &enrol[..], &["reload"][..], &pause, &resume] {
        staffed.expect_as("bin", 5, args, "没有这个权限");
    }
    let told = staffed.site.rows(&["case", "ls"]);
    assert_eq!(told[0]["balance_amount"], "995.00", "one payment was booked");
    daemon.stop();
    staffed.expect_as("bin", 1, &["task", "ls"], "守护进程没有运行");
    staffed.site.verify();
}

#[test]
fn whoever_is_named_looks_at_lists_and_cases_through_the_daemon() {
    if !can_be_others() {
        return;
    }
    let staffed = StaffedSite::open();
    Book::of(&staffed.site).lend(&staffed.site, 1, 12);
    let daemon = staffed.site.start_and_wait();
    let case = Book::case(0);
    staffed.site.until("the suit waits", || (staffed.waiting().len() == 1).then_some(()));
    if !is_on_server() {
        let store = staffed.site.path("case_store.db");
        let store = std::fs::metadata(store).expect("the store is there");
        let mode = store.permissions().mode();
        assert_eq!(mode & 0o077, 0, "nobody else can open the store");
    }

    staffed.expect_as("bin", 0, &["task", "ls"], "要办的事");
    staffed.expect_as("bin", 0, &["case", "ls", "-o", "json"], &case);
    staffed.expect_as(
        "bin",
        0,
        &["case", "show", &case, "--lang", "en"],
        "days past due",
    );
    staffed.expect_as("bin", 1, &["case", "show", "no-such"], "没有贷款编号 no-such");
    staffed.expect_as("nobody", 0, &["approve"], "file_suit(起诉)");
    staffed.expect_as("bin", 0, &["report", "ageing", "-o", "csv"], "as_of");
    staffed.expect_as("bin", 0, &["status"], "守护进程:运行中");
    staffed.expect_as("games", 5, &["task", "ls"], "people");
    let order = staffed.waiting().remove(0);
    staffed.expect_as("bin", 0, &["order", "show", &order], "file_suit");
    staffed.expect_as("bin", 0, &["releases", "-o", "csv"], "release,active");
    staffed.expect_as("bin", 0, &["gateway", "ls", "-o", "json"], "\"rows\"");
    staffed.expect_as("bin", 0, &["journal", "export", "--case", &case], "did");
    // Where another login is needed, it is named.
    staffed.expect_as("bin", 1, &["verify"], "登录用户 `root`");
    staffed.expect_as("bin", 1, &["journal", "export"], "journal export --case");
    // What is no look is not carried out for others, however it is asked.
    let (_, text) = staffed.run_as("bin", &["journal", "export"]);
    assert!(!text.contains("\"did\""), "{text}");
    for words in [
        &["pay", &case, "--amount", "5", "--reason", "x"][..],
        &["journal", "export"],
        &["order", "drop", "--workflow", "suit", "--yes", "--reason", "x"],
        &["--site", "/", "case", "ls"],
        &["case", "ls", "--site=/"],
    ] {
        let answer = staffed.asked(words);
        assert_eq!(answer["exit"], 5, "{words:?}: {answer}");
    }
    daemon.stop();
    staffed.site.verify();
}

#[test]
fn a_supervisor_who_may_not_open_the_store_has_the_daemon_find_orders_by_query() {
    if !can_be_others() {
        return;
    }
    let staffed = StaffedSite::open();
    Book::of(&staffed.site).lend(&staffed.site, 2, 12);
    let daemon = staffed.site.start_and_wait();
    staffed
        .site
        .until("both suits wait", || (staffed.waiting().len() == 2).then_some(()));
    let drop = ["order", "drop", "--workflow", "suit", "--reason", "发错了"];
    let yes = [&drop[..], &["--yes"]].concat();
    let of_none = ["order", "drop", "--status", "unknown", "--reason", "发错了"];

    staffed.expect_as("games", 5, &yes, "people");
    staffed.expect_as("bin", 5, &yes, "没有这个权限");
    staffed.expect_as("daemon", 1, &drop, "将放弃 2 条指令");
    staffed.expect_as("daemon", 0, &of_none, "没有符合条件的指令");
    let unknown = ["order", "drop", "--workflow", "no-such", "--reason", "x", "--yes"];
    staffed.expect_as("daemon", 1, &unknown, "no-such");
    assert_eq!(staffed.waiting().len(), 2, "nothing was changed");
    // The suits of cases they work are somebody else's to refuse.
    staffed.expect_as("daemon", 0, &yes, "2 条等待审批的是本人");
    assert_eq!(staffed.waiting().len(), 2, "nothing was changed");
    daemon.stop();
    staffed.site.verify();
}
