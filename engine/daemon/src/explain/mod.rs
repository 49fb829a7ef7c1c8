//! What a code or a word means that some command prints (代码说明): one page for
//! each, Chinese before English.

mod lists;
mod orders;
mod proofs;
mod rules;

use crate::release::findings;

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
    [lists::ALL, orders::ALL, proofs::ALL].into_iter().flatten()
}

/// The page of a code. Case does not matter, brackets around it neither, and
/// `w3` is W003. `packs` are the texts of the policy packs in force.
pub fn page(code: &str, packs: &[String]) -> Option<String> {
    let code = code.trim().trim_start_matches('[').trim_end_matches(']');
    let known = meanings().find(|it| it.code.eq_ignore_ascii_case(code));
    known
        .map(shown)
        .or_else(|| findings::explain(code).map(str::to_owned))
        .or_else(|| rules::page(code, packs))
}

fn shown(meaning: &Meaning) -> String {
    let Meaning { code, title: [zh, en], remedy: [do_zh, do_en] } = meaning;
    format!(
        "# {code} {zh}\n\n## 办法\n\n{do_zh}\n\n---\n\n\
         # {code}: {en}\n\n## Remedy\n\n{do_en}\n"
    )
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
        let mut codes: Vec<&str> = meanings().map(|it| it.code).collect();
        codes.sort_unstable();
        let all = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), all, "a code stands there twice");
        for it in meanings() {
            let chinese = |text: &str| text.chars().any(|it| '\u{4e00}' <= it);
            let [zh, en] = it.title;
            let [do_zh, do_en] = it.remedy;
            assert!(chinese(zh) && chinese(do_zh), "{}", it.code);
            assert!(!chinese(en) && !chinese(do_en), "{}", it.code);
        }
    }

    #[test]
    fn a_code_is_found_as_people_write_it() {
        for code in ["R042", "r042", "[R042]", "plugin_off", "I1", "w3", "W040"] {
            assert!(page(code, &[]).is_some(), "{code}");
        }
        for code in ["R999", "", "cn.party.nobody"] {
            assert!(page(code, &[]).is_none(), "{code}");
        }
    }
}
