//! The line of a finding with a mark under the place (出错的那一行), for a screen
//! and for the note beside the file.

use domain::say::Lang;
use script::finding::Finding;
use script::program::Folder;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns of a line that are shown around the place.
const SHOWN: usize = 100;

/// A finding in full: its sentence, then the line with a mark under the place
/// when the file is there.
///
/// ```text
/// 错误[W003] remind.lua:6:27:没有环节 “电话催收”
///   |
/// 6 |     return wait(3 * days, "电话催收")
///   |                           ^^^^^^^^^^
/// ```
pub fn render(finding: &Finding, lang: Lang, folder: Option<&Folder>) -> String {
    let told = finding.render(lang);
    let text = folder.and_then(|folder| folder.files.get(&finding.file));
    match text.and_then(|text| snippet(finding, text)) {
        Some(snippet) => format!("{told}\n{snippet}"),
        None => told,
    }
}

fn snippet(finding: &Finding, text: &str) -> Option<String> {
    if finding.line == 0 || finding.col == 0 {
        return None;
    }
    let index = usize::try_from(finding.line - 1).ok()?;
    let line = text.split('\n').nth(index)?.trim_end();
    let before = usize::try_from(finding.col - 1).ok()?;
    let start = line.char_indices().nth(before).map_or(line.len(), |it| it.0);
    let (line, start) = cut(line, start);
    let marked = marked(&line[start..]);
    let number = finding.line.to_string();
    let blank = " ".repeat(number.len());
    let under = " ".repeat(plain(&line[..start]).width());
    let marks = "^".repeat(marked.max(1));
    Some(format!("{blank} |\n{number} | {}\n{blank} | {under}{marks}", plain(line)))
}

/// How wide the word, text in quotes or sign is that begins here.
fn marked(rest: &str) -> usize {
    let Some(first) = rest.chars().next() else { return 1 };
    let is_word = |it: char| it.is_alphanumeric() || it == '_';
    let length = match first {
        '"' | '\'' => rest[1..].find(first).map_or(rest.len(), |it| it + 2),
        c if is_word(c) => rest.find(|it| !is_word(it)).unwrap_or(rest.len()),
        c => c.len_utf8(),
    };
    plain(&rest[..length]).width()
}

/// The part of a long line around a place, and where the place is in it.
fn cut(line: &str, start: usize) -> (&str, usize) {
    let mut from = start;
    for (at, _) in line[..start].char_indices().rev() {
        if SHOWN / 2 < line[at..start].width() {
            break;
        }
        from = at;
    }
    let mut end = line.len();
    let mut width = 0;
    for (at, c) in line[from..].char_indices() {
        width += c.width().unwrap_or(0);
        if SHOWN < width {
            end = from + at;
            break;
        }
    }
    (&line[from..end.max(start)], start - from)
}

/// As a screen shows it: no tabs, and nothing that moves the cursor.
fn plain(text: &str) -> String {
    let shown = |it: char| match it {
        '\t' => "  ".to_owned(),
        c if c.is_control() || c.width().is_none_or(|width| width == 0) => "·".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: u32, col: u32, text: &str) -> String {
        let finding =
            Finding::error("W003", "a.lua", "错".into(), "wrong".into()).at(line, col);
        let files = [("a.lua".to_owned(), text.to_owned())].into();
        let told = render(&finding, Lang::En, Some(&Folder { files }));
        told.split_once('\n').map_or(String::new(), |it| it.1.to_owned())
    }

    #[test]
    fn the_mark_stands_under_the_word_however_wide_the_letters_are() {
        assert_eq!(
            shown(2, 11, "a\n  go(\"电\", \"话催\")"),
            "  |\n2 |   go(\"电\", \"话催\")\n  |            ^^^^^^"
        );
        assert_eq!(shown(1, 3, "\tif x"), "  |\n1 |   if x\n  |    ^");
        assert_eq!(shown(1, 2, "f(x"), "  |\n1 | f(x\n  |  ^");
        assert_eq!(shown(1, 4, "f(x"), "  |\n1 | f(x\n  |    ^");
        assert_eq!(shown(1, 2, "a\u{200b}b\r\n"), "  |\n1 | a·b\n  |  ^");
    }

    #[test]
    fn a_long_line_is_shown_around_the_place() {
        let text = format!("{} here {}", "左".repeat(300), "右".repeat(300));
        let told = shown(1, 302, &text);
        let lines: Vec<&str> = told.lines().collect();
        assert!(lines[1].contains("左 here 右") && lines[1].width() < 130, "{told}");
        assert!(lines[2].ends_with(" ^^^^"), "{told}");
        assert_eq!(shown(9, 1, "a"), "");
    }
}
