-- 保证人:保证期间过后还想向保证人催收
-- Guarantors: asks a guarantor whose period may have run out
workflow "guarantor" {
  title = { zh = "保证人", en = "Guarantors" },
  lane = "contact",
  start = "try",
}

always { on_refused = function(case, order) return stay() end }

stage "try" {
  enter = function(case)
    for _, person in ipairs(case.guarantors) do
      sms { template = "plain", to = person }
      letter { template = "plain", to = person }
      demand_letter { template = "plain", to = person }
    end
    return wait(9 * days, "over")
  end,
}

stage "over" { finish = "over" }
