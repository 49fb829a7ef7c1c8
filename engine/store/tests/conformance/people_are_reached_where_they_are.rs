//! Whom a case is about and how they are reached (当事人与联系方式): what is wrong is used
//! for nobody, what is entered is seen, and a person is found by what somebody knows.

use domain::ids::{CaseId, PartyId};
use domain::ledger::EntryKind;
use domain::manifest::Channel;
use domain::party::{GuaranteeKind, Role};
use domain::point::{PointKind, PointState};
use jiff::civil::date;
use serde_json::json;
use store::case_book::{CaseRow, GuaranteeRow, PersonRow};
use store::people_by_hand::{self, Correction};
use store::points::{self, NewPoint};
use store::views::search::{self, Sought};
use store::views::{people, tasks};
use store::{case_book, facts, seals, verify};

use crate::harness::{TestStore, morning, person};

const DAY: jiff::civil::Date = date(2026, 3, 2);
const NUMBER: &str = "13900000001";
const OTHER: &str = "13900000002";

fn somebody(no: &str, role: Role, name: &str, phone: Option<&str>) -> PersonRow {
    PersonRow {
        name: Some(name.to_owned()),
        phone: phone.map(str::to_owned),
        address: Some("桥头路 3 号".to_owned()),
        village: Some("柳树湾".to_owned()),
        ..person(no, role)
    }
}

async fn lend(db: &TestStore, case_no: &str, people: Vec<PersonRow>) -> CaseId {
    let mut tx = db.write().await;
    let row = CaseRow {
        case_no: case_no.to_owned(),
        village: Some("柳树湾".to_owned()),
        product: Some("农户小额".to_owned()),
        collector: Some("示例乙".to_owned()),
        people,
        ..CaseRow::default()
    };
    case_book::import_cases(tx.conn(), &morning(DAY), &[row]).await.expect("imported");
    let found = case_book::find_case(tx.conn(), case_no).await.expect("asked");
    tx.commit().await.expect("committed");
    found.expect("the case is known")
}

fn point(party: PartyId, kind: PointKind, value: &str, state: PointState) -> NewPoint {
    NewPoint {
        party,
        kind,
        value: value.to_owned(),
        state,
        on: DAY,
        by: "示例乙".to_owned(),
        given_by: None,
        best_hours: None,
    }
}

async fn enter(db: &TestStore, new: NewPoint) {
    let mut tx = db.write().await;
    points::enter(tx.conn(), &morning(DAY), &[new]).await.expect("entered");
    tx.commit().await.expect("committed");
}

async fn out_of_use(
    db: &TestStore,
    case: CaseId,
    party: PartyId,
    channel: Channel,
) -> Option<PointState> {
    let mut reader = db.store.read().await.expect("a reader");
    let found = facts::reachable(reader.conn(), &[(case, party)]).await.expect("read");
    found[&(case, party)].out_of_use.by(channel)
}

async fn has_phone(db: &TestStore, case: CaseId) -> bool {
    let mut reader = db.store.read().await.expect("a reader");
    let found = facts::load(reader.conn(), DAY, &[case.0]).await.expect("read");
    found[&case].debtor.as_ref().expect("a borrower").has_phone
}

async fn found_by(db: &TestStore, typed: &str) -> Vec<CaseId> {
    let sought = Sought::of(typed).expect("something is sought");
    let mut reader = db.store.read().await.expect("a reader");
    let (mut cases, mut last) = (Vec::new(), None);
    // A row at a time: each portion goes on behind the one before.
    loop {
        let found = search::list(reader.conn(), &sought, last.as_ref(), 1).await;
        let Some(one) = found.expect("read").pop() else { break };
        cases.push(one.case);
        last = Some(one);
    }
    cases.sort_unstable();
    cases.dedup();
    cases
}

promise! {
    async fn a_wrong_number_is_out_of_use_for_everybody_who_has_it(db) {
        let one = lend(&db, "QS-1", vec![
            somebody("P-1", Role::Borrower, "示例甲", Some(NUMBER)),
        ]).await;
        let other = lend(&db, "QS-2", vec![
            somebody("P-2", Role::Borrower, "示例丙", Some(NUMBER)),
        ]).await;
        db.record(&morning(DAY), one, "call_result", json!({ "outcome": "wrong_party" })).await;
        for case in [one, other] {
            let party = db.borrower(case).await;
            let state = out_of_use(&db, case, party, Channel::Sms).await;
            assert_eq!(state, Some(PointState::Wrong));
            let state = out_of_use(&db, case, party, Channel::Phone).await;
            assert_eq!(state, Some(PointState::Wrong));
            assert_eq!(out_of_use(&db, case, party, Channel::LetterPost).await, None);
            assert!(!has_phone(&db, case).await);
        }
        let open = "select count(*) from tasks where case_id = $1 and kind = 'trace' and closed_at is null";
        assert_eq!(db.number(open, one.0).await, 1);
        assert_eq!(db.number(open, other.0).await, 0);
        // Reported once more: one piece of work is enough.
        db.record(&morning(DAY), one, "call_result", json!({ "outcome": "invalid" })).await;
        assert_eq!(db.number(open, one.0).await, 1);
    }
}

/// As somebody at hand sees it who is asked where the debtor is to be found.
async fn has_wrong_numbers_alone(
    db: &TestStore,
    case: CaseId,
    of: PartyId,
) -> Option<bool> {
    let mut reader = db.store.read().await.expect("a reader");
    let found = facts::reachable(reader.conn(), &[(case, of)]).await.expect("read");
    found[&(case, of)].borrower_has_wrong_numbers_alone
}

promise! {
    async fn a_debtor_is_lost_when_every_number_that_is_known_is_wrong(db) {
        let neighbour = || somebody("K-1", Role::UnrelatedThirdParty, "示例丁", Some(OTHER));
        let case = lend(&db, "QS-1", vec![
            somebody("P-1", Role::Borrower, "示例甲", Some(NUMBER)), neighbour(),
        ]).await;
        let silent = lend(&db, "QS-2", vec![
            somebody("P-2", Role::Borrower, "示例丙", None), neighbour(),
        ]).await;
        let third = "select party_id from case_parties
            where case_id = $1 and role = 'unrelated_third_party'";
        let of = PartyId(db.number(third, case.0).await);
        let party = db.borrower(case).await;
        assert_eq!(has_wrong_numbers_alone(&db, case, of).await, Some(false));
        // Nobody knows a number: that says nothing of where they are.
        assert_eq!(has_wrong_numbers_alone(&db, silent, of).await, None);
        enter(&db, point(party, PointKind::Phone, NUMBER, PointState::Wrong)).await;
        assert_eq!(has_wrong_numbers_alone(&db, case, of).await, Some(true));
        let another = "13900000003";
        enter(&db, point(party, PointKind::Phone, another, PointState::Given)).await;
        assert_eq!(has_wrong_numbers_alone(&db, case, of).await, Some(false));
        // A number that was refused works: its owner was found.
        enter(&db, point(party, PointKind::Phone, another, PointState::Refused)).await;
        assert_eq!(has_wrong_numbers_alone(&db, case, of).await, Some(false));
    }
}

promise! {
    async fn another_number_takes_the_place_of_a_wrong_one_and_no_list_brings_it_back(db) {
        let people = || vec![somebody("P-1", Role::Borrower, "示例甲", Some(NUMBER))];
        let case = lend(&db, "QS-1", people()).await;
        let party = db.borrower(case).await;
        enter(&db, point(party, PointKind::Phone, NUMBER, PointState::Wrong)).await;
        enter(&db, point(party, PointKind::Phone, OTHER, PointState::Given)).await;
        let phone = "select phone from parties where id = $1";
        assert_eq!(db.text(phone, party.0).await, OTHER);
        assert!(has_phone(&db, case).await);
        lend(&db, "QS-1", people()).await;
        assert_eq!(db.text(phone, party.0).await, OTHER);
        let end = "select phone_end from parties where id = $1";
        assert_eq!(db.text(end, party.0).await, "20000000931");
    }
}

promise! {
    async fn a_number_that_was_confirmed_is_kept_against_the_next_list(db) {
        let case = lend(&db, "QS-1", vec![
            somebody("P-1", Role::Borrower, "示例甲", Some(NUMBER)),
        ]).await;
        let party = db.borrower(case).await;
        enter(&db, point(party, PointKind::Phone, OTHER, PointState::Given)).await;
        let phone = "select phone from parties where id = $1";
        assert_eq!(db.text(phone, party.0).await, NUMBER, "the one in use is good");
        enter(&db, point(party, PointKind::Phone, OTHER, PointState::Confirmed)).await;
        assert_eq!(db.text(phone, party.0).await, OTHER);
        lend(&db, "QS-1", vec![
            somebody("P-1", Role::Borrower, "示例甲", Some(NUMBER)),
        ]).await;
        assert_eq!(db.text(phone, party.0).await, OTHER);
    }
}

promise! {
    async fn a_number_is_refused_by_one_person_and_used_for_another(db) {
        let one = lend(&db, "QS-1", vec![
            somebody("P-1", Role::Borrower, "示例甲", Some(NUMBER)),
        ]).await;
        let other = lend(&db, "QS-2", vec![
            somebody("P-2", Role::Borrower, "示例丙", Some(NUMBER)),
        ]).await;
        db.record(&morning(DAY), one, "call_result", json!({ "outcome": "refused" })).await;
        let party = db.borrower(one).await;
        let state = out_of_use(&db, one, party, Channel::Phone).await;
        assert_eq!(state, Some(PointState::Refused));
        let party = db.borrower(other).await;
        assert_eq!(out_of_use(&db, other, party, Channel::Phone).await, None);
    }
}

promise! {
    async fn nothing_goes_to_an_address_that_was_left(db) {
        let case = lend(&db, "QS-1", vec![
            somebody("P-1", Role::Borrower, "示例甲", None),
        ]).await;
        let party = db.borrower(case).await;
        db.record(&morning(DAY), case, "visit_result", json!({ "outcome": "moved" })).await;
        for channel in [Channel::Visit, Channel::LetterPost, Channel::LetterHand] {
            let state = out_of_use(&db, case, party, channel).await;
            assert_eq!(state, Some(PointState::Moved), "{channel}");
        }
        enter(&db, point(party, PointKind::Address, "新街 7 号", PointState::Confirmed)).await;
        assert_eq!(out_of_use(&db, case, party, Channel::Visit).await, None);
        // The next list still has the old one.
        lend(&db, "QS-1", vec![somebody("P-1", Role::Borrower, "示例甲", None)]).await;
        let address = "select address from parties where id = $1";
        assert_eq!(db.text(address, party.0).await, "新街 7 号");
    }
}

promise! {
    async fn a_case_shows_whom_it_is_about(db) {
        let guarantor = PersonRow {
            guarantee: Some(GuaranteeRow { kind: GuaranteeKind::Joint, period_months: None }),
            ..somebody("P-2", Role::Guarantor, "示例丁", Some(OTHER))
        };
        let case = lend(&db, "QS-1", vec![
            somebody("P-1", Role::Borrower, "示例甲", Some(NUMBER)),
            guarantor,
            somebody("P-3", Role::UnrelatedThirdParty, "示例戊", None),
        ]).await;
        db.post(DAY, &[
            db.entry(case, EntryKind::Open, 500_000, date(2026, 1, 2)),
            db.entry(case, EntryKind::Due, 50_000, date(2026, 2, 10)),
            db.entry(case, EntryKind::Due, 60_000, date(2026, 4, 10)),
        ]).await;
        db.record(&morning(DAY), case, "call_result",
            json!({ "outcome": "conversation", "note": "说卖粮后还" })).await;
        db.record(&morning(DAY), case, "call_result", json!({ "outcome": "no_answer" })).await;
        let mut reader = db.store.read().await.expect("a reader");
        let faces = people::of_cases(reader.conn(), DAY, &[case]).await.expect("read");
        let face = &faces[&case];
        let debtor = face.debtor().expect("a borrower");
        assert_eq!(debtor.name, "示例甲");
        assert_eq!(debtor.phone.as_deref(), Some("139****0001"));
        assert_eq!(debtor.address.as_deref(), Some("柳树湾 桥头路 3 号"));
        let obligors: Vec<_> =
            face.obligors().map(|obligor| (obligor.role, obligor.name.as_str(), obligor.guarantee)).collect();
        assert_eq!(obligors, [(Role::Guarantor, "示例丁", Some(GuaranteeKind::Joint))]);
        assert_eq!(face.product.as_deref(), Some("农户小额"));
        let words = face.last_words.as_ref().expect("a note");
        assert_eq!((words.of.as_str(), words.text.as_str()), ("call_result", "说卖粮后还"));
        let known = facts::load(reader.conn(), DAY, &[case.0]).await.expect("read");
        let known = &known[&case];
        let due = known.next_due_on.zip(known.next_due_amount);
        assert_eq!(face.next_due, due);
        assert!(due.is_some());
    }
}

promise! {
    async fn a_case_is_found_by_whatever_somebody_knows(db) {
        let one = lend(&db, "QS-0001", vec![
            somebody("P-1", Role::Borrower, "章小满", Some(NUMBER)),
            somebody("P-9", Role::CoBorrower, "单雨水", Some(OTHER)),
        ]).await;
        let other = lend(&db, "QS-0002", vec![
            somebody("P-2", Role::Borrower, "章立春", None),
        ]).await;
        let both: &[CaseId] = &[one, other];
        let table: [(&str, &[CaseId]); 14] = [
            ("章", both),
            ("章小", &[one]),
            ("zxm", &[one]),
            ("ZL", &[other]),
            ("z", both),
            ("sys", &[one]),
            ("0001", &[one]),
            ("0002", &[one]),
            ("0000 0001", &[one]),
            ("qs-0002", &[other]),
            ("QS-", both),
            ("柳树", both),
            ("示例乙", both),
            ("没有的", &[]),
        ];
        for (typed, wanted) in table {
            assert_eq!(found_by(&db, typed).await, wanted, "{typed}");
        }
        // A correction is found by, and the old name no more.
        let party = db.borrower(one).await;
        let mut tx = db.write().await;
        let correction =
            Correction { name: Some("欧阳小满".to_owned()), ..Correction::default() };
        people_by_hand::correct(tx.conn(), one, (party, Role::Borrower), &correction)
            .await
            .expect("corrected");
        tx.commit().await.expect("committed");
        assert_eq!(found_by(&db, "oyxm").await, [one]);
        assert_eq!(found_by(&db, "zxm").await, []);
    }
}

promise! {
    async fn the_people_of_an_older_store_are_made_to_be_found(db) {
        let case = lend(&db, "QS-1", vec![
            somebody("P-1", Role::Borrower, "章小满", Some(NUMBER)),
        ]).await;
        let mut tx = db.write().await;
        for old in [
            "update parties set initials = null, phone_end = null",
            "delete from meta where key = 'people_can_be_searched'",
        ] {
            sqlx::query(old).execute(&mut *tx.conn()).await.expect("as it was");
        }
        assert!(!points::can_be_searched(tx.conn()).await.expect("asked"));
        let mut after = 0;
        let is_over = points::make_searchable(tx.conn(), &morning(DAY), &mut after).await;
        assert!(is_over.expect("filled in"));
        assert!(points::can_be_searched(tx.conn()).await.expect("asked"));
        tx.commit().await.expect("committed");
        assert_eq!(found_by(&db, "zxm").await, [case]);
        assert_eq!(found_by(&db, "0001").await, [case]);
    }
}

promise! {
    async fn each_role_is_entered_corrected_and_taken_off_by_hand(db) {
        let case = lend(&db, "QS-1", vec![
            somebody("P-1", Role::Borrower, "示例甲", Some(NUMBER)),
        ]).await;
        let roles = [
            Role::CoBorrower,
            Role::Guarantor,
            Role::Guarantor,
            Role::SpouseJoint,
            Role::Heir,
            Role::EstateAdministrator,
            Role::Lawyer,
        ];
        let mut tx = db.write().await;
        let mut parties = Vec::new();
        for (nth, role) in (0..).zip(roles) {
            let guarantee = (role == Role::Guarantor)
                .then_some(GuaranteeRow { kind: GuaranteeKind::Joint, period_months: None });
            let row = PersonRow {
                guarantee,
                ..somebody(&format!("QS-1/X{nth}"), role, &format!("示例{nth}"), None)
            };
            let party = people_by_hand::add(tx.conn(), &morning(DAY), case, &row).await;
            parties.push((party.expect("entered"), role));
        }
        tx.commit().await.expect("committed");
        let mut reader = db.store.read().await.expect("a reader");
        let faces = people::of_cases(reader.conn(), DAY, &[case]).await.expect("read");
        assert_eq!(faces[&case].people.len(), 8);
        // The lawyer owes nothing.
        assert_eq!(faces[&case].obligors().count(), 6);
        drop(reader);
        let guarantees = "select count(*) from guarantees where case_id = $1";
        assert_eq!(db.number(guarantees, case.0).await, 2);
        let mut tx = db.write().await;
        let correction =
            Correction { role: Some(Role::CoBorrower), ..Correction::default() };
        people_by_hand::correct(tx.conn(), case, parties[1], &correction)
            .await
            .expect("corrected");
        people_by_hand::remove(tx.conn(), case, parties[2]).await.expect("taken off");
        tx.commit().await.expect("committed");
        assert_eq!(db.number(guarantees, case.0).await, 0);
        let tied = "select count(*) from case_parties where case_id = $1";
        assert_eq!(db.number(tied, case.0).await, 7);
    }
}

promise! {
    async fn an_order_to_a_number_that_is_out_of_use_is_found_by_verify(db) {
        let case = lend(&db, "QS-1", vec![
            somebody("P-1", Role::Borrower, "示例甲", Some(NUMBER)),
        ]).await;
        let party = db.borrower(case).await;
        enter(&db, point(party, PointKind::Phone, NUMBER, PointState::Wrong)).await;
        let faults = async || {
            let mut reader = db.store.read().await.expect("a reader");
            let verdict = verify::verify(reader.conn()).await.expect("looked at");
            verdict.faults.iter().filter(|fault| fault.check == "people").count()
        };
        assert_eq!(faults().await, 0);
        let mut tx = db.write().await;
        let later = morning(DAY).ms + 60_000;
        sqlx::query(
            "insert into contacts (id, case_id, party_id, order_id, channel, contact_point,
               attempted_at, attempted_on, attempted_minute, outcome)
             values (990001, $1, $2, 990002, 'sms', '13900000001', $3, '2026-03-02', 481,
               'delivered')",
        )
        .bind(case.0)
        .bind(party.0)
        .bind(later)
        .execute(&mut *tx.conn())
        .await
        .expect("written by other hands");
        tx.commit().await.expect("committed");
        assert_eq!(faults().await, 1);
    }
}

promise! {
    async fn a_page_of_tasks_has_all_its_faces_at_once(db) {
        let mut cases = Vec::new();
        for nth in 0..3 {
            let no = format!("P-{nth}");
            let people = vec![somebody(&no, Role::Borrower, "示例甲", Some(NUMBER))];
            cases.push(lend(&db, &format!("QS-{nth}"), people).await);
        }
        db.record(&morning(DAY), cases[0], "call_result", json!({ "outcome": "invalid" })).await;
        let mut reader = db.store.read().await.expect("a reader");
        let filter = tasks::TaskFilter::default();
        let open = tasks::list(reader.conn(), &filter, None, 1_000).await.expect("read");
        assert_eq!(open.len(), 1);
        let faces = people::of_cases(reader.conn(), DAY, &cases).await.expect("read");
        assert_eq!(faces.len(), 3);
        let debtor = faces[&cases[2]].debtor().expect("a borrower");
        assert_eq!(debtor.phone_out_of_use, Some(PointState::Wrong));
    }
}

promise! {
    async fn a_number_that_other_hands_make_good_is_found_by_verify(db) {
        let case = lend(&db, "QS-1", vec![
            somebody("P-1", Role::Borrower, "示例甲", Some(NUMBER)),
        ]).await;
        let party = db.borrower(case).await;
        enter(&db, point(party, PointKind::Phone, NUMBER, PointState::Wrong)).await;
        let mut tx = db.write().await;
        seals::seal(tx.conn(), &morning(DAY)).await.expect("sealed");
        tx.commit().await.expect("committed");
        let mut tx = db.write().await;
        let sound = verify::verify(tx.conn()).await.expect("looked at");
        assert!(sound.faults.is_empty(), "{:?}", sound.faults);
        sqlx::query("update contact_points set state = 'confirmed'")
            .execute(&mut *tx.conn())
            .await
            .expect("by other hands");
        let found = verify::verify(tx.conn()).await.expect("looked at");
        assert!(found.faults.iter().any(|fault| fault.check == "seal"), "{:?}", found.faults);
        tx.rollback().await.expect("rolled back");
    }
}
