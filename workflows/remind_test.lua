-- 逾期提醒的测试:每条路走一遍,钟从 2026-03-02(周一)10:00 开始
-- Tests of the reminder; the clock begins on Monday 2026-03-02, 10:00

-- 期限由各社自定,测试自带一套 · the spans are the institution's: a test brings its own
local function with_spans(t)
  t.settings {
    call_after = 2 * days,
    call_again_after = 7 * days,
    letter_after = 7 * days,
    time_to_pay = 5 * days,
    talk_within = 7 * days,
    visit_day = 31,
    least_visit = yuan(100),
    decide_within = 5 * workdays,
  }
  t.settings("visit", { visit_within = 7 * days, report_within = 10 * days })
  t.settings("complaint", { acknowledge_within = 1 * workdays, answer_within = 15 * days })
  t.settings("escalate_to_legal", { least_contacts = 1 })
end

test("没有回应:消息、两次电话、信,满 31 天转上门,从不联系第三人", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5, third_parties = 2 }
  t.enrol(c)
  t.expect_sent("sms", { template = "remind_1", to = "borrower" })
  t.advance(2 * days)
  t.expect_sent("call", { to = "borrower" })
  t.advance(7 * days)
  t.expect_sent("call", { to = "borrower" })
  t.advance(7 * days)
  t.expect_sent("letter", { template = "remind_letter", to = "borrower" })
  t.expect_nothing_sent()
  t.expect_stage(c, "letter")
  t.advance(11 * days)
  t.expect_workflow(c, "visit")
  t.expect_sent("visit", { to = "borrower" })
  t.expect_nothing_sent()
end)

test("第一次电话不早不晚,正在设置的那天", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 1 }
  t.settings { call_after = 4 * days, visit_day = 31 }
  t.enrol(c)
  t.expect_sent("sms")
  t.advance(setting.call_after - 1 * days)
  t.expect_nothing_sent()
  t.advance(1 * days)
  t.expect_sent("call")
end)

test("已绑定微信的客户收微信,不收短信", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 1, wechat = true }
  t.enrol(c)
  t.expect_sent("wechat", "remind_1")
  t.expect_nothing_sent()
end)

test("没有电话的客户直接收信,到了上门的日子转上门", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 1, phone = false }
  t.enrol(c)
  t.expect_sent("letter", "remind_letter")
  t.expect_nothing_sent()
  t.advance((setting.visit_day - 1) * days)
  t.expect_workflow(c, "visit")
end)

test("微信送不出改短信,短信送不出改信", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 3, wechat = true }
  t.enrol(c)
  t.expect_sent("wechat", "remind_1")
  t.event(c, "failed", { verb = "wechat", order = "1", reason = "未绑定" })
  t.expect_sent("sms", "remind_1")
  t.event(c, "failed", { verb = "sms", order = "2", reason = "空号" })
  t.expect_sent("letter", "remind_letter")
  t.expect_stage(c, "letter")
  t.expect_nothing_sent()
end)

test("收到消息就还清:结束,以后不再联系", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.expect_sent("sms", "remind_1")
  t.advance(5 * hours)
  t.pay(c, yuan(5000))
  t.expect_finished("cured", c)
  t.advance(60 * days)
  t.expect_nothing_sent()
end)

test("只还一部分:提醒照常继续", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.expect_sent("sms", "remind_1")
  t.pay(c, yuan(1000))
  t.expect_workflow(c, "remind")
  t.advance(2 * days)
  t.expect_sent("call")
end)

test("疏忽:致谢并发还款办法,等几天再打", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.advance(2 * days)
  t.report_call(c, "conversation", { cause = "oversight" })
  t.expect_sent("sms", "remind_1")
  t.expect_sent("call")
  t.expect_sent("sms", "payment_link")
  t.expect_stage(c, "first_call")
  t.advance(5 * days)
  t.expect_stage(c, "second_call")
end)

test("不满:转投诉处理,提醒停下来", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.advance(2 * days)
  t.expect_sent("sms", "remind_1")
  t.expect_sent("call")
  t.report_call(c, "conversation", { cause = "dissatisfied" })
  t.expect_workflow(c, "complaint")
  t.expect_sent("notice", "complaint_received")
  t.expect_task("complaint")
  t.advance(10 * days)
  t.expect_stage(c, "first_call")
  t.expect_task("investigate")
  t.event(c, "complaint_resolved")
  t.expect_finished("resolved", c)
  t.advance(10 * days)
  t.expect_stage(c, "second_call")
end)

test("资金紧张:约谈,过了期限再打电话", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.advance(2 * days)
  t.report_call(c, "conversation", { cause = "short_of_cash" })
  t.expect_stage(c, "talk")
  t.expect_task("negotiate")
  t.advance(7 * days)
  t.expect_stage(c, "second_call")
end)

test("一个电话判为故意:主管核准才转法务,先寄催收通知书", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.advance(2 * days)
  t.expect_sent("sms")
  t.expect_sent("call")
  t.report_call(c, "conversation", { cause = "deliberate" })
  t.expect_nothing_sent()
  t.advance(1 * days)
  t.expect_task("gate")
  t.expect_sent("task")
  t.event(c, "legal_override", {})
  t.expect_workflow(c, "escalate_to_legal")
  t.expect_sent("demand_letter", { template = "demand_letter", to = "borrower" })
end)

test("没有接通、没问到原因:等下一次电话", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.advance(2 * days)
  t.report_call(c, "no_answer")
  t.expect_stage(c, "first_call")
  t.advance(7 * days)
  t.expect_stage(c, "second_call")
  t.report_call(c, "conversation")
  t.expect_stage(c, "second_call")
  t.expect_waiting(c)
end)

test("承诺还款:转入承诺流程", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.promise(c, { in_days = 3 })
  t.expect_finished("become:promise", c)
  t.expect_stage(c, "waiting")
end)

test("客户死亡:转入死亡流程,不再联系死者", function(t)
  t.settings("deceased", { condolence_after = 30 * days })
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.expect_sent("sms", "remind_1")
  t.event(c, "deceased")
  t.expect_workflow(c, "deceased")
  t.expect_sent("task")
  t.advance(20 * days)
  t.expect_nothing_sent()
end)

test("投诉后催收停下,办结后接着走,不重发", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.expect_sent("sms", "remind_1")
  t.event(c, "complaint", { note = "测试投诉" })
  t.expect_sent("notice", "complaint_received")
  t.expect_sent("task")
  t.advance(5 * days)
  t.expect_sent("task")
  t.expect_nothing_sent()
  t.expect_stage(c, "first_message")
  t.event(c, "complaint_resolved")
  t.advance(5 * days)
  t.expect_sent("call")
  t.expect_nothing_sent()
end)

test("异议期间不催收", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.expect_sent("sms", "remind_1")
  t.event(c, "dispute", { note = "金额不对" })
  t.advance(20 * days)
  t.expect_nothing_sent()
  t.event(c, "dispute_resolved")
  t.advance(4 * days)
  t.expect_sent("call")
end)

test("夜里不发消息,早上八点才发", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.advance(12 * hours)
  t.enrol(c)
  t.expect_nothing_sent()
  t.advance(9 * hours)
  t.expect_nothing_sent()
  t.advance(1 * hours)
  t.expect_sent("sms", "remind_1")
end)

test("夜里等着的消息遇上投诉:合规拒绝,交给人看", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.advance(12 * hours)
  t.enrol(c)
  t.event(c, "complaint")
  t.advance(12 * hours)
  t.expect_refused("sms", "cn.hold.complaint_open")
  t.expect_task("refused")
end)

test("快到上门的日子才进来的,不再打电话,直接转上门", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = setting.visit_day - 1 }
  t.enrol(c)
  t.expect_sent("sms", "remind_1")
  t.advance(setting.call_after)
  t.expect_workflow(c, "visit")
  t.expect_sent("visit")
  t.expect_nothing_sent()
end)

test("轮到第二次电话时已到上门的日子:不打了,转上门", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 24 }
  t.enrol(c)
  t.expect_sent("sms")
  t.advance(2 * days)
  t.expect_sent("call")
  t.advance(7 * days)
  t.expect_workflow(c, "visit")
  t.expect_sent("visit")
  t.expect_nothing_sent()
end)

test("轮到寄信时已到上门的日子:不寄了,转上门", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 17 }
  t.enrol(c)
  t.advance(10 * days)
  t.expect_sent("sms")
  t.expect_sent("call")
  t.expect_sent("call")
  t.advance(6 * days)
  t.expect_workflow(c, "visit")
  t.expect_sent("visit")
  t.expect_nothing_sent()
end)

test("有微信、没有电话:电话打不成就寄信", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5, phone = false, wechat = true }
  t.enrol(c)
  t.expect_sent("wechat", "remind_1")
  t.advance(2 * days)
  t.expect_sent("letter", "remind_letter")
  t.expect_stage(c, "letter")
end)

test("别的流程的告知信被拒,与提醒无关", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.expect_sent("sms")
  t.event(c, "refused", { verb = "notice", order = "1", reason = "cn.party.deceased" })
  t.expect_nothing_sent()
end)

test("没有逾期的案件进来就结束,什么也不发", function(t)
  local c = t.case { overdue = yuan(0), days_past_due = 0 }
  t.enrol(c)
  t.expect_finished("nothing_overdue", c)
  t.advance(40 * days)
  t.expect_nothing_sent()
end)

test("一个电话判为故意,主管没有核准:照旧提醒", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.advance(2 * days)
  t.report_call(c, "conversation", { cause = "deliberate" })
  t.advance(10 * days)
  t.expect_stage(c, "second_call")
end)

test("小额:一个电话判为故意也不惊动主管,到日子不上门", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(50), days_past_due = 5 }
  t.enrol(c)
  t.advance(2 * days)
  t.report_call(c, "conversation", { cause = "deliberate" })
  t.expect_sent("sms")
  t.expect_sent("call")
  t.advance(60 * days)
  t.expect_sent("letter", "remind_letter")
  t.expect_nothing_sent()
  t.expect_no_workflow(c, "visit")
end)

test("空号:不再打,查找号码的待办,改寄信", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.expect_sent("sms")
  t.advance(2 * days)
  t.expect_sent("call")
  t.report_call(c, "invalid")
  t.expect_task("trace")
  t.expect_sent("task")
  t.advance(10 * days)
  t.expect_sent("letter", "remind_letter")
  t.expect_nothing_sent()
end)

test("夜里还了一部分:第二天早上不催,两天后再打电话", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.advance(12 * hours)
  t.enrol(c)
  t.pay(c, yuan(1000))
  t.advance(11 * hours)
  t.expect_nothing_sent()
  t.advance(4 * days)
  t.expect_sent("call")
end)
