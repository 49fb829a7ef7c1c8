//! Nonsense (乱码): what people and programs hand in, spoiled by lot. Whatever it is, it
//! is taken or refused, soon, and nothing breaks down.
//!
//! Each input is drawn from `SEED` and its own number; `FUZZ_SECONDS` says how long each
//! target goes on. `tests/fuzz` gives each of them an hour.

use std::io::{Cursor, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use import::{Importer, Moment, Options};
use jiff::civil::date;
use site::config::Config;
use store::{Now, Store};

use crate::stories::rng::{Rng, asked};
use crate::stories::site::Site;

/// No input takes longer, on a machine that is busy with other tests.
const SOON: Duration = Duration::from_secs(30);

const LOANS: &str = "贷款编号,客户姓名,手机号码,借款本金,余额,逾期天数,放款日期,保证人\n\
     QS-1,示例甲,15400000001,5000.00,4000,12,2025-01-02,示例乙\n\
     QS-2,示例丙,15400000002,\"1,234.50\",0,0,2025/3/4,\n合计,,,6234.50,4000,,,\n";
const EVENTS: &str = "seq,date,case_id,kind,amount,note\n1,2025-01-02,QS-1,open,5000,\n\
     2,2025-02-02,QS-1,due,500,\n3,2025-02-03,QS-1,payment,100.5,\"a\nb\"\n\
     4,2025-02-04,QS-1,reversal,100.5,\n5,2025-02-05,QS-1,promise,50,\n";
const SETTINGS: &str = "zone = \"Asia/Shanghai\"\nguard.at_least = 100\n\
     [plugins.remind.sms]\ngateway = \"http\"\nurl = \"http://127.0.0.1:1/sms\"\n\
     [[people]]\nname = \"示例员\"\nlogin = \"a\"\nroles = [\"collector\"]\n";
const QUESTIONS: &[&str] = &[
    r#"{"lang":"zh","request":{"ask":"status"}}"#,
    r#"{"lang":"en","request":{"ask":"pay","case":"K-1","amount":"5","reason":"x"}}"#,
    r#"{"lang":"en","request":{"ask":"hold","case":"K-1","hold":"manual","lift":false,"reason":"x"}}"#,
    r#"{"lang":"en","request":{"ask":"reload"}}"#,
];

/// What spoils more than a byte does.
const WORDS: &[&str] = &[
    "\0",
    "\u{feff}",
    "\u{202e}",
    "\"",
    "'",
    "[[",
    "]]",
    "--[[",
    "{{",
    "}}",
    "{%",
    "%}",
    "function",
    "end",
    "then",
    "return",
    "local",
    "while true do",
    "setting.",
    "case.",
    "nil",
    "1e308",
    "-1",
    "9223372036854775808",
    "0x7fffffffffffffff",
    "99999999999999",
    "2026-02-30",
    "0000-00-00",
    "9999-12-31",
    "=1+1",
    ",",
    "\t",
    ";",
    "|",
    "\r",
    "\n",
    "\r\n\r\n",
    "{\"ask\":",
    "null",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "万元",
    "％",
    "，",
    "<c r=\"XFD1048576\">",
    "<!DOCTYPE x [<!ENTITY a \"b\">]>&a;",
    "\u{10ffff}",
    "\\u0000",
];

/// Spoils one of the samples, perhaps with a piece of another.
fn spoiled(rng: &mut Rng, samples: &[Vec<u8>]) -> Vec<u8> {
    let mut text = rng.one(samples).clone();
    for _ in 0..=rng.below(6) {
        let at = place(rng, text.len());
        let until = (at + place(rng, 40)).min(text.len());
        match rng.below(8) {
            0 if at < text.len() => text[at] ^= 1 << rng.below(8),
            1 => drop(text.drain(at..until)),
            2 => {
                let piece = text[at..until].repeat(1 + place(rng, 200));
                text.splice(at..at, piece);
            }
            3 => text.truncate(at),
            4 => {
                let other = rng.one(samples);
                let from = place(rng, other.len());
                let piece = other[from..].iter().take(200).copied();
                text.splice(at..until, piece);
            }
            5 => {
                drop(text.splice(at..at, rng.one(WORDS).repeat(place(rng, 300)).bytes()));
            }
            _ => drop(text.splice(at..at, rng.one(WORDS).bytes())),
        }
    }
    text
}

fn place(rng: &mut Rng, below: usize) -> usize {
    usize::try_from(rng.below(below as u64 + 1)).expect("a place fits")
}

/// Gives a target spoiled samples for as long as was asked.
fn try_with(target: &str, samples: &[Vec<u8>], mut take: impl FnMut(&[u8])) {
    let seed: u64 = asked("SEED").unwrap_or(20_261_128);
    let long = std::env::var_os("QINGSHOU_LONG").is_some();
    let seconds = asked("FUZZ_SECONDS").unwrap_or(if long { 6 } else { 1 });
    let only: Option<u64> = asked("FUZZ_ONLY");
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut slowest = Duration::ZERO;
    let mut n = only.unwrap_or(0);
    loop {
        let input = spoiled(&mut Rng::of(seed.wrapping_mul(31).wrapping_add(n)), samples);
        let again = format!("SEED={seed} FUZZ_ONLY={n}");
        let began = Instant::now();
        let taken = catch_unwind(AssertUnwindSafe(|| take(&input)));
        assert!(taken.is_ok(), "{target} broke down; {again}");
        slowest = slowest.max(began.elapsed());
        assert!(began.elapsed() < SOON, "{target} took {slowest:?}; {again}");
        n += 1;
        if only.is_some() || until < Instant::now() {
            break;
        }
    }
    let told = format!("fuzz: {target}: {n} inputs, {slowest:?} at most; SEED={seed}");
    writeln!(std::io::stderr(), "{told}").expect("standard error is open");
}

fn shipped(folder: &str, ending: &str) -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows");
    let entries = std::fs::read_dir(root.join(folder)).expect("the workflows are there");
    let mut files: Vec<(String, Vec<u8>)> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.strip_prefix(&root).ok()?.to_str()?.to_owned();
            let is_wanted = name.ends_with(ending) && !name.ends_with("_test.lua");
            is_wanted.then(|| (name, std::fs::read(&path).expect("a file can be read")))
        })
        .collect();
    files.sort();
    files
}

/// A folder of the shipped templates, in which spoiled files are checked as people do:
/// by a process that has a process of its own for what they may do to it.
struct Checking {
    site: Site,
}

impl Checking {
    fn new() -> Self {
        let site = Site::at_noon();
        for (name, text) in shipped("templates", ".txt") {
            site.save(&name, text);
        }
        Self { site }
    }

    fn with(&self, name: &str, text: &[u8]) {
        self.site.save(name, text);
        let told = self.site.run(&["check"]);
        let text = format!("{}{}", told.out, told.err);
        assert!(matches!(told.exit, 0 | 1), "exit {}: {text}", told.exit);
        assert!(!text.contains("panicked"), "{text}");
    }
}

fn texts(files: Vec<(String, Vec<u8>)>) -> Vec<Vec<u8>> {
    files.into_iter().map(|file| file.1).collect()
}

#[test]
fn a_spoiled_script_is_refused_or_taken() {
    let checking = Checking::new();
    try_with("scripts", &texts(shipped("", ".lua")), |it| checking.with("a.lua", it));
}

#[test]
fn a_spoiled_template_is_refused_or_taken() {
    let checking = Checking::new();
    let samples = texts(shipped("templates", ".txt"));
    try_with("templates", &samples, |it| checking.with("templates/a.txt", it));
}

#[test]
fn spoiled_settings_are_refused_or_taken() {
    let checking = Checking::new();
    let packs = shipped("policies", ".toml").into_iter().map(|it| it.1);
    let samples: Vec<Vec<u8>> = packs.chain([SETTINGS.as_bytes().to_vec()]).collect();
    try_with("settings", &samples, |it| {
        drop(Config::parse(&String::from_utf8_lossy(it), "qingshou.toml"));
        checking.with("settings.toml", it);
        checking.with("policies/cn-rcc.toml", it);
    });
}

/// Imports a file into a store of its own, as a list of either kind.
fn take_in(runtime: &tokio::runtime::Runtime, path: &Path) {
    runtime.block_on(async {
        let store = Store::in_memory().await.expect("a store is made");
        let civil = date(2026, 4, 1).at(9, 0, 0, 0);
        let now = Now { ms: 1_775_005_200_000, civil };
        let moment = Moment {
            now,
            resume_at_ms: now.ms,
            reschedule: &|_| None,
            tolerance_after: &|_| 0,
            near_after: &|_| 3,
        };
        let rejects_dir = path.with_extension("rejects");
        let importer =
            Some(Importer {
                by: "示例员".to_owned(), logins: Vec::new(), reason: None
            });
        let options = Options { rejects_dir, importer, ..Options::default() };
        for _ in 0..2 {
            drop(import::import_cases(&store, &moment, path, &options).await);
            drop(import::import_events(&store, &moment, path, &options).await);
        }
        store.close().await.expect("the store closes");
    });
}

fn runtime() -> tokio::runtime::Runtime {
    let built = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build();
    built.expect("a runtime")
}

#[test]
fn a_spoiled_list_is_refused_or_taken() {
    let (folder, runtime) = (tempfile::tempdir().expect("a folder"), runtime());
    let path = folder.path().join("list.csv");
    let gbk = encoding_rs::GBK.encode(LOANS).0.into_owned();
    let samples = [LOANS.as_bytes().to_vec(), EVENTS.as_bytes().to_vec(), gbk];
    try_with("lists as text", &samples, |it| {
        std::fs::write(&path, it).expect("the list is written");
        take_in(&runtime, &path);
    });
}

/// The parts of a workbook that holds a list.
fn workbook() -> Vec<(String, Vec<u8>)> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, line) in (0..).zip(LOANS.lines()) {
        for (column, cell) in (0..).zip(line.split(',')) {
            match cell.parse::<f64>() {
                Ok(number) => sheet.write(row, column, number),
                Err(_) => sheet.write(row, column, cell),
            }
            .expect("a cell is written");
        }
    }
    let bytes = book.save_to_buffer().expect("a workbook is made");
    let mut packed = zip::ZipArchive::new(Cursor::new(bytes)).expect("it is one");
    let parts = 0..packed.len();
    parts
        .map(|at| {
            let mut part = packed.by_index(at).expect("a part is there");
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes).expect("a part can be read");
            (part.name().expect("a part has a name").into_owned(), bytes)
        })
        .collect()
}

fn packed(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut file = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        let stored = zip::write::SimpleFileOptions::default();
        file.start_file(name.as_str(), stored).expect("a part begins");
        file.write_all(bytes).expect("a part is written");
    }
    file.finish().expect("a workbook is packed").into_inner()
}

#[test]
fn a_spoiled_workbook_is_refused_or_taken() {
    let (folder, runtime) = (tempfile::tempdir().expect("a folder"), runtime());
    let path = folder.path().join("list.xlsx");
    let parts = workbook();
    let whole = packed(&parts);
    let mut samples: Vec<Vec<u8>> = parts.iter().map(|part| part.1.clone()).collect();
    samples.push(whole.clone());
    try_with("workbooks", &samples, |it| {
        // A spoiled part lies in a sound file, in every place that it may have.
        let mut files = vec![it.to_vec()];
        for at in 0..parts.len() {
            if parts[at].0.contains("sheet1") || parts[at].0.contains("sharedStrings") {
                let mut with = parts.clone();
                with[at].1 = it.to_vec();
                files.push(packed(&with));
            }
        }
        for file in files {
            std::fs::write(&path, file).expect("the workbook is written");
            take_in(&runtime, &path);
        }
    });
}

#[test]
fn a_spoiled_question_leaves_the_daemon_at_work() {
    let site = Site::at_noon();
    let daemon = site.start_and_wait();
    let samples: Vec<Vec<u8>> =
        QUESTIONS.iter().map(|question| question.as_bytes().to_vec()).collect();
    try_with("questions", &samples, |it| {
        let mut stream =
            UnixStream::connect(site.path("qingshou.sock")).expect("the daemon listens");
        stream.set_read_timeout(Some(SOON)).expect("a stream can wait");
        // It may hang up on what is too long.
        drop(stream.write_all(it).and_then(|()| stream.write_all(b"\n")));
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer));
    });
    site.json(&["status"]);
    daemon.stop();
    site.verify();
}
