//! Outlets (出口): the ways on which orders leave. Each has its own queue, its own
//! pace and its own breaker, so that a gateway that hangs or refuses delays
//! nobody else.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::manifest::Channel;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use store::plugin::{DeliveryError, Pace, Plugin, Receipt};

use crate::breaker::Breaker;
use crate::runtime::Plugins;

/// One way out.
pub struct Outlet {
    /// The plugin whose gateway it is; `None` for what is carried out in the
    /// books of this house.
    gateway: Option<(&'static str, Channel)>,
    verbs: Vec<&'static str>,
    pace: Pace,
    limiter: Option<DefaultDirectRateLimiter>,
    breaker: Breaker,
    /// When a message was last taken, in milliseconds since 1970; 0 is never.
    last_taken_at: AtomicI64,
}

/// What an answer says of a gateway.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Health {
    /// It takes what it can.
    Works,
    /// It is broken, for this reason.
    Broken(String),
    /// Nothing.
    Unclear,
}

/// The ways out of a house: its books first, then every gateway.
pub fn all(plugins: &Plugins) -> Vec<Outlet> {
    let mut in_books = Vec::new();
    let mut gateways: BTreeMap<(&'static str, &'static str), Outlet> = BTreeMap::new();
    for plugin in plugins.iter() {
        let name = plugin.manifest().name;
        for verb in plugin.manifest().verbs {
            match verb.channel.filter(|_| !plugin.has_books(verb.name)) {
                None => in_books.push(verb.name),
                Some(channel) => gateways
                    .entry((name, channel.as_str()))
                    .or_insert_with(|| Outlet::of(plugin, channel))
                    .verbs
                    .push(verb.name),
            }
        }
    }
    let books = Outlet {
        gateway: None,
        verbs: in_books,
        pace: Pace::default(),
        limiter: None,
        breaker: Breaker::new(Duration::from_secs(1)),
        last_taken_at: AtomicI64::new(0),
    };
    std::iter::once(books).chain(gateways.into_values()).collect()
}

impl Outlet {
    fn of(plugin: &dyn Plugin, channel: Channel) -> Self {
        let pace = plugin.pace(channel);
        Self {
            gateway: Some((plugin.manifest().name, channel)),
            verbs: Vec::new(),
            pace,
            limiter: pace.per_second.map(|it| RateLimiter::direct(Quota::per_second(it))),
            breaker: Breaker::new(Duration::from_secs(u64::from(pace.probe_after_s))),
            last_taken_at: AtomicI64::new(0),
        }
    }

    /// `remind/sms`, or `books`.
    pub fn name(&self) -> String {
        match self.gateway {
            Some((plugin, channel)) => format!("{plugin}/{}", channel.as_str()),
            None => "books".to_owned(),
        }
    }

    /// Plugin and channel of its gateway.
    pub fn gateway(&self) -> Option<(&'static str, Channel)> {
        self.gateway
    }

    /// The verbs whose orders leave here.
    pub fn verbs(&self) -> &[&'static str] {
        &self.verbs
    }

    /// What its far side can take.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// Whether its orders go to another machine, whose answer takes time.
    pub fn is_far(&self) -> bool {
        self.gateway.is_some() && self.pace.far
    }

    /// How long a hand-over may take: no longer than the gateway itself.
    pub(super) fn lease_ms(&self) -> i64 {
        // A connection is given as long as an answer, and the answer is
        // written down afterwards.
        i64::from(self.pace.timeout_s) * 1000 + MARGIN_MS
    }

    /// How many of so many orders may leave now, by the pace of the far side.
    pub(super) fn permits(&self, wanted: usize) -> usize {
        match &self.limiter {
            None => wanted,
            Some(limiter) => (0..wanted).take_while(|_| limiter.check().is_ok()).count(),
        }
    }

    /// Whether it may be tried although it is stopped.
    pub(super) fn may_be_tried(&self) -> bool {
        self.breaker.allows()
    }

    /// A person, or a message that was taken, says that it works.
    pub(super) fn is_well(&self) {
        self.breaker.forget();
    }

    /// When a message was last taken by this process, in milliseconds since
    /// 1970.
    pub(super) fn last_taken_at(&self) -> Option<i64> {
        Some(self.last_taken_at.load(Ordering::Relaxed)).filter(|it| *it != 0)
    }

    /// Counts an answer.
    pub(super) fn hear(
        &self,
        now_ms: i64,
        answer: &Result<Receipt, DeliveryError>,
    ) -> Health {
        match answer {
            Ok(_) => {
                self.last_taken_at.store(now_ms, Ordering::Relaxed);
                self.breaker.works();
                Health::Works
            }
            // It takes what it can: this number is no good.
            Err(DeliveryError::Refused(_)) => {
                self.breaker.works();
                Health::Works
            }
            Err(DeliveryError::Channel(reason)) => {
                self.breaker.breaks();
                Health::Broken(reason.clone())
            }
            Err(DeliveryError::Retry { reason, .. } | DeliveryError::Unknown(reason)) => {
                if self.breaker.fails() {
                    Health::Broken(reason.clone())
                } else {
                    Health::Unclear
                }
            }
            Err(DeliveryError::Incomplete(_) | DeliveryError::Books(_)) => {
                Health::Unclear
            }
        }
    }
}

/// What may come on top of a gateway's own time, in milliseconds.
const MARGIN_MS: i64 = 5_000;
