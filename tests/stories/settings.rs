//! Settings of the site (站点设置): staff write settings.toml and nothing else, and
//! the daemon works by it.

use super::book::Book;
use super::reload::verdict;
use super::site::{Site, run_on};

/// The example of `workflows/README.md`, as it stands there.
fn documented() -> String {
    let manual = include_str!("../../workflows/README.md");
    let block = manual.split("```toml").nth(1).expect("the manual has an example");
    let block = block.split("```").next().expect("the example ends");
    let lines: Vec<&str> = block.lines().map(str::trim).collect();
    format!("{}\n", lines.join("\n"))
}

/// A site with the shipped workflows, where it is noon.
fn shipped() -> Site {
    let site = Site::at_noon();
    let fresh = site.path("fresh");
    let told = run_on(&fresh, &["init", fresh.to_str().expect("a plain path")]);
    assert_eq!(told.exit, 0, "{}", told.err);
    std::fs::remove_dir_all(site.workflows()).expect("the old folder goes");
    std::fs::rename(fresh.join("workflows"), site.workflows())
        .expect("the new one comes");
    std::fs::remove_dir_all(fresh).expect("the fresh site goes");
    site
}

/// How many days after today the first case wakes up next.
fn waits_days(site: &Site) -> i64 {
    let at = site.until("the case waits for its call", || {
        let shown = site.json(&["case", "show", &Book::case(0)]);
        let places = shown["where"].as_array()?;
        let place = places.iter().find(|it| it["stage"] == "first_message")?;
        Some(place["next_at"].as_str()?.to_owned())
    });
    let day: jiff::civil::Date = at[..10].parse().expect("a date");
    i64::from((day - site.today()).get_days())
}

#[test]
fn the_settings_of_the_manual_pass_and_go_live() {
    let site = shipped();
    site.save("settings.toml", documented());
    assert_eq!(run_on(site.path("").as_path(), &["check"]).exit, 0);
    let daemon = site.start_and_wait();
    site.until_equal("the folder is live", &1, || site.release());
    let mut book = Book::of(&site);
    book.lend(&site, 1, 5);
    assert_eq!(waits_days(&site), 3, "call_after is three days there");
    daemon.stop();
    site.verify();
}

#[test]
fn an_edit_of_settings_drives_the_site_and_a_wrong_one_says_what_is_wrong() {
    let site = shipped();
    let daemon = site.start_and_wait();
    site.until_equal("the folder is live", &1, || site.release());
    site.save("settings.toml", "# nothing yet\n");
    site.until_equal("comments alone are taken", &2, || site.release());
    site.save("settings.toml", "[remind]\ncall_after = \"9 days\"\n");
    site.until_equal("the edit is live", &3, || site.release());
    let wrong = [
        ("[remind]\n\ncall_after = \"90 days\"\n", "settings.toml:3:1", "30 天"),
        ("[remind]\ncal_after = \"3 days\"\n", "settings.toml:2:1", "call_after"),
        ("[remnid]\ncall_after = \"3 days\"\n", "settings.toml:1:2", "remind"),
        ("[reward_collector]\ncap = \"3 days\"\n", "settings.toml:2:1", "cap"),
        ("[visit]\nvisit_within = \"0 days\"\n", "settings.toml:2:1", "1 天"),
    ];
    for (text, place, part) in wrong {
        site.save("settings.toml", text);
        let note = site.until("the fault is told beside the file", || {
            site.note_of("settings.toml")
                .filter(|it| it.contains(place) && it.contains(part))
        });
        assert!(note.contains(part), "{text}: {note}");
        assert_eq!(verdict(&site), "rejected", "{text}");
        assert_eq!(site.release(), 3, "the old release goes on");
    }
    let mut book = Book::of(&site);
    book.lend(&site, 1, 5);
    assert_eq!(waits_days(&site), 9, "what went live last holds");
    daemon.stop();
    site.verify();
}
