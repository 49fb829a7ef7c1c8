//! The money of a list's balances (余额入账): opens the ledger of a loan that has none,
//! and brings the others to what the list says.

use std::collections::BTreeMap;

use domain::balances::{Booking, Item, Listed, Movement, Standing, reconcile};
use domain::ids::CaseId;
use domain::ledger::EntryKind;
use domain::money::Fen;
use domain::say::{Lang, Say, text};
use foldhash::HashMap;
use jiff::ToSpan;
use jiff::civil::Date;
use store::case_book::{self, KnownCase, ListedBalance};
use store::ledger::{self, NewEntry};
use store::now::Now;
use store::{Conn, StoreError};

use super::Options;
use super::cases::CaseRecord;
use super::fault::RowFault;
use super::listed::{self, ListDay, Unclear};
use super::merge::Loan;
use super::post::{Moment, reschedule};
use super::stated::{StatedDay, is_not_over};

/// What the balances of some loans came to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Balanced {
    /// Loans whose ledger was opened.
    pub opened: usize,
    /// Loans whose ledger was brought to the list.
    pub adjusted: usize,
    /// Loans whose money came by events: the list's balances were passed over.
    pub own_ledger: usize,
    /// Of these, loans of which the list says otherwise.
    pub differing: usize,
    /// Loans of which a newer list was taken before.
    pub outdated: usize,
    /// Loans that are overdue by the list.
    pub overdue: usize,
    /// Loans with days past due and no amount that is overdue.
    pub no_amount: usize,
    /// Loans with an overdue amount and no day.
    pub no_day: usize,
    /// Loans of which a list of the same day had said something else.
    pub corrected: usize,
    /// Payments that were inferred from a smaller balance, and their sum.
    pub inferred: usize,
    pub inferred_sum: Fen,
}

impl Balanced {
    pub(crate) fn add(&mut self, other: Self) {
        self.opened += other.opened;
        self.adjusted += other.adjusted;
        self.own_ledger += other.own_ledger;
        self.differing += other.differing;
        self.outdated += other.outdated;
        self.overdue += other.overdue;
        self.no_amount += other.no_amount;
        self.no_day += other.no_day;
        self.corrected += other.corrected;
        self.inferred += other.inferred;
        self.inferred_sum += other.inferred_sum;
    }
}

impl Balanced {
    fn count(&mut self, bookings: &[Booking]) {
        let is_correction = |it: &Booking| matches!(it, Booking::Correct(_));
        self.corrected += usize::from(bookings.iter().any(is_correction));
        for booking in bookings {
            if let Booking::Payment(amount) = booking {
                self.inferred += 1;
                self.inferred_sum += *amount;
            }
        }
    }
}

/// The day of the list, for one of its rows.
pub(crate) fn day_of(record: &CaseRecord, options: &Options, now: &Now) -> ListDay {
    let today = now.today();
    match options.list.as_of.or(record.balances.as_of) {
        Some(named) => ListDay::of(Some(named), today),
        None => ListDay::stated(options.stated, today),
    }
}

/// The day before that of a list which comes in before its day is over: nobody knows what
/// is paid in the rest of it. Whoever names the day with --as-of knows it to be whole.
fn held_before(day: Date, options: &Options, now: &Now) -> Option<Date> {
    let is_open = options.list.as_of.is_none() && is_not_over(day, now.civil);
    is_open.then(|| day.saturating_sub(1.days()))
}

/// Whether a list says itself of which day it is, or somebody says it: one that does
/// not is taken for this morning's.
pub(crate) fn states_its_day(record: &CaseRecord, options: &Options, now: &Now) -> bool {
    let named = options.list.as_of.or(record.balances.as_of);
    named.is_some()
        || options.stated.is_some_and(|it| match it.day {
            StatedDay::Through(_) => true,
            StatedDay::Made(day) => day < now.today(),
            StatedDay::Unclear => false,
        })
}

/// What the balances of some loans came to, and those of which a person has to say the
/// day.
pub(crate) struct Booked<'a> {
    pub balanced: Balanced,
    pub asked: Vec<(&'a Loan, RowFault)>,
}

/// A loan with balances, and the case it is.
struct Balance<'a> {
    loan: &'a Loan,
    record: &'a CaseRecord,
    case_id: CaseId,
    /// How the book knew it before this list.
    known: Option<&'a KnownCase>,
    day: ListDay,
    /// Nobody says which day it is.
    by_clock: bool,
    /// The last day of which the balances hold all payments, where that is not the day
    /// of the list.
    held: Option<Date>,
    listed: Listed,
}

/// Books what the balances of some loans tell.
pub(crate) async fn book<'l>(
    conn: &mut Conn,
    moment: &Moment<'_>,
    options: &Options,
    known: &'l HashMap<String, KnownCase>,
    loans: &[&'l Loan],
) -> Result<Booked<'l>, StoreError> {
    let mut done = Balanced::default();
    let numbers: Vec<&str> =
        loans.iter().map(|loan| loan.record.case_no.as_str()).collect();
    let ids = case_book::find_cases(conn, &numbers).await?;
    let now = &moment.now;
    let mut told = Vec::with_capacity(loans.len());
    for loan in loans {
        let record = &loan.record;
        let Some(case_id) = ids.get(record.case_no.as_str()) else { continue };
        let day = day_of(record, options, now);
        let (listed, unclear) = listed::listed(record, day);
        done.no_amount += usize::from(unclear == Some(Unclear::NoAmount));
        done.no_day += usize::from(unclear == Some(Unclear::NoDay));
        done.overdue +=
            usize::from(listed.overdue.is_some_and(|overdue| Fen(0) < overdue.amount));
        let known = known.get(record.case_no.as_str());
        let by_clock = !states_its_day(record, options, now);
        let case_id = *case_id;
        let held = held_before(day.through, options, now);
        told.push(Balance { loan, record, case_id, known, day, by_clock, held, listed });
    }
    let (standing, by_hand) = standing(conn, &told).await?;
    let mut entries = Vec::new();
    let mut days = Vec::new();
    let mut asked = Vec::new();
    for it in &told {
        let stands = standing.get(&it.case_id);
        if it.is_second_of_the_day(stands) {
            asked.push((it.loan, second_of_the_day()));
            continue;
        }
        let unlisted = by_hand.get(&it.case_id).and_then(|all| it.unlisted(stands, all));
        if let Some(payment) = unlisted {
            asked.push((it.loan, misses_payment(payment, it.day)));
            continue;
        }
        it.book(options, stands, &mut entries, &mut days, &mut done);
    }
    for batch in entries.chunks(super::post::BATCH) {
        let posted = ledger::post_rows(conn, &moment.now, batch).await?;
        reschedule(conn, moment, &posted).await?;
    }
    case_book::set_balances_as_of(conn, &days).await?;
    Ok(Booked { balanced: done, asked })
}

/// The fault of such a loan.
pub(crate) fn second_of_the_day() -> RowFault {
    RowFault::new(
        "R093",
        Say::new(
            "今天已按一份没有写明日期的清单记过账,这一份的余额不同:是更正上午那份,还是含了今天的还款,程序无法确定,余额未用;请用 --as-of 写明余额截止的日期,再导入退回文件",
            "a list without a day was booked today already, and the balances of this one differ: it may correct the other, or hold payments of today, so that its balances were not used; name the last day that they hold with --as-of and import the rejects file",
        ),
    )
}

/// The fault of a loan whose list lacks a payment that somebody entered on its day.
fn misses_payment(payment: &ledger::Standing, day: ListDay) -> RowFault {
    let (id, amount, on) = (payment.id, payment.amount, day.through);
    let before = on.saturating_sub(1.days());
    RowFault::new(
        "R094",
        Say::new(
            format!(
                "{on} 手工登记的还款 {amount} 元(账目 {id})不在这份清单里,余额未用;清单在还款之前编制的,用 --as-of {before} 导入退回文件,还款另计;还款登记有误的,先用 `qingshou pay --reverse {id}` 冲正"
            ),
            format!(
                "the payment of {amount} that was entered by hand on {on} (entry {id}) is not in this list, so that its balance was not used; if the list was made before it, import the rejects file with --as-of {before}, and the payment counts on top; if the payment is wrong, take it back first with `qingshou pay --reverse {id}`"
            ),
        ),
    )
}

impl Balance<'_> {
    /// A payment that a person entered on the very day of the list, where its balance
    /// could only be met by taking that payment back.
    fn unlisted<'p>(
        &self,
        stands: Option<&Standing>,
        by_hand: &'p [ledger::Standing],
    ) -> Option<&'p ledger::Standing> {
        let rise = |booking: Booking| match booking {
            Booking::Open(amount) | Booking::Grown(amount, _) => Some(amount),
            _ => None,
        };
        let bookings = reconcile(stands?, &self.listed);
        let most = bookings.into_iter().filter_map(rise).max()?;
        by_hand.iter().find(|payment| payment.amount <= most)
    }

    /// Whether another list was taken for this very day, says something else, and
    /// nobody says which day this one is: printed in the afternoon, it holds payments
    /// of today that the bank tells of as well.
    fn is_second_of_the_day(&self, stands: Option<&Standing>) -> bool {
        // Days past due that count on move no money.
        let moves = |it: &Booking| {
            !matches!(it, Booking::Due(..) | Booking::Grown(..) | Booking::TakeBack(_))
        };
        let as_of = self.known.and_then(|it| it.balance_as_of_on);
        let has_entries = self.known.is_some_and(|it| it.has_entries != 0);
        self.by_clock
            && has_entries
            && as_of == Some(self.day.through)
            && stands
                .is_some_and(|stands| reconcile(stands, &self.listed).iter().any(moves))
    }

    /// Adds what has to be booked.
    fn book(
        &self,
        options: &Options,
        stands: Option<&Standing>,
        entries: &mut Vec<NewEntry>,
        days: &mut Vec<ListedBalance>,
        done: &mut Balanced,
    ) {
        let as_of = self.known.and_then(|it| it.balance_as_of_on);
        let has_entries = self.known.is_some_and(|it| it.has_entries != 0);
        let through = self.day.through;
        let Some(stands) = stands.filter(|_| has_entries) else {
            let lent = self.record.principal;
            let owed = self.record.balances.owed_at_most(lent);
            let listed = Listed { balance: Some(owed), ..self.listed };
            let opening = reconcile(&Standing::default(), &listed);
            entries.extend(self.entries(&opening));
            days.push(self.listed_balance());
            done.opened += 1;
            return;
        };
        if as_of.is_some_and(|it| through < it) {
            done.outdated += 1;
            return;
        }
        let bookings = reconcile(stands, &self.listed);
        if as_of.is_none() && !options.list.reconcile {
            done.own_ledger += 1;
            done.differing += usize::from(!bookings.is_empty());
            return;
        }
        if !bookings.is_empty() {
            entries.extend(self.entries(&bookings));
            done.adjusted += 1;
            done.count(&bookings);
        }
        // A list that corrects its own day has other parts as well.
        let held = self.known.and_then(|it| it.balance_held_on);
        let is_as_held = held == self.held.or(Some(through));
        if as_of != Some(through) || !is_as_held || !bookings.is_empty() {
            days.push(self.listed_balance());
        }
    }

    fn listed_balance(&self) -> ListedBalance {
        let told = &self.record.balances;
        ListedBalance {
            case_id: self.case_id,
            through: self.day.through,
            held: self.held,
            principal: told.principal,
            interest: told.interest,
            penalty: told.penalty,
        }
    }

    fn entries(&self, bookings: &[Booking]) -> Vec<NewEntry> {
        let entry = |(nth, booking): (usize, &Booking)| {
            let entry = entry_of(*booking, self.case_id, self.day.through);
            // A list that was corrected on its day books on the same day again.
            let rev = self.known.map_or(0, |it| it.facts_rev);
            let (case_no, kind) = (&self.record.case_no, entry.kind);
            NewEntry {
                source: source_of(self.day),
                dedupe_key: format!("{case_no}|{kind}|{rev}|{nth}"),
                note: self.note(*booking),
                ..entry
            }
        };
        bookings.iter().enumerate().map(entry).collect()
    }

    /// What an overdue amount is made of, for whoever reads the ledger.
    fn note(&self, booking: Booking) -> String {
        let told = &self.record.balances;
        let parts = [
            (text("逾期本金", "overdue principal"), told.principal),
            (text("逾期利息", "overdue interest"), told.interest),
            (text("罚息", "penalty interest"), told.penalty),
        ];
        let both = |zh, en| text(zh, en).both();
        match booking {
            Booking::Due(..) | Booking::Grown(..) => {
                let named = |lang| {
                    let parts = parts.iter().filter_map(|part| Some((part.0, part.1?)));
                    let parts =
                        parts.map(|part| format!("{} {}", part.0.of(lang), part.1));
                    parts.collect::<Vec<_>>()
                };
                let (zh, en) = (named(Lang::Zh).join(","), named(Lang::En).join(", "));
                if zh.is_empty() { zh } else { Say { zh, en }.both() }
            }
            Booking::Payment(_) => both(
                "清单余额下降,推定还款",
                "the balance of the list fell: taken for a payment",
            ),
            Booking::TakeBack(_) => {
                both("按清单重定到期", "what is due was set anew by the list")
            }
            Booking::Correct(_) => both(
                "同一天的清单更正了余额",
                "another list of the same day corrected the balance",
            ),
            Booking::Open(_) => both("清单余额", "the balance of the list"),
        }
    }
}

/// The entry of a booking of a list that holds all up to a day, without its key.
pub(super) fn entry_of(booking: Booking, case_id: CaseId, through: Date) -> NewEntry {
    let (kind, amount, on, reverses) = match booking {
        Booking::Open(amount) => (EntryKind::Open, amount, through, None),
        Booking::Payment(amount) => (EntryKind::Payment, amount, through, None),
        Booking::Due(amount, on) | Booking::Grown(amount, on) => {
            (EntryKind::Due, amount, on, None)
        }
        // On its own day: what takes its place counts from a past day too,
        // and no day may show both.
        Booking::TakeBack(item) | Booking::Correct(item) => {
            (EntryKind::Reversal, item.amount, item.due_on, Some(item.entry))
        }
    };
    NewEntry {
        case_id,
        kind,
        amount,
        booked_on: on,
        reverses,
        source: String::new(),
        dedupe_key: String::new(),
        actor: String::new(),
        note: String::new(),
        confirmed: kind != EntryKind::Payment,
        inferred: matches!(booking, Booking::Payment(_) | Booking::Grown(..)),
    }
}

/// How the ledgers of known loans stand at the end of the list's day.
async fn standing(
    conn: &mut Conn,
    told: &[Balance<'_>],
) -> Result<(HashMap<CaseId, Standing>, ByHand), StoreError> {
    let of_case: BTreeMap<CaseId, &Balance<'_>> = told
        .iter()
        .filter(|it| it.known.is_some_and(|it| it.has_entries != 0))
        .map(|it| (it.case_id, it))
        .collect();
    let cases: Vec<CaseId> = of_case.keys().copied().collect();
    let mut standing: HashMap<CaseId, Standing> = of_case
        .iter()
        .map(|(id, it)| {
            let listed_on = it.known.and_then(|it| it.balance_as_of_on);
            (*id, Standing { listed_on, ..Standing::default() })
        })
        .collect();
    let mut by_hand = ByHand::default();
    for line in ledger::standing(conn, &cases).await? {
        let through = of_case.get(&line.case_id).map(|it| it.day.through);
        let Some(stands) = standing.get_mut(&line.case_id) else { continue };
        if through.is_none_or(|through| through < line.booked_on) {
            continue;
        }
        let of_the_day = stands.listed_on == through;
        if of_the_day && through == Some(line.booked_on) {
            stands.listed.extend(movement(&line));
        }
        let read_on = of_case.get(&line.case_id).map(|it| source_of(it.day));
        if of_the_day
            && line.kind == EntryKind::Due
            && read_on == Some(line.source.clone())
        {
            stands.listed_due += line.amount;
        }
        add(stands, &line);
        let is_by_hand = line.kind == EntryKind::Payment && line.source == BY_HAND;
        if is_by_hand && line.confirmed != BY_BANK && through == Some(line.booked_on) {
            by_hand.entry(line.case_id).or_default().push(line);
        }
    }
    Ok((standing, by_hand))
}

/// The payments that people have entered on the day of the list, by case.
type ByHand = HashMap<CaseId, Vec<ledger::Standing>>;

/// Where a payment says it comes from that somebody entered.
const BY_HAND: &str = "hand";
/// The bank's row for the same money was met.
const BY_BANK: i64 = 2;

/// Adds a line that stands.
pub(super) fn add(stands: &mut Standing, line: &ledger::Standing) {
    match line.kind {
        EntryKind::Open | EntryKind::Fee | EntryKind::Penalty => {
            stands.balance += line.amount;
        }
        EntryKind::Payment | EntryKind::Waiver => {
            stands.balance += -line.amount;
            stands.covered += line.amount;
        }
        EntryKind::Due => stands.dues.push(Item {
            entry: line.id,
            due_on: line.booked_on,
            amount: line.amount,
        }),
        EntryKind::Reversal => {}
    }
}

/// What a list of the day that `line` was booked on has made of the balance. A
/// payment that the bank has told of since is no guess any more.
fn movement(line: &ledger::Standing) -> Option<Movement> {
    let is_open = match line.kind {
        EntryKind::Open => true,
        EntryKind::Payment if line.confirmed == 0 => false,
        _ => return None,
    };
    let item = Item { entry: line.id, due_on: line.booked_on, amount: line.amount };
    line.source.starts_with(SNAPSHOT).then_some(Movement { item, is_open })
}

/// Where every line that a list booked says it came from, before the list's day.
pub(super) const SNAPSHOT: &str = "snapshot:";

fn source_of(day: ListDay) -> String {
    format!("{SNAPSHOT}{}", day.read_on)
}
