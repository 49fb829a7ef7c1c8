//! What an import leaves in the journal (导入留痕): a line of the site for every
//! file, and a line of every case that it changed, with the names of the columns
//! and none of what stands in them.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::CaseId;
use domain::journal::{Entry, FileImported, Imported};
use serde_json::{Map, Value};
use store::journal::{self, NewLine};
use store::{Conn, Now, StoreError, case_book};

use super::post::BATCH;
use super::report::ImportReport;

/// Who imports, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Importer {
    /// The person.
    pub by: String,
    /// What else a list may call them: the names they log in with.
    pub logins: Vec<String>,
    /// The reason, where one was given.
    pub reason: Option<String>,
}

impl Importer {
    /// Whether a case that this person collects by the book is their own.
    pub(crate) fn is(&self, collector: &str) -> bool {
        let collector = collector.trim();
        self.by.trim() == collector || self.logins.iter().any(|login| login == collector)
    }
}

/// The columns of cases that are known, by case.
pub(crate) struct Columns(BTreeMap<CaseId, Map<String, Value>>);

impl Columns {
    /// As they stand now.
    pub(crate) async fn of(
        conn: &mut Conn,
        numbers: &[&str],
    ) -> Result<Self, StoreError> {
        let mut all = BTreeMap::new();
        for batch in numbers.chunks(BATCH) {
            all.extend(case_book::columns(conn, batch).await?);
        }
        Ok(Self(all))
    }

    /// The names of the columns that have changed, by case.
    fn changed(&self, after: &Self) -> Vec<(CaseId, Vec<String>)> {
        let changes = self.0.iter().filter_map(|(case, before)| {
            let after = after.0.get(case)?;
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            let differs =
                |name: &&String| differs(name, before.get(*name), after.get(*name));
            let names: Vec<String> = names.into_iter().filter(differs).cloned().collect();
            (!names.is_empty()).then_some((*case, names))
        });
        changes.collect()
    }
}

/// Whether a column is not as it was. Who has come or gone changes the people of a
/// case, and the name, the telephone of nobody.
fn differs(column: &str, before: Option<&Value>, after: Option<&Value>) -> bool {
    match (before, after) {
        (Some(Value::Object(before)), Some(Value::Object(after)))
            if column != "people" =>
        {
            let moved = |(who, cell): (&String, &Value)| {
                after.get(who).is_some_and(|now| now != cell)
            };
            before.iter().any(moved)
        }
        _ => before != after,
    }
}

/// Writes a line for every case that is not as it was.
pub(crate) async fn changes(
    conn: &mut Conn,
    now: &Now,
    importer: &Importer,
    file: &str,
    (before, after): (&Columns, &Columns),
) -> Result<(), StoreError> {
    let lines: Vec<NewLine> = before
        .changed(after)
        .into_iter()
        .map(|(case, columns)| {
            let imported = Imported {
                by: importer.by.clone(),
                reason: importer.reason.clone(),
                file: file.to_owned(),
                changed: columns,
            };
            NewLine::of_case(case, Entry::Imported(imported))
        })
        .collect();
    journal::append(conn, now, &lines).await
}

/// Writes the line of a file.
pub(crate) async fn file(
    conn: &mut Conn,
    now: &Now,
    importer: &Importer,
    report: &ImportReport,
) -> Result<(), StoreError> {
    let imported = Entry::FileImported(FileImported {
        by: importer.by.clone(),
        reason: importer.reason.clone(),
        kind: report.kind.to_owned(),
        file: report.file.clone(),
        sha256: report.sha256.clone(),
        rows: report.rows,
        new: report.new,
        changed: report.changed,
        opened: report.opened,
        adjusted: report.adjusted,
        booked: report.booked,
        confirmed: report.confirmed,
        contained: report.contained,
        noted: report.noted,
        recorded: report.recorded,
        duplicates: report.duplicates,
        rejected: report.rejected,
    });
    journal::append(conn, now, &[NewLine::of_site(imported)]).await
}
