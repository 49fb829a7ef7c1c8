//! Holds that protect a person (对人的暂停): one matter on all loans of theirs.
//!
//! Who the person is, the table of people says: one row is one person, who owes each
//! loan on which they stand as the borrower. The row on the loan on which a hold was
//! entered is the matter; the rows on the other loans name it (`holds.matter`).

use std::collections::{BTreeMap, BTreeSet};

use domain::hold::{HoldReason, StandsOn, covers_the_person};
use domain::ids::CaseId;
use foldhash::HashMap;
use jiff::civil::Date;
use serde::Deserialize;

use super::{IfHeld, Lift, NewHold, Standing, Which, in_force, write};
use crate::error::StoreError;
use crate::now::Now;
use crate::{Conn, meta, rows};

/// A row to write.
pub(super) struct Planned {
    /// What was entered, with the loan on which it was.
    pub(super) hold: NewHold,
    /// The loan on which the row stands.
    pub(super) case_id: CaseId,
    /// Of which matter it is.
    pub(super) whose: Whose,
}

/// The matter of a row.
#[derive(Clone, Copy)]
pub(super) enum Whose {
    /// It is the matter itself.
    Own,
    /// One on record.
    Of(i64),
    /// The row at this place of the same plan.
    With(usize),
}

/// What one after the other of some holds comes to on which loan. What is in force of a
/// reason that is not counted is joined, on whichever loan of the person it stands.
pub(super) async fn plan(
    conn: &mut Conn,
    holds: &[NewHold],
) -> Result<Vec<Planned>, StoreError> {
    let families =
        families(conn, holds.iter().map(|hold| (hold.case_id, &*hold.reason))).await?;
    let covered = |it: &NewHold| covered(it, &families);
    let cases: BTreeSet<CaseId> = holds.iter().flat_map(covered).collect();
    let mut met: HashMap<(CaseId, String), Whose> = HashMap::default();
    for it in in_force(conn, &cases.into_iter().collect::<Vec<_>>()).await? {
        met.entry((it.case_id, it.reason)).or_insert(Whose::Of(it.matter));
    }
    let mut planned: Vec<Planned> = Vec::new();
    for hold in holds {
        let loans = covered(hold);
        let key = |case: CaseId| (case, hold.reason.clone());
        let stacks = hold.again == IfHeld::Add;
        let known = loans.iter().find_map(|loan| met.get(&key(*loan)).copied());
        let mut matter = known.filter(|_| !stacks);
        for case_id in loans {
            if !stacks && met.contains_key(&key(case_id)) {
                continue;
            }
            let whose = matter.unwrap_or(Whose::Own);
            matter = Some(matter.unwrap_or(Whose::With(planned.len())));
            met.entry(key(case_id)).or_insert(matter.unwrap_or(whose));
            planned.push(Planned { hold: hold.clone(), case_id, whose });
        }
    }
    Ok(planned)
}

/// The loans that a hold covers, the one on which it was entered first.
fn covered(hold: &NewHold, families: &BTreeMap<CaseId, BTreeSet<CaseId>>) -> Vec<CaseId> {
    let stands_on = HoldReason::parse(&hold.reason).map(HoldReason::stands_on);
    let others: BTreeSet<CaseId> = match stands_on {
        Some(StandsOn::Person) => {
            families.get(&hold.case_id).cloned().unwrap_or_default()
        }
        Some(StandsOn::Named) => hold.also.iter().copied().collect(),
        Some(StandsOn::Loan) | None => BTreeSet::new(),
    };
    let others = others.into_iter().filter(|it| *it != hold.case_id);
    std::iter::once(hold.case_id).chain(others).collect()
}

/// The other loans of whoever owes these, where the reason covers the person.
async fn families<'a>(
    conn: &mut Conn,
    holds: impl Iterator<Item = (CaseId, &'a str)>,
) -> Result<BTreeMap<CaseId, BTreeSet<CaseId>>, StoreError> {
    let of_persons = holds.filter(|hold| covers_the_person(hold.1)).map(|hold| hold.0);
    let cases: BTreeSet<CaseId> = of_persons.collect();
    let mut families: BTreeMap<CaseId, BTreeSet<CaseId>> = BTreeMap::new();
    if !cases.is_empty() {
        let cases: Vec<CaseId> = cases.into_iter().collect();
        let pairs: Vec<(CaseId, CaseId)> = rows::ask(conn, FAMILIES, &cases).await?;
        for (case, other) in pairs {
            families.entry(case).or_default().insert(other);
        }
    }
    Ok(families)
}

/// The rows that are lifted, each once, with what lifts them: the matters of the loan on
/// which it is entered, on all loans on which they stand.
pub(super) async fn choose<'a>(
    conn: &mut Conn,
    lifts: &'a [Lift],
) -> Result<Vec<(Standing, &'a Lift)>, StoreError> {
    // Older rows know of no matter: those of one reason that is not counted are one
    // matter of the person, whichever loan they were entered on.
    let joined =
        |it: &&Lift| HoldReason::parse(&it.reason).is_some_and(|it| !it.is_counted());
    let joined = lifts.iter().filter(joined).map(|lift| (lift.case_id, &*lift.reason));
    let families = families(conn, joined).await?;
    let others = families.values().flatten().copied();
    let cases: BTreeSet<CaseId> =
        lifts.iter().map(|lift| lift.case_id).chain(others).collect();
    let mut standing: BTreeSet<Standing> =
        in_force(conn, &cases.into_iter().collect::<Vec<_>>())
            .await?
            .into_iter()
            .collect();
    let matters: BTreeSet<i64> = standing.iter().map(|it| it.matter).collect();
    let matters: Vec<i64> = matters.into_iter().collect();
    let elsewhere: Vec<Standing> = rows::ask(conn, OF_MATTERS, &matters).await?;
    standing.extend(elsewhere);
    let mut chosen = Vec::new();
    for lift in lifts {
        let family = families.get(&lift.case_id);
        // Sorted by their matters, the oldest first.
        let own = standing.iter().filter(|it| {
            let is_of = it.case_id == lift.case_id
                || family.is_some_and(|family| family.contains(&it.case_id));
            is_of && it.reason == lift.reason
        });
        let mut matters: Vec<i64> = own.map(|it| it.matter).collect();
        matters.dedup();
        if lift.which == Which::Oldest && family.is_none() {
            matters.truncate(1);
        }
        let ends =
            |it: &Standing| matters.contains(&it.matter) && it.reason == lift.reason;
        chosen
            .extend(standing.iter().filter(|it| ends(it)).cloned().map(|it| (it, lift)));
        standing.retain(|it| !ends(it));
    }
    Ok(chosen)
}

/// Brings the holds that protect a person to those of their loans on which they do not
/// stand: loans that came into the book, or whose borrower is another record now. For
/// the transaction that wrote the people of these cases. Answers how many were placed.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn follow(
    conn: &mut Conn,
    now: &Now,
    cases: &[i64],
) -> Result<usize, StoreError> {
    // A new book has none, and millions of loans.
    let any: i64 = sqlx::query_scalar(ANY).fetch_one(&mut *conn).await?;
    if any == 0 || cases.is_empty() {
        return Ok(0);
    }
    let reasons: Vec<&str> = HoldReason::of_persons().map(HoldReason::as_str).collect();
    let text: String = sqlx::query_scalar(OWED)
        .bind(serde_json::to_string(cases)?)
        .bind(serde_json::to_string(&reasons)?)
        .fetch_one(&mut *conn)
        .await?;
    let owed: Vec<Owed> = serde_json::from_str(&text)?;
    let targets: BTreeSet<CaseId> = owed.iter().map(|it| it.to).collect();
    let mut met: BTreeSet<(CaseId, String, Option<i64>)> = BTreeSet::new();
    for it in in_force(conn, &targets.into_iter().collect::<Vec<_>>()).await? {
        met.insert((it.case_id, it.reason.clone(), Some(it.matter)));
        met.insert((it.case_id, it.reason, None));
    }
    let mut planned = Vec::new();
    for it in owed {
        let counted = HoldReason::parse(&it.reason).is_some_and(HoldReason::is_counted);
        let matter = counted.then_some(it.matter);
        if met.contains(&(it.to, it.reason.clone(), matter)) {
            continue;
        }
        met.insert((it.to, it.reason.clone(), Some(it.matter)));
        met.insert((it.to, it.reason.clone(), None));
        planned.push(it.planned(now.today()));
    }
    write(conn, now, &planned).await
}

/// A hold that a loan of the person lacks.
#[derive(Deserialize)]
struct Owed {
    matter: i64,
    from: CaseId,
    to: CaseId,
    reason: String,
    by: String,
    note: String,
}

impl Owed {
    /// It stands on this loan from today on.
    fn planned(self, today: Date) -> Planned {
        let hold = NewHold {
            case_id: self.from,
            party_id: None,
            reason: self.reason,
            effective_on: today,
            by: self.by,
            note: self.note,
            again: IfHeld::Keep,
            also: Vec::new(),
        };
        Planned { hold, case_id: self.to, whose: Whose::Of(self.matter) }
    }
}

/// That the holds of a store stand on all loans of their persons, in its `meta`: one of
/// an older program has those of before on the loan on which each was entered.
pub const SPREAD: &str = "holds_stand_on_persons";
/// Cases whose holds are looked at in one transaction.
const PORTION: usize = 500;

/// Whether [`follow_all`] has come to its end in this store.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn is_spread(conn: &mut Conn) -> Result<bool, StoreError> {
    Ok(meta::text(conn, SPREAD).await?.is_some())
}

/// [`follow`] for a portion of the cases on hold, once in the life of a store. Answers
/// whether it has come to its end.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn follow_all(
    conn: &mut Conn,
    now: &Now,
    after: &mut i64,
) -> Result<bool, StoreError> {
    let cases: Vec<i64> = rows::ask(conn, ON_HOLD, &[*after]).await?;
    follow(conn, now, &cases).await?;
    if let Some(last) = cases.last() {
        *after = *last;
    }
    let is_over = cases.len() < PORTION;
    if is_over {
        meta::set_text(conn, SPREAD, &now.today().to_string()).await?;
    }
    Ok(is_over)
}

/// The other loans of the borrower of a case on which a hold of the newest matter of a
/// reason stands, by number; for whoever is told what an entry did.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn beside(
    conn: &mut Conn,
    case: CaseId,
    reason: &str,
) -> Result<Vec<String>, StoreError> {
    let standing = in_force(conn, &[case]).await?;
    let matters = standing.iter().filter(|it| it.reason == reason).map(|it| it.matter);
    let Some(matter) = matters.max() else { return Ok(Vec::new()) };
    let all: Vec<Standing> = rows::ask(conn, OF_MATTERS, &[matter]).await?;
    let others: Vec<CaseId> =
        all.iter().map(|it| it.case_id).filter(|case_id| *case_id != case).collect();
    let numbers = crate::case_book::case_nos(conn, &others).await?;
    let mut numbers: Vec<String> = numbers.into_values().collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Who works the loans on which the holds of a reason stand together with those of a
/// case, that case among them.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn collectors(
    conn: &mut Conn,
    (case, reason): (CaseId, &str),
) -> Result<BTreeSet<String>, StoreError> {
    let standing = in_force(conn, &[case]).await?;
    let matters = standing.iter().filter(|it| it.reason == reason).map(|it| it.matter);
    let matters: Vec<i64> = matters.collect();
    if matters.is_empty() {
        return Ok(BTreeSet::new());
    }
    let all: Vec<Standing> = rows::ask(conn, OF_MATTERS, &matters).await?;
    let cases: Vec<CaseId> = all.iter().map(|it| it.case_id).collect();
    rows::ask(conn, COLLECTORS, &cases).await
}

/// Reason and loan: where the holds of a case that were entered on another loan were.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn entered_elsewhere(
    conn: &mut Conn,
    case: CaseId,
) -> Result<Vec<(String, String)>, StoreError> {
    rows::ask(conn, ELSEWHERE, &[case]).await
}

const FAMILIES: &str = "
    select json_group_array(json_array(a.case_id, b.case_id))
    from list($1) as s (id bigint)
    join case_parties a on a.case_id = s.id and a.role = 'borrower'
    join case_parties b on b.party_id = a.party_id and b.role = 'borrower'
      and b.case_id <> a.case_id";

const OF_MATTERS: &str = "
    select json_group_array(json_array(
      coalesce(h.matter, h.id), h.id, h.case_id, h.reason))
    from (
      select m.id from list($1) as s (id bigint) join holds m on m.id = s.id
      union
      select m.id from list($1) as s (id bigint) join holds m on m.matter = s.id
    ) found
    join holds h on h.id = found.id
    where h.action = 'placed'
      and not exists (select 1 from holds l where l.lifts = h.id)";

const ANY: &str = "select cast(exists (select 1 from holds) as integer)";

/// From the loan on which it was entered to each loan that shares its borrower, where
/// one of both is among the cases.
const OWED: &str = "
    select json_group_array(json_array(f.id, f.case_id, f.target, f.reason, f.by, f.note)
      order by f.id, f.target)
    from (
      select h.id, h.case_id, a.case_id as target, h.reason, h.by, h.note
      from list($1) as s (id bigint)
      join case_parties a on a.case_id = s.id and a.role = 'borrower'
      join case_parties b on b.party_id = a.party_id and b.role = 'borrower'
        and b.case_id <> a.case_id
      join holds h on h.case_id = b.case_id and h.action = 'placed' and h.matter is null
        and not exists (select 1 from holds l where l.lifts = h.id)
      union
      select h.id, h.case_id, b.case_id as target, h.reason, h.by, h.note
      from list($1) as s (id bigint)
      join holds h on h.case_id = s.id and h.action = 'placed' and h.matter is null
        and not exists (select 1 from holds l where l.lifts = h.id)
      join case_parties a on a.case_id = h.case_id and a.role = 'borrower'
      join case_parties b on b.party_id = a.party_id and b.role = 'borrower'
        and b.case_id <> a.case_id
    ) f
    where f.reason in (select r.reason from list($2) as r (reason text))";

const ON_HOLD: &str = "
    select json_group_array(id)
    from (
      select id from cases
      where (select after from list($1) as a (after bigint)) < id and holds <> ''
      order by id limit 500) page";

const COLLECTORS: &str = "
    select json_group_array(distinct trim(collector))
    from cases
    where id in (select id from list($1) as s (id bigint)) and collector is not null";

const ELSEWHERE: &str = "
    select json_group_array(json_array(h.reason, c.case_no) order by h.id)
    from list($1) as s (id bigint)
    join holds h on h.case_id = s.id and h.matter is not null
      and not exists (select 1 from holds l where l.lifts = h.id)
    join holds m on m.id = h.matter
    join cases c on c.id = m.case_id";
