//! The language of an answer (答复语言): that of whoever asked, wherever the answer
//! is made.

use std::future::Future;
use std::io;

use anyhow::Error;
use domain::say::Lang;

tokio::task_local! {
    static ASKED_IN: Lang;
}

/// Does a piece of work for somebody who reads `lang`.
pub(super) async fn answering_in<W: Future>(lang: Lang, work: W) -> W::Output {
    ASKED_IN.scope(lang, work).await
}

/// An error for somebody who reads `lang`: of each line of each cause that stands
/// in two languages, `中文 · English`, the half that is theirs.
pub fn told(error: &Error, lang: Lang) -> String {
    let cause = |it: &(dyn std::error::Error + 'static)| match it.downcast_ref() {
        Some(fault) if lang == Lang::Zh => of_the_machine(fault),
        _ => halves(&it.to_string(), lang),
    };
    let causes: Vec<String> = error.chain().map(cause).collect();
    causes.join(if lang == Lang::Zh { ":" } else { ": " })
}

/// What the machine says of a file or a connection, in Chinese.
fn of_the_machine(fault: &io::Error) -> String {
    let known = match fault.kind() {
        io::ErrorKind::NotFound => "没有这个文件或目录",
        io::ErrorKind::PermissionDenied => "没有权限",
        io::ErrorKind::AlreadyExists => "已经存在",
        io::ErrorKind::NotADirectory => "不是目录",
        io::ErrorKind::IsADirectory => "是目录,不是文件",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "磁盘已满",
        io::ErrorKind::ReadOnlyFilesystem => "文件系统只读",
        io::ErrorKind::FileTooLarge => "文件过大",
        io::ErrorKind::ConnectionRefused => "对方没有应答",
        io::ErrorKind::TimedOut => "等待超时",
        _ => return format!("系统报错 `{fault}`"),
    };
    known.to_owned()
}

/// Of each line that stands in two languages the half that `lang` reads.
pub(crate) fn halves(text: &str, lang: Lang) -> String {
    lang.half(text)
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
    use std::path::Path;

    use anyhow::anyhow;
    use domain::tongues::is_chinese;
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
        assert_eq!(told(&error, Lang::Zh), "[plugins.remind]:磁盘已满\n  提示:腾出空间");
        let missing =
            Error::new(io::Error::from(io::ErrorKind::NotFound)).context("a.csv");
        assert_eq!(told(&missing, Lang::Zh), "a.csv:没有这个文件或目录");
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
            StoreError::at(Path::new("/s/a"), &io::Error::other("坏了 · it is broken")),
            StoreError::at(Path::new("/s/a"), &io::ErrorKind::IsADirectory.into()),
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
            assert!(zh.lines().all(|line| line.chars().any(is_chinese)), "{zh}");
            assert_eq!(zh.lines().count(), en.lines().count());
        }
    }
}
