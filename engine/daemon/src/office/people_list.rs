//! People by a list (当事人清单登记): each line is entered as if by hand, and what stands so
//! already is left alone, so that the same list again changes nothing.

use anyhow::{Result, bail};
use domain::ids::CaseId;
use domain::point::{PointKind, PointState};
use jiff::civil::Date;
use serde_json::json;
use store::people_by_hand::{self, OfCase};
use store::points::{self, Point};

use crate::import::PersonLine;
use crate::office::language::{self, say};
use crate::office::people::{self, Deed, PersonTyped, number_of, told};
use crate::office::reach::{PointTyped, state_of};
use crate::office::writes::{Done, case_of};
use crate::office::{Asker, CameToNothing};
use crate::words::PARTIES;
use crate::workshop::Workshop;

/// What the lines of a list came to.
#[derive(Default)]
struct Came {
    added: usize,
    changed: usize,
    unchanged: usize,
    /// The line, and why it was left out.
    rejected: Vec<(u64, String)>,
}

/// What a line came to.
enum Line {
    Added,
    Changed,
    Unchanged,
}

/// Enters the lines of a list.
pub(super) async fn enter(
    shop: &Workshop,
    asker: &Asker,
    lines: &[PersonLine],
    reason: &str,
) -> Done {
    let mut came = Came::default();
    for line in lines {
        match one(shop, asker, line, reason).await {
            Ok(Line::Added) => came.added += 1,
            Ok(Line::Changed) => came.changed += 1,
            Ok(Line::Unchanged) => came.unchanged += 1,
            Err(error) => {
                let why = language::told(&error, language::asked_in());
                came.rejected.push((line.line, why.replace('\n', " ")));
            }
        }
    }
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
    for (line, why) in &rejected {
        text +=
            &say(format!("\n  第 {line} 行:{why}"), format!("\n  line {line}: {why}"));
    }
    let left_out: Vec<_> =
        rejected.iter().map(|(line, why)| json!({ "line": line, "why": why })).collect();
    let data = json!({
        "added": added, "changed": changed, "unchanged": unchanged, "rejected": left_out,
    });
    if !lines.is_empty() && rejected.len() == lines.len() {
        return Err(CameToNothing { text, data }.into());
    }
    Ok((text, data))
}

async fn one(
    shop: &Workshop,
    asker: &Asker,
    line: &PersonLine,
    reason: &str,
) -> Result<Line> {
    let case_id = case_of(shop, &line.case).await?;
    let carry_out = async |deed: Deed| {
        people::carry_out(shop, asker, (line.case.as_str(), &deed), reason).await
    };
    let found = on_case(shop, case_id, line).await?;
    let Some(person) = found else {
        let (_, data) = carry_out(Deed::Add(typed(line))).await?;
        let who = format!("#{}", data["person"]);
        for point in points_of(line, &who, None, &[])? {
            carry_out(Deed::Point(point)).await?;
        }
        return Ok(Line::Added);
    };
    let who = format!("#{}", person.party);
    let mut is_changed = false;
    if let Some(typed) = corrected(line, &person) {
        carry_out(Deed::Correct { who: Some(who.clone()), typed }).await?;
        is_changed = true;
    }
    let known = {
        let mut conn = shop.engine.store.read().await?;
        points::of_people(conn.conn(), &[person.party]).await?
    };
    for point in points_of(line, &who, Some(&person), &known)? {
        carry_out(Deed::Point(point)).await?;
        is_changed = true;
    }
    Ok(if is_changed { Line::Changed } else { Line::Unchanged })
}

/// The person of the case whom a line names: by number, by identity card, or by role and
/// name.
async fn on_case(
    shop: &Workshop,
    case: CaseId,
    line: &PersonLine,
) -> Result<Option<OfCase>> {
    let on_case = {
        let mut conn = shop.engine.store.read().await?;
        people_by_hand::of_case(conn.conn(), case).await?
    };
    let role = PARTIES.typed(line.role.trim().to_owned());
    let number = told(line.number.as_ref());
    let card = told(line.id_number.as_ref()).map(|it| it.to_uppercase());
    let is_meant = |person: &&OfCase| {
        let by_number = number.as_ref().is_some_and(|it| *it == person.party_no);
        let by_card = card.is_some() && card == person.id_number;
        person.role.as_str() == role
            && (by_number || by_card || person.name == line.name.trim())
    };
    Ok(on_case.iter().find(is_meant).cloned())
}

/// Somebody new, without numbers and addresses: those are entered with their state.
fn typed(line: &PersonLine) -> PersonTyped {
    PersonTyped {
        role: Some(line.role.clone()),
        number: line.number.clone(),
        name: Some(line.name.clone()),
        id_number: line.id_number.clone(),
        phone: None,
        address: None,
        village: line.village.clone(),
        guarantee: line.guarantee.clone(),
        months: line.months,
        documents: line.documents.clone(),
    }
}

/// What of somebody on record is otherwise in the list.
fn corrected(line: &PersonLine, person: &OfCase) -> Option<PersonTyped> {
    let name = told(Some(&line.name)).filter(|it| *it != person.name);
    let card = told(line.id_number.as_ref()).map(|it| it.to_uppercase());
    let id_number = card.filter(|it| Some(it) != person.id_number.as_ref());
    let village =
        told(line.village.as_ref()).filter(|it| Some(it) != person.village.as_ref());
    let is_other = name.is_some() || id_number.is_some() || village.is_some();
    is_other.then(|| PersonTyped { name, id_number, village, ..PersonTyped::default() })
}

/// The numbers, accounts and addresses of a line that are not on record like that.
fn points_of(
    line: &PersonLine,
    who: &str,
    person: Option<&OfCase>,
    known: &[Point],
) -> Result<Vec<PointTyped>> {
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
        let Some(mut value) = value else { continue };
        if kind == PointKind::Phone {
            value = number_of(&value)?;
        }
        let wanted = state.as_deref().map(|it| state_of(kind, it)).transpose()?;
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
        found.push(PointTyped {
            kind,
            who: Some(who.to_owned()),
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
        });
    }
    Ok(found)
}

/// The day in a cell.
fn day(cell: &str) -> Result<Date> {
    match crate::import::cells::date(cell) {
        Ok(day) => Ok(day),
        Err(_) => bail!(say(
            "微信同意日不是日期;写成 2026-03-01",
            "the day of the consent is none; write 2026-03-01",
        )),
    }
}
