-- 客户回复:回复了短信、微信或来信的客户,当天有人看,打错了的号码有人更正
-- Replies: whoever answers a message or a letter is read by a person
workflow "reply" {
  title = { zh = "客户回复", en = "Reply" },
  lane = "reply",
  start = "read",
  keeps_clocks = true, -- 催收暂停也要看 · it is read under a hold as well
  enrol = { on = "reply" },
  settings = {
    answer_within = { 2, min = 1, max = 10, unit = "days",
      title = { zh = "几天内处理回复", en = "A reply is answered within" } },
  },
}

stage "read" {
  title = { zh = "有人看", en = "Read it" },
  enter = function(case)
    task {
      title = {
        zh = "客户有回复:看记要;说打错了或不是本人的,停用这个号码并补登;有异议、投诉、困难的照此登记",
        en = "There is a reply: read the note; where it is the wrong person, take the number out of use and enter the right one; enter a dispute, a complaint or hardship as such",
      },
      by = case.collector,
      kind = "reply",
      in_days = setting.answer_within,
    }
    return finish "handed_over"
  end,
}
