-- 吞掉错误:用 pcall、循环和改名重试同一通电话
-- Swallowing: pcall, loops and other names for the same call
workflow "swallow" {
  title = { zh = "吞错", en = "Swallow" },
  lane = "contact",
  start = "try",
}

always { on_refused = function(case, order) return stay() end }

local ring = call

stage "try" {
  enter = function(case)
    for n = 1, 4 do
      pcall(call, { script = "第 " .. n .. " 次" })
      pcall(function()
        ring { to = case.debtor, script = "又一次 " .. n }
        error("当作没有发生")
      end)
    end
    return wait(9 * days, "over")
  end,
}

stage "over" { finish = "over" }
