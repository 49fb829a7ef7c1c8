-- 客户死亡的测试 · Tests of the death of a debtor

test("报告死亡:只有核实的待办,不联系任何人", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10, third_parties = 2 }
  t.event(c, "deceased", { note = "村干部告知" })
  t.expect_stage(c, "verify")
  t.expect_task("verify_death")
  t.expect_sent("task")
  t.advance(setting.condolence_after - 1 * days)
  t.expect_nothing_sent()
end)

test("没有登记继承人:到了日子请人查明,不寄信", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "deceased")
  t.expect_sent("task")
  t.advance(setting.condolence_after)
  t.expect_stage(c, "condolence")
  t.expect_task("heirs")
  t.expect_sent("task")
  t.expect_nothing_sent()
end)

test("有保证人:另开待办,由法务决定", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10, guarantors = 1 }
  t.event(c, "deceased")
  t.expect_task("guarantor", { by = role "legal" })
  t.expect_sent("task")
  t.expect_sent("task")
  t.expect_nothing_sent()
end)

test("遗产:定期复核,到了次数交账", function(t)
  t.settings { most_reviews = 4 }
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "deceased")
  t.advance(setting.condolence_after)
  t.advance(setting.estate_after)
  t.expect_stage(c, "estate")
  t.expect_task("estate")
  t.advance(setting.review_every)
  t.expect_stage(c, "estate_review")
  t.advance(3 * setting.review_every)
  t.expect_finished("handed_to_estate", c)
end)

test("遗产还清:结束", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10, principal = yuan(5000) }
  t.event(c, "deceased")
  t.pay(c, yuan(5000))
  t.expect_finished("paid_off", c)
end)

test("只还清逾期部分:死亡的事还没办完", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "deceased")
  t.pay(c, yuan(5000))
  t.expect_workflow(c, "deceased")
end)

test("在催的案件:停下来转入死亡流程,夜里的消息也不发", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.advance(12 * hours)
  t.enrol(c, "remind")
  t.event(c, "deceased")
  t.expect_workflow(c, "deceased")
  t.expect_sent("task")
  t.advance(3 * days)
  t.expect_nothing_sent()
end)

test("继承人的信被拒:补材料的待办", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "deceased")
  t.advance(setting.condolence_after)
  t.event(c, "refused", { verb = "notice", order = "1", reason = "cn.party.heir" })
  t.expect_task("refused")
end)

test("继承人的信寄不出:核对地址的待办", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "deceased")
  t.advance(setting.condolence_after)
  t.expect_sent("task")
  t.expect_sent("task")
  t.event(c, "failed", { verb = "task", order = "1", reason = "无关" })
  t.expect_nothing_sent()
  t.event(c, "failed", { verb = "notice", order = "2", reason = "没有地址" })
  t.expect_sent("task")
end)

test("投诉的暂停解除了,死亡的暂停还在:流程不变", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "deceased")
  t.event(c, "complaint")
  t.event(c, "complaint_resolved")
  t.expect_stage(c, "verify")
  t.expect_workflow(c, "deceased")
end)

test("借款人健在时进入本流程:马上结束", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10, guarantors = 1 }
  t.enrol(c)
  t.expect_finished("somebody_else", c)
  t.expect_nothing_sent()
end)

test("误报:主管核实后先致歉,几天后才回到提醒,不当天发消息", function(t)
  t.settings { apology_within = 5 * workdays }
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "deceased", { note = "村干部告知" })
  t.expect_stage(c, "verify")
  t.expect_sent("task")
  t.event(c, "death_disproved", { note = "本人来网点", by = "主管甲" })
  t.expect_nothing_sent()
  t.advance(1 * days)
  t.expect_sent("task")
  t.expect_task("apology", { by = role "supervisor" })
  t.advance(5 * days)
  t.expect_nothing_sent()
  t.advance(2 * days)
  t.expect_workflow(c, "remind")
  t.expect_sent("sms")
end)

test("误报以后又真的去世:重新进入死亡流程", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 10 }
  t.event(c, "deceased")
  t.event(c, "death_disproved")
  t.expect_stage(c, "disproved")
  t.event(c, "deceased")
  t.expect_stage(c, "verify")
end)
