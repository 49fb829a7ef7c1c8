//! A slow gateway (网关迟缓): what queues behind it is reviewed again when its turn
//! comes, and the daemon still listens.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::book::Book;
use super::site::{Daemon, Site};

/// The far side takes so long for one message.
const SLOW: Duration = Duration::from_millis(1_500);
const CASES: u32 = 10;

/// The requests that the gateway has got.
type Heard = Arc<Mutex<Vec<String>>>;

const REMIND: &str = r#"-- 群发:每个客户一条短信
-- A message to everybody
workflow "round" {
  title = { zh = "群发", en = "Round" },
  lane = "contact",
  start = "tell",
  enrol = { days_past_due = { 1, 30 } },
}

always { on_refused = function(case, order) return stay() end }

stage "tell" { sms = "plain", wait = 20 * days, next = "over" }

stage "over" { finish = "over" }
"#;

/// A daemon that has handed its first message to the gateway, and what the
/// gateway hears.
fn behind_a_slow_gateway(cases: u32) -> (Site, Daemon, Heard) {
    let gateway = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}/sms", gateway.local_addr().expect("it has an address"));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    // The thread ends with the process.
    std::thread::spawn(move || {
        for stream in gateway.incoming().flatten() {
            answer_slowly(stream, &ear);
        }
    });
    let site = Site::at_noon();
    site.configure(&format!(
        "[plugins.remind.sms]\ngateway = \"http\"\nurl = \"{url}\"\n\
         ok_pointer = \"/code\"\nat_once = 1\n"
    ));
    site.save("round.lua", REMIND);
    site.save("templates/plain.txt", "贷款 {{ 贷款编号 }},请与信贷员联系。");
    let mut book = Book::of(&site);
    book.lend(&site, cases, 10);
    let daemon = site.start_and_wait();
    site.until("the first message is taken", || {
        (!heard.lock().expect("whole").is_empty()).then_some(())
    });
    (site, daemon, heard)
}

#[test]
fn who_pays_while_messages_queue_behind_a_slow_gateway_is_not_reminded() {
    let (site, daemon, heard) = behind_a_slow_gateway(CASES);
    let last = Book::case(CASES - 1);
    site.ok(&[
        "pay",
        &last,
        "--amount",
        "500",
        "--receipt",
        "88001",
        "--reason",
        "counter",
    ]);
    let told = u64::from(CASES - 1);
    site.until_equal("the others are told", &told, || site.orders("sms", "delivered"));
    site.until_equal("the last is let be", &1, || site.orders("sms", "cancelled"));
    let texts = heard.lock().expect("whole").join("\n");
    assert!(!texts.contains(&last), "the debtor had paid: {texts}");
    daemon.stop();
    site.verify();
}

#[test]
fn a_daemon_told_to_stop_does_not_wait_for_the_whole_queue() {
    let (site, daemon, _) = behind_a_slow_gateway(40);
    let asked = Instant::now();
    daemon.stop();
    // Forty messages take a minute.
    assert!(asked.elapsed() < Duration::from_secs(30), "{:?}", asked.elapsed());
    site.verify();
    assert_eq!(site.orders("sms", "leased"), 0, "what did not leave is given back");
}

/// Takes one request, keeps its body, and answers after a while.
fn answer_slowly(mut stream: TcpStream, heard: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let mut piece = [0_u8; 4096];
    loop {
        let read = stream.read(&mut piece).unwrap_or(0);
        request.extend_from_slice(&piece[..read]);
        if read == 0 || is_whole(&request) {
            break;
        }
    }
    heard.lock().expect("whole").push(String::from_utf8_lossy(&request).into_owned());
    std::thread::sleep(SLOW);
    let reply =
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n{\"code\":0}";
    // Whoever asked may have gone.
    drop(stream.write_all(reply.as_bytes()));
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
