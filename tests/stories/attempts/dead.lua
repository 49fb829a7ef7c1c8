-- 死者:听说去世以后还想联络
-- The dead: tries to reach a debtor who was reported dead
workflow "dead" {
  title = { zh = "死者", en = "The dead" },
  lane = "contact",
  start = "wait",
}

local function try_all()
  sms "plain"
  wechat "plain"
  call "喂"
  letter "plain"
  notice "plain"
  visit "试试"
  demand_letter "plain"
end

always {
  on_deceased = function(case)
    try_all()
    return stay()
  end,
  on_refused = function(case, order) return stay() end,
}

stage "wait" {
  enter = function(case)
    return wait(3 * days, "again")
  end,
}

stage "again" {
  enter = function(case)
    try_all()
    return wait(9 * days, "over")
  end,
}

stage "over" { finish = "over" }
