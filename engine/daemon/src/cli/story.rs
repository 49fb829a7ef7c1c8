//! What happened to a case (经过), oldest first, as whoever reads it says it.

use anyhow::Result;
use domain::ids::CaseId;
use domain::journal::{
    ByHand, Decided, Entered, Entry, FormByHand, HandlerCall, HoldCarried, HoldMove,
    Imported, Kind, Opened, OrderMoved, Reopened, Withdrawn, WorkEnded,
};
use domain::manifest::{ArgKind, Channel};
use domain::money::Fen;
use jiff::civil::Date;
use script::finding::Lang;
use serde_json::{Value, json};
use store::{Conn, contacts, events, journal, ledger, promises};

use crate::cli::amounts::readable;
use crate::cli::columns::noted;
use crate::cli::plain::one_line;
use crate::clock::Clock;
use crate::office::entries::{bare_title, form_named};
use crate::words::{
    BY, CALLS, DECISIONS, ENTRIES, EVENTS, GRADES, HOLDS, STATES, VERBS, VISITS, Words,
};

/// One thing on record: the day it is told of, its number (the store numbers whatever it
/// writes by one counter), when, and the words.
struct TimelineEntry {
    day: String,
    number: i64,
    at: String,
    text: String,
}

/// Something of which the day is known alone.
fn of_day(day: Date, number: i64, text: String) -> TimelineEntry {
    TimelineEntry { day: day.to_string(), number, at: day.to_string(), text }
}

/// Everything on record of a case: by day, and within a day in the order in which it was
/// written down, so that no effect stands before its cause.
pub(super) async fn of_case(
    conn: &mut Conn,
    clock: &Clock,
    case: CaseId,
    lang: Lang,
) -> Result<Vec<Value>> {
    let mut entries = facts(conn, case, lang).await?;
    for line in journal::page(conn, 0, i64::MAX, Some(case)).await? {
        let text = match line.entry() {
            Ok(entry) => journal_text(&entry, lang),
            Err(error) => Some(lang.half(&error.to_string())),
        };
        if let Some(text) = text {
            let at = clock.civil(line.at);
            let (day, at) = (at.date().to_string(), at.to_string());
            entries.push(TimelineEntry { day, number: line.id, at, text });
        }
    }
    entries.sort_by(|one, next| (&one.day, one.number).cmp(&(&next.day, next.number)));
    let line = |entry: TimelineEntry| {
        let text = one_line(&format!("{}  {}", entry.at, entry.text));
        json!({ "at": entry.at, "text": text })
    };
    Ok(entries.into_iter().map(line).collect())
}

/// Money, events, promises and contacts, each with its day.
async fn facts(conn: &mut Conn, case: CaseId, lang: Lang) -> Result<Vec<TimelineEntry>> {
    let mut told = Vec::new();
    for it in ledger::of_case(conn, case).await? {
        let kind = it.kind.as_str();
        // Nobody has told of it: a later list owed less.
        let inferred = it.inferred != 0;
        let text = match (lang, ENTRIES.said(kind)) {
            (Lang::En, _) => {
                let inferred = if inferred { ", inferred from a list" } else { "" };
                format!("ledger {kind} {} yuan (entry {}){inferred}", it.amount, it.id)
            }
            (Lang::Zh, said) => {
                let said = said.unwrap_or_default();
                let inferred = if inferred { "(按清单余额推定)" } else { "" };
                format!("账 {kind} {} 元(账目 {}) {said}{inferred}", it.amount, it.id)
            }
        };
        told.push(of_day(it.booked_on, it.id.0, text));
    }
    for it in events::of_case(conn, case).await? {
        // The journal says who decided, and why.
        let is_decision = ["approved", "rejected"].contains(&it.kind.as_str());
        if it.source != "ledger" && !is_decision {
            let word = if lang == Lang::Zh { "事件" } else { "event" };
            let text = format!("{word} {}", EVENTS.shown(&it.kind, lang));
            told.push(of_day(it.happened_on, it.id.0, text));
        }
    }
    for it in promises::of_case(conn, case).await? {
        let grade = GRADES.shown(it.grade.as_str(), lang);
        let text = match lang {
            Lang::Zh => format!("承诺 {} 元,{} 前:{grade}", it.amount, it.due_on),
            Lang::En => {
                format!("promise of {} yuan by {}: {grade}", it.amount, it.due_on)
            }
        };
        told.push(of_day(it.made_on, it.id, text));
    }
    for it in contacts::of_case(conn, case).await? {
        let channel = VERBS.shown(it.channel.as_str(), lang);
        let outcome = outcomes(it.channel, &it.outcome).shown(&it.outcome, lang);
        let text = match lang {
            Lang::Zh => format!("联络 {channel}:{outcome}"),
            Lang::En => format!("contact {channel}: {outcome}"),
        };
        told.push(of_day(it.attempted_on, it.id, text));
    }
    Ok(told)
}

/// The list that the outcome of a contact is a word of.
fn outcomes(channel: Channel, outcome: &str) -> Words {
    let own = match channel {
        Channel::Phone => CALLS,
        Channel::Visit => VISITS,
        _ => STATES,
    };
    if own.said(outcome).is_some() { own } else { STATES }
}

/// What a line of the journal says to whoever reads the case; `None` for what other
/// lines of the story tell.
fn journal_text(entry: &Entry, lang: Lang) -> Option<String> {
    let say = |zh: String, en: String| Some(if lang == Lang::Zh { zh } else { en });
    match entry {
        Entry::Opened(Opened { workflow, stage, by, .. }) => say(
            format!("进入 {workflow} / {stage}({})", BY.by(by, lang)),
            format!("enters {workflow} / {stage} ({by})"),
        ),
        Entry::Stepped(it) => Some(format!("{} {}", it.workflow, steps(&it.path, lang))),
        Entry::OrderMoved(it) => Some(moved(it, lang)),
        Entry::Approved(it) | Entry::Rejected(it) => {
            Some(decided(it, entry.kind(), lang))
        }
        Entry::ByHand(ByHand { by, reason, what }) => {
            let what = match what {
                Entered::Form(it) => form(it, lang),
                other => readable(&other.as_record(), lang),
            };
            say(
                format!("{by} 登记 {what}:{reason}"),
                format!("{by} entered {what}: {reason}"),
            )
        }
        Entry::HoldCarried(it) => Some(carried(it, lang)),
        Entry::WorkEnded(WorkEnded { order, verb, why }) => {
            let (verb, why) = (VERBS.shown(verb, lang), noted(why, lang));
            say(
                format!("待办收回:指令 {order} {verb}({why})"),
                format!("taken back: order {order} {verb} ({why})"),
            )
        }
        Entry::Imported(Imported { by, file, changed, .. }) => say(
            format!("{by} 导入 {file}:更改 {}", changed.join("、")),
            format!("{by} imported {file}: changed {}", changed.join(", ")),
        ),
        Entry::Reopened(Reopened { workflow, stage, by, reason }) => say(
            format!("恢复 {workflow} / {stage}({}:{reason})", BY.by(by, lang)),
            format!("reopened {workflow} / {stage} ({by}: {reason})"),
        ),
        Entry::Withdrawn(Withdrawn { workflow, stage, by, reason }) => say(
            format!("退出 {workflow} / {stage}({}:{reason})", BY.by(by, lang)),
            format!("left {workflow} / {stage} ({by}: {reason})"),
        ),
        Entry::Parked(it) => {
            let error = lang.half(&it.error);
            say(format!("挂起:{error}"), format!("parked: {error}"))
        }
        _ => None,
    }
}

/// What was entered by a form of a plugin, by the words of the form.
fn form(it: &FormByHand, lang: Lang) -> String {
    let Some((_, form)) = form_named(&it.plugin, &it.form) else {
        return readable(&json!(it.filled), lang);
    };
    let [zh, en] = bare_title(form);
    let title = if lang == Lang::Zh { zh } else { en };
    let filled = form.fields.iter().filter_map(|field| {
        let value = it.filled.get(field.name)?;
        let text = match (field.kind, value) {
            (ArgKind::Fen, Value::Number(fen)) => {
                let fen = Fen(fen.as_i64().unwrap_or_default());
                if lang == Lang::Zh {
                    format!("{fen} 元")
                } else {
                    format!("{fen} yuan")
                }
            }
            (_, Value::String(word)) => match (lang, field.said_for(word)) {
                (Lang::Zh, Some(said)) => said.to_owned(),
                _ => word.clone(),
            },
            (_, other) => other.to_string(),
        };
        Some(match lang {
            Lang::Zh => format!("{} {text}", field.title.zh),
            Lang::En => format!("{} {text}", field.name.replace('_', " ")),
        })
    });
    let filled: Vec<String> = filled.collect();
    match (it.order, lang) {
        (Some(order), Lang::Zh) => {
            format!("{title}(事项 {order}),{}", filled.join(","))
        }
        (Some(order), Lang::En) => {
            format!("{title} (matter {order}), {}", filled.join(", "))
        }
        (None, Lang::Zh) => format!("{title},{}", filled.join(",")),
        (None, Lang::En) => format!("{title}, {}", filled.join(", ")),
    }
}

/// A hold of the person that was entered on another loan.
fn carried(it: &HoldCarried, lang: Lang) -> String {
    let (hold, loan) = (HOLDS.shown(it.hold.as_str(), lang), &it.entered_on);
    // Whoever entered a report stands on the loan on which they did.
    let by = if it.by == "hand" { String::new() } else { BY.by(&it.by, lang) };
    let by = in_brackets(&[&by]);
    match (it.moved, lang) {
        (HoldMove::Placed, Lang::Zh) => format!("随 {loan} 暂停 {hold}{by}"),
        (HoldMove::Lifted, Lang::Zh) => format!("随 {loan} 恢复 {hold}{by}"),
        (HoldMove::Placed, Lang::En) => format!("on hold with {loan}: {hold}{by}"),
        (HoldMove::Lifted, Lang::En) => format!("lifted with {loan}: {hold}{by}"),
    }
}

fn moved(it: &OrderMoved, lang: Lang) -> String {
    let verb = VERBS.shown(it.verb(), lang);
    let status = STATES.shown(it.status.as_str(), lang);
    let more = in_brackets(&[&noted(&it.note, lang), &BY.by(it.by(), lang)]);
    let word = if lang == Lang::Zh { "指令" } else { "order" };
    format!("{word} {} {verb} {status}{more}", it.order)
}

fn decided(it: &Decided, kind: Kind, lang: Lang) -> String {
    let Decided { order, by, reason, verb } = it;
    let verb = VERBS.shown(verb, lang);
    let more = in_brackets(&[reason]);
    let decided = EVENTS.shown(kind.as_str(), lang);
    match lang {
        Lang::Zh => format!("{by} {decided}指令 {order} {verb}{more}"),
        Lang::En => format!("{by} {decided} order {order} {verb}{more}"),
    }
}

/// `first_message·enter → wait;…`
fn steps(path: &[HandlerCall], lang: Lang) -> String {
    let step = |it: &HandlerCall| {
        let decided = DECISIONS.plain(it.decision.as_str(), lang);
        format!("{}·{} → {decided}", it.stage, EVENTS.plain(&it.on, lang))
    };
    let steps: Vec<String> = path.iter().map(step).collect();
    steps.join(if lang == Lang::Zh { ";" } else { "; " })
}

/// What is said of a thing, without what is not said.
fn in_brackets(words: &[&str]) -> String {
    let said: Vec<&str> = words.iter().copied().filter(|it| !it.is_empty()).collect();
    if said.is_empty() { String::new() } else { format!("({})", said.join(" · ")) }
}
