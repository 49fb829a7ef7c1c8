//! Opening (打开案件库): settings are read back, and nothing else is touched.

use std::time::Instant;

use domain::ids::CaseId;
use store::SiteLock;
use store::{Durability, Options, Store, StoreError, ids};

use crate::harness::{House, Kind, STORES, run};

fn options(path: std::path::PathBuf) -> Options {
    Options { path, durability: Durability::Full, create: true, store_id: None }
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
    async fn a_transaction_that_is_dropped_leaves_nothing(house) {
        for _ in 0..3 {
            let mut tx = house.write().await;
            ids::allocate(tx.conn(), 10).await.expect("ids");
        }
        let mut tx = house.write().await;
        assert_eq!(ids::allocate(tx.conn(), 3).await.expect("ids"), 1);
        assert_eq!(ids::allocate(tx.conn(), 1).await.expect("ids"), 4);
    }
}

promise! {
    async fn a_reader_cannot_write(house) {
        let mut reader = house.store.read().await.expect("a reader");
        let done = ids::allocate(reader.conn(), 1).await;
        assert!(matches!(done, Err(StoreError::ReadOnly)), "{done:?}");
    }
}

promise! {
    async fn what_must_not_be_true_is_refused_by_name(house) {
        let case = house.case("L1", jiff::civil::date(2026, 1, 1)).await;
        let mut tx = house.write().await;
        let done = sqlx::query("update cases set status = 'gone' where id = $1")
            .bind(case.0)
            .execute(tx.conn())
            .await
            .map_err(StoreError::from);
        let Err(StoreError::Rule(told)) = done else { panic!("{done:?}") };
        assert!(told.contains("case_status_is_known"), "{told}");
        let unknown = house.entry(
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
        for kind in STORES {
            drop(House::open(kind).await);
        }
        let started = Instant::now();
        for _ in 0..10 {
            drop(House::open(Kind::Sqlite).await);
        }
        let each = started.elapsed() / 10;
        assert!(each.as_millis() < 100, "{each:?} each");
    });
}
