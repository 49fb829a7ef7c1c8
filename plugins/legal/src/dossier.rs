//! Who is in charge of a proceeding, and its papers (承办人与卷宗).

use domain::ids::OrderId;
use domain::journal::{Entered, FormByHand};
use domain::role::Role;
use domain::tongues::both;
use store::plugin::{Books, EntryDone, Filled};

use crate::books::{self, Paper};
use crate::entries::next_day;
use crate::error::{LegalError, possible};
use crate::forms::COUNSEL;
use crate::manifest::MANIFEST;
use crate::matters;
use crate::proceeding::Stage;

/// The form with which a paper is put on file.
pub(crate) const PAPER_FORM: &str = "paper";

/// The form with which somebody else is put in charge.
pub(crate) const OWNER_FORM: &str = "owner";

/// Puts a paper on the file of a proceeding: what it is, where it lies, its hash.
///
/// # Errors
///
/// [`LegalError`] when its day lies ahead, or what is given as its hash is none.
pub(crate) async fn file_paper(
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<EntryDone, LegalError> {
    let matter = filled.order;
    let (found, _) = matters::standing(books.conn, matter).await?;
    let on = filled.day("on").unwrap_or(books.today);
    possible(on, found.opened_on.min(on), books.today)?;
    let paper = Paper {
        step: filled.text("step").ok_or(LegalError::Missing("step"))?,
        document: filled.text("document").ok_or(LegalError::Missing("document"))?,
        on,
        number: filled.text("number"),
        place: filled.text("place").ok_or(LegalError::Missing("place"))?,
        sha256: filled.text("sha256").map(hash).transpose()?,
    };
    let by = (filled.by, books.now_ms);
    books::put_paper(books.conn, matter, &paper, by).await?;
    let count = books::papers_of(books.conn, matter).await?;
    let next = both(&format!("卷宗现有 {count} 份"), &format!("papers on file: {count}"));
    done(filled, matter, Some(next), books).await
}

/// Puts somebody else in charge of a proceeding that is not closed.
///
/// # Errors
///
/// [`LegalError`] for a proceeding that is closed, or somebody who has no role for it.
pub(crate) async fn pass_on(
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<EntryDone, LegalError> {
    let matter = filled.order;
    let (_, proceeding) = matters::standing(books.conn, matter).await?;
    if proceeding.stage == Stage::Closed {
        let status = proceeding.stage.to_string();
        return Err(LegalError::WrongStatus { matter, status });
    }
    let owner = filled.text("to").ok_or(LegalError::Missing("to"))?;
    let owner = in_charge(books, owner)?;
    books::pass_on(books.conn, matter, &owner).await?;
    let next = next_day(&proceeding, books.today);
    done(filled, matter, next, books).await
}

/// The name of whoever is to own a proceeding, by which lists find what is theirs.
///
/// # Errors
///
/// [`LegalError`] for a name that is nobody's, or that of somebody who has no role for it.
pub(crate) fn in_charge(books: &Books<'_>, owner: &str) -> Result<String, LegalError> {
    if !books.staff.knows(owner) {
        return Err(LegalError::NoSuchStaff(owner.to_owned()));
    }
    let may = books.staff.has_one_of(owner, COUNSEL)
        || books.staff.has_one_of(owner, &[Role::Administrator]);
    if !may {
        return Err(LegalError::NoSuchRole(owner.to_owned()));
    }
    Ok(books.staff.called(owner))
}

/// A hash as it is kept: 64 hexadecimal digits, small.
fn hash(text: &str) -> Result<String, LegalError> {
    let text = text.to_ascii_lowercase();
    let is_one = text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit());
    if is_one { Ok(text) } else { Err(LegalError::NoHash) }
}

/// What an entry about a proceeding came to, with its line in the journal: under the order
/// that asked for it, or under its own number where it is older than the book.
pub(crate) async fn done(
    filled: &Filled<'_>,
    matter: OrderId,
    next: Option<String>,
    books: &mut Books<'_>,
) -> Result<EntryDone, LegalError> {
    let is_older = books::entered_by(books.conn, matter).await?.is_some();
    let what = FormByHand {
        plugin: MANIFEST.name.to_owned(),
        form: filled.form.name.to_owned(),
        order: (!is_older).then_some(matter),
        matter: is_older.then_some(matter),
        filled: filled.values.clone(),
    };
    let what = Entered::Form(what);
    Ok(EntryDone { closes_with: None, also_closes: None, what, next })
}

/// The same of an entry about the loan.
pub(crate) fn done_of_loan(filled: &Filled<'_>, next: Option<String>) -> EntryDone {
    let what = FormByHand {
        plugin: MANIFEST.name.to_owned(),
        form: filled.form.name.to_owned(),
        order: None,
        matter: None,
        filled: filled.values.clone(),
    };
    EntryDone { closes_with: None, also_closes: None, what: Entered::Form(what), next }
}
