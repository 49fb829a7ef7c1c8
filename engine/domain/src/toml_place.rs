//! Where a file of settings cannot be read (出错位置): people look for a line, and for a
//! character in it.

/// The line and the character at which text is no TOML of its form, both counted from 1.
pub(crate) fn toml_place(text: &str, error: &toml::de::Error) -> (usize, usize) {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
