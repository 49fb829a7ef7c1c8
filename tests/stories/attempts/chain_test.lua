-- 换环节、隔一小时,都算在同一天
-- Other stages and other hours are the same day

test("三轮共十二次,当天只打三通", function(t)
  t.enrol(t.case {})
  t.advance(5 * hours)
  for n = 1, 3 do
    t.expect_sent "call"
  end
  t.expect_nothing_sent()
  t.expect_refused("call", "cn.freq.effective")
end)
