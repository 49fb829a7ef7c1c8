-- 破产申报的测试 · Tests of the claim in a bankruptcy

-- 期限由各社自定,测试自带一套 · the institution's own: a test brings one set
local function with_spans(t)
  t.settings { file_within = 10 * days, press_every = 5 * workdays }
end

local function bankrupt(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 40 }
  t.event(c, "hold_placed", { reason = "bankruptcy" })
  t.expect_workflow(c, "bankruptcy")
  t.expect_task("claim_filing")
  t.expect_sent("task")
  return c
end

test("受理破产:开申报债权的待办,登记申报后结束", function(t)
  local c = bankrupt(t)
  t.advance(9 * days)
  t.expect_nothing_sent()
  t.event(c, "clock_entered", { what = "claim" })
  t.expect_finished("filed", c)
end)

test("到期没有登记申报:报主管,一直到登记为止", function(t)
  local c = bankrupt(t)
  t.advance(10 * days)
  t.expect_stage(c, "late")
  t.expect_task("escalation")
  t.expect_sent("task")
  t.advance(5 * workdays)
  t.expect_sent("task")
  t.event(c, "clock_entered", { what = "contract" })
  t.expect_stage(c, "late")
  t.event(c, "clock_entered", { what = "claim" })
  t.expect_finished("filed", c)
end)

test("破产程序结束,暂停解除:结束", function(t)
  local c = bankrupt(t)
  t.event(c, "hold_lifted", { reason = "bankruptcy" })
  t.expect_finished("ended", c)
end)

test("别的暂停不开申报;眼下还清的,余额仍要申报", function(t)
  with_spans(t)
  local other = t.case { overdue = yuan(5000), days_past_due = 40 }
  t.event(other, "hold_placed", { reason = "plan" })
  t.expect_no_workflow(other, "bankruptcy")
  local c = bankrupt(t)
  t.pay(c, yuan(5000))
  t.expect_stage(c, "file_claim")
end)
