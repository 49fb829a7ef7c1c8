//! The numbers of one person in full (查看完整号码): for whoever works the case and for
//! supervisors, with a line in the journal before anything is told.

use anyhow::Result;
use domain::ids::{CaseId, PartyId};
use domain::journal::{Entered, RevealedByHand};
use domain::party;
use domain::point::{PointKind, PointState};
use domain::role::Role;
use runtime::words::POINT_STATES;
use serde::{Deserialize, Serialize};
use store::people_by_hand::OfCase;
use store::points::{self, Point};

use crate::app::App;
use crate::command::DESK;
use crate::language::say;
use crate::people::{shown, told, who};
use crate::writes::case_of;
use crate::{Actor, Answer, Done, Execute, Rules, authority, refuse};

/// Read the numbers of one person in full.
#[derive(clap::Args, Clone, Debug, Deserialize, Serialize)]
pub struct Reveal {
    /// The loan number.
    pub case: String,
    /// Who: the number in `person ls`, a name or a role; the borrower when not given.
    #[arg(long, value_name = "WHO")]
    pub person: Option<String>,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

/// A number in full.
#[derive(Serialize)]
struct Number {
    number: String,
    /// How it stands, where that is known.
    state: Option<PointState>,
}

/// The numbers of a person. It is printed for whoever asked and nowhere else.
#[derive(Serialize)]
pub(crate) struct Revealed {
    person: PartyId,
    role: party::Role,
    phones: Vec<Number>,
}

impl Execute for Reveal {
    type Data = Revealed;

    fn rules(&self) -> Rules<'_> {
        Rules::of(DESK).because(&self.reason)
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let case_id = case_of(app, &self.case).await?;
        may_read(app, actor, case_id).await?;
        let now = app.engine.clock.now();
        let mut work = app.engine.begin_by(actor.because(&self.reason), &now).await?;
        let of = (self.case.as_str(), case_id);
        let person = who(work.conn(), of, self.person.as_deref()).await?;
        let known = points::of_people(work.conn(), &[person.party]).await?;
        let (party, role) = (person.party, person.role);
        let what = Entered::Revealed(RevealedByHand { revealed: party, role });
        let work = work.journal_entry(case_id, what).await?;
        work.commit().await?;
        let phones = numbers(&person, &known);
        let text = told_of(&person, &phones);
        Ok(Answer { text, data: Revealed { person: party, role, phones } })
    }
}

/// Refuses whoever neither works the case nor is a supervisor.
async fn may_read(app: &App, actor: &Actor, case_id: CaseId) -> Result<()> {
    let may = actor.may(&[Role::Supervisor])
        || authority::collects(app, actor, case_id).await?;
    if may {
        return Ok(());
    }
    refuse(say(
        format!(
            "{} 不是本案信贷员,不能查看完整号码\n  提示:请本案信贷员或主管查看",
            actor.name
        ),
        format!(
            "{} is not the collector of this case and reads no number in full\n  hint: ask \
             its collector or a supervisor",
            actor.name
        ),
    ))
}

/// The number in use first, then whatever else was entered.
fn numbers(person: &OfCase, known: &[Point]) -> Vec<Number> {
    let in_use = told(person.phone.as_ref());
    let mut numbers: Vec<Number> =
        in_use.into_iter().map(|number| Number { number, state: None }).collect();
    for point in known.iter().filter(|it| it.kind == PointKind::Phone) {
        match numbers.iter_mut().find(|number| number.number == point.value) {
            Some(in_use) => in_use.state = Some(point.state),
            None => numbers
                .push(Number { number: point.value.clone(), state: Some(point.state) }),
        }
    }
    numbers
}

fn told_of(person: &OfCase, numbers: &[Number]) -> String {
    let (mut zh, mut en) = shown(person);
    for Number { number, state } in numbers {
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
    say(zh, en)
}
