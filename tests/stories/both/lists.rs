//! What is looked at on both sides (查看).

use super::deeds::Hand;

/// Reports, lists and the proof, with some of the cases in full.
pub(super) fn looked_at(hand: &mut Hand) -> Vec<Vec<String>> {
    let words =
        |line: &str| -> Vec<String> { line.split(' ').map(str::to_owned).collect() };
    let mut all: Vec<Vec<String>> = [
        "journal export",
        "report ageing -o csv",
        "report recovery -o csv",
        "report max-dpd -o csv",
        "report promises -o csv",
        "report rewards -o csv",
        "report limitation -o csv",
        "case ls -o csv --limit 0",
        "case ls --village 柳树湾 --days 3",
        "case ls --parked -o json",
        "case ls --in-none --limit 7",
        "task ls -o csv --limit 1000",
        "order ls -o csv --limit 0",
        "sending ls -o json",
        "approve -o json",
        "visit ls -o json",
        "releases -o json",
        "verify -o json",
    ]
    .map(words)
    .into();
    for _ in 0..3 {
        all.push(["case", "show", &hand.known_case()].map(str::to_owned).into());
    }
    all
}
