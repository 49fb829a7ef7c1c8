-- 转法务:多次催收无果的客户,先寄催收通知书,再由第二人批准起诉,直到结案
-- Legal: customers whom reminders and visits did not move; a demand letter, then a suit
workflow "escalate_to_legal" {
  title = { zh = "转法务", en = "Legal" },
  lane = "contact",
  start = "gate",
  -- 逾期过九十天时还清、后来冲正的,提醒和上门都不再接 · a cure after day 90 that bounces
  enrol = { on = "reversed", days_past_due = at_least(91), overdue = at_least(yuan(10)) },
  settings = {
    least_contacts = { 1, min = 1, max = 10, unit = "times",
      title = { zh = "至少几次送达的联络", en = "Delivered contacts needed beforehand" } },
    look_again = { 10 * workdays, min = 1 * workdays, max = 60 * workdays,
      title = { zh = "没有联络时多久再看", en = "Gate looks again after" } },
    answer_within = { 15 * days, min = 15 * days, max = 60 * days,
      title = { zh = "催收通知书的期限,不短于信上写的 15 天", en = "Time to answer the demand letter, which grants 15 days" } },
    urgent_answer = { 3 * days, min = 1 * days, max = 15 * days,
      title = { zh = "时效将满时几天后报批(那封信不许诺天数)", en = "The same when the limitation period ends soon" } },
    serve_within = { 10 * workdays, min = 1 * workdays, max = 60 * workdays,
      title = { zh = "没有送达时,人工送达的期限", en = "People serve the letter within" } },
    most_letters = { 2, min = 1, max = 10, unit = "times",
      title = { zh = "几次没有送达交主管", en = "Letters that failed before the manager decides" } },
    urgent_below = { 60, min = 30, max = 365, unit = "days",
      title = { zh = "时效剩几天算将满", en = "Days left that count as soon" } },
    -- 再小的,一次诉讼的人工和费用占去两成以上 · below it the work and fee of a suit eat a fifth and more
    suit_from = { yuan(5000), min = yuan(10), max = yuan(100000), unit = "yuan",
      title = { zh = "至少多少才报批起诉,不到的先由主管在支付令、调解、核销之间定", en = "Least sum for a suit; for less a supervisor chooses payment order, mediation or write-off" } },
    court = { "",
      title = { zh = "管辖法院,不写按住址查法院表", en = "Court that has jurisdiction; by the table of courts when left out" } },
    decide_within = { 90 * days, min = 7 * days, max = 180 * days,
      title = { zh = "第二人批准的期限", en = "The second person decides within" } },
    reconsider_after = { 30 * days, min = 7 * days, max = 730 * days,
      title = { zh = "未获批准后多久再议", en = "Reconsidered after a refusal" } },
    expired_again = { 180 * days, min = 30 * days, max = 730 * days,
      title = { zh = "时效已过的多久再看", en = "Looked at again once past the period" } },
    review_every = { 90 * days, min = 7 * days, max = 365 * days,
      title = { zh = "法院程序多久复核一次", en = "Between two looks at the proceeding" } },
    recheck_assets = { 180 * days, min = 30 * days, max = 730 * days,
      title = { zh = "无财产时多久再查", en = "Between two searches for assets" } },
    last_break = { 3, min = 1, max = 10, unit = "times",
      title = { zh = "几次爽约不再接受承诺", en = "Breaks after which no promise is taken" } },
    most_promises = { 3, min = 1, max = 20, unit = "times",
      title = { zh = "承诺过几次,程序不再为承诺停下", en = "Promises for which the track stops at most" } },
  },
}

-- 时效将满就不能久等 · near the end of the limitation period nobody waits long
local function is_urgent(case)
  local left = case.limitation_days_left
  return left ~= nil and left < setting.urgent_below
end

-- 时效已过的,不再发催收通知书,也不报起诉 · past its period a claim is neither demanded nor sued for
local function is_expired(case)
  local left = case.limitation_days_left
  return left ~= nil and left < 0
end

-- 没有写的由程序按住址查 · what is left out follows from the address
local function named_court()
  if setting.court == "" then
    return nil
  end
  return setting.court
end

-- 届满后重新签订了协议,或补登了合同、中止的事由 · a new agreement, or an earlier fact was entered
local function back_in_time(case)
  if is_expired(case) then
    return stay()
  end
  return go "gate"
end

-- 送达过,或最近一次见到本人 · something was delivered, or the last attempt met the person
local function was_reached(case)
  local met = case.visits > 0 and case.failed_contacts == 0
  return met or case.contacts >= setting.least_contacts
end

-- 待办里怎么称呼一件指令 · what a task calls an order
local SAID = { demand_letter = "寄催收通知书", file_suit = "起诉", payment_order = "申请支付令" }

local function time_to_answer(case)
  if is_urgent(case) then
    return setting.urgent_answer
  end
  return setting.answer_within
end

-- 时效将满而起诉停着的,请主管马上决定 · a suit that stands still near the end is a supervisor's, at once
local function press(case, zh, en)
  local left = tostring(case.limitation_days_left)
  task {
    title = {
      zh = zh .. ",诉讼时效只剩 " .. left .. " 天:请主管今天决定起诉、当面送达或其他办法",
      en = en .. ", and " .. left .. " days are left of the limitation period: a supervisor decides today to sue, to serve the demand or otherwise",
    },
    by = role "supervisor", kind = "escalation", in_days = 1,
  }
end

-- 一般保证人要等诉过借款人才承担责任,不能向其催收 · a general guarantor answers only after a suit
local function demand_guarantor(guarantor)
  local ends_on = guarantor.guarantee_ends_on
  -- 过了保证期间的保证人不再承担责任 · past the period a guarantor owes nothing
  if guarantor.guarantee ~= "joint" or not ends_on or ends_on < today() then
    return
  end
  if guarantor.has_address then
    demand_letter { template = "demand_letter_guarantor", to = guarantor }
  else
    task {
      title = {
        zh = "连带保证人没有地址:请补登,保证期间内当面送达",
        en = "A joint guarantor has no address: enter it, and serve in person within the guarantee period",
      },
      kind = "serve", in_days = 5,
    }
  end
end

-- 信没有送到,不能当作已经催告 · a letter that did not arrive has demanded nothing
local function ask_to_serve(order)
  if order.verb == "demand_letter" then
    task {
      title = {
        zh = "催收通知书没有送达或结果不明:请核对地址,由两人上门送达并登记回执",
        en = "The demand letter did not arrive, or nobody knows: check the address, let two people serve it and enter the receipt",
      },
      kind = "serve",
      in_days = 5,
    }
  end
end

-- 没有寄出的信也一样:过些天再寄,时效将满就先起诉 · nor has one that never left
local function try_again_later(case)
  memo.unserved = (memo.unserved or 0) + 1
  if is_urgent(case) then
    return go "suit"
  end
  return wait(setting.serve_within, "serve_again")
end

-- 一次次小额承诺不能一直拖下去 · token promises do not put a suit off for ever
local function on_promise(case)
  if case.broken_promises >= setting.last_break or case.promises > setting.most_promises then
    return stay()
  end
  return become "promise"
end

-- 升级当天,旧版立的项阶段还没有写上,流程自己记着 · on the day of an upgrade the stage is not noted yet, the track knows
local function is_in_court(case)
  return case.court_stage ~= nil or memo.matter ~= nil
end

-- 投诉、异议停催收,停不了时效:将满的照样报批起诉 · a hold stops demands, never the period
local function must_sue(case)
  return is_urgent(case) and not is_expired(case) and not is_in_court(case) and not memo.asked_suit
end

-- 已报批或已否决的,不再报一次 · asked for or refused already: it is not asked for again
local function just_hold(reason)
  return function(case)
    return pause(reason)
  end
end

-- 钱已还清,诉讼要收尾 · the money came: the proceeding has to be closed
local function close_down(case, reason)
  if case.court_stage == "opened" then
    task {
      title = {
        zh = "已还款,案件还没有提交法院:不要提交,登记结案",
        en = "It was paid and is not at court yet: do not file it, close the matter",
      },
      by = role "legal", kind = "withdraw",
    }
  elseif is_in_court(case) then
    task {
      title = {
        zh = "已还款,案件仍在法院:请撤诉、解除查封或结案",
        en = "It was paid and is still at court: withdraw the suit, lift the seizure or close the matter",
      },
      by = role "legal", kind = "withdraw",
    }
  end
  return finish(reason)
end

always {
  on_cured = function(case)
    return close_down(case, "cured")
  end,
  on_paid_off = function(case)
    return close_down(case, "paid_off")
  end,
  on_payment = function(case)
    if case.overdue > 0 then
      notice "part_payment"
    end
    return stay()
  end,
  on_matter_opened = function(case, matter)
    memo.matter = memo.matter or matter.matter
    return go "in_court"
  end,
  -- 时效看守在自己的线上叫醒本流程:暂停停得了催收,停不了起诉 · the watch wakes this track: a hold stops demands, not the suit
  on_limitation_near = function(case)
    if case.on_hold and must_sue(case) then
      return go "suit"
    end
    return stay()
  end,
  on_judgment = function(case)
    return go "after_judgment"
  end,
  on_court_step = function(case, court)
    if court.step == "terminated" then
      return go "no_assets"
    elseif court.step == "undone" then
      memo.matter = memo.matter or court.matter -- 误登的结案撤回了,还在法院 · a close that was none
      if court.detail == "rechecked" then
        return go "no_assets"
      end
      return go "in_court"
    elseif court.step == "objected" then
      task {
        title = {
          zh = "支付令异议成立:收到裁定 7 日内决定,不同意起诉的书面告知法院并登记结案,否则视为起诉",
          en = "An objection to the payment order was upheld: decide within 7 days of the ruling; decline the suit in writing and close the matter, or it counts as filed",
        },
        by = role "legal", kind = "judgment", in_days = 5,
      }
      return go "in_court"
    elseif court.step == "appealed" or court.step == "enforcement" then
      return go "in_court"
    elseif court.step == "rechecked" and court.detail == "property" then
      return go "in_court"
    end
    return stay()
  end,
  on_matter_closed = function(case, matter)
    -- 阶段与结案同时记下:还有阶段的,另有一件在法院 · noted with the close: where a stage is left, another one is open
    if case.court_stage then
      if matter.matter == memo.matter then
        memo.matter = nil
      end
      return stay()
    end
    if memo.matter and matter.matter and matter.matter ~= memo.matter then
      return stay() -- 还有一件在法院 · another one is still before the court
    end
    memo.matter = nil
    memo.asked_suit = nil -- 撤回的可以再报 · what was withdrawn may be asked for again
    if matter.reason == "mistaken" then
      return go "gate" -- 误登的,没有这件案子 · there never was such a matter
    elseif matter.reason == "no_assets" then
      return go "no_assets"
    elseif matter.reason == "withdrawn" or matter.reason == "void" then
      return go "not_filed"
    end
    return finish(matter.reason)
  end,
  on_deceased = function(case)
    if case.debtor and case.debtor.alive then
      return stay() -- 去世的是别人 · somebody else has died
    end
    return become "deceased"
  end,
  on_complaint = function(case)
    if must_sue(case) then
      return go "suit"
    end
    return pause "complaint"
  end,
  on_dispute = function(case)
    if must_sue(case) then
      return go "suit"
    end
    return pause "dispute"
  end,
  on_failed = function(case, order)
    ask_to_serve(order)
    return stay()
  end,
  on_unknown = function(case, order)
    ask_to_serve(order)
    return stay()
  end,
  on_refused = function(case, order)
    -- 告知信不催款,不寄也无妨 · a notice asks for nothing and may be left out
    if order.verb ~= "notice" then
      task {
        title = {
          zh = "合规不允许" .. (SAID[order.verb] or "本次联络") .. ":请核对原因,由人决定下一步",
          en = "Conduct review refuses `" .. order.verb .. "`: see why, a person decides what is next",
        },
        kind = "refused",
      }
    end
    return stay()
  end,
}

-- 入册前已起诉的,从它现在的阶段接着办 · a suit that is older than the book goes on from where it stands
local function in_court_already(case)
  if case.court_stage == "terminated" then
    return go "no_assets"
  elseif case.court_stage == "judged" then
    return go "after_judgment"
  end
  return go "in_court"
end

-- 起诉没有批准,主管另定的办法:就在这里办 · a supervisor's way after a suit was refused: it is gone here
local function another_way(case, chosen)
  if chosen.way == "payment_order" then
    return go "payment_order"
  elseif chosen.way == "mediation" then
    return go "mediation"
  elseif chosen.way == "write_off" then
    return go "write_off"
  end
  memo.asked_suit = nil
  memo.suit_chosen = true
  return go "suit"
end

stage "gate" {
  title = { zh = "转诉条件", en = "May it go on?" },
  enter = function(case)
    start "limitation_watch"
    if #case.guarantors > 0 then
      start "guarantee_watch"
    end
    if is_in_court(case) then
      return in_court_already(case)
    end
    -- 时效将满的不等联络 · near the end nobody waits for a contact
    if was_reached(case) or (is_urgent(case) and not is_expired(case)) then
      return go "demand"
    end
    if not memo.asked then
      memo.asked = true
      task {
        title = {
          zh = "没有一次送达的联络,不能转诉:请先联络,或由主管登记核准转诉(legal_override)",
          en = "No contact was delivered, so it cannot go to law: make contact first, or let a supervisor enter `legal_override`",
        },
        by = role "supervisor", kind = "override",
      }
    end
    return wait(setting.look_again, "gate")
  end,
  -- 只有非本案信贷员的主管能登记 · only a supervisor who does not collect the case
  on_legal_override = function(case)
    return go "demand"
  end,
  -- 不等到下次再看 · it does not wait for its next look
  on_limitation_near = function(case)
    if not must_sue(case) then
      return stay()
    elseif case.on_hold then
      return go "suit"
    end
    return go "demand"
  end,
}

stage "demand" {
  title = { zh = "催收通知书", en = "Demand letter" },
  enter = function(case)
    if is_in_court(case) then
      return in_court_already(case)
    elseif is_expired(case) then
      return go "expired"
    end
    for _, guarantor in ipairs(case.guarantors) do
      demand_guarantor(guarantor)
    end
    if case.debtor and not case.debtor.has_address then
      return go "not_served"
    end
    if is_urgent(case) then
      demand_letter "demand_letter_urgent"
    else
      demand_letter "demand_letter"
    end
    return wait(time_to_answer(case), "suit")
  end,
  on_failed = function(case, order)
    if order.verb == "demand_letter" then
      return go "not_served"
    end
    return stay()
  end,
  on_unknown = function(case, order)
    if order.verb == "demand_letter" then
      return go "not_served"
    end
    return stay()
  end,
  on_refused = function(case, order)
    if order.verb ~= "demand_letter" then
      return stay()
    end
    task {
      title = {
        zh = "合规不允许寄催收通知书:请核对原因;没有寄出,不算已经催告",
        en = "Conduct review refuses the demand letter: see why; it did not leave and counts as no demand",
      },
      kind = "refused",
    }
    return try_again_later(case)
  end,
  on_merged = function(case, order)
    if order.verb ~= "demand_letter" then
      return stay()
    end
    -- 同一天另一笔贷款的信不能代替这一笔的 · another loan's letter demands nothing of this one
    return wait(1 * workdays, "demand")
  end,
  on_stale = function(case, order)
    if order.verb ~= "demand_letter" then
      return stay()
    end
    return go "demand" -- 金额变了,按新金额再写 · written anew with the amount of today
  end,
  on_promise = on_promise,
}

stage "expired" {
  title = { zh = "时效已过", en = "Past the limitation period" },
  wait = 1 * workdays,
  next = "after_expiry",
  on_clock_entered = back_in_time,
}

stage "after_expiry" {
  title = { zh = "时效已过,由人决定", en = "Past the period: a person decides" },
  enter = function(case)
    task {
      title = {
        zh = "诉讼时效已过:不得再催告或起诉;客户自愿归还的可以收,愿意重新签订还款协议的,请主管和法务办理",
        en = "The limitation period is over: demand nothing and file no suit; money that is paid freely may be taken, and whoever will sign a new agreement is for supervisor and legal",
      },
      by = role "supervisor", kind = "gate",
      in_days = 10,
    }
    return wait(setting.expired_again, "gate")
  end,
  on_clock_entered = back_in_time,
}

stage "not_served" {
  title = { zh = "通知书未送达", en = "The letter did not arrive" },
  enter = function(case)
    memo.unserved = (memo.unserved or 0) + 1
    ask_to_serve { verb = "demand_letter" }
    if is_urgent(case) then
      return go "suit" -- 起诉本身中断时效,不能再等 · the suit itself saves the claim
    end
    return wait(setting.serve_within, "serve_again")
  end,
  on_letter_proved = function(case)
    return wait(time_to_answer(case), "suit")
  end,
  on_limitation_near = function(case)
    if must_sue(case) then
      return go "suit"
    end
    return stay()
  end,
  on_failed = function(case)
    return stay() -- 待办已开 · the task is open already
  end,
  on_unknown = function(case)
    return stay()
  end,
  on_promise = on_promise,
}

stage "serve_again" {
  title = { zh = "再次送达", en = "Served again" },
  enter = function(case)
    if memo.unserved < setting.most_letters then
      return go "demand"
    end
    memo.unserved = 0
    return go "not_filed"
  end,
}

stage "suit" {
  title = { zh = "报批起诉", en = "Suit awaiting approval" },
  enter = function(case)
    if is_in_court(case) then
      return in_court_already(case)
    elseif is_expired(case) then
      return go "expired"
    elseif case.claim < setting.suit_from and not memo.suit_chosen then
      return become "small_claim"
    end
    task {
      title = {
        zh = "起诉前核对:还款能力、财产线索、费用、诉讼时效、证据",
        en = "Before the suit check: means to pay, assets, costs, limitation period, evidence",
      },
      by = role "legal", ends_with = "stage", kind = "suit_check",
    }
    memo.asked_suit = true
    -- 金额由程序按台账算:批准时一次,提交时再一次 · the sum is reckoned when approved and when filed
    file_suit {
      court = named_court(),
      reason = {
        zh = "催收通知书期满未还",
        en = "the term of the demand letter is over and nothing was paid",
      },
    }
    return wait(setting.decide_within, "not_filed")
  end,
  on_complaint = just_hold("complaint"),
  on_dispute = just_hold("dispute"),
  -- 没有人批,时效却要过了 · nobody approves it, and the period runs out
  on_limitation_near = function(case)
    press(case, "起诉还没有批准", "the suit is not approved")
    return stay()
  end,
  on_rejected = function(case)
    return go "not_filed"
  end,
  on_failed = function(case, order)
    if order.verb == "file_suit" then
      return go "not_filed"
    end
    ask_to_serve(order)
    return stay()
  end,
  -- 已批准、还没有送出的诉状,主管另定办法的撤回 · a suit that has not left gives way to another way
  on_way_chosen = another_way,
}

stage "not_filed" {
  title = { zh = "未起诉", en = "No suit" },
  enter = function(case)
    task {
      title = {
        zh = "没有起诉:请主管决定分期、补充材料或核销;材料补齐的用 legal way 定为起诉,马上再报",
        en = "No suit was filed: a supervisor decides on instalments, more papers or a write-off; once the papers are there, legal way asks for the suit at once",
      },
      by = role "supervisor", ends_with = "stage", kind = "no_suit", in_days = 10,
    }
    return wait(setting.reconsider_after, "demand_anew")
  end,
  on_complaint = just_hold("complaint"),
  on_dispute = just_hold("dispute"),
  -- 没有批准的不自动再报,由主管决定 · what was refused is a supervisor's to decide on
  on_limitation_near = function(case)
    press(case, "没有起诉", "no suit was filed")
    return stay()
  end,
  on_way_chosen = another_way,
}

stage "payment_order" {
  title = { zh = "报批支付令", en = "Payment order awaiting approval" },
  enter = function(case)
    memo.asked_suit = true -- 时效将满的不另报起诉 · no suit is asked for beside it
    payment_order {
      court = named_court(),
      reason = {
        zh = "起诉没有批准,主管定为支付令",
        en = "the suit was not approved, and a supervisor has chosen a payment order",
      },
    }
    return wait(setting.decide_within, "not_filed")
  end,
  on_complaint = just_hold("complaint"),
  on_dispute = just_hold("dispute"),
  on_limitation_near = function(case)
    press(case, "支付令还没有批准", "the payment order is not approved")
    return stay()
  end,
  on_rejected = function(case)
    return go "not_filed"
  end,
  on_failed = function(case, order)
    if order.verb == "payment_order" then
      return go "not_filed"
    end
    ask_to_serve(order)
    return stay()
  end,
  on_way_chosen = another_way,
}

stage "mediation" {
  title = { zh = "申请调解", en = "Mediation" },
  enter = function(case)
    task {
      title = {
        zh = "向人民调解委员会申请调解,用 legal mediation 登记(时效随之中断);谈成的登记承诺或分期",
        en = "Ask the mediation committee and enter it with legal mediation, which interrupts the period; enter what is agreed as a promise or a plan",
      },
      by = role "legal", kind = "negotiate", in_days = 10,
    }
    return wait(setting.reconsider_after, "not_filed")
  end,
  on_promise = function(case)
    return become "promise"
  end,
  on_complaint = just_hold("complaint"),
  on_dispute = just_hold("dispute"),
  on_limitation_near = function(case)
    press(case, "调解还没有结果", "mediation has come to nothing yet")
    return stay()
  end,
  on_way_chosen = another_way,
}

stage "write_off" {
  title = { zh = "建议核销", en = "Write-off proposed" },
  enter = function(case)
    task {
      title = {
        zh = "主管定为核销:请报批核销或继续保留,账销案存的照样看守时效",
        en = "A supervisor has chosen a write-off: propose it, or keep the claim; its clocks are watched either way",
      },
      by = role "supervisor", kind = "no_suit", in_days = 10,
    }
    return wait(setting.recheck_assets, "not_filed")
  end,
  on_complaint = just_hold("complaint"),
  on_dispute = just_hold("dispute"),
  on_limitation_near = function(case)
    press(case, "已建议核销", "a write-off was proposed")
    return stay()
  end,
  on_way_chosen = another_way,
}

stage "demand_anew" {
  title = { zh = "重新催告", en = "Demanded anew" },
  enter = function(case)
    memo.asked_suit = nil
    return go "demand"
  end,
}

stage "in_court" {
  title = { zh = "法院程序", en = "Before the court" },
  enter = function(case)
    return wait(setting.review_every, "court_review")
  end,
}

stage "court_review" {
  title = { zh = "程序复核", en = "Review of the proceeding" },
  enter = function(case)
    task {
      title = {
        zh = "复核法院程序:进度、期限、查封续期",
        en = "Review the proceeding at court: progress, deadlines, renewal of seizures",
      },
      by = role "legal", kind = "court_review",
    }
    return wait(setting.review_every, "court_review")
  end,
}

stage "after_judgment" {
  title = { zh = "裁判之后", en = "After the judgment" },
  enter = function(case)
    task {
      title = {
        zh = "已裁判:督促履行,期满未履行的申请强制执行,不服的在期限内上诉",
        en = "Judgment was given: press for performance, apply for enforcement when the term is over, appeal in time where it is wrong",
      },
      by = role "legal", kind = "judgment",
      in_days = 10,
    }
    return wait(setting.review_every, "court_review")
  end,
}

stage "no_assets" {
  title = { zh = "暂无财产", en = "No assets for now" },
  wait = setting.recheck_assets,
  next = "asset_search",
}

stage "asset_search" {
  title = { zh = "再查财产", en = "Search for assets" },
  enter = function(case)
    task {
      title = {
        zh = "再查财产线索;发现财产的申请恢复执行",
        en = "Search for assets again; where some are found apply to go on with enforcement",
      },
      by = role "legal", kind = "assets",
    }
    return wait(setting.recheck_assets, "asset_search")
  end,
}
