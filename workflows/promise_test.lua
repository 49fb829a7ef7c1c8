-- 承诺还款的测试:兑现、部分兑现、三次爽约 · Tests of promises

-- 期限和次数由各社自定,测试自带一套 · the institution's own: a test brings one set
local function with_spans(t)
  t.settings {
    far = 30 * days,
    grading = 10 * days,
    new_date_within = 7 * days,
    listen_within = 5 * days,
    answer_within = 10 * days,
    manager_within = 5 * workdays,
    last_break = 3,
    visit_day = 31,
    furthest = 90 * days,
    legal_after = 90,
    most_promises = 3,
    token = 100,
    lapse_margin = 60 * days,
  }
  t.settings("remind", { visit_day = 31 })
  t.settings("visit", { visit_within = 7 * days, report_within = 10 * days })
  t.settings("escalate_to_legal", { least_contacts = 1 })
  t.settings("complaint", { acknowledge_within = 1 * workdays, answer_within = 15 * days })
  t.settings("deceased", { condolence_after = 30 * days })
end

test("按时还清:结束", function(t)
  local c = t.case { overdue = yuan(3000), days_past_due = 10 }
  t.promise(c, { in_days = 3 })
  t.enrol(c)
  t.expect_stage(c, "waiting")
  t.advance(2 * days)
  t.expect_nothing_sent()
  t.pay(c, yuan(3000))
  t.expect_finished("cured", c)
end)

test("约定的小额兑现了,余款回到提醒", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3000), days_past_due = 10 }
  t.promise(c, { in_days = 3, amount = yuan(1000) })
  t.enrol(c)
  t.pay(c, yuan(1000))
  t.advance(5 * days)
  t.expect_finished("become:remind", c)
  t.expect_workflow(c, "remind")
end)

test("已到上门的日子的,兑现后余款回到上门", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3000), days_past_due = 40 }
  t.promise(c, { in_days = 3, amount = yuan(1000) })
  t.enrol(c)
  t.pay(c, yuan(1000))
  t.advance(5 * days)
  t.expect_workflow(c, "visit")
end)

test("迟了几天兑现,也回到原来的路", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3000), days_past_due = 10 }
  t.promise(c, { in_days = 20 })
  t.enrol(c)
  t.event(c, "promise_late", { amount = yuan(1000), paid = yuan(1000) })
  t.expect_workflow(c, "remind")
end)

test("部分兑现:打电话约余款", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3000), days_past_due = 10 }
  t.promise(c, { in_days = 3 })
  t.enrol(c)
  t.pay(c, yuan(500))
  t.advance(7 * days)
  t.expect_stage(c, "the_rest")
  t.expect_sent("call", { to = "borrower" })
  t.expect_nothing_sent()
  t.promise(c, { in_days = 5 })
  t.expect_stage(c, "waiting")
end)

test("一次爽约:先倾听,没有改约就回到提醒", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3000), days_past_due = 10 }
  t.promise(c, { in_days = 3 })
  t.enrol(c)
  t.advance(6 * days)
  t.expect_stage(c, "listen")
  t.expect_sent("call", { to = "borrower" })
  t.expect_nothing_sent()
  t.advance(7 * days)
  t.expect_workflow(c, "remind")
end)

test("一次爽约后改约太远:请主管确认", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3000), days_past_due = 10 }
  t.promise(c, { in_days = 3 })
  t.enrol(c)
  t.advance(6 * days)
  t.promise(c, { in_days = setting.new_date_within.count + 1 })
  t.expect_task("promise_date")
  t.expect_stage(c, "waiting")
end)

test("三次爽约:倾听、小额定日、主管决定,再转法务", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3000), days_past_due = 10 }
  t.promise(c, { in_days = 3 })
  t.enrol(c)
  t.advance(6 * days)
  t.expect_stage(c, "listen")
  t.expect_sent("call")

  t.promise(c, { in_days = 5 })
  t.expect_stage(c, "waiting")
  t.advance(10 * days)
  t.expect_stage(c, "smaller_step")
  t.expect_sent("sms", "promise_smaller")
  t.expect_sent("visit", { to = "borrower" })

  t.promise(c, { in_days = 5, amount = yuan(500) })
  t.expect_stage(c, "waiting")
  t.advance(8 * days)
  t.expect_stage(c, "no_more_promises")
  t.expect_task("gate", { by = role "supervisor" })
  t.expect_sent("task")
  t.expect_nothing_sent()

  t.promise(c, { in_days = 5 })
  t.expect_stage(c, "no_more_promises")
  t.advance(5 * workdays)
  t.expect_workflow(c, "escalate_to_legal")
  t.expect_sent("demand_letter")
end)

test("设置为两次不再接受的,第二次爽约就由主管决定", function(t)
  with_spans(t)
  t.settings { last_break = 2 }
  local c = t.case { overdue = yuan(3000), days_past_due = 10 }
  t.promise(c, { in_days = 2 })
  t.enrol(c)
  t.advance(5 * days)
  t.promise(c, { in_days = 2 })
  t.advance(5 * days)
  t.expect_stage(c, "no_more_promises")
end)

test("两次爽约后没有答复:回到上门或提醒", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3000), days_past_due = 28 }
  t.promise(c, { in_days = 2 })
  t.enrol(c)
  t.advance(5 * days)
  t.promise(c, { in_days = 2 })
  t.advance(5 * days)
  t.expect_stage(c, "smaller_step")
  t.advance(12 * days)
  t.expect_workflow(c, "visit")
end)

test("没有登记承诺的案件不会一直等下去", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3000), days_past_due = 10 }
  t.enrol(c)
  t.expect_stage(c, "waiting")
  t.advance(10 * days)
  t.expect_workflow(c, "remind")
end)

test("等承诺期间不打扰", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3000), days_past_due = 10 }
  t.promise(c, { in_days = 25 })
  t.enrol(c)
  t.advance(24 * days)
  t.expect_nothing_sent()
  t.expect_stage(c, "waiting")
end)

test("承诺期间客户去世:停止联络", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3000), days_past_due = 10 }
  t.promise(c, { in_days = 3 })
  t.enrol(c)
  t.event(c, "deceased")
  t.expect_workflow(c, "deceased")
  t.expect_sent("task")
  t.advance(10 * days)
  t.expect_nothing_sent()
end)

test("承诺期间投诉:爽约的电话也不打", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3000), days_past_due = 10 }
  t.promise(c, { in_days = 3 })
  t.enrol(c)
  t.event(c, "complaint")
  t.expect_sent("notice", "complaint_received")
  t.expect_sent("task")
  t.advance(7 * days)
  t.expect_sent("task")
  t.expect_refused("call", "cn.hold.complaint_open")
  t.expect_sent("task")
  t.expect_nothing_sent()
end)

test("承诺已兑现、不再逾期的,到日子就结束", function(t)
  local c = t.case { overdue = yuan(3000), days_past_due = 10 }
  t.promise(c, { in_days = 3 })
  t.pay(c, yuan(3000))
  t.enrol(c)
  t.advance(7 * days)
  t.expect_finished("kept", c)
end)

test("承诺到十几年以后:不算承诺,另约;没有改约就回去", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3000), days_past_due = 10 }
  t.promise(c, { in_days = 5000 })
  t.enrol(c)
  t.expect_stage(c, "too_far")
  t.expect_task("promise_date")
  t.advance(5 * days)
  t.expect_workflow(c, "remind")
end)

test("最远的那一天还算承诺,再远一天就不算", function(t)
  local furthest = setting.furthest.count
  local near = t.case { overdue = yuan(3000), days_past_due = 10 }
  t.promise(near, { in_days = furthest })
  t.enrol(near)
  t.expect_stage(near, "waiting")
  local far = t.case { overdue = yuan(3000), days_past_due = 10 }
  t.promise(far, { in_days = furthest + 1 })
  t.enrol(far)
  t.expect_stage(far, "too_far")
end)

test("逾期很久的,一次次小额承诺:到了次数转法务", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3000), days_past_due = 100 }
  for _ = 1, 3 do
    t.promise(c, { in_days = 1, amount = yuan(1) })
    t.pay(c, yuan(1))
    t.advance(5 * days)
  end
  t.promise(c, { in_days = 1, amount = yuan(1) })
  t.enrol(c)
  t.pay(c, yuan(1))
  t.advance(5 * days)
  t.expect_workflow(c, "escalate_to_legal")
end)

test("承诺日较远:请主管看,承诺照等", function(t)
  t.settings { far = 30 * days, furthest = 90 * days }
  local c = t.case { overdue = yuan(5000), days_past_due = 5, guarantors = 1 }
  t.enrol(c, "remind")
  t.promise(c, { in_days = 60 })
  t.expect_task("promise_date")
  t.expect_stage(c, "waiting")
end)

test("每次只还 1 元的,承诺不能一直往复:转法务", function(t)
  with_spans(t)
  t.settings { token = 100 }
  local c = t.case { overdue = yuan(5000), days_past_due = 95 }
  t.enrol(c, "remind")
  t.promise(c, { in_days = 10, amount = yuan(500) })
  for _ = 1, 6 do
    t.advance(5 * days)
    t.pay(c, yuan(1))
    t.advance(6 * days)
    t.promise(c, { in_days = 10, amount = yuan(500) })
  end
  t.expect_workflow(c, "escalate_to_legal")
end)

test("还得多的,承诺次数多也不转法务", function(t)
  with_spans(t)
  t.settings { token = 100 }
  local c = t.case { overdue = yuan(5000), days_past_due = 95 }
  t.enrol(c, "remind")
  for _ = 1, 4 do
    t.promise(c, { in_days = 3, amount = yuan(500) })
    t.pay(c, yuan(500))
    t.advance(4 * days)
  end
  t.expect_no_workflow(c, "escalate_to_legal")
end)

test("逾期不久的,每次只兑现一点:按没有兑现的比例算,满三次由主管决定", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c, "remind")
  for _ = 1, 4 do
    t.promise(c, { in_days = 2, amount = yuan(1000) })
    t.pay(c, yuan(10))
    t.advance(5 * days)
  end
  t.expect_stage(c, "no_more_promises")
  t.expect_task("gate")
end)

test("等收成的,收获季内的日子可以远些,季外不行", function(t)
  t.settings { far = 30 * days, furthest = 90 * days, furthest_harvest = 240 * days, season_from = 9, season_to = 11 }
  local harvest = t.case { overdue = yuan(3000), days_past_due = 10, cause = "harvest" }
  t.promise(harvest, { in_days = 205 })
  t.enrol(harvest)
  t.expect_stage(harvest, "waiting")
  t.expect_task("promise_date")
  local early = t.case { overdue = yuan(3000), days_past_due = 10, cause = "harvest" }
  t.promise(early, { in_days = 120 })
  t.enrol(early)
  t.expect_stage(early, "too_far")
  local other = t.case { overdue = yuan(3000), days_past_due = 10 }
  t.promise(other, { in_days = 205 })
  t.enrol(other)
  t.expect_stage(other, "too_far")
end)

test("时效在承诺日后不久届满:近的承诺也请主管看", function(t)
  t.settings { far = 30 * days, furthest = 90 * days, lapse_margin = 60 * days }
  local c = t.case { overdue = yuan(5000), limitation_days_left = 70 }
  t.promise(c, { in_days = 20 })
  t.enrol(c)
  t.expect_stage(c, "waiting")
  t.expect_task("promise_date")
end)

test("有保证人的承诺到 89 天后:次日以前主管就有待办", function(t)
  local c = t.case { overdue = yuan(50000), days_past_due = 1, guarantors = 1 }
  t.enrol(c, "remind")
  t.promise(c, { in_days = 89 })
  t.advance(1 * days)
  t.expect_task("promise_date")
end)
