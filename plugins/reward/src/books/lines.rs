//! The lines of those who have a part in a reward (奖励明细): written once, and taken up
//! by one monthly statement.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::EntryId;
use domain::money::Fen;
use jiff::civil::Date;
use serde_json::{Value, json};
use sqlx::Row as _;
use store::plugin::BooksError;
use store::{Conn, rows};

domain::words! {
    /// What a line books (明细种类).
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub enum LineKind {
        /// A part that was earned (计提).
        Accrue = "accrue",
        /// A part that was taken back (追回).
        TakeBack = "take_back",
        /// A part that went from one to another after an objection (改计).
        Move = "move",
    }
}

/// A line that is to be written.
#[derive(Clone, Debug)]
pub(crate) struct NewLine {
    pub(crate) payment: EntryId,
    pub(crate) kind: LineKind,
    pub(crate) collector: String,
    /// Never zero; negative for what is taken away.
    pub(crate) amount: Fen,
    /// The statement that it belongs to at once.
    pub(crate) month: Option<String>,
}

const LAST: &str = "
    select json_group_array(json_array(l.entry_id, l.last))
    from (
      select entry_id, max(n) as last
      from reward_lines
      where entry_id in (select s.id from list($1) as s (id bigint))
      group by entry_id
    ) l";

const INSERT: &str = "
    insert into reward_lines
      (entry_id, n, kind, collector, amount_fen, booked_on, recorded_at, month)
    select s.entry_id, s.n, s.kind, s.collector, s.amount_fen, s.booked_on, s.recorded_at,
      s.month
    from batch($1) as s (
      entry_id bigint, n bigint, kind text, collector text, amount_fen bigint,
      booked_on text, recorded_at bigint, month text)";

/// Writes lines behind those of their payments.
pub(crate) async fn append(
    conn: &mut Conn,
    new: &[NewLine],
    today: Date,
    now_ms: i64,
) -> Result<(), BooksError> {
    let payments: Vec<EntryId> = new.iter().map(|it| it.payment).collect();
    let last: Vec<(i64, i64)> = rows::ask(conn, LAST, &payments).await?;
    let mut last: BTreeMap<i64, i64> = last.into_iter().collect();
    let mut written: Vec<Value> = Vec::new();
    for line in new.iter().filter(|it| it.amount != Fen(0)) {
        let n = last.entry(line.payment.0).or_default();
        *n += 1;
        let (kind, day) = (line.kind.as_str(), today.to_string());
        written.push(json!([
            line.payment,
            *n,
            kind,
            line.collector,
            line.amount,
            day,
            now_ms,
            line.month
        ]));
    }
    rows::run(conn, INSERT, &written).await?;
    Ok(())
}

/// What somebody has of the reward of a payment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Part {
    pub(crate) payment: EntryId,
    pub(crate) collector: String,
    /// Above zero.
    pub(crate) amount: Fen,
}

const PARTS: &str = "
    select json_group_array(json_array(p.entry_id, p.collector, p.part)
      order by p.entry_id, p.collector)
    from (
      select entry_id, collector, sum(amount_fen) as part
      from reward_lines
      where entry_id in (select s.id from list($1) as s (id bigint))
      group by entry_id, collector
    ) p
    where p.part <> 0";

/// Who has what of the rewards of some payments.
pub(crate) async fn parts_of(
    conn: &mut Conn,
    payments: &[EntryId],
) -> Result<Vec<Part>, BooksError> {
    if payments.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<(i64, String, Fen)> = rows::ask(conn, PARTS, payments).await?;
    let part =
        |(entry, collector, amount)| Part { payment: EntryId(entry), collector, amount };
    Ok(found.into_iter().map(part).collect())
}

const OF_DAYS: &str = "
    select collector, cast(sum(amount_fen) as bigint) as part
    from reward_lines
    where $1 <= booked_on and booked_on <= $2
    group by collector";

/// What was booked for each member of staff from one day to another, what was taken
/// back taken off.
pub(crate) async fn sums(
    conn: &mut Conn,
    (from, to): (Date, Date),
) -> Result<BTreeMap<String, Fen>, BooksError> {
    let asked = sqlx::query(OF_DAYS).bind(from.to_string()).bind(to.to_string());
    let mut sums = BTreeMap::new();
    for row in asked.fetch_all(conn).await? {
        sums.insert(row.try_get("collector")?, Fen(row.try_get("part")?));
    }
    Ok(sums)
}

const OF_PEOPLE: &str = "
    select json_group_array(json_array(p.collector, p.part) order by p.collector)
    from (
      select l.collector, sum(l.amount_fen) as part
      from batch($1) as s (name text, first_on text, last_on text)
      join reward_lines l on l.collector = s.name
        and s.first_on <= l.booked_on and l.booked_on <= s.last_on
      group by l.collector
    ) p";

/// [`sums`] of some members of staff alone, each named once.
pub(crate) async fn sums_of(
    conn: &mut Conn,
    (from, to): (Date, Date),
    names: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Fen>, BooksError> {
    let asked: Vec<_> = names.iter().map(|name| (name, from, to)).collect();
    if asked.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found: Vec<(String, Fen)> = rows::ask(conn, OF_PEOPLE, &asked).await?;
    Ok(found.into_iter().collect())
}
