-- 保证期间看守:有保证人的逾期贷款,每位保证人的期间剩 90、60、30 天各提醒一次,最后报主管;已主张的看守其诉讼时效
-- Guarantee watch: a task at 90, 60 and 30 days left for each guarantor, then one for a supervisor; of one who was held the limitation period is watched
workflow "guarantee_watch" {
  title = { zh = "保证期间看守", en = "Guarantee watch" },
  lane = "guarantee",
  start = "look",
  keeps_clocks = true, -- 保证期间不中断、不中止 · nothing stops this period
  enrol = {
    days_past_due = at_least(1),
    guarantors = at_least(1),
  },
  settings = {
    first = { 90 * days, min = 75 * days, max = 180 * days, unit = "days",
      title = { zh = "期间届满前几天第一次提醒", en = "First task so long before the last day" } },
    second = { 60 * days, min = 45 * days, max = 74 * days, unit = "days",
      title = { zh = "届满前几天第二次提醒", en = "Second task" } },
    last = { 30 * days, min = 7 * days, max = 44 * days, unit = "days",
      title = { zh = "届满前几天最后一次提醒", en = "Last task" } },
    supervisor = { 7 * days, min = 1 * days, max = 30 * days, unit = "days",
      title = { zh = "届满前几天起报主管", en = "A supervisor is told so long before it" } },
    look_every = { 42 * days, min = 1 * days, max = 60 * days, unit = "days",
      title = { zh = "最久多久重看一次", en = "The longest between two looks" } },
  },
}

-- 一般保证须先诉主债务人,连带保证须向保证人主张 · Civil Code 693
local function what_to_do(guarantor)
  if guarantor.guarantee == "joint" then
    return {
      zh = "此前须向保证人送达承担保证责任的要求并留存证据",
      en = "serve the demand on the guarantor before, and keep the proof",
    }
  end
  return {
    zh = "一般保证,此前须起诉或仲裁借款人,只向保证人发函无效",
    en = "an ordinary guarantee: sue the borrower before, a letter to the guarantor is not enough",
  }
end

-- 要看守的届满日:还没保住的看保证期间;保住的看三年诉讼时效,一般保证人的从不能再拒绝之日起才有。
-- 起诉被驳回、撤回或败诉的不算保住,凭在册的事实看,不凭记性 · Civil Code 692, 694: by what is on record, and no memo
local function watched(guarantor)
  if guarantor.guarantee_held_on then
    return guarantor.limitation_ends_on
  end
  return guarantor.guarantee_ends_on
end

-- 到了第几级提醒,0 是还早 · how near the last day is; 0 is far
local function level_of(ends_on)
  if ends_on <= today() + setting.supervisor then
    return 4
  elseif ends_on <= today() + setting.last then
    return 3
  elseif ends_on <= today() + setting.second then
    return 2
  elseif ends_on <= today() + setting.first then
    return 1
  end
  return 0
end

-- 下一次要看的日子 · the day on which the next level begins
local function next_day(ends_on, level)
  if level == 0 then
    return ends_on - setting.first
  elseif level == 1 then
    return ends_on - setting.second
  elseif level == 2 then
    return ends_on - setting.last
  elseif level == 3 then
    return ends_on - setting.supervisor
  end
  return ends_on + 1 * days
end

local function title_of(guarantor, place, ends_on)
  local day = tostring(ends_on)
  if guarantor.guarantee_held_on then
    return {
      zh = "对第 " .. place .. " 位保证人的诉讼时效到 " .. day .. " 届满:请再次送达主张或起诉保证人",
      en = "Guarantor " .. place .. ": the limitation period ends on " .. day .. ": serve another demand or sue the guarantor",
    }
  end
  local what = what_to_do(guarantor)
  return {
    zh = "第 " .. place .. " 位保证人的保证期间到 " .. day .. " 为止:" .. what.zh,
    en = "Guarantor " .. place .. ": the guarantee period ends on " .. day .. ": " .. what.en,
  }
end

-- 最后一级也报主管,待办的期限不晚于届满日前的最后一个工作日 · the last one is for a supervisor too; none is due after the last day
local function tell_once(guarantor, place, ends_on, level)
  local told = tostring(ends_on) .. " " .. level
  if level == 0 or memo["told_" .. place] == told then
    return
  end
  memo["told_" .. place] = told
  local title = title_of(guarantor, place, ends_on)
  task { title = title, by = role "legal", kind = "guarantee", in_days = 5, before = ends_on }
  if level == 4 then
    task { title = title, by = role "supervisor", kind = "escalation", in_days = 1, before = ends_on }
  end
end

local function look_again(case)
  return go "look"
end

always {
  -- 提交了法院才算起诉,批准不算;裁判、结案、撤回误登都可能使它不算 · filed, and not only approved
  on_matter_filed = look_again,
  on_court_step = look_again,
  on_judgment = look_again,
  on_matter_closed = look_again,
  on_reversed = look_again,
  on_letter_proved = look_again,
  on_clock_entered = look_again,
}

stage "look" {
  title = { zh = "查看", en = "Look" },
  enter = function(case)
    local next_look = today() + setting.look_every
    for place, guarantor in ipairs(case.guarantors) do
      local ends_on = watched(guarantor)
      if ends_on and ends_on >= today() then
        local level = level_of(ends_on)
        tell_once(guarantor, place, ends_on, level)
        local day = next_day(ends_on, level)
        if day < next_look then
          next_look = day
        end
      end
    end
    return wait_until(next_look, "look")
  end,
}
