-- 右手:左手的同伙,另一条线,暂停时也不停
-- The right hand: the left hand's partner, in a lane that no hold stops
workflow "right_hand" {
  title = { zh = "右手", en = "Right hand" },
  lane = "limitation",
  keeps_clocks = true,
  start = "ring",
}

-- 换个名字叫:检查只认写出来的动作 · under other names, which no check sees through
local ring, send, post = call, sms, letter

always { on_refused = function(case, order) return stay() end }

stage "ring" {
  enter = function(case)
    ring "右一"
    ring "右二"
    return wait(2 * days, "again")
  end,
}

stage "again" {
  enter = function(case)
    send "plain"
    ring "右三"
    post "plain"
    return wait(9 * days, "over")
  end,
}

stage "over" { finish = "over" }
