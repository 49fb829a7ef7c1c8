//! The journal (日志): what was decided and why, chained so that no line can be
//! changed or cut out unseen.
//!
//! What a line may say is declared in [`domain::journal`].
//!
//! A chain tells of one thing: an instance (its steps), a case (its
//! hand-overs and the entries of people) or the site (chain 0: releases,
//! imports). Rows of a chain are numbered without gaps, and each hash covers
//! the one before it. The store counts its lines, and seals cover them (see
//! [`crate::seals`]), so that the end of a chain cannot be cut off either.

use domain::ids::{CaseId, InstanceId, ReleaseId};
use domain::journal::{Body, Entry, EntryError};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;
use sqlx::{FromRow, Row};

use crate::{Conn, Now, StoreError, ids};

/// The chain of the site itself.
pub const SITE: i64 = 0;

/// How many lines the journal has, in the store's `meta`: a line that no seal
/// covers yet is missed by this count.
pub const LINES: &str = "journal_lines";

/// What stands before the first row of every chain.
pub const GENESIS: &str = "";

/// The newest row of a chain.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Head {
    /// Its number; -1 when the chain is empty.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
}

/// A line to write.
#[derive(Clone, Debug)]
pub struct NewLine {
    /// The instance, the case, or [`SITE`].
    pub chain: i64,
    /// The case it tells of, when it tells of one.
    pub case_id: Option<CaseId>,
    /// The release under which it was decided.
    pub release_id: Option<i64>,
    /// What it says.
    pub entry: Entry,
}

impl NewLine {
    /// A line of the site.
    pub fn of_site(entry: Entry) -> Self {
        Self { chain: SITE, case_id: None, release_id: None, entry }
    }

    /// A line of a case.
    pub fn of_case(case: CaseId, entry: Entry) -> Self {
        Self { chain: case.0, case_id: Some(case), release_id: None, entry }
    }

    /// A line of a run.
    pub fn of_run(run: InstanceId, case: CaseId, entry: Entry) -> Self {
        Self { chain: run.0, case_id: Some(case), release_id: None, entry }
    }

    /// The same under a release.
    #[must_use]
    pub fn under(self, release: Option<ReleaseId>) -> Self {
        Self { release_id: release.map(|release| release.0), ..self }
    }
}

/// A line with its place in the chain.
#[derive(Clone, Debug, FromRow, Serialize)]
pub struct Line {
    /// Position in the store.
    pub id: i64,
    /// The chain.
    pub chain: i64,
    /// Number in the chain.
    pub seq: i64,
    /// The case.
    pub case_id: Option<i64>,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// The release.
    pub release_id: Option<i64>,
    /// JSON.
    pub body: String,
    /// Hash of the line before.
    pub prev_hash: String,
    /// Hash of this line.
    pub hash: String,
}

impl Line {
    /// What it says.
    ///
    /// # Errors
    ///
    /// [`EntryError`] for a line of a newer program, and for what is no line.
    pub fn entry(&self) -> Result<Entry, EntryError> {
        Entry::parse(&self.body)
    }
}

/// The hash of one line: SHA-256 over every column that tells something.
pub fn hash_line(
    prev_hash: &str,
    chain: i64,
    seq: i64,
    case_id: Option<i64>,
    at: i64,
    release_id: Option<i64>,
    body: &str,
) -> String {
    let mut hasher = Sha256::new();
    hasher.update(prev_hash.as_bytes());
    for number in [chain, seq, case_id.unwrap_or(-1), at, release_id.unwrap_or(-1)] {
        hasher.update(number.to_be_bytes());
    }
    hasher.update(body.as_bytes());
    hex(&hasher.finalize())
}

/// The hash of a text, as a file with this text has it (SHA-256).
pub fn digest_of(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

const HEADS: &str = "\
select j.chain, j.seq, j.hash
from list($1) as c (id bigint)
join journal j on j.chain = c.id
 and j.seq = (select max(seq) from journal where chain = c.id)";

/// The newest rows of some chains; a chain without rows is left out.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn heads(
    conn: &mut Conn,
    chains: &[i64],
) -> Result<std::collections::HashMap<i64, Head>, StoreError> {
    let list = serde_json::to_string(chains)?;
    let rows = sqlx::query(HEADS).bind(list).fetch_all(conn).await?;
    let head = |row: &AnyRow| -> Result<_, StoreError> {
        let head = Head { seq: row.try_get("seq")?, hash: row.try_get("hash")? };
        Ok((row.try_get("chain")?, head))
    };
    rows.iter().map(head).collect()
}

/// Adds lines to the ends of their chains, in the order given.
///
/// # Errors
///
/// [`StoreError`] when the database refuses, for instance because another
/// writer has added to the same chain.
pub async fn append(
    conn: &mut Conn,
    now: &Now,
    lines: &[NewLine],
) -> Result<(), StoreError> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut chains: Vec<i64> = lines.iter().map(|line| line.chain).collect();
    chains.sort_unstable();
    chains.dedup();
    let mut heads = heads(conn, &chains).await?;
    let bodies: Vec<Body> = lines.iter().map(|line| line.entry.to_body()).collect();
    let mut rows = Vec::with_capacity(lines.len());
    for (line, body) in lines.iter().zip(&bodies) {
        let head = heads
            .entry(line.chain)
            .or_insert_with(|| Head { seq: -1, hash: GENESIS.to_owned() });
        let release = line.release_id;
        rows.push(chained(head, now.ms, line.chain, line.case_id, release, body));
    }
    insert(conn, &rows).await
}

/// The row for one line behind `head`, which moves on to it.
pub fn chained<'a>(
    head: &mut Head,
    at: i64,
    chain: i64,
    case_id: Option<CaseId>,
    release_id: Option<i64>,
    body: &'a Body,
) -> JournalRow<'a> {
    let body = body.as_str();
    let seq = head.seq + 1;
    let case = case_id.map(|case_id| case_id.0);
    let hash = hash_line(&head.hash, chain, seq, case, at, release_id, body);
    let prev_hash = std::mem::replace(&mut head.hash, hash.clone());
    head.seq = seq;
    JournalRow(chain, seq, case_id, at, release_id, body, prev_hash, hash)
}

/// One row as it is handed to the database, in the order of its columns:
/// chain, seq, case, at, release, body, previous hash, hash.
#[derive(Clone, Debug, Serialize)]
pub struct JournalRow<'a>(
    i64,
    i64,
    Option<CaseId>,
    i64,
    Option<i64>,
    &'a str,
    String,
    String,
);

const NEWEST_AT: &str = "\
select max(at) from
  (select at from journal where $1 < id order by id desc limit 1000) newest";

/// The newest instant of the last thousand lines behind a line, in milliseconds since
/// 1970.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn newest_at(conn: &mut Conn, behind: i64) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar(NEWEST_AT).bind(behind).fetch_one(conn).await?)
}

const LAST_LINE: &str = "select coalesce(max(id), 0) from journal";

/// The number of the newest line; 0 where there is none.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn last_line(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(LAST_LINE).fetch_one(conn).await?)
}

const INSERT: &str = "\
insert into journal
  (id, chain, seq, case_id, at, release_id, body, prev_hash, hash)
select $2 + s.n, s.chain, s.seq, s.case_id, s.at, s.release_id, s.body, s.prev_hash,
  s.hash
from batch($1) as s (n ordinality, chain bigint, seq bigint, case_id bigint, at bigint,
  release_id bigint, body text, prev_hash text, hash text)";

/// Writes rows made by [`chained`].
///
/// # Errors
///
/// [`StoreError`] when a number of a chain is taken already.
pub async fn insert(conn: &mut Conn, rows: &[JournalRow<'_>]) -> Result<(), StoreError> {
    let first = ids::allocate_counting(conn, rows.len(), LINES).await?;
    sqlx::query(INSERT)
        .bind(serde_json::to_string(rows)?)
        .bind(first)
        .execute(conn)
        .await?;
    Ok(())
}

const PAGE: &str = "\
select id, chain, seq, case_id, at, release_id, body, prev_hash, hash
from journal
where $1 < id and ($3 = 0 or case_id = $3)
order by id
limit $2";

/// The lines behind `after`, oldest first, at most `limit`; `case` 0 is all.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn page(
    conn: &mut Conn,
    after: i64,
    limit: i64,
    case: Option<CaseId>,
) -> Result<Vec<Line>, StoreError> {
    Ok(sqlx::query_as(PAGE)
        .bind(after)
        .bind(limit)
        .bind(case.map_or(0, |it| it.0))
        .fetch_all(conn)
        .await?)
}
