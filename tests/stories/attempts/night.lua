-- 夜里催收:换着时辰、换着渠道试
-- At night: every hour and every channel is tried
workflow "night" {
  title = { zh = "夜里", en = "At night" },
  lane = "contact",
  start = "day",
  settings = { later = 12 * hours },
}

always {
  on_deferred = function(case, order)
    if not memo.again then
      memo.again = true
      wechat "plain"
    end
    return stay()
  end,
  on_refused = function(case, order) return stay() end,
}

stage "day" {
  enter = function(case)
    return wait(setting.later, "night")
  end,
}

stage "night" {
  enter = function(case)
    sms "plain"
    call "再打"
    visit "试试"
    return wait(9 * days, "over")
  end,
}

stage "over" { finish = "over" }
