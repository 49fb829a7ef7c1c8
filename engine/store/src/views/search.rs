//! Looking for a case (查找案件) by what somebody knows of it: a name or its initials, the
//! last digits of a telephone, the loan number, the village, the collector.
//!
//! Each is a look-up of a beginning in an index, in the order of that index, so that it
//! takes as long in a book of a million loans as in one of a hundred.

use domain::ids::CaseId;
use sqlx::FromRow;

use crate::{Conn, StoreError, views};

/// By what a case was found; a search goes through them in this order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum FoundBy {
    /// Its loan number.
    Loan,
    /// The name of somebody of it.
    Name,
    /// The initials of such a name.
    Initials,
    /// The last digits of such a person's telephone.
    Phone,
    /// Its village.
    Village,
    /// Its collector.
    Collector,
}

/// A case that was found; the next portion begins behind it. One that is found by
/// several people, or by several ways, stands there several times.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FoundCase {
    /// By what.
    pub by: FoundBy,
    /// What stands in the index: a name, initials, digits from their end, …
    pub key: String,
    /// The person, or 0.
    pub party: i64,
    /// The case.
    pub case: CaseId,
}

#[derive(FromRow)]
struct FoundRow {
    found_key: String,
    party_id: i64,
    case_id: i64,
}

/// What is looked for: by which ways, and by which beginning in each.
///
/// Digits are those of a telephone or a loan number, letters those of initials or a loan
/// number, anything else is a name, a village or a collector.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sought(Vec<(FoundBy, String)>);

/// So many last digits tell a telephone from many; fewer would find half a book.
const FEWEST_DIGITS: usize = 4;

impl Sought {
    /// What somebody typed; `None` where nothing can be looked for by it.
    ///
    /// ```
    /// use store::views::search::Sought;
    ///
    /// assert!(Sought::of("zxm").is_some());
    /// assert!(Sought::of("  ").is_none());
    /// ```
    pub fn of(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        let first = typed.chars().next()?;
        let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
        let is_number = typed.chars().all(|c| c.is_ascii_digit() || " -".contains(c));
        let mut ways = vec![(FoundBy::Loan, typed.to_owned())];
        let upper = typed.to_uppercase();
        if upper != typed {
            ways.push((FoundBy::Loan, upper));
        }
        if is_number && FEWEST_DIGITS <= digits.len() {
            ways.push((FoundBy::Phone, digits.chars().rev().collect()));
        } else if !is_number {
            ways.push((FoundBy::Name, typed.to_owned()));
            if typed.chars().all(|c| c.is_ascii_alphabetic()) {
                ways.push((FoundBy::Initials, typed.to_lowercase()));
            }
            if !first.is_ascii_digit() {
                ways.push((FoundBy::Village, typed.to_owned()));
                ways.push((FoundBy::Collector, typed.to_owned()));
            }
        }
        ways.sort();
        Some(Self(ways))
    }
}

const BY_LOAN: &str = "
    select c.case_no as found_key, cast(0 as bigint) as party_id, c.id as case_id
    from cases c
    where $2 <= c.case_no and c.case_no < $1 and (c.case_no, c.id) > ($2, $4) and -1 <= $3
    order by c.case_no, c.id
    limit $5";

const BY_NAME: &str = "
    select p.name as found_key, p.id as party_id, cp.case_id
    from parties p
    cross join case_parties cp
    where cp.party_id = p.id and $2 <= p.name and p.name < $1
      and (p.name, p.id, cp.case_id) > ($2, $3, $4)
    order by p.name, p.id, cp.case_id
    limit $5";

const BY_INITIALS: &str = "
    select p.initials as found_key, p.id as party_id, cp.case_id
    from parties p
    cross join case_parties cp
    where cp.party_id = p.id and $2 <= p.initials and p.initials < $1
      and (p.initials, p.id, cp.case_id) > ($2, $3, $4)
    order by p.initials, p.id, cp.case_id
    limit $5";

const BY_PHONE: &str = "
    select p.phone_end as found_key, p.id as party_id, cp.case_id
    from parties p
    cross join case_parties cp
    where cp.party_id = p.id and $2 <= p.phone_end and p.phone_end < $1
      and (p.phone_end, p.id, cp.case_id) > ($2, $3, $4)
    order by p.phone_end, p.id, cp.case_id
    limit $5";

const BY_VILLAGE: &str = "
    select c.village as found_key, cast(0 as bigint) as party_id, c.id as case_id
    from cases c
    where $2 <= c.village and c.village < $1 and (c.village, c.id) > ($2, $4) and -1 <= $3
    order by c.village, c.id
    limit $5";

const BY_COLLECTOR: &str = "
    select c.collector as found_key, cast(0 as bigint) as party_id, c.id as case_id
    from cases c
    where $2 <= c.collector and c.collector < $1 and (c.collector, c.id) > ($2, $4) and -1 <= $3
    order by c.collector, c.id
    limit $5";

impl FoundBy {
    /// `$1` is the first text behind all that begin so, `$2` to `$4` are key, person and
    /// case of the last one shown, or the beginning, `$5` the limit.
    fn statement(self) -> &'static str {
        match self {
            Self::Loan => BY_LOAN,
            Self::Name => BY_NAME,
            Self::Initials => BY_INITIALS,
            Self::Phone => BY_PHONE,
            Self::Village => BY_VILLAGE,
            Self::Collector => BY_COLLECTOR,
        }
    }
}

/// The cases that are sought behind one of them, at most `limit`; `None` begins the list.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn list(
    conn: &mut Conn,
    sought: &Sought,
    after: Option<&FoundCase>,
    limit: i64,
) -> Result<Vec<FoundCase>, StoreError> {
    let mut found = Vec::new();
    for (by, beginning) in &sought.0 {
        let left = views::left(limit, found.len());
        let is_shown = after.is_some_and(|last| is_behind(last, *by, beginning));
        if left <= 0 || is_shown {
            continue;
        }
        let last = after.filter(|last| last.by == *by && last.key.starts_with(beginning));
        // Numbers of people and cases are none below zero.
        let (key, party, case) = match last {
            Some(last) => (&last.key, last.party, last.case.0),
            None => (beginning, -1, -1),
        };
        let rows: Vec<FoundRow> = sqlx::query_as(by.statement())
            .bind(behind_all(beginning))
            .bind(key.clone())
            .bind(party)
            .bind(case)
            .bind(left)
            .fetch_all(&mut *conn)
            .await?;
        found.extend(rows.into_iter().map(|row| FoundCase {
            by: *by,
            key: row.found_key,
            party: row.party_id,
            case: CaseId(row.case_id),
        }));
    }
    Ok(found)
}

/// Whether a way comes before the one by which the last case was found.
fn is_behind(last: &FoundCase, by: FoundBy, beginning: &str) -> bool {
    let is_other = last.by == by && !last.key.starts_with(beginning);
    by < last.by || (is_other && beginning < last.key.as_str())
}

/// A text behind every one that begins so: no text has a greater sign.
fn behind_all(beginning: &str) -> String {
    format!("{beginning}\u{10ffff}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_says_by_what_it_is_looked_for() {
        use FoundBy::{Collector, Initials, Loan, Name, Phone, Village};
        let table: [(&str, &[(FoundBy, &str)]); 6] = [
            ("0001", &[(Loan, "0001"), (Phone, "1000")]),
            ("139-0001", &[(Loan, "139-0001"), (Phone, "1000931")]),
            ("001", &[(Loan, "001")]),
            (
                "zxm",
                &[
                    (Loan, "ZXM"),
                    (Loan, "zxm"),
                    (Name, "zxm"),
                    (Initials, "zxm"),
                    (Village, "zxm"),
                    (Collector, "zxm"),
                ],
            ),
            (
                "QS-0001",
                &[
                    (Loan, "QS-0001"),
                    (Name, "QS-0001"),
                    (Village, "QS-0001"),
                    (Collector, "QS-0001"),
                ],
            ),
            (
                " 示例 ",
                &[(Loan, "示例"), (Name, "示例"), (Village, "示例"), (Collector, "示例")],
            ),
        ];
        for (typed, ways) in table {
            let ways = ways.iter().map(|(by, it)| (*by, (*it).to_owned())).collect();
            assert_eq!(Sought::of(typed), Some(Sought(ways)), "{typed}");
        }
        assert_eq!(Sought::of("  "), None);
    }

    #[tokio::test]
    async fn each_way_looks_up_a_beginning_in_its_index() {
        let table = [
            (FoundBy::Loan, "sqlite_autoindex_cases_2 (case_no>? AND case_no<?)"),
            (FoundBy::Name, "parties_by_name ((name,id)>(?,?) AND name<?)"),
            (
                FoundBy::Initials,
                "parties_by_initials ((initials,id)>(?,?) AND initials<?)",
            ),
            (
                FoundBy::Phone,
                "parties_by_phone_end ((phone_end,id)>(?,?) AND phone_end<?)",
            ),
            (FoundBy::Village, "cases_of_village (village>? AND village<?)"),
            (FoundBy::Collector, "cases_of_collector (collector>? AND collector<?)"),
        ];
        for (by, wanted) in table {
            let steps = views::plan(by.statement()).await;
            assert!(steps.iter().any(|step| step.contains(wanted)), "{by:?}: {steps:?}");
            let scans = steps.iter().any(|step| step.starts_with("SCAN"));
            assert!(!scans, "{by:?}: {steps:?}");
        }
    }
}
