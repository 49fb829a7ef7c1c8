//! What became of the folder on the disk (对流程目录的结论), as people read it.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use store::{Conn, meta};

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
    /// When, civil time.
    pub at: String,
    /// Findings as staff read them, Chinese.
    pub findings: Vec<String>,
    /// The same in English.
    pub findings_en: Vec<String>,
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
    /// The word for screens.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Live => "已上线",
            Self::Unchanged => "与运行中的版本相同",
            Self::Rejected => "未通过检查,沿用旧版",
            Self::AwaitingConfirmation => "影响面过大,等待确认",
            Self::RolledBack => "已由人回退,等待新的修改",
        }
    }
}

impl Verdict {
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
        Ok(text.map(|it| serde_json::from_str(&it)).transpose()?)
    }
}
