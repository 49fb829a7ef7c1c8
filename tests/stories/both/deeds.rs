//! What is done (登记): files of the bank, entries of staff, edits of workflows, drawn by
//! lot.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use commands::{
    Approve, Arrived, Command, Confirm, Contact, DropOrders, Enrol, EnrolMany, Enter,
    Hold, Import, LetGo, Order, Pause, Pay, Promise, Reading, Reload, Reply, Report,
    Resume, Reverse, Rollback, Task, Unpause, Which, Withdraw,
};
use domain::enrolment::{Condition, Test};
use domain::ids::OrderId;
use domain::money::Fen;
use domain::status::OrderStatus;
use import::ListReading;
use jiff::ToSpan;
use jiff::civil::Date;
use runtime::guard::{Go, Which as Guarded};
use serde_json::{Value, json};
use store::order_query::OrderQuery;
use store::progress::Progress;
use store::sending::{Resume as How, Scope};

use super::Side;
use crate::stories::rng::Rng;

/// One thing that is done to both sites.
#[derive(Debug)]
pub(super) enum Deed {
    /// Somebody asks for it.
    Ask(&'static str, Command),
    /// A file of the workflows folder is saved.
    Save(&'static str, String),
}

/// Who draws, and what they know of the book.
pub(super) struct Hand {
    rng: Rng,
    folder: PathBuf,
    loans: u64,
    files: u64,
    rows: u64,
    receipts: u64,
    /// Numbers of entries that replies have named.
    entries: Vec<i64>,
    /// Payments of the bank: number, loan, fen.
    paid: Vec<(u64, String, u64)>,
    releases: u64,
}

const CHIEF: &str = "chief";
const LOGINS: [&str; 7] =
    [CHIEF, CHIEF, "deputy", "first", "second", "counsel", "nobody"];
const VILLAGES: [&str; 4] = ["柳树湾", "李村", "Willow", "o'brien"];
const COLLECTORS: [&str; 4] = ["示例甲", "示例乙", "示例副主任", ""];
const WORKFLOWS: [&str; 9] = [
    "remind",
    "visit",
    "promise",
    "complaint",
    "escalate_to_legal",
    "limitation_watch",
    "due_soon",
    "drill",
    "no such",
];
const CHANNELS: [&str; 6] =
    ["sms", "phone", "visit", "letter_post", "wechat_work", "pigeon"];
/// What people type.
const TEXTS: [&str; 18] = [
    "电话里说下周还",
    "柜面核对",
    "卖粮后还",
    "it's \"so\", he said \\ she said",
    "100%_of it; -- '); drop table cases;",
    "两\n行",
    "tab\there",
    "表情😀",
    "Ärger & ÜBEL ß İ",
    "\u{feff}mark",
    "\u{2028}line",
    "\u{ffff}",
    "nothing\u{0}here",
    "\u{1}\u{7f}",
    "{\"a\": [1, null]}",
    "   ",
    "",
    "甲",
];

/// A workflow of the site's own, in two versions of which each lacks a stage of the
/// other.
const DRILL: &str = r#"-- 两库演练:短信,再电话,再待办
-- A drill: a text message, a call, a task
workflow "drill" {
  title = { zh = "演练", en = "Drill" },
  lane = "drill",
  start = "at_work",
  enrol = { days_past_due = { 3, 60 } },
  settings = { pause_days = 2 * days },
}

always {
  on_delivered = function(case, order)
    if order.verb == "sms" then
      task { title = "核对是否收到", kind = "drill" }
    end
    return stay()
  end,
  on_refused = function(case, order) return stay() end,
  on_payment = function(case) return wait(1 * days, "STAGE") end,
}

stage "at_work" { sms = "drill", wait = 1 * days, next = "STAGE" }

stage "STAGE" {
  enter = function(case)
    if case.days_past_due % 2 == 0 then call "first_call" end
    return wait(setting.pause_days, "over")
  end,
}

stage "over" { finish = "over" }
"#;
const LETTER: &str = "{{ 客户 }}:贷款 {{ 贷款编号 }} 逾期 {{ 逾期金额 }} 元,请还款。";

impl Hand {
    pub(super) fn of(seed: u64, folder: &Path) -> Self {
        Self {
            rng: Rng::of(seed),
            folder: folder.to_owned(),
            loans: 0,
            files: 0,
            rows: 0,
            receipts: 0,
            entries: Vec::new(),
            paid: Vec::new(),
            releases: 0,
        }
    }

    /// The first release and the first files.
    pub(super) fn first_deeds(&mut self, today: Date) -> Vec<Deed> {
        let mut deeds = vec![
            Deed::Save("drill.lua", DRILL.replace("STAGE", "called")),
            Deed::Save("templates/drill.txt", LETTER.to_owned()),
            Deed::Ask(CHIEF, Command::Reload(Reload { confirm: true })),
        ];
        self.releases = 1;
        deeds.extend(self.lend(24, today));
        deeds.push(self.case_list(today));
        deeds.push(self.balances(today));
        deeds
    }

    /// What replies have named.
    pub(super) fn hear(&mut self, deed: &Deed, reply: Option<&Reply>) {
        let Some(reply) = reply else { return };
        if let Some(entry) = reply.data["entry"].as_i64() {
            self.entries.push(entry);
        }
        if matches!(deed, Deed::Ask(_, Command::Reload(_))) && reply.exit == 0 {
            self.releases += 1;
        }
    }

    pub(super) fn deeds_a_day(&mut self) -> u64 {
        6 + self.rng.below(9)
    }

    pub(super) fn minutes(&mut self) -> i64 {
        let longest = *self.rng.one(&[3, 20, 90, 180]);
        1 + i64::try_from(self.rng.below(longest)).expect("some minutes")
    }

    fn is(&mut self, per_cent: u64) -> bool {
        self.rng.below(100) < per_cent
    }

    fn text(&mut self) -> String {
        if self.is(60) {
            return "柜面核对".to_owned();
        }
        (*self.rng.one(&TEXTS)).to_owned()
    }

    /// A loan of the book.
    pub(super) fn known_case(&mut self) -> String {
        if self.is(25) {
            return format!("B{:02}", self.rng.below(8));
        }
        format!("L{:03}", self.rng.below(self.loans.max(1)))
    }

    fn case(&mut self) -> String {
        if self.is(3) { self.text() } else { self.known_case() }
    }

    fn day_near(&mut self, today: Date, before: u64, after: u64) -> Date {
        let days = self.rng.below(before + after + 1);
        let days = i64::try_from(days).expect("some days");
        let before = i64::try_from(before).expect("some days");
        today.saturating_add((days - before).days())
    }

    fn fen(&mut self) -> u64 {
        *self.rng.one(&[1, 5_000, 20_000, 33_333, 50_000, 100_000, 500_000, 90_000_000])
    }

    fn receipt(&mut self) -> Option<String> {
        match self.rng.below(10) {
            0..4 => None,
            4..7 => {
                self.receipts += 1;
                Some(format!("R{}", self.receipts))
            }
            7 => Some(format!("r0{}", self.rng.below(self.receipts + 1))),
            8 => Some(self.rng.below(self.rows + 1).to_string()),
            _ => Some(self.text()),
        }
    }

    // Files of the bank.

    fn file(&mut self, name: &str, text: &str) -> PathBuf {
        self.files += 1;
        let path = self.folder.join(format!("{:03}_{name}.csv", self.files));
        std::fs::write(&path, text).expect("the file is written");
        path
    }

    fn import(&mut self, cases: bool, text: &str, list: ListReading) -> Deed {
        let path = self.file(if cases { "cases" } else { "events" }, text);
        let request = Command::Import(Import {
            cases,
            files: vec![path],
            reading: Reading::default(),
            list,
            reason: None,
            opened: Vec::new(),
            progress: Progress::default(),
        });
        Deed::Ask(CHIEF, request)
    }

    /// What comes in before opening time.
    pub(super) fn files_of(&mut self, today: Date) -> Vec<Deed> {
        let mut deeds = Vec::new();
        if self.is(25) {
            let more = self.rng.below(4);
            deeds.extend(self.lend(more, today));
        }
        if self.is(30) {
            deeds.push(self.case_list(today));
        }
        if self.is(30) {
            deeds.push(self.balances(today));
        }
        if self.is(60) {
            deeds.push(self.events(today));
        }
        deeds
    }

    /// New loans, as a list and as the events by which they were paid out and fall due.
    fn lend(&mut self, more: u64, today: Date) -> Vec<Deed> {
        let from = self.loans;
        self.loans += more;
        let list = self.case_list(today);
        let mut text = "流水号,日期,贷款编号,类型,金额\n".to_owned();
        for loan in from..self.loans {
            let yuan = 3_000 + 500 * self.rng.below(20);
            let opened = self.day_near(today.saturating_sub(400.days()), 60, 0);
            self.row(&mut text, opened, loan, &format!("open,{yuan}"));
            let first = self.day_near(today, 70, 20);
            for month in 0..4 {
                let due = first.saturating_add((30 * month).days());
                self.row(&mut text, due, loan, "due,500");
            }
        }
        vec![list, self.import(false, &text, ListReading::default())]
    }

    fn row(&mut self, text: &mut String, on: Date, loan: u64, what: &str) {
        self.rows += 1;
        let row = self.rows;
        writeln!(text, "{row},{on},L{loan:03},{what}").expect("a string takes it");
    }

    /// The loans whose money comes by events.
    fn case_list(&mut self, today: Date) -> Deed {
        let mut text = "贷款编号,客户编号,客户姓名,手机号,自然村,机构,产品,客户经理,\
                        借款本金,放款日期,保证人1,保证人1电话\n"
            .to_owned();
        for loan in 0..self.loans {
            if self.is(4) {
                continue;
            }
            let debtor = if loan % 5 == 4 { loan - 1 } else { loan };
            let name = if self.is(2) { self.text() } else { format!("示例{debtor}") };
            let name = name.replace('"', "\"\"");
            let phone = 15_400_000_000_u64 + debtor * 3 + u64::from(self.is(3));
            let village = self.rng.one(&VILLAGES);
            let collector = *self.rng.one(&COLLECTORS);
            let surety = if loan % 4 == 0 { "示例保证人,15411110000" } else { "," };
            let opened = today.saturating_sub(400.days());
            writeln!(
                text,
                "L{loan:03},D{debtor},\"{name}\",{phone},{village},示例社,农户贷款,\
                 {collector},12000,{opened},{surety}"
            )
            .expect("a string takes it");
        }
        let list = ListReading { no_balances: true, ..ListReading::default() };
        self.import(true, &text, list)
    }

    /// The loans whose money comes by lists of balances.
    fn balances(&mut self, today: Date) -> Deed {
        let mut text =
            "贷款编号,客户编号,客户姓名,手机号,客户经理,借款本金,贷款余额,逾期金额,逾期天数\n"
                .to_owned();
        for loan in 0..8 {
            if self.is(6) {
                continue;
            }
            let overdue = 100 * self.rng.below(6);
            let balance = 5_000 + overdue + 50 * self.rng.below(4);
            let days = if overdue == 0 { 0 } else { 1 + self.rng.below(40) };
            writeln!(
                text,
                "B{loan:02},E{loan},示例户{loan},1542222000{loan},{},8000,{balance},\
                 {overdue},{days}",
                self.rng.one(&COLLECTORS)
            )
            .expect("a string takes it");
        }
        let as_of = Some(self.day_near(today.saturating_sub(1.day()), 2, 0));
        let reconcile = self.is(10);
        self.import(
            true,
            &text,
            ListReading { as_of, reconcile, ..ListReading::default() },
        )
    }

    /// Payments, reversals and what happened, some of them twice or of unknown loans.
    fn events(&mut self, today: Date) -> Deed {
        let mut text = "流水号,日期,贷款编号,类型,金额,备注,原流水号\n".to_owned();
        for _ in 0..self.rng.below(9) {
            let (on, case) = (self.day_near(today, 4, 0), self.known_case());
            self.rows += 1;
            let row = self.rows;
            let line = match self.rng.below(12) {
                0..7 => {
                    let fen = self.fen();
                    self.paid.push((row, case.clone(), fen));
                    format!("{row},{on},{case},payment,{}.{:02},,", fen / 100, fen % 100)
                }
                7 | 8 if !self.paid.is_empty() => {
                    let (of, case, fen) = self.rng.one(&self.paid).clone();
                    let yuan = format!("{}.{:02}", fen / 100, fen % 100);
                    format!("{row},{on},{case},reversal,{yuan},,{of}")
                }
                8 => format!("{row},{on},{case},fee,12.50,,"),
                9 => format!("{row},{on},{case},penalty,3.33,,"),
                10 => format!("{row},{on},{case},complaint,,\"来电 \"\"太多\"\"\","),
                _ => format!("{row},{on},{case},note,,已联系,"),
            };
            writeln!(text, "{line}").expect("a string takes it");
        }
        self.import(false, &text, ListReading::default())
    }

    // Entries of people.

    /// Something that somebody does now.
    pub(super) async fn draw(&mut self, side: &Side, today: Date) -> Deed {
        let drawn = self.rng.below(100);
        if drawn < 3 {
            return self.edit();
        }
        let request = match drawn {
            3..14 => self.pay(today),
            14..20 => self.look_at_entry(),
            20..30 => self.promise(today),
            30..42 => self.contact(side).await,
            42..47 => self.visit(side, today).await,
            47..58 => self.report(),
            58..66 => self.hold(),
            66..72 => self.approve(side).await,
            72..77 => self.order(side).await,
            77..84 => self.stop(),
            84..89 => self.enrol(),
            89..94 => self.task(side).await,
            94..97 => self.letter(side, today).await,
            97 => Command::Rollback(Rollback {
                number: i64::try_from(self.rng.below(self.releases + 2))
                    .expect("a number"),
                reason: self.text(),
            }),
            _ => Command::Reload(Reload { confirm: self.is(60) }),
        };
        let login: &&str = self.rng.one(&LOGINS);
        Deed::Ask(login, request)
    }

    fn edit(&mut self) -> Deed {
        match self.rng.below(6) {
            0 => Deed::Save("drill.lua", DRILL.replace("STAGE", "called")),
            1 => Deed::Save("drill.lua", DRILL.replace("STAGE", "asked")),
            2 => {
                let text =
                    DRILL.replace("STAGE", "called").replace("2 * days", "1 * days");
                Deed::Save("drill.lua", text)
            }
            3 => {
                let days = 1 + self.rng.below(4);
                Deed::Save(
                    "settings.toml",
                    format!("[remind]\ncall_after = \"{days} days\"\n"),
                )
            }
            4 => Deed::Save("drill.lua", DRILL.replace("return stay()", "retrun stay()")),
            _ => Deed::Save("templates/drill.txt", format!("您好,{LETTER}")),
        }
    }

    fn pay(&mut self, today: Date) -> Command {
        Command::Pay(Pay {
            case: self.case(),
            amount: Fen(i64::try_from(self.fen()).expect("an amount")),
            on: self.is(40).then(|| self.day_near(today, 9, 1)),
            receipt: self.receipt(),
            payer: None,
            parts: None,
            sure: self.is(50),
            reason: self.text(),
        })
    }

    fn look_at_entry(&mut self) -> Command {
        let entry =
            if self.entries.is_empty() { 7 } else { *self.rng.one(&self.entries) };
        let case = self.is(20).then(|| self.case());
        let reason = self.text();
        if self.is(50) {
            let sure = true;
            return Command::Reverse(Reverse { entry, case, sure, reason });
        }
        Command::Confirm(Confirm { entry, case, receipt: self.receipt(), reason })
    }

    fn promise(&mut self, today: Date) -> Command {
        let evidence =
            self.rng.one(&["bare_assertion", "recorded_call", "signed_paper", "rumour"]);
        Command::Promise(Promise {
            case: self.case(),
            amount: self.is(80).then(|| Fen(i64::try_from(self.fen()).expect("fen"))),
            due_on: self.day_near(today, 1, 9),
            evidence: (*evidence).to_owned(),
            receipt: self.receipt(),
            sure: self.is(60),
            reason: self.text(),
        })
    }

    async fn contact(&mut self, side: &Side) -> Command {
        let outcome = self.rng.one(&[
            "conversation",
            "conversation",
            "no_answer",
            "busy",
            "rejected",
            "invalid",
            "接通",
            "gone",
        ]);
        let cause = self.rng.one(&[
            "oversight",
            "dissatisfied",
            "short_of_cash",
            "deliberate",
            "moon",
        ]);
        let calls = side.orders(None).await;
        let calls: Vec<_> = calls.iter().filter(|call| call.verb == "call").collect();
        let of_order = !calls.is_empty() && self.is(60);
        let (case, order) = if of_order {
            let call = *self.rng.one(&calls);
            (call.case_no.clone(), self.is(50).then_some(call.id))
        } else {
            (self.case(), None)
        };
        Command::Contact(Contact {
            case,
            outcome: (*outcome).to_owned(),
            order,
            cause: self.is(40).then(|| (*cause).to_owned()),
            sure: self.is(60),
            reason: self.text(),
        })
    }

    async fn visit(&mut self, side: &Side, today: Date) -> Command {
        let orders = side.orders(None).await;
        let visits: Vec<_> =
            orders.iter().filter(|order| order.verb == "visit").collect();
        let order = if visits.is_empty() { 11 } else { self.rng.one(&visits).id };
        let outcome = self.rng.one(&[
            "met",
            "absent",
            "refused",
            "moved",
            "paid",
            "promised",
            "notice_signed",
            "flown",
        ]);
        let values = [
            ("outcome", Some(json!(outcome))),
            ("collectors", Some(json!(["示例甲", "示例乙"]))),
            ("on", self.is(50).then(|| json!(self.day_near(today, 3, 1).to_string()))),
            ("place", self.is(30).then(|| json!(self.text()))),
            ("receipt", self.receipt().map(Value::from)),
            ("evidence", self.is(40).then(|| json!("proved"))),
        ];
        self.entry(("visit", "done"), order, values)
    }

    fn report(&mut self) -> Command {
        let kind = self.rng.one(&[
            "complaint",
            "complaint",
            "complaint_resolved",
            "dispute",
            "dispute_resolved",
            "deceased",
            "death_disproved",
            "dismissed",
            "dismissal_withdrawn",
            "legal_override",
            "note",
            "投诉",
            "wedding",
        ]);
        Command::Report(Report {
            case: self.case(),
            kind: (*kind).to_owned(),
            sure: self.is(70),
            reason: self.text(),
            ..Report::default()
        })
    }

    fn hold(&mut self) -> Command {
        let hold = self.rng.one(&[
            "hardship",
            "hardship",
            "manual",
            "manual",
            "plan",
            "lawyer",
            "vulnerable",
            "third_party_refused",
            "complaint",
            "rain",
        ]);
        Command::Hold(Hold {
            case: self.case(),
            hold: (*hold).to_owned(),
            lift: self.is(45),
            reason: self.text(),
        })
    }

    async fn approve(&mut self, side: &Side) -> Command {
        let waiting = side.orders(Some(OrderStatus::AwaitingApproval)).await;
        let order = if waiting.is_empty() { 5 } else { self.rng.one(&waiting).id };
        Command::Approve(Approve { order, reject: self.is(30), reason: self.text() })
    }

    async fn order(&mut self, side: &Side) -> Command {
        let orders = side.orders(None).await;
        let order = if orders.is_empty() { 3 } else { self.rng.one(&orders).id };
        let reason = self.text();
        match self.rng.below(5) {
            0 => Command::Arrived(Arrived { order, reason }),
            1 => {
                let query = OrderQuery {
                    workflow: self.is(50).then(|| (*self.rng.one(&WORKFLOWS)).to_owned()),
                    channel: self.is(50).then(|| (*self.rng.one(&CHANNELS)).to_owned()),
                    ..OrderQuery::default()
                };
                Command::DropOrders(DropOrders { query, up_to: OrderId(order), reason })
            }
            _ => Command::Order(Order { order, drop: self.is(60), reason }),
        }
    }

    fn stop(&mut self) -> Command {
        let (scope, target) = match self.rng.below(8) {
            0 => (Scope::All, String::new()),
            1..4 => (Scope::Channel, (*self.rng.one(&CHANNELS)).to_owned()),
            4..6 => (Scope::Workflow, (*self.rng.one(&WORKFLOWS)).to_owned()),
            6 => (Scope::Release, (1 + self.rng.below(3)).to_string()),
            _ => (Scope::Act, "demand".to_owned()),
        };
        let reason = self.text();
        match self.rng.below(10) {
            0..3 => Command::Pause(Pause { scope, target, reason }),
            3..7 => {
                let how = match self.rng.below(3) {
                    0 => How::Now,
                    1 => How::Spread(7_200_000),
                    _ => How::Drop(86_400_000),
                };
                Command::Unpause(Unpause { which: Which::Of(scope, target), how, reason })
            }
            _ => Command::LetGo(LetGo {
                which: Guarded::default(),
                go: match self.rng.below(3) {
                    0 => Go::All,
                    1 => Go::Count(2),
                    _ => Go::Daily,
                },
                reason,
            }),
        }
    }

    fn enrol(&mut self) -> Command {
        let (case, reason) = (self.case(), self.text());
        let workflow = (*self.rng.one(&WORKFLOWS)).to_owned();
        match self.rng.below(6) {
            0..3 => Command::Enrol(Enrol { case, workflow, reason }),
            3 => Command::Resume(Resume { case, reason }),
            4 => Command::Withdraw(Withdraw { case, reason }),
            _ => {
                let village = (*self.rng.one(&VILLAGES)).to_owned();
                let conditions = vec![
                    Condition {
                        field: "village".to_owned(),
                        test: Test::OneOf(vec![village]),
                    },
                    Condition {
                        field: "days_past_due".to_owned(),
                        test: Test::AtLeast(5),
                    },
                ];
                Command::EnrolMany(EnrolMany {
                    workflow,
                    conditions,
                    sure: self.is(60),
                    reason,
                })
            }
        }
    }

    async fn task(&mut self, side: &Side) -> Command {
        let open = side.tasks().await;
        let task = if open.is_empty() { 9 } else { *self.rng.one(&open) };
        Command::Task(Task { task, outcome: self.text(), sure: true })
    }

    async fn letter(&mut self, side: &Side, today: Date) -> Command {
        let orders = side.orders(None).await;
        let letters: Vec<_> =
            orders.iter().filter(|order| order.verb.contains("letter")).collect();
        let order = if letters.is_empty() { 13 } else { self.rng.one(&letters).id };
        let values = [
            ("on", Some(json!(self.day_near(today, 3, 1).to_string()))),
            ("receipt", Some(json!(self.receipt().unwrap_or_default()))),
        ];
        self.entry(("legal", "letter"), order, values)
    }

    /// A form of a plugin, filled in.
    fn entry<const N: usize>(
        &mut self,
        (plugin, form): (&str, &str),
        order: i64,
        values: [(&str, Option<Value>); N],
    ) -> Command {
        let given = values
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Command::Enter(Enter {
            plugin: plugin.to_owned(),
            form: form.to_owned(),
            subject: order.to_string(),
            values: given.collect(),
            sure: self.is(60),
            reason: self.text(),
        })
    }
}
