//! Somebody taken off a case (移出当事人) who was put on it by mistake.

use domain::journal::{Entered, PersonByHand, PersonMove};
use domain::party::Role;
use runtime::words::PARTIES;
use serde::{Deserialize, Serialize};
use store::people_by_hand::{self, OfCase};

use crate::app::App;
use crate::authority;
use crate::command::CHIEFS;
use crate::language::say;
use crate::people::{SomebodyOf, who};
use crate::writes::case_of;
use crate::{Actor, Answer, Done, Execute, Rules, refuse};

/// Take somebody off a case who was put on it by mistake.
#[derive(clap::Args, Clone, Debug, Deserialize, Serialize)]
pub struct PersonRemove {
    /// The loan number.
    pub case: String,
    /// Who: the number in `person ls`, a name or a role.
    #[arg(long, value_name = "WHO")]
    pub person: String,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

impl Execute for PersonRemove {
    type Data = SomebodyOf;

    fn rules(&self) -> Rules<'_> {
        Rules::of(CHIEFS).because(&self.reason).bearing_a_day()
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let case_id = case_of(app, &self.case).await?;
        let now = app.engine.clock.now();
        let mut work = app.engine.begin_by(actor.because(&self.reason), &now).await?;
        let of = (self.case.as_str(), case_id);
        let OfCase { party, role, .. } = who(work.conn(), of, Some(&self.person)).await?;
        if role == Role::Borrower {
            return refuse(say(
                "借款人由清单登记,不能从案件里移出",
                "who the borrower is comes by the list: they are not taken off the case",
            ));
        }
        if role.protects() {
            let protection =
                ("这一身份是一项保护", "the role of this person is a protection");
            authority::decides(app, actor, case_id, protection).await?;
        }
        people_by_hand::remove(work.conn(), case_id, (party, role)).await?;
        let (person, changed) = (PersonMove::Removed, Vec::new());
        let what = Entered::Person(PersonByHand { person, party, role, changed });
        let work = work.journal_entry(case_id, what).await?;
        work.commit().await?;
        let text = say(
            format!(
                "已移出:{}(编号 {party}),已有的联络记录保留",
                PARTIES.zh(role.as_str())
            ),
            format!(
                "taken off: {role} (number {party}); what was done towards them stays"
            ),
        );
        Ok(Answer { text, data: SomebodyOf { person: party, role } })
    }
}
