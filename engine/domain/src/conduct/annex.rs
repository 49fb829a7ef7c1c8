//! The parts of a policy pack that other modules read (规则包附录): clocks,
//! money, plans, rewards, records.

use serde::Deserialize;

/// What people have to be told before something is done (告知).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    /// On what.
    pub on: String,
    /// To which roles.
    pub to: Vec<String>,
    /// Before what.
    pub before: Option<String>,
    /// Within so many days.
    pub within_days: Option<u32>,
    /// Then wait so many days.
    pub wait_days: Option<u32>,
    /// What has to be said.
    pub must: Vec<String>,
    /// Sources by id.
    pub source: Vec<String>,
}

/// Bounds of instalment plans (分期还款计划).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanRules {
    /// The longest plan, in months.
    pub max_months: u32,
    /// What an oral agreement needs to count.
    pub oral_agreement_needs: String,
    /// Until when that is kept.
    pub keep_recording_until: String,
    /// Sources by id.
    pub source: Vec<String>,
}

/// Bounds of rewards (清收奖励).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RewardRules {
    /// What a reward is paid on.
    pub pays_on: String,
    /// From whose money.
    pub from_parties: Vec<String>,
    /// What holds it back.
    pub withhold_on: Vec<String>,
    /// What takes it back.
    pub claw_back_on: Vec<String>,
    /// Sources by id.
    pub source: Vec<String>,
}

/// How long a record is kept (保存期限).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Which record.
    pub record: String,
    /// Years.
    pub years: u32,
    /// Counted from what.
    pub from: String,
    /// What the sources ask at least.
    pub floor: Vec<RetentionFloor>,
    /// Kept longer while any of these lasts.
    #[serde(default)]
    pub also_until: Vec<String>,
}

/// What one source asks at least.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionFloor {
    /// Years.
    pub years: u32,
    /// The source by id.
    pub source: String,
}

/// Periods of law (期间).
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clocks {
    /// 诉讼时效; the rules themselves are in [`crate::limitation`].
    pub limitation: Option<LimitationRules>,
    /// 保证期间; the rules themselves are in [`crate::guarantee`].
    pub guarantee_period: Option<GuaranteeRules>,
    /// 抵押权.
    pub mortgage: Option<MortgageRules>,
    /// 申请执行.
    pub enforcement: Option<EnforcementRules>,
    /// 支付令.
    pub payment_order: Option<PaymentOrderRules>,
    /// 保全.
    pub preservation: Option<PreservationRules>,
    /// 司法确认.
    pub mediation_confirm: Option<MediationRules>,
}

/// The limitation period.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitationRules {
    /// Length in years.
    pub years: u32,
    /// The end whatever happens, in years.
    pub long_stop_years: u32,
    /// What it starts from.
    pub starts: String,
    /// How the last day is found.
    pub last_day: String,
    /// By when to act.
    pub plan_deadline: String,
    /// Days before the end at which somebody is told.
    pub warn_days: Vec<u32>,
    /// Roles against which an interruption counts together.
    pub joint_effect: Vec<String>,
    /// What begins it anew.
    #[serde(rename = "interrupt")]
    pub interrupts: Vec<InterruptRule>,
    /// What stops it.
    #[serde(rename = "suspend")]
    pub suspends: Vec<SuspendRule>,
    /// Sources by id.
    pub source: Vec<String>,
}

/// What begins the limitation period anew.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterruptRule {
    /// What happened.
    pub event: String,
    /// What has to show it; `|` parts alternatives.
    pub evidence: Vec<String>,
    /// Who may sign.
    #[serde(default)]
    pub signers: Vec<String>,
    /// Which day counts.
    pub at: String,
    /// From when the period runs again, when not from that day.
    pub resume: Option<String>,
}

/// What stops the limitation period.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuspendRule {
    /// The obstacle.
    pub event: String,
    /// Only in so many last months.
    pub only_in_last_months: u32,
    /// The period ends so many months after it.
    pub adds_months_after: u32,
}

/// The guarantee period.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuaranteeRules {
    /// Months when nothing was agreed.
    pub months_default: u32,
    /// Nothing begins it anew.
    pub never_interrupts: bool,
    /// Each guarantor has one.
    pub per_guarantor: bool,
    /// Months when it says "until paid".
    pub until_paid_clause_means_months: u32,
    /// What holds a joint guarantor.
    pub satisfied_by_joint: String,
    /// What holds a general guarantor.
    pub satisfied_by_general: String,
    /// The kind when nothing was agreed.
    pub default_kind: String,
    /// Whether a late signature revives it.
    pub revive_by_signature: bool,
    /// Days before the end at which somebody is told.
    pub warn_days: Vec<u32>,
    /// Sources by id.
    pub source: Vec<String>,
}

/// The mortgage.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MortgageRules {
    /// The clock it follows.
    pub follows: String,
}

/// Asking for enforcement.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnforcementRules {
    /// Length in years.
    pub years: u32,
    /// What begins it anew.
    pub interrupts: Vec<String>,
    /// What holds after this round was ended.
    pub after_terminated_this_round: String,
    /// Sources by id.
    pub source: Vec<String>,
}

/// The payment order.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentOrderRules {
    /// Days to accept.
    pub accept_days: u32,
    /// Days to issue.
    pub issue_days: u32,
    /// Days to pay or object.
    pub pay_or_object_days: u32,
    /// Void when not served in so many days.
    pub void_if_unserved_days: u32,
    /// Sources by id.
    pub source: Vec<String>,
}

/// Freezing and sealing.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreservationRules {
    /// Days to sue after a freeze before suit.
    pub sue_within_days: u32,
    /// Days before expiry by which renewal is asked for.
    pub renew_before_expiry_days: u32,
    /// Years for deposits.
    pub deposit_years: u32,
    /// Years for movables.
    pub movable_years: u32,
    /// Years for real property.
    pub immovable_years: u32,
    /// Sources by id.
    pub source: Vec<String>,
}

/// Court confirmation of a mediation.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediationRules {
    /// Days to ask for it.
    pub days: u32,
    /// Sources by id.
    pub source: Vec<String>,
}

/// How money is divided. Rates are decimal text, never floats.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoneyRules {
    /// Order within one debt.
    pub contract_order: Vec<String>,
    /// Order among several debts.
    pub several_debts_order: Vec<String>,
    /// Order after judgment.
    pub judgment_order: Vec<String>,
    /// Penalty over the contract rate, least.
    pub penalty_over_contract_min: String,
    /// Penalty over the contract rate, most.
    pub penalty_over_contract_max: String,
    /// Misuse of the loan, least.
    pub misuse_over_contract_min: String,
    /// Misuse of the loan, most.
    pub misuse_over_contract_max: String,
    /// The rate on unpaid interest.
    pub compound_on_unpaid_interest: String,
    /// Doubled interest after judgment, a day.
    pub judgment_daily: String,
    /// The cap for private lenders.
    pub private_loan_cap: String,
    /// How days are counted.
    pub day_count: String,
    /// Sources by id.
    pub source: Vec<String>,
}

/// Classes by days past due.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Classification {
    /// `loan` or `card`.
    pub scheme: String,
    /// The classes, best first.
    pub classes: Vec<ClassBound>,
    /// For people.
    pub note: Option<String>,
    /// Sources by id.
    pub source: Vec<String>,
}

/// One class.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassBound {
    /// Its name in Chinese.
    pub name: String,
    /// From more than so many days past due.
    pub over_days: u32,
}
