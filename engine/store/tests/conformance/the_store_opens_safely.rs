//! Opening (打开案件库): settings are read back, and nothing else is touched.

use std::time::Instant;

use domain::ids::CaseId;
use sqlx::Connection;
use store::SiteLock;
use store::{Durability, Options, Store, StoreError, ids};

use crate::harness::{Kind, TestStore, run};

fn options(path: std::path::PathBuf) -> Options {
    Options {
        place: path.into(),
        durability: Durability::Full,
        create: true,
        store_id: None,
    }
}

#[test]
fn a_new_store_is_found_again_with_its_id() {
    run(async {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("带 空格 100%.db");
        let store = Store::open(options(path.clone())).await.expect("made");
        let id = store.id().to_owned();
        assert_eq!(id.len(), 32);
        store.close().await.expect("closed");
        let again = Store::open(Options { create: false, ..options(path) }).await;
        assert_eq!(again.expect("opened").id(), id);
    });
}

#[test]
fn a_store_can_be_given_its_id() {
    run(async {
        let dir = tempfile::tempdir().expect("a folder");
        let given = Options {
            store_id: Some("derived".to_owned()),
            ..options(dir.path().join("store.db"))
        };
        assert_eq!(Store::open(given).await.expect("made").id(), "derived");
    });
}

#[test]
fn a_missing_store_is_not_made_unasked() {
    run(async {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("store.db");
        let found = Store::open(Options { create: false, ..options(path.clone()) }).await;
        assert!(matches!(found, Err(StoreError::Missing { .. })));
        assert!(!path.exists());
    });
}

#[test]
fn another_file_is_refused_and_left_as_it_was() {
    run(async {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("notes.txt");
        let text = "这不是数据库。".repeat(200);
        std::fs::write(&path, &text).expect("written");
        let found = Store::open(options(path.clone())).await;
        assert!(matches!(found, Err(StoreError::Damaged { .. })), "{found:?}");
        assert_eq!(std::fs::read_to_string(&path).expect("read"), text);
    });
}

#[test]
fn an_empty_or_broken_store_is_told_as_such_and_left_as_it_was() {
    run(async {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("store.db");
        Store::open(options(path.clone()))
            .await
            .expect("made")
            .close()
            .await
            .expect("closed");
        let whole = std::fs::read(&path).expect("read");
        let mut broken = whole.clone();
        broken[16..2_000].fill(0x5a);
        for bytes in [Vec::new(), whole[..3_000].to_vec(), broken] {
            std::fs::write(&path, &bytes).expect("written");
            let found = Store::open(options(path.clone())).await;
            assert!(matches!(found, Err(StoreError::Damaged { .. })), "{found:?}");
            assert_eq!(std::fs::read(&path).expect("read"), bytes);
        }
    });
}

#[test]
fn a_store_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    run(async {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("store.db");
        let store = Store::open(options(path)).await.expect("made");
        drop(store.write().await.expect("the writer"));
        for file in std::fs::read_dir(dir.path()).expect("listed").flatten() {
            let mode = file.metadata().expect("known").permissions().mode();
            assert_eq!(mode & 0o077, 0, "{}", file.path().display());
        }
        store.close().await.expect("closed");
    });
}

#[test]
fn a_store_of_a_newer_program_is_refused() {
    run(async {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("store.db");
        let store = Store::open(options(path.clone())).await.expect("made");
        let mut tx = store.write().await.expect("the writer");
        sqlx::query("update meta set value = '99' where key = 'schema_version'")
            .execute(tx.conn())
            .await
            .expect("updated");
        tx.commit().await.expect("committed");
        store.close().await.expect("closed");
        let found = Store::open(options(path)).await;
        assert!(matches!(found, Err(StoreError::Newer { found: 99, .. })), "{found:?}");
    });
}

/// The first schema, as stores of that time have it.
const FIRST: &str = include_str!("../../migrations/0001_case_store.sql");
const OLD_ROWS: &str = "
    insert into meta (key, value) values ('store_id', 'old'), ('next_id', '10'),
      ('schema_version', '1'), ('journal_lines', '0');
    insert into cases (id, case_no, known_since_on) values (1, 'L1', '2026-01-01');
    insert into releases (id, number, hash, files, made_at, by)
    values (2, 1, 'h', '{}', 0, '李主任');
    insert into journal (id, chain, seq, case_id, at, release_id, body, prev_hash, hash)
    values (3, 4, 1, 1, 0, 2, '{}', '', '');
    insert into outbox (id, case_id, instance_id, seq, ordinal, plugin, verb, act, delivery,
      body, idempotency_key, requested_by, status, not_before_at, not_after_at, created_at)
    values (5, 1, 4, 1, 0, 'remind', 'sms', 'demand', 'at_least_once', '虚构人:请还款。',
      'k1', 'workflow:remind', 'pending', 6, 7, 8),
      (9, 1, null, 1, 1, 'legal', 'file_suit', 'internal', 'at_most_once', null, 'k2',
      '李主任', 'awaiting_approval', 6, 7, 8)";

#[test]
fn orders_of_an_older_store_are_kept_and_know_their_release() {
    run(async {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("store.db");
        sqlx::any::install_default_drivers();
        let url = format!("sqlite:{}?mode=rwc", path.display());
        let mut old = sqlx::AnyConnection::connect(&url).await.expect("made");
        for text in [FIRST, OLD_ROWS] {
            sqlx::raw_sql(text).execute(&mut old).await.expect("filled");
        }
        old.close().await.expect("closed");
        let store = Store::open(options(path)).await.expect("brought up to date");
        let mut tx = store.write().await.expect("the writer");
        let rows: Vec<(i64, String, String, i64, Option<i64>)> = sqlx::query_as(
            "select id, verb, status, not_after_at, release_id from outbox order by id",
        )
        .fetch_all(tx.conn())
        .await
        .expect("read");
        let kept =
            [(5, "sms", "pending", Some(2)), (9, "file_suit", "awaiting_approval", None)];
        let kept = kept.map(|(id, verb, status, release)| {
            (id, verb.to_owned(), status.to_owned(), 7, release)
        });
        assert_eq!(rows, kept);
        let strays = sqlx::query("pragma foreign_key_check").fetch_all(tx.conn()).await;
        assert!(strays.expect("asked").is_empty());
        let done = sqlx::query("update outbox set status = 'held' where id = 5")
            .execute(tx.conn())
            .await;
        assert!(done.is_err(), "a held order names its stop");
    });
}

#[test]
fn a_database_of_another_program_is_refused() {
    run(async {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("store.db");
        let store = Store::open(options(path.clone())).await.expect("made");
        let mut tx = store.write().await.expect("the writer");
        sqlx::query("drop table meta").execute(tx.conn()).await.expect("dropped");
        tx.commit().await.expect("committed");
        store.close().await.expect("closed");
        let found = Store::open(options(path)).await;
        assert!(matches!(found, Err(StoreError::NotAStore { .. })), "{found:?}");
    });
}

#[test]
fn a_second_daemon_is_told_which_process_holds_the_store() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("store.db");
    let lock = SiteLock::acquire(&path).expect("free");
    let Err(StoreError::Locked { pid }) = SiteLock::acquire(&path) else {
        panic!("the lock is held");
    };
    assert_eq!(pid, std::process::id().to_string());
    assert_eq!(SiteLock::holder(&path).expect("asked"), Some(pid));
    drop(lock);
    assert_eq!(SiteLock::holder(&path).expect("asked"), None);
    SiteLock::acquire(&path).expect("free again");
}

promise! {
    async fn a_transaction_that_is_dropped_leaves_nothing(db) {
        for _ in 0..3 {
            let mut tx = db.write().await;
            ids::allocate(tx.conn(), 10).await.expect("ids");
        }
        let mut tx = db.write().await;
        assert_eq!(ids::allocate(tx.conn(), 3).await.expect("ids"), 1);
        assert_eq!(ids::allocate(tx.conn(), 1).await.expect("ids"), 4);
    }
}

promise! {
    async fn a_reader_cannot_write(db) {
        let mut reader = db.store.read().await.expect("a reader");
        let done = ids::allocate(reader.conn(), 1).await;
        // A server has standbys, which take no writes either.
        assert!(matches!(done, Err(StoreError::ReadOnly | StoreError::Standby)), "{done:?}");
    }
}

promise! {
    async fn what_must_not_be_true_is_refused_by_name(db) {
        let case = db.case("L1", jiff::civil::date(2026, 1, 1)).await;
        let mut tx = db.write().await;
        let done = sqlx::query("update cases set status = 'gone' where id = $1")
            .bind(case.0)
            .execute(tx.conn())
            .await
            .map_err(StoreError::from);
        let Err(StoreError::Rule(told)) = done else { panic!("{done:?}") };
        assert!(told.contains("case_status_is_known"), "{told}");
        drop(tx);
        let mut tx = db.write().await;
        let unknown = db.entry(
            CaseId(999_999),
            domain::ledger::EntryKind::Open,
            1,
            jiff::civil::date(2026, 1, 1),
        );
        let now = crate::harness::morning(jiff::civil::date(2026, 1, 1));
        let done = store::ledger::post_entries(tx.conn(), &now, &[unknown]).await;
        assert!(matches!(done, Err(StoreError::Data(_))), "{done:?}");
    }
}

#[test]
fn a_full_disk_is_named() {
    run(async {
        let dir = tempfile::tempdir().expect("a folder");
        let store =
            Store::open(options(dir.path().join("store.db"))).await.expect("made");
        let mut tx = store.write().await.expect("the writer");
        sqlx::raw_sql("pragma max_page_count = 1").execute(tx.conn()).await.expect("set");
        let filler = "x".repeat(10_000_000);
        let done = sqlx::query("insert into meta (key, value) values ('filler', $1)")
            .bind(filler)
            .execute(tx.conn())
            .await
            .map_err(StoreError::from);
        assert!(matches!(done, Err(StoreError::DiskFull)), "{done:?}");
    });
}

#[test]
fn a_temporary_store_is_ready_at_once() {
    run(async {
        drop(TestStore::open(Kind::Sqlite).await);
        let started = Instant::now();
        for _ in 0..10 {
            drop(TestStore::open(Kind::Sqlite).await);
        }
        let each = started.elapsed() / 10;
        assert!(each.as_millis() < 100, "{each:?} each");
    });
}

#[test]
fn what_is_gathered_is_written_as_one_and_each_part_can_be_taken_back() {
    run(async {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("store.db");
        let once = Options { durability: Durability::Off, ..options(path.clone()) };
        let store = Store::open(once).await.expect("made");
        let store = store.gathering().await.expect("gathers");
        let beside = || async {
            let seen = Store::open(Options { create: false, ..options(path.clone()) });
            let seen = seen.await.expect("opened");
            let mut conn = seen.read().await.expect("a reader");
            words(conn.conn()).await
        };

        let mut tx = store.write().await.expect("begun");
        note(tx.conn(), "kept").await;
        tx.commit().await.expect("kept");
        let mut tx = store.write().await.expect("begun");
        note(tx.conn(), "taken back").await;
        tx.rollback().await.expect("taken back");
        let mut tx = store.write().await.expect("begun");
        note(tx.conn(), "dropped").await;
        drop(tx);
        let seen = {
            let mut conn = store.read().await.expect("a reader");
            words(conn.conn()).await
        };
        assert_eq!(seen, ["kept"], "whoever works the store sees what it wrote");
        assert!(beside().await.is_empty(), "nobody else does yet");

        store.commit_gathered().await.expect("written");
        assert_eq!(beside().await, ["kept"]);
        store.commit_gathered().await.expect("nothing to write is no fault");

        let mut tx = store.write().await.expect("begun");
        note(tx.conn(), "last").await;
        tx.commit().await.expect("kept");
        store.close().await.expect("closed");
        assert_eq!(beside().await, ["kept", "last"], "the end writes the rest");
    });
}

async fn note(conn: &mut store::Conn, word: &str) {
    let sql = "insert into meta (key, value) values ('test ' || $1, '')";
    sqlx::query(sql).bind(word.to_owned()).execute(conn).await.expect("noted");
}

async fn words(conn: &mut store::Conn) -> Vec<String> {
    let sql = "select substr(key, 6) from meta where key like 'test %' order by key";
    sqlx::query_scalar(sql).fetch_all(conn).await.expect("read")
}
