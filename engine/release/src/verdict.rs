//! What became of the folder on the disk (对流程目录的结论), as people read it.

use anyhow::Result;
use domain::say::{Lang, Say};
use script::program::Folder;
use serde::{Deserialize, Serialize};
use store::{Conn, meta};

use crate::causes::{Cause, Kind};
use crate::snippet::render;

/// Where the verdict on the folder is kept, in the store's `meta`.
const FOLDER_VERDICT: &str = "folder_verdict";

/// What became of the folder on the disk.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Verdict {
    /// What was decided.
    pub outcome: Outcome,
    /// Hash of the folder looked at; empty when there was none.
    pub hash: String,
    /// The number of the release that runs afterwards.
    pub running: Option<i64>,
    /// The rules and the calendar that the site named then.
    #[serde(default)]
    pub rules: String,
    /// When, civil time.
    pub at: String,
    /// What speaks against it or should be looked at, the first cause first.
    #[serde(default)]
    pub causes: Vec<ToldCause>,
    /// Findings as staff read them, Chinese, in the order of the causes.
    pub findings: Vec<String>,
    /// The same in English.
    pub findings_en: Vec<String>,
}

/// A cause as staff read it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ToldCause {
    /// What it is of.
    pub kind: Kind,
    /// The edited file, relative to the folder; empty for the folder itself.
    pub file: String,
    /// The line, from 1; 0 for the whole file.
    pub line: u32,
    /// Code, place and words.
    #[serde(flatten)]
    pub say: Say,
    /// What came of it, Chinese.
    pub effects: Vec<String>,
    /// The same in English.
    pub effects_en: Vec<String>,
}

/// How much of a list is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fold {
    /// Each cause with its first effects, and how many there are.
    Short,
    /// Everything.
    Open,
}

impl Fold {
    /// Open for whoever asked for all.
    pub fn unless(all: bool) -> Self {
        if all { Self::Open } else { Self::Short }
    }
}

/// So many effects of a cause are shown on a short list.
const EFFECTS: usize = 2;
/// So many causes.
const CAUSES: usize = 12;

impl From<&Cause> for ToldCause {
    fn from(cause: &Cause) -> Self {
        Self::with_lines(cause, None)
    }
}

impl ToldCause {
    /// A cause with the lines of its places, as far as the folder is there.
    pub fn with_lines(cause: &Cause, folder: Option<&Folder>) -> Self {
        let Cause { kind, lead, effects, .. } = cause;
        let told =
            |lang| effects.iter().map(|effect| render(effect, lang, folder)).collect();
        Self {
            kind: *kind,
            file: lead.file.clone(),
            line: lead.line,
            say: Say::new(render(lead, Lang::Zh, folder), render(lead, Lang::En, folder)),
            effects: told(Lang::Zh),
            effects_en: told(Lang::En),
        }
    }
}

/// The lines in which causes are told; `more` says how to see the rest.
pub fn lines(causes: &[ToldCause], lang: Lang, fold: Fold, more: &str) -> Vec<String> {
    let most = if fold == Fold::Open { usize::MAX } else { CAUSES };
    let mut lines: Vec<String> = causes
        .iter()
        .take(most)
        .flat_map(|cause| cause.lines(lang, fold, more))
        .collect();
    let left = causes.len().saturating_sub(most);
    if 0 < left {
        lines.push(match lang {
            Lang::Zh => format!("另有 {left} 处:{more}"),
            Lang::En => format!("{left} more: {more}"),
        });
    }
    lines
}

impl ToldCause {
    fn lines(&self, lang: Lang, fold: Fold, more: &str) -> Vec<String> {
        let lead = self.say.of(lang);
        let effects = lang.pick(&self.effects, &self.effects_en);
        let mut lines: Vec<String> = lead.lines().map(str::to_owned).collect();
        if fold == Fold::Open {
            let of_effect = effects.iter().flat_map(|effect| effect.lines());
            lines.extend(of_effect.map(|of_effect| format!("  {of_effect}")));
            return lines;
        }
        let shown =
            effects.iter().take(EFFECTS).filter_map(|effect| effect.lines().next());
        lines.extend(shown.map(|it| format!("  {it}")));
        let left = effects.len().saturating_sub(EFFECTS);
        if 0 < left {
            lines.push(match lang {
                Lang::Zh => format!("  另有 {left} 项:{more}"),
                Lang::En => format!("  {left} more: {more}"),
            });
        }
        lines
    }
}

/// What was decided about a folder.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It runs now.
    Live,
    /// It is what runs already.
    Unchanged,
    /// It has faults; the old release goes on.
    Rejected,
    /// It reaches too far; a person has to confirm it.
    AwaitingConfirmation,
    /// A person has gone back behind it; the next change of it counts.
    RolledBack,
}

impl Outcome {
    /// The words for screens; `running` is the release that runs.
    pub fn words(self, running: Option<i64>, lang: Lang) -> &'static str {
        let (zh, en) = match self {
            Self::Rejected if running.is_none() => (
                "未通过检查,没有版本上线,案件没有办理",
                "rejected; no release is live and no case is worked",
            ),
            Self::AwaitingConfirmation if running.is_none() => (
                "等待确认,没有版本上线,案件没有办理",
                "awaiting confirmation; no release is live and no case is worked",
            ),
            Self::Live => ("已上线", "live"),
            Self::Unchanged => ("与运行中的版本相同", "the same as the running release"),
            Self::Rejected => {
                ("未通过检查,沿用旧版", "rejected, the old release goes on")
            }
            Self::AwaitingConfirmation => {
                ("等待确认,沿用旧版", "awaiting confirmation, the old release goes on")
            }
            Self::RolledBack => (
                "已由人回退,等待新的修改",
                "rolled back by a person, waiting for an edit",
            ),
        };
        match lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }
}

impl Verdict {
    /// What was decided and why, as staff read it.
    pub fn told(&self, lang: Lang, fold: Fold, more: &str) -> Vec<String> {
        let words = self.outcome.words(self.running, lang);
        let mut told = vec![match (lang, self.running) {
            (Lang::Zh, Some(n)) => format!("{words}(运行第 {n} 版)"),
            (Lang::En, Some(n)) => format!("{words} (release {n} runs)"),
            (_, None) => words.to_owned(),
        }];
        told.extend(lines(&self.causes, lang, fold, more));
        told
    }

    /// Keeps it for whoever asks.
    pub(super) async fn remember(&self, conn: &mut Conn) -> Result<()> {
        Ok(meta::set_text(conn, FOLDER_VERDICT, &serde_json::to_string(self)?).await?)
    }

    /// The last one, if there was one.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn last(conn: &mut Conn) -> Result<Option<Self>> {
        let text = meta::text(conn, FOLDER_VERDICT).await?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_old_release_is_said_to_go_on_where_there_is_none() {
        for outcome in [Outcome::Rejected, Outcome::AwaitingConfirmation] {
            let (zh, en) = (outcome.words(None, Lang::Zh), outcome.words(None, Lang::En));
            assert!(zh.contains("没有版本上线") && !zh.contains("旧版"), "{zh}");
            assert!(en.contains("no release is live") && !en.contains("old"), "{en}");
            assert!(outcome.words(Some(3), Lang::En).contains("the old release goes on"));
        }
    }
}
