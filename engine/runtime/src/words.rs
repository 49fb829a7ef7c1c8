//! The words of files and commands as staff say them (用语): what is typed and what is
//! printed beside the word of the program.

use std::convert::Infallible;

use domain::manifest::Said;
use domain::say::Lang;

type Word = Said;

/// The words of one list.
#[derive(Clone, Copy, Debug)]
pub struct Words(&'static [Word]);

impl Words {
    /// The words of a list that a manifest holds.
    pub const fn of_manifest(said: &'static [Word]) -> Self {
        Self(said)
    }
}

/// What became of a call.
pub const CALLS: Words = Words(&[
    ("conversation", "通话", &["接通", "已接通"]),
    ("no_answer", "无人接听", &["未接", "没人接", "未接听"]),
    ("busy", "占线", &["忙线"]),
    ("rejected", "拒接", &["挂断"]),
    ("voicemail", "语音信箱", &[]),
    ("invalid", "空号", &["停机"]),
    ("wrong_party", "不是本人", &["打错", "错号"]),
    ("refused", "本人拒绝再打", &["拒绝再打"]),
]);

/// What people of a case are to the debt.
pub const PARTIES: Words = Words(&[
    ("borrower", "借款人", &["本人", "客户"]),
    ("co_borrower", "共同借款人", &["共借人"]),
    ("guarantor", "保证人", &["担保人"]),
    ("spouse_joint", "共债配偶", &["配偶"]),
    ("estate_administrator", "遗产管理人", &[]),
    ("heir", "继承人", &[]),
    ("lawyer", "代理律师", &["律师"]),
    ("unrelated_third_party", "无关第三人", &["第三人"]),
    ("minor", "未成年人", &[]),
]);

/// How a guarantor answers for the debt.
pub const GUARANTEES: Words = Words(&[
    ("general", "一般保证", &["一般"]),
    ("joint", "连带责任保证", &["连带", "连带责任"]),
]);

/// Documents that tie a person to a debt, as the policy pack names them.
pub const DOCUMENTS: Words = Words(&[
    ("death", "死亡证明", &[]),
    ("joint_debt", "共债证据", &[]),
    ("administrator", "遗产管理人证明", &[]),
    ("inheritance_not_renounced", "未放弃继承", &[]),
    ("written_authority", "授权委托书", &[]),
]);

/// How a contact has to be made and what is told to whom, as the policy pack names it;
/// a pack may have words of its own.
pub const DUTIES: Words = Words(&[
    ("record_call", "通话录音", &[]),
    ("state_institution", "报出机构名称", &[]),
    ("state_purpose_after_identity_check", "核对身份后再说来意", &[]),
    ("official_number_only", "只用公务号码", &[]),
    ("state_name_or_number", "报姓名或工号", &[]),
    ("min_collectors:2", "至少两人同行", &[]),
    ("show_id", "出示工作证件", &[]),
    ("consent_before_entering_home", "经同意才入户", &[]),
    ("record_audio_or_video", "录音或录像", &[]),
    ("place_and_time_stamp", "记下地点和时间", &[]),
    ("official_account_only", "只用公务账号", &[]),
    ("keep_delivery_evidence", "留存送达凭证", &[]),
    ("say_it_is_automated", "说明是自动语音", &[]),
    ("transfer_to_human", "可转人工", &[]),
    ("may_disclose:collector_name", "可以说自己的姓名", &[]),
    ("may_disclose:callback_number", "可以留回电号码", &[]),
    ("never_disclose:debt_exists", "不透露有欠款", &[]),
    ("never_disclose:amount", "不透露金额", &[]),
    ("never_disclose:overdue", "不透露逾期", &[]),
    ("never_disclose:product", "不透露贷款品种", &[]),
    ("cap:estate_value", "以遗产为限", &[]),
    ("cap:inherited_value", "以继承所得为限", &[]),
]);

/// What people are reached by.
pub const POINTS: Words = Words(&[
    ("phone", "电话", &[]),
    ("wechat", "微信", &[]),
    ("address", "住址", &["地址"]),
]);

/// How a number, an account or an address stands.
pub const POINT_STATES: Words = Words(&[
    ("given", "待核实", &["提供"]),
    ("confirmed", "已核实", &["核实"]),
    ("wrong", "有误停用", &["错号", "空号", "有误"]),
    ("refused", "本人拒绝", &["拒绝"]),
    ("moved", "已搬走", &["搬走"]),
    ("current", "现住", &[]),
    ("agreed", "已同意", &["同意"]),
    ("withdrawn", "已撤回", &["撤回同意"]),
]);

/// Where replies come in.
pub const REPLIES: Words = Words(&[
    ("sms", "短信", &[]),
    ("wechat", "微信", &[]),
    ("letter", "来信", &["信函"]),
]);

/// What became of somebody in the list of a case's people.
pub const PERSON_MOVES: Words = Words(&[
    ("added", "登记", &[]),
    ("corrected", "更正", &[]),
    ("removed", "移出", &[]),
]);

/// Why a debtor does not pay.
pub const CAUSES: Words = Words(&[
    ("oversight", "疏忽", &["忘记"]),
    ("dissatisfied", "不满", &[]),
    ("short_of_cash", "资金紧张", &["没钱", "困难"]),
    ("harvest", "等收成", &["秋收", "收割", "收成"]),
    ("deliberate", "故意", &["恶意"]),
]);

/// What a complaint came to.
pub const COMPLAINTS: Words = Words(&[
    ("upheld", "属实", &["投诉属实", "成立"]),
    ("partly_upheld", "部分属实", &[]),
    ("unfounded", "不属实", &["投诉不属实", "不成立"]),
    ("taken_back", "客户撤回", &["撤回", "撤诉"]),
]);

/// Whose money a payment was.
pub const PAYERS: Words = Words(&[
    ("borrower", "借款人", &["客户", "本人"]),
    ("guarantor", "保证人", &["担保人"]),
    ("third_party", "第三人", &["他人", "代付"]),
]);

/// What a visit came to.
pub const VISITS: Words = Words(&[
    ("met", "见到", &["见到本人"]),
    ("absent", "不在", &["不在家", "未见到"]),
    ("refused", "拒绝", &[]),
    ("moved", "已搬走", &["搬走"]),
    ("deceased", "已故", &["死亡"]),
    ("paid", "还款", &["已还款"]),
    ("promised", "承诺", &["承诺还款"]),
    ("notice_signed", "签收通知", &["已签收", "签收"]),
]);

/// Why a case is on hold.
pub const HOLDS: Words = Words(&[
    ("complaint", "投诉", &[]),
    ("dispute", "异议", &[]),
    ("deceased", "死亡", &["已故"]),
    ("hardship", "困难", &["生活困难"]),
    ("plan", "还款方案", &["分期"]),
    ("lawyer", "律师介入", &["律师"]),
    ("bankruptcy", "破产", &[]),
    ("vulnerable", "弱势", &[]),
    ("incapacitated", "无行为能力", &[]),
    ("third_party_refused", "第三人拒绝", &[]),
    ("manual", "人工", &["人工暂停"]),
]);

/// How a claim stands.
pub const CLAIMS: Words = Words(&[
    ("open", "在册", &[]),
    ("dismissed", "债权不成立或已消灭", &[]),
    ("written_off", "已核销", &[]),
]);

/// Lines of a ledger.
pub const ENTRIES: Words = Words(&[
    ("open", "放款或余额", &[]),
    ("due", "应还", &[]),
    ("payment", "还款", &[]),
    ("fee", "费用", &[]),
    ("penalty", "罚息", &[]),
    ("waiver", "减免", &[]),
    ("reversal", "冲正", &[]),
]);

/// Lines of the account of a loan: those of the ledger, and what is owed in the end.
pub const LINES: Words = Words(&[
    ("open", "放款或余额", &[]),
    ("due", "应还", &[]),
    ("payment", "还款", &[]),
    ("fee", "费用", &[]),
    ("penalty", "罚息", &[]),
    ("waiver", "减免", &[]),
    ("reversal", "冲正", &[]),
    ("owed", "到期未还", &[]),
]);

/// Who has divided a sum into principal, interest, penalty and costs.
pub const DIVIDED: Words =
    Words(&[("stated", "银行或登记人分列", &[]), ("by_order", "按抵充顺序推算", &[])]);

/// How a promise was kept.
pub const GRADES: Words = Words(&[
    ("open", "未到期", &[]),
    ("kept", "兑现", &[]),
    ("late", "迟兑", &[]),
    ("partial", "部分兑现", &[]),
    ("broken", "爽约", &[]),
    ("replaced", "已改约", &[]),
]);

/// How an order stands, or what became of a contact.
pub const STATES: Words = Words(&[
    ("pending", "待送", &[]),
    ("leased", "送出中", &[]),
    ("handed_over", "送出中", &[]),
    ("held", "扣下", &[]),
    ("awaiting_approval", "待审批", &[]),
    ("reserved", "尚无结果", &[]),
    ("delivered", "已送出", &[]),
    ("simulated", "模拟送出", &[]),
    ("refused", "规则不许", &[]),
    ("deferred", "推迟", &[]),
    ("failed", "失败", &[]),
    ("unknown", "结果不明", &[]),
    ("cancelled", "已取消", &[]),
    ("rejected", "未批准", &[]),
    ("merged", "并入他案", &[]),
    ("stale", "金额已变,作废", &[]),
    ("waiting", "等待中", &[]),
    ("parked", "挂起", &[]),
    ("frozen", "暂停", &[]),
    ("expired", "过期未送", &[]),
    ("rehearsed", "演练", &[]),
    ("finished", "已结束", &[]),
    ("runnable", "待运行", &[]),
]);

/// What an order asks for, and its channels.
pub const VERBS: Words = Words(&[
    ("sms", "短信", &[]),
    ("wechat", "微信", &[]),
    ("wechat_work", "微信", &[]),
    ("letter", "催收信", &[]),
    ("letter_post", "信件", &[]),
    ("letter_hand", "送信", &[]),
    ("notice", "告知信", &[]),
    ("call", "电话", &[]),
    ("phone", "电话", &[]),
    ("task", "待办", &[]),
    ("visit", "上门", &[]),
    ("demand_letter", "催收函", &[]),
    ("file_suit", "起诉", &[]),
    ("payment_order", "支付令", &[]),
    ("limitation_task", "时效待办", &[]),
    ("reward", "奖励", &[]),
    ("claw_back", "追回奖励", &[]),
]);

/// Whether something is so.
pub const YES: Words = Words(&[("true", "是", &[]), ("false", "否", &[])]);

/// What `doctor` looks at.
pub const LOOKS: Words = Words(&[
    ("site", "站点", &[]),
    ("zone", "时区", &[]),
    ("workflows", "流程目录", &[]),
    ("policy", "合规规则", &[]),
    ("calendar", "日历", &[]),
    ("plugins", "插件", &[]),
    ("gateway", "网关", &[]),
    ("tables", "附表", &[]),
    ("writable", "可写", &[]),
    ("socket", "命令通道", &[]),
    ("store", "案件库", &[]),
    ("departures", "送出记录", &[]),
    ("clock", "时钟", &[]),
    ("bank file", "银行文件", &[]),
    ("scripts", "脚本", &[]),
    ("people", "人员", &[]),
    ("variables", "环境变量", &[]),
    ("telephone", "联系电话", &[]),
    ("institution", "机构名称", &[]),
]);

/// Who is not a person.
pub const BY: Words = Words(&[
    ("system", "程序", &[]),
    ("bootstrap", "首次启动", &[]),
    ("daemon", "守护进程", &[]),
    ("demo", "演示", &[]),
    ("conditions", "符合条件", &[]),
    ("folder", "流程目录的改动", &[]),
]);

/// Where the messages of a channel go.
pub const GATEWAYS: Words = Words(&[("spool", "文件夹", &[]), ("http", "网关", &[])]);

/// How a channel or its sending stands.
pub const CHANNELS: Words = Words(&[
    ("rehearsal", "演练", &[]),
    ("fault", "故障", &[]),
    ("not_taken_up", "未启用", &[]),
    ("paused", "停发", &[]),
    ("folder", "写入文件夹", &[]),
    ("works", "正常", &[]),
    ("untried", "未试发", &[]),
    ("held", "扣下", &[]),
    ("daily", "每天按上限放行", &[]),
    ("tomorrow", "今天上限已用完,明天送", &[]),
]);

/// Why an order stands where it does.
pub const NOTES: Words = Words(&[
    ("simulated", "模拟", &[]),
    ("plugin_off", "插件未启用", &[]),
    ("left_before_restore", "恢复之前已送出", &[]),
    ("died_while_sending", "送出时程序中断", &[]),
    ("not_after", "过了最后期限", &[]),
    ("lost_place", "版本里没有它的环节", &[]),
    ("overtaken", "案件已离开该环节", &[]),
    ("stage_left", "案件已离开该环节", &[]),
    ("claim_ended", "债权已了结", &[]),
    ("case_changed", "案情有变,重新复核", &[]),
    ("not_approved", "期限内未批准", &[]),
    ("sending", "送出中", &[]),
    ("dismissed", "债权不成立或已消灭", &[]),
    ("nothing_overdue", "已没有逾期", &[]),
    ("lapsed", "当天已过,收回", &[]),
    ("recipient_deceased", "对方已死亡", &[]),
    ("debtor_deceased", "债务人已死亡", &[]),
    ("amount_changed", "金额已变", &[]),
    ("paid_since", "刚还过款", &[]),
    ("date_changed", "日期已变", &[]),
    ("wording_changed", "措辞已改", &[]),
    ("template_gone", "模板已不在", &[]),
    ("rehearsal_over", "演练已结束", &[]),
    ("rehearsed", "演练", &[]),
]);

/// What a script decides.
pub const DECISIONS: Words = Words(&[
    ("go", "转环节", &[]),
    ("wait", "等待", &[]),
    ("stay", "不变", &[]),
    ("pause", "暂停", &[]),
    ("become", "转流程", &[]),
    ("finish", "结束", &[]),
]);

/// Kinds of tasks.
pub const TASKS: Words = Words(&[
    ("call", "电话", &[]),
    ("visit", "上门", &[]),
    ("complaint", "投诉", &[]),
    ("approval", "审批", &[]),
    ("review", "复核", &[]),
    ("override", "核准转诉", &[]),
    ("unknown", "结果不明", &[]),
    ("limitation", "时效", &[]),
    ("channel_fault", "渠道故障", &[]),
    ("deadlines_unwatched", "期限无人看守", &[]),
    ("enrolment_fault", "纳入出错", &[]),
    ("workflow_suspended", "流程停办", &[]),
    ("failed", "投递失败", &[]),
    ("deadline", "期限", &[]),
    ("task", "待办", &[]),
    ("answer", "答复", &[]),
    ("escalation", "督办", &[]),
    ("investigate", "调查", &[]),
    ("negotiate", "协商", &[]),
    ("guarantee", "保证期间", &[]),
    ("claim_filing", "申报债权", &[]),
    ("gate", "主管决定", &[]),
    ("suit_check", "起诉前核对", &[]),
    ("refused", "合规不许", &[]),
    ("heirs", "继承人", &[]),
    ("estate", "遗产", &[]),
    ("verify_death", "核实死亡", &[]),
    ("guarantor", "保证人", &[]),
    ("serve", "当面送达", &[]),
    ("withdraw", "撤诉", &[]),
    ("no_suit", "未起诉", &[]),
    ("court_review", "复核法院程序", &[]),
    ("judgment", "裁判", &[]),
    ("assets", "财产线索", &[]),
    ("promise_date", "承诺日较远", &[]),
    ("trace", "查找", &[]),
    ("report", "补登结果", &[]),
    ("booking", "核对入账", &[]),
    ("dispute", "异议核账", &[]),
    ("hardship", "困难评估", &[]),
    ("plan", "分期履行", &[]),
    ("replan", "改分期方案", &[]),
    ("reply", "客户回复", &[]),
    ("apology", "致歉", &[]),
]);

/// What can be stopped.
pub const SCOPES: Words = Words(&[
    ("all", "全部", &[]),
    ("channel", "渠道", &[]),
    ("workflow", "流程", &[]),
    ("release", "版本", &[]),
    ("act", "用途", &[]),
    ("orders", "指令", &[]),
    ("demand", "催收", &[]),
]);

/// The roles of people.
pub const ROLES: Words = Words(&[
    ("administrator", "管理员", &[]),
    ("editor", "流程编辑", &[]),
    ("supervisor", "主管", &[]),
    ("collector", "信贷员", &[]),
    ("legal", "法务", &[]),
    ("compliance", "合规", &[]),
    ("risk", "风险", &[]),
    ("auditor", "审计", &[]),
]);

/// What can be typed in place of an unknown channel, verb or state, for Chinese
/// readers: each with what it means.
pub fn there_are<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let shown =
        |it: &'a str| if VERBS.said(it).is_some() { VERBS.zh(it) } else { STATES.zh(it) };
    words.into_iter().map(shown).collect::<Vec<_>>().join("、")
}

/// What shows that somebody has promised, or that a demand arrived.
pub const EVIDENCE: Words = Words(&[
    ("bare_assertion", "口头", &[]),
    ("signed_paper", "签字书面", &[]),
    ("signed_receipt", "签收回执", &[]),
    ("recorded_call", "录音", &[]),
    ("registered_mail", "挂号信记录", &[]),
    ("reserved_number", "到达记录", &[]),
    ("court_paper", "法院文书", &[]),
    ("ledger_entry", "本行账目", &[]),
    ("committee_receipt", "调解受理回执", &[]),
    ("published_notice", "报纸公告", &[]),
    ("proved", "有凭证", &[]),
    ("claimed", "自称", &[]),
]);

impl Words {
    /// A list of such words.
    pub const fn of(words: &'static [Said]) -> Self {
        Self(words)
    }

    /// The words with all that staff say for them.
    pub fn rows(self) -> &'static [Said] {
        self.0
    }

    /// The word of the program for what somebody typed: what staff say, the word itself
    /// in whatever letters, or both as they are printed, `no_answer(无人接听)`. What is
    /// not known stays.
    pub fn typed(self, text: String) -> String {
        let whole = text.trim();
        let plain = whole.to_lowercase().replace(['-', ' '], "_");
        let is_printed = |it: &&Word| {
            let behind = plain.strip_prefix(it.0).unwrap_or_default();
            !behind.is_empty() && behind.trim_matches(['(', ')', '(', ')']) == it.1
        };
        let same = |it: &&Word| {
            it.0 == plain || it.1 == whole || it.2.contains(&whole) || is_printed(it)
        };
        self.0.iter().find(same).map_or(text, |it| it.0.to_owned())
    }

    /// [`Self::typed`] as a parser of arguments.
    pub fn parser(
        self,
    ) -> impl Fn(&str) -> Result<String, Infallible> + Clone + Send + Sync + 'static {
        move |text: &str| Ok(self.typed(text.to_owned()))
    }

    /// The words of the program, in their order.
    pub fn all(self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|it| it.0)
    }

    /// Whether a text is what staff say for a word, or another name of it.
    pub fn is(self, word: &str, text: &str) -> bool {
        let found = self.0.iter().find(|it| it.0 == word);
        found.is_some_and(|it| it.1 == text || it.2.contains(&text))
    }

    /// What staff say for a word; nothing when it has no other name.
    pub fn said(self, word: &str) -> Option<&'static str> {
        self.0.iter().find(|it| it.0 == word).map(|it| it.1)
    }

    /// A word as it is printed for Chinese readers: `complaint(投诉)`.
    pub fn zh(self, word: &str) -> String {
        match self.said(word) {
            Some(said) => format!("{word}({said})"),
            None => word.to_owned(),
        }
    }

    /// The word of whoever reads it, without the one to type.
    pub fn plain(self, word: &str, lang: Lang) -> &str {
        self.said(word).filter(|_| lang == Lang::Zh).unwrap_or(word)
    }

    /// A word as it is printed.
    pub fn shown(self, word: &str, lang: Lang) -> String {
        if lang == Lang::Zh { self.zh(word) } else { word.to_owned() }
    }

    /// Words of a list beside each other, for Chinese readers.
    pub fn listed<'a>(self, words: impl IntoIterator<Item = &'a str>) -> String {
        words.into_iter().map(|word| self.zh(word)).collect::<Vec<_>>().join("、")
    }
}

#[cfg(test)]
mod tests {
    use domain::conduct::PolicyPack;
    use domain::hold::HoldReason;
    use domain::ledger::EntryKind;
    use domain::limitation::Evidence;
    use domain::manifest::Channel;
    use domain::promise::Grade;
    use domain::role::Role;

    use super::*;

    /// Scripts and lists call a role by one name.
    #[test]
    fn whatever_the_shipped_rules_oblige_people_to_is_said_in_chinese() {
        let text = include_str!("../../../workflows/policies/cn-rcc.toml");
        let pack = PolicyPack::parse(text, "").unwrap();
        let musts = pack.conduct.iter().flat_map(|it| it.must.clone());
        let told = pack.party_rules.iter().flat_map(|rule| {
            let may = rule.may_disclose.iter().map(|it| format!("may_disclose:{it}"));
            let never =
                rule.never_disclose.iter().map(|it| format!("never_disclose:{it}"));
            let cap = rule.cap.iter().map(|it| format!("cap:{it}"));
            may.chain(never).chain(cap).collect::<Vec<_>>()
        });
        // Of the wording the review judges itself.
        for duty in musts.chain(told).filter(|must| must != "approved_template") {
            assert!(DUTIES.said(&duty).is_some(), "{duty}");
        }
    }

    #[test]
    fn a_role_is_called_in_one_way() {
        for role in Role::ALL {
            assert_eq!(ROLES.said(role.as_str()), Some(role.called()), "{role}");
        }
    }

    #[test]
    fn every_word_of_the_lists_that_staff_meet_has_a_chinese_one() {
        let lists: [(&[&str], Words); 5] = [
            (&HoldReason::ALL.map(HoldReason::as_str), HOLDS),
            (&EntryKind::ALL.map(EntryKind::as_str), ENTRIES),
            (&Channel::ALL.map(Channel::as_str), VERBS),
            (&Grade::ALL.map(Grade::as_str), GRADES),
            (&Evidence::ALL.map(Evidence::as_str), EVIDENCE),
        ];
        for (words, list) in lists {
            for word in words {
                assert!(list.said(word).is_some(), "{word}");
            }
        }
    }

    #[test]
    fn what_staff_type_is_the_word_of_the_program() {
        let typed = [
            (CALLS, "接通", "conversation"),
            (CALLS, "无人接听", "no_answer"),
            (CALLS, " 占线", "busy"),
            (CALLS, "busy", "busy"),
            (CALLS, "bussy", "bussy"),
            (CALLS, "no_answer(无人接听)", "no_answer"),
            (CALLS, "No-Answer", "no_answer"),
            (CALLS, "no_answer(通话)", "no_answer(通话)"),
            (VISITS, "不在家", "absent"),
            (HOLDS, "律师", "lawyer"),
        ];
        for (list, text, word) in typed {
            assert_eq!(list.typed(text.to_owned()), word, "{text}");
        }
    }

    #[test]
    fn no_two_words_of_a_list_are_typed_alike() {
        for list in [CALLS, CAUSES, VISITS, HOLDS] {
            let mut typed: Vec<&str> =
                list.0.iter().flat_map(|it| it.2.iter().copied().chain([it.1])).collect();
            let count = typed.len();
            typed.sort_unstable();
            typed.dedup();
            assert_eq!(typed.len(), count);
        }
    }
}
