//! Stops of sending (停发), as people read them.

use anyhow::Result;
use runtime::words::{SCOPES, VERBS};
use store::sending::{self, Scope};

use crate::app::App;
use crate::language::say;

/// A stop's scope and target, as a person types them.
pub(super) fn name(scope: Scope, target: &str) -> String {
    let scope = scope.as_str();
    if target.is_empty() {
        say(SCOPES.zh(scope), scope)
    } else if scope == Scope::Act.as_str() {
        say(
            format!("{} {}", SCOPES.zh(scope), SCOPES.zh(target)),
            format!("{scope} {target}"),
        )
    } else {
        say(
            format!("{} {}", SCOPES.zh(scope), VERBS.zh(target)),
            format!("{scope} {target}"),
        )
    }
}

pub(super) async fn held_by(app: &App, stop: i64) -> Result<i64> {
    let mut conn = app.engine.store.read().await?;
    let standing = sending::standing(conn.conn()).await?;
    Ok(standing.iter().find(|it| it.id == stop).map_or(0, |it| it.held))
}
