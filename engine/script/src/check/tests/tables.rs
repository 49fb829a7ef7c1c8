//! The tables of the checks (检查用例): a few lines of script, the codes expected.

/// What stands in `enter`, and the codes it gives.
pub(super) const LINES: &[(&str, &[&str])] = &[
    // Names.
    ("smss \"remind_1\"", &["W005"]),
    ("local x = y", &["W005"]),
    ("local x = string.upper(\"a\")", &[]),
    ("local y = 1 local x = y", &[]),
    ("os.exit()", &["W006"]),
    ("local f = io.open(\"a\")", &["W006"]),
    ("require \"b\"", &["W006"]),
    ("local x = math.random(3)", &["W006"]),
    ("local x = math.floor(3)", &[]),
    ("local x = table.clone({})", &["W005"]),
    ("local x = string.uper(\"a\")", &["W005"]),
    ("local os = 1 local x = os", &[]),
    // Verbs and their arguments.
    ("sms \"remind_1\"", &[]),
    ("sms { template = \"remind_1\", to = case.debtor }", &[]),
    ("sms { template = \"remind_1\", too = case.debtor }", &["W007"]),
    ("sms { \"remind_1\" }", &["W008", "W007"]),
    ("sms()", &["W008"]),
    ("call { by = case.collector }", &[]),
    ("call { by = role \"supervisor\" }", &[]),
    ("call { by = role \"主管\" }", &[]),
    ("call { by = role \"supervisr\" }", &["W038"]),
    ("call { by = role \"auditor\" }", &["W038"]),
    ("call { by = \"supervisor\" }", &["W009"]),
    ("call { to = role \"supervisor\" }", &["W009"]),
    ("call { by = role(3) }", &["W009"]),
    ("call { by = \"王建国\" }", &[]),
    ("call {}", &[]),
    ("file_suit { urgent = true }", &["W008"]),
    ("call { to = \"张三\" }", &["W009"]),
    ("call { to = case.collector }", &["W009"]),
    ("call \"x\"", &["W009"]),
    ("if #case.guarantors > 0 then call { to = case.guarantors[1] } end", &[]),
    ("call { to = case.guarantors }", &["W009"]),
    ("visit { on = \"2026-11-23\" }", &["W009"]),
    ("visit { on = date \"2026-11-23\" }", &[]),
    ("visit { on = today() + 3 * days }", &[]),
    ("visit { on = today() + 3 * workdays }", &["W009"]),
    ("visit { tries = 1.5 }", &["W009"]),
    ("visit { tries = 3 }", &[]),
    ("visit { tries = case.visits }", &[]),
    ("file_suit { amount = case.overdue }", &[]),
    ("file_suit { amount = \"500\" }", &["W009"]),
    ("file_suit { amount = yuan(500), urgent = \"yes\" }", &["W009"]),
    ("file_suit { amount = yuan(500), form = \"plain\" }", &[]),
    ("file_suit { amount = yuan(500), form = \"plan\" }", &["W009"]),
    ("file_suit { amount = yuan(500), then_open = \"nothing\" }", &["W004"]),
    ("sms \"remind_2\"", &["W010"]),
    ("local NAME = \"remind_1\" sms(NAME)", &[]),
    // Fields.
    ("local d = case.debtor local x = d.alive", &[]),
    ("local d = case.debtor local x = d.name", &["W012"]),
    ("local x = case.debtor.phone", &["W012"]),
    ("local x = case.guarantors[1].alive", &[]),
    ("for _, g in ipairs(case.guarantors) do local x = g.rolle end", &["W012"]),
    ("for _, g in ipairs(case.guarantors) do call { to = g } end", &[]),
    ("for _, g in case.guarantors do local x = g.rolle end", &["W012"]),
    ("local x = case.guarantors.role", &["W012"]),
    ("local x = today().yaer", &["W012"]),
    ("local x = case:close()", &["W012"]),
    ("local x = case[\"day_past_due\"]", &["W012"]),
    ("local function f(case) return case.oops end local x = f(case)", &["W012"]),
    ("local x = setting.first_wait", &["W013"]),
    // Decisions and built-in words.
    ("wait(3 * days, \"first\")", &["W014"]),
    ("if true then return wait(3 * days, \"frist\") end", &["W003"]),
    ("if true then return wait(3, \"first\") end", &["W009"]),
    ("if true then return wait(\"first\", 3 * days) end", &["W009"]),
    ("if true then return wait(3, days, \"first\") end", &["W009"]),
    ("if true then return wait_until(3 * days, \"first\") end", &["W009"]),
    ("if true then return go() end", &["W008"]),
    ("if true then return become \"exampel\" end", &["W004"]),
    ("start \"example\"", &["W030"]),
    ("local x = yuan(\"500\")", &["W009"]),
    ("local x = date \"2026-02-30\"", &["W009"]),
    ("local x = today(1)", &["W007"]),
    ("if true then return pause(\"complain\") end", &["W038"]),
    ("if true then return pause(\"complaint\") end", &[]),
    // Comparisons.
    (
        "for _, g in ipairs(case.guarantors) do local x = g.role == \"borower\" end",
        &["W038"],
    ),
    ("for _, g in ipairs(case.guarantors) do local x = g.role == \"heir\" end", &[]),
    (
        "for _, g in ipairs(case.guarantors) do local x = \"join\" ~= g.guarantee end",
        &["W038"],
    ),
    ("local x = case.village == \"李村\"", &[]),
    ("local x = case.overdue > 100", &["W039"]),
    ("local x = 3000 <= case.balance", &["W039"]),
    ("local x = case.overdue > 0", &[]),
    ("local x = case.overdue > yuan(100)", &[]),
    ("local x = case.days_past_due > 100", &[]),
    ("local x = case.overdue // yuan(1) > 500", &[]),
    ("local x = case.overdue * 100 // case.balance > 50", &[]),
    ("local x = case.overdue // 100 local y = x .. \"\" local z = x >= 500", &[]),
    ("local x = case.overdue // 2 > 500", &["W039"]),
    ("local d = date \"-009999-01-01\"", &["W009"]),
    ("file_suit { amount = 500 }", &["W039"]),
    ("local x = case.balance > 100 * 1", &[]),
    (
        "local due = case.next_due_on if due then return wait_until(due \"first\") end",
        &["W001"],
    ),
    (
        "local d = case.debtor if d then return wait_until(d.guarantee_ends_on + 1 * days, \"first\") end",
        &[],
    ),
    // Comparisons that always or never hold.
    ("if case.village == \"a\" or \"b\" then return stay() end", &["W044"]),
    ("if case.village == \"a\" or \"b\" or \"c\" then return stay() end", &["W044"]),
    ("if case.village ~= \"a\" and \"b\" then return stay() end", &["W044"]),
    ("if case.visits == 1 or 2 then return stay() end", &["W044"]),
    ("local x = case.village == \"a\" or \"b\"", &["W044"]),
    ("local x = case.village == \"a\" and \"b\" or \"c\"", &[]),
    ("local x = case.village == (\"a\" or \"b\")", &["W044"]),
    ("local x = case.village or \"b\"", &[]),
    ("if (case.village or \"b\") == \"b\" then return stay() end", &[]),
    ("local x = case.village ~= \"a\" or case.village ~= \"b\"", &["W044"]),
    ("local x = case.village == \"a\" and case.village == \"b\"", &["W044"]),
    ("local x = case.village == \"a\" or case.village == \"b\"", &[]),
    ("local x = case.village ~= \"a\" and case.village ~= \"b\"", &[]),
    ("local x = case.village == \"a\" and case.product == \"b\"", &[]),
    ("local x = not case.village == \"a\"", &["W044"]),
    ("local x = not (case.village == \"a\")", &[]),
    ("local x = not case.on_hold == true", &[]),
    ("local x = case.on_hold == \"yes\"", &["W044"]),
    ("local x = case.on_hold == true", &[]),
    ("local x = case.days_past_due == \"5\"", &["W044"]),
    ("local x = case.holds == \"complaint\"", &["W044"]),
    ("local x = case.debtor == \"a\"", &["W044"]),
    ("local x = case.debtor == nil", &[]),
    ("local x = table.find(case.holds, \"complaint\")", &[]),
    ("local x = case.next_due_on == \"2026-11-23\"", &["W044"]),
    ("local x = memo.tries == \"a\"", &[]),
    ("local n = 0 n = \"a\" local x = n == \"a\"", &[]),
    (
        "for _, g in ipairs(case.guarantors) do local t = { borower = 1 } local x = t[g.role] end",
        &["W038"],
    ),
    (
        "for _, g in ipairs(case.guarantors) do local t = { heir = 1 } local x = t[g.role] end",
        &[],
    ),
    (
        "for _, g in ipairs(case.guarantors) do local t = { heir = 1, other = 2 } local x = t[g.role] or t.other end",
        &[],
    ),
    ("local t = { near = 1, far = 2 } local x = t.near", &[]),
    (
        "local t = { near = 1, heir = 2 } for _, g in ipairs(case.guarantors) do local x = t[g.role] or t[memo.way] end",
        &[],
    ),
    // What cannot be reckoned or compared.
    ("local x = case.overdue > \"5000\"", &["W009"]),
    ("local x = today() > \"2026-12-01\"", &["W009"]),
    ("local x = today() > date \"2026-12-01\"", &[]),
    ("local x = 1 < case.days_past_due < 30", &["W009"]),
    ("local x = 1 < case.days_past_due and case.days_past_due < 30", &[]),
    ("local x = not case.visits > 3", &["W009"]),
    ("local x = case.on_hold > 3", &["W009"]),
    ("local x = today() - case.oldest_unpaid_on > 3 * days", &[]),
    ("local x = today() - case.oldest_unpaid_on > 3", &["W009"]),
    ("local x = case.village < \"b\"", &[]),
    ("local x = today() + 3", &["W009"]),
    ("local x = 3 * days + 1", &["W009"]),
    ("local x = 3 * days + 1 * days", &[]),
    ("local x = 2 * \"天\"", &["W041"]),
    ("local x = 2 * \"days\"", &["W041"]),
    ("local x = 5 * \"元\"", &["W041"]),
    ("local x = case.visits * yuan", &["W041"]),
    ("local x = case.visits * yuan(5)", &[]),
    ("local x = 1.5 * days", &["W009"]),
    ("local x = 2.0 * days", &[]),
    ("local x = \"a\" .. today()", &["W009"]),
    ("local x = \"a\" .. tostring(today())", &[]),
    ("local x = \"a\" .. case.overdue", &["W041"]),
    ("local x = -today()", &["W009"]),
    // Waits.
    ("if true then return wait(0 * days, \"first\") end", &["W009"]),
    ("if true then return wait(-1 * days, \"first\") end", &["W009"]),
    ("if true then return wait(days * 0, \"first\") end", &["W009"]),
    ("if true then return wait(2 * days - 2 * days, \"first\") end", &["W009"]),
    ("if true then return wait(4000 * days, \"first\") end", &["W009"]),
    ("if true then return wait(4000 * hours, \"first\") end", &[]),
    ("if true then return wait(days, \"first\") end", &[]),
    ("if true then return wait_until_overdue(0, \"first\") end", &["W009"]),
    ("if true then return wait_until_overdue(1.5, \"first\") end", &["W009"]),
    ("if true then return wait_until_overdue(case.visits, \"first\") end", &[]),
    ("if true then return wait_until(today() + 0 * days, \"first\") end", &[]),
    // Assignments.
    ("x = 1", &["W015"]),
    ("memo = {}", &["W015"]),
    ("memo.tries = (memo.tries or 0) + 1", &[]),
    ("function helper() end", &["W015"]),
    ("local x = 1 x = 2", &[]),
    ("local t = {} t.a = 1 table.insert(t, 2)", &[]),
    ("for k, v in pairs({ a = 1 }) do local x = k end", &[]),
    ("local t = { a = 1 } for k, v in t do local x = k end", &["W043"]),
    ("for k, v in { a = 1 } do local x = k end", &["W043"]),
    ("case.overdue = 0", &["W037"]),
    ("case.debtor.alive = true", &["W037"]),
    ("setting.first = 1", &["W037"]),
    ("string.upper = nil", &["W037"]),
];

/// Whole stages and the codes they give; `DONE` is an `enter` that finishes.
pub(super) const STAGES: &[(&str, &[&str])] = &[
    (r#"stage "first" { DONE }"#, &[]),
    (r#"local n = memo.n stage "first" { DONE }"#, &["W005"]),
    // Values of the file.
    (
        r#"local n = 0 stage "first" { enter = function(case) n = n + 1 return finish("x") end }"#,
        &["W016"],
    ),
    (
        r#"local t = {} stage "first" { enter = function(case) t.a = 1 return finish("x") end }"#,
        &["W016"],
    ),
    (
        r#"local t = {} stage "first" { enter = function(case) table.insert(t, 1) return finish("x") end }"#,
        &["W016"],
    ),
    // What a function of the file keeps for the functions in it, if it runs
    // while the file is loaded; made in a handler, it goes with the call.
    (
        r#"local function counter() local n = 0 return function() n = n + 1 return n end end
           local next_one = counter()
           stage "first" { enter = function(case) return finish("x" .. next_one()) end }"#,
        &["W016"],
    ),
    (
        r#"local function make() local n = 0 return function(case) n = n + 1 return finish("x") end end
           stage "first" { enter = make() }"#,
        &["W016"],
    ),
    (
        r#"local function counter() local n = 0 return function() n = n + 1 return n end end
           stage "first" { enter = function(case) local one = counter() return finish("x" .. one()) end }"#,
        &[],
    ),
    (
        r#"stage "first" { enter = function(case) local n = 0 pcall(function() n = 1 end) return finish("x" .. n) end }"#,
        &[],
    ),
    (
        r#"local LIMIT = 2 LIMIT = 3 stage "first" { enter = function(case) return finish("x") end }"#,
        &[],
    ),
    // Ways.
    (r#"stage "first" { DONE } stage "b" { DONE }"#, &["W017"]),
    (r#"stage "first" { DONE } stage "b" { moved_from = "old", DONE }"#, &[]),
    (r#"stage "first" { enter = function(case) return stay() end }"#, &["W018"]),
    (
        r#"stage "first" { enter = function(case) return pause "dispute" end, on_dispute_resolved = function(case) return finish("x") end }"#,
        &[],
    ),
    (
        r#"always { on_deceased = function(case) return finish("x") end } stage "first" { enter = function(case) return stay() end }"#,
        &["W018"],
    ),
    (
        r#"always { on_payment = function(case) return finish("x") end } stage "first" { enter = function(case) return stay() end }"#,
        &[],
    ),
    (
        r#"local function leave() return finish("x") end stage "first" { enter = function(case) return leave() end }"#,
        &[],
    ),
    (r#"stage "first" { enter = function(case) return go "first" end }"#, &["W020"]),
    (
        r#"stage "first" { next = "b" } stage "b" { enter = function(case) return go "first" end }"#,
        &["W020"],
    ),
    (
        r#"stage "first" { wait = 1 * days, next = "b" } stage "b" { enter = function(case) return go "first" end }"#,
        &[],
    ),
    (
        r#"stage "first" { enter = function(case) end, on_payment = function() return finish("x") end }"#,
        &["W036"],
    ),
    (
        r#"stage "first" { enter = function(case) return end, on_payment = function() return finish("x") end }"#,
        &["W036"],
    ),
    (
        r#"stage "first" { enter = function(case) if case.on_hold then return stay() else return finish("x") end end }"#,
        &[],
    ),
    (
        r#"stage "first" { enter = function(case) error("x") end, on_payment = function() return finish("x") end }"#,
        &[],
    ),
    // A function that only answers a question hides nothing.
    (
        r#"local function late(case) return case.days_past_due > 30 end
           stage "first" { enter = function(case) if late(case) then return finish("x") end return finish("y") end }
           stage "b" { DONE }"#,
        &["W017"],
    ),
    (
        r#"stage "first" { wait = 1 * days, next = "called" } stage "somewhere_else" { DONE }"#,
        &["W003"],
    ),
    (
        r#"local ways = { function() return finish("x") end }
           stage "first" { enter = function(case) return ways[1]() end } stage "b" { DONE }"#,
        &[],
    ),
    (
        r#"stage "first" { enter = function(case) return stay end } stage "b" { DONE }"#,
        &["W009"],
    ),
    (
        r#"stage "first" { enter = function(case) return "b" end } stage "b" { DONE }"#,
        &["W009"],
    ),
    (
        r#"local function by_cause(case) return case.cause == "oversight" end
           stage "first" { DONE, on_payment = function(case) return by_cause(case) end }"#,
        &["W009"],
    ),
    (
        r#"stage "first" { enter = function(case) return sms "remind_1" end, on_refused = function() return finish("x") end }"#,
        &["W009"],
    ),
    (
        r#"stage "first" { enter = function(case) return case.on_hold and stay() or finish("x") end }"#,
        &[],
    ),
    // What comes from a table of functions is known to nobody, held in a local or not.
    (
        r#"local ways = { function() return finish("x") end }
           stage "first" { enter = function(case) local d = ways[1]() return d end } stage "b" { DONE }"#,
        &[],
    ),
    // A function of the file that gives back a decision, which is lost.
    (
        r#"local function close() return finish("x") end
           stage "first" { enter = function(case) close() return finish("y") end }"#,
        &["W014"],
    ),
    (
        r#"local function close(case) if case.on_hold then return finish("x") end end
           stage "first" { enter = function(case) local d = close(case) return d or finish("y") end }"#,
        &[],
    ),
    // A function that asks of which kind its value is.
    (
        r#"local function over(n) if n == false then return false end return n > 3 end
           stage "first" { enter = function(case) if over(false) or over(5) then return stay() end return finish("x") end }"#,
        &[],
    ),
    (
        r#"local function show(v) if type(v) == "boolean" then return "是" end return v .. "" end
           stage "first" { enter = function(case) memo.a = show(3) memo.b = show(case.on_hold) return finish("x") end }"#,
        &[],
    ),
    (
        r#"local function later(span) if span == "none" then return stay() end return wait(span, "first") end
           stage "first" { enter = function(case) return later("none") end, on_promise = function(case) return later(3 * days) end,
             on_payment = function(case) return finish("x") end }"#,
        &[],
    ),
    (
        r#"local function twice(n) return n * 2 end
           stage "first" { enter = function(case) memo.a = twice(3) memo.b = twice({ 1 }) return finish("x") end }"#,
        &["W009"],
    ),
    // The parameter is missing.
    (
        r#"stage "first" { enter = function() memo.n = case.visits return finish("x") end }"#,
        &["W005"],
    ),
    // Contacts.
    (r#"stage "first" { sms = "remind_1", wait = 1 * days, next = "first" }"#, &["W021"]),
    (
        r#"stage "first" { file_suit = { amount = yuan(1) }, wait = 1 * days, next = "first" }"#,
        &[],
    ),
    // Waits that are never kept.
    (r#"stage "first" { wait = 0 * days, next = "first" }"#, &["W009"]),
    // Keys.
    (r#"stage "first" { DONE, DONE }"#, &["W045"]),
    (
        r#"always { on_payment = function() end, on_payment = function() end } stage "first" { DONE }"#,
        &["W045"],
    ),
    (r#"stage "first" { title = { zh = "一", zn = "x" }, DONE }"#, &["W031"]),
    (r#"stage "first" { DONE } stage "first" { DONE }"#, &["W025"]),
    (r#"stage "first" { entre = 1, DONE }"#, &["W031"]),
    (r#"stage "first" { on_promiss = function() end, DONE }"#, &["W011"]),
    (r#"stage "first" { on_promise = "first", DONE }"#, &["W009"]),
    (r#"always { on_promised = function() end } stage "first" { DONE }"#, &["W011"]),
    (r#"always { enter = function() end } stage "first" { DONE }"#, &["W031"]),
    (r#"stage "first" { title = { zh = "一" }, DONE }"#, &["W022"]),
    (r#"stage "first" { moved_from = { "first" }, DONE }"#, &["W033"]),
    (r#"stage "first" { wait = 3, next = "first" }"#, &["W009"]),
    (r#"stage "first" { wait = 3 * days }"#, &["W032"]),
    (r#"stage "first" { wait = 3 * days, next = "frist" }"#, &["W003"]),
    (r#"stage "first" { finish = "done" }"#, &[]),
    (r#"stage "first" { become = "example" }"#, &["W020"]),
    (r#"stage "first" { become = "exampel" }"#, &["W004"]),
    (
        r#"stage "first" { on_payment = function(case) return finish("x") end }"#,
        &["W032"],
    ),
    (r#"stage "first" { wait = 1 * days, next = "first", DONE }"#, &["W031"]),
    (
        r#"stage "first" { visit = { to = case.debtor }, next = "b" } stage "b" { finish = "x", on_refused = function() end }"#,
        &["W021", "W005"],
    ),
    // The second argument of a handler is the event.
    (
        r#"stage "first" { DONE, on_promise = function(case, it) return wait_until(it.due_on, "first") end }"#,
        &[],
    ),
    (
        r#"stage "first" { DONE, on_promise = function(case, it) return wait_until(it.due, "first") end }"#,
        &["W012"],
    ),
    (
        r#"stage "first" { DONE, on_visit_done = function(case, it) memo.last = it.results end }"#,
        &["W012"],
    ),
    (
        r#"stage "first" { DONE, on_cured = function(case, it) memo.last = it.amount end }"#,
        &["W012"],
    ),
];
