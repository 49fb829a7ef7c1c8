-- 分期履行:签了分期协议的客户,按期还就不催;没还的有宽限,方案只改一次,再不履行由主管恢复催收
-- Instalment plan: who keeps it is not asked; a missed part has days of grace, the plan is changed once, then a supervisor decides
workflow "plan" {
  title = { zh = "分期履行", en = "Instalment plan" },
  lane = "plan",
  start = "running",
  keeps_clocks = true, -- 催收暂停,分期的日子照走 · the hold stops demands, not the days of the plan
  enrol = {
    on = "hold_placed",
    where = function(case, hold) return hold.reason == "plan" end,
  },
  settings = {
    enter_within = { 10 * days, min = 1 * days, max = 30 * days, unit = "days", title = { zh = "下一期几天内登记", en = "The next part is entered within" } },
    grace = { 10 * days, min = 1 * days, max = 30 * days, unit = "days", title = { zh = "一期没还,宽限几天", en = "Days of grace for a part" } },
    grading = { 10 * days, min = 1 * days, max = 60 * days, title = { zh = "到期后几天内应有评定", en = "A part is graded within" } },
    press_every = { 5 * workdays, min = 1 * workdays, max = 20 * workdays, title = { zh = "主管没有决定的,多久督办一次", en = "Between reminders while nothing is decided" } },
  },
}

local function is_open(case)
  return table.find(case.holds, "plan") ~= nil
end

-- 还差多少,宽限期内补上就算履行 · what is missing may come within the days of grace
local function missed(case, part)
  memo.missing = part.amount - part.paid
  return go "grace"
end

always {
  on_promise = function(case) return go "running" end,
  on_promise_kept = function(case) return go "next_part" end,
  on_promise_late = function(case) return go "next_part" end,
  on_promise_partial = missed,
  on_promise_broken = missed,
  on_hold_lifted = function(case)
    if is_open(case) then
      return stay() -- 解除的是别的暂停 · another hold was lifted
    end
    return finish "ended"
  end,
}

-- 每一期登记为一笔承诺,由系统按账评定 · each part is entered as a promise and graded from the ledger
stage "running" {
  title = { zh = "按期履行", en = "The plan is kept" },
  enter = function(case)
    if not is_open(case) then
      return finish "ended"
    elseif not case.promise_due_on then
      return go "next_part"
    end
    return wait_until(case.promise_due_on + setting.grading, "running")
  end,
}

stage "next_part" {
  title = { zh = "登记下一期", en = "Enter the next part" },
  enter = function(case)
    task {
      title = { zh = "分期:按协议把下一期的金额和日期登记为承诺", en = "Instalment plan: enter amount and day of the next part as a promise, as agreed" },
      by = case.collector, kind = "plan", in_days = setting.enter_within.count,
    }
    return wait(setting.enter_within, "not_entered")
  end,
}

stage "not_entered" {
  title = { zh = "没有登记下一期", en = "No next part" },
  enter = function(case)
    task {
      title = { zh = "分期没有下一期:请主管查明,补登,或解除暂停 plan", en = "The plan has no next part: a supervisor finds out why, has it entered, or lifts the hold `plan`" },
      by = role "supervisor", kind = "gate", in_days = 5,
    }
    return wait(setting.press_every, "not_entered")
  end,
}

stage "grace" {
  title = { zh = "宽限期", en = "Days of grace" },
  enter = function(case)
    task {
      title = { zh = "一期没有还清:宽限期内问清原因,不指责", en = "A part was not paid: ask for the reason within the days of grace, without reproach" },
      by = case.collector, kind = "plan", in_days = setting.grace.count,
    }
    return wait(setting.grace, "missed")
  end,
  on_payment = function(case, payment)
    memo.missing = (memo.missing or 0) - payment.amount
    if memo.missing <= 0 then
      return go "next_part"
    end
    return stay()
  end,
}

stage "missed" {
  title = { zh = "没有履行", en = "Missed" },
  enter = function(case)
    if memo.changed then
      return go "failed"
    end
    memo.changed = true
    task {
      title = { zh = "分期没有履行:可以改一次方案。请主管按评估重新商定,签补充协议,登记新的一期", en = "The plan was not kept: it may be changed once. A supervisor agrees anew by an assessment, in writing, and has the new part entered" },
      by = role "supervisor", kind = "replan", in_days = setting.enter_within.count,
    }
    return wait(setting.enter_within, "failed")
  end,
}

stage "failed" {
  title = { zh = "分期失败:主管决定", en = "The plan has failed" },
  enter = function(case)
    task {
      title = { zh = "分期方案已改过一次仍未履行:请主管解除暂停 plan,恢复催收或转法务", en = "The plan was changed once and not kept: a supervisor lifts the hold `plan`, and the case goes on or to law" },
      by = role "supervisor", kind = "gate", in_days = 5,
    }
    return wait(setting.press_every, "failed")
  end,
}
