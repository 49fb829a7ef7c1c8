//! A gateway for text messages (短信网关) on the loopback: it takes its time, says
//! yes, and remembers what it heard.

use std::time::Duration;

use testkit::{Reply, Request};

use super::site::Site;

/// The far side.
pub(crate) struct Gateway(testkit::Gateway);

impl Gateway {
    /// One that takes so long for each message.
    pub(crate) fn that_takes(time: Duration) -> Self {
        Self(testkit::Gateway::that_always(Reply::taken().after(time)))
    }

    /// Lets a site send its text messages through it.
    pub(crate) fn serves(&self, site: &Site) {
        self.serves_with(site, "");
    }

    /// The same, with more settings of it.
    pub(crate) fn serves_with(&self, site: &Site, more: &str) {
        let address = self.0.address();
        site.configure(&format!(
            "[plugins.remind.sms]\ngateway = \"http\"\nurl = \"http://{address}/sms\"\n\
             ok_pointer = \"/code\"\n{more}"
        ));
    }

    /// How many messages it has got.
    pub(crate) fn heard(&self) -> usize {
        self.0.heard().len()
    }

    /// All that it has heard.
    pub(crate) fn texts(&self) -> String {
        let heard = self.0.heard();
        heard.iter().map(Request::text).collect::<Vec<_>>().join("\n")
    }
}
