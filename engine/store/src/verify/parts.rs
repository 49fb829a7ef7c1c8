//! The proof in parts (分项核验): each reads for itself, so that several readers take
//! turns at them; what is found is told in one and the same order all the same.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::{
    Verdict, books, chains, components, contacts, derived, orders, people, questions,
};
use crate::pair::Shared;
use crate::progress::Progress;
use crate::{Conn, StoreError, journal, meta};

/// One part of the proof.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    Chains,
    Books,
    Orders,
    /// The statement of this place among [`questions::QUESTIONS`].
    Question(usize),
    Freezing,
    People,
    Limitation,
    Components,
    Contacts,
    Timers,
    Cases,
}

/// The parts that nobody has taken yet.
pub(super) struct Parts {
    left: Mutex<VecDeque<(usize, Part)>>,
    progress: Progress,
    each: OnceCell<u64>,
}

/// What parts have found, with their places in the telling.
pub(super) type Found = Vec<(usize, Verdict)>;

impl Parts {
    /// All parts, the longest first: a reader that is left with one would have the
    /// other wait for it.
    pub(super) fn new(progress: Progress) -> Self {
        let questions = (0..questions::QUESTIONS.len()).map(Part::Question);
        let told = [Part::Chains, Part::Books, Part::Orders].into_iter().chain(questions);
        let last = [
            Part::Freezing,
            Part::People,
            Part::Limitation,
            Part::Components,
            Part::Contacts,
            Part::Timers,
            Part::Cases,
        ];
        let mut left: Vec<(usize, Part)> = told.chain(last).enumerate().collect();
        left.sort_by_key(|it| it.1.turn());
        Self { left: Mutex::new(left.into()), progress, each: OnceCell::new() }
    }

    /// Begins to count; what a part comes to that does not count for itself. What
    /// cannot be counted, or only forged, keeps no part from being looked at.
    async fn begin(&self, conn: &mut Conn) -> u64 {
        let sealed = sqlx::query_scalar(SIZE).fetch_one(&mut *conn).await;
        let lines = meta::number(conn, journal::LINES).await.ok().flatten();
        let rows = sealed.unwrap_or(0_i64).saturating_add(lines.unwrap_or(0));
        let rows = u64::try_from(rows).unwrap_or(0).min(MOST);
        let others = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let others = others.iter().filter(|it| !it.1.counts()).count();
        let each = rows / 16;
        self.progress.begin(rows + each * others as u64);
        each
    }

    fn next(&self) -> Option<(usize, Part)> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

impl Shared for Parts {
    type Found = Found;

    async fn work(&self, conn: &mut Conn) -> Result<Found, StoreError> {
        let begun = self.begin(&mut *conn);
        let each = *self.each.get_or_init(|| begun).await;
        let mut found = Vec::new();
        while let Some((place, part)) = self.next() {
            let mut verdict = Verdict::default();
            part.verify(conn, &mut verdict, &self.progress).await?;
            if !part.counts() {
                self.progress.advance(each);
            }
            found.push((place, verdict));
        }
        Ok(found)
    }
}

impl Part {
    /// Whether it counts the rows that it reads.
    fn counts(self) -> bool {
        matches!(self, Self::Chains | Self::Books | Self::Limitation)
    }

    /// Whose turn comes first.
    fn turn(self) -> usize {
        match self {
            Self::Books => 0,
            Self::Chains => 1,
            Self::Limitation => 2,
            Self::Orders => 3,
            _ => 4,
        }
    }

    async fn verify(
        self,
        conn: &mut Conn,
        verdict: &mut Verdict,
        progress: &Progress,
    ) -> Result<(), StoreError> {
        match self {
            Self::Chains => chains::verify(conn, verdict, progress).await,
            Self::Books => books::verify(conn, verdict, progress).await,
            Self::Orders => orders::verify(conn, verdict).await,
            Self::Question(at) => ask(conn, verdict, at).await,
            Self::People => people::verify(conn, verdict).await,
            Self::Freezing => derived::verify_freezing(conn, verdict).await,
            Self::Limitation => derived::verify_limitation(conn, verdict, progress).await,
            Self::Components => components::verify(conn, verdict).await,
            Self::Contacts => contacts::verify(conn, verdict).await,
            Self::Timers => derived::verify_timers(conn, verdict).await,
            Self::Cases => count_cases(conn, verdict).await,
        }
    }
}

async fn ask(
    conn: &mut Conn,
    verdict: &mut Verdict,
    at: usize,
) -> Result<(), StoreError> {
    let Some((check, question, zh, en)) = questions::QUESTIONS.get(at) else {
        return Ok(());
    };
    let mut found: Vec<i64> = sqlx::query_scalar(*question).fetch_all(conn).await?;
    // A database gives them in an order of its own.
    found.sort_unstable();
    for id in found {
        verdict.fault(check, id, format!("{zh}({id})"), format!("{en} ({id})"));
    }
    Ok(())
}

/// No book has more rows; a greater number is forged.
const MOST: u64 = 1 << 50;

/// Rows that are read one by one, beside the journal: what is sealed, and cases with
/// dues, whose evidence takes about as long as four other rows. No seal covers more than
/// 2^40; where one says so, the sum is still a number.
const SIZE: &str = "
    select coalesce((select sum(max(0, min(rows, 1099511627776))) from seals
      where book not like 'state:%'), 0)
      + 4 * (select count(*) from cases where last_due_on is not null)";

const CASES: &str = "select count(*) from cases";

async fn count_cases(conn: &mut Conn, verdict: &mut Verdict) -> Result<(), StoreError> {
    let cases: i64 = sqlx::query_scalar(CASES).fetch_one(conn).await?;
    verdict.cases = u64::try_from(cases).unwrap_or(0);
    Ok(())
}

/// What was found, in the order of the parts, whoever has found it.
pub(super) fn gathered(mut found: Found) -> Verdict {
    found.sort_by_key(|it| it.0);
    let mut whole = Verdict::default();
    for (_, part) in found {
        whole.journal_lines += part.journal_lines;
        whole.chains += part.chains;
        whole.seals += part.seals;
        whole.orders += part.orders;
        whole.reviews += part.reviews;
        whole.cases += part.cases;
        whole.faults.extend(part.faults);
    }
    whole
}
