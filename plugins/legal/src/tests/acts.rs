//! What is entered about a loan, and what it does to the clocks (期限登记的测试).

use store::plugin::Raised;

use super::*;
use crate::forms::FORMS;

/// The day of the entries, some weeks before the claim of the site comes to its end.
const ENTERED: Date = date(2026, 12, 1);

/// Enters a form about the loan of the site.
pub(super) async fn enter(
    conn: &mut Conn,
    today: Date,
    form: &str,
    values: Value,
) -> Result<Vec<Raised>, EntryError> {
    let form = FORMS.iter().find(|it| it.name == form).expect("a form");
    let filled = Filled {
        form,
        order: OrderId(0),
        case_id: CaseId(1),
        values: values.as_object().unwrap(),
        by: "staff-9",
        reason: "原件已核对",
        sure: false,
    };
    let mut told = books(conn, today);
    legal().enter(&filled, &mut told).await?;
    Ok(told.raised)
}

/// A joint or general guarantor beside the debtor.
pub(super) async fn guaranteed(conn: &mut Conn, kind: &str) {
    for text in [
        "insert into parties (id, party_no, name) values (4, 'P-4', '虚构丁')".to_owned(),
        "insert into case_parties (case_id, party_id, role) values (1, 4, 'guarantor')"
            .to_owned(),
        format!(
            "insert into guarantees (case_id, party_id, kind, ends_on)
             values (1, 4, '{kind}', '2024-11-30')"
        ),
    ] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut *conn).await.unwrap();
    }
}

/// The court has opened the bankruptcy of the debtor.
async fn bankrupt(conn: &mut Conn) {
    let held = "update cases set holds = 'bankruptcy'";
    sqlx::raw_sql(held).execute(conn).await.unwrap();
}

/// The guarantor's last day, the day on which they were held, their limitation.
pub(super) async fn guarantor(conn: &mut Conn) -> [Option<String>; 3] {
    let sql = "select ends_on, satisfied_on, limitation_ends_on from guarantees";
    let row = sqlx::query(sql).fetch_one(conn).await.unwrap();
    [row.get(0), row.get(1), row.get(2)]
}

fn days(list: [&str; 3]) -> [Option<String>; 3] {
    list.map(|day| (!day.is_empty()).then(|| day.to_owned()))
}

#[tokio::test]
async fn each_act_moves_the_debtors_clock_as_the_law_says() {
    let receipt = "虚凭1号";
    // The debt fell due on 2024-05-31 and its period ends on 2027-05-31.
    // form, what is filled in, the last day then, the source
    let table = [
        (
            "contract",
            json!({ "on": "2023-01-05", "until": "2024-03-31", "receipt": receipt }),
            "2027-03-31",
            "188, 189",
        ),
        (
            "accelerated",
            json!({ "on": "2024-01-15", "evidence": "signed_receipt", "receipt": receipt }),
            "2027-01-15",
            "188: due at once",
        ),
        (
            "extended",
            json!({ "on": "2026-11-01", "from": "2024-05-31", "until": "2027-10-31",
                "receipt": receipt }),
            "2030-10-31",
            "543, 195",
        ),
        (
            "suspended",
            json!({ "on": "2026-11-20", "cause": "force_majeure", "receipt": receipt }),
            "2027-05-31",
            "194: it lasts, and plans do not lean on it",
        ),
        (
            "suspended",
            json!({ "on": "2026-11-20", "cause": "force_majeure", "until": "2027-01-10",
                "receipt": receipt }),
            "2027-07-10",
            "194: six months after it was removed",
        ),
        (
            "notice",
            json!({ "on": "2026-11-20", "paper": "provincial", "missing": "退信1",
                "receipt": receipt }),
            "2029-11-20",
            "rules on limitation, 8",
        ),
        (
            "mediation",
            json!({ "on": "2026-11-20", "receipt": receipt }),
            "2029-11-20",
            "12",
        ),
        ("claim", json!({ "on": "2026-11-20", "receipt": receipt }), "2029-11-20", "11"),
    ];
    for (form, values, last_day, source) in table {
        let mut site = site().await;
        let conn = site.conn();
        if form == "claim" {
            bankrupt(conn).await;
        }
        let raised = enter(conn, date(2027, 1, 20), form, values).await.unwrap();
        assert_eq!(limitation_ends_on(conn).await, last_day, "{form}: {source}");
        assert_eq!(raised.len(), 1, "{form}");
        assert_eq!(
            (raised[0].kind.as_str(), &raised[0].payload["what"]),
            ("clock_entered", &json!(form))
        );
    }
}

#[tokio::test]
async fn after_the_end_a_signed_agreement_is_a_new_debt_and_an_extension_is_none() {
    let mut site = site().await;
    let conn = site.conn();
    let late = date(2027, 8, 1);
    let extended = json!({ "on": "2027-07-01", "from": "2024-05-31",
        "until": "2028-07-01", "receipt": "1" });
    enter(conn, late, "extended", extended).await.unwrap();
    assert_eq!(limitation_ends_on(conn).await, "2027-05-31");
    let agreed = json!({ "on": "2027-07-02", "until": "2028-07-01", "receipt": "2" });
    enter(conn, late, "agreed", agreed.clone()).await.unwrap();
    assert_eq!(limitation_ends_on(conn).await, "2031-07-01");
}

async fn count(conn: &mut Conn, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(conn).await.unwrap()
}

#[tokio::test]
async fn a_correction_back_counts_and_only_what_the_newest_entry_says_is_refused() {
    // the form, what is right, the correction that was none, the last days then
    let table = [
        (
            "contract",
            json!({ "on": "2023-01-05", "until": "2024-03-31", "receipt": "C1" }),
            json!({ "on": "2023-01-05", "until": "2024-02-29", "receipt": "C1" }),
            ["2027-03-31", "2027-02-28", "2027-03-31"],
        ),
        // Both papers stand, and nothing is shorter by the second.
        (
            "notice",
            json!({ "on": "2026-11-20", "paper": "provincial", "missing": "1",
                "receipt": "P1" }),
            json!({ "on": "2026-11-19", "paper": "provincial", "missing": "1",
                "receipt": "P1" }),
            ["2029-11-20", "2029-11-20", "2029-11-20"],
        ),
    ];
    for (form, right, wrong, days) in table {
        let mut site = site().await;
        let conn = site.conn();
        for (values, day) in [&right, &wrong, &right].into_iter().zip(days) {
            enter(conn, ENTERED, form, values.clone()).await.unwrap();
            assert_eq!(limitation_ends_on(conn).await, day, "{form}");
        }
        let again = enter(conn, ENTERED, form, right).await;
        let refused = EntryError::Refused(LegalError::AlreadyEntered.to_string());
        assert_eq!(again.err(), Some(refused), "{form}");
        let both = "select (select count(*) from clock_acts)
            + (select count(*) from interruptions)";
        assert_eq!(count(conn, both).await, 3, "{form}");
    }
}

#[tokio::test]
async fn what_was_entered_by_mistake_is_taken_back_and_stays_on_record() {
    let receipt = "虚凭1号";
    let table = [
        ("contract", json!({ "on": "2023-01-05", "until": "2024-03-31" })),
        ("accelerated", json!({ "on": "2024-01-15", "evidence": "signed_receipt" })),
        (
            "extended",
            json!({ "on": "2026-11-01", "from": "2025-05-31", "until": "2027-10-31" }),
        ),
        (
            "suspended",
            json!({ "on": "2026-11-20", "cause": "force_majeure", "until": "2026-12-01" }),
        ),
        ("notice", json!({ "on": "2026-11-20", "paper": "provincial", "missing": "1" })),
        ("mediation", json!({ "on": "2026-11-20" })),
        ("claim", json!({ "on": "2026-11-20" })),
        ("demanded", json!({ "on": "2024-10-08", "evidence": "signed_receipt" })),
        ("consented", json!({ "on": "2024-05-01", "until": "2025-05-31" })),
    ];
    for (form, mut values) in table {
        values["receipt"] = json!(receipt);
        let mut site = site().await;
        let conn = site.conn();
        guaranteed(conn, "joint").await;
        bankrupt(conn).await;
        let named = json!({ "what": form, "on": values["on"], "receipt": receipt });
        let none = enter(conn, ENTERED, "retracted", named.clone()).await;
        assert!(matches!(none, Err(EntryError::Refused(_))), "{form}: nothing is there");
        for _ in 0..2 {
            enter(conn, ENTERED, form, values.clone()).await.unwrap();
            let raised = enter(conn, ENTERED, "retracted", named.clone()).await.unwrap();
            assert_eq!(limitation_ends_on(conn).await, "2027-05-31", "{form}");
            assert_eq!(guarantor(conn).await, days(["2024-11-30", "", ""]), "{form}");
            let told = (raised[0].kind.as_str(), &raised[0].payload["what"]);
            assert_eq!(told, ("clock_entered", &json!("retracted")));
        }
        let both = "select (select count(*) from clock_acts)
            + (select count(*) from interruptions)";
        let kept = if form == "extended" { 4 } else { 2 };
        assert_eq!(count(conn, both).await, kept, "{form}: what was written stays");
        let withdrawn = "select count(*) from clock_withdrawals";
        assert_eq!(count(conn, withdrawn).await, kept, "{form}");
        let standing = "select count(*) from interruptions where proved = 1";
        assert_eq!(count(conn, standing).await, 0, "{form}");
    }
}

#[tokio::test]
async fn of_several_entries_of_a_day_the_one_with_the_paper_is_taken_back() {
    let mut site = site().await;
    let conn = site.conn();
    let signed = |receipt: &str, until: &str| {
        json!({ "on": "2026-11-01", "from": "2024-05-31", "until": until,
            "receipt": receipt })
    };
    enter(conn, ENTERED, "extended", signed("E1", "2027-10-31")).await.unwrap();
    enter(conn, ENTERED, "extended", signed("E2", "2028-10-31")).await.unwrap();
    assert_eq!(limitation_ends_on(conn).await, "2031-10-31");
    let mut named = json!({ "what": "extended", "on": "2026-11-01" });
    let which = enter(conn, ENTERED, "retracted", named.clone()).await;
    let refused = EntryError::Refused(LegalError::WhichEntry(2).to_string());
    assert_eq!(which.err(), Some(refused));
    named["receipt"] = json!("E2");
    enter(conn, ENTERED, "retracted", named).await.unwrap();
    assert_eq!(limitation_ends_on(conn).await, "2030-10-31");
}

/// Nothing that may yet come stretches a period: of every form, the day of the fact.
#[tokio::test]
async fn a_fact_of_a_day_to_come_is_refused_by_every_form() {
    let not_yet = |told: &str| told.contains("2026-12-02 还没有到");
    let mut forms = 0;
    for form in FORMS.iter().filter(|form| manifest::CLOCK_FORMS.contains(&form.name)) {
        if form.name == "retracted" {
            continue;
        }
        let mut site = site().await;
        let conn = site.conn();
        guaranteed(conn, "joint").await;
        let mut values = json!({ "receipt": "1", "on": "2026-12-02" });
        for field in form.fields.iter().filter(|field| field.name != "on") {
            values[field.name] = match field.kind {
                domain::manifest::ArgKind::Date => json!("2027-12-31"),
                domain::manifest::ArgKind::Choice(words) => json!(words[0]),
                _ => json!("1"),
            };
        }
        let refused = enter(conn, ENTERED, form.name, values).await.unwrap_err();
        assert!(not_yet(&refused.to_string()), "{}: {refused}", form.name);
        forms += 1;
    }
    assert_eq!(forms + 1, manifest::CLOCK_FORMS.len());
    let mut site = site().await;
    let conn = site.conn();
    let lasts = json!({ "on": "2026-11-20", "cause": "force_majeure", "receipt": "1",
        "until": "2026-12-02" });
    let refused = enter(conn, ENTERED, "suspended", lasts).await.unwrap_err();
    assert!(not_yet(&refused.to_string()), "{refused}");
    assert_eq!(count(conn, "select count(*) from clock_acts").await, 0);
}

#[tokio::test]
async fn a_joint_guarantor_is_held_by_a_demand_and_has_a_period_of_their_own() {
    let mut site = site().await;
    let conn = site.conn();
    guaranteed(conn, "joint").await;
    let demanded = json!({ "guarantor": "虚构丁", "on": "2024-10-08",
        "evidence": "signed_receipt", "receipt": "XA1" });
    enter(conn, ENTERED, "demanded", demanded).await.unwrap();
    assert_eq!(guarantor(conn).await, days(["2024-11-30", "2024-10-08", "2027-10-08"]));
    assert_eq!(limitation_ends_on(conn).await, "2027-05-31", "the debtor's stays");
}

#[tokio::test]
async fn an_extension_binds_a_guarantor_who_agreed_to_it_alone() {
    let mut site = site().await;
    let conn = site.conn();
    guaranteed(conn, "joint").await;
    let extended = json!({ "on": "2024-05-01", "from": "2024-05-31",
        "until": "2025-05-31", "receipt": "E1" });
    enter(conn, ENTERED, "extended", extended).await.unwrap();
    assert_eq!(guarantor(conn).await, days(["2024-11-30", "", ""]));
    let consented = json!({ "on": "2024-05-01", "until": "2025-05-31", "receipt": "G1" });
    enter(conn, ENTERED, "consented", consented).await.unwrap();
    assert_eq!(guarantor(conn).await, days(["2025-11-30", "", ""]));
}

#[tokio::test]
async fn a_general_guarantor_is_held_by_the_filing_and_not_by_the_approval() {
    let mut site = site().await;
    let conn = site.conn();
    guaranteed(conn, "general").await;
    let start = "update cases set last_due_on = '2026-01-31'";
    sqlx::raw_sql(start).execute(&mut *conn).await.unwrap();
    opened(conn, &suit(7)).await;
    assert_eq!(guarantor(conn).await[1], None, "approved");
    let mut told = books(conn, TODAY);
    record_filing(&mut told, OrderId(7), TODAY, "1").await.unwrap();
    assert_eq!(guarantor(told.conn).await, days(["2026-07-31", "2026-03-02", ""]));
    close_matter(&mut told, OrderId(7), CloseReason::Withdrawn, TODAY).await.unwrap();
    assert_eq!(guarantor(told.conn).await, days(["2026-07-31", "", ""]));
    // Filed anew, it holds anew.
    opened(told.conn, &suit(8)).await;
    record_filing(&mut told, OrderId(8), TODAY, "2").await.unwrap();
    assert_eq!(guarantor(told.conn).await, days(["2026-07-31", "2026-03-02", ""]));
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_leaves_nothing() {
    let mut site = site().await;
    let conn = site.conn();
    let table = [
        (
            "contract",
            json!({ "on": "2026-12-02", "until": "2027-12-02", "receipt": "1" }),
        ),
        (
            "contract",
            json!({ "on": "2026-11-02", "until": "2026-11-01", "receipt": "1" }),
        ),
        (
            "contract",
            json!({ "on": "2026-11-02", "until": "2026-12-01", "receipt": " " }),
        ),
        ("demanded", json!({ "on": "2026-11-02", "receipt": "1" })),
    ];
    for (form, values) in table {
        let refused = enter(conn, ENTERED, form, values.clone()).await;
        assert!(matches!(refused, Err(EntryError::Refused(_))), "{form} {values}");
    }
    let acts: i64 = sqlx::query_scalar("select count(*) from clock_acts")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    assert_eq!(acts, 0);
}

#[test]
fn the_words_of_the_forms_are_those_of_the_books() {
    use domain::limitation::SuspensionKind;
    let suspended = FORMS.iter().find(|form| form.name == "suspended").unwrap();
    let cause = suspended.field("cause").unwrap();
    let words = SuspensionKind::ALL.map(SuspensionKind::as_str);
    assert_eq!(cause.said.iter().map(|it| it.0).collect::<Vec<_>>(), words);
    let about_loans: Vec<&str> = FORMS
        .iter()
        .filter(|form| form.subject == domain::manifest::Subject::Case)
        .map(|form| form.name)
        // They tell of a proceeding and of a choice, which are events of their own.
        .filter(|name| !["existing", "way"].contains(name))
        .collect();
    assert_eq!(about_loans, manifest::CLOCK_FORMS);
}

/// Every letter to a guarantor that is proved holds them as a demand that was entered.
#[tokio::test]
async fn a_proved_letter_holds_a_joint_guarantor() {
    let mut site = site().await;
    let conn = site.conn();
    guaranteed(conn, "joint").await;
    let start = "update cases set last_due_on = '2026-01-31'";
    sqlx::raw_sql(start).execute(&mut *conn).await.unwrap();
    let letter = "insert into outbox (id, case_id, party_id, seq, ordinal, plugin, verb, act,
       delivery, idempotency_key, requested_by, status, not_before_at, not_after_at, created_at)
     values (7, 1, 4, 1, 1, 'legal', 'demand_letter', 'demand', 'at_most_once', 'k', 'x',
       'delivered', 0, 0, 1772452800000)";
    sqlx::raw_sql(letter).execute(&mut *conn).await.unwrap();
    let proof = ServiceProof {
        served_on: date(2026, 3, 6),
        evidence: Evidence::RegisteredMail,
        receipt: "XA0001".to_owned(),
    };
    let mut told = books(conn, date(2026, 3, 20));
    record_service(&mut told, OrderId(7), &proof).await.unwrap();
    let held = days(["2026-07-31", "2026-03-06", "2029-03-06"]);
    assert_eq!(guarantor(told.conn).await, held);
    // It was another letter: what it did is gone, and the letter may be proved anew.
    let named = json!({ "what": "letter", "on": "2026-03-06", "receipt": "XA0001" });
    enter(conn, date(2026, 3, 20), "retracted", named).await.unwrap();
    assert_eq!(guarantor(conn).await, days(["2026-07-31", "", ""]));
    assert_eq!(books::receipts(conn).await.unwrap(), []);
    let mut told = books(conn, date(2026, 3, 20));
    record_service(&mut told, OrderId(7), &proof).await.unwrap();
    assert_eq!(guarantor(told.conn).await, held);
    let again = record_service(&mut told, OrderId(7), &proof).await;
    assert_eq!(again, Err(LegalError::AlreadyProved(OrderId(7))));
}

#[tokio::test]
async fn a_proof_that_was_entered_by_mistake_gives_the_debtors_period_back() {
    let mut site = site().await;
    let conn = site.conn();
    let letter = "insert into outbox (id, case_id, party_id, seq, ordinal, plugin, verb, act,
       delivery, idempotency_key, requested_by, status, not_before_at, not_after_at, created_at)
     values (7, 1, 3, 1, 1, 'legal', 'demand_letter', 'demand', 'at_most_once', 'k', 'x',
       'delivered', 0, 0, 1772452800000)";
    sqlx::raw_sql(letter).execute(&mut *conn).await.unwrap();
    let proof = |day| ServiceProof {
        served_on: date(2026, 3, day),
        evidence: Evidence::SignedReceipt,
        receipt: "XA0001".to_owned(),
    };
    let mut told = books(conn, date(2026, 3, 20));
    record_service(&mut told, OrderId(7), &proof(9)).await.unwrap();
    assert_eq!(limitation_ends_on(told.conn).await, "2029-03-09");
    let named = json!({ "what": "letter", "on": "2026-03-09" });
    enter(conn, date(2026, 3, 20), "retracted", named).await.unwrap();
    assert_eq!(limitation_ends_on(conn).await, "2027-05-31");
    let mut told = books(conn, date(2026, 3, 20));
    record_service(&mut told, OrderId(7), &proof(6)).await.unwrap();
    assert_eq!(limitation_ends_on(told.conn).await, "2029-03-06");
}

/// Whoever is entered as a guarantor after a letter reached them was asked all the same.
#[tokio::test]
async fn a_guarantor_who_is_entered_later_is_held_by_the_letter_of_before() {
    let mut site = site().await;
    let conn = site.conn();
    for text in [
        "update cases set last_due_on = '2026-01-31'",
        "insert into parties (id, party_no, name) values (4, 'P-4', '虚构丁')",
        "insert into case_parties (case_id, party_id, role)
         values (1, 4, 'unrelated_third_party')",
        "insert into outbox (id, case_id, party_id, seq, ordinal, plugin, verb, act, delivery,
           idempotency_key, requested_by, status, not_before_at, not_after_at, created_at)
         values (7, 1, 4, 1, 1, 'legal', 'demand_letter', 'demand', 'at_most_once', 'k', 'x',
           'delivered', 0, 0, 1772452800000)",
    ] {
        sqlx::raw_sql(text).execute(&mut *conn).await.unwrap();
    }
    let proof = ServiceProof {
        served_on: date(2026, 3, 6),
        evidence: Evidence::SignedReceipt,
        receipt: "XA0001".to_owned(),
    };
    let mut told = books(conn, date(2026, 3, 20));
    record_service(&mut told, OrderId(7), &proof).await.unwrap();
    assert_eq!(limitation_ends_on(told.conn).await, "2029-01-31", "the debtor's stays");
    let correction = store::people_by_hand::Correction {
        role: Some(Role::Guarantor),
        guarantee: Some((domain::party::GuaranteeKind::Joint, None)),
        ..Default::default()
    };
    let which = (PartyId(4), Role::UnrelatedThirdParty);
    store::people_by_hand::correct(told.conn, CaseId(1), which, &correction)
        .await
        .unwrap();
    let held = days(["2026-07-31", "2026-03-06", "2029-03-06"]);
    assert_eq!(guarantor(told.conn).await, held);
}
