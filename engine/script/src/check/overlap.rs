//! Two workflows that want the same cases (纳入条件重叠).

use domain::enrolment::{Condition, Test};
use domain::say::Say;

use super::codes;
use super::flow::entries_acts;
use super::model::{Model, Script};
use super::report::Report;
use super::tree::{self, Entry, Expr, Kind, Pos};

/// Who a workflow takes in by itself, as far as it can be read.
struct Intake<'w> {
    workflow: &'w str,
    file: &'w str,
    at: Pos,
    lane: &'w str,
    conditions: Vec<Condition>,
    has_where: bool,
    /// It contacts people.
    contacts: bool,
}

/// Finds workflows of one lane that would take in the same case.
///
/// Only conditions on a shared field can keep two workflows apart. Those that
/// start on an event never compete with a scan.
pub(crate) fn check(model: &Model<'_>, report: &mut Report) {
    let intakes: Vec<Intake<'_>> =
        model.scripts.iter().filter_map(|script| intake(model, script)).collect();
    for (index, first) in intakes.iter().enumerate() {
        for second in &intakes[index + 1..] {
            if apart(first, second) {
                continue;
            }
            if first.lane == second.lane {
                tell(first, second, report);
            } else {
                tell_beside(model, first, second, report);
            }
        }
    }
}

fn tell(first: &Intake<'_>, second: &Intake<'_>, report: &mut Report) {
    let (one, other, lane) = (second.workflow, first.workflow, first.lane);
    let place = format!("{}:{}", first.file, first.at.line);
    if first.has_where || second.has_where {
        let text = Say::new(
            format!(
                "“{one}” 和 “{other}”({place})同在 {lane} 线,纳入条件可能重叠:where 函数无法事先比较"
            ),
            format!(
                "“{one}” and “{other}” ({place}) of lane {lane} may take the same case: `where` cannot be compared beforehand"
            ),
        );
        report.warn(codes::OVERLAP, second.file, second.at, text);
    } else {
        let text = Say::new(
            format!(
                "“{one}” 和 “{other}”({place})同在 {lane} 线,纳入条件重叠:同一案件会先进哪个无法确定"
            ),
            format!(
                "“{one}” and “{other}” ({place}) of lane {lane} take the same cases: which comes first is left to chance"
            ),
        );
        report.add(codes::OVERLAP, second.file, second.at, text);
    }
}

/// Two lanes go on beside each other: where both contact people, these hear of the
/// same case twice.
fn tell_beside(
    model: &Model<'_>,
    first: &Intake<'_>,
    second: &Intake<'_>,
    report: &mut Report,
) {
    let is_alone = |it: &Intake<'_>| {
        model.lanes.values().filter(|lane| lane.as_deref() == Some(it.lane)).count() == 1
    };
    let (alone, other) = match (is_alone(second), is_alone(first)) {
        (true, _) => (second, first),
        (_, true) => (first, second),
        _ => return,
    };
    if !(alone.contacts && other.contacts) {
        return;
    }
    let (one, lane, beside) = (alone.workflow, alone.lane, other.lane);
    let place = format!("{},{}:{}", other.workflow, other.file, other.at.line);
    let text = Say::new(
        format!(
            "“{one}” 单独在 {lane} 线,{beside} 线的流程({place})会同时处理同一案件,两边都联系客户:同一个人会收到两遍。应写同一个 lane,或使纳入条件不相交"
        ),
        format!(
            "“{one}” is alone in lane {lane} while one of lane {beside} ({place}) takes the same cases, and both contact people, who then hear twice: give them one lane, or conditions that do not meet"
        ),
    );
    report.warn(codes::OVERLAP, alone.file, alone.at, text);
}

/// A script sends something to people.
fn contacts(model: &Model<'_>, script: &Script<'_>) -> bool {
    let declared = script.stages.iter().chain(&script.always);
    declared.into_iter().any(|it| {
        let acts = entries_acts(script, it.entries);
        acts.calls.iter().any(|(name, _)| {
            model.verbs.get(name.as_str()).is_some_and(|verb| verb.channel.is_some())
        })
    })
}

fn intake<'w>(model: &'w Model<'_>, script: &'w Script<'_>) -> Option<Intake<'w>> {
    let workflow = script.workflow()?;
    let lane = model.lanes.get(workflow.name)?.as_deref()?;
    let enrol = tree::entry(workflow.entries, "enrol")?;
    let at = enrol.key.as_ref()?.pos;
    let (file, name) = (script.file, workflow.name);
    let contacts = contacts(model, script);
    let loaded = model
        .program
        .workflows
        .get(name)
        .filter(|workflow| workflow.file == file && workflow.lane == lane);
    if let Some(enrolment) = loaded.and_then(|loaded| loaded.enrol.as_ref()) {
        let scans = enrolment.on.is_empty();
        let (conditions, has_where) = (enrolment.conditions.clone(), enrolment.has_where);
        return scans.then_some(Intake {
            workflow: name,
            file,
            at,
            lane,
            conditions,
            has_where,
            contacts,
        });
    }
    let entries = enrol.value.entries()?;
    if tree::value(entries, "on").is_some() {
        return None;
    }
    let has_where = tree::value(entries, "where").is_some();
    let named = entries
        .iter()
        .filter(|entry| entry.key.as_ref().is_none_or(|key| key.text != "where"));
    // A condition that cannot be read may well keep the two apart.
    let conditions: Option<Vec<Condition>> =
        named.map(|it| condition(script, it)).collect();
    let conditions = conditions?;
    Some(Intake { workflow: name, file, at, lane, conditions, has_where, contacts })
}

fn condition(script: &Script<'_>, entry: &Entry) -> Option<Condition> {
    let field = entry.key.as_ref()?.text.clone();
    Some(Condition { field, test: test(script, &entry.value)? })
}

fn test(script: &Script<'_>, value: &Expr) -> Option<Test> {
    if let Some(text) = word(script, value) {
        return Some(Test::OneOf(vec![text]));
    }
    if let Some(n) = number(script, value) {
        return Some(Test::Between(n, n));
    }
    match value.call() {
        Some(("at_least", [bound])) => {
            return Some(Test::AtLeast(number(script, bound)?));
        }
        Some(("at_most", [bound])) => return Some(Test::AtMost(number(script, bound)?)),
        _ => {}
    }
    let items: Vec<&Expr> = value.entries()?.iter().map(|entry| &entry.value).collect();
    if let [low, high] = items.as_slice()
        && let (Some(low), Some(high)) = (number(script, low), number(script, high))
    {
        return Some(Test::Between(low, high));
    }
    items
        .iter()
        .map(|item| word(script, item))
        .collect::<Option<Vec<_>>>()
        .map(Test::OneOf)
}

fn word(script: &Script<'_>, value: &Expr) -> Option<String> {
    let constant = || script.constants.get(value.name()?)?.text();
    value.text().or_else(constant).map(str::to_owned)
}

fn apart(first: &Intake<'_>, second: &Intake<'_>) -> bool {
    first.conditions.iter().any(|one| {
        second
            .conditions
            .iter()
            .any(|other| one.field == other.field && disjoint(&one.test, &other.test))
    })
}

fn disjoint(one: &Test, other: &Test) -> bool {
    if let (Test::OneOf(one), Test::OneOf(other)) = (one, other) {
        return !one.iter().any(|it| other.contains(it));
    }
    match (range(one), range(other)) {
        (Some((low, high)), Some((from, to))) => high < from || to < low,
        _ => false,
    }
}

fn range(test: &Test) -> Option<(i64, i64)> {
    match test {
        Test::AtLeast(low) => Some((*low, i64::MAX)),
        Test::AtMost(high) => Some((i64::MIN, *high)),
        Test::Between(low, high) => Some((*low, *high)),
        Test::OneOf(_) => None,
    }
}

/// The value of a whole number or amount written out, in units or fen.
pub(crate) fn number(script: &Script<'_>, expr: &Expr) -> Option<i64> {
    match &expr.kind {
        Kind::Number(text) => text.replace('_', "").parse().ok(),
        Kind::Unary("-", inner) => number(script, inner)?.checked_neg(),
        Kind::Binary(left, "*", right) => {
            number(script, left)?.checked_mul(number(script, right)?)
        }
        Kind::Binary(left, "+", right) => {
            number(script, left)?.checked_add(number(script, right)?)
        }
        Kind::Binary(left, "-", right) => {
            number(script, left)?.checked_sub(number(script, right)?)
        }
        _ => match expr.call() {
            Some(("yuan", [amount])) => match &amount.kind {
                Kind::Number(text) => {
                    domain::money::Fen::from_yuan(text).ok().map(|it| it.0)
                }
                _ => number(script, amount)?.checked_mul(100),
            },
            // A constant that names itself must not go round for ever.
            _ => match script.constants.get(expr.name()?) {
                Some(value) if value.name().is_none() && plain(value) => {
                    number(script, value)
                }
                _ => None,
            },
        },
    }
}

/// A constant without further names in it.
fn plain(expr: &Expr) -> bool {
    let mut plain = true;
    tree::each_inner(expr, &mut |it| {
        let named = it.chain().is_some_and(
            |chain| !matches!(chain.head, tree::Head::Name(ref name) if name == "yuan"),
        );
        plain &= !named;
    });
    plain
}
