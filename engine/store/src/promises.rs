//! Promises to pay (承诺还款): taken once, graded from real payments, never by a script.

use std::collections::BTreeSet;

use domain::event::EventKind;
use domain::ids::CaseId;
use domain::limitation::{Evidence, InterruptionKind};
use domain::money::Fen;
use domain::promise::{Grade, Promise};
use foldhash::HashMap;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::StoreError;
use crate::events::{self, NewEvent};
use crate::limitation::{self, NewInterruption};
use crate::now::Now;
use crate::{Conn, ids, rows};

/// A promise that a debtor made.
#[derive(Clone, Debug)]
pub struct NewPromise {
    /// The case.
    pub case_id: CaseId,
    /// What was promised.
    pub promise: Promise,
    /// Who took it.
    pub made_by: String,
    /// What shows that the debtor made it; it restarts the limitation period
    /// only as far as that proves it (Civil Code 195).
    pub evidence: Evidence,
    /// Where it comes from.
    pub source: String,
    /// The same key for the same promise of a source.
    pub dedupe_key: String,
}

/// A promise on record.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Recorded {
    /// Its number.
    pub id: i64,
    /// The case.
    pub case_id: CaseId,
    /// The amount promised.
    pub amount: Fen,
    /// The day it was made.
    pub made_on: Date,
    /// The day by which it was to be paid.
    pub due_on: Date,
    /// Days after that in which payment in full is late, not broken.
    pub tolerance_days: u32,
    /// How it ended.
    pub grade: Grade,
    /// The day it was graded.
    pub graded_on: Option<Date>,
    /// Paid since, as graded.
    pub paid: Fen,
    /// Who took it.
    pub made_by: String,
    /// The newest ledger entry when it was made; 0 when that is not known.
    pub after_entry: i64,
}

impl Recorded {
    /// What was promised.
    pub fn promise(&self) -> Promise {
        Promise {
            amount: self.amount,
            made_on: self.made_on,
            due_on: self.due_on,
            tolerance_days: self.tolerance_days,
        }
    }
}

/// A promise that was graded today.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Graded {
    /// Its number.
    pub id: i64,
    /// The case.
    pub case_id: CaseId,
    /// How it ended.
    pub grade: Grade,
    /// What was paid towards it.
    pub paid: Fen,
}

/// Takes promises: their rows, the case's next promised day, the interruption
/// of the limitation period, and the event `promise`. Answers how many were
/// new: the same amount by the same day, said once more while it is open, is
/// the same promise; another one replaces it.
///
/// # Errors
///
/// [`StoreError`] when a case is unknown, an amount is not above zero, or the
/// database cannot be written.
pub async fn make(
    conn: &mut Conn,
    now: &Now,
    promises: &[NewPromise],
) -> Result<usize, StoreError> {
    let keys: Vec<_> =
        promises.iter().map(|promise| (&promise.source, &promise.dedupe_key)).collect();
    let seen: BTreeSet<usize> = rows::ask(conn, SEEN, &keys).await?;
    let same: Vec<_> = promises
        .iter()
        .map(|promise| (promise.case_id, promise.promise.amount, promise.promise.due_on))
        .collect();
    let stands: BTreeSet<usize> = rows::ask(conn, EQUAL, &same).await?;
    let mut met = BTreeSet::new();
    let said: Vec<(usize, &NewPromise)> = promises
        .iter()
        .enumerate()
        .filter(|(at, it)| !seen.contains(at) && met.insert((&it.source, &it.dedupe_key)))
        .collect();
    // Said once more on paper, the same promise proves more than before.
    let interruptions: Vec<_> = said.iter().map(|it| interruption(it.1)).collect();
    limitation::interrupt(conn, &interruptions).await?;
    let new: Vec<&NewPromise> =
        said.iter().filter(|it| !stands.contains(&it.0)).map(|it| it.1).collect();
    if new.is_empty() {
        return Ok(0);
    }
    let first = ids::allocate(conn, new.len()).await?;
    let list: Vec<_> = (first..)
        .zip(&new)
        .map(|(id, it)| {
            let Promise { amount, made_on, due_on, tolerance_days } = it.promise;
            let (by, source, key) = (&it.made_by, &it.source, &it.dedupe_key);
            (id, it.case_id, amount, made_on, due_on, tolerance_days, by, source, key)
        })
        .collect();
    sqlx::query(INSERT)
        .bind(serde_json::to_string(&list)?)
        .bind(now.today().to_string())
        .execute(&mut *conn)
        .await?;
    let cases: BTreeSet<CaseId> = new.iter().map(|it| it.case_id).collect();
    replace_earlier(conn, now, &cases).await?;
    rewrite_next_day(conn, cases.iter().copied()).await?;
    let told: Vec<NewEvent> = (first..)
        .zip(&new)
        .map(|(id, it)| told(EventKind::Promise, id, it.case_id, &it.promise, Fen(0)))
        .collect();
    events::raise(conn, now, &told).await?;
    Ok(new.len())
}

/// Closes the open promises of some cases that a later one has replaced, so that a case
/// has one open promise. One whose day had passed when the next was made is graded by
/// what was paid until now, though its tolerance still runs, or a new date would wipe out
/// a broken word; one that is paid already is kept.
async fn replace_earlier(
    conn: &mut Conn,
    now: &Now,
    cases: &BTreeSet<CaseId>,
) -> Result<(), StoreError> {
    let cases: Vec<CaseId> = cases.iter().copied().collect();
    let earlier: Vec<Recorded> = rows::ask(conn, REPLACED, &cases).await?;
    let graded = grade(conn, now, &earlier).await?;
    let kept: BTreeSet<i64> = graded.iter().map(|graded| graded.id).collect();
    let replaced: Vec<_> = earlier
        .iter()
        .filter(|promise| !kept.contains(&promise.id))
        .map(|promise| (promise.id, Grade::Replaced, now.today(), Fen(0)))
        .collect();
    rows::run(conn, WRITE_GRADES, &replaced).await?;
    let overtaken: Vec<Recorded> = rows::ask(conn, OVERTAKEN, &cases).await?;
    grade_by(conn, now, &overtaken, Promise::grade_so_far).await?;
    Ok(())
}

/// Grades anew what was graded too low, after payments that are dated in time
/// and came in later; raises the event of the better grade, so that a workflow
/// hears of it.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn regrade(
    conn: &mut Conn,
    now: &Now,
    cases: &[CaseId],
) -> Result<Vec<Graded>, StoreError> {
    let graded: Vec<Recorded> = rows::ask(conn, GRADED, cases).await?;
    // One that was graded before its tolerance was over is graded so again.
    let by = (Promise::grade_so_far, Grade::may_rise_to);
    grade_anew(conn, now, cases, &graded, by).await
}

/// Grades anew what was graded too high, after money was taken back; raises the
/// event of the lower grade. A promise whose day has not passed is open again.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn regrade_after_reversal(
    conn: &mut Conn,
    now: &Now,
    cases: &[CaseId],
) -> Result<Vec<Graded>, StoreError> {
    let graded: Vec<Recorded> = rows::ask(conn, GRADED, cases).await?;
    let falls = |from: Grade, to: Grade| {
        from != Grade::Broken && (to == Grade::Open || to.may_rise_to(from))
    };
    let by = (Promise::grade, falls);
    let lower = grade_anew(conn, now, cases, &graded, by).await?;
    let touched: BTreeSet<CaseId> = lower.iter().map(|it| it.case_id).collect();
    // What is open again may have been replaced meanwhile.
    replace_earlier(conn, now, &touched).await?;
    rewrite_next_day(conn, touched.iter().copied()).await?;
    Ok(lower)
}

/// Grades again what `moves` from its grade to that of the payments that stand,
/// and keeps the counters of the cases.
async fn grade_anew(
    conn: &mut Conn,
    now: &Now,
    cases: &[CaseId],
    graded: &[Recorded],
    (grading, moves): (
        impl Fn(&Promise, &[(Date, Fen)], Date) -> Grade,
        impl Fn(Grade, Grade) -> bool,
    ),
) -> Result<Vec<Graded>, StoreError> {
    if graded.is_empty() {
        return Ok(Vec::new());
    }
    let payments = payments_of(conn, cases).await?;
    let mut moved = Vec::new();
    let mut written = Vec::new();
    let mut raised = Vec::new();
    for recorded in graded {
        let promise = recorded.promise();
        let paid_in = payments.get(&recorded.case_id).map_or(&[][..], Vec::as_slice);
        let paid_in = &since(recorded, paid_in);
        let grade = grading(&promise, paid_in, now.today());
        let paid = promise.paid_until(paid_in, promise.last_day().min(now.today()));
        let (id, case_id) = (recorded.id, recorded.case_id);
        if !moves(recorded.grade, grade) {
            continue;
        }
        moved.push(Graded { id, case_id, grade, paid });
        // What is open has neither a day nor a sum of its grading.
        let graded_on = (grade != Grade::Open).then(|| now.today());
        let paid = if grade == Grade::Open { Fen(0) } else { paid };
        written.push((id, grade, graded_on, paid));
        if let Some(event) = grade.event() {
            let told = told(event, id, case_id, &promise, paid);
            // Up, down and up again is told three times.
            let dedupe_key = format!("regraded:{event}:{id}:{}", now.ms);
            raised.push(NewEvent { dedupe_key, ..told });
        }
    }
    rows::run(conn, WRITE_GRADES, &written).await?;
    recount(conn, moved.iter().map(|it| it.case_id)).await?;
    events::raise(conn, now, &raised).await?;
    Ok(moved)
}

/// The open promises that may be graded on `today`: the day promised has come.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn due_for_grading(
    conn: &mut Conn,
    today: Date,
) -> Result<Vec<Recorded>, StoreError> {
    let text: String =
        sqlx::query_scalar(DUE).bind(today.to_string()).fetch_one(conn).await?;
    Ok(serde_json::from_str(&text)?)
}

/// Grades promises from the ledger as of the morning of today, keeps the
/// case's counters, and raises `promise_kept`, `promise_late`,
/// `promise_partial` or `promise_broken`. Those that are still open are left.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn grade(
    conn: &mut Conn,
    now: &Now,
    promises: &[Recorded],
) -> Result<Vec<Graded>, StoreError> {
    grade_by(conn, now, promises, Promise::grade).await
}

async fn grade_by(
    conn: &mut Conn,
    now: &Now,
    promises: &[Recorded],
    grading: impl Fn(&Promise, &[(Date, Fen)], Date) -> Grade,
) -> Result<Vec<Graded>, StoreError> {
    let today = now.today();
    let cases: BTreeSet<CaseId> =
        promises.iter().map(|promise| promise.case_id).collect();
    let cases: Vec<CaseId> = cases.into_iter().collect();
    let payments = payments_of(conn, &cases).await?;
    let mut graded = Vec::new();
    let mut raised = Vec::new();
    for it in promises.iter().filter(|promise| promise.grade == Grade::Open) {
        let promise = it.promise();
        let paid_in = payments.get(&it.case_id).map_or(&[][..], Vec::as_slice);
        let paid_in = &since(it, paid_in);
        let grade = grading(&promise, paid_in, today);
        let Some(event) = grade.event() else { continue };
        let paid = promise.paid_until(paid_in, promise.last_day().min(today));
        graded.push(Graded { id: it.id, case_id: it.case_id, grade, paid });
        raised.push(told(event, it.id, it.case_id, &promise, paid));
    }
    if graded.is_empty() {
        return Ok(graded);
    }
    let list: Vec<_> =
        graded.iter().map(|it| (it.id, it.grade, today, it.paid)).collect();
    rows::run(conn, WRITE_GRADES, &list).await?;
    recount(conn, graded.iter().map(|it| it.case_id)).await?;
    rewrite_next_day(conn, graded.iter().map(|it| it.case_id)).await?;
    events::raise(conn, now, &raised).await?;
    Ok(graded)
}

/// Every promise of a case, in the order made.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_case(conn: &mut Conn, case: CaseId) -> Result<Vec<Recorded>, StoreError> {
    rows::ask(conn, OF_CASE, &[case]).await
}

/// A payment that stands.
struct Paid {
    entry: i64,
    on: Date,
    amount: Fen,
}

async fn payments_of(
    conn: &mut Conn,
    cases: &[CaseId],
) -> Result<HashMap<CaseId, Vec<Paid>>, StoreError> {
    let found: Vec<(CaseId, i64, Date, Fen)> = rows::ask(conn, PAYMENTS, cases).await?;
    let mut payments: HashMap<CaseId, Vec<Paid>> = HashMap::default();
    for (case, entry, on, amount) in found {
        payments.entry(case).or_default().push(Paid { entry, on, amount });
    }
    Ok(payments)
}

/// What was paid after a promise was made: not the money that was booked
/// before it on the same day.
fn since(promise: &Recorded, payments: &[Paid]) -> Vec<(Date, Fen)> {
    let after = |it: &&Paid| promise.after_entry < it.entry;
    payments.iter().filter(after).map(|payment| (payment.on, payment.amount)).collect()
}

/// Counts anew what was kept and broken on some cases. A promise kept late counts as
/// kept; one kept in part counts as neither.
async fn recount(
    conn: &mut Conn,
    cases: impl Iterator<Item = CaseId>,
) -> Result<(), StoreError> {
    let cases: BTreeSet<CaseId> = cases.collect();
    let cases: Vec<CaseId> = cases.into_iter().collect();
    rows::run(conn, RECOUNT, &cases).await?;
    Ok(())
}

/// What had ended the arrears of a case was taken back: its promises are of these
/// arrears again.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub(crate) async fn arrears_go_on(
    conn: &mut Conn,
    case: CaseId,
) -> Result<(), StoreError> {
    rows::run(conn, OF_THESE_ARREARS, &[case]).await?;
    recount(conn, std::iter::once(case)).await
}

async fn rewrite_next_day(
    conn: &mut Conn,
    cases: impl Iterator<Item = CaseId>,
) -> Result<(), StoreError> {
    let cases: BTreeSet<CaseId> = cases.collect();
    let cases: Vec<CaseId> = cases.into_iter().collect();
    rows::run(conn, REWRITE_NEXT_DAY, &cases).await?;
    Ok(())
}

/// The key of a promise that is entered by hand, with the number of what shows it.
pub fn key_by_hand(
    case_id: CaseId,
    due_on: Date,
    now_ms: i64,
    number: Option<&str>,
) -> String {
    let key = format!("{case_id}:{due_on}:{now_ms}");
    number.map_or_else(|| key.clone(), |number| format!("{key}:{number}"))
}

fn number_in(key: &str) -> Option<&str> {
    key.splitn(4, ':').nth(3)
}

/// The papers that show promises entered by hand: the case, the day of the promise, the
/// number as it was written.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn papers(conn: &mut Conn) -> Result<Vec<(CaseId, Date, String)>, StoreError> {
    let shown: Vec<(CaseId, Date, String)> =
        rows::ask(conn, SHOWN, &["promise:hand"]).await?;
    let numbered = |(case_id, on, key): (CaseId, Date, String)| {
        number_in(&key).map(|number| (case_id, on, number.to_owned()))
    };
    Ok(shown.into_iter().filter_map(numbered).collect())
}

fn interruption(it: &NewPromise) -> NewInterruption {
    NewInterruption {
        case_id: it.case_id,
        on: it.promise.made_on,
        kind: InterruptionKind::DebtorAgreed,
        evidence: it.evidence,
        source: format!("promise:{}", it.source),
        dedupe_key: it.dedupe_key.clone(),
    }
}

fn told(
    kind: EventKind,
    id: i64,
    case_id: CaseId,
    promise: &Promise,
    paid: Fen,
) -> NewEvent {
    let payload = Map::from_iter([
        ("due_on".to_owned(), json!(promise.due_on)),
        ("amount".to_owned(), json!(promise.amount)),
        ("paid".to_owned(), json!(paid)),
        ("promise".to_owned(), Value::String(id.to_string())),
    ]);
    NewEvent {
        case_id,
        kind: kind.to_string(),
        payload,
        source: "promises".to_owned(),
        dedupe_key: format!("{kind}:{id}"),
        happened_on: match kind {
            EventKind::Promise => promise.made_on,
            _ => promise.due_on,
        },
    }
}

const SHOWN: &str = "
    select json_group_array(json_array(case_id, on_date, dedupe_key) order by id)
    from interruptions
    where source = (select s.source from list($1) as s (source text))";

const SEEN: &str = "
    select json_group_array(s.n)
    from batch($1) as s (n ordinality, source text, dedupe_key text)
    join promises p on p.source = s.source and p.dedupe_key = s.dedupe_key";

const INSERT: &str = "
    insert into promises
      (id, case_id, amount_fen, made_on, due_on, tolerance_days,
       made_by, source, dedupe_key, episode, after_entry)
    select s.id, s.case_id, s.amount_fen, s.made_on, s.due_on, s.tolerance_days,
      s.made_by, s.source, s.dedupe_key,
      (select c.episode from cases c where c.id = s.case_id),
      -- of a past day it is not known which came first
      case when s.made_on = $2 then (
        select coalesce(max(l.id), 0) from ledger l where l.case_id = s.case_id)
      else 0 end
    from batch($1) as s (
      id bigint, case_id bigint, amount_fen bigint, made_on text, due_on text,
      tolerance_days bigint, made_by text, source text, dedupe_key text)";

const EQUAL: &str = "
    select json_group_array(s.n)
    from batch($1) as s (n ordinality, case_id bigint, amount_fen bigint, due_on text)
    join promises p on p.case_id = s.case_id and p.grade = 'open'
      and p.amount_fen = s.amount_fen and p.due_on = s.due_on";

const REWRITE_NEXT_DAY: &str = "
    update cases
    set facts_rev = facts_rev + 1,
      promise_due_on = (
        select min(p.due_on) from promises p
        where p.case_id = cases.id and p.grade = 'open')
    where id in (select s.id from list($1) as s (id bigint))";

const DUE: &str = "
    select json_group_array(json_array(
      id, case_id, amount_fen, made_on, due_on, tolerance_days, grade, graded_on,
      paid_fen, made_by, after_entry) order by id)
    from promises
    where grade = 'open' and due_on <= $1";

const REPLACED: &str = "
    select json_group_array(json_array(
      p.id, p.case_id, p.amount_fen, p.made_on, p.due_on, p.tolerance_days, p.grade,
      p.graded_on, p.paid_fen, p.made_by, p.after_entry) order by p.id)
    from promises p
    where p.case_id in (select s.id from list($1) as s (id bigint)) and p.grade = 'open'
      and exists (
        select 1
        from promises n
        where n.case_id = p.case_id and p.id < n.id
          and n.made_on between p.made_on and p.due_on)";

const OVERTAKEN: &str = "
    select json_group_array(json_array(
      p.id, p.case_id, p.amount_fen, p.made_on, p.due_on, p.tolerance_days, p.grade,
      p.graded_on, p.paid_fen, p.made_by, p.after_entry) order by p.id)
    from promises p
    where p.case_id in (select s.id from list($1) as s (id bigint)) and p.grade = 'open'
      and exists (
        select 1
        from promises n
        where n.case_id = p.case_id and p.id < n.id and p.due_on < n.made_on)";

const GRADED: &str = "
    select json_group_array(json_array(
      p.id, p.case_id, p.amount_fen, p.made_on, p.due_on, p.tolerance_days, p.grade,
      p.graded_on, p.paid_fen, p.made_by, p.after_entry) order by p.id)
    from promises p
    where p.case_id in (select s.id from list($1) as s (id bigint))
      and p.grade in ('kept', 'late', 'partial', 'broken')";

const OF_CASE: &str = "
    select json_group_array(json_array(
      id, case_id, amount_fen, made_on, due_on, tolerance_days, grade, graded_on,
      paid_fen, made_by, after_entry) order by id)
    from promises
    where case_id = (select s.id from list($1) as s (id bigint))";

/// Money that was taken back has kept no promise, whatever the day on which that was
/// found out.
const PAYMENTS: &str = "
    select json_group_array(json_array(l.case_id, l.id, l.booked_on, l.amount_fen))
    from ledger l
    where l.case_id in (select s.id from list($1) as s (id bigint)) and l.kind = 'payment'
      and not exists (select 1 from ledger r where r.reverses = l.id)";

const WRITE_GRADES: &str = "
    update promises
    set grade = s.grade, graded_on = s.graded_on, paid_fen = s.paid_fen
    from batch($1) as s (id bigint, grade text, graded_on text, paid_fen bigint)
    where promises.id = s.id";

const RECOUNT: &str = "
    update cases
    set kept_promises = (
        select count(*) from promises p
        where p.case_id = cases.id and p.grade in ('kept', 'late')),
      broken_promises = (
        select count(*) from promises p
        where p.case_id = cases.id and p.episode = cases.episode and p.grade = 'broken')
    where id in (select s.id from list($1) as s (id bigint))";

const OF_THESE_ARREARS: &str = "
    update promises
    set episode = c.episode
    from cases c
    where c.id in (select s.id from list($1) as s (id bigint))
      and promises.case_id = c.id and promises.episode = c.episode - 1";
