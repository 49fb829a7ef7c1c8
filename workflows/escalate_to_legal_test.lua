-- 转法务的测试 · Tests of the legal track

-- 期限和次数由各社自定,测试自带一套 · the institution's own: a test brings one set
local function with_spans(t)
  t.settings {
    least_contacts = 1,
    look_again = 10 * workdays,
    answer_within = 15 * days,
    urgent_answer = 3 * days,
    serve_within = 10 * workdays,
    most_letters = 2,
    urgent_below = 60,
    decide_within = 90 * days,
    reconsider_after = 30 * days,
    expired_again = 180 * days,
    suit_from = yuan(5000),
    review_every = 90 * days,
    recheck_assets = 180 * days,
    last_break = 3,
    most_promises = 3,
  }
  t.settings("guarantee_watch", { first = 90 * days })
  t.settings("limitation_watch", {
    first = 180 * days,
    second = 90 * days,
    last = 30 * days,
    press_every = 7 * days,
    supervisor = 14 * days,
    look_every = 42 * days,
  })
end

-- 从提醒转来的案件已有送达的联络 · a case that came from the reminder has been contacted
local function contacted(t, spec)
  with_spans(t)
  t.settings("remind", { call_after = 2 * days, visit_day = 31 })
  local c = t.case(spec)
  t.enrol(c, "remind")
  t.expect_sent("sms", "remind_1")
  t.advance(2 * days)
  t.expect_sent("call")
  t.report_call(c, "conversation", { cause = "deliberate" })
  t.advance(1 * days)
  t.expect_sent("task")
  t.event(c, "legal_override", {})
  t.expect_workflow(c, "escalate_to_legal")
  return c
end

test("催收通知书、第二人批准、立案、判决、执行、无财产再查", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.expect_sent("demand_letter", { template = "demand_letter", to = "borrower" })
  t.expect_stage(c, "demand")
  t.advance(14 * days)
  t.expect_nothing_sent()
  t.advance(1 * days)
  t.expect_stage(c, "suit")
  t.expect_sent("task")
  t.expect_task("suit_check", { by = role "legal" })
  t.expect_task("approval")
  t.advance(10 * days)
  t.expect_nothing_sent()

  t.approve("file_suit")
  t.expect_sent("file_suit")
  t.expect_stage(c, "in_court")
  t.event(c, "judgment", { result = "won", amount = yuan(20000) })
  t.expect_stage(c, "after_judgment")
  t.expect_task("judgment", { by = role "legal" })
  t.event(c, "court_step", { step = "enforcement", kind = "suit" })
  t.expect_stage(c, "in_court")
  t.event(c, "court_step", { step = "terminated", kind = "suit" })
  t.expect_stage(c, "no_assets")
  t.event(c, "court_step", { step = "rechecked", kind = "suit", detail = "nothing" })
  t.expect_stage(c, "no_assets")
  t.event(c, "court_step", { step = "rechecked", kind = "suit", detail = "property" })
  t.expect_stage(c, "in_court")
  -- 误登的复查撤回了,回到无财产 · a step that was none is taken back
  t.event(c, "court_step", { step = "undone", kind = "suit", detail = "rechecked" })
  t.expect_stage(c, "no_assets")
  t.event(c, "court_step", { step = "undone", kind = "suit", detail = "terminated" })
  t.expect_stage(c, "in_court")
end)

test("执行到位的结案,流程结束", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.event(c, "matter_opened", { matter = "7", kind = "suit" })
  t.expect_stage(c, "in_court")
  t.event(c, "matter_closed", { matter = "7", kind = "suit", reason = "enforced" })
  t.expect_finished("enforced", c)
end)

test("没有联络过的案件过不了关,主管核准才放行", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(20000), days_past_due = 200 }
  t.enrol(c)
  t.expect_stage(c, "gate")
  t.expect_task("override", { by = role "supervisor" })
  t.expect_sent("task")
  t.advance(60 * days)
  t.expect_nothing_sent()
  t.event(c, "note", { note = "同意转诉" })
  t.expect_stage(c, "gate")
  t.event(c, "legal_override", { by = "主管甲" })
  t.expect_stage(c, "demand")
  t.expect_no_task("override")
  t.expect_sent("demand_letter")
end)

test("转法务的同时开始看守诉讼时效", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(20000), days_past_due = 200 }
  t.enrol(c)
  t.expect_workflow(c, "limitation_watch")
end)

test("时效将满:通知书只等三天", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(20000), limitation_days_left = 40 }
  t.enrol(c)
  t.event(c, "legal_override", { by = "主管甲" })
  t.expect_sent("demand_letter", { template = "demand_letter_urgent", to = "borrower" })
  t.expect_stage(c, "demand")
  t.advance(3 * days)
  t.expect_stage(c, "suit")
end)

test("保证期间内的保证人另寄通知,过了期间的不寄", function(t)
  with_spans(t)
  local within = t.case { overdue = yuan(20000), days_past_due = 100, guarantors = 1 }
  t.enrol(within)
  t.event(within, "legal_override", { by = "主管甲" })
  t.expect_sent("demand_letter", { template = "demand_letter", to = "borrower" })
  t.expect_sent("demand_letter", { template = "demand_letter_guarantor", to = "guarantor" })
  t.expect_sent("task")
  t.expect_workflow(within, "guarantee_watch")
  t.expect_task("guarantee")
  t.expect_sent("task")

  local past = t.case { overdue = yuan(20000), days_past_due = 400, guarantors = 1 }
  t.enrol(past)
  t.event(past, "legal_override", { by = "主管甲" })
  t.expect_sent("demand_letter", { to = "borrower" })
  t.expect_sent("task")
  t.expect_nothing_sent()
end)

test("第二人不批准:交主管,按设定的天数再议", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.advance(15 * days)
  t.expect_stage(c, "suit")
  t.event(c, "rejected", { verb = "file_suit", order = "1", reason = "证据不足" })
  t.expect_stage(c, "not_filed")
  t.expect_task("no_suit", { by = role "supervisor" })
  t.advance(29 * days)
  t.expect_stage(c, "not_filed")
  t.advance(1 * days)
  t.expect_stage(c, "demand")
end)

test("没有批准的,主管定为起诉就马上再报,小额的也报", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.advance(15 * days)
  t.event(c, "rejected", { verb = "file_suit", order = "1", reason = "证据不足" })
  t.event(c, "way_chosen", { way = "suit" })
  t.expect_stage(c, "suit")
end)

-- 起诉还在路上(未批、已批未送),主管另定办法:不等三个月 · a suit under way gives way at once
test("起诉正在报批,主管定为调解:马上调解", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.advance(15 * days)
  t.expect_stage(c, "suit")
  t.event(c, "way_chosen", { way = "mediation" })
  t.expect_stage(c, "mediation")
  t.expect_task("negotiate", { by = role "legal" })
end)

test("没有批准的,主管定支付令就报批支付令,不再问一次", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.advance(15 * days)
  t.event(c, "rejected", { verb = "file_suit", order = "1", reason = "证据不足" })
  t.event(c, "way_chosen", { way = "payment_order" })
  t.expect_stage(c, "payment_order")
  t.event(c, "rejected", { verb = "payment_order", order = "2", reason = "下落不明" })
  t.expect_stage(c, "not_filed")
  t.event(c, "way_chosen", { way = "payment_order" })
  t.approve("payment_order")
  t.expect_workflow(c, "escalate_to_legal")
  t.expect_stage(c, "in_court")
end)

test("没有批准的,主管定调解、核销:照办,到期再由主管定", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.advance(15 * days)
  t.event(c, "rejected", { verb = "file_suit", order = "1", reason = "证据不足" })
  t.event(c, "way_chosen", { way = "mediation" })
  t.expect_stage(c, "mediation")
  t.expect_task("negotiate", { by = role "legal" })
  t.advance(30 * days)
  t.expect_stage(c, "not_filed")
  t.event(c, "way_chosen", { way = "write_off" })
  t.expect_stage(c, "write_off")
  t.expect_task("no_suit", { by = role "supervisor" })
  t.event(c, "way_chosen", { way = "suit" })
  t.expect_stage(c, "suit")
end)

test("九十天无人批准,同样交主管", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.advance(15 * days)
  t.advance(92 * days)
  t.expect_stage(c, "not_filed")
end)

test("收到通知书后承诺还款:转入承诺流程", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.promise(c, { in_days = 5 })
  t.expect_workflow(c, "promise")
end)

test("诉讼中还清:提醒撤诉,结束", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.advance(15 * days)
  t.approve("file_suit")
  t.pay(c, yuan(20000))
  t.expect_task("withdraw", { by = role "legal" })
  t.expect_finished("cured", c)
  t.advance(200 * days)
  t.expect_sent("demand_letter")
  t.expect_sent("task")
  t.expect_sent("file_suit")
  t.expect_sent("task")
  t.expect_nothing_sent()
end)

test("起诉前还清:直接结束,没有撤诉的待办", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.expect_sent("demand_letter")
  t.pay(c, yuan(20000))
  t.expect_finished("cured", c)
  t.advance(60 * days)
  t.expect_nothing_sent()
end)

test("还了一部分:寄确认函,程序继续", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.pay(c, yuan(5000))
  t.expect_sent("notice", "part_payment")
  t.expect_stage(c, "demand")
end)

test("撤回后重新考虑,无财产的半年一查,败诉结束", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.advance(15 * days)
  t.event(c, "matter_opened", { matter = "7", kind = "suit" })
  t.event(c, "matter_closed", { matter = "7", kind = "suit", reason = "withdrawn" })
  t.expect_stage(c, "not_filed")
  t.event(c, "matter_closed", { kind = "suit", reason = "no_assets" })
  t.expect_stage(c, "no_assets")
  t.advance(180 * days)
  t.expect_stage(c, "asset_search")
  t.expect_task("assets", { by = role "legal" })
  t.event(c, "matter_closed", { kind = "suit", reason = "lost" })
  t.expect_finished("lost", c)
end)

test("法院程序久拖:每九十天复核一次", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.advance(15 * days)
  t.approve("file_suit")
  t.advance(90 * days)
  t.expect_stage(c, "court_review")
  t.expect_task("court_review", { by = role "legal" })
end)

test("投诉期间不寄通知书", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(20000), days_past_due = 200 }
  t.enrol(c)
  t.event(c, "complaint")
  t.event(c, "legal_override", { by = "主管甲" })
  t.expect_refused("demand_letter", "cn.hold.complaint_open")
  t.expect_task("refused")
end)

test("诉讼中客户去世:转入死亡流程", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.event(c, "deceased")
  t.expect_workflow(c, "deceased")
end)

test("起诉办不成:不等满三个月,马上交主管", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.advance(15 * days)
  t.event(c, "failed", { verb = "task", order = "1", reason = "无关" })
  t.expect_stage(c, "suit")
  t.event(c, "failed", { verb = "file_suit", order = "2", reason = "已有未结的诉讼" })
  t.expect_stage(c, "not_filed")
end)

test("过不了关的案件后来联络上了,两周后放行", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(20000), days_past_due = 200 }
  t.enrol(c)
  t.event(c, "call_result", { outcome = "conversation" })
  t.expect_stage(c, "gate")
  t.advance(10 * workdays)
  t.expect_stage(c, "demand")
end)

test("时效还有一百天的,通知书照给十五天", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(20000), limitation_days_left = 100 }
  t.enrol(c)
  t.event(c, "legal_override", { by = "主管甲" })
  t.advance(14 * days)
  t.expect_stage(c, "demand")
  t.advance(1 * days)
  t.expect_stage(c, "suit")
end)

test("已三次爽约的,再承诺也不停下程序", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(20000), days_past_due = 200 }
  for _ = 1, 3 do
    t.promise(c, { in_days = 1 })
    t.advance(5 * days)
  end
  t.enrol(c)
  t.event(c, "legal_override", { by = "主管甲" })
  t.promise(c, { in_days = 5 })
  t.expect_stage(c, "demand")
end)

test("一般保证人不寄催收,由保证期间看守提醒先诉借款人", function(t)
  with_spans(t)
  local c = t.case {
    overdue = yuan(20000),
    days_past_due = 100,
    guarantors = 1,
    guarantee = "general",
  }
  t.enrol(c)
  t.event(c, "legal_override", { by = "主管甲" })
  t.expect_sent("demand_letter", { template = "demand_letter", to = "borrower" })
  t.expect_task("guarantee")
  t.expect_sent("task")
  t.expect_sent("task")
  t.expect_nothing_sent()
end)

test("通知书没有送达:请人送达,登记了回执才往下走", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.expect_sent("demand_letter")
  t.event(c, "failed", { verb = "demand_letter", order = "1", reason = "退信" })
  t.expect_stage(c, "not_served")
  t.expect_task("serve")
  t.event(c, "letter_proved", { order = "1", evidence = "signed_receipt" })
  t.advance(14 * days)
  t.expect_stage(c, "not_served")
  t.advance(1 * days)
  t.expect_stage(c, "suit")
end)

test("两次都没有送达:不起诉,交主管决定", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.event(c, "unknown", { verb = "demand_letter", order = "1", reason = "结果不明" })
  t.expect_stage(c, "not_served")
  t.advance(10 * workdays)
  t.expect_stage(c, "demand")
  t.event(c, "failed", { verb = "demand_letter", order = "2", reason = "退信" })
  t.advance(10 * workdays)
  t.expect_stage(c, "not_filed")
  t.expect_task("no_suit", { by = role "supervisor" })
end)

test("没有送达而时效将满:同时请人送达和报批起诉", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(20000), limitation_days_left = 40 }
  t.enrol(c)
  t.event(c, "legal_override", { by = "主管甲" })
  t.event(c, "failed", { verb = "demand_letter", order = "1", reason = "退信" })
  t.expect_task("serve")
  t.expect_stage(c, "suit")
end)

test("九十天后还清、还款又冲正的:从本流程接着办", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 85 }
  t.enrol(c, "visit")
  t.advance(8 * days)
  t.pay(c, yuan(5000))
  t.expect_finished("cured", c)
  t.reverse_last_payment(c)
  t.expect_workflow(c, "escalate_to_legal")
end)

test("九十天内还清、还款又冲正的:由提醒或上门接", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 40 }
  t.enrol(c, "visit")
  t.pay(c, yuan(5000))
  t.reverse_last_payment(c)
  t.expect_finished("cured", c)
end)

test("已兑现三次小额承诺的,再承诺也不停下程序", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(20000), days_past_due = 200 }
  for _ = 1, 3 do
    t.promise(c, { in_days = 1, amount = yuan(1) })
    t.pay(c, yuan(1))
    t.advance(5 * days)
  end
  t.enrol(c)
  t.event(c, "legal_override", { by = "主管甲" })
  t.promise(c, { in_days = 5, amount = yuan(1) })
  t.expect_stage(c, "demand")
end)

test("通知书被合规拒绝:没有寄出,不当作已经催告", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.event(c, "refused", { verb = "demand_letter", order = "1", reason = "cn.freq.letter" })
  t.expect_task("refused")
  t.advance(10 * workdays)
  t.expect_stage(c, "demand")
  t.event(c, "refused", { verb = "demand_letter", order = "2", reason = "cn.freq.letter" })
  t.advance(10 * workdays)
  t.expect_stage(c, "not_filed")
end)

test("通知书并入另一笔贷款,或金额变了:本笔重新寄", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.expect_sent("demand_letter")
  t.event(c, "stale", { verb = "demand_letter", order = "1", reason = "amount_changed" })
  t.expect_sent("demand_letter")
  t.event(c, "merged", { verb = "demand_letter", order = "2", reason = "case:7" })
  t.expect_nothing_sent()
  t.advance(1 * workdays)
  t.expect_sent("demand_letter")
end)

test("债权不成立或已消灭的案件,冲正之后也不进来", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 200 }
  t.pay(c, yuan(100))
  t.event(c, "dismissed")
  t.reverse_last_payment(c)
  t.expect_no_workflow(c, "escalate_to_legal")
end)

test("时效将满的不等联络,投诉也停不住起诉,而且只报一次", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), limitation_days_left = 20 }
  t.enrol(c, "escalate_to_legal")
  t.expect_stage(c, "demand")
  t.event(c, "complaint", { note = "态度不好" })
  t.expect_stage(c, "suit")
  t.expect_task("approval")
  t.event(c, "complaint", { note = "再次投诉" })
  t.expect_stage(c, "suit")
end)

test("时效已过的不催告、不起诉,由主管决定", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), limitation_days_left = -10 }
  t.enrol(c, "escalate_to_legal")
  t.expect_sent("task")
  t.expect_sent("limitation_task")
  t.event(c, "legal_override", {})
  t.expect_stage(c, "expired")
  t.expect_nothing_sent()
  t.advance(1 * days)
  t.expect_task("gate", { by = role "supervisor" })
  t.advance(400 * days)
  t.expect_no_workflow(c, "promise")
end)

test("见过面的也算联络过", function(t)
  with_spans(t)
  t.settings("visit", { time_to_pay = 10 * days, legal_after = 90 })
  local c = t.case { overdue = yuan(5000), days_past_due = 200 }
  t.enrol(c, "visit")
  t.report_visit(c, "notice_signed", { receipt = "A1", evidence = "proved" })
  t.advance(10 * days)
  t.expect_stage(c, "demand")
end)

test("时效只剩 12 天的,不在转诉条件里等到过期", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), limitation_days_left = 12 }
  t.enrol(c, "escalate_to_legal")
  t.advance(10 * days)
  t.expect_stage(c, "suit")
  t.expect_task("approval")
end)

test("还不急时投诉停住了催告,时效将满时照样报批起诉", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), limitation_days_left = 70 }
  t.enrol(c, "escalate_to_legal")
  t.expect_stage(c, "gate")
  t.event(c, "complaint", { note = "态度不好" })
  t.advance(39 * days)
  t.expect_stage(c, "gate")
  t.advance(1 * days)
  t.expect_stage(c, "suit")
  t.expect_task("approval")
  t.event(c, "complaint", { note = "再次投诉" })
  t.advance(10 * days)
  t.expect_stage(c, "suit")
end)

test("没有联络过的案件,时效将满时不等下次再看", function(t)
  with_spans(t)
  t.settings { look_again = 60 * workdays }
  local c = t.case { overdue = yuan(5000), limitation_days_left = 70 }
  t.enrol(c, "escalate_to_legal")
  t.expect_stage(c, "gate")
  t.advance(40 * days)
  t.expect_stage(c, "demand")
end)

test("起诉没有批准而时效将满:主管马上决定,不自动再报", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), limitation_days_left = 40 }
  t.enrol(c, "escalate_to_legal")
  t.advance(3 * days)
  t.expect_stage(c, "suit")
  t.event(c, "rejected", { verb = "file_suit", order = "1", reason = "证据不足" })
  t.expect_stage(c, "not_filed")
  t.advance(7 * days)
  t.expect_task("escalation")
  t.expect_stage(c, "not_filed")
end)

test("时效已过的,登记了重新签订的协议还没有使时效回来的,不动", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(5000), limitation_days_left = -10 }
  t.enrol(c, "escalate_to_legal")
  t.event(c, "legal_override", {})
  t.event(c, "clock_entered", { what = "contract" })
  t.expect_stage(c, "expired")
end)

-- 入册前已起诉的,不再催告、不再起诉 · a suit that is older than the book: no demand, no second suit
test("入册前已在法院的:从现在的阶段接着办,不寄通知书,不再报批起诉", function(t)
  with_spans(t)
  for stage, place in pairs { filed = "in_court", judged = "after_judgment", terminated = "no_assets" } do
    local c = t.case { overdue = yuan(20000), days_past_due = 400, court_stage = stage }
    t.enrol(c)
    t.expect_stage(c, place)
  end
  t.advance(30 * days)
  t.expect_no_task("approval")
end)

test("催告以后登记了已有的诉讼:转入法院程序,不再报批", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.event(c, "matter_opened", { matter = "7", kind = "suit", court = "虚构县人民法院", claim = yuan(20000) })
  t.expect_stage(c, "in_court")
  t.advance(60 * days)
  t.expect_no_task("approval")
end)

test("误登的诉讼撤回了:回到转诉条件", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.event(c, "matter_opened", { matter = "7", kind = "suit" })
  t.event(c, "matter_closed", { matter = "7", kind = "suit", reason = "mistaken" })
  t.expect_stage(c, "demand")
end)

test("批准以后、提交以前还清:提醒不要提交", function(t)
  local c = contacted(t, { overdue = yuan(20000), days_past_due = 20 })
  t.advance(15 * days)
  t.approve("file_suit")
  t.expect_stage(c, "in_court")
  t.pay(c, yuan(20000))
  t.expect_task("withdraw", { by = role "legal" })
  t.expect_finished("cured", c)
end)

test("两件都在法院:结了一件,另一件接着办", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(20000), days_past_due = 400, court_stage = "filed" }
  t.enrol(c)
  t.expect_stage(c, "in_court")
  for _, reason in ipairs { "paid", "withdrawn", "void", "no_assets", "mistaken" } do
    t.event(c, "matter_closed", { matter = "7", kind = "payment_order", reason = reason })
    t.expect_stage(c, "in_court")
  end
end)

-- 升级当天,旧版立的项还没有阶段 · on the day of an upgrade a matter of the older version has no stage
test("阶段还没有写上的,照样算在法院:不另报起诉,还清要收尾", function(t)
  with_spans(t)
  local c = t.case { overdue = yuan(20000), limitation_days_left = 40 }
  t.enrol(c)
  t.event(c, "matter_opened", { matter = "7", kind = "suit" })
  t.event(c, "complaint", { note = "态度不好" })
  t.expect_stage(c, "in_court")
  t.expect_no_task("approval")
  t.pay(c, yuan(20000))
  t.expect_task("withdraw", { by = role "legal" })
  t.expect_finished("cured", c)
end)
