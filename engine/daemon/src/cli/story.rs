//! What happened to a case (经过), oldest first, as whoever reads it says it.

use anyhow::Result;
use commands::entries::{bare_title, form_named};
use domain::ids::CaseId;
use domain::journal::{
    ByHand, Decided, Entered, Entry, FormByHand, HandOver, HandlerCall, HoldCarried,
    HoldMove, Imported, Kind, MovedBy, Opened, OrderMoved, Reopened, Withdrawn,
    WorkEnded,
};
use domain::manifest::{ArgKind, Channel, Subject};
use domain::money::Fen;
use domain::say::{Lang, Say};
use plugins_on::words::{self, EVENTS};
use runtime::clock::Clock;
use runtime::words::{
    CALLS, DECISIONS, DUTIES, ENTRIES, GRADES, HOLDS, STATES, TASKS, VERBS, VISITS, Words,
};
use serde_json::{Map, Value, json};
use store::Conn;
use store::views::timeline::{self, TimelineEntry, TimelineFilter, Told};

use crate::cli::amounts::readable;
use crate::cli::columns::noted;
use crate::cli::plain::one_line;

/// Entries of a story that are read in one go.
const AT_A_TIME: i64 = 1_000;

/// Everything on record of a case: by day, and within a day in the order in which it was
/// written down, so that no effect stands before its cause.
pub(super) async fn of_case(
    conn: &mut Conn,
    clock: &Clock,
    case: CaseId,
    lang: Lang,
) -> Result<Vec<Value>> {
    let filter = TimelineFilter::whole(case, clock.zone().clone());
    let mut told = Vec::new();
    let mut last: Option<TimelineEntry> = None;
    loop {
        let found = timeline::list(conn, &filter, last.as_ref(), AT_A_TIME).await?;
        told.extend(found.iter().filter_map(|entry| line(entry, clock, lang)));
        match found.into_iter().last() {
            Some(entry) => last = Some(entry),
            None => return Ok(told),
        }
    }
}

/// What an entry says; `None` for what others of the story tell.
fn line(entry: &TimelineEntry, clock: &Clock, lang: Lang) -> Option<Value> {
    // Of the others the day is known alone.
    let at = match &entry.what {
        Told::Line { at, .. } => clock.civil(*at).to_string(),
        _ => entry.day.to_string(),
    };
    let text = one_line(&format!("{at}  {}", text(entry, lang)?));
    Some(json!({ "at": at, "text": text }))
}

fn text(entry: &TimelineEntry, lang: Lang) -> Option<String> {
    Some(match &entry.what {
        Told::Money { kind, amount, is_inferred } => {
            let kind = kind.as_str();
            money(kind, *amount, entry.number, *is_inferred, lang)
        }
        Told::Event { kind } => {
            let word = if lang == Lang::Zh { "事件" } else { "event" };
            format!("{word} {}", EVENTS.shown(kind, lang))
        }
        Told::Promise { amount, due_on, grade } => {
            let grade = GRADES.shown(grade.as_str(), lang);
            match lang {
                Lang::Zh => format!("承诺 {amount} 元,{due_on} 前:{grade}"),
                Lang::En => format!("promise of {amount} yuan by {due_on}: {grade}"),
            }
        }
        Told::Contact { channel, outcome } => {
            let way = VERBS.shown(channel.as_str(), lang);
            let outcome = outcomes(*channel, outcome).shown(outcome, lang);
            match lang {
                Lang::Zh => format!("联络 {way}:{outcome}"),
                Lang::En => format!("contact {way}: {outcome}"),
            }
        }
        Told::Line { entry: Ok(entry), .. } => return journal_text(entry, lang),
        Told::Line { entry: Err(error), .. } => lang.half(&error.to_string()),
    })
}

fn money(kind: &str, amount: Fen, number: i64, is_inferred: bool, lang: Lang) -> String {
    match (lang, ENTRIES.said(kind)) {
        (Lang::En, _) => {
            let inferred = if is_inferred { ", inferred from a list" } else { "" };
            format!("ledger {kind} {amount} yuan (entry {number}){inferred}")
        }
        (Lang::Zh, said) => {
            let said = said.unwrap_or_default();
            let inferred = if is_inferred { "(按清单余额推定)" } else { "" };
            format!("账 {kind} {amount} 元(账目 {number}) {said}{inferred}")
        }
    }
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
            format!("进入 {workflow} / {stage}({})", words::by(by, lang)),
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
            // Whoever takes work need not say why.
            if reason.is_empty() {
                return say(format!("{by} 登记 {what}"), format!("{by} entered {what}"));
            }
            say(
                format!("{by} 登记 {what}:{reason}"),
                format!("{by} entered {what}: {reason}"),
            )
        }
        Entry::HoldCarried(it) => Some(carried(it, lang)),
        Entry::WorkEnded(ended) => work_ended(ended, lang),
        Entry::Imported(Imported { by, file, changed, .. }) => say(
            format!("{by} 导入 {file}:更改 {}", changed.join("、")),
            format!("{by} imported {file}: changed {}", changed.join(", ")),
        ),
        Entry::Reopened(Reopened { workflow, stage, by, reason }) => say(
            format!("恢复 {workflow} / {stage}({}:{reason})", words::by(by, lang)),
            format!("reopened {workflow} / {stage} ({by}: {reason})"),
        ),
        Entry::Withdrawn(Withdrawn { workflow, stage, by, reason }) => say(
            format!("退出 {workflow} / {stage}({}:{reason})", words::by(by, lang)),
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
    let Say { zh, en } = bare_title(form);
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
            (_, Value::Array(words)) if words.is_empty() => return None,
            (_, Value::Array(words)) => {
                let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
                words.join(if lang == Lang::Zh { "、" } else { ", " })
            }
            (_, other) => other.to_string(),
        };
        Some(match lang {
            Lang::Zh => format!("{} {text}", field.title.zh),
            Lang::En => format!("{} {text}", field.name.replace('_', " ")),
        })
    });
    let filled: Vec<String> = filled.collect();
    let about = match (lang, form.subject, it.order) {
        (Lang::Zh, _, None) => {
            it.matter.map_or_else(|| title.to_owned(), |it| format!("{title}(事项 {it})"))
        }
        (Lang::En, _, None) => it
            .matter
            .map_or_else(|| title.to_owned(), |it| format!("{title} (matter {it})")),
        (Lang::Zh, Subject::Matter, Some(order)) => format!("{title}(事项 {order})"),
        (Lang::Zh, _, Some(order)) => format!("{title}(指令 {order})"),
        (Lang::En, Subject::Matter, Some(order)) => format!("{title} (matter {order})"),
        (Lang::En, _, Some(order)) => format!("{title} (order {order})"),
    };
    let parts: Vec<String> = std::iter::once(about).chain(filled).collect();
    parts.join(if lang == Lang::Zh { "," } else { ", " })
}

/// A hold of the person that was entered on another loan.
fn carried(it: &HoldCarried, lang: Lang) -> String {
    let (hold, loan) = (HOLDS.shown(it.hold.as_str(), lang), &it.entered_on);
    // Whoever entered a report stands on the loan on which they did.
    let by = if it.by == "hand" { String::new() } else { words::by(&it.by, lang) };
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
    let more = in_brackets(&[&noted(&it.note, lang), &words::by(it.by(), lang)]);
    let word = if lang == Lang::Zh { "指令" } else { "order" };
    let duties = duties(it, lang);
    format!("{word} {} {verb} {status}{more}{duties}", it.order)
}

/// What whoever carries out an order that left has to keep to.
fn duties(it: &OrderMoved, lang: Lang) -> String {
    let MovedBy::HandOver(HandOver { review: Some(review), .. }) = &it.by else {
        return String::new();
    };
    let duties: Vec<&str> = review
        .obligations
        .iter()
        .map(|obligation| DUTIES.plain(obligation, lang))
        .collect();
    match lang {
        _ if !it.status.may_have_left() || duties.is_empty() => String::new(),
        Lang::Zh => format!(",须:{}", duties.join("、")),
        Lang::En => format!("; to keep to: {}", duties.join(", ")),
    }
}

fn decided(it: &Decided, kind: Kind, lang: Lang) -> String {
    let Decided { order, by, reason, verb, terms } = it;
    let verb = VERBS.shown(verb, lang);
    let claim = terms.as_ref().map(|term| signed_claim(term, lang)).unwrap_or_default();
    let more = in_brackets(&[reason, &claim]);
    let decided = EVENTS.shown(kind.as_str(), lang);
    match lang {
        Lang::Zh => format!("{by} {decided}指令 {order} {verb}{more}"),
        Lang::En => format!("{by} {decided} order {order} {verb}{more}"),
    }
}

/// The sum that was signed with an order.
fn signed_claim(terms: &Map<String, Value>, lang: Lang) -> String {
    let total =
        terms.get("claim").and_then(|claim| claim.get("total")).and_then(Value::as_i64);
    let Some(total) = total.map(Fen) else { return String::new() };
    match lang {
        Lang::Zh => format!("诉请 {total} 元"),
        Lang::En => format!("claim {total} yuan"),
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
    let said: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
    if said.is_empty() { String::new() } else { format!("({})", said.join(" · ")) }
}

/// Work that was taken back, with the order or else the task that it was.
fn work_ended(ended: &WorkEnded, lang: Lang) -> Option<String> {
    let WorkEnded { order, task, verb, why } = ended;
    let why = noted(why, lang);
    let (zh, en) = match (order, task) {
        (Some(order), _) => {
            let verb = VERBS.shown(verb, lang);
            (format!("指令 {order} {verb}"), format!("order {order} {verb}"))
        }
        (None, Some(task)) => {
            let kind = TASKS.shown(verb, lang);
            (format!("{task} {kind}"), format!("task {task} {kind}"))
        }
        (None, None) => return None,
    };
    Some(match lang {
        Lang::Zh => format!("待办收回:{zh}({why})"),
        Lang::En => format!("taken back: {en} ({why})"),
    })
}
