//! What a code or a word means that some command prints (代码说明): one page for
//! each, in the language of whoever asks.

mod entered;
mod lists;
mod orders;
mod proofs;
mod rules;
mod work;

use std::collections::BTreeSet;

use domain::near::nearest;
use domain::say::{Lang, Say, Text};
use domain::tongues::is_chinese;
use plugins_on::words::EVENTS;
use release::findings;
use runtime::words::{
    CALLS, CAUSES, COMPLAINTS, EVIDENCE, GRADES, HOLDS, NOTES, POINT_STATES, STATES,
    TASKS, VISITS, Words,
};

/// What one code means, and what to do about it.
pub struct Meaning {
    /// As it is printed: `R042`, `plugin_off`, `I1`.
    pub code: &'static str,
    /// What it is.
    pub title: Text,
    /// What to do.
    pub remedy: Text,
}

/// Lists whose words are printed as staff say them: `扣下` for `held`.
const SPOKEN: [Words; 12] = [
    STATES,
    NOTES,
    TASKS,
    CALLS,
    CAUSES,
    VISITS,
    HOLDS,
    GRADES,
    EVIDENCE,
    COMPLAINTS,
    POINT_STATES,
    EVENTS,
];

/// Every code and word that is no finding of a script and no rule of conduct.
pub fn meanings() -> impl Iterator<Item = &'static Meaning> {
    [lists::ALL, orders::ALL, proofs::ALL, entered::ALL, work::ALL].into_iter().flatten()
}

/// Every code that has a page, with what it is: findings, faults of lists, proofs,
/// words, and the rules of the packs, each kind together.
pub fn all(packs: &[String]) -> Vec<(String, Say)> {
    let of_scripts = findings::titles().map(|(code, title)| (code.to_owned(), title));
    let others =
        meanings().map(|meaning| (meaning.code.to_owned(), meaning.title.owned()));
    of_scripts.chain(others).chain(rules::all(packs)).collect()
}

/// The page of a code. Case does not matter, brackets around it neither, and
/// `w3` is W003; what staff say for a word is explained as the word is. `packs` are the
/// texts of the policy packs in force.
pub fn page(code: &str, packs: &[String], lang: Lang) -> Option<String> {
    let code = code.trim().trim_matches(['[', ']', '`']);
    // `held(扣下)`, as tables have it.
    let code = code.split(['(', '(']).next().unwrap_or(code).trim();
    of_code(code, packs, lang).or_else(|| spoken(code, lang))
}

/// The code that was probably meant.
pub fn meant(code: &str, packs: &[String]) -> Option<String> {
    let all = all(packs);
    let said = SPOKEN.into_iter().flat_map(Words::rows).map(|it| it.1);
    nearest(code, all.iter().map(|it| it.0.as_str()).chain(said))
        .or_else(|| nearest(&code.to_uppercase(), all.iter().map(|it| it.0.as_str())))
}

fn of_code(code: &str, packs: &[String], lang: Lang) -> Option<String> {
    let known = meanings().find(|meaning| meaning.code.eq_ignore_ascii_case(code));
    known
        .map(|it| shown(it, lang))
        .or_else(|| findings::explain(code).map(|explain| in_language(explain, lang)))
        .or_else(|| rules::page(code, packs, lang))
}

/// The pages of all words that staff say so: a state and a note may be called alike.
fn spoken(said: &str, lang: Lang) -> Option<String> {
    let rows = SPOKEN.into_iter().flat_map(Words::rows);
    let words: BTreeSet<&str> = rows
        .filter(|row| row.1 == said || row.2.contains(&said))
        .map(|row| row.0)
        .collect();
    let known = meanings().filter(|meaning| words.contains(meaning.code));
    let pages: Vec<String> = known.map(|it| shown(it, lang)).collect();
    (!pages.is_empty()).then(|| pages.join("\n"))
}

fn shown(meaning: &Meaning, lang: Lang) -> String {
    let Meaning { code, title, remedy } = meaning;
    let (title, remedy) = (title.of(lang), remedy.of(lang));
    match lang {
        Lang::Zh => format!("# {code} {title}\n\n## 办法\n\n{remedy}\n"),
        Lang::En => format!("# {code}: {title}\n\n## Remedy\n\n{remedy}\n"),
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
            title: domain::say::text($zh, $en),
            remedy: domain::say::text($do_zh, $do_en),
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
            assert!(chinese(it.title.zh) && chinese(it.remedy.zh), "{}", it.code);
            assert!(!chinese(it.title.en) && !chinese(it.remedy.en), "{}", it.code);
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
        for code in ["R042", "r042", "[R042]", "plugin_off", "I1", "w3", "W040", "`held`"]
        {
            assert!(page(code, &[], Lang::Zh).is_some(), "{code}");
        }
        for code in ["R999", "", "cn.party.nobody", "没有这样的词"] {
            assert!(page(code, &[], Lang::En).is_none(), "{code}");
        }
    }

    #[test]
    fn what_a_chinese_table_prints_for_a_word_is_explained_as_the_word_is() {
        for (said, word) in
            [("扣下", "held"), ("held(扣下)", "held"), ("空号", "invalid")]
        {
            let told = page(said, &[], Lang::Zh);
            let told = told.unwrap_or_else(|| panic!("no page for {said}"));
            assert!(told.contains(&format!("# {word} ")), "{said}: {told}");
        }
    }

    #[test]
    fn a_code_that_is_none_leads_to_the_one_that_was_meant() {
        for (typed, wanted) in
            [("R042x", "R042"), ("plugin_of", "plugin_off"), ("w067x", "W067")]
        {
            assert!(page(typed, &[], Lang::Zh).is_none(), "{typed}");
            assert_eq!(meant(typed, &[]).as_deref(), Some(wanted), "{typed}");
        }
        assert_eq!(meant("没有这样的一个词", &[]), None);
    }

    #[test]
    fn every_code_of_the_table_has_a_title_and_a_page_in_both_languages() {
        let packs =
            [include_str!("../../../../workflows/policies/cn-rcc.toml").to_owned()];
        let all = all(&packs);
        for lead in ["W003", "W067", "I030", "R042", "I1", "held", "cn.window"] {
            assert!(all.iter().any(|it| it.0 == lead), "{lead}");
        }
        for (code, title) in &all {
            assert!(title.zh.chars().any(is_chinese), "{code}: {title:?}");
            assert!(!title.en.is_empty(), "{code}");
            assert!(!title.en.chars().any(is_chinese), "{code}: {title:?}");
            for lang in [Lang::Zh, Lang::En] {
                let told = page(code, &packs, lang);
                let told = told.unwrap_or_else(|| panic!("no page for {code}"));
                assert!(told.contains(code.as_str()), "{code}");
            }
        }
    }
}
