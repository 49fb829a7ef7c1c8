//! Reviews judged once more (复核审查留痕): whatever left has to be let go again by the rules
//! that were in force then, and the book of contacts has to bear out what was counted.

use domain::conduct::{Attempt, AttemptOutcome, Effect, PolicyPack, Record};
use domain::journal::{HandOver, MovedBy, OrderMoved};
use domain::manifest::Channel;
use foldhash::HashMap;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use serde::Deserialize;

use super::Verdict;
use crate::{Conn, StoreError, packs, rows};

/// The reviews of some cases by which orders left.
pub(super) struct Reviews {
    packs: HashMap<String, PolicyPack>,
    /// By the number of the order; of several hand-overs the last.
    left: HashMap<i64, Record>,
}

/// An attempt that an order made.
#[derive(Deserialize)]
struct Contact {
    order: i64,
    party: i64,
    channel: Channel,
    point: String,
    at_ms: i64,
    /// A civil day; what was forged may be none.
    on: String,
    minute: i64,
    outcome: String,
}

/// The attempts of the people and at the numbers of some cases; what never left and what
/// was rehearsed is none.
const CONTACTS: &str = "
    with own as (
      select k.party_id, k.contact_point
      from list($1) as s (id bigint)
      join contacts k on k.case_id = s.id
      where k.order_id is not null)
    select json_group_array(json_array(
      c.order_id, c.party_id, c.channel, c.contact_point, c.attempted_at, c.attempted_on,
      c.attempted_minute, c.outcome))
    from contacts c
    where c.order_id is not null and c.outcome not in ('failed', 'rehearsed')
    and c.id in (
      select a.id from (select distinct party_id from own) p
      join contacts a on a.party_id = p.party_id
      union
      select b.id from (
        select distinct contact_point from own where contact_point <> '') n
      join contacts b on b.contact_point = n.contact_point)";

impl Reviews {
    pub(super) async fn load(conn: &mut Conn) -> Result<Self, StoreError> {
        Ok(Self { packs: packs::all(conn).await?, left: HashMap::default() })
    }

    /// Takes a line of the journal in.
    pub(super) fn hear(&mut self, moved: &OrderMoved) {
        let MovedBy::HandOver(HandOver {
            review: Some(review), rehearsal: false, ..
        }) = &moved.by
        else {
            return;
        };
        if moved.status.may_have_left() {
            self.left.insert(moved.order.0, review.clone());
        }
    }

    /// Judges the reviews of these cases; `has_left` are the orders of which none is on
    /// its way once more.
    pub(super) async fn judge(
        &mut self,
        conn: &mut Conn,
        cases: &[i64],
        has_left: impl Fn(i64) -> bool,
        verdict: &mut Verdict,
    ) -> Result<(), StoreError> {
        let mut left: Vec<(i64, Record)> = self.left.drain().collect();
        if left.is_empty() {
            return Ok(());
        }
        left.sort_unstable_by_key(|it| it.0);
        let contacts: Vec<Contact> = rows::ask(conn, CONTACTS, cases).await?;
        let book = Book::new(&contacts);
        for (order, review) in left {
            verdict.reviews += 1;
            let contact = book.of_order.get(&order).filter(|_| has_left(order));
            self.judge_one(order, &review, contact.copied(), &book, verdict);
        }
        Ok(())
    }

    fn judge_one(
        &self,
        order: i64,
        review: &Record,
        contact: Option<&Contact>,
        book: &Book<'_>,
        verdict: &mut Verdict,
    ) {
        if review.effect() != Effect::Allow {
            verdict.fault(
                "I4",
                order,
                format!("指令 {order} 送出了,审查却没有放行"),
                format!("order {order} has left, and its review did not let it go"),
            );
        }
        let at = contact.zip(review.at());
        if at.is_some_and(|(contact, at)| !contact.was_at(at)) {
            verdict.fault(
                "I4",
                order,
                format!("指令 {order} 的联络时刻与审查时刻不符"),
                format!(
                    "order {order} made its contact at another minute than its review"
                ),
            );
        }
        // The rules that a program of before brought along may not be on record.
        let Some(pack) = self.packs.get(&review.pack_hash) else { return };
        let pack_name = pack.label();
        for rule in review.broken_rules(pack) {
            verdict.fault(
                "I4",
                order,
                format!("按 {pack_name} 复核,指令 {order} 不合 {rule}"),
                format!("under {pack_name} order {order} may not leave, by {rule}"),
            );
        }
        let Some(contact) = contact else { return };
        for rule in review.limits_passed(pack, &book.before(contact)) {
            verdict.fault(
                "I4",
                order,
                format!("指令 {order} 送出时已达到 {pack_name} 的上限 {rule}"),
                format!("order {order} left beyond the limit {rule} of {pack_name}"),
            );
        }
    }
}

impl Contact {
    fn day(&self) -> Option<Date> {
        self.on.parse().ok()
    }

    fn at(&self) -> Option<DateTime> {
        Some(self.day()?.at(0, 0, 0, 0).saturating_add(self.minute.minutes()))
    }

    /// Whether both went to one telephone number: the review compares no other points.
    fn has_the_number_of(&self, other: &Self) -> bool {
        let by_number = |it: &Self| matches!(it.channel, Channel::Phone | Channel::Sms);
        by_number(self)
            && by_number(other)
            && !self.point.is_empty()
            && self.point == other.point
    }

    fn was_at(&self, review: DateTime) -> bool {
        let minute = i64::from(review.hour()) * 60 + i64::from(review.minute());
        (self.day(), self.minute) == (Some(review.date()), minute)
    }
}

/// The attempts on record, found by order, person and number.
struct Book<'a> {
    of_order: HashMap<i64, &'a Contact>,
    of_party: HashMap<i64, Vec<&'a Contact>>,
    at_point: HashMap<&'a str, Vec<&'a Contact>>,
}

impl<'a> Book<'a> {
    fn new(contacts: &'a [Contact]) -> Self {
        let of_order = contacts.iter().map(|contact| (contact.order, contact)).collect();
        let mut of_party: HashMap<i64, Vec<&Contact>> = HashMap::default();
        let mut at_point: HashMap<&str, Vec<&Contact>> = HashMap::default();
        for contact in contacts {
            of_party.entry(contact.party).or_default().push(contact);
            if !contact.point.is_empty() {
                at_point.entry(&contact.point).or_default().push(contact);
            }
        }
        Self { of_order, of_party, at_point }
    }

    /// What had been tried with the person or at the number of a contact before it.
    fn before(&self, contact: &Contact) -> Vec<Attempt> {
        let same_party = self.of_party.get(&contact.party).into_iter().flatten();
        let elsewhere = self.at_point.get(contact.point.as_str()).into_iter().flatten();
        let elsewhere = elsewhere.filter(|other| other.party != contact.party);
        same_party
            .chain(elsewhere)
            // What one batch hands over has one instant, and goes in the order of numbers.
            .filter(|other| (other.at_ms, other.order) < (contact.at_ms, contact.order))
            .filter_map(|other| {
                Some(Attempt {
                    channel: other.channel,
                    at: other.at()?,
                    // A word the rules do not know counts as a contact made.
                    outcome: AttemptOutcome::parse(&other.outcome)
                        .unwrap_or(AttemptOutcome::Reserved),
                    same_point: contact.has_the_number_of(other),
                    same_party: other.party == contact.party,
                })
            })
            .filter(|attempt| attempt.same_party || attempt.same_point)
            .collect()
    }
}
