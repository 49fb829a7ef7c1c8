//! The people of a case by hand (登记当事人): co-borrowers, guarantors, a spouse with joint
//! debt, heirs, an administrator, a lawyer, and what is known of them.

use anyhow::{Result, bail};
use domain::ids::CaseId;
use domain::journal::{Entered, PersonByHand, PersonMove};
use domain::party::{GuaranteeKind, Role};
use domain::phone;
use domain::point::{PointKind, PointState};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::case_book::{GuaranteeRow, PersonRow};
use store::people::{self, Known};
use store::people_by_hand::{self, Correction, OfCase};
use store::points::{self, NewPoint};
use store::{Conn, WriteTx};

use crate::office::language::say;
use crate::office::reach::{self, PointTyped, ReplyTyped};
use crate::office::writes::{Done, case_of};
use crate::office::{Asker, by_hand, refuse};
use crate::words::{DOCUMENTS, GUARANTEES, PARTIES};
use crate::workshop::Workshop;

/// What is done about somebody of a case.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "deed", rename_all = "snake_case")]
pub enum Deed {
    /// Somebody is put on the case.
    Add(PersonTyped),
    /// Of what is on record something is wrong.
    Correct {
        /// Who, as it was typed.
        who: Option<String>,
        /// What is so instead.
        #[serde(flatten)]
        typed: PersonTyped,
    },
    /// Somebody was put on the case by mistake.
    Remove {
        /// Who.
        who: String,
    },
    /// A number, an account or an address is entered, or stands otherwise.
    Point(PointTyped),
    /// The numbers of somebody are read in full.
    Reveal {
        /// Who.
        who: Option<String>,
    },
    /// The debtor answered a message or a letter.
    Reply(ReplyTyped),
}

/// What was typed of a person. Its `Debug` form shows nothing: it names people.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct PersonTyped {
    /// What they are to the debt.
    pub role: Option<String>,
    /// The institution's own number of them.
    pub number: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Number of the identity card.
    pub id_number: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// Postal address.
    pub address: Option<String>,
    /// Village.
    pub village: Option<String>,
    /// General or joint, of a guarantor.
    pub guarantee: Option<String>,
    /// The agreed length in months, of a guarantor.
    pub months: Option<u32>,
    /// Documents on record that tie them to the debt.
    pub documents: Vec<String>,
}

impl std::fmt::Debug for PersonTyped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonTyped")
    }
}

/// Does something about somebody of a case.
pub(super) async fn carry_out(
    shop: &Workshop,
    asker: &Asker,
    (case, deed): (&str, &Deed),
    reason: &str,
) -> Done {
    let case_id = case_of(shop, case).await?;
    let of = About { case, case_id, reason };
    match deed {
        Deed::Add(typed) => add(shop, asker, &of, typed).await,
        Deed::Correct { who, typed } => {
            correct(shop, asker, &of, (who.as_deref(), typed)).await
        }
        Deed::Remove { who } => remove(shop, asker, &of, who).await,
        Deed::Point(typed) => reach::point(shop, asker, &of, typed).await,
        Deed::Reveal { who } => reach::reveal(shop, asker, &of, who.as_deref()).await,
        Deed::Reply(typed) => reach::reply(shop, asker, &of, typed).await,
    }
}

/// The case that something is entered on, and why.
pub(super) struct About<'a> {
    /// The loan number as it was typed.
    pub(super) case: &'a str,
    /// The case.
    pub(super) case_id: CaseId,
    /// Why.
    pub(super) reason: &'a str,
}

/// What was typed, without blanks around it.
pub(super) fn told(typed: Option<&String>) -> Option<String> {
    let text = typed?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Who of a case is meant: by their number in the store, by what they are to the debt,
/// or by name; the borrower where nothing is said.
pub(super) async fn who(
    conn: &mut Conn,
    of: &About<'_>,
    typed: Option<&str>,
) -> Result<OfCase> {
    let people = people_by_hand::of_case(conn, of.case_id).await?;
    let typed = typed.map(str::trim).filter(|it| !it.is_empty());
    let is_meant = |person: &&OfCase| match typed {
        None => person.role == Role::Borrower,
        Some(typed) => {
            person.name == typed
                || person.party_no == typed
                || typed.trim_start_matches('#') == person.party.to_string()
                || PARTIES.typed(typed.to_owned()) == person.role.as_str()
        }
    };
    let mut meant: Vec<&OfCase> = people.iter().filter(is_meant).collect();
    // Somebody with two roles is one person.
    meant.dedup_by_key(|person| person.party);
    match meant[..] {
        [one] => Ok(one.clone()),
        [] => {
            let case = of.case;
            bail!(say(
                format!(
                    "{case} 没有这个人,没有写入\n  提示:`qingshou person ls {case}` 列出本案的人;\
                     --person 写编号、姓名或身份"
                ),
                format!(
                    "{case} has nobody like that; nothing was written\n  hint: `qingshou person \
                     ls {case}` lists its people; --person takes their number, name or role"
                ),
            ))
        }
        _ => {
            let numbers: Vec<String> =
                meant.iter().map(|person| person.party.to_string()).collect();
            bail!(say(
                format!(
                    "可以指 {} 几个人,没有写入\n  提示:--person 写编号",
                    numbers.join("、")
                ),
                format!(
                    "this may be one of {}; nothing was written\n  hint: --person NUMBER",
                    numbers.join(", ")
                ),
            ))
        }
    }
}

/// What a person is to the debt, by the word that was typed.
fn role_of(typed: &str) -> Result<Role> {
    let word = PARTIES.typed(typed.trim().to_owned());
    if let Some(role) = Role::parse(&word) {
        return Ok(role);
    }
    bail!(say(
        format!("没有身份 `{typed}`\n  提示:可用 {}", PARTIES.listed(PARTIES.all())),
        format!(
            "there is no role `{typed}`\n  hint: use {}",
            PARTIES.all().collect::<Vec<_>>().join(", ")
        ),
    ))
}

/// How a guarantor answers for the debt.
fn guarantee_of(typed: &PersonTyped) -> Result<Option<(GuaranteeKind, Option<u32>)>> {
    let Some(word) = told(typed.guarantee.as_ref()) else {
        if typed.months.is_some() {
            bail!(say(
                "写了保证期间,还要用 --guarantee 写明一般保证或连带责任保证",
                "with the length of a guarantee say by --guarantee whether it is general or joint",
            ));
        }
        return Ok(None);
    };
    let kind = match GUARANTEES.typed(word.clone()).as_str() {
        "general" => GuaranteeKind::General,
        "joint" => GuaranteeKind::Joint,
        _ => bail!(say(
            format!(
                "没有保证方式 `{word}`\n  提示:可用 {}",
                GUARANTEES.listed(GUARANTEES.all())
            ),
            format!("there is no guarantee `{word}`\n  hint: use general or joint"),
        )),
    };
    Ok(Some((kind, typed.months)))
}

/// The documents that were typed, by the words of the policy pack.
fn documents_of(typed: &PersonTyped) -> Result<Option<Vec<String>>> {
    let mut found = Vec::new();
    for document in &typed.documents {
        let word = DOCUMENTS.typed(document.trim().to_owned());
        if DOCUMENTS.said(&word).is_none() {
            bail!(say(
                format!(
                    "没有材料 `{document}`\n  提示:可用 {}",
                    DOCUMENTS.listed(DOCUMENTS.all())
                ),
                format!(
                    "there is no document `{document}`\n  hint: use {}",
                    DOCUMENTS.all().collect::<Vec<_>>().join(", ")
                ),
            ));
        }
        found.push(word);
    }
    Ok((!found.is_empty()).then_some(found))
}

/// A telephone number as it is dialed.
pub(super) fn number_of(typed: &str) -> Result<String> {
    match phone::read(typed) {
        Ok(found) => match &found[..] {
            [one] => Ok(one.as_str().to_owned()),
            _ => bail!(say(
                "请写一个号码,没有写入",
                "name one number; nothing was written",
            )),
        },
        Err(why) => {
            let why = why.text();
            bail!(say(
                format!("{},没有写入", why.zh),
                format!("{}; nothing was written", why.en),
            ))
        }
    }
}

async fn add(
    shop: &Workshop,
    asker: &Asker,
    of: &About<'_>,
    typed: &PersonTyped,
) -> Done {
    let Some(name) = told(typed.name.as_ref()) else {
        bail!(say("请用 --name 写姓名", "say the name with --name"));
    };
    let role = role_of(typed.role.as_deref().unwrap_or_default())?;
    let guarantee = guarantee_of(typed)?;
    if guarantee.is_some() != (role == Role::Guarantor) {
        bail!(say(
            "保证人须用 --guarantee 写明一般保证(general)或连带责任保证(joint),其他人不写",
            "of a guarantor say by --guarantee whether it is general or joint, of nobody else",
        ));
    }
    let number = typed.phone.as_deref().map(number_of).transpose()?;
    let evidence = documents_of(typed)?;
    let now = shop.engine.clock.now();
    let mut tx = shop.engine.store.write().await?;
    let party_no = party_no(&mut tx, of, (role, &name), typed).await?;
    let row = PersonRow {
        party_no,
        role,
        name: Some(name.clone()),
        id_number: told(typed.id_number.as_ref()).map(|it| it.to_uppercase()),
        phone: number.clone(),
        wechat: None,
        address: told(typed.address.as_ref()),
        village: told(typed.village.as_ref()),
        deceased_on: None,
        consents: None,
        fictional: false,
        guarantee: guarantee
            .map(|(kind, months)| GuaranteeRow { kind, period_months: months }),
        evidence,
    };
    let party = people_by_hand::add(tx.conn(), &now, of.case_id, &row).await?;
    if let Some(value) = number {
        let given = NewPoint {
            party,
            kind: PointKind::Phone,
            value,
            state: PointState::Given,
            on: now.today(),
            by: asker.name.clone(),
            given_by: None,
            best_hours: None,
        };
        points::enter(tx.conn(), &now, &[given]).await?;
    }
    let changed = changed(typed);
    let entered = PersonByHand { person: PersonMove::Added, party, role, changed };
    write(shop, tx, asker, of, entered).await?;
    let text = say(
        format!("已登记:{} {name}(编号 {party})", PARTIES.zh(role.as_str())),
        format!("entered: {role} {name} (number {party})"),
    );
    Ok((text, json!({ "person": party, "role": role })))
}

/// The number under which somebody is entered: the institution's, that of the record
/// with the same identity card, or a new one of the loan.
async fn party_no(
    tx: &mut WriteTx,
    of: &About<'_>,
    (role, name): (Role, &str),
    typed: &PersonTyped,
) -> Result<String> {
    let on_case = people_by_hand::of_case(tx.conn(), of.case_id).await?;
    if on_case.iter().any(|it| it.role == role && it.name == name) {
        return refuse(say(
            format!("{} {name} 已在 {},没有写入", PARTIES.zh(role.as_str()), of.case),
            format!("{role} {name} is on {} already; nothing was written", of.case),
        ));
    }
    let given = told(typed.number.as_ref());
    let mut known: Option<Known> = None;
    if let Some(number) = &given {
        known = people::by_number(tx.conn(), &[number]).await?.pop();
    } else if let Some(card) = told(typed.id_number.as_ref()) {
        known = people::by_id_number(tx.conn(), &[&card.to_uppercase()]).await?.pop();
    }
    match known {
        Some(known) if !known.name.is_empty() && known.name != name => refuse(say(
            "这一客户号或证件号在库里是另一个姓名,没有写入\n  提示:核对后先用 `qingshou person correct` 更正",
            "this customer number or identity card is somebody of another name in the book; nothing was written\n  hint: check it, and correct the name first with `qingshou person correct`",
        )),
        Some(known) => Ok(known.party_no),
        None => match given {
            Some(number) => Ok(number),
            None => Ok(made_up(tx.conn(), of.case, role).await?),
        },
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

/// The columns in which something was typed.
fn changed(typed: &PersonTyped) -> Vec<String> {
    let columns = [
        ("role", typed.role.is_some()),
        ("number", typed.number.is_some()),
        ("name", typed.name.is_some()),
        ("id_number", typed.id_number.is_some()),
        ("phone", typed.phone.is_some()),
        ("address", typed.address.is_some()),
        ("village", typed.village.is_some()),
        ("guarantee", typed.guarantee.is_some()),
        ("documents", !typed.documents.is_empty()),
    ];
    columns.iter().filter(|it| it.1).map(|it| it.0.to_owned()).collect()
}

async fn correct(
    shop: &Workshop,
    asker: &Asker,
    of: &About<'_>,
    (typed_who, typed): (Option<&str>, &PersonTyped),
) -> Done {
    if typed.phone.is_some() || typed.address.is_some() {
        bail!(say(
            "号码和住址用 `qingshou person phone`、`qingshou person address` 登记,没有写入",
            "numbers and addresses are entered with `qingshou person phone` and `qingshou person address`; nothing was written",
        ));
    }
    let new_role = typed.role.as_deref().map(role_of).transpose()?;
    let correction = Correction {
        name: told(typed.name.as_ref()),
        id_number: told(typed.id_number.as_ref()).map(|it| it.to_uppercase()),
        village: told(typed.village.as_ref()),
        role: new_role,
        evidence: documents_of(typed)?,
        guarantee: guarantee_of(typed)?,
    };
    let changed = changed(typed);
    if changed.is_empty() {
        bail!(say("没有写明更正什么", "nothing is said that would be corrected"));
    }
    let mut tx = shop.engine.store.write().await?;
    let person = who(tx.conn(), of, typed_who).await?;
    let role = new_role.unwrap_or(person.role);
    if new_role.is_some() && (person.role == Role::Borrower || role == Role::Borrower) {
        return refuse(say(
            "借款人由清单登记,不在这里更改",
            "who the borrower is comes by the list, and is not changed here",
        ));
    }
    if role == Role::Guarantor
        && person.role != Role::Guarantor
        && correction.guarantee.is_none()
    {
        bail!(say(
            "改为保证人须用 --guarantee 写明一般保证或连带责任保证",
            "of a guarantor say by --guarantee whether it is general or joint",
        ));
    }
    if correction.guarantee.is_some() && role != Role::Guarantor {
        bail!(say("只有保证人有保证方式", "only a guarantor has a guarantee"));
    }
    let which = (person.party, person.role);
    people_by_hand::correct(tx.conn(), of.case_id, which, &correction).await?;
    let (party, person) = (person.party, PersonMove::Corrected);
    let entered = PersonByHand { person, party, role, changed };
    write(shop, tx, asker, of, entered).await?;
    let text = say(
        format!("已更正:{}(编号 {party})", PARTIES.zh(role.as_str())),
        format!("corrected: {role} (number {party})"),
    );
    Ok((text, json!({ "person": party, "role": role })))
}

async fn remove(shop: &Workshop, asker: &Asker, of: &About<'_>, typed: &str) -> Done {
    let mut tx = shop.engine.store.write().await?;
    let OfCase { party, role, .. } = who(tx.conn(), of, Some(typed)).await?;
    if role == Role::Borrower {
        return refuse(say(
            "借款人由清单登记,不能从案件里移出",
            "who the borrower is comes by the list: they are not taken off the case",
        ));
    }
    people_by_hand::remove(tx.conn(), of.case_id, (party, role)).await?;
    let (person, changed) = (PersonMove::Removed, Vec::new());
    write(shop, tx, asker, of, PersonByHand { person, party, role, changed }).await?;
    let text = say(
        format!("已移出:{}(编号 {party}),已有的联络记录保留", PARTIES.zh(role.as_str())),
        format!("taken off: {role} (number {party}); what was done towards them stays"),
    );
    Ok((text, json!({ "person": party, "role": role })))
}

async fn write(
    shop: &Workshop,
    mut tx: WriteTx,
    asker: &Asker,
    of: &About<'_>,
    entered: PersonByHand,
) -> Result<()> {
    let now = shop.engine.clock.now();
    let what = Entered::Person(entered);
    by_hand(tx.conn(), &now, of.case_id, asker, of.reason, what).await?;
    shop.engine.conclude(&mut tx, &now).await?;
    tx.commit().await?;
    Ok(())
}

/// Who it is, for the answer of a command.
pub(super) fn shown(person: &OfCase) -> (String, String) {
    let OfCase { role, name, .. } = person;
    (format!("{} {name}", PARTIES.zh(role.as_str())), format!("{role} {name}"))
}
