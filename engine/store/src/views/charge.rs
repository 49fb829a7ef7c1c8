//! Whose the work is (归谁办理): the names under which cases and tasks stand, with how many
//! each, so that one whom nobody answers to is noticed.

use sqlx::FromRow;

use crate::{Conn, StoreError};

/// A name, and how much stands under it.
#[derive(Clone, Debug, Eq, FromRow, PartialEq)]
pub struct InCharge {
    /// The name, as the book or a workflow has it.
    pub name: String,
    /// How many cases or tasks.
    pub count: i64,
}

/// Along the index by collector, which knows what is unpaid.
const OF_CASES: &str = "\
select collector as name, count(*) as count from cases
where collector > '' and oldest_unpaid_on is not null
group by collector order by collector";

const OF_TASKS: &str = "\
select assignee as name, count(*) as count from tasks
where closed_at is null and assignee > ''
group by assignee order by assignee";

/// The collectors of loans on which something is unpaid.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_cases(conn: &mut Conn) -> Result<Vec<InCharge>, StoreError> {
    Ok(sqlx::query_as(OF_CASES).fetch_all(conn).await?)
}

/// Whose the open tasks are, those of a role left out.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_tasks(conn: &mut Conn) -> Result<Vec<InCharge>, StoreError> {
    Ok(sqlx::query_as(OF_TASKS).fetch_all(conn).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views;

    #[tokio::test]
    async fn names_are_counted_along_their_indexes() {
        for (statement, wanted) in [
            (OF_CASES, "COVERING INDEX cases_of_collector"),
            (OF_TASKS, "INDEX tasks_open"),
        ] {
            let steps = views::plan(statement).await;
            assert!(steps.iter().any(|step| step.contains(wanted)), "{steps:?}");
        }
    }
}
