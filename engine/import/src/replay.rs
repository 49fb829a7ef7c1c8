//! A book for a replay (回放台账): all rows good, people made up where it has
//! none, events to be booked day by day.

use std::path::Path;

use jiff::civil::Date;
use smol_str::SmolStr;
use store::case_book::Imported;
use store::{Conn, StoreError};
use synthetic::FictionalPerson;

use super::book::{self, List};
use super::cases::{CaseList, CaseRecord, GuarantorRecord, PersonRecord};
use super::deaths::Dead;
use super::events::{EventList, EventRecord};
use super::fault::FileFault;
use super::headers::Columns;
use super::merge::{self, Loan};
use super::post::{Applied, Moment};
use super::{ListReading, OURS, Options, intake, post};

/// The cases of a book. There is no `Debug` form: it holds people.
pub struct CaseFile(Vec<Loan>);

/// The events of a book, by day. There is no `Debug` form: notes hold people.
pub struct EventFile(Vec<(u64, EventRecord)>);

impl CaseFile {
    /// Reads a case list of which every row has to be good.
    ///
    /// # Errors
    ///
    /// [`FileFault`] when the file or one of its rows cannot be used.
    pub fn read(path: &Path, options: &Options) -> Result<Self, FileFault> {
        let mut rows = intake::whole::<CaseList>(path, options)?;
        rows.sort_by(|one, other| {
            (&one.1.case_no, one.0).cmp(&(&other.1.case_no, other.0))
        });
        let columns = Columns::none();
        let mut loans = Vec::with_capacity(rows.len());
        for of_loan in rows.chunk_by(|one, other| one.1.case_no == other.1.case_no) {
            let merged = merge::merge(of_loan.to_vec(), &columns);
            if let Some((line, fault)) = merged.rejected.into_iter().next() {
                return Err(intake::as_fault_of_file(&fault, line, path));
            }
            loans.extend(merged.loan);
        }
        // Nothing is sent from a replay, and amounts are reckoned alike.
        for loan in &mut loans {
            loan.record.currency = None;
        }
        Ok(Self(loans))
    }

    /// How many cases there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes up borrower, village, collector and sometimes a guarantor for
    /// every case whose borrower has neither name nor telephone. The store
    /// marks these people as fictional.
    pub fn make_up_people(&mut self) {
        for loan in &mut self.0 {
            let debtor = &loan.record.debtor;
            if debtor.name.is_none() && debtor.phone.is_none() {
                make_up(&mut loan.record);
            }
        }
    }

    /// Writes the cases, within the transaction of the connection.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database cannot be written.
    pub async fn store(
        &self,
        conn: &mut Conn,
        moment: &Moment<'_>,
    ) -> Result<Imported, StoreError> {
        let reading =
            ListReading { no_balances: true, renamed: true, ..ListReading::default() };
        let options = Options { list: reading, ..Options::default() };
        let columns = Columns::none();
        let dead = Dead::default();
        let list = List {
            file: "",
            columns: &columns,
            options: &options,
            currency: OURS,
            dead: &dead,
        };
        let mut total = Imported::default();
        for loans in self.0.chunks(post::BATCH) {
            let stored = book::store_loans(conn, moment, &list, loans).await?;
            total.new += stored.imported.new;
            total.changed += stored.imported.changed;
            total.unchanged += stored.imported.unchanged;
        }
        Ok(total)
    }
}

fn make_up(case: &mut CaseRecord) {
    let made_up = format!("{}/B", case.case_no);
    let number = case.debtor.number.as_deref().unwrap_or(&made_up);
    let people = synthetic::people_for(&case.case_no, number);
    let village = case.village.get_or_insert_with(|| people.village.into()).clone();
    case.debtor = person(people.debtor, &village);
    case.collector.get_or_insert(people.collector.into());
    if case.guarantors.is_empty() {
        let made_up = people.guarantor.map(|(it, kind)| GuarantorRecord {
            person: person(it, &village),
            kind,
            period_months: None,
        });
        case.guarantors.extend(made_up);
    }
}

fn person(made_up: FictionalPerson, village: &str) -> PersonRecord {
    PersonRecord {
        number: Some(made_up.party_no.into()),
        name: Some(made_up.name.into()),
        phone: Some(made_up.phone.into()),
        wechat: made_up.wechat.map(SmolStr::from),
        id_number: None,
        address: Some(made_up.address.into()),
        village: Some(village.into()),
        fictional: true,
    }
}

impl EventFile {
    /// Reads an events file of which every row has to be good.
    ///
    /// # Errors
    ///
    /// [`FileFault`] when the file or one of its rows cannot be used.
    pub fn read(path: &Path, options: &Options) -> Result<Self, FileFault> {
        let mut rows = intake::whole::<EventList>(path, options)?;
        rows.sort_by_key(|row| row.1.on);
        Ok(Self(rows))
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first and the last day on which something happens.
    pub fn days(&self) -> Option<(Date, Date)> {
        Some((self.0.first()?.1.on, self.0.last()?.1.on))
    }

    /// The next day from `day` on, itself included, on which something happens.
    pub fn next_day(&self, day: Date) -> Option<Date> {
        self.0.get(self.0.partition_point(|it| it.1.on < day)).map(|it| it.1.on)
    }

    /// Books what happened from `first` to `last`, both included, within the
    /// transaction of the connection.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database cannot be written.
    pub async fn apply(
        &self,
        conn: &mut Conn,
        moment: &Moment<'_>,
        first: Date,
        last: Date,
    ) -> Result<Applied, StoreError> {
        let from = self.0.partition_point(|it| it.1.on < first);
        let to = self.0.partition_point(|it| it.1.on <= last);
        post::apply(conn, moment, self.0.get(from..to).unwrap_or_default(), None).await
    }
}
