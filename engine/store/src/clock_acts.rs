//! Dated acts that bear on the clocks of cases (期限事项), as the books hold them.

use domain::ids::{CaseId, PartyId};
use domain::limitation::{ClockAct, ClockActKind, Record, SuspensionKind};
use foldhash::HashMap;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::error::StoreError;
use crate::limitation::recompute;
use crate::{Conn, ids, rows};

/// An act that somebody entered, with the paper that shows it.
#[derive(Clone, Debug)]
pub struct NewAct {
    /// The case.
    pub case_id: CaseId,
    /// What was done, and when.
    pub act: ClockAct,
    /// The number of the paper.
    pub paper: Option<String>,
    /// Who tells of it.
    pub source: String,
    /// The same key for the same act of a source.
    pub dedupe_key: String,
}

/// Writes acts down, each once, and moves the clocks of their cases. Answers how many
/// were new.
///
/// # Errors
///
/// [`StoreError`] when a case is unknown or the database cannot be written.
pub async fn enter(conn: &mut Conn, acts: &[NewAct]) -> Result<u64, StoreError> {
    if acts.is_empty() {
        return Ok(0);
    }
    let first = ids::allocate(conn, acts.len()).await?;
    let row = |(id, new): (i64, &NewAct)| {
        let ClockAct { kind, on, until, party, cause } = new.act;
        let (act, cause) = (kind.as_str(), cause.map(SuspensionKind::as_str));
        let shown = (new.paper.as_deref(), new.source.as_str(), new.dedupe_key.as_str());
        let (paper, source, key) = shown;
        json!([id, new.case_id, party, act, on, until, cause, paper, source, key])
    };
    let list: Vec<Value> = (first..).zip(acts).map(row).collect();
    let written = rows::run(conn, INSERT, &list).await?;
    if 0 < written {
        let mut cases: Vec<i64> = acts.iter().map(|new| new.case_id.0).collect();
        cases.sort_unstable();
        cases.dedup();
        rows::run(conn, TOUCH, &cases).await?;
        recompute(conn, &cases).await?;
    }
    Ok(written)
}

/// What was done about each of these cases, in the order in which it was entered; a case
/// without acts is missing.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_cases(
    conn: &mut Conn,
    cases: &[i64],
) -> Result<HashMap<i64, Record>, StoreError> {
    let mut records: HashMap<i64, Record> = HashMap::default();
    if cases.is_empty() {
        return Ok(records);
    }
    let found: Vec<ActRow> = rows::ask(conn, ACTS, cases).await?;
    for row in found {
        if let Some((case, act)) = read(&row) {
            records.entry(case).or_default().0.push(act);
        }
    }
    Ok(records)
}

/// case, act, day, until, person, what an obstacle is; whoever forges writes what they
/// like.
type ActRow = (i64, String, String, Option<String>, Option<i64>, Option<String>);

/// An act that this program does not know moves nothing; the proof of the store names it.
fn read((case, act, on, until, party, cause): &ActRow) -> Option<(i64, ClockAct)> {
    let day = |text: &String| text.parse::<Date>().ok();
    let act = ClockAct {
        kind: ClockActKind::parse(act)?,
        on: day(on)?,
        until: until.as_ref().and_then(day),
        party: party.map(PartyId),
        cause: cause.as_deref().and_then(SuspensionKind::parse),
    };
    Some((*case, act))
}

/// The guarantors of a case by the person's number and by name, in the order in which
/// scripts and tasks count them.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn guarantors(
    conn: &mut Conn,
    case: CaseId,
) -> Result<Vec<(PartyId, String, String)>, StoreError> {
    rows::ask(conn, GUARANTORS, &[case.0]).await
}

const INSERT: &str = "
    insert into clock_acts
      (id, case_id, party_id, act, on_date, until_date, cause, paper, source, dedupe_key)
    select s.id, s.case_id, s.party_id, s.act, s.on_date, s.until_date, s.cause, s.paper,
      s.source, s.dedupe_key
    from batch($1) as s (
      id bigint, case_id bigint, party_id bigint, act text, on_date text,
      until_date text, cause text, paper text, source text, dedupe_key text)
    where true
    on conflict (source, dedupe_key) do nothing";

const TOUCH: &str = "
    update cases
    set facts_rev = facts_rev + 1
    where id in (select s.id from list($1) as s (id bigint))";

const ACTS: &str = "
    select json_group_array(json_array(
      case_id, act, on_date, until_date, party_id, cause) order by case_id, id)
    from clock_acts
    where case_id in (select s.id from list($1) as s (id bigint))";

const GUARANTORS: &str = "
    select json_group_array(json_array(cp.party_id, p.party_no, p.name)
      order by cp.party_id)
    from case_parties cp
    join parties p on p.id = cp.party_id
    where cp.role = 'guarantor'
      and cp.case_id in (select s.id from list($1) as s (id bigint))";
