//! Closed lists of words (词表): one word a variant, written once.

/// Declares an enum whose variants are words of files, tables and scripts, with
/// `ALL`, `as_str` and `parse`.
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
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// Reads the word back; `None` for a word that is not in the list.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|it| it.as_str() == word)
            }
        }
    };
}
