//! The rules of conduct that releases have run by (用过的合规规则包): kept by the hash that
//! every review names, so that it can be judged once more by the rules of its day.

use std::collections::BTreeMap;

use domain::conduct::PolicyPack;
use domain::ids::ReleaseId;
use foldhash::HashMap;

use crate::error::StoreError;
use crate::releases::{self, hash_files};
use crate::{Conn, meta};

/// A pack that the program brings along is in no release's folder; its text stands in
/// `meta` under its hash.
const KEY: &str = "policy_pack:";

/// Whether the text of a pack is kept that the program brings along.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn is_kept(conn: &mut Conn, hash: &str) -> Result<bool, StoreError> {
    Ok(meta::text(conn, &format!("{KEY}{hash}")).await?.is_some())
}

/// Keeps the text of a pack that the program brings along.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn keep(conn: &mut Conn, hash: &str, text: &str) -> Result<(), StoreError> {
    meta::set_text(conn, &format!("{KEY}{hash}"), text).await
}

const KEPT: &str = "
    select json_group_array(json_array(key, value))
    from meta
    where key like $1";

/// Folders go one after the other: every save of a script has made one.
const IN_RELEASES: &str = "
    select json_group_array(id order by id) from releases";

/// Every pack that is on record, by its hash. One that cannot be read any more is left
/// out.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn all(conn: &mut Conn) -> Result<HashMap<String, PolicyPack>, StoreError> {
    let kept: String =
        sqlx::query_scalar(KEPT).bind(format!("{KEY}%")).fetch_one(&mut *conn).await?;
    let kept: Vec<(String, String)> = serde_json::from_str(&kept)?;
    let numbers: String = sqlx::query_scalar(IN_RELEASES).fetch_one(&mut *conn).await?;
    let numbers: Vec<i64> = serde_json::from_str(&numbers)?;
    let mut texts: BTreeMap<String, String> = kept
        .into_iter()
        .filter_map(|(key, text)| Some((key.strip_prefix(KEY)?.to_owned(), text)))
        .collect();
    for release in numbers {
        let files = releases::files(conn, ReleaseId(release)).await?;
        for (file, text) in files {
            if file.starts_with("policies/") {
                let alone = BTreeMap::from([(file, text.clone())]);
                texts.insert(hash_files(&alone), text);
            }
        }
    }
    let read = |(hash, text): (String, String)| {
        let pack = PolicyPack::of_release(&text, &hash).ok()?;
        Some((hash, pack))
    };
    Ok(texts.into_iter().filter_map(read).collect())
}
