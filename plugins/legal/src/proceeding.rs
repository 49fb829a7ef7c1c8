//! How a proceeding goes (诉讼进程): what has happened so far says what can come next,
//! and which days must not be missed.
//!
//! Nothing here reads or writes books: a proceeding is what its steps, taken one
//! after the other, have made of it.

use std::collections::BTreeMap;

use domain::ids::OrderId;
use domain::money::Fen;
use jiff::civil::Date;
use jiff::{Span, ToSpan};

use crate::error::{LegalError, possible, within};
use crate::outcome::{Asset, CloseReason, Document, Found, JudgmentResult, Procedure};

domain::words! {
    /// What can happen to a proceeding (程序步骤).
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub enum StepKind {
        /// Handed in at court (提交法院).
        Filed = "filed",
        /// The court takes it (受理立案).
        Accepted = "accepted",
        /// A day in court is set (开庭).
        Hearing = "hearing",
        /// The court has served a document on the debtor (法院送达).
        Served = "served",
        /// The payment order is issued (支付令签发).
        Issued = "issued",
        /// The court has upheld the debtor's objection to it (支付令异议成立).
        Objected = "objected",
        /// The court has decided (裁判).
        Judgment = "judgment",
        /// A party appeals (上诉).
        Appealed = "appealed",
        /// Property is seized or frozen (保全).
        Preserved = "preserved",
        /// A seizure is prolonged (续行保全).
        Renewed = "renewed",
        /// Enforcement is applied for (申请执行).
        Enforcement = "enforcement",
        /// This round of enforcement has ended without property (终结本次执行).
        Terminated = "terminated",
        /// Property was looked for again (财产复查).
        Rechecked = "rechecked",
        /// It is closed (结案).
        Closed = "closed",
        /// The newest step that stands was entered by mistake (撤回误登的步骤).
        Undone = "undone",
    }
}

domain::words! {
    /// Where a proceeding stands (程序阶段).
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub enum Stage {
        /// Approved, not yet at court (已立项).
        Opened = "opened",
        /// At court, not yet taken (已提交).
        Filed = "filed",
        /// Taken by the court (已受理).
        Accepted = "accepted",
        /// The payment order is on its way to the debtor (已签发).
        Issued = "issued",
        /// The debtor has the payment order (支付令已送达).
        Served = "served",
        /// It has become void by an objection; a suit follows unless that is declined
        /// (异议成立).
        Objected = "objected",
        /// Decided (已裁判).
        Judged = "judged",
        /// Before the court of second instance (二审中).
        Appealed = "appealed",
        /// Being enforced (执行中).
        Enforcing = "enforcing",
        /// No property for now (终结本次执行).
        Terminated = "terminated",
        /// Closed (已结案).
        Closed = "closed",
    }
}

impl Stage {
    /// The word of the column `status`, which knows four.
    pub(crate) fn status(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Filed
            | Self::Accepted
            | Self::Issued
            | Self::Served
            | Self::Objected
            | Self::Appealed => "filed",
            Self::Judged | Self::Enforcing | Self::Terminated => "judged",
            Self::Closed => "closed",
        }
    }
}

/// One thing that happened to a proceeding.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Step {
    pub(crate) kind: StepKind,
    /// The day on which it happened; of a hearing the day that is set.
    pub(crate) on: Date,
    /// Until when it holds, or what the judgment gives the debtor to pay.
    pub(crate) until: Option<Date>,
    pub(crate) amount: Option<Fen>,
    /// The word of its choice: a result, a document, a sort of property, a reason.
    pub(crate) word: Option<String>,
    /// The number of the court's paper.
    pub(crate) number: Option<String>,
    /// By which rules the court has judged.
    pub(crate) procedure: Option<Procedure>,
}

impl Step {
    /// A step without anything beside its day.
    pub(crate) fn new(kind: StepKind, on: Date) -> Self {
        let (until, amount, word) = (None, None, None);
        Self { kind, on, until, amount, word, number: None, procedure: None }
    }

    fn choice<T>(&self, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.word.as_deref().and_then(parse)
    }
}

/// The court says within 7 days whether it takes a suit.
///
/// Source: Civil Procedure Law (民事诉讼法, 2023) article 126.
const DAYS_TO_ACCEPT_A_SUIT: i32 = 7;

/// The court says within 5 days whether it takes an application for a payment order,
/// and issues it within 15 days of that.
///
/// Source: Civil Procedure Law (2023) articles 226 and 227.
const DAYS_TO_ACCEPT_AN_APPLICATION: i32 = 5;
const DAYS_TO_ISSUE: i32 = 15;

/// A payment order that is not served within 30 days of its issue is void.
///
/// Source: interpretation of the Civil Procedure Law (民诉法解释, 2022), chapter on the
/// procedure for payment orders (督促程序): its ground for ending the procedure when the
/// order is not served within 30 days.
const DAYS_TO_SERVE: i32 = 30;

/// A court of first instance judges within 6 months of taking a suit, one of second
/// instance within 3 months. Nothing lapses then for the creditor; somebody asks.
///
/// Source: Civil Procedure Law (2023) articles 152 and 183.
const MONTHS_TO_JUDGE: i32 = 6;
const MONTHS_TO_JUDGE_AGAIN: i32 = 3;

/// The debtor pays or objects within 15 days of the service of a payment order.
///
/// Source: Civil Procedure Law (2023) article 227.
const DAYS_TO_OBJECT: i32 = 15;

/// Once an objection to a payment order is upheld the matter goes on as a suit, unless the
/// creditor declines that within 7 days of the ruling; the day of the application counts
/// as the day of the suit.
///
/// Source: Civil Procedure Law (2023) article 228; interpretation of the Civil Procedure
/// Law (民诉法解释, 2022) articles 438 and 439.
const DAYS_TO_DECLINE: i32 = 7;

/// A party appeals within 15 days of the service of a judgment.
///
/// Source: Civil Procedure Law (2023) article 171.
const DAYS_TO_APPEAL: i32 = 15;

/// And within 10 days of the service of a ruling: not admitted, dismissed as such.
///
/// Source: Civil Procedure Law (2023) article 171, second paragraph.
const DAYS_TO_APPEAL_A_RULING: i32 = 10;

/// Two years to apply for enforcement. The law counts from the last day for
/// performance; counting from the judgment is earlier and therefore safe.
///
/// Source: Civil Procedure Law (2023) article 250.
const YEARS_TO_ENFORCE: i16 = 2;

/// A court that has not enforced within 6 months may be passed over: the creditor turns
/// to the next higher one.
///
/// Source: Civil Procedure Law (2023) article 237.
const MONTHS_TO_EXECUTE: i32 = 6;

/// After a round of enforcement without property the court looks again every 6 months.
///
/// Source: provisions of the Supreme People's Court on ending a round of enforcement
/// (关于严格规范终结本次执行程序的规定(试行), 2016) article 9.
const MONTHS_TO_RECHECK: i32 = 6;

/// Whoever has property frozen before the suit files within 30 days.
///
/// Source: Civil Procedure Law (2023) article 104.
const DAYS_TO_SUE_AFTER_A_FREEZE: i32 = 30;

/// A renewal is applied for 7 days before a seizure runs out.
///
/// Source: provisions of the Supreme People's Court on preservation
/// (关于人民法院办理财产保全案件若干问题的规定, 2016) article 18.
const DAYS_TO_RENEW: i32 = 7;

/// What a suit or payment order has come to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Proceeding {
    pub(crate) matter: OrderId,
    /// `suit` or `payment_order`.
    pub(crate) kind: String,
    pub(crate) opened_on: Date,
    pub(crate) stage: Stage,
    /// The day on which it came to its stage.
    pub(crate) since_on: Date,
    /// When it was filed, and the court's newest number for it.
    pub(crate) filed: Option<(Date, String)>,
    pub(crate) judged: Option<(Date, JudgmentResult, Fen)>,
    pub(crate) closed: Option<(Date, CloseReason)>,
    /// Until when property is held, by its sort, what comes free first before the rest.
    pub(crate) held: BTreeMap<&'static str, Vec<Date>>,
    /// The days that must not be missed, by their words.
    pub(crate) deadlines: BTreeMap<String, Date>,
    is_second_instance: bool,
    /// Tried as a small claim, in one instance.
    is_small_claim: bool,
    /// A payment order that has become a suit.
    is_suit_now: bool,
}

impl Proceeding {
    /// One that was opened on a day and has to be filed by another.
    pub(crate) fn opened(
        matter: OrderId,
        kind: &str,
        on: Date,
        file_by: Option<Date>,
    ) -> Self {
        let deadlines = file_by.map(|day| ("file".to_owned(), day)).into_iter().collect();
        Self {
            matter,
            kind: kind.to_owned(),
            opened_on: on,
            stage: Stage::Opened,
            since_on: on,
            filed: None,
            judged: None,
            closed: None,
            held: BTreeMap::new(),
            deadlines,
            is_second_instance: false,
            is_small_claim: false,
            is_suit_now: kind == "suit",
        }
    }

    /// Whether it is a suit, or a payment order that has become one.
    pub(crate) fn is_suit(&self) -> bool {
        self.is_suit_now
    }

    /// The day since which the suit holds nobody any more: withdrawn, not taken, or lost. One
    /// that is before the second instance is still to be decided.
    ///
    /// Source: interpretation on security (担保制度解释), article 31, first paragraph, for
    /// what was withdrawn. That a suit which was lost holds no general guarantor is the
    /// house's caution: nobody relies on it until the appeal is won.
    pub(crate) fn gone_on(&self) -> Option<Date> {
        match (self.closed, self.judged) {
            (Some((on, CloseReason::Withdrawn)), _) => Some(on),
            (_, Some((on, result, _))) if self.stage != Stage::Appealed => {
                (!result.awards()).then_some(on)
            }
            _ => None,
        }
    }

    /// Whether a step can be entered on a day.
    ///
    /// # Errors
    ///
    /// [`LegalError`] when the proceeding is not at the point for it, its day cannot
    /// be, or the paper that shows it is not named.
    pub(crate) fn check(&self, step: &Step, today: Date) -> Result<(), LegalError> {
        let wrong = LegalError::WrongStatus {
            matter: self.matter,
            status: self.stage.as_str().to_owned(),
        };
        if !self.takes(step) {
            return Err(wrong);
        }
        if step.kind == StepKind::Hearing {
            let last = today.saturating_add(Span::new().years(2));
            within(step.on, self.opened_on, last)?;
        } else {
            // What moves no stage may be entered after what came later.
            let may_be_earlier =
                matches!(step.kind, StepKind::Accepted | StepKind::Judgment);
            let from = if may_be_earlier || self.stands_still(step) {
                self.opened_on
            } else {
                self.since_on
            };
            possible(step.on, from, today)?;
        }
        if let Some(until) = self.too_late_for(step) {
            return Err(LegalError::TooLate { matter: self.matter, until });
        }
        if step.until.is_some_and(|until| until < step.on) {
            return Err(LegalError::EndsBeforeItBegins);
        }
        if needs_a_number(step.kind) && step.number.is_none() {
            return Err(LegalError::ReceiptNeeded);
        }
        Ok(())
    }

    /// The day after which a step has no effect: a payment order that could not be
    /// served, a seizure that has run out.
    fn too_late_for(&self, step: &Step) -> Option<Date> {
        let last = match step.kind {
            StepKind::Served if self.stage == Stage::Issued => self.deadlines.get("void"),
            StepKind::Renewed => {
                let asset = step.choice(Asset::parse)?;
                self.held.get(asset.as_str())?.first()
            }
            _ => None,
        };
        last.copied().filter(|last| *last < step.on)
    }

    /// Whether a proceeding at this stage can come to this.
    fn takes(&self, step: &Step) -> bool {
        use Stage::{
            Accepted, Appealed, Closed, Enforcing, Filed, Issued, Judged, Objected,
            Opened, Served, Terminated,
        };
        let at = |stages: &[Stage]| stages.contains(&self.stage);
        match step.kind {
            StepKind::Filed => at(&[Opened]),
            // What an objection has ended is registered as a suit.
            StepKind::Accepted => at(&[Filed, Objected]),
            StepKind::Hearing | StepKind::Judgment => {
                self.is_suit() && at(&[Filed, Accepted, Appealed])
            }
            StepKind::Issued => !self.is_suit() && at(&[Filed, Accepted]),
            StepKind::Objected => !self.is_suit() && at(&[Issued, Served]),
            StepKind::Appealed => at(&[Judged]) && !self.is_final(),
            StepKind::Served => match step.choice(Document::parse) {
                Some(Document::Complaint) => {
                    self.is_suit() && at(&[Filed, Accepted, Appealed])
                }
                Some(Document::PaymentOrder) => at(&[Issued]),
                Some(Document::Judgment) => at(&[Judged]),
                None => false,
            },
            StepKind::Renewed => {
                !at(&[Closed])
                    && step
                        .choice(Asset::parse)
                        .is_some_and(|asset| self.held.contains_key(asset.as_str()))
            }
            StepKind::Enforcement => {
                // After a round without property it goes on whenever some is found.
                at(&[Served, Terminated])
                    || at(&[Judged]) && self.judged.is_some_and(|it| it.1.awards())
            }
            StepKind::Terminated => at(&[Enforcing]),
            StepKind::Rechecked => at(&[Terminated]),
            StepKind::Preserved | StepKind::Closed => !at(&[Closed]),
            // It is no step of its own; see `matters::undo`.
            StepKind::Undone => false,
        }
    }

    /// Whether nobody can appeal: an agreement before the court, a judgment of the second
    /// instance, or one about a small claim.
    ///
    /// Source: Civil Procedure Law (2023) articles 165 and 182; for rulings on small claims
    /// its interpretation (2022), article 277.
    fn is_final(&self) -> bool {
        self.is_second_instance
            || self.is_small_claim
            || self.judged.is_some_and(|it| it.1 == JudgmentResult::Mediated)
    }

    /// Whether a step leaves the proceeding at its stage.
    fn stands_still(&self, step: &Step) -> bool {
        match step.kind {
            StepKind::Hearing | StepKind::Preserved | StepKind::Renewed => true,
            StepKind::Served => self.stage != Stage::Issued,
            _ => false,
        }
    }

    /// The proceeding after a step that it takes.
    pub(crate) fn take(&mut self, step: &Step) {
        if !self.stands_still(step) {
            self.since_on = step.on;
        }
        match step.kind {
            StepKind::Filed => self.file(step),
            StepKind::Accepted => self.accept(step),
            StepKind::Hearing => self.set("hearing", step.on),
            StepKind::Issued => {
                self.stage = Stage::Issued;
                self.end(&["acceptance", "issue"]);
                self.set("void", after_days(step.on, DAYS_TO_SERVE));
            }
            StepKind::Served => self.serve(step),
            StepKind::Objected => {
                self.stage = Stage::Objected;
                self.end(&["void", "objection", "enforcement"]);
                self.set("decline", after_days(step.on, DAYS_TO_DECLINE));
            }
            StepKind::Judgment => self.judge(step),
            StepKind::Appealed => {
                self.stage = Stage::Appealed;
                self.is_second_instance = true;
                self.end(&["appeal", "effective", "performance", "enforcement"]);
                self.set("trial", after_months(step.on, MONTHS_TO_JUDGE_AGAIN));
            }
            StepKind::Preserved => self.hold(step),
            StepKind::Renewed => {
                if let (Some(asset), Some(until)) =
                    (step.choice(Asset::parse), step.until)
                {
                    // Of two of a sort the one is renewed that runs out first.
                    let held = self.held.entry(asset.as_str()).or_default();
                    if !held.is_empty() {
                        held.remove(0);
                    }
                    self.keep(asset, until);
                }
            }
            StepKind::Enforcement => {
                self.stage = Stage::Enforcing;
                self.renumber(step);
                self.end_all();
                self.set("execution", after_months(step.on, MONTHS_TO_EXECUTE));
            }
            StepKind::Terminated => {
                self.stage = Stage::Terminated;
                self.end_all();
                self.set("recheck", after_months(step.on, MONTHS_TO_RECHECK));
            }
            StepKind::Rechecked => self.recheck(step),
            StepKind::Closed => self.close(step),
            StepKind::Undone => {}
        }
    }

    fn file(&mut self, step: &Step) {
        self.stage = Stage::Filed;
        self.filed = Some((step.on, step.number.clone().unwrap_or_default()));
        self.end(&["file"]);
        if self.is_suit() {
            self.set("acceptance", after_days(step.on, DAYS_TO_ACCEPT_A_SUIT));
            return;
        }
        let accepted = after_days(step.on, DAYS_TO_ACCEPT_AN_APPLICATION);
        let issued = after_days(accepted, DAYS_TO_ISSUE);
        self.set("acceptance", accepted);
        self.set("issue", issued);
        self.set("void", after_days(issued, DAYS_TO_SERVE));
    }

    fn accept(&mut self, step: &Step) {
        self.is_suit_now = self.is_suit_now || self.stage == Stage::Objected;
        self.stage = Stage::Accepted;
        self.renumber(step);
        self.end(&["acceptance", "decline"]);
        if self.is_suit() {
            self.set("trial", after_months(step.on, MONTHS_TO_JUDGE));
        } else {
            let issued = after_days(step.on, DAYS_TO_ISSUE);
            self.set("issue", issued);
            self.set("void", after_days(issued, DAYS_TO_SERVE));
        }
    }

    fn serve(&mut self, step: &Step) {
        match step.choice(Document::parse) {
            Some(Document::PaymentOrder) => {
                self.stage = Stage::Served;
                self.end(&["void"]);
                self.set("objection", after_days(step.on, DAYS_TO_OBJECT));
                self.set("enforcement", after_years(step.on, YEARS_TO_ENFORCE));
            }
            Some(Document::Judgment) if !self.is_final() => {
                // Of several who are served, the last one's days count.
                let day = after_days(step.on, DAYS_TO_APPEAL);
                let day = self.deadlines.get("effective").map_or(day, |it| day.max(*it));
                self.set("effective", day);
            }
            _ => {}
        }
    }

    fn judge(&mut self, step: &Step) {
        let result = step.choice(JudgmentResult::parse).unwrap_or(JudgmentResult::Lost);
        self.is_small_claim = step.procedure == Some(Procedure::SmallClaims);
        self.stage = Stage::Judged;
        self.judged = Some((step.on, result, step.amount.unwrap_or(Fen(0))));
        self.end(&["acceptance", "hearing", "trial"]);
        if !self.is_final() {
            let days = if result == JudgmentResult::NotAdmitted {
                DAYS_TO_APPEAL_A_RULING
            } else {
                DAYS_TO_APPEAL
            };
            self.set("appeal", after_days(step.on, days));
        }
        if result.awards() {
            let mut last = after_years(step.on, YEARS_TO_ENFORCE);
            if let Some(pay_by) = step.until {
                self.set("performance", pay_by);
                // What is not due before cannot be enforced before.
                if last <= pay_by {
                    last = after_years(pay_by, YEARS_TO_ENFORCE);
                }
            }
            self.set("enforcement", last);
        }
    }

    /// Property is held; before the suit that gives thirty days to file it.
    fn hold(&mut self, step: &Step) {
        let Some(asset) = step.choice(Asset::parse) else { return };
        let until = step.until.unwrap_or_else(|| asset.longest_from(step.on));
        self.keep(asset, until);
        if self.stage == Stage::Opened {
            let file_by = after_days(step.on, DAYS_TO_SUE_AFTER_A_FREEZE);
            let file_by =
                self.deadlines.get("file").map_or(file_by, |it| file_by.min(*it));
            self.set("file", file_by);
        }
    }

    /// Watches what comes free first of a sort.
    fn keep(&mut self, asset: Asset, until: Date) {
        let held = self.held.entry(asset.as_str()).or_default();
        held.push(until);
        held.sort_unstable();
        let first = held.first().copied().unwrap_or(until);
        let renew_by = first.saturating_sub(DAYS_TO_RENEW.days());
        self.set(&format!("preservation:{}", asset.as_str()), renew_by);
    }

    fn recheck(&mut self, step: &Step) {
        if step.choice(Found::parse) == Some(Found::Property) {
            self.stage = Stage::Enforcing;
            self.end(&["recheck"]);
            self.set("execution", after_months(step.on, MONTHS_TO_EXECUTE));
        } else {
            self.set("recheck", after_months(step.on, MONTHS_TO_RECHECK));
        }
    }

    fn close(&mut self, step: &Step) {
        let reason = step.choice(CloseReason::parse).unwrap_or(CloseReason::Withdrawn);
        self.stage = Stage::Closed;
        self.closed = Some((step.on, reason));
        self.held.clear();
        self.deadlines.clear();
    }

    /// The court gives a proceeding another number at each stage.
    fn renumber(&mut self, step: &Step) {
        if let (Some(filed), Some(number)) = (&mut self.filed, &step.number) {
            filed.1.clone_from(number);
        }
    }

    fn set(&mut self, kind: &str, day: Date) {
        self.deadlines.insert(kind.to_owned(), day);
    }

    fn end(&mut self, kinds: &[&str]) {
        self.deadlines.retain(|kind, _| !kinds.contains(&kind.as_str()));
    }

    /// Ends all but what keeps property seized.
    fn end_all(&mut self) {
        self.deadlines.retain(|kind, _| kind.starts_with("preservation:"));
    }
}

/// What is nothing without the court's paper.
fn needs_a_number(kind: StepKind) -> bool {
    matches!(
        kind,
        StepKind::Filed
            | StepKind::Accepted
            | StepKind::Issued
            | StepKind::Objected
            | StepKind::Preserved
            | StepKind::Renewed
            | StepKind::Enforcement
            | StepKind::Terminated
    )
}

fn after_days(day: Date, days: i32) -> Date {
    day.saturating_add(days.days())
}

/// The corresponding day, or the last of the month where there is none.
fn after_months(day: Date, months: i32) -> Date {
    day.saturating_add(months.months())
}

fn after_years(day: Date, years: i16) -> Date {
    day.saturating_add(years.years())
}

#[cfg(test)]
mod tests;
