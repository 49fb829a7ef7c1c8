-- 异议核账的测试 · Tests of disputes

test("有异议:开核账的待办,有期限,超期请主管督办", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c, "remind")
  t.event(c, "dispute", { note = "金额不对" })
  t.expect_workflow(c, "dispute")
  t.expect_task("dispute", { by = role "supervisor" })
  t.advance(setting.answer_within)
  t.expect_stage(c, "late")
  t.expect_task("escalation", { by = role "supervisor" })
end)

test("办结后结束,催收从原处继续", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c, "remind")
  t.event(c, "dispute", { note = "金额不对" })
  t.advance(3 * days)
  t.event(c, "dispute_resolved", { note = "已核对" })
  t.expect_finished("resolved", c)
  t.expect_workflow(c, "remind")
end)

test("还清了,异议仍要答复", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.event(c, "dispute", { note = "利息不对" })
  t.pay(c, yuan(5000))
  t.expect_stage(c, "check")
end)
