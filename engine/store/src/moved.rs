//! A store that was moved to another place (已迁走): what was left behind is looked at and
//! not worked, for the other one goes on.

use domain::journal::{Entry, StoreMoved, StoreReopened};
use serde::{Deserialize, Serialize};

use crate::journal::{self, NewLine};
use crate::place::Place;
use crate::{Conn, Now, Store, StoreError, meta};

/// Where a store was moved to, in `meta`.
const MOVED_TO: &str = "moved_to";

/// That a store was moved.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Moved {
    /// The new place: a file, or the address of a server without its password.
    pub to: String,
    /// When, in the institution's civil time.
    pub at: String,
    /// The login of whoever moved it.
    pub by: String,
}

impl Moved {
    /// A move to a place by a login, at this moment.
    pub fn to(place: &Place, now: &Now, by: &str) -> Self {
        let at = now.civil.strftime("%F %T").to_string();
        Self { to: place.to_string(), at, by: by.to_owned() }
    }
}

/// The move of a store; nothing for one that was not moved.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of(conn: &mut Conn) -> Result<Option<Moved>, StoreError> {
    let noted = meta::text(conn, MOVED_TO).await?;
    Ok(noted.map(|it| serde_json::from_str(&it)).transpose()?)
}

/// Refuses a store that was moved; `place` is how it is named.
///
/// # Errors
///
/// [`StoreError::Moved`], and any fault of the database.
pub async fn refuse(store: &Store, place: &Place) -> Result<(), StoreError> {
    let mut conn = store.read().await?;
    let Some(Moved { to, at, by }) = of(conn.conn()).await? else { return Ok(()) };
    Err(StoreError::Moved { place: place.to_string(), to, at, by })
}

/// Notes a move in the store that was left behind, with a line in its journal: what was
/// copied before has neither.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn note(conn: &mut Conn, now: &Now, moved: &Moved) -> Result<(), StoreError> {
    meta::set_text(conn, MOVED_TO, &serde_json::to_string(moved)?).await?;
    let Moved { to, by, .. } = moved.clone();
    let line = NewLine::of_site(Entry::StoreMoved(StoreMoved { to, by }));
    journal::append(conn, now, &[line]).await
}

/// Lets a store that was moved be worked again, with a line in its journal; answers the
/// move, or nothing where there was none.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn reopen(
    conn: &mut Conn,
    now: &Now,
    by: &str,
    reason: &str,
) -> Result<Option<Moved>, StoreError> {
    let Some(moved) = of(conn).await? else { return Ok(None) };
    meta::remove(conn, MOVED_TO).await?;
    let reopened = StoreReopened {
        moved_to: moved.to.clone(),
        by: by.to_owned(),
        reason: reason.to_owned(),
    };
    let line = NewLine::of_site(Entry::StoreReopened(reopened));
    journal::append(conn, now, &[line]).await?;
    Ok(Some(moved))
}
