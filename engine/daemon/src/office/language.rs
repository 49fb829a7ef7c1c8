//! The language of an answer (答复语言): that of whoever asked, wherever the answer
//! is made.

use std::future::Future;

use anyhow::Error;
use script::finding::Lang;

tokio::task_local! {
    static ASKED_IN: Lang;
}

/// Does a piece of work for somebody who reads `lang`.
pub(super) async fn answering_in<W: Future>(lang: Lang, work: W) -> W::Output {
    ASKED_IN.scope(lang, work).await
}

/// An error for somebody who reads `lang`: of each line of each cause that stands
/// in two languages, `中文 · English`, the half that is theirs.
pub(crate) fn told(error: &Error, lang: Lang) -> String {
    let causes: Vec<String> =
        error.chain().map(|it| halves(&it.to_string(), lang)).collect();
    causes.join(": ")
}

/// Of each line that stands in two languages the half that `lang` reads.
pub(crate) fn halves(text: &str, lang: Lang) -> String {
    let half = |line: &str| match line.split_once(" · ") {
        // A line whose first part is in English is one of another kind.
        Some((zh, en)) if zh.chars().any(is_chinese) => {
            let indent = &line[..line.len() - line.trim_start().len()];
            match lang {
                Lang::Zh => zh.to_owned(),
                Lang::En => format!("{indent}{en}"),
            }
        }
        _ => line.to_owned(),
    };
    text.lines().map(half).collect::<Vec<_>>().join("\n")
}

fn is_chinese(letter: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&letter)
}

/// The language asked for; Chinese when nobody in particular asked.
pub(super) fn asked_in() -> Lang {
    ASKED_IN.try_with(|lang| *lang).unwrap_or_default()
}

/// One of two texts that say the same; Chinese when nobody in particular asked.
pub(crate) fn say(zh: impl Into<String>, en: impl Into<String>) -> String {
    match asked_in() {
        Lang::Zh => zh.into(),
        Lang::En => en.into(),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;
    use store::StoreError;

    use super::*;

    #[test]
    fn an_error_is_told_in_the_language_asked_for_line_by_line() {
        let error =
            anyhow!("磁盘已满 · the disk is full\n  提示:腾出空间 · hint: free space")
                .context("[plugins.remind]");
        assert_eq!(
            told(&error, Lang::En),
            "[plugins.remind]: the disk is full\n  hint: free space"
        );
        assert_eq!(told(&error, Lang::Zh), "[plugins.remind]: 磁盘已满\n  提示:腾出空间");
        let plain = anyhow!("stop 7 · sms · 示例甲");
        assert_eq!(told(&plain, Lang::En), "stop 7 · sms · 示例甲");
    }

    #[test]
    fn what_a_store_can_say_stands_in_both_languages() {
        let all = [
            StoreError::DiskFull,
            StoreError::ReadOnly,
            StoreError::Busy,
            StoreError::Missing { path: "/s/case_store.db".into() },
            StoreError::OutOfReach { path: "/s/a".into() },
            StoreError::Lost { path: "/s/a".into(), note: "/s/a.id".into() },
            StoreError::Foreign { path: "/s/a".into(), note: "/s/a.id".into() },
            StoreError::ForeignLog { path: "/s/a".into() },
            StoreError::Displaced { path: "/s/a".into() },
            StoreError::NotAStore { path: "/s/a".into() },
            StoreError::Damaged { path: "/s/a".into() },
            StoreError::Newer { found: 9, known: 1 },
            StoreError::SettingRefused { name: "synchronous", wanted: 2, found: 1 },
            StoreError::Locked { pid: "7".to_owned() },
            StoreError::Io("EIO".to_owned()),
            StoreError::Corrupt("malformed".to_owned()),
            StoreError::Rule("unique".to_owned()),
            StoreError::Data("json".to_owned()),
        ];
        for error in all {
            let error = Error::new(error);
            let (zh, en) = (told(&error, Lang::Zh), told(&error, Lang::En));
            assert!(!en.chars().any(is_chinese), "{en}");
            assert!(zh.lines().all(|it| it.chars().any(is_chinese)), "{zh}");
            assert_eq!(zh.lines().count(), en.lines().count());
        }
    }
}
