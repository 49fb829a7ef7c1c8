//! A messaging company on this machine (测试网关): it answers as a test says, and
//! remembers what it was asked.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

/// Longer than anybody waits.
const FOR_EVER: Duration = Duration::from_mins(10);

/// One request, whole.
#[derive(Clone, Debug)]
pub struct Request(String);

impl Request {
    /// All of it: first line, headers, body.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What follows the headers.
    pub fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").map_or("", |parts| parts.1)
    }

    /// The value of a header, whatever the case of its name; empty where it has none.
    pub fn header(&self, name: &str) -> &str {
        let of_name = |line| value_of(line, name);
        self.0.lines().take_while(|line| !line.is_empty()).find_map(of_name).unwrap_or("")
    }

    /// The idempotency key of the order that is delivered.
    pub fn key(&self) -> &str {
        self.header("idempotency-key")
    }
}

fn value_of<'t>(line: &'t str, name: &str) -> Option<&'t str> {
    let (found, value) = line.split_once(':')?;
    found.eq_ignore_ascii_case(name).then_some(value.trim())
}

/// What the company does once it has read a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Answers with these bytes after a while, and closes.
    Bytes(Duration, String),
    /// Takes the request and says nothing.
    Silence,
    /// Closes without a word.
    HangUp,
}

impl Reply {
    /// An answer at once: `200 OK`, and a body.
    pub fn of(status: &str, body: &str) -> Self {
        Self::with(status, "", body)
    }

    /// The same with headers, each ended by `\r\n`.
    pub fn with(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        let bytes = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}connection: close\r\n\r\n{body}"
        );
        Self::Bytes(Duration::ZERO, bytes)
    }

    /// The message was taken: `{"code":0}`.
    pub fn taken() -> Self {
        Self::of("200 OK", r#"{"code":0}"#)
    }

    /// The same answer, later by so much.
    #[must_use]
    pub fn after(self, pause: Duration) -> Self {
        match self {
            Self::Bytes(before, bytes) => Self::Bytes(before + pause, bytes),
            other => other,
        }
    }
}

/// The company; its threads end with the process.
#[derive(Clone, Debug)]
pub struct Gateway {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Request>>>,
}

impl Gateway {
    /// One that answers as the function says, every request in a thread of its own.
    pub fn that(answers: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let gateway = Self { address, heard: Arc::default() };
        let (heard, answers) = (Arc::clone(&gateway.heard), Arc::new(answers));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (heard, answers) = (Arc::clone(&heard), Arc::clone(&answers));
                std::thread::spawn(move || serve(stream, &heard, &*answers));
            }
        });
        gateway
    }

    /// One that answers everything alike.
    pub fn that_always(reply: Reply) -> Self {
        Self::that(move |_| reply.clone())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has been asked so far, each request before its answer.
    pub fn heard(&self) -> Vec<Request> {
        self.heard.lock().expect("whole").clone()
    }
}

fn serve(
    mut stream: TcpStream,
    heard: &Mutex<Vec<Request>>,
    answers: &(dyn Fn(&Request) -> Reply + Send + Sync),
) {
    let request = read(&mut stream);
    heard.lock().expect("whole").push(request.clone());
    match answers(&request) {
        Reply::Bytes(pause, bytes) => {
            sleep(pause);
            // Whoever asked may have gone.
            drop(stream.write_all(bytes.as_bytes()));
        }
        Reply::Silence => sleep(FOR_EVER),
        Reply::HangUp => (),
    }
}

/// Reads a request to the end that it states, or to where the other side has stopped.
fn read(stream: &mut TcpStream) -> Request {
    let mut bytes = Vec::new();
    let mut piece = [0_u8; 4096];
    loop {
        let read = stream.read(&mut piece).unwrap_or(0);
        bytes.extend_from_slice(&piece[..read]);
        if read == 0 || is_whole(&bytes) {
            return Request(String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let text = String::from_utf8_lossy(&bytes[..head]);
    let length = text.lines().find_map(|line| value_of(line, "content-length"));
    let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or(0);
    head + 4 + length <= bytes.len()
}
