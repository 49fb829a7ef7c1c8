//! One thing said to readers of either language (双语): Chinese and English side by
//! side, so that nothing can be said in one of them alone.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use crate::tongues;

/// The language that a person reads.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// Chinese, as the staff of a cooperative read.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The language of a locale or of what was typed for it: `en`, `en_US.UTF-8`, 英文;
    /// Chinese is everything else.
    pub fn named(text: &str) -> Self {
        Self::asked_for(text).unwrap_or_default()
    }

    /// The same; `None` where the text names neither of the two.
    pub fn asked_for(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let begins = |all: [&str; 2]| all.iter().any(|it| text.starts_with(it));
        if begins(["en", "英"]) {
            return Some(Self::En);
        }
        begins(["zh", "中"]).then_some(Self::Zh)
    }

    /// One of two things that mean the same.
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// Of a text in both languages the half that is read in this one, line by line;
    /// a line in one language stays as it is.
    pub fn half(self, text: &str) -> String {
        self.pick(tongues::chinese as fn(&str) -> String, tongues::english)(text)
    }
}

/// The same in Chinese and in English: a text, a list of texts, or, as [`Text`], one
/// that is fixed in the program.
///
/// ```
/// use domain::say::{Lang, Say};
/// let said = Say::new(format!("{} 天", 3), format!("{} days", 3));
/// assert_eq!(said.text(Lang::En), "3 days");
/// assert_eq!(said.both(), "3 天 · 3 days");
/// ```
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    Eq,
    Hash,
    Ord,
    PartialEq,
    PartialOrd,
    Serialize,
    Deserialize,
)]
pub struct Say<T = String> {
    /// Chinese, as the staff say it.
    pub zh: T,
    /// English.
    pub en: T,
}

/// A title or explanation that is fixed in the program.
pub type Text = Say<&'static str>;

/// Makes a [`Text`] in a table without ceremony.
pub const fn text(zh: &'static str, en: &'static str) -> Text {
    Say { zh, en }
}

impl Say {
    /// Puts the two texts together.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

impl<T> Say<T> {
    /// The one in this language.
    pub fn of(&self, lang: Lang) -> &T {
        lang.pick(&self.zh, &self.en)
    }

    /// The same done to both.
    pub fn map<U>(self, change: impl Fn(T) -> U) -> Say<U> {
        Say { zh: change(self.zh), en: change(self.en) }
    }
}

impl<T: AsRef<str>> Say<T> {
    /// The text in one language.
    pub fn text(&self, lang: Lang) -> &str {
        self.of(lang).as_ref()
    }

    /// One line for readers of both: `中文 · English`.
    pub fn both(&self) -> String {
        tongues::both(self.zh.as_ref(), self.en.as_ref())
    }
}

impl Text {
    /// The same as a text that can be changed.
    pub fn owned(self) -> Say {
        self.map(str::to_owned)
    }
}

/// The same with more behind it in both languages.
impl<T: Display> Say<T> {
    /// This, and `more` right behind it.
    pub fn then<U: Display>(&self, more: &Say<U>) -> Say {
        Say {
            zh: format!("{}{}", self.zh, more.zh),
            en: format!("{}{}", self.en, more.en),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_names_the_language() {
        let table = [
            ("en", Lang::En),
            ("EN_us.UTF-8", Lang::En),
            ("英文", Lang::En),
            ("zh_CN.UTF-8", Lang::Zh),
            ("中文", Lang::Zh),
            ("C", Lang::Zh),
            ("", Lang::Zh),
        ];
        for (locale, lang) in table {
            assert_eq!(Lang::named(locale), lang, "{locale}");
        }
        assert_eq!(Lang::asked_for("zh"), Some(Lang::Zh));
        assert_eq!(Lang::asked_for("C"), None);
    }

    #[test]
    fn both_languages_stand_side_by_side_in_json() {
        let said = Say::new("没有", "none");
        let json = serde_json::to_string(&said).unwrap();
        assert_eq!(json, r#"{"zh":"没有","en":"none"}"#);
        assert_eq!(serde_json::from_str::<Say>(&json).unwrap(), said);
        assert_eq!(serde_json::to_string(&Lang::En).unwrap(), r#""en""#);
    }

    #[test]
    fn each_reads_their_own_half() {
        let said = text("上门", "visit").owned().then(&text("(推迟)", " (deferred)"));
        assert_eq!(said.text(Lang::Zh), "上门(推迟)");
        assert_eq!(said.text(Lang::En), "visit (deferred)");
        assert_eq!(Lang::En.half(&said.both()), "visit (deferred)");
    }
}
