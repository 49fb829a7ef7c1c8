//! What is on record, in words (记录的读法): labels in the reader's language and
//! amounts in yuan, where the record holds keys and fen.

use domain::money::Fen;
use domain::say::Lang;
use plugins_on::words::EVENTS;
use runtime::words::{
    CALLS, CAUSES, COMPLAINTS, ENTRIES, EVIDENCE, HOLDS, PARTIES, PAYERS, PERSON_MOVES,
    POINT_STATES, POINTS, REPLIES, ROLES, STATES, VISITS, Words,
};
use serde_json::{Map, Value};

/// Keys whose whole numbers are amounts in fen.
const IN_FEN: &[&str] = &[
    "amount",
    "claim",
    "promise",
    "paid",
    "balance",
    "overdue",
    "principal",
    "next_due_amount",
    "interest",
    "penalty",
    "cost",
];

/// Keys that say nothing to a person who reads the line they stand in.
const SILENT: &[&str] = &["v", "states", "states_balance", "key"];

/// What staff call the keys of a record, in the order in which they are read; a key
/// without a label stands for itself by its value.
const LABELS: &[(&str, &str, &str)] = &[
    ("entry", "记账", ""),
    ("amount", "金额", "amount"),
    ("parts", "其中", "of it"),
    ("principal", "本金", "principal"),
    ("interest", "利息", "interest"),
    ("penalty", "罚息", "penalty"),
    ("cost", "费用", "costs"),
    ("whose", "核实账目", "found out of entry"),
    ("payer", "付款人", "paid by"),
    ("on", "日期", "on"),
    ("receipt", "凭证号", "receipt"),
    ("confirmed", "已确认", "confirmed"),
    ("of", "原账目", "of entry"),
    ("number", "账目", "entry"),
    ("kind", "种类", "kind"),
    ("promise", "承诺金额", "promised"),
    ("due_on", "承诺还款日", "by"),
    ("evidence", "证据", "evidence"),
    ("place", "地点", "at"),
    ("call_result", "通话结果", "call"),
    ("order", "指令", "order"),
    ("outcome", "结果", "outcome"),
    ("collectors", "上门人", "visitors"),
    ("reported", "报告", "reported"),
    ("hold_placed", "暂停", "hold placed"),
    ("hold_lifted", "恢复", "hold lifted"),
    ("enrolled", "进入流程", "enrolled in"),
    ("withdrawn", "退出", "taken out of"),
    ("resumed", "恢复挂起的流程", "parked runs resumed"),
    ("now", "现为", "now"),
    ("task", "待办", "task"),
    ("served_on", "送达日", "served on"),
    ("claim", "诉讼请求", "claim"),
    ("court", "法院", "court"),
    ("reason", "理由", "reason"),
    ("template", "模板", "template"),
    ("script", "话术", "script"),
    ("text", "内容", "text"),
    ("rate", "千分比", "per mille"),
    ("title", "标题", "title"),
    ("before", "最迟", "before"),
    ("by", "办理人", "by"),
    ("to", "收件人", "to"),
    ("in_days", "天数", "in days"),
    ("registered", "挂号", "registered"),
    ("cause", "原因", "cause"),
    ("also", "涉及", "also"),
    ("about", "被投诉人", "about"),
    ("assigned", "改派给", "given to"),
    ("came_to", "是否属实", "came to"),
    ("remedy", "处理办法", "remedy"),
    ("task_taken", "认领待办", "task taken"),
    ("from", "原由", "from"),
    ("ends_with", "随何失效", "ends with"),
    ("person", "当事人", "person"),
    ("point", "联系方式", "contact point"),
    ("state", "状态", "state"),
    ("shown", "号码", "number"),
    ("given_by", "提供人", "given by"),
    ("revealed", "查看完整号码", "numbers read in full"),
    ("reply", "客户回复", "reply"),
    ("wrong_number", "号码是别人的", "wrong number"),
    ("role", "身份", "role"),
    ("party", "编号", "person no."),
    ("changed", "项目", "columns"),
];

/// Keys whose values are words of a list.
const WORDS: &[(&str, Words)] = &[
    ("entry", ENTRIES),
    ("evidence", EVIDENCE),
    ("call_result", CALLS),
    ("cause", CAUSES),
    ("came_to", COMPLAINTS),
    ("reported", EVENTS),
    ("hold_placed", HOLDS),
    ("hold_lifted", HOLDS),
    ("now", STATES),
    ("outcome", VISITS),
    // What a letter comes to.
    ("outcome", EVIDENCE),
    ("payer", PAYERS),
    ("person", PERSON_MOVES),
    ("point", POINTS),
    ("state", POINT_STATES),
    ("role", PARTIES),
    ("reply", REPLIES),
];

/// A record as a person reads it: `记账 payment(还款),金额 500.00 元`.
pub(crate) fn readable(record: &Value, lang: Lang) -> String {
    let Value::Object(map) = record else { return word(record, lang) };
    let shown = map.iter().filter(|(key, value)| {
        !SILENT.contains(&key.as_str()) && !value.is_null() && value.as_str() != Some("")
    });
    let place = |key: &str| LABELS.iter().position(|label| label.0 == key);
    let mut shown: Vec<_> = shown.collect();
    shown.sort_by_key(|(key, _)| place(key).unwrap_or(LABELS.len()));
    let parts: Vec<String> = shown
        .into_iter()
        .map(|(key, value)| {
            let said = format!("{} {}", label(key, lang), in_yuan(key, value, lang));
            said.trim_start().to_owned()
        })
        .collect();
    parts.join(if lang == Lang::Zh { "," } else { ", " })
}

/// Arguments of an order, which the store keeps as one JSON text.
pub(crate) fn readable_text(text: &str, lang: Lang) -> String {
    let map: Result<Map<String, Value>, _> = serde_json::from_str(text);
    map.map_or_else(|_| text.to_owned(), |map| readable(&Value::Object(map), lang))
}

/// A record for programs: its amounts in yuan as texts, as the lists have them.
pub(crate) fn with_yuan(record: Value) -> Value {
    match record {
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| {
                let fen = value.as_i64().filter(|_| IN_FEN.contains(&key.as_str()));
                let value = match fen {
                    Some(fen) => Value::from(Fen(fen).to_string()),
                    None => with_yuan(value),
                };
                (key, value)
            })
            .collect(),
        Value::Array(list) => list.into_iter().map(with_yuan).collect(),
        other => other,
    }
}

fn label(key: &str, lang: Lang) -> &str {
    let known = LABELS.iter().find(|(name, ..)| *name == key);
    known.map_or(key, |(_, zh, en)| if lang == Lang::Zh { zh } else { en })
}

fn in_yuan(key: &str, value: &Value, lang: Lang) -> String {
    match value.as_i64().filter(|_| IN_FEN.contains(&key)) {
        Some(fen) if lang == Lang::Zh => format!("{} 元", Fen(fen)),
        Some(fen) => format!("{} yuan", Fen(fen)),
        None => {
            let text = word(value, lang);
            let mut lists = WORDS.iter().filter(|list| list.0 == key);
            let list = lists.find(|list| list.1.said(&text).is_some());
            list.map_or(text.clone(), |list| list.1.shown(&text, lang))
        }
    }
}

fn word(value: &Value, lang: Lang) -> String {
    match value {
        Value::String(text) => lang.half(text),
        Value::Bool(true) => "✓".to_owned(),
        Value::Bool(false) => "✗".to_owned(),
        Value::Array(list) => {
            let words: Vec<String> = list.iter().map(|it| word(it, lang)).collect();
            words.join(if lang == Lang::Zh { "、" } else { ", " })
        }
        // Work for whoever has a role.
        Value::Object(map) if map.len() == 1 && map.contains_key("role") => {
            let role = map["role"].as_str().unwrap_or_default();
            ROLES.shown(role, lang)
        }
        Value::Object(map) if map.contains_key("principal") => consists_of(map, lang),
        other => other.to_string(),
    }
}

/// The parts of a sum that are something.
fn consists_of(parts: &Map<String, Value>, lang: Lang) -> String {
    let keys = ["principal", "interest", "penalty", "cost"];
    let said = keys.iter().filter_map(|key| {
        let part = parts.get(*key).filter(|part| part.as_i64() != Some(0))?;
        Some(format!("{} {}", label(key, lang), in_yuan(key, part, lang)))
    });
    said.collect::<Vec<_>>().join(if lang == Lang::Zh { "、" } else { " and " })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_is_read_in_yuan_and_words() {
        let paid = json!({
            "entry": "payment", "number": 41, "amount": 50_000, "on": "2026-03-02",
            "receipt": null, "confirmed": false,
        });
        assert_eq!(
            readable(&paid, Lang::Zh),
            "记账 payment(还款),金额 500.00 元,日期 2026-03-02,已确认 ✗,账目 41"
        );
        assert_eq!(
            readable(&paid, Lang::En),
            "payment, amount 500.00 yuan, on 2026-03-02, confirmed ✗, entry 41"
        );
        let divided = json!({
            "entry": "payment", "number": 41, "amount": 50_000, "payer": "guarantor",
            "parts": { "principal": 40_000, "interest": 10_000, "penalty": 0, "cost": 0 },
        });
        assert_eq!(
            readable(&divided, Lang::Zh),
            "记账 payment(还款),金额 500.00 元,其中 本金 400.00 元、利息 100.00 元,\
             付款人 guarantor(保证人),账目 41"
        );
        assert_eq!(
            readable(&divided, Lang::En),
            "payment, amount 500.00 yuan, of it principal 400.00 yuan and interest 100.00 \
             yuan, paid by guarantor, entry 41"
        );
        let visited = json!({
            "outcome": "notice_signed", "order": 9, "collectors": ["示例甲", "示例乙"],
            "on": "2026-03-02", "place": "村委会", "receipt": "T7", "evidence": "proved",
        });
        assert_eq!(
            readable(&visited, Lang::Zh),
            "日期 2026-03-02,凭证号 T7,证据 proved(有凭证),地点 村委会,指令 9,\
             结果 notice_signed(签收通知),上门人 示例甲、示例乙"
        );
        let served = json!({
            "outcome": "proved", "order": 9, "served_on": "2026-03-02",
            "evidence": "signed_receipt", "receipt": "T7",
        });
        assert_eq!(
            readable(&served, Lang::Zh),
            "凭证号 T7,证据 signed_receipt(签收回执),指令 9,结果 proved(有凭证),送达日 2026-03-02"
        );
        let called = json!({
            "call_result": "conversation", "order": 9, "cause": "short_of_cash",
        });
        assert_eq!(
            readable(&called, Lang::En),
            "call conversation, order 9, cause short_of_cash"
        );
        let text =
            readable_text("{\"claim\": 123456, \"court\": \"示例法院\"}", Lang::En);
        assert_eq!(text, "claim 1234.56 yuan, court 示例法院");
    }

    #[test]
    fn a_record_for_programs_has_amounts_as_the_lists_have_them() {
        let record = json!({
            "facts": { "balance": 91_200, "next_due_amount": null, "days_past_due": 8 },
            "booked": [{ "amount": -50, "order": 7 }],
        });
        let shown = json!({
            "facts": { "balance": "912.00", "next_due_amount": null, "days_past_due": 8 },
            "booked": [{ "amount": "-0.50", "order": 7 }],
        });
        assert_eq!(with_yuan(record), shown);
    }
}
