//! What rows of money say beside it (款项构成和付款人), noted with the entries that they
//! have become, or were before.

use domain::components::Components;
use domain::ids::{CaseId, EntryId};
use domain::ledger::Payer;
use foldhash::{HashMap, HashSet};
use store::payers::{self, Known, Paid};
use store::{Conn, StoreError};

use super::manual_match::ManualMatch;
use super::payer::{Read, read};
use super::post::{Applied, BATCH, Placed, SOURCE};

/// What rows of a file say beside their money, and of which entries.
#[derive(Default)]
pub(crate) struct Beside<'r> {
    /// The payers' names, by line.
    names: Vec<(u64, CaseId, &'r str)>,
    /// What consists of what, by line.
    parts: Vec<(u64, Components)>,
    /// The keys under which the rows are booked.
    keys: HashMap<u64, String>,
    /// The entries by hand that rows are.
    met: HashMap<u64, EntryId>,
    /// The newest entry before any of these rows is booked.
    newest: Option<EntryId>,
}

impl<'r> Beside<'r> {
    /// What the rows say. In whose own cases a file of theirs names the payer, it is
    /// their word and not the bank's.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database cannot be read.
    pub(crate) async fn of(
        conn: &mut Conn,
        placed: &[Placed<'r>],
    ) -> Result<Self, StoreError> {
        let mut beside = Self::default();
        for row in placed {
            let record = row.record;
            let payer = record.payer.as_deref();
            let payer = payer.filter(|_| row.is_payment() && !row.is_own_payment());
            if let Some(name) = payer {
                beside.names.push((row.line, row.case_id, name));
            }
            if let Some(parts) = record.parts {
                beside.parts.push((row.line, parts));
            }
            if record.parts.is_some() || payer.is_some() {
                beside.keys.insert(row.line, row.key.to_owned());
            }
        }
        if !beside.is_empty() {
            beside.newest = Some(store::ledger::newest(conn).await?);
        }
        Ok(beside)
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.parts.is_empty()
    }

    /// Rows that are entries which somebody has made by hand.
    pub(crate) fn meets(&mut self, met: &HashMap<u64, ManualMatch>) {
        for (line, matched) in met {
            match matched {
                ManualMatch::Same { entry, .. } => {
                    self.met.insert(*line, *entry);
                }
                // What is a question says nothing of what stands in the book.
                ManualMatch::Doubtful(_) => {
                    self.keys.remove(line);
                }
            }
        }
    }

    /// A row is booked under another key.
    pub(crate) fn is_booked_as(&mut self, line: u64, key: &str) {
        if let Some(own) = self.keys.get_mut(&line) {
            key.clone_into(own);
        }
    }

    /// Notes what the rows say of the entries that they have become or were before. What
    /// was noted before stays; whose money it was is asked about where the two differ.
    pub(crate) async fn note(
        mut self,
        conn: &mut Conn,
        applied: &mut Applied,
    ) -> Result<(), StoreError> {
        // A row that was set aside says nothing of what stands under its key.
        let rejected: HashSet<u64> = applied.rejected.iter().map(|it| it.0).collect();
        self.names.retain(|it| !rejected.contains(&it.0));
        self.parts.retain(|it| !rejected.contains(&it.0));
        if self.is_empty() {
            return Ok(());
        }
        let entries = self.entries(conn).await?;
        let mut noted = self.note_parts(conn, &entries).await?;
        noted.extend(self.note_payers(conn, &entries, applied).await?);
        // Of what is booked only now the count of bookings tells.
        applied.noted += noted.iter().filter(|it| Some(**it) <= self.newest).count();
        Ok(())
    }

    async fn entries(
        &self,
        conn: &mut Conn,
    ) -> Result<HashMap<u64, EntryId>, StoreError> {
        let mut entries = self.met.clone();
        let booked = self.keys.iter().filter(|key| !self.met.contains_key(key.0));
        let booked: Vec<(u64, &str)> =
            booked.map(|(line, key)| (*line, key.as_str())).collect();
        for batch in booked.chunks(BATCH) {
            let keys: Vec<(&str, &str)> = batch.iter().map(|it| (SOURCE, it.1)).collect();
            for (at, entry) in store::components::entries_under(conn, &keys).await? {
                entries.extend(batch.get(at).map(|it| (it.0, entry)));
            }
        }
        Ok(entries)
    }

    /// The rows of one entry by hand make it up together. Answers the entries of which
    /// nothing was noted before.
    async fn note_parts(
        &self,
        conn: &mut Conn,
        entries: &HashMap<u64, EntryId>,
    ) -> Result<HashSet<EntryId>, StoreError> {
        let mut given: Vec<(EntryId, Components)> = Vec::new();
        let mut places: HashMap<EntryId, usize> = HashMap::default();
        for (line, parts) in &self.parts {
            let Some(entry) = entries.get(line) else { continue };
            if let Some(at) = places.get(entry) {
                given[*at].1 += *parts;
            } else {
                places.insert(*entry, given.len());
                given.push((*entry, *parts));
            }
        }
        let mut noted = HashSet::default();
        for batch in given.chunks(BATCH) {
            // Of which the book says something else, the book is believed.
            noted.extend(store::components::give(conn, batch).await?.noted);
        }
        Ok(noted)
    }

    async fn note_payers(
        &self,
        conn: &mut Conn,
        entries: &HashMap<u64, EntryId>,
        applied: &mut Applied,
    ) -> Result<Vec<EntryId>, StoreError> {
        let mut cases: Vec<CaseId> = self.names.iter().map(|name| name.1).collect();
        cases.sort_unstable();
        cases.dedup();
        let mut people: HashMap<CaseId, Vec<Known>> = HashMap::default();
        for batch in cases.chunks(BATCH) {
            for known in payers::people_of(conn, batch).await? {
                people.entry(known.case_id).or_default().push(known);
            }
        }
        let mut said: HashMap<EntryId, Said> = HashMap::default();
        for (line, case, name) in &self.names {
            let Some(entry) = entries.get(line).copied() else { continue };
            let of_case = people.get(case).map_or(&[][..], Vec::as_slice);
            let row = Said { line: *line, read: read(name, of_case) };
            said.entry(entry).and_modify(|it| it.meets(row.read)).or_insert(row);
        }
        let mut paid: Vec<Paid> = Vec::new();
        for (entry, it) in &said {
            if let Read::One(payer, party) = it.read {
                paid.push(Paid { entry: *entry, payer, party });
            }
        }
        paid.sort_unstable_by_key(|it| it.entry);
        let mut named: Vec<EntryId> = Vec::new();
        for batch in paid.chunks(BATCH) {
            let new = payers::name_all(conn, batch).await?;
            named.extend(new.iter().map(|it| it.entry));
        }
        for entry in &named {
            said.remove(entry);
        }
        said.retain(|_, it| it.read != Read::Unsaid);
        ask(conn, said, applied).await?;
        Ok(named)
    }
}

/// What the rows of an entry say of its payer.
#[derive(Clone, Copy)]
struct Said {
    /// The first of them.
    line: u64,
    read: Read,
}

impl Said {
    /// Two rows of one payment that name two payers name none.
    fn meets(&mut self, other: Read) {
        let same = match (self.read, other) {
            (Read::One(payer, _), Read::One(other, _)) => payer == other,
            (one, other) => one == other,
        };
        if !same {
            self.read = Read::Unsaid;
        }
    }
}

/// Asks about payers who are nobody of the loan, where nobody has said who it was, and
/// about those who stand in the book as somebody else.
async fn ask(
    conn: &mut Conn,
    said: HashMap<EntryId, Said>,
    applied: &mut Applied,
) -> Result<(), StoreError> {
    let mut entries: Vec<EntryId> = said.keys().copied().collect();
    entries.sort_unstable();
    let mut noted: HashMap<EntryId, Payer> = HashMap::default();
    for batch in entries.chunks(BATCH) {
        noted.extend(payers::of_entries(conn, batch).await?);
    }
    for (entry, it) in said {
        match (it.read, noted.get(&entry)) {
            (Read::Stranger, None) => applied.strangers.push(it.line),
            (Read::One(payer, _), Some(noted)) if *noted != payer => {
                applied.paid_by_others.push(it.line);
            }
            _ => {}
        }
    }
    Ok(())
}
