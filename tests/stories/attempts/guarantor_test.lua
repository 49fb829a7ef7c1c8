-- 保证期间内可以,过后不可以
-- Within the guarantee period it may be, afterwards it may not

test("保证期间内可以向保证人催收", function(t)
  t.enrol(t.case { guarantors = 1, days_past_due = 20 })
  t.expect_sent("sms", { to = "guarantor" })
  t.expect_sent("letter", { to = "guarantor" })
  t.expect_sent("demand_letter", { to = "guarantor" })
end)

test("保证期间过后,信也不算催收", function(t)
  t.enrol(t.case { guarantors = 1, days_past_due = 900 })
  t.expect_nothing_sent()
  t.expect_refused("sms", "cn.party.guarantor")
  t.expect_refused("letter", "cn.party.guarantor")
  t.expect_refused("demand_letter", "cn.party.guarantor")
end)
