//! Doubts (存疑): what is most likely a slip of the hand is asked once more before
//! it is written.

use anyhow::Result;
use domain::event::EventKind;
use domain::hold::{HoldReason, suspends_work};
use domain::ids::{CaseId, OrderId, PartyId, TaskId};
use domain::ledger::EntryKind;
use domain::money::Fen;
use domain::near::{nearest, perhaps_named};
use domain::say::{Lang, Say};
use domain::status::CaseStatus;
use domain::tongues::{chinese, english};
use jiff::ToSpan;
use jiff::civil::Date;
use runtime::words::HOLDS;
use store::views::one_case::{self, Line};
use store::{Conn, case_book, facts, ledger, open_work, outbox, receipts};
use thiserror::Error;

use crate::app::App;
use crate::bank_rows::{self, Bank, CounterPayment};
use crate::language::say;
use crate::papers::{self, Paper};
use crate::writes::case_head;
use crate::{refuse, task_done};

/// A promise further out than half a year is most likely a wrong year.
const FAR_OUT_DAYS: i64 = 180;

/// Nobody promises less.
const ONE_YUAN: Fen = Fen(100);

/// Whether the person has looked twice and means it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Certainty {
    /// `--sure` was given.
    Sure,
    /// Nothing was said.
    Ask,
}

impl Certainty {
    pub(super) fn of(sure: bool) -> Self {
        if sure { Self::Sure } else { Self::Ask }
    }

    /// Refuses what is in doubt, unless the person is sure of it.
    pub(super) fn doubt(self, zh: &str, en: &str) -> Result<()> {
        if self == Self::Sure {
            return Ok(());
        }
        Err(Doubt(vec![Say::new(zh, en)]).into())
    }
}

/// What has to be looked at twice, in Chinese and in English.
#[derive(Debug, Error)]
#[error("{}", .0.iter().map(Say::both).collect::<Vec<_>>().join("; "))]
struct Doubt(Vec<Say>);

/// Refuses what a plugin finds strange, told in both languages.
pub(super) fn of_plugin(strange: &str) -> anyhow::Error {
    let told = Say::new(chinese(strange), english(strange));
    let asked = together([Err(Doubt(vec![told]).into())]);
    asked.expect_err("a doubt is one")
}

/// All that is in doubt as one.
fn all(looked_at: impl IntoIterator<Item = Result<()>>) -> Result<()> {
    let mut doubts = Vec::new();
    for looked in looked_at {
        let Err(error) = looked else { continue };
        doubts.extend(error.downcast::<Doubt>()?.0);
    }
    if doubts.is_empty() { Ok(()) } else { Err(Doubt(doubts).into()) }
}

/// Refuses for all that is in doubt at once: `--sure` answers every question, so that
/// none may be asked after it.
pub(super) fn together(looked_at: impl IntoIterator<Item = Result<()>>) -> Result<()> {
    let Err(error) = all(looked_at) else { return Ok(()) };
    let Doubt(doubts) = error.downcast()?;
    let told = |lang| doubts.iter().map(move |doubt| doubt.text(lang));
    let (zh, en): (Vec<&str>, Vec<&str>) =
        (told(Lang::Zh).collect(), told(Lang::En).collect());
    refuse(say(
        format!("{},没有写入\n  提示:核对无误的,加 --sure 再运行一次", zh.join(";\n  ")),
        format!(
            "{}; nothing was written\n  hint: if it is right, run it again with --sure",
            en.join(";\n  ")
        ),
    ))
}

/// Asks whether a task is to be closed for which its run waits for a decision: closing it
/// says no, in silence.
pub(super) fn silent_no(
    task: TaskId,
    case: &str,
    awaited: &[EventKind],
    certainty: Certainty,
) -> Result<()> {
    if awaited.is_empty() {
        return Ok(());
    }
    let (zh, en) = task_done::entries(case, awaited);
    certainty.doubt(
        &format!(
            "待办 {task} 等的是一项决定:同意的登记 {zh},案件随即往下走,待办随之失效;只办结\
             待办,案件到期按不同意往下走"
        ),
        &format!(
            "task {task} waits for a decision: a yes is entered with {en}, which moves the case \
             on and ends the task; closing it alone lets the case go on as after a no"
        ),
    )
}

/// Asks about a payment above all that is known to be owed.
pub(super) async fn payment(
    app: &App,
    case_id: CaseId,
    amount: Fen,
    certainty: Certainty,
) -> Result<()> {
    let claim = claim(app, case_id, certainty).await;
    let owed = owed(app, case_id).await?;
    if amount <= owed {
        return claim;
    }
    let above = certainty.doubt(
        &format!("还款 {amount} 元超过本案所欠的 {owed} 元"),
        &format!(
            "the payment of {amount} yuan is above the {owed} yuan owed on this case"
        ),
    );
    all([claim, above])
}

/// Asks about a payment of a day that the balance of the bank's list holds already:
/// booked once more, it would count twice.
pub(super) async fn held(
    app: &App,
    case_id: CaseId,
    on: Date,
    certainty: Certainty,
) -> Result<()> {
    let mut conn = app.engine.store.read().await?;
    let as_of = one_case::balances_as_of(conn.conn(), case_id).await?;
    let Some(as_of) = as_of else { return Ok(()) };
    if as_of < on {
        return Ok(());
    }
    certainty.doubt(
        &format!("本案余额取自截至 {as_of} 的清单,{on} 的还款应已包含在内,再入账会重复"),
        &format!(
            "the balance of this case is that of a list up to {as_of}, which should hold a \
             payment of {on}; booked again it counts twice"
        ),
    )
}

/// Asks about the reversal of what a loan began with: nothing is owed of it then, and
/// its workflows end.
pub(super) fn opening(line: &Line, entry: i64, certainty: Certainty) -> Result<()> {
    if line.kind != EntryKind::Open {
        return Ok(());
    }
    let amount = line.amount;
    certainty.doubt(
        &format!("账目 {entry} 是放款或清单立案的余额 {amount} 元,冲正后本案少欠这么多,流程可能随即结束,且冲正不能撤回"),
        &format!("entry {entry} is what the loan began with, {amount} yuan: without it that much less is owed, its workflows may end, and a reversal cannot be taken back"),
    )
}

/// Asks about a payment that was entered just so before, with a receipt or without:
/// the key pressed twice, two clerks, or a receipt that came after the entry.
pub(super) async fn told_before(
    conn: &mut Conn,
    told: &CounterPayment<'_>,
    certainty: Certainty,
) -> Result<()> {
    let lines = ledger::standing(conn, &[told.case_id]).await?;
    let before = lines.iter().find(|line| {
        line.source == "hand"
            && line.kind == EntryKind::Payment
            && (line.amount, line.booked_on) == (told.amount, told.on)
    });
    let Some(before) = before else { return Ok(()) };
    let (entry, on, amount) = (before.id, told.on, told.amount);
    let (zh, en) = match (receipts::number_in(&before.key), told.receipt) {
        (Some(number), _) => (format!(",凭证号 {number}"), format!(", receipt {number}")),
        (None, Some(number)) => (
            format!(
                ",没有凭证号;是同一笔的,请主管用 `qingshou pay --confirm {entry} \
                 --receipt {number} --reason …` 补上"
            ),
            format!(
                ", without a receipt; if it is the same, a supervisor adds the number with \
                 `qingshou pay --confirm {entry} --receipt {number} --reason …`"
            ),
        ),
        (None, None) => Default::default(),
    };
    certainty.doubt(
        &format!("{on} 已手工登记过一笔 {amount} 元的还款(账目 {entry}{zh})"),
        &format!(
            "a payment of {amount} yuan on {on} was entered by hand before (entry {entry}{en})"
        ),
    )
}

/// Asks about a payment that the bank's files tell of in parts, or with another
/// amount under the same number.
pub(super) fn in_parts(bank: Option<&Bank>, certainty: Certainty) -> Result<()> {
    match bank {
        Some(Bank::OtherAmount(entries)) => {
            let named = bank_rows::named(entries);
            certainty.doubt(
                &format!(
                    "银行流水中同一流水号当日已有账目 {named},金额不同,可能是同一笔"
                ),
                &format!(
                    "the bank's files have another amount under this number on this day \
                     (entry {named}), which may be the same payment"
                ),
            )
        }
        Some(Bank::Parts(entries)) => {
            let named = bank_rows::named(entries);
            certainty.doubt(
                &format!("银行流水中当日的账目 {named} 可能是同一笔还款的整笔或各部分"),
                &format!(
                    "the bank's files have this payment of the day perhaps already, as a whole \
                     or in its parts (entry {named})"
                ),
            )
        }
        Some(Bank::OtherDay(entry, day)) => certainty.doubt(
            &format!(
                "银行流水中同一流水号、同一金额已有账目 {entry}({day}),日期相差较多,可能是同一笔"
            ),
            &format!(
                "the bank's files have as much under this number on a day far off (entry \
                 {entry} of {day}), which may be the same payment"
            ),
        ),
        Some(Bank::Same(_) | Bank::Near(_)) | None => Ok(()),
    }
}

/// Asks about an entry on a claim that was given up.
async fn claim(app: &App, case_id: CaseId, certainty: Certainty) -> Result<()> {
    let status = {
        let mut conn = app.engine.store.read().await?;
        case_book::status(conn.conn(), case_id).await?
    };
    if status != CaseStatus::Dismissed.as_str() {
        return Ok(());
    }
    certainty.doubt(
        "本案的债权不成立或已消灭,可能写错了贷款编号",
        "the claim of this case was dismissed: the loan number may be another",
    )
}

/// Asks about the dismissal of a claim, which ends its collection, with what shows
/// whether it is the right loan.
pub(super) async fn dismissal(
    app: &App,
    case_id: CaseId,
    case_no: &str,
    certainty: Certainty,
) -> Result<()> {
    if certainty == Certainty::Sure {
        return Ok(());
    }
    let head = case_head(app, case_id).await?;
    certainty.doubt(
        &format!("登记后 {case_no} 的催收流程随即结束({head})"),
        &format!("a dismissal ends the collection of {case_no} ({head})"),
    )
}

/// The day on which a person of a case died, as far as anybody has said so; the debtor
/// where the entry names nobody.
async fn died_on(
    app: &App,
    case_id: CaseId,
    who: Option<PartyId>,
) -> Result<Option<Date>> {
    let today = app.engine.clock.now().today();
    let known = {
        let mut conn = app.engine.store.read().await?;
        facts::load(conn.conn(), today, &[case_id.0]).await?
    };
    let Some(case) = known.get(&case_id) else { return Ok(None) };
    let mut people = case.debtor.iter().chain(&case.others);
    let person = match who {
        Some(id) => people.find(|person| person.id == id),
        None => case.debtor.as_ref(),
    };
    Ok(person.and_then(|person| person.deceased_on))
}

/// Asks about words of somebody who is reported dead.
async fn living(
    app: &App,
    case_id: CaseId,
    who: Option<PartyId>,
    certainty: Certainty,
) -> Result<()> {
    let Some(day) = died_on(app, case_id, who).await? else { return Ok(()) };
    certainty.doubt(
        &format!(
            "此人已登记死亡({day}),说的人应是别人;死亡是误报的,先登记 \
             `qingshou case report … death_disproved`"
        ),
        &format!(
            "this person is reported dead ({day}), so that somebody else must have said it; if \
             the report was wrong, enter `qingshou case report … death_disproved` first"
        ),
    )
}

/// Asks about a letter that somebody is said to have signed for after their death: as
/// evidence it would keep a limitation period alive that has ended.
pub(super) async fn signed(
    app: &App,
    case_id: CaseId,
    letter: OrderId,
    on: Date,
    certainty: Certainty,
) -> Result<()> {
    let claim = claim(app, case_id, certainty).await;
    let who = {
        let mut conn = app.engine.store.read().await?;
        outbox::party_of(conn.conn(), letter).await?
    };
    let died = died_on(app, case_id, who).await?;
    let Some(day) = died.filter(|day| *day <= on) else { return claim };
    let dead = certainty.doubt(
        &format!("收信人已登记死亡({day}),{on} 签收的应是别人"),
        &format!(
            "the addressee is reported dead ({day}), so that somebody else must have signed \
             on {on}"
        ),
    );
    all([claim, dead])
}

/// Asks about a paper whose number shows another entry already: the other one may have
/// been meant, and the limitation period would begin anew by a paper that is not there.
pub(super) async fn paper(app: &App, paper: &Paper, certainty: Certainty) -> Result<()> {
    if certainty == Certainty::Sure {
        return Ok(());
    }
    let mut conn = app.engine.store.read().await?;
    let Some(other) = papers::shows_another(app, conn.conn(), paper).await? else {
        return Ok(());
    };
    let case_no = one_case::case_no(conn.conn(), other.case_id).await?;
    let (number, entry) = (&other.number, other.named(&case_no));
    certainty.doubt(
        &format!("凭据编号 {number} 已用于 {entry}"),
        &format!("number {number} shows {entry} already"),
    )
}

/// Asks about what is said to have been heard from a person, of a call or a visit.
pub(super) async fn heard(
    app: &App,
    case_id: CaseId,
    order: Option<OrderId>,
    certainty: Certainty,
) -> Result<()> {
    let claim = claim(app, case_id, certainty).await;
    let who = match order {
        Some(order) => {
            let mut conn = app.engine.store.read().await?;
            outbox::party_of(conn.conn(), order).await?
        }
        None => None,
    };
    all([claim, living(app, case_id, who, certainty).await])
}

/// Asks about the result of a call or visit that should not have been made: a hold had
/// suspended it, or its day was over. It may have been made the minute before.
pub(super) async fn unmade(
    app: &App,
    order: Option<OrderId>,
    certainty: Certainty,
) -> Result<()> {
    let Some(order) = order else { return Ok(()) };
    let found = {
        let mut conn = app.engine.store.read().await?;
        open_work::doubtful(conn.conn(), order).await?
    };
    let Some(found) = found else { return Ok(()) };
    if let Some(reasons) = found.suspended_for {
        let zh = HOLDS.listed(reasons.split(','));
        return certainty.doubt(
            &format!("本案暂停({zh}),这件待办已停下;暂停之前已经做了的才登记"),
            &format!(
                "the case is on hold ({reasons}), and this work was suspended; enter what \
                 was done before the hold alone"
            ),
        );
    }
    let Some(day) = found.lapsed_on else { return Ok(()) };
    certainty.doubt(
        &format!("这件待办只限 {day} 当天,过时已收回;当天已经做了的才登记"),
        &format!(
            "this work was for {day} and was taken back with that day; enter what was done \
             on it alone"
        ),
    )
}

/// Asks about a call to somebody whom a hold protects: it was made before the hold, or
/// should not have been made.
pub(super) async fn left_in_peace(
    app: &App,
    case_id: CaseId,
    certainty: Certainty,
) -> Result<()> {
    let holds = {
        let mut conn = app.engine.store.read().await?;
        one_case::holds(conn.conn(), case_id).await?
    };
    // Words of the dead are asked about by themselves.
    let protects = |hold: &&str| {
        suspends_work(hold) && HoldReason::parse(hold) != Some(HoldReason::Deceased)
    };
    let protecting: Vec<&str> =
        holds.iter().map(String::as_str).filter(protects).collect();
    if protecting.is_empty() {
        return Ok(());
    }
    let (zh, en) = (HOLDS.listed(protecting.iter().copied()), protecting.join(", "));
    certainty.doubt(
        &format!("本案暂停({zh}),不应联络;暂停之前打的电话才登记"),
        &format!(
            "the case is on hold ({en}), and nobody should have called; enter what was done \
             before the hold alone"
        ),
    )
}

/// Asks about a promise above all that is known to be owed, below a yuan, or very far
/// out, or one that nobody can have made.
pub(super) async fn promise(
    app: &App,
    case_id: CaseId,
    (amount, due_on): (Fen, Date),
    certainty: Certainty,
) -> Result<()> {
    let heard = heard(app, case_id, None, certainty).await;
    let small = if amount < ONE_YUAN {
        certainty.doubt(
            &format!("承诺金额只有 {amount} 元,可能写错了单位"),
            &format!("the promise is of {amount} yuan only, perhaps in another unit"),
        )
    } else {
        Ok(())
    };
    let owed = owed(app, case_id).await?;
    let above = if owed < amount {
        certainty.doubt(
            &format!("承诺金额 {amount} 元超过本案所欠的 {owed} 元"),
            &format!(
                "the promise of {amount} yuan is above the {owed} yuan owed on this case"
            ),
        )
    } else {
        Ok(())
    };
    let furthest = app.engine.clock.now().today().saturating_add(FAR_OUT_DAYS.days());
    let far = if furthest < due_on {
        certainty.doubt(
            &format!("承诺还款日 {due_on} 在 {FAR_OUT_DAYS} 天以后"),
            &format!("the promised day {due_on} is more than {FAR_OUT_DAYS} days away"),
        )
    } else {
        Ok(())
    };
    together([heard, small, above, far])
}

/// The visitors by the names under which they are listed; asks about those who
/// are not on the list. A site that lists nobody takes every name.
pub(super) fn visitors(
    app: &App,
    given: &[String],
    certainty: Certainty,
) -> (Vec<String>, Result<()>) {
    let people = &app.site().config.people;
    let listed = |name: &str| {
        let person =
            people.iter().find(|person| person.name == name || person.login == name);
        person.map(|person| person.name.clone())
    };
    let (mut visitors, mut unlisted) = (Vec::with_capacity(given.len()), Vec::new());
    for name in given.iter().map(|name| name.trim()) {
        if let Some(known) = listed(name) {
            visitors.push(known);
            continue;
        }
        if !people.is_empty() {
            let meant = nearest(name, people.iter().map(|person| person.name.as_str()));
            let Say { zh, en } = perhaps_named(meant);
            unlisted.push(certainty.doubt(
                &format!("“{name}” 不在 qingshou.toml 的 `people` 里{zh}"),
                &format!("“{name}” is not among the people of qingshou.toml{en}"),
            ));
        }
        visitors.push(name.to_owned());
    }
    (visitors, all(unlisted))
}

/// All that is known to be owed on a case: a list without amounts knows the
/// principal alone.
async fn owed(app: &App, case_id: CaseId) -> Result<Fen> {
    let mut conn = app.engine.store.read().await?;
    Ok(ledger::most_owed(conn.conn(), case_id).await?)
}
