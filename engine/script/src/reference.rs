//! The reference page (脚本参考): every word a script can use, in Markdown.

use domain::event::EventSpec;
use domain::facts::{CASE_FIELDS, FactKind, Field, PERSON_FIELDS};
use domain::manifest::{ArgKind, DeliveryClass, Manifest, Text, Verb};
use domain::say::{Lang, Say};

use crate::api::keys;
use crate::check::CODES;
use crate::check::globals::{ABSENT, BUILTINS, Group, LANGUAGE, VALUES};
use crate::finding::Severity;
use crate::program::{Catalog, Program, SettingValue, Workflow};
use crate::sandbox::limits::Limits;
use crate::settings;
use crate::stub::{TEST_WORDS, from_case};
use crate::testing::CASE_KEYS;

mod plugin_settings;

/// The text of the page, Chinese before English in every line; with `program`,
/// the settings of its workflows as well. The same catalog and program always
/// give the same text.
pub fn reference(catalog: &Catalog, program: Option<&Program>) -> String {
    let mut page = Page(String::new());
    page.line("# 脚本参考 / Script reference\n");
    page.line("本页由程序生成,不要修改。");
    page.line("This page is generated; do not edit it.\n");
    if let Some(program) = program {
        page.settings(program);
    }
    page.functions();
    page.section("案件字段", "Fields of the case");
    page.line("案件只能读。");
    page.line("The case can only be read.\n");
    page.fields(CASE_FIELDS);
    page.section("当事人字段", "Fields of a person");
    page.line("`case.debtor`、`case.guarantors` 等;没有姓名、电话和地址。");
    page.line(
        "`case.debtor`, `case.guarantors` and others; no names, numbers or addresses.\n",
    );
    page.fields(PERSON_FIELDS);
    page.section("动作", "Verbs");
    page.line("动作只记下一个指令,随环节一起提交,经合规审查后才送出。");
    page.line("A verb only records an order; it is committed with the stage and leaves after review.\n");
    for plugin in &catalog.plugins {
        page.plugin(plugin);
    }
    page.section("事件", "Events");
    page.line("环节或 `always` 里写 `on_事件 = function(case, event) … end`。");
    page.line(
        "Write `on_EVENT = function(case, event) … end` in a stage or in `always`.\n",
    );
    for event in catalog.all_events() {
        page.event(event);
    }
    page.tests();
    page.plugin_settings(catalog);
    page.limits();
    page.codes();
    page.0
}

/// What an argument takes, as this page says it.
fn kind_words(kind: ArgKind) -> String {
    match kind {
        ArgKind::Text => "文字 / text".to_owned(),
        ArgKind::Title => {
            "文字,或 { zh = …, en = … } / text, or { zh = …, en = … }".to_owned()
        }
        ArgKind::Template => "模板 / template".to_owned(),
        ArgKind::Party => "当事人 / person".to_owned(),
        ArgKind::Staff => "员工 / staff".to_owned(),
        ArgKind::Assignee => "员工或角色 / staff or a role".to_owned(),
        ArgKind::Fen => "金额 / amount".to_owned(),
        ArgKind::Count => "整数 / whole number".to_owned(),
        ArgKind::PerMille => "千分数 / per mille".to_owned(),
        ArgKind::Date => "日期 / date".to_owned(),
        ArgKind::Bool => "是否 / true or false".to_owned(),
        ArgKind::Workflow => "流程 / workflow".to_owned(),
        ArgKind::Choice(words) => {
            let words: Vec<String> =
                words.iter().map(|word| format!("`{word}`")).collect();
            words.join(" · ")
        }
    }
}

/// The title of a setting, Chinese and English; empty without one.
fn title(setting: &SettingValue) -> String {
    let SettingValue { title_zh, title_en, .. } = setting;
    match (title_zh.as_str(), title_en.as_str()) {
        ("", "") => String::new(),
        (zh, en) => format!("{zh} / {en}").replace('|', "\\|"),
    }
}

fn fact_words(kind: FactKind) -> &'static str {
    match kind {
        FactKind::Count => "整数 / whole number",
        FactKind::Fen => "金额 / amount",
        FactKind::Date => "日期 / date",
        FactKind::Text => "文字 / text",
        FactKind::Bool => "是否 / true or false",
        FactKind::Words => "词语列表 / words",
        FactKind::Person => "当事人 / person",
        FactKind::People => "多位当事人 / people",
    }
}

fn both(text: Text) -> String {
    // A bar would end the cell of the table.
    format!("{} / {}", text.zh, text.en).replace('|', "\\|")
}

struct Page(String);

impl Page {
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    fn section(&mut self, zh: &str, en: &str) {
        self.line(&format!("\n## {zh} / {en}\n"));
    }

    fn table(&mut self, head: &[&str]) {
        self.line(&format!("| {} |", head.join(" | ")));
        self.line(&format!("|{}", "---|".repeat(head.len())));
    }

    fn functions(&mut self) {
        for (group, zh, en) in [
            (Group::Declare, "声明", "Declarations"),
            (Group::Decide, "决定", "Decisions"),
            (Group::Ask, "另开流程", "Other lanes"),
            (Group::Make, "值", "Values"),
        ] {
            self.section(zh, en);
            if group == Group::Decide {
                self.line("每次调用只有一个决定,前面要写 `return`。");
                self.line("One decision a call; write `return` before it.\n");
            }
            self.table(&["写法 / written", "意思 / meaning"]);
            for word in BUILTINS.iter().filter(|builtin| builtin.group == group) {
                self.line(&format!("| `{}` | {} |", word.example, both(word.doc)));
            }
            if group == Group::Declare {
                self.keys("workflow", &keys::WORKFLOW);
                self.keys("settings.first_wait", &keys::SETTING);
                self.keys("enrol", &keys::ENROL);
                self.keys("stage", &keys::STAGE);
            }
            if group == Group::Make {
                for value in VALUES {
                    self.line(&format!("| `{}` | {} |", value.example, both(value.doc)));
                }
            }
        }
        let list = |words: &[&str]| {
            let words: Vec<String> =
                words.iter().map(|word| format!("`{word}`")).collect();
            words.join(" ")
        };
        self.line("\n可用的 Lua 词 / words of Lua that are there:\n");
        self.line(&list(LANGUAGE));
        self.line("\n没有的 / absent:\n");
        self.line(&list(ABSENT));
    }

    /// What `settings.toml` may say, by workflow.
    fn settings(&mut self, program: &Program) {
        self.section("设置项", "Settings");
        self.line("写在 `settings.toml` 的 `[流程名]` 下面,不动脚本;不写的用默认值。");
        self.line(
            "They stand below `[workflow]` in `settings.toml`; the default holds for the rest.",
        );
        for workflow in program.workflows.values().filter(|it| !it.settings.is_empty()) {
            let Workflow { name, title_zh, title_en, .. } = workflow;
            self.line(&format!("\n### `[{name}]` {title_zh} / {title_en}\n"));
            self.table(&[
                "写法 / written",
                "意思 / meaning",
                "单位 / unit",
                "范围 / range",
            ]);
            for (name, setting) in &workflow.settings {
                let written = settings::example(name, setting);
                let title = title(setting);
                let Say { zh: unit_zh, en: unit_en } = setting.kind_words();
                let Say { zh: range_zh, en: range_en } = settings::range(setting);
                let row = format!(
                    "| `{written}` | {title} | {unit_zh} / {unit_en} | {range_zh} / {range_en} |"
                );
                self.line(&row);
            }
        }
    }

    fn keys(&mut self, of: &str, keys: &[keys::Key]) {
        self.line(&format!("\n`{of}` 里的项 / keys of `{of}`:\n"));
        self.table(&["写法 / written", "意思 / meaning"]);
        for key in keys {
            self.line(&format!("| `{}` | {} |", key.example, both(key.doc)));
        }
    }

    fn fields<T>(&mut self, fields: &[Field<T>]) {
        self.table(&[
            "字段 / field",
            "类型 / kind",
            "意思 / meaning",
            "可空 / nil",
            "enrol",
        ]);
        let mark = |yes: bool| if yes { "✓" } else { "" };
        for field in fields {
            self.line(&format!(
                "| `{}` | {} | {} | {} | {} |",
                field.name,
                fact_words(field.kind),
                both(field.doc),
                mark(field.optional),
                mark(field.searchable)
            ));
        }
    }

    fn plugin(&mut self, plugin: &Manifest) {
        self.line(&format!("### {}({})\n", both(plugin.title), plugin.name));
        for verb in plugin.verbs {
            self.verb(verb);
        }
    }

    fn verb(&mut self, verb: &Verb) {
        let name = verb.name;
        self.line(&format!("#### `{name}` {}\n", both(verb.title)));
        self.line(&format!("{}\n{}\n", verb.doc.zh, verb.doc.en));
        let channel = verb.channel.map_or("—", |it| it.as_str());
        let approval = if verb.second_person {
            ";要第二人批准 / needs a second person"
        } else {
            ""
        };
        let delivery = match verb.delivery {
            DeliveryClass::AtLeastOnce => "at_least_once",
            DeliveryClass::QueryBeforeRetry => "query_before_retry",
            DeliveryClass::AtMostOnce => "at_most_once",
        };
        self.line(&format!(
            "渠道 / channel: {channel};性质 / act: {};投递 / delivery: {delivery}{approval}\n",
            verb.act.as_str()
        ));
        if let Some(lone) = verb.lone {
            self.line(&format!("`{name} \"…\"` = `{name} {{ {lone} = \"…\" }}`\n"));
        }
        self.table(&[
            "参数 / argument",
            "类型 / kind",
            "必须 / required",
            "意思 / meaning",
        ]);
        for arg in verb.args {
            let required = match (arg.required, from_case(arg)) {
                (_, true) => "缺省取自案件 / from the case",
                (true, false) => "✓",
                (false, false) => "",
            };
            self.line(&format!(
                "| `{}` | {} | {required} | {} |",
                arg.name,
                kind_words(arg.kind),
                both(arg.doc)
            ));
        }
        self.line("");
    }

    fn event(&mut self, event: &EventSpec) {
        self.line(&format!("- `on_{}` {}", event.name, both(event.doc)));
        self.sentences("登记 / reported by", event.reporters());
        self.sentences("效力 / effect", event.effects());
        for field in event.fields {
            self.line(&format!(
                "  - `event.{}` {}: {}",
                field.name,
                kind_words(field.kind),
                both(field.doc)
            ));
        }
    }

    /// One line that says something in both languages, where there is something to
    /// say.
    fn sentences(&mut self, title: &str, said: Vec<Say>) {
        if said.is_empty() {
            return;
        }
        let (zh, en): (Vec<String>, Vec<String>) =
            said.into_iter().map(|it| (it.zh, it.en)).unzip();
        let (zh, en) = (zh.join(";"), en.join("; "));
        let said = if zh == en { zh } else { format!("{zh} / {en}") };
        self.line(&format!("  - {title}: {said}"));
    }

    /// What a test file can say.
    fn tests(&mut self) {
        self.section("测试", "Tests");
        self.line("写在 `NAME_test.lua`:`test(\"…\", function(t) … end)`。");
        self.line("They stand in `NAME_test.lua`: `test(\"…\", function(t) … end)`.\n");
        self.table(&["写法 / written", "意思 / meaning"]);
        for (name, signature, doc) in TEST_WORDS {
            let call = signature.replacen("fun", name, 1).replace('|', "\\|");
            self.line(&format!("| `t.{call}` | {} |", both(*doc)));
        }
        self.line("\n`t.case { … }` 里的项 / keys of `t.case { … }`:\n");
        self.table(&["写法 / written", "意思 / meaning", "不写时 / left out"]);
        for key in CASE_KEYS {
            let default = match (key.default.zh, key.default.en) {
                (zh, en) if zh == en => format!("`{zh}`"),
                _ => both(key.default),
            };
            self.line(&format!("| `{}` | {} | {default} |", key.example, both(key.doc)));
        }
    }

    fn limits(&mut self) {
        let Limits { ticks, cpu, memory, orders, file_bytes, memo_bytes, .. } =
            Limits::default();
        self.section("限度", "Limits");
        self.table(&["限度 / limit", "值 / value"]);
        for (what, value) in [
            ("一次调用的步数 / steps a call", ticks.to_string()),
            (
                "一次调用的处理器时间 / processor time a call",
                format!("{} ms", cpu.as_millis()),
            ),
            ("内存 / memory", format!("{} MiB", memory >> 20)),
            ("一次调用的指令 / orders a call", orders.to_string()),
            ("文件 / file", format!("{} KiB", file_bytes >> 10)),
            ("memo", format!("{} KiB", memo_bytes >> 10)),
            ("一次唤醒的环节 / stages a wake-up", "16".to_owned()),
        ] {
            self.line(&format!("| {what} | {value} |"));
        }
    }

    fn codes(&mut self) {
        self.section("检查项", "Findings");
        self.line("`qingshou explain W003` 显示原因、例子和办法。");
        self.line("`qingshou explain W003` shows cause, example and remedy.\n");
        self.table(&["编号 / code", "轻重 / weight", "意思 / meaning"]);
        for code in CODES {
            let weight =
                |it: Severity| format!("{} / {}", it.word(Lang::Zh), it.word(Lang::En));
            self.line(&format!(
                "| {} | {} | {} |",
                code.code,
                weight(code.severity),
                both(code.title)
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture;
    use crate::loading::load;

    #[test]
    fn the_page_names_every_verb_event_field_word_and_code() {
        let catalog = fixture::catalog();
        let page = reference(&catalog, None);
        for verb in catalog.all_verbs() {
            assert!(page.contains(&format!("#### `{}` ", verb.name)));
            for arg in verb.args {
                assert!(page.contains(&format!("| `{}` | ", arg.name)));
            }
        }
        for event in catalog.all_events() {
            assert!(page.contains(&format!("- `on_{}` ", event.name)), "{}", event.name);
        }
        for field in CASE_FIELDS.iter().map(|field| field.name) {
            assert!(page.contains(&format!("| `{field}` | ")), "{field}");
        }
        for word in BUILTINS {
            assert!(page.contains(word.example), "{}", word.name);
        }
        for code in CODES {
            assert!(page.contains(&format!("| {} | ", code.code)), "{}", code.code);
        }
        for key in CASE_KEYS {
            assert!(page.contains(&format!("| `{}` | ", key.example)), "{}", key.name);
        }
        assert!(page.contains("| memo | 4 KiB |") && page.contains("| 1000000 |"));
        assert_eq!(page, reference(&catalog, None));
    }

    #[test]
    fn the_page_of_a_folder_lists_its_settings_with_unit_range_and_title() {
        let catalog = fixture::catalog();
        let bounded = "first_wait = { 3 * workdays, min = 1 * workdays, max = 9 * workdays, \
            title = { zh = \"先等几天\", en = \"First wait\" } }";
        let files = fixture::remind();
        let texts: Vec<(&str, String)> = files
            .iter()
            .map(|(file, text)| {
                (*file, text.replace("first_wait = 3 * workdays", bounded))
            })
            .collect();
        let files: Vec<(&str, &str)> =
            texts.iter().map(|(file, text)| (*file, text.as_str())).collect();
        let folder = fixture::folder(&files);
        let program = load(&folder, &catalog, &Limits::default()).program;
        let page = reference(&catalog, Some(&program));
        let row = "| `first_wait = \"3 workdays\"` | 先等几天 / First wait | 时长 / span of time | \
            1 个工作日到 9 个工作日,默认 3 个工作日 / \
            1 workday to 9 workdays, 3 workdays by default |\n";
        assert!(page.contains(row), "{page}");
    }
}
