//! The people of a case (当事人): entered and corrected by hand, found by what somebody
//! knows, reached where they are, and their numbers told to whoever works the case.

use nix::unistd::{Uid, User};
use serde_json::Value;

use super::Cli;

const LOANS: &str = "\
case_id,debtor_name,phone,village,address,product,collector,principal,opened
QS-0001,章小满,13900000001,柳树湾,桥头路 3 号,农户小额,示例乙,5000,2026-01-05
QS-0002,章立春,13900000001,柳树湾,桥头路 9 号,农户小额,示例乙,3000,2026-01-05
";

fn cli() -> Cli {
    let cli = Cli::new();
    cli.expect(0, &["import", "cases", &cli.file("loans.csv", LOANS)]);
    cli
}

fn people(cli: &Cli, case: &str) -> Vec<Value> {
    let rows = cli.json(0, &["person", "ls", case]);
    rows["rows"].as_array().expect("rows are a list").clone()
}

fn found(cli: &Cli, typed: &str) -> Vec<String> {
    let rows = cli.json(0, &["case", "ls", "--search", typed]);
    let rows = rows["rows"].as_array().expect("rows are a list");
    let number = |it: &Value| it["case_id"].as_str().expect("a number").to_owned();
    let mut found: Vec<String> = rows.iter().map(number).collect();
    found.sort();
    found
}

#[test]
fn everybody_of_a_case_is_entered_by_hand_and_shown() {
    let cli = cli();
    let with = |more: &[&str]| {
        let add = ["person", "add", "QS-0001", "--reason", "见合同"];
        cli.expect(0, &[&add, more].concat());
    };
    with(&["--role", "co_borrower", "--name", "示例丙", "--phone", "13900000003"]);
    with(&["--role", "保证人", "--name", "示例丁", "--guarantee", "joint"]);
    with(&[
        "--role",
        "guarantor",
        "--name",
        "示例戊",
        "--guarantee",
        "一般",
        "--months",
        "12",
    ]);
    with(&["--role", "spouse_joint", "--name", "示例己", "--document", "joint_debt"]);
    with(&["--role", "heir", "--name", "示例庚"]);
    with(&["--role", "estate_administrator", "--name", "示例辛"]);
    with(&["--role", "律师", "--name", "示例壬"]);
    let listed = people(&cli, "QS-0001");
    let roles: Vec<&str> =
        listed.iter().map(|it| it["role"].as_str().expect("a role")).collect();
    assert_eq!(
        roles,
        [
            "borrower",
            "co_borrower",
            "guarantor",
            "guarantor",
            "spouse_joint",
            "estate_administrator",
            "heir",
            "lawyer",
        ]
    );
    assert_eq!(listed[1]["phone"], "139****0003");
    let shown = cli.expect(0, &["--lang", "zh", "case", "show", "QS-0001"]).out;
    for part in ["示例丙", "139****0003", "连带责任保证", "桥头路 3 号", "农户小额"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("13900000003"), "no number in full: {shown}");
    cli.verify();
}

#[test]
fn whoever_is_entered_wrongly_is_refused_with_what_is_wrong() {
    let cli = cli();
    let wrong: &[(&[&str], &str)] = &[
        (&["--role", "nephew", "--name", "示例"], "there is no role"),
        (&["--role", "guarantor", "--name", "示例"], "--guarantee"),
        (&["--role", "heir", "--name", "示例", "--guarantee", "joint"], "--guarantee"),
        (&["--role", "heir"], "--name"),
        (&["--role", "heir", "--name", "示例", "--phone", "139"], "digits"),
        (
            &["--role", "heir", "--name", "示例", "--document", "will"],
            "there is no document",
        ),
    ];
    for (typed, part) in wrong {
        let add = ["person", "add", "QS-0001", "--reason", "x"];
        let told = cli.run(&[&add, *typed].concat());
        assert_eq!(told.exit, 1, "{typed:?}: {}", told.err);
        assert!(told.err.contains(part), "{typed:?}: {}", told.err);
    }
    let twice = [
        "person",
        "add",
        "QS-0001",
        "--role",
        "heir",
        "--name",
        "示例庚",
        "--reason",
        "x",
    ];
    cli.expect(0, &twice);
    cli.expect(5, &twice);
    cli.verify();
}

#[test]
fn a_person_is_corrected_and_taken_off_with_a_line_in_the_journal() {
    let cli = cli();
    let add = [
        "person",
        "add",
        "QS-0001",
        "--role",
        "heir",
        "--name",
        "示例庚",
        "--reason",
        "x",
    ];
    cli.expect(0, &add);
    let correct = |who: &str, more: &[&str]| {
        let args =
            ["person", "correct", "QS-0001", "--person", who, "--reason", "已核对"];
        cli.run(&[&args, more].concat())
    };
    assert_eq!(correct("heir", &["--name", "示例申"]).exit, 0);
    assert_eq!(people(&cli, "QS-0001")[1]["name"], "示例申");
    assert_eq!(correct("示例申", &["--role", "spouse_joint"]).exit, 0);
    assert_eq!(people(&cli, "QS-0001")[1]["role"], "spouse_joint");
    assert_eq!(correct("borrower", &["--role", "heir"]).exit, 5);
    assert_eq!(correct("nobody", &["--name", "示例"]).exit, 1);
    let remove = |who: &str| {
        cli.run(&["person", "remove", "QS-0001", "--person", who, "--reason", "误登"])
    };
    assert_eq!(remove("borrower").exit, 5);
    assert_eq!(remove("示例申").exit, 0);
    assert_eq!(people(&cli, "QS-0001").len(), 1);
    let lines = cli.expect(0, &["journal", "export", "--case", "QS-0001"]).out;
    for word in ["added", "corrected", "removed"] {
        // The body of a line stands in it as a text.
        let said = format!(r#"\"person\":\"{word}\""#);
        assert!(lines.contains(&said), "{word}: {lines}");
    }
    assert!(!lines.contains("示例申"), "the journal names nobody: {lines}");
    cli.verify();
}

#[test]
fn a_wrong_number_is_used_no_more_and_has_to_be_traced() {
    let cli = cli();
    cli.expect(
        0,
        &["reply", "QS-0001", "--channel", "短信", "--note", "打错了", "--wrong-number"],
    );
    // Two loans have the number, and it is wrong for both.
    for case in ["QS-0001", "QS-0002"] {
        assert_eq!(people(&cli, case)[0]["phone_state"], "wrong", "{case}");
    }
    let tasks = cli.json(0, &["task", "ls", "--kind", "trace"]);
    let task = &tasks["rows"][0];
    assert_eq!(task["case_id"], "QS-0001");
    assert_eq!(task["name"], "章小满");
    assert_eq!(task["phone"], "139****0001 wrong");
    let words = task["last_words"].as_str().expect("a note");
    assert!(words.ends_with("打错了"), "{words}");
    assert_eq!(task["address"], "柳树湾 桥头路 3 号");
    assert_eq!(task["product"], "农户小额");
    // Another one takes its place, and no list brings the old one back.
    cli.expect(
        0,
        &[
            "person",
            "phone",
            "QS-0001",
            "13900000002",
            "--given-by",
            "示例村干部",
            "--hours",
            "18:00-20:00",
            "--reason",
            "本人来电",
        ],
    );
    assert_eq!(people(&cli, "QS-0001")[0]["phone"], "139****0002");
    assert_eq!(people(&cli, "QS-0001")[0]["best_hours"], "18:00-20:00");
    cli.expect(0, &["import", "cases", &cli.file("again.csv", LOANS)]);
    assert_eq!(people(&cli, "QS-0001")[0]["phone"], "139****0002");
    assert_eq!(found(&cli, "0002"), ["QS-0001"]);
    cli.verify();
}

#[test]
fn an_address_that_was_left_and_a_consent_have_their_days() {
    let cli = cli();
    let enter = |what: &str, more: &[&str]| {
        let told =
            cli.run(&[&["person", what, "QS-0001", "--reason", "x"], more].concat());
        (told.exit, told.err)
    };
    assert_eq!(enter("address", &["--state", "moved"]).0, 0);
    assert_eq!(people(&cli, "QS-0001")[0]["moved"], true);
    assert_eq!(enter("address", &["新街 7 号", "--state", "现住"]).0, 0);
    let now = &people(&cli, "QS-0001")[0];
    assert_eq!(
        (&now["moved"], &now["address"]),
        (&false.into(), &"柳树湾 新街 7 号".into())
    );
    let agreed = ["wx-示例", "--state", "agreed", "--on", "2026-03-01"];
    assert_eq!(enter("wechat", &agreed).0, 0);
    assert_eq!(people(&cli, "QS-0001")[0]["wechat_since"], "2026-03-01");
    assert_eq!(enter("wechat", &["--state", "withdrawn"]).0, 0);
    assert!(people(&cli, "QS-0001")[0]["wechat_since"].is_null());
    let wrong: &[(&str, &[&str], &str)] = &[
        ("phone", &["--state", "moved"], "is no state"),
        ("address", &["--state", "wrong"], "is no state"),
        ("phone", &["139"], "digits"),
        ("phone", &["13900000002", "--hours", "evening"], "18:00-20:00"),
        ("phone", &["13900000002", "--on", "2999-01-01"], "ahead"),
    ];
    for (what, typed, part) in wrong {
        let (exit, text) = enter(what, typed);
        assert!(exit == 1 && text.contains(part), "{typed:?}: {text}");
    }
    cli.verify();
}

#[test]
fn a_case_is_found_by_name_initials_digits_and_village() {
    let cli = cli();
    let table: [(&str, &[&str]); 8] = [
        ("章小满", &["QS-0001"]),
        ("zxm", &["QS-0001"]),
        ("zl", &["QS-0002"]),
        ("00000001", &["QS-0001", "QS-0002"]),
        ("qs-0002", &["QS-0002"]),
        ("柳树湾", &["QS-0001", "QS-0002"]),
        ("示例乙", &["QS-0001", "QS-0002"]),
        ("无此人", &[]),
    ];
    for (typed, wanted) in table {
        assert_eq!(found(&cli, typed), wanted, "{typed}");
    }
    cli.expect(1, &["case", "ls", "--search", " "]);
    cli.expect(2, &["case", "ls", "--search", "章", "--village", "柳树湾"]);
}

#[test]
fn each_reading_of_a_number_in_full_is_in_the_journal() {
    let cli = cli();
    let lines = || cli.expect(0, &["journal", "export", "--case", "QS-0001"]).out;
    assert!(!lines().contains("revealed"));
    let told = cli.expect(0, &["person", "reveal", "QS-0001", "--reason", "核对承诺"]);
    assert!(told.out.contains("13900000001"), "{}", told.out);
    assert_eq!(lines().matches("revealed").count(), 1);
    cli.json(0, &["person", "reveal", "QS-0001", "--reason", "核对承诺"]);
    assert_eq!(lines().matches("revealed").count(), 2);
    cli.expect(1, &["person", "reveal", "QS-0001", "--reason", " "]);
    assert_eq!(lines().matches("revealed").count(), 2);
    assert!(!lines().contains("13900000001"), "the journal has no number");
    cli.verify();
}

#[test]
fn only_whoever_works_the_case_and_supervisors_read_a_number_in_full() {
    for (name, roles, exit) in [
        ("示例乙", "\"collector\"", 0),
        ("示例未", "\"collector\"", 5),
        ("示例未", "\"supervisor\"", 0),
        ("示例未", "\"auditor\"", 5),
    ] {
        let cli = cli();
        let user = User::from_uid(Uid::effective()).expect("users can be looked up");
        let login = user.expect("whoever runs the tests has a login").name;
        let people = format!(
            "\n[[people]]\nname = \"{name}\"\nlogin = \"{login}\"\nroles = [{roles}]\n"
        );
        let settings = cli.site().join("qingshou.toml");
        let text = std::fs::read_to_string(&settings).unwrap_or_default();
        std::fs::write(&settings, text + &people).expect("it is written");
        let told = cli.run(&["person", "reveal", "QS-0001", "--reason", "核对"]);
        assert_eq!(told.exit, exit, "{name} {roles}: {}{}", told.out, told.err);
        assert_eq!(told.out.contains("13900000001"), exit == 0, "{name} {roles}");
    }
}

#[test]
fn people_come_by_a_list_and_the_same_list_again_changes_nothing() {
    let cli = cli();
    let list = cli.file(
        "people.csv",
        "贷款编号,身份,姓名,电话,号码状态,提供人,适宜时段,住址,住址状态,保证方式,微信,微信同意日\n\
         QS-0001,借款人,章小满,13900000009,已核实,本人,18:00-20:00,新街 7 号,现住,,wx-1,2026-03-01\n\
         QS-0001,保证人,示例丁,13900000004,,,,,,连带,,\n\
         QS-0001,继承人,示例庚,,,,,,,,,\n\
         QS-0002,保证人,示例丁,,,,,,,,,\n\
         QS-9999,继承人,示例庚,,,,,,,,,\n",
    );
    let import = ["person", "import", list.as_str(), "--reason", "五月走访"];
    let told = cli.json(0, &import);
    assert_eq!((&told["added"], &told["changed"]), (&2.into(), &1.into()), "{told}");
    let lines: Vec<u64> = told["rejected"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|it| it["line"].as_u64())
        .collect();
    assert_eq!(lines, [5, 6], "a guarantee without its kind, an unknown loan: {told}");
    let listed = people(&cli, "QS-0001");
    assert_eq!(listed.len(), 3);
    assert_eq!(listed[0]["phone"], "139****0009");
    assert_eq!(listed[0]["phone_state"], "confirmed");
    assert_eq!(listed[0]["best_hours"], "18:00-20:00");
    assert_eq!(listed[0]["wechat_since"], "2026-03-01");
    assert_eq!(listed[1]["guarantee"], "joint");
    let again = cli.json(0, &import);
    assert_eq!((&again["added"], &again["changed"]), (&0.into(), &0.into()), "{again}");
    assert_eq!(again["unchanged"], 3);
    cli.verify();
}

#[test]
fn a_state_alone_in_a_list_is_that_of_what_is_in_use_and_left_out_lines_lie_in_a_file() {
    let cli = cli();
    let list = cli.file(
        "people.csv",
        "贷款编号,身份,姓名,住址,住址状态,保证期间\n\
         QS-0001,借款人,章小满,,已搬走,\n\
         QS-0002,保证人,示例丁,,,12\n\
         QS-0002,保证人,示例戊,,已搬走,\n",
    );
    let import = ["person", "import", &list, "--reason", "走访"];
    let told = cli.json(0, &import);
    assert_eq!(told["changed"], 1, "{told}");
    assert_eq!(people(&cli, "QS-0001")[0]["moved"], true);
    let why = told["rejected"].to_string();
    assert!(why.contains("column `guarantee`"), "{why}");
    assert!(why.contains("no address on record"), "{why}");
    let rejects = cli.rejects("people.csv").expect("the lines lie in a file");
    assert!(rejects.contains("示例丁") && rejects.contains("示例戊"), "{rejects}");
    assert_eq!(people(&cli, "QS-0002").len(), 1, "nobody was entered in half");
    let again = cli.json(0, &import);
    assert_eq!((&again["changed"], &again["unchanged"]), (&0.into(), &1.into()));
    cli.verify();
}

#[test]
fn a_second_number_says_which_one_is_used_and_is_shown_beside_it() {
    let cli = cli();
    let phone = ["person", "phone", "QS-0001", "13900000005", "--reason", "本人来电"];
    let told = cli.expect(0, &phone).out;
    assert!(told.contains("139****0001 stays in use"), "{told}");
    assert!(told.contains("--state confirmed"), "{told}");
    let listed = &people(&cli, "QS-0001")[0];
    assert_eq!(listed["phone"], "139****0001");
    assert!(listed["other_phones"].to_string().contains("139****0005"), "{listed}");
    let told = cli.expect(0, &[&phone[..], &["--state", "confirmed"]].concat()).out;
    assert!(!told.contains("stays in use"), "{told}");
    assert_eq!(people(&cli, "QS-0001")[0]["phone"], "139****0005");
}

#[test]
fn a_consent_of_a_day_before_its_withdrawal_is_refused() {
    let cli = cli();
    let wechat = |state: &str, on: &str, exit: i32| {
        let words = ["person", "wechat", "QS-0001", "wx-1", "--state", state, "--on", on];
        cli.expect(exit, &[&words[..], &["--reason", "柜面"]].concat()).err
    };
    wechat("agreed", "2026-03-01", 0);
    wechat("withdrawn", "2026-05-01", 0);
    let told = wechat("agreed", "2026-04-01", 1);
    assert!(told.contains("withdrew on 2026-05-01"), "{told}");
    wechat("agreed", "2026-06-01", 0);
}

#[test]
fn a_correction_that_changes_nothing_says_so() {
    let cli = cli();
    let correct = ["person", "correct", "QS-0001", "--reason", "核对"];
    let same = [&correct[..], &["--village", "柳树湾"]].concat();
    assert!(cli.expect(1, &same).err.contains("is on record like that"));
    assert!(cli.expect(1, &correct).err.contains("--village"), "it says how");
}

/// Saying when somebody is reached, or entering somebody else with a number, says nothing
/// of whether the number is theirs.
#[test]
fn a_number_out_of_use_comes_back_by_its_state_alone() {
    let cli = cli();
    let phone = |more: &[&str]| {
        let args = ["person", "phone", "QS-0001", "13900000001", "--reason", "本人来电"];
        cli.expect(0, &[&args, more].concat()).out
    };
    let state = || people(&cli, "QS-0001")[0]["phone_state"].clone();
    phone(&["--state", "wrong"]);
    let said = phone(&["--hours", "18:00-20:00"]);
    assert!(said.contains("stays so"), "{said}");
    assert_eq!(state(), "wrong");
    let add = ["person", "add", "QS-0001", "--role", "heir", "--name", "示例庚"];
    let heir = [&add[..], &["--phone", "13900000001", "--reason", "见户口本"]].concat();
    let said = cli.expect(0, &heir).out;
    assert!(said.contains("stays so"), "{said}");
    assert_eq!(people(&cli, "QS-0001")[1]["phone_state"], "wrong");
    phone(&["--state", "confirmed"]);
    assert_eq!(state(), "confirmed");
    cli.verify();
}

#[test]
fn an_identity_card_of_15_digits_is_that_of_its_holder() {
    let cli = cli();
    let add = |case: &str, card: &str| {
        let who = ["--role", "heir", "--name", "示例庚", "--id-number", card];
        let args = ["person", "add", case, "--reason", "见户口本"];
        cli.json(0, &[&args[..], &who].concat())["person"].clone()
    };
    let heir = add("QS-0001", "990000700101001");
    assert_eq!(add("QS-0002", "990000197001010018"), heir);
    cli.verify();
}
