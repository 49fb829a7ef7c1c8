//! What can be claimed of a case at court (诉请计算): by its ledger as it stood on a day, and
//! by whether it was declared due as a whole.

use domain::court::{Claim, Sums};
use domain::ids::{CaseId, OrderId};
use domain::limitation::ClockActKind;
use domain::money::Fen;
use jiff::civil::Date;
use sqlx::FromRow;

use crate::{Conn, StoreError, clock_acts};

#[derive(FromRow)]
struct SumsRow {
    opened: i64,
    due: i64,
    covered: i64,
    fees: i64,
    penalty: i64,
    listed_principal_fen: Option<i64>,
    listed_interest_fen: Option<i64>,
    listed_penalty_fen: Option<i64>,
}

/// What was taken back later was none on the day either.
const SUMS: &str = "
    select
      coalesce(sum(case when l.kind = 'open' and l.booked_on <= $2
        then l.amount_fen end), 0) as opened,
      coalesce(sum(case when l.kind = 'due' and l.booked_on < $2
        then l.amount_fen end), 0) as due,
      coalesce(sum(case when l.kind in ('payment', 'waiver') and l.booked_on <= $2
        then l.amount_fen end), 0) as covered,
      coalesce(sum(case when l.kind = 'fee' and l.booked_on <= $2
        then l.amount_fen end), 0) as fees,
      coalesce(sum(case when l.kind = 'penalty' and l.booked_on <= $2
        then l.amount_fen end), 0) as penalty,
      max(c.listed_principal_fen) as listed_principal_fen,
      max(c.listed_interest_fen) as listed_interest_fen,
      max(c.listed_penalty_fen) as listed_penalty_fen
    from cases c
    left join ledger l on l.case_id = c.id
      and not exists (select 1 from ledger r where r.reverses = l.id)
    where c.id = $1";

/// What can be claimed of a case by its books at the end of a day; `None` where nothing was
/// ever charged.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn on(
    conn: &mut Conn,
    case: CaseId,
    day: Date,
) -> Result<Option<Claim>, StoreError> {
    let asked = sqlx::query_as(SUMS).bind(case.0).bind(day.to_string());
    let row: SumsRow = asked.fetch_one(&mut *conn).await?;
    let listed = row.listed_principal_fen.zip(row.listed_interest_fen).map(
        |(principal, interest)| {
            [Fen(principal), Fen(interest), Fen(row.listed_penalty_fen.unwrap_or(0))]
        },
    );
    let sums = Sums {
        opened: Fen(row.opened),
        due: Fen(row.due),
        covered: Fen(row.covered),
        fees: Fen(row.fees),
        penalty: Fen(row.penalty),
        listed,
    };
    let records = clock_acts::of_cases(conn, &[case.0]).await?;
    let accelerated = records.get(&case.0).is_some_and(|record| {
        let declared = |kind| kind == ClockActKind::Accelerated;
        record.0.iter().any(|act| declared(act.kind) && act.on <= day)
    });
    Ok(Claim::of(&sums, accelerated))
}

const ADDRESSES: &str = "
    select p.address, p.village
    from case_parties cp
    join parties p on p.id = cp.party_id
    where cp.case_id = $1 and cp.role = 'borrower'
    order by cp.party_id";

#[derive(FromRow)]
struct AddressRow {
    address: Option<String>,
    village: Option<String>,
}

/// Where the borrower of a case lives, by which the court has jurisdiction: the addresses
/// on record, and the villages behind them.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn borrower_addresses(
    conn: &mut Conn,
    case: CaseId,
) -> Result<Vec<String>, StoreError> {
    let asked = sqlx::query_as(ADDRESSES).bind(case.0);
    let rows: Vec<AddressRow> = asked.fetch_all(conn).await?;
    let (addresses, villages): (Vec<_>, Vec<_>) =
        rows.into_iter().map(|row| (row.address, row.village)).unzip();
    Ok(addresses.into_iter().chain(villages).flatten().collect())
}

const SET_STAGE: &str = "
    update cases
    set court_stage = $2, facts_rev = facts_rev + 1
    where id = $1 and coalesce(court_stage, '') <> coalesce(cast($2 as text), '')";

/// Notes at which stage a case is before a court, where workflows read it; `None` where it
/// is before none.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn set_stage(
    conn: &mut Conn,
    case: CaseId,
    stage: Option<&str>,
) -> Result<(), StoreError> {
    let asked = sqlx::query(SET_STAGE).bind(case.0).bind(stage.map(str::to_owned));
    asked.execute(conn).await?;
    Ok(())
}

const STAGES: &str = "
    select id, court_stage
    from cases
    where court_stage is not null
    order by id";

/// The cases that are noted as before a court, with their stages.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn stages(conn: &mut Conn) -> Result<Vec<(CaseId, String)>, StoreError> {
    let rows: Vec<(i64, String)> = sqlx::query_as(STAGES).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|(id, stage)| (CaseId(id), stage)).collect())
}

const TERMS: &str = "
    select terms, approved_by
    from outbox
    where id = $1";

/// What a second person signed with an order, as JSON, and who it was; `None` where there is
/// no such order, or nobody has signed it, or nothing beside the order itself.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn signed_terms(
    conn: &mut Conn,
    order: OrderId,
) -> Result<Option<(Option<String>, Option<String>)>, StoreError> {
    Ok(sqlx::query_as(TERMS).bind(order.0).fetch_optional(conn).await?)
}

const KEEP: &str = "
    update outbox
    set terms = $2
    where id = $1";

/// Keeps what a second person signs with an order.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn keep_terms(
    conn: &mut Conn,
    order: OrderId,
    terms: &str,
) -> Result<(), StoreError> {
    sqlx::query(KEEP).bind(order.0).bind(terms.to_owned()).execute(conn).await?;
    Ok(())
}

const ON_THEIR_WAY: &str = "
    select json_group_array(json_array(id, verb) order by id)
    from outbox
    where case_id = $1 and status in ('awaiting_approval', 'pending', 'held')
      and verb in (select v.verb from list($2) as v (verb text))";

/// The orders of these verbs about a case that wait for a second person or for their turn,
/// each with its verb, oldest first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn on_their_way(
    conn: &mut Conn,
    case: CaseId,
    verbs: &[&str],
) -> Result<Vec<(OrderId, String)>, StoreError> {
    let asked = sqlx::query_scalar(ON_THEIR_WAY).bind(case.0);
    let text: String = asked.bind(serde_json::to_string(verbs)?).fetch_one(conn).await?;
    Ok(serde_json::from_str(&text)?)
}
