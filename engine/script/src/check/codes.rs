//! Every kind of finding (检查项), with its code, its weight and its page.

use domain::manifest::{Text, text};

use crate::finding::Severity;

/// One kind of finding.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// `W003`.
    pub code: &'static str,
    /// How bad it is as a rule; a finding can be milder.
    pub severity: Severity,
    /// What is wrong, in a few words.
    pub title: Text,
    /// The page that `qingshou explain` shows, Chinese first.
    pub page: &'static str,
}

macro_rules! codes {
    ($($name:ident $code:literal $severity:ident $zh:literal $en:literal;)*) => {
        $(#[doc = $en] pub const $name: &str = $code;)*

        /// Every code, in order.
        pub const CODES: &[Code] = &[$(Code {
            code: $code,
            severity: Severity::$severity,
            title: text($zh, $en),
            page: include_str!(concat!("../../pages/", $code, ".md")),
        }),*];
    };
}

codes! {
    SYNTAX "W001" Error "语法错误" "syntax error";
    FULL_WIDTH "W002" Error "全角标点或中文出现在代码里" "full-width punctuation or Chinese in code";
    NO_STAGE "W003" Error "没有这个环节" "no such stage";
    NO_WORKFLOW "W004" Error "没有这个流程" "no such workflow";
    NO_NAME "W005" Error "没有这个动作或名字" "no such verb or name";
    NOT_HERE "W006" Error "脚本里不能用" "not available in scripts";
    NO_ARGUMENT "W007" Error "动作没有这个参数" "no such argument";
    ARGUMENT_MISSING "W008" Error "缺少参数" "an argument is missing";
    WRONG_TYPE "W009" Error "参数类型不对" "wrong type of value";
    NO_TEMPLATE "W010" Error "没有这个模板" "no such template";
    NO_EVENT "W011" Error "没有这个事件" "no such event";
    NO_FIELD "W012" Error "没有这个字段" "no such field";
    NO_SETTING "W013" Error "没有这个设置项" "no such setting";
    NOT_RETURNED "W014" Error "决定前面缺少 return" "a decision without return";
    GLOBAL_WRITTEN "W015" Error "给全局名字赋值" "assignment to a global";
    LOST_VALUE "W016" Error "函数里改了文件级变量" "a file-level local changed in a function";
    UNREACHABLE "W017" Error "到不了的环节" "unreachable stage";
    NO_WAY_OUT "W018" Error "出不去的环节" "a stage with no way out";
    OVERLAP "W019" Error "同一条线的两个流程纳入条件重叠" "two workflows of one lane overlap";
    CIRCLE "W020" Error "环节反复循环而不等待" "a circle of stages without a wait";
    REFUSAL_OPEN "W021" Warning "指令可能被拒而没有说明怎么办" "a refusal is not answered";
    TITLE_MISSING "W022" Warning "缺少标题" "a title is missing";
    FIRST_LINE "W023" Warning "第一行不是中文说明" "the first line is no Chinese comment";
    SECOND_WORKFLOW "W024" Error "一个文件里有两个流程" "more than one workflow in a file";
    STAGE_TWICE "W025" Error "环节重复" "a stage stands twice";
    WORKFLOW_TWICE "W026" Error "两个文件里有同名流程" "two workflows of one name";
    SETTING_UNUSED "W027" Warning "设置项没有用到" "a setting is not used";
    TEST_MISSING "W028" Warning "缺少测试文件" "the test file is missing";
    WORKFLOW_MISSING "W029" Error "文件里没有流程" "no workflow in the file";
    WRONG_LANE "W030" Error "流程的线不对" "the workflow is of the wrong lane";
    NO_KEY "W031" Error "没有这个键" "no such key";
    KEY_MISSING "W032" Error "缺少必要的键" "a required key is missing";
    MOVED_CLASH "W033" Error "moved_from 有冲突" "`moved_from` clashes";
    ENROL_CONDITION "W034" Error "纳入条件不能用" "a condition that cannot be searched";
    TOO_DEEP "W035" Error "嵌套太深" "nested too deep";
    ENDS_OPEN "W036" Error "enter 可能没有决定就结束" "enter can end without a decision";
    READ_ONLY "W037" Error "只能读,不能改" "it can only be read";
    NO_WORD "W038" Error "没有这个词" "no such word";
    BARE_AMOUNT "W039" Warning "金额没有写单位" "an amount without its unit";
    FOREIGN "W040" Error "别的语言的写法" "written as in another language";
    UNIT "W041" Error "时长或金额的写法不对" "a duration or amount is written wrongly";
    CLOCKS_ONLY "W042" Error "守期限的流程发出催收" "a workflow that keeps clocks demands payment";
    NO_ORDER "W043" Error "逐个取出的次序不定" "walked through in no certain order";
    SAME_FOR_ALL "W044" Error "总是成立或永远不成立的比较" "a comparison that always or never holds";
    KEY_TWICE "W045" Error "键重复" "a key stands twice";
    NO_FOLDER "W050" Error "流程文件夹不能用" "the folder of workflows cannot be used";
    NOT_UTF8 "W051" Error "文件不是 UTF-8 编码" "the file is not UTF-8";
    TOO_LARGE "W052" Error "文件太大" "the file is too large";
    UNREADABLE "W053" Error "文件读不了" "the file cannot be read";
    RAISED "W054" Error "载入时出错" "an error while loading";
    LIMIT "W055" Error "脚本用得太多而被停止" "the script was stopped at a limit";
    SETTINGS_FILE "W056" Error "settings.toml 有问题" "settings.toml is not right";
    SETTING_RANGE "W057" Error "设置值超出范围" "a setting out of its range";
    MISNAMED "W059" Warning "文件名不对,没有读" "a file under a wrong name, which is not read";
    TEST_FAILED "W070" Error "测试没有通过" "a test failed";
    STAGE_HELD "W080" Error "还有案件的环节不见了" "a stage that holds cases is gone";
    WORKFLOW_HELD "W081" Error "还有案件的流程不见了" "a workflow that holds cases is gone";
}

/// The page of a code, Chinese first, then English; `None` for an unknown
/// code. Case does not matter.
///
/// # Example
///
/// ```
/// use script::check::explain;
///
/// assert!(explain("w003").is_some());
/// assert!(explain("W999").is_none());
/// ```
pub fn explain(code: &str) -> Option<&'static str> {
    CODES.iter().find(|it| it.code.eq_ignore_ascii_case(code)).map(|code| code.page)
}

/// How bad a code is as a rule.
pub(crate) fn severity(code: &str) -> Severity {
    CODES.iter().find(|it| it.code == code).map_or(Severity::Error, |it| it.severity)
}
