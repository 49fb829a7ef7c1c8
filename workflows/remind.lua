-- 逾期提醒:逾期 1–30 天的客户,先发消息,再打电话,后寄信,满 31 天转上门
-- Reminder: customers 1 to 30 days past due; a message, two calls, a letter, a visit from day 31
workflow "remind" {
  title = { zh = "逾期提醒", en = "Reminder" },
  lane = "contact",
  start = "intake",
  enrol = { days_past_due = { 1, 30 }, overdue = at_least(yuan(10)) },
  settings = {
    call_after = { 2 * days, min = 1 * days, max = 30 * days, title = { zh = "消息之后几天打电话", en = "First call after the message" } },
    call_again_after = { 7 * days, min = 1 * days, max = 30 * days, title = { zh = "两次电话之间", en = "Between the two calls" } },
    letter_after = { 7 * days, min = 1 * days, max = 30 * days, title = { zh = "第二次电话之后几天寄信", en = "Letter after the second call" } },
    time_to_pay = { 5 * days, min = 1 * days, max = 30 * days, title = { zh = "疏忽的客户收到还款办法之后等几天", en = "Time to pay once the ways to pay were sent" } },
    talk_within = { 7 * days, min = 1 * days, max = 30 * days, unit = "days", title = { zh = "资金紧张的客户约谈期限", en = "Talk with a customer short of cash within" } },
    visit_day = { 31, min = 2, max = 90, unit = "days", title = { zh = "逾期满几天转上门", en = "Days past due from which people visit" } },
    least_visit = { yuan(100), min = yuan(10), max = yuan(5000), unit = "yuan", title = { zh = "逾期至少多少才上门", en = "Least overdue amount for a visit" } },
    decide_within = { 5 * workdays, min = 1 * workdays, max = 20 * workdays, title = { zh = "主管核对“故意拖欠”的期限", en = "A supervisor looks at `deliberate` within" } },
  },
}

local SAID = { call = "打电话", letter = "寄信" } -- 待办里的称呼 · what a task calls an order

-- 已到上门的日子就不再提醒 · past the day of visits nothing is sent from here
local function is_for_visits(case)
  return case.days_past_due >= setting.visit_day
end

-- 先问原因,再决定怎么办 · ask why before acting
local function by_cause(result)
  if result.outcome == "invalid" or result.outcome == "wrong_party" then
    return go "wrong_number"
  elseif result.outcome == "refused" then
    return wait(setting.letter_after, "letter") -- 不再打,改寄信 · no more calls, a letter instead
  elseif result.outcome ~= "conversation" then
    return stay()
  end
  if result.cause == "oversight" then
    sms "payment_link"
    return wait(setting.time_to_pay, "second_call")
  elseif result.cause == "dissatisfied" then
    start "complaint"
    return pause("complaint")
  elseif result.cause == "short_of_cash" or result.cause == "harvest" then
    return go "talk"
  elseif result.cause == "deliberate" then
    return wait(1 * workdays, "unwilling")
  end
  return stay()
end

always {
  on_promise = function(case) return become "promise" end,
  on_deceased = function(case)
    if case.debtor and case.debtor.alive then
      return stay() -- 去世的是别人 · somebody else has died
    end
    return become "deceased"
  end,
  on_complaint = function(case) return pause("complaint") end,
  on_dispute = function(case) return pause("dispute") end,
  on_failed = function(case, order)
    -- 送不出去就换渠道 · what cannot be delivered goes another way
    if order.verb == "wechat" then
      sms "remind_1"
      return stay()
    elseif order.verb == "sms" or order.verb == "call" then
      return go "letter"
    end
    return stay()
  end,
  on_refused = function(case, order)
    -- 告知信由发出它的流程处理 · a notice is looked after by the workflow that sent it
    if order.verb ~= "notice" then
      task {
        title = { zh = "合规不允许" .. (SAID[order.verb] or "发消息") .. ":请核对原因,由人决定下一步",
                  en = "Conduct review refuses `" .. order.verb .. "`: see why, a person decides what is next" },
        kind = "refused",
      }
    end
    return stay()
  end,
}

stage "intake" {
  title = { zh = "纳入", en = "Taken in" },
  enter = function(case)
    if case.overdue <= 0 then
      return finish "nothing_overdue"
    end
    return wait_until(today(), "first_message") -- 上班时间才发 · at opening time
  end,
}

stage "first_message" {
  title = { zh = "首次消息", en = "First message" },
  enter = function(case)
    if case.debtor and case.debtor.has_wechat then
      wechat "remind_1"
    elseif case.debtor and case.debtor.has_phone then
      sms "remind_1"
    else
      return go "letter"
    end
    return wait(setting.call_after, "first_call")
  end,
}

stage "first_call" {
  title = { zh = "首次电话", en = "First call" },
  enter = function(case)
    if is_for_visits(case) then
      return go "hand_over"
    end
    call {
      by = case.collector,
      script = { zh = "首次电话:核对本人,说明金额和还款办法,问清原因",
                 en = "First call: make sure who answers, tell the amount and how to pay, ask for the cause" },
    }
    return wait(setting.call_again_after, "second_call")
  end,
  on_call_result = function(case, result) return by_cause(result) end,
}

stage "talk" {
  title = { zh = "约谈", en = "Talk" },
  enter = function(case)
    task {
      title = { zh = "客户资金紧张:约谈收入时间,商定小额、定日的还款或分期",
                en = "The customer is short of cash: talk about when income comes, agree on small payments on fixed days or on instalments" },
      by = case.collector, kind = "negotiate", in_days = setting.talk_within.count,
    }
    return wait(setting.talk_within, "second_call")
  end,
}

-- 一个电话不足以认定故意 · one call alone proves no intent
stage "unwilling" {
  title = { zh = "核对是否故意", en = "Is it deliberate?" },
  enter = function(case)
    if case.overdue < setting.least_visit then
      return wait(setting.call_again_after, "letter") -- 小额不起诉 · no suit for a small sum
    end
    task {
      title = { zh = "客户表示不还:请主管核对通话和账目,属实的登记核准转诉(legal_override),否则照旧提醒",
                en = "The customer says that nothing will be paid: a supervisor checks the call and the account, and enters `legal_override` if it is so; else reminding goes on" },
      by = role "supervisor", kind = "gate", in_days = 5,
    }
    return wait(setting.decide_within, "second_call")
  end,
  on_legal_override = function(case) return become "escalate_to_legal" end,
}

-- 空号不再打 · a wrong number is not dialled again
stage "wrong_number" {
  title = { zh = "号码有误", en = "Wrong number" },
  -- 号码已停用,查找号码的待办由系统开出 · the number is out of use, and the work of finding another one is open
  enter = function(case)
    return wait(setting.letter_after, "letter")
  end,
}

stage "second_call" {
  title = { zh = "再次电话", en = "Second call" },
  enter = function(case)
    if is_for_visits(case) then
      return go "hand_over"
    end
    call {
      by = case.collector,
      script = { zh = "再次电话:换一个时段,问清还款日期",
                 en = "Second call: another time of day, ask for the day of payment" },
    }
    return wait(setting.letter_after, "letter")
  end,
  on_call_result = function(case, result) return by_cause(result) end,
}

stage "letter" {
  title = { zh = "寄信", en = "Letter" },
  enter = function(case)
    if is_for_visits(case) then
      return go "hand_over"
    end
    letter "remind_letter"
    return wait_until_overdue(setting.visit_day, "hand_over")
  end,
}

stage "hand_over" {
  title = { zh = "转上门", en = "On to a visit" },
  enter = function(case)
    if case.overdue < setting.least_visit then
      return wait(30 * days, "hand_over") -- 小额不上门,每月再看 · nobody visits for a small sum
    end
    return become "visit"
  end,
}
