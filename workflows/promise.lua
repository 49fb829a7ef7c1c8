-- 承诺还款:到期由系统按账评定;一次爽约倾听,两次小额定日,三次不再接受;部分兑现按没有兑现的比例算,象征性还款不能一直拖
-- Promises: graded from the ledger; first break listen, second a smaller dated sum, third no more; a part kept is a part broken
workflow "promise" {
  title = { zh = "承诺还款", en = "Promise to pay" },
  lane = "contact",
  start = "waiting",
  settings = {
    grading = { 10 * days, min = 1 * days, max = 60 * days, unit = "days", title = { zh = "承诺日后几天内应有评定", en = "A promise is graded within" } },
    new_date_within = { 7 * days, min = 1 * days, max = 30 * days, unit = "days", title = { zh = "爽约后改约最远几天", en = "Furthest new date after a break" } },
    listen_within = { 5 * days, min = 1 * days, max = 30 * days, title = { zh = "一次爽约后等改约", en = "Wait for a new date after the first break" } },
    answer_within = { 10 * days, min = 1 * days, max = 60 * days, title = { zh = "两次爽约后等答复", en = "Wait for an answer after the second break" } },
    manager_within = { 5 * workdays, min = 1 * workdays, max = 20 * workdays, title = { zh = "主管决定期限", en = "The manager decides within" } },
    last_break = { 3, min = 1, max = 10, unit = "times", title = { zh = "几次爽约不再接受承诺", en = "Breaks after which no promise is taken" } },
    visit_day = { 31, min = 2, max = 90, unit = "days", title = { zh = "逾期满几天回到上门", en = "Days past due from which people visit" } },
    furthest = { 90 * days, min = 7 * days, max = 365 * days, unit = "days", title = { zh = "承诺日最远几天(本机构规定)", en = "Furthest day of a promise, a rule of the house" } },
    furthest_harvest = { 240 * days, min = 7 * days, max = 365 * days, unit = "days", title = { zh = "等收成的(拖欠原因 harvest),承诺日在收获季内最远几天", en = "Furthest day within the season, for who waits for the harvest" } },
    season_from = { 9, min = 1, max = 12, title = { zh = "收获季从几月", en = "First month of the harvest" } },
    season_to = { 11, min = "season_from", max = 12, title = { zh = "收获季到几月", en = "Last month of the harvest" } },
    far = { 30 * days, min = 7 * days, max = 365 * days, unit = "days", title = { zh = "承诺日几天以外请主管看", en = "A promise further off is for a supervisor to look at" } },
    legal_after = { 90, min = 31, max = 365, unit = "days", title = { zh = "逾期超过几天不再靠承诺往复", en = "Days past due beyond which promises do not go round" } },
    most_promises = { 3, min = 1, max = 20, unit = "times", title = { zh = "过了那一天,承诺过几次而还款只是象征性的,就转法务", en = "Promises by then before legal, where no more than tokens were paid" } },
    token = { 100, min = 0, max = 1000, unit = "per_mille", title = { zh = "近 90 天还的不到应还的千分之几,算象征性还款", en = "Less than this share of what was to be paid, within 90 days, is a token" } },
    lapse_margin = { 60 * days, min = 7 * days, max = 365 * days, title = { zh = "承诺日后多少天内时效或保证期间届满,要主管看", en = "A limitation or guarantee that ends so soon after the day is for a supervisor" } },
  },
}

local SAID = { sms = "发短信", call = "打电话", visit = "上门" } -- 待办里的称呼 · what a task calls an order

-- 一次次承诺、每次还一点,不能一直拖:看一段时间还了多少 · what was paid over a time counts, not how often
local function is_put_off(case)
  local was_due = case.overdue + case.paid_lately
  return case.days_past_due > setting.legal_after
    and case.promises >= setting.most_promises
    and case.paid_lately * 1000 < was_due * setting.token
end

-- 回到提醒或上门 · back to the reminder or the visits
local function back(case)
  if case.overdue <= 0 then
    return finish "kept"
  elseif is_put_off(case) then
    return become "escalate_to_legal"
  elseif case.days_past_due >= setting.visit_day then
    return become "visit"
  end
  return become "remind"
end

-- 没有兑现的合计:爽约一次 1000,兑现两成的 800 · what was not kept, in thousandths of a promise
local function after_break(case)
  if is_put_off(case) then
    return become "escalate_to_legal"
  elseif case.broken_share >= setting.last_break * 1000 then
    return go "no_more_promises"
  elseif case.broken_share >= 2000 then
    return go "smaller_step"
  end
  return nil
end

-- 等收成的,收获季内可以远些 · who waits for the harvest may promise further off, within its season
local function furthest_for(case, due_on)
  local in_season = setting.season_from <= due_on.month and due_on.month <= setting.season_to
  if case.cause == "harvest" and in_season then
    return setting.furthest_harvest
  end
  return setting.furthest
end

-- 等到那一天,时效或保证期间会不会过 · whether a limitation or a guarantee lapses by then
local function lapses_by(case, day)
  local soon = case.limitation_ends_on and case.limitation_ends_on <= day
  for _, guarantor in ipairs(case.guarantors) do
    soon = soon or (guarantor.guarantee_ends_on and guarantor.guarantee_ends_on <= day)
  end
  return soon
end

always {
  on_promise = function(case) return go "waiting" end,
  on_promise_kept = back,
  on_promise_late = back,
  on_promise_partial = function(case) return after_break(case) or go "the_rest" end,
  on_promise_broken = function(case) return after_break(case) or go "listen" end,
  on_deceased = function(case)
    if case.debtor and case.debtor.alive then
      return stay() -- 去世的是别人 · somebody else has died
    end
    return become "deceased"
  end,
  on_complaint = function(case) return pause("complaint") end,
  on_dispute = function(case) return pause("dispute") end,
  on_refused = function(case, order)
    -- 告知信由发出它的流程处理 · a notice is looked after by the workflow that sent it
    if order.verb ~= "notice" then
      task {
        title = { zh = "合规不允许" .. (SAID[order.verb] or "本次联络") .. ":请核对原因,由人决定下一步", en = "Conduct review refuses `" .. order.verb .. "`: see why, a person decides what is next" },
        kind = "refused",
      }
    end
    return stay()
  end,
}

stage "waiting" {
  title = { zh = "等待兑现", en = "Waiting for the day" },
  enter = function(case)
    local due_on = case.promise_due_on or today()
    if due_on > today() + furthest_for(case, due_on) then
      return go "too_far"
    elseif due_on > today() + setting.far or lapses_by(case, due_on + setting.lapse_margin) then
      task {
        title = { zh = "承诺日较远,或其后不久时效、保证期间届满:请主管确认是否接受,并在届满前催告、要求保证人承担责任", en = "The promised day is far off, or a limitation or guarantee ends soon after it: a supervisor says whether it is taken, and has the debtor and the guarantor asked before that" },
        by = role "supervisor", ends_with = "stage", kind = "promise_date", in_days = 1,
      }
    end
    return wait_until(due_on + setting.grading, "not_graded")
  end,
}

stage "too_far" {
  title = { zh = "承诺过远", en = "Promised too far off" },
  enter = function(case)
    task {
      title = { zh = "承诺日太远,不作为承诺:请与客户另约近的日子,或商定分期", en = "The promised day is too far off and counts as no promise: agree on a nearer one, or on instalments" },
      by = case.collector, kind = "promise_date", in_days = 5,
    }
    return wait(setting.listen_within, "no_new_date")
  end,
}

stage "not_graded" {
  title = { zh = "未评定", en = "Not graded" },
  enter = function(case)
    if case.promise_due_on then
      return wait(setting.grading, "not_graded")
    end
    return back(case)
  end,
}

stage "the_rest" {
  title = { zh = "部分兑现", en = "Kept in part" },
  enter = function(case)
    call { by = case.collector, script = { zh = "部分兑现:感谢已还部分,约定余款日期", en = "Kept in part: thank for what was paid, agree on a day for the rest" } }
    return wait(setting.listen_within, "no_new_date")
  end,
}

stage "listen" {
  title = { zh = "一次爽约:倾听", en = "First break: listen" },
  enter = function(case)
    local within = setting.new_date_within.count
    call { by = case.collector, script = { zh = "一次爽约:先听原因,不指责,另约 " .. within .. " 天内的日子", en = "First break: hear the reason, do not reproach, agree on a day within " .. within .. " days" } }
    return wait(setting.listen_within, "no_new_date")
  end,
  on_promise = function(case, promise)
    if promise.due_on > today() + setting.new_date_within then
      local within = setting.new_date_within.count
      task {
        title = { zh = "爽约后改约过远:请主管确认,或改到 " .. within .. " 天内", en = "After a broken promise the new day is too far: a supervisor confirms it, or it comes within " .. within .. " days" },
        by = role "supervisor", ends_with = "stage", kind = "promise_date",
      }
    end
    return go "waiting"
  end,
}

stage "smaller_step" {
  title = { zh = "两次爽约:小额定日", en = "Second break: a smaller step" },
  enter = function(case)
    sms "promise_smaller"
    visit {
      by = case.collector,
      reason = { zh = "两次爽约:当面出示承诺记录,约定小额、定日的还款", en = "two broken promises: show the record of them, agree on small payments on fixed days" },
      before = today() + setting.new_date_within,
    }
    return wait(setting.answer_within, "no_new_date")
  end,
}

stage "no_new_date" { title = { zh = "没有改约", en = "No new date" }, enter = back }

stage "no_more_promises" {
  title = { zh = "三次爽约:主管决定", en = "Third break: the manager decides" },
  enter = function(case)
    task {
      title = { zh = "已 " .. setting.last_break .. " 次爽约,不再接受口头承诺:请主管决定签分期协议,或转法务", en = "Broken promises: " .. setting.last_break .. ", no more are taken by word of mouth: a supervisor decides on a signed plan, or on legal steps" },
      by = role "supervisor", kind = "gate", in_days = 5,
    }
    return wait(setting.manager_within, "to_legal")
  end,
  -- 口头承诺不再改变决定 · a word alone changes nothing any more
  on_promise = function(case) return stay() end,
  on_promise_partial = function(case) return stay() end,
  on_promise_broken = function(case) return stay() end,
}

stage "to_legal" { title = { zh = "转法务", en = "On to legal" }, become = "escalate_to_legal" }
