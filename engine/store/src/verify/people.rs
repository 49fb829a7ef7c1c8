//! Protection (保护核验): what protects a person stands on all loans of theirs, and
//! nobody is sent to call or to visit under it.

use domain::hold::{HoldReason, forbids_demands};

use super::Verdict;
use crate::holds::persons;
use crate::{Conn, StoreError, rows};

/// From the loan on which a hold was entered to each other loan of its borrower that
/// lacks it. A complaint is a matter of its own, of any other reason one hold stands for
/// all.
const LACKING: &str = "
    select json_group_array(json_array(h.id, b.case_id))
    from holds h
    join case_parties a on a.case_id = h.case_id and a.role = 'borrower'
    join case_parties b on b.party_id = a.party_id and b.role = 'borrower'
      and b.case_id <> a.case_id
    where h.action = 'placed' and h.matter is null
      and h.reason in (select r.reason from batch($1) as r (reason text, counted flag))
      and not exists (select 1 from holds l where l.lifts = h.id)
      and not exists (
        select 1 from holds o
        where o.case_id = b.case_id and o.action = 'placed' and o.reason = h.reason
          and not exists (select 1 from holds l where l.lifts = o.id)
          and (o.matter = h.id or h.reason not in (
            select r.reason from batch($1) as r (reason text, counted flag)
            where r.counted = 1)))";

/// A row that came with another names one that was entered by itself, for the same
/// reason.
const OF_NO_MATTER: &str = "
    select json_group_array(h.id)
    from holds h
    join holds m on m.id = h.matter
    where h.matter is not null
      and (m.matter is not null or m.reason <> h.reason or m.action <> 'placed'
        or h.action <> 'placed')";

const REASONS: &str = "select distinct holds from cases where holds <> ''";

/// What a person may be doing at this moment, unwarned.
const UNWARNED: &str = "
    select json_group_array(json_array(t.id, o.id))
    from tasks t
    join cases c on c.id = t.case_id
    join outbox o on o.id = t.order_id
    where t.closed_at is null and t.kind in ('call', 'visit')
      and t.suspended_for is null
      and o.channel in ('phone', 'visit') and o.act = 'demand'
      and c.holds in (select holds from list($1) as f (holds text))";

/// An order that went to a number after it was known to be wrong, or to an address after
/// its person had moved away from it.
const TO_NOBODY: &str = "
    select json_group_array(json_array(k.order_id, w.kind))
    from contact_points w
    join contacts k on k.contact_point = w.value and k.contact_point <> ''
    where w.state = 'wrong' and w.kind = 'phone' and w.state_at < k.attempted_at
      and k.channel in ('phone', 'sms') and k.order_id is not null
      and k.outcome not in ('failed', 'rehearsed')
      and k.note not like 'left_before_restore:%'";

const TO_AN_OLD_ADDRESS: &str = "
    select json_group_array(json_array(k.order_id, w.kind))
    from contact_points w
    join parties p on p.id = w.party_id
      and coalesce(nullif(p.address, ''), p.village) = w.value
    join contacts k on k.party_id = w.party_id
    where w.state = 'moved' and w.kind = 'address' and w.state_at < k.attempted_at
      and k.channel in ('letter_post', 'letter_hand', 'visit')
      and k.order_id is not null and k.outcome not in ('failed', 'rehearsed')";

/// Nothing went where nothing goes any more.
async fn unused(conn: &mut Conn, verdict: &mut Verdict) -> Result<(), StoreError> {
    for statement in [TO_NOBODY, TO_AN_OLD_ADDRESS] {
        let found: String = sqlx::query_scalar(statement).fetch_one(&mut *conn).await?;
        let found: Vec<(i64, String)> = serde_json::from_str(&found)?;
        for (order, kind) in found {
            verdict.fault(
                "people",
                order,
                format!("指令 {order} 用了已停用的号码或旧址({kind})"),
                format!("order {order} went to a number or an address that is out of use ({kind})"),
            );
        }
    }
    Ok(())
}

pub(super) async fn verify(
    conn: &mut Conn,
    verdict: &mut Verdict,
) -> Result<(), StoreError> {
    if persons::is_spread(conn).await? {
        let reasons: Vec<(&str, bool)> = HoldReason::of_persons()
            .map(|person| (person.as_str(), person.is_counted()))
            .collect();
        let lacking: Vec<(i64, i64)> = rows::ask(conn, LACKING, &reasons).await?;
        for (hold, case) in lacking {
            verdict.fault(
                "holds",
                case,
                format!("保护本人的暂停没有覆盖其另一笔贷款(暂停 {hold},案件 {case})"),
                format!("a hold that protects a person does not stand on another loan of theirs (hold {hold}, case {case})"),
            );
        }
    }
    let astray: String = sqlx::query_scalar(OF_NO_MATTER).fetch_one(&mut *conn).await?;
    let astray: Vec<i64> = serde_json::from_str(&astray)?;
    for hold in astray {
        verdict.fault(
            "holds",
            hold,
            format!("随同的暂停与其来源不符({hold})"),
            format!("a hold that came with another is not of its matter ({hold})"),
        );
    }
    let found: Vec<String> = sqlx::query_scalar(REASONS).fetch_all(&mut *conn).await?;
    let forbidding: Vec<&String> =
        found.iter().filter(|it| it.split(',').any(forbids_demands)).collect();
    let unwarned: Vec<(i64, i64)> = rows::ask(conn, UNWARNED, &forbidding).await?;
    for (task, order) in unwarned {
        verdict.fault(
            "holds",
            order,
            format!("暂停期间的电话或上门没有停下(待办 {task})"),
            format!("a call or visit goes on under a hold that forbids it (task {task})"),
        );
    }
    unused(conn, verdict).await
}
