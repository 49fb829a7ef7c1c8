//! Filters of lists (筛选): words as people type them or as a table prints them, and
//! what nobody has is said: an empty list would pass for an answer.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use domain::manifest::Channel;
use domain::near::{nearest, perhaps};
use domain::status::OrderStatus;
use release::copies;
use runtime::words::{STATES, TASKS, VERBS, Words};
use script::program::Folder;
use site::Site;
use store::{Conn, case_book, releases, tasks};

use crate::cli::context::Context;

/// So many known names are told.
const TOLD: usize = 50;

/// What a filter is about, Chinese and English.
pub(crate) type Of = (&'static str, &'static str);

/// The word of the program for what was typed: itself, what staff say, or both as
/// a table or a message prints them. Of two that are said alike it is the one in the
/// list.
///
/// # Errors
///
/// None of the list is meant; the sentence names them.
pub(crate) fn word(
    context: &Context,
    of: Of,
    words: Words,
    typed: &str,
    known: &[&str],
) -> Result<String> {
    if let Some(found) = meant(words, typed, known) {
        return Ok(found.to_owned());
    }
    let said: Vec<(&str, &str)> = known
        .iter()
        .flat_map(|it| [(*it, *it), (words.said(it).unwrap_or(it), it)])
        .collect();
    let near = nearest(&plain(typed), said.iter().map(|it| it.0));
    let near = near.and_then(|near| said.iter().find(|it| it.0 == near).map(|it| it.1));
    let shown = |it: &str| words.shown(it, context.lang);
    let all = known.iter().map(|it| shown(it)).collect();
    refused(context, of, typed, near.map(shown).as_deref(), all)
}

fn meant<'a>(words: Words, typed: &str, known: &[&'a str]) -> Option<&'a str> {
    let typed = typed.trim();
    // `awaiting_approval(待审批)`, as messages have it.
    let head = typed.split(['(', '(']).next().unwrap_or(typed).trim();
    let by = |is: &dyn Fn(&str) -> bool| known.iter().copied().find(|it| is(it));
    by(&|it| it == plain(typed) || it == plain(head))
        .or_else(|| by(&|it| words.is(it, typed) || words.is(it, head)))
}

/// `Awaiting-Approval` as the program writes it.
fn plain(typed: &str) -> String {
    typed.trim().to_lowercase().replace(['-', ' '], "_")
}

/// The status of an order.
///
/// # Errors
///
/// There is no such status.
pub(crate) fn status(
    context: &Context,
    typed: &str,
    known: &[OrderStatus],
) -> Result<OrderStatus> {
    let known: Vec<&str> = known.iter().copied().map(OrderStatus::as_str).collect();
    Ok(word(context, ("状态", "status"), STATES, typed, &known)?.parse()?)
}

/// A channel, by its own word or as staff say it.
///
/// # Errors
///
/// There is no such channel.
pub(crate) fn channel(context: &Context, typed: &str) -> Result<Channel> {
    let known = Channel::ALL.map(Channel::as_str);
    let word = word(context, ("渠道", "channel"), VERBS, typed, &known)?;
    Channel::parse(&word)
        .map_or_else(|| unknown(context, ("渠道", "channel"), typed, known), Ok)
}

/// A name that is one of a list.
///
/// # Errors
///
/// It is none of them; the sentence names them.
pub(crate) fn name<'a>(
    context: &Context,
    of: Of,
    typed: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Result<String> {
    let known: Vec<&str> = known.into_iter().collect();
    let typed = typed.trim();
    match known.iter().find(|it| **it == typed) {
        Some(found) => Ok((*found).to_owned()),
        None => unknown(context, of, typed, known),
    }
}

fn unknown<'a, T>(
    context: &Context,
    of: Of,
    typed: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Result<T> {
    let known: Vec<&str> = known.into_iter().collect();
    let near = nearest(typed, known.iter().copied());
    let all = known.into_iter().map(str::to_owned).collect();
    refused(context, of, typed, near.as_deref(), all)
}

fn refused<T>(
    context: &Context,
    (zh, en): Of,
    typed: &str,
    near: Option<&str>,
    mut all: Vec<String>,
) -> Result<T> {
    if TOLD < all.len() {
        all.truncate(TOLD);
        all.push("…".to_owned());
    }
    let near = perhaps(near);
    let near = near.text(context.lang);
    if context.english() {
        let all = match all.len() {
            0 => "there are none yet".to_owned(),
            _ => format!("there are {}", all.join(", ")),
        };
        bail!("there is no {en} `{typed}`{near}\n  hint: {all}");
    }
    let all = match all.len() {
        0 => "现在一个也没有".to_owned(),
        _ => format!("现有 {}", all.join("、")),
    };
    bail!("没有{zh} `{typed}`{near}\n  提示:{all}")
}

/// A workflow that a release has or had, or, before the first release, that the
/// folder has.
///
/// # Errors
///
/// There is no such workflow.
pub(crate) async fn workflow(
    context: &Context,
    conn: &mut Conn,
    site: &Site,
    typed: &str,
) -> Result<String> {
    let mut known = releases::workflows(conn).await?;
    if known.is_empty()
        && let Ok((folder, _)) = Folder::read(&site.workflows())
    {
        let scripts = folder.files.iter().filter(|file| !file.0.ends_with("_test.lua"));
        let names = scripts.filter_map(|script| copies::declared(script.1));
        known = names.map(|name| name.0.to_owned()).collect();
    }
    name(context, ("流程", "workflow"), typed, known.iter().map(String::as_str))
}

/// A kind of task: one that the program knows, or that stands in the book.
///
/// # Errors
///
/// There is no such kind.
pub(crate) async fn task_kind(
    context: &Context,
    conn: &mut Conn,
    typed: &str,
) -> Result<String> {
    let own: Vec<&str> = TASKS.all().collect();
    if let Some(found) = meant(TASKS, typed, &own) {
        return Ok(found.to_owned());
    }
    // Scripts name kinds of their own.
    if tasks::has_kind(conn, typed.trim()).await? {
        return Ok(typed.trim().to_owned());
    }
    let of_book = tasks::open_kinds(conn).await?;
    let known: BTreeSet<&str> =
        own.into_iter().chain(of_book.iter().map(String::as_str)).collect();
    let known: Vec<&str> = known.into_iter().collect();
    word(context, ("待办类别", "kind of task"), TASKS, typed, &known)
}

/// A person of the site by name or login; whoever stands in the book is known too.
///
/// # Errors
///
/// Nobody is called so; the sentence names the people of the settings.
pub(crate) async fn person(
    context: &Context,
    conn: &mut Conn,
    site: &Site,
    typed: &str,
) -> Result<String> {
    let typed = typed.trim();
    let people = &site.config.people;
    if let Some(found) =
        people.iter().find(|person| person.name == typed || person.login == typed)
    {
        return Ok(found.name.clone());
    }
    if tasks::has_assignee(conn, typed).await?
        || case_book::has_value(conn, "collector", typed).await?
    {
        return Ok(typed.to_owned());
    }
    let mut known: Vec<String> =
        people.iter().map(|person| person.name.clone()).collect();
    if known.is_empty() {
        known = case_book::values(conn, "collector").await?;
    }
    unknown(context, ("人员", "person"), typed, known.iter().map(String::as_str))
}

/// A village that a case of the book has.
///
/// # Errors
///
/// No case has it; the sentence names those of the book.
pub(crate) async fn village(
    context: &Context,
    conn: &mut Conn,
    typed: &str,
) -> Result<String> {
    let typed = typed.trim();
    if case_book::has_value(conn, "village", typed).await? {
        return Ok(typed.to_owned());
    }
    let known = case_book::values(conn, "village").await?;
    unknown(context, ("村", "village"), typed, known.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_takes_what_a_table_prints_in_either_language() {
        let table = [
            (STATES, "awaiting_approval", Some("awaiting_approval")),
            (STATES, "awaiting-approval", Some("awaiting_approval")),
            (STATES, "Awaiting approval", Some("awaiting_approval")),
            (STATES, "待审批", Some("awaiting_approval")),
            (STATES, " 待审批 ", Some("awaiting_approval")),
            (STATES, "awaiting_approval(待审批)", Some("awaiting_approval")),
            (STATES, "送出中", Some("leased")),
            (STATES, "结果不明", Some("unknown")),
            (STATES, "unkown", None),
            // Of a run, not of an order.
            (STATES, "挂起", None),
            (STATES, "", None),
        ];
        let statuses = OrderStatus::ALL.map(OrderStatus::as_str);
        for (words, typed, found) in table {
            assert_eq!(meant(words, typed, &statuses), found, "{typed}");
        }
        for status in statuses {
            let said = STATES.said(status).unwrap();
            assert_eq!(meant(STATES, said, &statuses), Some(status), "{said}");
        }
        let channels = Channel::ALL.map(Channel::as_str);
        for (typed, found) in [("短信", "sms"), ("微信", "wechat_work"), ("SMS", "sms")]
        {
            assert_eq!(meant(VERBS, typed, &channels), Some(found), "{typed}");
        }
        let kinds: Vec<&str> = TASKS.all().collect();
        for kind in &kinds {
            let said = TASKS.said(kind).unwrap();
            assert_eq!(meant(TASKS, said, &kinds), Some(*kind), "{said}");
        }
    }
}
