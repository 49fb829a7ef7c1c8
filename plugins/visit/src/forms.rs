//! What came of a visit, as collectors enter it (上门登记).

use domain::journal::{Entered, VisitByHand};
use domain::manifest::{
    ArgKind, EntryDoubt, EntryField, EntryForm, Said, Subject, Text, UnlessGiven,
    WorkColumn, WorkList, text,
};
use domain::role::Role;
use domain::tongues::both;
use store::plugin::{Books, EntryDone, EntryError, Filled};

use crate::manifest::{GRADES, HEARD, OUTCOMES, OUTCOMES_SAID};
use crate::result::{Evidence, ResultError, VisitOutcome, VisitResult, record_result};

/// The kind of the tasks with which a workflow asks for a result that is missing.
const MISSING: &str = "report";

const GRADES_SAID: &[Said] =
    &[("proved", "有回执", &["有签收"]), ("claimed", "仅陈述", &["口述"])];

/// What a signed receipt shows.
pub(crate) const PAPER: Text = text("上门", "visit");

/// What came of a visit.
pub(crate) const DONE: EntryForm = EntryForm {
    name: "done",
    also_under: None,
    title: text("登记上门结果", "Enter what came of a visit"),
    doc: text(
        "有签收回执的,诉讼时效从当日重新计算",
        "a signed receipt begins the limitation period anew on that day",
    ),
    subject: Subject::Order,
    roles: &[Role::Supervisor, Role::Collector, Role::Legal],
    fields: &[
        EntryField {
            name: "outcome",
            title: text("结果", "OUTCOME"),
            doc: text("上门结果", "what the visit came to"),
            kind: ArgKind::Choice(OUTCOMES),
            unless_given: UnlessGiven::Refused,
            said: OUTCOMES_SAID,
            ..EntryField::PLAIN
        },
        EntryField {
            name: "collectors",
            option: Some("by"),
            title: text("上门人", "COLLECTORS"),
            doc: text("谁去的,至少两人,逐个写", "Who went; two people at least"),
            kind: ArgKind::Staff,
            unless_given: UnlessGiven::Refused,
            many: true,
            ..EntryField::PLAIN
        },
        EntryField {
            name: "on",
            title: text("日期", "ON"),
            doc: text("上门日期,不写为今天", "The day; today when not given"),
            kind: ArgKind::Date,
            unless_given: UnlessGiven::Today,
            ..EntryField::PLAIN
        },
        EntryField {
            name: "place",
            title: text("地点", "PLACE"),
            doc: text("在哪里", "Where"),
            ..EntryField::PLAIN
        },
        EntryField {
            name: "receipt",
            title: text("凭证号", "RECEIPT"),
            doc: text("签收回执编号", "The number of the signed receipt"),
            ..EntryField::PLAIN
        },
        EntryField {
            name: "evidence",
            title: text("证据", "EVIDENCE"),
            doc: text("证据的等级", "how well it is shown"),
            kind: ArgKind::Choice(GRADES),
            said: GRADES_SAID,
            ..EntryField::PLAIN
        },
    ],
    doubts: &[
        EntryDoubt::Unmade,
        // Somebody was spoken to.
        EntryDoubt::Heard("outcome", HEARD),
        EntryDoubt::Listed("collectors"),
        EntryDoubt::Paper("receipt", PAPER),
    ],
    example: text(
        "4711 --outcome 见到 --by 示例甲 --by 示例乙 --reason 约定月底",
        "4711 --outcome met --by Ann --by Bob --reason 'pays at month-end'",
    ),
};

const fn column(name: &'static str, zh: &'static str) -> WorkColumn {
    WorkColumn { name, zh, said: &[] }
}

/// The visits that have to be made.
pub(crate) const PLANNED: WorkList = WorkList {
    title: text("列出待上门", "List planned visits"),
    columns: &[
        column("order", "指令"),
        column("case_id", "贷款编号"),
        column("name", "姓名"),
        column("phone", "电话"),
        column("village", "自然村"),
        column("address", "住址"),
        column("obligors", "其他债务人"),
        column("product", "产品"),
        column("contract_no", "合同编号"),
        column("next_due_on", "下期到期"),
        column("next_due_amount", "下期应还"),
        column("last_words", "最近记要"),
        column("collector", "信贷员"),
        column("due_on", "期限"),
        column("reason", "原因"),
        WorkColumn { name: "suspended_for", zh: "暂停原因", said: &[] },
    ],
    filters: &[],
};

/// Writes down what came of a visit.
pub(crate) async fn enter(
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<EntryDone, EntryError> {
    let outcome = filled.text("outcome").unwrap_or_default();
    let unknown = |field: &str, word: &str| {
        EntryError::Refused(both(
            &format!("`{field}` 不能写 `{word}`"),
            &format!("`{field}` cannot be `{word}`"),
        ))
    };
    let read = VisitOutcome::parse(outcome).ok_or_else(|| unknown("outcome", outcome))?;
    let grade = filled.text("evidence");
    let grade =
        grade.map(|word| Evidence::parse(word).ok_or_else(|| unknown("evidence", word)));
    let owned = |name: &str| filled.text(name).map(str::to_owned);
    let result = VisitResult {
        outcome: read,
        visited_on: filled.day("on").unwrap_or(books.today),
        collectors: filled.texts("collectors"),
        place: owned("place"),
        receipt: owned("receipt"),
        evidence: grade.transpose()?,
        note: Some(filled.reason.to_owned()),
    };
    record_result(books, filled.order, &result).await?;
    // What decides and what proves: a reader of the journal has no other book.
    let evidence = result.grade().map(Evidence::as_str);
    let what = VisitByHand {
        outcome: outcome.to_owned(),
        order: filled.order,
        collectors: result.collectors.clone(),
        on: result.visited_on,
        place: result.place.clone(),
        receipt: result.receipt.clone(),
        evidence: evidence.map(str::to_owned),
    };
    Ok(EntryDone {
        closes_with: Some(outcome.to_owned()),
        also_closes: Some(MISSING),
        what: Entered::Visit(what),
        next: None,
    })
}

impl From<ResultError> for EntryError {
    fn from(error: ResultError) -> Self {
        match error {
            ResultError::Books(error) => Self::Books(error),
            other => Self::Refused(other.to_string()),
        }
    }
}
