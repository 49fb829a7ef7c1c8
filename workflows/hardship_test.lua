-- 困难帮扶的测试:评估有期限,到期主管定,解除即办结 · Tests of hardship

-- 期限由各社自定,测试自带一套 · the institution's own: a test brings one set
local function with_spans(t)
  t.settings { assess_within = 15 * days, hold_for = 30 * days, press_every = 5 * workdays }
end

test("登记困难暂停:开评估待办,三十天后请主管定,没有结论的督办", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 40 }
  t.event(c, "hold_placed", { reason = "hardship" })
  t.expect_workflow(c, "hardship")
  t.expect_task("hardship")
  t.expect_sent("task")
  t.advance(29 * days)
  t.expect_nothing_sent()
  t.advance(1 * days)
  t.expect_stage(c, "decide")
  t.expect_task("gate")
  t.expect_sent("task")
  t.advance(5 * workdays)
  t.expect_sent("task")
end)

test("解除暂停:办结", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 40 }
  t.event(c, "hold_placed", { reason = "hardship" })
  t.advance(10 * days)
  t.event(c, "hold_lifted", { reason = "hardship" })
  t.expect_finished("decided", c)
end)

test("别的暂停不进来", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 40 }
  t.event(c, "hold_placed", { reason = "lawyer" })
  t.expect_no_workflow(c, "hardship")
end)
