//! Tests that staff write (流程测试), against a scenario made of lists.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use domain::decision::WaitRule;
use domain::duty::Assignee;
use domain::guard::Bounds;
use domain::limitation::ClockActKind;
use domain::money::Fen;
use domain::role::Role;
use domain::say::Lang;
use domain::status::OrderStatus;
use jiff::civil::Date;
use script::loading::load;
use script::program::Program;
use script::sandbox::limits::Limits;
use script::testing::{
    CaseHandle, CaseSpec, CaseState, Failure, OpenTask, Outcome, RefusedOrder, Scenario,
    SentOrder, Stand, TestFile, TestResult,
};
use serde_json::{Map, Value};

mod fixture;

type Log = Rc<RefCell<Vec<String>>>;

/// Writes down what it is asked and answers from a fixed book.
struct Book {
    log: Log,
    sent: Vec<SentOrder>,
    state: CaseState,
    today: Date,
}

impl Book {
    #[expect(clippy::unnecessary_wraps, reason = "the last line of most methods")]
    fn note(&self, text: String) -> Result<(), String> {
        self.log.borrow_mut().push(text);
        Ok(())
    }
}

impl Scenario for Book {
    fn case(&mut self, spec: &CaseSpec) -> Result<CaseHandle, String> {
        if spec.village.as_deref() == Some("无") {
            return Err("没有村子 “无” · no such village".to_owned());
        }
        self.note(format!(
            "case {} {} {}",
            spec.overdue, spec.days_past_due, spec.guarantors
        ))?;
        Ok(CaseHandle(7))
    }

    fn knows(&self, workflow: &str) -> Result<(), String> {
        let known = ["remind", "visit"].contains(&workflow);
        if known { Ok(()) } else { Err(format!("没有流程 “{workflow}”")) }
    }

    fn set(
        &mut self,
        workflow: &str,
        values: BTreeMap<String, Value>,
    ) -> Result<(), String> {
        let values = Value::Object(values.into_iter().collect());
        self.note(format!("set {workflow} {values}"))
    }

    fn uses(&mut self, workflow: &str) {
        self.log.borrow_mut().push(format!("uses {workflow}"));
    }

    fn enrol(&mut self, case: CaseHandle, workflow: &str) -> Result<(), String> {
        self.state = CaseState {
            workflow: workflow.to_owned(),
            stage: "first_sms".to_owned(),
            status: Stand::Waiting,
            finish_reason: None,
            path: vec!["first_sms".to_owned()],
        };
        let template = Some("remind_1".to_owned());
        let (to_role, status, at) = (
            Some("borrower".to_owned()),
            OrderStatus::Delivered,
            "2026-11-23 09:00".to_owned(),
        );
        self.sent.push(SentOrder {
            verb: "sms".to_owned(),
            template,
            to_role,
            status,
            at,
        });
        self.note(format!("enrol {} {workflow}", case.0))
    }

    fn advance(&mut self, by: WaitRule) -> Result<(), String> {
        self.note(format!("advance {by:?}"))
    }

    fn pay(&mut self, _: CaseHandle, amount: Fen) -> Result<(), String> {
        self.state.finish_reason = Some("cured".to_owned());
        self.state.status = Stand::Finished;
        self.note(format!("pay {amount}"))
    }

    fn reverse_last_payment(&mut self, _: CaseHandle) -> Result<(), String> {
        self.note("reverse".to_owned())
    }

    fn promise(
        &mut self,
        _: CaseHandle,
        due_on: Date,
        amount: Option<Fen>,
    ) -> Result<(), String> {
        self.note(format!("promise {due_on} {amount:?}"))
    }

    fn event(
        &mut self,
        _: CaseHandle,
        kind: &str,
        payload: Map<String, Value>,
    ) -> Result<(), String> {
        self.note(format!("event {kind} {}", Value::Object(payload)))
    }

    fn clock_act(
        &mut self,
        _: CaseHandle,
        act: ClockActKind,
        guarantor: Option<usize>,
    ) -> Result<(), String> {
        self.note(format!("clock {act} {guarantor:?}"))
    }

    fn guard(
        &mut self,
        bounds: &Bounds,
        book_stale_after: Option<u32>,
    ) -> Result<(), String> {
        let Bounds { times, at_least, visits_per_collector: visits, .. } = bounds;
        let stale = book_stale_after;
        let said = format!("guard {times} {at_least} {visits} {stale:?}");
        self.note(said)
    }

    fn bank_file(&mut self) -> Result<(), String> {
        self.note("bank_file".to_owned())
    }

    fn let_go(&mut self) -> Result<(), String> {
        self.note("let_go".to_owned())
    }

    fn held(&mut self) -> Result<Vec<String>, String> {
        Ok(vec!["sms".to_owned(), "call".to_owned(), "sms".to_owned()])
    }

    fn report(
        &mut self,
        case: CaseHandle,
        verb: &str,
        outcome: &str,
        payload: Map<String, Value>,
    ) -> Result<(), String> {
        self.note(format!(
            "report {} {verb} {outcome} {}",
            case.0,
            Value::Object(payload)
        ))
    }

    fn approve(&mut self, verb: &str) -> Result<(), String> {
        self.note(format!("approve {verb}"))
    }

    fn sent(&mut self) -> Result<Vec<SentOrder>, String> {
        Ok(self.sent.clone())
    }

    fn refused(&mut self) -> Result<Vec<RefusedOrder>, String> {
        let rules = vec!["R04-night".to_owned()];
        Ok(vec![RefusedOrder { verb: "call".to_owned(), rules, at: "22:30".to_owned() }])
    }

    fn tasks(&mut self) -> Result<Vec<OpenTask>, String> {
        let by = Some(Assignee::Role { role: Role::Supervisor });
        let visit = OpenTask { kind: "visit".to_owned(), by: None };
        Ok(vec![visit, OpenTask { kind: "gate".to_owned(), by }])
    }

    fn states(&mut self, _: CaseHandle) -> Result<Vec<CaseState>, String> {
        let none = self.state.workflow.is_empty();
        Ok(if none { Vec::new() } else { vec![self.state.clone()] })
    }

    fn today(&self) -> Date {
        self.today
    }
}

/// The workflow whose settings tests speak of.
const REMIND: &str = r#"
workflow "remind" {
  title = "提醒", lane = "contact", start = "a",
  settings = {
    first_wait = { 3 * workdays, min = 1 * workdays, max = 10 * workdays, title = "先等" },
    cap = { yuan(5000), unit = "yuan" },
    most = 3,
  },
}
stage "a" { wait = setting.first_wait, next = "a" }
"#;

fn run_with(text: &str, limits: &Limits) -> (Vec<TestResult>, Vec<String>) {
    let log = Log::default();
    let scenario = || -> Result<Box<dyn Scenario>, String> {
        let (log, state) = (Rc::clone(&log), CaseState::default());
        Ok(Box::new(Book { log, sent: Vec::new(), state, today: fixture::TODAY }))
    };
    let catalog = fixture::catalog();
    let program =
        load(&fixture::folder(&[("remind.lua", REMIND)]), &catalog, limits).program;
    let file = TestFile::read("remind_test.lua", text, &program, &catalog, limits);
    let results = match file {
        Ok(file) => file.places().map(|place| file.run(place, scenario())).collect(),
        Err(broken) => vec![*broken],
    };
    let log = log.borrow().clone();
    (results, log)
}

fn run(text: &str) -> (Vec<TestResult>, Vec<String>) {
    run_with(text, &Limits::for_tests())
}

/// The failure of a test with this body, whose first line is line 2.
fn failure(body: &str) -> Failure {
    let (results, _) = run(&format!("test('x', function(t)\n{body}\nend)"));
    match &results[..] {
        [TestResult { outcome: Outcome::Failed(failure), .. }] => failure.clone(),
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn a_test_speaks_of_settings_and_gives_them_other_values() {
    let (results, log) = run(r#"
local long = setting.first_wait
test("as declared", function(t)
  t.advance(setting.first_wait)
  t.advance(setting("remind").first_wait - 1 * workdays)
  t.pay(t.case {}, setting.cap)
end)
test("other values", function(t)
  t.settings { first_wait = 4 * days, cap = yuan(99.5), most = setting.most - 1 }
  t.advance(setting.first_wait)
  t.settings("remind", { first_wait = long })
  t.advance(setting.first_wait)
  if setting.most ~= 2 then error("most") end
end)
"#);
    assert!(results.iter().all(TestResult::passed), "{results:?}");
    assert_eq!(
        log,
        [
            "advance Workdays(3)",
            "advance Workdays(2)",
            "case 1000.00 1 0",
            "pay 5000.00",
            "uses remind",
            "set remind {\"cap\":\"99.50 yuan\",\"first_wait\":\"4 days\",\"most\":2}",
            "advance Days(4)",
            "set remind {\"first_wait\":\"3 workdays\"}",
            "advance Workdays(3)",
            "uses remind",
        ]
    );
    let wrong = [
        ("t.settings { first_wait = 30 * days }", "`first_wait`(先等)"),
        ("t.settings { first_wait = 0 * days }", "1 个工作日到 10 个工作日"),
        ("t.settings { first_wait = 3 }", "first_wait = \"3 workdays\""),
        ("t.settings { frist_wait = 3 * days }", "first_wait"),
        ("t.settings('remnid', { most = 3 })", "remind"),
        ("t.settings()", "t.settings { call_after = 3 * days }"),
        ("t.advance(setting.frist_wait)", "first_wait"),
        ("t.advance(setting('remnid').first_wait)", "remind"),
        ("setting.most = 4", "只能读"),
    ];
    for (line, said) in wrong {
        let failure = failure(line);
        assert_eq!(failure.line, 2, "{line}");
        assert!(failure.got.contains(said), "{line}: {}", failure.got);
    }
}

#[test]
fn every_method_reaches_the_world_with_checked_values() {
    let (results, log) = run(r#"
test("everything", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5, guarantors = 1 }
  t.enrol(c)
  t.expect_sent("sms", "remind_1")
  t.expect_nothing_sent()
  t.expect_stage(c, "first_sms")
  t.expect_workflow(c, "remind")
  t.expect_waiting(c)
  t.expect_refused("call", "R04")
  t.expect_task("visit")
  t.expect_task("gate", { by = role "supervisor" })
  t.expect_no_task("call")
  t.advance(2 * days)
  t.advance(3 * workdays)
  t.advance(hours)
  t.promise(c, { in_days = 3, amount = yuan(50) })
  t.promise(c, { due_on = t.today() + 4 * days })
  t.event(c, "call_reported", { outcome = "no_answer" })
  t.event(c, "complaint")
  t.report_call("promised")
  t.report_visit(c, "not_home", { on = date "2026-11-25", left_note = true })
  t.approve("file_suit")
  t:pay(c, yuan(5000))
  t.reverse_last_payment(c)
  t.expect_finished("cured")
  t.expect_finished("cured", c)
end)
"#);
    assert!(results[0].passed(), "{}", results[0].render(Lang::En));
    assert_eq!(results[0].name, "everything");
    assert_eq!(results[0].line, 2);
    assert_eq!(
        log,
        [
            "case 5000.00 5 1",
            "enrol 7 remind",
            "advance Days(2)",
            "advance Workdays(3)",
            "advance Hours(1)",
            "promise 2026-11-26 Some(Fen(5000))",
            "promise 2026-11-27 None",
            r#"event call_reported {"outcome":"no_answer"}"#,
            "event complaint {}",
            "report 7 call promised {}",
            r#"report 7 visit not_home {"left_note":true,"on":"2026-11-25"}"#,
            "approve file_suit",
            "pay 5000.00",
            "reverse",
        ]
    );
}

#[test]
fn a_test_enters_an_act_about_the_clocks() {
    let (results, log) = run(r#"
test("entered", function(t)
  local c = t.case { overdue = yuan(500) }
  t.clock_act(c, "debtor_sued")
  t.clock_act(c, "guarantor_demanded", 2)
end)
test("no such act", function(t)
  t.clock_act(t.case { overdue = yuan(500) }, "debtor_sue")
end)
test("no such place", function(t)
  t.clock_act(t.case { overdue = yuan(500) }, "guarantor_demanded", 0)
end)
"#);
    let entered: Vec<&String> = log.iter().filter(|it| it.starts_with("clock")).collect();
    assert_eq!(entered, ["clock debtor_sued None", "clock guarantor_demanded Some(2)"]);
    let said = |at: usize| results[at].render(Lang::En);
    assert!(results[0].passed(), "{}", said(0));
    assert!(said(1).contains("`debtor_sue`"), "{}", said(1));
    assert!(said(2).contains("write it as t.clock_act"), "{}", said(2));
}

#[test]
fn a_test_asks_for_the_guard_and_an_old_book() {
    let (results, log) = run(r#"
test("guarded", function(t)
  t.guard()
  t.guard { times = 1, at_least = 2, visits_per_collector = 3, book_stale_after = 4 * workdays }
  t.bank_file()
  t.expect_held("sms")
  t.expect_held("sms", 2)
  t.let_go()
end)
test("not held", function(t) t.expect_held("sms", 3) end)
test("no such bound", function(t) t.guard { at_last = 2 } end)
test("no number", function(t) t.guard { at_least = "many" } end)
test("no times", function(t) t.guard { times = 0 } end)
test("another unit", function(t) t.guard { at_least = 3 * workdays } end)
test("never so old", function(t) t.guard { book_stale_after = 91 } end)
test("no count", function(t) t.expect_held("sms", "remind_1") end)
test("no verb", function(t) t.expect_held("smss", 0) end)
"#);
    assert_eq!(
        log,
        ["guard 2 100 20 None", "guard 1 2 3 Some(4)", "bank_file", "let_go"]
    );
    let said = |at: usize| results[at].render(Lang::En);
    assert!(results[0].passed(), "{}", said(0));
    for (at, wanted) in [
        (1, "sms × 3 held"),
        (2, "no `at_last`"),
        (3, "`at_least` of t.guard cannot be `many`"),
        (4, "`times` of t.guard cannot be `0`: a whole number from 1"),
        (5, "`at_least` of t.guard cannot be"),
        (6, "from 1 to 90"),
        (7, "t.expect_held(\"sms\", 2)"),
        (8, "no verb `smss`"),
    ] {
        assert!(said(at).contains(wanted), "{}", said(at));
    }
}

#[test]
fn a_failure_tells_line_expectation_place_and_path() {
    let failure = failure(
        "local c = t.case {}\nt.enrol(c, 'visit')\nt.expect_stage(c, 'hand_over')",
    );
    assert_eq!(failure.line, 4);
    assert_eq!(failure.expected, "环节 hand_over · stage hand_over");
    assert_eq!(failure.place, "visit/first_sms, waiting");
    assert_eq!(failure.path, ["first_sms"]);
    let result = TestResult {
        name: "x".to_owned(),
        file: "remind_test.lua".to_owned(),
        line: 1,
        outcome: Outcome::Failed(failure),
        met: Vec::new(),
    };
    assert_eq!(
        result.render(Lang::En),
        "remind_test.lua:4: the test failed: “x”\n  expected: stage hand_over\n  \
         got:      visit/first_sms, waiting\n  now:      visit/first_sms, waiting\n  \
         path:     first_sms"
    );
    assert_eq!(
        result.render(Lang::Zh),
        "remind_test.lua:4:测试未通过 “x”\n  应为:环节 hand_over\n  \
         实际:visit/first_sms,等待中\n  案件现在:visit/first_sms,等待中\n  走过:first_sms"
    );
}

#[test]
fn expectations_that_do_not_hold_fail_the_test() {
    let bodies = [
        ("t.case {} t.expect_sent('sms')", "nothing new was sent"),
        (
            "t.enrol(t.case {}) t.expect_sent('sms', 'remind_2')",
            "sms remind_1 → borrower",
        ),
        ("t.enrol(t.case {}) t.expect_sent('sms', { to = 'guarantor' })", "sms remind_1"),
        ("t.enrol(t.case {}) t.expect_sent('sms') t.expect_sent('sms')", "nothing new"),
        ("t.enrol(t.case {}) t.expect_nothing_sent()", "sms remind_1"),
        ("t.case {} t.expect_refused('sms')", "call R04-night"),
        ("t.case {} t.expect_refused('call', 'R05')", "call R04-night"),
        (
            "t.case {} t.expect_refused('call') t.expect_refused('call')",
            "nothing was refused",
        ),
        ("t.case {} t.expect_finished('cured')", "the case is in no workflow"),
        ("t.enrol(t.case {}) t.expect_finished('cured')", "remind/first_sms, waiting"),
        ("t.enrol(t.case {}) t.expect_workflow(nil, 'visit')", "remind/first_sms"),
        (
            "local c = t.case {} t.enrol(c) t.pay(c, 1) t.expect_waiting(c)",
            "finished (cured)",
        ),
        ("t.case {} t.expect_task('call')", "visit"),
        ("t.case {} t.expect_no_task('visit')", "visit"),
        (
            "t.case {} t.expect_task('gate', { by = role 'legal' })",
            "gate by = role \"supervisor\"",
        ),
    ];
    for (body, got) in bodies {
        let failure = failure(body);
        assert!(failure.got.contains(got), "{body}: {failure:?}");
        assert_eq!(failure.line, 2, "{body}");
    }
}

#[test]
fn mistakes_in_a_test_are_told_with_a_suggestion() {
    let bodies = [
        ("t.expect_snet('sms')", "did you mean `expect_sent`"),
        ("t.case { overdeu = 5 }", "did you mean `overdue`"),
        ("t.case { overdue = 'x' }", "cannot be `x`"),
        ("t.case { village = '无' }", "no such village"),
        ("t.enrol()", "make one with t.case"),
        ("t.enrol(5)", "a case from t.case is needed"),
        ("t.advance(5)", "t.advance(2 * days)"),
        ("t.pay(t.case {}, 0.5)", "t.pay(c, yuan(5000))"),
        ("t.event(t.case {}, 'complain')", "did you mean `complaint`"),
        (
            "t.event(t.case {}, 'call_reported', { outcom = 'x' })",
            "did you mean `outcome`",
        ),
        ("t.event(t.case {}, 'call_reported', { outcome = 5 })", "must be text"),
        ("t.promise(t.case {}, {})", "in_days = 3"),
        ("t.case({}).stage = 1", "only memo may be written"),
        ("local x = t.case({}).stage", "look with t.expect_"),
        ("os.exit()", "use today()"),
        ("sms 'remind_1'", "unknown name `sms`"),
        ("error('自己的话')", "自己的话"),
        ("local x = nil + 1", "空值"),
    ];
    for (body, message) in bodies {
        let failure = failure(body);
        assert!(failure.got.contains(message), "{body}: {failure:?}");
        assert_eq!(failure.line, 2, "{body}");
    }
}

#[test]
fn a_test_that_never_ends_fails_and_the_next_one_runs() {
    let text = "local seen = 0\ntest('loops', function(t) while true do end end)\n\
                test('fresh', function(t) seen = seen + 1 t.case {} if seen ~= 1 then error('x') end end)";
    let limits = Limits { ticks: 100_000, ..Limits::for_tests() };
    let (results, log) = run_with(text, &limits);
    assert!(
        !results[0].passed() && results[0].render(Lang::En).contains("too many steps")
    );
    assert!(results[1].passed(), "{}", results[1].render(Lang::En));
    assert_eq!(log, ["case 1000.00 1 0"]);
}

#[test]
fn a_file_without_tests_or_with_a_syntax_error_is_one_failed_test() {
    let files = [
        ("", "no test"),
        ("test('x', function(t)", "<eof>"),
        ("x = 1", "local"),
        ("test('x')", "write a test as"),
    ];
    for (text, got) in files {
        let (results, _) = run(text);
        assert_eq!(results.len(), 1, "{text}");
        assert!(
            results[0].render(Lang::En).contains(got),
            "{text}: {}",
            results[0].render(Lang::En)
        );
    }
}

#[test]
fn a_world_that_cannot_be_made_fails_the_test() {
    let text = "test('x', function(t) end)";
    let catalog = fixture::catalog();
    let (program, limits) = (Program::default(), Limits::for_tests());
    let file = TestFile::read("a_test.lua", text, &program, &catalog, &limits);
    let result = file.unwrap().run(0, Err("没有地方 · no room".to_owned()));
    assert!(result.render(Lang::En).contains("no room"));
}
