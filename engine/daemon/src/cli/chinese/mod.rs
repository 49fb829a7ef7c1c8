//! The command line in Chinese (中文命令行): help, and what is wrong with a line.
//!
//! The arguments are declared once, in English; whoever has chosen Chinese reads
//! the same pages and complaints in Chinese.

mod texts;

use clap::builder::{PossibleValue, StyledStr};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Error};
use domain::manifest::{EntryField, EntryForm};
use domain::near::perhaps;
use domain::say::Lang;
use plugins_on::MANIFESTS;

use crate::cli::args;
use texts::{EXAMPLES, TEXTS, VALUES};

const TEMPLATE: &str = "{before-help}{about-with-newline}
用法:{usage}

{all-args}{after-help}";

/// Whether the words of a command line, or the surroundings, ask for Chinese. With
/// no word of it help is English, as scripts read it.
pub(super) fn is_wanted(words: &[String]) -> bool {
    let named = words.iter().enumerate().rev().find_map(|(at, word)| {
        word.strip_prefix("--lang=").map(str::to_owned).or_else(|| {
            (word == "--lang").then(|| words.get(at + 1).cloned().unwrap_or_default())
        })
    });
    let around =
        || ["QINGSHOU_LANG", "LANG"].iter().find_map(|it| std::env::var(it).ok());
    named.or_else(around).and_then(|it| Lang::asked_for(&it)) == Some(Lang::Zh)
}

/// The command line as a Chinese reader sees it.
pub(super) fn of(mut command: Command) -> Command {
    command.build();
    translated(command)
}

fn translated(command: Command) -> Command {
    let about = command.get_about().and_then(|it| chinese(&it.to_string()));
    let after =
        command.get_after_help().map(|after_help| examples(&after_help.to_string()));
    let command = match about {
        Some(text) => command.about(text),
        None => command,
    };
    let command = match after {
        Some(text) => command.after_help(text),
        None => command,
    };
    let command = command
        .help_template(TEMPLATE)
        .subcommand_help_heading("命令")
        .mut_args(argument)
        .mut_subcommands(translated);
    with_usage(command)
}

/// The line that shows how a command is written.
fn with_usage(mut command: Command) -> Command {
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    let usage = usage.replace("[OPTIONS]", "[选项]");
    let usage = usage.replace("<COMMAND>", "<命令>").replace("[COMMAND]", "[命令]");
    command.override_usage(usage)
}

fn argument(arg: Arg) -> Arg {
    let heading = if arg.is_positional() { "参数" } else { "选项" };
    let help = arg.get_help().and_then(|help| chinese(&help.to_string()));
    let help = help.map(|help| format!("{help}{}", choices(&arg)));
    let names: Vec<_> = value_names(&arg).iter().filter_map(|name| value(name)).collect();
    let arg = arg.help_heading(heading).hide_env(true);
    let arg = arg.hide_possible_values(true).hide_default_value(true);
    let arg = if names.is_empty() { arg } else { arg.value_names(names) };
    match help {
        Some(text) => arg.help(text),
        None => arg,
    }
}

/// What the value of an argument is called; nothing for a switch.
fn value_names(arg: &Arg) -> Vec<String> {
    let named = arg.get_value_names().map(|name| name.iter().map(ToString::to_string));
    match named {
        _ if !arg.get_action().takes_values() => Vec::new(),
        Some(names) => names.collect(),
        None => vec![arg.get_id().as_str().to_uppercase()],
    }
}

fn value(english: &str) -> Option<&'static str> {
    let known = VALUES.iter().find(|it| it.0 == english).map(|it| it.1);
    known.or_else(|| {
        let field = fields().find(|field| field.title.en == english);
        field.map(|field| field.title.zh)
    })
}

/// The forms of the plugins, whose texts stand in their manifests in both languages.
fn forms() -> impl Iterator<Item = &'static EntryForm> {
    MANIFESTS.iter().flat_map(|plugin| plugin.entries)
}

/// Whatever is typed for the forms and lists of plugins.
fn fields() -> impl Iterator<Item = &'static EntryField> {
    let lists = MANIFESTS.iter().filter_map(|plugin| plugin.work);
    forms().flat_map(|form| form.fields).chain(lists.flat_map(|list| list.filters))
}

/// A text of a manifest.
fn of_a_plugin(english: &str) -> Option<String> {
    let of_forms = forms().map(|form| form.title);
    let of_fields = || {
        let field = fields().find(|field| args::help_of(field, Lang::En) == english)?;
        Some(args::help_of(field, Lang::Zh))
    };
    let of_lists =
        MANIFESTS.iter().filter_map(|manifest| manifest.work).map(|work| work.title);
    let of_commands = || {
        let mut plugins = MANIFESTS.iter();
        let plugin = plugins.find(|plugin| args::about(plugin, Lang::En) == english)?;
        Some(args::about(plugin, Lang::Zh))
    };
    let mut texts = of_forms.chain(of_lists);
    let found = texts.find(|text| text.en == english).map(|text| text.zh.to_owned());
    found.or_else(of_fields).or_else(of_commands)
}

/// What an argument may be, and what it is when nobody says so.
fn choices(arg: &Arg) -> String {
    if !arg.get_action().takes_values() {
        return String::new();
    }
    let values = arg.get_possible_values();
    let words: Vec<String> = values.iter().map(both_forms).collect();
    let usual: Vec<_> =
        arg.get_default_values().iter().map(|it| it.to_string_lossy()).collect();
    let mut parts = Vec::new();
    if !words.is_empty() {
        parts.push(format!("可用 {}", words.join("、")));
    }
    if usual.iter().any(|it| !it.is_empty()) {
        parts.push(format!("不写为 {}", usual.join("、")));
    }
    if parts.is_empty() { String::new() } else { format!("({})", parts.join(";")) }
}

/// A value with what staff may type for it: `channel(渠道)`.
fn both_forms(value: &PossibleValue) -> String {
    let mut names = value.get_name_and_aliases();
    match names.find(|name| !name.is_ascii()) {
        Some(said) => format!("{}({said})", value.get_name()),
        None => value.get_name().to_owned(),
    }
}

fn chinese(english: &str) -> Option<String> {
    let known = TEXTS.iter().find(|text| text.0 == english).map(|text| text.1.to_owned());
    known.or_else(|| of_a_plugin(english))
}

fn examples(english: &str) -> StyledStr {
    let headed = english.replace("Examples:", "例:").replace("Example:", "例:");
    let headed = forms().map(|form| form.example).fold(headed, |text, example| {
        let is_it = text.ends_with(&format!(" {}", example.en));
        if is_it { text.replace(example.en, example.zh) } else { text }
    });
    EXAMPLES.iter().fold(headed, |text, (en, zh)| text.replace(en, zh)).into()
}

/// What is wrong with a command line; `None` for what is no complaint.
pub(super) fn complaint(error: &Error) -> Option<String> {
    let told = |kind: ContextKind| error.get(kind).map(words).unwrap_or_default();
    let name = told(ContextKind::InvalidArg);
    let value = told(ContextKind::InvalidValue);
    let what = match error.kind() {
        ErrorKind::UnknownArgument => {
            format!("没有参数 `{name}`{}", meant(&told(ContextKind::SuggestedArg)))
        }
        ErrorKind::InvalidSubcommand => {
            let command = told(ContextKind::InvalidSubcommand);
            let meant = meant(&told(ContextKind::SuggestedSubcommand));
            format!("没有命令 `{command}`{meant}")
        }
        ErrorKind::MissingRequiredArgument => format!("缺少 {name}"),
        ErrorKind::MissingSubcommand => {
            format!("还要写明做什么:{}", told(ContextKind::ValidSubcommand))
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("{name} 后面缺少内容"),
        ErrorKind::InvalidValue => {
            let meant = meant(&told(ContextKind::SuggestedValue));
            format!(
                "{name} 不能写 `{value}`{meant};可用 {}",
                told(ContextKind::ValidValue)
            )
        }
        ErrorKind::ValueValidation => format!("{name} 不能写 `{value}`{}", shape(&name)),
        ErrorKind::ArgumentConflict => match told(ContextKind::PriorArg) {
            other if other.is_empty() => format!("{name} 不能这样用"),
            other if other == name => format!("{name} 只能写一次"),
            other => format!("{name} 不能与 {other} 同用"),
        },
        ErrorKind::TooManyValues
        | ErrorKind::TooFewValues
        | ErrorKind::WrongNumberOfValues => format!("{name} 后面内容的个数不对"),
        ErrorKind::NoEquals => format!("{name} 要用等号写"),
        ErrorKind::InvalidUtf8 => "命令行里有不能识别的字".to_owned(),
        _ => return None,
    };
    Some(format!("错误:{what}\n  提示:加 --help 查看用法和例子"))
}

fn words(value: &ContextValue) -> String {
    match value {
        ContextValue::Strings(list) => list.join("、"),
        ContextValue::String(text) => text.clone(),
        ContextValue::StyledStr(text) => text.to_string(),
        ContextValue::StyledStrs(list) => {
            list.iter().map(ToString::to_string).collect::<Vec<_>>().join("、")
        }
        ContextValue::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

fn meant(suggestion: &str) -> String {
    perhaps(Some(suggestion).filter(|it| !it.is_empty())).zh
}

/// How the value of an argument is written, where its name says so.
fn shape(name: &str) -> &'static str {
    const DAYS: [&str; 7] =
        ["--due", "--on", "--as-of", "--from", "--to", "--created-before", "日期"];
    if DAYS.iter().any(|day| name.starts_with(day) || name.contains("<日期>")) {
        ":日期写成 2026-12-08,并核对有没有这一天"
    } else {
        ":应为数字"
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::args::Args;

    /// Every sentence of a command and of those below it that is not Chinese.
    fn left(command: &Command, found: &mut Vec<String>) {
        let of_args = command.get_arguments().filter_map(Arg::get_help);
        let texts = command.get_about().into_iter().chain(of_args);
        let is_english = |it: &String| chinese(it).is_none();
        found.extend(texts.map(ToString::to_string).filter(is_english));
        command.get_subcommands().for_each(|command| left(command, found));
    }

    #[test]
    fn every_sentence_of_the_help_is_there_in_chinese() {
        let mut command = Args::command();
        command.build();
        let mut found = Vec::new();
        left(&command, &mut found);
        found.sort();
        found.dedup();
        assert!(found.is_empty(), "{found:#?}");
    }

    /// Every name of a value of a command and of those below it without a Chinese one.
    fn unnamed(command: &Command, found: &mut Vec<String>) {
        let names = command.get_arguments().flat_map(value_names);
        found.extend(names.filter(|name| value(name).is_none()));
        command.get_subcommands().for_each(|command| unnamed(command, found));
    }

    #[test]
    fn every_value_of_an_argument_has_a_chinese_name() {
        let mut command = Args::command();
        command.build();
        let mut found = Vec::new();
        unnamed(&command, &mut found);
        found.sort();
        found.dedup();
        assert!(found.is_empty(), "{found:#?}");
    }

    #[test]
    fn no_sentence_stands_there_twice() {
        for (at, (english, _)) in TEXTS.iter().enumerate() {
            assert!(TEXTS[..at].iter().all(|text| text.0 != *english), "{english}");
        }
    }

    #[test]
    fn a_page_is_chinese_from_head_to_example() {
        let mut command = of(Args::command());
        let page = command.find_subcommand_mut("pay").unwrap().render_help().to_string();
        for part in
            ["登记、确认或冲正还款", "用法:qingshou pay", "贷款编号", "例: qingshou pay"]
        {
            assert!(page.contains(part), "{part}: {page}");
        }
        for word in ["Usage", "Options", "OPTIONS", "Arguments", "Example", "default"] {
            assert!(!page.contains(word), "{word}: {page}");
        }
    }

    #[test]
    fn a_wrong_line_is_told_in_chinese_with_what_to_write() {
        let lines = [
            ("pay QS-1 --amount 5", "缺少 --reason"),
            (
                "pay QS-1 --amuont 5 --reason x",
                "没有参数 `--amuont`(是否应为 `--amount`?)",
            ),
            ("tsak ls", "没有命令 `tsak`(是否应为 `task`?)"),
            ("status -o yaml", "`yaml`;可用 table、json、csv"),
            ("promise Q --due 2026-02-30 --reason x", "`2026-02-30`:日期写成"),
            ("approve first --reason x", "`first`:应为数字"),
            ("pay --reverse 5 --amount 3 --reason x", "不能与"),
            ("pay QS-1 --amount", "--amount"),
        ];
        for (line, wanted) in lines {
            let words = std::iter::once("qingshou").chain(line.split(' '));
            let error = of(Args::command()).try_get_matches_from(words).unwrap_err();
            let told = complaint(&error).unwrap_or_default();
            assert!(told.contains(wanted) && told.contains("--help"), "{line}: {told}");
        }
    }

    #[test]
    fn chinese_is_for_whoever_asks_for_it() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(is_wanted(&words("--lang zh status")));
        assert!(is_wanted(&words("status --lang=zh_CN")));
        assert!(!is_wanted(&words("--lang en status")));
    }
}
