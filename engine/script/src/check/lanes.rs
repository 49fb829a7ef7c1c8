//! Lanes that are written in two ways (线写得不一样): each way is a lane of its own,
//! and a case that should be in one workflow is in two.

use domain::near::only_near;
use domain::say::Say;

use super::codes;
use super::model::{Model, Script};
use super::report::Report;
use super::tree::{self, Pos};

/// A workflow and the lane that it names.
struct Named<'w> {
    file: &'w str,
    workflow: &'w str,
    lane: &'w str,
    at: Pos,
}

/// Tells of a lane that no other workflow has and that is nearly one of another.
pub(super) fn check(model: &Model<'_>, report: &mut Report) {
    let all: Vec<Named<'_>> = model.scripts.iter().filter_map(named).collect();
    let users = |lane: &str| all.iter().filter(|named| named.lane == lane).count();
    for (index, named) in
        all.iter().enumerate().filter(|(_, named)| users(named.lane) == 1)
    {
        let others =
            all.iter().map(|other| other.lane).filter(|lane| *lane != named.lane);
        let Some(near) = only_near(named.lane, others) else { continue };
        let Some(first) = all.iter().position(|other| other.lane == near) else {
            continue;
        };
        // Of two that stand alone either may be meant: the later one is told.
        let is_sure = 1 < users(&near);
        if is_numbered(named.lane, &near) || (!is_sure && index < first) {
            continue;
        }
        tell(named, &all[first], is_sure, report);
    }
}

fn named<'w>(script: &'w Script<'_>) -> Option<Named<'w>> {
    let workflow = script.workflow()?;
    let value = tree::value(workflow.entries, "lane")?;
    let lane = script.text(value)?;
    Some(Named { file: script.file, workflow: workflow.name, lane, at: value.pos })
}

/// `team1` and `team2` are two on purpose.
fn is_numbered(one: &str, other: &str) -> bool {
    let letters = |lane: &str| lane.replace(|sign: char| sign.is_ascii_digit(), "");
    letters(one) == letters(other)
}

fn tell(named: &Named<'_>, other: &Named<'_>, is_sure: bool, report: &mut Report) {
    let (lane, near) = (named.lane, other.lane);
    let place = format!("{},{}:{}", other.workflow, other.file, other.at.line);
    let text = Say::new(
        format!(
            "lane “{lane}” 只有这个流程用,和 “{near}”({place})只差一点:写得不一样就是两条线,同一案件会同时进两个流程"
        ),
        format!(
            "only this workflow has the lane “{lane}”, which is nearly “{near}” ({place}): written differently they are two lanes, and a case is in both at once"
        ),
    );
    let at = named.at;
    if is_sure {
        report.add_word(codes::WRONG_LANE, named.file, (at, lane), text, [near]);
    } else {
        report.add(codes::WRONG_LANE, named.file, at, text);
    }
}
