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
