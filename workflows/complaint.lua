-- 投诉处理:投诉的客户,暂停催收,1 个工作日内受理,15 天内查清并答复
-- Complaints: collection stops; acknowledged within a workday, looked into within 15 days
workflow "complaint" {
  title = { zh = "投诉处理", en = "Complaint" },
  lane = "complaint",
  start = "acknowledge",
  keeps_clocks = true, -- 催收暂停,答复的期限照走 · the hold stops demands, not the answer
  enrol = { on = "complaint" },
  settings = {
    acknowledge_within = { 1 * workdays, min = 1 * workdays, max = 5 * workdays, unit = "workdays",
      title = { zh = "受理期限", en = "Acknowledged within" } },
    answer_within = { 15 * days, min = 1 * days, max = 15 * days, unit = "days",
      title = { zh = "查清并答复的期限,不超过受理通知写的 15 天", en = "Looked into and answered within; the notice says 15 days" } },
    press_every = { 5 * workdays, min = 1 * workdays, max = 20 * workdays,
      title = { zh = "超期后多久督办一次", en = "Between reminders once it is late" } },
  },
}

local function is_open(case)
  return table.find(case.holds, "complaint") ~= nil
end

always {
  on_complaint = function(case)
    return go "acknowledge"
  end,
  on_complaint_resolved = function(case)
    if is_open(case) then
      return stay() -- 还有一件没有办结 · another one is still open
    end
    return finish "resolved"
  end,
  -- 还清了也要答复 · whoever has paid is owed an answer as well
  on_cured = function(case)
    return stay()
  end,
  on_paid_off = function(case)
    return stay()
  end,
  on_dismissed = function(case)
    return stay()
  end,
  on_refused = function(case, order)
    if order.verb == "notice" then
      task {
        title = {
          zh = "受理通知不能寄出:请核对收件人,改用其他方式答复",
          en = "The notice of receipt may not leave: check who is to get it, answer in another way",
        },
        by = role "supervisor", kind = "answer",
      }
    end
    return stay()
  end,
  on_failed = function(case, order)
    if order.verb == "notice" then
      task {
        title = {
          zh = "受理通知寄不出:请电话或当面答复,并补登地址",
          en = "The notice of receipt cannot be sent: answer by telephone or in person, and enter the address",
        },
        by = role "supervisor", kind = "answer",
      }
    end
    return stay()
  end,
}

stage "acknowledge" {
  title = { zh = "受理", en = "Acknowledge" },
  enter = function(case)
    if not is_open(case) then
      return finish "resolved" -- 还没受理就已办结 · resolved before it was taken up
    end
    notice "complaint_received"
    task {
      title = {
        zh = "受理投诉:记录诉求,换人承办,限期内告知客户",
        en = "Take up the complaint: write down what is asked, let another person handle it, tell the customer in time",
      },
      by = role "supervisor", kind = "complaint",
      in_days = setting.acknowledge_within.count,
    }
    return wait(setting.acknowledge_within, "investigate")
  end,
  on_complaint = function(case)
    return stay() -- 正在受理 · it is being acknowledged already
  end,
}

stage "investigate" {
  title = { zh = "调查", en = "Investigate" },
  enter = function(case)
    task {
      title = {
        zh = "调查投诉:听录音,问双方,写明属实与否和处理办法,答复客户",
        en = "Look into the complaint: listen to the recording, ask both sides, write down whether it is true and what is done, answer the customer",
      },
      by = role "supervisor", kind = "investigate",
      in_days = setting.answer_within.count,
      before = today() + setting.answer_within, -- 当天休息的提前 · on a day off it is due before
    }
    return wait(setting.answer_within, "late")
  end,
}

stage "late" {
  title = { zh = "超期督办", en = "Late" },
  enter = function(case)
    task {
      title = {
        zh = "投诉超过期限未办结:请主管督办",
        en = "The complaint is not settled in time: a supervisor has to see to it",
      },
      by = role "supervisor", kind = "escalation", in_days = 1,
    }
    return wait(setting.press_every, "late")
  end,
}
