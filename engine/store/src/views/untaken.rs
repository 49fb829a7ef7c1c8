//! Work of a role that nobody has taken (无人认领的待办): how much, and since when.

use sqlx::FromRow;

use crate::{Conn, StoreError};

/// What of one role nobody has taken.
#[derive(Clone, Debug, Eq, FromRow, PartialEq)]
pub struct Untaken {
    /// The role.
    pub for_role: String,
    /// How many open tasks.
    pub tasks: i64,
    /// When the oldest of them was opened, in milliseconds since 1970.
    pub oldest_at: i64,
}

const UNTAKEN: &str = "\
select for_role, count(*) as tasks, min(opened_at) as oldest_at
from tasks
where closed_at is null and taken_by is null and for_role is not null
group by for_role
order by for_role";

/// The roles that have work which nobody has taken.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn by_role(conn: &mut Conn) -> Result<Vec<Untaken>, StoreError> {
    Ok(sqlx::query_as(UNTAKEN).fetch_all(conn).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views;

    #[tokio::test]
    async fn what_nobody_has_taken_is_counted_by_its_index() {
        let steps = views::plan(UNTAKEN).await;
        let wanted = "INDEX tasks_untaken";
        assert!(steps.iter().any(|step| step.contains(wanted)), "{steps:?}");
    }
}
