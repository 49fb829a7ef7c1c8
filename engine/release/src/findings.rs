//! The findings that need more than the scripts (发布检查项): templates, policies,
//! how far a release reaches.

use std::collections::{BTreeMap, BTreeSet};

use domain::manifest::Channel;
use domain::say::Say;
use domain::tongues;
use runtime::letters::{self, TemplateFault, WORDS};
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

/// A template frightens or shames.
pub const THREAT: &str = "W074";
/// A message to a telephone states an amount.
pub const AMOUNT: &str = "W075";
/// A template names what a case may lack and gives no substitute.
pub const MAY_LACK: &str = "W076";
/// A template calls everybody by one name.
pub const ONE_NAME: &str = "W077";

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
    (THREAT, include_str!("pages/W074.md")),
    (AMOUNT, include_str!("pages/W075.md")),
    (MAY_LACK, include_str!("pages/W076.md")),
    (ONE_NAME, include_str!("pages/W077.md")),
];

/// Every code with what it says in a few words, those of scripts first.
pub fn titles() -> impl Iterator<Item = (&'static str, Say)> {
    let of_scripts =
        script::check::codes::CODES.iter().map(|code| (code.code, code.title.owned()));
    let own = PAGES.iter().map(|(code, page)| {
        let title = |page: &'static str| {
            let head = page.trim_start().lines().next().unwrap_or_default();
            head.trim_start_matches("# ")
                .trim_start_matches(code)
                .trim_matches([':', ' '])
        };
        // A page stands in two halves, or has both languages in its head.
        let said = if let Some((zh, en)) = page.split_once("\n---\n") {
            Say::new(title(zh), title(en))
        } else {
            let head = title(page);
            Say::new(tongues::chinese(head), tongues::english(head))
        };
        (*code, said)
    });
    of_scripts.chain(own)
}

/// The page of a code, wherever it is raised; case does not matter, and `w3`
/// is W003.
pub fn explain(code: &str) -> Option<&'static str> {
    let digits = code.trim().trim_start_matches(['w', 'W', '[']).trim_end_matches(']');
    let code = format!("W{digits:0>3}");
    let code = code.as_str();
    let own =
        PAGES.iter().find(|page| page.0.eq_ignore_ascii_case(code)).map(|page| page.1);
    own.or_else(|| script::check::explain(code))
}

/// A template's fault as a finding.
pub fn of_template(fault: &TemplateFault) -> Finding {
    let file = format!("templates/{}.txt", fault.template);
    let kind = if fault.is_doubt { Finding::warning } else { Finding::error };
    kind(TEMPLATE, &file, fault.say.zh.clone(), fault.say.en.clone())
        .at(fault.line, fault.col)
        .suggesting(fault.unknown.as_deref().and_then(meant))
}

/// A notice that reads like a demand, as a finding.
pub fn of_disguise(fault: &TemplateFault) -> Finding {
    let file = format!("templates/{}.txt", fault.template);
    Finding::warning(DISGUISED, &file, fault.say.zh.clone(), fault.say.en.clone())
        .at(fault.line, fault.col)
}

/// What templates should not say, as findings: threats keep a release from going live,
/// the rest is for whoever writes them to look at. `used` says which template leaves over
/// which channel.
pub fn of_wordings(
    templates: &BTreeMap<String, String>,
    used: &BTreeSet<(Channel, String)>,
) -> Vec<Finding> {
    let to_telephones = used
        .iter()
        .filter(|it| matches!(it.0, Channel::Sms | Channel::WechatWork))
        .map(|it| it.1.clone())
        .collect();
    let finding = |code, fault: TemplateFault| {
        let file = format!("templates/{}.txt", fault.template);
        let kind = if code == THREAT { Finding::error } else { Finding::warning };
        kind(code, &file, fault.say.zh, fault.say.en).at(fault.line, fault.col)
    };
    [
        (THREAT, letters::threatening(templates)),
        (AMOUNT, letters::amounts_on_telephones(templates, &to_telephones)),
        (ONE_NAME, letters::named(templates)),
        (MAY_LACK, letters::lacking(templates)),
    ]
    .into_iter()
    .flat_map(|(code, faults)| faults.into_iter().map(move |fault| finding(code, fault)))
    .collect()
}

fn meant(word: &str) -> Option<String> {
    let words = WORDS.iter().flat_map(|word| [word.0, word.1]);
    domain::near::nearest(word, words)
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

    #[test]
    fn the_shipped_templates_are_clean() {
        let templates: BTreeMap<String, String> = crate::shipped::folder()
            .files
            .into_iter()
            .filter_map(|(file, text)| {
                let name = file.strip_prefix("templates/")?.strip_suffix(".txt")?;
                Some((name.to_owned(), text))
            })
            .collect();
        assert!(!templates.is_empty());
        let messages = ["remind_1", "due_soon", "payment_link", "promise_smaller"];
        let messages = messages.map(str::to_owned).into();
        let faults = [
            letters::threatening(&templates),
            letters::amounts_on_telephones(&templates, &messages),
            letters::named(&templates),
            letters::lacking(&templates),
        ];
        assert_eq!(faults.concat(), []);
    }
}
