//! Why something cannot be entered into the books of the legal department (法务登记错误).

use domain::ids::OrderId;
use domain::money::Fen;
use jiff::civil::Date;
use store::plugin::BooksError;
use thiserror::Error;

use crate::forms::STAGES_SAID;
use crate::proceeding::StepKind;

/// Why an entry is refused. Nothing is written then.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum LegalError {
    /// No matter has this number.
    #[error("没有编号为 {0} 的法务事项 · there is no matter {0}")]
    NoSuchMatter(OrderId),
    /// The matter is not at the point for this entry.
    #[error(
        "法务事项 {matter} 目前为 `{status}`({}),不能登记此项 · matter {matter} is `{status}` now, \
         where this is not entered\n  提示:`qingshou legal ls` 列出各事项的阶段 · hint: `qingshou legal \
         ls` shows at which stage each matter is",
        stage_said(.status)
    )]
    WrongStatus {
        /// The matter.
        matter: OrderId,
        /// `opened`, `filed`, `accepted`, `judged`, `closed`, …
        status: String,
    },
    /// No demand letter was given under this order.
    #[error(
        "指令 {0} 不是催收函,或尚未寄出;送达回执只能登记给已寄出的催收函 · order {0} is no \
         demand letter, or has not left; only a letter that has left is proved to have arrived"
    )]
    NoSuchLetter(OrderId),
    /// The proof was entered before; it is not changed.
    #[error(
        "催收函 {0} 的送达证据已登记,不能修改 · the proof of letter {0} was entered before and is \
         not changed"
    )]
    AlreadyProved(OrderId),
    /// This evidence does not show that a letter arrived.
    #[error(
        "证据 `{0}` 不能证明信件送达;应为 signed_receipt(签收回执)或 registered_mail(挂号轨迹) · \
         `{0}` does not show that a letter arrived; use signed_receipt or registered_mail"
    )]
    NotAProof(&'static str),
    /// The proof has no number by which it can be found again.
    #[error(
        "请填写回执或挂号单号,以便日后查找 · name the number of the receipt or of the registered \
         mail, by which it is found again"
    )]
    ReceiptNeeded,
    /// The day lies ahead, or before the thing it tells of.
    #[error(
        "日期 {day} 不在 {from} 至 {to} 之间 · the day {day} is not from {from} to {to}"
    )]
    ImpossibleDay {
        /// The day given.
        day: Date,
        /// The first day that can be.
        from: Date,
        /// Today.
        to: Date,
    },
    /// The day lies ahead: what has not happened is no fact yet.
    #[error(
        "日期 {day} 还没有到(今天 {today}):只登记已经发生的事 · {day} has not come yet (today is \
         {today}): only what has happened is entered"
    )]
    NotYet {
        /// The day given.
        day: Date,
        /// Today.
        today: Date,
    },
    /// The newest entry that stands says the same.
    #[error(
        "与最近一次登记完全相同,没有写入 · it is what the newest entry says, and was not written \
         again\n  提示:登记错了的先用 `qingshou legal retracted` 撤回 · hint: what was entered by mistake \
         is taken back with `qingshou legal retracted`"
    )]
    AlreadyEntered,
    /// No entry that stands is so.
    #[error(
        "没有这样一条有效的登记,没有写入;这一项现有的登记:{days} · no such entry stands, and nothing \
         was written; of this sort there are: {days}\n  提示:`qingshou case show` 列出历次登记 · hint: \
         `qingshou case show` lists what was entered"
    )]
    NoSuchEntry {
        /// The days of those that stand; `-` where there are none.
        days: String,
    },
    /// Several entries are so.
    #[error(
        "这一天有 {0} 条这样的登记;请用 --receipt 或 --guarantor 写明是哪一条 · {0} entries of this day are \
         so; say which by --receipt or --guarantor"
    )]
    WhichEntry(usize),
    /// Another step came behind the one that was named, or none is there.
    #[error(
        "事项 {matter} 最近一步是 `{newest}`,只能撤回最近一步,没有写入 · the newest step of matter \
         {matter} is `{newest}`, and only the newest is taken back; nothing was written",
        newest = .newest.map_or("-", StepKind::as_str)
    )]
    NotTheNewest {
        /// The matter.
        matter: OrderId,
        /// Its newest step that stands.
        newest: Option<StepKind>,
    },
    /// A closed matter is not opened again beside another of its kind.
    #[error(
        "本案另有未结的同类事项 {0},已结的不能再撤回结案 · the case has another open matter of this kind, \
         {0}; the close is not taken back"
    )]
    AnotherIsOpen(OrderId),
    /// It has no effect any more.
    #[error(
        "事项 {matter}:到 {until} 为止有效,此后登记无效 · matter {matter}: it was good until {until} and \
         has no effect after that\n  提示:支付令未能送达的,结案原因写失效;保全已到期的,重新保全后登记 preserved · \
         hint: close a payment order that could not be served as void; where a seizure has run \
         out, enter a new one as preserved"
    )]
    TooLate {
        /// The matter.
        matter: OrderId,
        /// The last day.
        until: Date,
    },
    /// Something holds until a day before it began.
    #[error("截止日早于开始日 · it ends before it begins")]
    EndsBeforeItBegins,
    /// The case has an open proceeding of this kind already.
    #[error(
        "本案已有未结的同类事项 {0},没有写入 · the case has an open matter of this kind, {0}; nothing \
         was written\n  提示:接着登记它的下一步,登错了的用 `qingshou legal undone` 撤回 · hint: enter its next \
         step, or take it back with `qingshou legal undone`"
    )]
    AlreadyInCourt(OrderId),
    /// Nothing of the loan has fallen due and is unpaid.
    #[error(
        "本案没有到期未还的款项,不用定办法 · nothing of this loan is due and unpaid, so that there is no way \
         to choose\n  提示:`qingshou case show` 看应还与还款;宣布提前到期的先登记 `qingshou legal accelerated` · \
         hint: `qingshou case show` has what is due and paid; a debt declared due as a whole is \
         entered first with `qingshou legal accelerated`"
    )]
    NothingDue,
    /// The same way was asked for and waits for its approval.
    #[error(
        "指令 {0} 走的就是这条路,正等待审批,没有写入 · order {0} asks for this very way and waits for \
         its approval; nothing was written\n  提示:`qingshou approve` 列出待审批的 · hint: `qingshou \
         approve` lists what waits"
    )]
    AlreadyAskedFor(OrderId),
    /// A step that does not follow on the ones before it.
    #[error(
        "「{zh}」接不上:到它为止,这件案子还在「{stage_zh}」,没有写入 · `{en}` does not follow: the \
         proceeding is `{stage_en}` up to then; nothing was written\n  提示:补上前面各步的日期(支付令\
         送达以前有签发),或去掉这一项 · hint: add the days of the steps before it (a payment order is \
         issued before it is served), or leave it out",
        stage_zh = stage_said(.stage),
        stage_en = .stage
    )]
    OutOfOrder {
        /// The step, in Chinese.
        zh: &'static str,
        /// The same, by its word.
        en: &'static str,
        /// Where the proceeding is before it.
        stage: String,
    },
    /// A payment order that was served too late has no effect.
    #[error(
        "送达日晚于 {0}:支付令签发后 30 日内没有送达就失效,没有写入 · it was served after {0}: a payment \
         order that is not served within 30 days of its issue is void; nothing was written\n  \
         提示:核对两个日期;确已失效的不登记支付令,另行起诉 · hint: check both days; one that has become \
         void is not entered, and the claim is sued for"
    )]
    ServedTooLate(Date),
    /// Somebody of the staff who has no such work.
    #[error(
        "`{0}` 没有法务或主管的角色,不能承办,没有写入 · `{0}` is neither counsel nor supervisor and is \
         not put in charge; nothing was written\n  提示:在 qingshou.toml 的 [[people]] 里给角色 legal · \
         hint: give them the role legal under [[people]] of qingshou.toml"
    )]
    NoSuchRole(String),
    /// Nobody of the staff is called so.
    #[error(
        "工作人员里没有 `{0}`,没有写入 · nobody of the staff is called `{0}`; nothing was written\n  \
         提示:写 qingshou.toml 里 [[people]] 的姓名或登录名 · hint: give a name or login under \
         [[people]] of qingshou.toml"
    )]
    NoSuchStaff(String),
    /// What was given as the hash of a file is none.
    #[error(
        "--sha256 应为 64 位十六进制数字 · --sha256 should be 64 hexadecimal digits\n  提示:\
         Linux 用 sha256sum 文件,Windows 用 certutil -hashfile 文件 SHA256 · hint: sha256sum FILE, \
         or certutil -hashfile FILE SHA256"
    )]
    NoHash,
    /// No table and nobody has named the court.
    #[error(
        "事项 {0} 还没有写明法院,没有写入;请用 --court 写明提交的法院 · matter {0} has no court yet, \
         and nothing was written; name the one at which it was filed by --court\n  提示:把管辖法院写进 \
         workflows/courts.toml,以后按住址自动写上 · hint: with workflows/courts.toml the court \
         follows from the address"
    )]
    CourtNeeded(OrderId),
    /// Nothing is owed any more that could be claimed.
    #[error(
        "算到 {on} 已没有逾期可诉,事项 {matter} 不登记提交 · up to {on} nothing is left to claim, and \
         matter {matter} is not filed\n  提示:登记结案 `qingshou legal closed {matter} --why 还清` · hint: \
         close it with `qingshou legal closed {matter} --why paid`"
    )]
    NothingLeft {
        /// The matter.
        matter: OrderId,
        /// The day up to which it was reckoned.
        on: Date,
    },
    /// The sum is so different from the one that was approved that it is approved again.
    #[error(
        "事项 {matter} 批准的是 {signed} 元,算到 {on} 为 {now} 元,变动超过设定,须再次批准 · {signed} yuan \
         were approved for matter {matter}, and it is {now} yuan up to {on}: it has to be approved \
         again\n  提示:由主管(非承办人)登记 `qingshou legal claimed {matter}`,再登记提交 · hint: a supervisor \
         who is not in charge of it enters `qingshou legal claimed {matter}`; then enter the filing"
    )]
    ApproveAgain {
        /// The matter.
        matter: OrderId,
        /// What was approved.
        signed: Fen,
        /// What it is now.
        now: Fen,
        /// The day up to which it was reckoned.
        on: Date,
    },
    /// Who is in charge of a matter does not approve its sum.
    #[error(
        "事项 {0} 由本人承办,不能自己批准诉请金额;请另一位主管登记 · you are in charge of matter {0} and \
         do not approve its sum; another supervisor does"
    )]
    OwnMatter(OrderId),
    /// Who collects a case does not approve what is claimed of it.
    #[error(
        "事项 {0} 的贷款由本人催收,不能自己批准诉请金额;请另一位主管登记 · you collect the loan of \
         matter {0} and do not approve its sum; another supervisor does"
    )]
    OwnCase(OrderId),
    /// Who has set a sum does not set the next one too.
    #[error(
        "事项 {0} 现在的诉请金额就是本人批准的,不能再由本人批准另一个金额;请另一位主管登记 · you approved \
         the sum of matter {0} as it stands and do not approve another one; another supervisor \
         does\n  提示:没有另一位主管的,登记结案(撤回),流程重新报批 · hint: where there is no other one, \
         close it as withdrawn, and the suit is asked for anew"
    )]
    OwnSum(OrderId),
    /// Who has agreed to a changed sum does not file it.
    #[error(
        "事项 {0} 的诉请金额由本人再次批准,提交法院须由另一人登记 · you agreed to the changed sum of \
         matter {0}; somebody else enters that it was filed"
    )]
    OwnApproval(OrderId),
    /// A sum that is none.
    #[error("`{0}` 须大于零,没有写入 · `{0}` has to be above zero; nothing was written")]
    NotAboveZero(&'static str),
    /// What only a payment order has, given for a suit.
    #[error(
        "起诉没有 --{0} 这一项,没有写入 · a suit has no --{0}; nothing was written\n  提示:\
         是支付令的写 --kind 支付令;起诉的文书送达,登记以后用 `qingshou legal served` 补登 · hint: \
         for a payment order write --kind payment_order; what was served in a suit is entered \
         afterwards with `qingshou legal served`"
    )]
    NotOfASuit(&'static str),
    /// A field of a step whose day is not given.
    #[error(
        "写了 --{field},没有写 --{day},没有写入 · --{field} was given without --{day}; nothing was \
         written\n  提示:补上 --{day} 的日期,或去掉 --{field} · hint: add the date --{day}, or leave \
         --{field} out"
    )]
    WithoutDay {
        /// What was given.
        field: &'static str,
        /// The day that it belongs to.
        day: &'static str,
    },
    /// A word that the form does not have.
    #[error("`{field}` 不能写 `{word}` · `{field}` cannot be `{word}`")]
    UnknownWord {
        /// The field.
        field: &'static str,
        /// What was given.
        word: String,
    },
    /// The guarantor is not named, or not clearly.
    #[error(
        "本案在册的保证人有 {0} 位,请写明是哪一位 · the loan has {0} guarantors on record, name one \
         of them\n  提示:--guarantor 写编号、姓名或第几位 · hint: --guarantor takes the number, the name \
         or the place in the list"
    )]
    WhichGuarantor(usize),
    /// A field that the form needs.
    #[error("缺少 `{0}` · `{0}` is missing")]
    Missing(&'static str),
    /// What is most likely a slip.
    #[error("{0}")]
    Doubt(String),
    /// The books could not be read or written.
    #[error(transparent)]
    Books(#[from] BooksError),
}

/// What staff say for a stage.
fn stage_said(stage: &str) -> &str {
    let known = STAGES_SAID.iter().find(|it| it.0 == stage);
    known.map_or("", |it| it.1)
}

/// A day on which something can have happened: from one day on, and not after today.
pub(crate) fn possible(day: Date, from: Date, today: Date) -> Result<(), LegalError> {
    if today < day {
        return Err(LegalError::NotYet { day, today });
    }
    within(day, from, today)
}

/// A day that was set, and may lie ahead.
pub(crate) fn within(day: Date, from: Date, to: Date) -> Result<(), LegalError> {
    if day < from || to < day {
        return Err(LegalError::ImpossibleDay { day, from, to });
    }
    Ok(())
}

/// A date as the tables hold it.
pub(crate) fn parse(text: &str) -> Result<Date, BooksError> {
    text.parse().map_err(|_| {
        BooksError(
            "法务簿中的日期无法识别 · a date in the legal books cannot be read"
                .to_owned(),
        )
    })
}
