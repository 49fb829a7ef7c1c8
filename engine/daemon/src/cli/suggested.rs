//! What was probably meant by a misspelt command, option or word (命令行的笔误).

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Error};
use domain::near::nearest;

/// The complaint with the word that was probably meant, by the measure that holds for
/// settings, scripts and lists as well.
pub(super) fn mended(mut error: Error, root: &mut Command, words: &[String]) -> Error {
    root.build();
    let command = asked_for(root, words);
    let (wrong, suggested) = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            (ContextKind::InvalidSubcommand, ContextKind::SuggestedSubcommand)
        }
        ErrorKind::UnknownArgument => {
            (ContextKind::InvalidArg, ContextKind::SuggestedArg)
        }
        ErrorKind::InvalidValue => {
            (ContextKind::InvalidValue, ContextKind::SuggestedValue)
        }
        _ => return error,
    };
    let Some(ContextValue::String(typed)) = error.get(wrong) else { return error };
    let known: Vec<String> = match (error.kind(), error.get(ContextKind::ValidValue)) {
        (ErrorKind::InvalidSubcommand, _) => command
            .get_subcommands()
            .map(|command| command.get_name().to_owned())
            .collect(),
        (ErrorKind::InvalidValue, Some(ContextValue::Strings(valid))) => valid.clone(),
        _ => {
            let options = command.get_arguments().filter_map(Arg::get_long);
            options.map(|option| format!("--{option}")).collect()
        }
    };
    match nearest(typed, known.iter().map(String::as_str)) {
        Some(meant) => error.insert(suggested, ContextValue::String(meant)),
        None => error.remove(suggested),
    };
    error
}

/// The command, as deep as it can be followed, that somebody has typed.
fn asked_for<'c>(root: &'c Command, words: &[String]) -> &'c Command {
    let deeper = |at: &'c Command, word: &String| at.find_subcommand(word).unwrap_or(at);
    words.iter().skip(1).fold(root, deeper)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::args::Args;

    #[test]
    fn a_misspelt_word_of_a_command_line_leads_to_the_one_that_was_meant() {
        let table = [
            ("tsak ls", Some("task")),
            ("case shwo QS-1", Some("show")),
            ("pay QS-1 --amuont 5 --reason 1", Some("--amount")),
            ("pause chanel sms --reason 1", Some("channel")),
            ("status -o jsn", Some("json")),
            ("frobnicate", None),
            ("status --frobnicate", None),
        ];
        for (line, wanted) in table {
            let words: Vec<String> =
                format!("qingshou {line}").split(' ').map(str::to_owned).collect();
            let error = Args::command().try_get_matches_from(&words).unwrap_err();
            let error = mended(error, &mut Args::command(), &words);
            let kinds = [
                ContextKind::SuggestedSubcommand,
                ContextKind::SuggestedArg,
                ContextKind::SuggestedValue,
            ];
            let told = kinds.into_iter().find_map(|kind| match error.get(kind) {
                Some(ContextValue::String(meant)) => Some(meant.as_str()),
                _ => None,
            });
            assert_eq!(told, wanted, "{line}: {error}");
        }
    }
}
