-- 时效看守:诉讼时效剩 180 天以内的贷款,180、90、30 天各开待办,此后每周重开,最后报主管,续上了就接着看守
-- Limitation watch: a task at 180, 90 and 30 days left, then every week and to a supervisor as well; once renewed the watch goes on
workflow "limitation_watch" {
  title = { zh = "时效看守", en = "Limitation watch" },
  lane = "limitation",
  start = "look",
  keeps_clocks = true, -- 暂停催收不停时效 · holds stop contact, never deadlines
  enrol = { limitation_days_left = at_most(180) },
  settings = {
    first = { 180 * days, min = 120 * days, max = 180 * days, unit = "days", -- 不超过 enrol 的天数 · no more than enrol takes
      title = { zh = "届满前几天第一次提醒", en = "First task so long before the last day" } },
    second = { 90 * days, min = 46 * days, max = 119 * days, unit = "days",
      title = { zh = "届满前几天第二次提醒", en = "Second task" } },
    last = { 30 * days, min = 7 * days, max = 45 * days, unit = "days",
      title = { zh = "届满前几天起每周重开待办", en = "From so long before it on the task is opened anew each week" } },
    press_every = { 7 * days, min = 1 * days, max = 7 * days, unit = "days",
      title = { zh = "最后阶段多久重开一次", en = "Between two tasks towards the end" } },
    supervisor = { 14 * days, min = 7 * days, max = 30 * days, unit = "days",
      title = { zh = "届满前几天起报主管", en = "A supervisor is told so long before it" } },
    look_every = { 42 * days, min = 1 * days, max = 60 * days, unit = "days",
      title = { zh = "最久多久重看一次", en = "The longest between two looks" } },
    after_the_end = { 365 * days, min = 30 * days, max = 730 * days,
      title = { zh = "届满后多久再看", en = "Between two looks once it is over" } },
  },
}

-- 届满日会变,不等满再看 · the last day moves, so nobody waits for it unseen
local function look_by(day)
  local soon = today() + setting.look_every
  if day > soon then
    return wait_until(soon, "look")
  end
  return wait_until(day, "look")
end

-- 同一个届满日,一级只提醒一次 · one task a level, for one and the same last day
local function tell_once(case, level)
  local told = level .. " " .. tostring(case.limitation_ends_on)
  if memo.told ~= told then
    memo.told = told
    limitation_task {
      days_left = math.max(case.limitation_days_left or 0, 0),
      ends_on = case.limitation_ends_on,
    }
  end
end

-- 没有人续上时效的,主管过问一次 · nobody has renewed it: a supervisor asks why, once
local function tell_supervisor(case)
  local ends_on = tostring(case.limitation_ends_on)
  if memo.supervisor ~= ends_on then
    memo.supervisor = ends_on
    task {
      title = {
        zh = "诉讼时效到 " .. ends_on .. " 届满,仍未续上:请主管过问,当面送达或起诉",
        en = "The limitation period ends on " .. ends_on .. " and was not renewed: a supervisor asks why, and has the demand served or the suit filed",
      },
      by = role "supervisor", kind = "escalation", in_days = 1,
    }
  end
end

-- 冲正、证据、合同变动都会改届满日 · reversals, proof and what was agreed move the last day
local function look_again(case)
  return go "look"
end

always {
  on_reversed = function(case)
    memo.told = nil -- 还款时放下的待办要重新开 · what the payment settled is open again
    return go "look"
  end,
  on_letter_proved = look_again,
  on_clock_entered = look_again,
  on_matter_filed = look_again,
  on_court_step = look_again,
  on_matter_closed = look_again,
  -- 债权恢复的接着看守 · a claim that stands again is watched again
  on_dismissed = function(case)
    return go "given_up"
  end,
  on_dismissal_withdrawn = function(case)
    memo.given_up = nil
    memo.told = nil
    return go "look"
  end,
}

stage "look" {
  title = { zh = "查看", en = "Look" },
  enter = function(case)
    local ends_on = case.limitation_ends_on
    if not ends_on then
      return finish "no_period"
    elseif memo.given_up then
      return go "given_up"
    elseif ends_on < today() then
      return go "over"
    elseif ends_on <= today() + setting.last then
      return go "last_task"
    elseif ends_on <= today() + setting.second then
      return go "second_task"
    elseif ends_on <= today() + setting.first then
      return go "first_task"
    end
    return look_by(ends_on - setting.first)
  end,
}

stage "first_task" {
  title = { zh = "第一次提醒", en = "First task" },
  enter = function(case)
    tell_once(case, "first")
    return look_by(case.limitation_ends_on - setting.second)
  end,
}

stage "second_task" {
  title = { zh = "第二次提醒", en = "Second task" },
  enter = function(case)
    tell_once(case, "second")
    return look_by(case.limitation_ends_on - setting.last)
  end,
}

-- 待办被人办结而时效没有续上,到点重开 · closed without a renewal, it is opened again
stage "last_task" {
  title = { zh = "最后提醒", en = "Last task" },
  enter = function(case)
    local ends_on = case.limitation_ends_on
    if ends_on <= today() + setting.supervisor then
      tell_supervisor(case)
    end
    tell_once(case, "last " .. tostring(today()))
    if ends_on <= today() + setting.press_every then
      return wait_until(today() + 1 * days, "look") -- 最后几天,天天看 · each of the last days
    end
    return wait_until(today() + setting.press_every, "look")
  end,
}

stage "over" {
  title = { zh = "已届满", en = "Over" },
  enter = function(case)
    tell_once(case, "over")
    return wait(setting.after_the_end, "after_the_end")
  end,
}

stage "after_the_end" {
  title = { zh = "届满之后", en = "After the end" },
  enter = function(case)
    -- 后来又有到期款或补登了证据 · more fell due, or earlier proof was entered
    if case.limitation_ends_on and case.limitation_ends_on >= today() then
      return go "look"
    end
    return wait(setting.after_the_end, "after_the_end")
  end,
}

stage "given_up" {
  title = { zh = "债权已消灭", en = "The claim was given up" },
  enter = function(case)
    memo.given_up = true
    return wait(setting.after_the_end, "given_up")
  end,
}
