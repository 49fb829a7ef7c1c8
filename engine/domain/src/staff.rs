//! How members of staff are called (工作人员的称呼): a bank's list or a script may have
//! somebody by a login whom the settings know by name.

use std::collections::BTreeMap;

use crate::role::Role;

/// The logins of each member of staff, by name, and their roles.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct StaffNames {
    logins: BTreeMap<String, Vec<String>>,
    roles: BTreeMap<String, Vec<Role>>,
}

impl StaffNames {
    /// Takes up a login of somebody, who may have several.
    pub fn add(&mut self, name: &str, login: &str) {
        self.logins.entry(name.to_owned()).or_default().push(login.to_owned());
    }

    /// Takes up what somebody may do.
    pub fn give(&mut self, name: &str, roles: &[Role]) {
        self.roles.entry(name.to_owned()).or_default().extend(roles);
    }

    /// The name by which the settings know somebody; any other name as it is, without
    /// the blanks around it.
    pub fn called(&self, name: &str) -> String {
        let name = name.trim();
        let of = self.logins.iter().find(|it| it.1.iter().any(|login| login == name));
        of.map_or(name, |it| it.0.as_str()).to_owned()
    }

    /// Under which names somebody may stand in a list, their own among them.
    pub fn names_of(&self, name: &str) -> Vec<String> {
        let mut names = self.logins.get(name).cloned().unwrap_or_default();
        names.push(name.trim().to_owned());
        names
    }

    /// Whether somebody goes by this name; where no staff is known at all, anybody may.
    pub fn knows(&self, name: &str) -> bool {
        self.logins.is_empty() || self.logins.contains_key(&self.called(name))
    }

    /// Whether somebody has one of these roles; where nobody's roles are known, anybody may.
    pub fn has_one_of(&self, name: &str, roles: &[Role]) -> bool {
        let own = self.roles.get(&self.called(name));
        self.roles.is_empty()
            || own.is_some_and(|own| own.iter().any(|role| roles.contains(role)))
    }

    /// Whether two names are one person's.
    pub fn is_same(&self, one: &str, other: &str) -> bool {
        self.called(one) == self.called(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_the_person_who_has_it() {
        let mut staff = StaffNames::default();
        staff.add("示例甲", "sl1");
        staff.add("示例甲", "sl9");
        for (name, called) in [
            ("sl9", "示例甲"),
            (" sl1 ", "示例甲"),
            ("示例甲", "示例甲"),
            (" 示例乙", "示例乙"),
        ] {
            assert_eq!(staff.called(name), called, "{name}");
        }
        assert!(staff.is_same("sl1", "示例甲 "));
        assert!(!staff.is_same("sl1", "示例乙"));
        assert_eq!(staff.names_of("示例甲"), ["sl1", "sl9", "示例甲"]);
        assert_eq!(staff.names_of("示例乙 "), ["示例乙"]);
        assert!(staff.knows("sl9") && staff.knows(" 示例甲") && !staff.knows("示例乙"));
        assert!(StaffNames::default().knows("示例乙"), "no staff is known");
    }

    #[test]
    fn a_role_is_had_under_every_name_of_a_person() {
        let mut staff = StaffNames::default();
        let counsel = [Role::Legal, Role::Supervisor];
        assert!(staff.has_one_of("示例乙", &counsel), "nobody's roles are known");
        staff.add("示例甲", "sl1");
        staff.give("示例甲", &[Role::Collector, Role::Legal]);
        assert!(staff.has_one_of("sl1", &counsel));
        assert!(!staff.has_one_of("示例甲", &[Role::Auditor]));
        assert!(!staff.has_one_of("示例乙", &counsel));
    }
}
