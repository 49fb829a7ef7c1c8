//! Results of calls and visits (结果核验): an attempt came to what was last reported of
//! it, and to nothing that nobody reported.

use domain::event::ContactEvent;
use foldhash::HashMap;

use super::Verdict;
use crate::contacts::{ReportedOutcome, is_a_report};
use crate::{Conn, StoreError, rows};

const PAGE: &str = "
    select json_group_array(case_id)
    from (
      select distinct case_id
      from contacts
      where (select after from list($1) as a (after bigint)) < case_id
      order by case_id
      limit 2000) page";

/// What was made without an order has no name by which a report could mean it.
const ATTEMPTS: &str = "
    select json_group_array(json_array(id, case_id, order_id, outcome, attempted_at))
    from contacts
    where case_id in (select s.id from list($1) as s (id bigint))
    and order_id is not null";

const REPORTS: &str = "
    select json_group_array(json_array(case_id, kind, payload, received_at) order by id)
    from events
    where case_id in (select s.id from list($1) as s (id bigint))
    and kind in ('call_result', 'visit_result')";

/// id, case, order, outcome, instant.
type Attempt = (i64, i64, i64, String, i64);

/// case, kind, payload, instant.
type Report = (i64, ContactEvent, String, i64);

/// Holds the outcome of every attempt against the results that were entered of it.
pub(super) async fn verify(
    conn: &mut Conn,
    verdict: &mut Verdict,
) -> Result<(), StoreError> {
    let mut after = -1_i64;
    loop {
        let cases: Vec<i64> = rows::ask(conn, PAGE, &[after]).await?;
        let Some(last) = cases.last() else { return Ok(()) };
        after = *last;
        let reports: Vec<Report> = rows::ask(conn, REPORTS, &cases).await?;
        let mut of_orders: HashMap<(i64, i64), Vec<(ReportedOutcome, i64)>> =
            HashMap::default();
        for (case, kind, payload, at) in reports {
            if let Some((order, it)) = ReportedOutcome::of_payload(kind, &payload) {
                of_orders.entry((case, order)).or_default().push((it, at));
            }
        }
        let attempts: Vec<Attempt> = rows::ask(conn, ATTEMPTS, &cases).await?;
        for attempt in attempts {
            let reported = of_orders.get(&(attempt.1, attempt.2));
            if !is_borne_out(&attempt, reported.map_or(&[], Vec::as_slice)) {
                let (id, outcome) = (attempt.0, &attempt.3);
                verdict.fault(
                    "contact",
                    id,
                    format!("联络 {id} 的结果为 {outcome},与登记的结果不符"),
                    format!(
                        "contact {id} has the outcome {outcome}, which was not entered"
                    ),
                );
            }
        }
    }
}

/// Whether an attempt came to what was reported of it last. A result from before the
/// attempt was of another one, unless the clock was set back between the two.
fn is_borne_out(
    (_, _, _, outcome, at): &Attempt,
    reported: &[(ReportedOutcome, i64)],
) -> bool {
    match reported.iter().rev().find(|(_, received)| at <= received) {
        Some((last, _)) => last.is_outcome(outcome),
        None => {
            !is_a_report(outcome) || reported.iter().any(|(it, _)| it.is_outcome(outcome))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The outcome of an attempt, what was reported of it and when, whether it is sound.
    type Row = (&'static str, &'static [(&'static str, i64)], bool);

    #[test]
    fn an_attempt_has_the_outcome_that_was_reported_last_since_it_was_made() {
        let call = |outcome: &str| {
            let payload = format!(r#"{{"order":"7","outcome":"{outcome}"}}"#);
            ReportedOutcome::of_payload(ContactEvent::CallResult, &payload).unwrap().1
        };
        let table: [Row; 11] = [
            ("delivered", &[], true),
            ("no_answer", &[], false),
            ("no_answer", &[("no_answer", 20)], true),
            ("conversation", &[("no_answer", 20)], false),
            ("delivered", &[("no_answer", 20)], false),
            ("conversation", &[("no_answer", 20), ("conversation", 30)], true),
            ("no_answer", &[("no_answer", 20), ("conversation", 30)], false),
            ("invalid", &[("wrong_party", 10)], true),
            ("reserved", &[("no_answer", 9)], true),
            ("no_answer", &[("no_answer", 9)], true),
            ("conversation", &[("no_answer", 9)], false),
        ];
        for (outcome, reports, expected) in table {
            let reported: Vec<_> = reports.iter().map(|it| (call(it.0), it.1)).collect();
            let attempt = (1, 2, 7, outcome.to_owned(), 10);
            assert_eq!(
                is_borne_out(&attempt, &reported),
                expected,
                "{outcome} {reports:?}"
            );
        }
    }
}
