//! A hard day (耐久): a daemon at work, and everything that can befall it, drawn by
//! lot; afterwards nothing that was acknowledged is lost and nothing left twice.
//!
//! `tests/soak` runs an hour of it; the tests a minute, and a few seconds where the long
//! tests are left out. `SOAK_SECONDS` and `SEED` say otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::ToSpan;
use serde_json::Value;

use crate::stories::moody::Moody;
use crate::stories::rng::{Rng, asked};
use crate::stories::site::{Daemon, Site};

/// A text message, then a letter that may leave only once, a call and a suit that a
/// second person approves.
const DAY: &str = r#"-- 耐久演练:短信、催收函、电话、起诉
-- A hard day: a text message, a letter, a call, a suit
workflow "day" {
  title = { zh = "一天", en = "Day" },
  lane = "contact",
  start = "at_work",
  enrol = { days_past_due = { 1, 60 } },
}

always {
  on_delivered = function(case, order)
    if order.verb == "sms" then
      demand_letter "demand"
      call "first_call"
    elseif order.verb == "demand_letter" then
      file_suit { claim = case.overdue, court = "演练法院" }
    end
    return stay()
  end,
  on_unknown = function(case, order) return stay() end,
  on_refused = function(case, order) return stay() end,
  on_rejected = function(case) return stay() end,
  on_matter_opened = function(case) return stay() end,
}

stage "at_work" { sms = "remind", wait = 30 * days, next = "over" }

stage "over" { finish = "over" }
"#;

const TEXT: &str = "{{ 客户 }}:贷款 {{ 贷款编号 }} 逾期 {{ 逾期金额 }} 元,请还款。";

const PEOPLE: &str = r#"
[[people]]
name = "示例主任"
login = "root"
roles = ["administrator", "supervisor", "legal"]
"#;

/// An edit of the folder: the file, and what stands in it then.
struct Edit {
    file: &'static str,
    text: fn() -> String,
}

/// What is saved into the folder, and taken back after a while: sound edits, slips,
/// and scripts and templates that mean harm.
const EDITS: &[Edit] = &[
    Edit { file: "day.lua", text: || DAY.replace("30 * days", "31 * days") },
    Edit { file: "day.lua", text: || format!("{DAY}-- 改过\n") },
    Edit { file: "templates/remind.txt", text: || format!("您好,{TEXT}") },
    Edit { file: "day.lua", text: || DAY.replace("return stay() end,", "retrun stay()") },
    Edit { file: "day.lua", text: || DAY.replace("\"at_work\"", "\"elsewhere\"") },
    Edit { file: "day.lua", text: || DAY[..DAY.len() / 2].to_owned() },
    Edit { file: "harm.lua", text: || "while true do end".to_owned() },
    Edit {
        file: "harm.lua",
        text: || {
            "local t = {}\nwhile true do t[#t + 1] = string.rep(\"x\", 1000000) end"
                .to_owned()
        },
    },
    Edit { file: "harm.lua", text: || format!("return {}", "(".repeat(50_000)) },
    Edit {
        file: "harm.lua",
        text: || "setting { name = \"a\", default = setting.a }".to_owned(),
    },
    Edit {
        file: "templates/remind.txt",
        text: || {
            "{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}"
                .to_owned()
        },
    },
    Edit {
        file: "templates/remind.txt",
        text: || "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}".to_owned(),
    },
    Edit { file: "settings.toml", text: || "[day\n".to_owned() },
    Edit { file: "templates/demand.txt", text: || "\u{feff}{{ 姓名 }}".to_owned() },
];

/// Something that may befall the daemon, and how often it is drawn.
struct Act {
    what: &'static str,
    weight: u64,
    run: fn(&mut Soak),
}

const fn act(what: &'static str, weight: u64, run: fn(&mut Soak)) -> Act {
    Act { what, weight, run }
}

const ACTS: &[Act] = &[
    act("a list of loans", 3, Soak::lend),
    act("a list of payments", 4, Soak::take_in_payments),
    act("a payment", 6, Soak::pay),
    act("a call", 3, Soak::call),
    act("a promise", 2, Soak::promise),
    act("a hold", 2, Soak::hold),
    act("an approval", 4, Soak::approve),
    act("an edit", 5, Soak::edit),
    act("a confirmation", 2, Soak::confirm_release),
    act("a death", 3, Soak::kill),
    act("a stop", 1, Soak::stop),
    act("standing still", 2, Soak::hold_still),
    act("a full disk", 1, Soak::fill_the_disk),
    act("a pause", 1, Soak::pause_sending),
    act("a look", 2, Soak::look),
    act("a backup", 1, Soak::back_up),
];

/// The most memory that the daemon may hold.
const MOST_MB: u64 = 200;
const CASES_A_LIST: u32 = 5;
/// An act that takes longer is told.
const SLOW: Duration = Duration::from_secs(2);

struct Soak {
    site: Site,
    disk: Option<SmallDisk>,
    gateway: Moody,
    daemon: Option<Daemon>,
    rng: Rng,
    /// Says how to run this again.
    again: String,
    cases: u32,
    payments: u32,
    /// Lists that were handed in, whole or not, each with what it is a list of.
    lists: Vec<(&'static str, PathBuf)>,
    /// Entries by hand, by what they say; whether the program said yes.
    entries: BTreeMap<String, (String, bool)>,
    /// Cases that got a hold, and whether one stands that can be lifted.
    holds: BTreeMap<String, bool>,
    edited: Option<&'static str>,
    peak_mb: u64,
    acts: u64,
}

/// A small file system under a site, taken away at the end.
struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// Puts one under the site; what stood there is written anew.
    fn under(site: &Site) -> Option<Self> {
        let settings = std::fs::read_to_string(site.path("qingshou.toml"))
            .expect("settings can be read");
        let path = site.path("");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=300m,mode=0700", "tmpfs"])
            .arg(&path)
            .output();
        if !mounted.is_ok_and(|mounted| mounted.status.success()) {
            crate::commands::not_run("no small disk can be mounted, so none is filled");
            return None;
        }
        std::fs::write(site.path("qingshou.toml"), settings)
            .expect("settings are written");
        std::fs::create_dir(site.workflows()).expect("the workflows folder is made");
        Some(Self { path })
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Where it is still in use it goes as soon as it is not.
        drop(Command::new("umount").arg("-l").arg(&self.path).output());
    }
}

#[test]
fn after_a_hard_day_nothing_acknowledged_is_lost_and_nothing_left_twice() {
    let long = std::env::var_os("QINGSHOU_LONG").is_some();
    let seconds = asked("SOAK_SECONDS").unwrap_or(if long { 60 } else { 5 });
    let seed = asked("SEED").unwrap_or(20_261_128);
    let mut soak = Soak::begin(seed, seconds);
    let until = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < until {
        soak.act();
    }
    soak.settle();
    soak.every_list_is_whole();
    soak.every_entry_stands_once();
    soak.what_left_left_once();
    assert!(soak.peak_mb < MOST_MB, "{} MB, {}", soak.peak_mb, soak.again);
    say(&format!(
        "{} acts, {} cases, {} entries, {} MB at most; {}",
        soak.acts,
        soak.cases,
        soak.entries.len(),
        soak.peak_mb,
        soak.again
    ));
}

/// Says something past the test harness, which swallows what passing tests print.
fn say(what: &str) {
    writeln!(std::io::stderr(), "soak: {what}").expect("standard error is open");
}

impl Soak {
    fn begin(seed: u64, seconds: u64) -> Self {
        let again = format!("SEED={seed} SOAK_SECONDS={seconds}");
        say(&again);
        let site = Site::at_noon();
        let disk = SmallDisk::under(&site);
        let gateway = Moody::of(seed + 1);
        site.configure(PEOPLE);
        gateway.serves(&site);
        site.save("day.lua", DAY);
        site.save("templates/remind.txt", TEXT);
        site.save("templates/demand.txt", TEXT);
        let mut soak = Self {
            site,
            disk,
            gateway,
            daemon: None,
            rng: Rng::of(seed),
            again,
            cases: 0,
            payments: 0,
            lists: Vec::new(),
            entries: BTreeMap::new(),
            holds: BTreeMap::new(),
            edited: None,
            peak_mb: 0,
            acts: 0,
        };
        for _ in 0..10 {
            soak.lend();
        }
        soak
    }

    fn act(&mut self) {
        self.acts += 1;
        self.look_after_the_daemon();
        let all: u64 = ACTS.iter().map(|act| act.weight).sum();
        let mut drawn = self.rng.below(all);
        for act in ACTS {
            if drawn < act.weight {
                let began = Instant::now();
                (act.run)(self);
                if SLOW < began.elapsed() {
                    say(&format!("{} took {} ms", act.what, began.elapsed().as_millis()));
                }
                return;
            }
            drawn -= act.weight;
        }
    }

    /// Starts it where there is none. It may end by itself when it cannot go on, and
    /// says so then; it never breaks down.
    fn look_after_the_daemon(&mut self) {
        if let Some(daemon) = &mut self.daemon {
            match daemon.has_ended() {
                None => {
                    self.peak_mb = self.peak_mb.max(daemon.peak_mb().unwrap_or(0));
                    return;
                }
                Some(status) => {
                    let broke_down = status.code().is_none_or(|code| code == 101);
                    assert!(
                        !broke_down,
                        "the daemon broke down: {status}, {}",
                        self.again
                    );
                }
            }
        }
        self.daemon = Some(self.site.start());
    }

    /// Runs a command; whether it said yes.
    fn says_yes(&self, args: &[&str]) -> bool {
        let told = self.site.run(args);
        let text = told.out + &told.err;
        assert!(!text.contains("panicked"), "`{}`: {text}", args.join(" "));
        told.exit == 0
    }

    /// Enters something that names itself, so that it can be found again.
    fn enter(&mut self, args: &[&str]) -> bool {
        let name = format!("soak-{}", self.entries.len());
        let yes = self.says_yes(&[args, &["--reason", &name]].concat());
        self.entries.insert(name, (args.join(" "), yes));
        yes
    }

    fn some_case(&mut self) -> String {
        format!("K-{:05}", self.rng.below(u64::from(self.cases)))
    }

    fn hand_in(&mut self, what: &'static str, text: &str) {
        let path = self.beside(&format!("{what}-{}.csv", self.lists.len()));
        std::fs::write(&path, text).expect("the list is written");
        self.says_yes(&["import", what, path.to_str().expect("a plain path")]);
        self.lists.push((what, path));
    }

    /// A file that the small disk does not hold.
    fn beside(&self, name: &str) -> PathBuf {
        let site = self.site.path("");
        let stem = site.file_name().expect("a folder has a name").to_string_lossy();
        let folder = std::env::temp_dir().join(format!("{stem}-lists"));
        std::fs::create_dir_all(&folder).expect("a folder is made");
        folder.join(name)
    }

    fn lend(&mut self) {
        let due_on = self.site.today().saturating_sub(10.days());
        let opened_on = due_on.saturating_sub(100.days());
        let mut cases = String::from(
            "case_id,debtor_id,debtor_name,phone,address,principal,opened,collector\n",
        );
        let mut events = String::from("seq,date,case_id,kind,amount\n");
        for n in self.cases..self.cases + CASES_A_LIST {
            writeln!(
                cases,
                "K-{n:05},D-{n},示例{n},000{n:08},示例村{n}号,1000,{opened_on},示例员"
            )
            .expect("a text can be written");
            writeln!(events, "o{n},{opened_on},K-{n:05},open,1000")
                .expect("a text can be written");
            writeln!(events, "d{n},{due_on},K-{n:05},due,500")
                .expect("a text can be written");
        }
        self.cases += CASES_A_LIST;
        self.hand_in("cases", &cases);
        self.hand_in("events", &events);
    }

    /// Three payments from the bank, each of an amount of its own.
    fn take_in_payments(&mut self) {
        let mut events = String::from("seq,date,case_id,kind,amount\n");
        for _ in 0..3 {
            let (case, today) = (self.some_case(), self.site.today());
            self.payments += 1;
            let n = self.payments;
            writeln!(
                events,
                "p{n},{today},{case},payment,{}.{:02}",
                1 + n / 100,
                n % 100
            )
            .expect("a text can be written");
        }
        self.hand_in("events", &events);
    }

    /// A payment by hand, of an amount that no other has.
    fn pay(&mut self) {
        let case = self.some_case();
        self.payments += 1;
        let n = self.payments;
        let amount = format!("{}.{:02}", 1 + n / 100, n % 100);
        let receipt = format!("R{n}");
        self.enter(&["pay", &case, "--amount", &amount, "--receipt", &receipt]);
    }

    fn call(&mut self) {
        let case = self.some_case();
        let outcome = *self.rng.one(&["conversation", "no_answer", "busy"]);
        self.enter(&["contact", &case, "--outcome", outcome]);
    }

    fn promise(&mut self) {
        let case = self.some_case();
        let due_on = self.site.today().saturating_add(5.days()).to_string();
        // The same promise once more would be none.
        let nth = self.entries.len();
        let amount = format!("{}.{:02}", 50 + nth / 100, nth % 100);
        self.enter(&["promise", &case, "--due", &due_on, "--amount", &amount]);
    }

    /// Places a hold, or lifts one that stands; each case sees one of either, for a
    /// second one says yes and changes nothing.
    fn hold(&mut self) {
        let case = self.some_case();
        match self.holds.get(&case) {
            None => {
                let yes = self.enter(&["hold", &case, "hardship"]);
                self.holds.insert(case, yes);
            }
            Some(true) => {
                self.enter(&["hold", &case, "hardship", "--lift"]);
                self.holds.insert(case, false);
            }
            Some(false) => {}
        }
    }

    fn approve(&mut self) {
        let told = self.site.run(&["approve", "-o", "json"]);
        let waiting: Value = serde_json::from_str(&told.out).unwrap_or_default();
        let Some(rows) = waiting["rows"].as_array().filter(|it| !it.is_empty()) else {
            return;
        };
        let order = self.rng.one(rows)["order"].to_string();
        let reject: &[&str] = if self.rng.below(4) == 0 { &["--reject"] } else { &[] };
        self.enter(&[&["approve", &order], reject].concat());
    }

    /// Saves an edit, or takes the last one back.
    fn edit(&mut self) {
        if let Some(file) = self.edited.take() {
            self.mend(file);
            return;
        }
        let edit = self.rng.one(EDITS);
        // A full disk takes no edit either; then the old one stands.
        self.site.save(edit.file, (edit.text)());
        self.edited = Some(edit.file);
    }

    fn mend(&self, file: &str) {
        match file {
            "day.lua" => self.site.save(file, DAY),
            "templates/remind.txt" | "templates/demand.txt" => self.site.save(file, TEXT),
            _ => std::fs::remove_file(self.site.workflows().join(file))
                .expect("what was saved is there"),
        }
    }

    fn confirm_release(&mut self) {
        self.says_yes(&["releases", "--confirm"]);
    }

    fn kill(&mut self) {
        std::thread::sleep(Duration::from_millis(self.rng.below(1_000)));
        if let Some(daemon) = self.daemon.take() {
            daemon.kill_nine();
        }
    }

    fn stop(&mut self) {
        let Some(mut daemon) = self.daemon.take() else { return };
        // It may have ended by itself since it was looked after.
        if daemon.has_ended().is_none() {
            daemon.end_within(Duration::from_secs(15), &self.again);
        }
    }

    fn hold_still(&mut self) {
        let time = Duration::from_millis(100 + self.rng.below(900));
        if let Some(daemon) = &self.daemon {
            daemon.hold_still(time);
        }
    }

    /// Fills the disk to the last byte for a while, in which somebody enters something.
    fn fill_the_disk(&mut self) {
        if self.disk.is_none() {
            return;
        }
        let path = self.site.path("filler");
        let mut file = std::fs::File::create(&path).expect("a file is made");
        let block = vec![7_u8; 64 << 10];
        while file.write_all(&block).is_ok() {}
        self.pay();
        std::thread::sleep(Duration::from_millis(self.rng.below(1_000)));
        drop(file);
        std::fs::remove_file(&path).expect("the file is there");
    }

    fn pause_sending(&mut self) {
        if self.says_yes(&["pause", "all", "--reason", "看一看"]) {
            std::thread::sleep(Duration::from_millis(self.rng.below(500)));
        }
        self.says_yes(&["resume", "all", "--reason", "看过了"]);
    }

    /// Lists and reports, as people look at them all day.
    fn look(&mut self) {
        let lists: &[&[&str]] = &[
            &["status"],
            &["case", "ls"],
            &["task", "ls"],
            &["order", "ls"],
            &["report", "ageing"],
            &["verify"],
        ];
        let list = *self.rng.one(lists);
        self.says_yes(list);
    }

    /// A backup is taken while all goes on, and one that was taken is whole.
    fn back_up(&mut self) {
        let folder = self.beside(&format!("backup-{}", self.acts));
        if self.says_yes(&["backup", folder.to_str().expect("a plain path")]) {
            let copied = folder.join("case_store.db").exists();
            assert!(copied, "the backup holds no store, {}", self.again);
        }
        // One that was broken off may have left nothing.
        drop(std::fs::remove_dir_all(folder));
    }

    /// Lets everything be well again, and waits until all is done.
    fn settle(&mut self) {
        self.gateway.be_kind();
        if let Some(file) = self.edited.take() {
            self.mend(file);
        }
        self.look_after_the_daemon();
        let site = &self.site;
        site.until("nothing is stopped any more", || {
            self.says_yes(&["resume", "all", "--reason", "看过了"]);
            let stops = site.json(&["status"])["stops"].as_array()?.len();
            (stops == 0).then_some(())
        });
        for (what, path) in &self.lists {
            let path = path.to_str().expect("a plain path");
            let report = site.json(&["import", what, path]);
            assert_eq!(report["rejected"], 0, "{report}, {}", self.again);
        }
        site.until("nothing is on its way any more", || {
            let orders = site.json(&["status"])["orders"].as_array()?.clone();
            let on_the_way = |it: &Value| {
                ["pending", "leased", "held"]
                    .contains(&it["status"].as_str().unwrap_or(""))
            };
            (!orders.iter().any(on_the_way)).then_some(())
        });
        if let Some(daemon) = self.daemon.take() {
            self.peak_mb = self.peak_mb.max(daemon.peak_mb().unwrap_or(0));
            daemon.stop();
        }
        site.verify();
    }

    fn every_list_is_whole(&self) {
        let cases = self.site.rows(&["case", "ls", "--limit", "1000000"]);
        assert_eq!(cases.len() as u64, u64::from(self.cases), "{}", self.again);
    }

    /// What was acknowledged stands in the journal, and nothing stands there twice.
    fn every_entry_stands_once(&self) {
        // A payment stands in a line of its own and in that of its entry.
        let mut lines: BTreeMap<(String, String), usize> = BTreeMap::new();
        for line in self.site.journal() {
            let body = &line["body"];
            for name in names_in(body) {
                let did = body["did"].as_str().unwrap_or_default().to_owned();
                *lines.entry((name.to_owned(), did)).or_default() += 1;
            }
        }
        let twice: Vec<_> = lines.iter().filter(|line| 1 < *line.1).collect();
        assert!(twice.is_empty(), "{twice:?}, {}", self.again);
        let found: BTreeSet<&str> = lines.keys().map(|key| key.0.as_str()).collect();
        let acknowledged = self.entries.iter().filter(|entry| entry.1.1);
        let lost: Vec<_> = acknowledged
            .filter(|acknowledged| !found.contains(acknowledged.0.as_str()))
            .collect();
        assert!(lost.is_empty(), "{lost:?}, {}", self.again);
    }

    /// No letter twice, and no message that the gateway has not promised.
    fn what_left_left_once(&self) {
        let mut letters = BTreeSet::new();
        for call in self.site.calls() {
            let key = call["key"].as_str().expect("a call has a key").to_owned();
            let once = call["class"] != "at_most_once" || letters.insert(key.clone());
            assert!(once, "letter {key} was handed over twice, {}", self.again);
        }
        for line in self.site.journal() {
            let body = &line["body"];
            if body["did"] == "order"
                && body["status"] == "delivered"
                && body["verb"] == "sms"
            {
                let key = body["key"].as_str().expect("an order has a key");
                assert!(self.gateway.has_promised(key), "message {key}, {}", self.again);
            }
        }
    }
}

/// The entries that a line of the journal names.
fn names_in(body: &Value) -> BTreeSet<&str> {
    match body {
        Value::String(text) if text.starts_with("soak-") => [text.as_str()].into(),
        Value::Object(fields) => fields.values().flat_map(names_in).collect(),
        Value::Array(all) => all.iter().flat_map(names_in).collect(),
        _ => BTreeSet::new(),
    }
}

impl Drop for Soak {
    fn drop(&mut self) {
        self.daemon = None;
        // What is left of it in the temporary folder does no harm.
        drop(std::fs::remove_dir_all(self.beside("")));
    }
}
