//! Somebody put on a case (登记当事人): co-borrower, guarantor, a spouse with joint debt,
//! heir, administrator, lawyer.

use anyhow::{Result, bail};
use domain::id_card;
use domain::ids::{CaseId, PartyId};
use domain::journal::{Entered, PersonByHand, PersonMove};
use domain::party::Role;
use domain::point::{PointKind, PointState};
use runtime::words::PARTIES;
use serde::{Deserialize, Serialize};
use store::case_book::{GuaranteeRow, PersonRow};
use store::people::{self, Known};
use store::points::{self, NewPoint};
use store::{Conn, Now, people_by_hand};

use crate::app::App;
use crate::command::DESK;
use crate::language::say;
use crate::people::{
    PersonTyped, SomebodyOf, card_of, documents_of, guarantee_of, named, number_of,
    role_of, told,
};
use crate::point::what_stays;
use crate::writes::case_of;
use crate::{Actor, Answer, Done, Execute, Rules, refuse};

/// Put somebody on a case. Its `Debug` form leaves out whom.
#[derive(clap::Args, Clone, Deserialize, Serialize)]
pub struct PersonAdd {
    /// The loan number.
    pub case: String,
    /// Who.
    #[command(flatten)]
    pub who: Box<PersonTyped>,
    /// Telephone.
    #[arg(long, value_name = "NUMBER")]
    pub phone: Option<String>,
    /// Postal address.
    #[arg(long)]
    pub address: Option<String>,
    /// The institution's own number of the person.
    #[arg(long, value_name = "NUMBER")]
    pub number: Option<String>,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

impl std::fmt::Debug for PersonAdd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PersonAdd({})", self.case)
    }
}

impl Execute for PersonAdd {
    type Data = SomebodyOf;

    fn rules(&self) -> Rules<'_> {
        Rules::of(DESK).because(&self.reason).bearing_a_day()
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let case_id = case_of(app, &self.case).await?;
        let Some(name) = told(self.who.name.as_ref()) else {
            bail!(say("请用 --name 写姓名", "say the name with --name"));
        };
        let role = role_of(self.who.role.as_deref().unwrap_or_default())?;
        let guarantee = guarantee_of(&self.who)?;
        if guarantee.is_some() != (role == Role::Guarantor) {
            bail!(say(
                "保证人须用 --guarantee 写明一般保证(general)或连带责任保证(joint),其他人不写",
                "of a guarantor say by --guarantee whether it is general or joint, of nobody else",
            ));
        }
        let number = self.phone.as_deref().map(number_of).transpose()?;
        let evidence = documents_of(&self.who)?;
        let now = app.engine.clock.now();
        let mut work = app.engine.begin_by(actor.because(&self.reason), &now).await?;
        let party_no = self.party_no(work.conn(), case_id, (role, &name)).await?;
        let row = PersonRow {
            party_no,
            role,
            name: Some(name.clone()),
            id_number: card_of(self.who.id_number.as_ref()),
            phone: number.clone(),
            wechat: None,
            address: told(self.address.as_ref()),
            village: told(self.who.village.as_ref()),
            deceased_on: None,
            consents: None,
            fictional: false,
            guarantee: guarantee
                .map(|(kind, months)| GuaranteeRow { kind, period_months: months }),
            evidence,
        };
        let party = people_by_hand::add(work.conn(), &now, case_id, &row).await?;
        let mut number_is = None;
        if let Some(value) = number {
            number_is = Some(give(work.conn(), &now, (party, value), actor).await?);
        }
        let (person, changed) = (PersonMove::Added, self.columns());
        let what = Entered::Person(PersonByHand { person, party, role, changed });
        let work = work.journal_entry(case_id, what).await?;
        work.commit().await?;
        let text = say(
            format!("已登记:{} {name}(编号 {party})", PARTIES.zh(role.as_str())),
            format!("entered: {role} {name} (number {party})"),
        ) + &what_stays(None, number_is.unwrap_or(PointState::Given));
        Ok(Answer { text, data: SomebodyOf { person: party, role } })
    }
}

/// Notes the number that somebody was entered with; answers how it stands, for a number
/// that is known to be out of use stays so.
async fn give(
    conn: &mut Conn,
    now: &Now,
    (party, value): (PartyId, String),
    actor: &Actor,
) -> Result<PointState> {
    let stands = points::standing(conn, party, PointKind::Phone, &value).await?;
    // Out of use of somebody else, it is of them as well, and comes back with theirs.
    if let Some(out_of_use) = stands.filter(|state| state.is_out_of_use()) {
        return Ok(out_of_use);
    }
    let state = stands.unwrap_or(PointState::Given);
    let given = NewPoint {
        party,
        kind: PointKind::Phone,
        value,
        state,
        on: now.today(),
        by: actor.name.clone(),
        given_by: None,
        best_hours: None,
    };
    points::enter(conn, now, &[given]).await?;
    Ok(state)
}

impl PersonAdd {
    /// The columns in which something was typed, in the order of the record.
    fn columns(&self) -> Vec<String> {
        let who = &self.who;
        named([
            ("role", who.role.is_some()),
            ("number", self.number.is_some()),
            ("name", who.name.is_some()),
            ("id_number", who.id_number.is_some()),
            ("phone", self.phone.is_some()),
            ("address", self.address.is_some()),
            ("village", who.village.is_some()),
            ("guarantee", who.guarantee.is_some()),
            ("documents", !who.documents.is_empty()),
        ])
    }

    /// The number under which somebody is entered: the institution's, that of the record
    /// with the same identity card, or a new one of the loan.
    async fn party_no(
        &self,
        conn: &mut Conn,
        case_id: CaseId,
        (role, name): (Role, &str),
    ) -> Result<String> {
        let on_case = people_by_hand::of_case(conn, case_id).await?;
        if on_case.iter().any(|it| it.role == role && it.name == name) {
            return refuse(say(
                format!(
                    "{} {name} 已在 {},没有写入",
                    PARTIES.zh(role.as_str()),
                    self.case
                ),
                format!("{role} {name} is on {} already; nothing was written", self.case),
            ));
        }
        let given = told(self.number.as_ref());
        let mut known: Option<Known> = None;
        if let Some(number) = &given {
            known = people::by_number(conn, &[number]).await?.pop();
        } else if let Some(card) = told(self.who.id_number.as_ref()) {
            let spellings = id_card::spellings(&card);
            let spellings: Vec<&str> = spellings.iter().map(String::as_str).collect();
            known = people::by_id_number(conn, &spellings).await?.pop();
        }
        match known {
            Some(known) if !known.name.is_empty() && known.name != name => refuse(say(
                "这一客户号或证件号在库里是另一个姓名,没有写入\n  提示:核对后先用 `qingshou person correct` 更正",
                "this customer number or identity card is somebody of another name in the book; nothing was written\n  hint: check it, and correct the name first with `qingshou person correct`",
            )),
            Some(known) => Ok(known.party_no),
            None => match given {
                Some(number) => Ok(number),
                None => Ok(made_up(conn, &self.case, role).await?),
            },
        }
    }
}

/// A number of the loan for somebody without one: `QS-1/H2`.
async fn made_up(conn: &mut Conn, case: &str, role: Role) -> Result<String> {
    let letter = match role {
        Role::Borrower => 'B',
        Role::CoBorrower => 'C',
        Role::Guarantor => 'G',
        Role::SpouseJoint => 'S',
        Role::EstateAdministrator => 'A',
        Role::Heir => 'H',
        Role::Lawyer => 'L',
        Role::UnrelatedThirdParty => 'T',
        Role::Minor => 'M',
    };
    for nth in 1..=1_000 {
        let number = format!("{case}/{letter}{nth}");
        if people::by_number(conn, &[&number]).await?.is_empty() {
            return Ok(number);
        }
    }
    bail!(say("本案的人太多", "the case has too many people"))
}
