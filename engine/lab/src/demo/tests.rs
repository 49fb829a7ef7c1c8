//! A small demonstration (小型演示) has everything a large one has.

use domain::promise::Grade;
use site::Site;
use store::{Durability, Options, Store};

use super::*;

async fn run(dir: &std::path::Path, loans: usize) -> DemoReport {
    let wanted = DemoOptions {
        loans,
        into: dir.join("site"),
        login: "yanshi".to_owned(),
        database: None,
    };
    demo(&wanted, &|_, _, _| {}).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quarter_of_a_small_cooperative_is_sound_and_repeatable() {
    let dir = tempfile::tempdir().unwrap();
    let report = run(dir.path(), 200).await;
    assert!(report.verify.sound, "{:?}", report.verify.faults);
    assert_eq!(report.parked, 0);
    assert_eq!(report.loans, 200);
    for verb in ["sms", "wechat", "call", "letter", "visit", "reward", "demand_letter"] {
        assert!(
            0 < report.sent.get(verb).copied().unwrap_or(0),
            "{verb}: {:?}",
            report.sent
        );
    }
    assert!(0 < report.deferred);
    assert!(report.refused.iter().all(|it| !it.rules.is_empty()), "{:?}", report.refused);
    let graded = |grade| {
        report.promises.iter().find(|promise| promise.grade == grade).unwrap().count
    };
    assert!(
        0 < graded(Grade::Kept) && 0 < graded(Grade::Broken),
        "{:?}",
        report.promises
    );
    assert!(0 < report.collected.amount.0);
    assert!(0 < report.rewards.accrued.0);
    assert!(0 < report.open_tasks);
    assert!(report.visits.contains_key("absent"), "{:?}", report.visits);

    let again = tempfile::tempdir().unwrap();
    let again = run(again.path(), 200).await;
    let same_place = DemoReport { site: report.site.clone(), ..again };
    assert_eq!(same_place, report);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_site_of_a_demonstration_opens_safely_and_names_the_supervisor() {
    let dir = tempfile::tempdir().unwrap();
    let report = run(dir.path(), 40).await;
    let site = Site::open(&report.site).unwrap();
    let supervisor = site.config.person_of("yanshi").unwrap();
    assert!(supervisor.roles.iter().any(|role| role == "supervisor"));
    let options = Options {
        place: site.place().unwrap(),
        durability: Durability::Full,
        create: false,
        store_id: None,
    };
    let store = Store::open(options).await.unwrap();
    let mut conn = store.read().await.unwrap();
    let own: i64 = sqlx::query_scalar("select count(*) from cases where collector = $1")
        .bind(supervisor.name.clone())
        .fetch_one(conn.conn())
        .await
        .unwrap();
    assert_eq!(own, 0, "the supervisor works no case, or could not approve");
    assert!(!site.dir.join("spool").exists(), "nothing leaves in a demonstration");
}

#[tokio::test]
async fn a_folder_with_something_in_it_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("keep.txt"), "x").unwrap();
    let wanted = DemoOptions {
        loans: 5,
        into: dir.path().to_owned(),
        login: "yanshi".to_owned(),
        database: None,
    };
    assert!(demo(&wanted, &|_, _, _| {}).await.is_err());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn every_command_names_the_site() {
    let report = DemoReport {
        site: "/tmp/x".into(),
        story: Some("QS000001".to_owned()),
        waiting: Some(7),
        ..DemoReport::default()
    };
    for english in [true, false] {
        let commands = commands(&report, "qingshou", english);
        assert!(
            commands
                .iter()
                .all(|command| command.0.starts_with("qingshou --site /tmp/x "))
        );
        assert!(commands.iter().any(|command| command.0.ends_with("case show QS000001")));
        let text = summary(&report, english);
        assert_eq!(text.lines().count(), 12);
    }
}
