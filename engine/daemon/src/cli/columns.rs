//! Columns of tables as people read them (表头): the names of CSV and JSON are for
//! programs, and those of a table on the screen for staff.

use domain::manifest::WorkColumn;
use domain::say::Lang;
use plugins_on::MANIFESTS;
use plugins_on::words;
use runtime::words::{
    BY, CHANNELS, CLAIMS, DIVIDED, GATEWAYS, GRADES, GUARANTEES, HOLDS, LINES, NOTES,
    PARTIES, PAYERS, POINT_STATES, ROLES, STATES, TASKS, VERBS, Words, YES,
};

const TITLES: &[(&str, &str)] = &[
    ("accrued_amount", "已计提"),
    ("active", "运行中"),
    ("address", "住址"),
    ("args", "内容"),
    ("as_of", "截至"),
    ("asked_by", "谁要送"),
    ("assignee", "承办人"),
    ("at_once", "同时几条"),
    ("balance_amount", "余额"),
    ("best_hours", "适宜时段"),
    ("other_phones", "其他号码"),
    ("booked_amount", "已计"),
    ("bound", "上限"),
    ("bucket", "逾期天数"),
    ("by", "谁"),
    ("case_id", "贷款编号"),
    ("channel", "渠道"),
    ("charged_amount", "应收"),
    ("claim_status", "债权"),
    ("code", "编号"),
    ("collected_amount", "回收金额"),
    ("collector", "信贷员"),
    ("contract_no", "合同编号"),
    ("cooling_amount", "冷静期内"),
    ("cost_amount", "费用"),
    ("counted", "今日计数"),
    ("covered_amount", "已收或减免"),
    ("days_left", "剩余天数"),
    ("days_past_due", "逾期天数"),
    ("deceased_on", "死亡日期"),
    ("divided_by", "分列依据"),
    ("due_on", "期限"),
    ("entry", "账目"),
    ("for_role", "由谁办"),
    ("from", "从"),
    ("gateway", "网关"),
    ("grade", "评定"),
    ("guarantee", "保证方式"),
    ("hash", "指纹"),
    ("held", "扣下"),
    ("holds", "暂停"),
    ("host", "主机"),
    ("in_hand", "在途"),
    ("interest_amount", "利息"),
    ("kind", "类别"),
    ("last_taken", "最近受理"),
    ("last_try", "最近一次"),
    ("last_words", "最近记要"),
    ("let_go", "已放行"),
    ("limitation_ends_on", "时效届满日"),
    ("line", "脚本行"),
    ("meaning", "含义"),
    ("line_kind", "种类"),
    ("loan", "贷款"),
    ("made_at", "时间"),
    ("max_dpd", "最高逾期天数"),
    ("month", "月份"),
    ("more_amount", "增减"),
    ("moved", "已搬走"),
    ("n_cases", "户数"),
    ("n_lines", "笔数"),
    ("n_payments", "笔数"),
    ("n_promises", "承诺数"),
    ("name", "姓名"),
    ("net_amount", "净额"),
    ("next_due_amount", "下期应还"),
    ("next_due_on", "下期到期"),
    ("not_before", "最早送出"),
    ("note", "说明"),
    ("obligors", "其他债务人"),
    ("on", "日期"),
    ("order", "指令"),
    ("overdue_amount", "逾期金额"),
    ("paid_amount", "已还金额"),
    ("part", "还的是"),
    ("payable_amount", "可发放"),
    ("payer", "付款人"),
    ("penalty_amount", "罚息"),
    ("per_second", "每秒几条"),
    ("person", "编号"),
    ("phone", "电话"),
    ("phone_state", "号码状态"),
    ("plugin", "插件"),
    ("principal_amount", "本金"),
    ("product", "产品"),
    ("promised_amount", "承诺金额"),
    ("reason", "原因"),
    ("release", "版本"),
    ("requested_by", "谁下达"),
    ("reward", "奖励"),
    ("role", "身份"),
    ("stages", "流程/环节"),
    ("state", "状态"),
    ("statement", "奖励单"),
    ("status", "状态"),
    ("suspended_for", "停下的原因"),
    ("taken_back_amount", "已追回"),
    ("taken_by", "谁认领"),
    ("task", "待办"),
    ("title", "要办的事"),
    ("to", "到"),
    ("to_sign", "批准的内容"),
    ("tried_amount", "试算"),
    ("usual", "平日"),
    ("verb", "动作"),
    ("village", "自然村"),
    ("waiting", "等待"),
    ("wechat_since", "微信同意日"),
    ("whom", "客户"),
];

/// The columns whose cells are words of a list.
const WORDS: &[(&str, Words)] = &[
    ("active", YES),
    ("by", BY),
    ("channel", VERBS),
    ("claim_status", CLAIMS),
    ("divided_by", DIVIDED),
    ("for_role", ROLES),
    ("gateway", GATEWAYS),
    ("grade", GRADES),
    ("holds", HOLDS),
    ("guarantee", GUARANTEES),
    ("kind", TASKS),
    ("line_kind", LINES),
    ("moved", YES),
    ("payer", PAYERS),
    ("phone_state", POINT_STATES),
    ("role", PARTIES),
    ("state", CHANNELS),
    ("status", STATES),
    ("suspended_for", HOLDS),
    ("verb", VERBS),
];

/// The head of a column.
pub(super) fn title(column: &'static str, lang: Lang) -> &'static str {
    let chinese = || {
        let known = TITLES.iter().find(|title| title.0 == column).map(|title| title.1);
        known.or_else(|| of_a_plugin(column).map(|it| it.zh))
    };
    match lang {
        Lang::Zh => chinese().unwrap_or(column),
        Lang::En => column,
    }
}

/// A column that the list of a plugin alone has.
fn of_a_plugin(column: &str) -> Option<&'static WorkColumn> {
    let lists = MANIFESTS.iter().filter_map(|plugin| plugin.work);
    lists.flat_map(|list| list.columns).find(|it| it.name == column)
}

/// The cell of a column of a plugin's list, with what staff say for it.
fn of_a_list(column: &str, cell: &str) -> String {
    let words = of_a_plugin(column).map(|it| it.said).unwrap_or_default();
    match words.iter().find(|word| word.0 == cell) {
        Some((word, said, _)) => format!("{word}({said})"),
        None => cell.to_owned(),
    }
}

/// A cell of a column.
pub(super) fn shown(column: &str, cell: &str, lang: Lang) -> String {
    if lang == Lang::En {
        return cell.to_owned();
    }
    match (WORDS.iter().find(|word| word.0 == column), column) {
        // Nobody types a yes: the word alone is enough.
        (Some(_), "active" | "moved") => YES.plain(cell, lang).to_owned(),
        (Some((_, words)), _) => words.listed(cell.split(',')),
        (None, "note") => noted(cell, lang),
        (None, "requested_by") => words::by(cell, lang),
        (None, "stages") => STANDS
            .iter()
            .fold(cell.to_owned(), |text, (code, said)| text.replace(code, said)),
        (None, _) => of_a_list(column, cell),
    }
}

/// How a workflow of a case stands, in the list of its stages.
const STANDS: &[(&str, &str)] = &[
    ("(suspended)", "(流程停办)"),
    ("(parked:lost_place)", "(挂起:版本里没有这个环节)"),
    ("(parked)", "(挂起)"),
    ("(frozen)", "(暂停)"),
    ("(runnable)", "(待运行)"),
];

/// What is noted of an order: a rule, a reason, or the receipt of who carried it out.
pub(crate) fn noted(note: &str, lang: Lang) -> String {
    let note = lang.half(note);
    match (note.split_once(':'), lang) {
        // The receipt of a task is a mark of the store, which nobody looks for.
        (Some(("task", _)), Lang::Zh) => "已列为待办".to_owned(),
        (Some(("task", _)), Lang::En) => "a task".to_owned(),
        (Some(("reward", number)), Lang::Zh) => format!("奖励 {number}"),
        (Some(("visit", number)), Lang::Zh) => format!("走访簿第 {number} 号"),
        (Some(("matter", number)), Lang::Zh) => format!("法务案件 {number}"),
        _ => NOTES.shown(&note, lang),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_table_has_chinese_heads_and_words_beside_those_to_type() {
        assert_eq!(title("days_past_due", Lang::Zh), "逾期天数");
        assert_eq!(title("days_past_due", Lang::En), "days_past_due");
        let cells = [
            ("status", "unknown", "unknown(结果不明)"),
            ("holds", "complaint,hardship", "complaint(投诉)、hardship(困难)"),
            ("holds", "", ""),
            ("claim_status", "dismissed", "dismissed(债权不成立或已消灭)"),
            ("kind", "own_kind", "own_kind"),
            ("village", "open", "open"),
            ("active", "true", "是"),
            ("state", "folder", "folder(写入文件夹)"),
            ("note", "reward:7", "奖励 7"),
            ("note", "plugin_off", "plugin_off(插件未启用)"),
            ("requested_by", "workflow:remind", "流程 remind"),
            ("stages", "remind/talk(suspended)", "remind/talk(流程停办)"),
        ];
        for (column, cell, wanted) in cells {
            assert_eq!(shown(column, cell, Lang::Zh), wanted);
            assert_eq!(shown(column, cell, Lang::En), cell);
        }
    }
}
