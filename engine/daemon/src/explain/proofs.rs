//! What `verify` proves (核验项), and what it means when one fails.

use super::{Meaning, table};

pub(super) const ALL: &[Meaning] = table! {
    "I1" "每个未结的案件都有下一步" "有定时器、事件、待办或写明的挂起原因;没有就会无声地停住。用 `qingshou case show` 看该案,用 `qingshou case resume` 恢复,并把 `verify` 的输出交给维护人员。" "every open case has a next step" "A timer, an event, a task or a named reason why it is parked; without one it would stand still unseen. Look at the case with `qingshou case show`, take it up with `qingshou case resume`, and hand the output of `verify` to whoever maintains the program.";
    "I2" "每一步都有一行日志,一步不多一步不少" "步数与日志对不上,多半是有人直接改了案件库。停止守护进程,保留现场,交给维护人员。" "steps and journal lines agree" "When they do not, somebody has probably changed the store by hand. Stop the daemon, keep everything as it is, and call whoever maintains the program.";
    "I3" "没有指令丢失或交付两次" "用 `qingshou order ls` 找到该指令,向渠道查明是否送达,再登记结果。" "no order is lost or handed over twice" "Find the order with `qingshou order ls`, ask the channel whether it arrived, and enter the result.";
    "I4" "送出的指令按当时的规则复核都应放行" "用 `qingshou journal export` 查出当时的规则和事实,报合规部门。" "nothing left against its review, judged once more by the rules of its day" "Find the rules and facts of that moment with `qingshou journal export`, and tell the compliance office.";
    "I5" "还清之后没有再催" "向客户致歉,查明还款何时入账、指令何时送出,报主管。" "nobody was dunned after paying" "Apologize to the customer, find out when the payment was booked and when the order left, and tell a supervisor.";
    "chain" "日志链:每一行都接着前一行" "不衔接就是有行被改、被删或被插入。停止守护进程,保留现场,用备份核对。" "the chain of the journal: each line follows from the one before" "When it does not, a line was changed, removed or put in. Stop the daemon, keep everything as it is, and compare with a backup.";
    "seal" "封存:账簿和其他各表在上一次封存之后没有被别的程序动过" "封存不符说明账簿被改过,封存不见了说明有人动过封存。停止守护进程,保留现场,用备份核对。" "the seals: no book or table was changed by other hands since it was sealed" "A seal that does not fit says that a book was changed, one that is gone that somebody was at the seals. Stop the daemon, keep everything as it is, and compare with a backup.";
    "order" "待发箱里的每条指令都与日志一致" "用 `qingshou order ls` 找到该指令,与日志核对,交给维护人员。" "every order agrees with the journal" "Find the order with `qingshou order ls`, compare it with the journal, and call whoever maintains the program.";
    "stage" "案件的环节和状态与日志一致" "用 `qingshou case show` 看该案,与日志核对,交给维护人员。" "stage and state of a case agree with the journal" "Look at the case with `qingshou case show`, compare it with the journal, and call whoever maintains the program.";
    "timer" "定时器不晚于等待规则" "案件可能等得过久;把 `verify` 的输出交给维护人员。" "no timer stands later than its rule" "The case may wait too long; hand the output of `verify` to whoever maintains the program.";
    "totals" "案件的合计与账目一致" "用 `qingshou case show` 核对账目,不要凭合计催收,交给维护人员。" "the totals of a case agree with its ledger" "Check the entries with `qingshou case show`, ask nobody for money by these totals, and call whoever maintains the program.";
    "people" "停用的号码和旧址没有再用过" "查清是谁、用什么办法联络的;有人受到打扰的,登记投诉并致歉。" "no number or address that is out of use was used" "Find out who contacted whom and how; where somebody was bothered, enter the complaint and say sorry.";
    "holds" "案件的暂停与暂停记录一致" "先人工停止该案的联络,再交给维护人员。" "the holds of a case agree with their records" "Stop contact of that case by hand first, then call whoever maintains the program.";
    "books" "插件账簿(如法务事项)与其步骤记录一致" "用 `qingshou case show` 看该案登记了哪些步骤,以日志为准,期限按较早的办理,交给维护人员。" "the books of a plugin, such as proceedings, agree with their recorded steps" "Look at what was entered with `qingshou case show`, go by the journal, act by the earlier day, and call whoever maintains the program.";
    "limitation" "诉讼时效与中断的证据一致" "按较早的届满日安排诉讼,并核对每次中断的证据。" "the limitation period agrees with its evidence" "Plan by the earlier last day, and check the evidence of each interruption.";
    "promises" "承诺的结果与事件一致" "用 `qingshou case show` 看该案的还款和承诺,与日志核对,交给维护人员。" "the grade of a promise agrees with its events" "Look at the payments and promises of the case with `qingshou case show`, compare them with the journal, and call whoever maintains the program.";
    "confirmed" "手工还款的确认与事件一致" "没有人确认过的还款不计提奖励:核对凭证,追回已计提的,交给维护人员。" "the confirmation of a payment by hand agrees with its events" "A payment that nobody has confirmed earns no reward: check its receipt, take back what was accrued, and call whoever maintains the program.";
};
