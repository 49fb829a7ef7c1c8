//! What rows of money say beside it (款项构成和付款人), noted with the entries that they
//! have become, or were before.

use domain::components::Components;
use domain::ids::{CaseId, EntryId};
use domain::ledger::Payer;
use foldhash::HashMap;
use store::payers::{self, Known, Paid};
use store::{Conn, StoreError};

use super::components::otherwise;
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
}

impl<'r> Beside<'r> {
    /// What the rows say.
    pub(crate) fn of(placed: &[Placed<'r>]) -> Self {
        let mut beside = Self::default();
        for row in placed {
            let record = row.record;
            if let Some(name) = record.payer.as_deref().filter(|_| row.is_payment()) {
                beside.names.push((row.line, row.case_id, name));
            }
            if let Some(parts) = record.parts {
                beside.parts.push((row.line, parts));
            }
            if record.parts.is_some() || record.payer.is_some() {
                beside.keys.insert(row.line, row.key.to_owned());
            }
        }
        beside
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

    /// Notes what the rows say of the entries that they have become or were before, and
    /// asks about what stands otherwise there.
    pub(crate) async fn note(
        self,
        conn: &mut Conn,
        applied: &mut Applied,
    ) -> Result<(), StoreError> {
        if self.is_empty() {
            return Ok(());
        }
        let entries = self.entries(conn).await?;
        self.note_parts(conn, &entries, applied).await?;
        self.note_payers(conn, &entries, applied).await
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

    /// The rows of one entry by hand make it up together.
    async fn note_parts(
        &self,
        conn: &mut Conn,
        entries: &HashMap<u64, EntryId>,
        applied: &mut Applied,
    ) -> Result<(), StoreError> {
        let mut given: Vec<(EntryId, Components, u64)> = Vec::new();
        let mut places: HashMap<EntryId, usize> = HashMap::default();
        for (line, parts) in &self.parts {
            let Some(entry) = entries.get(line) else { continue };
            match places.get(entry) {
                Some(at) => given[*at].1 += *parts,
                None => {
                    places.insert(*entry, given.len());
                    given.push((*entry, *parts, *line));
                }
            }
        }
        for batch in given.chunks(BATCH) {
            let cells: Vec<_> = batch.iter().map(|it| (it.0, it.1)).collect();
            let others = store::components::give(conn, &cells).await?;
            let lines = others.iter().filter_map(|at| batch.get(*at)).map(|it| it.2);
            applied.rejected.extend(lines.map(|line| (line, otherwise())));
        }
        Ok(())
    }

    async fn note_payers(
        &self,
        conn: &mut Conn,
        entries: &HashMap<u64, EntryId>,
        applied: &mut Applied,
    ) -> Result<(), StoreError> {
        let mut cases: Vec<CaseId> = self.names.iter().map(|name| name.1).collect();
        cases.sort_unstable();
        cases.dedup();
        let mut people: HashMap<CaseId, Vec<Known>> = HashMap::default();
        for batch in cases.chunks(BATCH) {
            for known in payers::people_of(conn, batch).await? {
                people.entry(known.case_id).or_default().push(known);
            }
        }
        let mut paid = Vec::new();
        let mut strangers: HashMap<EntryId, u64> = HashMap::default();
        for (line, case, name) in &self.names {
            let Some(entry) = entries.get(line).copied() else { continue };
            let of_case = people.get(case).map_or(&[][..], Vec::as_slice);
            paid.push(match read(name, of_case) {
                Read::One(payer, party) => {
                    Paid { entry, payer, party: Some(party), asked: false }
                }
                Read::Stranger => {
                    strangers.insert(entry, *line);
                    Paid { entry, payer: Payer::ThirdParty, party: None, asked: true }
                }
                Read::Unsaid => continue,
            });
        }
        for batch in paid.chunks(BATCH) {
            let new = payers::name_all(conn, batch).await?;
            let asked = new.iter().filter(|it| it.asked);
            applied
                .strangers
                .extend(asked.filter_map(|it| strangers.get(&it.entry).copied()));
        }
        Ok(())
    }
}
