//! Clocks under whatever happens to a case (期限): no state parks one, and what people
//! report of a debtor moves none.

use domain::decision::WaitRule;
use domain::money::Fen;
use jiff::ToSpan;
use script::testing::{CaseHandle, CaseSpec, Scenario};
use serde_json::Map;
use sqlx::Row;

use super::{StoreScenario, scenario_with};
use crate::shipped;

/// From so many days before its last day on a claim has an open task; the setting
/// `last` of the watch, by default.
const MARGIN: i64 = 30;

/// The watch opens anew within so many days what somebody has closed; its setting
/// `press_every`.
const PRESSED_WITHIN: i64 = 7;

/// Numbers that come out alike in every run.
struct Rng(u64);

impl Rng {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        let at = self.below(u64::try_from(all.len()).unwrap());
        all[usize::try_from(at).unwrap()]
    }
}

/// All shipped workflows with their texts.
fn whole_house() -> StoreScenario {
    let files = shipped::folder().files;
    let belongs = |name: &str| {
        let is_script = name
            .strip_suffix(".lua")
            .is_some_and(|stem| !stem.ends_with("_test") && !stem.contains('/'));
        is_script || name.starts_with("templates/")
    };
    let files: Vec<(&str, &str)> = files
        .iter()
        .filter(|(name, _)| belongs(name))
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    scenario_with(&files)
}

/// Each case with the day on which its period ends.
fn ends(scenario: &mut StoreScenario) -> Vec<(i64, String)> {
    const ENDS: &str = "select id, limitation_ends_on from cases order by id";
    scenario
        .act(async |scenario| {
            let mut conn = scenario.engine.store.read().await?;
            let rows = sqlx::query(ENDS).fetch_all(conn.conn()).await?;
            Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
        })
        .unwrap()
}

/// Overdue claims that end within so many days and of which nobody with the role has an
/// open task.
fn unwatched(scenario: &mut StoreScenario, within: i64) -> Vec<(i64, String)> {
    const UNWATCHED: &str = "
        select c.id, c.limitation_ends_on
        from cases c
        where c.status = 'open' and c.oldest_unpaid_on < $1
          and $1 <= c.limitation_ends_on and c.limitation_ends_on <= $2
          and not exists (
            select 1 from tasks t
            where t.case_id = c.id and t.closed_at is null
              and t.dedupe_key like 'limitation:%'
              and (t.for_role = 'legal' or t.assignee is not null))
        order by c.id";
    let today = scenario.today();
    let until = today.saturating_add(within.days());
    scenario
        .act(async |scenario| {
            let mut conn = scenario.engine.store.read().await?;
            let asked =
                sqlx::query(UNWATCHED).bind(today.to_string()).bind(until.to_string());
            let rows = asked.fetch_all(conn.conn()).await?;
            Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
        })
        .unwrap()
}

/// What is reported of a debtor and moves no clock, but may park a procedure.
const REPORTED: [&str; 8] = [
    "complaint",
    "complaint_resolved",
    "dispute",
    "dispute_resolved",
    "deceased",
    "death_disproved",
    "legal_override",
    "reply",
];

/// A case somewhere in its procedures, with some days of limitation left.
fn any_case(scenario: &mut StoreScenario, rng: &mut Rng) -> CaseHandle {
    let left = 12 + i64::try_from(rng.below(190)).unwrap();
    let spec = CaseSpec {
        overdue: Fen(500_000),
        limitation_days_left: Some(left),
        guarantors: u32::try_from(rng.below(2)).unwrap(),
        ..CaseSpec::default()
    };
    let case = scenario.case(&spec).unwrap();
    scenario.enrol(case, rng.one_of(&["escalate_to_legal", "visit", "remind"])).unwrap();
    // Where the procedure has not started it.
    drop(scenario.enrol(case, "limitation_watch"));
    case
}

#[test]
fn whatever_happens_to_a_case_somebody_has_its_clock_before_it_runs_out() {
    for seed in [20_260_302, 7, 815] {
        let mut scenario = whole_house();
        let mut rng = Rng(seed);
        let cases: Vec<CaseHandle> =
            (0..8).map(|_| any_case(&mut scenario, &mut rng)).collect();
        for day in 1..=150 {
            scenario.advance(WaitRule::Days(1)).unwrap();
            let case = rng.one_of(&cases);
            match rng.below(12) {
                0 => scenario.pay(case, Fen(1_000)).unwrap(),
                // There may be nothing to take back.
                1 => drop(scenario.reverse_last_payment(case)),
                2..8 => {
                    let before = ends(&mut scenario);
                    let event = rng.one_of(&REPORTED);
                    scenario.event(case, event, Map::new()).unwrap();
                    assert_eq!(
                        ends(&mut scenario),
                        before,
                        "seed {seed}, day {day}: {event}"
                    );
                }
                _ => {}
            }
            let found = unwatched(&mut scenario, MARGIN);
            assert!(found.is_empty(), "seed {seed}, day {day}: {found:?}");
        }
    }
}

#[test]
fn a_task_that_was_closed_while_the_clock_ran_on_is_opened_anew() {
    const CLOSE: &str = "
        update tasks
        set closed_at = 1, closed_by = 'test', outcome = 'done'
        where closed_at is null and dedupe_key like 'limitation:%'";
    let mut scenario = whole_house();
    let spec = CaseSpec {
        overdue: Fen(500_000),
        limitation_days_left: Some(29),
        ..CaseSpec::default()
    };
    let case = scenario.case(&spec).unwrap();
    scenario.enrol(case, "limitation_watch").unwrap();
    let mut without = 0;
    for day in 0..=29 {
        if day % 5 == 0 {
            scenario
                .act(async |scenario| {
                    let mut tx = scenario.engine.store.write().await?;
                    sqlx::query(CLOSE).execute(tx.conn()).await?;
                    Ok(tx.commit().await?)
                })
                .unwrap();
        }
        without =
            if unwatched(&mut scenario, MARGIN).is_empty() { 0 } else { without + 1 };
        assert!(without <= PRESSED_WITHIN, "day {day}");
        scenario.advance(WaitRule::Days(1)).unwrap();
    }
}
