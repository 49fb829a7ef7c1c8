//! A store for one test (测试案件库), and short ways to fill and to read it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::ids::{CaseId, EntryId, InstanceId, PartyId};
use domain::ledger::EntryKind;
use domain::money::Fen;
use domain::party::Role;
use jiff::civil::Date;
use serde_json::Map;
use store::case_book::{CaseRow, PersonRow};
use store::enrol::NewInstance;
use store::events::NewEvent;
use store::ledger::{NewEntry, Posted};
use store::{Now, Store, WriteTx, case_book, enrol, ids, ledger, releases};
use tempfile::TempDir;
pub(crate) use testkit::clock::{HOUR, morning};
use testkit::stores;
pub(crate) use testkit::stores::{Kind, run};

/// A store of its own for one test.
pub(crate) struct TestStore {
    pub(crate) store: Store,
    _dir: TempDir,
    keys: AtomicI64,
}

/// Declares one promise: an async body over a fresh [`TestStore`].
macro_rules! promise {
    (async fn $name:ident($db:ident) $body:block) => {
        #[test]
        fn $name() {
            $crate::harness::on_every_store(async |$db: $crate::harness::TestStore| {
                $body
            });
        }
    };
}

/// Runs a body on a fresh store of every kind.
pub(crate) fn on_every_store(body: impl AsyncFn(TestStore)) {
    for kind in stores::kinds() {
        run(async { body(TestStore::open(kind).await).await });
    }
}

/// A case as it enters `remind` by its conditions.
pub(crate) fn in_remind(case_id: CaseId) -> NewInstance {
    NewInstance {
        case_id,
        workflow: "remind".to_owned(),
        lane: "contact".to_owned(),
        stage: "start".to_owned(),
        keeps_clocks: false,
        by: "conditions".to_owned(),
        event: None,
        by_due_date: false,
    }
}

impl TestStore {
    /// A fresh store.
    pub(crate) async fn open(kind: Kind) -> Self {
        let (store, dir) = stores::empty(&kind).await;
        Self { store, _dir: dir, keys: AtomicI64::new(0) }
    }

    /// The writer's transaction.
    pub(crate) async fn write(&self) -> WriteTx {
        self.store.write().await.expect("the writer")
    }

    /// A key that was never used in this store.
    pub(crate) fn key(&self) -> String {
        format!("key-{}", self.keys.fetch_add(1, Ordering::Relaxed))
    }

    /// A case known since a day, with a fictional borrower.
    pub(crate) async fn case(&self, case_no: &str, since: Date) -> CaseId {
        let mut tx = self.write().await;
        let row = CaseRow {
            case_no: case_no.to_owned(),
            people: vec![person(&format!("P-{case_no}"), Role::Borrower)],
            ..CaseRow::default()
        };
        case_book::import_cases(tx.conn(), &morning(since), &[row])
            .await
            .expect("imported");
        let found = case_book::find_case(tx.conn(), case_no).await.expect("asked");
        tx.commit().await.expect("committed");
        found.expect("the case is known")
    }

    /// The borrower of a case made by [`Self::case`].
    pub(crate) async fn borrower(&self, case: CaseId) -> PartyId {
        let sql =
            "select party_id from case_parties where case_id = $1 and role = 'borrower'";
        PartyId(self.number(sql, case.0).await)
    }

    /// Puts cases into `remind`, under a release whose id it answers.
    pub(crate) async fn open_runs(&self, now: &Now, cases: &[CaseId]) -> i64 {
        let mut tx = self.write().await;
        let files = BTreeMap::from([("remind.lua".to_owned(), "-- 提醒".to_owned())]);
        let made = releases::store(tx.conn(), now, &files, "李主任", "").await;
        let release = made.expect("stored");
        releases::activate(tx.conn(), now, &release, ("李主任", ""), |_, _| true)
            .await
            .expect("active");
        let wanted: Vec<NewInstance> =
            cases.iter().map(|case| in_remind(*case)).collect();
        let opened = enrol::open_instances(tx.conn(), now, release.id.0, &wanted).await;
        assert_eq!(opened.expect("opened").len(), cases.len());
        tx.commit().await.expect("committed");
        release.id.0
    }

    /// An entry with a key of its own.
    pub(crate) fn entry(
        &self,
        case: CaseId,
        kind: EntryKind,
        fen: i64,
        on: Date,
    ) -> NewEntry {
        NewEntry {
            case_id: case,
            kind,
            amount: Fen(fen),
            booked_on: on,
            reverses: None,
            source: "test".to_owned(),
            dedupe_key: self.key(),
            actor: String::new(),
            note: String::new(),
            confirmed: true,
            inferred: false,
        }
    }

    /// Books entries and commits.
    pub(crate) async fn post(&self, today: Date, entries: &[NewEntry]) -> Posted {
        let mut tx = self.write().await;
        let posted = ledger::post_entries(tx.conn(), &morning(today), entries).await;
        let posted = posted.expect("posted");
        tx.commit().await.expect("committed");
        posted
    }

    /// The number of the payment booked last on a case.
    pub(crate) async fn last_payment(&self, case: CaseId) -> EntryId {
        let sql = "select max(id) from ledger where case_id = $1 and kind = 'payment'";
        EntryId(self.number(sql, case.0).await)
    }

    /// A workflow run that is open on a case, with a timer and a rule.
    pub(crate) async fn run_of(
        &self,
        case: CaseId,
        lane: &str,
        due_at: i64,
        rule: &str,
        keeps_clocks: i64,
    ) -> InstanceId {
        let mut tx = self.write().await;
        let id = ids::allocate(tx.conn(), 1).await.expect("an id");
        let statements = [
            "insert into instances (id, case_id, workflow, lane, stage, status, due_at)
             values ($1, $2, 'remind', $3, 'wait', 'waiting', $4)",
            "insert into instance_notes
               (instance_id, opened_at, episode, enrolled_by, keeps_clocks)
             select $1, $2 * 0 + $4 * 0, 0, $3, $5",
            "insert into lanes (case_id, lane, instance_id, workflow, oldest_unpaid_on)
             select c.id, $3, $1, 'remind', c.oldest_unpaid_on from cases c where c.id = $2",
            "update cases set open_runs = open_runs + 1 where id = $2 and 0 < $1",
            "insert into wait_rules (instance_id, rule, next_stage, since)
             select $1, $6, 'next', '2026-01-01T08:00'",
        ];
        for statement in statements {
            sqlx::query(statement)
                .bind(id)
                .bind(case.0)
                .bind(lane)
                .bind(due_at)
                .bind(keeps_clocks)
                .bind(rule)
                .execute(&mut *tx.conn())
                .await
                .expect("opened");
        }
        tx.commit().await.expect("committed");
        InstanceId(id)
    }

    /// One whole number; `$1` is `of`.
    pub(crate) async fn number(&self, sql: &'static str, of: i64) -> i64 {
        let mut reader = self.store.read().await.expect("a reader");
        sqlx::query_scalar(sql)
            .bind(of)
            .fetch_one(reader.conn())
            .await
            .expect("one number")
    }

    /// One text, empty for null; `$1` is `of`.
    pub(crate) async fn text(&self, sql: &'static str, of: i64) -> String {
        let mut reader = self.store.read().await.expect("a reader");
        let found: Option<String> = sqlx::query_scalar(sql)
            .bind(of)
            .fetch_one(reader.conn())
            .await
            .expect("one text");
        found.unwrap_or_default()
    }

    /// The kinds of a case's events, in the order taken.
    pub(crate) async fn events(&self, case: CaseId) -> Vec<String> {
        let mut reader = self.store.read().await.expect("a reader");
        let found = store::events::of_case(reader.conn(), case).await.expect("events");
        found.into_iter().map(|it| it.kind).collect()
    }

    /// Records an event with a key of its own and commits.
    pub(crate) async fn record(
        &self,
        now: &Now,
        case: CaseId,
        kind: &str,
        payload: serde_json::Value,
    ) {
        let event = NewEvent {
            case_id: case,
            kind: kind.to_owned(),
            payload: payload.as_object().cloned().unwrap_or_else(Map::new),
            source: "test".to_owned(),
            dedupe_key: self.key(),
            happened_on: now.today(),
        };
        let mut tx = self.write().await;
        let taken = store::events::record(tx.conn(), now, now.ms + HOUR, event).await;
        assert!(taken.expect("recorded").is_some(), "{kind} is new");
        tx.commit().await.expect("committed");
    }
}

/// A fictional person.
pub(crate) fn person(party_no: &str, role: Role) -> PersonRow {
    PersonRow {
        party_no: party_no.to_owned(),
        role,
        name: Some("虚构人".to_owned()),
        id_number: None,
        phone: Some("13800000000".to_owned()),
        wechat: None,
        address: None,
        village: Some("李村".to_owned()),
        deceased_on: None,
        consents: None,
        fictional: true,
        guarantee: None,
        evidence: None,
    }
}
