//! What a code or a word means that some command prints (代码说明): one page for
//! each, in the language of whoever asks.

mod entered;
mod lists;
mod orders;
mod proofs;
mod rules;
mod work;

use domain::tongues::is_chinese;
use release::findings;
use script::finding::Lang;

/// What one code means, and what to do about it.
pub struct Meaning {
    /// As it is printed: `R042`, `plugin_off`, `I1`.
    pub code: &'static str,
    /// What it is, in Chinese and English.
    pub title: [&'static str; 2],
    /// What to do, in Chinese and English.
    pub remedy: [&'static str; 2],
}

/// Every code and word that is no finding of a script and no rule of conduct.
pub fn meanings() -> impl Iterator<Item = &'static Meaning> {
    [lists::ALL, orders::ALL, proofs::ALL, entered::ALL, work::ALL].into_iter().flatten()
}

/// The page of a code. Case does not matter, brackets around it neither, and
/// `w3` is W003. `packs` are the texts of the policy packs in force.
pub fn page(code: &str, packs: &[String], lang: Lang) -> Option<String> {
    let code = code.trim().trim_start_matches('[').trim_end_matches(']');
    let known = meanings().find(|meaning| meaning.code.eq_ignore_ascii_case(code));
    known
        .map(|it| shown(it, lang))
        .or_else(|| findings::explain(code).map(|explain| in_language(explain, lang)))
        .or_else(|| rules::page(code, packs, lang))
}

fn shown(meaning: &Meaning, lang: Lang) -> String {
    let Meaning { code, title: [zh, en], remedy: [do_zh, do_en] } = meaning;
    match lang {
        Lang::Zh => format!("# {code} {zh}\n\n## 办法\n\n{do_zh}\n"),
        Lang::En => format!("# {code}: {en}\n\n## Remedy\n\n{do_en}\n"),
    }
}

/// Of a page of a finding the half that somebody reads. The examples stand in the
/// Chinese one, so whoever reads English is given them from there.
fn in_language(page: &str, lang: Lang) -> String {
    let Some((zh, en)) = page.split_once("\n---\n") else { return short(page, lang) };
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => REFERS.iter().fold(en.trim_start().to_owned(), |page, refers| {
            page.replace(refers, &examples(zh))
        }),
    }
}

/// Of a page whose paragraphs stand by turns in both languages those that somebody
/// reads, under the half of its head.
fn short(page: &str, lang: Lang) -> String {
    let (head, rest) = page.split_once("\n\n").unwrap_or((page, ""));
    let is_read = |it: &&str| {
        let chinese = it.trim_start().chars().next().is_some_and(is_chinese);
        chinese == (lang == Lang::Zh)
    };
    let code = head.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let title = lang.half(head.trim_start_matches(&code));
    let mut parts = vec![format!("{code} {}", title.trim())];
    parts.extend(rest.split("\n\n").filter(is_read).map(str::to_owned));
    parts.join("\n\n")
}

/// What the English half of a page has in place of its examples.
const REFERS: [&str; 2] =
    ["See above: first wrong (错误), then right (正确).", "See above (例子)."];

/// The examples of the Chinese half, with English words before them.
fn examples(zh: &str) -> String {
    let examples = zh.split("\n## ").find(|part| part.starts_with("例子"));
    let examples =
        examples.and_then(|examples| examples.split_once('\n')).map_or("", |it| it.1);
    let named = examples.replace("错误:", "Wrong:").replace("正确:", "Right:");
    let lines: Vec<&str> = named.trim().lines().map(without_remark).collect();
    lines.join("\n")
}

/// A line of a shell without its Chinese remark.
fn without_remark(line: &str) -> &str {
    match line.split_once('#') {
        Some((command, remark)) if remark.chars().any(is_chinese) => command.trim_end(),
        _ => line,
    }
}

macro_rules! table {
    ($($code:literal $zh:literal $do_zh:literal $en:literal $do_en:literal;)*) => {
        &[$(crate::explain::Meaning {
            code: $code,
            title: [$zh, $en],
            remedy: [$do_zh, $do_en],
        }),*]
    };
}
use table;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_meaning_stands_there_once_and_in_both_languages() {
        let mut codes: Vec<&str> = meanings().map(|meaning| meaning.code).collect();
        codes.sort_unstable();
        let all = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), all, "a code stands there twice");
        for it in meanings() {
            let chinese = |text: &str| text.chars().any(|c| '\u{4e00}' <= c);
            let [zh, en] = it.title;
            let [do_zh, do_en] = it.remedy;
            assert!(chinese(zh) && chinese(do_zh), "{}", it.code);
            assert!(!chinese(en) && !chinese(do_en), "{}", it.code);
        }
    }

    #[test]
    fn a_page_of_a_finding_is_told_in_one_language_with_its_examples() {
        for code in ["W003", "W040", "W050", "W058"] {
            let (zh, en) = (page(code, &[], Lang::Zh), page(code, &[], Lang::En));
            let (zh, en) = (zh.unwrap(), en.unwrap());
            assert!(zh.contains("## 办法") && !zh.contains("## Remedy"), "{zh}");
            assert!(en.contains("## Remedy") && en.contains("```"), "{en}");
            let blocks = en.split("```").step_by(2);
            assert!(!blocks.flat_map(str::chars).any(is_chinese), "{en}");
        }
        let (zh, en) = (page("W067", &[], Lang::Zh), page("W067", &[], Lang::En));
        let (zh, en) = (zh.unwrap(), en.unwrap());
        assert!(zh.starts_with("# W067 文件不见了\n") && !zh.contains("Cause"), "{zh}");
        assert!(en.starts_with("# W067 a file has gone\n"), "{en}");
        assert!(!en.chars().any(is_chinese), "{en}");
    }

    #[test]
    fn a_code_is_found_as_people_write_it() {
        for code in ["R042", "r042", "[R042]", "plugin_off", "I1", "w3", "W040"] {
            assert!(page(code, &[], Lang::Zh).is_some(), "{code}");
        }
        for code in ["R999", "", "cn.party.nobody"] {
            assert!(page(code, &[], Lang::En).is_none(), "{code}");
        }
    }
}
