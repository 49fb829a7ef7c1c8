//! Which way a claim goes that may not be worth a suit (定办法): a supervisor's word.

use domain::ids::{CaseId, OrderId};
use domain::money::Fen;
use domain::tongues::both;
use serde_json::{Map, Value};
use store::claims;
use store::plugin::{Books, BooksError, EntryDone, Filled, Raised};

use crate::books;
use crate::claim;
use crate::dossier;
use crate::error::LegalError;
use crate::manifest::LegalEvent;

/// The name of the form.
pub(crate) const FORM: &str = "way";

/// Tells the case which way was chosen. What was asked for on another way and has not come
/// before a court is taken back.
///
/// # Errors
///
/// [`LegalError`] for a claim that is before a court already, of which nothing is due, or
/// for which this very way is asked for already.
pub(crate) async fn enter(
    filled: &Filled<'_>,
    books: &mut Books<'_>,
) -> Result<EntryDone, LegalError> {
    let way = filled.text("way").ok_or(LegalError::Missing("way"))?;
    let (case, today) = (filled.case_id, books.today);
    if let Some((matter, _)) = books::of_case(books.conn, case).await?.first() {
        return Err(LegalError::AlreadyInCourt(*matter));
    }
    let others = others(way);
    let asked_for = on_their_way(books, case).await?;
    if let Some((order, _)) = asked_for.iter().find(|it| !others.contains(&it.1.as_str()))
    {
        return Err(LegalError::AlreadyAskedFor(*order));
    }
    books.taken_back.extend(asked_for.iter().map(|it| it.0));
    let claim = claim::by_order(books.conn, case, None, today).await?;
    if claim.as_ref().is_some_and(|claim| claim.total <= Fen(0)) {
        return Err(LegalError::NothingDue);
    }
    let payload = [("way".to_owned(), Value::from(way))];
    books.raised.push(Raised {
        case_id: case,
        kind: LegalEvent::WayChosen.to_string(),
        payload: Map::from_iter(payload),
        dedupe_key: format!("way:{case}:{}", books.now_ms),
    });
    let nothing = || both("台账没有应还记录", "the books have nothing that fell due");
    let mut next = claim.map_or_else(nothing, |claim| claim::parts(&claim, today));
    if let Some(orders) = numbers_of(&asked_for) {
        next.push('\n');
        next.push_str(&both(
            &format!("撤回了还没有送出的指令 {orders}"),
            &format!("taken back, since they had not left: {orders}"),
        ));
    }
    Ok(dossier::done_of_loan(filled, Some(next)))
}

/// The orders by which a claim comes before a court.
const TO_COURT: &[&str] = &["file_suit", "payment_order"];

/// The orders that have no ground any more once a way is chosen.
fn others(way: &str) -> Vec<&'static str> {
    let chosen = match way {
        "suit" => Some("file_suit"),
        "payment_order" => Some("payment_order"),
        _ => None,
    };
    TO_COURT.iter().copied().filter(|verb| Some(*verb) != chosen).collect()
}

/// What somebody should know before they enter what takes these orders back; `None` where
/// there are none.
pub(crate) fn would_be_taken_back(asked_for: &[(OrderId, String)]) -> Option<String> {
    let orders = numbers_of(asked_for)?;
    Some(both(
        &format!("这笔贷款还有没送出的指令 {orders},登记后会撤回"),
        &format!(
            "orders of this loan that have not left would be taken back by it: {orders}"
        ),
    ))
}

/// The numbers of orders, for people.
fn numbers_of(asked_for: &[(OrderId, String)]) -> Option<String> {
    let numbers: Vec<String> = asked_for.iter().map(|it| it.0.to_string()).collect();
    (!numbers.is_empty()).then(|| numbers.join(", "))
}

/// What was asked for of a case and is not before a court yet: it waits for a second person
/// or for its turn.
pub(crate) async fn on_their_way(
    books: &mut Books<'_>,
    case: CaseId,
) -> Result<Vec<(OrderId, String)>, BooksError> {
    Ok(claims::on_their_way(books.conn, case, TO_COURT).await?)
}
