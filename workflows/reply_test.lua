-- 客户回复的测试 · Tests of replies

test("回复短信说打错了:有人处理,原来的流程照走", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 3 }
  t.enrol(c, "remind")
  t.event(c, "reply", { channel = "sms", note = "打错了" })
  t.expect_task("reply")
  t.expect_workflow(c, "remind")
end)

test("再次回复,再开一件", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 3 }
  t.event(c, "reply", { channel = "sms", note = "在外地" })
  t.expect_sent("task")
  t.event(c, "reply", { channel = "letter", note = "已还" })
  t.expect_sent("task")
end)
