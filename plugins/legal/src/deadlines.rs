//! The days that a matter must not miss (法定期限), and the tasks that guard them.

use domain::ids::CaseId;
use domain::status::TaskKind;
use domain::tongues::both;
use jiff::civil::Date;
use jiff::{Span, ToSpan};
use sqlx::Row;
use store::Conn;
use store::plugin::{Books, BooksError, NewTask};

/// One day that a matter must not miss.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Deadline {
    /// The word in the table.
    pub(crate) kind: &'static str,
    /// How long after the day it counts from; that day itself is not counted.
    pub(crate) after: Length,
}

/// Days or years; a year ends on the corresponding day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Length {
    /// Civil days.
    Days(i32),
    /// Years; month end when there is no corresponding day.
    Years(i16),
}

/// From the filing of a suit: the court says within 7 days whether it takes it.
///
/// Source: Civil Procedure Law (民事诉讼法, 2023) article 126.
const AFTER_FILING_A_SUIT: &[Deadline] =
    &[Deadline { kind: "acceptance", after: Length::Days(7) }];

/// From the application: 5 days to be accepted, 15 more to be issued, and void
/// when it cannot be served within 30 more.
///
/// Source: Civil Procedure Law (2023), the chapter on payment orders (督促程序);
/// policy pack `cn-rcc`, `clock.payment_order`.
const AFTER_APPLYING: &[Deadline] = &[
    Deadline { kind: "acceptance", after: Length::Days(5) },
    Deadline { kind: "issue", after: Length::Days(20) },
    Deadline { kind: "void", after: Length::Days(50) },
];

/// From the service of a judgment: 15 days to appeal.
///
/// Source: Civil Procedure Law (2023) article 171.
const APPEAL: Deadline = Deadline { kind: "appeal", after: Length::Days(15) };

/// Two years to apply for enforcement. The law counts from the last day for
/// performance; counting from the judgment is earlier and therefore safe.
///
/// Source: Civil Procedure Law (2023); policy pack `cn-rcc`,
/// `clock.enforcement`.
const ENFORCEMENT: Deadline = Deadline { kind: "enforcement", after: Length::Years(2) };

/// What begins to run when a matter is filed.
pub(crate) fn after_filing(kind: &str) -> &'static [Deadline] {
    if kind == "payment_order" { AFTER_APPLYING } else { AFTER_FILING_A_SUIT }
}

/// What begins to run with a decision: `won`, `partly_won`, `mediated`, `lost`.
/// A mediation agreement made before the court cannot be appealed.
pub(crate) fn after_judgment(result: &str) -> &'static [Deadline] {
    match result {
        "mediated" => &[ENFORCEMENT],
        "lost" => &[APPEAL],
        _ => &[APPEAL, ENFORCEMENT],
    }
}

impl Deadline {
    fn due_on(self, from: Date) -> Date {
        let span: Span = match self.after {
            Length::Days(days) => days.days(),
            Length::Years(years) => years.years(),
        };
        from.saturating_add(span)
    }
}

/// Writes the deadlines that run from a day.
pub(crate) async fn start(
    matter: i64,
    from: Date,
    deadlines: &[Deadline],
    books: &mut Books<'_>,
) -> Result<(), BooksError> {
    for it in deadlines {
        put(matter, it.kind, it.due_on(from), books).await?;
    }
    Ok(())
}

/// Writes one deadline; one that is there already keeps its day.
pub(crate) async fn put(
    matter: i64,
    kind: &'static str,
    due_on: Date,
    books: &mut Books<'_>,
) -> Result<(), BooksError> {
    sqlx::query(INSERT)
        .bind(matter)
        .bind(kind)
        .bind(due_on.to_string())
        .execute(&mut *books.conn)
        .await?;
    Ok(())
}

/// Marks that the deadlines of a matter guard nothing any more.
pub(crate) async fn done(matter: i64, books: &mut Books<'_>) -> Result<(), BooksError> {
    sqlx::query(DONE)
        .bind(matter)
        .bind(books.today.to_string())
        .execute(&mut *books.conn)
        .await?;
    Ok(())
}

/// The day on which the first deadline comes within `warn_days`.
pub(crate) async fn sweep_due(
    warn_days: i64,
    conn: &mut Conn,
) -> Result<Option<Date>, BooksError> {
    let first: Option<String> = sqlx::query_scalar(FIRST).fetch_one(conn).await?;
    let first = first.map(|it| crate::error::parse(&it)).transpose()?;
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
    let near =
        sqlx::query(NEAR).bind(until.to_string()).fetch_all(&mut *books.conn).await?;
    for row in near {
        let matter: i64 = row.try_get("matter_id")?;
        let kind: String = row.try_get("kind")?;
        let due_on = crate::error::parse(row.try_get("due_on")?)?;
        let case_no: String = row.try_get("case_no")?;
        books.tasks.push(NewTask {
            case_id: CaseId(row.try_get("case_id")?),
            kind: TaskKind::Deadline.to_string(),
            title: title(&kind, due_on, &case_no),
            assignee: row.try_get("owner")?,
            due_on: Some(books.calendar.last_workday_on_or_before(due_on)),
            dedupe_key: format!("legal:{matter}:{kind}"),
        });
        sqlx::query(WARNED)
            .bind(matter)
            .bind(kind)
            .bind(books.today.to_string())
            .execute(&mut *books.conn)
            .await?;
    }
    Ok(())
}

fn title(kind: &str, due_on: Date, case_no: &str) -> String {
    let (zh, en) = match kind {
        "file" => ("提交立案", "the filing at court"),
        "acceptance" => ("法院受理答复", "the court's answer"),
        "issue" => ("支付令签发", "the issue of the payment order"),
        "void" => ("支付令送达(逾期失效)", "the service of the payment order"),
        "appeal" => ("上诉", "an appeal"),
        "enforcement" => ("申请执行", "the application for enforcement"),
        other => (other, other),
    };
    both(
        &format!("{zh}期限 {due_on}:{case_no}"),
        &format!("last day for {en}, {due_on}: {case_no}"),
    )
}

const INSERT: &str = "
    insert into matter_deadlines (matter_id, kind, due_on)
    values ($1, $2, $3)
    on conflict (matter_id, kind) do nothing";

const DONE: &str = "
    update matter_deadlines
    set done_on = $2
    where matter_id = $1 and done_on is null";

const FIRST: &str = "
    select min(d.due_on)
    from matter_deadlines d
    join matters m on m.id = d.matter_id
    where d.warned_on is null and d.done_on is null and m.status <> 'closed'";

const NEAR: &str = "
    select d.matter_id, d.kind, d.due_on, m.case_id, m.owner, m.case_no
    from matter_deadlines d
    join matters m on m.id = d.matter_id
    where d.due_on <= $1 and d.warned_on is null and d.done_on is null
      and m.status <> 'closed'
    order by d.due_on, d.matter_id, d.kind";

const WARNED: &str = "
    update matter_deadlines
    set warned_on = $3
    where matter_id = $1 and kind = $2";
