-- 时效看守的测试 · Tests of the limitation watch

-- 提醒的天数由各社自定,测试自带一套 · the institution's own: a test brings one set
local function with_spans(t)
  t.settings {
    first = 180 * days,
    second = 90 * days,
    last = 30 * days,
    press_every = 7 * days,
    supervisor = 14 * days,
    look_every = 42 * days,
    after_the_end = 365 * days,
  }
end

test("剩 180、90、30 天各开待办,此后每周、最后几天天天重开,两周前报主管,届满之后再提醒一次", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), limitation_days_left = 180 }
  t.enrol(c)
  t.expect_sent("limitation_task")
  t.expect_task("deadline")
  t.advance(89 * days)
  t.expect_nothing_sent()
  t.advance(1 * days)
  t.expect_sent("limitation_task")
  t.advance(60 * days)
  t.expect_sent("limitation_task")
  t.expect_stage(c, "last_task")
  t.advance(15 * days) -- 23、16 天 · 23 and 16 days left
  t.expect_sent("limitation_task")
  t.expect_sent("limitation_task")
  t.expect_nothing_sent()
  t.advance(6 * days)
  t.expect_sent("limitation_task")
  t.expect_task("escalation")
  t.expect_sent("task")
  t.advance(9 * days) -- 最后两天和当天 · the last two days, and the day itself
  t.expect_sent("limitation_task")
  t.expect_sent("limitation_task")
  t.expect_sent("limitation_task")
  t.expect_stage(c, "last_task")
  t.expect_nothing_sent()
  t.advance(1 * days)
  t.expect_stage(c, "over")
  t.expect_sent("limitation_task")
  t.advance(700 * days)
  t.expect_stage(c, "after_the_end")
  t.expect_nothing_sent()
end)

test("只剩 20 天才进来:马上最后提醒", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), limitation_days_left = 20 }
  t.enrol(c)
  t.expect_stage(c, "last_task")
  t.expect_sent("limitation_task")
end)

test("已经届满:只提醒复核证据", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), limitation_days_left = -10 }
  t.enrol(c)
  t.expect_stage(c, "over")
  t.expect_sent("limitation_task")
  t.advance(365 * days)
  t.expect_nothing_sent()
end)

test("部分还款续上时效:不再提醒,到了日子接着看守", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), limitation_days_left = 150 }
  t.enrol(c)
  t.expect_sent("limitation_task")
  t.pay(c, yuan(500))
  t.advance(100 * days)
  t.expect_stage(c, "look")
  t.expect_nothing_sent()
  t.advance(900 * days)
  t.expect_stage(c, "first_task")
  t.expect_sent("limitation_task")
end)

test("还很远的也可以先看守起来", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), limitation_days_left = 400, days_past_due = 700 }
  t.enrol(c)
  t.expect_stage(c, "look")
  t.expect_nothing_sent()
  t.advance(220 * days)
  t.expect_stage(c, "first_task")
  t.expect_sent("limitation_task")
end)

test("投诉暂停催收,不停时效", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), limitation_days_left = 100 }
  t.enrol(c)
  t.expect_sent("limitation_task")
  t.event(c, "complaint")
  t.advance(10 * days)
  t.expect_sent("limitation_task")
  t.expect_stage(c, "second_task")
end)

test("还清就不用看守", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), limitation_days_left = 100 }
  t.enrol(c)
  t.pay(c, yuan(5000))
  t.expect_finished("cured", c)
end)

test("没有到期款的案件没有时效:结束", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(0), days_past_due = 0 }
  t.enrol(c)
  t.expect_finished("no_period", c)
end)

test("届满之后的部分还款不使时效复活:只每年看一次", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), limitation_days_left = -10 }
  t.enrol(c)
  t.expect_sent("limitation_task")
  t.pay(c, yuan(500))
  t.advance(365 * days)
  t.expect_stage(c, "after_the_end")
  t.expect_nothing_sent()
end)

test("还款续上的时效因冲正退回:马上重看,及时开待办", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), limitation_days_left = 100 }
  t.enrol(c)
  t.expect_sent("limitation_task")
  t.advance(5 * days)
  t.pay(c, yuan(500))
  t.advance(15 * days)
  t.expect_nothing_sent()
  t.reverse_last_payment(c)
  t.expect_stage(c, "second_task")
  t.expect_sent("limitation_task")
  t.advance(50 * days)
  t.expect_stage(c, "last_task")
  t.expect_sent("limitation_task")
end)

test("没有一种暂停停得住看守:困难、破产、异议、死亡期间照开待办", function(t)
  with_spans(t)
  for _, event in ipairs { "complaint", "dispute", "deceased" } do
    local c = t.case { overdue = yuan(5000), limitation_days_left = 31 }
    t.enrol(c)
    t.expect_sent("limitation_task")
    t.event(c, event)
    t.advance(1 * days)
    t.expect_sent("limitation_task")
    t.expect_stage(c, "last_task")
  end
end)

test("登记了合同、展期、中止的,马上重看", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), limitation_days_left = 100 }
  t.enrol(c)
  t.expect_sent("limitation_task")
  t.event(c, "clock_entered", { what = "extended" })
  t.expect_stage(c, "first_task")
  t.expect_nothing_sent()
end)

test("债权消灭的不看守,恢复了接着看守", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), limitation_days_left = 100 }
  t.enrol(c)
  t.expect_sent("limitation_task")
  t.event(c, "dismissed")
  t.expect_stage(c, "given_up")
  t.advance(20 * days)
  t.expect_nothing_sent()
  t.event(c, "dismissal_withdrawn")
  t.expect_stage(c, "second_task")
  t.expect_sent("limitation_task")
end)

test("补登了送达凭证:重看,没有变就不重复提醒", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), limitation_days_left = 100 }
  t.enrol(c)
  t.expect_sent("limitation_task")
  t.event(c, "letter_proved", { order = "1", evidence = "signed_receipt" })
  t.expect_stage(c, "first_task")
  t.expect_nothing_sent()
end)
