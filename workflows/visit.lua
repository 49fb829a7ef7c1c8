-- 上门清收:逾期 31–90 天的客户,两人上门,找不到人寄挂号信,三次无果转法务
-- Visits: customers 31 to 90 days past due; two collectors go, then a registered letter, then legal
workflow "visit" {
  title = { zh = "上门清收", en = "Visits" },
  lane = "contact",
  start = "visit_debtor",
  enrol = { days_past_due = { 31, 90 }, overdue = at_least(yuan(100)) }, -- 小额不上门 · no visit for less
  settings = {
    visit_within = { 7 * days, min = 1 * days, max = 30 * days, unit = "days", title = { zh = "几天内上门", en = "Visit within" } },
    report_within = { 10 * days, min = "visit_within", max = 45 * days, title = { zh = "几天内应有结果", en = "Result expected within" } },
    report_late = { 5 * days, min = 1 * days, max = 30 * days, title = { zh = "催报之后再等几天", en = "Wait after asking for the result" } },
    come_again_after = { 10 * days, min = 3 * days, max = 60 * days, title = { zh = "没有见到,几天后再去(宜 7–14 天)", en = "Come again after (7 to 14 days do well)" } },
    booking = { 5 * days, min = 1 * days, max = 30 * days, title = { zh = "报告还款或承诺后等登记", en = "Wait for a payment or promise to be booked" } },
    time_to_pay = { 10 * days, min = 1 * days, max = 60 * days, title = { zh = "见到本人之后给几天", en = "Time to pay once the person was met" } },
    trace_within = { 15 * days, min = 3 * days, max = 60 * days, title = { zh = "搬走之后查找住址的期限", en = "Time to find a new address" } },
    letter_answer = { 15 * days, min = 3 * days, max = 60 * days, title = { zh = "挂号信之后等几天", en = "Wait after the registered letter" } },
    most_failures = { 3, min = 1, max = 10, unit = "times", title = { zh = "几次无果转法务", en = "Visits without a result before legal" } },
    progress = { 20, min = 1, max = 1000, unit = "per_mille", title = { zh = "两次上门之间至少还应还的千分之几,才算在还款", en = "Share of what is due that counts as paying between two visits" } },
    legal_after = { 90, min = 31, max = 365, unit = "days", title = { zh = "逾期超过几天,一次无果就转法务", en = "Days past due beyond which legal takes over" } },
  },
}

local SAID = { visit = "上门", letter = "寄信" } -- 待办里的称呼 · what a task calls an order

-- 一次无果:再去、寄信或转法务 · one visit came to nothing
local function came_to_nothing(case)
  local paid = memo.paid or 0
  memo.paid = nil
  if paid * 1000 >= (case.overdue + paid) * setting.progress then
    memo.failures = 0 -- 在还钱的不算无果 · whoever pays is a payer
    return wait(setting.come_again_after, "visit_debtor")
  end
  memo.failures = (memo.failures or 0) + 1
  if memo.failures >= setting.most_failures or case.days_past_due > setting.legal_after then
    return become "escalate_to_legal"
  end
  if memo.failures == 2 then
    return go "registered_letter"
  end
  return wait(setting.come_again_after, "visit_debtor")
end

local function after_visit(case, result)
  memo.unreported, memo.absent = 0, result.outcome == "absent"
  local seen_on = result.on or today()
  if result.outcome == "paid" and case.last_payment_on and seen_on <= case.last_payment_on then
    return wait(setting.time_to_pay, "nothing_came") -- 已入账 · it is booked already
  elseif result.outcome == "paid" or result.outcome == "promised" then
    memo.paid_before = case.paid
    return wait(setting.booking, "check_booking")
  elseif result.outcome == "met" or result.outcome == "notice_signed" then
    return wait(setting.time_to_pay, "nothing_came")
  elseif result.outcome == "moved" then
    return go "moved"
  elseif result.outcome == "deceased" then
    return stay() -- 死亡另有事件 · the death comes as an event of its own
  end
  return came_to_nothing(case) -- 不在、拒绝 · absent, refused
end

always {
  on_promise = function(case) return become "promise" end,
  on_payment = function(case, payment)
    memo.paid = (memo.paid or 0) + payment.amount
    if case.overdue > 0 then
      notice "part_payment"
    end
    return stay()
  end,
  on_deceased = function(case)
    if case.debtor and case.debtor.alive then
      return stay() -- 去世的是别人 · somebody else has died
    end
    return become "deceased"
  end,
  on_complaint = function(case) return pause("complaint") end,
  on_dispute = function(case) return pause("dispute") end,
  on_refused = function(case, order)
    -- 告知信不催款,不寄也无妨 · a notice asks for nothing and may be left out
    if order.verb ~= "notice" then
      task {
        title = { zh = "合规不允许" .. (SAID[order.verb] or "本次联络") .. ":请核对原因,由人决定下一步",
                  en = "Conduct review refuses `" .. order.verb .. "`: see why, a person decides what is next" },
        kind = "refused",
      }
    end
    return stay()
  end,
}

stage "visit_debtor" {
  title = { zh = "上门", en = "Visit" },
  enter = function(case)
    visit {
      by = case.collector,
      reason = { zh = "逾期上门:核对本人,说明金额和还款办法,请其签收通知",
                 en = "overdue: make sure who it is, tell the amount and the ways to pay, have the notice signed" },
      before = today() + setting.visit_within,
    }
    return wait(setting.report_within, "unreported")
  end,
  on_visit_result = after_visit,
  on_failed = function(case, order)
    if order.verb == "visit" then
      task {
        title = { zh = "无法上门:请补登地址或自然村", en = "No visit is possible: enter the address or the village" },
        kind = "trace", by = case.collector,
      }
    end
    return stay()
  end,
}

stage "unreported" {
  title = { zh = "催报结果", en = "Result missing" },
  enter = function(case)
    task {
      title = { zh = "上门结果未登记:请补登,没有去的请说明",
                en = "No result of the visit was entered: enter it, and say so if nobody went" },
      kind = "report", by = case.collector,
    }
    return wait(setting.report_late, "not_gone")
  end,
  on_visit_result = after_visit,
}

-- 没有登记就是没有去:不算无果,也不写信 · nobody went: no failure of the customer's
stage "not_gone" {
  title = { zh = "没有人去", en = "Nobody went" },
  enter = function(case)
    memo.unreported = (memo.unreported or 0) + 1
    if memo.unreported >= setting.most_failures then
      memo.unreported = 0
      task {
        title = { zh = "一再安排上门而没有结果登记:请主管查明,换人去或转法务",
                  en = "Visits were asked for again and again and no result was entered: a supervisor finds out why, sends somebody else or moves the case to legal" },
        by = role "supervisor", ends_with = "claim", kind = "gate", in_days = 5,
      }
      if case.days_past_due > setting.legal_after then
        return become "escalate_to_legal" -- 没有人去也不能一直拖 · nor does it wait for ever
      end
    end
    return wait(setting.come_again_after, "visit_debtor")
  end,
}

stage "check_booking" {
  title = { zh = "核对入账", en = "Check the booking" },
  enter = function(case)
    if memo.paid_before and memo.paid_before < case.paid then
      return wait(setting.time_to_pay, "nothing_came") -- 这几天入账了 · it was booked since
    end
    task {
      title = { zh = "报告已还款或已承诺,账上未见:请核对收据并登记",
                en = "A payment or a promise was reported and is not on record: check the receipt and enter it" },
      kind = "booking",
    }
    return wait(setting.booking, "nothing_came")
  end,
}

stage "nothing_came" {
  title = { zh = "仍未还款", en = "Nothing came" },
  enter = came_to_nothing,
}

stage "moved" {
  title = { zh = "已搬走", en = "Moved away" },
  enter = function(case)
    task {
      title = { zh = "客户已搬走:查本社留存资料和公开登记,不得向亲友透露欠款",
                en = "The customer has moved: look in our own papers and public registers, tell relatives and friends nothing of the debt" },
      kind = "trace", in_days = 7,
    }
    return wait(setting.trace_within, "not_found")
  end,
}

-- 不往旧址寄信、上门 · nothing goes to the old address
stage "not_found" {
  title = { zh = "没有找到", en = "Not found" },
  enter = function(case)
    memo.failures = (memo.failures or 0) + 1
    if memo.failures >= setting.most_failures or case.days_past_due > setting.legal_after then
      return become "escalate_to_legal"
    end
    return go "moved"
  end,
}

stage "registered_letter" {
  title = { zh = "挂号信", en = "Registered letter" },
  enter = function(case)
    -- 没有登记过不在的,不说走访未遇 · no letter tells of a visit that met nobody unless one did
    local text = memo.absent and "visit_letter" or "remind_letter"
    letter { template = text, registered = true }
    return wait(setting.letter_answer, "visit_debtor")
  end,
}
