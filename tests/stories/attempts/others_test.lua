-- 不欠钱的人,什么也收不到
-- Who owes nothing gets nothing

test("七种动作找两个无关的人,全部被拒", function(t)
  t.enrol(t.case { third_parties = 2 })
  t.expect_nothing_sent()
  for n = 1, 2 do
    for _, verb in ipairs { "sms", "wechat", "letter", "notice", "call", "visit", "demand_letter" } do
      t.expect_refused(verb, "cn.party.unrelated_third_party")
    end
  end
end)
