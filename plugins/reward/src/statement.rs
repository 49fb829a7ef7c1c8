//! What each collector earned in a period (奖励报表).

use domain::money::Fen;
use jiff::civil::Date;
use sqlx::Row as _;
use store::Conn;
use store::plugin::BooksError;

/// The rewards of one collector in a period.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// The member of staff.
    pub collector: String,
    /// How many payments were rewarded in the period.
    pub payments: u64,
    /// Accrued in the period.
    pub accrued: Fen,
    /// Taken back in the period, as a positive amount; it may concern rewards
    /// of an earlier period.
    pub taken_back: Fen,
    /// Accrued less taken back; may be negative.
    pub net: Fen,
    /// Of the rewards accrued in the period: still in the cooling-off, as of now.
    pub cooling: Fen,
    /// Of the rewards accrued in the period: payable and not paid, as of now.
    pub payable: Fen,
}

/// The statement of all collectors from `from` to `to`, both days included, by
/// name. A collector with nothing in the period has no row.
///
/// # Errors
///
/// [`BooksError`] when the reward ledger cannot be read.
pub async fn statement(
    conn: &mut Conn,
    from: Date,
    to: Date,
) -> Result<Vec<Row>, BooksError> {
    let rows = sqlx::query(STATEMENT)
        .bind(from.to_string())
        .bind(to.to_string())
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            let (accrued, taken_back) =
                (Fen(row.try_get("earned")?), Fen(row.try_get("returned")?));
            let payments: i64 = row.try_get("payments")?;
            Ok(Row {
                collector: row.try_get("collector")?,
                payments: payments.unsigned_abs(),
                accrued,
                taken_back,
                net: accrued - taken_back,
                cooling: Fen(row.try_get("cooling")?),
                payable: Fen(row.try_get("payable")?),
            })
        })
        .collect()
}

// PostgreSQL sums bigint to numeric, which the driver for both cannot read:
// every sum is cast back.
const STATEMENT: &str = "
    select e.collector,
      cast(sum(case when e.kind = 'accrue' then 1 else 0 end) as bigint) as payments,
      cast(sum(case when e.kind = 'accrue' then e.amount_fen else 0 end) as bigint)
        as earned,
      cast(sum(case when e.kind = 'take_back' then -e.amount_fen else 0 end) as bigint)
        as returned,
      cast(sum(case when e.kind = 'accrue' and r.status = 'accrued'
        then e.amount_fen else 0 end) as bigint) as cooling,
      cast(sum(case when e.kind = 'accrue' and r.status = 'payable'
        then e.amount_fen else 0 end) as bigint) as payable
    from reward_entries e
    join rewards r on r.entry_id = e.entry_id
    where $1 <= e.booked_on and e.booked_on <= $2
    group by e.collector
    order by e.collector";
