-- 七天之内只上门一次
-- One visit in seven days

test("六天里十二次,只上门一次", function(t)
  t.enrol(t.case {})
  t.advance(5 * days)
  t.expect_sent "visit"
  t.expect_nothing_sent()
  for n = 1, 11 do
    t.expect_refused("visit", "cn.freq.visit")
  end
  t.advance(2 * days)
  t.expect_sent "visit"
  t.expect_nothing_sent()
end)
