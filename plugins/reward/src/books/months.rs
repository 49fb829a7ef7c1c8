//! The monthly statement of rewards (月度奖励单): closed, looked at, approved by two, and
//! paid once.

use std::collections::BTreeMap;

use domain::hold::HoldReason;
use domain::ids::{CaseId, EntryId};
use domain::money::Fen;
use domain::tongues::both;
use jiff::civil::Date;
use serde_json::json;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use store::plugin::BooksError;
use store::{Conn, plugin_reads, rows};

/// A calendar month, `2026-11`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Month {
    first: Date,
}

impl Month {
    /// Reads `2026-11`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let is_short = text.len() == "2026-11".len();
        let first = format!("{text}-01").parse().ok().filter(|_| is_short)?;
        Some(Self { first })
    }

    /// Its first and its last day.
    pub fn days(self) -> (Date, Date) {
        (self.first, self.first.last_of_month())
    }

    /// `2026-11`.
    pub fn name(self) -> String {
        self.first.to_string().chars().take("2026-11".len()).collect()
    }
}

/// A statement that was closed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Closed {
    /// The day on which it was closed.
    pub closed_on: Date,
    /// The last day on which somebody can object.
    pub objections_until: Date,
    /// Who approved it first.
    pub first_by: Option<String>,
    /// Who approved it after that.
    pub second_by: Option<String>,
    /// The day on which it was paid.
    pub paid_on: Option<Date>,
    /// The payout file, once it was made.
    pub body: Option<String>,
    /// The hash of that file.
    pub digest: Option<String>,
}

fn day(row: &AnyRow, column: &str) -> Result<Option<Date>, BooksError> {
    let written: Option<String> = row.try_get(column)?;
    let read = |it: String| it.parse().map_err(|_| BooksError(format!("奖励日期 {it}")));
    written.map(read).transpose()
}

const FIND: &str = "
    select closed_on, objections_until, first_by, second_by, paid_on, body, digest
    from reward_months
    where month = $1";

/// The statement of a month, once it is closed.
///
/// # Errors
///
/// [`BooksError`] when the books cannot be read.
pub async fn find(conn: &mut Conn, month: Month) -> Result<Option<Closed>, BooksError> {
    let row = sqlx::query(FIND).bind(month.name()).fetch_optional(conn).await?;
    let Some(row) = row else { return Ok(None) };
    let missing = || BooksError("奖励单缺日期 · a statement lacks its day".to_owned());
    Ok(Some(Closed {
        closed_on: day(&row, "closed_on")?.ok_or_else(missing)?,
        objections_until: day(&row, "objections_until")?.ok_or_else(missing)?,
        first_by: row.try_get("first_by")?,
        second_by: row.try_get("second_by")?,
        paid_on: day(&row, "paid_on")?,
        body: row.try_get("body")?,
        digest: row.try_get("digest")?,
    }))
}

/// What a statement has for one member of staff.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Due {
    /// Lines that it takes up.
    pub lines: u64,
    /// What was earned.
    pub earned: Fen,
    /// What was taken away, as a positive amount.
    pub taken_back: Fen,
}

impl Due {
    /// What is paid.
    pub fn net(&self) -> Fen {
        self.earned - self.taken_back
    }

    fn add(&mut self, amount: Fen) {
        self.lines += 1;
        if amount < Fen(0) {
            self.taken_back = self.taken_back - amount;
        } else {
            self.earned += amount;
        }
    }
}

/// A line that no statement has taken up.
type Unstated = (EntryId, i64, String, Fen, CaseId);

/// Whose lines on one payment come to nothing or less is taken up whatever their day:
/// what was taken back after the month is not paid for it.
const UNSTATED: &str = "
    select json_group_array(json_array(
      l.entry_id, l.n, l.collector, l.amount_fen, r.case_id) order by l.entry_id, l.n)
    from list($1) as s (day text)
    cross join (
      select entry_id, collector, sum(amount_fen) as part,
        max(case when 0 < amount_fen then booked_on else '' end) as earned_on
      from reward_lines
      where month is null
      group by entry_id, collector
    ) p
    join reward_lines l on l.entry_id = p.entry_id and l.collector = p.collector
      and l.month is null
    join rewards r on r.entry_id = p.entry_id
    where p.part <= 0
      or (p.earned_on <= s.day and r.status <> 'accrued'
        and coalesce(r.payable_on, '') <= s.day)";

const STATED: &str = "
    select json_group_array(json_array(collector, amount_fen) order by entry_id, n)
    from reward_lines
    where month = (select s.month from list($1) as s (month text))";

/// What a statement pays, by member of staff: of a closed one what it has taken up, of
/// one that is not what it would. Whoever would be paid nothing, because more was taken
/// back than earned, waits for a later month with all their lines.
///
/// # Errors
///
/// [`BooksError`] when the books cannot be read.
pub async fn due(
    conn: &mut Conn,
    month: Month,
) -> Result<BTreeMap<String, Due>, BooksError> {
    let mut due: BTreeMap<String, Due> = BTreeMap::new();
    if find(conn, month).await?.is_some() {
        let stated: Vec<(String, Fen)> = rows::ask(conn, STATED, &[month.name()]).await?;
        for (collector, amount) in stated {
            due.entry(collector).or_default().add(amount);
        }
        return Ok(due);
    }
    for (.., collector, amount, _) in ready(conn, month).await? {
        due.entry(collector).or_default().add(amount);
    }
    Ok(due)
}

/// What somebody would owe by a statement that is not closed, because more was taken back
/// of what they had been paid than they earned since; nobody is paid less than nothing,
/// so it is taken off later months.
///
/// # Errors
///
/// [`BooksError`] when the books cannot be read.
pub async fn owed(
    conn: &mut Conn,
    month: Month,
) -> Result<BTreeMap<String, Due>, BooksError> {
    let mut owed: BTreeMap<String, Due> = BTreeMap::new();
    if find(conn, month).await?.is_none() {
        for (.., collector, amount, _) in free(conn, month).await? {
            owed.entry(collector).or_default().add(amount);
        }
    }
    owed.retain(|_, due| due.net() < Fen(0));
    Ok(owed)
}

/// The lines that a statement takes up when it is closed.
async fn ready(conn: &mut Conn, month: Month) -> Result<Vec<Unstated>, BooksError> {
    let mut lines = free(conn, month).await?;
    let sums = sums_by(&lines, |line| line.2.clone());
    lines.retain(|line| sums.get(&line.2).is_some_and(|sum| Fen(0) < *sum));
    Ok(lines)
}

/// The lines that nothing keeps back from a statement, whoever they are paid to.
async fn free(conn: &mut Conn, month: Month) -> Result<Vec<Unstated>, BooksError> {
    let (_, last) = month.days();
    let mut lines: Vec<Unstated> = rows::ask(conn, UNSTATED, &[last.to_string()]).await?;
    let cases: Vec<CaseId> = lines.iter().map(|line| line.4).collect();
    // An open complaint keeps back what was free before it, with all that was taken back
    // of it; what is owed of a reward that was paid is taken off all the same.
    let kept_back = plugin_reads::held_for(conn, HoldReason::Complaint, &cases).await?;
    let parts = sums_by(&lines, |line| (line.0, line.2.clone()));
    let is_owed = |line: &Unstated| {
        parts.get(&(line.0, line.2.clone())).is_some_and(|part| *part < Fen(0))
    };
    lines.retain(|line| is_owed(line) || !kept_back.contains(&line.4));
    Ok(lines)
}

fn sums_by<K: Ord>(lines: &[Unstated], key: impl Fn(&Unstated) -> K) -> BTreeMap<K, Fen> {
    let mut sums = BTreeMap::new();
    for line in lines {
        *sums.entry(key(line)).or_default() += line.3;
    }
    sums
}

const CLOSE: &str = "
    insert into reward_months (month, closed_on, closed_by, objections_until)
    values ($1, $2, $3, $4)";

const TAKE_UP: &str = "
    update reward_lines
    set month = s.month
    from batch($1) as s (entry_id bigint, n bigint, month text)
    where reward_lines.entry_id = s.entry_id and reward_lines.n = s.n
      and reward_lines.month is null";

/// Closes a statement over the lines that are ready; answers how many it took up.
pub(crate) async fn close(
    conn: &mut Conn,
    month: Month,
    by: &str,
    (today, objections_until): (Date, Date),
) -> Result<usize, BooksError> {
    let lines = ready(conn, month).await?;
    sqlx::query(CLOSE)
        .bind(month.name())
        .bind(today.to_string())
        .bind(by.to_owned())
        .bind(objections_until.to_string())
        .execute(&mut *conn)
        .await?;
    let name = month.name();
    let taken: Vec<_> = lines.iter().map(|line| json!([line.0, line.1, name])).collect();
    rows::run(conn, TAKE_UP, &taken).await?;
    Ok(lines.len())
}

const APPROVE_FIRST: &str = "
    update reward_months
    set first_by = $2, first_on = $3
    where month = $1 and first_by is null";

const APPROVE_SECOND: &str = "
    update reward_months
    set second_by = $2, second_on = $3
    where month = $1 and first_by is not null and second_by is null";

/// Notes that somebody approved a statement, as the first or the second.
pub(crate) async fn approve(
    conn: &mut Conn,
    month: Month,
    by: &str,
    today: Date,
) -> Result<(), BooksError> {
    let first = find(conn, month).await?.is_none_or(|it| it.first_by.is_none());
    let statement = if first { APPROVE_FIRST } else { APPROVE_SECOND };
    sqlx::query(statement)
        .bind(month.name())
        .bind(by.to_owned())
        .bind(today.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

const UNAPPROVE: &str = "
    update reward_months
    set first_by = null, first_on = null, second_by = null, second_on = null
    where month = $1 and paid_on is null";

/// Takes the approvals of a statement back: what they were about has changed.
pub(crate) async fn unapprove(conn: &mut Conn, month: &str) -> Result<(), BooksError> {
    sqlx::query(UNAPPROVE).bind(month.to_owned()).execute(conn).await?;
    Ok(())
}

const OPEN_OF: &str = "
    select m.month
    from reward_lines l
    join reward_months m on m.month = l.month
    where l.entry_id = $1 and ($2 = '' or l.collector = $2) and m.paid_on is null
    order by m.month
    limit 1";

/// The closed statement that is not paid yet and has a line of a payment; of somebody's
/// part in it, where they are named.
pub(crate) async fn open_statement_of(
    conn: &mut Conn,
    payment: EntryId,
    collector: Option<&str>,
) -> Result<Option<String>, BooksError> {
    let found = sqlx::query_scalar(OPEN_OF)
        .bind(payment.0)
        .bind(collector.unwrap_or_default().to_owned());
    Ok(found.fetch_optional(conn).await?)
}

const CASES_OF: &str = "
    select json_group_array(distinct r.case_id)
    from list($1) as s (month text)
    join reward_lines l on l.month = s.month
    join rewards r on r.entry_id = l.entry_id";

const LET_WAIT: &str = "
    update reward_lines
    set month = null
    where month = $1 and entry_id in (
      select r.entry_id from rewards r
      join list($2) as s (id bigint) on s.id = r.case_id)";

/// The cases of a statement on which a complaint is open.
pub(crate) async fn complained_of(
    conn: &mut Conn,
    month: Month,
) -> Result<Vec<CaseId>, BooksError> {
    let mut cases: Vec<CaseId> = rows::ask(conn, CASES_OF, &[month.name()]).await?;
    let held = plugin_reads::held_for(conn, HoldReason::Complaint, &cases).await?;
    cases.retain(|case| held.contains(case));
    Ok(cases)
}

/// Lets the lines of some cases wait for a later statement.
pub(crate) async fn let_wait(
    conn: &mut Conn,
    month: Month,
    cases: &[CaseId],
) -> Result<(), BooksError> {
    sqlx::query(LET_WAIT)
        .bind(month.name())
        .bind(json!(cases).to_string())
        .execute(conn)
        .await?;
    Ok(())
}

const OBJECTED: &str = "
    select count(*)
    from reward_objections
    where outcome is null";

/// How many objections nobody has answered.
pub(crate) async fn open_objections(conn: &mut Conn) -> Result<i64, BooksError> {
    Ok(sqlx::query_scalar(OBJECTED).fetch_one(conn).await?)
}

const PAY: &str = "
    update reward_months
    set paid_on = $2, paid_by = $3, body = $4, digest = $5
    where month = $1 and paid_on is null";

const PAYOUT: &str = "
    insert into reward_payouts (month, collector, amount_fen)
    select s.month, s.collector, s.amount_fen
    from batch($1) as s (month text, collector text, amount_fen bigint)";

const CARRY_OVER: &str = "
    update reward_lines
    set month = null
    where month = $1 and collector not in (
      select p.collector from reward_payouts p where p.month = $1)";

/// A reward is paid once nobody waits for a part of it.
const MARK_PAID: &str = "
    update rewards
    set status = 'paid'
    where status = 'payable'
      and entry_id in (select l.entry_id from reward_lines l where l.month = $1)
      and not exists (
        select 1
        from reward_lines w
        left join reward_months m on m.month = w.month
        where w.entry_id = rewards.entry_id
          and (w.month is null or (m.month is not null and m.paid_on is null))
        group by w.collector
        having 0 < sum(w.amount_fen))";

/// Notes that a statement was paid by a file with this text.
pub(crate) async fn pay(
    conn: &mut Conn,
    month: Month,
    payees: &[(String, Fen)],
    (by, today): (&str, Date),
    (body, digest): (&str, &str),
) -> Result<(), BooksError> {
    let name = month.name();
    sqlx::query(PAY)
        .bind(name.clone())
        .bind(today.to_string())
        .bind(by.to_owned())
        .bind(body.to_owned())
        .bind(digest.to_owned())
        .execute(&mut *conn)
        .await?;
    let paid: Vec<_> =
        payees.iter().map(|(who, amount)| json!([name, who, amount])).collect();
    rows::run(conn, PAYOUT, &paid).await?;
    // Who owes more than they earned is paid nothing, and goes on owing it.
    sqlx::query(CARRY_OVER).bind(name.clone()).execute(&mut *conn).await?;
    sqlx::query(MARK_PAID).bind(name).execute(conn).await?;
    Ok(())
}

/// The payout file of a statement: who gets how much, in yuan, as CSV.
///
/// # Errors
///
/// Why there is none, in both languages: a name that a spreadsheet would take for a
/// formula, or that breaks a line.
pub(crate) fn payout_file(
    month: Month,
    payees: &[(String, Fen)],
) -> Result<String, String> {
    // A spreadsheet takes the file for Chinese by its first mark.
    let mut text = "\u{feff}月份,收款人,金额(元)\r\n".to_owned();
    for (name, amount) in payees {
        if name.starts_with(['=', '+', '-', '@']) || name.chars().any(char::is_control) {
            return Err(both(
                &format!(
                    "收款人 `{name}` 会被表格软件当作公式,没有生成发放文件:请先更正姓名"
                ),
                &format!(
                    "a spreadsheet would take `{name}` for a formula; no payout file was made: \
                     correct the name first"
                ),
            ));
        }
        let name = if name.contains([',', '"']) {
            format!("\"{}\"", name.replace('"', "\"\""))
        } else {
            name.clone()
        };
        let line = [month.name(), name, amount.to_string()].join(",");
        text.push_str(&line);
        text.push_str("\r\n");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_a_year_and_a_month() {
        let month = Month::parse("2026-02").unwrap();
        assert_eq!(month.name(), "2026-02");
        assert_eq!(month.days().1.to_string(), "2026-02-28");
        for wrong in ["2026-13", "2026-2", "2026", "2026-02-01", "", "今年二月"] {
            assert_eq!(Month::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_payout_file_has_no_formula_and_quotes_what_a_list_would_break_at() {
        let month = Month::parse("2026-11").unwrap();
        let of = |name: &str| payout_file(month, &[(name.to_owned(), Fen(123_450))]);
        assert_eq!(
            of("示例甲").unwrap(),
            "\u{feff}月份,收款人,金额(元)\r\n2026-11,示例甲,1234.50\r\n"
        );
        assert!(of("Ann, B").unwrap().contains("2026-11,\"Ann, B\",1234.50"));
        for formula in ["=1+1", "+甲", "-甲", "@sum", "\t=1", "甲\n乙"] {
            assert!(of(formula).is_err(), "{formula:?}");
        }
    }
}
