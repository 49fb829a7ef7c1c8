//! Initials of names (拼音首字母): `zxm` for 章小满, by which staff look for a person.
//!
//! The letters are those of the pinyin order of Unicode's CLDR for the characters of
//! GB 2312 and those that names have besides, a line for each letter.

use std::collections::HashMap;
use std::sync::LazyLock;

/// No name has more; what is longer is a company, and is found by its beginning.
const LONGEST: usize = 16;

/// Characters that are read otherwise where they are a family name (多音姓).
const FAMILY_NAMES: &[(char, char)] = &[
    ('单', 's'),
    ('解', 'x'),
    ('仇', 'q'),
    ('曾', 'z'),
    ('查', 'z'),
    ('区', 'o'),
    ('朴', 'p'),
    ('盖', 'g'),
    ('缪', 'm'),
    ('乐', 'y'),
    ('尉', 'y'),
    ('员', 'y'),
    ('种', 'c'),
    ('洗', 'x'),
    ('折', 's'),
    ('召', 's'),
];

static LETTERS: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let lines = include_str!("initials/letters.txt").lines();
    let of_letter = lines.filter_map(|line| line.split_once(' '));
    let each = of_letter.flat_map(|(letter, signs)| {
        let letter = letter.chars().next().unwrap_or_default();
        signs.chars().map(move |sign| (sign, letter))
    });
    each.collect()
});

/// The initials of a name in small letters; of words in Latin letters the first of each.
/// A sign that nobody reads out is left out; a name without any other has none.
///
/// ```
/// use domain::initials;
///
/// assert_eq!(initials::of("章小满"), "zxm");
/// assert_eq!(initials::of("单雨水"), "sys");
/// assert_eq!(initials::of("Ann Lee"), "al");
/// assert_eq!(initials::of("***"), "");
/// ```
pub fn of(name: &str) -> String {
    let mut found = String::new();
    let mut before = ' ';
    for (place, sign) in name.trim().chars().enumerate() {
        let begins_a_word = !before.is_ascii_alphanumeric();
        if sign.is_ascii_alphanumeric() {
            found.extend(begins_a_word.then(|| sign.to_ascii_lowercase()));
        } else {
            found.extend(letter(sign, place == 0));
        }
        before = sign;
    }
    found.chars().take(LONGEST).collect()
}

fn letter(sign: char, is_family_name: bool) -> Option<char> {
    let own = FAMILY_NAMES.iter().find(|name| is_family_name && name.0 == sign);
    own.map(|it| it.1).or_else(|| LETTERS.get(&sign).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_the_letters_that_people_type() {
        let table = [
            ("张三", "zs"),
            ("李四", "ls"),
            ("欧阳示例", "oysl"),
            ("曾示例", "zsl"),
            ("小曾", "xz"),
            ("尉迟示例", "ycsl"),
            ("翟示例", "zsl"),
            ("示例·甲", "slj"),
            ("贾琪", "jq"),
            ("O'Neil 示例", "onsl"),
            ("", ""),
            ("—", ""),
        ];
        for (name, letters) in table {
            assert_eq!(of(name), letters, "{name}");
        }
    }

    #[test]
    fn every_sign_has_one_letter() {
        let text = include_str!("initials/letters.txt");
        let signs: usize =
            text.lines().map(|line| line.chars().count().saturating_sub(2)).sum();
        assert_eq!(LETTERS.len(), signs, "no sign stands there twice");
        assert!(6_700 < signs, "{signs}");
    }
}
