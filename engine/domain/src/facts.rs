//! What a script can see of a case (案件字段).
//!
//! One table names every field with its type, unit and meaning. The getters,
//! the checker's list of fields, the suggestions, the editor stub, the
//! reference page and the enrolment conditions are all made from it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::components::Components;
use crate::ids::CaseId;
use crate::manifest::{Text, text};
use crate::money::Fen;
use crate::party::Person;

/// The state of one case as its ledger stands now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseFacts {
    /// The store's number.
    pub id: CaseId,
    /// The institution's own loan number.
    pub case_no: String,
    /// The cooperative it belongs to.
    pub org: String,
    /// The village of the debtor.
    pub village: Option<String>,
    /// The product, as the institution names it.
    pub product: Option<String>,
    /// The collector who works it.
    pub collector: Option<String>,
    /// Amount lent.
    pub principal: Fen,
    /// Still owed in all; negative when overpaid.
    pub balance: Fen,
    /// Due before today and not covered.
    pub overdue: Fen,
    /// What fell due before today, or was charged, and is not paid, by what it is; `None`
    /// where the bank says neither of every due item nor, in its last list, of the
    /// overdue amount what it consists of. Costs and
    /// penalties that were charged apart are in it, so that it can be more than `overdue`.
    #[serde(default)]
    pub owed: Option<Components>,
    /// Received in all.
    pub paid: Fen,
    /// The oldest due date not fully covered, past or future.
    pub oldest_unpaid_on: Option<Date>,
    /// Days from that date to today, zero when it lies ahead.
    pub days_past_due: u32,
    /// The first due date from today on that is not fully covered.
    pub next_due_on: Option<Date>,
    /// What is still to be paid of what falls due on that date.
    pub next_due_amount: Option<Fen>,
    /// The day of the last payment.
    pub last_payment_on: Option<Date>,
    /// The day of an open promise.
    pub promise_due_on: Option<Date>,
    /// Promises made in these arrears, whatever became of them; one that a new date
    /// replaced before its day is not counted twice.
    pub promises: u32,
    /// What was not kept of the promises of these arrears, in thousandths of a promise:
    /// 1000 for one that was broken, 800 for one of which a fifth was paid.
    pub broken_share: u32,
    /// Received on the last 90 days and today.
    pub paid_lately: Fen,
    /// Promises broken in these arrears.
    pub broken_promises: u32,
    /// Promises kept so far.
    pub kept_promises: u32,
    /// Contacts delivered to anybody so far.
    pub contacts: u32,
    /// Attempts since anybody was last reached.
    pub failed_contacts: u32,
    /// The day of the last delivered contact.
    pub last_contact_on: Option<Date>,
    /// Visits made so far.
    pub visits: u32,
    /// Why the debtor does not pay: `oversight`, `dissatisfied`, …
    pub cause: Option<String>,
    /// Kind of debtor: `evasive`, `promiser`, …
    pub debtor_type: Option<String>,
    /// The reasons of the holds in force, sorted.
    pub holds: Vec<String>,
    /// The last day of the limitation period by proved evidence alone.
    pub limitation_ends_on: Option<Date>,
    /// At which stage it is before a court: `opened`, `filed`, `judged`, `enforcing`, …;
    /// `None` where it is before none.
    pub court_stage: Option<String>,
    /// What could be claimed at court today; `None` where an older record does not tell.
    #[serde(default)]
    pub claim: Option<Fen>,
    /// The borrower.
    pub debtor: Option<Person>,
    /// All other people on record, guarantors among them.
    pub others: Vec<Person>,
    /// Today, in the institution's zone.
    pub today: Date,
}

/// The value of one field.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact<'a> {
    /// Known to be absent.
    Nothing,
    /// A whole number.
    Count(i64),
    /// An amount.
    Fen(Fen),
    /// A civil date.
    Date(Date),
    /// A word or name.
    Text(&'a str),
    /// Yes or no.
    Bool(bool),
    /// A list of words.
    Words(&'a [String]),
    /// One person.
    Person(&'a Person),
    /// Several people.
    People(Vec<&'a Person>),
}

/// The type of a field, as the stub and the checker name it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// A whole number.
    Count,
    /// An amount in fen.
    Fen,
    /// A civil date.
    Date,
    /// Text.
    Text,
    /// Yes or no.
    Bool,
    /// A list of words.
    Words,
    /// One person.
    Person,
    /// Several people.
    People,
}

/// One field that scripts can read.
#[derive(Clone, Copy, Debug)]
pub struct Field<T: 'static> {
    /// The Lua name.
    pub name: &'static str,
    /// Its type.
    pub kind: FactKind,
    /// It can be missing, and is then `nil`.
    pub optional: bool,
    /// `enrol` can search for it.
    pub searchable: bool,
    /// What it means, with unit, in both languages.
    pub doc: Text,
    /// How to read it.
    pub get: fn(&T) -> Fact<'_>,
}

impl CaseFacts {
    /// The guarantors among the people on record.
    pub fn guarantors(&self) -> Vec<&Person> {
        self.with_role(crate::party::Role::Guarantor)
    }

    /// What could be claimed at court today; what is overdue where nobody reckoned it.
    pub fn claim(&self) -> Fen {
        self.claim.unwrap_or(self.overdue)
    }

    /// Days until the limitation period ends, negative once it is over.
    pub fn limitation_days_left(&self) -> Option<i64> {
        self.limitation_ends_on.map(|limitation_ends_on| {
            i64::from((limitation_ends_on - self.today).get_days())
        })
    }

    /// Days until the next due date, zero on the date itself.
    pub fn days_until_due(&self) -> Option<i64> {
        self.next_due_on.map(|due| i64::from((due - self.today).get_days()))
    }

    fn with_role(&self, role: crate::party::Role) -> Vec<&Person> {
        self.others.iter().filter(|it| it.role == role).collect()
    }
}

fn owed(case: &CaseFacts, part: fn(&Components) -> Fen) -> Fact<'static> {
    case.owed.as_ref().map_or(Fact::Nothing, |it| Fact::Fen(part(it)))
}

fn count(n: u32) -> Fact<'static> {
    Fact::Count(i64::from(n))
}

fn date(day: Option<Date>) -> Fact<'static> {
    day.map_or(Fact::Nothing, Fact::Date)
}

fn word(text: Option<&String>) -> Fact<'_> {
    text.map_or(Fact::Nothing, |it| Fact::Text(it))
}

macro_rules! fields {
    ($of:ty: $($name:ident $kind:ident $optional:literal $searchable:literal $zh:literal $en:literal => $get:expr;)*) => {
        &[$(Field::<$of> {
            name: stringify!($name),
            kind: FactKind::$kind,
            optional: $optional,
            searchable: $searchable,
            doc: text($zh, $en),
            get: $get,
        }),*]
    };
}

/// Every field of `case`.
pub const CASE_FIELDS: &[Field<CaseFacts>] = fields! { CaseFacts:
    no Text false false "贷款编号" "the institution's loan number" => |it| Fact::Text(&it.case_no);
    org Text false true "机构" "the cooperative it belongs to" => |it| Fact::Text(&it.org);
    village Text true true "自然村" "the debtor's village" => |it| word(it.village.as_ref());
    product Text true true "产品" "the loan product" => |it| word(it.product.as_ref());
    collector Text true true "信贷员" "who works the case" => |it| word(it.collector.as_ref());
    principal Fen false true "借款本金(分)" "amount lent, in fen" => |it| Fact::Fen(it.principal);
    balance Fen false true "余额(分)" "still owed in all, in fen; negative when overpaid" => |it| Fact::Fen(it.balance);
    overdue Fen false true "逾期金额(分)" "due before today and not paid, in fen" => |it| Fact::Fen(it.overdue);
    owed_principal Fen true false "已到期未还的本金(分);银行没有分列就没有" "principal that has fallen due and is not paid, in fen; absent where the bank does not tell the parts" => |it| owed(it, |parts| parts.principal);
    owed_interest Fen true false "已到期未还的利息(分);银行没有分列就没有" "interest that has fallen due and is not paid, in fen; absent where the bank does not tell the parts" => |it| owed(it, |parts| parts.interest);
    owed_penalty Fen true false "未还的罚息、复利、违约金(分);银行没有分列就没有" "penalty interest that is not paid, in fen; absent where the bank does not tell the parts" => |it| owed(it, |parts| parts.penalty);
    owed_cost Fen true false "未还的费用(分);银行没有分列就没有" "costs that are not paid, in fen; absent where the bank does not tell the parts" => |it| owed(it, |parts| parts.cost);
    paid Fen false true "已还金额(分)" "received in all, in fen" => |it| Fact::Fen(it.paid);
    oldest_unpaid_on Date true false "最早未还到期日" "the oldest due date not fully paid" => |it| date(it.oldest_unpaid_on);
    days_past_due Count false true "逾期天数" "days since the oldest unpaid due date; 0 when none has passed" => |it| count(it.days_past_due);
    next_due_on Date true false "下期到期日:今天起最早的、还没还清的到期日" "the next due date: the first one from today on that is not fully paid" => |it| date(it.next_due_on);
    next_due_amount Fen true false "下期应还金额(分):那一天到期、还没还的部分" "what is still to be paid of what falls due on that date, in fen" => |it| it.next_due_amount.map_or(Fact::Nothing, Fact::Fen);
    days_until_due Count true true "距下期到期的天数,当天为 0;写在 enrol 里则每个到期日进来一次" "days until the next due date, 0 on the date itself; in enrol a case then comes in once for each due date" => |it| it.days_until_due().map_or(Fact::Nothing, Fact::Count);
    last_payment_on Date true false "最近还款日" "the day of the last payment" => |it| date(it.last_payment_on);
    promise_due_on Date true false "承诺还款日" "the day of the open promise" => |it| date(it.promise_due_on);
    promises Count false false "本轮逾期以来的承诺次数,部分兑现的也算,没到日子就改期的不重复计" "promises made in these arrears, those kept in part among them; one replaced before its day is not counted twice" => |it| count(it.promises);
    broken_share Count false false "本轮逾期以来没有兑现的承诺,合计千分之几个:爽约一次 1000,兑现两成 800" "what was not kept of the promises of these arrears, in thousandths of a promise: 1000 for one that was broken, 800 for one of which a fifth was paid" => |it| count(it.broken_share);
    paid_lately Fen false false "近 90 天收到的还款(分)" "received on the last 90 days and today, in fen" => |it| Fact::Fen(it.paid_lately);
    broken_promises Count false true "本轮逾期以来的爽约次数" "promises broken in these arrears" => |it| count(it.broken_promises);
    kept_promises Count false true "兑现次数" "promises kept so far" => |it| count(it.kept_promises);
    contacts Count false true "已送达联络次数" "contacts delivered so far" => |it| count(it.contacts);
    failed_contacts Count false true "连续未联系上次数" "attempts since anybody was last reached" => |it| count(it.failed_contacts);
    last_contact_on Date true false "最近联络日" "the day of the last delivered contact" => |it| date(it.last_contact_on);
    visits Count false true "上门次数" "visits made so far" => |it| count(it.visits);
    cause Text true true "拖欠原因" "why the debtor does not pay: oversight, dissatisfied, short_of_cash, harvest, deliberate" => |it| word(it.cause.as_ref());
    debtor_type Text true true "客户类型" "provocative, evasive, victim, confident, stubborn, sophisticated, promiser" => |it| word(it.debtor_type.as_ref());
    holds Words false false "暂停事由" "the reasons of the holds in force" => |it| Fact::Words(&it.holds);
    on_hold Bool false false "是否暂停" "any hold is in force" => |it| Fact::Bool(!it.holds.is_empty());
    limitation_ends_on Date true false "诉讼时效届满日" "last day of the limitation period, by proved evidence" => |it| date(it.limitation_ends_on);
    limitation_days_left Count true true "诉讼时效剩余天数" "days until the limitation period ends; negative once it is over" => |it| it.limitation_days_left().map_or(Fact::Nothing, Fact::Count);
    court_stage Text true false "在法院的阶段:opened 已立项未提交,filed、accepted、issued、served、objected、judged、appealed、enforcing、terminated;没有未结的法院程序时为 nil" "its stage before a court: opened (approved, not filed), filed, accepted, issued, served, objected, judged, appealed, enforcing, terminated; nil without an open proceeding" => |it| word(it.court_stage.as_ref());
    claim Fen false false "今天可诉的金额(分):宣布提前到期的为全部欠款(民法典第五百七十八条),否则为逾期金额加已计的费用、罚息;批准和提交时按台账重算" "what could be claimed at court today, in fen: the whole debt where it was declared due (Civil Code 578), else what is overdue with the costs and penalty interest charged; reckoned again when it is approved and filed" => |it| Fact::Fen(it.claim());
    court_fee Fen false false "按今天可诉的金额(claim)起诉的案件受理费(分),依诉讼费用交纳办法第十三条;简易程序、调解减半" "what a court takes for a suit about what could be claimed today (claim), in fen, by article 13 of the Measures on litigation costs; half in a simplified procedure or by mediation" => |it| Fact::Fen(crate::court::suit_fee(it.claim()));
    payment_order_fee Fen false false "按今天可诉的金额(claim)申请支付令的费用(分),为案件受理费的三分之一" "what it takes for a payment order about what could be claimed today (claim), in fen: a third of that" => |it| Fact::Fen(crate::court::payment_order_fee(it.claim()));
    debtor Person true false "客户" "the borrower" => |it| it.debtor.as_ref().map_or(Fact::Nothing, Fact::Person);
    guarantors People false true "保证人;写在 enrol 里按人数,at_least(1) 是有保证人" "the guarantors; in enrol their number, at_least(1) for any" => |it| Fact::People(it.guarantors());
    heirs People false false "继承人" "the heirs on record" => |it| Fact::People(it.with_role(crate::party::Role::Heir));
    third_parties People false false "无关第三人" "people on record who owe nothing" => |it| Fact::People(it.with_role(crate::party::Role::UnrelatedThirdParty));
};

/// Every field of a person: `case.debtor`, one of `case.guarantors`.
pub const PERSON_FIELDS: &[Field<Person>] = fields! { Person:
    role Text false false "身份" "borrower, co_borrower, guarantor, heir, …" => |it| Fact::Text(it.role.as_str());
    alive Bool false false "在世" "no death is on record" => |it| Fact::Bool(it.deceased_on.is_none());
    has_phone Bool false false "有电话" "a telephone number is on record" => |it| Fact::Bool(it.has_phone);
    has_wechat Bool false false "已绑定微信" "bound and consented to the official account" => |it| Fact::Bool(it.has_wechat);
    has_address Bool false false "有地址" "an address or village is on record" => |it| Fact::Bool(it.has_address);
    failed_attempts Count false false "连续未联系上次数" "attempts since this person was last reached" => |it| count(it.failed_attempts);
    guarantee Text true false "保证方式" "general or joint, for a guarantor" => |it| it.guarantee.map_or(Fact::Nothing, |kind| Fact::Text(match kind {
        crate::party::GuaranteeKind::General => "general",
        crate::party::GuaranteeKind::Joint => "joint",
    }));
    guarantee_ends_on Date true false "保证期间届满日" "last day of the guarantee period" => |it| date(it.guarantee_ends_on);
    guarantee_held_on Date true false "保证期间内已向其主张的日子:连带保证为送达主张日,一般保证为起诉借款人之日" "the day on which a guarantor was held within the period: by a demand on a joint one, by a suit against the borrower for a general one" => |it| date(it.guarantee_held_on);
    limitation_ends_on Date true false "对已主张的连带保证人,诉讼时效届满日" "last day of the limitation period against a joint guarantor who was held" => |it| date(it.limitation_ends_on);
};
