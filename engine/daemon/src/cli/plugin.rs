//! Commands of plugins (插件命令): their lists of open work, what people enter by
//! their forms, and the proof of their books.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use commands::Enter;
use commands::named::case_named;
use domain::ids::OrderId;
use domain::manifest::{ArgKind, EntryField, Manifest};
use runtime::clock::Clock;
use runtime::words::Words;
use serde_json::{Map, Value, json};
use store::plugin::{OpenWork, WorkPlace, WorkWanted};
use store::verify::Fault;
use store::views::one_case;
use store::{Conn, case_book, open_work, plugin_tables};

use crate::cli::Exit;
use crate::cli::args::{OfPlugin, PluginWhat};
use crate::cli::context::Context;
use crate::cli::filters;
use crate::cli::money::yuan;
use crate::cli::output::Printer;
use crate::cli::people;

/// The column that says for which hold a row is suspended; its number is an order's.
const SUSPENDED: &str = "suspended_for";

/// Rows that are read at once.
const PORTION: i64 = 1_000;

pub(crate) async fn plugin(context: &Context, args: OfPlugin) -> Result<Exit> {
    let OfPlugin { plugin, what } = args;
    match what {
        PluginWhat::Ls { of, case, filters, limit } => {
            let mut given = Map::new();
            for (field, words) in filters {
                given.insert(field.name.to_owned(), filter(context, field, &words)?);
            }
            list(context, plugin, (of, case, &given), context.limit(limit)).await
        }
        PluginWhat::Enter { form, subject, typed, sure, reason } => {
            let mut values = Map::new();
            for (field, words) in typed {
                values.insert(field.name.to_owned(), value(context, field, &words)?);
            }
            let entry = Enter {
                plugin: plugin.name.to_owned(),
                form: form.name.to_owned(),
                subject,
                values,
                sure,
                reason,
            };
            context.order(entry).await
        }
    }
}

/// What was typed for a field, as the form takes it.
fn value(context: &Context, field: &EntryField, words: &[String]) -> Result<Value> {
    if field.many {
        return Ok(json!(words));
    }
    let typed = words.last().map(String::as_str).unwrap_or_default();
    match field.kind {
        ArgKind::Fen => Ok(json!(yuan(context, typed)?)),
        ArgKind::Choice(_) => Ok(json!(field.word_of(typed))),
        ArgKind::Count => Ok(json!(typed.parse::<i64>()?)),
        _ => Ok(json!(typed)),
    }
}

/// What was typed for a filter of a list; a word that the list has not is said.
fn filter(context: &Context, field: &EntryField, words: &[String]) -> Result<Value> {
    let (ArgKind::Choice(known), Some(typed)) = (field.kind, words.last()) else {
        return value(context, field, words);
    };
    let of = (field.title.zh, field.option_name());
    let said = Words::of_manifest(field.said);
    Ok(json!(filters::word(context, of, said, typed, known)?))
}

/// The open work of a plugin.
async fn list(
    context: &Context,
    manifest: &'static Manifest,
    (of, case, filters): (Option<String>, Option<String>, &Map<String, Value>),
    limit: i64,
) -> Result<Exit> {
    let (site, store) = context.store().await?;
    let work = manifest.work.context("这个插件没有列表 · this plugin has no list")?;
    // A list hangs on no setting.
    let plugins = plugins_on::all(&BTreeMap::new(), Path::new(""))?;
    let plugin = plugins.named(manifest.name).context("没有这个插件 · no such plugin")?;
    let clock = Clock::machine(&site.config.zone)?;
    let today = clock.now().today();
    let mut conn = store.read().await?;
    let conn = conn.conn();
    let of = match of {
        Some(typed) => Some(filters::person(context, conn, &site, &typed).await?),
        None => None,
    };
    let case = match case {
        Some(typed) => Some(case_named(conn, &typed).await?),
        None => None,
    };
    let columns: Vec<&'static str> =
        work.columns.iter().map(|column| column.name).collect();
    let mut printer = Printer::new(&columns, context.output, context.lang);
    let mut after: WorkPlace = (String::new(), 0);
    let mut left = limit;
    let is_cut = loop {
        // One more than is shown tells whether there are more.
        let wanted = left.saturating_add(1).min(PORTION);
        let of = of.as_deref();
        let page = WorkWanted { of, case, after: &after, limit: wanted, today, filters };
        let mut rows = plugin.open_work(&page, conn).await?;
        let found = i64::try_from(rows.len())?;
        let is_last = case.is_some() || found < wanted;
        let is_cut = left < found;
        rows.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        left -= found.min(left);
        if let Some(last) = rows.last() {
            after = last.place.clone();
        }
        let cases: Vec<_> = rows.iter().map(|row| row.case_id).collect();
        let numbers = case_book::case_nos(conn, &cases).await?;
        let orders: Vec<OrderId> = rows.iter().map(|row| OrderId(row.place.1)).collect();
        let suspended = if columns.contains(&SUSPENDED) {
            open_work::suspended(conn, &orders).await?
        } else {
            Vec::new()
        };
        show_whom(context, conn, (&columns, &clock), &mut rows).await?;
        for mut row in rows {
            let order = OrderId(row.place.1);
            if let Some(found) = suspended.iter().find(|it| it.0 == order) {
                row.cells.insert(SUSPENDED.to_owned(), json!(found.1));
            }
            row.cells.insert("case_id".to_owned(), json!(numbers.get(&row.case_id)));
            let cell = |name: &&str| match row.cells.remove(*name) {
                Some(Value::String(text)) => json!(context.half(&text)),
                other => other.unwrap_or_default(),
            };
            printer.push(columns.iter().map(cell).collect())?;
        }
        if is_last || is_cut {
            break is_cut;
        }
    };
    printer.end(is_cut)?;
    Ok(Exit::Ok)
}

/// Fills the columns of a page that say whom its cases are about, all in two statements.
async fn show_whom(
    context: &Context,
    conn: &mut Conn,
    (columns, clock): (&[&'static str], &Clock),
    rows: &mut [OpenWork],
) -> Result<()> {
    if !columns.iter().any(|column| people::COLUMNS.contains(column)) {
        return Ok(());
    }
    let cases: Vec<_> = rows.iter().map(|row| row.case_id).collect();
    let faces = people::faces(conn, clock, &cases).await?;
    for row in rows {
        let face = faces.get(&row.case_id);
        for column in columns {
            if !row.cells.contains_key(*column)
                && let Some(value) = people::cell(face, column, context.lang)
            {
                row.cells.insert((*column).to_owned(), value);
            }
        }
    }
    Ok(())
}

/// What is wrong in the books of plugins, as far as this store has them.
pub(crate) async fn faults(conn: &mut Conn) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    // A proof hangs on no setting.
    for plugin in plugins_on::all(&BTreeMap::new(), Path::new(""))?.iter() {
        let steps = i64::try_from(plugin.migrations().len())?;
        if plugin_tables::taken(conn, plugin.manifest().name).await? < steps {
            continue;
        }
        for fault in plugin.verify(conn).await? {
            let case_no = one_case::case_no(conn, fault.case_id).await.ok();
            faults.push(Fault::of_books(case_no, fault.say));
        }
    }
    Ok(faults)
}
