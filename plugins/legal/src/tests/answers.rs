//! What whoever enters an act is told of it (登记效果的测试).

use super::*;
use crate::forms::FORMS;

/// Enters a form about the loan; answers what is said of it, or why it is asked about.
async fn answer(
    conn: &mut Conn,
    today: Date,
    (form, sure): (&str, bool),
    values: Value,
) -> Result<String, EntryError> {
    let form = FORMS.iter().find(|it| it.name == form).expect("a form");
    let filled = Filled {
        form,
        order: OrderId(0),
        case_id: CaseId(1),
        values: values.as_object().unwrap(),
        by: "staff-9",
        reason: "原件已核对",
        sure,
    };
    let done = legal().enter(&filled, &mut books(conn, today)).await?;
    Ok(done.next.unwrap_or_default())
}

#[tokio::test]
async fn a_demand_on_a_guarantor_is_answered_with_the_guarantors_clock() {
    // how they answer, the day of the demand, what is said of it
    let table = [
        ("joint", "2024-10-01", "已于 2024-10-01 保住,对其诉讼时效至 2027-10-01"),
        ("joint", "2025-02-01", "保证期间已过,此后的主张不起作用"),
        ("general", "2024-10-01", "须在期间内起诉借款人"),
    ];
    for (kind, on, part) in table {
        let mut site = site().await;
        let conn = site.conn();
        acts::guaranteed(conn, kind).await;
        let values = json!({ "on": on, "evidence": "signed_receipt", "receipt": "XA1" });
        let told = answer(conn, date(2025, 3, 3), ("demanded", false), values).await;
        let told = told.unwrap();
        assert!(told.contains(part), "{kind} {on}: {told}");
        assert!(told.contains("第 1 位保证人"), "{told}");
        assert!(!english(&told).chars().any(is_chinese), "{told}");
    }
}

#[tokio::test]
async fn a_consent_to_an_extension_that_is_not_on_record_says_what_is_missing() {
    let mut site = site().await;
    let conn = site.conn();
    acts::guaranteed(conn, "joint").await;
    let values = json!({ "on": "2024-05-01", "until": "2025-05-31", "receipt": "G1" });
    let told = answer(conn, TODAY, ("consented", false), values).await.unwrap();
    assert!(told.contains("没有到这一天的展期在册"), "{told}");
    assert!(told.contains("legal extended"), "{told}");
}

#[tokio::test]
async fn an_acceleration_says_what_it_moved() {
    let mut site = site().await;
    let conn = site.conn();
    let values =
        json!({ "on": "2024-01-15", "evidence": "signed_receipt", "receipt": "A" });
    let told = answer(conn, TODAY, ("accelerated", false), values).await.unwrap();
    assert!(told.contains("至 2027-01-15(原至 2027-05-31)"), "{told}");
}

#[tokio::test]
async fn what_has_no_effect_on_this_loan_is_asked_about_first() {
    let table = [
        ("claim", json!({ "on": "2026-02-20", "receipt": "B1" }), "没有登记破产"),
        (
            "agreed",
            json!({ "on": "2026-02-20", "until": "2027-01-01", "receipt": "A1" }),
            "还没有届满(至 2027-05-31)",
        ),
    ];
    for (form, values, part) in table {
        let mut site = site().await;
        let conn = site.conn();
        let asked = answer(conn, TODAY, (form, false), values.clone()).await;
        let Err(EntryError::Doubt(asked)) = asked else { panic!("{form}: {asked:?}") };
        assert!(asked.contains(part), "{form}: {asked}");
        assert!(!english(&asked).chars().any(is_chinese), "{form}: {asked}");
        answer(conn, TODAY, (form, true), values).await.unwrap();
    }
}
