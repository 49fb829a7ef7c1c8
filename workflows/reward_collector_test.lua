-- 清收奖励的测试 · Tests of the rewards

-- 冷静期由各社自定,测试用 10 天 · the cooling-off is the institution's: ten days here
local function with_spans(t)
  t.settings { cooling_off = 10 * days, least_days = 1 }
end

test("逾期贷款收回,按确认的还款计提,冷静期后结算", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.pay(c, yuan(2000))
  t.expect_workflow(c, "reward_collector")
  t.expect_sent("reward")
  t.advance(9 * days)
  t.expect_workflow(c, "reward_collector")
  t.advance(1 * days)
  t.expect_finished("settled", c)
  t.expect_nothing_sent()
end)

test("冷静期按设置的天数算", function(t)
  t.settings { least_days = 1 }
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.pay(c, yuan(2000))
  t.advance(setting.cooling_off)
  t.expect_finished("settled", c)
end)

test("冲正就追回", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.pay(c, yuan(2000))
  t.expect_sent("reward")
  t.reverse_last_payment(c)
  t.expect_sent("claw_back")
  t.expect_nothing_sent()
end)

test("没有逾期的还款没有奖励", function(t)
  local c = t.case { overdue = yuan(0), days_past_due = 0 }
  t.pay(c, yuan(1000))
  t.expect_no_workflow(c, "reward_collector")
  t.advance(20 * days)
  t.expect_nothing_sent()
end)

test("银行没有确认的还款没有奖励", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "payment", {
    entry = "1",
    amount = yuan(1000),
    on = t.today(),
    days_past_due = 10,
    confirmed = false,
  })
  t.expect_workflow(c, "reward_collector")
  t.expect_nothing_sent()
end)

test("登记时没有确认的还款,确认以后计提", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  local payment = {
    entry = "1",
    amount = yuan(1000),
    on = t.today(),
    days_past_due = 10,
    confirmed = false,
  }
  t.event(c, "payment", payment)
  t.expect_nothing_sent()
  t.advance(20 * days)
  t.expect_finished("settled", c)
  payment.confirmed = true
  t.event(c, "payment_confirmed", payment)
  t.expect_workflow(c, "reward_collector")
  t.advance(10 * days)
  t.expect_finished("settled", c)
end)

test("冷静期里确认的还款,从确认算起", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.pay(c, yuan(2000))
  t.expect_sent("reward")
  t.advance(6 * days)
  t.event(c, "payment_confirmed", {
    entry = "1",
    amount = yuan(1000),
    on = t.today(),
    days_past_due = 10,
    confirmed = true,
  })
  t.advance(6 * days)
  t.expect_workflow(c, "reward_collector")
end)

test("冷静期里又还一笔,两笔都计提,从后一笔算起", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.pay(c, yuan(2000))
  t.advance(6 * days)
  t.pay(c, yuan(1000))
  t.expect_sent("reward")
  t.expect_sent("reward")
  t.advance(6 * days)
  t.expect_workflow(c, "reward_collector")
  t.advance(4 * days)
  t.expect_finished("settled", c)
end)

test("还清不影响已计提的奖励", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.pay(c, yuan(2000))
  t.pay(c, yuan(3000))
  t.expect_sent("reward")
  t.expect_sent("reward")
  t.expect_workflow(c, "reward_collector")
  t.advance(10 * days)
  t.expect_finished("settled", c)
end)

test("结算之后再还,重新计提", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.pay(c, yuan(2000))
  t.expect_sent("reward")
  t.advance(11 * days)
  t.expect_finished("settled", c)
  t.pay(c, yuan(1000))
  t.expect_sent("reward")
end)

test("投诉暂停催收,不停奖励的账", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "complaint")
  t.pay(c, yuan(2000))
  t.expect_sent("reward")
  t.advance(10 * days)
  t.expect_finished("settled", c)
end)

test("刚够天数的逾期就有奖励,差一天没有", function(t)
  t.settings { least_days = 3 }
  local late = t.case { overdue = yuan(5000), days_past_due = 3 }
  t.pay(late, yuan(2000))
  t.expect_sent("reward")
  local early = t.case { overdue = yuan(5000), days_past_due = 2 }
  t.pay(early, yuan(2000))
  t.expect_no_workflow(early, "reward_collector")
  t.expect_nothing_sent()
end)

test("逾期一天就有奖励", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 1 }
  t.pay(c, yuan(2000))
  t.expect_sent("reward")
end)
