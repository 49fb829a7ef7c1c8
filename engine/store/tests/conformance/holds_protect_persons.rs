//! Protection (对人的保护): a hold of a person stands on all loans of theirs, and what
//! was asked of people under it stands still.

use domain::duty::EndsWith;
use domain::ids::{CaseId, OrderId, PartyId};
use domain::journal::{Entry, HoldCarried, HoldMove};
use domain::party::Role;
use jiff::civil::{Date, date};
use serde_json::json;
use store::case_book::{self, CaseRow};
use store::events;
use store::holds::{self, IfHeld, Lift, NewHold, Which, persons};
use store::plugin::NewTask;
use store::tasks::{self, Asked};
use store::views::tasks::{self as views, TaskFilter};
use store::{ids, journal, open_work, verify};

use crate::harness::{HOUR, TestStore, morning, person};

const TODAY: Date = date(2026, 3, 10);

/// Loans of which the borrower is the person under the number beside each.
async fn lend(db: &TestStore, loans: &[(&str, &str)]) -> Vec<CaseId> {
    let rows: Vec<CaseRow> = loans
        .iter()
        .map(|(case_no, who)| CaseRow {
            case_no: (*case_no).to_owned(),
            people: vec![person(who, Role::Borrower)],
            ..CaseRow::default()
        })
        .collect();
    let mut tx = db.write().await;
    case_book::import_cases(tx.conn(), &morning(TODAY), &rows).await.expect("imported");
    let mut cases = Vec::new();
    for (case_no, _) in loans {
        let found = case_book::find_case(tx.conn(), case_no).await.expect("asked");
        cases.push(found.expect("the case is known"));
    }
    tx.commit().await.expect("committed");
    cases
}

fn hold(case: CaseId, reason: &str, again: IfHeld) -> NewHold {
    NewHold {
        case_id: case,
        party_id: None,
        reason: reason.to_owned(),
        effective_on: TODAY,
        by: "李主任".to_owned(),
        note: String::new(),
        again,
        also: Vec::new(),
    }
}

async fn place(db: &TestStore, hold: NewHold) -> usize {
    let mut tx = db.write().await;
    let n = holds::place(tx.conn(), &morning(TODAY), &[hold]).await.expect("placed");
    tx.commit().await.expect("committed");
    n
}

async fn lift(db: &TestStore, case: CaseId, reason: &str, on: Date) -> usize {
    let lift = Lift {
        case_id: case,
        reason: reason.to_owned(),
        which: Which::Oldest,
        effective_on: on,
        by: "李主任".to_owned(),
        note: String::new(),
    };
    let mut tx = db.write().await;
    let now = morning(on);
    let n = holds::lift(tx.conn(), &now, now.ms + HOUR, &[lift]).await.expect("lifted");
    tx.commit().await.expect("committed");
    n
}

const HOLDS: &str = "select holds from cases where id = $1";

async fn on_hold(db: &TestStore, cases: &[CaseId]) -> Vec<String> {
    let mut found = Vec::new();
    for case in cases {
        found.push(db.text(HOLDS, case.0).await);
    }
    found
}

/// What the chain of a case says of holds that came from other loans.
async fn carried(db: &TestStore, case: CaseId) -> Vec<HoldCarried> {
    let mut reader = db.store.read().await.expect("a reader");
    let lines = journal::page(reader.conn(), 0, 100, Some(case)).await.expect("lines");
    let carried = lines.iter().filter_map(|line| match line.entry() {
        Ok(Entry::HoldCarried(it)) => Some(it),
        _ => None,
    });
    carried.collect()
}

async fn is_sound(db: &TestStore) {
    let mut tx = db.write().await;
    let verdict = verify::verify(tx.conn()).await.expect("verified");
    let faults: Vec<_> =
        verdict.faults.iter().filter(|fault| fault.check == "holds").collect();
    assert!(faults.is_empty(), "{faults:?}");
}

promise! {
    async fn what_protects_a_person_stands_on_all_loans_of_theirs(db) {
        // Reason, and whether the second and the third loan of three are covered; the
        // third is somebody else's.
        let table = [
            ("complaint", true), ("deceased", true), ("hardship", true), ("lawyer", true),
            ("bankruptcy", true), ("vulnerable", true), ("incapacitated", true),
            ("dispute", false), ("plan", false), ("manual", false),
            ("third_party_refused", false),
        ];
        for (n, (reason, covers)) in table.into_iter().enumerate() {
            let of = |loan: &str| format!("{loan}{n}");
            let (a, b, c) = (of("A"), of("B"), of("C"));
            let (own, other) = (of("P"), of("Q"));
            let cases = lend(&db, &[(&a, &own), (&b, &own), (&c, &other)]).await;
            let placed = place(&db, hold(cases[0], reason, IfHeld::Keep)).await;
            assert_eq!(placed, if covers { 2 } else { 1 }, "{reason}");
            let second = if covers { reason } else { "" };
            assert_eq!(on_hold(&db, &cases).await, [reason, second, ""], "{reason}");
            let joined = place(&db, hold(cases[1], reason, IfHeld::Keep)).await;
            assert_eq!(joined, usize::from(!covers), "{reason}: it is the same matter");
            is_sound(&db).await;
            let lifted = lift(&db, cases[1], reason, TODAY).await;
            assert_eq!(lifted, if covers { 2 } else { 1 }, "{reason}");
            let first = if covers { "" } else { reason };
            assert_eq!(on_hold(&db, &cases).await, [first, "", ""], "{reason}");
            is_sound(&db).await;
        }
    }
}

promise! {
    async fn each_loan_says_on_which_one_the_hold_was_entered(db) {
        let cases = lend(&db, &[("A", "P"), ("B", "P")]).await;
        let run = db.run_of(cases[1], "contact", morning(TODAY).ms + HOUR, "{\"days\":1}", 0).await;
        place(&db, hold(cases[0], "hardship", IfHeld::Keep)).await;
        assert_eq!(db.text("select status from instances where id = $1", run.0).await, "frozen");
        lift(&db, cases[0], "hardship", TODAY).await;
        assert_eq!(db.text("select status from instances where id = $1", run.0).await, "waiting");
        assert!(carried(&db, cases[0]).await.is_empty(), "it was entered there");
        let said: Vec<(HoldMove, String)> =
            carried(&db, cases[1]).await.into_iter().map(|it| (it.moved, it.entered_on)).collect();
        assert_eq!(said, [(HoldMove::Placed, "A".to_owned()), (HoldMove::Lifted, "A".to_owned())]);
        assert_eq!(db.events(cases[1]).await, ["hold_placed", "hold_lifted"]);
        let mut reader = db.store.read().await.expect("a reader");
        let told = events::of_case(reader.conn(), cases[1]).await.expect("events");
        assert!(told.iter().all(|it| it.payload.get("loan") == Some(&json!("A"))));
    }
}

promise! {
    async fn two_complaints_of_a_person_are_two_matters_on_every_loan(db) {
        let cases = lend(&db, &[("A", "P"), ("B", "P"), ("C", "P")]).await;
        assert_eq!(place(&db, hold(cases[0], "complaint", IfHeld::Add)).await, 3);
        assert_eq!(place(&db, hold(cases[1], "complaint", IfHeld::Add)).await, 3);
        assert_eq!(lift(&db, cases[2], "complaint", TODAY).await, 3);
        assert_eq!(on_hold(&db, &cases).await, ["complaint"; 3], "the other one is open");
        assert_eq!(lift(&db, cases[0], "complaint", TODAY).await, 3);
        assert_eq!(on_hold(&db, &cases).await, [""; 3]);
        is_sound(&db).await;
    }
}

promise! {
    async fn a_dispute_stands_on_the_loans_that_it_names(db) {
        let cases = lend(&db, &[("A", "P"), ("B", "P"), ("C", "P")]).await;
        let named = NewHold { also: vec![cases[1]], ..hold(cases[0], "dispute", IfHeld::Add) };
        assert_eq!(place(&db, named).await, 2);
        assert_eq!(on_hold(&db, &cases).await, ["dispute", "dispute", ""]);
        assert_eq!(lift(&db, cases[1], "dispute", TODAY).await, 2);
        assert_eq!(on_hold(&db, &cases).await, [""; 3]);
    }
}

promise! {
    async fn a_loan_that_comes_later_gets_the_hold_of_its_borrower(db) {
        let first = lend(&db, &[("A", "P")]).await;
        place(&db, hold(first[0], "complaint", IfHeld::Add)).await;
        place(&db, hold(first[0], "plan", IfHeld::Keep)).await;
        let later = lend(&db, &[("B", "P"), ("C", "Q")]).await;
        assert_eq!(on_hold(&db, &later).await, ["complaint", ""]);
        assert_eq!(carried(&db, later[0]).await.len(), 1);
        // The same list once more changes nothing.
        lend(&db, &[("B", "P"), ("C", "Q")]).await;
        assert_eq!(db.number("select count(*) from holds where case_id = $1", later[0].0).await, 1);
        is_sound(&db).await;
        assert_eq!(lift(&db, later[0], "complaint", TODAY).await, 2);
        assert_eq!(on_hold(&db, &first).await, ["plan"]);
    }
}

promise! {
    async fn a_death_holds_all_that_the_dead_person_owes(db) {
        let cases = lend(&db, &[("A", "P"), ("B", "P"), ("C", "Q")]).await;
        let now = morning(TODAY);
        db.record(&now, cases[0], "deceased", json!({})).await;
        assert_eq!(on_hold(&db, &cases).await, ["deceased", "deceased", ""]);
        db.record(&now, cases[1], "death_disproved", json!({})).await;
        assert_eq!(on_hold(&db, &cases).await, [""; 3]);
        // Somebody else of the case has died: their own loans are held, and not this one.
        let other = db.borrower(cases[2]).await;
        tie(&db, cases[0], other).await;
        db.record(&now, cases[0], "deceased", json!({ "party": other.0.to_string() })).await;
        assert_eq!(on_hold(&db, &cases).await, ["", "", "deceased"]);
        is_sound(&db).await;
    }
}

/// A person stands beside the borrower of a case as its guarantor.
async fn tie(db: &TestStore, case: CaseId, party: PartyId) {
    let sql =
        "insert into case_parties (case_id, party_id, role) values ($1, $2, 'guarantor')";
    let mut tx = db.write().await;
    let tied = sqlx::query(sql).bind(case.0).bind(party.0).execute(tx.conn()).await;
    tied.expect("tied");
    tx.commit().await.expect("committed");
}

promise! {
    async fn holds_of_an_older_program_are_brought_to_the_other_loans_once(db) {
        let cases = lend(&db, &[("A", "P"), ("B", "P")]).await;
        let old = [
            "insert into holds (id, case_id, reason, action, effective_on, recorded_at, by)
             select 900000 + id, id, 'hardship', 'placed', '2026-03-01', 0, '示例主管'
             from cases where id = $1",
            "update cases set holds = 'hardship' where id = $1",
        ];
        let mut tx = db.write().await;
        for sql in old {
            sqlx::query(sql).bind(cases[0].0).execute(&mut *tx.conn()).await.expect("written");
        }
        store::meta::remove(tx.conn(), persons::SPREAD).await.expect("forgotten");
        tx.commit().await.expect("committed");
        is_sound(&db).await;
        let mut tx = db.write().await;
        let over = persons::follow_all(tx.conn(), &morning(TODAY), &mut 0).await.expect("spread");
        tx.commit().await.expect("committed");
        assert!(over);
        assert_eq!(on_hold(&db, &cases).await, ["hardship"; 2]);
        is_sound(&db).await;
        assert_eq!(lift(&db, cases[1], "hardship", TODAY).await, 2);
    }
}

/// An order that was handed over to a person, and its task.
async fn ask_of_a_person(
    db: &TestStore,
    case: CaseId,
    kind: &str,
    due_on: Date,
) -> OrderId {
    const ORDER: &str = "
        insert into outbox (id, case_id, seq, ordinal, plugin, verb, act, delivery, channel,
          requested_by, idempotency_key, status, not_before_at, not_after_at, created_at,
          party_id)
        values ($1, $2, 1, 0, 'remind', $3, 'demand', 'at_least_once', $4, 'workflow:remind',
          $5, 'delivered', 0, 0, 0, $6)";
    let channel = if kind == "call" { "phone" } else { "visit" };
    let (key, party) = (db.key(), db.borrower(case).await);
    let mut tx = db.write().await;
    let id = ids::allocate(tx.conn(), 1).await.expect("an id");
    let order = sqlx::query(ORDER).bind(id).bind(case.0).bind(kind.to_owned());
    let order = order.bind(channel.to_owned()).bind(key.clone()).bind(party.0);
    order.execute(tx.conn()).await.expect("given");
    let task = NewTask {
        case_id: case,
        kind: kind.to_owned(),
        title: "待办".to_owned(),
        assignee: None,
        ends_with: EndsWith::Nothing,
        due_on: Some(due_on),
        dedupe_key: key,
    };
    let order = Some(OrderId(id));
    let asked = Asked { instance: None, order, for_role: None, not_by: Vec::new(), task };
    tasks::open(tx.conn(), &morning(TODAY), &[asked]).await.expect("opened");
    tx.commit().await.expect("committed");
    OrderId(id)
}

/// The kinds of the tasks that may be done, and of those that are suspended.
async fn listed(db: &TestStore) -> (Vec<String>, Vec<String>) {
    let mut reader = db.store.read().await.expect("a reader");
    let mut kinds = Vec::new();
    for suspended in [false, true] {
        let filter = TaskFilter { suspended, ..TaskFilter::default() };
        let found = views::list(reader.conn(), &filter, None, 100).await.expect("a list");
        kinds.push(found.into_iter().map(|it| it.kind).collect::<Vec<_>>());
    }
    let suspended = kinds.pop().unwrap_or_default();
    (kinds.pop().unwrap_or_default(), suspended)
}

promise! {
    async fn a_hold_suspends_open_calls_and_visits_and_its_end_brings_them_back(db) {
        let cases = lend(&db, &[("A", "P"), ("B", "P"), ("C", "Q")]).await;
        for (case, kind) in [(cases[0], "call"), (cases[1], "visit"), (cases[2], "call")] {
            ask_of_a_person(&db, case, kind, date(2026, 3, 12)).await;
        }
        place(&db, hold(cases[1], "complaint", IfHeld::Add)).await;
        let (open, suspended) = listed(&db).await;
        assert_eq!((open.len(), suspended.len()), (1, 2), "that of somebody else stays");
        let why = "select suspended_for from tasks where case_id = $1";
        assert_eq!(db.text(why, cases[0].0).await, "complaint");
        place(&db, hold(cases[0], "manual", IfHeld::Keep)).await;
        assert_eq!(db.text(why, cases[0].0).await, "complaint,manual");
        is_sound(&db).await;
        lift(&db, cases[0], "complaint", date(2026, 3, 12)).await;
        assert_eq!(db.text(why, cases[0].0).await, "manual", "the other hold keeps it");
        assert_eq!(db.text(why, cases[1].0).await, "");
        lift(&db, cases[0], "manual", date(2026, 3, 12)).await;
        assert_eq!(listed(&db).await.1.len(), 0);
        is_sound(&db).await;
    }
}

promise! {
    async fn what_was_suspended_until_its_day_was_over_does_not_come_back(db) {
        let case = lend(&db, &[("A", "P")]).await[0];
        let order = ask_of_a_person(&db, case, "visit", date(2026, 3, 12)).await;
        place(&db, hold(case, "complaint", IfHeld::Add)).await;
        let late = date(2026, 3, 13);
        let mut tx = db.write().await;
        let over = open_work::visits_over(tx.conn(), late, &[case]).await.expect("asked");
        assert!(over.is_empty(), "the hold stands");
        tx.commit().await.expect("committed");
        lift(&db, case, "complaint", late).await;
        let mut tx = db.write().await;
        let over = open_work::visits_over(tx.conn(), late, &[case]).await.expect("asked");
        assert_eq!(over.iter().map(|it| it.order).collect::<Vec<_>>(), [order]);
        open_work::end(tx.conn(), &morning(late), &over).await.expect("ended");
        tx.commit().await.expect("committed");
        assert_eq!(db.text("select outcome from tasks where case_id = $1", case.0).await, "lapsed");
        let mut reader = db.store.read().await.expect("a reader");
        let doubt = open_work::doubtful(reader.conn(), order).await.expect("asked");
        assert_eq!(doubt.and_then(|doubt| doubt.lapsed_on), Some(date(2026, 3, 12)));
        let lines = journal::page(reader.conn(), 0, 100, Some(case)).await.expect("lines");
        let taken_back = |line: &journal::Line| matches!(line.entry(), Ok(Entry::WorkEnded(_)));
        assert_eq!(lines.iter().filter(|line| taken_back(line)).count(), 1);
    }
}

promise! {
    async fn a_call_lapses_with_the_window_of_its_day(db) {
        let case = lend(&db, &[("A", "P")]).await[0];
        let order = ask_of_a_person(&db, case, "call", TODAY).await;
        let opened = morning(TODAY).ms;
        // Today, the instant before which calls lapse, and how many do.
        let table = [
            (TODAY, None, 0),
            // Whoever agreed to late calls was given one behind the end of the window.
            (TODAY, Some(opened), 0),
            (TODAY, Some(opened + 1), 1),
            (date(2026, 3, 11), None, 1),
        ];
        for (today, evening, lapses) in table {
            let mut reader = db.store.read().await.expect("a reader");
            let over = open_work::calls_over(reader.conn(), today, evening, 10).await;
            assert_eq!(over.expect("asked").len(), lapses, "{today} {evening:?}");
        }
        let mut tx = db.write().await;
        let over = open_work::calls_over(tx.conn(), date(2026, 3, 11), None, 10).await;
        let over = over.expect("asked");
        open_work::end(tx.conn(), &morning(date(2026, 3, 11)), &over).await.expect("ended");
        tx.commit().await.expect("committed");
        let mut reader = db.store.read().await.expect("a reader");
        let last = store::views::one_case::last_open_call(reader.conn(), case).await;
        assert_eq!(last.expect("asked"), None, "{order} is no open call any more");
        is_sound(&db).await;
    }
}

promise! {
    async fn a_proof_finds_work_that_goes_on_and_loans_that_are_left_out(db) {
        let cases = lend(&db, &[("A", "P"), ("B", "P")]).await;
        ask_of_a_person(&db, cases[1], "call", TODAY).await;
        place(&db, hold(cases[0], "complaint", IfHeld::Add)).await;
        let changes = [
            "update tasks set suspended_for = null",
            "update holds set matter = null where matter is not null",
        ];
        for change in changes {
            let mut tx = db.write().await;
            sqlx::query(change).execute(&mut *tx.conn()).await.expect("changed");
            let verdict = verify::verify(tx.conn()).await.expect("verified");
            let found = verdict.faults.iter().any(|fault| fault.check == "holds");
            assert!(found, "{change}: {:?}", verdict.faults);
            tx.rollback().await.expect("taken back");
        }
    }
}
