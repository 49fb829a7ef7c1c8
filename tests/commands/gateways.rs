//! Looking at gateways and trying one (网关查看与试发): what an administrator is told,
//! and that a trial is nobody's contact.

use testkit::{Gateway, Reply};

use crate::stories::site::Site;

fn settings(host: &str) -> String {
    format!(
        "[plugins.remind.sms]\ngateway = \"http\"\nurl = \"http://{host}/send?key=secret77\"\n\
         ok_pointer = \"/code\"\naccount_values = \"7\"\nnumber_values = \"8\"\nretry_values = \"9\"\n"
    )
}

const TEST: &[&str] = &["gateway", "test", "sms", "--to", "13800000042"];

#[test]
fn a_trial_says_what_the_answer_means_for_orders() {
    let table = [
        ("200 OK", r#"{"code":0}"#, 0, "HTTP status 200, code 0, class accepted"),
        ("200 OK", r#"{"code":7}"#, 1, "HTTP status 200, code 7, class account"),
        ("200 OK", r#"{"code":8}"#, 1, "HTTP status 200, code 8, class number"),
        ("200 OK", r#"{"code":9}"#, 1, "HTTP status 200, code 9, class busy"),
        ("200 OK", r#"{"code":5}"#, 1, "class unclear"),
        ("401 Unauthorized", "", 1, "HTTP status 401, code -, class account"),
        ("503 Busy", "", 1, "HTTP status 503, code -, class busy"),
    ];
    for (status, body, exit, part) in table {
        let gateway = Gateway::that_always(Reply::of(status, body));
        let site = Site::at_noon();
        site.import("cases", "case_id,principal\nK-1,5000\n");
        site.configure(&settings(&gateway.address().to_string()));
        let told = site.run(TEST);
        let text = told.out + &told.err;
        assert_eq!(told.exit, exit, "{status} {body}: {text}");
        assert!(text.contains(part) && text.contains("next:"), "{text}");
        assert!(
            text.contains(&gateway.address().to_string()) && !text.contains("secret77"),
            "{text}"
        );
    }
}

#[test]
fn a_trial_is_marked_journalled_and_no_contact_of_the_book() {
    let gateway = Gateway::that_always(Reply::taken());
    let site = Site::at_noon();
    site.import(
        "cases",
        "case_id,debtor_name,phone,principal\nK-1,示例甲,13900000077,5000\n",
    );
    site.configure(&settings(&gateway.address().to_string()));
    let daemon = site.start_and_wait();
    let said = site.ok(TEST);
    assert!(said.contains("138******42") && !said.contains("13800000042"), "{said}");
    assert!(
        gateway.heard().iter().any(|request| request.text().contains("TEST")),
        "it says what it is"
    );
    // A number of the book is refused before anything leaves.
    let before = gateway.heard().len();
    let debtor = site.run(&["gateway", "test", "sms", "--to", "13900000077"]);
    assert_eq!((debtor.exit, debtor.err.contains("somebody in the book")), (5, true));
    let unknown = site.run(&["gateway", "test", "smss", "--to", "13800000042"]);
    assert!(
        unknown.exit == 1 && unknown.err.contains("did you mean `sms`"),
        "{}",
        unknown.err
    );
    assert_eq!(gateway.heard().len(), before, "nothing left");
    let journal = site.ok(&["journal", "export"]);
    let tests = journal.lines().filter(|line| line.contains("gateway_test"));
    let tests: Vec<&str> = tests.collect();
    assert_eq!(tests.len(), 2, "before and after: {tests:?}");
    assert!(
        !journal.contains("13800000042") && tests[1].contains("accepted"),
        "{tests:?}"
    );
    assert_eq!(site.json(&["status"])["orders"], serde_json::json!([]));
    daemon.stop();
    site.verify();
}

#[test]
fn a_trial_leaves_nothing_in_a_rehearsal() {
    let gateway = Gateway::that_always(Reply::taken());
    let site = Site::at_noon();
    site.import("cases", "case_id,principal\nK-1,5000\n");
    let rest = std::fs::read_to_string(site.path("qingshou.toml")).expect("settings");
    std::fs::write(site.path("qingshou.toml"), format!("rehearsal = true\n{rest}"))
        .expect("settings are written");
    site.configure(&settings(&gateway.address().to_string()));
    let told = site.ok(TEST);
    assert!(told.contains("REHEARSAL: nothing leaves"), "{told}");
    assert!(gateway.heard().is_empty());
    assert!(site.ok(&["journal", "export"]).contains("gateway_test_rehearsed"));
}

#[test]
fn the_gateways_are_listed_without_their_secrets() {
    let site = Site::at_noon();
    site.import("cases", "case_id,principal\nK-1,5000\n");
    site.configure(&(settings("127.0.0.1:9") + "at_once = 3\nper_second = 7\n"));
    let rows = site.rows(&["gateway", "ls"]);
    let of = |channel: &str| {
        let of = |it: &&serde_json::Value| {
            it["channel"] == channel && it["plugin"] == "remind"
        };
        rows.iter().find(of).unwrap_or_else(|| panic!("{channel}: {rows:?}")).clone()
    };
    let sms = of("sms");
    assert_eq!(sms["gateway"], "http");
    assert_eq!(sms["host"], "127.0.0.1:9");
    assert_eq!((&sms["at_once"], &sms["per_second"]), (&3.into(), &7.into()));
    assert_eq!(sms["state"], "untried");
    assert_eq!(of("letter_post")["state"], "folder");
    let text = site.ok(&["gateway", "ls"]);
    assert!(!text.contains("secret77"), "{text}");
    assert!(text.contains("qingshou gateway test sms --to NUMBER"), "{text}");
}

/// Whether a text is in English: no sign of Chinese stands in it.
fn is_english(text: &str) -> bool {
    !text.chars().any(|c| ('\u{3001}'..='\u{9fff}').contains(&c))
}

#[test]
fn what_is_wrong_with_settings_is_told_in_the_language_asked_for() {
    let gateway = |line: &str| {
        format!(
            "[plugins.remind.sms]\ngateway = \"http\"\nurl = \"http://127.0.0.1:1/\"\n{line}\n"
        )
    };
    let table = [
        (gateway("okpointer = \"/code\""), "did you mean `sms.ok_pointer`?"),
        (gateway("ok_pointer = \"code\""), "begins with `/`"),
        (gateway("at_once = 0"), "should be 1–64"),
        (gateway("per_second = \"fast\""), "should be a whole number"),
        (gateway("account_values = 1003"), "should be text (in quotes)"),
        (gateway("body = \"{{ to }} }\""), "it does not come to JSON"),
        ("[plugins.visit]\ndays = 0\n".to_owned(), "should be 1–365 days"),
        ("zonee = \"x\"\n".to_owned(), "did you mean `zone`?"),
        ("opening = \"noon\"\n".to_owned(), "is no time of day"),
        ("book_stale_after = 900\n".to_owned(), "at most 90 workdays"),
        ("institution = \"\"\n".to_owned(), "would name no lender"),
    ];
    for (lines, part) in table {
        let site = Site::at_noon();
        site.import("cases", "case_id,principal\nK-1,5000\n");
        let path = site.path("qingshou.toml");
        let before = std::fs::read_to_string(&path).expect("settings can be read");
        // A table stands at the end, or it takes what follows for its own.
        let after = lines.starts_with('[');
        let whole = if after { before + &lines } else { lines.clone() + &before };
        std::fs::write(&path, whole).expect("settings are written");
        // A daemon that a person has to look at ends with a code of its own.
        for (command, exit) in [("doctor", 1), ("run", 6)] {
            let told = site.run(&[command]);
            let text = told.out + &told.err;
            assert_eq!(told.exit, exit, "{lines}: {text}");
            assert!(text.contains(part) && is_english(&text), "{lines}: {text}");
        }
    }
}

#[test]
fn a_clock_behind_the_journal_is_told_by_status_and_doctor_with_what_to_do() {
    let site = Site::at_noon();
    site.import("cases", "case_id,principal\nK-1,5000\n");
    assert!(!site.ok(&["status"]).contains("CLOCK BEHIND"));
    site.let_the_journal_be_ahead(3);
    let told = site.ok(&["status"]);
    assert!(told.contains("CLOCK BEHIND") && told.contains("--confirm-clock"), "{told}");
    assert_eq!(site.json(&["status"])["clock_behind"], true);
    let told = site.run(&["doctor"]);
    assert!(told.exit == 1 && told.out.contains("CLOCK BEHIND"), "{}", told.out);
}

#[test]
fn a_secret_that_is_not_there_is_told_as_nothing_sent() {
    let gateway = Gateway::that_always(Reply::taken());
    let site = Site::at_noon();
    site.import("cases", "case_id,principal\nK-1,5000\n");
    let more = "token_file = \"sms.token\"\nheaders = \"Authorization: {{ token }}\"\n";
    site.configure(&(settings(&gateway.address().to_string()) + more));
    let told = site.run(TEST);
    let text = told.out + &told.err;
    assert!(text.contains("nothing was sent") && text.contains("token_file"), "{text}");
    assert_eq!(gateway.heard().len(), 0);
}
