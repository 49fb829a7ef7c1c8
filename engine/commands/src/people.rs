//! The people of a case by hand (登记当事人): what entering, correcting and removing them
//! and their numbers have in common.

use anyhow::{Result, bail};
use domain::id_card;
use domain::ids::{CaseId, PartyId};
use domain::party::{GuaranteeKind, Role};
use domain::phone;
use domain::point::PointKind;
use runtime::words::{DOCUMENTS, GUARANTEES, PARTIES};
use serde::{Deserialize, Serialize};
use store::Conn;
use store::people_by_hand::{self, OfCase};

use crate::language::say;

/// What was typed of a person. Its `Debug` form shows nothing: it names people.
#[derive(clap::Args, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct PersonTyped {
    /// `co_borrower`, guarantor, `spouse_joint`, heir, `estate_administrator`, lawyer,
    /// `unrelated_third_party`, minor.
    #[arg(long)]
    pub role: Option<String>,
    /// The name.
    #[arg(long)]
    pub name: Option<String>,
    /// The number of the identity card.
    #[arg(long, value_name = "NUMBER")]
    pub id_number: Option<String>,
    /// The village.
    #[arg(long)]
    pub village: Option<String>,
    /// How a guarantor answers: general or joint.
    #[arg(long, value_name = "KIND")]
    pub guarantee: Option<String>,
    /// How long a guarantee was agreed for, in months.
    #[arg(long, value_name = "N")]
    pub months: Option<u32>,
    /// A document on record: death, `joint_debt`, administrator,
    /// `inheritance_not_renounced`, `written_authority`; can be given several times.
    #[arg(long = "document", value_name = "NAME")]
    pub documents: Vec<String>,
}

impl std::fmt::Debug for PersonTyped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonTyped")
    }
}

impl PersonTyped {
    /// The columns in which something was typed.
    pub(super) fn columns(&self) -> Vec<String> {
        named([
            ("role", self.role.is_some()),
            ("name", self.name.is_some()),
            ("id_number", self.id_number.is_some()),
            ("village", self.village.is_some()),
            ("guarantee", self.guarantee.is_some()),
            ("documents", !self.documents.is_empty()),
        ])
    }
}

/// The columns of which something is said.
pub(super) fn named<const N: usize>(columns: [(&str, bool); N]) -> Vec<String> {
    columns.iter().filter(|column| column.1).map(|column| column.0.to_owned()).collect()
}

/// Somebody of a case, for a program.
#[derive(Debug, Serialize)]
pub(crate) struct SomebodyOf {
    /// Their number in the store.
    pub(super) person: PartyId,
    /// What they are to the debt.
    pub(super) role: Role,
}

/// What was typed, without blanks around it.
pub(super) fn told(typed: Option<&String>) -> Option<String> {
    let text = typed?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The identity card that was typed, as cards are compared.
pub(super) fn card_of(typed: Option<&String>) -> Option<String> {
    told(typed).map(|card| id_card::of_18(&card))
}

/// Who of a case is meant: by their number in the store, by what they are to the debt,
/// or by name; the borrower where nothing is said.
pub(super) async fn who(
    conn: &mut Conn,
    (case, case_id): (&str, CaseId),
    typed: Option<&str>,
) -> Result<OfCase> {
    let people = people_by_hand::of_case(conn, case_id).await?;
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
        [] => bail!(say(
            format!(
                "{case} 没有这个人,没有写入\n  提示:`qingshou person ls {case}` 列出本案的人;\
                 --person 写编号、姓名或身份"
            ),
            format!(
                "{case} has nobody like that; nothing was written\n  hint: `qingshou person \
                 ls {case}` lists its people; --person takes their number, name or role"
            ),
        )),
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
pub(super) fn role_of(typed: &str) -> Result<Role> {
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
pub(super) fn guarantee_of(
    typed: &PersonTyped,
) -> Result<Option<(GuaranteeKind, Option<u32>)>> {
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
pub(super) fn documents_of(typed: &PersonTyped) -> Result<Option<Vec<String>>> {
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

/// What is in use of a person.
pub(super) fn in_use(person: &OfCase, kind: PointKind) -> Option<String> {
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

/// Who it is, for the answer of a command.
pub(super) fn shown(person: &OfCase) -> (String, String) {
    let OfCase { role, name, .. } = person;
    (format!("{} {name}", PARTIES.zh(role.as_str())), format!("{role} {name}"))
}
