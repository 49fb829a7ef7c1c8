//! Taken lanes (案道) as lists ask for them: in which workflow a case is, how old its
//! debt is, and whether it is in any at all.

use jiff::civil::Date;

use crate::{Conn, StoreError, rows};

/// Counts the taken lanes of some cases anew, after any was taken or freed.
pub(crate) async fn count(conn: &mut Conn, cases: &[i64]) -> Result<(), StoreError> {
    rows::run(conn, COUNT, cases).await?;
    Ok(())
}

/// [`count`] for the cases of some runs: each run with anything that is told of it.
pub(crate) async fn count_of_runs<T>(
    conn: &mut Conn,
    runs: &[(i64, T)],
) -> Result<(), StoreError> {
    let runs: Vec<i64> = runs.iter().map(|run| run.0).collect();
    rows::run(conn, COUNT_OF_RUNS, &runs).await?;
    Ok(())
}

/// Notes the oldest unpaid day of some cases on their lanes.
pub(crate) async fn age(
    conn: &mut Conn,
    cases: &[(i64, Option<Date>)],
) -> Result<(), StoreError> {
    rows::run(conn, AGE, cases).await?;
    Ok(())
}

const COUNT: &str = "
    update cases
    set open_runs = (select count(*) from lanes l where l.case_id = cases.id)
    where id in (select s.id from list($1) as s (id bigint))";

const COUNT_OF_RUNS: &str = "
    update cases
    set open_runs = (select count(*) from lanes l where l.case_id = cases.id)
    where id in (
      select i.case_id
      from list($1) as s (id bigint)
      join instances i on i.id = s.id)";

const AGE: &str = "
    update lanes
    set oldest_unpaid_on = s.oldest_unpaid_on
    from batch($1) as s (case_id bigint, oldest_unpaid_on text)
    where lanes.case_id = s.case_id";
