//! The language of an answer (答复语言): that of whoever asked, wherever the answer
//! is made.

use std::future::Future;

use script::finding::Lang;

tokio::task_local! {
    static ASKED_IN: Lang;
}

/// Does a piece of work for somebody who reads `lang`.
pub(super) async fn answering_in<W: Future>(lang: Lang, work: W) -> W::Output {
    ASKED_IN.scope(lang, work).await
}

/// One of two texts that say the same; Chinese when nobody in particular asked.
pub(crate) fn say(zh: impl Into<String>, en: impl Into<String>) -> String {
    match ASKED_IN.try_with(|lang| *lang).unwrap_or_default() {
        Lang::Zh => zh.into(),
        Lang::En => en.into(),
    }
}
