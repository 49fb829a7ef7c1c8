//! Batches on their way to the database (批量): one JSON text in, one JSON text out.
//!
//! A call through sqlx costs about as much as twenty rows, so rows never
//! travel alone.

use std::str::FromStr;

use domain::words::UnknownWord;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::Conn;
use crate::error::StoreError;

/// Runs a statement whose `$1` is the rows as one JSON array; none are no statement.
///
/// # Errors
///
/// [`StoreError`] when the database refuses it.
pub async fn run<T: Serialize>(
    conn: &mut Conn,
    statement: &'static str,
    rows: &[T],
) -> Result<u64, StoreError> {
    if rows.is_empty() {
        return Ok(0);
    }
    let list = serde_json::to_string(rows)?;
    Ok(sqlx::query(statement).bind(list).execute(conn).await?.rows_affected())
}

/// Runs a statement that answers one JSON text; `$1` is the rows.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn ask<T: Serialize, A: DeserializeOwned>(
    conn: &mut Conn,
    statement: &'static str,
    rows: &[T],
) -> Result<A, StoreError> {
    let list = serde_json::to_string(rows)?;
    let text: String = sqlx::query_scalar(statement).bind(list).fetch_one(conn).await?;
    Ok(serde_json::from_str(&text)?)
}

/// A row as one array of cells: a database finds a cell of an array by its place, and
/// one of an object by comparing names.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Cell<'a> {
    Number(Option<i64>),
    Text(Option<&'a str>),
    Owned(Option<String>),
    Day(Option<Date>),
    Map(Option<AsText<'a>>),
}

impl Cell<'_> {
    fn is_empty(&self) -> bool {
        match self {
            Self::Number(it) => it.is_none(),
            Self::Text(it) => it.is_none(),
            Self::Owned(it) => it.is_none(),
            Self::Day(it) => it.is_none(),
            Self::Map(it) => it.as_ref().is_none_or(|it| it.0.is_empty()),
        }
    }
}

/// A map that is kept as its text.
pub(crate) struct AsText<'a>(pub(crate) &'a Map<String, Value>);

impl Serialize for AsText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = serde_json::to_string(self.0).map_err(S::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

/// A column of a table.
pub(crate) struct Column {
    name: &'static str,
    /// Of its cells, as a statement declares it.
    kind: &'static str,
    /// What the table puts there by itself, as SQL, where that is not null.
    default: Option<&'static str>,
}

impl Column {
    /// A column of numbers that is null unless something is put there.
    pub(crate) const fn bigint(name: &'static str) -> Self {
        Self { name, kind: "bigint", default: None }
    }

    /// A column of texts that is null unless something is put there.
    pub(crate) const fn text(name: &'static str) -> Self {
        Self { name, kind: "text", default: None }
    }

    /// The column with what stands there unless something is put there.
    pub(crate) const fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }
}

/// Puts rows into a table. A column in which no row has anything is left to the table:
/// few lists fill all of them, and the cells are most of what a row costs.
pub(crate) async fn insert<const N: usize>(
    conn: &mut Conn,
    table: &'static str,
    columns: &[Column; N],
    rows: &[[Cell<'_>; N]],
) -> Result<(), StoreError> {
    let is_filled = |at: &usize| rows.iter().any(|row| !row[*at].is_empty());
    let filled: Vec<usize> = (0..N).filter(is_filled).collect();
    if filled.is_empty() {
        return Ok(());
    }
    let picked = Picked { rows, columns: &filled };
    let statement = inserting(table, filled.iter().map(|it| &columns[*it]));
    let list = serde_json::to_string(&picked)?;
    // Of names that stand in this program alone.
    sqlx::query(AssertSqlSafe(statement)).bind(list).execute(conn).await?;
    Ok(())
}

fn inserting<'a>(
    table: &str,
    columns: impl Iterator<Item = &'a Column> + Clone,
) -> String {
    let names: Vec<&str> = columns.clone().map(|column| column.name).collect();
    let declared =
        columns.clone().map(|column| format!("{} {}", column.name, column.kind));
    let declared: Vec<String> = declared.collect();
    let cells = columns.map(|column| match column.default {
        None => format!("s.{}", column.name),
        Some(default) => format!("coalesce(s.{}, {default})", column.name),
    });
    let cells: Vec<String> = cells.collect();
    format!(
        "insert into {table} ({}) select {} from batch($1) as s ({})",
        names.join(", "),
        cells.join(", "),
        declared.join(", ")
    )
}

/// Some columns of rows.
struct Picked<'a, const N: usize> {
    rows: &'a [[Cell<'a>; N]],
    columns: &'a [usize],
}

impl<const N: usize> Serialize for Picked<'_, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = self.columns;
        serializer.collect_seq(self.rows.iter().map(|row| OfRow { row, columns }))
    }
}

struct OfRow<'a, const N: usize> {
    row: &'a [Cell<'a>; N],
    columns: &'a [usize],
}

impl<const N: usize> Serialize for OfRow<'_, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.columns.iter().map(|column| &self.row[*column]))
    }
}

/// A column that holds a word of a closed list.
pub(crate) fn word<W>(row: &AnyRow, column: &str) -> Result<W, StoreError>
where
    W: FromStr<Err = UnknownWord>,
{
    Ok(row.try_get::<&str, _>(column)?.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] =
        [Column::bigint("id"), Column::text("name").or("''"), Column::text("phone")];

    #[test]
    fn columns_without_a_cell_are_left_to_the_table() {
        let rows = [
            [Cell::Number(Some(1)), Cell::Text(None), Cell::Text(Some("13900000001"))],
            [Cell::Number(Some(2)), Cell::Text(None), Cell::Text(None)],
        ];
        let picked = serde_json::to_string(&Picked { rows: &rows, columns: &[0, 2] });
        assert_eq!(picked.unwrap(), r#"[[1,"13900000001"],[2,null]]"#);
        let all = inserting("parties", COLUMNS.iter());
        let wanted = "insert into parties (id, name, phone) \
            select s.id, coalesce(s.name, ''), s.phone \
            from batch($1) as s (id bigint, name text, phone text)";
        assert_eq!(all, wanted);
    }

    #[test]
    fn a_map_is_handed_over_as_its_text() {
        let map = Map::from_iter([("名".to_owned(), Value::from("\"甲\""))]);
        let row = [Cell::Map(Some(AsText(&map))), Cell::Map(None)];
        let written = serde_json::to_string(&row).unwrap();
        assert_eq!(written, r#"["{\"名\":\"\\\"甲\\\"\"}",null]"#);
    }
}
