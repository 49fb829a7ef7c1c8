//! Members of staff (工作人员) as commands name them.

use anyhow::{Result, bail};
use store::{case_book, tasks};

use crate::app::App;
use crate::language::say;

/// The name of somebody whom the settings know, by name or login, or who stands in the
/// book as a collector or has work there.
///
/// # Errors
///
/// Nobody is called so; `option` is where the name was written.
pub(super) async fn known(app: &App, typed: &str, option: &str) -> Result<String> {
    let site = app.site();
    let people = &site.config.people;
    if let Some(found) =
        people.iter().find(|person| person.name == typed || person.login == typed)
    {
        return Ok(found.name.clone());
    }
    let is_in_the_book = {
        let mut conn = app.engine.store.read().await?;
        case_book::has_value(conn.conn(), "collector", typed).await?
            || tasks::has_assignee(conn.conn(), typed).await?
    };
    if is_in_the_book {
        return Ok(app.engine.called(typed));
    }
    let known: Vec<&str> = people.iter().map(|person| person.name.as_str()).collect();
    bail!(say(
        format!(
            "没有工作人员 `{typed}`,没有登记\n  提示:{option} 写姓名,可用 {}",
            known.join("、")
        ),
        format!(
            "nobody of the staff is called `{typed}`; nothing was entered\n  hint: {option} \
             takes a name: {}",
            known.join(", ")
        ),
    ))
}
