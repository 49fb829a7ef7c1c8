//! What an edit changed (改动): the folder beside the running release, file by
//! file and line by line, as the person who edited it would say it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::say::{Say, Text, text};
use script::program::Folder;
use similar::{DiffOp, TextDiff};

/// The files that are not as they are in the running release.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Changes {
    /// What happened to each, by path.
    pub files: BTreeMap<String, Change>,
}

/// What happened to one file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// The running release does not have it.
    Added,
    /// Only the running release has it.
    Lost,
    /// It lies there and can no longer be read.
    Unreadable,
    /// Its text is another, at these places from the top.
    Edited(Vec<Place>),
}

/// Lines next to each other that are not as they were.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// The first of them, from 1; where lines were taken away, the line after.
    pub line: u32,
    /// How many; 0 where lines were taken away.
    pub lines: u32,
    /// What was written there, Chinese and English.
    pub words: Say,
}

/// A comparison takes no longer.
const PATIENCE: Duration = Duration::from_millis(500);
/// More places of one file are not looked at.
const MOST_PLACES: usize = 50;
/// What scripts count time in, in Chinese and as they write it.
const UNITS: &[Text] =
    &[text("天", "days"), text("个工作日", "workdays"), text("小时", "hours")];
/// A longer piece of a line is not quoted.
const LONGEST_QUOTE: usize = 60;

impl Changes {
    /// Compares a folder with the texts of the running release. `unread` are
    /// files that lie in the folder and could not be read.
    pub fn between(before: &Folder, after: &Folder, unread: &BTreeSet<&str>) -> Self {
        let names: BTreeSet<&String> =
            before.files.keys().chain(after.files.keys()).collect();
        let change = |name: &&String| {
            Some(match (before.files.get(*name), after.files.get(*name)) {
                (Some(old), Some(new)) if old == new => return None,
                (Some(old), Some(new)) => Change::Edited(places(old, new)),
                (Some(_), None) if unread.contains(name.as_str()) => Change::Unreadable,
                (Some(_), None) => Change::Lost,
                (None, _) => Change::Added,
            })
        };
        let files =
            names.iter().filter_map(|name| Some(((*name).clone(), change(name)?)));
        let unknown = unread.iter().filter(|it| !before.files.contains_key(**it));
        let unknown = unknown.map(|it| ((*it).to_owned(), Change::Added));
        Self { files: files.chain(unknown).collect() }
    }

    /// Whether a file is not as it is in the running release.
    pub fn touch(&self, file: &str) -> bool {
        self.files.contains_key(file)
    }

    /// Whether a line of a file is one that was written anew.
    pub fn wrote(&self, file: &str, line: u32) -> bool {
        match self.files.get(file) {
            Some(Change::Edited(places)) => places.iter().any(|place| {
                (place.line..place.line.saturating_add(place.lines)).contains(&line)
            }),
            Some(_) => true,
            None => false,
        }
    }

    /// Whether a file was edited at one place alone.
    pub fn edited_once(&self, file: &str) -> bool {
        matches!(self.files.get(file), Some(Change::Edited(places)) if places.len() == 1)
    }

    /// The change of a file in words, Chinese and English, with its line: of
    /// several places the one that says most, a value before a passage.
    pub fn told(&self, file: &str) -> (u32, Say) {
        let places = match self.files.get(file) {
            Some(Change::Edited(places)) if !places.is_empty() => places,
            Some(Change::Added) => return (0, Say::new("新增的文件", "a new file")),
            Some(Change::Lost) => {
                return (0, Say::new("文件不见了", "the file has gone"));
            }
            Some(Change::Unreadable) => {
                return (0, Say::new("文件读不了", "the file cannot be read"));
            }
            Some(Change::Edited(_)) | None => {
                return (0, Say::new("文件有改动", "the file changed"));
            }
        };
        let says = places.iter().find(|place| place.words.zh.contains(ARROW));
        let place = says.unwrap_or(&places[0]);
        let Say { zh, en } = place.words.clone();
        let words = match places.len() - 1 {
            0 => Say { zh, en },
            1 => Say::new(
                format!("{zh}(另有 1 处改动)"),
                format!("{en} (and another change)"),
            ),
            more => Say::new(
                format!("{zh}(另有 {more} 处改动)"),
                format!("{en} (and {more} more changes)"),
            ),
        };
        (place.line, words)
    }
}

/// Between what stood there and what stands there now.
const ARROW: &str = " → ";

fn places(old: &str, new: &str) -> Vec<Place> {
    let diff = diff(old, new);
    let (old, new) = (diff.old_slices(), diff.new_slices());
    let mut places = Vec::new();
    for op in diff.ops() {
        match *op {
            DiffOp::Equal { .. } => {}
            DiffOp::Replace { old_index, old_len, new_index, new_len }
                if old_len == new_len =>
            {
                let pairs = (0..old_len).map(|it| (old_index + it, new_index + it));
                places.extend(pairs.map(|(was, is)| line_changed(old[was], new[is], is)));
            }
            DiffOp::Replace { new_index, new_len, .. } => {
                let last = new_index + new_len;
                let words = Say::new(
                    format!("第 {}–{last} 行有改动", new_index + 1),
                    format!("lines {} to {last} changed", new_index + 1),
                );
                places.push(Place {
                    line: number(new_index),
                    lines: count(new_len),
                    words,
                });
            }
            DiffOp::Insert { new_index, new_len, .. } => {
                let words = Say::new(
                    format!("新增 {new_len} 行"),
                    format!("{new_len} lines added"),
                );
                places.push(Place {
                    line: number(new_index),
                    lines: count(new_len),
                    words,
                });
            }
            DiffOp::Delete { old_len, new_index, .. } => {
                let words = Say::new(
                    format!("这里删去了 {old_len} 行"),
                    format!("{old_len} lines taken away here"),
                );
                places.push(Place { line: number(new_index), lines: 0, words });
            }
        }
    }
    places.truncate(MOST_PLACES);
    places
}

/// Two texts line by line. Where they have little in common the best comparison takes
/// long, and any is good enough.
fn diff<'a>(old: &'a str, new: &'a str) -> TextDiff<'a, 'a, 'a, str> {
    TextDiff::configure().timeout(PATIENCE).diff_lines(old, new)
}

/// The line, from 1, at which something of an old line stands now, or would.
pub fn line_now(old: &str, new: &str, line: u32) -> u32 {
    let was = usize::try_from(line.max(1)).map_or(0, |it| it - 1);
    let diff = diff(old, new);
    let op = diff.ops().iter().find(|it| it.old_range().contains(&was));
    number(op.map_or(0, |it| {
        let (old, new) = (it.old_range(), it.new_range());
        let last = new.len().saturating_sub(1);
        new.start + (was - old.start).min(last)
    }))
}

fn line_changed(was: &str, is: &str, index: usize) -> Place {
    let words = match entry(was.trim(), is.trim()) {
        Some(("", was, is)) => {
            Say::new(format!("“{was}”{ARROW}“{is}”"), format!("“{was}”{ARROW}“{is}”"))
        }
        Some((key, was, is)) => {
            let Say { zh, en } = spoken(was, is);
            Say::new(format!("{key} {zh}"), format!("{key} {en}"))
        }
        None => Say::new("这一行有改动", "this line changed"),
    };
    Place { line: number(index), lines: 1, words }
}

/// The entry of a line in which two lines differ: its key (may be empty), and
/// the value before and after. `None` when it is too long to be quoted.
fn entry<'a>(was: &'a str, is: &'a str) -> Option<(&'a str, &'a str, &'a str)> {
    const BEFORE: [char; 3] = [',', '{', '('];
    const AFTER: [char; 3] = [',', '}', ')'];
    let same = |it: &(char, char)| it.0 == it.1;
    let common = was.chars().zip(is.chars()).take_while(same);
    let head: usize = common.map(|common| common.0.len_utf8()).sum();
    let tail = was[head..].chars().rev().zip(is[head..].chars().rev()).take_while(same);
    let tail: usize = tail.map(|tail| tail.0.len_utf8()).sum();
    let from = was[..head].rfind(BEFORE).map_or(0, |it| it + 1);
    let rest = &was[was.len() - tail..];
    let to = rest.find(AFTER).unwrap_or(rest.len());
    let line = was;
    let was = was[from..was.len() - tail + to].trim();
    let is = is[from..is.len() - tail + to].trim();
    if was.is_empty() || is.is_empty() {
        return None;
    }
    let head = &line[..from];
    let (key, was, is) = match (assignment(was), assignment(is)) {
        (Some((key, was)), Some((same, is))) if key == same => (key, was, is),
        (None, None) => (key_around(head).unwrap_or(""), was, is),
        _ => ("", was, is),
    };
    if was == is {
        return None;
    }
    let short = |it: &str| it.chars().count() <= LONGEST_QUOTE;
    (short(was) && short(is)).then_some((key, was, is))
}

/// The key whose braces or parentheses a line has opened and not closed:
/// `overdue` in front of the 10 of `overdue = at_least(yuan(10))`.
fn key_around(head: &str) -> Option<&str> {
    let name = |it: char| it.is_alphanumeric() || it == '_';
    let mut depth = 0_usize;
    for (at, sign) in head.char_indices().rev() {
        match sign {
            '}' | ')' => depth += 1,
            '{' | '(' if depth == 0 => {
                let before = head[..at].trim_end().trim_end_matches(name).trim_end();
                if let Some(key) = before.strip_suffix('=') {
                    let key = key.trim_end();
                    let key = &key[key.trim_end_matches(name).len()..];
                    return Some(key).filter(|it| !it.is_empty());
                }
            }
            '{' | '(' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// A value before and after as people say it: `2 → 3 days`.
fn spoken(was: &str, is: &str) -> Say {
    match (duration(was), duration(is)) {
        (Some((was, old)), Some((is, new))) if old == new => {
            let Say { zh, en } = new;
            Say::new(format!("{was}{ARROW}{is} {zh}"), format!("{was}{ARROW}{is} {en}"))
        }
        (Some((was, old)), Some((is, new))) => Say::new(
            format!("{was} {}{ARROW}{is} {}", old.zh, new.zh),
            format!("{was} {}{ARROW}{is} {}", old.en, new.en),
        ),
        _ => Say::new(format!("{was}{ARROW}{is}"), format!("{was}{ARROW}{is}")),
    }
}

/// `2 * days` as the number and the unit in Chinese and English.
fn duration(value: &str) -> Option<(&str, &'static Text)> {
    let (number, unit) = value.split_once('*')?;
    let unit = UNITS.iter().find(|it| it.en == unit.trim())?;
    let number = number.trim();
    (!number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
    .then_some((number, unit))
}

/// `key = value`.
fn assignment(entry: &str) -> Option<(&str, &str)> {
    let (key, value) = entry.split_once('=')?;
    let (key, value) = (key.trim(), value.trim());
    let name = |it: char| it.is_alphanumeric() || it == '_';
    // What is said of the value behind it is no part of it.
    let value = value.split_once(" --").map_or(value, |it| it.0.trim_end());
    let sound = !key.is_empty() && key.chars().all(name) && !value.starts_with('=');
    sound.then_some((key, value))
}

fn number(index: usize) -> u32 {
    count(index + 1)
}

fn count(lines: usize) -> u32 {
    u32::try_from(lines).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> Folder {
        let files = files.iter().map(|file| (file.0.to_owned(), file.1.to_owned()));
        Folder { files: files.collect() }
    }

    /// The places of an edit, as `line: words`.
    fn told(old: &str, new: &str) -> Vec<String> {
        places(old, new)
            .iter()
            .map(|place| format!("{}: {}", place.line, place.words.en))
            .collect()
    }

    #[test]
    fn a_changed_value_is_told_with_its_name() {
        let table = [
            (
                "  call_after = 2 * days,\n",
                "  call_after = 3 * days,\n",
                "call_after 2 → 3 days",
            ),
            (
                "  call_after = { 2 * days, min = 1 * days,\n",
                "  call_after = { 3 * days, min = 1 * days,\n",
                "call_after 2 → 3 days",
            ),
            (
                "  a = { 2 * days, max = 9 * days }\n",
                "  a = { 36 * hours, max = 9 * days }\n",
                "a 2 days → 36 hours",
            ),
            (
                "  enrol = { days_past_due = { 1, 30 }, overdue = at_least(yuan(10)) },\n",
                "  enrol = { days_past_due = { 1, 45 }, overdue = at_least(yuan(10)) },\n",
                "days_past_due 30 → 45",
            ),
            (
                "  overdue = at_least(yuan(10)) },\n",
                "  overdue = at_least(yuan(20)) },\n",
                "overdue 10 → 20",
            ),
            (
                "visit_within = \"3 days\"\n",
                "visit_within = \"5 days\"\n",
                "visit_within \"3 days\" → \"5 days\"",
            ),
            ("limit = 3\n", "limit = 2\n", "limit 3 → 2"),
            (
                "s = { a = 1, b = 2, c = 3 }\n",
                "s = { a = 1, b = 20, c = 3 }\n",
                "b 2 → 20",
            ),
            (
                "  return wait(2 * days, \"x\")\n",
                "  return wait(4 * days, \"x\")\n",
                "“2 * days” → “4 * days”",
            ),
            (
                "  lane = \"contact\",\n",
                "  lnae = \"contact\",\n",
                "“lane = \"contact\"” → “lnae = \"contact\"”",
            ),
            ("  day = 31 -- 逾期满几天\n", "  day = 45 -- 逾期满几天\n", "day 31 → 45"),
            ("客户您好\n", "客户,您好\n", "“客户您好” → “客户,您好”"),
        ];
        for (old, new, expected) in table {
            assert_eq!(told(old, new), [format!("1: {expected}")], "{new}");
        }
        let long = format!("x = \"{}\"\n", "话".repeat(80));
        assert_eq!(told("x = \"\"\n", &long), ["1: this line changed"]);
    }

    #[test]
    fn lines_put_in_and_taken_away_are_counted_where_they_were() {
        let old = "a\nb\nc\nd\n";
        assert_eq!(told(old, "a\nd\n"), ["2: 2 lines taken away here"]);
        assert_eq!(told(old, "a\nb\nx\ny\nc\nd\n"), ["3: 2 lines added"]);
        assert_eq!(told(old, "a\nx\ny\nz\nd\n"), ["2: lines 2 to 4 changed"]);
        assert_eq!(told(old, old), [""; 0]);
    }

    #[test]
    fn a_line_is_found_again_or_the_place_where_it_stood() {
        let (old, new) = ("a\nb\nc\nd\n", "x\na\nd\n");
        let table = [(1, 2), (2, 3), (3, 3), (4, 3)];
        for (was, is) in table {
            assert_eq!(line_now(old, new, was), is, "line {was}");
        }
    }

    #[test]
    fn every_file_is_the_same_added_lost_unreadable_or_edited() {
        let before = folder(&[("a", "1\n"), ("b", "1\n"), ("c", "1\n"), ("d", "1\n")]);
        let after = folder(&[("a", "1\n"), ("b", "2\n"), ("e", "1\n")]);
        let unread = BTreeSet::from(["d", "f"]);
        let changes = Changes::between(&before, &after, &unread);
        let kinds: Vec<String> =
            changes.files.iter().map(|(name, it)| format!("{name} {it:?}")).collect();
        let starts = ["b Edited", "c Lost", "d Unreadable", "e Added", "f Added"];
        assert_eq!(kinds.len(), starts.len(), "{kinds:?}");
        for (kind, start) in kinds.iter().zip(starts) {
            assert!(kind.starts_with(start), "{kind}");
        }
        assert_eq!(changes.told("b"), (1, Say::new("“1” → “2”", "“1” → “2”")));
        assert_eq!(changes.told("c").1.en, "the file has gone");
        assert!(!changes.touch("a") && changes.wrote("b", 1) && !changes.wrote("b", 2));
    }
}
