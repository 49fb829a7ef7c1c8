//! Slips of the hand (误登) that are refused or asked about, on the same site.

use domain::money::Fen;

use super::{Office, ROWS, pay_of};
use crate::office::Reply;

fn asks(told: &Reply, part: &str) {
    let text = &told.text;
    assert!(text.contains("--sure") && text.contains(part), "{part}: {text}");
}

#[tokio::test]
async fn a_receipt_is_the_same_however_its_number_is_written() {
    let office = Office::open().await;
    office.ask(0, "c", pay_of("A", 30_000, Some("7001"))).await;
    for number in ["07001", "７００１", "7001.0", " 7001 "] {
        let again = office.ask(0, "c", pay_of("A", 30_000, Some(number))).await;
        assert_eq!(again.data["booked"], 0, "{number}: {}", again.text);
        let taken = office.ask(1, "c", pay_of("B", 30_000, Some(number))).await;
        assert!(taken.text.contains("A 的账目"), "{number}: {}", taken.text);
    }
    asks(&office.ask(5, "c", pay_of("A", 30_000, Some("No.7001"))).await, "7001");
    office.ask(0, "c", pay_of("B", 20_000, Some("R2"))).await;
    for number in ["r2", "Ｒ2"] {
        office.ask(1, "c", pay_of("A", 20_000, Some(number))).await;
    }
    assert_eq!(office.facts("A").await.paid, Fen(30_000));
    assert!(office.journal().await.contains("\"receipt\":\"7001\""), "as it was typed");
    let file = format!("{ROWS}r2,{},B,还款,200\n", office.today());
    let met = office.import(false, "pay.csv", &file).await;
    let counts = (&met.data["rejected"], &met.data["booked"]);
    assert_eq!(counts, (&0.into(), &0.into()), "{}", met.text);
}
