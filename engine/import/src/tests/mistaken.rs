//! Lists that mean something else than they seem to (误读): another unit, a payment that
//! failed, a debtor who has died.

use super::*;

const WAN: Option<Unit> = Some(Unit::TenThousand);

async fn taken(site: &Site, name: &str, list: &str, unit: Option<Unit>) -> ImportReport {
    try_taken(site, name, list, unit).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn try_taken(
    site: &Site,
    name: &str,
    list: &str,
    unit: Option<Unit>,
) -> Result<ImportReport, ImportError> {
    let path = site.file(name, list);
    let options = Options { unit, ..site.options() };
    import_cases(&site.store, &moment(&|_| None), &path, &options).await
}

#[tokio::test]
async fn a_unit_in_the_name_of_a_file_is_asked_about() {
    let list = "贷款编号,姓名,借款本金,余额\nQS-1,示例甲,5,4\n";
    let names = [
        "逾期清单(万元).csv",
        "逾期清单（单位：万元）.csv",
        "逾期_万.csv",
        "逾期清单_W.csv",
    ];
    for name in names {
        let site = Site::new().await;
        assert_eq!(code(try_taken(&site, name, list, None).await), "I033", "{name}");
        let report = taken(&site, name, list, WAN).await;
        assert_eq!(report.new, 1, "{name}");
        assert_eq!(site.count("select principal_fen from cases").await, 5_000_000);
        let other = Site::new().await;
        taken(&other, name, list, Some(Unit::Yuan)).await;
        assert_eq!(other.count("select principal_fen from cases").await, 500);
    }
    // The list itself knows better.
    let site = Site::new().await;
    let stated = format!("单位:元,,,\n{list}");
    taken(&site, "逾期清单(万元).csv", &stated, None).await;
    assert_eq!(site.count("select principal_fen from cases").await, 500);
}

#[tokio::test]
async fn a_later_list_that_shrank_to_a_ten_thousandth_is_asked_about() {
    let header = "贷款编号,姓名,借款本金,余额,逾期本金,逾期天数\n";
    let site = Site::new().await;
    let first = format!(
        "{header}QS-1,示例甲,50000,39500,1000,30\nQS-2,示例乙,12000,9000,500,9\n"
    );
    taken(&site, "monday.csv", &first, None).await;
    let before = site.rows_in_all().await;
    let wan =
        format!("{header}QS-1,示例甲,5,3.95,0.1,31\nQS-2,示例乙,1.2,0.85,0.05,10\n");
    let told = try_taken(&site, "tuesday.csv", &wan, None).await;
    let Err(ImportError::File(fault)) = told else { panic!("it was taken") };
    assert_eq!((fault.code, fault.file.as_str()), ("I033", "tuesday.csv"));
    assert!(fault.text(Lang::Zh).contains("--unit 万元"), "{}", fault.text(Lang::Zh));
    assert_eq!(site.rows_in_all().await, before);
    taken(&site, "tuesday.csv", &wan, WAN).await;
    assert_eq!(site.count("select sum(principal_fen) from cases").await, 6_200_000);
    // One slip that was corrected is no change of unit.
    let slip =
        format!("{header}QS-1,示例甲,500,395,10,31\nQS-2,示例乙,12000,8500,500,10\n");
    taken(&site, "wednesday.csv", &slip, None).await;
}

#[tokio::test]
async fn a_unit_that_changed_is_seen_by_arrears_and_in_spite_of_a_loan_paid_off() {
    let rows = |rows: &[(&str, &str, &str)]| {
        let row = |(nth, it): (usize, &(&str, &str, &str))| {
            format!("QS-{nth},示例{nth},{},{},{},8\n", it.0, it.1, it.2)
        };
        rows.iter().enumerate().map(row).collect::<String>()
    };
    let header = "贷款编号,姓名,借款本金,余额,逾期本金,逾期天数\n";
    let first = rows(&[("50000", "40000", "1000"); 4]);
    let paid = [("5", "4", "0.1"), ("5", "4", "0.1"), ("5", "4", "0.1"), ("5", "1", "0")];
    let fen = [("5000000", "4000000", "100000"); 4];
    for (name, changed) in [("paid off", paid), ("in fen", fen)] {
        let site = Site::new().await;
        taken(&site, "monday.csv", &format!("{header}{first}"), None).await;
        let before = site.rows_in_all().await;
        let list = format!("{header}{}", rows(&changed));
        let told = try_taken(&site, "tuesday.csv", &list, None).await;
        assert_eq!(code(told), "I033", "{name}");
        assert_eq!(site.rows_in_all().await, before, "{name}");
    }
    let arrears = |amount: &str| {
        let row = |nth| format!("QS-{nth},示例{nth},{amount},8\n");
        let rows: String = (0..4).map(row).collect();
        format!("贷款编号,姓名,逾期本金,逾期天数\n{rows}")
    };
    let site = Site::new().await;
    taken(&site, "monday.csv", &arrears("1200"), None).await;
    assert_eq!(code(try_taken(&site, "later.csv", &arrears("0.12"), None).await), "I033");
}

#[tokio::test]
async fn a_condition_that_no_row_meets_is_told_and_has_failed() {
    let site = Site::new().await;
    let path =
        site.file("list.csv", "贷款编号,姓名,借款本金,机构\nQS-1,示例甲,5,石桥社\n");
    let only = vec!["机构=石桥".parse().unwrap()];
    let options = Options { only, ..site.options() };
    let moment = moment(&|_| None);
    let report = import_cases(&site.store, &moment, &path, &options).await.unwrap();
    assert!(report.has_failed());
    assert!(report.text(Lang::Zh).contains("没有一行符合 --where"));
    assert!(report.text(Lang::En).contains("no row meets the conditions"));
}

#[tokio::test]
async fn payments_that_failed_reduce_no_debt_and_are_told_with_their_lines() {
    let site = Site::with_cases().await;
    let list = "流水号,交易日期,贷款账号,交易金额,交易状态\n\
        91,2026-03-02,A,100,成功\n92,2026-03-02,B,200,失败\n";
    let path = site.file("batch.csv", list);
    let options = Options { kind: Some("payment".to_owned()), ..site.options() };
    let report =
        import_events(&site.store, &moment(&|_| None), &path, &options).await.unwrap();
    assert_eq!((report.booked, report.rejected), (1, 1), "{}", report.text(Lang::Zh));
    assert_eq!(
        (report.first_rejected[0].line, report.first_rejected[0].code),
        (3, "R044")
    );
    assert_eq!(site.ledger("B").await.len(), 0);
}

#[tokio::test]
async fn a_list_goes_on_saying_that_a_debtor_has_died_when_the_book_knows() {
    let list = "贷款编号,客户编号,姓名,借款本金,客户状态\nA,K1,谢小禾,1000.00,死亡\n";
    let site = Site::with_cases().await;
    let report = taken(&site, "list.csv", list, None).await;
    assert_eq!(report.first_rejected[0].code, "R055", "{}", report.text(Lang::Zh));
    let event = "日期,贷款编号,类型\n2026-03-02,A,死亡\n";
    site.events("death.csv", event).await.unwrap();
    let report = taken(&site, "list.csv", list, None).await;
    assert_eq!((report.rejected, report.changed), (0, 1), "{}", report.text(Lang::Zh));
}
