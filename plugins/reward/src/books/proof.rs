//! The proof of the reward ledger (奖励账核验): every part adds up, nothing is paid on
//! money that was taken back, and nothing twice.

use std::collections::BTreeMap;

use domain::ids::CaseId;
use domain::money::Fen;
use domain::say::{Say, Text, text};
use store::journal::digest_of;
use store::plugin::{BookFault, BooksError};
use store::{Conn, plugin_reads, rows};

/// The statements take a list that they do not read, so that they answer in one text.
const NOTHING: [i64; 1] = [0];

/// What stands of a reward by its status, by its entries and by its lines.
const UNEQUAL: &str = "
    select json_group_array(json_array(r.entry_id, r.case_id) order by r.entry_id)
    from list($1) as s (id bigint)
    cross join rewards r
    where case when r.status = 'taken_back' then 0 else r.amount_fen end <> (
        select coalesce(sum(e.amount_fen), 0) from reward_entries e
        where e.entry_id = r.entry_id)
      or case when r.status = 'taken_back' then 0 else r.amount_fen end <> (
        select coalesce(sum(l.amount_fen), 0) from reward_lines l
        where l.entry_id = r.entry_id)
      or exists (
        select 1 from reward_lines l
        where l.entry_id = r.entry_id
        group by l.collector
        having sum(l.amount_fen) < 0)";

/// What stands on payments, for the store to say which of it has no ground.
const STANDING: &str = "
    select json_group_array(json_array(r.entry_id, r.case_id, r.amount_fen)
      order by r.entry_id)
    from list($1) as s (id bigint)
    cross join rewards r
    where r.status <> 'taken_back'";

const BOTH_WAYS: &str = "
    select json_group_array(json_array(w.entry_id, w.case_id) order by w.entry_id)
    from list($1) as s (id bigint)
    cross join withheld_rewards w
    join rewards r on r.entry_id = w.entry_id";

const STATED: &str = "
    select json_group_array(json_array(l.month, l.collector, l.paid))
    from list($1) as s (id bigint)
    cross join (
      select l.month, l.collector, sum(l.amount_fen) as paid
      from reward_lines l
      join reward_months m on m.month = l.month
      where m.paid_on is not null
      group by l.month, l.collector
      having 0 < sum(l.amount_fen)
    ) l";

const PAID: &str = "
    select json_group_array(json_array(p.month, p.collector, p.amount_fen))
    from list($1) as s (id bigint)
    cross join reward_payouts p";

const FILES: &str = "
    select json_group_array(json_array(m.month, m.body, m.digest))
    from list($1) as s (id bigint)
    cross join reward_months m
    where m.paid_on is not null";

/// Payments and their cases.
type Found = Vec<(i64, CaseId)>;

/// Every reward and statement that is not as its lines have it.
pub(crate) async fn verify(conn: &mut Conn) -> Result<Vec<BookFault>, BooksError> {
    let mut faults = Vec::new();
    let standing: Vec<_> = rows::ask(conn, STANDING, &NOTHING).await?;
    let wrong: [(Found, Text); 3] = [
        (
            rows::ask(conn, UNEQUAL, &NOTHING).await?,
            text("的奖励与其明细不符", "has a reward that its lines do not come to"),
        ),
        (
            plugin_reads::unfounded(conn, &standing).await?,
            text(
                "的奖励没有依据:还款不存在、已冲正或少于奖励",
                "has a reward without ground: there is no such payment, it was taken back, or it is smaller",
            ),
        ),
        (
            rows::ask(conn, BOTH_WAYS, &NOTHING).await?,
            text("既计提又不计提", "is rewarded and earns nothing at the same time"),
        ),
    ];
    for (found, Say { zh, en }) in wrong {
        let fault = |(payment, case_id): (i64, CaseId)| BookFault {
            case_id,
            say: Say::new(
                format!("还款 {payment} {zh}"),
                format!("payment {payment} {en}"),
            ),
        };
        faults.extend(found.into_iter().map(fault));
    }
    faults.extend(of_months(conn).await?);
    Ok(faults)
}

/// Statements whose payouts are not what their lines come to, or whose file was changed.
async fn of_months(conn: &mut Conn) -> Result<Vec<BookFault>, BooksError> {
    let stated: Vec<(String, String, Fen)> = rows::ask(conn, STATED, &NOTHING).await?;
    let paid: Vec<(String, String, Fen)> = rows::ask(conn, PAID, &NOTHING).await?;
    let sums = |rows: Vec<(String, String, Fen)>| {
        let keyed = rows.into_iter().map(|(month, who, amount)| ((month, who), amount));
        keyed.collect::<BTreeMap<_, _>>()
    };
    let (stated, paid) = (sums(stated), sums(paid));
    let mut wrong: Vec<String> = Vec::new();
    for key in stated.keys().chain(paid.keys()) {
        if stated.get(key) != paid.get(key) && !wrong.contains(&key.0) {
            wrong.push(key.0.clone());
        }
    }
    let files: Vec<(String, String, String)> = rows::ask(conn, FILES, &NOTHING).await?;
    for (month, body, digest) in files {
        if digest_of(&body) != digest && !wrong.contains(&month) {
            wrong.push(month);
        }
    }
    let fault = |month: String| BookFault {
        case_id: CaseId(0),
        say: Say::new(
            format!("{month} 的奖励发放与奖励单不符"),
            format!("what was paid for {month} is not what its statement says"),
        ),
    };
    Ok(wrong.into_iter().map(fault).collect())
}
