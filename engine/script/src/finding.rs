//! What is wrong with a script (发现的问题), where it stands and what to do.

use std::fmt;

use domain::near;
use domain::say::{Lang, Say};
use serde::{Deserialize, Serialize};

/// Whether a finding stops a release.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The folder cannot go live.
    Error,
    /// The folder can go live; somebody should look.
    Warning,
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
    /// What is wrong and what to do.
    #[serde(flatten)]
    pub say: Say,
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
        Self::new(code, Severity::Error, file, Say { zh, en })
    }

    /// A warning; the release is not refused.
    pub fn warning(code: &'static str, file: &str, zh: String, en: String) -> Self {
        Self::new(code, Severity::Warning, file, Say { zh, en })
    }

    fn new(code: &'static str, severity: Severity, file: &str, say: Say) -> Self {
        let file = file.to_owned();
        Self {
            code,
            severity,
            file,
            line: 0,
            col: 0,
            say,
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
        let hint = near::perhaps_named(self.suggestion.as_ref());
        match lang {
            Lang::Zh => {
                let gap = if place.is_empty() { "" } else { ":" };
                format!("{word}[{code}] {place}{gap}{}{}", self.say.zh, hint.zh)
            }
            Lang::En => {
                let gap = if place.is_empty() { "" } else { ": " };
                format!("{word}[{code}] {place}{gap}{}{}", self.say.en, hint.en)
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
}
