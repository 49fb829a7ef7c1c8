//! Releases (版本): every checked script folder, and which one is live.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::ReleaseId;
use domain::journal::{Entry, ReleaseActivated};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::FromRow;

use crate::journal::{self, NewLine};
use crate::{Conn, Now, StoreError, ids, suspended};

/// One checked folder of scripts.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// The store's number.
    pub id: ReleaseId,
    /// The number people use: 1, 2, 3, …
    pub number: i64,
    /// Hash of all file names and texts.
    pub hash: String,
    /// When it was made, in milliseconds since 1970.
    pub made_at: i64,
    /// Who made it: a member of staff, or `folder` for a saved file.
    pub by: String,
    /// Why, when somebody said so.
    pub note: String,
    /// It is the one that runs.
    pub active: bool,
}

/// The hash of a folder: SHA-256 over names and texts in order of name.
pub fn hash_files(files: &BTreeMap<String, String>) -> String {
    let mut hasher = Sha256::new();
    for (name, text) in files {
        for part in [name, text] {
            hasher.update(part.len().to_be_bytes());
            hasher.update(part.as_bytes());
        }
    }
    journal::hex(&hasher.finalize())
}

const NEXT_NUMBER: &str = "select coalesce(max(number), 0) + 1 from releases";
const INSERT: &str = "\
insert into releases (id, number, hash, files, made_at, by, note)
values ($1, $2, $3, $4, $5, $6, $7)";

/// Stores a folder as a new release, or finds the one with the same texts.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn store(
    conn: &mut Conn,
    now: &Now,
    files: &BTreeMap<String, String>,
    by: &str,
    note: &str,
) -> Result<Release, StoreError> {
    let hash = hash_files(files);
    if let Some(known) = list(conn).await?.into_iter().find(|it| it.hash == hash) {
        return Ok(known);
    }
    let id = ids::allocate(conn, 1).await?;
    let number: i64 = sqlx::query_scalar(NEXT_NUMBER).fetch_one(&mut *conn).await?;
    sqlx::query(INSERT)
        .bind(id)
        .bind(number)
        .bind(&hash)
        .bind(serde_json::to_string(files)?)
        .bind(now.ms)
        .bind(by)
        .bind(note)
        .execute(conn)
        .await?;
    Ok(Release {
        id: ReleaseId(id),
        number,
        hash,
        made_at: now.ms,
        by: by.to_owned(),
        note: note.to_owned(),
        active: false,
    })
}

const ACTIVATE: &str = "\
insert into active_release (one, release_id, activated_at, by)
values (1, $1, $2, $3)
on conflict (one) do update set
  release_id = excluded.release_id, activated_at = excluded.activated_at, by = excluded.by";
/// Those whose place is still lost wait for a release that has it again.
const LOST_STILL: &str = "\
select e.instance_id, i.workflow, i.stage, coalesce(w.next_stage, i.stage) as next_stage
from step_errors e join instances i on i.id = e.instance_id and i.status = 'parked'
left join wait_rules w on w.instance_id = i.id
where e.fingerprint = 'lost_place'";

#[derive(FromRow)]
struct LostRow {
    instance_id: i64,
    workflow: String,
    stage: String,
    next_stage: String,
}

const UNPARK: &str = "\
update instances set
  status = case when frozen_at is null then 'waiting' else 'frozen' end,
  due_at = coalesce(due_at, $2)
where status = 'parked' and id in (
  select instance_id from step_errors
  where instance_id not in (select id from list($1) as s (id bigint)))";
/// Events of runs that are over stay where they are: there are ever more of them.
const UNPARK_EVENTS: &str = "\
update inbox set consumed_seq = null
where consumed_seq = -1 and instance_id in (
  select instance_id from step_errors
  where instance_id not in (select id from list($1) as s (id bigint)))";
const FORGET_ERRORS: &str = "\
delete from step_errors
where instance_id not in (select id from list($1) as s (id bigint))";

/// Makes a release the live one, in one row for every daemon on the store.
///
/// Cases parked by a script's fault run again under it, and so do suspended
/// workflows: the edit may have mended the fault, and if not they are parked
/// again. Those whose workflow or
/// stage an earlier release lacked run again when `has` says that this one has
/// it.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn activate(
    conn: &mut Conn,
    now: &Now,
    release: &Release,
    (by, why): (&str, &str),
    has: impl Fn(&str, &str) -> bool,
) -> Result<(), StoreError> {
    sqlx::query(ACTIVATE)
        .bind(release.id.0)
        .bind(now.ms)
        .bind(by)
        .execute(&mut *conn)
        .await?;
    let parked: Vec<LostRow> = sqlx::query_as(LOST_STILL).fetch_all(&mut *conn).await?;
    let is_lost = |run: &&LostRow| {
        !has(&run.workflow, &run.stage) || !has(&run.workflow, &run.next_stage)
    };
    let lost: Vec<i64> = parked.iter().filter(is_lost).map(|it| it.instance_id).collect();
    let lost = serde_json::to_string(&lost)?;
    sqlx::query(UNPARK).bind(&lost).bind(now.ms).execute(&mut *conn).await?;
    for statement in [UNPARK_EVENTS, FORGET_ERRORS] {
        sqlx::query(statement).bind(&lost).execute(&mut *conn).await?;
    }
    let why_again = format!("第 {0} 版上线 · release {0} went live", release.number);
    suspended::resume_all(conn, now, (by, &why_again)).await?;
    let activated = Entry::ReleaseActivated(ReleaseActivated {
        release: release.number,
        hash: release.hash.clone(),
        by: by.to_owned(),
        why: why.to_owned(),
    });
    let line = NewLine::of_site(activated).under(Some(release.id));
    journal::append(conn, now, &[line]).await
}

#[derive(FromRow)]
struct ReleaseRow {
    id: i64,
    number: i64,
    hash: String,
    made_at: i64,
    by: String,
    note: String,
    active: i64,
}

impl From<ReleaseRow> for Release {
    fn from(row: ReleaseRow) -> Self {
        Self {
            id: ReleaseId(row.id),
            number: row.number,
            hash: row.hash,
            made_at: row.made_at,
            by: row.by,
            note: row.note,
            active: row.active == 1,
        }
    }
}

const LIST: &str = "\
select r.id, r.number, r.hash, r.made_at, r.by, r.note,
  case when a.release_id is null then 0 else 1 end as active
from releases r left join active_release a on a.release_id = r.id
order by r.number";

/// Every release, oldest first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn list(conn: &mut Conn) -> Result<Vec<Release>, StoreError> {
    let rows: Vec<ReleaseRow> = sqlx::query_as(LIST).fetch_all(conn).await?;
    Ok(rows.into_iter().map(Release::from).collect())
}

/// The release that runs, or `None` in an empty store.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn active(conn: &mut Conn) -> Result<Option<Release>, StoreError> {
    Ok(list(conn).await?.into_iter().find(|it| it.active))
}

const ACTIVE_ID: &str = "select release_id from active_release where one = 1";

/// The id of the release that runs, or `None` in an empty store.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn active_id(conn: &mut Conn) -> Result<Option<ReleaseId>, StoreError> {
    let id: Option<i64> = sqlx::query_scalar(ACTIVE_ID).fetch_optional(conn).await?;
    Ok(id.map(ReleaseId))
}

const FILES: &str = "select files from releases where id = $1";

/// The texts of a release.
///
/// # Errors
///
/// [`StoreError`] when there is no such release or the database cannot be read.
pub async fn files(
    conn: &mut Conn,
    id: ReleaseId,
) -> Result<BTreeMap<String, String>, StoreError> {
    let text: String = sqlx::query_scalar(FILES).bind(id.0).fetch_one(conn).await?;
    Ok(serde_json::from_str(&text)?)
}

/// The names of the workflows of every release, in order: one that is not in
/// force any more may have given orders.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn workflows(conn: &mut Conn) -> Result<BTreeSet<String>, StoreError> {
    let mut found = BTreeSet::new();
    for release in list(conn).await? {
        let files = files(conn, release.id).await?;
        let scripts = files.iter().filter(|file| file.0.strip_suffix(".lua").is_some());
        found.extend(scripts.flat_map(|script| declared(script.1)).map(str::to_owned));
    }
    Ok(found)
}

/// The workflows that a script declares: `workflow "remind" { … }`.
fn declared(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let rest = line.strip_prefix("workflow")?;
        let rest = rest.trim_start().trim_start_matches('(').trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest.get(1..)?.split(quote).next()
    })
}

#[derive(FromRow)]
struct PopulatedRow {
    workflow: String,
    stage: String,
    cases: i64,
}

const POPULATED: &str = "\
select i.workflow, i.stage, count(*) as cases from instances i
where i.status <> 'finished' group by i.workflow, i.stage
union all
select i.workflow, w.next_stage, -count(*) from instances i
join wait_rules w on w.instance_id = i.id
where i.status <> 'finished' group by i.workflow, w.next_stage
order by 1, 2, 3";

/// Where open cases stand: (workflow, stage, how many); a negative count is of
/// standing waits that lead to the stage.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn populated(
    conn: &mut Conn,
) -> Result<Vec<(String, String, i64)>, StoreError> {
    let rows: Vec<PopulatedRow> = sqlx::query_as(POPULATED).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.workflow, row.stage, row.cases)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workflows_of_a_script_are_known_by_their_declaration() {
        let text =
            "-- workflow \"注释\"\nworkflow \"提醒\" {\n}\nworkflow('b', {})\nworkflows";
        assert_eq!(declared(text).collect::<Vec<_>>(), ["提醒", "b"]);
    }
}
