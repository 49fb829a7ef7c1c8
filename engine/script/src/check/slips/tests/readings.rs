//! Slips that can be read in one way or in several (一义与多义): a machine mends
//! only the former.

use super::{Case, case, findings, mended, try_all};

const PARTED: &[Case] = &[
    case(
        "if a > = b then c() end",
        "W001 1:6",
        "要写 >=",
        "write >=",
        "if a >= b then c() end",
    ),
    case(
        "if a < = b then c() end",
        "W001 1:6",
        "要写 <=",
        "write <=",
        "if a <= b then c() end",
    ),
    case(
        "if a ~ = b then c() end",
        "W001 1:6",
        "要写 ~=",
        "write ~=",
        "if a ~= b then c() end",
    ),
    case(
        "if a = = b then c() end",
        "W001 1:6",
        "要写 ==",
        "write ==",
        "if a == b then c() end",
    ),
    case(
        "if a =! b then c() end",
        "W001 1:6",
        "要写 ~=",
        "write ~=",
        "if a ~= b then c() end",
    ),
    case(
        "if a =~ b then c() end",
        "W001 1:6",
        "要写 ~=",
        "write ~=",
        "if a ~= b then c() end",
    ),
    case(
        "if a = > b then c() end",
        "W001 1:6",
        "要写 >=",
        "write >=",
        "if a >= b then c() end",
    ),
    case("return a => b", "W040 1:10", "要写 >=", "write >=", "return a >= b"),
    case("x = { a => b }", "W040 1:9", "要写 =", "write =", "x = { a = b }"),
    // Two readings: only a person knows.
    case("if a = !b then c() end", "W001 1:6", "要写 ~=", "write ~=", ""),
    case("f(function() x => 3 end)", "W040 1:16", "= 或 >=", "= or >=", ""),
    case("return go = \"talk\"", "W001 1:11", "不写等号", "no `=`", "return go \"talk\""),
    case(
        "return wait = (3 * days, \"talk\")",
        "W001 1:13",
        "不写等号",
        "no `=`",
        "return wait(3 * days, \"talk\")",
    ),
    case("return go = talk", "W001 1:11", "不写等号", "no `=`", ""),
    case("x = { rate = 2%, cap = 1 }", "W041 1:15", "2% 写成 20", "2% is 20", ""),
    case("x = { rate = 2.5% }", "W041 1:17", "2.5% 写成 25", "2.5% is 25", ""),
    case("x = { rate = 20‰, cap = 1 }", "W041 1:16", "20‰ 写成 20", "20‰ is 20", ""),
    case(
        "x = { cap = 5000 * yuan }",
        "W041 1:13",
        "yuan(5000)",
        "yuan(5000)",
        "x = { cap = yuan(5000) }",
    ),
    case("x = { wait = 3个月 }", "W041 1:14", "没有这样的单位", "no unit", ""),
    case("return go \"talk\"。", "W002 1:17", "句号", "full stop", "return go \"talk\""),
    case(
        "return wait(setting.n \"talk\")",
        "W001 1:23",
        "少了一个逗号",
        "comma is missing",
        "return wait(setting.n, \"talk\")",
    ),
    case(
        "return wait(5 * days \"talk\")",
        "W001 1:22",
        "少了一个逗号",
        "comma is missing",
        "return wait(5 * days, \"talk\")",
    ),
    case(
        "if a then return wait setting.n, \"talk\") end",
        "W001 1:22",
        "少了一个 (",
        "`(` is missing",
        "if a then return wait(setting.n, \"talk\") end",
    ),
];

#[test]
fn a_sign_is_mended_only_where_it_can_mean_one_thing() {
    try_all(PARTED);
    for fine in [
        "local x: T<number> = 5",
        "x = 5 % 2",
        "x = a % b",
        "x = { n = 5 % m, k = 1 }",
        "x = f(a.b \"c\")",
        "local function day(n) return n * workdays end\nx = day(3)",
        "local h = g\nx = h(2)",
        "f(function(hour) return hour(9) end)",
    ] {
        assert!(findings(fine).is_empty(), "{fine}");
    }
}

const DASHES: &[Case] = &[
    case(
        "- 一次无果:再去\nx()",
        "W001 1:1",
        "少了一道横线",
        "a dash is missing",
        "-- 一次无果:再去\nx()",
    ),
    case(
        "x()\n一次无果:再去、寄信\ny()",
        "W001 2:1",
        "注释要以 -- 开头",
        "begins with --",
        "x()\n-- 一次无果:再去、寄信\ny()",
    ),
    case(
        "x() - 去世的是别人 · somebody else",
        "W001 1:5",
        "少了一道横线",
        "a dash is missing",
        "x() -- 去世的是别人 · somebody else",
    ),
    case(
        "x()\n- one visit came to nothing\ny()",
        "W001 2:1",
        "少了一道横线",
        "a dash is missing",
        "x()\n-- one visit came to nothing\ny()",
    ),
    case(
        "x()\none visit came to nothing\ny()",
        "W001 2:1",
        "注释要以 -- 开头",
        "begins with --",
        "x()\n-- one visit came to nothing\ny()",
    ),
    case(
        "x {\n  a = 1,\n  - b = 2,\n}",
        "W001 3:3",
        "只有一道横线",
        "one dash alone",
        "",
    ),
];

#[test]
fn a_comment_without_its_dashes_takes_no_brace_away() {
    try_all(DASHES);
    let brace = "workflow \"a\" {\n  lane = \"b\",\n}\n\n- 一次\nlocal function f()\n  x()\nend\n";
    let found = findings(brace);
    assert_eq!(mended(brace, &found), brace.replace("- 一次", "-- 一次"));
    for fine in [
        "x = a\n  - b",
        "x = a\n  // b -- 说明",
        "x = a\n  - case.b or 0",
        "x = {\n  1,\n  -2,\n}",
    ] {
        assert!(findings(fine).is_empty(), "{fine}");
    }
}
