//! The commands (登记): everything that people enter, by whatever way it comes.
//!
//! The same command goes through the daemon's socket while a daemon holds the
//! site, and straight to the store when none does. Every write names a person
//! and a reason, and is in the journal of its case. What a command is, and how one
//! is added, stands in `command.rs`.

pub mod access;
pub mod clock_guard;
pub mod app;
pub mod journal_lines;
mod command;

// A command each.
mod ping;
pub mod look;
mod import;
mod pay;
mod reverse;
mod confirm;
mod whose;
mod promise;
mod contact;
mod person_add;
mod person_correct;
mod person_remove;
mod point;
mod reveal;
mod assign;
mod reply;
mod people_list;
pub mod entries;
mod report;
mod hold;
mod enrol;
mod enrol_many;
mod resume;
mod withdraw;
mod approve;
mod order;
mod arrived;
mod task;
mod task_take;
pub mod let_go;
pub mod pause;
mod unpause;
mod drop_orders;
mod test_gateway;
mod confirm_clock;
mod take_stock;
mod reload;
mod rollback;

// What several of them need.
mod writes;
mod money;
mod bank_rows;
mod authority;
mod answers;
mod sending;
pub mod restore;
pub mod clock;
mod colleagues;
pub mod language;
pub mod named;
mod doubts;
mod papers;
mod numbers;
mod people;
mod complained_of;
mod staff;
mod task_done;

use anyhow::{Result, bail};
use domain::role::Role;
use domain::say::Lang;
use runtime::approve::ApprovalRefused;
use runtime::words::ROLES;
use runtime::work::Signature;
use serde_json::Value;
use site::config::Person;
use site::{Site, nul};
use thiserror::Error;

use crate::app::App;
use crate::language::say;

pub use self::import::{Import, Reading};
pub use approve::Approve;
pub use arrived::Arrived;
pub use assign::Assign;
pub use command::{Command, Reply};
pub use confirm::Confirm;
pub use confirm_clock::ConfirmClock;
pub use contact::Contact;
pub use drop_orders::DropOrders;
pub use enrol::Enrol;
pub use enrol_many::EnrolMany;
pub use entries::Enter;
pub use hold::Hold;
pub use let_go::LetGo;
pub use look::Look;
pub use order::Order;
pub use pause::Pause;
pub use pay::Pay;
pub use people::PersonTyped;
pub use people_list::PeopleList;
pub use person_add::PersonAdd;
pub use person_correct::PersonCorrect;
pub use person_remove::PersonRemove;
pub use ping::Ping;
pub use point::Point;
pub use promise::Promise;
pub use reload::Reload;
pub use reply::DebtorReply;
pub use report::Report;
pub use resume::Resume;
pub use reveal::Reveal;
pub use reverse::Reverse;
pub use rollback::Rollback;
pub use take_stock::TakeStock;
pub use task::Task;
pub use task_take::TaskTake;
pub use test_gateway::TestGateway;
pub use unpause::{Unpause, Which};
pub use whose::Whose;
pub use withdraw::Withdraw;

pub(crate) use command::{Answer, Done, Execute, Rules};

/// A command that is understood and not allowed; exit code 5.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// A command that cannot be carried out as things are; exit code 5, with a
/// code for programs.
#[derive(Debug, Error)]
#[error("{text}")]
pub(crate) struct NotNow {
    /// Why, for programs.
    pub(crate) code: &'static str,
    /// Why and what to do, for people.
    pub(crate) text: String,
}

/// A command that was carried out and of which nothing could be used; exit
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
pub struct Actor {
    /// The name in journal and approvals.
    pub name: String,
    /// What they may sign for.
    pub roles: Vec<String>,
}

impl Actor {
    /// Whether one of these roles is theirs; an administrator may do all that
    /// needs no signature.
    pub fn may(&self, roles: &[Role]) -> bool {
        let mut own = self.roles.iter().filter_map(|word| Role::parse(word));
        own.any(|role| role == Role::Administrator || roles.contains(&role))
    }

    /// Who writes, and why, as the journal takes it.
    pub(crate) fn because<'p>(&'p self, reason: &'p str) -> Signature<'p> {
        Signature { by: &self.name, reason }
    }
}

impl App {
    /// The person behind an operating-system user.
    ///
    /// A site that names no people yet belongs to whoever may open it.
    ///
    /// # Errors
    ///
    /// [`Refused`] for a user whom the settings do not name.
    pub fn actor(&self, login: &str) -> Result<Actor> {
        actor(&self.site(), login)
    }

    /// Carries out a command of a person who reads Chinese.
    pub async fn handle(&self, login: &str, command: &Command) -> Reply {
        self.handle_in(Lang::Zh, login, command).await
    }

    /// Carries out a command of a person and answers in their language.
    pub async fn handle_in(&self, lang: Lang, login: &str, command: &Command) -> Reply {
        // On the heap: it holds the state of every kind of command.
        language::answering_in(lang, Box::pin(self.reply(login, command))).await
    }

    async fn reply(&self, login: &str, command: &Command) -> Reply {
        let done = match self.actor(login) {
            Ok(actor) => self.execute(&actor, command).await,
            Err(error) => Err(error),
        };
        reply_of(done)
    }

    async fn execute(&self, actor: &Actor, command: &Command) -> Result<(String, Value)> {
        let rules = command.rules();
        may_give(actor, &rules)?;
        is_fit(command)?;
        needs_reason(&rules)?;
        restore::look_at(self, &rules)?;
        clock::look_at(self, &rules)?;
        let command = numbers::with_its_order(self, command).await?;
        authority::look_at(self, actor, &command.rules()).await?;
        let done = command.execute(self, actor).await;
        // What cannot be noted now is at the next look of the loop.
        drop(clock::pass_over(self).await);
        done
    }
}

/// The person behind an operating-system user of a site.
fn actor(site: &Site, login: &str) -> Result<Actor> {
    let people = &site.config.people;
    match site.config.person_of(login) {
        Some(Person { name, roles, .. }) => {
            Ok(Actor { name: name.clone(), roles: roles.clone() })
        }
        None if people.is_empty() => {
            let roles = vec!["administrator".to_owned()];
            Ok(Actor { name: login.to_owned(), roles })
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

/// The reply to a command.
fn reply_of(done: Result<(String, Value)>) -> Reply {
    match done {
        Ok((text, data)) => Reply { exit: 0, text, data },
        Err(error) => {
            let of_approval = error.downcast_ref::<ApprovalRefused>();
            let not_now =
                error.downcast_ref::<NotNow>().map(|downcast_ref| downcast_ref.code);
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
fn is_fit(command: &Command) -> Result<()> {
    if let Some(place) = nul::place(command) {
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

fn needs_reason(rules: &Rules<'_>) -> Result<()> {
    if rules.reason.is_some_and(|reason| reason.trim().is_empty()) {
        bail!(say(
            "请用 --reason 写明理由:它会记入日志",
            "say why with --reason: it goes into the journal",
        ));
    }
    Ok(())
}

/// Refuses whoever has none of the roles that a command needs.
fn may_give(actor: &Actor, rules: &Rules<'_>) -> Result<()> {
    let Some(roles) = rules.roles.filter(|roles| !actor.may(roles)) else {
        return Ok(());
    };
    let name = &actor.name;
    let needs = roles.iter().map(|role| role.as_str());
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

#[cfg(test)]
mod tests;
