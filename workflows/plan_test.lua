-- 分期履行的测试:按期不催、宽限、改一次、再不履行由主管定 · Tests of instalment plans

-- 期限由各社自定,测试自带一套 · the institution's own: a test brings one set
local function with_spans(t)
  t.settings { enter_within = 10 * days, grace = 10 * days, grading = 10 * days, press_every = 5 * workdays }
end

local function on_plan(t)
  with_spans(t)
  local c = t.case { overdue = yuan(6000), days_past_due = 40 }
  t.enrol(c, "visit")
  t.expect_sent("visit")
  t.event(c, "hold_placed", { reason = "plan" })
  t.expect_workflow(c, "plan")
  t.expect_task("plan")
  return c
end

test("按期还的:不催收,每期之后登记下一期", function(t)
  local c = on_plan(t)
  for _ = 1, 3 do
    t.promise(c, { in_days = 20, amount = yuan(1000) })
    t.expect_stage(c, "running")
    t.pay(c, yuan(1000))
    t.advance(22 * days)
    t.expect_stage(c, "next_part")
  end
  t.expect_no_workflow(c, "escalate_to_legal")
end)

test("一期没还:宽限期内补上就接着履行", function(t)
  local c = on_plan(t)
  t.promise(c, { in_days = 5, amount = yuan(1000) })
  t.advance(8 * days)
  t.expect_stage(c, "grace")
  t.pay(c, yuan(400))
  t.expect_stage(c, "grace")
  t.pay(c, yuan(600))
  t.expect_stage(c, "next_part")
end)

test("宽限期满:方案改一次;再不履行由主管决定", function(t)
  local c = on_plan(t)
  t.promise(c, { in_days = 5, amount = yuan(1000) })
  t.advance(18 * days)
  t.expect_stage(c, "missed")
  t.expect_task("replan")
  t.promise(c, { in_days = 10, amount = yuan(500) })
  t.expect_stage(c, "running")
  t.advance(25 * days)
  t.expect_stage(c, "failed")
  t.expect_task("gate")
  t.event(c, "hold_lifted", { reason = "plan" })
  t.expect_finished("ended", c)
end)

test("没有登记下一期:请主管查明", function(t)
  local c = on_plan(t)
  t.advance(10 * days)
  t.expect_stage(c, "not_entered")
  t.expect_task("gate")
end)
