//! What the shipped letters and messages say (信函文字), as debtors, guarantors and heirs
//! read them.

use domain::decision::WaitRule;
use domain::money::Fen;
use script::testing::{CaseSpec, Scenario};
use serde_json::Map;

use super::{StoreScenario, orders, scenario_with, texts};
use crate::shipped;

/// Sends what it is named for, to the debtor or to everybody else.
const SCRIPT: &str = r#"
workflow "write" { title = { zh = "写", en = "Write" }, lane = "contact", start = "a" }
stage "a" {
  enter = function(case)
    WHAT
    return wait(9 * days, "b")
  end,
}
stage "b" { enter = function(case) return finish "done" end }
"#;

/// A scenario in which one thing is written, with all shipped templates.
fn writing(what: &str) -> StoreScenario {
    let script = SCRIPT.replace("WHAT", what);
    let shipped = shipped::folder().files;
    let templates = shipped.iter().filter(|it| it.0.starts_with("templates/"));
    let templates = templates.map(|(name, text)| (name.as_str(), text.as_str()));
    let files: Vec<(&str, &str)> =
        templates.chain([("write.lua", script.as_str())]).collect();
    scenario_with(&files)
}

fn owing() -> CaseSpec {
    CaseSpec {
        overdue: Fen(2_000_000),
        days_past_due: 40,
        guarantors: 1,
        ..CaseSpec::default()
    }
}

/// The text that such a case is sent.
fn written(what: &str) -> String {
    let mut scenario = writing(what);
    let case = scenario.case(&owing()).unwrap();
    scenario.enrol(case, "write").unwrap();
    let (text, left) = texts(&mut scenario).pop().unwrap();
    left.unwrap_or(text)
}

#[test]
fn a_letter_names_lender_loan_amount_in_words_whom_to_ask_and_how_to_object() {
    let table = [
        "letter \"remind_letter\"",
        "letter \"visit_letter\"",
        "demand_letter \"demand_letter\"",
        "demand_letter \"demand_letter_urgent\"",
    ];
    for what in table {
        let text = written(what);
        for said in [
            "测试信用社",
            "借款合同",
            "TEST-1",
            "人民币贰万元整(¥20,000.00)",
            "逾期 40 天",
            "联系电话",
            "查询账目",
            "异议",
            "书面答复",
        ] {
            assert!(text.contains(said), "{what} lacks {said}: {text}");
        }
        for lie in ["走访未遇", "时效", "立即"] {
            assert!(!text.contains(lie), "{what} says {lie}: {text}");
        }
    }
}

#[test]
fn a_guarantor_is_told_whose_debt_it_is_and_how_they_answer_for_it() {
    let what = "if #case.guarantors > 0 then\n      demand_letter { template = \
                \"demand_letter_guarantor\", to = case.guarantors[1] }\n    end";
    let text = written(what);
    for said in ["借款人 测试人员1-0", "保证人 测试人员1-1", "连带责任保证", "贰万元整"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn a_message_tells_a_stranger_neither_name_nor_sum_nor_number_of_the_loan() {
    for template in ["remind_1", "payment_link", "promise_smaller"] {
        let text = written(&format!("sms \"{template}\""));
        for told in ["20000", "20,000", "TEST-1", "测试人员", "40 天"] {
            assert!(!text.contains(told), "{template} tells {told}: {text}");
        }
        for said in ["【测试信用社】", "尾号 ST-1", "如非本人,烦请致电告知"]
        {
            assert!(text.contains(said), "{template} lacks {said}: {text}");
        }
    }
}

#[test]
fn a_letter_tells_of_a_visit_only_once_nobody_was_in() {
    let what = "visit \"逾期未还\"";
    let after = "  on_visit_result = function(case)\n    letter \"visit_letter\"\n    \
                 return stay()\n  end,\n}\nstage \"b\"";
    let table = [("absent", true), ("met", false), ("refused", false)];
    for (outcome, is_told) in table {
        let script = SCRIPT.replace("WHAT", what).replace("}\nstage \"b\"", after);
        let letter = shipped::folder().files["templates/visit_letter.txt"].clone();
        let mut scenario = scenario_with(&[
            ("write.lua", &script),
            ("templates/visit_letter.txt", &letter),
        ]);
        let case = scenario.case(&owing()).unwrap();
        scenario.enrol(case, "write").unwrap();
        scenario.report(case, "visit", outcome, Map::new()).unwrap();
        let (text, _) = texts(&mut scenario).pop().unwrap();
        assert_eq!(text.contains("走访未遇函"), is_told, "{outcome}: {text}");
        assert_eq!(text.contains("2026年3月2日到您登记的住址"), is_told, "{outcome}");
    }
}

#[test]
fn a_payment_is_confirmed_with_its_day_and_sum() {
    let script = SCRIPT.replace("WHAT", "").replace(
        "}\nstage \"b\"",
        "  on_payment = function(case)\n    notice \"part_payment\"\n    return stay()\n  \
         end,\n}\nstage \"b\"",
    );
    let text = shipped::folder().files["templates/part_payment.txt"].clone();
    let mut scenario =
        scenario_with(&[("write.lua", &script), ("templates/part_payment.txt", &text)]);
    let case = scenario.case(&owing()).unwrap();
    scenario.enrol(case, "write").unwrap();
    scenario.advance(WaitRule::Days(1)).unwrap();
    scenario.pay(case, Fen(50_000)).unwrap();
    let (text, _) = texts(&mut scenario).pop().unwrap();
    assert!(text.contains("2026年3月3日归还的人民币 500.00 元已入账"), "{text}");
    assert_eq!(orders(&mut scenario), ["notice delivered simulated"]);
}
