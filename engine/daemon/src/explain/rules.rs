//! The rules of conduct by their ids (合规规则): what kind of rule it is, and the
//! rule itself as the pack in force has it.

use domain::hold::HoldReason;
use domain::party::Role;
use domain::say::{Lang, Say, Text, text};
use toml::{Table, Value};

/// A kind of rule: the part of the id after the pack's prefix, where it stands
/// in the pack, under which key, what it is called and what it means.
struct Kind {
    name: &'static str,
    tables: &'static [(&'static str, &'static str)],
    title: Text,
    meaning: Text,
}

const KINDS: &[Kind] = &[
    Kind {
        name: "window",
        tables: &[("contact_window", "id")],
        title: text("联络时段", "contact hours"),
        meaning: text(
            "联络时段:时段之外不联络,指令等到时段开始再送出。",
            "Contact hours: nobody is contacted outside them, and an order waits for the next.",
        ),
    },
    Kind {
        name: "freq",
        tables: &[("max_attempts", "id"), ("cool_off", "id")],
        title: text("联络频次", "how often"),
        meaning: text(
            "联络频次:超过次数的不送出;不要换号码或渠道绕过,改日再办。",
            "Frequency: what goes beyond it does not leave. Do not go round it by another number or channel; try another day.",
        ),
    },
    Kind {
        name: "party",
        tables: &[("party_rule", "role")],
        title: text("对象", "who may be contacted"),
        meaning: text(
            "对象:这一身份的人在什么条件下可以联络;没有规则的一律不联络。",
            "Who may be contacted: the conditions for a person of this role; without a rule nobody is.",
        ),
    },
    Kind {
        name: "point",
        tables: &[],
        title: text("停用的号码和地址", "numbers and addresses out of use"),
        meaning: text(
            "号码、账号、地址:错号、本人拒绝的、已搬走的停用,不再用它联系任何人;查到新的用 `qingshou person` 登记。",
            "The number, account or address is out of use: wrong, refused, or moved away from. Enter another one with `qingshou person`.",
        ),
    },
    Kind {
        name: "hold",
        tables: &[("hold", "on")],
        title: text("暂停", "a hold"),
        meaning: text(
            "暂停:投诉、争议、死亡等未了结之前停止催收,了结后自动恢复。",
            "A hold: demands stop until the complaint, dispute or other reason is settled, and go on by themselves afterwards.",
        ),
    },
    Kind {
        name: "forbidden",
        tables: &[("forbidden", "act")],
        title: text("一律禁止", "forbidden"),
        meaning: text(
            "一律禁止的做法,任何人都不能批准。",
            "Forbidden whatever the reason; nobody can approve it.",
        ),
    },
    Kind {
        name: "approval",
        tables: &[("approval", "action")],
        title: text("须第二人批准", "a second person has to approve"),
        meaning: text(
            "须由第二人批准:用 `qingshou approve`,申请人和本案信贷员不能自批。",
            "A second person has to approve it with `qingshou approve`; neither who asked nor the case's collector may.",
        ),
    },
    Kind {
        name: "conduct",
        tables: &[("conduct", "rule")],
        title: text("方式", "how it is done"),
        meaning: text(
            "方式:用经批准的模板,上门不少于两人,等等。",
            "How it is done: approved wording, two people at a visit, and the like.",
        ),
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

/// Every rule of the packs and those that the review gives by itself, with what kind of
/// rule it is.
pub(super) fn all(packs: &[String]) -> Vec<(String, Say)> {
    let mut found: Vec<(String, Say)> = Vec::new();
    for pack in packs.iter().filter_map(|pack| pack.parse::<Table>().ok()) {
        let Some(prefix) = prefix(&pack) else { continue };
        for kind in KINDS {
            let of_pack = kind.tables.iter().flat_map(|(table, key)| {
                rules(&pack, table).filter_map(|rule| rule.get(*key)?.as_str())
            });
            let ids = of_pack.map(|name| id_of(&prefix, kind, name));
            let own = OWN.iter().filter(|it| is_of(kind, it));
            for id in ids.chain(own.map(|it| format!("{prefix}.{it}"))) {
                if found.iter().all(|it| it.0 != id) {
                    found.push((id, kind.title.owned()));
                }
            }
        }
    }
    found
}

/// The page of a rule; `None` when no pack knows it.
pub(super) fn page(id: &str, packs: &[String], lang: Lang) -> Option<String> {
    let packs: Vec<Table> = packs.iter().filter_map(|pack| pack.parse().ok()).collect();
    // The pack of the site comes first, and the built-in one fills gaps.
    let stated = packs.iter().find_map(|pack| stated(pack, id, lang));
    let (kind, rule) = match stated {
        Some((kind, rule)) => (kind, format!("\n```toml\n{}\n```\n", rule.trim_end())),
        None => (given(id, &packs)?, String::new()),
    };
    let (title, meaning) = (kind.title.of(lang), kind.meaning.of(lang));
    Some(format!("# {id} {title}\n\n{meaning}\n{rule}"))
}

/// The rule with this id as a pack has it, and of which kind it is: a pack may call its
/// rules as it likes.
fn stated(pack: &Table, id: &str, lang: Lang) -> Option<(&'static Kind, String)> {
    let prefix = prefix(pack)?;
    KINDS.iter().find_map(|kind| {
        let found: Vec<String> = kind
            .tables
            .iter()
            .filter_map(|(table, key)| {
                let is_it = |rule: &&Table| {
                    let name = rule.get(*key).and_then(Value::as_str);
                    name.is_some_and(|name| {
                        name == id || id_of(&prefix, kind, name).eq_ignore_ascii_case(id)
                    })
                };
                Some(written(pack, table, rules(pack, table).find(is_it)?, lang))
            })
            .collect();
        (!found.is_empty()).then(|| (kind, found.join("\n")))
    })
}

/// The kind of a rule that the review gives without one in the pack.
fn given(id: &str, packs: &[Table]) -> Option<&'static Kind> {
    let (lead, rest) = id.split_once('.')?;
    if !packs.iter().filter_map(prefix).any(|it| it.eq_ignore_ascii_case(lead)) {
        return None;
    }
    let kind = KINDS.iter().find(|kind| is_of(kind, rest))?;
    let named = rest.split_once('.').map_or("", |it| it.1);
    let is_given = OWN.contains(&rest)
        || (kind.name == "party" && Role::ALL.iter().any(|it| it.as_str() == named))
        || (kind.name == "hold"
            && HoldReason::ALL.iter().any(|it| it.pack_name() == named));
    is_given.then_some(kind)
}

/// Whether an id without its prefix is of a kind.
fn is_of(kind: &Kind, rest: &str) -> bool {
    rest == kind.name || rest.split_once('.').is_some_and(|it| it.0 == kind.name)
}

/// The id by which the review names a rule: its own, or one made from its name.
fn id_of(prefix: &str, kind: &Kind, name: &str) -> String {
    if kind.tables.iter().any(|table| table.1 == "id") {
        return name.to_owned();
    }
    format!("{prefix}.{}.{}", kind.name, name.replace(':', "_"))
}

/// What the ids of a pack begin with: `cn`.
fn prefix(pack: &Table) -> Option<String> {
    let head = pack.get("pack").and_then(Value::as_table)?;
    Some(head.get("jurisdiction")?.as_str()?.to_lowercase())
}

fn rules<'a>(pack: &'a Table, table: &str) -> impl Iterator<Item = &'a Table> {
    let rules = pack.get(table).and_then(Value::as_array);
    rules.into_iter().flatten().filter_map(Value::as_table)
}

/// A rule as the pack has it, with the titles of its sources.
fn written(pack: &Table, table: &str, rule: &Table, lang: Lang) -> String {
    let text = toml::to_string(rule).unwrap_or_default();
    let sources = rule.get("source").and_then(Value::as_array).into_iter().flatten();
    let title = |wanted: &Value| {
        let source = rules(pack, "source").find(|rule| rule.get("id") == Some(wanted))?;
        let title = source.get("title")?.as_str()?;
        let said = |key: &str| said_of_source(source.get(key)?.as_str()?, lang);
        let more: Vec<&str> = ["force", "seen"].into_iter().filter_map(said).collect();
        Some(format!("# {title}({})\n", more.join(" · ")))
    };
    let titles: String = sources.filter_map(title).collect();
    let head = pack.get("pack").and_then(Value::as_table);
    let word = |key: &str| head.and_then(|head| head.get(key)?.as_str()).unwrap_or("");
    let of = format!("# {} {} {}", word("id"), word("version"), word("title"));
    format!("{of}\n[[{table}]]\n{text}{titles}")
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
