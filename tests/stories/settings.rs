//! Settings of the site (站点设置): staff write settings.toml and nothing else, and
//! the daemon works by it.

use std::io::Write;

use super::book::Book;
use super::reload::verdict;
use super::rng::{self, Rng};
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
        let place = places.iter().find(|place| place["stage"] == "first_message")?;
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
                .filter(|note_of| note_of.contains(place) && note_of.contains(part))
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

/// A setting as the reference page tells staff of it.
struct Range {
    workflow: String,
    name: String,
    /// What stands behind the equals sign, around its number.
    around: [String; 2],
    least: u64,
    most: u64,
    /// The setting below which it may not lie.
    not_below: Option<String>,
}

impl Range {
    fn line(&self, number: u64) -> String {
        let [before, after] = &self.around;
        format!("{} = {before}{number}{after}\n", self.name)
    }
}

/// The first number of a text, and what stands around it.
fn number(text: &str) -> Option<(u64, [String; 2])> {
    let start = text.find(|it: char| it.is_ascii_digit())?;
    let (before, rest) = text.split_at(start);
    let end = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, after) = rest.split_at(end);
    Some((digits.parse().ok()?, [before.to_owned(), after.to_owned()]))
}

/// Every setting with a range, as `workflows/REFERENCE.md` lists them.
fn ranges() -> Vec<Range> {
    let mut found = Vec::new();
    let mut workflow = String::new();
    for line in include_str!("../../workflows/REFERENCE.md").lines() {
        if let Some(head) = line.strip_prefix("### `[") {
            head.split(']').next().unwrap_or_default().clone_into(&mut workflow);
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let written =
            cells.get(1).and_then(|cell| cell.trim_matches('`').split_once(" = "));
        let range =
            cells.get(4).and_then(|cell| cell.rsplit(" / ").next()?.split_once(" to "));
        let (Some((name, value)), Some((least, most))) = (written, range) else {
            continue;
        };
        let other = least.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
        let not_below = other.map(str::to_owned);
        let least = not_below.as_ref().map_or_else(|| number(least), |_| number("0"));
        let (Some((_, around)), Some((least, _)), Some((most, _))) =
            (number(value), least, number(most))
        else {
            continue;
        };
        let (workflow, name) = (workflow.clone(), name.to_owned());
        found.push(Range { workflow, name, around, least, most, not_below });
    }
    above_others(found)
}

/// Whatever is drawn for the other, one that may not lie below it lies above.
fn above_others(mut found: Vec<Range>) -> Vec<Range> {
    for at in 0..found.len() {
        let Some(other) = &found[at].not_below else { continue };
        let of_workflow = found.iter().filter(|it| it.workflow == found[at].workflow);
        let other = of_workflow
            .filter(|of_workflow| of_workflow.name == *other)
            .map(|of_workflow| of_workflow.most)
            .next();
        found[at].least = other.expect("the setting that is named has a range");
    }
    found
}

/// A `settings.toml` with a number drawn for about half of the settings.
fn drawn(all: &[Range], rng: &mut Rng) -> String {
    let (mut text, mut workflow) = (String::new(), "");
    for range in all {
        // The first one always: a file that says nothing new is no edit. One that
        // hangs on another as well: its default may lie below what that one is now.
        let is_wanted = text.is_empty() || range.not_below.is_some();
        if !is_wanted && rng.below(2) == 0 {
            continue;
        }
        if workflow != range.workflow {
            workflow = &range.workflow;
            text.extend(["[", workflow, "]\n"]);
        }
        let number = range.least + rng.below(range.most - range.least + 1);
        text += &range.line(number);
    }
    text
}

#[test]
fn settings_drawn_at_random_within_their_ranges_go_live_and_one_beyond_does_not() {
    let seed = rng::asked("QINGSHOU_SEED").unwrap_or(20_261_129);
    let told = format!("seed {seed}: QINGSHOU_SEED={seed} draws the same settings again");
    writeln!(std::io::stderr(), "{told}").expect("standard error is open");
    let (mut rng, all) = (Rng::of(seed), ranges());
    assert!(40 < all.len(), "the page lists {} settings with a range", all.len());
    let site = shipped();
    let daemon = site.start_and_wait();
    site.until_equal("the folder is live", &1, || site.release());
    for release in 2..=7 {
        let text = drawn(&all, &mut rng);
        site.save("settings.toml", &text);
        site.until(&format!("seed {seed}: these settings are live\n{text}"), || {
            assert_eq!(site.note_of("settings.toml"), None, "seed {seed}\n{text}");
            (site.release() == release).then_some(())
        });
        assert_eq!(verdict(&site), "live", "seed {seed}\n{text}");
    }
    let call_after = all.iter().find(|it| it.name == "call_after").expect("it is listed");
    let days = call_after.least + rng.below(call_after.most - call_after.least + 1);
    site.save("settings.toml", format!("[remind]\n{}", call_after.line(days)));
    site.until_equal("the wait of the reminder is live", &8, || site.release());

    let free: Vec<&Range> = all.iter().filter(|it| it.not_below.is_none()).collect();
    let beyond = rng.one(&free);
    let (workflow, most) = (&beyond.workflow, beyond.most);
    let text = format!("[{workflow}]\n{}", beyond.line(most + 1));
    site.save("settings.toml", &text);
    let note = site.until("the number beyond the range is told", || {
        site.note_of("settings.toml").filter(|note_of| note_of.contains(&beyond.name))
    });
    for part in
        [format!("{} ", beyond.least), format!("{most} "), "settings.toml:2".to_owned()]
    {
        assert!(note.contains(part.trim()), "seed {seed} {text}: {part}: {note}");
    }
    assert_eq!(verdict(&site), "rejected", "seed {seed} {text}");
    assert_eq!(site.release(), 8, "the old release goes on");
    let mut book = Book::of(&site);
    book.lend(&site, 1, 5);
    assert_eq!(waits_days(&site), i64::try_from(days).expect("few days"), "seed {seed}");
    daemon.stop();
    site.verify();
}
