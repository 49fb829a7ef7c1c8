//! Approvals (待审批): what waits for a second person, the newest first.

use domain::ids::CaseId;
use sqlx::{AssertSqlSafe, FromRow};

use crate::{Conn, StoreError};

/// Which orders that wait for a second person are listed; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct ApprovalFilter {
    /// Those of one verb.
    pub verb: Option<String>,
    /// Those of one case.
    pub case_id: Option<CaseId>,
}

/// An order that waits for a second person.
#[derive(Clone, Debug, Eq, FromRow, PartialEq)]
pub struct ApprovalEntry {
    /// The order.
    pub id: i64,
    /// The case.
    pub case_id: i64,
    /// The institution's loan number.
    pub case_no: String,
    /// What is to be done.
    pub verb: String,
    /// Who asked.
    pub requested_by: String,
    /// The collector when it was committed.
    pub collector: Option<String>,
    /// The arguments as JSON.
    pub args: String,
    /// Until when it can be decided about, in milliseconds since 1970.
    pub not_after_at: i64,
}

const COLUMNS: &str = "\
select o.id, o.case_id, c.case_no, o.verb, o.requested_by, o.collector, o.args,
  o.not_after_at
from outbox o join cases c on c.id = o.case_id";

impl ApprovalFilter {
    /// `$1` is the verb, `$2` the case, `$3` the last order shown, `$4` the limit.
    fn sql(&self) -> String {
        let (door, number) = match (self.case_id, &self.verb) {
            (Some(_), _) => ("o.case_id = $2 and ($1 = '' or o.verb = $1)", "o.id"),
            (None, Some(_)) => ("o.created_at >= 0 and o.verb = $1 and $2 = 0", "o.id"),
            (None, None) => ("o.created_at >= 0 and $1 = '' and $2 = 0", "o.id + 0"),
        };
        format!(
            "{COLUMNS} where o.status = 'awaiting_approval' and {door} and {number} < $3
             order by {number} desc limit $4"
        )
    }
}

/// What waits for a second person behind one of them, the newest first, at most `limit`;
/// `None` begins the list.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn list(
    conn: &mut Conn,
    filter: &ApprovalFilter,
    after: Option<&ApprovalEntry>,
    limit: i64,
) -> Result<Vec<ApprovalEntry>, StoreError> {
    let found = sqlx::query_as(AssertSqlSafe(filter.sql()))
        .bind(filter.verb.clone().unwrap_or_default())
        .bind(filter.case_id.map_or(0, |case| case.0))
        .bind(after.map_or(i64::MAX, |order| order.id))
        .bind(limit);
    Ok(found.fetch_all(conn).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views;

    #[tokio::test]
    async fn each_filter_has_an_index_in_the_order_of_the_list() {
        let (verb, case_id) = (Some("file_suit".to_owned()), Some(CaseId(1)));
        let table = [
            (
                ApprovalFilter::default(),
                "o USING INDEX outbox_listed (status=? AND <expr><?)",
            ),
            (
                ApprovalFilter { verb: verb.clone(), case_id: None },
                "o USING INDEX outbox_unapproved_listed (verb=? AND id",
            ),
            (
                ApprovalFilter { verb, case_id },
                "o USING INDEX outbox_of_case (case_id=? AND id",
            ),
        ];
        for (filter, wanted) in table {
            let steps = views::plan(&filter.sql()).await;
            assert!(
                steps.iter().any(|step| step.contains(wanted)),
                "{wanted}: {steps:?}"
            );
            let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE"));
            assert!(!sorts, "{wanted}: {steps:?}");
        }
    }
}
