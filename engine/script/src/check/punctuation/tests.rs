//! Tests of marks that were typed in the wrong place (标点的测试).

use super::*;
use crate::check::draft;

/// The mended text, and where something was found.
fn scan(text: &str) -> (String, Vec<String>) {
    let found = marks(text);
    let edits: Vec<Edit> = found.iter().map(|it| it.edit.clone()).collect();
    let place = |it: &Found| {
        let at = draft::pos(text, it.edit.start);
        format!("{}:{}", at.line, at.col)
    };
    (draft::applied(text, &edits), found.iter().map(place).collect())
}

#[test]
fn wide_punctuation_is_found_in_code_and_mended() {
    let cases = [
        ("f(1,2)", "f(1,2)", vec!["1:4"]),
        ("f（1）", "f(1)", vec!["1:2", "1:4"]),
        ("local x ＝ 1；", "local x = 1;", vec!["1:9", "1:12"]),
        ("go “首次电话”", "go \"首次电话\"", vec!["1:4", "1:9"]),
        ("go \"首次电话”", "go \"首次电话\"", vec!["1:9"]),
        ("go “首次电话\"", "go \"首次电话\"", vec!["1:4"]),
        (
            "f { zh = \"挂号信“, en = \"Letter\" }",
            "f { zh = \"挂号信\", en = \"Letter\" }",
            vec!["1:14"],
        ),
        ("—— 说明,如此\nx()", "-- 说明,如此\nx()", vec!["1:1"]),
        ("– note\nx() — 说明", "-- note\nx() -- 说明", vec!["1:1", "2:5"]),
        ("x\u{3000}= 1", "x = 1", vec!["1:2"]),
        ("x\u{a0}= 1", "x = 1", vec!["1:2"]),
        ("wa\u{200b}it(1)", "wait(1)", vec!["1:3"]),
        ("go \"a\u{feff}b\"", "go \"ab\"", vec!["1:6"]),
        ("a。b", "a.b", vec!["1:2"]),
        ("a ≥ 3", "a >= 3", vec!["1:3"]),
        ("x = \u{441}\u{430}se.overdue", "x = case.overdue", vec!["1:5", "1:6"]),
        ("ｗａｉｔ(３)", "wait(3)", vec!["1:1", "1:2", "1:3", "1:4", "1:6"]),
    ];
    for (text, mended, places) in cases {
        // The table itself is typed with plain commas where a wide one is
        // meant, so that an editor cannot mend it by accident.
        let text = text.replace("1,2", "1\u{ff0c}2");
        let (found, at) = scan(&text);
        assert_eq!(found, mended, "{text}");
        assert_eq!(at, places, "{text}");
    }
}

#[test]
fn quotes_and_comments_may_hold_anything() {
    let fine = [
        "-- 说明（一），如下：“好”",
        "x = \"您好，请还款。\" -- 好",
        "x = '（一）' y = [[，\n。]] --[==[ ， \n ]] ， ]==] z()",
        "x = `，{1}，`",
        "x = \"他说\\\"，\\\"\"",
        "x = \"“好”\"",
        "x = \"http://example.com/ # 好\"",
        "x = #list + #case.guarantors",
        "if 0 < #case.heirs then f(#a, # b) end",
        "x = a // b",
        "local weeks = case.days_past_due // 7 -- 逾期几周",
        "local weeks = case.days_past_due // 7 -- whole weeks past due",
        "memo.s = \"欠\" .. n // 100 .. \"元\"",
        "local pct = case.paid * 100\n  // case.principal -- 已还百分比",
        "f(function(a, b) return a // b end) -- one by the other",
        "x = a // b if c then return d end",
        "memo.n = math.max(1, #case.guarantors) -- 至少一人",
        "local n = { #case.guarantors, 3 } -- 保证人数",
        "local n =\n  #case.guarantors -- 保证人数",
        "if a then b() elseif #case.heirs > 3 then c() end -- 继承人",
        "return case.balance - case.overdue -- what is not due yet",
    ];
    for text in fine {
        assert_eq!(scan(text).1, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn comments_of_other_languages_become_our_own() {
    let cases = [
        ("// 说明，如此", "-- 说明，如此"),
        ("x = 3, // wait", "x = 3, -- wait"),
        ("x = 3 // 三天", "x = 3 -- 三天"),
        ("x = 3 // three days then call", "x = 3 -- three days then call"),
        ("if a then // b", "if a then -- b"),
        ("# 说明", "-- 说明"),
        ("## note", "-- note"),
        ("x = 3 # note", "x = 3 -- note"),
        ("x = 3, # 三天", "x = 3, -- 三天"),
        ("/* 说明 */\nx()", "-- 说明\nx()"),
        ("x(/* 三 */ 3)", "x(--[[ 三 ]] 3)"),
        ("/* 一\n二 */ x()", "--[[ 一\n二 ]] x()"),
    ];
    for (text, mended) in cases {
        assert_eq!(scan(text).0, mended, "{text}");
    }
}

#[test]
fn chinese_in_code_goes_into_quotes_and_amounts_get_their_unit() {
    let cases = [
        ("go 首次电话", "go \"首次电话\""),
        ("go 首次电话\"", "go 首次电话\""),
        ("wait = 3天,", "wait = 3 * days,"),
        ("wait = 5 个工作日", "wait = 5 * workdays"),
        ("cap = 500元", "cap = yuan(500)"),
        ("cap = 5000 * 元", "cap = yuan(5000)"),
        ("cap = 5万元", "cap = yuan(50000)"),
        ("wait(2 * 天, \"a\")", "wait(2 * days, \"a\")"),
        ("wait(三天, \"a\")", "wait(3 * days, \"a\")"),
        ("wait(十五天, \"a\")", "wait(15 * days, \"a\")"),
        ("wait(2周, \"a\")", "wait(14 * days, \"a\")"),
        ("wait(3 * 个工作日, \"a\")", "wait(3 * workdays, \"a\")"),
    ];
    for (text, mended) in cases {
        assert_eq!(scan(text).0, mended, "{text}");
    }
}

#[test]
fn a_line_with_a_lone_quote_is_left_alone() {
    let text = "x = { zh = \"提醒, en = \"好，的\" }\ny（）";
    assert_eq!(scan(text).1, ["2:2", "2:3"]);
    let several = "x = \"您好\n请尽快还款 谢谢\n再见\"\ny（）";
    assert_eq!(scan(several).1, ["4:2", "4:3"]);
}
