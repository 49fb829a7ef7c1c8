//! The rules of conduct by their ids (合规规则): what kind of rule it is, and the
//! rule itself as the pack in force has it.

use domain::hold::HoldReason;
use domain::party::Role;
use script::finding::Lang;
use toml::{Table, Value};

/// A kind of rule: the part of the id after the pack's prefix, where it stands
/// in the pack, under which key, and what it means.
struct Kind {
    name: &'static str,
    tables: &'static [(&'static str, &'static str)],
    zh: &'static str,
    en: &'static str,
}

const KINDS: &[Kind] = &[
    Kind {
        name: "window",
        tables: &[("contact_window", "id")],
        zh: "联络时段:时段之外不联络,指令等到时段开始再送出。",
        en: "Contact hours: nobody is contacted outside them, and an order waits for the next.",
    },
    Kind {
        name: "freq",
        tables: &[("max_attempts", "id")],
        zh: "联络频次:超过次数的不送出;不要换号码或渠道绕过,改日再办。",
        en: "Frequency: what goes beyond it does not leave. Do not go round it by another number or channel; try another day.",
    },
    Kind {
        name: "party",
        tables: &[("party_rule", "role")],
        zh: "对象:这一身份的人在什么条件下可以联络;没有规则的一律不联络。",
        en: "Who may be contacted: the conditions for a person of this role; without a rule nobody is.",
    },
    Kind {
        name: "point",
        tables: &[],
        zh: "号码、账号、地址:错号、本人拒绝的、已搬走的停用,不再用它联系任何人;查到新的用 `qingshou person` 登记。",
        en: "The number, account or address is out of use: wrong, refused, or moved away from. Enter another one with `qingshou person`.",
    },
    Kind {
        name: "hold",
        tables: &[("hold", "on")],
        zh: "暂停:投诉、争议、死亡等未了结之前停止催收,了结后自动恢复。",
        en: "A hold: demands stop until the complaint, dispute or other reason is settled, and go on by themselves afterwards.",
    },
    Kind {
        name: "forbidden",
        tables: &[("forbidden", "act")],
        zh: "一律禁止的做法,任何人都不能批准。",
        en: "Forbidden whatever the reason; nobody can approve it.",
    },
    Kind {
        name: "approval",
        tables: &[("approval", "action")],
        zh: "须由第二人批准:用 `qingshou approve`,申请人和本案信贷员不能自批。",
        en: "A second person has to approve it with `qingshou approve`; neither who asked nor the case's collector may.",
    },
    Kind {
        name: "conduct",
        tables: &[("conduct", "rule")],
        zh: "方式:用经批准的模板,上门不少于两人,等等。",
        en: "How it is done: approved wording, two people at a visit, and the like.",
    },
];

/// Ids that the review gives without a rule of their own in the pack.
const OWN: &[&str] = &[
    "window.never",
    "party.deceased",
    "party.unknown",
    "point.wrong",
    "point.refused",
    "point.moved",
    "approval.second_person",
    "conduct.approved_template",
    "conduct.min_collectors",
];

/// The page of a rule; `None` when no pack knows it.
pub(super) fn page(id: &str, packs: &[String], lang: Lang) -> Option<String> {
    let (prefix, rest) = id.split_once('.')?;
    let kind = KINDS
        .iter()
        .find(|kind| rest == kind.name || rest.starts_with(&format!("{}.", kind.name)))?;
    let mut blocks = vec![];
    let mut knows = false;
    for text in packs {
        let Ok(pack) = text.parse::<Table>() else { continue };
        if !jurisdiction(&pack).eq_ignore_ascii_case(prefix) {
            continue;
        }
        knows = true;
        // The pack of the site comes first, and the built-in one fills gaps.
        if !blocks.is_empty() {
            break;
        }
        let of_pack = kind.tables.iter();
        blocks.extend(of_pack.filter_map(|it| block(&pack, it, id, rest, lang)));
    }
    let named = rest.split_once('.').map_or("", |it| it.1);
    let given = OWN.contains(&rest)
        || (kind.name == "party" && Role::ALL.iter().any(|it| it.as_str() == named))
        || (kind.name == "hold"
            && HoldReason::ALL.iter().any(|it| it.pack_name() == named));
    if blocks.is_empty() && !(knows && given) {
        return None;
    }
    let rule = if blocks.is_empty() {
        String::new()
    } else {
        format!("\n```toml\n{}\n```\n", blocks.join("\n").trim_end())
    };
    let said = if lang == Lang::Zh { kind.zh } else { kind.en };
    Some(format!("# {id}\n\n{said}\n{rule}"))
}

fn jurisdiction(pack: &Table) -> &str {
    let head = pack.get("pack").and_then(Value::as_table);
    head.and_then(|head| head.get("jurisdiction")?.as_str()).unwrap_or("")
}

/// The rule as the pack has it, with the titles of its sources.
fn block(
    pack: &Table,
    (table, key): &(&str, &str),
    id: &str,
    rest: &str,
    lang: Lang,
) -> Option<String> {
    let rules = pack.get(*table)?.as_array()?;
    let rule = rules.iter().filter_map(Value::as_table).find(|rule| {
        let name = rule.get(*key).and_then(Value::as_str).unwrap_or("");
        name == id
            || rest.split_once('.').is_some_and(|it| it.1 == name.replace(':', "_"))
    })?;
    let written = toml::to_string(rule).ok()?;
    let sources = rule.get("source").and_then(Value::as_array).into_iter().flatten();
    let all = pack.get("source").and_then(Value::as_array);
    let title = |wanted: &Value| {
        let of = |it: &&Table| it.get("id") == Some(wanted);
        let source = all?.iter().filter_map(Value::as_table).find(of)?;
        let title = source.get("title")?.as_str()?;
        let said = |key: &str| said_of_source(source.get(key)?.as_str()?, lang);
        let more: Vec<&str> = ["force", "seen"].into_iter().filter_map(said).collect();
        Some(format!("# {title}({})\n", more.join(" · ")))
    };
    let titles: String = sources.filter_map(title).collect();
    let head = pack.get("pack").and_then(Value::as_table);
    let word = |key: &str| head.and_then(|head| head.get(key)?.as_str()).unwrap_or("");
    let of = format!("# {} {} {}", word("id"), word("version"), word("title"));
    Some(format!("{of}\n[[{table}]]\n{written}{titles}"))
}

/// How a source binds, and whether its text was read.
fn said_of_source(word: &str, lang: Lang) -> Option<&'static str> {
    let (_, zh, en) = SAID_OF_SOURCES.iter().find(|source| source.0 == word)?;
    Some(if lang == Lang::Zh { zh } else { en })
}

const SAID_OF_SOURCES: &[(&str, &str, &str)] = &[
    ("law", "法律", "law"),
    ("judicial_interpretation", "司法解释", "judicial interpretation"),
    ("regulation", "规章及监管规定", "regulation"),
    ("recommended_standard", "推荐性标准", "recommended standard"),
    ("self_regulatory", "行业自律", "self-regulation"),
    ("house_rule", "本机构规定", "a rule of the institution"),
    ("primary", "已读原文", "the text was read"),
    ("secondary", "未读原文,据转述", "by what others say of it"),
    ("memory", "未查证", "to be confirmed"),
    ("n/a", "没有外部文本", "there is no text"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn pack() -> Vec<String> {
        vec![include_str!("../../../../workflows/policies/cn-rcc.toml").to_owned()]
    }

    /// How a source stands on a page.
    fn source_line(pack: &Table, id: &str) -> String {
        let all = pack["source"].as_array().unwrap();
        let source = all.iter().find(|it| it["id"].as_str() == Some(id)).unwrap();
        let said =
            |key: &str| said_of_source(source[key].as_str().unwrap(), Lang::Zh).unwrap();
        let title = source["title"].as_str().unwrap();
        format!("# {title}({} · {})", said("force"), said("seen"))
    }

    #[test]
    fn every_source_says_how_it_binds_and_whether_it_was_read() {
        for word in ["law", "house_rule", "primary", "n/a"] {
            assert!(said_of_source(word, Lang::En).is_some(), "{word}");
        }
        assert!(said_of_source("hearsay", Lang::Zh).is_none());
    }

    #[test]
    fn every_rule_of_the_shipped_pack_has_a_page_with_its_source() {
        let packs = pack();
        let text: Table = packs[0].parse().unwrap();
        let mut count = 0;
        for kind in KINDS {
            for (table, key) in kind.tables {
                for rule in
                    text.get(*table).and_then(Value::as_array).into_iter().flatten()
                {
                    let Some(name) = rule.get(*key).and_then(Value::as_str) else {
                        continue;
                    };
                    let name = name.replace(':', "_");
                    let id = if name.starts_with("cn.") {
                        name
                    } else {
                        format!("cn.{}.{name}", kind.name)
                    };
                    let page = page(&id, &packs, Lang::Zh)
                        .unwrap_or_else(|| panic!("no page for {id}"));
                    assert!(page.contains("```toml"), "{id}");
                    // Whatever the pack says of a rule, people can read.
                    for key in rule.as_table().into_iter().flatten().map(|it| it.0) {
                        let ways = [format!("{key} = "), format!("[{key}]")];
                        assert!(ways.iter().any(|way| page.contains(way)), "{id}: {key}");
                    }
                    assert!(
                        page.contains("中国大陆 农村信用社"),
                        "{id}: the pack's title"
                    );
                    let source = rule.get("source").and_then(Value::as_array);
                    let source =
                        source.and_then(|source| source.first()?.as_str()).unwrap_or("");
                    let said = source_line(&text, source);
                    assert!(page.contains(&said), "{id}: {said}");
                    count += 1;
                }
            }
        }
        assert!(30 < count, "{count}");
    }

    #[test]
    fn rules_that_the_review_gives_by_itself_have_one_too() {
        for id in OWN {
            assert!(page(&format!("cn.{id}"), &pack(), Lang::En).is_some(), "{id}");
        }
        for role in Role::ALL {
            assert!(
                page(&format!("cn.party.{}", role.as_str()), &pack(), Lang::En).is_some()
            );
        }
        for reason in HoldReason::ALL {
            assert!(
                page(&format!("cn.hold.{}", reason.pack_name()), &pack(), Lang::En)
                    .is_some()
            );
        }
        for id in ["cn.party.nobody", "us.window", "cn.freq.dance", "cn", ""] {
            assert!(page(id, &pack(), Lang::Zh).is_none(), "{id}");
        }
    }
}
