//! The settings of a site (设置): one TOML file, every key overridable by the
//! environment.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::{Result, anyhow, bail};
use domain::guard::Bounds;
use domain::manifest::Channel;
use domain::near::{nearest, only_near, perhaps};
use domain::role::Role;
use domain::say::Say;
use domain::wait::Opening;
use serde::{Deserialize, Serialize};

use crate::logs;

mod database;
mod slips;

/// All that an administrator can set in `qingshou.toml`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The institution's name, on letters and screens.
    pub institution: String,
    /// Its telephone, in letters and messages; where it is empty they name the counter.
    pub telephone: String,
    /// Its address, in letters.
    pub address: String,
    /// Its time zone, such as `Asia/Shanghai`.
    pub zone: String,
    /// When waits in days fire, `HH:MM`.
    pub opening: String,
    /// Workdays after a promised day in which payment in full is late, not
    /// broken; as many as the bank's file comes after the money. At most 30.
    pub promise_tolerance: u32,
    /// The workflows folder, relative to the site.
    pub workflows: String,
    /// The case store's file, relative to the site, or `postgres://user@host/database`.
    pub database: String,
    /// A file with the password of the database's user; empty where PGPASSFILE has it.
    pub database_password_file: String,
    /// The policy pack by name.
    pub policy: String,
    /// The holiday calendar by name.
    pub calendar: String,
    /// Everything is worked and nothing leaves: no message, no task for people.
    pub rehearsal: bool,
    /// Workdays without a file of the bank after which demands are held.
    pub book_stale_after: u32,
    /// How much the daemon's log tells: `info`, `debug`, `warn`, or a filter such
    /// as `info,release=debug`.
    pub log: String,
    /// Where machines ask how the daemon does, such as `127.0.0.1:9464`; nobody
    /// can where it is empty.
    pub metrics: String,
    /// How much may leave a day without a person's word.
    pub guard: Guard,
    /// When a release has to be confirmed by a person, where that is not as
    /// `guard` says.
    pub blast_guard: BlastGuard,
    /// How long what lies beside the store is kept.
    pub retention: Retention,
    /// The staff.
    pub people: Vec<Person>,
    /// Settings of the plugins, by plugin. Secrets may be among them: they are never
    /// written out.
    #[serde(skip_serializing)]
    pub plugins: BTreeMap<String, toml::Table>,
}

/// Contacts of a day above these bounds are held until a person lets them go.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guard {
    /// So many times the usual day.
    pub times: u32,
    /// A day of so many contacts of a channel is never asked about.
    pub at_least: u32,
    /// Visits that one collector may be given a day.
    pub visits_per_collector: u32,
    /// Bounds of single channels, whatever their usual day is.
    pub channels: BTreeMap<Channel, u32>,
}

impl Default for Guard {
    fn default() -> Self {
        let Bounds { times, at_least, channels, visits_per_collector } =
            Bounds::default();
        Self { times, at_least, visits_per_collector, channels }
    }
}

/// A release that would contact far more people in a day than before waits;
/// what is not set is as for the guard.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlastGuard {
    /// So many times as many as before.
    pub times: Option<u32>,
    /// And at least so many people.
    pub at_least: Option<u32>,
}

/// How many days what lies beside the store is kept at least.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Messages in `spool/` and `rehearsal/`.
    pub messages_days: u32,
    /// Logs of calls and of departures, by which it is settled what has left.
    pub logs_days: u32,
    /// Files of rejected rows.
    pub rejects_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { messages_days: 400, logs_days: 400, rejects_days: 400 }
    }
}

/// A member of staff.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The name in journal, tasks and approvals.
    pub name: String,
    /// The operating-system user.
    pub login: String,
    /// `administrator`, `editor`, `supervisor`, `collector`, `legal`,
    /// `compliance`, `risk`, `auditor`.
    pub roles: Vec<String>,
}

/// The institution of the settings that `init` writes. Nobody is to hear from it.
pub const EXAMPLE: &str = "青石县农村信用合作社(示例)";

/// The roles a person can have.
pub const ROLES: [&str; Role::ALL.len()] = {
    let mut words = [""; Role::ALL.len()];
    let mut at = 0;
    while at < words.len() {
        words[at] = Role::ALL[at].as_str();
        at += 1;
    }
    words
};

/// A book that nobody has brought up to date for a quarter tells nothing.
const OLDEST_BOOK: u32 = 90;
/// A promise is not left ungraded for longer.
const MOST_TOLERANCE: u32 = 30;
/// Whoever works by a list of a month finds its messages and rejected rows.
const SHORTEST_KEEPING: u32 = 30;
/// An order may wait 90 days for approval, and a backup be put back after that.
const SHORTEST_LOGS: u32 = 120;
/// A hundred years: more is a slip of the finger.
const LONGEST_KEEPING: u32 = 36_500;

impl Default for Config {
    fn default() -> Self {
        Self {
            institution: "农村信用合作社".to_owned(),
            telephone: String::new(),
            address: String::new(),
            zone: "Asia/Shanghai".to_owned(),
            opening: "09:00".to_owned(),
            promise_tolerance: 1,
            workflows: "workflows".to_owned(),
            database: database::STORE_FILE.to_owned(),
            database_password_file: String::new(),
            policy: "cn-rcc".to_owned(),
            calendar: "cn".to_owned(),
            rehearsal: false,
            book_stale_after: 3,
            log: logs::USUAL.to_owned(),
            metrics: String::new(),
            guard: Guard::default(),
            blast_guard: BlastGuard::default(),
            retention: Retention::default(),
            people: Vec::new(),
            plugins: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Reads the settings; `QINGSHOU_ZONE`, `QINGSHOU_BLAST_GUARD_TIMES` and so
    /// on stand above the file.
    ///
    /// # Errors
    ///
    /// A sentence with file, line and a suggestion for a misspelled key.
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        let mut table: toml::Table =
            toml::from_str(text).map_err(|error| explain(&error, text, file))?;
        let overrides = overrides()?;
        // From the text as long as possible: it knows its lines.
        let config: Self = if overrides.is_empty() {
            toml::from_str(text).map_err(|error| explain(&error, text, file))?
        } else {
            for (place, value) in overrides {
                set(&mut table, &place, value);
            }
            table.try_into().map_err(|error| explain(&error, text, file))?
        };
        config.check(file)?;
        Ok(config)
    }

    /// Where machines ask how the daemon does; `None` where nobody can.
    ///
    /// # Errors
    ///
    /// It is no address, or one that other machines reach.
    pub fn metrics_at(&self, file: &str) -> Result<Option<SocketAddr>> {
        let file = &origin(file, &[], "metrics");
        let text = self.metrics.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let address: Option<SocketAddr> = text.parse().ok();
        match address.filter(|it| it.port() != 0) {
            Some(address) if address.ip().is_loopback() => Ok(Some(address)),
            Some(_) => bail!(
                "{file}:metrics = {text:?} 不是本机回环地址,别的机器也能读到,没有采用 · \
                 {file}: metrics = {text:?} is not of this machine alone, and others could read it\n  \
                 提示:写 \"127.0.0.1:9464\";要从别处采集,请用本机的 Prometheus 或反向代理转出 · \
                 hint: write \"127.0.0.1:9464\"; a Prometheus or proxy on this machine can hand it on"
            ),
            None => bail!(
                "{file}:metrics = {text:?} 不是地址,例如 \"127.0.0.1:9464\" · \
                 {file}: metrics = {text:?} is no address; write \"127.0.0.1:9464\" or the like"
            ),
        }
    }

    /// Whether the institution is still that of the example, under whose name no debtor
    /// may be written to.
    pub fn signs_as_example(&self) -> bool {
        self.institution.trim() == EXAMPLE
    }

    /// Whether anything leads out of this machine: an address of a gateway in the settings
    /// of a plugin that is not this machine's own.
    pub fn reaches_out(&self) -> bool {
        self.plugins.values().flat_map(toml::Table::values).any(leads_out)
    }

    /// When waits in days fire.
    pub fn opening(&self) -> Opening {
        read_opening(&self.opening).unwrap_or_default()
    }

    /// How much may leave a day without a person's word.
    pub fn bounds(&self) -> Bounds {
        let Guard { times, at_least, visits_per_collector, channels } =
            self.guard.clone();
        Bounds { times, at_least, channels, visits_per_collector }
    }

    /// When a release has to be confirmed: so many times the contacts of the
    /// one before, and at least so many.
    pub fn release_bounds(&self) -> (u32, u32) {
        let BlastGuard { times, at_least } = self.blast_guard;
        let Guard { times: usual, at_least: fewest, .. } = self.guard;
        (times.unwrap_or(usual), at_least.unwrap_or(fewest))
    }

    /// The person behind an operating-system user.
    pub fn person_of(&self, login: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.login == login)
    }

    fn check_log(&self, file: &str) -> Result<()> {
        let (file, log) = (&origin(file, &[], "log"), &self.log);
        if logs::filter(log).is_none() {
            bail!(
                "{file}:log = {log:?} 不是日志详略,例如 \"info\" 或 \"debug\" · \
                 {file}: log = {log:?} is no filter of the log; write \"info\" or \"debug\""
            );
        }
        Ok(())
    }

    fn check_retention(&self, file: &str) -> Result<()> {
        let Retention { messages_days, logs_days, rejects_days } = self.retention;
        for (key, days, least) in [
            ("messages_days", messages_days, SHORTEST_KEEPING),
            ("logs_days", logs_days, SHORTEST_LOGS),
            ("rejects_days", rejects_days, SHORTEST_KEEPING),
        ] {
            let file = &origin(file, &["retention"], key);
            if days < least {
                bail!(
                    "{file}:retention.{key} = {days} 太短,至少 {least} 天 · \
                     {file}: retention.{key} = {days} is too short; at least {least} days"
                );
            }
            if LONGEST_KEEPING < days {
                bail!(
                    "{file}:retention.{key} = {days} 太长,最多 {LONGEST_KEEPING} 天 · \
                     {file}: retention.{key} = {days} is too long; at most {LONGEST_KEEPING} days"
                );
            }
        }
        Ok(())
    }

    fn check(&self, file: &str) -> Result<()> {
        if read_opening(&self.opening).is_none() {
            let (file, opening) = (&origin(file, &[], "opening"), &self.opening);
            bail!(
                "{file}:opening = {opening:?} 不是时间,例如 \"09:00\" · \
                 {file}: opening = {opening:?} is no time of day; write \"09:00\" or the like"
            );
        }
        self.metrics_at(file)?;
        self.check_texts(file)?;
        self.check_database(file)?;
        self.check_log(file)?;
        self.check_retention(file)?;
        if self.institution.trim().is_empty() {
            let file = &origin(file, &[], "institution");
            bail!(
                "{file}:institution 是空的,信上没有债权人的名称 · \
                 {file}: institution is empty, and letters would name no lender\n  \
                 提示:写上本机构的全称,例如 \"示例县农村信用合作联社\" · \
                 hint: write the institution's full name"
            );
        }
        if MOST_TOLERANCE < self.promise_tolerance {
            let days = self.promise_tolerance;
            let file = &origin(file, &[], "promise_tolerance");
            bail!(
                "{file}:promise_tolerance = {days} 太长,最多 {MOST_TOLERANCE} 天 · \
                 {file}: promise_tolerance = {days} is too long; at most {MOST_TOLERANCE} days"
            );
        }
        self.check_times(file)?;
        if OLDEST_BOOK < self.book_stale_after {
            let days = self.book_stale_after;
            let file = &origin(file, &[], "book_stale_after");
            bail!(
                "{file}:book_stale_after = {days} 太长,最多 {OLDEST_BOOK} 个工作日 · \
                 {file}: book_stale_after = {days} is too long; at most {OLDEST_BOOK} workdays"
            );
        }
        self.check_people(file)
    }

    fn check_times(&self, file: &str) -> Result<()> {
        if self.guard.times == 0 {
            let file = &origin(file, &["guard"], "times");
            bail!(
                "{file}:guard.times = 0 没有意义 · {file}: guard.times = 0 makes no sense\n  \
                 提示:至少 1;只用固定上限请写 [guard.channels] · \
                 hint: at least 1; for fixed bounds set [guard.channels]"
            );
        }
        if self.blast_guard.times == Some(0) {
            let file = &origin(file, &["blast_guard"], "times");
            bail!(
                "{file}:blast_guard.times = 0 没有意义 · \
                 {file}: blast_guard.times = 0 makes no sense\n  \
                 提示:至少 1;想少打扰请写大 blast_guard.at_least · \
                 hint: at least 1; to be asked less often raise blast_guard.at_least"
            );
        }
        Ok(())
    }

    fn check_people(&self, file: &str) -> Result<()> {
        for person in &self.people {
            for (key, text) in [("name", &person.name), ("login", &person.login)] {
                if text.trim().is_empty() || text.trim() != text {
                    bail!(
                        "{file}:people 中 {key} = {text:?} 是空的,或前后有空格 · \
                         {file}: {key} = {text:?} in people is empty or has spaces round it\n  \
                         提示:name 写姓名,login 写操作系统用户名 · \
                         hint: name is the person's, login that of the operating-system user"
                    );
                }
            }
            for role in &person.roles {
                if !ROLES.contains(&role.as_str()) {
                    let Say { zh, en } = meant(role, &ROLES);
                    let known = ROLES.join(", ");
                    bail!(
                        "{file}:people 中没有角色 {role:?}{zh} · \
                         {file}: people knows no role {role:?}{en}\n  \
                         提示:可用 {known} · hint: there are {known}"
                    );
                }
            }
        }
        if let Some(twice) = twice(self.people.iter().map(|person| person.name.as_str()))
        {
            bail!(
                "{file}:people 中 {twice:?} 出现两次,审批无法区分是谁 · \
                 {file}: {twice:?} stands twice in people, and an approval could be anybody's"
            );
        }
        if let Some(twice) = twice(self.people.iter().map(|person| person.login.as_str()))
        {
            bail!(
                "{file}:people 中两个人的 login 都是 {twice:?},无法区分是谁在登记 · \
                 {file}: two people have the login {twice:?}, and an entry could be either's\n  \
                 提示:每人用自己的操作系统用户 · hint: everybody has a login of their own"
            );
        }
        Ok(())
    }
}

/// Who said what is wrong: the variable that overrides the file, where there is one.
fn origin(file: &str, tables: &[&'static str], key: &'static str) -> String {
    let place = (tables.to_vec(), key);
    variable(&place).map_or_else(|| file.to_owned(), |(name, _)| format!("${name}"))
}

/// What stands in a list more than once.
fn twice<'a>(words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut words: Vec<&str> = words.collect();
    words.sort_unstable();
    words.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

fn read_opening(text: &str) -> Option<Opening> {
    let (hour, minute) = text.split_once(':')?;
    let opening = Opening { hour: hour.parse().ok()?, minute: minute.parse().ok()? };
    let sound = (0..24).contains(&opening.hour) && (0..60).contains(&opening.minute);
    sound.then_some(opening)
}

const KEYS: [&str; 19] = [
    "institution",
    "telephone",
    "address",
    "zone",
    "opening",
    "promise_tolerance",
    "workflows",
    "database",
    "policy",
    "calendar",
    "rehearsal",
    "book_stale_after",
    "log",
    "metrics",
    "guard",
    "blast_guard",
    "retention",
    "people",
    "plugins",
];

const TEXTS: [&str; 11] = [
    "institution",
    "telephone",
    "address",
    "zone",
    "opening",
    "workflows",
    "database",
    "policy",
    "calendar",
    "log",
    "metrics",
];
const SWITCHES: [&str; 1] = ["rehearsal"];
const NUMBERS: [&str; 2] = ["promise_tolerance", "book_stale_after"];
/// Numbers inside a table.
const TABLES: [(&str, &[&str]); 3] = [
    ("guard", &["times", "at_least", "visits_per_collector"]),
    ("blast_guard", &["times", "at_least"]),
    ("retention", &["messages_days", "logs_days", "rejects_days"]),
];

/// What the environment sets of one key: the tables it stands in, and its name.
type Place = (Vec<&'static str>, &'static str);

fn variable_name((tables, key): &Place) -> String {
    let words: Vec<&str> = tables.iter().copied().chain([*key]).collect();
    format!("QINGSHOU_{}", words.join("_").to_uppercase())
}

fn variable(place: &Place) -> Option<(String, String)> {
    let name = variable_name(place);
    std::env::var(&name).ok().map(|value| (name, value))
}

fn numbers() -> Vec<Place> {
    let plain = NUMBERS.into_iter().map(|key| (Vec::new(), key));
    let inside = TABLES
        .into_iter()
        .flat_map(|(table, keys)| keys.iter().map(move |key| (vec![table], *key)));
    let channels = Channel::ALL.map(|it| (vec!["guard", "channels"], it.as_str()));
    plain.chain(inside).chain(channels).collect()
}

/// Variables that the commands read beside the settings.
const OF_COMMANDS: [&str; 4] =
    ["QINGSHOU_SITE", "QINGSHOU_LANG", "QINGSHOU_JSON_LOGS", "QINGSHOU_LOG"];

impl Config {
    /// Variables of the environment that look like a setting and are none, with what
    /// may be meant. Those that the settings of a gateway name hold secrets.
    pub fn strange_variables(&self) -> Vec<(String, Option<String>)> {
        let names = std::env::vars_os().filter_map(|it| it.0.into_string().ok());
        self.strange_among(names)
    }

    fn strange_among(
        &self,
        names: impl Iterator<Item = String>,
    ) -> Vec<(String, Option<String>)> {
        let plain = TEXTS.into_iter().chain(SWITCHES).map(|text| (Vec::new(), text));
        let mut known: Vec<String> =
            plain.chain(numbers()).map(|plain| variable_name(&plain)).collect();
        known.extend(OF_COMMANDS.map(str::to_owned));
        let named = serde_json::to_string(&self.plugins).unwrap_or_default();
        let mut found: Vec<_> = names
            .filter(|name| name.starts_with("QINGSHOU_") && !known.contains(name))
            .filter(|name| !named.contains(&format!("\"{name}\"")))
            .filter_map(|name| {
                let meant = only_near(&name, known.iter().map(String::as_str));
                let of_table = TABLES.iter().any(|(table, _)| {
                    name.starts_with(&format!("QINGSHOU_{}_", table.to_uppercase()))
                });
                (meant.is_some() || of_table).then_some((name, meant))
            })
            .collect();
        found.sort();
        found
    }
}

/// What stands in the environment, with its place in the file.
fn overrides() -> Result<Vec<(Place, toml::Value)>> {
    let mut found = Vec::new();
    for key in TEXTS {
        let place = (Vec::new(), key);
        if let Some((_, text)) = variable(&place) {
            found.push((place, toml::Value::String(text)));
        }
    }
    for key in SWITCHES {
        let place = (Vec::new(), key);
        let Some((name, text)) = variable(&place) else { continue };
        let switch = text.parse().map_err(|_| {
            anyhow!(
                "环境变量 {name} = {text:?} 不是 true 或 false · \
                 the variable {name} = {text:?} is neither true nor false"
            )
        })?;
        found.push((place, toml::Value::Boolean(switch)));
    }
    for place in numbers() {
        let Some((name, text)) = variable(&place) else { continue };
        let number = text.parse().map_err(|_| {
            anyhow!(
                "环境变量 {name} = {text:?} 不是整数 · \
                 the variable {name} = {text:?} is no whole number"
            )
        })?;
        found.push((place, toml::Value::Integer(number)));
    }
    Ok(found)
}

fn set(table: &mut toml::Table, (tables, key): &Place, value: toml::Value) {
    let mut at = table;
    for name in tables {
        let inner =
            at.entry(*name).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        // What is no table is told of when the settings are read.
        let Some(inner) = inner.as_table_mut() else { return };
        at = inner;
    }
    at.insert((*key).to_owned(), value);
}

fn explain(error: &toml::de::Error, text: &str, file: &str) -> anyhow::Error {
    let at = error.span().map(|span| position(text, span.start));
    let place = at.map_or(String::new(), |(line, col)| format!(":{line}:{col}"));
    let message = error.message();
    let wrong = message.strip_prefix("unknown field `");
    match wrong.and_then(|it| it.split('`').next()) {
        Some(key) if KEYS.contains(&key) => anyhow!(
            "{file}{place}:`{key}` 写在了某个 [小节] 下面:请移到第一个 [小节] 之前 · \
             {file}{place}: `{key}` stands below a [table]: move it above the first one"
        ),
        Some(key) => {
            // What may stand in this table is what the reader names.
            let known: Vec<&str> = message.split('`').skip(3).step_by(2).collect();
            let Say { zh, en } = meant(key, &known);
            anyhow!(
                "{file}{place}:没有设置项 `{key}`{zh} · \
                 {file}{place}: there is no setting `{key}`{en}"
            )
        }
        None => {
            let line = at.and_then(|(line, _)| text.lines().nth(line - 1));
            let Say { zh, en } = slips::told(message, line.unwrap_or_default());
            anyhow!(
                "{file}{place}:写法有误:{zh} · {file}{place}: it cannot be read: {en}"
            )
        }
    }
}

/// The known word that looks most like one, in both languages.
fn meant(word: &str, known: &[&str]) -> Say {
    perhaps(nearest(word, known.iter().copied()))
}

fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let col = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, col)
}

fn leads_out(value: &toml::Value) -> bool {
    match value {
        toml::Value::String(text) => is_of_another_machine(text),
        toml::Value::Array(all) => all.iter().any(leads_out),
        toml::Value::Table(table) => table.values().any(leads_out),
        _ => false,
    }
}

fn is_of_another_machine(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let is_own = ["localhost", "127.", "[::1]"].iter().any(|own| host.starts_with(own));
    scheme.starts_with("http") && !is_own
}

#[cfg(test)]
mod tests;
