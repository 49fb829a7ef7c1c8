//! Acts about a loan into the books (期限入账): what a form says of its clocks, and what
//! proceedings and letters do to guarantors.

use domain::hold::HoldReason;
use domain::ids::{CaseId, PartyId};
use domain::limitation::{
    ClockAct, ClockActKind, Evidence, InterruptionKind, SuspensionKind,
};
use domain::tongues::both;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Map, Value};
use store::clock_acts::{self, NewAct, Standing};
use store::limitation;
use store::plugin::{Books, BooksError, EntryDone, Filled, Raised};
use store::plugin_reads;

use crate::answer::{self, Clocks};
use crate::clock;
use crate::dossier;
use crate::error::{LegalError, possible};
use crate::manifest::{LegalEvent, MANIFEST};
use crate::retracted;
use crate::tasks;

/// A paper about a loan is no older than this; what is, is a slip.
const OLDEST_YEARS: i16 = 50;

/// Writes down what a form about a loan says, and tells the case of it.
pub(crate) async fn enter(
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<EntryDone, LegalError> {
    if filled.form.name == retracted::FORM {
        return retracted::enter(filled, books).await;
    }
    let on = filled.day("on").ok_or(LegalError::Missing("on"))?;
    possible(on, books.today.saturating_sub(OLDEST_YEARS.years()), books.today)?;
    let until = filled.day("until");
    if until.is_some_and(|until| until < on) {
        return Err(LegalError::EndsBeforeItBegins);
    }
    let receipt = filled.text("receipt").ok_or(LegalError::ReceiptNeeded)?;
    let what = What::of(filled.form.name)?;
    if !filled.sure {
        look_twice(filled, (what, on), books).await?;
    }
    let before = Clocks::of(books, filled.case_id).await?;
    let mut party = None;
    match what {
        What::Restart(kind) => restart(filled, books, kind).await?,
        What::Act(kind) => {
            if kind == ClockActKind::Suspended {
                // An obstacle that lasts has no end yet, and none is made up: a day that
                // has not come would stretch the period by what may never be so.
                has_come(until, books.today)?;
            }
            let acts = acts_of(kind, filled, books).await?;
            party = acts.iter().find_map(|act| act.party);
            refuse_same(books, filled.case_id, receipt, &acts).await?;
            write(books, filled.case_id, Some(receipt), &acts).await?;
        }
    }
    let mut done = done(filled, (on, until), books).await?;
    let after = Clocks::of(books, filled.case_id).await?;
    done.next = Some(answer::told(what, (on, party), &before, &after));
    Ok(done)
}

/// Asks about what the law gives no effect to on this loan.
async fn look_twice(
    filled: &Filled<'_>,
    (what, on): (What, Date),
    books: &mut Books<'_>,
) -> Result<(), LegalError> {
    let case = filled.case_id;
    match what {
        What::Restart(InterruptionKind::SuedOrEquivalent) => {
            let reason = HoldReason::Bankruptcy;
            let held = plugin_reads::held_for(books.conn, reason, &[case]).await;
            if !held.map_err(BooksError::from)?.is_empty() {
                return Ok(());
            }
            Err(LegalError::Doubt(both(
                "本案没有登记破产,申报债权无从谈起;受理破产的先登记 `qingshou hold`(破产)",
                "no bankruptcy is on record, in which a claim could be filed; enter it first \
                 with `qingshou hold` (bankruptcy)",
            )))
        }
        What::Act(ClockActKind::AgreedAnew) => {
            let ends_on = limitation::ends_on(books.conn, case).await;
            let ends_on = ends_on.map_err(BooksError::from)?;
            let Some(day) = ends_on.filter(|day| on <= *day) else { return Ok(()) };
            Err(LegalError::Doubt(both(
                &format!(
                    "签字时诉讼时效还没有届满(至 {day}),这样的协议不是新债务;展期用 legal \
                     extended、承诺还款用 promise 登记"
                ),
                &format!(
                    "the period still ran when it was signed (until {day}), so it is no new \
                     debt; enter an extension with legal extended, a promise with promise"
                ),
            )))
        }
        _ => Ok(()),
    }
}

/// What a form about a loan enters.
#[derive(Clone, Copy)]
pub(crate) enum What {
    /// A dated act.
    Act(ClockActKind),
    /// Something that begins the limitation period anew.
    Restart(InterruptionKind),
}

impl What {
    /// By the name of the form.
    ///
    /// # Errors
    ///
    /// [`LegalError`] for a form that enters neither.
    pub(crate) fn of(form: &str) -> Result<Self, LegalError> {
        Ok(match form {
            "contract" => Self::Act(ClockActKind::ContractEnds),
            "accelerated" => Self::Act(ClockActKind::Accelerated),
            "agreed" => Self::Act(ClockActKind::AgreedAnew),
            "extended" => Self::Act(ClockActKind::Extended),
            "suspended" => Self::Act(ClockActKind::Suspended),
            "consented" => Self::Act(ClockActKind::GuarantorConsented),
            "demanded" => Self::Act(ClockActKind::GuarantorDemanded),
            "in_vain" => Self::Act(ClockActKind::EnforcedInVain),
            "notice" => Self::Restart(InterruptionKind::PublicNotice),
            "mediation" => Self::Restart(InterruptionKind::MediationRequested),
            "claim" => Self::Restart(InterruptionKind::SuedOrEquivalent),
            other => {
                let word = other.to_owned();
                return Err(LegalError::UnknownWord { field: "form", word });
            }
        })
    }
}

fn has_come(day: Option<Date>, today: Date) -> Result<(), LegalError> {
    match day.filter(|day| today < *day) {
        Some(day) => Err(LegalError::NotYet { day, today }),
        None => Ok(()),
    }
}

/// Tells the case of an entry; answers its line in the journal, and the last day of the
/// period as it stands then.
pub(crate) async fn done(
    filled: &Filled<'_>,
    (on, until): (Date, Option<Date>),
    books: &mut Books<'_>,
) -> Result<EntryDone, LegalError> {
    tasks::end_outlived_of(books, filled.case_id, filled.by).await?;
    tell(filled, on, until, books);
    let ends_on = limitation::ends_on(books.conn, filled.case_id).await;
    let ends_on = ends_on.map_err(BooksError::from)?;
    let next = ends_on.map(|day| {
        both(
            &format!("诉讼时效(已证明)至 {day}"),
            &format!("limitation period, as proved, until {day}"),
        )
    });
    Ok(dossier::done_of_loan(filled, next))
}

/// The acts that a form tells of.
async fn acts_of(
    kind: ClockActKind,
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<Vec<ClockAct>, LegalError> {
    let on = filled.day("on").ok_or(LegalError::Missing("on"))?;
    let act = ClockAct { until: filled.day("until"), ..ClockAct::new(kind, on) };
    Ok(match kind {
        ClockActKind::Extended => {
            let mut acts = old_term(filled, on, books).await?;
            acts.push(act);
            acts
        }
        ClockActKind::Suspended => {
            let cause = filled.text("cause").and_then(SuspensionKind::parse);
            vec![ClockAct { cause, ..act }]
        }
        ClockActKind::GuarantorConsented | ClockActKind::GuarantorDemanded => {
            let party = Some(guarantor(filled, books).await?);
            vec![ClockAct { party, ..act }]
        }
        // Of all guarantors, or of the one who has waived the right to refuse.
        ClockActKind::EnforcedInVain if filled.text("guarantor").is_some() => {
            let party = Some(guarantor(filled, books).await?);
            vec![ClockAct { party, ..act }]
        }
        _ => vec![act],
    })
}

/// The day from which an extension puts off, where no contract's day is on record: by
/// it guarantors are judged who did not agree.
async fn old_term(
    filled: &Filled<'_>,
    on: Date,
    books: &mut Books<'_>,
) -> Result<Vec<ClockAct>, LegalError> {
    let from = filled.day("from").ok_or(LegalError::Missing("from"))?;
    let case = filled.case_id.0;
    let records = clock_acts::of_cases(books.conn, &[case]).await;
    let records = records.map_err(BooksError::from)?;
    let known = records.get(&case).is_some_and(|record| {
        record.0.iter().any(|act| act.kind == ClockActKind::ContractEnds)
    });
    if known {
        return Ok(Vec::new());
    }
    let until = Some(from);
    Ok(vec![ClockAct { until, ..ClockAct::new(ClockActKind::ContractEnds, on) }])
}

/// The guarantor whom a form names by number, name or place; the only one where it names
/// nobody.
pub(crate) async fn guarantor(
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<PartyId, LegalError> {
    let all = clock_acts::guarantors(books.conn, filled.case_id).await;
    let all = all.map_err(BooksError::from)?;
    let Some(typed) = filled.text("guarantor") else {
        return match all.as_slice() {
            [(only, ..)] => Ok(*only),
            _ => Err(LegalError::WhichGuarantor(all.len())),
        };
    };
    let place: Option<usize> = typed.parse().ok();
    let named: Vec<PartyId> = all
        .iter()
        .enumerate()
        .filter(|(at, (_, number, name))| {
            number == typed || name == typed || place == Some(at + 1)
        })
        .map(|(_, (party, ..))| *party)
        .collect();
    match named.as_slice() {
        [one] => Ok(*one),
        _ => Err(LegalError::WhichGuarantor(all.len())),
    }
}

/// Begins the period anew by a paper.
async fn restart(
    filled: &Filled<'_>,
    books: &mut Books<'_>,
    kind: InterruptionKind,
) -> Result<(), LegalError> {
    let on = filled.day("on").ok_or(LegalError::Missing("on"))?;
    let evidence = match kind {
        InterruptionKind::PublicNotice => Evidence::PublishedNotice,
        InterruptionKind::MediationRequested => Evidence::CommitteeReceipt,
        _ => Evidence::CourtPaper,
    };
    let receipt = filled.text("receipt").unwrap_or_default();
    let case = filled.case_id;
    let newest = clock::entered_by(books, case, filled.form.name).await?.pop();
    if newest.is_some_and(|newest| newest.on == on && newest.receipt == receipt) {
        return Err(LegalError::AlreadyEntered);
    }
    let key = clock::key_of(books, (filled.form.name, case), (on, receipt)).await?;
    Ok(clock::restart(books, case, on, kind, evidence, key).await?)
}

/// Refuses an entry that says what the newest one of its sort says. An older one may be
/// said again: whoever corrects a correction back has to.
async fn refuse_same(
    books: &mut Books<'_>,
    case_id: CaseId,
    paper: &str,
    acts: &[ClockAct],
) -> Result<(), LegalError> {
    let Some(act) = acts.last() else { return Ok(()) };
    let standing = standing(books, case_id).await?;
    let of_sort = |it: &&Standing| it.act.kind == act.kind && it.act.party == act.party;
    let newest = standing.iter().rfind(of_sort);
    let is_same = |it: &Standing| it.act == *act && it.paper.as_deref() == Some(paper);
    if newest.is_some_and(is_same) {
        return Err(LegalError::AlreadyEntered);
    }
    Ok(())
}

/// What was entered about a case, or came of its proceedings and letters, and stands.
pub(crate) async fn standing(
    books: &mut Books<'_>,
    case_id: CaseId,
) -> Result<Vec<Standing>, BooksError> {
    Ok(clock_acts::standing(books.conn, case_id, MANIFEST.name).await?)
}

/// Whether an act came of a proceeding, by its paper, and goes with its step.
pub(crate) fn is_of_proceeding(paper: Option<&str>) -> bool {
    paper.is_some_and(|paper| paper.starts_with(OF_PROCEEDING))
}

/// What the papers of such acts begin with.
pub(crate) const OF_PROCEEDING: &str = "matter:";

/// Writes acts down behind those that there are, whatever these say; the clocks follow.
pub(crate) async fn write(
    books: &mut Books<'_>,
    case_id: CaseId,
    paper: Option<&str>,
    acts: &[ClockAct],
) -> Result<(), BooksError> {
    let before = clock_acts::entered(books.conn, case_id, MANIFEST.name).await?;
    let new: Vec<NewAct> = (before..)
        .zip(acts)
        .map(|(nth, act)| {
            let ClockAct { kind, on, until, party, .. } = *act;
            let until = until.map_or_else(String::new, |day| day.to_string());
            let party = party.map_or(0, |party| party.0);
            let paper = paper.unwrap_or_default();
            NewAct {
                case_id,
                act: *act,
                paper: (!paper.is_empty()).then(|| paper.to_owned()),
                source: MANIFEST.name.to_owned(),
                // The number tells apart what is said twice, with a withdrawal or a
                // correction in between.
                dedupe_key: format!(
                    "{kind}:{case_id}:{party}:{on}:{until}:{paper}#{nth}"
                ),
            }
        })
        .collect();
    clock_acts::enter(books.conn, &new).await?;
    Ok(())
}

/// A demand that reached a person: where that is a guarantor, it may hold them. It is
/// noted of everybody else who does not owe the debt as well: whoever is entered as a
/// guarantor later was asked all the same.
pub(crate) async fn demand_reached(
    books: &mut Books<'_>,
    case_id: CaseId,
    (person, owes): (i64, bool),
    (on, receipt): (Date, &str),
) -> Result<(), BooksError> {
    let person = PartyId(person);
    let guarantors = clock_acts::guarantors(books.conn, case_id).await?;
    if owes && !guarantors.iter().any(|(party, ..)| *party == person) {
        return Ok(());
    }
    let party = Some(person);
    let act = ClockAct { party, ..ClockAct::new(ClockActKind::GuarantorDemanded, on) };
    let standing = standing(books, case_id).await?;
    let is_same = |it: &Standing| it.act == act && it.paper.as_deref() == Some(receipt);
    if standing.iter().any(is_same) {
        return Ok(());
    }
    write(books, case_id, Some(receipt), &[act]).await
}

fn tell(filled: &Filled<'_>, on: Date, until: Option<Date>, books: &mut Books<'_>) {
    let (form, case_id) = (filled.form.name, filled.case_id);
    let mut payload = Map::new();
    payload.insert("what".to_owned(), Value::from(form));
    payload.insert("on".to_owned(), Value::from(on.to_string()));
    if let Some(until) = until {
        payload.insert("until".to_owned(), Value::from(until.to_string()));
    }
    let receipt = filled.text("receipt").unwrap_or_default();
    books.raised.push(Raised {
        case_id,
        kind: LegalEvent::ClockEntered.to_string(),
        payload,
        dedupe_key: format!("clock:{form}:{case_id}:{on}:{receipt}:{}", books.now_ms),
    });
}
