-- 保证期间看守的测试;没有约定的,保证期间是到期后六个月
-- Tests of the guarantee watch; where nothing was agreed the period is six months

-- 提醒的天数由各社自定,测试自带一套 · the institution's own: a test brings one set
local function with_spans(t)
  t.settings {
    first = 90 * days,
    second = 60 * days,
    last = 30 * days,
    supervisor = 7 * days,
    look_every = 42 * days,
  }
end

test("连带保证人:剩 90、60、30 天各提醒一次,过期不再提醒", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5, guarantors = 1 }
  t.enrol(c)
  t.expect_nothing_sent()
  t.advance(80 * days)
  t.expect_nothing_sent()
  t.advance(10 * days)
  t.expect_sent("task")
  t.expect_task("guarantee")
  t.advance(25 * days)
  t.expect_nothing_sent()
  t.advance(10 * days)
  t.expect_sent("task")
  t.advance(30 * days)
  t.expect_sent("task")
  t.expect_nothing_sent()
  t.advance(30 * days) -- 最后七天也报主管 · in the last week a supervisor hears of it
  t.expect_task("escalation")
  t.expect_sent("task")
  t.expect_sent("task")
  t.advance(60 * days)
  t.expect_nothing_sent()
  t.expect_waiting(c)
end)

test("两位保证人各开一条,期间已过的不提醒", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 100, guarantors = 2 }
  t.enrol(c)
  t.expect_sent("task")
  t.expect_sent("task")
  t.expect_nothing_sent()
  local past = t.case { overdue = yuan(5000), days_past_due = 400, guarantors = 1 }
  t.enrol(past)
  t.expect_nothing_sent()
end)

test("一般保证人:批准了起诉还不算,提交了法院才不再提醒,撤诉了又提醒", function(t)
  with_spans(t)
  local c = t.case {
    overdue = yuan(5000),
    days_past_due = 100,
    guarantors = 1,
    guarantee = "general",
  }
  t.enrol(c)
  t.expect_sent("task")
  t.event(c, "matter_opened", { matter = "1", kind = "suit" })
  t.advance(25 * days)
  t.expect_sent("task")
  t.clock_act(c, "debtor_sued")
  t.event(c, "matter_filed", { matter = "1", kind = "suit" })
  t.advance(40 * days)
  t.expect_nothing_sent()
  t.clock_act(c, "suit_withdrawn")
  t.event(c, "matter_closed", { kind = "suit", reason = "withdrawn" })
  t.expect_sent("task")
end)

-- 起诉之后裁判不利,不等结案 · a judgment against the house, before the matter is closed
local function judged(t, result)
  with_spans(t)
  local c = t.case {
    overdue = yuan(5000),
    days_past_due = 100,
    guarantors = 1,
    guarantee = "general",
  }
  t.enrol(c)
  t.expect_sent("task")
  t.clock_act(c, "debtor_sued")
  t.event(c, "matter_filed", { matter = "1", kind = "suit" })
  t.advance(40 * days)
  t.expect_nothing_sent()
  t.clock_act(c, "suit_withdrawn") -- 法务登记裁判时一并记下 · noted with the judgment
  t.event(c, "judgment", { matter = "1", result = result })
  t.expect_sent("task")
end

test("一般保证人:驳回起诉的,接着提醒", function(t)
  judged(t, "not_admitted")
end)

test("一般保证人:败诉的,接着提醒", function(t)
  judged(t, "lost")
end)

test("一般保证人:执行不能之日起看守三年诉讼时效", function(t)
  with_spans(t)
  local c = t.case {
    overdue = yuan(5000),
    days_past_due = 100,
    guarantors = 1,
    guarantee = "general",
  }
  t.enrol(c)
  t.expect_sent("task")
  t.clock_act(c, "debtor_sued")
  t.event(c, "matter_filed", { matter = "1", kind = "suit" })
  t.advance(200 * days)
  t.expect_nothing_sent()
  t.clock_act(c, "enforced_in_vain")
  t.event(c, "court_step", { matter = "1", kind = "suit", step = "terminated" })
  t.advance(1000 * days)
  t.expect_nothing_sent()
  t.advance(10 * days)
  t.expect_sent("task")
end)

test("连带保证人:已送达主张的不再提醒保证期间", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 100, guarantors = 1 }
  t.enrol(c)
  t.expect_sent("task")
  t.clock_act(c, "guarantor_demanded", 1)
  t.event(c, "clock_entered", { what = "demanded" })
  t.advance(60 * days)
  t.expect_nothing_sent()
end)

test("还款冲正后重看,没有变就不重复提醒", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 100, guarantors = 1 }
  t.enrol(c)
  t.expect_sent("task")
  t.pay(c, yuan(100))
  t.reverse_last_payment(c)
  t.expect_stage(c, "look")
  t.expect_nothing_sent()
end)

test("还清就不用看守", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 100, guarantors = 1 }
  t.enrol(c)
  t.pay(c, yuan(5000))
  t.expect_finished("cured", c)
end)
