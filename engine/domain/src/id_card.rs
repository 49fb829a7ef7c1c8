//! Numbers of identity cards (证件号码): two spellings of one card are one person.

/// An identity card as it is compared: without blanks, in capitals, and the number of 15
/// digits of before 1999 as the one of 18 that its holder has now (GB 11643-1999).
///
/// ```
/// use domain::id_card;
///
/// assert_eq!(id_card::of_18("110105 491231 002"), "11010519491231002X");
/// ```
pub fn of_18(number: &str) -> String {
    let plain: String = number.chars().filter(|c| !c.is_whitespace()).collect();
    let plain = plain.to_uppercase();
    if plain.len() == 15 && plain.bytes().all(|byte| byte.is_ascii_digit()) {
        let longer = format!("{}19{}", &plain[..6], &plain[6..]);
        return format!("{longer}{}", check_sign(&longer));
    }
    plain
}

/// The last sign of an identity card of 18 (GB 11643-1999).
fn check_sign(digits: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits
        .chars()
        .zip(WEIGHTS)
        .filter_map(|(digit, weight)| Some(digit.to_digit(10)? * weight))
        .sum();
    let signs = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    signs.get(usize::try_from(sum % 11).unwrap_or(0)).copied().unwrap_or('X')
}

/// The ways in which the book may have an identity card.
pub fn spellings(number: &str) -> Vec<String> {
    let full = of_18(number);
    let mut all = vec![number.to_owned(), full.clone(), full.to_lowercase()];
    if full.len() == 18 && full.is_ascii() && full.get(6..8) == Some("19") {
        all.push(format!("{}{}", &full[..6], &full[8..17]));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_identity_card_is_that_of_its_new_number() {
        // Fictional: the area code stands for no place.
        let (old, new) = ("990000700101001", "99000019700101001");
        let full = format!("{new}{}", check_sign(new));
        assert_eq!(of_18(old), full);
        assert_eq!(of_18(&full.to_lowercase()), full);
        assert!(spellings(&full).contains(&old.to_owned()));
        assert_eq!(check_sign("11010519491231002"), 'X', "the example of the standard");
    }
}
