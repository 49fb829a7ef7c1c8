-- 上门清收的测试 · Tests of the visits

-- 期限和次数由各社自定,测试自带一套 · the institution's own: a test brings one set
local function with_spans(t)
  t.settings {
    visit_within = 7 * days,
    report_within = 10 * days,
    report_late = 5 * days,
    come_again_after = 10 * days,
    booking = 5 * days,
    time_to_pay = 10 * days,
    letter_answer = 15 * days,
    most_failures = 3,
    legal_after = 90,
    progress = 20,
  }
  t.settings("escalate_to_legal", { least_contacts = 1 })
end

test("两次不在家、挂号信、第三次还不在:转法务", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(8000), days_past_due = 35 }
  t.enrol(c)
  t.expect_sent("visit", { to = "borrower" })
  t.expect_task("visit")
  t.advance(3 * days)
  t.report_visit(c, "absent")
  t.advance(9 * days)
  t.expect_nothing_sent()
  t.advance(1 * days)
  t.expect_sent("visit")
  t.report_visit(c, "absent")
  t.expect_sent("letter", { template = "visit_letter", to = "borrower" })
  t.expect_stage(c, "registered_letter")
  t.advance(15 * days)
  t.expect_sent("visit")
  t.report_visit(c, "absent")
  t.expect_finished("become:escalate_to_legal", c)
  t.expect_sent("demand_letter")
end)

test("设置为一次无果就转的,一次不在家就转法务", function(t)
  with_spans(t)
  t.settings { most_failures = 1 }
  local c = t.case { overdue = yuan(8000), days_past_due = 35 }
  t.enrol(c)
  t.report_visit(c, "absent")
  t.expect_workflow(c, "escalate_to_legal")
end)

test("上门见到本人并承诺:转入承诺流程", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(8000), days_past_due = 40 }
  t.enrol(c)
  t.advance(2 * days)
  t.report_visit(c, "promised")
  t.promise(c, { in_days = 5 })
  t.expect_workflow(c, "promise")
end)

test("报告已还款而账上没有:请人核对收据", function(t)
  local c = t.case { overdue = yuan(8000), days_past_due = 40 }
  t.enrol(c)
  t.report_visit(c, "paid")
  t.advance(setting.booking)
  t.expect_stage(c, "check_booking")
  t.expect_task("booking")
end)

test("报告已还款,钱已入账或几天里入账:没有核对收据的待办", function(t)
  with_spans(t)
  local booked = t.case { overdue = yuan(8000), days_past_due = 40 }
  t.enrol(booked)
  t.pay(booked, yuan(1000))
  t.report_visit(booked, "paid")
  local late = t.case { overdue = yuan(8000), days_past_due = 40 }
  t.enrol(late)
  t.report_visit(late, "paid")
  t.advance(2 * days)
  t.pay(late, yuan(1000))
  t.advance(6 * days)
  t.expect_no_task("booking")
end)

test("上门收回全部逾期:结束", function(t)
  local c = t.case { overdue = yuan(8000), days_past_due = 40 }
  t.enrol(c)
  t.report_visit(c, "paid")
  t.pay(c, yuan(8000))
  t.expect_finished("cured", c)
  t.expect_sent("visit")
  t.advance(30 * days)
  t.expect_nothing_sent()
end)

test("还了一部分:寄确认函,上门继续", function(t)
  local c = t.case { overdue = yuan(8000), days_past_due = 40 }
  t.enrol(c)
  t.pay(c, yuan(2000))
  t.expect_sent("notice", { template = "part_payment", to = "borrower" })
  t.expect_stage(c, "visit_debtor")
end)

test("签收了通知:给些日子,仍未还再去一次", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(8000), days_past_due = 40 }
  t.enrol(c)
  t.expect_sent("visit")
  t.report_visit(c, "notice_signed", { evidence = "proved", receipt = "HZ-001" })
  t.advance(10 * days)
  t.expect_nothing_sent()
  t.advance(10 * days)
  t.expect_sent("visit")
end)

test("拒绝见面算一次无果", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(8000), days_past_due = 40 }
  t.enrol(c)
  t.report_visit(c, "refused")
  t.expect_stage(c, "visit_debtor")
  t.advance(10 * days)
  t.expect_sent("visit")
  t.expect_sent("visit")
  t.report_visit(c, "refused")
  t.expect_stage(c, "registered_letter")
  t.expect_sent("letter", "remind_letter")
end)

test("已搬走:查找下落的待办,不往旧址寄信、上门,不问亲友;找不到转法务", function(t)
  with_spans(t)
  t.settings { trace_within = 15 * days }
  local c = t.case { overdue = yuan(8000), days_past_due = 40, third_parties = 2 }
  t.enrol(c)
  t.expect_sent("visit", { to = "borrower" })
  t.report_visit(c, "moved")
  t.expect_task("trace")
  t.expect_sent("task")
  t.expect_nothing_sent()
  t.advance(15 * days)
  t.expect_sent("task")
  t.expect_nothing_sent()
  t.advance(30 * days)
  t.expect_finished("become:escalate_to_legal", c)
end)

test("上门得知客户已去世:停止联络,转入死亡流程", function(t)
  t.settings("deceased", { condolence_after = 30 * days })
  local c = t.case { overdue = yuan(8000), days_past_due = 40 }
  t.enrol(c)
  t.expect_sent("visit")
  t.report_visit(c, "deceased")
  t.expect_workflow(c, "deceased")
  t.expect_task("verify_death")
  t.expect_sent("task")
  t.advance(20 * days)
  t.expect_nothing_sent()
end)

test("逾期很久的,一次无果就转法务", function(t)
  local c = t.case { overdue = yuan(8000), days_past_due = setting.legal_after + 1 }
  t.enrol(c)
  t.expect_sent("visit")
  t.report_visit(c, "absent")
  t.expect_workflow(c, "escalate_to_legal")
end)

test("没有登记结果:催报,没有去的不算无果、不写信,三次请主管查明", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(8000), days_past_due = 35 }
  t.enrol(c)
  t.expect_sent("visit")
  t.advance(10 * days)
  t.expect_stage(c, "unreported")
  t.expect_task("report")
  t.expect_sent("task")
  t.advance(5 * days)
  t.expect_stage(c, "not_gone")
  t.expect_nothing_sent()
  t.advance(25 * days)
  t.expect_sent("visit")
  t.expect_sent("task")
  t.expect_nothing_sent()
  t.advance(25 * days)
  t.expect_sent("visit")
  t.expect_sent("task")
  t.expect_task("gate", { by = role "supervisor" })
end)

test("催报之后补登了结果,按结果走", function(t)
  local c = t.case { overdue = yuan(8000), days_past_due = 35 }
  t.enrol(c)
  t.advance(setting.report_within)
  t.expect_stage(c, "unreported")
  t.report_visit(c, "moved")
  t.expect_stage(c, "moved")
end)

test("投诉期间不上门", function(t)
  with_spans(t)
  t.settings("complaint", { acknowledge_within = 1 * workdays, answer_within = 15 * days })
  local c = t.case { overdue = yuan(8000), days_past_due = 35 }
  t.enrol(c)
  t.expect_sent("visit")
  t.report_visit(c, "absent")
  t.event(c, "complaint")
  t.expect_sent("notice", "complaint_received")
  t.expect_sent("task")
  t.advance(14 * days)
  t.expect_sent("task")
  t.expect_nothing_sent()
  t.expect_stage(c, "visit_debtor")
end)

test("夜里安排的上门推迟到早上", function(t)
  local c = t.case { overdue = yuan(8000), days_past_due = 35 }
  t.advance(13 * hours)
  t.enrol(c)
  t.expect_nothing_sent()
  t.advance(9 * hours)
  t.expect_sent("visit")
end)

test("没有地址去不成:补登地址的待办", function(t)
  local c = t.case { overdue = yuan(8000), days_past_due = 35 }
  t.enrol(c)
  t.event(c, "failed", { verb = "visit", order = "1", reason = "没有登记地址或自然村" })
  t.expect_task("trace")
end)

test("上门被合规拒绝:交给人看", function(t)
  local c = t.case { overdue = yuan(8000), days_past_due = 35 }
  t.enrol(c)
  t.expect_sent("visit")
  t.event(c, "refused", { verb = "notice", order = "1", reason = "cn.party.borrower" })
  t.expect_nothing_sent()
  t.event(c, "refused", { verb = "visit", order = "2", reason = "cn.freq.visit" })
  t.expect_task("refused")
end)

test("每次上门都还一些的,不算无果", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(8000), days_past_due = 80 }
  t.enrol(c)
  t.report_visit(c, "met")
  t.pay(c, yuan(1000))
  t.advance(20 * days)
  t.report_visit(c, "met")
  t.pay(c, yuan(1000))
  t.advance(10 * days)
  t.expect_no_workflow(c, "escalate_to_legal")
end)

test("一再没有人去:报主管,逾期超过 90 天转法务,不无限期安排上门", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 31 }
  t.enrol(c)
  t.advance(60 * days)
  t.expect_workflow(c, "visit")
  t.advance(10 * days)
  t.expect_task("gate")
  t.expect_workflow(c, "escalate_to_legal")
end)

test("三次上门、每次之后都还一些:一直不转法务", function(t)
  with_spans(t)
  t.settings { progress = 20 }
  local c = t.case { overdue = yuan(800), days_past_due = 31 }
  t.enrol(c)
  for _ = 1, 3 do
    t.report_visit(c, "met")
    t.pay(c, yuan(200))
    t.advance(20 * days)
  end
  t.expect_workflow(c, "visit")
  t.expect_no_workflow(c, "escalate_to_legal")
end)

test("每次上门只还 1 元的,不算在还款", function(t)
  with_spans(t)
  t.settings { progress = 20 }
  local c = t.case { overdue = yuan(8000), days_past_due = 35 }
  t.enrol(c)
  t.report_visit(c, "met")
  t.pay(c, yuan(1))
  t.advance(20 * days)
  t.report_visit(c, "met")
  t.pay(c, yuan(1))
  t.advance(10 * days)
  t.expect_stage(c, "registered_letter")
end)
