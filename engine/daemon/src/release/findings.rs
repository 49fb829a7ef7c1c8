//! The findings that need more than the scripts (发布检查项): templates, policies,
//! how far a release reaches.

use script::finding::Finding;

use crate::engine::letters::{TemplateFault, WORDS};

/// A template cannot be rendered.
pub const TEMPLATE: &str = "W062";
/// A policy pack or calendar cannot be read.
pub const POLICY: &str = "W063";
/// Far more people would be contacted than before.
pub const BLAST: &str = "W064";
/// The folder is missing or empty.
pub const FOLDER: &str = "W065";

/// The pages of these codes, for `qingshou explain`.
pub const PAGES: &[(&str, &str)] = &[
    (TEMPLATE, include_str!("pages/W062.md")),
    (POLICY, include_str!("pages/W063.md")),
    (BLAST, include_str!("pages/W064.md")),
    (FOLDER, include_str!("pages/W065.md")),
];

/// The page of a code, wherever it is raised; case does not matter.
pub fn explain(code: &str) -> Option<&'static str> {
    let own = PAGES.iter().find(|it| it.0.eq_ignore_ascii_case(code)).map(|it| it.1);
    own.or_else(|| script::check::explain(code))
}

/// A template's fault as a finding.
pub fn of_template(fault: &TemplateFault) -> Finding {
    let file = format!("templates/{}.txt", fault.template);
    let finding = match &fault.unknown {
        Some(word) => Finding::error(
            TEMPLATE,
            &file,
            format!("模板里没有 “{word}” 这个内容"),
            format!("a template cannot name `{word}`"),
        )
        .suggesting(nearest(word)),
        None => Finding::error(
            TEMPLATE,
            &file,
            format!("模板格式错误:{}", fault.message),
            format!("malformed template: {}", fault.message),
        ),
    };
    finding.at(fault.line.max(1), 1)
}

fn nearest(word: &str) -> Option<String> {
    let words = WORDS.iter().flat_map(|it| [it.0, it.1]);
    script::finding::nearest(word, words)
}
