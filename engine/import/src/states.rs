//! What other columns say of a payment (交易状态、冲正标志、借贷标志): whether it came
//! about, whether it was taken back, and which way the money went.
//!
//! A list of payments names those that failed too (批量代扣), and only these columns
//! tell them apart.

mod words;

use domain::ledger::EntryKind;
use domain::money::Fen;
use domain::say::Say;

use super::Options;
use super::brackets::stem;
use super::cells;
use super::days;
use super::fault::RowFault;
use super::headers::{Columns, squeeze};
use super::kinds::{self, Kind};
use super::rejects;
use super::table::Row;
use words::{Said, direction, is_nil, state};

/// What a column tells of a payment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Tells {
    /// How it went: 交易状态, 处理结果, 返回信息.
    State,
    /// How it went, in a list that was made before it was known: 扣款结果.
    Outcome,
    /// In free words: 扣款情况, 还款状态.
    Loosely,
    /// Why it failed: 失败原因.
    Failure,
    /// That it was taken back: 冲正标志, 红蓝字.
    TakenBack,
    /// What is left of taking it back: 冲正日期, 冲正流水号, 退款金额.
    Trace,
    /// How much of it came in: 实扣金额.
    Came,
    /// That it counts: 有效标志, 是否成功.
    Valid,
    /// Which way the money went: 借贷标志.
    Direction,
    /// What it is, in the bank's own words: 摘要.
    Word,
}

/// A column that is asked about every row of money.
#[derive(Clone, Debug)]
struct Asked {
    at: usize,
    header: String,
    /// The header without brackets.
    name: String,
    /// Whether in a schedule it speaks of the item.
    of_item: bool,
    tells: Tells,
    /// `--where` has chosen among its values.
    chosen: bool,
}

/// The columns of a list that speak for or against its payments.
#[derive(Clone, Debug, Default)]
pub(crate) struct States(Vec<Asked>);

impl States {
    /// Finds the columns; with `--kind` the bank's own words are asked as well.
    pub(crate) fn of(columns: &Columns, options: &Options) -> Self {
        let noted = ["note", "outcome"].into_iter().filter_map(|it| columns.place(it));
        let mut asked = Vec::new();
        for at in columns.others.iter().copied().chain(noted) {
            let header = columns.header_at(at);
            if rejects::is_own_column(&header) {
                continue;
            }
            let tells = Tells::of(&header)
                .or_else(|| (columns.place("note") == Some(at)).then_some(Tells::Word));
            let Some(tells) = tells else { continue };
            let same = |it: &str| squeeze(it) == squeeze(&header);
            let chosen = options.only.iter().any(|it| same(&it.column));
            let name = stem(&header);
            let of_item = of_any_item(&name);
            asked.push(Asked { at, header, name, of_item, tells, chosen });
        }
        Self(asked)
    }

    /// Refuses a row of money that did not come about, was taken back, or went the
    /// other way; and one of which that cannot be told. `word` is the list's own for
    /// its kind.
    pub(crate) fn look(
        &self,
        row: &Row,
        kind: &Kind,
        word: &str,
        said: bool,
    ) -> Result<(), RowFault> {
        let Kind::Money(money) = kind else { return Ok(()) };
        let (mut good, mut unsaid) = (false, None);
        for asked in &self.0 {
            let cell = row.plain(asked.at);
            let found = asked.says(&cell, said);
            good |= found == Said::Good;
            if cell.is_empty() && asked.tells == Tells::Outcome && !asked.chosen {
                unsaid = unsaid.or(Some(asked));
            }
            if let Some(fault) = asked.against(found, *money) {
                return Err(fault.of_column(&asked.header));
            }
        }
        match unsaid {
            Some(asked)
                if !good
                    && *money == EntryKind::Payment
                    && !self.is_by_hand(row, word) =>
            {
                Err(not_said().of_column(&asked.header))
            }
            _ => Ok(()),
        }
    }

    /// Whether a payment was made by the debtor and not fetched, so that no answer of
    /// another bank is waited for.
    fn is_by_hand(&self, row: &Row, word: &str) -> bool {
        const WAYS: &[&str] = &[
            "柜面",
            "柜台",
            "现金",
            "上门",
            "自助",
            "手机银行",
            "网银",
            "微信",
            "支付宝",
            "扫码",
            "刷卡",
            "主动",
        ];
        let by_hand = |text: &str| WAYS.iter().any(|way| text.contains(way));
        let mut noted = self.0.iter().filter(|it| it.tells == Tells::Word);
        by_hand(word) || noted.any(|it| by_hand(&row.plain(it.at)))
    }

    /// Refuses a payment of which less came in than its amount: 金额 500, 实扣金额 120.
    pub(crate) fn in_full(
        &self,
        columns: &Columns,
        row: &Row,
        amount: Fen,
    ) -> Result<(), RowFault> {
        for asked in self.0.iter().filter(|it| it.tells == Tells::Came) {
            match columns.amount_at(row, asked.at) {
                Some(Fen(0)) => return Err(failed().of_column(&asked.header)),
                Some(came) if came < amount => {
                    let fault = in_part(columns.header("amount"), &asked.header);
                    return Err(fault.of_column(&asked.header));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Asked {
    /// What a cell says, in the light of its header.
    fn says(&self, cell: &str, said: bool) -> Said {
        let (word, name) = (word_of(cell), &self.name);
        let state = ["状态", "status"].iter().any(|it| name.ends_with(it));
        let of_loan = state && self.of_item && words::ends_a_loan(&word);
        // A bare nought is what most systems answer under 返回码.
        let code = ["码", "code"].iter().any(|it| name.ends_with(it));
        let answer = code && self.tells == Tells::State && !name.contains("状态");
        // 00012345 is a number there, and no day.
        let numbers = ["号", "号码", "流水", "no", "number"];
        let numbered = self.tells == Tells::Trace
            && numbers.iter().any(|number| name.ends_with(number));
        if of_loan || answer && word == "0" {
            Said::Nothing
        } else if numbered && !cells::says_nothing(cell) {
            words::trace(&word)
        } else {
            self.tells.says(cell, &word, said)
        }
    }

    /// What of that speaks against booking a line of this kind.
    fn against(&self, found: Said, money: EntryKind) -> Option<RowFault> {
        let payment = money == EntryKind::Payment;
        let paid = payment || money == EntryKind::Waiver;
        // A schedule says of its items whether they were paid: 状态 未还. A reversal
        // may name what went wrong before it.
        let of_payment = match self.tells {
            Tells::Loosely | Tells::Outcome | Tells::Word | Tells::Direction => true,
            Tells::Failure => money == EntryKind::Reversal,
            Tells::State
            | Tells::TakenBack
            | Tells::Trace
            | Tells::Came
            | Tells::Valid => false,
        };
        let of_item = money != EntryKind::Reversal && self.of_item;
        if !paid && (of_payment || of_item) {
            return None;
        }
        match found {
            Said::Good | Said::Nothing => None,
            Said::Failed => Some(failed()),
            // A reversal is what takes a payment back.
            Said::TakenBack if money == EntryKind::Reversal => None,
            Said::TakenBack => Some(taken_back()),
            Said::Out => (payment && !self.chosen).then(|| out(&self.header)),
            Said::Other => payment.then(other),
            Said::Unknown if !paid || self.chosen => None,
            Said::Unknown => Some(match self.tells {
                Tells::Direction => which_way(&self.header),
                Tells::TakenBack => perhaps_taken_back(&self.header),
                _ => unknown(&self.header),
            }),
        }
    }
}

/// What is done to a payment, in headers.
const BACK: &[&str] = &[
    "冲正",
    "冲销",
    "冲账",
    "冲帐",
    "抹账",
    "抹帐",
    "红冲",
    "红字",
    "红蓝",
    "撤销",
    "撤消",
    "作废",
    "退款",
    "退回",
    "退票",
    "退汇",
    "退单",
    "退件",
    "撤单",
    "拒付",
    "错账",
    "错帐",
    "误入账",
    "回退",
    "无效",
    "反交易",
    "反冲",
    "冲补",
    "负交易",
    "revers",
    "cancel",
    "void",
    "refund",
    "chargeback",
    "invalid",
];

/// What in a header of a reversal says how it would be done, or where the money would
/// go: 退款账号, 撤销截止时间.
const HOW: &[&str] = &[
    "账号",
    "帐号",
    "账户",
    "帐户",
    "户名",
    "卡号",
    "开户",
    "路径",
    "渠道",
    "方式",
    "截止",
    "期限",
    "有效期",
    "条件",
    "规则",
    "权限",
    "account",
    "channel",
    "deadline",
];

/// What is left of a reversal, at the end of a header.
const TRACES: &[&str] = &[
    "号",
    "号码",
    "流水",
    "日",
    "日期",
    "时间",
    "金额",
    "原因",
    "说明",
    "柜员",
    "操作员",
    "人",
    "date",
    "time",
    "amount",
    "id",
    "no",
    "number",
    "reason",
    "at",
    "on",
    "by",
];

/// How much of a payment came in.
const CAME: &[&str] = &[
    "实扣金额",
    "实扣",
    "实还金额",
    "实收金额",
    "实付金额",
    "实际金额",
    "实际扣款金额",
    "实际扣收金额",
    "实际还款金额",
    "实际入账金额",
    "实际到账金额",
    "扣款成功金额",
    "成功金额",
    "入账金额",
    "到账金额",
    "actualamount",
    "deductedamount",
];

/// Steps by which a bank checks its own bookings.
const CHECKS: &[&str] = &["审核", "复核", "审批", "授权", "核对", "对账", "对帐"];

/// What a flag says that counts: 是否入账, 成功标志.
const COUNTS: &[&str] =
    &["有效", "成功", "入账", "入帐", "到账", "到帐", "记账", "valid", "success"];

/// Columns with the bank's own words for a row.
const WORDS: &[&str] = &[
    "摘要",
    "附言",
    "用途",
    "交易名称",
    "业务名称",
    "交易种类",
    "业务种类",
    "交易类别",
    "业务类别",
    "交易描述",
    "交易说明",
    "备注",
    "summary",
    "remark",
    "memo",
];

/// Words that make a header one of a transaction, and not of the loan, the
/// customer, or the paper.
const TRANSACTION: &[&str] = &[
    "交易",
    "扣款",
    "代扣",
    "批扣",
    "划扣",
    "扣划",
    "扣收",
    "扣缴",
    "扣还",
    "处理",
    "入账",
    "入帐",
    "记账",
    "记帐",
    "还款",
    "回款",
    "收款",
    "付款",
    "支付",
    "缴款",
    "划款",
    "转账",
    "流水",
    "业务",
    "清算",
    "返回",
    "响应",
    "应答",
    "受理",
    "批量",
    "到账",
    "到帐",
    "回盘",
    "回执",
    "transaction",
    "txn",
    "trans",
    "trx",
    "pay",
    "deduct",
    "debit",
    "process",
    "posting",
    "booking",
    "return",
    "response",
];

/// Those of a request that somebody else has still to answer.
const REQUESTED: &[&str] =
    &["扣款", "代扣", "批扣", "划扣", "扣划", "扣收", "扣缴", "扣还", "回盘", "deduct"];

/// What a header of a state ends with.
const ENDS: &[&str] = &[
    "状态",
    "状态码",
    "状态标志",
    "状态描述",
    "状态说明",
    "结果",
    "结果码",
    "结果描述",
    "结果说明",
    "标志",
    "标识",
    "标记",
    "信息",
    "描述",
    "码",
    "代码",
    "码描述",
    "消息",
    "性质",
    "属性",
    "status",
    "state",
    "result",
    "flag",
    "code",
    "msg",
    "message",
    "desc",
    "info",
    "statuscode",
    "resultcode",
    "statusdesc",
];

impl Tells {
    /// What the column under a header tells; `None` where it is about other things.
    pub(crate) fn of(header: &str) -> Option<Self> {
        let name = stem(header);
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        if is_direction(&name) {
            return Some(Self::Direction);
        }
        // 可冲正: what can be done to it. 原冲正流水: what the row itself takes back.
        let of_another = name.starts_with(['原', '被']) && name.ends_with('号');
        if of_another || has(&["可冲", "可撤", "可退", "允许", "债权", "诉"]) {
            return None;
        }
        if CAME.contains(&name.as_str()) {
            return Some(Self::Came);
        }
        if has(BACK) {
            let trace = TRACES.iter().any(|trace| name.ends_with(trace));
            let tells = if trace { Self::Trace } else { Self::TakenBack };
            return (!has(HOW)).then_some(tells);
        }
        if has(&["失败", "错误", "出错", "异常", "差错", "fail", "error"]) {
            let counted = has(&["次数", "笔数", "金额"]) && !name.ends_with("失败金额");
            return (!counted).then_some(Self::Failure);
        }
        let flag =
            has(&["标志", "标识", "标记", "是否", "flag"]) || name.starts_with("is");
        let whole = |words: &[&str]| words.contains(&name.as_str());
        if has(COUNTS) && flag || whole(&["有效", "成功", "valid", "success"]) {
            return Some(Self::Valid);
        }
        if has(WORDS) {
            return Some(Self::Word);
        }
        let ends = ENDS.iter().filter_map(|end| name.strip_suffix(end));
        match ends.min_by_key(|end| end.len()) {
            Some("") => (!names_a_code(&name)).then_some(Self::State),
            // 付款人信息: of a person.
            Some(stem) if stem.ends_with('人') => None,
            Some(stem) if CHECKS.contains(&stem) => Some(Self::Loosely),
            Some("还款") => Some(Self::Loosely),
            // 交易代码 and 业务标志 name what it is, and seldom how it went.
            Some(stem) if names_a_code(&name) && !answers(&name, stem) => {
                TRANSACTION.iter().any(|it| stem.contains(it)).then_some(Self::Loosely)
            }
            Some(stem)
                if answers(&name, stem)
                    && !REQUESTED.iter().any(|it| stem.contains(it)) =>
            {
                Some(Self::State)
            }
            Some(stem) if REQUESTED.iter().any(|it| stem.contains(it)) => {
                Some(Self::Outcome)
            }
            Some(stem) if TRANSACTION.iter().any(|it| stem.contains(it)) => {
                Some(Self::State)
            }
            None if name.ends_with("成败") => Some(Self::State),
            None if name.ends_with("人情况") => None,
            None if name.ends_with("情况") && has(TRANSACTION) => Some(Self::Loosely),
            Some(_) | None => None,
        }
    }

    /// What a cell says; with `--kind` a word for another kind speaks against it.
    fn says(self, cell: &str, word: &str, said: bool) -> Said {
        if cells::says_nothing(cell) || word.is_empty() {
            return Said::Nothing;
        }
        match self {
            Self::Came => Said::Nothing,
            Self::State | Self::Outcome => state(word),
            // A letter alone is a code of the bank's.
            Self::Loosely if word.len() < 2 => Said::Nothing,
            Self::Loosely => words::freely(word),
            Self::Failure if is_nil(word) || days::is_filler(cell) => Said::Nothing,
            Self::Failure => match state(word) {
                Said::Good => Said::Nothing,
                known => known,
            },
            Self::TakenBack | Self::Trace if days::is_filler(cell) => Said::Nothing,
            Self::TakenBack => words::flag(word),
            Self::Trace => words::trace(word),
            Self::Valid => match word {
                "1" => Said::Good,
                _ if is_nil(word) => Said::Failed,
                _ => state(word),
            },
            Self::Direction => direction(word),
            Self::Word => of_word(cell, word, said),
        }
    }
}

/// A cell as it is compared: small letters, without blanks and signs.
fn word_of(cell: &str) -> String {
    let sign = |it: &char| it.is_whitespace() || "[]【】()_-.。!".contains(*it);
    cell.chars().filter(|c| !sign(c)).flat_map(char::to_lowercase).collect()
}

/// Bare 状态: in a schedule it is that of the item.
fn of_any_item(name: &str) -> bool {
    let named = TRANSACTION.iter().chain(BACK).any(|it| name.contains(it));
    !named || name.starts_with("还款")
}

/// 交易代码, 业务标识.
fn names_a_code(name: &str) -> bool {
    const ENDS: &[&str] = &[
        "码", "标识", "标记", "标志", "描述", "信息", "消息", "性质", "属性", "code",
        "desc", "info", "flag", "msg", "message",
    ];
    let state = ["状态", "结果", "status", "result"].iter().any(|it| name.contains(it));
    !state && ENDS.iter().any(|end| name.ends_with(end))
}

/// 返回码, 处理信息, 响应描述: what the other side has answered. 代扣标志 says how it
/// was asked.
fn answers(name: &str, stem: &str) -> bool {
    const WORDS: &[&str] = &[
        "返回", "响应", "应答", "处理", "回盘", "回执", "受理", "扣款", "return",
        "response",
    ];
    let flag = ["标志", "标识", "标记", "性质", "属性", "flag"]
        .iter()
        .any(|it| name.ends_with(it));
    let answer = WORDS.iter().any(|word| stem.contains(word));
    !flag && (answer || ["ret", "rsp", "resp"].contains(&stem))
}

/// Whether a header, squeezed, is that of a column of which way money went.
pub(crate) fn is_direction(name: &str) -> bool {
    const WHOLE: &[&str] = &[
        "方向",
        "借/贷",
        "收/支",
        "收/付",
        "dr/cr",
        "d/c",
        "debit/credit",
        "debitcredit",
        "direction",
        "crdr",
        "cdflag",
    ];
    const WAYS: &[&str] =
        &["借贷", "收付", "收支", "进出", "进出账", "收入支出", "转入转出", "drcr", "dc"];
    const ENDS: &[&str] =
        &["", "标志", "标识", "标记", "别", "类型", "性质", "flag", "indicator"];
    let way = |way: &&str| {
        let behind = name.find(*way).map(|at| &name[at + way.len()..]);
        let whole = behind == Some("") && name != *way && way.is_ascii();
        behind.is_some_and(|it| ENDS.contains(&it)) && !whole
    };
    let whither = ["方向", "流向"].iter().find_map(|it| name.strip_suffix(it));
    let of = |it: &str| {
        ["资金", "交易", "发生", "借贷", "收付", "收支", "记账"]
            .iter()
            .any(|word| it.contains(word))
    };
    // The balance of a loan stands on the same side all the time.
    !name.contains("余额")
        && (WHOLE.contains(&name) || WAYS.iter().any(way) || whither.is_some_and(of))
}

/// Notes longer than this are sentences, which may speak of another payment.
const SHORT: usize = 10;

/// What the bank's own word for a row says, where all of it is short.
fn of_word(cell: &str, word: &str, said: bool) -> Said {
    let letters = word.chars().filter(|c| !c.is_ascii_digit()).count();
    let found = words::note(word);
    if letters <= SHORT && matches!(found, Said::Failed | Said::TakenBack) {
        return found;
    }
    if words::forbids(word) {
        return Said::Failed;
    }
    // Beside a column of kinds a note may name anything.
    if said && kinds::is_no_payment(cell) { Said::Other } else { Said::Nothing }
}

fn failed() -> RowFault {
    RowFault::new(
        "R044",
        Say::new(
            "这一列说明这笔没有成功,没有收到钱,没有入账;请删去此行,确已收到的请核实后把这一格改为`成功`",
            "this column says that the transaction did not come about, so nothing was booked; leave the row out, or write `success` here if the money did come in",
        ),
    )
}

fn taken_back() -> RowFault {
    RowFault::new(
        "R044",
        Say::new(
            "这一列说明这笔已被冲正或撤销,没有入账;请删去此行,此前已入账的请另写一行,类型为`冲正`",
            "this column says that the transaction was taken back, so nothing was booked; leave the row out, and write a `reversal` if it was booked before",
        ),
    )
}

fn unknown(header: &str) -> RowFault {
    RowFault::new(
        "R045",
        Say::new(
            format!(
                "看不出这笔是否成功,没有入账;确已收到的请把这一格改为`成功`,整列都是这个写法的请用 `--where {header}=写法` 只取成功的"
            ),
            format!(
                "it cannot be told whether the transaction came about, so nothing was booked; write `success` here if it did, or take those that did with `--where {header}=THEIR-WORD`"
            ),
        ),
    )
}

fn perhaps_taken_back(header: &str) -> RowFault {
    RowFault::new(
        "R045",
        Say::new(
            format!(
                "看不出这笔是否已被冲正或撤销,没有入账;没有的请把这一格改为`正常`,整列都是这个写法的请用 `--where {header}=写法` 只取有效的"
            ),
            format!(
                "it cannot be told whether the transaction was taken back, so nothing was booked; write `正常` here if it was not, or take those that stand with `--where {header}=THEIR-WORD`"
            ),
        ),
    )
}

fn which_way(header: &str) -> RowFault {
    RowFault::new(
        "R045",
        Say::new(
            format!(
                "看不出这笔是收还是付,没有入账;是收到的还款请把这一格改为`贷`,整列都是这个写法的请用 `--where {header}=写法` 只取收到的"
            ),
            format!(
                "it cannot be told which way the money went, so nothing was booked; write `C` here if it came in, or take what came in with `--where {header}=THEIR-WORD`"
            ),
        ),
    )
}

fn in_part(amount: &str, came: &str) -> RowFault {
    RowFault::new(
        "R045",
        Say::new(
            format!(
                "这一列少于 `{amount}` 列,看不出收到多少,没有入账;请把 `{amount}` 改为实际收到的,整份以这一列为准的请用 `--map {came}=amount`"
            ),
            format!(
                "the cell is less than `{amount}`, so it cannot be told how much came in, and nothing was booked; write into `{amount}` what came in, or take this column for all rows with `--map {came}=amount`"
            ),
        ),
    )
}

fn not_said() -> RowFault {
    RowFault::new(
        "R045",
        Say::new(
            "没有写明这笔是否成功,没有入账;确已收到的请填`成功`,没有收到的请删去此行",
            "it is not said whether the transaction came about, so nothing was booked; write `success` if it did, or leave the row out",
        ),
    )
}

fn out(header: &str) -> RowFault {
    RowFault::new(
        "R046",
        Say::new(
            format!(
                "这一列说明钱是付出去的,与还款不符,没有入账;这一列按客户的账户记、确为还款的,请用 `--where {header}=写法` 指明"
            ),
            format!(
                "this column says that the money went out, which no payment of a debtor does, so nothing was booked; if it is the debtor's own account and a payment, say so with `--where {header}=THEIR-WORD`"
            ),
        ),
    )
}

fn other() -> RowFault {
    RowFault::new(
        "R046",
        Say::new(
            "这一列说明这不是还款,与 `--kind` 不符,没有入账;请用 `--where` 只取还款,或用 `--map 列名=kind` 按这一列的写法入账",
            "this column says that the row is no payment, against `--kind`, so nothing was booked; take the payments alone with `--where`, or let this column say the kind with `--map THEIRS=kind`",
        ),
    )
}

#[cfg(test)]
mod tests;
