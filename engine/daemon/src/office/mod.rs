//! The office (办公台): everything that people enter, by whatever way it comes.
//!
//! The same request goes through the daemon's socket while a daemon holds the
//! site, and straight to the store when none does. Every write names a person
//! and a reason, and is in the journal of its case.

pub mod request;
mod writes;
mod reports;
mod complained_of;
mod task_take;
mod task_done;
mod results;
pub(crate) mod entries;
mod money;
mod bank_rows;
mod authority;
mod releases;
pub(crate) mod restore;
mod answers;
pub(crate) mod clock;
mod stock;
pub(crate) mod language;
pub(crate) mod named;
mod doubts;
mod papers;
mod numbers;
pub mod people;
mod people_list;
pub mod reach;
mod looking;
pub(crate) mod guard;
pub(crate) mod sending;
pub(crate) mod gateway;

use anyhow::{Result, bail};
use domain::journal::{ByHand, Entered, Entry};
use domain::role::Role;
use script::finding::Lang;
use serde_json::Value;
use store::journal::{self, NewLine};
use store::{Conn, Now};
use thiserror::Error;

use crate::config::Person;
use crate::engine::approve::ApprovalRefused;
use crate::nul;
use crate::office::language::say;
use crate::site::Site;
use crate::words::ROLES;
use crate::workshop::Workshop;

pub use request::{Reading, Reply, Request, Which};

/// A request that is understood and not allowed; exit code 5.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// A request that cannot be carried out as things are; exit code 5, with a
/// code for programs.
#[derive(Debug, Error)]
#[error("{text}")]
pub(crate) struct NotNow {
    /// Why, for programs.
    pub(crate) code: &'static str,
    /// Why and what to do, for people.
    pub(crate) text: String,
}

/// A request that was carried out and of which nothing could be used; exit
/// code 1, with what a program may read of it.
#[derive(Debug, Error)]
#[error("{text}")]
struct CameToNothing {
    text: String,
    data: Value,
}

/// Makes a refusal.
pub(crate) fn refuse<T>(why: impl Into<String>) -> Result<T> {
    Err(Refused(why.into()).into())
}

/// Who asks, as the operating system vouches for it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Asker {
    /// The name in journal and approvals.
    pub name: String,
    /// What they may sign for.
    pub roles: Vec<String>,
}

impl Asker {
    /// Whether one of these roles is theirs; an administrator may do all that
    /// needs no signature.
    pub fn may(&self, roles: &[Role]) -> bool {
        let mut own = self.roles.iter().filter_map(|word| Role::parse(word));
        own.any(|role| role == Role::Administrator || roles.contains(&role))
    }
}

impl Workshop {
    /// The person behind an operating-system user.
    ///
    /// A site that names no people yet belongs to whoever may open it.
    ///
    /// # Errors
    ///
    /// [`Refused`] for a user whom the settings do not name.
    pub fn asker(&self, login: &str) -> Result<Asker> {
        asker(&self.site(), login)
    }

    /// Carries out a request of a person who reads Chinese.
    pub async fn handle(&self, login: &str, request: &Request) -> Reply {
        self.handle_in(Lang::Zh, login, request).await
    }

    /// Carries out a request of a person and answers in their language.
    pub async fn handle_in(&self, lang: Lang, login: &str, request: &Request) -> Reply {
        // On the heap: it holds the state of every kind of request.
        language::answering_in(lang, Box::pin(self.reply(login, request))).await
    }

    async fn reply(&self, login: &str, request: &Request) -> Reply {
        let done = match self.asker(login) {
            Ok(asker) => self.carry_out(&asker, request).await,
            Err(error) => Err(error),
        };
        reply_of(done)
    }

    async fn carry_out(
        &self,
        asker: &Asker,
        request: &Request,
    ) -> Result<(String, Value)> {
        may_ask(asker, request)?;
        is_fit(request)?;
        needs_reason(request)?;
        restore::look_at(self, request)?;
        clock::look_at(self, request)?;
        let request = numbers::as_orders(self, request).await?;
        authority::look_at(self, asker, &request).await?;
        let done = writes::carry_out(self, asker, &request).await;
        // What cannot be noted now is at the next look of the loop.
        drop(clock::pass_over(self).await);
        done
    }
}

/// The person behind an operating-system user of a site.
fn asker(site: &Site, login: &str) -> Result<Asker> {
    let people = &site.config.people;
    match site.config.person_of(login) {
        Some(Person { name, roles, .. }) => {
            Ok(Asker { name: name.clone(), roles: roles.clone() })
        }
        None if people.is_empty() => {
            let roles = vec!["administrator".to_owned()];
            Ok(Asker { name: login.to_owned(), roles })
        }
        None => refuse(say(
            format!(
                "操作系统用户 `{login}` 不在 qingshou.toml 的 people 里,没有写入\n  \
                 提示:请管理员加上 name、login 和 roles"
            ),
            format!(
                "the user `{login}` of this system is not among the people of qingshou.toml; \
                 nothing was written\n  hint: ask the administrator to add name, login and roles"
            ),
        )),
    }
}

/// The answer to a request.
fn reply_of(done: Result<(String, Value)>) -> Reply {
    match done {
        Ok((text, data)) => Reply { exit: 0, text, data },
        Err(error) => {
            let of_approval = error.downcast_ref::<ApprovalRefused>();
            let not_now = error.downcast_ref::<NotNow>().map(|it| it.code);
            let refused = error.downcast_ref::<Refused>().is_some()
                || of_approval.is_some()
                || not_now.is_some();
            let exit = if refused { 5 } else { 1 };
            let text = match of_approval {
                Some(why) => say(why.to_string(), why.in_english()),
                None => language::told(&error, language::asked_in()),
            };
            let data = match (not_now, error.downcast::<CameToNothing>()) {
                (Some(code), _) => serde_json::json!({ "error": code }),
                (None, came) => came.map_or(Value::Null, |it| it.data),
            };
            Reply { exit, text, data }
        }
    }
}

/// Refuses texts that not every store could keep.
fn is_fit(request: &Request) -> Result<()> {
    if let Some(place) = nul::place(request) {
        bail!(say(
            format!(
                "{place} 里有看不见的空字符(U+0000),没有写入\n  提示:请删去后重新填写"
            ),
            format!(
                "{place} holds the character U+0000, which nobody sees; nothing was written\n  \
                 hint: clear it and write it anew"
            ),
        ));
    }
    Ok(())
}

fn needs_reason(request: &Request) -> Result<()> {
    if request.reason().is_some_and(|it| it.trim().is_empty()) {
        bail!(say(
            "请用 --reason 写明理由:它会记入日志",
            "say why with --reason: it goes into the journal",
        ));
    }
    Ok(())
}

/// Refuses whoever has none of the roles that a request needs.
fn may_ask(asker: &Asker, request: &Request) -> Result<()> {
    if !request.writes() || asker.may(request.needs()) {
        return Ok(());
    }
    let name = &asker.name;
    let needs = request.needs().iter().map(|role| role.as_str());
    let zh: Vec<String> = needs.clone().map(|role| ROLES.zh(role)).collect();
    let en: Vec<&str> = needs.collect();
    refuse(say(
        format!(
            "{name} 没有这个权限:需要 {}\n  提示:请有这个角色的同事办理(角色写在 qingshou.toml 的 people 里)",
            zh.join(" 或 ")
        ),
        format!("{name} may not do this: it needs {}", en.join(" or ")),
    ))
}

/// Writes into a case's journal what a person did and why.
pub(crate) async fn by_hand(
    conn: &mut Conn,
    now: &Now,
    case_id: domain::ids::CaseId,
    asker: &Asker,
    reason: &str,
    what: Entered,
) -> Result<()> {
    let line = by_hand_line(case_id, asker, reason, what);
    Ok(journal::append(conn, now, &[line]).await?)
}

/// [`by_hand`] for what is about no case, in the site's own journal.
pub(crate) async fn by_hand_of_site(
    conn: &mut Conn,
    now: &Now,
    asker: &Asker,
    reason: &str,
    what: Entered,
) -> Result<()> {
    let line = NewLine::of_site(entry_of(asker, reason, what));
    Ok(journal::append(conn, now, &[line]).await?)
}

/// The line of [`by_hand`].
pub(crate) fn by_hand_line(
    case_id: domain::ids::CaseId,
    asker: &Asker,
    reason: &str,
    what: Entered,
) -> NewLine {
    NewLine::of_case(case_id, entry_of(asker, reason, what))
}

fn entry_of(asker: &Asker, reason: &str, what: Entered) -> Entry {
    Entry::ByHand(ByHand { by: asker.name.clone(), reason: reason.to_owned(), what })
}

#[cfg(test)]
mod tests;
