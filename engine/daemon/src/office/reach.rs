//! How people are reached (联系方式登记): numbers, accounts and addresses with their state,
//! numbers read in full, and what debtors answer.

use anyhow::{Result, bail};
use domain::event::REPLY;
use domain::journal::{Entered, PointByHand, ReplyByHand, RevealedByHand};
use domain::phone;
use domain::point::{self, PointKind, PointState};
use domain::role::Role;
use jiff::civil::Date;
use script::finding::Lang;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use store::people_by_hand::OfCase;
use store::points::{self, NewPoint};

use crate::office::language::say;
use crate::office::people::{About, number_of, shown, told, who};
use crate::office::writes::{Done, record};
use crate::office::{Asker, authority, by_hand, refuse};
use crate::words::{POINT_STATES, POINTS, REPLIES};
use crate::workshop::Workshop;

/// A number, an account or an address, as it was typed. Its `Debug` form leaves it out.
#[derive(Clone, Deserialize, Serialize)]
pub struct PointTyped {
    /// Which of the three.
    pub kind: PointKind,
    /// Whose.
    pub who: Option<String>,
    /// The number, the account, the address; what is in use when not given.
    pub value: Option<String>,
    /// How it stands.
    pub state: Option<String>,
    /// Since when; today when not given.
    pub on: Option<Date>,
    /// Who gave it.
    pub given_by: Option<String>,
    /// When the person is reached best.
    pub hours: Option<String>,
    /// The village, of an address.
    pub village: Option<String>,
}

impl std::fmt::Debug for PointTyped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PointTyped({})", self.kind)
    }
}

/// What a debtor answered.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ReplyTyped {
    /// The channel of the answer.
    pub channel: String,
    /// Whose number was written to.
    pub who: Option<String>,
    /// Somebody else has it.
    pub wrong_number: bool,
}

/// The words that only one of the three has for a state.
pub(super) fn state_of(kind: PointKind, typed: &str) -> Result<PointState> {
    let word = POINT_STATES.typed(typed.trim().to_owned());
    let state = match (kind, word.as_str()) {
        (PointKind::Address, "current") | (PointKind::Wechat, "agreed") => {
            Some(PointState::Confirmed)
        }
        (PointKind::Wechat, "withdrawn") => Some(PointState::Refused),
        (_, word) => PointState::parse(word),
    };
    if let Some(state) = state.filter(|state| kind.states().contains(state)) {
        return Ok(state);
    }
    let able = kind.states().iter().map(|state| state.as_str());
    bail!(say(
        format!(
            "{}没有状态 `{typed}`\n  提示:可用 {}",
            POINTS.zh(kind.as_str()),
            POINT_STATES.listed(able.clone())
        ),
        format!(
            "`{typed}` is no state of a {kind}\n  hint: use {}",
            able.collect::<Vec<_>>().join(", ")
        ),
    ))
}

/// What is in use of a person.
fn in_use(person: &OfCase, kind: PointKind) -> Option<String> {
    let value = match kind {
        PointKind::Phone => person.phone.as_ref(),
        PointKind::Wechat => person.wechat.as_ref(),
        PointKind::Address => person
            .address
            .as_ref()
            .filter(|it| !it.is_empty())
            .or(person.village.as_ref()),
    };
    told(value)
}

/// Enters a number, an account or an address, or how it stands now.
pub(super) async fn point(
    shop: &Workshop,
    asker: &Asker,
    of: &About<'_>,
    typed: &PointTyped,
) -> Done {
    let kind = typed.kind;
    let now = shop.engine.clock.now();
    let on = typed.on.unwrap_or(now.today());
    if now.today() < on {
        bail!(say(format!("日期 {on} 还没有到"), format!("{on} lies ahead")));
    }
    let state = match typed.state.as_deref() {
        Some(word) => state_of(kind, word)?,
        None => PointState::Given,
    };
    let best_hours = hours_of(typed)?;
    let mut tx = shop.engine.store.write().await?;
    let person = who(tx.conn(), of, typed.who.as_deref()).await?;
    let value = match told(typed.value.as_ref()) {
        Some(value) if kind == PointKind::Phone => Some(number_of(&value)?),
        Some(value) => Some(value),
        None => in_use(&person, kind),
    };
    let Some(value) = value else {
        bail!(say(
            format!("没有登记{},请写明", POINTS.plain(kind.as_str(), Lang::Zh)),
            format!("no {kind} is on record: name it"),
        ));
    };
    let new = NewPoint {
        party: person.party,
        kind,
        value: value.clone(),
        state,
        on,
        by: asker.name.clone(),
        given_by: told(typed.given_by.as_ref()),
        best_hours,
    };
    points::enter(tx.conn(), &now, &[new]).await?;
    if let Some(village) = told(typed.village.as_ref()) {
        points::set_village(tx.conn(), person.party, &village).await?;
    }
    if state == PointState::Wrong {
        points::trace(tx.conn(), &now, &[(of.case_id, person.party)]).await?;
    }
    let what = Entered::Point(PointByHand {
        point: kind,
        party: person.party,
        state,
        shown: (kind == PointKind::Phone).then(|| phone::masked(&value)),
        given_by: told(typed.given_by.as_ref()),
        on,
    });
    by_hand(tx.conn(), &now, of.case_id, asker, of.reason, what).await?;
    shop.engine.conclude(&mut tx, &now).await?;
    tx.commit().await?;
    let (zh, en) = shown(&person);
    let text = say(
        format!(
            "已登记:{zh} 的{} {}",
            POINTS.plain(kind.as_str(), Lang::Zh),
            POINT_STATES.zh(state.as_str())
        ),
        format!("entered: {kind} of {en} is {state}"),
    );
    Ok((text, json!({ "person": person.party, "point": kind, "state": state })))
}

fn hours_of(typed: &PointTyped) -> Result<Option<String>> {
    let Some(text) = told(typed.hours.as_ref()) else { return Ok(None) };
    match point::hours(&text) {
        Some(hours) => Ok(Some(hours)),
        None => bail!(say(
            format!("`{text}` 不是时段\n  提示:写成 18:00-20:00"),
            format!("`{text}` is no span of hours\n  hint: write 18:00-20:00"),
        )),
    }
}

/// Reads the numbers of one person in full: for whoever works the case and for
/// supervisors, with a line in the journal before anything is told.
pub(super) async fn reveal(
    shop: &Workshop,
    asker: &Asker,
    of: &About<'_>,
    typed: Option<&str>,
) -> Done {
    let may = asker.may(&[Role::Supervisor])
        || authority::collects(shop, asker, of.case_id).await?;
    if !may {
        return refuse(say(
            format!(
                "{} 不是本案信贷员,不能查看完整号码\n  提示:请本案信贷员或主管查看",
                asker.name
            ),
            format!(
                "{} is not the collector of this case and reads no number in full\n  hint: ask \
                 its collector or a supervisor",
                asker.name
            ),
        ));
    }
    let now = shop.engine.clock.now();
    let mut tx = shop.engine.store.write().await?;
    let person = who(tx.conn(), of, typed).await?;
    let known = points::of_people(tx.conn(), &[person.party]).await?;
    let what =
        Entered::Revealed(RevealedByHand { revealed: person.party, role: person.role });
    by_hand(tx.conn(), &now, of.case_id, asker, of.reason, what).await?;
    tx.commit().await?;
    let (mut zh, mut en) = shown(&person);
    let mut numbers = Vec::new();
    if let Some(number) = told(person.phone.as_ref()) {
        numbers.push((number, None));
    }
    for point in known.iter().filter(|it| it.kind == PointKind::Phone) {
        match numbers.iter_mut().find(|it| it.0 == point.value) {
            Some(in_use) => in_use.1 = Some(point.state),
            None => numbers.push((point.value.clone(), Some(point.state))),
        }
    }
    for (number, state) in &numbers {
        let state = state.map(PointState::as_str).unwrap_or_default();
        let said = if state.is_empty() {
            String::new()
        } else {
            format!(" {}", POINT_STATES.zh(state))
        };
        zh = format!("{zh}\n  {number}{said}");
        en = format!("{en}\n  {}", format!("{number} {state}").trim_end());
    }
    if numbers.is_empty() {
        zh = format!("{zh}\n  没有登记电话");
        en = format!("{en}\n  no telephone is on record");
    }
    let numbers: Vec<_> = numbers
        .iter()
        .map(|(number, state)| json!({ "number": number, "state": state }))
        .collect();
    let data = json!({ "person": person.party, "role": person.role, "phones": numbers });
    Ok((say(zh, en), data))
}

/// Enters what a debtor answered; where somebody else has the number, it is used no more.
pub(super) async fn reply(
    shop: &Workshop,
    asker: &Asker,
    of: &About<'_>,
    typed: &ReplyTyped,
) -> Done {
    let channel = REPLIES.typed(typed.channel.trim().to_owned());
    if REPLIES.said(&channel).is_none() {
        bail!(say(
            format!(
                "没有渠道 `{}`\n  提示:可用 {}",
                typed.channel,
                REPLIES.listed(REPLIES.all())
            ),
            format!(
                "there is no channel `{}`\n  hint: use {}",
                typed.channel,
                REPLIES.all().collect::<Vec<_>>().join(", ")
            ),
        ));
    }
    let wrong = typed.wrong_number;
    let now = shop.engine.clock.now();
    let mut tx = shop.engine.store.write().await?;
    if wrong {
        let person = who(tx.conn(), of, typed.who.as_deref()).await?;
        let Some(value) = in_use(&person, PointKind::Phone) else {
            bail!(say("没有登记电话号码", "no telephone number is on record"));
        };
        let new = NewPoint {
            party: person.party,
            kind: PointKind::Phone,
            value,
            state: PointState::Wrong,
            on: now.today(),
            by: asker.name.clone(),
            given_by: None,
            best_hours: None,
        };
        points::enter(tx.conn(), &now, &[new]).await?;
        points::trace(tx.conn(), &now, &[(of.case_id, person.party)]).await?;
    }
    let mut payload = Map::new();
    payload.insert("channel".to_owned(), json!(channel));
    payload.insert("note".to_owned(), json!(of.reason));
    if wrong {
        payload.insert("wrong_number".to_owned(), json!(true));
    }
    record(shop, &mut tx, of.case_id, REPLY, payload).await?;
    let what =
        Entered::Reply(ReplyByHand { reply: channel.clone(), wrong_number: wrong });
    by_hand(tx.conn(), &now, of.case_id, asker, of.reason, what).await?;
    shop.engine.conclude(&mut tx, &now).await?;
    tx.commit().await?;
    let (zh, en) = if wrong {
        (";号码已停用,并开出查找待办", "; the number is out of use, and is to be traced")
    } else {
        ("", "")
    };
    let text = say(
        format!("已登记客户回复({}){zh}", REPLIES.zh(&channel)),
        format!("reply entered ({channel}){en}"),
    );
    Ok((text, json!({ "channel": channel, "wrong_number": wrong })))
}
