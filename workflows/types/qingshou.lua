---@meta
-- 编辑器提示文件:由程序生成,不要修改,也不会被运行。
-- Generated for editors; do not edit, it is never run.

---@alias StageName string|"acknowledge"|"after_expiry"|"after_judgment"|"after_the_end"|"announce"|"apologise"|"assess"|"asset_search"|"back"|"check"|"check_booking"|"choice"|"condolence"|"cooling_off"|"court_review"|"decide"|"demand"|"demand_anew"|"disproved"|"estate"|"estate_review"|"expired"|"failed"|"file_claim"|"first_call"|"first_message"|"first_task"|"gate"|"given_up"|"grace"|"hand_over"|"in_court"|"intake"|"investigate"|"last_task"|"late"|"letter"|"listen"|"look"|"mediation"|"missed"|"moved"|"next_part"|"no_assets"|"no_more_promises"|"no_new_date"|"not_entered"|"not_filed"|"not_found"|"not_gone"|"not_graded"|"not_served"|"nothing_came"|"over"|"payment_order"|"read"|"registered_letter"|"running"|"second_call"|"second_task"|"serve_again"|"settle"|"smaller_step"|"suit"|"talk"|"the_rest"|"to_legal"|"too_far"|"unreported"|"unwilling"|"verify"|"visit_debtor"|"waiting"|"way"|"write_off"|"wrong_number"
---@alias WorkflowName string|"bankruptcy"|"complaint"|"deceased"|"dispute"|"due_soon"|"escalate_to_legal"|"guarantee_watch"|"hardship"|"limitation_watch"|"plan"|"promise"|"remind"|"reply"|"reward_collector"|"small_claim"|"visit"
---@alias TemplateName string|"complaint_received"|"condolence"|"demand_letter"|"demand_letter_guarantor"|"demand_letter_urgent"|"due_soon"|"part_payment"|"payment_link"|"promise_smaller"|"remind_1"|"remind_letter"|"visit_letter"
---@alias RoleName string|"administrator"|"collector"|"compliance"|"editor"|"legal"|"risk"|"supervisor"

---决定,必须 return / a decision; return it
---@class Decision

---时长 / a duration
---@class Span
---@field count integer
---@operator mul(integer): Span
---@operator add(Span): Span
---@operator sub(Span): Span

---日期 / a civil date
---@class Day
---@field year integer
---@field month integer
---@field day integer
---@operator add(Span): Day
---@operator sub(Span): Day
---@operator sub(Day): Span

---enrol 的界限 / a bound for enrol
---@class Bound

---有这个角色的任何人 / anybody with a role
---@class OfRole

---案件 / the case
---@class Case
---@field no string 贷款编号 / the institution's loan number
---@field org string 机构 / the cooperative it belongs to
---@field village string? 自然村 / the debtor's village
---@field product string? 产品 / the loan product
---@field collector string? 信贷员 / who works the case
---@field principal integer 借款本金(分) / amount lent, in fen
---@field balance integer 余额(分) / still owed in all, in fen; negative when overpaid
---@field overdue integer 逾期金额(分) / due before today and not paid, in fen
---@field owed_principal integer? 已到期未还的本金(分);银行没有分列就没有 / principal that has fallen due and is not paid, in fen; absent where the bank does not tell the parts
---@field owed_interest integer? 已到期未还的利息(分);银行没有分列就没有 / interest that has fallen due and is not paid, in fen; absent where the bank does not tell the parts
---@field owed_penalty integer? 未还的罚息、复利、违约金(分);银行没有分列就没有 / penalty interest that is not paid, in fen; absent where the bank does not tell the parts
---@field owed_cost integer? 未还的费用(分);银行没有分列就没有 / costs that are not paid, in fen; absent where the bank does not tell the parts
---@field paid integer 已还金额(分) / received in all, in fen
---@field oldest_unpaid_on Day? 最早未还到期日 / the oldest due date not fully paid
---@field days_past_due integer 逾期天数 / days since the oldest unpaid due date; 0 when none has passed
---@field next_due_on Day? 下期到期日:今天起最早的、还没还清的到期日 / the next due date: the first one from today on that is not fully paid
---@field next_due_amount integer? 下期应还金额(分):那一天到期、还没还的部分 / what is still to be paid of what falls due on that date, in fen
---@field days_until_due integer? 距下期到期的天数,当天为 0;写在 enrol 里则每个到期日进来一次 / days until the next due date, 0 on the date itself; in enrol a case then comes in once for each due date
---@field last_payment_on Day? 最近还款日 / the day of the last payment
---@field promise_due_on Day? 承诺还款日 / the day of the open promise
---@field promises integer 本轮逾期以来的承诺次数,部分兑现的也算,没到日子就改期的不重复计 / promises made in these arrears, those kept in part among them; one replaced before its day is not counted twice
---@field broken_share integer 本轮逾期以来没有兑现的承诺,合计千分之几个:爽约一次 1000,兑现两成 800 / what was not kept of the promises of these arrears, in thousandths of a promise: 1000 for one that was broken, 800 for one of which a fifth was paid
---@field paid_lately integer 近 90 天收到的还款(分) / received on the last 90 days and today, in fen
---@field broken_promises integer 本轮逾期以来的爽约次数 / promises broken in these arrears
---@field kept_promises integer 兑现次数 / promises kept so far
---@field contacts integer 已送达联络次数 / contacts delivered so far
---@field failed_contacts integer 连续未联系上次数 / attempts since anybody was last reached
---@field last_contact_on Day? 最近联络日 / the day of the last delivered contact
---@field visits integer 上门次数 / visits made so far
---@field cause string? 拖欠原因 / why the debtor does not pay: oversight, dissatisfied, short_of_cash, harvest, deliberate
---@field debtor_type string? 客户类型 / provocative, evasive, victim, confident, stubborn, sophisticated, promiser
---@field holds string[] 暂停事由 / the reasons of the holds in force
---@field on_hold boolean 是否暂停 / any hold is in force
---@field limitation_ends_on Day? 诉讼时效届满日 / last day of the limitation period, by proved evidence
---@field limitation_days_left integer? 诉讼时效剩余天数 / days until the limitation period ends; negative once it is over
---@field court_stage string? 在法院的阶段:opened 已立项未提交,filed、accepted、issued、served、objected、judged、appealed、enforcing、terminated;没有未结的法院程序时为 nil / its stage before a court: opened (approved, not filed), filed, accepted, issued, served, objected, judged, appealed, enforcing, terminated; nil without an open proceeding
---@field claim integer 今天可诉的金额(分):宣布提前到期的为全部欠款(民法典第五百七十八条),否则为逾期金额加已计的费用、罚息;批准和提交时按台账重算 / what could be claimed at court today, in fen: the whole debt where it was declared due (Civil Code 578), else what is overdue with the costs and penalty interest charged; reckoned again when it is approved and filed
---@field court_fee integer 按今天可诉的金额(claim)起诉的案件受理费(分),依诉讼费用交纳办法第十三条;简易程序、调解减半 / what a court takes for a suit about what could be claimed today (claim), in fen, by article 13 of the Measures on litigation costs; half in a simplified procedure or by mediation
---@field payment_order_fee integer 按今天可诉的金额(claim)申请支付令的费用(分),为案件受理费的三分之一 / what it takes for a payment order about what could be claimed today (claim), in fen: a third of that
---@field debtor Person? 客户 / the borrower
---@field guarantors Person[] 保证人;写在 enrol 里按人数,at_least(1) 是有保证人 / the guarantors; in enrol their number, at_least(1) for any
---@field heirs Person[] 继承人 / the heirs on record
---@field third_parties Person[] 无关第三人 / people on record who owe nothing

---当事人 / a person of the case
---@class Person
---@field role string 身份 / borrower, co_borrower, guarantor, heir, …
---@field alive boolean 在世 / no death is on record
---@field has_phone boolean 有电话 / a telephone number is on record
---@field has_wechat boolean 已绑定微信 / bound and consented to the official account
---@field has_address boolean 有地址 / an address or village is on record
---@field failed_attempts integer 连续未联系上次数 / attempts since this person was last reached
---@field guarantee string? 保证方式 / general or joint, for a guarantor
---@field guarantee_ends_on Day? 保证期间届满日 / last day of the guarantee period
---@field guarantee_held_on Day? 保证期间内已向其主张的日子:连带保证为送达主张日,一般保证为起诉借款人之日 / the day on which a guarantor was held within the period: by a demand on a joint one, by a suit against the borrower for a general one
---@field limitation_ends_on Day? 对已主张的连带保证人,诉讼时效届满日 / last day of the limitation period against a joint guarantor who was held

---收到还款 / a payment was booked
---@class Event.payment
---@field entry string? 账目编号 / the number of the ledger entry
---@field amount integer? 金额 / the amount, in fen
---@field on Day? 入账日 / the day of the booking
---@field days_past_due integer? 入账前逾期天数 / days past due just before it
---@field confirmed boolean? 银行已确认 / the bank has confirmed it

---还款已确认 / a payment booked earlier was confirmed
---@class Event.payment_confirmed
---@field entry string? 账目编号 / the number of the ledger entry
---@field amount integer? 金额 / the amount, in fen
---@field on Day? 入账日 / the day of the booking
---@field days_past_due integer? 入账前逾期天数 / days past due just before it
---@field confirmed boolean? 银行已确认 / the bank has confirmed it

---还款被冲正 / a payment was taken back
---@class Event.reversed
---@field entry string? 账目编号 / the number of the ledger entry
---@field amount integer? 金额 / the amount, in fen
---@field on Day? 入账日 / the day of the booking
---@field days_past_due integer? 入账前逾期天数 / days past due just before it
---@field confirmed boolean? 银行已确认 / the bank has confirmed it

---已无逾期 / nothing is overdue any more
---@class Event.cured

---已结清 / nothing is owed any more
---@class Event.paid_off

---债权不成立或已消灭 / the claim was dismissed
---@class Event.dismissed
---@field on Day? 日期 / the day it happened
---@field note string? 说明 / what was written beside it

---登记债权不成立或已消灭有误 / the dismissal of the claim was wrong
---@class Event.dismissal_withdrawn
---@field on Day? 日期 / the day it was decided
---@field note string? 理由 / why
---@field by string? 决定人 / who decided

---债务人死亡 / the debtor is reported dead
---@class Event.deceased
---@field on Day? 日期 / the day it happened
---@field note string? 说明 / what was written beside it

---死亡系误报 / the report of the debtor's death was wrong
---@class Event.death_disproved
---@field on Day? 日期 / the day it was decided
---@field note string? 理由 / why
---@field by string? 决定人 / who decided

---投诉 / a complaint was made
---@class Event.complaint
---@field on Day? 日期 / the day it happened
---@field note string? 说明 / what was written beside it
---@field about string? 被投诉的工作人员;没有写的是本案信贷员 / the member of staff whom it is about; the collector of the case where nobody is named

---投诉办结 / the complaint is settled
---@class Event.complaint_resolved
---@field on Day? 日期 / the day it happened
---@field note string? 说明 / what was written beside it
---@field outcome string? 是否属实:`upheld`、`partly_upheld`、`unfounded`、`taken_back`;没有写明的为空 / what it came to: `upheld`, `partly_upheld`, `unfounded`, `taken_back`; nothing where it was not said
---@field remedy string? 处理办法 / what was done about it

---异议 / the debt is disputed
---@class Event.dispute
---@field on Day? 日期 / the day it happened
---@field note string? 说明 / what was written beside it

---异议办结 / the dispute is settled
---@class Event.dispute_resolved
---@field on Day? 日期 / the day it happened
---@field note string? 说明 / what was written beside it

---主管核准转诉 / a supervisor lets the case go to law without a delivered contact
---@class Event.legal_override
---@field on Day? 日期 / the day it was decided
---@field note string? 理由 / why
---@field by string? 决定人 / who decided

---已暂停 / a hold was placed
---@class Event.hold_placed
---@field on Day? 日期 / the day it happened
---@field reason string? 事由,如 `complaint` / why, as `complaint`
---@field note string? 说明 / what was written beside it
---@field loan string? 登记时所在的贷款编号;在本案登记的为空 / the loan on which it was entered; nothing where that is this one

---已恢复 / a hold was lifted
---@class Event.hold_lifted
---@field on Day? 日期 / the day it happened
---@field reason string? 事由,如 `complaint` / why, as `complaint`
---@field note string? 说明 / what was written beside it
---@field loan string? 登记时所在的贷款编号;在本案登记的为空 / the loan on which it was entered; nothing where that is this one

---承诺还款 / a promise to pay was made
---@class Event.promise
---@field due_on Day? 承诺还款日 / the day promised
---@field amount integer? 承诺金额 / the amount promised, in fen
---@field paid integer? 已还金额 / paid since the promise, in fen

---承诺兑现 / paid in full and in time
---@class Event.promise_kept
---@field due_on Day? 承诺还款日 / the day promised
---@field amount integer? 承诺金额 / the amount promised, in fen
---@field paid integer? 已还金额 / paid since the promise, in fen

---承诺迟兑 / paid in full within the tolerance, after the day
---@class Event.promise_late
---@field due_on Day? 承诺还款日 / the day promised
---@field amount integer? 承诺金额 / the amount promised, in fen
---@field paid integer? 已还金额 / paid since the promise, in fen

---承诺部分兑现 / paid in part
---@class Event.promise_partial
---@field due_on Day? 承诺还款日 / the day promised
---@field amount integer? 承诺金额 / the amount promised, in fen
---@field paid integer? 已还金额 / paid since the promise, in fen

---爽约 / nothing was paid
---@class Event.promise_broken
---@field due_on Day? 承诺还款日 / the day promised
---@field amount integer? 承诺金额 / the amount promised, in fen
---@field paid integer? 已还金额 / paid since the promise, in fen

---其他事件 / something else on record
---@class Event.note
---@field on Day? 日期 / the day it happened
---@field note string? 说明 / what was written beside it

---已送出 / an order was handed over
---@class Event.delivered
---@field verb string? 动作名 / the verb of the order
---@field order string? 指令编号 / the number of the order
---@field reason string? 原因或规则 / why, with the rules' ids

---被合规拒绝 / conduct review refused an order
---@class Event.refused
---@field verb string? 动作名 / the verb of the order
---@field order string? 指令编号 / the number of the order
---@field reason string? 原因或规则 / why, with the rules' ids

---被合规推迟 / conduct review put an order off
---@class Event.deferred
---@field verb string? 动作名 / the verb of the order
---@field order string? 指令编号 / the number of the order
---@field reason string? 原因或规则 / why, with the rules' ids

---投递失败 / an order could not be delivered
---@class Event.failed
---@field verb string? 动作名 / the verb of the order
---@field order string? 指令编号 / the number of the order
---@field reason string? 原因或规则 / why, with the rules' ids

---结果不明 / it is not known whether an order arrived
---@class Event.unknown
---@field verb string? 动作名 / the verb of the order
---@field order string? 指令编号 / the number of the order
---@field reason string? 原因或规则 / why, with the rules' ids

---并入他案 / another case of the person made the contact
---@class Event.merged
---@field verb string? 动作名 / the verb of the order
---@field order string? 指令编号 / the number of the order
---@field reason string? 原因或规则 / why, with the rules' ids

---金额已变 / the amount stated had changed at hand-over
---@class Event.stale
---@field verb string? 动作名 / the verb of the order
---@field order string? 指令编号 / the number of the order
---@field reason string? 原因或规则 / why, with the rules' ids

---没有送出,不再送:有人放弃,或过了期限(not_after);或电话当天没有打(lapsed)、上门已无必要,待办收回 / an order that had not left was given up by a person, or grew too old (not_after); or a call was not made on its day (lapsed), a visit lost its ground, and it was taken back
---@class Event.cancelled
---@field verb string? 动作名 / the verb of the order
---@field order string? 指令编号 / the number of the order
---@field reason string? 原因或规则 / why, with the rules' ids

---已批准 / a second person approved an order
---@class Event.approved
---@field verb string? 动作名 / the verb of the order
---@field order string? 指令编号 / the number of the order
---@field reason string? 原因或规则 / why, with the rules' ids

---未批准 / a second person rejected an order
---@class Event.rejected
---@field verb string? 动作名 / the verb of the order
---@field order string? 指令编号 / the number of the order
---@field reason string? 原因或规则 / why, with the rules' ids

---电话有了结果:通话、无人接听、占线、拒接、语音信箱、空号、不是本人、本人拒绝再打 / a call had a result: conversation, no_answer, busy, rejected, voicemail, invalid, wrong_party, refused
---@class Event.call_result
---@field outcome "conversation"|"no_answer"|"busy"|"rejected"|"voicemail"|"invalid"|"wrong_party"|"refused"? 结果 / what the call came to
---@field cause "oversight"|"dissatisfied"|"short_of_cash"|"harvest"|"deliberate"? 客户所说的拖欠原因,没有问到则为空 / why the debtor does not pay, when it was learned
---@field debtor_type "provocative"|"evasive"|"victim"|"confident"|"stubborn"|"sophisticated"|"promiser"? 客户类型,没有判断则为空 / the kind of debtor, when it was judged
---@field order string? 电话指令编号 / the number of the call's order
---@field by string? 谁打的电话,没有写则为空 / who called, where it is known
---@field note string? 通话记要 / what was said, in short

---客户回复了消息或来信 / the debtor answered a message or a letter
---@class Event.reply
---@field channel "sms"|"wechat"|"letter"? 回复所用的渠道 / the channel of the answer
---@field note string? 回复记要 / what was answered, in short
---@field wrong_number boolean? 号码是别人的;已停用 / somebody else has the number; it is out of use

---上门有了结果:见到、不在、拒绝、已搬走、已故、还款、承诺、签收通知 / a visit had a result: met, absent, refused, moved, deceased, paid, promised, notice_signed
---@class Event.visit_result
---@field order string? 上门指令编号 / the number of the visit's order
---@field party string? 走访对象编号 / the number of the person visited
---@field outcome "met"|"absent"|"refused"|"moved"|"deceased"|"paid"|"promised"|"notice_signed"? 结果 / what the visit came to
---@field on Day? 上门日期 / the day of the visit
---@field collectors string? 上门人员,至少两人 / who went, two people at least
---@field receipt string? 签收回执或收据编号,没有则为空 / the number of the signed receipt, if any
---@field evidence "proved"|"claimed"? 证据:proved 有签收回执,可中断时效;claimed 仅有说明 / proved: a signed receipt, which restarts the limitation period; claimed: somebody says so
---@field note string? 走访记要 / what was said, in short

---催收函的送达有了证据,诉讼时效从该日重新计算 / a demand letter is proved to have arrived; the limitation period begins anew on that day
---@class Event.letter_proved
---@field order string? 催收函指令编号 / the number of the letter's order
---@field on Day? 日期 / the day
---@field evidence "signed_receipt"|"registered_mail"? 证据:signed_receipt 签收回执,registered_mail 挂号轨迹 / signed_receipt, or registered_mail with tracking
---@field receipt string? 回执或挂号单号 / the number of the receipt

---立了一件法务事项,尚未提交法院 / a matter was opened; it is not yet filed
---@class Event.matter_opened
---@field matter string? 法务事项编号 / the number of the matter
---@field kind "suit"|"payment_order"? 事项类别:suit 诉讼,payment_order 支付令 / suit or payment_order
---@field court string? 法院 / the court
---@field claim integer? 诉请金额(分) / the amount claimed, in fen
---@field on Day? 日期 / the day

---已提交法院并取得收件凭证,诉讼时效中断 / filed with the court, with its receipt; the limitation period is interrupted
---@class Event.matter_filed
---@field matter string? 法务事项编号 / the number of the matter
---@field kind "suit"|"payment_order"? 事项类别:suit 诉讼,payment_order 支付令 / suit or payment_order
---@field on Day? 日期 / the day
---@field court_no string? 收件号或案号 / the court's number

---法院已裁判或调解 / the court has decided, or the parties have settled before it
---@class Event.judgment
---@field matter string? 法务事项编号 / the number of the matter
---@field result "won"|"partly_won"|"mediated"|"lost"|"not_admitted"? 结果:胜诉、部分胜诉、调解、败诉、驳回起诉或不予受理 / won, partly_won, mediated, lost, not_admitted
---@field amount integer? 判给金额(分) / the amount awarded, in fen
---@field on Day? 日期 / the day

---法务事项已结 / a matter is closed
---@class Event.matter_closed
---@field matter string? 法务事项编号 / the number of the matter
---@field kind "suit"|"payment_order"? 事项类别:suit 诉讼,payment_order 支付令 / suit or payment_order
---@field reason "paid"|"settled"|"withdrawn"|"enforced"|"no_assets"|"lost"|"void"|"mistaken"? 原因:还清、和解、撤回、执行到位、无财产、败诉、失效、误登 / paid, settled, withdrawn, enforced, no_assets, lost, void, mistaken
---@field on Day? 日期 / the day

---法院程序有了进展:受理、开庭、送达、签发、异议成立、上诉、保全、续行、申请执行、终本、复查;undone 为撤回误登的最近一步 / a step of a proceeding: accepted, hearing, served, issued, objected, appealed, preserved, renewed, enforcement, terminated, rechecked; undone takes the newest one back
---@class Event.court_step
---@field matter string? 法务事项编号 / the number of the matter
---@field kind "suit"|"payment_order"? 事项类别:suit 诉讼,payment_order 支付令 / suit or payment_order
---@field step "accepted"|"hearing"|"served"|"issued"|"objected"|"appealed"|"preserved"|"renewed"|"enforcement"|"terminated"|"rechecked"|"undone"? 哪一步 / which step
---@field on Day? 日期 / the day
---@field detail string? 补充:送达的文书、财产种类、上诉人、复查结果、撤回的是哪一步 / more of it: the document, the sort of property, who appeals, what was found, which step was taken back
---@field until Day? 保全截止日 / until when property is held
---@field number string? 文书编号 / the number of the paper

---登记了影响期限的事项:合同到期日、提前到期、展期、届满后重新约定、中止、公告、调解、申报债权、保证人同意、已向保证人主张或不能再拒绝;retracted 为撤回误登的一项 / something was entered that bears on the clocks of the loan: the contract's last day, acceleration, an extension, a new agreement, an obstacle, a notice, mediation, a claim in bankruptcy, what a guarantor agreed to, was asked for or cannot refuse any more; retracted takes one back
---@class Event.clock_entered
---@field what "contract"|"accelerated"|"extended"|"agreed"|"suspended"|"notice"|"mediation"|"claim"|"consented"|"demanded"|"in_vain"|"retracted"? 哪一项 / which of them
---@field on Day? 日期 / the day
---@field until Day? 到哪天 / until when

---主管定了小额债权的办法:支付令、调解、建议核销或起诉 / a supervisor has chosen the way for a claim: payment order, mediation, write-off or suit
---@class Event.way_chosen
---@field way "payment_order"|"mediation"|"write_off"|"suit"? 办法:payment_order 支付令,mediation 调解,write_off 核销,suit 起诉 / payment_order, mediation, write_off or suit

---诉讼时效将满,时效看守已开待办 / the limitation period comes to its end, and the watch has opened its task
---@class Event.limitation_near
---@field days_left integer? 剩余天数,0 为当天届满 / days left, 0 on the last day

---已计提一笔奖励 / a reward was accrued
---@class Event.reward_accrued
---@field payment string? 还款的账目编号 / the number of the ledger entry
---@field amount integer? 奖励金额(分) / the reward, in fen
---@field to string? 清收人员 / the member of staff

---一笔还款不计提奖励 / a payment earns no reward
---@class Event.reward_withheld
---@field payment string? 还款的账目编号 / the number of the ledger entry
---@field why "nobody_worked"|"originator"|"court"|"capped"? 原因:nobody_worked 还款前无人联系上客户,originator 发放人不计奖,court 经法院收回不计奖,capped 已达上限 / nobody_worked: nobody reached the debtor before it; originator: only whoever granted the loan did; court: nothing is paid for what a court brought; capped: a cap was reached

---已追回一笔奖励 / a reward was taken back
---@class Event.reward_taken_back
---@field payment string? 还款的账目编号 / the number of the ledger entry
---@field amount integer? 奖励金额(分) / the reward, in fen
---@field to string? 清收人员 / the member of staff
---@field reason string? 追回原因 / why

---@class Title
---@field zh string
---@field en string

---@class Enrol
---@field on? string|string[]
---@field where? fun(case: Case, event?: any): boolean
---@field org? string|string[] 机构 / the cooperative it belongs to
---@field village? string|string[] 自然村 / the debtor's village
---@field product? string|string[] 产品 / the loan product
---@field collector? string|string[] 信贷员 / who works the case
---@field principal? integer|integer[]|Bound 借款本金(分) / amount lent, in fen
---@field balance? integer|integer[]|Bound 余额(分) / still owed in all, in fen; negative when overpaid
---@field overdue? integer|integer[]|Bound 逾期金额(分) / due before today and not paid, in fen
---@field paid? integer|integer[]|Bound 已还金额(分) / received in all, in fen
---@field days_past_due? integer|integer[]|Bound 逾期天数 / days since the oldest unpaid due date; 0 when none has passed
---@field days_until_due? integer|integer[]|Bound 距下期到期的天数,当天为 0;写在 enrol 里则每个到期日进来一次 / days until the next due date, 0 on the date itself; in enrol a case then comes in once for each due date
---@field broken_promises? integer|integer[]|Bound 本轮逾期以来的爽约次数 / promises broken in these arrears
---@field kept_promises? integer|integer[]|Bound 兑现次数 / promises kept so far
---@field contacts? integer|integer[]|Bound 已送达联络次数 / contacts delivered so far
---@field failed_contacts? integer|integer[]|Bound 连续未联系上次数 / attempts since anybody was last reached
---@field visits? integer|integer[]|Bound 上门次数 / visits made so far
---@field cause? string|string[] 拖欠原因 / why the debtor does not pay: oversight, dissatisfied, short_of_cash, harvest, deliberate
---@field debtor_type? string|string[] 客户类型 / provocative, evasive, victim, confident, stubborn, sophisticated, promiser
---@field limitation_days_left? integer|integer[]|Bound 诉讼时效剩余天数 / days until the limitation period ends; negative once it is over
---@field guarantors? integer|integer[]|Bound 保证人;写在 enrol 里按人数,at_least(1) 是有保证人 / the guarantors; in enrol their number, at_least(1) for any

---@class WorkflowTable
---@field title Title
---@field lane string
---@field start StageName
---@field enrol? Enrol
---@field settings? table<string, any>
---@field keeps_clocks? boolean

---@class Handlers
---@field on_payment? fun(case: Case, event: Event.payment): Decision? 收到还款 / a payment was booked
---@field on_payment_confirmed? fun(case: Case, event: Event.payment_confirmed): Decision? 还款已确认 / a payment booked earlier was confirmed
---@field on_reversed? fun(case: Case, event: Event.reversed): Decision? 还款被冲正 / a payment was taken back
---@field on_cured? fun(case: Case, event: Event.cured): Decision? 已无逾期 / nothing is overdue any more
---@field on_paid_off? fun(case: Case, event: Event.paid_off): Decision? 已结清 / nothing is owed any more
---@field on_dismissed? fun(case: Case, event: Event.dismissed): Decision? 债权不成立或已消灭 / the claim was dismissed
---@field on_dismissal_withdrawn? fun(case: Case, event: Event.dismissal_withdrawn): Decision? 登记债权不成立或已消灭有误 / the dismissal of the claim was wrong
---@field on_deceased? fun(case: Case, event: Event.deceased): Decision? 债务人死亡 / the debtor is reported dead
---@field on_death_disproved? fun(case: Case, event: Event.death_disproved): Decision? 死亡系误报 / the report of the debtor's death was wrong
---@field on_complaint? fun(case: Case, event: Event.complaint): Decision? 投诉 / a complaint was made
---@field on_complaint_resolved? fun(case: Case, event: Event.complaint_resolved): Decision? 投诉办结 / the complaint is settled
---@field on_dispute? fun(case: Case, event: Event.dispute): Decision? 异议 / the debt is disputed
---@field on_dispute_resolved? fun(case: Case, event: Event.dispute_resolved): Decision? 异议办结 / the dispute is settled
---@field on_legal_override? fun(case: Case, event: Event.legal_override): Decision? 主管核准转诉 / a supervisor lets the case go to law without a delivered contact
---@field on_hold_placed? fun(case: Case, event: Event.hold_placed): Decision? 已暂停 / a hold was placed
---@field on_hold_lifted? fun(case: Case, event: Event.hold_lifted): Decision? 已恢复 / a hold was lifted
---@field on_promise? fun(case: Case, event: Event.promise): Decision? 承诺还款 / a promise to pay was made
---@field on_promise_kept? fun(case: Case, event: Event.promise_kept): Decision? 承诺兑现 / paid in full and in time
---@field on_promise_late? fun(case: Case, event: Event.promise_late): Decision? 承诺迟兑 / paid in full within the tolerance, after the day
---@field on_promise_partial? fun(case: Case, event: Event.promise_partial): Decision? 承诺部分兑现 / paid in part
---@field on_promise_broken? fun(case: Case, event: Event.promise_broken): Decision? 爽约 / nothing was paid
---@field on_note? fun(case: Case, event: Event.note): Decision? 其他事件 / something else on record
---@field on_delivered? fun(case: Case, event: Event.delivered): Decision? 已送出 / an order was handed over
---@field on_refused? fun(case: Case, event: Event.refused): Decision? 被合规拒绝 / conduct review refused an order
---@field on_deferred? fun(case: Case, event: Event.deferred): Decision? 被合规推迟 / conduct review put an order off
---@field on_failed? fun(case: Case, event: Event.failed): Decision? 投递失败 / an order could not be delivered
---@field on_unknown? fun(case: Case, event: Event.unknown): Decision? 结果不明 / it is not known whether an order arrived
---@field on_merged? fun(case: Case, event: Event.merged): Decision? 并入他案 / another case of the person made the contact
---@field on_stale? fun(case: Case, event: Event.stale): Decision? 金额已变 / the amount stated had changed at hand-over
---@field on_cancelled? fun(case: Case, event: Event.cancelled): Decision? 没有送出,不再送:有人放弃,或过了期限(not_after);或电话当天没有打(lapsed)、上门已无必要,待办收回 / an order that had not left was given up by a person, or grew too old (not_after); or a call was not made on its day (lapsed), a visit lost its ground, and it was taken back
---@field on_approved? fun(case: Case, event: Event.approved): Decision? 已批准 / a second person approved an order
---@field on_rejected? fun(case: Case, event: Event.rejected): Decision? 未批准 / a second person rejected an order
---@field on_call_result? fun(case: Case, event: Event.call_result): Decision? 电话有了结果:通话、无人接听、占线、拒接、语音信箱、空号、不是本人、本人拒绝再打 / a call had a result: conversation, no_answer, busy, rejected, voicemail, invalid, wrong_party, refused
---@field on_reply? fun(case: Case, event: Event.reply): Decision? 客户回复了消息或来信 / the debtor answered a message or a letter
---@field on_visit_result? fun(case: Case, event: Event.visit_result): Decision? 上门有了结果:见到、不在、拒绝、已搬走、已故、还款、承诺、签收通知 / a visit had a result: met, absent, refused, moved, deceased, paid, promised, notice_signed
---@field on_letter_proved? fun(case: Case, event: Event.letter_proved): Decision? 催收函的送达有了证据,诉讼时效从该日重新计算 / a demand letter is proved to have arrived; the limitation period begins anew on that day
---@field on_matter_opened? fun(case: Case, event: Event.matter_opened): Decision? 立了一件法务事项,尚未提交法院 / a matter was opened; it is not yet filed
---@field on_matter_filed? fun(case: Case, event: Event.matter_filed): Decision? 已提交法院并取得收件凭证,诉讼时效中断 / filed with the court, with its receipt; the limitation period is interrupted
---@field on_judgment? fun(case: Case, event: Event.judgment): Decision? 法院已裁判或调解 / the court has decided, or the parties have settled before it
---@field on_matter_closed? fun(case: Case, event: Event.matter_closed): Decision? 法务事项已结 / a matter is closed
---@field on_court_step? fun(case: Case, event: Event.court_step): Decision? 法院程序有了进展:受理、开庭、送达、签发、异议成立、上诉、保全、续行、申请执行、终本、复查;undone 为撤回误登的最近一步 / a step of a proceeding: accepted, hearing, served, issued, objected, appealed, preserved, renewed, enforcement, terminated, rechecked; undone takes the newest one back
---@field on_clock_entered? fun(case: Case, event: Event.clock_entered): Decision? 登记了影响期限的事项:合同到期日、提前到期、展期、届满后重新约定、中止、公告、调解、申报债权、保证人同意、已向保证人主张或不能再拒绝;retracted 为撤回误登的一项 / something was entered that bears on the clocks of the loan: the contract's last day, acceleration, an extension, a new agreement, an obstacle, a notice, mediation, a claim in bankruptcy, what a guarantor agreed to, was asked for or cannot refuse any more; retracted takes one back
---@field on_way_chosen? fun(case: Case, event: Event.way_chosen): Decision? 主管定了小额债权的办法:支付令、调解、建议核销或起诉 / a supervisor has chosen the way for a claim: payment order, mediation, write-off or suit
---@field on_limitation_near? fun(case: Case, event: Event.limitation_near): Decision? 诉讼时效将满,时效看守已开待办 / the limitation period comes to its end, and the watch has opened its task
---@field on_reward_accrued? fun(case: Case, event: Event.reward_accrued): Decision? 已计提一笔奖励 / a reward was accrued
---@field on_reward_withheld? fun(case: Case, event: Event.reward_withheld): Decision? 一笔还款不计提奖励 / a payment earns no reward
---@field on_reward_taken_back? fun(case: Case, event: Event.reward_taken_back): Decision? 已追回一笔奖励 / a reward was taken back

---@class StageTable: Handlers
---@field title? Title
---@field enter? fun(case: Case): Decision
---@field wait? Span
---@field next? StageName
---@field finish? string
---@field become? WorkflowName
---@field moved_from? string|string[]
---@field sms? sms.Args|TemplateName 向收件人的登记手机号发一条短信。正文在流程提交时生成;送出时所写金额已变,或客户已又还款,则作废并产生 `stale`。送出后产生 `delivered`。 / Sends a text message to the number on record. The text is made when the step commits; if an amount it states has changed at hand-over, or the debtor has paid since, the message is dropped and `stale` is raised. Raises `delivered` once it has left.
---@field wechat? wechat.Args|TemplateName 通过公众号或企业微信向已绑定并同意的收件人发一条私信;没有绑定则投递失败(`failed`),可改用短信。绝不发群或朋友圈。 / Sends a private message of the official account to a person who has bound it and agreed. Without a binding it comes back as `failed`, and an SMS can follow. Never to a group.
---@field letter? letter.Args|TemplateName 向收件人的登记地址寄一封催收信。重试前先查询是否已寄出,同一封信不会寄两次。没有送达回执时不中断诉讼时效;需要证据请用 `demand_letter`。 / Posts a letter that asks for payment. Before a retry the gateway is asked whether the letter has gone, so that none goes twice. Without proof of delivery it does not restart the limitation period; use `demand_letter` where proof is needed.
---@field notice? notice.Args|TemplateName 寄一封只说明情况、不要求还款的信:慰问、投诉受理、分期提醒。投诉、死亡等暂停期间也可寄出。 / Posts a letter that tells a fact and asks for nothing: condolence, receipt of a complaint, a reminder of a plan. It may also leave under holds that forbid demands.
---@field call? call.Args|string|Title 给信贷员开一个当天的电话待办,由人拨打。结果登记后产生 `call_result`;无人登记的电话按一次有效联络计数。 / Opens a call task for the collector, due the same day; a person dials. The result comes back as `call_result`. A call nobody reported on counts as effective.
---@field task? task.Args|string|Title 把一件事交给人办:核实死亡证明、调查投诉、复核方案。不联系任何人。流程可以等待,办结由登记的事件推进。 / Hands a piece of work to a person: check a death certificate, look into a complaint, review a plan. It contacts nobody. The workflow waits; what the person records moves it on.
---@field visit? visit.Args|string|Title 在走访簿上登记一次上门,并给信贷员开待办。上门须两人同行;结果登记后产生 `visit_result`。已结清、已无逾期、债权消灭或债务人死亡时,未去的上门自动取消。 / Enters a visit in the visit book and opens a task for the collector. Two collectors go together; the result comes back as `visit_result`. A visit not yet made is cancelled when the debt is paid, cured or dismissed, or the debtor has died.
---@field demand_letter? demand_letter.Args|TemplateName 以挂号方式寄出正式催收函,绝不寄第二次:寄出与登记之间若中断,结果为 `unknown`,由人决定。登记送达证据后产生 `letter_proved`,诉讼时效重新计算。 / Posts a formal demand by registered mail, and never twice: a crash between posting and acknowledging ends as `unknown`, and a person decides. Once the proof of delivery is entered `letter_proved` is raised and the limitation period begins anew.
---@field file_suit? file_suit.Args 经第二人批准后立一件诉讼事项,指定承办人和提交期限,产生 `matter_opened`。同一案件同时只能有一件未结的诉讼。提交法院、判决、结案由承办人登记。 / Opens a suit once a second person has approved it, with an owner and a day by which to file; raises `matter_opened`. A case has at most one open suit. Filing, judgment and closing are entered by the owner.
---@field payment_order? payment_order.Args 经第二人批准后立一件支付令事项,产生 `matter_opened`。法院 5 日内答复、15 日内签发,30 日内送达不了即失效;期限临近时自动开待办。 / Opens a payment order once a second person has approved it; raises `matter_opened`. The court answers within 5 days, issues within 15, and the order is void when it cannot be served within 30; tasks are opened as the days come near.
---@field limitation_task? limitation_task.Args|integer 给法务承办人开一个时效待办:取得送达证据,或起诉;没有指定承办人的,由任何法务人员办。期限为届满日或之前的最后一个工作日;同一笔贷款只留最新的一个。只在内部,不联系任何人,暂停期间也照开;未届满的产生 `limitation_near`。 / Opens a task for the legal owner, or for whoever has the role where there is none: get proof of delivery, or sue. It is due on the last workday on or before the last day, and takes the place of an earlier one of the loan. It contacts nobody and is opened under holds as well; raises `limitation_near` while the period runs.
---@field reward? reward.Args 按一笔还款计提奖励:还款金额 × 千分比,舍去不足一分。只认银行已确认、未冲正、非推算的还款;每笔还款只计提一次。计给还款前 `worked_days` 天内联系上客户的人,几个人的按天数分;没有人联系上的、只有发放人联系上的,不计提。经法院的按 `court_rate`。冷静期满且无投诉后转为应付。产生 `reward_accrued` 或 `reward_withheld`。 / Accrues a reward for one payment: amount times rate, parts of a fen dropped. The payment must be confirmed by the bank, not reversed and not inferred, and is rewarded once. It goes to those who reached the debtor within `worked_days` before it, shared by the days on which they did; where nobody did, or only whoever granted the loan, it earns nothing. After a suit or the like `court_rate` holds. It becomes payable after the cooling-off days unless a complaint is open. Raises `reward_accrued` or `reward_withheld`.
---@field claw_back? claw_back.Args 追回一笔还款的奖励,例如投诉成立。没有计提过或已追回的,不再变动。还款冲正时无需调用:奖励会自动追回。产生 `reward_taken_back`。 / Takes back the reward of a payment, such as after an upheld complaint. Nothing changes when there is none or it was taken back before. Not needed for a reversed payment: that takes its reward back by itself. Raises `reward_taken_back`.

---声明一个流程;一个文件一个 / declares a workflow; one a file
---@param name string
---@return fun(table: WorkflowTable)
function workflow(name) end

---声明一个环节 / declares a stage
---@param name string
---@return fun(table: StageTable)
function stage(name) end

---在每个环节都一样处理的事件 / events answered the same way in every stage
---@param handlers Handlers
function always(handlers) end

---马上进入另一个环节 / enters another stage at once
---`return go "visit"`
---@param stage StageName
---@return Decision
function go(stage) end

---等一段时间,再进入环节 / waits, then enters a stage
---`return wait(3 * workdays, "visit")`
---@param span Span
---@param stage StageName
---@return Decision
function wait(span, stage) end

---等到某天上班时,再进入环节 / waits until opening time of a date
---`return wait_until(promise.due_on + 1 * days, "check")`
---@param date Day
---@param stage StageName
---@return Decision
function wait_until(date, stage) end

---等到逾期满 N 天;最早未还到期日变了会跟着变 / waits until N days past due; it moves with the oldest unpaid due date
---`return wait_until_overdue(60, "visit")`
---@param days number
---@param stage StageName
---@return Decision
function wait_until_overdue(days, stage) end

---留在本环节,计时不变 / keeps the stage and its timer
---`return stay()`
---@return Decision
function stay() end

---暂停案件:complaint、dispute、hardship 等 / places a hold on the case: complaint, dispute, hardship, …
---`return pause("complaint")`
---@param reason string
---@return Decision
function pause(reason) end

---转入同一条线的另一个流程 / closes this workflow and opens another of the same lane
---`return become "visit"`
---@param workflow WorkflowName
---@return Decision
function become(workflow) end

---结束本流程 / closes this workflow
---`return finish "cured"`
---@param reason string
---@return Decision
function finish(reason) end

---在另一条线上同时开启一个流程 / opens a workflow of another lane on the same case
---`start "limitation_watch"`
---@param workflow WorkflowName
function start(workflow) end

---金额,以元为单位 / an amount given in yuan
---`yuan(5000)`
---@param amount number
---@return integer
function yuan(amount) end

---把金额写成文字,以元为单位:1008.00 / an amount as a text, in yuan: 1008.00
---`title = "欠 " .. in_yuan(case.overdue) .. " 元"`
---@param amount number
---@return string
function in_yuan(amount) end

---日期 / a civil date
---`date "2026-11-23"`
---@param text string
---@return Day
function date(text) end

---今天 / today, in the institution's zone
---`today()`
---@return Day
function today() end

---由有这个角色的任何人办:supervisor 主管、legal 法务、compliance 合规、risk 风险、collector 信贷员、editor 流程编辑;中文名也可以 / anybody with a role: supervisor, legal, compliance, risk, collector, editor; whoever takes it does it
---`by = role "supervisor"`
---@param role RoleName
---@return OfRole
function role(role) end

---至少,用于 enrol / no less than, for `enrol`
---`overdue = at_least(yuan(100))`
---@param bound number
---@return Bound
function at_least(bound) end

---至多,用于 enrol / no more than, for `enrol`
---`balance = at_most(yuan(5000))`
---@param bound number
---@return Bound
function at_most(bound) end

---@class Settings
---@overload fun(workflow: WorkflowName): Settings
---@field acknowledge_within Span complaint: 受理期限(1 个工作日到 5 个工作日,默认 1 个工作日) / Acknowledged within (1 workday to 5 workdays, 1 workday by default)
---@field after_the_end Span limitation_watch: 届满后多久再看(30 天到 730 天,默认 365 天) / Between two looks once it is over (30 days to 730 days, 365 days by default)
---@field answer_within Span|integer complaint: 查清并答复的期限,不超过受理通知写的 15 天(1 天到 15 天,默认 15 天) / Looked into and answered within; the notice says 15 days (1 day to 15 days, 15 days by default); dispute: 核账并答复的期限(1 天到 20 天,默认 20 天) / Checked and answered within (1 day to 20 days, 20 days by default); escalate_to_legal: 催收通知书的期限,不短于信上写的 15 天(15 天到 60 天,默认 15 天) / Time to answer the demand letter, which grants 15 days (15 days to 60 days, 15 days by default); promise: 两次爽约后等答复(1 天到 60 天,默认 10 天) / Wait for an answer after the second break (1 day to 60 days, 10 days by default); reply: 几天内处理回复(1 天到 10 天,默认 2 天) / A reply is answered within (1 day to 10 days, 2 days by default)
---@field apology_within Span deceased: 误报更正后,几天后再恢复提醒(1 个工作日到 20 个工作日,默认 5 个工作日) / Wait before reminding again once the report was wrong (1 workday to 20 workdays, 5 workdays by default)
---@field assess_within Span hardship: 评估期限(1 天到 30 天,默认 15 天) / Assessed within (1 day to 30 days, 15 days by default)
---@field booking Span visit: 报告还款或承诺后等登记(1 天到 30 天,默认 5 天) / Wait for a payment or promise to be booked (1 day to 30 days, 5 days by default)
---@field call_after Span remind: 消息之后几天打电话(1 天到 30 天,默认 2 天) / First call after the message (1 day to 30 days, 2 days by default)
---@field call_again_after Span remind: 两次电话之间(1 天到 30 天,默认 7 天) / Between the two calls (1 day to 30 days, 7 days by default)
---@field cap integer reward_collector: 每笔最多(1 元到 1000000 元,默认 5000 元) / The most for one payment (1 yuan to 1000000 yuan, 5000 yuan by default)
---@field choose_within Span small_claim: 主管几天内定办法,没有定的再报(1 天到 60 天,默认 10 天) / A supervisor chooses within, and is asked again (1 day to 60 days, 10 days by default)
---@field come_again_after Span visit: 没有见到,几天后再去(宜 7–14 天)(3 天到 60 天,默认 10 天) / Come again after (7 to 14 days do well) (3 days to 60 days, 10 days by default)
---@field condolence_after Span deceased: 报告死亡后多久致函继承人(7 天到 180 天,默认 30 天) / Letter to heirs after the report (7 days to 180 days, 30 days by default)
---@field cooling_off Span reward_collector: 冷静期(1 天到 365 天,默认 10 天) / Before a reward is settled (1 day to 365 days, 10 days by default)
---@field court string escalate_to_legal: 管辖法院,不写按住址查法院表(默认 ) / Court that has jurisdiction; by the table of courts when left out ( by default)
---@field days_before Span due_soon: 到期日前几天提醒(1 天到 15 天,默认 3 天) / Days before the due date (1 day to 15 days, 3 days by default)
---@field decide_within Span escalate_to_legal: 第二人批准的期限(7 天到 180 天,默认 90 天) / The second person decides within (7 days to 180 days, 90 days by default); remind: 主管核对“故意拖欠”的期限(1 个工作日到 20 个工作日,默认 5 个工作日) / A supervisor looks at `deliberate` within (1 workday to 20 workdays, 5 workdays by default); small_claim: 第二人批准的期限(7 天到 180 天,默认 30 天) / The second person decides within (7 days to 180 days, 30 days by default)
---@field enter_within Span plan: 下一期几天内登记(1 天到 30 天,默认 10 天) / The next part is entered within (1 day to 30 days, 10 days by default)
---@field estate_after Span deceased: 致函后多久办遗产(1 天到 180 天,默认 15 天) / Estate after the letter (1 day to 180 days, 15 days by default)
---@field expired_again Span escalate_to_legal: 时效已过的多久再看(30 天到 730 天,默认 180 天) / Looked at again once past the period (30 days to 730 days, 180 days by default)
---@field far Span promise: 承诺日几天以外请主管看(7 天到 365 天,默认 30 天) / A promise further off is for a supervisor to look at (7 days to 365 days, 30 days by default)
---@field file_within Span bankruptcy: 几天内申报(1 天到 30 天,默认 10 天) / The claim is filed within (1 day to 30 days, 10 days by default)
---@field first Span guarantee_watch: 期间届满前几天第一次提醒(75 天到 180 天,默认 90 天) / First task so long before the last day (75 days to 180 days, 90 days by default); limitation_watch: 届满前几天第一次提醒(120 天到 180 天,默认 180 天) / First task so long before the last day (120 days to 180 days, 180 days by default)
---@field floor integer small_claim: 至少多少才进法院,不到的只建议核销(10 元到 20000 元,默认 500 元) / Least sum that goes to court; a write-off is proposed for less (10 yuan to 20000 yuan, 500 yuan by default)
---@field furthest Span promise: 承诺日最远几天(本机构规定)(7 天到 365 天,默认 90 天) / Furthest day of a promise, a rule of the house (7 days to 365 days, 90 days by default)
---@field furthest_harvest Span promise: 等收成的(拖欠原因 harvest),承诺日在收获季内最远几天(7 天到 365 天,默认 240 天) / Furthest day within the season, for who waits for the harvest (7 days to 365 days, 240 days by default)
---@field grace Span plan: 一期没还,宽限几天(1 天到 30 天,默认 10 天) / Days of grace for a part (1 day to 30 days, 10 days by default)
---@field grading Span plan: 到期后几天内应有评定(1 天到 60 天,默认 10 天) / A part is graded within (1 day to 60 days, 10 days by default); promise: 承诺日后几天内应有评定(1 天到 60 天,默认 10 天) / A promise is graded within (1 day to 60 days, 10 days by default)
---@field hold_for Span hardship: 暂停多久之后由主管定(`assess_within`到 180 天,默认 30 天) / A supervisor decides after (`assess_within` to 180 days, 30 days by default)
---@field lapse_margin Span promise: 承诺日后多少天内时效或保证期间届满,要主管看(7 天到 365 天,默认 60 天) / A limitation or guarantee that ends so soon after the day is for a supervisor (7 days to 365 days, 60 days by default)
---@field last Span guarantee_watch: 届满前几天最后一次提醒(7 天到 44 天,默认 30 天) / Last task (7 days to 44 days, 30 days by default); limitation_watch: 届满前几天起每周重开待办(7 天到 45 天,默认 30 天) / From so long before it on the task is opened anew each week (7 days to 45 days, 30 days by default)
---@field last_break integer escalate_to_legal: 几次爽约不再接受承诺(1 次到 10 次,默认 3 次) / Breaks after which no promise is taken (1 time to 10 times, 3 times by default); promise: 几次爽约不再接受承诺(1 次到 10 次,默认 3 次) / Breaks after which no promise is taken (1 time to 10 times, 3 times by default)
---@field least_contacts integer escalate_to_legal: 至少几次送达的联络(1 次到 10 次,默认 1 次) / Delivered contacts needed beforehand (1 time to 10 times, 1 time by default)
---@field least_days integer reward_collector: 至少逾期几天的还款才有奖励(1 天到 365 天,默认 1 天) / Days past due that a payment must have had (1 day to 365 days, 1 day by default)
---@field least_visit integer remind: 逾期至少多少才上门(10 元到 5000 元,默认 100 元) / Least overdue amount for a visit (10 yuan to 5000 yuan, 100 yuan by default)
---@field legal_after integer promise: 逾期超过几天不再靠承诺往复(31 天到 365 天,默认 90 天) / Days past due beyond which promises do not go round (31 days to 365 days, 90 days by default); visit: 逾期超过几天,一次无果就转法务(31 天到 365 天,默认 90 天) / Days past due beyond which legal takes over (31 days to 365 days, 90 days by default)
---@field letter_after Span remind: 第二次电话之后几天寄信(1 天到 30 天,默认 7 天) / Letter after the second call (1 day to 30 days, 7 days by default)
---@field letter_answer Span visit: 挂号信之后等几天(3 天到 60 天,默认 15 天) / Wait after the registered letter (3 days to 60 days, 15 days by default)
---@field listen_within Span promise: 一次爽约后等改约(1 天到 30 天,默认 5 天) / Wait for a new date after the first break (1 day to 30 days, 5 days by default)
---@field look_again Span escalate_to_legal: 没有联络时多久再看(1 个工作日到 60 个工作日,默认 10 个工作日) / Gate looks again after (1 workday to 60 workdays, 10 workdays by default)
---@field look_every Span guarantee_watch: 最久多久重看一次(1 天到 60 天,默认 42 天) / The longest between two looks (1 day to 60 days, 42 days by default); limitation_watch: 最久多久重看一次(1 天到 60 天,默认 42 天) / The longest between two looks (1 day to 60 days, 42 days by default)
---@field manager_within Span promise: 主管决定期限(1 个工作日到 20 个工作日,默认 5 个工作日) / The manager decides within (1 workday to 20 workdays, 5 workdays by default)
---@field mediate_within Span small_claim: 调解的期限(7 天到 180 天,默认 30 天) / Time for mediation (7 days to 180 days, 30 days by default)
---@field most_failures integer visit: 几次无果转法务(1 次到 10 次,默认 3 次) / Visits without a result before legal (1 time to 10 times, 3 times by default)
---@field most_letters integer escalate_to_legal: 几次没有送达交主管(1 次到 10 次,默认 2 次) / Letters that failed before the manager decides (1 time to 10 times, 2 times by default)
---@field most_promises integer escalate_to_legal: 承诺过几次,程序不再为承诺停下(1 次到 20 次,默认 3 次) / Promises for which the track stops at most (1 time to 20 times, 3 times by default); promise: 过了那一天,承诺过几次而还款只是象征性的,就转法务(1 次到 20 次,默认 3 次) / Promises by then before legal, where no more than tokens were paid (1 time to 20 times, 3 times by default)
---@field most_reviews integer deceased: 复核几次后交账(1 次到 40 次,默认 4 次) / Looks before the file is handed over (1 time to 40 times, 4 times by default)
---@field new_date_within Span promise: 爽约后改约最远几天(1 天到 30 天,默认 7 天) / Furthest new date after a break (1 day to 30 days, 7 days by default)
---@field press_every Span bankruptcy: 没有申报时多久报一次主管(1 个工作日到 10 个工作日,默认 5 个工作日) / Between reminders to a supervisor (1 workday to 10 workdays, 5 workdays by default); complaint: 超期后多久督办一次(1 个工作日到 20 个工作日,默认 5 个工作日) / Between reminders once it is late (1 workday to 20 workdays, 5 workdays by default); dispute: 超期后多久督办一次(1 个工作日到 20 个工作日,默认 5 个工作日) / Between reminders once it is late (1 workday to 20 workdays, 5 workdays by default); hardship: 没有结论的,多久督办一次(1 个工作日到 20 个工作日,默认 5 个工作日) / Between reminders while nothing is decided (1 workday to 20 workdays, 5 workdays by default); limitation_watch: 最后阶段多久重开一次(1 天到 7 天,默认 7 天) / Between two tasks towards the end (1 day to 7 days, 7 days by default); plan: 主管没有决定的,多久督办一次(1 个工作日到 20 个工作日,默认 5 个工作日) / Between reminders while nothing is decided (1 workday to 20 workdays, 5 workdays by default)
---@field progress integer visit: 两次上门之间至少还应还的千分之几,才算在还款(1‰到 1000‰,默认 20‰) / Share of what is due that counts as paying between two visits (1 per mille to 1000 per mille, 20 per mille by default)
---@field rate integer reward_collector: 每笔还款的千分比(20 即 2%)(1‰到 200‰,默认 20‰) / Share of a payment, per mille (20 is 2%) (1 per mille to 200 per mille, 20 per mille by default)
---@field recheck_assets Span escalate_to_legal: 无财产时多久再查(30 天到 730 天,默认 180 天) / Between two searches for assets (30 days to 730 days, 180 days by default)
---@field reconsider_after Span escalate_to_legal: 未获批准后多久再议(7 天到 730 天,默认 30 天) / Reconsidered after a refusal (7 days to 730 days, 30 days by default)
---@field report_late Span visit: 催报之后再等几天(1 天到 30 天,默认 5 天) / Wait after asking for the result (1 day to 30 days, 5 days by default)
---@field report_within Span visit: 几天内应有结果(`visit_within`到 45 天,默认 10 天) / Result expected within (`visit_within` to 45 days, 10 days by default)
---@field review_every Span deceased: 遗产多久复核一次(7 天到 365 天,默认 90 天) / Between two looks at the estate (7 days to 365 days, 90 days by default); escalate_to_legal: 法院程序多久复核一次(7 天到 365 天,默认 90 天) / Between two looks at the proceeding (7 days to 365 days, 90 days by default)
---@field season_from integer promise: 收获季从几月(1到 12,默认 9) / First month of the harvest (1 to 12, 9 by default)
---@field season_to integer promise: 收获季到几月(`season_from`到 12,默认 11) / Last month of the harvest (`season_from` to 12, 11 by default)
---@field second Span guarantee_watch: 届满前几天第二次提醒(45 天到 74 天,默认 60 天) / Second task (45 days to 74 days, 60 days by default); limitation_watch: 届满前几天第二次提醒(46 天到 119 天,默认 90 天) / Second task (46 days to 119 days, 90 days by default)
---@field serve_within Span escalate_to_legal: 没有送达时,人工送达的期限(1 个工作日到 60 个工作日,默认 10 个工作日) / People serve the letter within (1 workday to 60 workdays, 10 workdays by default)
---@field suit_from integer escalate_to_legal: 至少多少才报批起诉,不到的先由主管在支付令、调解、核销之间定(10 元到 100000 元,默认 5000 元) / Least sum for a suit; for less a supervisor chooses payment order, mediation or write-off (10 yuan to 100000 yuan, 5000 yuan by default)
---@field supervisor Span guarantee_watch: 届满前几天起报主管(1 天到 30 天,默认 7 天) / A supervisor is told so long before it (1 day to 30 days, 7 days by default); limitation_watch: 届满前几天起报主管(7 天到 30 天,默认 14 天) / A supervisor is told so long before it (7 days to 30 days, 14 days by default)
---@field talk_within Span remind: 资金紧张的客户约谈期限(1 天到 30 天,默认 7 天) / Talk with a customer short of cash within (1 day to 30 days, 7 days by default)
---@field time_to_pay Span remind: 疏忽的客户收到还款办法之后等几天(1 天到 30 天,默认 5 天) / Time to pay once the ways to pay were sent (1 day to 30 days, 5 days by default); visit: 见到本人之后给几天(1 天到 60 天,默认 10 天) / Time to pay once the person was met (1 day to 60 days, 10 days by default)
---@field token integer promise: 近 90 天还的不到应还的千分之几,算象征性还款(0‰到 1000‰,默认 100‰) / Less than this share of what was to be paid, within 90 days, is a token (0 per mille to 1000 per mille, 100 per mille by default)
---@field trace_within Span visit: 搬走之后查找住址的期限(3 天到 60 天,默认 15 天) / Time to find a new address (3 days to 60 days, 15 days by default)
---@field urgent_answer Span escalate_to_legal: 时效将满时几天后报批(那封信不许诺天数)(1 天到 15 天,默认 3 天) / The same when the limitation period ends soon (1 day to 15 days, 3 days by default)
---@field urgent_below integer escalate_to_legal: 时效剩几天算将满(30 天到 365 天,默认 60 天) / Days left that count as soon (30 days to 365 days, 60 days by default); small_claim: 时效剩几天不再等主管定,直接报批支付令(30 天到 365 天,默认 60 天) / Days left at which the payment order is asked for without waiting (30 days to 365 days, 60 days by default)
---@field visit_day integer promise: 逾期满几天回到上门(2 天到 90 天,默认 31 天) / Days past due from which people visit (2 days to 90 days, 31 days by default); remind: 逾期满几天转上门(2 天到 90 天,默认 31 天) / Days past due from which people visit (2 days to 90 days, 31 days by default)
---@field visit_within Span visit: 几天内上门(1 天到 30 天,默认 7 天) / Visit within (1 day to 30 days, 7 days by default)
---@field write_off_again Span small_claim: 建议核销后多久再看(30 天到 730 天,默认 180 天) / Looked at again after a write-off was proposed (30 days to 730 days, 180 days by default)

---天;到点在上班时间 / days; due at opening time
---`3 * days`
---@type Span
days = nil

---工作日(含调休) / workdays, by the holiday calendar
---`5 * workdays`
---@type Span
workdays = nil

---小时,精确到分钟 / hours, to the minute
---`2 * hours`
---@type Span
hours = nil

---本案在本流程里的记事,最多 4 KiB;脚本唯一能写的地方 / the instance's own memory, at most 4 KiB; the only thing a script may write
---`memo.tries = (memo.tries or 0) + 1`
---@type table<string, any>
memo = nil

---本流程 settings 里的设置项,可由 settings.toml 修改 / the settings of this workflow, as settings.toml may override them
---`setting.first_wait`
---@type Settings
setting = nil

---@class sms.Args
---@field template TemplateName workflows/templates 中的消息模板名 / the name of a message template in workflows/templates
---@field to? Person 收件人,默认为客户本人 / who it goes to; the debtor when left out

---短信 / Text message — 向收件人的登记手机号发一条短信。正文在流程提交时生成;送出时所写金额已变,或客户已又还款,则作废并产生 `stale`。送出后产生 `delivered`。 / Sends a text message to the number on record. The text is made when the step commits; if an amount it states has changed at hand-over, or the debtor has paid since, the message is dropped and `stale` is raised. Raises `delivered` once it has left.
---@param args sms.Args|TemplateName
function sms(args) end

---@class wechat.Args
---@field template TemplateName workflows/templates 中的消息模板名 / the name of a message template in workflows/templates
---@field to? Person 收件人,默认为客户本人 / who it goes to; the debtor when left out

---微信 / WeChat message — 通过公众号或企业微信向已绑定并同意的收件人发一条私信;没有绑定则投递失败(`failed`),可改用短信。绝不发群或朋友圈。 / Sends a private message of the official account to a person who has bound it and agreed. Without a binding it comes back as `failed`, and an SMS can follow. Never to a group.
---@param args wechat.Args|TemplateName
function wechat(args) end

---@class letter.Args
---@field template TemplateName workflows/templates 中的消息模板名 / the name of a message template in workflows/templates
---@field to? Person 收件人,默认为客户本人 / who it goes to; the debtor when left out
---@field registered? boolean 是否用挂号信(有投递凭证),默认否 / send it registered, with proof of posting; no when left out

---催收信 / Letter — 向收件人的登记地址寄一封催收信。重试前先查询是否已寄出,同一封信不会寄两次。没有送达回执时不中断诉讼时效;需要证据请用 `demand_letter`。 / Posts a letter that asks for payment. Before a retry the gateway is asked whether the letter has gone, so that none goes twice. Without proof of delivery it does not restart the limitation period; use `demand_letter` where proof is needed.
---@param args letter.Args|TemplateName
function letter(args) end

---@class notice.Args
---@field template TemplateName workflows/templates 中的消息模板名 / the name of a message template in workflows/templates
---@field to? Person 收件人,默认为客户本人 / who it goes to; the debtor when left out
---@field registered? boolean 是否用挂号信(有投递凭证),默认否 / send it registered, with proof of posting; no when left out

---告知信 / Notice by letter — 寄一封只说明情况、不要求还款的信:慰问、投诉受理、分期提醒。投诉、死亡等暂停期间也可寄出。 / Posts a letter that tells a fact and asks for nothing: condolence, receipt of a complaint, a reminder of a plan. It may also leave under holds that forbid demands.
---@param args notice.Args|TemplateName
function notice(args) end

---@class call.Args
---@field to? Person 收件人,默认为客户本人 / who it goes to; the debtor when left out
---@field by? string|OfRole 由谁办理,默认为本案信贷员;role "supervisor" 由任何一位主管认领 / the member of staff; the collector of the case when left out; role "supervisor" is for any supervisor, who takes it
---@field script? string|Title 话术:说什么,或话术卡的名称 / what to say, or the name of the call card

---电话 / Telephone call — 给信贷员开一个当天的电话待办,由人拨打。结果登记后产生 `call_result`;无人登记的电话按一次有效联络计数。 / Opens a call task for the collector, due the same day; a person dials. The result comes back as `call_result`. A call nobody reported on counts as effective.
---@param args call.Args|string|Title
function call(args) end

---@class task.Args
---@field title string|Title 要办的事,不写姓名、电话等个人信息;案件编号自动附上 / what is to be done, without personal data; the loan number is added
---@field by? string|OfRole 由谁办理,默认为本案信贷员;role "supervisor" 由任何一位主管认领 / the member of staff; the collector of the case when left out; role "supervisor" is for any supervisor, who takes it
---@field in_days? integer 期限,天数,默认 3 / days to do it in; 3 when left out
---@field before? Day 法定期限的最后一天:待办的期限不晚于它或之前的最后一个工作日 / the last day of a legal deadline: the task is due on the last workday on or before it at the latest
---@field kind? string 类别,用于待办列表筛选,默认 review / the kind, for filtering the list of tasks; `review` when left out
---@field ends_with? "stage"|"claim"|"nothing" 何时自动失效:stage 离开本环节、claim 债权了结(还清或撤销)、nothing 不失效;默认 gate、override 随环节,投诉、异议、答复、致歉、撤诉不失效,其余随债权 / what it ends with by itself: stage, when the case leaves it; claim, when it is paid off or dismissed; nothing. Left out, the kinds gate and override end with their stage, those of complaints, disputes, answers, apologies and withdrawals with nothing, all others with the claim

---人工待办 / Task for a person — 把一件事交给人办:核实死亡证明、调查投诉、复核方案。不联系任何人。流程可以等待,办结由登记的事件推进。 / Hands a piece of work to a person: check a death certificate, look into a complaint, review a plan. It contacts nobody. The workflow waits; what the person records moves it on.
---@param args task.Args|string|Title
function task(args) end

---@class visit.Args
---@field to? Person 走访对象,默认为客户本人 / whom to visit; the debtor when left out
---@field by? string 由谁负责,默认为本案信贷员 / who is in charge; the collector of the case when left out
---@field reason string|Title 为什么上门,不写姓名、电话等个人信息 / why, without personal data
---@field before? Day 最迟哪天去,默认按设置 `days` / the last day for it; the setting `days` when left out

---上门 / Visit — 在走访簿上登记一次上门,并给信贷员开待办。上门须两人同行;结果登记后产生 `visit_result`。已结清、已无逾期、债权消灭或债务人死亡时,未去的上门自动取消。 / Enters a visit in the visit book and opens a task for the collector. Two collectors go together; the result comes back as `visit_result`. A visit not yet made is cancelled when the debt is paid, cured or dismissed, or the debtor has died.
---@param args visit.Args|string|Title
function visit(args) end

---@class demand_letter.Args
---@field template TemplateName workflows/templates 中的函件模板名 / the name of a letter template in workflows/templates
---@field to? Person 收件人,默认为客户本人 / who it goes to; the debtor when left out

---催收函 / Demand letter — 以挂号方式寄出正式催收函,绝不寄第二次:寄出与登记之间若中断,结果为 `unknown`,由人决定。登记送达证据后产生 `letter_proved`,诉讼时效重新计算。 / Posts a formal demand by registered mail, and never twice: a crash between posting and acknowledging ends as `unknown`, and a person decides. Once the proof of delivery is entered `letter_proved` is raised and the limitation period begins anew.
---@param args demand_letter.Args|TemplateName
function demand_letter(args) end

---@class file_suit.Args
---@field claim? integer 至多诉请多少(分);不写为台账上可诉的全部。批准时和提交时各按台账重算,少了按少的 / the most that is claimed, in fen; all that the books allow when left out. It is reckoned by the books when it is approved and again when it is filed, and less is claimed where less is owed
---@field court? string 管辖法院;不写按借款人住址查法院表(courts.toml),查不到的提交时写明 / the court that has jurisdiction; when left out the one of the borrower's address by the table courts.toml, else it is named when the matter is filed
---@field reason? string|Title 为何走法律程序,不写个人信息 / why, without personal data
---@field by? string 承办人,默认为设置 `owner` / who is in charge; the setting `owner` when left out

---起诉 / File a suit — 经第二人批准后立一件诉讼事项,指定承办人和提交期限,产生 `matter_opened`。同一案件同时只能有一件未结的诉讼。提交法院、判决、结案由承办人登记。 / Opens a suit once a second person has approved it, with an owner and a day by which to file; raises `matter_opened`. A case has at most one open suit. Filing, judgment and closing are entered by the owner.
---@param args file_suit.Args
function file_suit(args) end

---@class payment_order.Args
---@field claim? integer 至多诉请多少(分);不写为台账上可诉的全部。批准时和提交时各按台账重算,少了按少的 / the most that is claimed, in fen; all that the books allow when left out. It is reckoned by the books when it is approved and again when it is filed, and less is claimed where less is owed
---@field court? string 管辖法院;不写按借款人住址查法院表(courts.toml),查不到的提交时写明 / the court that has jurisdiction; when left out the one of the borrower's address by the table courts.toml, else it is named when the matter is filed
---@field reason? string|Title 为何走法律程序,不写个人信息 / why, without personal data
---@field by? string 承办人,默认为设置 `owner` / who is in charge; the setting `owner` when left out

---申请支付令 / Apply for a payment order — 经第二人批准后立一件支付令事项,产生 `matter_opened`。法院 5 日内答复、15 日内签发,30 日内送达不了即失效;期限临近时自动开待办。 / Opens a payment order once a second person has approved it; raises `matter_opened`. The court answers within 5 days, issues within 15, and the order is void when it cannot be served within 30; tasks are opened as the days come near.
---@param args payment_order.Args
function payment_order(args) end

---@class limitation_task.Args
---@field days_left integer 时效剩余天数,即 case.limitation_days_left;最后一天和已届满写 0 / days left of the limitation period, case.limitation_days_left; 0 on the last day and once it is over
---@field ends_on? Day 届满日,即 case.limitation_ends_on;不写的,剩 0 天就算已届满 / the last day, case.limitation_ends_on; without it no days left means that it is over
---@field by? string|OfRole 承办人,默认为设置 `owner`;role "legal" 由任何一位法务认领 / who is in charge; the setting `owner` when left out; role "legal" is for any counsel

---时效待办 / Limitation task — 给法务承办人开一个时效待办:取得送达证据,或起诉;没有指定承办人的,由任何法务人员办。期限为届满日或之前的最后一个工作日;同一笔贷款只留最新的一个。只在内部,不联系任何人,暂停期间也照开;未届满的产生 `limitation_near`。 / Opens a task for the legal owner, or for whoever has the role where there is none: get proof of delivery, or sue. It is due on the last workday on or before the last day, and takes the place of an earlier one of the loan. It contacts nobody and is opened under holds as well; raises `limitation_near` while the period runs.
---@param args limitation_task.Args|integer
function limitation_task(args) end

---@class reward.Args
---@field to? string 本案信贷员;计给谁看还款前谁联系上了客户 / the collector of the case; who is credited hangs on who reached the debtor before the payment
---@field payment string 还款的账目编号,即事件 payment 的 entry / the number of the ledger entry, `entry` of the event `payment`
---@field rate integer 千分比,25 即 2.5%;不得超过设置 `max_rate` / per mille, 25 is 2.5 %; at most the setting `max_rate`
---@field cap? integer 本笔奖励上限(分),默认不设上限 / the most this reward can be, in fen; no limit when left out

---计提奖励 / Accrue a reward — 按一笔还款计提奖励:还款金额 × 千分比,舍去不足一分。只认银行已确认、未冲正、非推算的还款;每笔还款只计提一次。计给还款前 `worked_days` 天内联系上客户的人,几个人的按天数分;没有人联系上的、只有发放人联系上的,不计提。经法院的按 `court_rate`。冷静期满且无投诉后转为应付。产生 `reward_accrued` 或 `reward_withheld`。 / Accrues a reward for one payment: amount times rate, parts of a fen dropped. The payment must be confirmed by the bank, not reversed and not inferred, and is rewarded once. It goes to those who reached the debtor within `worked_days` before it, shared by the days on which they did; where nobody did, or only whoever granted the loan, it earns nothing. After a suit or the like `court_rate` holds. It becomes payable after the cooling-off days unless a complaint is open. Raises `reward_accrued` or `reward_withheld`.
---@param args reward.Args
function reward(args) end

---@class claw_back.Args
---@field payment string 还款的账目编号,即事件 payment 的 entry / the number of the ledger entry, `entry` of the event `payment`
---@field reason string 追回原因,不写个人信息 / why, without personal data

---追回奖励 / Take a reward back — 追回一笔还款的奖励,例如投诉成立。没有计提过或已追回的,不再变动。还款冲正时无需调用:奖励会自动追回。产生 `reward_taken_back`。 / Takes back the reward of a payment, such as after an upheld complaint. Nothing changes when there is none or it was taken back before. Not needed for a reversed payment: that takes its reward back by itself. Raises `reward_taken_back`.
---@param args claw_back.Args
function claw_back(args) end

---只在 _test.lua 里 / in `_test.lua` only
---@class Test
---@field case fun(spec: table): any 新建一个案件 / makes a case
---@field settings fun(values: table) 本测试里设置项另取的值 / gives settings other values in this test
---@field enrol fun(c: any, workflow?: string) 纳入流程 / opens a workflow on it
---@field advance fun(span: Span) 让时间过去 / lets time pass
---@field pay fun(c: any, amount: integer) 还款 / books a payment
---@field reverse_last_payment fun(c: any) 冲正最近一笔还款 / takes back the last payment
---@field promise fun(c: any, promise: table) 承诺还款 / makes a promise
---@field event fun(c: any, kind: string, fields?: table) 发生一个事件 / an event happens
---@field clock_act fun(c: any, act: string, guarantor?: number) 今天登记一项期限事项,如 debtor_sued、suit_withdrawn、guarantor_demanded / an act about the clocks is entered today: debtor_sued, suit_withdrawn, guarantor_demanded
---@field report_call fun(...) 登记电话结果 / reports how a call went
---@field report_visit fun(...) 登记上门结果 / reports how a visit went
---@field approve fun(...) 第二人批准 / a second person approves
---@field guard fun(bounds?: table) 让把关起作用:times、at_least、visits_per_collector,以及 book_stale_after(此后几个工作日没有银行文件就不催收) / puts the guard to work: times, at_least, visits_per_collector, and book_stale_after (workdays from then on without a bank's file after which nobody is dunned)
---@field bank_file fun() 收到银行文件 / a file of the bank comes in
---@field let_go fun() 放行把关扣下的 / a person lets go what the guard holds
---@field today fun(): Day 测试里的今天 / today in the test
---@field expect_sent fun(verb: string, what?: string|table) 应已发出 / it must have been sent
---@field expect_nothing_sent fun() 不应再有发出 / nothing more may have been sent
---@field expect_refused fun(verb: string, rule: string) 应被拒绝 / a rule must have refused it
---@field expect_held fun(verb: string, count?: integer) 应被扣下 / it must be held
---@field expect_stage fun(c: any, stage: string) 应在环节 / it must be in the stage
---@field expect_finished fun(reason: string, c?: any) 应已结束 / it must be finished
---@field expect_workflow fun(c: any, workflow: string) 应在流程 / the workflow must be open
---@field expect_no_workflow fun(c: any, workflow: string) 不应进入流程 / the workflow must never have opened
---@field expect_waiting fun(c: any) 应在等待 / it must be waiting
---@field expect_task fun(kind: string, whose?: { by: string|OfRole }) 应有待办 / a task must be open
---@field expect_no_task fun(kind: string) 不应有待办 / no such task may be open

---声明一个测试 / declares a test
---@param name string
---@param story fun(t: Test)
function test(name, story) end
