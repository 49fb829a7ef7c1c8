//! Rows of an events file (流水) as money and as things that happened.

use domain::components::{Component, Components};
use domain::event::{ContactEvent, EventKind};
use domain::ledger::EntryKind;
use domain::money::Fen;
use domain::say::Say;
use foldhash::HashMap;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, ToSmolStr, format_smolstr};

use super::Options;
use super::components::{self, Parted};
use super::deaths::{self, Certainty, Remarks};
use super::fault::{FileFault, RowFault};
use super::feed::{Portion, Understand};
use super::headers::{Columns, Known};
use super::intake::OfLoan;
use super::kinds::{self, Kind};
use super::payer::Payers;
use super::sides;
use super::states::States;
use super::table::Row;
use super::{cells, payer};

/// The columns that an events file can have.
pub(crate) const COLUMNS: &[Known] = &[
    // No `序号`: programs that export lists number the rows of every file from
    // 1, so the same payment has another 序号 in tomorrow's file.
    column("seq", &["event_id", "流水号", "交易流水号"]),
    required(
        "date",
        &["booked_on", "日期", "发生日期", "记账日期", "入账日期", "交易日期"],
    ),
    required("case_id", super::cases::COLUMNS[0].aliases),
    required(
        "kind",
        &["type", "event", "类型", "事件", "事件类型", "业务类型", "交易类型"],
    ),
    column("amount", &["金额", "发生额", "交易金额"]),
    column("actor", &["经办人", "操作员", "柜员"]),
    column("note", &["备注", "说明", "摘要"]),
    column("ref", &["reverses", "原流水号", "被冲正流水号", "关联流水号", "原序号"]),
    column("due_on", &["promised_on", "承诺日期", "承诺还款日"]),
    column("currency", &["币种"]),
    column(
        "outcome",
        &["result", "结果", "联系结果", "通话结果", "上门结果", "走访结果"],
    ),
    column(payer::MAPPED, &[]),
    column(components::MAPPED[0].0, &[]),
    column(components::MAPPED[1].0, &[]),
    column(components::MAPPED[2].0, &[]),
    column(components::MAPPED[3].0, &[]),
];

const fn column(name: &'static str, aliases: &'static [&'static str]) -> Known {
    Known { name, required: false, unless: &[], aliases }
}

const fn required(name: &'static str, aliases: &'static [&'static str]) -> Known {
    Known { name, required: true, unless: &[], aliases }
}

/// One row that was understood. It has no `Debug`: notes hold people. What is short in
/// every row is kept in place: rows go from thread to thread, and each piece of memory
/// that goes along costs as much as the cell.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct EventRecord {
    pub case_no: SmolStr,
    pub on: Date,
    pub what: What,
    /// The kind as it stands in the key of the row; of a payment with what it pays.
    pub word: SmolStr,
    pub actor: String,
    pub note: String,
    /// The bank's own number of the row.
    pub seq: Option<SmolStr>,
    /// The number of the receipt, where the row names it.
    pub receipt: Option<SmolStr>,
    pub currency: Option<String>,
    /// What the money consists of, where the list says so.
    pub parts: Option<Components>,
    /// Who has paid, as the bank names them.
    pub payer: Option<SmolStr>,
}

impl OfLoan for EventRecord {
    fn case_no(&self) -> &str {
        &self.case_no
    }
}

/// What a row tells of.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum What {
    /// A line of the ledger other than a reversal.
    Money(EntryKind, Fen),
    /// A line taken back: `of` is the number of its row and `kind` its kind, where
    /// they are named; of a due item the day it was said to be due.
    Reversal {
        amount: Fen,
        of: Option<String>,
        kind: Option<EntryKind>,
        due_on: Option<Date>,
    },
    /// A promise to pay by a day.
    Promise { amount: Fen, due_on: Date },
    /// Something that happened.
    Event { kind: String, outcome: Option<String> },
    /// Something under the file's own name for it.
    Other { kind: String, amount: Fen },
}

/// Makes events of the rows and sets aside those that cannot be used.
pub(crate) struct EventList {
    columns: Columns,
    /// `--kind`, for a list without such a column.
    kind: Option<Kind>,
    words: Words,
    states: States,
    /// The columns of principal, interest, penalty and costs.
    parted: Parted,
    /// The columns of payers.
    payers: Payers,
    /// Columns that may tell of a death, and what was found there.
    of_deaths: Vec<usize>,
    remarks: Remarks,
}

/// What the words of the column of kinds mean. A list has few of them and a million
/// rows, so each is read once.
#[derive(Default)]
struct Words(HashMap<String, Word>);

/// What one word means.
#[derive(Clone)]
struct Word {
    /// The kind of line that it takes back.
    taken_back: Option<EntryKind>,
    kind: Kind,
    /// What a payment pays.
    part: Option<&'static str>,
    /// What all of the money is, where the word speaks of one part alone.
    all: Option<Component>,
}

/// A column with more words than this holds notes.
const MOST_WORDS: usize = 200;

impl Words {
    /// Reads a cell; `said` is the kind of every row of the list.
    fn of(&mut self, cell: &str, said: Option<&Kind>) -> Result<Word, RowFault> {
        if let Some(word) = self.0.get(cell) {
            return Ok(word.clone());
        }
        let word = Word::of(cell, said)?;
        if self.0.len() < MOST_WORDS {
            self.0.insert(cell.to_owned(), word.clone());
        }
        Ok(word)
    }
}

impl Word {
    fn of(cell: &str, said: Option<&Kind>) -> Result<Self, RowFault> {
        let plain = cells::plain(cell);
        let taken_back = reversed_kind(&plain);
        let kind = match (taken_back, said) {
            (Some(_), _) => Kind::Money(EntryKind::Reversal),
            (None, Some(kind)) => kind.clone(),
            (None, None) => kinds::read(cell)?,
        };
        let all = components::by_word(&plain);
        Ok(Self { taken_back, kind, part: component(&plain), all })
    }
}

impl Understand for EventList {
    type Record = EventRecord;

    const COLUMNS: &'static [Known] = COLUMNS;

    fn given(options: &Options) -> &'static [&'static str] {
        if options.kind.is_some() { &["kind"] } else { &[] }
    }

    fn begin(columns: Columns, options: &Options) -> Result<Self, FileFault> {
        sides::one_direction(&columns, options)?;
        let kind = options.kind.as_deref().map(|kind| kinds::said(kind, &columns));
        let kind = kind.transpose()?;
        let states = States::of(&columns, options);
        let (parted, payers) = (Parted::of(&columns), Payers::of(&columns));
        let noted = ["note", "outcome"].into_iter().filter_map(|it| columns.place(it));
        let of_deaths = columns.others.iter().copied().chain(noted);
        let of_deaths = of_deaths
            .filter(|death| deaths::may_tell(&columns.header_at(*death)))
            .collect();
        let (words, remarks) = (Words::default(), Remarks::default());
        Ok(Self { columns, kind, words, states, parted, payers, of_deaths, remarks })
    }

    fn row(
        &mut self,
        row: Row,
        portion: &mut Portion<EventRecord>,
    ) -> Result<(), FileFault> {
        let said = self.kind.as_ref();
        let beside = (&self.states, &self.parted, &self.payers);
        let told = event(&self.columns, &mut self.words, beside, said, &row);
        match told {
            Ok(record) => match self.look_for_deaths(&record, &row) {
                Ok(()) => portion.good.push((row, record)),
                Err(fault) => portion.reject(row, fault),
            },
            Err(Fault::Row(fault)) => portion.reject(row, fault),
            Err(Fault::File(fault)) => return Err(fault),
        }
        Ok(())
    }

    fn end(&mut self, portion: &mut Portion<EventRecord>) {
        portion.notices.extend(self.remarks.notices());
    }
}

impl EventList {
    /// Asks about a row that says in other words than its kind that the debtor has
    /// died. Money and protection are booked all the same, and the report tells.
    fn look_for_deaths(
        &mut self,
        record: &EventRecord,
        row: &Row,
    ) -> Result<(), RowFault> {
        let asked = match &record.what {
            What::Event { kind, .. } if *kind == EventKind::Deceased => return Ok(()),
            What::Event { kind, .. } => {
                *kind == EventKind::Note || ContactEvent::parse(kind).is_some()
            }
            What::Promise { .. } | What::Other { .. } => true,
            What::Money(..) | What::Reversal { .. } => false,
        };
        for at in &self.of_deaths {
            let header = self.columns.header_at(*at);
            match deaths::told(&header, &row.plain(*at)) {
                Some(Certainty::Surely) if asked => {
                    return Err(deaths::not_as_such(&header));
                }
                Some(_) => self.remarks.add(&header, row),
                None => {}
            }
        }
        Ok(())
    }
}

/// Sets aside what is told of a day that has not come, except the loan and its
/// schedule: money of tomorrow would leave the debtor unasked today.
pub(crate) fn set_future_aside(portion: &mut Portion<EventRecord>, today: Date) {
    let scheduled =
        |it: &What| matches!(it, What::Money(EntryKind::Due | EntryKind::Open, _));
    let is_early =
        |it: &mut (Row, EventRecord)| today < it.1.on && !scheduled(&it.1.what);
    let early: Vec<(Row, EventRecord)> = portion.good.extract_if(.., is_early).collect();
    for (row, record) in early {
        portion.reject(row, not_yet(record.on, today));
    }
}

fn not_yet(on: Date, today: Date) -> RowFault {
    RowFault::new(
        "R023",
        Say::new(
            format!(
                "日期 {on} 在今天({today})之后,只有应还和放款可以是将来的;请核对年份"
            ),
            format!(
                "the day {on} lies after today ({today}), which only due items and openings may; check the year"
            ),
        ),
    )
}

enum Fault {
    Row(RowFault),
    File(FileFault),
}

impl From<RowFault> for Fault {
    fn from(fault: RowFault) -> Self {
        Self::Row(fault)
    }
}

fn event(
    columns: &Columns,
    words: &mut Words,
    (states, parted, payers): (&States, &Parted, &Payers),
    said: Option<&Kind>,
    row: &Row,
) -> Result<EventRecord, Fault> {
    let read = |name| EventCell { columns, row, name };
    let case_no = read("case_id").number()?.ok_or_else(|| no_case_no(columns))?;
    let on = read("date").date()?;
    let Word { taken_back, kind, part, all } = words
        .of(columns.cell(row, "kind"), said)
        .map_err(|error| error.of_column(columns.header("kind")))?;
    states.look(row, &kind, &columns.plain(row, "kind"), said.is_some())?;
    let note = read("note").text()?.unwrap_or_default();
    let seq = columns.number_as_written(row, "seq")?;
    let amount = || {
        if columns.has("amount") {
            columns.amount(row, "amount").map_err(Fault::Row)
        } else {
            Err(Fault::File(no_amount_column()))
        }
    };
    let what = match &kind {
        Kind::Money(EntryKind::Reversal) => What::Reversal {
            amount: amount()?,
            of: read("ref").number()?.or_else(|| named_in(&note)),
            kind: taken_back,
            due_on: read("due_on").optional_date()?,
        },
        Kind::Money(money) => What::Money(*money, amount()?),
        Kind::Promise => What::Promise {
            amount: amount()?,
            due_on: promised_day(read("due_on"), &note, on)?,
        },
        Kind::Event(kind) => What::Event {
            kind: (*kind).to_owned(),
            outcome: outcome(kind, read("outcome"), &note)?.map(str::to_owned),
        },
        Kind::Other(kind) => {
            let blank = columns.plain(row, "amount").is_empty();
            if !blank && amount()? != Fen(0) {
                let fault = kinds::of_unknown_money(kind);
                return Err(fault.of_column(columns.header("kind")).into());
            }
            What::Other { kind: kind.clone(), amount: Fen(0) }
        }
    };
    if let What::Money(EntryKind::Payment, amount) = what {
        states.in_full(columns, row, amount)?;
    }
    if says_nothing(&what) {
        return Err(nothing(columns).into());
    }
    let parts = parts(columns, parted, row, &what, all);
    let (receipt, payer) = match what {
        What::Money(EntryKind::Payment, _) => {
            let of_kind = payer::of_kind(&columns.plain(row, "kind"));
            (read("ref").number()?, payer::told(payers.of_row(row), of_kind))
        }
        _ => (None, None),
    };
    Ok(EventRecord {
        case_no: case_no.into(),
        on,
        word: keyed_by(&what, &kind, part),
        what,
        actor: read("actor").text()?.unwrap_or_default(),
        note,
        seq: seq.map(SmolStr::from),
        receipt: receipt.map(SmolStr::from),
        currency: super::currencies::of_row(columns, row)?,
        parts,
        payer,
    })
}

/// What a row of money consists of: by its columns, or all of it by its word, where the
/// list has no such columns.
fn parts(
    columns: &Columns,
    parted: &Parted,
    row: &Row,
    what: &What,
    all: Option<Component>,
) -> Option<Components> {
    let What::Money(kind, amount) = what else { return None };
    if !parted.is_empty() {
        return parted.of_row(columns, row, *kind, *amount);
    }
    let is_divided =
        matches!(kind, EntryKind::Due | EntryKind::Payment | EntryKind::Waiver);
    all.filter(|_| is_divided).map(|all| Components::only(all, *amount))
}

/// The kind as it stands in the key of a row.
fn keyed_by(what: &What, kind: &Kind, part: Option<&str>) -> SmolStr {
    match (what, part) {
        (What::Money(EntryKind::Payment, _), Some(part)) => {
            format_smolstr!("payment.{part}")
        }
        (What::Reversal { kind: Some(kind), .. }, _) => {
            format_smolstr!("reversal.{kind}")
        }
        _ => kind.as_str().to_smolstr(),
    }
}

/// Money of nothing: a monthly list has a row for everybody, and nobody is thanked
/// for paying nothing.
fn says_nothing(what: &What) -> bool {
    matches!(
        what,
        What::Promise { amount: Fen(0), .. }
            | What::Reversal { amount: Fen(0), .. }
            | What::Money(EntryKind::Payment | EntryKind::Waiver, Fen(0))
    )
}

/// The kind of line that a row says it takes back; a plain 冲正 does not say.
fn reversed_kind(cell: &str) -> Option<EntryKind> {
    const WORDS: &[(EntryKind, &[&str])] = &[
        (
            EntryKind::Due,
            &["due_reversal", "应还冲正", "应收冲正", "撤销应还", "应还撤销"],
        ),
        (EntryKind::Waiver, &["waiver_reversal", "减免冲正", "撤销减免", "减免撤销"]),
        (EntryKind::Fee, &["fee_reversal", "费用冲正", "撤销费用"]),
        (EntryKind::Penalty, &["penalty_reversal", "罚息冲正", "撤销罚息"]),
    ];
    let word = cell.to_lowercase().replace([' ', '-'], "_");
    WORDS.iter().find(|it| it.1.contains(&word.as_str())).map(|word| word.0)
}

/// What a payment pays, by the word for it: the bank may give principal and
/// interest of one payment the same number.
fn component(cell: &str) -> Option<&'static str> {
    let word = cell.to_lowercase();
    let says = |it: &[&str]| it.iter().any(|it| word.contains(it));
    if says(&["本息", "principal and interest"]) {
        None
    } else if says(&["罚息", "复利", "违约金", "penalty"]) {
        Some("penalty")
    } else if says(&["息", "interest"]) {
        Some("interest")
    } else if says(&["本金", "principal"]) {
        Some("principal")
    } else if says(&["费", "fee"]) {
        Some("fee")
    } else {
        None
    }
}

/// The cell of one known column of one row.
#[derive(Clone, Copy)]
struct EventCell<'a> {
    columns: &'a Columns,
    row: &'a Row,
    name: &'a str,
}

impl EventCell<'_> {
    fn number(self) -> Result<Option<String>, RowFault> {
        self.columns.number(self.row, self.name)
    }

    fn text(self) -> Result<Option<String>, RowFault> {
        self.columns.text(self.row, self.name)
    }

    fn date(self) -> Result<Date, RowFault> {
        self.columns.date(self.row, self.name)
    }

    fn optional_date(self) -> Result<Option<Date>, RowFault> {
        self.columns.optional_date(self.row, self.name)
    }

    fn is_blank(self) -> bool {
        cells::plain(self.columns.cell(self.row, self.name)).is_empty()
    }
}

/// The number of a payment that a note names: `12`, `seq 12`, `冲正 12`.
fn named_in(note: &str) -> Option<String> {
    let note = cells::plain(note);
    let number = ["seq", "ref", "冲正", "原序号", "序号"]
        .iter()
        .find_map(|it| note.strip_prefix(it))
        .unwrap_or(&note)
        .trim_start_matches([' ', ':', '#', '第']);
    let is_number =
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| number.to_owned())
}

/// The day of a promise: its own column, or a note that is a day.
fn promised_day(cell: EventCell<'_>, note: &str, on: Date) -> Result<Date, RowFault> {
    let due_on = if cell.is_blank() {
        cells::date(note).map_err(|_| {
            RowFault::new(
                "R060",
                Say::new(
                    "承诺还款没有还款日;请在 `due_on`(承诺还款日)列填写日期",
                    "the promise names no day; fill in the column `due_on`",
                ),
            )
        })?
    } else {
        cell.date()?
    };
    if due_on < on {
        return Err(RowFault::new(
            "R061",
            Say::new(
                "承诺还款日早于承诺当天;请核对两个日期",
                "the day promised lies before the day of the promise; check both",
            ),
        ));
    }
    Ok(due_on)
}

/// What a call or visit came to, from its own column or from the note.
fn outcome(
    kind: &str,
    cell: EventCell<'_>,
    note: &str,
) -> Result<Option<&'static str>, RowFault> {
    if ContactEvent::parse(kind).is_none() {
        return Ok(None);
    }
    let word = if cell.is_blank() { Some(note.to_owned()) } else { cell.text()? };
    let found = word.and_then(|word| kinds::outcome(&word));
    found.map(Some).ok_or_else(|| {
        let fault = RowFault::new(
            "R062",
            Say::new(
                "没有结果或结果无法识别;请写:接通、无人接听、占线、拒接、语音信箱、空号、见面、不在",
                "no result, or one that is not known; write conversation, no_answer, busy, rejected, voicemail, invalid, met or absent",
            ),
        );
        fault.of_column(cell.columns.header("outcome"))
    })
}

fn no_case_no(columns: &Columns) -> RowFault {
    RowFault::new(
        "R002",
        Say::new(
            "没有贷款编号;请补上(合计行可以不管)",
            "there is no loan number; fill it in (a line of totals needs none)",
        ),
    )
    .of_column(columns.header("case_id"))
}

fn nothing(columns: &Columns) -> RowFault {
    RowFault::new(
        "R013",
        Say::new(
            "还款、减免、承诺和冲正的金额不能为零,没有入账;没有还款的行请删去",
            "a payment, waiver, promise or reversal of nothing was not booked; check the amount, or leave such rows out",
        ),
    )
    .of_column(columns.header("amount"))
}

/// What else to do where the column of kinds is missing: a list of payments alone
/// needs none.
pub(crate) fn without_kinds(missing: &str) -> (&'static str, &'static str) {
    if missing != "kind" {
        return ("", "");
    }
    (
        ";整份都是还款而没有这一列的,加 `--kind payment`",
        "; where all of the file are payments and it has no such column, say `--kind payment`",
    )
}

fn no_amount_column() -> FileFault {
    FileFault::new(
        "I030",
        Say::new(
            "缺少必需的列 `amount`(如“金额”),未导入任何内容;请补上,或用 `--map 列名=amount` 指明",
            "the required column `amount` (such as \"金额\") is missing, nothing was imported; add it or name it with `--map THEIRS=amount`",
        ),
    )
    .at(1)
}

#[cfg(test)]
mod tests {
    use super::super::feed::of_text;
    use super::*;

    fn sift(text: &str) -> Portion<EventRecord> {
        of_text::<EventList>(text, &Options::default()).unwrap()
    }

    fn keys(sifted: &Portion<EventRecord>) -> Vec<String> {
        let rows: Vec<_> =
            sifted.good.iter().map(|it| (it.0.line, it.1.clone())).collect();
        super::super::keys::of(&rows)
    }

    fn codes(sifted: &Portion<EventRecord>) -> Vec<&'static str> {
        sifted.rejected.iter().map(|it| it.1.code).collect()
    }

    #[test]
    fn a_chinese_file_is_understood_row_by_row() {
        let file = "流水号,日期,贷款编号,类型,金额,经办人,备注,原流水号,承诺还款日\n\
            1,2026-01-01,A,放款,10000,高山青,,,\n\
            2,2026/2/1,A,应还,1000,,,,\n\
            3,20260202,A,还款,\"1,000.00\",,,,\n\
            4,2026年2月3日,A,冲正,1000,,误入账,3,\n\
            5,2026-02-04,A,承诺还款,1000,,,,2026-02-10\n\
            6,2026-02-05,A,投诉,,,,,\n\
            7,2026-02-06,A,送红包,,,,,\n";
        let sifted = sift(file);
        assert!(sifted.rejected.is_empty(), "{:?}", codes(&sifted));
        let told: Vec<&What> = sifted.good.iter().map(|it| &it.1.what).collect();
        let due_on = Date::constant(2026, 2, 10);
        assert_eq!(
            told,
            [
                &What::Money(EntryKind::Open, Fen(1_000_000)),
                &What::Money(EntryKind::Due, Fen(100_000)),
                &What::Money(EntryKind::Payment, Fen(100_000)),
                &What::Reversal {
                    amount: Fen(100_000),
                    of: Some("3".to_owned()),
                    kind: None,
                    due_on: None,
                },
                &What::Promise { amount: Fen(100_000), due_on },
                &What::Event { kind: "complaint".to_owned(), outcome: None },
                &What::Other { kind: "送红包".to_owned(), amount: Fen(0) },
            ]
        );
        assert_eq!(keys(&sifted)[0], "A|1|open|2026-01-01");
    }

    #[test]
    fn every_bad_row_is_set_aside_with_its_reason_and_the_others_are_kept() {
        let rows = [
            ("1,2026-01-01,A,payment,-5,,", "R011"),
            ("1,2026-01-01,A,payment,5.001,,", "R012"),
            ("1,2026-01-01,A,payment,,,", "R010"),
            ("1,2026-02-30,A,payment,5,,", "R022"),
            ("1,,A,payment,5,,", "R020"),
            ("1,2026-01-01,,payment,5,,", "R002"),
            ("1,2026-01-01,A,,5,,", "R040"),
            ("1,2026-01-01,A,paymnt,5,,", "R041"),
            ("1,2026-01-01,A,promise,5,,", "R060"),
            ("1,2026-01-01,A,promise,5,,2025-12-31", "R061"),
            ("1,2026-01-01,A,promise,0,,2026-12-31", "R013"),
            ("1,2026-01-01,A,payment,5", "R001"),
            ("1,2026-01-01,A,payment,5,,x,y", "R001"),
        ];
        for (row, code) in rows {
            let file = format!(
                "seq,date,case_id,kind,amount,actor,note\n{row}\n2,2026-01-01,B,payment,5,,\n"
            );
            let sifted = sift(&file);
            assert_eq!(codes(&sifted), [code], "{row}");
            assert_eq!(sifted.good.len(), 1, "{row}");
        }
    }

    #[test]
    fn a_death_in_other_words_is_asked_about_and_no_silent_note() {
        let rows = [
            ("备注,,借款人已死亡", &["R055"][..], 0),
            ("备注,,客户已于10月去世", &["R055"], 0),
            ("走访客户,,本人已死亡", &["R055"], 0),
            ("死亡通知,,", &["R055"], 0),
            ("客户死亡,,", &[], 0),
            ("死亡,,本人已死亡", &[], 0),
            ("备注,,父亲已去世", &[], 1),
            ("还款,5,借款人已死亡", &[], 1),
            ("投诉,,借款人已死亡", &[], 1),
            ("备注,,外出务工", &[], 0),
        ];
        for (row, rejected, notices) in rows {
            let file = format!("日期,贷款编号,类型,金额,备注\n2026-01-01,A,{row}\n");
            let sifted = sift(&file);
            assert_eq!(codes(&sifted), rejected, "{row}");
            assert_eq!(sifted.notices.len(), notices, "{row}");
        }
    }

    #[test]
    fn money_without_an_amount_column_refuses_the_file() {
        let list = "date,case_id,kind\n2026-01-01,A,payment\n";
        match of_text::<EventList>(list, &Options::default()) {
            Ok(_) => panic!("the file was taken"),
            Err(fault) => assert_eq!(fault.code, "I030"),
        }
        assert_eq!(sift("date,case_id,kind\n2026-01-01,A,complaint\n").good.len(), 1);
    }

    #[test]
    fn equal_rows_without_a_number_are_as_many_events() {
        let row = "2026-01-01,A,payment,5\n";
        let keys = |text: String| keys(&sift(&text));
        let file = format!("date,case_id,kind,amount\n{row}{row}");
        let once = keys(file.clone());
        assert_eq!(once.len(), 2);
        assert_ne!(once[0], once[1]);
        assert_eq!(once, keys(file));
    }

    #[test]
    fn the_number_of_a_row_does_not_make_a_payment_another_one() {
        let told = |rows: &str| -> Vec<String> {
            let file = format!("序号,日期,贷款编号,类型,金额\n{rows}");
            keys(&sift(&file))
        };
        let monday = told("1,2026-01-05,A,还款,5\n");
        let tuesday = told("1,2026-01-06,A,还款,7\n2,2026-01-05,A,还款,5\n");
        assert_eq!(monday[0], tuesday[1]);
    }

    #[test]
    fn principal_and_interest_under_one_number_are_two_rows() {
        let words = [
            ("归还本金", Some("principal")),
            ("还息", Some("interest")),
            ("归还罚息", Some("penalty")),
            ("归还本息", None),
            ("还款", None),
            ("payment", None),
        ];
        for (word, part) in words {
            assert_eq!(component(word), part, "{word}");
        }
    }

    #[test]
    fn a_payment_of_nothing_is_no_payment_and_a_due_item_of_nothing_does_no_harm() {
        let rows = [("还款", 0), ("减免", 0), ("应还", 1), ("放款", 1)];
        for (kind, good) in rows {
            let file = format!("日期,贷款编号,类型,金额\n2026-01-01,A,{kind},0.00\n");
            assert_eq!(sift(&file).good.len(), good, "{kind}");
        }
    }

    #[test]
    fn a_row_can_say_what_kind_of_line_it_takes_back() {
        let file = "日期,贷款编号,类型,金额,承诺还款日\n\
            2026-02-01,A,应还冲正,5,2026-01-31\n2026-02-01,A,减免冲正,5,\n";
        let kinds: Vec<_> = sift(file)
            .good
            .into_iter()
            .map(|it| match it.1.what {
                What::Reversal { kind, due_on, .. } => (kind, due_on),
                other => panic!("{other:?}"),
            })
            .collect();
        let due_on = Some(Date::constant(2026, 1, 31));
        assert_eq!(
            kinds,
            [(Some(EntryKind::Due), due_on), (Some(EntryKind::Waiver), None)]
        );
    }

    #[test]
    fn the_payment_a_reversal_takes_back_can_stand_in_the_note() {
        let notes = [
            ("12", Some("12")),
            ("seq 12", Some("12")),
            ("冲正 12", Some("12")),
            ("原序号:12", Some("12")),
            ("", None),
            ("12 and more", None),
            ("booked twice", None),
        ];
        for (note, number) in notes {
            assert_eq!(named_in(note).as_deref(), number, "{note}");
        }
    }

    #[test]
    fn money_under_an_unknown_name_is_not_booked_in_silence() {
        let rows = [("gift,5", "R042"), ("转账,5", "R043"), ("利息,5", "R043")];
        for (row, code) in rows {
            let file = format!(
                "date,case_id,kind,amount\n2026-01-01,A,{row}\n2026-01-01,A,打雷,\n2026-01-01,A,打雷,0\n"
            );
            let sifted = sift(&file);
            assert_eq!(codes(&sifted), [code], "{row}");
            assert_eq!(sifted.good.len(), 2, "without an amount it is a note: {row}");
        }
    }
}
