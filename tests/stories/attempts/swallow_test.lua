-- 一天只能有三通电话,写法不起作用
-- Three calls a day, however they are written

test("八次尝试,三通电话,其余写明规则", function(t)
  t.enrol(t.case {})
  for n = 1, 3 do
    t.expect_sent "call"
  end
  t.expect_nothing_sent()
  for n = 1, 5 do
    t.expect_refused("call", "cn.freq.effective")
  end
end)
