//! A gateway for text messages (短信网关) on the loopback: it takes its time, says
//! yes, and remembers what it heard.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::site::Site;

/// The far side; its threads end with the process.
pub(crate) struct Gateway {
    url: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Gateway {
    /// One that takes so long for each message.
    pub(crate) fn that_takes(time: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let ear = Arc::clone(&ear);
                std::thread::spawn(move || answer(stream, &ear, time));
            }
        });
        Self { url: format!("http://{address}/sms"), heard }
    }

    /// Lets a site send its text messages through it.
    pub(crate) fn serves(&self, site: &Site) {
        self.serves_with(site, "");
    }

    /// The same, with more settings of it.
    pub(crate) fn serves_with(&self, site: &Site, more: &str) {
        let url = &self.url;
        site.configure(&format!(
            "[plugins.remind.sms]\ngateway = \"http\"\nurl = \"{url}\"\n\
             ok_pointer = \"/code\"\n{more}"
        ));
    }

    /// How many messages it has got.
    pub(crate) fn heard(&self) -> usize {
        self.heard.lock().expect("whole").len()
    }

    /// All that it has heard.
    pub(crate) fn texts(&self) -> String {
        self.heard.lock().expect("whole").join("\n")
    }
}

fn answer(mut stream: TcpStream, heard: &Mutex<Vec<String>>, time: Duration) {
    heard.lock().expect("whole").push(whole_request(&mut stream));
    std::thread::sleep(time);
    let reply =
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n{\"code\":0}";
    // Whoever asked may have gone.
    drop(stream.write_all(reply.as_bytes()));
}

/// What somebody says, to its end.
pub(super) fn whole_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut piece = [0_u8; 4096];
    while !is_whole(&request) {
        let read = stream.read(&mut piece).unwrap_or(0);
        if read == 0 {
            break;
        }
        request.extend_from_slice(&piece[..read]);
    }
    String::from_utf8_lossy(&request).into_owned()
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length =
        head.split("content-length:").nth(1).and_then(|it| it.split("\r\n").next());
    let length: usize = length.and_then(|it| it.trim().parse().ok()).unwrap_or(0);
    let head = request.windows(4).position(|it| it == b"\r\n\r\n").unwrap_or(0);
    head + 4 + length <= request.len()
}
