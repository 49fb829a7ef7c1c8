//! The days that a matter must not miss (法定期限), and the tasks that guard them.

use domain::ids::OrderId;
use domain::status::TaskKind;
use domain::tongues::both;
use jiff::civil::Date;
use jiff::{Span, ToSpan};
use store::Conn;
use store::plugin::{Books, BooksError, NewTask};

use crate::books;

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
    matter: OrderId,
    from: Date,
    deadlines: &[Deadline],
    books: &mut Books<'_>,
) -> Result<(), BooksError> {
    let deadlines: Vec<(&str, Date)> =
        deadlines.iter().map(|it| (it.kind, it.due_on(from))).collect();
    books::put_deadlines(books.conn, matter, &deadlines).await
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
    for it in &near {
        books.tasks.push(NewTask {
            case_id: it.case_id,
            kind: TaskKind::Deadline.to_string(),
            title: title(&it.kind, it.due_on, &it.case_no),
            assignee: it.owner.clone(),
            due_on: Some(books.calendar.last_workday_on_or_before(it.due_on)),
            dedupe_key: format!("legal:{}:{}", it.matter, it.kind),
        });
    }
    books::warned(books.conn, &near, books.today).await
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
