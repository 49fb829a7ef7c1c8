//! The settings of a site (设置): one TOML file, every key overridable by the
//! environment.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow, bail};
use domain::wait::Opening;
use serde::Deserialize;

/// All that an administrator can set in `qingshou.toml`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The institution's name, on letters and screens.
    pub institution: String,
    /// Its time zone, such as `Asia/Shanghai`.
    pub zone: String,
    /// When waits in days fire, `HH:MM`.
    pub opening: String,
    /// Workdays after a promised day in which payment in full is late, not
    /// broken; as many as the bank's file comes after the money. At most 30.
    pub promise_tolerance: u32,
    /// The workflows folder, relative to the site.
    pub workflows: String,
    /// The case store's file, relative to the site.
    pub database: String,
    /// The policy pack by name.
    pub policy: String,
    /// The holiday calendar by name.
    pub calendar: String,
    /// When a release has to be confirmed by a person.
    pub blast_guard: BlastGuard,
    /// The staff.
    pub people: Vec<Person>,
    /// Settings of the plugins, by plugin.
    pub plugins: BTreeMap<String, toml::Table>,
}

/// A release that would contact far more people in a day than before waits.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct BlastGuard {
    /// So many times as many as before.
    pub times: u32,
    /// And at least so many people.
    pub at_least: u32,
}

impl Default for BlastGuard {
    fn default() -> Self {
        Self { times: 2, at_least: 100 }
    }
}

/// A member of staff.
#[derive(Clone, Debug, Deserialize, PartialEq)]
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

/// The roles a person can have.
pub const ROLES: [&str; 8] = [
    "administrator",
    "editor",
    "supervisor",
    "collector",
    "legal",
    "compliance",
    "risk",
    "auditor",
];

/// A promise is not left ungraded for longer.
const MOST_TOLERANCE: u32 = 30;

impl Default for Config {
    fn default() -> Self {
        Self {
            institution: "农村信用合作社".to_owned(),
            zone: "Asia/Shanghai".to_owned(),
            opening: "09:00".to_owned(),
            promise_tolerance: 1,
            workflows: "workflows".to_owned(),
            database: "case_store.db".to_owned(),
            policy: "cn-rcc".to_owned(),
            calendar: "cn".to_owned(),
            blast_guard: BlastGuard::default(),
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
        override_from_environment(&mut table)?;
        let config: Self = if table.is_empty() || !overridden() {
            toml::from_str(text).map_err(|error| explain(&error, text, file))?
        } else {
            table.try_into().map_err(|error| explain(&error, text, file))?
        };
        config.check(file)?;
        Ok(config)
    }

    /// When waits in days fire.
    pub fn opening(&self) -> Opening {
        read_opening(&self.opening).unwrap_or_default()
    }

    /// The person behind an operating-system user.
    pub fn person_of(&self, login: &str) -> Option<&Person> {
        self.people.iter().find(|it| it.login == login)
    }

    fn check(&self, file: &str) -> Result<()> {
        if read_opening(&self.opening).is_none() {
            bail!("{file}:opening = {:?} 不是时间\n  提示:例如 \"09:00\"", self.opening);
        }
        if MOST_TOLERANCE < self.promise_tolerance {
            let days = self.promise_tolerance;
            bail!(
                "{file}:promise_tolerance = {days} 太长\n  提示:最多 {MOST_TOLERANCE} 天"
            );
        }
        for person in &self.people {
            for role in &person.roles {
                if !ROLES.contains(&role.as_str()) {
                    bail!(
                        "{file}:people 中没有角色 {role:?}{}\n  提示:可用 {}",
                        meant(role, &ROLES),
                        ROLES.join("、")
                    );
                }
            }
        }
        if let Some(twice) = twice(self.people.iter().map(|it| it.name.as_str())) {
            bail!("{file}:people 中 {twice:?} 出现两次,审批无法区分是谁");
        }
        if let Some(twice) = twice(self.people.iter().map(|it| it.login.as_str())) {
            bail!(
                "{file}:people 中两个人的 login 都是 {twice:?},无法区分是谁在登记\n  \
                 提示:每人用自己的操作系统用户"
            );
        }
        Ok(())
    }
}

/// What stands in a list more than once.
fn twice<'a>(words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut words: Vec<&str> = words.collect();
    words.sort_unstable();
    words.windows(2).find(|it| it[0] == it[1]).map(|it| it[0])
}

fn read_opening(text: &str) -> Option<Opening> {
    let (hour, minute) = text.split_once(':')?;
    let opening = Opening { hour: hour.parse().ok()?, minute: minute.parse().ok()? };
    let sound = (0..24).contains(&opening.hour) && (0..60).contains(&opening.minute);
    sound.then_some(opening)
}

const KEYS: [&str; 11] = [
    "institution",
    "zone",
    "opening",
    "promise_tolerance",
    "workflows",
    "database",
    "policy",
    "calendar",
    "blast_guard",
    "people",
    "plugins",
];

const PLAIN_KEYS: [&str; 7] =
    ["institution", "zone", "opening", "workflows", "database", "policy", "calendar"];

fn variable(key: &str) -> Option<String> {
    std::env::var(format!("QINGSHOU_{}", key.to_uppercase())).ok()
}

fn whole_number(key: &str) -> Result<Option<i64>> {
    let Some(text) = variable(key) else { return Ok(None) };
    let number = text
        .parse()
        .map_err(|_| anyhow!("QINGSHOU_{} = {text:?} 不是整数", key.to_uppercase()))?;
    Ok(Some(number))
}

fn overridden() -> bool {
    let numbers = ["promise_tolerance", "blast_guard_times", "blast_guard_at_least"];
    PLAIN_KEYS.iter().chain(&numbers).any(|it| variable(it).is_some())
}

fn override_from_environment(table: &mut toml::Table) -> Result<()> {
    for key in PLAIN_KEYS {
        if let Some(value) = variable(key) {
            table.insert(key.to_owned(), toml::Value::String(value));
        }
    }
    if let Some(days) = whole_number("promise_tolerance")? {
        table.insert("promise_tolerance".to_owned(), toml::Value::Integer(days));
    }
    for key in ["times", "at_least"] {
        let Some(number) = whole_number(&format!("blast_guard_{key}"))? else { continue };
        let guard = table
            .entry("blast_guard")
            .or_insert_with(|| toml::Value::Table(toml::Table::new()));
        if let Some(guard) = guard.as_table_mut() {
            guard.insert(key.to_owned(), toml::Value::Integer(number));
        }
    }
    Ok(())
}

fn explain(error: &toml::de::Error, text: &str, file: &str) -> anyhow::Error {
    let at = error.span().map(|it| position(text, it.start));
    let place = at.map_or(String::new(), |(line, col)| format!(":{line}:{col}"));
    let message = error.message();
    let wrong = message.strip_prefix("unknown field `");
    match wrong.and_then(|it| it.split('`').next()) {
        Some(key) => anyhow!("{file}{place}:没有设置项 `{key}`{}", meant(key, &KEYS)),
        None => anyhow!("{file}{place}:{message}"),
    }
}

fn meant(word: &str, known: &[&str]) -> String {
    let close = |it: &&&str| 0.7 < strsim::jaro_winkler(word, it);
    let best = known.iter().filter(close).max_by(|a, b| {
        strsim::jaro_winkler(word, a).total_cmp(&strsim::jaro_winkler(word, b))
    });
    best.map_or(String::new(), |it| format!("(是否应为 `{it}`?)"))
}

fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let col = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, col)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_gives_the_defaults() {
        assert_eq!(Config::parse("", "x").unwrap(), Config::default());
    }

    #[test]
    fn a_misspelled_key_is_an_error_with_a_suggestion() {
        let error = Config::parse("zoen = \"Asia/Shanghai\"\n", "q.toml").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("q.toml:1:1") && text.contains("`zone`"), "{text}");
    }

    #[test]
    fn a_promise_is_not_left_ungraded_for_months() {
        let read = |days: u32| Config::parse(&format!("promise_tolerance = {days}"), "q");
        assert_eq!(read(30).unwrap().promise_tolerance, 30);
        let text = read(31).unwrap_err().to_string();
        assert!(text.contains("promise_tolerance") && text.contains("30"), "{text}");
    }

    #[test]
    fn an_unknown_role_and_a_name_or_login_that_stands_twice_are_refused() {
        let role = "[[people]]\nname='甲'\nlogin='a'\nroles=['superviser']\n";
        let text = Config::parse(role, "q.toml").unwrap_err().to_string();
        assert!(text.contains("supervisor"), "{text}");
        let twice = "[[people]]\nname='甲'\nlogin='a'\nroles=[]\n\
                     [[people]]\nname='甲'\nlogin='b'\nroles=[]\n";
        assert!(Config::parse(twice, "q.toml").is_err());
        let login = "[[people]]\nname='甲'\nlogin='a'\nroles=[]\n\
                     [[people]]\nname='乙'\nlogin='a'\nroles=[]\n";
        let text = Config::parse(login, "q.toml").unwrap_err().to_string();
        assert!(text.contains("login"), "{text}");
    }
}
