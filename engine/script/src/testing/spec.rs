//! `t.case { overdue = yuan(5000), days_past_due = 5 }` (测试用案件).

use domain::money::Fen;
use domain::party::GuaranteeKind;
use mlua::Value;

use super::CaseSpec;
use super::hooks::fields;
use crate::api::names::word;
use crate::api::values::{text, whole};
use crate::fault::Fault;
use crate::finding::nearest;

const KEYS: &[&str] = &[
    "overdue",
    "days_past_due",
    "principal",
    "village",
    "product",
    "collector",
    "cause",
    "debtor_type",
    "guarantors",
    "guarantee",
    "third_parties",
    "phone",
    "wechat",
    "limitation_days_left",
];

/// Reads the table; what is not named keeps its default.
pub(super) fn read(given: Option<&Value>) -> Result<CaseSpec, Fault> {
    let mut spec = CaseSpec::default();
    for (name, value) in fields(given, "t.case { overdue = yuan(5000) }")? {
        set(&mut spec, &name, &value)?;
    }
    Ok(spec)
}

fn set(spec: &mut CaseSpec, name: &str, value: &Value) -> Result<(), Fault> {
    let wrong = || {
        let got = word(value);
        Fault::new(
            format!("t.case 的 `{name}` 不能是 `{got}`"),
            format!("`{name}` of t.case cannot be `{got}`"),
        )
    };
    let amount = || whole(value).filter(|it| 0 <= *it).map(Fen).ok_or_else(wrong);
    let count = || whole(value).and_then(|it| u32::try_from(it).ok()).ok_or_else(wrong);
    let yes = || value.as_boolean().ok_or_else(wrong);
    let words = || text(value).map(Some).ok_or_else(wrong);
    match name {
        "overdue" => spec.overdue = amount()?,
        "days_past_due" => spec.days_past_due = count()?,
        "principal" => spec.principal = Some(amount()?),
        "village" => spec.village = words()?,
        "product" => spec.product = words()?,
        "collector" => spec.collector = words()?,
        "cause" => spec.cause = words()?,
        "debtor_type" => spec.debtor_type = words()?,
        "guarantors" => spec.guarantors = count()?,
        "guarantee" => {
            let kind = text(value);
            let kinds =
                [("joint", GuaranteeKind::Joint), ("general", GuaranteeKind::General)];
            let found = kinds.iter().find(|it| kind.as_deref() == Some(it.0));
            spec.guarantee = found.ok_or_else(wrong)?.1;
        }
        "third_parties" => spec.third_parties = count()?,
        "phone" => spec.phone = yes()?,
        "wechat" => spec.wechat = yes()?,
        "limitation_days_left" => {
            spec.limitation_days_left = Some(whole(value).ok_or_else(wrong)?);
        }
        other => {
            return Err(Fault::new(
                format!("t.case 没有 `{other}`"),
                format!("t.case has no `{other}`"),
            )
            .suggesting(nearest(other, KEYS.iter().copied())));
        }
    }
    Ok(())
}
