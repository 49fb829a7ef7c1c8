//! Faulty edits (错误的修改): whatever is saved, the old release goes on, and the
//! fault is named where people look.

use std::path::Path;

use super::book::Book;
use super::reload::{TEXT, WAIT, WAITING, ten_thousand_waiting, verdict, waiting};
use super::site::{Site, run_on};

/// One way to spoil the folder.
struct Fault {
    what: &'static str,
    spoil: fn(&Site),
    /// The start of the finding: code, file, line and column.
    place: &'static str,
    /// The file beside which the note lies; none when there is no folder.
    file: Option<&'static str>,
}

const FAULTS: &[Fault] = &[
    Fault {
        what: "a syntax error",
        spoil: |site| site.save("wait.lua", WAIT.replace("(case, note)", "(case note)")),
        place: "error[W001] wait.lua:18:27:",
        file: Some("wait.lua"),
    },
    Fault {
        what: "a file in GBK",
        spoil: |site| site.save("wait.lua", b"-- \xb5\xc8\xb4\xfd\n".repeat(3)),
        place: "error[W051] wait.lua:1:1:",
        file: Some("wait.lua"),
    },
    Fault {
        what: "a file of which half is written",
        spoil: |site| {
            // Written in place, without a rename, as a slow copy does.
            let half = &WAIT.as_bytes()[..WAIT.find("memo.woken").expect("it is there")];
            std::fs::write(site.workflows().join("wait.lua"), half)
                .expect("it is written");
        },
        place: "error[W001] wait.lua:",
        file: Some("wait.lua"),
    },
    Fault {
        what: "a stage taken away that holds cases",
        spoil: |site| site.save("wait.lua", WAIT.replace("\"waiting\"", "\"patience\"")),
        place: "error[W080] wait.lua:14:1:",
        file: Some("wait.lua"),
    },
    Fault {
        what: "a verb that does not exist",
        spoil: |site| {
            let text =
                WAIT.replace("    memo.woken", "    smss \"remind\"\n    memo.woken");
            site.save("wait.lua", text);
        },
        place: "error[W005] wait.lua:19:5:",
        file: Some("wait.lua"),
    },
    Fault {
        what: "a test that fails",
        spoil: |site| {
            let test = "test(\"it sends\", function(t)\n  t.enrol(t.case {})\n  \
                        t.expect_sent(\"sms\")\nend)\n";
            site.save("wait_test.lua", test);
        },
        place: "error[W070] wait_test.lua:1:1:",
        file: Some("wait_test.lua"),
    },
    Fault {
        what: "a template with an unknown word",
        spoil: |site| site.save("templates/remind.txt", "您好\n{{ 姓名 }}"),
        place: "error[W062] templates/remind.txt:2:4:",
        file: Some("templates/remind.txt"),
    },
    Fault {
        what: "a folder that was renamed away",
        spoil: |site| {
            std::fs::rename(site.workflows(), site.path("away")).expect("it is renamed");
        },
        place: "error[W065] ",
        file: None,
    },
];

#[test]
fn whatever_is_saved_the_old_release_goes_on_and_the_fault_is_named() {
    let (site, mut book) = ten_thousand_waiting();
    let daemon = site.start_and_wait();
    for fault in FAULTS {
        (fault.spoil)(&site);
        site.until_equal(fault.what, &"rejected".into(), || verdict(&site));
        the_fault_is_named(&site, fault);
        assert_eq!(site.release(), 1, "{}", fault.what);
        the_old_release_works(&site, &mut book, fault.what);
        mend(&site);
        site.until_equal(fault.what, &"unchanged".into(), || verdict(&site));
        let note = fault.file.and_then(|file| site.note_of(file));
        assert_eq!(note, None, "the note goes when {} is mended", fault.what);
    }
    assert_eq!(waiting(&site, "waiting"), u64::from(WAITING), "no case was lost");
    assert_eq!(site.json(&["status"])["stuck"]["parked"], 0);
    assert_eq!(site.rows(&["releases"]).len(), 1, "nothing else was ever released");
    daemon.stop();
    site.verify();
}

fn the_fault_is_named(site: &Site, fault: &Fault) {
    let status = site.json(&["status"]);
    let found = status["folder"]["findings_en"].as_array().expect("findings are a list");
    let named = |it: &serde_json::Value| {
        it.as_str().is_some_and(|text| text.starts_with(fault.place))
    };
    assert!(found.iter().any(named), "{}: {found:?}", fault.what);
    if let Some(file) = fault.file {
        let note = site.note_of(file).unwrap_or_default();
        assert!(note.contains(fault.place), "{}: {note}", fault.what);
        assert!(note.contains("release 1 goes on"), "{}: {note}", fault.what);
    }
}

/// A case that wakes up is answered, under the release of before.
fn the_old_release_works(site: &Site, book: &mut Book, what: &str) {
    let before = woken(site);
    book.wake(site, 0..20);
    site.until_equal(what, &(before + 1), || woken(site));
}

/// How often the case that is looked at has answered a note under release 1.
fn woken(site: &Site) -> usize {
    let case = Book::case(7);
    let journal = site.ok(&["journal", "export", "--case", &case]);
    journal.lines().filter(|line| line.contains(r#"\"on\":\"note\""#)).count()
}

fn mend(site: &Site) {
    let away = site.path("away");
    if away.exists() {
        std::fs::rename(&away, site.workflows()).expect("it is renamed back");
    }
    let test = site.workflows().join("wait_test.lua");
    if test.exists() {
        std::fs::remove_file(test).expect("it can be removed");
    }
    site.save("templates/remind.txt", TEXT);
    site.save("wait.lua", WAIT);
}

#[test]
fn a_missing_or_empty_folder_is_a_plain_answer_and_not_a_crash() {
    let site = Site::at_noon();
    for (folder, word) in [("nowhere", "no folder"), ("workflows", "no workflow script")]
    {
        let path = site.path(folder);
        let path: &Path = &path;
        let told = run_on(&site.path(""), &["check", path.to_str().expect("plain")]);
        assert_eq!(told.exit, 1, "{folder}");
        assert!(told.out.contains("W065") && told.out.contains(word), "{}", told.out);
    }
    let daemon = site.start_and_wait();
    site.until_equal("the empty folder is named", &"rejected".into(), || verdict(&site));
    site.save("wait.lua", WAIT);
    site.save("templates/remind.txt", TEXT);
    site.until_equal("the first release is live", &1, || site.release());
    daemon.stop();
}
