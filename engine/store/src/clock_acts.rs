//! Dated acts that bear on the clocks of cases (期限事项), as the books hold them: entered,
//! and withdrawn where they were entered by mistake.

use domain::ids::{CaseId, PartyId};
use domain::limitation::{ClockAct, ClockActKind, Record, SuspensionKind};
use foldhash::HashMap;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::error::StoreError;
use crate::limitation::{self, recompute};
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

/// An act that stands, as whoever withdraws it has to know it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Standing {
    /// Its number.
    pub id: i64,
    /// What was done, and when.
    pub act: ClockAct,
    /// The number of the paper.
    pub paper: Option<String>,
}

/// The acts of a source about a case that stand, in the order in which they were entered.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn standing(
    conn: &mut Conn,
    case: CaseId,
    source: &str,
) -> Result<Vec<Standing>, StoreError> {
    let found: Vec<(i64, Option<String>, ActRow)> =
        rows::ask(conn, STANDING, &[(case, source)]).await?;
    let act = |(id, paper, row)| {
        let (_, act) = read(&row)?;
        Some(Standing { id, act, paper })
    };
    Ok(found.into_iter().filter_map(act).collect())
}

/// How many acts and interruptions a source has ever entered about a case, withdrawn ones
/// too: whoever enters the next one makes its key of this.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn entered(
    conn: &mut Conn,
    case: CaseId,
    source: &str,
) -> Result<i64, StoreError> {
    let counted = sqlx::query_scalar(ENTERED).bind(case.0).bind(source.to_owned());
    Ok(counted.fetch_one(conn).await?)
}

/// What is withdrawn of a case, by numbers.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Withdrawn {
    /// Acts; see [`standing`].
    pub acts: Vec<i64>,
    /// Interruptions; see [`limitation::standing`].
    pub interruptions: Vec<i64>,
}

/// Withdraws what was entered by mistake: it stays in the books, and the clocks are
/// reckoned without it. What was withdrawn before is left alone.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn withdraw(
    conn: &mut Conn,
    case: CaseId,
    what: &Withdrawn,
    by: &str,
) -> Result<u64, StoreError> {
    let acts = what.acts.iter().map(|id| (Some(*id), None));
    let interruptions = what.interruptions.iter().map(|id| (None, Some(*id)));
    let all: Vec<(Option<i64>, Option<i64>)> = acts.chain(interruptions).collect();
    if all.is_empty() {
        return Ok(0);
    }
    let first = ids::allocate(conn, all.len()).await?;
    let list: Vec<_> =
        (first..).zip(all).map(|(id, (act, other))| (id, case, act, other, by)).collect();
    let written = rows::run(conn, WITHDRAW, &list).await?;
    limitation::withdraw(conn, &what.interruptions).await?;
    rows::run(conn, TOUCH, &[case]).await?;
    recompute(conn, &[case.0]).await?;
    Ok(written)
}

/// What was done about each of these cases and was not withdrawn, in the order in which it
/// was entered; a case without acts is missing.
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
    where case_id in (select s.id from list($1) as s (id bigint))
      and not exists (
        select 1 from clock_withdrawals w where w.act_id = clock_acts.id)";

const STANDING: &str = "
    select json_group_array(json_array(a.id, a.paper, json_array(
      a.case_id, a.act, a.on_date, a.until_date, a.party_id, a.cause)) order by a.id)
    from batch($1) as s (case_id bigint, source text)
    join clock_acts a on a.case_id = s.case_id and a.source = s.source
    where not exists (select 1 from clock_withdrawals w where w.act_id = a.id)";

const ENTERED: &str = "
    select (select count(*) from clock_acts where case_id = $1 and source = $2)
      + (select count(*) from interruptions where case_id = $1 and source = $2)";

const WITHDRAW: &str = "
    insert into clock_withdrawals (id, case_id, act_id, interruption_id, by)
    select s.id, s.case_id, s.act_id, s.interruption_id, s.by
    from batch($1) as s (
      id bigint, case_id bigint, act_id bigint, interruption_id bigint, by text)
    where true
    on conflict do nothing";

const GUARANTORS: &str = "
    select json_group_array(json_array(cp.party_id, p.party_no, p.name)
      order by cp.party_id)
    from case_parties cp
    join parties p on p.id = cp.party_id
    where cp.role = 'guarantor'
      and cp.case_id in (select s.id from list($1) as s (id bigint))";
