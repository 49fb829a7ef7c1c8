//! What a person is at a site (角色): who may enter, decide and sign.

use serde::{Deserialize, Serialize};

use crate::words;

words! {
    /// A role of a person, as `qingshou.toml` gives it.
    #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Role {
        /// May do all that needs no signature (管理员).
        Administrator = "administrator",
        /// Writes workflows (流程编辑).
        Editor = "editor",
        /// Decides about cases (主管).
        Supervisor = "supervisor",
        /// Works cases (信贷员).
        Collector = "collector",
        /// Goes to court (法务).
        Legal = "legal",
        /// Looks to the rules of conduct (合规).
        Compliance = "compliance",
        /// Looks to losses (风险).
        Risk = "risk",
        /// Reads everything and changes nothing (审计).
        Auditor = "auditor",
    }
}

impl Role {
    /// What staff call it (角色名).
    pub const fn called(self) -> &'static str {
        match self {
            Self::Administrator => "管理员",
            Self::Editor => "流程编辑",
            Self::Supervisor => "主管",
            Self::Collector => "信贷员",
            Self::Legal => "法务",
            Self::Compliance => "合规",
            Self::Risk => "风险",
            Self::Auditor => "审计",
        }
    }

    /// The role of a word, in the words of the settings or in Chinese.
    pub fn named(word: &str) -> Option<Self> {
        let word = word.trim();
        Self::parse(word)
            .or_else(|| Self::ALL.into_iter().find(|role| role.called() == word))
    }

    /// Whether work can be theirs: an auditor changes nothing.
    pub fn works(self) -> bool {
        self != Self::Auditor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_named_in_chinese_or_by_its_word() {
        for role in Role::ALL {
            assert_eq!(Role::named(role.as_str()), Some(role));
            assert_eq!(Role::named(role.called()), Some(role));
        }
        assert_eq!(Role::named("经理"), None);
    }
}
