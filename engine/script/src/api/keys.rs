//! The keys of `workflow`, `stage` and `enrol` (声明的项), with what they say.

use domain::manifest::{Text, text};

/// One key of a declaration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// The name.
    pub(crate) name: &'static str,
    /// As it is written.
    pub(crate) example: &'static str,
    /// What it says.
    pub(crate) doc: Text,
}

const fn key(
    name: &'static str,
    example: &'static str,
    zh: &'static str,
    en: &'static str,
) -> Key {
    Key { name, example, doc: text(zh, en) }
}

/// The keys of `workflow "…" { … }`.
pub(crate) const WORKFLOW: [Key; 6] = [
    key(
        "title",
        "title = { zh = \"逾期提醒\", en = \"Reminder\" }",
        "给人看的名称",
        "the name that people read",
    ),
    key(
        "lane",
        "lane = \"contact\"",
        "哪条线:一笔贷款在一条线上同时只有一个流程",
        "the lane: a loan is in one open workflow of a lane at most",
    ),
    key("start", "start = \"first_sms\"", "第一个环节", "the stage entered first"),
    key(
        "enrol",
        "enrol = { days_past_due = { 1, 30 } }",
        "哪些案件自动进来;不写就只能由 become、start 或人工转入",
        "which cases come in by themselves; without it only by `become`, `start` or by hand",
    ),
    key(
        "settings",
        "settings = { first_wait = 3 * workdays }",
        "可由 settings.toml 修改的设置项,脚本里写 setting.first_wait",
        "what settings.toml may override; a script reads `setting.first_wait`",
    ),
    key(
        "keeps_clocks",
        "keeps_clocks = true",
        "投诉等暂停期间照常运行:只记账、看期限,不联系客户",
        "goes on under a hold: it keeps books and deadlines and contacts nobody",
    ),
];

/// The keys of one setting that is more than its default.
pub(crate) const SETTING: [Key; 4] = [
    key(
        "min",
        "first_wait = { 3 * days, min = 1 * days }",
        "settings.toml 里最少能写多少;第一项是默认值;也可写本流程另一项的名字:min = \"visit_within\"",
        "the least that settings.toml may say; the first item is the default; it may name another setting of the workflow: min = \"visit_within\"",
    ),
    key(
        "max",
        "max = 10 * days",
        "最多能写多少,也可写另一项的名字",
        "the most that it may say, or the name of another setting",
    ),
    key(
        "unit",
        "unit = \"days\"",
        "只能用的单位;数字则说明它数的是什么:days、workdays、hours、yuan、per_mille、times",
        "the only unit; of a number, what it counts: days, workdays, hours, yuan, per_mille, times",
    ),
    key(
        "title",
        "title = { zh = \"消息之后几天打电话\", en = \"First call after the message\" }",
        "给人看的名称",
        "the name that people read",
    ),
];

/// The keys of `enrol`, besides the fields of the case marked for it.
pub(crate) const ENROL: [Key; 2] = [
    key(
        "on",
        "on = { \"payment\", \"payment_confirmed\" }",
        "发生这些事件时进来,每发生一次算一次",
        "the events on which a case comes in, each time one happens",
    ),
    key(
        "where",
        "where = function(case, event) return event.amount > yuan(100) end",
        "最后由函数决定要不要;event 是带它进来的事件,没有 on 时为 nil",
        "a function decides in the end; `event` is what brings it in, nil without `on`",
    ),
];

/// The keys of `stage "…" { … }`, besides verbs and `on_EVENT`.
pub(crate) const STAGE: [Key; 7] = [
    key(
        "title",
        "title = { zh = \"首次电话\", en = \"First call\" }",
        "给人看的名称",
        "the name that people read",
    ),
    key(
        "enter",
        "enter = function(case) … end",
        "进入环节时做什么;写了它,下面四项就不能再写",
        "what is done on entering; with it none of the next four may stand",
    ),
    key(
        "wait",
        "wait = 3 * workdays",
        "不写函数的环节:等多久",
        "a stage without a function: how long it waits",
    ),
    key("next", "next = \"visit\"", "然后进入哪个环节", "the stage that follows"),
    key("finish", "finish = \"done\"", "或者就此结束", "or it ends here"),
    key(
        "become",
        "become = \"visit\"",
        "或者转入另一个流程",
        "or another workflow takes over",
    ),
    key(
        "moved_from",
        "moved_from = { \"old_name\" }",
        "接管旧环节里的案件,不再执行 enter",
        "takes over the cases of stages of an old name, without `enter`",
    ),
];

/// The names of some keys, for suggestions.
pub(crate) fn names(keys: &[Key]) -> Vec<&'static str> {
    keys.iter().map(|key| key.name).collect()
}
