-- 守门口:天天上门
-- At the door: a visit every day
workflow "doorstep" {
  title = { zh = "守门口", en = "At the door" },
  lane = "contact",
  start = "knock",
}

always { on_refused = function(case, order) return stay() end }

stage "knock" {
  enter = function(case)
    visit "试试"
    visit { to = case.debtor, reason = "试试" }
    return wait(1 * days, "knock")
  end,
}
