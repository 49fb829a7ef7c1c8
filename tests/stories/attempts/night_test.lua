-- 测试的钟从 10:00 开始:22:00 已在时段外,08:00 起才可联络
-- The clock of a test begins at 10:00; 22:00 is outside the window, 08:00 inside

test("22:00 到 08:00 之间什么也不发,08:00 才发", function(t)
  t.enrol(t.case { wechat = true })
  t.advance(12 * hours)
  t.expect_nothing_sent()
  t.advance(9 * hours)
  t.expect_nothing_sent()
  t.advance(1 * hours)
  t.expect_sent "sms"
  t.expect_sent "call"
  t.expect_sent "visit"
  t.expect_sent "wechat"
  t.expect_nothing_sent()
end)
