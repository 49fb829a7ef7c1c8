-- 困难帮扶:生活确有困难的客户,暂停催收,限期评估,到期由主管定:分期、减免、转介帮扶或恢复
-- Hardship: collection stops, an assessment with an end date, then a supervisor decides: parts, relief, help or on as before
workflow "hardship" {
  title = { zh = "困难帮扶", en = "Hardship" },
  lane = "hardship",
  start = "assess",
  keeps_clocks = true, -- 催收暂停,评估的期限照走 · the hold stops demands, not the assessment
  enrol = {
    on = "hold_placed",
    -- 同一人的几笔贷款,只在登记的那一笔上评估 · one assessment a person
    where = function(case, hold) return hold.reason == "hardship" and (hold.loan or "") == "" end,
  },
  settings = {
    assess_within = { 15 * days, min = 1 * days, max = 30 * days, unit = "days", title = { zh = "评估期限", en = "Assessed within" } },
    hold_for = { 30 * days, min = "assess_within", max = 180 * days, title = { zh = "暂停多久之后由主管定", en = "A supervisor decides after" } },
    press_every = { 5 * workdays, min = 1 * workdays, max = 20 * workdays, title = { zh = "没有结论的,多久督办一次", en = "Between reminders while nothing is decided" } },
  },
}

local function is_open(case)
  return table.find(case.holds, "hardship") ~= nil
end

always {
  on_hold_lifted = function(case)
    if is_open(case) then
      return stay() -- 解除的是别的暂停 · another hold was lifted
    end
    return finish "decided"
  end,
  -- 还清了也要有结论 · whoever has paid is owed a decision as well
  on_cured = function(case) return stay() end,
}

stage "assess" {
  title = { zh = "评估", en = "Assess" },
  enter = function(case)
    if not is_open(case) then
      return finish "decided"
    end
    task {
      title = { zh = "评估客户困难:收入、必要生活支出、证明材料、能还多少和何时,写明结论和复查日", en = "Assess the hardship: income, needs, papers, how much can be paid and when; write down the result and the day of the next look" },
      by = case.collector, kind = "hardship", in_days = setting.assess_within.count,
    }
    return wait(setting.hold_for, "decide")
  end,
}

stage "decide" {
  title = { zh = "主管决定", en = "The supervisor decides" },
  enter = function(case)
    task {
      title = { zh = "困难暂停到期:请主管按评估决定分期(书面协议,登记暂停 plan)、减免或恢复,随即解除暂停 hardship;仍有困难的写明新的复查日", en = "The hold for hardship has run its time: by the assessment a supervisor decides on parts (the hold `plan`), relief or going on, and lifts `hardship`; or writes down a new day" },
      by = role "supervisor", kind = "gate", in_days = 5,
    }
    return wait(setting.press_every, "decide")
  end,
}
