//! People for a book that has none (补造当事人), made of the case number alone.
//!
//! A replay needs somebody to call and a village to go to. The same case
//! always gets the same people, whatever else is in the book, and the store
//! marks them as fictional.

use domain::party::GuaranteeKind;

use super::names::{self, BRANCHES};
use super::rng::Rng;

/// The people of one case and who works it; all of it made up.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FictionalPeople {
    /// The borrower.
    pub debtor: FictionalPerson,
    /// The guarantor, of about a third of the cases.
    pub guarantor: Option<(FictionalPerson, GuaranteeKind)>,
    /// The village of the borrower.
    pub village: &'static str,
    /// The member of staff who works the village.
    pub collector: String,
}

/// One made-up person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FictionalPerson {
    /// The institution's number of the person.
    pub party_no: String,
    /// A name that nobody has.
    pub name: String,
    /// A number that no network has.
    pub phone: String,
    /// The account of those who have bound the official WeChat account.
    pub wechat: Option<String>,
    /// A place that is on no map.
    pub address: String,
}

/// Makes up the people of a case.
///
/// The borrower depends on `debtor_no` alone, so that one borrower of several
/// loans is one person; the guarantor on `case_no`.
pub fn people_for(case_no: &str, debtor_no: &str) -> FictionalPeople {
    let mut rng = Rng::of(0, debtor_no, 1);
    let branch = rng.throw(u32::try_from(BRANCHES.len()).unwrap_or(1));
    let village = BRANCHES[branch as usize].1[rng.throw(6) as usize];
    let debtor = person(&mut rng, debtor_no.to_owned(), village);
    let collector = collector_of(branch, village);
    let mut rng = Rng::of(0, case_no, 2);
    let guarantor = rng.chance(330).then(|| {
        let kind =
            if rng.chance(700) { GuaranteeKind::Joint } else { GuaranteeKind::General };
        (person(&mut rng, format!("{case_no}/G1"), village), kind)
    });
    FictionalPeople { debtor, guarantor, village, collector }
}

pub(crate) fn person(rng: &mut Rng, party_no: String, village: &str) -> FictionalPerson {
    let name = names::person(rng);
    let phone = names::phone(rng);
    let wechat = rng.chance(450).then(|| format!("wx-{}", &phone[3..]));
    let address = format!("{village}{}组{}号", rng.between(1, 8), rng.between(1, 120));
    FictionalPerson { party_no, name, phone, wechat, address }
}

/// Two collectors share the six villages of a branch.
pub(crate) fn collector_of(branch: u32, village: &str) -> String {
    let villages = &BRANCHES[branch as usize].1;
    let half = villages.iter().position(|it| *it == village).unwrap_or(0) / 3;
    let number = u64::from(branch) * 2 + half as u64;
    names::person(&mut Rng::of(0, "collector", number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_always_has_the_same_people() {
        assert_eq!(people_for("A1", "D-A1"), people_for("A1", "D-A1"));
        let one = people_for("A1", "D-7");
        let other = people_for("A2", "D-7");
        assert_eq!((&one.debtor, one.village), (&other.debtor, other.village));
        assert_ne!(
            people_for("A1", "D-1").debtor.phone,
            people_for("A1", "D-2").debtor.phone
        );
    }

    #[test]
    fn some_cases_have_a_guarantor_and_some_people_have_wechat() {
        let people: Vec<_> = (0..3000)
            .map(|it| people_for(&format!("A{it}"), &format!("D-{it}")))
            .collect();
        let guaranteed =
            people.iter().filter(|person| person.guarantor.is_some()).count();
        let bound = people.iter().filter(|person| person.debtor.wechat.is_some()).count();
        assert!((800..1200).contains(&guaranteed), "{guaranteed}");
        assert!((1150..1550).contains(&bound), "{bound}");
    }
}
