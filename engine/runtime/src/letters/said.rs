//! What a text says and whether it is still true (如实): compared at hand-over with
//! the case as it stands then.

use std::collections::BTreeMap;
use std::fmt::Write;

use domain::manifest::Act;
use domain::money::Fen;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{About, Letters, WORDS, context, value};

/// What a text says of its case, word by word, and the mark of its wording.
/// Names are kept as marks, for an order's arguments are shown to staff.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Said {
    wording: String,
    words: BTreeMap<String, String>,
    /// What had been paid when a demand was written; whoever pays before it leaves is
    /// not asked by it, whether or not it states a sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    paid: Option<Fen>,
}

/// Whether a text may leave as it was written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Truth {
    /// All that it says is so.
    Stands,
    /// Only days, names or the wording itself have moved: said again it is true.
    SayAgain,
    /// What it asks for is another thing now: why, as the journal puts it.
    Changed(&'static str),
}

/// Words whose change makes no other message of it.
const MOVING: &[&str] = &[
    "name",
    "salutation",
    "borrower",
    "contract",
    "contract_no",
    "contract_on",
    "opened_on",
    "overdue_parts",
    "days_past_due",
    "days_until_due",
    "org",
    "telephone",
    "address",
    "collector",
    "guarantee",
    "complaint_no",
    "today",
];

/// What never changes on a case.
const FIXED: &[&str] = &["case_no", "loan_tail"];

/// Words that name somebody.
const NAMES: &[&str] = &["name", "salutation", "borrower"];

impl Letters {
    /// What a template says of a case.
    pub(super) fn said(&self, template: &str, about: About<'_>) -> Said {
        let used = self.words.get(template);
        let used = |zh: &str, en: &str| {
            used.is_some_and(|used| used.contains(zh) || used.contains(en))
        };
        let words = WORDS
            .iter()
            .filter(|(zh, en, _)| used(zh, en) && !FIXED.contains(en))
            .map(|(_, en, _)| ((*en).to_owned(), self.says(en, about)))
            .collect();
        let wording = self.wordings.get(template).cloned().unwrap_or_default();
        let is_demand = self.act(template) == Act::Demand;
        Said { wording, words, paid: is_demand.then_some(about.facts.paid) }
    }

    /// The value of a word as it is kept; empty where the case has none.
    fn says(&self, word: &str, about: About<'_>) -> String {
        let value = value(word, about, &self.institution);
        let value = value.map(|it| it.to_string()).unwrap_or_default();
        if NAMES.contains(&word) { mark(&value) } else { value }
    }

    /// Compares what a text said when it was written with the case as it
    /// stands. A text that a second person has approved keeps its wording.
    pub fn truth(
        &self,
        template: &str,
        said: &Said,
        about: About<'_>,
        is_approved: bool,
    ) -> Truth {
        let moved: Vec<&str> = said
            .words
            .iter()
            .filter(|(word, before)| self.says(word, about) != **before)
            .map(|word| word.0.as_str())
            .collect();
        if let Some(word) = moved.iter().find(|it| !MOVING.contains(it)) {
            let is_date = word.ends_with("_on");
            return Truth::Changed(if is_date {
                "date_changed"
            } else {
                "amount_changed"
            });
        }
        if said.paid.is_some_and(|before| before < about.facts.paid) {
            return Truth::Changed("paid_since");
        }
        match self.wordings.get(template) {
            Some(wording) if *wording == said.wording => {
                if moved.is_empty() {
                    Truth::Stands
                } else {
                    Truth::SayAgain
                }
            }
            Some(_) if is_approved => Truth::Changed("wording_changed"),
            Some(_) => Truth::SayAgain,
            // What is true can leave without its template.
            None if moved.is_empty() => Truth::Stands,
            None => Truth::Changed("template_gone"),
        }
    }

    /// The values of all words that a template uses, by both their names; where the
    /// case has none, what the template says instead.
    pub fn words_of(&self, template: &str, about: About<'_>) -> BTreeMap<String, String> {
        let Some(used) = self.words.get(template) else { return BTreeMap::new() };
        let used =
            WORDS.iter().filter(|word| used.contains(word.0) || used.contains(word.1));
        let values = context(about, &self.institution);
        used.flat_map(|(zh, en, _)| {
            let value = value(en, about, &self.institution).map(|it| it.to_string());
            let value =
                value.unwrap_or_else(|| self.substitute(template, [zh, en], &values));
            [((*zh).to_owned(), value.clone()), ((*en).to_owned(), value)]
        })
        .collect()
    }
}

/// A mark by which a text is known again and which does not tell it.
pub(super) fn mark(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let mut mark = String::with_capacity(16);
    for byte in hash.iter().take(8) {
        // A String takes whatever is written to it.
        write!(mark, "{byte:02x}").ok();
    }
    mark
}

#[cfg(test)]
mod tests {
    use domain::facts::CaseFacts;
    use domain::ids::PartyId;
    use domain::money::Fen;
    use domain::order::Recipient;
    use domain::party::Role;
    use jiff::civil::date;

    use super::*;
    use crate::letters::{made_up_case, proof};
    use site::config::Config;

    fn letters(text: &str) -> Letters {
        let texts = BTreeMap::from([("t".to_owned(), text.to_owned())]);
        let (letters, faults) = Letters::new(&texts);
        assert_eq!(faults, [], "{text}");
        letters
            .of(&Config { institution: "示例联社".to_owned(), ..Config::default() })
    }

    fn render(letters: &Letters, facts: &CaseFacts, to: Option<&Recipient>) -> Said {
        let loan = proof::loan();
        letters.render("t", About { facts, loan: &loan, to }).unwrap().said
    }

    fn truth_of(
        letters: &Letters,
        said: &Said,
        facts: &CaseFacts,
        to: Option<&Recipient>,
    ) -> Truth {
        let loan = proof::loan();
        letters.truth("t", said, About { facts, loan: &loan, to }, false)
    }

    fn to(name: &str) -> Recipient {
        Recipient {
            id: PartyId(7),
            role: Role::Borrower,
            name: name.to_owned(),
            phone: None,
            wechat: None,
            address: None,
            village: None,
            guarantee: None,
        }
    }

    const ALL: &str = "{{ 客户 }} {{ 贷款编号 }} {{ 逾期金额 }} {{ 余额 }} {{ 逾期天数 }} \
                       {{ 机构 }} {{ 信贷员 }} {{ 承诺还款日 }} {{ 今天 }} \
                       {{ 下期到期日 }} {{ 下期应还金额 }}";

    #[test]
    fn every_change_of_a_case_is_told_from_one_that_only_moves() {
        use Truth::{Changed, SayAgain, Stands};
        let case = made_up_case;
        let day = Some(date(2026, 4, 1));
        let table = [
            ("nothing", case(), Stands),
            (
                "a payment",
                CaseFacts { overdue: Fen(1), ..case() },
                Changed("amount_changed"),
            ),
            (
                "the balance",
                CaseFacts { balance: Fen(1), ..case() },
                Changed("amount_changed"),
            ),
            (
                "the promise",
                CaseFacts { promise_due_on: day, ..case() },
                Changed("date_changed"),
            ),
            (
                "no promise",
                CaseFacts { promise_due_on: None, ..case() },
                Changed("date_changed"),
            ),
            (
                "a part of the next instalment was paid",
                CaseFacts { next_due_amount: Some(Fen(1)), ..case() },
                Changed("amount_changed"),
            ),
            (
                "all of it was paid",
                CaseFacts { next_due_on: day, ..case() },
                Changed("date_changed"),
            ),
            ("a day later", CaseFacts { days_past_due: 6, ..case() }, SayAgain),
            ("the date", CaseFacts { today: date(2026, 3, 7), ..case() }, SayAgain),
            (
                "the collector",
                CaseFacts { collector: Some("示例丙".to_owned()), ..case() },
                SayAgain,
            ),
            ("no collector", CaseFacts { collector: None, ..case() }, SayAgain),
            ("the lender", CaseFacts { org: "另一社".to_owned(), ..case() }, SayAgain),
            // What the text does not say.
            ("a visit", CaseFacts { visits: 9, ..case() }, Stands),
        ];
        let letters = letters(ALL);
        let somebody = to("示例甲");
        let said = render(&letters, &case(), Some(&somebody));
        for (what, now, truth) in table {
            let found = truth_of(&letters, &said, &now, Some(&somebody));
            assert_eq!(found, truth, "{what}");
        }
        let renamed = to("示例丁");
        let found = truth_of(&letters, &said, &case(), Some(&renamed));
        assert_eq!(found, SayAgain, "a name put right");
        let kept = serde_json::to_string(&said).unwrap();
        assert!(!kept.contains("示例甲"), "{kept}");
    }

    #[test]
    fn the_days_until_a_due_date_move_and_the_last_instalment_paid_changes_it() {
        let letters = letters("{{ 下期到期日 }}还有 {{ 距到期天数 }} 天");
        let said = render(&letters, &made_up_case(), None);
        let truth = |now: &CaseFacts| truth_of(&letters, &said, now, None);
        let later = CaseFacts { today: date(2026, 3, 7), ..made_up_case() };
        assert_eq!(truth(&later), Truth::SayAgain);
        let paid = CaseFacts { next_due_on: None, ..made_up_case() };
        assert_eq!(truth(&paid), Truth::Changed("date_changed"));
    }

    #[test]
    fn a_text_that_does_not_say_it_stands_whatever_changes() {
        let letters = letters("您好");
        let said = render(&letters, &made_up_case(), None);
        let now = CaseFacts { overdue: Fen(1), days_past_due: 99, ..made_up_case() };
        assert_eq!(truth_of(&letters, &said, &now, None), Truth::Stands);
    }

    #[test]
    fn whoever_has_paid_since_a_demand_was_written_is_not_asked_by_it() {
        let table = [
            ("您好", Fen(1), Truth::Changed("paid_since")),
            ("您好", Fen(0), Truth::Stands),
            // A reversal is no payment.
            ("您好", Fen(-1), Truth::Stands),
            ("性质:告知\n您好", Fen(1), Truth::Stands),
        ];
        for (text, more, truth) in table {
            let letters = letters(text);
            let said = render(&letters, &made_up_case(), None);
            let paid = made_up_case().paid + more;
            let now = CaseFacts { paid, ..made_up_case() };
            assert_eq!(truth_of(&letters, &said, &now, None), truth, "{text} {more}");
        }
    }

    #[test]
    fn a_mended_wording_is_said_again_unless_somebody_has_approved_the_old_one() {
        let before = letters("您好,{{ 逾期天数 }}");
        let said = render(&before, &made_up_case(), None);
        let after = letters("您好:{{ 逾期天数 }}");
        let (facts, loan) = (made_up_case(), proof::loan());
        let about = About { facts: &facts, loan: &loan, to: None };
        let of = |is_approved| after.truth("t", &said, about, is_approved);
        assert_eq!(of(false), Truth::SayAgain);
        assert_eq!(of(true), Truth::Changed("wording_changed"));
        let (gone, _) = Letters::new(&BTreeMap::new());
        let later = CaseFacts { days_past_due: 6, ..made_up_case() };
        assert_eq!(truth_of(&gone, &said, &made_up_case(), None), Truth::Stands);
        let found = truth_of(&gone, &said, &later, None);
        assert_eq!(found, Truth::Changed("template_gone"));
    }
}
