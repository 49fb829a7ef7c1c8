//! The word that was probably meant (是否应为): settings, keys of rules, commands, names
//! in scripts and columns of lists are all looked up here when they are misspelt.

use std::fmt::Display;

use crate::say::Say;

/// How many letters have to be changed, added, left out or exchanged with their
/// neighbor for one word to become the other.
pub fn distance(one: &str, other: &str) -> usize {
    strsim::osa_distance(one, other)
}

/// How alike two words are, in thousandths: 1000 for the same, 0 for none in common.
pub fn likeness(one: &str, other: &str) -> u32 {
    let longest = one.chars().count().max(other.chars().count());
    if longest == 0 {
        return 0;
    }
    let apart = distance(one, other).min(longest);
    u32::try_from((longest - apart) * 1000 / longest).unwrap_or(0)
}

/// The known word nearest to a wrong one, when it is near enough to be meant.
///
/// ```
/// use domain::near::nearest;
/// let known = ["days_past_due", "balance"];
/// assert_eq!(nearest("day_past_due", known).as_deref(), Some("days_past_due"));
/// assert_eq!(nearest("holiday", known), None);
/// ```
pub fn nearest<'a>(
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    // `on_paid` is the beginning of `on_paid_off`, though `on_failed` has its length.
    let begins =
        |word: &&&str| word.strip_prefix(wrong).is_some_and(|rest| rest.starts_with('_'));
    if let Some(longer) = known.iter().filter(begins).min().filter(|_| 3 < wrong.len()) {
        return Some((*longer).to_owned());
    }
    // Chinese names are short: of four characters two may differ.
    let allowed = wrong.chars().count().div_ceil(3).max(1);
    known
        .into_iter()
        .filter(|it| *it != wrong)
        .map(|it| (distance(wrong, it), it))
        .filter(|(distance, it)| {
            *distance <= allowed && *distance < it.chars().count().max(2)
        })
        .min()
        .map(|(_, it)| it.to_owned())
}

/// The one known word that a wrong one must be a misspelling of: a letter too
/// many, too few or exchanged, and no other word is nearly as near.
pub fn only_near<'a>(
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let allowed = if wrong.chars().count() < 8 { 1 } else { 2 };
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .filter(|it| 2 < it.chars().count())
        .map(|it| (distance(wrong, it), it))
        .filter(|(distance, _)| *distance <= allowed + 1)
        .collect();
    near.sort_unstable();
    near.dedup();
    match near.as_slice() {
        [(distance, it)] if *distance <= allowed => Some((*it).to_owned()),
        [(first, it), (second, _), ..] if *first <= allowed && first + 1 < *second => {
            Some((*it).to_owned())
        }
        _ => None,
    }
}

/// The question that stands behind a complaint: whether this was meant. Nothing where
/// no word is near.
///
/// ```
/// use domain::near::perhaps;
/// assert_eq!(perhaps(Some("sms")).zh, "(是否应为 `sms`?)");
/// assert_eq!(perhaps(Some("sms")).en, " (did you mean `sms`?)");
/// assert_eq!(perhaps(None::<&str>).en, "");
/// ```
pub fn perhaps(meant: Option<impl Display>) -> Say {
    asked(meant, ["`", "`"])
}

/// The same for what has Chinese quotes around it in a Chinese sentence: names of
/// stages and of people.
pub fn perhaps_named(meant: Option<impl Display>) -> Say {
    asked(meant, ["“", "”"])
}

fn asked(meant: Option<impl Display>, [open, close]: [&str; 2]) -> Say {
    meant.map_or_else(Say::default, |it| {
        Say::new(
            format!("(是否应为 {open}{it}{close}?)"),
            format!(" (did you mean `{it}`?)"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_is_not() {
        let known = ["days_past_due", "balance", "电话崔收"];
        assert_eq!(nearest("day_past_due", known), Some("days_past_due".to_owned()));
        assert_eq!(nearest("电话催收", known), Some("电话崔收".to_owned()));
        assert_eq!(nearest("holiday", known), None);
        let events = ["on_failed", "on_payment", "on_paid_off"];
        assert_eq!(nearest("on_paid", events), Some("on_paid_off".to_owned()));
    }

    #[test]
    fn likeness_is_the_share_of_letters_that_stay() {
        let table =
            [("本金", "本金", 1000), ("本金", "本息", 500), ("a", "b", 0), ("", "", 0)];
        for (one, other, thousandths) in table {
            assert_eq!(likeness(one, other), thousandths, "{one} {other}");
        }
    }

    #[test]
    fn of_two_words_that_are_as_near_neither_must_be_meant() {
        assert_eq!(only_near("tims", ["times", "zone"]), Some("times".to_owned()));
        assert_eq!(only_near("tims", ["times", "tims2"]), None);
    }
}
