//! The findings that need more than the scripts (发布检查项): templates, policies,
//! how far a release reaches.

use runtime::letters::{TemplateFault, WORDS};
use script::finding::Finding;

/// A template cannot be rendered.
pub const TEMPLATE: &str = "W062";
/// A policy pack or calendar cannot be read.
pub const POLICY: &str = "W063";
/// Far more people would be contacted than before.
pub const BLAST: &str = "W064";
/// The folder is missing or empty.
pub const FOLDER: &str = "W065";
/// A rule of conduct is looser than the built-in one.
pub const LOOSENED: &str = "W066";
/// A file of the running release has gone.
pub const LOST: &str = "W067";
/// A file is a copy of another.
pub const COPIED: &str = "W068";

/// A template that calls itself a notice reads like a demand.
pub const DISGUISED: &str = "W069";

/// The rules of conduct allow more than those of the running release.
pub const LAXER: &str = "W073";
/// No case would come into a workflow any more.
pub const NOBODY: &str = "W072";
/// A file holds what a rollback took out of service.
pub const ROLLED_BACK: &str = "W071";

/// A value of settings.toml makes a script fail.
pub const SETTING_BREAKS: &str = "W058";

/// The pages of these codes, for `qingshou explain`.
pub const PAGES: &[(&str, &str)] = &[
    (SETTING_BREAKS, include_str!("pages/W058.md")),
    (TEMPLATE, include_str!("pages/W062.md")),
    (POLICY, include_str!("pages/W063.md")),
    (BLAST, include_str!("pages/W064.md")),
    (FOLDER, include_str!("pages/W065.md")),
    (LOOSENED, include_str!("pages/W066.md")),
    (LOST, include_str!("pages/W067.md")),
    (COPIED, include_str!("pages/W068.md")),
    (DISGUISED, include_str!("pages/W069.md")),
    (ROLLED_BACK, include_str!("pages/W071.md")),
    (NOBODY, include_str!("pages/W072.md")),
    (LAXER, include_str!("pages/W073.md")),
];

/// The page of a code, wherever it is raised; case does not matter, and `w3`
/// is W003.
pub fn explain(code: &str) -> Option<&'static str> {
    let digits = code.trim().trim_start_matches(['w', 'W', '[']).trim_end_matches(']');
    let code = format!("W{digits:0>3}");
    let code = code.as_str();
    let own = PAGES.iter().find(|it| it.0.eq_ignore_ascii_case(code)).map(|it| it.1);
    own.or_else(|| script::check::explain(code))
}

/// A template's fault as a finding.
pub fn of_template(fault: &TemplateFault) -> Finding {
    let file = format!("templates/{}.txt", fault.template);
    let kind = if fault.is_doubt { Finding::warning } else { Finding::error };
    kind(TEMPLATE, &file, fault.zh.clone(), fault.en.clone())
        .at(fault.line, fault.col)
        .suggesting(fault.unknown.as_deref().and_then(nearest))
}

/// A notice that reads like a demand, as a finding.
pub fn of_disguise(fault: &TemplateFault) -> Finding {
    let file = format!("templates/{}.txt", fault.template);
    Finding::warning(DISGUISED, &file, fault.zh.clone(), fault.en.clone())
        .at(fault.line, fault.col)
}

fn nearest(word: &str) -> Option<String> {
    let words = WORDS.iter().flat_map(|it| [it.0, it.1]);
    script::finding::nearest(word, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_as_people_write_it() {
        for code in ["W003", "w003", "w3", "3", "[W003]", "W66"] {
            assert!(explain(code).is_some(), "{code}");
        }
        for code in ["999", "", "warnung"] {
            assert!(explain(code).is_none(), "{code}");
        }
    }
}
