-- 破产申报:法院受理破产的客户,停止催收,在公告的期限内向管理人申报债权,没有申报的报主管
-- Bankruptcy: collection stops, the claim is filed with the administrator in time; what is not filed goes to a supervisor
workflow "bankruptcy" {
  title = { zh = "破产申报", en = "Claim in bankruptcy" },
  lane = "bankruptcy",
  start = "file_claim",
  keeps_clocks = true, -- 催收停下,申报的期限照走 · demands stop, the days for the claim do not
  enrol = {
    on = "hold_placed",
    where = function(case, hold)
      return hold.reason == "bankruptcy"
    end,
  },
  settings = {
    file_within = { 10 * days, min = 1 * days, max = 30 * days, unit = "days", -- 公告的期限最短 30 天 · the court gives 30 days at least
      title = { zh = "几天内申报", en = "The claim is filed within" } },
    press_every = { 5 * workdays, min = 1 * workdays, max = 10 * workdays,
      title = { zh = "没有申报时多久报一次主管", en = "Between reminders to a supervisor" } },
  },
}

local function is_open(case)
  return table.find(case.holds, "bankruptcy") ~= nil
end

always {
  on_clock_entered = function(case, entered)
    if entered.what == "claim" then
      return finish "filed"
    end
    return stay()
  end,
  on_hold_lifted = function(case)
    if is_open(case) then
      return stay()
    end
    return finish "ended"
  end,
  -- 眼下没有逾期,余额仍要申报 · nothing is overdue now, what is left is claimed all the same
  on_cured = function(case)
    return stay()
  end,
}

stage "file_claim" {
  title = { zh = "申报债权", en = "File the claim" },
  enter = function(case)
    task {
      title = {
        zh = "法院受理破产:按公告的期限向管理人申报债权(本金、利息算到受理日、担保),用 legal claim 登记;保证人另行主张",
        en = "A bankruptcy was accepted: file the claim in time (principal, interest to that day, security), enter it with `legal claim`; guarantors are asked apart from it",
      },
      by = role "legal",
      kind = "claim_filing",
      in_days = setting.file_within.count,
    }
    return wait(setting.file_within, "late")
  end,
}

stage "late" {
  title = { zh = "尚未申报", en = "Not filed" },
  enter = function(case)
    task {
      title = {
        zh = "破产债权还没有登记申报:请主管督办,逾期申报的只能参加此后的分配",
        en = "No claim in the bankruptcy is on record: a supervisor sees to it; a late one shares in later distributions alone",
      },
      by = role "supervisor",
      kind = "escalation",
      in_days = 1,
    }
    return wait(setting.press_every, "late")
  end,
}
