//! Saves (保存): what editors, copies and shares do to the folder while the daemon
//! watches it.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use super::reload::{TEXT, WAIT, verdict};
use super::site::Site;

/// Stands at the end of a script, so that half of the script is a whole one.
const LAST: &str = "\nstage \"later\" { moved_from = \"once\", finish = \"later\" }\n";

fn running_site() -> (Site, super::site::Daemon) {
    let site = Site::at_noon();
    site.save("wait.lua", WAIT);
    site.save("templates/remind.txt", TEXT);
    let daemon = site.start_and_wait();
    site.until_equal("the first release is live", &1, || site.release());
    (site, daemon)
}

/// The texts of a file in all releases so far, oldest first.
fn released(site: &Site) -> usize {
    site.rows(&["releases"]).len()
}

#[test]
fn a_save_torn_over_a_second_is_not_taken_in_halves() {
    let (site, daemon) = running_site();
    let file = site.workflows().join("wait.lua");
    let longer = format!("{WAIT}{}{LAST}", "-- 说明\n".repeat(40));
    site.save("wait.lua", &longer);
    site.until_equal("the longer script is live", &2, || site.release());
    // The first piece is a sound script and would pass as an edit of its own.
    let edited = longer.replace("Wait:", "Waiting:");
    let cut = edited.find("-- 说明").expect("it is there");
    fs::write(&file, &edited[..cut]).expect("the first piece is written");
    sleep(Duration::from_millis(800));
    fs::write(&file, &edited).expect("the whole is written");
    site.until_equal("the whole is live", &3, || site.release());
    sleep(Duration::from_secs(1));
    assert_eq!(released(&site), 3, "no piece was released");
    daemon.stop();
}

#[test]
fn a_script_and_its_test_saved_one_after_the_other_are_one_edit() {
    let (site, daemon) = running_site();
    let test = |reason: &str| {
        format!(
            "-- 等待的测试\ntest(\"it ends\", function(t)\n  local c = t.case {{ overdue = \
             yuan(100), days_past_due = 2 }}\n  t.enrol(c)\n  t.advance(21 * days)\n  \
             t.expect_finished(\"{reason}\")\nend)\n"
        )
    };
    site.save("wait_test.lua", test("over"));
    site.until_equal("the test is live", &2, || site.release());
    site.save("wait.lua", WAIT.replace("finish = \"over\"", "finish = \"waited\""));
    sleep(Duration::from_millis(500));
    assert_ne!(verdict(&site), "rejected", "the test may be on its way");
    site.save("wait_test.lua", test("waited"));
    site.until_equal("both are live", &3, || site.release());
    assert_eq!(site.note_of("wait.lua"), None);
    daemon.stop();
}

#[test]
fn an_edit_that_keeps_size_and_time_goes_live() {
    let (site, daemon) = running_site();
    let file = site.workflows().join("wait.lua");
    let time =
        fs::metadata(&file).and_then(|metadata| metadata.modified()).expect("a time");
    let beside = site.path("beside");
    fs::write(&beside, WAIT.replace("20 * days", "30 * days")).expect("it is written");
    let written = fs::File::options().write(true).open(&beside);
    written.and_then(|it| it.set_modified(time)).expect("the time is set back");
    fs::rename(&beside, &file).expect("it is put in place");
    site.until_equal("the edit is live", &2, || site.release());
    daemon.stop();
}
