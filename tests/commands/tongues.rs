//! The language of an answer (答复的语言): whoever reads Chinese meets no English text
//! and whoever reads English no Chinese one, whatever they ask and get wrong.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::{Cli, ROOT};
use crate::stories::site::{CommandOutput, run_on};

/// Command lines on a site that has a quarter behind it. CASE is a loan, ORDER one
/// that was carried out, WAITS one that waits for a second person; SITE is the folder,
/// and the others are files in it.
const LINES: &[&str] = &[
    // What is there.
    "status --all",
    "doctor",
    "verify",
    "clock",
    "case ls --limit 5",
    "case ls --workflow visit",
    "case show CASE",
    "person ls CASE",
    "task ls",
    "task ls --kind approval",
    "order ls --limit 40",
    "order ls --status refused",
    "order ls --case CASE",
    "sending ls",
    "gateway ls",
    "gateway test sms --to 13800000000",
    "releases",
    "visit ls",
    "approve",
    "report ageing",
    "report max-dpd",
    "report recovery",
    "report promises",
    "report rewards",
    "report reward-month --month 2026-06",
    "report reward-rules --rate 20",
    "report account --case CASE",
    "reward ls",
    "report limitation",
    "try remind --case CASE",
    "check",
    "case enrol visit --where days=31.. --reason 1",
    // What is not there.
    "case ls --workflow vist",
    "case ls --village 0",
    "case show 0",
    "case report 0 complaint --reason 1",
    "case report CASE complant --reason 1",
    "case enrol 0 visit --reason 1",
    "case enrol CASE vist --reason 1",
    "case enrol visit --where dayz=3 --reason 1",
    "case enrol visit --where days=9999.. --reason 1",
    "case enrol CASE visit --where days=3 --reason 1",
    "case enrol visit --reason 1",
    "case resume 0 --reason 1",
    "case resume CASE --reason 1",
    "task ls --kind 0",
    "task done 1 --outcome 1",
    "task take 1",
    "task take 1 --reason 1",
    "task ls --untaken",
    "case report CASE complaint --about 0 --reason 1",
    "case report CASE note --about 0 --reason 1",
    "order ls --status 0",
    "order ls --case 0",
    "order show 1",
    "order retry 1 --reason 1",
    "order retry ORDER --reason 1",
    "order arrived 1 --reason 1",
    "order arrived ORDER --reason 1",
    "order drop 1 --reason 1",
    "order drop ORDER --reason 1",
    "order drop --reason 1",
    "order drop --workflow vist --reason 1",
    "order drop --workflow remind --reason 1",
    "order drop --channel smss --reason 1",
    "order drop --verb smss --reason 1",
    "order drop --status hold --reason 1",
    "order drop --release 99 --reason 1",
    "sending go --channel smss --reason 1",
    "sending go --channel sms --reason 1",
    "sending go --workflow vist --all --reason 1",
    "gateway test sms --to 1",
    "gateway test smss --to 13800000000",
    "gateway test phone --to 13800000000",
    "releases --restore 0.lua",
    "releases --restore remind.lua",
    "rollback 99 --reason 1",
    "reload",
    "pause channel smss --reason 1",
    "pause workflow vist --reason 1",
    "pause release 99 --reason 1",
    "pause all 1 --reason 1",
    "pause channel --reason 1",
    "resume channel sms --reason 1",
    "resume workflow remind --reason 1",
    "resume release 99 --reason 1",
    "resume all --reason 1",
    "resume channel sms --spread 4x --reason 1",
    "resume channel sms --spread 400h --reason 1",
    "legal ls",
    "legal ls --case 0",
    "legal filed 0 --on 2026-06-01 --court-no 1 --reason 1",
    "legal filed CASE --on 2026-06-01 --court-no 1 --reason 1",
    "legal judgment CASE --result wonn --on 2026-06-01 --reason 1",
    "legal closed ORDER --why paid --reason 1",
    "visit done 1 --outcome met --by 1 --by 2 --reason 1",
    "visit done ORDER --outcome mett --by 1 --by 2 --reason 1",
    "visit letter 1 --on 2026-01-01 --receipt 1 --reason 1",
    "contact 0 --outcome conversation --reason 1",
    "contact CASE --outcome conversatio --reason 1",
    "contact CASE --outcome conversation --cause 0 --reason 1",
    "promise 0 --due 2026-12-12 --amount 5 --reason 1",
    "promise CASE --due 2020-01-12 --amount 5 --reason 1",
    "promise CASE --due 2099-12-12 --amount 5 --reason 1",
    "promise CASE --due 2099-12-12 --amount 5 --evidence signed_paper --reason 1",
    "promise CASE --due 2099-12-12 --amount 5 --evidence 0 --receipt 1 --reason 1",
    "pay 0 --amount 5 --reason 1",
    "pay CASE --amount 999999999 --reason 1",
    "pay CASE --amount 0 --reason 1",
    "pay CASE --amount 5 --on 2099-01-01 --reason 1",
    "pay --confirm 1 --reason 1",
    "pay --reverse 1 --reason 1",
    "hold 0 hardship --reason 1",
    "hold CASE hardshi --reason 1",
    "hold CASE hardship --lift --reason 1",
    "approve 1 --reason 1",
    "approve ORDER --reason 1",
    "report recovery --from 2026-05-01 --to 2026-04-01",
    "journal export --case 0",
    "check 0",
    "test 0",
    "try vist --case CASE",
    "try remind --case 0",
    "try remind --case CASE --stage 0",
    "graph vist",
    "stub --write /proc/0",
    "explain 0",
    "import cases 0.csv",
    "import cases SETTINGS",
    "import events SETTINGS --kind 0",
    "import cases CASES --unit 0 --dry-run",
    "import cases CASES --dry-run",
    "import cases CASES --map 0=1",
    "import cases CASES --where 0=1",
    "import events EVENTS --dry-run",
    "backup SITE",
    "restore 0 --reason 1",
    "restore --acknowledge --reason 1",
    "init SITE",
    "replay 0",
    "store copy STORE ELSEWHERE",
    "store reopen --reason 1",
    "bench throughput --store 0",
    "bench views --open 0",
    // What codes mean.
    "explain W003",
    "explain W040",
    "explain W067",
    "explain I001",
    "explain R042",
    "explain cn.window",
    "explain plugin_off",
    "explain seal",
    // How commands are written.
    "--help",
    "pay --help",
    "journal --help",
    "case enrol --help",
    "sending go --help",
    // Stops and goes, with what they leave behind.
    "pause channel sms --reason 1",
    "status",
    "resume channel sms --reason 1",
    "hold CASE hardship --reason 1",
    "pay CASE --amount 1 --reason 1",
    "contact CASE --outcome no_answer --reason 1",
    "case report CASE note --reason 1",
    "approve WAITS --reason 1",
    "case show CASE",
];

/// Wrong command lines are told in Chinese; in English the library tells them.
const WRONG_LINES: &[&str] = &[
    "nope",
    "caes ls",
    "journal",
    "pay --reason 1",
    "pay CASE --amount x --reason 1",
    "task done abc --outcome 1",
    "pay --confirm abc",
    "report ageing --as-of 2026-13-01",
    "report nope",
    "promise CASE --due 2026-13-12 --amount 5 --reason 1",
    "completions nope",
];

/// Words that stand in a Chinese text as they are.
const AS_THEY_ARE: &[&str] = &[
    // Names of programs, formats and files, which have no other.
    "qingshou",
    "systemd",
    "root",
    "shell",
    "Lua",
    "CSV",
    "XLSX",
    "XLS",
    "JSON",
    "UTF-8",
    "GBK",
    "gz",
    "SVG",
    "Mermaid",
    "DOT",
    "sqlite",
    "toml",
    "lua",
    "MB",
    "Ctrl-C",
    "HMAC",
    // Plugins are named in the settings, what they stand for in the column beside.
    "remind",
    "visit",
    "legal",
    "reward",
    // Lines of a ledger: `账 payment 100.00 元(账目 8) 还款` says it at its end.
    "open",
    "due",
    "payment",
    "fee",
    "penalty",
    "waiver",
    "reversal",
    // What an option takes.
    "table",
    "json",
    "csv",
    "bash",
    "elvish",
    "fish",
    "powershell",
    "zsh",
    "zh",
    "en",
    "bare_assertion",
    "signed_receipt",
    "svg",
    "ls",
    "help",
    // The line of counts that programs look for.
    "passed",
    "failed",
];

/// A site after a quarter, and what stands in it.
struct Quarter {
    cli: Cli,
    /// Names of people and places, and the names of workflows and stages.
    data: BTreeSet<String>,
    stages: BTreeSet<String>,
    /// What stands for the words in capital letters of the lines of commands.
    named: [(&'static str, String); 9],
}

impl Quarter {
    fn new() -> Self {
        let cli = Cli::bare();
        let into = cli.site();
        let into = into.to_str().expect("a plain path");
        std::fs::remove_dir(into).expect("an empty folder");
        cli.expect(0, &["demo", "--loans", "60", "--into", into]);
        let rows = |args: &[&str]| -> Vec<Value> {
            let told = cli.json(0, args);
            told["rows"].as_array().expect("rows").clone()
        };
        let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        let cases = rows(&["case", "ls", "--limit", "0"]);
        let data = cases.iter().flat_map(|case| [&case["village"], &case["collector"]]);
        let mut data: BTreeSet<String> = data.map(text).collect();
        data.retain(|it| !it.is_empty());
        let settings = std::fs::read_to_string(format!("{into}/qingshou.toml"));
        let settings = settings.expect("the site has settings");
        let people = settings.lines().filter_map(|line| line.strip_prefix("name = "));
        data.extend(people.map(|person| person.trim_matches('"').to_owned()));
        // The court that the shipped settings name, and who runs the tests.
        data.extend(["被告住所地人民法院".to_owned(), login()]);
        // The numbers that it has given.
        let matters = rows(&["legal", "ls", "--limit", "0"]);
        let given = matters.iter().flat_map(|it| [&it["court"], &it["court_no"]]);
        data.extend(given.map(text).filter(|it| !it.is_empty()));
        // Whom and what the lists name.
        let list = std::fs::read_to_string(format!("{into}/book/cases.csv"));
        let list = list.expect("a list of the demo");
        let cells = list.lines().skip(1).flat_map(|row| row.split([',', '、']));
        data.extend(cells.filter(|cell| cell.contains(is_chinese)).map(str::to_owned));
        data.retain(|it| !it.is_empty());
        let visit = ["order", "ls", "--status", "delivered", "--limit", "0"];
        let delivered = rows(&visit);
        let called = delivered.iter().find(|it| it["verb"] == "visit");
        let called = called.or(delivered.first()).expect("something was carried out");
        let waits = rows(&["approve"]);
        let waits =
            waits.first().map_or_else(|| "1".to_owned(), |it| it["order"].to_string());
        let named = [
            ("CASE", text(&called["case_id"])),
            ("ORDER", called["order"].to_string()),
            ("WAITS", waits),
            ("SITE", into.to_owned()),
            ("STORE", format!("{into}/0.db")),
            ("ELSEWHERE", format!("{into}/1.db")),
            ("CASES", format!("{into}/book/cases.csv")),
            ("EVENTS", format!("{into}/book/events.csv")),
            ("SETTINGS", format!("{into}/qingshou.toml")),
        ];
        Self { cli, data, stages: stages(), named }
    }

    fn run(&self, lang: &str, line: &str) -> CommandOutput {
        let words = line.split(' ').map(|word| {
            let named = self.named.iter().find(|it| it.0 == word);
            named.map_or(word, |it| it.1.as_str())
        });
        let words: Vec<&str> = words.chain(["--lang", lang]).collect();
        run_on(&self.cli.site(), &words)
    }

    /// What of a text is in the wrong language, line by line.
    fn wrong(&self, lang: &str, asked: &str, text: &str) -> Vec<String> {
        let mut is_code = false;
        let mut found = Vec::new();
        for line in text.lines() {
            is_code ^= line.starts_with("```");
            // What is to be typed: code, and the examples of the help; and what the
            // institution's own text says.
            let as_they_are = ["```", "例:", "  qingshou ", "    | "];
            if is_code || as_they_are.iter().any(|it| line.starts_with(it)) {
                continue;
            }
            let mut bare = line.to_owned();
            for name in self.data.iter().rev() {
                bare = bare.replace(name.as_str(), "");
            }
            // What is quoted is to be typed, or stands so in a list of the bank.
            let bare: String = bare.split('`').step_by(2).collect::<Vec<_>>().join("` `");
            let wrong = match lang {
                "en" => {
                    bare.split('"').step_by(2).any(|part| part.chars().any(is_chinese))
                }
                _ => self.english_in(asked, &bare).is_some(),
            };
            if wrong {
                found.push(line.to_owned());
            }
        }
        found
    }

    /// The first English word of a line that is no name of a thing.
    fn english_in(&self, asked: &str, line: &str) -> Option<String> {
        // A page of the help names commands.
        let is_page = asked.contains("--help") || asked == "journal";
        let mut rest = line;
        while let Some(start) = rest.find(is_of_a_word) {
            let word = &rest[start..];
            let end = word.find(|it| !is_of_a_word(it)).unwrap_or(word.len());
            let (word, after) = word.split_at(end);
            rest = after;
            let mut after = after.chars();
            // The word of the program with the one of staff: `sms(短信)`.
            let explained =
                after.next() == Some('(') && after.next().is_some_and(is_chinese);
            let word =
                word.trim_matches(['.', ',', ':', '/', '=', '[', ']', '|', '<', '>']);
            // Whoever asks knows the words that they have typed.
            let is_known = asked.split(' ').any(|part| part == word)
                || is_page && commands().any(|command| command == word);
            if !explained && !is_known && !self.is_a_name(word) {
                return Some(word.to_owned());
            }
        }
        None
    }

    fn is_a_name(&self, word: &str) -> bool {
        let letters = word.chars().filter(char::is_ascii_alphabetic).count();
        // Numbers, codes, times, paths, options, settings and rules.
        letters < 2
            || word.starts_with('-')
            || word.contains(|it: char| it.is_ascii_digit() || "./<=".contains(it))
            || self.stages.contains(word)
            || AS_THEY_ARE.contains(&word)
    }
}

/// The names of commands and of those below them.
fn commands() -> impl Iterator<Item = &'static str> {
    let named = LINES.iter().flat_map(|line| line.split(' ').take(2));
    named.chain(["demo", "run", "service", "completions", "man"])
}

/// Who runs the tests, as entries by hand name them.
fn login() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::Uid::current());
    user.ok().flatten().map_or_else(|| "root".to_owned(), |it| it.name)
}

fn is_of_a_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_-./:=<>|[]".contains(letter)
}

fn is_chinese(letter: char) -> bool {
    matches!(letter, '\u{4e00}'..='\u{9fff}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff5e}')
}

/// The names of the shipped workflows and of their stages.
fn stages() -> BTreeSet<String> {
    let folder = Path::new(ROOT).join("workflows");
    let files = std::fs::read_dir(folder).expect("the workflows are there").flatten();
    let texts = files.filter_map(|file| std::fs::read_to_string(file.path()).ok());
    let names = texts.flat_map(|text| {
        let parts = text.split('"').map(str::to_owned).collect::<Vec<_>>();
        let named =
            |it: &&[String]| it[0].ends_with("stage ") || it[0].ends_with("workflow ");
        parts.windows(2).filter(named).map(|pair| pair[1].clone()).collect::<Vec<_>>()
    });
    names.collect()
}

#[test]
fn every_command_and_every_fault_is_told_in_one_language() {
    let quarter = Quarter::new();
    let mut wrong = Vec::new();
    let mut look = |lang: &str, line: &str| {
        let told = quarter.run(lang, line);
        let found = quarter.wrong(lang, line, &format!("{}{}", told.out, told.err));
        wrong.extend(found.into_iter().map(|it| format!("{lang} `{line}`: {it}")));
    };
    for line in LINES {
        look("en", line);
        look("zh", line);
    }
    for line in WRONG_LINES {
        look("zh", line);
    }
    assert!(wrong.is_empty(), "{} lines\n{}", wrong.len(), wrong.join("\n"));
}
