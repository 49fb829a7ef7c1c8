//! What people enter and lists print of it (登记用语): results of calls and visits,
//! causes, holds, promises and their evidence.

use super::{Meaning, table};

pub(super) const ALL: &[Meaning] = table! {
    "conversation" "通话:与本人说上了话" "有承诺的用 `qingshou promise` 登记。" "a call: the person was spoken to" "Enter a promise that was made with `qingshou promise`.";
    "no_answer" "电话:无人接听" "不用做什么,流程会再约。" "a call: nobody answered" "There is nothing to do; the workflow asks for another.";
    "busy" "电话:占线" "不用做什么,流程会再约。" "a call: the line was busy" "There is nothing to do; the workflow asks for another.";
    "wrong_party" "电话:接的不是本人" "不说欠款,表示打扰;这个号码停用,按待办补登正确的。" "a call: somebody else answered" "Say nothing of the debt and be sorry for the trouble; the number is out of use, enter the right one as the task says.";
    "rejected" "指令:未批准;电话:拒接" "指令的理由见 `qingshou case show`;拒接的不要连续拨打。" "an order: not approved; a call: turned away" "`qingshou case show` tells why an order was not approved; do not dial again and again.";
    "voicemail" "电话:语音信箱" "不要在信箱里说明欠款。" "a call: a voice mailbox" "Leave no word of the debt there.";
    "invalid" "电话:空号" "查找新的号码,写进下一份案件清单。" "a call: there is no such number" "Find the new one and put it into the next case list.";
    "oversight" "未还的原因:疏忽" "提醒还款日即可。" "why nothing was paid: oversight" "A reminder of the day is enough.";
    "dissatisfied" "未还的原因:不满" "有投诉的用 `qingshou case report 贷款编号 complaint` 登记。" "why nothing was paid: discontent" "Enter a complaint with `qingshou case report CASE complaint`.";
    "harvest" "未还的原因:等收成" "约定收获后的日子;收获季由流程 promise 的设置写明。" "why nothing was paid: waits for the harvest" "Agree on a day after it; the season stands in the settings of `promise`.";
    "short_of_cash" "未还的原因:资金紧张" "商定分期;生活困难的登记 `hardship` 暂停。" "why nothing was paid: short of cash" "Agree on parts; place the hold `hardship` where somebody is in need.";
    "deliberate" "未还的原因:故意拖欠" "留好证据,由主管或法务决定下一步。" "why nothing was paid: on purpose" "Keep the evidence; a supervisor or counsel decides what is next.";
    "met" "上门:见到本人" "有承诺或还款的另行登记。" "a visit: the person was met" "Enter a promise or a payment by itself.";
    "absent" "上门:不在" "不要向邻居说明欠款;流程会再约。" "a visit: nobody was there" "Tell neighbours nothing of the debt; the workflow asks for another.";
    "moved" "上门:已搬走" "查本社资料和公开登记,找到新址写进下一份案件清单。" "a visit: moved away" "Look in your own papers and public registers, and put the new address into the next case list.";
    "deceased" "死亡:停止一切催收" "核实死亡;系误报的用 `qingshou case report 贷款编号 death_disproved` 更正。" "a death: nothing is asked for any more" "Verify it; a false report is put right with `qingshou case report CASE death_disproved`.";
    "paid" "上门:称已还款" "款项用 `qingshou pay` 登记,或等银行流水。" "a visit: paid, as was said" "Enter the money with `qingshou pay`, or wait for the bank's file.";
    "promised" "上门:承诺还款" "金额和日期用 `qingshou promise` 登记。" "a visit: payment was promised" "Enter amount and day with `qingshou promise`.";
    "notice_signed" "上门:签收了催收通知" "有回执的,登记时写 `--evidence proved --receipt 编号`,诉讼时效才重新计算。" "a visit: the notice was signed for" "Where there is a receipt enter it with `--evidence proved --receipt NUMBER`: only that begins the limitation period anew.";
    "proved" "证据:有凭证在案" "凭证原件存档;诉讼时效按它重新计算。" "evidence: a receipt is on file" "Keep the paper; the limitation period begins anew by it.";
    "claimed" "证据:自称,没有凭证" "不作为时效中断;补到回执后再登记。" "evidence: somebody says so" "It moves no limitation period; get a receipt and enter that.";
    "bare_assertion" "证据:口头,没有凭证" "不作为时效中断;请补签书面材料或录音。" "evidence: said by word of mouth" "It moves no limitation period; have it signed or recorded.";
    "signed_paper" "证据:签字的书面材料" "原件存档,用 `--receipt` 写编号。" "evidence: a signed paper" "Keep it and name its number with `--receipt`.";
    "signed_receipt" "证据:签收回执" "原件存档,用 `--receipt` 写编号。" "evidence: a signed receipt" "Keep it and name its number with `--receipt`.";
    "recorded_call" "证据:录音" "录音存档,用 `--receipt` 写编号。" "evidence: a recorded call" "Keep the recording and name its number with `--receipt`.";
    "registered_mail" "证据:挂号信或快递的投递记录" "记录存档,用 `--receipt` 写单号。" "evidence: the tracking of registered mail" "Keep it and name its number with `--receipt`.";
    "reserved_number" "证据:发到预留号码的到达记录" "记录存档。" "evidence: a message that arrived at the reserved number" "Keep the record.";
    "court_paper" "证据:法院文书" "原件存档。" "evidence: a paper of the court" "Keep it.";
    "ledger_entry" "证据:本行账目" "不用做什么。" "evidence: a line of the bank's own ledger" "There is nothing to do.";
    "committee_receipt" "证据:调解委员会的受理回执" "原件存档。" "evidence: a receipt of the mediation committee" "Keep it.";
    "published_notice" "证据:报纸公告" "报纸原件存档。" "evidence: a notice in a newspaper" "Keep the page.";
    "open" "承诺:未到期;账目:放款或余额" "不用做什么。" "a promise whose day lies ahead; in a ledger the loan itself" "There is nothing to do.";
    "kept" "承诺:按期足额兑现" "不用做什么。" "a promise that was kept in full and in time" "There is nothing to do.";
    "late" "承诺:足额兑现,但晚于承诺日" "不用做什么;下次约定日期时留意。" "a promise that was kept in full after its day" "There is nothing to do; mind it when the next day is agreed on.";
    "partial" "承诺:只兑现了一部分" "核对余下的金额,另约日期。" "a promise of which a part was paid" "Check what is left and agree on another day.";
    "broken" "承诺:爽约,到期没有还款" "流程接着办;有还款而未入账的先核对入账。" "a promise that was broken: nothing was paid by its day" "The workflow goes on; where money was paid and is not on record, see to that first.";
    "replaced" "承诺:已改约,由新的承诺代替" "看新的承诺;旧的不再评定。" "a promise in whose place a newer one stands" "Look at the newer one; this one is not graded any more.";
    "complaint" "投诉:未办结前不催收" "调查并答复;主管用 `qingshou case report 贷款编号 complaint_resolved` 办结。" "a complaint: nothing is asked for until it is settled" "Look into it and answer; a supervisor ends it with `qingshou case report CASE complaint_resolved`.";
    "dispute" "异议:对债务有争议,未办结前不催收" "核对账目和合同;办结用 `qingshou case report 贷款编号 dispute_resolved`。" "a dispute: nothing is asked for until it is settled" "Check ledger and contract; it ends with `qingshou case report CASE dispute_resolved`.";
    "hardship" "暂停:生活困难" "商定分期或等情况好转;由主管用 `qingshou hold --lift` 解除。" "a hold: somebody is in need" "Agree on parts or wait until it is better; a supervisor lifts it with `qingshou hold --lift`.";
    "plan" "暂停:按还款方案履行" "方案履行完或不再履行时,由主管用 `qingshou hold --lift` 解除。" "a hold: a plan of payment is kept" "When it has come to its end or is not kept, a supervisor lifts it with `qingshou hold --lift`.";
    "lawyer" "暂停:由律师代理" "只与律师联系;由法务解除。" "a hold: a lawyer acts for the debtor" "Speak to the lawyer alone; counsel lifts it.";
    "bankruptcy" "暂停:破产程序" "由法务申报债权;程序结束后由法务解除。" "a hold: bankruptcy" "Counsel files the claim, and lifts it when the proceedings are over.";
    "vulnerable" "暂停:弱势客户" "改用更缓和的办法;由主管解除。" "a hold: a vulnerable customer" "Find a gentler way; a supervisor lifts it.";
    "incapacitated" "暂停:无行为能力" "只与监护人联系;由法务解除。" "a hold: not of legal capacity" "Speak to the guardian alone; counsel lifts it.";
    "third_party_refused" "暂停:第三人拒绝联系" "不再联系此人;由主管解除。" "a hold: a third person does not want to be contacted" "Do not contact that person again; a supervisor lifts it.";
    "manual" "暂停:人工" "理由见 `qingshou case show`;用 `qingshou hold --lift` 解除。" "a hold placed by hand" "`qingshou case show` tells why; lift it with `qingshou hold --lift`.";
};
