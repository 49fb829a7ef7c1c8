//! The ledgers of all cases (逐案账目), read page by page by whoever is free.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::arrears::{Schedule, Withdrawn};
use domain::ledger::EntryKind;
use domain::money::Fen;
use jiff::civil::Date;
use serde::Deserialize;
use tokio::sync::OnceCell;

use crate::Conn;
use crate::error::StoreError;
use crate::pair::Shared;

/// Numbers of a page: those of cases and of all else come from one row.
const SPAN: i64 = 2_000;

/// Cases page after page, by a statement that answers one JSON text: `$1` and `$2`
/// what it asks for, `$3` the number before the page, `$4` the last of it. Whoever is
/// free takes the next page; `take` adds it to what this reader has found.
pub(super) struct Pages<T, F> {
    statement: &'static str,
    asked: [String; 2],
    next: AtomicI64,
    last: OnceCell<i64>,
    take: F,
    found: PhantomData<fn() -> T>,
}

impl<T, F: Fn(&mut T, Page)> Pages<T, F> {
    pub(super) fn new(statement: &'static str, asked: [Date; 2], take: F) -> Self {
        let (asked, found) = (asked.map(|it| it.to_string()), PhantomData);
        let (next, last) = (AtomicI64::new(0), OnceCell::new());
        Self { statement, asked, next, last, take, found }
    }

    async fn page(&self, conn: &mut Conn, after: i64) -> Result<Page, StoreError> {
        let [from, to] = self.asked.clone();
        let asked = sqlx::query_scalar(self.statement).bind(from).bind(to);
        let asked = asked.bind(after).bind(after.saturating_add(SPAN));
        let text: String = asked.fetch_one(conn).await?;
        Ok(serde_json::from_str(&text)?)
    }
}

impl<T, F> Shared for Pages<T, F>
where
    T: Default + Send + 'static,
    F: Fn(&mut T, Page) + Send + Sync + 'static,
{
    type Found = T;

    async fn work(&self, conn: &mut Conn) -> Result<T, StoreError> {
        let newest = sqlx::query_scalar(NEWEST_CASE).fetch_one(&mut *conn);
        let last = self.last.get_or_try_init(|| newest).await?;
        let mut found = T::default();
        loop {
            let after = self.next.fetch_add(SPAN, Ordering::Relaxed);
            if *last <= after {
                return Ok(found);
            }
            (self.take)(&mut found, self.page(&mut *conn, after).await?);
        }
    }
}

const NEWEST_CASE: &str = "select coalesce(max(id), 0) from cases";

/// The lines of the cases of a page, a list a column: a list of plain values costs the
/// database a fifth of what a list of small lists does. What was taken back is rare,
/// and is told line by line.
macro_rules! lines {
    ($names:literal, $whose:literal) => {
        concat!(
            "
    select json_array(
      json_group_array(l.case_id), json_group_array(l.kind),
      json_group_array(l.booked_on), json_group_array(l.amount_fen),
      json_group_array(json_array(l.case_id, l.booked_on, l.amount_fen,
        (select o.kind from ledger o where o.id = l.reverses),
        (select o.booked_on from ledger o where o.id = l.reverses)))
        filter (where l.kind = 'reversal'), ",
            $names,
            ")
    from ledger l
    where $3 < l.case_id and l.case_id <= $4 and $1 = $1 and $2 = $2
      and l.kind <> 'open'",
            $whose
        )
    };
}

pub(super) const NAMED: &str = lines!(
    "(select json_group_array(json_array(c.id, c.case_no))
      from cases c where $3 < c.id and c.id <= $4)",
    ""
);

/// Only of cases on which a payment was booked or taken back from day `$1` to `$2`.
pub(super) const PAYING: &str = lines!(
    "json_array()",
    "
      and l.case_id in (
        select p.case_id from ledger p
        where $3 < p.case_id and p.case_id <= $4
          and p.kind in ('payment', 'reversal') and p.booked_on between $1 and $2)"
);

/// Only of cases that owe at the end of day `$1` something that fell due before it.
pub(super) const OVERDUE: &str = lines!(
    "json_array()",
    "
      and l.case_id in (
        select s.case_id
        from ledger s
        left join ledger o on o.id = s.reverses
        where $3 < s.case_id and s.case_id <= $4
        group by s.case_id
        having max(0, sum(case
            when $1 < s.booked_on then 0
            when s.kind in ('payment', 'waiver') then s.amount_fen
            when o.kind in ('payment', 'waiver') then -s.amount_fen
            else 0 end))
          < sum(case
            when s.kind = 'due' and s.booked_on < $1 then s.amount_fen
            when o.kind = 'due' and o.booked_on < $1 and s.booked_on <= $1
              then -s.amount_fen
            else 0 end))"
);

/// One line of a ledger: case, what it books, day, amount.
type Line = (i64, EntryKind, Date, Fen);

/// One that takes another back: case, day, amount, and that one's kind and day.
type Back = (i64, Date, Fen, Option<EntryKind>, Option<Date>);

/// The ledgers of some cases, and their numbers where those are asked for: the first
/// four are the columns of as many lines.
#[derive(Deserialize)]
pub(super) struct Page {
    cases: Vec<i64>,
    kinds: Vec<EntryKind>,
    days: Vec<Date>,
    amounts: Vec<Fen>,
    backs: Vec<Back>,
    names: Vec<(i64, String)>,
}

/// The lines of one case.
pub(super) struct Ledger<'a> {
    pub(super) case: i64,
    lines: &'a [Line],
    backs: &'a [Back],
}

impl Page {
    /// The numbers of its cases, by their ids.
    pub(super) fn take_names(&mut self) -> Vec<(i64, String)> {
        let mut names = std::mem::take(&mut self.names);
        names.sort_by_key(|name| name.0);
        names
    }

    /// Hands over the ledger of each case that has lines.
    pub(super) fn each(self, mut take: impl FnMut(&Ledger<'_>)) {
        let Self { cases, kinds, days, amounts, mut backs, .. } = self;
        let marked = cases.into_iter().zip(kinds);
        let valued = days.into_iter().zip(amounts);
        let mut lines: Vec<Line> = marked
            .zip(valued)
            .map(|((case, kind), (day, amount))| (case, kind, day, amount))
            .collect();
        // The index answers in this order already; no statement promises one.
        lines.sort_by_key(|line| line.0);
        backs.sort_by_key(|back| back.0);
        let mut backs = &backs[..];
        // A line that takes another back stands in both.
        for lines in lines.chunk_by(|one, next| one.0 == next.0) {
            let case = lines[0].0;
            let backs = split(&mut backs, |back| back.0 == case);
            take(&Ledger { case, lines, backs });
        }
    }
}

/// Takes the first elements off, as long as they are wanted.
fn split<'a, T>(list: &mut &'a [T], is_wanted: impl Fn(&T) -> bool) -> &'a [T] {
    let n = list.iter().take_while(|it| is_wanted(it)).count();
    let (taken, left) = list.split_at(n);
    *list = left;
    taken
}

impl Ledger<'_> {
    fn of(&self, kind: EntryKind) -> impl Iterator<Item = (Date, Fen)> {
        let lines = self.lines.iter().filter(move |line| line.1 == kind);
        lines.map(|line| (line.2, line.3))
    }

    /// Its age on any day.
    pub(super) fn schedule(&self) -> Schedule {
        let received = self.of(EntryKind::Payment).chain(self.of(EntryKind::Waiver));
        let backs = self.backs.iter();
        let taken_back = backs.filter_map(|back| match back.3 {
            None | Some(EntryKind::Payment | EntryKind::Waiver) => {
                Some((back.1, -back.2))
            }
            _ => None,
        });
        let withdrawn = self.backs.iter().filter_map(|back| match back {
            (_, taken_back_on, amount, Some(EntryKind::Due), Some(due_on)) => {
                Some(Withdrawn {
                    due_on: *due_on,
                    amount: *amount,
                    taken_back_on: *taken_back_on,
                })
            }
            _ => None,
        });
        let schedule = Schedule::new(self.of(EntryKind::Due), received.chain(taken_back));
        schedule.without(withdrawn)
    }

    /// Each payment, and each that was taken back.
    pub(super) fn collected(&self) -> impl Iterator<Item = Collected> {
        let backs = self.backs.iter().filter(|back| back.3 == Some(EntryKind::Payment));
        let taken_back = backs.map(|back| Collected {
            booked_on: back.1,
            paid_on: back.4.unwrap_or(back.1),
            amount: -back.2,
        });
        let paid = self.of(EntryKind::Payment);
        let paid =
            paid.map(|(on, amount)| Collected { booked_on: on, paid_on: on, amount });
        paid.chain(taken_back)
    }
}

/// Money that came in, or a payment that was taken back.
pub(super) struct Collected {
    /// When it was booked.
    pub(super) booked_on: Date,
    /// The day of the payment.
    pub(super) paid_on: Date,
    /// Negative where it was taken back.
    pub(super) amount: Fen,
}
