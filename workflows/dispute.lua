-- 异议核账:对金额或债务有异议的客户,暂停催收,20 天内核对账目并书面答复
-- Disputes: collection stops; the account is checked and answered within 20 days
workflow "dispute" {
  title = { zh = "异议核账", en = "Dispute" },
  lane = "dispute",
  start = "check",
  keeps_clocks = true, -- 催收暂停,核账的期限照走 · the hold stops demands, not the answer
  enrol = { on = "dispute" },
  settings = {
    -- 征信业管理条例第 25 条:收到异议之日起 20 日内 · twenty days by the credit rules
    answer_within = { 20 * days, min = 1 * days, max = 20 * days, unit = "days",
      title = { zh = "核账并答复的期限", en = "Checked and answered within" } },
    press_every = { 5 * workdays, min = 1 * workdays, max = 20 * workdays,
      title = { zh = "超期后多久督办一次", en = "Between reminders once it is late" } },
  },
}

local function is_open(case)
  return table.find(case.holds, "dispute") ~= nil
end

always {
  on_dispute = function(case)
    return go "check"
  end,
  on_dispute_resolved = function(case)
    if is_open(case) then
      return stay() -- 还有一件没有办结 · another one is still open
    end
    return finish "resolved"
  end,
  -- 还清了也要答复 · whoever has paid is owed an answer as well
  on_cured = function(case)
    return stay()
  end,
  on_paid_off = function(case)
    return stay()
  end,
  on_dismissed = function(case)
    return stay()
  end,
}

stage "check" {
  title = { zh = "核账", en = "Check the account" },
  enter = function(case)
    if not is_open(case) then
      return finish "resolved" -- 还没核对就已办结 · resolved before it was taken up
    end
    task {
      title = {
        zh = "客户有异议:核对合同、账目和凭证,由非本案信贷员复核,期限内书面答复,结果登记为异议办结",
        en = "The customer disputes it: check contract, account and receipts, let somebody else look again, answer in writing in time, and enter that it is resolved",
      },
      by = role "supervisor", kind = "dispute",
      in_days = setting.answer_within.count,
      before = today() + setting.answer_within, -- 当天休息的提前 · on a day off it is due before
    }
    return wait(setting.answer_within, "late")
  end,
  on_dispute = function(case)
    return stay() -- 正在核对,期限不重算 · it is being checked, in the days that run
  end,
}

stage "late" {
  title = { zh = "超期督办", en = "Late" },
  enter = function(case)
    task {
      title = {
        zh = "异议超过期限未办结:请主管督办",
        en = "The dispute is not settled in time: a supervisor has to see to it",
      },
      by = role "supervisor", kind = "escalation", in_days = 1,
    }
    return wait(setting.press_every, "late")
  end,
}
