//! The character that no text may hold (空字符): U+0000. A server refuses it, a file would
//! take it, and nobody sees it; so it is refused where texts come in.

use anyhow::{Result, bail};
use serde::Serialize;
use serde_json::Value;

use crate::config::Config;

impl Config {
    /// Names of people and institution stand in the journal and on letters.
    pub(crate) fn check_texts(&self, file: &str) -> Result<()> {
        if let Some(place) = place(self) {
            bail!(
                "{file}:{place} 里有空字符(\\u0000),没有采用 · \
                 {file}: {place} holds the character \\u0000, and is not taken\n  \
                 提示:请删去它 · hint: clear it"
            );
        }
        Ok(())
    }
}

/// Where a text of something holds it, as `people.2.name`; `None` where none does.
pub fn place(of: &impl Serialize) -> Option<String> {
    within(&serde_json::to_value(of).ok()?).map(|mut place| {
        place.reverse();
        place.join(".")
    })
}

/// The steps to it, the last one first.
fn within(value: &Value) -> Option<Vec<String>> {
    let (step, mut steps) = match value {
        Value::String(text) => return text.contains('\0').then(Vec::new),
        Value::Array(list) => {
            let mut all = list.iter().enumerate();
            all.find_map(|(at, it)| Some(((at + 1).to_string(), within(it)?)))?
        }
        Value::Object(map) => {
            let shown = |name: &String| name.replace('\0', "␀");
            let in_name = |name: &String| name.contains('\0').then(Vec::new);
            map.iter().find_map(|(name, it)| {
                Some((shown(name), in_name(name).or_else(|| within(it))?))
            })?
        }
        _ => return None,
    };
    steps.push(step);
    Some(steps)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_place_of_a_character_that_nobody_sees_is_named() {
        let told =
            json!({ "who": "示例甲", "list": [{ "why": "x" }, { "why": "a\0b" }] });
        assert_eq!(place(&told).unwrap(), "list.2.why");
        assert_eq!(place(&"a\0").unwrap(), "");
        assert_eq!(place(&json!({ "a\0b": 1 })).unwrap(), "a␀b");
        assert_eq!(place(&json!(["\\u0000", "\u{1}", 0, null])), None);
    }

    #[test]
    fn settings_that_hold_it_are_refused_by_their_place() {
        let text = "[[people]]\nname = \"示例\\u0000甲\"\nlogin = \"a\"\nroles = []\n";
        let refused = Config::parse(text, "q.toml").unwrap_err().to_string();
        assert!(refused.contains("q.toml: people.1.name holds"), "{refused}");
    }
}
