//! How people are reached (联系方式登记): numbers, accounts and addresses with their state.

use anyhow::{Result, bail};
use domain::conduct::ContactWindow;
use domain::ids::PartyId;
use domain::journal::{Entered, PointByHand};
use domain::manifest::Channel;
use domain::party::Role;
use domain::phone;
use domain::point::{self, PointKind, PointState};
use domain::say::Lang;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use runtime::words::{POINT_STATES, POINTS};
use serde::{Deserialize, Serialize};
use store::people_by_hand::OfCase;
use store::points::{self, NewPoint};

use crate::app::App;
use crate::authority;
use crate::command::DESK;
use crate::language::say;
use crate::people::{in_use, number_of, shown, told, who};
use crate::writes::case_of;
use crate::{Actor, Answer, Done, Execute, Rules};

/// Enter a number, an account or an address, or how it stands now. Its `Debug` form
/// leaves it out.
#[derive(Clone, Deserialize, Serialize)]
pub struct Point {
    /// Loan number.
    pub case: String,
    /// Which of the three.
    pub kind: PointKind,
    /// Whose: a number, a name or a role; the borrower's when not given.
    pub person: Option<String>,
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
    /// Why.
    pub reason: String,
}

impl std::fmt::Debug for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Point({}, {})", self.case, self.kind)
    }
}

/// What was entered.
#[derive(Debug, Serialize)]
pub(crate) struct Pointed {
    person: PartyId,
    point: PointKind,
    state: PointState,
}

impl Execute for Point {
    type Data = Pointed;

    fn rules(&self) -> Rules<'_> {
        Rules::of(DESK).because(&self.reason).bearing_a_day()
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let case_id = case_of(app, &self.case).await?;
        let kind = self.kind;
        let now = app.engine.clock.now();
        let on = self.on.unwrap_or(now.today());
        if now.today() < on {
            bail!(say(format!("日期 {on} 还没有到"), format!("{on} lies ahead")));
        }
        let typed = self.state.as_deref().map(|word| state_of(kind, word)).transpose()?;
        let best_hours = hours_of(app, self.hours.as_ref())?;
        let mut work = app.engine.begin_by(actor.because(&self.reason), &now).await?;
        let of = (self.case.as_str(), case_id);
        let person = who(work.conn(), of, self.person.as_deref()).await?;
        let value = self.value_of(&person)?;
        let stands = points::standing(work.conn(), person.party, kind, &value).await?;
        let state = typed.or(stands).unwrap_or(PointState::Given);
        if kind == PointKind::Wechat && state == PointState::Confirmed {
            let before = points::of_people(work.conn(), &[person.party]).await?;
            still_withdrawn(&before, &value, on)?;
        }
        if stands == Some(PointState::Refused) && !state.is_out_of_use() {
            let refusal =
                ("本人拒绝用这一方式联系", "the person refused to be contacted there");
            authority::decides(app, actor, case_id, refusal).await?;
        }
        let given_by = told(self.given_by.as_ref());
        let new = NewPoint {
            party: person.party,
            kind,
            value: value.clone(),
            state,
            on,
            by: actor.name.clone(),
            given_by: given_by.clone(),
            best_hours,
        };
        points::enter(work.conn(), &now, &[new]).await?;
        let used = in_use(
            &who(work.conn(), of, Some(&format!("#{}", person.party))).await?,
            kind,
        );
        if let Some(village) = told(self.village.as_ref()) {
            points::set_village(work.conn(), person.party, &village).await?;
        }
        if typed == Some(PointState::Wrong) {
            points::trace(work.conn(), &now, &[(case_id, person.party)]).await?;
        }
        let what = Entered::Point(PointByHand {
            point: kind,
            party: person.party,
            state,
            shown: (kind == PointKind::Phone).then(|| phone::masked(&value)),
            given_by,
            on,
        });
        let work = work.journal_entry(case_id, what).await?;
        work.commit().await?;
        let data = Pointed { person: person.party, point: kind, state };
        let text = told_of(&person, kind, state)
            + &what_stays(typed, state)
            + &what_is_used(kind, state, (&value, used.as_deref()));
        Ok(Answer { text, data })
    }
}

impl Point {
    /// What was typed, as it is kept; what is in use of the person where nothing was.
    fn value_of(&self, person: &OfCase) -> Result<String> {
        let kind = self.kind;
        let value = match told(self.value.as_ref()) {
            Some(value) if kind == PointKind::Phone => Some(number_of(&value)?),
            Some(value) => Some(value),
            None => in_use(person, kind),
        };
        match value {
            Some(value) => Ok(value),
            None => bail!(say(
                format!("没有登记{},请写明", POINTS.plain(kind.as_str(), Lang::Zh)),
                format!("no {kind} is on record: name it"),
            )),
        }
    }
}

/// Refuses a consent of a day before its withdrawal, which stands: it would be entered
/// and nothing would come of it.
fn still_withdrawn(before: &[points::Point], value: &str, on: Date) -> Result<()> {
    let withdrawn = before.iter().find(|it| {
        it.kind == PointKind::Wechat
            && it.value == value
            && it.state == PointState::Refused
            && on < it.state_on
    });
    let Some(day) = withdrawn.map(|it| it.state_on) else { return Ok(()) };
    bail!(say(
        format!(
            "本人已于 {day} 撤回同意,{on} 的同意在那之前,没有写入\n  提示:撤回之后又同意的,--on 写那一天"
        ),
        format!(
            "the person withdrew on {day}, and a consent of {on} lies before that; nothing was \
             written\n  hint: if they have consented again since, name that day with --on"
        ),
    ))
}

/// That another number stays in use, and how it is changed: what was entered comes after
/// it until somebody has confirmed it.
fn what_is_used(
    kind: PointKind,
    state: PointState,
    (value, used): (&str, Option<&str>),
) -> String {
    let other = used.filter(|used| *used != value && !state.is_out_of_use());
    let Some(other) = other.filter(|_| kind == PointKind::Phone) else {
        return String::new();
    };
    let other = phone::masked(other);
    say(
        format!(
            "\n  仍用原来的 {other};改用这个号码的,核实后加 --state 已核实 再登记一次,或把原来的登记为错号、本人拒绝"
        ),
        format!(
            "\n  {other} stays in use; to use this one, enter it again with --state confirmed, or \
             enter the other as wrong or refused"
        ),
    )
}

fn told_of(person: &OfCase, kind: PointKind, state: PointState) -> String {
    let (zh, en) = shown(person);
    say(
        format!(
            "已登记:{zh} 的{} {}",
            POINTS.plain(kind.as_str(), Lang::Zh),
            POINT_STATES.zh(state.as_str())
        ),
        format!("entered: {kind} of {en} is {state}"),
    )
}

/// That a number which is out of use stays so: only a state that is typed changes one.
pub(super) fn what_stays(typed: Option<PointState>, state: PointState) -> String {
    if typed.is_some() || !state.is_out_of_use() {
        return String::new();
    }
    say(
        "\n  登记过停用,仍不使用;确实可用的,加 --state 已核实",
        "\n  it was entered as out of use before and stays so; if it can be used after all, add --state confirmed",
    )
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

/// Hours at which somebody is reached best, all of them hours at which they may be.
fn hours_of(app: &App, typed: Option<&String>) -> Result<Option<String>> {
    let Some(text) = told(typed) else { return Ok(None) };
    match point::hours(&text) {
        Some(hours) => {
            if let Some(runtime) = app.engine.runtime() {
                may_be_called_at(&runtime.policy.contact_windows, &hours)?;
            }
            Ok(Some(hours))
        }
        None => bail!(say(
            format!("`{text}` 不是时段\n  提示:写成 18:00-20:00"),
            format!("`{text}` is no span of hours\n  hint: write 18:00-20:00"),
        )),
    }
}

/// Refuses hours at which the rules of conduct let nobody be called.
fn may_be_called_at(windows: &[ContactWindow], hours: &str) -> Result<()> {
    let at = |typed: &str| -> Option<DateTime> {
        let time: Time = format!("{typed}:00").parse().ok()?;
        Some(DateTime::from_parts(jiff::civil::date(2000, 1, 1), time))
    };
    let Some((from, until)) = hours.split_once('-') else { return Ok(()) };
    let Some((from, until)) = at(from).zip(at(until)) else { return Ok(()) };
    // The end itself is outside.
    let last = until.saturating_sub(1.minute());
    let (phone, role) = (Channel::Phone.as_str(), Role::Borrower.as_str());
    let closed = windows.iter().find(|window| {
        window.binds(phone, role) && !(window.is_open(from) && window.is_open(last))
    });
    let Some(rule) = closed else { return Ok(()) };
    let spans: Vec<String> =
        rule.allow.iter().map(|(from, until)| format!("{from}-{until}")).collect();
    let (id, spans) = (&rule.id, spans.join("、"));
    bail!(say(
        format!(
            "{hours} 有一部分不许致电(规则 {id}:{spans}),没有写入\n  提示:写在 {spans} 之内的时段"
        ),
        format!(
            "nobody may be called during a part of {hours} (rule {id}: {spans}); nothing was \
             written\n  hint: name hours within {spans}"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use release::built_in;

    #[test]
    fn nobody_is_best_reached_when_nobody_may_be_called() {
        let pack = built_in::policy("cn-rcc").unwrap();
        for (hours, may) in [
            ("08:00-22:00", true),
            ("18:00-20:30", true),
            ("21:00-23:30", false),
            ("07:30-09:00", false),
        ] {
            let told = may_be_called_at(&pack.contact_windows, hours);
            assert_eq!(told.is_ok(), may, "{hours}: {told:?}");
        }
    }
}
