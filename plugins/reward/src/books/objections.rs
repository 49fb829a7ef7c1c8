//! Objections to rewards (奖励异议): entered by whoever worked for the money, answered by
//! somebody else.

use domain::ids::{CaseId, EntryId, OrderId};
use domain::money::Fen;
use jiff::civil::Date;
use sqlx::Row as _;
use store::Conn;
use store::plugin::BooksError;

/// What an order for a reward came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Reward {
    pub(crate) payment: EntryId,
    pub(crate) case_id: CaseId,
    pub(crate) rate: i64,
    /// The most for it, where the workflow said so; of one that was accrued it is not
    /// kept.
    pub(crate) cap: Option<Fen>,
    /// What stands; nothing for one that was withheld or taken back.
    pub(crate) amount: Option<Fen>,
    /// It was found to earn nothing.
    pub(crate) is_withheld: bool,
}

const OF_ORDER: &str = "
    select entry_id, case_id, rate, amount_fen, status
    from rewards
    where order_id = $1";

const WITHHELD: &str = "
    select entry_id, case_id, rate, cap_fen
    from withheld_rewards
    where order_id = $1";

/// What an order came to; `None` for one that was about no reward.
pub(crate) async fn of_order(
    conn: &mut Conn,
    order: OrderId,
) -> Result<Option<Reward>, BooksError> {
    let found = sqlx::query(OF_ORDER).bind(order.0).fetch_optional(&mut *conn).await?;
    if let Some(row) = found {
        let status: String = row.try_get("status")?;
        let amount = Fen(row.try_get("amount_fen")?);
        return Ok(Some(Reward {
            payment: EntryId(row.try_get("entry_id")?),
            case_id: CaseId(row.try_get("case_id")?),
            rate: row.try_get("rate")?,
            cap: None,
            amount: (status != "taken_back").then_some(amount),
            is_withheld: false,
        }));
    }
    let found = sqlx::query(WITHHELD).bind(order.0).fetch_optional(conn).await?;
    found
        .map(|row| {
            let cap: Option<i64> = row.try_get("cap_fen")?;
            Ok(Reward {
                payment: EntryId(row.try_get("entry_id")?),
                case_id: CaseId(row.try_get("case_id")?),
                rate: row.try_get("rate")?,
                cap: cap.map(Fen),
                amount: None,
                is_withheld: true,
            })
        })
        .transpose()
}

const OPEN: &str = "
    select raised_by
    from reward_objections
    where order_id = $1 and outcome is null";

/// Who objected, while nobody has answered.
pub(crate) async fn open_by(
    conn: &mut Conn,
    order: OrderId,
) -> Result<Option<String>, BooksError> {
    Ok(sqlx::query_scalar(OPEN).bind(order.0).fetch_optional(conn).await?)
}

const RAISE: &str = "
    insert into reward_objections (order_id, n, entry_id, case_id, raised_on, raised_by)
    select $1, count(*) + 1, $2, $3, $4, $5
    from reward_objections
    where order_id = $1";

/// Writes an objection down.
pub(crate) async fn raise(
    conn: &mut Conn,
    order: OrderId,
    reward: &Reward,
    (by, today): (&str, Date),
) -> Result<(), BooksError> {
    sqlx::query(RAISE)
        .bind(order.0)
        .bind(reward.payment.0)
        .bind(reward.case_id.0)
        .bind(today.to_string())
        .bind(by.to_owned())
        .execute(conn)
        .await?;
    Ok(())
}

const ANSWER: &str = "
    update reward_objections
    set answered_on = $2, answered_by = $3, outcome = $4
    where order_id = $1 and outcome is null";

/// Writes the answer to an objection down.
pub(crate) async fn answer(
    conn: &mut Conn,
    order: OrderId,
    (by, today): (&str, Date),
    outcome: &str,
) -> Result<(), BooksError> {
    sqlx::query(ANSWER)
        .bind(order.0)
        .bind(today.to_string())
        .bind(by.to_owned())
        .bind(outcome.to_owned())
        .execute(conn)
        .await?;
    Ok(())
}
