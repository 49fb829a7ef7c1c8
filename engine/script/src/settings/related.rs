//! Settings that hang together (互相制约的设置项): a visit has to take place before its
//! result is asked for, so one of the two bounds the other.

use std::collections::{BTreeMap, BTreeSet};

use domain::near::nearest;
use domain::say::Say;

use super::{Declaration, FILE, Section, Setting, is_less, is_more, named};
use crate::fault::Fault;
use crate::finding::Finding;
use crate::program::SettingValue;

/// One setting that another one bounds.
pub(super) struct Related {
    name: String,
    side: Side,
    other: String,
}

#[derive(Clone, Copy)]
enum Side {
    NotBelow,
    NotAbove,
}

impl Side {
    fn holds(self, value: &Setting, other: &Setting) -> bool {
        match self {
            Self::NotBelow => !is_less(value, other),
            Self::NotAbove => !is_more(value, other),
        }
    }

    /// Chinese, English, and the key that says so.
    fn words(self) -> [&'static str; 3] {
        match self {
            Self::NotBelow => ["小于", "below", "min"],
            Self::NotAbove => ["大于", "above", "max"],
        }
    }
}

/// Every setting of a workflow that another one bounds.
pub(super) fn all(declared: &BTreeMap<String, Declaration>) -> Vec<Related> {
    let mut all = Vec::new();
    for (name, declaration) in declared {
        let sides = [
            (Side::NotBelow, &declaration.not_below),
            (Side::NotAbove, &declaration.not_above),
        ];
        let bound = sides.into_iter().filter_map(|(side, other)| {
            Some(Related { name: name.clone(), side, other: other.clone()? })
        });
        all.extend(bound);
    }
    all
}

/// What is wrong with how a script lets settings bound each other; what is wrong
/// bounds nothing afterwards.
pub(crate) fn faults(declared: &mut BTreeMap<String, Declaration>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for related in all(declared) {
        let Err(fault) = sound(&related, declared) else { continue };
        faults.push(fault);
        if let Some(declaration) = declared.get_mut(&related.name) {
            (declaration.not_below, declaration.not_above) = (None, None);
        }
    }
    faults
}

fn sound(
    Related { name, side, other }: &Related,
    declared: &BTreeMap<String, Declaration>,
) -> Result<(), Fault> {
    let [zh_side, en_side, key] = side.words();
    let Some(own) = declared.get(name) else { return Ok(()) };
    let Some(bound) = declared.get(other).filter(|_| name != other) else {
        let others = declared.keys().filter(|key| *key != name).map(String::as_str);
        let meant = nearest(other, others);
        return Err(Fault::new(
            format!("`{name}` 的 {key} 写的是 `{other}`,本流程没有这个设置项"),
            format!(
                "{key} of `{name}` names `{other}`, and the workflow has no such setting"
            ),
        )
        .code("W013")
        .suggesting(meant));
    };
    if own.default.kind() != bound.default.kind() {
        return Err(Fault::new(
            format!("`{name}` 的 {key} 写的是 `{other}`,两项不是一类,不能比较大小"),
            format!("{key} of `{name}` names `{other}`, which is of another kind"),
        )
        .code("W009"));
    }
    if side.holds(&own.default, &bound.default) {
        return Ok(());
    }
    let shown = |it: &Declaration| it.shown(&it.default).shown(&it.default.json());
    let (Say { zh, en }, Say { zh: zh_other, en: en_other }) = (shown(own), shown(bound));
    Err(Fault::new(
        format!("`{name}` 的默认值 {zh} 不能{zh_side} `{other}` 的默认值 {zh_other}"),
        format!(
            "the default of `{name}`, {en}, must not be {en_side} that of `{other}`, {en_other}"
        ),
    )
    .code("W057"))
}

/// Finds settings that lie on the wrong side of those that bound them, at the line
/// that says so, and gives such pairs their defaults back.
pub(super) fn keep(
    related: &[Related],
    section: &Section,
    settings: &mut BTreeMap<String, (SettingValue, Setting)>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut wrong = BTreeSet::new();
    for it in related {
        let both = settings.get(&it.name).zip(settings.get(&it.other));
        let Some((own, bound)) = both else { continue };
        let at = section.get(&it.name).or_else(|| section.get(&it.other));
        let Some(at) = at.filter(|_| !it.side.holds(&own.1, &bound.1)) else { continue };
        findings.push(finding(it, &own.0, &bound.0).at(at.line, at.col));
        wrong.extend([&it.name, &it.other]);
    }
    // Not before all are compared: a pair is told by what the file says.
    for name in wrong {
        if let Some((shown, value)) = settings.get_mut(name)
            && let Some(default) = Setting::of(shown.kind, &shown.default)
        {
            shown.value = shown.default.clone();
            *value = default;
        }
    }
    findings
}

fn finding(it: &Related, own: &SettingValue, bound: &SettingValue) -> Finding {
    let [zh_side, en_side, _] = it.side.words();
    let (Say { zh: zh_name, en: en_name }, Say { zh: zh_other, en: en_other }) =
        (named(&it.name, own), named(&it.other, bound));
    let (Say { zh, en }, Say { zh: zh_bound, en: en_bound }) =
        (own.shown(&own.value), bound.shown(&bound.value));
    Finding::error(
        "W057",
        FILE,
        format!(
            "{zh_name}是 {zh},不能{zh_side}{zh_other}的 {zh_bound}:两项一起改;改好以前照旧,\
             本文件的修改都不生效"
        ),
        format!(
            "{en_name} is {en} and must not be {en_side} {en_other}, which is {en_bound}: change \
             both together; until it is mended nothing of this file takes effect"
        ),
    )
}
