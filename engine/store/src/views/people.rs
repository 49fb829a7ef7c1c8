//! Whom a case is about (案件当事人): names, masked numbers, addresses, who else answers
//! for the debt, what falls due next, and the last words that were noted.
//!
//! Numbers leave this file masked: one in full is read by a command of its own, which
//! leaves its line in the journal.

use domain::ids::{CaseId, PartyId};
use domain::money::Fen;
use domain::party::{GuaranteeKind, Role};
use domain::phone;
use domain::point::PointState;
use foldhash::HashMap;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::letter_facts::contract_no;
use crate::{Conn, StoreError, rows};

/// Whom a case is about. Its `Debug` form is left out: it names people.
#[derive(Clone, PartialEq)]
pub struct Face {
    /// The case.
    pub case: CaseId,
    /// The loan product.
    pub product: Option<String>,
    /// The number of the contract, where the book has one beside the loan number.
    pub contract_no: Option<String>,
    /// Everybody of the case, those who owe most first.
    pub people: Vec<Somebody>,
    /// The next due date from today on that is not paid, and what is left of it.
    pub next_due: Option<(Date, Fen)>,
    /// What was noted of the newest contact that has a note.
    pub last_words: Option<LastWords>,
}

impl Face {
    /// The borrower.
    pub fn debtor(&self) -> Option<&Somebody> {
        self.people.iter().find(|person| person.role == Role::Borrower)
    }

    /// Whoever else answers for the debt: co-borrowers, guarantors, a spouse with joint
    /// debt, an administrator, heirs.
    pub fn obligors(&self) -> impl Iterator<Item = &Somebody> {
        let debtor = self.debtor().map(|person| person.id);
        self.people.iter().filter(move |person| {
            Some(person.id) != debtor
                && !matches!(
                    person.role,
                    Role::UnrelatedThirdParty | Role::Minor | Role::Lawyer
                )
        })
    }
}

/// One person of a case.
#[derive(Clone, PartialEq)]
pub struct Somebody {
    /// Who.
    pub id: PartyId,
    /// What they are to the debt.
    pub role: Role,
    /// The name, empty where none is known.
    pub name: String,
    /// The number in use, masked.
    pub phone: Option<String>,
    /// Why it is out of use, where it is.
    pub phone_out_of_use: Option<PointState>,
    /// Somebody has confirmed that it is theirs.
    pub phone_is_confirmed: bool,
    /// When they are called best: `18:00-20:00`.
    pub best_hours: Option<String>,
    /// Since when they have consented to messages of the official WeChat account.
    pub wechat_since: Option<Date>,
    /// Village and road, as staff need it.
    pub address: Option<String>,
    /// They have moved away from it.
    pub has_moved: bool,
    /// The day of death on record.
    pub deceased_on: Option<Date>,
    /// How a guarantor answers for the debt.
    pub guarantee: Option<GuaranteeKind>,
}

/// What was noted of a contact.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LastWords {
    /// When.
    pub on: Date,
    /// Of what: `call_result`, `visit_result`, `reply`.
    pub of: String,
    /// The note.
    pub text: String,
}

/// What falls due is added up as [`crate::facts`] does; a conformance test holds the two
/// against each other. `$2` is today, `$3` yesterday.
const FACES: &str = "
    select json_group_array(json_array(
      c.id, c.product, c.extra, c.oldest_unpaid_on, c.paid_fen + c.waived_fen,
      (select coalesce(sum(l.amount_fen), 0) from ledger l
        where l.case_id = c.id and l.kind = 'due'
          and l.booked_on <= case
            when c.oldest_unpaid_on < $2 then $3 else c.oldest_unpaid_on end
          and not exists (select 1 from ledger r where r.reverses = l.id)),
      case when c.oldest_unpaid_on < $2 then (
        select l.booked_on || ' ' || sum(l.amount_fen) from ledger l
        where l.case_id = c.id and l.kind = 'due' and $2 <= l.booked_on
          and 0 < l.amount_fen
          and not exists (select 1 from ledger r where r.reverses = l.id)
        group by l.booked_on order by l.booked_on limit 1)
      end,
      (select e.happened_on || ' ' || e.kind || ' ' || e.payload from events e
        where e.case_id = c.id and e.kind in ('call_result', 'visit_result', 'reply')
          and cast(coalesce(json(e.payload) ->> 'note', '') as text) <> ''
        order by e.id desc limit 1)))
    from cases c
    where c.id in (select s.id from list($1) as s (id bigint))";

const PEOPLE: &str = "
    select json_group_array(json_array(
      cp.case_id, p.id, cp.role, p.name, p.phone, p.address, p.village, p.deceased_on,
      g.kind,
      (select max(w.state) from contact_points w
        where w.kind = 'phone' and w.value = p.phone
          and (w.state = 'wrong' or (w.state = 'refused' and w.party_id = p.id))),
      (select k.state from contact_points k
        where k.party_id = p.id and k.kind = 'phone' and k.value = p.phone),
      (select k.best_hours from contact_points k
        where k.party_id = p.id and k.kind = 'phone' and k.value = p.phone),
      (select k.state_on from contact_points k
        where k.party_id = p.id and k.kind = 'wechat' and k.value = p.wechat
          and k.state = 'confirmed'),
      (select k.state from contact_points k
        where k.party_id = p.id and k.kind = 'address' and k.state = 'moved'
          and k.value = coalesce(nullif(p.address, ''), p.village))))
    from case_parties cp
    join parties p on p.id = cp.party_id
    left join guarantees g on g.case_id = cp.case_id and g.party_id = cp.party_id
      and cp.role = 'guarantor'
    where cp.case_id in (select s.id from list($1) as s (id bigint))";

#[derive(Deserialize)]
struct FaceRow {
    id: CaseId,
    product: Option<String>,
    extra: String,
    oldest_unpaid_on: Option<Date>,
    covered: Fen,
    due_so_far: Fen,
    /// `2026-04-10 50000`
    due_after: Option<String>,
    /// `2026-04-10 call_result {"note":"…"}`
    last_words: Option<String>,
}

impl FaceRow {
    fn into_face(self, today: Date) -> Result<Face, StoreError> {
        let extra: Map<String, Value> = serde_json::from_str(&self.extra)?;
        Ok(Face {
            case: self.id,
            contract_no: contract_no(&extra).map(str::to_owned),
            next_due: self.next_due(today),
            last_words: self.last_words.as_deref().and_then(last_words),
            product: self.product.filter(|product| !product.is_empty()),
            people: Vec::new(),
        })
    }

    fn next_due(&self, today: Date) -> Option<(Date, Fen)> {
        let oldest = self.oldest_unpaid_on?;
        if oldest < today {
            let (on, amount) = self.due_after.as_deref()?.split_once(' ')?;
            return Some((on.parse().ok()?, Fen(amount.parse().ok()?)));
        }
        Some((oldest, self.due_so_far - Fen::max(self.covered, Fen(0))))
    }
}

fn last_words(text: &str) -> Option<LastWords> {
    let (on, rest) = text.split_once(' ')?;
    let (of, payload) = rest.split_once(' ')?;
    let payload: Map<String, Value> = serde_json::from_str(payload).ok()?;
    let text = payload.get("note").and_then(Value::as_str)?.trim().to_owned();
    Some(LastWords { on: on.parse().ok()?, of: of.to_owned(), text })
}

#[derive(Deserialize)]
struct SomebodyRow {
    case: CaseId,
    id: PartyId,
    role: Role,
    name: String,
    phone: Option<String>,
    address: Option<String>,
    village: Option<String>,
    deceased_on: Option<Date>,
    guarantee: Option<GuaranteeKind>,
    phone_out_of_use: Option<PointState>,
    phone_state: Option<PointState>,
    best_hours: Option<String>,
    wechat_since: Option<Date>,
    address_state: Option<PointState>,
}

impl SomebodyRow {
    fn into_somebody(self) -> Somebody {
        let phone = self.phone.as_deref().filter(|phone| !phone.is_empty());
        Somebody {
            id: self.id,
            role: self.role,
            name: self.name,
            phone: phone.map(phone::masked),
            phone_out_of_use: self.phone_out_of_use,
            phone_is_confirmed: self.phone_state == Some(PointState::Confirmed),
            best_hours: self.best_hours,
            wechat_since: self.wechat_since,
            address: place(self.village.as_deref(), self.address.as_deref()),
            has_moved: self.address_state.is_some(),
            deceased_on: self.deceased_on,
            guarantee: self.guarantee,
        }
    }
}

/// Village and road in one line; the village once, where the road names it.
fn place(village: Option<&str>, address: Option<&str>) -> Option<String> {
    let told = |it: &&str| !it.trim().is_empty();
    match (village.filter(told), address.filter(told)) {
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (Some(village), Some(address)) if address.contains(village) => {
            Some(address.to_owned())
        }
        (Some(village), Some(address)) => Some(format!("{village} {address}")),
    }
}

/// Whom some cases are about on a day, in two statements for all of them; one that is
/// not in the store is missing.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_cases(
    conn: &mut Conn,
    today: Date,
    cases: &[CaseId],
) -> Result<HashMap<CaseId, Face>, StoreError> {
    if cases.is_empty() {
        return Ok(HashMap::default());
    }
    let text: String = sqlx::query_scalar(FACES)
        .bind(serde_json::to_string(cases)?)
        .bind(today.to_string())
        .bind(today.saturating_sub(1.day()).to_string())
        .fetch_one(&mut *conn)
        .await?;
    let found: Vec<FaceRow> = serde_json::from_str(&text)?;
    let mut faces = HashMap::default();
    for row in found {
        faces.insert(row.id, row.into_face(today)?);
    }
    let people: Vec<SomebodyRow> = rows::ask(conn, PEOPLE, cases).await?;
    for row in people {
        if let Some(face) = faces.get_mut(&row.case) {
            face.people.push(row.into_somebody());
        }
    }
    for face in faces.values_mut() {
        face.people.sort_by_key(|person| (person.role, person.id));
    }
    Ok(faces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_names_its_village_once() {
        let table = [
            (Some("柳树湾"), Some("桥头路 3 号"), Some("柳树湾 桥头路 3 号")),
            (Some("柳树湾"), Some("虚构县柳树湾 3 号"), Some("虚构县柳树湾 3 号")),
            (Some("柳树湾"), None, Some("柳树湾")),
            (Some(""), Some("桥头路 3 号"), Some("桥头路 3 号")),
            (None, Some(" "), None),
        ];
        for (village, address, shown) in table {
            assert_eq!(place(village, address).as_deref(), shown, "{village:?}");
        }
    }

    #[test]
    fn last_words_are_read_with_their_day() {
        let told =
            last_words(r#"2026-04-10 call_result {"note":"月底还 一半"}"#).unwrap();
        assert_eq!(told.on.to_string(), "2026-04-10");
        assert_eq!(
            (told.of.as_str(), told.text.as_str()),
            ("call_result", "月底还 一半")
        );
        assert_eq!(last_words("2026-04-10 call_result {}"), None);
    }
}
