-- 小额诉前:金额不大、催告期满未还的,起诉以前由主管在支付令、调解、核销建议、起诉之间定
-- Small claims: before a suit about a small sum a supervisor chooses payment order, mediation, write-off or suit
workflow "small_claim" {
  title = { zh = "小额诉前", en = "Small claims" },
  lane = "contact",
  start = "way",
  settings = {
    -- 不到此数,五十元受理费和一两天的人工已占一成以上 · below it the fee of 50 yuan and a day's work eat a tenth and more
    floor = { yuan(500), min = yuan(10), max = yuan(20000), unit = "yuan",
      title = { zh = "至少多少才进法院,不到的只建议核销", en = "Least sum that goes to court; a write-off is proposed for less" } },
    choose_within = { 10 * days, min = 1 * days, max = 60 * days,
      title = { zh = "主管几天内定办法,没有定的再报", en = "A supervisor chooses within, and is asked again" } },
    decide_within = { 30 * days, min = 7 * days, max = 180 * days,
      title = { zh = "第二人批准的期限", en = "The second person decides within" } },
    mediate_within = { 30 * days, min = 7 * days, max = 180 * days,
      title = { zh = "调解的期限", en = "Time for mediation" } },
    write_off_again = { 180 * days, min = 30 * days, max = 730 * days,
      title = { zh = "建议核销后多久再看", en = "Looked at again after a write-off was proposed" } },
    urgent_below = { 60, min = 30, max = 365, unit = "days",
      title = { zh = "时效剩几天不再等主管定,直接报批支付令", en = "Days left at which the payment order is asked for without waiting" } },
  },
}

local function is_urgent(case)
  local left = case.limitation_days_left
  return left ~= nil and left >= 0 and left < setting.urgent_below
end

-- 金额写成元 · an amount in yuan
local function in_yuan(fen)
  return string.format("%.2f", fen / 100)
end

always {
  on_cured = function(case)
    return finish "cured"
  end,
  on_paid_off = function(case)
    return finish "paid_off"
  end,
  on_payment = function(case)
    return stay() -- 金额批准时、提交时都重算 · the sum is reckoned when approved and when filed
  end,
  on_promise = function(case)
    return become "promise"
  end,
  on_deceased = function(case)
    if case.debtor and case.debtor.alive then
      return stay() -- 去世的是别人 · somebody else has died
    end
    return become "deceased"
  end,
  on_complaint = function(case)
    return pause "complaint"
  end,
  on_dispute = function(case)
    return pause "dispute"
  end,
  -- 主管用 `qingshou legal way` 定的 · what a supervisor has chosen
  on_way_chosen = function(case, chosen)
    if chosen.way == "suit" then
      return go "suit"
    elseif chosen.way == "mediation" then
      return go "mediation"
    elseif chosen.way == "write_off" then
      return go "write_off"
    end
    return go "payment_order"
  end,
  -- 立了项,或登记了已有的法院案件 · before the court now, or since before the book
  on_matter_opened = function(case)
    return become "escalate_to_legal"
  end,
  -- 投诉、异议停催收,停不了时效 · a hold stops demands, never the period
  on_limitation_near = function(case)
    if is_urgent(case) and not memo.asked then
      return go "payment_order"
    end
    return stay()
  end,
  on_refused = function(case, order)
    task {
      title = {
        zh = "合规不允许申请:请核对原因,由人决定下一步",
        en = "Conduct review refuses `" .. order.verb .. "`: see why, a person decides what is next",
      },
      kind = "refused",
    }
    return stay()
  end,
}

-- 没有批准,或没有办成:由主管另定 · not approved, or not done: another way is chosen
local function choose_again(case, order)
  if order.verb == "payment_order" or order.verb == "file_suit" then
    memo.asked = nil
    return go "choice"
  end
  return stay()
end

stage "way" {
  title = { zh = "算算值不值", en = "Is it worth it?" },
  enter = function(case)
    if case.court_stage then
      return become "escalate_to_legal"
    elseif case.limitation_days_left and case.limitation_days_left < 0 then
      return become "escalate_to_legal" -- 时效已过,由那里处理 · past its period it is seen to there
    elseif is_urgent(case) then
      return go "payment_order" -- 再小也不让时效过去,由第二人定 · however small, its period does not end unasked
    elseif case.claim < setting.floor then
      return go "write_off"
    end
    return go "choice"
  end,
}

stage "choice" {
  title = { zh = "主管定办法", en = "A supervisor chooses" },
  enter = function(case)
    local sum, order, suit = in_yuan(case.claim), in_yuan(case.payment_order_fee), in_yuan(case.court_fee)
    task {
      title = {
        zh = "可诉 " .. sum .. " 元,支付令约 " .. order .. " 元,起诉约 " .. suit
          .. " 元:请主管定支付令、调解、核销或起诉(legal way)",
        en = sum .. " yuan to claim; a payment order costs about " .. order .. ", a suit " .. suit
          .. ": choose payment order, mediation, write-off or suit (legal way)",
      },
      by = role "supervisor", kind = "gate", in_days = 10,
    }
    return wait(setting.choose_within, "way")
  end,
}

stage "payment_order" {
  title = { zh = "报批支付令", en = "Payment order awaiting approval" },
  enter = function(case)
    memo.asked = true
    payment_order {
      reason = {
        zh = "催告期满未还,金额不大,债务清楚",
        en = "nothing was paid within the term, and the small debt is clear",
      },
    }
    return wait(setting.decide_within, "choice")
  end,
  on_rejected = choose_again,
  on_failed = choose_again,
}

stage "suit" {
  title = { zh = "报批起诉", en = "Suit awaiting approval" },
  enter = function(case)
    memo.asked = true
    file_suit {
      reason = {
        zh = "催告期满未还,主管定为起诉",
        en = "nothing was paid within the term, and a supervisor has chosen a suit",
      },
    }
    return wait(setting.decide_within, "choice")
  end,
  on_rejected = choose_again,
  on_failed = choose_again,
}

stage "mediation" {
  title = { zh = "申请调解", en = "Mediation" },
  enter = function(case)
    task {
      title = {
        zh = "向人民调解委员会申请调解,用 legal mediation 登记(时效随之中断);谈成的登记承诺或分期",
        en = "Ask the mediation committee and enter it with legal mediation, which interrupts the period; enter what is agreed as a promise or a plan",
      },
      by = role "legal", kind = "negotiate", in_days = 10,
    }
    return wait(setting.mediate_within, "way")
  end,
}

stage "write_off" {
  title = { zh = "建议核销", en = "Write-off proposed" },
  enter = function(case)
    task {
      title = {
        zh = "可诉 " .. in_yuan(case.claim) .. " 元,诉讼不合算:请主管报批核销或继续保留,账销案存的照样看守时效",
        en = in_yuan(case.claim) .. " yuan are not worth a suit: propose a write-off, or keep it; its clocks are watched either way",
      },
      by = role "supervisor", kind = "no_suit", in_days = 10,
    }
    return wait(setting.write_off_again, "way")
  end,
}
