//! What is on record of somebody, corrected (更正当事人).

use anyhow::{Result, bail};
use domain::journal::{Entered, PersonByHand, PersonMove};
use domain::party::Role;
use runtime::words::PARTIES;
use serde::{Deserialize, Serialize};
use store::people_by_hand::{self, Correction, OfCase};

use crate::app::App;
use crate::authority;
use crate::command::DESK;
use crate::language::say;
use crate::people::{
    PersonTyped, SomebodyOf, card_of, documents_of, guarantee_of, role_of, told, who,
};
use crate::writes::case_of;
use crate::{Actor, Answer, Done, Execute, Rules, refuse};

/// Correct what is on record of somebody.
#[derive(clap::Args, Clone, Debug, Deserialize, Serialize)]
pub struct PersonCorrect {
    /// The loan number.
    pub case: String,
    /// Who: the number in `person ls`, a name or a role; the borrower when not given.
    #[arg(long, value_name = "WHO")]
    pub person: Option<String>,
    /// What is so instead.
    #[command(flatten)]
    pub who: Box<PersonTyped>,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

impl Execute for PersonCorrect {
    type Data = SomebodyOf;

    fn rules(&self) -> Rules<'_> {
        Rules::of(DESK).because(&self.reason).bearing_a_day()
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let case_id = case_of(app, &self.case).await?;
        let new_role = self.who.role.as_deref().map(role_of).transpose()?;
        let correction = Correction {
            name: told(self.who.name.as_ref()),
            id_number: card_of(self.who.id_number.as_ref()),
            village: told(self.who.village.as_ref()),
            role: new_role,
            evidence: documents_of(&self.who)?,
            guarantee: guarantee_of(&self.who)?,
        };
        let changed = self.who.columns();
        if changed.is_empty() {
            bail!(say(
                "没有写明更正什么\n  提示:用 --name、--id-number、--village、--role、--guarantee 或 --document 写明;号码和住址用 `qingshou person phone`、`person address`",
                "nothing is said that would be corrected\n  hint: say it with --name, --id-number, --village, --role, --guarantee or --document; numbers and addresses go by `qingshou person phone` and `person address`",
            ));
        }
        let now = app.engine.clock.now();
        let mut work = app.engine.begin_by(actor.because(&self.reason), &now).await?;
        let of = (self.case.as_str(), case_id);
        let person = who(work.conn(), of, self.person.as_deref()).await?;
        let role = new_role.unwrap_or(person.role);
        if is_as_it_was(&correction, &person) {
            let (party, shown) = (person.party, PARTIES.zh(person.role.as_str()));
            bail!(say(
                format!("{shown}(编号 {party})登记的已是这样,没有改动"),
                format!(
                    "{} (number {party}) is on record like that; nothing was changed",
                    person.role
                ),
            ));
        }
        can_be(person.role, role, &correction)?;
        if person.role.protects() && !role.protects() {
            let protection =
                ("这一身份不作催收对象", "nothing is demanded of a person in this role");
            authority::decides(app, actor, case_id, protection).await?;
        }
        let which = (person.party, person.role);
        people_by_hand::correct(work.conn(), case_id, which, &correction).await?;
        let (party, person) = (person.party, PersonMove::Corrected);
        let what = Entered::Person(PersonByHand { person, party, role, changed });
        let work = work.journal_entry(case_id, what).await?;
        work.commit().await?;
        let text = say(
            format!("已更正:{}(编号 {party})", PARTIES.zh(role.as_str())),
            format!("corrected: {role} (number {party})"),
        );
        Ok(Answer { text, data: SomebodyOf { person: party, role } })
    }
}

/// Whether all that was typed stands so already. How a guarantor answers, and documents,
/// are written again: the list may have another source for them.
fn is_as_it_was(correction: &Correction, person: &OfCase) -> bool {
    let Correction { name, id_number, village, role, evidence, guarantee } = correction;
    let card = card_of(person.id_number.as_ref());
    evidence.is_none()
        && guarantee.is_none()
        && name.as_ref().is_none_or(|name| *name == person.name)
        && id_number.as_ref().is_none_or(|id_number| Some(id_number) == card.as_ref())
        && village.as_ref().is_none_or(|village| Some(village) == person.village.as_ref())
        && role.is_none_or(|role| role == person.role)
}

/// Refuses a role that nobody gets by a correction, and a guarantee of somebody else.
fn can_be(was: Role, role: Role, correction: &Correction) -> Result<()> {
    if correction.role.is_some() && (was == Role::Borrower || role == Role::Borrower) {
        return refuse(say(
            "借款人由清单登记,不在这里更改",
            "who the borrower is comes by the list, and is not changed here",
        ));
    }
    if role == Role::Guarantor && was != Role::Guarantor && correction.guarantee.is_none()
    {
        bail!(say(
            "改为保证人须用 --guarantee 写明一般保证或连带责任保证",
            "of a guarantor say by --guarantee whether it is general or joint",
        ));
    }
    if correction.guarantee.is_some() && role != Role::Guarantor {
        bail!(say("只有保证人有保证方式", "only a guarantor has a guarantee"));
    }
    Ok(())
}
