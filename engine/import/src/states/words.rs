//! The words that banks write for how a payment went (成功、失败、冲正).

use std::borrow::Cow;

/// What one cell says of its payment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Said {
    /// It came about.
    Good,
    /// Nothing.
    Nothing,
    /// It did not come about.
    Failed,
    /// It was taken back.
    TakenBack,
    /// The money went the other way.
    Out,
    /// It is something else.
    Other,
    /// A word that is not known.
    Unknown,
}

/// That it is not so.
const NIL: &[&str] = &[
    "否",
    "n",
    "no",
    "f",
    "false",
    "无",
    "没有",
    "不是",
    "非",
    "未",
    "普通",
    "正交易",
    "原始",
    "蓝字",
    "蓝",
    "b",
    "blue",
    "normal",
    "none",
    "null",
    "×",
    "☐",
    "□",
];

/// Nothing, or that it is not so.
pub(super) fn is_nil(word: &str) -> bool {
    let zeros = || word.chars().all(|c| c == '0' || "/:,".contains(c));
    NIL.contains(&word) || zeros()
}

/// What a flag of a reversal says of a row that stands.
const SOUND: &[&str] = &[
    "正",
    "正常",
    "正账",
    "正帐",
    "正常账",
    "正常帐",
    "正常交易",
    "普通交易",
    "一般交易",
    "有效",
    "黑",
    "黑字",
    "valid",
];

/// What a flag of a reversal says of one that does not.
const YES: &[&str] = &[
    "是", "y", "yes", "t", "true", "1", "有", "已", "√", "✓", "☑", "红", "反", "负",
    "冲", "red",
];

/// What the flag of a reversal says: 冲正标志, 红蓝字.
pub(super) fn flag(word: &str) -> Said {
    let bare = without_code(word);
    let is = |words: &[&str]| words.contains(&word) || words.contains(&bare);
    if is(SOUND) || is_nil(word) || is_nil(bare) {
        return Said::Nothing;
    }
    match state(word) {
        Said::Nothing => Said::Nothing,
        Said::TakenBack => Said::TakenBack,
        _ if is(YES) => Said::TakenBack,
        _ => Said::Unknown,
    }
}

/// What stands where the day, the number or the amount of a reversal would.
pub(super) fn trace(word: &str) -> Said {
    let none = SOUND.contains(&word) || is_nil(word) || state(word) == Said::Nothing;
    if none { Said::Nothing } else { Said::TakenBack }
}

/// Words that hold those of a reversal and deny it.
const NOT_BACK: &[&str] = &[
    "未冲正",
    "未冲销",
    "未抹账",
    "未抹帐",
    "未撤销",
    "未退回",
    "未退款",
    "未作废",
    "未红冲",
    "非冲正",
    "无冲正",
    "未被冲正",
    "未冲账",
    "未冲补",
    "未冲",
    "非冲",
    "notreversed",
    "notcancelled",
    "notcanceled",
];

/// What denies the word behind it: 未退汇, 非红冲.
const NOT: &[&str] = &["未被", "未", "非", "无", "没有", "没", "不是"];

/// Words that hold those of a failure and deny it.
const NOT_FAILED: &[&str] = &[
    "无异常",
    "未见异常",
    "未发现异常",
    "没有异常",
    "非异常",
    "无错误",
    "没有错误",
    "无差错",
    "无失败",
    "未失败",
    "无误",
    "noerror",
    "nofailure",
];

/// Of what was taken back.
const BACK: &[&str] = &[
    "冲正",
    "冲销",
    "冲账",
    "冲帐",
    "抹账",
    "抹帐",
    "红冲",
    "红字",
    "撤销",
    "撤消",
    "撤回",
    "退回",
    "退款",
    "退票",
    "退汇",
    "退单",
    "退件",
    "打回",
    "已退还",
    "回退",
    "撤单",
    "错账",
    "错帐",
    "误入账",
    "误入帐",
    "作废",
    "取消",
    "revers",
    "cancel",
    "void",
    "refund",
    "chargeback",
    "returned",
    "rolledback",
    "rollback",
];

/// Of what did not come about, or not yet.
const FAILED: &[&str] = &[
    "失败",
    "不成功",
    "未成功",
    "非成功",
    "没成功",
    "没有成功",
    "没扣",
    "扣不到",
    "拒付",
    "不通过",
    "未审",
    "未复核",
    "未授权",
    "不平",
    "未扣",
    "未入",
    "未记",
    "未到账",
    "未到帐",
    "款未到",
    "未处理",
    "未完成",
    "未还",
    "未付",
    "未收",
    "未支付",
    "未执行",
    "未返回",
    "未通过",
    "未生效",
    "不足",
    "拒绝",
    "被拒",
    "异常",
    "错误",
    "出错",
    "有误",
    "超时",
    "处理中",
    "进行中",
    "扣款中",
    "支付中",
    "在途",
    "挂起",
    "无效",
    "止付",
    "冻结",
    "销户",
    "不符",
    "不存在",
    "不允许",
    "不支持",
    "不一致",
    "关闭",
    "中断",
    "终止",
    "过期",
    "挂账",
    "超限",
    "fail",
    "error",
    "reject",
    "declin",
    "denied",
    "timeout",
    "timedout",
    "pending",
    "processing",
    "invalid",
    "insufficient",
    "unpaid",
    "unsuccess",
    "notsuccess",
    "incomplete",
    "expired",
    "abort",
    "closed",
];

/// Of what came about.
const GOOD: &[&str] = &[
    "已确认",
    "已核对",
    "已对账",
    "已登记",
    "已审核",
    "已交账",
    "已上账",
    "已销账",
    "已收取",
    "已收回",
    "已归还",
    "已偿还",
    "正常",
    "完成",
    "已完成",
    "交易完成",
    "处理完成",
    "完结",
    "办结",
    "有效",
    "通过",
    "已通过",
    "入账",
    "已入账",
    "入帐",
    "已入帐",
    "过账",
    "已过账",
    "过帐",
    "已过帐",
    "已记帐",
    "记账",
    "已记账",
    "到账",
    "已到账",
    "已扣",
    "已扣款",
    "已扣收",
    "全部扣款",
    "全额扣款",
    "全额",
    "足额扣款",
    "足额",
    "已收",
    "已收款",
    "已还",
    "已还款",
    "已还清",
    "还清",
    "结清",
    "已结清",
    "已处理",
    "处理完毕",
    "已复核",
    "已清算",
    "已支付",
    "已付款",
    "已付",
    "付讫",
    "收讫",
    "已收妥",
    "收妥",
    "已缴",
    "已缴款",
    "已核销成功",
    "是",
    "y",
    "yes",
    "t",
    "true",
    "ok",
    "s",
    "success",
    "succeed",
    "succeeded",
    "successful",
    "complete",
    "completed",
    "done",
    "posted",
    "settled",
    "paid",
    "approved",
    "accepted",
    "normal",
    "valid",
    "aaaaaaa",
    "√",
    "✓",
    "☑",
    "已生效",
    "生效",
    "正常还款",
    "提前还款",
    "逾期还款",
];

/// States of the loan, which stand beside its payments.
const OF_LOAN: &[&str] = &[
    "逾期",
    "未到期",
    "已到期",
    "到期",
    "呆滞",
    "呆账",
    "关注",
    "次级",
    "可疑",
    "损失",
    "不良",
    "未结清",
    "展期",
    "核销",
    "已核销",
    "表外",
    "诉讼",
    "已诉",
];

/// Steps of a payment that come before the money: 提交成功.
const STEPS: &[&str] = &[
    "提交",
    "发送",
    "受理",
    "预授权",
    "申请",
    "上传",
    "下发",
    "报送",
    "推送",
    "校验",
    "验证",
    "签约",
    "查询",
    "通讯",
    "通信",
    "接收",
    "排队",
    "导入",
];

/// What a word says of how a payment went.
pub(super) fn state(word: &str) -> Said {
    let (rest, denied) = without_denied(word);
    let rest = rest.trim_matches([',', ';', '/', '、', ':']);
    // `0-未冲正`: the code of what was denied.
    if rest.is_empty() || denied && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        return Said::Nothing;
    }
    let rest = without_code(rest);
    let has = |words: &[&str]| words.iter().any(|word| rest.contains(word));
    // 已退休 is no payment that was sent back.
    let whole = ["冲", "已冲", "抹", "已抹"].contains(&rest);
    if has(BACK) || whole || rest.ends_with("已退") {
        return Said::TakenBack;
    }
    let no = ["否", "败", "n", "no", "f", "false", "×", "x"].contains(&rest);
    let not_so = rest.contains("success") && rest.contains("false");
    if has(FAILED) || no || not_so || rest.starts_with('待') {
        return Said::Failed;
    }
    if OF_LOAN.contains(&rest) {
        return Said::Nothing;
    }
    let zeros = 2 <= rest.len() && rest.bytes().all(|byte| byte == b'0');
    // 部分成功 does not say how much.
    let part = rest.contains("部分") || rest.contains("partial");
    let sound = rest.contains("正常") && !rest.contains(['不', '非']);
    let good = GOOD.contains(&rest)
        || zeros
        || sound
        || rest.ends_with("完成")
        || rest.ends_with("通过")
        || succeeded(rest)
        || rest.contains("success");
    match (good && !part, denied) {
        (true, _) => Said::Good,
        (false, true) => Said::Nothing,
        (false, false) => Said::Unknown,
    }
}

/// A word without what denies a reversal or a failure, and whether anything was denied.
fn without_denied(word: &str) -> (Cow<'_, str>, bool) {
    let mut rest = Cow::Borrowed(word);
    for it in NOT_BACK.iter().chain(NOT_FAILED) {
        if rest.contains(it) {
            rest = Cow::Owned(rest.replace(it, ""));
        }
    }
    if NOT.iter().any(|it| rest.contains(it)) {
        for back in BACK.iter().filter(|it| !it.is_ascii() && word.contains(**it)) {
            for not in NOT {
                let denied = format!("{not}{back}");
                if rest.contains(&denied) {
                    rest = Cow::Owned(rest.replace(&denied, ""));
                }
            }
        }
    }
    let denied = matches!(rest, Cow::Owned(_));
    (rest, denied)
}

/// Whether the payment itself, and no step before it, is said to have succeeded.
fn succeeded(word: &str) -> bool {
    let mut places = word.match_indices("成功");
    places.any(|(at, it)| {
        let (before, after) = (&word[..at], &word[at + it.len()..]);
        !STEPS.iter().any(|step| before.ends_with(step) || after.starts_with(step))
    })
}

/// Whether a word is that of a loan after its last payment.
pub(super) fn ends_a_loan(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "销户",
        "已销户",
        "结清销户",
        "销户结清",
        "正常销户",
        "关闭",
        "已关闭",
        "正常关闭",
    ];
    WORDS.contains(&word)
}

/// What free words say of a payment: 还款情况.
pub(super) fn freely(word: &str) -> Said {
    match state(word) {
        Said::Unknown => Said::Nothing,
        Said::TakenBack if is_of_another_thing(word) => Said::Nothing,
        Said::Failed if came_otherwise(word) => Said::Nothing,
        known => known,
    }
}

/// What a note says of its row. 不足额, 待核对: whoever writes so of a payment has seen
/// the money.
pub(super) fn note(word: &str) -> Said {
    let failed = PLAIN_FAILURES.iter().any(|failure| word.contains(failure));
    match freely(word) {
        Said::Failed if !failed => Said::Nothing,
        known => known,
    }
}

/// Whether a note of any length says that its row must not be booked.
pub(super) fn forbids(word: &str) -> bool {
    ["勿入账", "勿入帐", "勿记账", "不要入账", "不得入账"]
        .iter()
        .any(|it| word.contains(it))
}

/// Words by which a note can mean nothing but that the money did not come.
const PLAIN_FAILURES: &[&str] = &[
    "失败",
    "成功",
    "余额不足",
    "未到账",
    "未入账",
    "未扣",
    "没扣",
    "扣不到",
    "拒付",
    "fail",
];

/// Whether what was taken back is something else than the payment: 收据作废, 取消短信提醒,
/// or money that the debtor got back and paid with: 保险退款还贷.
fn is_of_another_thing(word: &str) -> bool {
    const FIRMLY: &[&str] =
        &["冲正", "抹账", "抹帐", "红冲", "退汇", "撤单", "错账", "错帐", "误入"];
    const THINGS: &[&str] = &[
        "短信",
        "提醒",
        "折",
        "收据",
        "凭证",
        "发票",
        "回单",
        "单据",
        "退票费",
        "起诉",
        "诉讼",
        "立案",
        "仲裁",
        "担保",
        "抵押",
        "质押",
        "合同",
        "协议",
        "签约",
        "预约",
    ];
    const SOURCES: &[&str] =
        &["保险", "公积金", "存款", "工资", "养老", "补贴", "保证金", "社保", "医保"];
    const SET_OFF: &[&str] = &["退款", "冲销", "冲账", "冲帐"];
    let has = |words: &[&str]| words.iter().any(|it| word.contains(it));
    let paid_with = SET_OFF.iter().any(|it| {
        let before = word.split_once(it).map(|it| it.0);
        before.is_some_and(|before| SOURCES.iter().any(|source| before.contains(source)))
    });
    !has(FIRMLY) && (has(THINGS) || paid_with)
}

/// Whether the money came in another way after a failure: 代扣失败改柜面还.
fn came_otherwise(word: &str) -> bool {
    const CAME: &[&str] = &[
        "柜面", "柜台", "现金", "付现", "补缴", "补扣", "补还", "补交", "还清", "已还",
        "已收", "后还",
    ];
    const TO_COME: &[&str] = &["请", "待", "需", "将", "再", "通知", "未", "没"];
    let behind = PLAIN_FAILURES
        .iter()
        .filter_map(|failure| word.split_once(failure))
        .map(|it| it.1);
    let behind = behind.min_by_key(|it| it.len()).unwrap_or_default();
    let has = |words: &[&str]| words.iter().any(|word| behind.contains(word));
    has(CAME) && !has(TO_COME)
}

/// `0-正常`, `S:成功`, `正常(00)`: the word that stands beside the bank's code.
fn without_code(text: &str) -> &str {
    let code = |it: char| it.is_ascii_alphanumeric() || ":|/,".contains(it);
    let word = text.trim_matches(code);
    if word.is_empty() || word.is_ascii() { text } else { word }
}

/// As a loan's account is kept: what comes in is on its credit side.
pub(super) fn direction(word: &str) -> Said {
    const IN: &[&str] = &[
        "贷", "贷方", "c", "cr", "credit", "收", "收入", "收款", "入", "转入", "存入",
        "in", "流入", "进", "进账", "入账", "income", "贷记",
    ];
    const OUT: &[&str] = &[
        "借", "借方", "d", "dr", "debit", "付", "支", "支出", "付款", "出", "转出",
        "支取", "out", "流出", "出账", "放款", "发放", "expense", "借记",
    ];
    // `C-贷方`, `贷方(C)`
    let bare = without_code(word);
    let is = |words: &[&str]| words.contains(&word) || words.contains(&bare);
    if is(IN) {
        Said::Good
    } else if is(OUT) {
        Said::Out
    } else {
        Said::Unknown
    }
}
