//! What is owed of principal, interest, penalty and costs, divided again (构成核验): all
//! parts together are what the totals of the case say.

use domain::components::{Components, Line, divide};
use domain::ids::EntryId;
use domain::ledger::EntryKind;
use domain::money::Fen;
use foldhash::HashMap;

use super::Verdict;
use crate::{Conn, StoreError, components, rows};

const PAGE: &str = "
    select json_group_array(case_id)
    from (
      select distinct case_id
      from ledger_parts
      where (select after from list($1) as a (after bigint)) < case_id
      order by case_id
      limit 2000) page";

/// entry, case, kind, day, amount, what it takes back, the parts; whoever forges writes
/// what they like.
type Kept = (i64, i64, String, String, i64, Option<i64>, [Option<i64>; 4]);

const LINES: &str = "
    select json_group_array(json_array(
      l.id, l.case_id, l.kind, l.booked_on, cast(l.amount_fen as bigint), l.reverses,
      json_array(
        cast(p.principal_fen as bigint), cast(p.interest_fen as bigint),
        cast(p.penalty_fen as bigint), cast(p.cost_fen as bigint))))
    from ledger l
    left join ledger_parts p on p.entry_id = l.id
    where l.case_id in (select s.id from list($1) as s (id bigint))";

const TOTALS: &str = "
    select json_group_array(json_array(
      id, cast(due_fen as bigint), cast(fee_fen as bigint), cast(penalty_fen as bigint),
      cast(paid_fen as bigint), cast(waived_fen as bigint)))
    from cases
    where id in (select s.id from list($1) as s (id bigint))";

pub(super) async fn verify(
    conn: &mut Conn,
    verdict: &mut Verdict,
) -> Result<(), StoreError> {
    let order = components::order(conn).await?;
    let mut after = -1_i64;
    loop {
        let cases: Vec<i64> = rows::ask(conn, PAGE, &[after]).await?;
        let Some(last) = cases.last() else { return Ok(()) };
        after = *last;
        let mut ledgers: HashMap<i64, Vec<Option<Line>>> = HashMap::default();
        let kept: Vec<Kept> = rows::ask(conn, LINES, &cases).await?;
        for row in kept {
            ledgers.entry(row.1).or_default().push(line(row));
        }
        let totals: Vec<(i64, i64, i64, i64, i64, i64)> =
            rows::ask(conn, TOTALS, &cases).await?;
        for (case, due, fee, penalty, paid, waived) in totals {
            // A line that cannot be read, or is larger than any sum, is told of by others.
            let lines: Option<Vec<Line>> =
                ledgers.remove(&case).unwrap_or_default().into_iter().collect();
            let sane = [due, fee, penalty, paid, waived].into_iter().all(is_sane);
            let Some(lines) = lines.filter(|_| sane) else { continue };
            let Some(division) = divide(&lines, order) else { continue };
            let beyond: Fen = division.covers.iter().map(|cover| cover.beyond).sum();
            let left = division.owed_at_any_time().sum() - beyond;
            if left != Fen(due + fee + penalty - paid - waived) {
                verdict.fault(
                    "parts",
                    case,
                    format!("本金、利息、罚息、费用合起来与案件的应还、已还不符({case})"),
                    format!(
                        "principal, interest, penalty and costs of a case do not come to what \
                         is due and paid of it ({case})"
                    ),
                );
            }
        }
    }
}

/// More than any ledger holds, and little enough to be added up.
fn is_sane(fen: i64) -> bool {
    (-(1 << 50)..=1 << 50).contains(&fen)
}

fn line((entry, _, kind, on, amount, reverses, parts): Kept) -> Option<Line> {
    let amounts = parts.into_iter().flatten().chain([amount]);
    let [principal, interest, penalty, cost] = parts.map(|part| part.map(Fen));
    let parts = principal.map(|principal| Components {
        principal,
        interest: interest.unwrap_or_default(),
        penalty: penalty.unwrap_or_default(),
        cost: cost.unwrap_or_default(),
    });
    let kind = EntryKind::parse(&kind)?;
    let on = on.parse().ok()?;
    let (entry, reverses) = (EntryId(entry), reverses.map(EntryId));
    let sane = { amounts }.all(is_sane);
    sane.then_some(Line { entry, kind, on, amount: Fen(amount), reverses, parts })
}
