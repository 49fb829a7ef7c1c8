-- 两条线、三个流程,一个人一天还是三通
-- Two lanes and three workflows: one person has three calls a day

test("左右手和第三只手共六次,三通电话", function(t)
  t.enrol(t.case {})
  t.advance(2 * hours)
  for n = 1, 3 do
    t.expect_sent "call"
  end
  t.expect_nothing_sent()
  for n = 1, 3 do
    t.expect_refused("call", "cn.freq.effective")
  end
end)

test("暂停期间,不停的那条线也送不出去", function(t)
  local c = t.case {}
  t.enrol(c, "right_hand")
  t.expect_sent "call"
  t.expect_sent "call"
  t.event(c, "complaint", { note = "电话太多" })
  t.advance(3 * days)
  t.expect_nothing_sent()
  t.expect_refused("sms", "cn.hold.complaint_open")
  t.expect_refused("call", "cn.hold.complaint_open")
  t.expect_refused("letter", "cn.hold.complaint_open")
end)
