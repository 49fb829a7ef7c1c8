//! Channels fail as channels (渠道故障): whatever a gateway does, no order is lost to
//! it, nobody gets a letter for it, and nobody else waits for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use testkit::Reply;

use super::book::Book;
use super::site::Site;

fn refuses() -> Reply {
    Reply::of("401 Unauthorized", "")
}

/// A messaging company on this machine.
struct Gateway {
    company: testkit::Gateway,
    reply: Arc<Mutex<Reply>>,
    /// How often the message of each key was taken.
    taken: Arc<Mutex<BTreeMap<String, u32>>>,
}

impl Gateway {
    fn that_answers(reply: Reply) -> Self {
        let reply = Arc::new(Mutex::new(reply));
        let taken: Arc<Mutex<BTreeMap<String, u32>>> = Arc::default();
        let (now, counts) = (Arc::clone(&reply), Arc::clone(&taken));
        let company = testkit::Gateway::that(move |request| {
            let reply = now.lock().expect("whole").clone();
            if matches!(&reply, Reply::Bytes(_, bytes) if bytes.starts_with("HTTP/1.1 200"))
            {
                let key = request.key().to_owned();
                *counts.lock().expect("whole").entry(key).or_default() += 1;
            }
            reply
        });
        Self { company, reply, taken }
    }

    fn answers_now(&self, reply: Reply) {
        *self.reply.lock().expect("whole") = reply;
    }

    /// How often the messages that were taken were taken.
    fn taken(&self) -> Vec<u32> {
        self.taken.lock().expect("whole").values().copied().collect()
    }

    fn asked(&self) -> usize {
        self.company.heard().len()
    }

    /// The settings of a channel that leads here.
    fn settings(&self, channel: &str, more: &str) -> String {
        let address = self.company.address();
        format!(
            "[plugins.remind.{channel}]\ngateway = \"http\"\n\
             url = \"http://{address}/send\"\nprobe_after_s = 1\n{more}\n"
        )
    }
}

/// A message to everybody, and a letter to whom it did not reach.
const MESSAGE_ELSE_LETTER: &str = r#"-- 群发:短信发不到的寄信
-- A message to everybody, a letter to whom it does not reach
workflow "round" {
  title = { zh = "群发", en = "Round" },
  lane = "contact",
  start = "tell",
  enrol = { days_past_due = { 1, 30 } },
}

always {
  on_refused = function(case, order) return stay() end,
  on_failed = function(case, order)
    letter "plain"
    return stay()
  end,
}

stage "tell" { sms = "plain", wait = 20 * days, next = "over" }

stage "over" { finish = "over" }
"#;

/// Old debts get a letter, and the collector calls the very old ones.
const EACH_ITS_WAY: &str = r#"-- 分渠道:短信、信件、电话各走各的
-- Messages, letters and calls, each for debts of its own age
workflow "round" {
  title = { zh = "分渠道", en = "Channels" },
  lane = "contact",
  start = "tell",
  enrol = { days_past_due = { 1, 90 } },
}

always { on_refused = function(case, order) return stay() end }

stage "tell" {
  enter = function(case)
    if case.days_past_due > 60 then
      call { by = case.collector }
    elseif case.days_past_due > 30 then
      letter "plain"
    else
      sms "plain"
    end
    return wait(20 * days, "over")
  end,
}

stage "over" { finish = "over" }
"#;

const CASES: u32 = 12;

fn site_with(workflow: &str, settings: &str) -> Site {
    let site = Site::at_noon();
    site.configure(settings);
    site.save("round.lua", workflow);
    site.save("templates/plain.txt", "贷款 {{ 贷款编号 }},请与信贷员联系。");
    site
}

fn lines_of_log(site: &Site, word: &str) -> usize {
    let log = std::fs::read_to_string(site.path("daemon.log")).unwrap_or_default();
    log.lines().filter(|line| line.contains(word)).count()
}

/// The open alarms about channels.
fn alarms(site: &Site) -> Vec<serde_json::Value> {
    site.rows(&["task", "ls", "--kind", "channel_fault"])
}

#[test]
fn a_gateway_that_refuses_the_house_keeps_every_order_and_writes_no_letter() {
    let gateway = Gateway::that_answers(refuses());
    let declared = gateway.settings("sms", "ok_pointer = \"/code\"");
    let site = site_with(MESSAGE_ELSE_LETTER, &declared);
    let mut book = Book::of(&site);
    book.lend(&site, CASES, 10);
    let daemon = site.start_and_wait();
    site.until_equal("all are held", &u64::from(CASES), || site.orders("sms", "held"));
    // It is tried now and then, and still every order is kept.
    let asked = gateway.asked();
    site.until("the channel is tried", || (asked + 2 <= gateway.asked()).then_some(()));
    daemon.kill_nine();
    let daemon = site.start_and_wait();
    let asked = gateway.asked();
    site.until("it is tried again", || (asked < gateway.asked()).then_some(()));
    assert_eq!(alarms(&site).len(), 1, "a death opens no second one");
    // Longer than an order lives, and a restart that meets them all as old.
    daemon.kill_nine();
    site.let_days_pass_on_the_way(9);
    let daemon = site.start_and_wait();
    let asked = gateway.asked();
    site.until("it is tried again", || (asked + 2 <= gateway.asked()).then_some(()));
    let told = site.ok(&["status"]);
    assert!(told.contains("CHANNEL AT FAULT: sms"), "{told}");
    for (verb, status) in [("sms", "failed"), ("sms", "unknown"), ("letter", "delivered")]
    {
        assert_eq!(site.orders(verb, status), 0, "{verb} {status}");
    }
    assert_eq!(lines_of_log(&site, "is stopped and keeps its orders"), 1, "one alarm");
    let [alarm] = alarms(&site).try_into().expect("one alarm, whatever waits");
    assert_eq!(alarm["for_role"], "supervisor");
    assert!(alarm["title"].as_str().expect("a title").contains("401"), "{alarm}");
    // Who pays meanwhile gets nothing more.
    let paid = format!(
        "seq,date,case_id,kind,amount\n9001,{},{},payment,500\n",
        site.today(),
        Book::case(0)
    );
    site.import("events", &paid);
    gateway.answers_now(Reply::taken());
    let all = u64::from(CASES) - 1;
    site.until_equal("all get through", &all, || site.orders("sms", "delivered"));
    let taken = gateway.taken();
    assert_eq!(taken, vec![1; taken.len()], "each left once");
    assert_eq!(taken.len(), CASES as usize - 1);
    assert_eq!(site.orders("sms", "cancelled"), 1, "and nobody who has paid");
    for status in ["failed", "expired"] {
        assert_eq!(site.orders("sms", status), 0, "{status}");
    }
    assert_eq!(site.orders("letter", "delivered"), 0, "no letter was written");
    site.until("the alarm is over", || alarms(&site).is_empty().then_some(()));
    daemon.stop();
    site.verify();
}

/// That everybody got the message once, and nobody a letter in its place.
fn assert_all_once_and_no_letter(site: &Site, gateway: &Gateway) {
    let all = u64::from(CASES);
    site.until_equal("all get through", &all, || site.orders("sms", "delivered"));
    assert_eq!(gateway.taken(), vec![1; CASES as usize], "each left once");
    for (verb, status) in [("sms", "failed"), ("sms", "expired"), ("letter", "delivered")]
    {
        assert_eq!(site.orders(verb, status), 0, "{verb} {status}");
    }
}

#[test]
fn what_a_person_stopped_for_longer_than_an_order_lives_leaves_once_and_as_no_letter() {
    let gateway = Gateway::that_answers(Reply::taken());
    let declared = gateway.settings("sms", "ok_pointer = \"/code\"");
    let site = site_with(MESSAGE_ELSE_LETTER, &declared);
    let mut book = Book::of(&site);
    book.lend(&site, CASES, 10);
    site.ok(&["pause", "channel", "sms", "--reason", "合同到期"]);
    let daemon = site.start_and_wait();
    site.until_equal("all are held", &u64::from(CASES), || site.orders("sms", "held"));
    daemon.kill_nine();
    site.let_days_pass_on_the_way(9);
    let daemon = site.start_and_wait();
    site.ok(&["resume", "channel", "sms", "--reason", "已续签"]);
    assert_all_once_and_no_letter(&site, &gateway);
    daemon.stop();
    site.verify();
}

#[test]
fn what_waited_for_a_setting_longer_than_an_order_lives_leaves_once_and_as_no_letter() {
    let gateway = Gateway::that_answers(Reply::taken());
    let lacking = r#"
        ok_pointer = "/code"
        body = '{"to": {{ to }}, "template": {{ template_id }}}'
        template_ids = "remind_1 = T1"
    "#;
    let site = site_with(MESSAGE_ELSE_LETTER, &gateway.settings("sms", lacking));
    let mut book = Book::of(&site);
    book.lend(&site, CASES, 10);
    let daemon = site.start_and_wait();
    let waits = || {
        let rows = site.rows(&["order", "ls", "--status", "pending"]);
        rows.iter().filter(|row| row.to_string().contains("template_ids")).count()
    };
    site.until_equal("all wait", &(CASES as usize), waits);
    daemon.kill_nine();
    site.let_days_pass_on_the_way(9);
    let daemon = site.start_and_wait();
    site.until_equal("all wait still", &(CASES as usize), waits);
    daemon.kill_nine();
    assert_eq!(gateway.asked(), 0);
    site.let_days_pass_on_the_way(1);
    site.set("remind_1 = T1", "plain = T2");
    let daemon = site.start_and_wait();
    assert_all_once_and_no_letter(&site, &gateway);
    daemon.stop();
    site.verify();
}

#[test]
fn what_grew_too_old_while_no_daemon_ran_ends_and_nobody_gets_a_letter_for_it() {
    let site = Site::at_night();
    site.save("round.lua", MESSAGE_ELSE_LETTER);
    site.save("templates/plain.txt", "贷款 {{ 贷款编号 }},请与信贷员联系。");
    let mut book = Book::of(&site);
    book.lend(&site, CASES, 10);
    let daemon = site.start_and_wait();
    let all = u64::from(CASES);
    site.until_equal("all wait for the day", &all, || site.orders("sms", "pending"));
    daemon.kill_nine();
    site.let_days_pass_on_the_way(9);
    let daemon = site.start_and_wait();
    site.until_equal("all are too old", &all, || site.orders("sms", "expired"));
    daemon.stop();
    let letters = site.rows(&["order", "ls"]);
    assert!(letters.iter().all(|c| c["verb"] == "sms"), "{letters:?}");
    site.verify();
}

#[test]
fn a_gateway_that_hangs_delays_nobody_else_and_not_the_end() {
    let gateway = Gateway::that_answers(Reply::Silence);
    let patient = gateway.settings("sms", "ok_pointer = \"/code\"\ntimeout_s = 60");
    let site = site_with(EACH_ITS_WAY, &patient);
    let mut book = Book::of(&site);
    for days in [10, 40, 70] {
        book.lend(&site, CASES, days);
    }
    let began = Instant::now();
    let daemon = site.start_and_wait();
    let all = u64::from(CASES);
    for verb in ["letter", "call"] {
        site.until_equal(verb, &all, || site.orders(verb, "delivered"));
    }
    assert!(began.elapsed() < Duration::from_secs(50), "nobody waited for the timeout");
    assert_eq!(site.orders("sms", "delivered"), 0);
    let asked = Instant::now();
    daemon.stop();
    assert!(asked.elapsed() < Duration::from_secs(6), "{:?}", asked.elapsed());
    site.verify();
}

#[test]
fn a_gateway_whose_success_nobody_declared_is_not_taken_up() {
    let gateway = Gateway::that_answers(Reply::taken());
    let site = site_with(EACH_ITS_WAY, &gateway.settings("sms", ""));
    let mut book = Book::of(&site);
    for days in [10, 40] {
        book.lend(&site, CASES, days);
    }
    let daemon = site.start_and_wait();
    let all = u64::from(CASES);
    site.until_equal("letters leave", &all, || site.orders("letter", "delivered"));
    site.until_equal("messages wait", &all, || site.orders("sms", "held"));
    assert_eq!(gateway.asked(), 0, "nothing was sent");
    let rows = site.rows(&["gateway", "ls"]);
    let sms = rows.iter().find(|row| row["channel"] == "sms").expect("a row");
    assert_eq!((&sms["state"], &sms["held"]), (&"fault".into(), &all.into()), "{sms}");
    let doctor = site.run(&["doctor"]);
    assert_eq!(doctor.exit, 1);
    assert!(doctor.out.contains("ok_pointer"), "{}", doctor.out);
    daemon.stop();
    site.verify();
}

#[test]
fn what_a_gateway_took_while_the_store_was_kept_is_not_sent_again() {
    let gateway = Gateway::that_answers(Reply::taken().after(Duration::from_millis(300)));
    // A lease ends five seconds after the patience with the gateway.
    let hasty = "ok_pointer = \"/code\"\ntimeout_s = 1\nat_once = 8";
    let site = site_with(EACH_ITS_WAY, &gateway.settings("sms", hasty));
    let mut book = Book::of(&site);
    book.lend(&site, 40, 10);
    let daemon = site.start_and_wait();
    site.until("the first are taken", || (2 <= gateway.asked()).then_some(()));
    site.keep_store_for(Duration::from_secs(7));
    site.until_equal("all are delivered", &40, || site.orders("sms", "delivered"));
    let taken = gateway.taken();
    assert_eq!(taken, vec![1; 40], "each left once");
    assert_eq!(alarms(&site).len(), 0, "nothing was at fault");
    daemon.stop();
    site.verify();
}
