-- 找别人:用每一种动作去找与债务无关的人
-- Others: every verb is tried on people who owe nothing
workflow "others" {
  title = { zh = "找别人", en = "Others" },
  lane = "contact",
  start = "try",
}

always { on_refused = function(case, order) return stay() end }

stage "try" {
  enter = function(case)
    for _, person in ipairs(case.third_parties) do
      sms { template = "plain", to = person }
      wechat { template = "plain", to = person }
      letter { template = "plain", to = person, registered = true }
      notice { template = "plain", to = person }
      call { to = person, script = "请转告" }
      visit { to = person, reason = "试试" }
      demand_letter { template = "plain", to = person }
    end
    return wait(9 * days, "over")
  end,
}

stage "over" { finish = "over" }
