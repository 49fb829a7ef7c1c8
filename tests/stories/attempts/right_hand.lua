-- 右手:左手的同伙,另一条线,暂停时也不停
-- The right hand: the left hand's partner, in a lane that no hold stops
workflow "right_hand" {
  title = { zh = "右手", en = "Right hand" },
  lane = "limitation",
  keeps_clocks = true,
  start = "ring",
}

always { on_refused = function(case, order) return stay() end }

stage "ring" {
  enter = function(case)
    call "右一"
    call "右二"
    return wait(2 * days, "again")
  end,
}

stage "again" {
  enter = function(case)
    sms "plain"
    call "右三"
    letter "plain"
    return wait(9 * days, "over")
  end,
}

stage "over" { finish = "over" }
