//! How members of staff are called (工作人员的称呼): a bank's list or a script may have
//! somebody by a login whom the settings know by name.

use std::collections::BTreeMap;

/// The logins of each member of staff, by name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct StaffNames(BTreeMap<String, Vec<String>>);

impl StaffNames {
    /// Takes up a login of somebody, who may have several.
    pub fn add(&mut self, name: &str, login: &str) {
        self.0.entry(name.to_owned()).or_default().push(login.to_owned());
    }

    /// The name by which the settings know somebody; any other name as it is, without
    /// the blanks around it.
    pub fn called(&self, name: &str) -> String {
        let name = name.trim();
        let of = self.0.iter().find(|it| it.1.iter().any(|login| login == name));
        of.map_or(name, |it| it.0.as_str()).to_owned()
    }

    /// Under which names somebody may stand in a list, their own among them.
    pub fn names_of(&self, name: &str) -> Vec<String> {
        let mut names = self.0.get(name).cloned().unwrap_or_default();
        names.push(name.trim().to_owned());
        names
    }

    /// Whether somebody goes by this name; where no staff is known at all, anybody may.
    pub fn knows(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.contains_key(&self.called(name))
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
}
