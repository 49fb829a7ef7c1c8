//! Reminding (提醒): text messages, WeChat, letters, and work for people at the desk.
//!
//! Messages leave through a gateway, one for each channel: the spool folder
//! until an HTTP gateway is set up. Calls and other work open a task.

mod answer;
mod desk;
mod gateway;
mod http;
mod manifest;
mod template;

use std::path::Path;

use async_trait::async_trait;
use domain::conduct::Approved;
use domain::manifest::{Channel, Manifest};
use domain::order::Order;
use jiff::civil::Date;
use serde_json::{Map, Value};
use store::Conn;
use store::plugin::{Books, BooksError, DeliveryError, Plugin, Receipt};
use store::plugin_settings::{Settings, SettingsError};

pub use crate::manifest::MANIFEST;

use crate::gateway::Gateway;

/// The plugin for one site, with what `[plugins.remind]` says.
///
/// # Errors
///
/// [`SettingsError`] for an unknown key, a value of the wrong type, a gateway
/// without an address, or a body template that does not make JSON.
pub fn plugin(
    settings: &Map<String, Value>,
    site: &Path,
) -> Result<Box<dyn Plugin>, SettingsError> {
    Ok(Box::new(Remind::new(settings, site)?))
}

/// One gateway for each channel.
struct Remind {
    sms: Gateway,
    wechat: Gateway,
    letter: Gateway,
}

impl Remind {
    fn new(settings: &Map<String, Value>, site: &Path) -> Result<Self, SettingsError> {
        let settings = Settings::read(&MANIFEST, settings)?;
        Ok(Self {
            sms: Gateway::new(&settings, "sms", site)?,
            wechat: Gateway::new(&settings, "wechat", site)?,
            letter: Gateway::new(&settings, "letter", site)?,
        })
    }

    async fn carry_out(
        &self,
        order: &Order,
        books: Option<&mut Books<'_>>,
    ) -> Result<Receipt, DeliveryError> {
        match order.verb.as_str() {
            "call" => desk::open_call(order, needed(books)?),
            "task" => desk::open_task(order, needed(books)?),
            "sms" | "wechat" | "letter" | "notice" => {
                self.gateway(order)?.send(order).await
            }
            verb => Err(DeliveryError::Refused(format!("提醒插件没有动作 `{verb}`"))),
        }
    }

    fn gateway(&self, order: &Order) -> Result<&Gateway, DeliveryError> {
        match order.channel {
            Some(Channel::Sms) => Ok(&self.sms),
            Some(Channel::WechatWork) => Ok(&self.wechat),
            Some(Channel::LetterPost | Channel::LetterHand) => Ok(&self.letter),
            Some(Channel::Phone | Channel::Visit) | None => {
                Err(DeliveryError::Refused(format!("`{}` 的渠道没有网关", order.verb)))
            }
        }
    }
}

#[async_trait]
impl Plugin for Remind {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    fn has_books(&self, verb: &str) -> bool {
        matches!(verb, "call" | "task")
    }

    async fn sweep_due(&self, _: &mut Conn) -> Result<Option<Date>, BooksError> {
        Ok(None)
    }

    async fn deliver(
        &self,
        order: &Approved<Order>,
        books: Option<&mut Books<'_>>,
    ) -> Result<Receipt, DeliveryError> {
        self.carry_out(order.order(), books).await
    }

    async fn query(
        &self,
        idempotency_key: &str,
    ) -> Result<Option<Receipt>, DeliveryError> {
        // Only letters are delivered with `query_before_retry`.
        self.letter.query(idempotency_key).await
    }
}

fn needed<'a, 't>(
    books: Option<&'a mut Books<'t>>,
) -> Result<&'a mut Books<'t>, DeliveryError> {
    books.ok_or_else(|| BooksError("开立待办需要事务".to_owned()).into())
}

#[cfg(test)]
mod tests;
