//! The way a message leaves the house (网关): the spool folder or an HTTP interface.

use std::num::NonZeroU32;
use std::path::Path;

use domain::manifest::Channel;
use domain::order::Order;
use domain::say::Say;
use store::plugin::{Concern, DeliveryError, Pace, Receipt, Texts, Trial};
use store::plugin_settings::{Settings, SettingsError};
use store::spool::Spool;

use crate::http::Http;
use crate::manifest::MANIFEST;
use crate::secret::Secret;

/// The gateway of one channel, with the pace that its settings allow.
pub(crate) struct Gateway {
    /// The table below `[plugins.remind]`.
    pub(crate) name: &'static str,
    way: Way,
    pace: Pace,
}

enum Way {
    /// Files below the site, until a real gateway is set up.
    Spool(Spool),
    /// An interface of a messaging company or of the county union.
    Http(Box<Http>),
}

impl Gateway {
    /// The gateway that the settings below `channel` name.
    pub(crate) fn new(
        settings: &Settings,
        channel: &'static str,
        site: &Path,
    ) -> Result<Self, SettingsError> {
        let (way, pace) = match settings.text(&format!("{channel}.gateway")) {
            "http" => {
                let pace = pace(settings, channel)?;
                (Way::Http(Box::new(Http::new(settings, channel, site)?)), pace)
            }
            _ => (Way::Spool(Spool::of_site(site)), Pace::default()),
        };
        Ok(Self { name: channel, way, pace })
    }

    /// How fast messages may leave.
    pub(crate) fn pace(&self) -> Pace {
        self.pace
    }

    /// Hands over one message.
    pub(crate) async fn send(&self, order: &Order) -> Result<Receipt, DeliveryError> {
        match &self.way {
            Way::Spool(spool) => spool.put(order).await,
            Way::Http(http) => {
                self.is_taken_up(http)?;
                http.send(order).await
            }
        }
    }

    /// The outgoing tray, where messages are files.
    pub(crate) fn spool(&self) -> Option<&Spool> {
        match &self.way {
            Way::Spool(spool) => Some(spool),
            Way::Http(_) => None,
        }
    }

    /// Hands over a message of the institution's own.
    pub(crate) async fn try_out(&self, order: &Order) -> Trial {
        match &self.way {
            Way::Spool(spool) => {
                let answer = spool.put(order).await;
                Trial { status: None, code: None, answer }
            }
            Way::Http(http) => match self.is_taken_up(http) {
                Ok(()) => http.try_out(order).await,
                Err(error) => Trial::unanswered(error),
            },
        }
    }

    /// Where its messages go.
    pub(crate) fn look(&self) -> store::plugin::Gateway {
        let (kind, host) = match &self.way {
            Way::Spool(_) => ("spool", String::new()),
            Way::Http(http) => ("http", http.host()),
        };
        store::plugin::Gateway { kind, host }
    }

    /// Whether a message with this key has arrived.
    pub(crate) async fn query(
        &self,
        key: &str,
    ) -> Result<Option<Receipt>, DeliveryError> {
        match &self.way {
            Way::Spool(spool) => spool.find(key).await,
            Way::Http(http) => http.query(key).await,
        }
    }

    /// A gateway that says 200 to everything would have every message counted
    /// as delivered, also those that it refused.
    fn is_taken_up(&self, http: &Http) -> Result<(), DeliveryError> {
        if http.shows_success() {
            return Ok(());
        }
        let name = self.name;
        Err(DeliveryError::Channel(format!(
            "没有说明应答怎样算成功,网关未启用:请在 [plugins.remind.{name}] 写 ok_pointer 和 \
             ok_value · the gateway is not taken up: nothing says how its answers show \
             success, set ok_pointer and ok_value in [plugins.remind.{name}]"
        )))
    }

    /// What its settings lack for single texts of the site.
    pub(crate) fn lacks(&self, channels: &[Channel], texts: &Texts) -> Vec<Concern> {
        let Way::Http(http) = &self.way else { return Vec::new() };
        let of = |it: &&(Channel, String)| channels.contains(&it.0);
        let used = texts.used.iter().filter(of).map(|it| it.1.as_str()).collect();
        let concern = |(grave, zh, en): (bool, String, String)| Concern {
            channel: channels.first().copied(),
            grave,
            variable: None,
            say: Say::new(
                format!("[plugins.remind.{}] {zh}", self.name),
                format!("[plugins.remind.{}] {en}", self.name),
            ),
        };
        http.lacks(texts, &used).into_iter().map(concern).collect()
    }

    /// What an administrator should know of its settings.
    pub(crate) fn concerns(&self, channel: Channel) -> Vec<Concern> {
        let Way::Http(http) = &self.way else { return Vec::new() };
        let name = self.name;
        let concern = |grave: bool, zh: String, en: String| Concern {
            channel: Some(channel),
            grave,
            variable: None,
            say: Say::new(
                format!("[plugins.remind.{name}] {zh}"),
                format!("[plugins.remind.{name}] {en}"),
            ),
        };
        let mut found = Vec::new();
        if !http.shows_success() {
            found.push(concern(
                true,
                "没有说明应答怎样算成功,网关未启用,指令保留:请写 ok_pointer(如 \"/code\")和 ok_value(如 \"0\"),应答不是 JSON 的写 answer = \"text\",然后重读设置(`systemctl reload qingshou`)"
                    .to_owned(),
                "nothing says how its answers show success, so the gateway is not taken up and orders are kept: set ok_pointer (as \"/code\") and ok_value (as \"0\"), or answer = \"text\" where it is no JSON, and let the settings be read again (`systemctl reload qingshou`)"
                    .to_owned(),
            ));
        }
        for header in http.bare_secrets() {
            found.push(concern(
                false,
                format!("请求头 {header} 的值写在 qingshou.toml 里:请移入 token_file 或 token_env,这里写 {{{{ token }}}}"),
                format!("the value of header {header} stands in qingshou.toml: move it to token_file or token_env and write {{{{ token }}}} here"),
            ));
        }
        for secret in http.secrets() {
            let setting = secret.name();
            if secret.is_spoiled() {
                found.push(concern(
                    true,
                    format!("{setting} 的凭据不是一行文字(有换行或控制字符),指令保留:只留凭据本身"),
                    format!("the secret of {setting} is not one line of text, and orders are kept: leave nothing but the secret"),
                ));
            } else if secret.read().is_err() {
                let (zh, en) = missing(secret);
                let lacks_variable = secret.file().is_none();
                let variable =
                    lacks_variable.then(|| format!("[plugins.remind.{name}] {setting}"));
                found.push(Concern { variable, ..concern(true, zh, en) });
            } else if secret.is_open_to_others() {
                found.push(concern(
                    false,
                    format!("{setting} 的文件本机其他用户也能读:请 chmod 600"),
                    format!(
                        "others on this machine can read the file of {setting}: chmod 600"
                    ),
                ));
            }
        }
        found
    }
}

fn pace(settings: &Settings, channel: &'static str) -> Result<Pace, SettingsError> {
    let count = |name: &str| settings.count(&format!("{channel}.{name}"));
    let unusable = |name: &str, reason: &str| SettingsError::Unusable {
        plugin: MANIFEST.name,
        name: format!("{channel}.{name}"),
        reason: reason.to_owned(),
    };
    let within = |name: &str, least: u32, most: u32| {
        let number = u32::try_from(count(name)).ok();
        number.filter(|number| (least..=most).contains(number)).ok_or_else(|| {
            let range = format!("{least}–{most}");
            unusable(name, &format!("应为 {range} · should be {range}"))
        })
    };
    Ok(Pace {
        at_once: within("at_once", 1, 64)?,
        per_second: NonZeroU32::new(within("per_second", 0, 10_000)?),
        timeout_s: within("timeout_s", 1, 120)?,
        probe_after_s: within("probe_after_s", 1, 3_600)?,
        far: true,
    })
}

/// That a secret is not there, and what to do, in Chinese and English.
fn missing(secret: &Secret) -> (String, String) {
    let setting = secret.name();
    match secret.file() {
        Some(file) => {
            let file = file.display();
            (
                format!(
                    "{setting} 的凭据文件 {file} 不在、读不到或是空的,指令保留:备份不含凭据,请从保管处放回(归守护进程的用户,chmod 600);放好即用,不必重启"
                ),
                format!(
                    "{setting}: the file {file} with the secret is not there, cannot be read or is empty, and orders are kept: backups hold no secrets, put it back from where you keep them (the daemon's user, chmod 600); it counts at once, without a restart"
                ),
            )
        }
        None => (
            format!(
                "{setting} 指的环境变量没有或是空的:请检查守护进程的环境(`systemctl edit qingshou`)"
            ),
            format!(
                "the variable that {setting} names is missing or empty: check the daemon's environment (`systemctl edit qingshou`)"
            ),
        ),
    }
}
