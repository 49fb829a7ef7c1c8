//! `t.case { overdue = yuan(5000), days_past_due = 5 }` (测试用案件).

use domain::manifest::{Text, text};
use domain::money::Fen;
use domain::near::nearest;
use domain::party::GuaranteeKind;
use mlua::Value;

use super::CaseSpec;
use super::hooks::fields;
use crate::api::names::word;
use crate::api::values::{self, whole};
use crate::fault::Fault;

/// One key of the table that `t.case` takes.
pub(crate) struct CaseKey {
    /// The name.
    pub(crate) name: &'static str,
    /// As it is written.
    pub(crate) example: &'static str,
    /// What the case has when a test does not name it.
    pub(crate) default: Text,
    /// What it says, with unit.
    pub(crate) doc: Text,
    /// Puts a value into the case; `None` when it cannot be one.
    set: fn(&mut CaseSpec, &Value) -> Option<()>,
}

/// Every key of `t.case { … }`.
pub(crate) const CASE_KEYS: &[CaseKey] = &[
    key(
        "overdue",
        "overdue = yuan(5000)",
        text(
            "1000 元;写了 days_until_due 的为 0",
            "1,000 yuan; nothing where days_until_due is written",
        ),
        text("逾期未还的金额", "the amount due and not paid"),
        |spec, value| amount(value).map(|amount| spec.overdue = amount),
    ),
    key(
        "days_past_due",
        "days_past_due = 5",
        text("1", "1"),
        text("逾期天数", "days since the oldest unpaid due date"),
        |spec, value| count(value).map(|count| spec.days_past_due = count),
    ),
    key(
        "principal",
        "principal = yuan(20000)",
        text(
            "逾期金额的两倍,没有逾期的为 1 万元",
            "twice what is overdue; 10,000 yuan when nothing is",
        ),
        text("借款本金", "the amount lent"),
        |spec, value| amount(value).map(|amount| spec.principal = Some(amount)),
    ),
    key(
        "village",
        "village = \"李村\"",
        text("测试村", "测试村"),
        text("自然村", "the debtor's village"),
        |spec, value| values::text(value).map(|text| spec.village = Some(text)),
    ),
    key(
        "product",
        "product = \"农户小额\"",
        text("测试贷款", "测试贷款"),
        text("产品", "the loan product"),
        |spec, value| values::text(value).map(|text| spec.product = Some(text)),
    ),
    key(
        "collector",
        "collector = \"示例乙\"",
        text("测试信贷员", "测试信贷员"),
        text("信贷员", "who works the case"),
        |spec, value| values::text(value).map(|text| spec.collector = Some(text)),
    ),
    key(
        "cause",
        "cause = \"oversight\"",
        text("不详", "unknown"),
        text(
            "拖欠原因:oversight、dissatisfied、short_of_cash、harvest、deliberate",
            "why the debtor does not pay: oversight, dissatisfied, short_of_cash, harvest, deliberate",
        ),
        |spec, value| values::text(value).map(|text| spec.cause = Some(text)),
    ),
    key(
        "debtor_type",
        "debtor_type = \"promiser\"",
        text("不详", "unknown"),
        text(
            "客户类型,见案件字段 debtor_type",
            "the kind of debtor, as the field debtor_type of the case",
        ),
        |spec, value| values::text(value).map(|text| spec.debtor_type = Some(text)),
    ),
    key(
        "guarantors",
        "guarantors = 2",
        text("0", "0"),
        text("保证人的人数", "how many guarantors there are"),
        |spec, value| count(value).map(|count| spec.guarantors = count),
    ),
    key(
        "guarantee",
        "guarantee = \"general\"",
        text("joint", "joint"),
        text("保证方式:joint 连带,general 一般", "how they guarantee: joint or general"),
        |spec, value| guarantee(value).map(|guarantee| spec.guarantee = guarantee),
    ),
    key(
        "third_parties",
        "third_parties = 1",
        text("0", "0"),
        text("在册的无关第三人的人数", "how many people are on record who owe nothing"),
        |spec, value| count(value).map(|count| spec.third_parties = count),
    ),
    key(
        "phone",
        "phone = false",
        text("true", "true"),
        text("客户有电话", "the debtor has a telephone number"),
        |spec, value| value.as_boolean().map(|as_boolean| spec.phone = as_boolean),
    ),
    key(
        "wechat",
        "wechat = true",
        text("false", "false"),
        text("客户已绑定微信", "the debtor has bound the official WeChat account"),
        |spec, value| value.as_boolean().map(|as_boolean| spec.wechat = as_boolean),
    ),
    key(
        "limitation_days_left",
        "limitation_days_left = 90",
        text("由最后的到期日算出", "what follows from the last due date"),
        text(
            "诉讼时效剩余天数,可为负",
            "days until the limitation period ends, negative once it is over",
        ),
        |spec, value| whole(value).map(|it| spec.limitation_days_left = Some(it)),
    ),
    key(
        "court_stage",
        "court_stage = \"judged\"",
        text("没有", "none"),
        text(
            "入册前已在法院的阶段,见案件字段 court_stage",
            "its stage before a court since before the book, see the case field court_stage",
        ),
        |spec, value| values::text(value).map(|text| spec.court_stage = Some(text)),
    ),
    key(
        "days_until_due",
        "days_until_due = 3",
        text("没有未到期的分期", "nothing falls due later"),
        text(
            "距下期到期的天数,0 为今天到期",
            "days until the next instalment falls due, 0 for today",
        ),
        |spec, value| count(value).map(|count| spec.days_until_due = Some(count)),
    ),
    key(
        "next_due_amount",
        "next_due_amount = yuan(500)",
        text("1000 元", "1,000 yuan"),
        text(
            "下期应还金额,须同时写 days_until_due",
            "what falls due then; needs days_until_due",
        ),
        |spec, value| {
            amount(value)
                .filter(|amount| Fen(0) < *amount)
                .map(|amount| spec.next_due_amount = amount)
        },
    ),
    key(
        "instalments",
        "instalments = 2",
        text("1", "1"),
        text(
            "未到期的分期有几期,每期隔一个月、金额相同,须同时写 days_until_due",
            "how many instalments lie ahead, a month apart and of the same amount; needs days_until_due",
        ),
        |spec, value| {
            count(value)
                .filter(|count| (1..=600).contains(count))
                .map(|count| spec.instalments = count)
        },
    ),
];

const fn key(
    name: &'static str,
    example: &'static str,
    default: Text,
    doc: Text,
    set: fn(&mut CaseSpec, &Value) -> Option<()>,
) -> CaseKey {
    CaseKey { name, example, default, doc, set }
}

/// Reads the table; what is not named keeps its default.
pub(super) fn read(given: Option<&Value>) -> Result<CaseSpec, Fault> {
    let mut spec = CaseSpec::default();
    let mut named = Vec::new();
    for (name, value) in fields(given, "t.case { overdue = yuan(5000) }")? {
        let known = CASE_KEYS.iter().map(|key| key.name);
        let Some(key) = CASE_KEYS.iter().find(|key| key.name == name) else {
            return Err(Fault::new(
                format!("t.case 没有 `{name}`"),
                format!("t.case has no `{name}`"),
            )
            .suggesting(nearest(&name, known)));
        };
        if (key.set)(&mut spec, &value).is_none() {
            let (got, example) = (word(&value), key.example);
            return Err(Fault::new(
                format!("t.case 的 `{name}` 不能是 `{got}`:应如 `{example}`"),
                format!("`{name}` of t.case cannot be `{got}`: write `{example}`"),
            ));
        }
        named.push(key.name);
    }
    whole_case(&mut spec, &named)?;
    Ok(spec)
}

/// What some keys mean for the others: a case with an instalment coming is on
/// time unless the test says that it is not.
fn whole_case(spec: &mut CaseSpec, named: &[&str]) -> Result<(), Fault> {
    if spec.days_until_due.is_some() {
        if named.contains(&"limitation_days_left") {
            return Err(Fault::new(
                "t.case 的 limitation_days_left 和 days_until_due 不能同时写:\
                 时效从最后的到期日起算",
                "limitation_days_left and days_until_due of t.case exclude each other: \
                 the period runs from the last due date",
            ));
        }
        if !named.contains(&"overdue") && !named.contains(&"days_past_due") {
            spec.overdue = Fen(0);
        }
        return Ok(());
    }
    match named.iter().find(|it| ["next_due_amount", "instalments"].contains(it)) {
        Some(name) => Err(Fault::new(
            format!("t.case 写了 `{name}`,还要写哪天到期,如 `days_until_due = 3`"),
            format!("`{name}` of t.case needs a date: write `days_until_due = 3`"),
        )),
        None => Ok(()),
    }
}

fn amount(value: &Value) -> Option<Fen> {
    whole(value).filter(|it| 0 <= *it).map(Fen)
}

fn count(value: &Value) -> Option<u32> {
    whole(value).and_then(|it| u32::try_from(it).ok())
}

fn guarantee(value: &Value) -> Option<GuaranteeKind> {
    match values::text(value)?.as_str() {
        "joint" => Some(GuaranteeKind::Joint),
        "general" => Some(GuaranteeKind::General),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use mlua::Lua;

    use super::*;

    fn case(lua: &Lua, keys: &str) -> Result<CaseSpec, Fault> {
        let yuan = lua.create_function(|_, yuan: i64| Ok(yuan * 100)).unwrap();
        lua.globals().set("yuan", yuan).unwrap();
        let table: Value = lua.load(format!("return {{ {keys} }}")).eval().unwrap();
        read(Some(&table))
    }

    #[test]
    fn every_key_is_taken_as_the_reference_page_writes_it() {
        let lua = Lua::new();
        for key in CASE_KEYS {
            let alone = ["next_due_amount", "instalments"].contains(&key.name);
            let more = if alone { ", days_until_due = 3" } else { "" };
            let spec = case(&lua, &format!("{}{more}", key.example));
            assert_ne!(spec.ok(), Some(CaseSpec::default()), "{}", key.example);
            assert!(
                case(&lua, &format!("{}{more}", key.example)).is_ok(),
                "{}",
                key.name
            );
            let wrong = case(&lua, &format!("{} = {{}}", key.name)).unwrap_err();
            assert!(wrong.say.en.contains(key.example), "{}", wrong.say.en);
        }
    }

    #[test]
    fn the_defaults_of_the_reference_page_are_those_of_a_case() {
        let lua = Lua::new();
        for (name, written) in [
            ("overdue", "yuan(1000)"),
            ("days_past_due", "1"),
            ("guarantors", "0"),
            ("guarantee", "'joint'"),
            ("third_parties", "0"),
            ("phone", "true"),
            ("wechat", "false"),
        ] {
            let spec = case(&lua, &format!("{name} = {written}")).ok();
            assert_eq!(spec, Some(CaseSpec::default()), "{name}");
            let key = CASE_KEYS.iter().find(|key| key.name == name).unwrap();
            let told = key.default.en.replace(',', "");
            let plain = written.replace("yuan(", "").replace([')', '\''], "");
            assert!(told.starts_with(&plain), "{name}: {told}");
        }
    }

    #[test]
    fn a_case_with_an_instalment_coming_is_on_time_unless_it_is_said_to_be_late() {
        let lua = Lua::new();
        let coming = case(&lua, "days_until_due = 3").ok().unwrap();
        assert_eq!((coming.overdue, coming.next_due_amount), (Fen(0), Fen(100_000)));
        let late = case(&lua, "days_until_due = 3, overdue = yuan(7)").ok().unwrap();
        assert_eq!(late.overdue, Fen(700));
        for (keys, wanted) in [
            ("next_due_amount = yuan(5)", "days_until_due = 3"),
            ("instalments = 2", "days_until_due = 3"),
            ("days_until_due = 3, limitation_days_left = 9", "limitation_days_left"),
            ("days_till_due = 3", "days_till_due"),
        ] {
            let fault = case(&lua, keys).unwrap_err();
            assert!(fault.say.en.contains(wanted), "{keys}: {}", fault.say.en);
        }
    }
}
