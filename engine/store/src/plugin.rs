//! What a plugin is to the engine (插件): it declares verbs and carries out orders.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;
use domain::calendar::Calendar;
use domain::conduct::Approved;
use domain::duty::{Assignee, EndsWith};
use domain::event::Event;
use domain::ids::{CaseId, OrderId};
use domain::journal::Entered;
use domain::manifest::{Channel, EntryForm, Manifest, Text};
use domain::money::Fen;
use domain::order::Order;
use domain::say::Say;
use domain::staff::StaffNames;
use domain::tongues::{both, chinese, english};
use jiff::civil::Date;
use serde_json::{Map, Value};
use sqlx::any::AnyRow;
use thiserror::Error;

use crate::{Conn, StoreError};

/// One trade: reminding, visiting, going to law, rewarding.
#[async_trait]
pub trait Plugin: Send + Sync {
    /// Verbs, events and settings.
    fn manifest(&self) -> &'static Manifest;

    /// The plugin's own tables, in order; each runs once, one text for both
    /// databases.
    fn migrations(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether `deliver` writes books or opens work for this verb. With books
    /// the order, its acknowledgement and the receipt's event commit together;
    /// without, the plugin talks to the network and relies on the idempotency
    /// key. One plugin may have verbs of both sorts.
    fn has_books(&self, _verb: &str) -> bool {
        false
    }

    /// Carries out one order. With books it may be asked again after what it
    /// wrote was rolled back, so it does nothing that a rollback leaves behind.
    ///
    /// # Errors
    ///
    /// [`DeliveryError`] says whether to try again.
    async fn deliver(
        &self,
        order: &Approved<Order>,
        books: Option<&mut Books<'_>>,
    ) -> Result<Receipt, DeliveryError>;

    /// Carries out several orders without books in one go, where that takes less
    /// time than one after the other, and answers for each; `None` where it does
    /// not. Only orders that honour their key come here.
    async fn deliver_together(
        &self,
        _orders: &[&Approved<Order>],
    ) -> Option<Vec<Result<Receipt, DeliveryError>>> {
        None
    }

    /// Whether an order with this key has arrived, for verbs delivered with
    /// `query_before_retry`. `None`: it has not.
    ///
    /// # Errors
    ///
    /// [`DeliveryError`] when the far side cannot be asked.
    async fn query(
        &self,
        _idempotency_key: &str,
    ) -> Result<Option<Receipt>, DeliveryError> {
        Ok(None)
    }

    /// How many orders may be on their way over a channel at once, how fast they
    /// may leave, and how long an answer may take; for verbs without books.
    fn pace(&self, _channel: Channel) -> Pace {
        Pace::default()
    }

    /// Where the orders of a channel go, without secrets; `None` for a channel
    /// whose messages are files in the outgoing tray.
    fn gateway(&self, _channel: Channel) -> Option<Gateway> {
        None
    }

    /// Sends a message of the institution's own over a channel, for a person
    /// who tries the gateway. It is about nobody's debt.
    async fn try_channel(&self, channel: Channel, _to: &str, _key: &str) -> Trial {
        let channel = channel.as_str();
        let none = format!("`{channel}` 没有网关 · `{channel}` has no gateway");
        Trial::unanswered(DeliveryError::Incomplete(none))
    }

    /// The role of which anybody may do the plugin's work that is nobody's in
    /// particular.
    fn role(&self) -> Option<&'static str> {
        None
    }

    /// Writes down what a person entered by a form of the manifest. Nothing is left
    /// behind where it answers an error.
    ///
    /// # Errors
    ///
    /// [`EntryError`] when it cannot be so, or is asked about.
    async fn enter(
        &self,
        filled: &Filled<'_>,
        _books: &mut Books<'_>,
    ) -> Result<EntryDone, EntryError> {
        Err(EntryError::Refused(both(
            &format!("插件没有登记 `{}`", filled.form.name),
            &format!("the plugin has no entry `{}`", filled.form.name),
        )))
    }

    /// What whoever signs an order has to know beside it, as the books stand on that day:
    /// sums, fees, a court. What is signed is kept with the order
    /// ([`signed_terms`](crate::claims::signed_terms)); `None` where the order says it all.
    ///
    /// # Errors
    ///
    /// [`BooksError`] when the books cannot be read.
    async fn terms(
        &self,
        _order: &ToSign<'_>,
        _conn: &mut Conn,
    ) -> Result<Option<Terms>, BooksError> {
        Ok(None)
    }

    /// The open proceedings of a case, or the one with this number, open or not; for
    /// forms whose subject is a matter.
    ///
    /// # Errors
    ///
    /// [`BooksError`] when the books cannot be read.
    async fn matters(
        &self,
        _named: MatterName,
        _conn: &mut Conn,
    ) -> Result<Vec<(OrderId, CaseId)>, BooksError> {
        Ok(Vec::new())
    }

    /// A portion of the open work that the manifest lists, the most urgent first.
    ///
    /// # Errors
    ///
    /// [`BooksError`] when the books cannot be read.
    async fn open_work(
        &self,
        _wanted: &WorkWanted<'_>,
        _conn: &mut Conn,
    ) -> Result<Vec<OpenWork>, BooksError> {
        Ok(Vec::new())
    }

    /// The numbers of the papers on file, each with the entry that it shows.
    ///
    /// # Errors
    ///
    /// [`BooksError`] when the books cannot be read.
    async fn papers(&self, _conn: &mut Conn) -> Result<Vec<PaperOnFile>, BooksError> {
        Ok(Vec::new())
    }

    /// Whether what came of this order is still to be entered by a form.
    ///
    /// # Errors
    ///
    /// [`BooksError`] when the books cannot be read.
    async fn awaits_result(
        &self,
        _order: OrderId,
        _conn: &mut Conn,
    ) -> Result<bool, BooksError> {
        Ok(false)
    }

    /// What of the plugin's books is not as its own records have made it.
    ///
    /// # Errors
    ///
    /// [`BooksError`] when the books cannot be read.
    async fn verify(&self, _conn: &mut Conn) -> Result<Vec<BookFault>, BooksError> {
        Ok(Vec::new())
    }

    /// What the plugin's settings lack for single texts of the site; orders that use
    /// them wait until it is there.
    fn lacks(&self, _texts: &Texts) -> Vec<Concern> {
        Vec::new()
    }

    /// What an administrator should know of the plugin's settings.
    fn concerns(&self) -> Vec<Concern> {
        Vec::new()
    }

    /// Told that nobody is to do any more what it had put into its books for these
    /// orders, and why, in the transaction that says so.
    ///
    /// # Errors
    ///
    /// [`BooksError`] undoes that transaction.
    async fn withdrawn(
        &self,
        _orders: &[OrderId],
        _why: &str,
        _books: &mut Books<'_>,
    ) -> Result<(), BooksError> {
        Ok(())
    }

    /// Told of every event of every case, in the transaction that records it.
    ///
    /// # Errors
    ///
    /// [`BooksError`] undoes the event's transaction.
    async fn observe(
        &self,
        _case: CaseId,
        _event: &Event,
        _books: &mut Books<'_>,
    ) -> Result<(), BooksError> {
        Ok(())
    }

    /// The first day on which [`sweep`](Self::sweep) finds something to do, as
    /// the books stand; a day that is past means today, `None` never. The
    /// round of an earlier day leaves the plugin out.
    ///
    /// # Errors
    ///
    /// [`BooksError`] when the books cannot be read.
    async fn sweep_due(&self, _conn: &mut Conn) -> Result<Option<Date>, BooksError> {
        Ok(Some(Date::MIN))
    }

    /// Runs once a day after the promises are graded: deadlines, cooling-off.
    ///
    /// # Errors
    ///
    /// [`BooksError`] undoes the day's transaction of this plugin; the sweep
    /// is tried again.
    async fn sweep(&self, _books: &mut Books<'_>) -> Result<(), BooksError> {
        Ok(())
    }
}

/// An open transaction in which a plugin writes its own tables.
///
/// What it raises and opens here commits with it or not at all.
pub struct Books<'t> {
    /// The transaction; statements take `$1` parameters.
    pub conn: &'t mut Conn,
    /// The civil day.
    pub today: Date,
    /// The instant, in milliseconds since 1970.
    pub now_ms: i64,
    /// Workdays and holidays; years it does not know have no workdays that
    /// count for a deadline.
    pub calendar: Arc<Calendar>,
    /// How members of staff are called, whom the book may have by their login.
    pub staff: Arc<StaffNames>,
    /// A replay: people's outcomes are not made up.
    pub simulated: bool,
    /// Events for the case, in order.
    pub raised: Vec<Raised>,
    /// Work for people, in order.
    pub tasks: Vec<NewTask>,
    /// Orders that have not left and from which an entry takes the ground: they are taken
    /// back with it, in the name and for the reason of whoever enters it.
    pub taken_back: Vec<OrderId>,
}

/// A form as a person has filled it in; its words and types are those of the manifest.
#[derive(Clone, Copy, Debug)]
pub struct Filled<'a> {
    /// Which form.
    pub form: &'a EntryForm,
    /// The order or proceeding that it is about; 0, which no order has, where it is about
    /// the loan.
    pub order: OrderId,
    /// Its case.
    pub case_id: CaseId,
    /// The values by the names of the fields; a field without a value is not there.
    pub values: &'a Map<String, Value>,
    /// Who enters it.
    pub by: &'a str,
    /// Why, or what was said.
    pub reason: &'a str,
    /// What looks like a slip has been looked at twice.
    pub sure: bool,
}

impl Filled<'_> {
    /// A text, without blanks around it; an empty one is none.
    pub fn text(&self, name: &str) -> Option<&str> {
        let text = self.values.get(name)?.as_str()?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// A day.
    pub fn day(&self, name: &str) -> Option<Date> {
        self.text(name)?.parse().ok()
    }

    /// An amount.
    pub fn fen(&self, name: &str) -> Option<Fen> {
        self.values.get(name)?.as_i64().map(Fen)
    }

    /// The texts of a field that is given several times.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let list = self.values.get(name).and_then(Value::as_array);
        let texts = list.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }
}

/// An order that waits for a second person.
#[derive(Clone, Copy, Debug)]
pub struct ToSign<'a> {
    /// Its case.
    pub case_id: CaseId,
    /// What is to be done.
    pub verb: &'a str,
    /// Its arguments.
    pub args: &'a Map<String, Value>,
    /// The civil day.
    pub today: Date,
}

/// What a second person signs with an order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms {
    /// What they read, a line each, in both languages.
    pub lines: Vec<String>,
    /// The same as figures, for the order and the journal: amounts in fen.
    pub figures: Map<String, Value>,
}

/// What an entry came to.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryDone {
    /// The word with which the tasks of the order are closed; `None` leaves them open.
    pub closes_with: Option<String>,
    /// The kind of the tasks with which a workflow asks for what was entered.
    pub also_closes: Option<&'static str>,
    /// Its line in the journal.
    pub what: Entered,
    /// What has to be seen to next, for whoever entered it, in both languages.
    pub next: Option<String>,
}

/// Why an entry is not written.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum EntryError {
    /// It cannot be so: why, in both languages.
    #[error("{0}")]
    Refused(String),
    /// It is most likely a slip: what is strange about it, in both languages. It is
    /// taken where whoever enters it is sure.
    #[error("{0}")]
    Doubt(String),
    /// The plugin's books could not be read or written.
    #[error(transparent)]
    Books(#[from] BooksError),
}

/// How a proceeding is named.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MatterName {
    /// By its own number.
    Number(OrderId),
    /// By the case of which it is the open one.
    Of(CaseId),
}

/// What is wrong in the books of a plugin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BookFault {
    /// The case.
    pub case_id: CaseId,
    /// What.
    pub say: Say,
}

/// Which open work is listed.
#[derive(Clone, Copy, Debug)]
pub struct WorkWanted<'a> {
    /// Of this member of staff alone.
    pub of: Option<&'a str>,
    /// Of this case alone, all of it at once.
    pub case: Option<CaseId>,
    /// Behind the row with this place.
    pub after: &'a WorkPlace,
    /// At most so many rows.
    pub limit: i64,
    /// The civil day.
    pub today: Date,
    /// What the filters of the list are given, by their names.
    pub filters: &'a Map<String, Value>,
}

impl WorkWanted<'_> {
    /// What a filter is given, as a word.
    pub fn text(&self, filter: &str) -> Option<&str> {
        self.filters.get(filter).and_then(Value::as_str)
    }

    /// What a filter is given, as a number.
    pub fn number(&self, filter: &str) -> Option<i64> {
        self.filters.get(filter).and_then(Value::as_i64)
    }

    /// The rows that are wanted, by the statement that fits. `of_case` takes the case;
    /// `page` a day, a number and a limit, and `page_of` the member of staff behind them.
    ///
    /// # Errors
    ///
    /// [`BooksError`] when the books cannot be read.
    pub async fn rows(
        &self,
        conn: &mut Conn,
        (of_case, page, page_of): (&'static str, &'static str, &'static str),
    ) -> Result<Vec<AnyRow>, BooksError> {
        if let Some(case) = self.case {
            return Ok(sqlx::query(of_case).bind(case.0).fetch_all(conn).await?);
        }
        let (day, id) = self.after;
        let asked = sqlx::query(if self.of.is_some() { page_of } else { page });
        let asked = asked.bind(day.clone()).bind(*id).bind(self.limit);
        let asked = match self.of {
            Some(name) => asked.bind(name.to_owned()),
            None => asked,
        };
        Ok(asked.fetch_all(conn).await?)
    }
}

/// The place of a row of open work in its list: its day and number.
pub type WorkPlace = (String, i64);

/// One row of open work.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenWork {
    /// Its place in the list.
    pub place: WorkPlace,
    /// The case.
    pub case_id: CaseId,
    /// Its cells by the names of the manifest's columns, but for `case_id`.
    pub cells: Map<String, Value>,
}

impl OpenWork {
    /// A row; `cells` is an object.
    pub fn new(place: WorkPlace, case_id: CaseId, cells: Value) -> Self {
        let cells = match cells {
            Value::Object(cells) => cells,
            _ => Map::new(),
        };
        Self { place, case_id, cells }
    }
}

/// A paper, by the number on it, and the entry that it shows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PaperOnFile {
    /// The case.
    pub case_id: CaseId,
    /// The order or proceeding of the entry.
    pub order: OrderId,
    /// What the entry is called: a visit, a letter.
    pub title: Text,
    /// The number as it was written.
    pub number: String,
}

/// An event that a plugin raises.
#[derive(Clone, Debug, PartialEq)]
pub struct Raised {
    /// The case it happened to.
    pub case_id: CaseId,
    /// A name from the manifest's events.
    pub kind: String,
    /// The payload its spec describes.
    pub payload: Map<String, Value>,
    /// The same key for the same event; taken once.
    pub dedupe_key: String,
}

/// Work that a plugin asks a person to do.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTask {
    /// The case it belongs to.
    pub case_id: CaseId,
    /// `call`, `visit`, `deadline`, …
    pub kind: String,
    /// What is to be done, in Chinese, without personal data.
    pub title: String,
    /// Whose it is, a person's or anybody's with a role; `None` is nobody's in particular.
    pub assignee: Option<Assignee>,
    /// Until when it makes sense.
    pub ends_with: EndsWith,
    /// The last day for it.
    pub due_on: Option<Date>,
    /// The same key for the same work; opened once.
    pub dedupe_key: String,
}

/// What came back from a hand-over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Receipt {
    /// The far side's own number, or the file written.
    pub reference: String,
    /// Money that the order stands for, when it does.
    pub amount: Option<Fen>,
}

/// A gateway as people may see it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Gateway {
    /// `http`, or `spool` for files in the outgoing tray.
    pub kind: &'static str,
    /// The far side's name, with its port where it is no usual one; empty for
    /// files.
    pub host: String,
}

/// What the trial of a gateway came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The status of HTTP, where there was an answer.
    pub status: Option<u16>,
    /// The far side's own code, where the settings say where it stands.
    pub code: Option<String>,
    /// As for an order.
    pub answer: Result<Receipt, DeliveryError>,
}

impl Trial {
    /// Nothing was sent, or nothing was answered.
    pub fn unanswered(why: DeliveryError) -> Self {
        Self { status: None, code: None, answer: Err(why) }
    }

    /// What an answer like this means for orders: `accepted`, `number`,
    /// `account`, `busy`, `unreachable`, `settings`, `unclear`.
    pub fn class(&self) -> &'static str {
        match &self.answer {
            Ok(_) => "accepted",
            Err(DeliveryError::Refused(_)) => "number",
            Err(DeliveryError::Channel(_)) => "account",
            Err(DeliveryError::Retry { .. }) if self.status.is_none() => "unreachable",
            Err(DeliveryError::Retry { .. }) => "busy",
            Err(DeliveryError::Incomplete(_)) => "settings",
            Err(DeliveryError::Unknown(_) | DeliveryError::Books(_)) => "unclear",
        }
    }
}

/// What a far side can take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pace {
    /// So many orders at once, at least one.
    pub at_once: u32,
    /// So many a second; `None` is as many as go.
    pub per_second: Option<NonZeroU32>,
    /// An answer takes no longer, in seconds.
    pub timeout_s: u32,
    /// When it is broken it is tried with one order after so many seconds, and
    /// after twice as many each time.
    pub probe_after_s: u32,
    /// It is another machine, whose answer takes time.
    pub far: bool,
}

impl Default for Pace {
    /// A file of this machine.
    fn default() -> Self {
        Self {
            at_once: 1,
            per_second: None,
            timeout_s: 60,
            probe_after_s: 30,
            far: false,
        }
    }
}

/// Talks to a far side in a task of its own, so that an answer is read when it
/// comes, however long whoever waits for it is kept elsewhere: an answer that is
/// read too late would count as silence, and the message would be sent again.
/// `None` when the talk broke off within itself.
pub async fn apart<T: Send + 'static>(
    talk: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    tokio::spawn(talk).await.ok()
}

/// The texts of a site, as its templates and scripts have them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Texts {
    /// The words that each template uses, by both their names.
    pub words: BTreeMap<String, BTreeSet<String>>,
    /// Which templates scripts send over which channel, as far as they name both in
    /// one place.
    pub used: BTreeSet<(Channel, String)>,
}

/// Something about a plugin's settings that somebody has to see to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Concern {
    /// The channel, when it is about one.
    pub channel: Option<Channel>,
    /// Nothing leaves until it is seen to.
    pub grave: bool,
    /// The setting whose variable the environment of this process lacks, where it is
    /// about that: another process may have it.
    pub variable: Option<String>,
    /// What, and what to do.
    pub say: Say,
}

/// Why an order did not get through.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum DeliveryError {
    /// Nothing arrived, and trying again can help.
    #[error("投递失败,稍后重试:{reason}")]
    Retry {
        /// Why, without personal data.
        reason: String,
        /// Not before this many seconds, when the far side said so.
        after_s: Option<u32>,
    },
    /// Nothing arrived, and trying again cannot help: it is about this person's
    /// number, account or address.
    #[error("投递失败:{0}")]
    Refused(String),
    /// Nothing arrived, and no other order would fare better: the far side
    /// refuses the institution, or the settings of the channel are at fault.
    /// The channel waits for a person, and its orders with it.
    #[error("渠道故障:{0}")]
    Channel(String),
    /// Nothing left: the settings lack something that this order needs. It
    /// waits, and the others go on.
    #[error("设置不全,等待补充:{0}")]
    Incomplete(String),
    /// It may have arrived. Only an order that honours its key is tried again.
    #[error("投递结果不明:{0}")]
    Unknown(String),
    /// The plugin's books could not be written.
    #[error(transparent)]
    Books(#[from] BooksError),
}

/// A plugin's books could not be read or written.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("{}", unusable(.0))]
pub struct BooksError(pub String);

fn unusable(why: &str) -> String {
    both(
        &format!("插件账簿无法读写:{}", chinese(why)),
        &format!("the books of a plugin cannot be used: {}", english(why)),
    )
}

impl From<sqlx::Error> for BooksError {
    fn from(error: sqlx::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<StoreError> for BooksError {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}
