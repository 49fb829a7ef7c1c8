-- 第三只手:换个流程接着打
-- The third hand: another workflow goes on calling
workflow "third_hand" {
  title = { zh = "第三只手", en = "Third hand" },
  lane = "contact",
  start = "ring",
}

always { on_refused = function(case, order) return stay() end }

stage "ring" {
  enter = function(case)
    call "三一"
    call "三二"
    return wait(9 * days, "over")
  end,
}

stage "over" { finish = "over" }
