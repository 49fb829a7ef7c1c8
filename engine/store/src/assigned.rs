//! Who works which cases (经办): found by their names, and given to somebody else.

use domain::ids::CaseId;

use crate::error::StoreError;
use crate::{Conn, rows};

/// The cases that are worked by somebody who goes by these names.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_collector(
    conn: &mut Conn,
    names: &[String],
) -> Result<Vec<CaseId>, StoreError> {
    rows::ask(conn, OF_COLLECTOR, names).await
}

const OF_COLLECTOR: &str = "
    select json_group_array(c.id order by c.id)
    from cases c
    where c.collector in (select s.name from list($1) as s (name text))";

/// Gives cases to another collector; answers those who had another one, each with who
/// that was. What the list named stays with the case: only a list that names somebody
/// else takes it from whom it was given to.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn give(
    conn: &mut Conn,
    cases: &[CaseId],
    to: &str,
) -> Result<Vec<(CaseId, Option<String>)>, StoreError> {
    let found: Vec<(CaseId, Option<String>)> = rows::ask(conn, COLLECTORS, cases).await?;
    let moved: Vec<_> = found
        .into_iter()
        .filter(|it| it.1.as_deref().map(str::trim) != Some(to))
        .collect();
    let rows: Vec<_> = moved.iter().map(|it| (it.0, to)).collect();
    rows::run(conn, ASSIGN, &rows).await?;
    Ok(moved)
}

const COLLECTORS: &str = "
    select json_group_array(json_array(c.id, c.collector) order by c.id)
    from cases c
    where c.id in (select s.id from list($1) as s (id bigint))";

const ASSIGN: &str = "
    update cases
    set collector = s.name, facts_rev = facts_rev + 1,
      listed_collector = coalesce(cases.listed_collector, cases.collector)
    from batch($1) as s (id bigint, name text)
    where cases.id = s.id";
