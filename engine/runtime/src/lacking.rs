//! What the settings lack for single texts (设置不全): a template without the number
//! that its gateway knows it by. Its orders are kept, and a person hears of it once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::Result;
use domain::status::TaskKind;
use store::channel_looks::{self, Lacking};
use store::tasks::{self, Alarm};
use store::{Conn, Now, meta};
use tracing::{error, info};

use crate::Engine;
use crate::work::Silence;

/// Nobody waits for it by the second.
const LOOK_AGAIN_MS: i64 = 5_000;
/// Where the open alarms stand: what each is about, and its key.
const TOLD: &str = "settings_lack";

/// When it was last looked at in this process.
#[derive(Debug, Default)]
pub(crate) struct Looked(AtomicI64);

impl Looked {
    fn is_due(&self, now: &Now) -> bool {
        LOOK_AGAIN_MS <= (now.ms - self.0.load(Ordering::Acquire)).abs()
    }
}

impl Engine {
    /// Opens an alarm for what orders wait for since the settings lack it, and closes
    /// it when none waits any more.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written.
    pub(super) async fn watch_settings(&self) -> Result<()> {
        let now = self.clock.now();
        if self.simulated || !self.lacking.is_due(&now) {
            return Ok(());
        }
        self.lacking.0.store(now.ms, Ordering::Release);
        let (found, told) = {
            let mut conn = self.store.read().await?;
            (channel_looks::lacking(conn.conn()).await?, told(conn.conn()).await?)
        };
        let found: BTreeMap<String, Lacking> =
            found.into_iter().map(|it| (name(&it), it)).collect();
        if found.keys().eq(told.keys()) {
            return Ok(());
        }
        let mut tx = self.begin_silent(Silence::Notes).await?;
        let mut left = BTreeMap::new();
        for (name, key) in told {
            if found.contains_key(&name) {
                left.insert(name, key);
            } else {
                let done =
                    "已补上,或没有指令再等它 · it is there, or no order waits for it";
                tasks::close_alarm(tx.conn(), &now, &key, "system", done).await?;
                info!("what the settings lacked is there, or nothing waits for it");
            }
        }
        for (name, lacking) in found {
            let key = format!("settings_lack:{}:{name}", now.ms);
            if let Entry::Vacant(place) = left.entry(name) {
                alarm(tx.conn(), &now, &lacking, &key).await?;
                place.insert(key);
            }
        }
        meta::set_text(tx.conn(), TOLD, &serde_json::to_string(&left)?).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn name(lacking: &Lacking) -> String {
    let Lacking { plugin, channel, reason, .. } = lacking;
    format!("{plugin}:{channel}:{reason}")
}

async fn told(conn: &mut Conn) -> Result<BTreeMap<String, String>> {
    let text = meta::text(conn, TOLD).await?.unwrap_or_default();
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

async fn alarm(conn: &mut Conn, now: &Now, lacking: &Lacking, key: &str) -> Result<()> {
    let Lacking { plugin, channel, reason, .. } = lacking;
    let (zh, en) = reason.split_once(" · ").unwrap_or((reason, reason));
    error!(
        channel,
        plugin, "orders of {channel} are kept because the settings lack something: {en}"
    );
    let title = format!(
        "渠道 {channel} 的部分指令留住不发,[plugins.{plugin}] 的设置缺东西,见 `qingshou \
         gateway ls`:{zh} · some orders of channel {channel} are kept, the settings of \
         [plugins.{plugin}] lack something, see `qingshou gateway ls`: {en}"
    );
    let alarm = Alarm {
        kind: TaskKind::ChannelFault,
        title: &title,
        for_role: "supervisor",
        key,
    };
    Ok(tasks::open_alarm(conn, now, alarm).await?)
}
