-- 到期提醒:没有逾期的客户,到期日前几天发一条消息,每一期只发一次;去掉下面 enrol 前的两道横线就启用
-- Due soon: customers who are on time; one message before each due date. Take the dashes before `enrol` off to switch it on
workflow "due_soon" {
  title = { zh = "到期提醒", en = "Due soon" },
  lane = "due",
  start = "intake",
  -- enrol = { days_until_due = { 0, 15 }, days_past_due = at_most(0) },
  settings = {
    days_before = { 3 * days, min = 1 * days, max = 15 * days, unit = "days",
      title = { zh = "到期日前几天提醒", en = "Days before the due date" } },
  },
}

-- 应还不足 10 元的不提醒 · nothing is sent for less
local least = yuan(10)

-- 进来时的那一期还没还清 · the instalment it came in for is not fully paid
local function is_still_due(case)
  return case.next_due_on ~= nil and tostring(case.next_due_on) == memo.due_on
end

always {
  -- 有投诉、有异议,先处理,不提醒 · a complaint or a dispute comes first
  on_complaint = function(case)
    return finish "complaint"
  end,
  on_dispute = function(case)
    return finish "dispute"
  end,
  on_deceased = function(case)
    if case.debtor and case.debtor.alive then
      return stay() -- 去世的是别人 · somebody else has died
    end
    return finish "deceased"
  end,
}

stage "intake" {
  title = { zh = "等待", en = "Waiting" },
  enter = function(case)
    if case.next_due_on == nil then
      return finish "nothing_ahead"
    end
    memo.due_on = tostring(case.next_due_on)
    return wait_until(case.next_due_on - setting.days_before, "announce")
  end,
}

stage "announce" {
  title = { zh = "到期提醒", en = "Notice" },
  enter = function(case)
    if not is_still_due(case) then
      return finish "paid"
    elseif case.days_past_due > 0 then
      return finish "overdue" -- 已逾期的由 remind 办理 · what is overdue is for remind
    elseif case.next_due_amount < least then
      return finish "small"
    end
    if case.debtor and case.debtor.has_wechat then
      wechat "due_soon"
    elseif case.debtor and case.debtor.has_phone then
      sms "due_soon"
    else
      return finish "no_number"
    end
    return wait_until(case.next_due_on + 1 * days, "over")
  end,
  -- 还清了就不再发 · paid before it left: it does not leave
  on_payment = function(case)
    if is_still_due(case) then
      return stay()
    end
    return finish "paid"
  end,
  -- 金额或日期变了,没有发出:照新的再看 · what it said has changed and it has not left
  on_stale = function(case)
    return go "announce"
  end,
  on_failed = function(case, order)
    if order.verb == "wechat" and is_still_due(case) and case.debtor and case.debtor.has_phone then
      sms "due_soon"
    end
    return stay()
  end,
  on_refused = function(case)
    return stay() -- 只是提前告知,不另作安排 · a courtesy: nothing is done in its place
  end,
}

stage "over" { title = { zh = "已到期", en = "Over" }, finish = "over" }
