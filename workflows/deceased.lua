-- 客户死亡:停止以死者名义的一切联络,凭证件核实,30 天后致函继承人,只就遗产主张
-- Deceased: nobody is contacted in the dead person's name; papers, a letter to heirs, the estate
workflow "deceased" {
  title = { zh = "客户死亡", en = "Deceased debtor" },
  lane = "contact",
  start = "verify",
  keeps_clocks = true, -- 联络已暂停,核实和期限照走 · contact is held, the work goes on
  enrol = { on = "deceased" },
  settings = {
    condolence_after = { 30 * days, min = 7 * days, max = 180 * days,
      title = { zh = "报告死亡后多久致函继承人", en = "Letter to heirs after the report" } },
    estate_after = { 15 * days, min = 1 * days, max = 180 * days,
      title = { zh = "致函后多久办遗产", en = "Estate after the letter" } },
    review_every = { 90 * days, min = 7 * days, max = 365 * days,
      title = { zh = "遗产多久复核一次", en = "Between two looks at the estate" } },
    apology_within = { 5 * workdays, min = 1 * workdays, max = 20 * workdays,
      title = { zh = "误报更正后,几天后再恢复提醒", en = "Wait before reminding again once the report was wrong" } },
    most_reviews = { 4, min = 1, max = 40, unit = "times",
      title = { zh = "复核几次后交账", en = "Looks before the file is handed over" } },
  },
}

-- 更正之后又报死亡的,重新核实 · reported again after the correction
local function once_more(case)
  if case.debtor and case.debtor.alive then
    return stay()
  end
  return go "verify"
end

always {
  on_cured = function(case)
    return stay() -- 后面的到期款仍要办 · what falls due later is still to be settled
  end,
  on_death_disproved = function(case)
    if case.debtor and case.debtor.alive then
      return go "disproved" -- 误报,主管已核实 · the report was wrong
    end
    return stay() -- 说的是别人 · it was about somebody else
  end,
  on_hold_lifted = function(case)
    if case.on_hold then
      return stay()
    end
    if case.debtor and case.debtor.alive then
      return go "disproved" -- 误报 · the report was wrong
    end
    return finish "estate_settled"
  end,
}

stage "verify" {
  title = { zh = "核实", en = "Verify" },
  enter = function(case)
    if case.debtor and case.debtor.alive then
      return finish "somebody_else" -- 去世的不是借款人 · it is not the borrower who died
    end
    task {
      title = {
        zh = "核实死亡:取得死亡证明或户籍注销证明,不向亲友打探",
        en = "Verify the death: get the certificate of death or of the closed household entry, do not ask relatives or friends",
      },
      kind = "verify_death",
      in_days = 7,
    }
    if #case.guarantors > 0 then
      task {
        title = {
          zh = "有保证人:核对保证期间和主债务,由法务决定通知",
          en = "There is a guarantor: check the guarantee period and the debt, let legal decide on the notice",
        },
        by = role "legal", kind = "guarantor",
        in_days = 7,
      }
    end
    return wait(setting.condolence_after, "condolence")
  end,
}

-- 误报之后先由人致歉,不当天催款 · a person says sorry first, no message the same day
stage "disproved" {
  title = { zh = "误报死亡", en = "The report was wrong" },
  wait = 1 * workdays,
  next = "apologise",
  on_deceased = once_more,
}

stage "apologise" {
  title = { zh = "致歉", en = "Say sorry" },
  enter = function(case)
    task {
      title = {
        zh = "误报死亡已更正:请主管向客户和家人说明并致歉,查明误报的来由",
        en = "The report of a death was wrong: a supervisor explains it to the customer and the family, says sorry, and finds out how it came about",
      },
      by = role "supervisor", kind = "apology",
      in_days = 5,
    }
    return wait(setting.apology_within, "back")
  end,
  on_deceased = once_more,
}

stage "back" { title = { zh = "回到提醒", en = "Back to the reminder" }, become = "remind" }

stage "condolence" {
  title = { zh = "慰问函", en = "Letter of condolence" },
  enter = function(case)
    if #case.heirs == 0 then
      task {
        title = {
          zh = "没有登记继承人:凭公证、法院或村委会证明查明并登记",
          en = "No heir is on record: find them by papers of a notary, the court or the village committee, and enter them",
        },
        kind = "heirs",
        in_days = 30,
      }
    end
    for _, heir in ipairs(case.heirs) do
      notice { template = "condolence", to = heir }
    end
    return wait(setting.estate_after, "estate")
  end,
  on_refused = function(case, order)
    if order.verb == "notice" then
      task {
        title = {
          zh = "致继承人的信不能寄出:请补死亡证明和未放弃继承的材料",
          en = "The letter to the heirs may not leave: add the certificate of death and the papers that the inheritance was not refused",
        },
        kind = "refused",
      }
    end
    return stay()
  end,
  on_failed = function(case, order)
    if order.verb == "notice" then
      task {
        title = {
          zh = "致继承人的信寄不出:请核对地址",
          en = "The letter to the heirs cannot be sent: check the address",
        },
        kind = "heirs",
      }
    end
    return stay()
  end,
}

stage "estate" {
  title = { zh = "遗产", en = "Estate" },
  enter = function(case)
    task {
      title = {
        zh = "查明遗产和遗产管理人,只在遗产范围内主张;放弃继承的不得催收;继承人未定的登记时效中止(legal suspended)",
        en = "Find the estate and its administrator, claim no more than the estate holds; ask nothing of who has refused the inheritance; while no heir is settled enter `legal suspended`",
      },
      kind = "estate",
      in_days = 30,
    }
    return wait(setting.review_every, "estate_review")
  end,
}

stage "estate_review" {
  title = { zh = "遗产复核", en = "Review of the estate" },
  enter = function(case)
    memo.reviews = (memo.reviews or 0) + 1
    if memo.reviews >= setting.most_reviews then
      return finish "handed_to_estate"
    end
    task {
      title = {
        zh = "复核遗产进展:继承、保险、保证人、诉讼时效",
        en = "Review the estate: inheritance, insurance, guarantors, limitation period",
      },
      kind = "estate",
    }
    return wait(setting.review_every, "estate_review")
  end,
}
