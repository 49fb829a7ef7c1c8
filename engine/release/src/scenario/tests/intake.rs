//! Whom a release takes in (纳入对照): an edit that changes nothing of it costs
//! nothing on a big book.

use std::collections::BTreeSet;

use runtime::scan;

use super::{release, scenario_with};
use crate::intake::changed;

const BY_DAYS: &str = r#"
workflow "days" {
  title = { zh = "按天", en = "By days" }, lane = "contact", start = "a",
  enrol = { days_past_due = { 1, 30 } },
}
stage "a" { wait = 3 * days, next = "b" }
stage "b" { finish = "over" }
"#;

const BY_CHOICE: &str = r#"
workflow "choice" {
  title = { zh = "挑选", en = "By choice" }, lane = "other", start = "a",
  enrol = { days_past_due = at_least(1), where = function(case)
    return setting.on and case.visits == 0
  end },
  settings = { on = { true, title = { zh = "启用", en = "On" } } },
}
stage "a" { finish = "over" }
"#;

type Files = [(&'static str, String); 2];

#[test]
fn an_edit_asks_for_those_workflows_alone_that_take_in_others() {
    let days = |text: String| [("days.lua", text), ("choice.lua", BY_CHOICE.to_owned())];
    let choice = |text: String| [("days.lua", BY_DAYS.to_owned()), ("choice.lua", text)];
    let table: [(&str, Files, &[&str]); 8] = [
        ("nothing", days(BY_DAYS.to_owned()), &[]),
        ("a comment", days(format!("{BY_DAYS}-- 改过\n")), &[]),
        ("a wait", days(BY_DAYS.replace("3 * days", "5 * days")), &[]),
        ("a condition", days(BY_DAYS.replace("30 }", "60 }")), &["days"]),
        ("the lane", days(BY_DAYS.replace("contact", "letters")), &["days"]),
        ("a comment beside a choice", choice(format!("-- 改过\n{BY_CHOICE}")), &[]),
        ("the choice", choice(BY_CHOICE.replace("== 0", "== 1")), &["choice"]),
        (
            "what the choice reads",
            choice(BY_CHOICE.replace("{ true", "{ false")),
            &["choice"],
        ),
    ];
    let before = release(&[("days.lua", BY_DAYS), ("choice.lua", BY_CHOICE)]);
    for (what, files, wanted) in table {
        let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
        let changed = changed(Some(&before), &release(&files));
        let changed: Vec<&str> = changed.iter().map(String::as_str).collect();
        assert_eq!(changed, wanted, "{what}");
    }
    let all = changed(None, &before);
    assert_eq!(all.len(), 2, "where nothing ran before, all of them");
}

#[test]
fn a_scan_that_is_owed_as_a_whole_stays_whole() {
    let some = |names: &[&str]| -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    };
    let mut scenario = scenario_with(&[("days.lua", BY_DAYS)]);
    scenario
        .act(async |scenario| {
            let engine = &scenario.engine;
            let ask = async |names: &[&str]| {
                let mut tx = engine.store.write().await?;
                scan::ask_for_some(tx.conn(), &some(names)).await?;
                tx.commit().await?;
                scan::what_is_owed(engine.store.read().await?.conn()).await
            };
            assert_eq!(ask(&[]).await?, None, "nothing has changed");
            let owed = ask(&["days"]).await?.expect("one");
            assert_eq!(owed.only, Some(some(&["days"])));
            let owed = ask(&["choice"]).await?.expect("both");
            assert_eq!(owed.only, Some(some(&["choice", "days"])));
            let mut tx = engine.store.write().await?;
            scan::ask_for(tx.conn()).await?;
            tx.commit().await?;
            let owed = ask(&["days"]).await?.expect("all");
            assert_eq!(owed.only, None);
            assert!(engine.scan_if_owed().await?);
            assert_eq!(ask(&[]).await?, None, "it was carried out");
            let owed = ask(&["days"]).await?.expect("one again");
            assert_eq!(owed.only, Some(some(&["days"])));
            Ok(())
        })
        .unwrap();
}
