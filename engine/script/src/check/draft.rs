//! A text while its slips are mended (修改稿): what it says now, and where each
//! place of it stands in the file as it lies on the disk.

use super::tree::Pos;

/// One change of a text: what stands from `start` to `end` becomes `text`.
///
/// Offsets count bytes.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Edit {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) text: String,
}

impl Edit {
    /// Puts `text` at a place and takes nothing away.
    pub(crate) fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { start: at, end: at, text: text.into() }
    }

    /// Puts `text` in the place of a range.
    pub(crate) fn replace(start: usize, end: usize, text: impl Into<String>) -> Self {
        Self { start, end, text: text.into() }
    }
}

/// A text with changes that knows where everything came from.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    text: String,
    /// For every byte of the text, and for its end, the byte of the file.
    origin: Vec<usize>,
}

impl Draft {
    /// The file as it is.
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), origin: (0..=text.len()).collect() }
    }

    /// What it says now.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The byte of the file that stands at, or next after, a byte of the text.
    pub(crate) fn origin(&self, at: usize) -> usize {
        let last = self.origin.last().copied().unwrap_or(0);
        self.origin.get(at).copied().unwrap_or(last)
    }

    /// Makes changes, given in bytes of the text as it is now. Of two that
    /// overlap the first is made.
    pub(crate) fn apply(&mut self, edits: &[Edit]) {
        let mut sorted: Vec<&Edit> = edits.iter().collect();
        sorted.sort();
        let (mut text, mut origin) = (String::new(), Vec::new());
        let mut done = 0;
        for edit in sorted {
            if edit.start < done {
                continue;
            }
            text.push_str(&self.text[done..edit.start]);
            origin.extend_from_slice(&self.origin[done..edit.start]);
            text.push_str(&edit.text);
            let from = self.origin(edit.start);
            origin.extend(std::iter::repeat_n(from, edit.text.len()));
            done = edit.end;
        }
        text.push_str(&self.text[done..]);
        origin.extend_from_slice(&self.origin[done..]);
        self.text = text;
        self.origin = origin;
    }

    /// A change of the text as a change of the file.
    pub(crate) fn in_file(&self, edit: &Edit) -> Edit {
        let (start, end) = (self.origin(edit.start), self.origin(edit.end));
        Edit { start, end: end.max(start), text: edit.text.clone() }
    }
}

#[cfg(test)]
/// Makes changes of a text; of two that overlap the first is made.
pub(crate) fn applied(text: &str, edits: &[Edit]) -> String {
    let mut draft = Draft::new(text);
    draft.apply(edits);
    draft.text
}

/// Line and column of a byte, both from 1, columns in characters.
pub(crate) fn pos(text: &str, at: usize) -> Pos {
    let before = text.get(..at).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |it| it + 1);
    let col = before[start..].chars().count() + 1;
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Pos { line: small(line), col: small(col) }
}

/// The byte at a line and column.
pub(crate) fn offset(text: &str, at: Pos) -> usize {
    let line = usize::try_from(at.line.saturating_sub(1)).unwrap_or(0);
    let starts =
        std::iter::once(0).chain(text.match_indices('\n').map(|index| index.0 + 1));
    let Some(start) = starts.into_iter().nth(line) else { return text.len() };
    let col = usize::try_from(at.col.saturating_sub(1)).unwrap_or(0);
    let rest = &text[start..];
    let end = rest.find('\n').unwrap_or(rest.len());
    let within = rest[..end].char_indices().nth(col).map_or(end, |it| it.0);
    start + within
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_draft_is_found_in_the_file_again() {
        let mut draft = Draft::new("a ！= b 首\nc");
        let at = "a ".len();
        draft.apply(&[Edit::replace(at, at + '！'.len_utf8(), "!")]);
        assert_eq!(draft.text(), "a != b 首\nc");
        let second = Edit::replace(2, 4, "~=");
        assert_eq!(draft.in_file(&second), Edit::replace(2, 6, "~="));
        draft.apply(&[second, Edit::insert(draft.text().len(), " end")]);
        assert_eq!(draft.text(), "a ~= b 首\nc end");
        assert_eq!(draft.origin(draft.text().len()), "a ！= b 首\nc".len());
        assert_eq!(draft.origin(5), 7);
    }

    #[test]
    fn of_two_changes_that_overlap_the_first_is_made() {
        let edits = [Edit::replace(2, 4, "X"), Edit::replace(0, 3, "Y")];
        assert_eq!(applied("abcdef", &edits), "Ydef");
    }

    #[test]
    fn places_and_bytes_are_the_same_seen_from_both_sides() {
        let text = "首次\nb电话c\n";
        for (at, _) in text.char_indices() {
            assert_eq!(offset(text, pos(text, at)), at, "{at}");
        }
        assert_eq!(pos(text, "首次\nb电".len()), Pos { line: 2, col: 3 });
        assert_eq!(offset(text, Pos { line: 9, col: 1 }), text.len());
    }
}
