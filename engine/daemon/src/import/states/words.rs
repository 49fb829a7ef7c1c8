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

/// 冲正日期 of what was never taken back.
const NO_DAYS: &[&str] = &["19000101", "1900/1/1", "1900/01/01", "00010101", "99991231"];

/// Nothing, or that it is not so.
pub(super) fn is_nil(word: &str) -> bool {
    let zeros = || word.chars().all(|it| it == '0' || "/:,".contains(it));
    NIL.contains(&word) || NO_DAYS.contains(&word) || zeros()
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
    "notreversed",
    "notcancelled",
    "notcanceled",
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
    "已退",
    "回退",
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
    "未扣",
    "未入",
    "未记",
    "未到",
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
    "记账",
    "已记账",
    "到账",
    "已到账",
    "已扣",
    "已扣款",
    "已扣收",
    "全部扣款",
    "全额扣款",
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

/// What a word says of how a payment went.
pub(super) fn state(word: &str) -> Said {
    let mut rest = Cow::Borrowed(word);
    for it in NOT_BACK {
        if rest.contains(it) {
            rest = Cow::Owned(rest.replace(it, ""));
        }
    }
    let rest = rest.trim_matches([',', ';', '/', '、', ':']);
    if rest.is_empty() {
        return Said::Nothing;
    }
    let rest = without_code(rest);
    let has = |words: &[&str]| words.iter().any(|it| rest.contains(it));
    if has(BACK) {
        return Said::TakenBack;
    }
    let no = ["否", "n", "no", "f", "false", "×", "x"].contains(&rest);
    if has(FAILED) || no || rest.starts_with('待') {
        return Said::Failed;
    }
    if OF_LOAN.contains(&rest) {
        return Said::Nothing;
    }
    let zeros = 2 <= rest.len() && rest.bytes().all(|it| it == b'0');
    // 部分成功 does not say how much.
    let part = rest.contains("部分") || rest.contains("partial");
    let sound = rest.contains("正常") && !rest.contains(['不', '非']);
    let good = GOOD.contains(&rest)
        || zeros
        || sound
        || rest.ends_with("完成")
        || rest.ends_with("通过")
        || rest.contains("成功")
        || rest.contains("success");
    if good && !part { Said::Good } else { Said::Unknown }
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
    match word {
        _ if IN.contains(&word) => Said::Good,
        _ if OUT.contains(&word) => Said::Out,
        _ => Said::Unknown,
    }
}
