//! Loans whose number a spreadsheet has damaged (编号改坏): 123 beside 00123 of the same
//! debtor is most likely one debt, which must not stand in the book twice.

use domain::party::Role;
use domain::say::Say;
use foldhash::{HashMap, HashSet};
use store::case_book::{CaseRow, PersonRow};
use store::people::Known;
use store::{Conn, StoreError, case_book, people as on_record};

use super::fault::RowFault;
use super::keys;
use super::people::{People, plain_name};

/// A longer number of digits alone would have lost more than its zeros.
const LONGEST: usize = 15;
/// So many zeros in front are looked for in the book.
const MOST_ZEROS: usize = 9;

/// New loans whose number is that of another loan of the same debtor but for what
/// spreadsheets do to numbers, each with that other one.
pub(super) async fn find(
    conn: &mut Conn,
    rows: &[CaseRow],
    known: &HashSet<&str>,
    met: &People,
) -> Result<HashMap<String, String>, StoreError> {
    let new: Vec<(&CaseRow, &PersonRow)> = rows
        .iter()
        .filter(|row| !known.contains(row.case_no.as_str()))
        .filter_map(|row| Some((row, row.people.first()?)))
        .collect();
    let mut found = above(&new);
    by_number(conn, &new, met, &mut found).await?;
    by_person(conn, &new, &mut found).await?;
    Ok(found)
}

/// Those that another of them, which comes before, has already.
fn above(new: &[(&CaseRow, &PersonRow)]) -> HashMap<String, String> {
    let mut found = HashMap::default();
    let mut met: HashMap<String, Vec<(&CaseRow, &PersonRow)>> = HashMap::default();
    for (row, debtor) in new {
        let others = met.entry(keys::undamaged(&row.case_no)).or_default();
        let same = |it: &&(&CaseRow, &PersonRow)| {
            it.1.party_no == debtor.party_no || is_one(&who(it.1), &who(debtor))
        };
        match others.iter().find(same) {
            Some(other) => {
                found.insert(row.case_no.clone(), other.0.case_no.clone());
            }
            None => others.push((row, debtor)),
        }
    }
    found
}

/// Those whose debtor has the other loan in the book under a customer number.
async fn by_number(
    conn: &mut Conn,
    new: &[(&CaseRow, &PersonRow)],
    met: &People,
    found: &mut HashMap<String, String>,
) -> Result<(), StoreError> {
    let in_book = || new.iter().filter(|it| met.was_in_book(&it.1.party_no));
    let debtors: HashSet<&str> =
        in_book().map(|in_book| in_book.1.party_no.as_str()).collect();
    let debtors: Vec<&str> = debtors.into_iter().collect();
    let own = on_record::loans_of(conn, &debtors).await?;
    let own: HashMap<String, String> =
        own.into_iter().map(|it| (keys::undamaged(&it), it)).collect();
    for (row, _) in in_book() {
        let other = own.get(&keys::undamaged(&row.case_no));
        if let Some(other) = other.filter(|it| **it != row.case_no) {
            found.insert(row.case_no.clone(), other.clone());
        }
    }
    Ok(())
}

/// Those whose number stands in the book with more or fewer zeros in front, and
/// whose debtor is the same person by card, name or telephone: a list without
/// customer numbers says no more.
async fn by_person(
    conn: &mut Conn,
    new: &[(&CaseRow, &PersonRow)],
    found: &mut HashMap<String, String>,
) -> Result<(), StoreError> {
    let mut left: Vec<(&CaseRow, &PersonRow, String)> = Vec::new();
    for (row, debtor) in new.iter().filter(|it| !found.contains_key(&it.0.case_no)) {
        let digits = keys::undamaged(&row.case_no);
        if digits.len() <= LONGEST && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            left.push((row, debtor, digits));
        }
    }
    for zeros in (0..=MOST_ZEROS).map(|it| "0".repeat(it)) {
        let mut asked: HashMap<String, Vec<(&CaseRow, &PersonRow)>> = HashMap::default();
        for (row, debtor, digits) in &left {
            let other = format!("{zeros}{digits}");
            if other != row.case_no {
                asked.entry(other).or_default().push((row, debtor));
            }
        }
        let numbers: Vec<&str> = asked.keys().map(String::as_str).collect();
        // A list comes in the order of its numbers: one look tells nearly always that
        // the book has none of them with so many zeros.
        if !case_book::any_between(conn, &numbers).await? {
            continue;
        }
        for (case_no, role, known) in on_record::of_cases(conn, &numbers).await? {
            let rows = asked.get(&case_no).filter(|_| role == Role::Borrower);
            for (row, debtor) in rows.into_iter().flatten() {
                if is_one(&of_book(&known), &who(debtor)) {
                    found.insert(row.case_no.clone(), case_no.clone());
                }
            }
        }
    }
    Ok(())
}

/// What tells who somebody is: card, name, telephone; nothing where it is not known.
type Who<'a> = [Option<&'a str>; 3];

fn who(person: &PersonRow) -> Who<'_> {
    [person.id_number.as_deref(), person.name.as_deref(), person.phone.as_deref()]
}

fn of_book(known: &Known) -> Who<'_> {
    [known.id_number.as_deref(), Some(&known.name), known.phone.as_deref()]
}

/// Whether two are one person: by card, where it is known of both; by name, unless
/// their telephones differ; else by telephone.
fn is_one(one: &Who<'_>, other: &Who<'_>) -> bool {
    let said = |it: Option<&str>| it.map(plain_name).filter(|it| tells_one(it));
    let pairs = one.iter().zip(other).map(|(a, b)| said(*a).zip(said(*b)));
    let same: Vec<Option<bool>> = pairs.map(|pair| pair.map(|(a, b)| a == b)).collect();
    match same[..] {
        [Some(card), ..] => card,
        [_, Some(name), phone] => name && phone != Some(false),
        _ => same.last() == Some(&Some(true)),
    }
}

/// Whether something is written in full: 张* and 张某 are many people.
fn tells_one(text: &str) -> bool {
    !text.is_empty() && !text.contains(['*', '*', '×', '某'])
}

/// The fault of such a loan, with the number of the other one.
pub(super) fn number(column: &str, own: &str) -> RowFault {
    RowFault::new(
        "R085",
        Say::new(
            format!(
                "与该客户的贷款 {own} 只差前面的零、大小写或 `.0`,多半是被表格软件改坏的同一笔,没有另立案件;是同一笔就改成 {own},确为另一笔的请在编号前加网点号以示区别"
            ),
            format!(
                "but for leading zeros, case or `.0` this is the number of loan {own} of the same debtor; most likely a spreadsheet has damaged it, and no second case was made; write {own} if it is the same loan, or put the branch before the number of another one"
            ),
        ),
    )
    .of_column(column)
}
