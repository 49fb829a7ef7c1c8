-- 清收奖励:逾期贷款收回后,按银行确认的金额,计给还款前联系上客户的人;没有人经手的不计,冲正即追回
-- Rewards: on confirmed payments, for whoever reached the debtor before them; none where nobody did, taken back on reversal
workflow "reward_collector" {
  title = { zh = "清收奖励", en = "Collector's reward" },
  lane = "reward",
  start = "cooling_off",
  keeps_clocks = true, -- 只记内部账,不联系客户 · books alone, nobody is contacted
  enrol = {
    on = { "payment", "payment_confirmed" },
    -- 按时的还款不进来 · payments in time do not come in
    where = function(case, payment)
      return payment.days_past_due >= setting.least_days
    end,
  },
  settings = {
    rate = { 20, min = 1, max = 200, unit = "per_mille",
      title = { zh = "每笔还款的千分比(20 即 2%)", en = "Share of a payment, per mille (20 is 2%)" } },
    cap = { yuan(5000), min = yuan(1), max = yuan(1000000), unit = "yuan",
      title = { zh = "每笔最多", en = "The most for one payment" } },
    least_days = { 1, min = 1, max = 365, unit = "days",
      title = { zh = "至少逾期几天的还款才有奖励", en = "Days past due that a payment must have had" } },
    cooling_off = { 10 * days, min = 1 * days, max = 365 * days,
      title = { zh = "冷静期", en = "Before a reward is settled" } },
  },
}

local function deserves(case, payment)
  return payment.confirmed
    and payment.amount > 0
    and payment.days_past_due >= setting.least_days
    and case.collector ~= nil
end

-- 每笔还款只计提一次,由奖励账把关 · the reward book takes each payment once
local function accrue(case, payment)
  if not deserves(case, payment) then
    return stay()
  end
  reward {
    to = case.collector,
    payment = payment.entry,
    rate = setting.rate,
    cap = setting.cap,
  }
  return wait(setting.cooling_off, "settle")
end

always {
  on_payment = accrue,
  -- 手工登记的还款,确认后才计提 · a payment entered by hand, once it is confirmed
  on_payment_confirmed = accrue,
  on_reversed = function(case, payment)
    claw_back { payment = payment.entry, reason = "还款冲正" }
    return stay()
  end,
  -- 还清、撤销都不影响已收的钱 · money received stays received
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

stage "cooling_off" {
  title = { zh = "冷静期", en = "Cooling-off" },
  wait = setting.cooling_off,
  next = "settle",
}

stage "settle" {
  title = { zh = "结算", en = "Settled" },
  finish = "settled",
}
