-- 到期提醒的测试:钟从 2026-03-02(周一)10:00 开始
-- Tests of the notice before a due date; the clock begins on Monday 2026-03-02, 10:00

test("到期日前几天发一条,只发一条,到期后结束", function(t)
  local c = t.case { days_until_due = 17, next_due_amount = yuan(500), third_parties = 1 }
  t.enrol(c)
  t.advance(16 * days - setting.days_before)
  t.expect_nothing_sent()
  t.advance(1 * days)
  t.expect_sent("sms", { template = "due_soon", to = "borrower" })
  t.advance(setting.days_before + 1 * days)
  t.expect_nothing_sent()
  t.expect_finished("over", c)
end)

test("已绑定微信的发微信,送不出改短信", function(t)
  local c = t.case { days_until_due = 1, wechat = true }
  t.enrol(c)
  t.expect_sent("wechat", "due_soon")
  t.expect_nothing_sent()
  t.event(c, "failed", { verb = "wechat", order = "1", reason = "未绑定" })
  t.expect_sent("sms", "due_soon")
end)

test("到期前已还清的,不发", function(t)
  local c = t.case { days_until_due = 17, next_due_amount = yuan(500), instalments = 2 }
  t.enrol(c)
  t.pay(c, yuan(500))
  t.advance(20 * days)
  t.expect_nothing_sent()
  t.expect_finished("paid", c)
end)

test("还款冲正的,照样提醒", function(t)
  local c = t.case { days_until_due = 17, next_due_amount = yuan(500) }
  t.enrol(c)
  t.pay(c, yuan(500))
  t.reverse_last_payment(c)
  t.advance(17 * days - setting.days_before)
  t.expect_sent("sms", "due_soon")
end)

test("只还了一部分的,提醒余下的", function(t)
  local c = t.case { days_until_due = 17, next_due_amount = yuan(500) }
  t.enrol(c)
  t.pay(c, yuan(200))
  t.advance(17 * days - setting.days_before)
  t.expect_sent("sms", "due_soon")
  t.expect_nothing_sent()
end)

test("余下的太少,不发", function(t)
  local c = t.case { days_until_due = 17, next_due_amount = yuan(500) }
  t.enrol(c)
  t.pay(c, yuan(495))
  t.advance(20 * days)
  t.expect_nothing_sent()
  t.expect_finished("small", c)
end)

test("夜里等着的消息,当夜还清就不发了", function(t)
  local c = t.case { days_until_due = 1, next_due_amount = yuan(500), instalments = 2 }
  t.advance(12 * hours)
  t.enrol(c)
  t.pay(c, yuan(500))
  t.advance(15 * hours)
  t.expect_nothing_sent()
  t.expect_finished("paid", c)
end)

test("夜里等着的消息,当夜还了一部分:早上照新的金额发一条", function(t)
  local c = t.case { days_until_due = 2, next_due_amount = yuan(500) }
  t.advance(12 * hours)
  t.enrol(c)
  t.pay(c, yuan(200))
  t.advance(15 * hours)
  t.expect_sent("sms", "due_soon")
  t.expect_nothing_sent()
end)

test("下一期另发一条", function(t)
  local c = t.case { days_until_due = 3, next_due_amount = yuan(500), instalments = 2 }
  t.settings { days_before = 3 * days }
  t.enrol(c)
  t.expect_sent("sms", "due_soon")
  t.pay(c, yuan(500))
  t.expect_finished("paid", c)
  t.advance(20 * days)
  t.enrol(c)
  t.advance(10 * days)
  t.expect_nothing_sent()
  t.advance(1 * days)
  t.expect_sent("sms", "due_soon")
  t.expect_nothing_sent()
end)

test("已逾期的不发,由 remind 办理", function(t)
  local c = t.case { overdue = yuan(500), days_past_due = 3, days_until_due = 2 }
  t.enrol(c)
  t.advance(5 * days)
  t.expect_nothing_sent()
  t.expect_finished("overdue", c)
end)

test("没有以后的到期日,或没有号码,就结束", function(t)
  local c = t.case { overdue = yuan(0) }
  t.enrol(c)
  t.expect_finished("nothing_ahead", c)
  local d = t.case { days_until_due = 1, phone = false }
  t.enrol(d)
  t.expect_nothing_sent()
  t.expect_finished("no_number", d)
end)

test("投诉、异议、死亡之后不发", function(t)
  for _, kind in ipairs { "complaint", "dispute", "deceased" } do
    local c = t.case { days_until_due = 17 }
    t.enrol(c)
    t.event(c, kind)
    t.expect_finished(kind, c)
  end
end)
