//! People by a list (当事人清单登记): each line is entered as if by hand, and what stands so
//! already is left alone, so that the same list again changes nothing.

use anyhow::{Error, Result, bail};
use domain::ids::CaseId;
use domain::point::{PointKind, PointState};
use domain::say::Lang;
use import::PersonLine;
use jiff::civil::Date;
use runtime::words::{PARTIES, POINTS};
use serde::{Deserialize, Serialize};
use store::people_by_hand::{self, OfCase};
use store::points;

use crate::app::App;
use crate::command::CHIEFS;
use crate::language::{self, say};
use crate::people::{PersonTyped, card_of, number_of, told};
use crate::point::state_of;
use crate::writes::case_of;
use crate::{
    Actor, Answer, CameToNothing, Done, Execute, PersonAdd, PersonCorrect, Point, Rules,
};

/// Enter people of cases by a list.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct PeopleList {
    /// The lines of the list.
    pub lines: Vec<PersonLine>,
    /// Why.
    pub reason: String,
}

/// What the lines of a list came to.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Came {
    added: usize,
    changed: usize,
    unchanged: usize,
    rejected: Vec<LeftOut>,
}

/// A line that was left out.
#[derive(Debug, Serialize)]
struct LeftOut {
    line: u64,
    why: String,
}

/// What a line came to.
enum Line {
    Added,
    Changed,
    Unchanged,
}

impl Execute for PeopleList {
    type Data = Came;

    fn rules(&self) -> Rules<'_> {
        Rules::of(CHIEFS).because(&self.reason)
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let mut came = Came::default();
        for line in &self.lines {
            match one(app, actor, line, &self.reason).await {
                Ok(Line::Added) => came.added += 1,
                Ok(Line::Changed) => came.changed += 1,
                Ok(Line::Unchanged) => came.unchanged += 1,
                Err(error) => {
                    let why = language::told(&error, language::asked_in());
                    let (line, why) = (line.line, why.replace('\n', " "));
                    came.rejected.push(LeftOut { line, why });
                }
            }
        }
        let text = told_of(&came);
        if !self.lines.is_empty() && came.rejected.len() == self.lines.len() {
            let data = serde_json::to_value(&came)?;
            return Err(CameToNothing { text, data }.into());
        }
        Ok(Answer { text, data: came })
    }
}

fn told_of(came: &Came) -> String {
    let Came { added, changed, unchanged, rejected } = came;
    let mut text = say(
        format!(
            "登记 {added} 人,更正 {changed} 人,没有变化 {unchanged} 人,退回 {} 行",
            rejected.len()
        ),
        format!(
            "{added} people entered, {changed} corrected, {unchanged} unchanged, {} lines left out",
            rejected.len()
        ),
    );
    for LeftOut { line, why } in rejected {
        text +=
            &say(format!("\n  第 {line} 行:{why}"), format!("\n  line {line}: {why}"));
    }
    text
}

async fn one(app: &App, actor: &Actor, line: &PersonLine, reason: &str) -> Result<Line> {
    let case_id = case_of(app, &line.case).await?;
    let found = on_case(app, case_id, line).await?;
    if line.months.is_some() && told(line.guarantee.as_ref()).is_none() {
        bail!(say(
            "写了保证期间,还要在“保证方式”一列写明一般保证或连带责任保证",
            "with the length of a guarantee say in the column `guarantee` whether it is general or joint",
        ));
    }
    let Some(person) = found else {
        // What is wrong with a cell is told before anybody is entered.
        points_of(line, ("", reason), None, &[])?;
        let Answer { data, .. } = added(line, reason).execute(app, actor).await?;
        let who = format!("#{}", data.person);
        for point in points_of(line, (&who, reason), None, &[])? {
            point.execute(app, actor).await?;
        }
        return Ok(Line::Added);
    };
    let who = format!("#{}", person.party);
    let mut is_changed = false;
    if let Some(typed) = corrected(line, &person) {
        let correction = PersonCorrect {
            case: line.case.clone(),
            person: Some(who.clone()),
            who: Box::new(typed),
            reason: reason.to_owned(),
        };
        correction.execute(app, actor).await?;
        is_changed = true;
    }
    let known = {
        let mut conn = app.engine.store.read().await?;
        points::of_people(conn.conn(), &[person.party]).await?
    };
    for point in points_of(line, (&who, reason), Some(&person), &known)? {
        point.execute(app, actor).await?;
        is_changed = true;
    }
    Ok(if is_changed { Line::Changed } else { Line::Unchanged })
}

/// The person of the case whom a line names: by number, by identity card, or by role and
/// name.
async fn on_case(app: &App, case: CaseId, line: &PersonLine) -> Result<Option<OfCase>> {
    let on_case = {
        let mut conn = app.engine.store.read().await?;
        people_by_hand::of_case(conn.conn(), case).await?
    };
    let role = PARTIES.typed(line.role.trim().to_owned());
    let number = told(line.number.as_ref());
    let card = card_of(line.id_number.as_ref());
    let is_meant = |person: &&OfCase| {
        let by_number = number.as_ref().is_some_and(|number| *number == person.party_no);
        let by_card = card.is_some() && card == card_of(person.id_number.as_ref());
        person.role.as_str() == role
            && (by_number || by_card || person.name == line.name.trim())
    };
    Ok(on_case.iter().find(is_meant).cloned())
}

/// Somebody new, without numbers and addresses: those are entered with their state.
fn added(line: &PersonLine, reason: &str) -> PersonAdd {
    PersonAdd {
        case: line.case.clone(),
        who: Box::new(PersonTyped {
            role: Some(line.role.clone()),
            name: Some(line.name.clone()),
            id_number: line.id_number.clone(),
            village: line.village.clone(),
            guarantee: line.guarantee.clone(),
            months: line.months,
            documents: line.documents.clone(),
        }),
        phone: None,
        address: None,
        number: line.number.clone(),
        reason: reason.to_owned(),
    }
}

/// What of somebody on record is otherwise in the list.
fn corrected(line: &PersonLine, person: &OfCase) -> Option<PersonTyped> {
    let name = told(Some(&line.name)).filter(|it| *it != person.name);
    let card = card_of(line.id_number.as_ref());
    let known = card_of(person.id_number.as_ref());
    let id_number = card.filter(|card| known.as_ref() != Some(card));
    let village =
        told(line.village.as_ref()).filter(|it| Some(it) != person.village.as_ref());
    let is_other = name.is_some() || id_number.is_some() || village.is_some();
    is_other.then(|| PersonTyped { name, id_number, village, ..PersonTyped::default() })
}

fn state_of_nothing(kind: PointKind) -> Error {
    let named = POINTS.plain(kind.as_str(), Lang::Zh);
    Error::msg(say(
        format!("写了{named}的状态,而没有登记{named}:请写明"),
        format!("there is a state of the {kind} and no {kind} on record: name it"),
    ))
}

/// The numbers, accounts and addresses of a line that are not on record like that.
fn points_of(
    line: &PersonLine,
    (who, reason): (&str, &str),
    person: Option<&OfCase>,
    known: &[points::Point],
) -> Result<Vec<Point>> {
    let mut found = Vec::new();
    let in_use = |kind: PointKind| match kind {
        PointKind::Phone => person?.phone.clone(),
        PointKind::Wechat => person?.wechat.clone(),
        PointKind::Address => person?.address.clone(),
    };
    let consented = told(line.wechat_on.as_ref());
    let cells = [
        (PointKind::Phone, told(line.phone.as_ref()), told(line.phone_state.as_ref())),
        (
            PointKind::Wechat,
            told(line.wechat.as_ref()),
            consented.is_some().then(|| "agreed".to_owned()),
        ),
        (
            PointKind::Address,
            told(line.address.as_ref()),
            told(line.address_state.as_ref()),
        ),
    ];
    for (kind, value, state) in cells {
        let wanted = state.as_deref().map(|state| state_of(kind, state)).transpose()?;
        let value = match (value, wanted) {
            (Some(value), _) if kind == PointKind::Phone => number_of(&value)?,
            (Some(value), _) => value,
            (None, None) => continue,
            // A state alone is that of what is in use, as it is for one entry by hand.
            (None, Some(wanted)) => match in_use(kind) {
                Some(value) => value,
                // Out of use by the same line before.
                None if known.iter().any(|it| it.kind == kind && it.state == wanted) => {
                    continue;
                }
                None => return Err(state_of_nothing(kind)),
            },
        };
        let stands = known.iter().find(|it| it.kind == kind && it.value == value);
        let is_known = match (wanted, stands) {
            (Some(wanted), Some(stands)) => stands.state == wanted,
            (None, Some(_)) => true,
            (None | Some(PointState::Given), None) => in_use(kind) == Some(value.clone()),
            (Some(_), None) => false,
        };
        if is_known {
            continue;
        }
        let of_phone = |cell: &Option<String>| {
            told(cell.as_ref()).filter(|_| kind == PointKind::Phone)
        };
        found.push(Point {
            case: line.case.clone(),
            kind,
            person: Some(who.to_owned()),
            value: Some(value),
            state,
            on: consented
                .as_deref()
                .filter(|_| kind == PointKind::Wechat)
                .map(day)
                .transpose()?,
            given_by: of_phone(&line.given_by),
            hours: of_phone(&line.best_hours),
            village: None,
            reason: reason.to_owned(),
        });
    }
    Ok(found)
}

/// The day in a cell.
fn day(cell: &str) -> Result<Date> {
    match import::cells::date(cell) {
        Ok(day) => Ok(day),
        Err(_) => bail!(say(
            "微信同意日不是日期;写成 2026-03-01",
            "the day of the consent is none; write 2026-03-01",
        )),
    }
}
