//! The slips as tables (笔误用例): what was typed, where it is told, in which
//! words, and what the machine makes of it.

use super::super::draft::{self, Edit};
use super::super::parse;
use crate::finding::Finding;

mod readings;

/// One slip in a text.
struct Case {
    typed: &'static str,
    /// `W001 3:5`.
    place: &'static str,
    zh: &'static str,
    en: &'static str,
    /// The text as the machine mends it; nothing where only a person can.
    mended: &'static str,
}

const fn case(
    typed: &'static str,
    place: &'static str,
    zh: &'static str,
    en: &'static str,
    mended: &'static str,
) -> Case {
    Case { typed, place, zh, en, mended }
}

fn findings(text: &str) -> Vec<Finding> {
    parse::with_room(|| parse::parse("a.lua", text).findings).expect("no panic")
}

fn mended(text: &str, findings: &[Finding]) -> String {
    let all = findings.iter().flat_map(|finding| &finding.mends);
    let edits: Vec<Edit> =
        all.map(|it| Edit::replace(it.start, it.end, it.text.clone())).collect();
    draft::applied(text, &edits)
}

fn try_all(cases: &[Case]) {
    let mut wrong = vec![];
    for case in cases {
        let found = findings(case.typed);
        let places: Vec<String> = found
            .iter()
            .map(|it| format!("{} {}:{}", it.code, it.line, it.col))
            .collect();
        let told: Vec<String> =
            found.iter().map(|it| format!("{} | {}", it.say.zh, it.say.en)).collect();
        let right = places == [case.place]
            && found[0].say.zh.contains(case.zh)
            && found[0].say.en.contains(case.en);
        if !right {
            wrong.push(format!(
                "{}\n  wanted {}\n  {places:?} {told:?}",
                case.typed, case.place
            ));
            continue;
        }
        let now = mended(case.typed, &found);
        let expected = if case.mended.is_empty() { case.typed } else { case.mended };
        if now != expected {
            wrong.push(format!("{}\n  mended\n{now}\n  {told:?}", case.typed));
        } else if !case.mended.is_empty() {
            let left = findings(&now);
            if !left.is_empty() {
                wrong.push(format!("{now}\n  is not clean {left:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n----\n"));
}

const FOREIGN: &[Case] = &[
    case("x = a != b", "W040 1:7", "不用 !=,要写 ~=", "write ~=", "x = a ~= b"),
    case("x = a <> b", "W040 1:7", "要写 ~=", "write ~=", "x = a ~= b"),
    case("x = a === b", "W040 1:7", "要写 ==", "write ==", "x = a == b"),
    case("x = a =< b", "W040 1:7", "要写 <=", "write <=", "x = a <= b"),
    case("x = a && b", "W040 1:7", "要写 and", "write and", "x = a and b"),
    case("x = a||b", "W040 1:6", "要写 or", "write or", "x = a or b"),
    case("x = !a", "W040 1:5", "要写 not", "write not", "x = not a"),
    case(
        "if !(a) then b() end",
        "W040 1:4",
        "要写 not",
        "write not",
        "if not (a) then b() end",
    ),
    case("x = null", "W040 1:5", "要写 nil", "write nil", "x = nil"),
    case("x = None", "W040 1:5", "要写 nil", "write nil", "x = nil"),
    case("x = True", "W040 1:5", "小写:true", "small letters: true", "x = true"),
    case("x = FALSE", "W040 1:5", "小写:false", "small letters: false", "x = false"),
    case(
        "if a then b() End",
        "W040 1:15",
        "“End” 要小写:end",
        "small letters: end",
        "if a then b() end",
    ),
    case(
        "If a then b() end",
        "W040 1:1",
        "“If” 要小写",
        "small letters: if",
        "if a then b() end",
    ),
    case(
        "if a then b() elif c then d() end",
        "W040 1:15",
        "要写 elseif",
        "write elseif",
        "if a then b() elseif c then d() end",
    ),
    case(
        "if a then b() else if c then d() end",
        "W040 1:15",
        "连写成 elseif",
        "one word",
        "if a then b() elseif c then d() end",
    ),
    case(
        "if a then\n  b()\nelse if c then\n  d()\nelse if e then\n  f()\nend",
        "W040 3:1",
        "连写成 elseif",
        "one word",
        "if a then\n  b()\nelseif c then\n  d()\nelseif e then\n  f()\nend",
    ),
    case(
        "if a then\n  b()\nend if\nc()",
        "W040 3:1",
        "只写 end",
        "`end` alone",
        "if a then\n  b()\nend\nc()",
    ),
    case(
        "if a then\n  b()\nendif\nc()",
        "W040 3:1",
        "要写 end",
        "write end",
        "if a then\n  b()\nend\nc()",
    ),
    case("memo.n++", "W040 1:7", "没有 ++", "no `++`", "memo.n = (memo.n or 0) + 1"),
    case(
        "if a then\n  n--\nend",
        "W040 2:4",
        "-- 是注释",
        "begins a comment",
        "if a then\n  n = n - 1\nend",
    ),
    case(
        "memo.n += 2",
        "W040 1:8",
        "memo.n = (memo.n or 0) + 2",
        "memo.n = (memo.n or 0) + 2",
        "memo.n = (memo.n or 0) + 2",
    ),
    case(
        "n -= a - b",
        "W040 1:3",
        "n = n - (a - b)",
        "n = n - (a - b)",
        "n = n - (a - b)",
    ),
    case(
        "x = { a = 1, // note\n b = 2 }",
        "W040 1:14",
        "注释用 --",
        "begins with `--`",
        "x = { a = 1, -- note\n b = 2 }",
    ),
    case("// 说明，第一行\nx()", "W040 1:1", "注释用 --", "`//`", "-- 说明，第一行\nx()"),
    case("# 说明\nx()", "W040 1:1", "不用 #", "`#`", "-- 说明\nx()"),
    case("/* 说明 */\nx()", "W040 1:1", "不用 /* */", "`/* */`", "-- 说明\nx()"),
    case("x = a ? b : c", "W040 1:7", "没有 条件 ?", "no `a ? b : c`", ""),
    case(
        "f { title: \"x\", lane: \"y\" }",
        "W040 1:10",
        "不用冒号",
        "not a colon",
        "f { title = \"x\", lane = \"y\" }",
    ),
    case(
        "f { \"title\": \"x\" }",
        "W040 1:12",
        "不用冒号",
        "not a colon",
        "f { title = \"x\" }",
    ),
    case("f { wait => 3 }", "W040 1:10", "要写 =", "write =", "f { wait = 3 }"),
    case("x = a => 3", "W040 1:7", "要写 >=", "write >=", "x = a >= 3"),
    case(
        "if a {\n  b()\n}",
        "W040 1:6",
        "不用花括号",
        "no braces",
        "if a  then\n  b()\nend",
    ),
];

#[test]
fn words_and_signs_of_other_languages_are_named_and_mended() {
    try_all(FOREIGN);
}

const GOES_ON: &[Case] = &[
    case(
        "n += 2 +\n  3\nx()",
        "W040 1:3",
        "不是通用的写法",
        "no Lua",
        "n = n + (2 +\n  3)\nx()",
    ),
    case(
        "n += 2\n  * m\nx()",
        "W040 1:3",
        "不是通用的写法",
        "no Lua",
        "n = n + (2\n  * m)\nx()",
    ),
    case("n += 2\nx()", "W040 1:3", "不是通用的写法", "no Lua", "n = n + 2\nx()"),
];

#[test]
fn a_value_that_goes_on_in_the_next_line_is_kept_whole() {
    try_all(GOES_ON);
}

/// Where a bracket may stand in several places, a person has to say which.
const BRACKETS: &[Case] = &[
    case("n = (n or 0 + 1", "W001 1:5", "缺少 )", "`)` is missing", ""),
    case("n = n or 0) + 1", "W001 1:11", "多了一个 )", "one `)` too many", ""),
    case("n = math.max(n, 1 + 2", "W001 1:13", "缺少 )", "`)` is missing", ""),
    case("n = a and b or c)", "W001 1:17", "多了一个 )", "one `)` too many", ""),
    case("n = (a * b + c", "W001 1:5", "缺少 )", "`)` is missing", "n = (a * b + c)"),
    case("n = f(a, b", "W001 1:6", "缺少 )", "`)` is missing", "n = f(a, b)"),
];

#[test]
fn a_bracket_that_may_stand_in_several_places_is_named_and_left() {
    try_all(BRACKETS);
}

const UNITS: &[Case] = &[
    case("x = 3days", "W041 1:5", "3 * days", "3 * days", "x = 3 * days"),
    case("x = 3 days", "W041 1:5", "3 * days", "3 * days", "x = 3 * days"),
    case("x = days 3", "W041 1:5", "3 * days", "3 * days", "x = 3 * days"),
    case("x = days(3)", "W041 1:5", "3 * days", "3 * days", "x = 3 * days"),
    case(
        "x = 5 workdays",
        "W041 1:5",
        "5 * workdays",
        "5 * workdays",
        "x = 5 * workdays",
    ),
    case("x = 3天", "W041 1:5", "3 * days", "3 * days", "x = 3 * days"),
    case(
        "x = 5 个工作日",
        "W041 1:5",
        "5 * workdays",
        "5 * workdays",
        "x = 5 * workdays",
    ),
    case("x = 500 yuan", "W041 1:5", "yuan(500)", "yuan(500)", "x = yuan(500)"),
    case("x = yuan 500", "W041 1:5", "yuan(500)", "yuan(500)", "x = yuan(500)"),
    case("x = 500元", "W041 1:5", "yuan(500)", "yuan(500)", "x = yuan(500)"),
];

#[test]
fn durations_and_amounts_get_their_sign() {
    try_all(UNITS);
}

const MARKS: &[Case] = &[
    case(
        "go “a”\ngo “b”",
        "W002 1:4",
        "共 4 处,在第 1、2 行",
        "4 of them, in lines 1, 2",
        "go \"a\"\ngo \"b\"",
    ),
    case(
        "x\u{a0}= 1\ny\u{a0}=\u{3000}2",
        "W002 1:2",
        "看不见",
        "invisible",
        "x = 1\ny = 2",
    ),
    case("wa\u{200b}it(1)", "W002 1:3", "看不见", "invisible", "wait(1)"),
    case("f（1）；", "W002 1:2", "全角标点 （", "full-width", "f(1);"),
    case("—— 说明\nx()", "W002 1:1", "改成 --", "type -- instead", "-- 说明\nx()"),
    case("x = a ≥ 3", "W002 1:7", "改成 >=", "type >= instead", "x = a >= 3"),
    case(
        "f(go, 首次电话)",
        "W002 1:7",
        "放在英文引号里",
        "in quotes",
        "f(go, \"首次电话\")",
    ),
    case(
        "local 客户 = 1\nf(客户)",
        "W002 1:7",
        "变量名用英文字母",
        "English letters",
        "",
    ),
];

#[test]
fn what_a_word_processor_leaves_is_one_finding_a_file() {
    try_all(MARKS);
}

const KEYWORDS: &[Case] = &[
    case(
        "f(function()\n  retrun wait(3, \"a\")\nend)",
        "W001 2:3",
        "“retrun” 拼错了,应为 return",
        "write return",
        "f(function()\n  return wait(3, \"a\")\nend)",
    ),
    case(
        "f { enter = fuction(case)\n  return x\nend }",
        "W001 1:13",
        "应为 function",
        "write function",
        "f { enter = function(case)\n  return x\nend }",
    ),
    case("locla x = 1", "W001 1:1", "应为 local", "write local", "local x = 1"),
    case(
        "if a thne\n  b()\nend",
        "W001 1:6",
        "应为 then",
        "write then",
        "if a then\n  b()\nend",
    ),
    case(
        "if a then\n  b()\nesle\n  c()\nend",
        "W001 3:1",
        "应为 else",
        "write else",
        "if a then\n  b()\nelse\n  c()\nend",
    ),
    case(
        "if a then\n  b()\nned",
        "W001 3:1",
        "应为 end",
        "write end",
        "if a then\n  b()\nend",
    ),
    case(
        "if a then\n  b()\nelesif c then\n  d()\nend",
        "W001 3:1",
        "应为 elseif",
        "write elseif",
        "if a then\n  b()\nelseif c then\n  d()\nend",
    ),
];

#[test]
fn misspelt_keywords_are_named_at_their_line() {
    try_all(KEYWORDS);
}

const MISSING: &[Case] = &[
    case(
        "if a\n  b()\nend",
        "W001 1:5",
        "if 的条件后面少了 then",
        "`then` is missing",
        "if a then\n  b()\nend",
    ),
    case(
        "if a return b end",
        "W001 1:5",
        "少了 then",
        "`then` is missing",
        "if a then return b end",
    ),
    case(
        "while a\n  b()\nend",
        "W001 1:8",
        "少了 do",
        "`do` is missing",
        "while a do\n  b()\nend",
    ),
    case(
        "for i, g in ipairs(list)\n  b(g)\nend",
        "W001 1:25",
        "少了 do",
        "`do` is missing",
        "for i, g in ipairs(list) do\n  b(g)\nend",
    ),
    case(
        "if a = 3 then b() end",
        "W001 1:6",
        "比较要用 ==",
        "compare with `==`",
        "if a == 3 then b() end",
    ),
    case(
        "if a then\n  return b = 3\nend",
        "W001 2:12",
        "比较要用 ==",
        "compare with `==`",
        "if a then\n  return b == 3\nend",
    ),
    case("local x == 3", "W001 1:9", "赋值只用一个 =", "one `=`", "local x = 3"),
    case(
        "f { wait 3 * days, next = \"b\" }",
        "W001 1:9",
        "“wait” 后面少了等号",
        "`=` is missing",
        "f { wait = 3 * days, next = \"b\" }",
    ),
    case(
        "f { enter function(case) return x end }",
        "W001 1:10",
        "少了等号",
        "`=` is missing",
        "f { enter = function(case) return x end }",
    ),
    case(
        "f { a = 1 b = 2 }",
        "W001 1:11",
        "“b” 前面少了一个逗号",
        "before “b”",
        "f { a = 1, b = 2 }",
    ),
    case(
        "f {\n  a = 1,\n  b = 2\n  c = 3,\n}",
        "W001 3:8",
        "“2” 后面少了一个逗号",
        "after “2”",
        "f {\n  a = 1,\n  b = 2,\n  c = 3,\n}",
    ),
    case(
        "f {\n  a = function()\n    return 1\n  end\n  b = 2,\n}",
        "W001 4:6",
        "“end” 后面少了一个逗号",
        "after “end”",
        "f {\n  a = function()\n    return 1\n  end,\n  b = 2,\n}",
    ),
    case(
        "f { on = function(case note) end }",
        "W001 1:24",
        "“note” 前面少了一个逗号",
        "before “note”",
        "f { on = function(case, note) end }",
    ),
    case(
        "call(to = a, by = b)",
        "W001 1:5",
        "call { … }",
        "in braces",
        "call { to = a, by = b }",
    ),
    case("sms(\"t\", to = a)", "W001 1:4", "sms { … }", "in braces", ""),
    case(
        "f { function enter(case) return x end }",
        "W001 1:5",
        "enter = function(…)",
        "enter = function(…)",
        "f { enter = function(case) return x end }",
    ),
    case(
        "f { enter = function case) return x end }",
        "W001 1:21",
        "少了一个 (",
        "`(` is missing",
        "f { enter = function(case) return x end }",
    ),
    case(
        "f(function()\n  return go letter\nend)",
        "W001 2:13",
        "go \"letter\"",
        "go \"letter\"",
        "f(function()\n  return go \"letter\"\nend)",
    ),
    case(
        "stage first {\n  finish = \"x\",\n}",
        "W001 1:7",
        "stage \"first\"",
        "stage \"first\"",
        "stage \"first\" {\n  finish = \"x\",\n}",
    ),
    case("f { a = , b = 2 }", "W001 1:7", "= 后面少了一个值", "a value is missing", ""),
    case(
        "local x =\nlocal y = 2",
        "W001 1:9",
        "后面少了一个值",
        "a value is missing",
        "",
    ),
    case(
        "f(function()\n  return a\n  b()\nend)",
        "W001 3:3",
        "return 后面还有语句",
        "after the `return` of line 2",
        "",
    ),
    case(
        "f { \"lane\" = \"x\", b = 2 }",
        "W001 1:5",
        "lane = …",
        "lane = …",
        "f { lane = \"x\", b = 2 }",
    ),
    case(
        "f { n = at_least 30 }",
        "W001 1:9",
        "at_least(30)",
        "at_least(30)",
        "f { n = at_least(30) }",
    ),
    case(
        "f(function()\n  sms remind_1\n  return x\nend)",
        "W001 2:7",
        "sms \"remind_1\"",
        "sms \"remind_1\"",
        "f(function()\n  sms \"remind_1\"\n  return x\nend)",
    ),
    case(
        "stage \"a\" { title { zh = \"x\" }, finish = \"y\" }",
        "W001 1:18",
        "“title” 后面少了等号",
        "`=` is missing",
        "stage \"a\" { title = { zh = \"x\" }, finish = \"y\" }",
    ),
    case(
        "stage \"a\" { lane \"b\", finish = \"y\" }",
        "W001 1:17",
        "lane = …",
        "lane = …",
        "stage \"a\" { lane = \"b\", finish = \"y\" }",
    ),
    case(
        "stage \"a\" { wait == 3 * days, next = \"y\" }",
        "W001 1:18",
        "只用一个 =",
        "one `=`",
        "stage \"a\" { wait = 3 * days, next = \"y\" }",
    ),
    case(
        "f { a = 1,, b = 2 }",
        "W001 1:10",
        "多了一个 ,",
        "one `,` too many",
        "f { a = 1, b = 2 }",
    ),
];

#[test]
fn what_is_missing_is_named_where_it_is_missing() {
    try_all(MISSING);
}

const QUOTES: &[Case] = &[
    case(
        "f(function()\n  sms \"remind_1\n  return x\nend)",
        "W001 2:7",
        "引号没有成对:“remind_1”",
        "missing at “remind_1”",
        "f(function()\n  sms \"remind_1\"\n  return x\nend)",
    ),
    case(
        "f { title = { zh = \"提醒, en = \"Reminder\" } }",
        "W001 1:20",
        "引号没有成对:“提醒”",
        "missing at “提醒”",
        "f { title = { zh = \"提醒\", en = \"Reminder\" } }",
    ),
    case(
        "f {\n  sms = remind_1\",\n}",
        "W001 2:9",
        "引号没有成对",
        "a quote",
        "f {\n  sms = \"remind_1\",\n}",
    ),
    case(
        "f {\n  title = \"约谈, by = case.collector,\n  kind = \"x\",\n}",
        "W001 2:11",
        "引号没有成对",
        "a quote",
        "",
    ),
    case(
        "f(function()\n  return go(\"letter)\nend)",
        "W001 2:13",
        "引号没有成对:“letter”",
        "missing at “letter”",
        "f(function()\n  return go(\"letter\")\nend)",
    ),
    case(
        "x = \"您好\n请尽快还款\n谢谢\"\ny()",
        "W001 1:5",
        "引号里不能换行",
        "does not end on its line",
        "",
    ),
];

#[test]
fn quotes_come_in_pairs() {
    try_all(QUOTES);
}

/// A stage as the shipped ones are written.
const BODY: &str = "stage \"a\" {
  title = { zh = \"甲\", en = \"A\" },
  enter = function(case)
    if case.overdue <= 0 then
      return finish \"x\"
    end
    call { by = case.collector }
    task {
      title = \"t\",
      kind = \"k\",
    }
    return wait(setting.n, \"b\")
  end,
  on_call_result = function(case, result)
    for _, g in ipairs(case.guarantors) do
      letter(\"l\", g)
    end
    return by_cause(result)
  end,
}

-- 下一个环节
stage \"b\" {
  finish = \"x\",
}
";

/// The line, what goes from it, what comes instead, where and how it is told, and
/// whether the machine makes of it what stood there.
type Open = (usize, &'static str, &'static str, &'static str, &'static str, bool);

const OPEN: &[Open] = &[
    (
        6,
        "    end\n",
        "",
        "W001 4:5",
        "第 4 行的 if 没有结束:缺少 end,应写在第 5 行之后",
        true,
    ),
    (
        11,
        "    }\n",
        "",
        "W001 8:10",
        "第 8 行的 { 没有结束:缺少 },应写在第 10 行之后",
        true,
    ),
    (
        13,
        "  end,\n",
        "",
        "W001 3:11",
        "第 3 行的 function 没有结束:缺少 end,应写在第 12 行之后",
        true,
    ),
    (13, "  end,", "  ,", "W001 3:11", "第 3 行的 function 没有结束", true),
    (
        17,
        "    end\n",
        "",
        "W001 15:5",
        "第 15 行的 for 没有结束:缺少 end,应写在第 16 行之后",
        true,
    ),
    (
        19,
        "  end,\n",
        "",
        "W001 14:20",
        "第 14 行的 function 没有结束:缺少 end,应写在第 18 行之后",
        true,
    ),
    (20, "}\n", "", "W001 1:11", "第 1 行的 { 没有结束:缺少 },应写在第 19 行之后", true),
    (
        25,
        "}\n",
        "",
        "W001 23:11",
        "第 23 行的 { 没有结束:缺少 },应写在第 24 行之后",
        false,
    ),
    (
        2,
        "en = \"A\" },",
        "en = \"A\",",
        "W001 2:11",
        "第 2 行的 { 没有结束:缺少 },应写在第 2 行",
        false,
    ),
    (
        12,
        "\"b\")",
        "\"b\"",
        "W001 12:16",
        "第 12 行的 ( 没有结束:缺少 ),应写在第 12 行",
        true,
    ),
    (16, "g)", "g", "W001 16:13", "第 16 行的 ( 没有结束:缺少 ),应写在第 16 行", true),
    (
        7,
        "collector }",
        "collector",
        "W001 7:10",
        "第 7 行的 { 没有结束:缺少 },应写在第 7 行",
        true,
    ),
    (
        3,
        "(case)",
        "(case",
        "W001 3:19",
        "第 3 行的 ( 没有结束:缺少 ),应写在第 3 行",
        true,
    ),
    (1, " {", "", "W001 1:7", "行尾少了一个 {", true),
];

#[test]
fn what_is_never_closed_is_told_where_it_opens_and_where_it_should_end() {
    let mut wrong = vec![];
    for &(line, from, to, place, zh, exact) in OPEN {
        let typed = change_line(BODY, line, from, to);
        let found = findings(&typed);
        let places: Vec<String> = found
            .iter()
            .map(|it| format!("{} {}:{}", it.code, it.line, it.col))
            .collect();
        let told: Vec<&str> = found.iter().map(|it| it.say.zh.as_str()).collect();
        if places != [place] || !told[0].contains(zh) {
            wrong.push(format!("{line} {from:?}: {places:?} {told:?}"));
            continue;
        }
        let now = mended(&typed, &found);
        if exact && now != BODY {
            wrong.push(format!("{line} {from:?} mended\n{now}"));
        }
        if !findings(&now).is_empty() {
            wrong.push(format!("{line} {from:?} not clean\n{now}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_closes_nothing_is_told_once() {
    for (line, to) in [
        (6, "    end\n    end"),
        (6, "    end\n  end"),
        (20, "}\n}"),
        (20, "end\n}"),
        (12, "    return wait(setting.n, \"b\"))"),
    ] {
        let original = BODY.lines().nth(line - 1).expect("the line");
        let typed = change_line(BODY, line, original, to);
        let found = findings(&typed);
        assert_eq!(found.len(), 1, "{line} {to:?} {found:?}");
        assert!(found[0].say.zh.contains("多了一个"), "{line} {to:?} {found:?}");
        assert_eq!(mended(&typed, &found), BODY, "{line} {to:?}");
    }
}

/// The text with something of one line changed.
fn change_line(text: &str, line: usize, from: &str, to: &str) -> String {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let (before, rest) = text.split_at(start);
    assert!(
        rest.split_inclusive('\n').next().is_some_and(|it| it.contains(from)),
        "{line}"
    );
    format!("{before}{}", rest.replacen(from, to, 1))
}

#[test]
fn slips_in_several_declarations_are_told_each_once() {
    let typed = BODY
        .replace("    end\n    call", "    call")
        .replace("finish = \"x\",\n}", "finish \"x\"\n}");
    let found = findings(
        &typed.replace("stage \"b\" {\n", "stage \"b\" {\n  moved_from = \"c\"\n  "),
    );
    let lines: Vec<u32> = found.iter().map(|it| it.line).collect();
    assert_eq!(lines.len(), 2, "{found:?}");
}
