//! What kind of work waits for a person (待办种类), as `task ls` prints it; its title
//! says what is to be done.

use super::{Meaning, table};

pub(super) const ALL: &[Meaning] = table! {
    "call" "待办:打电话" "结果用 `qingshou contact` 登记,待办随之办结。" "work: a call" "Enter what came of it with `qingshou contact`; that closes it.";
    "visit" "待办:上门" "结果用 `qingshou visit done` 登记,待办随之办结。" "work: a visit" "Enter what came of it with `qingshou visit done`; that closes it.";
    "report" "待办:补登上门结果" "用 `qingshou visit done` 登记,待办随之办结;没有去的,用 `qingshou task done` 说明。" "work: the result of a visit is missing" "Enter it with `qingshou visit done`, which closes this; where nobody went, say so with `qingshou task done`.";
    "approval" "待办:审批" "用 `qingshou approve` 批准或退回。" "work: to approve" "Approve or reject it with `qingshou approve`.";
    "review" "待办:请人看一看" "按标题办理,再用 `qingshou task done` 办结。" "work: a person is to look at it" "Do as its title says, then say `qingshou task done`.";
    "override" "待办:核准转诉" "没有一次送达的联络:先联络,或由主管登记 `legal_override`;只办结待办不等于核准。" "work: to allow a suit" "No contact has arrived: make one, or let a supervisor report `legal_override`; closing the task allows nothing.";
    "channel_fault" "待办:渠道故障或缺设置" "`qingshou status` 和 `qingshou gateway ls` 说明缺什么;修好后指令自动续发。" "work: a channel is at fault or lacks a setting" "`qingshou status` and `qingshou gateway ls` say what is wrong; orders go on by themselves when it is mended.";
    "deadlines_unwatched" "待办:没有流程看守诉讼时效或保证期间" "由流程编辑放回或启用相应的流程;在此之前人工看守期限。" "work: no workflow watches the limitation or guarantee period" "Let an editor put that workflow back; watch the days by hand until then.";
    "enrolment_fault" "待办:流程的纳入条件出错" "改正脚本后自动恢复;`qingshou status` 说明哪一个流程。" "work: the conditions of a workflow fail" "`qingshou status` names it; it goes on by itself when the script is mended.";
    "workflow_suspended" "待办:流程停办,脚本在许多案件上出错" "改正脚本;`qingshou status` 说明出错的行。" "work: a workflow is suspended, for its script fails on many cases" "Mend the script; `qingshou status` names the line.";
    "deadline" "待办:法院程序的期限" "在期限之前办理,再用 `qingshou task done` 办结。" "work: a deadline of the court" "See to it before that day, then say `qingshou task done`.";
    "task" "待办:流程给出的事" "按标题办理,再用 `qingshou task done` 办结。" "work that a workflow gives" "Do as its title says, then say `qingshou task done`.";
    "answer" "待办:答复客户" "答复后用 `qingshou task done` 写明怎样答复的。" "work: to answer a customer" "Answer, then say how with `qingshou task done`.";
    "escalation" "待办:督办:投诉、异议超期,或时效、保证期间、破产申报将过期" "由主管督促办结;期限的,当面送达、起诉或申报后登记。" "work: a complaint or a dispute takes too long, or a clock runs out" "A supervisor sees to it; where a clock runs out, has the demand served, or the suit or the claim filed, and that entered.";
    "investigate" "待办:调查投诉" "听录音、问双方,答复客户后登记 `complaint_resolved`。" "work: to look into a complaint" "Hear the recording and both sides, answer the customer, then report `complaint_resolved`.";
    "negotiate" "待办:约谈还款安排" "商定小额、定日的还款或分期,再用 `qingshou promise` 登记。" "work: to agree on a way to pay" "Agree on small amounts and days, then enter them with `qingshou promise`.";
    "replan" "待办:重新商定分期" "方案只改一次:按评估签补充协议,再用 `qingshou promise` 登记新的一期。" "work: to agree on instalments anew" "A plan is changed once: by an assessment and in writing; then enter the new part with `qingshou promise`.";
    "guarantee" "待办:保证期间将到" "在期间内向保证人主张,按标题办理。" "work: a guarantee period ends" "Claim from the guarantor within it, as the title says.";
    "claim_filing" "待办:申报破产债权" "按法院公告的期限向管理人申报,用 `qingshou legal claim` 登记。" "work: to file a claim in a bankruptcy" "File it with the administrator by the day of the court's notice, then enter it with `qingshou legal claim`.";
    "gate" "待办:由主管决定下一步" "先用 `qingshou task take` 认领;核准转诉的登记 `legal_override`,只办结待办不等于同意;案件离开这个环节,待办自动失效。" "work: a supervisor decides what is next" "Take it with `qingshou task take`; a suit is allowed with `legal_override`, and closing the task is no yes. It ends by itself when the case leaves the stage.";
    "suit_check" "待办:起诉前核对" "核对还款能力、财产线索、费用、诉讼时效和证据。" "work: to check before a suit" "Check means, assets, costs, limitation period and evidence.";
    "heirs" "待办:查明继承人" "凭公证、法院或村委会的证明登记。" "work: to find the heirs" "Enter them by a paper of notary, court or village.";
    "estate" "待办:查明遗产" "只在遗产范围内主张。" "work: to find out about the estate" "Claim from the estate alone.";
    "verify_death" "待办:核实死亡" "取得证明,不向亲友打探;系误报的登记 `death_disproved`。" "work: to verify a death" "Get the paper and ask no relatives; report `death_disproved` where it was false.";
    "guarantor" "待办:核对保证人" "由法务决定是否通知。" "work: to check a guarantor" "Counsel decides whether to give notice.";
    "serve" "待办:当面送达" "在期限之前送到并取得签收回执。" "work: to serve in person" "Do it before the day and have a receipt signed.";
    "withdraw" "待办:已还款,撤诉或结案" "由法务向法院办理。" "work: paid, so the suit is to be withdrawn" "Counsel sees to it at court.";
    "no_suit" "待办:没有起诉,决定下一步" "由主管决定分期、补充材料或核销。" "work: no suit was filed" "A supervisor decides on a plan, more papers or a write-off.";
    "court_review" "待办:复核法院程序" "核对进度、期限和查封续期。" "work: to review what goes on at court" "Check progress, deadlines and attachments.";
    "judgment" "待办:已有裁判" "督促履行;期满未履行的申请强制执行,不服的在期限内上诉。" "work: there is a judgment" "See that it is fulfilled; apply for enforcement or appeal in time.";
    "assets" "待办:查找财产线索" "发现财产的申请恢复执行。" "work: to look for assets" "Apply for enforcement again where there are any.";
    "promise_date" "待办:承诺日较远" "确认是否接受,或另约近的日子、商定分期。" "work: a promised day lies too far ahead" "Agree on a nearer day, or on parts.";
    "trace" "待办:查找地址或号码" "查本社资料和公开登记,不向亲友透露欠款。" "work: to find an address or a number" "Look in your own papers and public registers, tell nobody of the debt.";
    "reply" "待办:客户有回复" "看记要;打错了号码的停用并补登,有异议、投诉的登记,再用 `qingshou task done` 办结。" "work: a customer has answered" "Read the note; take a wrong number out of use, enter a dispute or a complaint as such, then say `qingshou task done`.";
    "apology" "待办:误报死亡,向客户致歉" "由主管说明情况并致歉,查明误报的来由,再用 `qingshou task done` 办结。" "work: a death was reported wrongly, say sorry" "A supervisor explains it, says sorry, finds out why, then says `qingshou task done`.";
    "booking" "待办:核对入账" "核对收据,用 `qingshou pay` 或 `qingshou promise` 登记。" "work: what was reported is not on record" "Check the receipt and enter it with `qingshou pay` or `qingshou promise`.";
};
