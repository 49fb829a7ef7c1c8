//! Who the people of a list are (客户核对): the ones that the book knows, or new ones.
//!
//! A customer number that a spreadsheet has damaged makes two people one, and tells
//! the debt of one to the other; that cannot be undone. So a number, an identity card
//! and a name have to agree, and where they do not a person has to say which is right.

use domain::id_card;
use domain::party::Role;
use domain::say::Say;
use foldhash::{HashMap, HashSet};
use store::people::{self, Known};
use store::{Conn, StoreError};

use super::book::owned;
use super::cases::{CaseRecord, PersonRecord};
use super::fault::RowFault;
use super::headers::Columns;

/// The people that a portion of a list may mean.
#[derive(Default)]
pub(crate) struct People {
    by_number: HashMap<String, Known>,
    /// Numbers of people by their identity card.
    by_card: HashMap<String, Vec<String>>,
    of_loan: HashMap<String, Vec<(Role, String)>>,
    /// A loan of this list by which a person can be named.
    loans: HashMap<String, String>,
    /// People whose record cannot make way for another.
    held: HashSet<String>,
    renumbered: Vec<(String, String)>,
    replaced: Vec<(String, String, String)>,
    /// Numbers that the book knew before this list.
    in_book: HashSet<String>,
    /// Numbers that were looked up in the book, with the person's id there.
    looked_up: HashMap<String, Option<i64>>,
}

/// Under which numbers the people of a loan stand in the book.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Placed {
    pub debtor: String,
    pub guarantors: Vec<String>,
}

/// What is to become of a person's record when all of the loan can be used.
struct Plan {
    number: String,
    change: Option<Change>,
}

enum Change {
    /// The record gets the institution's number.
    Renumber { from: String },
    /// Another record of the same person takes the borrower's place.
    Replace { from: String },
}

/// How a list is to be taken where it names people in other words.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub columns: &'a Columns,
    /// Names that differ are corrections.
    pub renamed: bool,
}

impl People {
    /// Everybody whom these loans may mean.
    pub(crate) async fn of(
        conn: &mut Conn,
        loans: &[&CaseRecord],
        known: &HashSet<&str>,
    ) -> Result<Self, StoreError> {
        let mut all = Self::default();
        let case_nos: Vec<&str> = known.iter().copied().collect();
        for (case_no, role, person) in people::of_cases(conn, &case_nos).await? {
            let of_loan = all.of_loan.entry(case_no).or_default();
            of_loan.push((role, person.party_no.clone()));
            all.add(person);
        }
        let told = loans.iter().flat_map(|loan| everybody(loan));
        let numbers: HashSet<&str> =
            told.clone().filter_map(|it| it.number.as_deref()).collect();
        let numbers: Vec<&str> = numbers
            .into_iter()
            .filter(|number| !all.by_number.contains_key(*number))
            .collect();
        let asked = numbers.iter().map(|number| ((*number).to_owned(), None));
        all.looked_up = asked.collect();
        for person in people::by_number(conn, &numbers).await? {
            all.add(person);
        }
        let cards: HashSet<String> = told
            .filter_map(|it| it.id_number.as_deref())
            .flat_map(id_card::spellings)
            .collect();
        let cards: Vec<&str> = cards.iter().map(String::as_str).collect();
        for person in people::by_id_number(conn, &cards).await? {
            all.add(person);
        }
        all.in_book = all.by_number.keys().cloned().collect();
        let found = all.by_number.values().map(|it| (it.party_no.clone(), it.id));
        all.looked_up.extend(found);
        let own: Vec<&str> = all.by_number.keys().map(String::as_str).collect();
        let own: Vec<&str> = own.into_iter().filter(|it| is_made_up(it)).collect();
        all.held = people::held(conn, &own).await?.into_iter().collect();
        Ok(all)
    }

    /// The numbers that the book was asked for, as they stand there once the new
    /// numbers are written.
    pub(crate) fn looked_up(&self) -> HashMap<&str, Option<i64>> {
        let all = self.looked_up.iter();
        all.map(|(number, id)| (number.as_str(), *id)).collect()
    }

    /// Whether the book knew somebody by this number before this list.
    pub(crate) fn was_in_book(&self, number: &str) -> bool {
        self.in_book.contains(number)
    }

    fn add(&mut self, person: Known) {
        if let Some(card) = person.id_number.as_deref().map(id_card::of_18) {
            let numbers = self.by_card.entry(card).or_default();
            if !numbers.contains(&person.party_no) {
                numbers.push(person.party_no.clone());
            }
        }
        self.by_number.insert(person.party_no.clone(), person);
    }

    /// Finds everybody of a loan, or what is wrong with one of them; the book
    /// knows them from then on.
    pub(crate) fn place(
        &mut self,
        record: &CaseRecord,
        reading: Reading<'_>,
    ) -> Result<Placed, RowFault> {
        let debtor = self.debtor(record, reading)?;
        let mut guarantors: Vec<Plan> = Vec::new();
        for guarantor in &record.guarantors {
            let met: Vec<&str> =
                guarantors.iter().map(|guarantor| guarantor.number.as_str()).collect();
            guarantors.push(self.guarantor(record, &guarantor.person, &met, reading)?);
        }
        let placed = Placed {
            debtor: debtor.number.clone(),
            guarantors: guarantors
                .iter()
                .map(|guarantor| guarantor.number.clone())
                .collect(),
        };
        self.carry_out(record, &record.debtor, debtor);
        for (told, plan) in record.guarantors.iter().zip(guarantors) {
            self.carry_out(record, &told.person, plan);
        }
        Ok(placed)
    }

    fn debtor(
        &self,
        record: &CaseRecord,
        reading: Reading<'_>,
    ) -> Result<Plan, RowFault> {
        let told = &record.debtor;
        let borrower = self.with_role(&record.case_no, Role::Borrower).next();
        match (&told.number, borrower) {
            (Some(number), None) => self.numbered(told, number, Column::DEBTOR, reading),
            (Some(number), Some(known)) if known.party_no == *number => {
                self.numbered(told, number, Column::DEBTOR, reading)
            }
            (Some(number), Some(known)) if is_made_up(&known.party_no) => {
                self.borrower_gets_a_number(told, number, known, reading)
            }
            (Some(_), Some(_)) => Err(another_customer(reading.columns)),
            (None, Some(known)) => match differs(known, told, reading.renamed) {
                None => Ok(Plan { number: known.party_no.clone(), change: None }),
                Some(_) => Err(another_borrower(reading.columns)),
            },
            (None, None) => {
                let made_up = format!("{}/B", record.case_no);
                self.unnumbered(told, made_up, Column::DEBTOR, reading)
            }
        }
    }

    /// A person under the institution's own number.
    fn numbered(
        &self,
        told: &PersonRecord,
        number: &str,
        column: Column,
        reading: Reading<'_>,
    ) -> Result<Plan, RowFault> {
        if let Some(known) = self.by_number.get(number)
            && differs(known, told, reading.renamed).is_some()
        {
            let loan = self.loans.get(number).map(String::as_str);
            return Err(two_people(reading.columns.header(column.number), loan));
        }
        let mut change = None;
        for other in self.with_card(told).filter(|with_card| with_card.party_no != number)
        {
            if !is_made_up(&other.party_no) {
                let loan = self.loans.get(&other.party_no).map(String::as_str);
                let column = reading.columns.header(column.card);
                return Err(two_numbers(column, loan));
            }
            // The same person came in once without a number.
            let fresh = !self.by_number.contains_key(number);
            if fresh && differs(other, told, reading.renamed).is_none() {
                change = Some(Change::Renumber { from: other.party_no.clone() });
            }
        }
        Ok(Plan { number: number.to_owned(), change })
    }

    /// A borrower whom the book has without a number is named with one.
    fn borrower_gets_a_number(
        &self,
        told: &PersonRecord,
        number: &str,
        known: &Known,
        reading: Reading<'_>,
    ) -> Result<Plan, RowFault> {
        if differs(known, told, reading.renamed).is_some() {
            return Err(another_borrower(reading.columns));
        }
        let mut plan = self.numbered(told, number, Column::DEBTOR, reading)?;
        let from = known.party_no.clone();
        plan.change = if !self.by_number.contains_key(number) {
            Some(Change::Renumber { from })
        } else if self.held.contains(&from) {
            return Err(another_customer(reading.columns));
        } else {
            Some(Change::Replace { from })
        };
        Ok(plan)
    }

    /// A person without a number: by the identity card, or else a new one.
    fn unnumbered(
        &self,
        told: &PersonRecord,
        made_up: String,
        column: Column,
        reading: Reading<'_>,
    ) -> Result<Plan, RowFault> {
        let mut with_card = self.with_card(told);
        let Some(known) = with_card.next() else {
            return Ok(Plan { number: made_up, change: None });
        };
        // The card alone ties them together, and it may be somebody else's.
        if !reading.renamed && !same_name(known, told) {
            let loan = self.loans.get(&known.party_no).map(String::as_str);
            return Err(two_names(reading.columns.header(column.card), loan));
        }
        Ok(Plan { number: known.party_no.clone(), change: None })
    }

    fn guarantor(
        &self,
        record: &CaseRecord,
        told: &PersonRecord,
        met: &[&str],
        reading: Reading<'_>,
    ) -> Result<Plan, RowFault> {
        if let Some(number) = &told.number {
            return self.numbered(told, number, Column::GUARANTOR, reading);
        }
        let mut known = self.with_role(&record.case_no, Role::Guarantor);
        let same = known.find(|it| {
            differs(it, told, false).is_none() && told.name.as_deref() == Some(&it.name)
        });
        if let Some(same) = same {
            return Ok(Plan { number: same.party_no.clone(), change: None });
        }
        let free = (1..=10_000)
            .map(|nth| format!("{}/G{nth}", record.case_no))
            .find(|it| !self.by_number.contains_key(it) && !met.contains(&it.as_str()));
        self.unnumbered(told, free.unwrap_or_default(), Column::GUARANTOR, reading)
    }

    fn with_role(&self, case_no: &str, role: Role) -> impl Iterator<Item = &Known> {
        let of_loan = self.of_loan.get(case_no).into_iter().flatten();
        let numbers =
            of_loan.filter(move |of_loan| of_loan.0 == role).map(|of_loan| &of_loan.1);
        numbers.filter_map(|number| self.by_number.get(number))
    }

    fn with_card(&self, told: &PersonRecord) -> impl Iterator<Item = &Known> {
        let numbers = told
            .id_number
            .as_deref()
            .and_then(|id_number| self.by_card.get(&id_card::of_18(id_number)));
        numbers.into_iter().flatten().filter_map(|it| self.by_number.get(it))
    }

    fn carry_out(&mut self, record: &CaseRecord, told: &PersonRecord, plan: Plan) {
        match plan.change {
            Some(Change::Renumber { from }) => {
                if let Some(mut known) = self.by_number.remove(&from) {
                    known.party_no.clone_from(&plan.number);
                    self.add(known);
                }
                let everywhere = self.of_loan.values_mut().flatten();
                for person in everywhere.filter(|everywhere| everywhere.1 == from) {
                    person.1.clone_from(&plan.number);
                }
                for numbers in self.by_card.values_mut() {
                    numbers.retain(|number| *number != from);
                }
                let id = self.looked_up.remove(&from).flatten();
                self.looked_up.insert(plan.number.clone(), id);
                self.renumbered.push((from, plan.number.clone()));
            }
            Some(Change::Replace { from }) => {
                let case_no = record.case_no.to_string();
                self.replaced.push((case_no, from, plan.number.clone()));
            }
            None => {}
        }
        self.loans
            .entry(plan.number.clone())
            .or_insert_with(|| record.case_no.to_string());
        let mut known = self.by_number.remove(&plan.number).unwrap_or(Known {
            id: None,
            party_no: plan.number,
            name: String::new(),
            id_number: None,
            phone: None,
        });
        if let Some(name) = &told.name {
            known.name = name.to_string();
        }
        known.id_number = owned(told.id_number.as_ref()).or(known.id_number);
        known.phone = owned(told.phone.as_ref()).or(known.phone);
        self.add(known);
    }

    /// Writes the new numbers of people who were in the book without one.
    pub(crate) async fn write(&self, conn: &mut Conn) -> Result<(), StoreError> {
        people::renumber(conn, &self.renumbered).await?;
        people::replace_borrowers(conn, &self.replaced).await
    }

    /// Takes those from their cases whose place was taken by somebody who has only
    /// now come into the book.
    pub(crate) async fn settle(&self, conn: &mut Conn) -> Result<(), StoreError> {
        people::drop_replaced(conn, &self.replaced).await
    }
}

/// The columns that tell of a person.
#[derive(Clone, Copy)]
struct Column {
    number: &'static str,
    card: &'static str,
}

impl Column {
    const DEBTOR: Self = Self { number: "debtor_id", card: "id_number" };
    const GUARANTOR: Self = Self { number: "guarantor_id", card: "guarantor_id_number" };
}

fn everybody(record: &CaseRecord) -> impl Iterator<Item = &PersonRecord> + Clone {
    let guarantors = record.guarantors.iter().map(|guarantor| &guarantor.person);
    std::iter::once(&record.debtor).chain(guarantors)
}

/// A number that this program made of a loan's: `QS-1/B`, `QS-1/G2`; of people who were
/// entered by hand `QS-1/H1`.
fn is_made_up(number: &str) -> bool {
    let Some((_, tail)) = number.rsplit_once('/') else { return false };
    let nth = tail.strip_prefix(['A', 'B', 'C', 'G', 'H', 'L', 'M', 'S', 'T']);
    tail == "B" || nth.is_some_and(|nth| nth.parse::<u32>().is_ok())
}

/// What shows that two records are of two people.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Difference {
    Card,
    Name,
}

/// Whether somebody on record is another than the one told of. An identity card
/// decides; without one on both sides the name does.
fn differs(known: &Known, told: &PersonRecord, renamed: bool) -> Option<Difference> {
    if let (Some(one), Some(other)) = (&known.id_number, &told.id_number) {
        return (id_card::of_18(one) != id_card::of_18(other))
            .then_some(Difference::Card);
    }
    (!renamed && !same_name(known, told)).then_some(Difference::Name)
}

/// Whether nothing in the names speaks against one person.
fn same_name(known: &Known, told: &PersonRecord) -> bool {
    told.name.as_ref().is_none_or(|name| {
        known.name.is_empty() || plain_name(&known.name) == plain_name(name)
    })
}

/// A name as it is compared: blanks and the dots of names of other tongues aside.
pub(super) fn plain_name(name: &str) -> String {
    let marks = ['·', '•', '・', '.', '．'];
    name.chars().filter(|c| !c.is_whitespace() && !marks.contains(c)).collect()
}

/// `本清单贷款 QS-1` or `库中`.
fn place_of(loan: Option<&str>) -> (String, String) {
    match loan {
        Some(loan) => (
            format!("本清单贷款 {loan} 的客户"),
            format!("the debtor of loan {loan} in this list"),
        ),
        None => ("库中的客户".to_owned(), "a debtor in the book".to_owned()),
    }
}

fn two_people(column: &str, loan: Option<&str>) -> RowFault {
    let (zh, en) = place_of(loan);
    RowFault::new(
        "R080",
        Say::new(
            format!(
                "与{zh}编号相同,但姓名或证件号不同,不能当作同一人;请核对编号(长编号常被表格软件改掉末几位),同一人改名的用 --renamed 再导入"
            ),
            format!(
                "the number is that of {en}, but name or identity card differ, and two people are not made one; check the number (spreadsheets damage long ones), or import again with --renamed if one person has changed their name"
            ),
        ),
    )
    .of_column(column)
}

fn two_numbers(column: &str, loan: Option<&str>) -> RowFault {
    let (zh, en) = place_of(loan);
    RowFault::new(
        "R081",
        Say::new(
            format!("证件号与{zh}相同,但客户编号不同;请核对两者后改正"),
            format!(
                "the identity card is that of {en}, but the customer number differs; check both"
            ),
        ),
    )
    .of_column(column)
}

fn two_names(column: &str, loan: Option<&str>) -> RowFault {
    let (zh, en) = place_of(loan);
    RowFault::new(
        "R082",
        Say::new(
            format!("证件号与{zh}相同,但姓名不同;请核对,同一人改名的用 --renamed 再导入"),
            format!(
                "the identity card is that of {en}, but the name differs; check it, or import again with --renamed if one person has changed their name"
            ),
        ),
    )
    .of_column(column)
}

fn another_customer(columns: &Columns) -> RowFault {
    RowFault::new(
        "R083",
        Say::new(
            "库中本贷款的客户是另一个客户编号,没有改动;请核对客户编号",
            "the book has the debtor of this loan under another customer number, nothing was changed; check the number",
        ),
    )
    .of_column(columns.header("debtor_id"))
}

fn another_borrower(columns: &Columns) -> RowFault {
    RowFault::new(
        "R084",
        Say::new(
            "与库中本贷款的客户不是同一人(姓名或证件号不同),没有改动;请核对,同一人改名的用 --renamed 再导入",
            "the book has another debtor for this loan (name or identity card differ), nothing was changed; check it, or import again with --renamed if one person has changed their name",
        ),
    )
    .of_column(columns.header("debtor_name"))
}

#[cfg(test)]
mod tests {
    use smol_str::SmolStr;

    use super::*;

    #[test]
    fn numbers_that_were_made_here_are_known() {
        for (number, made_up) in
            [("QS-1/B", true), ("QS/1/G2", true), ("K/1", false), ("K1", false)]
        {
            assert_eq!(is_made_up(number), made_up, "{number}");
        }
    }

    #[test]
    fn a_card_decides_and_without_one_the_name_does() {
        let known = |name: &str, id: Option<&str>| Known {
            id: Some(1),
            party_no: "K1".to_owned(),
            name: name.to_owned(),
            id_number: id.map(str::to_owned),
            phone: None,
        };
        let told = |name: &str, id: Option<&str>| PersonRecord {
            name: Some(name.into()).filter(|it: &SmolStr| !it.is_empty()),
            id_number: id.map(SmolStr::from),
            ..PersonRecord::default()
        };
        let cases = [
            (known("示例甲", None), told("示例甲", None), None),
            (known("示例甲", None), told("示 例 甲", Some("1")), None),
            (known("示例甲", None), told("", None), None),
            (known("", None), told("示例乙", None), None),
            (known("示例甲", None), told("示例乙", None), Some(Difference::Name)),
            (known("示例甲", Some("1")), told("示例乙", Some("1")), None),
            (
                known("示例甲", Some("1")),
                told("示例甲", Some("2")),
                Some(Difference::Card),
            ),
        ];
        for (at, (known, told, expected)) in cases.iter().enumerate() {
            assert_eq!(differs(known, told, false), *expected, "case {at}");
        }
        let (one, other) = (known("示例甲", None), told("示例乙", None));
        assert_eq!(differs(&one, &other, true), None, "a correction of the name");
    }
}
