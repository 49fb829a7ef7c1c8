//! The days that a matter must not miss (法定期限), and the tasks that guard them.

use domain::duty::{Assignee, EndsWith};
use domain::status::TaskKind;
use domain::tongues::both;
use jiff::Span;
use jiff::civil::Date;
use store::plugin::{Books, BooksError, NewTask};
use store::{Conn, tasks};

use crate::books::{self, Warned};
use crate::proceeding::Proceeding;

/// Brings the deadlines of a proceeding to what its steps have made of them, and closes
/// the tasks of those that are seen to, in the name of whoever entered the step.
pub(crate) async fn follow(
    books: &mut Books<'_>,
    proceeding: &Proceeding,
    (by, outcome): (&str, &str),
) -> Result<(), BooksError> {
    let matter = proceeding.matter;
    let warned = books::warned_days(books.conn, matter).await?;
    let is_over = |it: &&Warned| proceeding.deadlines.get(&it.kind) != Some(&it.due_on);
    let keys: Vec<String> = warned
        .iter()
        .filter(is_over)
        .flat_map(|it| {
            let days = (it.due_on, it.warned_on);
            [task_key(matter.0, &it.kind, days), old_key(matter.0, &it.kind)]
        })
        .collect();
    tasks::close_by_keys(books.conn, books.now_ms, &keys, (by, outcome)).await?;
    books::end_deadlines_but(books.conn, matter, books.today, &proceeding.deadlines)
        .await?;
    books::set_deadlines(books.conn, matter, &proceeding.deadlines).await
}

/// The key of the task of a deadline: a day that is moved, or moved back, is warned of
/// anew.
fn task_key(matter: i64, kind: &str, (due_on, warned_on): (Date, Date)) -> String {
    format!("legal:{matter}:{kind}:{due_on}:{warned_on}")
}

/// The key that such tasks had before days could be moved.
fn old_key(matter: i64, kind: &str) -> String {
    format!("legal:{matter}:{kind}")
}

/// The day on which the first deadline comes within `warn_days`.
pub(crate) async fn sweep_due(
    warn_days: i64,
    conn: &mut Conn,
) -> Result<Option<Date>, BooksError> {
    let first = books::first_deadline(conn).await?;
    let ahead = Span::new().try_days(warn_days).unwrap_or_default();
    Ok(first.map(|it| it.saturating_sub(ahead)))
}

/// Opens a task for every deadline that comes within `warn_days`, once.
pub(crate) async fn sweep(
    warn_days: i64,
    books: &mut Books<'_>,
) -> Result<(), BooksError> {
    let until = Span::new()
        .try_days(warn_days)
        .map_or(books.today, |it| books.today.saturating_add(it));
    let near = books::near(books.conn, until).await?;
    let matters = near.iter().filter(|it| !(passes(&it.kind) && it.due_on < books.today));
    for it in matters {
        books.tasks.push(NewTask {
            case_id: it.case_id,
            kind: TaskKind::Deadline.to_string(),
            title: title(&it.kind, it.due_on, &it.case_no, books.today),
            assignee: it.owner.clone().map(Assignee::Person),
            ends_with: EndsWith::Nothing,
            due_on: Some(books.calendar.last_workday_on_or_before(it.due_on)),
            dedupe_key: task_key(it.matter, &it.kind, (it.due_on, books.today)),
        });
    }
    books::warned(books.conn, &near, books.today).await
}

fn title(kind: &str, due_on: Date, case_no: &str, today: Date) -> String {
    let (zh, en) = named(kind);
    if due_on < today {
        return both(
            &format!("{zh}期限 {due_on} 已过,请核对补救:{case_no}"),
            &format!(
                "the last day for {en}, {due_on}, has passed: see what can be done: {case_no}"
            ),
        );
    }
    both(
        &format!("{zh}期限 {due_on}:{case_no}"),
        &format!("last day for {en}, {due_on}: {case_no}"),
    )
}

/// Whether a day only says until when others may do something: once it has gone, there
/// is nothing to miss.
pub(crate) fn passes(kind: &str) -> bool {
    PASSING.contains(&kind)
}

/// The kinds of such days.
pub(crate) const PASSING: [&str; 6] =
    ["hearing", "appeal", "effective", "objection", "performance", "decline"];

/// What a deadline is called.
pub(crate) fn named(kind: &str) -> (&str, &str) {
    match kind {
        "file" => ("提交立案", "the filing at court"),
        "acceptance" => ("法院受理答复", "the court's answer"),
        "issue" => ("支付令签发", "the issue of the payment order"),
        "void" => ("支付令送达(逾期失效)", "the service of the payment order"),
        "objection" => {
            ("债务人清偿或异议(期满可申请执行)", "the debtor's payment or objection")
        }
        "decline" => (
            "书面表示不同意转入诉讼(期满视为起诉)",
            "declining the suit (without that one counts as filed)",
        ),
        "trial" => ("法院审理(审限)", "the court's judgment"),
        "hearing" => ("开庭", "the hearing"),
        "appeal" => ("上诉", "an appeal"),
        "effective" => ("对方上诉(期满判决生效)", "the debtor's appeal"),
        "performance" => ("债务人履行(期满可申请执行)", "the debtor's performance"),
        "enforcement" => ("申请执行", "the application for enforcement"),
        "execution" => ("法院执行(逾期可向上级法院申请)", "enforcement by the court"),
        "recheck" => ("财产复查", "the next look for property"),
        "preservation:deposit" => ("冻结存款续行", "the renewal of the frozen deposits"),
        "preservation:movable" => {
            ("查封动产续行", "the renewal of the seizure of movables")
        }
        "preservation:immovable" => {
            ("查封不动产续行", "the renewal of the seizure of immovables")
        }
        other => (other, other),
    }
}
