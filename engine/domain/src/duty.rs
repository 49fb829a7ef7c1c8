//! Whose a piece of work is (由谁办理): one person's, or anybody's who has a role, never
//! theirs whom a complaint is about; and until when it makes sense (办到何时为止).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::role::Role;
use crate::words;

/// Whose work an order asks for, as its argument has it: a name, or `{"role": …}`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Assignee {
    /// A member of staff, by name.
    Person(String),
    /// Anybody with a role, until one of them takes it.
    Role {
        /// The role.
        role: Role,
    },
}

impl Assignee {
    /// Reads an argument of an order; `None` when it names nobody.
    pub fn in_arg(value: &Value) -> Option<Self> {
        serde_json::from_value(value.clone()).ok()
    }

    /// The person, when it is one.
    pub fn person(&self) -> Option<&str> {
        match self {
            Self::Person(name) => Some(name),
            Self::Role { .. } => None,
        }
    }

    /// The role, when it is one.
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Person(_) => None,
            Self::Role { role } => Some(*role),
        }
    }

    /// Work about a complaint: with the person complained of it becomes a supervisor's.
    #[must_use]
    pub fn beside(self, complained_of: &[String]) -> Self {
        match &self {
            Self::Person(name) if complained_of.iter().any(|it| it == name.trim()) => {
                Self::Role { role: Role::Supervisor }
            }
            _ => self,
        }
    }
}

words! {
    /// Until when work that a workflow asks for makes sense (待办何时失效).
    #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
    #[serde(rename_all = "snake_case")]
    pub enum EndsWith {
        /// As long as the run stands in the stage that asked for it (随环节).
        Stage = "stage",
        /// As long as the claim stands: until it is paid off or dismissed (随债权).
        Claim = "claim",
        /// Until somebody has done it (办结为止).
        Nothing = "nothing",
    }
}

/// Kinds of work that decide where a run goes: behind their stage there is nothing left
/// to decide.
const DECISIONS: &[&str] = &["gate", "override"];

/// Kinds of work that are owed to a person or a court, whatever becomes of the debt.
const OWED: &[&str] = &[
    "complaint",
    "investigate",
    "answer",
    "escalation",
    "dispute",
    "apology",
    "withdraw",
];

impl EndsWith {
    /// Every word, in the order of the declaration.
    pub const WORDS: &'static [&'static str] =
        &[Self::Stage.as_str(), Self::Claim.as_str(), Self::Nothing.as_str()];

    /// Until when work of a kind makes sense where its workflow does not say.
    pub fn of_kind(kind: &str) -> Self {
        if DECISIONS.contains(&kind) {
            Self::Stage
        } else if OWED.contains(&kind) {
            Self::Nothing
        } else {
            Self::Claim
        }
    }
}

/// How a piece of open work is given out.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct GivenOut<'a> {
    /// The person whose it is.
    pub assignee: Option<&'a str>,
    /// The role of which anybody may do it.
    pub role: Option<&'a str>,
    /// Who of the role has taken it.
    pub taken_by: Option<&'a str>,
    /// Those whom it is about, who have no part in it, separated by `,`.
    pub not_by: Option<&'a str>,
}

/// Why a person may not take or close a piece of work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bar<'a> {
    /// A complaint that it belongs to is about them.
    AboutThem,
    /// It is for a role that they do not have.
    OfRole(&'a str),
    /// Somebody else has taken it.
    TakenBy(&'a str),
}

impl<'a> GivenOut<'a> {
    /// What keeps a person from this work, who goes by `names` and has `roles`; `None`
    /// when nothing does. That a complaint is about them counts before any role, also an
    /// administrator's.
    pub fn bar(self, names: &[String], roles: &[Role]) -> Option<Bar<'a>> {
        let is_theirs = |name: &str| names.iter().any(|it| it.trim() == name.trim());
        let about = self.not_by.unwrap_or_default();
        if about.split(',').filter(|part| !part.is_empty()).any(is_theirs) {
            return Some(Bar::AboutThem);
        }
        if let Some(role) = self.role
            && !roles.iter().any(|it| *it == Role::Administrator || it.as_str() == role)
        {
            return Some(Bar::OfRole(role));
        }
        self.taken_by.filter(|name| !is_theirs(name)).map(Bar::TakenBy)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn an_argument_names_a_person_or_a_role() {
        let person = Assignee::Person("示例甲".to_owned());
        let role = Assignee::Role { role: Role::Legal };
        for (value, read) in [
            (json!("示例甲"), Some(&person)),
            (json!({ "role": "legal" }), Some(&role)),
            (json!({ "role": "nobody" }), None),
            (json!(3), None),
        ] {
            assert_eq!(Assignee::in_arg(&value).as_ref(), read, "{value}");
        }
        assert_eq!(serde_json::to_value(&role).unwrap(), json!({ "role": "legal" }));
        assert_eq!(serde_json::to_value(&person).unwrap(), json!("示例甲"));
    }

    #[test]
    fn a_complaint_never_lands_with_the_person_complained_of() {
        let about = names(&["示例甲"]);
        let theirs = Assignee::Person("示例甲".to_owned()).beside(&about);
        assert_eq!(theirs, Assignee::Role { role: Role::Supervisor });
        for other in
            [Assignee::Person("示例乙".to_owned()), Assignee::Role { role: Role::Legal }]
        {
            assert_eq!(other.clone().beside(&about), other);
        }
    }

    #[test]
    fn decisions_end_with_their_stage_and_what_is_owed_stays() {
        for (kind, ends) in [
            ("gate", EndsWith::Stage),
            ("override", EndsWith::Stage),
            ("trace", EndsWith::Claim),
            ("review", EndsWith::Claim),
            ("complaint", EndsWith::Nothing),
            ("withdraw", EndsWith::Nothing),
        ] {
            assert_eq!(EndsWith::of_kind(kind), ends, "{kind}");
        }
    }

    #[test]
    fn who_may_take_and_close_work() {
        let of_role = GivenOut { role: Some("supervisor"), ..GivenOut::default() };
        let taken = GivenOut { taken_by: Some("示例甲"), ..of_role };
        let about = GivenOut { not_by: Some("示例甲,示例乙"), ..of_role };
        let table: &[(GivenOut<'_>, &[&str], Role, Option<Bar<'_>>)] = &[
            (of_role, &["示例甲"], Role::Supervisor, None),
            (of_role, &["示例甲"], Role::Administrator, None),
            (of_role, &["示例甲"], Role::Collector, Some(Bar::OfRole("supervisor"))),
            (taken, &["示例甲"], Role::Supervisor, None),
            (taken, &["示例丙"], Role::Supervisor, Some(Bar::TakenBy("示例甲"))),
            (about, &["login-7", "示例乙"], Role::Supervisor, Some(Bar::AboutThem)),
            (about, &["示例甲"], Role::Administrator, Some(Bar::AboutThem)),
            (about, &["示例丙"], Role::Supervisor, None),
            (GivenOut::default(), &["示例丙"], Role::Collector, None),
        ];
        for (work, who, role, bar) in table {
            assert_eq!(work.bar(&names(who), &[*role]), *bar, "{who:?} {role} {work:?}");
        }
    }
}
