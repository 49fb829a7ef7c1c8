//! People of case lists (名单上的人): nobody becomes somebody else by an import.

use super::*;

/// Borrowers of a loan as the book has them: number and telephone.
async fn borrowers(site: &Site, case_no: &str) -> Vec<(String, String)> {
    let case = site.case(case_no).await;
    let mut reader = site.store.read().await.unwrap();
    sqlx::query_as(
        "select p.party_no, coalesce(p.phone, '') from case_parties cp
         join parties p on p.id = cp.party_id
         where cp.case_id = $1 and cp.role = 'borrower' order by p.id",
    )
    .bind(case.0)
    .fetch_all(reader.conn())
    .await
    .unwrap()
}

async fn journal_of(site: &Site, case_no: &str) -> Vec<String> {
    let case = site.case(case_no).await;
    let mut reader = site.store.read().await.unwrap();
    let lines = store::journal::page(reader.conn(), 0, 100, Some(case)).await.unwrap();
    lines.into_iter().map(|line| line.body).collect()
}

fn codes(report: &ImportReport) -> Vec<(u64, &'static str)> {
    report.first_rejected.iter().map(|it| (it.line, it.code)).collect()
}

#[tokio::test]
async fn two_people_under_one_number_are_a_question_and_never_one_person() {
    let header = "贷款编号,客户编号,客户姓名,手机号,身份证号,借款本金\n";
    let first = "QS-1,K1,示例甲,13900000001,,5000\n";
    let others = [
        ("another name", "QS-2,K1,示例乙,13900000002,,5000\n", "R080"),
        ("another card", "QS-2,K1,示例甲,13900000002,990000197001010017,5000\n", "R080"),
    ];
    for (what, other, code) in others {
        let first = if what == "another card" {
            first.replace(",,5000", ",990000198001010018,5000")
        } else {
            first.to_owned()
        };
        for files in
            [vec![format!("{first}{other}")], vec![first.clone(), other.to_owned()]]
        {
            let site = Site::new().await;
            let mut told = Vec::new();
            for rows in &files {
                let report =
                    site.cases("list.csv", format!("{header}{rows}")).await.unwrap();
                told.extend(codes(&report));
            }
            assert_eq!(told.iter().map(|it| it.1).collect::<Vec<_>>(), [code], "{what}");
            let one = ("K1".to_owned(), "13900000001".to_owned());
            assert_eq!(borrowers(&site, "QS-1").await, [one], "{what}");
            assert_eq!(site.count("select count(*) from cases").await, 1, "{what}");
        }
    }
}

#[tokio::test]
async fn a_card_that_is_partly_hidden_makes_nobody_one_person() {
    let header = "贷款编号,客户姓名,手机号,身份证号,借款本金\n";
    for card in ["******************", "990000********0011", "990000XXXXXXXX0011"] {
        let site = Site::new().await;
        let rows = format!(
            "QS-1,示例甲,13900000001,{card},5000\nQS-2,示例甲,13900000002,{card},7000\n"
        );
        let report = site.cases("list.csv", format!("{header}{rows}")).await.unwrap();
        let told = report.text(Lang::Zh);
        assert_eq!((report.new, report.rejected), (2, 0), "{card} {told}");
        assert!(told.contains("2 行的证件号部分隐藏"), "{card} {told}");
        assert!(!told.contains(card), "{told}");
        for (loan, phone) in [("QS-1", "13900000001"), ("QS-2", "13900000002")] {
            let people = borrowers(&site, loan).await;
            assert_eq!(people.len(), 1, "{card}");
            assert_eq!(people[0].1, phone, "{card} {loan}");
        }
        let cards = "select count(*) from parties where id_number is not null";
        assert_eq!(site.count(cards).await, 0, "{card}");
    }
}

#[tokio::test]
async fn one_identity_card_under_two_numbers_is_a_question() {
    let site = Site::new().await;
    let list = "贷款编号,客户编号,客户姓名,身份证号,借款本金\n\
        QS-1,K1,示例甲,990000197001010017,5000\n\
        QS-2,K2,示例甲,990000197001010017,5000\n\
        QS-3,,示例乙,990000197001010017,5000\n";
    let report = site.cases("list.csv", list).await.unwrap();
    assert_eq!(codes(&report), [(3, "R081"), (4, "R082")], "{}", report.text(Lang::Zh));
    let told = serde_json::to_string(&report).unwrap();
    assert!(!told.contains("示例") && !told.contains("990000"), "{told}");
}

#[tokio::test]
async fn a_customer_whom_the_same_list_brings_takes_the_place_of_the_one_without_number()
{
    let site = Site::new().await;
    let header = "贷款编号,客户编号,客户姓名,手机号,借款本金\n";
    site.cases("first.csv", format!("{header}QS-5,,示例甲,13900000001,5000\n"))
        .await
        .unwrap();
    let case = site.case("QS-5").await;
    let mut tx = site.store.write().await.unwrap();
    sqlx::query("update case_parties set failed_attempts = 2 where case_id = $1")
        .bind(case.0)
        .execute(tx.conn())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    // The loan that comes first in the book's order tells of the customer.
    let list = "QS-1,K1,示例甲,13900000001,7000\nQS-5,K1,示例甲,13900000001,5000\n";
    site.cases("second.csv", format!("{header}{list}")).await.unwrap();
    let one = ("K1".to_owned(), "13900000001".to_owned());
    for loan in ["QS-1", "QS-5"] {
        assert_eq!(borrowers(&site, loan).await, std::slice::from_ref(&one), "{loan}");
    }
    let kept = "select failed_attempts from case_parties where failed_attempts <> 0";
    assert_eq!(site.count(kept).await, 2, "what was tried in vain stays known");
}

#[tokio::test]
async fn a_list_without_numbers_speaks_of_the_borrower_whom_the_book_has() {
    let site = Site::new().await;
    let list = "贷款编号,客户编号,客户姓名,手机号,借款本金\n\
        QS-1,K1,示例甲,13900000001,5000\nQS-2,K1,示例甲,13900000001,5000\n";
    site.cases("list.csv", list).await.unwrap();
    let path = site.file(
        "bare.csv",
        "贷款编号,客户姓名,手机号,借款本金\nQS-1,示例甲,13900000009,5000\n",
    );
    let importer =
        Some(Importer {
            by: "示例主管".to_owned(), logins: Vec::new(), reason: None
        });
    let options = Options { importer, ..site.options() };
    let report =
        import_cases(&site.store, &moment(&|_| None), &path, &options).await.unwrap();
    assert_eq!(report.rejected, 0, "{}", report.text(Lang::En));
    for case_no in ["QS-1", "QS-2"] {
        let one = ("K1".to_owned(), "13900000009".to_owned());
        assert_eq!(borrowers(&site, case_no).await, [one], "{case_no}");
        let lines = journal_of(&site, case_no).await;
        let changed = lines.iter().filter(|line| line.contains("\"phone\"")).count();
        assert_eq!(changed, 1, "{case_no}: {lines:?}");
        assert!(!lines.iter().any(|line| line.contains("139")), "{lines:?}");
    }
    let other = "贷款编号,客户姓名,借款本金\nQS-1,示例乙,5000\n";
    let report = site.cases("other.csv", other).await.unwrap();
    assert_eq!(codes(&report), [(2, "R084")]);
}

#[tokio::test]
async fn a_name_that_was_corrected_is_taken_when_a_person_says_so() {
    let site = Site::new().await;
    let list = |name: &str| {
        format!("贷款编号,客户编号,客户姓名,借款本金\nQS-1,K1,{name},5000\n")
    };
    site.cases("list.csv", list("示例甲")).await.unwrap();
    let path = site.file("corrected.csv", list("示例钾"));
    let list = ListReading { renamed: true, ..ListReading::default() };
    let options = Options { list, ..site.options() };
    let report =
        import_cases(&site.store, &moment(&|_| None), &path, &options).await.unwrap();
    assert_eq!((report.changed, report.rejected), (1, 0), "{}", report.text(Lang::En));
}

#[tokio::test]
async fn people_who_came_in_without_a_number_get_it_from_a_later_list() {
    let site = Site::new().await;
    let bare = "贷款编号,客户姓名,手机号,借款本金\n\
        QS-1,示例甲,13900000001,5000\nQS-2,示例甲,13900000001,5000\n";
    site.cases("bare.csv", bare).await.unwrap();
    let list = "贷款编号,客户编号,客户姓名,手机号,借款本金\n\
        QS-1,K1,示例甲,13900000001,5000\nQS-2,K1,示例甲,13900000001,5000\n";
    let report = site.cases("list.csv", list).await.unwrap();
    assert_eq!(report.rejected, 0, "{}", report.text(Lang::En));
    for case_no in ["QS-1", "QS-2"] {
        let one = ("K1".to_owned(), "13900000001".to_owned());
        assert_eq!(borrowers(&site, case_no).await, [one], "{case_no}");
    }
    let another = list.replace("QS-1,K1", "QS-1,K7");
    let report = site.cases("another.csv", another).await.unwrap();
    assert_eq!(codes(&report), [(2, "R083")]);
}

#[tokio::test]
async fn a_guarantor_who_is_new_changes_nobodys_name_in_the_journal() {
    let site = Site::new().await;
    let header = "序号,贷款编号,客户姓名,借款本金,保证人,保证人电话\n";
    site.cases("list.csv", format!("{header}1,QS-1,示例甲,5000,,\n")).await.unwrap();
    let steps = [
        // (row, what the journal says has changed)
        ("7,QS-1,示例甲,5000,,\n", None),
        ("7,QS-1,示例甲,5000,示例乙,13900000002\n", Some(r#"["people"]"#)),
        ("9,QS-1,示例甲,5000,示例乙,13900000003\n", Some(r#"["phone"]"#)),
    ];
    for (row, changed) in steps {
        let path = site.file("list.csv", format!("{header}{row}"));
        let importer = Some(Importer {
            by: "示例主管".to_owned(),
            logins: Vec::new(),
            reason: None,
        });
        let options = Options { importer, ..site.options() };
        let before = journal_of(&site, "QS-1").await.len();
        import_cases(&site.store, &moment(&|_| None), &path, &options).await.unwrap();
        let told = journal_of(&site, "QS-1").await.split_off(before);
        let told: Vec<String> = told
            .iter()
            .filter_map(|it| serde_json::from_str::<serde_json::Value>(it).ok())
            .filter(|it| it["did"] == "imported")
            .map(|it| it["changed"].to_string())
            .collect();
        let expected: Vec<&str> = changed.into_iter().collect();
        assert_eq!(told, expected, "{row}");
    }
}

#[tokio::test]
async fn every_guarantor_of_a_loan_is_kept_whatever_row_names_them() {
    let site = Site::new().await;
    let list = "贷款编号,客户姓名,借款本金,保证人,保证人电话\n\
        QS-1,示例甲,5000,示例乙,13900000002\n\
        QS-2,示例丁,5000,,\n\
        QS-1,示例甲,5000,示例丙,13900000003\n";
    let report = site.cases("list.csv", list).await.unwrap();
    let told = report.text(Lang::En);
    assert_eq!((report.new, report.merged, report.rejected), (2, 1, 0), "{told}");
    assert_eq!(site.count("select count(*) from guarantees").await, 2);
    // The second guarantor alone, in a list of tomorrow, is not taken for the first.
    let fewer = "贷款编号,客户姓名,借款本金,保证人,保证人电话\n\
        QS-1,示例甲,5000,示例丙,13900000009\n";
    let report = site.cases("fewer.csv", fewer).await.unwrap();
    assert_eq!((report.changed, report.rejected), (1, 0), "{}", report.text(Lang::En));
    let named = "select count(*) from parties
        where (name = '示例乙' and phone = '13900000002')
          or (name = '示例丙' and phone = '13900000009')";
    assert_eq!(site.count(named).await, 2);
    assert_eq!(site.count("select count(*) from guarantees").await, 2);
}

#[tokio::test]
async fn what_was_read_off_the_contract_of_a_guarantor_outlives_the_next_list() {
    use domain::party::{GuaranteeKind, Role};
    use store::case_book;
    use store::people_by_hand::{self, Correction};

    let site = Site::new().await;
    let list = "贷款编号,客户姓名,借款本金,保证人,保证方式,保证期间\n\
        QS-1,示例甲,5000,示例乙,一般保证,6\n\
        QS-2,示例丁,5000,示例丙,一般保证,6\n";
    let report = site.cases("list.csv", list).await.unwrap();
    assert_eq!((report.new, report.rejected), (2, 0), "{}", report.text(Lang::En));
    let mut tx = site.store.write().await.unwrap();
    let case = case_book::find_case(tx.conn(), "QS-1").await.unwrap().unwrap();
    let people = people_by_hand::of_case(tx.conn(), case).await.unwrap();
    let guarantor = people.iter().find(|person| person.role == Role::Guarantor).unwrap();
    let guarantee = Some((GuaranteeKind::Joint, Some(24)));
    let correction = Correction { guarantee, ..Correction::default() };
    let which = (guarantor.party, guarantor.role);
    people_by_hand::correct(tx.conn(), case, which, &correction).await.unwrap();
    tx.commit().await.unwrap();
    let read =
        "select count(*) from guarantees where kind = 'joint' and period_months = 24";
    assert_eq!(site.count(read).await, 1);
    let next = list.replace("5000", "6000").replace(",6\n", ",12\n");
    let report = site.cases("next.csv", &next).await.unwrap();
    assert_eq!((report.changed, report.rejected), (2, 0), "{}", report.text(Lang::En));
    assert_eq!(site.count(read).await, 1, "it stays");
    let listed =
        "select count(*) from guarantees where kind = 'general' and period_months = 12";
    assert_eq!(site.count(listed).await, 1, "the other one follows the list");
    let told = report.text(Lang::Zh);
    assert!(told.contains("1 位保证人的保证方式或保证期间与人工登记的不同"), "{told}");
}

#[tokio::test]
async fn a_telephone_that_is_none_is_no_telephone_and_keeps_the_case() {
    let site = Site::new().await;
    let list = "贷款编号,客户姓名,手机号,借款本金\n\
        QS-1,示例甲,无,5000\n\
        QS-2,示例乙,139****0002,5000\n\
        QS-3,示例丙,13900000003/13900000004,5000\n\
        QS-4,示例丁,13900000005.0,5000\n";
    let report = site.cases("list.csv", list).await.unwrap();
    let told = report.text(Lang::Zh);
    assert_eq!((report.new, report.rejected), (4, 0), "{told}");
    assert!(told.contains("`手机号` 列有 1 行没有可用的号码"), "{told}");
    let phones = ["", "", "13900000003", "13900000005"];
    for (case_no, phone) in ["QS-1", "QS-2", "QS-3", "QS-4"].iter().zip(phones) {
        assert_eq!(borrowers(&site, case_no).await[0].1, phone, "{case_no}");
    }
}

#[tokio::test]
async fn a_loan_number_that_a_spreadsheet_has_damaged_makes_no_second_case() {
    let header = "贷款编号,客户编号,客户姓名,借款本金\n";
    let site = Site::new().await;
    let first = format!("{header}00123,K1,示例甲,5000\nqs-7,K2,示例乙,6000\n");
    assert_eq!(site.cases("list.csv", first).await.unwrap().new, 2);
    let again = format!(
        "{header}123,K1,示例甲,5000\nQS -7,K2,示例乙,6000\n\
         124,K1,示例甲,7000\n00123,K1,示例甲,5000\n0124,K3,示例丙,8000\n"
    );
    let report = site.cases("again.csv", again).await.unwrap();
    assert_eq!(codes(&report), [(2, "R085"), (3, "R085")], "{}", report.text(Lang::En));
    assert_eq!((report.new, report.unchanged), (2, 1), "other people, other loans");
    assert!(report.text(Lang::Zh).contains("与该客户的贷款 00123"));
}

#[tokio::test]
async fn zeros_lost_in_a_list_without_customer_numbers_make_no_second_case() {
    let header = "贷款编号,客户姓名,手机号,借款本金\n";
    let site = Site::new().await;
    let within = format!(
        "{header}00123,示例甲,13900000001,5000\n123,示 例 甲,13900000001,5000\n\
         0123,示例乙,13900000002,6000\n"
    );
    let report = site.cases("list.csv", within).await.unwrap();
    assert_eq!((report.new, codes(&report)), (2, vec![(3, "R085")]), "in one list");
    let later = format!(
        "{header}123,示例甲,,5000\n000123,示例丙,13900000003,7000\n\
         1230,示例甲,13900000001,8000\n"
    );
    let report = site.cases("later.csv", later).await.unwrap();
    assert_eq!((report.new, codes(&report)), (2, vec![(2, "R085")]), "in the book");
    assert!(report.text(Lang::Zh).contains("与该客户的贷款 00123"));
}

#[tokio::test]
async fn namesakes_and_masked_names_are_not_taken_for_one_person() {
    let header = "贷款编号,客户姓名,手机号,借款本金\n";
    let site = Site::new().await;
    let first = format!(
        "{header}0123,示*,13900000001,5000\n0124,示例甲,13900000002,5000\n\
         0125,示*,13900000003,5000\n0126,示例某,,5000\n"
    );
    assert_eq!(site.cases("list.csv", first).await.unwrap().new, 4);
    let later = format!(
        "{header}123,示*,13900000011,5000\n124,示例甲,13900000012,5000\n\
         125,示*,13900000003,5000\n126,示例某,,5000\n"
    );
    let report = site.cases("later.csv", later).await.unwrap();
    assert_eq!((report.new, codes(&report)), (3, vec![(4, "R085")]), "one telephone");
}
