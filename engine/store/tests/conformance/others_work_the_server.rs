//! A server is not this program's alone (旁人也在用的服务器): somebody changes the tables,
//! or holds what a writer wants.

use std::time::{Duration, Instant};

use sqlx::{AnyConnection, Connection as _, Row as _};
use store::{Store, StoreError, meta};

use testkit::stores::{Kind, kinds, run};

use crate::harness::TestStore;

/// Runs a body over a store on a server, with a session of somebody else in its schema.
fn beside_somebody(body: &impl AsyncFn(&Store, &mut AnyConnection)) {
    for kind in kinds().into_iter().filter(|kind| matches!(kind, Kind::Postgres(_))) {
        run(async {
            let db = TestStore::open(kind).await;
            let server = db.store.place().server().expect("it lies on a server");
            let mut other =
                AnyConnection::connect(&server.url()).await.expect("the server answers");
            body(&db.store, &mut other).await;
            other.close().await.expect("it leaves");
        });
    }
}

async fn says(other: &mut AnyConnection, statement: &'static str) {
    sqlx::raw_sql(statement).execute(other).await.expect("it is carried out");
}

const PROBE: &str =
    "create table probe (n bigint not null); insert into probe values (7)";
const TO_TEXT: &str = "alter table probe alter column n type text using 'of text'";
const TO_NUMBER: &str = "alter table probe alter column n type bigint using 7";
const ASKED: &str = "select n from probe where n is not null";

#[test]
fn a_reader_asks_anew_when_the_tables_have_changed_under_it() {
    beside_somebody(&async |store, other| {
        says(other, PROBE).await;
        let mut reader = store.read().await.expect("a reader");
        let asked = || sqlx::query(ASKED);
        // What is asked thrice is kept prepared.
        for _ in 0..3 {
            let row = asked().fetch_one(reader.conn()).await.expect("it answers");
            assert_eq!(row.try_get::<i64, _>("n").expect("a number"), 7);
        }
        says(other, TO_TEXT).await;
        let row = asked().fetch_one(reader.conn()).await.expect("it asks anew");
        assert_eq!(row.try_get::<String, _>("n").expect("a text"), "of text");
        let rows = asked().fetch_all(reader.conn()).await.expect("all of them too");
        assert_eq!(rows.len(), 1);
        drop(reader);
        let mut reader = store.read().await.expect("another reader");
        asked().fetch_one(reader.conn()).await.expect("it knows the tables as they are");
    });
}

#[test]
fn a_moment_that_has_failed_is_told_so_and_the_next_one_is_whole() {
    beside_somebody(&async |store, other| {
        says(other, PROBE).await;
        let mut reader = store.read().await.expect("a reader");
        sqlx::query(ASKED).fetch_one(reader.conn()).await.expect("it answers");
        says(other, TO_TEXT).await;
        let begin = sqlx::raw_sql("begin read only");
        begin.execute(reader.conn()).await.expect("it begins");
        let told = sqlx::query(ASKED).fetch_one(reader.conn()).await;
        let told = StoreError::from(told.map(drop).expect_err("it has failed"));
        assert!(matches!(told, StoreError::Outdated), "{told}");
        let end = sqlx::raw_sql("rollback");
        end.execute(reader.conn()).await.expect("it ends");
        sqlx::query(ASKED).fetch_one(reader.conn()).await.expect("it asks anew");
    });
}

#[test]
fn a_writer_that_knows_the_tables_as_they_were_begins_anew() {
    beside_somebody(&async |store, other| {
        says(other, PROBE).await;
        let mut tx = store.write().await.expect("a writer");
        sqlx::query(ASKED).fetch_one(tx.conn()).await.expect("it answers");
        tx.commit().await.expect("it ends");
        says(other, TO_TEXT).await;
        let mut tx = store.write().await.expect("a writer");
        let told = sqlx::query(ASKED).fetch_one(tx.conn()).await;
        let told = StoreError::from(told.map(drop).expect_err("it has failed"));
        assert!(told.to_string().contains("were changed just now"), "{told}");
        tx.rollback().await.expect("it ends");
        let mut tx = store.write().await.expect("the next one");
        sqlx::query(ASKED).fetch_one(tx.conn()).await.expect("it answers");
        meta::set_number(tx.conn(), "probe", 1).await.expect("it writes");
        tx.commit().await.expect("and it stands");
        says(other, TO_NUMBER).await;
        let mut conn = store.read().await.expect("a reader");
        let found = meta::number(conn.conn(), "probe").await.expect("it is read");
        assert_eq!(found, Some(1));
    });
}

/// How long a writer of these tests waits for a lock; a site's waits a minute.
const SHORT: Duration = Duration::from_millis(300);
/// Longer than that, and much shorter than a minute.
const SOON: Duration = Duration::from_secs(20);
const TURN: &str = "begin;
    select pg_advisory_xact_lock(hashtextextended('qingshou ' || current_schema(), 0))";
const TABLE: &str = "begin; lock table meta in access exclusive mode";

fn is_told_of_the_lock(told: &StoreError, began: Instant) {
    assert!(matches!(told, StoreError::Busy), "{told}");
    let told = told.to_string();
    assert!(told.contains("another process writes the case store"), "{told}");
    let waited = began.elapsed();
    assert!(SHORT <= waited && waited < SOON, "{waited:?}");
}

#[test]
fn a_turn_that_is_not_had_in_time_is_told_and_leaves_the_writer_whole() {
    beside_somebody(&async |store, other| {
        store.waits_for_locks(SHORT).await;
        says(other, TURN).await;
        for _ in 0..3 {
            let began = Instant::now();
            let told = store.write().await.expect_err("it is held");
            is_told_of_the_lock(&told, began);
        }
        says(other, "rollback").await;
        let mut tx = store.write().await.expect("it has its turn");
        meta::set_number(tx.conn(), "probe", 1).await.expect("it writes");
        tx.commit().await.expect("and it stands");
        let mut conn = store.read().await.expect("a reader");
        let found = meta::number(conn.conn(), "probe").await.expect("it is read");
        assert_eq!(found, Some(1));
    });
}

#[test]
fn a_table_that_somebody_holds_undoes_one_transaction_and_not_the_next() {
    beside_somebody(&async |store, other| {
        store.waits_for_locks(SHORT).await;
        let mut tx = store.write().await.expect("it has its turn");
        says(other, TABLE).await;
        let began = Instant::now();
        let told = meta::set_number(tx.conn(), "probe", 1).await;
        is_told_of_the_lock(&told.expect_err("it is held"), began);
        // One that is dropped, and one whose end is asked for: neither keeps anything.
        drop(tx);
        let mut tx = store.write().await.expect("the turn is had");
        let told = meta::set_number(tx.conn(), "probe", 2).await;
        assert!(matches!(told, Err(StoreError::Busy)));
        tx.commit().await.expect_err("what has failed is not made last");
        says(other, "rollback").await;
        let mut tx = store.write().await.expect("it has its turn");
        assert_eq!(meta::number(tx.conn(), "probe").await.expect("it is read"), None);
        meta::set_number(tx.conn(), "probe", 3).await.expect("it writes");
        tx.commit().await.expect("and it stands");
    });
}
