-- 连环环节:一次唤醒走过许多环节,每个环节打一通电话
-- A chain of stages, a call in each
workflow "chain" {
  title = { zh = "连环", en = "Chain" },
  lane = "contact",
  start = "one",
}

always { on_refused = function(case, order) return stay() end }

stage "one" {
  enter = function(case)
    call "一"
    call "二"
    return go "two"
  end,
}

stage "two" {
  enter = function(case)
    call "三"
    return go "three"
  end,
}

stage "three" {
  enter = function(case)
    call "四"
    memo.round = (memo.round or 0) + 1
    if memo.round == 3 then
      return finish "tired"
    end
    return wait(1 * hours, "one")
  end,
}
