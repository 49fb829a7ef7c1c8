//! A gateway in bad moods (坏脾气的网关): it is slow, answers nonsense, hangs up, and
//! sometimes says no although it has taken the message. It remembers what it promised.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::gateway::whole_request;
use super::rng::Rng;
use super::site::Site;

/// The far side; its threads end with the process.
pub(crate) struct Moody {
    url: String,
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
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let shared =
            Shared { rng: Rng::of(seed), is_kind: false, promised: BTreeSet::new() };
        let shared = Arc::new(Mutex::new(shared));
        let ear = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let ear = Arc::clone(&ear);
                std::thread::spawn(move || answer(stream, &ear));
            }
        });
        Self { url: format!("http://{address}/sms"), shared }
    }

    /// Lets a site send its text messages through it.
    pub(crate) fn serves(&self, site: &Site) {
        let url = &self.url;
        site.configure(&format!(
            "[plugins.remind.sms]\ngateway = \"http\"\nurl = \"{url}\"\nok_pointer = \"/code\"\n"
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

fn answer(mut stream: TcpStream, shared: &Mutex<Shared>) {
    let request = whole_request(&mut stream);
    let key = request.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("idempotency-key").then(|| value.trim().to_owned())
    });
    let mood = shared.lock().expect("whole").mood();
    let (status, body) = match mood {
        Mood::HangsUp => return,
        Mood::Fails => ("503 Service Unavailable", "{\"code\":0}"),
        Mood::TalksNonsense => ("200 OK", "<html>{{%"),
        Mood::TakesItsTime => {
            std::thread::sleep(Duration::from_millis(400));
            ("200 OK", "{\"code\":0}")
        }
        Mood::Takes => ("200 OK", "{\"code\":0}"),
    };
    if matches!(mood, Mood::Takes | Mood::TakesItsTime) {
        shared.lock().expect("whole").promised.extend(key);
    }
    let length = body.len();
    let reply = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    // Whoever asked may have gone.
    drop(stream.write_all(reply.as_bytes()));
}
