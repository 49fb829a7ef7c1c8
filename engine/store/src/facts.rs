//! Loading what scripts and the review see of cases (案件字段), many at once.

use domain::court::{Claim, Sums};
use domain::facts::CaseFacts;
use domain::hold::covers_the_person;
use domain::ids::{CaseId, PartyId};
use domain::manifest::Channel;
use domain::money::Fen;
use domain::order::Recipient;
use domain::party::{GuaranteeKind, Person, Role};
use domain::phone;
use domain::point::{PointKind, PointState};
use foldhash::HashMap;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::StoreError;
use crate::{Conn, components, rows};

/// The state of these cases as the ledger stands now. A case that is not in
/// the store is missing.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn load(
    conn: &mut Conn,
    today: Date,
    cases: &[i64],
) -> Result<HashMap<CaseId, CaseFacts>, StoreError> {
    let list = serde_json::to_string(cases)?;
    let text: String = sqlx::query_scalar(CASES)
        .bind(&list)
        .bind(today.to_string())
        .bind(today.saturating_sub(1.day()).to_string())
        .bind(today.saturating_sub(LATELY_DAYS.days()).to_string())
        .fetch_one(&mut *conn)
        .await?;
    let found: Vec<CaseRow> = serde_json::from_str(&text)?;
    let text: String =
        sqlx::query_scalar(PEOPLE).bind(&list).fetch_one(&mut *conn).await?;
    let people: Vec<PersonRow> = serde_json::from_str(&text)?;
    let mut facts: HashMap<CaseId, CaseFacts> =
        found.into_iter().map(|it| (CaseId(it.id), it.into_facts(today))).collect();
    for (case, owed) in components::owed(conn, today, cases).await? {
        if let Some(facts) = facts.get_mut(&case) {
            let is_so = !owed.by_list || owed.parts.make_up(facts.overdue);
            // More than the balance cannot be owed: the two do not tell of the same debt.
            let is_so = is_so && owed.parts.sum() <= facts.balance.max(Fen(0));
            facts.owed = is_so.then_some(owed.parts);
        }
    }
    for row in people {
        if let Some(case) = facts.get_mut(&CaseId(row.case_id)) {
            let person = row.into_person();
            if case.debtor.is_none() && person.role == Role::Borrower {
                case.debtor = Some(person);
            } else {
                case.others.push(person);
            }
        }
    }
    Ok(facts)
}

#[derive(Deserialize)]
struct CaseRow {
    id: i64,
    case_no: String,
    org: String,
    village: Option<String>,
    product: Option<String>,
    collector: Option<String>,
    principal: Fen,
    balance: Fen,
    paid: Fen,
    /// Due before today where something is overdue, else up to and with the
    /// oldest due date that is not covered.
    due_so_far: Fen,
    /// `2026-04-10 50000`: the first date from today on and what is due on it,
    /// where something is overdue.
    due_after: Option<String>,
    covered: Fen,
    oldest_unpaid_on: Option<Date>,
    last_payment_on: Option<Date>,
    promise_due_on: Option<Date>,
    promises: u32,
    broken_share: u32,
    paid_lately: Fen,
    broken_promises: u32,
    kept_promises: u32,
    contacts: u32,
    failed_contacts: u32,
    last_contact_on: Option<Date>,
    visits: u32,
    cause: Option<String>,
    debtor_type: Option<String>,
    holds: String,
    limitation_ends_on: Option<Date>,
    court_stage: Option<String>,
    opened: Fen,
    fees: Fen,
    penalty: Fen,
    /// It was declared due as a whole.
    is_accelerated: u8,
}

impl CaseRow {
    fn into_facts(self, today: Date) -> CaseFacts {
        let days = self
            .oldest_unpaid_on
            .map_or(0, |due| domain::arrears::days_past_due(due, today));
        let due = self.due(today);
        let claim = self.claim(today);
        let holds = self.holds.split(',').filter(|part| !part.is_empty());
        CaseFacts {
            id: CaseId(self.id),
            case_no: self.case_no,
            org: self.org,
            village: self.village,
            product: self.product,
            collector: self.collector,
            principal: self.principal,
            balance: self.balance,
            overdue: due.over,
            owed: None,
            paid: self.paid,
            oldest_unpaid_on: self.oldest_unpaid_on,
            days_past_due: days,
            next_due_on: due.next.map(|it| it.0),
            next_due_amount: due.next.map(|it| it.1),
            last_payment_on: self.last_payment_on,
            promise_due_on: self.promise_due_on,
            promises: self.promises,
            broken_share: self.broken_share,
            paid_lately: self.paid_lately,
            broken_promises: self.broken_promises,
            kept_promises: self.kept_promises,
            contacts: self.contacts,
            failed_contacts: self.failed_contacts,
            last_contact_on: self.last_contact_on,
            visits: self.visits,
            cause: self.cause,
            debtor_type: self.debtor_type,
            holds: holds.map(str::to_owned).collect(),
            limitation_ends_on: self.limitation_ends_on,
            court_stage: self.court_stage,
            claim,
            debtor: None,
            others: Vec::new(),
            today,
        }
    }
}

/// What of a case is due.
struct Due {
    /// Before today and not covered.
    over: Fen,
    /// The first date from today on that is not covered, and what is left of it.
    next: Option<(Date, Fen)>,
}

impl CaseRow {
    /// Money covers the oldest due first: where something is overdue, nothing of
    /// what falls due later is covered yet.
    fn due(&self, today: Date) -> Due {
        let left = self.due_so_far - Fen::max(self.covered, Fen(0));
        match self.oldest_unpaid_on {
            Some(oldest) if oldest < today => {
                let after = self.due_after.as_deref();
                let after = after.and_then(|it| it.split_once(' '));
                let next = after.and_then(|(on, amount)| {
                    Some((on.parse().ok()?, Fen(amount.parse().ok()?)))
                });
                Due { over: Fen::max(left, Fen(0)), next }
            }
            oldest => Due { over: Fen(0), next: oldest.map(|on| (on, left)) },
        }
    }
}

impl CaseRow {
    /// What could be claimed today; `None` where nothing was ever charged.
    fn claim(&self, today: Date) -> Option<Fen> {
        let is_over = self.oldest_unpaid_on.is_some_and(|oldest| oldest < today);
        let sums = Sums {
            opened: self.opened,
            due: if is_over { self.due_so_far } else { Fen(0) },
            covered: self.covered,
            fees: self.fees,
            penalty: self.penalty,
            listed: None,
        };
        Claim::of(&sums, self.is_accelerated != 0).map(|claim| claim.total)
    }
}

#[derive(Deserialize)]
struct PersonRow {
    case_id: i64,
    party_id: PartyId,
    role: Role,
    failed_attempts: u32,
    deceased_on: Option<Date>,
    phone: Option<String>,
    has_wechat: i64,
    has_address: i64,
    guarantee: Option<GuaranteeKind>,
    guarantee_ends_on: Option<Date>,
    guarantee_held_on: Option<Date>,
    limitation_ends_on: Option<Date>,
}

impl PersonRow {
    fn into_person(self) -> Person {
        Person {
            id: self.party_id,
            role: self.role,
            deceased_on: self.deceased_on,
            has_phone: self.phone.is_some_and(|phone| phone::first(&phone).is_some()),
            has_wechat: self.has_wechat != 0,
            has_address: self.has_address != 0,
            failed_attempts: self.failed_attempts,
            guarantee: self.guarantee,
            guarantee_ends_on: self.guarantee_ends_on,
            guarantee_held_on: self.guarantee_held_on,
            limitation_ends_on: self.limitation_ends_on,
        }
    }
}

/// A person at hand-over: how to reach them, and what the review needs.
#[derive(Clone, Debug)]
pub struct Reachable {
    /// Who it is; its `Debug` form shows the number alone.
    pub recipient: Recipient,
    /// Attempts since the person was last reached.
    pub failed_attempts: u32,
    /// The day of death on record.
    pub deceased_on: Option<Date>,
    /// The telephone number is also that of somebody who has died.
    pub number_of_the_dead: bool,
    /// The last day on which a guarantor can be asked: of the guarantee period, or of the
    /// limitation period of a joint one who was held within it (Civil Code 693, 694).
    pub guarantee_ends_on: Option<Date>,
    /// Consents and refusals, as the institution recorded them.
    pub consents: Map<String, Value>,
    /// Documents on record: `death`, `joint_debt`, `administrator`, …
    pub evidence: Vec<String>,
    /// The reasons of holds on what the person owes themselves on other loans, which
    /// protect them as a person here as well.
    pub own_holds: Vec<String>,
    /// Where nothing goes any more.
    pub out_of_use: OutOfUse,
    /// Whether every telephone number that is known of the borrower is wrong; `None`
    /// where none is known.
    pub borrower_has_wrong_numbers_alone: Option<bool>,
}

/// What of a person's number, account and address is out of use, and how it stands.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct OutOfUse {
    /// The telephone number.
    pub phone: Option<PointState>,
    /// The account of the official WeChat channel.
    pub wechat: Option<PointState>,
    /// The address, or the village where there is none.
    pub address: Option<PointState>,
}

impl OutOfUse {
    /// How that stands to which an order by this channel would go.
    pub fn by(self, channel: Channel) -> Option<PointState> {
        match PointKind::of(channel) {
            PointKind::Phone => self.phone,
            PointKind::Wechat => self.wechat,
            PointKind::Address => self.address,
        }
    }
}

/// Those of some reasons that protect whoever owes as a person, each once.
fn protecting(reasons: &str) -> Vec<String> {
    let protects = |it: &&str| !it.is_empty() && covers_the_person(it);
    let mut reasons: Vec<String> =
        reasons.split(',').filter(protects).map(str::to_owned).collect();
    reasons.sort_unstable();
    reasons.dedup();
    reasons
}

/// The people of orders, by case and number. A person with several roles on a
/// case stands in the one that owes most, the first of [`Role::ALL`].
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn reachable(
    conn: &mut Conn,
    people: &[(CaseId, PartyId)],
) -> Result<HashMap<(CaseId, PartyId), Reachable>, StoreError> {
    let found: Vec<ReachableRow> = rows::ask(conn, REACHABLE, people).await?;
    let mut reachable: HashMap<(CaseId, PartyId), Reachable> = HashMap::default();
    for row in found {
        let key = (row.case_id, row.party_id);
        let stands = reachable.get(&key).map(|it| it.recipient.role);
        if stands.is_none_or(|role| row.role < role) {
            reachable.insert(key, row.into_reachable()?);
        }
    }
    Ok(reachable)
}

#[derive(Deserialize)]
struct ReachableRow {
    case_id: CaseId,
    party_id: PartyId,
    role: Role,
    name: String,
    phone: Option<String>,
    wechat: Option<String>,
    address: Option<String>,
    village: Option<String>,
    guarantee: Option<GuaranteeKind>,
    guarantee_ends_on: Option<Date>,
    failed_attempts: u32,
    deceased_on: Option<Date>,
    number_of_the_dead: u8,
    consents: String,
    evidence: String,
    own_holds: Option<String>,
    phone_out_of_use: Option<PointState>,
    wechat_out_of_use: Option<PointState>,
    address_out_of_use: Option<PointState>,
    borrower_has_wrong_numbers_alone: Option<u8>,
}

impl ReachableRow {
    fn into_reachable(self) -> Result<Reachable, StoreError> {
        Ok(Reachable {
            recipient: Recipient {
                id: self.party_id,
                role: self.role,
                name: self.name,
                // What older imports took for a number may be a word.
                phone: self
                    .phone
                    .and_then(|phone| phone::first(&phone))
                    .map(|it| it.as_str().to_owned()),
                wechat: self.wechat,
                address: self.address,
                village: self.village,
                guarantee: self.guarantee,
            },
            failed_attempts: self.failed_attempts,
            deceased_on: self.deceased_on,
            number_of_the_dead: self.number_of_the_dead != 0,
            guarantee_ends_on: self.guarantee_ends_on,
            consents: serde_json::from_str(&self.consents)?,
            evidence: serde_json::from_str(&self.evidence)?,
            own_holds: protecting(self.own_holds.as_deref().unwrap_or_default()),
            out_of_use: OutOfUse {
                phone: self.phone_out_of_use,
                wechat: self.wechat_out_of_use,
                address: self.address_out_of_use,
            },
            borrower_has_wrong_numbers_alone: self.borrower_has_wrong_numbers_alone.map(
                |borrower_has_wrong_numbers_alone| borrower_has_wrong_numbers_alone != 0,
            ),
        })
    }
}

/// What came in on so many days before today, and today, came in lately.
const LATELY_DAYS: i32 = 90;

/// What is due is added up only where something is left to be paid. `$2` is
/// today, `$3` yesterday, `$4` the first day of what is lately. Of promises those of
/// these arrears count; one that was kept in part is broken for the rest of it.
const CASES: &str = "
    select json_group_array(json_array(
      id, case_no, org, village, product, collector, principal_fen, balance_fen, paid_fen,
      (select coalesce(sum(l.amount_fen), 0) from ledger l
        where l.case_id = cases.id and l.kind = 'due'
          and l.booked_on <= case
            when oldest_unpaid_on < $2 then $3 else oldest_unpaid_on end
          and not exists (select 1 from ledger r where r.reverses = l.id)),
      case when oldest_unpaid_on < $2 then (
        select l.booked_on || ' ' || sum(l.amount_fen) from ledger l
        where l.case_id = cases.id and l.kind = 'due' and $2 <= l.booked_on
          and 0 < l.amount_fen
          and not exists (select 1 from ledger r where r.reverses = l.id)
        group by l.booked_on order by l.booked_on limit 1)
      end,
      paid_fen + waived_fen, oldest_unpaid_on, last_payment_on, promise_due_on,
      (select count(*) from promises p
        where p.case_id = cases.id and p.episode = cases.episode
          and p.grade <> 'replaced'),
      (select coalesce(sum(1000 - 1000 * p.paid_fen / p.amount_fen), 0) from promises p
        where p.case_id = cases.id and p.episode = cases.episode
          and p.grade in ('partial', 'broken')),
      (select coalesce(sum(l.amount_fen), 0) from ledger l
        where l.case_id = cases.id and l.kind = 'payment' and $4 <= l.booked_on
          and not exists (select 1 from ledger r where r.reverses = l.id)),
      broken_promises, kept_promises, contacts, failed_contacts, last_contact_on, visits,
      cause, debtor_type, holds, limitation_ends_on, court_stage,
      opened_fen, fee_fen, penalty_fen, cast(exists (
        select 1 from clock_acts a
        where a.case_id = cases.id and a.act = 'accelerated' and a.on_date <= $2
          and not exists (
            select 1 from clock_withdrawals w where w.act_id = a.id)) as integer)))
    from cases
    where id in (select id from list($1) as s (id bigint))";

const PEOPLE: &str = "
    select json_group_array(json_array(
      cp.case_id, cp.party_id, cp.role, cp.failed_attempts, p.deceased_on,
      -- what is out of use is none to a script, which then takes another way
      case when not exists (
        select 1 from contact_points w
        where w.kind = 'phone' and w.value = p.phone
          and (w.state = 'wrong' or (w.state = 'refused' and w.party_id = p.id)))
        then p.phone end,
      cast((p.wechat <> '') is true and not exists (
        select 1 from contact_points w
        where w.party_id = p.id and w.kind = 'wechat' and w.value = p.wechat
          and w.state = 'refused') as integer),
      cast(((p.address <> '') is true or (p.village <> '') is true) and not exists (
        select 1 from contact_points w
        where w.party_id = p.id and w.kind = 'address' and w.state = 'moved'
          and w.value = coalesce(nullif(p.address, ''), p.village)) as integer),
      g.kind, g.ends_on, g.satisfied_on, g.limitation_ends_on)
      order by cp.case_id, cp.party_id, cp.role)
    from case_parties cp
    join parties p on p.id = cp.party_id
    left join guarantees g on g.case_id = cp.case_id and g.party_id = cp.party_id
      and cp.role = 'guarantor'
    where cp.case_id in (select id from list($1) as s (id bigint))";

/// Of a joint guarantor who was held in time, the period of their own limitation counts.
const REACHABLE: &str = "
    select json_group_array(json_array(
      cp.case_id, cp.party_id, cp.role, p.name, p.phone, p.wechat, p.address, p.village,
      g.kind, coalesce(g.limitation_ends_on, g.ends_on), cp.failed_attempts, p.deceased_on, cast(exists (
        select 1 from parties d
        where d.phone is not null and d.phone <> '' and d.phone = p.phone
        and d.deceased_on is not null) as integer),
      p.consents, cp.evidence, (
        select string_agg(c.holds, ',' order by c.id)
        from case_parties own
        join cases c on c.id = own.case_id and c.holds <> ''
        where own.party_id = p.id and own.role = 'borrower' and own.case_id <> cp.case_id), (
        -- `wrong` is said of the number, whoever has it, `refused` by the person
        select max(w.state)
        from contact_points w
        where w.kind = 'phone' and w.value = p.phone
          and (w.state = 'wrong' or (w.state = 'refused' and w.party_id = p.id))), (
        select w.state
        from contact_points w
        where w.party_id = p.id and w.kind = 'wechat' and w.value = p.wechat
          and w.state = 'refused'), (
        select w.state
        from contact_points w
        where w.party_id = p.id and w.kind = 'address' and w.state = 'moved'
          and w.value = coalesce(nullif(p.address, ''), p.village)), (
        select min(cast(exists (
          select 1 from contact_points w
          where w.kind = 'phone' and w.value = n.value and w.state = 'wrong') as integer))
        from (
          select b.phone as value
          from case_parties d join parties b on b.id = d.party_id
          where d.case_id = cp.case_id and d.role = 'borrower' and b.phone <> ''
          union all
          select o.value
          -- in this order, for whose numbers they are is known first
          from case_parties d cross join contact_points o
          where d.case_id = cp.case_id and d.role = 'borrower'
            and o.party_id = d.party_id and o.kind = 'phone') n)))
    from batch($1) as k (case_id bigint, party_id bigint)
    join case_parties cp on cp.case_id = k.case_id and cp.party_id = k.party_id
    join parties p on p.id = cp.party_id
    left join guarantees g on g.case_id = cp.case_id and g.party_id = cp.party_id
      and cp.role = 'guarantor'";
