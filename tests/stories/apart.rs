//! An edit that would bring the program down (要命的修改): it is judged in a process of
//! its own, which dies in its place.

use std::fs;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::book::Book;
use super::site::{Daemon, Site};

fn workflow(name: &str, first: &str) -> String {
    format!(
        "-- 例\n-- An example\n{first}\nworkflow \"{name}\" {{ title = {{ zh = \"例\", en = \"E\" }}, \
         lane = \"{name}\", start = \"s\", enrol = {{ days_past_due = {{ 1, 400 }} }} }}\n\
         stage \"s\" {{ title = {{ zh = \"等\", en = \"S\" }}, wait = 20 * days, next = \"t\" }}\n\
         stage \"t\" {{ title = {{ zh = \"完\", en = \"T\" }}, finish = \"over\" }}\n"
    )
}

/// Tests that take a while each.
const SLOW: &str = "for i = 1, 400 do test(\"slow \" .. i, function(t)\n  t.case {}\n  \
    local n = 0\n  while n < 9e6 do n = n + 1 end\nend) end\n";

fn at_work() -> (Site, Book, Daemon) {
    let site = Site::at_noon();
    site.save("w.lua", workflow("w", ""));
    let mut book = Book::of(&site);
    book.lend(&site, 3, 10);
    let daemon = site.start_and_wait();
    site.until_equal("a release runs", &1, || site.release());
    (site, book, daemon)
}

fn refused(site: &Site) -> String {
    let told = || {
        let folder = site.json(&["status"])["folder"].clone();
        let found = folder["findings_en"].as_array().expect("findings").clone();
        let refused = folder["outcome"] == "rejected";
        refused.then(|| found[0].as_str().expect("a text").to_owned())
    };
    site.until("the edit is refused", told)
}

/// The processes that a daemon has started.
fn children(site: &Site) -> Vec<i32> {
    let pid = site.json(&["status"])["daemon_pid"].clone();
    let pid = pid.as_str().map_or_else(|| pid.to_string(), str::to_owned);
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten();
    let lists = tasks.flatten().map(|it| it.path().join("children"));
    let lists = lists.filter_map(|list| fs::read_to_string(list).ok());
    let pids = lists
        .flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    pids.filter_map(|pid| pid.parse().ok()).collect()
}

#[test]
fn scripts_that_eat_the_memory_are_refused_by_name_and_the_daemon_works_on() {
    let (site, mut book, daemon) = at_work();
    for n in 0..30 {
        let eats = "local much = string.rep(\"x\", 60 * 1024 * 1024)";
        site.save(&format!("eats_{n}.lua"), workflow(&format!("eats_{n}"), eats));
    }
    let told = refused(&site);
    assert!(told.starts_with("error[W055] eats_"), "{told}");
    assert!(told.contains("memory"), "{told}");
    let beside = |n: u32| site.note_of(&format!("eats_{n}.lua"));
    assert!((0..30).any(|n| beside(n).is_some()), "a note lies beside the file");
    book.lend(&site, 1, 10);
    let opened =
        || site.journal().iter().filter(|it| it["body"]["did"] == "opened").count();
    site.until_equal("the next case comes in", &4, opened);
    daemon.stop();
    site.verify();
}

#[test]
fn a_template_that_overflows_the_stack_is_refused_by_name_and_the_daemon_works_on() {
    let (site, mut book, daemon) = at_work();
    let nested = format!("{{{{ {}1 }}}}", "-".repeat(100_000));
    site.save("templates/deep.txt", &nested);
    let told = refused(&site);
    assert!(told.starts_with("error[W055] templates/deep.txt"), "{told}");
    assert!(site.note_of("templates/deep.txt").is_some(), "a note lies beside it");
    let told = site.run(&["check", site.workflows().to_str().expect("plain")]);
    assert_eq!(told.exit, 1, "by hand as well: {}{}", told.out, told.err);
    assert!(told.out.contains("templates/deep.txt"), "{}", told.out);
    for command in ["doctor", "status"] {
        let told = site.run(&[command]);
        assert!(!told.err.contains("overflow"), "{command}: {}", told.err);
    }
    book.lend(&site, 1, 10);
    let opened =
        || site.journal().iter().filter(|it| it["body"]["did"] == "opened").count();
    site.until_equal("the next case comes in", &4, opened);
    daemon.stop();
    let daemon = site.start_and_wait();
    assert_eq!(site.release(), 1, "nor does it bring down the next start");
    fs::remove_file(site.workflows().join("templates/deep.txt")).expect("it is there");
    let outcome = || site.json(&["status"])["folder"]["outcome"].clone();
    site.until_equal("the folder is as it was", &"unchanged".into(), outcome);
    daemon.stop();
    site.verify();
}

#[test]
fn a_judge_that_dies_is_a_finding_at_the_file_it_had_in_hand() {
    let (site, _book, daemon) = at_work();
    // The tests of the release in force run a moment after the start.
    std::thread::sleep(Duration::from_secs(2));
    let judge = || {
        site.until("nothing is judged", || children(&site).is_empty().then_some(()));
        site.save("w_test.lua", SLOW);
        let found = || children(&site).first().copied();
        let judge = site.until("it is judged", found);
        // Reading takes a moment, its tests take long.
        std::thread::sleep(Duration::from_millis(1_500));
        Pid::from_raw(judge)
    };
    kill(judge(), Signal::SIGABRT).expect("the process can be killed");
    let told = refused(&site);
    assert!(told.starts_with("error[W055] w_test.lua"), "{told}");
    assert!(told.contains("SIGABRT"), "{told}");
    assert!(site.note_of("w_test.lua").is_some(), "a note lies beside the file");
    assert_eq!(site.release(), 1);

    site.save("w_test.lua", "test(\"quick\", function(t) t.case {} end)\n");
    site.until_equal("the mended edit is live", &2, || site.release());
    let judge = judge();
    let asked = Instant::now();
    daemon.stop();
    assert!(asked.elapsed() < Duration::from_secs(6), "{:?}", asked.elapsed());
    assert!(kill(judge, None).is_err(), "nobody goes on judging");
    site.verify();
}
