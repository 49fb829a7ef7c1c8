//! The words of `_test.lua` files (测试用词), for editors and the reference page.

use domain::manifest::{Text, text};

/// Name, type and meaning of everything that `t` can do.
pub(crate) const TEST_WORDS: &[(&str, &str, Text)] = &[
    ("case", "fun(spec: table): any", text("新建一个案件", "makes a case")),
    (
        "settings",
        "fun(values: table)",
        text("本测试里设置项另取的值", "gives settings other values in this test"),
    ),
    (
        "enrol",
        "fun(c: any, workflow?: string)",
        text("纳入流程", "opens a workflow on it"),
    ),
    ("advance", "fun(span: Span)", text("让时间过去", "lets time pass")),
    ("pay", "fun(c: any, amount: integer)", text("还款", "books a payment")),
    (
        "reverse_last_payment",
        "fun(c: any)",
        text("冲正最近一笔还款", "takes back the last payment"),
    ),
    ("promise", "fun(c: any, promise: table)", text("承诺还款", "makes a promise")),
    (
        "event",
        "fun(c: any, kind: string, fields?: table)",
        text("发生一个事件", "an event happens"),
    ),
    (
        "clock_act",
        "fun(c: any, act: string, guarantor?: number)",
        text(
            "今天登记一项期限事项,如 debtor_sued、suit_withdrawn、guarantor_demanded",
            "an act about the clocks is entered today: debtor_sued, suit_withdrawn, guarantor_demanded",
        ),
    ),
    ("report_call", "fun(...)", text("登记电话结果", "reports how a call went")),
    ("report_visit", "fun(...)", text("登记上门结果", "reports how a visit went")),
    ("approve", "fun(...)", text("第二人批准", "a second person approves")),
    (
        "guard",
        "fun(bounds?: table)",
        text(
            "让把关起作用:times、at_least、visits_per_collector,以及 book_stale_after(此后几个工作日没有银行文件就不催收)",
            "puts the guard to work: times, at_least, visits_per_collector, and book_stale_after (workdays from then on without a bank's file after which nobody is dunned)",
        ),
    ),
    ("bank_file", "fun()", text("收到银行文件", "a file of the bank comes in")),
    ("let_go", "fun()", text("放行把关扣下的", "a person lets go what the guard holds")),
    ("today", "fun(): Day", text("测试里的今天", "today in the test")),
    (
        "expect_sent",
        "fun(verb: string, what?: string|table)",
        text("应已发出", "it must have been sent"),
    ),
    (
        "expect_nothing_sent",
        "fun()",
        text("不应再有发出", "nothing more may have been sent"),
    ),
    (
        "expect_refused",
        "fun(verb: string, rule: string)",
        text("应被拒绝", "a rule must have refused it"),
    ),
    (
        "expect_held",
        "fun(verb: string, count?: integer)",
        text("应被扣下", "it must be held"),
    ),
    (
        "expect_stage",
        "fun(c: any, stage: string)",
        text("应在环节", "it must be in the stage"),
    ),
    (
        "expect_finished",
        "fun(reason: string, c?: any)",
        text("应已结束", "it must be finished"),
    ),
    (
        "expect_workflow",
        "fun(c: any, workflow: string)",
        text("应在流程", "the workflow must be open"),
    ),
    (
        "expect_no_workflow",
        "fun(c: any, workflow: string)",
        text("不应进入流程", "the workflow must never have opened"),
    ),
    ("expect_waiting", "fun(c: any)", text("应在等待", "it must be waiting")),
    (
        "expect_task",
        "fun(kind: string, whose?: { by: string|OfRole })",
        text("应有待办", "a task must be open"),
    ),
    (
        "expect_no_task",
        "fun(kind: string)",
        text("不应有待办", "no such task may be open"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_test_runner_is_listed() {
        let wanted: Vec<&str> = crate::testing::words().collect();
        let listed: Vec<&str> = TEST_WORDS.iter().map(|word| word.0).collect();
        assert_eq!(listed, wanted);
    }
}
