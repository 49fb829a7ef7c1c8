//! A gateway in bad moods (坏脾气的网关): it is slow, answers nonsense, hangs up, and
//! sometimes says no although it has taken the message. It remembers what it promised.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use testkit::{Reply, Request};

use super::rng::Rng;
use super::site::Site;

/// The far side.
pub(crate) struct Moody {
    company: testkit::Gateway,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    rng: Rng,
    is_kind: bool,
    /// The keys of messages that it said it has taken.
    promised: BTreeSet<String>,
}

/// What it does with a message.
enum Mood {
    Takes,
    TakesItsTime,
    Fails,
    HangsUp,
    TalksNonsense,
}

impl Moody {
    pub(crate) fn of(seed: u64) -> Self {
        let shared =
            Shared { rng: Rng::of(seed), is_kind: false, promised: BTreeSet::new() };
        let shared = Arc::new(Mutex::new(shared));
        let ear = Arc::clone(&shared);
        let answers = move |request: &Request| answer(request, &ear);
        Self { company: testkit::Gateway::that(answers), shared }
    }

    /// Lets a site send its text messages through it.
    pub(crate) fn serves(&self, site: &Site) {
        let address = self.company.address();
        site.configure(&format!(
            "[plugins.remind.sms]\ngateway = \"http\"\nurl = \"http://{address}/sms\"\nok_pointer = \"/code\"\n"
        ));
    }

    /// From now on it takes every message.
    pub(crate) fn be_kind(&self) {
        self.shared.lock().expect("whole").is_kind = true;
    }

    /// Whether it has said that it took the message of this key.
    pub(crate) fn has_promised(&self, key: &str) -> bool {
        self.shared.lock().expect("whole").promised.contains(key)
    }
}

impl Shared {
    fn mood(&mut self) -> Mood {
        match self.rng.below(20) {
            _ if self.is_kind => Mood::Takes,
            0 => Mood::Fails,
            1 => Mood::HangsUp,
            2 => Mood::TalksNonsense,
            3 => Mood::TakesItsTime,
            _ => Mood::Takes,
        }
    }
}

fn answer(request: &Request, shared: &Mutex<Shared>) -> Reply {
    let mut shared = shared.lock().expect("whole");
    let mood = shared.mood();
    if matches!(mood, Mood::Takes | Mood::TakesItsTime) {
        shared.promised.insert(request.key().to_owned());
    }
    match mood {
        Mood::HangsUp => Reply::HangUp,
        Mood::Fails => Reply::of("503 Service Unavailable", "{\"code\":0}"),
        Mood::TalksNonsense => Reply::of("200 OK", "<html>{{%"),
        Mood::TakesItsTime => Reply::taken().after(Duration::from_millis(400)),
        Mood::Takes => Reply::taken(),
    }
}
