//! Which texts leave over which channel (模板用处), as far as scripts name both in one
//! place: `sms "remind_1"`.

use std::collections::{BTreeMap, BTreeSet};

use domain::manifest::{Arg, ArgKind, Channel, Verb};
use script::program::Folder;
use store::plugin::Texts;

use super::{Letters, WORDS};

/// The texts of a folder for those who keep wordings of their own.
pub fn texts(folder: &Folder, verbs: &[&'static Verb]) -> Texts {
    let template = |(file, text): (&String, &String)| {
        let name = file.strip_prefix("templates/")?.strip_suffix(".txt")?;
        Some((name.to_owned(), text.clone()))
    };
    let templates: BTreeMap<String, String> =
        folder.files.iter().filter_map(template).collect();
    let (letters, _) = Letters::new(&templates);
    let is_script = |file: &str| {
        let name = file.strip_suffix(".lua");
        name.is_some_and(|name| !name.ends_with("_test"))
    };
    let scripts = folder.files.iter().filter(|(file, _)| is_script(file));
    let used = scripts
        .flat_map(|(_, text)| text.lines())
        .flat_map(|line| used_in(line, &letters, verbs))
        .collect();
    let words = letters.words.iter().map(|(name, used)| {
        let both =
            WORDS.iter().filter(|word| used.contains(word.0) || used.contains(word.1));
        let both = both.flat_map(|it| [it.0.to_owned(), it.1.to_owned()]);
        (name.clone(), both.collect::<BTreeSet<String>>())
    });
    Texts { words: words.collect(), used }
}

/// The templates that a line of a script names behind a verb.
fn used_in(
    line: &str,
    letters: &Letters,
    verbs: &[&'static Verb],
) -> Vec<(Channel, String)> {
    let code = line.split("--").next().unwrap_or_default();
    // Between quotes stand the texts: the second piece, the fourth, …
    let pieces: Vec<&str> = code.split(['"', '\'']).collect();
    let texts = pieces.iter().enumerate().skip(1).step_by(2);
    texts
        .filter(|(_, text)| letters.words.contains_key(**text))
        .filter_map(|(at, text)| {
            let word = verb_before(pieces[at - 1]);
            let verb = verbs.iter().find(|verb| verb.name == word)?;
            let takes = |it: &Arg| it.kind == ArgKind::Template;
            let channel = verb.channel.filter(|_| verb.args.iter().any(takes))?;
            Some((channel, (*text).to_owned()))
        })
        .collect()
}

/// The word that a text is given to: `sms`, `sms =`, `sms(`, `sms { template =`.
fn verb_before(code: &str) -> &str {
    let between = |it: char| it.is_whitespace() || "({=".contains(it);
    let code = code.trim_end_matches(between);
    let code = code.strip_suffix("template").unwrap_or(code).trim_end_matches(between);
    let from = code.rfind(|it: char| !it.is_ascii_alphanumeric() && it != '_');
    from.map_or(code, |it| {
        code[it..].trim_start_matches(|it: char| !it.is_ascii_alphanumeric() && it != '_')
    })
}

#[cfg(test)]
mod tests {
    use domain::manifest::{Act, DeliveryClass, Text};

    use super::*;

    const TITLE: Text = Text { zh: "短信", en: "a text message" };
    const SMS: Verb = Verb {
        name: "sms",
        title: TITLE,
        doc: TITLE,
        args: &[Arg {
            name: "template",
            kind: ArgKind::Template,
            required: true,
            doc: TITLE,
        }],
        lone: Some("template"),
        delivery: DeliveryClass::AtLeastOnce,
        channel: Some(Channel::Sms),
        act: Act::Demand,
        claims: false,
        second_person: false,
        outlives_stage: false,
        collectors: 1,
    };

    #[test]
    fn the_verb_before_a_text_is_found_in_every_writing() {
        let table = [
            ("sms ", "sms"),
            ("  sms = ", "sms"),
            ("return sms(", "sms"),
            ("stage \"a\" { sms { template = ", "sms"),
            ("local name = ", "name"),
            ("客户,sms ", "sms"),
            ("", ""),
        ];
        for (code, verb) in table {
            assert_eq!(verb_before(code), verb, "{code}");
        }
    }

    #[test]
    fn texts_are_known_with_their_words_and_the_channel_that_scripts_name() {
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let files = BTreeMap::from([
            file("templates/a.txt", "{{ 客户 }}您好"),
            file("templates/b.txt", "{{ overdue }}"),
            file("w.lua", "-- sms \"b\"\nstage \"x\" { sms = \"a\", wait = 1 * days }\n"),
            file("w_test.lua", "sms \"b\""),
        ]);
        let texts = texts(&Folder { files }, &[&SMS]);
        assert_eq!(texts.used, [(Channel::Sms, "a".to_owned())].into());
        let words = |name: &str| -> Vec<&str> {
            texts.words[name].iter().map(String::as_str).collect()
        };
        assert_eq!(
            (words("a"), words("b")),
            (vec!["name", "客户"], vec!["overdue", "逾期金额"])
        );
    }
}
