//! Proceedings that are older than the book (存量法院案件的测试).

use super::*;
use crate::forms::FORMS;

/// The day on which the loan is taken over.
const TAKEN_OVER: Date = date(2026, 3, 2);

fn suit_of_2024() -> Value {
    json!({
        "kind": "suit", "court": "虚构县人民法院", "on": "2024-12-05",
        "court_no": "虚民初7号", "claim": 500_000,
    })
}

/// The same with more of it.
fn with(more: &Value) -> Value {
    let mut all = suit_of_2024();
    for (key, value) in more.as_object().unwrap() {
        all[key] = value.clone();
    }
    all
}

async fn court_stage(conn: &mut Conn) -> Option<String> {
    let sql = "select court_stage from cases where id = 1";
    sqlx::query_scalar(sql).fetch_one(conn).await.unwrap()
}

#[tokio::test]
async fn a_suit_that_exists_is_entered_up_to_where_it_stands_and_its_clocks_follow() {
    let judged = json!({ "judged": "2025-06-20", "result": "won", "awarded": 500_000 });
    let mut enforced = judged.clone();
    enforced["enforced"] = json!("2025-09-01");
    enforced["enforcement_no"] = json!("虚执1号");
    // what is entered, the stage, the last day of the period, a day that is watched
    let table = [
        (json!({}), "filed", "2027-12-05", ("acceptance", "2024-12-12")),
        (judged, "judged", "2027-12-05", ("enforcement", "2027-06-20")),
        (enforced, "enforcing", "2028-09-01", ("execution", "2026-03-01")),
    ];
    for (more, stage, ends_on, (kind, day)) in table {
        let mut site = site().await;
        let conn = site.conn();
        let raised =
            acts::enter(conn, TAKEN_OVER, "existing", with(&more)).await.unwrap();
        assert_eq!(raised[0].kind, "matter_opened");
        assert_eq!(court_stage(conn).await.as_deref(), Some(stage));
        assert_eq!(limitation_ends_on(conn).await, ends_on, "{stage}");
        let days = running(conn).await;
        let wanted = (kind.to_owned(), day.to_owned());
        assert!(days.contains(&wanted), "{stage}: {days:?}");
        assert_eq!(proof::verify(conn).await.unwrap(), [], "{stage}");
    }
}

#[tokio::test]
async fn a_suit_that_exists_holds_a_general_guarantor_from_its_filing_on() {
    let mut site = site().await;
    let conn = site.conn();
    acts::guaranteed(conn, "general").await;
    let start = "update cases set last_due_on = '2024-06-30'";
    sqlx::raw_sql(start).execute(&mut *conn).await.unwrap();
    acts::enter(conn, TAKEN_OVER, "existing", suit_of_2024()).await.unwrap();
    assert_eq!(acts::guarantor(conn).await[1].as_deref(), Some("2024-12-05"));
}

#[tokio::test]
async fn no_second_suit_is_opened_beside_one_that_exists() {
    let mut site = site().await;
    let conn = site.conn();
    acts::enter(conn, TAKEN_OVER, "existing", suit_of_2024()).await.unwrap();
    let mut told = books(conn, TAKEN_OVER);
    let second = legal().carry_out(&suit(7), Some(&mut told)).await;
    assert!(matches!(second, Err(DeliveryError::Refused(_))), "{second:?}");
    let again = acts::enter(conn, TAKEN_OVER, "existing", suit_of_2024()).await;
    let again = again.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(again.contains("已有未结的同类事项"), "{again}");
    let way = acts::enter(conn, TAKEN_OVER, "way", json!({ "way": "suit" })).await;
    assert!(way.is_err(), "{way:?}");
}

#[tokio::test]
async fn a_payment_order_that_exists_comes_as_far_as_its_service() {
    let mut site = site().await;
    let conn = site.conn();
    let order = json!({
        "kind": "payment_order", "issued": "2024-12-20", "served": "2025-01-06",
    });
    acts::enter(conn, TAKEN_OVER, "existing", with(&order)).await.unwrap();
    assert_eq!(court_stage(conn).await.as_deref(), Some("served"));
    let days = running(conn).await;
    let wanted = ("enforcement".to_owned(), "2027-01-06".to_owned());
    assert!(days.contains(&wanted), "{days:?}");
}

#[tokio::test]
async fn one_that_was_entered_by_mistake_is_taken_back_with_all_that_it_did() {
    let mut site = site().await;
    let conn = site.conn();
    let judged = json!({ "judged": "2025-06-20", "result": "won", "awarded": 500_000 });
    acts::enter(conn, TAKEN_OVER, "existing", with(&judged)).await.unwrap();
    let matter = open_matters(conn).await.unwrap()[0].id;
    let mut told = books(conn, TAKEN_OVER);
    let by = "staff-9";
    matters::undo(&mut told, matter, StepKind::Judgment, by).await.unwrap();
    matters::undo(&mut told, matter, StepKind::Filed, by).await.unwrap();
    let last = told.raised.last().expect("the case hears of it");
    assert_eq!(
        (last.kind.as_str(), &last.payload["reason"]),
        ("matter_closed", &json!("mistaken"))
    );
    assert_eq!(open_matters(told.conn).await.unwrap(), []);
    assert_eq!(court_stage(told.conn).await, None);
    assert_eq!(limitation_ends_on(told.conn).await, "2027-05-31");
    assert_eq!(running(told.conn).await, []);
    // There is nothing behind it to go back to; what is right is entered anew.
    let again = matters::undo(&mut told, matter, StepKind::Closed, by).await;
    assert!(matches!(again, Err(LegalError::NotTheNewest { .. })), "{again:?}");
    acts::enter(told.conn, TAKEN_OVER, "existing", suit_of_2024()).await.unwrap();
    assert_eq!(proof::verify(told.conn).await.unwrap(), []);
}

#[tokio::test]
async fn a_judgment_without_its_result_or_before_the_filing_is_refused() {
    for more in [
        json!({ "judged": "2025-06-20" }),
        json!({ "judged": "2024-01-01", "result": "won", "awarded": 1 }),
        json!({ "enforced": "2025-09-01", "enforcement_no": "1" }),
        json!({ "on": "2026-03-03" }),
        json!({ "claim": 0 }),
    ] {
        let mut site = site().await;
        let conn = site.conn();
        let refused = acts::enter(conn, TAKEN_OVER, "existing", with(&more)).await;
        assert!(matches!(refused, Err(EntryError::Refused(_))), "{more}: {refused:?}");
    }
}

#[tokio::test]
async fn what_no_step_takes_up_is_refused_with_what_to_do() {
    for (more, told) in [
        (json!({ "issued": "2024-12-20" }), "起诉没有 --issued"),
        (json!({ "served": "2024-12-20" }), "起诉没有 --served"),
        (json!({ "result": "won" }), "没有写 --judged"),
        (json!({ "awarded": 500_000 }), "没有写 --judged"),
        (json!({ "pay_by": "2025-07-01" }), "写了 --pay-by"),
        (json!({ "enforcement_no": "1" }), "没有写 --enforced"),
    ] {
        let mut site = site().await;
        let conn = site.conn();
        let refused = acts::enter(conn, TAKEN_OVER, "existing", with(&more)).await;
        let Err(EntryError::Refused(refused)) = refused else { panic!("{more}") };
        assert!(refused.contains(told), "{more}: {refused}");
        assert_eq!(open_matters(conn).await.unwrap(), [], "{more}");
    }
}

#[tokio::test]
async fn papers_are_on_file_by_step_and_only_a_hash_is_taken_for_one() {
    let mut site = site().await;
    let conn = site.conn();
    opened(conn, &suit(7)).await;
    let hash = "AB".repeat(32);
    let table = [
        (Value::Null, true),
        (json!(hash), true),
        (json!("12345"), false),
        (json!("g".repeat(64)), false),
    ];
    for (sha256, is_taken) in table {
        let mut values = json!({
            "step": "filed", "document": "起诉状", "place": "档案1", "on": "2026-03-02",
        });
        if !sha256.is_null() {
            values["sha256"] = sha256.clone();
        }
        let done = about_matter(conn, "paper", values).await;
        assert_eq!(done.is_ok(), is_taken, "{sha256}: {done:?}");
    }
    let sql = "select sha256 from matter_papers where seq = 2";
    let kept: String = sqlx::query_scalar(sql).fetch_one(&mut *conn).await.unwrap();
    assert_eq!(kept, hash.to_ascii_lowercase());
    about_matter(conn, "owner", json!({ "to": "staff-5" })).await.unwrap();
    let owner = open_matters(conn).await.unwrap()[0].owner.clone();
    assert_eq!(owner.as_deref(), Some("staff-5"));
}

/// Enters a form about the matter 7.
async fn about_matter(
    conn: &mut Conn,
    form: &str,
    values: Value,
) -> Result<EntryDone, EntryError> {
    let form = FORMS.iter().find(|it| it.name == form).expect("a form");
    let filled = Filled {
        form,
        order: OrderId(7),
        case_id: CaseId(1),
        values: values.as_object().unwrap(),
        by: "staff-2",
        reason: "材料在卷",
        sure: false,
    };
    legal().enter(&filled, &mut books(conn, TAKEN_OVER)).await
}

/// What is refused names what a person can look up and mend: no number of a proceeding that
/// was not written.
#[tokio::test]
async fn steps_that_do_not_follow_are_told_by_their_names() {
    let order = |more: Value| {
        let mut all = with(&more);
        all["kind"] = json!("payment_order");
        all
    };
    let table = [
        (order(json!({ "served": "2025-01-06" })), "「法院送达」接不上"),
        (order(json!({ "judged": "2025-01-06", "result": "won" })), "「裁判」接不上"),
        (
            order(json!({ "issued": "2024-12-20", "served": "2025-03-06" })),
            "送达日晚于 2025-01-19",
        ),
        (with(&json!({ "enforced": "2025-09-01" })), "「申请执行」接不上"),
        (
            with(&json!({
                "judged": "2025-06-20", "result": "won", "awarded": 500_000,
                "enforced": "2025-09-01",
            })),
            "enforcement-no",
        ),
    ];
    for (values, told) in table {
        let mut site = site().await;
        let refused =
            acts::enter(site.conn(), TAKEN_OVER, "existing", values.clone()).await;
        let refused = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains(told), "{values}: {refused}");
        assert!(!refused.contains("事项"), "{refused}");
    }
}

#[tokio::test]
async fn sums_that_no_suit_about_this_debt_can_have_are_asked_about() {
    let judged = |awarded: i64| json!({ "judged": "2025-06-20", "result": "won", "awarded": awarded });
    let table = [
        (with(&judged(50_000_000)), Some("判给 500000.00 元,诉请 5000.00 元")),
        (with(&judged(500_000)), None),
        (with(&json!({ "claim": 5_000_000 })), Some("一共才 20000.00 元")),
        (with(&json!({ "claim": 2_000_000 })), None),
    ];
    for (values, told) in table {
        let mut site = site().await;
        let conn = site.conn();
        let owed = "update cases set opened_fen = 2000000 where id = 1";
        sqlx::raw_sql(owed).execute(&mut *conn).await.unwrap();
        let entered = acts::enter(conn, TAKEN_OVER, "existing", values.clone()).await;
        match (entered, told) {
            (Err(EntryError::Doubt(asked)), Some(told)) => {
                assert!(asked.contains(told), "{values}: {asked}");
            }
            (entered, told) => {
                assert_eq!(entered.is_ok(), told.is_none(), "{values}: {entered:?}");
            }
        }
    }
}
