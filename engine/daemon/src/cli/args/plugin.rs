//! Commands that manifests declare (插件命令): one a plugin, with its list of open work
//! and its forms.

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, Error, FromArgMatches, Subcommand};
use domain::manifest::{ArgKind, EntryField, EntryForm, Manifest, Subject, UnlessGiven};
use domain::say::{Lang, Say};
use jiff::civil::Date;
use plugins_on::MANIFESTS;

use crate::cli::money::day;

/// A command of a plugin, as it was typed.
#[derive(Debug)]
pub(crate) struct OfPlugin {
    /// The plugin whose form or list it is.
    pub plugin: &'static Manifest,
    /// What is asked of it.
    pub what: PluginWhat,
}

/// What a command of a plugin asks for.
#[derive(Debug)]
pub(crate) enum PluginWhat {
    /// Its open work.
    Ls {
        /// Of one member of staff.
        of: Option<String>,
        /// Of one loan.
        case: Option<String>,
        /// What was typed for the filters of the list.
        filters: Vec<(&'static EntryField, Vec<String>)>,
        /// At most so many rows.
        limit: Option<i64>,
    },
    /// A form, filled in.
    Enter {
        /// Which.
        form: &'static EntryForm,
        /// What it is about.
        subject: String,
        /// What was typed for its fields, by their names.
        typed: Vec<(&'static EntryField, Vec<String>)>,
        /// It is right, although it is asked about.
        sure: bool,
        /// Why.
        reason: String,
    },
}

/// Plugins that people work with by commands.
fn with_commands() -> impl Iterator<Item = &'static Manifest> {
    MANIFESTS
        .iter()
        .copied()
        .filter(|manifest| manifest.work.is_some() || !manifest.entries.is_empty())
}

/// The forms found under a plugin's name, with the plugin they belong to.
fn forms_under(
    name: &str,
) -> impl Iterator<Item = (&'static Manifest, &'static EntryForm)> + use<'_> {
    let own = move |plugin: &'static Manifest| {
        plugin.entries.iter().map(move |form| (plugin, form))
    };
    MANIFESTS.iter().copied().flat_map(own).filter(move |(plugin, form)| {
        plugin.name == name || form.also_under == Some(name)
    })
}

fn command_of(plugin: &'static Manifest) -> Command {
    let example = forms_under(plugin.name).next().map_or_else(
        || format!("Example: qingshou {} ls", plugin.name),
        |(_, form)| example(plugin.name, form, form.example.en),
    );
    let mut command = Command::new(plugin.name)
        .about(about(plugin, Lang::En))
        .after_help(example)
        .subcommand_required(true)
        .arg_required_else_help(true);
    if plugin.work.is_some() {
        command = command.subcommand(list_of(plugin));
    }
    for (_, form) in forms_under(plugin.name) {
        command = command.subcommand(command_for(plugin.name, form));
    }
    command
}

/// What the command of a plugin does, in a line.
pub(crate) fn about(plugin: &Manifest, lang: Lang) -> String {
    let Say { zh, en } = plugin.work.map(|work| work.title).unwrap_or_default();
    match lang {
        Lang::Zh => format!("{}:{zh},登记结果", plugin.title.zh),
        Lang::En => {
            format!("{}: {}, and enter what came of it", plugin.title.en, lower(en))
        }
    }
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The line that shows how a form is typed.
pub(crate) fn example(under: &str, form: &EntryForm, words: &str) -> String {
    format!("Example: qingshou {under} {} {words}", form.name)
}

fn list_of(plugin: &'static Manifest) -> Command {
    let title = plugin.work.map(|work| work.title.en).unwrap_or_default();
    let command = Command::new("ls")
        .about(title)
        .after_help(format!("Example: qingshou {} ls --of Ann", plugin.name))
        .arg(Arg::new("of").long("of").help("Those of one person"))
        .arg(Arg::new("case").long("case").help("Those of this loan"))
        .arg(
            Arg::new("limit").long("limit").value_parser(clap::value_parser!(i64)).help(
                "At most so many; without it 50 in a table, and all in CSV and JSON",
            ),
        );
    filters_of(plugin).iter().fold(command, |command, it| command.arg(option_for(it)))
}

/// By what the list of a plugin is narrowed.
fn filters_of(plugin: &Manifest) -> &'static [EntryField] {
    plugin.work.map(|work| work.filters).unwrap_or_default()
}

fn command_for(under: &str, form: &'static EntryForm) -> Command {
    let subject = match form.subject {
        Subject::Order => Arg::new("subject")
            .value_name("ORDER")
            .value_parser(clap::value_parser!(i64))
            .help("The order, or its task"),
        Subject::Matter => Arg::new("subject")
            .value_name("MATTER")
            .help("The matter, or the loan that has only one open"),
        Subject::Case => {
            Arg::new("subject").value_name("CASE").help("The loan, by its number")
        }
        Subject::Month => {
            Arg::new("subject").value_name("MONTH").help("The month, as 2026-11")
        }
    };
    let mut command = Command::new(form.name)
        .about(form.title.en)
        .after_help(example(under, form, form.example.en))
        .arg(subject.required(true));
    for field in form.fields {
        command = command.arg(option_for(field));
    }
    let sure = "It is right, although the command asks about it";
    command.arg(Arg::new("sure").long("sure").action(ArgAction::SetTrue).help(sure)).arg(
        Arg::new("reason").long("reason").required(true).help("Why, or what was said"),
    )
}

/// What an option is for, with the words that it takes.
pub(crate) fn help_of(field: &EntryField, lang: Lang) -> String {
    let doc = field.doc.text(lang);
    let ArgKind::Choice(words) = field.kind else { return doc.to_owned() };
    if lang == Lang::En {
        return format!("{doc}: {}", words.join(", "));
    }
    let said = words.iter().map(|word| match field.said_for(word) {
        Some(said) => format!("{word}({said})"),
        None => (*word).to_owned(),
    });
    format!("{doc}:{}", said.collect::<Vec<_>>().join("、"))
}

fn option_for(field: &'static EntryField) -> Arg {
    let arg = Arg::new(field.name)
        .long(field.option_name())
        .value_name(field.title.en)
        .help(help_of(field, Lang::En))
        .required(field.unless_given == UnlessGiven::Refused)
        .action(if field.many { ArgAction::Append } else { ArgAction::Set });
    match field.kind {
        ArgKind::Date => arg.value_parser(day),
        ArgKind::Fen => arg.allow_hyphen_values(true),
        ArgKind::Count => arg.value_parser(clap::value_parser!(i64).range(0..)),
        _ => arg,
    }
}

impl Subcommand for OfPlugin {
    fn augment_subcommands(command: Command) -> Command {
        with_commands().fold(command, |command, it| command.subcommand(command_of(it)))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        with_commands().any(|command| command.name == name)
    }
}

impl FromArgMatches for OfPlugin {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let unknown = || Error::new(ErrorKind::MissingSubcommand);
        let (name, matches) = matches.subcommand().ok_or_else(unknown)?;
        let under =
            with_commands().find(|command| command.name == name).ok_or_else(unknown)?;
        let (word, given) = matches.subcommand().ok_or_else(unknown)?;
        if word == "ls" {
            let text = |name: &str| given.get_one::<String>(name).cloned();
            let limit = given.get_one::<i64>("limit").copied();
            let typed = filters_of(under).iter().map(|it| (it, typed_for(it, given)));
            let filters = typed.filter(|typed| !typed.1.is_empty()).collect();
            let (of, case) = (text("of"), text("case"));
            let what = PluginWhat::Ls { of, case, filters, limit };
            return Ok(Self { plugin: under, what });
        }
        let mut forms = forms_under(name);
        let found = forms.find(|(_, form)| form.name == word).ok_or_else(unknown)?;
        let (plugin, form) = found;
        let subject = match form.subject {
            Subject::Order => given.get_one::<i64>("subject").map(i64::to_string),
            Subject::Matter | Subject::Case | Subject::Month => {
                given.get_one::<String>("subject").cloned()
            }
        };
        let typed = form.fields.iter().map(|field| (field, typed_for(field, given)));
        let what = PluginWhat::Enter {
            form,
            subject: subject.unwrap_or_default(),
            typed: typed.filter(|typed| !typed.1.is_empty()).collect(),
            sure: given.get_flag("sure"),
            reason: given.get_one::<String>("reason").cloned().unwrap_or_default(),
        };
        Ok(Self { plugin, what })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn typed_for(field: &EntryField, given: &ArgMatches) -> Vec<String> {
    if field.kind == ArgKind::Date {
        let days = given.get_many::<Date>(field.name);
        return days.into_iter().flatten().map(Date::to_string).collect();
    }
    if field.kind == ArgKind::Count {
        let numbers = given.get_many::<i64>(field.name);
        return numbers.into_iter().flatten().map(i64::to_string).collect();
    }
    given.get_many::<String>(field.name).into_iter().flatten().cloned().collect()
}
