//! A way that is chosen otherwise (另定办法的测试): what was asked for on another one is taken
//! back, and who may be put in charge.

use domain::manifest::EntryForm;
use domain::role::Role as StaffRole;
use domain::staff::StaffNames;

use super::*;
use crate::forms::FORMS;

/// An order of the loan that waits for a second person, or for its turn.
async fn asked_for(conn: &mut Conn, (id, verb, status): (i64, &str, &str)) {
    let sql = "
        insert into outbox (id, case_id, seq, ordinal, plugin, verb, act, delivery, status,
          idempotency_key, requested_by, not_before_at, not_after_at, created_at)
        values ($1, 1, 1, 1, 'legal', $2, 'internal', 'at_most_once', $3, $4, 'workflow:w',
          0, 0, 0)";
    let asked = sqlx::query(sql).bind(id).bind(verb.to_owned()).bind(status.to_owned());
    asked.bind(format!("k{id}")).execute(conn).await.unwrap();
}

fn form(name: &str) -> &'static EntryForm {
    FORMS.iter().find(|form| form.name == name).expect("a form")
}

/// What an entry takes back, or why it is refused.
async fn taken_back(
    conn: &mut Conn,
    (name, sure): (&str, bool),
    values: &Value,
) -> Result<Vec<OrderId>, EntryError> {
    let filled = Filled {
        form: form(name),
        order: OrderId(0),
        case_id: CaseId(1),
        values: values.as_object().unwrap(),
        by: "staff-1",
        reason: "另定办法",
        sure,
    };
    let mut told = books(conn, date(2026, 3, 6));
    legal().enter(&filled, &mut told).await?;
    Ok(told.taken_back)
}

#[tokio::test]
async fn another_way_takes_back_what_waits_on_the_one_before() {
    let existing = json!({
        "kind": "suit", "court": "虚构县人民法院", "on": "2025-12-05",
        "court_no": "虚民初7号", "claim": 500_000,
    });
    // what is entered, and what becomes of a suit and of a payment order
    let table = [
        ("way", json!({ "way": "mediation" }), Some(51), Some(52)),
        ("way", json!({ "way": "write_off" }), Some(51), Some(52)),
        ("way", json!({ "way": "payment_order" }), Some(51), None),
        ("way", json!({ "way": "suit" }), None, Some(52)),
        ("existing", existing, Some(51), Some(52)),
    ];
    for (name, values, suit, payment_order) in table {
        let waiting = [
            (51, "file_suit", "awaiting_approval", suit),
            (52, "payment_order", "pending", payment_order),
        ];
        for (id, verb, status, gone) in waiting {
            let mut site = site().await;
            let conn = site.conn();
            asked_for(conn, (id, verb, status)).await;
            if name == "existing" {
                let told = taken_back(conn, (name, false), &values).await.unwrap_err();
                let told = told.to_string();
                assert!(
                    told.contains(&format!("没送出的指令 {id}")),
                    "it is asked: {told}"
                );
            }
            let done = taken_back(conn, (name, true), &values).await;
            if let Some(gone) = gone {
                assert_eq!(done, Ok(vec![OrderId(gone)]), "{values} {verb}");
            } else {
                let told = done.unwrap_err().to_string();
                assert!(told.contains("正等待审批"), "{values} {verb}: {told}");
            }
        }
    }
}

#[tokio::test]
async fn what_has_left_or_was_refused_is_not_taken_back() {
    for status in ["delivered", "cancelled", "expired"] {
        let mut site = site().await;
        let conn = site.conn();
        asked_for(conn, (51, "file_suit", status)).await;
        let mediation = json!({ "way": "mediation" });
        let done = taken_back(conn, ("way", false), &mediation).await;
        assert_eq!(done, Ok(Vec::new()), "{status}");
    }
}

#[tokio::test]
async fn whoever_has_no_role_for_it_is_not_put_in_charge() {
    let mut site = site().await;
    let conn = site.conn();
    opened(conn, &suit(7)).await;
    let mut staff = StaffNames::default();
    for (name, login, role) in [
        ("示例法务", "fw1", StaffRole::Legal),
        ("示例主管", "zg1", StaffRole::Supervisor),
        ("示例员", "xd1", StaffRole::Collector),
    ] {
        staff.add(name, login);
        staff.give(name, &[role]);
    }
    let staff = Arc::new(staff);
    for (to, told) in [
        ("fw1", None),
        ("示例主管", None),
        ("示例员", Some("没有法务或主管的角色")),
        ("无此人", Some("工作人员里没有")),
    ] {
        let values = json!({ "to": to });
        let filled = Filled {
            form: form("owner"),
            order: OrderId(7),
            case_id: CaseId(1),
            values: values.as_object().unwrap(),
            by: "zg1",
            reason: "调岗",
            sure: false,
        };
        let mut told_of = Books { staff: Arc::clone(&staff), ..books(conn, TODAY) };
        let done = legal().enter(&filled, &mut told_of).await;
        let refused = done.err().map(|error| error.to_string());
        match (&refused, told) {
            (Some(refused), Some(told)) => assert!(refused.contains(told), "{refused}"),
            _ => assert_eq!(refused.is_some(), told.is_some(), "{to}: {refused:?}"),
        }
        if refused.is_none() {
            let owner: String =
                sqlx::query_scalar("select owner from matters where id = 7")
                    .fetch_one(&mut *conn)
                    .await
                    .unwrap();
            assert_eq!(owner, staff.called(to), "lists find matters by the name");
        }
    }
}
