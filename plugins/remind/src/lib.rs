//! Reminding (提醒): text messages, WeChat, letters, and work for people at the desk.
//!
//! Messages leave through a gateway, one for each channel: the spool folder
//! until an HTTP gateway is set up. Calls and other work open a task.

mod answer;
mod connection;
mod tasks;
mod gateway;
mod http;
mod manifest;
mod secret;
mod settings;
mod sign;
mod template;
mod wording;

use std::collections::BTreeMap;
use std::path::Path;

use async_trait::async_trait;
use domain::conduct::Approved;
use domain::ids::{CaseId, OrderId, PartyId};
use domain::manifest::{Act, Channel, DeliveryClass, Manifest};
use domain::order::{Order, Recipient};
use domain::party::Role;
use jiff::civil::Date;
use serde_json::{Map, Value};
use store::Conn;
use store::plugin::{
    Books, BooksError, Concern, DeliveryError, Pace, Plugin, Receipt, Texts, Trial,
};
use store::plugin_settings::{Settings, SettingsError};
use store::spool::Spool;

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
            "call" => tasks::open_call(order, needed(books)?),
            "task" => tasks::open_task(order, needed(books)?),
            "sms" | "wechat" | "letter" | "notice" => {
                self.gateway_for(order)?.send(order).await
            }
            verb => Err(DeliveryError::Refused(format!(
                "提醒插件没有动作 `{verb}` · the plugin has no verb `{verb}`"
            ))),
        }
    }

    fn gateway_for(&self, order: &Order) -> Result<&Gateway, DeliveryError> {
        order.channel.and_then(|channel| self.gateway_of(channel)).ok_or_else(|| {
            DeliveryError::Refused(format!(
                "`{0}` 的渠道没有网关 · the channel of `{0}` has no gateway",
                order.verb
            ))
        })
    }

    fn gateway_of(&self, channel: Channel) -> Option<&Gateway> {
        match channel {
            Channel::Sms => Some(&self.sms),
            Channel::WechatWork => Some(&self.wechat),
            Channel::LetterPost | Channel::LetterHand => Some(&self.letter),
            Channel::Phone | Channel::Visit => None,
        }
    }
}

/// A message about nobody's debt, for a person who tries a gateway.
fn trial(channel: Channel, to: &str, key: &str) -> Order {
    let is = |it: Channel| (channel == it).then(|| to.to_owned());
    let delivery = match channel {
        Channel::LetterPost | Channel::LetterHand => DeliveryClass::QueryBeforeRetry,
        _ => DeliveryClass::AtLeastOnce,
    };
    Order {
        id: OrderId(0),
        case_id: CaseId(0),
        case_no: "TEST".to_owned(),
        instance_id: None,
        verb: "test".to_owned(),
        delivery,
        channel: Some(channel),
        act: Act::Internal,
        second_person: false,
        requested_by: "gateway test".to_owned(),
        collector: None,
        recipient: Some(Recipient {
            id: PartyId(0),
            role: Role::UnrelatedThirdParty,
            name: "测试".to_owned(),
            phone: is(Channel::Sms),
            wechat: is(Channel::WechatWork),
            address: is(Channel::LetterPost),
            village: None,
            guarantee: None,
        }),
        args: Map::new(),
        text: Some("【测试】这是网关测试消息,与任何贷款无关,请忽略。TEST: a trial of the gateway, about no loan; please ignore.".to_owned()),
        words: BTreeMap::new(),
        states_amount: None,
        idempotency_key: key.to_owned(),
        attempts: 0,
        today: Date::MIN,
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

    async fn deliver_together(
        &self,
        orders: &[&Approved<Order>],
    ) -> Option<Vec<Result<Receipt, DeliveryError>>> {
        let orders: Vec<&Order> = orders.iter().map(|order| order.order()).collect();
        let spools: Option<Vec<&Spool>> =
            orders.iter().map(|order| self.gateway_for(order).ok()?.spool()).collect();
        // They all write into the one tray of the site.
        let spool = *spools?.first()?;
        Some(spool.put_all(&orders).await)
    }

    async fn query(
        &self,
        idempotency_key: &str,
    ) -> Result<Option<Receipt>, DeliveryError> {
        // Only letters are delivered with `query_before_retry`.
        self.letter.query(idempotency_key).await
    }

    fn pace(&self, channel: Channel) -> Pace {
        self.gateway_of(channel).map(Gateway::pace).unwrap_or_default()
    }

    async fn try_channel(&self, channel: Channel, to: &str, key: &str) -> Trial {
        let order = trial(channel, to, key);
        match self.gateway_for(&order) {
            Ok(gateway) => gateway.try_out(&order).await,
            Err(error) => Trial::unanswered(error),
        }
    }

    fn gateway(&self, channel: Channel) -> Option<store::plugin::Gateway> {
        self.gateway_of(channel).map(Gateway::look)
    }

    fn lacks(&self, texts: &Texts) -> Vec<Concern> {
        let letters = [Channel::LetterPost, Channel::LetterHand];
        let mut found = self.sms.lacks(&[Channel::Sms], texts);
        found.extend(self.wechat.lacks(&[Channel::WechatWork], texts));
        found.extend(self.letter.lacks(&letters, texts));
        found
    }

    fn concerns(&self) -> Vec<Concern> {
        [
            (&self.sms, Channel::Sms),
            (&self.wechat, Channel::WechatWork),
            (&self.letter, Channel::LetterPost),
        ]
        .into_iter()
        .flat_map(|(gateway, channel)| gateway.concerns(channel))
        .collect()
    }
}

fn needed<'a, 't>(
    books: Option<&'a mut Books<'t>>,
) -> Result<&'a mut Books<'t>, DeliveryError> {
    books.ok_or_else(|| BooksError("开立待办需要事务".to_owned()).into())
}

#[cfg(test)]
mod tests;
