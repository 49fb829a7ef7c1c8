-- 左手:和右手在两条线上,同时给一个人打电话
-- The left hand: calls the same person from another lane than the right
workflow "left_hand" {
  title = { zh = "左手", en = "Left hand" },
  lane = "contact",
  start = "ring",
}

always { on_refused = function(case, order) return stay() end }

stage "ring" {
  enter = function(case)
    start "right_hand"
    call "左一"
    call "左二"
    return wait(1 * hours, "hand_on")
  end,
}

stage "hand_on" { become = "third_hand" }
