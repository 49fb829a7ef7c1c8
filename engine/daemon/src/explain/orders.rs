//! Why an order stands where it does (指令的状态和原因): the words that `order ls`,
//! `case show` and the journal print.

use super::{Meaning, table};

pub(super) const ALL: &[Meaning] = table! {
    "pending" "待发" "到时间自动送出,不用做什么。" "waits for its time" "It leaves by itself; there is nothing to do.";
    "held" "已拦下,等人放行" "`qingshou status` 说明是谁、为什么拦下;核对之后放行或放弃。" "held until a person lets it go" "`qingshou status` says who held it and why; let it go or drop it once you have checked.";
    "awaiting_approval" "等第二人批准" "由另一人用 `qingshou approve` 批准或退回。" "awaits a second person" "Another person approves or rejects it with `qingshou approve`.";
    "leased" "正在送出" "稍后再看;守护进程中断过的,会自动接着办。" "on its way out" "Look again later; after an interruption the daemon goes on by itself.";
    "delivered" "已交付" "不用做什么;对方收到与否看回执。" "handed over" "There is nothing to do; whether it was received is in its receipt.";
    "refused" "合规不允许" "看旁边的规则编号,`qingshou explain 规则编号` 说明是哪一条;不要改用别的渠道绕过。" "conduct review refused it" "Look the rule up that stands beside it with `qingshou explain RULE`; do not go round it by another channel.";
    "failed" "没有送到" "看原因:号码、地址或附件有误的,改正后由流程或人工再办。" "it was not delivered" "Look at the reason: correct the number, address or attachment, then let the workflow or a person try again.";
    "cancelled" "已取消,不再需要" "不用做什么;原因在旁边。" "cancelled: it is not needed any more" "There is nothing to do; the reason stands beside it.";
    "expired" "过了期限,没有送出" "看当时为什么送不出(程序没有运行、时段、没有人批准),需要的再办一次;与号码无关,流程不会因此改寄信。" "past its last day, and did not leave" "See why it could not leave in time (no daemon, hours, nobody approved it), and give it again if it is still needed; it says nothing about the number, and no workflow writes a letter for it.";
    "stale" "送出前金额、日期或措辞已变,没有送出" "流程会按新的内容再写;没有写的,由人核对后再办。" "what it says had changed, so it did not leave" "The workflow writes it anew; where it does not, check the case and give it again.";
    "merged" "同一人当天已由另一笔贷款联络" "不用做什么;旁边是那一笔的编号。" "another loan of the same person made the contact that day" "There is nothing to do; the other loan stands beside it.";
    "unknown" "不知道有没有送到" "向渠道查明,再用 `qingshou order` 登记;没有查明之前不要重发。" "nobody knows whether it arrived" "Ask the channel, then enter it with `qingshou order`; do not send it again before you know.";
    "rehearsed" "演练:没有真的送出" "不用做什么;演练结束后才会真的联络。" "a rehearsal: it did not really leave" "There is nothing to do; contact begins when the rehearsal is over.";
    "plugin_off" "办这件事的插件没有启用" "由管理员启用该插件后再办,或改写流程。" "the plugin that carries it out is off" "Let the administrator turn the plugin on and give the order again, or change the workflow.";
    "clock_not_trusted" "本机时钟不可信,没有登记" "校正时钟,或由主管 `qingshou clock --confirm`;然后再登记一次。" "the machine's clock is not trusted; nothing was entered" "Set the clock right, or let a supervisor say `qingshou clock --confirm`; then enter it again.";
    "store_set_back" "案件库是旧的或恢复未完成,没有登记" "放回较新的库,或由主管 `qingshou restore --acknowledge`;然后再登记一次。" "the store is an older one, or a restore has not come to its end; nothing was entered" "Put the newer one back, or let a supervisor say `qingshou restore --acknowledge`; then enter it again.";
    "left_before_restore" "恢复备份之前已经送出" "离库记录或网关的记录里有它,不再送出;结果不明的由人查实:`order arrived`、`order retry` 或 `order drop`。" "it had left before the backup was restored" "The log of departures or the gateway's own has it, and it does not leave again; where it is unknown a person finds out: `order arrived`, `order retry` or `order drop`.";
    "died_while_sending" "送出时程序中断" "只许送一次的,先向渠道查明是否送到再登记;其余会自动再试。" "the program ended while it was leaving" "Where it may leave only once, ask the channel whether it arrived and enter that; the others are tried again by themselves.";
    "not_after" "过了最后期限" "需要的再办一次;暂停、渠道故障和缺设置的时间不算在内。" "past its last moment" "Give it again if it is still needed; time under a stop, a fault of the channel or lacking settings does not count.";
    "lost_place" "现用版本里没有它的流程或环节" "流程回来之后案件接着走;指令需要的再办一次。" "the release in force has no place for it" "The case goes on when the workflow returns; give the order again if it is needed.";
    "overtaken" "案件已离开发出它的环节" "不用做什么。" "its case has left the stage that gave it" "There is nothing to do.";
    "dismissed" "债权不成立或已消灭,不再催收" "不用做什么。" "the claim was dismissed and is asked for no more" "There is nothing to do.";
    "nothing_overdue" "已没有逾期" "不用做什么:还清的不再催。" "nothing is overdue any more" "There is nothing to do: who has paid is not asked.";
    "lapsed" "当天没有办,已收回" "需要的由流程或人工再约,届时重新复核;当天其实已经办了的,登记结果时加 --sure。" "it was not done on its day, and was taken back" "A workflow or a person asks for it again, and it is reviewed anew; if it was done on its day, enter the result with --sure.";
    "recipient_deceased" "要去见的人已死亡" "不用做什么:不再上门。" "whoever was to be visited has died" "There is nothing to do: nobody goes there.";
    "debtor_deceased" "债务人已死亡" "由流程 `deceased` 接着办;不要联络死者的号码。" "the debtor has died" "The workflow `deceased` takes over; do not contact the number of the dead.";
    "amount_changed" "所写金额已变" "流程会按新金额再写;没有写的,核对后再办。" "the amount it states has changed" "The workflow writes it with the new amount; where it does not, check and give it again.";
    "paid_since" "写好之后客户又还了款" "刚还过款的不催;还欠的由流程隔几天再办。" "the debtor has paid since it was written" "Who has just paid is not asked; the workflow comes back to what is left.";
    "date_changed" "所写日期已变" "流程会按新日期再写;没有写的,核对后再办。" "a date it states has changed" "The workflow writes it with the new date; where it does not, check and give it again.";
    "wording_changed" "模板的措辞已改" "按新措辞再写;已批准的要重新批准。" "the wording of its template has changed" "It is written anew; what was approved has to be approved again.";
    "template_gone" "模板已不在" "把模板放回 `templates/`,或改写流程。" "its template is gone" "Put the template back into `templates/`, or change the workflow.";
    "rehearsal_over" "演练已结束,演练中的指令作废" "不用做什么。" "the rehearsal is over and its orders with it" "There is nothing to do.";
    "parked" "案件挂起:脚本多次出错,或没有地方可去" "`qingshou case show` 说明原因;改正脚本后用 `qingshou case resume` 恢复。" "parked: its script failed several times, or it has no place" "`qingshou case show` says why; mend the script and take the case up with `qingshou case resume`.";
    "frozen" "案件冻结:有暂停" "暂停解除后接着等完余下的时间。" "frozen under a hold" "When the hold ends, the rest of the wait goes on.";
    "stage_left" "案件已离开发出它的环节:指令没有送出,待决定的待办失效" "不用做什么;需要的由现在的环节再办。" "its case had left the stage that gave it: an order did not leave, a task that decides ended" "There is nothing to do; the stage where the case is gives another if it is needed.";
    "claim_ended" "债权已还清或撤销,待办自动失效" "不用做什么:投诉、异议、答复和撤诉的待办不受影响。" "the claim was paid off or dismissed, so the task ended by itself" "There is nothing to do: tasks of complaints, disputes, answers and withdrawals stay.";
    "case_changed" "待批期间案情有变,重新复核" "看案件现状,再批准或退回。" "the case has changed while it awaited approval, so it is reviewed again" "Look at the case as it stands, then approve or reject.";
    "not_approved" "期限内没有人批准" "需要的再办一次,并及时审批。" "nobody approved it in time" "Give it again if it is needed, and approve it in time.";
    "sending" "正在送出" "稍后再看。" "on its way out" "Look again later.";
    "simulated" "模拟送出,没有真的送到对方" "不用做什么;正式使用前按 README 设好渠道的网关。" "it left in a simulation alone" "There is nothing to do; set up a gateway before real work, as README says.";
    "handed_over" "已交给渠道,正在送出" "稍后再看。" "handed to its channel, and on its way" "Look again later.";
    "reserved" "已计入当天的联络次数,尚无结果" "电话和上门的结果由人登记;短信等回执。" "counted as a contact of that day, and without a result yet" "Enter the result of a call or visit; for a message wait for the receipt.";
    "deferred" "推迟到允许的时间" "到时间自动送出,不用做什么。" "put off to a time at which it may leave" "It leaves by itself; there is nothing to do.";
    "waiting" "案件在环节中等待" "到时间或有事件时接着走;`qingshou case show` 写明下一次。" "the case waits in its stage" "It goes on at its time or by an event; `qingshou case show` tells the next.";
    "runnable" "案件等待程序办理" "几秒之内接着走;长时间不动的看 `qingshou status`。" "the case is about to be worked" "It goes on within seconds; see `qingshou status` where it does not.";
    "finished" "流程已结束" "不用做什么;需要的可再用 `qingshou case enrol` 进入。" "the workflow has come to its end" "There is nothing to do; enter it again with `qingshou case enrol` if that is needed.";
};
