//! How the channels do (渠道状况): what waits for each, and when each was last at
//! fault.

use std::collections::BTreeMap;

use domain::status::OrderStatus;
use sqlx::{FromRow, Row};

use crate::{Conn, StoreError, rows};

/// Orders on their way over one plugin's channel.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct OnTheirWay {
    /// They wait for their turn.
    pub waiting: i64,
    /// A stop holds them.
    pub held: i64,
    /// They are in hand.
    pub in_hand: i64,
}

const WAITING: &str = "\
select plugin, channel, 'pending' as status, count(*) as orders from outbox
where status = 'pending' and channel is not null group by plugin, channel";
const HELD: &str = "\
select plugin, channel, 'held' as status, count(*) as orders from outbox
where status = 'held' and channel is not null group by plugin, channel";
const IN_HAND: &str = "\
select plugin, channel, 'leased' as status, count(*) as orders from outbox
where status = 'leased' and channel is not null group by plugin, channel";

/// What is on its way, by plugin and channel.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn on_their_way(
    conn: &mut Conn,
) -> Result<BTreeMap<(String, String), OnTheirWay>, StoreError> {
    let mut found: BTreeMap<(String, String), OnTheirWay> = BTreeMap::new();
    for statement in [WAITING, HELD, IN_HAND] {
        for row in sqlx::query(statement).fetch_all(&mut *conn).await? {
            let of = (row.try_get("plugin")?, row.try_get("channel")?);
            let channel = found.entry(of).or_default();
            let count = row.try_get("orders")?;
            match rows::word(&row, "status")? {
                OrderStatus::Pending => channel.waiting = count,
                OrderStatus::Held => channel.held = count,
                _ => channel.in_hand = count,
            }
        }
    }
    Ok(found)
}

/// Orders that wait because the settings lack something that they need.
#[derive(Clone, Debug, Eq, FromRow, PartialEq)]
pub struct Lacking {
    /// The plugin.
    pub plugin: String,
    /// The channel's word.
    pub channel: String,
    /// What is lacking, in Chinese and English; no personal data.
    pub reason: String,
    /// So many orders.
    pub orders: i64,
}

/// What has no end is kept by something outside itself, see `sending::NO_END_MS`; a
/// channel at fault tells of itself. One in hand has only been tried once more.
const LACKING: &str = "\
select plugin, channel, settled_note as reason, count(*) as orders from (
  select plugin, channel, settled_note from outbox
  where status = 'pending' and prolonged_until_at = 253402300799000
  union all
  select plugin, channel, settled_note from outbox
  where status = 'leased' and prolonged_until_at = 253402300799000) o
where channel is not null and settled_note <> '' and not exists (
  select 1 from sending_stops s where s.done_at is null and s.cause = 'channel_fault'
  and s.target = o.channel and s.plugin = o.plugin)
group by plugin, channel, settled_note order by orders desc, reason limit 50";

/// What waits for the settings, by plugin, channel and reason.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn lacking(conn: &mut Conn) -> Result<Vec<Lacking>, StoreError> {
    Ok(sqlx::query_as(LACKING).fetch_all(conn).await?)
}

/// A fault of a channel.
#[derive(Clone, Debug, Eq, FromRow, PartialEq)]
pub struct Fault {
    /// What the gateway said, in Chinese and English.
    pub reason: String,
    /// Since when, in milliseconds since 1970.
    pub since: i64,
    /// Until when; `None` while it lasts.
    pub until: Option<i64>,
}

const LAST_FAULT: &str = "\
select reason, placed_at as since, lifted_at as until from sending_stops
where cause = 'channel_fault' and target = $1 and plugin = $2 order by id desc limit 1";

/// The last fault of a plugin's channel, if there was one.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn last_fault(
    conn: &mut Conn,
    plugin: &str,
    channel: &str,
) -> Result<Option<Fault>, StoreError> {
    let fault = sqlx::query_as(LAST_FAULT)
        .bind(channel.to_owned())
        .bind(plugin.to_owned())
        .fetch_optional(conn)
        .await?;
    Ok(fault)
}
