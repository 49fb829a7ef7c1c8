//! What was entered by mistake and bears on a clock of a loan, taken back (撤回期限登记):
//! the entry stays in the books, and the clocks are reckoned without it.

use domain::ids::PartyId;
use domain::limitation::ClockActKind;
use jiff::civil::Date;
use store::clock_acts::{self, Standing, Withdrawn};
use store::limitation;
use store::plugin::{Books, BooksError, EntryDone, Filled};

use crate::acts::{self, What};
use crate::books;
use crate::clock;
use crate::error::LegalError;
use crate::forms::LETTER_FORM;
use crate::manifest::MANIFEST;
use crate::service;

/// The name of the form.
pub(crate) const FORM: &str = "retracted";

/// An entry as a person names it.
struct Named<'a> {
    on: Date,
    receipt: Option<&'a str>,
    guarantor: Option<PartyId>,
}

/// Takes back the entry that a form names.
///
/// # Errors
///
/// [`LegalError`] when no entry that stands is so, or several are.
pub(crate) async fn enter(
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<EntryDone, LegalError> {
    let what = filled.text("what").ok_or(LegalError::Missing("what"))?;
    let on = filled.day("on").ok_or(LegalError::Missing("on"))?;
    let guarantor = match filled.text("guarantor") {
        Some(_) => Some(acts::guarantor(filled, books).await?),
        None => None,
    };
    let named = Named { on, receipt: filled.text("receipt"), guarantor };
    let withdrawn = if what == LETTER_FORM {
        letter(filled, &named, books).await?
    } else {
        match What::of(what)? {
            What::Act(kind) => act(filled, (kind, &named), books).await?,
            What::Restart(_) => restart(filled, (what, &named), books).await?,
        }
    };
    let done = clock_acts::withdraw(books.conn, filled.case_id, &withdrawn, filled.by);
    done.await.map_err(BooksError::from)?;
    acts::done(filled, (on, None), books).await
}

/// The one entry among those of a sort that is named; of several that say the same the
/// newest.
fn only<T>(
    all: Vec<T>,
    day: impl Fn(&T) -> Date,
    is_named: impl Fn(&T) -> bool,
    same: impl Fn(&T, &T) -> bool,
) -> Result<T, LegalError> {
    let mut days: Vec<String> = all.iter().map(|it| day(it).to_string()).collect();
    let mut named: Vec<T> = all.into_iter().filter(is_named).collect();
    let Some(newest) = named.pop() else {
        if days.is_empty() {
            days.push("-".to_owned());
        }
        return Err(LegalError::NoSuchEntry { days: days.join(", ") });
    };
    if named.iter().all(|it| same(it, &newest)) {
        return Ok(newest);
    }
    Err(LegalError::WhichEntry(named.len() + 1))
}

/// The act that is named, with the old term that an extension brought along.
async fn act(
    filled: &Filled<'_>,
    (kind, named): (ClockActKind, &Named<'_>),
    books: &mut Books<'_>,
) -> Result<Withdrawn, LegalError> {
    let standing = acts::standing(books, filled.case_id).await?;
    let by_hand = |it: &&Standing| {
        it.act.kind == kind && !acts::is_of_proceeding(it.paper.as_deref())
    };
    let paper = |it: &Standing| it.paper.clone();
    let found = only(
        standing.iter().filter(by_hand).collect(),
        |it| it.act.on,
        |it| {
            it.act.on == named.on
                && named
                    .receipt
                    .is_none_or(|receipt| it.paper.as_deref() == Some(receipt))
                && named.guarantor.is_none_or(|party| it.act.party == Some(party))
        },
        |one, other| one.act.party == other.act.party && one.paper == other.paper,
    )?;
    let mut acts = vec![found.id];
    if kind == ClockActKind::Extended {
        let brought = |it: &&Standing| {
            it.act.kind == ClockActKind::ContractEnds
                && it.act.on == found.act.on
                && paper(it) == paper(found)
                && it.id < found.id
        };
        acts.extend(standing.iter().filter(brought).map(|it| it.id));
    }
    Ok(Withdrawn { acts, interruptions: Vec::new() })
}

/// The paper that began the period anew.
async fn restart(
    filled: &Filled<'_>,
    (form, named): (&str, &Named<'_>),
    books: &mut Books<'_>,
) -> Result<Withdrawn, LegalError> {
    let found = only(
        clock::entered_by(books, filled.case_id, form).await?,
        |it| it.on,
        |it| {
            it.on == named.on && named.receipt.is_none_or(|receipt| it.receipt == receipt)
        },
        |one, other| one.receipt == other.receipt,
    )?;
    Ok(Withdrawn { acts: Vec::new(), interruptions: vec![found.id] })
}

/// The proof of a letter: what it did to the debtor's clock and to a guarantor's. The
/// letter may be proved anew.
async fn letter(
    filled: &Filled<'_>,
    named: &Named<'_>,
    books: &mut Books<'_>,
) -> Result<Withdrawn, LegalError> {
    let case = filled.case_id;
    let found = only(
        books::proofs_of_case(books.conn, case).await?,
        |it| it.served_on,
        |it| {
            it.served_on == named.on
                && named.receipt.is_none_or(|receipt| it.receipt == receipt)
        },
        |one, other| one.letter == other.letter,
    )?;
    let proof = (found.letter, found.seq);
    books::retract(books.conn, proof, books.now_ms).await?;
    let key = service::key_of(found.letter, found.seq);
    let of_letter = limitation::standing(books.conn, case, MANIFEST.name).await;
    let of_letter = of_letter.map_err(BooksError::from)?.into_iter();
    let interruptions = of_letter
        .filter(|of_letter| of_letter.2 == key)
        .map(|of_letter| of_letter.0)
        .collect();
    let demanded = acts::standing(books, case).await?.into_iter().filter(|it| {
        it.act.kind == ClockActKind::GuarantorDemanded
            && it.act.on == found.served_on
            && it.paper.as_deref() == Some(found.receipt.as_str())
    });
    Ok(Withdrawn { acts: demanded.map(|demanded| demanded.id).collect(), interruptions })
}
