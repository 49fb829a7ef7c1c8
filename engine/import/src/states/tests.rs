//! What banks write beside payments that failed or were taken back (交易状态的测试).

use super::super::events::EventList;
use super::super::feed::of_text;
use super::*;

/// The codes of the rows that were rejected: of a payment with this cell under this
/// header, beside one that is sound.
fn codes(
    header: &str,
    cell: &str,
    kind: Option<&str>,
    only: &[&str],
) -> Vec<&'static str> {
    let (column, word) = kind.map_or(("", ""), |it| (",交易类型", it));
    let comma = if column.is_empty() { "" } else { "," };
    let list = format!(
        "流水号,交易日期,贷款账号,交易金额,{header}{column}\n1,2026-11-29,QS-1,100,{cell}{comma}{word}\n"
    );
    let options = Options {
        kind: kind.is_none().then(|| "payment".to_owned()),
        only: only.iter().map(|it| it.parse().unwrap()).collect(),
        ..Options::default()
    };
    let sifted =
        of_text::<EventList>(&list, &options).unwrap_or_else(|error| panic!("{error}"));
    sifted.rejected.iter().map(|it| it.1.code).collect()
}

fn assert_codes(table: &[(&str, &str, &[&str])]) {
    for (header, cell, wanted) in table {
        for kind in [None, Some("批量扣款"), Some("还款")] {
            assert_eq!(
                codes(header, cell, kind, &[]),
                *wanted,
                "{header} {cell} {kind:?}"
            );
        }
    }
}

#[test]
fn a_payment_that_did_not_come_about_is_not_booked_whatever_column_says_so() {
    let failed: &[&str] = &["R044"];
    assert_codes(&[
        ("交易状态", "失败", failed),
        ("状态", "失败", failed),
        ("状态(成功/失败)", "扣款失败", failed),
        ("处理结果", "交易失败", failed),
        ("扣款结果", "未成功", failed),
        ("扣款状态", "余额不足", failed),
        ("处理状态", "处理中", failed),
        ("处理状态", "待处理", failed),
        ("处理标志", "失败", failed),
        ("状态", "异常", failed),
        ("返回信息", "账户余额不足", failed),
        ("返回信息", "E1234 账户已销户", failed),
        ("失败原因", "余额不足", failed),
        ("错误描述", "卡号不符", failed),
        ("有效标志", "无效", failed),
        ("resp_code", "05 余额不足", failed),
        ("交易状态", "2-失败", failed),
        ("是否成功", "否", failed),
        ("成功标志", "N", failed),
        ("是否入账", "0", failed),
        ("备注", "扣款失败", failed),
        ("结果", "失败", failed),
        ("status", "FAILED", failed),
        ("Transaction status", "pending", failed),
        ("成败", "失败", failed),
        ("交易成败", "败", failed),
        ("审核状态", "审核拒绝", failed),
        ("复核状态", "未复核", failed),
        ("审批状态", "待审批", failed),
        ("授权状态", "未授权", failed),
        ("核对结果", "不符", failed),
        ("对账结果", "不平", failed),
        ("审核结果", "不通过", failed),
        ("交易状态", "非成功", failed),
        ("交易状态", "没有成功", failed),
        ("交易状态", "success=false", failed),
        ("备注", "拒付", failed),
        ("备注", "没扣到", failed),
        ("备注", "此笔已于11月20日冲正勿入账", failed),
        ("备注", "扣款失败请改日来柜面", failed),
        ("失败原因", "已销户", failed),
        ("实扣金额", "0.00", failed),
    ]);
}

#[test]
fn a_payment_that_came_in_in_part_is_a_question() {
    let asked: &[&str] = &["R045"];
    assert_codes(&[
        ("实扣金额", "20.00", asked),
        ("扣款成功金额", "99.99", asked),
        ("失败金额", "80", asked),
        ("实扣金额", "100.00", &[]),
        ("实扣金额", "", &[]),
        // A receipt for the principal and the interest of another row.
        ("实收金额", "120", &[]),
        ("失败金额", "0.00", &[]),
    ]);
}

#[test]
fn a_payment_that_was_taken_back_is_not_booked_whatever_column_says_so() {
    let back: &[&str] = &["R044"];
    assert_codes(&[
        ("交易状态", "已冲正", back),
        ("状态", "已撤销", back),
        ("冲正标志", "已冲正", back),
        ("冲正标志", "1", back),
        ("是否冲正", "是", back),
        ("是否被冲正", "Y", back),
        ("红蓝字", "红字", back),
        ("红蓝字标志", "红", back),
        ("冲销标志", "1", back),
        ("抹账标志", "Y", back),
        ("作废标志", "true", back),
        ("冲正流水号", "88012", back),
        ("冲正日期", "2026-11-29", back),
        ("退款金额", "100.00", back),
        ("摘要", "冲正", back),
        ("摘要", "退票", back),
        ("reversed", "yes", back),
        ("交易标志", "冲正", back),
        ("交易性质", "反交易冲销", back),
        ("反交易标志", "1", back),
        ("交易备注", "已冲正", back),
        ("退汇标志", "1", back),
        ("是否退汇", "是", back),
        ("撤单标志", "是", back),
        ("拒付标志", "1", back),
        ("错账标志", "1", back),
        ("冲正标志", "1-是", back),
        ("备注", "退汇", back),
        ("备注", "已冲", back),
        ("备注", "撤单", back),
        ("备注", "错账", back),
        ("备注", "误入账", back),
        ("备注", "此笔作废", back),
        ("备注", "存款冲正", back),
        ("备注", "退回存款账户", back),
    ]);
}

#[test]
fn money_that_went_out_is_no_payment() {
    assert_codes_with_kinds("借贷标志", "借", &["R046"]);
    assert_codes_with_kinds("借贷方向", "D", &["R046"]);
    assert_codes_with_kinds("收付标志", "付", &["R046"]);
    assert_codes_with_kinds("资金流向", "转出", &["R046"]);
    assert_codes_with_kinds("借贷标志", "3", &["R045"]);
    assert_codes_with_kinds("借贷标志", "贷", &[]);
    for word in ["C-贷方", "贷方(C)", "2-贷"] {
        assert_codes_with_kinds("借贷标志", word, &[]);
    }
    assert_codes_with_kinds("借贷标志", "D-借方", &["R046"]);
    assert_codes_with_kinds("借贷标志", "", &[]);
    // The side on which the balance stands.
    assert_codes_with_kinds("余额方向", "借", &[]);
    let own_account = codes("借贷标志", "借", Some("还款"), &["借贷标志=借"]);
    assert!(own_account.is_empty(), "a person has said which is meant");
}

fn assert_codes_with_kinds(header: &str, cell: &str, wanted: &[&str]) {
    assert_eq!(codes(header, cell, Some("还款"), &[]), wanted, "{header} {cell}");
}

#[test]
fn a_payment_that_came_about_is_booked() {
    let sound: &[&str] = &[];
    assert_codes(&[
        ("交易状态", "成功", sound),
        ("交易状态", "交易成功", sound),
        ("交易状态", "正常", sound),
        ("交易状态", "0-正常", sound),
        ("交易状态", "S:成功", sound),
        ("resp_code", "00", sound),
        ("交易状态", "", sound),
        ("状态", "已入账", sound),
        ("状态", "SUCCESS", sound),
        ("状态", "逾期", sound),
        ("状态", "结清", sound),
        ("处理结果", "处理成功", sound),
        ("扣款结果", "扣款成功", sound),
        ("返回码", "0000", sound),
        ("返回码", "AAAAAAA", sound),
        ("返回信息", "交易成功", sound),
        ("失败原因", "", sound),
        ("失败原因", "无", sound),
        ("错误码", "0", sound),
        ("冲正标志", "0", sound),
        ("冲正标志", "未冲正", sound),
        ("冲正标志", "正常", sound),
        ("是否冲正", "否", sound),
        ("冲正日期", "", sound),
        ("冲正日期", "1900-01-01", sound),
        ("退款金额", "0.00", sound),
        ("红蓝字", "蓝字", sound),
        ("抹账标志", "N", sound),
        ("有效标志", "有效", sound),
        ("有效标志", "1", sound),
        ("交易状态", "正常入账", sound),
        ("状态", "审核通过", sound),
        ("状态", "已核对", sound),
        ("代扣标志", "N", sound),
        ("扣款标志", "0", sound),
        ("备注", "不足额还款", sound),
        ("备注", "待核对", sound),
        ("摘要", "还款", sound),
        ("摘要", "柜面还款", sound),
        ("摘要", "归还利息", sound),
        ("摘要", "转账", sound),
        ("摘要", "罚息", sound),
        ("备注", "客户上午扣款失败，下午来柜面以现金还清", sound),
        ("还款状态", "正常还款", sound),
        ("还款状态", "按期", sound),
    ]);
}

#[test]
fn words_that_hold_those_of_a_failure_and_speak_of_other_things_refuse_nothing() {
    let sound: &[&str] = &[];
    assert_codes(&[
        ("备注", "已退休", sound),
        ("备注", "已退伍", sound),
        ("备注", "取消短信提醒", sound),
        ("备注", "旧折作废", sound),
        ("备注", "收据作废重开", sound),
        ("备注", "保险退款还贷", sound),
        ("备注", "存款冲销贷款", sound),
        ("备注", "工资冲账", sound),
        ("备注", "已撤回起诉", sound),
        ("备注", "取消担保人", sound),
        ("备注", "代扣失败改柜面还", sound),
        ("备注", "卡余额不足付现金", sound),
        ("付款人信息", "已退休", sound),
        ("还款人情况", "已退休", sound),
        ("异常情况", "无异常", sound),
        ("错误信息", "无错误", sound),
        ("错误信息", "无误", sound),
        ("交易状态", "无异常", sound),
        ("返回码", "0", sound),
        ("状态", "销户", sound),
        ("状态", "结清销户", sound),
        ("还款状态", "未到期", sound),
        ("交易状态", "已过账", sound),
        ("还款状态", "关闭", sound),
        ("交易状态", "关闭", &["R044"]),
        ("返回信息", "账户已关闭", &["R044"]),
    ]);
}

#[test]
fn a_flag_of_reversals_may_say_that_there_was_none() {
    let words = [
        "正",
        "未冲",
        "正账",
        "1-正常",
        "0-未冲正",
        "N-正常",
        "正常(0)",
        "普通交易",
        "未冲补",
        "非冲正",
        "0-否",
    ];
    for word in words {
        assert_codes(&[("冲正标志", word, &[])]);
    }
    let days = [
        "1900-01-01 00:00:00",
        "0001-01-01-00.00.00.000000",
        "9999-12-31 23:59:59",
        "1970-01-01",
        "2999-12-31",
    ];
    for day in days {
        assert_codes(&[("冲正日期", day, &[])]);
    }
    assert_codes(&[
        ("红蓝字", "黑字", &[]),
        ("退款账号", "99000001", &[]),
        ("退款路径", "原路", &[]),
        ("撤销截止时间", "2026-12-31", &[]),
        ("冲正标志", "A", &["R045"]),
        ("冲正时间", "2026-11-29 08:10:00", &["R044"]),
        ("冲正流水号", "00012345", &["R044"]),
        ("冲正流水号", "00000000", &[]),
    ]);
    let chosen = codes("冲正标志", "A", Some("还款"), &["冲正标志=A"]);
    assert!(chosen.is_empty(), "a person has said that it was not taken back");
    let chosen = codes("异常标志", "A", Some("还款"), &["异常标志=A"]);
    assert!(chosen.is_empty(), "a person has said that nothing went wrong");
    let back = codes("冲正标志", "已冲正", Some("还款"), &["冲正标志=已冲正"]);
    assert_eq!(back, ["R044"]);
}

#[test]
fn a_payment_at_the_counter_waits_for_no_answer_of_another_bank() {
    for word in ["柜面还款", "现金还款", "手机银行还款"] {
        assert!(codes("扣款状态", "", Some(word), &[]).is_empty(), "{word}");
    }
    for word in ["还款", "批量扣款"] {
        assert_eq!(codes("扣款状态", "", Some(word), &[]), ["R045"], "{word}");
    }
}

#[test]
fn a_column_about_the_loan_or_the_paper_says_nothing_of_a_payment() {
    let headers = [
        "贷款状态",
        "账户状态",
        "客户状态",
        "合同状态",
        "打印标志",
        "五级分类",
        "币种代码",
        "有效期",
        "交易渠道",
        "凭证号",
        "客户信息",
        "失败次数",
        "债权撤销日",
        "网点代码",
        "可冲正标志",
        "业务品种",
    ];
    for header in headers {
        assert_eq!(Tells::of(header), None, "{header}");
    }
    // What it is, in the bank's code.
    let codes_of_what = ["交易代码", "交易码", "业务标识", "交易性质", "交易标志"];
    for header in headers.into_iter().chain(codes_of_what) {
        for cell in ["3", "N", "4021"] {
            assert!(codes(header, cell, Some("还款"), &[]).is_empty(), "{header} {cell}");
        }
    }
}

#[test]
fn a_word_that_is_not_known_is_a_question() {
    let asked: &[&str] = &["R045"];
    assert_codes(&[
        ("交易状态", "3", asked),
        ("交易状态", "Z", asked),
        ("状态", "部分成功", asked),
        ("处理结果", "详见附表", asked),
        // A list that was made before the bank had answered.
        ("扣款结果", "", asked),
        ("返回码", "1017", asked),
        ("交易状态", "预授权成功", asked),
        ("交易状态", "提交成功", asked),
        ("交易状态", "发送成功", asked),
    ]);
    let chosen = codes("交易状态", "3", Some("还款"), &["交易状态=3"]);
    assert!(chosen.is_empty(), "a person has said which of them came about");
    let failed = codes("交易状态", "失败", Some("还款"), &["交易状态=失败"]);
    assert_eq!(failed, ["R044"]);
}

#[test]
fn with_a_kind_for_all_rows_the_banks_own_word_still_speaks() {
    let words = [
        ("冲正", "R044"),
        ("扣款失败", "R044"),
        ("放款", "R046"),
        ("贷款发放", "R046"),
        ("结息", "R046"),
        ("核销", "R046"),
        ("利息减免", "R046"),
        ("支取", "R046"),
    ];
    for (word, code) in words {
        for header in ["摘要", "业务摘要", "交易名称"] {
            assert_eq!(codes(header, word, None, &[]), [code], "{header} {word}");
        }
    }
    assert!(codes("摘要", "放款", Some("还款"), &[]).is_empty());
}

#[test]
fn a_reversal_and_a_schedule_are_not_what_such_columns_speak_of() {
    let rows = [
        ("冲正", "冲正标志", "1", true),
        ("冲正", "交易状态", "已冲正", true),
        ("冲正", "失败原因", "余额不足", true),
        ("冲正", "备注", "扣款失败", true),
        ("冲正", "交易状态", "失败", false),
        ("应还", "状态", "未还", true),
        ("应还", "还款状态", "未还", true),
        ("应还", "冲销标志", "1", false),
        ("放款", "借贷标志", "借", true),
        ("放款", "交易状态", "失败", false),
    ];
    for (kind, header, cell, good) in rows {
        let told = codes(header, cell, Some(kind), &[]);
        assert_eq!(told.is_empty(), good, "{kind} {header} {cell}: {told:?}");
    }
}
