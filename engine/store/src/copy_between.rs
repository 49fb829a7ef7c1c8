//! A whole store moved to another place (迁移案件库): from a file to a server, or back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Row};

use crate::copy::{Contents, contents};
use crate::{Conn, Store, StoreError, pair};

/// Rows that travel at once; a server takes a quarter of a gigabyte and no more.
const PORTION: usize = 2_000;
/// Rows of a table in which each is a whole folder of files.
const PORTION_OF_FOLDERS: usize = 20;

/// What was copied of one table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Copied {
    /// Its name.
    pub table: String,
    /// Its rows.
    pub rows: u64,
}

/// Copies all rows of a store, as it stands at one moment, into one that was just made
/// with the same id, version and plugins; nobody may write to either meanwhile. All of
/// it is there when this returns, or nothing.
///
/// # Errors
///
/// [`StoreError::Rule`] where the other one is not empty or has other tables, or counts,
/// sums and the ends of chains differ afterwards; any fault of the databases.
pub async fn copy_between(from: &Store, to: &Store) -> Result<Vec<Copied>, StoreError> {
    let mut reader = from.read().await?;
    let source = reader.conn();
    pair::begin(source).await?;
    let mut tx = to.write().await?;
    let (here, there) = (tables(source).await?, tables(tx.conn()).await?);
    let names = |tables: &[Table]| -> BTreeMap<String, Vec<String>> {
        let named =
            |it: &Table| it.columns.iter().map(|column| column.name.clone()).collect();
        tables.iter().map(|table| (table.name.clone(), named(table))).collect()
    };
    if names(&here) != names(&there) {
        return Err(StoreError::Rule(
            "两处的表不同:请用同一个版本的 qingshou · the two have other tables: use one \
             version of qingshou"
                .to_owned(),
        ));
    }
    let stands = contents(tx.conn()).await?;
    let releases: i64 =
        sqlx::query_scalar("select count(*) from releases").fetch_one(tx.conn()).await?;
    if 0 < stands.cases + stands.journal_lines + stands.orders + releases {
        return Err(StoreError::Rule(
            "目标处已有案件,没有改动 · there are cases in the other place; nothing was changed"
                .to_owned(),
        ));
    }
    // Who works a store is said of each of the two.
    let here = here.into_iter().filter(|it| it.name != "daemons").collect();
    let in_order = in_order(here, &references(source).await?)?;
    let mut copied = Vec::new();
    for table in in_order.iter().rev() {
        let empty = format!("delete from {}", table.name);
        sqlx::query(AssertSqlSafe(empty)).execute(tx.conn()).await?;
    }
    for table in in_order {
        let rows = copy_table(&table, source, tx.conn()).await?;
        copied.push(Copied { table: table.name, rows });
    }
    is_the_same(&contents(source).await?, &contents(tx.conn()).await?)?;
    for Copied { table, rows } in &copied {
        let count = format!("select count(*) from {table}");
        let counted: i64 =
            sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(tx.conn()).await?;
        if u64::try_from(counted).ok() != Some(*rows) {
            return Err(differs(table));
        }
    }
    // How often tables were written to was copied with all else.
    tx.conn().counts_no_changes();
    tx.commit().await?;
    pair::end(source).await?;
    Ok(copied)
}

fn is_the_same(from: &Contents, to: &Contents) -> Result<(), StoreError> {
    if from == to { Ok(()) } else { Err(differs("contents")) }
}

fn differs(what: &str) -> StoreError {
    StoreError::Rule(format!(
        "复制后不一致({what}),目标处没有留下任何数据 · not the same after the copy ({what}); \
         nothing was left in the other place"
    ))
}

pub(crate) struct Table {
    name: String,
    columns: Vec<Column>,
}

#[derive(Clone)]
struct Column {
    name: String,
    /// `bigint` or `text`.
    of: &'static str,
    /// Its place in the primary key, from 1; 0 for one that is not of it.
    key_place: i64,
}

impl Table {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn column_names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// The columns of its key, in their order.
    pub(crate) fn key_names(&self) -> Vec<String> {
        self.key().into_iter().map(|it| it.name.clone()).collect()
    }

    /// Whether the first column of its key is a number.
    pub(crate) fn begins_with_a_number(&self) -> bool {
        self.key().first().is_some_and(|it| it.of == "bigint")
    }

    fn key(&self) -> Vec<&Column> {
        let mut key: Vec<&Column> =
            self.columns.iter().filter(|column| 0 < column.key_place).collect();
        key.sort_by_key(|it| it.key_place);
        key
    }
}

/// Every table with its columns, in order of their names.
pub(crate) async fn tables(conn: &mut Conn) -> Result<Vec<Table>, StoreError> {
    let rows = sqlx::query(conn.database().columns()).fetch_all(conn).await?;
    let mut tables: Vec<Table> = Vec::new();
    for row in rows {
        let name: String = row.try_get("table_name")?;
        let of: String = row.try_get("of_type")?;
        let column = Column {
            name: row.try_get("column_name")?,
            // SQLite names the types that it knows in capitals.
            of: if of.eq_ignore_ascii_case("text") { "text" } else { "bigint" },
            key_place: row.try_get("key_place")?,
        };
        match tables.last_mut().filter(|table| table.name == name) {
            Some(table) => table.columns.push(column),
            None => tables.push(Table { name, columns: vec![column] }),
        }
    }
    for table in &mut tables {
        // A table that was made anew has its columns in another order in one place.
        table.columns.sort_by(|one, other| one.name.cmp(&other.name));
    }
    tables.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(tables)
}

async fn references(conn: &mut Conn) -> Result<BTreeSet<(String, String)>, StoreError> {
    let rows = sqlx::query(conn.database().references()).fetch_all(conn).await?;
    let read = |row: &sqlx::any::AnyRow| -> sqlx::Result<(String, String)> {
        Ok((row.try_get("table_name")?, row.try_get("refers_to")?))
    };
    Ok(rows.iter().map(read).collect::<sqlx::Result<_>>()?)
}

/// The tables with those first that others refer to.
fn in_order(
    mut tables: Vec<Table>,
    references: &BTreeSet<(String, String)>,
) -> Result<Vec<Table>, StoreError> {
    let mut in_order: Vec<Table> = Vec::new();
    while !tables.is_empty() {
        let waits = |table: &Table| {
            tables.iter().any(|other| {
                other.name != table.name
                    && references.contains(&(table.name.clone(), other.name.clone()))
            })
        };
        let wait: Vec<bool> = tables.iter().map(waits).collect();
        if wait.iter().all(|it| *it) {
            return Err(differs("references"));
        }
        let mut left = Vec::new();
        for (table, waits) in tables.into_iter().zip(wait) {
            if waits { left.push(table) } else { in_order.push(table) }
        }
        tables = left;
    }
    Ok(in_order)
}

/// Copies a table portion by portion along its key.
async fn copy_table(
    table: &Table,
    from: &mut Conn,
    to: &mut Conn,
) -> Result<u64, StoreError> {
    let (first, next) = (portion(table, false), portion(table, true));
    let insert = insertion(table);
    let (mut behind, mut copied): (Option<Vec<Value>>, u64) = (None, 0);
    loop {
        let text: String = match &behind {
            None => {
                sqlx::query_scalar(AssertSqlSafe(first.as_str()))
                    .fetch_one(&mut *from)
                    .await?
            }
            Some(key) => {
                let mut asked = sqlx::query_scalar(AssertSqlSafe(next.as_str()));
                for value in key {
                    asked = match value {
                        Value::Number(number) => asked.bind(number.as_i64()),
                        other => asked.bind(other.as_str().map(str::to_owned)),
                    };
                }
                asked.fetch_one(&mut *from).await?
            }
        };
        let rows: Vec<Vec<Value>> = serde_json::from_str(&text)?;
        let Some(last) = rows.last() else { return Ok(copied) };
        let place = |key: &Column| {
            table.columns.iter().position(|column| column.name == key.name)
        };
        let key = table.key().into_iter().filter_map(place);
        behind = Some(key.filter_map(|it| last.get(it).cloned()).collect());
        sqlx::query(AssertSqlSafe(insert.as_str())).bind(text).execute(&mut *to).await?;
        copied += rows.len() as u64;
    }
}

fn listed(columns: impl Iterator<Item = String>) -> String {
    columns.collect::<Vec<_>>().join(", ")
}

fn portion(table: &Table, is_behind: bool) -> String {
    let names = listed(table.columns.iter().map(|column| column.name.clone()));
    let key = listed(table.key().iter().map(|it| it.name.clone()));
    let given = listed((1..=table.key().len()).map(|it| format!("${it}")));
    let behind =
        if is_behind { format!("where ({key}) > ({given})") } else { String::new() };
    let portion = if table.name == "releases" { PORTION_OF_FOLDERS } else { PORTION };
    format!(
        "select json_group_array(json_array({names}) order by {key}) from (
           select {names} from {} {behind} order by {key} limit {portion}) portion",
        table.name
    )
}

fn insertion(table: &Table) -> String {
    let names = listed(table.columns.iter().map(|column| column.name.clone()));
    let typed = listed(
        table.columns.iter().map(|column| format!("{} {}", column.name, column.of)),
    );
    format!(
        "insert into {} ({names}) select {names} from batch($1) as s ({typed})",
        table.name
    )
}
