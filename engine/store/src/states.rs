//! Tables whose rows change (变动表), as they stand when books are sealed.
//!
//! A book is sealed line by line and for ever. A table of people, of grades or of
//! rewards changes by right; what it was at the last seal is compared only as long as
//! the program has not written to it since. So every transaction that writes to such a
//! table counts up a number in `meta`, and a seal holds that number beside the hash of
//! the rows. What is changed by other hands counts nothing up, and is seen.
//!
//! Of tables that grow without end the newest rows are looked at, so that a seal takes
//! no longer in the tenth year than in the first.

use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::AssertSqlSafe;

use crate::copy_between::{self, Table};
use crate::journal::hex;
use crate::{Conn, StoreError, meta};

/// What stands in front of the table in the name of its seal.
const MARK: &str = "state:";
/// What stands in front of the table in the name of its count of changes.
const CHANGES: &str = "changes:";
/// So many of the newest rows are looked at in a table that grows without end.
const NEWEST_ROWS: i64 = 50_000;
/// Rows that are read at a time.
const PORTION: usize = 5_000;

/// A table of the core whose rows change.
struct Kept {
    table: &'static str,
    /// What people call it.
    title: &'static str,
    /// The columns that are looked at beside the key.
    columns: &'static [&'static str],
    /// Only updates that name one of `columns` count: the others are of every day.
    by_column: bool,
    /// All rows are looked at, however many there are.
    whole: bool,
}

const fn kept(
    table: &'static str,
    title: &'static str,
    columns: &'static [&'static str],
) -> Kept {
    Kept { table, title, columns, by_column: false, whole: false }
}

const KEPT: [Kept; 15] = [
    Kept {
        by_column: true,
        whole: true,
        ..kept(
            "cases",
            "案件",
            &[
                "case_no",
                "org",
                "village",
                "product",
                "collector",
                "currency",
                "opened_on",
                "principal_fen",
                "status",
                "known_since_on",
                "extra",
            ],
        )
    },
    Kept {
        whole: true,
        ..kept(
            "parties",
            "人员",
            &[
                "party_no",
                "name",
                "id_number",
                "phone",
                "wechat",
                "address",
                "village",
                "deceased_on",
                "consents",
                "fictional",
            ],
        )
    },
    Kept {
        whole: true,
        ..kept(
            "contact_points",
            "联系方式",
            &[
                "party_id",
                "kind",
                "value",
                "state",
                "state_on",
                "state_by",
                "given_by",
                "given_on",
                "best_hours",
            ],
        )
    },
    Kept {
        by_column: true,
        whole: true,
        ..kept("case_parties", "案件人员", &["evidence"])
    },
    Kept {
        whole: true,
        ..kept(
            "guarantees",
            "保证",
            &["kind", "period_months", "ends_on", "satisfied_on", "by_hand"],
        )
    },
    kept("collateral", "抵押物", &["case_id", "kind", "description", "value_fen"]),
    kept("active_release", "运行版本", &["release_id", "activated_at", "by"]),
    kept("ledger", "账目的确认", &["confirmed", "dedupe_key"]),
    kept("ledger_payers", "付款人", &[]),
    kept(
        "ledger_parts",
        "款项构成",
        &["case_id", "principal_fen", "interest_fen", "penalty_fen", "cost_fen"],
    ),
    kept("promises", "承诺的结果", &["grade", "graded_on", "paid_fen"]),
    kept(
        "contacts",
        "联络的结果",
        &[
            "contact_point",
            "attempted_at",
            "attempted_on",
            "attempted_minute",
            "outcome",
            "note",
        ],
    ),
    kept(
        "tasks",
        "待办",
        &[
            "case_id",
            "order_id",
            "kind",
            "title",
            "assignee",
            "due_on",
            "opened_at",
            "closed_at",
            "closed_by",
            "outcome",
        ],
    ),
    kept(
        "sending_stops",
        "停发",
        &["scope", "target", "cause", "placed_by", "placed_at", "lifted_by", "lifted_at"],
    ),
    kept("restores", "恢复", &[]),
];

/// The other tables of the core: sealed line by line, held against the journal, or
/// nobody's business once they have served. What is in neither list is a plugin's.
const OTHERS: [&str; 27] = [
    "clock_acts",
    "clock_withdrawals",
    "daemons",
    "due_enrolments",
    "enrolment_faults",
    "enrolments",
    "events",
    "holds",
    "inbox",
    "instance_notes",
    "instances",
    "interruptions",
    "journal",
    "lanes",
    "left_before_restore",
    "memos",
    "meta",
    "outbox",
    "owed_choices",
    "plugin_migrations",
    "releases",
    "seals",
    "sending_days",
    "sent_texts",
    "step_errors",
    "suspended_workflows",
    "wait_rules",
];

fn of(table: &str) -> Option<&'static Kept> {
    KEPT.iter().find(|it| it.table == table)
}

/// A table of the core, or one that is made anew beside it under another name.
fn is_of_core(table: &str) -> bool {
    let names = KEPT.iter().map(|it| it.table).chain(OTHERS);
    let mut anew = names.filter_map(|name| table.strip_prefix(name));
    anew.any(|rest| rest.is_empty() || rest.starts_with('_'))
}

/// The tables whose rows a statement changes, of those that are looked at.
pub(crate) fn changed_by(sql: &str) -> Vec<Arc<str>> {
    let is_of_word = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let words: Vec<&str> =
        sql.split(|it: char| !is_of_word(it)).filter(|part| !part.is_empty()).collect();
    let mut changed: Vec<Arc<str>> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let (table, updates) = match (*word, words.get(at + 1)) {
            ("update", Some(table)) => (*table, true),
            ("insert", Some(&"into"))
            | ("delete", Some(&"from"))
            | ("alter", Some(&"table")) => {
                let Some(table) = words.get(at + 2) else { continue };
                (*table, false)
            }
            _ => continue,
        };
        // `on conflict do update set`, `for update`
        if table == "set"
            || (updates && at.checked_sub(1).map(|it| words[it]) == Some("for"))
        {
            continue;
        }
        let counts = match of(table) {
            Some(kept) if updates && kept.by_column => {
                words.iter().any(|word| kept.columns.contains(word))
            }
            Some(_) => true,
            None => !is_of_core(table),
        };
        if counts && !changed.iter().any(|it| **it == *table) {
            changed.push(Arc::from(table));
        }
    }
    changed
}

const COUNT_UP: &str = "\
insert into meta (key, value) values ($1, '1')
on conflict (key) do update
set value = cast(cast(meta.value as bigint) + 1 as text)";

/// Counts that tables were written to, in the transaction that did so.
pub(crate) async fn count_up(
    conn: &mut Conn,
    tables: &[Arc<str>],
) -> Result<(), StoreError> {
    for table in tables {
        let key = format!("{CHANGES}{table}");
        sqlx::query(COUNT_UP).bind(key).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Counts that every table may have been written to: by a newer schema.
pub(crate) async fn count_all(conn: &mut Conn) -> Result<(), StoreError> {
    let tables: Vec<Arc<str>> = KEPT.iter().map(|it| Arc::from(it.table)).collect();
    count_up(conn, &tables).await
}

/// A table as it is looked at.
pub(crate) struct State {
    name: String,
    title: String,
    key: Vec<String>,
    /// The key first.
    columns: Vec<String>,
    /// Behind this first column of the key; everything where there is none.
    after: Option<i64>,
}

impl State {
    /// The table of a seal, where it is one of a table that changes.
    pub(crate) fn named_in(book: &str) -> Option<&str> {
        book.strip_prefix(MARK)
    }

    /// What its seal is called.
    pub(crate) fn book(&self) -> String {
        format!("{MARK}{}", self.name)
    }

    /// What people call it.
    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    /// The table.
    pub(crate) fn table(&self) -> &str {
        &self.name
    }

    /// How often the program has written to it.
    pub(crate) async fn changes(&self, conn: &mut Conn) -> Result<i64, StoreError> {
        let key = format!("{CHANGES}{}", self.name);
        Ok(meta::number(conn, &key).await?.unwrap_or(0))
    }

    /// How many rows are looked at, and the hash of the seal that holds them.
    pub(crate) async fn digest(
        &self,
        conn: &mut Conn,
        prev_hash: &str,
        on: &str,
        changes: i64,
    ) -> Result<(i64, String), StoreError> {
        let mut hasher = Sha256::new();
        for text in [prev_hash, on, &self.book()] {
            hasher.update(text.as_bytes());
            hasher.update(b"\n");
        }
        hasher.update(changes.to_be_bytes());
        let (mut rows, mut behind) = (0_i64, None);
        loop {
            let portion = self.portion(&mut *conn, behind.as_deref()).await?;
            let Some(last) = portion.last() else {
                return Ok((rows, hex(&hasher.finalize())));
            };
            behind = Some(last.iter().take(self.key.len()).cloned().collect::<Vec<_>>());
            for row in &portion {
                // The same bytes from both databases: one of them writes blanks.
                hasher.update(serde_json::to_vec(row)?);
                hasher.update(b"\n");
                rows += 1;
            }
        }
    }

    async fn portion(
        &self,
        conn: &mut Conn,
        behind: Option<&[Value]>,
    ) -> Result<Vec<Vec<Value>>, StoreError> {
        let (columns, key) = (self.columns.join(", "), self.key.join(", "));
        let from = match (behind, self.after) {
            (Some(_), _) => {
                let given: Vec<String> =
                    (1..=self.key.len()).map(|it| format!("${it}")).collect();
                format!("where ({key}) > ({})", given.join(", "))
            }
            (None, Some(after)) => {
                format!("where {after} < {}", self.key.first().map_or("", String::as_str))
            }
            (None, None) => String::new(),
        };
        let sql = format!(
            "select json_group_array(json_array({columns}) order by {key}) from (
               select {columns} from {} {from} order by {key} limit {PORTION}) portion",
            self.name
        );
        let mut asked = sqlx::query_scalar(AssertSqlSafe(sql));
        for value in behind.unwrap_or_default() {
            asked = match value {
                Value::Number(number) => asked.bind(number.as_i64()),
                other => asked.bind(other.as_str().map(str::to_owned)),
            };
        }
        let text: String = asked.fetch_one(conn).await?;
        Ok(serde_json::from_str(&text)?)
    }
}

/// Every table that is looked at, of the core and of plugins, in order of their names.
pub(crate) async fn all(conn: &mut Conn) -> Result<Vec<State>, StoreError> {
    let mut states = Vec::new();
    for table in copy_between::tables(conn).await? {
        let kept = of(table.name());
        let key = table.key_names();
        if key.is_empty() || (kept.is_none() && is_of_core(table.name())) {
            continue;
        }
        let columns = match kept {
            Some(kept) if !kept.columns.is_empty() => {
                kept.columns.iter().map(|column| (*column).to_owned()).collect()
            }
            _ => table.column_names(),
        };
        let rest = columns.into_iter().filter(|column| !key.contains(column));
        let columns: Vec<String> = key.iter().cloned().chain(rest).collect();
        let is_whole = kept.is_some_and(|it| it.whole) || !table.begins_with_a_number();
        let after = if is_whole { None } else { newest(conn, &table).await? };
        states.push(State {
            title: kept.map_or_else(
                || format!("业务账簿 {} ", table.name()),
                |it| it.title.to_owned(),
            ),
            name: table.name().to_owned(),
            key,
            columns,
            after,
        });
    }
    Ok(states)
}

/// The first column of the key behind which the newest rows lie; `None` where there are
/// not that many.
async fn newest(conn: &mut Conn, table: &Table) -> Result<Option<i64>, StoreError> {
    let names = table.key_names();
    let first = names.first().map_or("", String::as_str);
    let sql = format!(
        "select {first} from {} order by {first} desc limit 1 offset {NEWEST_ROWS}",
        table.name()
    );
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_optional(conn).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    #[test]
    fn a_statement_counts_for_the_tables_that_it_changes() {
        let table: [(&str, &[&str]); 13] = [
            ("select * from parties", &[]),
            ("insert into parties (id) values ($1)", &["parties"]),
            ("update parties set phone = $1 where id = $2", &["parties"]),
            ("delete from case_parties where case_id = $1", &["case_parties"]),
            ("update cases set facts_rev = facts_rev + 1 where id = $1", &[]),
            ("update cases set collector = $1 where id = $2", &["cases"]),
            (
                "insert into cases (id) select id from batch($1) as s (id bigint)
              where true on conflict (case_no) do update set org = excluded.org",
                &["cases"],
            ),
            ("update case_parties set failed_attempts = 0", &[]),
            ("update instances set stage = $1", &[]),
            ("insert into outbox_counted (id) select id from outbox", &[]),
            ("insert into visits (order_id) values ($1)", &["visits"]),
            ("update rewards\n    set paid_on = $1", &["rewards"]),
            ("delete from tasks; delete from contacts", &["tasks", "contacts"]),
        ];
        for (sql, expected) in table {
            let changed = changed_by(sql);
            let changed: Vec<&str> = changed.iter().map(|it| &**it).collect();
            assert_eq!(changed, expected, "{sql}");
        }
    }

    #[tokio::test]
    async fn every_table_of_the_core_is_on_one_list() {
        let store = Store::in_memory().await.unwrap();
        let mut conn = store.read().await.unwrap();
        let tables = copy_between::tables(conn.conn()).await.unwrap();
        for table in &tables {
            assert!(is_of_core(table.name()), "{}: looked at or not?", table.name());
        }
        for kept in &KEPT {
            let table = tables.iter().find(|table| table.name() == kept.table).unwrap();
            let names = table.column_names();
            let unknown = kept
                .columns
                .iter()
                .find(|column| !names.iter().any(|has| has == **column));
            assert_eq!(unknown, None, "{}", kept.table);
        }
    }
}
