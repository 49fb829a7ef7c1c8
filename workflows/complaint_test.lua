-- 投诉处理的测试 · Tests of complaints

test("投诉一来就受理,到期调查,办结就结束", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "complaint", { note = "测试投诉" })
  t.expect_stage(c, "acknowledge")
  t.expect_sent("notice", { template = "complaint_received", to = "borrower" })
  t.expect_sent("task")
  t.expect_task("complaint", { by = role "supervisor" })
  t.expect_nothing_sent()
  t.advance(setting.acknowledge_within)
  t.expect_stage(c, "investigate")
  t.expect_task("investigate", { by = role "supervisor" })
  t.event(c, "complaint_resolved", { note = "不属实,已答复" })
  t.expect_finished("resolved", c)
end)

test("还清了也要查清并答复:投诉的待办不失效", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "complaint", { note = "测试投诉" })
  t.advance(setting.acknowledge_within)
  t.pay(c, yuan(10000))
  t.expect_task("complaint", { by = role "supervisor" })
  t.expect_task("investigate", { by = role "supervisor" })
end)

test("受理至多等设置的工作日", function(t)
  t.settings { acknowledge_within = 3 * workdays }
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "complaint")
  t.advance(2 * workdays)
  t.expect_stage(c, "acknowledge")
  t.advance(1 * workdays)
  t.expect_stage(c, "investigate")
end)

test("超过期限没办结:督办,一直催到办结", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "complaint")
  t.expect_sent("notice")
  t.expect_sent("task")
  t.advance(setting.acknowledge_within)
  t.expect_sent("task")
  t.advance(setting.answer_within)
  t.expect_stage(c, "late")
  t.expect_task("escalation", { by = role "supervisor" })
  t.expect_sent("task")
  t.expect_nothing_sent()
  t.advance(setting.press_every)
  t.expect_sent("task")
  t.event(c, "complaint_resolved")
  t.expect_finished("resolved", c)
  t.advance(90 * days)
  t.expect_nothing_sent()
end)

test("又来一件投诉:再受理一次,两件都办结才结束", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "complaint")
  t.advance(setting.acknowledge_within)
  t.expect_stage(c, "investigate")
  t.event(c, "complaint")
  t.expect_stage(c, "acknowledge")
  t.expect_sent("notice")
  t.expect_sent("notice")
  t.event(c, "complaint_resolved")
  t.expect_workflow(c, "complaint")
  t.event(c, "complaint_resolved")
  t.expect_finished("resolved", c)
end)

test("还清了也要把投诉办完", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "complaint")
  t.pay(c, yuan(5000))
  t.expect_workflow(c, "complaint")
  t.advance(setting.acknowledge_within)
  t.expect_stage(c, "investigate")
end)

test("通知寄不出:改用电话或当面答复", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "complaint")
  t.event(c, "failed", { verb = "notice", order = "1", reason = "没有地址" })
  t.expect_task("answer", { by = role "supervisor" })
end)

test("死者名下的投诉:通知不寄,交给人答复", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "deceased")
  t.event(c, "complaint")
  t.expect_refused("notice", "cn.party.deceased")
  t.expect_task("answer", { by = role "supervisor" })
end)

test("别的指令被拒与投诉无关", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "complaint")
  t.expect_sent("notice")
  t.expect_sent("task")
  t.event(c, "refused", { verb = "call", order = "1", reason = "cn.hold.complaint_open" })
  t.event(c, "failed", { verb = "call", order = "1", reason = "没有电话" })
  t.expect_nothing_sent()
end)
