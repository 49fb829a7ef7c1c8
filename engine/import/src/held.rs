//! Rows of days that a list's balances hold (清单已含的流水): the list of the morning came
//! first and told what is owed, not what happened.
//!
//! What the file tells of it later takes the place of what the list had to guess: a
//! payment that bounced is taken back, and the bank's own row stands where a payment was
//! inferred. Balance and arrears stay the list's.

use std::collections::{BTreeMap, BTreeSet};

use domain::balances::{Item, Movement, Standing, reconcile};
use domain::ids::{CaseId, EntryId};
use domain::ledger::EntryKind;
use domain::money::Fen;
use domain::say::{Say, text};
use foldhash::HashSet;
use jiff::civil::Date;
use store::ledger::{self, NewEntry};
use store::{Conn, StoreError};

use super::again;
use super::balances::{self, SNAPSHOT};
use super::events::What;
use super::fault::RowFault;
use super::manual_match::LIST_DAYS;
use super::post::{self, Applied, BATCH, Moment, Placed};
use super::reversals::{self, OfHeldDay};
use super::taken_back::TakenBack;

/// Books reversals of held days that name a payment of the book: what hangs on the
/// payment, its confirmation, its reward and its proof, must go with it.
pub(crate) async fn take_back(
    conn: &mut Conn,
    moment: &Moment<'_>,
    placed: &mut Vec<Placed<'_>>,
    applied: &mut Applied,
) -> Result<(), StoreError> {
    let is_of_payment = |row: &&Placed<'_>| match row.record.what {
        What::Reversal { kind, .. } => kind.is_none_or(|kind| kind == EntryKind::Payment),
        _ => false,
    };
    let held = placed.iter().filter(|row| row.has_entries && row.is_contained());
    let mut rows: Vec<Placed<'_>> = held.filter(is_of_payment).copied().collect();
    if rows.is_empty() {
        return Ok(());
    }
    let booked = reversals::booked(conn, &rows).await?;
    // The same number twice in a file is one reversal.
    let mut keys = HashSet::default();
    rows.retain(|row| !booked.contains(row.key) && keys.insert(row.key));
    let found = reversals::of_held_days(conn, &rows).await?;
    let mut done = HashSet::default();
    for (row, found) in rows.iter().zip(found) {
        let fault = match found {
            Some(OfHeldDay::Named(payment)) => {
                let is_booked =
                    book_reversal(conn, moment, row, payment, applied).await?;
                (!is_booked).then(|| perhaps(payment))
            }
            Some(OfHeldDay::OtherAmount) => Some(post::other_amount()),
            Some(OfHeldDay::Perhaps(payment)) if !is_of_the_file(row, placed) => {
                Some(perhaps(payment))
            }
            Some(OfHeldDay::Perhaps(_)) | None => continue,
        };
        applied.rejected.extend(fault.map(|fault| (row.line, fault)));
        done.insert(row.line);
    }
    placed.retain(|row| !done.contains(&row.line));
    Ok(())
}

/// Whether the file tells of the payment that a reversal takes back, on a held day as
/// well: the balances hold both.
fn is_of_the_file(reversal: &Placed<'_>, placed: &[Placed<'_>]) -> bool {
    let What::Reversal { amount, .. } = reversal.record.what else { return false };
    placed.iter().any(|row| {
        row.case_id == reversal.case_id
            && row.is_contained()
            && row.record.on <= reversal.record.on
            && row.record.what == What::Money(EntryKind::Payment, amount)
    })
}

/// Answers whether it could be booked: the payment has to be of a held day as well.
async fn book_reversal(
    conn: &mut Conn,
    moment: &Moment<'_>,
    row: &Placed<'_>,
    payment: EntryId,
    applied: &mut Applied,
) -> Result<bool, StoreError> {
    let Some(held) = Held::of(conn, row).await? else { return Ok(false) };
    let lines = &held.lines;
    let Some(taken) = lines.iter().find(|line| line.id == payment) else {
        return Ok(false);
    };
    let reversal = NewEntry {
        reverses: Some(payment),
        ..post::entry(row, EntryKind::Reversal, taken.amount)
    };
    let mut after = held.without(payment);
    after.listed.extend(held.grown_by(taken));
    let mut entries = vec![reversal];
    entries.extend(held.settled(row.key, &after));
    post_held(conn, moment, &[*row], entries, applied).await?;
    Ok(true)
}

/// The ledger of a case, up to the day that the list holds.
struct Held {
    case_id: CaseId,
    through: Date,
    lines: Vec<ledger::Standing>,
}

impl Held {
    async fn of(conn: &mut Conn, row: &Placed<'_>) -> Result<Option<Self>, StoreError> {
        let Some(through) = row.as_of else { return Ok(None) };
        let mut lines = ledger::standing(conn, &[row.case_id]).await?;
        // A payment that was taken back on a held day is not booked behind it.
        lines.retain(|line| line.booked_on <= through);
        Ok(Some(Self { case_id: row.case_id, through, lines }))
    }

    fn standing(&self) -> Standing {
        let mut standing = Standing::default();
        self.lines.iter().for_each(|line| balances::add(&mut standing, line));
        standing
    }

    fn without(&self, entry: EntryId) -> Standing {
        let mut standing = Standing::default();
        let left = self.lines.iter().filter(|line| line.id != entry);
        left.for_each(|line| balances::add(&mut standing, line));
        standing
    }

    /// What a list said more was owed since a payment, where it can be the payment that
    /// bounced: the latest as much, or else the most. The opening of the ledger is not.
    fn grown_by(&self, payment: &ledger::Standing) -> Option<Movement> {
        let opens = self.lines.iter().filter(|line| line.kind == EntryKind::Open);
        let opening = opens.clone().map(|line| line.id).min();
        // Much less is the interest of some days, and the money was paid anew.
        let of_a_list = |line: &&ledger::Standing| {
            line.source.starts_with(SNAPSHOT)
                && Some(line.id) != opening
                && payment.booked_on <= line.booked_on
                && payment.amount <= line.amount + line.amount
        };
        let grown = opens.filter(of_a_list);
        let line = grown.max_by_key(|line| {
            (line.amount == payment.amount, line.amount, line.booked_on)
        })?;
        let (entry, due_on, amount) = (line.id, line.booked_on, line.amount);
        Some(Movement { item: Item { entry, due_on, amount }, is_open: true })
    }

    /// What has to be booked so that balance and arrears are what they were.
    fn settled(&self, key: &str, after: &Standing) -> Vec<NewEntry> {
        let listed = self.standing().as_listed();
        let bookings = reconcile(after, &listed);
        let entry = |(nth, booking)| {
            let entry = balances::entry_of(booking, self.case_id, self.through);
            NewEntry {
                source: format!("{SNAPSHOT}{}", self.through),
                dedupe_key: format!("{key}|{}|{nth}", entry.kind),
                note: text(
                    "流水已到,按清单余额更正",
                    "the events came: corrected by the balance of the list",
                )
                .both(),
                ..entry
            }
        };
        (0..).zip(bookings).map(entry).collect()
    }
}

/// Books what rows tell with what goes with it; each row counts once.
async fn post_held(
    conn: &mut Conn,
    moment: &Moment<'_>,
    rows: &[Placed<'_>],
    entries: Vec<NewEntry>,
    applied: &mut Applied,
) -> Result<(), StoreError> {
    let posted = ledger::post_rows(conn, &moment.now, &entries).await?;
    applied.booked += rows.len();
    applied.unconfirmed += rows.iter().filter(|row| row.is_own_payment()).count();
    post::reschedule(conn, moment, &posted).await
}

/// The fault of a reversal of a held day that may be of a payment of the book.
fn perhaps(payment: EntryId) -> RowFault {
    RowFault::new(
        "R071",
        Say::new(
            format!(
                "清单余额已含这笔冲正,但看不出冲正的是哪一笔;可能是账目 {payment}:是它就在“原流水号”列写明其流水号再导入,没有流水号的用 `qingshou pay --reverse {payment}` 冲正并删去本行;不是就删去本行"
            ),
            format!(
                "the list's balances hold this reversal, and it cannot be told what it takes back; perhaps entry {payment}: if so, name its number in the column `ref` and import the row again, or, where it has none, take it back with `qingshou pay --reverse {payment}` and remove the row; if not, remove the row"
            ),
        ),
    )
}

/// Puts the bank's own rows in the place of payments that were inferred from a balance:
/// interest of the day makes a balance fall by less than was paid.
///
/// Rows of exactly the inferred amount have met it before.
pub(crate) async fn replace_inferred(
    conn: &mut Conn,
    moment: &Moment<'_>,
    placed: &mut Vec<Placed<'_>>,
    applied: &mut Applied,
) -> Result<(), StoreError> {
    let is_payment = |row: &&Placed<'_>| Fen(0) < paid(row);
    let held = placed.iter().filter(|row| row.has_entries && row.is_contained());
    let rows: Vec<Placed<'_>> = held.filter(is_payment).copied().collect();
    let inferred = inferred(conn, &rows).await?;
    if inferred.is_empty() {
        return Ok(());
    }
    let rows = unmet(conn, rows, &inferred).await?;
    let mut done = HashSet::default();
    for inferred in inferred.values().flatten() {
        let told = rows.iter().filter(|row| !done.contains(&row.line));
        let told = told.filter(|row| inferred.may_be(row));
        let told: Vec<Placed<'_>> = told.copied().collect();
        let Some(first) = told.first() else { continue };
        let Some(held) = Held::of(conn, first).await? else { continue };
        if inferred.is_told_by(&told, &held) {
            let entries = inferred.replaced_by(&told, &held);
            post_held(conn, moment, &told, entries, applied).await?;
        } else {
            let fault = |row: &Placed<'_>| (row.line, unlike(inferred));
            applied.rejected.extend(told.iter().map(fault));
        }
        done.extend(told.iter().map(|row| row.line));
    }
    placed.retain(|row| !done.contains(&row.line));
    Ok(())
}

/// A payment that a list made the book infer, and that nobody has told of yet.
struct Inferred {
    entry: EntryId,
    case_id: CaseId,
    amount: Fen,
    /// The day of the list.
    on: Date,
    /// The last day before it on which a list booked anything.
    after: Date,
}

/// Those of the cases of some rows.
async fn inferred(
    conn: &mut Conn,
    rows: &[Placed<'_>],
) -> Result<BTreeMap<CaseId, Vec<Inferred>>, StoreError> {
    let cases: BTreeSet<CaseId> = rows.iter().map(|row| row.case_id).collect();
    let cases: Vec<CaseId> = cases.into_iter().collect();
    let mut found: BTreeMap<CaseId, Vec<Inferred>> = BTreeMap::new();
    for batch in cases.chunks(BATCH) {
        let lines = ledger::standing(conn, batch).await?;
        for lines in lines.chunk_by(|one, next| one.case_id == next.case_id) {
            let of_case = inferred_of(lines);
            if let Some(first) = of_case.first() {
                found.insert(first.case_id, of_case);
            }
        }
    }
    Ok(found)
}

/// Those of the lines of one case.
fn inferred_of(lines: &[ledger::Standing]) -> Vec<Inferred> {
    let of_lists = lines.iter().filter(|line| {
        line.source.starts_with(SNAPSHOT)
            && matches!(line.kind, EntryKind::Open | EntryKind::Payment)
    });
    let before = |on: Date| {
        let days = of_lists.clone().map(|line| line.booked_on);
        days.filter(|day| *day < on).max()
    };
    let of_nobody = of_lists
        .clone()
        .filter(|line| line.kind == EntryKind::Payment && line.confirmed == 0);
    let inferred = of_nobody.map(|line| Inferred {
        entry: line.id,
        case_id: line.case_id,
        amount: line.amount,
        on: line.booked_on,
        after: before(line.booked_on).unwrap_or(Date::MIN),
    });
    inferred.collect()
}

/// The rows that neither the book nor the file tells of in another way.
async fn unmet<'a>(
    conn: &mut Conn,
    mut rows: Vec<Placed<'a>>,
    inferred: &BTreeMap<CaseId, Vec<Inferred>>,
) -> Result<Vec<Placed<'a>>, StoreError> {
    rows.retain(|row| {
        let of_case = inferred.get(&row.case_id);
        of_case.is_some_and(|it| it.iter().any(|it| it.may_be(row)))
    });
    let met = reversals::met(conn, &rows).await?;
    let again = again::find(conn, &rows, &TakenBack::default()).await?;
    let mut keys = HashSet::default();
    rows.retain(|row| {
        let is_new = !met.contains(row.key) && !again.contains_key(&row.line);
        is_new && keys.insert(row.key)
    });
    Ok(rows)
}

impl Inferred {
    /// Whether a row tells of money that came between the two lists.
    fn may_be(&self, row: &Placed<'_>) -> bool {
        let on = row.record.on;
        row.case_id == self.case_id
            && self.after < on
            && (0..=LIST_DAYS).contains(&(self.on - on).get_days())
    }

    /// Whether the rows are the payment: it is theirs in part, or less by no more than
    /// what a loan can have earned between two lists. These come once a month at least,
    /// and no overdue loan bears more than 24 % a year: 2 % of what is owed. At least
    /// half of what was paid has to have been seen.
    fn is_told_by(&self, rows: &[Placed<'_>], held: &Held) -> bool {
        let told: Fen = rows.iter().map(paid).sum();
        let above = told - self.amount;
        let owed = held.standing().balance + self.amount;
        above <= self.amount && above <= Fen(owed.0 / 50)
    }

    fn replaced_by(&self, rows: &[Placed<'_>], held: &Held) -> Vec<NewEntry> {
        let key = rows.first().map_or("", |row| row.key);
        let mut after = held.without(self.entry);
        let told: Fen = rows.iter().map(paid).sum();
        after.balance += -told;
        after.covered += told;
        let taken_back = NewEntry {
            kind: EntryKind::Reversal,
            amount: self.amount,
            booked_on: self.on,
            reverses: Some(self.entry),
            source: format!("{SNAPSHOT}{}", held.through),
            dedupe_key: format!("{key}|inferred"),
            actor: String::new(),
            note: text(
                "流水已到,推定还款由流水替代",
                "the events came: they stand for the payment taken from the list",
            )
            .both(),
            case_id: self.case_id,
            confirmed: true,
            inferred: false,
        };
        let mut entries = vec![taken_back];
        let payments =
            rows.iter().map(|row| post::entry(row, EntryKind::Payment, paid(row)));
        entries.extend(payments);
        entries.extend(held.settled(key, &after));
        entries
    }
}

fn paid(row: &Placed<'_>) -> Fen {
    match row.record.what {
        What::Money(EntryKind::Payment, amount) => amount,
        _ => Fen(0),
    }
}

/// The fault of a row that cannot be told from the payment that a list made the book
/// infer.
fn unlike(inferred: &Inferred) -> RowFault {
    let Inferred { entry, amount, on, .. } = inferred;
    RowFault::new(
        "R075",
        Say::new(
            format!(
                "{on} 的清单余额已含这笔还款,按余额推定的还款(账目 {entry},{amount} 元)却比流水少得多,没有再入账;是同一笔的,请先用 `qingshou pay --reverse {entry}` 冲正推定账,再用 `qingshou pay --receipt 本行流水号 --on 日期 --sure` 登记本行;否则删去本行"
            ),
            format!(
                "the list of {on} holds this payment, but what was inferred from its balance (entry {entry}, {amount} yuan) is much less, and it was not booked again; if it is the same, take the entry back with `qingshou pay --reverse {entry}` and enter this row with `qingshou pay --receipt NUMBER_OF_THIS_ROW --on DAY --sure`; otherwise remove the row"
            ),
        ),
    )
}
