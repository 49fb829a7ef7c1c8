-- 报了死亡就再也联络不上
-- Once a death is reported nothing leaves any more

test("死者的电话、微信、住址都不再联络", function(t)
  local c = t.case { wechat = true }
  t.enrol(c)
  t.event(c, "deceased")
  t.advance(5 * days)
  t.expect_nothing_sent()
  for _, verb in ipairs { "sms", "wechat", "call", "letter", "notice", "visit", "demand_letter" } do
    t.expect_refused(verb, "cn.party.deceased")
  end
end)
