//! What is wrong with a script (发现的问题), where it stands and what to do.

use std::fmt;

use domain::tongues;
use serde::{Deserialize, Serialize};

/// The language a person reads.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// Whether a finding stops a release.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The folder cannot go live.
    Error,
    /// The folder can go live; somebody should look.
    Warning,
}

impl Lang {
    /// Of a text in both languages the half that is read in this one.
    pub fn half(self, text: &str) -> String {
        match self {
            Self::Zh => tongues::chinese(text),
            Self::En => tongues::english(text),
        }
    }
}

impl Severity {
    /// The word in front of the code.
    pub fn word(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Error, Lang::Zh) => "错误",
            (Self::Error, Lang::En) => "error",
            (Self::Warning, Lang::Zh) => "警告",
            (Self::Warning, Lang::En) => "warning",
        }
    }
}

/// One thing that is wrong, at one place of one file.
///
/// Every code has a page (`qingshou explain W003`): W001–W049 come from the
/// check of the texts, W050–W069 from loading them and from `settings.toml`,
/// W070–W079 from their tests, W080–W089 from the comparison with the running
/// release. Lines and columns count from 1; 0 means that the finding concerns
/// the whole file or line.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    /// `W003`: never used for anything else again.
    pub code: &'static str,
    /// Whether it stops a release.
    pub severity: Severity,
    /// The file, relative to the folder; empty for the folder itself.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub col: u32,
    /// What is wrong and what to do, in Chinese.
    pub zh: String,
    /// What is wrong and what to do, in English.
    pub en: String,
    /// The word that was probably meant.
    pub suggestion: Option<String>,
    /// How the file is mended, when there is but one way.
    #[serde(skip)]
    pub mends: Vec<Mend>,
}

/// One change of a file: what stands from `start` to `end` becomes `text`.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Mend {
    /// The first byte that goes; bytes of the text without the mark that some
    /// editors put in front.
    pub start: usize,
    /// The byte after the last one that goes.
    pub end: usize,
    /// What stands there afterwards.
    pub text: String,
}

impl Finding {
    /// An error at a place; the release is refused.
    pub fn error(code: &'static str, file: &str, zh: String, en: String) -> Self {
        Self::new(code, Severity::Error, file, zh, en)
    }

    /// A warning; the release is not refused.
    pub fn warning(code: &'static str, file: &str, zh: String, en: String) -> Self {
        Self::new(code, Severity::Warning, file, zh, en)
    }

    fn new(
        code: &'static str,
        severity: Severity,
        file: &str,
        zh: String,
        en: String,
    ) -> Self {
        let file = file.to_owned();
        Self {
            code,
            severity,
            file,
            line: 0,
            col: 0,
            zh,
            en,
            suggestion: None,
            mends: vec![],
        }
    }

    /// The same finding at a line and column, both from 1.
    #[must_use]
    pub fn at(self, line: u32, col: u32) -> Self {
        Self { line, col, ..self }
    }

    /// The same finding with the word that was probably meant.
    #[must_use]
    pub fn suggesting(self, suggestion: Option<String>) -> Self {
        Self { suggestion, ..self }
    }

    /// One line for a person:
    /// `错误[W003] 提醒.lua:6:27:没有环节 “电话催收”(是否应为 “电话崔收”?)`.
    pub fn render(&self, lang: Lang) -> String {
        let place = self.place();
        let word = self.severity.word(lang);
        let code = self.code;
        match lang {
            Lang::Zh => {
                let gap = if place.is_empty() { "" } else { ":" };
                let hint = self.suggestion.as_ref();
                let hint = hint.map_or(String::new(), |it| format!("(是否应为 “{it}”?)"));
                format!("{word}[{code}] {place}{gap}{}{hint}", self.zh)
            }
            Lang::En => {
                let gap = if place.is_empty() { "" } else { ": " };
                let hint = self.suggestion.as_ref();
                let hint =
                    hint.map_or(String::new(), |it| format!(" (did you mean `{it}`?)"));
                format!("{word}[{code}] {place}{gap}{}{hint}", self.en)
            }
        }
    }

    fn place(&self) -> String {
        match (self.line, self.col) {
            (0, _) => self.file.clone(),
            (line, 0) => format!("{}:{line}", self.file),
            (line, col) => format!("{}:{line}:{col}", self.file),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Lang::Zh))
    }
}

/// The known word nearest to a wrong one, when it is near enough to be meant.
pub fn nearest<'a>(
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    // `on_paid` is the beginning of `on_paid_off`, though `on_failed` has its length.
    let begins =
        |word: &&&str| word.strip_prefix(wrong).is_some_and(|rest| rest.starts_with('_'));
    if let Some(longer) = known.iter().filter(begins).min().filter(|_| 3 < wrong.len()) {
        return Some((*longer).to_owned());
    }
    // Chinese names are short: of four characters two may differ.
    let allowed = wrong.chars().count().div_ceil(3).max(1);
    known
        .into_iter()
        .filter(|it| *it != wrong)
        .map(|it| (strsim::osa_distance(wrong, it), it))
        .filter(|(distance, it)| {
            *distance <= allowed && *distance < it.chars().count().max(2)
        })
        .min()
        .map(|(_, it)| it.to_owned())
}

/// The one known word that a wrong one must be a misspelling of: a letter too
/// many, too few or exchanged, and no other word is nearly as near.
pub fn only_near<'a>(
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let allowed = if wrong.chars().count() < 8 { 1 } else { 2 };
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .filter(|it| 2 < it.chars().count())
        .map(|it| (strsim::osa_distance(wrong, it), it))
        .filter(|(distance, _)| *distance <= allowed + 1)
        .collect();
    near.sort_unstable();
    near.dedup();
    match near.as_slice() {
        [(distance, it)] if *distance <= allowed => Some((*it).to_owned()),
        [(first, it), (second, _), ..] if *first <= allowed && first + 1 < *second => {
            Some((*it).to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_reads_as_the_design_shows_it() {
        let zh = "没有环节 “电话催收”".to_owned();
        let finding = Finding::error("E003", "提醒.lua", zh, "no stage".to_owned())
            .at(6, 27)
            .suggesting(Some("电话崔收".to_owned()));
        assert_eq!(
            finding.render(Lang::Zh),
            "错误[E003] 提醒.lua:6:27:没有环节 “电话催收”(是否应为 “电话崔收”?)"
        );
        assert_eq!(
            finding.render(Lang::En),
            "error[E003] 提醒.lua:6:27: no stage (did you mean `电话崔收`?)"
        );
    }

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_is_not() {
        let known = ["days_past_due", "balance", "电话崔收"];
        assert_eq!(nearest("day_past_due", known), Some("days_past_due".to_owned()));
        assert_eq!(nearest("电话催收", known), Some("电话崔收".to_owned()));
        assert_eq!(nearest("holiday", known), None);
        let events = ["on_failed", "on_payment", "on_paid_off"];
        assert_eq!(nearest("on_paid", events), Some("on_paid_off".to_owned()));
    }
}
