//! At which stage the cases are before a court (法院阶段), as workflows read it of the case.

use std::collections::BTreeMap;

use domain::ids::{CaseId, OrderId};
use store::plugin::BooksError;
use store::{Conn, claims};

use crate::proceeding::Stage;

const STAGES: &str = "
    select coalesce(stage, status) as stage
    from matters
    where case_id = $1 and status <> 'closed'
    order by id";

/// The stages of the proceedings of a case that are not closed.
async fn stages(conn: &mut Conn, case: CaseId) -> Result<Vec<String>, BooksError> {
    Ok(sqlx::query_scalar(STAGES).bind(case.0).fetch_all(conn).await?)
}

const ENTERED_BY: &str = "
    select entered_by
    from matters
    where id = $1";

/// Who entered a proceeding that was older than the book.
pub(crate) async fn entered_by(
    conn: &mut Conn,
    matter: OrderId,
) -> Result<Option<String>, BooksError> {
    let found = sqlx::query_scalar(ENTERED_BY).bind(matter.0);
    let by: Option<Option<String>> = found.fetch_optional(conn).await?;
    Ok(by.flatten())
}

/// Brings what workflows read of a case to where its proceedings stand: the one that has
/// come farthest counts.
pub(crate) async fn note_stage(conn: &mut Conn, case: CaseId) -> Result<(), BooksError> {
    let farthest = farthest(&stages(conn, case).await?);
    Ok(claims::set_stage(conn, case, farthest).await?)
}

/// The stage that is farthest on its way.
fn farthest(stages: &[String]) -> Option<&'static str> {
    let known = stages.iter().filter_map(|stage| Stage::parse(stage));
    let place = |stage: &Stage| Stage::ALL.iter().position(|it| it == stage);
    known.max_by_key(place).map(Stage::as_str)
}

const NOTED: &str = "
    select count(*)
    from backfilled
    where on_date = 'court_stage'";

/// Whether the stages of older proceedings were brought to their cases, once in the life of
/// a store.
pub(crate) async fn stages_are_noted(conn: &mut Conn) -> Result<bool, BooksError> {
    let count: i64 = sqlx::query_scalar(NOTED).fetch_one(conn).await?;
    Ok(0 < count)
}

const NOTE: &str = "
    insert into backfilled (on_date)
    values ('court_stage')
    on conflict (on_date) do nothing";

/// Notes that they were.
pub(crate) async fn stages_noted(conn: &mut Conn) -> Result<(), BooksError> {
    sqlx::query(NOTE).execute(conn).await?;
    Ok(())
}

const OPEN_STAGES: &str = "
    select case_id, coalesce(stage, status) as stage
    from matters
    where status <> 'closed'
    order by opened_on, id";

/// The cases of which workflows read another stage than that of their proceedings.
pub(crate) async fn unlike(conn: &mut Conn) -> Result<Vec<CaseId>, BooksError> {
    let open: Vec<(i64, String)> =
        sqlx::query_as(OPEN_STAGES).fetch_all(&mut *conn).await?;
    let mut stages: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (case, stage) in open {
        stages.entry(case).or_default().push(stage);
    }
    let mut noted = BTreeMap::new();
    for (case, stage) in claims::stages(conn).await? {
        noted.insert(case.0, stage);
    }
    let mut unlike = Vec::new();
    for (case, stages) in stages {
        if noted.remove(&case).as_deref() != farthest(&stages) {
            unlike.push(CaseId(case));
        }
    }
    unlike.extend(noted.into_keys().map(CaseId));
    Ok(unlike)
}
