//! Tasks (待办) as people look at them: by their last day, those without one last.

use std::collections::BTreeSet;

use domain::duty::GivenOut;
use domain::ids::{CaseId, InstanceId, OrderId, TaskId};
use jiff::civil::Date;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::{Conn, StoreError, views};

/// Which tasks are listed; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct TaskFilter {
    /// Of this person alone.
    pub assignee: Option<String>,
    /// With those for these roles of the person.
    pub roles: Vec<String>,
    /// Of one case alone.
    pub case: Option<TasksOfCase>,
    /// Of this kind alone.
    pub kind: Option<String>,
    /// Of the open ones those that a hold has suspended, and no others; without it
    /// those that may be done.
    pub suspended: bool,
    /// Of those for a role those alone that nobody has taken.
    pub untaken: bool,
}

/// The tasks of a case.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TasksOfCase {
    /// The case.
    pub id: CaseId,
    /// Closed ones too.
    pub closed_too: bool,
}

/// One piece of work.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskEntry {
    /// Its number.
    pub id: TaskId,
    /// The case, when it is about one.
    pub case_id: Option<CaseId>,
    /// The institution's own loan number.
    pub case_no: Option<String>,
    /// The workflow run that asked for it.
    pub instance_id: Option<InstanceId>,
    /// The order it belongs to.
    pub order_id: Option<OrderId>,
    /// `call`, `visit`, `deadline`, `approval`, …
    pub kind: String,
    /// What is to be done, without personal data.
    pub title: String,
    /// Whose it is.
    pub assignee: Option<String>,
    /// The role of which anybody may do it, when it is nobody's in particular.
    pub for_role: Option<String>,
    /// Who has taken it.
    pub taken_by: Option<String>,
    /// Those who have no part in it, because a complaint is about them, separated by `,`.
    pub not_by: Option<String>,
    /// Until when it makes sense, by the word of `domain::duty::EndsWith`.
    pub ends_with: Option<String>,
    /// The last day for it.
    pub due_on: Option<Date>,
    /// When it was opened, in milliseconds since 1970.
    pub opened_at: i64,
    /// When it was closed.
    pub closed_at: Option<i64>,
    /// Who closed it.
    pub closed_by: Option<String>,
    /// How it ended.
    pub outcome: Option<String>,
    /// Why it may not be done now: the reasons of the holds of its case.
    pub suspended_for: Option<String>,
}

impl TaskEntry {
    /// Its place in a list.
    fn place(&self) -> (bool, Option<Date>, TaskId) {
        (self.due_on.is_none(), self.due_on, self.id)
    }

    /// How it is given out.
    pub fn given_out(&self) -> GivenOut<'_> {
        GivenOut {
            assignee: self.assignee.as_deref(),
            role: self.for_role.as_deref(),
            taken_by: self.taken_by.as_deref(),
            not_by: self.not_by.as_deref(),
        }
    }

    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let number = |column| row.try_get::<Option<i64>, _>(column);
        let due_on: Option<&str> = row.try_get("due_on")?;
        Ok(Self {
            id: TaskId(row.try_get("id")?),
            case_id: number("case_id")?.map(CaseId),
            case_no: row.try_get("case_no")?,
            instance_id: number("instance_id")?.map(InstanceId),
            order_id: number("order_id")?.map(OrderId),
            kind: row.try_get("kind")?,
            title: row.try_get("title")?,
            assignee: row.try_get("assignee")?,
            for_role: row.try_get("for_role")?,
            taken_by: row.try_get("taken_by")?,
            not_by: row.try_get("not_by")?,
            ends_with: row.try_get("ends_with")?,
            due_on: due_on.and_then(|day| day.parse().ok()),
            opened_at: row.try_get("opened_at")?,
            closed_at: number("closed_at")?,
            closed_by: row.try_get("closed_by")?,
            outcome: row.try_get("outcome")?,
            suspended_for: row.try_get("suspended_for")?,
        })
    }
}

const COLUMNS: &str = "\
select t.id, t.case_id, c.case_no, t.instance_id, t.order_id, t.kind, t.title, t.assignee,
  t.for_role, t.taken_by, t.not_by, t.ends_with, t.due_on, t.opened_at, t.closed_at,
  t.closed_by, t.outcome, t.suspended_for
from tasks t
left join cases c on c.id = t.case_id";

/// What somebody else has taken is not theirs, nor what is about them.
const THEIRS: &str = "\
($8 = 0 or t.taken_by is null and t.for_role is not null)
and ($7 = '' or t.taken_by is null or t.taken_by = $7)
and ($7 = '' or t.not_by is null
  or replace(',' || t.not_by || ',', ',' || $7 || ',', '') = ',' || t.not_by || ',')";

/// Where a list begins to look, each with an index in the order of the list; the tasks
/// of one case are few, and so are those of a person or a role that are suspended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Door {
    Case { closed_too: bool },
    Person,
    Role,
    Kind,
    Untaken,
    All,
}

/// The part of a list with a last day, or the one without.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    Dated,
    Undated,
}

impl Door {
    /// `$1` is the person or the role, `$2` the kind, `$3` the case.
    fn is_open(self) -> &'static str {
        match self {
            Self::Case { closed_too: true } => {
                "t.case_id = $3 and ($1 = '' or t.assignee = $1)"
            }
            Self::Case { closed_too: false } => {
                "t.case_id = $3 and ($1 = '' or t.assignee = $1) and t.closed_at is null"
            }
            Self::Person => {
                "t.assignee = $1 and $3 = 0 and t.closed_at is null and t.opened_at >= 0"
            }
            Self::Role => {
                "t.for_role = $1 and $3 = 0 and t.closed_at is null and t.opened_at >= 0"
            }
            Self::Kind => {
                "t.kind = $2 and $1 = '' and $3 = 0 and t.closed_at is null and t.opened_at >= 0"
            }
            // Says nothing of `opened_at`: the other lists have indexes of their own.
            Self::Untaken => {
                "$1 = '' and $3 = 0 and t.closed_at is null and t.taken_by is null
                 and t.for_role is not null"
            }
            Self::All => {
                "$1 = '' and $3 = 0 and t.closed_at is null and t.opened_at >= 0"
            }
        }
    }

    /// Of the open ones those that are suspended, or the others.
    fn kept(self, suspended: bool) -> &'static str {
        match (self, suspended) {
            (Self::Case { closed_too: true }, true) => {
                "(t.closed_at is not null or t.suspended_for is not null)"
            }
            (Self::Case { closed_too: true }, false) => {
                "(t.closed_at is not null or t.suspended_for is null)"
            }
            (_, true) => "t.suspended_for is not null",
            (_, false) => "t.suspended_for is null",
        }
    }

    /// `$4` and `$5` are the day and the number of the last row shown, `$6` the limit,
    /// `$7` whoever looks for their own work, `$8` 1 for what nobody has taken.
    fn portion(self, suspended: bool, part: Part) -> String {
        let (door, kept) = (self.is_open(), self.kept(suspended));
        let behind = match part {
            Part::Dated => "(t.due_on, t.id) > ($4, $5)",
            Part::Undated => "t.due_on is null and $5 < t.id and $4 = ''",
        };
        format!(
            "{COLUMNS} where {door} and {kept} and {behind} and ($2 = '' or t.kind = $2)
               and {THEIRS}
             order by t.due_on, t.id limit $6"
        )
    }
}

/// The tasks of a list behind one of them, at most `limit`; `None` begins the list.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn list(
    conn: &mut Conn,
    filter: &TaskFilter,
    after: Option<&TaskEntry>,
    limit: i64,
) -> Result<Vec<TaskEntry>, StoreError> {
    let person = filter.assignee.as_deref();
    let mut doors: Vec<(Door, &str)> = match (filter.case, person) {
        (Some(TasksOfCase { closed_too, .. }), person) => {
            vec![(Door::Case { closed_too }, person.unwrap_or_default())]
        }
        (None, Some(person)) => vec![(Door::Person, person)],
        // What is suspended is of two kinds, and has one index.
        (None, None) if filter.kind.is_some() && !filter.suspended && !filter.untaken => {
            vec![(Door::Kind, "")]
        }
        (None, None) if filter.untaken && !filter.suspended => vec![(Door::Untaken, "")],
        (None, None) => vec![(Door::All, "")],
    };
    if filter.case.is_none() && person.is_some() {
        doors.extend(filter.roles.iter().map(|role| (Door::Role, role.as_str())));
    }
    let mut found = Vec::new();
    for (door, whose) in doors {
        found.extend(through(conn, door, whose, filter, (after, limit)).await?);
    }
    found.sort_by_key(TaskEntry::place);
    // A person's own task may be one for their role as well.
    let mut shown = BTreeSet::new();
    found.retain(|task| shown.insert(task.id));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

async fn through(
    conn: &mut Conn,
    door: Door,
    whose: &str,
    filter: &TaskFilter,
    (after, limit): (Option<&TaskEntry>, i64),
) -> Result<Vec<TaskEntry>, StoreError> {
    let mut found = Vec::new();
    for part in [Part::Dated, Part::Undated] {
        let is_behind_dated = after.is_some_and(|task| task.due_on.is_none());
        let left = views::left(limit, found.len());
        if left <= 0 || (part == Part::Dated && is_behind_dated) {
            continue;
        }
        let after = after.filter(|_| part == Part::Dated || is_behind_dated);
        let rows = sqlx::query(AssertSqlSafe(door.portion(filter.suspended, part)))
            .bind(whose.to_owned())
            .bind(filter.kind.clone().unwrap_or_default())
            .bind(filter.case.map_or(0, |of| of.id.0))
            .bind(views::or_first(after.and_then(|task| task.due_on)))
            .bind(after.map_or(0, |task| task.id.0))
            .bind(left)
            .bind(filter.assignee.clone().unwrap_or_default())
            .bind(i64::from(filter.untaken))
            .fetch_all(&mut *conn)
            .await?;
        for row in &rows {
            found.push(TaskEntry::read(row)?);
        }
    }
    Ok(found)
}

/// One task by its number.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn find(
    conn: &mut Conn,
    task: TaskId,
) -> Result<Option<TaskEntry>, StoreError> {
    let sql = AssertSqlSafe(format!("{COLUMNS} where t.id = $1"));
    let row = sqlx::query(sql).bind(task.0).fetch_optional(conn).await?;
    row.as_ref().map(TaskEntry::read).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_filter_has_an_index_in_the_order_of_the_list() {
        let table = [
            (Door::Person, false, "t USING INDEX tasks_open (assignee=? AND"),
            (Door::Role, false, "t USING INDEX tasks_of_role_listed (for_role=? AND"),
            (Door::Kind, false, "t USING INDEX tasks_of_kind_listed (kind=? AND"),
            (Door::Untaken, false, "t USING INDEX tasks_untaken_listed ("),
            (Door::All, false, "t USING INDEX tasks_listed ("),
            (Door::Person, true, "t USING INDEX tasks_open (assignee=? AND"),
            (Door::Role, true, "t USING INDEX tasks_suspended ("),
            (Door::All, true, "t USING INDEX tasks_suspended ("),
        ];
        for (door, suspended, wanted) in table {
            for part in [Part::Dated, Part::Undated] {
                let steps = views::plan(&door.portion(suspended, part)).await;
                assert!(
                    steps.iter().any(|step| step.contains(wanted)),
                    "{door:?}: {steps:?}"
                );
                let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE"));
                assert!(!sorts, "{door:?}: {steps:?}");
            }
        }
        for closed_too in [false, true] {
            let portion = Door::Case { closed_too }.portion(false, Part::Dated);
            let steps = views::plan(&portion).await;
            let wanted = "t USING INDEX tasks_of_case (case_id=?)";
            assert!(steps.iter().any(|step| step.contains(wanted)), "{steps:?}");
        }
    }
}
