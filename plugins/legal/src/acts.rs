//! Acts about a loan into the books (期限入账): what a form says of its clocks, and what
//! proceedings and letters do to guarantors.

use domain::ids::{CaseId, PartyId};
use domain::journal::{Entered, FormByHand};
use domain::limitation::{
    ClockAct, ClockActKind, Evidence, InterruptionKind, SuspensionKind,
};
use domain::tongues::both;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Map, Value};
use store::clock_acts::{self, NewAct};
use store::limitation;
use store::plugin::{Books, BooksError, EntryDone, Filled, Raised};

use crate::clock;
use crate::error::{LegalError, possible};
use crate::manifest::{LegalEvent, MANIFEST};

/// A paper about a loan is no older than this; what is, is a slip.
const OLDEST_YEARS: i16 = 50;

/// Writes down what a form about a loan says, and tells the case of it.
pub(crate) async fn enter(
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<EntryDone, LegalError> {
    let on = filled.day("on").ok_or(LegalError::Missing("on"))?;
    possible(on, books.today.saturating_sub(OLDEST_YEARS.years()), books.today)?;
    let until = filled.day("until");
    if until.is_some_and(|until| until < on) {
        return Err(LegalError::EndsBeforeItBegins);
    }
    if filled.text("receipt").is_none() {
        return Err(LegalError::ReceiptNeeded);
    }
    match filled.form.name {
        "notice" => {
            restart(filled, books, InterruptionKind::PublicNotice).await?;
        }
        "mediation" => {
            restart(filled, books, InterruptionKind::MediationRequested).await?;
        }
        "claim" => restart(filled, books, InterruptionKind::SuedOrEquivalent).await?,
        name => {
            let acts = acts_of(name, filled, books).await?;
            write(books, filled.case_id, filled.text("receipt"), &acts).await?;
        }
    }
    tell(filled, on, until, books);
    let what = FormByHand {
        plugin: MANIFEST.name.to_owned(),
        form: filled.form.name.to_owned(),
        order: None,
        filled: filled.values.clone(),
    };
    let ends_on = limitation::ends_on(books.conn, filled.case_id).await;
    let ends_on = ends_on.map_err(BooksError::from)?;
    let next = ends_on.map(|day| {
        both(
            &format!("诉讼时效(已证明)至 {day}"),
            &format!("limitation period, as proved, until {day}"),
        )
    });
    Ok(EntryDone {
        closes_with: None,
        also_closes: None,
        what: Entered::Form(what),
        next,
    })
}

/// The acts that a form tells of.
async fn acts_of(
    form: &str,
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<Vec<ClockAct>, LegalError> {
    let on = filled.day("on").ok_or(LegalError::Missing("on"))?;
    let until = filled.day("until");
    let act = |kind| ClockAct { until, ..ClockAct::new(kind, on) };
    Ok(match form {
        "contract" => vec![act(ClockActKind::ContractEnds)],
        "accelerated" => vec![act(ClockActKind::Accelerated)],
        "agreed" => vec![act(ClockActKind::AgreedAnew)],
        "extended" => {
            let mut acts = old_term(filled, on, books).await?;
            acts.push(act(ClockActKind::Extended));
            acts
        }
        "suspended" => {
            let cause = filled.text("cause").and_then(SuspensionKind::parse);
            vec![ClockAct { cause, ..act(ClockActKind::Suspended) }]
        }
        "consented" => {
            let party = Some(guarantor(filled, books).await?);
            vec![ClockAct { party, ..act(ClockActKind::GuarantorConsented) }]
        }
        "demanded" => {
            let party = Some(guarantor(filled, books).await?);
            vec![ClockAct { party, ..act(ClockActKind::GuarantorDemanded) }]
        }
        other => {
            return Err(LegalError::UnknownWord {
                field: "form",
                word: other.to_owned(),
            });
        }
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
async fn guarantor(
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
    let (form, case) = (filled.form.name, filled.case_id);
    let key = format!("{form}:{case}:{on}:{receipt}");
    Ok(clock::restart(books, case, on, kind, evidence, key).await?)
}

/// Writes acts down; the clocks follow.
pub(crate) async fn write(
    books: &mut Books<'_>,
    case_id: CaseId,
    paper: Option<&str>,
    acts: &[ClockAct],
) -> Result<(), BooksError> {
    let new: Vec<NewAct> = acts
        .iter()
        .map(|act| {
            let ClockAct { kind, on, until, party, .. } = *act;
            let until = until.map_or_else(String::new, |day| day.to_string());
            let party = party.map_or(0, |party| party.0);
            let paper = paper.unwrap_or_default();
            NewAct {
                case_id,
                act: *act,
                paper: (!paper.is_empty()).then(|| paper.to_owned()),
                source: MANIFEST.name.to_owned(),
                dedupe_key: format!("{kind}:{case_id}:{party}:{on}:{until}:{paper}"),
            }
        })
        .collect();
    clock_acts::enter(books.conn, &new).await?;
    Ok(())
}

/// A demand that reached a person: where that is a guarantor, it may hold them.
pub(crate) async fn demand_reached(
    books: &mut Books<'_>,
    case_id: CaseId,
    person: Option<i64>,
    (on, receipt): (Date, &str),
) -> Result<(), BooksError> {
    let Some(person) = person.map(PartyId) else { return Ok(()) };
    let guarantors = clock_acts::guarantors(books.conn, case_id).await?;
    if !guarantors.iter().any(|(party, ..)| *party == person) {
        return Ok(());
    }
    let party = Some(person);
    let act = ClockAct { party, ..ClockAct::new(ClockActKind::GuarantorDemanded, on) };
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
