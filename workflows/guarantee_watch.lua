-- 保证期间看守:有保证人的逾期贷款,每位保证人的期间剩 90、60、30 天各提醒一次,过期不再有责任
-- Guarantee watch: a task at 90, 60 and 30 days left for each guarantor; past it a guarantor owes nothing
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

-- 到了第几级提醒,0 是还早 · how near the last day is; 0 is far
local function level_of(ends_on)
  if ends_on <= today() + setting.last then
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
  end
  return ends_on + 1 * days
end

local function tell_once(guarantor, place, level)
  -- 已起诉借款人的,一般保证人的期间不再会过 · a suit has held a general guarantor
  if level == 0 or (memo.sued and guarantor.guarantee ~= "joint") then
    return
  end
  local told = tostring(guarantor.guarantee_ends_on) .. " " .. level
  if memo["told_" .. place] ~= told then
    memo["told_" .. place] = told
    local ends_on, what = tostring(guarantor.guarantee_ends_on), what_to_do(guarantor)
    task {
      title = {
        zh = "第 " .. place .. " 位保证人的保证期间到 " .. ends_on .. " 为止:" .. what.zh,
        en = "Guarantor " .. place .. ": the guarantee period ends on " .. ends_on .. ": " .. what.en,
      },
      kind = "guarantee",
      in_days = 5,
    }
  end
end

always {
  on_matter_opened = function(case, matter)
    if matter.kind == "suit" then
      memo.sued = true
    end
    return stay()
  end,
  on_matter_closed = function(case, matter)
    if matter.reason == "withdrawn" or matter.reason == "void" then
      memo.sued = nil
    end
    return go "look"
  end,
  on_reversed = function(case)
    return go "look"
  end,
}

stage "look" {
  title = { zh = "查看", en = "Look" },
  enter = function(case)
    local next_look = today() + setting.look_every
    for place, guarantor in ipairs(case.guarantors) do
      local ends_on = guarantor.guarantee_ends_on
      if ends_on and ends_on >= today() then
        local level = level_of(ends_on)
        tell_once(guarantor, place, level)
        local day = next_day(ends_on, level)
        if day < next_look then
          next_look = day
        end
      end
    end
    return wait_until(next_look, "look")
  end,
}
