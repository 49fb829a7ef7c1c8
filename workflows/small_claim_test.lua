-- 小额诉前的测试 · Tests of small claims

local function with_spans(t)
  t.settings("escalate_to_legal", { suit_from = yuan(5000), answer_within = 15 * days })
  t.settings {
    floor = yuan(500),
    choose_within = 10 * days,
    decide_within = 30 * days,
    mediate_within = 30 * days,
    write_off_again = 180 * days,
    urgent_below = 60,
  }
end

test("催告期满的小额不直接起诉,由主管定办法,写明要花多少", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3200), days_past_due = 200 }
  t.enrol(c, "escalate_to_legal")
  t.event(c, "legal_override", {})
  t.advance(15 * days)
  t.expect_workflow(c, "small_claim")
  t.expect_stage(c, "choice")
  t.expect_task("gate", { by = role "supervisor" })
  t.expect_no_task("approval")
end)

test("主管定支付令:第二人批准,立项后由转法务接着办", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3200), days_past_due = 200 }
  t.enrol(c, "small_claim")
  t.event(c, "way_chosen", { way = "payment_order" })
  t.expect_stage(c, "payment_order")
  t.expect_task("approval")
  t.approve("payment_order")
  t.expect_workflow(c, "escalate_to_legal")
  t.expect_stage(c, "in_court")
end)

test("支付令没有批准:由主管另定,定起诉的报批起诉", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3200), days_past_due = 200 }
  t.enrol(c, "small_claim")
  t.event(c, "way_chosen", { way = "payment_order" })
  t.event(c, "rejected", { verb = "payment_order", order = "1", reason = "下落不明" })
  t.expect_stage(c, "choice")
  t.event(c, "way_chosen", { way = "suit" })
  t.expect_stage(c, "suit")
  t.approve("file_suit")
  t.expect_stage(c, "in_court")
end)

test("定调解:法务去申请,到期没有结果的再定", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3200), days_past_due = 200 }
  t.enrol(c, "small_claim")
  t.event(c, "way_chosen", { way = "mediation" })
  t.expect_task("negotiate", { by = role "legal" })
  t.advance(30 * days)
  t.expect_stage(c, "choice")
end)

test("调解谈成的转承诺流程", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3200), days_past_due = 200 }
  t.enrol(c, "small_claim")
  t.event(c, "way_chosen", { way = "mediation" })
  t.promise(c, { in_days = 5 })
  t.expect_workflow(c, "promise")
end)

test("不到下限的既不起诉也不申请支付令,建议核销,半年再看", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(300), days_past_due = 200 }
  t.enrol(c, "small_claim")
  t.expect_stage(c, "write_off")
  t.expect_task("no_suit", { by = role "supervisor" })
  t.expect_no_task("approval")
  t.advance(180 * days)
  t.expect_stage(c, "write_off")
end)

test("主管没有定:到期再报一次", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3200), days_past_due = 200 }
  t.enrol(c, "small_claim")
  t.advance(10 * days)
  t.expect_stage(c, "choice")
end)

test("时效将满的不等主管定,直接报批支付令", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3200), limitation_days_left = 30 }
  t.enrol(c, "small_claim")
  t.expect_stage(c, "payment_order")
  t.expect_task("approval")
end)

test("不到下限的,时效将满时也报批支付令", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(300), limitation_days_left = 30 }
  t.enrol(c, "small_claim")
  t.expect_stage(c, "payment_order")
  t.expect_task("approval")

  local later = t.case { overdue = yuan(300), limitation_days_left = 70 }
  t.enrol(later, "small_claim")
  t.expect_stage(later, "write_off")
  t.advance(40 * days)
  t.event(later, "limitation_near", { days_left = 30 })
  t.expect_stage(later, "payment_order")
end)

test("还清的结束", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3200), days_past_due = 200 }
  t.enrol(c, "small_claim")
  t.pay(c, yuan(3200))
  t.expect_finished("cured", c)
end)

test("投诉、异议停下;去世的转死亡流程", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(3200), days_past_due = 200 }
  t.enrol(c, "small_claim")
  t.event(c, "complaint")
  t.event(c, "dispute")
  t.expect_stage(c, "choice")
  t.event(c, "deceased")
  t.expect_workflow(c, "deceased")
end)
