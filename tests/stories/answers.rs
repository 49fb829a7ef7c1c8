//! Orders of which nobody knows (结果不明): what a person finds out counts, whether or
//! not the procedure has heard before that nobody knew.

use std::fs;

use serde_json::Value;

use super::book::Book;
use super::site::Site;

/// A letter that may leave only once; where nobody knows of it the case goes on.
const LETTER: &str = r#"-- 催收函
-- A letter
workflow "w" { title = { zh = "函", en = "A letter" }, lane = "contact", start = "s",
  enrol = { days_past_due = { 1, 400 } } }
always { on_refused = function(case, order) return stay() end }
stage "s" { title = { zh = "函", en = "A letter" },
  enter = function(case)
    demand_letter "demand"
    return wait(20 * days, "s")
  end,
  on_unknown = function(case, order) return go "lost" end,
}
stage "lost" { title = { zh = "未送达", en = "Lost" },
  enter = function(case) return wait(20 * days, "lost") end,
}
"#;
const TEXT: &str = "{{ 客户 }}:贷款 {{ 贷款编号 }} 逾期 {{ 逾期金额 }} 元,请还款。";

/// A site put back from a backup whose log is gone: the letters of some cases may
/// have left.
fn put_back(script: &str, cases: u32) -> (Site, Vec<String>) {
    let site = Site::at_noon();
    site.save("w.lua", script);
    site.save("templates/demand.txt", TEXT);
    site.ok(&["pause", "channel", "letter_post", "--reason", "a look"]);
    Book::of(&site).lend(&site, cases, 10);
    let daemon = site.start_and_wait();
    site.until_equal("they are held", &u64::from(cases), || {
        site.orders("demand_letter", "held")
    });
    let copy = tempfile::tempdir().expect("a folder");
    let copy = copy.path().join("copy");
    let copy = copy.to_str().expect("a plain path");
    site.ok(&["backup", copy]);
    daemon.stop();
    fs::remove_dir_all(site.path("departures")).expect("the log is lost");
    for ending in ["", "-wal", "-shm", ".id", ".mark", ".departures"] {
        drop(fs::remove_file(site.path(&format!("case_store.db{ending}"))));
    }
    site.lose_store();
    site.ok(&["restore", copy, "--reason", "the disk died"]);
    let unknown = site.rows(&["order", "ls", "--status", "unknown"]);
    assert_eq!(u32::try_from(unknown.len()), Ok(cases), "{unknown:?}");
    let numbers = unknown.iter().map(|it| it["order"].to_string()).collect();
    (site, numbers)
}

fn stages(site: &Site) -> Vec<String> {
    let mut stages: Vec<String> = site
        .rows(&["case", "ls"])
        .iter()
        .map(|row| row["stages"].as_str().unwrap_or_default().replace("w/", ""))
        .collect();
    stages.sort();
    stages
}

#[test]
fn an_answer_given_before_the_procedure_has_heard_is_the_one_that_counts() {
    let (site, orders) = put_back(LETTER, 4);
    for lang in ["zh", "en"] {
        let tasks = site.rows(&["--lang", lang, "task", "ls", "--kind", "unknown"]);
        assert_eq!(tasks.len(), 4);
        for task in tasks {
            let title = task["title"].as_str().expect("a title");
            let command = format!("`qingshou order arrived {} --reason", task["order"]);
            assert!(title.contains(&command), "{title}");
            assert_eq!(task["for_role"], "supervisor", "{task}");
        }
    }
    site.ok(&["order", "arrived", &orders[0], "--reason", "the post says so"]);
    let arrived = site.json(&["order", "show", &orders[0]]);
    let case = arrived["case_id"].as_str().expect("a case").to_owned();
    let shown = site.ok(&["case", "show", &case]);
    assert_eq!(shown.matches("contact ").count(), 1, "{shown}");
    site.ok(&["order", "retry", &orders[1], "--reason", "the post has none"]);
    site.ok(&["order", "drop", &orders[2], "--reason", "told in person"]);
    for channel in [&["all"][..], &["channel", "letter_post"]] {
        site.ok(&[&["resume"], channel, &["--reason", "looked"]].concat());
    }
    let daemon = site.start_and_wait();
    site.until_equal("the one of which nobody spoke goes on", &1, || {
        stages(&site).iter().filter(|stage| *stage == "lost").count()
    });
    site.until_equal("the letter leaves", &2, || {
        site.orders("demand_letter", "delivered")
    });
    assert_eq!(site.calls().len(), 1);
    assert_eq!(
        stages(&site).iter().filter(|stage| *stage == "s").count(),
        3,
        "they stand still"
    );
    daemon.stop();
    site.verify();
}

#[test]
fn an_answer_that_comes_too_late_is_told_what_has_come_of_it() {
    let (site, orders) = put_back(LETTER, 3);
    let daemon = site.start_and_wait();
    site.until_equal("the procedures have heard", &vec!["lost".to_owned(); 3], || {
        stages(&site)
    });
    let told = site.run(&["order", "retry", &orders[0], "--reason", "the post has none"]);
    assert_eq!(told.exit, 5, "{}{}", told.out, told.err);
    assert!(told.err.contains("stands in lost"), "{}", told.err);
    assert_eq!(site.orders("demand_letter", "unknown"), 3, "nothing was changed");
    let told =
        site.run(&["order", "arrived", &orders[0], "--reason", "the post says so"]);
    assert_eq!(told.exit, 0, "{}", told.err);
    assert!(told.out.contains("stands in lost"), "{}", told.out);
    site.ok(&["order", "drop", &orders[1], "--reason", "told in person"]);
    let left: Vec<Value> = site.rows(&["task", "ls", "--kind", "unknown"]);
    assert_eq!(left.len(), 1, "{left:?}");
    daemon.stop();
    site.verify();
}

#[test]
fn an_order_is_not_tried_again_beside_the_one_given_in_its_place() {
    let anew = LETTER.replace(
        "return go \"lost\" end",
        "if case.overdue <= 0 then return go \"lost\" end
    demand_letter \"demand\"
    return stay()
  end",
    );
    let (site, orders) = put_back(&anew, 1);
    let daemon = site.start_and_wait();
    site.until_equal("the letter is given anew", &1, || {
        site.orders("demand_letter", "held")
    });
    let told = site.run(&["order", "retry", &orders[0], "--reason", "the post has none"]);
    assert_eq!(told.exit, 5, "{}{}", told.out, told.err);
    assert!(told.err.contains("both would arrive"), "{}", told.err);
    site.ok(&["order", "drop", &orders[0], "--reason", "the new one goes"]);
    daemon.stop();
    site.verify();
}
