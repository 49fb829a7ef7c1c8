//! The people of a case on the command line (当事人), and whom lists show.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};
use commands::named::case_named;
use commands::{PeopleList, Point};
use domain::ids::{CaseId, PartyId};
use domain::phone;
use domain::point::PointKind;
use domain::say::Lang;
use import::{self, Options, PeopleRead};
use plugins_on::words::EVENTS;
use runtime::clock::Clock;
use runtime::words::{GUARANTEES, PARTIES, POINT_STATES};
use serde_json::{Value, json};
use site::is_own;
use store::views::people::{self, Face, Somebody};
use store::{Conn, points};

use crate::cli::Exit;
use crate::cli::args::{Output, Person, PersonWhat, PointArgs};
use crate::cli::context::Context;
use crate::cli::output::{self, Printer};

pub(crate) async fn person(context: &Context, args: Person) -> Result<Exit> {
    match args.what {
        PersonWhat::Ls { case } => list(context, &case).await,
        PersonWhat::Import { file, map, sheet, reason } => {
            by_list(context, &file, (&map, sheet), reason).await
        }
        PersonWhat::Add(add) => context.order(add).await,
        PersonWhat::Correct(correct) => context.order(correct).await,
        PersonWhat::Remove(remove) => context.order(remove).await,
        PersonWhat::Phone(it) => context.order(point(PointKind::Phone, it, None)).await,
        PersonWhat::Address { point: it, village } => {
            context.order(point(PointKind::Address, it, village)).await
        }
        PersonWhat::Wechat(it) => context.order(point(PointKind::Wechat, it, None)).await,
        PersonWhat::Reveal(reveal) => context.order(reveal).await,
    }
}

/// Enters people by a list, which is read with the rights of whoever asks.
async fn by_list(
    context: &Context,
    file: &Path,
    (map, sheet): (&[String], Option<String>),
    reason: String,
) -> Result<Exit> {
    // Whose list it is is looked at first of all.
    context.site()?;
    let lang = context.lang;
    let map = map.iter().map(|it| it.parse().map_err(anyhow::Error::msg));
    let options =
        Options { map: map.collect::<Result<_>>()?, sheet, lang, ..Options::default() };
    let read = match import::people_list(file, &options) {
        Ok(read) => read,
        Err(fault) => {
            output::complain(&fault.text(lang));
            return Ok(Exit::Failed);
        }
    };
    if import::MOST_LINES < read.lines.len() {
        bail!(
            context
                .text(
                    "一次最多登记 5000 行,请拆开清单,未登记任何内容",
                    "a list has at most 5000 lines: part it; nothing was entered",
                )
                .to_owned()
        );
    }
    let mut left_out = BTreeMap::new();
    for (line, fault) in &read.faults {
        let why = fault.text(lang);
        let told = context
            .text(&format!("第 {line} 行:{why}"), &format!("line {line}: {why}"))
            .to_owned();
        output::complain(&told);
        left_out.insert(*line, why);
    }
    let command = PeopleList { lines: read.lines.clone(), reason };
    let mut reply = context.ask(&command.into()).await?;
    for one in reply.data["rejected"].as_array().into_iter().flatten() {
        if let (Some(line), Some(why)) = (one["line"].as_u64(), one["why"].as_str()) {
            left_out.insert(line, why.to_owned());
        }
    }
    if let Some(told) = set_aside(context, (&read, file), options, &left_out)? {
        reply.text += "\n  ";
        reply.text += &told.0;
        if reply.data.is_object() {
            reply.data["rejects_file"] = json!(told.1);
        }
    }
    context.print(&reply)?;
    Ok(Exit::of_reply(reply.exit))
}

/// Writes the lines that were left out into a file to be mended, and says where: in the
/// site, or beside the list where whoever asks may not write into the site.
fn set_aside(
    context: &Context,
    (read, list): (&PeopleRead, &Path),
    options: Options,
    why: &BTreeMap<u64, String>,
) -> Result<Option<(String, String)>> {
    if why.is_empty() {
        return Ok(None);
    }
    let site = context.site()?;
    let own = is_own(&site.dir).is_ok();
    let beside = list.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder =
        if own { site.rejects() } else { beside.unwrap_or(Path::new(".")).into() };
    let options = Options { rejects_dir: folder, ..options };
    Ok(match read.set_aside(list, &options, why) {
        Ok(Some(path)) => {
            let path = path.display().to_string();
            let told = context.text("退回的行:", "lines left out: ");
            let next =
                context.text(";改好后再导入这个文件", "; mend that file and import it");
            Some((format!("{told}{path}{next}"), path))
        }
        Ok(None) => None,
        Err(fault) => {
            output::complain(&fault.text(options.lang));
            None
        }
    })
}

fn point(kind: PointKind, args: PointArgs, village: Option<String>) -> Point {
    let PointArgs { case, value, person, state, on, given_by, hours, reason } = args;
    Point { case, kind, person, value, state, on, given_by, hours, village, reason }
}

async fn list(context: &Context, case: &str) -> Result<Exit> {
    let (site, store) = context.store().await?;
    let clock = Clock::machine(&site.config.zone)?;
    let mut conn = store.read().await?;
    let id = case_named(conn.conn(), case).await?;
    let faces = faces(conn.conn(), &clock, &[id]).await?;
    let others = other_numbers(conn.conn(), faces.get(&id), context.lang).await?;
    let columns = [
        "person",
        "role",
        "name",
        "phone",
        "phone_state",
        "other_phones",
        "best_hours",
        "address",
        "moved",
        "wechat_since",
        "guarantee",
        "deceased_on",
    ];
    let mut printer = Printer::new(&columns, context.output, context.lang);
    for person in faces.get(&id).into_iter().flat_map(|face| &face.people) {
        printer.push(vec![
            json!(person.id),
            json!(person.role),
            json!(person.name),
            json!(person.phone),
            json!(phone_state(person)),
            json!(others.get(&person.id)),
            json!(person.best_hours),
            json!(person.address),
            json!(person.has_moved),
            json!(person.wechat_since),
            json!(person.guarantee),
            json!(person.deceased_on),
        ])?;
    }
    printer.end(false)?;
    Ok(Exit::Ok)
}

/// The numbers on record of each person beside the one in use, masked, with their state.
async fn other_numbers(
    conn: &mut Conn,
    face: Option<&Face>,
    lang: Lang,
) -> Result<BTreeMap<PartyId, String>> {
    let people = face.map_or(&[][..], |face| &face.people);
    let ids: Vec<PartyId> = people.iter().map(|person| person.id).collect();
    let mut others: BTreeMap<PartyId, Vec<String>> = BTreeMap::new();
    for point in points::of_people(conn, &ids).await? {
        let used = people.iter().find(|person| person.id == point.party);
        let used = used.and_then(|used| used.phone.as_deref());
        let shown = phone::masked(&point.value);
        if point.kind == PointKind::Phone && used != Some(shown.as_str()) {
            let state = POINT_STATES.plain(point.state.as_str(), lang);
            others.entry(point.party).or_default().push(format!("{shown} {state}"));
        }
    }
    Ok(others.into_iter().map(|(id, list)| (id, list.join("; "))).collect())
}

/// How the number in use of somebody stands, where anything is known of it.
fn phone_state(person: &Somebody) -> Option<&'static str> {
    match person.phone_out_of_use {
        Some(state) => Some(state.as_str()),
        None => person.phone_is_confirmed.then_some("confirmed"),
    }
}

/// The columns of a list that say whom a case is about; [`cells`] fills them.
pub(crate) const COLUMNS: [&str; 9] = [
    "name",
    "phone",
    "address",
    "obligors",
    "product",
    "contract_no",
    "next_due_on",
    "next_due_amount",
    "last_words",
];

/// What a list shows of whom a case is about, as [`COLUMNS`] has it.
pub(crate) fn cells(face: Option<&Face>, lang: Lang) -> [Value; 9] {
    let debtor = face.and_then(Face::debtor);
    [
        json!(debtor.map(|person| &person.name)),
        json!(debtor.and_then(|person| phone_of(person, lang))),
        json!(debtor.and_then(|person| address_of(person, lang))),
        json!(face.map(|face| obligors(face, lang))),
        json!(face.and_then(|face| face.product.as_ref())),
        json!(face.and_then(|face| face.contract_no.as_ref())),
        json!(face.and_then(|face| face.next_due).map(|next_due| next_due.0)),
        json!(face.and_then(|face| face.next_due).map(|next_due| next_due.1.to_string())),
        json!(face.and_then(|face| last_words(face, lang))),
    ]
}

/// The same in the columns of a table, which has to fit a screen.
const ON_SCREEN: [&str; 4] = ["whom", "obligors", "loan", "last_words"];

/// The columns that say whom a case is about, in the form that is printed.
pub(crate) fn columns(output: Output) -> &'static [&'static str] {
    if output == Output::Table { &ON_SCREEN } else { &COLUMNS }
}

/// What stands in [`columns`].
pub(crate) fn row(face: Option<&Face>, output: Output, lang: Lang) -> Vec<Value> {
    if output != Output::Table {
        return cells(face, lang).to_vec();
    }
    let Some(face) = face else { return vec![Value::Null; ON_SCREEN.len()] };
    let debtor = face.debtor();
    let whom = [
        debtor.map(|person| person.name.clone()),
        debtor.and_then(|person| phone_of(person, lang)),
        debtor.and_then(|person| address_of(person, lang)),
    ];
    let next = face.next_due.map(|(on, amount)| match lang {
        Lang::Zh => format!("下期 {on} 应还 {amount}"),
        Lang::En => format!("next {on} {amount}"),
    });
    let loan = [face.product.clone(), face.contract_no.clone(), next];
    vec![
        json!(whom.into_iter().flatten().collect::<Vec<_>>().join(" ")),
        json!(obligors(face, lang)),
        json!(loan.into_iter().flatten().collect::<Vec<_>>().join(" ")),
        json!(last_words(face, lang)),
    ]
}

/// One such cell of a list of a plugin, by the name of its column.
pub(crate) fn cell(face: Option<&Face>, column: &str, lang: Lang) -> Option<Value> {
    let place = COLUMNS.iter().position(|it| *it == column)?;
    cells(face, lang).into_iter().nth(place)
}

/// The masked number, with its state where it is out of use and the best hours.
fn phone_of(person: &Somebody, lang: Lang) -> Option<String> {
    let number = person.phone.as_deref()?;
    let state = person
        .phone_out_of_use
        .map(|state| POINT_STATES.plain(state.as_str(), lang).to_owned());
    let more = state.or_else(|| person.best_hours.clone());
    Some(match more {
        Some(more) => format!("{number} {more}"),
        None => number.to_owned(),
    })
}

/// Village and road; that somebody lives there no more is said.
fn address_of(person: &Somebody, lang: Lang) -> Option<String> {
    let address = person.address.as_deref()?;
    let moved = if lang == Lang::Zh { "(已搬走)" } else { " (moved)" };
    Some(if person.has_moved { format!("{address}{moved}") } else { address.to_owned() })
}

/// Whoever else answers for the debt: role, name, masked number.
fn obligors(face: &Face, lang: Lang) -> String {
    let one = |person: &Somebody| {
        let role = PARTIES.plain(person.role.as_str(), lang);
        let number = phone_of(person, lang).unwrap_or_default();
        format!("{role} {} {number}", person.name).trim_end().to_owned()
    };
    let all: Vec<String> = face.obligors().map(one).collect();
    all.join(if lang == Lang::Zh { ";" } else { "; " })
}

/// What was noted last, with its day and of what.
fn last_words(face: &Face, lang: Lang) -> Option<String> {
    let words = face.last_words.as_ref()?;
    let of = EVENTS.plain(&words.of, lang);
    Some(match lang {
        Lang::Zh => format!("{} {of}:{}", words.on, words.text),
        Lang::En => format!("{} {of}: {}", words.on, words.text),
    })
}

/// Whom a case is about, line by line, for its page.
pub(crate) fn lines(face: &Face, lang: Lang) -> Vec<String> {
    let zh = lang == Lang::Zh;
    let mut told = Vec::new();
    for person in &face.people {
        let role = PARTIES.plain(person.role.as_str(), lang);
        let mut parts = vec![format!("{role} {}", person.name).trim_end().to_owned()];
        parts.extend(person.guarantee.map(|kind| {
            let word = serde_json::to_value(kind).unwrap_or_default();
            GUARANTEES.plain(word.as_str().unwrap_or_default(), lang).to_owned()
        }));
        parts.extend(phone_of(person, lang));
        parts.extend(address_of(person, lang));
        parts.extend(person.wechat_since.map(|day| {
            if zh { format!("微信同意 {day}") } else { format!("WeChat since {day}") }
        }));
        parts.extend(person.deceased_on.map(|day| {
            if zh { format!("{day} 死亡") } else { format!("died on {day}") }
        }));
        told.push(parts.join("  "));
    }
    let loan = [face.product.as_deref(), face.contract_no.as_deref()];
    let loan: Vec<&str> = loan.into_iter().flatten().collect();
    if !loan.is_empty() {
        told.push(if zh {
            format!("产品与合同:{}", loan.join("  "))
        } else {
            format!("product and contract: {}", loan.join("  "))
        });
    }
    if let Some(words) = last_words(face, lang) {
        told.push(if zh {
            format!("最近记要:{words}")
        } else {
            format!("last words: {words}")
        });
    }
    told
}

/// Whom a case is about, for programs.
pub(crate) fn record(face: &Face) -> Value {
    let person = |person: &Somebody| {
        json!({
            "person": person.id, "role": person.role, "name": person.name,
            "phone": person.phone, "phone_state": phone_state(person),
            "best_hours": person.best_hours, "address": person.address,
            "moved": person.has_moved, "wechat_since": person.wechat_since,
            "guarantee": person.guarantee, "deceased_on": person.deceased_on,
        })
    };
    let people: Vec<Value> = face.people.iter().map(person).collect();
    let words = face
        .last_words
        .as_ref()
        .map(|words| json!({ "on": words.on, "of": words.of, "text": words.text }));
    json!({
        "people": people, "product": face.product, "contract_no": face.contract_no,
        "last_words": words,
    })
}

/// The faces of the cases of a page, in two statements.
pub(crate) async fn faces(
    conn: &mut Conn,
    clock: &Clock,
    cases: &[CaseId],
) -> Result<foldhash::HashMap<CaseId, Face>> {
    Ok(people::of_cases(conn, clock.now().today(), cases).await?)
}
