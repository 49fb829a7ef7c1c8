//! Small folders of scripts, worked by the real engine over the real store.
//!
//! Every scenario is verified when it ends: the invariants of the store hold
//! whatever a test has done.

mod ahead;
mod aside;
mod clocks;
mod contact;
mod guard;
mod entries;
mod intake;
mod letters;
mod lua;
mod passes;
mod ranges;
mod waits;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use domain::ids::{OrderId, ReleaseId};
use script::program::{Catalog, Folder};
use site::config::Config;
use sqlx::Row;
use store::{hand_over, meta};

use super::*;
use crate::candidate::{Candidate, errors};
use crate::scenario::store_scenario::StoreScenario;

impl Drop for StoreScenario {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let faults = self.act(async |scenario| {
            let mut tx = scenario.engine.store.write().await?;
            // The id of the release is part of every key; a scenario's store is
            // made before its release.
            if let Some(runtime) = scenario.engine.runtime() {
                meta::set_text(tx.conn(), "store_id", &runtime.store_id).await?;
            }
            let verdict = store::verify::verify(tx.conn()).await?;
            tx.rollback().await?;
            Ok(verdict.faults)
        });
        assert_eq!(faults, Ok(Vec::new()), "the store of a test is sound");
    }
}

pub(super) fn plugins() -> Plugins {
    plugins_on::all(&BTreeMap::new(), Path::new("/nonexistent")).unwrap()
}

/// A release of these files, with two templates.
pub(super) fn release(files: &[(&str, &str)]) -> Arc<Runtime> {
    let templates = [
        ("templates/remind_1.txt", "{{ 客户 }}:贷款逾期 {{ 逾期金额 }} 元,请还款。"),
        ("templates/plain.txt", "{{ 客户 }}:请与信贷员联系。"),
    ];
    let mut folder = Folder::default();
    for (name, text) in templates.iter().chain(files) {
        folder.files.insert((*name).to_owned(), (*text).to_owned());
    }
    let plugins = plugins();
    let catalog: Arc<Catalog> = Arc::new(plugins.catalog());
    let config = Config::default();
    let candidate = Candidate::check(Arc::new(folder), Vec::new(), &catalog, &config);
    let found: Vec<String> = errors(&candidate.findings)
        .map(|error| error.render(domain::say::Lang::En))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    let runtime = candidate.runtime((ReleaseId(0), 0), &plugins, &config, "test");
    Arc::new(runtime.unwrap())
}

/// Runs the tests of a folder.
pub(super) fn results(files: &[(&str, &str)]) -> Vec<TestResult> {
    run_afresh(&release(files), &plugins(), &Config::default())
}

/// Runs the tests of a release when nothing is known of them.
fn run_afresh(release: &Runtime, plugins: &Plugins, config: &Config) -> Vec<TestResult> {
    run_all(release, plugins, config, &PassCache::default())
}

/// Every test of the folder passes, and there are `count` of them.
pub(super) fn all_pass(count: usize, files: &[(&str, &str)]) {
    let results = results(files);
    let failed: Vec<String> = results
        .iter()
        .filter(|it| !it.passed())
        .map(|it| it.render(domain::say::Lang::En))
        .collect();
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
    assert_eq!(results.len(), count);
}

/// One scenario without a Lua test, moved from Rust.
pub(super) fn scenario_with(files: &[(&str, &str)]) -> StoreScenario {
    let setup =
        TestSetup::prepare(&release(files), &plugins(), &Config::default()).unwrap();
    // The scenario borrows the slot's store; a test process ends soon enough.
    let setup: &'static TestSetup = Box::leak(Box::new(setup));
    let slot: &'static TestSlot<'_> = Box::leak(Box::new(TestSlot::open(setup).unwrap()));
    slot.scenario(&setup.whole).unwrap()
}

/// What was sent so far: `sms 2026-03-02 10:00`.
pub(super) fn sent(scenario: &mut StoreScenario) -> Vec<String> {
    let sent = scenario.sent().unwrap();
    sent.iter().map(|it| format!("{} {}", it.verb, it.at)).collect()
}

/// The text of every order as its step wrote it, and as it left where that is
/// another one.
pub(super) fn texts(scenario: &mut StoreScenario) -> Vec<(String, Option<String>)> {
    const TEXTS: &str = "select id, body from outbox where body is not null order by id";
    scenario
        .act(async |scenario| {
            let mut conn = scenario.engine.store.read().await?;
            let rows = sqlx::query(TEXTS).fetch_all(conn.conn()).await?;
            let mut texts = Vec::new();
            for row in rows {
                let left = hand_over::last_text(conn.conn(), OrderId(row.get(0))).await?;
                texts.push((row.get(1), left));
            }
            Ok(texts)
        })
        .unwrap()
}

/// The kinds of the open tasks.
pub(super) fn kinds(scenario: &mut StoreScenario) -> Vec<String> {
    scenario.tasks().unwrap().into_iter().map(|task| task.kind).collect()
}

/// Where every order stands, oldest first: `sms cancelled nothing_overdue`.
pub(super) fn orders(scenario: &mut StoreScenario) -> Vec<String> {
    const ORDERS: &str = "select verb, status, settled_note from outbox order by id";
    scenario
        .act(async |scenario| {
            let mut conn = scenario.engine.store.read().await?;
            let rows = sqlx::query(ORDERS).fetch_all(conn.conn()).await?;
            let line = |it: &sqlx::any::AnyRow| {
                let parts: [String; 3] = [it.get(0), it.get(1), it.get(2)];
                parts.join(" ").trim_end().to_owned()
            };
            Ok(rows.iter().map(line).collect())
        })
        .unwrap()
}
