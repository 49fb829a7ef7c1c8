//! Complaints (投诉): whom of the staff they are about, and what they come to.

use serde::{Deserialize, Serialize};

use crate::words;

words! {
    /// What looking into a complaint came to (投诉是否属实).
    #[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
    #[serde(rename_all = "snake_case")]
    pub enum ComplaintOutcome {
        /// It is true (属实).
        Upheld = "upheld",
        /// Part of it is true (部分属实).
        PartlyUpheld = "partly_upheld",
        /// It is not true (不属实).
        Unfounded = "unfounded",
        /// Whoever made it took it back (客户撤回).
        TakenBack = "taken_back",
    }
}

impl ComplaintOutcome {
    /// Under which key the event that settles a complaint has it.
    pub const KEY: &str = "outcome";

    /// Whether any of it is true: whoever it is about earns nothing by it.
    pub const fn is_against_the_collector(self) -> bool {
        matches!(self, Self::Upheld | Self::PartlyUpheld)
    }
}

/// What happened about complaints on a case, oldest first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ComplaintMove {
    /// One was made about somebody; where nobody is named it is about the collector.
    Made(Option<String>),
    /// One that was open is settled.
    Settled,
}

/// Those whom the complaints of a case are about, each once, as long as one of them is
/// open: a settlement does not say whose it was, and nobody works on their own before
/// all are settled. They count on behind the last one, for work about it may come later.
pub fn complained_of(
    moves: impl IntoIterator<Item = ComplaintMove>,
    collector: Option<&str>,
) -> Vec<String> {
    let mut names = Vec::new();
    let mut open = 0_usize;
    for step in moves {
        let ComplaintMove::Made(about) = step else {
            open = open.saturating_sub(1);
            continue;
        };
        if open == 0 {
            names.clear();
        }
        open += 1;
        let about = about.or_else(|| collector.map(str::to_owned));
        let name = about.map(|it| it.trim().to_owned()).filter(|trim| !trim.is_empty());
        names.extend(name.filter(|name| !names.contains(name)));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_about_whom_it_names_or_the_collector() {
        use ComplaintMove::{Made, Settled};
        let about = |name: &str| Made(Some(name.to_owned()));
        for (moves, found) in [
            (vec![], vec![]),
            (vec![Made(None)], vec!["示例甲"]),
            (vec![about("示例乙")], vec!["示例乙"]),
            (vec![about("示例乙"), Made(None)], vec!["示例乙", "示例甲"]),
            (vec![about("示例乙"), about("示例乙")], vec!["示例乙"]),
            (vec![about("示例乙"), Settled], vec!["示例乙"]),
            (vec![Settled], vec![]),
        ] {
            assert_eq!(complained_of(moves.clone(), Some("示例甲")), found, "{moves:?}");
        }
        assert_eq!(complained_of([Made(None)], None), Vec::<String>::new());
    }

    #[test]
    fn a_settlement_lets_nobody_work_on_a_complaint_that_is_still_open() {
        use ComplaintMove::{Made, Settled};
        let about = |name: &str| Made(Some(name.to_owned()));
        let two = [about("示例乙"), about("示例丙"), Settled];
        assert_eq!(complained_of(two.clone(), None), ["示例乙", "示例丙"]);
        let later = [Settled, about("示例丁")];
        let all: Vec<_> = two.into_iter().chain(later).collect();
        assert_eq!(complained_of(all, None), ["示例丁"], "the first two are settled");
    }
}
