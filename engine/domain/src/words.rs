//! Closed lists of words (词表): one word a variant, written once.

use thiserror::Error;

/// A word that is not in its list, for instance because a newer program wrote it.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("“{word}” 不在 {list} 的词表中 · `{word}` is no word of {list}")]
pub struct UnknownWord {
    /// The word.
    pub word: String,
    /// The list, by the name of its type.
    pub list: &'static str,
}

/// Declares an enum whose variants are words of files, tables and scripts, with
/// `ALL`, `as_str` and `parse`; it prints as its word, and is read back from a
/// text that must hold one of them with [`UnknownWord`] as the error.
///
/// ```
/// domain::words! {
///     /// What became of a call.
///     #[derive(Clone, Copy, Debug, PartialEq)]
///     pub enum Call {
///         /// Somebody answered.
///         Answered = "answered",
///         /// Nobody did.
///         Missed = "missed",
///     }
/// }
/// assert_eq!(Call::parse("missed"), Some(Call::Missed));
/// assert_eq!(Call::ALL.map(Call::as_str), ["answered", "missed"]);
/// assert_eq!(Call::Missed.to_string(), "missed");
/// assert!("lost".parse::<Call>().is_err());
/// ```
#[macro_export]
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal,)* }
    ) => {
        $(#[$meta])*
        pub enum $name {
            $($(#[$of])* $variant,)*
        }

        impl $name {
            /// Every one, in the order of the declaration.
            pub const ALL: [Self; [$($word),*].len()] = [$(Self::$variant),*];

            /// The word used in files, tables and scripts.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// Reads the word back; `None` for a word that is not in the list.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::words::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::parse(word).ok_or_else(|| $crate::words::UnknownWord {
                    word: word.to_owned(),
                    list: stringify!($name),
                })
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::words::UnknownWord;

            fn try_from(word: String) -> Result<Self, Self::Error> {
                word.parse()
            }
        }
    };
}
