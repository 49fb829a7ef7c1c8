//! What is claimed, from the approval to the filing (诉请的测试).

use domain::court::ClaimBasis;
use domain::event::Event;
use domain::ids::EventId;
use domain::manifest::EntryForm;

use super::*;
use crate::forms::FORMS;

/// The loan of the site owes 6,000 yuan of 20,000, and 50 in costs.
async fn lent(conn: &mut Conn) {
    for (id, kind, fen, on) in [
        (901, "open", 2_000_000, "2023-05-31"),
        (902, "due", 600_000, "2024-05-31"),
        (903, "fee", 5_000, "2024-06-30"),
    ] {
        book(conn, (id, kind, fen, on)).await;
    }
}

async fn book(conn: &mut Conn, (id, kind, fen, on): (i64, &str, i64, &str)) {
    let sql = "insert into ledger
        (id, case_id, kind, amount_fen, booked_on, source, dedupe_key, recorded_at)
        values ($1, 1, $2, $3, $4, 'test', $5, 0)";
    let booked = sqlx::query(sql).bind(id).bind(kind.to_owned()).bind(fen);
    let booked = booked.bind(on.to_owned()).bind(id.to_string());
    booked.execute(conn).await.unwrap();
}

fn form(name: &str) -> &'static EntryForm {
    FORMS.iter().find(|form| form.name == name).expect("a form")
}

/// Enters a form about the matter 7.
async fn enter(
    conn: &mut Conn,
    (by, sure): (&str, bool),
    name: &str,
    values: Value,
) -> Result<EntryDone, EntryError> {
    enter_of(conn, (by, sure, OrderId(7)), name, values).await
}

async fn enter_of(
    conn: &mut Conn,
    (by, sure, matter): (&str, bool, OrderId),
    name: &str,
    values: Value,
) -> Result<EntryDone, EntryError> {
    let case: Option<i64> =
        sqlx::query_scalar("select case_id from matters where id = $1")
            .bind(matter.0)
            .fetch_optional(&mut *conn)
            .await
            .unwrap();
    let filled = Filled {
        form: form(name),
        order: matter,
        case_id: CaseId(case.unwrap_or(1)),
        values: values.as_object().unwrap(),
        by,
        reason: "材料在卷",
        sure,
    };
    let mut told = books(conn, date(2026, 3, 6));
    legal().enter(&filled, &mut told).await
}

fn filed_on(day: &str) -> Value {
    json!({ "on": day, "court_no": "虚民初1号" })
}

async fn claimed(conn: &mut Conn) -> i64 {
    let sql = "select claim_fen from matters where id = 7";
    sqlx::query_scalar(sql).fetch_one(conn).await.unwrap()
}

/// A suit that asks for all that the books allow, at a court that is named.
fn open_suit() -> Order {
    order(7, "file_suit", &json!({ "court": "虚构县人民法院" }))
}

#[tokio::test]
async fn the_sum_is_reckoned_by_the_books_and_never_above_what_the_script_asks_for() {
    let mut site = site().await;
    let conn = site.conn();
    lent(conn).await;
    for (asked, claim) in
        [(None, 605_000), (Some(500_000), 500_000), (Some(900_000), 605_000)]
    {
        let found = claim::by_order(conn, CaseId(1), asked.map(Fen), TODAY).await;
        let found = found.unwrap().unwrap();
        assert_eq!(found.total, Fen(claim), "{asked:?}");
        assert_eq!(found.basis, ClaimBasis::Due);
    }
    let told =
        json!({ "on": "2026-02-01", "evidence": "signed_receipt", "receipt": "A1" });
    acts::enter(conn, TODAY, "accelerated", told).await.unwrap();
    let all = claim::by_order(conn, CaseId(1), None, TODAY).await.unwrap().unwrap();
    assert_eq!((all.total, all.basis), (Fen(2_005_000), ClaimBasis::All));
}

#[tokio::test]
async fn whoever_signs_reads_the_sum_the_fee_and_the_court() {
    let mut site = site().await;
    let conn = site.conn();
    lent(conn).await;
    let args = json!({});
    let to_sign = |verb| ToSign {
        case_id: CaseId(1),
        verb,
        args: args.as_object().unwrap(),
        today: TODAY,
    };
    let terms = legal().terms(&to_sign("file_suit"), conn).await.unwrap().unwrap();
    assert_eq!(terms.figures["claim"]["total"], 605_000);
    assert_eq!(terms.figures["court_fee"], 5_000);
    assert_eq!(terms.figures["court"], Value::Null);
    let zh: Vec<String> = terms.lines.iter().map(|line| chinese(line)).collect();
    assert_eq!(zh[0], "诉请 6050.00 元(费用 50.00 元;已到期应还,算至 2026-03-02)");
    assert!(zh[1].contains("法院收费约 50.00 元"), "{zh:?}");
    assert!(zh[2].contains("法院待定"), "{zh:?}");
    assert!(
        terms.lines.iter().all(|line| !english(line).chars().any(is_chinese)),
        "{terms:?}"
    );
    let order = legal().terms(&to_sign("payment_order"), conn).await.unwrap().unwrap();
    assert_eq!(order.figures["court_fee"], 1_666);
    assert_eq!(legal().terms(&to_sign("demand_letter"), conn).await.unwrap(), None);
}

#[tokio::test]
async fn what_was_paid_before_the_filing_is_not_filed() {
    let mut site = site().await;
    let conn = site.conn();
    lent(conn).await;
    opened(conn, &open_suit()).await;
    assert_eq!(claimed(conn).await, 605_000);
    book(conn, (904, "payment", 600_000, "2026-03-04")).await;
    let nothing = LegalError::NothingLeft { matter: OrderId(7), on: date(2026, 3, 5) };
    let counsel = ("staff-9", true);
    let refused = enter(conn, counsel, "filed", filed_on("2026-03-05")).await;
    assert_eq!(refused.err(), Some(EntryError::Refused(nothing.to_string())));
    assert_eq!(limitation_ends_on(conn).await, "2027-05-31");
    // It had been handed in before the money came.
    enter(conn, ("staff-9", false), "filed", filed_on("2026-03-03")).await.unwrap();
    assert_eq!(claimed(conn).await, 605_000);
}

#[tokio::test]
async fn a_sum_that_has_changed_is_asked_about_or_approved_again() {
    let mut site = site().await;
    let conn = site.conn();
    lent(conn).await;
    opened(conn, &open_suit()).await;
    let counsel = ("staff-9", false);
    // A twentieth is asked about, a third is approved again, and so is all that is more.
    book(conn, (904, "payment", 30_000, "2026-03-03")).await;
    let asked = enter(conn, counsel, "filed", filed_on("2026-03-03")).await;
    let Err(EntryError::Doubt(asked)) = asked else { panic!("{asked:?}") };
    assert!(asked.contains("批准的是 6050.00 元,提交时为:诉请 5750.00 元"), "{asked}");
    book(conn, (905, "payment", 200_000, "2026-03-04")).await;
    let (matter, signed, on) = (OrderId(7), Fen(605_000), date(2026, 3, 4));
    let again = LegalError::ApproveAgain { matter, signed, now: Fen(375_000), on };
    let sure = ("staff-9", true);
    let refused = enter(conn, sure, "filed", filed_on("2026-03-04")).await;
    assert_eq!(refused.err(), Some(EntryError::Refused(again.to_string())));

    // To name the sum that was signed does not undo what was paid since.
    let mut as_signed = filed_on("2026-03-04");
    as_signed["claim"] = json!(605_000);
    let refused = enter(conn, sure, "filed", as_signed).await;
    assert_eq!(refused.err(), Some(EntryError::Refused(again.to_string())));

    let own = enter(conn, sure, "claimed", json!({})).await;
    let own_matter = LegalError::OwnMatter(matter).to_string();
    assert_eq!(own.err(), Some(EntryError::Refused(own_matter)));
    let done = enter(conn, ("staff-2", false), "claimed", json!({})).await.unwrap();
    assert!(done.next.unwrap().contains("诉请 3750.00 元"));
    enter(conn, counsel, "filed", filed_on("2026-03-04")).await.unwrap();
    assert_eq!(claimed(conn).await, 375_000);
    assert_eq!(proof::verify(conn).await.unwrap(), []);

    book(conn, (906, "fee", 1_000, "2026-03-05")).await;
    enter(conn, counsel, "undone", json!({ "step": "filed" })).await.unwrap();
    let grown = enter(conn, sure, "filed", filed_on("2026-03-05")).await;
    let (signed, on) = (Fen(375_000), date(2026, 3, 5));
    let again = LegalError::ApproveAgain { matter, signed, now: Fen(376_000), on };
    assert_eq!(grown.err(), Some(EntryError::Refused(again.to_string())));
}

#[tokio::test]
async fn a_court_that_nobody_knows_is_named_at_the_filing() {
    let mut site = site().await;
    let conn = site.conn();
    lent(conn).await;
    opened(conn, &order(7, "file_suit", &json!({}))).await;
    let counsel = ("staff-9", false);
    let refused = enter(conn, counsel, "filed", filed_on("2026-03-03")).await;
    let needed = LegalError::CourtNeeded(OrderId(7)).to_string();
    assert_eq!(refused.err(), Some(EntryError::Refused(needed)));
    let named = json!({ "on": "2026-03-03", "court_no": "1", "court": "虚构县人民法院" });
    enter(conn, counsel, "filed", named).await.unwrap();
    let sql = "select court from matters where id = 7";
    let court: String = sqlx::query_scalar(sql).fetch_one(conn).await.unwrap();
    assert_eq!(court, "虚构县人民法院");
}

#[tokio::test]
async fn the_court_follows_from_the_borrowers_address() {
    let dir = tempfile::tempdir().unwrap();
    let table = "[[court]]\nname = \"虚构县人民法院\"\nprefixes = [\"虚构县\"]\n";
    fs::write(dir.path().join("courts.toml"), table).unwrap();
    let legal = Legal::new(json!({}).as_object().unwrap(), dir.path()).unwrap();
    let mut site = site().await;
    let conn = site.conn();
    lent(conn).await;
    let moved = "update parties set address = '虚构县测试村 3 号' where id = 3";
    sqlx::raw_sql(moved).execute(&mut *conn).await.unwrap();
    let mut told = books(conn, TODAY);
    let suit = order(7, "file_suit", &json!({}));
    legal.carry_out(&suit, Some(&mut told)).await.unwrap();
    assert_eq!(told.raised[0].payload["court"], "虚构县人民法院");
}

#[tokio::test]
async fn whoever_is_about_to_file_hears_of_a_payment_in_between() {
    let mut site = site().await;
    let conn = site.conn();
    lent(conn).await;
    opened(conn, &open_suit()).await;
    let paid =
        |id| Event { id: EventId(id), kind: "payment".to_owned(), payload: Map::new() };
    let mut titles = Vec::new();
    for (id, fen) in [(904, 100_000), (905, 500_000)] {
        book(conn, (id, "payment", fen, "2026-03-02")).await;
        let mut told = books(conn, TODAY);
        legal().observe(CaseId(1), &paid(id), &mut told).await.unwrap();
        titles.extend(told.tasks.into_iter().map(|task| (task.title, task.assignee)));
    }
    let owner = Some(Assignee::Person("staff-9".to_owned()));
    assert!(titles[0].0.contains("由 6050.00 元变为 5050.00 元"), "{titles:?}");
    assert!(titles[1].0.contains("不要提交法院"), "{titles:?}");
    assert!(titles.iter().all(|title| title.1 == owner), "{titles:?}");
    // What is at court already is seen to by its workflow.
    let mut told = books(conn, TODAY);
    record_filing(&mut told, OrderId(7), TODAY, "1").await.unwrap();
    legal().observe(CaseId(1), &paid(906), &mut told).await.unwrap();
    assert_eq!(told.tasks, []);
}

/// What an entry is refused with.
fn refusal(done: Result<EntryDone, EntryError>) -> Option<String> {
    match done {
        Err(EntryError::Refused(told)) => Some(told),
        _ => None,
    }
}

#[tokio::test]
async fn another_sum_is_agreed_to_by_somebody_who_has_no_part_in_it() {
    let mut site = site().await;
    let conn = site.conn();
    lent(conn).await;
    opened(conn, &open_suit()).await;
    let collected = "update cases set collector = 'staff-3' where id = 1";
    sqlx::raw_sql(collected).execute(&mut *conn).await.unwrap();
    let nobody = "update matters set owner = null where id = 7";
    sqlx::raw_sql(nobody).execute(&mut *conn).await.unwrap();
    let matter = OrderId(7);
    let own = enter(conn, ("staff-3", true), "claimed", json!({})).await;
    assert_eq!(refusal(own), Some(LegalError::OwnCase(matter).to_string()));
    let none = enter(conn, ("staff-2", true), "claimed", json!({ "amount": 0 })).await;
    assert_eq!(refusal(none), Some(LegalError::NotAboveZero("amount").to_string()));
    enter(conn, ("staff-2", true), "claimed", json!({})).await.unwrap();
    let again = enter(conn, ("staff-2", true), "claimed", json!({ "amount": 1 })).await;
    assert_eq!(refusal(again), Some(LegalError::OwnSum(matter).to_string()));
    let filed = enter(conn, ("staff-2", true), "filed", filed_on("2026-03-03")).await;
    assert_eq!(refusal(filed), Some(LegalError::OwnApproval(matter).to_string()));
    enter(conn, ("staff-9", false), "filed", filed_on("2026-03-03")).await.unwrap();
}

#[tokio::test]
async fn a_sum_is_weighed_where_the_books_know_nothing_and_is_never_zero() {
    let mut site = site().await;
    let conn = site.conn();
    opened(conn, &suit(7)).await;
    let filed = |claim: i64| {
        let mut values = filed_on("2026-03-03");
        values["claim"] = json!(claim);
        values
    };
    let sure = ("staff-9", true);
    let none = enter(conn, sure, "filed", filed(0)).await;
    assert_eq!(refusal(none), Some(LegalError::NotAboveZero("claim").to_string()));
    let (matter, signed, on) = (OrderId(7), Fen(500_000), date(2026, 3, 3));
    let again = LegalError::ApproveAgain { matter, signed, now: Fen(900_000), on };
    let more = enter(conn, sure, "filed", filed(900_000)).await;
    assert_eq!(refusal(more), Some(again.to_string()));
    enter(conn, ("staff-9", false), "filed", filed(500_000)).await.unwrap();
}

#[tokio::test]
async fn the_most_that_a_script_asks_for_holds_until_a_supervisor_says_more() {
    let mut site = site().await;
    let conn = site.conn();
    lent(conn).await;
    opened(conn, &suit(7)).await;
    enter(conn, ("staff-2", false), "claimed", json!({})).await.unwrap();
    assert_eq!(claimed(conn).await, 500_000);
    let more = json!({ "amount": 605_000 });
    enter(conn, ("staff-4", false), "claimed", more).await.unwrap();
    enter(conn, ("staff-9", false), "filed", filed_on("2026-03-03")).await.unwrap();
    assert_eq!(claimed(conn).await, 605_000);
}

#[tokio::test]
async fn the_task_of_another_matter_stays() {
    let mut site = site().await;
    let conn = site.conn();
    for (id, key) in [(801, "claim:7:1"), (802, "claim:70:1")] {
        let sql = "insert into tasks (id, case_id, kind, title, opened_at, dedupe_key)
            values ($1, 1, 'deadline', 't', 0, $2)";
        sqlx::query(sql).bind(id).bind(key).execute(&mut *conn).await.unwrap();
    }
    let mut told = books(conn, TODAY);
    claim::end_tasks(&mut told, (CaseId(1), OrderId(7)), "staff-9").await.unwrap();
    let sql = "select dedupe_key from tasks where closed_at is null";
    let open: Vec<String> = sqlx::query_scalar(sql).fetch_all(conn).await.unwrap();
    assert_eq!(open, ["claim:70:1"]);
}

#[tokio::test]
async fn a_second_proceeding_for_one_debt_is_asked_about_at_its_filing() {
    let mut site = site().await;
    let conn = site.conn();
    lent(conn).await;
    opened(conn, &open_suit()).await;
    opened(
        conn,
        &order(
            8,
            "payment_order",
            &json!({ "claim": 605_000, "court": "虚构县人民法院" }),
        ),
    )
    .await;
    let counsel = ("staff-9", false);
    enter(conn, counsel, "filed", filed_on("2026-03-03")).await.unwrap();
    let second = |sure| ("staff-9", sure, OrderId(8));
    let asked = enter_of(conn, second(false), "filed", filed_on("2026-03-03")).await;
    let Err(EntryError::Doubt(asked)) = asked else { panic!("{asked:?}") };
    assert!(asked.contains("本案另有事项 7 已提交法院"), "{asked}");
    enter_of(conn, second(true), "filed", filed_on("2026-03-03")).await.unwrap();
}

#[tokio::test]
async fn a_way_is_chosen_for_a_debt_that_is_due_alone() {
    let mut site = site().await;
    let conn = site.conn();
    lent(conn).await;
    book(conn, (904, "payment", 605_000, "2026-03-01")).await;
    let supervisor = ("staff-2", true);
    let refused = enter(conn, supervisor, "way", json!({ "way": "payment_order" })).await;
    assert_eq!(refusal(refused), Some(LegalError::NothingDue.to_string()));
}

#[tokio::test]
async fn what_a_workflow_reads_as_the_claim_is_what_would_be_signed() {
    let mut site = site().await;
    let conn = site.conn();
    lent(conn).await;
    let totals = "
        update cases
        set opened_fen = 2000000, fee_fen = 5000, balance_fen = 2005000,
          oldest_unpaid_on = '2024-05-31'
        where id = 1";
    sqlx::raw_sql(totals).execute(&mut *conn).await.unwrap();
    for (accelerated, fen) in [(false, 605_000), (true, 2_005_000)] {
        if accelerated {
            let told = json!({
                "on": "2026-02-01", "evidence": "signed_receipt", "receipt": "A1",
            });
            acts::enter(conn, TODAY, "accelerated", told).await.unwrap();
        }
        let facts = store::facts::load(conn, TODAY, &[1]).await.unwrap();
        let facts = &facts[&CaseId(1)];
        assert_eq!(facts.claim(), Fen(fen));
        let signed = claim::by_order(conn, CaseId(1), None, TODAY).await.unwrap();
        assert_eq!(signed.map(|claim| claim.total), Some(Fen(fen)));
        let fee = domain::facts::CASE_FIELDS.iter().find(|it| it.name == "court_fee");
        let fee = (fee.unwrap().get)(facts);
        assert_eq!(fee, domain::facts::Fact::Fen(domain::court::suit_fee(Fen(fen))));
    }
}

/// A supervisor who names a sum has answered the question of which one is filed.
#[tokio::test]
async fn a_sum_that_a_supervisor_has_named_is_filed_without_being_named_again() {
    let mut site = site().await;
    let conn = site.conn();
    lent(conn).await;
    opened(conn, &open_suit()).await;
    enter(conn, ("staff-1", false), "claimed", json!({ "amount": 10_000 }))
        .await
        .unwrap();
    enter(conn, ("staff-2", false), "filed", filed_on("2026-03-05")).await.unwrap();
    assert_eq!(claimed(conn).await, 10_000);
}

#[tokio::test]
async fn whoever_signs_hears_of_another_proceeding_that_is_open() {
    let mut site = site().await;
    let conn = site.conn();
    lent(conn).await;
    opened(conn, &open_suit()).await;
    let args = json!({});
    let to_sign = ToSign {
        case_id: CaseId(1),
        verb: "payment_order",
        args: args.as_object().unwrap(),
        today: TODAY,
    };
    let terms = legal().terms(&to_sign, conn).await.unwrap().unwrap();
    let told = terms.lines.last().unwrap();
    for part in ["另有未结的诉讼,事项 7", "已立项,诉请 6050.00 元"] {
        assert!(chinese(told).contains(part), "{part}: {told}");
    }
    assert!(english(told).contains("matter 7 (suit) of this loan is open"), "{told}");
}

/// One number at one court is one file: a second matter under it is asked about.
#[tokio::test]
async fn a_number_that_another_proceeding_has_is_asked_about() {
    let mut site = site().await;
    let conn = site.conn();
    let more = "
        insert into cases (id, case_no, last_due_on, limitation_ends_on, known_since_on)
          values (2, 'K-2', '2024-05-31', '2027-05-31', '2024-01-01')";
    sqlx::raw_sql(more).execute(&mut *conn).await.unwrap();
    opened(conn, &suit(7)).await;
    enter(conn, ("staff-2", false), "filed", filed_on("2026-03-05")).await.unwrap();
    opened(conn, &Order { case_id: CaseId(2), ..suit(8) }).await;
    for (sure, is_taken) in [(false, false), (true, true)] {
        let who = ("staff-2", sure, OrderId(8));
        let done = enter_of(conn, who, "filed", filed_on("2026-03-05")).await;
        match done {
            Err(EntryError::Doubt(told)) if !is_taken => {
                assert!(told.contains("已登记给贷款 K-1 的事项 7"), "{told}");
            }
            other => assert_eq!(other.is_ok(), is_taken, "{other:?}"),
        }
    }
}
