//! The way a message leaves the house (网关): the spool folder or an HTTP interface.

use std::path::Path;

use domain::order::Order;
use store::plugin::{DeliveryError, Receipt};
use store::plugin_settings::{Settings, SettingsError};
use store::spool::Spool;

use crate::http::Http;

/// The gateway of one channel.
pub(crate) enum Gateway {
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
        match settings.text(&format!("{channel}.gateway")) {
            "http" => Ok(Self::Http(Box::new(Http::new(settings, channel)?))),
            _ => Ok(Self::Spool(Spool::of_site(site))),
        }
    }

    /// Hands over one message.
    pub(crate) async fn send(&self, order: &Order) -> Result<Receipt, DeliveryError> {
        match self {
            Self::Spool(spool) => spool.put(order).await,
            Self::Http(http) => http.send(order).await,
        }
    }

    /// Whether a message with this key has arrived.
    pub(crate) async fn query(
        &self,
        key: &str,
    ) -> Result<Option<Receipt>, DeliveryError> {
        match self {
            Self::Spool(spool) => spool.find(key).await,
            Self::Http(http) => http.query(key).await,
        }
    }
}
