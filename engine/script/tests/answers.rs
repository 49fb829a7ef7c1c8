//! What a script answers for a case (脚本应答): decisions, orders, memo.

use domain::decision::{Decision, WaitRule};
use domain::event::Event;
use domain::ids::{EventId, PartyId};
use jiff::civil::date;
use script::fault::{StepError, StepErrorKind};
use script::program::{Answer, Ask, Trigger};
use serde_json::{Map, Value, json};

mod fixture;

use fixture::{TODAY, around, entered, error, event, facts, worker};

fn wait(rule: WaitRule) -> Decision {
    Decision::Wait { rule, next: "t".to_owned() }
}

#[test]
fn every_decision_comes_back_as_it_was_returned() {
    let decisions = [
        ("return go \"t\"", Decision::Go { stage: "t".to_owned() }),
        ("return wait(3 * workdays, \"t\")", wait(WaitRule::Workdays(3))),
        ("return wait(days, 't')", wait(WaitRule::Days(1))),
        ("return wait(2 * hours, 't')", wait(WaitRule::Hours(2))),
        ("return wait(setting.pause_for, 't')", wait(WaitRule::Workdays(3))),
        (
            "return wait_until(case.limitation_ends_on - 30 * days, 't')",
            wait(WaitRule::Until(date(2026, 12, 2))),
        ),
        (
            "return wait_until(today() + 1 * days, 't')",
            wait(WaitRule::Until(date(2026, 11, 24))),
        ),
        (
            "return wait_until(date \"2027-01-31\", 't')",
            wait(WaitRule::Until(date(2027, 1, 31))),
        ),
        ("return wait_until_overdue(60, 't')", wait(WaitRule::Overdue(60))),
        ("return stay()", Decision::Stay),
        ("return pause 'complaint'", Decision::Pause { reason: "complaint".to_owned() }),
        ("return become 'w'", Decision::Become { workflow: "w".to_owned() }),
        ("return finish('paid')", Decision::Finish { reason: "paid".to_owned() }),
    ];
    for (body, decision) in decisions {
        let answer = entered(body).unwrap_or_else(|error| panic!("{body}: {error}"));
        assert_eq!(answer.decision, decision, "{body}");
        assert_eq!((answer.line.as_str(), answer.handled), ("w.lua:3", true), "{body}");
    }
}

#[test]
fn an_order_keeps_its_arguments_and_its_line() {
    let answer = entered(
        "sms \"remind_1\"\ncall { to = case.guarantors[1], script = 'first', about = case.debtor }
         visit { on = today() + 2 * days, amount = yuan(12.5), share = 25, count = 2, urgent = \
         true, mode = 'pair' }
         pcall(sms, 'remind_1')\nreturn stay()",
    )
    .expect("the orders are in order");
    let seen: Vec<_> =
        answer.orders.iter().map(|order| (order.verb.as_str(), order.to)).collect();
    let debtor = Some(PartyId(21));
    assert_eq!(
        seen,
        [
            ("sms", debtor),
            ("call", Some(PartyId(22))),
            ("visit", debtor),
            ("sms", debtor)
        ]
    );
    let args = |index: usize| Value::Object(answer.orders[index].args.clone());
    assert_eq!(args(0), json!({ "template": "remind_1" }));
    assert_eq!(args(1), json!({ "by": "collector-7", "script": "first", "about": 21 }));
    assert_eq!(
        args(2),
        json!({ "on": "2026-11-25", "amount": 1250, "share": 25, "count": 2, "urgent": true,
                "mode": "pair" })
    );
    let lines: Vec<&str> =
        answer.orders.iter().map(|order| order.line.as_str()).collect();
    assert_eq!(lines, ["w.lua:3", "w.lua:4", "w.lua:5", "w.lua:6"]);
}

#[test]
fn work_is_a_persons_or_a_roles() {
    let by = |whose: &str| {
        let answer = entered(&format!("visit {{ by = {whose} }}\nreturn stay()"));
        answer.map(|answer| answer.orders[0].args["by"].clone())
    };
    assert_eq!(by("'示例甲'").expect("a name"), json!("示例甲"));
    assert_eq!(by("case.collector").expect("the collector"), json!("collector-7"));
    for role in ["role 'legal'", "role '法务'"] {
        assert_eq!(by(role).expect("a role"), json!({ "role": "legal" }), "{role}");
    }
    for wrong in ["role 'lawyer'", "role 'auditor'", "role(3)", "case.debtor"] {
        assert!(by(wrong).is_err(), "{wrong}");
    }
    // Whoever calls is counted by name.
    let called = "call { by = role 'legal', script = 'first' }\nreturn stay()";
    assert!(entered(called).is_err());
}

#[test]
fn case_fields_people_and_events_read_as_declared() {
    let truths = [
        "case.no == 'LN-0001'",
        "case.product == nil",
        "case.overdue == yuan(5000)",
        "case.days_past_due == 12 and case.days_past_due <= 30",
        "case.oldest_unpaid_on == today() - 12 * days",
        "today() - case.oldest_unpaid_on == 12 * days",
        "(today() - case.oldest_unpaid_on).count == 12",
        "case.last_contact_on < today() and today() >= case.last_contact_on",
        "tostring(today()) == '2026-11-23' and today().year == 2026",
        "case.limitation_days_left == 39",
        "case.debtor.alive and case.debtor.role == 'borrower'",
        "#case.guarantors == 1 and case.guarantors[1].guarantee == 'joint'",
        "case.guarantors[1] == case.guarantors[1] and case.guarantors[1] ~= case.debtor",
        "case.holds[1] == 'complaint' and case.on_hold",
        "2 * days + 3 * days == 5 * days and 2 * days < 3 * days",
        "2 * days ~= 2 * workdays",
        "setting.limit == yuan(100)",
        "string.find('abc', 'b') == 2 and table.concat({1, 2}, ',') == '1,2'",
        "#'催收' == 6 and utf8.len('催收') == 2",
        "select('#', pcall(error, 'x')) == 2",
    ];
    for truth in truths {
        let body = format!("return finish({truth} and 'yes' or 'no')");
        let answer = entered(&body).unwrap_or_else(|error| panic!("{truth}: {error}"));
        assert_eq!(
            answer.decision,
            Decision::Finish { reason: "yes".to_owned() },
            "{truth}"
        );
    }
}

#[test]
fn mistakes_are_told_with_line_cause_and_suggestion() {
    let mistakes: &[(&str, u32, &str)] = &[
        ("return case.day_past_due", 3, "是否应为 “days_past_due”"),
        ("\nif case.debtor.alvie then end", 4, "did you mean `alive`"),
        ("case.balance = 1", 3, "脚本只能写 memo"),
        ("case.debtor.alive = true", 3, "only memo may be written"),
        ("wait(3 * days, 't')", 3, "write return wait("),
        ("wait(3 * days, 't') return finish 'x'", 3, "one decision a call"),
        ("return 't'", 0, "return go \"…\""),
        ("return stay", 0, "return stay()"),
        ("", 2, "enter 没有返回决定"),
        ("return go 'tt'", 3, "是否应为 “t”"),
        ("return become 'ww'", 3, "did you mean `w`"),
        ("start 'x' return stay()", 3, "没有流程 “x”"),
        ("return wait(3, 't')", 3, "wait 要一个时长"),
        ("return wait(0 * days, 't')", 3, "应在 1 到 3660 之间"),
        ("return wait(4000 * days, 't')", 3, "应在 1 到 3660 之间"),
        ("return wait(3 * days)", 3, "wait(…, \"…\")"),
        ("return wait_until(3 * days, 't')", 3, "wait_until 要一个日期"),
        (
            "return wait_until(today() + 3 * workdays, 't')",
            3,
            "use wait(3 * workdays, …)",
        ),
        ("return wait_until_overdue('x', 't')", 3, "wait_until_overdue(60"),
        ("return 3 * days < 3 * workdays", 3, "不能比较"),
        ("return today() < 5", 3, "不能比较"),
        ("return 3 * days < 3 * workdays", 3, "compare a duration (days) and"),
        ("smss 'remind_1'", 3, "did you mean `sms`"),
        ("x = 1", 3, "write local x"),
        ("sms = 1", 3, "write local sms"),
        ("sms 'remind_2'", 3, "did you mean `remind_1`"),
        ("sms { templat = 'remind_1' }", 3, "did you mean `template`"),
        ("call {}", 3, "needs the argument `script`"),
        ("call 'x'", 3, "takes its arguments in a table"),
        ("call { script = 'x', to = 'LN-0001' }", 3, "a person of the case"),
        ("visit { amount = 0.5 }", 3, "an amount in whole fen"),
        ("visit { amount = -1 }", 3, "an amount in whole fen"),
        ("visit { share = 1001 }", 3, "per mille"),
        ("visit { mode = 'pairs' }", 3, "did you mean `pair`"),
        ("visit { on = '2026-11-23' }", 3, "a date, as today()"),
        ("return date '2026-02-30'", 3, "不是日期"),
        ("return yuan(0.125)", 3, "最多两位小数"),
        ("return yuan('5')", 3, "不是金额"),
        ("return setting.pause_fro", 3, "did you mean `pause_for`"),
        ("setting.limit = 5", 3, "只能读"),
        ("return os.time()", 3, "use today()"),
        ("print(1)", 3, "qingshou try"),
        ("return case.product.name", 3, "请先用 if 判断"),
        ("local x; return x + 1", 3, "空值"),
        ("error('自己的话')", 3, "自己的话"),
        ("stage 'x' {}", 3, "belongs to the top of the file"),
        ("for i = 1, 65 do visit() end", 3, "at most 64 orders"),
        ("for i = 1, 100 do pcall(stay) end return stay()", 3, "one decision a call"),
        ("memo = {}", 3, "write local memo"),
    ];
    for (body, line, message) in mistakes {
        let error = error(body);
        assert!(error.message.contains(message), "{body}: {}", error.message);
        assert_eq!((error.line, error.file.as_str()), (*line, "w.lua"), "{body}");
    }
}

#[test]
fn the_memo_is_handed_in_and_comes_back_when_it_changed() {
    let body = "if memo.keep then return stay() end
        memo.count = (memo.count or 0) + 1
        memo.since, memo.list, memo.deep = today(), { 1, 2 }, { a = { b = true } }
        return stay()";
    let mut worker = worker(&[("w.lua", &around(body))]);
    let memo = json!({ "count": 2, "old": "x" });
    let memo = memo.as_object().expect("an object");
    let answer = fixture::enter_with(&mut worker, &facts(), memo).expect("it answers");
    let after = json!({ "count": 3, "old": "x", "since": "2026-11-23", "list": [1, 2],
                        "deep": { "a": { "b": true } } });
    assert_eq!(answer.memo.map(Value::Object), Some(after));
    let kept = json!({ "keep": [1, { "a": 0.5 }] });
    let kept = kept.as_object().expect("an object");
    let answer = fixture::enter_with(&mut worker, &facts(), kept).expect("it answers");
    assert_eq!(answer.memo, None, "an untouched memo is not written again");
    let answer = fixture::enter(&mut worker, &facts()).expect("it answers");
    let fresh = answer.memo.expect("it counts from nothing");
    assert_eq!(fresh["count"], json!(1), "nothing of an earlier case is left");
}

#[test]
fn a_memo_keeps_small_plain_values_only() {
    let refused = [
        ("memo.f = function() end", "memo cannot keep function"),
        ("memo.c = case", "memo cannot keep"),
        ("memo.p = case.debtor", "memo cannot keep"),
        ("memo[1] = 'x' memo.y = 1", "a key that is no text"),
        ("memo.l = { 1, x = 2 }", "both numbers and names"),
        ("memo.s = string.rep('x', 5000)", "memo is too large"),
        ("local t = {} for i = 1, 2e5 do t[i] = i end memo.t = t", "memo is too large"),
        ("memo.me = memo", "nested too deep"),
        ("memo.list = { memo }", "memo cannot keep itself"),
        ("memo.n = 0/0", "not a number"),
        ("memo.b = '\\255'", "memo cannot keep bytes"),
    ];
    for (body, message) in refused {
        let error = error(&format!("{body}\nreturn stay()"));
        assert!(error.message.contains(message), "{body}: {}", error.message);
        assert_eq!(error.kind, StepErrorKind::BadAnswer, "{body}");
    }
}

const EVENTS: &str = r#"
workflow "w" { lane = "contact", start = "s" }
always {
  on_deceased = function() return become "w" end,
  on_promise = function() return finish "always" end,
}
stage "s" {
  enter = function() return stay() end,
  on_promise = function(case, promise)
    if promise.paid ~= nil then return finish "paid" end
    if promise.amount < yuan(10) then return finish(promise.amuont) end
    return wait_until(promise.due_on + 1 * days, "t")
  end,
  on_call_reported = function(case, report)
    if report.person == 21 then visit() end
    memo.last = report.outcome
  end,
  on_payment = function(case, payment) return finish(payment.entry) end,
}
stage "t" { finish = "done" }
"#;

fn happened(kind: &str, payload: &[(&str, Value)]) -> Result<Answer, StepError> {
    let (event, facts, memo) = (event(kind, payload), facts(), Map::new());
    let trigger = Trigger::Event(&event);
    let stage = "s";
    worker(&[("w.lua", EVENTS)]).ask(&Ask {
        workflow: "w",
        stage,
        trigger,
        facts: &facts,
        memo: &memo,
    })
}

#[test]
fn the_stage_answers_an_event_before_always_does() {
    let due = json!(TODAY.to_string());
    let amount = json!(500_000);
    let promised = [("due_on", due.clone()), ("amount", amount), ("paid", Value::Null)];
    let answer = happened("promise", &promised).expect("it waits");
    assert_eq!(answer.decision, wait(WaitRule::Until(date(2026, 11, 24))));
    let answer = happened("deceased", &[]).expect("always answers");
    assert_eq!(answer.decision, Decision::Become { workflow: "w".to_owned() });
    let answer = happened("cured", &[]).expect("nobody answers");
    assert_eq!((answer.decision, answer.handled), (Decision::Stay, false));
    let error =
        happened("promise", &[("amount", json!(5))]).expect_err("a misspelt field");
    assert!(error.message.contains("did you mean `amount`"), "{}", error.message);
}

#[test]
fn a_handler_that_returns_nothing_stays_and_keeps_its_orders_and_memo() {
    let reported = [("outcome", json!("promised")), ("person", json!(21))];
    let answer = happened("call_reported", &reported).expect("it stays");
    assert_eq!((&answer.decision, answer.handled), (&Decision::Stay, true));
    assert_eq!(answer.orders.len(), 1);
    assert_eq!(answer.memo.map(Value::Object), Some(json!({ "last": "promised" })));
    let answer = happened("payment", &[("entry", json!(77))]).expect("ids cross as text");
    assert_eq!(answer.decision, Decision::Finish { reason: "77".to_owned() });
}

#[test]
fn a_plain_stage_gives_its_orders_in_the_order_written() {
    let text = r#"
workflow "w" { lane = "contact", start = "s", settings = { first_wait = 3 * workdays } }
stage "s" { visit = { mode = "pair" }, sms = "remind_1", call = { script = "first" },
  wait = setting.first_wait, next = "t" }
stage "t" { become = "w" }
"#;
    let files =
        [("w.lua", text), ("settings.toml", "[w]\nfirst_wait = \"5 workdays\"\n")];
    let answer = fixture::enter(&mut worker(&files), &facts()).expect("it waits");
    let verbs: Vec<&str> =
        answer.orders.iter().map(|order| order.verb.as_str()).collect();
    assert_eq!(verbs, ["visit", "sms", "call"]);
    assert_eq!(answer.decision, wait(WaitRule::Workdays(5)), "settings.toml overrides");
    assert!(
        answer.orders.iter().all(|order| order.to == Some(PartyId(21))),
        "to the debtor"
    );
    assert_eq!(answer.line, "w.lua:3");
}

#[test]
fn become_keeps_the_lane_and_start_may_leave_it() {
    let of = |lane: &str, body: &str| {
        format!(
            "workflow \"{lane}\" {{ lane = \"{lane}\", start = \"s\" }}\nstage \"s\" {{ enter = \
             function() {body} end }}"
        )
    };
    let watch = of("clocks", "return finish 'x'");
    let ask = |body: &str| {
        let files = [("w.lua", around(body)), ("clocks.lua", watch.clone())];
        let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
        fixture::enter(&mut worker(&files), &facts())
    };
    let answer = ask("start 'clocks' start 'clocks' return stay()").expect("it starts");
    assert_eq!(answer.starts, ["clocks"]);
    let error = ask("return become 'clocks'").expect_err("another lane");
    assert!(error.message.contains("use start"), "{}", error.message);
    assert_eq!(error.kind, StepErrorKind::BadAnswer);
}

#[test]
fn where_sees_the_event_that_brings_a_case_in() {
    let text = "workflow \"w\" { lane = \"contact\", start = \"s\", enrol = { on = \
        'payment', where = function(case, payment) return payment.days_past_due > 0 end } }\n\
        stage \"s\" { finish = 'x' }";
    let mut worker = worker(&[("w.lua", text)]);
    for (days, wanted) in [(0, false), (1, true)] {
        let payload = Map::from_iter([("days_past_due".to_owned(), json!(days))]);
        let event = Event { id: EventId(1), kind: "payment".to_owned(), payload };
        assert_eq!(worker.wants("w", &facts(), Some(&event)), Ok(wanted), "{days}");
    }
}

#[test]
fn where_says_yes_or_no_and_nothing_else() {
    let wants = |body: &str| {
        let text = format!(
            "workflow \"w\" {{ lane = \"contact\", start = \"s\", enrol = {{ on = \
             'deceased', where = function(case) {body} end }} }}\nstage \"s\" {{ finish = 'x' }}"
        );
        worker(&[("w.lua", &text)]).wants("w", &facts(), None)
    };
    assert_eq!(wants("return case.village == '李村'"), Ok(true));
    assert_eq!(wants("return case.village == '王村'"), Ok(false));
    assert_eq!(wants(""), Ok(false));
    for body in ["return 1", "sms 'remind_1' return true", "return stay()", "start 'w'"] {
        assert!(wants(body).is_err(), "{body}");
    }
}

#[test]
fn no_text_tells_where_a_value_lies_in_memory() {
    let table = [
        ("tostring({})", "table"),
        ("tostring(type)", "function"),
        ("string.format('%*', {})", "table"),
        ("('%* %d'):format({}, 7)", "table 7"),
        ("`{ {} } {type}`", "table function"),
        ("tostring(12) .. tostring(nil) .. tostring(true)", "12niltrue"),
        ("tostring(today())", &TODAY.to_string()),
        ("string.format('%5.2f|%q|%*', 1.5, 'a', nil)", " 1.50|\"a\"|nil"),
    ];
    for (expression, text) in table {
        let answer = entered(&format!("return finish({expression})"));
        let answer = answer.unwrap_or_else(|error| panic!("{expression}: {error}"));
        let reason = text.to_owned();
        assert_eq!(answer.decision, Decision::Finish { reason }, "{expression}");
    }
}

#[test]
fn an_error_tells_the_same_in_every_run() {
    let raised = error("error({})");
    assert!(!raised.message.contains("0x"), "{raised}");
    let raised = error("return finish(string.format('%*%d', {}, {}))");
    assert!(!raised.message.contains("sandbox:"), "{raised}");
}

#[test]
fn nothing_of_one_call_reaches_the_next() {
    let body = "kept = kept or {}";
    assert!(error(body).message.contains("local"), "globals cannot be made");
    let text =
        format!("local kept\n{}", around("kept = kept or case return finish(kept.no)"));
    let mut worker = worker(&[("w.lua", &text)]);
    assert!(fixture::enter(&mut worker, &facts()).is_ok());
    let error =
        fixture::enter(&mut worker, &facts()).expect_err("the first case is gone");
    assert!(error.message.contains("不再") || error.message.contains("失效"), "{error}");
    let text = format!("local kept\n{}", around("kept = kept or stay() return kept"));
    let mut worker = fixture::worker(&[("w.lua", &text)]);
    assert!(fixture::enter(&mut worker, &facts()).is_ok());
    assert!(fixture::enter(&mut worker, &facts()).is_err(), "nor can a decision be kept");
}

/// A workflow with text before it, asked twice with the same facts.
fn twice(before: &str, body: &str) -> [Result<Answer, StepError>; 2] {
    let text = format!("{before}\n{}", around(body));
    let mut worker = worker(&[("w.lua", &text)]);
    [fixture::enter(&mut worker, &facts()), fixture::enter(&mut worker, &facts())]
}

#[test]
fn the_tables_of_a_file_are_closed_once_it_is_loaded() {
    let told = [
        ("local t = { n = 0 }", "t.n = t.n + 1 return stay()"),
        ("local t = { inner = { n = 0 } }", "t.inner.n = 1 return stay()"),
        ("local t = {}", "table.insert(t, 1) return stay()"),
        ("local t = { 2, 1 }", "table.sort(t) return stay()"),
        // Reached through a function alone, or made where no name leads.
        ("local t = {} local function add() t.n = 1 end", "add() return stay()"),
        (
            "local function keeper() local kept = {} return function() kept.n = 1 end end \
             local add = keeper()",
            "add() return stay()",
        ),
        ("local t = { add = {} } local alias = t.add", "alias.n = 1 return stay()"),
        ("local t = table.pack(1)", "t.n = 7 return stay()"),
    ];
    for (before, body) in told {
        for answer in twice(before, body) {
            let error = answer.expect_err(body);
            assert_eq!(error.kind, StepErrorKind::Script, "{body}: {error}");
            assert!(error.message.contains("memo"), "{body}: {error}");
            assert!(0 < error.line, "{body} names its line: {error:?}");
        }
    }
    for answer in twice(
        "local t = { n = 2 }",
        "local own = { n = t.n } own.n = 3 return finish(own.n .. t.n)",
    ) {
        let finished = Decision::Finish { reason: "32".to_owned() };
        assert_eq!(answer.expect("a copy may be changed").decision, finished);
    }
}

#[test]
fn a_table_of_the_file_is_copied_into_the_memo() {
    let before = "local fresh = { tries = 0, days = { 1, 2 } }";
    let body = "memo.m = memo.m or fresh memo.m.tries = memo.m.tries + 1
                table.insert(memo.m.days, 3) return finish('try ' .. memo.m.tries)";
    for answer in twice(before, body) {
        let answer = answer.expect("the copy may be changed");
        assert_eq!(answer.decision, Decision::Finish { reason: "try 1".to_owned() });
        let kept = json!({ "m": { "tries": 1, "days": [1, 2, 3] } });
        assert_eq!(answer.memo.map(Value::Object), Some(kept));
    }
    // What a call makes itself stays what the script holds.
    let own = entered("local t = {} memo.t = t t.n = 1 return stay()").expect("its own");
    assert_eq!(own.memo.map(Value::Object), Some(json!({ "t": { "n": 1 } })));
}

#[test]
fn the_memo_can_be_walked_through() {
    let memo = json!({ "b": 2, "a": 1 });
    let Value::Object(memo) = memo else { unreachable!("it is an object") };
    for walk in ["pairs(memo)", "memo", "next, memo"] {
        let body = format!(
            "local n = 0 for _, value in {walk} do n = n + value end return finish('' .. n)"
        );
        let mut worker = worker(&[("w.lua", &around(&body))]);
        let answer = fixture::enter_with(&mut worker, &facts(), &memo);
        let decision = answer.unwrap_or_else(|error| panic!("{walk}: {error}")).decision;
        assert_eq!(decision, Decision::Finish { reason: "3".to_owned() }, "{walk}");
    }
    assert!(error("table.insert(memo, 1) return stay()").message.contains("名字"));
}

#[test]
fn tables_are_walked_through_in_the_order_of_their_keys() {
    let cases = [
        ("{ 30, 10, 20 }", "1=30 2=10 3=20 "),
        (
            "{ zebra = 1, apple = 2, [3] = 3, [-1] = 4, [true] = 5 }",
            "-1=4 3=3 apple=2 zebra=1 true=5 ",
        ),
        ("{}", ""),
    ];
    for (table, expected) in cases {
        let body = format!(
            "local text = '' for k, v in pairs({table}) do text = text .. tostring(k) .. '=' .. v .. ' ' end \
             return finish(text .. '.')"
        );
        let decision = entered(&body).expect(table).decision;
        assert_eq!(decision, Decision::Finish { reason: format!("{expected}.") });
    }
    // An entry may be taken out on the way.
    let gone = "local t = { a = 1, b = 2, c = 3 } local n = 0
                for k in pairs(t) do t.b = nil n = n + 1 end return finish('' .. n)";
    let decision = entered(gone).expect("two are left").decision;
    assert_eq!(decision, Decision::Finish { reason: "2".to_owned() });
    for key in ["{}", "function() end", "date '2026-01-01'", "case"] {
        for walk in ["pairs(t)", "next, t"] {
            let told = error(&format!(
                "local t = {{ [{key}] = 1 }} for k in {walk} do end return stay()"
            ));
            assert!(told.message.contains("order"), "{key}: {told}");
        }
    }
}

#[test]
fn a_day_lies_in_the_years_of_loans_and_people() {
    for day in ["date '-009999-01-01'", "date '1899-12-31'", "date '2200-01-01'"] {
        let told = error(&format!("return wait_until({day}, 't')"));
        assert!(told.message.contains("1900"), "{day}: {told}");
    }
    let told = error("return wait_until(today() + 80000 * days, 't')");
    assert!(told.message.contains("2199"), "{told}");
    assert!(entered("return wait_until(date '1900-01-01', 't')").is_ok());
}
